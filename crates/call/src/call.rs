//! [`Call`]: one caller's way from his INVITE to the last BYE, as a plain value.
//!
//! ```text
//!             late offer                clips over             acd offers           bridge stands
//!   invited ─▶ Opening ─▶ Walking ⇄ (its key) ─── Waiting ⇄ Ringing ─────────────▶ Talking
//!        │                    (own phone) ▼           │ turned away, called back       │ ▲
//!        └─ refused           Service ────┐           ├────▶ Forwarding ─(outside)─────┼─┤
//!               │                         │           ▼                                │ │
//!               │                         │       Announcing                           │ │
//!               └────────────▶ Ending ◀───┴───────────┴────────── hung up ◀────────────┘ │
//!                                                                                        │
//!   a callback, agent first:   Ringing ─ agent answers ─▶ Calling ─ caller answers ──────┘
//!   a callback, caller first:  Calling ─ caller answers ─▶ Waiting ⇄ Ringing ─▶ Talking
//! ```
//!
//! Several agents may ring for one caller ([`Stage::Ringing`]); the first who answers has him.
//!
//! Each stage holds exactly what exists in it. `Ending` waits until every leg's `Released` and `Left` have
//! come, so that no reference dies while somebody still uses it.

use crate::event::{CallRef, Outcome};
use crate::leg::{Dialog, Leg};
use crate::plan::FlowRef;
use crate::steps::Course;
use acd::{AgentRef, GroupRef, OfferRef, SiteRef, Turned};
use base::{Private, TimerRef, Timestamp};
use media::session::ClipRef;
use sip::leg::{LegRef, TrunkRef};
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
    /// The site where it came in.
    pub site: SiteRef,
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
    /// How far it has come in its flow.
    pub course: Course,
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
    /// We call somebody back; named by the call from which that came.
    Callback(CallRef),
    /// Nothing that we serve.
    Refused,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Our offer is in our 200; the answer comes with the ACK (RFC 3264 late offer).
    Opening,
    /// In its flow, in no line.
    Walking(Walk),
    /// In a line.
    Waiting(Place),
    /// In a line, and agents' phones ring: at least one, at most [`acd::plan::PARALLEL_MAX`].
    Ringing(Place, Vec<Ring>),
    /// A callback: the caller's number is being dialed.
    Calling(Calling),
    /// Turned away, and a number outside is being dialed for him.
    Forwarding(Forward),
    /// With an agent, or put through to a number outside.
    Talking(Talk),
    /// Out of the line, hears what becomes of him; he counts as this however it goes on.
    Announcing(Outcome),
    /// An agent's phone hears what became of its code.
    Service,
    /// Over, but for the last facts; the agent's leg, when he talked.
    Ending(Option<Leg>),
}

/// What a caller does in his flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Hears its clips.
    Hearing,
    /// Hears what there is to choose, or thinks.
    Choosing {
        /// How often he may still hear it, this time included.
        left: u8,
    },
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

/// A caller who is being called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calling {
    /// His place, for when he is dialed first.
    pub place: Place,
    /// The agent who waits with him; `None` when he is dialed first.
    pub companion: Option<Talk>,
    /// The answer in his 18x.
    pub early: Option<Box<[u8]>>,
}

/// A number outside that is dialed for a caller who was turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Why he was.
    pub why: Turned,
    /// Through which trunk.
    pub trunk: TrunkRef,
    /// The number's leg.
    pub leg: Leg,
    /// The answer in its 18x.
    pub early: Option<Box<[u8]>>,
}

/// Who is in the agent's slot of a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// An agent.
    Agent(AgentRef),
    /// A number outside, because he was turned away.
    Outside(Turned),
}

/// A talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// With whom.
    pub with: With,
    /// The leg in the agent's slot.
    pub leg: Leg,
    /// How often one codec for both sides may still be asked for.
    pub alignments: u8,
}

impl Call {
    /// The leg in the agent's slot, once there is one only: waiting with him, talking, put through, ending.
    #[must_use]
    pub fn agent_leg(&self) -> Option<&Leg> {
        match &self.stage {
            Stage::Calling(calling) => calling.companion.as_ref().map(|talk| &talk.leg),
            Stage::Forwarding(forward) => Some(&forward.leg),
            Stage::Talking(talk) => Some(&talk.leg),
            Stage::Ending(leg) => leg.as_ref(),
            _ => None,
        }
    }

    /// The same, to change.
    pub fn agent_leg_mut(&mut self) -> Option<&mut Leg> {
        match &mut self.stage {
            Stage::Calling(calling) => calling.companion.as_mut().map(|talk| &mut talk.leg),
            Stage::Forwarding(forward) => Some(&mut forward.leg),
            Stage::Talking(talk) => Some(&mut talk.leg),
            Stage::Ending(leg) => leg.as_mut(),
            _ => None,
        }
    }

    /// Agents' phones that ring for it.
    #[must_use]
    pub fn rings(&self) -> &[Ring] {
        match &self.stage {
            Stage::Ringing(_, rings) => rings,
            _ => &[],
        }
    }

    /// The ring on this leg, to change.
    pub fn ring_mut(&mut self, leg: LegRef) -> Option<&mut Ring> {
        match &mut self.stage {
            Stage::Ringing(_, rings) => rings.iter_mut().find(|ring| ring.leg.leg == leg),
            _ => None,
        }
    }

    /// Every leg that is not withdrawn.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        let rings = self.rings().iter().map(|ring| &ring.leg);
        std::iter::once(&self.caller).chain(self.agent_leg()).chain(rings)
    }

    /// The leg of that name, to change.
    pub fn leg_mut(&mut self, leg: LegRef) -> Option<&mut Leg> {
        if self.caller.leg == leg {
            return Some(&mut self.caller);
        }
        if matches!(self.stage, Stage::Ringing(..)) {
            return self.ring_mut(leg).map(|ring| &mut ring.leg);
        }
        self.agent_leg_mut().filter(|known| known.leg == leg)
    }

    /// Whether we make this call, and the caller's phone has not been reached yet.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        self.caller.dialog == Dialog::Planned
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
            Stage::Walking(Walk::Hearing) => write!(f, "hearing: {}", self.course.step)?,
            Stage::Walking(Walk::Choosing { .. }) => write!(f, "choosing: {}", self.course.step)?,
            Stage::Waiting(place) => write!(f, "waiting: {} since {}", place.group, place.since)?,
            Stage::Ringing(place, rings) => {
                write!(f, "ringing: {} since {}", place.group, place.since)?;
                for ring in rings {
                    write!(f, ", {} at {}", ring.offer, ring.agent)?;
                }
            }
            Stage::Calling(calling) => {
                let waits = if calling.companion.is_some() { ", an agent waits with him" } else { "" };
                write!(f, "dialed to be called back: {}{waits}", calling.place.group)?;
            }
            Stage::Forwarding(forward) => {
                write!(f, "being put through {}: {:?}", forward.trunk, forward.why)?;
            }
            Stage::Talking(talk) => match talk.with {
                With::Agent(agent) => write!(f, "talking: with {agent}")?,
                With::Outside(why) => write!(f, "put through: {why:?}")?,
            },
            Stage::Announcing(outcome) => write!(f, "announcing: {outcome:?}")?,
            Stage::Service => f.write_str("service code")?,
            Stage::Ending(_) => f.write_str("ending")?,
        }
        write!(f, "; caller {} {:?} {:?}", self.number, self.caller.leg, self.caller.dialog)
    }
}
