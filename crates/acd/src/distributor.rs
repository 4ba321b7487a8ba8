//! [`Distributor`]: the one owner of callers, agents and lines.
//!
//! ```text
//!   Input ──▶ what is due ──▶ the input ──▶ settle ──▶ Output …
//!   tick  ──▶ what is due ────────────────────┘
//!
//!   due:  ring-out (offer.rs) · wrap-up over · overflow and longest wait (overflow.rs) · cool-down (refusal.rs)
//! ```
//!
//! Order of outputs, the same on every machine:
//! 1. deadlines at or before `now`, in (time, order set), each with all that follows from it;
//! 2. then the input: first what it ends (`OfferEnded`), then what it makes of the agent (`Agent`) or the caller
//!    (`Queued`, `Overflowed` by stage, `Served`);
//! 3. then the offers that follow, each as `Offer` and `Agent`, to the caller who stands first first;
//! 4. then who is turned away: for his longest wait, then for want of agents (lines in order of the plan).
//!
//! `Accept` gives `OfferEnded`, `Agent`, `Served`. A request that takes effect later (not ready, sign-out, a lost phone
//! while talking) is answered by `Agent` with the unchanged state. `Leave` of a caller who is not ringing has no
//! output: its sender knows. Whatever else cannot be is `Refused` and changes nothing. A clock that runs
//! backwards counts as standing still.
//!
//! Bounds: callers by the lines' `line_max`; offers, wrap-ups and cool-downs by the number of agents, one of
//! each at most; timers by the sum of these. All stores are reused: once they have reached their peak no
//! decision allocates. State is plain values throughout, so that it can be written out and read back.
//!
//! Never knows: SIP, media, legs, numbers, files, clocks.

use crate::agent::{Deed, State, step};
use crate::caller::{Callers, Spot};
use crate::group::{Group, Idle};
use crate::offer::Offer;
use crate::refusal::{COOL_DOWN, Refusals};
use crate::{AgentPlan, AgentRef, GroupRef, Input, OfferEnd, OfferRef, Output, Plan, Turned};
use base::{Arena, TimerRef, Timestamp, Wheel};
use std::cmp::Reverse;

/// The distributor.
#[derive(Clone, Debug)]
pub struct Distributor {
    pub(crate) now: Timestamp,
    pub(crate) groups: Vec<Group>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) callers: Callers,
    pub(crate) offers: Arena<OfferRef, Offer>,
    pub(crate) timers: Wheel<Due>,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// An offer's ring time is over.
    RingOut(OfferRef),
    /// An agent's wrap-up is over.
    WrapUp(AgentRef),
    /// A caller's next stage, or his longest wait.
    Stage(Spot),
    /// An agent may be shown a caller again whom he refused.
    CoolDown(AgentRef),
}

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) plan: AgentPlan,
    pub(crate) state: State,
    /// Since when he is shown as what he is shown.
    pub(crate) since: Timestamp,
    /// Whether he stands in the `idle` index of his groups.
    pub(crate) listed: bool,
    /// The end of his wrap-up.
    pub(crate) wrap_up: Option<TimerRef>,
    /// Whose call he works on, and since when: for the expected wait.
    pub(crate) handles: Option<(GroupRef, Timestamp)>,
    pub(crate) refusals: Refusals,
    /// The next end of a cool-down.
    pub(crate) cool_down: Option<TimerRef>,
}

impl Agent {
    pub(crate) const fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }
}

impl Distributor {
    /// A distributor in which everybody is signed out.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let plan = plan.tidied();
        let agent = |plan| Agent {
            plan,
            state: State::SignedOut,
            since: Timestamp::START,
            listed: false,
            wrap_up: None,
            handles: None,
            refusals: Refusals::default(),
            cool_down: None,
        };
        Self {
            now: Timestamp::START,
            groups: Group::all(&plan),
            agents: plan.agents.into_iter().map(agent).collect(),
            callers: Callers::default(),
            offers: Arena::default(),
            timers: Wheel::default(),
        }
    }

    /// Takes one input; what follows is appended to `out`. Deadlines at or before `now` fire first.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        self.tick(now, out);
        let done = match input {
            Input::SignIn { agent } => self.request(agent, Deed::SignIn, out),
            Input::SignOut { agent } => self.request(agent, Deed::SignOut, out),
            Input::Ready { agent } => self.request(agent, Deed::Ready, out),
            Input::NotReady { agent, reason } => self.request(agent, Deed::NotReady(reason), out),
            Input::PhoneLost { agent } => self.request(agent, Deed::PhoneLost, out),
            Input::Engage { agent } => self.request(agent, Deed::Engage, out),
            Input::Release { agent } => self.request(agent, Deed::Release, out),
            Input::Enqueue(request) => self.enqueue(request, out),
            Input::Leave { caller } => self.leave(caller, out),
            Input::Accept { offer } => self.accept(offer, out),
            Input::Decline { offer, then } => self.decline(offer, then, out),
        };
        if let Err(why) = done {
            out.push(Output::Refused { why });
        }
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        // Some way before the end of time, so that every span added to it lies ahead.
        self.now = self.now.max(now).min(Timestamp::NEVER - 2 * COOL_DOWN);
        while let Some((_, due)) = self.timers.pop_due(self.now) {
            match due {
                Due::RingOut(offer) => self.ring_out(offer, out),
                Due::Stage(spot) => self.wait_on(spot, out),
                Due::CoolDown(agent) => self.cool(agent, out),
                Due::WrapUp(agent) => {
                    // The deadline belongs to a wrap-up that lasts; it is cancelled with it.
                    let _ = self.request(agent, Deed::WrapUpOver, out);
                }
            }
        }
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    /// What an agent, his phone or his wrap-up's deadline does, and all that follows: an offer that he leaves goes
    /// on, a freed agent takes the next caller, and nobody waits for a group whose last agent goes home.
    fn request(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let state = self.agents.get(agent.index()).ok_or("there is no such agent")?.state;
        let next = step(self.now, state, deed)?;
        let mut left = None;
        if let State::Offered { offer, .. } = state
            && let Some(offer) = self.end_offer(offer, OfferEnd::AgentGone, out)
        {
            self.remember_refusal(agent, offer.spot);
            left = Some(offer.spot);
        }
        self.change(agent, deed, out);
        self.settle(left, Some(agent), out);
        if next == State::SignedOut {
            self.turn_deserted_away(out);
        }
        Ok(())
    }

    /// Lets a deed change an agent's state, with index, timer and counts; the only place that does.
    pub(crate) fn change(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) {
        self.unlist_agent(agent);
        let record = &mut self.agents[agent.index()];
        let Ok(next) = step(self.now, record.state, deed) else { return };
        let last = std::mem::replace(&mut record.state, next);
        if last.shown() != next.shown() {
            record.since = if let State::Ready { idle } = next { idle } else { self.now };
        }
        if let Some(timer) = record.wrap_up.take() {
            self.timers.cancel(timer);
        }
        if let State::WrapUp { until, .. } = next {
            record.wrap_up = Some(self.timers.schedule(until, Due::WrapUp(agent)));
        }
        if last.ends_handling(next)
            && let Some((group, since)) = record.handles.take()
        {
            self.groups[group.index()].handling.add(self.now.since(since));
        }
        out.push(Output::Agent { agent, state: next.shown() });
        match (last == State::SignedOut, next == State::SignedOut) {
            (true, false) => self.count_signed_in(agent, 1),
            (false, true) => self.count_signed_in(agent, -1),
            _ => {}
        }
    }

    /// Puts a ready agent where the callers of his groups look.
    pub(crate) fn list_agent(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        if let State::Ready { idle } = record.state
            && !std::mem::replace(&mut record.listed, true)
        {
            for (group, level) in &record.plan.skills {
                let idle = Idle { since: idle, level: Reverse(*level), agent };
                self.groups[group.index()].idle.insert(idle);
            }
        }
    }

    /// Takes him out of there.
    pub(crate) fn unlist_agent(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        if let State::Ready { idle } = record.state
            && std::mem::replace(&mut record.listed, false)
        {
            for (group, level) in &record.plan.skills {
                let idle = Idle { since: idle, level: Reverse(*level), agent };
                self.groups[group.index()].idle.remove(&idle);
            }
        }
    }

    fn count_signed_in(&mut self, agent: AgentRef, by: i32) {
        for (group, _) in &self.agents[agent.index()].plan.skills {
            let group = group.index();
            self.groups[group].signed_in = self.groups[group].signed_in.saturating_add_signed(by);
            for at in 0..self.groups[group].covers.len() {
                let line = self.groups[group].covers[at].index();
                self.groups[line].cover = self.groups[line].cover.saturating_add_signed(by);
            }
        }
    }

    /// Turns everybody away who waits where nobody is left to serve him.
    fn turn_deserted_away(&mut self, out: &mut Vec<Output>) {
        for group in 0..self.groups.len() {
            while self.groups[group].is_deserted()
                && let Some(first) = self.groups[group].line.first()
            {
                self.turn_away(first.spot, Turned::NobodySignedIn, out);
            }
        }
    }
}
