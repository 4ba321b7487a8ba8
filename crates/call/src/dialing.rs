//! Dialing: how a call of ours gets a further leg. One way for agents, numbers outside and guests.
//!
//! Never knows: why somebody is rung, what becomes of it.

use crate::engine::{Engine, Out, Owner};
use crate::event::CallRef;
use crate::leg::{Leg, Preference, Role, Sound};
use crate::sdp::{self, Local};
use base::{Private, Timestamp};
use sip::leg::{Command, Target};
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

    /// The number that an agent's phone shows for a call.
    pub(crate) fn shown_number(&self, call: CallRef) -> Private {
        match self.calls.get(call) {
            Some(this) if !this.number.reveal().is_empty() => this.number.clone(),
            _ => Private::new(self.plan.anonymous.clone()),
        }
    }
}
