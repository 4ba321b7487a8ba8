//! Renegotiation: re-INVITE and UPDATE from either side, and our own to make both sides' codecs one.
//!
//! ```text
//!   Offered(sdp)  ─▶ Update, Accept(our answer) ─▶ who hears what anew ─▶ align
//!   Offered(none) ─▶ Accept(our offer) … Reanswered(answer) ─▶ Update ─▶ …
//!   align: one side has G.722 and the other has not ─▶ Reoffer … Reanswered | ReofferRefused ─▶ other side
//! ```
//!
//! A-law and µ-law may differ between the sides: the audio path translates them. G.722 is passed through
//! only, so both sides must have it or neither; with a third party, or while one of them hears music, neither.
//!
//! While an offer of ours is open on a leg, the peer's is refused with 491 (RFC 3261 section 14.1).

use crate::call::Stage;
use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Side};
use crate::leg::{Dialog, Preference, Role, Sound};
use crate::release::outcome;
use crate::sdp;
use base::Timestamp;
use media::session::{Codec, Party};
use sip::leg::{Command, LegRef};

/// How often one codec for both sides is asked for: once on each side.
pub(crate) const ALIGNMENTS: u8 = 2;

impl Engine {
    /// The peer wants to change the session.
    pub(crate) fn offered(&mut self, now: Timestamp, leg: LegRef, offer: Option<&[u8]>, out: &mut Out) {
        let Some((call, side)) = self.side_of(leg) else {
            out.legs.push(Command::Refuse { leg, status: 488 });
            return;
        };
        let packet_time = self.plan.audio.packet_time;
        let planned = self.codecs();
        let Some(this) = self.calls.get_mut(call).and_then(|this| this.leg_mut(leg)) else { return };
        let slot = this.slot;
        let (Sound::Open(current), None, true) = (this.sound, this.asked, this.is_up()) else {
            out.legs.push(Command::Refuse { leg, status: 491 });
            return;
        };
        // What runs is kept where the peer still has it: a hold must not change the codec.
        let codecs = Preference::of([current.codec].into_iter().chain(planned.as_slice().iter().copied()));
        let Some(offer) = offer else {
            let body = sdp::offer::write(&mut this.local, current.port, codecs.as_slice(), packet_time);
            this.asked = Some(codecs);
            out.legs.push(Command::Accept { leg, body });
            return;
        };
        let agreed = sdp::Session::parse(offer).map_err(sdp::Refusal::from).and_then(|offer| {
            let terms = this.terms(current.port, codecs.as_slice(), packet_time);
            sdp::negotiate::answer(&offer, &terms).map(|agreed| (offer, agreed))
        });
        match agreed {
            Ok((offer, agreed)) => {
                let body = sdp::answer::write(&mut this.local, &offer, &agreed);
                let audio = this.keep(&agreed);
                self.update(call, slot, audio, out);
                out.legs.push(Command::Accept { leg, body });
                self.bridge(call, out);
                self.align(now, call, side, out);
            }
            Err(_) => out.legs.push(Command::Refuse { leg, status: 488 }),
        }
    }

    /// The answer to an offer of ours.
    pub(crate) fn reanswered(&mut self, now: Timestamp, leg: LegRef, answer: &[u8], out: &mut Out) {
        let Some((call, side)) = self.side_of(leg) else { return };
        let Some(slot) = self.open_slot(call, leg) else { return };
        if let Ok(audio) = self.accept_answer(call, leg, answer) {
            self.update(call, slot, audio, out);
            self.bridge(call, out);
        }
        self.align(now, call, side, out);
    }

    /// An offer of ours was refused: the session goes on unchanged.
    pub(crate) fn reoffer_refused(&mut self, now: Timestamp, leg: LegRef, out: &mut Out) {
        let Some((call, side)) = self.side_of(leg) else { return };
        if self.open_slot(call, leg).is_none() {
            return;
        }
        if let Some(leg) = self.calls.get_mut(call).and_then(|this| this.leg_mut(leg)) {
            leg.asked = None;
        }
        self.align(now, call, side, out);
    }

    /// Makes the codecs of a talk one where they must be. `settled` is the side that has just agreed or
    /// refused to change, so the other is asked; after one try on each side the call cannot be carried.
    pub(crate) fn align(&mut self, now: Timestamp, call: CallRef, settled: Side, out: &mut Out) {
        let packet_time = self.plan.audio.packet_time;
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Talking(talk) = &mut this.stage else { return };
        if this.caller.asked.is_some() || talk.leg.asked.is_some() {
            return;
        }
        let (Some(caller), Some(agent)) = (this.caller.audio(), talk.leg.audio()) else { return };
        if caller.codec != Codec::G722 && agent.codec != Codec::G722 {
            talk.alignments = ALIGNMENTS;
            return;
        }
        if talk.held || !talk.guests.is_empty() {
            return self.narrow(call, out);
        }
        if caller.codec == agent.codec {
            talk.alignments = ALIGNMENTS;
            return;
        }
        if talk.alignments == 0 {
            let outcome = outcome(this, false);
            self.end(now, call, outcome, cause::NO_CODEC, Side::System, out);
            return;
        }
        let (other, wanted) = match settled {
            Side::Agent => (&mut this.caller, agent.codec),
            _ => (&mut talk.leg, caller.codec),
        };
        if other.dialog != Dialog::Confirmed {
            // His ACK is on its way and brings this back.
            return;
        }
        talk.alignments -= 1;
        let codecs = Preference::of([wanted]);
        let Some(port) = other.sound.port() else { return };
        let body = sdp::offer::write(&mut other.local, port, codecs.as_slice(), packet_time);
        other.asked = Some(codecs);
        out.legs.push(Command::Reoffer { leg: other.leg, offer: body });
    }

    /// Asks whoever has G.722 for what can be mixed. A side that refuses is not heard by others than before, and the
    /// call goes on.
    fn narrow(&mut self, call: CallRef, out: &mut Out) {
        let packet_time = self.plan.audio.packet_time;
        let codecs = self.mixed_codecs();
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Talking(talk) = &mut this.stage else { return };
        for leg in [&mut this.caller, &mut talk.leg] {
            let wide = leg.audio().is_some_and(|audio| audio.codec == Codec::G722);
            let (true, Dialog::Confirmed, Some(port)) = (wide, leg.dialog, leg.sound.port()) else {
                continue;
            };
            if talk.alignments == 0 {
                return;
            }
            talk.alignments -= 1;
            let body = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), packet_time);
            leg.asked = Some(codecs);
            out.legs.push(Command::Reoffer { leg: leg.leg, offer: body });
        }
    }

    /// The same of a caller whose talk is over and who hears clips: there is none in G.722.
    pub(crate) fn narrow_caller(&mut self, call: CallRef, out: &mut Out) {
        let (packet_time, codecs) = (self.plan.audio.packet_time, self.mixed_codecs());
        let Some(leg) = self.calls.get_mut(call).map(|this| &mut this.caller) else { return };
        let wide = leg.audio().is_some_and(|audio| audio.codec == Codec::G722);
        let (true, None, Dialog::Confirmed, Some(port)) = (wide, leg.asked, leg.dialog, leg.sound.port())
        else {
            return;
        };
        let body = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), packet_time);
        leg.asked = Some(codecs);
        out.legs.push(Command::Reoffer { leg: leg.leg, offer: body });
    }

    /// Codecs that can be mixed, in the configured order.
    pub(crate) fn mixed_codecs(&self) -> Preference {
        let codecs = self.plan.audio.codecs.iter().copied();
        Preference::of(codecs.filter(|&codec| codec != Codec::G722).chain([Codec::Pcma]))
    }

    /// The slot of a leg whose audio has been negotiated once, so that it can be changed.
    fn open_slot(&mut self, call: CallRef, leg: LegRef) -> Option<Party> {
        let leg = self.calls.get_mut(call)?.leg_mut(leg)?;
        matches!(leg.sound, Sound::Open(_)).then_some(leg.slot)
    }

    /// Whose leg it is, unless its part in the call is over.
    pub(crate) fn side_of(&self, leg: LegRef) -> Option<(CallRef, Side)> {
        match self.legs.get(&leg)? {
            Owner { call, role: Role::Caller } => Some((*call, Side::Caller)),
            Owner { call, role: Role::Agent } => Some((*call, Side::Agent)),
            Owner { call, role: Role::Line } => Some((*call, Side::Agent)),
            Owner { call, role: Role::Guest } => Some((*call, Side::Guest)),
            Owner { role: Role::Withdrawn(_) | Role::Departed, .. } => None,
        }
    }
}
