//! Random spans: how long people talk, wait, write and take to pick up.
//!
//! ```text
//!   seed ─▶ unit in (0, 1) ──Spread::quantile──▶ seconds
//!                 ▲
//!                 └── Strata: the same, but each thousandth of the spread once in a thousand draws
//! ```
//!
//! Every span is drawn through its quantile function from one unit, so two runs that differ in their plan only
//! still give the same caller the same talk (common random numbers), and so that draws can be stratified.
//!
//! Floating point is allowed here: these numbers invent a world, they decide nothing in the engine. The same
//! seed gives the same numbers on the same machine.

use base::Random;
use std::time::Duration;

/// How a span of time is distributed. All means are of the whole distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Always this long.
    Constant(Duration),
    /// Memoryless, with this mean.
    Exponential {
        /// Its mean.
        mean: Duration,
    },
    /// The logarithm is normal: talk times, pick-up times.
    Lognormal {
        /// Mean of the span itself (not of its logarithm).
        mean: Duration,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Heavy-tailed patience: survival 1 / (1 + (t / median)^shape).
    LogLogistic {
        /// Half are shorter.
        median: Duration,
        /// Larger is narrower.
        shape: f64,
    },
}

impl Spread {
    /// The span below which a share `unit` of all lies; `unit` in (0, 1).
    #[must_use]
    pub fn quantile(&self, unit: f64) -> Duration {
        let secs = match *self {
            Self::Constant(span) => return span,
            Self::Exponential { mean } => -mean.as_secs_f64() * (1.0 - unit).ln(),
            Self::Lognormal { mean, sigma } => {
                mean.as_secs_f64() * (sigma * normal_quantile(unit) - sigma * sigma / 2.0).exp()
            }
            Self::LogLogistic { median, shape } => {
                median.as_secs_f64() * (unit / (1.0 - unit)).powf(1.0 / shape)
            }
        };
        span(secs)
    }

    /// The share of spans up to this one.
    #[must_use]
    pub fn share_up_to(&self, span: Duration) -> f64 {
        let secs = span.as_secs_f64();
        match *self {
            Self::Constant(constant) => f64::from(u8::from(constant <= span)),
            _ if secs <= 0.0 => 0.0,
            Self::Exponential { mean } => 1.0 - (-secs / mean.as_secs_f64().max(1e-9)).exp(),
            Self::Lognormal { mean, sigma } => {
                let mu = mean.as_secs_f64().max(1e-9).ln() - sigma * sigma / 2.0;
                normal_share((secs.ln() - mu) / sigma.max(1e-9))
            }
            Self::LogLogistic { median, shape } => {
                1.0 / (1.0 + (secs / median.as_secs_f64().max(1e-9)).powf(-shape))
            }
        }
    }

    /// One span.
    pub fn draw(&self, random: &mut Random) -> Duration {
        match *self {
            Self::Constant(span) => span,
            _ => self.quantile(open_unit(random)),
        }
    }

    /// One span of those that are longer than `past`: somebody has already waited so long and is still there. At
    /// the end of what numbers can tell apart (one in 10^12 is longer), a constant: he gives up now.
    pub fn draw_beyond(&self, past: Duration, random: &mut Random) -> Duration {
        let below = self.share_up_to(past).min(1.0 - 1e-12);
        let unit = below + (1.0 - below) * open_unit(random);
        self.quantile(unit.clamp(1e-15, 1.0 - 1e-15)).max(past)
    }

    /// The mean; `None` when there is none (a log-logistic of shape 1 or less).
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        match *self {
            Self::Constant(span) => Some(span),
            Self::Exponential { mean } | Self::Lognormal { mean, .. } => Some(mean),
            Self::LogLogistic { shape, .. } if shape <= 1.0 => None,
            Self::LogLogistic { median, shape } => {
                let angle = std::f64::consts::PI / shape;
                Some(span(median.as_secs_f64() * angle / angle.sin()))
            }
        }
    }
}

/// Draws of which each block covers all of (0, 1) evenly, in random order. A year's mean talk and its share of long
/// talks then differ between seeds by a fraction of what plain draws would (half a per cent for a share of 2 %), and
/// each single draw is as random as before.
#[derive(Clone, Debug)]
pub struct Strata {
    order: Vec<u16>,
    next: usize,
}

/// Strata in a block.
const STRATA: u16 = 1_000;

impl Default for Strata {
    fn default() -> Self {
        Self { order: (0..STRATA).collect(), next: usize::from(STRATA) }
    }
}

impl Strata {
    /// A unit in (0, 1).
    pub fn unit(&mut self, random: &mut Random) -> f64 {
        if self.next == self.order.len() {
            // Fisher and Yates, once a block.
            for last in (1..self.order.len()).rev() {
                self.order.swap(last, random.below(last as u64 + 1) as usize);
            }
            self.next = 0;
        }
        let stratum = self.order[self.next];
        self.next += 1;
        (f64::from(stratum) + open_unit(random)) / f64::from(STRATA)
    }
}

/// A unit that is neither 0 nor 1.
pub fn open_unit(random: &mut Random) -> f64 {
    ((random.bits() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

/// A factor with mean 1 and this variance, gamma distributed (Marsaglia and Tsang 2000).
pub fn gamma_factor(variance: f64, random: &mut Random) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    let shape = 1.0 / variance;
    // Below one: the draw for shape + 1, times a power of a unit.
    let (boosted, lift) =
        if shape < 1.0 { (shape + 1.0, open_unit(random).powf(1.0 / shape)) } else { (shape, 1.0) };
    let d = boosted - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal_quantile(open_unit(random));
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && open_unit(random).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * lift * variance;
        }
    }
}

/// A factor with mean 1 and this coefficient of variation, lognormal: the one below which a share `unit` of all lies.
#[must_use]
pub fn lognormal_factor(cv: f64, unit: f64) -> f64 {
    let variance = (1.0 + cv * cv).ln();
    (variance.sqrt() * normal_quantile(unit) - variance / 2.0).exp()
}

/// How many come when `mean` are expected (Poisson). Large means are split, which is exact.
pub fn poisson(mean: f64, random: &mut Random) -> u64 {
    let (mut rest, mut count) = (mean, 0);
    while rest > 0.0 {
        let part = rest.min(30.0);
        rest -= part;
        let floor = (-part).exp();
        let mut product = open_unit(random);
        while product > floor {
            count += 1;
            product *= open_unit(random);
        }
    }
    count
}

/// Seconds as a span, to the nanosecond; at most a year, at least nothing.
fn span(secs: f64) -> Duration {
    const YEAR_S: f64 = 366.0 * 86_400.0;
    if secs.is_finite() {
        Duration::from_secs_f64(secs.clamp(0.0, YEAR_S))
    } else {
        Duration::from_secs(366 * 86_400)
    }
}

/// The quantile of the standard normal distribution (Acklam 2003; relative error below 1.2e-9).
#[must_use]
pub fn normal_quantile(unit: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    const LOW: f64 = 0.02425;
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if unit < LOW {
        tail((-2.0 * unit.ln()).sqrt())
    } else if unit > 1.0 - LOW {
        -tail((-2.0 * (1.0 - unit).ln()).sqrt())
    } else {
        let q = unit - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    }
}

/// The share of the standard normal distribution up to `z` (Abramowitz and Stegun 26.2.17; error below 7.5e-8).
#[must_use]
pub fn normal_share(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let upper = density
        * t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    if z >= 0.0 { 1.0 - upper } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The talk of 2024: mean 134.29 s, 2.23 % over ten minutes.
    const TALK: Spread = Spread::Lognormal { mean: Duration::from_millis(134_290), sigma: 0.9887 };

    fn secs(span: Duration) -> f64 {
        span.as_secs_f64()
    }

    #[test]
    fn talk_has_the_moments_and_quantiles_that_were_published() {
        let mut random = Random::seeded(1);
        let mut strata = Strata::default();
        let draws: Vec<f64> = (0..400_000).map(|_| secs(TALK.quantile(strata.unit(&mut random)))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let var = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        let long = draws.iter().filter(|x| **x > 600.0).count() as f64 / draws.len() as f64;
        assert!((mean / 134.29 - 1.0).abs() < 0.003, "mean {mean}");
        assert!((var.sqrt() / mean / 1.288 - 1.0).abs() < 0.02, "cv {}", var.sqrt() / mean);
        assert!((long / 0.0223 - 1.0).abs() < 0.01, "long {long}");
        // Quantiles computed by hand from mu = 4.4113, sigma = 0.9887.
        for (unit, wanted) in
            [(0.05, 16.2), (0.25, 42.3), (0.5, 82.4), (0.75, 160.5), (0.95, 419.0), (0.99, 822.0)]
        {
            let got = secs(TALK.quantile(unit));
            assert!((got / wanted - 1.0).abs() < 0.01, "{unit}: {got} for {wanted}");
        }
    }

    #[test]
    fn share_and_quantile_undo_each_other() {
        let spreads = [
            TALK,
            Spread::Exponential { mean: Duration::from_secs(90) },
            Spread::LogLogistic { median: Duration::from_secs(120), shape: 1.3 },
        ];
        for spread in spreads {
            for unit in [0.001, 0.02, 0.3, 0.5, 0.9, 0.99] {
                let again = spread.share_up_to(spread.quantile(unit));
                assert!((again - unit).abs() < 1e-6, "{spread:?} {unit} {again}");
            }
        }
    }

    #[test]
    fn whoever_has_waited_has_more_patience_than_that() {
        let mut random = Random::seeded(3);
        let patience = Spread::Exponential { mean: Duration::from_secs(90) };
        let past = Duration::from_secs(45);
        let draws: Vec<f64> = (0..50_000).map(|_| secs(patience.draw_beyond(past, &mut random))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!(draws.iter().all(|span| *span >= 45.0));
        assert!((mean - 135.0).abs() < 2.0, "memoryless: 45 s and 90 s more, not {mean}");
        // Far out in the tail there is nothing to divide by, and still an answer.
        assert!(
            TALK.draw_beyond(Duration::from_secs(1_000_000), &mut random) >= Duration::from_secs(1_000_000)
        );
    }

    #[test]
    fn counts_scatter_as_the_law_says() {
        let mut random = Random::seeded(7);
        let counts: Vec<f64> = (0..20_000).map(|_| poisson(75.5, &mut random) as f64).collect();
        let mean = counts.iter().sum::<f64>() / 20_000.0;
        let var = counts.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 75.5).abs() < 0.3 && (var / mean - 1.0).abs() < 0.04, "{mean} {var}");
        for variance in [0.02, 0.5, 3.0] {
            let draws: Vec<f64> = (0..40_000).map(|_| gamma_factor(variance, &mut random)).collect();
            let mean = draws.iter().sum::<f64>() / 40_000.0;
            let var = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
            assert!(
                (mean - 1.0).abs() < 0.03 && (var / variance - 1.0).abs() < 0.12,
                "{variance}: {mean} {var}"
            );
        }
    }
}
