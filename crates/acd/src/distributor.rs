//! [`Distributor`]: the one owner of callers, agents and lines.
//!
//! ```text
//!   Input ──▶ what is due ──▶ the input ──▶ settle ──▶ Output …
//!   tick  ──▶ what is due ────────────────────┘
//!
//!   due:  ring-out (offer.rs) · wrap-up or pause over · stage, longest wait, callback (timeline.rs)
//!         · cool-down (refusal.rs) · night begins or ends (timeline.rs)
//! ```
//!
//! Order of outputs, the same on every machine:
//! 1. deadlines at or before `now`, in (time, order set), each with all that follows from it;
//! 2. then the input: first what it ends (`OfferEnded`, `CallbackEnded`, `Collapsed`), then what it makes of the agent
//!    (`Agent`) or the caller (`Queued`, `Overflowed` and `Relaxed` by stage, `CallbackOffered`, `CallbackKept`,
//!    `Dial`, `Served`), then an alert about the agent;
//! 3. then the offers that follow, each as `Offer` and `Agent`, to the caller who stands first first;
//! 4. then who is turned away: for his longest wait, then for want of agents (lines in order of the plan);
//! 5. then surges that have begun or ended by themselves.
//!
//! A caller's next deadline is one timer: set when he joins, and anew whenever his timeline is brought up to date.
//!
//! `Accept` gives `OfferEnded` (of all agents rung), `Agent`, `Served`. A request that takes effect later (not ready,
//! sign-out, a lost phone while talking) is answered by `Agent` with the unchanged state. `Leave` of a caller who is
//! not ringing has no output: its sender knows. Whatever else cannot be is `Refused` and changes nothing. A
//! clock that runs backwards counts as standing still.
//!
//! Bounds: callers by the lines' `line_max`, twice that with emergencies, as many again with missed calls, and whoever
//! was served before by the talks there can be; offers, wrap-ups and cool-downs by the number of agents, one of each at
//! most; timers by the sum of these. All stores are reused: once they have reached their peak no decision allocates.
//! State is plain values throughout, so that it can be written out and read back.
//!
//! Never knows: SIP, media, legs, numbers, files, clocks.

use crate::agent::{Deed, State, step};
use crate::caller::{Caller, Callers, Phase, Spot};
use crate::group::Group;
use crate::hours::{Hours, HoursRef, WallClock};
use crate::last_agent::LastAgents;
use crate::nuisance::Lists;
use crate::occupancy::Occupancy;
use crate::offer::Offer;
use crate::plan::Order;
use crate::pool::{PoolRef, Pools, Standing};
use crate::refusal::{COOL_DOWN, Refusals};
use crate::{
    AgentPlan, AgentRef, GroupRef, Input, OfferEnd, OfferRef, Output, Plan, SiteRef, SkillLevel, Turned,
};
use base::{Arena, TimerRef, Timestamp, Wheel};
use std::time::Duration;

/// The distributor.
#[derive(Clone, Debug)]
pub struct Distributor {
    pub(crate) now: Timestamp,
    pub(crate) order: Order,
    pub(crate) clock: WallClock,
    pub(crate) hours: Vec<Hours>,
    pub(crate) night_hours: Option<HoursRef>,
    pub(crate) breaks_max: Option<u32>,

    pub(crate) groups: Vec<Group>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) pools: Pools,
    pub(crate) callers: Callers,
    pub(crate) offers: Arena<OfferRef, Offer>,
    pub(crate) timers: Wheel<Due>,

    pub(crate) lists: Lists,
    pub(crate) last_agents: LastAgents,
    /// Sites that the others help.
    pub(crate) helped: Vec<SiteRef>,
    /// The night hours run.
    pub(crate) night: bool,
    /// When to look again.
    pub(crate) night_timer: Option<TimerRef>,
    /// Some group selects the least occupied.
    pub(crate) ranks_occupancy: bool,
    /// Agents on a break, or about to be.
    pub(crate) on_break: u32,
    /// Offers ever made.
    pub(crate) offered: u64,
    /// Callers who looked for an agent in this step; empty between steps.
    pub(crate) seekers: Vec<Spot>,
    /// Somebody left whom a line may have needed: whoever waits for nobody goes at the end of the step.
    pub(crate) look_for_deserted: bool,
    /// Agents freed in this step beside the one at hand; empty between steps.
    pub(crate) freed: Vec<AgentRef>,
    /// Groups whose line has changed its length in this step; empty between steps.
    pub(crate) watched: Vec<GroupRef>,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// An offer's ring time is over.
    RingOut(OfferRef),
    /// An agent's wrap-up or pause is over.
    Over(AgentRef),
    /// The next thing on a caller's timeline.
    Stage(Spot),
    /// An agent may be shown a caller again whom he refused.
    CoolDown(AgentRef),
    /// The night begins or ends.
    Night,
}

/// One agent. His record lies by cache lines, as a caller's does: what every change of his state looks at, what most
/// do, what only those do that make him free, and the rest.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Agent {
    pub(crate) state: State,
    /// Since when he is shown as what he is shown.
    pub(crate) since: Timestamp,
    /// Whose call he works on, and since when: for the expected wait.
    pub(crate) handles: Option<(GroupRef, Timestamp)>,
    /// Ring-no-answers in a row.
    pub(crate) no_answers: u32,
    /// Whether he stands in the `idle` index of his pools.
    pub(crate) listed: bool,

    /// What selections go by.
    pub(crate) standing: Standing,
    /// The end of his wrap-up or pause.
    pub(crate) over: Option<TimerRef>,
    /// The latest end of this wrap-up, with all extensions.
    pub(crate) wrap_up_latest: Timestamp,
    /// Since when he is busy with callers (ringing, talk, wrap-up), while he is.
    pub(crate) busy: Timestamp,

    /// The pools he belongs to, each with the level that he has in it.
    pub(crate) pools: Vec<(PoolRef, SkillLevel)>,
    pub(crate) occupancy: Occupancy,
    /// The next end of a cool-down.
    pub(crate) cool_down: Option<TimerRef>,

    pub(crate) refusals: Refusals,
    pub(crate) plan: AgentPlan,
}

impl Agent {
    pub(crate) fn new(plan: AgentPlan) -> Self {
        Self {
            state: State::SignedOut,
            since: Timestamp::START,
            listed: false,
            pools: Vec::new(),
            standing: Standing::default(),
            occupancy: Occupancy::default(),
            busy: Timestamp::START,
            over: None,
            wrap_up_latest: Timestamp::START,
            handles: None,
            no_answers: 0,
            refusals: Refusals::default(),
            cool_down: None,
            plan,
        }
    }

    pub(crate) const fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.state != State::SignedOut
    }

    pub(crate) const fn idle_since(&self) -> Option<Timestamp> {
        if let State::Ready { idle } = self.state { Some(idle) } else { None }
    }
}

impl Distributor {
    /// A distributor in which everybody is signed out.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let plan = plan.tidied();
        let mut distributor = Self {
            now: Timestamp::START,
            order: plan.order,
            clock: plan.clock,
            hours: plan.hours,
            night_hours: plan.night,
            breaks_max: plan.breaks_max,
            groups: plan.groups.into_iter().map(Group::new).collect(),
            agents: plan.agents.into_iter().map(Agent::new).collect(),
            pools: Pools::default(),
            callers: Callers::default(),
            offers: Arena::default(),
            timers: Wheel::default(),
            lists: Lists::default(),
            last_agents: LastAgents::default(),
            helped: Vec::new(),
            night: false,
            night_timer: None,
            ranks_occupancy: false,
            on_break: 0,
            offered: 0,
            seekers: Vec::new(),
            look_for_deserted: false,
            freed: Vec::new(),
            watched: Vec::new(),
        };
        distributor.plan_pools();
        distributor.set_night();
        distributor
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
            Input::Skill { agent, group, level } => self.set_skill(agent, group, level, out),
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
        // Some way before the end of time, so that every span added to it lies ahead.
        self.now = self.now.max(now).min(Timestamp::NEVER - 2 * COOL_DOWN);
        while let Some((_, due)) = self.timers.pop_due(self.now) {
            match due {
                Due::RingOut(offer) => self.ring_out(offer, out),
                Due::Stage(spot) => self.wait_on(spot, out),
                Due::CoolDown(agent) => self.cool(agent, out),
                Due::Over(agent) => {
                    // The deadline belongs to a wrap-up or pause that lasts; it is cancelled with it.
                    let _ = self.request(agent, Deed::Over, out);
                }
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
        self.timers.next_deadline()
    }

    /// What an agent, his phone or his wrap-up's deadline does, and all that follows: an offer that he leaves goes
    /// on, a freed agent takes the next caller, and nobody waits for a group whose last agent goes home.
    pub(crate) fn request(
        &mut self,
        agent: AgentRef,
        deed: Deed,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let state = self.agents.get(agent.index()).ok_or(NO_AGENT)?.state;
        let next = step(self.now, state, deed)?;
        if next.is_break() && !state.is_break() && self.breaks_max.is_some_and(|most| self.on_break >= most) {
            return Err("as many agents are on a break as may be at once");
        }
        let mut left = None;
        if let State::Offered { offer, .. } = state
            && let Some(offer) = self.end_offer(offer, OfferEnd::AgentGone, out)
        {
            self.remember_refusal(agent, offer.spot);
            left = Some(offer.spot).filter(|spot| self.callers.get(*spot).is_some_and(Caller::is_open));
        }
        self.change(agent, deed, out);
        if next == State::SignedOut && state != State::SignedOut {
            self.signed_out(agent, left, out);
        } else {
            self.settle(left, Some(agent), out);
        }
        Ok(())
    }

    /// An agent who talks outside any offer has a caller now.
    fn takes(&mut self, agent: AgentRef, group: GroupRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let wrap_up = self.groups.get(group.index()).ok_or(crate::caller::NO_GROUP)?.plan.wrap_up;
        self.request(agent, Deed::Takes(wrap_up), out)?;
        self.agents[agent.index()].handles = Some((group, self.now));
        Ok(())
    }

    /// The ready agent of a group who is idle longest, whatever his level; nobody's turn is changed by asking.
    #[must_use]
    pub fn idle_longest(&self, group: GroupRef, except: AgentRef) -> Option<AgentRef> {
        let ready = self.agents.iter().enumerate().filter_map(|(at, agent)| {
            let serves = agent.plan.skills.iter().any(|(skill, _)| *skill == group);
            let idle = agent.idle_since().filter(|_| serves)?;
            Some((idle, AgentRef::at(at))).filter(|(_, agent)| *agent != except)
        });
        ready.min().map(|(_, agent)| agent)
    }

    /// An agent has signed out: whoever asked for him alone is offered to others, and nobody waits where nobody
    /// is left.
    fn signed_out(&mut self, agent: AgentRef, left: Option<Spot>, out: &mut Vec<Output>) {
        // Whoever asked for him does so no longer, whatever that caller does now.
        let prefers = |caller: &Caller| caller.prefer == Some(agent);
        let mut places: Vec<_> = self
            .callers
            .iter()
            .filter(|(_, caller)| prefers(caller))
            .map(|(_, caller)| caller.place)
            .collect();
        places.sort_unstable();
        for place in &places {
            self.unlist_caller(place.spot);
            self.pass_stages(place.spot, out);
        }
        places.extend(left.and_then(|left| self.callers.get(left)).map(|caller| caller.place));
        places.sort_unstable();
        places.dedup();
        for place in &places {
            if self.callers.get(place.spot).is_some_and(|caller| caller.is_open() && !caller.listed) {
                self.settle(Some(place.spot), None, out);
            }
        }
        self.look_for_deserted = true;
    }

    /// Lets a deed change an agent's state, with index, timer and counts; the only place that does.
    pub(crate) fn change(&mut self, agent: AgentRef, deed: Deed, out: &mut Vec<Output>) {
        self.unlist_agent(agent);
        let now = self.now;
        let record = &mut self.agents[agent.index()];
        let Ok(next) = step(now, record.state, deed) else { return };
        let last = std::mem::replace(&mut record.state, next);
        if last.shown() != next.shown() {
            record.since = if let State::Ready { idle } = next { idle } else { now };
        }
        if last.until() != next.until() {
            if let Some(timer) = record.over.take() {
                self.timers.cancel(timer);
            }
            record.over = next.until().map(|at| self.timers.schedule(at, Due::Over(agent)));
        }
        if last.ends_handling(next)
            && let Some((group, since)) = record.handles.take()
        {
            self.groups[group.index()].estimate.handled(now.since(since));
        }
        if let (State::Talking { .. }, State::WrapUp { until, .. }) = (last, next) {
            // Extensions count from the end of the talk; a dial-out in between does not prolong it.
            if let Some((group, _)) = record.handles {
                let plan = &self.groups[group.index()].plan;
                record.wrap_up_latest = until.max(now + plan.wrap_up_max);
            } else {
                record.wrap_up_latest = record.wrap_up_latest.max(until);
            }
        }
        record.count_busy(last, next, now, self.ranks_occupancy);
        self.on_break += u32::from(next.is_break());
        self.on_break -= u32::from(last.is_break());
        out.push(Output::Agent { agent, state: next.shown() });
        match (last == State::SignedOut, next == State::SignedOut) {
            (true, false) => {
                let record = &mut self.agents[agent.index()];
                (record.standing.calls, record.no_answers) = (0, 0);
                self.count_signed_in(agent, 1);
            }
            (false, true) => self.count_signed_in(agent, -1),
            _ => {}
        }
    }

    /// A wrap-up lasts longer, up to the group's longest.
    fn extend_wrap_up(
        &mut self,
        agent: AgentRef,
        by: Duration,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let record = self.agents.get(agent.index()).ok_or(NO_AGENT)?;
        let State::WrapUp { until, .. } = record.state else { return Err("the agent is not in wrap-up") };
        let longer = (until + by).min(record.wrap_up_latest);
        if longer <= until {
            return Err("the wrap-up is as long as the group allows");
        }
        self.change(agent, Deed::Extend(longer), out);
        Ok(())
    }

    /// What an agent can do changes at once; an offer that he has goes on.
    fn set_skill(
        &mut self,
        agent: AgentRef,
        group: GroupRef,
        level: Option<SkillLevel>,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        self.agents.get(agent.index()).ok_or(NO_AGENT)?;
        self.groups.get(group.index()).ok_or(crate::caller::NO_GROUP)?;
        if level.is_some_and(|level| !(1..=10).contains(&level.0)) {
            return Err("a level is 1 to 10");
        }
        self.unlist_agent(agent);
        let there = self.agents[agent.index()].is_signed_in();
        if there {
            self.count_signed_in(agent, -1);
        }
        let skills = &mut self.agents[agent.index()].plan.skills;
        skills.retain(|(skill, _)| *skill != group);
        skills.extend(level.map(|level| (group, level)));
        skills.sort_unstable_by_key(|(skill, _)| *skill);
        self.join_pools(agent);
        if there {
            self.count_signed_in(agent, 1);
        }
        self.settle(None, Some(agent), out);
        self.look_for_deserted = true;
        Ok(())
    }

    /// A site is helped by the others, or no longer.
    fn help(&mut self, site: SiteRef, on: bool, out: &mut Vec<Output>) -> Result<(), &'static str> {
        if self.helped.contains(&site) == on {
            return Err(if on { "the site is helped already" } else { "the site is not helped" });
        }
        if on {
            self.helped.push(site);
        } else {
            self.helped.retain(|helped| *helped != site);
        }
        self.review(out);
        Ok(())
    }

    /// Whether a group's hours run.
    pub(crate) fn is_open(&self, group: GroupRef) -> bool {
        let hours = self.groups[group.index()].plan.hours;
        hours.is_none_or(|hours| self.hours[hours.index()].is_open(&self.clock, self.now))
    }

    /// Whether it is night now, and when to look again.
    pub(crate) fn set_night(&mut self) {
        let Some(night) = self.night_hours.map(|hours| &self.hours[hours.index()]) else {
            self.night = false;
            return;
        };
        self.night = night.is_open(&self.clock, self.now);
        let day = Duration::from_secs(86_400);
        let next = night.next_change(&self.clock, self.now).unwrap_or(self.now + day);
        self.night_timer = Some(self.timers.schedule(next, Due::Night));
    }

    /// Puts a ready agent where the callers of his pools look.
    pub(crate) fn list_agent(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        if let State::Ready { idle } = record.state
            && !std::mem::replace(&mut record.listed, true)
        {
            for (pool, level) in &record.pools {
                let pool = &mut self.pools.all[pool.index()];
                pool.idle.insert(record.standing.key(pool.selection, idle, *level, agent));
            }
        }
    }

    /// Takes him out of there.
    pub(crate) fn unlist_agent(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        if let State::Ready { idle } = record.state
            && std::mem::replace(&mut record.listed, false)
        {
            for (pool, level) in &record.pools {
                let pool = &mut self.pools.all[pool.index()];
                pool.idle.remove(&record.standing.key(pool.selection, idle, *level, agent));
            }
        }
    }

    pub(crate) fn count_signed_in(&mut self, agent: AgentRef, by: i32) {
        let record = &self.agents[agent.index()];
        for (pool, _) in &record.pools {
            let pool = &mut self.pools.all[pool.index()];
            pool.signed_in = pool.signed_in.saturating_add_signed(by);
        }
        for (group, _) in &record.plan.skills {
            let group = &mut self.groups[group.index()];
            group.signed_in = group.signed_in.saturating_add_signed(by);
        }
    }

    /// Whether callers of a site are turned away because nobody is signed in who could serve them at any stage.
    pub(crate) fn is_deserted(&self, group: GroupRef, site: SiteRef) -> bool {
        self.groups[group.index()].plan.needs_signed_in && !self.is_manned(group, site)
    }

    /// Whether that holds for this caller: one whose own agent is there has somebody to wait for.
    pub(crate) fn is_left_alone(&self, caller: &Caller) -> bool {
        let there = |agent: AgentRef| self.agents[agent.index()].is_signed_in();
        self.is_deserted(caller.group, caller.site) && !caller.prefer.is_some_and(there)
    }

    /// Turns everybody away who waits on the phone where nobody is left to serve him.
    pub(crate) fn turn_deserted_away(&mut self, out: &mut Vec<Output>) {
        for group in (0..self.groups.len()).map(GroupRef::at) {
            let at = &self.groups[group.index()];
            if !at.plan.needs_signed_in || at.line.len() == 0 {
                continue;
            }
            let callers =
                at.line.iter().filter_map(|place| self.callers.get(place.spot).map(|at| (place, at)));
            let deserted = callers.filter(|(_, caller)| {
                caller.phase == Phase::Present && caller.offer.is_none() && self.is_left_alone(caller)
            });
            let deserted: Vec<_> = deserted.map(|(place, _)| place).collect();
            for place in deserted {
                self.turn_away(place.spot, Turned::NobodySignedIn, out);
            }
        }
    }
}

impl Agent {
    /// Ringing, talk and wrap-up are work; its sum is settled when he is ready again, and ranked where any group
    /// goes by it.
    fn count_busy(&mut self, last: State, next: State, now: Timestamp, ranked: bool) {
        let is_busy = |state: State| {
            matches!(state, State::Offered { .. } | State::Talking { .. } | State::WrapUp { .. })
        };
        match (is_busy(last), is_busy(next)) {
            (false, true) => self.busy = now,
            (true, false) => {
                self.occupancy.add(self.busy, now);
                if ranked {
                    self.standing.occupancy = self.occupancy.rank();
                }
            }
            _ => {}
        }
    }
}

pub(crate) const NO_AGENT: &str = "there is no such agent";
