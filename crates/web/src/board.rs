//! The board as JSON: the live picture of the centre for other programs.
//!
//! A contract: fields are added, never renamed or given another meaning within `/api/v1`
//! (`tests/golden/board.json` shows all of them). Spans are whole milliseconds and say so in their names; a share
//! carries both its numbers, so that a reader can add groups up. An unknown value is `null`.

mod after_talk;
mod asked;
mod outgoing;

pub use after_talk::{Disposition, Dispositions, Surveys};
pub use asked::Asked;
pub use outgoing::Outgoing;

use crate::advice::Advice;
use acd::explain::{Obstacles, WhyCaller};
use base::Timestamp;
use report::board::TrunkBoard;
use report::board::{
    AgentBoard, AgentsByState, GroupBoard, Levels, Line as ReportLine, Mean as ReportMean,
    Window as ReportWindow,
};
use report::recent::Reach;
use report::spread::WAIT_BOUNDS;
use report::staffing::Target;
use report::{Board, Formula, Ratio, words};
use serde::Serialize;
use std::time::Duration;

/// The centre at one moment.
#[derive(Serialize)]
pub struct Snapshot {
    /// Version of this object; raised when a field is added.
    pub version: u32,
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// Milliseconds since the process started.
    pub uptime_ms: u64,
    /// Number of the last event folded in.
    pub seq: u64,
    /// Calls in progress, from the INVITE on.
    pub calls: u32,
    /// Calls that arrived, and what became of them before the lines.
    pub arrivals: Arrivals,
    /// The whole centre: every caller once.
    pub total: Line,
    /// The last minutes and today, of the whole centre.
    pub windows: Vec<Window>,
    /// All agents by state, each once.
    pub agents_by_state: States,
    /// Each group.
    pub groups: Vec<Group>,
    /// Each agent.
    pub agents: Vec<Agent>,
    /// Each trunk.
    pub trunks: Vec<Trunk>,
    /// What callers of all groups said of their talks.
    pub surveys: Surveys,
    /// What came of them.
    pub dispositions: Dispositions,
    /// Phone accounts with a living contact.
    pub phones_bound: u32,
    /// Those who wait longest, and why.
    pub longest_waiting: Vec<Waiting>,
    /// What a supervisor should know, the newest first.
    pub alerts: Vec<Alert>,
    /// Specialists who were asked, and exchanges with other platforms (双号互转), that are over.
    pub asked: Vec<Asked>,
    /// Each radio studio, without what is known of its callers: `GET /api/v1/studios/{key}` tells that.
    pub studios: Vec<crate::studio::Studio>,
}

/// What is known beside the report's board: who waits, and what the engine said about it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Each group, in the plan's order.
    pub groups: Vec<LiveGroup>,
    /// Those who wait longest, the longest first.
    pub longest: Vec<LiveCaller>,
    /// What a supervisor should know, the newest first.
    pub alerts: Vec<LiveAlert>,
    /// How often somebody waited beside a ready agent who might have had him; zero while all is well.
    pub idle_beside_waiting: u64,
}

/// One group's present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveGroup {
    /// A surge is on.
    pub surging: bool,
    /// What the last caller was told to expect.
    pub expected: Option<Duration>,
    /// What keeps agents from the one who waits longest.
    pub why: Option<(Obstacles, Timestamp)>,
}

/// One caller who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCaller {
    /// His call.
    pub call: u64,
    /// Place of the group.
    pub group: usize,
    /// His original clock.
    pub since: Timestamp,
    /// Why not now, and when that was said.
    pub why: Option<(WhyCaller, Timestamp)>,
}

/// What a supervisor should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAlert {
    /// Since when.
    pub at: Timestamp,
    /// What.
    pub alert: acd::Alert,
}

/// What a supervisor should know.
#[derive(Serialize)]
pub struct Alert {
    /// `ring_no_answer`, `surge_begins` or `surge_ends`.
    pub kind: &'static str,
    /// How long ago.
    pub ago_ms: u64,
    /// Key of the agent; `null` when it is about none.
    pub agent: Option<String>,
    /// Key of the group; `null` when it is about none.
    pub group: Option<String>,
    /// How often in a row.
    pub times: Option<u32>,
}

/// One caller who waits.
#[derive(Serialize)]
pub struct Waiting {
    /// His call, to ask for him: `/api/v1/callers/{call}/why`.
    pub call: u64,
    /// Key of the group.
    pub group: String,
    /// How long.
    pub waited_ms: u64,
    /// Why not now; `null` until it was asked.
    pub why: Option<serde_json::Value>,
}

/// Calls that arrived.
#[derive(Serialize)]
pub struct Arrivals {
    /// All.
    pub arrived: u64,
    /// Now before any line.
    pub greeting: u64,
    /// Reached a line.
    pub reached_line: u64,
    /// Hung up before any line.
    pub abandoned: u64,
    /// Never admitted.
    pub refused: u64,
    /// Service codes.
    pub service: u64,
    /// Calls of ours to somebody who is called back.
    pub callbacks: u64,
    /// Calls that agents made to numbers outside.
    pub outgoing: u64,
    /// Calls that agents made to each other.
    pub internal: u64,
    /// Lost to us.
    pub lost: u64,
}

/// One group.
#[derive(Serialize)]
pub struct Group {
    /// Key.
    pub key: String,
    /// Name on screens.
    pub title: String,
    /// Its callers.
    pub line: Line,
    /// Agents who serve it; one of several groups is in each.
    pub agents_by_state: States,
    /// A surge is on.
    pub surging: bool,
    /// Callers who will be called back.
    pub callbacks_waiting: u64,
    /// Callbacks by what became of them.
    pub callbacks: Callbacks,
    /// What the last caller was told to expect; `null` when it could not be told.
    pub expected_wait_ms: Option<u64>,
    /// How far such words were from what came.
    pub expected_wait_error: Mean,
    /// What callers said of their talks.
    pub surveys: Surveys,
    /// What came of talks, as agents said.
    pub dispositions: Dispositions,
    /// Agents by what keeps them from the one who waits longest; `null` when nobody waits.
    pub why_not: Option<serde_json::Value>,
    /// The last minutes and today.
    pub windows: Vec<Window>,
    /// How many agents it takes.
    pub advice: Advice,
}

/// What ended in the last minutes, or today: callers by the end of their wait, talks and wrap-ups by their own.
#[derive(Serialize)]
pub struct Window {
    /// `5m`, `15m`, `30m`, `60m` (so many whole minutes and the running one) or `today` (since local midnight).
    pub window: String,
    /// Since when, milliseconds since 1970; later than the name says while the process is younger.
    pub since_unix_ms: u64,
    /// Came into the line in it.
    pub came: u64,
    /// OFF: those whose wait ended in it; nobody who still waits.
    pub offered: u64,
    /// ANS.
    pub answered: u64,
    /// AB.
    pub abandoned: u64,
    /// Of these, sooner than the limit.
    pub short_abandoned: u64,
    /// Turned away for any reason.
    pub turned_away: u64,
    /// Sent on to another line.
    pub overflowed_out: u64,
    /// Left for a call back.
    pub called_back: u64,
    /// The same party's later call took the place.
    pub joined: u64,
    /// Lost to us.
    pub lost: u64,
    /// How well, and how long.
    #[serde(flatten)]
    pub measures: Measures,
}

/// How well callers were served, and how long it took.
#[derive(Serialize)]
pub struct Measures {
    /// Service levels: each formula for each threshold.
    pub service_levels: Vec<ServiceLevel>,
    /// Wait of answered callers.
    pub wait: Mean,
    /// Of it, while a phone rang.
    pub wait_ring: Mean,
    /// Wait of those who hung up.
    pub wait_abandoned: Mean,
    /// Talk.
    pub talk: Mean,
    /// Wrap-up.
    pub wrap_up: Mean,
    /// Half of the answered callers waited at most so long.
    pub wait_ms_p50: u64,
    /// Nine tenths.
    pub wait_ms_p90: u64,
    /// 99 of 100.
    pub wait_ms_p99: u64,
    /// Talks longer than the limit.
    pub long_talks: Share,
}

/// Callers of a group, or of the centre.
#[derive(Serialize)]
pub struct Line {
    /// In the line now.
    pub waiting: u64,
    /// Longest wait of them.
    pub longest_wait_ms: u64,
    /// OFF.
    pub offered: u64,
    /// ANS.
    pub answered: u64,
    /// AB: hung up in the line or while a phone rang.
    pub abandoned: u64,
    /// Of these, in the line.
    pub abandoned_in_line: u64,
    /// Of these, while a phone rang.
    pub abandoned_ringing: u64,
    /// Of these, sooner than the limit.
    pub short_abandoned: u64,
    /// Turned away, by reason.
    pub turned_away: TurnedAway,
    /// Of the callers turned away, who talked to a number outside instead.
    pub put_through: u64,
    /// Sent on to another line.
    pub overflowed_out: u64,
    /// Came from another line.
    pub overflowed_in: u64,
    /// Came after having been answered.
    pub transferred_in: u64,
    /// Left for a call back.
    pub called_back: u64,
    /// The same party's later call took the place.
    pub joined: u64,
    /// Lost to us.
    pub lost: u64,
    /// Another group's agents were asked to help.
    pub help_asked: u64,
    /// Helped others.
    pub help_given: u64,
    /// Of the answered, taken by an agent who was not offered the caller.
    pub picked: u64,
    /// Calls that agents made.
    pub outgoing: Outgoing,
    /// How well, and how long.
    #[serde(flatten)]
    pub measures: Measures,
    /// Greeting before the wait.
    pub greeting: Mean,
    /// Waits of answered callers, counted.
    pub wait_buckets: Vec<Bucket>,
    /// Phones rung, by how it ended.
    pub offers: Offers,
}

/// Callbacks by what became of them.
#[derive(Serialize)]
pub struct Callbacks {
    /// Somebody is to be called back.
    pub kept: u64,
    /// Of these, missed calls.
    pub missed: u64,
    /// Still to be called back.
    pub open: u64,
    /// Caller and agent talked.
    pub reached: u64,
    /// The caller called again by himself.
    pub called_again: u64,
    /// One for the same party was there already.
    pub merged: u64,
    /// As often tried as the group allows.
    pub given_up: u64,
    /// Taken back.
    pub cancelled: u64,
    /// How often a number was dialed.
    pub dialed: u64,
}

impl Callbacks {
    fn of(callbacks: &report::callbacks::Callbacks) -> Self {
        Self {
            kept: callbacks.kept,
            missed: callbacks.missed,
            open: callbacks.open,
            reached: callbacks.reached,
            called_again: callbacks.called_again,
            merged: callbacks.merged,
            given_up: callbacks.given_up,
            cancelled: callbacks.cancelled,
            dialed: callbacks.dialed,
        }
    }
}

/// Turned away, by reason.
#[derive(Serialize)]
pub struct TurnedAway {
    /// Line full.
    pub line_full: u64,
    /// Waited too long.
    pub waited_too_long: u64,
    /// Nobody signed in.
    pub nobody_signed_in: u64,
    /// Outside the group's hours.
    pub closed: u64,
    /// Too many callers, and a surge was on.
    pub surge: u64,
    /// On the black list.
    pub blocked: u64,
}

/// One service level.
#[derive(Serialize)]
pub struct ServiceLevel {
    /// `sl1` to `sl5`.
    pub formula: &'static str,
    /// T.
    pub threshold_ms: u64,
    /// The share.
    #[serde(flatten)]
    pub share: Share,
}

/// A share with both its numbers.
#[derive(Serialize)]
pub struct Share {
    /// Numerator.
    pub part: u64,
    /// Denominator.
    pub whole: u64,
    /// Quotient; `null` while there is nothing to divide by.
    pub share: Option<f64>,
}

/// A mean with its sum and count.
#[derive(Serialize)]
pub struct Mean {
    /// Mean; `null` of nothing.
    pub mean_ms: Option<u64>,
    /// Sum.
    pub sum_ms: u64,
    /// Of how many.
    pub count: u64,
}

/// Waits up to a bound, and longer than the bound before; not cumulative.
#[derive(Serialize)]
pub struct Bucket {
    /// Upper bound; `null` for the rest.
    pub up_to_ms: Option<u64>,
    /// How many.
    pub count: u64,
}

/// Phones rung, by how it ended.
#[derive(Serialize)]
pub struct Offers {
    /// Begun.
    pub made: u64,
    /// Taken.
    pub accepted: u64,
    /// Rang out.
    pub rang_out: u64,
    /// Declined.
    pub declined: u64,
    /// The caller left.
    pub caller_gone: u64,
    /// The agent went away.
    pub agent_gone: u64,
    /// Another agent, rung at the same time, was faster.
    pub taken_elsewhere: u64,
}

/// Agents by state.
#[derive(Serialize)]
pub struct States {
    /// Not at work.
    pub signed_out: u32,
    /// Wait for a caller.
    pub ready: u32,
    /// Not ready for any reason.
    pub not_ready: u32,
    /// The same by reason; reasons that nobody has are left out.
    pub not_ready_reasons: Vec<Reason>,
    /// Phone ringing.
    pub offered: u32,
    /// Talking.
    pub talking: u32,
    /// Wrap-up.
    pub wrap_up: u32,
}

/// Not ready for one reason.
#[derive(Serialize)]
pub struct Reason {
    /// Which.
    pub reason: &'static str,
    /// How many.
    pub count: u32,
}

/// One agent.
#[derive(Serialize)]
pub struct Agent {
    /// Key (work number).
    pub key: String,
    /// Site.
    pub site: String,
    /// State.
    pub state: &'static str,
    /// Why not ready; `null` in other states.
    pub reason: Option<&'static str>,
    /// How long in it.
    pub for_ms: u64,
    /// Talks taken.
    pub answered: u64,
    /// Talks that he answered for last and of which nobody has said what came of them; that of his wrap-up is among
    /// them.
    pub undisposed: u64,
    /// Calls made.
    pub outgoing: u64,
    /// Time in calls that he or a colleague made.
    pub outgoing_ms: u64,
    /// Occupancy.
    pub occupancy: Share,
}

/// One trunk.
#[derive(Serialize)]
pub struct Trunk {
    /// Key.
    pub key: String,
    /// Reachable; `null` before it was ever tried.
    pub up: Option<bool>,
}

impl Snapshot {
    /// The board as JSON has it.
    #[must_use]
    pub fn of(board: &Board, live: &Live) -> Self {
        let counters = &board.total.counters;
        let none = LiveGroup::default();
        let groups = board.groups.iter().enumerate();
        Self {
            version: 4,
            unix_ms: board.unix_ms,
            uptime_ms: board.taken_at.as_nanos() / 1_000_000,
            seq: board.seq,
            calls: board.calls,
            arrivals: Arrivals {
                arrived: counters.arrived,
                greeting: counters.greeting,
                reached_line: counters.reached_line,
                abandoned: counters.abandoned_before_line,
                refused: counters.refused,
                service: counters.service,
                callbacks: counters.callbacks,
                outgoing: counters.outgoings,
                internal: counters.internal,
                lost: counters.lost_before_line,
            },
            total: Line::of(&board.total),
            windows: board.windows.iter().map(Window::of).collect(),
            agents_by_state: States::of(&board.agents_by_state),
            groups: groups
                .map(|(at, group)| {
                    let live = live.groups.get(at).unwrap_or(&none);
                    Group::of(group, live, board.target, &board.dispositions)
                })
                .collect(),
            agents: board.agents.iter().map(|agent| Agent::of(agent, board)).collect(),
            trunks: board.trunks.iter().map(Trunk::of).collect(),
            surveys: Surveys::of(&board.total),
            dispositions: Dispositions::of(&board.total, &board.dispositions),
            phones_bound: board.phones_bound,
            alerts: live.alerts.iter().map(|alert| Alert::of(alert, board)).collect(),
            asked: board.asked.iter().map(Asked::of).collect(),
            longest_waiting: live.longest.iter().map(|caller| Waiting::of(caller, board)).collect(),
            studios: board.studios.iter().map(|studio| crate::studio::Studio::of(studio, board)).collect(),
        }
    }
}

impl Alert {
    fn of(LiveAlert { at, alert }: &LiveAlert, board: &Board) -> Self {
        let ago_ms = ms(board.taken_at.since(*at));
        match alert {
            acd::Alert::RingNoAnswer { agent, in_a_row } => Self {
                kind: "ring_no_answer",
                ago_ms,
                agent: board.agents.get(agent.index()).map(|agent| agent.key.clone()),
                group: None,
                times: Some(*in_a_row),
            },
            acd::Alert::Surge { group, on, .. } => Self {
                kind: if *on { "surge_begins" } else { "surge_ends" },
                ago_ms,
                agent: None,
                group: board.groups.get(group.index()).map(|group| group.key.clone()),
                times: None,
            },
        }
    }
}

impl Waiting {
    fn of(caller: &LiveCaller, board: &Board) -> Self {
        Self {
            call: caller.call,
            group: board.groups.get(caller.group).map(|group| group.key.clone()).unwrap_or_default(),
            waited_ms: ms(board.taken_at.since(caller.since)),
            why: caller.why.as_ref().map(|(why, at)| crate::why::caller(why, *at, board)),
        }
    }
}

impl Group {
    fn of(group: &GroupBoard, live: &LiveGroup, target: Target, dispositions: &[String]) -> Self {
        Self {
            key: group.key.clone(),
            title: group.title.clone(),
            line: Line::of(&group.line),
            agents_by_state: States::of(&group.agents),
            surging: live.surging,
            callbacks_waiting: group.line.counters.callback.open,
            callbacks: Callbacks::of(&group.line.counters.callback),
            expected_wait_ms: live.expected.map(ms),
            expected_wait_error: Mean::of(&ReportMean {
                sum: group.line.forecast.error,
                count: group.line.forecast.count,
            }),
            surveys: Surveys::of(&group.line),
            dispositions: Dispositions::of(&group.line, dispositions),
            why_not: live.why.as_ref().map(|(agents, at)| crate::why::obstacles(agents, *at)),
            windows: group.windows.iter().map(Window::of).collect(),
            advice: Advice::of(&group.recent, target),
        }
    }
}

impl Line {
    fn of(line: &ReportLine) -> Self {
        let counters = &line.counters;
        let bounds = WAIT_BOUNDS.iter().map(|bound| Some(ms(*bound))).chain([None]);
        Self {
            waiting: line.waiting,
            longest_wait_ms: ms(line.longest_wait),
            offered: counters.offered,
            answered: counters.answered,
            abandoned: counters.abandoned(),
            abandoned_in_line: counters.abandoned_in_line,
            abandoned_ringing: counters.abandoned_ringing,
            short_abandoned: counters.short_abandoned,
            turned_away: TurnedAway {
                line_full: counters.turned_away.line_full,
                waited_too_long: counters.turned_away.waited_too_long,
                nobody_signed_in: counters.turned_away.nobody_signed_in,
                closed: counters.turned_away.closed,
                surge: counters.turned_away.surge,
                blocked: counters.turned_away.blocked,
            },
            put_through: counters.put_through,
            overflowed_out: counters.overflowed_out,
            overflowed_in: counters.overflowed_in,
            transferred_in: counters.transferred_in,
            called_back: counters.called_back,
            joined: counters.joined,
            lost: counters.lost,
            help_asked: counters.help_asked,
            help_given: counters.help_given,
            picked: counters.picked,
            outgoing: Outgoing::of(line),
            measures: Measures::of(line),
            greeting: Mean::of(&line.greeting),
            wait_buckets: bounds
                .zip(&line.wait_buckets)
                .map(|(up_to_ms, count)| Bucket { up_to_ms, count: *count })
                .collect(),
            offers: Offers {
                made: counters.offers.made,
                accepted: counters.offers.accepted,
                rang_out: counters.offers.rang_out,
                declined: counters.offers.declined,
                caller_gone: counters.offers.caller_gone,
                agent_gone: counters.offers.agent_gone,
                taken_elsewhere: counters.offers.taken_elsewhere,
            },
        }
    }
}

impl Measures {
    fn of(line: &ReportLine) -> Self {
        let [p50, p90, p99] = line.wait_quantiles;
        Self {
            service_levels: line.levels.iter().flat_map(ServiceLevel::of).collect(),
            wait: Mean::of(&line.wait),
            wait_ring: Mean::of(&line.wait_ring),
            wait_abandoned: Mean::of(&line.wait_abandoned),
            talk: Mean::of(&line.talk),
            wrap_up: Mean::of(&line.wrap_up),
            wait_ms_p50: ms(p50),
            wait_ms_p90: ms(p90),
            wait_ms_p99: ms(p99),
            long_talks: Share::of(line.long_talks),
        }
    }
}

impl Window {
    fn of(window: &ReportWindow) -> Self {
        let ReportWindow { reach, since, came, line } = window;
        let counters = &line.counters;
        Self {
            window: match reach {
                Reach::Minutes(minutes) => format!("{minutes}m"),
                Reach::Today => "today".to_owned(),
            },
            since_unix_ms: since.0,
            came: *came,
            offered: counters.offered,
            answered: counters.answered,
            abandoned: counters.abandoned(),
            short_abandoned: counters.short_abandoned,
            turned_away: counters.turned_away.total(),
            overflowed_out: counters.overflowed_out,
            called_back: counters.called_back,
            joined: counters.joined,
            lost: counters.lost,
            measures: Measures::of(line),
        }
    }
}

impl ServiceLevel {
    fn of(levels: &Levels) -> [Self; 5] {
        Formula::ALL.map(|formula| Self {
            formula: formula.key(),
            threshold_ms: ms(levels.threshold),
            share: Share::of(levels.of(formula)),
        })
    }
}

impl Share {
    fn of(ratio: Ratio) -> Self {
        Self { part: ratio.part, whole: ratio.whole, share: ratio.share() }
    }
}

impl Mean {
    fn of(mean: &ReportMean) -> Self {
        Self { mean_ms: mean.value().map(ms), sum_ms: ms(mean.sum), count: mean.count }
    }
}

impl States {
    fn of(states: &AgentsByState) -> Self {
        Self {
            signed_out: states.signed_out,
            ready: states.ready,
            not_ready: states.not_ready_total(),
            not_ready_reasons: states
                .reasons()
                .filter(|(_, count)| *count > 0)
                .map(|(reason, count)| Reason { reason: words::reason(reason), count })
                .collect(),
            offered: states.offered,
            talking: states.talking,
            wrap_up: states.wrap_up,
        }
    }
}

impl Agent {
    fn of(agent: &AgentBoard, board: &Board) -> Self {
        Self {
            key: agent.key.clone(),
            site: agent.site.clone(),
            state: words::state(&agent.state),
            reason: match agent.state {
                acd::AgentState::NotReady(reason) => Some(words::reason(reason)),
                _ => None,
            },
            for_ms: ms(board.taken_at.since(agent.since)),
            answered: agent.answered,
            undisposed: agent.undisposed,
            outgoing: agent.outgoing,
            outgoing_ms: ms(agent.times.outgoing),
            occupancy: Share::of(agent.times.occupancy()),
        }
    }
}

impl Trunk {
    fn of(trunk: &TrunkBoard) -> Self {
        Self { key: trunk.key.clone(), up: trunk.up }
    }
}

pub(crate) fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
