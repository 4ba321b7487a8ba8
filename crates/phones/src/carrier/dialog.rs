//! What the engine says to a caller: responses, and requests within his call.

use super::call::{Stage, write};
use super::{Carrier, End, LineRef};
use crate::compose::{Request, reply, request, routes};
use crate::day::HangsUp;
use crate::flights::Curve;
use crate::outbox::Outbox;
use crate::scan::{Method, Scan, address, uri};
use crate::sdp;
use base::Timestamp;
use std::net::SocketAddr;

impl Carrier {
    pub(super) fn response(&mut self, now: Timestamp, status: u16, message: &Scan<'_>, out: &mut Outbox) {
        let line = self.line_of(message.call_id);
        let call = line.and_then(|line| self.calls.get_mut(line));
        let (Some(line), Some(call)) = (line, call) else {
            self.stats.strays += u64::from(line.is_none());
            if line.is_some() && message.cseq_method == Method::Invite && status >= 300 {
                self.acknowledge_late(message, out);
            }
            return;
        };
        match (message.cseq_method, call.stage) {
            (Method::Invite, _) if status < 200 => self.provisional(now, line, status, message, out),
            (Method::Invite, _) if status < 300 => self.answered(now, line, message, out),
            (Method::Invite, Stage::Calling { .. } | Stage::Canceling) => {
                let canceled = call.stage == Stage::Canceling && status == 487;
                call.to.clear();
                call.to.extend_from_slice(message.to);
                let via = self.places.text(self.plan.local);
                // RFC 3261 17.1.1.3: same branch and Request-URI as the INVITE.
                out.send(self.plan.local, self.plan.engine, |w| write(w, call, via, "ACK", line, "", b""));
                self.end(now, line, if canceled { End::Canceled } else { End::Refused(status) }, out);
            }
            (Method::Cancel, Stage::Canceling) if status >= 200 => {
                let flight = call.flight.take();
                self.flights.land(flight);
            }
            // 481 to a BYE means that the other side has ended too: the call is over either way.
            (Method::Bye, Stage::Leaving { end }) if status >= 200 => self.end(now, line, end, out),
            _ => {}
        }
    }

    fn provisional(
        &mut self,
        now: Timestamp,
        line: LineRef,
        status: u16,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let Some(call) = self.calls.get_mut(line) else { return };
        let Stage::Calling { cancel, .. } = call.stage else { return };
        call.stage = Stage::Calling { provisional: true, cancel };
        let flight = call.flight.take();
        self.flights.land(flight);
        let seen = if status == 100 { &mut call.record.trying } else { &mut call.record.ringing };
        seen.get_or_insert(now);
        if let (183, Some(audio), Some(peer)) = (status, call.audio, sdp::read(message.body)) {
            // Early media: listen, and speak as a phone's open line does.
            self.voices.start(now, audio, peer.address, peer.payload, true);
        }
        if cancel {
            self.cancel(now, line, out);
        }
    }

    fn answered(&mut self, now: Timestamp, line: LineRef, message: &Scan<'_>, out: &mut Outbox) {
        let Some(call) = self.calls.get_mut(line) else { return };
        if matches!(call.stage, Stage::Connected | Stage::Leaving { .. }) {
            // Sent again: our ACK was lost.
            return self.acknowledge(line, out);
        }
        let gave_up = match call.stage {
            Stage::Calling { cancel, .. } => cancel,
            _ => true,
        };
        let flight = call.flight.take();
        self.flights.land(flight);
        call.record.answered = Some(now);
        if call.person.crossing && !matches!(call.stage, Stage::Canceling) {
            // As if the answer had not been seen yet: CANCEL goes out while it is on its way.
            let via = self.places.text(self.plan.local);
            out.send(self.plan.local, self.plan.engine, |w| write(w, call, via, "CANCEL", line, "", b""));
        }
        call.stage = Stage::Connected;
        call.to.clear();
        call.to.extend_from_slice(message.to);
        if !message.contact.is_empty() {
            call.target.clear();
            call.target.extend_from_slice(uri(message.contact));
        }
        routes(message.record_routes.as_slice(), true, &mut call.routes);
        if call.routes.is_empty() {
            // Loose routing is the proxy's business; without one, requests go where the contact points.
            call.peer = address(&call.target).unwrap_or(self.plan.engine);
        }
        if let (Some(audio), Some(peer)) = (call.audio, sdp::read(message.body)) {
            let speaks = matches!(peer.direction, sdp::Direction::SendRecv | sdp::Direction::RecvOnly);
            self.voices.start(now, audio, peer.address, peer.payload, speaks);
        }
        let met = call.record.met.is_some();
        let (crossing, ack_lost) = (call.person.crossing, std::mem::take(&mut call.ack_lost));
        if !ack_lost {
            self.acknowledge(line, out);
        }
        if gave_up || crossing {
            self.bye(now, line, End::GaveUp, out);
        } else if met {
            self.talk(now, line);
        }
    }

    /// ACK of a 2xx: a request of its own within the dialog (RFC 3261 13.2.2.4).
    fn acknowledge(&self, line: LineRef, out: &mut Outbox) {
        let Some(call) = self.calls.get(line) else { return };
        let via = self.places.text(self.plan.local);
        out.send(self.plan.local, call.peer, |w| {
            request(
                w,
                &Request {
                    method: "ACK",
                    uri: &call.target,
                    via,
                    branch: format_args!("{:x}.a", line.bits()),
                    routes: &call.routes,
                    from: &call.from,
                    to: &call.to,
                    call_id: &call.call_id,
                    cseq: 1,
                    extra: "",
                    body: b"",
                },
            );
        });
    }

    /// ACK of a refusal that is repeated after the call is over here: written from the response itself.
    fn acknowledge_late(&self, message: &Scan<'_>, out: &mut Outbox) {
        let branch = message.vias.as_slice().first().and_then(|via| crate::scan::parameter(via, "branch"));
        let Some(branch) = branch.and_then(|branch| std::str::from_utf8(branch).ok()) else { return };
        let via = self.places.text(self.plan.local);
        out.send(self.plan.local, self.plan.engine, |w| {
            request(
                w,
                &Request {
                    method: "ACK",
                    uri: uri(message.to),
                    via,
                    branch: format_args!("{}", branch.trim_start_matches("z9hG4bK")),
                    routes: b"",
                    from: message.from,
                    to: message.to,
                    call_id: message.call_id,
                    cseq: message.cseq,
                    extra: "",
                    body: b"",
                },
            );
        });
    }

    /// A request of the engine within a call in progress.
    pub(super) fn in_dialog(
        &mut self,
        now: Timestamp,
        line: LineRef,
        method: Method,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let Some(call) = self.calls.get_mut(line) else { return };
        let local = self.plan.local;
        let tag = format_args!("c{:x}", line.bits());
        match method {
            Method::Ack => {
                let accepted = call.accepted.take();
                self.flights.land(accepted);
            }
            Method::Bye => {
                out.send(local, from, |w| reply(w, 200, message, "BYE", tag, "", b""));
                let end = match call.stage {
                    Stage::Leaving { end } => end,
                    _ if call.record.met.is_some() => End::Talked(HangsUp::Agent),
                    _ => End::HungUpOn,
                };
                self.end(now, line, end, out);
            }
            Method::Invite | Method::Update => {
                let name = if method == Method::Invite { "INVITE" } else { "UPDATE" };
                let offer = sdp::read(message.body);
                let mut body = Vec::new();
                let ours = self.places.address(call.audio.unwrap_or(self.plan.sink));
                call.sdp_version += 1;
                match &offer {
                    Some(offer) => sdp::write_answer(&mut body, ours, call.sdp_version, offer),
                    // RFC 3261 14.2: a re-INVITE without an offer asks for ours; an UPDATE is a mere refresh.
                    None if method == Method::Invite => {
                        sdp::write(&mut body, ours, call.sdp_version, sdp::Direction::SendRecv);
                    }
                    None => {}
                }
                if let (Some(audio), Some(offer)) = (call.audio, offer) {
                    let speaks =
                        matches!(offer.direction, sdp::Direction::SendRecv | sdp::Direction::RecvOnly);
                    self.voices.start(now, audio, offer.address, offer.payload, speaks);
                }
                self.text.clear();
                self.text.push_str("Contact: <sip:");
                self.text.push_str(self.places.text(local));
                self.text.push_str(">\r\n");
                out.send(local, from, |w| reply(w, 200, message, name, tag, &self.text, &body));
                if method == Method::Invite {
                    self.flights.land(call.accepted.take());
                    // When the ACK never comes the call is given up like any other that is not answered.
                    call.accepted = self.flights.launch(now, line, Curve::Other, out);
                }
            }
            Method::Options => out.send(local, from, |w| reply(w, 200, message, "OPTIONS", tag, "", b"")),
            Method::Info => out.send(local, from, |w| reply(w, 200, message, "INFO", tag, "", b"")),
            Method::Cancel => out.send(local, from, |w| reply(w, 481, message, "CANCEL", tag, "", b"")),
            Method::Refer => out.send(local, from, |w| reply(w, 603, message, "REFER", tag, "", b"")),
            Method::Notify => out.send(local, from, |w| reply(w, 481, message, "NOTIFY", tag, "", b"")),
            Method::Register | Method::Other => {}
        }
    }
}
