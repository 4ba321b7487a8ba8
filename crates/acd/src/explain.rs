//! Why not now: for a waiting caller and for an idle agent, what stands between them at this instant.
//!
//! ```text
//!   why_caller(c) ─▶ his phase, position, stage and the next one; every agent of his line's groups in one of:
//!                    not in a pool opened so far (skill, level, site, abilities) · signed out · not ready ·
//!                    ringing · talking · wrap-up (the first ends in …) · refused him just now
//!   why_agent(a)  ─▶ his state; callers of his pools in one of: offered elsewhere · refused by him · none waits
//! ```
//!
//! Worked out when asked, from what is there; deciding costs nothing for it. Why an offer went to whom is told with
//! the offer ([`Because`](crate::Because)); who else came into question can be asked right after the step that made
//! it, of a replay for instance: whoever was not chosen still stands where he stood.
//!
//! Never knows: who asks, in which words it is told.

use crate::agent::State;
use crate::caller::{ALONE, Caller, Phase};
use crate::refusal::Memory;
use crate::timeline::{Sooner, opens};
use crate::{AgentRef, AgentState, CallerRef, Distributor, GroupRef, SkillLevel};
use base::Timestamp;
use std::time::Duration;

/// Why a caller is not with an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyCaller {
    /// Whose line.
    pub group: GroupRef,
    /// Place in it, counting from 1.
    pub position: u32,
    /// His original clock.
    pub since: Timestamp,
    /// What he does.
    pub waits: Waits,
    /// Stages of the timeline that are open to him.
    pub stages_open: Vec<u8>,
    /// When the next one opens.
    pub next_stage: Option<(u8, Timestamp)>,
    /// Until when only one agent is asked, and who that is.
    pub alone: Option<(AgentRef, Timestamp)>,
    /// Agents who do any work that his timeline ever asks for, by what keeps them from him.
    pub agents: Obstacles,
    /// Who refused him just now, and is not asked again for a while.
    pub refused_by: Vec<AgentRef>,
}

/// What a caller in a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Is on the phone and looks for an agent.
    Open,
    /// Rings at so many agents.
    Ringing(u32),
    /// Will be called back, when it is his turn.
    InTurn,
    /// Will be called back, not before this.
    Paused(Timestamp),
    /// Is being dialed.
    Dialing,
}

/// Agents by what keeps them from a caller; each is in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// Not at work.
    pub signed_out: u32,
    /// Belong to no pool that is open to him yet: level, site, or a stage to come.
    pub not_yet: u32,
    /// Lack what he asks for beside the group's work.
    pub lack_abilities: u32,
    /// Not ready, for whatever reason.
    pub not_ready: u32,
    /// A phone rings.
    pub ringing: u32,
    /// Talk.
    pub talking: u32,
    /// Finish a call.
    pub wrap_up: u32,
    /// When the first of them is done by himself.
    pub wrap_up_ends: Option<Timestamp>,
    /// Are ready and refused him just now.
    pub cooling: u32,
    /// Are ready, but he does not look for one: he rings elsewhere, is being dialed, or is called back later.
    pub ready: u32,
}

/// Why an agent has no caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyAgent {
    /// What he does.
    pub state: AgentState,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ends by itself.
    pub until: Option<Timestamp>,
    /// Callers who wait and may be offered to him: if he is ready, only those whom he refused just now.
    pub waiting_for_him: u32,
    /// Callers whom he refused just now.
    pub refused: Vec<CallerRef>,
    /// Callers in the lines of his groups who may not be offered to him yet: level, site, a stage to come.
    pub not_yet: u32,
    /// Callers in the lines of his groups who ring elsewhere.
    pub ringing_elsewhere: u32,
}

/// A ready agent who may be offered to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub agent: AgentRef,
    /// The stage of the caller's timeline through which; `None`: he is the agent whom the caller should get.
    pub stage: Option<u8>,
    /// How well he does the work.
    pub level: SkillLevel,
    /// Since when he is ready.
    pub idle: Timestamp,
    /// What the selection goes by, lower first; 0 for the longest idle.
    pub rank: u64,
    /// He refused this caller lately.
    pub refused: bool,
}

/// A caller who waits and may be offered to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// Who.
    pub caller: CallerRef,
    /// Whose line.
    pub group: GroupRef,
    /// His original clock.
    pub since: Timestamp,
    /// What his priority and his group's weight are worth.
    pub head_start: Duration,
    /// He is on the grey list.
    pub grey: bool,
    /// The agent refused him lately.
    pub refused: bool,
}

impl Distributor {
    /// Ready agents who may be offered to a caller now, each once, in the order in which they would be.
    #[must_use]
    pub fn candidates(&self, caller: CallerRef) -> Vec<Candidate> {
        let Some(at) = self.callers.spot(caller).and_then(|spot| self.callers.get(spot)) else {
            return Vec::new();
        };
        let mut found: Vec<Candidate> = Vec::new();
        for (stage, pool) in at.asked() {
            let idle = self.pools.all[pool.index()].idle.iter().map(|idle| Candidate {
                agent: idle.agent,
                stage: (stage != ALONE).then_some(stage as u8),
                level: idle.level.0,
                idle: idle.since,
                rank: idle.rank,
                refused: self.agents[idle.agent.index()].refusals.of(caller) != Memory::Nothing,
            });
            for candidate in idle {
                if found.iter().all(|known| known.agent != candidate.agent) {
                    found.push(candidate);
                }
            }
        }
        found
    }

    /// The first `most` callers who wait and may be offered to an agent, in the order in which they would be.
    #[must_use]
    pub fn contenders(&self, agent: AgentRef, most: usize) -> Vec<Contender> {
        let Some(record) = self.agents.get(agent.index()) else { return Vec::new() };
        let pools =
            record.pools.iter().flat_map(|(pool, _)| self.pools.all[pool.index()].open.iter().take(most));
        let mut places: Vec<_> = pools.collect();
        places.sort_unstable();
        places.dedup();
        let contender = |caller: &Caller| Contender {
            caller: caller.caller,
            group: caller.group,
            since: caller.since,
            head_start: self.order.head_start(caller.priority, self.groups[caller.group.index()].plan.weight),
            grey: caller.grey,
            refused: record.refusals.of(caller.caller) != Memory::Nothing,
        };
        places.iter().take(most).filter_map(|place| self.callers.get(place.spot)).map(contender).collect()
    }

    /// Why a caller is not with an agent; `None` when he is in no line.
    #[must_use]
    pub fn why_caller(&self, caller: CallerRef) -> Option<WhyCaller> {
        let at = self.callers.get(self.callers.spot(caller)?)?;
        let group = &self.groups[at.group.index()];
        let mut why = WhyCaller {
            group: at.group,
            position: group.line.position(&at.place),
            since: at.since,
            waits: match at.phase {
                Phase::Present if at.offer.is_none() => Waits::Open,
                Phase::InTurn if at.offer.is_none() => Waits::InTurn,
                Phase::Present | Phase::InTurn => Waits::Ringing(self.rung_for(at.offer)),
                Phase::Paused { until } => Waits::Paused(until),
                Phase::Dialing | Phase::WithAgent(_) => Waits::Dialing,
            },
            stages_open: Vec::new(),
            next_stage: None,
            alone: at.prefer.map(|agent| (agent, at.alone)).filter(|(_, until)| *until > self.now),
            agents: Obstacles::default(),
            refused_by: Vec::new(),
        };
        let sooner = Sooner { night: self.night, help: self.helped.contains(&at.site) };
        for (number, stage) in group.plan.timeline.iter().enumerate() {
            let opens = opens(stage, at.since, why.alone.map(|(_, until)| until), sooner);
            if at.opened >> number & 1 != 0 {
                why.stages_open.push(number as u8);
            } else if why.next_stage.is_none_or(|(_, next)| opens < next) && opens < Timestamp::NEVER {
                why.next_stage = Some((number as u8, opens));
            }
        }
        let opened: Vec<_> = at.asked().map(|(_, pool)| pool).collect();
        let works = |skill: &GroupRef| group.plan.timeline.iter().any(|stage| stage.group == *skill);
        for (number, agent) in self.agents.iter().enumerate() {
            let name = AgentRef::at(number);
            let preferred = at.opened >> ALONE & 1 != 0 && at.prefer == Some(name);
            if !preferred && !agent.plan.skills.iter().any(|(skill, _)| works(skill)) {
                continue;
            }
            let agents = &mut why.agents;
            let cools = agent.refusals.of(caller) == Memory::Cooling;
            if cools {
                why.refused_by.push(name);
            }
            let counted = match agent.state {
                State::SignedOut => &mut agents.signed_out,
                _ if !agent.pools.iter().any(|(pool, _)| opened.contains(pool)) => {
                    if agent.plan.abilities.include(at.requires) {
                        &mut agents.not_yet
                    } else {
                        &mut agents.lack_abilities
                    }
                }
                State::NotReady(_) | State::Pause { .. } => &mut agents.not_ready,
                State::Offered { .. } => &mut agents.ringing,
                State::Talking { .. } => &mut agents.talking,
                State::WrapUp { until, .. } => {
                    agents.wrap_up_ends = Some(agents.wrap_up_ends.map_or(until, |first| first.min(until)));
                    &mut agents.wrap_up
                }
                State::Ready { .. } if cools => &mut agents.cooling,
                State::Ready { .. } => &mut agents.ready,
            };
            *counted += 1;
        }
        Some(why)
    }

    /// Why an agent has no caller; `None` when there is no such agent.
    #[must_use]
    pub fn why_agent(&self, agent: AgentRef) -> Option<WhyAgent> {
        let at = self.agents.get(agent.index())?;
        let mut why = WhyAgent {
            state: at.state.shown(),
            since: at.since,
            until: at.state.until(),
            waiting_for_him: 0,
            refused: Vec::new(),
            not_yet: 0,
            ringing_elsewhere: 0,
        };
        let own = if let State::Offered { offer, .. } = at.state { self.offers.get(offer) } else { None };
        for (spot, caller) in self.callers.iter() {
            if own.is_some_and(|own| own.spot == spot) {
                continue; // rings at him
            }
            let may = caller.asked().any(|(_, pool)| at.pools.iter().any(|(own, _)| *own == pool));
            let his_work = at.plan.skills.iter().any(|(skill, _)| *skill == caller.group);
            match (caller.is_open(), may) {
                (true, true) => {
                    why.waiting_for_him += 1;
                    if at.refusals.of(caller.caller) == Memory::Cooling {
                        why.refused.push(caller.caller);
                    }
                }
                (true, false) => why.not_yet += u32::from(his_work),
                (false, _) => why.ringing_elsewhere += u32::from(caller.offer.is_some() && (may || his_work)),
            }
        }
        Some(why)
    }

    fn rung_for(&self, mut offer: Option<crate::OfferRef>) -> u32 {
        let mut rung = 0;
        while let Some(held) = offer.and_then(|offer| self.offers.get(offer)) {
            rung += 1;
            offer = held.next;
        }
        rung
    }
}
