//! Staffing: how many agents a target takes, per half hour of a day, in one pool and at separate sites.
//!
//! ```text
//!   calls of a day × Profile ─▶ Traffic per half hour ─┬─ one pool ───────▶ Staffed ─┐
//!   handling, patience, Goal ──────────────────────────┼─ × share of site ▶ Staffed ─┼─▶ Table ─▶ agent-hours ─▶ Year ─▶ FTE
//!                                                      └─ …                          ┘
//! ```
//!
//! With patience the model is Erlang A, without it Erlang C ([`crate::erlang`]). Each half hour stands for
//! itself, as if it had gone on for ever: good where calls are short against half an hour. Fewest agents are
//! found by halving, because every level grows with the agents. What a site saves by lying in the pool is the
//! difference of the two columns.
//!
//! Never knows: rosters, names, what was measured.

use crate::erlang::{self, AGENTS_MAX, Traffic};
use std::fmt;
use std::time::Duration;

/// What has to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// At least this share of all callers answered within the time.
    Sl1(f64, Duration),
    /// At least this share of the answered callers answered within the time.
    Sl2(f64, Duration),
    /// Answered callers have waited at most so long on average.
    Asa(Duration),
    /// At most this share of callers abandons.
    Abandoned(f64),
}

impl Default for Target {
    /// 80 % of all callers within 20 s, as the trade has it.
    fn default() -> Self {
        Self::Sl1(0.8, Duration::from_secs(20))
    }
}

impl fmt::Display for Target {
    /// `80%/20s of all callers`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded, because 0.9373 of a hundred is a little more than 93.73 in binary.
        let percent = |share: f64| format!("{}%", (share * 1e6).round() / 1e4);
        let seconds = |span: Duration| match span.as_secs() {
            ..120 => format!("{}s", span.as_secs_f64()),
            whole => format!("{}m{}s", whole / 60, whole % 60),
        };
        match *self {
            Self::Sl1(share, within) => write!(f, "{}/{} of all callers", percent(share), seconds(within)),
            Self::Sl2(share, within) => {
                write!(f, "{}/{} of answered callers", percent(share), seconds(within))
            }
            Self::Asa(most) => write!(f, "mean wait of at most {}", seconds(most)),
            Self::Abandoned(most) => write!(f, "at most {} abandon", percent(most)),
        }
    }
}

impl Target {
    /// The time within which levels are shown: the target's own, or 20 s.
    #[must_use]
    pub const fn within(self) -> Duration {
        match self {
            Self::Sl1(_, within) | Self::Sl2(_, within) => within,
            Self::Asa(_) | Self::Abandoned(_) => Duration::from_secs(20),
        }
    }
}

/// A target with its side conditions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// What has to be reached.
    pub target: Target,
    /// Agents may be busy for at most this share of their time; 1 for no bound.
    pub occupancy_max: f64,
    /// At least so many wherever somebody may call.
    pub agents_min: u32,
}

impl Goal {
    /// A target alone, with one agent wherever somebody may call.
    #[must_use]
    pub const fn of(target: Target) -> Self {
        Self { target, occupancy_max: 1.0, agents_min: 1 }
    }

    /// Whether a level is good enough.
    #[must_use]
    pub fn is_met(&self, level: &Staffed) -> bool {
        let target = match self.target {
            Target::Sl1(share, _) => level.sl1 >= share,
            Target::Sl2(share, _) => level.sl2 >= share,
            Target::Asa(most) => level.asa <= most,
            Target::Abandoned(most) => level.abandoned <= most,
        };
        target && level.occupancy <= self.occupancy_max && level.agents >= self.agents_min
    }
}

/// What so many agents give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staffed {
    /// Agents ready or handling calls.
    pub agents: u32,
    /// Answered within the target's time of all callers.
    pub sl1: f64,
    /// Answered within the target's time of answered callers.
    pub sl2: f64,
    /// Mean wait of those who are answered.
    pub asa: Duration,
    /// Share of callers who abandon.
    pub abandoned: f64,
    /// Share of their time in which agents handle calls.
    pub occupancy: f64,
}

/// What `agents` give: by Erlang A with `patience`, by Erlang C without, where `None` means that the load is not
/// less than the agents and the line grows without end.
#[must_use]
pub fn level(traffic: Traffic, patience: Option<Duration>, agents: u32, within: Duration) -> Option<Staffed> {
    let Some(patience) = patience else {
        if traffic.erlangs() == 0.0 {
            let (sl1, sl2) = (1.0, 1.0);
            return Some(Staffed { agents, sl1, sl2, asa: Duration::ZERO, abandoned: 0.0, occupancy: 0.0 });
        }
        let c = erlang::c(traffic, agents)?;
        let share = c.within(within);
        return Some(Staffed {
            agents,
            sl1: share,
            sl2: share,
            asa: c.asa,
            abandoned: 0.0,
            occupancy: c.occupancy,
        });
    };
    let a = erlang::a(traffic, patience, agents);
    let share = a.within(within);
    Some(Staffed {
        agents,
        sl1: share.sl1(),
        sl2: share.sl2(),
        asa: a.wait_answered,
        abandoned: a.abandoned,
        occupancy: a.occupancy,
    })
}

/// Fewest agents that reach the goal, and what they give; `None` when [`AGENTS_MAX`] do not. Where nobody calls it
/// is nobody.
#[must_use]
pub fn agents_needed(traffic: Traffic, patience: Option<Duration>, goal: &Goal) -> Option<Staffed> {
    let at = |agents| level(traffic, patience, agents, goal.target.within());
    if traffic.erlangs() == 0.0 {
        return at(0).map(|level| Staffed {
            sl1: 1.0,
            sl2: 1.0,
            abandoned: 0.0,
            asa: Duration::ZERO,
            ..level
        });
    }
    let met = |agents| at(agents).filter(|level| goal.is_met(level));
    let (mut few, mut enough) = (0, 1);
    while met(enough).is_none() {
        if enough == AGENTS_MAX {
            return None;
        }
        (few, enough) = (enough, (enough * 2).min(AGENTS_MAX));
    }
    while enough - few > 1 {
        let middle = few.midpoint(enough);
        if met(middle).is_some() { enough = middle } else { few = middle }
    }
    met(enough)
}

/// How the calls of a day fall on its parts: 24, 48 or 96 weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile(Vec<f64>);

/// A day of a 12345 hotline by the hour, in per cent. An assumption: no such line has published its day. Peaks
/// at 9–11 and 14–16, as quoted; the busiest hour has 10.2 %, the night 0.3 %.
pub const HOTLINE: [f64; 24] = [
    0.8, 0.5, 0.3, 0.3, 0.3, 0.4, 1.2, 3.0, 8.5, 10.2, 9.7, 7.1, 4.6, 5.4, 8.4, 8.4, 7.4, 5.6, 4.4, 4.1, 3.7,
    2.9, 1.7, 1.1,
];

impl Profile {
    /// From weights of any scale; `None` when there are not 24, 48 or 96 of them, one is negative or no number,
    /// or all are zero.
    #[must_use]
    pub fn new(weights: &[f64]) -> Option<Self> {
        let sum: f64 = weights.iter().sum();
        let good = matches!(weights.len(), 24 | 48 | 96)
            && weights.iter().all(|weight| *weight >= 0.0)
            && sum > 0.0
            && sum.is_finite();
        good.then(|| Self(weights.iter().map(|weight| weight / sum).collect()))
    }

    /// [`HOTLINE`].
    #[must_use]
    pub fn hotline() -> Self {
        let sum: f64 = HOTLINE.iter().sum();
        Self(HOTLINE.iter().map(|weight| weight / sum).collect())
    }

    /// Share of the day's calls in a half hour, 0 to 47. An hour's calls fall evenly on its halves.
    #[must_use]
    pub fn half_hour(&self, at: usize) -> f64 {
        match self.0.len() {
            24 => self.0[at / 2] / 2.0,
            48 => self.0[at],
            _ => self.0[2 * at] + self.0[2 * at + 1],
        }
    }
}

/// Half hours of a day.
pub const HALF_HOURS: usize = 48;

/// A day to be staffed.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Calls of the day.
    pub calls: f64,
    /// How they fall on it.
    pub profile: Profile,
    /// Mean handling time: talk, hold and wrap-up.
    pub handling: Duration,
    /// Mean patience; `None` for Erlang C.
    pub patience: Option<Duration>,
    /// What every half hour has to reach.
    pub goal: Goal,
    /// Share of the calls that arrives at each site; empty for one site only.
    pub sites: Vec<f64>,
}

/// One half hour.
#[derive(Clone, Debug, PartialEq)]
pub struct HalfHour {
    /// Its traffic.
    pub traffic: Traffic,
    /// All agents in one pool.
    pub pooled: Staffed,
    /// Each site for itself.
    pub separate: Vec<Staffed>,
}

impl HalfHour {
    /// Agents of all sites, when each is for itself.
    #[must_use]
    pub fn separate_agents(&self) -> u32 {
        self.separate.iter().map(|site| site.agents).sum()
    }
}

/// A staffed day.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its 48 half hours from midnight.
    pub rows: Vec<HalfHour>,
}

/// Why a day cannot be staffed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unstaffable {
    /// The traffic of a half hour is out of bounds.
    Traffic(erlang::OutOfBounds),
    /// Not even [`AGENTS_MAX`] agents reach the goal in this half hour, 0 to 47.
    Goal(usize),
}

impl std::fmt::Display for Unstaffable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Traffic(why) => why.fmt(f),
            Self::Goal(at) => write!(
                f,
                "at {:02}:{:02} not even {AGENTS_MAX} agents reach the target; ask for less",
                at / 2,
                at % 2 * 30
            ),
        }
    }
}

impl std::error::Error for Unstaffable {}

impl Day {
    /// Staffs every half hour, pooled and separate.
    ///
    /// # Errors
    /// When traffic is out of bounds or a goal out of reach.
    pub fn staff(&self) -> Result<Table, Unstaffable> {
        let rows = (0..HALF_HOURS).map(|at| {
            let traffic = |share: f64| {
                let calls = self.calls * self.profile.half_hour(at) * share;
                Traffic::per_hour(calls * 2.0, self.handling).map_err(Unstaffable::Traffic)
            };
            let staffed =
                |traffic| agents_needed(traffic, self.patience, &self.goal).ok_or(Unstaffable::Goal(at));
            let pooled = staffed(traffic(1.0)?)?;
            let separate: Result<_, _> = self.sites.iter().map(|share| staffed(traffic(*share)?)).collect();
            Ok(HalfHour { traffic: traffic(1.0)?, pooled, separate: separate? })
        });
        Ok(Table { rows: rows.collect::<Result<_, _>>()? })
    }
}

impl Table {
    /// Agent-hours of the day in one pool.
    #[must_use]
    pub fn pooled_hours(&self) -> f64 {
        self.rows.iter().map(|row| f64::from(row.pooled.agents)).sum::<f64>() / 2.0
    }

    /// Agent-hours of the day with separate sites; 0 without sites.
    #[must_use]
    pub fn separate_hours(&self) -> f64 {
        self.rows.iter().map(|row| f64::from(row.separate_agents())).sum::<f64>() / 2.0
    }

    /// Calls of the day.
    #[must_use]
    pub fn calls(&self) -> f64 {
        self.rows.iter().map(|row| row.traffic.calls_per_hour() / 2.0).sum()
    }
}

/// From agent-hours to people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Year {
    /// Workdays of the year.
    pub workdays: u32,
    /// Its other days.
    pub days_off: u32,
    /// Hours a year that a full-time agent is paid for.
    pub paid_hours: f64,
    /// Share of them not at the phone: leave, illness, training, breaks.
    pub shrinkage: f64,
}

impl Year {
    /// Full-time agents for a year of such workdays and days off, in agent-hours a day.
    #[must_use]
    pub fn fte(&self, workday_hours: f64, day_off_hours: f64) -> f64 {
        let hours = f64::from(self.workdays) * workday_hours + f64::from(self.days_off) * day_off_hours;
        hours / (self.paid_hours * (1.0 - self.shrinkage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suqian(calls: f64) -> Day {
        Day {
            calls,
            profile: Profile::hotline(),
            handling: Duration::from_millis(179_290),
            patience: Some(Duration::from_secs(90)),
            goal: Goal::of(Target::Sl1(0.9373, Duration::from_secs(30))),
            sites: vec![0.4, 0.2, 0.2, 0.2],
        }
    }

    #[test]
    fn pooling_four_sites_saves_about_three_tenths_of_the_hours() {
        let (work, off) = (suqian(6_753.0).staff().unwrap(), suqian(4_052.0).staff().unwrap());
        let year = Year { workdays: 251, days_off: 115, paid_hours: 1750.0, shrinkage: 0.30 };
        let (pooled, separate) = (work.pooled_hours(), work.separate_hours());
        let shown = format!(
            "{pooled} {separate} {:.1}% peak {} {} night {} {} FTE {:.0} {:.0}",
            100.0 * (1.0 - pooled / separate),
            work.rows[18].pooled.agents,
            work.rows[18].separate_agents(),
            work.rows[6].pooled.agents,
            work.rows[6].separate_agents(),
            year.fte(pooled, off.pooled_hours()),
            year.fte(separate, off.separate_hours()),
        );
        // Reported for such a centre: 420 and 613 agent-hours, 31 %, 38 and 51 at the peak, 3 and 8 at night,
        // 114 and 166 full-time agents, by a profile that is not known.
        assert_eq!(shown, "421 611 31.1% peak 38 51 night 3 8 FTE 113 168");
    }

    #[test]
    fn the_fewest_agents_are_found_for_every_target() {
        let traffic = Traffic::per_hour(690.0, Duration::from_millis(179_290)).unwrap();
        let t = Duration::from_secs(20);
        for target in [
            Target::Sl1(0.8, t),
            Target::Sl2(0.9, t),
            Target::Asa(Duration::from_secs(9)),
            Target::Abandoned(0.03),
        ] {
            for patience in [Some(Duration::from_secs(90)), None] {
                let goal = Goal::of(target);
                let found = agents_needed(traffic, patience, &goal).unwrap();
                assert!(goal.is_met(&found));
                let fewer = level(traffic, patience, found.agents - 1, t);
                assert!(fewer.is_none_or(|level| !goal.is_met(&level)), "{target:?} {patience:?}");
            }
        }
        let capped = Goal { occupancy_max: 0.7, ..Goal::of(Target::Sl1(0.8, t)) };
        assert_eq!(agents_needed(traffic, None, &capped).unwrap().agents, 50);
        let out_of_reach = Goal::of(Target::Sl1(1.1, t));
        assert_eq!(agents_needed(traffic, None, &out_of_reach), None);
    }

    #[test]
    fn nobody_calls_nobody_is_needed() {
        let traffic = Traffic::per_hour(0.0, Duration::from_secs(180)).unwrap();
        let goal = Goal::of(Target::Sl1(0.8, Duration::from_secs(20)));
        assert_eq!(agents_needed(traffic, None, &goal).unwrap().agents, 0);
        assert_eq!(agents_needed(traffic, Some(Duration::from_secs(90)), &goal).unwrap().agents, 0);
    }

    #[test]
    fn a_profile_is_a_whole_day_of_weights() {
        assert_eq!(Profile::new(&[1.0; 23]), None);
        assert_eq!(Profile::new(&[0.0; 24]), None);
        assert_eq!(Profile::new(&[f64::NAN; 24]), None);
        for parts in [24, 48, 96] {
            let profile = Profile::new(&vec![3.0; parts]).unwrap();
            assert!((0..HALF_HOURS).all(|at| (profile.half_hour(at) * 48.0 - 1.0).abs() < 1e-12));
        }
    }
}
