//! Series: what happened in each half hour, per group. Whole numbers only, so that they add up to any span.
//!
//! A caller belongs to the half hour in which he came into the line, whatever happens to him later; agents' time
//! belongs to the half hour in which it passes, and to the group that the agent serves first.

use crate::arrivals::SLOT;
use acd::GroupRef;
use base::Timestamp;
use std::time::Duration;

/// Half an hour of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// OFF: came into the line.
    pub offered: u32,
    /// ANS.
    pub answered: u32,
    /// W: of these, within the centre's threshold.
    pub within: u32,
    /// Hung up in the line or while a phone rang.
    pub abandoned: u32,
    /// Waits of those answered.
    pub waited_ms: u64,
    /// Talks of those answered.
    pub talked_ms: u64,
    /// Agents: ringing, talking, wrap-up.
    pub busy_ms: u64,
    /// Agents: ready.
    pub ready_ms: u64,
    /// Agents: on a break or otherwise not ready.
    pub away_ms: u64,
}

impl Slot {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.within += other.within;
        self.abandoned += other.abandoned;
        self.waited_ms += other.waited_ms;
        self.talked_ms += other.talked_ms;
        self.busy_ms += other.busy_ms;
        self.ready_ms += other.ready_ms;
        self.away_ms += other.away_ms;
    }

    /// Mean wait of those answered, in seconds.
    #[must_use]
    pub fn wait(&self) -> Option<f64> {
        share(self.waited_ms, u64::from(self.answered)).map(|ms| ms / 1e3)
    }

    /// Answered within the threshold, of offered (SL1).
    #[must_use]
    pub fn level(&self) -> Option<f64> {
        share(u64::from(self.within), u64::from(self.offered))
    }

    /// Abandoned, of offered.
    #[must_use]
    pub fn lost(&self) -> Option<f64> {
        share(u64::from(self.abandoned), u64::from(self.offered))
    }

    /// Busy, of busy and ready.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        share(self.busy_ms, self.busy_ms + self.ready_ms)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What an agent's time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Out,
    Away,
    Ready,
    Busy,
}

/// All half hours of all groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    groups: usize,
    slots: Vec<Slot>,
}

impl Series {
    pub(crate) const fn new(groups: usize) -> Self {
        Self { groups, slots: Vec::new() }
    }

    /// How many half hours there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.slots.len().checked_div(self.groups) {
            Some(slots) => slots,
            None => 0,
        }
    }

    /// Whether nothing has happened.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// A half hour of a group; empty when nothing happened in it.
    #[must_use]
    pub fn of(&self, number: usize, group: GroupRef) -> Slot {
        self.slots.get(number * self.groups + group.index()).copied().unwrap_or_default()
    }

    /// A half hour of all groups.
    #[must_use]
    pub fn total(&self, number: usize) -> Slot {
        let mut total = Slot::default();
        for slot in self.slots.iter().skip(number * self.groups).take(self.groups) {
            total.add(slot);
        }
        total
    }

    /// All half hours of a group together.
    #[must_use]
    pub fn of_group(&self, group: GroupRef) -> Slot {
        let mut total = Slot::default();
        for number in 0..self.len() {
            total.add(&self.of(number, group));
        }
        total
    }

    pub(crate) fn slot(&mut self, at: Timestamp, group: GroupRef) -> &mut Slot {
        let number = (at.as_nanos() / SLOT.as_nanos() as u64) as usize;
        let place = number * self.groups + group.index().min(self.groups.saturating_sub(1));
        if place >= self.slots.len() {
            self.slots.resize((number + 1) * self.groups, Slot::default());
        }
        &mut self.slots[place]
    }

    /// An agent's time, cut at the half hours.
    pub(crate) fn spent(&mut self, how: Spent, group: GroupRef, from: Timestamp, to: Timestamp) {
        let mut at = from;
        while at < to {
            let number = at.as_nanos() / SLOT.as_nanos() as u64;
            let end = Timestamp::from_nanos((number + 1) * SLOT.as_nanos() as u64).min(to);
            let millis = millis(end.since(at));
            let slot = self.slot(at, group);
            match how {
                Spent::Out => return,
                Spent::Away => slot.away_ms += millis,
                Spent::Ready => slot.ready_ms += millis,
                Spent::Busy => slot.busy_ms += millis,
            }
            at = end;
        }
    }
}

pub(crate) const fn millis(span: Duration) -> u64 {
    span.as_millis() as u64
}
