//! SIP messages: any bytes into the reader, and into an endpoint from a trunk, a stranger and a stream.
//!
//! ```text
//!   bytes ─┬─▶ Message::parse ─▶ validate, every accessor, every value that has a type
//!          ├─▶ Stream, in pieces
//!          └─▶ Endpoint with a call in and a call out: as the trunk, as a stranger, over TCP in pieces
//!                 ─▶ answers no longer than what was asked; nothing left when all is over
//! ```
//!
//! `@@TAG@@` and `@@BRANCH@@` in an input stand for our tag of the call in and our branch of the call out, which
//! no file could know: with them a message of the corpus gets into a dialog.

use super::cost;
use base::Timestamp;
use sip::endpoint::{ConnectionRef, Endpoint, Out, Path};
use sip::leg::{AorRef, Command, Fact, LegRef, Target, Transport, TrunkRef};
use sip::message::frame::Stream;
use sip::message::{
    AuthParams, CSeq, Cause, Limits, Message, Name, NameAddr, RAck, ReasonValue, SessionExpires, Uri, Via,
    unfold, validate,
};
use std::net::SocketAddr;
use std::time::Duration;

use crate::setup::Setup;

/// An answer may be this much longer than what it answers (our tag, Server, a challenge).
const LONGER: usize = 2_048;

/// Plays one input.
///
/// # Panics
/// When something is wrong with what it does.
pub fn run(data: &[u8]) {
    read(data, &Limits::DATAGRAM);
    read(data, &Limits::STREAM);
    frame(data);
    let trunk = SocketAddr::from(([10, 1, 0, 1], 5060));
    let stranger = SocketAddr::from(([198, 51, 100, 7], 5060));
    for (transport, peer) in [(Transport::Udp, trunk), (Transport::Udp, stranger), (Transport::Tcp, trunk)] {
        endpoint(data, transport, peer);
    }
}

fn read(data: &[u8], limits: &Limits) {
    let Ok(message) = cost::of(|| Message::parse(data, limits)) else { return };
    assert!(message.body().len() <= data.len() && message.raw().len() <= data.len());
    let _ = cost::of(|| validate(&message));
    let _ = (message.start(), message.method(), message.status(), message.request_uri(), message.truncated());
    let _ = (
        message.call_id(),
        message.cseq(),
        message.max_forwards(),
        message.content_length(),
        message.expires(),
    );
    let _ = (message.from_tag(), message.to_tag(), message.has_token(Name::Supported, "100rel"));
    if let Some(via) = message.via() {
        let _ = (via.branch(), via.has_cookie(), via.wants_rport(), via.rport(), via.received());
    }
    for address in [message.from(), message.to()].into_iter().chain(message.contacts()).flatten() {
        if let Some(uri) = address.parsed() {
            assert!(uri.same(&uri) || uri.host.address().is_none(), "a URI equals itself");
        }
        let _ = (address.tag(), address.is_star(), address.params.iter().count());
    }
    for (name, _, value) in message.all() {
        assert!(unfold(value).len() <= value.len());
        for value in message.values(name).take(64) {
            let _ = (NameAddr::parse(value), Uri::parse(value), Via::parse(value));
        }
        let _ =
            (CSeq::parse(value), RAck::parse(value), SessionExpires::parse(value), ReasonValue::parse(value));
        if let Some(auth) = AuthParams::parse(value) {
            let _ = (auth.is_digest(), auth.get("nonce"), auth.get("response"));
        }
    }
}

/// However a stream is cut, the same messages come out of it.
fn frame(data: &[u8]) {
    let frames = |cut: usize| {
        let (mut stream, mut count) = (Stream::default(), 0);
        let (first, rest) = data.split_at(cut.min(data.len()));
        for piece in [first, rest] {
            stream.push(piece);
            loop {
                match cost::of(|| stream.next_frame(&Limits::STREAM).map(|frame| frame.is_some())) {
                    Ok(true) => count += 1,
                    Ok(false) => break,
                    Err(_) => return (count, true),
                }
            }
        }
        (count, false)
    };
    let whole = frames(0);
    assert!(whole.0 <= data.len() / 2 + 1, "more messages than bytes: {whole:?}");
}

fn endpoint(data: &[u8], transport: Transport, peer: SocketAddr) {
    let setup = Setup { agents: 2, ..Setup::quiet(1) };
    let mut played = Played::begin(&setup);
    if data.len().is_multiple_of(2) {
        played.confirm(&setup);
    }
    let data = played.filled_in(data);
    let connection = (transport != Transport::Udp).then_some(ConnectionRef::from_bits(1));
    let path = Path { transport, local: setup.engine(), peer, connection };
    if connection.is_some() {
        played.sip.connection(played.now, &path, true, &mut played.out);
    }
    let before = played.out.bytes.len();
    // A stream may be cut anywhere.
    let cut = if connection.is_some() { data.len() / 3 } else { data.len() };
    for piece in [&data[..cut], &data[cut..]] {
        if !piece.is_empty() {
            let Played { sip, out, now, .. } = &mut played;
            cost::of(|| sip.receive(*now, &path, piece, out));
        }
    }
    let written = played.out.bytes.len() - before;
    if transport == Transport::Udp {
        assert!(written <= 2 * data.len() + LONGER, "{written} bytes for {}", data.len());
    } else {
        // Each message of a stream is answered on its own; the shortest has some twenty bytes.
        assert!(written <= data.len() * 40 + LONGER, "{written} bytes for {}", data.len());
    }
    played.sip.check();
    played.end();
}

/// An endpoint with a call of the trunk's that is answered, and a call of ours to the trunk.
struct Played {
    sip: Endpoint,
    out: Out,
    now: Timestamp,
    legs: Vec<LegRef>,
    tag: Vec<u8>,
    branch: Vec<u8>,
}

impl Played {
    fn begin(setup: &Setup) -> Self {
        let mut plan = setup.sip();
        plan.trunks[0].options_every = Duration::ZERO;
        let mut played = Self {
            sip: Endpoint::new(plan, [1, 2, 3, 4]),
            out: Out::default(),
            now: Timestamp::from_secs(1),
            legs: Vec::new(),
            tag: Vec::new(),
            branch: Vec::new(),
        };
        let trunk = SocketAddr::new(setup.trunk_host(), 5060);
        let path = Path { transport: Transport::Udp, local: setup.engine(), peer: trunk, connection: None };
        played.sip.receive(played.now, &path, INVITE.replace('\n', "\r\n").as_bytes(), &mut played.out);
        played.answer();
        played.tag = between(&played.out.bytes, b"To: ", b";tag=", b"\r\n");
        played.out.clear();
        let leg = LegRef(1);
        let to = Target::Trunk { trunk: TrunkRef(0), number: "13912345678".to_owned() };
        played.invite(leg, to);
        played.branch = between(&played.out.bytes, b"Via: ", b"branch=", b"\r\n;");
        // Nobody is registered there: it ends at once.
        played.invite(LegRef(2), Target::Aor(AorRef(0)));
        played.answer();
        played.out.clear();
        played
    }

    /// The trunk acknowledges our answer: only then may it change the session.
    fn confirm(&mut self, setup: &Setup) {
        let peer = SocketAddr::new(setup.trunk_host(), 5060);
        let path = Path { transport: Transport::Udp, local: setup.engine(), peer, connection: None };
        let ack = self.filled_in(ACK.replace('\n', "\r\n").as_bytes());
        self.sip.receive(self.now, &path, &ack, &mut self.out);
        assert!(matches!(self.out.facts[..], [Fact::Confirmed { .. }]), "{:?}", self.out.facts);
        self.out.clear();
    }

    fn invite(&mut self, leg: LegRef, to: Target) {
        let command = Command::Invite {
            leg,
            to,
            caller: base::Private::new("12345".to_owned()),
            caller_name: "Hotline".to_owned(),
            offer: b"v=0\r\n".to_vec().into(),
            ring: Duration::from_secs(20),
            headers: Vec::new(),
        };
        self.legs.push(leg);
        self.sip.command(self.now, command, &mut self.out);
    }

    fn filled_in(&self, data: &[u8]) -> Vec<u8> {
        if !data.windows(2).any(|pair| pair == b"@@") {
            return data.to_vec();
        }
        let filled = replace(data, b"@@TAG@@", &self.tag);
        replace(&filled, b"@@BRANCH@@", &self.branch)
    }

    /// Takes what was told: new calls are answered, changes accepted.
    fn answer(&mut self) {
        for fact in std::mem::take(&mut self.out.facts) {
            match fact {
                Fact::Invited { leg, .. } => {
                    self.legs.push(leg);
                    let body = b"v=0\r\n".to_vec().into();
                    self.sip.command(self.now, Command::Answer { leg, body }, &mut self.out);
                }
                Fact::Offered { leg, .. } => {
                    let body = b"v=0\r\n".to_vec().into();
                    self.sip.command(self.now, Command::Accept { leg, body }, &mut self.out);
                }
                // Accepted and reported, or refused, or left to its timer.
                Fact::Referred { leg, refer } => {
                    let commands = match refer.to.len() % 3 {
                        0 => vec![Command::RefuseRefer { leg, status: 404 }],
                        1 => vec![Command::AcceptRefer { leg }, Command::ReferProgress { leg, status: 200 }],
                        _ => vec![],
                    };
                    for command in commands {
                        self.sip.command(self.now, command, &mut self.out);
                    }
                }
                Fact::Released { leg, .. } => {
                    let before = self.legs.len();
                    self.legs.retain(|known| *known != leg);
                    assert_eq!(self.legs.len() + 1, before, "{leg:?} ends twice, or never began");
                }
                _ => {}
            }
        }
    }

    /// Everything is released; after all timers nothing is left.
    fn end(mut self) {
        self.answer();
        for leg in self.legs.clone() {
            self.sip.command(self.now, Command::Release { leg, cause: Cause::NORMAL }, &mut self.out);
        }
        let end = self.now + Duration::from_secs(120);
        while let Some(at) = self.sip.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.sip.tick(self.now, &mut self.out);
            self.answer();
        }
        self.sip.check();
        let counters = self.sip.counters();
        assert_eq!(
            (counters.legs, counters.transactions_of_calls()),
            (0, 0),
            "something is left: {:#?}",
            self.sip
        );
        assert_eq!(self.legs, [], "legs that never ended");
    }
}

const INVITE: &str = "INVITE sip:12345@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKfuzz1
Max-Forwards: 70
From: <sip:13900000000@10.1.0.1>;tag=fuzz
To: <sip:12345@10.0.0.1>
Call-ID: fuzz@10.1.0.1
CSeq: 1 INVITE
Contact: <sip:13900000000@10.1.0.1:5060>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK
Supported: timer, 100rel
Content-Type: application/sdp
Content-Length: 5

v=0
";

const ACK: &str = "ACK sip:12345@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKfuzzack
Max-Forwards: 70
From: <sip:13900000000@10.1.0.1>;tag=fuzz
To: <sip:12345@10.0.0.1>;tag=@@TAG@@
Call-ID: fuzz@10.1.0.1
CSeq: 1 ACK
Content-Length: 0

";

/// What stands behind `mark` in the first line that begins with `line`, up to any byte of `ends`.
fn between(bytes: &[u8], line: &[u8], mark: &[u8], ends: &[u8]) -> Vec<u8> {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    // The last of them: provisional answers carry no tag.
    let lines = bytes.split(|&byte| byte == b'\n').filter(|text| text.starts_with(line));
    let value = lines.filter_map(|text| Some(&text[find(text, mark)? + mark.len()..])).next_back();
    let value = value.expect("a line with that mark");
    value.iter().copied().take_while(|byte| !ends.contains(byte)).collect()
}

fn replace(data: &[u8], mark: &[u8], with: &[u8]) -> Vec<u8> {
    let mut filled = Vec::with_capacity(data.len() + 64);
    let mut at = 0;
    while at < data.len() {
        if data[at..].starts_with(mark) {
            filled.extend_from_slice(with);
            at += mark.len();
        } else {
            filled.push(data[at]);
            at += 1;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the endpoint told of a message of the corpus that came from the trunk.
    fn told(file: &str, confirmed: bool) -> Vec<Fact> {
        let path = format!("{}/corpus/message/{file}", env!("CARGO_MANIFEST_DIR"));
        let data = std::fs::read(path).expect("a file of the corpus");
        let setup = Setup { agents: 2, ..Setup::quiet(1) };
        let mut played = Played::begin(&setup);
        if confirmed {
            played.confirm(&setup);
        }
        let peer = SocketAddr::new(setup.trunk_host(), 5060);
        let path = Path { transport: Transport::Udp, local: setup.engine(), peer, connection: None };
        let data = played.filled_in(&data);
        played.sip.receive(played.now, &path, &data, &mut played.out);
        std::mem::take(&mut played.out.facts)
    }

    #[test]
    fn the_corpus_gets_into_the_calls_and_not_only_to_the_door() {
        assert!(matches!(told("invite_carrier.sip", false)[..], [Fact::Invited { .. }]));
        assert!(matches!(told("ack.sip", false)[..], [Fact::Confirmed { .. }]));
        assert!(matches!(told("bye.sip", true)[..], [Fact::Released { status: 200, .. }]));
        assert!(matches!(told("reinvite_hold.sip", true)[..], [Fact::Offered { offer: Some(_), .. }]));
        assert!(matches!(told("refer_blind.sip", true)[..], [Fact::Referred { .. }]));
        assert!(matches!(told("refer.sip", true)[..], []), "its Replaces names nothing");
        assert!(matches!(told("info_dtmf.sip", true)[..], [Fact::Key { digit: '5', .. }]));
        assert!(matches!(
            told("ringing_reliable.sip", true)[..],
            [Fact::Ringing { status: 183, answer: Some(_), .. }]
        ));
        assert!(matches!(told("answered.sip", true)[..], [Fact::Answered { answer: Some(_), .. }]));
        assert!(matches!(told("busy.sip", true)[..], [Fact::Released { status: 486, .. }]));
    }
}
