//! Pools: agents who are alike for a caller, and the callers who wait for any of them.
//!
//! ```text
//!   pool   "general, level 6 and better, of site east"       who ─▶ which agents belong to it
//!            open   callers who are not ringing and may be offered to them, in order
//!            idle   ready agents of it, in the order of choice
//!
//!   a freed agent   looks at the heads of `open` of his pools
//!   an open caller  looks at the heads of `idle` of the pools that his timeline has opened
//! ```
//!
//! Every stage of every timeline is a pool, or one for each site; stages that say the same share one. A caller
//! with further requirements, and one who should get a certain agent, have pools of their own, made when first
//! needed. So nobody ever looks through those whom he cannot take, however many there are.
//!
//! At the end of a step a pool has heads on one side at most, but for pairs in a cool-down
//! ([`refusal`](crate::refusal)).
//!
//! Never knows: what an offer is, why a stage opened.

use crate::distributor::Distributor;
use crate::line::Place;
use crate::plan::{Selection, Sites, Stage};
use crate::ranked::Ranked;
use crate::{Abilities, AgentPlan, AgentRef, GroupRef, SiteRef, SkillLevel};
use base::{Table, Timestamp};
use std::cmp::Reverse;

base::index!(PoolRef, "pool", "A pool of agents, in the order in which pools were first needed.");

/// Pools made for callers' further requirements; beyond, a requirement is not asked for.
const FURTHER_MAX: usize = 4_096;

/// Which agents belong to a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    /// All who do this work well enough, there, and can do what else is asked.
    Agents { group: GroupRef, level_min: SkillLevel, site: Option<SiteRef>, requires: Abilities },
    /// This one.
    Agent(AgentRef),
}

impl Who {
    /// Whom a stage means, for a caller from `site` who asks for so much.
    pub(crate) fn of(stage: &Stage, site: SiteRef, requires: Abilities) -> Self {
        let at = match stage.sites {
            Sites::Own => Some(site),
            Sites::Only(site) => Some(site),
            Sites::All => None,
        };
        let requires = if stage.waives { Abilities::NONE } else { requires };
        Self::Agents { group: stage.group, level_min: stage.level_min, site: at, requires }
    }

    /// Whether an agent belongs to it, and with which level.
    pub(crate) fn level_of(&self, name: AgentRef, agent: &AgentPlan) -> Option<SkillLevel> {
        match *self {
            Self::Agent(one) => (one == name).then_some(SkillLevel(10)),
            Self::Agents { group, level_min, site, requires } => {
                let level = agent.skills.iter().find(|(skill, _)| *skill == group)?.1;
                let belongs = level >= level_min
                    && site.is_none_or(|site| site == agent.site)
                    && agent.abilities.include(requires);
                belongs.then_some(level)
            }
        }
    }
}

/// A ready agent in a pool, in the order of choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Idle {
    /// What the selection goes by; lower first.
    pub(crate) rank: u64,
    /// Ties: longer idle, …
    pub(crate) since: Timestamp,
    /// … then the higher level, …
    pub(crate) level: Reverse<SkillLevel>,
    /// … then earlier in the plan.
    pub(crate) agent: AgentRef,
}

/// What the selections go by, of one agent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// How busy he has been ([`Occupancy::rank`](crate::occupancy::Occupancy::rank)).
    pub(crate) occupancy: u64,
    /// When he was last offered a caller, in the order of all offers.
    pub(crate) last_offer: u64,
    /// Calls taken since he signed in.
    pub(crate) calls: u64,
}

impl Standing {
    /// His key in a pool.
    pub(crate) fn key(&self, by: Selection, since: Timestamp, level: SkillLevel, agent: AgentRef) -> Idle {
        let rank = match by {
            Selection::LongestIdle => 0,
            Selection::LeastOccupied => self.occupancy,
            Selection::RoundRobin => self.last_offer,
            Selection::FewestCalls => self.calls,
            Selection::HighestLevel => u64::from(u8::MAX - level.0),
        };
        Idle { rank, since, level: Reverse(level), agent }
    }
}

/// One pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) who: Who,
    /// Of the group whose work it is.
    pub(crate) selection: Selection,
    pub(crate) open: Ranked<Place>,
    pub(crate) idle: Ranked<Idle>,
    /// Agents of it who are signed in.
    pub(crate) signed_in: u32,
}

/// All pools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pools {
    pub(crate) all: Vec<Pool>,
    by_who: Table<Who, PoolRef>,
    /// Those of callers without further requirements: by group, stage, site.
    planned: Vec<Vec<Planned>>,
}

/// The pools of a stage.
#[derive(Clone, Debug)]
enum Planned {
    One(PoolRef),
    BySite(Vec<PoolRef>),
}

impl Distributor {
    /// The pools of the plan, all empty; what is in them is listed anew by whoever asks for this.
    pub(crate) fn plan_pools(&mut self) {
        self.pools = Pools::default();
        let sites = self.agents.iter().map(|agent| agent.plan.site.index() + 1).max().unwrap_or(1);
        let by_occupancy = |group: &crate::group::Group| group.plan.selection == Selection::LeastOccupied;
        self.ranks_occupancy = self.groups.iter().any(by_occupancy);
        for agent in &mut self.agents {
            agent.pools.clear();
            agent.standing.occupancy = agent.occupancy.rank();
        }
        for group in 0..self.groups.len() {
            let stages = self.groups[group].plan.timeline.clone();
            let planned = stages.iter().map(|stage| match stage.sites {
                Sites::Own => Planned::BySite(
                    (0..sites)
                        .map(|site| self.pool(Who::of(stage, SiteRef::at(site), Abilities::NONE)))
                        .collect(),
                ),
                _ => Planned::One(self.pool(Who::of(stage, SiteRef(0), Abilities::NONE))),
            });
            let planned = planned.collect();
            self.pools.planned.push(planned);
        }
    }

    /// The pool of a stage for a caller.
    pub(crate) fn pool_of(
        &mut self,
        line: GroupRef,
        stage: usize,
        site: SiteRef,
        requires: Abilities,
    ) -> PoolRef {
        let planned = &self.pools.planned[line.index()][stage];
        if requires == Abilities::NONE {
            match planned {
                Planned::One(pool) => return *pool,
                Planned::BySite(pools) => {
                    if let Some(pool) = pools.get(site.index()) {
                        return *pool;
                    }
                }
            }
        }
        let who = Who::of(&self.groups[line.index()].plan.timeline[stage], site, requires);
        if self.pools.all.len() >= FURTHER_MAX && !self.pools.by_who.contains(&who) {
            return match &self.pools.planned[line.index()][stage] {
                Planned::One(pool) => *pool,
                Planned::BySite(pools) => pools[site.index().min(pools.len() - 1)],
            };
        }
        self.pool(who)
    }

    /// The pool of these agents, made when it is not there yet.
    pub(crate) fn pool(&mut self, who: Who) -> PoolRef {
        if let Some(pool) = self.pools.by_who.get(&who) {
            return *pool;
        }
        let selection = match who {
            Who::Agents { group, .. } => self.groups[group.index()].plan.selection,
            Who::Agent(_) => Selection::LongestIdle,
        };
        let name = PoolRef::at(self.pools.all.len());
        let mut pool =
            Pool { who, selection, open: Ranked::default(), idle: Ranked::default(), signed_in: 0 };
        for (at, agent) in self.agents.iter_mut().enumerate() {
            let reference = AgentRef::at(at);
            let Some(level) = who.level_of(reference, &agent.plan) else { continue };
            agent.pools.push((name, level));
            pool.signed_in += u32::from(agent.is_signed_in());
            if agent.listed
                && let Some(idle) = agent.idle_since()
            {
                pool.idle.insert(agent.standing.key(selection, idle, level, reference));
            }
        }
        self.pools.all.push(pool);
        self.pools.by_who.insert(who, name);
        name
    }

    /// Whether anybody is signed in who could serve callers of a site at any stage; further requirements aside.
    pub(crate) fn is_manned(&self, line: GroupRef, site: SiteRef) -> bool {
        let signed_in = |pool: &PoolRef| self.pools.all[pool.index()].signed_in > 0;
        self.pools.planned[line.index()].iter().any(|planned| match planned {
            Planned::One(pool) => signed_in(pool),
            Planned::BySite(pools) => pools.get(site.index()).is_some_and(signed_in),
        })
    }

    /// The pools that an agent belongs to, after a change of what he can do.
    pub(crate) fn join_pools(&mut self, agent: AgentRef) {
        let record = &mut self.agents[agent.index()];
        record.pools.clear();
        for (at, pool) in self.pools.all.iter().enumerate() {
            if let Some(level) = pool.who.level_of(agent, &record.plan) {
                record.pools.push((PoolRef::at(at), level));
            }
        }
    }
}
