//! Agents and offers of the slow distributor.

use super::{Agent, Caller, Due, NO_AGENT, Naive, OVER, Offer};
use crate::agent::{Deed, Refused, State, step};
use crate::caller::Phase;
use crate::input::Reason;
use crate::output::{Alert, Answer, Because};
use crate::plan::{Grade, NoAnswer};
use crate::pool::Standing;
use crate::refusal::{REFUSALS_MAX, Refusals};
use crate::{AgentRef, CallbackEnd, CallerRef, OfferEnd, OfferRef, Output};
use base::Timestamp;
use std::time::Duration;

impl Agent {
    pub(super) fn new() -> Self {
        Self {
            state: State::SignedOut,
            standing: Standing::default(),
            occupancy: crate::occupancy::Occupancy::default(),
            busy: None,
            wrap_up_latest: Timestamp::START,
            handles: None,
            no_answers: 0,
            refusals: Refusals::default(),
        }
    }
}

impl Naive {
    pub(super) fn request(
        &mut self,
        agent: AgentRef,
        deed: Deed,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let state = self.agents.get(agent.index()).ok_or(NO_AGENT)?.state;
        let next = step(self.now, state, deed)?;
        let on_break = self.agents.iter().filter(|agent| agent.state.is_break()).count();
        let full = self.plan.breaks_max.is_some_and(|most| on_break >= most as usize);
        if next.is_break() && !state.is_break() && full {
            return Err("as many agents are on a break as may be at once");
        }
        if let State::Offered { offer, .. } = state
            && let Some(offer) = self.end_offer(offer, OfferEnd::AgentGone, out)
        {
            self.remember(agent, offer.caller);
        }
        self.change(agent, deed, out);
        if next == State::SignedOut && state != State::SignedOut {
            let asked_for_him =
                |caller: &Caller| caller.is_open() && caller.prefer.is_some_and(|(one, _)| one == agent);
            for caller in self.in_order(asked_for_him) {
                self.pass_stages(caller, out);
            }
        }
        Ok(())
    }

    pub(super) fn change(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) {
        let now = self.now;
        let record = &mut self.agents[agent.index()];
        let Ok(next) = step(now, record.state, deed) else { return };
        let last = std::mem::replace(&mut record.state, next);
        if last.ends_handling(next)
            && let Some((group, since)) = record.handles.take()
        {
            self.estimates[group.index()].handled(now.since(since));
        }
        if let (State::Talking { .. }, State::WrapUp { until, .. }) = (last, next) {
            record.wrap_up_latest = match record.handles {
                Some((group, _)) => until.max(now + self.plan.groups[group.index()].wrap_up_max),
                None => record.wrap_up_latest.max(until),
            };
        }
        let busy = |state: State| {
            matches!(state, State::Offered { .. } | State::Talking { .. } | State::WrapUp { .. })
        };
        if !busy(last) && busy(next) {
            record.busy = Some(now);
        }
        if busy(last)
            && !busy(next)
            && let Some(since) = record.busy.take()
        {
            record.occupancy.add(since, now);
            record.standing.occupancy = record.occupancy.rank();
        }
        if last == State::SignedOut {
            (record.standing.calls, record.no_answers) = (0, 0);
        }
        if last.until() != next.until() {
            self.unset(Due::Over(agent));
            if let Some(until) = next.until() {
                self.timers.push((until, Due::Over(agent)));
            }
        }
        out.push(Output::Agent { agent, state: next.shown() });
    }

    pub(super) fn extend_wrap_up(
        &mut self,
        agent: AgentRef,
        by: Duration,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let record = self.agents.get(agent.index()).ok_or(NO_AGENT)?;
        let State::WrapUp { until, .. } = record.state else { return Err("the agent is not in wrap-up") };
        let longer = (until + by).min(record.wrap_up_latest);
        if longer <= until {
            return Err("the wrap-up is as long as the group allows");
        }
        self.change(agent, Deed::Extend(longer), out);
        Ok(())
    }

    // ── Offers ───────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn offer(&mut self, caller: CallerRef, agent: AgentRef, out: &mut Vec<Output>) {
        let offer = self.offers.insert(Offer { caller, agent });
        let Some(waiting) = self.caller_mut(caller) else { return };
        waiting.offers.insert(0, offer);
        let group = waiting.group;
        let plan = &self.plan.groups[group.index()];
        let (ring, by_phone) = (plan.ring, plan.auto_answer);
        let answer = if by_phone { Answer::ByPhone } else { Answer::ByAgent };
        self.timers.push((self.now + ring, Due::RingOut(offer)));
        let because = Because::FirstInOrder { among: 0, passed: 0 };
        out.push(Output::Offer { offer, caller, agent, group, ring, answer, because });
        self.change(agent, Deed::Offer(offer), out);
        self.offered += 1;
        self.agents[agent.index()].standing.last_offer = self.offered;
    }

    pub(super) fn accept(&mut self, offer: OfferRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, OfferEnd::Accepted, out).ok_or(OVER)?;
        self.withdraw(caller, OfferEnd::TakenElsewhere, out);
        let Some(waiting) = self.caller(caller) else { return Ok(()) };
        let (group, calls_back) = (waiting.group, waiting.phase == Phase::InTurn);
        self.change(agent, Deed::Accept(self.plan.groups[group.index()].wrap_up), out);
        let record = &mut self.agents[agent.index()];
        record.handles = Some((group, self.now));
        record.standing.calls += 1;
        record.no_answers = 0;
        if calls_back {
            self.dial(caller, Phase::WithAgent(agent), out);
        } else {
            self.served(caller, agent, out);
        }
        Ok(())
    }

    pub(super) fn served(&mut self, caller: CallerRef, agent: AgentRef, out: &mut Vec<Output>) {
        let Some(waiting) = self.caller(caller).cloned() else { return };
        let (group, since) = (waiting.group, waiting.since);
        if waiting.callback.is_none() {
            let left = self.line(group).len() - 1;
            self.estimates[group.index()].served(self.now, self.now.since(since), left);
        }
        self.take_out(caller);
        if let Some(party) = waiting.party
            && self.plan.groups[group.index()].sticky.is_some()
        {
            self.last_agents.remember(party, agent);
        }
        out.push(Output::Served { caller, agent, group, since });
        if waiting.callback.is_some() {
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::Reached });
        }
    }

    pub(super) fn decline(
        &mut self,
        offer: OfferRef,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let then = then.map_or(Refused::Ready, Refused::NotReady);
        self.refuse(offer, OfferEnd::Declined, then, None, out)
    }

    pub(super) fn ring_out(&mut self, offer: OfferRef, out: &mut Vec<Output>) {
        let Some(Offer { caller, agent }) = self.offers.get(offer).copied() else { return };
        let Some(group) = self.caller(caller).map(|caller| caller.group) else { return };
        let record = &mut self.agents[agent.index()];
        record.no_answers = record.no_answers.saturating_add(1);
        let in_a_row = record.no_answers;
        let grades = &self.plan.groups[group.index()].no_answer;
        let grade = grades.get(in_a_row as usize - 1).or(grades.last()).copied();
        let Grade { then, tell } = grade.unwrap_or(Grade { then: NoAnswer::Skip, tell: false });
        let then = match then {
            NoAnswer::Skip => Refused::Ready,
            NoAnswer::CoolDown(span) => Refused::Pause(Reason::RingNoAnswer, self.now + span),
            NoAnswer::NotReady => Refused::NotReady(Reason::RingNoAnswer),
        };
        let alert = tell.then_some(Alert::RingNoAnswer { agent, in_a_row });
        let _ = self.refuse(offer, OfferEnd::RangOut, then, alert, out);
    }

    fn refuse(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        mut then: Refused,
        alert: Option<Alert>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, end, out).ok_or(OVER)?;
        self.remember(agent, caller);
        if then.is_soon(self.now) && self.agents[agent.index()].refusals.cooling() >= REFUSALS_MAX {
            let rang_out = end == OfferEnd::RangOut;
            then = Refused::NotReady(if rang_out { Reason::RingNoAnswer } else { Reason::Declined });
        }
        self.change(agent, Deed::Refuse(then), out);
        out.extend(alert.map(Output::Alert));
        Ok(())
    }

    pub(super) fn withdraw(&mut self, caller: CallerRef, end: OfferEnd, out: &mut Vec<Output>) {
        while let Some(offer) = self.caller(caller).and_then(|waiting| waiting.offers.first().copied()) {
            if let Some(Offer { agent, .. }) = self.end_offer(offer, end, out) {
                self.change(agent, Deed::Withdraw, out);
            }
        }
    }

    pub(super) fn end_offer(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        out: &mut Vec<Output>,
    ) -> Option<Offer> {
        let ended = self.offers.remove(offer)?;
        self.unset(Due::RingOut(offer));
        if let Some(waiting) = self.caller_mut(ended.caller) {
            waiting.offers.retain(|held| *held != offer);
        }
        out.push(Output::OfferEnded { offer, caller: ended.caller, agent: ended.agent, end });
        Some(ended)
    }

    fn remember(&mut self, agent: AgentRef, caller: CallerRef) {
        self.agents[agent.index()].refusals.remember(self.now, caller);
        self.set_cool_down(agent);
    }

    pub(super) fn set_cool_down(&mut self, agent: AgentRef) {
        self.unset(Due::CoolDown(agent));
        if let Some(at) = self.agents[agent.index()].refusals.next_deadline() {
            self.timers.push((at, Due::CoolDown(agent)));
        }
    }
}
