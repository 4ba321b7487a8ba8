//! Change against a base year: exact until it is rounded, once.
//!
//! A count or a mean changes in per cent, (current − base) / base; a rate changes in points of per cent
//! (个百分点), because "rose by 1.88 %" of a rate says two things. A base of zero has no change. Nothing falls by
//! more than all of it: a change below −100 % is a mistake in one of the two figures and is refused.

use std::fmt;

/// A figure as a fraction, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    /// Numerator.
    pub part: i128,
    /// Denominator, above zero.
    pub whole: i128,
}

impl Exact {
    /// A whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self { part: number as i128, whole: 1 }
    }

    /// So many hundredths.
    #[must_use]
    pub const fn hundredths(number: i64) -> Self {
        Self { part: number as i128, whole: 100 }
    }

    /// Rounded to hundredths, half away from zero.
    #[must_use]
    pub const fn rounded(self) -> i64 {
        round(self.part * 100, self.whole)
    }
}

/// A quotient to the nearest whole number, half away from zero.
const fn round(part: i128, whole: i128) -> i64 {
    let (part, whole) = if whole < 0 { (-part, -whole) } else { (part, whole) };
    let half = if part < 0 { -whole } else { whole };
    ((2 * part + half) / (2 * whole)) as i64
}

/// How a figure changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is no base, or it is zero.
    NotApplicable,
    /// Hundredths of a per cent of the base.
    Percent(i64),
    /// Hundredths of a point.
    Points(i64),
}

/// A figure that cannot have changed like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// Which cell of which table.
    pub cell: String,
    /// Current and base, as given.
    pub figures: String,
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}; nothing falls by more than 100 %, so one of the two is wrong: correct it in the base table",
            self.cell, self.figures
        )
    }
}

impl std::error::Error for Impossible {}

impl Change {
    /// Of a count or a mean.
    ///
    /// # Errors
    /// A change below −100 %, or a base below zero.
    pub fn percent(cell: &str, current: Exact, base: Exact) -> Result<Self, Impossible> {
        let part = current.part * base.whole - base.part * current.whole;
        let whole = base.part * current.whole;
        if whole == 0 && current.part >= 0 {
            return Ok(Self::NotApplicable);
        }
        if whole <= 0 || part < -whole {
            let figures = format!("{} against {}", decimal(current), decimal(base));
            return Err(Impossible { cell: cell.to_owned(), figures });
        }
        Ok(Self::Percent(round(part * 10_000, whole)))
    }

    /// Of a rate; both as shares (0.9373).
    #[must_use]
    pub const fn points(current: Exact, base: Exact) -> Self {
        let part = current.part * base.whole - base.part * current.whole;
        Self::Points(round(part * 10_000, base.whole * current.whole))
    }
}

fn decimal(figure: Exact) -> String {
    if figure.part % figure.whole == 0 {
        (figure.part / figure.whole).to_string()
    } else {
        shown(figure.rounded())
    }
}

/// Hundredths with their decimal point.
#[must_use]
pub fn shown(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = |change: i64| match change {
            0 => "",
            1.. => "↑",
            _ => "↓",
        };
        match *self {
            Self::NotApplicable => f.pad("n/a"),
            Self::Percent(change) => f.pad(&format!("{}{}%", arrow(change), shown(change.abs()))),
            Self::Points(change) => f.pad(&format!("{}{} 个百分点", arrow(change), shown(change.abs()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(current: i64, base: i64) -> Result<Change, Impossible> {
        Change::percent("telephone.answered", Exact::whole(current), Exact::whole(base))
    }

    #[test]
    fn the_printed_year_comes_out() {
        assert_eq!(percent(2_085_192, 1_470_205).map(|change| change.to_string()), Ok("↑41.83%".into()));
        let wait = Change::percent("wait", Exact { part: 941, whole: 100 }, Exact::hundredths(1285));
        assert_eq!(wait.map(|change| change.to_string()), Ok("↓26.77%".into()));
        let rate = Change::points(Exact { part: 9713, whole: 10_000 }, Exact { part: 9525, whole: 10_000 });
        assert_eq!(rate.to_string(), "↑1.88 个百分点");
    }

    #[test]
    fn a_base_of_zero_has_no_change() {
        assert_eq!(percent(256, 0), Ok(Change::NotApplicable));
        assert_eq!(percent(0, 24), Ok(Change::Percent(-10_000)));
        assert_eq!(percent(24, 24).map(|change| change.to_string()), Ok("0.00%".into()));
    }

    #[test]
    fn nothing_falls_by_more_than_all_of_it() {
        let refused = percent(-1, 24).expect_err("is refused");
        assert_eq!(refused.cell, "telephone.answered");
        assert!(refused.to_string().contains("-1 against 24; nothing falls by more than 100 %"), "{refused}");
        assert!(percent(5, -3).is_err(), "a base below zero is none");
    }

    #[test]
    fn halves_round_away_from_zero_once() {
        assert_eq!(Exact { part: 1, whole: 800 }.rounded(), 0);
        assert_eq!(Exact { part: 1, whole: 200 }.rounded(), 1);
        assert_eq!(Exact { part: -1, whole: 200 }.rounded(), -1);
        assert_eq!(percent(20_001, 20_000), Ok(Change::Percent(1)));
        assert_eq!(shown(-5), "-0.05");
    }
}
