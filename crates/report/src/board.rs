//! The board: an immutable picture of the centre at one moment, for wallboard, metrics and summary.
//!
//! ```text
//!   Report::board(now) ──Board──▶ any number of readers, on any thread
//! ```
//!
//! Plain values only, no reference into the report. Counts are since the process started, those of [`Window`]s since
//! some minutes ago or midnight; shares carry both their numbers, so that a reader can add groups up instead of
//! averaging averages.

use crate::advice::Measured;
use crate::asked::AskedCounts;
use crate::counters::{Counters, Offers};
use crate::recent::Reach;
use crate::record::UnixMs;
use crate::service_level::{Formula, Ratio};
use crate::staffing::Target;
use crate::studios::StudioBoard;
use crate::tally::Forecast;
use crate::words::{REASONS, reason_index};
use acd::input::Reason;
use acd::{AgentState, GroupRef};
use base::Timestamp;
use call::event::Exchange;
use std::time::Duration;

/// The centre at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// The moment.
    pub taken_at: Timestamp,
    /// The same moment on the wall clock, milliseconds since 1970.
    pub unix_ms: u64,
    /// Number of the last event folded in; boards with the same number are equal but for the time.
    pub seq: u64,
    /// The thresholds T of the service levels, in the order of [`Line::levels`].
    pub thresholds: Vec<Duration>,
    /// What [`GroupBoard::recent`] is measured for.
    pub target: Target,
    /// Keys of what agents may say came of a call, in the order of the counters.
    pub dispositions: Vec<String>,
    /// Each group, in the plan's order.
    pub groups: Vec<GroupBoard>,
    /// The whole centre: every caller once.
    pub total: Line,
    /// The last minutes and today, of the whole centre.
    pub windows: Vec<Window>,
    /// Agents of the whole centre by state: every agent once.
    pub agents_by_state: AgentsByState,
    /// Each agent, in the plan's order.
    pub agents: Vec<AgentBoard>,
    /// Each trunk, in the plan's order.
    pub trunks: Vec<TrunkBoard>,
    /// Phone accounts with at least one living contact.
    pub phones_bound: u32,
    /// Calls in progress, from the INVITE on.
    pub calls: u32,
    /// What supervisors were told at once.
    pub alerts: Alerts,
    /// Specialists who were asked and exchanges with other platforms that are over.
    pub asked: Vec<AskedLine>,
    /// Each radio studio, in the plan's order.
    pub studios: Vec<StudioBoard>,
    /// Events that fit no call known here, and calls beyond the bound; zero while all is well.
    pub strays: u64,
    /// Events that never came (gaps in their numbers); zero while all is well.
    pub missed: u64,
}

/// Askings of one roster, way and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLine {
    /// Key of the roster.
    pub roster: String,
    /// Which way.
    pub exchange: Exchange,
    /// Key of the reason; empty for none.
    pub reason: String,
    /// How many.
    pub counts: AskedCounts,
}

/// What supervisors were told at once, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// An agent did not answer his phone.
    pub ring_no_answer: u64,
    /// A group's surge has begun.
    pub surges_begun: u64,
    /// A group's surge is over.
    pub surges_over: u64,
}

impl Alerts {
    pub(crate) const fn take(&mut self, alert: &acd::Alert) {
        match alert {
            acd::Alert::RingNoAnswer { .. } => self.ring_no_answer += 1,
            acd::Alert::Surge { on: true, .. } => self.surges_begun += 1,
            acd::Alert::Surge { on: false, .. } => self.surges_over += 1,
        }
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBoard {
    /// Which.
    pub group: GroupRef,
    /// Key.
    pub key: String,
    /// Name on screens.
    pub title: String,
    /// What happened to its callers.
    pub line: Line,
    /// Agents who serve it, by state. Agents of several groups are counted in each.
    pub agents: AgentsByState,
    /// The last minutes and today.
    pub windows: Vec<Window>,
    /// What [`advise`](crate::advice::advise) needs, over the last half hour.
    pub recent: Measured,
}

/// Callers of one group, or of the whole centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// In the line now.
    pub waiting: u64,
    /// How long the one has waited who waits longest, on his original clock; zero when nobody waits.
    pub longest_wait: Duration,
    /// All counters.
    pub counters: Counters,
    /// Service levels per threshold.
    pub levels: Vec<Levels>,
    /// Mean wait of answered callers.
    pub wait: Mean,
    /// Of it, in the line while no phone rang.
    pub wait_line: Mean,
    /// Of it, while an agent's phone rang.
    pub wait_ring: Mean,
    /// Before the line: greeting and notice, of answered callers; not part of `wait`.
    pub greeting: Mean,
    /// Mean wait of those who hung up.
    pub wait_abandoned: Mean,
    /// Mean talk of callers whose talk has ended.
    pub talk: Mean,
    /// Mean wrap-up of those that have ended.
    pub wrap_up: Mean,
    /// Mean talk of callbacks whose talk has ended; not part of `talk`.
    pub talk_back: Mean,
    /// Mean talk of calls that agents made and that are over; not part of `talk`.
    pub talk_out: Mean,
    /// How long the phones of those rang whom they reached.
    pub ring_out: Mean,
    /// The longest of those talks.
    pub longest_out: Duration,
    /// How well waits were foretold.
    pub forecast: Forecast,
    /// Wait of answered callers: exact counts up to each of [`WAIT_BOUNDS`](crate::spread::WAIT_BOUNDS),
    /// then the rest; not cumulative.
    pub wait_buckets: Vec<u64>,
    /// Wait of answered callers: half, nine tenths, 99 of 100 waited at most so long (to two digits).
    pub wait_quantiles: [Duration; 3],
    /// Talks longer than the limit, of talks that have ended.
    pub long_talks: Ratio,
    /// 满意率: rated as satisfied, of those who rated. Counts by key are in the counters.
    pub satisfied: Ratio,
}

/// What ended in the last minutes, or today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How far back it goes.
    pub reach: Reach,
    /// Since when: its beginning, or the process's when that was later.
    pub since: UnixMs,
    /// Callers who came into the line in it.
    pub came: u64,
    /// Callers whose wait ended in it (`offered`, so that every level is of them), talks and wrap-ups that ended in
    /// it. Nobody waits in it.
    pub line: Line,
}

/// The five service levels for one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// T.
    pub threshold: Duration,
    /// In the order of [`Formula::ALL`].
    pub ratios: [Ratio; 5],
}

impl Levels {
    /// One of them.
    #[must_use]
    pub const fn of(&self, formula: Formula) -> Ratio {
        match formula {
            Formula::Sl1 => self.ratios[0],
            Formula::Sl2 => self.ratios[1],
            Formula::Sl3 => self.ratios[2],
            Formula::Sl4 => self.ratios[3],
            Formula::Sl5 => self.ratios[4],
        }
    }
}

/// A mean, kept as sum and count so that means can be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mean {
    /// Sum.
    pub sum: Duration,
    /// Of how many.
    pub count: u64,
}

impl Mean {
    /// The mean; `None` of nothing.
    #[must_use]
    pub fn value(&self) -> Option<Duration> {
        let nanos = self.sum.as_nanos().checked_div(u128::from(self.count))?;
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// In seconds, zero of nothing: for summaries.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum.as_secs_f64() / self.count as f64 }
    }
}

/// How many agents are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentsByState {
    /// Not at work.
    pub signed_out: u32,
    /// Wait for a caller.
    pub ready: u32,
    /// At work, take no callers; by reason in the order of [`REASONS`].
    pub not_ready: [u32; REASONS.len()],
    /// A phone rings.
    pub offered: u32,
    /// Talk.
    pub talking: u32,
    /// Finish the last call.
    pub wrap_up: u32,
}

impl AgentsByState {
    /// Counts one agent.
    pub const fn add(&mut self, state: &AgentState) {
        match state {
            AgentState::SignedOut => self.signed_out += 1,
            AgentState::Ready => self.ready += 1,
            AgentState::NotReady(reason) => self.not_ready[reason_index(*reason)] += 1,
            AgentState::Offered(_) => self.offered += 1,
            AgentState::Talking => self.talking += 1,
            AgentState::WrapUp { .. } => self.wrap_up += 1,
        }
    }

    /// Not ready for whatever reason.
    #[must_use]
    pub fn not_ready_total(&self) -> u32 {
        self.not_ready.iter().sum()
    }

    /// Not ready, by reason; all reasons, in their order.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u32)> {
        REASONS.into_iter().zip(self.not_ready)
    }

    /// At work in any state.
    #[must_use]
    pub fn signed_in(&self) -> u32 {
        self.ready + self.not_ready_total() + self.offered + self.talking + self.wrap_up
    }
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentBoard {
    /// Key (work number).
    pub key: String,
    /// Key of his site; empty when unknown.
    pub site: String,
    /// What he does now.
    pub state: AgentState,
    /// Since when; [`Timestamp::START`] before the first change.
    pub since: Timestamp,
    /// Talks he has taken.
    pub answered: u64,
    /// Calls that he has made.
    pub outgoing: u64,
    /// Offers to him, by how they ended.
    pub offers: Offers,
    /// Talks that he answered for last, that are over, and of which nobody has said what came of them.
    pub undisposed: u64,
    /// Time in each state since the start, the present one included.
    pub times: Times,
}

/// Time in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Ready.
    pub ready: Duration,
    /// Not ready, for any reason.
    pub not_ready: Duration,
    /// Phone ringing.
    pub offered: Duration,
    /// Talking.
    pub talking: Duration,
    /// Wrap-up.
    pub wrap_up: Duration,
    /// In calls that he or a colleague made; not part of `talking`.
    pub outgoing: Duration,
}

impl Times {
    /// Adds time in a state; time signed out is not kept. A talk counts apart in a call that no caller made.
    pub fn add(&mut self, state: &AgentState, span: Duration, outgoing: bool) {
        *match state {
            AgentState::SignedOut => return,
            AgentState::Ready => &mut self.ready,
            AgentState::NotReady(_) => &mut self.not_ready,
            AgentState::Offered(_) => &mut self.offered,
            AgentState::Talking if outgoing => &mut self.outgoing,
            AgentState::Talking => &mut self.talking,
            AgentState::WrapUp { .. } => &mut self.wrap_up,
        } += span;
    }

    /// Signed in, in any state.
    #[must_use]
    pub fn signed_in(&self) -> Duration {
        self.ready + self.not_ready + self.offered + self.talking + self.outgoing + self.wrap_up
    }

    /// Occupancy: busy with calls (ringing, talk, his own calls, wrap-up) of the time at their disposal; breaks left out.
    #[must_use]
    pub fn occupancy(&self) -> Ratio {
        let busy = self.offered + self.talking + self.outgoing + self.wrap_up;
        Ratio { part: millis(busy), whole: millis(busy + self.ready) }
    }

    /// Utilization (工时利用率): talk, his own calls and wrap-up of the time signed in.
    #[must_use]
    pub fn utilization(&self) -> Ratio {
        Ratio { part: millis(self.talking + self.outgoing + self.wrap_up), whole: millis(self.signed_in()) }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// One trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkBoard {
    /// Key.
    pub key: String,
    /// Reachable; `None` before it was ever said.
    pub up: Option<bool>,
}
