//! [`Group`]: one skill group's plan, its line, and how it is going.
//!
//! Who may be offered its callers is the business of [`pool`](crate::pool)s. Never knows: what an offer is.

use crate::GroupPlan;
use crate::estimate::Estimate;
use crate::input::SurgeMode;
use crate::line::WaitingLine;

/// One skill group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) plan: GroupPlan,
    pub(crate) line: WaitingLine,
    /// Agents of the group who are signed in.
    pub(crate) signed_in: u32,
    pub(crate) estimate: Estimate,
    /// As a supervisor set it.
    pub(crate) surge: SurgeMode,
    /// Begun by itself.
    pub(crate) surging: bool,
}

impl Group {
    /// An empty group.
    pub(crate) fn new(plan: GroupPlan) -> Self {
        Self {
            plan,
            line: WaitingLine::default(),
            signed_in: 0,
            estimate: Estimate::default(),
            surge: SurgeMode::default(),
            surging: false,
        }
    }
}
