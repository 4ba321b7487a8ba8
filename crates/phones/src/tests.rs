//! Two-party scripts: callers ring the agents' phones directly over a virtual wire, without an engine between.

use crate::carrier::{CallRecord, CarrierPlan, End};
use crate::day::{Arrivals, Day, HangsUp, Share, Span};
use crate::desk::{DeskPlan, Phone};
use crate::digest::Algorithm;
use crate::outbox::{AgentNo, Directory, Local, Outbox, Sighting};
use crate::voice::Sound;
use crate::{Carrier, Desk, Timers, Town};
use base::{Random, Timestamp};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const TRUNK: Local = Local(0);
const PHONE: Local = Local(1);
const SINK: Local = Local(2);
const CALLER_AUDIO: Local = Local(3);
const AGENT_AUDIO: Local = Local(7);

/// A caller and a phone, 5 ms of wire between them, and whatever is lost on it.
struct Script {
    town: Town,
    places: Arc<Directory>,
    wire: Vec<(Timestamp, Local, SocketAddr, Vec<u8>)>,
    now: Timestamp,
    loss: Share,
    random: Random,
    ladder: Vec<String>,
    seen: Vec<Sighting>,
}

impl Script {
    fn new(day: Day, change: impl FnOnce(&mut CarrierPlan, &mut DeskPlan)) -> Self {
        let mut places = Directory::default();
        for port in 0..11 {
            places.add(SocketAddr::from(([192, 0, 2, 1], 5060 + 2 * port)));
        }
        let (day, places) = (Arc::new(day), Arc::new(places));
        let timers = Timers::default();
        let mut carrier = CarrierPlan {
            local: TRUNK,
            engine: places.address(PHONE),
            audio: (CALLER_AUDIO, 4),
            sink: SINK,
            says: Sound::Tone(8),
            hears: Sound::Tone(20),
            calls_max: 100,
            timers,
            opens: Timestamp::from_secs(1),
        };
        let mut desk = DeskPlan {
            phones: vec![Phone { user: "8001".to_owned(), password: "pw".to_owned(), local: PHONE }],
            engine: places.address(SINK),
            domain: "sujie".to_owned(),
            algorithm: Algorithm::Sha256,
            expires: Duration::from_secs(3600),
            register_gap: MS,
            audio: (AGENT_AUDIO, 4),
            sink: SINK,
            says: Sound::Tone(20),
            hears: Sound::Tone(8),
            timers,
            declines: Share::NONE,
            busy: Share::NONE,
            ring_outs: Share::NONE,
            late_answers: Share::NONE,
        };
        change(&mut carrier, &mut desk);
        let town = Town {
            carrier: Carrier::new(carrier, day.clone(), places.clone()),
            desk: Desk::new(desk, day, places.clone(), Timestamp::from_secs(1_000_000)),
        };
        let (now, random) = (Timestamp::START, Random::seeded(3));
        let (wire, ladder, seen) = (vec![], vec![], vec![]);
        Self { town, places, wire, now, loss: Share::NONE, random, ladder, seen }
    }

    fn run_until(&mut self, end: Timestamp) -> &mut Self {
        let mut out = Outbox::default();
        loop {
            let arrival = self.wire.iter().map(|(at, ..)| *at).min();
            let Some(next) = [arrival, self.town.next_deadline()].into_iter().flatten().min() else { break };
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let at = self.wire.iter().position(|(at, ..)| *at == next).unwrap();
                let (_, to, from, bytes) = self.wire.remove(at);
                self.town.receive(self.now, to, from, &bytes, &mut out);
            } else {
                self.town.tick(self.now, &mut out);
            }
            self.carry(&mut out);
        }
        self.now = end;
        self
    }

    fn carry(&mut self, out: &mut Outbox) {
        for datagram in out.datagrams() {
            let bytes = out.bytes()[datagram.range.clone()].to_vec();
            let to =
                (0..self.places.len()).map(Local::at).find(|to| self.places.address(*to) == datagram.peer);
            let lost = self.loss.draws(&mut self.random);
            if bytes[0] != 0x80 {
                let line = String::from_utf8_lossy(&bytes);
                let first: Vec<&str> = line.split(' ').take(2).collect();
                let what = if first[0] == "SIP/2.0" { first[1] } else { first[0] };
                let (arrow, mark) =
                    (if datagram.local == TRUNK { ">" } else { "<" }, if lost { "×" } else { "" });
                self.ladder.push(format!("{}{arrow}{what}{mark}", self.now.as_millis()));
            }
            if let (Some(to), false) = (to, lost) {
                self.wire.push((self.now + 5 * MS, to, self.places.address(datagram.local), bytes));
            }
        }
        self.seen.extend(out.take_sightings());
        out.clear();
    }

    fn record(&self) -> CallRecord {
        let mut records = self.seen.iter().filter_map(|sighting| match sighting {
            Sighting::CallEnded(record) => Some(*record),
            _ => None,
        });
        let record = records.next().expect("a call has ended");
        assert_eq!(records.next(), None);
        record
    }

    fn freed(&self) -> Vec<(bool, Option<HangsUp>)> {
        self.seen
            .iter()
            .filter_map(|sighting| match sighting {
                Sighting::Freed { talked, by, .. } => Some((*talked, *by)),
                _ => None,
            })
            .collect()
    }
}

fn one_call() -> Day {
    Day {
        arrivals: Arrivals::Spaced(Duration::ZERO),
        calls: 1,
        numbers: vec![("8001".to_owned(), 1)],
        talk: Span::Fixed(Duration::from_secs(2)),
        patience: Span::Fixed(Duration::from_secs(10)),
        ring: Span::Fixed(Duration::from_secs(3)),
        agent_hangs_up: Share::NONE,
        ..Day::default()
    }
}

#[test]
fn a_caller_talks_and_hangs_up_and_both_hear_each_other() {
    let mut script = Script::new(one_call(), |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.ladder.join(" "), "1000>INVITE 1005<180 4005<200 4010>ACK 6010>BYE 6015<200");
    let record = script.record();
    assert_eq!(record.end, End::Talked(HangsUp::Caller));
    assert_eq!(
        (record.ringing, record.answered),
        (Some(Timestamp::from_millis(1010)), Some(Timestamp::from_millis(4010)))
    );
    assert_eq!(script.freed(), [(true, Some(HangsUp::Caller))]);
    assert_eq!(record.heard.gaps, 0);
    assert_eq!((record.heard.packets, record.heard.other), (100, 100));
    assert!(script.town.carrier.is_done());
    assert_eq!(script.town.next_deadline(), Some(Timestamp::from_secs(1_000_000)), "nothing is left behind");
}

#[test]
fn an_agent_presses_keys_holds_and_asks_for_a_transfer() {
    let mut script = Script::new(one_call(), |_, _| {});
    let agent = AgentNo(0);
    script.run_until(Timestamp::from_millis(4_500));
    let named = script.town.desk.dialog(agent).expect("a call");
    assert!(named.contains(";to-tag=") && named.contains(";from-tag="), "{named}");
    for deed in 0..4 {
        let (mut out, now) = (Outbox::default(), script.now);
        let desk = &mut script.town.desk;
        assert!(match deed {
            0 => desk.press(now, agent, '5', &mut out),
            1 => desk.hold(now, agent, true, &mut out),
            2 => desk.hold(now, agent, false, &mut out),
            _ => desk.refer(now, agent, "8002", Some("a@b;to-tag=1;from-tag=2"), &mut out),
        });
        let text = String::from_utf8(out.bytes().to_vec()).unwrap();
        assert_eq!(text.contains("Signal=5\r\n") && text.contains("application/dtmf-relay"), deed == 0);
        assert_eq!(text.contains("a=sendonly"), deed == 1);
        let refer_to = "Refer-To: <sip:8002@sujie?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n";
        assert_eq!(text.contains(refer_to), deed == 3, "{text}");
        script.carry(&mut out);
        script.run_until(now + 100 * MS);
    }
    assert_eq!(
        script.ladder[4..].join(" "),
        "4500<INFO 4505>200 4600<INVITE 4605>200 4610<ACK 4700<INVITE 4705>200 4710<ACK 4800<REFER 4805>603"
    );
    let asked = script.seen.iter().filter_map(|sighting| match sighting {
        Sighting::Asked { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), [200, 200, 200, 603]);
    // What a NOTIFY says about it, and one that has no call.
    let call_id = named.split(';').next().unwrap();
    for (call_id, answer) in [(call_id, "SIP/2.0 200"), ("other", "SIP/2.0 481")] {
        let notify = format!(
            "NOTIFY sip:8001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKn\r\nFrom: <sip:1@a>;tag=1\r\n\
             To: <sip:8001@a>;tag=2\r\nCall-ID: {call_id}\r\nCSeq: 9 NOTIFY\r\nEvent: refer\r\n\
             Subscription-State: terminated;reason=noresource\r\n\r\nSIP/2.0 486 Busy Here\r\n"
        );
        let mut out = Outbox::default();
        let from = script.places.address(SINK);
        script.town.desk.receive(script.now, PHONE, from, notify.as_bytes(), &mut out);
        assert!(out.bytes().starts_with(answer.as_bytes()), "{:?}", out.bytes().escape_ascii().to_string());
        script.carry(&mut out);
    }
    let told = script.seen.iter().filter(|sighting| matches!(sighting, Sighting::Transfer { .. }));
    assert_eq!(told.collect::<Vec<_>>(), [&Sighting::Transfer { agent, status: 486, ended: true }]);
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.record().end, End::Talked(HangsUp::Caller));
    let (mut out, now) = (Outbox::default(), script.now);
    assert!(!script.town.desk.press(now, agent, '5', &mut out), "no call, no keys");
    assert_eq!(script.town.next_deadline(), Some(Timestamp::from_secs(1_000_000)), "nothing is left behind");
}

#[test]
fn an_agent_hangs_up() {
    let mut script = Script::new(Day { agent_hangs_up: Share::ALL, ..one_call() }, |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.ladder.join(" "), "1000>INVITE 1005<180 4005<200 4010>ACK 6005<BYE 6010>200");
    assert_eq!(script.record().end, End::Talked(HangsUp::Agent));
    assert_eq!(script.freed(), [(true, Some(HangsUp::Agent))]);
}

#[test]
fn a_caller_gives_up_while_it_rings() {
    let mut script = Script::new(one_call(), |_, desk| desk.ring_outs = Share::ALL);
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.ladder.join(" "), "1000>INVITE 1005<180 11000>CANCEL 11005<200 11005<487 11010>ACK");
    assert_eq!(script.record().end, End::Canceled);
    assert_eq!(script.freed(), [(false, None)]);
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let late = |_: &mut CarrierPlan, desk: &mut DeskPlan| {
        (desk.ring_outs, desk.late_answers) = (Share::ALL, Share::ALL);
    };
    let mut script = Script::new(one_call(), late);
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(
        script.ladder.join(" "),
        "1000>INVITE 1005<180 11000>CANCEL 11005<200 11005<200 11010>ACK 11010>BYE 11015<200"
    );
    assert_eq!(script.record().end, End::GaveUp);
}

#[test]
fn a_hang_up_that_crosses_the_answer_sends_cancel_ack_and_bye() {
    let mut script = Script::new(Day { crossing: Share::ALL, ..one_call() }, |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(
        script.ladder.join(" "),
        "1000>INVITE 1005<180 4005<200 4010>CANCEL 4010>ACK 4010>BYE 4015<200 4015<200"
    );
    assert_eq!(script.record().end, End::GaveUp);
}

#[test]
fn a_lost_ack_is_sent_when_the_answer_is_repeated() {
    let mut script = Script::new(Day { ack_lost: Share::ALL, ..one_call() }, |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.ladder.join(" "), "1000>INVITE 1005<180 4005<200 4505<200 4510>ACK 6010>BYE 6015<200");
    assert_eq!(script.record().end, End::Talked(HangsUp::Caller));
}

#[test]
fn declined_and_busy_are_refused_and_counted() {
    for (declines, status) in [(true, 603), (false, 486)] {
        let mut script = Script::new(one_call(), |_, desk| {
            *(if declines { &mut desk.declines } else { &mut desk.busy }) = Share::ALL;
        });
        script.run_until(Timestamp::from_secs(60));
        assert_eq!(script.record().end, End::Refused(status));
        assert!(script.ladder.last().unwrap().ends_with(">ACK"), "{:?}", script.ladder);
        assert_eq!(script.town.carrier.stats().failed, 1);
    }
}

#[test]
fn a_second_call_to_a_busy_phone_is_a_double_offer() {
    let mut script = Script::new(Day { calls: 2, ..one_call() }, |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    let total = script.town.desk.total();
    assert_eq!((total.offers, total.double_offers, total.answered), (1, 1, 1));
    assert_eq!(script.town.carrier.stats().failed, 1);
}

#[test]
fn a_caller_who_vanishes_answers_nothing_any_more() {
    let mut script = Script::new(Day { vanishing: Share::ALL, ..one_call() }, |_, _| {});
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.record().end, End::Vanished);
    assert_eq!(script.ladder.join(" "), "1000>INVITE 1005<180 4005<200 4010>ACK");
}

#[test]
fn a_phone_that_vanishes_says_nothing_any_more() {
    let mut script = Script::new(one_call(), |_, _| {});
    script.run_until(Timestamp::from_secs(2));
    script.town.desk.vanish(crate::AgentNo(0));
    assert_eq!(script.town.desk.busy(), 0);
    script.run_until(Timestamp::from_secs(60));
    // He rang and never answers; the CANCEL is repeated until 64·T1 is over.
    assert!(script.ladder.join(" ").starts_with("1000>INVITE 1005<180 11000>CANCEL 11500>CANCEL"));
    assert!(!script.ladder.iter().skip(2).any(|line| line.contains('<')), "{:?}", script.ladder);
    assert_eq!((script.record().end, script.town.next_deadline()), (End::NoAnswer, None));
}

#[test]
fn an_engine_that_says_nothing_is_given_up_after_32_seconds() {
    let mut script = Script::new(Day { patience: Span::Never, ..one_call() }, |_, _| {});
    script.loss = Share::ALL;
    script.run_until(Timestamp::from_secs(60));
    assert_eq!(script.ladder.len(), 7);
    assert_eq!((script.record().end, script.record().ended), (End::NoAnswer, Timestamp::from_secs(33)));
}

#[test]
fn every_call_ends_once_however_much_is_lost() {
    let day = Day {
        calls: 300,
        arrivals: Arrivals::Poisson(Duration::from_secs(8)),
        agent_hangs_up: Share(500),
        patience: Span::Exponential { mean: Duration::from_secs(6) },
        ..one_call()
    };
    let mut script = Script::new(day, |_, desk| {
        (desk.declines, desk.ring_outs, desk.late_answers) = (Share(100), Share(100), Share(300));
    });
    script.loss = Share(200);
    script.run_until(Timestamp::from_secs(10_000));
    let ended = script.seen.iter().filter(|sighting| matches!(sighting, Sighting::CallEnded(_))).count();
    let stats = script.town.carrier.stats();
    assert_eq!((ended, stats.offered, stats.clean + stats.failed), (300, 300, 300));
    assert!(stats.met > 100, "{stats:?}");
    let offered = script.seen.iter().filter(|sighting| matches!(sighting, Sighting::Offered { .. })).count();
    assert_eq!(script.freed().len(), offered, "every offer frees the agent once");
    assert!(script.town.carrier.is_done() && script.town.desk.busy() == 0);
    assert_eq!(script.town.next_deadline(), Some(Timestamp::from_secs(1_000_000)), "nothing is left behind");
}

#[test]
fn phones_register_with_digest_refresh_and_report_a_wrong_password() {
    let mut places = Directory::default();
    let local = places.add(SocketAddr::from(([192, 0, 2, 1], 5060)));
    let registrar = SocketAddr::from(([192, 0, 2, 9], 5060));
    let plan = DeskPlan {
        phones: vec![Phone { user: "8001".to_owned(), password: "pw".to_owned(), local }],
        engine: registrar,
        domain: "sujie".to_owned(),
        algorithm: Algorithm::Md5,
        expires: Duration::from_secs(100),
        register_gap: MS,
        audio: (Local(1), 0),
        sink: local,
        says: Sound::Nothing,
        hears: Sound::Nothing,
        timers: Timers::default(),
        declines: Share::NONE,
        busy: Share::NONE,
        ring_outs: Share::NONE,
        late_answers: Share::NONE,
    };
    let mut desk = Desk::new(plan, Arc::new(one_call()), Arc::new(places), Timestamp::START);
    let mut out = Outbox::default();
    let answer = |desk: &mut Desk, out: &mut Outbox, at: Timestamp, status: u16, extra: &str| {
        let request = out.last().expect("a request").1.to_vec();
        out.clear();
        let message = crate::scan::scan(&request).unwrap();
        let mut response = Vec::new();
        crate::compose::reply(&mut response, status, &message, "REGISTER", format_args!("r"), extra, b"");
        desk.receive(at, local, registrar, &response, out);
        String::from_utf8(request).unwrap()
    };
    let challenge = |nonce: &str| {
        format!("WWW-Authenticate: Digest realm=\"sujie\", nonce=\"{nonce}\", qop=\"auth\"\r\n")
    };
    desk.tick(Timestamp::START, &mut out);
    let bare = answer(&mut desk, &mut out, Timestamp::START, 401, &challenge("n1"));
    assert!(!bare.contains("Authorization"));
    let proved = answer(
        &mut desk,
        &mut out,
        Timestamp::START,
        200,
        "Contact: <sip:8001@192.0.2.1:5060>;expires=60\r\n",
    );
    assert!(proved.contains("nonce=\"n1\"") && proved.contains("nc=00000001"), "{proved}");
    assert_eq!((desk.registered(), desk.next_deadline()), (1, Some(Timestamp::from_secs(48))));
    // Refreshed with the same nonce; the registrar finds it stale and gives a new one.
    desk.tick(Timestamp::from_secs(48), &mut out);
    let again = answer(&mut desk, &mut out, Timestamp::from_secs(48), 401, &challenge("n2"));
    assert!(again.contains("nc=00000002"), "{again}");
    let fresh = answer(&mut desk, &mut out, Timestamp::from_secs(48), 200, "Expires: 60\r\n");
    assert!(fresh.contains("nonce=\"n2\""), "{fresh}");
    assert_eq!(desk.registered(), 1);
    // A registrar that does not accept the proof: told, and tried again later.
    desk.tick(Timestamp::from_secs(96), &mut out);
    answer(&mut desk, &mut out, Timestamp::from_secs(96), 401, &challenge("n3"));
    answer(&mut desk, &mut out, Timestamp::from_secs(96), 401, &challenge("n4"));
    let failed = Sighting::RegisterFailed { agent: crate::AgentNo(0), status: 401 };
    assert_eq!((out.sightings(), desk.registered()), (&[failed][..], 0));
    assert_eq!(desk.next_deadline(), Some(Timestamp::from_secs(101)));
}
