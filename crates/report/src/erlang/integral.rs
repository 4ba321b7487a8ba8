//! Integrals of smooth functions: adaptive Gauss–Kronrod with 7 and 15 points.
//!
//! Several functions at once, because they share their dear part. An interval is halved until the two rules
//! agree to [`AGREEMENT`] of the whole, or to the noise that the functions are known to have; at most
//! [`DEPTH_MAX`] times, and [`HALVINGS_MAX`] times in all. The same input always takes the same steps.

/// Intervals to begin with.
const PANELS: u32 = 6;
/// How often one of them is halved at most; then the finer rule's value is taken.
const DEPTH_MAX: u32 = 24;
/// How often all of them together are halved at most; then likewise.
const HALVINGS_MAX: u32 = 2_000;
/// How far the rules may differ, as a share of the whole.
const AGREEMENT: f64 = 1e-12;

/// Kronrod's places, his weights, and Gauss's weights at every second of them (QUADPACK, qk15).
const RULE: [(f64, f64, f64); 8] = [
    (0.991_455_371_120_812_6, 0.022_935_322_010_529_225, 0.0),
    (0.949_107_912_342_758_5, 0.063_092_092_629_978_55, 0.129_484_966_168_869_7),
    (0.864_864_423_359_769_1, 0.104_790_010_322_250_18, 0.0),
    (0.741_531_185_599_394_4, 0.140_653_259_715_525_92, 0.279_705_391_489_276_64),
    (0.586_087_235_467_691_1, 0.169_004_726_639_267_9, 0.0),
    (0.405_845_151_377_397_2, 0.190_350_578_064_785_4, 0.381_830_050_505_118_9),
    (0.207_784_955_007_898_47, 0.204_432_940_075_298_9, 0.0),
    (0.0, 0.209_482_141_084_727_82, 0.417_959_183_673_469_4),
];

/// The integrals of `of` from `from` to `to`; zero when that is no interval. `noise` is the relative error that
/// the values of `of` have: to ask for more would halve without end.
pub(super) fn integrate<const N: usize>(
    from: f64,
    to: f64,
    noise: f64,
    of: impl Fn(f64) -> [f64; N] + Copy,
) -> [f64; N] {
    if from >= to {
        return [0.0; N];
    }
    let width = (to - from) / f64::from(PANELS);
    let place = |panel: u32| if panel == PANELS { to } else { from + width * f64::from(panel) };
    let mut whole = [0.0; N];
    let mut open = Vec::with_capacity(64);
    for panel in (0..PANELS).rev() {
        let part = Part::new(place(panel), place(panel + 1), DEPTH_MAX, of);
        add(&mut whole, &part.fine);
        open.push(part);
    }
    let allowed = whole.map(|whole| whole.abs() * AGREEMENT.max(noise));
    let (mut sum, mut halvings) = ([0.0; N], 0);
    while let Some(part) = open.pop() {
        let agree = (0..N).all(|k| (part.fine[k] - part.coarse[k]).abs() <= allowed[k]);
        if agree || part.depth == 0 || halvings == HALVINGS_MAX {
            add(&mut sum, &part.fine);
            continue;
        }
        halvings += 1;
        let middle = 0.5 * (part.from + part.to);
        open.push(Part::new(middle, part.to, part.depth - 1, of));
        open.push(Part::new(part.from, middle, part.depth - 1, of));
    }
    sum
}

/// An interval with what both rules say of it.
struct Part<const N: usize> {
    from: f64,
    to: f64,
    depth: u32,
    fine: [f64; N],
    coarse: [f64; N],
}

impl<const N: usize> Part<N> {
    fn new(from: f64, to: f64, depth: u32, of: impl Fn(f64) -> [f64; N]) -> Self {
        let (centre, half) = (0.5 * (from + to), 0.5 * (to - from));
        let (mut fine, mut coarse) = ([0.0; N], [0.0; N]);
        let mut take = |x: f64, kronrod: f64, gauss: f64| {
            let value = of(x);
            for k in 0..N {
                fine[k] += half * kronrod * value[k];
                coarse[k] += half * gauss * value[k];
            }
        };
        for (place, kronrod, gauss) in RULE {
            take(centre + half * place, kronrod, gauss);
            if place > 0.0 {
                take(centre - half * place, kronrod, gauss);
            }
        }
        Self { from, to, depth, fine, coarse }
    }
}

fn add<const N: usize>(sum: &mut [f64; N], part: &[f64; N]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_integrals_come_out() {
        let [one, cube, narrow] = integrate(0.0, 1.0, 0.0, |x: f64| {
            let t = (x - 0.3) / 1e-2;
            [1.0, x * x * x, (-0.5 * t * t).exp()]
        });
        assert!((one - 1.0).abs() < 1e-14 && (cube - 0.25).abs() < 1e-14);
        let exact = 1e-2 * (2.0 * std::f64::consts::PI).sqrt();
        assert!((narrow / exact - 1.0).abs() < 1e-11, "{narrow}");
        assert_eq!(integrate(2.0, 1.0, 0.0, |x| [x]), [0.0]);
    }
}
