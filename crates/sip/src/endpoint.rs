//! [`Endpoint`]: the whole of SIP as one sans-I/O value.
//!
//! ```text
//!   node::net ──receive(path, bytes)──▶ ┌──────────┐ ──facts──▶ call::Engine
//!   node::net ──connection(…)─────────▶ │ Endpoint │ ──sends──▶ node::net
//!   call ───────command(…)────────────▶ │          │ ──lookups▶ node::dns ──resolved(…)──┐
//!   clock ──────tick(now)─────────────▶ └──────────┘ ◀────────────────────────────────────┘
//! ```
//!
//! This file holds what others see and the way of a message to its place: an answer to its transaction, a
//! request to its transaction, its leg, the registrar, or the door (`arrival`).
//!
//! Never knows: sockets, clocks, what a body means, agents.

use crate::admission::Admission;
use crate::binding::Binding;
use crate::compose::{self, Reply, put};
use crate::core::{Core, Ended, Timer};
use crate::counters::Counters;
use crate::gate::Gate;
use crate::leg::{AorRef, Command, Fact, Transport};
use crate::legs::{Leg, Legs, Next, State};
use crate::message::{Cause, Limits, Message, Method, Start, Via};
use crate::nonce::Nonces;
use crate::plan::Plan;
use crate::received::Received;
use crate::registrar::Registrar;
use crate::transaction::{ClientRef, LegSlot, Owner, ServerRef, tag_of, write_hex};
use crate::trunk::Trunks;
use crate::{refusal, route};
use base::{Random, Timestamp};
use std::net::SocketAddr;

base::handle!(ConnectionRef, "connection", "A stream connection; minted by whoever accepts or opens it.");

/// Where a message came from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// Transport.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The stream it runs over; `None` on UDP, or when a new connection must be opened to `peer`.
    pub connection: Option<ConnectionRef>,
}

/// One thing for the wire: `bytes` is a range of [`Out::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Where to.
    pub path: Path,
    /// Range in [`Out::bytes`].
    pub bytes: std::ops::Range<usize>,
}

/// A name to look up (RFC 3263); the answer comes back by [`Endpoint::resolved`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Names the question in the answer.
    pub id: u64,
    /// Host name.
    pub host: String,
    /// Port, when given: then only A/AAAA are asked.
    pub port: Option<u16>,
    /// Transport, when given.
    pub transport: Option<Transport>,
}

/// Something worth a log line or a counter that is not a leg's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A source is dropped silently from now on.
    Banned {
        /// Who.
        peer: std::net::IpAddr,
        /// Why, in words.
        why: &'static str,
    },
    /// A request was refused before any state existed (status 503, 400, 403, 404…).
    Refused {
        /// Who.
        peer: SocketAddr,
        /// What was answered; 0 for silence.
        status: u16,
        /// Why, in words.
        why: &'static str,
    },
    /// A digest failed.
    AuthenticationFailed {
        /// Who.
        peer: SocketAddr,
    },
    /// A connection is not wanted any more.
    Close(ConnectionRef),
}

/// What a step produced. Reused between steps; the reader clears it.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// For `call`.
    pub facts: Vec<Fact>,
    /// For the wire, in order.
    pub sends: Vec<Send>,
    /// The bytes that `sends` point into.
    pub bytes: Vec<u8>,
    /// For the resolver.
    pub lookups: Vec<Lookup>,
    /// For log and metrics.
    pub notes: Vec<Note>,
}

impl Out {
    /// Empties everything, keeping the room.
    pub fn clear(&mut self) {
        self.facts.clear();
        self.sends.clear();
        self.bytes.clear();
        self.lookups.clear();
        self.notes.clear();
    }
}

/// The SIP side of the engine.
#[derive(Debug)]
pub struct Endpoint {
    pub(crate) core: Core,
    pub(crate) legs: Legs,
    pub(crate) registrar: Registrar,
    pub(crate) trunks: Trunks,
    pub(crate) gate: Gate,
    pub(crate) admission: Admission,
}

impl Endpoint {
    /// An endpoint for a plan; `seed` keys tags, branches, nonces and tables (secret: from the system).
    #[must_use]
    pub fn new(plan: Plan, seed: [u64; 4]) -> Self {
        let mut keys = Random::seeded(seed[0] ^ seed[1].rotate_left(17) ^ seed[2].rotate_left(34) ^ seed[3]);
        let nonces = Nonces::new([seed[1], seed[2] ^ keys.bits()], plan.timers.nonce);
        let mut endpoint = Self {
            legs: Legs::new(keys.bits()),
            registrar: Registrar::new(&plan.accounts, keys.bits()),
            gate: Gate::new(&plan.realm, &plan.digests, nonces, keys.bits()),
            admission: Admission::new(keys.bits()),
            trunks: Trunks::default(),
            core: Core::new(plan, [seed[0], seed[1] ^ keys.bits(), seed[2] ^ keys.bits(), seed[3]]),
        };
        endpoint.start_trunks();
        endpoint
    }

    /// Bytes arrived: one datagram on UDP, any piece of the stream on a connection.
    pub fn receive(&mut self, now: Timestamp, path: &Path, bytes: &[u8], out: &mut Out) {
        if self.admission.is_banned(now, path.peer.ip()) {
            self.core.counters.refuse("banned");
        } else if path.transport == Transport::Udp {
            self.message(now, path, bytes, out);
        } else if let Some(connection) = path.connection {
            self.core.streams.push(path, bytes);
            loop {
                match self.core.streams.next(connection) {
                    Ok(Some(Some(message))) => self.message(now, path, &message, out),
                    Ok(Some(None)) => {
                        // RFC 5626 4.4.1: a double CRLF is answered by a single one.
                        let from = out.bytes.len();
                        put(&mut out.bytes, &[b"\r\n"]);
                        self.core.send(path, from, out);
                    }
                    Ok(None) => break,
                    Err(_) => {
                        // Where the next message begins cannot be told any more.
                        self.core.counters.malformed += 1;
                        self.core.streams.closed(path);
                        out.notes.push(Note::Close(connection));
                        self.stream_lost(now, path, out);
                        break;
                    }
                }
            }
        }
        self.settle();
    }

    /// A stream was accepted or opened (`open`), or ended.
    pub fn connection(&mut self, now: Timestamp, path: &Path, open: bool, out: &mut Out) {
        if open {
            self.core.streams.opened(path);
        } else {
            self.core.streams.closed(path);
            self.stream_lost(now, path, out);
        }
        self.settle();
    }

    /// A send could not be done (connection refused, unreachable): RFC 3261 8.1.3.1.
    pub fn send_failed(&mut self, now: Timestamp, peer: SocketAddr, out: &mut Out) {
        for transport in [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss] {
            self.nobody_at(now, peer, transport, out);
        }
        self.settle();
    }

    /// A lookup was answered; empty when nothing was found. Best first.
    pub fn resolved(&mut self, now: Timestamp, id: u64, found: &[(Transport, SocketAddr)], out: &mut Out) {
        let known = self.core.resolver.resolved(now, id, found);
        for slot in self.legs.waiting_for(id) {
            self.address_known(now, slot, &known, out);
        }
        self.settle();
    }

    /// Do something with a leg.
    pub fn command(&mut self, now: Timestamp, command: Command, out: &mut Out) {
        self.obey(now, command, out);
        self.settle();
    }

    /// Fires what is due at or before `now`.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        while let Some((_, timer)) = self.core.wheel.pop_due(now) {
            self.due(now, timer, out);
        }
        self.settle();
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.core.wheel.next_deadline()
    }

    /// No new calls from now on (503), registrations and running calls go on: graceful stop.
    pub fn drain(&mut self) {
        self.admission.draining = true;
    }

    /// Engine lag seen by the node; above the limit new INVITEs get 503.
    pub fn overloaded(&mut self, yes: bool) {
        self.admission.overloaded = yes;
    }

    /// What has been done so far, and how much there is now.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.core.counters
    }

    /// The contacts of an account, best first.
    #[must_use]
    pub fn registration(&self, aor: AorRef) -> &[Binding] {
        self.registrar.accounts.get(aor.index()).map_or(&[], |account| account.bindings.all())
    }

    fn settle(&mut self) {
        let counters = &mut self.core.counters;
        counters.legs = self.legs.all.len();
        counters.transactions = self.core.transactions.len();
        counters.bans = self.admission.bans();
    }

    // ── messages ────────────────────────────────────────────────────────────────────────────────────────

    fn message(&mut self, now: Timestamp, path: &Path, bytes: &[u8], out: &mut Out) {
        // Keep-alives over UDP: CRLFs, or a few zeros of old phones. They only hold the NAT's door open.
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' ')) {
            return;
        }
        let limits = if path.transport == Transport::Udp { &Limits::DATAGRAM } else { &Limits::STREAM };
        let message = match Message::parse(bytes, limits) {
            Ok(message) => message,
            Err(malformed) => return self.salvage(now, bytes, malformed.0, path, out),
        };
        match Received::read(&message) {
            Ok(received) if message.is_request() => self.request(now, path, &received, out),
            Ok(received) => self.response(now, path, &received, out),
            Err(invalid) => self.bad(now, &message, (invalid.status, invalid.reason), path, out),
        }
    }

    /// Something that is no message: if its good lines tell whom to answer, he is told what is wrong.
    fn salvage(&mut self, now: Timestamp, bytes: &[u8], reason: &'static str, path: &Path, out: &mut Out) {
        let mut good = Vec::with_capacity(1_024);
        for (at, line) in bytes.split(|&byte| byte == b'\n').take(64).enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let header = line.iter().position(|&byte| byte == b':').is_some_and(|colon| {
                let name = line[..colon].trim_ascii();
                !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            });
            if line.len() <= 1_024 && (at == 0 || header) {
                put(&mut good, &[line, b"\r\n"]);
            } else if line.is_empty() {
                break;
            }
        }
        put(&mut good, &[b"\r\n"]);
        match Message::parse(&good, &Limits::DATAGRAM) {
            Ok(message) => self.bad(now, &message, (400, reason), path, out),
            Err(_) => self.core.counters.malformed += 1,
        }
    }

    /// A message that cannot be acted upon: requests are told why, all else is dropped.
    fn bad(
        &mut self,
        now: Timestamp,
        message: &Message<'_>,
        (status, reason): (u16, &'static str),
        path: &Path,
        out: &mut Out,
    ) {
        self.core.counters.malformed += 1;
        let Start::Request { method, .. } = message.start() else { return };
        let Some(via) = message.via() else { return };
        if method == Method::Ack || message.call_id().is_none() || self.is_too_much(now, path) {
            return;
        }
        self.stateless(
            message,
            &via,
            method,
            path,
            &Reply { status, reason: Some(reason), ..Reply::default() },
            out,
        );
        out.notes.push(Note::Refused { peer: path.peer, status, why: reason });
    }

    /// Answers without keeping anything. The tag is a hash, so that copies get the same one (RFC 3261 8.2.7).
    pub(crate) fn stateless(
        &mut self,
        message: &Message<'_>,
        via: &Via<'_>,
        method: Method<'_>,
        path: &Path,
        reply: &Reply<'_>,
        out: &mut Out,
    ) {
        let mut tag = Vec::with_capacity(16);
        write_hex(&mut tag, self.core.hash(message.call_id().unwrap_or_default()));
        self.stateless_as(&tag, message, via, method, path, reply, out);
    }

    #[allow(clippy::too_many_arguments, reason = "what an answer is made of")]
    fn stateless_as(
        &mut self,
        tag: &[u8],
        message: &Message<'_>,
        via: &Via<'_>,
        method: Method<'_>,
        path: &Path,
        reply: &Reply<'_>,
        out: &mut Out,
    ) {
        let mut head = Vec::with_capacity(512);
        route::head(message, via, path, tag, false, &mut head);
        let from = out.bytes.len();
        compose::response(&mut out.bytes, reply, &head, &self.core.plan.product);
        self.core.send(&route::back(via, path), from, out);
        self.core.counters.response_out(method, reply.status);
    }

    /// Refuses a request before any state exists.
    pub(crate) fn refuse(
        &mut self,
        request: &Received<'_>,
        path: &Path,
        reply: &Reply<'_>,
        why: &'static str,
        out: &mut Out,
    ) {
        self.core.counters.refuse(why);
        out.notes.push(Note::Refused { peer: path.peer, status: reply.status, why });
        if reply.status > 0 {
            self.stateless(request.message, request.via(), request.method(), path, reply, out);
        }
    }

    fn request(&mut self, now: Timestamp, path: &Path, request: &Received<'_>, out: &mut Out) {
        let method = request.method();
        self.core.counters.request_in(method);
        let of_invite = matches!(method, Method::Invite | Method::Ack | Method::Cancel);
        let key = self.core.key_of(request, of_invite);
        let known = self.core.transactions.server_of(key);
        match method {
            Method::Ack => match known {
                // The ACK to a refusal belongs to its transaction, that to a 2xx to the dialog.
                Some(server) if self.core.is_refused(server) => self.core.server_acked(now, server),
                _ => self.acked(now, request, out),
            },
            Method::Cancel => self.cancelled(now, path, request, known, out),
            _ if known.is_some() => {
                if let Some(server) = known {
                    self.core.server_again(now, server, out);
                }
            }
            _ if !request.tag_of_to().is_empty() => self.inside(now, path, request, key, out),
            Method::Invite => self.invited(now, path, request, key, out),
            Method::Register => self.registered(now, path, request, key, out),
            _ => {
                // They begin with OPTIONS as often as with REGISTER or INVITE.
                if !self.is_friend(path) && self.is_scan(now, path, request, out) {
                    return;
                }
                if self.is_too_much(now, path) {
                    let reply = Reply::default();
                    return self.refuse(request, path, &reply, "too many requests of a stranger", out);
                }
                let (status, reason, extra) = match refusal::unsupported(request) {
                    Some(lines) => (420, None, lines),
                    None => refusal::outside(method),
                };
                let reply = Reply { status, reason, extra: &extra, ..Reply::default() };
                self.stateless(request.message, request.via(), method, path, &reply, out);
            }
        }
    }

    /// CANCEL (RFC 3261 9.2). It needs no transaction of its own: as long as the INVITE's lives, a copy gets the
    /// same answer.
    fn cancelled(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        invite: Option<ServerRef>,
        out: &mut Out,
    ) {
        if invite.is_none() && self.is_too_much(now, path) {
            return;
        }
        let (message, via) = (request.message, request.via());
        match invite.and_then(|invite| self.core.transactions.servers.get(invite)) {
            Some(server) => {
                // RFC 3261 9.2: the tag of the answers to the INVITE. Callers take it from whatever came last.
                let tag = tag_of(&server.head).to_vec();
                let reply = Reply { status: 200, ..Reply::default() };
                self.stateless_as(&tag, message, via, Method::Cancel, path, &reply, out);
            }
            None => {
                let reply = Reply { status: 481, ..Reply::default() };
                self.stateless(message, via, Method::Cancel, path, &reply, out);
            }
        }
        let slot = invite.and_then(|invite| self.core.transactions.servers.get(invite)?.leg);
        let Some((slot, leg)) = slot.and_then(|slot| Some((slot, self.legs.all.get_mut(slot)?))) else {
            return;
        };
        // After the final answer it has no effect: the transaction has let go of its leg.
        if let State::Ingress(ingress) = &mut leg.state {
            let cause = request.cause().unwrap_or(Cause::NORMAL);
            let next = ingress.abandoned(leg.id, &mut self.core, now, cause, out);
            self.legs.follow(slot, next);
        }
    }

    fn acked(&mut self, now: Timestamp, request: &Received<'_>, out: &mut Out) {
        let Some(leg) = self.legs.of_dialog(request) else {
            self.core.counters.stray += 1;
            return;
        };
        match &mut leg.state {
            State::Confirmed(confirmed) => confirmed.acked(leg.id, &mut self.core, now, request, out),
            State::Ending(ending) => ending.acked(leg.id, request.seq(), &mut self.core, now, out),
            State::Ingress(_) | State::Egress(_) => {}
        }
    }

    /// A request inside a dialog.
    fn inside(&mut self, now: Timestamp, path: &Path, request: &Received<'_>, key: u128, out: &mut Out) {
        let method = request.method();
        let full = self.core.transactions.len() >= self.core.plan.limits.transactions.saturating_mul(2);
        if self.legs.of_dialog(request).is_none() && self.is_too_much(now, path) {
            return;
        }
        let Some(leg) = self.legs.of_dialog(request) else {
            let reply = Reply { status: 481, ..Reply::default() };
            return self.stateless(request.message, request.via(), method, path, &reply, out);
        };
        let id = leg.id;
        if method != Method::Bye && !leg.pace.admits(now) {
            let reply = Reply { status: 503, extra: b"Retry-After: 1\r\n", ..Reply::default() };
            return self.refuse(request, path, &reply, "too many requests inside one call", out);
        }
        if full {
            let reply = Reply { status: 503, ..Reply::default() };
            return self.stateless(request.message, request.via(), method, path, &reply, out);
        }
        let mut head = Vec::with_capacity(512);
        route::head(request.message, request.via(), path, b"", method == Method::Invite, &mut head);
        let back = route::back(request.via(), path);
        let server =
            self.core.open_server(now, method == Method::Invite, key, back, head.into(), Some(id.slot));
        let wish = (method == Method::Refer).then(|| self.refer_of(request, id));
        let Some(leg) = self.legs.all.get_mut(id.slot) else { return };
        let core = &mut self.core;
        if !leg.admits(request.seq()) {
            // RFC 3261 12.2.2: out of order.
            core.answer(now, server, method, &Reply { status: 500, ..Reply::default() }, out);
            return;
        }
        if let Some(lines) = refusal::unsupported(request) {
            core.answer(now, server, method, &Reply { status: 420, extra: &lines, ..Reply::default() }, out);
            return;
        }
        let next = match &mut leg.state {
            State::Ingress(ingress) => ingress.request(id, core, now, request, server, out),
            State::Egress(egress) => {
                egress.request(id, core, now, request, server, out);
                Next::Stay
            }
            State::Confirmed(confirmed) => match wish {
                Some(wish) => {
                    confirmed.refer(id, core, now, request, server, wish, out);
                    Next::Stay
                }
                None => confirmed.request(id, core, now, request, server, out),
            },
            State::Ending(ending) => {
                let bye = method == Method::Bye;
                let status = if bye { 200 } else { 481 };
                core.answer(now, server, method, &Reply { status, ..Reply::default() }, out);
                if bye {
                    ending.stop(core);
                }
                if bye { Next::Gone } else { Next::Stay }
            }
        };
        self.legs.follow(id.slot, next);
    }

    // ── answers ─────────────────────────────────────────────────────────────────────────────────────────

    fn response(&mut self, now: Timestamp, path: &Path, response: &Received<'_>, out: &mut Out) {
        let Some(heard) = self.core.response(now, response, out) else { return };
        let client = heard.client;
        if !self.challenged(now, client, response, out) {
            self.answered(now, client, heard.owner, path, response, out);
        }
        self.core.settle_client(client);
    }

    fn answered(
        &mut self,
        now: Timestamp,
        client: ClientRef,
        owner: Owner,
        path: &Path,
        response: &Received<'_>,
        out: &mut Out,
    ) {
        match owner {
            Owner::Branch(slot) => {
                let Some(leg) = self.legs.all.get_mut(slot) else { return };
                let State::Egress(egress) = &mut leg.state else { return };
                let next = egress.response(leg.id, &mut self.core, now, client, response, path, out);
                self.legs.follow(slot, next);
            }
            Owner::Reinvite(slot) | Owner::Update(slot) => {
                let Some(leg) = self.legs.all.get_mut(slot) else { return };
                let State::Confirmed(confirmed) = &mut leg.state else { return };
                let next = confirmed.response(leg.id, &mut self.core, now, client, response, out);
                self.legs.follow(slot, next);
            }
            Owner::Notify(slot) => self.notified(now, slot, client, response.status(), out),
            Owner::Bye(Some(slot)) => self.legs.follow(slot, Next::Gone),
            Owner::TrunkPing(trunk) => self.trunk_heard(now, trunk, response.status(), out),
            Owner::TrunkRegister(trunk) => self.trunk_registered(now, trunk, response, out),
            Owner::PhonePing(aor, contact) => self.phone_heard(now, aor, contact, true, out),
            Owner::Nobody
                if (200..300).contains(&response.status()) && response.method() == Method::Invite =>
            {
                self.unwanted(now, client, path, response, out);
            }
            Owner::Bye(None) | Owner::Prack(_) | Owner::Nobody => {}
        }
    }

    /// A NOTIFY was answered, or not at all.
    fn notified(&mut self, now: Timestamp, slot: LegSlot, client: ClientRef, status: u16, out: &mut Out) {
        if let Some(Leg { id, state: State::Confirmed(confirmed), .. }) = self.legs.all.get_mut(slot) {
            confirmed.notified(*id, &mut self.core, now, client, status, out);
        }
    }

    /// A 2xx that nobody wants any more: it came after our CANCEL, or from a second fork (RFC 3261 13.2.2.4).
    fn unwanted(
        &mut self,
        now: Timestamp,
        client: ClientRef,
        path: &Path,
        response: &Received<'_>,
        out: &mut Out,
    ) {
        let trunk = self.core.transactions.clients.get(client).and_then(|client| client.trunk);
        // It is told where its 2xx came from: whether it sits behind a NAT is not known here any more.
        let mut dialog = self.core.dialog_of_response(now, response, path, true, out);
        dialog.local_seq = response.seq();
        self.core.ack(client, &dialog, response.seq(), out);
        crate::ending::bye(&mut dialog, None, trunk, Cause::NORMAL, &mut self.core, now, out);
    }

    fn unanswered(&mut self, now: Timestamp, client: ClientRef, owner: Owner, ended: Ended, out: &mut Out) {
        let status = if ended == Ended::TimedOut { 408 } else { 503 };
        match owner {
            Owner::Branch(slot) => {
                let Some(leg) = self.legs.all.get_mut(slot) else { return };
                let State::Egress(egress) = &mut leg.state else { return };
                let next = egress.unanswered(leg.id, &mut self.core, now, client, ended, out);
                self.legs.follow(slot, next);
            }
            Owner::Reinvite(slot) | Owner::Update(slot) => {
                let Some(leg) = self.legs.all.get_mut(slot) else { return };
                let State::Confirmed(confirmed) = &mut leg.state else { return };
                let next = confirmed.unanswered(leg.id, &mut self.core, now, ended, out);
                self.legs.follow(slot, next);
            }
            Owner::Notify(slot) => self.notified(now, slot, client, status, out),
            Owner::Bye(Some(slot)) => self.legs.follow(slot, Next::Gone),
            Owner::TrunkPing(trunk) => self.trunk_heard(now, trunk, status, out),
            Owner::TrunkRegister(trunk) => self.trunk_register_failed(now, trunk, status, None, out),
            Owner::PhonePing(aor, contact) => self.phone_heard(now, aor, contact, false, out),
            Owner::Bye(None) | Owner::Prack(_) | Owner::Nobody => {}
        }
    }

    /// Nothing can be sent to an address: what waits for an answer from there fails now.
    pub(crate) fn nobody_at(
        &mut self,
        now: Timestamp,
        peer: SocketAddr,
        transport: Transport,
        out: &mut Out,
    ) {
        for client in self.core.transactions.clients_to(peer, transport) {
            if let Some((owner, ended)) = self.core.client_failed(now, client) {
                self.unanswered(now, client, owner, ended, out);
            }
        }
    }

    // ── time ────────────────────────────────────────────────────────────────────────────────────────────

    fn due(&mut self, now: Timestamp, timer: Timer, out: &mut Out) {
        match timer {
            Timer::Client(client) => {
                if let Some((owner, ended)) = self.core.client_due(now, client, out) {
                    self.unanswered(now, client, owner, ended, out);
                }
            }
            Timer::Server(server) => {
                if self.core.server_due(now, server, out) {
                    let lines = self.gate.challenge(now, false);
                    let reply = Reply { status: 401, extra: &lines, ..Reply::default() };
                    self.core.answer(now, server, Method::Invite, &reply, out);
                }
            }
            Timer::Ring(slot)
            | Timer::Exchange(slot)
            | Timer::Session(slot)
            | Timer::Reliable(slot)
            | Timer::Referral(slot) => self.leg_due(now, slot, timer, out),
            Timer::Registration(aor) => self.registration_due(now, aor, out),
            Timer::PhonePing(aor) => self.phone_ping_due(now, aor, out),
            Timer::TrunkPing(trunk) => self.trunk_ping_due(now, trunk, out),
            Timer::TrunkRegister(trunk) => self.trunk_register_due(now, trunk, out),
        }
    }

    fn leg_due(&mut self, now: Timestamp, slot: LegSlot, timer: Timer, out: &mut Out) {
        let Some(Leg { id, state, .. }) = self.legs.all.get_mut(slot) else { return };
        let core = &mut self.core;
        let next = match (state, timer) {
            (State::Egress(egress), Timer::Ring(_)) => egress.ring_due(*id, core, now, out),
            (State::Ingress(ingress), Timer::Reliable(_)) => ingress.reliable_due(*id, core, now, out),
            (State::Confirmed(confirmed), Timer::Exchange(_)) => confirmed.exchange_due(*id, core, now, out),
            (State::Confirmed(confirmed), Timer::Session(_)) => confirmed.session_due(*id, core, now, out),
            (State::Confirmed(confirmed), Timer::Referral(_)) => {
                confirmed.referral_due(*id, core, now, out);
                Next::Stay
            }
            (State::Ending(ending), Timer::Exchange(_)) => {
                ending.due(*id, core, now, out);
                Next::Stay
            }
            _ => Next::Stay,
        };
        self.legs.follow(slot, next);
    }

    /// Checks what must always hold.
    ///
    /// # Panics
    /// When it does not: for tests and simulations, after each step.
    pub fn check(&self) {
        let core = &self.core;
        core.transactions.check();
        self.legs.check();
        let legs: usize = self.legs.all.iter().map(|(_, leg)| leg.timers()).sum();
        let keeping = self.registrar.timers() + self.trunks.timers();
        let timers = core.transactions.timers() + legs + keeping;
        assert_eq!(core.wheel.len(), timers, "each timer belongs to something that lives");
        assert_eq!(core.counters.legs, self.legs.all.len());
        assert_eq!(core.counters.transactions, core.transactions.len());
        let bound =
            self.registrar.accounts.iter().filter(|account| !account.bindings.all().is_empty()).count();
        assert_eq!(core.counters.bound_accounts, bound, "bound accounts are counted");
    }
}
