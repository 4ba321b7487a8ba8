//! The past: a day that happened, as what came from outside (callers, agents' own decisions), to be run again.
//!
//! ```text
//!   call::Event … ──Gather──▶ Day ──▶ Run        call log (CSV) ──▶ Day
//!
//!   known     when each caller came; the talk of those answered; the wait of those who gave up;
//!             when each agent sat down, took a break, left
//!   invented  patience of the answered (beyond their wait), talk of those who gave up,
//!             how long agents take to pick up and to write: fitted to what was seen
//! ```
//!
//! What the engine decided (who got whom, when) is left out: that is what is tried again.

use crate::roster::Deed;
use crate::variate::Spread;
use acd::input::Reason;
use acd::{Abilities, AgentRef, AgentState, GroupRef, OfferEnd, Priority, SiteRef};
use base::{Table, Timestamp};
use call::event::{CallRef, Event, Outcome, Stamped};
use call::plan::{Entry, Flow, FlowRef, fits};
use sip::leg::Origin;
use std::time::Duration;

/// A caller who came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    /// When he came into the line.
    pub at: Timestamp,
    /// Which.
    pub group: GroupRef,
    /// Where the call came in.
    pub site: SiteRef,
    /// His priority.
    pub priority: Priority,
    /// What an agent must be able to do beside the group's work.
    pub requires: Abilities,
    /// What is known of him.
    pub fate: Fate,
}

/// What became of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Answered after this wait, talked so long. His patience is longer than the wait.
    Answered {
        /// In the line, ringing included.
        waited: Duration,
        /// With the agent.
        talked: Duration,
    },
    /// Gave up after this wait, which is his patience.
    GaveUp {
        /// In the line, ringing included.
        waited: Duration,
    },
    /// Sent away, lost or still there at the end, after this wait: his patience is longer.
    Cut {
        /// In the line.
        waited: Duration,
    },
}

impl Fate {
    /// The wait.
    #[must_use]
    pub const fn waited(self) -> Duration {
        match self {
            Self::Answered { waited, .. } | Self::GaveUp { waited } | Self::Cut { waited } => waited,
        }
    }
}

/// A day, or any other stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Callers, in order of time.
    pub callers: Vec<Came>,
    /// What agents did by themselves, in order of time. Empty when nothing is known; rosters say it then.
    pub deeds: Vec<(Timestamp, AgentRef, Deed)>,
    /// How long agents took to pick up, as seen.
    pub answers: Vec<Duration>,
    /// How long agents wrote, as seen.
    pub wrap_ups: Vec<Duration>,
}

impl Day {
    /// Talks of a group as they were, fitted; of all groups when this one has too few. `None` when nobody talked.
    #[must_use]
    pub fn talk(&self, group: GroupRef) -> Option<Spread> {
        let talks = |of: Option<GroupRef>| -> Vec<Duration> {
            let talk = |came: &Came| match came.fate {
                Fate::Answered { talked, .. } if of.is_none_or(|of| came.group == of) => Some(talked),
                _ => None,
            };
            self.callers.iter().filter_map(talk).collect()
        };
        let own = talks(Some(group));
        if own.len() >= FEW { lognormal(&own) } else { lognormal(&talks(None)) }
    }

    /// Patience of a group's callers, fitted; of all callers when this group has too few. `None` when nobody gave up.
    #[must_use]
    pub fn patience(&self, group: GroupRef) -> Option<Spread> {
        let of = |of: Option<GroupRef>| {
            let own = self.callers.iter().filter(move |came| of.is_none_or(|of| came.group == of));
            patience(own.map(|came| (came.fate.waited(), matches!(came.fate, Fate::GaveUp { .. }))))
        };
        let gave_up = self.callers.iter().filter(|came| came.group == group);
        let gave_up = gave_up.filter(|came| matches!(came.fate, Fate::GaveUp { .. })).count();
        if gave_up >= FEW { of(Some(group)) } else { of(None) }
    }

    /// Pick-up as seen, fitted.
    #[must_use]
    pub fn answer(&self) -> Option<Spread> {
        lognormal(&self.answers)
    }

    /// Wrap-up as seen, fitted.
    #[must_use]
    pub fn wrap_up(&self) -> Option<Spread> {
        lognormal(&self.wrap_ups)
    }

    /// How many came, were answered and gave up, and what those answered waited on average: to see how near a model
    /// comes to what happened.
    #[must_use]
    pub fn happened(&self) -> Happened {
        let mut happened = Happened::default();
        let mut waits = Duration::ZERO;
        for came in &self.callers {
            happened.came += 1;
            match came.fate {
                Fate::Answered { waited, .. } => {
                    happened.answered += 1;
                    waits += waited;
                }
                Fate::GaveUp { .. } => happened.gave_up += 1,
                Fate::Cut { .. } => {}
            }
        }
        happened.wait = waits.checked_div(happened.answered).unwrap_or_default();
        happened
    }

    /// The same so much later: from the clock of an engine's start to that of a midnight before it.
    #[must_use]
    pub fn later(mut self, by: Duration) -> Self {
        self.callers.iter_mut().for_each(|came| came.at += by);
        self.deeds.iter_mut().for_each(|deed| deed.0 += by);
        self
    }

    /// The same day for another plan: groups and agents by their places there. Callers of a group that it does not
    /// have and deeds of agents that it does not know are left out.
    #[must_use]
    pub fn translated(
        &self,
        group: impl Fn(GroupRef) -> Option<GroupRef>,
        agent: impl Fn(AgentRef) -> Option<AgentRef>,
    ) -> Self {
        let callers = self.callers.iter();
        let deeds = self.deeds.iter();
        Self {
            callers: callers.filter_map(|came| Some(Came { group: group(came.group)?, ..*came })).collect(),
            deeds: deeds.filter_map(|(at, who, deed)| Some((*at, agent(*who)?, *deed))).collect(),
            ..self.clone()
        }
    }

    /// The last moment of it.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        let callers = self.callers.last().map(|came| came.at);
        let deeds = self.deeds.last().map(|deed| deed.0);
        callers.max(deeds).unwrap_or(Timestamp::START)
    }
}

/// What is known of a day as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Came into a line.
    pub came: u32,
    /// Were answered.
    pub answered: u32,
    /// Gave up.
    pub gave_up: u32,
    /// Mean wait of those answered.
    pub wait: Duration,
}

/// With fewer of its own a group is described by all callers.
const FEW: usize = 20;

/// The lognormal of these spans (maximum likelihood); `None` of nothing. Spans below a millisecond count as one.
#[must_use]
pub fn lognormal(spans: &[Duration]) -> Option<Spread> {
    if spans.is_empty() {
        return None;
    }
    let logs: Vec<f64> = spans.iter().map(|span| span.as_secs_f64().max(1e-3).ln()).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64;
    let whole = (mean + variance / 2.0).exp();
    Some(Spread::Lognormal { mean: Duration::from_secs_f64(whole.clamp(0.0, 1e6)), sigma: variance.sqrt() })
}

/// Exponential patience from waits, of which only some ended because the patience did (the others are censored: the
/// caller was served first). Maximum likelihood: all time waited ÷ callers who gave up. `None` when nobody did.
#[must_use]
pub fn patience(waits: impl Iterator<Item = (Duration, bool)>) -> Option<Spread> {
    let (mut waited, mut gave_up) = (Duration::ZERO, 0u32);
    for (wait, gone) in waits {
        waited = waited.saturating_add(wait);
        gave_up += u32::from(gone);
    }
    (gave_up > 0 && !waited.is_zero()).then(|| Spread::Exponential { mean: waited / gave_up })
}

/// Makes a [`Day`] of the events of a centre, as the journal's replay or a running engine says them.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    entries: Vec<Entry>,
    flows: Vec<Flow>,
    day: Day,
    /// Calls in a line or talking.
    calls: Table<CallRef, Followed>,
    /// Per agent.
    agents: Vec<(AgentState, Timestamp)>,
}

/// A call of which the end is not known yet.
#[derive(Clone, Copy, Debug)]
struct Followed {
    site: SiteRef,
    flow: Option<FlowRef>,
    /// Where he stands in `day.callers`, once he is in a line.
    place: Option<usize>,
    rings: Option<Timestamp>,
    connected: Option<Timestamp>,
}

impl Gather {
    /// For a centre with these entries and flows: they say to which site a call belongs, and how urgent it is.
    #[must_use]
    pub fn new(entries: &[Entry], flows: &[Flow]) -> Self {
        Self { entries: entries.to_vec(), flows: flows.to_vec(), ..Self::default() }
    }

    /// Takes the next event.
    pub fn take(&mut self, stamped: &Stamped) {
        let now = stamped.at;
        match &stamped.event {
            Event::Arrived { call, origin, called, flow, .. } => {
                let came_by = |entry: &&Entry| {
                    let from = entry.trunk.is_none_or(|trunk| *origin == Origin::Trunk(trunk));
                    from && fits(&entry.called, called) && Some(entry.flow) == *flow
                };
                let site = self.entries.iter().find(came_by).map_or(SiteRef(0), |entry| entry.site);
                let followed = Followed { site, flow: *flow, place: None, rings: None, connected: None };
                self.calls.insert(*call, followed);
            }
            Event::Queued { call, group, .. } => {
                let Some(followed) = self.calls.get_mut(call) else { return };
                if followed.place.is_none() {
                    let flow = followed.flow.and_then(|flow| self.flows.get(flow.index()));
                    followed.place = Some(self.day.callers.len());
                    self.day.callers.push(Came {
                        at: now,
                        group: *group,
                        site: followed.site,
                        priority: flow.map_or(Priority(0), |flow| flow.priority),
                        requires: flow.map_or(Abilities::NONE, |flow| flow.requires),
                        fate: Fate::Cut { waited: Duration::ZERO },
                    });
                }
            }
            Event::Offered { call, .. } => {
                if let Some(followed) = self.calls.get_mut(call) {
                    followed.rings = Some(now);
                }
            }
            Event::OfferEnded { call, end: OfferEnd::Accepted, .. } => {
                if let Some(since) = self.calls.get_mut(call).and_then(|followed| followed.rings.take()) {
                    self.day.answers.push(now.since(since));
                }
            }
            Event::Connected { call, .. } => {
                let Some(followed) = self.calls.get_mut(call) else { return };
                if followed.connected.is_none() {
                    followed.connected = Some(now);
                }
            }
            Event::Ended { call, outcome, .. } => self.ended(now, *call, *outcome),
            Event::Agent { agent, state } => self.agent(now, *agent, *state),
            _ => {}
        }
    }

    fn ended(&mut self, now: Timestamp, call: CallRef, outcome: Outcome) {
        let Some(followed) = self.calls.remove(&call) else { return };
        let Some(came) = followed.place.and_then(|place| self.day.callers.get_mut(place)) else { return };
        came.fate = match (followed.connected, outcome) {
            (Some(connected), _) => {
                Fate::Answered { waited: connected.since(came.at), talked: now.since(connected) }
            }
            (None, Outcome::AbandonedInLine | Outcome::AbandonedRinging) => {
                Fate::GaveUp { waited: now.since(came.at) }
            }
            (None, _) => Fate::Cut { waited: now.since(came.at) },
        };
    }

    /// What an agent decided himself; what the distributor made of him is left out.
    fn agent(&mut self, now: Timestamp, agent: AgentRef, state: AgentState) {
        if agent.index() >= self.agents.len() {
            self.agents.resize(agent.index() + 1, (AgentState::SignedOut, Timestamp::START));
        }
        let (before, since) = std::mem::replace(&mut self.agents[agent.index()], (state, now));
        if before == state {
            self.agents[agent.index()].1 = since;
            return;
        }
        if matches!(before, AgentState::WrapUp { .. }) {
            self.day.wrap_ups.push(now.since(since));
        }
        let own = |reason: Reason| {
            !matches!(reason, Reason::SignedIn | Reason::RingNoAnswer | Reason::Declined | Reason::PhoneLost)
        };
        let deed = match (before, state) {
            (AgentState::SignedOut, _) => Deed::SignsIn,
            (_, AgentState::SignedOut) => Deed::Leaves,
            (AgentState::NotReady(reason), AgentState::Ready)
                if own(reason) || reason == Reason::SignedIn =>
            {
                Deed::Ready
            }
            (_, AgentState::NotReady(reason)) if own(reason) => Deed::NotReady(reason),
            _ => return,
        };
        self.day.deeds.push((now, agent, deed));
    }

    /// The day; callers who are still there count as cut off at `now`.
    #[must_use]
    pub fn finish(mut self, now: Timestamp) -> Day {
        for (_, followed) in self.calls.sorted() {
            let Some(came) = followed.place.and_then(|place| self.day.callers.get_mut(place)) else {
                continue;
            };
            came.fate = match followed.connected {
                Some(connected) => {
                    Fate::Answered { waited: connected.since(came.at), talked: now.since(connected) }
                }
                None => Fate::Cut { waited: now.since(came.at) },
            };
        }
        self.day
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    #[test]
    fn patience_is_found_again_although_most_callers_were_served_first() {
        let truth = Spread::Exponential { mean: Duration::from_secs(90) };
        let mut random = Random::seeded(5);
        let waits: Vec<(Duration, bool)> = (0..40_000)
            .map(|_| {
                let (patience, served) = (truth.draw(&mut random), Duration::from_secs(random.below(40)));
                (patience.min(served), patience < served)
            })
            .collect();
        let Some(Spread::Exponential { mean }) = patience(waits.iter().copied()) else {
            panic!("some gave up")
        };
        assert!((mean.as_secs_f64() / 90.0 - 1.0).abs() < 0.03, "{mean:?}");
        // What a mean over those who gave up would say instead.
        let gone: Vec<f64> = waits.iter().filter(|w| w.1).map(|w| w.0.as_secs_f64()).collect();
        assert!(gone.iter().sum::<f64>() / (gone.len() as f64) < 20.0);
        assert_eq!(patience([(Duration::from_secs(3), false)].into_iter()), None);
    }

    #[test]
    fn talk_is_found_again() {
        let truth = Spread::Lognormal { mean: Duration::from_secs(134), sigma: 0.99 };
        let mut random = Random::seeded(5);
        let talks: Vec<Duration> = (0..40_000).map(|_| truth.draw(&mut random)).collect();
        let Some(Spread::Lognormal { mean, sigma }) = lognormal(&talks) else { panic!("there are talks") };
        assert!(
            (mean.as_secs_f64() / 134.0 - 1.0).abs() < 0.03 && (sigma - 0.99).abs() < 0.02,
            "{mean:?} {sigma}"
        );
        assert_eq!(lognormal(&[]), None);
    }
}
