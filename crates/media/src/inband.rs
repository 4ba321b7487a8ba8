//! Keys heard as tones in the audio (ITU-T Q.23), from callers whose carrier sends no telephone-event.
//!
//! ```text
//!   payload ─▶ window of 25 ms, every 5 ms ─▶ Goertzel, 8 frequencies ─▶ one low, one high, nothing else?
//!   lost packet: the windows with its hole say nothing                            │
//!                                four windows agree ─▶ key      three without it ─▶ released
//! ```
//!
//! What a window must show (limits: ITU-T Q.24, table A-1; where administrations differ, what all of them want heard
//! is heard):
//!
//! * one frequency of each group, at least −33 dBm0, the others of its group 8 dB below;
//! * each within 1.5 % and 2 Hz of its place, and none that is 3.5 % away: measured by how far its phase has moved
//!   since the window before; it neither glides nor swells, as voices do, while it becomes a key;
//! * the high one at most 5 dB above and 10 dB below the low one (Q.24: 4 and 8 dB);
//! * 87 % of the power of the window in the two, and once 96 %: speech and music have harmonics and neighbors, keys have none. A
//!   window that the tone does not fill fails by this, too, which makes the shortest key about 30 ms (Q.24: 40 ms must
//!   be heard, 23 ms must not).
//!
//! A key that is held down survives an interruption of 10 ms; a pause of 40 ms ends it. A caller who is silent costs a
//! sum of squares. Never knows: packets' order of arrival beyond their timestamps, who listens, what a key means.

use std::f32::consts::{PI, TAU};

/// Samples in a window: 25 ms, 40 Hz a bin.
const WINDOW: usize = 200;
/// Samples between two windows: 5 ms.
const HOP: usize = 40;
/// The low group, then the high group (Q.23).
const HERTZ: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// Keys by low and high frequency.
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// Windows in a row that make a key.
const HITS: u8 = 4;
/// Windows without it that release a key.
const MISSES: u8 = 3;
/// Smallest amplitude of a tone: −33 dBm0 (a full-scale sine is +3.14 dBm0).
const AMPLITUDE_MIN: f32 = 500.0;
/// Smallest part of the window's power that the two tones have.
const SHARE_MIN: f32 = 0.87;
/// How far a tone may move while it becomes a key, in hertz.
const GLIDE_MAX: f32 = 8.0;
/// How much louder or softer it may become: 1.5 dB, as a ratio of powers.
const SWELL_MAX: f32 = 1.4;
/// Beyond 1.5 %: 2 Hz, and what noise makes of it.
const OFF_MAX: f32 = 3.0;
/// The same in the purest of the windows.
const SHARE_PURE: f32 = 0.96;
/// The same while a key is held down: somebody may speak over it.
const SHARE_HELD: f32 = 0.5;
/// 8 dB between the tone and the others of its group, as a ratio of powers.
const NEIGHBOR: f32 = 6.3;
/// 5 dB: high over low, as a ratio of powers.
const TWIST: f32 = 3.16;
/// 10 dB: low over high.
const TWIST_REVERSE: f32 = 10.0;
/// A hole that is still loss and not a pause of the sender: 60 ms in samples.
const HOLE_MAX: u32 = 480;
/// Packets behind their time in a row after which the timestamps must have a new base.
const BEHIND_MAX: u8 = 5;

/// The ear for the tones of one party.
#[derive(Clone, Debug)]
pub(crate) struct Inband {
    samples: [f32; WINDOW],
    /// New samples since the last window.
    fresh: usize,
    /// Samples without a hole, up to a window.
    whole: usize,
    /// Timestamp of the next sample.
    next: Option<u32>,
    behind: u8,
    /// What the window before showed of each frequency.
    before: Option<[Phasor; 8]>,
    /// A key that is not believed yet, as its first window showed it, and in how many it was heard.
    candidate: Option<(Tones, u8)>,
    held: Option<Held>,
    shape: Shape,
}

/// A key that is held down.
#[derive(Clone, Copy, Debug)]
struct Held {
    digit: char,
    /// Largest power of its tones.
    power: f32,
    misses: u8,
}

/// Strength and phase of one frequency.
#[derive(Clone, Copy, Debug, Default)]
struct Phasor {
    re: f32,
    im: f32,
}

/// The Hann window, and what Goertzel needs for each frequency.
#[derive(Clone, Debug)]
struct Shape {
    window: [f32; WINDOW],
    cos: [f32; 8],
    sin: [f32; 8],
}

/// What one window shows: the strongest of both groups.
#[derive(Clone, Copy, Debug)]
struct Tones {
    digit: char,
    /// Power of both.
    power: f32,
    /// How many hertz each is beside its place.
    off: [f32; 2],
    /// Their part of the window's power.
    share: f32,
    /// Whether all limits for a key that begins are kept.
    clear: bool,
}

impl Inband {
    pub(crate) fn new() -> Self {
        let step = HERTZ.map(|hertz| TAU * hertz / 8_000.0);
        let shape = Shape {
            window: std::array::from_fn(|n| 0.5 - 0.5 * (TAU * (n as f32 + 0.5) / WINDOW as f32).cos()),
            cos: step.map(f32::cos),
            sin: step.map(f32::sin),
        };
        Self {
            samples: [0.0; WINDOW],
            fresh: 0,
            whole: 0,
            next: None,
            behind: 0,
            before: None,
            candidate: None,
            held: None,
            shape,
        }
    }

    /// A packet's payload; `key` is told each key as soon as it is believed.
    pub(crate) fn hear(
        &mut self,
        timestamp: u32,
        payload: &[u8],
        table: &[i16; 256],
        mut key: impl FnMut(char),
    ) {
        let ahead = timestamp.wrapping_sub(self.next.unwrap_or(timestamp)).cast_signed();
        if ahead < 0 && self.behind < BEHIND_MAX {
            // Too late: where it belongs is a hole already.
            self.behind += 1;
            return;
        }
        self.behind = 0;
        if ahead < 0 || ahead.unsigned_abs() > HOLE_MAX {
            self.restart();
        } else if ahead > 0 {
            self.whole = 0;
            self.before = None;
        }
        self.next = Some(timestamp.wrapping_add(payload.len() as u32));
        let mut rest = payload;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(HOP - self.fresh));
            self.samples.copy_within(now.len().., 0);
            for (sample, &code) in self.samples[WINDOW - now.len()..].iter_mut().zip(now) {
                *sample = f32::from(table[usize::from(code)]);
            }
            self.fresh += now.len();
            self.whole = (self.whole + now.len()).min(WINDOW);
            rest = later;
            if self.fresh == HOP {
                self.fresh = 0;
                self.look(&mut key);
            }
        }
    }

    /// The source has started over, or a pause has ended: nothing is held down.
    pub(crate) fn restart(&mut self) {
        (self.fresh, self.whole, self.next) = (0, 0, None);
        (self.before, self.candidate, self.held) = (None, None, None);
    }

    /// Five milliseconds later.
    fn look(&mut self, key: &mut impl FnMut(char)) {
        if self.whole < WINDOW {
            return;
        }
        let tones = self.tones();
        let heard = tones.filter(|tones| tones.clear);
        if let Some(held) = &mut self.held {
            // A quarter of its power: the window is half full of it.
            let same = tones.filter(|tones| {
                tones.digit == held.digit && tones.share >= SHARE_HELD && tones.power * 4.0 >= held.power
            });
            match same {
                Some(tones) => (held.power, held.misses) = (held.power.max(tones.power), 0),
                None => held.misses += 1,
            }
            if held.misses >= MISSES {
                self.held = None;
            } else if heard.is_none_or(|tones| tones.digit == held.digit) {
                self.candidate = None;
                return;
            }
        }
        self.candidate = heard.map(|tones| match self.candidate {
            Some((first, hits)) if first.goes_on_as(&tones) => {
                (Tones { share: first.share.max(tones.share), ..first }, hits.saturating_add(1))
            }
            _ => (tones, 1),
        });
        if let Some((first, _)) =
            self.candidate.take_if(|(first, hits)| *hits >= HITS && first.share >= SHARE_PURE)
        {
            self.held = Some(Held { digit: first.digit, power: first.power, misses: 0 });
            key(first.digit);
        }
    }

    /// What the window shows; nothing when it is too soft or the window before is not known.
    fn tones(&mut self) -> Option<Tones> {
        let power: f32 = self
            .samples
            .iter()
            .zip(&self.shape.window)
            .map(|(sample, weight)| sample * sample * weight)
            .sum();
        let power = power / (WINDOW as f32 / 2.0);
        if power < AMPLITUDE_MIN * AMPLITUDE_MIN / 2.0 {
            self.before = None;
            return None;
        }
        let now = self.shape.goertzel(&self.samples);
        let before = self.before.replace(now)?;
        let strength = now.map(Phasor::power);
        let low = largest(&strength[..4]);
        let high = 4 + largest(&strength[4..]);
        let alone = |best: usize, group: std::ops::Range<usize>| {
            group.filter(|&other| other != best).all(|other| strength[other] * NEIGHBOR < strength[best])
        };
        let off = |at: usize| now[at].advance(before[at], HERTZ[at]);
        let (off_low, off_high) = (off(low), off(high));
        let near = |at: usize, off: f32| off.abs() <= HERTZ[at] * 0.015 + OFF_MAX;
        let (strong_low, strong_high) = (strength[low] / lobe(off_low), strength[high] / lobe(off_high));
        let share = (strong_low + strong_high) / power;
        let clear = share >= SHARE_MIN
            && near(low, off_low)
            && near(high, off_high)
            && strong_low.min(strong_high) * 2.0 >= AMPLITUDE_MIN * AMPLITUDE_MIN
            && strong_high <= strong_low * TWIST
            && strong_low <= strong_high * TWIST_REVERSE
            && alone(low, 0..4)
            && alone(high, 4..8);
        Some(Tones {
            digit: KEYS[low][high - 4],
            power: strong_low + strong_high,
            off: [off_low, off_high],
            share,
            clear,
        })
    }
}

impl Tones {
    /// Whether a later window shows the same tones: a voice that glides past does not.
    fn goes_on_as(&self, later: &Self) -> bool {
        let moved = self.off.iter().zip(later.off).any(|(one, other)| (one - other).abs() > GLIDE_MAX);
        let louder = self.power.max(later.power) > self.power.min(later.power) * SWELL_MAX;
        self.digit == later.digit && !moved && !louder
    }
}

impl Shape {
    /// All eight in one go, a lane each.
    fn goertzel(&self, samples: &[f32; WINDOW]) -> [Phasor; 8] {
        let (mut one, mut two) = ([0.0f32; 8], [0.0f32; 8]);
        for (sample, weight) in samples.iter().zip(&self.window) {
            let input = sample * weight;
            let next: [f32; 8] = std::array::from_fn(|at| input + 2.0 * self.cos[at] * one[at] - two[at]);
            (two, one) = (one, next);
        }
        std::array::from_fn(|at| Phasor { re: one[at] - two[at] * self.cos[at], im: two[at] * self.sin[at] })
    }
}

impl Phasor {
    /// Mean power of a sine of that frequency: amplitude A comes out as A · N/4 under the window.
    fn power(self) -> f32 {
        (self.re * self.re + self.im * self.im) * 8.0 / (WINDOW * WINDOW) as f32
    }

    /// How far from `hertz` the tone is that moved the phase from `before` to here in one hop.
    fn advance(self, before: Self, hertz: f32) -> f32 {
        let re = self.re * before.re + self.im * before.im;
        let im = self.im * before.re - self.re * before.im;
        let turn = im.atan2(re) - TAU * hertz * HOP as f32 / 8_000.0;
        let turn = turn - (turn / TAU).round() * TAU;
        turn / TAU * 8_000.0 / HOP as f32
    }
}

/// What is left of a tone's power so many hertz beside the place where it is looked for (Hann window).
fn lobe(off: f32) -> f32 {
    let bins = (off * WINDOW as f32 / 8_000.0).abs().min(0.99);
    if bins < 0.01 {
        return 1.0;
    }
    let left = (PI * bins).sin() / (PI * bins) / (1.0 - bins * bins);
    left * left
}

fn largest(strength: &[f32]) -> usize {
    let mut best = 0;
    for (at, one) in strength.iter().enumerate() {
        if *one > strength[best] {
            best = at;
        }
    }
    best
}
