//! The wire layer beside two others: `sipx-sip` and `rsip` read the same bytes, and where all can read, all
//! must have read the same.
//!
//! ```text
//!   corpus (torture files, a hotline's day) ─┬─▶ as it is ──┬─▶ sip::message ─┐
//!                                            └─▶ mutated ───┼─▶ sipx-sip ─────┼─▶ same start line, rows, body,
//!                                                 (seed)    └─▶ rsip ─────────┘   Call-ID, CSeq, Via, tags
//! ```
//!
//! They may differ in what they refuse. Each kind of difference is a rule below with its reason; one that has no
//! rule fails the test and prints the seed and the message.

mod message_corpus;

use base::Random;
use message_corpus::{DAY, corpus, mutate};
use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};
use rsip::typed;
use sip::message::{Limits, Message, Start, unfold, validate};
use sipx_sip::headers::{CSeq, From, To, Via};
use std::collections::BTreeSet;

/// Mutated messages per message of the corpus.
const MUTATIONS: usize = 400;
const SEED: u64 = 12_345;

/// What there is to compare.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    /// Method and URI, or status and reason.
    start: (Vec<u8>, Vec<u8>),
    /// Names as written and values with folds as spaces.
    rows: Vec<Vec<u8>>,
    body: Vec<u8>,
    call_id: Vec<u8>,
    seq: Option<(u32, Vec<u8>)>,
    branch: Option<Vec<u8>>,
    from_tag: Option<Vec<u8>>,
    to_tag: Option<Vec<u8>>,
}

fn words(value: &[u8]) -> Vec<u8> {
    unfold(value)
        .split(|byte| b" \t".contains(byte))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(&b' ')
}

/// Our reading; `None` when we refuse.
fn ours(bytes: &[u8]) -> Result<Reading, String> {
    let message = Message::parse(bytes, &Limits::DATAGRAM).map_err(|malformed| malformed.0.to_owned())?;
    validate(&message).map_err(|invalid| invalid.reason.to_owned())?;
    let start = match message.start() {
        Start::Request { method, uri } => (method.as_bytes().to_vec(), uri.to_vec()),
        Start::Response { status, reason } => (status.to_string().into_bytes(), reason.to_vec()),
    };
    Ok(Reading {
        start,
        rows: message.all().map(|(_, _, value)| words(value)).collect(),
        body: message.body().to_vec(),
        call_id: words(message.call_id().unwrap_or_default()),
        seq: message.cseq().map(|cseq| (cseq.number, cseq.method.as_bytes().to_vec())),
        branch: message.via().and_then(|via| via.branch()).map(<[u8]>::to_vec),
        from_tag: message.from_tag().map(<[u8]>::to_vec),
        to_tag: message.to_tag().map(<[u8]>::to_vec),
    })
}

/// The reading of `sipx-sip`.
fn sipx(bytes: &[u8]) -> Result<Reading, String> {
    // It knows no keep-alive before a datagram's message; RFC 3261 7.5 does.
    let lead = bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    let bytes = bytes[lead..].to_vec();
    let message = sipx_sip::parse_datagram(bytes.into(), &sipx_sip::Limits::datagram())
        .map_err(|error| error.to_string())?;
    if let Some(finding) = sipx_sip::validate(&message).into_iter().find(|finding| !finding.is_repairable()) {
        return Err(format!("{finding:?}"));
    }
    let start = match &message {
        sipx_sip::Message::Request(request) => {
            (request.method.as_bytes().to_vec(), request.uri.to_bytes().to_vec())
        }
        sipx_sip::Message::Response(response) => {
            (response.status.code().to_string().into_bytes(), response.reason.to_vec())
        }
    };
    let headers = message.headers();
    let full = |tag: &[u8]| (!tag.is_empty()).then(|| tag.to_vec());
    Ok(Reading {
        start,
        rows: headers.iter().map(|header| words(&header.value())).collect(),
        body: message.body().to_vec(),
        call_id: words(&headers.value(&sipx_sip::HeaderName::CallId).unwrap_or_default()),
        seq: headers
            .typed::<CSeq>()
            .and_then(Result::ok)
            .map(|cseq| (cseq.sequence, cseq.method.as_bytes().to_vec())),
        branch: headers.typed::<Via>().and_then(Result::ok).and_then(|via| full(via.branch()?)),
        from_tag: headers.typed::<From>().and_then(Result::ok).and_then(|from| full(from.tag()?)),
        to_tag: headers.typed::<To>().and_then(Result::ok).and_then(|to| full(to.tag()?)),
    })
}

/// Why `sipx-sip` may refuse what we take.
const SIPX_REFUSES: [(&str, &str); 6] = [
    ("MalformedRequiredHeader", "it holds Via, From and To against the whole grammar; we read what routes"),
    ("RepeatedSingleValueHeader", "it counts Max-Forwards, too"),
    ("RequestUriHasHeaders", "RFC 4475 3.1.2.11: we read such headers and ignore them"),
    ("no blank line after headers", "a datagram that ends behind its last header is complete to us"),
    ("bare CR or LF", "we take lines that end with LF alone, as RFC 3261 7.5 advises to be lenient"),
    (
        "malformed start line",
        "white space behind the version (RFC 4475 3.1.2.10), characters of the Request-URI",
    ),
];

/// Why we may refuse what `sipx-sip` takes.
const WE_REFUSE: [(&str, &str); 4] = [
    ("First Header Line Is Folded", "a start line is never folded (RFC 3261 7.1)"),
    ("Bad Via", "a hop that is not SIP/2.0 does not say where an answer goes"),
    ("Missing Contact", "an INVITE must say where its dialog is reached (RFC 3261 8.1.1.8)"),
    ("Unsupported URI Scheme", "416 is the wire layer's verdict here; there it is the application's"),
];

/// The rule that a refusal falls under.
fn rule(rules: &[(&'static str, &str)], reason: &str) -> Option<&'static str> {
    rules.iter().find(|(words, _)| reason.contains(words)).map(|(words, _)| *words)
}

#[test]
fn sipx_reads_the_same_wherever_both_can_read() {
    let mut random = Random::seeded(SEED);
    let (mut both, mut all) = (0, 0);
    let mut needed = BTreeSet::new();
    for message in corpus() {
        for count in 0..MUTATIONS {
            let bytes = if count == 0 { message.clone() } else { mutate(&message, &mut random) };
            let told = || format!("seed {SEED}, mutation {count} of:\n{}", String::from_utf8_lossy(&bytes));
            all += 1;
            match (ours(&bytes), sipx(&bytes)) {
                (Ok(ours), Ok(theirs)) => {
                    assert_eq!(ours, theirs, "{}", told());
                    both += 1;
                }
                (Err(_), Err(_)) => {}
                (Ok(_), Err(theirs)) => {
                    let rule = rule(&SIPX_REFUSES, &theirs);
                    needed.insert(rule.unwrap_or_else(|| panic!("sipx: {theirs}\n{}", told())));
                }
                (Err(ours), Ok(_)) => {
                    let rule = rule(&WE_REFUSE, &ours);
                    needed.insert(rule.unwrap_or_else(|| panic!("we: {ours}\n{}", told())));
                }
            }
        }
    }
    assert!(both * 5 > all, "the mutations leave too little to compare: {both} of {all}");
    let rules: BTreeSet<_> = SIPX_REFUSES.iter().chain(&WE_REFUSE).map(|(words, _)| *words).collect();
    assert_eq!(needed, rules, "a rule that nothing needs hides the next difference");
}

/// What rsip 0.4 cannot read of the day, and why: the reason that it never sees a datagram first.
const RSIP_CANNOT: [(usize, &str); 3] = [
    (0, "tel: in From"),
    (3, "IPv6 literals in Via and From"),
    (4, "compact names, and the keep-alive before the message"),
];

/// The reading of rsip: only what routes, because it applies no Content-Length.
fn rsip_reads(bytes: &[u8]) -> Result<Vec<String>, rsip::Error> {
    let message = rsip::SipMessage::try_from(bytes)?;
    let via: typed::Via = message.via_header()?.typed()?;
    let from: typed::From = message.from_header()?.typed()?;
    let to: typed::To = message.to_header()?.typed()?;
    let cseq: typed::CSeq = message.cseq_header()?.typed()?;
    Ok(vec![
        message.call_id_header()?.value().to_owned(),
        format!("{} {}", cseq.seq, cseq.method),
        via.branch().map(std::string::ToString::to_string).unwrap_or_default(),
        from.tag().map(std::string::ToString::to_string).unwrap_or_default(),
        to.tag().map(std::string::ToString::to_string).unwrap_or_default(),
        from.uri.host().to_string(),
    ])
}

#[test]
fn rsip_reads_the_same_of_what_it_can_read() {
    for (place, text) in DAY.iter().enumerate() {
        let message = Message::parse(text.as_bytes(), &Limits::DATAGRAM).expect("the day is readable");
        let text_of = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let cseq = message.cseq().expect("a CSeq");
        let host = message.from().and_then(|from| from.parsed()).map(|uri| text_of(Some(uri.host.0)));
        let ours = vec![
            text_of(message.call_id()),
            format!("{} {}", cseq.number, text_of(Some(cseq.method.as_bytes()))),
            text_of(message.via().and_then(|via| via.branch())),
            text_of(message.from_tag()),
            text_of(message.to_tag()),
            host.expect("a URI"),
        ];
        let gap = RSIP_CANNOT.iter().find(|(known, _)| *known == place);
        match (rsip_reads(text.as_bytes()), gap) {
            (Ok(theirs), None) => assert_eq!(ours, theirs, "{text}"),
            (Ok(_), Some((_, gap))) => panic!("rsip reads {gap} now: take it off the list"),
            (Err(_), Some(_)) => {}
            (Err(error), None) => panic!("rsip: {error}\n{text}"),
        }
    }
}
