//! The fold: one event after the other, into counters, records and agents' times.
//!
//! ```text
//!   Stamped ──fold──┬─ events of a call  ──▶ callers.rs  lines, rings, talks; then the record
//!                   ├─ events of agents  ──▶ agents.rs   time in each state, wrap-up
//!                   └─ phones and trunks ──▶ what is up now
//! ```
//!
//! **When a record is complete.** When `Ended` has come and the measurements of each leg that had audio
//! (`LegEnded` of the caller once we answered, and of each agent who talked). Those that do not come within
//! [`AUDIO_WAIT`] are not waited for: any later event, or [`Report::tick`], completes the record without them.
//!
//! **Bounds.** At most [`CALLS_MAX`] calls are followed at once. Beyond that a call is not counted at all,
//! but as a stray, so that the identities keep holding; so are events of calls that are not known.

use crate::agents::{Agent, AgentSpan};
use crate::asked::{AskedBook, AskedKey};
use crate::board::Alerts;
use crate::books::Books;
use crate::callers::Callers;
use crate::counters::Step;
use crate::disposals::{Disposed, Given};
use crate::interval::{Intervals, Quarter};
use crate::plan::Plan;
use crate::record::{CallRecord, Choice, LegAudio, Opened, RecordId, UnixMs};
use crate::spread::Dense;
use crate::studios::{ShowRecord, StudioCaller, StudioPlace, Studios};
use crate::surveys::Survey;
use crate::tally::Tally;
use acd::GroupRef;
use base::Timestamp;
use call::event::{CallRef, Event, Stamped};
use std::time::Duration;

/// How long a record waits for the audio measurements of a call that is over.
pub const AUDIO_WAIT: Duration = Duration::from_secs(5);
/// Calls followed at once.
pub const CALLS_MAX: usize = 500_000;
/// Phone accounts followed; further ones do not show in `phones_bound`.
const PHONES_MAX: usize = 1 << 16;

/// What a step produced for the store. Reused; the reader clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Out {
    /// Calls that have begun.
    pub opened: Vec<Opened>,
    /// Calls that are over, complete.
    pub closed: Vec<CallRecord>,
    /// Sessions, breaks and wrap-ups of agents that are over.
    pub agent_spans: Vec<AgentSpan>,
    /// What came of calls, as agents say; the later one of a call stands.
    pub disposed: Vec<Disposed>,
    /// Shows of radio studios that have begun, and that are over.
    pub shows: Vec<ShowRecord>,
}

impl Out {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.opened.clear();
        self.closed.clear();
        self.agent_spans.clear();
        self.disposed.clear();
        self.shows.clear();
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let calls = self.opened.is_empty() && self.closed.is_empty() && self.disposed.is_empty();
        calls && self.agent_spans.is_empty() && self.shows.is_empty()
    }
}

/// The report: everything that has been counted, and every call in progress.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) plan: Plan,
    pub(crate) books: Books,
    pub(crate) callers: Callers,
    pub(crate) agents: Vec<Agent>,
    pub(crate) trunks: Vec<Option<bool>>,
    pub(crate) alerts: Alerts,
    pub(crate) asked: AskedBook,
    pub(crate) studios: Studios,
    phones: Vec<bool>,
    pub(crate) phones_bound: u32,
    pub(crate) seq: u64,
    pub(crate) missed: u64,
}

impl Report {
    /// A report that has seen nothing.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            books: Books::new(&plan),
            callers: Callers::new(&plan),
            agents: vec![Agent::default(); plan.agents.len()],
            trunks: vec![None; plan.trunks.len()],
            alerts: Alerts::default(),
            asked: AskedBook::new(),
            studios: Studios::new(&plan),
            phones: Vec::new(),
            phones_bound: 0,
            seq: 0,
            missed: 0,
            plan,
        }
    }

    /// Takes one event; what is to be written is appended to `out`.
    pub fn fold(&mut self, stamped: &Stamped, out: &mut Out) {
        let Stamped { at, seq, event } = stamped;
        let now = *at;
        // The first number may be any; after that a gap means that a ring between here and the engine was
        // full, and that the counters no longer tell the truth.
        if self.seq != 0 {
            self.missed += seq.saturating_sub(self.seq + 1);
        }
        self.seq = *seq;
        self.books.turn(self.wall(now));
        self.callers.expire(now, &mut out.closed);
        self.take(now, event, out);
    }

    fn take(&mut self, now: Timestamp, event: &Event, out: &mut Out) {
        let Self { books, callers, agents, .. } = self;
        match event {
            Event::Arrived { call, origin, caller, called, call_id, flow } => {
                let opened = Opened {
                    id: callers.next_id(),
                    arrived: callers.wall(now),
                    origin: *origin,
                    caller: caller.clone(),
                    called: called.clone(),
                    call_id: call_id.clone(),
                    flow: *flow,
                };
                if callers.arrived(*call, now, opened.clone(), books) {
                    out.opened.push(opened);
                }
            }
            Event::Answered { call } => callers.answered(*call, now),
            Event::Queued { call, group, expected, .. } => {
                callers.queued(*call, *group, *expected, now, books);
            }
            Event::Offered { call, offer, agent, group, .. } => {
                if callers.offered(*call, *offer, *agent, *group, now, books)
                    && let Some(agent) = agents.get_mut(agent.index())
                {
                    agent.offers.made += 1;
                }
            }
            Event::OfferEnded { call, offer, end, .. } => {
                callers.offer_ended(*call, *offer, *end, now, books, agents);
            }
            Event::Overflowed { call, from, to } => callers.overflowed(*call, *from, *to, now, books),
            Event::TurnedAway { call, group, why, to } => {
                callers.turned_away(*call, *group, *why, *to, now, books);
            }
            Event::Connected { call, agent, group, waited } => {
                callers.connected(*call, *agent, *group, *waited, now, books, agents);
            }
            Event::Disconnected { call, agent, by } => callers.disconnected(*call, *agent, *by, now),
            Event::LegEnded { call, side, report, .. } => {
                callers.leg_ended(*call, LegAudio { side: *side, report: *report }, &mut out.closed);
            }
            Event::Ended { call, outcome, group, cause, by } => {
                callers.no_longer_asked(*call, now, &mut self.asked);
                callers.ended(*call, *outcome, *group, *by, now, books, agents);
                callers.over(*call, *cause, *by, now, &mut out.closed);
            }
            Event::Agent { agent, state } => self.agent(*agent, *state, now, &mut out.agent_spans),
            Event::PhoneBound { aor, contacts } => self.phone(aor.index(), *contacts > 0),
            Event::PhoneLost { aor, .. } => self.phone(aor.index(), false),
            Event::Trunk { trunk, up } => {
                if let Some(known) = self.trunks.get_mut(trunk.index()) {
                    *known = Some(*up);
                }
            }
            Event::CallbackKept { from, group, missed, .. } => {
                callers.callback_kept(*from, *group, *missed, now, books);
            }
            Event::CallbackBegun { call, from, group } => callers.callback_begun(*call, *from, *group, now),
            Event::CallbackDialed { call, .. } => callers.callback_dialed(*call, books),
            Event::CallbackConnected { call, agent, group, waited, .. } => {
                callers.callback_connected(*call, (*agent, *group), *waited, now, books, agents);
            }
            Event::CallbackEnded { from, end, .. } => callers.callback_ended(*from, *end, books),
            Event::OutgoingBegun { call, agent, group, colleague } => {
                callers.outgoing_begun(*call, (*agent, *group, *colleague), now, books, agents);
            }
            Event::OutgoingDialed { call } => callers.outgoing_dialed(*call, now, agents),
            Event::OutgoingConnected { call, .. } => callers.outgoing_connected(*call, now, books, agents),
            Event::Picked { call, .. } => callers.picked(*call, books),
            Event::PutThrough { call, group, .. } => callers.put_through(*call, *group, now, books),
            Event::Phase { call, agent, phase } => callers.phase(*call, *agent, *phase, now),
            Event::Guest { call, with, step, .. } => callers.guest(*call, *with, *step, now),
            Event::Roster { call, roster, exchange, reason, step } => {
                let key = AskedKey { roster: *roster, exchange: *exchange, reason: *reason };
                callers.asked(*call, key, *step, now, &mut self.asked);
            }
            Event::Case { call, id } => callers.case(*call, id),
            Event::Surveyed { call, agent, verdict } => {
                callers.surveyed(*call, *agent, Survey::of(*verdict));
            }
            Event::Disposed { call, agent, disposition, by, .. } => {
                let online = self.plan.online.get(disposition.index()).copied().unwrap_or(false);
                let given = Given { result: disposition.index(), online, by: *by };
                if let Some(record) = callers.disposed(*call, given, books) {
                    let (disposition, by, agent) = (*disposition, *by, *agent);
                    out.disposed.push(Disposed {
                        call: record,
                        disposition,
                        by,
                        agent,
                        at: callers.wall(now),
                    });
                }
            }
            Event::Chose { call, step, key } => callers.chose(*call, Choice { step: *step, key: *key }),
            Event::Speaks { call, language } => callers.speaks(*call, *language),
            Event::Show { studio, show, open } => {
                let wall = |at| callers.wall(at);
                out.shows.extend(self.studios.show(*studio, *show, *open, now, wall));
            }
            Event::Screened { call, studio, number, agent, note } => {
                let caller = callers.screened(*call, *studio, now);
                let shown = StudioCaller {
                    call: call.bits(),
                    number: *number,
                    caller,
                    note: note.clone(),
                    screener: self.plan.agents.get(agent.index()).cloned().unwrap_or_default(),
                    sent: now,
                    place: StudioPlace::Held,
                    since: now,
                    on_air: None,
                };
                self.studios.screened(*studio, shown, *call);
            }
            Event::Studio { call, studio, step } => {
                callers.in_studio(*call, *step, now);
                self.studios.step(*studio, *call, *step, now);
            }
            Event::OnAir { call, studio, on, .. } => {
                callers.on_air(*call, *on, now);
                self.studios.on_air(*studio, *call, *on, now);
            }
            Event::Alert(alert) => self.alerts.take(alert),
            Event::CallbackOffered { .. }
            | Event::OutgoingRefused { .. }
            | Event::Relaxed { .. }
            | Event::RecordingBegun { .. }
            | Event::RecordingKeeps { .. }
            | Event::RecordingEnded { .. }
            | Event::PlanChanged { .. }
            | Event::Explained { .. }
            | Event::Previewed { .. }
            | Event::Unanswered { .. }
            | Event::RequestDone { .. }
            | Event::RequestRefused { .. } => {}
        }
    }

    fn agent(
        &mut self,
        agent: acd::AgentRef,
        state: acd::AgentState,
        now: Timestamp,
        log: &mut Vec<AgentSpan>,
    ) {
        let Some(known) = self.agents.get_mut(agent.index()) else { return };
        let epoch = self.plan.epoch;
        if let Some((group, span)) = known.enter(agent, now, state, epoch, log) {
            let quarter = Quarter::of(epoch, now);
            let place = crate::books::Place { group, quarter, first_quarter: quarter };
            self.books.both(place, Step::WrappedUp(crate::live::whole(span)));
        }
    }

    fn phone(&mut self, index: usize, bound: bool) {
        if index >= PHONES_MAX {
            return;
        }
        if index >= self.phones.len() {
            self.phones.resize(index + 1, false);
        }
        match (self.phones[index], bound) {
            (false, true) => self.phones_bound += 1,
            (true, false) => self.phones_bound -= 1,
            _ => {}
        }
        self.phones[index] = bound;
    }

    /// Completes records whose audio measurements are overdue; for times in which no event comes.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        self.callers.expire(now, &mut out.closed);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.callers.next_deadline()
    }

    /// The record of a call in progress.
    #[must_use]
    pub fn record_of(&self, call: CallRef) -> Option<RecordId> {
        self.callers.record_of(call)
    }

    /// Ends the shows that are on: at the end of the process.
    pub fn end_shows(&mut self, now: Timestamp, out: &mut Out) {
        let now = self.wall(now);
        out.shows.extend(self.studios.close(now, |at| self.callers.wall(at)));
    }

    /// Completes the record of every call that is over without waiting for measurements: at the end.
    pub fn finish(&mut self, out: &mut Out) {
        self.callers.expire(Timestamp::NEVER, &mut out.closed);
    }

    /// What happened to the callers of a group since the start; `None` for one that the plan does not know.
    #[must_use]
    pub fn group(&self, group: GroupRef) -> Option<&Tally<Dense>> {
        self.books.groups[..self.plan.groups.len()].get(group.index())
    }

    /// What happened to all callers since the start.
    #[must_use]
    pub fn total(&self) -> &Tally<Dense> {
        &self.books.total
    }

    /// The last day by quarters of an hour.
    #[must_use]
    pub fn intervals(&self) -> &Intervals {
        &self.books.intervals
    }

    /// The wall clock of the plan.
    #[must_use]
    pub fn wall(&self, at: Timestamp) -> UnixMs {
        UnixMs(self.plan.epoch.unix_millis(at))
    }

    /// The invariants: the identity of the counters per group, per quarter and for the centre, the sums
    /// between them, and the lines against the counters.
    ///
    /// # Errors
    /// The one that does not hold, with its figures.
    pub fn check(&self) -> Result<(), String> {
        self.books.check()?;
        self.callers.check(&self.books)
    }
}
