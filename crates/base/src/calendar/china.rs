//! China's statutory days off and the weekends worked instead, year by year.
//!
//! Source: the yearly notice of the General Office of the State Council, 国务院办公厅关于某年部分节假日安排的通知,
//! whose number stands with each year. Days off are the whole spans of the notice, weekends included. The
//! notice for a year appears in the autumn before; until it is built in, a configuration lists its days.

use super::Date;

/// A day of the year: month, day of the month.
type Day = (u8, u8);

/// What the notice for one year says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year {
    /// The year.
    pub year: u16,
    /// Number of the notice.
    pub notice: &'static str,
    /// Spans off: what for, first and last day.
    spans: &'static [(&'static str, Day, Day)],
    /// Weekend days that are worked.
    make_up: &'static [Day],
}

/// The years that are built in, ascending.
pub const YEARS: [Year; 4] = [
    Year {
        year: 2023,
        notice: "国办发明电〔2022〕16号",
        spans: &[
            ("元旦", (1, 1), (1, 2)), // from 31 December 2022, a Saturday
            ("春节", (1, 21), (1, 27)),
            ("清明节", (4, 5), (4, 5)),
            ("劳动节", (4, 29), (5, 3)),
            ("端午节", (6, 22), (6, 24)),
            ("中秋节、国庆节", (9, 29), (10, 6)),
        ],
        make_up: &[(1, 28), (1, 29), (4, 23), (5, 6), (6, 25), (10, 7), (10, 8)],
    },
    Year {
        year: 2024,
        notice: "国办发明电〔2023〕7号",
        spans: &[
            ("元旦", (1, 1), (1, 1)),
            ("春节", (2, 10), (2, 17)),
            ("清明节", (4, 4), (4, 6)),
            ("劳动节", (5, 1), (5, 5)),
            ("端午节", (6, 10), (6, 10)),
            ("中秋节", (9, 15), (9, 17)),
            ("国庆节", (10, 1), (10, 7)),
        ],
        make_up: &[(2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12)],
    },
    Year {
        year: 2025,
        notice: "国办发明电〔2024〕12号",
        spans: &[
            ("元旦", (1, 1), (1, 1)),
            ("春节", (1, 28), (2, 4)),
            ("清明节", (4, 4), (4, 6)),
            ("劳动节", (5, 1), (5, 5)),
            ("端午节", (5, 31), (6, 2)),
            ("国庆节、中秋节", (10, 1), (10, 8)),
        ],
        make_up: &[(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    },
    Year {
        year: 2026,
        notice: "国办发明电〔2025〕7号",
        spans: &[
            ("元旦", (1, 1), (1, 3)),
            ("春节", (2, 15), (2, 23)),
            ("清明节", (4, 4), (4, 6)),
            ("劳动节", (5, 1), (5, 5)),
            ("端午节", (6, 19), (6, 21)),
            ("中秋节", (9, 25), (9, 27)),
            ("国庆节", (10, 1), (10, 7)),
        ],
        make_up: &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
    },
];

/// Whether the statutory days of `year` are built in.
#[must_use]
pub fn knows(year: u16) -> bool {
    YEARS.iter().any(|known| known.year == year)
}

/// What `day` is off for (`"春节"`); `None` for a day that no built-in notice lists.
#[must_use]
pub fn festival(day: Date) -> Option<&'static str> {
    let year = YEARS.iter().find(|known| known.year == day.year())?;
    let at = (day.month(), day.day());
    year.spans.iter().find(|(_, first, last)| (*first..=*last).contains(&at)).map(|(name, _, _)| *name)
}

impl Year {
    /// Every day off, weekends within the spans included, ascending.
    pub fn days_off(&self) -> impl Iterator<Item = Date> + use<'_> {
        self.spans.iter().flat_map(|(_, first, last)| {
            let (first, last) = (self.date(*first), self.date(*last));
            first.zip(last).into_iter().flat_map(|(first, last)| first.through(last))
        })
    }

    /// Every weekend day that is worked, ascending.
    pub fn make_up_days(&self) -> impl Iterator<Item = Date> + use<'_> {
        self.make_up.iter().filter_map(|day| self.date(*day))
    }

    fn date(&self, (month, day): Day) -> Option<Date> {
        Date::new(self.year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_notices_exists_and_make_up_days_are_weekends() {
        for year in &YEARS {
            assert_eq!(year.make_up_days().count(), year.make_up.len(), "{}", year.notice);
            for (name, first, last) in year.spans {
                assert!(year.date(*first) <= year.date(*last), "{} {name}", year.year);
                assert!(year.date(*first).is_some() && year.date(*last).is_some(), "{} {name}", year.year);
            }
            for day in year.make_up_days() {
                assert!(day.weekday().is_weekend(), "{day}");
                assert!(year.days_off().all(|off| off != day), "{day}");
            }
        }
    }

    #[test]
    fn a_day_off_has_its_name() {
        let name = |text: &str| festival(text.parse().unwrap());
        assert_eq!(name("2024-02-17"), Some("春节"));
        assert_eq!(name("2023-04-30"), Some("劳动节"));
        assert_eq!(name("2024-02-18"), None);
        assert!(knows(2026) && !knows(2027));
    }
}
