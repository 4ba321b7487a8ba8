//! [`Offset`] and [`LocalTime`]: what the clock on the wall of the centre shows.

use super::Date;
use std::fmt;
use std::str::FromStr;

const DAY_S: u64 = 86_400;

/// How far local time is ahead of UTC, in minutes; from −12:00 to +14:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(i16);

/// A second of local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// The day.
    pub date: Date,
    /// Second of the day, 0–86,399.
    pub second: u32,
}

impl Offset {
    /// +08:00, the whole of China.
    pub const CHINA: Self = Self(480);
    /// UTC itself.
    pub const UTC: Self = Self(0);

    /// So many minutes east of UTC; `None` outside −720 … 840.
    #[must_use]
    pub const fn from_minutes(minutes: i16) -> Option<Self> {
        if minutes >= -720 && minutes <= 840 { Some(Self(minutes)) } else { None }
    }

    /// Minutes east of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.0
    }

    /// Local time at a moment in Unix milliseconds; the part of a second is dropped.
    /// What lies before 1970 or after 9999 there is the nearest second that does not.
    #[must_use]
    pub fn local(self, unix_millis: u64) -> LocalTime {
        let second = (unix_millis / 1000).saturating_add_signed(i64::from(self.0) * 60);
        let last = LocalTime { date: Date::LAST, second: DAY_S as u32 - 1 };
        match u32::try_from(second / DAY_S) {
            Ok(days) if days <= Date::LAST.days() => {
                LocalTime { date: Date::from_days(days), second: (second % DAY_S) as u32 }
            }
            _ => last,
        }
    }

    /// Unix milliseconds at the beginning of that second; 0 for one before 1970 in UTC.
    #[must_use]
    pub fn unix_millis(self, local: LocalTime) -> u64 {
        let second = u64::from(local.date.days()) * DAY_S + u64::from(local.second);
        second.saturating_add_signed(-i64::from(self.0) * 60) * 1000
    }
}

impl Default for Offset {
    /// [`Offset::CHINA`].
    fn default() -> Self {
        Self::CHINA
    }
}

impl fmt::Display for Offset {
    /// `+08:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Text that is no offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnOffset(String);

impl fmt::Display for NotAnOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not an offset from UTC; write one from -12:00 to +14:00, such as +08:00", self.0)
    }
}

impl std::error::Error for NotAnOffset {}

impl FromStr for Offset {
    type Err = NotAnOffset;

    /// `+08:00`.
    fn from_str(text: &str) -> Result<Self, NotAnOffset> {
        let parse = || {
            let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = *text.as_bytes() else { return None };
            if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) || m1 > b'5' {
                return None;
            }
            let pair = |tens: u8, ones: u8| i16::from(tens - b'0') * 10 + i16::from(ones - b'0');
            let minutes = pair(h1, h2) * 60 + pair(m1, m2);
            Self::from_minutes(if sign == b'-' { -minutes } else { minutes })
        };
        parse().ok_or_else(|| NotAnOffset(text.chars().take(40).collect()))
    }
}

impl LocalTime {
    /// Hour of the day, 0–23.
    #[must_use]
    pub const fn hour(self) -> u32 {
        self.second / 3600
    }

    /// Minute of the hour, 0–59.
    #[must_use]
    pub const fn minute(self) -> u32 {
        self.second / 60 % 60
    }

    /// The first second of a day.
    #[must_use]
    pub const fn midnight(date: Date) -> Self {
        Self { date, second: 0 }
    }
}

impl fmt::Display for LocalTime {
    /// `2024-02-04 09:30:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}:{:02}:{:02}", self.date, self.hour(), self.minute(), self.second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let before = Offset::CHINA.local(1_706_975_999_999);
        let midnight = Offset::CHINA.local(1_706_976_000_000);
        assert_eq!(before.to_string(), "2024-02-03 23:59:59");
        assert_eq!(midnight, LocalTime::midnight("2024-02-04".parse().unwrap()));
        assert_eq!(Offset::CHINA.unix_millis(midnight), 1_706_976_000_000);
        assert_eq!(Offset::UTC.local(1_706_976_000_000).to_string(), "2024-02-03 16:00:00");
    }

    #[test]
    fn the_ends_of_time_are_kept() {
        let west = Offset::from_minutes(-720).unwrap();
        assert_eq!(west.local(0), LocalTime::midnight(Date::FIRST));
        assert_eq!(Offset::CHINA.local(u64::MAX).to_string(), "9999-12-31 23:59:59");
        assert_eq!(Offset::CHINA.unix_millis(LocalTime::midnight(Date::FIRST)), 0);
    }

    #[test]
    fn an_offset_is_written_as_it_is_read() {
        for text in ["+08:00", "-03:30", "+00:00", "+14:00", "-12:00"] {
            assert_eq!(text.parse::<Offset>().unwrap().to_string(), text);
        }
        assert_eq!(Offset::default(), Offset::CHINA);
        for wrong in ["8", "+8:00", "+14:01", "-12:30", "+08:60", "+0a:00"] {
            assert!(wrong.parse::<Offset>().unwrap_err().to_string().contains("such as +08:00"), "{wrong}");
        }
    }
}
