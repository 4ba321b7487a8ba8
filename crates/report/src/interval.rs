//! Intervals: the same tallies per quarter of an hour, for the last day.
//!
//! Quarters are those of the wall clock. A caller belongs to the quarter in which he came into the line,
//! whatever happens to him later, so the identity of the counters holds in every quarter and a service level
//! cannot exceed 100 %. His arrival, and a call that never reached a line, belong to the quarter of the
//! INVITE; a wrap-up belongs to the quarter in which it ends.
//!
//! At most [`QUARTERS_MAX`] are kept; what still happens to a caller of an older one is counted since the
//! start only.

use crate::spread::Sparse;
use crate::tally::Tally;
use base::{Epoch, Timestamp};
use std::collections::VecDeque;

/// How many quarters are kept: a day.
pub const QUARTERS_MAX: usize = 96;
const QUARTER_MS: u64 = 900_000;

/// A quarter of an hour, counted from 1970 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub u64);

impl Quarter {
    /// The quarter that a moment lies in.
    #[must_use]
    pub const fn of(epoch: Epoch, at: Timestamp) -> Self {
        Self(epoch.unix_millis(at) / QUARTER_MS)
    }

    /// When it begins, in milliseconds since 1970.
    #[must_use]
    pub const fn unix_ms(self) -> u64 {
        self.0.saturating_mul(QUARTER_MS)
    }
}

/// What happened to the callers of one quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Which.
    pub quarter: Quarter,
    /// Each group, in the plan's order; a last one for groups that the plan does not know.
    pub groups: Vec<Tally<Sparse>>,
    /// The centre.
    pub total: Tally<Sparse>,
}

/// The last day.
#[derive(Clone, Debug)]
pub struct Intervals {
    groups: usize,
    kept: VecDeque<Interval>,
}

impl Intervals {
    pub(crate) fn new(groups: usize) -> Self {
        Self { groups, kept: VecDeque::new() }
    }

    /// Those kept, oldest first, without gaps.
    pub fn iter(&self) -> impl Iterator<Item = &Interval> {
        self.kept.iter()
    }

    /// One of them, unless it is too old or still to come.
    #[must_use]
    pub fn quarter(&self, quarter: Quarter) -> Option<&Interval> {
        let first = self.kept.front()?.quarter.0;
        self.kept.get(usize::try_from(quarter.0.checked_sub(first)?).ok()?)
    }

    /// The interval to count in; made when it is new, `None` when it is no longer kept.
    pub(crate) fn open(&mut self, quarter: Quarter) -> Option<&mut Interval> {
        if self.kept.back().is_none_or(|last| last.quarter < quarter) {
            self.reach(quarter);
        }
        let first = self.kept.front()?.quarter.0;
        self.kept.get_mut(usize::try_from(quarter.0.checked_sub(first)?).ok()?)
    }

    /// Makes all quarters up to this one; a gap longer than a day forgets everything before it.
    fn reach(&mut self, quarter: Quarter) {
        let next = self.kept.back().map_or(quarter.0, |last| last.quarter.0 + 1);
        let from = next.max((quarter.0 + 1).saturating_sub(QUARTERS_MAX as u64));
        if from > next {
            self.kept.clear();
        }
        for number in from..=quarter.0 {
            if self.kept.len() == QUARTERS_MAX {
                self.kept.pop_front();
            }
            self.kept.push_back(Interval {
                quarter: Quarter(number),
                groups: vec![Tally::default(); self.groups],
                total: Tally::default(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_day_is_kept_and_a_long_silence_costs_no_more() {
        let mut intervals = Intervals::new(1);
        let epoch = Epoch::from_unix_nanos(1_706_000_000_000_000_000);
        let quarter = |hours: u64| Quarter::of(epoch, Timestamp::START + Duration::from_secs(3600 * hours));
        assert!(intervals.open(quarter(0)).is_some());
        assert!(intervals.open(quarter(3)).is_some());
        assert_eq!(intervals.iter().count(), 13);
        assert!(intervals.open(quarter(0)).is_some(), "a caller of an earlier quarter");
        assert!(intervals.open(quarter(24)).is_some());
        assert_eq!(intervals.iter().count(), QUARTERS_MAX);
        assert!(intervals.open(quarter(0)).is_none(), "a day has passed");
        assert!(intervals.open(quarter(24 * 365)).is_some());
        assert_eq!(intervals.iter().count(), QUARTERS_MAX);
        let quarters: Vec<_> = intervals.iter().map(|interval| interval.quarter.0).collect();
        assert!(quarters.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gaps");
        assert_eq!(intervals.quarter(quarter(24 * 365)), intervals.iter().last());
    }
}
