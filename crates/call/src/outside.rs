//! Outside: a caller is put through to somebody who is rung for him alone.
//!
//! ```text
//!   turned away ─▶ Target::Number ─┐                        ┌─ Answered ─▶ Talking
//!   handed over to a number ───────┼─▶ Invite ─▶ Forwarding ┤
//!   handed over while it rings ────┘   (he hears music)     └─ Released, no port ─▶ busy, when he was turned away;
//!                                                              back into the line, when an agent handed him over
//! ```
//!
//! Who was turned away counts as that, however long he talks there: no agent of ours served him. The number's leg takes
//! the agent's place, so hold, renegotiation and release are those of a talk.

use crate::call::{Because, Forward, Place, Stage, Talk, With};
use crate::cause;
use crate::dialing::Dial;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::Role;
use crate::plan::Outside;
use crate::renegotiate::ALIGNMENTS;
use crate::sdp;
use acd::Turned;
use base::{Private, Timestamp};
use media::session::Audio;
use sip::leg::Target;

impl Engine {
    /// Dials the number for a caller who was turned away.
    pub(crate) fn forward(&mut self, now: Timestamp, call: CallRef, why: Turned, to: Outside, out: &mut Out) {
        let with = With::Outside(to.trunk, Because::TurnedAway(why));
        if !self.put_to(now, call, with, to, None, out) {
            self.announce(now, call, Outcome::TurnedAway(why), None, out);
        }
    }

    /// Rings a number for a caller who has nobody else; false when it cannot be.
    pub(crate) fn put_to(
        &mut self,
        now: Timestamp,
        call: CallRef,
        with: With,
        to: Outside,
        back: Option<Place>,
        out: &mut Out,
    ) -> bool {
        let Some(this) = self.calls.get(call) else { return false };
        let Outside { trunk, number, caller, ring } = to;
        let caller = if caller.is_empty() { this.number.clone() } else { Private::new(caller) };
        let codecs = self.codecs_beside(&this.caller);
        let dial = Dial {
            to: Target::Trunk { trunk, number },
            caller,
            caller_name: String::new(),
            codecs,
            ring,
            headers: Vec::new(),
            role: Role::Agent,
        };
        let Some(leg) = self.invite(now, call, dial, out) else { return false };
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Forwarding(Forward { with, back, leg, hunt: None });
        }
        self.rest(call);
        self.wait_to_music(call, out);
        true
    }

    /// Whoever was rung for him has picked up.
    pub(crate) fn put_through(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(Stage::Forwarding(forward)) = self.calls.get(call).map(|this| &this.stage) else { return };
        let (with, slot) = (forward.with, forward.leg.slot);
        let Ok(audio) = agreed else {
            return self.not_put_through(now, call, 0, out);
        };
        self.join(call, slot, audio, out);
        let Some(this) = self.calls.get_mut(call) else { return };
        let group = this.group;
        let mut hunt = None;
        if let Stage::Forwarding(Forward { with, back, leg, hunt: round }) =
            std::mem::replace(&mut this.stage, Stage::Opening)
        {
            hunt = round;
            this.stage = Stage::Talking(Talk::of_two(with, leg, ALIGNMENTS, back));
        }
        self.pick_up(call, out);
        self.bridge(call, out);
        self.roster_has(now, call, with, hunt, out);
        match (with, group) {
            (With::Outside(trunk, _), Some(group)) => {
                self.tell(now, Event::PutThrough { call, group, trunk }, out);
            }
            (With::Agent(agent), Some(group)) => self.takes(now, call, agent, group, false, out),
            _ => {}
        }
        self.has_visitor(now, call, with, out);
        self.align(now, call, Side::Agent, out);
    }

    /// Nobody there: busy for who was turned away, the line again for whoever was handed over.
    pub(crate) fn not_put_through(&mut self, now: Timestamp, call: CallRef, status: u16, out: &mut Out) {
        if self.forward_on(now, call, status, out) {
            return;
        }
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Forwarding(forward) = &this.stage else { return };
        let Some(back) = forward.back else {
            let outcome = crate::release::outcome(this, false);
            self.end(now, call, outcome, cause::BUSY, Side::System, out);
            return;
        };
        if let Stage::Forwarding(Forward { with, leg, .. }) =
            std::mem::replace(&mut this.stage, Stage::Opening)
        {
            self.let_agent_go(now, call, with, leg, cause::NORMAL, out);
            self.back_in_line(now, call, back, out);
        }
    }
}
