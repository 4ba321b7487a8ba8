//! [`Naive`]: the same distributor, slow and obvious, as the oracle of the fast one.
//!
//! It keeps three plain lists (callers, agents, timers), searches all of them at every step, and says what it does in
//! the words of the rules: *while there is a caller whom some ready agent may take, the first such caller is
//! offered to the best such agent*. It shares with the fast one what is not a search: the table of an agent's
//! states, the memory of refusals, the mean handling time, the plan. Same inputs, same outputs, in the same order,
//! to the last byte: the scenarios and the random runs hold both to it.
//!
//! Never knows: how the fast one does it.

use crate::agent::{Deed, State, step};
use crate::estimate::Handling;
use crate::input::Reason;
use crate::refusal::{COOL_DOWN, Memory, REFUSALS_MAX, Refusals};
use crate::{
    AgentPlan, AgentRef, CallerRef, Enqueue, GroupRef, Input, OfferEnd, OfferRef, Output, Plan, Priority,
    SkillLevel, Turned,
};
use base::{Arena, Timestamp};
use std::cmp::Reverse;
use std::time::Duration;

/// The slow distributor.
#[derive(Clone, Debug)]
pub struct Naive {
    now: Timestamp,
    plan: Plan,
    handling: Vec<Handling>,
    agents: Vec<Agent>,
    /// In no particular order but that of joining.
    callers: Vec<Caller>,
    offers: Arena<OfferRef, Offer>,
    /// In the order set.
    timers: Vec<(Timestamp, Due)>,
}

#[derive(Clone, Debug)]
struct Agent {
    plan: AgentPlan,
    state: State,
    refusals: Refusals,
    handles: Option<(GroupRef, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Caller {
    caller: CallerRef,
    group: GroupRef,
    priority: Priority,
    since: Timestamp,
    stages: usize,
    overdue: bool,
    offer: Option<OfferRef>,
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    caller: CallerRef,
    agent: AgentRef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    RingOut(OfferRef),
    WrapUp(AgentRef),
    Stage(CallerRef),
    CoolDown(AgentRef),
}

impl Naive {
    /// A distributor in which everybody is signed out.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let plan = plan.tidied();
        let agent = |plan: &AgentPlan| Agent {
            plan: plan.clone(),
            state: State::SignedOut,
            refusals: Refusals::default(),
            handles: None,
        };
        Self {
            now: Timestamp::START,
            handling: vec![Handling::default(); plan.groups.len()],
            agents: plan.agents.iter().map(agent).collect(),
            plan,
            callers: Vec::new(),
            offers: Arena::default(),
            timers: Vec::new(),
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
            Input::Decline { offer, then } => self.refuse(offer, OfferEnd::Declined, then, out),
        };
        if let Err(why) = done {
            out.push(Output::Refused { why });
        }
        self.settle(out);
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = self.now.max(now).min(Timestamp::NEVER - 2 * COOL_DOWN);
        while let Some(at) = self.next_deadline().filter(|at| *at <= self.now) {
            let Some(first) = self.timers.iter().position(|(due, _)| *due == at) else { return };
            match self.timers.remove(first).1 {
                Due::RingOut(offer) => self.ring_out(offer, out),
                Due::Stage(caller) => self.pass_stages(caller, out),
                Due::WrapUp(agent) => {
                    let _ = self.request(agent, Deed::WrapUpOver, out);
                }
                Due::CoolDown(agent) => {
                    self.agents[agent.index()].refusals.cool(self.now);
                    self.set_cool_down(agent);
                }
            }
            self.settle(out);
        }
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.iter().map(|(at, _)| *at).min()
    }

    // ── The rules of matching ────────────────────────────────────────────────────────────────────────────

    /// Everybody who can be matched is matched; then everybody who may not stay is turned away.
    fn settle(&mut self, out: &mut Vec<Output>) {
        for caller in self.in_order(|_| true) {
            if let Some(agent) = self.best_agent(caller) {
                self.offer(caller, agent, out);
            }
        }
        for caller in self.in_order(|caller| caller.overdue && caller.offer.is_none()) {
            self.turn_away(caller, Turned::WaitedTooLong, out);
        }
        for group in (0..self.plan.groups.len()).map(GroupRef::at) {
            if self.is_deserted(group) {
                for caller in self.in_order(|caller| caller.group == group) {
                    self.turn_away(caller, Turned::NobodySignedIn, out);
                }
            }
        }
    }

    /// Callers in order of service.
    fn in_order(&self, keep: impl Fn(&Caller) -> bool) -> Vec<CallerRef> {
        let mut callers: Vec<&Caller> = self.callers.iter().filter(|caller| keep(caller)).collect();
        callers.sort_by_key(|caller| (Reverse(caller.priority), caller.since)); // stable: then order of joining
        callers.iter().map(|caller| caller.caller).collect()
    }

    /// Of the ready agents who may take him now: who has not refused him, is idle longest, is best, is first.
    fn best_agent(&self, caller: CallerRef) -> Option<AgentRef> {
        let waiting = self.callers.iter().find(|waiting| waiting.caller == caller)?;
        if waiting.offer.is_some() {
            return None;
        }
        let candidates = (0..self.agents.len()).map(AgentRef::at).filter_map(|agent| {
            let State::Ready { idle } = self.agents[agent.index()].state else { return None };
            let level = self.level(agent, waiting)?;
            let memory = self.agents[agent.index()].refusals.of(caller);
            let refused = memory == Memory::Refused;
            (memory != Memory::Cooling).then_some((refused, idle, Reverse(level), agent))
        });
        candidates.min().map(|(.., agent)| agent)
    }

    /// The agent's best level among the groups that may serve the caller.
    fn level(&self, agent: AgentRef, caller: &Caller) -> Option<SkillLevel> {
        let mut serving = vec![caller.group];
        let overflow = &self.plan.groups[caller.group.index()].overflow;
        serving.extend(overflow.iter().take(caller.stages).map(|(_, group)| *group));
        let skills = self.agents[agent.index()].plan.skills.iter();
        skills.filter(|(group, _)| serving.contains(group)).map(|(_, level)| *level).max()
    }

    // ── Callers ──────────────────────────────────────────────────────────────────────────────────────────

    fn enqueue(&mut self, request: Enqueue, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Enqueue { caller, group, priority, since } = request;
        let Some(plan) = self.plan.groups.get(group.index()) else { return Err("there is no such group") };
        if self.callers.iter().any(|waiting| waiting.caller == caller) {
            return Err("the caller waits in a line already");
        }
        let waiting = self.callers.iter().filter(|waiting| waiting.group == group).count();
        if self.is_deserted(group) {
            out.push(Output::TurnedAway { caller, group, why: Turned::NobodySignedIn });
            return Ok(());
        }
        if waiting >= plan.line_max {
            out.push(Output::TurnedAway { caller, group, why: Turned::LineFull });
            return Ok(());
        }
        let since = since.min(self.now);
        self.callers.push(Caller { caller, group, priority, since, stages: 0, overdue: false, offer: None });
        let line = self.in_order(|waiting| waiting.group == group);
        let position =
            line.iter().position(|waiting| *waiting == caller).map_or(0, |before| before as u32 + 1);
        let mut stages = Vec::new();
        self.pass_stages(caller, &mut stages);
        let expected = if self.best_agent(caller).is_some() {
            Some(Duration::ZERO)
        } else {
            let has_skill = |agent: &&Agent| agent.plan.skills.iter().any(|(skill, _)| *skill == group);
            let there = self.agents.iter().filter(|agent| agent.state != State::SignedOut).filter(has_skill);
            self.handling[group.index()].expected(position, there.count() as u32)
        };
        out.push(Output::Queued { caller, group, position, expected });
        out.append(&mut stages);
        Ok(())
    }

    fn leave(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Some(gone) = self.take_out(caller) else { return Err("the caller waits in no line") };
        if let Some(offer) = gone.offer
            && let Some(offer) = self.end_offer(offer, OfferEnd::CallerGone, out)
        {
            self.change(offer.agent, Deed::Withdraw, out);
        }
        Ok(())
    }

    fn turn_away(&mut self, caller: CallerRef, why: Turned, out: &mut Vec<Output>) {
        if let Some(gone) = self.take_out(caller) {
            out.push(Output::TurnedAway { caller, group: gone.group, why });
        }
    }

    fn take_out(&mut self, caller: CallerRef) -> Option<Caller> {
        let at = self.callers.iter().position(|waiting| waiting.caller == caller)?;
        self.unset(Due::Stage(caller));
        Some(self.callers.remove(at))
    }

    fn pass_stages(&mut self, caller: CallerRef, out: &mut Vec<Output>) {
        let now = self.now;
        let Some(waiting) = self.callers.iter_mut().find(|waiting| waiting.caller == caller) else { return };
        let plan = &self.plan.groups[waiting.group.index()];
        let mut next = None;
        for (stage, (after, to)) in plan.overflow.iter().enumerate() {
            if waiting.since + *after > now {
                next = Some(waiting.since + *after);
                break;
            }
            if stage >= waiting.stages {
                waiting.stages = stage + 1;
                out.push(Output::Overflowed { caller, from: waiting.group, to: *to });
            }
        }
        if let Some(wait) = plan.wait_max {
            let end = waiting.since + wait;
            waiting.overdue = end <= now;
            if !waiting.overdue {
                next = Some(next.map_or(end, |stage| stage.min(end)));
            }
        }
        if let Some(at) = next {
            self.timers.push((at, Due::Stage(caller)));
        }
    }

    // ── Offers ───────────────────────────────────────────────────────────────────────────────────────────

    fn offer(&mut self, caller: CallerRef, agent: AgentRef, out: &mut Vec<Output>) {
        let Some(waiting) = self.callers.iter_mut().find(|waiting| waiting.caller == caller) else { return };
        let (group, ring) = (waiting.group, self.plan.groups[waiting.group.index()].ring);
        let offer = self.offers.insert(Offer { caller, agent });
        waiting.offer = Some(offer);
        self.timers.push((self.now + ring, Due::RingOut(offer)));
        out.push(Output::Offer { offer, caller, agent, group, ring });
        self.change(agent, Deed::Offer(offer), out);
    }

    fn accept(&mut self, offer: OfferRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, OfferEnd::Accepted, out).ok_or(OVER)?;
        let Some(Caller { group, since, .. }) = self.take_out(caller) else { return Ok(()) };
        self.change(agent, Deed::Accept(self.plan.groups[group.index()].wrap_up), out);
        self.agents[agent.index()].handles = Some((group, self.now));
        out.push(Output::Served { caller, agent, group, since });
        Ok(())
    }

    fn ring_out(&mut self, offer: OfferRef, out: &mut Vec<Output>) {
        let caller = self.offers.get(offer).map(|offer| offer.caller);
        let group =
            self.callers.iter().find(|waiting| Some(waiting.caller) == caller).map(|waiting| waiting.group);
        let not_ready = group.is_some_and(|group| self.plan.groups[group.index()].ring_no_answer_not_ready);
        let _ = self.refuse(offer, OfferEnd::RangOut, not_ready.then_some(Reason::RingNoAnswer), out);
    }

    fn refuse(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, end, out).ok_or(OVER)?;
        self.remember(agent, caller);
        let mut then = then;
        if then.is_none() && self.agents[agent.index()].refusals.cooling() >= REFUSALS_MAX {
            then = Some(if end == OfferEnd::RangOut { Reason::RingNoAnswer } else { Reason::Declined });
        }
        self.change(agent, Deed::Refuse(then), out);
        Ok(())
    }

    fn end_offer(&mut self, offer: OfferRef, end: OfferEnd, out: &mut Vec<Output>) -> Option<Offer> {
        let ended = self.offers.remove(offer)?;
        self.unset(Due::RingOut(offer));
        if let Some(waiting) = self.callers.iter_mut().find(|waiting| waiting.caller == ended.caller) {
            waiting.offer = None;
        }
        out.push(Output::OfferEnded { offer, caller: ended.caller, agent: ended.agent, end });
        Some(ended)
    }

    // ── Agents ───────────────────────────────────────────────────────────────────────────────────────────

    fn request(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let state = self.agents.get(agent.index()).ok_or("there is no such agent")?.state;
        step(self.now, state, deed)?;
        if let State::Offered { offer, .. } = state
            && let Some(offer) = self.end_offer(offer, OfferEnd::AgentGone, out)
        {
            self.remember(agent, offer.caller);
        }
        self.change(agent, deed, out);
        Ok(())
    }

    fn change(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) {
        let now = self.now;
        let record = &mut self.agents[agent.index()];
        let Ok(next) = step(now, record.state, deed) else { return };
        let last = std::mem::replace(&mut record.state, next);
        if last.ends_handling(next)
            && let Some((group, since)) = record.handles.take()
        {
            self.handling[group.index()].add(now.since(since));
        }
        self.unset(Due::WrapUp(agent));
        if let State::WrapUp { until, .. } = next {
            self.timers.push((until, Due::WrapUp(agent)));
        }
        out.push(Output::Agent { agent, state: next.shown() });
    }

    fn remember(&mut self, agent: AgentRef, caller: CallerRef) {
        self.agents[agent.index()].refusals.remember(self.now, caller);
        self.set_cool_down(agent);
    }

    fn set_cool_down(&mut self, agent: AgentRef) {
        self.unset(Due::CoolDown(agent));
        if let Some(at) = self.agents[agent.index()].refusals.next_deadline() {
            self.timers.push((at, Due::CoolDown(agent)));
        }
    }

    /// Whether nobody is signed in who could serve a group's line at any stage, and that matters to it.
    fn is_deserted(&self, group: GroupRef) -> bool {
        let plan = &self.plan.groups[group.index()];
        let helps = |skill: &GroupRef| *skill == group || plan.overflow.iter().any(|(_, to)| to == skill);
        let there = |agent: &Agent| {
            agent.state != State::SignedOut && agent.plan.skills.iter().any(|(skill, _)| helps(skill))
        };
        plan.needs_signed_in && !self.agents.iter().any(there)
    }

    fn unset(&mut self, due: Due) {
        self.timers.retain(|(_, set)| *set != due);
    }
}

const OVER: &str = "the offer is over";
