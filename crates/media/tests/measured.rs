//! What is told about a party: keys, silence, loss, jitter, round trip.

mod hotline;

use base::{Random, Timestamp};
use hotline::{EVENTS, Hotline, session, tone_clip};
use media::session::{ClipRef, Codec, Fact, Hear, Party};
use rtcp::sender_report::SenderReport;
use std::time::Duration;
use webrtc_util::marshal::{Marshal, Unmarshal};

const SECOND: Duration = Duration::from_secs(1);

fn hotline() -> Hotline {
    Hotline::new(vec![tone_clip("music", 500, 5 * SECOND)])
}

/// The packets of one key press, 20 ms apart, as RFC 4733 2.5.1.4 shows: begin, updates, end three times.
fn press(hotline: &mut Hotline, phone: usize, event: u8, packets: u16) -> Vec<Vec<u8>> {
    let phone = &mut hotline.phones[phone];
    let packet = |n: u16, end: bool| {
        let [high, low] = (n * 160).to_be_bytes();
        [event, 10 | u8::from(end) << 7, high, low]
    };
    let mut all: Vec<Vec<u8>> =
        (1..=packets).map(|n| phone.packet(EVENTS.0, n == 1, &packet(n, false))).collect();
    all.extend((0..3).map(|_| phone.packet(EVENTS.0, false, &packet(packets, true))));
    phone.timestamp = phone.timestamp.wrapping_add(u32::from(packets) * 160 + 400);
    all
}

fn code(digit: char) -> u8 {
    "0123456789*#ABCD".find(digit).expect("a key") as u8
}

#[test]
fn a_thousand_keys_over_a_bad_network_are_heard_once_each() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    let mut random = Random::seeded(1_000);
    let digits: String =
        (0..1_000).map(|_| "0123456789*#ABCD".as_bytes()[random.below(16) as usize] as char).collect();
    for digit in digits.chars() {
        let (port, from) = (hotline.phones[caller].port, hotline.phones[caller].address);
        for packet in press(&mut hotline, caller, code(digit), 3) {
            // One packet in four is lost, one in five comes twice. (A press of which nothing at all comes
            // would be missed: once in 5,000 presses, and not with this seed.)
            let copies = 1 + u32::from(random.chance(0.2)) - u32::from(random.chance(0.3));
            for _ in 0..copies {
                hotline.inject(port, from, &packet);
            }
            hotline.run(Duration::from_millis(20));
        }
    }
    hotline.run(SECOND);
    assert_eq!(hotline.keys(caller), digits, "in order, none lost, none invented, none twice");
}

#[test]
fn keys_reach_the_agents_telephone_as_one_event_with_one_timestamp() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join_with(1, 1, Codec::Pcma, None, |audio| {
        audio.events = Some(media::session::PayloadType(96));
    });
    let deaf = hotline.join_with(1, 2, Codec::Pcma, None, |audio| audio.events = None);
    hotline.hear_parties(agent, &[0]);
    hotline.hear_parties(deaf, &[0]);
    hotline.run(SECOND);
    hotline.phones[caller].tone = None;
    let (port, from) = (hotline.phones[caller].port, hotline.phones[caller].address);
    for packet in press(&mut hotline, caller, 7, 5) {
        hotline.inject(port, from, &packet);
        hotline.run(Duration::from_millis(20));
    }
    hotline.phones[caller].tone = Some(media::tone::Hertz(1_000));
    hotline.run(SECOND);
    assert_eq!(hotline.keys(caller), "7");

    let heard = &hotline.phones[agent].heard;
    let events: Vec<_> = heard.iter().filter(|heard| heard.payload_type == 96).collect();
    assert_eq!(events.len(), 8);
    assert!(events.iter().all(|event| event.timestamp == events[0].timestamp && event.payload[0] == 7));
    assert!(events[0].marker && !events[1].marker);
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    // Who has not negotiated events sees no hole where they were.
    let heard = &hotline.phones[deaf].heard;
    assert!(heard.iter().all(|heard| heard.payload_type == 8));
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
}

#[test]
fn a_flood_of_keys_is_bounded_and_counted() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    for n in 0..5_000u32 {
        hotline.phones[caller].timestamp = n * 80;
        hotline.say(caller, EVENTS.0, true, &[(n % 10) as u8, 0x8A, 0, 80]);
        hotline.run(Duration::from_millis(1));
    }
    let heard = hotline.keys(caller).len() as u64;
    assert!((100..=140).contains(&heard), "{heard} keys in five seconds");
    assert_eq!(heard + hotline.desk.counters().keys_flooded, 5_000);
}

#[test]
fn silence_is_told_once_and_only_while_somebody_should_speak() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let held = hotline.join_with(1, 1, Codec::Pcma, None, |audio| audio.receives = false);
    hotline.run(40 * SECOND);
    assert_eq!(hotline.facts, []);
    hotline.phones[caller].tone = None;
    hotline.run(29 * SECOND);
    assert_eq!(hotline.facts, []);
    hotline.run(2 * SECOND);
    let silent = |party| Fact::Silent { session: session(1), party: Party(party) };
    assert_eq!(hotline.facts, [silent(0)]);
    hotline.run(120 * SECOND);
    assert_eq!(hotline.facts, [silent(0)], "once");
    // The held one comes back and is expected to speak: from then on.
    hotline.update(held, |_| ());
    hotline.run(29 * SECOND);
    assert_eq!(hotline.facts.len(), 1);
    hotline.run(2 * SECOND);
    assert_eq!(hotline.facts, [silent(0), silent(1)]);
}

#[test]
fn packets_of_strangers_do_not_break_silence() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    let port = hotline.phones[caller].port;
    for _ in 0..31 {
        let packet = hotline.phones[caller].packet(8, false, &[0xD5; 160]);
        hotline.inject(port, "203.0.113.1:4000".parse().expect("address"), &packet);
        hotline.run(SECOND);
    }
    assert!(matches!(hotline.facts[..], [Fact::Silent { .. }]));
}

#[test]
fn loss_and_jitter_of_the_caller_are_in_his_report() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    hotline.loss = 0.05;
    hotline.delay = Duration::from_millis(15);
    hotline.run(60 * SECOND);
    let report = hotline.leave(caller);
    assert!((2_780..=2_920).contains(&report.packets_received), "{report:?}");
    // (What is lost before the first or after the last packet that came, nobody can know.)
    assert!((2_995..=3_000).contains(&(report.packets_received + report.lost)), "{report:?}");
    assert!((Duration::from_millis(3)..Duration::from_millis(8)).contains(&report.jitter), "{report:?}");
    assert!(report.jitter_max >= report.jitter);
    let counters = hotline.desk.counters();
    assert_eq!(counters.lost, report.lost);
    assert!(counters.jitter_values >= 9);
}

/// Splits what a telephone got on its control port into packets.
fn parts(compound: &[u8]) -> Vec<(u8, &[u8])> {
    let mut all = Vec::new();
    let mut rest = compound;
    while !rest.is_empty() {
        let length = (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1) * 4;
        all.push((rest[1], &rest[..length]));
        rest = &rest[length..];
    }
    all
}

#[test]
fn reports_go_out_and_come_back_with_round_trip_and_loss() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    hotline.hear(caller, Hear::Loop(ClipRef(0)));
    hotline.run(60 * SECOND);
    let count = hotline.phones[caller].control.len();
    assert!((8..=24).contains(&count), "{count} reports in a minute");

    let compound = hotline.phones[caller].control.last().expect("a report").clone();
    let kinds: Vec<u8> = parts(&compound).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [200, 202], "SR and SDES");
    let report = SenderReport::unmarshal(&mut &*parts(&compound)[0].1).expect("whole");
    let heard = hotline.phones[caller].heard.last().expect("music").clone();
    assert_eq!(report.ssrc, heard.ssrc);
    assert_eq!(report.reports[0].ssrc, hotline.phones[caller].ssrc);
    assert_eq!(report.reports[0].total_lost, 0);
    assert_eq!(u64::from(report.octet_count), u64::from(report.packet_count) * 160);

    // The caller's telephone answers: it got the report 40 ms ago and has kept it for 15 of them.
    let middle = (report.ntp_time >> 16) as u32;
    let since = hotline.now;
    let elapsed = {
        // When was it sent? Our NTP counts seconds from an hour before the start.
        let seconds = (report.ntp_time >> 32) - 3_600;
        let nanos = ((report.ntp_time & 0xFFFF_FFFF) * 1_000_000_000) >> 32;
        since.since(Timestamp::from_nanos(seconds * 1_000_000_000 + nanos))
    };
    let kept = elapsed.saturating_sub(Duration::from_millis(25));
    let answer = rtcp::receiver_report::ReceiverReport {
        ssrc: hotline.phones[caller].ssrc,
        reports: vec![rtcp::reception_report::ReceptionReport {
            ssrc: heard.ssrc,
            fraction_lost: 10,
            total_lost: 77,
            last_sequence_number: u32::from(heard.sequence),
            jitter: 12,
            last_sender_report: middle,
            delay: (kept.as_nanos() * 65_536 / 1_000_000_000) as u32,
        }],
        ..Default::default()
    };
    let bytes = answer.marshal().expect("whole");
    let (port, address) = (hotline.phones[caller].port, hotline.phones[caller].address);
    let stranger = "203.0.113.1:4001".parse().expect("address");
    hotline.inject(port + 1, stranger, &bytes);
    assert_eq!(hotline.desk.counters().reports_received, 0);
    hotline.inject(port + 1, std::net::SocketAddr::new(address.ip(), 4_001), &bytes);
    assert_eq!(hotline.desk.counters().reports_received, 1);
    let report = hotline.leave(caller);
    assert_eq!((report.lost_remote, report.strangers), (77, 1));
    let error = report.round_trip.abs_diff(Duration::from_millis(25));
    assert!(error < Duration::from_millis(1), "{:?}", report.round_trip);

    let goodbye = hotline.phones[caller].control.last().expect("goodbye");
    let kinds: Vec<u8> = parts(goodbye).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.last(), Some(&203), "BYE");
}

#[test]
fn rtcp_goes_where_it_was_negotiated_to_go() {
    let mut hotline = hotline();
    let plain = hotline.join(1, 0, Codec::Pcma, None);
    let shared = hotline.join_with(2, 0, Codec::Pcma, None, |audio| audio.rtcp_mux = true);
    hotline.run(20 * SECOND);
    for phone in [plain, shared] {
        assert!(!hotline.phones[phone].control.is_empty());
        assert_eq!(hotline.phones[phone].control[0][1], 201, "nothing was sent: a receiver report");
    }
    // On a shared port a report is a report and no audio (RFC 5761 4).
    let report = hotline.phones[shared].control[0].clone();
    let (port, from) = (hotline.phones[shared].port, hotline.phones[shared].address);
    hotline.inject(port, from, &report);
    let counters = hotline.desk.counters();
    assert_eq!((counters.reports_received, counters.received, counters.malformed), (1, 0, 0));
    // On one that is not shared it is nothing.
    hotline.inject(hotline.phones[plain].port, hotline.phones[plain].address, &report);
    let counters = hotline.desk.counters();
    assert_eq!((counters.reports_received, counters.received), (1, 0));
}
