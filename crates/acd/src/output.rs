//! What the distributor says. Every output is also an event that the report folds.

use crate::input::{Reason, SurgeMode};
use crate::plan::Selection;
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
    /// Another agent, rung at the same time, was faster, or picked the call.
    TakenElsewhere,
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
    /// Outside the group's hours.
    Closed,
    /// Too many callers, and a surge is on.
    Surge,
    /// He is on the black list.
    Blocked,
}

/// Whether an agent's phone rings or answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The agent picks up.
    ByAgent,
    /// The phone is asked to answer at once.
    ByPhone,
}

/// Why this agent for this caller, and who else was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// A caller looked for an agent: the best by the group's selection among those ready at the first stage of
    /// his timeline that has one.
    Selected {
        /// Which stage; `None`: he is the agent whom the caller should get.
        stage: Option<u8>,
        /// By which rule.
        by: Selection,
        /// Ready agents who could take him at that stage.
        among: u32,
        /// Of these, ranked before this one and passed over, because they refused this caller lately.
        passed: u32,
    },
    /// An agent looked for a caller: the first in order among all who may be offered to him.
    FirstInOrder {
        /// Pools of agents that he belongs to in which somebody waited; he looked at the head of each.
        among: u32,
        /// Callers in them who stand before this one and were passed over, because he refused them just now.
        passed: u32,
    },
}

/// What a supervisor should know at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// An agent does not answer his phone.
    RingNoAnswer {
        /// Who.
        agent: AgentRef,
        /// How often in a row.
        in_a_row: u32,
    },
    /// A group's surge has begun, or is over.
    Surge {
        /// Which.
        group: GroupRef,
        /// Now on.
        on: bool,
        /// As set by a supervisor, or by itself.
        mode: SurgeMode,
    },
}

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackEnd {
    /// Caller and agent talk.
    Reached,
    /// The caller called again by himself and took the place.
    CalledAgain,
    /// One for the same party is there already.
    Merged,
    /// As often tried as the group allows.
    GivenUp,
    /// Taken back.
    Cancelled,
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
        /// Whether to ring at all.
        answer: Answer,
        /// Why this one.
        because: Because,
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
    /// More agents of the caller's own group may serve him now: lower levels, other sites.
    Relaxed {
        /// Who.
        caller: CallerRef,
        /// His line.
        group: GroupRef,
        /// The stage of its timeline that opened.
        stage: u8,
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
    /// The caller is out of the line: the same party has called again in a surge, and that call has his place.
    Collapsed {
        /// Who.
        caller: CallerRef,
        /// The later call.
        by: CallerRef,
    },
    /// The caller has waited so long that he is to be asked whether he wants to be called back.
    CallbackOffered {
        /// Who.
        caller: CallerRef,
    },
    /// The caller is called back later; his place and clock stay.
    CallbackKept {
        /// Who.
        caller: CallerRef,
        /// Whose line.
        group: GroupRef,
        /// A missed call (漏话).
        missed: bool,
        /// Not before.
        after: Timestamp,
    },
    /// Dial the caller of a callback now; answered by `Reached` or `Unreached`.
    Dial {
        /// Who.
        caller: CallerRef,
        /// Which attempt, from 1.
        attempt: u8,
    },
    /// A callback is over; its caller reference is free.
    CallbackEnded {
        /// Who.
        caller: CallerRef,
        /// Whose line.
        group: GroupRef,
        /// How.
        end: CallbackEnd,
    },
    /// An agent's state changed.
    Agent {
        /// Who.
        agent: AgentRef,
        /// To what.
        state: AgentState,
    },
    /// A supervisor should know.
    Alert(Alert),
    /// The input cannot be met.
    Refused {
        /// Why, in words for an operator.
        why: &'static str,
    },
}
