//! Seeds: which ones a test plays, and how one of them is played again.
//!
//! `SUJIE_SEED=n cargo test -p sujie-tests name_of_the_test` plays that seed alone; `SUJIE_NIGHTLY=1` plays twenty
//! times as many. Each seed is printed before it is played, so the last one printed is the one that failed.

/// Times as many seeds, or as much time, in a nightly run.
pub const NIGHTLY: u64 = 20;

/// Whether this is a long run.
#[must_use]
pub fn nightly() -> bool {
    std::env::var("SUJIE_NIGHTLY").is_ok_and(|text| text != "0")
}

/// Plays `usual` seeds, or those that the environment asks for.
pub fn each(usual: u64, play: impl Fn(u64)) {
    let wanted = std::env::var("SUJIE_SEED").ok().and_then(|text| text.parse::<u64>().ok());
    let count = if nightly() { usual * NIGHTLY } else { usual };
    for seed in wanted.map_or(1..count + 1, |seed| seed..seed + 1) {
        println!("SUJIE_SEED={seed}");
        play(seed);
    }
}
