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

use base::calendar::{Calendar, Date, LocalTime, Offset};
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
        let LocalTime { date: day, second } = clock.offset.local(clock.epoch.unix_millis(now));
        let minute = (second / 60) as Minute;
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
        let LocalTime { second, .. } = clock.offset.local(clock.epoch.unix_millis(now));
        let millis = clock.epoch.unix_millis(now) % 1_000;
        let to_minute = std::time::Duration::from_millis(60_000 - (u64::from(second) % 60 * 1_000 + millis));
        let first = now + to_minute;
        (0..2 * 1_440u64)
            .map(|minutes| first + std::time::Duration::from_secs(60 * minutes))
            .find(|at| self.is_open(clock, *at) != open)
    }
}
