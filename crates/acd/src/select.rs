//! Selection: which agent for a caller, which caller for an agent, and the step that settles both.
//!
//! ```text
//!   agent_for(caller)   over the groups that may serve him: the longest idle agent
//!                       (equally long: higher level; then earlier in the plan)
//!   caller_for(agent)   over his groups, and the lines that overflowed to them: highest priority,
//!                       then oldest clock, then order of joining
//!
//!   settle ─▶ whoever became free in this step is matched now, or listed where the others look
//! ```
//!
//! Both look at the heads of the groups' indexes only, past those who refused each other a moment ago
//! ([`refusal`](crate::refusal)). Work-conserving: every step ends in a settlement, so at its end no ready agent is
//! left beside an open caller whom he may take. Therefore whoever becomes free has nobody before him on his
//! own side, and looking at the other side is enough.
//!
//! Never knows: why somebody became free.

use crate::caller::Spot;
use crate::distributor::Distributor;
use crate::group::Idle;
use crate::line::Place;
use crate::refusal::Memory;
use crate::{AgentRef, Output, Turned};

impl Distributor {
    /// Matches those who became free in this step: a caller who is not listed, an agent who is ready and not
    /// listed. When both have found somebody, the offer to the caller who stands first goes out first.
    pub(crate) fn settle(&mut self, caller: Option<Spot>, agent: Option<AgentRef>, out: &mut Vec<Output>) {
        // A pair that frees each other has just refused, so neither search can find the other's finder.
        let agent = agent.filter(|agent| self.agents[agent.index()].is_ready());
        let for_caller = caller.and_then(|caller| self.agent_for(caller));
        let for_agent = agent.and_then(|agent| self.caller_for(agent));
        let own_place = caller.and_then(|caller| self.callers.get(caller)).map(|caller| caller.place);

        let mut agent_waits = true;
        if let (Some(agent), Some(other)) = (agent, for_agent)
            && own_place.is_none_or(|own| other < own)
        {
            self.offer(other.spot, agent, out);
            agent_waits = false;
        }
        match (caller, for_caller) {
            (Some(caller), Some(agent)) => self.offer(caller, agent, out),
            (Some(caller), None) => self.list_caller(caller),
            _ => {}
        }
        match (agent, for_agent) {
            (Some(agent), Some(other)) if agent_waits => self.offer(other.spot, agent, out),
            (Some(agent), None) => self.list_agent(agent),
            _ => {}
        }

        let overdue = caller.filter(|spot| {
            self.callers.get(*spot).is_some_and(|caller| caller.overdue && caller.offer.is_none())
        });
        if let Some(spot) = overdue {
            self.turn_away(spot, Turned::WaitedTooLong, out);
        }
    }

    /// The agent for a caller: longest idle of those who have not refused him; else of those who have, but not
    /// just now.
    pub(crate) fn agent_for(&self, spot: Spot) -> Option<AgentRef> {
        let caller = self.callers.get(spot)?;
        let (mut best, mut second): (Option<Idle>, Option<Idle>) = (None, None);
        let sooner = |idle: Idle, than: Option<Idle>| than.is_none_or(|than| idle < than);
        for stage in 0..=caller.stages {
            for idle in self.groups[self.serves(caller.group, stage).index()].idle.iter() {
                match self.agents[idle.agent.index()].refusals.of(caller.caller) {
                    Memory::Nothing => {
                        if sooner(idle, best) {
                            best = Some(idle);
                        }
                        break;
                    }
                    Memory::Refused if sooner(idle, second) => second = Some(idle),
                    Memory::Refused | Memory::Cooling => {}
                }
            }
        }
        best.or(second).map(|idle| idle.agent)
    }

    /// The caller for an agent: first in order over all lines that he may serve, but for those whom he refused
    /// just now ([`REFUSALS_MAX`](crate::refusal::REFUSALS_MAX) bounds how many that can be).
    pub(crate) fn caller_for(&self, agent: AgentRef) -> Option<Place> {
        let agent = &self.agents[agent.index()];
        let cooling = agent.refusals.cooling() > 0;
        let may_take = |place: &Place| {
            let memory = || self.callers.get(place.spot).map(|caller| agent.refusals.of(caller.caller));
            !cooling || memory() != Some(Memory::Cooling)
        };
        let heads = agent
            .plan
            .skills
            .iter()
            .filter_map(|(group, _)| self.groups[group.index()].open.iter().find(may_take));
        heads.min()
    }
}
