//! A plan that changes while callers wait: applied in one step, or tried on a copy first.
//!
//! ```text
//!   preview(plan) ─▶ Preview: which groups and agents differ, what would be said, whose agents would change
//!   change_plan(plan) ─▶ everybody stays where he is; timelines, pools and places follow the new plan at once
//! ```
//!
//! Groups and agents are known by their place, so lists may grow and keep their order; whoever is no longer wanted
//! stays with no skills. Callers keep their clocks: a new timeline applies as if it had always been so, and a
//! stage that opened stays open only if the new timeline has it open now. A line that is longer than its new limit
//! gets shorter as callers leave it. Offers that are out go on. What was
//! set by hand (surge mode, help, lists) stays. Going back is changing to the plan that was.
//!
//! Never knows: files, who asked, whether he may.

use crate::caller::{ALONE, Caller};
use crate::distributor::Agent;
use crate::group::Group;
use crate::line::rank;
use crate::{AgentRef, CallerRef, Distributor, GroupRef, Output, Plan};
use base::Timestamp;

/// What a changed plan would do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Groups whose plan differs, new ones included.
    pub groups: Vec<GroupRef>,
    /// Agents whose plan differs, new ones included.
    pub agents: Vec<AgentRef>,
    /// What would be said at once: offers, stages, callers turned away.
    pub outputs: Vec<Output>,
    /// Callers for whom other agents would come into question than now.
    pub callers: Vec<Affected>,
}

/// A waiting caller whose agents would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Who.
    pub caller: CallerRef,
    /// Whose line.
    pub group: GroupRef,
    /// Agents signed in who may be offered to him now …
    pub agents_before: u32,
    /// … and with the changed plan.
    pub agents_after: u32,
    /// His position in the line now …
    pub position_before: u32,
    /// … and with the changed plan; `None`: he would be turned away.
    pub position_after: Option<u32>,
}

impl Distributor {
    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan {
            groups: self.groups.iter().map(|group| group.plan.clone()).collect(),
            agents: self.agents.iter().map(|agent| agent.plan.clone()).collect(),
            hours: self.hours.clone(),
            night: self.night_hours,
            clock: self.clock.clone(),
            order: self.order,
            breaks_max: self.breaks_max,
        }
    }

    /// Changes the plan. Deadlines at or before `now` fire first.
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
        self.follows(&plan)?;
        let idle: Vec<AgentRef> = (0..self.agents.len())
            .map(AgentRef::at)
            .filter(|agent| self.agents[agent.index()].listed)
            .collect();
        for agent in (0..self.agents.len()).map(AgentRef::at) {
            self.unlist_agent(agent);
        }
        let spots: Vec<_> = self.callers.iter().map(|(spot, _)| spot).collect();
        for spot in &spots {
            self.unlist_caller(*spot);
        }

        (self.order, self.clock, self.hours) = (plan.order, plan.clock, plan.hours);
        (self.night_hours, self.breaks_max) = (plan.night, plan.breaks_max);
        for (at, new) in plan.groups.into_iter().enumerate() {
            match self.groups.get_mut(at) {
                Some(group) => group.plan = new,
                None => self.groups.push(Group::new(new)),
            }
        }
        for (at, new) in plan.agents.into_iter().enumerate() {
            match self.agents.get_mut(at) {
                Some(agent) => agent.plan = new,
                None => self.agents.push(Agent::new(new)),
            }
        }
        self.plan_pools();
        for group in &mut self.groups {
            group.signed_in = 0;
        }
        for agent in self.agents.iter().filter(|agent| agent.is_signed_in()) {
            for (group, _) in &agent.plan.skills {
                self.groups[group.index()].signed_in += 1;
            }
        }
        for spot in spots {
            self.place_anew(spot);
        }
        if let Some(timer) = self.night_timer.take() {
            self.timers.cancel(timer);
        }
        self.set_night();
        // Ready agents stand where callers look before any caller looks.
        for agent in idle {
            self.list_agent(agent);
        }
        for group in (0..self.groups.len()).map(GroupRef::at) {
            self.watch_surge(group);
        }
        self.review(out);
        self.look_for_deserted = true;
        self.end_step(out);
        Ok(())
    }

    /// What a changed plan would do, tried on a copy.
    ///
    /// # Errors
    /// Why the plan cannot follow the one in force.
    pub fn preview(&self, now: Timestamp, plan: &Plan) -> Result<Preview, &'static str> {
        let mut before = self.clone();
        let mut after = self.clone();
        before.tick(now, &mut Vec::new());
        let mut outputs = Vec::new();
        after.tick(now, &mut Vec::new());
        after.change_plan(now, plan.clone(), &mut outputs)?;
        let mut callers: Vec<_> = before.callers.iter().map(|(_, caller)| caller.place).collect();
        callers.sort_unstable();
        let affected = callers.iter().filter_map(|place| {
            let caller = before.callers.get(place.spot)?;
            let view =
                |of: &Self| Some((of.reach(of.callers.get(place.spot)?), of.caller(caller.caller)?.position));
            let (agents_before, position_before) = view(&before)?;
            let seen = view(&after);
            let agents_after = seen.map_or(0, |(agents, _)| agents);
            let position_after = seen.map(|(_, position)| position);
            let stays = (agents_before, Some(position_before)) == (agents_after, position_after);
            (!stays).then_some(Affected {
                caller: caller.caller,
                group: caller.group,
                agents_before,
                agents_after,
                position_before,
                position_after,
            })
        });
        Ok(Preview {
            groups: differing(&before.plan().groups, &after.plan().groups).map(GroupRef::at).collect(),
            agents: differing(&before.plan().agents, &after.plan().agents).map(AgentRef::at).collect(),
            callers: affected.collect(),
            outputs,
        })
    }

    /// Whether everybody keeps his place in the lists.
    fn follows(&self, plan: &Plan) -> Result<(), &'static str> {
        let same_groups = self.groups.iter().zip(&plan.groups).all(|(old, new)| old.plan.name == new.name);
        let same_agents = self.agents.iter().zip(&plan.agents).all(|(old, new)| old.plan.name == new.name);
        if plan.groups.len() < self.groups.len() || !same_groups {
            return Err("groups can be added at the end only; to remove or move one needs a restart");
        }
        if plan.agents.len() < self.agents.len() || !same_agents {
            return Err("agents can be added at the end only; to remove or move one needs a restart");
        }
        Ok(())
    }

    /// A caller's place and timeline by the new plan, from the beginning.
    fn place_anew(&mut self, spot: crate::caller::Spot) {
        let order = self.order;
        let Some(caller) = self.callers.get_mut(spot) else { return };
        let group = &mut self.groups[caller.group.index()];
        group.line.leave(&caller.place);
        let head_start = order.head_start(caller.priority, group.plan.weight);
        caller.place.rank = rank(&order, caller.since, head_start, caller.grey);
        group.line.join(caller.place);
        let alone = caller.opened >> ALONE & 1 != 0;
        caller.opened = 0;
        if alone && let Some(agent) = caller.prefer {
            let pool = self.pool(crate::pool::Who::Agent(agent));
            if let Some(caller) = self.callers.get_mut(spot) {
                caller.pools[ALONE] = pool;
                caller.opened = 1 << ALONE;
            }
        }
    }

    /// Agents signed in who may be offered to a caller now.
    pub(crate) fn reach(&self, caller: &Caller) -> u32 {
        let opened: Vec<_> = caller.asked().map(|(_, pool)| pool).collect();
        let belongs = |agent: &&Agent| {
            agent.is_signed_in() && agent.pools.iter().any(|(pool, _)| opened.contains(pool))
        };
        self.agents.iter().filter(belongs).count() as u32
    }
}

/// Places at which two lists differ, those included that only the second has.
fn differing<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> impl Iterator<Item = usize> + 'a {
    (0..new.len()).filter(|at| old.get(*at) != new.get(*at))
}
