//! Broken messages: whatever arrives, nothing panics, nothing reaches outside its message, and what a stream is
//! cut into does not depend on how it arrived.
//!
//! `SECONDS=60 cargo test -p sip --test message_mutations` runs for a minute from a seed that it prints.

mod message_corpus;

use base::Random;
use message_corpus::{corpus, mutate};
use sip::digest::{Answer, Challenge};
use sip::message::frame::{Frame, Stream};
use sip::message::{
    AuthParams, Commas, Keys, Limits, Message, Name, NameAddr, RAck, ReasonValue, Replaces, SessionExpires,
    Uri, Via, unfold, validated,
};
use std::time::{Duration, Instant};

/// Mutations of each message when nobody asks for more.
const ROUNDS: u64 = 200;

/// Whether `part` lies inside `whole`, or is empty.
fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.start == part.end || whole.start <= part.start && part.end <= whole.end
}

/// Asks a message everything that can be asked.
fn ask_everything(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes, &Limits::DATAGRAM) else { return };
    let _ = (message.start(), message.method(), message.status(), message.version_ok(), message.truncated());
    let keys = validated(&message);
    assert!(lies_in(message.body(), bytes) && lies_in(message.raw(), bytes));
    if let Ok(Keys { via, from, to, call_id, cseq }) = keys {
        // What validation read is what the message says to whoever asks later.
        assert_eq!((Some(via), Some(cseq)), (message.via(), message.cseq()));
        assert_eq!((Some(from), Some(to)), (message.from(), message.to()));
        assert_eq!(Some(call_id), message.call_id());
        assert!(from.parsed().is_some() && to.parsed().is_some(), "a valid message can be routed");
    }
    for (name, spelled, value) in message.all() {
        assert!(lies_in(spelled, bytes) && lies_in(value, bytes));
        assert_eq!(Name::of(spelled), name);
        // Every value is read as every type: a header's name promises nothing about its value.
        let _ = (unfold(value), RAck::parse(value), SessionExpires::parse(value), ReasonValue::parse(value));
        let _ = (Challenge::parse(value), Answer::parse(value).map(|answer| answer.verify("x", b"INVITE")));
        assert!(Replaces::parse(value).is_none_or(|replaces| lies_in(replaces.to_tag, value)));
        let _ = AuthParams::parse(value).map(|params| (params.is_digest(), params.get("qop")));
        for part in Commas::of(value) {
            assert!(lies_in(part, value) && !part.is_empty());
            if let Some(via) = Via::parse(part) {
                let _ = (via.branch(), via.has_cookie(), via.wants_rport(), via.rport(), via.received());
                let _ = via.host.address();
            }
            if let Some(address) = NameAddr::parse(part) {
                assert!(lies_in(address.uri, part) && lies_in(address.name, part));
                let _ = (address.tag(), address.is_star(), address.params.iter().count());
                if let Some(uri) = Uri::parse(address.uri) {
                    assert!(uri.same(&uri), "a URI equals itself");
                    for named in uri.header("Replaces") {
                        assert!(named.len() <= uri.headers.len());
                        let _ = Replaces::parse(&named);
                    }
                    assert!(sip::rsip_values::uri(&uri).is_none_or(|uri| !uri.to_string().is_empty()));
                }
            }
        }
    }
}

#[test]
fn no_mistake_in_a_message_does_any_harm() {
    // More on demand, so that a long run is the same test.
    let seconds = std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let seed = if seconds.is_some() { u64::from(std::process::id()) } else { 4_475 };
    println!("seed {seed}");
    let mut random = Random::seeded(seed);
    let corpus = corpus();
    let (began, mut count) = (Instant::now(), 0u64);
    let mut round = 0;
    while seconds.map_or(round < ROUNDS, |seconds| began.elapsed() < seconds) {
        for message in &corpus {
            let mut bytes = mutate(message, &mut random);
            for _ in 0..random.below(4) {
                bytes = mutate(&bytes, &mut random);
            }
            ask_everything(&bytes);
            count += 1;
        }
        round += 1;
    }
    println!("{count} messages");
}

/// Cuts `bytes` into messages and keep-alives, arriving in pieces of at most `most` bytes.
fn frames(bytes: &[u8], most: u64, random: &mut Random) -> (Vec<Vec<u8>>, bool) {
    let (mut stream, mut messages, mut rest) = (Stream::default(), Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((1 + random.below(most) as usize).min(rest.len()));
        rest = behind;
        stream.push(piece);
        loop {
            match stream.next_frame(&Limits::STREAM) {
                Ok(Some(Frame::Message(message))) => messages.push(message.to_vec()),
                Ok(Some(Frame::Ping)) => {}
                Ok(None) => break,
                Err(_) => return (messages, false),
            }
        }
    }
    (messages, true)
}

#[test]
fn a_broken_stream_is_cut_the_same_way_however_it_arrives() {
    let mut random = Random::seeded(3_261);
    let corpus = corpus();
    let mut whole = 0;
    for _ in 0..2_000 {
        let mut bytes = Vec::new();
        for _ in 0..1 + random.below(4) {
            let message = &corpus[random.below(corpus.len() as u64) as usize];
            if random.chance(0.3) {
                bytes.extend_from_slice(&mutate(message, &mut random));
            } else {
                bytes.extend_from_slice(message);
            }
        }
        let at_once = frames(&bytes, bytes.len() as u64, &mut Random::seeded(0));
        let in_pieces = frames(&bytes, 40, &mut random);
        assert_eq!(at_once, in_pieces, "{}", String::from_utf8_lossy(&bytes));
        whole += at_once.0.len();
    }
    assert!(whole > 1_000, "only {whole} messages came through");
}

#[test]
fn bounds_are_kept() {
    let head = "OPTIONS sip:a@b SIP/2.0\r\n";
    let with = |rows: &str| format!("{head}{rows}\r\n").into_bytes();
    let parse =
        |bytes: &[u8], limits: &Limits| Message::parse(bytes, limits).map(|_| ()).map_err(|why| why.0);
    let row = "X: y\r\n";
    assert_eq!(parse(&with(&row.repeat(128)), &Limits::DATAGRAM), Ok(()));
    assert_eq!(parse(&with(&row.repeat(129)), &Limits::DATAGRAM), Err("Too Many Headers"));
    let few = Limits { headers: 3, ..Limits::DATAGRAM };
    assert_eq!(parse(&with(&row.repeat(4)), &few), Err("Too Many Headers"));
    let long = format!("X: {}\r\n", "y".repeat(8_200));
    assert_eq!(parse(&with(&long), &Limits::DATAGRAM), Err("Header Field Too Long"));
    let folded = format!("X: y\r\n{}", " z\r\n".repeat(3_000));
    assert_eq!(parse(&with(&folded), &Limits::DATAGRAM), Err("Header Field Too Long"));
    // The largest message has the largest offsets; one byte more is too much whatever the limits say.
    let mut largest = with("");
    largest.resize(65_535, b'x');
    assert_eq!(parse(&largest, &Limits::DATAGRAM), Ok(()));
    largest.push(b'x');
    assert_eq!(parse(&largest, &Limits { message: 1 << 20, ..Limits::DATAGRAM }), Err("Message Too Large"));
    let wide = with(&format!("Require: {}\r\n", "a,".repeat(2_000)));
    let message = Message::parse(&wide, &Limits::DATAGRAM).expect("readable");
    assert_eq!(message.values(Name::Require).count(), sip::message::VALUES_MAX);
}
