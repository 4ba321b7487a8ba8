//! Replacing: a phone takes the place of another phone of its account in a talk (RFC 3891): an agent walks from the
//! desk to the hall and goes on talking there.
//!
//! ```text
//!   Invited(replaces: a leg of a talk) ─▶ 200, the new leg has its place and hears the same ─▶ the old one is released
//!        a leg that is in no talk, or a caller's ─▶ 403: a caller's phone is the carrier's business
//! ```
//!
//! SIP has proved that both phones are of one account; whose place it is does not change, so nothing else does.

use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event, GuestStep, Side};
use crate::ingress::Denied;
use crate::leg::{Dialog, Leg, Role};
use base::Timestamp;
use sip::leg::{Command, Invited, LegRef};

impl Engine {
    /// A phone wants the place of a leg.
    pub(crate) fn replace(
        &mut self,
        now: Timestamp,
        (old, name): (LegRef, LegRef),
        invite: &Invited,
        out: &mut Out,
    ) {
        if let Err(Denied { status, cause, retry_after }) = self.take_place(now, (old, name), invite, out) {
            out.legs.push(Command::Reject { leg: name, status, cause, retry_after, text: "" });
        }
    }

    fn take_place(
        &mut self,
        now: Timestamp,
        (old, name): (LegRef, LegRef),
        invite: &Invited,
        out: &mut Out,
    ) -> Result<(), Denied> {
        let rejected = || Denied::with(cause::REJECTED);
        let Owner { call, role } = self.legs.get(&old).copied().ok_or_else(rejected)?;
        let side = match role {
            Role::Agent | Role::Line => Side::Agent,
            Role::Guest => Side::Guest,
            Role::Caller | Role::Departed | Role::Withdrawn(_) => return Err(rejected()),
        };
        self.leg_in_talk(call, old).filter(|leg| leg.is_answered()).ok_or_else(rejected)?;
        let (mut leg, body) = self.accept_invite(now, call, name, invite)?;
        let (slot, audio) = (leg.slot, leg.audio().copied());
        leg.dialog = Dialog::Answered;
        out.legs.push(Command::Answer { leg: name, body });
        self.legs.insert(name, Owner { call, role });
        let Some(place) = self.leg_in_talk(call, old) else { return Ok(()) };
        let gone = std::mem::replace(place, leg);
        if let Some(audio) = audio {
            self.join(call, slot, audio, out);
        }
        self.depart(now, call, gone, side, cause::NORMAL, out);
        if let Some(with) = self.talk(call).map(|talk| talk.with) {
            let step = GuestStep::OtherPhone;
            self.tell(now, Event::Guest { call, leg: name, with, step }, out);
        }
        self.rearranged(now, call, out);
        Ok(())
    }

    /// The place in a talk that a leg has.
    fn leg_in_talk(&mut self, call: CallRef, leg: LegRef) -> Option<&mut Leg> {
        let talk = self.talk_mut(call)?;
        let guests = talk.guests.iter_mut().map(|guest| &mut guest.leg);
        std::iter::once(&mut talk.leg).chain(&mut talk.line).chain(guests).find(|place| place.leg == leg)
    }
}
