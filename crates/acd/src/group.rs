//! [`Group`]: one skill group's line and the two indexes in which callers and agents find each other.
//!
//! ```text
//!            line   everybody who waits for this group, ringing or not
//!            open   callers who are not ringing and whom this group's agents may take:
//!                   the line's own, and those of other lines who overflowed to this group
//!            idle   ready agents of this group, longest idle first
//!
//!   a freed agent   looks at the heads of `open` of his groups
//!   an open caller  looks at the heads of `idle` of the groups that may serve him
//! ```
//!
//! At the end of a step a group has heads on one side at most, but for pairs in a cool-down
//! ([`refusal`](crate::refusal)). A later choice by level or site splits these indexes further; who looks
//! where stays.
//!
//! Never knows: what an offer is.

use crate::estimate::Handling;
use crate::line::{Place, WaitingLine};
use crate::plan::Plan;
use crate::ranked::Ranked;
use crate::{AgentRef, GroupPlan, GroupRef, SkillLevel};
use base::Timestamp;
use std::cmp::Reverse;

/// A ready agent in a group's idle index, in the order of choice: longest idle; among equally long idle the
/// higher level; then the earlier in the plan, so that ties always fall the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Idle {
    pub(crate) since: Timestamp,
    pub(crate) level: Reverse<SkillLevel>,
    pub(crate) agent: AgentRef,
}

/// One skill group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) plan: GroupPlan,
    pub(crate) line: WaitingLine,
    pub(crate) open: Ranked<Place>,
    pub(crate) idle: Ranked<Idle>,
    /// Agents of the group who are signed in.
    pub(crate) signed_in: u32,
    /// Agents signed in who could serve this line at any stage, counted once for each of the groups concerned:
    /// zero means nobody.
    pub(crate) cover: u32,
    /// The lines that this group's agents cover: its own and those that overflow to it.
    pub(crate) covers: Vec<GroupRef>,
    pub(crate) handling: Handling,
}

impl Group {
    /// The groups of a tidied plan, all empty.
    pub(crate) fn all(plan: &Plan) -> Vec<Self> {
        let covers = |group: GroupRef| {
            let covered = plan.groups.iter().enumerate().map(|(at, plan)| (GroupRef::at(at), plan));
            covered
                .filter(|(line, plan)| *line == group || plan.overflow.iter().any(|(_, to)| *to == group))
                .map(|(line, _)| line)
                .collect()
        };
        let empty = |(at, plan): (usize, &GroupPlan)| Self {
            plan: plan.clone(),
            line: WaitingLine::default(),
            open: Ranked::default(),
            idle: Ranked::default(),
            signed_in: 0,
            cover: 0,
            covers: covers(GroupRef::at(at)),
            handling: Handling::default(),
        };
        plan.groups.iter().enumerate().map(empty).collect()
    }

    /// Whether callers are turned away because nobody could serve them at any stage.
    pub(crate) const fn is_deserted(&self) -> bool {
        self.plan.needs_signed_in && self.cover == 0
    }
}
