//! Advice: what the agents there give now, and how many a target takes, from what was just measured.
//!
//! ```text
//!   Measured (arrivals, handling, waits, abandons, agents) ─▶ advise ─┬─ NotEnough: what is missing
//!                                                                     └─ Advice: now ──▶ needed
//! ```
//!
//! The rate is arrivals over the time watched; patience is all time waited, by answered and abandoned callers,
//! over the number who abandoned (the estimate for exponential patience cut short by an answer). With too few
//! abandons it is assumed and said to be. Agents on a break are not agents there. A surge rises faster than
//! any mean: `needed_if_busier` staffs for the rate plus one standard error of a Poisson count.
//!
//! ```
//! use report::advice::{self, Measured};
//! use report::staffing::{Goal, Target};
//! use std::time::Duration;
//!
//! let measured = Measured {
//!     over: Duration::from_secs(900),
//!     arrivals: 172,
//!     handled: 160,
//!     handling: Duration::from_secs(160 * 179),
//!     abandoned: 9,
//!     waited: Duration::from_secs(810),
//!     agents: 30,
//! };
//! let goal = Goal::of(Target::Sl1(0.8, Duration::from_secs(20)));
//! let advice = advice::advise(&measured, &goal).unwrap();
//! // "30 agents now give 59.7 %; 35 are needed for 80 % within 20 s."
//! assert_eq!(format!("{:.1} %", 100.0 * advice.now.sl1), "59.7 %");
//! assert_eq!((advice.needed.unwrap().agents, advice.missing()), (35, Some(5)));
//! ```
//!
//! Never knows: who could be called in, breaks, the board.

use crate::erlang::{OutOfBounds, PATIENCE_MAX, Traffic};
use crate::staffing::{self, Goal, Staffed};
use std::time::Duration;

/// Fewest arrivals from which a rate is told.
pub const ARRIVALS_MIN: u32 = 20;
/// Fewest handled calls from which a handling time is told.
pub const HANDLED_MIN: u32 = 10;
/// Fewest abandons from which patience is told.
pub const ABANDONED_MIN: u32 = 5;
/// Shortest time watched.
pub const OVER_MIN: Duration = Duration::from_secs(60);
/// Mean patience until it can be told.
pub const PATIENCE_ASSUMED: Duration = Duration::from_secs(90);

/// What was measured of a group over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How long was watched.
    pub over: Duration,
    /// Callers who came to the line.
    pub arrivals: u32,
    /// Calls whose handling, wrap-up included, has ended.
    pub handled: u32,
    /// Their handling times added up.
    pub handling: Duration,
    /// Callers who gave up in the line or while it rang.
    pub abandoned: u32,
    /// All time waited by answered and abandoned callers, added up.
    pub waited: Duration,
    /// Agents ready or handling calls now.
    pub agents: u32,
}

/// Why no advice can be given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoAdvice {
    /// Watched for less than [`OVER_MIN`].
    TooShort(Duration),
    /// Fewer than [`ARRIVALS_MIN`] arrivals.
    FewArrivals(u32),
    /// Fewer than [`HANDLED_MIN`] handled calls.
    FewHandled(u32),
    /// The traffic is beyond what can be computed.
    OutOfBounds(OutOfBounds),
}

impl std::fmt::Display for NoAdvice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooShort(over) => write!(f, "watched for {} s of {}", over.as_secs(), OVER_MIN.as_secs()),
            Self::FewArrivals(count) => write!(f, "{count} arrivals of {ARRIVALS_MIN}"),
            Self::FewHandled(count) => write!(f, "{count} handled calls of {HANDLED_MIN}"),
            Self::OutOfBounds(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for NoAdvice {}

/// Where the patience comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Waits and abandons.
    Measured(Duration),
    /// [`PATIENCE_ASSUMED`]: too few have abandoned.
    Assumed(Duration),
}

impl Patience {
    /// Its mean.
    #[must_use]
    pub const fn mean(self) -> Duration {
        match self {
            Self::Measured(mean) | Self::Assumed(mean) => mean,
        }
    }
}

/// N agents now give this; M are needed for that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// Rate and handling time.
    pub traffic: Traffic,
    /// Patience.
    pub patience: Patience,
    /// What the agents there give if it goes on like this.
    pub now: Staffed,
    /// Whether that is enough.
    pub met: bool,
    /// Fewest agents for the goal; `None` when no number is enough.
    pub needed: Option<Staffed>,
    /// The same if calls come faster by one standard error.
    pub needed_if_busier: Option<Staffed>,
}

impl Advice {
    /// Agents that are missing; negative for those to spare. `None` when no number is enough.
    #[must_use]
    pub fn missing(&self) -> Option<i64> {
        self.needed.map(|needed| i64::from(needed.agents) - i64::from(self.now.agents))
    }
}

/// What can be said.
///
/// # Errors
/// When too little was measured to say anything, or too much to compute.
pub fn advise(measured: &Measured, goal: &Goal) -> Result<Advice, NoAdvice> {
    let Measured { over, arrivals, handled, handling, abandoned, waited, agents } = *measured;
    if over < OVER_MIN {
        return Err(NoAdvice::TooShort(over));
    }
    if arrivals < ARRIVALS_MIN {
        return Err(NoAdvice::FewArrivals(arrivals));
    }
    if handled < HANDLED_MIN {
        return Err(NoAdvice::FewHandled(handled));
    }
    let rate = f64::from(arrivals) / over.as_secs_f64();
    let traffic = Traffic::per_second(rate, handling / handled).map_err(NoAdvice::OutOfBounds)?;
    let patience = if abandoned < ABANDONED_MIN {
        Patience::Assumed(PATIENCE_ASSUMED)
    } else {
        // Less than a second is a caller's second thought, not patience.
        Patience::Measured((waited / abandoned).clamp(Duration::from_secs(1), PATIENCE_MAX))
    };
    let mean = Some(patience.mean());
    let now = staffing::level(traffic, mean, agents, goal.target.within())
        .expect("Erlang A has a level for every load");
    let busier = traffic.times(1.0 + f64::from(arrivals).sqrt().recip());
    Ok(Advice {
        traffic,
        patience,
        now,
        met: goal.is_met(&now),
        needed: staffing::agents_needed(traffic, mean, goal),
        needed_if_busier: busier.and_then(|busier| staffing::agents_needed(busier, mean, goal)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staffing::Target;

    fn morning() -> Measured {
        Measured {
            over: Duration::from_secs(900),
            arrivals: 172,
            handled: 160,
            handling: Duration::from_secs(160 * 179),
            abandoned: 3,
            waited: Duration::from_secs(300),
            agents: 40,
        }
    }

    const GOAL: Goal = Goal::of(Target::Sl1(0.8, Duration::from_secs(20)));

    #[test]
    fn with_few_abandons_patience_is_assumed_and_said_to_be() {
        let advice = advise(&morning(), &GOAL).unwrap();
        assert_eq!(advice.patience, Patience::Assumed(PATIENCE_ASSUMED));
        assert!(advice.met && advice.missing() < Some(0), "{advice:?}");
        assert!(advice.needed_if_busier.unwrap().agents > advice.needed.unwrap().agents);
        let many = Measured { abandoned: 10, waited: Duration::from_secs(600), ..morning() };
        assert_eq!(advise(&many, &GOAL).unwrap().patience, Patience::Measured(Duration::from_secs(60)));
    }

    #[test]
    fn nobody_there_means_everybody_leaves() {
        let advice = advise(&Measured { agents: 0, ..morning() }, &GOAL).unwrap();
        assert_eq!((advice.now.sl1, advice.now.abandoned, advice.met), (0.0, 1.0, false));
    }

    #[test]
    fn too_little_data_says_what_is_missing() {
        let says = |measured| advise(&measured, &GOAL).unwrap_err().to_string();
        assert_eq!(says(Measured { over: Duration::from_secs(9), ..morning() }), "watched for 9 s of 60");
        assert_eq!(says(Measured { arrivals: 19, ..morning() }), "19 arrivals of 20");
        assert_eq!(says(Measured { handled: 0, ..morning() }), "0 handled calls of 10");
        let flood = Measured { arrivals: u32::MAX, ..morning() };
        assert!(says(flood).contains("erlang"));
    }

    #[test]
    fn a_goal_out_of_reach_has_no_number() {
        let advice = advise(&morning(), &Goal::of(Target::Sl1(1.01, Duration::from_secs(20)))).unwrap();
        assert_eq!((advice.needed, advice.missing()), (None, None));
    }
}
