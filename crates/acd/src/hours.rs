//! Opening hours: when a group is open, and when it is night, on the centre's own calendar.
//!
//! ```text
//!   stamp ──WallClock──▶ local day and minute ──Calendar──▶ kind of day ──Hours──▶ open?
//! ```
//!
//! A day is of one kind: workday (statutory make-up weekends included) or day off (weekends and statutory
//! holidays). Spans are written in minutes of a day; one that ends after midnight begins on the day whose kind
//! counts, so that `22:00–08:00` of a workday runs into the next morning.
//!
//! Never knows: how days are written in a configuration.

use base::calendar::{Calendar, Date, Offset};
use base::{Epoch, Timestamp};

base::index!(HoursRef, "hours", "Opening hours, by their place in the plan.");

/// Minutes of two days: a span that ends after midnight ends beyond 1,440.
pub type Minute = u16;

/// The wall clock at the start, and the calendar that the centre lives by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// Wall time at [`Timestamp::START`].
    pub epoch: Epoch,
    /// Of the centre's time zone.
    pub offset: Offset,
    /// Statutory days and make-up weekends.
    pub calendar: Calendar,
}

/// When something is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Key in the configuration.
    pub name: String,
    /// On workdays: from (inclusive) to (exclusive), in minutes of the day.
    pub workdays: Vec<(Minute, Minute)>,
    /// On days off.
    pub days_off: Vec<(Minute, Minute)>,
}

impl Hours {
    /// Whether it is open at `now`.
    #[must_use]
    pub fn is_open(&self, clock: &WallClock, now: Timestamp) -> bool {
        let local = clock.offset.local(clock.epoch.unix_millis(now));
        let (day, minute) = (local.date, (local.second / 60) as Minute);
        let on = |day: Date, minute: Minute| {
            let spans = if clock.calendar.is_workday(day) { &self.workdays } else { &self.days_off };
            spans.iter().any(|(from, to)| (*from..*to).contains(&minute))
        };
        on(day, minute) || on(day.add_days(-1), minute + 1_440)
    }

    /// The next change after `now`, within two days: when what depends on it must be looked at again.
    #[must_use]
    pub fn next_change(&self, clock: &WallClock, now: Timestamp) -> Option<Timestamp> {
        let open = self.is_open(clock, now);
        let second = clock.offset.local(clock.epoch.unix_millis(now)).second;
        let millis = clock.epoch.unix_millis(now) % 1_000;
        let to_minute = std::time::Duration::from_millis(60_000 - (u64::from(second) % 60 * 1_000 + millis));
        let first = now + to_minute;
        (0..2 * 1_440u64)
            .map(|minutes| first + std::time::Duration::from_secs(60 * minutes))
            .find(|at| self.is_open(clock, *at) != open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A clock that started at the beginning of a day.
    fn clock(day: &str) -> WallClock {
        let date: Date = day.parse().expect("a date");
        let midnight = u64::from(date.days()) * 86_400 - 8 * 3_600;
        WallClock {
            epoch: Epoch::from_unix_nanos(midnight * 1_000_000_000),
            offset: Offset::default(),
            calendar: Calendar::china(),
        }
    }

    const fn at(hour: u64, minute: u64) -> Timestamp {
        Timestamp::from_secs(hour * 3_600 + minute * 60)
    }

    fn desk() -> Hours {
        Hours {
            name: "desk".into(),
            workdays: vec![(8 * 60 + 30, 12 * 60), (14 * 60, 18 * 60)],
            days_off: vec![],
        }
    }

    #[test]
    fn a_make_up_sunday_is_a_workday_and_a_holiday_friday_is_not() {
        let (sunday, friday) = (clock("2024-02-04"), clock("2024-02-16"));
        let open = |clock: &WallClock| {
            [at(8, 29), at(8, 30), at(11, 59), at(12, 0), at(17, 59), at(18, 0)]
                .map(|now| desk().is_open(clock, now))
        };
        assert_eq!(open(&sunday), [false, true, true, false, true, false]);
        assert_eq!(open(&friday), [false; 6]);
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let night = Hours { name: "night".into(), workdays: vec![(22 * 60, 32 * 60)], days_off: vec![] };
        let friday = clock("2024-03-01"); // an ordinary one; Saturday is off
        assert!(night.is_open(&friday, at(23, 0)));
        assert!(night.is_open(&friday, at(24 + 7, 59)), "Friday's night ends on Saturday morning");
        assert!(!night.is_open(&friday, at(24 + 8, 0)));
        assert!(!night.is_open(&friday, at(24 + 22, 0)), "Saturday has none");
        assert_eq!(night.next_change(&friday, at(23, 0)), Some(at(24 + 8, 0)));
        assert_eq!(night.next_change(&friday, at(24 + 8, 0)), None, "nothing within two days");
        assert_eq!(
            night.next_change(&friday, at(12, 0) + Duration::from_millis(12_345)),
            Some(at(22, 0)),
            "whole minutes, whenever one asks"
        );
    }
}
