//! The registrar (RFC 3261 10): which phones an account has, and whether they are still there.
//!
//! ```text
//!   REGISTER ─▶ digest ─▶ contacts checked ─▶ bindings changed ─▶ 200 with all contacts
//!                401        400, 423            │
//!   expiry, stream closed, no answer to OPTIONS ┘──▶ AorBound, AorLost
//! ```
//!
//! A phone behind a NAT is reached at the address its REGISTER came from, and gets an OPTIONS now and then so
//! that the NAT keeps the way open; one that does not answer twice is gone. These OPTIONS are written by `rsip`
//! through [`rsip_values`](crate::rsip_values), or by our own composer where it cannot: what a phone calls itself
//! in its Contact is the phone's to choose.
//! Bounds: contacts per account (the oldest goes), contacts per request, length of a contact.
//! Never knows: agents, calls.

use crate::binding::{Binding, Bindings, Change};
use crate::compose::{ALLOW, Reply, Request, put, put_number};
use crate::core::{Errand, Timer};
use crate::endpoint::{ConnectionRef, Endpoint, Out, Path};
use crate::gate::Proof;
use crate::leg::{AorLoss, AorRef, Fact, Transport};
use crate::message::{Method, Name, Scheme, Uri};
use crate::plan::Account;
use crate::received::Received;
use crate::transaction::{Owner, ServerRef, write_hex};
use crate::{refusal, route, rsip_values};
use base::{Table, TimerRef, Timestamp};
use std::net::SocketAddr;
use std::time::Duration;

/// Contacts in one REGISTER.
const CONTACTS: usize = 16;
/// Bytes of one contact's URI or instance.
const CONTACT_LENGTH: usize = 512;
/// Keep-alives that may stay unanswered before a phone counts as gone.
const MISSES: u8 = 2;

/// One account's phones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) bindings: Bindings,
    expiry: Option<TimerRef>,
    ping: Option<TimerRef>,
}

/// All accounts.
#[derive(Debug)]
pub(crate) struct Registrar {
    pub(crate) accounts: Vec<Kept>,
    by_user: Table<Box<[u8]>, AorRef>,
    /// How many contacts were registered from an address.
    sources: Table<SocketAddr, u32>,
    /// Names bindings.
    next: u64,
}

impl Registrar {
    pub(crate) fn new(accounts: &[Account], seed: u64) -> Self {
        let mut by_user = Table::seeded(seed);
        for (at, account) in accounts.iter().enumerate() {
            by_user.insert(account.user.as_bytes().into(), AorRef::at(at));
        }
        let sources = Table::seeded(seed ^ 1);
        Self { accounts: vec![Kept::default(); accounts.len()], by_user, sources, next: 0 }
    }

    /// The account of a user.
    pub(crate) fn find(&self, user: &[u8]) -> Option<AorRef> {
        self.by_user.get(user).copied()
    }

    /// Whether a phone is registered from exactly this address.
    pub(crate) fn is_source(&self, peer: SocketAddr) -> bool {
        self.sources.contains(&peer)
    }

    /// How many timers should be running.
    pub(crate) fn timers(&self) -> usize {
        self.accounts
            .iter()
            .map(|kept| usize::from(kept.expiry.is_some()) + usize::from(kept.ping.is_some()))
            .sum()
    }
}

/// Why a REGISTER is refused once the phone has proved who it is.
struct Refusal {
    status: u16,
    reason: Option<&'static str>,
}

const fn bad(reason: &'static str) -> Refusal {
    Refusal { status: 400, reason: Some(reason) }
}

impl Endpoint {
    /// A REGISTER.
    pub(crate) fn registered(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        key: u128,
        out: &mut Out,
    ) {
        if self.is_scan(now, path, request, out) {
            return;
        }
        if self.is_too_much(now, path) {
            return self.refuse(request, path, &Reply::default(), "too many requests of a stranger", out);
        }
        let user = request.message.to().and_then(|to| Uri::parse(to.uri)).map_or(&b""[..], |uri| uri.user);
        let aor = self.registrar.find(user);
        let secret = aor.map(|aor| &self.core.plan.accounts[aor.index()].secret);
        let aor = match (self.gate.prove(now, request, secret), aor) {
            (Proof::Good, Some(aor)) => aor,
            (Proof::Ask { stale }, _) => {
                let lines = self.gate.challenge(now, stale);
                let reply = Reply { status: 401, extra: &lines, ..Reply::default() };
                return self.stateless(request.message, request.via(), Method::Register, path, &reply, out);
            }
            (Proof::Wrong | Proof::Good, _) => {
                let Some(at) = self.wrong_password(now, path, out) else { return };
                let server = self.open_register(now, path, request, key);
                let lines = self.gate.challenge(now, false);
                let reply = Reply { status: 401, extra: &lines, ..Reply::default() };
                return self.core.answer_later(now, server, at, &reply);
            }
        };
        if self.core.transactions.len() >= self.core.plan.limits.transactions {
            let reply = Reply { status: 503, ..Reply::default() };
            return self.refuse(request, path, &reply, "too many transactions", out);
        }
        let server = self.open_register(now, path, request, key);
        if let Some(lines) = refusal::unsupported(request) {
            let reply = Reply { status: 420, extra: &lines, ..Reply::default() };
            self.core.answer(now, server, Method::Register, &reply, out);
            return;
        }
        match self.bind(now, path, request, aor, out) {
            Ok(()) => {
                let lines = self.contact_lines(now, request, aor);
                let reply = Reply { status: 200, extra: &lines, ..Reply::default() };
                self.core.answer(now, server, Method::Register, &reply, out);
            }
            Err(Refusal { status, reason }) => {
                let mut extra = Vec::new();
                if status == 423 {
                    put(&mut extra, &[b"Min-Expires: "]);
                    put_number(&mut extra, self.core.plan.timers.register_min.as_secs());
                    put(&mut extra, &[b"\r\n"]);
                }
                let reply = Reply { status, reason, extra: &extra, body: None };
                self.core.answer(now, server, Method::Register, &reply, out);
            }
        }
    }

    fn open_register(&mut self, now: Timestamp, path: &Path, request: &Received<'_>, key: u128) -> ServerRef {
        let mut tag = Vec::with_capacity(16);
        write_hex(&mut tag, self.core.hash(request.call_id()));
        let mut head = Vec::with_capacity(512);
        route::head(request.message, request.via(), path, &tag, false, &mut head);
        self.core.open_server(now, false, key, route::back(request.via(), path), head.into(), None)
    }

    /// Changes the bindings as the request says, all or nothing.
    fn bind(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        aor: AorRef,
        out: &mut Out,
    ) -> Result<(), Refusal> {
        let call_id = self.core.hash(request.call_id());
        let contacts: Vec<_> = request.message.contacts().take(CONTACTS + 1).collect();
        if contacts.len() > CONTACTS {
            return Err(bad("Too Many Contacts"));
        }
        if contacts.iter().flatten().any(crate::message::NameAddr::is_star) {
            if contacts.len() != 1 || request.message.expires() != Some(0) {
                // RFC 3261 10.3 step 6.
                return Err(bad("Contact * Needs Expires 0 And No Other Contact"));
            }
            return self.change(now, aor, AorLoss::Unregistered, out, |bindings, _| {
                bindings.clear(call_id, request.seq())
            });
        }
        let routes: Vec<&[u8]> = request.message.values(Name::Path).take(CONTACTS).collect();
        let nated = routes.is_empty() && route::is_nated(request.message, path);
        let timers = &self.core.plan.timers;
        let mut changes = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let contact = contact.ok_or(bad("Bad Contact"))?;
            let known =
                Uri::parse(contact.uri).is_some_and(|uri| matches!(uri.scheme, Scheme::Sip | Scheme::Sips));
            let instance = contact.params.value("+sip.instance");
            if !known
                || contact.uri.len() > CONTACT_LENGTH
                || instance.is_some_and(|i| i.len() > CONTACT_LENGTH)
            {
                return Err(bad("Bad Contact"));
            }
            let asked = match contact.params.value("expires") {
                // RFC 3261 20.10: what is no number counts as 3600.
                Some(text) => Some(number(text).unwrap_or(3600)),
                None => request.message.expires(),
            };
            let asked = asked.map_or(timers.register_max, |secs| Duration::from_secs(u64::from(secs)));
            if !asked.is_zero() && asked < timers.register_min {
                return Err(Refusal { status: 423, reason: None });
            }
            self.registrar.next += 1;
            changes.push(Change {
                binding: Binding {
                    id: self.registrar.next,
                    uri: contact.uri.into(),
                    instance: instance.map(Into::into),
                    q: contact.params.value("q").map_or(1000, q_of),
                    call_id,
                    seq: request.seq(),
                    since: now,
                    until: now + asked.min(timers.register_max),
                    path: *path,
                    routes: routes.join(&b", "[..]).into(),
                    nated,
                    missed: 0,
                },
            });
        }
        if changes.is_empty() {
            return Ok(()); // a question: RFC 3261 10.3 step 6
        }
        self.change(now, aor, AorLoss::Unregistered, out, |bindings, limit| bindings.apply(changes, limit))
    }

    /// Changes an account's bindings, keeps its timers in line and tells what it means.
    fn change<E>(
        &mut self,
        now: Timestamp,
        aor: AorRef,
        why: AorLoss,
        out: &mut Out,
        change: impl FnOnce(&mut Bindings, usize) -> Result<(), E>,
    ) -> Result<(), Refusal> {
        let limit = self.core.plan.limits.contacts;
        let Some(kept) = self.registrar.accounts.get_mut(aor.index()) else { return Ok(()) };
        let before: Vec<SocketAddr> = kept.bindings.all().iter().map(|binding| binding.path.peer).collect();
        if change(&mut kept.bindings, limit).is_err() {
            return Err(Refusal { status: 500, reason: Some("Out Of Order") });
        }
        let after: Vec<SocketAddr> = kept.bindings.all().iter().map(|binding| binding.path.peer).collect();
        // Timers: the next expiry, and a sign of life for phones behind a NAT.
        let expiry = kept.bindings.next_expiry();
        if kept.expiry.map(TimerRef::at) != expiry {
            if let Some(timer) = kept.expiry.take() {
                self.core.wheel.cancel(timer);
            }
            kept.expiry = expiry.map(|at| self.core.wheel.schedule(at, Timer::Registration(aor)));
        }
        let every = self.core.plan.timers.nat_keep_alive;
        let pings = !every.is_zero() && kept.bindings.all().iter().any(|binding| binding.nated);
        match (pings, kept.ping) {
            (true, None) => kept.ping = Some(self.core.wheel.schedule(now + every, Timer::PhonePing(aor))),
            (false, Some(timer)) => {
                self.core.wheel.cancel(timer);
                kept.ping = None;
            }
            _ => {}
        }
        for peer in &after {
            *self.registrar.sources.or_insert_with(*peer, || 0) += 1;
        }
        for peer in &before {
            if let Some(count) = self.registrar.sources.get_mut(peer) {
                *count -= 1;
                if *count == 0 {
                    self.registrar.sources.remove(peer);
                }
            }
        }
        let counters = &mut self.core.counters;
        counters.bound_contacts = counters.bound_contacts + after.len() - before.len();
        let (was, is) = (!before.is_empty(), !after.is_empty());
        counters.bound_accounts = counters.bound_accounts + usize::from(is) - usize::from(was);
        if was && !is {
            out.facts.push(Fact::AorLost { aor, why });
        } else if after.len() != before.len() {
            let contacts = u8::try_from(after.len()).unwrap_or(u8::MAX);
            out.facts.push(Fact::AorBound { aor, contacts, first: !was });
        }
        Ok(())
    }

    /// Takes contacts away that `gone` says.
    fn lose(
        &mut self,
        now: Timestamp,
        aor: AorRef,
        why: AorLoss,
        out: &mut Out,
        gone: impl Fn(&Binding) -> bool,
    ) {
        // Nothing here can be out of order.
        let _ = self.change(now, aor, why, out, |bindings, _| {
            bindings.remove(gone);
            Ok::<(), ()>(())
        });
    }

    /// Contact, Path and what else a 200 says (RFC 3261 10.3 step 8, RFC 3327 5.3).
    fn contact_lines(&self, now: Timestamp, request: &Received<'_>, aor: AorRef) -> Vec<u8> {
        let mut lines = Vec::with_capacity(256);
        for binding in self.registration(aor) {
            put(&mut lines, &[b"Contact: <", &binding.uri, b">;expires="]);
            put_number(&mut lines, binding.until.since(now).as_secs());
            if let Some(instance) = &binding.instance {
                put(&mut lines, &[b";+sip.instance=\"", instance, b"\""]);
            }
            put(&mut lines, &[b"\r\n"]);
        }
        for path in request.message.headers(Name::Path) {
            put(&mut lines, &[b"Path: ", path, b"\r\n"]);
        }
        put(&mut lines, &[b"Supported: path\r\n"]);
        lines
    }

    /// A contact may have expired.
    pub(crate) fn registration_due(&mut self, now: Timestamp, aor: AorRef, out: &mut Out) {
        if let Some(kept) = self.registrar.accounts.get_mut(aor.index()) {
            kept.expiry = None;
        }
        self.lose(now, aor, AorLoss::Expired, out, |binding| binding.until <= now);
    }

    /// A connection has ended: what was reachable over it only is gone, and nothing is waited for on it.
    pub(crate) fn stream_lost(&mut self, now: Timestamp, path: &Path, out: &mut Out) {
        let Some(connection) = path.connection else { return };
        let over = |binding: &Binding| binding.path.connection == Some::<ConnectionRef>(connection);
        for at in 0..self.registrar.accounts.len() {
            if self.registrar.accounts[at].bindings.all().iter().any(over) {
                self.lose(now, AorRef::at(at), AorLoss::Unreachable, out, over);
            }
        }
        if path.transport != Transport::Udp {
            self.nobody_at(now, path.peer, path.transport, out);
        }
    }

    // ── keep-alive ──────────────────────────────────────────────────────────────────────────────────────

    /// Phones behind a NAT get their OPTIONS.
    pub(crate) fn phone_ping_due(&mut self, now: Timestamp, aor: AorRef, out: &mut Out) {
        let every = self.core.plan.timers.nat_keep_alive;
        let Some(kept) = self.registrar.accounts.get_mut(aor.index()) else { return };
        kept.ping = Some(self.core.wheel.schedule(now + every, Timer::PhonePing(aor)));
        let nated: Vec<Binding> = kept.bindings.all().iter().filter(|b| b.nated).cloned().collect();
        let realm = self.core.plan.realm.clone();
        for binding in nated {
            let to = [b"<", &*binding.uri, b">"].concat();
            let ping = Ping { uri: &binding.uri, to: &to, domain: &realm };
            self.ping(now, &ping, Owner::PhonePing(aor, binding.id), binding.path, out);
        }
    }

    /// A phone answered its OPTIONS, whatever it said, or did not.
    pub(crate) fn phone_heard(
        &mut self,
        now: Timestamp,
        aor: AorRef,
        contact: u64,
        heard: bool,
        out: &mut Out,
    ) {
        let Some(kept) = self.registrar.accounts.get_mut(aor.index()) else { return };
        let Some(binding) = kept.bindings.get_mut(contact) else { return };
        binding.missed = if heard { 0 } else { binding.missed + 1 };
        if binding.missed >= MISSES {
            self.lose(now, aor, AorLoss::Unreachable, out, |binding| binding.id == contact);
        }
    }

    /// Sends an OPTIONS outside any dialog. It names no Contact (RFC 3261 11.1 leaves that open): nobody is to
    /// come back to it.
    pub(crate) fn ping(&mut self, now: Timestamp, ping: &Ping<'_>, owner: Owner, path: Path, out: &mut Out) {
        let mut call_id = Vec::with_capacity(16);
        write_hex(&mut call_id, self.core.random.bits());
        let mut from = Vec::with_capacity(64);
        put(&mut from, &[b"<sip:", ping.domain.as_bytes(), b">;tag="]);
        write_hex(&mut from, self.core.random.bits());
        let extra = [b"Accept: application/sdp\r\n", ALLOW].concat();
        let request = Request {
            method: Method::Options,
            uri: ping.uri,
            routes: b"",
            from: &from,
            to: ping.to,
            call_id: &call_id,
            seq: 1,
            extra: &extra,
            body: None,
        };
        let errand = Errand { owner, path, trunk: None };
        self.core.low_rate_request(now, &request, errand, out, rsip_values::options);
    }
}

/// Whom an OPTIONS goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ping<'a> {
    pub(crate) uri: &'a [u8],
    pub(crate) to: &'a [u8],
    /// Who we say we are.
    pub(crate) domain: &'a str,
}

/// A qvalue (RFC 3261 25.1) in thousandths; what is none counts as 1.
fn q_of(text: &[u8]) -> u16 {
    let (whole, rest) = match text {
        [whole @ (b'0' | b'1')] => (whole, &b""[..]),
        [whole @ (b'0' | b'1'), b'.', rest @ ..] if rest.len() <= 3 => (whole, rest),
        _ => return 1000,
    };
    let thousandths = (0..3).fold(0, |sum, at| {
        sum * 10
            + rest.get(at).filter(|digit| digit.is_ascii_digit()).map_or(0, |digit| u16::from(digit - b'0'))
    });
    (u16::from(whole - b'0') * 1000 + thousandths).min(1000)
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::q_of;

    #[test]
    fn preferences_are_thousandths() {
        assert_eq!(
            [q_of(b"0.5"), q_of(b"1"), q_of(b"0"), q_of(b"0.123"), q_of(b"7")],
            [500, 1000, 0, 123, 1000]
        );
    }
}
