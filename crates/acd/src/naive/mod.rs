//! [`Naive`]: the same distributor, slow and obvious, as the oracle of the fast one.
//!
//! It keeps plain lists (callers, agents, timers), searches all of them at every step, and says what it does in the
//! words of the rules: *while there is a caller whom some ready agent may take, the first such caller is offered to
//! the best such agent; then whoever has waited too long goes, then whoever nobody is left for*. No pools, no indexes.
//!
//! ```text
//!   handle ─▶ what is due ─▶ the input (callers.rs, callbacks.rs, agents.rs) ─▶ settle (matching.rs) ─▶ surges
//! ```
//!
//! It shares with the fast one what is a rule and not a search: the table of an agent's states, the memory of
//! refusals, ranks, when a stage opens, who belongs to a stage, what a selection goes by, the expected wait, lists,
//! hours, the plan. Same inputs, same outputs, in the same order, to the last byte: the scenarios and the random runs
//! hold both to it.
//!
//! Never knows: how the fast one does it.

mod agents;
mod callbacks;
mod callers;
mod matching;
mod pick;

use crate::agent::{Deed, State};
use crate::callback::Callback;
use crate::estimate::Estimate;
use crate::input::SurgeMode;
use crate::last_agent::LastAgents;
use crate::nuisance::Lists;
use crate::occupancy::Occupancy;
use crate::output::Alert;
use crate::pool::Standing;
use crate::refusal::{COOL_DOWN, Refusals};
use crate::{
    Abilities, AgentPlan, AgentRef, CallerRef, GroupPlan, GroupRef, Input, OfferRef, Output, PartyRef, Plan,
    Priority, SiteRef,
};
use base::{Arena, Timestamp};
use std::time::Duration;

/// The slow distributor.
#[derive(Clone, Debug)]
pub struct Naive {
    now: Timestamp,
    plan: Plan,
    lines: Vec<Line>,
    agents: Vec<Agent>,
    /// In no particular order but that of joining.
    callers: Vec<Caller>,
    offers: Arena<OfferRef, Offer>,
    /// In the order set.
    timers: Vec<(Timestamp, Due)>,
    lists: Lists,
    last_agents: LastAgents,
    /// Each party's latest call, while it is on the phone.
    latest_calls: Vec<(PartyRef, CallerRef)>,
    helped: Vec<SiteRef>,
    night: bool,
    joined: u64,
    offered: u64,
    /// Agents who began to look for a caller in this step.
    freed: Vec<AgentRef>,
    /// A caller looks for an agent in this step.
    asked: bool,
}

/// What is known of a group's line beside its plan and its callers.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    estimate: Estimate,
    surge: SurgeMode,
    /// A surge has begun by itself.
    surging: bool,
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
    since: Timestamp,
    rank: u64,
    order: u64,
    phase: Phase,
    overdue: bool,
    /// Stages of his timeline that have opened.
    opened: Vec<usize>,
    /// The agent he should get, and until when nobody else.
    prefer: Option<(AgentRef, Timestamp)>,
    /// The offers in which he is ringing, in the order made.
    offers: Vec<OfferRef>,
    priority: Priority,
    grey: bool,
    site: SiteRef,
    requires: Abilities,
    party: Option<PartyRef>,
    callback_offered: bool,
    served: bool,
    callback: Option<Callback>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Present,
    InTurn,
    Paused(Timestamp),
    Dialing,
    WithAgent(AgentRef),
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
            lines: vec![Line::default(); plan.groups.len()],
            agents: plan.agents.iter().map(|_| Agent::signed_out()).collect(),
            plan,
            callers: Vec::new(),
            offers: Arena::default(),
            timers: Vec::new(),
            lists: Lists::default(),
            last_agents: LastAgents::default(),
            latest_calls: Vec::new(),
            helped: Vec::new(),
            night: false,
            joined: 0,
            offered: 0,
            freed: Vec::new(),
            asked: false,
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
            Input::Takes { agent, group } => self.takes(agent, group, out),
            Input::Release { agent } => self.request(agent, Deed::Release, out),
            Input::ExtendWrapUp { agent, by } => self.extend_wrap_up(agent, by, out),
            Input::Skill { agent, group, level } => self.set_skill(agent, group, level),
            Input::Enqueue(request) => self.enqueue(request, out),
            Input::Leave { caller } => self.leave(caller, out),
            Input::HangUp { caller } => self.hang_up(caller, out),
            Input::Prioritize { caller, priority } => self.prioritize(caller, priority),
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
            Input::Pick { agent, caller } => self.pick(agent, caller, out),
            Input::EndWrapUp { agent } => self.end_wrap_up(agent, out),
        };
        if let Err(why) = done {
            out.push(Output::Refused { why });
        }
        self.end_step(out);
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
                Due::Stage(caller) => self.wait_on(caller, out),
                Due::CoolDown(agent) => self.cool(agent),
                Due::Night => {
                    self.set_night();
                    self.review(out);
                }
            }
            self.end_step(out);
        }
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.iter().map(|(at, _)| *at).min()
    }

    /// Changes the plan, as [`Distributor::change_plan`](crate::Distributor::change_plan) does.
    ///
    /// # Errors
    /// Why the plan cannot follow the one in force; then nothing has changed.
    pub fn change_plan(
        &mut self,
        now: Timestamp,
        plan: Plan,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        self.tick(now, out);
        let plan = plan.tidied();
        let (groups, agents) = (self.plan.groups.len(), self.plan.agents.len());
        let name = |group: &GroupPlan| group.name.clone();
        if !starts_alike(&self.plan.groups, &plan.groups, name) {
            return Err("groups can be added at the end only; to remove or move one needs a restart");
        }
        let name = |agent: &AgentPlan| agent.name.clone();
        if !starts_alike(&self.plan.agents, &plan.agents, name) {
            return Err("agents can be added at the end only; to remove or move one needs a restart");
        }
        self.lines.extend(vec![Line::default(); plan.groups.len() - groups]);
        self.agents.extend(vec![Agent::signed_out(); plan.agents.len() - agents]);
        self.plan = plan;
        for at in 0..self.callers.len() {
            self.callers[at].rank = self.rank_of(&self.callers[at]);
            self.callers[at].opened.clear();
        }
        self.set_night();
        self.review(out);
        self.end_step(out);
        Ok(())
    }

    /// What every step ends in: who can be matched is, who may not stay goes, surges begin or end.
    fn end_step(&mut self, out: &mut Vec<Output>) {
        self.settle(out);
        for group in (0..self.lines.len()).map(GroupRef::at) {
            let (waiting, plan) = (self.taking_room(group), self.plan.groups[group.index()].surge);
            let line = &mut self.lines[group.index()];
            let on = match plan.begins_at {
                None => false,
                Some(_) if line.surging => waiting > plan.ends_at,
                Some(begins_at) => waiting >= begins_at,
            };
            if line.surge == SurgeMode::Automatic && line.surging != on {
                line.surging = on;
                out.push(Output::Alert(Alert::Surge { group, on, mode: SurgeMode::Automatic }));
            }
        }
    }

    fn is_surging(&self, group: GroupRef) -> bool {
        let line = &self.lines[group.index()];
        match line.surge {
            SurgeMode::Automatic => line.surging,
            SurgeMode::Off => false,
            SurgeMode::On | SurgeMode::AnnounceOnly => true,
        }
    }

    fn set_surge(
        &mut self,
        group: GroupRef,
        mode: SurgeMode,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        if group.index() >= self.lines.len() {
            return Err("there is no such group");
        }
        let before = self.is_surging(group);
        self.lines[group.index()].surge = mode;
        self.lines[group.index()].surging &= mode == SurgeMode::Automatic;
        let on = self.is_surging(group);
        if on != before {
            out.push(Output::Alert(Alert::Surge { group, on, mode }));
        }
        Ok(())
    }

    fn help(&mut self, site: SiteRef, on: bool, out: &mut Vec<Output>) -> Result<(), &'static str> {
        match (self.helped.contains(&site), on) {
            (true, true) => return Err("the site is helped already"),
            (false, false) => return Err("the site is not helped"),
            (false, true) => self.helped.push(site),
            (true, false) => self.helped.retain(|helped| *helped != site),
        }
        self.review(out);
        Ok(())
    }

    fn set_night(&mut self) {
        self.unset(Due::Night);
        let night = self.plan.night.map(|hours| &self.plan.hours[hours.index()]);
        self.night = night.is_some_and(|night| night.is_open(&self.plan.clock, self.now));
        if let Some(night) = night {
            let tomorrow = self.now + Duration::from_secs(86_400);
            let change = night.next_change(&self.plan.clock, self.now).unwrap_or(tomorrow);
            self.timers.push((change, Due::Night));
        }
    }

    fn set(&mut self, at: Timestamp, due: Due) {
        self.unset(due);
        self.timers.push((at, due));
    }

    fn unset(&mut self, due: Due) {
        self.timers.retain(|(_, set)| *set != due);
    }
}

/// Whether a longer list begins with the same names.
fn starts_alike<T>(old: &[T], new: &[T], name: impl Fn(&T) -> String) -> bool {
    new.len() >= old.len() && old.iter().zip(new).all(|(old, new)| name(old) == name(new))
}
