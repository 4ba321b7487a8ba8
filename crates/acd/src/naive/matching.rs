//! The rules of matching, in their own words.
//!
//! Never knows: what brought the step about.

use super::{Caller, Naive, Phase};
use crate::agent::State;
use crate::output::Because;
use crate::plan::{First, Selection, Stage};
use crate::pool::{Idle, Who};
use crate::refusal::Memory;
use crate::{AgentRef, CallerRef, GroupRef, Output, SiteRef, Turned};

impl Naive {
    /// Everybody who can be matched is matched; then everybody who may not stay is turned away.
    pub(super) fn settle(&mut self, out: &mut Vec<Output>) {
        // Who looked for whom is told with the offer: one agent who alone became free looks for a caller; else
        // callers look for agents.
        self.freed.sort_unstable();
        self.freed.dedup();
        let looks = match *self.freed {
            [agent] if !self.asked => Some(agent),
            _ => None,
        };
        for caller in self.in_order(|_| true) {
            let Some((agent, selected)) = self.best_agent(caller) else { continue };
            let because = looks.and_then(|agent| self.first_in_order(agent, caller)).unwrap_or(selected);
            self.pair(caller, agent, because, out);
        }
        (self.freed, self.asked) = (Vec::new(), false);

        for caller in self.in_order(|caller| caller.overdue && caller.offers.is_empty()) {
            self.turn_away(caller, Turned::WaitedTooLong, out);
        }
        for group in (0..self.plan.groups.len()).map(GroupRef::at) {
            let waits = |caller: &Caller| {
                caller.group == group && caller.phase == Phase::Present && caller.offers.is_empty()
            };
            for caller in self.in_order(waits) {
                let waits_for_nobody = |caller: &Caller| {
                    let own = caller.prefer.is_some_and(|(agent, _)| self.is_signed_in(agent));
                    self.is_deserted(group, caller.site) && !own
                };
                if self.caller(caller).is_some_and(waits_for_nobody) {
                    self.turn_away(caller, Turned::NobodySignedIn, out);
                }
            }
        }
    }

    /// Callers in order of service.
    pub(super) fn in_order(&self, keep: impl Fn(&Caller) -> bool) -> Vec<CallerRef> {
        let mut callers: Vec<&Caller> = self.callers.iter().filter(|caller| keep(caller)).collect();
        callers.sort_by_key(|caller| (caller.rank, caller.order));
        callers.iter().map(|caller| caller.caller).collect()
    }

    pub(super) fn in_line(&self, group: GroupRef) -> Vec<CallerRef> {
        self.in_order(|caller| caller.group == group)
    }

    /// How many in a line take up room in it: all but missed calls.
    pub(super) fn taking_room(&self, group: GroupRef) -> usize {
        self.callers.iter().filter(|caller| caller.group == group && !caller.is_missed()).count()
    }

    pub(super) fn missed(&self, group: GroupRef) -> usize {
        self.in_line(group).len() - self.taking_room(group)
    }

    /// The agent for a caller: his own first, then stage by stage the first by the group's selection. Who refused him
    /// a while ago comes after everybody who has not, who refused him just now is not asked.
    fn best_agent(&self, caller: CallerRef) -> Option<(AgentRef, Because)> {
        let waiting = self.caller(caller).filter(|caller| caller.is_open())?;
        let mut candidates = Vec::new();
        for (stage, who) in self.asks(waiting) {
            let by = self.selection(&who);
            let ready = self.ready(&who);
            for (passed, agent) in ready.iter().enumerate() {
                let because =
                    Because::Selected { stage, by, among: ready.len() as u32, passed: passed as u32 };
                candidates.push((*agent, because));
            }
        }
        let first = |memory| {
            let mut agents = candidates.iter();
            agents.find(|(agent, _)| self.agents[agent.index()].refusals.of(caller) == memory).copied()
        };
        first(Memory::Nothing).or_else(|| first(Memory::Refused))
    }

    /// Why an agent who looked by himself got this caller, if he may take him.
    fn first_in_order(&self, agent: AgentRef, caller: CallerRef) -> Option<Because> {
        let mine = |who: &Who| who.level_of(agent, &self.plan.agents[agent.index()]).is_some();
        let open = self.in_order(Caller::is_open);
        let asked = |caller: &CallerRef| {
            let asks = self.caller(*caller).map(|caller| self.asks(caller)).unwrap_or_default();
            asks.into_iter().map(|(_, who)| who).filter(mine).collect::<Vec<_>>()
        };
        let mut pools: Vec<Who> = open.iter().flat_map(asked).collect();
        pools.sort_unstable();
        pools.dedup();
        let before = open.iter().take_while(|other| **other != caller);
        let passed = before.filter(|other| !asked(other).is_empty()).count() as u32;
        Some(Because::FirstInOrder { among: pools.len() as u32, passed })
    }

    /// Ready agents of these, in the order of choice.
    fn ready(&self, who: &Who) -> Vec<AgentRef> {
        let mut ready: Vec<Idle> = Vec::new();
        for (at, agent) in self.agents.iter().enumerate() {
            let name = AgentRef::at(at);
            if let State::Ready { idle } = agent.state
                && let Some(level) = who.level_of(name, &self.plan.agents[at])
            {
                ready.push(agent.standing.key(self.selection(who), idle, level, name));
            }
        }
        ready.sort_unstable();
        ready.iter().map(|idle| idle.agent).collect()
    }

    fn selection(&self, who: &Who) -> Selection {
        match who {
            Who::Agents { group, .. } => self.plan.groups[group.index()].selection,
            Who::Agent(_) => Selection::LongestIdle,
        }
    }

    /// Whom a caller asks for, in this order, with the stage it comes from.
    fn asks(&self, caller: &Caller) -> Vec<(Option<u8>, Who)> {
        let own = caller.prefer.map(|(agent, _)| (None, Who::Agent(agent)));
        let timeline = &self.plan.groups[caller.group.index()].timeline;
        let stages = caller
            .opened
            .iter()
            .map(|at| (Some(*at as u8), Who::of(&timeline[*at], caller.site, caller.requires)));
        own.into_iter().chain(stages).collect()
    }

    /// Offers a caller to an agent, and to the next ones where the group rings several; or dials him first.
    fn pair(&mut self, caller: CallerRef, agent: AgentRef, because: Because, out: &mut Vec<Output>) {
        let Some(waiting) = self.caller(caller) else { return };
        let plan = &self.plan.groups[waiting.group.index()];
        if waiting.phase == Phase::InTurn && plan.callback.first == First::Caller {
            self.dial(caller, Phase::Dialing, out);
            return;
        }
        let parallel = plan.parallel;
        let (mut agent, mut because) = (agent, because);
        for rung in 1..=parallel {
            self.offer(caller, agent, because, out);
            // Everybody who is ready for him, though he is ringing already.
            let Some(next) = (rung < parallel).then(|| self.further_agent(caller)).flatten() else { return };
            (agent, because) = next;
        }
    }

    fn further_agent(&mut self, caller: CallerRef) -> Option<(AgentRef, Because)> {
        let offers = std::mem::take(&mut self.caller_mut(caller)?.offers);
        let next = self.best_agent(caller);
        self.caller_mut(caller)?.offers = offers;
        next
    }

    /// Whether nobody is signed in who could serve callers of a site at any stage, and that matters to the group.
    pub(super) fn is_deserted(&self, group: GroupRef, site: SiteRef) -> bool {
        let plan = &self.plan.groups[group.index()];
        let there = |stage: &Stage| {
            let who = Who::of(stage, site, crate::Abilities::NONE);
            (0..self.agents.len()).any(|at| {
                let belongs = who.level_of(AgentRef::at(at), &self.plan.agents[at]).is_some();
                belongs && self.agents[at].state != State::SignedOut
            })
        };
        plan.needs_signed_in && !plan.timeline.iter().any(there)
    }
}
