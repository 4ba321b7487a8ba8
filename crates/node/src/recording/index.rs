//! The index's thread: notes into SQLite; what a killed run left, at the start; retention, each hour.
//!
//! A database that is full or busy delays notes, up to 100,000 of them; beyond that the oldest go, and are
//! counted as failed. Never knows: sound.

use super::Counts;
use super::recovery::{self, Recovery};
use super::removal::Expiry;
use crate::clock::Clock;
use base::{Offset, Ring, Timestamp};
use report::UnixMs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Note, Recordings};

/// How often notes are written.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// How often retention is looked at.
const EXPIRE_EVERY: Duration = Duration::from_secs(3_600);
/// Notes that wait while the database cannot be written.
const BACKLOG_MAX: usize = 100_000;

/// The thread's belongings.
pub struct Index {
    /// Its connection.
    pub recordings: Recordings,
    /// Where files are.
    pub folder: PathBuf,
    /// Number of this run.
    pub run: u64,
    /// The clock.
    pub clock: Clock,
    /// For names of files.
    pub offset: Offset,
    /// How long that is kept of which only the file is left.
    pub keep: Option<Duration>,
    /// From the recorder and the report's thread.
    pub notes: Ring<Note>,
    /// What has become of them.
    pub counts: Arc<Counts>,
}

impl Index {
    /// Runs until told to stop, then writes what is left.
    pub fn run(mut self, stop: &AtomicBool) {
        self.recover();
        let (mut waiting, mut failing) = (Vec::new(), false);
        let (mut next_expiry, mut expiry) = (Timestamp::START, None);
        loop {
            let last = stop.load(Ordering::Relaxed);
            while let Some(note) = self.notes.pop() {
                waiting.push(note);
            }
            if !waiting.is_empty() {
                match self.recordings.write(&waiting) {
                    Ok(()) => {
                        waiting.clear();
                        failing = false;
                    }
                    Err(error) if !failing => {
                        failing = true;
                        tracing::error!(%error, "the index of recordings cannot be written; it waits in memory");
                    }
                    Err(_) => {}
                }
                let beyond = waiting.len().saturating_sub(BACKLOG_MAX);
                waiting.drain(..beyond);
                Counts::add(&self.counts.failed, beyond as u64);
            }
            if last {
                return;
            }
            let now = self.clock.now();
            if now >= next_expiry {
                next_expiry = now + EXPIRE_EVERY;
                let at = UnixMs(self.clock.epoch().unix_millis(now));
                expiry.get_or_insert_with(|| Expiry::new(at, "sujie"));
            }
            // A round each time: years of files may be due at once, and neither notes nor the end wait for them.
            expiry = expiry.and_then(|expiry| self.expire(expiry));
            std::thread::park_timeout(WRITE_EVERY);
        }
    }

    fn recover(&mut self) {
        let Recovery { completed, failed } =
            match recovery::recover(&mut self.recordings, &self.folder, self.run, self.offset, self.keep) {
                Ok(recovery) => recovery,
                Err(error) => {
                    return tracing::error!("recordings of earlier runs were not looked for: {error:#}");
                }
            };
        let count = completed.len() as u64;
        let notes: Vec<Note> = completed.into_iter().map(|filed| Note::Filed(Box::new(filed))).collect();
        let lost = self.recordings.write(&notes).and_then(|()| self.recordings.close_lost(self.run, &failed));
        Counts::add(&self.counts.recovered, count);
        match lost {
            Ok(lost) if count > 0 || lost > 0 => {
                tracing::warn!(completed = count, lost, "recordings of a run that was killed are closed");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "recovered recordings could not be noted"),
        }
    }

    /// A round of retention; what is left of it.
    fn expire(&mut self, mut expiry: Expiry) -> Option<Expiry> {
        let before = expiry.gone;
        let round = expiry.round(&mut self.recordings, &self.folder);
        Counts::add(&self.counts.expired, expiry.gone - before);
        match round {
            Ok(Some(failed)) => {
                for why in failed {
                    tracing::error!(why, "a recording that was kept long enough could not be deleted");
                }
                return Some(expiry);
            }
            Ok(None) => {}
            Err(error) => tracing::error!("retention of recordings was not looked at: {error:#}"),
        }
        if expiry.gone > 0 {
            let gone = expiry.gone;
            tracing::info!(gone, "recordings were deleted that had been kept long enough");
        }
        None
    }
}
