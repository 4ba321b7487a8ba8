//! [`Ports`]: which RTP ports are free, in use, resting or set aside.
//!
//! ```text
//!            take               give_back              after the rest
//!   free ───────────▶ in use ───────────────▶ resting ───────────────▶ free     first in, first out
//!                        └─set_aside─▶ set aside ─ after ten minutes ─▶ free
//! ```
//!
//! Ports are even; the odd one above each carries RTCP (RFC 3550 section 11). A freed port rests so that the
//! last packets of one call cannot be heard in the next; the longest-free port is taken first, which makes
//! the rest longer still. A port that could not be opened belongs to another program and is set aside.
//! With no port free and rested, [`Ports::take`] refuses: the call is refused, the pool never grows.
//!
//! Never knows: sockets, calls.

use base::Timestamp;
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long a port that could not be opened is left alone.
const SET_ASIDE: Duration = Duration::from_secs(600);

/// The pool.
#[derive(Clone, Debug)]
pub struct Ports {
    first: u16,
    /// State of each even port from `first` on.
    states: Vec<State>,
    /// Free and resting ports with the time from which each may be taken, earliest first.
    free: VecDeque<(Timestamp, u16)>,
    /// Ports set aside, likewise.
    aside: VecDeque<(Timestamp, u16)>,
    rest: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Used,
    Aside,
}

/// How many ports are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// In the range.
    pub total: usize,
    /// Free or resting.
    pub free: usize,
    /// In use.
    pub used: usize,
    /// Set aside.
    pub aside: usize,
}

impl Ports {
    /// All even ports of the range whose odd neighbor is in it too, free at once.
    #[must_use]
    pub fn new(range: &RangeInclusive<u16>, rest: Duration) -> Self {
        let first = range.start().saturating_add(range.start() & 1).max(2);
        let ports: VecDeque<_> =
            (first..*range.end()).step_by(2).map(|port| (Timestamp::START, port)).collect();
        Self { first, states: vec![State::Free; ports.len()], free: ports, aside: VecDeque::new(), rest }
    }

    /// Takes the port that has been free longest; `None` when none is free and rested.
    pub fn take(&mut self, now: Timestamp) -> Option<u16> {
        while let Some(&(until, port)) = self.aside.front() {
            if until > now {
                break;
            }
            self.aside.pop_front();
            self.free.push_back((now, port));
            self.set(port, State::Free);
        }
        let &(from, port) = self.free.front()?;
        if from > now {
            return None;
        }
        self.free.pop_front();
        self.set(port, State::Used);
        Some(port)
    }

    /// Gives a port back; it rests first. A port that is not in use is left where it is.
    pub fn give_back(&mut self, now: Timestamp, port: u16) {
        if self.state(port) == Some(State::Used) {
            self.set(port, State::Free);
            self.free.push_back((now + self.rest, port));
        }
    }

    /// Leaves a port alone that could not be opened.
    pub fn set_aside(&mut self, now: Timestamp, port: u16) {
        if self.state(port) == Some(State::Used) {
            self.set(port, State::Aside);
            self.aside.push_back((now + SET_ASIDE, port));
        }
    }

    /// Whether a port is in use.
    #[must_use]
    pub fn is_used(&self, port: u16) -> bool {
        self.state(port) == Some(State::Used)
    }

    /// How many ports are where, counted one by one.
    #[must_use]
    pub fn census(&self) -> Census {
        let used = self.states.iter().filter(|&&state| state == State::Used).count();
        Census { total: self.states.len(), free: self.free.len(), used, aside: self.aside.len() }
    }

    fn slot(&self, port: u16) -> Option<usize> {
        let offset = port.checked_sub(self.first)?;
        (offset % 2 == 0).then_some(usize::from(offset / 2))
    }

    fn state(&self, port: u16) -> Option<State> {
        self.states.get(self.slot(port)?).copied()
    }

    fn set(&mut self, port: u16, state: State) {
        if let Some(slot) = self.slot(port).and_then(|slot| self.states.get_mut(slot)) {
            *slot = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(5);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn only_even_ports_with_a_neighbor_for_rtcp_are_in_the_pool() {
        let mut ports = Ports::new(&(20_001..=20_006), REST);
        assert_eq!(ports.census().total, 2);
        assert_eq!([ports.take(at(0)), ports.take(at(0))], [Some(20_002), Some(20_004)]);
        assert_eq!(ports.take(at(0)), None);
    }

    #[test]
    fn a_freed_port_rests_and_the_longest_free_one_goes_first() {
        let mut ports = Ports::new(&(20_000..=20_003), REST);
        assert_eq!([ports.take(at(0)), ports.take(at(0))], [Some(20_000), Some(20_002)]);
        ports.give_back(at(1), 20_002);
        ports.give_back(at(2), 20_000);
        assert_eq!(ports.take(at(5)), None);
        assert_eq!(ports.take(at(7)), Some(20_002));
        assert_eq!(ports.take(at(7)), Some(20_000));
    }

    #[test]
    fn a_port_given_back_twice_or_never_taken_is_not_doubled() {
        let mut ports = Ports::new(&(20_000..=20_003), Duration::ZERO);
        assert_eq!(ports.take(at(0)), Some(20_000));
        ports.give_back(at(1), 20_000);
        ports.give_back(at(1), 20_000);
        ports.give_back(at(1), 20_002);
        ports.give_back(at(1), 5060);
        assert_eq!(ports.census(), Census { total: 2, free: 2, used: 0, aside: 0 });
    }

    #[test]
    fn a_port_that_could_not_be_opened_is_left_alone_for_ten_minutes() {
        let mut ports = Ports::new(&(20_000..=20_001), Duration::ZERO);
        assert_eq!(ports.take(at(0)), Some(20_000));
        ports.set_aside(at(0), 20_000);
        ports.give_back(at(1), 20_000);
        assert_eq!(ports.take(at(599)), None);
        assert_eq!(ports.census().aside, 1);
        assert_eq!(ports.take(at(600)), Some(20_000));
    }

    #[test]
    fn the_ends_of_the_number_range_hold() {
        assert_eq!(Ports::new(&(65_534..=65_535), REST).census().total, 1);
        assert_eq!(Ports::new(&(65_535..=65_535), REST).census().total, 0);
        assert_eq!(Ports::new(&(0..=3), REST).census().total, 1);
        #[expect(clippy::reversed_empty_ranges)]
        let backwards = Ports::new(&(30_000..=20_000), REST);
        assert_eq!(backwards.census().total, 0);
    }
}
