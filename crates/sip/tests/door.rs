//! The door: malformed messages, floods, strangers, scanners, full houses.

mod wire;

use sip::endpoint::Note;
use sip::leg::Command;
use sip::message::Cause;
use std::time::Duration;
use wire::*;

const CITY: &str = "192.0.2.1:5060";
const CARRIER: &str = "192.0.2.9:5060";
const STRANGER: &str = "203.0.113.66:5060";

fn city(change: impl FnOnce(&mut sip::plan::Plan)) -> Wire {
    let mut wire = Wire::new(7);
    let mut plan = plan(CITY);
    plan.trunks.push(trunk("carrier", CARRIER));
    change(&mut plan);
    wire.join(plan);
    wire
}

/// An INVITE by hand.
fn invite(from: &str, branch: &str, call_id: &str, extra: &str) -> String {
    format!(
        "INVITE sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{branch}\r\n\
         From: <sip:1@c>;tag=a\r\nTo: <sip:12345@c>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\
         Max-Forwards: 70\r\nContact: <sip:{from}>\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

/// The first line of the last answer to one datagram.
fn answer(wire: &mut Wire, from: &str, text: &str) -> String {
    wire.say(addr(from), addr(CITY), text);
    wire.run_ms(20);
    wire.heard_at(addr(from))
        .last()
        .map_or(String::new(), |text| text.lines().next().unwrap_or("").to_owned())
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let mut wire = city(|_| {});
    let good = invite(CARRIER, "1", "m", "");
    let cases = [
        (good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"), "SIP/2.0 400 CSeq Method Does Not Match"),
        (good.replace("From: <sip:1@c>;tag=a\r\n", ""), "SIP/2.0 400 Missing From"),
        (good.replace("Max-Forwards: 70", "Max-Forwards: 700"), "SIP/2.0 400 Bad Max-Forwards"),
        (
            good.replace("Content-Length: 0", "Content-Length: 9"),
            "SIP/2.0 400 Body Shorter Than Content-Length",
        ),
        (good.replace("Max-Forwards: 70", "nonsense"), "SIP/2.0 400 Header Line Without Colon"),
        (good.replacen("SIP/2.0\r\n", "SIP/7.0\r\n", 1), "SIP/2.0 505 Version Not Supported"),
        (
            good.replace("INVITE sip:12345@192.0.2.1", "INVITE urn:service:sos"),
            "SIP/2.0 416 Unsupported URI Scheme",
        ),
        // What cannot be answered, or must not be, gets silence.
        (good.replace("INVITE", "ACK").replace("From", "Fro"), ""),
        (good.replace("INVITE sip:12345@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK").replace("To:", "Too:"), ""),
        ("nonsense".into(), ""),
        ("\r\n\r\n".into(), ""),
        ("\0\0\0\0".into(), ""),
        (good[..40].into(), ""),
    ];
    for (text, wanted) in cases {
        assert_eq!(answer(&mut wire, CARRIER, &text), wanted, "{text}");
    }
    assert!(wire.facts(0).is_empty());
    assert_eq!(wire.nodes[0].sip.counters().transactions, 0, "nothing of it leaves a trace");
    wire.settle();
}

#[test]
fn strange_requests_outside_any_dialog() {
    let mut wire = city(|_| {});
    let other = |method: &str| invite(CARRIER, method, "o", "").replace("INVITE", method);
    for (method, wanted) in [
        ("OPTIONS", "SIP/2.0 200 OK"),
        ("BYE", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("CANCEL", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("MESSAGE", "SIP/2.0 405 Method Not Allowed"),
        ("PUBLISH", "SIP/2.0 489 Bad Event"),
        ("REFER", "SIP/2.0 403 REFER Outside A Call"),
        ("NOTIFY", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("FOO", "SIP/2.0 501 Not Implemented"),
        ("ACK", ""),
    ] {
        assert_eq!(answer(&mut wire, CARRIER, &other(method)), wanted, "{method}");
    }
    let required = invite(CARRIER, "r", "r", "Require: 100rel, precondition\r\n");
    wire.say(addr(CARRIER), addr(CITY), &required);
    wire.run_ms(20);
    let refused = wire.heard_at(addr(CARRIER)).pop().unwrap();
    assert!(
        refused.starts_with("SIP/2.0 420") && refused.contains("Unsupported: precondition\r\n"),
        "{refused}"
    );
    assert!(wire.facts(0).is_empty());
    wire.settle();
}

#[test]
fn copies_merged_requests_and_lost_answers() {
    let mut wire = city(|_| {});
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "1", "x", "")), "SIP/2.0 100 Trying");
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "1", "x", "")), "SIP/2.0 100 Trying", "a copy");
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "2", "x", "")), "SIP/2.0 482 Loop Detected");
    let facts = wire.facts(0);
    assert_eq!(names(&facts), ["invited 12345 from trunk"]);
    let leg = invited(&facts).unwrap();
    wire.command(0, Command::Reject { leg, status: 486, cause: Cause::BUSY, retry_after: None, text: "" });
    wire.settle();
}

#[test]
fn answers_go_where_rport_or_via_say() {
    let mut wire = city(|_| {});
    let via = "203.0.113.66:5062";
    let options = invite(via, "1", "o", "").replace("INVITE", "OPTIONS");
    wire.say(addr("203.0.113.66:40000"), addr(CITY), &options);
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(via)).len(), 1, "without rport: the port of sent-by");
    wire.say(addr("203.0.113.66:40000"), addr(CITY), &options.replace(";branch", ";rport;branch"));
    wire.run_ms(20);
    let heard = wire.heard_at(addr("203.0.113.66:40000")).pop().unwrap();
    assert!(heard.contains(";rport=40000;"), "{heard}");
}

#[test]
fn strangers_get_a_refusal_then_silence() {
    let mut wire = city(|plan| plan.limits.strangers_per_second = 3);
    let statuses: Vec<_> = (0..5)
        .map(|at| answer(&mut wire, STRANGER, &invite(STRANGER, &at.to_string(), &at.to_string(), "")))
        .collect();
    let forbidden = "SIP/2.0 403 Forbidden";
    assert_eq!(statuses, [forbidden, forbidden, forbidden, "", ""]);
    assert!(wire.facts(0).is_empty());
    assert_eq!(wire.nodes[0].sip.counters().refused["call of a stranger"], 5);
    wire.settle();
}

#[test]
fn scanners_are_dropped_for_a_time() {
    let mut wire = city(|_| {});
    let scan = invite(STRANGER, "1", "s", "User-Agent: friendly-scanner\r\n");
    assert_eq!(answer(&mut wire, STRANGER, &scan), "");
    assert_eq!(answer(&mut wire, STRANGER, &invite(STRANGER, "2", "t", "")), "");
    assert!(wire.nodes[0].notes.iter().any(|note| matches!(note, Note::Banned { why: "scanner", .. })));
    wire.run(Duration::from_secs(601));
    assert_eq!(answer(&mut wire, STRANGER, &invite(STRANGER, "3", "u", "")), "SIP/2.0 403 Forbidden");
    // They look around with OPTIONS, too.
    let options = invite(STRANGER, "4", "v", "User-Agent: sipvicious\r\n").replace("INVITE", "OPTIONS");
    assert_eq!(answer(&mut wire, STRANGER, &options), "");
    assert_eq!(answer(&mut wire, STRANGER, &invite(STRANGER, "5", "w", "")), "");
}

#[test]
fn a_flood_gets_503_without_state_and_accepted_calls_go_on() {
    let mut wire = city(|plan| {
        plan.limits.legs = 10;
        plan.limits.invites_per_second = 1_000;
    });
    wire.lose(|text| text.starts_with("SIP/2.0 503") && !text.contains("Retry-After: 5"));
    for at in 0..500 {
        wire.say(addr(CARRIER), addr(CITY), &invite(CARRIER, &format!("f{at}"), &format!("f{at}"), ""));
    }
    wire.run_ms(100);
    let heard = wire.heard_at(addr(CARRIER));
    let of = |status: &str| heard.iter().filter(|text| text.starts_with(status)).count();
    assert_eq!((of("SIP/2.0 100"), of("SIP/2.0 503")), (10, 490));
    let counters = wire.nodes[0].sip.counters();
    assert_eq!((counters.legs, counters.transactions), (10, 10));
    let facts = wire.facts(0);
    for fact in &facts {
        let sip::leg::Fact::Invited { leg, .. } = fact else { panic!("{fact:?}") };
        wire.command(
            0,
            Command::Reject { leg: *leg, status: 480, cause: Cause::NORMAL, retry_after: None, text: "" },
        );
    }
    wire.settle();
}

#[test]
fn a_draining_or_lagging_exchange_takes_no_new_calls() {
    let mut wire = city(|_| {});
    let busy = "SIP/2.0 503 Service Unavailable";
    wire.nodes[0].sip.overloaded(true);
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "1", "1", "")), busy);
    wire.nodes[0].sip.overloaded(false);
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "2", "2", "")), "SIP/2.0 100 Trying");
    wire.nodes[0].sip.drain();
    assert_eq!(answer(&mut wire, CARRIER, &invite(CARRIER, "3", "3", "")), busy);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    assert!(wire.heard_at(addr(CARRIER)).pop().unwrap().starts_with("SIP/2.0 200"), "it is completed");
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run(Duration::from_secs(120));
    assert_eq!(wire.nodes[0].sip.counters().transactions, 0);
}

#[test]
fn a_carrier_with_a_password_is_asked_for_it() {
    let mut wire = Wire::new(3);
    let mut city = plan(CITY);
    let mut carrier = trunk("carrier", CARRIER);
    carrier.inbound_digest = Some(account("carrier").secret);
    city.trunks.push(carrier);
    wire.join(city);
    for (node, password) in [(1, "carrier-secret"), (2, "wrong")] {
        let mut peer = plan(CARRIER);
        let mut to_city = trunk("city", CITY);
        to_city.outbound_digest = Some(account("carrier").secret);
        to_city.outbound_digest.as_mut().unwrap().password = password.into();
        peer.trunks.push(to_city);
        wire.facts(0);
        wire.nodes.truncate(1);
        let joined = wire.join(peer);
        let out = wire.fresh_leg();
        wire.command(joined, invite_trunk(out, "12345", sdp("carrier")));
        wire.run_ms(500);
        let facts = wire.facts(0);
        assert_eq!(facts.is_empty(), node == 2);
        if let Some(leg) = invited(&facts) {
            wire.command(0, Command::Release { leg, cause: Cause::BUSY });
            wire.run_ms(50);
            assert_eq!(names(&wire.facts(joined)), ["released Peer 486"]);
        } else {
            assert_eq!(names(&wire.facts(joined)), ["released Peer 401"]);
            assert_eq!(wire.nodes[0].sip.counters().authentication_failures, 1);
        }
        wire.settle();
    }
}
