//! Timers: what is due when, in (time, order set).
//!
//! ```text
//! schedule(at, key) ─▶ TimerRef        next_deadline() ─▶ when to come back
//! cancel(timer)                        pop_due(now)    ─▶ (at, key), earliest first
//!
//!   heap   [at, order, slot] … earliest first; a timer that was taken back stays in it until it comes first, or
//!             │                until as many are dead as alive: then the dead are swept out
//!             ▼
//!   slots  [order, key] … reused
//! ```
//!
//! A heap rather than cascading buckets: the next deadline is exact and read in O(1), timers of one instant keep
//! their order, and nothing has a tick. Setting is nearly O(1) for what a signalling stack does most, a late
//! timer; taking it back touches its slot only, because most timers never fire. Both stores are reused, so
//! nothing is allocated once they have reached their peak; the heap is at most twice as long as the most timers
//! ever set at once, and whoever sets timers bounds those.

use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU64;

/// Names a timer that was set; cancelling one that has fired does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerRef {
    at: Timestamp,
    order: NonZeroU64,
    slot: u32,
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
    heap: BinaryHeap<Reverse<TimerRef>>,
    slots: Vec<Slot<K>>,
    /// Slots that are not in use.
    free: Vec<u32>,
    /// Of the next timer.
    order: NonZeroU64,
}

#[derive(Clone, Debug)]
struct Slot<K> {
    /// Which timer holds the slot; a [`TimerRef`] of an earlier one does not match.
    order: NonZeroU64,
    /// `None` once it has fired or was taken back.
    key: Option<K>,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), order: NonZeroU64::MIN }
    }
}

/// Dead timers that are never worth a sweep.
const SWEEP_MIN: usize = 64;

impl<K> Wheel<K> {
    /// Sets a timer.
    pub fn schedule(&mut self, at: Timestamp, key: K) -> TimerRef {
        let order = self.order;
        self.order = order.saturating_add(1);
        let held = Slot { order, key: Some(key) };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = held;
            slot
        } else {
            self.slots.push(held);
            // Room for all to be free at once, so that taking one back never allocates.
            self.free.reserve(self.slots.len());
            (self.slots.len() - 1) as u32
        };
        let timer = TimerRef { at, order, slot };
        self.heap.push(Reverse(timer));
        timer
    }

    /// Takes a timer back; returns its key if it had not fired.
    pub fn cancel(&mut self, timer: TimerRef) -> Option<K> {
        let key = self.take(timer)?;
        self.bury();
        Some(key)
    }

    /// The key of a timer that is still set.
    #[must_use]
    pub fn get(&self, timer: TimerRef) -> Option<&K> {
        let slot = self.slots.get(timer.slot as usize)?;
        if slot.order == timer.order { slot.key.as_ref() } else { None }
    }

    /// When the next timer fires.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.heap.peek().map(|first| first.0.at)
    }

    /// The earliest timer at or before `now`, if any.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        let first = self.heap.peek().map(|first| first.0).filter(|first| first.at <= now)?;
        self.heap.pop();
        let key = self.take(first)?;
        self.bury();
        Some((first.at, key))
    }

    /// How many timers are set.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Empties a timer's slot.
    fn take(&mut self, timer: TimerRef) -> Option<K> {
        let slot = self.slots.get_mut(timer.slot as usize).filter(|slot| slot.order == timer.order)?;
        let key = slot.key.take()?;
        self.free.push(timer.slot);
        Some(key)
    }

    /// Keeps a living timer first, and the dead fewer than the living.
    fn bury(&mut self) {
        while let Some(Reverse(first)) = self.heap.peek()
            && self.get(*first).is_none()
        {
            self.heap.pop();
        }
        if self.heap.len() > 2 * self.len() + SWEEP_MIN {
            let slots = &self.slots;
            self.heap.retain(|Reverse(timer)| {
                let slot = &slots[timer.slot as usize];
                slot.order == timer.order && slot.key.is_some()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;
    use std::collections::BTreeMap;

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

    #[test]
    fn a_timer_that_fired_does_not_cancel_the_next_tenant_of_its_slot() {
        let mut wheel = Wheel::default();
        let fired = wheel.schedule(Timestamp::from_secs(1), "fired");
        assert_eq!(wheel.pop_due(Timestamp::from_secs(1)), Some((Timestamp::from_secs(1), "fired")));
        let next = wheel.schedule(Timestamp::from_secs(1), "next");
        assert_eq!((wheel.cancel(fired), wheel.get(fired)), (None, None));
        assert_eq!(wheel.get(next), Some(&"next"));
        assert_eq!(wheel.len(), 1);
    }

    #[test]
    fn timers_that_are_set_and_taken_back_leave_no_trace() {
        let mut wheel = Wheel::default();
        for call in 0..100_000u64 {
            let late = wheel.schedule(Timestamp::from_secs(1_000 + call), call);
            assert_eq!(wheel.cancel(late), Some(call));
        }
        wheel.schedule(Timestamp::from_secs(1), 0);
        assert!(wheel.heap.len() <= SWEEP_MIN + 2, "{} in the heap", wheel.heap.len());
        assert_eq!(wheel.slots.len(), 1);
    }

    /// The obvious version: a sorted map. Same deeds, same answers, for many random lists of deeds.
    #[test]
    fn the_wheel_answers_as_a_sorted_map_does() {
        for seed in 0..40 {
            let mut random = Random::seeded(seed);
            let (mut wheel, mut plain) = (Wheel::default(), BTreeMap::new());
            let (mut set, mut now, mut order) = (Vec::new(), 0, 0u64);
            for step in 0..2_000u64 {
                match random.below(10) {
                    0..5 => {
                        // Few distinct instants, so that many timers share one.
                        let at = Timestamp::from_millis(now + random.below(60));
                        order += 1;
                        plain.insert((at, order), step);
                        set.push((wheel.schedule(at, step), (at, order)));
                    }
                    5..8 if !set.is_empty() => {
                        // Live and spent ones alike.
                        let (timer, plainly) = set[random.below(set.len() as u64) as usize];
                        assert_eq!(wheel.get(timer), plain.get(&plainly), "seed {seed} step {step}");
                        assert_eq!(wheel.cancel(timer), plain.remove(&plainly), "seed {seed} step {step}");
                    }
                    _ => {
                        now += random.below(20);
                        let now = Timestamp::from_millis(now);
                        while let Some(due) = wheel.pop_due(now) {
                            let ((at, _), key) = plain.pop_first().expect("the map has it too");
                            assert_eq!(due, (at, key), "seed {seed} step {step}");
                        }
                        assert!(
                            plain.keys().next().is_none_or(|(at, _)| *at > now),
                            "seed {seed} step {step}"
                        );
                    }
                }
                assert_eq!(wheel.next_deadline(), plain.keys().next().map(|(at, _)| *at), "seed {seed}");
                assert_eq!((wheel.len(), wheel.is_empty()), (plain.len(), plain.is_empty()), "seed {seed}");
            }
        }
    }
}
