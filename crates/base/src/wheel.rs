//! Timers: what is due when, in (time, order set).
//!
//! ```text
//! schedule(at, key) ─▶ TimerRef        next_deadline() ─▶ when to come back
//! cancel(timer)                        pop_due(now)    ─▶ (at, key), earliest first
//! ```

use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Names a timer that was set; cancelling one that has fired does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerRef {
    at: Timestamp,
    order: u64,
}

impl TimerRef {
    /// When it fires.
    #[must_use]
    pub const fn at(self) -> Timestamp {
        self.at
    }
}

/// Timers with a key each.
#[derive(Clone, Debug)]
pub struct Wheel<K> {
    due: BTreeMap<TimerRef, K>,
    order: u64,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), order: 0 }
    }
}

impl<K> Wheel<K> {
    /// Sets a timer.
    pub fn schedule(&mut self, at: Timestamp, key: K) -> TimerRef {
        self.order += 1;
        let timer = TimerRef { at, order: self.order };
        self.due.insert(timer, key);
        timer
    }

    /// Takes a timer back; returns its key if it had not fired.
    pub fn cancel(&mut self, timer: TimerRef) -> Option<K> {
        self.due.remove(&timer)
    }

    /// When the next timer fires.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|(timer, _)| timer.at)
    }

    /// The earliest timer at or before `now`, if any.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        let first = self.due.first_entry()?;
        if first.key().at > now {
            return None;
        }
        let (timer, key) = first.remove_entry();
        Some((timer.at, key))
    }

    /// How many timers are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_by_time_and_then_by_the_order_they_were_set_in() {
        let mut wheel = Wheel::default();
        let late = wheel.schedule(Timestamp::from_secs(2), "late");
        wheel.schedule(Timestamp::from_secs(1), "first");
        wheel.schedule(Timestamp::from_secs(1), "second");
        assert_eq!(wheel.next_deadline(), Some(Timestamp::from_secs(1)));
        assert_eq!(wheel.pop_due(Timestamp::from_secs(1)).map(|t| t.1), Some("first"));
        assert_eq!(wheel.pop_due(Timestamp::from_secs(1)).map(|t| t.1), Some("second"));
        assert_eq!(wheel.pop_due(Timestamp::from_secs(1)), None);
        assert_eq!(wheel.cancel(late), Some("late"));
        assert_eq!(wheel.cancel(late), None);
        assert!(wheel.is_empty());
    }
}
