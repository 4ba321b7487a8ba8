//! Erlang B, C and A: what so many agents give so many callers, in the long run of a steady hour.
//!
//! ```text
//!   B  callers who find all busy are gone          blocking      trunks, ports
//!   C  callers who find all busy wait for ever     Traffic ─▶ ErlangC ─▶ within(T)
//!   A  callers who find all busy wait as long      Traffic ─▶ ErlangA ─▶ within(T) ─▶ SL1, SL2, SL4
//!      as their patience lasts
//! ```
//!
//! Calls arrive by chance at a steady rate (Poisson), handling and patience are exponential, one line is served
//! in order of arrival. A says what a hotline sees; C, without abandons, is what many spreadsheets hold: it is
//! too dark near full load, and says nothing beyond it.
//!
//! **Method.** B is the recursion B₀ = 1, Bₖ = aBₖ₋₁/(k + aBₖ₋₁); C follows from it. For A a caller with endless
//! patience would wait V; then with n agents, rates λ (arrivals), μ (one agent) and θ (patience), V has the density
//!
//! ```text
//!   v(x) = λ π(n−1) exp φ(x),   φ(x) = λ (1 − e^(−θx)) / θ − nμx,   P(V = 0) = π(n−1) / B(a, n−1)
//! ```
//!
//! which is the birth–death chain with rate min(k,n)μ + (k−n)⁺θ, summed over k (Zeltyn and Mandelbaum 2005,
//! M/M/n+G with exponential patience). Everything is an integral of v times e^(−θx), its complement or x; φ is
//! concave, so exp(φ − max φ) is one hill, integrated by adaptive Gauss–Kronrod within its 1e-21 feet. Scaling
//! by the hill's top, and taking probabilities from logarithms, keeps it from overflow at any load.
//!
//! **Accuracy.** Against the chain itself, summed state by state, differences stay below 1e-9 from 1 to 3,000
//! agents and to 3,000 erlang, under and over full load (`tests`). The published vectors come out to all printed
//! digits. What is *not* exact is the model: talk is not exponential, and patience has a hump where
//! announcements end. The shares are near all the same; the extreme waits are not.
//!
//! ```
//! use report::erlang::{self, Traffic};
//! use std::time::Duration;
//!
//! let traffic = Traffic::per_hour(150.0, Duration::from_millis(164_290)).unwrap();
//! let level = erlang::a(traffic, Duration::from_secs(90), 10);
//! let within = level.within(Duration::from_secs(30));
//! assert_eq!(format!("{:.2}% {:.2}%", 100.0 * within.sl1(), 100.0 * within.sl2()), "93.71% 97.01%");
//! ```
//!
//! Never knows: targets ([`crate::staffing`]), what was measured ([`crate::advice`]).

mod integral;

use integral::integrate;
use std::fmt;
use std::time::Duration;

/// Most agents that are told apart: twice the greatest load, where nobody waits. More count as so many.
pub const AGENTS_MAX: u32 = 10_000;
/// Greatest load, in erlang.
pub const ERLANGS_MAX: f64 = 5_000.0;
/// Longest mean handling time.
pub const HANDLING_MAX: Duration = Duration::from_secs(86_400);
/// Shortest mean patience; less counts as this.
pub const PATIENCE_MIN: Duration = Duration::from_millis(1);
/// Longest mean patience; more counts as this.
pub const PATIENCE_MAX: Duration = Duration::from_secs(30 * 86_400);

/// Calls that come, and how long each keeps an agent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    per_second: f64,
    handling: Duration,
}

/// Why there is no such traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutOfBounds {
    /// So many calls an hour are no rate.
    Rate(f64),
    /// The mean handling time is too long.
    Handling(Duration),
    /// Both together are too much, in erlang.
    Load(f64),
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(calls) => write!(f, "{calls} calls an hour is no rate; it is 0 or more"),
            Self::Handling(span) => {
                write!(f, "a mean handling time of {span:?} is too long; it is a day at most")
            }
            Self::Load(erlangs) => {
                write!(
                    f,
                    "{erlangs:.0} erlang (calls a second × seconds each) are too much; the most is {ERLANGS_MAX}"
                )
            }
        }
    }
}

impl std::error::Error for OutOfBounds {}

impl Traffic {
    /// So many calls a second of so much handling (talk, hold and wrap-up) each.
    ///
    /// # Errors
    /// When the rate is negative or no number, or one of the module's bounds is exceeded.
    pub fn per_second(calls: f64, handling: Duration) -> Result<Self, OutOfBounds> {
        if !(0.0..f64::INFINITY).contains(&calls) {
            return Err(OutOfBounds::Rate(calls * 3600.0));
        }
        if handling > HANDLING_MAX {
            return Err(OutOfBounds::Handling(handling));
        }
        let traffic = Self { per_second: calls, handling };
        if traffic.erlangs() > ERLANGS_MAX { Err(OutOfBounds::Load(traffic.erlangs())) } else { Ok(traffic) }
    }

    /// So many calls an hour of so much handling each.
    ///
    /// # Errors
    /// As [`Traffic::per_second`].
    pub fn per_hour(calls: f64, handling: Duration) -> Result<Self, OutOfBounds> {
        Self::per_second(calls / 3600.0, handling)
    }

    /// A part of it with the same handling: a site's share, a busier day. `None` when that is out of bounds.
    #[must_use]
    pub fn times(self, factor: f64) -> Option<Self> {
        Self::per_second(self.per_second * factor, self.handling).ok()
    }

    /// Calls a second.
    #[must_use]
    pub const fn calls_per_second(self) -> f64 {
        self.per_second
    }

    /// Calls an hour.
    #[must_use]
    pub fn calls_per_hour(self) -> f64 {
        self.per_second * 3600.0
    }

    /// Mean handling time of a call.
    #[must_use]
    pub const fn handling(self) -> Duration {
        self.handling
    }

    /// Traffic offered, in erlang.
    #[must_use]
    pub fn erlangs(self) -> f64 {
        self.per_second * self.handling.as_secs_f64()
    }
}

/// Erlang B: the share of attempts that find all `servers` busy, when those are gone. For trunks and ports.
/// 1 for a load that is no number.
#[must_use]
pub fn b(erlangs: f64, servers: u32) -> f64 {
    if erlangs <= 0.0 {
        return if servers == 0 { 1.0 } else { 0.0 };
    }
    if !erlangs.is_finite() {
        return 1.0;
    }
    (1..=servers.min(AGENTS_MAX))
        .fold(1.0, |blocked, k| erlangs * blocked / (f64::from(k) + erlangs * blocked))
}

/// What Erlang C says of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangC {
    /// Share of callers who wait at all.
    pub waiting: f64,
    /// Average speed of answer: mean wait of all, who are all answered.
    pub asa: Duration,
    /// Share of their time in which agents handle calls.
    pub occupancy: f64,
    /// How fast the waits of those who wait die away, a second.
    decay: f64,
}

/// Erlang C: callers wait for ever. `None` when the load is not less than the agents: the line would only grow.
#[must_use]
pub fn c(traffic: Traffic, agents: u32) -> Option<ErlangC> {
    let (load, n) = (traffic.erlangs(), f64::from(agents.min(AGENTS_MAX)));
    if load >= n {
        return None;
    }
    if load == 0.0 {
        return Some(ErlangC { waiting: 0.0, asa: Duration::ZERO, occupancy: 0.0, decay: 0.0 });
    }
    let blocked = b(load, agents);
    let waiting = n * blocked / (n - load * (1.0 - blocked));
    let decay = (n - load) / traffic.handling.as_secs_f64();
    Some(ErlangC { waiting, asa: span(waiting / decay), occupancy: load / n, decay })
}

impl ErlangC {
    /// Share of callers answered within `t`. Nobody abandons, so SL1 and SL2 are the same.
    #[must_use]
    pub fn within(&self, t: Duration) -> f64 {
        1.0 - self.waiting * (-self.decay * t.as_secs_f64()).exp()
    }
}

/// What Erlang A says of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    /// Share of callers who find all agents busy.
    pub waiting: f64,
    /// Share of callers who abandon.
    pub abandoned: f64,
    /// Mean wait of those who are answered.
    pub wait_answered: Duration,
    /// Mean wait of all, answered and abandoned.
    pub wait_all: Duration,
    /// Mean number of callers in the line.
    pub line: f64,
    /// Share of their time in which agents handle calls.
    pub occupancy: f64,
    shape: Shape,
}

/// What became of callers within a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// Share of all callers answered within it.
    pub answered: f64,
    /// Share of all callers who abandoned within it.
    pub abandoned: f64,
    /// Share of all callers who are answered at all.
    pub answered_ever: f64,
}

impl Within {
    /// Answered within T of offered.
    #[must_use]
    pub const fn sl1(&self) -> f64 {
        self.answered
    }

    /// Answered within T of answered; 1 when nobody is.
    #[must_use]
    pub fn sl2(&self) -> f64 {
        if self.answered_ever > 0.0 { (self.answered / self.answered_ever).min(1.0) } else { 1.0 }
    }

    /// Answered or abandoned within T of offered.
    #[must_use]
    pub const fn sl4(&self) -> f64 {
        self.answered + self.abandoned
    }
}

/// The density of the virtual wait.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// Everybody is answered at once.
    Idle,
    /// Nobody is answered.
    Closed { theta: f64 },
    /// A hill.
    Hill(Hill),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Hill {
    lambda: f64,
    theta: f64,
    /// n μ.
    drain: f64,
    /// φ at its top.
    top: f64,
    /// Where the hill begins, peaks and ends.
    span: [f64; 3],
    /// What makes of the integral a probability: P(V > 0) / ∫ exp(φ − top).
    scale: f64,
    /// P(V = 0).
    at_once: f64,
    answered: f64,
}

/// exp(−48) ≈ 1e-21 of the top: where the hill ends.
const FOOT: f64 = 48.0;

/// Erlang A: callers wait for exponential patience with the given mean.
#[must_use]
pub fn a(traffic: Traffic, patience: Duration, agents: u32) -> ErlangA {
    let patience = patience.clamp(PATIENCE_MIN, PATIENCE_MAX).as_secs_f64();
    let (lambda, theta, load) = (traffic.per_second, patience.recip(), traffic.erlangs());
    let agents = agents.min(AGENTS_MAX);
    if agents == 0 {
        return ErlangA {
            waiting: 1.0,
            abandoned: 1.0,
            wait_answered: Duration::ZERO,
            wait_all: span(patience),
            line: lambda * patience,
            occupancy: 0.0,
            shape: Shape::Closed { theta },
        };
    }
    // The load may be too small for a number to hold even when there are calls.
    if load == 0.0 {
        return IDLE;
    }
    let n = f64::from(agents);
    let mut hill = Hill::new(lambda, theta, n / traffic.handling.as_secs_f64());
    let [whole, left, waited] = hill.sum(|x, v| {
        let leaves = -(-theta * x).exp_m1();
        [v, v * leaves, v * (1.0 - leaves) * x]
    });
    let odds = b(load, agents - 1).ln() + lambda.ln() + hill.top + whole.ln();
    let waiting = (1.0 + (-odds).exp()).recip();
    hill.scale = waiting / whole;
    hill.at_once = (1.0 + odds.exp()).recip();
    let abandoned = (hill.scale * left).min(1.0);
    // The other way round for a line where nearly everybody leaves: what is served is then small, and known.
    let served = hill.at_once + hill.scale * (whole - left);
    hill.answered = served;
    let wait_answered = if served > 0.0 { hill.scale * waited / served } else { 0.0 };
    ErlangA {
        waiting,
        abandoned,
        wait_answered: span(wait_answered),
        wait_all: span(abandoned * patience),
        line: lambda * abandoned * patience,
        occupancy: (load * served / n).min(1.0),
        shape: Shape::Hill(hill),
    }
}

const IDLE: ErlangA = ErlangA {
    waiting: 0.0,
    abandoned: 0.0,
    wait_answered: Duration::ZERO,
    wait_all: Duration::ZERO,
    line: 0.0,
    occupancy: 0.0,
    shape: Shape::Idle,
};

impl ErlangA {
    /// What becomes of callers within `t`, bound included.
    #[must_use]
    pub fn within(&self, t: Duration) -> Within {
        let t = t.as_secs_f64();
        match &self.shape {
            Shape::Idle => Within { answered: 1.0, abandoned: 0.0, answered_ever: 1.0 },
            Shape::Closed { theta } => {
                Within { answered: 0.0, abandoned: -(-theta * t).exp_m1(), answered_ever: 0.0 }
            }
            Shape::Hill(hill) => hill.within(t),
        }
    }
}

impl Hill {
    fn new(lambda: f64, theta: f64, drain: f64) -> Self {
        let peak = ((lambda / drain).ln() / theta).max(0.0);
        let mut hill =
            Self { lambda, theta, drain, top: 0.0, span: [0.0; 3], scale: 0.0, at_once: 0.0, answered: 0.0 };
        hill.top = hill.phi(peak);
        let first = if hill.phi(0.0) >= hill.top - FOOT { 0.0 } else { hill.foot(0.0, peak) };
        let mut step = drain.recip();
        while hill.phi(peak + step) > hill.top - FOOT {
            step *= 2.0;
        }
        hill.span = [first, peak, hill.foot(peak + step, peak)];
        hill
    }

    fn phi(&self, x: f64) -> f64 {
        -self.lambda * (-self.theta * x).exp_m1() / self.theta - self.drain * x
    }

    /// Where φ crosses the foot's height between a place below it and the peak.
    fn foot(&self, below: f64, peak: f64) -> f64 {
        let (mut below, mut above) = (below, peak);
        for _ in 0..60 {
            let middle = 0.5 * (below + above);
            if self.phi(middle) < self.top - FOOT { below = middle } else { above = middle }
        }
        below
    }

    /// Integrals over the whole hill of something made from place and scaled density.
    fn sum<const N: usize>(&self, of: impl Fn(f64, f64) -> [f64; N] + Copy) -> [f64; N] {
        let [first, _, last] = self.span;
        self.sum_between(first, last, of)
    }

    fn sum_between<const N: usize>(
        &self,
        from: f64,
        to: f64,
        of: impl Fn(f64, f64) -> [f64; N] + Copy,
    ) -> [f64; N] {
        let [first, peak, last] = self.span;
        let (from, to) = (from.clamp(first, last), to.clamp(first, last));
        let at = |x: f64| of(x, (self.phi(x) - self.top).exp());
        let middle = peak.clamp(from, to);
        // φ is the difference of two numbers up to λx: so much of it is noise, and as much of exp φ.
        let noise = 4.0 * f64::EPSILON * self.lambda.max(self.drain) * last;
        let (left, right) = (integrate(from, middle, noise, at), integrate(middle, to, noise, at));
        std::array::from_fn(|k| left[k] + right[k])
    }

    fn within(&self, t: f64) -> Within {
        let theta = self.theta;
        let [_, _, last] = self.span;
        let [stayed, left] = self.sum_between(0.0, t, |x, v| {
            let leaves = -(-theta * x).exp_m1();
            [v * (1.0 - leaves), v * leaves]
        });
        let [later] = self.sum_between(t, last.max(t), |_, v| [v]);
        let leaves = -(-theta * t).exp_m1();
        Within {
            answered: (self.at_once + self.scale * stayed).min(self.answered),
            abandoned: self.scale * (left + later * leaves),
            answered_ever: self.answered,
        }
    }
}

/// A span of so many seconds. At most 30 days by the bounds above, which a span holds.
fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
