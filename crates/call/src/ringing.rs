//! Ringing: an offer of the distributor becomes a ringing phone, and the phone's reply goes back to it.
//!
//! ```text
//!   acd Offer ─▶ Invite(agent's AOR, our SDP) ─┬─ Answered ─▶ acd Accept, join ─▶ talking (same step)
//!                                              ├─ Released(486, 603, 408 …) ─▶ acd Decline ─▶ waiting
//!   acd OfferEnded (rang out, taken elsewhere, caller or agent gone) ─▶ Release; the leg is withdrawn
//!   a withdrawn leg that answers after all ─▶ Release again (BYE); it is never counted
//! ```
//!
//! Where a group rings several agents at once each has a leg of its own. The first who answers has the caller: the
//! distributor ends the other offers in that step, and their legs are withdrawn before the bridge stands. A phone
//! that refuses leaves the others ringing.
//!
//! The distributor watches the ring time. What SIP gets is a little longer, a guard for the case that the
//! withdrawal is late, so that one clock decides.

use crate::call::{Call, Place, Ring, Stage, Way};
use crate::cause;
use crate::dialing::Dial;
use crate::engine::{Engine, Out, Owner, caller_call};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{Dialog, Leg, Preference, Role};
use crate::roster::CaseWay;
use crate::sdp;
use acd::input::Reason;
use acd::{AgentRef, Answer, CallerRef, GroupRef, OfferEnd, OfferRef};
use base::{Private, Timestamp};
use media::session::{Audio, Codec};
use sip::leg::{Command, LegRef, Target};
use std::time::Duration;

/// By how much SIP's own limit on ringing is longer than the distributor's.
const RING_GUARD: Duration = Duration::from_secs(3);

/// What asks a phone to answer by itself. There is no standard that phones share, so both customs are sent: Snom,
/// Grandstream, Polycom and Linphone read the first, Yealink, Cisco and Fanvil the second. The addresses mean
/// nothing and lead nowhere (RFC 2606).
const ANSWER_BY_PHONE: [(&str, &str); 2] = [
    ("Call-Info", "<sip:auto-answer.invalid>;answer-after=0"),
    ("Alert-Info", "<http://auto-answer.invalid>;info=alert-autoanswer;delay=0"),
];

/// A call that is shown to an agent: the distributor's words.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) offer: OfferRef,
    pub(crate) agent: AgentRef,
    pub(crate) group: GroupRef,
    pub(crate) ring: Duration,
    pub(crate) answer: Answer,
    pub(crate) because: acd::Because,
}

impl Engine {
    /// The distributor shows a caller to an agent: one on the phone, or one who is called back.
    pub(crate) fn shown(&mut self, now: Timestamp, caller: CallerRef, shown: Shown, out: &mut Out) {
        let call = if self.callbacks.contains(&caller_call(caller)) {
            let offer = shown.offer;
            let Some(call) = self.call_to_show(now, caller_call(caller), shown, out) else { return };
            self.rung.insert(offer, call);
            call
        } else {
            caller_call(caller)
        };
        self.ring(now, call, shown, out);
    }

    /// Rings an agent's phone.
    fn ring(&mut self, now: Timestamp, call: CallRef, shown: Shown, out: &mut Out) {
        let Shown { offer, agent, group, ring, answer, because } = shown;
        let Some(this) = self.calls.get(call) else { return };
        if let Stage::Waiting(place) = this.stage
            && !place.told
        {
            // Offered on arrival: he was in the line for no time at all, and is counted in it.
            self.queued(now, call, place.group, 1, Some(Duration::ZERO), out);
        }
        self.tell(now, Event::Offered { call, offer, agent, group, because }, out);
        let Some(this) = self.calls.get(call) else { return };
        let (Stage::Waiting(place) | Stage::Ringing(place, _), Some(phone)) =
            (&this.stage, self.plan.phones.get(agent.index()))
        else {
            return;
        };
        let (place, to) = (*place, Target::Aor(phone.aor));
        let codecs = self.agent_codecs(this);
        let caller = self.shown_number(call);
        let mut caller_name: String =
            self.plan.groups.get(place.group.index()).map_or("", |group| &group.title).into();
        let mut headers: Vec<(String, String)> = match answer {
            Answer::ByPhone => ANSWER_BY_PHONE.map(|(name, value)| (name.into(), value.into())).into(),
            Answer::ByAgent => Vec::new(),
        };
        let lists = self.lists_of(call);
        for list in lists.iter().filter(|list| !list.title.is_empty()) {
            caller_name = format!("{caller_name} · {}", list.title);
        }
        if !lists.is_empty() {
            let names: Vec<&str> = lists.iter().map(|list| list.name.as_str()).collect();
            headers.push(("X-Caller-Lists".into(), names.join(", ")));
        }
        if let Some(case) = &this.case {
            let way = CaseWay { headers: true, url: String::new() };
            headers.extend(case.headers(&way, &Private::default()));
        }
        let ring = ring.saturating_add(RING_GUARD);
        let dial = Dial { to, caller, caller_name, codecs, ring, headers, role: Role::Agent };
        let Some(leg) = self.invite(now, call, dial, out) else {
            return self.no_port(now, call, offer, agent, out);
        };
        let Some(this) = self.calls.get_mut(call) else { return };
        let ring = Ring { offer, agent, leg, status: 0 };
        if let Stage::Ringing(_, rings) = &mut this.stage {
            rings.push(ring);
        } else {
            this.stage = Stage::Ringing(place, vec![ring]);
        }
    }

    /// There is no port to ring an agent with.
    fn no_port(&mut self, now: Timestamp, call: CallRef, offer: OfferRef, agent: AgentRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        if !this.rings().is_empty() {
            // Others ring for him: one of them may take him.
            let _ = self.ask(now, acd::Input::Decline { offer, then: None });
        } else if let (Way::Callback(from), true) = (this.way, this.is_planned()) {
            self.cannot_show(now, from, offer, agent);
            self.end(now, call, Outcome::Callback, cause::NO_RESOURCE, Side::System, out);
        } else {
            // Declining would offer him to the next agent in this very step, and so on without end.
            let outcome = crate::release::outcome(this, false);
            self.end(now, call, outcome, cause::NO_RESOURCE, Side::System, out);
        }
    }

    /// A phone rings. What it plays meanwhile is not passed on: ring-back is the flow's to choose.
    pub(crate) fn phone_rings(&mut self, leg: LegRef, answer: Option<Box<[u8]>>) {
        let (Some(owner), Some(answer)) = (self.legs.get(&leg), answer) else { return };
        let Some(this) = self.calls.get_mut(owner.call) else { return };
        if let Some(leg) = this.leg_mut(leg).filter(|leg| leg.dialog == Dialog::Early) {
            leg.early = Some(answer);
        }
    }

    /// A phone was picked up.
    pub(crate) fn answered(
        &mut self,
        now: Timestamp,
        leg: LegRef,
        answer: Option<&[u8]>,
        nated: bool,
        out: &mut Out,
    ) {
        let Some(&Owner { call, role }) = self.legs.get(&leg) else { return };
        let Some(this) = self.calls.get_mut(call) else { return };
        let over = this.leg_mut(leg).is_some_and(|leg| leg.dialog == Dialog::Releasing);
        if over || matches!(role, Role::Withdrawn(_)) {
            // Picked up while the withdrawal was on its way. The first Release became a CANCEL that came too
            // late (RFC 3261 section 9.1); this one becomes a BYE.
            out.legs.push(Command::Release { leg, cause: cause::NORMAL });
            if let Role::Withdrawn(agent) = role {
                self.hang_up(now, agent);
            }
            return;
        }
        let Some(agreed) = self.picked_up(call, leg, answer, nated) else { return };
        match (self.calls.get(call).map(|this| &this.stage), role) {
            (Some(Stage::Ringing(..)), Role::Agent) => self.agent_answered(now, call, leg, agreed, out),
            (Some(Stage::Calling(_)), Role::Caller) => self.caller_answered(now, call, agreed, out),
            (Some(Stage::Forwarding(_)), Role::Agent) => self.put_through(now, call, agreed, out),
            (Some(Stage::Outgoing(_)), Role::Caller) => self.called_answered(now, call, agreed, out),
            (Some(Stage::Outgoing(_)), Role::Agent) => self.calls_now(now, call, agreed, out),
            (Some(Stage::Talking(_)), Role::Guest) => self.guest_answered(now, call, leg, agreed, out),
            _ => {}
        }
    }

    fn agent_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        leg: LegRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(ring) = self.calls.get_mut(call).and_then(|this| this.ring_mut(leg)) else { return };
        let (offer, slot) = (ring.offer, ring.leg.slot);
        match agreed {
            Ok(audio) => {
                if self.ask(now, acd::Input::Accept { offer }).is_ok() {
                    self.join(call, slot, audio, out);
                } else {
                    self.withdraw(now, call, offer, out);
                }
            }
            Err(_) => {
                // It is between his phone and this caller; others he can serve.
                if let Some(ring) = self.calls.get_mut(call).and_then(|this| this.ring_mut(leg)) {
                    ring.status = 488;
                }
                let _ = self.ask(now, acd::Input::Decline { offer, then: reason(488) });
            }
        }
    }

    /// An agent's phone refused, or could not be reached.
    pub(crate) fn declined(
        &mut self,
        now: Timestamp,
        call: CallRef,
        leg: LegRef,
        status: u16,
        out: &mut Out,
    ) {
        let Some(ring) = self.calls.get_mut(call).and_then(|this| this.ring_mut(leg)) else { return };
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
            self.withdraw(now, call, offer, out);
        }
    }

    /// The distributor says that an offer is over.
    pub(crate) fn offer_ended(
        &mut self,
        now: Timestamp,
        caller: CallRef,
        offer: OfferRef,
        agent: AgentRef,
        end: OfferEnd,
        out: &mut Out,
    ) {
        let call = match self.rung.remove(&offer) {
            Some(call) => call,
            // Of a callback that is not begun any more: nothing was told of the offer either.
            None if self.callbacks.contains(&caller) => return,
            None => caller,
        };
        let rung = self.calls.get(call).and_then(|this| this.rings().iter().find(|ring| ring.offer == offer));
        let status = match (rung, end) {
            (Some(_), OfferEnd::Accepted) => 200,
            (Some(ring), _) => ring.status,
            (None, _) => 0,
        };
        if end != OfferEnd::Accepted {
            self.withdraw(now, call, offer, out);
        }
        self.tell(now, Event::OfferEnded { call, offer, agent, end, status }, out);
        if end != OfferEnd::Accepted {
            self.nobody_rings(now, call, out);
        }
    }

    /// Stops all phones that ring for a call; the caller waits on.
    pub(crate) fn withdraw_all(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        while let Some(offer) =
            self.calls.get(call).and_then(|this| this.rings().first()).map(|ring| ring.offer)
        {
            self.withdraw(now, call, offer, out);
        }
    }

    /// Stops a phone that rings for a call; with the last one the caller waits on.
    fn withdraw(&mut self, now: Timestamp, call: CallRef, offer: OfferRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Stage::Ringing(place, rings) = &mut this.stage else { return };
        let Some(at) = rings.iter().position(|ring| ring.offer == offer) else { return };
        let ring = rings.remove(at);
        if rings.is_empty() {
            this.stage = Stage::Waiting(*place);
        }
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
    ///
    /// Who calls a caller back hears clips until that one is there.
    fn agent_codecs(&self, call: &Call) -> Preference {
        if call.is_planned() {
            let codecs = self.plan.audio.codecs.iter().copied();
            return Preference::of(codecs.filter(|&codec| codec != Codec::G722));
        }
        self.codecs_beside(&call.caller)
    }

    /// Codecs for a leg whose other side has its own already.
    pub(crate) fn codecs_beside(&self, other: &Leg) -> Preference {
        let Some(current) = other.audio().map(|audio| audio.codec) else { return self.codecs() };
        let plan = &self.plan.audio.codecs;
        let rank = |codec| plan.iter().position(|&planned| planned == codec);
        let wide = other.listed.contains(Codec::G722) && plan.contains(&Codec::G722);
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
