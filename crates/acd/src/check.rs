//! The invariants of the distributor, as a function: run after every step in tests and simulation.
//!
//! Never knows: how it came to this; only what is there now.

use crate::agent::State;
use crate::caller::{Phase, Spot};
use crate::distributor::{Distributor, Due};
use crate::line::rank;
use crate::refusal::Memory;
use crate::{AgentRef, GroupRef, OfferRef};

/// A broken invariant, in words.
pub type Broken = String;

impl Distributor {
    /// Whether every invariant holds.
    ///
    /// - An agent holds at most one offer, an offer has one agent and one caller, and they agree on it.
    /// - A caller is in one line at his rank, and in exactly the pools that are open to him, unless he is ringing,
    ///   dialed, or to be called back later.
    /// - A ready agent is in exactly the pools that he belongs to; nobody else is.
    /// - Work-conserving: no ready agent beside an open caller whom he may take.
    /// - Nobody overtakes by more than the longest head start and the grey delay.
    /// - A party has one callback at most, and is known by it.
    /// - Nobody waits past his longest wait unless he is ringing, nor where nobody is left to serve him.
    /// - Every timer that somebody counts on is set for him, and no other is.
    ///
    /// # Errors
    /// The first broken one.
    pub fn check(&self) -> Result<(), Broken> {
        self.check_agents()?;
        self.check_callers()?;
        self.check_groups()?;
        self.check_work_conserving()
    }

    fn check_agents(&self) -> Result<(), Broken> {
        let mut breaks = 0;
        for (at, agent) in self.agents.iter().enumerate() {
            let name = AgentRef::at(at);
            if let State::Offered { offer, .. } = agent.state {
                let held =
                    self.offers.get(offer).ok_or_else(|| format!("{name} holds {offer}, which is over"))?;
                ensure(held.agent == name, || format!("{name} holds {offer} of {}", held.agent))?;
            }
            ensure(agent.listed == agent.is_ready(), || {
                format!("{name} is {:?}, listed: {}", agent.state, agent.listed)
            })?;
            breaks += u32::from(agent.state.is_break());
            let belongs = self.pools.all.iter().filter_map(|pool| pool.who.level_of(name, &agent.plan));
            ensure(belongs.eq(agent.pools.iter().map(|(_, level)| *level)), || {
                format!("{name} is in the wrong pools")
            })?;
        }
        ensure(breaks == self.on_break, || format!("{breaks} on a break, {} counted", self.on_break))?;
        ensure(self.freed.is_empty() && self.watched.is_empty() && self.seekers.is_empty(), || {
            "a step was left half done".into()
        })?;
        self.check_timers()
    }

    fn check_timers(&self) -> Result<(), Broken> {
        let mut timers = usize::from(self.night_timer.is_some());
        for (at, agent) in self.agents.iter().enumerate() {
            let name = AgentRef::at(at);
            let ends = agent.over.map(base::TimerRef::at);
            ensure(agent.state.until() == ends, || format!("{name} is {:?} without its timer", agent.state))?;
            let cools = agent.refusals.next_deadline();
            ensure(cools == agent.cool_down.map(base::TimerRef::at), || format!("{name}'s cool-down timer"))?;
            let keys = [(agent.over, Due::Over(name)), (agent.cool_down, Due::CoolDown(name))];
            for (timer, due) in keys {
                let Some(timer) = timer else { continue };
                ensure(self.timers.get(timer) == Some(&due), || format!("{name}'s {due:?}"))?;
                timers += 1;
            }
        }
        for (name, offer) in self.offers.iter() {
            let state = self.agents[offer.agent.index()].state;
            let held = matches!(state, State::Offered { offer, .. } if offer == name);
            ensure(held, || format!("{name} is shown to {}, who is {state:?}", offer.agent))?;
            ensure(self.callers.get(offer.spot).is_some(), || format!("{name} has no caller"))?;
            ensure(self.rings(offer.spot).any(|ring| ring == name), || {
                format!("{name} is unknown to its caller")
            })?;
            let timer = offer.timer.and_then(|timer| self.timers.get(timer));
            ensure(timer == Some(&Due::RingOut(name)), || format!("{name} never rings out"))?;
            timers += 1;
        }
        for (spot, caller) in self.callers.iter() {
            if let Some(timer) = caller.timer {
                let key = self.timers.get(timer);
                ensure(key == Some(&Due::Stage(spot)), || {
                    format!("{}'s timeline stands still", caller.caller)
                })?;
                timers += 1;
            }
        }
        ensure(self.timers.len() == timers, || format!("{} timers set, {timers} needed", self.timers.len()))?;
        let late = self.next_deadline().is_some_and(|at| at < self.now);
        ensure(!late, || "a deadline is behind us".into())
    }

    fn check_callers(&self) -> Result<(), Broken> {
        for (spot, caller) in self.callers.iter() {
            let name = caller.caller;
            ensure(self.callers.spot(name) == Some(spot), || format!("{name} is in two places"))?;
            ensure(caller.place.spot == spot, || format!("{name} stands in another's place"))?;
            let weight = self.groups[caller.group.index()].plan.weight;
            let head_start = self.order.head_start(caller.priority, weight);
            let right = rank(&self.order, caller.since, head_start, caller.grey);
            ensure(caller.place.rank == right, || format!("{name} ranks {}", caller.place.rank))?;
            ensure(caller.listed == caller.is_open(), || {
                format!(
                    "{name} {:?}, ringing: {}, listed: {}",
                    caller.phase,
                    caller.offer.is_some(),
                    caller.listed
                )
            })?;
            for offer in self.rings(spot) {
                let held = self
                    .offers
                    .get(offer)
                    .ok_or_else(|| format!("{name} rings in {offer}, which is over"))?;
                ensure(held.spot == spot, || format!("{offer} is for somebody else than {name}"))?;
            }
            let present = caller.phase == Phase::Present;
            ensure(present || caller.callback.is_some(), || format!("{name} is away without a callback"))?;
            let rings_or_waits = matches!(caller.phase, Phase::Present | Phase::InTurn);
            ensure(rings_or_waits || caller.offer.is_none(), || format!("{name} rings while he is away"))?;
            let ringing = caller.offer.is_some();
            ensure(ringing || !caller.overdue, || format!("{name} waits longer than he may"))?;
            let deserted = self.is_left_alone(caller);
            ensure(ringing || !present || !deserted, || {
                format!("{name} waits though nobody is there for him")
            })?;
            if let Some(party) = caller.party.filter(|_| !present) {
                let known = self.callers.callbacks.get(&party) == Some(&spot);
                ensure(known, || format!("{name} is not known by his {party}"))?;
            }
            if let Phase::WithAgent(agent) = caller.phase {
                ensure(agent.index() < self.agents.len(), || format!("{name} is with nobody"))?;
            }
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), Broken> {
        let mut in_lines = 0;
        for (at, group) in self.groups.iter().enumerate() {
            let name = GroupRef::at(at);
            let (mut ringing, mut callbacks, mut missed, mut latest) = (0, 0, 0, None);
            for place in group.line.iter() {
                let caller =
                    self.callers.get(place.spot).ok_or_else(|| format!("a ghost in the line of {name}"))?;
                ensure(caller.group == name && caller.place == place, || {
                    format!("{} in {name}", caller.caller)
                })?;
                ringing += usize::from(caller.offer.is_some());
                callbacks += usize::from(caller.phase != Phase::Present);
                missed += usize::from(caller.is_missed());
                // The bound on overtaking: whoever stands before joined less than that after.
                let bound = self.order.head_start_max + self.order.grey_delay;
                let overtaken = latest.is_some_and(|latest| latest > caller.since + bound);
                ensure(!overtaken, || format!("{} is overtaken by more than the bound", caller.caller))?;
                latest = latest.max(Some(caller.since));
            }
            in_lines += group.line.len();
            let counted = (group.line.ringing, group.line.callbacks, group.line.missed);
            ensure(counted == (ringing, callbacks, missed), || {
                format!("{name} counts {counted:?} ringing, called back, missed")
            })?;
            let there = |agent: &&crate::distributor::Agent| {
                agent.is_signed_in() && agent.plan.skills.iter().any(|(skill, _)| *skill == name)
            };
            let signed_in = self.agents.iter().filter(there).count();
            ensure(signed_in == group.signed_in as usize, || {
                format!("{name} counts {} signed in", group.signed_in)
            })?;
        }
        ensure(in_lines == self.callers.len(), || "somebody is in no line".into())?;
        self.check_pools()
    }

    fn check_pools(&self) -> Result<(), Broken> {
        let (mut open, mut idle) = (0, 0);
        for pool in &self.pools.all {
            open += pool.open.len();
            idle += pool.idle.len();
            let members = self.agents.iter().enumerate().filter(|(at, agent)| {
                agent.is_signed_in() && pool.who.level_of(AgentRef::at(*at), &agent.plan).is_some()
            });
            let signed_in = members.count();
            ensure(signed_in == pool.signed_in as usize, || {
                format!("{:?} counts {} signed in", pool.who, pool.signed_in)
            })?;
        }
        let mut wanted = 0;
        for (_, caller) in self.callers.iter().filter(|(_, caller)| caller.listed) {
            let mut pools: Vec<_> = caller.asked().map(|(_, pool)| pool).collect();
            pools.sort_unstable();
            pools.dedup();
            for pool in &pools {
                let there = self.pools.all[pool.index()].open.contains(&caller.place);
                ensure(there, || format!("{} cannot be seen by {pool}", caller.caller))?;
            }
            wanted += pools.len();
        }
        ensure(wanted == open, || format!("{open} open places, {wanted} wanted"))?;

        let mut wanted = 0;
        for (at, agent) in self.agents.iter().enumerate() {
            let Some(since) = agent.idle_since() else { continue };
            for (pool, level) in &agent.pools {
                let at_pool = &self.pools.all[pool.index()];
                let key = agent.standing.key(at_pool.selection, since, *level, AgentRef::at(at));
                ensure(at_pool.idle.contains(&key), || {
                    format!("{} cannot be seen by {pool}", AgentRef::at(at))
                })?;
                wanted += 1;
            }
        }
        ensure(wanted == idle, || format!("{idle} idle entries, {wanted} wanted"))
    }

    fn check_work_conserving(&self) -> Result<(), Broken> {
        for pool in self.pools.all.iter().filter(|pool| !pool.idle.is_empty()) {
            for place in pool.open.iter() {
                let caller = self.callers.get(place.spot).ok_or("a ghost among the open callers")?;
                for idle in pool.idle.iter() {
                    let memory = self.agents[idle.agent.index()].refusals.of(caller.caller);
                    let cooling = memory == Memory::Cooling;
                    ensure(cooling, || {
                        format!("{} waits while {} is ready for him", caller.caller, idle.agent)
                    })?;
                }
            }
        }
        Ok(())
    }

    /// The offers in which a caller is ringing.
    fn rings(&self, spot: Spot) -> impl Iterator<Item = OfferRef> + '_ {
        let first = self.callers.get(spot).and_then(|caller| caller.offer);
        std::iter::successors(first, |offer| self.offers.get(*offer)?.next)
    }
}

fn ensure(holds: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}
