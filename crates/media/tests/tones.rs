//! Keys that come as tones in the audio (ITU-T Q.23, Q.24): none lost, none invented.
//!
//! `SUJIE_NIGHTLY=1` listens to an hour of speech and an hour of music instead of three minutes each.

mod hotline;

use base::Random;
use hotline::Hotline;
use media::session::{ClipRef, Codec, Hear};
use media::{alaw, tone, ulaw};
use std::f64::consts::TAU;
use std::time::Duration;

/// Level of a full-scale sine in A-law, dBm0 (G.711).
#[allow(clippy::approx_constant)] // it is not pi
const FULL_SCALE: f64 = 3.14;
const KEYS: &str = "123A456B789C*0#D";
const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// A caller without telephone-event who hears music.
struct Caller {
    hotline: Hotline,
    phone: usize,
    codec: Codec,
    unsaid: Vec<i16>,
}

impl Caller {
    fn new(codec: Codec) -> Self {
        let music = media::Clip::from_pcm("music", &tone::hold_music(), 8_000, 1).expect("audio");
        let mut hotline = Hotline::new(vec![music]);
        let phone = hotline.join_with(1, 0, codec, None, |audio| audio.events = None);
        hotline.hear(phone, Hear::Loop(ClipRef(0)));
        Self { hotline, phone, codec, unsaid: Vec::new() }
    }

    /// Says it, in packets of 20 ms; what fills none is said with the next.
    fn say(&mut self, samples: &[i16], mut lost: impl FnMut() -> bool) {
        self.unsaid.extend_from_slice(samples);
        let (kind, encode): (u8, fn(i16) -> u8) = match self.codec {
            Codec::Pcmu => (0, ulaw::encode),
            Codec::Pcma | Codec::G722 => (8, alaw::encode),
        };
        let whole = self.unsaid.len() / 160 * 160;
        for frame in self.unsaid[..whole].chunks(160) {
            let payload: Vec<u8> = frame.iter().map(|&sample| encode(sample)).collect();
            let phone = &mut self.hotline.phones[self.phone];
            let packet = phone.packet(kind, false, &payload);
            phone.timestamp = phone.timestamp.wrapping_add(160);
            let (port, from) = (phone.port, phone.address);
            self.hotline.now += Duration::from_millis(20);
            if !lost() {
                self.hotline.inject(port, from, &packet);
            }
        }
        self.unsaid.drain(..whole);
    }

    fn silent(&mut self, millis: usize) {
        self.say(&vec![0; millis * 8], || false);
    }

    fn keys(&self) -> String {
        self.hotline.keys(self.phone)
    }
}

/// How a key is sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    millis: f64,
    pause: f64,
    /// Level of the low tone, dBm0.
    level: f64,
    /// High over low, dB.
    twist: f64,
    /// Deviation of both frequencies, as a part of the frequency and in hertz.
    off: [(f64, f64); 2],
    /// Noise below the softer tone, dB.
    noise: f64,
}

impl Sent {
    const USUAL: Self =
        Self { millis: 80.0, pause: 80.0, level: -8.0, twist: 2.0, off: [(0.0, 0.0); 2], noise: 60.0 };

    /// Anywhere within the limits of Q.24 that all administrations have in common.
    fn random(random: &mut Random, shortest: f64) -> Self {
        let mut between = |from: f64, to: f64| from + random.unit() * (to - from);
        let twist = between(-8.0, 4.0);
        Self {
            millis: between(shortest, shortest + 60.0),
            pause: between(shortest, shortest + 60.0),
            level: between(-24.0 - twist.min(0.0), -4.0 - twist.max(0.0)),
            twist,
            off: [(between(-0.015, 0.015), between(-2.0, 2.0)), (between(-0.015, 0.015), between(-2.0, 2.0))],
            noise: between(15.0, 40.0),
        }
    }

    /// Tone and pause.
    fn samples(&self, digit: char, random: &mut Random) -> Vec<i16> {
        let at = KEYS.find(digit).expect("a key");
        let amplitude = |level: f64| 32_124.0 * 10f64.powf((level - FULL_SCALE) / 20.0);
        let low = amplitude(self.level);
        let high = amplitude(self.level + self.twist);
        let hertz = |hertz: f64, (part, more): (f64, f64)| hertz * (1.0 + part) + more;
        let (one, two) = (hertz(LOW[at / 4], self.off[0]), hertz(HIGH[at % 4], self.off[1]));
        let noise = low.min(high) / 2f64.sqrt() * 10f64.powf(-self.noise / 20.0);
        let (phase, tone) = (random.unit() * TAU, (self.millis * 8.0) as usize);
        (0..tone + (self.pause * 8.0) as usize)
            .map(|n| {
                let angle = n as f64 / 8_000.0 * TAU;
                let on = f64::from(u8::from(n < tone));
                let keys = on * (low * (angle * one).sin() + high * (angle * two + phase).sin());
                let hiss = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
                (keys + hiss * noise).round().clamp(-32_768.0, 32_767.0) as i16
            })
            .collect()
    }
}

fn digits(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(KEYS.as_bytes()[random.below(16) as usize])).collect()
}

/// Says a thousand keys and compares; the first difference is shown with how its key was sent.
fn a_thousand(codec: Codec, seed: u64, shortest: f64, loss: bool) {
    let (mut caller, mut random) = (Caller::new(codec), Random::seeded(seed));
    let mut chance = Random::seeded(seed + 1);
    caller.silent(100);
    let all = digits(&mut random, 1_000);
    for (at, digit) in all.char_indices() {
        let sent = Sent::random(&mut random, shortest);
        let samples = sent.samples(digit, &mut random);
        // Single packets: after a lost one five come.
        let mut since = 0;
        caller.say(&samples, || {
            since += 1;
            let lost = loss && since > 5 && chance.chance(0.2);
            since = if lost { 0 } else { since };
            lost
        });
        // A key may still be in its pause, the one before may not.
        let heard = caller.keys();
        assert!(all.starts_with(&heard) && heard.len() >= at, "{heard:?} after {:?}: {sent:?}", &all[..=at]);
    }
    caller.silent(100);
    assert_eq!(caller.keys(), all);
}

#[test]
fn a_thousand_keys_within_the_limits_in_a_law() {
    a_thousand(Codec::Pcma, 1, 40.0, false);
}

#[test]
fn a_thousand_keys_within_the_limits_in_u_law() {
    a_thousand(Codec::Pcmu, 2, 40.0, false);
}

#[test]
fn a_thousand_keys_with_single_packets_lost() {
    a_thousand(Codec::Pcma, 3, 90.0, true);
}

#[test]
fn what_is_outside_the_limits_is_no_key() {
    let mut random = Random::seeded(4);
    let usual = Sent::USUAL;
    for (what, sent) in [
        ("23 ms", Sent { millis: 23.0, ..usual }),
        ("low 3.5 % sharp", Sent { off: [(0.035, 0.0), (0.0, 0.0)], ..usual }),
        ("high 3.5 % flat", Sent { off: [(0.0, 0.0), (-0.035, 0.0)], ..usual }),
        ("high 9 dB louder", Sent { twist: 9.0, ..usual }),
        ("high 14 dB softer", Sent { twist: -14.0, ..usual }),
        ("-45 dBm0", Sent { level: -45.0, ..usual }),
        ("a high tone alone", Sent { level: -60.0, twist: 50.0, ..usual }),
    ] {
        let mut caller = Caller::new(Codec::Pcma);
        for digit in KEYS.chars() {
            caller.say(&sent.samples(digit, &mut random), || false);
        }
        caller.silent(200);
        assert_eq!(caller.keys(), "", "{what}");
    }
}

#[test]
fn a_key_held_down_is_one_key_and_an_interruption_of_10_ms_does_not_make_it_two() {
    let (mut caller, mut random) = (Caller::new(Codec::Pcma), Random::seeded(5));
    let long = Sent { millis: 5_000.0, pause: 0.0, ..Sent::USUAL };
    let mut samples = long.samples('5', &mut random);
    for at in (4_000..36_000).step_by(2_000) {
        samples[at..at + 80].fill(0);
    }
    caller.say(&samples, || false);
    caller.silent(40);
    caller.say(&Sent::USUAL.samples('5', &mut random), || false);
    assert_eq!(caller.keys(), "55");
}

#[test]
fn tones_are_heard_only_where_they_are_wanted() {
    let mut random = Random::seeded(6);
    let (mut caller, key) = (Caller::new(Codec::Pcma), Sent::USUAL.samples('7', &mut random));
    // In a talk they are the agent's to hear.
    let agent = caller.hotline.join(1, 1, Codec::Pcma, None);
    caller.hotline.hear_parties(agent, &[0]);
    caller.hotline.hear_parties(caller.phone, &[1]);
    caller.say(&key, || false);
    assert_eq!(caller.keys(), "");
    assert_eq!(caller.hotline.desk.counters().relayed, 8, "and his audio is passed on as it is");
    // Back in the line, and while a menu waits in silence.
    caller.hotline.hear(caller.phone, Hear::Loop(ClipRef(0)));
    caller.say(&key, || false);
    caller.hotline.hear(caller.phone, Hear::Nothing);
    caller.say(&key, || false);
    assert_eq!(caller.keys(), "77");
    // Who has telephone-event says keys by it: a second way would say them twice.
    let phone = caller.phone;
    caller.hotline.update(phone, |_| ());
    caller.say(&key, || false);
    assert_eq!(caller.keys(), "77");
}

/// Voices: pitch pulses or noise through formants, gliding, with pauses, each syllable drawn anew.
fn speech(random: &mut Random, count: usize) -> Vec<i16> {
    let mut samples = Vec::with_capacity(count + 4_000);
    let (mut phase, mut memory) = (0.0, [[0.0; 2]; 3]);
    while samples.len() < count {
        let mut between = |from: f64, to: f64| from + random.unit() * (to - from);
        let length = (between(0.05, 0.4) * 8_000.0) as usize;
        let mut formants = [(250.0, 900.0), (800.0, 2_400.0), (2_200.0, 3_300.0)].map(|(a, b)| between(a, b));
        let glide = [(); 3].map(|()| between(-0.15, 0.15) / length as f64);
        let width = between(40.0, 150.0);
        let (mut pitch, bend) = (between(80.0, 350.0), between(-0.2, 0.2) / length as f64);
        // A vowel, a hissed consonant, or nothing; from a whisper to a shout.
        let (voice, breath) = match between(0.0, 10.0) as u8 {
            0..=5 => (1.0, 0.02),
            6 | 7 => (0.0, 0.3),
            8 => (1.0, 0.2),
            _ => (0.0, 0.0),
        };
        let peak = 10f64.powf(between(2.8, 4.3));
        let mut syllable = Vec::with_capacity(length);
        for n in 0..length {
            phase += pitch / 8_000.0;
            pitch *= 1.0 + bend;
            let pulse = if phase >= 1.0 { voice } else { 0.0 };
            phase -= phase.floor();
            let mut sample = pulse + (random.unit() - 0.5) * breath;
            for (at, formant) in formants.iter_mut().enumerate() {
                *formant *= 1.0 + glide[at];
                let radius = (-std::f64::consts::PI * width / 8_000.0).exp();
                let turn = 2.0 * radius * (*formant / 8_000.0 * TAU).cos();
                let [one, two] = memory[at];
                let next = sample * (1.0 - radius) * 2.0 + turn * one - radius * radius * two;
                memory[at] = [next, one];
                sample = next;
            }
            let edge = (n.min(length - 1 - n) as f64 / 80.0).min(1.0);
            syllable.push(sample * edge);
        }
        let loudest = syllable.iter().fold(1e-9, |loudest: f64, sample| loudest.max(sample.abs()));
        let gain = if voice + breath > 0.0 { peak / loudest } else { 0.0 };
        samples.extend(syllable.into_iter().map(|sample| (sample * gain) as i16));
    }
    samples
}

fn seconds() -> usize {
    if std::env::var_os("SUJIE_NIGHTLY").is_some() { 3_600 } else { 180 }
}

#[test]
fn no_key_is_invented_in_speech() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let (mut caller, mut random) = (Caller::new(codec), Random::seeded(7));
        for _ in 0..seconds() / 20 {
            let speech = speech(&mut random, 20 * 8_000);
            caller.say(&speech, || false);
        }
        assert_eq!(caller.keys(), "");
        // The ear was open all the time.
        caller.silent(100);
        caller.say(&Sent::USUAL.samples('9', &mut random), || false);
        assert_eq!(caller.keys(), "9");
    }
}

#[test]
fn no_key_is_invented_in_music() {
    let (mut caller, mut random) = (Caller::new(Codec::Pcma), Random::seeded(8));
    let music = tone::hold_music();
    for _ in 0..seconds() / 30 {
        // In any tuning and at any loudness.
        let (speed, gain) = (0.7 + random.unit(), 0.1 + random.unit() * 2.0);
        let played: Vec<i16> = (0..30 * 8_000)
            .map(|n| f64::from(music[(f64::from(n) * speed) as usize % music.len()]) * gain)
            .map(|sample| sample as i16)
            .collect();
        caller.say(&played, || false);
    }
    assert_eq!(caller.keys(), "");
}
