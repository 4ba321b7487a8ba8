//! The plan: what the configuration says about groups and agents, as plain values.
//!
//! ```text
//!   configuration ──▶ Plan ──tidied──▶ Distributor::new, Distributor::change_plan
//! ```
//!
//! Positions in its lists are the references that everybody uses. A plan may be changed while callers wait
//! ([`Distributor::change_plan`](crate::Distributor::change_plan)); lists may then grow, and keep their order.
//!
//! Never knows: files, words of a configuration language, what is happening now.

use crate::hours::{Hours, HoursRef, WallClock};
use crate::{Abilities, GroupRef, Priority, SiteRef, SkillLevel};
use std::time::Duration;

/// Further stages of a [`GroupPlan::timeline`] are left out.
pub const STAGES_MAX: usize = 8;

/// As many agents at most are rung at once for one caller.
pub const PARALLEL_MAX: u8 = 8;

/// Groups and agents; positions are the references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Skill groups.
    pub groups: Vec<GroupPlan>,
    /// Agents.
    pub agents: Vec<AgentPlan>,
    /// Opening hours and the night, by name; [`HoursRef`] is a position here.
    pub hours: Vec<Hours>,
    /// While these run, stages marked [`Stage::at_night`] open at once.
    pub night: Option<HoursRef>,
    /// Turns stamps into the local time that hours are written in.
    pub clock: WallClock,
    /// The order among callers of all groups.
    pub order: Order,
    /// Agents on a break (小休, 用餐) at once; a further one is refused. `None`: no limit.
    pub breaks_max: Option<u32>,
}

/// The order among callers: everybody ages alike, and some begin with a head start.
///
/// A caller ranks as if he had joined earlier by his *head start*: his priority and his group's weight, each
/// point worth so much waiting, together at most [`head_start_max`](Self::head_start_max). Since all age at
/// the same rate the order of two callers never changes while they wait, and it follows that **nobody is
/// overtaken by a caller who joined `head_start_max` or more after him** (a grey-listed caller: or more than
/// [`grey_delay`](Self::grey_delay) on top of that). No group can starve another, and no priority can either. An
/// agent who refused a caller just now is the exception: until his cool-down ends he takes those behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What one point of a caller's [`Priority`] is worth.
    pub priority_worth: Duration,
    /// What one point of a group's [`weight`](GroupPlan::weight) is worth.
    pub weight_worth: Duration,
    /// Most of it; also what [`Priority::EMERGENCY`] gets.
    pub head_start_max: Duration,
    /// A grey-listed caller ranks as if he had joined so much later; he has no head start.
    pub grey_delay: Duration,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            priority_worth: Duration::from_secs(60),
            weight_worth: Duration::from_secs(10),
            head_start_max: Duration::from_secs(600),
            grey_delay: Duration::from_secs(300),
        }
    }
}

impl Order {
    /// The head start of a caller of this priority in a group of this weight.
    #[must_use]
    pub fn head_start(&self, priority: Priority, weight: u8) -> Duration {
        if priority == Priority::EMERGENCY {
            return self.head_start_max;
        }
        let points = self.priority_worth.saturating_mul(priority.0.into());
        points.saturating_add(self.weight_worth.saturating_mul(weight.into())).min(self.head_start_max)
    }
}

/// One skill group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// Key in configuration, metrics and records (`general`).
    pub name: String,
    /// Which agents may take its callers, and after how long which further ones. The first stage is there from
    /// the beginning, whatever its time.
    pub timeline: Vec<Stage>,
    /// Who among several ready agents.
    pub selection: Selection,
    /// Head start of its callers, in points ([`Order::weight_worth`]).
    pub weight: u8,
    /// How long an agent's phone rings before the offer goes on.
    pub ring: Duration,
    /// So many agents are rung at once, as far as they are ready; the first who takes the caller has him.
    pub parallel: u8,
    /// The phone is asked to answer by itself.
    pub auto_answer: bool,
    /// What a ring-no-answer makes of an agent: the first, the second in a row, …; the last one from then on.
    /// Empty: he stays ready.
    pub no_answer: Vec<Grade>,
    /// Wrap-up after each call; zero for none.
    pub wrap_up: Duration,
    /// Longest wrap-up, with all extensions.
    pub wrap_up_max: Duration,
    /// Callers at once in the line; one more is turned away ([`Turned::LineFull`](crate::Turned)). There is as much
    /// room again that emergencies alone may use.
    pub line_max: usize,
    /// Longest wait; then he is turned away ([`Turned::WaitedTooLong`](crate::Turned)).
    pub wait_max: Option<Duration>,
    /// Turn callers away while nobody is signed in who could serve them at any stage, nor the agent whom they
    /// should get.
    pub needs_signed_in: bool,
    /// Open at these hours only ([`Turned::Closed`](crate::Turned)); `None`: always.
    pub hours: Option<HoursRef>,
    /// When there are too many.
    pub surge: SurgePlan,
    /// Callers who need not stay on the phone.
    pub callback: CallbackPlan,
    /// A party who calls again gets the agent who served him last, if he does this work still, and nobody else for
    /// so long; `None`: not. An emergency goes to anybody.
    pub sticky: Option<Duration>,
}

impl GroupPlan {
    /// A group with the usual settings: ring 20 s, wrap-up 30 s, longest idle first, no limits but a line of 1,000.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            timeline: Vec::new(),
            selection: Selection::LongestIdle,
            weight: 0,
            ring: Duration::from_secs(20),
            parallel: 1,
            auto_answer: false,
            no_answer: vec![Grade { then: NoAnswer::NotReady, tell: false }],
            wrap_up: Duration::from_secs(30),
            wrap_up_max: Duration::from_secs(300),
            line_max: 1_000,
            wait_max: None,
            needs_signed_in: false,
            hours: None,
            surge: SurgePlan::default(),
            callback: CallbackPlan::default(),
            sticky: None,
        }
    }

    /// How many may be in the line when a caller of this priority joins, himself not counted.
    pub(crate) fn room(&self, priority: Priority) -> usize {
        let emergency = priority == Priority::EMERGENCY;
        self.line_max.saturating_mul(if emergency { 2 } else { 1 })
    }
}

/// One step of a relaxation timeline: from now on these agents may take the caller, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// After waiting so long, on the caller's original clock.
    pub after: Duration,
    /// Agents of this group …
    pub group: GroupRef,
    /// … who do its work at least so well …
    pub level_min: SkillLevel,
    /// … and sit there.
    pub sites: Sites,
    /// The caller's further requirements ([`Enqueue::requires`](crate::Enqueue)) are no longer asked for.
    pub waives: bool,
    /// At once while the night hours run.
    pub at_night: bool,
    /// At once while the caller's site is helped (多援一, [`Input::Help`](crate::Input)).
    pub on_help: bool,
}

impl Stage {
    /// All agents of a group, after so long.
    #[must_use]
    pub const fn all(after: Duration, group: GroupRef) -> Self {
        Self {
            after,
            group,
            level_min: SkillLevel(1),
            sites: Sites::All,
            waives: false,
            at_night: false,
            on_help: false,
        }
    }
}

/// Which sites' agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sites {
    /// Of the site where the call came in.
    Own,
    /// Of this one.
    Only(SiteRef),
    /// Of all.
    All,
}

/// Who among several ready agents. Further ties fall the same way in each: longer idle, then the higher level,
/// then earlier in the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// Who has been ready for longest.
    #[default]
    LongestIdle,
    /// Who was busy with callers for the smallest part of his time, the last half hour counting most.
    LeastOccupied,
    /// Who was offered a caller longest ago.
    RoundRobin,
    /// Who has taken the fewest calls since he signed in.
    FewestCalls,
    /// Who does this work best.
    HighestLevel,
}

/// What one ring-no-answer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade {
    /// For the agent.
    pub then: NoAnswer,
    /// The supervisor is told ([`Alert::RingNoAnswer`](crate::Alert)).
    pub tell: bool,
}

/// What a ring-no-answer makes of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// Ready for others, at the end of the idle order.
    Skip,
    /// Not ready for so long, then ready by itself.
    CoolDown(Duration),
    /// Not ready until he says so.
    NotReady,
}

/// When a line has too many callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurgePlan {
    /// Surge begins by itself with so many in the line; `None`: only when a supervisor says so.
    pub begins_at: Option<usize>,
    /// … and ends with so few.
    pub ends_at: usize,
    /// While it lasts, so many in the line at most; one more is turned away ([`Turned::Surge`](crate::Turned)).
    pub admit_max: usize,
}

impl Default for SurgePlan {
    /// Never by itself, and admitting as many as ever: a supervisor who says that there is a surge then only sees
    /// to it that nobody waits twice.
    fn default() -> Self {
        Self { begins_at: None, ends_at: 0, admit_max: usize::MAX }
    }
}

/// Callers who need not stay on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackPlan {
    /// Offered after waiting so long ([`Output::CallbackOffered`](crate::Output)); `None`: only when asked for.
    pub offer_after: Option<Duration>,
    /// Whom to call first.
    pub first: First,
    /// Attempts to reach him; then it is given up.
    pub tries: u8,
    /// Pause after an attempt that failed.
    pub retry_after: Duration,
    /// Callers who hang up in the line are called back, too (漏话), as of this long after; most of them call
    /// again by themselves. `None`: not.
    pub missed_after: Option<Duration>,
}

impl Default for CallbackPlan {
    fn default() -> Self {
        Self {
            offer_after: None,
            first: First::Agent,
            tries: 3,
            retry_after: Duration::from_secs(600),
            missed_after: None,
        }
    }
}

/// Who is on the phone first in a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The agent takes the offer, then the caller is dialed.
    Agent,
    /// The caller is dialed when an agent is ready for him, then offered.
    Caller,
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
    /// What else he can do (languages, dialects, certificates).
    pub abilities: Abilities,
}

impl Plan {
    /// The plan without what points nowhere, so that nothing checks it again: stages of unknown groups are
    /// dropped, a timeline without a stage is the group's own agents, stages are in order of time, a group is
    /// named once in an agent's skills (with the highest level), levels are 1 to 10, a surge ends with fewer callers
    /// than it begins with. That a configuration says
    /// none of this by mistake is checked where it is read.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let (groups, hours) = (self.groups.len(), self.hours.len());
        let known = |name: &HoursRef| name.index() < hours;
        self.night = self.night.filter(known);
        for (own, group) in self.groups.iter_mut().enumerate() {
            group.timeline.retain(|stage| stage.group.index() < groups);
            group.timeline.sort_by_key(|stage| stage.after);
            group.timeline.truncate(STAGES_MAX);
            if group.timeline.is_empty() {
                group.timeline.push(Stage::all(Duration::ZERO, GroupRef::at(own)));
            }
            group.timeline[0].after = Duration::ZERO;
            group.parallel = group.parallel.clamp(1, PARALLEL_MAX);
            group.wrap_up_max = group.wrap_up_max.max(group.wrap_up);
            group.hours = group.hours.filter(known);
            if let Some(begins_at) = &mut group.surge.begins_at {
                *begins_at = (*begins_at).max(1);
                group.surge.ends_at = group.surge.ends_at.min(*begins_at - 1);
            }
        }
        for agent in &mut self.agents {
            agent.skills.retain(|(group, _)| group.index() < groups);
            for (_, level) in &mut agent.skills {
                level.0 = level.0.clamp(1, 10);
            }
            agent.skills.sort_by_key(|(group, level)| (*group, std::cmp::Reverse(*level)));
            agent.skills.dedup_by_key(|(group, _)| *group);
        }
        self
    }
}
