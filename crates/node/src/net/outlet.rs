//! An outlet: the producing end of a ring that must not lose anything.
//!
//! The ring is bounded. When its consumer falls behind, values are kept here, in order, up to a second bound
//! that no healthy process reaches; beyond it the newest is dropped and counted, because growing without
//! end would only move the failure. [`Outlet::behind`] tells the producer to take on less until it has drained.

use super::doorbell::Doorbell;
use base::Ring;
use std::collections::VecDeque;

/// Values kept when the ring is full: minutes of a busy centre.
const KEPT_MAX: usize = 1_000_000;

/// The producing end of a ring.
pub struct Outlet<T> {
    ring: Ring<T>,
    bell: Option<Doorbell>,
    kept: VecDeque<T>,
    dropped: u64,
    pushed: bool,
}

impl<T> Outlet<T> {
    /// An outlet into a ring; `bell` wakes its consumer, unless that looks by itself from time to time.
    pub fn new(ring: Ring<T>, bell: Option<Doorbell>) -> Self {
        Self { ring, bell, kept: VecDeque::new(), dropped: 0, pushed: false }
    }

    /// Adds a value; the consumer is woken by the next [`flush`](Self::flush).
    pub fn push(&mut self, value: T) {
        self.pushed = true;
        if !self.kept.is_empty() {
            return self.keep(value);
        }
        if let Err(value) = self.ring.push(value) {
            self.keep(value);
        }
    }

    fn keep(&mut self, value: T) {
        if self.kept.len() < KEPT_MAX {
            self.kept.push_back(value);
        } else {
            self.dropped += 1;
        }
    }

    /// Moves what was kept as far as there is room, and wakes the consumer. Once per step.
    pub fn flush(&mut self) {
        while let Some(value) = self.kept.pop_front() {
            if let Err(value) = self.ring.push(value) {
                self.kept.push_front(value);
                break;
            }
        }
        let news = std::mem::take(&mut self.pushed) || !self.kept.is_empty();
        if let (true, Some(bell)) = (news, &self.bell) {
            bell.ring();
        }
    }

    /// Whether another value would go into the ring at once.
    pub fn has_room(&self) -> bool {
        self.kept.is_empty() && self.ring.depth() < self.ring.capacity()
    }

    /// The consumer has not kept up.
    pub fn behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Values lost beyond both bounds.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_consumer_loses_nothing_and_keeps_the_order() {
        let ring = Ring::bounded(2);
        let mut outlet = Outlet::new(ring.clone(), None);
        (0..5).for_each(|n| outlet.push(n));
        assert!(outlet.behind());
        let mut seen = Vec::new();
        while seen.len() < 5 {
            seen.extend(ring.pop());
            outlet.flush();
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        assert!(!outlet.behind());
        assert_eq!(outlet.dropped(), 0);
    }
}
