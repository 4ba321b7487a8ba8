//! An agent's states, and the one table that says which deed leads from which to which.
//!
//! ```text
//!             sign in            ready            offer            accept           release
//!  SignedOut ────────▶ NotReady ──────▶  Ready  ────────▶ Offered ────────▶ Talking ────────▶ WrapUp
//!      ▲               │  ▲  ▲            ▲  ▲  withdrawn   │  │               │  ▲           │    │
//!      │   sign out    │  │  │  not ready │  └──idle kept───┘  │ refused      │  └─ engage ───┤    │
//!      └───────────────┘  │  └────────────┘                    │ (rung out,   │ wrap-up zero  │    │ over,
//!                         └────────────────────────────────────┘  declined)   ▼               ▼    ▼ ready
//!                                                                       Ready, NotReady or SignedOut,
//!                                                                       as he asked while he talked
//! ```
//!
//! Rules that the drawing cannot show:
//! - What is asked while talking is answered at once with the unchanged state and takes effect after the talk:
//!   not ready after wrap-up, signed out instead of wrap-up. The last request counts; *ready* takes all back.
//! - A lost phone is a fact, not a request: it also takes effect without wrap-up, and does not undo a sign-out.
//! - Wrap-up belongs to the call just ended, with one deadline, however many groups the agent serves.
//! - A talk outside any offer has no wrap-up of its own and cuts none short: an agent who dials out in his
//!   wrap-up goes back into what is left of it. Who has a caller handed over in it has that caller's wrap-up.
//! - Who picks a call (代接) may have been anything but signed out, offered or talking, and is that again after the
//!   call's wrap-up.
//! - A pause is not ready with an end: what a ring-no-answer makes of an agent who shall cool down. Whatever he
//!   asks for ends it.
//!
//! Never knows: callers, lines, other agents, who is asking.

use crate::input::Reason;
use crate::refusal::COOL_DOWN;
use crate::{AgentState, OfferRef};
use base::Timestamp;
use std::time::Duration;

/// What an agent does, with exactly what exists while he does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not at work.
    SignedOut,
    /// At work, takes no callers.
    NotReady(Reason),
    /// At work, takes no callers for a while.
    Pause {
        /// Why.
        reason: Reason,
        /// When he is ready again by himself.
        until: Timestamp,
    },
    /// Waits for a caller.
    Ready {
        /// Since when, as the choice of the longest idle sees it.
        idle: Timestamp,
    },
    /// A caller is offered to him.
    Offered {
        /// The offer.
        offer: OfferRef,
        /// His idle clock, which he keeps when the caller is gone.
        idle: Timestamp,
    },
    /// Talks.
    Talking {
        /// The wrap-up that follows.
        wrap_up: WrapUp,
        /// What he becomes then.
        then: Then,
    },
    /// Finishes the last call.
    WrapUp {
        /// When it ends by itself.
        until: Timestamp,
        /// Not ready afterwards, if he asked for that; else ready.
        then: Option<Reason>,
    },
}

/// The wrap-up that follows a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapUp {
    /// So long from the end of the talk; zero for none.
    For(Duration),
    /// The rest of one that the talk interrupted.
    Until(Timestamp),
}

/// What an agent who talks becomes afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Ready, after wrap-up.
    Ready,
    /// Not ready, after wrap-up.
    NotReady(Reason),
    /// Not ready without wrap-up: his phone is gone.
    PhoneLost,
    /// Signed out without wrap-up.
    SignedOut,
}

/// What happens to an agent: what he asks for, what his phone does, and what the distributor does with him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// He signs in.
    SignIn,
    /// He signs out.
    SignOut,
    /// He is ready.
    Ready,
    /// He is not ready.
    NotReady(Reason),
    /// His phone is gone.
    PhoneLost,
    /// He talks outside any offer.
    Engage,
    /// He talks and has a caller now, whose wrap-up will follow.
    Takes(Duration),
    /// His talk has ended.
    Release,
    /// A caller is offered to him.
    Offer(OfferRef),
    /// The bridge stands; this much wrap-up will follow.
    Accept(Duration),
    /// The offer ended on his side; what that makes of him.
    Refuse(Refused),
    /// The offer ended on the caller's side.
    Withdraw,
    /// His wrap-up ends then, and not before.
    Extend(Timestamp),
    /// The deadline of a wrap-up or a pause.
    Over,
    /// He takes a caller who is not offered to him; this much wrap-up will follow.
    Pick(Duration),
}

/// What an offer that ended on the agent's side makes of him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Ready, at the end of the idle order.
    Ready,
    /// Not ready until he says so.
    NotReady(Reason),
    /// Not ready for a while.
    Pause(Reason, Timestamp),
}

impl Refused {
    /// Whether he is ready again before a refusal has cooled down.
    #[must_use]
    pub fn is_soon(self, now: Timestamp) -> bool {
        match self {
            Self::Ready => true,
            Self::NotReady(_) => false,
            Self::Pause(_, until) => until < now + COOL_DOWN,
        }
    }
}

/// The table: what `deed` makes of an agent in `state`, or why it cannot be.
///
/// # Errors
/// The refusal, in words for an operator.
pub fn step(now: Timestamp, state: State, deed: Deed) -> Result<State, &'static str> {
    let ready = State::Ready { idle: now };
    Ok(match state {
        State::SignedOut => match deed {
            Deed::SignIn => State::NotReady(Reason::SignedIn),
            _ => return Err("the agent is not signed in"),
        },

        State::NotReady(reason) => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::SignedOut,
            Deed::Ready => ready,
            Deed::NotReady(other) => State::NotReady(other),
            Deed::PhoneLost => State::NotReady(Reason::PhoneLost),
            Deed::Engage => State::Talking { wrap_up: NO_WRAP_UP, then: Then::NotReady(reason) },
            Deed::Takes(_) | Deed::Release => return Err(NOT_TALKING),
            Deed::Offer(_) => return Err(NOT_READY),
            Deed::Accept(_) | Deed::Refuse(_) | Deed::Withdraw => return Err(NOT_OFFERED),
            Deed::Extend(_) | Deed::Over => return Err(NOT_IN_WRAP_UP),
            Deed::Pick(wrap_up) => picked(wrap_up, Then::NotReady(reason)),
        },

        State::Pause { reason, .. } => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::SignedOut,
            Deed::Ready | Deed::Over => ready,
            Deed::NotReady(other) => State::NotReady(other),
            Deed::PhoneLost => State::NotReady(Reason::PhoneLost),
            Deed::Engage => State::Talking { wrap_up: NO_WRAP_UP, then: Then::NotReady(reason) },
            Deed::Takes(_) | Deed::Release => return Err(NOT_TALKING),
            Deed::Offer(_) => return Err(NOT_READY),
            Deed::Accept(_) | Deed::Refuse(_) | Deed::Withdraw => return Err(NOT_OFFERED),
            Deed::Extend(_) => return Err(NOT_IN_WRAP_UP),
            Deed::Pick(wrap_up) => picked(wrap_up, Then::NotReady(reason)),
        },

        State::Ready { .. } => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::SignedOut,
            Deed::Ready => return Err("the agent is ready already"),
            Deed::NotReady(reason) => State::NotReady(reason),
            Deed::PhoneLost => State::NotReady(Reason::PhoneLost),
            Deed::Engage => State::Talking { wrap_up: NO_WRAP_UP, then: Then::Ready },
            Deed::Takes(_) | Deed::Release => return Err(NOT_TALKING),
            Deed::Offer(offer) => {
                let State::Ready { idle } = state else { return Err(NOT_READY) };
                State::Offered { offer, idle }
            }
            Deed::Accept(_) | Deed::Refuse(_) | Deed::Withdraw => return Err(NOT_OFFERED),
            Deed::Extend(_) | Deed::Over => return Err(NOT_IN_WRAP_UP),
            Deed::Pick(wrap_up) => picked(wrap_up, Then::Ready),
        },

        State::Offered { idle, .. } => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::SignedOut,
            Deed::Ready => return Err(OFFERED),
            Deed::NotReady(reason) => State::NotReady(reason),
            Deed::PhoneLost => State::NotReady(Reason::PhoneLost),
            Deed::Engage => State::Talking { wrap_up: NO_WRAP_UP, then: Then::Ready },
            Deed::Takes(_) | Deed::Release => return Err(NOT_TALKING),
            Deed::Offer(_) | Deed::Pick(_) => return Err(OFFERED),
            Deed::Accept(wrap_up) => State::Talking { wrap_up: WrapUp::For(wrap_up), then: Then::Ready },
            // Who refuses goes to the end of the idle order; else the same phone would ring first for everybody.
            Deed::Refuse(Refused::Ready) => ready,
            Deed::Refuse(Refused::NotReady(reason)) => State::NotReady(reason),
            Deed::Refuse(Refused::Pause(reason, until)) => State::Pause { reason, until },
            Deed::Withdraw => State::Ready { idle },
            Deed::Extend(_) | Deed::Over => return Err(NOT_IN_WRAP_UP),
        },

        State::Talking { wrap_up, then } => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::Talking { wrap_up, then: Then::SignedOut },
            Deed::Ready => State::Talking { wrap_up, then: Then::Ready },
            Deed::NotReady(reason) => State::Talking { wrap_up, then: Then::NotReady(reason) },
            Deed::PhoneLost if then == Then::SignedOut => state,
            Deed::PhoneLost => State::Talking { wrap_up, then: Then::PhoneLost },
            Deed::Engage | Deed::Offer(_) | Deed::Pick(_) => return Err(TALKING),
            Deed::Takes(wrap_up) => State::Talking { wrap_up: WrapUp::For(wrap_up), then },
            Deed::Release => released(now, wrap_up, then),
            Deed::Accept(_) | Deed::Refuse(_) | Deed::Withdraw => return Err(NOT_OFFERED),
            Deed::Extend(_) | Deed::Over => return Err(NOT_IN_WRAP_UP),
        },

        State::WrapUp { until, then } => match deed {
            Deed::SignIn => return Err(SIGNED_IN),
            Deed::SignOut => State::SignedOut,
            Deed::Ready => ready,
            Deed::NotReady(reason) => State::NotReady(reason),
            Deed::PhoneLost => State::NotReady(Reason::PhoneLost),
            Deed::Engage => State::Talking {
                wrap_up: WrapUp::Until(until),
                then: then.map_or(Then::Ready, Then::NotReady),
            },
            Deed::Takes(_) | Deed::Release => return Err(NOT_TALKING),
            Deed::Offer(_) => return Err(NOT_READY),
            Deed::Accept(_) | Deed::Refuse(_) | Deed::Withdraw => return Err(NOT_OFFERED),
            Deed::Extend(until) => State::WrapUp { until, then },
            Deed::Over => then.map_or(ready, State::NotReady),
            Deed::Pick(wrap_up) => picked(wrap_up, then.map_or(Then::Ready, Then::NotReady)),
        },
    })
}

/// A talk that he has reached for himself; what he was, he will be after it.
const fn picked(wrap_up: Duration, then: Then) -> State {
    State::Talking { wrap_up: WrapUp::For(wrap_up), then }
}

/// What a talk that ends now leads to.
fn released(now: Timestamp, wrap_up: WrapUp, then: Then) -> State {
    let reason = match then {
        Then::SignedOut => return State::SignedOut,
        Then::PhoneLost => return State::NotReady(Reason::PhoneLost),
        Then::NotReady(reason) => Some(reason),
        Then::Ready => None,
    };
    let until = match wrap_up {
        WrapUp::For(span) => now + span,
        WrapUp::Until(until) => until,
    };
    if until > now {
        return State::WrapUp { until, then: reason };
    }
    reason.map_or(State::Ready { idle: now }, State::NotReady)
}

impl State {
    /// What is told of it to the rest of the world.
    #[must_use]
    pub const fn shown(self) -> AgentState {
        match self {
            Self::SignedOut => AgentState::SignedOut,
            Self::NotReady(reason) | Self::Pause { reason, .. } => AgentState::NotReady(reason),
            Self::Ready { .. } => AgentState::Ready,
            Self::Offered { offer, .. } => AgentState::Offered(offer),
            Self::Talking { .. } => AgentState::Talking,
            Self::WrapUp { until, .. } => AgentState::WrapUp { until },
        }
    }

    /// The deadline that ends it.
    #[must_use]
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Pause { until, .. } | Self::WrapUp { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Whether he is on a break, or goes on one as soon as his call is done: both count against the limit.
    #[must_use]
    pub const fn is_break(self) -> bool {
        match self {
            Self::NotReady(reason)
            | Self::Talking { then: Then::NotReady(reason), .. }
            | Self::WrapUp { then: Some(reason), .. } => reason.is_break(),
            _ => false,
        }
    }

    /// Whether the change to `next` ends the work on the call he last accepted: talk and wrap-up together.
    #[must_use]
    pub const fn ends_handling(self, next: Self) -> bool {
        match (self, next) {
            (Self::Talking { .. }, Self::Talking { .. } | Self::WrapUp { .. }) => false,
            (Self::Talking { .. } | Self::WrapUp { .. }, _) => true,
            _ => false,
        }
    }
}

const NO_WRAP_UP: WrapUp = WrapUp::For(Duration::ZERO);
const SIGNED_IN: &str = "the agent is signed in already";
const NOT_READY: &str = "the agent is not ready";
const OFFERED: &str = "a caller is offered to the agent";
const NOT_OFFERED: &str = "no caller is offered to the agent";
const TALKING: &str = "the agent talks";
const NOT_TALKING: &str = "the agent does not talk";
const NOT_IN_WRAP_UP: &str = "the agent is not in wrap-up";
