//! What a run comes to: the real report, tallies per site, half hours, and a digest.

use crate::series::Series;
use report::Report;
use report::spread::Dense;
use report::tally::Tally;
use std::time::Duration;

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// The statistics, folded from the events alone.
    pub report: Report,
    /// Per site where the call came in.
    pub sites: Vec<Tally<Dense>>,
    /// Per half hour and group.
    pub series: Series,
    /// Events folded.
    pub events: u64,
    /// A number made of all events in order: the same plan and seed give the same one.
    pub digest: u64,
    /// Calls by people who had given up before.
    pub redials: u64,
    /// Calls by people who had been answered before.
    pub repeats: u64,
    /// Most callers waiting at once.
    pub waiting_max: u64,
    /// Most agents signed in at once.
    pub agents_max: u64,
    /// Agents' time, all together.
    pub time: AgentTime,
}

/// Agents' time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentTime {
    /// Ringing, talking, wrap-up.
    pub busy: Duration,
    /// Ready.
    pub ready: Duration,
    /// Signed in and not ready.
    pub away: Duration,
}

impl AgentTime {
    /// Busy, of busy and ready.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        let whole = (self.busy + self.ready).as_secs_f64();
        (whole > 0.0).then(|| self.busy.as_secs_f64() / whole)
    }

    /// Busy, of all the time signed in (工时利用率).
    #[must_use]
    pub fn utilisation(&self) -> Option<f64> {
        let whole = (self.busy + self.ready + self.away).as_secs_f64();
        (whole > 0.0).then(|| self.busy.as_secs_f64() / whole)
    }
}

impl Outcome {
    /// Agents' time of one group's own agents, or of all.
    #[must_use]
    pub fn time_of(&self, group: Option<acd::GroupRef>) -> AgentTime {
        let mut sum = crate::series::Slot::default();
        for number in 0..self.series.len() {
            sum.add(&group.map_or_else(|| self.series.total(number), |group| self.series.of(number, group)));
        }
        AgentTime {
            busy: Duration::from_millis(sum.busy_ms),
            ready: Duration::from_millis(sum.ready_ms),
            away: Duration::from_millis(sum.away_ms),
        }
    }
}
