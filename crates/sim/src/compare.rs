//! Side by side: one town under two plans, over several seeds, with how sure one can be.
//!
//! ```text
//!   seed 1: base ─ changed ┐
//!   seed 2: base ─ changed ├─▶ per figure: mean, mean, mean of differences ± 95 % (Student's t of the pairs)
//!   …                      ┘
//! ```
//!
//! Both plans meet the same callers with the same talk and patience (the numbers are drawn as callers come), so the
//! difference of a pair is far steadier than the figures themselves. With one seed there is no interval; where
//! nothing had to be invented two seeds give the same and the interval is zero.

use crate::outcome::Outcome;
use crate::plan::SLOTS;
use crate::series::Slot;
use acd::GroupRef;
use report::service_level::Formula;
use report::tally::Tally;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Came into a line.
    Offered,
    /// Answered within T, of offered.
    Sl1,
    /// Answered within T, of answered.
    Sl2,
    /// Mean wait of those answered, in seconds.
    Wait,
    /// Nine tenths of those answered waited at most so long, in seconds.
    WaitP90,
    /// Hung up, of offered.
    Abandoned,
    /// Agents busy, of busy and ready.
    Occupancy,
}

impl Measure {
    /// All, in order.
    pub const ALL: [Self; 7] =
        [Self::Offered, Self::Sl1, Self::Sl2, Self::Wait, Self::WaitP90, Self::Abandoned, Self::Occupancy];

    /// Key in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Sl1 => "sl1",
            Self::Sl2 => "sl2",
            Self::Wait => "wait_s",
            Self::WaitP90 => "wait_p90_s",
            Self::Abandoned => "abandoned",
            Self::Occupancy => "occupancy",
        }
    }

    /// Whether it is a share of one.
    #[must_use]
    pub const fn is_share(self) -> bool {
        matches!(self, Self::Sl1 | Self::Sl2 | Self::Abandoned | Self::Occupancy)
    }

    /// Whether more of it is better; `None` where that depends.
    #[must_use]
    pub const fn more_is_better(self) -> Option<bool> {
        match self {
            Self::Sl1 | Self::Sl2 => Some(true),
            Self::Wait | Self::WaitP90 | Self::Abandoned => Some(false),
            Self::Offered | Self::Occupancy => None,
        }
    }
}

/// One figure under both plans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    /// Mean over the seeds under the first plan; `None` where nothing happened.
    pub base: Option<f64>,
    /// Under the second.
    pub changed: Option<f64>,
    /// Mean of the differences, second less first.
    pub difference: Option<f64>,
    /// The difference lies within so much of it, 95 times of 100; `None` of one seed.
    pub within: Option<f64>,
}

impl Pair {
    /// Of the same figure under both plans, seed by seed; seeds in which either has none are left out.
    #[must_use]
    pub fn of(values: &[(Option<f64>, Option<f64>)]) -> Self {
        let mean =
            |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let base: Vec<f64> = values.iter().filter_map(|pair| pair.0).collect();
        let changed: Vec<f64> = values.iter().filter_map(|pair| pair.1).collect();
        let apart: Vec<f64> =
            values.iter().filter_map(|(base, changed)| Some((*changed)? - (*base)?)).collect();
        let difference = mean(&apart);
        let within = difference.filter(|_| apart.len() > 1).map(|mean| {
            let squares: f64 = apart.iter().map(|value| (value - mean).powi(2)).sum();
            let freedom = apart.len() - 1;
            student(freedom) * (squares / freedom as f64 / apart.len() as f64).sqrt()
        });
        Self { base: mean(&base), changed: mean(&changed), difference, within }
    }

    /// Whether the difference is more than chance explains.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.difference.zip(self.within).is_some_and(|(difference, within)| difference.abs() > within)
    }
}

/// All figures of a group, or of the centre.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Key; `total`.
    pub name: String,
    /// In the order of [`Measure::ALL`].
    pub pairs: [Pair; Measure::ALL.len()],
}

/// A half hour of the mean day, for the whole centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Which, from midnight.
    pub slot: usize,
    /// Level (SL1), wait, abandoned, occupancy.
    pub pairs: [Pair; 4],
}

/// Two plans, side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How many seeds.
    pub seeds: usize,
    /// Groups that both plans have, by name, in the first plan's order; then the centre.
    pub sides: Vec<Side>,
    /// The mean day.
    pub intervals: Vec<Interval>,
}

impl Comparison {
    /// Of runs of two plans, seed by seed. `threshold` is the place of T in both plans' lists.
    #[must_use]
    pub fn of(runs: &[(Outcome, Outcome)], names: (&[String], &[String]), threshold: (usize, usize)) -> Self {
        let mut sides = Vec::new();
        for (place, name) in names.0.iter().enumerate() {
            let Some(other) = names.1.iter().position(|known| known == name) else { continue };
            let groups = (GroupRef::at(place), GroupRef::at(other));
            sides.push(side(name, runs, Some(groups), threshold));
        }
        sides.push(side("total", runs, None, threshold));
        let interval = |slot: usize| {
            let figures: [fn(&Slot) -> Option<f64>; 4] =
                [Slot::level, Slot::wait, Slot::lost, Slot::occupancy];
            let pairs = figures.map(|figure| {
                let values: Vec<_> = runs
                    .iter()
                    .map(|(base, changed)| (figure(&of_slot(base, slot)), figure(&of_slot(changed, slot))))
                    .collect();
                Pair::of(&values)
            });
            Interval { slot, pairs }
        };
        Self { seeds: runs.len(), sides, intervals: (0..SLOTS).map(interval).collect() }
    }
}

fn side(
    name: &str,
    runs: &[(Outcome, Outcome)],
    groups: Option<(GroupRef, GroupRef)>,
    threshold: (usize, usize),
) -> Side {
    let pairs = Measure::ALL.map(|measure| {
        let values: Vec<_> = runs
            .iter()
            .map(|(base, changed)| {
                (
                    value(measure, base, groups.map(|groups| groups.0), threshold.0),
                    value(measure, changed, groups.map(|groups| groups.1), threshold.1),
                )
            })
            .collect();
        Pair::of(&values)
    });
    Side { name: name.to_owned(), pairs }
}

/// One figure of a run; `None` where there is nothing to divide by.
#[must_use]
pub fn value(measure: Measure, outcome: &Outcome, group: Option<GroupRef>, threshold: usize) -> Option<f64> {
    let tally = match group {
        Some(group) => outcome.report.group(group)?,
        None => outcome.report.total(),
    };
    let Tally { counters, sums, spreads, .. } = tally;
    let share = |part: f64, whole: u64| (whole > 0).then(|| part / whole as f64);
    match measure {
        Measure::Offered => Some(counters.offered as f64),
        Measure::Sl1 => Formula::Sl1.of(&counters.served(threshold)).share(),
        Measure::Sl2 => Formula::Sl2.of(&counters.served(threshold)).share(),
        Measure::Wait => share(sums.waited.as_secs_f64(), counters.answered),
        Measure::WaitP90 => (counters.answered > 0).then(|| spreads.wait.quantile(0.9).as_secs_f64()),
        Measure::Abandoned => share(counters.abandoned() as f64, counters.offered),
        Measure::Occupancy => outcome.time_of(group).occupancy(),
    }
}

fn of_slot(outcome: &Outcome, slot: usize) -> Slot {
    let mut sum = Slot::default();
    for number in (slot..outcome.series.len()).step_by(SLOTS) {
        sum.add(&outcome.series.total(number));
    }
    sum
}

/// The 97.5 % quantile of Student's t; beyond 30 degrees of freedom that of the normal distribution.
const fn student(freedom: usize) -> f64 {
    const T: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042,
    ];
    if freedom == 0 || freedom > T.len() { 1.96 } else { T[freedom - 1] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_comes_with_the_interval_of_its_pairs() {
        // Differences 1, 2, 3: mean 2, deviation 1, three pairs: 4.303 / sqrt 3.
        let pair = Pair::of(&[(Some(10.0), Some(11.0)), (Some(20.0), Some(22.0)), (Some(30.0), Some(33.0))]);
        assert_eq!((pair.base, pair.changed, pair.difference), (Some(20.0), Some(22.0), Some(2.0)));
        assert!((pair.within.expect("three seeds") - 4.303 / 3f64.sqrt()).abs() < 1e-9);
        assert!(!pair.is_sure(), "2 is less than 2.48");
        let steady = Pair::of(&[(Some(10.0), Some(8.0)), (Some(20.0), Some(18.1)), (Some(30.0), Some(28.0))]);
        assert!(steady.is_sure());
    }

    #[test]
    fn one_seed_has_no_interval_and_nothing_has_no_figure() {
        let pair = Pair::of(&[(Some(1.0), Some(2.0))]);
        assert_eq!((pair.difference, pair.within, pair.is_sure()), (Some(1.0), None, false));
        assert_eq!(Pair::of(&[(None, Some(2.0))]).difference, None);
        assert_eq!(Pair::of(&[]), Pair::default());
    }
}
