//! What arrives at the distributor.

use crate::{AgentRef, CallerRef, GroupRef, OfferRef, Priority};
use base::Timestamp;

/// Why an agent is not ready (示忙, 小休…): codes of the centre, plus those that the engine sets itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Just signed in; has not said ready yet.
    SignedIn,
    /// 小休.
    Rest,
    /// 用餐.
    Meal,
    /// 会议.
    Meeting,
    /// 辅导.
    Coaching,
    /// 培训.
    Training,
    /// 示忙 without a further reason.
    Busy,
    /// His phone rang out.
    RingNoAnswer,
    /// He declined a call at the phone.
    Declined,
    /// His phone cannot be reached.
    PhoneLost,
    /// A supervisor set it.
    Forced,
}

/// A caller for a waiting line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueue {
    /// Minted by the sender.
    pub caller: CallerRef,
    /// Whose line.
    pub group: GroupRef,
    /// Higher first.
    pub priority: Priority,
    /// His original clock: when he first entered a line (now, unless he comes back).
    pub since: Timestamp,
}

/// What arrives. A request that cannot be met is answered by [`Output::Refused`](crate::Output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The agent signs in; he is not ready ([`Reason::SignedIn`]) until he says so.
    SignIn {
        /// Who.
        agent: AgentRef,
    },
    /// The agent signs out. While talking: takes effect when the call ends.
    SignOut {
        /// Who.
        agent: AgentRef,
    },
    /// The agent is ready; ends wrap-up early. While talking: what he becomes afterwards.
    Ready {
        /// Who.
        agent: AgentRef,
    },
    /// The agent is not ready. While offered: the offer goes on to somebody else. While talking: afterwards.
    NotReady {
        /// Who.
        agent: AgentRef,
        /// Why.
        reason: Reason,
    },
    /// A caller joins a line.
    Enqueue(Enqueue),
    /// A caller is gone (hung up, or the flow took him elsewhere): out of the line, offers withdrawn.
    Leave {
        /// Who.
        caller: CallerRef,
    },
    /// The bridge between the offer's caller and agent stands.
    Accept {
        /// Which.
        offer: OfferRef,
    },
    /// The agent's phone declined, was busy or failed; the caller keeps his place.
    Decline {
        /// Which.
        offer: OfferRef,
        /// What the agent becomes; `None` leaves him ready.
        then: Option<Reason>,
    },
    /// The agent's talk has ended: wrap-up begins.
    Release {
        /// Who.
        agent: AgentRef,
    },
    /// The agent's phone is gone: not ready with [`Reason::PhoneLost`] (an offer goes on to somebody else).
    PhoneLost {
        /// Who.
        agent: AgentRef,
    },
    /// The agent talks outside any offer (dials out, an internal call): busy until `Release`.
    Engage {
        /// Who.
        agent: AgentRef,
    },
}
