//! Legs: what the rest of the engine sees of SIP. Facts come out, commands go in; nobody else speaks SIP.
//!
//! ```text
//!   datagrams ──▶ Endpoint ──Fact──▶ call          call ──Command──▶ Endpoint ──▶ datagrams
//! ```
//!
//! A leg is one party's side of a call, from INVITE to BYE. A body is bytes here: what it means (SDP) is the
//! business of whoever sent the command. References are minted by whoever starts the leg: by the endpoint for
//! a leg that arrives, by the caller of [`Command::Invite`] for one that leaves; [`LegRef::INGRESS`] tells
//! the two apart, so neither side needs to ask the other for a number.
//!
//! ```text
//! ingress:  Invited ─▶ (Progress)* ─▶ Answer ─▶ Confirmed ─▶ … ─▶ Release | Released
//!                          └──────── Reject                        (Release is answered by Released too)
//! egress:   Invite ─▶ (Ringing)* ─▶ Answered ─▶ … ─▶ Release | Released
//! both:     Offered ─▶ Accept | Refuse        Reoffer ─▶ Reanswered | ReofferRefused
//!           Referred ─▶ RefuseRefer | AcceptRefer ─▶ (ReferProgress)* up to a final status
//! ```
//!
//! Every leg ends with exactly one [`Fact::Released`], whoever ended it; after it the reference is dead.

use crate::message::Cause;
use base::Private;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

base::index!(TrunkRef, "trunk", "A carrier's trunk, by its place in the plan.");
base::index!(AorRef, "aor", "An address of record (an agent's phone account), by its place in the plan.");

/// One party's side of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegRef(pub u64);

impl LegRef {
    /// Set in references that the endpoint minted (legs that arrived).
    pub const INGRESS: u64 = 1 << 63;

    /// Whether the leg came to us.
    #[must_use]
    pub const fn is_ingress(self) -> bool {
        self.0 & Self::INGRESS != 0
    }
}

impl std::fmt::Debug for LegRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "leg#{}{}", if self.is_ingress() { "in" } else { "out" }, self.0 & !Self::INGRESS)
    }
}

/// A message body: bytes and what they are. Almost always `application/sdp`.
pub type Body = Box<[u8]>;

/// How the peer is reached; a value of each leg, so that browsers (WSS) need no second kind of leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// RFC 3261 18: datagrams.
    Udp,
    /// RFC 3261 18: a stream.
    Tcp,
    /// SIP over TLS.
    Tls,
    /// RFC 7118.
    Ws,
    /// RFC 7118 over TLS.
    Wss,
}

/// Who a leg comes from, as far as SIP can prove it (address range or digest).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A carrier's trunk.
    Trunk(TrunkRef),
    /// A phone that has proved to belong to this address of record.
    Aor(AorRef),
}

/// A leg has arrived and waits for an answer (100 Trying has been sent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Who sent it.
    pub origin: Origin,
    /// The called number or user, normalized by the trunk's rules (`12345`, `*11`).
    pub called: String,
    /// The caller's number, normalized (E.164 with `+`, or the digits the trunk gave); empty when withheld.
    pub caller: Private,
    /// Display name, when one was given.
    pub caller_name: Private,
    /// Number that diverted the call to us (RFC 5806 Diversion or RFC 7044 History-Info), empty when none.
    pub diverted_from: Private,
    /// The Call-ID header, for logs and records.
    pub call_id: String,
    /// SDP offer; `None` asks us to offer in our answer (RFC 3264 late offer).
    pub offer: Option<Body>,
    /// The local address on which it arrived: what our SDP should show to this peer unless configured.
    pub local: IpAddr,
    /// Where it came from (after rport).
    pub peer: SocketAddr,
    /// By which transport.
    pub transport: Transport,
    /// The phone sits behind a NAT (received differs from sent-by or contact): latch its audio.
    pub nated: bool,
    /// It wants the place of this answered leg (RFC 3891), which is one of the same account or trunk: when it is
    /// answered, that leg is to be released. A Replaces that names anything else was refused by SIP.
    pub replaces: Option<LegRef>,
    /// Headers that the plan wants carried ([`Plan::carries`](crate::plan::Plan)), as (name, value) in their order; at
    /// most 8 of at most 2,000 bytes, and none from a phone.
    pub carried: Vec<(String, Private)>,
}

/// A transfer that the peer of a leg asks for (RFC 3515).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refer {
    /// User part of Refer-To, normalized as [`Invited::called`] is. May be empty when there is `replaces`.
    pub to: String,
    /// Attended transfer: the answered leg whose dialog the Replaces of Refer-To names (RFC 3891), one of the same
    /// account or trunk and not the leg that asks. `None` is a blind transfer. A Replaces that names anything else
    /// was refused by SIP.
    pub replaces: Option<LegRef>,
    /// Referred-By (RFC 3892) as the peer wrote it and unproved; empty when there was none.
    pub referred_by: Private,
}

/// What SIP has seen happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A call arrives.
    Invited {
        /// The new leg.
        leg: LegRef,
        /// What was asked for.
        invite: Box<Invited>,
    },
    /// Our 2xx on an ingress leg was acknowledged; `answer` is set after a late offer.
    Confirmed {
        /// The leg.
        leg: LegRef,
        /// The answer to the offer that our 2xx carried.
        answer: Option<Body>,
    },
    /// An egress leg rings (180, 183…); `answer` carries early media, if any.
    Ringing {
        /// The leg.
        leg: LegRef,
        /// 180, 181, 182, 183.
        status: u16,
        /// Early answer (18x with SDP).
        answer: Option<Body>,
    },
    /// An egress leg was answered; other branches of the fork are being cancelled, ACK is sent.
    Answered {
        /// The leg.
        leg: LegRef,
        /// The answer to our offer.
        answer: Option<Body>,
        /// Where the answering phone is.
        peer: SocketAddr,
        /// It sits behind a NAT.
        nated: bool,
    },
    /// The peer wants to change the session (re-INVITE or UPDATE); reply with `Accept` or `Refuse`.
    /// `offer` is `None` for a re-INVITE without SDP: `Accept` must then carry our offer, and the answer
    /// arrives as `Reanswered`. Session refreshes without change are answered by SIP alone.
    Offered {
        /// The leg.
        leg: LegRef,
        /// The new offer.
        offer: Option<Body>,
    },
    /// The peer accepted our `Reoffer`.
    Reanswered {
        /// The leg.
        leg: LegRef,
        /// Its answer.
        answer: Body,
    },
    /// The peer refused our `Reoffer`; the session goes on unchanged.
    ReofferRefused {
        /// The leg.
        leg: LegRef,
        /// The final status (491 has been retried by SIP before this is said).
        status: u16,
    },
    /// A digit came by INFO (application/dtmf-relay or application/dtmf).
    Key {
        /// The leg.
        leg: LegRef,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// The peer of this answered leg asks us to transfer it (REFER); reply within 10 s with `AcceptRefer` or
    /// `RefuseRefer`, else SIP refuses with 500. There is one at a time: until its end is reported by `ReferProgress`
    /// (or 180 s are over) further ones get 491 without a word here.
    Referred {
        /// The leg.
        leg: LegRef,
        /// What is asked for.
        refer: Box<Refer>,
    },
    /// The leg is over. Exactly one of these ends each leg.
    Released {
        /// The leg.
        leg: LegRef,
        /// Why, as a Q.850 cause.
        cause: Cause,
        /// The final SIP status when one decided it (486, 603, 408…); 200 for a normal BYE, 0 when none.
        status: u16,
        /// Who ended it.
        by: ReleasedBy,
    },
    /// A phone account has at least one living contact now (sent at each change of the number).
    AorBound {
        /// The account.
        aor: AorRef,
        /// How many contacts.
        contacts: u8,
        /// It was bound for the first time (not a refresh by a further contact).
        first: bool,
    },
    /// A phone account has lost its last contact: nobody can be rung there.
    AorLost {
        /// The account.
        aor: AorRef,
        /// Why.
        why: AorLoss,
    },
    /// The trunk answers our OPTIONS, or is registered, again.
    TrunkUp {
        /// Which.
        trunk: TrunkRef,
    },
    /// The trunk stopped answering, or its registration failed.
    TrunkDown {
        /// Which.
        trunk: TrunkRef,
        /// Status that showed it; 408 for silence.
        status: u16,
    },
}

/// Who ended a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleasedBy {
    /// The peer: BYE, CANCEL, or a final refusal.
    Peer,
    /// Us, by command.
    Us,
    /// Nobody answered: a transaction timed out, or the session timer ran out.
    Timeout,
}

/// Why a phone account was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AorLoss {
    /// The registration was not refreshed.
    Expired,
    /// The phone took it back.
    Unregistered,
    /// It no longer answers keep-alives, or its connection closed.
    Unreachable,
}

/// Where an egress leg goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All contacts of a phone account (forked; first 2xx wins).
    Aor(AorRef),
    /// A number behind a trunk.
    Trunk {
        /// Which.
        trunk: TrunkRef,
        /// The number to dial, as the trunk wants it.
        number: String,
    },
}

/// What SIP shall do. A command for a leg that is over is ignored: its `Released` is on the way or was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start an egress leg under this fresh reference ([`LegRef::INGRESS`] clear).
    Invite {
        /// Minted by the sender of the command.
        leg: LegRef,
        /// Whom.
        to: Target,
        /// Number or user shown as the caller (From, and P-Asserted-Identity towards trusted trunks).
        caller: Private,
        /// Display name shown.
        caller_name: String,
        /// SDP offer.
        offer: Body,
        /// Give up after this long without an answer (CANCEL, then `Released` with status 487 or 408).
        ring: Duration,
        /// Extra headers, as (name, value): e.g. `X-Call-Ref`. Checked against CR and LF.
        headers: Vec<(String, String)>,
    },
    /// Provisional answer on an ingress leg: 180, or 183 with early media (reliable where the peer asks).
    Progress {
        /// The leg.
        leg: LegRef,
        /// 180 or 183.
        status: u16,
        /// Early answer.
        answer: Option<Body>,
    },
    /// 200 on an ingress leg; our answer, or our offer after a late offer.
    Answer {
        /// The leg.
        leg: LegRef,
        /// SDP.
        body: Body,
    },
    /// Final refusal of an ingress leg that was not answered.
    Reject {
        /// The leg.
        leg: LegRef,
        /// 4xx–6xx.
        status: u16,
        /// Q.850 cause in a Reason header.
        cause: Cause,
        /// Retry-After, if any.
        retry_after: Option<Duration>,
        /// Why, in words for whoever reads them on the phone: beside the cause, and in place of the usual phrase.
        /// Empty: the usual one.
        text: &'static str,
    },
    /// End the leg, whatever its state: CANCEL, BYE or a refusal.
    Release {
        /// The leg.
        leg: LegRef,
        /// Q.850 cause in a Reason header.
        cause: Cause,
    },
    /// Offer a changed session (re-INVITE).
    Reoffer {
        /// The leg.
        leg: LegRef,
        /// SDP offer.
        offer: Body,
    },
    /// Accept an `Offered`.
    Accept {
        /// The leg.
        leg: LegRef,
        /// Our answer (or offer, when the peer sent none).
        body: Body,
    },
    /// Refuse an `Offered`; the session goes on unchanged.
    Refuse {
        /// The leg.
        leg: LegRef,
        /// 488 or 491.
        status: u16,
    },
    /// Accept a `Referred`: 202, and NOTIFY 100 unless the peer wants no reports (RFC 4488). The leg itself goes on
    /// until somebody releases it.
    AcceptRefer {
        /// The leg.
        leg: LegRef,
    },
    /// Report how an accepted transfer goes (NOTIFY). From 200 on it is the end of it. May be followed by `Release` at
    /// once: the end is still told before the BYE.
    ReferProgress {
        /// The leg.
        leg: LegRef,
        /// What the new call got: 180, 200, 486…
        status: u16,
    },
    /// Refuse a `Referred`.
    RefuseRefer {
        /// The leg.
        leg: LegRef,
        /// 403, 404, 603…
        status: u16,
    },
}
