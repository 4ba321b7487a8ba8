//! Phones: they register, ring, fork, move, vanish and mistype their passwords.

mod wire;

use sip::digest::Algorithm;
use sip::endpoint::Note;
use sip::leg::{AorRef, Command, Fact};
use sip::message::Cause;
use sip::plan::Plan;
use std::time::Duration;
use wire::*;

const CITY: &str = "192.0.2.1:5060";

/// The exchange (node 0) with the accounts 1001 and 1002.
fn city() -> Plan {
    let mut city = plan(CITY);
    city.accounts = vec![account("1001"), account("1002")];
    city
}

/// The exchange and phones of account 1001 at these addresses, registered.
fn with_phones(at: &[&str]) -> Wire {
    let mut wire = Wire::new(11);
    wire.join(city());
    for at in at {
        wire.join(phone(at, CITY, "1001"));
    }
    wire.run_ms(200);
    wire
}

#[test]
fn a_phone_registers_with_the_stronger_digest_and_refreshes() {
    let mut wire = with_phones(&["192.0.2.21:5060"]);
    assert_eq!(names(&wire.facts(0)), ["bound 1"]);
    assert_eq!(names(&wire.facts(1)), ["trunk up"]);
    let binding = wire.nodes[0].sip.registration(AorRef(0))[0].clone();
    assert_eq!(&*binding.uri, b"sip:1001@192.0.2.21:5060");
    wire.run(Duration::from_secs(1_000));
    assert_eq!(names(&wire.facts(0)), [""; 0], "refreshes change nothing");
    assert!(wire.nodes[0].sip.registration(AorRef(0))[0].since > binding.since);
    assert_eq!(wire.nodes[0].sip.counters().bound_contacts, 1);
}

#[test]
fn a_call_rings_at_the_phone_and_is_answered() {
    let mut wire = with_phones(&["192.0.2.21:5060"]);
    let leg = wire.fresh_leg();
    wire.facts(0);
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    let at_phone = wire.facts(1);
    let Some(Fact::Invited { leg: ringing, invite }) = at_phone.get(1) else { panic!("{at_phone:?}") };
    assert_eq!((invite.caller.reveal().as_str(), invite.called.as_str()), ("13851234567", "1001"));
    wire.command(1, Command::Progress { leg: *ringing, status: 180, answer: None });
    wire.command(1, Command::Answer { leg: *ringing, body: sdp("1001") });
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["ringing 180", "answered"]);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

#[test]
fn the_first_phone_that_answers_wins_and_the_others_stop_ringing() {
    let mut wire = with_phones(&["192.0.2.21:5060", "192.0.2.22:5060", "192.0.2.23:5060"]);
    assert_eq!(names(&wire.facts(0)), ["bound 1", "bound 2", "bound 3"]);
    let leg = wire.fresh_leg();
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    let rings: Vec<_> = (1..4).map(|node| invited(&wire.facts(node)).unwrap()).collect();
    wire.command(1, Command::Progress { leg: rings[0], status: 180, answer: None });
    wire.command(
        2,
        Command::Reject { leg: rings[1], status: 486, cause: Cause::BUSY, retry_after: None, text: "" },
    );
    wire.run_ms(20);
    // The third answers, and in the same moment so does the first: the second 2xx is acknowledged and ended.
    wire.command(3, Command::Answer { leg: rings[2], body: sdp("third") });
    wire.run_ms(4);
    wire.command(1, Command::Answer { leg: rings[0], body: sdp("first") });
    wire.run_ms(100);
    assert_eq!(names(&wire.facts(0)), ["ringing 180", "answered"]);
    assert_eq!(names(&wire.facts(1)), ["confirmed", "released Peer 200"]);
    assert_eq!(names(&wire.facts(3)), ["confirmed"]);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

#[test]
fn all_phones_refuse_and_the_best_refusal_is_told() {
    let mut wire = with_phones(&["192.0.2.21:5060", "192.0.2.22:5060"]);
    let leg = wire.fresh_leg();
    wire.facts(0);
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    for (node, status) in [(1, 404), (2, 486)] {
        let ring = invited(&wire.facts(node)).unwrap();
        let cause = Cause::of_status(status);
        wire.command(node, Command::Reject { leg: ring, status, cause, retry_after: None, text: "" });
    }
    wire.run_ms(50);
    let facts = wire.facts(0);
    assert!(matches!(facts[..], [Fact::Released { cause: Cause::BUSY, status: 486, .. }]), "{facts:?}");
    wire.settle();
}

#[test]
fn a_decline_for_all_stops_every_phone() {
    let mut wire = with_phones(&["192.0.2.21:5060", "192.0.2.22:5060"]);
    let leg = wire.fresh_leg();
    wire.facts(0);
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    let (first, _) = (invited(&wire.facts(1)).unwrap(), wire.facts(2));
    wire.command(
        1,
        Command::Reject { leg: first, status: 603, cause: Cause::REJECTED, retry_after: None, text: "" },
    );
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(0)), ["released Peer 603"]);
    assert_eq!(names(&wire.facts(2)), ["released Peer 487"]);
    wire.settle();
}

#[test]
fn a_phone_that_rings_too_long_is_cancelled() {
    let mut wire = with_phones(&["192.0.2.21:5060"]);
    let leg = wire.fresh_leg();
    wire.facts(0);
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    let ring = invited(&wire.facts(1)).unwrap();
    wire.command(1, Command::Progress { leg: ring, status: 180, answer: None });
    wire.run(Duration::from_secs(25));
    assert_eq!(names(&wire.facts(0)), ["ringing 180", "released Timeout 487"]);
    assert_eq!(names(&wire.facts(1)), ["released Peer 487"]);
    wire.settle();
}

#[test]
fn nobody_is_rung_where_no_phone_is() {
    let mut wire = with_phones(&[]);
    let leg = wire.fresh_leg();
    wire.command(0, invite_aor(leg, 1, sdp("city")));
    assert_eq!(names(&wire.facts(0)), ["released Timeout 480"]);
    wire.settle();
}

#[test]
fn a_wrong_password_is_slowed_counted_and_at_last_dropped() {
    let mut wire = Wire::new(3);
    let mut plan = city();
    plan.limits.failures = 3;
    wire.join(plan);
    let mut thief = phone("198.51.100.66:5060", CITY, "1001");
    thief.trunks[0].outbound_digest.as_mut().unwrap().password = "guess".into();
    wire.join(thief);
    wire.run_ms(200);
    assert_eq!(names(&wire.facts(1)), [""; 0], "the answer waits");
    wire.run_ms(200);
    assert_eq!(names(&wire.facts(1)), ["trunk down 401"]);
    wire.run(Duration::from_secs(55));
    let counters = wire.nodes[0].sip.counters();
    assert_eq!((counters.authentication_failures, counters.banned, counters.bans), (3, 1, 1));
    assert!(wire.nodes[0].notes.iter().any(|note| matches!(note, Note::Banned { .. })));
    assert_eq!(names(&wire.facts(0)), [""; 0]);
}

#[test]
fn an_unknown_user_gets_the_same_answers_as_a_wrong_password() {
    let mut ladders = Vec::new();
    for user in ["1001", "9999"] {
        let mut wire = Wire::new(5);
        wire.join(city());
        let mut thief = phone("198.51.100.66:5060", CITY, user);
        thief.trunks[0].outbound_digest.as_mut().unwrap().password = "guess".into();
        wire.join(thief);
        wire.run(Duration::from_secs(20));
        ladders.push(wire.ladder.join("\n"));
    }
    assert!(ladders[0].contains("401"));
    assert_eq!(ladders[0], ladders[1]);
}

#[test]
fn a_registration_that_is_not_refreshed_is_lost_at_once_and_the_call_goes_on() {
    let mut wire = with_phones(&["192.0.2.21:5060"]);
    let leg = wire.fresh_leg();
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(20);
    let ring = invited(&wire.facts(1)).unwrap();
    wire.command(1, Command::Answer { leg: ring, body: sdp("1001") });
    wire.run_ms(20);
    wire.facts(0);
    wire.lose(|text| text.starts_with("REGISTER"));
    wire.run(Duration::from_secs(301));
    assert_eq!(names(&wire.facts(0)), ["lost Expired"]);
    wire.command(1, Command::Release { leg: ring, cause: Cause::NORMAL });
    wire.run_ms(100);
    assert_eq!(names(&wire.facts(0)), ["released Peer 200"]);
    wire.settle();
}

#[test]
fn a_phone_over_tcp_is_lost_with_its_connection() {
    let mut wire = Wire::new(13);
    wire.join(city());
    let mut phone = phone("192.0.2.21:5060", CITY, "1001");
    phone.trunks[0].transport = Some(sip::leg::Transport::Tcp);
    wire.join(phone);
    wire.run_ms(300);
    assert_eq!(names(&wire.facts(0)), ["bound 1"]);
    let leg = wire.fresh_leg();
    wire.command(0, invite_aor(leg, 0, sdp("city")));
    wire.run_ms(100);
    let ring = invited(&wire.facts(1)).unwrap();
    wire.command(1, Command::Answer { leg: ring, body: sdp("1001") });
    wire.run_ms(100);
    assert_eq!(names(&wire.facts(0)), ["answered"]);
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.run_ms(100);
    assert_eq!(names(&wire.facts(1)), ["confirmed", "released Peer 200"]);
    wire.facts(0);
    wire.hang_up_stream(addr(CITY), addr("192.0.2.21:5060"));
    assert_eq!(names(&wire.facts(0)), ["lost Unreachable"]);
    wire.settle();
}

/// A REGISTER by hand; `extra` are whole lines.
fn register(at: &str, seq: u32, extra: &str) -> String {
    format!(
        "REGISTER sip:city.example SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch=z9hG4bKreg{seq}\r\n\
         From: <sip:1001@city.example>;tag=a\r\nTo: <sip:1001@city.example>\r\nCall-ID: reg\r\n\
         CSeq: {seq} REGISTER\r\nMax-Forwards: 70\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

/// Answers the first challenge of a 401 as 1001.
fn credentials(challenge: &str, count: u32) -> String {
    let line = challenge.lines().find(|line| line.starts_with("WWW-Authenticate")).unwrap();
    let challenge = sip::digest::Challenge::parse(line.split_once(": ").unwrap().1.as_bytes()).unwrap();
    let answer = challenge.answer("1001", "1001-secret", b"REGISTER", b"sip:city.example", count, "c");
    format!("Authorization: {}\r\n", String::from_utf8(answer).unwrap())
}

#[test]
fn challenges_come_in_the_order_of_the_plan_and_any_of_them_may_be_answered() {
    let at = "198.51.100.7:5062";
    for (digests, lines) in [
        (vec![Algorithm::Md5, Algorithm::Sha256], &["algorithm=MD5", "algorithm=SHA-256"][..]),
        (vec![Algorithm::Md5], &["algorithm=MD5"][..]),
    ] {
        let mut wire = Wire::new(29);
        wire.join(Plan { digests, ..city() });
        wire.say(addr(at), addr(CITY), &register(at, 1, ""));
        wire.run_ms(20);
        let challenge = wire.heard_at(addr(at)).pop().unwrap();
        let asked: Vec<_> = challenge.lines().filter(|line| line.starts_with("WWW-")).collect();
        assert_eq!(asked.len(), lines.len(), "{challenge}");
        for (asked, line) in asked.iter().zip(lines) {
            assert!(asked.contains(line), "{challenge}");
        }
        let contact = format!("{}Contact: <sip:1001@{at}>\r\nExpires: 60\r\n", credentials(&challenge, 1));
        wire.say(addr(at), addr(CITY), &register(at, 2, &contact));
        wire.run_ms(20);
        let answer = wire.heard_at(addr(at)).pop().unwrap();
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }
}

#[test]
fn the_registrar_by_hand() {
    let (mut wire, at) = (Wire::new(17), "198.51.100.7:5062");
    wire.join(city());
    let mut seq = 0;
    let mut ask = |wire: &mut Wire, extra: &str| {
        seq += 1;
        wire.say(addr(at), addr(CITY), &register("10.0.0.5:5060", seq, extra));
        wire.run_ms(20);
        wire.heard_at(addr(at)).pop().unwrap_or_default()
    };
    let challenge = ask(&mut wire, "");
    let algorithms: Vec<_> = challenge.lines().filter(|line| line.starts_with("WWW-")).collect();
    assert!(algorithms[0].contains("SHA-256") && algorithms[1].contains("MD5"), "{challenge}");
    assert!(challenge.contains("received=198.51.100.7") && challenge.contains("rport=5062"), "{challenge}");
    // A phone behind a NAT registers; it is reached at its source.
    let contact = "Contact: <sip:1001@10.0.0.5:5060>;q=0.5;+sip.instance=\"<urn:uuid:1>\"\r\nExpires: 60\r\n";
    let ok = ask(&mut wire, &(credentials(&challenge, 1) + contact));
    assert!(ok.starts_with("SIP/2.0 200") && ok.contains("expires=60"), "{ok}");
    assert!(wire.nodes[0].sip.registration(AorRef(0))[0].nated);
    // The same credentials again are a replay: only the nonce is refused.
    let stale = ask(&mut wire, &(credentials(&challenge, 1) + contact));
    assert!(stale.starts_with("SIP/2.0 401") && stale.contains("stale=true"), "{stale}");
    // Too short, nonsense, and a wildcard that means it.
    let brief = ask(&mut wire, &(credentials(&stale, 1) + "Contact: <sip:1001@10.0.0.5>;expires=5\r\n"));
    assert!(brief.starts_with("SIP/2.0 423") && brief.contains("Min-Expires: 30"), "{brief}");
    let bad = ask(&mut wire, &(credentials(&stale, 2) + "Contact: *\r\nExpires: 60\r\n"));
    assert!(bad.starts_with("SIP/2.0 400 Contact *"), "{bad}");
    assert_eq!(names(&wire.facts(0)), ["bound 1"]);
    let gone = ask(&mut wire, &(credentials(&stale, 3) + "Contact: *\r\nExpires: 0\r\n"));
    assert!(gone.starts_with("SIP/2.0 200") && !gone.contains("Contact:"), "{gone}");
    assert_eq!(names(&wire.facts(0)), ["lost Unregistered"]);
    // The nonce ages.
    wire.run(Duration::from_secs(301));
    let aged = ask(&mut wire, &(credentials(&stale, 4) + contact));
    assert!(aged.starts_with("SIP/2.0 401") && aged.contains("stale=true"), "{aged}");
    wire.settle();
}

#[test]
fn a_phone_behind_a_nat_that_falls_silent_is_lost() {
    let (mut wire, at) = (Wire::new(19), "198.51.100.7:5062");
    wire.join(city());
    wire.say(addr(at), addr(CITY), &register("10.0.0.5:5060", 1, ""));
    wire.run_ms(20);
    let challenge = wire.heard_at(addr(at)).pop().unwrap();
    let contact = "Contact: <sip:1001@10.0.0.5:5060>\r\nExpires: 3600\r\n";
    wire.say(addr(at), addr(CITY), &register("10.0.0.5:5060", 2, &(credentials(&challenge, 1) + contact)));
    wire.run(Duration::from_secs(30));
    assert!(wire.heard_at(addr(at)).iter().any(|text| text.starts_with("OPTIONS sip:1001@10.0.0.5:5060")));
    wire.run(Duration::from_secs(60));
    assert_eq!(names(&wire.facts(0)), ["bound 1", "lost Unreachable"]);
    wire.settle();
}

#[test]
fn a_phone_is_kept_alive_under_whatever_name_it_gave_itself() {
    // The second is a URI that `rsip` has no form for; the phone is asked all the same.
    for uri in ["sip:1001@10.0.0.5:5060;ob", "sip:1001@10.0.0.5:5060?Subject=x"] {
        let (mut wire, at) = (Wire::new(23), "198.51.100.7:5062");
        wire.join(city());
        wire.say(addr(at), addr(CITY), &register("10.0.0.5:5060", 1, ""));
        wire.run_ms(20);
        let challenge = wire.heard_at(addr(at)).pop().unwrap();
        let contact = format!("{}Contact: <{uri}>\r\nExpires: 3600\r\n", credentials(&challenge, 1));
        wire.say(addr(at), addr(CITY), &register("10.0.0.5:5060", 2, &contact));
        wire.run(Duration::from_secs(30));
        let heard = wire.heard_at(addr(at));
        let asked = heard.iter().find(|text| text.starts_with("OPTIONS")).expect("an OPTIONS");
        assert!(asked.starts_with(&format!("OPTIONS {uri} SIP/2.0\r\n")), "{asked}");
        assert!(asked.contains("\r\nAllow: INVITE,") && asked.contains(&format!("To: <{uri}>")), "{asked}");
    }
}

#[test]
fn a_registered_phone_calls_with_its_password_and_a_stranger_does_not() {
    let mut wire = with_phones(&["192.0.2.21:5060"]);
    wire.facts(0);
    // The phone's From is its account; its trunk answers the challenge.
    let leg = wire.fresh_leg();
    let Command::Invite { to, offer, ring, .. } = invite_trunk(leg, "*11", sdp("1001")) else { return };
    let caller = base::Private::new("1001".into());
    let invite =
        Command::Invite { leg, to, caller, caller_name: String::new(), offer, ring, headers: Vec::new() };
    wire.command(1, invite.clone());
    wire.run_ms(50);
    let facts = wire.facts(0);
    assert_eq!(names(&facts), ["invited *11 from aor"]);
    let ingress = invited(&facts).unwrap();
    wire.command(
        0,
        Command::Reject { leg: ingress, status: 480, cause: Cause::NORMAL, retry_after: None, text: "" },
    );
    wire.run_ms(50);
    let mut stranger = plan("192.0.2.66:5060");
    stranger.trunks.push(trunk("city", CITY));
    wire.join(stranger);
    wire.command(2, invite);
    wire.run_ms(50);
    assert_eq!(names(&wire.facts(2)), ["released Peer 403"]);
    assert_eq!(names(&wire.facts(0)), ["released Us 480"]);
    wire.settle();
}
