//! Egress legs before their answer: one INVITE on its way, over one branch or several.
//!
//! ```text
//!   Invite ──▶ (address looked up) ──▶ branches ──▶ 18x: Ringing     (reliable ones get PRACK)
//!                                        │ ├──────▶ 2xx: ACK ──▶ Confirmed, other branches cancelled
//!                                        │ ├──────▶ 3xx–6xx: next address of the trunk, or the best refusal
//!                                        │ └──────▶ ring time over: CANCEL ──▶ gone
//!                                        └─Release▶ CANCEL ──▶ gone
//! ```
//!
//! A leg that is given up is gone at once for `call`; its transactions finish on their own, and a 2xx that
//! still arrives is acknowledged and ended there.
//! Never knows: what a body means, why this phone.

use crate::compose::{ALLOW, Reply, Request, SDP, SUPPORTED, put, put_number, put_quoted, put_user};
use crate::confirmed::Confirmed;
use crate::core::{Core, Ended, Errand, Inside, Timer};
use crate::dialog::Dialog;
use crate::endpoint::{Out, Path};
use crate::fork::{Best, Branch, EARLY, Early};
use crate::leg::{Body, Fact, ReleasedBy, Transport};
use crate::legs::{Id, Next};
use crate::message::{Cause, Method, Name};
use crate::peer::Peer;
use crate::received::Received;
use crate::session_timer::SessionTimer;
use crate::transaction::{ClientRef, Owner, ServerRef, write_tag};
use base::{TimerRef, Timestamp};
use std::net::SocketAddr;
use std::time::Duration;

/// What every branch repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) call_id: Box<[u8]>,
    /// Value of From, with our tag.
    pub(crate) from: Box<[u8]>,
    /// Value of To.
    pub(crate) to: Box<[u8]>,
    /// Lines that do not depend on the branch.
    pub(crate) lines: Box<[u8]>,
    /// User part of our Contact.
    pub(crate) contact: Box<str>,
    /// Our offer.
    pub(crate) offer: Body,
}

/// One way to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// Request-URI.
    pub(crate) uri: Box<[u8]>,
    /// Route value.
    pub(crate) routes: Box<[u8]>,
    pub(crate) path: Path,
    /// Reached at its source only.
    pub(crate) nated: bool,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Egress {
    call: Call,
    branches: Vec<Branch>,
    best: Best,
    ring: TimerRef,
    rang: bool,
    /// Request-URI at the trunk, and its addresses that were not tried yet, best last.
    uri: Box<[u8]>,
    addresses: Vec<(Transport, SocketAddr)>,
    /// The trunk's name is being looked up.
    pub(crate) lookup: Option<u64>,
}

/// What `call` wants shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) caller: &'a str,
    pub(crate) name: &'a str,
    /// Host part of From.
    pub(crate) domain: &'a str,
    /// May see identities (RFC 3325).
    pub(crate) trusted: bool,
    pub(crate) headers: &'a [(String, String)],
}

impl Call {
    /// Writes the parts.
    pub(crate) fn new(
        id: Id,
        core: &mut Core,
        shown: Shown<'_>,
        to: Box<[u8]>,
        contact: Box<str>,
        offer: Body,
    ) -> Self {
        let mut call_id = Vec::with_capacity(32);
        crate::transaction::write_hex(&mut call_id, core.random.bits());
        crate::transaction::write_hex(&mut call_id, core.random.bits());
        let withheld = shown.caller.is_empty();
        let mut from = Vec::with_capacity(128);
        if withheld {
            // RFC 3323 4.1.1.3.
            put(&mut from, &[b"\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="]);
        } else {
            if !shown.name.is_empty() {
                put_quoted(&mut from, shown.name);
                from.push(b' ');
            }
            put(&mut from, &[b"<sip:"]);
            put_user(&mut from, shown.caller);
            put(&mut from, &[b"@", shown.domain.as_bytes(), b">;tag="]);
        }
        write_tag(&mut from, id.slot, id.guard);
        let mut lines = Vec::with_capacity(384);
        put(&mut lines, &[ALLOW, SUPPORTED]);
        if withheld {
            put(&mut lines, &[b"Privacy: id\r\n"]);
        } else if shown.trusted {
            put(&mut lines, &[b"P-Asserted-Identity: <sip:"]);
            put_user(&mut lines, shown.caller);
            put(&mut lines, &[b"@", shown.domain.as_bytes(), b">\r\n"]);
        }
        let timers = &core.plan.timers;
        if !timers.session_expires.is_zero() {
            put(&mut lines, &[b"Session-Expires: "]);
            put_number(&mut lines, timers.session_expires.max(timers.min_se).as_secs());
            put(&mut lines, &[b"\r\nMin-SE: "]);
            put_number(&mut lines, timers.min_se.as_secs());
            put(&mut lines, &[b"\r\n"]);
        }
        for (name, value) in shown.headers.iter().take(16) {
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
            // A line break inside would forge headers: such a header is left out.
            if !name.is_empty() && name.bytes().all(token) && !value.bytes().any(|byte| byte < 32) {
                put(&mut lines, &[name.as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
            }
        }
        Self { call_id: call_id.into(), from: from.into(), to, lines: lines.into(), contact, offer }
    }
}

impl Egress {
    /// Nothing is sent yet.
    pub(crate) fn new(id: Id, core: &mut Core, now: Timestamp, call: Call, ring: Duration) -> Self {
        let ring = core.wheel.schedule(now + ring, Timer::Ring(id.slot));
        Self {
            call,
            branches: Vec::new(),
            best: Best::default(),
            ring,
            rang: false,
            uri: Box::default(),
            addresses: Vec::new(),
            lookup: None,
        }
    }

    pub(crate) fn timers(&self) -> usize {
        1
    }

    /// Rings at a contact, or at the trunk.
    pub(crate) fn branch(&mut self, id: Id, core: &mut Core, now: Timestamp, hop: &Hop, out: &mut Out) {
        let mut extra = Vec::with_capacity(self.call.lines.len() + 64);
        core.put_contact(&mut extra, &hop.path, &self.call.contact);
        put(&mut extra, &[&self.call.lines]);
        let request = Request {
            method: Method::Invite,
            uri: &hop.uri,
            routes: &hop.routes,
            from: &self.call.from,
            to: &self.call.to,
            call_id: &self.call.call_id,
            seq: 1,
            extra: &extra,
            body: Some((SDP, &self.call.offer)),
        };
        let errand = Errand { owner: Owner::Branch(id.slot), path: hop.path, trunk: id.trunk() };
        let client = core.request(now, &request, errand, out);
        self.branches.push(Branch { client, early: Vec::new(), nated: hop.nated });
    }

    /// The trunk's addresses are known, best first: the others are tried when one fails (RFC 3263 4.3).
    pub(crate) fn go(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        addresses: &[(Transport, SocketAddr)],
        out: &mut Out,
    ) -> Next {
        self.lookup = None;
        let to = &self.call.to;
        self.uri = to.get(1..to.len() - 1).unwrap_or_default().into(); // without its brackets
        self.addresses = addresses.iter().rev().copied().collect();
        if self.next_address(id, core, now, out) {
            return Next::Stay;
        }
        self.give_up(id, core, Cause::NETWORK, 503, ReleasedBy::Timeout, out)
    }

    fn next_address(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) -> bool {
        let Some((transport, address)) = self.addresses.pop() else { return false };
        let path = core.path_to(transport, address);
        let hop = Hop { uri: self.uri.clone(), routes: Box::default(), path, nated: false };
        self.branch(id, core, now, &hop, out);
        true
    }

    /// Ends the leg; what still runs is called off.
    pub(crate) fn release(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        cause: Cause,
        by: ReleasedBy,
        out: &mut Out,
    ) -> Next {
        self.call_off(None, core, now, cause, out);
        self.give_up(id, core, cause, 487, by, out)
    }

    /// It has rung long enough.
    pub(crate) fn ring_due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) -> Next {
        let (cause, status) = if self.rang { (Cause::NO_ANSWER, 487) } else { (Cause::NO_RESPONSE, 408) };
        self.call_off(None, core, now, cause, out);
        self.give_up(id, core, cause, status, ReleasedBy::Timeout, out)
    }

    fn give_up(
        &mut self,
        id: Id,
        core: &mut Core,
        cause: Cause,
        status: u16,
        by: ReleasedBy,
        out: &mut Out,
    ) -> Next {
        core.wheel.cancel(self.ring);
        out.facts.push(Fact::Released { leg: id.name, cause, status, by });
        Next::Gone
    }

    /// Cancels all branches but one.
    fn call_off(
        &mut self,
        but: Option<ClientRef>,
        core: &mut Core,
        now: Timestamp,
        cause: Cause,
        out: &mut Out,
    ) {
        for branch in self.branches.drain(..) {
            if Some(branch.client) != but {
                core.disown(branch.client);
                core.cancel(now, branch.client, cause.0, out);
            }
        }
    }

    // ── responses ───────────────────────────────────────────────────────────────────────────────────────

    /// A branch was answered.
    #[expect(clippy::too_many_arguments, reason = "a response in its surroundings")]
    pub(crate) fn response(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        client: ClientRef,
        response: &Received<'_>,
        source: &Path,
        out: &mut Out,
    ) -> Next {
        let Some(at) = self.branches.iter().position(|branch| branch.client == client) else {
            return Next::Stay;
        };
        match response.status() {
            ..=100 => Next::Stay,
            101..200 => {
                self.provisional(id, core, now, at, response, source, out);
                Next::Stay
            }
            200..300 => self.success(id, core, now, at, response, source, out),
            status => {
                let cause = response.cause();
                self.failure(id, core, now, at, (status, cause, ReleasedBy::Peer), out)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a response in its surroundings")]
    fn provisional(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        at: usize,
        response: &Received<'_>,
        source: &Path,
        out: &mut Out,
    ) {
        let status = response.status();
        let nated = self.branches[at].nated;
        let reliable = response.message.has_token(Name::Require, "100rel");
        let rseq = response.value(Name::RSeq).and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
        if let Some(rseq) = rseq.filter(|_| reliable && !response.tag_of_to().is_empty()) {
            let branch = &mut self.branches[at];
            let known =
                branch.early.iter().position(|early| early.dialog.remote_tag() == response.tag_of_to());
            let place = match known {
                // RFC 3262 4: only the next one in order is acknowledged; a copy was acknowledged before.
                Some(place) if branch.early[place].rseq.wrapping_add(1) != rseq => return,
                Some(place) => place,
                None if branch.early.len() >= EARLY => return,
                None => {
                    let mut dialog = core.dialog_of_response(now, response, source, nated, out);
                    dialog.local_seq = response.seq();
                    branch.early.push(Early { dialog, rseq });
                    branch.early.len() - 1
                }
            };
            let early = &mut branch.early[place];
            early.rseq = rseq;
            prack(id, core, now, &mut early.dialog, rseq, response.seq(), out);
        } else if self.rang && response.body().is_empty() && self.best.heard == status {
            return; // said before
        }
        self.rang = true;
        self.best.heard = status;
        let answer = Some(Body::from(response.body())).filter(|body| !body.is_empty());
        out.facts.push(Fact::Ringing { leg: id.name, status, answer });
    }

    #[expect(clippy::too_many_arguments, reason = "a response in its surroundings")]
    fn success(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        at: usize,
        response: &Received<'_>,
        source: &Path,
        out: &mut Out,
    ) -> Next {
        let branch = self.branches.swap_remove(at);
        let mut dialog = core.dialog_of_response(now, response, source, branch.nated, out);
        dialog.local_seq = response.seq();
        if let Some(early) =
            branch.early.iter().find(|early| early.dialog.remote_tag() == response.tag_of_to())
        {
            (dialog.local_seq, dialog.remote_seq) = (early.dialog.local_seq, early.dialog.remote_seq);
        }
        core.ack(branch.client, &dialog, response.seq(), out);
        // A second 2xx on this branch comes from another fork: nobody here wants it.
        core.disown(branch.client);
        // RFC 3326: tells the other phones that the call was taken elsewhere (200), not missed.
        self.call_off(None, core, now, Cause::NORMAL, out);
        core.wheel.cancel(self.ring);
        let peer = Peer::of(response);
        let answer = Some(Body::from(response.body())).filter(|body| !body.is_empty());
        out.facts.push(Fact::Answered {
            leg: id.name,
            answer: answer.clone(),
            peer: source.peer,
            nated: branch.nated,
        });
        let mut confirmed = Confirmed::accepted(
            dialog,
            std::mem::take(&mut self.call.contact),
            peer.update,
            std::mem::take(&mut self.call.offer),
            answer.unwrap_or_default(),
        );
        confirmed.set_session(id, core, SessionTimer::settled(peer.session, now));
        Next::Confirm(Box::new(confirmed))
    }

    fn failure(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        at: usize,
        (status, cause, by): (u16, Option<Cause>, ReleasedBy),
        out: &mut Out,
    ) -> Next {
        self.branches.swap_remove(at);
        // RFC 3263 4.3: 503, silence and an unreachable address send us to the next one.
        let dead = status == 503 || by == ReleasedBy::Timeout;
        if dead && self.next_address(id, core, now, out) {
            return Next::Stay;
        }
        self.best.hear(status, cause, by);
        if status >= 600 {
            self.call_off(None, core, now, Cause::NORMAL, out);
        }
        if !self.branches.is_empty() {
            return Next::Stay;
        }
        let best = self.best;
        let cause = best.cause.unwrap_or(Cause::of_status(best.status));
        self.give_up(id, core, cause, best.status, best.by, out)
    }

    /// A branch was not answered at all.
    pub(crate) fn unanswered(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        client: ClientRef,
        ended: Ended,
        out: &mut Out,
    ) -> Next {
        let Some(at) = self.branches.iter().position(|branch| branch.client == client) else {
            return Next::Stay;
        };
        let status = if ended == Ended::TimedOut { 408 } else { 503 };
        self.failure(id, core, now, at, (status, None, ReleasedBy::Timeout), out)
    }

    /// A branch goes out again (a challenge, a longer session timer).
    pub(crate) fn replaced(&mut self, old: ClientRef, new: ClientRef, seq: u32) {
        if let Some(branch) = self.branches.iter_mut().find(|branch| branch.client == old) {
            branch.client = new;
            branch.early.clear();
        }
        // A PRACK that was challenged has used up a CSeq of its dialog.
        for early in self.branches.iter_mut().flat_map(|branch| &mut branch.early) {
            early.dialog.local_seq = early.dialog.local_seq.max(seq);
        }
    }

    /// A request inside an early dialog.
    pub(crate) fn request(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        request: &Received<'_>,
        server: ServerRef,
        out: &mut Out,
    ) {
        let method = request.method();
        let early = self
            .branches
            .iter_mut()
            .flat_map(|branch| &mut branch.early)
            .find(|early| early.dialog.remote_tag() == request.tag_of_from());
        let Some(early) = early else {
            core.answer(now, server, method, &Reply { status: 481, ..Reply::default() }, out);
            return;
        };
        match method {
            Method::Update if request.body().is_empty() => {
                if let Some(target) = request.contact_uri() {
                    early.dialog.retarget(target);
                }
                let mut extra = Vec::new();
                core.put_contact(&mut extra, &early.dialog.path, &self.call.contact);
                let reply = Reply { status: 200, extra: &extra, ..Reply::default() };
                core.answer(now, server, method, &reply, out);
            }
            // RFC 3311 5.2: our offer is not finally answered yet.
            Method::Update => {
                core.answer(now, server, method, &Reply { status: 491, ..Reply::default() }, out);
            }
            // RFC 3261 15: a callee must not say BYE in an early dialog.
            Method::Bye | Method::Invite | Method::Prack => {
                core.answer(now, server, method, &Reply { status: 481, ..Reply::default() }, out);
            }
            _ => crate::refusal::refuse_in_dialog(core, now, request, server, id, out),
        }
    }

    /// How the dialog of a request is recognized.
    pub(crate) fn call_id(&self) -> &[u8] {
        &self.call.call_id
    }
}

/// PRACK (RFC 3262 4).
fn prack(
    id: Id,
    core: &mut Core,
    now: Timestamp,
    dialog: &mut Dialog,
    rseq: u32,
    invite_seq: u32,
    out: &mut Out,
) {
    let mut extra = b"RAck: ".to_vec();
    put_number(&mut extra, u64::from(rseq));
    extra.push(b' ');
    put_number(&mut extra, u64::from(invite_seq));
    put(&mut extra, &[b" INVITE\r\n"]);
    let (owner, trunk) = (Owner::Prack(id.slot), id.trunk());
    core.request_inside(
        now,
        dialog,
        &Inside { method: Method::Prack, owner, trunk, extra: &extra, body: None },
        out,
    );
}
