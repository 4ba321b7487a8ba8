//! Cost: CPU time of single steps of the thread under test, so that a slow datagram is found whatever else the
//! machine does meanwhile.
//!
//! A target wraps each step that the engine takes for one datagram in [`of`]; the runner [`take`]s the dearest.

use nix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static DEAREST: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Does a step and remembers what it cost when it is the dearest so far.
pub fn of<T>(step: impl FnOnce() -> T) -> T {
    let before = now();
    let done = step();
    let spent = now().saturating_sub(before);
    DEAREST.with(|dearest| dearest.set(dearest.get().max(spent)));
    done
}

/// The dearest step since the last question.
#[must_use]
pub fn take() -> Duration {
    DEAREST.with(|dearest| dearest.replace(Duration::ZERO))
}

/// What one step may cost: a millisecond of an optimized build. Without optimization the same step takes ten to
/// thirty times as long, and only a step that got out of hand is found.
#[must_use]
pub const fn bound() -> Duration {
    Duration::from_millis(if cfg!(debug_assertions) { 60 } else { 1 })
}

fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_step_is_told_once() {
        let sum = |count: u64| of(|| (0..count).fold(0, |sum: u64, n| std::hint::black_box(sum ^ n)));
        sum(10);
        let cheap = take();
        sum(2_000_000);
        sum(10);
        let dear = take();
        assert!(dear > cheap && dear > Duration::from_micros(100), "{cheap:?} {dear:?}");
        assert_eq!(take(), Duration::ZERO);
    }
}
