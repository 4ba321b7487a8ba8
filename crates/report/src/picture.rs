//! The picture: how the board is drawn from what has been counted.
//!
//! Cheap enough for several times a second: one pass over agents and groups, no pass over calls.

use crate::advice::Measured;
use crate::agents::Agent;
use crate::asked::{AskedCounts, AskedKey};
use crate::board::{
    AgentBoard, AgentsByState, AskedLine, Board, GroupBoard, Levels, Line, Mean, TrunkBoard, Window,
};
use crate::counters::{Counters, Limits};
use crate::fold::Report;
use crate::recent::{Reach, Whose};
use crate::service_level::{Formula, Ratio};
use crate::spread::Dense;
use crate::tally::Tally;
use acd::GroupRef;
use base::Timestamp;
use std::time::Duration;

/// The window that advice is given from.
const ADVISED_OVER: Reach = Reach::Minutes(30);

impl Report {
    /// The centre at this moment.
    #[must_use]
    pub fn board(&self, now: Timestamp) -> Board {
        let plan = &self.plan;
        let limits = self.books.limits();
        let thresholds = &limits.thresholds;
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
        let groups = by_group.into_iter().enumerate().map(|(slot, agents)| {
            let windows = self.windows(Whose::Group(slot), now);
            let tally = &self.books.groups[slot];
            let first = self.callers.first_in_line(slot);
            GroupBoard {
                group: GroupRef::at(slot),
                key: plan.groups[slot].clone(),
                title: plan.titles.get(slot).cloned().unwrap_or_default(),
                line: line(tally, tally.counters, limits, waited(first, now)),
                agents,
                recent: self.measured(agents, &windows, now),
                windows,
            }
        });
        let groups: Vec<_> = groups.collect();
        let total = &self.books.total;
        // Whoever stands in a line a second time is counted in the centre once, and waits all the same.
        let waiting = self.books.groups.iter().map(|tally| tally.counters.waiting).sum();
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
            groups,
            target: plan.target,
            dispositions: plan.dispositions.clone(),
            windows: self.windows(Whose::Centre, now),
            total: Line {
                waiting,
                ..line(total, total.counters, limits, waited(self.callers.first_anywhere(), now))
            },
            agents_by_state: by_state,
            agents: (0..)
                .zip(&self.agents)
                .map(|(index, agent)| self.draw_agent(index, agent, now))
                .collect(),
            trunks,
            phones_bound: self.phones_bound,
            calls: u32::try_from(self.callers.in_progress()).unwrap_or(u32::MAX),
            alerts: self.alerts,
            asked: self.asked.iter().map(|(key, counts)| self.draw_asked(*key, *counts)).collect(),
            studios: self.studios.picture(),
            strays: self.callers.strays,
            missed: self.missed,
        }
    }

    /// The last minutes and today.
    fn windows(&self, whose: Whose, now: Timestamp) -> Vec<Window> {
        let limits = self.books.limits();
        let began = self.wall(Timestamp::START);
        self.books.recent.draw(whose, self.wall(now), |reach, since, tally| Window {
            reach,
            since: since.max(began),
            came: tally.counters.offered,
            line: line(tally, closed(&tally.counters), limits, Duration::ZERO),
        })
    }

    /// The last half hour, as far as the engine was running.
    fn measured(&self, agents: AgentsByState, windows: &[Window], now: Timestamp) -> Measured {
        let agents = agents.ready + agents.offered + agents.talking + agents.wrap_up;
        let window = windows.iter().find(|window| window.reach == ADVISED_OVER);
        let Some(Window { since, came, line, .. }) = window else {
            return Measured { agents, ..Measured::default() };
        };
        Measured {
            over: Duration::from_millis(self.wall(now).0.saturating_sub(since.0)),
            arrivals: few(*came),
            handled: few(line.talk.count),
            handling: line.talk.sum.saturating_add(line.wrap_up.sum),
            abandoned: few(line.wait_abandoned.count),
            waited: line.wait.sum.saturating_add(line.wait_abandoned.sum),
            agents,
        }
    }

    fn draw_asked(&self, key: AskedKey, counts: AskedCounts) -> AskedLine {
        let names = self.plan.rosters.get(key.roster.index());
        AskedLine {
            roster: names.map_or_else(|| key.roster.to_string(), |names| names.key.clone()),
            exchange: key.exchange,
            reason: names.map_or("", |names| names.reason(key.reason)).to_owned(),
            counts,
        }
    }

    fn draw_agent(&self, index: usize, agent: &Agent, now: Timestamp) -> AgentBoard {
        let site = self.plan.agent_sites.get(index).and_then(|site| self.plan.sites.get(*site));
        AgentBoard {
            key: self.plan.agents[index].clone(),
            site: site.cloned().unwrap_or_default(),
            state: agent.state,
            since: agent.since,
            answered: agent.answered,
            outgoing: agent.outgoing,
            offers: agent.offers,
            undisposed: self.callers.last.missing(acd::AgentRef::at(index)),
            times: agent.times(now),
        }
    }
}

fn few(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn waited(first: Option<Timestamp>, now: Timestamp) -> Duration {
    first.map(|since| now.since(since)).unwrap_or_default()
}

/// As if only those had ever come whose wait has ended.
fn closed(counters: &Counters) -> Counters {
    let counters = Counters { waiting: 0, ..*counters };
    Counters { offered: counters.accounted(), ..counters }
}

fn line<R>(tally: &Tally<Dense, R>, counters: Counters, limits: &Limits, longest_wait: Duration) -> Line {
    let Tally { sums, wait_buckets, forecast, spreads, .. } = tally;
    let mean = |sum: Duration, count: u64| Mean { sum, count };
    let levels = limits.thresholds.iter().enumerate().map(|(at, threshold)| {
        let served = counters.served(at);
        Levels { threshold: *threshold, ratios: Formula::ALL.map(|formula| formula.of(&served)) }
    });
    Line {
        waiting: counters.waiting,
        longest_wait,
        counters,
        levels: levels.collect(),
        wait: mean(sums.waited, counters.answered),
        wait_line: mean(sums.waited.saturating_sub(sums.rang), counters.answered),
        wait_ring: mean(sums.rang, counters.answered),
        greeting: mean(sums.greeted, counters.answered),
        wait_abandoned: mean(sums.waited_abandoned, counters.abandoned()),
        talk: mean(sums.talked, counters.talks),
        wrap_up: mean(sums.wrapped_up, counters.wrap_ups),
        talk_back: mean(sums.talked_back, counters.callback.talks),
        talk_out: mean(sums.talked_out, counters.outgoing.talks),
        ring_out: mean(sums.rang_out, counters.outgoing.reached),
        longest_out: sums.longest_out,
        forecast: *forecast,
        wait_buckets: wait_buckets.to_vec(),
        wait_quantiles: [0.5, 0.9, 0.99].map(|quantile| spreads.wait.quantile(quantile)),
        long_talks: Ratio { part: counters.long_talks, whole: counters.talks },
        satisfied: counters.surveys.satisfaction(limits.satisfied),
    }
}
