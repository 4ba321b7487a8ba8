//! Offers: one call shown to one agent, until accepted, declined, rung out or withdrawn.
//!
//! ```text
//!   select ──best agent──▶ Offer ──accept───▶ Served           (agent: Talking)
//!                            ├──decline──▶ next best agent     (agent: as the decline says)
//!                            ├──ring-out─▶ next best agent     (agent: NotReady, RingNoAnswer, if the group says so)
//!                            ├──agent gone▶ next best agent    (agent: as he asked)
//!                            └──caller gone▶ withdrawn         (agent: Ready, idle time kept; next caller)
//! ```
//!
//! The agent is reserved in the same step that creates the offer, so no agent can hold two. The caller keeps his
//! place in the line and his clock until the bridge stands. Ring time and wrap-up are those of the line he
//! waits in, whichever of his groups the agent serves him through.
//!
//! Never knows: SIP, sockets, prompts, who is asking.

use crate::agent::Deed;
use crate::caller::Spot;
use crate::distributor::{Distributor, Due};
use crate::input::Reason;
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
}

impl Distributor {
    /// Shows a caller to a ready agent.
    pub(crate) fn offer(&mut self, spot: Spot, agent: AgentRef, out: &mut Vec<Output>) {
        self.unlist_caller(spot);
        let Some(waiting) = self.callers.get_mut(spot) else { return };
        let offer = self.offers.insert(Offer { spot, agent, timer: None });
        waiting.offer = Some(offer);
        let (caller, group) = (waiting.caller, waiting.group);
        let line = &mut self.groups[group.index()];
        line.line.ringing += 1;
        let ring = line.plan.ring;
        let timer = self.timers.schedule(self.now + ring, Due::RingOut(offer));
        if let Some(offer) = self.offers.get_mut(offer) {
            offer.timer = Some(timer);
        }
        out.push(Output::Offer { offer, caller, agent, group, ring });
        self.change(agent, Deed::Offer(offer), out);
    }

    /// The bridge stands: the caller leaves the line.
    pub(crate) fn accept(&mut self, offer: OfferRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Offer { spot, agent, .. } = self.end_offer(offer, OfferEnd::Accepted, out).ok_or(OVER)?;
        let Some(caller) = self.take_out(spot) else { return Ok(()) };
        let wrap_up = self.groups[caller.group.index()].plan.wrap_up;
        self.change(agent, Deed::Accept(wrap_up), out);
        self.agents[agent.index()].handles = Some((caller.group, self.now));
        let (caller, group, since) = (caller.caller, caller.group, caller.place.since);
        out.push(Output::Served { caller, agent, group, since });
        Ok(())
    }

    /// The agent's phone refused.
    pub(crate) fn decline(
        &mut self,
        offer: OfferRef,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        self.refuse(offer, OfferEnd::Declined, then, out)
    }

    /// The agent's phone rang out.
    pub(crate) fn ring_out(&mut self, offer: OfferRef, out: &mut Vec<Output>) {
        let group = self.offers.get(offer).and_then(|offer| self.callers.get(offer.spot)).map(|c| c.group);
        let not_ready = group.is_some_and(|group| self.groups[group.index()].plan.ring_no_answer_not_ready);
        let then = not_ready.then_some(Reason::RingNoAnswer);
        // The deadline belongs to a live offer; it is cancelled with it.
        let _ = self.refuse(offer, OfferEnd::RangOut, then, out);
    }

    /// An offer ended at the phone: the agent becomes what that makes of him, both look on at once.
    fn refuse(
        &mut self,
        offer: OfferRef,
        end: OfferEnd,
        then: Option<Reason>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Offer { spot, agent, .. } = self.end_offer(offer, end, out).ok_or(OVER)?;
        self.remember_refusal(agent, spot);
        let too_often = self.agents[agent.index()].refusals.cooling() >= REFUSALS_MAX;
        let by_itself = if end == OfferEnd::RangOut { Reason::RingNoAnswer } else { Reason::Declined };
        self.change(agent, Deed::Refuse(then.or(too_often.then_some(by_itself))), out);
        self.settle(Some(spot), Some(agent), out);
        Ok(())
    }

    /// The caller goes away from a ringing agent, if there is one; returns the agent whom that frees.
    pub(crate) fn withdraw(&mut self, spot: Spot, out: &mut Vec<Output>) -> Option<AgentRef> {
        let offer = self.callers.get(spot)?.offer?;
        let Offer { agent, .. } = self.end_offer(offer, OfferEnd::CallerGone, out)?;
        self.change(agent, Deed::Withdraw, out);
        Some(agent)
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
        if let Some(waiting) = self.callers.get_mut(ended.spot) {
            waiting.offer = None;
            self.groups[waiting.group.index()].line.ringing -= 1;
            out.push(Output::OfferEnded { offer, caller: waiting.caller, agent: ended.agent, end });
        }
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
