//! The calendar: dates, local time, and which days are worked.
//!
//! ```text
//!   unix milliseconds ──Offset──▶ LocalTime ──┬─ Date ──Calendar──▶ workday, make-up day, weekend, holiday
//!                     ◀──Offset──             └─ second of the day
//! ```
//!
//! China decides each autumn which days of the next year are off, and which weekends are worked instead
//! (调休). So a calendar is Monday to Friday with two lists of exceptions, and the lists are data: those of
//! the years in [`china`] are built in, a configuration adds its own. A day in both lists is what was said
//! last. Years without lists are plain Mondays to Fridays; [`china::knows`] tells.
//!
//! ```
//! use base::calendar::{Calendar, Date, Offset};
//!
//! let calendar = Calendar::china();
//! let asked: Date = "2024-02-02".parse().unwrap(); // a Friday
//! let due = calendar.add_workdays(asked, 5);
//! assert_eq!(due.to_string(), "2024-02-08"); // the Sunday between is a make-up day
//!
//! let local = Offset::CHINA.local(1_706_850_000_000);
//! assert_eq!((local.date, local.second), (asked, 13 * 3600));
//! ```
//!
//! All of it is integers on the proleptic Gregorian calendar, 1970-01-01 to 9999-12-31. Arithmetic stops at
//! those ends. Summer time is not modelled: an offset is fixed, as China's is.
//!
//! Never knows: the clock, time-zone files, opening hours.

pub mod china;
mod date;
mod local;

pub use date::{Date, NotADate, Weekday};
pub use local::{LocalTime, NotAnOffset, Offset};

/// What a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// Monday to Friday, worked.
    Workday,
    /// A Saturday or Sunday that is worked instead of a day off (调休上班).
    MakeUp,
    /// A Saturday or Sunday off that is nothing else.
    Weekend,
    /// A statutory day off, whatever its weekday.
    Holiday,
}

impl DayKind {
    /// Whether people work on such a day.
    #[must_use]
    pub const fn is_worked(self) -> bool {
        matches!(self, Self::Workday | Self::MakeUp)
    }
}

/// Monday to Friday, with exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days off, ascending, none twice.
    holidays: Vec<Date>,
    /// Days worked whatever their weekday, ascending, none twice, none of them in `holidays`.
    workdays: Vec<Date>,
}

impl Calendar {
    /// Monday to Friday without any exception.
    #[must_use]
    pub const fn plain() -> Self {
        Self { holidays: Vec::new(), workdays: Vec::new() }
    }

    /// The statutory days of China for the years that are built in.
    #[must_use]
    pub fn china() -> Self {
        china::YEARS.iter().fold(Self::plain(), |calendar, year| {
            calendar.with_holidays(year.days_off()).with_workdays(year.make_up_days())
        })
    }

    /// The same with further days off. One that was a workday is a day off from now on.
    #[must_use]
    pub fn with_holidays(mut self, days: impl IntoIterator<Item = Date>) -> Self {
        for day in days {
            insert(&mut self.holidays, day);
            remove(&mut self.workdays, day);
        }
        self
    }

    /// The same with further days worked. One that was a day off is worked from now on.
    #[must_use]
    pub fn with_workdays(mut self, days: impl IntoIterator<Item = Date>) -> Self {
        for day in days {
            insert(&mut self.workdays, day);
            remove(&mut self.holidays, day);
        }
        self
    }

    /// The days off that are listed, ascending.
    #[must_use]
    pub fn holidays(&self) -> &[Date] {
        &self.holidays
    }

    /// The days worked that are listed, ascending.
    #[must_use]
    pub fn workdays(&self) -> &[Date] {
        &self.workdays
    }

    /// What `day` is.
    #[must_use]
    pub fn kind(&self, day: Date) -> DayKind {
        if self.holidays.binary_search(&day).is_ok() {
            DayKind::Holiday
        } else if !day.weekday().is_weekend() {
            DayKind::Workday
        } else if self.workdays.binary_search(&day).is_ok() {
            DayKind::MakeUp
        } else {
            DayKind::Weekend
        }
    }

    /// Whether people work on `day`.
    #[must_use]
    pub fn is_workday(&self, day: Date) -> bool {
        self.kind(day).is_worked()
    }

    /// The `count`-th workday after `day`; `day` itself, worked or not, for 0. Stops at [`Date::LAST`].
    #[must_use]
    pub fn add_workdays(&self, day: Date, count: u32) -> Date {
        let (mut day, mut left) = (day, count);
        while left > 0 && day < Date::LAST {
            day = day.add_days(1);
            left -= u32::from(self.is_workday(day));
        }
        day
    }

    /// How many days from `first` up to but without `end` are worked.
    #[must_use]
    pub fn workdays_between(&self, first: Date, end: Date) -> u32 {
        let days = (first.days()..end.days()).map(Date::from_days);
        days.map(|day| u32::from(self.is_workday(day))).sum()
    }

    /// How many days of `year` are worked; 0 for a year outside [`Date`]'s bounds.
    #[must_use]
    pub fn workdays_in(&self, year: u16) -> u32 {
        match (Date::new(year, 1, 1), Date::new(year, 12, 31)) {
            (Some(first), Some(last)) => {
                self.workdays_between(first, last) + u32::from(self.is_workday(last))
            }
            _ => 0,
        }
    }
}

fn insert(days: &mut Vec<Date>, day: Date) {
    if let Err(place) = days.binary_search(&day) {
        days.insert(place, day);
    }
}

fn remove(days: &mut Vec<Date>, day: Date) {
    if let Ok(place) = days.binary_search(&day) {
        days.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect(text)
    }

    #[test]
    fn years_have_the_workdays_that_were_published() {
        let calendar = Calendar::china();
        let counts: Vec<u32> = (2022..=2027).map(|year| calendar.workdays_in(year)).collect();
        // 2022 and 2027 are not built in: their Mondays to Fridays.
        assert_eq!(counts, [260, 249, 251, 248, 248, 261]);
        assert_eq!(calendar.workdays_in(1969), 0);
    }

    #[test]
    fn the_eight_make_up_days_of_2024_are_worked() {
        let calendar = Calendar::china();
        let days = ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"];
        for day in days {
            assert_eq!(calendar.kind(date(&format!("2024-{day}"))), DayKind::MakeUp, "{day}");
        }
        let listed = calendar.workdays().iter().filter(|day| day.year() == 2024).count();
        assert_eq!(listed, days.len());
        assert_eq!(calendar.kind(date("2024-02-09")), DayKind::Workday); // New Year's Eve: encouraged, not off
        assert_eq!(calendar.kind(date("2024-02-10")), DayKind::Holiday);
        assert_eq!(calendar.kind(date("2024-02-24")), DayKind::Weekend);
    }

    #[test]
    fn a_term_of_five_workdays_runs_over_spring_festival() {
        let calendar = Calendar::china();
        let term = |from: &str, days| calendar.add_workdays(date(from), days).to_string();
        assert_eq!(term("2024-02-02", 5), "2024-02-08"); // the Sunday 02-04 is worked
        assert_eq!(term("2024-02-08", 5), "2024-02-21"); // Friday, eight days off, Sunday 02-18, three more
        assert_eq!(term("2024-02-12", 0), "2024-02-12");
        assert_eq!(term("2024-02-12", 1), "2024-02-18");
        assert_eq!(Calendar::plain().add_workdays(date("2024-02-02"), 5), date("2024-02-09"));
    }

    #[test]
    fn a_term_stops_at_the_last_date() {
        assert_eq!(Calendar::plain().add_workdays(date("9999-12-29"), u32::MAX), Date::LAST);
    }

    #[test]
    fn a_centre_adds_its_own_days_and_the_last_word_counts() {
        let ours = Calendar::china().with_holidays([date("2024-02-09")]).with_workdays([date("2024-10-05")]);
        assert_eq!(ours.kind(date("2024-02-09")), DayKind::Holiday);
        assert_eq!(ours.kind(date("2024-10-05")), DayKind::MakeUp);
        assert_eq!(ours.workdays_in(2024), 251);
        let again = ours.with_workdays([date("2024-02-09"), date("2024-02-09")]);
        assert_eq!(again.kind(date("2024-02-09")), DayKind::Workday);
        assert_eq!(again.workdays_in(2024), 252);
    }
}
