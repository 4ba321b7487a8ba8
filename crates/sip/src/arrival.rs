//! Arrivals: an INVITE outside any dialog becomes an ingress leg, or is refused with as little work as possible.
//!
//! ```text
//!   INVITE ─▶ whose? ─▶ can we do what it requires? ─▶ full? ─▶ digest ─▶ merged? ─▶ Replaces? ─▶ timer?
//!             stranger: 403    420                      503      401       482       481, 403…    422
//!             or silence; scanner: ban                                                             │
//!                        Invited ◀── 100 Trying ◀── leg ◀── a call's token (503) ◀─────────────────┘
//! ```
//!
//! Never knows: who is called, what a body means.

use crate::admission::{HELD, Wrong, is_scanner};
use crate::binding::Binding;
use crate::compose::{Reply, put, put_number};
use crate::endpoint::{Endpoint, Note, Out, Path};
use crate::gate::Proof;
use crate::ingress::{Ingress, Waiting};
use crate::leg::{AorRef, Body, Fact, Invited, Origin};
use crate::message::{Method, Name, NameAddr, Uri};
use crate::peer::Peer;
use crate::plan::NumberRules;
use crate::received::Received;
use crate::referral::Unfit;
use crate::route;
use crate::transaction::write_tag;
use crate::{body, numbers, refusal, trunk};
use base::{Private, Timestamp};
use std::net::IpAddr;

/// Headers of one INVITE that are handed on …
const CARRIED_MAX: usize = 8;
/// … and the longest of them, in bytes; others are left out.
const CARRIED_LENGTH: usize = 2_000;

impl Endpoint {
    /// An INVITE outside any dialog.
    pub(crate) fn invited(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        key: u128,
        out: &mut Out,
    ) {
        let Some(origin) = self.origin_of(request, path) else {
            if !self.is_scan(now, path, request, out) {
                self.stranger(now, path, request, out);
            }
            return;
        };
        if let Some(lines) = refusal::unsupported(request) {
            let reply = Reply { status: 420, extra: &lines, ..Reply::default() };
            return self.refuse(request, path, &reply, "requires an unknown extension", out);
        }
        let (legs, transactions) = (self.legs.all.len(), self.core.transactions.len());
        if let Err(full) = self.admission.closed(&self.core.plan.limits, legs, transactions) {
            return self.full(request, path, full.why(), out);
        }
        let secret = match origin {
            Origin::Trunk(trunk) => self.core.plan.trunks[trunk.index()].inbound_digest.clone(),
            Origin::Aor(aor) => Some(self.core.plan.accounts[aor.index()].secret.clone()),
        };
        if secret.is_some() {
            match self.gate.prove(now, request, secret.as_ref()) {
                Proof::Good => {}
                Proof::Ask { stale } => {
                    let lines = self.gate.challenge(now, stale);
                    let reply = Reply { status: 401, extra: &lines, ..Reply::default() };
                    // RFC 3261 26.3.2.4: challenges of INVITE keep no state.
                    return self.stateless(request.message, request.via(), Method::Invite, path, &reply, out);
                }
                Proof::Wrong => return self.wrong_invite(now, path, request, key, out),
            }
        }
        self.admitted(now, path, request, key, origin, out);
    }

    /// Everything is known but whether there is room.
    fn admitted(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        key: u128,
        origin: Origin,
        out: &mut Out,
    ) {
        let merge_key = self.core.merge_key(request);
        if self.legs.is_merged(merge_key) {
            let reply = Reply { status: 482, ..Reply::default() };
            return self.refuse(request, path, &reply, "merged request", out);
        }
        let replaces = match self.replaces_of(request, origin) {
            Ok(replaces) => replaces,
            Err(Unfit { status, why }) => {
                let reply = Reply { status, reason: Some(why), ..Reply::default() };
                return self.refuse(request, path, &reply, why, out);
            }
        };
        let peer = Peer::of(request);
        let min_se = self.core.plan.timers.min_se;
        if peer.timer && peer.session.is_some_and(|asked| asked.expires < min_se) {
            let mut extra = b"Min-SE: ".to_vec();
            put_number(&mut extra, min_se.as_secs());
            put(&mut extra, &[b"\r\n"]);
            let reply = Reply { status: 422, extra: &extra, ..Reply::default() };
            return self.refuse(request, path, &reply, "session interval too small", out);
        }
        let Ok(offer) = body::description(request) else {
            let reply = Reply { status: 415, extra: crate::compose::ACCEPT, ..Reply::default() };
            return self.refuse(request, path, &reply, "unknown body", out);
        };
        let (legs, transactions) = (self.legs.all.len(), self.core.transactions.len());
        if let Err(full) = self.admission.call(now, &self.core.plan.limits, legs, transactions) {
            return self.full(request, path, full.why(), out);
        }
        let nated = match origin {
            Origin::Aor(_) => route::is_nated(request.message, path),
            Origin::Trunk(_) => route::is_inside(request.message, path),
        };
        let invite = Invited { replaces, ..self.read_invite(request, path, origin, offer, nated) };
        let core = &mut self.core;
        let guard = core.random.bits();
        let id = self.legs.arrive(guard, origin, |id| {
            let mut tag = Vec::with_capacity(32);
            write_tag(&mut tag, id.slot, id.guard);
            let mut head = Vec::with_capacity(768);
            route::head(request.message, request.via(), path, &tag, true, &mut head);
            let back = route::back(request.via(), path);
            let server = core.open_server(now, true, key, back, head.into(), Some(id.slot));
            Ingress {
                server,
                seq: request.seq(),
                dialog: core.dialog_of_request(now, request, &tag, path, nated, out),
                offer: offer.into(),
                peer,
                contact: user_of(request.uri()).into(),
                merge_key,
                reliable: None,
                rseq: 0,
                waiting: Waiting::Nothing,
            }
        });
        self.core.counters.legs_opened += 1;
        if let Some(crate::legs::Leg { state: crate::legs::State::Ingress(ingress), .. }) =
            self.legs.all.get(id.slot)
        {
            let reply = Reply { status: 100, ..Reply::default() };
            self.core.answer(now, ingress.server, Method::Invite, &reply, out);
        }
        out.facts.push(Fact::Invited { leg: id.name, invite: Box::new(invite) });
    }

    /// What `call` is told.
    fn read_invite(
        &self,
        request: &Received<'_>,
        path: &Path,
        origin: Origin,
        offer: &[u8],
        nated: bool,
    ) -> Invited {
        let dialed = user_of(request.uri());
        let from = request.message.from();
        let from_user = from.map_or(String::new(), |from| user_of(from.uri));
        let mut name = from.map_or(String::new(), |from| text_of(from.name));
        let none = NumberRules::default();
        let (called, caller, rules) = match origin {
            Origin::Aor(aor) => (dialed, self.core.plan.accounts[aor.index()].user.clone(), &none),
            Origin::Trunk(trunk) => {
                let trunk = &self.core.plan.trunks[trunk.index()];
                // A carrier that we registered with calls our contact; the number dialed stands in To.
                let to = request.message.to().map_or(String::new(), |to| user_of(to.uri));
                let dialed =
                    if trunk.register_as.as_deref() == Some(&dialed) && !to.is_empty() { to } else { dialed };
                let asserted = trunk.trusted.then(|| asserted_identity(request)).flatten();
                let withheld = request.message.values(Name::Privacy).any(|value| {
                    value
                        .split(|&byte| byte == b';')
                        .any(|word| matches!(word.trim_ascii(), b"id" | b"user" | b"full"))
                });
                if withheld {
                    name.clear();
                }
                let raw = if withheld { String::new() } else { asserted.unwrap_or(from_user) };
                (
                    numbers::called(&dialed, &trunk.numbers),
                    numbers::caller(&raw, &trunk.numbers),
                    &trunk.numbers,
                )
            }
        };
        let diverted = diverted_from(request).map_or(String::new(), |user| numbers::caller(&user, rules));
        Invited {
            origin,
            called,
            caller: Private::new(caller),
            caller_name: Private::new(name),
            diverted_from: Private::new(diverted),
            call_id: text_of(request.call_id()),
            offer: Some(Body::from(offer)).filter(|offer| !offer.is_empty()),
            local: path.local.ip(),
            peer: path.peer,
            transport: path.transport,
            nated,
            replaces: None,
            carried: match origin {
                Origin::Trunk(_) => self.carried(request),
                Origin::Aor(_) => Vec::new(),
            },
        }
    }

    /// The headers that are handed on.
    fn carried(&self, request: &Received<'_>) -> Vec<(String, Private)> {
        let wanted = &self.core.plan.carries;
        if wanted.is_empty() {
            return Vec::new();
        }
        let of = |name: &[u8]| wanted.iter().find(|own| own.as_bytes().eq_ignore_ascii_case(name)).cloned();
        let headers = request.message.all().filter(|(_, _, value)| value.len() <= CARRIED_LENGTH);
        let headers = headers.filter_map(|(_, name, value)| Some((of(name)?, Private::new(text_of(value)))));
        headers.take(CARRIED_MAX).collect()
    }

    /// A phone that is registered from here, or a trunk whose address this is.
    fn origin_of(&self, request: &Received<'_>, path: &Path) -> Option<Origin> {
        let phone = request.message.from().and_then(|from| self.phone_at(from.uri, path.peer.ip()));
        phone
            .map(Origin::Aor)
            .or_else(|| trunk::of_address(&self.core.plan.trunks, path.peer.ip()).map(Origin::Trunk))
    }

    /// The account of a URI, when one of its phones is registered from this address.
    fn phone_at(&self, uri: &[u8], address: IpAddr) -> Option<AorRef> {
        let aor = self.registrar.find(Uri::parse(uri)?.user)?;
        let here = |binding: &Binding| binding.path.peer.ip() == address;
        self.registration(aor).iter().any(here).then_some(aor)
    }

    /// Whether requests from here are somebody's: a trunk's or a registered phone's.
    pub(crate) fn is_friend(&self, path: &Path) -> bool {
        trunk::of_address(&self.core.plan.trunks, path.peer.ip()).is_some()
            || self.registrar.is_source(path.peer)
    }

    /// Whether a stranger has asked more than his share: then he gets no answer at all.
    pub(crate) fn is_too_much(&mut self, now: Timestamp, path: &Path) -> bool {
        !self.is_friend(path) && !self.admission.stranger(now, path.peer.ip(), &self.core.plan.limits)
    }

    /// Somebody who is nobody: a refusal as long as he is slow, silence when he is not.
    fn stranger(&mut self, now: Timestamp, path: &Path, request: &Received<'_>, out: &mut Out) {
        let slow = self.admission.stranger(now, path.peer.ip(), &self.core.plan.limits);
        let reply = Reply { status: if slow { 403 } else { 0 }, ..Reply::default() };
        self.refuse(request, path, &reply, "call of a stranger", out);
    }

    /// Tools that look for open exchanges give themselves away; they get silence from then on.
    pub(crate) fn is_scan(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        out: &mut Out,
    ) -> bool {
        let named = request.value(Name::UserAgent).is_some_and(is_scanner) || is_scanner(request.from());
        if named {
            self.core.counters.refuse("scanner");
            self.ban(now, path.peer.ip(), "scanner", out);
        }
        named
    }

    /// Drops a source from now on. A trunk is never dropped: its caller's words are not its own.
    pub(crate) fn ban(&mut self, now: Timestamp, peer: IpAddr, why: &'static str, out: &mut Out) {
        if trunk::of_address(&self.core.plan.trunks, peer).is_some() {
            return;
        }
        if self.admission.ban(now, peer, self.core.plan.limits.ban) {
            self.core.counters.banned += 1;
            out.notes.push(Note::Banned { peer, why });
        }
    }

    /// A wrong password: how long its answer waits; `None` for silence.
    pub(crate) fn wrong_password(&mut self, now: Timestamp, path: &Path, out: &mut Out) -> Option<Timestamp> {
        self.core.counters.authentication_failures += 1;
        out.notes.push(Note::AuthenticationFailed { peer: path.peer });
        match self.admission.wrong_password(now, path.peer.ip(), &self.core.plan.limits) {
            Wrong::Ban => {
                self.ban(now, path.peer.ip(), "too many wrong passwords", out);
                None
            }
            Wrong::Wait(_) if self.core.counters.held >= HELD => None,
            Wrong::Wait(span) => Some(now + span),
        }
    }

    fn wrong_invite(
        &mut self,
        now: Timestamp,
        path: &Path,
        request: &Received<'_>,
        key: u128,
        out: &mut Out,
    ) {
        let Some(at) = self.wrong_password(now, path, out) else { return };
        let mut tag = Vec::with_capacity(16);
        crate::transaction::write_hex(&mut tag, self.core.hash(request.call_id()));
        let mut head = Vec::with_capacity(512);
        route::head(request.message, request.via(), path, &tag, false, &mut head);
        let back = route::back(request.via(), path);
        let server = self.core.open_server(now, true, key, back, head.into(), None);
        self.core.answer(now, server, Method::Invite, &Reply { status: 100, ..Reply::default() }, out);
        self.core.hold_invite(server, at);
    }

    fn full(&mut self, request: &Received<'_>, path: &Path, why: &'static str, out: &mut Out) {
        let mut extra = b"Retry-After: ".to_vec();
        put_number(&mut extra, self.core.plan.limits.retry_after.as_secs().max(1));
        put(&mut extra, &[b"\r\n"]);
        let reply = Reply { status: 503, extra: &extra, ..Reply::default() };
        self.refuse(request, path, &reply, why, out);
    }
}

/// The user of a P-Asserted-Identity (RFC 3325 9.1): a `tel:` before a `sip:`, since it is the number.
fn asserted_identity(request: &Received<'_>) -> Option<String> {
    let users = || {
        request.message.values(Name::PAssertedIdentity).filter_map(NameAddr::parse).filter_map(|one| {
            let uri = Uri::parse(one.uri)?;
            Some((uri.scheme, user_of(one.uri)))
        })
    };
    users()
        .find(|(scheme, _)| *scheme == crate::message::Scheme::Tel)
        .or_else(|| users().next())
        .map(|(_, user)| user)
        .filter(|user| !user.is_empty())
}

/// Who sent the call on to us: the last Diversion (RFC 5806, topmost), or the entry before ours in
/// History-Info (RFC 7044).
fn diverted_from(request: &Received<'_>) -> Option<String> {
    let user = |value: &[u8]| NameAddr::parse(value).map(|one| user_of(one.uri));
    if let Some(value) = request.message.values(Name::Diversion).next() {
        return user(value);
    }
    let history: Vec<&[u8]> = request.message.values(Name::HistoryInfo).take(32).collect();
    history.len().checked_sub(2).and_then(|at| user(history[at]))
}

/// The user part of a URI as text: escapes undone, parameters of a number taken off.
pub(crate) fn user_of(uri: &[u8]) -> String {
    let Some(uri) = Uri::parse(uri) else { return String::new() };
    let user = uri.user.split(|&byte| byte == b';').next().unwrap_or_default();
    let mut plain = Vec::with_capacity(user.len());
    let mut rest = user;
    while let [byte, after @ ..] = rest {
        let escaped = after
            .get(..2)
            .filter(|_| *byte == b'%')
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match escaped {
            Some(escaped) => {
                plain.push(escaped);
                rest = &after[2..];
            }
            None => {
                plain.push(*byte);
                rest = after;
            }
        }
    }
    text_of(&plain)
}

/// Foreign bytes as text; what is not UTF-8 is taken for Latin-1, as old phones send it.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
