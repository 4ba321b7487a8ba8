//! Any PCM becomes telephone PCM: 8 kHz, mono, band-limited. Done once, when a clip is loaded.
//!
//! ```text
//!   i16, any rate, channels ─▶ mean of the channels ─▶ windowed-sinc polyphase ─▶ i16, 8 kHz
//! ```
//!
//! The filter passes what a telephone passes (to 3.4 kHz) and stops at 4 kHz by 60 dB, so that nothing
//! above it folds back into speech. Never knows: files, codecs, packets.

use std::f64::consts::PI;

/// Sampling rate of the telephone network.
pub const TELEPHONE_RATE: u32 = 8_000;

/// Kaiser window's shape for 60 dB, and the length that goes with it (times the transition's width).
const BETA: f64 = 5.65;
const LENGTH: f64 = 3.62;
/// Filters kept side by side; a rate that needs more positions between two samples uses the nearest one.
const PHASES_MAX: u64 = 512;

/// Converts interleaved samples to 8 kHz mono. `rate` and `channels` must not be zero; an incomplete last
/// frame is dropped.
#[must_use]
pub fn to_telephone(samples: &[i16], rate: u32, channels: u16) -> Vec<i16> {
    let (rate, channels) = (rate.max(1), usize::from(channels.max(1)));
    let mono: Vec<f32> = samples
        .chunks_exact(channels)
        .map(|frame| frame.iter().map(|&sample| f32::from(sample)).sum::<f32>() / channels as f32)
        .collect();
    if rate == TELEPHONE_RATE {
        return mono.into_iter().map(|sample| sample.round() as i16).collect();
    }
    Filter::new(rate).convert(&mono)
}

/// The low-pass filter, sampled at each position that an output sample can have between two input samples.
struct Filter {
    /// Output and input steps: `up / down` is the ratio of the rates in lowest terms.
    up: u64,
    down: u64,
    phases: u64,
    half: usize,
    taps: Vec<f32>,
}

impl Filter {
    fn new(rate: u32) -> Self {
        let common = gcd(u64::from(rate), u64::from(TELEPHONE_RATE));
        let (up, down) = (u64::from(TELEPHONE_RATE) / common, u64::from(rate) / common);
        let phases = up.min(PHASES_MAX);
        let band = f64::from(rate.min(TELEPHONE_RATE)) / 2.0;
        let (center, width) = (0.925 * band, 0.15 * band);
        let half = (LENGTH / width * f64::from(rate) / 2.0).ceil() as usize;
        let mut taps = Vec::with_capacity(phases as usize * half * 2);
        for phase in 0..phases {
            let offset = phase as f64 / phases as f64;
            let row = taps.len();
            for tap in 0..half * 2 {
                // Distance of this input sample from the output sample, in input samples.
                let x = tap as f64 - (half as f64 - 1.0) - offset;
                let cut = 2.0 * center / f64::from(rate);
                let sinc = if x.abs() < 1e-9 { cut } else { (PI * cut * x).sin() / (PI * x) };
                let edge = x / half as f64;
                let window = bessel(BETA * (1.0 - edge * edge).max(0.0).sqrt()) / bessel(BETA);
                taps.push((sinc * window) as f32);
            }
            // Each position passes a constant unchanged.
            let sum: f32 = taps[row..].iter().sum();
            taps[row..].iter_mut().for_each(|tap| *tap /= sum);
        }
        Self { up, down, phases, half, taps }
    }

    fn convert(&self, input: &[f32]) -> Vec<i16> {
        let count = input.len() as u64 * self.up / self.down;
        (0..count).map(|n| self.output(input, n * self.down)).collect()
    }

    /// The output sample at `position / up` input samples.
    fn output(&self, input: &[f32], position: u64) -> i16 {
        let (base, rest) = ((position / self.up) as usize, position % self.up);
        let row = (rest * self.phases / self.up) as usize * self.half * 2;
        let taps = &self.taps[row..row + self.half * 2];
        // The first tap meets input sample `base - (half - 1)`; what lies outside is silence.
        let skipped = (self.half - 1).saturating_sub(base);
        let first = base.saturating_sub(self.half - 1);
        let sum: f32 = taps[skipped..].iter().zip(&input[first..]).map(|(tap, sample)| tap * sample).sum();
        sum.round() as i16
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Modified Bessel function of the first kind, order zero.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..32 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Hertz, level};

    fn sine(hertz: f64, rate: u32, channels: usize) -> Vec<i16> {
        (0..rate as usize / 2 * channels)
            .map(|n| ((n / channels) as f64 * hertz / f64::from(rate) * 2.0 * PI).sin() * 16_000.0)
            .map(|sample| sample.round() as i16)
            .collect()
    }

    fn decibel(amplitude: f64) -> f64 {
        20.0 * (amplitude / 16_000.0).max(1e-9).log10()
    }

    #[test]
    fn speech_passes_at_every_usual_rate() {
        for (rate, channels) in [(11_025, 1), (16_000, 1), (22_050, 2), (44_100, 2), (48_000, 1), (47_999, 1)]
        {
            for hertz in [300, 1_000, 2_000, 3_400] {
                let out = to_telephone(&sine(f64::from(hertz), rate, channels), rate, channels as u16);
                assert!(out.len().abs_diff(4_000) <= 1, "{rate} Hz gave {} samples", out.len());
                let gain = decibel(level(&out[400..3_600], Hertz(hertz)));
                assert!(gain.abs() < 0.6, "{hertz} Hz at {rate} Hz: {gain:.2} dB");
            }
        }
    }

    #[test]
    fn what_a_telephone_cannot_carry_does_not_fold_back_into_speech() {
        for rate in [16_000, 22_050, 44_100, 48_000] {
            for hertz in [4_100, 5_000, 6_000, 7_500] {
                let out = to_telephone(&sine(f64::from(hertz), rate, 1), rate, 1);
                let alias = decibel(level(&out[400..3_600], Hertz(8_000 - hertz)));
                assert!(alias < -50.0, "{hertz} Hz at {rate} Hz folds to {alias:.1} dB");
            }
        }
    }

    #[test]
    fn a_narrow_source_is_widened_without_images() {
        let out = to_telephone(&sine(1_000.0, 6_000, 1), 6_000, 1);
        assert!(decibel(level(&out[400..3_600], Hertz(1_000))).abs() < 0.3);
        // 5 kHz, the image of 1 kHz at 6 kHz, appears at 3 kHz if it is not stopped.
        assert!(decibel(level(&out[400..3_600], Hertz(3_000))) < -50.0);
    }

    #[test]
    fn odd_input_gives_what_there_is() {
        assert_eq!(to_telephone(&[1, 2, 3], 8_000, 2), [2]);
        assert!(to_telephone(&[], 44_100, 2).is_empty());
        assert!(to_telephone(&[5], 48_000, 1).is_empty());
    }
}
