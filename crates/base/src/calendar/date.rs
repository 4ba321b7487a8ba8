//! [`Date`]: a day, kept as the number of days since 1970-01-01.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u32);

/// Day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Saturday or Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        matches!(self, Self::Saturday | Self::Sunday)
    }

    /// Place in the week: 0 for Monday, 6 for Sunday.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// `mon` … `sun`, as configuration writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }
}

impl Date {
    /// 1970-01-01.
    pub const FIRST: Self = Self(0);
    /// 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The day of that year, month (1–12) and day of the month (1–31); `None` when there is none.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let known = year >= 1970 && year <= 9999 && month >= 1 && month <= 12;
        if !known || day < 1 || day > days_of_month(year, month) {
            return None;
        }
        // A year here begins in March, so that the leap day is its last.
        let (year, month) = (year as u32, month as u32);
        let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
        let day_of_year = (153 * shifted_month + 2) / 5 + day as u32 - 1;
        Some(Self(365 * shifted_year + leap_days + day_of_year - DAYS_BEFORE_1970))
    }

    /// From days since 1970-01-01; later ones are [`Date::LAST`].
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        if days > Self::LAST.0 { Self::LAST } else { Self(days) }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> u32 {
        self.0
    }

    /// Year, month (1–12) and day of the month (1–31).
    #[must_use]
    pub const fn ymd(self) -> (u16, u8, u8) {
        // Inverse of `new`: 400-year eras from 1 March of the year 0.
        let days = self.0 + DAYS_BEFORE_1970;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = era * 400 + year_of_era + (month <= 2) as u32;
        (year as u16, month as u8, day as u8)
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.ymd().0
    }

    /// The month, 1–12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.ymd().1
    }

    /// The day of the month, 1–31.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.ymd().2
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        Weekday::ALL[((self.0 + 3) % 7) as usize] // 1970-01-01 was a Thursday
    }

    /// So many days later, or earlier when negative. Stops at [`Date::FIRST`] and [`Date::LAST`].
    #[must_use]
    pub const fn add_days(self, days: i32) -> Self {
        Self::from_days(self.0.saturating_add_signed(days))
    }

    /// Every day from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

/// From 1 March of the year 0 to 1970-01-01.
const DAYS_BEFORE_1970: u32 = 719_468;

const fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    /// `2024-02-04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Text that is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADate(String);

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a day from 1970 to 9999; write one such as 2024-02-04", self.0)
    }
}

impl std::error::Error for NotADate {}

impl FromStr for Date {
    type Err = NotADate;

    /// `2024-02-04`: year, month and day with all their digits.
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let parse = || {
            let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
            let number = |digits: &[u8]| {
                digits.iter().try_fold(0u16, |sum, digit| {
                    digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
                })
            };
            let (month, day) = (number(&[m1, m2])?, number(&[d1, d2])?);
            Self::new(number(&[y1, y2, y3, y4])?, month as u8, day as u8)
        };
        parse().ok_or_else(|| NotADate(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back_from_its_year_month_and_day() {
        let (mut expected, mut weekday) = ((1970, 1, 1), 3);
        for day in Date::FIRST.through(Date::LAST) {
            assert_eq!(day.ymd(), expected);
            assert_eq!(day.weekday().index(), weekday, "{day}");
            let (year, month, last) = expected;
            assert_eq!(Date::new(year, month, last), Some(day));
            weekday = (weekday + 1) % 7;
            expected = match (month, last == days_of_month(year, month)) {
                (_, false) => (year, month, last + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
        }
        assert_eq!(expected, (10_000, 1, 1));
    }

    #[test]
    fn text_is_a_date_or_says_what_would_be_right() {
        let date: Date = "2024-02-29".parse().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (2024, 2, 29));
        assert_eq!((date.weekday(), date.weekday().key()), (Weekday::Thursday, "thu"));
        assert_eq!(date.to_string(), "2024-02-29");
        for wrong in ["2023-02-29", "2024-13-01", "2024-2-04", "1969-12-31", "2024/02/04", "", "今天是二月四"]
        {
            let said = wrong.parse::<Date>().expect_err(wrong).to_string();
            assert!(said.contains("write one such as 2024-02-04"), "{said}");
        }
    }

    #[test]
    fn days_are_added_over_months_and_stop_at_the_ends() {
        let date: Date = "2024-02-28".parse().unwrap();
        assert_eq!(date.add_days(2).to_string(), "2024-03-01");
        assert_eq!(date.add_days(-59).to_string(), "2023-12-31");
        assert_eq!((date.add_days(i32::MAX), date.add_days(i32::MIN)), (Date::LAST, Date::FIRST));
    }
}
