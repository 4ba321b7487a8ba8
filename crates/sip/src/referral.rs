//! Referrals: the peer of an answered call asks us to transfer it (REFER, RFC 3515) and hears how that goes.
//!
//! ```text
//!   REFER ──Refer-To, Replaces──▶ Asked ──▶ Referred ──▶ call
//!      │ no good: 400, 403, 404,    ├──RefuseRefer──▶ 4xx–6xx
//!      │ 416, 481, 603              ├──time──▶ 500
//!      │ a second one: 491          └──AcceptRefer──▶ 202 ──▶ Accepted ──▶ NOTIFY 100, one at a time
//!                                                              ├──ReferProgress──▶ NOTIFY 1xx
//!                                                              ├──ReferProgress──▶ NOTIFY 2xx–6xx, terminated
//!                                                              ├──refused, unanswered NOTIFY──▶ nobody listens
//!                                                              ├──SUBSCRIBE──▶ 200, NOTIFY with what was told last
//!                                                              │     └ Expires: 0 ──▶ NOTIFY, terminated
//!                                                              └──time──▶ NOTIFY, terminated
//! ```
//!
//! One referral a call: a second REFER has to wait until the first one's end was reported. With `Refer-Sub: false`
//! (RFC 4488) nothing is reported. When the call ends, so does its referral; a BYE right behind the 202 is what
//! most phones do.
//!
//! Never knows: whether a transfer is allowed, where it goes.

use crate::arrival::user_of;
use crate::compose::{ALLOW, Reply, put, put_number};
use crate::confirmed::Confirmed;
use crate::core::{Core, Inside, Timer};
use crate::dialog::Dialog;
use crate::endpoint::{Endpoint, Note, Out};
use crate::leg::{Fact, LegRef, Origin, Refer};
use crate::legs::{Id, State};
use crate::message::{Event, Method, Name, NameAddr, Replaces, Scheme, reason};
use crate::numbers;
use crate::received::Received;
use crate::transaction::{ClientRef, Owner, ServerRef};
use base::{Private, TimerRef, Timestamp};
use std::time::Duration;

/// `call` decides at once; whoever asked gives up after 64 × T1 (32 s), so he is told well before.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a transfer may take until its end is known: longer than any phone rings.
const LIFE: Duration = Duration::from_secs(180);
/// Body of a NOTIFY (RFC 3515 2.4.5, RFC 3420).
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// What the peer has asked for, until the end of it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Referral {
    /// CSeq of the REFER.
    seq: u32,
    /// It is not the first one of its dialog: then its reports bear that CSeq (RFC 3515 2.4.6).
    named: bool,
    stage: Stage,
    timer: TimerRef,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// `call` was asked.
    Asked { server: ServerRef, reports: bool },
    /// It goes on; `status` was told, or waits for the answer to the NOTIFY that is out. Reports end at `ends`, which
    /// the peer can put off until `last`.
    Accepted { ends: Timestamp, last: Timestamp, out: Option<ClientRef>, status: u16, waits: bool },
}

/// Why a REFER, or an INVITE with Replaces, is refused by SIP itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) status: u16,
    pub(crate) why: &'static str,
}

fn unfit<T>(status: u16, why: &'static str) -> Result<T, Unfit> {
    Err(Unfit { status, why })
}

impl Referral {
    /// Sends what is to be told; `end` says why nothing follows.
    fn notify(
        &mut self,
        (id, owner): (Id, Owner),
        dialog: &mut Dialog,
        contact: &str,
        end: Option<&[u8]>,
        (core, now): (&mut Core, Timestamp),
        out: &mut Out,
    ) {
        let Stage::Accepted { ends, out: flight, status, waits, .. } = &mut self.stage else { return };
        let mut extra = Vec::with_capacity(192);
        core.put_contact(&mut extra, &dialog.path, contact);
        put(&mut extra, &[b"Event: refer"]);
        if self.named {
            put(&mut extra, &[b";id="]);
            put_number(&mut extra, self.seq.into());
        }
        put(&mut extra, &[b"\r\nSubscription-State: "]);
        match end {
            Some(why) => put(&mut extra, &[b"terminated;reason=", why]),
            None => {
                put(&mut extra, &[b"active;expires="]);
                put_number(&mut extra, ends.since(now).as_secs());
            }
        }
        put(&mut extra, &[b"\r\n"]);
        let body = format!("SIP/2.0 {status} {}\r\n", reason(*status));
        let body = Some((SIPFRAG, body.as_bytes()));
        let inside = Inside { method: Method::Notify, owner, trunk: id.trunk(), extra: &extra, body };
        *flight = Some(core.request_inside(now, dialog, &inside, out));
        *waits = false;
    }
}

impl Confirmed {
    /// A REFER; `wish` is what it asks for.
    #[expect(clippy::too_many_arguments, reason = "a request in its surroundings")]
    pub(crate) fn refer(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        request: &Received<'_>,
        server: ServerRef,
        wish: Result<Refer, Unfit>,
        out: &mut Out,
    ) {
        let named = std::mem::replace(&mut self.referred, true);
        let wish = match self.referral {
            Some(_) => Err(Unfit { status: 491, why: "another transfer is under way" }),
            None => wish,
        };
        let refer = match wish {
            Ok(refer) => refer,
            Err(Unfit { status, why }) => {
                core.counters.refuse(why);
                out.notes.push(Note::Refused { peer: self.dialog.path.peer, status, why });
                let reply = Reply { status, reason: Some(why), ..Reply::default() };
                core.answer(now, server, Method::Refer, &reply, out);
                return;
            }
        };
        if let Some(target) = request.contact_uri() {
            self.dialog.retarget(target);
        }
        let wanted = request.message.other("Refer-Sub").unwrap_or(b"true");
        let wanted = wanted.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        let stage = Stage::Asked { server, reports: !wanted.eq_ignore_ascii_case(b"false") };
        let timer = core.wheel.schedule(now + PATIENCE, Timer::Referral(id.slot));
        self.referral = Some(Box::new(Referral { seq: request.seq(), named, stage, timer }));
        out.facts.push(Fact::Referred { leg: id.name, refer: Box::new(refer) });
    }

    /// The transfer begins.
    pub(crate) fn accept_refer(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        let Some(referral) = &mut self.referral else { return };
        let Stage::Asked { server, reports } = referral.stage else { return };
        core.wheel.cancel(referral.timer);
        let mut extra = Vec::with_capacity(96);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        if !reports {
            put(&mut extra, &[b"Refer-Sub: false\r\n"]);
        }
        core.answer(
            now,
            server,
            Method::Refer,
            &Reply { status: 202, extra: &extra, ..Reply::default() },
            out,
        );
        if !reports {
            self.referral = None;
            return;
        }
        let ends = now + LIFE;
        referral.timer = core.wheel.schedule(ends, Timer::Referral(id.slot));
        referral.stage = Stage::Accepted { ends, last: ends, out: None, status: 100, waits: true };
        self.report(id, core, now, out);
    }

    /// There will be no transfer.
    pub(crate) fn refuse_refer(&mut self, core: &mut Core, now: Timestamp, status: u16, out: &mut Out) {
        let Some(referral) = &self.referral else { return };
        let Stage::Asked { server, .. } = referral.stage else { return };
        core.wheel.cancel(referral.timer);
        self.referral = None;
        let status = if (400..700).contains(&status) { status } else { 603 };
        core.answer(now, server, Method::Refer, &Reply { status, ..Reply::default() }, out);
    }

    /// A SUBSCRIBE inside the call: whoever asked for the transfer hears of it for longer, or no longer (RFC 3515
    /// 2.4.4). The transfer itself goes on. It can only name reports that a REFER has begun.
    pub(crate) fn subscribe(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        request: &Received<'_>,
        server: ServerRef,
        out: &mut Out,
    ) {
        let refuse = |core: &mut Core, (status, reason), out: &mut Out| {
            let extra = if status == 489 { ALLOW } else { b"" };
            core.answer(now, server, Method::Subscribe, &Reply { status, reason, extra, body: None }, out);
        };
        let event = Event::parse(request.value(Name::Event).unwrap_or_default());
        if !event.is("refer") {
            // RFC 6665 4.2.1.1: there is no other package here.
            return refuse(core, (489, None), out);
        }
        let lasts = match (request.value(Name::Expires), request.message.expires()) {
            (None, _) => LIFE,
            (_, Some(seconds)) => Duration::from_secs(seconds.into()),
            (Some(_), None) => return refuse(core, (400, Some("unreadable Expires")), out),
        };
        let Some(Referral { seq, named, stage: Stage::Accepted { ends, last, waits, .. }, timer }) =
            self.referral.as_deref_mut()
        else {
            return refuse(core, (481, Some("no transfer is reported here")), out);
        };
        // RFC 3515 2.4.6: of the first REFER it may be left out.
        if event.id.map_or(*named, |id| id != Some(*seq)) {
            return refuse(core, (481, Some("the reports of another transfer")), out);
        }
        let (given, end) = ((now + lasts).min(*last).since(now), lasts.is_zero());
        if !end {
            core.wheel.cancel(*timer);
            (*ends, *waits) = (now + given, true);
            *timer = core.wheel.schedule(*ends, Timer::Referral(id.slot));
        }
        if let Some(target) = request.contact_uri() {
            self.dialog.retarget(target);
        }
        let mut extra = Vec::with_capacity(96);
        core.put_contact(&mut extra, &self.dialog.path, &self.contact);
        put(&mut extra, &[b"Expires: "]);
        put_number(&mut extra, given.as_secs());
        put(&mut extra, &[b"\r\n"]);
        let reply = Reply { status: 200, extra: &extra, ..Reply::default() };
        core.answer(now, server, Method::Subscribe, &reply, out);
        // RFC 6665 4.2.1.2: either way he is told at once how it stands.
        if end {
            if let Some(referral) = &self.referral {
                core.wheel.cancel(referral.timer);
            }
            self.referral_due(id, core, now, out);
        } else {
            self.report(id, core, now, out);
        }
    }

    /// How far the transfer is. What waits for its turn is overtaken by what came later, the end by nothing.
    pub(crate) fn refer_progress(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        progress: u16,
        out: &mut Out,
    ) {
        let Some(referral) = &mut self.referral else { return };
        let Stage::Accepted { status, waits, .. } = &mut referral.stage else { return };
        if *status < 200 {
            *status = if (100..700).contains(&progress) { progress } else { 500 };
            *waits = true;
            self.report(id, core, now, out);
        }
    }

    /// Tells what waits, unless a NOTIFY is out: two at once could overtake each other.
    fn report(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        let Some(referral) = &mut self.referral else { return };
        let Stage::Accepted { out: None, status, waits: true, .. } = referral.stage else { return };
        let end = (status >= 200).then_some(&b"noresource"[..]);
        let owner = Owner::Notify(id.slot);
        referral.notify((id, owner), &mut self.dialog, &self.contact, end, (core, now), out);
        if end.is_some() {
            self.forget_referral(core);
        }
    }

    fn forget_referral(&mut self, core: &mut Core) {
        if let Some(referral) = self.referral.take() {
            core.wheel.cancel(referral.timer);
        }
    }

    /// A NOTIFY was answered, or not at all. Whoever does not want it (481, 489, 405, silence) gets no further one;
    /// the call itself goes on (RFC 5057 5.1).
    pub(crate) fn notified(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        client: ClientRef,
        status: u16,
        out: &mut Out,
    ) {
        let Some(referral) = &mut self.referral else { return };
        let Stage::Accepted { out: flight, .. } = &mut referral.stage else { return };
        if *flight != Some(client) || status < 200 {
            return;
        }
        *flight = None;
        if status < 300 {
            self.report(id, core, now, out);
        } else {
            self.forget_referral(core);
        }
    }

    /// A NOTIFY goes out again with credentials.
    pub(crate) fn notify_replaced(&mut self, old: ClientRef, new: ClientRef) {
        if let Some(referral) = &mut self.referral
            && let Stage::Accepted { out: Some(client), .. } = &mut referral.stage
            && *client == old
        {
            *client = new;
        }
    }

    /// Nobody has decided in time, or the transfer has no end.
    pub(crate) fn referral_due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        let Some(mut referral) = self.referral.take() else { return };
        match referral.stage {
            Stage::Asked { server, .. } => {
                core.counters.refuse("nobody decided about a transfer");
                core.answer(now, server, Method::Refer, &Reply { status: 500, ..Reply::default() }, out);
            }
            Stage::Accepted { out: before, .. } => {
                if let Some(before) = before {
                    core.disown(before);
                }
                let end = Some(&b"timeout"[..]);
                let owner = Owner::Notify(id.slot);
                referral.notify((id, owner), &mut self.dialog, &self.contact, end, (core, now), out);
            }
        }
    }

    /// The call ends. An end that waits for its turn is still told when it is we who say BYE.
    pub(crate) fn end_referral(
        &mut self,
        id: Id,
        core: &mut Core,
        now: Timestamp,
        by_us: bool,
        out: &mut Out,
    ) {
        let Some(mut referral) = self.referral.take() else { return };
        core.wheel.cancel(referral.timer);
        match referral.stage {
            // RFC 3261 15.1.2: requests that wait are answered with 487.
            Stage::Asked { server, .. } => {
                let reply = Reply { status: 487, ..Reply::default() };
                core.answer(now, server, Method::Refer, &reply, out);
            }
            Stage::Accepted { out: before, status, waits, .. } => {
                if let Some(before) = before {
                    core.disown(before);
                }
                if by_us && waits && status >= 200 {
                    let (end, owner) = (Some(&b"noresource"[..]), Owner::Nobody);
                    referral.notify((id, owner), &mut self.dialog, &self.contact, end, (core, now), out);
                }
            }
        }
    }
}

impl Endpoint {
    /// What a REFER inside a dialog of `of` asks for.
    pub(crate) fn refer_of(&self, request: &Received<'_>, leg: Id) -> Result<Refer, Unfit> {
        // RFC 3515 2.4.2.
        if request.message.count(Name::ReferTo) != 1 {
            return unfit(400, "not exactly one Refer-To");
        }
        let address = request.value(Name::ReferTo).and_then(NameAddr::parse);
        let Some((address, uri)) = address.and_then(|address| Some((address, address.parsed()?))) else {
            return unfit(400, "unreadable Refer-To");
        };
        if uri.scheme == Scheme::Other {
            return unfit(416, "Refer-To is neither sip nor tel");
        }
        if uri.params.find("method").is_some_and(|method| method != Some(b"INVITE")) {
            return unfit(403, "Refer-To asks for something else than a call");
        }
        let mut named = uri.header("Replaces");
        let replaces = match (named.next(), named.next()) {
            (None, _) => None,
            (Some(value), None) => Some(self.replaced(&value, leg.of)?.0),
            (Some(_), Some(_)) => return unfit(400, "more than one Replaces"),
        };
        if replaces == Some(leg.name) {
            return unfit(400, "replaces the call that is to be transferred");
        }
        let dialed = user_of(address.uri);
        let to = match leg.of {
            Origin::Aor(_) => dialed,
            Origin::Trunk(trunk) => numbers::called(&dialed, &self.core.plan.trunks[trunk.index()].numbers),
        };
        if to.is_empty() && replaces.is_none() {
            return unfit(404, "Refer-To names nobody");
        }
        let referred_by = request.value(Name::ReferredBy).map(crate::arrival::text_of);
        Ok(Refer { to, replaces, referred_by: Private::new(referred_by.unwrap_or_default()) })
    }

    /// The leg that an INVITE of `of` wants to take the place of (RFC 3891 3).
    pub(crate) fn replaces_of(&self, request: &Received<'_>, of: Origin) -> Result<Option<LegRef>, Unfit> {
        let lines = request.message.count(Name::Replaces);
        let found = match request.value(Name::Replaces) {
            None => return Ok(None),
            Some(_) if lines > 1 => unfit(400, "more than one Replaces"),
            Some(value) => self.replaced(&crate::message::unfold(value), of),
        };
        match found {
            Ok((_, true)) => unfit(486, "replaces an answered call only while it rings"),
            Ok((leg, false)) => Ok(Some(leg)),
            // Carriers pass headers on that their callers meant for others: a citizen is not sent away for that.
            Err(_)
                if matches!(of, Origin::Trunk(_))
                    && !request.message.has_token(Name::Require, "replaces") =>
            {
                Ok(None)
            }
            Err(unfit) => Err(unfit),
        }
    }

    /// The answered leg of `of` that a Replaces names, and whether it is to be replaced only while it rings.
    fn replaced(&self, value: &[u8], of: Origin) -> Result<(LegRef, bool), Unfit> {
        let Some(replaces) = Replaces::parse(value) else { return unfit(400, "unreadable Replaces") };
        let Some(leg) = self.legs.named(&replaces) else {
            return unfit(481, "replaces no call of ours");
        };
        if leg.id.of != of {
            return unfit(403, "replaces a call of somebody else");
        }
        match leg.state {
            State::Confirmed(_) => Ok((leg.id.name, replaces.early_only)),
            // RFC 3891 3: an early dialog that the other side began is never replaced; one of ours is not `named`.
            State::Ingress(_) | State::Egress(_) => unfit(481, "replaces a call that nobody has answered"),
            State::Ending(_) => unfit(603, "replaces a call that is over"),
        }
    }
}
