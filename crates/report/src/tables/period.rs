//! Periods and intervals in local time: which stretch of the past, cut how finely.
//!
//! Local time is a fixed distance from UTC (China: eight hours, no summer time). Weeks begin on Monday.

use super::civil::{date_of, days_of};
use crate::record::UnixMs;
use std::fmt;

const DAY_MS: i64 = 86_400_000;

/// How far local time is ahead of UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(i16);

impl Zone {
    /// China.
    pub const CHINA: Self = Self(8 * 60);

    /// So many minutes ahead of UTC; `None` beyond 18 hours.
    #[must_use]
    pub const fn minutes(minutes: i16) -> Option<Self> {
        if minutes >= -18 * 60 && minutes <= 18 * 60 { Some(Self(minutes)) } else { None }
    }

    /// Milliseconds since 1970-01-01 on the local clock.
    const fn local(self, at: UnixMs) -> i64 {
        at.0 as i64 + self.0 as i64 * 60_000
    }

    /// The moment at which the local clock shows this; before 1970 is 1970.
    const fn moment(self, local: i64) -> UnixMs {
        let utc = local - self.0 as i64 * 60_000;
        UnixMs(if utc < 0 { 0 } else { utc as u64 })
    }

    /// The date that a moment has here.
    #[must_use]
    pub const fn date(self, at: UnixMs) -> Date {
        Date(self.local(at).div_euclid(DAY_MS))
    }

    /// `2024-02-02 09:30`, to the minute.
    #[must_use]
    pub fn shown(self, at: UnixMs) -> String {
        let minutes = self.local(at).rem_euclid(DAY_MS) / 60_000;
        format!("{} {:02}:{:02}", self.date(at), minutes / 60, minutes % 60)
    }

    /// `2024-02-02 09:30:05.250`.
    #[must_use]
    pub fn exactly(self, at: UnixMs) -> String {
        let ms = self.local(at).rem_euclid(60_000);
        format!("{}:{:02}.{:03}", self.shown(at), ms / 1000, ms % 1000)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "UTC{sign}{:02}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

/// A day, counted from 1970-01-01 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i64);

impl Date {
    /// A day of the calendar; `None` when there is no such day.
    #[must_use]
    pub const fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        if year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
            return None;
        }
        let days = days_of(year, month, day);
        let (_, found, _) = date_of(days);
        if found == month { Some(Self(days)) } else { None }
    }

    /// Year, month, day.
    #[must_use]
    pub const fn parts(self) -> (i64, i64, i64) {
        date_of(self.0)
    }

    /// So many days later.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// The moment at which the local clock shows so many minutes after this day's midnight.
    #[must_use]
    pub const fn at(self, zone: Zone, minutes: i64) -> UnixMs {
        zone.moment(self.0 * DAY_MS + minutes * 60_000)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A stretch of the past: from a moment, to before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First moment of it.
    pub from: UnixMs,
    /// First moment after it.
    pub to: UnixMs,
}

impl Period {
    /// A year; `None` before 1970.
    #[must_use]
    pub fn year(year: i64, zone: Zone) -> Option<Self> {
        Some(Self { from: Date::new(year, 1, 1)?.at(zone, 0), to: Date::new(year + 1, 1, 1)?.at(zone, 0) })
    }

    /// A month of a year.
    #[must_use]
    pub fn month(year: i64, month: i64, zone: Zone) -> Option<Self> {
        let from = Date::new(year, month, 1)?;
        let to = if month == 12 { Date::new(year + 1, 1, 1)? } else { Date::new(year, month + 1, 1)? };
        Some(Self { from: from.at(zone, 0), to: to.at(zone, 0) })
    }

    /// Whole days.
    #[must_use]
    pub const fn days(first: Date, days: i64, zone: Zone) -> Self {
        Self { from: first.at(zone, 0), to: first.plus_days(days).at(zone, 0) }
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub const fn holds(&self, at: UnixMs) -> bool {
        self.from.0 <= at.0 && at.0 < self.to.0
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn millis(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }
}

/// How finely a period is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Every {
    /// 5 minutes.
    Minutes5,
    /// 15 minutes.
    Minutes15,
    /// 30 minutes.
    Minutes30,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Every {
    /// All, finest first.
    pub const ALL: [Self; 8] = [
        Self::Minutes5,
        Self::Minutes15,
        Self::Minutes30,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
    ];

    /// Key on the command line and in records.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Minutes5 => "5m",
            Self::Minutes15 => "15m",
            Self::Minutes30 => "30m",
            Self::Hour => "1h",
            Self::Day => "1d",
            Self::Week => "1w",
            Self::Month => "1mo",
            Self::Year => "1y",
        }
    }

    const fn fixed_ms(self) -> Option<i64> {
        Some(match self {
            Self::Minutes5 => 300_000,
            Self::Minutes15 => 900_000,
            Self::Minutes30 => 1_800_000,
            Self::Hour => 3_600_000,
            Self::Day => DAY_MS,
            Self::Week | Self::Month | Self::Year => return None,
        })
    }

    /// The interval that a moment lies in.
    #[must_use]
    pub fn around(self, at: UnixMs, zone: Zone) -> Period {
        let local = zone.local(at);
        let day = local.div_euclid(DAY_MS);
        let (from, to) = match (self.fixed_ms(), self) {
            (Some(ms), _) => (local.div_euclid(ms) * ms, (local.div_euclid(ms) + 1) * ms),
            (None, Self::Week) => {
                // 1970-01-01 was a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                (monday * DAY_MS, (monday + 7) * DAY_MS)
            }
            (None, Self::Month) => {
                let (year, month, _) = date_of(day);
                let next = if month == 12 { days_of(year + 1, 1, 1) } else { days_of(year, month + 1, 1) };
                (days_of(year, month, 1) * DAY_MS, next * DAY_MS)
            }
            (None, _) => {
                let (year, _, _) = date_of(day);
                (days_of(year, 1, 1) * DAY_MS, days_of(year + 1, 1, 1) * DAY_MS)
            }
        };
        Period { from: zone.moment(from), to: zone.moment(to) }
    }

    /// How the interval that begins then is called: `2024-02-02 09:30`, `2024-02-02`, `2024-02`, `2024`.
    #[must_use]
    pub fn name(self, from: UnixMs, zone: Zone) -> String {
        let (year, month, _) = zone.date(from).parts();
        match self {
            Self::Minutes5 | Self::Minutes15 | Self::Minutes30 | Self::Hour => zone.shown(from),
            Self::Day => zone.date(from).to_string(),
            Self::Week => format!("{}/P7D", zone.date(from)),
            Self::Month => format!("{year:04}-{month:02}"),
            Self::Year => format!("{year:04}"),
        }
    }

    /// How many intervals a period touches, at most.
    #[must_use]
    pub fn count(self, period: &Period) -> u64 {
        let ms = match self {
            Self::Week => 7 * DAY_MS,
            Self::Month => 28 * DAY_MS,
            Self::Year => 365 * DAY_MS,
            _ => self.fixed_ms().unwrap_or(DAY_MS),
        };
        period.millis() / ms.unsigned_abs() + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i64, month: i64, day: i64) -> Date {
        Date::new(year, month, day).expect("a day")
    }

    #[test]
    fn there_is_no_thirtieth_of_february() {
        assert_eq!(Date::new(2024, 2, 30), None);
        assert_eq!(Date::new(2023, 2, 29), None);
        assert_eq!(day(2024, 2, 29).to_string(), "2024-02-29");
        assert_eq!(day(2024, 2, 28).plus_days(2).to_string(), "2024-03-01");
    }

    #[test]
    fn midnight_is_the_local_one() {
        // 2024-02-01T16:00:00Z is midnight of the second in China.
        let midnight = day(2024, 2, 2).at(Zone::CHINA, 0);
        assert_eq!(midnight, UnixMs(1_706_803_200_000));
        assert_eq!(Zone::CHINA.shown(midnight), "2024-02-02 00:00");
        assert_eq!(Zone::CHINA.exactly(UnixMs(midnight.0 + 65_250)), "2024-02-02 00:01:05.250");
        assert_eq!(Zone::CHINA.to_string(), "UTC+08:00");
        assert_eq!(Zone::CHINA.date(UnixMs(midnight.0 - 1)), day(2024, 2, 1));
        let west = Zone::minutes(-210).expect("a zone");
        assert_eq!(west.to_string(), "UTC-03:30");
        assert_eq!(west.shown(midnight), "2024-02-01 12:30");
    }

    #[test]
    fn intervals_lie_side_by_side_and_hold_their_moments() {
        for every in Every::ALL {
            let year = Period::year(2024, Zone::CHINA).expect("a year");
            let mut at = year.from;
            let mut count = 0;
            while at < year.to {
                let interval = every.around(at, Zone::CHINA);
                assert!(interval.holds(at) && interval.from <= at, "{every:?} {at}");
                assert_eq!(every.around(UnixMs(interval.to.0 - 1), Zone::CHINA), interval);
                assert!(count == 0 || interval.from == at, "{every:?}: no gap");
                at = interval.to;
                count += 1;
            }
            assert!(count <= every.count(&year), "{every:?}: {count}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let friday = day(2024, 2, 2).at(Zone::CHINA, 600);
        let week = Every::Week.around(friday, Zone::CHINA);
        assert_eq!(Every::Week.name(week.from, Zone::CHINA), "2024-01-29/P7D");
        assert_eq!(Every::Month.name(friday, Zone::CHINA), "2024-02");
    }
}
