//! What every part of the endpoint needs: plan, timers, transactions, streams, random numbers, counters.
//!
//! ```text
//!   legs, registrar, trunks ──▶ request(…), answer(…) ──▶ Transactions + out.bytes
//!   keep-alive, REGISTER ─────▶ low_rate_request(…) ─────▶ the same, written by `rsip` where it can
//!   responses, deadlines ──────▶ Transactions ──▶ Heard { owner, … } ──▶ legs, registrar, trunks
//! ```
//!
//! Legs are not in here, so that a leg can be changed while it uses the core.
//! Never knows: what an owner does with an answer.

use crate::compose::{self, Reply, Request};
use crate::counters::Counters;
use crate::dialog::Dialog;
use crate::endpoint::{Out, Path, Send};
use crate::leg::{AorRef, Transport, TrunkRef};
use crate::message::Method;
use crate::plan::Plan;
use crate::resolve::Resolver;
use crate::rsip_values::{LowRate, Refused};
use crate::streams::Streams;
use crate::transaction::invite_client::{InviteClient, InviteClientEffect, InviteClientEvent};
use crate::transaction::invite_server::{InviteServer, InviteServerEffect, InviteServerEvent};
use crate::transaction::plain_client::{PlainClient, PlainClientEffect, PlainClientEvent};
use crate::transaction::plain_server::{PlainServer, PlainServerEffect, PlainServerEvent};
use crate::transaction::{
    Cancel, Client, ClientMachine, ClientRef, Clock, LegSlot, Owner, Server, ServerMachine, ServerRef,
    Transactions, to_line, write_branch,
};
use base::{Random, Timestamp, Wheel};
use std::net::{IpAddr, SocketAddr};

/// What a timer wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A client transaction.
    Client(ClientRef),
    /// A server transaction.
    Server(ServerRef),
    /// A leg rings too long.
    Ring(LegSlot),
    /// A leg's 2xx wants its ACK, or its re-INVITE wants a second try.
    Exchange(LegSlot),
    /// A leg's session timer.
    Session(LegSlot),
    /// A leg's reliable provisional response wants its PRACK.
    Reliable(LegSlot),
    /// A leg's referral takes too long.
    Referral(LegSlot),
    /// The next contact of an account expires.
    Registration(AorRef),
    /// A phone behind a NAT wants a sign of life.
    PhonePing(AorRef),
    /// OPTIONS to a trunk.
    TrunkPing(TrunkRef),
    /// REGISTER to a carrier.
    TrunkRegister(TrunkRef),
}

/// Further facts about a request that opens a client transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand {
    pub(crate) owner: Owner,
    pub(crate) path: Path,
    /// Whose digest may answer a challenge.
    pub(crate) trunk: Option<TrunkRef>,
}

/// A request inside a dialog, beside what the dialog itself says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inside<'a> {
    pub(crate) method: Method<'a>,
    pub(crate) owner: Owner,
    /// Whose digest may answer a challenge.
    pub(crate) trunk: Option<TrunkRef>,
    /// Whole further lines, each with its CRLF.
    pub(crate) extra: &'a [u8],
    /// Body and its type.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
}

/// What became of a client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Timer B or F: counts as 408.
    TimedOut,
    /// Nothing can be sent there: counts as 503.
    Failed,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    /// Keys the hashes of foreign texts.
    pub(crate) key: [u64; 2],
    pub(crate) wheel: Wheel<Timer>,
    pub(crate) transactions: Transactions,
    pub(crate) streams: Streams,
    pub(crate) resolver: Resolver,
    pub(crate) counters: Counters,
}

impl Core {
    pub(crate) fn new(plan: Plan, seed: [u64; 4]) -> Self {
        Self {
            random: Random::seeded(seed[0]),
            key: [seed[1], seed[2]],
            wheel: Wheel::default(),
            transactions: Transactions::new(seed[3]),
            streams: Streams::new(seed[3] ^ 1),
            resolver: Resolver::default(),
            counters: Counters::default(),
            plan,
        }
    }

    // ── the wire ────────────────────────────────────────────────────────────────────────────────────────

    /// Puts everything that was appended to `out.bytes` since `from` on the wire.
    pub(crate) fn send(&self, path: &Path, from: usize, out: &mut Out) {
        let mut path = *path;
        if path.transport != Transport::Udp {
            self.streams.route(&mut path);
        }
        out.sends.push(Send { path, bytes: from..out.bytes.len() });
    }

    fn send_again(&mut self, path: &Path, bytes: &[u8], out: &mut Out) {
        self.counters.retransmissions_out += 1;
        let from = out.bytes.len();
        out.bytes.extend_from_slice(bytes);
        self.send(path, from, out);
    }

    /// The address on which we listen for a transport: what Via and Contact show to `peer`.
    pub(crate) fn shown(&self, transport: Transport, local: SocketAddr, peer: IpAddr) -> SocketAddr {
        let mut found = None;
        for &(listens, at) in &self.plan.listen {
            if listens != transport {
                continue;
            }
            if at == local {
                found = Some(at);
                break;
            }
            if at.is_ipv4() == peer.is_ipv4() && found.is_none() {
                found = Some(at);
            }
        }
        let mut shown = found.unwrap_or(local);
        if shown.ip().is_unspecified() && !local.ip().is_unspecified() {
            shown.set_ip(local.ip());
        }
        if let Some(advertised) = self.plan.advertised
            && advertised.is_ipv4() == peer.is_ipv4()
        {
            shown.set_ip(advertised);
        }
        shown
    }

    /// A path to a peer that has not spoken yet.
    pub(crate) fn path_to(&self, transport: Transport, peer: SocketAddr) -> Path {
        let same_family = |at: &SocketAddr| at.is_ipv4() == peer.is_ipv4();
        let listens = || self.plan.listen.iter().filter(|(listens, _)| *listens == transport);
        // Loopback speaks to loopback; otherwise the first of the family.
        let local = listens()
            .map(|(_, at)| *at)
            .filter(same_family)
            .find(|at| at.ip().is_loopback() == peer.ip().is_loopback())
            .or_else(|| listens().map(|(_, at)| *at).find(same_family))
            .or_else(|| self.plan.listen.first().map(|(_, at)| *at))
            .unwrap_or(peer);
        Path { transport, local, peer, connection: None }
    }

    /// Appends our Contact line.
    pub(crate) fn put_contact(&self, to: &mut Vec<u8>, path: &Path, user: &str) {
        compose::put(to, &[b"Contact: "]);
        self.put_contact_value(to, path, user);
        compose::put(to, &[b"\r\n"]);
    }

    /// Appends what stands in it.
    pub(crate) fn put_contact_value(&self, to: &mut Vec<u8>, path: &Path, user: &str) {
        let shown = self.shown(path.transport, path.local, path.peer.ip());
        compose::put(to, &[b"<sip:"]);
        if !user.is_empty() {
            compose::put_user(to, user);
            to.push(b'@');
        }
        compose::put_address(to, shown);
        compose::put(to, &[compose::uri_parameter(path.transport), b">"]);
    }

    // ── client transactions ─────────────────────────────────────────────────────────────────────────────

    /// Sends a request in a new client transaction.
    pub(crate) fn request(
        &mut self,
        now: Timestamp,
        request: &Request<'_>,
        errand: Errand,
        out: &mut Out,
    ) -> ClientRef {
        self.open_client(now, request.method == Method::Invite, errand, 0, out, |core, branch, bytes| {
            let sent_by = core.shown(errand.path.transport, errand.path.local, errand.path.peer.ip());
            compose::request(bytes, request, errand.path.transport, sent_by, branch, &core.plan.product);
            core.counters.request_out(request.method);
        })
    }

    /// Sends a request inside a dialog, as its next one and along its route set (RFC 3261 12.2.1.1).
    pub(crate) fn request_inside(
        &mut self,
        now: Timestamp,
        dialog: &mut Dialog,
        inside: &Inside<'_>,
        out: &mut Out,
    ) -> ClientRef {
        let seq = dialog.next_seq();
        let (uri, routes) = dialog.way();
        let &Inside { method, owner, trunk, extra, body } = inside;
        let request = Request {
            method,
            uri,
            routes: &routes,
            from: dialog.local(),
            to: dialog.remote(),
            call_id: dialog.call_id(),
            seq,
            extra,
            body,
        };
        self.request(now, &request, Errand { owner, path: dialog.path, trunk }, out)
    }

    /// Sends an OPTIONS or a REGISTER, which `write` makes with `rsip`. What that refuses, because `rsip` has no
    /// form for it or writes something else than it was told, is written by us instead: a peer must not stay
    /// unasked because a library cannot write his name.
    pub(crate) fn low_rate_request(
        &mut self,
        now: Timestamp,
        request: &Request<'_>,
        errand: Errand,
        out: &mut Out,
        write: impl FnOnce(&LowRate<'_>) -> Result<Vec<u8>, Refused>,
    ) -> ClientRef {
        self.open_client(now, false, errand, 0, out, |core, branch, bytes| {
            let transport = errand.path.transport;
            let sent_by = core.shown(transport, errand.path.local, errand.path.peer.ip());
            let product = &core.plan.product;
            match LowRate::of(request, transport, sent_by, branch, product).and_then(|low| write(&low).ok()) {
                Some(written) => bytes.extend_from_slice(&written),
                None => compose::request(bytes, request, transport, sent_by, branch, product),
            }
            core.counters.request_out(request.method);
        })
    }

    /// Opens a client transaction around a request that `write` appends.
    pub(crate) fn open_client(
        &mut self,
        now: Timestamp,
        invite: bool,
        errand: Errand,
        challenges: u8,
        out: &mut Out,
        write: impl FnOnce(&mut Self, &[u8], &mut Vec<u8>),
    ) -> ClientRef {
        let clock = Clock::of(&self.plan.timers, errand.path.transport);
        let guard = self.random.bits();
        let machine = if invite {
            ClientMachine::Invite {
                state: InviteClient::start(now, &clock),
                cancel: Cancel::None,
                acknowledged: None,
            }
        } else {
            ClientMachine::Plain(PlainClient::start(now, &clock))
        };
        self.counters.transactions_of_keeping += usize::from(errand.owner.keeps());
        let name = self.transactions.clients.insert(Client {
            machine,
            owner: errand.owner,
            guard,
            path: errand.path,
            bytes: Box::default(),
            trunk: errand.trunk,
            challenges,
            timer: None,
        });
        let mut branch = Vec::with_capacity(40);
        write_branch(&mut branch, name, guard);
        let from = out.bytes.len();
        write(self, &branch, &mut out.bytes);
        self.send(&errand.path, from, out);
        // Streams resend nothing, but ACK, CANCEL and a challenge are answered from the request too.
        if let Some(client) = self.transactions.clients.get_mut(name) {
            client.bytes = out.bytes[from..].into();
        }
        self.settle_client(name);
        name
    }

    /// Brings a client transaction's timer in line with its state; forgets it when it is over.
    pub(crate) fn settle_client(&mut self, name: ClientRef) {
        let Some(client) = self.transactions.clients.get_mut(name) else { return };
        let wanted = client.deadline();
        if client.timer.map(base::TimerRef::at) != wanted || client.is_gone() {
            if let Some(timer) = client.timer.take() {
                self.wheel.cancel(timer);
            }
            if client.is_gone() {
                let kept = usize::from(client.owner.keeps());
                self.counters.transactions_of_keeping -= kept;
                self.transactions.clients.remove(name);
            } else if let Some(at) = wanted {
                client.timer = Some(self.wheel.schedule(at, Timer::Client(name)));
            }
        }
    }

    /// Nobody wants to know any more: the protocol is completed without its owner.
    pub(crate) fn disown(&mut self, name: ClientRef) {
        if let Some(client) = self.transactions.clients.get_mut(name) {
            client.owner = Owner::Nobody;
        }
    }

    /// A client transaction's timer has fired.
    pub(crate) fn client_due(
        &mut self,
        now: Timestamp,
        name: ClientRef,
        out: &mut Out,
    ) -> Option<(Owner, Ended)> {
        let client = self.transactions.clients.get_mut(name)?;
        client.timer = None;
        let clock = Clock::of(&self.plan.timers, client.path.transport);
        let (path, owner) = (client.path, client.owner);
        let mut ended = None;
        let mut again: Option<Box<[u8]>> = None;
        match &mut client.machine {
            ClientMachine::Plain(state) => match state.on(now, PlainClientEvent::Deadline, &clock) {
                PlainClientEffect::Resend => again = Some(client.bytes.clone()),
                PlainClientEffect::TimedOut => ended = Some((owner, Ended::TimedOut)),
                _ => {}
            },
            ClientMachine::Invite { state, cancel, .. } => match cancel {
                Cancel::Sent { bytes, resend_at, interval, give_up }
                    if *state == InviteClient::Proceeding =>
                {
                    if now >= *give_up {
                        *state = InviteClient::Gone;
                        ended = Some((owner, Ended::TimedOut));
                    } else if now >= *resend_at {
                        *interval = (*interval * 2).min(clock.t2);
                        *resend_at = now + *interval;
                        again = Some(bytes.clone());
                    }
                }
                _ => match state.on(now, InviteClientEvent::Deadline, &clock) {
                    InviteClientEffect::Resend => again = Some(client.bytes.clone()),
                    InviteClientEffect::TimedOut => ended = Some((owner, Ended::TimedOut)),
                    _ => {}
                },
            },
        }
        if let Some(bytes) = again {
            self.send_again(&path, &bytes, out);
        }
        self.settle_client(name);
        ended
    }

    /// A client transaction's request cannot be sent.
    pub(crate) fn client_failed(&mut self, now: Timestamp, name: ClientRef) -> Option<(Owner, Ended)> {
        let client = self.transactions.clients.get_mut(name)?;
        let clock = Clock::of(&self.plan.timers, client.path.transport);
        let failed = match &mut client.machine {
            ClientMachine::Plain(state) => {
                state.on(now, PlainClientEvent::TransportError, &clock) == PlainClientEffect::Failed
            }
            ClientMachine::Invite { state, .. } => {
                state.on(now, InviteClientEvent::TransportError, &clock) == InviteClientEffect::Failed
            }
        };
        let owner = client.owner;
        self.settle_client(name);
        failed.then_some((owner, Ended::Failed))
    }

    // ── server transactions ─────────────────────────────────────────────────────────────────────────────

    /// Opens a server transaction for a request whose answers begin with `head`.
    pub(crate) fn open_server(
        &mut self,
        now: Timestamp,
        invite: bool,
        key: u128,
        path: Path,
        head: Box<[u8]>,
        leg: Option<LegSlot>,
    ) -> ServerRef {
        let clock = Clock::of(&self.plan.timers, path.transport);
        let machine = if invite {
            ServerMachine::Invite(InviteServer::Proceeding)
        } else {
            ServerMachine::Plain(PlainServer::start(now, &clock))
        };
        let keeps = !invite && leg.is_none();
        self.counters.transactions_of_keeping += usize::from(keeps);
        let name = self.transactions.open_server(Server {
            keeps,
            machine,
            key,
            path,
            leg,
            head,
            last: Box::default(),
            timer: None,
        });
        self.settle_server(name);
        name
    }

    fn settle_server(&mut self, name: ServerRef) {
        let Some(server) = self.transactions.servers.get_mut(name) else { return };
        let wanted = server.deadline();
        if server.timer.map(base::TimerRef::at) != wanted || server.is_gone() {
            if let Some(timer) = server.timer.take() {
                self.wheel.cancel(timer);
            }
            if server.is_gone() {
                self.counters.transactions_of_keeping -= usize::from(server.keeps);
                self.transactions.close_server(name);
            } else if let Some(at) = wanted {
                server.timer = Some(self.wheel.schedule(at, Timer::Server(name)));
            }
        }
    }

    /// Answers a request. A final answer ends the transaction's interest in its leg.
    /// Returns the range of the answer in `out.bytes`, for whoever has to send it again itself.
    pub(crate) fn answer(
        &mut self,
        now: Timestamp,
        name: ServerRef,
        method: Method<'_>,
        reply: &Reply<'_>,
        out: &mut Out,
    ) -> std::ops::Range<usize> {
        let from = out.bytes.len();
        let Some(server) = self.transactions.servers.get_mut(name) else { return from..from };
        compose::response(&mut out.bytes, reply, &server.head, &self.plan.product);
        let clock = Clock::of(&self.plan.timers, server.path.transport);
        let path = server.path;
        let again = &out.bytes[from..];
        match &mut server.machine {
            ServerMachine::Invite(state) => match reply.status {
                100..=199 => server.last = again.into(),
                200..=299 => {
                    // RFC 6026 7.1: from here on the leg resends its 2xx.
                    state.on(now, InviteServerEvent::Success, &clock);
                    (server.last, server.head, server.leg) =
                        (Box::default(), to_line(&server.head).into(), None);
                }
                _ => {
                    state.on(now, InviteServerEvent::Failure, &clock);
                    (server.last, server.head, server.leg) =
                        (again.into(), to_line(&server.head).into(), None);
                }
            },
            ServerMachine::Plain(state) => {
                state.on(now, PlainServerEvent::Answer, &clock);
                server.leg = None;
                if !clock.reliable {
                    (server.last, server.head) = (again.into(), Box::default());
                }
            }
        }
        self.send(&path, from, out);
        self.counters.response_out(method, reply.status);
        self.settle_server(name);
        from..out.bytes.len()
    }

    /// Lets an INVITE with a wrong password wait; [`server_due`](Self::server_due) says when it is refused.
    pub(crate) fn hold_invite(&mut self, name: ServerRef, at: Timestamp) {
        if let Some(server) = self.transactions.servers.get_mut(name) {
            server.machine = ServerMachine::Invite(InviteServer::Held { at });
            self.counters.held += 1;
        }
        self.settle_server(name);
    }

    /// Answers a non-INVITE request later, at `at`: what a wrong password gets.
    pub(crate) fn answer_later(&mut self, now: Timestamp, name: ServerRef, at: Timestamp, reply: &Reply<'_>) {
        let Some(server) = self.transactions.servers.get_mut(name) else { return };
        let ServerMachine::Plain(state) = &mut server.machine else { return };
        let clock = Clock::of(&self.plan.timers, server.path.transport);
        state.on(now, PlainServerEvent::Hold(at), &clock);
        let mut bytes = Vec::with_capacity(512);
        compose::response(&mut bytes, reply, &server.head, &self.plan.product);
        (server.last, server.head) = (bytes.into(), Box::default());
        self.counters.held += 1;
        self.settle_server(name);
    }

    /// A request arrived again.
    pub(crate) fn server_again(&mut self, now: Timestamp, name: ServerRef, out: &mut Out) {
        let Some(server) = self.transactions.servers.get_mut(name) else { return };
        self.counters.retransmissions_in += 1;
        let clock = Clock::of(&self.plan.timers, server.path.transport);
        let resend = match &mut server.machine {
            ServerMachine::Invite(state) => {
                state.on(now, InviteServerEvent::Again, &clock) == InviteServerEffect::Resend
            }
            ServerMachine::Plain(state) => {
                state.on(now, PlainServerEvent::Again, &clock) == PlainServerEffect::Send
            }
        };
        if resend && !server.last.is_empty() {
            let (path, bytes) = (server.path, server.last.clone());
            self.send_again(&path, &bytes, out);
        }
        self.settle_server(name);
    }

    /// Whether a transaction is that of an INVITE that was refused.
    pub(crate) fn is_refused(&self, name: ServerRef) -> bool {
        self.transactions.servers.get(name).is_some_and(|server| {
            let ServerMachine::Invite(state) = server.machine else { return false };
            matches!(state, InviteServer::Completed { .. } | InviteServer::Confirmed { .. })
        })
    }

    /// The ACK to a refusal arrived.
    pub(crate) fn server_acked(&mut self, now: Timestamp, name: ServerRef) {
        let Some(server) = self.transactions.servers.get_mut(name) else { return };
        let clock = Clock::of(&self.plan.timers, server.path.transport);
        if let ServerMachine::Invite(state) = &mut server.machine {
            state.on(now, InviteServerEvent::Ack, &clock);
            if !matches!(state, InviteServer::Completed { .. } | InviteServer::Proceeding) {
                server.last = Box::default();
            }
        }
        self.settle_server(name);
    }

    /// A server transaction's timer has fired. `true`: it is an INVITE to be refused now.
    pub(crate) fn server_due(&mut self, now: Timestamp, name: ServerRef, out: &mut Out) -> bool {
        let Some(server) = self.transactions.servers.get_mut(name) else { return false };
        server.timer = None;
        let mut refuse = false;
        let clock = Clock::of(&self.plan.timers, server.path.transport);
        match &mut server.machine {
            ServerMachine::Invite(state) => match state.on(now, InviteServerEvent::Deadline, &clock) {
                InviteServerEffect::Resend => {
                    let (path, bytes) = (server.path, server.last.clone());
                    self.send_again(&path, &bytes, out);
                }
                InviteServerEffect::Refuse => {
                    refuse = true;
                    self.counters.held = self.counters.held.saturating_sub(1);
                }
                InviteServerEffect::Nothing => {}
            },
            ServerMachine::Plain(state) => {
                let held = matches!(state, PlainServer::Held { .. });
                if state.on(now, PlainServerEvent::Deadline, &clock) == PlainServerEffect::Send {
                    let (path, from) = (server.path, out.bytes.len());
                    out.bytes.extend_from_slice(&server.last);
                    self.send(&path, from, out);
                }
                if held {
                    self.counters.held = self.counters.held.saturating_sub(1);
                }
            }
        }
        self.settle_server(name);
        refuse
    }
}
