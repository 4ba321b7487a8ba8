//! The torture messages of RFC 4475, one file each, and what the wire layer makes of them.
//!
//! ```text
//!   torture/*.dat ──parse──▶ Message ──validate──▶ Good | Refused(status, reason)
//!                    └──────▶ Unreadable(reason)
//! ```
//!
//! The RFC's verdict stands beside ours, and the places where the two differ are listed by name with the reason:
//! a change that moves one of them shows in the diff of this file.

use sip::message::{Limits, Message, Method, Name, Start, validate};
use std::path::PathBuf;

/// What the RFC says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rfc {
    /// Well-formed (3.1.1, and those of 3.2 and 3.3 whose trouble lies above the wire layer).
    Valid,
    /// To be refused, or dropped when it is a response.
    Invalid,
}

/// What we say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ours {
    Good,
    Refused(u16, &'static str),
    Unreadable(&'static str),
}

use Ours::{Good, Refused, Unreadable};
use Rfc::{Invalid, Valid};

#[rustfmt::skip]
const TABLE: [(&str, &str, Rfc, Ours); 49] = [
    // 3.1.1 Valid messages
    ("wsinv",      "3.1.1.1",  Valid,   Good),
    ("intmeth",    "3.1.1.2",  Valid,   Good),
    ("esc01",      "3.1.1.3",  Valid,   Good),
    ("escnull",    "3.1.1.4",  Valid,   Good),
    ("esc02",      "3.1.1.5",  Valid,   Good),
    ("lwsdisp",    "3.1.1.6",  Valid,   Good),
    ("longreq",    "3.1.1.7",  Valid,   Good),
    ("dblreq",     "3.1.1.8",  Valid,   Good),
    ("semiuri",    "3.1.1.9",  Valid,   Good),
    ("transports", "3.1.1.10", Valid,   Good),
    ("mpart01",    "3.1.1.11", Valid,   Good),
    ("unreason",   "3.1.1.12", Valid,   Good),
    ("noreason",   "3.1.1.13", Valid,   Good),
    // 3.1.2 Invalid messages
    ("badinv01",   "3.1.2.1",  Invalid, Good),
    ("clerr",      "3.1.2.2",  Invalid, Refused(400, "Body Shorter Than Content-Length")),
    ("ncl",        "3.1.2.3",  Invalid, Refused(400, "Bad Content-Length")),
    ("scalar02",   "3.1.2.4",  Invalid, Refused(400, "Bad CSeq")),
    ("scalarlg",   "3.1.2.5",  Invalid, Refused(400, "Bad CSeq")),
    ("quotbal",    "3.1.2.6",  Invalid, Refused(400, "Bad To")),
    ("ltgtruri",   "3.1.2.7",  Invalid, Refused(400, "Bad Request-URI")),
    ("lwsruri",    "3.1.2.8",  Invalid, Unreadable("White Space in Request-URI")),
    ("lwsstart",   "3.1.2.9",  Invalid, Unreadable("White Space in Request-URI")),
    ("trws",       "3.1.2.10", Invalid, Good),
    ("escruri",    "3.1.2.11", Invalid, Good),
    ("baddate",    "3.1.2.12", Invalid, Good),
    ("regbadct",   "3.1.2.13", Invalid, Good),
    ("badaspec",   "3.1.2.14", Invalid, Good),
    ("baddn",      "3.1.2.15", Invalid, Good),
    ("badvers",    "3.1.2.16", Invalid, Refused(505, "Version Not Supported")),
    ("mismatch01", "3.1.2.17", Invalid, Refused(400, "CSeq Method Does Not Match")),
    ("mismatch02", "3.1.2.18", Invalid, Refused(400, "CSeq Method Does Not Match")),
    ("bigcode",    "3.1.2.19", Invalid, Unreadable("Bad Status Code")),
    // 3.2 Transaction layer
    ("badbranch",  "3.2.1",    Valid,   Good),
    // 3.3 Application layer
    ("insuf",      "3.3.1",    Invalid, Refused(400, "Missing From")),
    ("unkscm",     "3.3.2",    Invalid, Refused(416, "Unsupported URI Scheme")),
    ("novelsc",    "3.3.3",    Invalid, Refused(416, "Unsupported URI Scheme")),
    ("unksm2",     "3.3.4",    Valid,   Good),
    ("bext01",     "3.3.5",    Valid,   Good),
    ("invut",      "3.3.6",    Valid,   Good),
    ("regaut01",   "3.3.7",    Valid,   Good),
    ("multi01",    "3.3.8",    Invalid, Refused(400, "More Than One From")),
    ("mcl01",      "3.3.9",    Invalid, Refused(400, "More Than One Content-Length")),
    ("bcast",      "3.3.10",   Valid,   Good),
    ("zeromf",     "3.3.11",   Valid,   Good),
    ("cparam01",   "3.3.12",   Valid,   Good),
    ("cparam02",   "3.3.13",   Valid,   Good),
    ("regescrt",   "3.3.14",   Valid,   Good),
    ("sdp01",      "3.3.15",   Valid,   Good),
    ("inv2543",    "3.3.16",   Valid,   Refused(400, "Missing Contact")),
];

/// Where we knowingly judge otherwise than the RFC advises, and why.
const DEPARTURES: [(&str, &str); 8] = [
    ("badinv01", "empty parameters behind Via and Contact are left out, not refused"),
    ("trws", "white space behind the version is harmless; the RFC lets a server accept it"),
    ("escruri", "headers in a Request-URI are read and ignored"),
    ("baddate", "Date is never read"),
    ("regbadct", "a bare URI with a question mark is read up to its first semicolon"),
    ("badaspec", "white space inside angle brackets is trimmed; the RFC lets an element do so"),
    ("baddn", "an unquoted comma in a display name is read as part of it; the RFC lets an element do so"),
    ("inv2543", "a dialog without Contact could not be ended (RFC 3261 8.1.1.8)"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.dat"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn verdict(bytes: &[u8]) -> Ours {
    match Message::parse(bytes, &Limits::DATAGRAM) {
        Err(malformed) => Unreadable(malformed.0),
        Ok(message) => match validate(&message) {
            Ok(()) => Good,
            Err(invalid) => Refused(invalid.status, invalid.reason),
        },
    }
}

#[test]
fn every_torture_message_gets_the_verdict_of_the_table() {
    for (name, section, _, ours) in TABLE {
        assert_eq!(verdict(&read(name)), ours, "{name}, RFC 4475 {section}");
    }
}

#[test]
fn the_table_departs_from_the_rfc_only_where_it_says_why() {
    let departs = |(_, _, rfc, ours): &(&str, &str, Rfc, Ours)| (*rfc == Valid) != (*ours == Good);
    let departing: Vec<_> = TABLE.iter().filter(|row| departs(row)).map(|row| row.0).collect();
    let listed: Vec<_> = DEPARTURES.iter().map(|(name, _)| *name).collect();
    assert_eq!(departing, listed);
}

#[test]
fn no_file_is_without_a_row() {
    let entries = std::fs::read_dir(folder()).expect("the torture messages lie beside the test");
    let mut files: Vec<_> =
        entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    files.sort();
    rows.sort();
    assert_eq!(files, rows);
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    Message::parse(bytes, &Limits::DATAGRAM).expect("a valid torture message is readable")
}

#[test]
fn folds_white_space_and_compact_names_hide_nothing() {
    let bytes = read("wsinv");
    let message = parsed(&bytes);
    assert_eq!(message.to_tag(), Some(b"1918181833n".as_slice()));
    assert_eq!(message.from_tag(), Some(b"98asjd8".as_slice()));
    assert_eq!(message.from().map(|from| from.name), Some(br#"J Rosenberg \\\""#.as_slice()));
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.cseq().map(|cseq| (cseq.number, cseq.method)), Some((9, Method::Invite)));
    let top = message.via().expect("a Via");
    assert_eq!((top.branch(), top.has_cookie()), (Some(b"390skdjuw".as_slice()), false));
    assert_eq!(message.values(Name::Via).count(), 3, "one row of one, one row of two");
    assert_eq!(message.header(Name::Subject), Some(b"".as_slice()));
    assert_eq!(message.other("UnknownHeaderWithUnusualValue"), Some(b";;,,;;,;".as_slice()));
    let contact = message.contacts().next().flatten().expect("a Contact");
    assert_eq!(contact.params.value("q"), Some(b"0.33".as_slice()));
    assert!(contact.params.has("secondparam"));
    assert_eq!(message.body().len(), 150);
}

#[test]
fn unusual_characters_are_kept_as_they_came() {
    let bytes = read("intmeth");
    let message = parsed(&bytes);
    let Start::Request { method, .. } = message.start() else { panic!("a request") };
    assert_eq!(method, Method::Other(b"!interesting-Method0123456789_*+`.%indeed'~"));
    assert!(message.to().is_some_and(|to| to.name.contains(&0)), "NUL inside a quoted string");
    assert_eq!(message.from_tag(), Some(b"_token~1'+`*%!-.".as_slice()));
    assert_eq!(message.other("extensionHeader-!.%*+_`'~").map(<[u8]>::len), Some(12));

    let bytes = read("esc02");
    let message = parsed(&bytes);
    // An escape is not decoded in a token: neither method nor header name are what they would decode to.
    assert_eq!(message.method(), Some(Method::Other(b"RE%47IST%45R")));
    assert_eq!(message.count(Name::Contact), 2);

    let bytes = read("unreason");
    let Start::Response { status, reason } = parsed(&bytes).start() else { panic!("a response") };
    assert_eq!(status, 200);
    assert!(std::str::from_utf8(reason).is_ok_and(|reason| reason.starts_with("= 2**3 * 5**2 но сто")));
    let bytes = read("noreason");
    assert_eq!(parsed(&bytes).start(), Start::Response { status: 100, reason: b"" });
}

#[test]
fn user_parts_with_semicolons_escapes_and_nothing_in_them() {
    let bytes = read("semiuri");
    let message = parsed(&bytes);
    let uri = message.request_uri().and_then(sip::message::Uri::parse).expect("a URI");
    assert_eq!((uri.user, uri.host.0), (b"user;par=u%40example.net".as_slice(), b"example.com".as_slice()));
    let bytes = read("escnull");
    assert_eq!(parsed(&bytes).contacts().flatten().count(), 2);
}

#[test]
fn a_datagram_ends_where_content_length_says() {
    let bytes = read("dblreq");
    let message = parsed(&bytes);
    assert_eq!((message.method(), message.body()), (Some(Method::Register), b"".as_slice()));
    let bytes = read("mpart01");
    let message = parsed(&bytes);
    let length = message.content_length().expect("a length");
    assert_eq!(message.body(), &bytes[bytes.len() - length..], "binary bodies are not touched");
}

#[test]
fn unknown_transports_and_countless_hops_are_no_obstacle() {
    let bytes = read("transports");
    assert_eq!(parsed(&bytes).values(Name::Via).count(), 5);
    let bytes = read("longreq");
    let message = parsed(&bytes);
    assert_eq!(message.values(Name::Via).count(), 33);
    assert_eq!(message.from_tag().map(<[u8]>::len), Some(305));
}

#[test]
fn parameters_belong_to_the_header_without_brackets_and_to_the_uri_within() {
    for (file, uri, in_header) in [
        ("cparam01", "sip:+19725552222@gw1.example.net", true),
        ("cparam02", "sip:+19725552222@gw1.example.net;unknownparam", false),
    ] {
        let bytes = read(file);
        let message = parsed(&bytes);
        let contact = message.contacts().next().flatten().expect("a Contact");
        assert_eq!((contact.uri, contact.params.has("unknownparam")), (uri.as_bytes(), in_header));
    }
}

#[test]
fn a_cookie_without_anything_behind_it_identifies_nothing() {
    let bytes = read("badbranch");
    assert!(parsed(&bytes).via().is_some_and(|via| !via.has_cookie()));
}
