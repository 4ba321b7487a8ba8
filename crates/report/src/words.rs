//! Stable keys of things that are counted: the same word in records, metrics, JSON and summaries.
//!
//! Other programs read them, so a key never changes once it is published; a new variant gets a new key.

use acd::input::Reason;
use acd::{AgentState, CallbackEnd, OfferEnd, Selection, SurgeMode, Turned};
use call::Resolver;
use call::call::Supervision;
use call::event::{Exchange, Outcome, Phase, RosterStep, Side};
use call::roster::PersonRef;
use call::show::{Exit, StudioStep};
use media::session::Keeps;

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
        Outcome::Outgoing => "outgoing",
        Outcome::Internal => "internal",
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

/// All reasons for which a caller may be turned away.
pub const TURNED: [Turned; 6] = [
    Turned::LineFull,
    Turned::WaitedTooLong,
    Turned::NobodySignedIn,
    Turned::Closed,
    Turned::Surge,
    Turned::Blocked,
];

/// Outcomes other than turned away.
const OUTCOMES: [Outcome; 12] = [
    Outcome::Answered,
    Outcome::AbandonedBeforeLine,
    Outcome::AbandonedInLine,
    Outcome::AbandonedRinging,
    Outcome::Lost,
    Outcome::Refused,
    Outcome::Service,
    Outcome::CalledBack,
    Outcome::Joined,
    Outcome::Callback,
    Outcome::Outgoing,
    Outcome::Internal,
];

/// The outcome that a key names.
#[must_use]
pub fn outcome_of(key: &str) -> Option<Outcome> {
    let plain = OUTCOMES.into_iter().find(|of| outcome(*of) == key);
    plain.or_else(|| turned_of(key).map(Outcome::TurnedAway))
}

/// The reason for turning away that a key names.
#[must_use]
pub fn turned_of(key: &str) -> Option<Turned> {
    TURNED.into_iter().find(|why| turned(*why) == key)
}

/// The end of an offer that a key names.
#[must_use]
pub fn offer_end_of(key: &str) -> Option<OfferEnd> {
    crate::counters::Offers::default()
        .ends()
        .into_iter()
        .map(|(end, _)| end)
        .find(|end| offer_end(*end) == key)
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

/// Key of a selection.
#[must_use]
pub const fn selection(by: Selection) -> &'static str {
    match by {
        Selection::LongestIdle => "longest_idle",
        Selection::LeastOccupied => "least_occupied",
        Selection::RoundRobin => "round_robin",
        Selection::FewestCalls => "fewest_calls",
        Selection::HighestLevel => "highest_level",
    }
}

/// Key of a surge mode.
#[must_use]
pub const fn surge_mode(mode: SurgeMode) -> &'static str {
    match mode {
        SurgeMode::Automatic => "automatic",
        SurgeMode::Off => "off",
        SurgeMode::On => "on",
        SurgeMode::AnnounceOnly => "announce_only",
    }
}

/// Key of a party.
#[must_use]
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Caller => "caller",
        Side::Agent => "agent",
        Side::Guest => "guest",
        Side::System => "system",
    }
}

/// Key of what an agent does in his talk.
#[must_use]
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Talk => "talk",
        Phase::Hold => "hold",
        Phase::Consult => "consult",
        Phase::Conference => "conference",
    }
}

/// Key of how a supervisor takes part.
#[must_use]
pub const fn supervision(how: Supervision) -> &'static str {
    match how {
        Supervision::Listen => "listen",
        Supervision::Whisper => "whisper",
        Supervision::Barge => "barge",
    }
}

/// Which way a caller was exchanged.
#[must_use]
pub const fn exchange(exchange: Exchange) -> &'static str {
    match exchange {
        Exchange::Out => "out",
        Exchange::In => "in",
    }
}

/// What becomes of asking a roster.
#[must_use]
pub const fn roster_step(step: RosterStep) -> &'static str {
    match step {
        RosterStep::Asked => "asked",
        RosterStep::Rung(_) => "rung",
        RosterStep::Answered(_) => "answered",
        RosterStep::TookOver(_) => "took_over",
        RosterStep::Left(_) => "left",
        RosterStep::Nobody => "nobody",
        RosterStep::CalledOff => "called_off",
    }
}

/// Who is meant by it.
#[must_use]
pub const fn roster_person(step: RosterStep) -> Option<PersonRef> {
    match step {
        RosterStep::Rung(person)
        | RosterStep::Answered(person)
        | RosterStep::TookOver(person)
        | RosterStep::Left(person) => Some(person),
        RosterStep::Asked | RosterStep::Nobody | RosterStep::CalledOff => None,
    }
}

/// Key of who resolved what a caller wanted.
#[must_use]
pub const fn resolver(by: Resolver) -> &'static str {
    match by {
        Resolver::Agent => "agent",
        Resolver::Specialist => "specialist",
    }
}

/// Who resolved it, by that key.
#[must_use]
pub fn resolver_of(key: &str) -> Option<Resolver> {
    [Resolver::Agent, Resolver::Specialist].into_iter().find(|by| resolver(*by) == key)
}

/// Key of what happens to a caller in a studio.
#[must_use]
pub const fn studio_step(step: StudioStep) -> &'static str {
    match step {
        StudioStep::Picked => "picked",
        StudioStep::AtConsole => "at_console",
        StudioStep::Held => "held",
        StudioStep::Left(Exit::Ended) => "ended",
        StudioStep::Left(Exit::SentBack) => "sent_back",
        StudioStep::Left(Exit::TooLong) => "held_too_long",
        StudioStep::Left(Exit::Closed) => "show_over",
        StudioStep::Left(Exit::HandedOn) => "handed_on",
    }
}

/// What is kept of a recorded talk.
#[must_use]
pub const fn keeps(keeps: Keeps) -> &'static str {
    match keeps {
        Keeps::Speech => "speech",
        Keeps::Silence => "silence",
        Keeps::Tone => "tone",
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
