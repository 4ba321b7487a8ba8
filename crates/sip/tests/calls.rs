//! Calls over a trunk, as they go on a good day and on bad ones.

mod wire;

use sip::leg::{Command, Fact, LegRef};
use sip::message::Cause;
use std::time::Duration;
use wire::*;

const CITY: &str = "192.0.2.1:5060";
const CARRIER: &str = "192.0.2.9:5060";

/// The city's exchange (0) and a carrier's (1) that know each other as trunks.
fn city_and_carrier() -> Wire {
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    let mut carrier = plan(CARRIER);
    carrier.trunks.push(trunk("city", CITY));
    wire.join(city);
    wire.join(carrier);
    wire
}

/// The carrier calls 12345 and the city answers; both legs' references.
fn answered(wire: &mut Wire) -> (LegRef, LegRef) {
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).expect("invited");
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(50);
    (leg, out)
}

#[test]
fn a_call_is_answered_and_the_caller_hangs_up() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    wire.command(0, Command::Progress { leg, status: 180, answer: None });
    wire.run_ms(20);
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "confirmed", "released Peer 200"]);
    let carrier = wire.facts(1);
    assert_eq!(names(&carrier), ["ringing 180", "answered", "released Us 200"]);
    assert!(matches!(&carrier[1], Fact::Answered { answer: Some(body), .. } if *body == sdp("city")));
    wire.settle();
}

#[test]
fn the_city_hangs_up() {
    let mut wire = city_and_carrier();
    let (leg, _) = answered(&mut wire);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0))[2..], ["released Us 200"]);
    assert_eq!(names(&wire.facts(1))[1..], ["released Peer 200"]);
    wire.settle();
}

#[test]
fn a_lost_200_is_sent_again() {
    let mut wire = city_and_carrier();
    wire.lose_first(2, &["SIP/2.0 200", "INVITE"]);
    let (leg, out) = answered(&mut wire);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk"]);
    wire.run_ms(2_000);
    assert_eq!(names(&wire.facts(0)), ["confirmed"]);
    assert_eq!(names(&wire.facts(1)), ["answered"]);
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(50);
    let _ = leg;
    wire.settle();
}

#[test]
fn a_lost_ack_brings_the_200_and_then_the_ack_again() {
    let mut wire = city_and_carrier();
    wire.lose_first(2, &["ACK sip:"]);
    let (leg, _) = answered(&mut wire);
    wire.run_ms(2_000);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "confirmed"]);
    assert_eq!(names(&wire.facts(1)), ["answered"], "the second 200 is no second answer");
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

#[test]
fn without_any_ack_the_call_is_ended() {
    let mut wire = city_and_carrier();
    wire.lose(|text| text.starts_with("ACK sip:"));
    let _ = answered(&mut wire);
    wire.run_ms(33_000);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "released Timeout 408"]);
    assert_eq!(names(&wire.facts(1)), ["answered", "released Peer 200"]);
    wire.settle();
}

#[test]
fn a_call_released_before_its_ack_says_bye_after_it() {
    let mut wire = city_and_carrier();
    wire.lose_first(1, &["ACK sip:"]);
    let (leg, _) = answered(&mut wire);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    assert!(!wire.ladder.iter().any(|line| line.contains("BYE")), "RFC 3261 15: not before the ACK");
    wire.run_ms(1_000);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "released Us 200"]);
    assert_eq!(names(&wire.facts(1)), ["answered", "released Peer 200"]);
    wire.settle();
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "released Peer 487"]);
    assert_eq!(names(&wire.facts(1)), ["released Us 487"]);
    wire.settle();
}

#[test]
fn our_cancel_waits_for_the_first_provisional_response() {
    let mut wire = city_and_carrier();
    wire.lose_first(1, &["SIP/2.0 100"]);
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(100);
    assert!(!wire.ladder.iter().any(|line| line.contains("CANCEL")), "RFC 3261 9.1");
    wire.run_ms(1_000);
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "released Peer 487"]);
    wire.settle();
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(100);
    // CANCEL found a call that was answered: 200 to the CANCEL, and the call goes on until the BYE.
    assert_eq!(names(&wire.facts(0)), ["invited 12345 from trunk", "confirmed", "released Peer 200"]);
    assert_eq!(names(&wire.facts(1)), ["released Us 487"]);
    wire.settle();
}

#[test]
fn a_cancel_is_answered_with_the_tag_of_its_invite_however_late_it_comes() {
    // The city alone: the carrier's side is written by hand.
    let mut wire = Wire::new(7);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    wire.join(city);
    let request = |method: &str| {
        format!(
            "{method} sip:12345@{CITY} SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bKx\r\n\
             From: <sip:1@{CARRIER}>;tag=f\r\nTo: <sip:12345@{CITY}>\r\nCall-ID: x\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:{CARRIER}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let tag =
        |text: &str| text.split("To: ").nth(1).and_then(|to| to.split(['=', '\r']).nth(1)).map(str::to_owned);
    wire.say(addr(CARRIER), addr(CITY), &request("INVITE"));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    let answer = wire.heard_at(addr(CARRIER)).pop().unwrap();
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    wire.say(addr(CARRIER), addr(CITY), &request("CANCEL"));
    wire.run_ms(20);
    let late = wire.heard_at(addr(CARRIER)).pop().unwrap();
    assert!(late.contains("CSeq: 1 CANCEL"), "{late}");
    assert_eq!(tag(&late), tag(&answer));
}

#[test]
fn crossing_byes_end_well() {
    let mut wire = city_and_carrier();
    let (leg, out) = answered(&mut wire);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(100);
    assert!(!wire.ladder.iter().any(|line| line.contains("481")), "{}", wire.ladder.join("\n"));
    wire.settle();
}

#[test]
fn a_refusal_tells_its_cause_and_is_acknowledged() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    wire.lose_first(1, &["ACK sip:"]);
    let retry_after = Some(Duration::from_secs(5));
    wire.command(0, Command::Reject { leg, status: 503, cause: Cause::CONGESTION, retry_after, text: "" });
    wire.run_ms(2_000);
    let facts = wire.facts(1);
    assert!(matches!(facts[..], [Fact::Released { cause: Cause::CONGESTION, status: 503, .. }]), "{facts:?}");
    let refusals = wire.ladder.iter().filter(|line| line.contains("SIP/2.0 503")).count();
    assert_eq!(refusals, 2, "sent again until the ACK");
    wire.settle();
}

#[test]
fn a_refusal_may_say_why_in_words() {
    let mut wire = city_and_carrier();
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "0044", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.nodes[0].facts).unwrap();
    let text = "that number may not be dialed";
    let reject = Command::Reject { leg, status: 403, cause: Cause::REJECTED, retry_after: None, text };
    wire.command(0, reject);
    wire.run_ms(50);
    let facts = wire.facts(1);
    assert!(matches!(facts[..], [Fact::Released { cause: Cause::REJECTED, status: 403, .. }]), "{facts:?}");
    let said = wire.ladder.iter().any(|line| line.contains("SIP/2.0 403 that number may not be dialed"));
    assert!(said, "{:#?}", wire.ladder);
    wire.settle();
}

#[test]
fn a_carrier_that_never_answers_costs_64_t1() {
    let mut wire = city_and_carrier();
    wire.lose(|text| text.starts_with("INVITE"));
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(31_900);
    assert_eq!(names(&wire.facts(1)), [""; 0]);
    wire.run_ms(200);
    assert_eq!(names(&wire.facts(1)), ["released Timeout 408"]);
    assert_eq!(wire.ladder.len(), 7, "timer A: 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s");
    wire.settle();
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let mut wire = Wire::new(1);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    wire.join(city);
    let by_hand = |method: &str, seq: u32, branch: &str, to: &str, body: &str| {
        format!(
            "{method} sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bK{branch}\r\n\
             From: <sip:1@c>;tag=a\r\nTo: {to}\r\nCall-ID: late\r\nCSeq: {seq} {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:{CARRIER}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    wire.say(addr(CARRIER), addr(CITY), &by_hand("INVITE", 1, "1", "<sip:12345@c>", ""));
    wire.run_ms(20);
    let facts = wire.facts(0);
    assert!(matches!(&facts[0], Fact::Invited { invite, .. } if invite.offer.is_none()));
    wire.command(0, Command::Answer { leg: invited(&facts).unwrap(), body: sdp("city") });
    wire.run_ms(20);
    let ok = wire.heard_at(addr(CARRIER)).pop().unwrap();
    let to = ok.lines().find_map(|line| line.strip_prefix("To: ")).unwrap();
    wire.say(addr(CARRIER), addr(CITY), &by_hand("ACK", 1, "2", to, "v=0 answer"));
    wire.run_ms(20);
    let facts = wire.facts(0);
    assert!(matches!(&facts[0], Fact::Confirmed { answer: Some(body), .. } if **body == *b"v=0 answer"));
    wire.say(addr(CARRIER), addr(CITY), &by_hand("BYE", 2, "3", to, ""));
    wire.settle();
}

#[test]
fn a_call_over_tcp_is_cut_anywhere_and_still_whole() {
    let mut wire = Wire::new(23);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    let mut carrier = plan(CARRIER);
    let mut to_city = trunk("city", CITY);
    to_city.transport = Some(sip::leg::Transport::Tcp);
    carrier.trunks.push(to_city);
    wire.join(city);
    wire.join(carrier);
    for _ in 0..20 {
        let out = wire.fresh_leg();
        wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
        wire.run_ms(200);
        let leg = invited(&wire.facts(0)).unwrap();
        wire.command(0, Command::Answer { leg, body: sdp("city") });
        wire.run_ms(200);
        wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
        wire.run_ms(200);
        assert_eq!(names(&wire.facts(0)), ["confirmed", "released Peer 200"]);
        assert_eq!(names(&wire.facts(1)), ["answered", "released Us 200"]);
    }
    wire.settle();
}

#[test]
fn a_call_over_ipv6() {
    let (six, carrier_six) = ("[2001:db8::1]:5060", "[2001:db8::9]:5060");
    let mut wire = Wire::new(29);
    let mut city = plan(six);
    city.trunks.push(trunk("carrier", carrier_six));
    let mut carrier = plan(carrier_six);
    carrier.trunks.push(trunk("city", six));
    wire.join(city);
    wire.join(carrier);
    let (leg, _) = answered(&mut wire);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(1)), ["answered", "released Peer 200"]);
    wire.settle();
}

#[test]
fn a_trunk_with_two_addresses_is_tried_at_both() {
    let mut wire = city_and_carrier();
    let mut plan = plan("192.0.2.50:5060");
    let mut by_name = trunk("city", CITY);
    (by_name.host, by_name.port, by_name.transport) = ("city.example".into(), None, None);
    plan.trunks.push(by_name);
    wire.nodes[0].sip = sip::endpoint::Endpoint::new(
        {
            let mut city = wire::plan(CITY);
            city.trunks.push(trunk("private exchange", "192.0.2.50:5060"));
            city
        },
        [1, 2, 3, 4],
    );
    let node = wire.join(plan);
    let out = wire.fresh_leg();
    wire.command(node, invite_trunk(out, "12345", sdp("x")));
    let lookup = wire.nodes[node].lookups.pop().unwrap();
    assert_eq!(lookup.host, "city.example");
    let udp = sip::leg::Transport::Udp;
    let found = [(udp, addr("192.0.2.200:5060")), (udp, addr(CITY))];
    let now = wire.now;
    wire.step(node, |sip, out| sip.resolved(now, lookup.id, &found, out));
    wire.run_ms(100);
    assert_eq!(wire.heard_at(addr("192.0.2.200:5060")).len(), 1);
    wire.step(node, |sip, out| sip.send_failed(now, addr("192.0.2.200:5060"), out));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).expect("the second address was tried");
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(node)), ["answered"]);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

#[test]
fn a_name_that_nobody_knows_releases_the_leg() {
    let mut wire = Wire::new(1);
    let mut plan = plan(CITY);
    let mut nowhere = trunk("nowhere", CARRIER);
    (nowhere.host, nowhere.port) = ("nowhere.example".into(), None);
    plan.trunks.push(nowhere);
    wire.join(plan);
    let out = wire.fresh_leg();
    wire.command(0, invite_trunk(out, "1", sdp("x")));
    let lookup = wire.nodes[0].lookups.pop().unwrap();
    let now = wire.now;
    wire.step(0, |sip, out| sip.resolved(now, lookup.id, &[], out));
    assert_eq!(names(&wire.facts(0)), ["released Timeout 503"]);
    wire.settle();
}

#[test]
fn numbers_and_identities_of_a_trusted_carrier() {
    let mut wire = Wire::new(1);
    let mut city = plan(CITY);
    let mut carrier = trunk("carrier", CARRIER);
    carrier.numbers = sip::plan::NumberRules {
        country: "86".into(),
        area: "527".into(),
        national_prefix: "0".into(),
        international_prefix: "00".into(),
        short: vec!["12345".into()],
    };
    city.trunks.push(carrier);
    wire.join(city);
    wire.say(
        addr(CARRIER),
        addr(CITY),
        &format!(
            "INVITE tel:+86-527-12345 SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bK1\r\n\
             From: J\u{f6}rg <sip:anything@c>;tag=a\r\nTo: <tel:12345>\r\nCall-ID: n\r\nCSeq: 1 INVITE\r\n\
             Max-Forwards: 70\r\nContact: <sip:{CARRIER}>\r\nP-Asserted-Identity: <tel:013851234567>\r\n\
             Diversion: <sip:052784351234@c>;reason=unconditional\r\nContent-Length: 0\r\n\r\n"
        ),
    );
    wire.run_ms(20);
    let facts = wire.facts(0);
    let Fact::Invited { leg, invite } = &facts[0] else { panic!("{facts:?}") };
    assert_eq!(invite.called, "12345");
    assert_eq!(invite.caller.reveal(), "+8613851234567");
    assert_eq!(invite.caller_name.reveal(), "J\u{f6}rg");
    assert_eq!(invite.diverted_from.reveal(), "+8652784351234");
    wire.command(0, Command::Release { leg: *leg, cause: Cause::BUSY });
    wire.run_ms(20);
    assert!(wire.heard_at(addr(CARRIER)).pop().unwrap().starts_with("SIP/2.0 486"));
    wire.settle();
}

#[test]
fn requests_of_ours_go_the_way_the_proxies_recorded() {
    let (mut wire, proxy) = (Wire::new(1), "192.0.2.77:5070");
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", proxy));
    wire.join(city);
    let by_hand = |method: &str, branch: &str, to: &str| {
        format!(
            "{method} sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {proxy};branch=z9hG4bK{branch}\r\n\
             Via: SIP/2.0/UDP {CARRIER};branch=z9hG4bKinner\r\n\
             Record-Route: <sip:{proxy};lr>, <sip:10.9.9.9;lr>\r\n\
             From: <sip:1@c>;tag=a\r\nTo: {to}\r\nCall-ID: rr\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:gw@10.1.1.1>\r\nContent-Length: 0\r\n\r\n"
        )
    };
    wire.say(addr(proxy), addr(CITY), &by_hand("INVITE", "1", "<sip:12345@c>"));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    let ok = wire.heard_at(addr(proxy)).pop().unwrap();
    assert!(ok.contains("Record-Route: <sip:192.0.2.77:5070;lr>, <sip:10.9.9.9;lr>\r\n"), "{ok}");
    assert_eq!(ok.matches("Via: ").count(), 2);
    let to = ok.lines().find_map(|line| line.strip_prefix("To: ")).unwrap();
    wire.say(addr(proxy), addr(CITY), &by_hand("ACK", "2", to));
    wire.run_ms(20);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run_ms(20);
    let bye = wire.heard_at(addr(proxy)).pop().unwrap();
    assert!(bye.starts_with("BYE sip:gw@10.1.1.1 SIP/2.0\r\n"), "{bye}");
    assert!(bye.contains("Route: <sip:192.0.2.77:5070;lr>, <sip:10.9.9.9;lr>\r\n"), "{bye}");
    wire.settle();
}

#[test]
fn a_second_answer_of_a_proxys_fork_is_acknowledged_and_ended() {
    let mut wire = Wire::new(1);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    wire.join(city);
    let out = wire.fresh_leg();
    wire.command(0, invite_trunk(out, "1", sdp("city")));
    wire.run_ms(20);
    let invite = wire.heard_at(addr(CARRIER)).pop().unwrap();
    let value = |name: &str| {
        invite.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}"))
    };
    for (tag, host) in [("one", "192.0.2.101"), ("two", "192.0.2.102")] {
        let ok = format!(
            "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag={tag}\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:1@{host}>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
            value("Via: "),
            value("From: "),
            value("To: "),
            value("Call-ID: "),
        );
        wire.say(addr(CARRIER), addr(CITY), &ok);
        wire.run_ms(20);
    }
    assert_eq!(names(&wire.facts(0)), ["answered"]);
    assert!(wire.heard_at(addr("192.0.2.101:5060"))[0].starts_with("ACK sip:1@192.0.2.101"));
    let second = wire.heard_at(addr(CARRIER));
    assert!(second[0].starts_with("ACK sip:1@192.0.2.102") && second[1].starts_with("BYE"), "{second:?}");
    wire.command(0, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.settle();
}
