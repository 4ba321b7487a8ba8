//! The plan: what the configuration says about groups and agents, as plain values.

use crate::{GroupRef, SiteRef, SkillLevel};
use std::time::Duration;

/// Groups and agents; positions are the references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Skill groups.
    pub groups: Vec<GroupPlan>,
    /// Agents.
    pub agents: Vec<AgentPlan>,
}

/// One skill group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// Key in configuration, metrics and records (`general`).
    pub name: String,
    /// How long an agent's phone rings before the offer goes on.
    pub ring: Duration,
    /// Wrap-up after each call; zero for none.
    pub wrap_up: Duration,
    /// After waiting this long (on the caller's original clock) he is also offered to that group's agents.
    pub overflow: Vec<(Duration, GroupRef)>,
    /// Callers at once in the line; one more is turned away ([`Turned::LineFull`](crate::Turned)).
    pub line_max: usize,
    /// Longest wait; then he is turned away ([`Turned::WaitedTooLong`](crate::Turned)).
    pub wait_max: Option<Duration>,
    /// Turn callers away while no agent of the group (or of its overflow groups) is signed in.
    pub needs_signed_in: bool,
    /// After a ring-no-answer the agent is not ready with that reason (false: stays ready for others).
    pub ring_no_answer_not_ready: bool,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPlan {
    /// Key in configuration, metrics and records (work number, `8001`).
    pub name: String,
    /// Where he sits.
    pub site: SiteRef,
    /// Groups he serves and how well.
    pub skills: Vec<(GroupRef, SkillLevel)>,
}

impl Plan {
    /// The plan without what points nowhere, so that nothing checks it again: unknown groups and a group's
    /// overflow into itself are dropped, stages are in order of time, a group is named once (the earliest stage,
    /// the highest level). That a configuration says none of this by mistake is checked where it is read.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let groups = self.groups.len();
        for (own, group) in self.groups.iter_mut().enumerate() {
            group.overflow.sort_by_key(|(after, _)| *after);
            let mut named = vec![GroupRef::at(own)];
            group.overflow.retain(|(_, to)| {
                let keep = to.index() < groups && !named.contains(to);
                named.push(*to);
                keep
            });
        }
        for agent in &mut self.agents {
            agent.skills.retain(|(group, _)| group.index() < groups);
            agent.skills.sort_by_key(|(group, level)| (*group, std::cmp::Reverse(*level)));
            agent.skills.dedup_by_key(|(group, _)| *group);
        }
        self
    }
}
