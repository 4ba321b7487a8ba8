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
//!   the agent hangs up first:  Talking ─▶ Walking (a survey), where the flow says so
//!   an agent calls:            Outgoing (his phone rings, or has dialed) ─ whoever is called answers ─▶ Talking
//!   sent to a studio:          Talking ─▶ Standby ⇄ Forwarding (its console rings) ─▶ Talking
//!   handed over:               Talking ─▶ Waiting, or Forwarding ─▶ Talking; nobody left with him: Waiting
//! ```
//!
//! A talk may have guests: whoever the agent consults, and supervisors. Who hears whom is [`scene`](crate::scene)'s.
//!
//! Several agents may ring for one caller ([`Stage::Ringing`]); the first who answers has him.
//!
//! Each stage holds exactly what exists in it. `Ending` waits until every leg's `Released` and `Left` have
//! come, so that no reference dies while somebody still uses it.

use crate::case::Case;
use crate::event::{CallRef, Outcome, Side};
use crate::hunt::Hunt;
use crate::leg::{CALLER, Dialog, Leg, SLOTS, Sound};
use crate::plan::FlowRef;
use crate::show::Visit;
use crate::steps::Course;
use acd::{AgentRef, GroupRef, OfferRef, SiteRef};
use base::{Private, TimerRef, Timestamp};
use media::session::{ClipRef, Party};
use sip::leg::LegRef;
use sip::message::Cause;
use std::fmt;

pub use crate::outgoing::Outgoing;
pub use crate::talk::{Because, Guest, Part, Supervision, Talk, With};

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
    /// Legs that have left, and whose last facts have not come.
    pub departed: Vec<Departed>,
    /// The agent who answered last for a talk with him.
    pub agent: Option<AgentRef>,
    /// He has talked with an agent: what comes after that is no callback's business any more.
    pub served: bool,
    /// What is known of his case.
    pub case: Option<Box<Case>>,
    /// `Ended` was told.
    pub told: bool,
    /// How far it has come in its flow.
    pub course: Course,
    /// He was sent to a radio studio.
    pub visit: Option<Visit>,
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
    /// An agent calls somebody by himself, who has the caller's place in it.
    Outgoing(Outgoing),
    /// An agent called whom he may not.
    Denied {
        /// Q.850.
        cause: Cause,
        /// In words.
        why: &'static str,
    },
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
    /// Turned away or handed over, and somebody is being rung for him.
    Forwarding(Forward),
    /// An agent calls somebody: his own phone is rung, or he is there and whoever he calls is rung.
    Outgoing(DialOut),
    /// With an agent, or put through to a number outside.
    Talking(Talk),
    /// Held for a radio studio; the place in a line to which he can always go back.
    Standby(Place),
    /// Out of the line, hears what becomes of him; he counts as this however it goes on.
    Announcing(Outcome),
    /// An agent's phone hears what became of its code.
    Service,
    /// Over, but for the last facts.
    Ending,
}

/// A leg whose part in the call is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// It.
    pub leg: Leg,
    /// Whose it was.
    pub side: Side,
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
    /// Hears the question of a survey, or thinks.
    Asked {
        /// How often he may still hear it, this time included.
        left: u8,
    },
    /// Has rated, and is thanked.
    Thanked,
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
}

/// A caller who is being called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calling {
    /// His place, for when he is dialed first.
    pub place: Place,
    /// The agent who waits with him; `None` when he is dialed first.
    pub companion: Option<Talk>,
}

/// Somebody who is rung for a caller, who hears music and has nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Who.
    pub with: With,
    /// Where the caller goes when he is not reached; `None`: nowhere, because he was turned away.
    pub back: Option<Place>,
    /// His leg.
    pub leg: Leg,
    /// Whom else of a roster to ring when he is not reached.
    pub hunt: Option<Hunt>,
}

/// An agent who calls somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOut {
    /// His leg.
    pub leg: Leg,
    /// He hears what whoever he calls sends before the answer.
    pub early: bool,
}

impl Call {
    /// A call that has just begun.
    #[must_use]
    pub fn new(caller: Leg, number: Private, way: Way, site: SiteRef) -> Self {
        Self {
            caller,
            number,
            way,
            site,
            group: None,
            stage: Stage::Opening,
            setup: None,
            limit: None,
            withdrawn: 0,
            departed: Vec::new(),
            agent: None,
            served: false,
            case: None,
            told: false,
            course: Course::default(),
            visit: None,
        }
    }

    /// The leg in the agent's place, once there is one only: waiting with him, talking, being rung for him.
    #[must_use]
    pub const fn agent_leg(&self) -> Option<&Leg> {
        match &self.stage {
            Stage::Calling(Calling { companion: Some(talk), .. }) | Stage::Talking(talk) => Some(&talk.leg),
            Stage::Forwarding(forward) => Some(&forward.leg),
            Stage::Outgoing(dial) => Some(&dial.leg),
            _ => None,
        }
    }

    /// The same, to change.
    pub const fn agent_leg_mut(&mut self) -> Option<&mut Leg> {
        match &mut self.stage {
            Stage::Calling(Calling { companion: Some(talk), .. }) | Stage::Talking(talk) => {
                Some(&mut talk.leg)
            }
            Stage::Forwarding(forward) => Some(&mut forward.leg),
            Stage::Outgoing(dial) => Some(&mut dial.leg),
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

    /// The talk.
    #[must_use]
    pub const fn talk(&self) -> Option<&Talk> {
        match &self.stage {
            Stage::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    /// The talk, to change.
    pub const fn talk_mut(&mut self) -> Option<&mut Talk> {
        match &mut self.stage {
            Stage::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    /// The talk, taken out: the caller is with nobody, and goes somewhere else in this step.
    pub fn take_talk(&mut self) -> Option<Talk> {
        match std::mem::replace(&mut self.stage, Stage::Opening) {
            Stage::Talking(talk) => {
                self.course.telling = false;
                Some(talk)
            }
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// Who was asked into the talk.
    #[must_use]
    pub fn guests(&self) -> &[Guest] {
        self.talk().map_or(&[], |talk| &talk.guests)
    }

    /// Every leg that is not withdrawn, the departed included.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        let rings = self.rings().iter().map(|ring| &ring.leg);
        let guests = self.guests().iter().map(|guest| &guest.leg);
        let line = self.talk().and_then(|talk| talk.line.as_ref());
        let departed = self.departed.iter().map(|departed| &departed.leg);
        let there = std::iter::once(&self.caller).chain(self.agent_leg()).chain(rings).chain(guests);
        there.chain(line).chain(departed)
    }

    /// The leg of that name, to change.
    pub fn leg_mut(&mut self, leg: LegRef) -> Option<&mut Leg> {
        self.find_leg(|known| known.leg == leg)
    }

    /// The leg in that slot of the session, to change. Phones that ring are in none yet.
    pub fn in_slot(&mut self, slot: Party) -> Option<&mut Leg> {
        self.find_leg(|known| known.slot == slot && matches!(known.sound, Sound::Open(_) | Sound::Closing(_)))
    }

    fn find_leg(&mut self, wanted: impl Fn(&Leg) -> bool) -> Option<&mut Leg> {
        if wanted(&self.caller) {
            return Some(&mut self.caller);
        }
        if let Some(at) = self.departed.iter().position(|departed| wanted(&departed.leg)) {
            return self.departed.get_mut(at).map(|departed| &mut departed.leg);
        }
        match &mut self.stage {
            Stage::Ringing(_, rings) => rings.iter_mut().map(|ring| &mut ring.leg).find(|leg| wanted(leg)),
            Stage::Calling(Calling { companion: Some(talk), .. }) | Stage::Talking(talk) => {
                let guests = talk.guests.iter_mut().map(|guest| &mut guest.leg);
                let own = std::iter::once(&mut talk.leg).chain(&mut talk.line);
                own.chain(guests).find(|leg| wanted(leg))
            }
            Stage::Forwarding(forward) => Some(&mut forward.leg).filter(|leg| wanted(leg)),
            Stage::Outgoing(dial) => Some(&mut dial.leg).filter(|leg| wanted(leg)),
            _ => None,
        }
    }

    /// Whose the leg in that slot is.
    #[must_use]
    pub fn side_of(&self, slot: Party) -> Option<Side> {
        if slot == CALLER {
            return Some(Side::Caller);
        }
        if self.agent_leg().is_some_and(|leg| leg.slot == slot) {
            return Some(Side::Agent);
        }
        if self.talk().and_then(|talk| talk.line.as_ref()).is_some_and(|line| line.slot == slot) {
            return Some(Side::Agent);
        }
        if self.guests().iter().any(|guest| guest.leg.slot == slot) {
            return Some(Side::Guest);
        }
        self.departed.iter().find(|departed| departed.leg.slot == slot).map(|departed| departed.side)
    }

    /// The lowest slot that nobody has; `None` when all are taken.
    #[must_use]
    pub fn free_slot(&self) -> Option<Party> {
        let rings = self.rings().iter().map(|ring| ring.leg.leg);
        let taken = |slot: Party| {
            self.legs().any(|leg| leg.slot == slot && !rings.clone().any(|ring| ring == leg.leg))
        };
        (CALLER.0 + 1..SLOTS).map(Party).find(|slot| !taken(*slot))
    }

    /// Whether we make this call, and the caller's phone has not been reached yet.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        self.caller.dialog == Dialog::Planned
    }

    /// Whether it is still a callback's: nobody has served it yet.
    #[must_use]
    pub const fn is_callback(&self) -> bool {
        matches!(self.way, Way::Callback(_)) && !self.served
    }

    /// Whether the call is over but for the last facts.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        matches!(self.stage, Stage::Ending)
    }

    /// Whether nothing more will be heard of it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_ending()
            && self.told
            && self.withdrawn == 0
            && self.caller.is_done()
            && self.departed.is_empty()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stage {
            Stage::Opening => f.write_str("opening: waits for the caller's SDP")?,
            Stage::Walking(Walk::Hearing) => write!(f, "hearing: {}", self.course.step)?,
            Stage::Walking(Walk::Choosing { .. }) => write!(f, "choosing: {}", self.course.step)?,
            Stage::Walking(Walk::Asked { .. }) => write!(f, "asked to rate: {}", self.course.step)?,
            Stage::Walking(Walk::Thanked) => write!(f, "has rated: {}", self.course.step)?,
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
            Stage::Forwarding(forward) => write!(f, "being put through to {}", forward.with)?,
            Stage::Outgoing(_) => {
                let whose = if self.is_planned() {
                    "to be called by an agent, whose phone rings"
                } else {
                    "called by an agent"
                };
                f.write_str(whose)?;
            }
            Stage::Talking(talk) => {
                write!(f, "talking: with {}", talk.with)?;
                if talk.held {
                    f.write_str(", on hold")?;
                }
                for guest in &talk.guests {
                    let rings = if guest.leg.is_answered() { "" } else { ", rings" };
                    write!(f, ", {} {:?}{rings}", guest.with, guest.part)?;
                }
            }
            Stage::Standby(place) => write!(f, "held for a studio, from {}", place.group)?,
            Stage::Announcing(outcome) => write!(f, "announcing: {outcome:?}")?,
            Stage::Service => f.write_str("service code")?,
            Stage::Ending => f.write_str("ending")?,
        }
        if let Some(visit) = self.visit {
            let air = if visit.on_air { ", on air" } else { "" };
            write!(f, ", caller {} of {}{air}", visit.number, visit.studio)?;
        }
        write!(f, "; caller {} {:?} {:?}", self.number, self.caller.leg, self.caller.dialog)
    }
}
