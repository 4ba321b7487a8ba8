//! Outside: a caller who is turned away is put through to a number behind a trunk.
//!
//! ```text
//!   turned away ─▶ Target::Number ─▶ Invite(trunk) ─▶ Forwarding ─┬─ Answered ─▶ Talking with the number
//!                                    (the caller hears music)     └─ Released, no port ─▶ busy
//! ```
//!
//! He counts as turned away, however long he talks there: no agent of ours served him. The number's leg takes the
//! agent's slot, so hold, renegotiation and release are those of a talk.

use crate::call::{Forward, Stage, Talk, With};
use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{Dialog, Leg, Role, Sound};
use crate::plan::Outside;
use crate::renegotiate::ALIGNMENTS;
use crate::sdp::{self, Local};
use acd::Turned;
use base::{Private, Timestamp};
use sip::leg::{Command, LegRef, Target};

impl Engine {
    /// Dials the number for a caller who was turned away.
    pub(crate) fn forward(&mut self, now: Timestamp, call: CallRef, why: Turned, to: Outside, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Outside { trunk, number, caller, ring } = to;
        let address = self.plan.audio.advertised.unwrap_or(this.caller.local.address);
        let caller = if caller.is_empty() { this.number.clone() } else { Private::new(caller) };
        let codecs = self.codecs_beside(&this.caller);
        let Some(port) = self.ports.take(now) else {
            self.announce(now, call, Outcome::TurnedAway(why), None, out);
            return;
        };
        let name = self.mint_leg();
        let mut leg = Leg::new(name, Local::new(self.random.bits() as u32, address), false);
        leg.sound = Sound::Reserved(port);
        leg.asked = Some(codecs);
        let offer = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), self.plan.audio.packet_time);
        out.legs.push(Command::Invite {
            leg: name,
            to: Target::Trunk { trunk, number },
            caller,
            caller_name: String::new(),
            offer,
            ring,
            headers: vec![("X-Call-Ref".into(), call.to_string())],
        });
        self.legs.insert(name, Owner { call, role: Role::Agent });
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Forwarding(Forward { why, trunk, leg, early: None });
        }
        self.rest(call);
        self.wait_to_music(call, out);
    }

    /// Somebody has picked up there.
    pub(crate) fn outside_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        leg: LegRef,
        answer: Option<&[u8]>,
        nated: bool,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Forwarding(forward) = &mut this.stage else { return };
        if forward.leg.dialog != Dialog::Early {
            return;
        }
        forward.leg.dialog = Dialog::Confirmed;
        forward.leg.nated = nated;
        let (why, trunk, early) = (forward.why, forward.trunk, forward.early.take());
        let agreed = answer
            .or(early.as_deref())
            .ok_or(sdp::Refusal::NoUsableAudio)
            .and_then(|answer| self.accept_answer(call, leg, answer));
        let Ok(audio) = agreed else {
            self.end(now, call, Outcome::TurnedAway(why), cause::INCOMPATIBLE, Side::System, out);
            return;
        };
        self.join(call, Side::Agent, audio, out);
        let Some(this) = self.calls.get_mut(call) else { return };
        let group = this.group;
        if let Stage::Forwarding(forward) = std::mem::replace(&mut this.stage, Stage::Opening) {
            let with = With::Outside(why);
            this.stage = Stage::Talking(Talk { with, leg: forward.leg, alignments: ALIGNMENTS });
        }
        self.pick_up(call, out);
        self.bridge(call, out);
        if let Some(group) = group {
            self.tell(now, Event::PutThrough { call, group, trunk }, out);
        }
        self.align(now, call, Side::Agent, out);
    }
}
