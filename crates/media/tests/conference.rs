//! Three and more in one session: conference, consultation, whisper, listening in.

mod hotline;

use hotline::{Hotline, tone_clip};
use media::session::{ClipRef, Codec, Hear};
use media::tone::{Hertz, level};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const CALLER: u32 = 600;
const AGENT: u32 = 1_000;
const SPECIALIST: u32 = 1_400;
const SUPERVISOR: u32 = 1_800;
const MUSIC: u32 = 2_200;
const ALL: [u32; 5] = [CALLER, AGENT, SPECIALIST, SUPERVISOR, MUSIC];

fn hotline() -> Hotline {
    Hotline::new(vec![tone_clip("music", MUSIC, 5 * SECOND)])
}

/// Caller, agent and one more, of whom the first two talk.
fn call_and_a_third(third: u32) -> (Hotline, usize, usize, usize) {
    let mut hotline = hotline();
    let caller = hotline.join(1, 0, Codec::Pcma, Some(CALLER));
    let agent = hotline.join(1, 1, Codec::Pcmu, Some(AGENT));
    let third = hotline.join(1, 2, Codec::Pcma, Some(third));
    hotline.hear_parties(caller, &[1]);
    hotline.hear_parties(agent, &[0]);
    hotline.run(SECOND);
    (hotline, caller, agent, third)
}

#[test]
fn in_a_three_way_call_each_hears_exactly_the_others() {
    let (mut hotline, caller, agent, specialist) = call_and_a_third(SPECIALIST);
    for phone in [caller, agent, specialist] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    hotline.run(2 * SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT, SPECIALIST]);
    assert_eq!(hotline.phones[agent].hears(&ALL), [CALLER, SPECIALIST]);
    assert_eq!(hotline.phones[specialist].hears(&ALL), [CALLER, AGENT]);
    let counters = hotline.desk.counters();
    assert!(counters.mixed >= 290, "{} packets", counters.mixed);
}

#[test]
fn a_supervisor_listens_then_whispers_then_barges_in() {
    let (mut hotline, caller, agent, supervisor) = call_and_a_third(SUPERVISOR);
    hotline.hear_parties(supervisor, &[0, 1]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT]);
    assert_eq!(hotline.phones[agent].hears(&ALL), [CALLER]);
    assert_eq!(hotline.phones[supervisor].hears(&ALL), [CALLER, AGENT]);

    hotline.hear_parties(agent, &[0, 2]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT], "the caller does not hear the whisper");
    assert_eq!(hotline.phones[agent].hears(&ALL), [CALLER, SUPERVISOR]);

    hotline.hear_parties(caller, &[1, 2]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT, SUPERVISOR]);
    hotline.phones[caller].assert_continuous();
    hotline.phones[agent].assert_continuous();
}

#[test]
fn through_consultation_and_conference_nobody_who_keeps_talking_hears_a_gap() {
    let (mut hotline, caller, agent, specialist) = call_and_a_third(SPECIALIST);
    // The agent consults, the caller hears music.
    hotline.hear(caller, Hear::Loop(ClipRef(0)));
    hotline.hear_parties(agent, &[2]);
    hotline.hear_parties(specialist, &[1]);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [MUSIC]);
    assert_eq!(hotline.phones[agent].hears(&ALL), [SPECIALIST]);
    // All three.
    for phone in [caller, agent, specialist] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    hotline.run(SECOND);
    // The agent leaves the two to themselves.
    hotline.leave(agent);
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [SPECIALIST]);
    assert_eq!(hotline.phones[specialist].hears(&ALL), [CALLER]);
    for phone in [caller, specialist] {
        let phone = &hotline.phones[phone];
        phone.assert_continuous();
        assert!(phone.longest_gap() <= Duration::from_millis(40), "{:?}", phone.longest_gap());
    }
    // The specialist's tone itself, as the caller heard it from the conference on: no hole over 40 ms.
    let ear = hotline.phones[caller].ear();
    let joined = 2 * 8_000 + 800;
    let holes = ear[joined..ear.len() - 320]
        .windows(320)
        .step_by(80)
        .filter(|part| level(part, Hertz(SPECIALIST)) < 600.0);
    assert_eq!(holes.count(), 0);
}

#[test]
fn whoever_is_on_hold_is_not_mixed() {
    let (mut hotline, caller, agent, specialist) = call_and_a_third(SPECIALIST);
    for phone in [caller, agent, specialist] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    hotline.run(SECOND);
    hotline.update(specialist, |audio| (audio.sends, audio.receives) = (false, false));
    let mixed = hotline.desk.counters().mixed;
    hotline.run(SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT]);
    assert_eq!(hotline.phones[agent].hears(&ALL), [CALLER]);
    assert_eq!(hotline.desk.counters().mixed, mixed, "two who are left talking are relayed");
}

#[test]
fn a_conference_survives_a_bad_network() {
    let (mut hotline, caller, agent, specialist) = call_and_a_third(SPECIALIST);
    for phone in [caller, agent, specialist] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    (hotline.loss, hotline.duplication, hotline.delay) = (0.02, 0.02, Duration::from_millis(50));
    hotline.run(10 * SECOND);
    assert_eq!(hotline.phones[caller].hears(&ALL), [AGENT, SPECIALIST]);
    assert_eq!(hotline.phones[agent].hears(&ALL), [CALLER, SPECIALIST]);
    // From the second second on (the delay has settled) nearly everything that was said is heard.
    let ear = hotline.phones[caller].ear();
    let parts: Vec<f64> = ear[3 * 8_000..].chunks_exact(800).map(|p| level(p, Hertz(AGENT))).collect();
    let whole = parts.iter().filter(|&&level| level > 4_000.0).count();
    assert!(whole * 10 >= parts.len() * 8, "{whole} of {} tenths of a second", parts.len());
    hotline.phones[caller].assert_continuous();
}

#[test]
fn packet_times_meet_in_the_mix() {
    let mut hotline = hotline();
    let slow = hotline
        .join_with(1, 0, Codec::Pcma, Some(CALLER), |audio| audio.packet_time = Duration::from_millis(30));
    let quick = hotline
        .join_with(1, 1, Codec::Pcmu, Some(AGENT), |audio| audio.packet_time = Duration::from_millis(10));
    let third = hotline.join(1, 2, Codec::Pcma, Some(SPECIALIST));
    for phone in [slow, quick, third] {
        hotline.hear_parties(phone, &[0, 1, 2]);
    }
    hotline.run(SECOND);
    hotline.hush();
    hotline.run(SECOND);
    for (phone, size, others) in
        [(slow, 240, [AGENT, SPECIALIST]), (quick, 80, [CALLER, SPECIALIST]), (third, 160, [CALLER, AGENT])]
    {
        let phone = &hotline.phones[phone];
        assert_eq!(phone.hears(&ALL), others);
        assert!(phone.heard.iter().all(|heard| heard.payload.len() == size));
        assert!(phone.heard.windows(2).all(|p| p[1].timestamp == p[0].timestamp.wrapping_add(size as u32)));
    }
}

#[test]
fn eight_talk_and_a_wideband_telephone_is_left_out() {
    let mut hotline = hotline();
    let tones = [300, 500, 700, 900, 1_100, 1_300, 1_500];
    for (party, &tone) in tones.iter().enumerate() {
        hotline.join(1, party as u8, Codec::Pcma, Some(tone));
    }
    hotline.join(1, 7, Codec::G722, Some(1_700));
    for phone in 0..8 {
        hotline.hear_parties(phone, &[0, 1, 2, 3, 4, 5, 6, 7]);
    }
    hotline.run(2 * SECOND);
    for (phone, own) in tones.iter().enumerate() {
        let others: Vec<u32> = tones.iter().copied().filter(|tone| tone != own).collect();
        let ear = hotline.phones[phone].ear();
        let last = &ear[ear.len() - 1_600..];
        let heard: Vec<u32> =
            tones.iter().copied().filter(|&hertz| level(last, Hertz(hertz)) > 1_500.0).collect();
        assert_eq!(heard, others);
    }
    assert!(hotline.phones[7].heard.is_empty());
}

#[test]
fn the_same_day_twice_gives_the_same_packets() {
    let day = || {
        let (mut hotline, caller, agent, specialist) = call_and_a_third(SPECIALIST);
        (hotline.loss, hotline.duplication, hotline.delay) = (0.05, 0.05, Duration::from_millis(60));
        hotline.hear(caller, Hear::Loop(ClipRef(0)));
        hotline.run(SECOND);
        for phone in [caller, agent, specialist] {
            hotline.hear_parties(phone, &[0, 1, 2]);
        }
        hotline.run(3 * SECOND);
        hotline.leave(agent);
        hotline.run(SECOND);
        let heard: Vec<_> = hotline.phones.iter_mut().map(|phone| std::mem::take(&mut phone.heard)).collect();
        (heard, hotline.facts, hotline.desk.counters())
    };
    assert_eq!(day(), day());
}
