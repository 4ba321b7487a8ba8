//! The second line: an agent in a talk consults somebody by dialing on his phone.
//!
//! ```text
//!   Invited(his phone, a number) while he talks ─▶ somebody is rung for the same call ─▶ 183, the agent hears music
//!        he picks up ─▶ 200: line ⇄ guest; the caller is on hold as the phone has it
//!        REFER with Replaces, either way round, or he hangs up the first line ─▶ caller ⇄ guest
//!        he hangs up the second line, or the guest does ─▶ agent ⇄ caller
//! ```
//!
//! The line is a leg of the caller's own call, so that nothing has to be moved when the two become one.

use crate::call::{Part, Talk};
use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event, GuestStep, Side};
use crate::ingress::Denied;
use crate::leg::{Dialog, Role, Sound};
use acd::AgentRef;
use base::{Private, Timestamp};
use media::session;
use sip::leg::{Command, Invited, LegRef, Origin};
use sip::message::Cause;

impl Engine {
    /// The talk of the agent who dials, if he is in one.
    pub(crate) fn consults_by_phone(&self, invite: &Invited) -> Option<(CallRef, AgentRef)> {
        let Origin::Aor(aor) = invite.origin else { return None };
        let agent = self.agent_at(aor).filter(|_| !self.is_code(&invite.called))?;
        Some((self.talk_of(agent)?, agent))
    }

    /// An agent in a talk dials somebody: that one is asked into the talk.
    pub(crate) fn dial_second(
        &mut self,
        now: Timestamp,
        (call, agent): (CallRef, AgentRef),
        leg: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) {
        if let Err((Denied { status, cause, retry_after }, text)) =
            self.open_second(now, (call, agent), leg, invite, out)
        {
            out.legs.push(Command::Reject { leg, status, cause, retry_after, text });
        }
    }

    fn open_second(
        &mut self,
        now: Timestamp,
        (call, agent): (CallRef, AgentRef),
        name: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) -> Result<(), (Denied, &'static str)> {
        let denied = |cause| (Denied::with(cause), "");
        let whom = self.whom(&invite.called).ok_or(denied(cause::UNALLOCATED))?;
        let talk = self.talk(call).ok_or(denied(cause::REJECTED))?;
        if talk.line.is_some() || talk.consulted().is_some() {
            return Err(denied(cause::BUSY));
        }
        let part = Part::Consulted { held: false };
        if let Err(why) = self.ask_in(now, call, agent, whom, part, out) {
            let number = Private::new(invite.called.clone());
            self.tell(now, Event::OutgoingRefused { agent, number, why }, out);
            return Err((Denied::with(cause::REJECTED), why));
        }
        // The guest has the slot before: the line's is the next.
        let (leg, body) = match self.accept_invite(now, call, name, invite) {
            Ok(accepted) => accepted,
            Err(denied) => {
                self.send_consulted_away(now, call, out);
                return Err((denied, ""));
            }
        };
        let Some(audio) = leg.audio().copied() else { return Ok(()) };
        let slot = leg.slot;
        out.legs.push(Command::Progress { leg: name, status: 183, answer: Some(body) });
        self.legs.insert(name, Owner { call, role: Role::Line });
        self.join(call, slot, audio, out);
        let Some(talk) = self.talk_mut(call) else { return Ok(()) };
        talk.line = Some(leg);
        let with = talk.with;
        self.tell(now, Event::Guest { call, leg: name, with, step: GuestStep::SecondLine }, out);
        self.rearranged(now, call, out);
        Ok(())
    }

    /// Who was dialed has picked up: the line is answered, too.
    pub(crate) fn answer_line(&mut self, call: CallRef, out: &mut Out) {
        let Some(talk) = self.talk_mut(call) else { return };
        let Some(line) = talk.line.as_mut().filter(|line| line.dialog == Dialog::Early) else { return };
        line.dialog = Dialog::Answered;
        if let (true, Sound::Open(audio)) = (std::mem::take(&mut line.quiet), line.sound) {
            let (session, party) = (crate::engine::session_of(call), line.slot);
            out.media.push(session::Command::Update { session, party, audio });
        }
        out.legs.push(Command::Answer { leg: line.leg, body: line.local.said().into() });
    }

    /// The line is over, whoever ended it: so is what it was for.
    pub(crate) fn line_left(&mut self, now: Timestamp, call: CallRef, cause: Cause, out: &mut Out) {
        let Some(talk) = self.talk_mut(call) else { return };
        let Some(line) = talk.line.take() else { return };
        self.depart(now, call, line, Side::Agent, cause, out);
        self.send_consulted_away(now, call, out);
    }

    /// Whoever is consulted leaves; agent and caller talk on.
    fn send_consulted_away(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        self.call_off(now, call, out);
        while let Some(leg) = self.talk(call).and_then(Talk::consulted).map(|guest| guest.leg.leg) {
            self.guest_left(now, call, leg, cause::NORMAL, out);
        }
        self.rearranged(now, call, out);
    }
}
