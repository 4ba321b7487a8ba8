//! Service level: the five formulas in use, side by side, from the same exact counts.
//!
//! ```text
//!                 W = answered within T (inclusive)
//!   SL1  W / OFF                       of all who came to the line
//!   SL2  W / ANS                       of those who were answered
//!   SL3  W / (OFF − SHORT)             short abandons left out
//!   SL4  (W + abandoned ≤ T) / OFF     a quick hang-up counts as served
//!   SL5  W / (ANS + abandoned > T)     a quick hang-up counts as nobody
//! ```
//!
//! Always SL1 ≤ SL3 ≤ SL2, because a short abandon is an abandon and nobody is both. A centre publishes
//! one of them; which one decides points of per cent, so the formula is always shown with the figure.
//! Numerators and denominators are whole numbers that other programs can add up; a share is made last.

use std::fmt;

/// Which formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formula {
    /// Answered within T of offered.
    Sl1,
    /// Answered within T of answered.
    Sl2,
    /// Answered within T of offered without short abandons.
    Sl3,
    /// Answered or abandoned within T of offered.
    Sl4,
    /// Answered within T of answered and abandoned after T.
    Sl5,
}

impl Formula {
    /// All five, in order.
    pub const ALL: [Self; 5] = [Self::Sl1, Self::Sl2, Self::Sl3, Self::Sl4, Self::Sl5];

    /// Key in records, metrics and configuration.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sl1 => "sl1",
            Self::Sl2 => "sl2",
            Self::Sl3 => "sl3",
            Self::Sl4 => "sl4",
            Self::Sl5 => "sl5",
        }
    }

    /// The formula as it is printed beside its figure.
    #[must_use]
    pub const fn printed(self) -> &'static str {
        match self {
            Self::Sl1 => "W / OFF",
            Self::Sl2 => "W / ANS",
            Self::Sl3 => "W / (OFF - SHORT)",
            Self::Sl4 => "(W + AB<=T) / OFF",
            Self::Sl5 => "W / (ANS + AB>T)",
        }
    }

    /// Numerator and denominator from the counts of one threshold.
    #[must_use]
    pub const fn of(self, counts: &Served) -> Ratio {
        let Served { offered, answered, abandoned, short, answered_within, abandoned_within } = *counts;
        let (part, whole) = match self {
            Self::Sl1 => (answered_within, offered),
            Self::Sl2 => (answered_within, answered),
            Self::Sl3 => (answered_within, offered.saturating_sub(short)),
            Self::Sl4 => (answered_within + abandoned_within, offered),
            Self::Sl5 => (answered_within, answered + abandoned.saturating_sub(abandoned_within)),
        };
        Ratio { part, whole }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.printed())
    }
}

/// The counts that every formula is made of, for one threshold T.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// OFF.
    pub offered: u64,
    /// ANS.
    pub answered: u64,
    /// Abandoned in line or while ringing.
    pub abandoned: u64,
    /// Those of them who waited shorter than the short limit.
    pub short: u64,
    /// W: answered after at most T.
    pub answered_within: u64,
    /// Abandoned after at most T.
    pub abandoned_within: u64,
}

/// A share, kept as the two whole numbers that it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator.
    pub part: u64,
    /// Denominator.
    pub whole: u64,
}

impl Ratio {
    /// Hundredths of a per cent, rounded half up (9373 is 93.73 %); `None` while the denominator is zero.
    #[must_use]
    pub const fn basis_points(self) -> Option<u64> {
        if self.whole == 0 {
            return None;
        }
        let (part, whole) = (self.part as u128, self.whole as u128);
        Some(((part * 20_000 + whole) / (whole * 2)) as u64)
    }

    /// The share as a number, for programs; `None` while the denominator is zero.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl fmt::Display for Ratio {
    /// `93.73%`, or `–` while there is nothing to divide by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.basis_points() {
            Some(points) => f.pad(&format!("{}.{:02}%", points / 100, points % 100)),
            None => f.pad("–"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    /// One city's year: 2,085,192 answered, of them 2,025,347 within 30 s, of 2,160,831 offered.
    const YEAR: Served = Served {
        offered: 2_160_831,
        answered: 2_085_192,
        abandoned: 75_639,
        short: 20_000,
        answered_within: 2_025_347,
        abandoned_within: 60_000,
    };

    #[test]
    fn one_year_gives_both_published_figures() {
        assert_eq!(Formula::Sl1.of(&YEAR).to_string(), "93.73%");
        assert_eq!(Formula::Sl2.of(&YEAR).to_string(), "97.13%");
        assert_eq!(Formula::Sl3.of(&YEAR).to_string(), "94.61%");
        // Bounds: all abandons within T for the one, none after T for the other.
        let all_quick = Served { abandoned_within: 75_639, ..YEAR };
        assert_eq!(Formula::Sl4.of(&all_quick).to_string(), "97.23%");
        assert_eq!(Formula::Sl5.of(&all_quick).to_string(), "97.13%");
    }

    #[test]
    fn an_empty_day_has_no_share() {
        for formula in Formula::ALL {
            let ratio = formula.of(&Served::default());
            assert_eq!((ratio.basis_points(), ratio.share()), (None, None), "{formula}");
            assert_eq!(ratio.to_string(), "–");
        }
    }

    #[test]
    fn the_formulas_keep_their_order_on_any_data() {
        let mut random = Random::seeded(7);
        for _ in 0..10_000 {
            let answered = random.below(1000);
            let abandoned = random.below(1000);
            let counts = Served {
                offered: answered + abandoned + random.below(50),
                answered,
                abandoned,
                short: random.below(abandoned + 1),
                answered_within: random.below(answered + 1),
                abandoned_within: random.below(abandoned + 1),
            };
            let share = |formula: Formula| formula.of(&counts).share().unwrap_or(0.0);
            // While nobody was answered SL2 has no base and says nothing.
            if answered > 0 {
                assert!(share(Formula::Sl1) <= share(Formula::Sl3), "{counts:?}");
                assert!(share(Formula::Sl3) <= share(Formula::Sl2), "{counts:?}");
                assert!(share(Formula::Sl5) <= share(Formula::Sl2), "{counts:?}");
                assert!(share(Formula::Sl1) <= share(Formula::Sl4), "{counts:?}");
            }
        }
    }
}
