//! The recorder's thread: takes blocks from the ring and writes them, each into its recording's file.
//!
//! It looks twenty times a second instead of being woken: what comes may wait, and a media thread must not pay for it.
//! Never knows: who talks, what becomes of files.

use super::file::Recording;
use super::{Counts, id, name, wav};
use crate::clock::Clock;
use crate::net::outlet::Outlet;
use anyhow::Result;
use base::{Handle, Offset, Ring, Timestamp};
use media::session::{RecordingRef, Taped};
use report::{RecordId, UnixMs};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Note;
use store::recordings::{Filed, State};

/// How often the ring is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The thread's belongings.
pub struct Recorder {
    /// Where files go.
    pub folder: PathBuf,
    /// Number of this run: recordings are numbered within it.
    pub run: u64,
    /// For their names.
    pub clock: Clock,
    /// The day that a file belongs to.
    pub offset: Offset,
    /// From the media threads.
    pub taped: Ring<Taped>,
    /// To the index.
    pub notes: Outlet<Note>,
    /// What has become of them.
    pub counts: Arc<Counts>,
}

/// A recording that runs.
struct Running {
    id: RecordId,
    begun: UnixMs,
    name: String,
    file: Recording,
}

impl Recorder {
    /// Runs until told to stop, then writes what is left.
    pub fn run(mut self, stop: &AtomicBool) {
        let mut running = BTreeMap::new();
        loop {
            let last = stop.load(Ordering::Relaxed);
            while let Some(taped) = self.taped.pop() {
                self.take(taped, &mut running);
            }
            self.notes.flush();
            if last && !self.notes.behind() {
                // Whatever runs now lost its end with its media thread: the next start completes it.
                return;
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    fn take(&mut self, taped: Taped, running: &mut BTreeMap<RecordingRef, Running>) {
        match taped {
            Taped::Begun { recording, at } => {
                let this = self.begin(recording, at);
                let file = this.name.clone();
                self.notes.push(Note::Named { id: this.id, at: this.begun, file });
                running.insert(recording, this);
            }
            Taped::Sound { recording, from, sound } => {
                let Some(this) = running.get_mut(&recording) else { return };
                let written = this.file.sound(from, &sound);
                if written.is_ok() {
                    Counts::add(&self.counts.bytes, sound.len() as u64);
                }
                self.disk(written.map_err(Into::into), &this.name);
            }
            Taped::Ended { recording, length } => {
                if let Some(this) = running.remove(&recording) {
                    self.end(this, length);
                }
            }
        }
        self.counts.open.store(running.len() as u64, Ordering::Relaxed);
    }

    fn begin(&self, recording: RecordingRef, at: Timestamp) -> Running {
        let id = id(self.run, recording);
        let begun = UnixMs(self.clock.epoch().unix_millis(at));
        let name = name::of(self.offset.local(begun.0), self.run, recording.index().into());
        Running { id, begun, file: Recording::new(self.folder.join(&name)), name }
    }

    fn end(&mut self, mut this: Running, length: u64) {
        let finished = this.file.finish(length);
        let gap_ms = wav::millis(this.file.gap());
        Counts::add(&self.counts.gap_ms, gap_ms);
        let counter = if finished.is_ok() { &self.counts.whole } else { &self.counts.failed };
        Counts::add(counter, 1);
        let mut filed = Filed {
            id: this.id,
            begun: this.begun,
            state: State::Failed,
            file: this.name.clone(),
            length_ms: wav::millis(length),
            gap_ms,
            bytes: 0,
            sha256: None,
            keep_until: None,
        };
        if let Ok(whole) = &finished {
            filed.state = State::Whole;
            (filed.bytes, filed.sha256) = (whole.bytes, Some(whole.sha256.clone()));
        }
        self.notes.push(Note::Filed(Box::new(filed)));
        self.disk(finished.map(|_| ()), &this.name);
    }

    /// Whether the disk takes recordings is said when it changes.
    fn disk(&self, written: Result<()>, name: &str) {
        match written {
            Ok(()) => {
                if self.counts.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("recordings are written again");
                }
            }
            Err(error) => {
                Counts::add(&self.counts.failures, 1);
                if !self.counts.failing.swap(true, Ordering::Relaxed) {
                    let error = format!("{error:#}");
                    tracing::error!(
                        error,
                        name,
                        "a recording cannot be written; calls go on, what is said is lost"
                    );
                }
            }
        }
    }
}
