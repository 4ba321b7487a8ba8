//! Packets that should not be believed: strangers, echoes of our own, jumps, garbage.

mod hotline;

use base::Random;
use hotline::{EVENTS, Hotline, tone_clip};
use media::session::{ClipRef, Codec, Hear};
use std::net::SocketAddr;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn hotline() -> Hotline {
    Hotline::new(vec![tone_clip("music", 500, 5 * SECOND)])
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("address")
}

#[test]
fn a_stranger_cannot_talk_into_a_call_nor_draw_its_audio_away() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcma, Some(1_500));
    hotline.hear_parties(caller, &[1]);
    hotline.hear_parties(agent, &[0]);
    hotline.run(SECOND);
    let heard = hotline.phones[agent].heard.len();
    let port = hotline.phones[caller].port;
    let packet = hotline.phones[caller].packet(8, true, &[0; 160]);
    for from in ["198.51.100.66:4000", "10.0.0.2:4000", "[::1]:4000"] {
        for _ in 0..100 {
            hotline.inject(port, address(from), &packet);
        }
    }
    assert_eq!(hotline.phones[agent].heard.len(), heard);
    assert_eq!(hotline.desk.counters().strangers, 300);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&[1_000, 1_500]), [1_500], "he still gets his audio");
    assert_eq!(hotline.leave(caller).strangers, 300);
}

#[test]
fn a_telephone_behind_a_nat_is_found_by_its_first_packet_and_only_by_that() {
    let mut hotline = hotline();
    let caller = hotline.join_with(1, 0, Codec::Pcma, None, |audio| {
        audio.nated = true;
        audio.remote = address("192.168.1.20:4000");
    });
    hotline.hear(caller, Hear::Loop(ClipRef(0)));
    hotline.run(SECOND);
    assert!(hotline.phones[caller].heard.is_empty(), "his private address leads nowhere");
    let (port, outside) = (hotline.phones[caller].port, hotline.phones[caller].address);
    // Something that is no audio of his does not count.
    let wrong = hotline.phones[caller].packet(77, false, &[1; 20]);
    hotline.inject(port, address("203.0.113.5:9"), &wrong);
    hotline.inject(port, address("203.0.113.5:9"), b"not RTP at all");
    hotline.say(caller, 8, true, &[0xD5; 160]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].heard.len(), 50);
    let packet = hotline.phones[caller].packet(8, false, &[0xD5; 160]);
    hotline.inject(port, address("203.0.113.5:9"), &packet);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].heard.len(), 100, "a second source draws nothing away");
    // A renegotiation that changes nothing keeps him; one with another address lets him move.
    hotline.update(caller, |audio| {
        audio.nated = true;
        audio.remote = address("192.168.1.20:4000");
    });
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].heard.len(), 150);
    hotline.update(caller, |audio| {
        audio.nated = true;
        audio.remote = address("192.168.1.20:5000");
    });
    let moved = SocketAddr::new(outside.ip(), 7_777);
    let packet = hotline.phones[caller].packet(8, false, &[0xD5; 160]);
    hotline.inject(port, moved, &packet);
    hotline.run(SECOND);
    assert!(hotline.phones[caller].heard.len() >= 199);
    hotline.phones[caller].assert_continuous();
}

#[test]
fn a_source_that_starts_over_is_followed() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcma, None);
    hotline.hear_parties(agent, &[0]);
    hotline.run(SECOND);
    // His provider moves the call: another SSRC, other numbers, from the same address.
    let phone = &mut hotline.phones[caller];
    (phone.ssrc, phone.sequence, phone.timestamp) = (0xABCD, 60_000, 17);
    hotline.run(SECOND);
    // And once more, without changing the SSRC.
    let phone = &mut hotline.phones[caller];
    (phone.sequence, phone.timestamp) = (20_000, 3_000_000_000);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[agent].hears(&[1_000]), [1_000]);
    let heard = &hotline.phones[agent].heard;
    assert_eq!(heard.len(), 149, "one packet is not believed before the next one confirms it");
    assert!(heard.iter().all(|packet| packet.ssrc == heard[0].ssrc));
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    assert_eq!(hotline.desk.counters().restarts, 2);
    let report = hotline.leave(caller);
    assert_eq!((report.packets_received, report.lost), (149, 0));
}

#[test]
fn who_takes_our_ssrc_gets_another_one_and_an_echo_of_ourselves_is_not_audio() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    hotline.hear(caller, Hear::Loop(ClipRef(0)));
    hotline.run(SECOND);
    let ours = hotline.phones[caller].heard.last().expect("music").ssrc;
    hotline.phones[caller].ssrc = ours;
    hotline.say(caller, 8, true, &[0xD5; 160]);
    hotline.run(SECOND);
    let now = hotline.phones[caller].heard.last().expect("music").ssrc;
    assert_ne!(now, ours);
    assert!(hotline.phones[caller].control.iter().any(|c| c.windows(4).any(|w| w == ours.to_be_bytes())));
    for _ in 0..50 {
        hotline.phones[caller].ssrc = hotline.phones[caller].heard.last().expect("music").ssrc;
        hotline.say(caller, 8, false, &[0xD5; 160]);
        hotline.run(Duration::from_millis(20));
    }
    let counters = hotline.desk.counters();
    assert_eq!((counters.collisions, counters.looped, counters.received), (1, 50, 0));
    assert_eq!(hotline.phones[caller].heard.last().expect("music").ssrc, now, "it does not run away");
}

#[test]
fn packets_of_others_kinds_leave_no_hole() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcma, None);
    hotline.hear_parties(agent, &[0]);
    for _ in 0..20 {
        hotline.run(Duration::from_millis(100));
        hotline.say(caller, 13, false, &[60]); // comfort noise, which nobody negotiated
        hotline.say(caller, 8, false, &[]); // and nothing at all
    }
    let heard = &hotline.phones[agent].heard;
    assert_eq!(heard.len(), 100);
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    assert_eq!(hotline.desk.counters().unexpected, 20);
}

#[test]
fn a_source_that_starts_over_in_a_conference_is_followed_at_once() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    hotline.join(1, 1, Codec::Pcma, Some(1_500));
    let third = hotline.join(1, 2, Codec::Pcma, None);
    hotline.hear_parties(third, &[0, 1]);
    hotline.run(SECOND);
    let phone = &mut hotline.phones[caller];
    (phone.ssrc, phone.sequence, phone.timestamp) = (0xABCD, 1, phone.timestamp.wrapping_sub(80_000));
    let late = hotline.desk.counters().late;
    hotline.run(Duration::from_millis(240));
    assert_eq!(hotline.phones[third].hears(&[1_000, 1_500]), [1_000, 1_500]);
    assert_eq!(hotline.desk.counters().late, late);
}

/// Packets as they should be, to be spoiled.
fn corpus(hotline: &mut Hotline, phone: usize) -> Vec<Vec<u8>> {
    let phone = &mut hotline.phones[phone];
    let mut all = vec![
        phone.packet(8, true, &[0xD5; 160]),
        phone.packet(8, false, &[0xD5; 240]),
        phone.packet(EVENTS.0, true, &[5, 10, 0, 160]),
        phone.packet(EVENTS.0, false, &[5, 0x8A, 3, 32]),
        phone.packet(13, false, &[60]),
    ];
    // Contributing sources, an extension, padding.
    let mut full = phone.packet(8, false, &[1, 2, 3, 4, 5, 6, 7, 8, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
    full[0] |= 0x30 | 2;
    full.extend([0xD5; 160]);
    full.extend([0, 0, 0, 4]);
    all.push(full);
    // SR with a block and SDES, RR, BYE, APP.
    all.push(
        [
            &[0x81, 200, 0, 12][..],
            &[7; 24],
            &[8; 24],
            &[0x81, 202, 0, 3, 7, 7, 7, 7, 1, 2, 65, 66, 0, 0, 0, 0],
        ]
        .concat(),
    );
    all.push([&[0x81, 201, 0, 7][..], &[7; 28], &[0x81, 203, 0, 1, 7, 7, 7, 7]].concat());
    all.push([&[0x80, 201, 0, 1, 7, 7, 7, 7][..], &[0x80, 204, 0, 2, 7, 7, 7, 7, 65, 66, 67, 68]].concat());
    all
}

#[test]
fn garbage_is_counted_and_breaks_nothing() {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join_with(1, 1, Codec::Pcmu, Some(1_500), |audio| audio.rtcp_mux = true);
    let third = hotline.join(1, 2, Codec::Pcma, Some(1_900));
    for phone in [caller, agent, third] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    hotline.run(SECOND);
    let corpus = corpus(&mut hotline, caller);
    let mut random = Random::seeded(4_475);
    for n in 0..60_000u32 {
        let mut bytes = corpus[random.below(corpus.len() as u64) as usize].clone();
        for _ in 0..random.below(6) {
            match random.below(4) {
                0 => bytes.truncate(random.below(bytes.len() as u64 + 1) as usize),
                1 => bytes.extend((0..random.below(30)).map(|n| n as u8)),
                2 if random.chance(0.01) => bytes.resize(random.below(3_000) as usize, 0xFF),
                _ if !bytes.is_empty() => {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] = random.bits() as u8;
                }
                _ => (),
            }
        }
        let phone = &hotline.phones[random.below(3) as usize];
        let (port, from) = (phone.port + (random.bits() & 1) as u16, phone.address);
        hotline.inject(port, from, &bytes);
        if n % 20 == 0 {
            hotline.run(Duration::from_millis(1));
        }
    }
    assert!(hotline.desk.counters().malformed > 10_000);
    // What was not garbage has gone on meanwhile, and goes on.
    hotline.run(SECOND);
    hotline.hush();
    hotline.run(SECOND);
    assert_eq!(hotline.phones[third].heard.len(), 50);
    assert_eq!(hotline.phones[third].hears(&[1_000, 1_500, 1_900]), [1_000, 1_500]);
}

#[test]
fn packets_for_nobody_and_packets_too_long_are_counted() {
    let mut hotline = hotline();
    for port in [0, 1, 10_000, 65_534, 65_535] {
        hotline.inject(port, address("10.0.0.1:4000"), &[0x80; 172]);
    }
    assert_eq!(hotline.desk.counters().unclaimed, 5);
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    let (port, from) = (hotline.phones[caller].port, hotline.phones[caller].address);
    hotline.say(caller, 8, true, &[0xD5; 1_488]);
    hotline.say(caller, 8, false, &[0xD5; 1_489]);
    hotline.inject(port + 1, from, &[0x80; 60_000]);
    let counters = hotline.desk.counters();
    assert_eq!((counters.received, counters.malformed), (1, 2), "1,500 bytes and no more");
}
