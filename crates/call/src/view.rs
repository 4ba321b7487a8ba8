//! The view of a talk: who is with a caller, and what is known of his case. For a desk's screen; it changes nothing.

use crate::call::{Because, Part, Supervision, With};
use crate::case::Case;
use crate::engine::Engine;
use crate::event::{CallRef, Phase};
use crate::roster::{PersonRef, RosterRef};
use acd::{AgentRef, GroupRef};
use base::Private;

/// A talk at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkView {
    /// Whose.
    pub call: CallRef,
    /// The caller's number; empty when withheld.
    pub number: Private,
    /// In whose line he waited.
    pub group: Option<GroupRef>,
    /// What the agent does.
    pub phase: Phase,
    /// The caller is on hold.
    pub held: bool,
    /// Further parties.
    pub guests: Vec<GuestView>,
    /// Somebody of this roster is being hunted for.
    pub hunts: Option<RosterRef>,
    /// What is known of the caller's case.
    pub case: Option<Box<Case>>,
}

/// Somebody who was asked into a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestView {
    /// An agent.
    pub agent: Option<AgentRef>,
    /// Somebody of a roster.
    pub person: Option<(RosterRef, PersonRef)>,
    /// How he supervises; `None`: he is consulted.
    pub supervises: Option<Supervision>,
    /// He has picked up.
    pub there: bool,
    /// He is on hold.
    pub held: bool,
}

impl Engine {
    /// The talk of an agent.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn view_talk(&self, agent: AgentRef) -> Result<TalkView, &'static str> {
        self.agent_state(agent).ok_or("no such agent")?;
        let none = "the agent talks with no caller";
        let call = self.talk_of(agent).ok_or(none)?;
        let this = self.calls.get(call).ok_or(none)?;
        let talk = this.talk().ok_or(none)?;
        let guests = talk.guests.iter().map(|guest| GuestView {
            agent: guest.with.agent(),
            person: match guest.with {
                With::Outside(_, Because::OnRoster(roster, person)) => Some((roster, person)),
                _ => None,
            },
            supervises: match guest.part {
                Part::Supervisor(how) => Some(how),
                Part::Consulted { .. } => None,
            },
            there: guest.leg.is_answered(),
            held: guest.part == Part::Consulted { held: true },
        });
        Ok(TalkView {
            call,
            number: this.number.clone(),
            group: this.group,
            phase: talk.phase,
            held: talk.held,
            guests: guests.collect(),
            hunts: talk.hunt.as_ref().map(|hunt| hunt.roster),
            case: this.case.clone(),
        })
    }
}
