//! The music that a centre has before anybody has given it any: half a minute of broken chords, computed.
//!
//! ```text
//!   16 chords × 8 notes ─▶ plucked voices (decaying partials) ─▶ one ring of samples, seamless when looped
//! ```
//!
//! Written for a telephone: between 250 Hz and 3 kHz, moderate level, no silence that sounds like a lost
//! line. No rights of others are touched. Never knows: clips, packets, who waits.

use crate::resample::TELEPHONE_RATE;
use std::f64::consts::TAU;

/// Length of one note, in samples: a quarter of a second.
const NOTE: usize = TELEPHONE_RATE as usize / 4;
/// How long a note rings on.
const RING: usize = NOTE * 5;
/// Peak of the finished music, about −9 dBm0 at its loudest.
const PEAK: f64 = 8_000.0;

/// Chords as semitones above middle C: C, Am, F, G and their relatives, twice round with another ending.
const CHORDS: [[i32; 4]; 16] = [
    [0, 4, 7, 12],
    [-3, 4, 9, 12],
    [5, 9, 12, 17],
    [7, 11, 14, 19],
    [0, 7, 12, 16],
    [4, 7, 11, 16],
    [5, 9, 12, 17],
    [7, 11, 14, 17],
    [-3, 4, 9, 12],
    [4, 7, 11, 16],
    [5, 9, 12, 17],
    [0, 7, 12, 16],
    [2, 5, 9, 14],
    [7, 11, 14, 19],
    [5, 9, 12, 16],
    [7, 11, 14, 17],
];
/// The order in which a chord's four notes are plucked.
const PATTERN: [usize; 8] = [0, 1, 2, 3, 2, 3, 1, 2];

/// Hold music: 32 s at 8 kHz, made to be looped.
#[must_use]
pub fn hold_music() -> Vec<i16> {
    let length = CHORDS.len() * PATTERN.len() * NOTE;
    let mut ring = vec![0.0; length];
    for (bar, chord) in CHORDS.iter().enumerate() {
        let begin = bar * PATTERN.len() * NOTE;
        for (beat, &voice) in PATTERN.iter().enumerate() {
            let accent = if beat % 4 == 0 { 1.0 } else { 0.75 };
            pluck(&mut ring, begin + beat * NOTE, chord[voice] + 12, accent, 2.2);
        }
        // The chord's root underneath, softer and longer.
        pluck(&mut ring, begin, chord[0], 0.8, 1.1);
    }
    let peak = ring.iter().fold(1.0, |peak: f64, sample: &f64| peak.max(sample.abs()));
    ring.into_iter().map(|sample| (sample / peak * PEAK).round() as i16).collect()
}

/// Adds a plucked note that rings on beyond the end into the begin, so that the loop has no seam.
fn pluck(ring: &mut [f64], begin: usize, semitones: i32, strength: f64, decay: f64) {
    let rate = f64::from(TELEPHONE_RATE);
    let hertz = 261.626 * (f64::from(semitones) / 12.0).exp2();
    let length = ring.len();
    for n in 0..RING {
        let time = n as f64 / rate;
        let attack = (time / 0.006).min(1.0);
        let release = ((RING - n) as f64 / 400.0).min(1.0);
        let phase = TAU * hertz * time;
        let voice = phase.sin() * (-decay * time).exp()
            + 0.35 * (2.0 * phase).sin() * (-2.0 * decay * time).exp()
            + 0.12 * (3.0 * phase).sin() * (-3.0 * decay * time).exp();
        ring[(begin + n) % length] += voice * strength * attack * release;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hold_music_is_half_a_minute_without_silence_or_clipping_and_loops_without_a_click() {
        let music = hold_music();
        assert_eq!(music.len(), 32 * TELEPHONE_RATE as usize);
        assert!(music.iter().all(|sample| sample.unsigned_abs() <= 8_000));
        for (second, part) in music.chunks(TELEPHONE_RATE as usize).enumerate() {
            let power: f64 = part.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / part.len() as f64;
            assert!(power.sqrt() > 500.0, "second {second} is nearly silent");
        }
        let step = |a: i16, b: i16| (i32::from(a) - i32::from(b)).abs();
        let inside = music.windows(2).map(|w| step(w[0], w[1])).max().expect("samples");
        assert!(step(music[music.len() - 1], music[0]) <= inside);
    }
}
