//! Picking a call.
//!
//! Never knows: who waits behind whom.

use super::{Caller, Naive, Phase};
use crate::agent::{Deed, State, step};
use crate::caller::NOWHERE;
use crate::pick::{NOT_HERE, NOTHING_RINGS, NOTHING_THERE, may_take};
use crate::{AgentRef, CallerRef, OfferEnd, Output};
use std::time::Duration;

const NO_AGENT: &str = "there is no such agent";

impl Naive {
    /// As [`Distributor::pick_for`](crate::Distributor::pick_for).
    ///
    /// # Errors
    /// Why there is none.
    pub fn pick_for(&self, agent: AgentRef, at: Option<AgentRef>) -> Result<CallerRef, &'static str> {
        let state = self.agents.get(agent.index()).ok_or(NO_AGENT)?.state;
        step(self.now, state, Deed::Pick(Duration::ZERO))?;
        if let Some(at) = at {
            let there = self.agents.get(at.index()).ok_or(NO_AGENT)?.state;
            let rings = |caller: &&Caller| matches!(there, State::Offered { offer, .. } if caller.offers.contains(&offer));
            let caller = self.callers.iter().find(rings).ok_or(NOTHING_THERE)?.caller;
            return self.may_pick(agent, caller).map(|()| caller);
        }
        let may = |caller: &CallerRef| self.may_pick(agent, *caller).is_ok();
        let ringing = self.in_order(|caller| !caller.offers.is_empty()).into_iter().find(may);
        let ready = matches!(state, State::Ready { .. });
        let waiting = || self.in_order(|caller| caller.offers.is_empty()).into_iter().find(may);
        ringing.or_else(|| if ready { None } else { waiting() }).ok_or(NOTHING_RINGS)
    }

    fn may_pick(&self, agent: AgentRef, caller: CallerRef) -> Result<(), &'static str> {
        let plan = self.plan.agents.get(agent.index()).ok_or(NO_AGENT)?;
        let waiting = self.caller(caller).ok_or(NOWHERE)?;
        if waiting.phase != Phase::Present {
            return Err(NOT_HERE);
        }
        may_take(plan, waiting.group, waiting.requires, waiting.priority)
    }

    pub(super) fn pick(
        &mut self,
        agent: AgentRef,
        caller: CallerRef,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        self.may_pick(agent, caller)?;
        let group = self.caller(caller).ok_or(NOWHERE)?.group;
        let deed = Deed::Pick(self.plan.groups[group.index()].wrap_up);
        step(self.now, self.agents[agent.index()].state, deed)?;
        self.withdraw(caller, OfferEnd::TakenElsewhere, out);
        self.change(agent, deed, out);
        let record = &mut self.agents[agent.index()];
        record.handles = Some((group, self.now));
        record.standing.calls += 1;
        record.no_answers = 0;
        self.served(caller, agent, out);
        Ok(())
    }

    pub(super) fn end_wrap_up(&mut self, agent: AgentRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        match self.agents.get(agent.index()).ok_or(NO_AGENT)?.state {
            State::WrapUp { .. } => self.request(agent, Deed::Over, out),
            State::SignedOut => Err("the agent is not signed in"),
            _ => Err("the agent is not in wrap-up"),
        }
    }
}
