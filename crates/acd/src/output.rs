//! What the distributor says. Every output is also an event that the report folds.

use crate::input::Reason;
use crate::{AgentRef, CallerRef, GroupRef, OfferRef};
use base::Timestamp;
use std::time::Duration;

/// What an agent does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// Not at work.
    SignedOut,
    /// Waits for a caller.
    Ready,
    /// At work, takes no callers.
    NotReady(Reason),
    /// A caller is offered to him.
    Offered(OfferRef),
    /// Talks.
    Talking,
    /// Finishes the last call.
    WrapUp {
        /// When it ends by itself.
        until: Timestamp,
    },
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    /// The agent took it.
    Accepted,
    /// The agent's phone rang out.
    RangOut,
    /// Declined, busy or failed at the phone.
    Declined,
    /// The caller left.
    CallerGone,
    /// The agent went away (phone lost, not ready, signed out).
    AgentGone,
}

/// Why a caller was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turned {
    /// The line is full.
    LineFull,
    /// He waited as long as the group allows.
    WaitedTooLong,
    /// Nobody is signed in who could serve him.
    NobodySignedIn,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The caller waits; `position` counts from 1.
    Queued {
        /// Who.
        caller: CallerRef,
        /// Where.
        group: GroupRef,
        /// Place in the line.
        position: u32,
        /// Expected wait, when one can be told.
        expected: Option<Duration>,
    },
    /// Ring this agent for this caller.
    Offer {
        /// Minted here.
        offer: OfferRef,
        /// Who waits.
        caller: CallerRef,
        /// Who shall take him.
        agent: AgentRef,
        /// For which group (the line he waits in).
        group: GroupRef,
        /// How long to ring at most (the distributor ends the offer by itself then).
        ring: Duration,
    },
    /// An offer is over. Unless `Accepted`: stop ringing.
    OfferEnded {
        /// Which.
        offer: OfferRef,
        /// Who waited.
        caller: CallerRef,
        /// Who was rung.
        agent: AgentRef,
        /// How.
        end: OfferEnd,
    },
    /// A further group's agents may serve the caller now (he keeps place and clock).
    Overflowed {
        /// Who.
        caller: CallerRef,
        /// His line.
        from: GroupRef,
        /// Who helps.
        to: GroupRef,
    },
    /// The caller left the line because the bridge stands.
    Served {
        /// Who.
        caller: CallerRef,
        /// By whom.
        agent: AgentRef,
        /// Whose line.
        group: GroupRef,
        /// Since when he waited (original clock).
        since: Timestamp,
    },
    /// The caller is out of the line; the flow says what becomes of him.
    TurnedAway {
        /// Who.
        caller: CallerRef,
        /// Whose line.
        group: GroupRef,
        /// Why.
        why: Turned,
    },
    /// An agent's state changed.
    Agent {
        /// Who.
        agent: AgentRef,
        /// To what.
        state: AgentState,
    },
    /// The input cannot be met.
    Refused {
        /// Why, in words for an operator.
        why: &'static str,
    },
}
