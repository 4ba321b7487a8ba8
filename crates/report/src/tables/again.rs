//! Calling again: who hung up and called again soon (重拨), and who called again within a day (重复来电).
//!
//! ```text
//!   calls, by arrival ──▶ held until 30 min after the hang-up ──▶ calls with `redialled` and `repeat` set
//!                              ▲ a further call of the same number
//! ```
//!
//! Numbers are compared by their hash; a withheld number is nobody's. Memory holds the numbers of a day and the
//! calls of half an hour, [`HELD_MAX`] at most: beyond that the oldest go unwatched and [`Again::unwatched`] counts
//! them.

use super::rows::{Call, Fate};
use call::event::Outcome;
use std::collections::{BTreeMap, VecDeque};

/// Whoever hung up and calls within so long calls again.
pub const REDIAL_MS: u64 = 30 * 60_000;
/// Whoever had called at most so long ago calls repeatedly.
pub const REPEAT_MS: u64 = 24 * 3_600_000;
/// Calls held back at once.
pub const HELD_MAX: usize = 500_000;

/// Holds calls back until it is known whether their number called again.
#[derive(Debug, Default)]
pub struct Again {
    held: VecDeque<Call>,
    /// How many have been let go: the number of the first one held.
    gone: u64,
    /// Calls held whose caller hung up, by number.
    hung_up: BTreeMap<i64, Vec<u64>>,
    last_arrival: BTreeMap<i64, u64>,
    arrivals: VecDeque<(u64, i64)>,
    unwatched: u64,
}

impl Again {
    /// Takes the next call, in the order of arrival, and lets those go that are decided.
    ///
    /// # Errors
    /// What `done` said.
    pub fn push<E>(&mut self, mut call: Call, done: &mut impl FnMut(Call) -> Result<(), E>) -> Result<(), E> {
        let now = call.arrived.0;
        if call.caller_hash != 0 {
            self.called(&mut call, now);
        }
        self.forget(now);
        if abandoned(&call) && call.caller_hash != 0 {
            self.hung_up.entry(call.caller_hash).or_default().push(self.gone + self.held.len() as u64);
        }
        self.held.push_back(call);
        if self.held.len() > HELD_MAX {
            self.unwatched += 1;
            self.let_go(done)?;
        }
        while self.held.front().is_some_and(|first| decided(first, now)) {
            self.let_go(done)?;
        }
        Ok(())
    }

    /// No call follows.
    ///
    /// # Errors
    /// What `done` said.
    pub fn finish<E>(&mut self, done: &mut impl FnMut(Call) -> Result<(), E>) -> Result<(), E> {
        while !self.held.is_empty() {
            self.let_go(done)?;
        }
        Ok(())
    }

    /// Calls that were let go before it was known whether their number called again.
    #[must_use]
    pub const fn unwatched(&self) -> u64 {
        self.unwatched
    }

    fn called(&mut self, call: &mut Call, now: u64) {
        let before = self.last_arrival.insert(call.caller_hash, now);
        call.repeat = before.is_some_and(|before| now.saturating_sub(before) <= REPEAT_MS);
        self.arrivals.push_back((now, call.caller_hash));
        let Some(waiting) = self.hung_up.get(&call.caller_hash) else { return };
        for number in waiting {
            let at = usize::try_from(number - self.gone).unwrap_or(usize::MAX);
            if let Some(earlier) = self.held.get_mut(at)
                && let Some(ended) = earlier.ended
                && ended.0 <= now
                && now - ended.0 <= REDIAL_MS
            {
                earlier.redialled = true;
            }
        }
    }

    fn forget(&mut self, now: u64) {
        while let Some((at, hash)) = self.arrivals.front().copied().filter(|(at, _)| at + REPEAT_MS < now) {
            self.arrivals.pop_front();
            if self.last_arrival.get(&hash) == Some(&at) {
                self.last_arrival.remove(&hash);
            }
        }
    }

    fn let_go<E>(&mut self, done: &mut impl FnMut(Call) -> Result<(), E>) -> Result<(), E> {
        let Some(call) = self.held.pop_front() else { return Ok(()) };
        if let Some(waiting) = self.hung_up.get_mut(&call.caller_hash) {
            waiting.retain(|number| *number != self.gone);
            if waiting.is_empty() {
                self.hung_up.remove(&call.caller_hash);
            }
        }
        self.gone += 1;
        done(call)
    }
}

/// Whether he hung up in a line.
pub(super) const fn abandoned(call: &Call) -> bool {
    matches!(call.fate, Fate::Over(Outcome::AbandonedInLine | Outcome::AbandonedRinging))
}

fn decided(call: &Call, now: u64) -> bool {
    call.caller_hash == 0
        || !abandoned(call)
        || call.redialled
        || call.ended.is_none_or(|ended| ended.0 + REDIAL_MS < now)
}
