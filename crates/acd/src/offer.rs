//! Offers: one call shown to one agent, until accepted, declined, rung out or withdrawn.
//!
//! ```text
//!   select ──best agent──▶ Offer ──accept───▶ Served           (agent: Talking; others rung: TakenElsewhere)
//!                            ├──decline──▶ next best agent     (agent: as the decline says)
//!                            ├──ring-out─▶ next best agent     (agent: as the group's grades say)
//!                            ├──agent gone▶ next best agent    (agent: as he asked)
//!                            └──caller gone▶ withdrawn         (agent: Ready, idle time kept; next caller)
//! ```
//!
//! The agent is reserved in the same step that creates the offer, so no agent can hold two. The caller keeps his
//! place in the line and his clock until the bridge stands. Ring time and wrap-up are those of the line he
//! waits in, whichever of his groups the agent serves him through.
//!
//! A group may ring several agents at once. The first who takes the caller has him, and the others are withdrawn in
//! that step, their idle time kept. While one of them rings nobody further is rung; when the last one has refused,
//! the caller looks on.
//!
//! Never knows: SIP, sockets, prompts, who is asking.

use crate::agent::{Deed, Refused};
use crate::callback;
use crate::caller::{Phase, Spot};
use crate::distributor::{Distributor, Due};
use crate::input::Reason;
use crate::output::{Alert, Answer, Because};
use crate::plan::{Grade, NoAnswer};
use crate::refusal::REFUSALS_MAX;
use crate::{AgentRef, OfferEnd, OfferRef, Output};
use base::TimerRef;

/// One call shown to one agent.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) spot: Spot,
    pub(crate) agent: AgentRef,
    /// When it rings out; `None` only while the offer is being made.
    pub(crate) timer: Option<TimerRef>,
    /// The caller's offer before this one, when several agents are rung at once.
    pub(crate) next: Option<OfferRef>,
}

impl Distributor {
    /// Shows a caller to a ready agent.
    pub(crate) fn offer(&mut self, spot: Spot, agent: AgentRef, because: Because, out: &mut Vec<Output>) {
        self.unlist_caller(spot);
        let Some(waiting) = self.callers.get_mut(spot) else { return };
        let next = waiting.offer;
        let offer = self.offers.insert(Offer { spot, agent, timer: None, next });
        waiting.offer = Some(offer);
        let (caller, group) = (waiting.caller, waiting.group);
        let line = &mut self.groups[group.index()];
        line.line.ringing += usize::from(next.is_none());
        let ring = line.plan.ring;
        let answer = if line.plan.auto_answer { Answer::ByPhone } else { Answer::ByAgent };
        let timer = self.timers.schedule(self.now + ring, Due::RingOut(offer));
        if let Some(offer) = self.offers.get_mut(offer) {
            offer.timer = Some(timer);
        }
        out.push(Output::Offer { offer, caller, agent, group, ring, answer, because });
        self.change(agent, Deed::Offer(offer), out);
        self.offered += 1;
        self.agents[agent.index()].standing.last_offer = self.offered;
    }

    /// The bridge stands: the caller leaves the line.
    pub(crate) fn accept(&mut self, offer: OfferRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Offer { spot, agent, .. } = self.end_offer(offer, OfferEnd::Accepted, out).ok_or(OVER)?;
        let freed = self.withdraw(spot, OfferEnd::TakenElsewhere, out);
        let Some(caller) = self.callers.get(spot) else { return Ok(()) };
        let (group, calls_back) = (caller.group, caller.phase == Phase::InTurn);
        let wrap_up = self.groups[group.index()].plan.wrap_up;
        self.change(agent, Deed::Accept(wrap_up), out);
        let record = &mut self.agents[agent.index()];
        record.handles = Some((group, self.now));
        record.standing.calls += 1;
        record.no_answers = 0;
        if calls_back {
            callback::dial_with(self, spot, agent, out);
        } else {
            self.served(spot, agent, out);
        }
        self.settle(None, freed, out);
        Ok(())
    }

    /// A caller talks with an agent: he leaves the line.
    pub(crate) fn served(&mut self, spot: Spot, agent: AgentRef, out: &mut Vec<Output>) {
        let Some(waiting) = self.callers.get(spot) else { return };
        if waiting.callback.is_none() {
            let (since, line) = (waiting.since, &mut self.groups[waiting.group.index()]);
            line.estimate.served(self.now, self.now.since(since), line.line.len() - 1);
        }
        let Some(caller) = self.take_out(spot) else { return };
        let (group, since) = (caller.group, caller.since);
        if let Some(party) = caller.party
            && self.groups[group.index()].plan.sticky.is_some()
        {
            self.last_agents.remember(party, agent);
        }
        out.push(Output::Served { caller: caller.caller, agent, group, since });
        if caller.callback.is_some() {
            let end = crate::CallbackEnd::Reached;
            out.push(Output::CallbackEnded { caller: caller.caller, group, end });
        }
        if let Some(party) = caller.party {
            callback::got_through(self, party, out);
        }
    }

    /// The agent's phone refused.
    pub(crate) fn decline(
        &mut self,
        offer: OfferRef,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        // Declining always works, but a break for which there is no room does not begin by it.
        let full = self.breaks_max.is_some_and(|most| self.on_break >= most);
        let then = then.map(|reason| if reason.is_break() && full { Reason::Declined } else { reason });
        let then = then.map_or(Refused::Ready, Refused::NotReady);
        self.refuse(offer, OfferEnd::Declined, then, None, out)
    }

    /// The agent's phone rang out: what that makes of him depends on how often it did in a row.
    pub(crate) fn ring_out(&mut self, offer: OfferRef, out: &mut Vec<Output>) {
        let Some(rung) = self.offers.get(offer) else { return };
        let Some(caller) = self.callers.get(rung.spot) else { return };
        let agent = &mut self.agents[rung.agent.index()];
        agent.no_answers = agent.no_answers.saturating_add(1);
        let in_a_row = agent.no_answers;
        let grades = &self.groups[caller.group.index()].plan.no_answer;
        let grade = grades.get(in_a_row as usize - 1).or(grades.last());
        let skip = Grade { then: NoAnswer::Skip, tell: false };
        let Grade { then, tell } = grade.copied().unwrap_or(skip);
        let then = match then {
            NoAnswer::Skip => Refused::Ready,
            NoAnswer::CoolDown(span) => Refused::Pause(Reason::RingNoAnswer, self.now + span),
            NoAnswer::NotReady => Refused::NotReady(Reason::RingNoAnswer),
        };
        let alert = tell.then_some(Alert::RingNoAnswer { agent: rung.agent, in_a_row });
        // The deadline belongs to a live offer; it is cancelled with it.
        let _ = self.refuse(offer, OfferEnd::RangOut, then, alert, out);
    }

    /// An offer ended at the phone: the agent becomes what that makes of him, both look on at once.
    fn refuse(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        then: Refused,
        alert: Option<Alert>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Offer { spot, agent, .. } = self.end_offer(offer, end, out).ok_or(OVER)?;
        self.remember_refusal(agent, spot);
        let too_often = self.agents[agent.index()].refusals.cooling() >= REFUSALS_MAX;
        let by_itself = if end == OfferEnd::RangOut { Reason::RingNoAnswer } else { Reason::Declined };
        let then = if then.is_soon(self.now) && too_often { Refused::NotReady(by_itself) } else { then };
        self.change(agent, Deed::Refuse(then), out);
        out.extend(alert.map(Output::Alert));
        let looks_on = self.callers.get(spot).is_some_and(crate::caller::Caller::is_open);
        self.settle(looks_on.then_some(spot), Some(agent), out);
        Ok(())
    }

    /// Every offer of a caller ends on his side. Returns the agent whom that frees; further ones go to `freed`.
    pub(crate) fn withdraw(&mut self, spot: Spot, end: OfferEnd, out: &mut Vec<Output>) -> Option<AgentRef> {
        let mut first = None;
        while let Some(offer) = self.callers.get(spot)?.offer {
            let Offer { agent, .. } = self.end_offer(offer, end, out)?;
            self.change(agent, Deed::Withdraw, out);
            if first.is_none() {
                first = Some(agent);
            } else {
                self.freed.push(agent);
            }
        }
        first
    }

    /// Takes an offer out of store, timers and its caller's record; what becomes of the agent is next.
    pub(crate) fn end_offer(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        out: &mut Vec<Output>,
    ) -> Option<Offer> {
        let ended = self.offers.remove(offer)?;
        if let Some(timer) = ended.timer {
            self.timers.cancel(timer);
        }
        let waiting = self.callers.get_mut(ended.spot)?;
        if waiting.offer == Some(offer) {
            waiting.offer = ended.next;
        } else {
            let mut at = waiting.offer;
            while let Some(held) = at.and_then(|at| self.offers.get_mut(at)) {
                if held.next == Some(offer) {
                    held.next = ended.next;
                    break;
                }
                at = held.next;
            }
        }
        self.groups[waiting.group.index()].line.ringing -= usize::from(waiting.offer.is_none());
        out.push(Output::OfferEnded { offer, caller: waiting.caller, agent: ended.agent, end });
        Some(ended)
    }

    /// The agent's side of a refusal: he remembers the caller, and looks on when the cool-down is over.
    pub(crate) fn remember_refusal(&mut self, agent: AgentRef, spot: Spot) {
        let Some(caller) = self.callers.get(spot).map(|caller| caller.caller) else { return };
        self.agents[agent.index()].refusals.remember(self.now, caller);
        self.set_cool_down(agent);
    }

    /// A cool-down is over: a ready agent looks whether somebody waits for whom he is good enough now.
    pub(crate) fn cool(&mut self, agent: AgentRef, out: &mut Vec<Output>) {
        let now = self.now;
        self.agents[agent.index()].cool_down = None;
        self.agents[agent.index()].refusals.cool(now);
        self.set_cool_down(agent);
        self.unlist_agent(agent);
        self.settle(None, Some(agent), out);
    }

    fn set_cool_down(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        if let Some(timer) = record.cool_down.take() {
            self.timers.cancel(timer);
        }
        let next = record.refusals.next_deadline();
        record.cool_down = next.map(|at| self.timers.schedule(at, Due::CoolDown(agent)));
    }
}

const OVER: &str = "the offer is over";
