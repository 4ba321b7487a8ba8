//! Ringing: an offer of the distributor becomes a ringing phone, and the phone's reply goes back to it.
//!
//! ```text
//!   acd Offer ─▶ Invite(agent's AOR, our SDP) ─┬─ Answered ─▶ acd Accept, join ─▶ talking (same step)
//!                                              ├─ Released(486, 603, 408 …) ─▶ acd Decline ─▶ waiting
//!   acd OfferEnded (rang out, caller or agent gone) ─▶ Release ─▶ waiting; the leg is withdrawn
//!   a withdrawn leg that answers after all ─▶ Release again (BYE); it is never counted
//! ```
//!
//! The distributor watches the ring time. What SIP gets is a little longer, a guard for the case that the
//! withdrawal is late, so that one clock decides.

use crate::call::{Place, Ring, Stage};
use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{Dialog, Leg, Preference, Role, Sound};
use crate::sdp::{self, Local};
use acd::input::Reason;
use acd::{AgentRef, GroupRef, OfferEnd, OfferRef};
use base::{Private, Timestamp};
use media::session::Codec;
use sip::leg::{Command, LegRef, Target};
use std::time::Duration;

/// By how much SIP's own limit on ringing is longer than the distributor's.
const RING_GUARD: Duration = Duration::from_secs(3);

impl Engine {
    /// Rings an agent's phone.
    #[expect(clippy::too_many_arguments, reason = "the fields of the distributor's offer, once")]
    pub(crate) fn ring(
        &mut self,
        now: Timestamp,
        call: CallRef,
        offer: OfferRef,
        agent: AgentRef,
        group: GroupRef,
        ring: Duration,
        because: acd::Because,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        if let Stage::Waiting(place) = this.stage
            && !place.told
        {
            // Offered on arrival: he was in the line for no time at all, and is counted in it.
            self.queued(now, call, place.group, 1, Some(Duration::ZERO), out);
        }
        self.tell(now, Event::Offered { call, offer, agent, group, because }, out);
        let Some(this) = self.calls.get(call) else { return };
        let (Stage::Waiting(place), Some(phone)) = (&this.stage, self.plan.phones.get(agent.index())) else {
            return;
        };
        let (place, aor, address) =
            (*place, phone.aor, self.plan.audio.advertised.unwrap_or(this.caller.local.address));
        let number = if this.number.reveal().is_empty() {
            Private::new(self.plan.anonymous.clone())
        } else {
            this.number.clone()
        };
        let codecs = self.agent_codecs(&this.caller);
        let Some(port) = self.ports.take(now) else {
            // Declining would offer him to the next agent in this very step, and so on without end.
            self.end(now, call, Outcome::Lost, cause::NO_RESOURCE, Side::System, out);
            return;
        };
        let name = self.mint_leg();
        let mut leg = Leg::new(name, Local::new(self.random.bits() as u32, address), false);
        leg.sound = Sound::Reserved(port);
        leg.asked = Some(codecs);
        let body = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), self.plan.audio.packet_time);
        let caller_name = self.plan.groups.get(place.group.index()).map_or("", |group| &group.title).into();
        out.legs.push(Command::Invite {
            leg: name,
            to: Target::Aor(aor),
            caller: number,
            caller_name,
            offer: body,
            ring: ring.saturating_add(RING_GUARD),
            headers: vec![("X-Call-Ref".into(), call.to_string())],
        });
        self.legs.insert(name, Owner { call, role: Role::Agent });
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Ringing(place, Ring { offer, agent, leg, status: 0, early: None });
        }
    }

    /// An agent's phone rings. What it plays meanwhile is not passed on: ring-back is the flow's to choose.
    pub(crate) fn phone_rings(&mut self, leg: LegRef, answer: Option<Box<[u8]>>) {
        let Some(&Owner { call, role: Role::Agent }) = self.legs.get(&leg) else { return };
        if let (Some(Stage::Ringing(_, ring)), Some(answer)) =
            (self.calls.get_mut(call).map(|this| &mut this.stage), answer)
        {
            ring.early = Some(answer);
        }
    }

    /// An agent's phone was picked up.
    pub(crate) fn answered(
        &mut self,
        now: Timestamp,
        leg: LegRef,
        answer: Option<&[u8]>,
        nated: bool,
        out: &mut Out,
    ) {
        let Some(&Owner { call, role }) = self.legs.get(&leg) else { return };
        if let Role::Withdrawn(agent) = role {
            // Picked up while the withdrawal was on its way. The first Release became a CANCEL that came too
            // late (RFC 3261 section 9.1); this one becomes a BYE.
            out.legs.push(Command::Release { leg, cause: cause::NORMAL });
            self.hang_up(now, agent);
            return;
        }
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Ringing(_, ring) = &mut this.stage else { return };
        if ring.leg.leg != leg || ring.leg.dialog != Dialog::Early {
            return;
        }
        ring.leg.dialog = Dialog::Confirmed;
        ring.leg.nated = nated;
        let (offer, early) = (ring.offer, ring.early.take());
        let agreed = answer
            .or(early.as_deref())
            .ok_or(sdp::Refusal::NoUsableAudio)
            .and_then(|answer| self.accept_answer(call, Side::Agent, answer));
        match agreed {
            Ok(audio) => {
                if self.ask(now, acd::Input::Accept { offer }).is_ok() {
                    self.join(call, Side::Agent, audio, out);
                } else {
                    self.withdraw(now, call, out);
                }
            }
            Err(_) => {
                // It is between his phone and this caller; others he can serve.
                if let Some(Stage::Ringing(_, ring)) = self.calls.get_mut(call).map(|this| &mut this.stage) {
                    ring.status = 488;
                }
                let _ = self.ask(now, acd::Input::Decline { offer, then: reason(488) });
            }
        }
    }

    /// An agent's phone refused, or could not be reached.
    pub(crate) fn declined(&mut self, now: Timestamp, call: CallRef, status: u16, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Ringing(_, ring) = &mut this.stage else { return };
        ring.status = status;
        let (offer, agent) = (ring.offer, ring.agent);
        // Busy by the wire's doing and not by his. Either he had picked up for a caller who was gone already, and
        // the BYE for that is to come; or our BYE for his last talk is lost or late, or his phone has not done
        // with it yet. He stays ready; the distributor's pause for the pair keeps this caller from him a while.
        let withdrawn = self.winding.get(agent.index()).is_some_and(|legs| *legs > 0);
        let busy_with_us = status == 486 && (withdrawn || self.is_hanging_up(now, agent));
        let then = if busy_with_us { None } else { reason(status) };
        let decline = acd::Input::Decline { offer, then };
        if self.ask(now, decline).is_err() {
            self.withdraw(now, call, out);
        }
    }

    /// The distributor says that an offer is over.
    pub(crate) fn offer_ended(
        &mut self,
        now: Timestamp,
        call: CallRef,
        offer: OfferRef,
        agent: AgentRef,
        end: OfferEnd,
        out: &mut Out,
    ) {
        let mut status = 0;
        if let Some(Stage::Ringing(_, ring)) = self.calls.get(call).map(|this| &this.stage)
            && ring.offer == offer
        {
            status = if end == OfferEnd::Accepted { 200 } else { ring.status };
            if end != OfferEnd::Accepted {
                self.withdraw(now, call, out);
            }
        }
        self.tell(now, Event::OfferEnded { call, offer, agent, end, status }, out);
    }

    /// Stops the phone that rings for a call; the caller waits on.
    pub(crate) fn withdraw(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let place = match &this.stage {
            Stage::Ringing(place, _) => *place,
            _ => return,
        };
        let Stage::Ringing(_, ring) = std::mem::replace(&mut this.stage, Stage::Waiting(place)) else {
            return;
        };
        if ring.leg.dialog != Dialog::Over {
            this.withdrawn += 1;
            self.legs.insert(ring.leg.leg, Owner { call, role: Role::Withdrawn(ring.agent) });
            if let Some(legs) = self.winding.get_mut(ring.agent.index()) {
                *legs += 1;
            }
            let cause = if ring.status == 488 { cause::INCOMPATIBLE } else { cause::NORMAL };
            out.legs.push(Command::Release { leg: ring.leg.leg, cause });
            if ring.leg.is_answered() {
                self.hang_up(now, ring.agent);
            }
        }
        // He was never in the session, so nobody will say that his port is free.
        if let Some(port) = ring.leg.sound.port() {
            self.ports.give_back(now, port);
        }
    }

    /// Codecs for an agent's phone: what the caller has first, so that packets are passed on as they are.
    ///
    /// G.722 cannot be transcoded, so it is offered only when the caller has it; and it goes first when the
    /// plan prefers it to what he now has, because then his side is changed to it once the agent has it too.
    fn agent_codecs(&self, caller: &Leg) -> Preference {
        let Some(current) = caller.audio().map(|audio| audio.codec) else { return self.codecs() };
        let plan = &self.plan.audio.codecs;
        let rank = |codec| plan.iter().position(|&planned| planned == codec);
        let wide = caller.listed.contains(Codec::G722) && plan.contains(&Codec::G722);
        let first = if wide && rank(Codec::G722) < rank(current) { Codec::G722 } else { current };
        Preference::of(
            [first, current]
                .into_iter()
                .chain(plan.iter().copied())
                .filter(|&codec| wide || codec != Codec::G722),
        )
    }
}

impl Place {
    /// How long he has waited.
    #[must_use]
    pub const fn waited(&self, now: Timestamp) -> Duration {
        now.since(self.since)
    }
}

/// What a refusal says about the agent: a person at the phone (busy, declined, forwards), a phone that cannot
/// be reached, or nothing, when phone and caller share no media: he stays ready for others, and the
/// distributor sees to it that he is not shown the same caller at once again.
const fn reason(status: u16) -> Option<Reason> {
    match status {
        300..=399 | 486 | 600 | 603 => Some(Reason::Declined),
        415 | 488 | 606 => None,
        487 => Some(Reason::RingNoAnswer),
        _ => Some(Reason::PhoneLost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_declines_and_a_phone_is_lost() {
        for status in [302, 486, 600, 603] {
            assert_eq!(reason(status), Some(Reason::Declined), "{status}");
        }
        assert_eq!(reason(487), Some(Reason::RingNoAnswer));
        for status in [415, 488, 606] {
            assert_eq!(reason(status), None, "{status}");
        }
        for status in [0, 401, 403, 404, 408, 480, 500, 503] {
            assert_eq!(reason(status), Some(Reason::PhoneLost), "{status}");
        }
    }
}
