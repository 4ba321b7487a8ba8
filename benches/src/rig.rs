//! The rig: players on real sockets, driven by one thread that sleeps until something comes or is due.
//!
//! ```text
//!   loop: tick what is due ─▶ send ─▶ sightings ─▶ wait(next deadline) ─▶ receive ─▶ send ─▶ …
//! ```

use crate::wire::{Clock, Wire};
use anyhow::Result;
use base::Timestamp;
use hdrhistogram::Histogram;
use phones::{Local, Outbox, Sighting, Town};
use std::time::Duration;

/// Longest sleep, so that whoever drives can look at the time.
const LOOK: Duration = Duration::from_millis(50);

/// Town, sockets and clock.
pub struct Rig {
    /// Time.
    pub clock: Clock,
    /// Sockets.
    pub wire: Wire,
    /// Players.
    pub town: Town,
    out: Outbox,
    /// How late the rig did what was due, in µs. What it adds to every latency is in here.
    pub lag: Histogram<u64>,
    /// Signalling as it passed, when asked for: (when, sent by us, bytes).
    tap: Option<Vec<(Timestamp, bool, u16)>>,
}

impl Rig {
    /// Puts players on sockets.
    #[must_use]
    pub fn new(clock: Clock, wire: Wire, town: Town) -> Self {
        Self { clock, wire, town, out: Outbox::default(), lag: histogram(), tap: None }
    }

    /// Drives until `done`, which is asked after each step; every sighting is shown to `see`.
    ///
    /// # Errors
    /// What the sockets say.
    pub fn run(
        &mut self,
        mut done: impl FnMut(&Town, Timestamp) -> bool,
        mut see: impl FnMut(&Sighting),
    ) -> Result<()> {
        loop {
            let now = self.clock.now();
            if let Some(due) = self.town.next_deadline()
                && due <= now
            {
                self.lag.saturating_record(u64::try_from(now.since(due).as_micros()).unwrap_or(u64::MAX));
                self.town.tick(now, &mut self.out);
                self.flush(now, &mut see);
            }
            if done(&self.town, now) {
                return Ok(());
            }
            let (town, out, clock, tap) = (&mut self.town, &mut self.out, &self.clock, &mut self.tap);
            let count = self.wire.receive(|local, from, bytes| {
                let now = clock.now();
                if let Some(tap) = tap {
                    tap.push((now, false, bytes.len() as u16));
                }
                town.receive(now, local, from, bytes, out);
            })?;
            let now = self.clock.now();
            self.flush(now, &mut see);
            if count == 0 {
                let due = self.town.next_deadline().map_or(LOOK, |due| due.since(self.clock.now()));
                self.wire.wait(due.min(LOOK));
            }
        }
    }

    /// Drives for a time.
    ///
    /// # Errors
    /// What the sockets say.
    pub fn run_for(&mut self, span: Duration, see: impl FnMut(&Sighting)) -> Result<()> {
        let end = self.clock.now() + span;
        self.run(|_, now| now >= end, see)
    }

    /// Notes from now on which datagrams pass; the notes of before are returned.
    pub fn tap(&mut self) -> Vec<(Timestamp, bool, u16)> {
        self.tap.replace(Vec::new()).unwrap_or_default()
    }

    /// Lets everybody hang up and leave.
    ///
    /// # Errors
    /// What the sockets say.
    pub fn close(&mut self, see: impl FnMut(&Sighting)) -> Result<()> {
        let now = self.clock.now();
        self.town.carrier.release_all(now, &mut self.out);
        self.wire.send(&self.out);
        let end = now + Duration::from_secs(5);
        self.run(|town, now| now >= end || town.carrier.is_done(), see)
    }

    fn flush(&mut self, now: Timestamp, see: &mut impl FnMut(&Sighting)) {
        if let Some(tap) = &mut self.tap {
            tap.extend(self.out.datagrams().iter().map(|sent| (now, true, sent.range.len() as u16)));
        }
        self.wire.send(&self.out);
        self.out.sightings().iter().for_each(see);
        self.out.clear();
    }
}

/// An address for each of `count` parties that talk, or a shared one for parties that do not.
///
/// # Errors
/// What the sockets say.
pub fn audio(wire: &mut Wire, count: u32) -> Result<(Local, u32)> {
    Ok(if count == 0 { (Local(u32::MAX), 0) } else { (wire.add_many(count.max(2))?, count) })
}

/// A histogram of microseconds up to a minute, with three digits.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds are valid")
}
