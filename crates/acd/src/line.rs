//! [`WaitingLine`]: who waits for a group, in the order in which they are served.
//!
//! ```text
//!   enqueue ─▶ │ priority 9: since 00:12 │ priority 0: since 00:03, 00:04, 00:15 … │ ─▶ served, turned away, gone
//!                                     ▲ one of them may be ringing at an agent: he stands where he stood
//! ```
//!
//! The order is priority, then the caller's original clock, then the order of joining. Nothing but the bridge,
//! the caller himself or a limit takes a caller out; whatever fails in between leaves him his place.
//!
//! Never knows: agents, offers, why somebody waits.

use crate::Priority;
use crate::caller::Spot;
use crate::ranked::Ranked;
use base::Timestamp;
use std::cmp::Reverse;

/// A caller's place: all that the order among callers depends on, and where his record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) priority: Reverse<Priority>,
    /// His original clock.
    pub(crate) since: Timestamp,
    /// Order of joining; no two callers share one.
    pub(crate) order: u64,
    pub(crate) spot: Spot,
}

/// One group's line.
#[derive(Clone, Debug, Default)]
pub(crate) struct WaitingLine {
    places: Ranked<Place>,
    /// How many of them are ringing at an agent.
    pub(crate) ringing: usize,
}

impl WaitingLine {
    /// A caller joins.
    pub(crate) fn join(&mut self, place: Place) {
        self.places.insert(place);
    }

    /// A caller leaves.
    pub(crate) fn leave(&mut self, place: &Place) {
        self.places.remove(place);
    }

    /// Position of a place, counting from 1 and counting those who are ringing.
    pub(crate) fn position(&self, place: &Place) -> u32 {
        u32::try_from(self.places.before(place) + 1).unwrap_or(u32::MAX)
    }

    /// Who is served first.
    pub(crate) fn first(&self) -> Option<Place> {
        self.places.first()
    }

    /// The oldest clock in the line: the oldest of each priority's first, so the cost is the number of
    /// priorities in use, not of callers.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        let next_priority =
            |first: &Place| self.places.after(&Place { since: Timestamp::NEVER, order: u64::MAX, ..*first });
        std::iter::successors(self.places.first(), next_priority).map(|place| place.since).min()
    }

    /// How many wait, those who are ringing included.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Everybody, in order of service.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Place> {
        self.places.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Handle;

    fn place(priority: u8, since: u64, order: u64) -> Place {
        Place {
            priority: Reverse(Priority(priority)),
            since: Timestamp::from_secs(since),
            order,
            spot: Spot::from_parts(order as u32, 0),
        }
    }

    #[test]
    fn the_line_is_served_by_priority_then_clock_then_order_of_joining() {
        let mut line = WaitingLine::default();
        let served = [place(9, 12, 4), place(0, 3, 3), place(0, 4, 1), place(0, 4, 2)];
        for at in [2, 0, 3, 1] {
            line.join(served[at]);
        }
        assert!(line.iter().eq(served));
        assert_eq!(served.map(|place| line.position(&place)), [1, 2, 3, 4]);
        line.leave(&served[0]);
        assert_eq!(line.position(&served[3]), 3);
    }

    #[test]
    fn the_oldest_clock_is_found_behind_higher_priorities() {
        let mut line = WaitingLine::default();
        assert_eq!(line.oldest(), None);
        for (order, (priority, since)) in
            [(9, 12), (9, 10), (5, 2), (5, 7), (0, 3), (0, 8)].iter().enumerate()
        {
            line.join(place(*priority, *since, order as u64));
        }
        assert_eq!(line.oldest(), Some(Timestamp::from_secs(2)));
    }
}
