//! Confirmed legs: answered, either way, until somebody says BYE.
//!
//! ```text
//!                 ┌── INVITE or UPDATE with a new offer ──▶ Offered ──Accept, Refuse──▶ 200, 488
//!   peer ─────────┼── the same session again ─────────────▶ 200 with the same body, nobody is asked
//!                 ├── INFO with a key ────────────────────▶ Key
//!                 ├── REFER, SUBSCRIBE ───────────────────▶ Referred, and who hears of it (`referral`)
//!                 └── BYE ────────────────────────────────▶ Released
//!                 ┌── Reoffer ──▶ re-INVITE ──▶ Reanswered, ReofferRefused (491: again after a while)
//!   us ───────────┼── half of the session timer ──▶ UPDATE, or re-INVITE with the same body
//!                 └── Release ──▶ BYE
//! ```
//!
//! One exchange of offer and answer at a time ([`Exchange`]): a second one from the peer gets 491 or 500
//! (RFC 3261 14.2), a second one of ours waits.
//! Never knows: what a body means.

use crate::compose::{ALLOW, Reply, SDP, SUPPORTED, put, put_number};
use crate::core::{Core, Ended, Inside, Timer};
use crate::dialog::Dialog;
use crate::ending::Ending;
use crate::endpoint::Out;
use crate::leg::{Body, Fact, ReleasedBy};
use crate::legs::{Id, Next};
use crate::message::{Cause, Method};
use crate::peer::Peer;
use crate::received::Received;
use crate::referral::Referral;
use crate::session_timer::{Due, SessionTimer};
use crate::transaction::{ClientRef, Owner, ServerRef};
use crate::unacknowledged::{Patience, Unacknowledged};
use base::{TimerRef, Timestamp};
use std::time::Duration;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Confirmed {
    pub(crate) dialog: Dialog,
    /// User part of our Contact.
    pub(crate) contact: Box<str>,
    /// The peer takes UPDATE.
    update: bool,
    /// The last description we sent, and the last we received: what "unchanged" means.
    sent: Body,
    received: Body,
    exchange: Exchange,
    /// An offer of ours that waits for its turn.
    wanted: Option<Body>,
    session: Option<(SessionTimer, TimerRef)>,
    /// The peer wants to be transferred.
    pub(crate) referral: Option<Box<Referral>>,
    /// It has asked for that before.
    pub(crate) referred: bool,
}

/// The exchange of offer and answer that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exchange {
    /// None.
    Idle,
    /// Our 2xx waits for its ACK; `offers` when that 2xx carried our offer, `first` when it answered the call.
    Answered { unacknowledged: Unacknowledged, offers: bool, first: bool },
    /// `call` was asked about the peer's INVITE (or UPDATE).
    Asked { server: ServerRef, invite: bool, seq: u32, offer: Body, peer: Peer },
    /// Our re-INVITE or UPDATE is out.
    Out { client: ClientRef, purpose: Purpose },
    /// It met one of the peer's (491) and goes out again when the timer fires.
    Again { purpose: Purpose, timer: TimerRef },
}

/// Why we send a re-INVITE or UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Purpose {
    /// `call` wants another session.
    Reoffer(Body),
    /// The session timer wants a sign of life.
    Refresh,
}

impl Confirmed {
    /// We answered an INVITE.
    pub(crate) fn answered(
        dialog: Dialog,
        contact: Box<str>,
        update: bool,
        sent: Body,
        received: Body,
        unacknowledged: Unacknowledged,
        offers: bool,
    ) -> Self {
        let exchange = Exchange::Answered { unacknowledged, offers, first: true };
        Self { exchange, ..Self::accepted(dialog, contact, update, sent, received) }
    }

    /// Our INVITE was answered.
    pub(crate) fn accepted(
        dialog: Dialog,
        contact: Box<str>,
        update: bool,
        sent: Body,
        received: Body,
    ) -> Self {
        Self {
            dialog,
            contact,
            update,
            sent,
            received,
            exchange: Exchange::Idle,
            wanted: None,
            session: None,
            referral: None,
            referred: false,
        }
    }

    pub(crate) fn timers(&self) -> usize {
        usize::from(self.session.is_some())
            + usize::from(self.referral.is_some())
            + usize::from(matches!(self.exchange, Exchange::Answered { .. } | Exchange::Again { .. }))
    }

    // ── commands ────────────────────────────────────────────────────────────────────────────────────────

    /// Ends the leg from our side.
    pub(crate) fn release(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        cause: Cause,
        (status, by): (u16, ReleasedBy),
        out: &mut Out,
    ) -> Next {
        self.end_referral(id, core, now, true, out);
        let unacknowledged = self.stop(core, now, out);
        out.facts.push(Fact::Released { leg: id.name, cause, status, by });
        let ending = Ending::start(id, self.dialog.clone(), unacknowledged, cause, core, now, out);
        Next::End(Box::new(ending))
    }

    /// Takes all timers back and leaves nothing half done; what waits for an ACK is handed out.
    fn stop(&mut self, core: &mut Core, now: Timestamp, out: &mut Out) -> Option<Unacknowledged> {
        if let Some((_, timer)) = self.session.take() {
            core.wheel.cancel(timer);
        }
        match std::mem::replace(&mut self.exchange, Exchange::Idle) {
            Exchange::Idle => None,
            Exchange::Answered { unacknowledged, .. } => Some(unacknowledged),
            Exchange::Asked { server, invite, .. } => {
                let method = if invite { Method::Invite } else { Method::Update };
                let reply = Reply { status: 487, ..Reply::default() };
                core.answer(now, server, method, &reply, out);
                None
            }
            Exchange::Out { client, .. } => {
                core.disown(client);
                None
            }
            Exchange::Again { timer, .. } => {
                core.wheel.cancel(timer);
                None
            }
        }
    }

    /// Offers another session.
    pub(crate) fn reoffer(&mut self, id: Id, core: &mut Core, now: Timestamp, offer: Body, out: &mut Out) {
        if let Exchange::Idle = self.exchange {
            self.send_offer(id, core, now, Purpose::Reoffer(offer), out);
        } else if self.wanted.replace(offer).is_some() {
            // The offer that waited is overtaken by this one.
            out.facts.push(Fact::ReofferRefused { leg: id.name, status: 491 });
        }
    }

    fn send_offer(&mut self, id: Id, core: &mut Core, now: Timestamp, purpose: Purpose, out: &mut Out) {
        let by_update = purpose == Purpose::Refresh && self.update;
        let (method, owner) = if by_update {
            (Method::Update, Owner::Update(id.slot))
        } else {
            (Method::Invite, Owner::Reinvite(id.slot))
        };
        let mut extra = Vec::with_capacity(256);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        put(&mut extra, &[ALLOW, SUPPORTED]);
        if let Some((session, _)) = &self.session {
            session.put_request(&mut extra, core.plan.timers.min_se);
        }
        let body = match &purpose {
            Purpose::Reoffer(offer) => Some((SDP, &**offer)),
            Purpose::Refresh if by_update => None,
            Purpose::Refresh => Some((SDP, &*self.sent)),
        };
        let inside = Inside { method, owner, trunk: id.trunk(), extra: &extra, body };
        let client = core.request_inside(now, &mut self.dialog, &inside, out);
        self.exchange = Exchange::Out { client, purpose };
    }

    /// Answers the peer's offer.
    pub(crate) fn accept(&mut self, id: Id, core: &mut Core, now: Timestamp, body: Body, out: &mut Out) {
        let Exchange::Asked { .. } = self.exchange else { return };
        let Exchange::Asked { server, invite, seq, offer, peer } =
            std::mem::replace(&mut self.exchange, Exchange::Idle)
        else {
            return;
        };
        let offers = invite && offer.is_empty();
        if !offer.is_empty() {
            self.received = offer;
        }
        self.sent = body;
        self.agree(id, core, now, server, invite, seq, peer, offers, out);
        self.next(id, core, now, out);
    }

    /// 200 with our last description.
    #[expect(clippy::too_many_arguments, reason = "all of it is one answer")]
    fn agree(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        server: ServerRef,
        invite: bool,
        seq: u32,
        peer: Peer,
        offers: bool,
        out: &mut Out,
    ) {
        let described = invite || offers || peer.described;
        let mut extra = Vec::with_capacity(256);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        put(&mut extra, &[ALLOW, SUPPORTED]);
        let timers = &core.plan.timers;
        let wanted = if self.session.is_some() || peer.session.is_some() {
            timers.session_expires
        } else {
            Duration::ZERO
        };
        let session = SessionTimer::answer(peer.session, peer.timer, wanted, timers.min_se, now);
        if let Some(session) = session {
            session.put_answer(&mut extra, peer.timer);
        }
        self.set_session(id, core, session);
        let path = core.transactions.servers.get(server).map_or(self.dialog.path, |server| server.path);
        let body = described.then_some(&*self.sent);
        let method = if invite { Method::Invite } else { Method::Update };
        let reply = Reply { status: 200, reason: None, extra: &extra, body };
        let sent = core.answer(now, server, method, &reply, out);
        if invite {
            let unacknowledged = Unacknowledged::start(core, now, id.slot, seq, path, &out.bytes[sent]);
            self.exchange = Exchange::Answered { unacknowledged, offers, first: false };
        }
    }

    /// Refuses the peer's offer.
    pub(crate) fn refuse(&mut self, id: Id, core: &mut Core, now: Timestamp, status: u16, out: &mut Out) {
        let Exchange::Asked { server, invite, .. } = self.exchange else { return };
        self.exchange = Exchange::Idle;
        let status = if (400..700).contains(&status) { status } else { 488 };
        let method = if invite { Method::Invite } else { Method::Update };
        core.answer(now, server, method, &Reply { status, ..Reply::default() }, out);
        self.next(id, core, now, out);
    }

    /// An exchange has ended: the offer that waited has its turn.
    fn next(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        if self.exchange == Exchange::Idle
            && let Some(offer) = self.wanted.take()
        {
            self.send_offer(id, core, now, Purpose::Reoffer(offer), out);
        }
    }

    // ── requests ────────────────────────────────────────────────────────────────────────────────────────

    /// An ACK came.
    pub(crate) fn acked(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        ack: &Received<'_>,
        out: &mut Out,
    ) {
        let Exchange::Answered { unacknowledged, offers, first } = &self.exchange else { return };
        if unacknowledged.seq != ack.seq() {
            return;
        }
        unacknowledged.stop(core);
        let (offers, first) = (*offers, *first);
        self.exchange = Exchange::Idle;
        let answer = Some(ack.body()).filter(|body| offers && !body.is_empty()).map(Body::from);
        if let Some(answer) = &answer {
            self.received = answer.clone();
        }
        match (first, answer) {
            (true, answer) => out.facts.push(Fact::Confirmed { leg: id.name, answer }),
            (false, Some(answer)) => out.facts.push(Fact::Reanswered { leg: id.name, answer }),
            (false, None) => {}
        }
        self.next(id, core, now, out);
    }

    /// A request inside the dialog; `server` is its transaction.
    pub(crate) fn request(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        request: &Received<'_>,
        server: ServerRef,
        out: &mut Out,
    ) -> Next {
        let method = request.method();
        match method {
            Method::Bye => {
                core.answer(now, server, method, &Reply { status: 200, ..Reply::default() }, out);
                self.end_referral(id, core, now, false, out);
                if let Some(unacknowledged) = self.stop(core, now, out) {
                    // Its ACK was lost, and nobody will send it now.
                    unacknowledged.stop(core);
                }
                let cause = request.cause().unwrap_or(Cause::NORMAL);
                out.facts.push(Fact::Released { leg: id.name, cause, status: 200, by: ReleasedBy::Peer });
                return Next::Gone;
            }
            Method::Invite | Method::Update => self.changed(id, core, now, request, server, out),
            Method::Subscribe => self.subscribe(id, core, now, request, server, out),
            // The PRACK of a provisional response that our 2xx has overtaken.
            Method::Prack => {
                core.answer(now, server, method, &Reply { status: 200, ..Reply::default() }, out);
            }
            _ => crate::refusal::refuse_in_dialog(core, now, request, server, id, out),
        }
        Next::Stay
    }

    /// A re-INVITE or UPDATE.
    fn changed(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        request: &Received<'_>,
        server: ServerRef,
        out: &mut Out,
    ) {
        let method = request.method();
        let invite = method == Method::Invite;
        let peer = Peer::of(request);
        if let Some(asked) = peer.session
            && asked.expires < core.plan.timers.min_se
            && peer.timer
        {
            let mut extra = b"Min-SE: ".to_vec();
            put_number(&mut extra, core.plan.timers.min_se.as_secs());
            put(&mut extra, &[b"\r\n"]);
            core.answer(now, server, method, &Reply { status: 422, extra: &extra, ..Reply::default() }, out);
            return;
        }
        let body = request.body();
        let bodiless_update = !invite && body.is_empty();
        if !bodiless_update {
            match &self.exchange {
                Exchange::Idle => {}
                // RFC 3261 14.2: ours is out, theirs must wait; RFC 3311 5.2 says the same of UPDATE.
                Exchange::Out { .. } => {
                    core.answer(now, server, method, &Reply { status: 491, ..Reply::default() }, out);
                    return;
                }
                // We are about to try again: theirs goes first.
                Exchange::Again { purpose, timer } => {
                    core.wheel.cancel(*timer);
                    if let Purpose::Reoffer(offer) = purpose
                        && self.wanted.is_none()
                    {
                        self.wanted = Some(offer.clone());
                    }
                    self.exchange = Exchange::Idle;
                }
                // An offer of ours in a 2xx is not answered yet: 491; theirs is not: 500 with Retry-After.
                Exchange::Answered { offers: true, .. } => {
                    core.answer(now, server, method, &Reply { status: 491, ..Reply::default() }, out);
                    return;
                }
                // A new request shows that the peer has our 2xx: its ACK was lost or overtaken.
                Exchange::Answered { offers: false, .. } => self.overtaken(id, core, out),
                Exchange::Asked { .. } => {
                    let seconds = core.random.below(11).to_string();
                    let extra = [b"Retry-After: ", seconds.as_bytes(), b"\r\n"].concat();
                    let reply = Reply { status: 500, extra: &extra, ..Reply::default() };
                    core.answer(now, server, method, &reply, out);
                    return;
                }
            }
        }
        if let Some(target) = request.contact_uri() {
            self.dialog.retarget(target);
        }
        let seq = request.seq();
        if bodiless_update || !body.is_empty() && body == &*self.received {
            // A session refresh (RFC 4028 7.4, RFC 3264 8: the same description changes nothing).
            let peer = Peer { described: !bodiless_update, ..peer };
            self.agree(id, core, now, server, invite, seq, peer, false, out);
            return;
        }
        let offer: Body = body.into();
        let asked = Some(offer.clone()).filter(|offer| !offer.is_empty());
        let peer = Peer { described: true, ..peer };
        self.exchange = Exchange::Asked { server, invite, seq, offer, peer };
        out.facts.push(Fact::Offered { leg: id.name, offer: asked });
    }

    fn overtaken(&mut self, id: Id, core: &mut Core, out: &mut Out) {
        if let Exchange::Answered { unacknowledged, first, .. } = &self.exchange {
            unacknowledged.stop(core);
            if *first {
                out.facts.push(Fact::Confirmed { leg: id.name, answer: None });
            }
            self.exchange = Exchange::Idle;
        }
    }

    // ── responses ───────────────────────────────────────────────────────────────────────────────────────

    /// Our re-INVITE or UPDATE was answered.
    pub(crate) fn response(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        client: ClientRef,
        response: &Received<'_>,
        out: &mut Out,
    ) -> Next {
        let status = response.status();
        if status < 200 {
            return Next::Stay;
        }
        let invite = response.method() == Method::Invite;
        let mine = matches!(&self.exchange, Exchange::Out { client: mine, .. } if *mine == client);
        if status < 300 {
            if let Some(target) = response.contact_uri() {
                self.dialog.retarget(target);
            }
            if invite {
                core.ack(client, &self.dialog, response.seq(), out);
            }
        }
        if !mine {
            return Next::Stay;
        }
        let Exchange::Out { purpose, .. } = std::mem::replace(&mut self.exchange, Exchange::Idle) else {
            return Next::Stay;
        };
        match status {
            ..300 => {
                let session = SessionTimer::settled(Peer::of(response).session, now);
                self.set_session(id, core, session);
                match purpose {
                    Purpose::Reoffer(offer) => {
                        self.sent = offer;
                        self.received = response.body().into();
                        let answer = self.received.clone();
                        out.facts.push(Fact::Reanswered { leg: id.name, answer });
                    }
                    Purpose::Refresh => {
                        // An answer to the same offer may still say something new (a phone that was moved).
                        if !response.body().is_empty() && response.body() != &*self.received {
                            self.received = response.body().into();
                        }
                    }
                }
            }
            491 => {
                // RFC 3261 14.1: the owner of the Call-ID waits 2.1–4 s, the other side 0–2 s, in 10 ms steps.
                let steps =
                    if self.dialog.ours { 210 + core.random.below(191) } else { core.random.below(201) };
                let at = now + Duration::from_millis(steps * 10);
                let timer = core.wheel.schedule(at, Timer::Exchange(id.slot));
                self.exchange = Exchange::Again { purpose, timer };
                return Next::Stay;
            }
            // RFC 3261 14.1 and 12.2.1.2: the dialog is gone.
            408 | 481 => {
                Self::refused(id, &purpose, status, out);
                let cause = Cause::TIMER;
                return self.release(id, core, now, cause, (status, ReleasedBy::Timeout), out);
            }
            _ => Self::refused(id, &purpose, status, out),
        }
        self.next(id, core, now, out);
        Next::Stay
    }

    fn refused(id: Id, purpose: &Purpose, status: u16, out: &mut Out) {
        if let Purpose::Reoffer(_) = purpose {
            out.facts.push(Fact::ReofferRefused { leg: id.name, status });
        }
    }

    /// Our re-INVITE or UPDATE was not answered at all.
    pub(crate) fn unanswered(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        ended: Ended,
        out: &mut Out,
    ) -> Next {
        let Exchange::Out { purpose, .. } = std::mem::replace(&mut self.exchange, Exchange::Idle) else {
            return Next::Stay;
        };
        let status = if ended == Ended::TimedOut { 408 } else { 503 };
        Self::refused(id, &purpose, status, out);
        self.release(id, core, now, Cause::TIMER, (status, ReleasedBy::Timeout), out)
    }

    /// A request of ours goes out again in another transaction.
    pub(crate) fn replaced(&mut self, old: ClientRef, new: ClientRef, seq: u32) {
        if let Exchange::Out { client, .. } = &mut self.exchange
            && *client == old
        {
            *client = new;
        }
        self.notify_replaced(old, new);
        self.dialog.local_seq = self.dialog.local_seq.max(seq);
    }

    // ── time ────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes over what was agreed about the session timer.
    pub(crate) fn set_session(&mut self, id: Id, core: &mut Core, session: Option<SessionTimer>) {
        if let Some((_, timer)) = self.session.take() {
            core.wheel.cancel(timer);
        }
        self.session =
            session.map(|session| (session, core.wheel.schedule(session.next().0, Timer::Session(id.slot))));
    }

    /// The session timer has fired.
    pub(crate) fn session_due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) -> Next {
        let Some((session, _)) = self.session.take() else { return Next::Stay };
        let (_, due) = session.next();
        if due == Due::Expire || now >= session.expiry() {
            let cause = Cause::TIMER;
            return self.release(id, core, now, cause, (0, ReleasedBy::Timeout), out);
        }
        let timer = core.wheel.schedule(session.expiry(), Timer::Session(id.slot));
        self.session = Some((session, timer));
        if self.exchange == Exchange::Idle {
            self.send_offer(id, core, now, Purpose::Refresh, out);
        }
        Next::Stay
    }

    /// The 2xx is due again, or our offer is, after a 491.
    pub(crate) fn exchange_due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) -> Next {
        match std::mem::replace(&mut self.exchange, Exchange::Idle) {
            Exchange::Answered { mut unacknowledged, offers, first } => {
                if unacknowledged.due(core, now, id.slot, out) == Patience::Waits {
                    self.exchange = Exchange::Answered { unacknowledged, offers, first };
                    return Next::Stay;
                }
                // RFC 3261 13.3.1.4: no ACK within 64 × T1, the session is ended.
                let cause = Cause::TIMER;
                self.release(id, core, now, cause, (408, ReleasedBy::Timeout), out)
            }
            Exchange::Again { purpose, .. } => {
                self.send_offer(id, core, now, purpose, out);
                Next::Stay
            }
            other => {
                self.exchange = other;
                Next::Stay
            }
        }
    }
}
