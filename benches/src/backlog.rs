//! Recorded talks that wait to become Opus when a centre starts: what a busy day leaves to do.
//!
//! ```text
//!   noise that comes and goes like speech, on either side in turn ─▶ ten minutes a file ─▶ index: whole, to become Opus
//! ```
//!
//! Never knows: calls, figures.

use anyhow::Result;
use base::Random;
use media::alaw;
use node::recording::file::Recording;
use node::recording::wav;
use report::{RecordId, UnixMs};
use std::path::Path;
use store::recordings::{Filed, Format, State};
use store::{Note, Recordings};

/// Minutes of a talk.
pub const MINUTES: u64 = 10;
/// Samples of a channel in it.
const LENGTH: u64 = wav::RATE * 60 * MINUTES;
/// How long one side speaks.
const TURN: u64 = wav::RATE * 4;

/// Lays so many talks below a centre's directory, with the usual names of database and folder.
///
/// # Errors
/// When they cannot be written.
pub fn lay(directory: &Path, talks: u32) -> Result<()> {
    if talks == 0 {
        return Ok(());
    }
    let mut index = Recordings::open(directory.join("sujie.db"))?;
    for number in 0..talks {
        let (id, file) = (RecordId::new(0, number.into()), format!("2024-02-02/090000-0-{number}.wav"));
        let mut one = Recording::new(directory.join("recordings").join(&file));
        let mut dice = Random::seeded(number.into());
        for from in (0..LENGTH).step_by(TURN as usize) {
            one.sound(from, &turn(&mut dice, (from / TURN).is_multiple_of(2)))?;
        }
        let whole = one.finish(LENGTH)?;
        let (begun, keep_until) = (UnixMs(1_706_835_600_000), None);
        let note = Note::Begun {
            id,
            call: None,
            agent: String::new(),
            group: String::new(),
            at: begun,
            keep_until,
            format: Format::Opus,
        };
        let filed = Filed {
            id,
            begun,
            state: State::Whole,
            file,
            length_ms: MINUTES * 60_000,
            gap_ms: 0,
            bytes: whole.bytes,
            sha256: Some(whole.sha256),
            keep_until,
        };
        index.write(&[note, Note::Filed(Box::new(filed))])?;
    }
    Ok(())
}

/// Some seconds of both channels, one of which speaks: a buzz of a voice's pitch, in syllables, with a little noise.
fn turn(dice: &mut Random, left: bool) -> Vec<u8> {
    let mut sound = Vec::with_capacity((TURN * wav::CHANNELS) as usize);
    let pitch = 50 + dice.below(40);
    for at in 0..TURN {
        let noise = |dice: &mut Random| dice.below(33) as i16 - 16;
        let syllable = (at as f64 / 1_600.0 * std::f64::consts::PI).sin().abs();
        let pulse = 1.0 - (at % pitch) as f64 / pitch as f64 * 2.0;
        let said = (pulse * pulse * pulse * syllable * 9_000.0) as i16;
        for speaks in [left, !left] {
            sound.push(alaw::encode(noise(dice) + if speaks { said } else { 0 }));
        }
    }
    sound
}
