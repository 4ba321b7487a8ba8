//! Transfers as softphones ask for them: REFER blind and attended, the NOTIFYs that report it, INVITE with Replaces;
//! and keys by INFO.

mod transfer;
mod wire;

use base::Random;
use sip::digest::Challenge;
use sip::leg::{Command, Fact, LegRef};
use sip::message::Cause;
use std::time::Duration;
use transfer::*;
use wire::*;

#[test]
fn a_blind_transfer_is_accepted_reported_and_ended() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    let rows =
        "Refer-To: \"Case desk\" <sip:%38002@city.example;user=phone>\r\nReferred-By: <sip:1001@c>\r\n";
    assert_eq!(li.ask(&mut wire, "REFER", rows, ""), "", "nobody has decided");
    let refer = referred(&mut wire);
    assert_eq!((refer.to.as_str(), refer.replaces), ("8002", None));
    assert_eq!(refer.referred_by.reveal(), "<sip:1001@c>");
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    let heard = wire.heard_at(addr(LI));
    let [accepted, trying] = &heard[..] else { panic!("{heard:#?}") };
    assert!(accepted.starts_with("SIP/2.0 202 Accepted\r\n") && row(accepted, "Contact").contains(CITY));
    assert_eq!((row(trying, "Event"), tag(row(trying, "From"))), ("refer", tag(&li.theirs)));
    assert_eq!(row(trying, "Subscription-State"), "active;expires=180");
    assert!(trying.ends_with("\r\n\r\nSIP/2.0 100 Trying\r\n"), "{trying}");
    // What comes while a NOTIFY is out waits for its answer, and of that only the last is told.
    for status in [180, 183] {
        wire.command(0, Command::ReferProgress { leg: li.leg, status });
    }
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0);
    li.reply(&mut wire, trying, "200 OK");
    let (progress, state, body) = li.notify(&mut wire);
    assert_eq!((state.as_str(), body.as_str()), ("active;expires=179", "SIP/2.0 183 Session Progress\r\n"));
    li.reply(&mut wire, &progress, "200 OK");
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
    wire.run_ms(20);
    let (done, state, body) = li.notify(&mut wire);
    assert_eq!((state.as_str(), body.as_str()), ("terminated;reason=noresource", "SIP/2.0 200 OK\r\n"));
    li.reply(&mut wire, &done, "200 OK");
    // It is over: nothing more is told.
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 486 });
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0);
    assert_eq!(li.ask(&mut wire, "BYE", "", ""), "SIP/2.0 200 OK");
    assert_eq!(names(&wire.facts(0)), ["released Peer 200"]);
    wire.settle();
}

#[test]
fn a_transfer_is_refused_and_asked_for_again() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    assert_eq!(li.refer(&mut wire, "<sip:9@c>"), "");
    assert_eq!(li.refer(&mut wire, "<sip:8@c>"), "SIP/2.0 491 another transfer is under way");
    assert_eq!(referred(&mut wire).to, "9");
    wire.command(0, Command::RefuseRefer { leg: li.leg, status: 404 });
    wire.run_ms(20);
    assert_eq!(first(&wire.heard_at(addr(LI))[0]), "SIP/2.0 404 Not Found");
    // From the second REFER of a call on, its NOTIFYs say which one they mean (RFC 3515 2.4.6).
    assert_eq!(li.refer(&mut wire, "<sip:8@c>"), "");
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    let notify = wire.heard_at(addr(LI)).pop().unwrap();
    assert_eq!(row(&notify, "Event"), format!("refer;id={}", li.seq));
    li.reply(&mut wire, &notify, "200 OK");
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 486 });
    wire.run_ms(20);
    assert_eq!(li.notify(&mut wire).2, "SIP/2.0 486 Busy Here\r\n");
    end(&mut wire, &mut [li]);
}

#[test]
fn an_attended_transfer_names_the_other_call_of_the_phone() {
    let mut wire = city();
    let (mut li, consult) = (call(&mut wire, 0), call(&mut wire, 0));
    let swapped =
        format!("{};from-tag={};to-tag={}", consult.call_id, tag(&consult.theirs), tag(&consult.ours));
    let spelled = [
        format!("<sip:1002@city.example?Replaces={}>", escaped(&consult.named())),
        // Phones that escape nothing, have two headers, or write the tags as they see them themselves.
        format!("<sip:1002@city.example?replaces={}>", consult.named()),
        format!("sip:1002@city.example?X=1&Replaces={}", escaped(&consult.named())),
        format!("<sip:1002@city.example?Replaces={}>", escaped(&swapped)),
        // The target is the exchange itself.
        format!("<sip:{CITY}?Replaces={}>", escaped(&consult.named())),
    ];
    for to in spelled {
        assert_eq!(li.refer(&mut wire, &to), "", "{to}");
        assert_eq!(referred(&mut wire).replaces, Some(consult.leg), "{to}");
        wire.command(0, Command::RefuseRefer { leg: li.leg, status: 603 });
        wire.run_ms(20);
        wire.heard_at(addr(LI));
    }
    end(&mut wire, &mut [li, consult]);
}

#[test]
fn what_a_refer_cannot_ask_for() {
    let mut wire = city();
    let (mut li, mut wang) = (call(&mut wire, 0), call(&mut wire, 1));
    let consult = call(&mut wire, 0);
    let named = |text: &str| format!("Refer-To: <sip:1002@c?Replaces={}>\r\n", escaped(text));
    let wrong_tag = consult.named().replace("phone-", "phony-");
    let wrong_call = format!("x{}", consult.named());
    let cases = [
        (named(&wang.named()), "SIP/2.0 403 replaces a call of somebody else"),
        (named(&wrong_tag), "SIP/2.0 481 replaces no call of ours"),
        (named(&wrong_call), "SIP/2.0 481 replaces no call of ours"),
        (named("x;to-tag=1"), "SIP/2.0 400 unreadable Replaces"),
        (named("%00;to-tag=1;from-tag=2"), "SIP/2.0 481 replaces no call of ours"),
        (named(&li.named()), "SIP/2.0 400 replaces the call that is to be transferred"),
        ("Refer-To: <sip:2@c?Replaces=a&Replaces=b>\r\n".into(), "SIP/2.0 400 more than one Replaces"),
        ("".into(), "SIP/2.0 400 not exactly one Refer-To"),
        ("Refer-To: <sip:2@c>\r\nr: <sip:3@c>\r\n".into(), "SIP/2.0 400 not exactly one Refer-To"),
        ("Refer-To: <sip:2@c\r\n".into(), "SIP/2.0 400 unreadable Refer-To"),
        ("Refer-To: \"\r\n".into(), "SIP/2.0 400 unreadable Refer-To"),
        ("Refer-To: <http://c/page>\r\n".into(), "SIP/2.0 416 Refer-To is neither sip nor tel"),
        (
            "Refer-To: <sip:2@c;method=BYE>\r\n".into(),
            "SIP/2.0 403 Refer-To asks for something else than a call",
        ),
        ("Refer-To: <sip:c>\r\n".into(), "SIP/2.0 404 Refer-To names nobody"),
        ("Refer-To: <sip:2@c>\r\nRequire: tdialog\r\n".into(), "SIP/2.0 420 Bad Extension"),
    ];
    for (rows, wanted) in &cases {
        assert_eq!(li.ask(&mut wire, "REFER", rows, ""), *wanted, "{rows}");
    }
    assert_eq!(names(&wire.facts(0)), [""; 0], "nobody was asked");
    assert_eq!(wire.nodes[0].sip.counters().refused["replaces a call of somebody else"], 1);
    assert_eq!(wire.nodes[0].sip.counters().refused["replaces no call of ours"], 3);
    // A call that nobody has answered cannot be taken over, nor one that is over.
    wang.say(&mut wire, "BYE", "", "");
    wire.facts(0);
    assert_eq!(wang.refer(&mut wire, "<sip:2@c>"), "SIP/2.0 481 Call/Transaction Does Not Exist");
    end(&mut wire, &mut [li, consult]);
}

#[test]
fn copies_of_a_refer_ask_once_and_get_the_same_answer() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    assert_eq!(li.refer(&mut wire, "<sip:2@c>"), "");
    let copy = li.text("REFER", li.seq, "Refer-To: <sip:2@c>\r\n", "");
    wire.say(addr(LI), addr(CITY), &copy);
    wire.run_ms(20);
    assert_eq!(names(&wire.facts(0)), ["referred blind to 2"]);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0);
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(LI)).len(), 2);
    wire.say(addr(LI), addr(CITY), &copy);
    wire.run_ms(20);
    assert_eq!(first(&wire.heard_at(addr(LI))[0]), "SIP/2.0 202 Accepted");
    assert_eq!(names(&wire.facts(0)), [""; 0]);
    end(&mut wire, &mut [li]);
}

#[test]
fn a_refer_that_nobody_decides_about_is_refused_in_time() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    assert_eq!(li.refer(&mut wire, "<sip:2@c>"), "");
    wire.run_ms(9_900);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0);
    wire.run_ms(100);
    assert_eq!(first(&wire.heard_at(addr(LI))[0]), "SIP/2.0 500 Server Internal Error");
    wire.facts(0);
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0, "too late");
    assert_eq!(wire.nodes[0].sip.counters().refused["nobody decided about a transfer"], 1);
    end(&mut wire, &mut [li]);
}

#[test]
fn a_bye_at_any_moment_ends_the_referral_with_the_call() {
    for accepted in [false, true] {
        for reported in [false, true] {
            let mut wire = city();
            let mut li = call(&mut wire, 0);
            li.refer(&mut wire, "<sip:2@c>");
            wire.facts(0);
            if accepted {
                wire.command(0, Command::AcceptRefer { leg: li.leg });
            }
            if reported {
                wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
            }
            // The BYE crosses whatever was told.
            li.say(&mut wire, "BYE", "", "");
            let heard = wire.heard_at(addr(LI));
            let lines: Vec<String> = heard.iter().map(|text| first(text)).collect();
            assert!(lines.contains(&"SIP/2.0 200 OK".into()), "{lines:?}");
            let refer = if accepted { "SIP/2.0 202 Accepted" } else { "SIP/2.0 487 Request Terminated" };
            assert!(lines.contains(&refer.into()), "{lines:?}");
            assert_eq!(lines.iter().filter(|line| line.starts_with("NOTIFY")).count(), usize::from(accepted));
            assert_eq!(names(&wire.facts(0)), ["released Peer 200"]);
            // Commands that come too late find nobody; the NOTIFY that was out is answered with 481.
            wire.command(0, Command::AcceptRefer { leg: li.leg });
            wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
            wire.command(0, Command::RefuseRefer { leg: li.leg, status: 603 });
            if let Some(notify) = heard.iter().find(|text| text.starts_with("NOTIFY")) {
                li.reply(&mut wire, notify, "481 Call/Transaction Does Not Exist");
            }
            wire.run_ms(20);
            assert_eq!(wire.heard_at(addr(LI)).len(), 0);
            wire.settle();
        }
    }
}

#[test]
fn a_refer_before_the_answer_is_refused() {
    let mut wire = city();
    let invite = |method: &str, seq: u32, to: &str, rows: &str| {
        format!(
            "{method} sip:12345@{CITY} SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bK{seq}\r\n\
             From: <sip:1@c>;tag=a\r\nTo: {to}\r\nCall-ID: early\r\nCSeq: {seq} {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:{CARRIER}>\r\n{rows}Content-Length: 0\r\n\r\n"
        )
    };
    wire.say(addr(CARRIER), addr(CITY), &invite("INVITE", 1, "<sip:12345@c>", ""));
    wire.run_ms(20);
    let leg = invited(&wire.facts(0)).unwrap();
    wire.command(0, Command::Progress { leg, status: 180, answer: None });
    wire.run_ms(20);
    let ringing = wire.heard_at(addr(CARRIER)).pop().unwrap();
    let refer = invite("REFER", 2, row(&ringing, "To"), "Refer-To: <sip:2@c>\r\n");
    wire.say(addr(CARRIER), addr(CITY), &refer);
    wire.run_ms(20);
    assert_eq!(first(&wire.heard_at(addr(CARRIER))[0]), "SIP/2.0 403 Call Is Not Answered Yet");
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    wire.settle();
}

/// An INVITE of Li's phone, with credentials for the challenge in `asked`; the first line of the answer.
fn invite_from_li(wire: &mut Wire, count: u32, rows: &str) -> String {
    let text = |seq: u32, rows: &str| {
        format!(
            "INVITE sip:1002@city.example SIP/2.0\r\nVia: SIP/2.0/UDP {LI};branch=z9hG4bKrep{count}-{seq}\r\n\
             From: <sip:1001@city.example>;tag=rep{count}\r\nTo: <sip:1002@city.example>\r\nCall-ID: rep{count}\r\n\
             CSeq: {seq} INVITE\r\nMax-Forwards: 70\r\nContact: <sip:1001@{LI}>\r\n{rows}Content-Length: 0\r\n\r\n"
        )
    };
    wire.say(addr(LI), addr(CITY), &text(1, rows));
    wire.run_ms(20);
    let asked = wire.heard_at(addr(LI)).pop().unwrap();
    if !asked.starts_with("SIP/2.0 401") {
        return first(&asked);
    }
    let challenge = Challenge::parse(row(&asked, "WWW-Authenticate").as_bytes()).unwrap();
    let uri = b"sip:1002@city.example";
    let answer = challenge.answer("1001", "1001-secret", b"INVITE", uri, 1, "c");
    let rows = format!("{rows}Authorization: {}\r\n", String::from_utf8(answer).unwrap());
    wire.say(addr(LI), addr(CITY), &text(2, &rows));
    wire.run_ms(20);
    first(&wire.heard_at(addr(LI)).pop().unwrap())
}

#[test]
fn an_invite_takes_the_place_of_a_call_of_the_same_account() {
    let mut wire = city();
    let (li, wang) = (call(&mut wire, 0), call(&mut wire, 1));
    let cases = [
        (format!("Replaces: {}\r\n", wang.named()), "SIP/2.0 403 replaces a call of somebody else"),
        ("Replaces: x;to-tag=1;from-tag=2\r\n".into(), "SIP/2.0 481 replaces no call of ours"),
        ("Replaces: x\r\n".into(), "SIP/2.0 400 unreadable Replaces"),
        (format!("Replaces: {0}\r\nReplaces: {0}\r\n", li.named()), "SIP/2.0 400 more than one Replaces"),
        (
            format!("Replaces: {};early-only\r\n", li.named()),
            "SIP/2.0 486 replaces an answered call only while it rings",
        ),
    ];
    for (count, (rows, wanted)) in (1..).zip(&cases) {
        assert_eq!(invite_from_li(&mut wire, count, rows), *wanted, "{rows}");
    }
    assert!(wire.facts(0).is_empty());
    // What rings is answered where it rings: no phone takes a caller whom the distributor has offered to another.
    let rings = wire.fresh_leg();
    wire.command(0, invite_aor(rings, 0, sdp("city")));
    wire.run_ms(20);
    let invite = wire.heard_at(addr(LI)).pop().unwrap();
    let ringing = format!(
        "SIP/2.0 180 Ringing\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=rings\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:1001@{LI}>\r\nContent-Length: 0\r\n\r\n",
        row(&invite, "Via"),
        row(&invite, "From"),
        row(&invite, "To"),
        row(&invite, "Call-ID")
    );
    wire.say(addr(LI), addr(CITY), &ringing);
    wire.run_ms(20);
    let ours = tag(row(&invite, "From"));
    let rows = format!("Replaces: {};to-tag={ours};from-tag=rings\r\n", row(&invite, "Call-ID"));
    assert_eq!(invite_from_li(&mut wire, 8, &rows), "SIP/2.0 481 replaces no call of ours");
    assert_eq!(names(&wire.facts(0)), ["ringing 180"]);
    wire.command(0, Command::Release { leg: rings, cause: Cause::NORMAL });
    wire.run_ms(20);
    wire.heard_at(addr(LI));
    wire.facts(0);
    let rows = format!("Require: replaces\r\nReplaces: {}\r\n", li.named());
    assert_eq!(invite_from_li(&mut wire, 9, &rows), "SIP/2.0 100 Trying");
    let facts = wire.facts(0);
    let [Fact::Invited { leg, invite }] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((invite.replaces, invite.called.as_str()), (Some(li.leg), "1002"));
    wire.command(0, Command::Release { leg: *leg, cause: Cause::NORMAL });
    // Without the header nothing is replaced.
    assert_eq!(invite_from_li(&mut wire, 10, ""), "SIP/2.0 100 Trying");
    let facts = wire.facts(0);
    let plain = facts.iter().find_map(|fact| match fact {
        Fact::Invited { leg, invite } => Some((*leg, invite.replaces)),
        _ => None,
    });
    let (leg, None) = plain.unwrap() else { panic!("{facts:?}") };
    wire.command(0, Command::Release { leg, cause: Cause::NORMAL });
    end(&mut wire, &mut [li, wang]);
}

#[test]
fn a_citizens_call_is_not_refused_for_a_header_meant_for_others() {
    let mut wire = city();
    let invite = |branch: u32, rows: &str| {
        format!(
            "INVITE sip:12345@{CITY} SIP/2.0\r\nVia: SIP/2.0/UDP {CARRIER};branch=z9hG4bKt{branch}\r\n\
             From: <sip:1@c>;tag=a\r\nTo: <sip:12345@c>\r\nCall-ID: t{branch}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\
             Contact: <sip:{CARRIER}>\r\n{rows}Content-Length: 0\r\n\r\n"
        )
    };
    wire.say(addr(CARRIER), addr(CITY), &invite(1, "Replaces: x;to-tag=1;from-tag=2\r\n"));
    wire.run_ms(20);
    let facts = wire.facts(0);
    assert_eq!(names(&facts), ["invited 12345 from trunk"]);
    wire.command(0, Command::Release { leg: invited(&facts).unwrap(), cause: Cause::NORMAL });
    wire.run_ms(20);
    wire.heard_at(addr(CARRIER));
    let required = "Require: replaces\r\nReplaces: x;to-tag=1;from-tag=2\r\n";
    wire.say(addr(CARRIER), addr(CITY), &invite(2, required));
    wire.run_ms(20);
    assert_eq!(first(&wire.heard_at(addr(CARRIER))[0]), "SIP/2.0 481 replaces no call of ours");
    wire.settle();
}

#[test]
fn our_messages_say_that_transfers_are_possible() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    li.say(&mut wire, "OPTIONS", "", "");
    let options = wire.heard_at(addr(LI)).pop().unwrap();
    let has = |name: &str, word: &str| row(&options, name).split(", ").any(|one| one == word);
    assert!(has("Allow", "REFER") && has("Allow", "NOTIFY"), "{options}");
    assert!(has("Supported", "replaces") && has("Supported", "norefersub"), "{options}");
    end(&mut wire, &mut [li]);
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

const RELAY: &str = "Content-Type: application/dtmf-relay\r\n";
const PLAIN: &str = "Content-Type: application/dtmf\r\n";

#[test]
fn a_thousand_keys_arrive_each_once_and_in_order() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    let mut dice = Random::seeded(12345);
    let mut pressed = String::new();
    for _ in 0..1_000 {
        let key = char::from(b"0123456789*#ABCD"[dice.below(16) as usize]);
        pressed.push(key);
        let (rows, body) = match dice.below(4) {
            0 => (PLAIN, key.to_string()),
            1 => (PLAIN, format!("{key}\r\n")),
            2 => (RELAY, format!("Signal={key}\r\nDuration=160\r\n")),
            _ => (RELAY, format!(" Signal= {key} \r\nDuration= 250\r\n")),
        };
        li.seq += 1;
        let text = li.text("INFO", li.seq, rows, &body);
        // Some are sent again: because the answer was lost, or without any reason.
        let lost = dice.chance(0.2);
        wire.lose_first(usize::from(lost), &["SIP/2.0 200 OK", "INFO"]);
        wire.say(addr(LI), addr(CITY), &text);
        wire.run_ms(20);
        if lost || dice.chance(0.1) {
            wire.say(addr(LI), addr(CITY), &text);
            wire.run_ms(20);
        }
        assert!(wire.heard_at(addr(LI)).iter().all(|text| text.starts_with("SIP/2.0 200")));
    }
    let heard: String = wire
        .facts(0)
        .iter()
        .map(|fact| match fact {
            Fact::Key { leg, digit } if *leg == li.leg => *digit,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(heard, pressed);
    end(&mut wire, &mut [li]);
}

#[test]
fn what_is_no_key_is_none() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    let long = "5".repeat(4_000);
    let bodies = ["", "x", "55", "Signal", "Signal=", "Signal=16", "Signal=flash", "Duration=5", "\0", &long];
    for (rows, body) in [RELAY, PLAIN].into_iter().flat_map(|rows| bodies.map(|body| (rows, body))) {
        let answer = li.ask(&mut wire, "INFO", rows, body);
        assert_eq!(answer, "SIP/2.0 400 Bad Request", "{rows}{body}");
    }
    assert_eq!(li.ask(&mut wire, "INFO", "", ""), "SIP/2.0 200 OK", "a sign of life");
    assert_eq!(li.ask(&mut wire, "INFO", "", "5"), "SIP/2.0 415 Unsupported Media Type");
    // In either spelling under either type: phones mix them up.
    assert_eq!(li.ask(&mut wire, "INFO", PLAIN, "Signal=7\r\nDuration=100\r\n"), "SIP/2.0 200 OK");
    assert_eq!(li.ask(&mut wire, "INFO", RELAY, "8"), "SIP/2.0 200 OK");
    assert_eq!(names(&wire.facts(0)), ["key 7", "key 8"]);
    end(&mut wire, &mut [li]);
}

#[test]
fn a_flood_inside_a_call_is_bounded_and_the_call_goes_on() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    for _ in 0..5_000 {
        li.seq += 1;
        let text = li.text("INFO", li.seq, PLAIN, "1");
        wire.say(addr(LI), addr(CITY), &text);
    }
    wire.run_ms(20);
    let keys = wire.facts(0).len();
    assert_eq!(keys, 100, "a second's worth");
    assert!(wire.nodes[0].sip.counters().transactions < 110);
    assert_eq!(wire.nodes[0].sip.counters().refused["too many requests inside one call"], 4_900);
    let refused = wire.heard_at(addr(LI)).pop().unwrap();
    assert!(refused.starts_with("SIP/2.0 503") && row(&refused, "Retry-After") == "1", "{refused}");
    wire.run_ms(1_000);
    assert_eq!(li.ask(&mut wire, "INFO", PLAIN, "2"), "SIP/2.0 200 OK");
    assert_eq!(names(&wire.facts(0)), ["key 2"]);
    end(&mut wire, &mut [li]);
}

// ── all of it at once ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn random_transfers_on_a_bad_wire_leave_nothing_behind() {
    for seed in 1..=12 {
        let mut wire = city();
        let mut dice = Random::seeded(seed);
        let mut talks = [call(&mut wire, 0), call(&mut wire, 0), call(&mut wire, 1)];
        wire.faults = Faults {
            loss: 0.1,
            repeat: 0.1,
            delay_min: Duration::from_millis(1),
            delay_max: Duration::from_millis(60),
        };
        let mut open: Vec<LegRef> = Vec::new();
        for _ in 0..300 {
            let other = talks[dice.below(3) as usize].named();
            let talk = &mut talks[dice.below(3) as usize];
            let leg = talk.leg;
            match dice.below(12) {
                0..=2 => {
                    let mut to = if dice.chance(0.5) {
                        format!("<sip:1002@c?Replaces={}>", escaped(&other)).into_bytes()
                    } else {
                        b"<sip:1002@c>".to_vec()
                    };
                    if dice.chance(0.5) {
                        let at = dice.below(to.len() as u64) as usize;
                        to[at] = b"%;?<>=&\"@:"[dice.below(10) as usize];
                    }
                    let to = String::from_utf8(to).unwrap();
                    talk.say(&mut wire, "REFER", &format!("Refer-To: {to}\r\n"), "");
                }
                3 | 4 => wire.command(0, Command::AcceptRefer { leg }),
                5 | 6 => {
                    let status = [100, 180, 200, 486, 7][dice.below(5) as usize];
                    wire.command(0, Command::ReferProgress { leg, status });
                }
                7 => wire.command(0, Command::RefuseRefer { leg, status: 603 }),
                8 => wire.command(0, Command::Reoffer { leg, offer: sdp("hold") }),
                9 if dice.chance(0.5) => talk.say(&mut wire, "INFO", PLAIN, "1"),
                9 => {
                    let rows = format!("Event: refer\r\nExpires: {}\r\n", dice.below(3) * 40);
                    talk.say(&mut wire, "SUBSCRIBE", &rows, "");
                }
                _ => {
                    let at = talk.at;
                    for text in wire.heard_at(addr(at)) {
                        let asks = ["NOTIFY", "INVITE"].iter().any(|method| text.starts_with(method));
                        if asks
                            && let Some(talk) =
                                talks.iter().find(|talk| talk.call_id == row(&text, "Call-ID"))
                        {
                            let status = if dice.chance(0.8) { "200 OK" } else { "481 No" };
                            talk.reply(
                                &mut wire,
                                &text,
                                if text.starts_with("I") { "488 No" } else { status },
                            );
                        }
                    }
                }
            }
            wire.run_ms(dice.below(500));
            for fact in wire.facts(0) {
                match fact {
                    Fact::Referred { leg, .. } => open.push(leg),
                    Fact::Released { leg, .. } => panic!("seed {seed}: {leg:?} was released"),
                    _ => {}
                }
            }
            wire.ladder.clear();
        }
        assert!(open.len() > 3, "seed {seed}: {} transfers", open.len());
        wire.faults = Faults::default();
        for (at, talk) in talks.iter_mut().enumerate() {
            if at == 0 {
                wire.command(0, Command::Release { leg: talk.leg, cause: Cause::NORMAL });
            } else {
                talk.say(&mut wire, "BYE", "", "");
            }
        }
        wire.settle();
    }
}
