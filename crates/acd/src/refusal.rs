//! Refusals: which callers an agent did not take, so that neither is shown to the other at once again.
//!
//! Every offer that ended on the agent's side is a refusal: rung out, declined, or the agent went away. Then:
//! - for [`COOL_DOWN`] this caller is not offered to this agent again; other callers are, at once;
//! - later he comes after every agent who has not refused this caller, however long he has been idle;
//! - the [`REFUSALS_MAX`]th refusal within [`COOL_DOWN`] that would leave him ready, or ready again within it,
//!   makes him not ready: a phone
//!   that is always busy must not turn the whole line over, one caller after the other.
//!
//! The memory lies with the agent and is bounded: he remembers the last [`REMEMBERED`] callers. By the rule above
//! he cannot reach a fifth within a cool-down unless he says ready again and again by himself.
//!
//! Never knows: why he refused, what state he is in.

use crate::CallerRef;
use base::Timestamp;
use std::time::Duration;

/// How long a caller is not offered again to the agent who refused him.
pub const COOL_DOWN: Duration = Duration::from_secs(5);

/// So many refusals within [`COOL_DOWN`] make an agent not ready.
pub const REFUSALS_MAX: usize = 3;

/// So many refused callers an agent remembers; then the oldest is forgotten.
pub const REMEMBERED: usize = 4;

/// What one agent refused lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals {
    kept: [Option<Refusal>; REMEMBERED],
    /// Where the next one goes: the oldest.
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    caller: CallerRef,
    /// Till when the cool-down lasts; `None` once its deadline has fired.
    cools_until: Option<Timestamp>,
}

impl Refusals {
    /// Remembers that he refused `caller` at `now`.
    pub(crate) fn remember(&mut self, now: Timestamp, caller: CallerRef) {
        let known = self.kept.iter().position(|kept| kept.is_some_and(|kept| kept.caller == caller));
        let place = known.unwrap_or(self.next);
        if known.is_none() {
            self.next = (self.next + 1) % REMEMBERED;
        }
        self.kept[place] = Some(Refusal { caller, cools_until: Some(now + COOL_DOWN) });
    }

    /// Ends the cool-downs that are over at `now`.
    pub(crate) fn cool(&mut self, now: Timestamp) {
        for refusal in self.kept.iter_mut().flatten() {
            refusal.cools_until = refusal.cools_until.filter(|until| *until > now);
        }
    }

    /// When the next cool-down is over.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.kept.iter().flatten().filter_map(|refusal| refusal.cools_until).min()
    }

    /// How many cool-downs last.
    pub(crate) fn cooling(&self) -> usize {
        self.kept.iter().flatten().filter(|refusal| refusal.cools_until.is_some()).count()
    }

    /// Whose cool-downs last.
    pub(crate) fn cooling_callers(&self) -> impl Iterator<Item = CallerRef> {
        let kept = self.kept.iter().flatten();
        kept.filter(|refusal| refusal.cools_until.is_some()).map(|refusal| refusal.caller)
    }

    /// What he thinks of `caller`.
    pub(crate) fn of(&self, caller: CallerRef) -> Memory {
        match self.kept.iter().flatten().find(|refusal| refusal.caller == caller) {
            None => Memory::Nothing,
            Some(Refusal { cools_until: Some(_), .. }) => Memory::Cooling,
            Some(_) => Memory::Refused,
        }
    }
}

/// What an agent remembers of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Nothing: he may be shown him.
    Nothing,
    /// He refused him a while ago: only when nobody else can.
    Refused,
    /// He refused him just now: not to him.
    Cooling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_cools_down_by_itself() {
        let at = Timestamp::from_secs;
        let (first, second) = (CallerRef::from_bits(1), CallerRef::from_bits(2));
        let mut refusals = Refusals::default();
        refusals.remember(at(10), first);
        refusals.remember(at(12), second);
        assert_eq!((refusals.cooling(), refusals.next_deadline()), (2, Some(at(15))));
        refusals.cool(at(15));
        assert_eq!((refusals.of(first), refusals.of(second)), (Memory::Refused, Memory::Cooling));
        assert_eq!(refusals.next_deadline(), Some(at(17)));
        refusals.cool(at(17));
        assert_eq!((refusals.cooling(), refusals.next_deadline()), (0, None));
        assert_eq!(refusals.of(CallerRef::from_bits(3)), Memory::Nothing);
    }

    #[test]
    fn the_same_caller_refused_again_takes_no_second_place() {
        let at = Timestamp::from_secs;
        let mut refusals = Refusals::default();
        refusals.remember(at(10), CallerRef::from_bits(1));
        refusals.remember(at(16), CallerRef::from_bits(1));
        assert_eq!((refusals.cooling(), refusals.next_deadline()), (1, Some(at(21))));
        // The oldest of more than he remembers is forgotten.
        for caller in 2..=REMEMBERED as u64 + 1 {
            refusals.remember(at(30), CallerRef::from_bits(caller));
        }
        assert_eq!(refusals.of(CallerRef::from_bits(1)), Memory::Nothing);
        assert_eq!(refusals.of(CallerRef::from_bits(2)), Memory::Cooling);
    }
}
