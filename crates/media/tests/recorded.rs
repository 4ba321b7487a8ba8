//! Recordings: each side on its channel, at its time, and nothing of what is not to be kept.

mod hotline;

use base::Handle;
use hotline::{EVENTS, Hotline, session};
use media::alaw;
use media::session::{Codec, Command, Keeps, Parties, Party, RecordingRef, Taped};
use media::tone::{Hertz, level};
use std::time::Duration;

const CALLER: u32 = 400;
const AGENT: u32 = 650;
const THIRD: u32 = 1_100;
const MASK: u32 = 1_000;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn recording(number: u32) -> RecordingRef {
    RecordingRef::from_parts(number, 0)
}

/// Caller and agent, who hear each other and are recorded.
fn talk(codecs: [Codec; 2]) -> Hotline {
    let mut hotline = Hotline::new(vec![]);
    hotline.join(1, 0, codecs[0], Some(CALLER));
    hotline.join(1, 1, codecs[1], Some(AGENT));
    hotline.hear_parties(0, &[1]);
    hotline.hear_parties(1, &[0]);
    hotline
}

fn record(hotline: &mut Hotline) {
    let (left, right) = (Parties::one(Party(0)), Parties(0xFE));
    hotline.command(Command::Record { session: session(1), recording: recording(7), left, right });
}

fn keep(hotline: &mut Hotline, keeps: Keeps) {
    hotline.command(Command::Keep { session: session(1), recording: recording(7), keeps });
}

fn stop(hotline: &mut Hotline) {
    hotline.command(Command::StopRecording { session: session(1), recording: recording(7) });
}

/// The two channels of a recording, whole and without a gap.
fn channels(taped: &[Taped], of: RecordingRef) -> [Vec<i16>; 2] {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut said = Vec::new();
    for taped in taped {
        match taped {
            Taped::Begun { recording, .. } if *recording == of => said.push("begun"),
            Taped::Sound { recording, from, sound } if *recording == of => {
                assert_eq!((*from, said.len()), (left.len() as u64, 1), "in order, between begin and end");
                left.extend(sound.iter().step_by(2).map(|&code| alaw::decode(code)));
                right.extend(sound.iter().skip(1).step_by(2).map(|&code| alaw::decode(code)));
            }
            Taped::Ended { recording, length } if *recording == of => {
                assert_eq!(*length, left.len() as u64, "as long as it says");
                said.push("ended");
            }
            _ => {}
        }
    }
    assert_eq!(said, ["begun", "ended"]);
    [left, right]
}

fn part(channel: &[i16], from_ms: usize, to_ms: usize) -> &[i16] {
    &channel[from_ms * 8..to_ms * 8]
}

fn silent(samples: &[i16]) -> bool {
    samples.iter().all(|sample| sample.abs() <= 8)
}

#[test]
fn each_side_is_on_its_channel_and_on_no_other() {
    for codecs in [[Codec::Pcma; 2], [Codec::Pcmu, Codec::Pcma]] {
        let mut hotline = talk(codecs);
        hotline.run(ms(300));
        record(&mut hotline);
        hotline.run(ms(10_000));
        stop(&mut hotline);
        let [left, right] = channels(&hotline.taped, recording(7));
        assert_eq!(left.len(), 80_000, "ten seconds");
        let (left, right) = (part(&left, 100, 9_900), part(&right, 100, 9_900));
        assert!(level(left, Hertz(CALLER)) > 5_000.0 && level(right, Hertz(AGENT)) > 5_000.0);
        assert!(level(left, Hertz(AGENT)) < 20.0 && level(right, Hertz(CALLER)) < 20.0, "apart");
        assert_eq!(
            hotline.phones[0].hears(&[CALLER, AGENT]),
            [AGENT],
            "the talk goes on as if nobody recorded"
        );
        assert_eq!(hotline.desk.counters().mixed, 0, "a recorded call is relayed like any other");
        assert!(hotline.desk.counters().recorded > 950);
        assert_eq!(hotline.desk.counters().recordings, 0);
    }
}

#[test]
fn what_is_lost_is_silence_and_moves_nothing() {
    let mut hotline = talk([Codec::Pcma; 2]);
    record(&mut hotline);
    hotline.run(ms(2_000));
    // The caller is not heard for three quarters of a second: his clock goes on.
    let mut silent_for = hotline.phones[0].tone.take();
    hotline.run(ms(740));
    hotline.phones[0].timestamp = hotline.phones[0].timestamp.wrapping_add(740 * 8);
    std::mem::swap(&mut hotline.phones[0].tone, &mut silent_for);
    hotline.run(ms(2_260));
    (hotline.loss, hotline.duplication, hotline.delay) = (0.2, 0.1, ms(60));
    hotline.run(ms(5_000));
    stop(&mut hotline);
    let [left, right] = channels(&hotline.taped, recording(7));
    assert_eq!((left.len(), right.len()), (80_000, 80_000));
    assert!(silent(part(&left, 2_020, 2_720)), "a gap where he was not heard");
    assert!(level(part(&left, 2_780, 5_000), Hertz(CALLER)) > 5_000.0, "and he is where he was afterwards");
    assert!(level(part(&right, 2_020, 2_720), Hertz(AGENT)) > 5_000.0, "the other goes on meanwhile");
    // A fifth is lost; late, twice and out of order it is all in its place: a sine of the right height.
    let heard = level(part(&left, 5_100, 9_900), Hertz(CALLER));
    assert!((4_200.0..5_200.0).contains(&heard), "{heard}");
}

#[test]
fn pause_and_mask_leave_nothing_of_what_was_said_meanwhile() {
    let mut hotline = talk([Codec::Pcma; 2]);
    record(&mut hotline);
    hotline.run(ms(1_000));
    keep(&mut hotline, Keeps::Silence);
    hotline.run(ms(700));
    // A digit is pressed meanwhile, as callers do who are asked for a number.
    hotline.say(0, EVENTS.0, true, &[5, 10, 0, 160]);
    hotline.run(ms(1_300));
    keep(&mut hotline, Keeps::Tone);
    hotline.run(ms(1_000));
    keep(&mut hotline, Keeps::Speech);
    hotline.run(ms(1_000));
    stop(&mut hotline);
    for (channel, hertz) in channels(&hotline.taped, recording(7)).iter().zip([CALLER, AGENT]) {
        assert!(level(part(channel, 40, 990), Hertz(hertz)) > 5_000.0);
        assert!(silent(part(channel, 1_000, 3_000)), "paused, to the sample");
        let masked = part(channel, 3_000, 4_000);
        assert!(level(masked, Hertz(MASK)) > 3_500.0 && level(masked, Hertz(hertz)) < 20.0, "masked");
        assert!(level(part(channel, 4_000, 4_100), Hertz(hertz)) < 20.0, "nor what was still on its way");
        let after = part(channel, 4_100, 5_000);
        assert!(level(after, Hertz(hertz)) > 5_000.0 && level(after, Hertz(MASK)) < 20.0);
    }
}

#[test]
fn a_third_party_is_heard_with_the_agent() {
    let mut hotline = talk([Codec::Pcma; 2]);
    record(&mut hotline);
    hotline.run(ms(1_000));
    let third = hotline.join(1, 2, Codec::Pcmu, Some(THIRD));
    hotline.hear_parties(0, &[1, 2]);
    (hotline.duplication, hotline.delay) = (0.3, ms(10));
    hotline.run(ms(2_000));
    hotline.leave(third);
    hotline.run(ms(1_000));
    stop(&mut hotline);
    let [left, right] = channels(&hotline.taped, recording(7));
    let both = part(&right, 1_100, 2_900);
    for hertz in [AGENT, THIRD] {
        let heard = level(both, Hertz(hertz));
        assert!((5_000.0..6_500.0).contains(&heard), "{hertz} is heard once, not twice: {heard}");
    }
    assert!(level(part(&left, 1_100, 2_900), Hertz(THIRD)) < 20.0);
    assert!(level(part(&right, 3_100, 4_000), Hertz(THIRD)) < 20.0, "he has left");
}

#[test]
fn a_source_that_starts_over_or_stands_still_is_taken_up_again() {
    let mut hotline = talk([Codec::Pcma; 2]);
    record(&mut hotline);
    hotline.run(ms(1_000));
    // A hold after which timestamps go on as if no time had passed.
    let tone = hotline.phones[0].tone.take();
    hotline.run(ms(2_000));
    hotline.phones[0].tone = tone;
    hotline.run(ms(1_000));
    // Another device takes over.
    (hotline.phones[0].ssrc, hotline.phones[0].timestamp, hotline.phones[0].sequence) =
        (99, 3_000_000_000, 7);
    hotline.run(ms(1_000));
    stop(&mut hotline);
    let [left, _] = channels(&hotline.taped, recording(7));
    assert!(silent(part(&left, 1_020, 2_980)), "what was not said is not there");
    assert!(level(part(&left, 3_030, 3_980), Hertz(CALLER)) > 5_000.0, "later, at its time");
    assert!(level(part(&left, 4_030, 4_950), Hertz(CALLER)) > 5_000.0);
}

#[test]
fn whoever_leaves_last_ends_the_recording_and_another_one_ends_the_first() {
    let mut hotline = talk([Codec::Pcma; 2]);
    record(&mut hotline);
    hotline.run(ms(700));
    let (left, right) = (Parties::one(Party(1)), Parties::one(Party(0)));
    hotline.command(Command::Record { session: session(1), recording: recording(8), left, right });
    // Commands to the first one come too late now.
    keep(&mut hotline, Keeps::Silence);
    stop(&mut hotline);
    hotline.run(ms(600));
    hotline.leave(0);
    hotline.leave(1);
    let [first, _] = channels(&hotline.taped, recording(7));
    assert_eq!(first.len(), 5_600);
    let [left, right] = channels(&hotline.taped, recording(8));
    assert_eq!(left.len(), 4_800);
    assert!(level(part(&left, 50, 590), Hertz(AGENT)) > 5_000.0, "channels as the second one wants them");
    assert!(level(part(&right, 50, 590), Hertz(CALLER)) > 5_000.0);
    assert_eq!(hotline.desk.next_deadline(), None, "nothing is left");
}

#[test]
fn what_cannot_be_decoded_is_counted_and_silent() {
    let mut hotline = talk([Codec::G722, Codec::G722]);
    record(&mut hotline);
    hotline.run(ms(1_000));
    stop(&mut hotline);
    assert!(channels(&hotline.taped, recording(7)).iter().all(|channel| silent(channel)));
    assert!(hotline.desk.counters().unrecordable >= 95);
}
