//! The same distributor, written slowly and obviously: the oracle of the fast one.
//!
//! ```text
//!   after each input and each deadline:
//!     for every caller who is open, in order of service:  the best agent by the rules, if there is one ─▶ offer
//!     for every caller, in order of service:              waited too long and not ringing ─▶ turned away
//!     for every line, every caller:                       nobody left who could serve him ─▶ turned away
//!     for every group:                                    surge begun or over?
//! ```
//!
//! No pools, no indexes, no heads of lists: every rule looks at everybody. What is a rule by itself (an agent's table,
//! refusals, ranks, when a stage opens, estimates) is the same function in both; who meets whom, and when, is
//! decided here anew. Both must say the same, in the same order, but for [`Because`]: that tells how an offer was
//! found, and here all are found alike.
//!
//! Never knows: the fast one.

mod agents;
mod callers;

use crate::agent::{Deed, State};
use crate::callback::Callback;
use crate::caller::Phase;
use crate::estimate::Estimate;
use crate::last_agent::LastAgents;
use crate::line::rank;
use crate::nuisance::Lists;
use crate::occupancy::Occupancy;
use crate::output::{Alert, Because};
use crate::plan::First;
use crate::pool::{Idle, Standing, Who};
use crate::refusal::{COOL_DOWN, Memory, Refusals};
use crate::timeline::Sooner;
use crate::{
    Abilities, AgentRef, CallerRef, GroupRef, Input, Listing, OfferRef, Output, PartyRef, Plan, Priority,
    Selection, SiteRef, SkillLevel, SurgeMode, Turned,
};
use base::{Arena, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The slow distributor.
#[derive(Clone, Debug)]
pub struct Naive {
    now: Timestamp,
    plan: Plan,
    agents: Vec<Agent>,
    callers: Vec<Caller>,
    joined: u64,
    /// Each party's call that came to the phone last, while it is on the phone.
    latest: BTreeMap<PartyRef, CallerRef>,
    offers: Arena<OfferRef, Offer>,
    offered: u64,
    /// In the order in which they were set.
    timers: Vec<(Timestamp, Due)>,
    estimates: Vec<Estimate>,
    surges: Vec<(SurgeMode, bool)>,
    helped: Vec<SiteRef>,
    night: bool,
    lists: Lists,
    last_agents: LastAgents,
}

#[derive(Clone, Debug)]
struct Agent {
    state: State,
    standing: Standing,
    occupancy: Occupancy,
    busy: Option<Timestamp>,
    wrap_up_latest: Timestamp,
    handles: Option<(GroupRef, Timestamp)>,
    no_answers: u32,
    refusals: Refusals,
}

#[derive(Clone, Debug)]
struct Caller {
    caller: CallerRef,
    group: GroupRef,
    priority: Priority,
    grey: bool,
    since: Timestamp,
    order: u64,
    site: SiteRef,
    requires: Abilities,
    party: Option<PartyRef>,
    prefer: Option<(AgentRef, Timestamp)>,
    /// The agent whom he should get, once he was asked.
    alone: Option<AgentRef>,
    /// Stages of his timeline that have opened.
    opened: Vec<usize>,
    phase: Phase,
    callback: Option<Callback>,
    callback_offered: bool,
    overdue: bool,
    /// Latest first.
    offers: Vec<OfferRef>,
}

impl Caller {
    fn is_open(&self) -> bool {
        self.offers.is_empty() && matches!(self.phase, Phase::Present | Phase::InTurn)
    }
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    caller: CallerRef,
    agent: AgentRef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    RingOut(OfferRef),
    Over(AgentRef),
    Stage(CallerRef),
    CoolDown(AgentRef),
    Night,
}

impl Naive {
    /// A distributor in which everybody is signed out.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let plan = plan.tidied();
        let mut naive = Self {
            now: Timestamp::START,
            agents: plan.agents.iter().map(|_| Agent::new()).collect(),
            callers: Vec::new(),
            joined: 0,
            latest: BTreeMap::new(),
            offers: Arena::default(),
            offered: 0,
            timers: Vec::new(),
            estimates: vec![Estimate::default(); plan.groups.len()],
            surges: vec![(SurgeMode::Automatic, false); plan.groups.len()],
            helped: Vec::new(),
            night: false,
            lists: Lists::default(),
            last_agents: LastAgents::default(),
            plan,
        };
        naive.set_night();
        naive
    }

    /// Takes one input; what follows is appended to `out`. Deadlines at or before `now` fire first.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        self.tick(now, out);
        let done = match input {
            Input::SignIn { agent } => self.request(agent, Deed::SignIn, out),
            Input::SignOut { agent } => self.request(agent, Deed::SignOut, out),
            Input::Ready { agent } => self.request(agent, Deed::Ready, out),
            Input::NotReady { agent, reason } => self.request(agent, Deed::NotReady(reason), out),
            Input::PhoneLost { agent } => self.request(agent, Deed::PhoneLost, out),
            Input::Engage { agent } => self.request(agent, Deed::Engage, out),
            Input::Release { agent } => self.request(agent, Deed::Release, out),
            Input::ExtendWrapUp { agent, by } => self.extend_wrap_up(agent, by, out),
            Input::Skill { agent, group, level } => self.set_skill(agent, group, level),
            Input::Enqueue(request) => self.enqueue(request, out),
            Input::Leave { caller } => self.leave(caller, out),
            Input::HangUp { caller } => self.hang_up(caller, out),
            Input::Prioritize { caller, priority } => match self.caller_mut(caller) {
                Some(caller) => {
                    caller.priority = priority;
                    Ok(())
                }
                None => Err(NOWHERE),
            },
            Input::Accept { offer } => self.accept(offer, out),
            Input::Decline { offer, then } => self.decline(offer, then, out),
            Input::WantsCallback { caller } => self.wants_callback(caller, out),
            Input::CallBack(request) => self.call_back(request, out),
            Input::Reached { caller } => self.reached(caller, out),
            Input::Unreached { caller } => self.unreached(caller, out),
            Input::Surge { group, mode } => self.set_surge(group, mode, out),
            Input::Help { site, on } => self.help(site, on, out),
            Input::List { party, listing } => self.lists.list(self.now, party, listing),
            Input::Urgent { party, open } => self.lists.urgent(party, open),
        };
        if let Err(why) = done {
            out.push(Output::Refused { why });
        }
        self.settle(out);
        // Whoever was offered in this step does not wait for anybody.
        for said in out {
            if let Output::Queued { caller, expected, .. } = said
                && self.caller(*caller).is_some_and(|caller| !caller.offers.is_empty())
            {
                *expected = Some(Duration::ZERO);
            }
        }
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = self.now.max(now).min(Timestamp::NEVER - 2 * COOL_DOWN);
        while let Some(at) = self.next_deadline().filter(|at| *at <= self.now) {
            let Some(first) = self.timers.iter().position(|(due, _)| *due == at) else { return };
            match self.timers.remove(first).1 {
                Due::RingOut(offer) => self.ring_out(offer, out),
                Due::Over(agent) => {
                    let _ = self.request(agent, Deed::Over, out);
                }
                Due::Stage(caller) => {
                    let now = self.now;
                    if let Some(waiting) = self.caller_mut(caller)
                        && let Phase::Paused { until } = waiting.phase
                        && until <= now
                    {
                        waiting.phase = Phase::InTurn;
                    }
                    self.pass_stages(caller, out);
                }
                Due::CoolDown(agent) => {
                    self.agents[agent.index()].refusals.cool(self.now);
                    self.set_cool_down(agent);
                }
                Due::Night => {
                    self.set_night();
                    self.review(out);
                }
            }
            self.settle(out);
        }
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.iter().map(|(at, _)| *at).min()
    }

    /// Changes the plan.
    ///
    /// # Errors
    /// Why it cannot follow the one in force.
    pub fn change_plan(
        &mut self,
        now: Timestamp,
        plan: Plan,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        self.tick(now, out);
        let plan = plan.tidied();
        let kept = |old: &[String], new: &[String]| old.len() <= new.len() && old == &new[..old.len()];
        let names = |plan: &Plan| -> (Vec<String>, Vec<String>) {
            (
                plan.groups.iter().map(|group| group.name.clone()).collect(),
                plan.agents.iter().map(|agent| agent.name.clone()).collect(),
            )
        };
        let (old, new) = (names(&self.plan), names(&plan));
        if !kept(&old.0, &new.0) {
            return Err("groups can be added at the end only; to remove or move one needs a restart");
        }
        if !kept(&old.1, &new.1) {
            return Err("agents can be added at the end only; to remove or move one needs a restart");
        }
        self.plan = plan;
        self.agents.resize_with(self.plan.agents.len(), Agent::new);
        self.estimates.resize(self.plan.groups.len(), Estimate::default());
        self.surges.resize(self.plan.groups.len(), (SurgeMode::Automatic, false));
        for agent in &mut self.agents {
            agent.standing.occupancy = agent.occupancy.rank();
        }
        for caller in &mut self.callers {
            caller.opened.clear();
            if caller.prefer.is_none() {
                caller.alone = None;
            }
        }
        self.unset(Due::Night);
        self.set_night();
        self.review(out);
        self.settle(out);
        Ok(())
    }

    // ── Who meets whom ───────────────────────────────────────────────────────────────────────────────────

    fn settle(&mut self, out: &mut Vec<Output>) {
        for caller in self.in_order(Caller::is_open) {
            let Some(agent) = self.best_agent(caller) else { continue };
            let Some(waiting) = self.caller(caller) else { continue };
            let plan = &self.plan.groups[waiting.group.index()];
            if waiting.phase == Phase::InTurn && plan.callback.first == First::Caller {
                self.dial(caller, Phase::Dialing, out);
                continue;
            }
            let further = plan.parallel - 1;
            self.offer(caller, agent, out);
            for _ in 0..further {
                let Some(agent) = self.best_agent(caller) else { break };
                self.offer(caller, agent, out);
            }
        }
        for caller in self.in_order(|caller| caller.overdue && caller.offers.is_empty()) {
            self.turn_away(caller, Turned::WaitedTooLong, out);
        }
        for group in (0..self.plan.groups.len()).map(GroupRef::at) {
            let waits = |caller: &Caller| {
                caller.group == group && caller.phase == Phase::Present && caller.offers.is_empty()
            };
            for caller in self.in_order(waits) {
                if self.caller(caller).is_some_and(|caller| self.is_deserted(group, caller.site)) {
                    self.turn_away(caller, Turned::NobodySignedIn, out);
                }
            }
        }
        for group in (0..self.plan.groups.len()).map(GroupRef::at) {
            let waiting = self.line(group).len();
            let plan = self.plan.groups[group.index()].surge;
            let (mode, on) = self.surges[group.index()];
            let Some(begins_at) = plan.begins_at.filter(|_| mode == SurgeMode::Automatic) else { continue };
            let next = if on { waiting > plan.ends_at } else { waiting >= begins_at };
            if next != on {
                self.surges[group.index()].1 = next;
                out.push(Output::Alert(Alert::Surge { group, on: next, mode }));
            }
        }
    }

    /// Callers in order of service.
    fn in_order(&self, keep: impl Fn(&Caller) -> bool) -> Vec<CallerRef> {
        let mut callers: Vec<&Caller> = self.callers.iter().filter(|caller| keep(caller)).collect();
        callers.sort_by_key(|caller| (self.rank(caller), caller.order));
        callers.iter().map(|caller| caller.caller).collect()
    }

    fn rank(&self, caller: &Caller) -> u64 {
        let weight = self.plan.groups[caller.group.index()].weight;
        let head_start = self.plan.order.head_start(caller.priority, weight);
        rank(&self.plan.order, caller.since, head_start, caller.grey)
    }

    /// Everybody in a line, in order of service.
    fn line(&self, group: GroupRef) -> Vec<CallerRef> {
        self.in_order(|caller| caller.group == group)
    }

    /// Stage by stage, the first ready agent by the group's selection who has not refused him; of those who did a
    /// while ago the first, when there is nobody else.
    fn best_agent(&self, caller: CallerRef) -> Option<AgentRef> {
        let waiting = self.caller(caller)?;
        let alone = waiting.alone.map(|agent| (Who::Agent(agent), Selection::LongestIdle));
        let timeline = &self.plan.groups[waiting.group.index()].timeline;
        let mut opened = waiting.opened.clone();
        opened.sort_unstable();
        let stages = opened.iter().map(|at| {
            let stage = &timeline[*at];
            let selection = self.plan.groups[stage.group.index()].selection;
            (Who::of(stage, waiting.site, waiting.requires), selection)
        });
        let mut second = None;
        for (who, selection) in alone.into_iter().chain(stages) {
            let mut ready: Vec<Idle> = Vec::new();
            for (at, agent) in self.agents.iter().enumerate() {
                let State::Ready { idle } = agent.state else { continue };
                let name = AgentRef::at(at);
                let Some(level) = who.level_of(name, &self.plan.agents[at]) else { continue };
                ready.push(agent.standing.key(selection, idle, level, name));
            }
            ready.sort_unstable();
            for idle in ready {
                match self.agents[idle.agent.index()].refusals.of(caller) {
                    Memory::Nothing => return Some(idle.agent),
                    Memory::Refused if second.is_none() => second = Some(idle.agent),
                    Memory::Refused | Memory::Cooling => {}
                }
            }
        }
        second
    }

    /// Whether nobody is signed in who could serve callers of a site at any stage, and that matters.
    fn is_deserted(&self, group: GroupRef, site: SiteRef) -> bool {
        let plan = &self.plan.groups[group.index()];
        let serves = |(at, agent): (usize, &Agent)| {
            let stages = plan.timeline.iter().map(|stage| Who::of(stage, site, Abilities::NONE));
            agent.state != State::SignedOut
                && stages
                    .into_iter()
                    .any(|who| who.level_of(AgentRef::at(at), &self.plan.agents[at]).is_some())
        };
        plan.needs_signed_in && !self.agents.iter().enumerate().any(serves)
    }

    fn is_surging(&self, group: GroupRef) -> bool {
        match self.surges[group.index()] {
            (SurgeMode::Automatic, on) => on,
            (SurgeMode::Off, _) => false,
            (SurgeMode::On | SurgeMode::AnnounceOnly, _) => true,
        }
    }

    fn set_surge(
        &mut self,
        group: GroupRef,
        mode: SurgeMode,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        if group.index() >= self.surges.len() {
            return Err(NO_GROUP);
        }
        let before = self.is_surging(group);
        let (_, on) = self.surges[group.index()];
        self.surges[group.index()] = (mode, on && mode == SurgeMode::Automatic);
        let on = self.is_surging(group);
        if on != before {
            out.push(Output::Alert(Alert::Surge { group, on, mode }));
        }
        Ok(())
    }

    fn help(&mut self, site: SiteRef, on: bool, out: &mut Vec<Output>) -> Result<(), &'static str> {
        if self.helped.contains(&site) == on {
            return Err(if on { "the site is helped already" } else { "the site is not helped" });
        }
        self.helped.retain(|helped| *helped != site);
        if on {
            self.helped.push(site);
        }
        self.review(out);
        Ok(())
    }

    fn set_night(&mut self) {
        self.night = false;
        let Some(night) = self.plan.night.map(|hours| &self.plan.hours[hours.index()]) else { return };
        self.night = night.is_open(&self.plan.clock, self.now);
        let tomorrow = self.now + std::time::Duration::from_secs(86_400);
        let next = night.next_change(&self.plan.clock, self.now).unwrap_or(tomorrow);
        self.timers.push((next, Due::Night));
    }

    fn review(&mut self, out: &mut Vec<Output>) {
        for caller in self.in_order(|_| true) {
            self.pass_stages(caller, out);
        }
    }

    fn sooner(&self, site: SiteRef) -> Sooner {
        Sooner { night: self.night, help: self.helped.contains(&site) }
    }

    fn unset(&mut self, due: Due) {
        self.timers.retain(|(_, set)| *set != due);
    }

    fn caller(&self, caller: CallerRef) -> Option<&Caller> {
        self.callers.iter().find(|waiting| waiting.caller == caller)
    }

    fn caller_mut(&mut self, caller: CallerRef) -> Option<&mut Caller> {
        self.callers.iter_mut().find(|waiting| waiting.caller == caller)
    }

    fn is(&self, party: Option<PartyRef>, listing: Listing) -> bool {
        self.lists.of(party, self.now) == Some(listing)
    }

    fn set_skill(
        &mut self,
        agent: AgentRef,
        group: GroupRef,
        level: Option<SkillLevel>,
    ) -> Result<(), &'static str> {
        let plan = self.plan.agents.get_mut(agent.index()).ok_or(NO_AGENT)?;
        if group.index() >= self.plan.groups.len() {
            return Err(NO_GROUP);
        }
        if level.is_some_and(|level| !(1..=10).contains(&level.0)) {
            return Err("a level is 1 to 10");
        }
        plan.skills.retain(|(skill, _)| *skill != group);
        plan.skills.extend(level.map(|level| (group, level)));
        plan.skills.sort_unstable_by_key(|(skill, _)| *skill);
        Ok(())
    }
}

/// An output without how it was found.
#[must_use]
pub fn decided(output: &Output) -> Output {
    match *output {
        Output::Offer { offer, caller, agent, group, ring, answer, .. } => {
            let because = Because::FirstInOrder { among: 0, passed: 0 };
            Output::Offer { offer, caller, agent, group, ring, answer, because }
        }
        other => other,
    }
}

const NO_GROUP: &str = crate::caller::NO_GROUP;
const NOWHERE: &str = crate::caller::NOWHERE;
const NO_AGENT: &str = "there is no such agent";
const OVER: &str = "the offer is over";
