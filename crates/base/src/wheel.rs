//! Timers: what is due when, in (time, order set).
//!
//! ```text
//! schedule(at, key) ─▶ TimerRef        next_deadline() ─▶ when to come back
//! cancel(timer)                        pop_due(now)    ─▶ (at, key), earliest first
//!
//!   heap   [at, order, slot] … four children a node, earliest at the root
//!             │ ▲
//!             ▼ │
//!   slots  [order, place in the heap, key] … reused
//! ```
//!
//! An indexed heap rather than cascading buckets: the next deadline is exact and read in O(1), timers of one
//! instant keep their order, and nothing has a tick. Setting and cancelling are O(log n) at worst and nearly
//! O(1) for what a signalling stack does most: set a late timer and take it back. Both arrays are reused, so
//! nothing is allocated once they have reached their peak; they are as long as the most timers ever set at
//! once, and whoever sets timers bounds those.

use crate::time::Timestamp;

/// Names a timer that was set; cancelling one that has fired does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerRef {
    at: Timestamp,
    order: u64,
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
    heap: Vec<TimerRef>,
    slots: Vec<Slot<K>>,
    /// The first slot that is not in use; the next ones hang on each other's `place`.
    free: u32,
    order: u64,
}

#[derive(Clone, Debug)]
struct Slot<K> {
    /// Which timer holds the slot; a [`TimerRef`] of an earlier one does not match.
    order: u64,
    /// Where in the heap; of a free slot, the next free one.
    place: u32,
    key: Option<K>,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self { heap: Vec::new(), slots: Vec::new(), free: NONE, order: 0 }
    }
}

impl<K> Wheel<K> {
    /// Sets a timer.
    pub fn schedule(&mut self, at: Timestamp, key: K) -> TimerRef {
        self.order += 1;
        let held = Slot { order: self.order, place: 0, key: Some(key) };
        let slot = if self.free == NONE {
            self.slots.push(held);
            (self.slots.len() - 1) as u32
        } else {
            let slot = self.free;
            self.free = self.slots[slot as usize].place;
            self.slots[slot as usize] = held;
            slot
        };
        let timer = TimerRef { at, order: self.order, slot };
        self.heap.push(timer);
        self.rise(self.heap.len() - 1, timer);
        timer
    }

    /// Takes a timer back; returns its key if it had not fired.
    pub fn cancel(&mut self, timer: TimerRef) -> Option<K> {
        self.get(timer)?;
        let place = self.slots[timer.slot as usize].place as usize;
        self.take_out(place)
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
        self.heap.first().map(|timer| timer.at)
    }

    /// The earliest timer at or before `now`, if any.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        let at = self.next_deadline()?;
        if at > now {
            return None;
        }
        self.take_out(0).map(|key| (at, key))
    }

    /// How many timers are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Takes the timer at a place of the heap out, closes the gap with the last one and frees its slot.
    fn take_out(&mut self, place: usize) -> Option<K> {
        let last = self.heap.pop()?;
        let gone = if place == self.heap.len() {
            last
        } else {
            let gone = std::mem::replace(&mut self.heap[place], last);
            if last < gone {
                self.rise(place, last);
            } else {
                self.sink(place, last);
            }
            gone
        };
        let slot = &mut self.slots[gone.slot as usize];
        slot.place = std::mem::replace(&mut self.free, gone.slot);
        slot.key.take()
    }

    /// Moves `timer` from `place` towards the root until its parent is earlier.
    fn rise(&mut self, mut place: usize, timer: TimerRef) {
        while place > 0 {
            let parent = (place - 1) / CHILDREN;
            if self.heap[parent] < timer {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, timer);
    }

    /// Moves `timer` from `place` towards the leaves until its children are later.
    fn sink(&mut self, mut place: usize, timer: TimerRef) {
        loop {
            let first = place * CHILDREN + 1;
            let end = (first + CHILDREN).min(self.heap.len());
            let Some(child) = (first..end).min_by_key(|child| self.heap[*child]) else { break };
            if timer < self.heap[child] {
                break;
            }
            self.put(place, self.heap[child]);
            place = child;
        }
        self.put(place, timer);
    }

    fn put(&mut self, place: usize, timer: TimerRef) {
        self.heap[place] = timer;
        self.slots[timer.slot as usize].place = place as u32;
    }
}

/// Four children a node: half the depth of a binary heap, and siblings share a cache line or two.
const CHILDREN: usize = 4;

/// No slot.
const NONE: u32 = u32::MAX;

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
        assert_eq!(wheel.pop_due(Timestamp::from_secs(1)), Some((fired.at(), "fired")));
        let next = wheel.schedule(Timestamp::from_secs(1), "next");
        assert_eq!((wheel.cancel(fired), wheel.get(fired)), (None, None));
        assert_eq!(wheel.get(next), Some(&"next"));
        assert_eq!(wheel.len(), 1);
    }

    /// The obvious version: a sorted map. Same deeds, same answers, for many random lists of deeds.
    #[test]
    fn the_heap_answers_as_a_sorted_map_does() {
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
