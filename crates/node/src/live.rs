//! What is going on beside the counts: who waits, what he was told, and why he is not with an agent.
//!
//! ```text
//!   events ─▶ Live: callers in lines, surges, alerts, what callers were told to expect
//!               └─ each second: the longest waiting are asked for ─WhyCaller─▶ engine ─Explained─▶ Live
//! ```
//!
//! Kept by the report's thread; published for the board. Bounded: of more callers than [`CALLERS_MAX`] the later
//! ones are not shown. Never knows: HTTP, numbers.

use crate::requests::Requests;
use acd::explain::{Waits, WhyCaller};
use acd::{Alert, GroupRef};
use base::Timestamp;
use call::event::{CallRef, Event, Stamped, Why};
use call::{Request, RequestId};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use web::board::{Live as Picture, LiveAlert, LiveCaller, LiveGroup};

/// Callers in lines that are followed at once.
const CALLERS_MAX: usize = 100_000;
/// Of those who wait longest, so many are shown.
const SHOWN: usize = 20;
/// Things that a supervisor should know; older ones are in the log.
const ALERTS_SHOWN: usize = 20;
/// How often they are asked for.
const ASK_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
struct Waiter {
    group: GroupRef,
    since: Timestamp,
}

/// The present.
#[derive(Debug, Default)]
pub struct Live {
    waits: BTreeMap<CallRef, Waiter>,
    groups: Vec<LiveGroup>,
    /// Callers who will be called back: in whose line, since when.
    callbacks: BTreeMap<CallRef, (GroupRef, Timestamp)>,
    /// Answers that are awaited, and what the last ones said.
    asked: BTreeMap<RequestId, CallRef>,
    why: BTreeMap<CallRef, (WhyCaller, Timestamp)>,
    next_ask: Timestamp,
    idle_beside_waiting: u64,
    /// The newest first.
    alerts: VecDeque<LiveAlert>,
}

impl Live {
    /// Nothing yet, of so many groups.
    #[must_use]
    pub fn new(groups: usize) -> Self {
        Self { groups: vec![LiveGroup::default(); groups], ..Self::default() }
    }

    /// Takes an event.
    pub fn take(&mut self, stamped: &Stamped) {
        let at = stamped.at;
        if let Event::Alert(alert) = stamped.event {
            self.alerts.truncate(ALERTS_SHOWN - 1);
            self.alerts.push_front(LiveAlert { at, alert });
        }
        match &stamped.event {
            Event::Queued { call, group, expected, .. } => self.queued(at, *call, *group, *expected),
            Event::Connected { call, .. } => self.gone(*call),
            Event::TurnedAway { call, to: None, .. } | Event::Ended { call, .. } => self.gone(*call),
            Event::CallbackKept { from, group, .. } => {
                let since = self.waits.get(from).map_or(at, |waits| waits.since);
                if self.callbacks.len() < CALLERS_MAX {
                    self.callbacks.entry(*from).or_insert((*group, since));
                }
            }
            Event::CallbackEnded { from, .. } => {
                self.callbacks.remove(from);
            }
            Event::Alert(Alert::Surge { group, on, .. }) => {
                if let Some(group) = self.groups.get_mut(group.index()) {
                    group.surging = *on;
                }
            }
            Event::Explained { id, why } => {
                if let (Some(call), Why::Caller(why)) = (self.asked.remove(id), why.as_ref()) {
                    self.check(why);
                    self.why.insert(call, (why.clone(), at));
                }
            }
            Event::Unanswered { id, .. } => {
                if let Some(call) = self.asked.remove(id) {
                    self.why.remove(&call);
                }
            }
            _ => {}
        }
    }

    fn queued(&mut self, at: Timestamp, call: CallRef, group: GroupRef, expected: Option<Duration>) {
        if let Some(group) = self.groups.get_mut(group.index()) {
            group.expected = expected;
        }
        let room = self.waits.len() < CALLERS_MAX;
        match self.waits.get_mut(&call) {
            // From one line to another: his clock stays.
            Some(waits) => waits.group = group,
            None if room => {
                self.waits.insert(call, Waiter { group, since: at });
            }
            None => {}
        }
    }

    fn gone(&mut self, call: CallRef) {
        self.waits.remove(&call);
        self.why.remove(&call);
    }

    /// The clock of a callback that is kept.
    #[must_use]
    pub fn callback_since(&self, from: CallRef) -> Option<Timestamp> {
        self.callbacks.get(&from).map(|(_, since)| *since)
    }

    /// A ready agent who may have him and did not refuse him: the distributor has broken its word.
    fn check(&mut self, why: &WhyCaller) {
        if why.waits == Waits::Open && why.agents.ready > 0 {
            self.idle_beside_waiting += 1;
        }
    }

    /// Those who wait longest, the longest first.
    fn longest(&self) -> Vec<(CallRef, &Waiter)> {
        let mut longest: Vec<_> = self.waits.iter().map(|(call, waits)| (*call, waits)).collect();
        longest.sort_by_key(|(_, waits)| waits.since);
        longest
    }

    /// Asks why they wait, when it is time to; of each group at least its longest.
    pub fn ask(&mut self, now: Timestamp, requests: &Requests) {
        if now < self.next_ask {
            return;
        }
        self.next_ask = now + ASK_EVERY;
        // What was not answered in a second never will be: an event was lost.
        self.asked.clear();
        let mut groups = vec![false; self.groups.len()];
        let mut ask = Vec::new();
        for (place, (call, waits)) in self.longest().into_iter().enumerate() {
            let seen = groups.get_mut(waits.group.index()).is_none_or(|seen| std::mem::replace(seen, true));
            if place < SHOWN || !seen {
                ask.push(call);
            }
        }
        self.why.retain(|call, _| ask.contains(call));
        for call in ask {
            if let Some(id) = requests.ask(Request::WhyCaller(call)) {
                self.asked.insert(id, call);
            }
        }
    }

    /// The picture for the board.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let longest = self.longest();
        let mut groups = self.groups.clone();
        for (at, group) in groups.iter_mut().enumerate() {
            let first = longest.iter().find(|(_, waits)| waits.group.index() == at);
            group.why = first.and_then(|(call, _)| self.why.get(call)).map(|(why, at)| (why.agents, *at));
        }
        let longest = longest.into_iter().take(SHOWN).map(|(call, waits)| LiveCaller {
            call: call.bits(),
            group: waits.group.index(),
            since: waits.since,
            why: self.why.get(&call).cloned(),
        });
        Picture {
            longest: longest.collect(),
            groups,
            alerts: self.alerts.iter().copied().collect(),
            idle_beside_waiting: self.idle_beside_waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(second: u64, event: Event) -> Stamped {
        Stamped { at: Timestamp::from_secs(second), seq: second, event }
    }

    fn queued(call: u64, expected: u64) -> Event {
        Event::Queued {
            call: CallRef::from_bits(call),
            group: GroupRef(0),
            position: 1,
            expected: Some(Duration::from_secs(expected)),
        }
    }

    #[test]
    fn the_longest_waiting_come_first_until_they_are_served() {
        let mut live = Live::new(1);
        live.take(&stamped(1, queued(7, 10)));
        live.take(&stamped(2, queued(8, 20)));
        live.take(&stamped(
            3,
            Event::Alert(Alert::Surge { group: GroupRef(0), on: true, mode: acd::SurgeMode::On }),
        ));
        let picture = live.picture();
        assert_eq!(picture.longest.iter().map(|caller| caller.call).collect::<Vec<_>>(), [7, 8]);
        assert!(picture.groups[0].surging);
        assert_eq!(picture.alerts.len(), 1);
        live.take(&stamped(
            15,
            Event::Connected {
                call: CallRef::from_bits(7),
                agent: acd::AgentRef(0),
                group: GroupRef(0),
                waited: Duration::from_secs(14),
            },
        ));
        let picture = live.picture();
        assert_eq!(picture.longest.len(), 1);
    }
}
