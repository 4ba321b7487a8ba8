//! How whoever asked for a transfer hears of it: NOTIFY to its end, in time, for longer and no longer, or not at all.

mod transfer;
mod wire;

use sip::leg::Command;
use sip::message::Cause;
use std::time::Duration;
use transfer::*;
use wire::*;

#[test]
fn who_wants_no_reports_gets_none() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    for rows in ["Refer-Sub: false\r\n", "Refer-Sub: FALSE;x=y\r\nRequire: norefersub\r\n"] {
        let rows = format!("Refer-To: <sip:2@c>\r\n{rows}");
        assert_eq!(li.ask(&mut wire, "REFER", &rows, ""), "");
        wire.command(0, Command::AcceptRefer { leg: li.leg });
        wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
        wire.run_ms(20);
        let heard = wire.heard_at(addr(LI));
        assert!(heard[0].starts_with("SIP/2.0 202") && heard[0].contains("\r\nRefer-Sub: false\r\n"));
        assert_eq!(heard.len(), 1, "{heard:#?}");
    }
    end(&mut wire, &mut [li]);
}

#[test]
fn a_transfer_without_an_end_is_given_up() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    li.refer(&mut wire, "<sip:2@c>");
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    let notify = wire.heard_at(addr(LI)).pop().unwrap();
    li.reply(&mut wire, &notify, "200 OK");
    wire.run(Duration::from_secs(181));
    let (_, state, body) = li.notify_once(&mut wire);
    assert_eq!((state.as_str(), body.as_str()), ("terminated;reason=timeout", "SIP/2.0 100 Trying\r\n"));
    wire.facts(0);
    end(&mut wire, &mut [li]);
}

#[test]
fn the_end_is_told_before_our_bye() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    li.refer(&mut wire, "<sip:2@c>");
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 180 });
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
    wire.command(0, Command::Release { leg: li.leg, cause: Cause::NORMAL });
    wire.run_ms(20);
    let heard = wire.heard_at(addr(LI));
    let told: Vec<_> = heard.iter().map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!(told, ["SIP/2.0", "NOTIFY", "NOTIFY", "BYE"]);
    assert!(heard[1].contains("SIP/2.0 100 Trying") && heard[2].ends_with("\r\n\r\nSIP/2.0 200 OK\r\n"));
    assert_eq!(row(&heard[2], "Subscription-State"), "terminated;reason=noresource");
    let seq = |text: &str| row(text, "CSeq").split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!(seq(&heard[1]) < seq(&heard[2]) && seq(&heard[2]) < seq(&heard[3]));
    for text in &heard[1..] {
        li.reply(&mut wire, text, "200 OK");
    }
    wire.settle();
}

/// A SUBSCRIBE inside the call; what is said to it is the answer, and then what is told.
fn subscribe(wire: &mut Wire, talk: &mut Talk, rows: &str) -> Vec<String> {
    talk.say(wire, "SUBSCRIBE", rows, "");
    wire.heard_at(addr(talk.at))
}

#[test]
fn a_phone_asks_to_hear_of_its_transfer_for_longer_and_no_longer() {
    let mut wire = city();
    let mut li = call(&mut wire, 0);
    li.refer(&mut wire, "<sip:2@c>");
    let refer = li.seq;
    wire.facts(0);
    let mut refused = |wire: &mut Wire, rows: &str, wanted: &str| {
        let heard = subscribe(wire, &mut li, rows);
        assert_eq!(heard.iter().map(|text| first(text)).collect::<Vec<_>>(), [wanted], "{rows}");
    };
    // Nobody has accepted it: there is nothing to hear of. Nothing else can be subscribed to, in a call or elsewhere.
    refused(&mut wire, "Event: refer\r\n", "SIP/2.0 481 no transfer is reported here");
    refused(&mut wire, "Event: dialog\r\n", "SIP/2.0 489 Bad Event");
    refused(&mut wire, "", "SIP/2.0 489 Bad Event");
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    let trying = wire.heard_at(addr(LI)).pop().unwrap();
    li.reply(&mut wire, &trying, "200 OK");
    let mut refused = |wire: &mut Wire, rows: &str, wanted: &str| {
        let heard = subscribe(wire, &mut li, rows);
        assert_eq!(heard.iter().map(|text| first(text)).collect::<Vec<_>>(), [wanted], "{rows}");
    };
    refused(&mut wire, "Event: refer;id=99\r\n", "SIP/2.0 481 the reports of another transfer");
    refused(&mut wire, "Event: refer\r\nExpires: soon\r\n", "SIP/2.0 400 unreadable Expires");

    // Sooner than it would end, and told at once how it stands; longer again, but not longer than transfers last.
    wire.run_ms(9_800);
    for (asked, given) in [("Expires: 60\r\n", 60), ("Expires: 3600\r\n", 169), ("", 169)] {
        let heard = subscribe(&mut wire, &mut li, &format!("o: Refer\r\n{asked}"));
        let [ok, notify] = &heard[..] else { panic!("{heard:#?}") };
        assert!(ok.starts_with("SIP/2.0 200 OK\r\n") && row(ok, "Contact").contains(CITY), "{ok}");
        let seconds: u64 = row(ok, "Expires").parse().unwrap();
        assert!(seconds.abs_diff(given) <= 1, "{asked}: {seconds}");
        assert_eq!(row(notify, "Subscription-State"), format!("active;expires={seconds}"));
        assert!(notify.ends_with("SIP/2.0 100 Trying\r\n"), "{notify}");
        // While that is out nothing overtakes it.
        wire.command(0, Command::ReferProgress { leg: li.leg, status: 100 });
        wire.run_ms(20);
        assert_eq!(wire.heard_at(addr(LI)).len(), 0);
        li.reply(&mut wire, notify, "200 OK");
        let (again, _, _) = li.notify(&mut wire);
        li.reply(&mut wire, &again, "200 OK");
    }

    // No longer: he is told that it ends, and the transfer goes on without him.
    let heard = subscribe(&mut wire, &mut li, &format!("Event: refer;id={refer}\r\nExpires: 0\r\n"));
    let [ok, last] = &heard[..] else { panic!("{heard:#?}") };
    assert_eq!((first(ok).as_str(), row(ok, "Expires")), ("SIP/2.0 200 OK", "0"));
    assert_eq!(row(last, "Subscription-State"), "terminated;reason=timeout");
    li.reply(&mut wire, last, "200 OK");
    wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
    wire.run_ms(20);
    assert_eq!(wire.heard_at(addr(LI)).len(), 0);
    let heard = subscribe(&mut wire, &mut li, "Event: refer\r\n");
    assert_eq!(first(&heard[0]), "SIP/2.0 481 no transfer is reported here");
    assert!(wire.facts(0).is_empty(), "the call has heard nothing of all this");

    // Of a second transfer only its own number is good.
    li.refer(&mut wire, "<sip:3@c>");
    let second = li.seq;
    wire.command(0, Command::AcceptRefer { leg: li.leg });
    wire.run_ms(20);
    let trying = wire.heard_at(addr(LI)).pop().unwrap();
    assert_eq!(row(&trying, "Event"), format!("refer;id={second}"));
    li.reply(&mut wire, &trying, "200 OK");
    let heard = subscribe(&mut wire, &mut li, "Event: refer\r\n");
    assert_eq!(first(&heard[0]), "SIP/2.0 481 the reports of another transfer");
    let heard = subscribe(&mut wire, &mut li, &format!("Event: refer;id={second}\r\nExpires: 30\r\n"));
    assert_eq!((first(&heard[0]).as_str(), heard.len()), ("SIP/2.0 200 OK", 2));
    li.reply(&mut wire, &heard[1], "200 OK");
    // What he asked for is over after his half minute.
    wire.run_ms(30_000);
    let (last, state, _) = li.notify(&mut wire);
    assert_eq!(state, "terminated;reason=timeout");
    li.reply(&mut wire, &last, "200 OK");
    wire.facts(0);
    end(&mut wire, &mut [li]);
}

#[test]
fn a_phone_that_wants_no_notify_keeps_its_call() {
    for answer in [Some("481 Call/Transaction Does Not Exist"), Some("405 Method Not Allowed"), None] {
        let mut wire = city();
        let mut li = call(&mut wire, 0);
        li.refer(&mut wire, "<sip:2@c>");
        wire.facts(0);
        wire.command(0, Command::AcceptRefer { leg: li.leg });
        wire.command(0, Command::ReferProgress { leg: li.leg, status: 180 });
        wire.run_ms(20);
        let notify = wire.heard_at(addr(LI)).pop().unwrap();
        match answer {
            Some(answer) => li.reply(&mut wire, &notify, answer),
            None => wire.run_ms(33_000),
        }
        wire.heard_at(addr(LI));
        wire.command(0, Command::ReferProgress { leg: li.leg, status: 200 });
        wire.run_ms(1_000);
        assert_eq!(wire.heard_at(addr(LI)).len(), 0, "{answer:?}");
        assert_eq!(names(&wire.facts(0)), [""; 0], "{answer:?}");
        // Another transfer may be asked for.
        assert_eq!(li.refer(&mut wire, "<sip:3@c>"), "");
        assert_eq!(referred(&mut wire).to, "3");
        end(&mut wire, &mut [li]);
    }
}
