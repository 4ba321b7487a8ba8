//! The invariants of the distributor, as a function: run after every step in tests and simulation.
//!
//! Never knows: how it came to this; only what is there now.

use crate::agent::State;
use crate::distributor::{Distributor, Due};
use crate::group::Idle;
use crate::line::Place;
use crate::refusal::Memory;
use crate::{AgentRef, GroupRef};
use std::cmp::Reverse;

/// A broken invariant, in words.
pub type Broken = String;

impl Distributor {
    /// Whether every invariant holds.
    ///
    /// - An agent holds at most one offer, an offer has one agent and one caller, and they agree on it.
    /// - A caller is in one line, and in exactly the indexes where agents may look for him, unless he is ringing.
    /// - A ready agent is in exactly his groups' indexes; nobody else is.
    /// - Work-conserving: no ready agent beside an open caller whom he may take.
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
        let mut timers = 0;
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
            let wraps_up = matches!(agent.state, State::WrapUp { .. });
            ensure(wraps_up == agent.wrap_up.is_some(), || {
                format!("{name} is {:?} without its timer", agent.state)
            })?;
            if let (State::WrapUp { until, .. }, Some(timer)) = (agent.state, agent.wrap_up) {
                let key = self.timers.get(timer);
                ensure(key == Some(&Due::WrapUp(name)) && timer.at() == until, || {
                    format!("{name}'s wrap-up timer")
                })?;
                timers += 1;
            }
            let cools = agent.refusals.next_deadline();
            ensure(cools == agent.cool_down.map(base::TimerRef::at), || format!("{name}'s cool-down timer"))?;
            if let Some(timer) = agent.cool_down {
                ensure(self.timers.get(timer) == Some(&Due::CoolDown(name)), || {
                    format!("{name}'s cool-down key")
                })?;
                timers += 1;
            }
        }
        for (name, offer) in self.offers.iter() {
            let state = self.agents[offer.agent.index()].state;
            let held = matches!(state, State::Offered { offer, .. } if offer == name);
            ensure(held, || format!("{name} is shown to {}, who is {state:?}", offer.agent))?;
            let caller = self.callers.get(offer.spot).ok_or_else(|| format!("{name} has no caller"))?;
            ensure(caller.offer == Some(name), || {
                format!("{name} is for {}, who has another", caller.caller)
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
            let ringing = caller.offer.is_some();
            if let Some(offer) = caller.offer {
                ensure(self.offers.get(offer).is_some(), || {
                    format!("{name} rings in {offer}, which is over")
                })?;
            }
            ensure(caller.listed != ringing, || {
                format!("{name} ringing: {ringing}, listed: {}", caller.listed)
            })?;
            ensure(ringing || !caller.overdue, || format!("{name} waits longer than he may"))?;
            let deserted = self.groups[caller.group.index()].is_deserted();
            ensure(!deserted, || format!("{name} waits where nobody is signed in"))?;
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), Broken> {
        let (mut in_lines, mut open, mut idle) = (0, 0, 0);
        for (at, group) in self.groups.iter().enumerate() {
            let name = GroupRef::at(at);
            let mut ringing = 0;
            for place in group.line.iter() {
                let caller =
                    self.callers.get(place.spot).ok_or_else(|| format!("a ghost in the line of {name}"))?;
                ensure(caller.group == name && caller.place == place, || {
                    format!("{} in {name}", caller.caller)
                })?;
                ringing += usize::from(caller.offer.is_some());
            }
            in_lines += group.line.len();
            ensure(ringing == group.line.ringing, || {
                format!("{name} counts {} ringing", group.line.ringing)
            })?;
            ensure(group.line.len() <= group.plan.line_max, || format!("{name} is longer than it may be"))?;
            open += group.open.len();
            idle += group.idle.len();
            let there = |agent: &&crate::distributor::Agent| {
                agent.state != State::SignedOut && agent.plan.skills.iter().any(|(skill, _)| *skill == name)
            };
            let signed_in = self.agents.iter().filter(there).count();
            ensure(signed_in == group.signed_in as usize, || {
                format!("{name} counts {} signed in", group.signed_in)
            })?;
            let helpers = std::iter::once(name).chain(group.plan.overflow.iter().map(|(_, to)| *to));
            let cover: u32 = helpers.map(|helper| self.groups[helper.index()].signed_in).sum();
            ensure(cover == group.cover, || format!("{name} counts {} who cover it", group.cover))?;
        }
        ensure(in_lines == self.callers.len(), || "somebody is in no line".into())?;

        let listed_callers = self.callers.iter().filter(|(_, caller)| caller.listed);
        let mut wanted = 0;
        for (_, caller) in listed_callers {
            for stage in 0..=caller.stages {
                let group = self.serves(caller.group, stage);
                let there = self.groups[group.index()].open.contains(&caller.place);
                ensure(there, || format!("{} cannot be seen by {group}", caller.caller))?;
                wanted += 1;
            }
        }
        ensure(wanted == open, || format!("{open} open places, {wanted} wanted"))?;

        let mut wanted = 0;
        for (at, agent) in self.agents.iter().enumerate() {
            let State::Ready { idle: since } = agent.state else { continue };
            for (group, level) in &agent.plan.skills {
                let key = Idle { since, level: Reverse(*level), agent: AgentRef::at(at) };
                let there = self.groups[group.index()].idle.contains(&key);
                ensure(there, || format!("{} cannot be seen by {group}", AgentRef::at(at)))?;
                wanted += 1;
            }
        }
        ensure(wanted == idle, || format!("{idle} idle entries, {wanted} wanted"))
    }

    fn check_work_conserving(&self) -> Result<(), Broken> {
        for group in self.groups.iter().filter(|group| !group.idle.is_empty()) {
            for Place { spot, .. } in group.open.iter() {
                let caller = self.callers.get(spot).ok_or("a ghost among the open callers")?;
                for Idle { agent, .. } in group.idle.iter() {
                    let memory = self.agents[agent.index()].refusals.of(caller.caller);
                    let cooling = memory == Memory::Cooling;
                    ensure(cooling, || format!("{} waits while {agent} is ready for him", caller.caller))?;
                }
            }
        }
        Ok(())
    }
}

fn ensure(holds: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}
