//! [`Call`]: one caller's way from his INVITE to the last BYE, as a plain value.
//!
//! ```text
//!             late offer                clips over             acd offers           bridge stands
//!   invited ─▶ Opening ─▶ Greeting ──────────────▶ Waiting ⇄ Ringing ─────────────▶ Talking
//!        │                    (own phone) ▼           │ turned away                    │
//!        └─ refused           Service ────┐           ▼                                │
//!               │                         │       Announcing                           │
//!               └────────────▶ Ending ◀───┴───────────┴────────── hung up ◀────────────┘
//! ```
//!
//! Each stage holds exactly what exists in it. `Ending` waits until every leg's `Released` and `Left` have
//! come, so that no reference dies while somebody still uses it.

use crate::leg::Leg;
use crate::plan::FlowRef;
use acd::{AgentRef, GroupRef, OfferRef, Turned};
use base::{Private, TimerRef, Timestamp};
use media::session::ClipRef;
use std::fmt;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The caller's side.
    pub caller: Leg,
    /// His number; empty when withheld.
    pub number: Private,
    /// What was dialed for.
    pub way: Way,
    /// The group in whose line he was last.
    pub group: Option<GroupRef>,
    /// Where the call is.
    pub stage: Stage,
    /// Answers a call that is still in early media.
    pub setup: Option<TimerRef>,
    /// Ends a call that lasts too long; while ending, forgets one whose last facts never come.
    pub limit: Option<TimerRef>,
    /// Legs of agents whose offers are over and whose `Released` has not come.
    pub withdrawn: u32,
    /// `Ended` was told.
    pub told: bool,
}

/// What a call was dialed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A hotline.
    Flow(FlowRef),
    /// An agent's service code.
    Service {
        /// Heard as the reply; `None` releases at once.
        reply: Option<ClipRef>,
        /// Done when his phone is free again.
        then: Option<acd::Input>,
    },
    /// Nothing that we serve.
    Refused,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Our offer is in our 200; the answer comes with the ACK (RFC 3264 late offer).
    Opening,
    /// Hears the flow's clips; this one now.
    Greeting(usize),
    /// In a line.
    Waiting(Place),
    /// In a line, and an agent's phone rings.
    Ringing(Place, Ring),
    /// With an agent.
    Talking(Talk),
    /// Turned away, hears why.
    Announcing(Turned),
    /// An agent's phone hears what became of its code.
    Service,
    /// Over, but for the last facts; the agent's leg, when he talked.
    Ending(Option<Leg>),
}

/// A place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose line.
    pub group: GroupRef,
    /// The original clock: when he first entered a line.
    pub since: Timestamp,
    /// How often he was sent on from another group.
    pub hops: u8,
    /// `Queued` was told for this line.
    pub told: bool,
}

/// An agent's phone that is being rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// For this offer.
    pub offer: OfferRef,
    /// Whose.
    pub agent: AgentRef,
    /// His leg.
    pub leg: Leg,
    /// The final status that it gave; 0 while it gave none.
    pub status: u16,
    /// The answer in its 18x, which a 200 without SDP stands by (RFC 6337 section 2.2).
    pub early: Option<Box<[u8]>>,
}

/// A talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// With whom.
    pub agent: AgentRef,
    /// His leg.
    pub leg: Leg,
    /// How often one codec for both sides may still be asked for.
    pub alignments: u8,
}

impl Call {
    /// The agent's leg: rung, talking or ending.
    #[must_use]
    pub const fn agent_leg(&self) -> Option<&Leg> {
        match &self.stage {
            Stage::Ringing(_, ring) => Some(&ring.leg),
            Stage::Talking(talk) => Some(&talk.leg),
            Stage::Ending(leg) => leg.as_ref(),
            _ => None,
        }
    }

    /// The agent's leg, to change.
    pub const fn agent_leg_mut(&mut self) -> Option<&mut Leg> {
        match &mut self.stage {
            Stage::Ringing(_, ring) => Some(&mut ring.leg),
            Stage::Talking(talk) => Some(&mut talk.leg),
            Stage::Ending(leg) => leg.as_mut(),
            _ => None,
        }
    }

    /// Whether the call is over but for the last facts.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        matches!(self.stage, Stage::Ending(_))
    }

    /// Whether nothing more will be heard of it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_ending()
            && self.told
            && self.withdrawn == 0
            && self.caller.is_done()
            && self.agent_leg().is_none_or(Leg::is_done)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stage {
            Stage::Opening => f.write_str("opening: waits for the caller's SDP")?,
            Stage::Greeting(clip) => write!(f, "greeting: clip {clip}")?,
            Stage::Waiting(place) => write!(f, "waiting: {} since {}", place.group, place.since)?,
            Stage::Ringing(place, ring) => {
                write!(
                    f,
                    "ringing: {} since {}, {} at {}",
                    place.group, place.since, ring.offer, ring.agent
                )?;
            }
            Stage::Talking(talk) => write!(f, "talking: with {}", talk.agent)?,
            Stage::Announcing(why) => write!(f, "announcing: {why:?}")?,
            Stage::Service => f.write_str("service code")?,
            Stage::Ending(_) => f.write_str("ending")?,
        }
        write!(f, "; caller {} {:?} {:?}", self.number, self.caller.leg, self.caller.dialog)
    }
}
