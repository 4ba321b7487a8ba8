//! Stable keys of things that are counted: the same word in records, metrics, JSON and summaries.
//!
//! Other programs read them, so a key never changes once it is published; a new variant gets a new key.

use acd::input::Reason;
use acd::{AgentState, CallbackEnd, OfferEnd, Turned};
use call::event::{Outcome, Side};

/// All reasons for which an agent may be not ready, in the order in which they are shown.
pub const REASONS: [Reason; 12] = [
    Reason::SignedIn,
    Reason::Rest,
    Reason::Meal,
    Reason::Meeting,
    Reason::Coaching,
    Reason::Training,
    Reason::Study,
    Reason::Busy,
    Reason::RingNoAnswer,
    Reason::Declined,
    Reason::PhoneLost,
    Reason::Forced,
];

/// Place of a reason in [`REASONS`].
#[must_use]
pub const fn reason_index(reason: Reason) -> usize {
    match reason {
        Reason::SignedIn => 0,
        Reason::Rest => 1,
        Reason::Meal => 2,
        Reason::Meeting => 3,
        Reason::Coaching => 4,
        Reason::Training => 5,
        Reason::Study => 6,
        Reason::Busy => 7,
        Reason::RingNoAnswer => 8,
        Reason::Declined => 9,
        Reason::PhoneLost => 10,
        Reason::Forced => 11,
    }
}

/// Key of a reason.
#[must_use]
pub const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::SignedIn => "signed_in",
        Reason::Rest => "rest",
        Reason::Meal => "meal",
        Reason::Meeting => "meeting",
        Reason::Coaching => "coaching",
        Reason::Training => "training",
        Reason::Study => "study",
        Reason::Busy => "busy",
        Reason::RingNoAnswer => "ring_no_answer",
        Reason::Declined => "declined",
        Reason::PhoneLost => "phone_lost",
        Reason::Forced => "forced",
    }
}

/// Key of an agent's state, without the reason.
#[must_use]
pub const fn state(state: &AgentState) -> &'static str {
    match state {
        AgentState::SignedOut => "signed_out",
        AgentState::Ready => "ready",
        AgentState::NotReady(_) => "not_ready",
        AgentState::Offered(_) => "offered",
        AgentState::Talking => "talking",
        AgentState::WrapUp { .. } => "wrap_up",
    }
}

/// Key of how a call ended.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::AbandonedBeforeLine => "abandoned_before_line",
        Outcome::AbandonedInLine => "abandoned_in_line",
        Outcome::AbandonedRinging => "abandoned_ringing",
        Outcome::TurnedAway(why) => turned(why),
        Outcome::Lost => "lost",
        Outcome::Refused => "refused",
        Outcome::Service => "service",
        Outcome::CalledBack => "called_back",
        Outcome::Joined => "joined",
        Outcome::Callback => "callback",
    }
}

/// Key of why a caller was turned away.
#[must_use]
pub const fn turned(why: Turned) -> &'static str {
    match why {
        Turned::LineFull => "line_full",
        Turned::WaitedTooLong => "waited_too_long",
        Turned::NobodySignedIn => "nobody_signed_in",
        Turned::Closed => "closed",
        Turned::Surge => "surge",
        Turned::Blocked => "blocked",
    }
}

/// Key of how an offer ended.
#[must_use]
pub const fn offer_end(end: OfferEnd) -> &'static str {
    match end {
        OfferEnd::Accepted => "accepted",
        OfferEnd::RangOut => "rang_out",
        OfferEnd::Declined => "declined",
        OfferEnd::CallerGone => "caller_gone",
        OfferEnd::AgentGone => "agent_gone",
        OfferEnd::TakenElsewhere => "taken_elsewhere",
    }
}

/// Key of how a callback ended.
#[must_use]
pub const fn callback_end(end: CallbackEnd) -> &'static str {
    match end {
        CallbackEnd::Reached => "reached",
        CallbackEnd::CalledAgain => "called_again",
        CallbackEnd::Merged => "merged",
        CallbackEnd::GivenUp => "given_up",
        CallbackEnd::Cancelled => "cancelled",
    }
}

/// Key of a party.
#[must_use]
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Caller => "caller",
        Side::Agent => "agent",
        Side::System => "system",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_place_and_its_own_key() {
        for (index, of) in REASONS.into_iter().enumerate() {
            assert_eq!(reason_index(of), index);
            assert_eq!(REASONS.into_iter().filter(|other| reason(*other) == reason(of)).count(), 1);
        }
    }
}
