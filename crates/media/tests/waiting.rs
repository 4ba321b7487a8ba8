//! Waiting, being connected, being put on hold: what the caller's telephone sees of it.

mod hotline;

use hotline::{Hotline, session, tone_clip};
use media::session::{ClipRef, Codec, Command, Fact, Hear, Party, PayloadType};
use media::{Clip, tone};
use std::time::Duration;

const MUSIC: Hear = Hear::Loop(ClipRef(0));
const GREETING: ClipRef = ClipRef(1);
const SECOND: Duration = Duration::from_secs(1);

fn clips() -> Vec<Clip> {
    vec![
        tone_clip("music", 500, Duration::from_millis(7_010)),
        tone_clip("greeting", 700, Duration::from_millis(1_230)),
    ]
}

#[test]
fn music_then_agent_then_music_is_one_stream_for_the_caller() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    hotline.hear(caller, MUSIC);
    hotline.run(2 * SECOND);
    assert_eq!(hotline.phones[caller].hears(&[500, 1_000, 1_500]), [500]);

    let agent = hotline.join(1, 1, Codec::Pcma, Some(1_500));
    hotline.hear_parties(caller, &[1]);
    hotline.hear_parties(agent, &[0]);
    hotline.run(2 * SECOND);
    assert_eq!(hotline.phones[caller].hears(&[500, 1_000, 1_500]), [1_500]);
    assert_eq!(hotline.phones[agent].hears(&[500, 1_000, 1_500]), [1_000]);

    hotline.hear(caller, MUSIC);
    hotline.hear(agent, Hear::Nothing);
    hotline.run(2 * SECOND);
    assert_eq!(hotline.phones[caller].hears(&[500, 1_000, 1_500]), [500]);

    let phone = &hotline.phones[caller];
    phone.assert_continuous();
    assert!(phone.longest_gap() <= Duration::from_millis(40), "{:?}", phone.longest_gap());
    let markers = phone.heard.iter().filter(|heard| heard.marker).count();
    assert_eq!(markers, 3, "music, agent, music");
    assert!((280..=301).contains(&phone.heard.len()), "{} packets in 6 s", phone.heard.len());
}

#[test]
fn a_greeting_is_heard_once_to_its_end_and_its_end_is_told_when_it_has_been_heard() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcmu, None);
    hotline.hear(caller, Hear::Once(GREETING));
    let asked = hotline.now;
    hotline.run(Duration::from_millis(1_220));
    assert_eq!(hotline.facts, []);
    hotline.run(Duration::from_millis(60));
    let ended = Fact::ClipEnded { session: session(1), party: Party(0), clip: GREETING };
    assert_eq!(hotline.facts, [ended]);
    assert!(hotline.now.since(asked) >= Duration::from_millis(1_230));
    hotline.run(SECOND);
    let phone = &hotline.phones[caller];
    assert_eq!(phone.heard.len(), 62, "61 whole packets and one that silence fills");
    assert_eq!(phone.heard[61].payload[80..], [0xFF; 80]);
    assert_eq!(hotline.facts.len(), 1, "told once");
}

#[test]
fn a_clip_that_is_missing_or_unplayable_ends_at_once_instead_of_stopping_the_flow() {
    let mut hotline = Hotline::new(clips());
    let one = hotline.join(1, 0, Codec::Pcma, None);
    let other = hotline.join(2, 0, Codec::G722, None);
    hotline.hear(one, Hear::Once(ClipRef(99)));
    hotline.hear(other, Hear::Once(GREETING));
    hotline.run(2 * SECOND);
    assert_eq!(hotline.facts.len(), 2);
    assert!(hotline.phones.iter().all(|phone| phone.heard.is_empty()));
    assert_eq!(hotline.desk.counters().clips_unplayable, 2);
}

#[test]
fn a_thousand_callers_hear_one_broadcast() {
    let music = Clip::from_pcm("music", &tone::hold_music(), 8_000, 1).expect("audio");
    let mut hotline = Hotline::new(vec![music]);
    for number in 0..1_000 {
        let caller = hotline.join(number, 0, Codec::Pcma, None);
        // They come at different times.
        if number % 100 == 0 {
            hotline.run(Duration::from_millis(13));
        }
        hotline.hear(caller, MUSIC);
    }
    hotline.run(Duration::from_millis(100));
    hotline.hush();
    hotline.run(Duration::from_millis(200));
    // Callers who are served by the same tick get the same bytes, whenever they began to wait.
    let mut payloads: Vec<(u64, &[u8])> = Vec::new();
    for phone in &hotline.phones {
        assert_eq!(phone.heard.len(), 10, "one packet each 20 ms");
        for heard in &phone.heard {
            match payloads.iter().find(|(at, _)| *at == heard.at.as_millis()) {
                Some((_, payload)) => assert_eq!(*payload, heard.payload),
                None => payloads.push((heard.at.as_millis(), &heard.payload)),
            }
        }
    }
    assert_eq!(payloads.len(), 40, "four ticks each 20 ms, so that no 1,000 packets leave at once");
    // And all ticks are places in the same broadcast: 5 ms later is 40 samples further.
    payloads.sort_unstable();
    for pair in payloads.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, 5);
        assert_eq!(pair[0].1[40..], pair[1].1[..120]);
    }
}

#[test]
fn packet_times_other_than_20_ms_get_all_of_the_music_and_none_twice() {
    for (packet_time, size) in [(10, 80), (20, 160), (30, 240), (40, 320), (60, 480), (0, 160), (500, 480)] {
        let mut hotline = Hotline::new(clips());
        let caller = hotline.join_with(1, 0, Codec::Pcma, None, |audio| {
            audio.packet_time = Duration::from_millis(packet_time);
        });
        hotline.hear(caller, MUSIC);
        hotline.run(SECOND);
        let phone = &hotline.phones[caller];
        assert!(phone.heard.iter().all(|heard| heard.payload.len() == size), "{packet_time} ms");
        assert!(phone.heard.windows(2).all(|p| p[1].timestamp == p[0].timestamp.wrapping_add(size as u32)));
        let ear = phone.ear();
        assert!((7_500..=8_000).contains(&ear.len()), "{packet_time} ms: {} samples", ear.len());
        assert!(tone::level(&ear, tone::Hertz(500)) > 6_800.0, "{packet_time} ms: the tone has no seams");
    }
}

#[test]
fn laws_differ_and_both_sides_hear_each_other() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcmu, Some(1_500));
    hotline.hear_parties(caller, &[1]);
    hotline.hear_parties(agent, &[0]);
    hotline.run(SECOND);
    for (phone, tone, kind) in [(caller, 1_500, 8), (agent, 1_000, 0)] {
        let phone = &hotline.phones[phone];
        assert_eq!(phone.hears(&[1_000, 1_500]), [tone]);
        assert!(phone.heard.iter().all(|heard| heard.payload_type == kind && heard.payload.len() == 160));
    }
    assert_eq!(hotline.desk.counters().mixed, 0, "a table is enough");
}

#[test]
fn wideband_passes_when_both_have_it_and_is_counted_when_one_has_not() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::G722, Some(1_000));
    let agent = hotline.join(1, 1, Codec::G722, None);
    let phone = hotline.join(2, 0, Codec::G722, Some(1_000));
    let narrow = hotline.join(2, 1, Codec::Pcma, None);
    hotline.hear_parties(agent, &[0]);
    hotline.hear_parties(narrow, &[0]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[agent].hears(&[1_000]), [1_000], "untouched");
    assert_eq!(hotline.phones[agent].heard[0].payload_type, 9);
    assert!(hotline.phones[narrow].heard.is_empty());
    assert_eq!(hotline.desk.counters().untranslatable, 50);
    let _ = (caller, phone);
}

#[test]
fn a_held_caller_gets_nothing_and_finds_his_stream_again() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcma, Some(1_500));
    hotline.hear_parties(caller, &[1]);
    hotline.hear_parties(agent, &[0]);
    hotline.run(SECOND);
    hotline.update(caller, |audio| (audio.sends, audio.receives) = (false, false));
    let before = hotline.phones[caller].heard.len();
    hotline.run(5 * SECOND);
    assert_eq!(hotline.phones[caller].heard.len(), before);
    assert_eq!(hotline.phones[agent].heard.len(), before, "and what he says meanwhile is not heard");
    hotline.update(caller, |_| ());
    hotline.run(SECOND);
    let phone = &hotline.phones[caller];
    phone.assert_continuous();
    assert!(phone.heard[before].marker);
    assert_eq!(phone.hears(&[1_000, 1_500]), [1_500]);
}

#[test]
fn music_does_not_stop_for_a_change_of_codec() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    hotline.hear(caller, MUSIC);
    hotline.run(SECOND);
    hotline.phones[caller].codec = Codec::Pcmu;
    hotline.update(caller, |_| ());
    let before = hotline.phones[caller].heard.len();
    hotline.run(SECOND);
    let phone = &hotline.phones[caller];
    phone.assert_continuous();
    assert!(phone.heard[before..].iter().all(|heard| heard.payload_type == 0));
    assert_eq!(phone.hears(&[500]), [500]);
}

#[test]
fn a_desk_that_comes_late_makes_up_a_little_and_keeps_the_clock() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    hotline.hear(caller, MUSIC);
    hotline.run(SECOND);
    hotline.now += Duration::from_millis(490);
    let before = hotline.phones[caller].heard.len();
    hotline.run(SECOND);
    let phone = &hotline.phones[caller];
    let spread = phone.heard[before].timestamp.wrapping_sub(phone.heard[before - 1].timestamp);
    assert!((400 * 8..=490 * 8).contains(&spread), "{spread} samples were left out");
    let all = phone.heard.last().expect("music").timestamp.wrapping_sub(phone.heard[0].timestamp);
    assert!(all.abs_diff(2_470 * 8) <= 200, "{all}");
    assert!(hotline.desk.counters().ticks_skipped >= 20);
}

#[test]
fn ports_open_and_close_and_what_cannot_be_opened_is_told() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, Some(1_000));
    let agent = hotline.join(1, 1, Codec::Pcma, Some(1_500));
    hotline.hear_parties(agent, &[0]);
    assert_eq!(hotline.ports_open, [10_000, 10_002]);

    // The neighbor's port, an odd port, a ninth slot.
    for (party, port) in [(2, 10_000), (3, 10_007), (9, 10_040)] {
        hotline.facts.clear();
        hotline.join_with(1, party, Codec::Pcma, None, |audio| audio.port = port);
        assert_eq!(
            hotline.facts,
            [Fact::PortFailed { session: session(1), party: Party(party), port }],
            "slot {party}"
        );
    }
    hotline.facts.clear();
    hotline.port_failed(10_000);
    assert_eq!(hotline.facts, [Fact::PortFailed { session: session(1), party: Party(0), port: 10_000 }]);
    hotline.run(SECOND);
    assert!(hotline.phones[agent].heard.is_empty(), "deaf and mute");
    hotline.ports_open.retain(|&port| port != 10_000);

    // A renegotiation gives him another one.
    hotline.phones[caller].port = 11_000;
    hotline.update(caller, |audio| audio.payload = PayloadType(8));
    hotline.run(SECOND);
    assert_eq!(hotline.phones[agent].hears(&[1_000]), [1_000]);
    // The same port for another family of addresses is opened anew.
    hotline.update(agent, |audio| audio.remote = "[2001:db8::1]:4000".parse().expect("address"));
    assert_eq!(hotline.ports_open, [11_000, 10_002]);
    hotline.leave(caller);
    hotline.leave(agent);
    assert_eq!(hotline.ports_open, [] as [u16; 0]);
    for party in [2, 3] {
        hotline.command(Command::Leave { session: session(1), party: Party(party) });
    }
    let counters = hotline.desk.counters();
    assert_eq!((counters.sessions, counters.parties), (0, 0));
    assert_eq!(hotline.desk.next_deadline(), None, "nothing left to wait for");
}

#[test]
fn commands_for_those_who_are_gone_change_nothing() {
    let mut hotline = Hotline::new(clips());
    let caller = hotline.join(1, 0, Codec::Pcma, None);
    hotline.leave(caller);
    hotline.facts.clear();
    hotline.hear(caller, MUSIC);
    hotline.update(caller, |_| ());
    hotline.command(Command::Leave { session: session(1), party: Party(0) });
    hotline.command(Command::Leave { session: session(7), party: Party(255) });
    hotline.run(SECOND);
    assert_eq!(hotline.facts, []);
    assert!(hotline.phones[caller].heard.is_empty());
}
