//! The figures of a run: one row per group, per site and for all, each from the report's own counters.

use crate::config::SimPlan;
use acd::GroupRef;
use report::counters::Counters;
use report::service_level::{Formula, Ratio};
use report::spread::Dense;
use report::tally::Tally;
use sim::Outcome;
use sim::outcome::AgentTime;
use std::time::Duration;

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Key of the group or site; `total`.
    pub key: String,
    /// On screens.
    pub title: String,
    /// Everything counted.
    pub counters: Counters,
    /// SL1 to SL5 at the plan's threshold.
    pub levels: [Ratio; 5],
    /// Mean wait of those answered (t4 − t2), in seconds.
    pub wait: f64,
    /// Of it, while a phone rang.
    pub ring: f64,
    /// Nine tenths waited at most so long, in seconds.
    pub wait_p90: f64,
    /// Mean wait of those who hung up.
    pub wait_abandoned: f64,
    /// Mean talk.
    pub talk: f64,
    /// Talks over the limit.
    pub long: Ratio,
    /// Mean wrap-up; 0 where it is not counted (sites).
    pub wrap_up: f64,
    /// Agents' time, where agents belong to the row.
    pub time: Option<AgentTime>,
}

impl Row {
    fn of(key: &str, title: &str, tally: &Tally<Dense>, threshold: usize, time: Option<AgentTime>) -> Self {
        let Tally { counters, sums, spreads, .. } = tally;
        let mean =
            |sum: Duration, count: u64| if count == 0 { 0.0 } else { sum.as_secs_f64() / count as f64 };
        let served = counters.served(threshold);
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            counters: *counters,
            levels: Formula::ALL.map(|formula| formula.of(&served)),
            wait: mean(sums.waited, counters.answered),
            ring: mean(sums.rang, counters.answered),
            wait_p90: spreads.wait.quantile(0.9).as_secs_f64(),
            wait_abandoned: mean(sums.waited_abandoned, counters.abandoned()),
            talk: mean(sums.talked, counters.talks),
            long: Ratio { part: counters.long_talks, whole: counters.talks },
            wrap_up: mean(sums.wrapped_up, counters.wrap_ups),
            time,
        }
    }

    /// 接通率: answered of offered.
    #[must_use]
    pub const fn connected(&self) -> Ratio {
        Ratio { part: self.counters.answered, whole: self.counters.offered }
    }

    /// Hung up, of offered.
    #[must_use]
    pub const fn abandoned(&self) -> Ratio {
        Ratio { part: self.counters.abandoned(), whole: self.counters.offered }
    }
}

/// All rows of a run.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Per group.
    pub groups: Vec<Row>,
    /// Per site where the call came in.
    pub sites: Vec<Row>,
    /// All.
    pub total: Row,
}

impl Figures {
    /// Of a run.
    #[must_use]
    pub fn of(read: &SimPlan, outcome: &Outcome) -> Self {
        let plan = &read.plan;
        let threshold = plan.threshold;
        let names = plan.acd.groups.iter().zip(&read.titles).enumerate();
        let groups = names.filter_map(|(place, (group, title))| {
            let place = GroupRef::at(place);
            let tally = outcome.report.group(place)?;
            Some(Row::of(&group.name, title, tally, threshold, Some(outcome.time_of(Some(place)))))
        });
        let sites = plan.sites.iter().zip(&outcome.sites);
        Self {
            groups: groups.collect(),
            sites: sites
                .map(|(site, tally)| Row::of(&site.name, &site.title, tally, threshold, None))
                .collect(),
            total: Row::of("total", "all", outcome.report.total(), threshold, Some(outcome.time)),
        }
    }
}
