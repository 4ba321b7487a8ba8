//! The picture: how the board is drawn from what has been counted.
//!
//! Cheap enough for several times a second: one pass over agents and groups, no pass over calls.

use crate::advice::Measured;
use crate::agents::Agent;
use crate::board::{AgentBoard, AgentsByState, Board, GroupBoard, Levels, Line, Mean, TrunkBoard};
use crate::fold::Report;
use crate::interval::Quarter;
use crate::service_level::{Formula, Ratio};
use crate::spread::Dense;
use crate::tally::Tally;
use acd::GroupRef;
use base::Timestamp;
use std::time::Duration;

impl Report {
    /// The centre at this moment.
    #[must_use]
    pub fn board(&self, now: Timestamp) -> Board {
        let plan = &self.plan;
        let thresholds = &self.books.limits().thresholds;
        let mut by_group = vec![AgentsByState::default(); plan.groups.len()];
        let mut by_state = AgentsByState::default();
        for (index, agent) in self.agents.iter().enumerate() {
            by_state.add(&agent.state);
            for group in plan.agent_groups.get(index).into_iter().flatten() {
                if let Some(counts) = by_group.get_mut(group.index()) {
                    counts.add(&agent.state);
                }
            }
        }
        let groups = by_group.into_iter().enumerate().map(|(slot, agents)| GroupBoard {
            group: GroupRef::at(slot),
            key: plan.groups[slot].clone(),
            title: plan.titles.get(slot).cloned().unwrap_or_default(),
            line: line(&self.books.groups[slot], thresholds, self.callers.first_in_line(slot), now),
            agents,
            recent: self.recent(slot, agents, now),
        });
        let trunks = self
            .trunks
            .iter()
            .zip(&plan.trunks)
            .map(|(up, key)| TrunkBoard { key: key.clone(), up: *up })
            .collect();
        Board {
            taken_at: now,
            unix_ms: self.wall(now).0,
            seq: self.seq,
            thresholds: thresholds.clone(),
            groups: groups.collect(),
            total: line(&self.books.total, thresholds, self.callers.first_anywhere(), now),
            agents_by_state: by_state,
            agents: (0..)
                .zip(&self.agents)
                .map(|(index, agent)| self.draw_agent(index, agent, now))
                .collect(),
            trunks,
            phones_bound: self.phones_bound,
            calls: u32::try_from(self.callers.in_progress()).unwrap_or(u32::MAX),
            alerts: self.alerts,
            strays: self.callers.strays,
            missed: self.missed,
        }
    }

    /// This quarter of an hour and the one before, as far as the engine was running.
    fn recent(&self, slot: usize, agents: AgentsByState, now: Timestamp) -> Measured {
        let this = Quarter::of(self.plan.epoch, now);
        let before = Quarter(this.0.saturating_sub(1));
        let since = Duration::from_millis(self.wall(now).0.saturating_sub(before.unix_ms()));
        let quarters = [before, this].map(|quarter| self.intervals().quarter(quarter));
        let mut recent = Measured {
            over: since.min(now.since(Timestamp::START)),
            agents: agents.ready + agents.offered + agents.talking + agents.wrap_up,
            ..Measured::default()
        };
        for Tally { counters, sums, .. } in quarters.into_iter().flatten().map(|at| &at.groups[slot]) {
            recent.arrivals = add(recent.arrivals, counters.offered);
            recent.handled = add(recent.handled, counters.talks);
            let handling = sums.talked.saturating_add(sums.wrapped_up);
            recent.handling = recent.handling.saturating_add(handling);
            recent.abandoned = add(recent.abandoned, counters.abandoned());
            let waited = sums.waited.saturating_add(sums.waited_abandoned);
            recent.waited = recent.waited.saturating_add(waited);
        }
        recent
    }

    fn draw_agent(&self, index: usize, agent: &Agent, now: Timestamp) -> AgentBoard {
        let site = self.plan.agent_sites.get(index).and_then(|site| self.plan.sites.get(*site));
        AgentBoard {
            key: self.plan.agents[index].clone(),
            site: site.cloned().unwrap_or_default(),
            state: agent.state,
            since: agent.since,
            answered: agent.answered,
            offers: agent.offers,
            times: agent.times(now),
        }
    }
}

fn add(sum: u32, more: u64) -> u32 {
    sum.saturating_add(u32::try_from(more).unwrap_or(u32::MAX))
}

fn line(tally: &Tally<Dense>, thresholds: &[Duration], first: Option<Timestamp>, now: Timestamp) -> Line {
    let Tally { counters, sums, wait_buckets, forecast, spreads } = tally;
    let mean = |sum: Duration, count: u64| Mean { sum, count };
    let levels = thresholds.iter().enumerate().map(|(at, threshold)| {
        let served = counters.served(at);
        Levels { threshold: *threshold, ratios: Formula::ALL.map(|formula| formula.of(&served)) }
    });
    Line {
        waiting: counters.waiting,
        longest_wait: first.map(|since| now.since(since)).unwrap_or_default(),
        counters: *counters,
        levels: levels.collect(),
        wait: mean(sums.waited, counters.answered),
        wait_line: mean(sums.waited.saturating_sub(sums.rang), counters.answered),
        wait_ring: mean(sums.rang, counters.answered),
        greeting: mean(sums.greeted, counters.answered),
        wait_abandoned: mean(sums.waited_abandoned, counters.abandoned()),
        talk: mean(sums.talked, counters.talks),
        wrap_up: mean(sums.wrapped_up, counters.wrap_ups),
        talk_back: mean(sums.talked_back, counters.callback.talks),
        forecast: *forecast,
        wait_buckets: wait_buckets.to_vec(),
        wait_quantiles: [0.5, 0.9, 0.99].map(|quantile| spreads.wait.quantile(quantile)),
        long_talks: Ratio { part: counters.long_talks, whole: counters.talks },
    }
}
