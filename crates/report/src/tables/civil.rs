//! Civil dates: days since 1970-01-01 to year, month, day and back. The seam of the calendar: these two functions
//! are all that the tables ask of one.

/// Days since 1970-01-01 of a day of the Gregorian calendar; months and days count from 1.
pub(super) const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of so many days since 1970-01-01.
pub(super) const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let mut yesterday = date_of(-1);
        assert_eq!(yesterday, (1969, 12, 31));
        for days in 0..146_097 {
            let date = date_of(days);
            assert_eq!(days_of(date.0, date.1, date.2), days);
            assert!(date > yesterday, "{date:?}");
            yesterday = date;
        }
        assert_eq!(date_of(days_of(2024, 2, 29) + 1), (2024, 3, 1));
        assert_eq!(date_of(days_of(2023, 2, 28) + 1), (2023, 3, 1));
    }
}
