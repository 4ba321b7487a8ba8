//! Shows of radio studios, on their way into the records.
//!
//! ```text
//!   report::ShowRecord (begun, over) ─▶ Shows ─one transaction each look─▶ Register ─▶ show
//! ```
//!
//! **At the limit** the newest are dropped while the disk is full; the calls' own records still tell of the studio.
//! Never knows: who was on air.

use crate::deeds::SharedRegister;
use base::Timestamp;
use report::studios::ShowRecord;
use std::time::Duration;

/// Shows that wait for the disk.
const WAITING_MAX: usize = 10_000;
/// After a write has failed, the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What is new about shows.
pub struct Shows {
    run: u64,
    /// Keys of the studios, in the plan's order.
    studios: Vec<String>,
    waiting: Vec<ShowRecord>,
    next_try: Timestamp,
}

impl Shows {
    /// Nothing new, in this run.
    #[must_use]
    pub fn new(run: u64, studios: &[String]) -> Self {
        Self { run, studios: studios.to_vec(), waiting: Vec::new(), next_try: Timestamp::START }
    }

    /// Takes over what the report gave out.
    pub fn take(&mut self, shows: &mut Vec<ShowRecord>) {
        shows.truncate(WAITING_MAX.saturating_sub(self.waiting.len()));
        self.waiting.append(shows);
    }

    /// Writes what waits, when it is time to.
    pub fn write(&mut self, now: Timestamp, register: &SharedRegister) {
        if self.waiting.is_empty() || now < self.next_try {
            return;
        }
        match register.lock().note_shows(self.run, &self.studios, &self.waiting) {
            Ok(()) => self.waiting.clear(),
            Err(error) => {
                self.next_try = now + RETRY_AFTER;
                tracing::error!(%error, waiting = self.waiting.len(), "shows of a studio cannot be written");
            }
        }
    }
}
