//! What happens inside a call: hold and other offers, glare, session timers, early media, keys.

mod wire;

use sip::leg::{Command, Fact, LegRef};
use sip::message::Cause;
use std::time::Duration;
use wire::*;

const CITY: &str = "192.0.2.1:5060";
const CARRIER: &str = "192.0.2.9:5060";

fn city_and_carrier(change: impl Fn(&mut sip::plan::Plan)) -> Wire {
    let mut wire = Wire::new(7);
    for (at, other) in [(CITY, CARRIER), (CARRIER, CITY)] {
        let mut plan = plan(at);
        plan.trunks.push(trunk("other", other));
        change(&mut plan);
        wire.join(plan);
    }
    wire
}

fn answered(wire: &mut Wire) -> (LegRef, LegRef) {
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).expect("invited");
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["confirmed"]);
    assert_eq!(names(&wire.facts(1)), ["answered"]);
    (leg, out)
}

/// Ends the call and sees that nothing is left.
fn end(wire: &mut Wire, leg: LegRef) {
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

#[test]
fn hold_is_offered_and_accepted() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    wire.command(1, Command::Reoffer { leg: out, offer: sdp("hold") });
    wire.run_ms(20);
    let facts = wire.facts(0);
    assert!(matches!(&facts[0], Fact::Offered { offer: Some(offer), .. } if *offer == sdp("hold")));
    wire.command(0, Command::Accept { leg, body: sdp("held") });
    wire.run_ms(50);
    let facts = wire.facts(1);
    assert!(matches!(&facts[0], Fact::Reanswered { answer, .. } if *answer == sdp("held")), "{facts:?}");
    end(&mut wire, leg);
}

#[test]
fn an_offer_that_is_refused_changes_nothing() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    wire.command(0, Command::Reoffer { leg, offer: sdp("video") });
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(1)), ["offered"]);
    wire.command(1, Command::Refuse { leg: out, status: 488 });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["reoffer refused 488"]);
    end(&mut wire, leg);
}

#[test]
fn the_same_session_again_asks_nobody() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    wire.command(1, Command::Reoffer { leg: out, offer: sdp("carrier") });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), [""; 0]);
    let facts = wire.facts(1);
    assert!(matches!(&facts[0], Fact::Reanswered { answer, .. } if *answer == sdp("city")), "{facts:?}");
    end(&mut wire, leg);
}

#[test]
fn glare_is_settled_by_waiting_a_random_time() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    wire.command(0, Command::Reoffer { leg, offer: sdp("city-2") });
    wire.command(1, Command::Reoffer { leg: out, offer: sdp("carrier-2") });
    wire.run_ms(20);
    assert!(wire.ladder.iter().filter(|line| line.contains("SIP/2.0 491")).count() == 2);
    // The city did not make the Call-ID, so it comes back first.
    wire.run_ms(2_050);
    assert_eq!(names(&wire.facts(1)), ["offered"]);
    wire.command(1, Command::Accept { leg: out, body: sdp("yes") });
    wire.run_ms(4_100);
    assert_eq!(names(&wire.facts(0)), ["reanswered", "offered"]);
    wire.command(0, Command::Accept { leg, body: sdp("yes too") });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(1)), ["reanswered"]);
    end(&mut wire, leg);
}

#[test]
fn a_second_offer_of_ours_waits_for_the_first() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    for offer in ["one", "two", "three"] {
        wire.command(0, Command::Reoffer { leg, offer: sdp(offer) });
    }
    assert_eq!(names(&wire.facts(0)), ["reoffer refused 491"], "the second was overtaken by the third");
    for answer in ["a", "c"] {
        wire.run_ms(20);
        assert_eq!(names(&wire.facts(1)), ["offered"]);
        wire.command(1, Command::Accept { leg: out, body: sdp(answer) });
    }
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["reanswered", "reanswered"]);
    end(&mut wire, leg);
}

#[test]
fn a_reinvite_that_nobody_answers_ends_the_call() {
    let mut wire = city_and_carrier(|_| {});
    let (leg, out) = answered(&mut wire);
    wire.lose(|text| text.starts_with("INVITE"));
    wire.command(0, Command::Reoffer { leg, offer: sdp("city-2") });
    wire.run_ms(32_100);
    assert_eq!(names(&wire.facts(0)), ["reoffer refused 408", "released Timeout 408"]);
    assert_eq!(names(&wire.facts(1)), ["released Peer 200"]);
    let _ = out;
    wire.settle();
}

#[test]
fn session_timers_keep_a_long_call_alive() {
    let mut wire = city_and_carrier(|plan| plan.timers.session_expires = Duration::from_secs(180));
    let (leg, _) = answered(&mut wire);
    wire.run(Duration::from_secs(1_000));
    let updates = wire.ladder.iter().filter(|line| line.contains("UPDATE sip:")).count();
    assert!((10..=12).contains(&updates), "{updates} refreshes");
    assert_eq!(names(&wire.facts(0)), [""; 0]);
    assert_eq!(names(&wire.facts(1)), [""; 0]);
    end(&mut wire, leg);
}

#[test]
fn a_peer_that_vanishes_is_noticed_by_the_session_timer_on_both_sides() {
    let mut wire = city_and_carrier(|plan| plan.timers.session_expires = Duration::from_secs(180));
    let _ = answered(&mut wire);
    wire.lose(|_| true);
    wire.run(Duration::from_secs(200));
    assert_eq!(names(&wire.facts(0)), ["released Timeout 0"]);
    assert_eq!(names(&wire.facts(1)), ["released Timeout 408"]);
    wire.settle();
}

#[test]
fn too_short_a_session_is_asked_for_again() {
    let mut wire = city_and_carrier(|plan| {
        if plan.listen[0].1 == addr(CITY) {
            plan.timers.min_se = Duration::from_secs(600);
        } else {
            plan.timers.session_expires = Duration::from_secs(120);
        }
    });
    let (leg, _) = answered(&mut wire);
    assert!(wire.ladder.iter().any(|line| line.contains("SIP/2.0 422")));
    end(&mut wire, leg);
}

#[test]
fn early_media_is_sent_reliably_and_the_answer_waits_for_the_prack() {
    let mut wire = city_and_carrier(|_| {});
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.lose_first(1, &["PRACK sip:"]);
    wire.command(0, Command::Progress { leg, status: 183, answer: Some(sdp("early")) });
    wire.command(0, Command::Answer { leg, body: sdp("early") });
    wire.run_ms(100);
    let facts = wire.facts(1);
    assert!(matches!(&facts[..], [Fact::Ringing { status: 183, answer: Some(_), .. }]), "{facts:?}");
    wire.run_ms(1_000);
    assert_eq!(names(&wire.facts(1)), ["answered"]);
    assert_eq!(names(&wire.facts(0)), ["confirmed"]);
    // The PRACK has used a CSeq: the next request must not.
    wire.command(1, Command::Release { leg: out, cause: Cause::NORMAL });
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["released Peer 200"]);
    wire.settle();
}

#[test]
fn without_any_prack_the_call_is_refused() {
    let mut wire = city_and_carrier(|_| {});
    let out = wire.fresh_leg();
    wire.command(1, invite_trunk(out, "12345", sdp("carrier")));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.lose(|text| text.starts_with("PRACK"));
    wire.command(0, Command::Progress { leg, status: 183, answer: Some(sdp("early")) });
    wire.run_ms(33_000);
    assert_eq!(names(&wire.facts(0)), ["released Timeout 504"]);
    assert_eq!(names(&wire.facts(1)), ["ringing 183", "released Peer 504"]);
    wire.settle();
}

/// A request by hand inside the city's dialog; needs the 200 that the carrier heard.
fn inside(method: &str, seq: u32, to: &str, extra: &str, body: &str) -> String {
    format!(
        "{method} sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bK{method}{seq}\r\n\
         From: <sip:1@c>;tag=a\r\nTo: {to}\r\nCall-ID: hand\r\nCSeq: {seq} {method}\r\nMax-Forwards: 70\r\n\
         Contact: <sip:{CARRIER}>\r\n{extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn what_else_a_peer_may_say_inside_a_call() {
    let mut wire = Wire::new(1);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    wire.join(city);
    let sdp_type = "Content-Type: application/sdp\r\n";
    wire.say(addr(CARRIER), addr(CITY), &inside("INVITE", 1, "<sip:12345@c>", sdp_type, "v=0 offer"));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    let ok = wire.heard_at(addr(CARRIER)).pop().unwrap();
    let to = ok.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
    wire.say(addr(CARRIER), addr(CITY), &inside("ACK", 1, &to, "", ""));
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["confirmed"]);
    let mut seq = 1;
    let mut ask = |wire: &mut Wire, method: &str, extra: &str, body: &str| {
        seq += 1;
        wire.say(addr(CARRIER), addr(CITY), &inside(method, seq, &to, extra, body));
        wire.run_ms(20);
        let heard = wire.heard_at(addr(CARRIER));
        heard.last().map_or(String::new(), |text| text.lines().next().unwrap_or("").to_owned())
    };
    let relay = "Content-Type: application/dtmf-relay\r\n";
    assert_eq!(ask(&mut wire, "INFO", relay, "Signal=5\r\nDuration=160\r\n"), "SIP/2.0 200 OK");
    assert_eq!(ask(&mut wire, "INFO", "Content-Type: application/dtmf\r\n", "#"), "SIP/2.0 200 OK");
    assert_eq!(names(&wire.facts(0)), ["key 5", "key #"]);
    let picture = "Content-Type: image/png\r\n";
    assert_eq!(ask(&mut wire, "INFO", picture, "x"), "SIP/2.0 415 Unsupported Media Type");
    assert_eq!(ask(&mut wire, "INFO", "Info-Package: foo\r\n", ""), "SIP/2.0 469 Bad Info Package");
    assert_eq!(
        ask(&mut wire, "NOTIFY", "Event: refer\r\n", ""),
        "SIP/2.0 481 Call/Transaction Does Not Exist"
    );
    assert_eq!(ask(&mut wire, "MESSAGE", "", "hi"), "SIP/2.0 405 Method Not Allowed");
    assert_eq!(ask(&mut wire, "SUBSCRIBE", "Event: x\r\n", ""), "SIP/2.0 489 Bad Event");
    assert_eq!(ask(&mut wire, "NEWMETHOD", "", ""), "SIP/2.0 501 Not Implemented");
    assert_eq!(ask(&mut wire, "OPTIONS", "", ""), "SIP/2.0 200 OK");
    assert_eq!(ask(&mut wire, "UPDATE", "Require: foo\r\n", ""), "SIP/2.0 420 Bad Extension");
    assert_eq!(ask(&mut wire, "UPDATE", "", ""), "SIP/2.0 200 OK");
    // Late offer in a re-INVITE: we offer, they answer in the ACK.
    assert_eq!(ask(&mut wire, "INVITE", "", ""), "");
    assert_eq!(names(&wire.facts(0)), ["offered late"]);
    // A second one meanwhile has to wait.
    assert!(ask(&mut wire, "INVITE", "", "").starts_with("SIP/2.0 500"));
    wire.command(0, Command::Accept { leg, body: sdp("again") });
    wire.run_ms(20);
    wire.heard_at(addr(CARRIER));
    let invite_seq = 13;
    wire.say(addr(CARRIER), addr(CITY), &inside("ACK", invite_seq, &to, sdp_type, "v=0 answer"));
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["reanswered"]);
    // Out of order, then over.
    let old = inside("INFO", 2, &to, "", "").replace("z9hG4bKINFO2", "z9hG4bKold");
    wire.say(addr(CARRIER), addr(CITY), &old);
    wire.run_ms(20);
    assert!(wire.heard_at(addr(CARRIER)).pop().unwrap().starts_with("SIP/2.0 500"));
    assert_eq!(ask(&mut wire, "BYE", "Reason: Q.850;cause=31\r\n", ""), "SIP/2.0 200 OK");
    let facts = wire.facts(0);
    assert!(matches!(facts[..], [Fact::Released { cause: Cause(31), .. }]), "{facts:?}");
    assert_eq!(ask(&mut wire, "BYE", "", ""), "SIP/2.0 481 Call/Transaction Does Not Exist");
    wire.settle();
}

#[test]
fn an_update_that_overtakes_the_ack_is_asked_about() {
    let mut wire = Wire::new(1);
    let mut city = plan(CITY);
    city.trunks.push(trunk("carrier", CARRIER));
    wire.join(city);
    let sdp_type = "Content-Type: application/sdp\r\n";
    wire.say(addr(CARRIER), addr(CITY), &inside("INVITE", 1, "<sip:12345@c>", sdp_type, "v=0 offer"));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.command(0, Command::Answer { leg, body: sdp("city") });
    wire.run_ms(20);
    let ok = wire.heard_at(addr(CARRIER)).pop().unwrap();
    let to = ok.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
    wire.say(addr(CARRIER), addr(CITY), &inside("UPDATE", 2, &to, sdp_type, "v=0 hold"));
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["confirmed", "offered"]);
    wire.command(0, Command::Accept { leg, body: sdp("held") });
    wire.run_ms(20);
    let answer = wire.heard_at(addr(CARRIER)).pop().unwrap();
    assert!(answer.contains("CSeq: 2 UPDATE") && answer.contains("o=held"), "{answer}");
    wire.say(addr(CARRIER), addr(CITY), &inside("ACK", 1, &to, "", ""));
    wire.say(addr(CARRIER), addr(CITY), &inside("BYE", 3, &to, "", ""));
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["released Peer 200"]);
    wire.settle();
}
