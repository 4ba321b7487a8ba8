//! What is going on beside the counts: who waits, what he was told, and why he is not with an agent.
//!
//! ```text
//!   events ─▶ Live: callers in lines, surges, expected waits and how far they were from what came
//!               └─ each second: the longest waiting are asked for ─WhyCaller─▶ engine ─Explained─▶ Live
//! ```
//!
//! Kept by the report's thread; published for the board. Bounded: of more callers than [`CALLERS_MAX`] the later
//! ones are not shown. Never knows: HTTP, numbers.

use crate::requests::Requests;
use acd::{Alert, GroupRef};
use base::Timestamp;
use call::event::{CallRef, Event, Stamped, Why};
use call::{Request, RequestId};
use std::collections::BTreeMap;
use std::time::Duration;
use web::board::{Live as Picture, LiveCaller, LiveGroup};

/// Callers in lines that are followed at once.
const CALLERS_MAX: usize = 100_000;
/// Of those who wait longest, so many are shown.
const SHOWN: usize = 20;
/// How often they are asked for.
const ASK_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
struct Waits {
    group: GroupRef,
    since: Timestamp,
    /// When he joined this line, and what he was told to expect then.
    told: Option<(Timestamp, Duration)>,
}

/// The present.
#[derive(Debug, Default)]
pub struct Live {
    waits: BTreeMap<CallRef, Waits>,
    groups: Vec<LiveGroup>,
    /// Answers that are awaited, and what the last ones said.
    asked: BTreeMap<RequestId, CallRef>,
    why: BTreeMap<CallRef, (acd::explain::WhyCaller, Timestamp)>,
    next_ask: Timestamp,
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
        match &stamped.event {
            Event::Queued { call, group, expected, .. } => self.queued(at, *call, *group, *expected),
            Event::Connected { call, .. } => self.served(at, *call),
            Event::TurnedAway { call, to: None, .. } | Event::Ended { call, .. } => self.gone(*call),
            Event::Alert(Alert::Surge { group, on, .. }) => {
                if let Some(group) = self.groups.get_mut(group.index()) {
                    group.surging = *on;
                }
            }
            Event::Explained { id, why } => {
                if let (Some(call), Why::Caller(why)) = (self.asked.remove(id), why.as_ref()) {
                    self.why.insert(call, (why.clone(), at));
                }
            }
            Event::RequestRefused { id, .. } => {
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
        let told = expected.map(|expected| (at, expected));
        match self.waits.get_mut(&call) {
            // From one line to another: his clock stays.
            Some(waits) => (waits.group, waits.told) = (group, told),
            None if self.waits.len() < CALLERS_MAX => {
                self.waits.insert(call, Waits { group, since: at, told });
            }
            None => {}
        }
    }

    /// His wait is over: what he was told is held against it.
    fn served(&mut self, at: Timestamp, call: CallRef) {
        if let Some(Waits { group, told: Some((joined, expected)), .. }) = self.waits.get(&call)
            && let Some(group) = self.groups.get_mut(group.index())
        {
            group.expected_tried += 1;
            group.expected_error += at.since(*joined).abs_diff(*expected);
        }
        self.gone(call);
    }

    fn gone(&mut self, call: CallRef) {
        self.waits.remove(&call);
        self.why.remove(&call);
    }

    /// Those who wait longest, the longest first.
    fn longest(&self) -> Vec<(CallRef, &Waits)> {
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
        Picture { longest: longest.collect(), groups }
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
    fn the_longest_waiting_come_first_and_words_are_held_against_waits() {
        let mut live = Live::new(1);
        live.take(&stamped(1, queued(7, 10)));
        live.take(&stamped(2, queued(8, 20)));
        live.take(&stamped(3, Event::Alert(Alert::Surge { group: GroupRef(0), on: true, mode: acd::SurgeMode::On })));
        let picture = live.picture();
        assert_eq!(picture.longest.iter().map(|caller| caller.call).collect::<Vec<_>>(), [7, 8]);
        assert!(picture.groups[0].surging);
        // Told ten seconds, waited fourteen.
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
        assert_eq!((picture.groups[0].expected_tried, picture.groups[0].expected_error), (1, Duration::from_secs(4)));
        assert_eq!(picture.longest.len(), 1);
    }
}
