//! Tones: made (ring-back, busy, sines, hold music) and found again (Goertzel), at 8 kHz.
//!
//! ```text
//!   ring_back() busy() congestion() sine(…) hold_music() ─▶ samples ─▶ level(…), strongest(…)
//! ```
//!
//! One frequency and the cadences of the Chinese network (ITU-T E.180 Supplement 2: 450 Hz).
//! Never knows: packets, codecs, who listens.

pub use crate::music::hold_music;
use crate::resample::TELEPHONE_RATE;
use std::f64::consts::TAU;
use std::time::Duration;

/// A frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hertz(pub u32);

/// Peak value of a sine on the 16-bit scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amplitude(pub i16);

impl Amplitude {
    /// −10 dBm0, usual for tones (a full-scale sine in A-law is +3.14 dBm0).
    pub const TONE: Self = Self(7_200);
}

/// The tone of the Chinese network.
const NETWORK_TONE: Hertz = Hertz(450);

/// A called telephone rings: 1 s on, 4 s off; one period, to be looped.
#[must_use]
pub fn ring_back() -> Vec<i16> {
    cadence(Duration::from_secs(1), Duration::from_secs(4))
}

/// Called party busy: 0.35 s on, 0.35 s off; one period, to be looped.
#[must_use]
pub fn busy() -> Vec<i16> {
    cadence(Duration::from_millis(350), Duration::from_millis(350))
}

/// Network busy: 0.7 s on, 0.7 s off; one period, to be looped.
#[must_use]
pub fn congestion() -> Vec<i16> {
    cadence(Duration::from_millis(700), Duration::from_millis(700))
}

/// A sine. Begin and end are faded over 5 ms, so that it does not click.
#[must_use]
pub fn sine(frequency: Hertz, span: Duration, amplitude: Amplitude) -> Vec<i16> {
    let count = samples_in(span);
    let fade = samples_in(Duration::from_millis(5)).min(count / 2).max(1);
    (0..count)
        .map(|n| {
            let edge = (n.min(count - 1 - n) as f64 / fade as f64).min(1.0);
            let phase = n as f64 * f64::from(frequency.0) / f64::from(TELEPHONE_RATE);
            (phase * TAU).sin() * f64::from(amplitude.0) * edge
        })
        .map(|sample| sample.round() as i16)
        .collect()
}

/// Nothing to be heard, for so long.
#[must_use]
pub fn silence(span: Duration) -> Vec<i16> {
    vec![0; samples_in(span)]
}

/// How strong one frequency is: the amplitude of a sine of that frequency (Goertzel, Hann window, so that
/// a neighbor 50 Hz away does not count when 100 ms or more are given).
#[must_use]
pub fn level(samples: &[i16], frequency: Hertz) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let length = samples.len() as f64;
    let step = TAU * f64::from(frequency.0) / f64::from(TELEPHONE_RATE);
    let coefficient = 2.0 * step.cos();
    let (mut one, mut two) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / length).cos();
        let next = f64::from(sample) * window + coefficient * one - two;
        (two, one) = (one, next);
    }
    let power = (one * one + two * two - coefficient * one * two).max(0.0);
    // A sine of amplitude A sums to A · N/2, half of it under the window.
    power.sqrt() * 4.0 / length
}

/// The strongest of the candidates, when it is clearly there: at least −40 dBm0 and 10 dB above the others.
#[must_use]
pub fn strongest(samples: &[i16], candidates: &[Hertz]) -> Option<Hertz> {
    let levels = || candidates.iter().map(|&hertz| (hertz, level(samples, hertz)));
    let (best, top) = levels().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let clear = levels().all(|(hertz, level)| hertz == best || level * 3.16 < top);
    (clear && top >= 228.0).then_some(best)
}

fn cadence(on: Duration, off: Duration) -> Vec<i16> {
    let mut samples = sine(NETWORK_TONE, on, Amplitude::TONE);
    samples.extend(silence(off));
    samples
}

fn samples_in(span: Duration) -> usize {
    (span.as_micros() * u128::from(TELEPHONE_RATE) / 1_000_000) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_again_and_its_neighbors_are_not() {
        let tone = sine(Hertz(450), Duration::from_millis(200), Amplitude(8_000));
        assert!((level(&tone, Hertz(450)) - 8_000.0).abs() < 300.0);
        for hertz in [300, 400, 500, 600, 1_000] {
            assert!(level(&tone, Hertz(hertz)) < 300.0, "{hertz}");
        }
        let candidates = [Hertz(350), Hertz(450), Hertz(550)];
        assert_eq!(strongest(&tone, &candidates), Some(Hertz(450)));
        assert_eq!(strongest(&silence(Duration::from_millis(200)), &candidates), None);
        assert_eq!(strongest(&[], &candidates), None);
    }

    #[test]
    fn two_tones_of_one_strength_are_not_one() {
        let one = sine(Hertz(350), Duration::from_millis(200), Amplitude(6_000));
        let two = sine(Hertz(550), Duration::from_millis(200), Amplitude(6_000));
        let both: Vec<i16> = one.iter().zip(&two).map(|(a, b)| a + b).collect();
        assert_eq!(strongest(&both, &[Hertz(350), Hertz(550)]), None);
    }

    #[test]
    fn network_tones_keep_their_cadence() {
        for (tone, on, period) in
            [(ring_back(), 8_000, 40_000), (busy(), 2_800, 5_600), (congestion(), 5_600, 11_200)]
        {
            assert_eq!(tone.len(), period);
            assert!(level(&tone[..on], Hertz(450)) > 7_000.0);
            assert!(tone[on..].iter().all(|&sample| sample == 0));
        }
    }
}
