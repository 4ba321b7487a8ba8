//! Recordings: from blocks of sound to files and the index.
//!
//! ```text
//!  media threads ─Taped, ring─▶ recorder ─▶ 2024-02-02/093012-7-41.wav.part ─whole─▶ ….wav
//!     (full: dropped, counted,      │                                    (fsync, SHA-256, renamed)
//!      silence in the file)         └─Note, ring─┐
//!  report's thread ─Note, ring───────────────────┴▶ index ─▶ SQLite: recording
//!                                                     │└─ at the start: what a killed run left; each hour: retention
//!                  ….opus ◀─ transcoder ◀─ whole WAVs ─┘  (format = "opus"; one at a time, when nobody else wants the CPU)
//! ```
//!
//! Audio never waits: media threads push into a ring that refuses when it is full, and what is missing is silence of the
//! same length, so that the channels stay together. A disk that is slow or full costs recordings, counted and told, and
//! no call. Sizes: a block is 8 kB and half a second of a call; [`TAPED`] of them are eight seconds of 500 calls, 64 MB
//! when the disk stands still.
//!
//! What is lost when: the process killed, the last second or so of each running recording; what was written is
//! completed at the next start. The power lost: what the system had not yet written of running ones. A file that bears
//! its last name is whole and on the disk.
//!
//! Why WAV first, and Opus of the whole file: an hour of talk costs 6 s of CPU to encode, so 500 talks at once would
//! take most of a core while they are spoken, and nothing of an A-law file is lost with the process. A quiet hour makes
//! up for a busy one, because the rows of the index are the queue.
//!
//! Reading order: [`wav`] (a file's bytes), [`name`], [`file`](mod@file) (one recording being written), [`recorder`] (all of
//! them), [`recovery`], [`index`], [`notes`] (events to notes), [`removal`], [`ogg_opus`] (WAV to Opus), [`transcoder`].

pub mod file;
pub mod index;
pub mod name;
pub mod notes;
pub mod ogg_opus;
pub mod recorder;
pub mod recovery;
pub mod removal;
#[cfg(test)]
mod tests;
pub mod transcoder;
#[cfg(test)]
mod transcoding_tests;
pub mod wav;

use crate::clock::Clock;
use crate::config::Config;
use crate::net::outlet::Outlet;
use crate::rtp::Tap;
use anyhow::{Context, Result};
use base::{Handle, Ring, Timestamp};
use index::Index;
use media::session::{RecordingRef, Taped};
use notes::Notes;
use recorder::Recorder;
use report::RecordId;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use store::{Note, Recordings};
use transcoder::Transcoder;

/// Blocks that may wait for the disk.
pub const TAPED: usize = 8_192;
/// Notes that may wait in the ring; more wait with whoever makes them.
pub const NOTES: usize = 4_096;

/// What has become of recordings since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Files that are being written.
    pub open: AtomicU64,
    /// Files that are whole.
    pub whole: AtomicU64,
    /// Files of killed runs that were completed.
    pub recovered: AtomicU64,
    /// Recordings without a whole file.
    pub failed: AtomicU64,
    /// Files deleted because they were kept long enough.
    pub expired: AtomicU64,
    /// Bytes of sound written.
    pub bytes: AtomicU64,
    /// Milliseconds of silence that stand for sound which could not be written.
    pub gap_ms: AtomicU64,
    /// Blocks that found the ring full.
    pub dropped: AtomicU64,
    /// Writes that failed.
    pub failures: AtomicU64,
    /// The disk does not take recordings now.
    pub failing: AtomicBool,
    /// WAVs in whose place Opus files have come.
    pub transcoded: AtomicU64,
    /// Attempts at that which failed; the WAV stays.
    pub transcode_failures: AtomicU64,
    /// Whole WAVs that are to become Opus.
    pub to_transcode: AtomicU64,
}

/// What the threads around recordings share.
pub struct Rings {
    /// From media threads to the recorder.
    pub taped: Ring<Taped>,
    notes: Ring<Note>,
    /// What has become of recordings.
    pub counts: Arc<Counts>,
}

impl Rings {
    /// Empty ones.
    #[must_use]
    pub fn new() -> Self {
        Self { taped: Ring::bounded(TAPED), notes: Ring::bounded(NOTES), counts: Arc::default() }
    }

    /// A media thread's way to the recorder.
    #[must_use]
    pub fn tap(&self) -> Tap {
        Tap { outlet: Outlet::new(self.taped.clone(), None), counts: Arc::clone(&self.counts) }
    }

    /// The report's way to the index.
    #[must_use]
    pub fn notes(&self, config: &Config, clock: Clock, run: u64) -> Notes {
        let notes = Outlet::new(self.notes.clone(), None);
        Notes::new(clock, run, &config.report, config.recording.clone(), notes)
    }

    /// The recorder, the index, and the transcoder of a run.
    ///
    /// # Errors
    /// The folder cannot be made, or the index cannot be opened.
    pub fn readers(&self, config: &Config, clock: Clock, run: u64) -> Result<(Recorder, Index, Transcoder)> {
        let folder = config.recording.folder.clone();
        fs::create_dir_all(&folder).with_context(|| {
            let shown = folder.display();
            format!("the folder {shown} of recordings cannot be made; see [recording] folder")
        })?;
        let offset = config.call.acd.clock.offset;
        let counts = || Arc::clone(&self.counts);
        let recorder = Recorder {
            folder: folder.clone(),
            run,
            clock,
            offset,
            taped: self.taped.clone(),
            notes: Outlet::new(self.notes.clone(), None),
            counts: counts(),
        };
        let recordings = Recordings::open(&config.node.database)?;
        let (keep, notes) = (config.recording.keep, self.notes.clone());
        let index = Index { recordings, folder, run, clock, offset, keep, notes, counts: counts() };
        let recordings = Recordings::open(&config.node.database)?;
        let folder = config.recording.folder.clone();
        let transcoder =
            Transcoder { recordings, folder, clock, counts: counts(), count_at: Timestamp::START };
        Ok((recorder, index, transcoder))
    }
}

impl Default for Rings {
    fn default() -> Self {
        Self::new()
    }
}

/// A recording's number in the index.
fn id(run: u64, recording: RecordingRef) -> RecordId {
    RecordId::new(run, recording.index().into())
}

impl Counts {
    pub(crate) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}
