//! [`WaitingLine`]: who waits for a group, in the order in which they are served.
//!
//! ```text
//!   enqueue ─▶ │ rank 00:02 (joined 00:12, head start 10 s) · 00:03 · 00:04 · 00:15 … │ ─▶ served, turned away, gone
//!                                     ▲ one of them may be ringing at an agent: he stands where he stood
//! ```
//!
//! The order is the caller's clock less his head start ([`Order`](crate::plan::Order)), then the order of joining. It
//! never changes by itself. Nothing but the bridge, the caller himself or a limit takes a caller out; whatever
//! fails in between leaves him his place. Those who will be called back stand in it like everybody.
//!
//! Never knows: agents, offers, why somebody waits.

use crate::caller::Spot;
use crate::plan::Order;
use crate::ranked::Ranked;
use base::Timestamp;
use std::time::Duration;

/// A caller's place: all that the order among callers depends on, and where his record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// See [`rank`].
    pub(crate) rank: u64,
    /// Order of joining; no two callers share one.
    pub(crate) order: u64,
    pub(crate) spot: Spot,
}

/// Keeps ranks above zero: the longest head start that makes a difference is 36 years.
const BEFORE_THE_START: u64 = 1 << 60;

/// A caller's rank: his clock, less his head start, or plus the delay of a grey list. Lower is first.
pub(crate) fn rank(order: &Order, since: Timestamp, head_start: Duration, grey: bool) -> u64 {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let clock = since.as_nanos().saturating_add(BEFORE_THE_START);
    if grey { clock.saturating_add(nanos(order.grey_delay)) } else { clock.saturating_sub(nanos(head_start)) }
}

/// One group's line.
#[derive(Clone, Debug, Default)]
pub(crate) struct WaitingLine {
    places: Ranked<Place>,
    /// How many of them are ringing at an agent.
    pub(crate) ringing: usize,
    /// How many of them are not on the phone.
    pub(crate) callbacks: usize,
    /// How many of those had hung up: nobody knows whether they still want something.
    pub(crate) missed: usize,
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

    /// How many wait, those who are ringing and those who will be called back included.
    pub(crate) const fn len(&self) -> usize {
        self.places.len()
    }

    /// How many take up room: everybody but missed calls, who gave their place up.
    pub(crate) const fn held(&self) -> usize {
        self.places.len() - self.missed
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

    fn place(rank: u64, order: u64) -> Place {
        Place { rank, order, spot: Spot::from_parts(order as u32, 0) }
    }

    #[test]
    fn the_line_is_served_by_rank_then_order_of_joining() {
        let mut line = WaitingLine::default();
        let served = [place(2, 4), place(3, 3), place(4, 1), place(4, 2)];
        for at in [2, 0, 3, 1] {
            line.join(served[at]);
        }
        assert!(line.iter().eq(served));
        assert_eq!(served.map(|place| line.position(&place)), [1, 2, 3, 4]);
        line.leave(&served[0]);
        assert_eq!(line.position(&served[3]), 3);
    }

    #[test]
    fn a_head_start_counts_as_waiting_and_a_grey_list_as_coming_later() {
        let order = Order::default();
        let at = |seconds, head_start, grey| {
            rank(&order, Timestamp::from_secs(seconds), Duration::from_secs(head_start), grey)
        };
        assert!(at(12, 10, false) < at(3, 0, false));
        assert_eq!(at(13, 10, false), at(3, 0, false));
        assert_eq!(at(0, 600, true), at(300, 0, false));
    }
}
