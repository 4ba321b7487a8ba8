//! Spreads: how waits, rings, talks and wrap-ups are distributed.
//!
//! ```text
//!   since the start ──▶ Histogram (hdrhistogram, dense, quantiles at once)
//!   per quarter     ──▶ Sparse    (same buckets, only those that occur) ──add_to──▶ Histogram of any span
//! ```
//!
//! Two significant digits from 1 ms to 2 h; longer spans count as 2 h. Quarters are kept as the buckets that
//! occur, because a day of dense ones would be 100 MB for a big centre; they merge without loss, so nobody
//! ever averages quantiles.

use hdrhistogram::Histogram;
use std::time::Duration;

/// Upper bounds (inclusive) of the exact wait counts, for metrics and the wallboard.
pub const WAIT_BOUNDS: [Duration; 12] = [
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_secs(45),
    Duration::from_secs(60),
    Duration::from_secs(90),
    Duration::from_secs(120),
    Duration::from_secs(180),
    Duration::from_secs(300),
    Duration::from_secs(600),
];

/// Longest span told apart, in milliseconds.
const LONGEST_MS: u64 = 2 * 3_600_000;

/// An empty histogram with the buckets that all spreads share.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MS, 2).expect("constant bounds are in range")
}

/// Something that spans are recorded in.
pub trait Record {
    /// Records one span.
    fn record(&mut self, span: Duration);
}

/// A spread that nobody asks for.
impl Record for () {
    fn record(&mut self, _: Duration) {}
}

/// A dense spread, since the start.
#[derive(Clone, Debug)]
pub struct Dense(pub Histogram<u64>);

impl Default for Dense {
    fn default() -> Self {
        Self(histogram())
    }
}

impl Record for Dense {
    fn record(&mut self, span: Duration) {
        self.0.saturating_record(millis(span).min(LONGEST_MS));
    }
}

impl Dense {
    /// At most so long was the `quantile` (0 to 1) of the spans; zero of nothing.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_millis(self.0.value_at_quantile(quantile))
    }
}

/// A sparse spread: the buckets that occur, in order. Bounded by the number of buckets (about 2,200).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sparse(Vec<(u32, u32)>);

impl Record for Sparse {
    fn record(&mut self, span: Duration) {
        let low = bucket(millis(span).min(LONGEST_MS)) as u32;
        match self.0.binary_search_by_key(&low, |(low, _)| *low) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(1),
            Err(at) => self.0.insert(at, (low, 1)),
        }
    }
}

impl Sparse {
    /// Adds its spans to a histogram made by [`histogram`].
    pub fn add_to(&self, whole: &mut Histogram<u64>) {
        for (low, count) in &self.0 {
            whole.saturating_record_n(u64::from(*low), u64::from(*count));
        }
    }

    /// Buckets in use.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.0.len()
    }
}

/// Lower end of the bucket that a value falls in: two significant digits need 256 sub-buckets, whose width
/// doubles with each power of two. Equal to `Histogram::lowest_equivalent`, without a histogram at hand.
const fn bucket(value: u64) -> u64 {
    let width_bits = (64 - (value | 0xff).leading_zeros()) - 8;
    value >> width_bits << width_bits
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    #[test]
    fn sparse_and_dense_spreads_agree_to_the_bucket() {
        let (mut sparse, mut dense) = (Sparse::default(), Dense::default());
        let mut random = Random::seeded(1);
        for _ in 0..20_000 {
            let bits = random.below(24);
            let span = Duration::from_millis(random.below(1 << bits));
            assert_eq!(
                bucket(millis(span).min(LONGEST_MS)),
                dense.0.lowest_equivalent(millis(span).min(LONGEST_MS))
            );
            sparse.record(span);
            dense.record(span);
        }
        let mut merged = histogram();
        sparse.add_to(&mut merged);
        for quantile in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0] {
            assert_eq!(merged.value_at_quantile(quantile), dense.0.value_at_quantile(quantile));
        }
        assert_eq!(merged.len(), 20_000);
        assert!(sparse.buckets() < 2300);
    }

    #[test]
    fn a_day_long_talk_counts_as_two_hours() {
        let mut dense = Dense::default();
        dense.record(Duration::from_secs(86_400));
        assert!(dense.quantile(1.0) >= Duration::from_secs(7200));
        assert!(dense.quantile(1.0) < Duration::from_secs(7300));
    }
}
