//! Pace: how many requests the peer of one call may send in a second.
//!
//! A person presses ten keys in a second at most, a phone that dials by itself twenty. What comes faster is a fault or
//! a flood; each request would keep a transaction for 32 s (timer J).

use base::Timestamp;

/// Requests of one call within a second.
const MOST: u16 = 100;

/// See the module's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    second: u32,
    count: u16,
}

impl Pace {
    /// Counts a request; `false` when there were too many in this second.
    pub(crate) fn admits(&mut self, now: Timestamp) -> bool {
        let second = (now.as_millis() / 1_000) as u32;
        if second != self.second {
            *self = Self { second, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_a_hundred() {
        let mut pace = Pace::default();
        let mut admitted = |ms| (0..150).filter(|_| pace.admits(Timestamp::from_millis(ms))).count();
        assert_eq!([admitted(500), admitted(999), admitted(1_000)], [100, 0, 100]);
    }
}
