//! Picking: an agent takes a call that is not offered to him (代接).
//!
//! ```text
//!   pick_for(agent, at B)  ─▶ the caller who rings at B
//!   pick_for(agent, any)   ─▶ of those ringing whom he may take, the first in order of service;
//!                             nobody rings and he is not ready: of those who wait
//!
//!   Pick{agent, caller} ─▶ may he? ─▶ TakenElsewhere for all at whom it rings (idle time kept) ─▶ Talking ─▶ Served
//! ```
//!
//! He may who does the work of the caller's line, however well, and can do what else the caller needs; an emergency may
//! be taken by whoever does the work. Stages, sites and the agent whom a caller should get do not bind him: he reaches
//! for the call himself. Only a caller on the phone can be picked: one who is called back belongs to whoever is asked.
//!
//! There is no moment between reserved and accepted, so that two who pick the same call cannot both have it.
//!
//! Never knows: which phone he picks with.

use crate::agent::{Deed, State, step};
use crate::caller::{Caller, NOWHERE, Phase, Spot};
use crate::distributor::{Distributor, NO_AGENT};
use crate::{Abilities, GroupRef};
use crate::{AgentPlan, AgentRef, CallerRef, OfferEnd, Output, Priority};
use std::time::Duration;

pub(crate) const NOT_HERE: &str = "the caller is not on the phone";
pub(crate) const NOT_HIS_WORK: &str = "the agent does not do the work of that caller's group";
pub(crate) const NOT_ABLE: &str = "the agent cannot do what that caller needs";
pub(crate) const NOTHING_RINGS: &str = "no call rings that the agent may take";
pub(crate) const NOTHING_THERE: &str = "no call rings at that agent";
const NOT_IN_WRAP_UP: &str = "the agent is not in wrap-up";

/// Whether an agent may reach for a caller of that line.
pub(crate) fn may_take(
    agent: &AgentPlan,
    group: GroupRef,
    requires: Abilities,
    priority: Priority,
) -> Result<(), &'static str> {
    if !agent.skills.iter().any(|(skill, _)| *skill == group) {
        return Err(NOT_HIS_WORK);
    }
    if priority != Priority::EMERGENCY && !agent.abilities.include(requires) {
        return Err(NOT_ABLE);
    }
    Ok(())
}

impl Distributor {
    /// The caller whom an agent gets who picks a call: the one who rings at `at`, or the first that he may take.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pick_for(&self, agent: AgentRef, at: Option<AgentRef>) -> Result<CallerRef, &'static str> {
        let record = self.agents.get(agent.index()).ok_or(NO_AGENT)?;
        step(self.now, record.state, Deed::Pick(Duration::ZERO))?;
        if let Some(at) = at {
            let State::Offered { offer, .. } = self.agents.get(at.index()).ok_or(NO_AGENT)?.state else {
                return Err(NOTHING_THERE);
            };
            let caller = self.offers.get(offer).and_then(|offer| self.callers.get(offer.spot));
            let caller = caller.map(|caller| caller.caller).ok_or(NOTHING_THERE)?;
            return self.may_pick(agent, caller).map(|_| caller);
        }
        let first = |wanted: fn(&Caller) -> bool| {
            let all = self.callers.iter().map(|(_, caller)| caller).filter(|caller| wanted(caller));
            let may = all.filter(|caller| self.may_pick(agent, caller.caller).is_ok());
            may.min_by_key(|caller| caller.place).map(|caller| caller.caller)
        };
        let waiting = || first(|caller| caller.offer.is_none()).filter(|_| !record.is_ready());
        first(|caller| caller.offer.is_some()).or_else(waiting).ok_or(NOTHING_RINGS)
    }

    /// Where a caller stands whom an agent may pick, his own state aside.
    fn may_pick(&self, agent: AgentRef, caller: CallerRef) -> Result<Spot, &'static str> {
        let record = self.agents.get(agent.index()).ok_or(NO_AGENT)?;
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let waiting = self.callers.get(spot).ok_or(NOWHERE)?;
        if waiting.phase != Phase::Present {
            return Err(NOT_HERE);
        }
        may_take(&record.plan, waiting.group, waiting.requires, waiting.priority).map(|()| spot)
    }

    /// An agent takes a caller who is not offered to him.
    pub(crate) fn pick(
        &mut self,
        agent: AgentRef,
        caller: CallerRef,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let spot = self.may_pick(agent, caller)?;
        let group = self.callers.get(spot).ok_or(NOWHERE)?.group;
        let deed = Deed::Pick(self.groups[group.index()].plan.wrap_up);
        step(self.now, self.agents[agent.index()].state, deed)?;
        let freed = self.withdraw(spot, OfferEnd::TakenElsewhere, out);
        self.change(agent, deed, out);
        let record = &mut self.agents[agent.index()];
        record.handles = Some((group, self.now));
        record.standing.calls += 1;
        record.no_answers = 0;
        self.served(spot, agent, out);
        self.settle(None, freed, out);
        Ok(())
    }

    /// An agent's wrap-up is over, and nothing else of his changes: what he asked for in it comes now.
    pub(crate) fn end_wrap_up(&mut self, agent: AgentRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        match self.agents.get(agent.index()).ok_or(NO_AGENT)?.state {
            State::WrapUp { .. } => self.request(agent, Deed::Over, out),
            State::SignedOut => Err("the agent is not signed in"),
            _ => Err(NOT_IN_WRAP_UP),
        }
    }

    /// The group whose work an agent does best; of several, the first of the plan. His calls to others count as its.
    #[must_use]
    pub fn group_of(&self, agent: AgentRef) -> Option<GroupRef> {
        let skills = &self.agents.get(agent.index())?.plan.skills;
        skills
            .iter()
            .max_by_key(|(group, level)| (*level, std::cmp::Reverse(*group)))
            .map(|(group, _)| *group)
    }
}
