//! Audio: what every stage says to the audio path, and what of it stands in our SDP.
//!
//! ```text
//!   join ─▶ hear … ─▶ update (after a renegotiation) ─▶ … leave (release.rs)
//! ```
//!
//! A call is a session with the same 64 bits; each leg has its slot in it.

use crate::engine::{Engine, Out, session_of};
use crate::event::CallRef;
use crate::leg::{CALLER, Dialog, Preference};
use crate::sdp;
use media::session::{self, Audio, Hear, Party};
use sip::leg::LegRef;
use std::net::IpAddr;

impl Engine {
    /// Puts a party with agreed audio into the call's session.
    pub(crate) fn join(&mut self, call: CallRef, party: Party, audio: Audio, out: &mut Out) {
        out.media.push(session::Command::Join {
            session: session_of(call),
            party,
            audio,
            silence: self.plan.audio.silence_max,
        });
    }

    /// What a party hears from now on; a caller hears clips in his language, and nothing more of what was being said
    /// to him.
    pub(crate) fn hear(&mut self, call: CallRef, party: Party, hear: Hear, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call).filter(|_| party == CALLER) else {
            return self.hear_as_is(call, party, hear, out);
        };
        this.course.speech.clear();
        let language = self.plan.languages.get(this.course.language.index());
        let spoken = |clip| language.map_or(clip, |language| language.clip(clip));
        let hear = match hear {
            Hear::Once(clip) => Hear::Once(spoken(clip)),
            Hear::Loop(clip) => Hear::Loop(spoken(clip)),
            other => other,
        };
        self.hear_as_is(call, party, hear, out);
    }

    /// The same, whatever was being said; told only when it changes or begins anew.
    pub(crate) fn hear_as_is(&mut self, call: CallRef, party: Party, hear: Hear, out: &mut Out) {
        let Some(leg) = self.calls.get_mut(call).and_then(|this| this.in_slot(party)) else { return };
        if leg.hears != hear || matches!(hear, Hear::Once(_)) {
            leg.hears = hear;
            out.media.push(session::Command::Hear { session: session_of(call), party, hear });
        }
    }

    /// What the caller hears from now on.
    pub(crate) fn caller_hears(&mut self, call: CallRef, hear: Hear, out: &mut Out) {
        self.hear(call, CALLER, hear, out);
    }

    /// Tells the audio path what a renegotiation has made of a party's audio.
    pub(crate) fn update(&mut self, call: CallRef, party: Party, audio: Audio, out: &mut Out) {
        out.media.push(session::Command::Update { session: session_of(call), party, audio });
    }

    /// The configured codecs in their order.
    pub(crate) fn codecs(&self) -> Preference {
        Preference::of(self.plan.audio.codecs.iter().copied())
    }

    /// The address in our SDP for a leg whose signalling runs over `local`.
    pub(crate) fn address(&self, local: IpAddr) -> IpAddr {
        self.plan.audio.advertised.filter(|ip| ip.is_ipv4() == local.is_ipv4()).unwrap_or(local)
    }

    /// A phone that we rang was picked up: what its answer agrees to, or why it cannot be used. `None` when that is no
    /// news.
    pub(crate) fn picked_up(
        &mut self,
        call: CallRef,
        name: LegRef,
        answer: Option<&[u8]>,
        nated: bool,
    ) -> Option<Result<Audio, sdp::Refusal>> {
        let leg = self.calls.get_mut(call)?.leg_mut(name).filter(|leg| leg.dialog == Dialog::Early)?;
        leg.dialog = Dialog::Confirmed;
        leg.nated = nated;
        let early = leg.early.take();
        let answer = answer.or(early.as_deref()).ok_or(sdp::Refusal::NoUsableAudio);
        Some(answer.and_then(|answer| self.accept_answer(call, name, answer)))
    }

    /// Reads an answer to an offer of ours and keeps what it agrees to.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn accept_answer(
        &mut self,
        call: CallRef,
        leg: LegRef,
        answer: &[u8],
    ) -> Result<Audio, sdp::Refusal> {
        let answer = sdp::Session::parse(answer)?;
        let packet_time = self.plan.audio.packet_time;
        let this = self.calls.get_mut(call).ok_or(sdp::Refusal::NoUsableAudio)?;
        let leg = this.leg_mut(leg).ok_or(sdp::Refusal::NoUsableAudio)?;
        let (Some(asked), Some(port)) = (leg.asked.take(), leg.sound.port()) else {
            return Err(sdp::Refusal::NoUsableAudio);
        };
        let listed = leg.listed;
        let agreed = sdp::negotiate::accept(&answer, &leg.terms(port, asked.as_slice(), packet_time))?;
        let audio = leg.keep(&agreed);
        // An answer lists what it chose; what he offered before is still what he can do.
        leg.listed = leg.listed.union(listed);
        Ok(audio)
    }
}
