//! [`Occupancy`]: how busy an agent has been, the last half hour counting most.
//!
//! Busy time fades by half in every [`HALF`]. Two agents who are both idle fade alike, so which of them has been
//! busier does not change while they wait, and one number, set when an agent becomes ready, is enough to order
//! them for good:
//!
//! ```text
//!   busy(t) = busy(t₀) · 2^−(t−t₀)/HALF        rank = log₂ busy(t₀) + t₀/HALF
//! ```
//!
//! All of it in whole numbers: the same ranks on every machine.
//!
//! Never knows: what he was busy with.

use base::Timestamp;
use std::time::Duration;

/// Busy time counts half after so long.
pub(crate) const HALF: Duration = Duration::from_secs(1_800);

/// Fractional bits of the logarithm.
const BITS: u32 = 32;

/// Faded busy time of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
    /// In microseconds, as of `at`.
    busy: u64,
    at: Timestamp,
}

impl Occupancy {
    /// He was busy from `from` until `now`.
    pub(crate) fn add(&mut self, from: Timestamp, now: Timestamp) {
        // What lay before fades; the span itself is short beside HALF and counts in full.
        self.busy = faded(self.busy, now.since(self.at));
        self.busy = self.busy.saturating_add(u64::try_from(now.since(from).as_micros()).unwrap_or(u64::MAX));
        self.at = now;
    }

    /// Lower for whoever has been less busy; comparable between agents who are idle.
    pub(crate) fn rank(&self) -> u64 {
        if self.busy == 0 {
            return 0;
        }
        let halves = (u128::from(self.at.as_nanos()) << BITS) / HALF.as_nanos();
        log2(self.busy).saturating_add(u64::try_from(halves).unwrap_or(u64::MAX))
    }
}

/// `busy · 2^−(span/HALF)`.
fn faded(busy: u64, span: Duration) -> u64 {
    let (halves, rest) = (span.as_nanos() / HALF.as_nanos(), span.as_nanos() % HALF.as_nanos());
    if halves >= 64 {
        return 0;
    }
    // Between two halves a straight line: within 6 % of the curve, and never out of order.
    let half = busy >> halves;
    half - ((u128::from(half) * rest / HALF.as_nanos()) >> 1) as u64
}

/// Base-two logarithm with [`BITS`] fractional bits (rounded down); zero for zero.
fn log2(number: u64) -> u64 {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    // Normalized to 1.0 ..2.0 with 63 fractional bits; each squaring gives the next bit of the logarithm.
    let mut rest = u128::from(number) << (63 - whole);
    let mut log = u64::from(whole);
    for _ in 0..BITS {
        rest = (rest * rest) >> 63;
        log <<= 1;
        if rest >= 1 << 64 {
            rest >>= 1;
            log |= 1;
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_right_to_many_places() {
        for (number, log) in [(1, 0.0), (2, 1.0), (3, 1.584_962_500_7), (1_000_000, 19.931_568_569_3)] {
            assert!((log2(number) as f64 / (1u64 << BITS) as f64 - log).abs() < 1e-8, "{number}");
        }
    }

    #[test]
    fn who_was_busy_long_ago_is_less_occupied_than_who_was_busy_just_now() {
        let at = Timestamp::from_secs;
        let (mut early, mut late, fresh) = (Occupancy::default(), Occupancy::default(), Occupancy::default());
        early.add(at(0), at(600));
        late.add(at(7_000), at(7_400));
        assert!(fresh.rank() < early.rank());
        assert!(early.rank() < late.rank());
        // An hour of work two half-lives ago counts as a quarter of an hour.
        let (mut hour, mut quarter) = (Occupancy::default(), Occupancy::default());
        hour.add(at(0), at(3_600));
        quarter.add(at(3_600 + 3_600 - 899), at(7_200));
        assert!(quarter.rank() < hour.rank());
        quarter.add(at(7_200), at(7_210));
        assert!(quarter.rank() > hour.rank());
    }
}
