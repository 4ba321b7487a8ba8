//! What an agent does with his phone during a call, beside hanging up: hold, keys, transfers.
//!
//! ```text
//!   hold, resume ──▶ re-INVITE (sendonly, sendrecv) ──200──▶ ACK
//!   press ─────────▶ INFO (application/dtmf-relay)
//!   refer ─────────▶ REFER ──202──▶ Sighting::Asked     NOTIFY ──▶ 200, Sighting::Transfer
//! ```
//!
//! Nobody here decides to do so: whoever plays the desk tells it. Each request is sent again until it is answered; of
//! unanswered ones the last [`ASKED_MAX`] are.

use super::offer::{Stage, Talk};
use super::{Desk, Sent, refuse};
use crate::compose::{Request, request};
use crate::flights::{Curve, FlightRef};
use crate::outbox::{AgentNo, Outbox, Sighting};
use crate::scan::{Method, Scan, address, number, parameter};
use crate::sdp;
use base::Timestamp;
use std::net::SocketAddr;

/// Requests of one call that wait for their answer; the oldest is given up when another comes.
const ASKED_MAX: usize = 16;

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    cseq: u32,
    pub(super) flight: Option<FlightRef>,
}

/// What a request inside a call consists of.
struct Ask<'a> {
    method: &'a str,
    extra: &'a str,
    body: &'a [u8],
}

impl Desk {
    /// Puts the other side on hold, or takes it back. `false` without a call.
    pub fn hold(&mut self, now: Timestamp, agent: AgentNo, on: bool, out: &mut Outbox) -> bool {
        let (ours, contact) = (self.audio_address(agent), self.contact(agent));
        let Some(talk) = self.talking(agent) else { return false };
        talk.sdp_version += 1;
        let direction = if on { sdp::Direction::SendOnly } else { sdp::Direction::SendRecv };
        let mut body = Vec::with_capacity(256);
        sdp::write(&mut body, ours, talk.sdp_version, direction);
        self.ask(now, agent, &Ask { method: "INVITE", extra: &contact, body: &body }, out)
    }

    /// Presses a key. `false` without a call.
    pub fn press(&mut self, now: Timestamp, agent: AgentNo, key: char, out: &mut Outbox) -> bool {
        let body = format!("Signal={key}\r\nDuration=160\r\n");
        let extra = "Content-Type: application/dtmf-relay\r\n";
        self.ask(now, agent, &Ask { method: "INFO", extra, body: body.as_bytes() }, out)
    }

    /// Asks for a transfer. `to` is the user to call; with `replaces` (as [`dialog`](Self::dialog) tells it) to somebody
    /// who is in that call already. `false` without a call.
    pub fn refer(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        to: &str,
        replaces: Option<&str>,
        out: &mut Outbox,
    ) -> bool {
        let mut uri = format!("sip:{to}@{}", self.plan.domain);
        for (place, byte) in replaces.unwrap_or_default().bytes().enumerate() {
            if place == 0 {
                uri.push_str("?Replaces=");
            }
            // RFC 3261 25.1: hvalue.
            match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => uri.push(char::from(byte)),
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        let extra = format!("{}Refer-To: <{uri}>\r\n", self.contact(agent));
        self.ask(now, agent, &Ask { method: "REFER", extra: &extra, body: b"" }, out)
    }

    /// The dialog of the agent's call as a Replaces names it (RFC 3891): tags as the engine sees them.
    #[must_use]
    pub fn dialog(&self, agent: AgentNo) -> Option<String> {
        let talk = self.agents.get(agent.index())?.talk.as_ref()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(format!(
            "{};to-tag={};from-tag={}",
            text(&talk.call_id),
            text(parameter(&talk.remote, "tag")?),
            text(parameter(&talk.local, "tag")?)
        ))
    }

    fn talking(&mut self, agent: AgentNo) -> Option<&mut Talk> {
        let talk = self.agents.get_mut(agent.index())?.talk.as_deref_mut()?;
        (talk.stage == Stage::Talking).then_some(talk)
    }

    fn ask(&mut self, now: Timestamp, agent: AgentNo, ask: &Ask<'_>, out: &mut Outbox) -> bool {
        let Some(talk) = self.talking(agent) else { return false };
        talk.cseq += 1;
        let cseq = talk.cseq;
        self.send_inside(agent, cseq, ".", ask, out);
        let curve = if ask.method == "INVITE" { Curve::Invite } else { Curve::Other };
        let flight = self.flights.launch(now, Sent::Asked, curve, out);
        let Some(talk) = self.talking(agent) else { return false };
        talk.asked.push(Asked { cseq, flight });
        if talk.asked.len() > ASKED_MAX {
            let oldest = talk.asked.remove(0);
            self.flights.land(oldest.flight);
        }
        true
    }

    fn send_inside(&mut self, agent: AgentNo, cseq: u32, mark: &str, ask: &Ask<'_>, out: &mut Outbox) {
        let phone = &self.plan.phones[agent.index()];
        let Some(talk) = &self.agents[agent.index()].talk else { return };
        let to = if talk.routes.is_empty() { address(&talk.target) } else { None };
        let sent = Request {
            method: ask.method,
            uri: &talk.target,
            via: self.places.text(phone.local),
            branch: format_args!("a{:x}{mark}{cseq}", talk.serial),
            routes: &talk.routes,
            from: &talk.local,
            to: &talk.remote,
            call_id: &talk.call_id,
            cseq,
            extra: ask.extra,
            body: ask.body,
        };
        out.send(phone.local, to.unwrap_or(talk.peer), |w| request(w, &sent));
    }

    /// An answer to one of these requests.
    pub(super) fn asked(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        status: u16,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let talk = self.talking(agent).filter(|talk| talk.call_id == message.call_id);
        let (Some(talk), 200..) = (talk, status) else { return };
        let first = talk.asked.iter().position(|asked| asked.cseq == message.cseq);
        let landed = first.map(|place| talk.asked.remove(place));
        let invite = message.cseq_method == Method::Invite;
        if invite
            && landed.is_some()
            && let (..300, Some(answer)) = (status, sdp::read(message.body))
        {
            talk.offer = Some(answer);
        }
        self.flights.land(landed.and_then(|asked| asked.flight));
        if invite {
            // RFC 3261 17.1.1.3: the ACK to a refusal shares the branch of its INVITE, that to a 2xx has its own.
            let mark = if status < 300 { "k" } else { "." };
            let ack = Ask { method: "ACK", extra: "", body: b"" };
            self.send_inside(agent, message.cseq, mark, &ack, out);
            self.speak(now, agent);
        }
        if landed.is_some() {
            out.sight(Sighting::Asked { agent, method: message.cseq_method, status });
        }
    }

    /// NOTIFY: how a transfer goes (RFC 3515 2.4.4).
    pub(super) fn notified(
        &mut self,
        agent: AgentNo,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let local = self.plan.phones[agent.index()].local;
        let known = self.talking(agent).is_some_and(|talk| talk.call_id == message.call_id);
        let status = message.body.strip_prefix(b"SIP/2.0 ").and_then(number);
        let (true, Some(status)) = (known, status.and_then(|status| u16::try_from(status).ok())) else {
            return refuse(local, from, if known { 400 } else { 481 }, Method::Notify, message, out);
        };
        refuse(local, from, 200, Method::Notify, message, out);
        let ended = message.subscription_state.starts_with(b"terminated");
        out.sight(Sighting::Transfer { agent, status, ended });
    }
}
