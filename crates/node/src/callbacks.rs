//! Open callbacks, kept over restarts: what the engine says of them, written as it changes.
//!
//! ```text
//!   CallbackKept, CallbackEnded ─▶ Callbacks ─one transaction each look─▶ Register ─next start─▶ CallBackNumber
//! ```
//!
//! **At the limit** the newest changes are dropped while the disk is full: a callback may then be made once more, or
//! not be remembered. Never knows: when anybody is called.

use crate::clock::Clock;
use crate::deeds::SharedRegister;
use crate::live::Live;
use base::Timestamp;
use call::event::{CallRef, Event, Stamped};
use report::UnixMs;
use std::time::Duration;
use store::register::OpenCallback;

/// Changes that wait for the disk.
const WAITING_MAX: usize = 10_000;
/// After a write has failed, the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What is new about callbacks.
pub struct Callbacks {
    groups: Vec<String>,
    clock: Clock,
    changes: Vec<Result<OpenCallback, u64>>,
    next_try: Timestamp,
}

impl Callbacks {
    /// Nothing new; groups by key.
    #[must_use]
    pub fn new(groups: &[String], clock: Clock) -> Self {
        Self { groups: groups.to_vec(), clock, changes: Vec::new(), next_try: Timestamp::START }
    }

    /// Takes an event.
    pub fn take(&mut self, stamped: &Stamped, live: &Live) {
        if self.changes.len() >= WAITING_MAX {
            return;
        }
        let unix = |at: Timestamp| UnixMs(self.clock.epoch().unix_millis(at));
        match &stamped.event {
            Event::CallbackKept { from, caller, group, missed, after, .. } => {
                self.changes.push(Ok(OpenCallback {
                    name: from.bits(),
                    number: caller.clone(),
                    group: self.groups.get(group.index()).cloned().unwrap_or_default(),
                    priority: 0,
                    missed: *missed,
                    since: unix(live.callback_since(*from).unwrap_or(stamped.at)),
                    due: unix(*after),
                }));
            }
            Event::CallbackEnded { from, .. } => self.changes.push(Err(CallRef::bits(*from))),
            _ => {}
        }
    }

    /// Writes what has changed.
    pub fn write(&mut self, now: Timestamp, register: &SharedRegister) {
        if self.changes.is_empty() || now < self.next_try {
            return;
        }
        match register.lock().note_callbacks(&self.changes) {
            Ok(()) => self.changes.clear(),
            Err(error) => {
                self.next_try = now + RETRY_AFTER;
                tracing::error!(%error, waiting = self.changes.len(), "open callbacks cannot be written");
            }
        }
    }
}
