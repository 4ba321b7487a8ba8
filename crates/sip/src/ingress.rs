//! Ingress legs before their answer: an INVITE has come, 100 Trying is out, `call` decides.
//!
//! ```text
//!   Invited ──Progress──▶ 180, 183 (reliable where the peer asks)
//!      │ ├────Answer────▶ 200 ──▶ Confirmed (or after the PRACK of a 183 with SDP)
//!      │ ├────Reject────▶ 3xx–6xx ──▶ gone
//!      │ └────Release───▶ 480, 486, 503 by cause ──▶ gone
//!      ├─CANCEL, BYE────▶ 487 ──▶ gone
//!      └─PRACK──────────▶ 200
//! ```
//!
//! Never knows: what a body means, who is called.

use crate::compose::{self, ACCEPT, ALLOW, Reply, SUPPORTED, put, put_number};
use crate::confirmed::Confirmed;
use crate::core::Core;
use crate::dialog::Dialog;
use crate::endpoint::Out;
use crate::leg::{Body, Fact, ReleasedBy};
use crate::legs::{Id, Next};
use crate::message::{Cause, Method, Name, RAck};
use crate::peer::Peer;
use crate::received::Received;
use crate::reliable::Reliable;
use crate::session_timer::SessionTimer;
use crate::transaction::ServerRef;
use crate::unacknowledged::Unacknowledged;
use base::Timestamp;
use std::time::Duration;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ingress {
    /// The INVITE's transaction.
    pub(crate) server: ServerRef,
    /// CSeq of the INVITE.
    pub(crate) seq: u32,
    /// The dialog our answers begin.
    pub(crate) dialog: Dialog,
    /// The peer's offer; empty for a late offer.
    pub(crate) offer: Body,
    /// What the peer can do.
    pub(crate) peer: Peer,
    /// User part of our Contact: the called number, so that carriers find their way back.
    pub(crate) contact: Box<str>,
    /// To notice merged requests.
    pub(crate) merge_key: u64,
    /// A provisional response waits for its PRACK.
    pub(crate) reliable: Option<Reliable>,
    /// RSeq of the last reliable response.
    pub(crate) rseq: u32,
    /// What waits for that PRACK.
    pub(crate) waiting: Waiting,
}

/// What waits for a PRACK.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Nothing.
    #[default]
    Nothing,
    /// The next provisional response; a later one takes its place.
    Progress(u16, Option<Body>),
    /// The answer.
    Answer(Body),
}

impl Ingress {
    pub(crate) fn timers(&self) -> usize {
        usize::from(self.reliable.is_some())
    }

    /// 180 or 183.
    pub(crate) fn progress(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        status: u16,
        answer: Option<Body>,
        out: &mut Out,
    ) {
        let status = if (101..200).contains(&status) { status } else { 180 };
        // The answer to a late offer can only be our offer, and that waits for the 2xx.
        let answer = answer.filter(|_| !self.offer.is_empty());
        let reliably = self.peer.demands_reliable || self.peer.reliable && answer.is_some();
        if reliably && self.reliable.is_some() {
            if !matches!(self.waiting, Waiting::Answer(_)) {
                self.waiting = Waiting::Progress(status, answer);
            }
            return;
        }
        let mut extra = Vec::with_capacity(160);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        put(&mut extra, &[ALLOW]);
        if reliably {
            self.rseq += 1;
            put(&mut extra, &[b"Require: 100rel\r\nRSeq: "]);
            put_number(&mut extra, u64::from(self.rseq));
            put(&mut extra, &[b"\r\n"]);
        }
        let reply = Reply { status, reason: None, extra: &extra, body: answer.as_deref() };
        let sent = core.answer(now, self.server, Method::Invite, &reply, out);
        if reliably {
            let path = core.transactions.servers.get(self.server).map_or(self.dialog.path, |s| s.path);
            let bytes = &out.bytes[sent];
            self.reliable =
                Some(Reliable::start(core, now, id.slot, self.rseq, answer.is_some(), path, bytes));
        }
    }

    /// 200, now or after the PRACK.
    pub(crate) fn answer(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        body: Body,
        out: &mut Out,
    ) -> Next {
        if self.reliable.as_ref().is_some_and(|reliable| reliable.described) {
            self.waiting = Waiting::Answer(body);
            return Next::Stay;
        }
        self.stop(core);
        let timers = &core.plan.timers;
        let session = SessionTimer::answer(
            self.peer.session,
            self.peer.timer,
            timers.session_expires,
            timers.min_se,
            now,
        );
        let mut extra = Vec::with_capacity(256);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        put(&mut extra, &[ALLOW, SUPPORTED]);
        if let Some(session) = session {
            session.put_answer(&mut extra, self.peer.timer);
        }
        let path = core.transactions.servers.get(self.server).map_or(self.dialog.path, |s| s.path);
        let reply = Reply { status: 200, reason: None, extra: &extra, body: Some(&body) };
        let sent = core.answer(now, self.server, Method::Invite, &reply, out);
        let unacknowledged = Unacknowledged::start(core, now, id.slot, self.seq, path, &out.bytes[sent]);
        let late = self.offer.is_empty();
        let mut confirmed = Confirmed::answered(
            self.dialog.clone(),
            std::mem::take(&mut self.contact),
            self.peer.update,
            body,
            std::mem::take(&mut self.offer),
            unacknowledged,
            late,
        );
        confirmed.set_session(id, core, session);
        Next::Confirm(Box::new(confirmed))
    }

    /// A refusal by command.
    pub(crate) fn reject(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        (status, cause, retry_after, text): (u16, Cause, Option<Duration>, &'static str),
        out: &mut Out,
    ) -> Next {
        let status = if (300..700).contains(&status) { status } else { 480 };
        self.refuse(core, now, status, Some((cause, text)), retry_after, out);
        out.facts.push(Fact::Released { leg: id.name, cause, status, by: ReleasedBy::Us });
        Next::Gone
    }

    fn refuse(
        &mut self,
        core: &mut Core,
        now: Timestamp,
        status: u16,
        cause: Option<(Cause, &'static str)>,
        retry_after: Option<Duration>,
        out: &mut Out,
    ) {
        self.stop(core);
        let mut extra = Vec::new();
        let mut phrase = None;
        if let Some((cause, text)) = cause {
            compose::put_reason_in_words(&mut extra, cause.0, text);
            phrase = Some(text).filter(|text| !text.is_empty());
        }
        if let Some(after) = retry_after {
            put(&mut extra, &[b"Retry-After: "]);
            put_number(&mut extra, after.as_secs().max(1));
            put(&mut extra, &[b"\r\n"]);
        }
        let reply = Reply { status, reason: phrase, extra: &extra, body: None };
        core.answer(now, self.server, Method::Invite, &reply, out);
    }

    fn stop(&mut self, core: &mut Core) {
        if let Some(reliable) = self.reliable.take() {
            reliable.stop(core);
        }
    }

    /// The caller hung up before the answer (CANCEL or BYE).
    pub(crate) fn abandoned(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        cause: Cause,
        out: &mut Out,
    ) -> Next {
        self.refuse(core, now, 487, None, None, out);
        out.facts.push(Fact::Released { leg: id.name, cause, status: 487, by: ReleasedBy::Peer });
        Next::Gone
    }

    /// The PRACK did not come: RFC 3262 3 says 5xx.
    pub(crate) fn reliable_due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) -> Next {
        let Some(reliable) = &mut self.reliable else { return Next::Stay };
        if reliable.due(core, now, id.slot, out) {
            return Next::Stay;
        }
        self.reliable = None;
        self.refuse(core, now, 504, Some((Cause::TIMER, "")), None, out);
        let cause = Cause::TIMER;
        out.facts.push(Fact::Released { leg: id.name, cause, status: 504, by: ReleasedBy::Timeout });
        Next::Gone
    }

    /// A request inside the early dialog; `server` is its own transaction.
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
        let reply = |core: &mut Core, status, extra: &[u8], out: &mut Out| {
            core.answer(now, server, method, &Reply { status, reason: None, extra, body: None }, out);
        };
        match method {
            Method::Prack => {
                let acknowledged = request.value(Name::RAck).is_some_and(|rack| self.fits(rack));
                if !acknowledged {
                    reply(core, 481, b"", out);
                    return Next::Stay;
                }
                self.stop(core);
                // An offer in the PRACK would need an answer in its 200; we only take what we offered ourselves.
                reply(core, if request.body().is_empty() { 200 } else { 488 }, b"", out);
                match std::mem::take(&mut self.waiting) {
                    Waiting::Nothing => Next::Stay,
                    Waiting::Progress(status, answer) => {
                        self.progress(id, core, now, status, answer, out);
                        Next::Stay
                    }
                    Waiting::Answer(body) => self.answer(id, core, now, body, out),
                }
            }
            Method::Bye => {
                reply(core, 200, b"", out);
                let cause = request.cause().unwrap_or(Cause::NORMAL);
                self.abandoned(id, core, now, cause, out)
            }
            // RFC 3311 5.2: a session that is not agreed yet cannot be changed; without SDP it is a mere refresh.
            Method::Update if request.body().is_empty() => {
                let mut extra = Vec::new();
                core.put_contact(&mut extra, &self.dialog.path, &self.contact);
                reply(core, 200, &extra, out);
                Next::Stay
            }
            Method::Update => {
                let seconds = core.random.below(11).to_string();
                let extra = [b"Retry-After: ", seconds.as_bytes(), b"\r\n"].concat();
                reply(core, 500, &extra, out);
                Next::Stay
            }
            // RFC 3261 14.2: a second INVITE before the first is answered.
            Method::Invite => {
                let seconds = core.random.below(11).to_string();
                let extra = [b"Retry-After: ", seconds.as_bytes(), b"\r\n"].concat();
                reply(core, 500, &extra, out);
                Next::Stay
            }
            Method::Options => {
                reply(core, 200, &[ALLOW, ACCEPT, SUPPORTED].concat(), out);
                Next::Stay
            }
            _ => {
                crate::refusal::refuse_in_dialog(core, now, request, server, id, out);
                Next::Stay
            }
        }
    }

    /// RAck: RSeq, CSeq and method of the response that is acknowledged.
    fn fits(&self, rack: &[u8]) -> bool {
        let Some((reliable, rack)) = self.reliable.as_ref().zip(RAck::parse(rack)) else { return false };
        rack.rseq == reliable.rseq && rack.cseq.number == self.seq && rack.cseq.method == Method::Invite
    }
}
