//! Agents: what each does, for how long, and the log of breaks and wrap-ups.
//!
//! ```text
//!   Agent{state} ──▶ the time in the old state is added up, the new one begins
//!                        └─▶ AgentSpan, when the old one was a session, a break or a wrap-up
//! ```
//!
//! The log holds what no call record tells: from sign-in to sign-out, not ready by reason, wrap-up with its
//! call. Ringing and talk are segments of calls; ready is the rest of the session.

use crate::board::Times;
use crate::counters::Offers;
use crate::record::{RecordId, UnixMs};
use acd::input::Reason;
use acd::{AgentRef, AgentState, GroupRef};
use base::{Epoch, Timestamp};

/// A stretch of an agent's day that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentSpan {
    /// Who.
    pub agent: AgentRef,
    /// What.
    pub kind: SpanKind,
    /// Began.
    pub from: UnixMs,
    /// Ended.
    pub to: UnixMs,
}

/// What a stretch of an agent's day was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// From sign-in to sign-out.
    SignedIn,
    /// Not ready.
    NotReady(Reason),
    /// Wrap-up after a call; `None` when he talked outside any call known here.
    WrapUp(Option<RecordId>),
}

/// One agent, as far as counting knows him.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) state: AgentState,
    pub(crate) since: Timestamp,
    pub(crate) answered: u64,
    pub(crate) offers: Offers,
    times: Times,
    session: Timestamp,
    /// His last talk, for the wrap-up that follows it.
    pub(crate) last: Option<(RecordId, GroupRef)>,
    /// Calls that he made.
    pub(crate) outgoing: u64,
    /// He talks, or will as soon as the distributor says so, in a call that he or a colleague made.
    calls_out: bool,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            state: AgentState::SignedOut,
            since: Timestamp::START,
            answered: 0,
            offers: Offers::default(),
            times: Times::default(),
            session: Timestamp::START,
            last: None,
            outgoing: 0,
            calls_out: false,
        }
    }
}

impl Agent {
    /// Time in each state until `now`.
    pub(crate) fn times(&self, now: Timestamp) -> Times {
        let mut times = self.times;
        times.add(&self.state, now.since(self.since), self.calls_out);
        times
    }

    /// He calls somebody, or is called by a colleague: the talk that begins in this step is no caller's.
    pub(crate) const fn calls_out(&mut self) {
        self.calls_out = true;
    }

    /// Enters a state. Returns the wrap-up that this ends, with the group it belongs to; what belongs in
    /// the log is appended to `log`.
    pub(crate) fn enter(
        &mut self,
        agent: AgentRef,
        now: Timestamp,
        state: AgentState,
        epoch: Epoch,
        log: &mut Vec<AgentSpan>,
    ) -> Option<(GroupRef, std::time::Duration)> {
        if state == self.state {
            return None;
        }
        let wall = |at: Timestamp| UnixMs(epoch.unix_millis(at));
        let span = now.since(self.since);
        let mut wrapped = None;
        let kind = match self.state {
            AgentState::NotReady(reason) => Some(SpanKind::NotReady(reason)),
            AgentState::WrapUp { .. } => {
                let last = self.last.take();
                wrapped = last.map(|(_, group)| (group, span));
                Some(SpanKind::WrapUp(last.map(|(record, _)| record)))
            }
            _ => None,
        };
        if let Some(kind) = kind {
            log.push(AgentSpan { agent, kind, from: wall(self.since), to: wall(now) });
        }
        match (self.state, state) {
            (AgentState::SignedOut, _) => self.session = now,
            (_, AgentState::SignedOut) => {
                log.push(AgentSpan {
                    agent,
                    kind: SpanKind::SignedIn,
                    from: wall(self.session),
                    to: wall(now),
                });
            }
            _ => {}
        }
        let talked = self.state == AgentState::Talking;
        self.times.add(&self.state, span, self.calls_out && talked);
        // Told before the state to which it belongs.
        self.calls_out &= state == AgentState::Talking;
        self.state = state;
        self.since = now;
        wrapped
    }
}
