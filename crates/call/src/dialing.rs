//! Dialing: how a call gets a further leg. One way for agents, numbers outside and guests whom we ring, and one for
//! phones that dial themselves into a talk.
//!
//! Never knows: why somebody is rung, what becomes of it.

use crate::call::Call;
use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::CallRef;
use crate::ingress::Denied;
use crate::leg::{Leg, Preference, Role, Sound};
use crate::sdp::{self, Local};
use base::{Private, Timestamp};
use sip::leg::{Body, Command, Invited, LegRef, Target};
use std::time::Duration;

/// Whom to ring, and how.
pub(crate) struct Dial {
    pub(crate) to: Target,
    /// Shown as the caller.
    pub(crate) caller: Private,
    pub(crate) caller_name: String,
    pub(crate) codecs: Preference,
    pub(crate) ring: Duration,
    /// Beside the call's name.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) role: Role,
}

impl Engine {
    /// Rings a phone for a call; `None` when there is no port or no place in the session.
    pub(crate) fn invite(&mut self, now: Timestamp, call: CallRef, dial: Dial, out: &mut Out) -> Option<Leg> {
        let Dial { to, caller, caller_name, codecs, ring, headers: further, role } = dial;
        let this = self.calls.get(call)?;
        let slot = this.free_slot()?;
        let address = self.plan.audio.advertised.unwrap_or(this.caller.local.address);
        let port = self.ports.take(now)?;
        let name = self.mint_leg();
        let mut leg = Leg::new(name, slot, Local::new(self.random.bits() as u32, address), false);
        leg.sound = Sound::Reserved(port);
        leg.asked = Some(codecs);
        let offer = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), self.plan.audio.packet_time);
        let mut headers = vec![("X-Call-Ref".into(), call.to_string())];
        headers.extend(further);
        out.legs.push(Command::Invite { leg: name, to, caller, caller_name, offer, ring, headers });
        self.legs.insert(name, Owner { call, role });
        Some(leg)
    }

    /// A phone dials itself into a call: its leg, in the session's terms, and our answer to its offer. Nothing is said to
    /// it yet, and it is not in the session.
    ///
    /// # Errors
    /// What it is to be told.
    pub(crate) fn accept_invite(
        &mut self,
        now: Timestamp,
        call: CallRef,
        name: LegRef,
        invite: &Invited,
    ) -> Result<(Leg, Body), Denied> {
        let unusable = |_| Denied { status: 488, ..Denied::with(cause::INCOMPATIBLE) };
        // Who offers late is rare among phones, and would hear nothing until his ACK.
        let offer = invite.offer.as_deref().ok_or(sdp::Refusal::NoUsableAudio).map_err(unusable)?;
        let offer = sdp::Session::parse(offer).map_err(sdp::Refusal::from).map_err(unusable)?;
        let full = || Denied::with(cause::NO_RESOURCE);
        let slot = self.calls.get(call).and_then(Call::free_slot).ok_or_else(full)?;
        let port = self.ports.take(now).ok_or_else(full)?;
        let local = Local::new(self.random.bits() as u32, self.address(invite.local));
        let mut leg = Leg::new(name, slot, local, invite.nated);
        let (codecs, packet_time) = (self.mixed_codecs(), self.plan.audio.packet_time);
        match sdp::negotiate::answer(&offer, &leg.terms(port, codecs.as_slice(), packet_time)) {
            Ok(agreed) => {
                let body = sdp::answer::write(&mut leg.local, &offer, &agreed);
                leg.keep(&agreed);
                Ok((leg, body))
            }
            Err(why) => {
                self.ports.give_back(now, port);
                Err(unusable(why))
            }
        }
    }

    /// The number that an agent's phone shows for a call.
    pub(crate) fn shown_number(&self, call: CallRef) -> Private {
        match self.calls.get(call) {
            Some(this) if !this.number.reveal().is_empty() => this.number.clone(),
            _ => Private::new(self.plan.anonymous.clone()),
        }
    }
}
