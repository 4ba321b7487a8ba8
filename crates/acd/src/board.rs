//! The board: what a reader may see of the distributor between two steps, at no cost to the next one.
//!
//! Never knows: who reads, how often, what is told of it.

use crate::caller::Phase;
use crate::{AgentPlan, AgentRef, AgentState, CallerRef, Distributor, GroupRef};
use base::Timestamp;
use std::time::Duration;

/// One group's line and agents at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Callers on the phone in the line, those included who are ringing at an agent.
    pub waiting: usize,
    /// How many of them are ringing.
    pub offered: usize,
    /// The oldest clock among them.
    pub oldest: Option<Timestamp>,
    /// Agents of the group who are signed in.
    pub signed_in: u32,
    /// How many of them wait for a caller.
    pub ready: usize,
    /// Callers in the line who will be called back; they are not among the waiting.
    pub callbacks: usize,
    /// A surge is on.
    pub surging: bool,
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
        let waiting = at.line.len() - at.line.callbacks;
        let next = u32::try_from(at.line.len() + 1).unwrap_or(u32::MAX);
        Some(GroupView {
            waiting,
            offered: at.line.ringing,
            oldest: self.oldest(group),
            signed_in: at.signed_in,
            ready: self.ready(group),
            expected: if self.ready(group) == 0 { self.expected(group, next) } else { Some(Duration::ZERO) },
            callbacks: at.line.callbacks,
            surging: at.is_surging(),
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
            since: at.since,
            rings_at: at.offer.and_then(|offer| self.offers.get(offer)).map(|offer| offer.agent),
            expected: self.expected(at.group, position),
        })
    }

    /// The oldest clock among the callers on the phone. Nobody ranks before somebody who joined longer than the
    /// longest head start and the grey delay before him, so only those near the head are looked at.
    fn oldest(&self, group: GroupRef) -> Option<Timestamp> {
        let window = self.order.head_start_max.saturating_add(self.order.grey_delay);
        let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX);
        let mut first = None;
        let line = &self.groups[group.index()].line;
        let near = line
            .iter()
            .take_while(|place| place.rank <= first.get_or_insert(place.rank).saturating_add(window));
        let callers = near.filter_map(|place| self.callers.get(place.spot));
        callers.filter(|caller| caller.phase == Phase::Present).map(|caller| caller.since).min()
    }

    /// Agents of a group who wait for a caller.
    fn ready(&self, group: GroupRef) -> usize {
        let serves = |agent: &&crate::distributor::Agent| {
            agent.is_ready() && agent.plan.skills.iter().any(|(skill, _)| *skill == group)
        };
        self.agents.iter().filter(serves).count()
    }
}
