//! What arrives at the distributor.
//!
//! A changed plan arrives by [`Distributor::change_plan`](crate::Distributor::change_plan); everything else is one
//! of these. Never knows: who asks, whether he may.

use crate::{Abilities, AgentRef, CallerRef, GroupRef, OfferRef, PartyRef, Priority, SiteRef, SkillLevel};
use base::Timestamp;
use std::time::Duration;

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
    /// 学习.
    Study,
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

impl Reason {
    /// Whether it is a break, of which so many agents at most may be on one at once
    /// ([`Plan::breaks_max`](crate::Plan)).
    #[must_use]
    pub const fn is_break(self) -> bool {
        matches!(self, Self::Rest | Self::Meal)
    }
}

/// A caller for a waiting line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueue {
    /// Minted by the sender.
    pub caller: CallerRef,
    /// Whose line.
    pub group: GroupRef,
    /// Higher first ([`Order`](crate::plan::Order)).
    pub priority: Priority,
    /// His original clock: when he first entered a line (now, unless he comes back).
    pub since: Timestamp,
    /// The site where the call came in.
    pub site: SiteRef,
    /// What an agent must be able to do beside the group's work.
    pub requires: Abilities,
    /// Whose phone it is, to know him again; `None` when withheld.
    pub party: Option<PartyRef>,
    /// The agent whom he should get.
    pub prefer: Option<Prefer>,
    /// He was with an agent already and comes back, or is handed on: neither a full line nor a surge keeps him out,
    /// and however long he waits on his original clock, he is not turned away for that.
    pub served: bool,
}

impl Enqueue {
    /// A usual caller, who joins now.
    #[must_use]
    pub const fn new(caller: CallerRef, group: GroupRef, now: Timestamp) -> Self {
        Self {
            caller,
            group,
            priority: Priority(0),
            since: now,
            site: SiteRef(0),
            requires: Abilities::NONE,
            party: None,
            prefer: None,
            served: false,
        }
    }
}

/// An agent whom a caller should get: his last one, the one of his open case, or one asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefer {
    /// Whom.
    pub agent: AgentRef,
    /// Nobody else for so long after joining; `None`: nobody else at all. Either ends when he signs out.
    pub alone: Option<Duration>,
}

/// A caller who is to be called back and was not in a line: a missed call, a wish from the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBack {
    /// As for a caller in the line; `since` is the clock that he ranks by.
    pub enqueue: Enqueue,
    /// Not before.
    pub after: Timestamp,
    /// A missed call (漏话): nobody asked for it.
    pub missed: bool,
}

/// How a group is run when there are too many callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SurgeMode {
    /// Begins and ends by itself ([`SurgePlan`](crate::plan::SurgePlan)).
    #[default]
    Automatic,
    /// Never.
    Off,
    /// Now: fewer are admitted, and whoever calls twice waits once.
    On,
    /// Nobody is admitted but emergencies: the rest hears the announcement.
    AnnounceOnly,
}

/// What a list says about a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// Behind the others ([`Order::grey_delay`](crate::plan::Order)).
    Grey,
    /// Not at all ([`Turned::Blocked`](crate::Turned)), unless an urgent case of his is open.
    Black,
}

/// What arrives. A request that cannot be met is answered by [`Output::Refused`](crate::Output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    // ── Agents ───────────────────────────────────────────────────────────────────────────────────────────
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
    /// An agent who talks outside any offer has a caller of that group now: its wrap-up follows.
    Takes {
        /// Who.
        agent: AgentRef,
        /// Whose caller.
        group: GroupRef,
    },
    /// The agent's talk has ended: wrap-up begins.
    Release {
        /// Who.
        agent: AgentRef,
    },
    /// The agent needs longer for his wrap-up, up to the group's longest.
    ExtendWrapUp {
        /// Who.
        agent: AgentRef,
        /// By how much.
        by: Duration,
    },
    /// The agent does a group's work so well from now on, or no longer.
    Skill {
        /// Who.
        agent: AgentRef,
        /// Which work.
        group: GroupRef,
        /// How well; `None`: not.
        level: Option<SkillLevel>,
    },

    // ── Callers ──────────────────────────────────────────────────────────────────────────────────────────
    /// A caller joins a line.
    Enqueue(Enqueue),
    /// A caller is gone for good (the flow took him elsewhere): out of the line, offers withdrawn. Also ends a
    /// callback.
    Leave {
        /// Who.
        caller: CallerRef,
    },
    /// A caller hung up: as `Leave`, and a missed call where the group calls those back.
    HangUp {
        /// Who.
        caller: CallerRef,
    },
    /// A caller's priority changes; his clock stays.
    Prioritize {
        /// Who.
        caller: CallerRef,
        /// To what.
        priority: Priority,
    },

    // ── Offers ───────────────────────────────────────────────────────────────────────────────────────────
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

    // ── Callbacks ────────────────────────────────────────────────────────────────────────────────────────
    /// A caller in the line wants to be called back: he hangs up, place and clock stay.
    WantsCallback {
        /// Who.
        caller: CallerRef,
    },
    /// Somebody who is not in a line is to be called back.
    CallBack(CallBack),
    /// The caller of a callback is on the phone: he is in the line again (when he is dialed first), or with his
    /// agent (then the callback is over).
    Reached {
        /// Who.
        caller: CallerRef,
    },
    /// The caller of a callback could not be reached: later again, or given up. An agent who waits with him is
    /// released by `Release`.
    Unreached {
        /// Who.
        caller: CallerRef,
    },

    // ── The centre ───────────────────────────────────────────────────────────────────────────────────────
    /// A supervisor sets a group's surge mode.
    Surge {
        /// Which.
        group: GroupRef,
        /// To what.
        mode: SurgeMode,
    },
    /// A site is helped by the others, or no longer (多援一).
    Help {
        /// Which.
        site: SiteRef,
        /// From now on, or no longer.
        on: bool,
    },
    /// A party is put on a list, or taken off. Kept by whoever asked; told again after a restart.
    List {
        /// Who.
        party: PartyRef,
        /// On which, till when; `None`: on none.
        listing: Option<(Listing, Timestamp)>,
    },
    /// A party has an open urgent case, or no longer: no list applies to him meanwhile.
    Urgent {
        /// Who.
        party: PartyRef,
        /// Has, or no longer.
        open: bool,
    },

    // ── Agents, by themselves ────────────────────────────────────────────────────────────────────────────
    /// The agent takes a caller on the phone who is not offered to him (代接): reserved and accepted in this step.
    /// Whoever is being rung for that caller stays ready and keeps his idle time.
    Pick {
        /// Who.
        agent: AgentRef,
        /// Whom.
        caller: CallerRef,
    },
    /// The agent's wrap-up is over; refused when he is in none.
    EndWrapUp {
        /// Who.
        agent: AgentRef,
    },
}
