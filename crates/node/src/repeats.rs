//! Repeat callers (重复来电): lists that have whoever has called within some days.
//!
//! ```text
//!   records of those days, at the start ─┐
//!   each call that ends ─────────────────┴─▶ Repeat ─▶ Enlist on ─▶ engine ─▶ the flow, the agent's screen
//!                                              └─ so long after his last call ─▶ Enlist off
//! ```
//!
//! Somebody is on the list from the end of his call, so that the call itself is no repetition. What is told to the engine
//! are requests, so a replay knows it, too. **At the limit** whoever called longest ago leaves early.
//! Never knows: flows, what agents see.

use crate::lists::AT_ONCE;
use crate::requests::Requests;
use base::Private;
use call::Request;
use call::plan::ListRef;
use report::{CallRecord, UnixMs};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Numbers on one list.
const NUMBERS_MAX: usize = 200_000;

/// Such lists of a centre.
pub struct Repeats(Vec<Repeat>);

struct Repeat {
    list: ListRef,
    within: Duration,
    /// When each called last.
    last: BTreeMap<Private, UnixMs>,
    /// The same in order of time, earlier calls of the same number included.
    calls: VecDeque<(UnixMs, Private)>,
    /// What the engine has not been told: at the start, whoever is on the list.
    on: BTreeSet<Private>,
    off: BTreeSet<Private>,
}

impl Repeats {
    /// Lists without anybody.
    #[must_use]
    pub fn new(lists: &[(ListRef, Duration)]) -> Self {
        let repeat = |(list, within): &(ListRef, Duration)| Repeat {
            list: *list,
            within: *within,
            last: BTreeMap::new(),
            calls: VecDeque::new(),
            on: BTreeSet::new(),
            off: BTreeSet::new(),
        };
        Self(lists.iter().map(repeat).collect())
    }

    /// How far back the longest of them looks; `None` when there is none.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        self.0.iter().map(|repeat| repeat.within).max()
    }

    /// Somebody's call ended then; in order of time.
    pub fn called(&mut self, number: &Private, at: UnixMs) {
        if number.reveal().is_empty() {
            return;
        }
        self.0.iter_mut().for_each(|repeat| repeat.called(number, at));
    }

    /// A call is over.
    pub fn closed(&mut self, record: &CallRecord) {
        if record.opened.flow.is_some() {
            self.called(&record.opened.caller, record.ended_at);
        }
    }

    /// Takes those off whose time is over, and tells the engine what is new; what finds no room is told next time.
    pub fn tell(&mut self, now: UnixMs, requests: &Requests) {
        for repeat in &mut self.0 {
            repeat.expire(now);
            let list = repeat.list;
            for (numbers, on) in [(&mut repeat.off, false), (&mut repeat.on, true)] {
                while !numbers.is_empty() {
                    let part: Vec<Private> = numbers.iter().take(AT_ONCE).cloned().collect();
                    let first_left = numbers.iter().nth(AT_ONCE).cloned();
                    if requests.ask(Request::Enlist { list, numbers: part, on }).is_none() {
                        break;
                    }
                    *numbers = first_left.map(|first| numbers.split_off(&first)).unwrap_or_default();
                }
            }
        }
    }
}

impl Repeat {
    fn called(&mut self, number: &Private, at: UnixMs) {
        self.calls.push_back((at, number.clone()));
        if self.last.insert(number.clone(), at).is_none() && !self.off.remove(number) {
            self.on.insert(number.clone());
        }
        while self.last.len() > NUMBERS_MAX || self.calls.len() > 2 * NUMBERS_MAX {
            self.forget_oldest();
        }
    }

    fn expire(&mut self, now: UnixMs) {
        let within = self.within.as_millis() as u64;
        while self.calls.front().is_some_and(|(at, _)| at.0 + within <= now.0) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((at, number)) = self.calls.pop_front() else { return };
        if self.last.get(&number) != Some(&at) {
            return;
        }
        self.last.remove(&number);
        if !self.on.remove(&number) {
            self.off.insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::doorbell::Doorbell;
    use base::Ring;

    const DAY: u64 = 86_400_000;

    fn told(repeats: &mut Repeats, day: u64, requests: &Requests) -> Vec<(bool, Vec<String>)> {
        repeats.tell(UnixMs(day * DAY), requests);
        let mut told = Vec::new();
        while let Some((_, request)) = requests.ring().pop() {
            let Request::Enlist { numbers, on, .. } = request else { panic!("only lists change") };
            told.push((on, numbers.iter().map(|number| number.reveal().clone()).collect()));
        }
        told
    }

    fn number(text: &str) -> Private {
        Private::new(text.to_owned())
    }

    #[test]
    fn whoever_has_called_is_on_the_list_until_his_last_call_is_long_ago() {
        let requests = Requests::new(Ring::bounded(8), Doorbell::new().expect("a doorbell"));
        let mut repeats = Repeats::new(&[(ListRef(0), Duration::from_secs(7 * 86_400))]);
        repeats.called(&number("a"), UnixMs(0));
        repeats.called(&number(""), UnixMs(0));
        assert_eq!(told(&mut repeats, 0, &requests), [(true, vec!["a".to_owned()])]);
        repeats.called(&number("b"), UnixMs(DAY));
        repeats.called(&number("a"), UnixMs(3 * DAY));
        assert_eq!(told(&mut repeats, 3, &requests), [(true, vec!["b".to_owned()])], "a is on it already");
        assert_eq!(told(&mut repeats, 7, &requests), [], "a has called since");
        assert_eq!(told(&mut repeats, 8, &requests), [(false, vec!["b".to_owned()])]);
        assert_eq!(told(&mut repeats, 10, &requests), [(false, vec!["a".to_owned()])]);
    }

    #[test]
    fn what_finds_no_room_is_told_next_time_and_what_is_over_by_then_never() {
        let requests = Requests::new(Ring::bounded(1), Doorbell::new().expect("a doorbell"));
        let mut repeats = Repeats::new(&[(ListRef(0), Duration::from_secs(86_400))]);
        (0..2_500).for_each(|n| repeats.called(&number(&n.to_string()), UnixMs(0)));
        let first = told(&mut repeats, 0, &requests);
        assert_eq!((first.len(), first[0].1.len()), (1, 1_000));
        assert_eq!(told(&mut repeats, 0, &requests)[0].1.len(), 1_000);
        let off = told(&mut repeats, 2, &requests);
        assert_eq!((off[0].0, off[0].1.len()), (false, 1_000), "500 were never told of");
        assert_eq!(told(&mut repeats, 2, &requests)[0].1.len(), 1_000);
        assert_eq!(told(&mut repeats, 2, &requests), []);
    }

    #[test]
    fn a_start_with_more_callers_than_a_list_holds_keeps_the_latest() {
        let requests = Requests::new(Ring::bounded(512), Doorbell::new().expect("a doorbell"));
        let mut repeats = Repeats::new(&[(ListRef(0), Duration::from_secs(7 * 86_400))]);
        (0..NUMBERS_MAX + 100_000).for_each(|n| repeats.called(&number(&format!("{n:06}")), UnixMs(0)));
        let told: BTreeSet<String> =
            told(&mut repeats, 0, &requests).into_iter().flat_map(|(_, numbers)| numbers).collect();
        assert_eq!((told.len(), told.first().map(String::as_str)), (NUMBERS_MAX, Some("100000")));
    }
}
