//! The board: what a reader may see of the distributor between two steps, at no cost to the next one.
//!
//! Never knows: who reads, how often, what is told of it.

use crate::{AgentPlan, AgentRef, AgentState, CallerRef, Distributor, GroupRef};
use base::Timestamp;
use std::time::Duration;

/// One group's line and agents at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Callers in the line, those included who are ringing at an agent.
    pub waiting: usize,
    /// How many of them are ringing.
    pub offered: usize,
    /// The oldest clock among them.
    pub oldest: Option<Timestamp>,
    /// Agents of the group who are signed in.
    pub signed_in: u32,
    /// How many of them wait for a caller.
    pub ready: usize,
    /// What a caller who joined now (with the usual priority, at the end) could expect to wait.
    pub expected: Option<Duration>,
}

/// One agent at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentView<'a> {
    /// Who.
    pub agent: AgentRef,
    /// What the plan says about him.
    pub plan: &'a AgentPlan,
    /// What he does.
    pub state: AgentState,
    /// Since when. A ready agent whose offer was withdrawn is ready since before that offer.
    pub since: Timestamp,
}

/// One caller at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerView {
    /// Whose line.
    pub group: GroupRef,
    /// Place in it, counting from 1; those who are ringing count.
    pub position: u32,
    /// His original clock.
    pub since: Timestamp,
    /// At which agent he is ringing.
    pub rings_at: Option<AgentRef>,
    /// What he may expect to wait from now on, when it can be told.
    pub expected: Option<Duration>,
}

impl Distributor {
    /// A group's line and agents.
    #[must_use]
    pub fn group(&self, group: GroupRef) -> Option<GroupView> {
        let at = self.groups.get(group.index())?;
        let waiting = at.line.len();
        let next = u32::try_from(waiting + 1).unwrap_or(u32::MAX);
        Some(GroupView {
            waiting,
            offered: at.line.ringing,
            oldest: at.line.oldest(),
            signed_in: at.signed_in,
            ready: at.idle.len(),
            expected: if at.idle.is_empty() { self.expected(group, next) } else { Some(Duration::ZERO) },
        })
    }

    /// An agent.
    #[must_use]
    pub fn agent(&self, agent: AgentRef) -> Option<AgentView<'_>> {
        let at = self.agents.get(agent.index())?;
        Some(AgentView { agent, plan: &at.plan, state: at.state.shown(), since: at.since })
    }

    /// All agents, in the order of the plan.
    pub fn agents(&self) -> impl Iterator<Item = AgentView<'_>> {
        (0..self.agents.len()).filter_map(|at| self.agent(AgentRef::at(at)))
    }

    /// A caller, while he waits.
    #[must_use]
    pub fn caller(&self, caller: CallerRef) -> Option<CallerView> {
        let at = self.callers.get(self.callers.spot(caller)?)?;
        let position = self.groups[at.group.index()].line.position(&at.place);
        Some(CallerView {
            group: at.group,
            position,
            since: at.place.since,
            rings_at: at.offer.and_then(|offer| self.offers.get(offer)).map(|offer| offer.agent),
            expected: self.expected(at.group, position),
        })
    }
}
