//! The ringing side: offers, and what agents do.
//!
//! Never knows: who waits behind whom.

use super::{Agent, Due, Naive, Offer, Phase};
use crate::agent::{Deed, Refused, State, step};
use crate::input::Reason;
use crate::output::{Alert, Answer, Because};
use crate::plan::NoAnswer;
use crate::refusal::{REFUSALS_MAX, Refusals};
use crate::{AgentRef, CallbackEnd, CallerRef, GroupRef, OfferEnd, OfferRef, Output, SkillLevel};
use base::Timestamp;
use std::time::Duration;

const OVER: &str = "the offer is over";
const NO_AGENT: &str = "there is no such agent";

impl Agent {
    pub(super) fn signed_out() -> Self {
        Self {
            state: State::SignedOut,
            standing: crate::pool::Standing::default(),
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
    pub(super) fn is_signed_in(&self, agent: AgentRef) -> bool {
        self.agents[agent.index()].state != State::SignedOut
    }

    /// Agents of a group who are signed in.
    pub(super) fn signed_in(&self, group: GroupRef) -> u32 {
        let serves = |at: &usize| self.plan.agents[*at].skills.iter().any(|(skill, _)| *skill == group);
        let agents = (0..self.agents.len()).filter(serves);
        agents.filter(|at| self.is_signed_in(AgentRef::at(*at))).count() as u32
    }

    fn no_room_for_a_break(&self) -> bool {
        let breaks = self.agents.iter().filter(|agent| agent.state.is_break()).count();
        self.plan.breaks_max.is_some_and(|most| breaks >= most as usize)
    }

    // ── Offers ───────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn offer(
        &mut self,
        caller: CallerRef,
        agent: AgentRef,
        because: Because,
        out: &mut Vec<Output>,
    ) {
        let offer = self.offers.insert(Offer { caller, agent });
        let Some(waiting) = self.caller_mut(caller) else { return };
        waiting.offers.push(offer);
        let group = waiting.group;
        let plan = &self.plan.groups[group.index()];
        let (ring, auto) = (plan.ring, plan.auto_answer);
        let answer = if auto { Answer::ByPhone } else { Answer::ByAgent };
        self.set(self.now + ring, Due::RingOut(offer));
        out.push(Output::Offer { offer, caller, agent, group, ring, answer, because });
        self.change(agent, Deed::Offer(offer), out);
        self.offered += 1;
        self.agents[agent.index()].standing.last_offer = self.offered;
    }

    pub(super) fn accept(&mut self, offer: OfferRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, OfferEnd::Accepted, out).ok_or(OVER)?;
        self.withdraw(caller, OfferEnd::TakenElsewhere, out);
        let waiting = self.caller(caller).ok_or(OVER)?;
        let (group, called_back) = (waiting.group, waiting.phase == Phase::InTurn);
        self.change(agent, Deed::Accept(self.plan.groups[group.index()].wrap_up), out);
        let record = &mut self.agents[agent.index()];
        record.handles = Some((group, self.now));
        record.standing.calls += 1;
        record.no_answers = 0;
        if called_back {
            self.dial(caller, Phase::WithAgent(agent), out);
        } else {
            self.served(caller, agent, out);
        }
        Ok(())
    }

    pub(super) fn served(&mut self, caller: CallerRef, agent: AgentRef, out: &mut Vec<Output>) {
        let Some(waiting) = self.caller(caller).cloned() else { return };
        let (group, since) = (waiting.group, waiting.since);
        let left = self.in_line(group).len() - 1;
        if waiting.callback.is_none() {
            self.lines[group.index()].estimate.served(self.now, self.now.since(since), left);
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
        if let Some(party) = waiting.party {
            self.got_through(party, out);
        }
    }

    pub(super) fn decline(
        &mut self,
        offer: OfferRef,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        // Declining must always work; a break for which there is no room does not begin by it.
        let full = self.no_room_for_a_break();
        let then = then.map(|reason| if reason.is_break() && full { Reason::Declined } else { reason });
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
        let grade = grades.get(in_a_row as usize - 1).or(grades.last());
        let then = match grade.map(|grade| grade.then) {
            None | Some(NoAnswer::Skip) => Refused::Ready,
            Some(NoAnswer::CoolDown(span)) => Refused::Pause(Reason::RingNoAnswer, self.now + span),
            Some(NoAnswer::NotReady) => Refused::NotReady(Reason::RingNoAnswer),
        };
        let tell = grade.is_some_and(|grade| grade.tell);
        let alert = tell.then_some(Alert::RingNoAnswer { agent, in_a_row });
        let _ = self.refuse(offer, OfferEnd::RangOut, then, alert, out);
    }

    fn refuse(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        then: Refused,
        alert: Option<Alert>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Offer { caller, agent } = self.end_offer(offer, end, out).ok_or(OVER)?;
        self.remember(agent, caller);
        let mut then = then;
        if then.is_soon(self.now) && self.agents[agent.index()].refusals.cooling() >= REFUSALS_MAX {
            let rang_out = end == OfferEnd::RangOut;
            then = Refused::NotReady(if rang_out { Reason::RingNoAnswer } else { Reason::Declined });
        }
        self.change(agent, Deed::Refuse(then), out);
        out.extend(alert.map(Output::Alert));
        self.look_on(caller);
        Ok(())
    }

    /// Every offer of a caller ends on his side.
    pub(super) fn withdraw(&mut self, caller: CallerRef, end: OfferEnd, out: &mut Vec<Output>) {
        let offers = self.caller(caller).map(|caller| caller.offers.clone()).unwrap_or_default();
        // Who was rung last is let go first.
        for offer in offers.into_iter().rev() {
            if let Some(Offer { agent, .. }) = self.end_offer(offer, end, out) {
                self.change(agent, Deed::Withdraw, out);
            }
        }
    }

    fn end_offer(&mut self, offer: OfferRef, end: OfferEnd, out: &mut Vec<Output>) -> Option<Offer> {
        let ended = self.offers.remove(offer)?;
        self.unset(Due::RingOut(offer));
        if let Some(waiting) = self.caller_mut(ended.caller) {
            waiting.offers.retain(|open| *open != offer);
        }
        out.push(Output::OfferEnded { offer, caller: ended.caller, agent: ended.agent, end });
        Some(ended)
    }

    /// A caller whose last offer has ended looks for the next agent.
    fn look_on(&mut self, caller: CallerRef) {
        if self.caller(caller).is_some_and(super::Caller::is_open) {
            self.asked = true;
        }
    }

    // ── Agents ───────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn takes(
        &mut self,
        agent: AgentRef,
        group: GroupRef,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let wrap_up = self.plan.groups.get(group.index()).ok_or(crate::caller::NO_GROUP)?.wrap_up;
        self.request(agent, Deed::Takes(wrap_up), out)?;
        self.agents[agent.index()].handles = Some((group, self.now));
        Ok(())
    }

    pub(super) fn request(
        &mut self,
        agent: AgentRef,
        deed: Deed,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let state = self.agents.get(agent.index()).ok_or(NO_AGENT)?.state;
        let next = step(self.now, state, deed)?;
        if next.is_break() && !state.is_break() && self.no_room_for_a_break() {
            return Err("as many agents are on a break as may be at once");
        }
        if let State::Offered { offer, .. } = state
            && let Some(Offer { caller, .. }) = self.end_offer(offer, OfferEnd::AgentGone, out)
        {
            self.remember(agent, caller);
            self.look_on(caller);
        }
        self.change(agent, deed, out);
        if next == State::SignedOut {
            // Whoever asked for him alone may be offered to others.
            let his = self.in_order(|caller| caller.prefer.is_some_and(|(asked, _)| asked == agent));
            for caller in his {
                self.pass_stages(caller, out);
                self.asked = true;
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
            self.lines[group.index()].estimate.handled(now.since(since));
        }
        if let (State::Talking { .. }, State::WrapUp { until, .. }) = (last, next) {
            // The longest wrap-up counts from the end of the group's call.
            record.wrap_up_latest = match record.handles {
                Some((group, _)) => until.max(now + self.plan.groups[group.index()].wrap_up_max),
                None => until.max(record.wrap_up_latest),
            };
        }
        let busy =
            |state| matches!(state, State::Offered { .. } | State::Talking { .. } | State::WrapUp { .. });
        if busy(next) {
            record.busy = record.busy.or(Some(now));
        } else if let Some(since) = record.busy.take() {
            record.occupancy.add(since, now);
            record.standing.occupancy = record.occupancy.rank();
        }
        if last == State::SignedOut {
            (record.standing.calls, record.no_answers) = (0, 0);
        }
        if matches!(next, State::Ready { .. }) {
            self.freed.push(agent);
        }
        if last.until() != next.until() {
            self.unset(Due::Over(agent));
            if let Some(until) = next.until() {
                self.set(until, Due::Over(agent));
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
        let longer = record.wrap_up_latest.min(until + by);
        if longer <= until {
            return Err("the wrap-up is as long as the group allows");
        }
        self.change(agent, Deed::Extend(longer), out);
        Ok(())
    }

    pub(super) fn set_skill(
        &mut self,
        agent: AgentRef,
        group: GroupRef,
        level: Option<SkillLevel>,
    ) -> Result<(), &'static str> {
        let plan = self.plan.agents.get_mut(agent.index()).ok_or(NO_AGENT)?;
        self.plan.groups.get(group.index()).ok_or(crate::caller::NO_GROUP)?;
        if level.is_some_and(|level| level.0 < 1 || level.0 > 10) {
            return Err("a level is 1 to 10");
        }
        plan.skills.retain(|(skill, _)| *skill != group);
        plan.skills.extend(level.map(|level| (group, level)));
        self.looks(agent);
        Ok(())
    }

    fn remember(&mut self, agent: AgentRef, caller: CallerRef) {
        self.agents[agent.index()].refusals.remember(self.now, caller);
        self.set_cool_down(agent);
    }

    pub(super) fn cool(&mut self, agent: AgentRef) {
        self.agents[agent.index()].refusals.cool(self.now);
        self.set_cool_down(agent);
        self.looks(agent);
    }

    fn looks(&mut self, agent: AgentRef) {
        if matches!(self.agents[agent.index()].state, State::Ready { .. }) {
            self.freed.push(agent);
        }
    }

    fn set_cool_down(&mut self, agent: AgentRef) {
        self.unset(Due::CoolDown(agent));
        if let Some(at) = self.agents[agent.index()].refusals.next_deadline() {
            self.set(at, Due::CoolDown(agent));
        }
    }
}
