//! Selection: which agent for a caller, which caller for an agent, and the step that settles both.
//!
//! ```text
//!   agent_for(caller)   his preferred agent; then stage by stage of his timeline: the first ready agent by the
//!                       group's selection (longest idle, least occupied, round robin, fewest calls, highest level)
//!   caller_for(agent)   over his pools: the first caller in order
//!
//!   settle ─▶ whoever became free in this step is matched now, or listed where the others look
//! ```
//!
//! Both look at the heads of the pools only, past those who refused each other a moment ago
//! ([`refusal`](crate::refusal)). Work-conserving: every step ends in a settlement, so at its end no ready agent is
//! left beside an open caller whom he may take. Therefore whoever becomes free alone has nobody before him on his
//! own side, and looking at the other side is enough. When several become free in one step (phones rung at the
//! same time, a caller and the agent who refused him) callers choose in order of service, as ever.
//!
//! A caller who is to be dialed before he is offered is dialed when an agent is there for him; that agent is not
//! kept waiting.
//!
//! Never knows: why somebody became free.

use crate::callback;
use crate::caller::{ALONE, Caller, Phase, Spot};
use crate::distributor::{Agent, Distributor};
use crate::line::Place;
use crate::output::Because;
use crate::plan::First;
use crate::refusal::Memory;
use crate::{AgentRef, Output, Turned};

impl Distributor {
    /// Matches those who became free in this step: a caller who is open and not listed, an agent who is ready and
    /// not listed, and the agents in `self.freed`.
    pub(crate) fn settle(&mut self, caller: Option<Spot>, agent: Option<AgentRef>, out: &mut Vec<Output>) {
        let one = caller.is_none() && agent.is_none() && self.freed.len() == 1;
        let agent = if one { self.freed.pop() } else { agent };
        if !self.freed.is_empty() {
            self.freed.extend(agent);
            self.settle_all(caller, out);
        } else {
            match (caller, agent) {
                (Some(caller), None) => self.seek_agent(caller, out),
                (None, Some(agent)) => self.seek_caller(agent, out),
                (Some(_), Some(agent)) => {
                    self.freed.push(agent);
                    self.settle_all(caller, out);
                }
                (None, None) => {}
            }
        }
        // Whoever found nobody may have to go, when the step is over.
        self.seekers.extend(caller);
    }

    /// One caller looks for an agent; nobody else is free.
    fn seek_agent(&mut self, spot: Spot, out: &mut Vec<Output>) {
        if !self.callers.get(spot).is_some_and(Caller::is_open) {
            return;
        }
        match self.agent_for(spot) {
            Some((agent, because)) => {
                self.pair(spot, agent, because, out);
            }
            None => self.list_caller(spot),
        }
    }

    /// One agent looks for a caller; no other is free who could take the same.
    fn seek_caller(&mut self, agent: AgentRef, out: &mut Vec<Output>) {
        while self.agents[agent.index()].is_ready() {
            let Some((place, because)) = self.caller_for(agent) else {
                self.list_agent(agent);
                return;
            };
            // Whoever is only dialed now leaves the agent free for the next one.
            self.pair(place.spot, agent, because, out);
        }
    }

    /// Several are free at once: the callers choose in order of service.
    fn settle_all(&mut self, caller: Option<Spot>, out: &mut Vec<Output>) {
        let mut freed = std::mem::take(&mut self.freed);
        freed.sort_unstable();
        freed.dedup();
        for agent in &freed {
            self.list_agent(*agent);
        }
        if let Some(spot) = caller {
            self.list_caller(spot);
        }
        let own = caller.and_then(|spot| self.callers.get(spot)).map(|caller| caller.place);
        loop {
            let seeks = own.filter(|place| {
                self.callers.get(place.spot).is_some_and(|caller| caller.listed)
                    && self.agent_for(place.spot).is_some()
            });
            let wanted = freed.iter().filter(|agent| self.agents[agent.index()].is_ready());
            let wanted = wanted.filter_map(|agent| self.caller_for(*agent)).map(|(place, _)| place);
            let Some(first) = wanted.chain(seeks).min() else { break };
            let Some((agent, because)) = self.agent_for(first.spot) else { break };
            self.pair(first.spot, agent, because, out);
        }
        freed.clear();
        self.freed = freed;
    }

    /// Offers a caller to an agent and, where the group rings several, to the next ones; or dials him first.
    fn pair(&mut self, spot: Spot, agent: AgentRef, because: Because, out: &mut Vec<Output>) {
        let Some(caller) = self.callers.get(spot) else { return };
        let plan = &self.groups[caller.group.index()].plan;
        if caller.phase == Phase::InTurn && plan.callback.first == First::Caller {
            self.unlist_caller(spot);
            callback::dial(self, spot, out);
            return;
        }
        let further = plan.parallel.saturating_sub(1);
        self.offer(spot, agent, because, out);
        for _ in 0..further {
            let Some((agent, because)) = self.agent_for(spot) else { break };
            self.offer(spot, agent, because, out);
        }
    }

    /// The end of a step: whoever has waited as long as he may and found nobody goes, in order of service; then
    /// those for whom nobody is left, line by line.
    pub(crate) fn send_away(&mut self, out: &mut Vec<Output>) {
        let deserted = std::mem::take(&mut self.look_for_deserted);
        if self.seekers.is_empty() && !deserted {
            return;
        }
        let mut seekers = std::mem::take(&mut self.seekers);
        let free = |acd: &Self, spot: Spot| {
            let caller = acd.callers.get(spot).filter(|caller| caller.offer.is_none())?;
            Some((caller.group, caller.place, caller.overdue))
        };
        if seekers.len() > 1 {
            seekers.sort_unstable_by_key(|spot| free(self, *spot).map(|(_, place, _)| place));
            seekers.dedup();
        }
        for spot in &seekers {
            if free(self, *spot).is_some_and(|(.., overdue)| overdue) {
                self.turn_away(*spot, Turned::WaitedTooLong, out);
            }
        }
        if deserted {
            self.turn_deserted_away(out);
        } else {
            if seekers.len() > 1 {
                seekers
                    .sort_unstable_by_key(|spot| free(self, *spot).map(|(group, place, _)| (group, place)));
            }
            for spot in &seekers {
                let Some(caller) = self.callers.get(*spot).filter(|caller| caller.offer.is_none()) else {
                    continue;
                };
                if caller.phase == Phase::Present && self.is_left_alone(caller) {
                    self.turn_away(*spot, Turned::NobodySignedIn, out);
                }
            }
        }
        seekers.clear();
        self.seekers = seekers;
    }

    /// The agent for a caller: first by preference, stage and selection among those who have not refused him; of
    /// those who refused him a while ago, the first, when there is nobody else.
    pub(crate) fn agent_for(&self, spot: Spot) -> Option<(AgentRef, Because)> {
        let caller = self.callers.get(spot)?;
        let mut second = None;
        for (stage, pool) in caller.asked() {
            let pool = &self.pools.all[pool.index()];
            let among = pool.idle.len() as u32;
            for (passed, idle) in (0..).zip(pool.idle.iter()) {
                let because = || Because::Selected {
                    stage: (stage != ALONE).then_some(stage as u8),
                    by: pool.selection,
                    among,
                    passed,
                };
                match self.agents[idle.agent.index()].refusals.of(caller.caller) {
                    Memory::Nothing => return Some((idle.agent, because())),
                    Memory::Refused if second.is_none() => second = Some((idle.agent, because())),
                    Memory::Refused | Memory::Cooling => {}
                }
            }
        }
        second
    }

    /// The caller for an agent: first in order over all pools that he belongs to, but for those whom he refused
    /// just now ([`REFUSALS_MAX`](crate::refusal::REFUSALS_MAX) bounds how many that can be).
    pub(crate) fn caller_for(&self, agent: AgentRef) -> Option<(Place, Because)> {
        let agent = &self.agents[agent.index()];
        let is_cooling = |place: &Place| {
            let caller = self.callers.get(place.spot);
            caller.is_some_and(|caller| agent.refusals.of(caller.caller) == Memory::Cooling)
        };
        let cools = agent.cool_down.is_some(); // he has refused somebody just now
        let (mut best, mut among): (Option<Place>, u32) = (None, 0);
        for (pool, _) in &agent.pools {
            let open = &self.pools.all[pool.index()].open;
            let Some(head) = open.first() else { continue };
            among += 1;
            let found = if cools { open.iter().find(|place| !is_cooling(place)) } else { Some(head) };
            best = match (best, found) {
                (Some(best), Some(found)) => Some(best.min(found)),
                (best, found) => best.or(found),
            };
        }
        let best = best?;
        let passed = if cools { self.passed(agent, best) } else { 0 };
        Some((best, Because::FirstInOrder { among, passed }))
    }

    /// How many callers who stand before a place could have had the agent, had he not refused them just now.
    fn passed(&self, agent: &Agent, place: Place) -> u32 {
        let could = agent.refusals.cooling_callers().filter(|caller| {
            let caller = self.callers.spot(*caller).and_then(|spot| self.callers.get(spot));
            caller.is_some_and(|caller| {
                let his = |(_, asked)| agent.pools.iter().any(|(pool, _)| *pool == asked);
                caller.listed && caller.place < place && caller.asked().any(his)
            })
        });
        could.count() as u32
    }
}
