//! A call at an agent's phone, from INVITE to BYE.

use super::asking::Asked;
use super::{Deed, Desk, KEPT_MAX, Sent, refuse};
use crate::compose::{Request, echo, reply, request, response, routes};
use crate::day::{HangsUp, person_of};
use crate::flights::{Curve, FlightRef};
use crate::outbox::{AgentNo, Outbox, Sighting};
use crate::scan::{Method, Scan, address, parameter, uri, user};
use crate::sdp;
use base::{TimerRef, Timestamp};
use std::net::SocketAddr;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Ringing,
    /// 200 sent, ACK awaited.
    Answered,
    Talking,
    /// Refused or withdrawn; ACK of the final answer awaited.
    Refused,
    /// BYE sent.
    Leaving,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) serial: u64,
    pub(super) stage: Stage,
    pub(super) caller: Option<u64>,
    pub(super) answered: bool,
    pub(super) call_id: Vec<u8>,
    /// CSeq of the INVITE that a CANCEL or ACK must name.
    invite_cseq: u32,
    /// Rows that each response to the INVITE repeats.
    echo: Vec<u8>,
    /// Our side's name-addr with tag, and the other's.
    pub(super) local: Vec<u8>,
    pub(super) remote: Vec<u8>,
    pub(super) target: Vec<u8>,
    pub(super) routes: Vec<u8>,
    pub(super) peer: SocketAddr,
    pub(super) cseq: u32,
    pub(super) offer: Option<sdp::Peer>,
    flight: Option<FlightRef>,
    timer: Option<TimerRef>,
    pub(super) sdp_version: u32,
    /// Requests of ours that wait for their answers.
    pub(super) asked: Vec<Asked>,
}

impl Desk {
    pub(super) fn invited(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let caller = person_of(user(uri(message.from)));
        if self.agents[agent.index()].talk.as_ref().is_some_and(|talk| talk.call_id == message.call_id) {
            return self.invited_again(now, agent, from, message, out);
        }
        let state = &mut self.agents[agent.index()];
        if let Some(kept) = state.kept.iter().find(|talk| talk.call_id == message.call_id) {
            if kept.flight.is_none() {
                refuse(local, from, 481, Method::Invite, message, out);
            }
            return; // A repeated INVITE: the final answer in flight repeats itself.
        }
        if state.last == message.call_id {
            return; // A late copy: the call is over, its transaction answers nothing any more.
        }
        if state.talk.is_some() {
            state.stats.double_offers += 1;
            refuse(local, from, 486, Method::Invite, message, out);
            out.sight(Sighting::DoubleOffer { agent, caller, at: now });
            return;
        }
        if parameter(message.to, "tag").is_some() {
            return refuse(local, from, 481, Method::Invite, message, out);
        }
        state.stats.offers += 1;
        self.talks += 1;
        let serial = self.talks;
        let mut talk = Box::new(Talk {
            serial,
            stage: Stage::Ringing,
            caller,
            answered: false,
            call_id: message.call_id.to_vec(),
            invite_cseq: message.cseq,
            echo: Vec::with_capacity(512),
            local: format!("{};tag=a{serial:x}", String::from_utf8_lossy(message.to)).into_bytes(),
            remote: message.from.to_vec(),
            target: uri(message.contact).to_vec(),
            routes: Vec::new(),
            peer: from,
            cseq: 0,
            offer: sdp::read(message.body),
            flight: None,
            timer: None,
            sdp_version: 1,
            asked: Vec::new(),
        });
        routes(message.record_routes.as_slice(), false, &mut talk.routes);
        echo(&mut talk.echo, message, "INVITE", format_args!("a{serial:x}"));
        out.sight(Sighting::Offered { agent, caller, at: now });
        let declines = self.plan.declines.draws(&mut self.random);
        let busy = self.plan.busy.draws(&mut self.random);
        let ring_out = self.plan.ring_outs.draws(&mut self.random);
        let ring = self.day.ring.draw(&mut self.random, self.day.speed);
        if !busy {
            let contact = self.contact(agent);
            out.send(local, from, |w| response(w, 180, &talk.echo, &contact, b""));
        }
        if declines || busy {
            self.agents[agent.index()].stats.declined += 1;
            self.refuse_talk(now, agent, talk, if busy { 486 } else { 603 }, out);
            return;
        }
        if let (Some(ring), false) = (ring, ring_out) {
            talk.timer = Some(self.deeds.schedule(now + ring, (agent, Deed::Answer)));
        }
        let at_once = ring.is_some_and(|ring| ring.is_zero()) && !ring_out;
        self.agents[agent.index()].talk = Some(talk);
        if at_once {
            self.answer(now, agent, out);
        }
    }

    /// A repeated INVITE, or a re-INVITE of the talk.
    fn invited_again(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let ours = self.audio_address(agent);
        let contact = self.contact(agent);
        let Some(talk) = &mut self.agents[agent.index()].talk else { return };
        if message.cseq == talk.invite_cseq {
            if talk.stage == Stage::Ringing {
                out.send(local, from, |w| response(w, 180, &talk.echo, &contact, b""));
            }
            return; // An answer in flight repeats itself.
        }
        talk.invite_cseq = message.cseq;
        talk.sdp_version += 1;
        let offer = sdp::read(message.body);
        let mut body = Vec::new();
        match &offer {
            Some(offer) => sdp::write_answer(&mut body, ours, talk.sdp_version, offer),
            None => sdp::write(&mut body, ours, talk.sdp_version, sdp::Direction::SendRecv),
        }
        let tag = format_args!("a{:x}", talk.serial);
        out.send(local, from, |w| reply(w, 200, message, "INVITE", tag, &contact, &body));
        self.flights.land(talk.flight.take());
        talk.flight = self.flights.launch(now, Sent::Talk(agent, talk.serial), Curve::Other, out);
        talk.offer = offer.or(talk.offer);
        self.speak(now, agent);
    }

    /// The agent lifts the receiver.
    pub(super) fn answer(&mut self, now: Timestamp, agent: AgentNo, out: &mut Outbox) {
        let local = self.plan.phones[agent.index()].local;
        let (ours, contact) = (self.audio_address(agent), self.contact(agent));
        let state = &mut self.agents[agent.index()];
        let Some(talk) = &mut state.talk else { return };
        if talk.stage != Stage::Ringing {
            return;
        }
        if let Some(timer) = talk.timer.take() {
            self.deeds.cancel(timer);
        }
        talk.stage = Stage::Answered;
        talk.answered = true;
        state.stats.answered += 1;
        let mut body = Vec::with_capacity(256);
        match &talk.offer {
            Some(offer) => sdp::write_answer(&mut body, ours, 1, offer),
            None => sdp::write(&mut body, ours, 1, sdp::Direction::SendRecv),
        }
        out.send(local, talk.peer, |w| response(w, 200, &talk.echo, &contact, &body));
        talk.flight = self.flights.launch(now, Sent::Talk(agent, talk.serial), Curve::Other, out);
        out.sight(Sighting::Answered { agent, caller: talk.caller, at: now });
        let person = talk.caller.map(|n| self.day.person(n));
        if let Some(person) = person
            && let (HangsUp::Agent, Some(span)) = (person.hangs_up, person.talk)
        {
            talk.timer = Some(self.deeds.schedule(now + span, (agent, Deed::HangUp)));
        }
        self.speak(now, agent);
    }

    pub(super) fn confirmed(&mut self, now: Timestamp, agent: AgentNo, message: &Scan<'_>) {
        let state = &mut self.agents[agent.index()];
        if let Some(talk) = state.talk.as_mut().filter(|talk| talk.call_id == message.call_id) {
            self.flights.land(talk.flight.take());
            if talk.stage == Stage::Answered {
                talk.stage = Stage::Talking;
            }
            // A late offer is answered in the ACK (RFC 3261 13.2.1).
            if let (None, Some(answer)) = (&talk.offer, sdp::read(message.body)) {
                talk.offer = Some(answer);
                self.speak(now, agent);
            }
        } else if state
            .kept
            .iter()
            .any(|talk| talk.call_id == message.call_id && talk.stage == Stage::Refused)
        {
            self.forget(agent, message.call_id);
        }
    }

    pub(super) fn canceled(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let ringing = self.agents[agent.index()]
            .talk
            .as_ref()
            .is_some_and(|talk| talk.call_id == message.call_id && talk.stage == Stage::Ringing);
        let known = ringing || self.knows(agent, message.call_id);
        if ringing && self.plan.late_answers.draws(&mut self.random) {
            self.answer(now, agent, out); // Lifted in the same moment: the 200 crosses the CANCEL.
            return refuse(local, from, 200, Method::Cancel, message, out);
        }
        refuse(local, from, if known { 200 } else { 481 }, Method::Cancel, message, out);
        if ringing && let Some(talk) = self.agents[agent.index()].talk.take() {
            self.agents[agent.index()].stats.withdrawn += 1;
            self.refuse_talk(now, agent, talk, 487, out);
        }
    }

    pub(super) fn hung_up_on(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let known = self.knows(agent, message.call_id);
        refuse(local, from, if known { 200 } else { 481 }, Method::Bye, message, out);
        let state = &mut self.agents[agent.index()];
        if state.talk.as_ref().is_some_and(|talk| talk.call_id == message.call_id) {
            if let Some(talk) = state.talk.take() {
                self.sight_freed(now, agent, &talk, Some(HangsUp::Caller), out);
                self.close(agent, *talk);
            }
        } else {
            // A BYE that crosses ours: both are answered, ours needs no repeating.
            self.forget(agent, message.call_id);
        }
    }

    pub(super) fn updated(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let (ours, contact) = (self.audio_address(agent), self.contact(agent));
        let talk = self.agents[agent.index()].talk.as_mut().filter(|talk| talk.call_id == message.call_id);
        let Some(talk) = talk else { return refuse(local, from, 481, Method::Update, message, out) };
        let mut body = Vec::new();
        if let Some(offer) = sdp::read(message.body) {
            talk.sdp_version += 1;
            sdp::write_answer(&mut body, ours, talk.sdp_version, &offer);
            talk.offer = Some(offer);
        }
        let tag = format_args!("a{:x}", talk.serial);
        out.send(local, from, |w| reply(w, 200, message, "UPDATE", tag, &contact, &body));
        self.speak(now, agent);
    }

    /// The agent hangs up.
    pub(super) fn hang_up(&mut self, now: Timestamp, agent: AgentNo, out: &mut Outbox) {
        let phone = &self.plan.phones[agent.index()];
        let state = &mut self.agents[agent.index()];
        let Some(mut talk) = state.talk.take() else { return };
        if !matches!(talk.stage, Stage::Answered | Stage::Talking) {
            state.talk = Some(talk);
            return;
        }
        self.flights.land(talk.flight.take());
        for asked in talk.asked.drain(..) {
            self.flights.land(asked.flight);
        }
        if let Some(timer) = talk.timer.take() {
            self.deeds.cancel(timer);
        }
        talk.stage = Stage::Leaving;
        talk.cseq += 1;
        let to = if talk.routes.is_empty() { address(&talk.target) } else { None };
        let via = self.places.text(phone.local);
        out.send(phone.local, to.unwrap_or(talk.peer), |w| {
            request(
                w,
                &Request {
                    method: "BYE",
                    uri: &talk.target,
                    via,
                    branch: format_args!("a{:x}.{}", talk.serial, talk.cseq),
                    routes: &talk.routes,
                    from: &talk.local,
                    to: &talk.remote,
                    call_id: &talk.call_id,
                    cseq: talk.cseq,
                    extra: "",
                    body: b"",
                },
            );
        });
        talk.flight = self.flights.launch(now, Sent::Talk(agent, talk.serial), Curve::Other, out);
        self.sight_freed(now, agent, &talk, Some(HangsUp::Agent), out);
        self.hush(agent);
        self.keep(agent, *talk);
    }

    /// A final refusal, repeated until its ACK; the agent is free from now on.
    fn refuse_talk(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        mut talk: Box<Talk>,
        status: u16,
        out: &mut Outbox,
    ) {
        if let Some(timer) = talk.timer.take() {
            self.deeds.cancel(timer);
        }
        talk.stage = Stage::Refused;
        let local = self.plan.phones[agent.index()].local;
        out.send(local, talk.peer, |w| response(w, status, &talk.echo, "", b""));
        talk.flight = self.flights.launch(now, Sent::Talk(agent, talk.serial), Curve::Other, out);
        self.sight_freed(now, agent, &talk, None, out);
        self.keep(agent, *talk);
    }

    /// Something of ours was never answered.
    pub(super) fn unanswered(&mut self, now: Timestamp, agent: AgentNo, serial: u64, out: &mut Outbox) {
        let state = &mut self.agents[agent.index()];
        if state.talk.as_ref().is_some_and(|talk| talk.serial == serial) {
            if let Some(mut talk) = state.talk.take() {
                // 200 without ACK: RFC 3261 13.3.1.4 ends the dialog.
                state.stats.unconfirmed += 1;
                talk.answered = false;
                self.sight_freed(now, agent, &talk, None, out);
                self.close(agent, *talk);
            }
        } else {
            state.kept.retain(|talk| talk.serial != serial);
        }
    }

    fn knows(&self, agent: AgentNo, call_id: &[u8]) -> bool {
        let state = &self.agents[agent.index()];
        state.last == call_id
            || state.talk.iter().map(|talk| &**talk).chain(&state.kept).any(|talk| talk.call_id == call_id)
    }

    fn keep(&mut self, agent: AgentNo, talk: Talk) {
        let state = &mut self.agents[agent.index()];
        if state.kept.len() == KEPT_MAX {
            let oldest = state.kept.remove(0);
            self.flights.land(oldest.flight);
        }
        state.kept.push(talk);
    }

    /// An ended talk needs no answer any more.
    pub(super) fn forget(&mut self, agent: AgentNo, call_id: &[u8]) {
        let state = &mut self.agents[agent.index()];
        if let Some(at) = state.kept.iter().position(|talk| talk.call_id == call_id) {
            let talk = state.kept.remove(at);
            self.flights.land(talk.flight);
            state.last = talk.call_id;
        }
    }

    pub(super) fn close(&mut self, agent: AgentNo, talk: Talk) {
        self.flights.land(talk.flight);
        for asked in talk.asked {
            self.flights.land(asked.flight);
        }
        if let Some(timer) = talk.timer {
            self.deeds.cancel(timer);
        }
        self.hush(agent);
        self.agents[agent.index()].last = talk.call_id;
    }

    pub(super) fn audio(&self, agent: AgentNo) -> Option<crate::Local> {
        let (first, count) = self.plan.audio;
        (agent.0 < count).then(|| crate::Local(first.0 + agent.0))
    }

    pub(super) fn audio_address(&self, agent: AgentNo) -> SocketAddr {
        self.places.address(self.audio(agent).unwrap_or(self.plan.sink))
    }

    pub(super) fn speak(&mut self, now: Timestamp, agent: AgentNo) {
        let Some(audio) = self.audio(agent) else { return };
        let Some(talk) = &self.agents[agent.index()].talk else { return };
        if let (Some(peer), true) = (&talk.offer, talk.answered) {
            let speaks = matches!(peer.direction, sdp::Direction::SendRecv | sdp::Direction::RecvOnly);
            self.voices.start(now, audio, peer.address, peer.payload, speaks);
        }
    }

    fn hush(&mut self, agent: AgentNo) {
        if let Some(audio) = self.audio(agent) {
            self.voices.stop(audio);
        }
    }

    pub(super) fn contact(&self, agent: AgentNo) -> String {
        let phone = &self.plan.phones[agent.index()];
        format!("Contact: <sip:{}@{}>\r\n", phone.user, self.places.text(phone.local))
    }
}
