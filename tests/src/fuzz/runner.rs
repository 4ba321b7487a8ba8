//! The runner: a target over its corpus and mutations of it, for a bounded time.
//!
//! `SUJIE_SEED=n` begins with that seed; `SUJIE_NIGHTLY=1` runs five minutes. The input that failed, and of a good
//! run the dearest one, is written to the temporary directory; to see it again, put it into the corpus.

use super::corpus;
use super::cost;
use super::mutate::Mutator;
use crate::seeds;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A usual run.
const USUAL: Duration = Duration::from_secs(8);
/// A nightly one.
const NIGHTLY: Duration = Duration::from_secs(300);
/// Inputs of a usual run at least, however slow the machine is …
const INPUTS_MIN: u64 = 500;
/// … and at most.
const INPUTS_MAX: u64 = 200_000;
/// A dear input is played again this often: only what is always dear is the input's fault.
const AGAIN: u32 = 5;

/// What is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Folder of its corpus.
    pub name: &'static str,
    /// Further folders.
    pub further: &'static [&'static str],
    /// Plays one input; panics when something is wrong.
    pub run: fn(&[u8]),
}

/// What a run has done.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Inputs of the corpus.
    pub kept: u64,
    /// Floods of one word.
    pub floods: u64,
    /// Mutations.
    pub made: u64,
    /// CPU time of the dearest step …
    pub dearest: Duration,
    /// … and the input that it was for.
    pub worst: Vec<u8>,
}

/// Runs a target.
///
/// # Panics
/// When the target does, or when a step costs more than [`cost::bound`].
#[must_use]
pub fn run(target: &Target) -> Tally {
    let kept = corpus::load(target.name, target.further);
    let mut tally = Tally::default();
    for input in &kept {
        play(target, input, &mut tally);
        tally.kept += 1;
    }
    for input in [&[][..], &kept[kept.len() / 2]] {
        for flood in Mutator::floods(input) {
            play(target, &flood, &mut tally);
            tally.floods += 1;
        }
    }
    let (began, time, most) = if seeds::nightly() {
        (Instant::now(), NIGHTLY, u64::MAX)
    } else {
        (Instant::now(), USUAL, INPUTS_MAX)
    };
    let seed = std::env::var("SUJIE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    println!("SUJIE_SEED={seed}");
    let mut mutator = Mutator::seeded(seed);
    while tally.made < INPUTS_MIN || (tally.made < most && began.elapsed() < time) {
        let input = mutator.make(&kept);
        play(target, &input, &mut tally);
        tally.made += 1;
    }
    let path = save(target, &tally.worst, "dearest");
    println!("{}: {} kept, {} floods, {} made", target.name, tally.kept, tally.floods, tally.made);
    println!(
        "{}: the dearest step took {:?} of CPU time, with {}",
        target.name,
        tally.dearest,
        path.display()
    );
    tally
}

fn play(target: &Target, input: &[u8], tally: &mut Tally) {
    let mut spent = guarded(target, input);
    for _ in 0..AGAIN {
        if spent <= cost::bound() {
            break;
        }
        spent = spent.min(guarded(target, input));
    }
    if spent > cost::bound() {
        let path = save(target, input, "dear");
        panic!("{}: a step took {spent:?} of CPU time; see {}", target.name, path.display());
    }
    if spent > tally.dearest {
        // Once more: a first touch of memory is not the input's fault either.
        spent = spent.min(guarded(target, input));
    }
    if spent > tally.dearest {
        tally.dearest = spent;
        tally.worst = input.to_vec();
    }
}

fn guarded(target: &Target, input: &[u8]) -> Duration {
    let _ = cost::take();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        println!("{}: the input that failed is {}", target.name, save(target, input, "panic").display());
        resume_unwind(panic);
    }
    cost::take()
}

fn save(target: &Target, input: &[u8], why: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sujie-fuzz-{}-{why}.bin", target.name));
    // Without the file there are still seed and count.
    let _ = std::fs::write(&path, input);
    path
}
