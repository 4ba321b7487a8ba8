//! [`Talk`]: who is with a caller, and what for.
//!
//! ```text
//!   with    the agent (or a number outside) who answers for the talk     leg, and a second line while he consults over it
//!   guests  whoever was asked in: consulted, or a supervisor
//!   held    the caller is on hold
//!   back    the place in a line to which the caller returns when nobody is left with him
//! ```
//!
//! Plain values; [`consult`](crate::consult), [`supervise`](crate::supervise) and [`handover`](crate::handover) change
//! them, `scene` reads them.

use crate::call::Place;
use crate::event::Phase;
use crate::hunt::Hunt;
use crate::leg::Leg;
use crate::roster::{PersonRef, RosterRef};
use acd::{AgentRef, Turned};
use sip::leg::TrunkRef;
use std::fmt;

/// Who talks with a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// An agent.
    Agent(AgentRef),
    /// A number behind this trunk.
    Outside(TrunkRef, Because),
}

impl With {
    /// Why he was turned away, when that is why he talks with somebody outside.
    #[must_use]
    pub const fn turned_away(self) -> Option<Turned> {
        match self {
            Self::Outside(_, Because::TurnedAway(why)) => Some(why),
            _ => None,
        }
    }

    /// Who of a roster.
    #[must_use]
    pub const fn on_roster(self) -> Option<PersonRef> {
        match self {
            Self::Outside(_, Because::OnRoster(_, person)) => Some(person),
            _ => None,
        }
    }

    /// The agent.
    #[must_use]
    pub const fn agent(self) -> Option<AgentRef> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Outside(..) => None,
        }
    }
}

/// Why a caller talks with a number outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// He was turned away.
    TurnedAway(Turned),
    /// An agent asked there.
    Asked,
    /// An agent asked for somebody of a roster.
    OnRoster(RosterRef, PersonRef),
}

/// A talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// With whom.
    pub with: With,
    /// The leg in the agent's place.
    pub leg: Leg,
    /// How often one codec for both sides may still be asked for.
    pub alignments: u8,
    /// Where the caller goes when nobody is left with him; `None`: nowhere, because he was turned away.
    pub back: Option<Place>,
    /// The caller is on hold.
    pub held: bool,
    /// Further parties.
    pub guests: Vec<Guest>,
    /// The second line of the agent's phone, over which he consults.
    pub line: Option<Leg>,
    /// The round of calls to a roster's people, while it goes on.
    pub hunt: Option<Hunt>,
    /// What was last told of what the agent does.
    pub phase: Phase,
}

/// Somebody who was asked into a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Who.
    pub with: With,
    /// What he is there for.
    pub part: Part,
    /// His leg; not answered while his phone rings.
    pub leg: Leg,
    /// The distributor keeps him from other callers for this.
    pub engaged: bool,
    /// `Connected` was told: he has talked with the caller.
    pub met: bool,
}

/// What a guest is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The agent asks him something.
    Consulted {
        /// He is on hold.
        held: bool,
    },
    /// He supervises.
    Supervisor(Supervision),
}

/// How a supervisor takes part in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Supervision {
    /// He hears everybody, nobody hears him (监听).
    Listen,
    /// Only the agent hears him (密语).
    Whisper,
    /// Everybody hears him (强插).
    Barge,
}

impl Guest {
    /// Whether he is asked for something, and not a supervisor.
    #[must_use]
    pub const fn is_consulted(&self) -> bool {
        matches!(self.part, Part::Consulted { .. })
    }
}

impl Talk {
    /// A talk of two.
    #[must_use]
    pub const fn of_two(with: With, leg: Leg, alignments: u8, back: Option<Place>) -> Self {
        Self {
            with,
            leg,
            alignments,
            back,
            held: false,
            guests: Vec::new(),
            line: None,
            hunt: None,
            phase: Phase::Talk,
        }
    }

    /// Who is asked now: consulted, ringing or there, and not on hold; the last of them.
    #[must_use]
    pub fn asked(&self) -> Option<&Guest> {
        self.guests.iter().rfind(|guest| guest.part == Part::Consulted { held: false })
    }

    /// An agent among the consulted who is with the caller now, for the first time; he is noted as such.
    pub(crate) fn meets(&mut self) -> Option<AgentRef> {
        if self.held || self.line.is_some() {
            return None;
        }
        let guest = self.guests.iter_mut().find(|guest| {
            let here = guest.part == Part::Consulted { held: false } && guest.leg.is_answered();
            here && !guest.met && guest.with.agent().is_some()
        })?;
        guest.met = true;
        guest.with.agent()
    }

    /// Who is consulted, ringing or there.
    #[must_use]
    pub fn consulted(&self) -> Option<&Guest> {
        self.guests.iter().find(|guest| guest.is_consulted())
    }
}

impl fmt::Display for With {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "{agent}"),
            Self::Outside(trunk, Because::Asked) => write!(f, "a number behind {trunk}"),
            Self::Outside(_, Because::OnRoster(roster, person)) => write!(f, "{person} of {roster}"),
            Self::Outside(trunk, Because::TurnedAway(why)) => write!(f, "a number behind {trunk}: {why:?}"),
        }
    }
}
