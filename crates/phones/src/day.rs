//! The day that is played: who calls when and which number, how patient he is, how long he talks.
//!
//! ```text
//! Day { seed, arrivals, numbers, talk, patience, ring, … } ── person(n) ─▶ Person
//! ```
//!
//! A person is a function of the seed and his number alone. His number is also his telephone number
//! ([`caller_number`]), so the agent's phone that shows it can tell who is on the line, and both ends of a call
//! agree on who will hang up without a word between them.
//!
//! All spans are given in the hotline's time; `speed` divides them when they are drawn. Drawing uses floating
//! point: the phones decide nothing that a journal must repeat.

use base::Random;
use std::time::Duration;

/// A share in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share(pub u16);

impl Share {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(1000);

    /// Whether this one belongs to it.
    pub fn draws(self, random: &mut Random) -> bool {
        random.below(1000) < u64::from(self.0)
    }
}

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// For ever.
    Never,
    /// Always the same.
    Fixed(Duration),
    /// Anything between two.
    Uniform(Duration, Duration),
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: Duration,
    },
    /// Logarithm (of seconds) normal: talk times.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Deviation of the logarithm.
        sigma: f64,
    },
    /// Log-logistic, with the heavy tail that patience has (`S(t) = 1 / (1 + (t / median)^shape)`).
    LogLogistic {
        /// Half are gone by then.
        median: Duration,
        /// Steepness.
        shape: f64,
    },
}

/// Longest span that is drawn; the tails of the heavy distributions end here.
const SPAN_MAX: f64 = 86_400.0;

impl Span {
    /// Draws one; `None` is never.
    pub fn draw(self, random: &mut Random, speed: f64) -> Option<Duration> {
        let seconds = match self {
            Self::Never => return None,
            Self::Fixed(span) => span.as_secs_f64(),
            Self::Uniform(low, high) => {
                let (low, high) = (low.as_secs_f64(), high.as_secs_f64());
                low + random.unit() * (high - low)
            }
            Self::Exponential { mean } => -mean.as_secs_f64() * (1.0 - random.unit()).ln(),
            Self::LogNormal { mu, sigma } => (mu + sigma * normal(random)).exp(),
            Self::LogLogistic { median, shape } => {
                let u = random.unit();
                median.as_secs_f64() * (u / (1.0 - u)).powf(1.0 / shape)
            }
        };
        let seconds = if seconds.is_finite() { seconds.clamp(0.0, SPAN_MAX) } else { SPAN_MAX };
        Some(Duration::from_secs_f64(seconds / speed))
    }
}

/// Standard normal (Box and Muller 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

/// When calls arrive. Open loop: nothing that the engine does moves an arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// One every so often.
    Spaced(Duration),
    /// Poisson with this mean distance.
    Poisson(Duration),
    /// A line is filled first, one call every `gap`, and kept full then, one call every `then`.
    Filling {
        /// Calls that fill it.
        calls: u64,
        /// Their distance.
        gap: Duration,
        /// Distance of all later ones.
        then: Duration,
    },
}

/// Who hangs up at the end of a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangsUp {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Divides every span.
    pub speed: f64,
    /// When calls come.
    pub arrivals: Arrivals,
    /// How many calls there are.
    pub calls: u64,
    /// Called numbers and how often each is called, relative to the others.
    pub numbers: Vec<(String, u32)>,
    /// How long people talk with an agent.
    pub talk: Span,
    /// How long a caller waits for one.
    pub patience: Span,
    /// How long a phone rings until its agent answers.
    pub ring: Span,
    /// Talks that the agent ends.
    pub agent_hangs_up: Share,
    /// Callers whose first ACK is lost.
    pub ack_lost: Share,
    /// Callers who send CANCEL, ACK and BYE at once when they are answered: a hang-up that crosses the answer.
    pub crossing: Share,
    /// Callers who vanish without a word when their talk would end.
    pub vanishing: Share,
}

impl Default for Day {
    /// A quiet hotline's day as `domain.md` describes it: talk 134 s on average, patience 90 s.
    fn default() -> Self {
        Self {
            seed: 1,
            speed: 1.0,
            arrivals: Arrivals::Poisson(Duration::from_secs(5)),
            calls: u64::MAX,
            numbers: vec![("12345".to_owned(), 1)],
            talk: Span::LogNormal { mu: 4.4113, sigma: 0.9887 },
            patience: Span::Exponential { mean: Duration::from_secs(90) },
            ring: Span::Uniform(Duration::from_secs(1), Duration::from_secs(8)),
            agent_hangs_up: Share(400),
            ack_lost: Share::NONE,
            crossing: Share::NONE,
            vanishing: Share::NONE,
        }
    }
}

/// One caller of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// His place in the order of arrival, from 0.
    pub n: u64,
    /// Time since the caller before him.
    pub gap: Duration,
    /// Which number he calls, by its place in [`Day::numbers`].
    pub number: usize,
    /// How long he waits; `None` for ever.
    pub patience: Option<Duration>,
    /// How long he talks; `None` until the other side hangs up.
    pub talk: Option<Duration>,
    /// Who ends the talk.
    pub hangs_up: HangsUp,
    /// His first ACK is lost.
    pub ack_lost: bool,
    /// His hang-up crosses the answer.
    pub crossing: bool,
    /// He vanishes.
    pub vanishing: bool,
}

impl Day {
    /// The person who calls as number `n`.
    #[must_use]
    pub fn person(&self, n: u64) -> Person {
        let random = &mut Random::seeded(self.seed ^ n.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.bits();
        let gap = match self.arrivals {
            Arrivals::Spaced(gap) => Span::Fixed(gap),
            Arrivals::Poisson(mean) => Span::Exponential { mean },
            Arrivals::Filling { calls, gap, .. } if n < calls => Span::Fixed(gap),
            Arrivals::Filling { then, .. } => Span::Fixed(then),
        };
        Person {
            n,
            gap: gap.draw(random, self.speed).unwrap_or_default(),
            number: self.number(random),
            patience: self.patience.draw(random, self.speed),
            talk: self.talk.draw(random, self.speed),
            hangs_up: if self.agent_hangs_up.draws(random) { HangsUp::Agent } else { HangsUp::Caller },
            ack_lost: self.ack_lost.draws(random),
            crossing: self.crossing.draws(random),
            vanishing: self.vanishing.draws(random),
        }
    }

    fn number(&self, random: &mut Random) -> usize {
        let total: u64 = self.numbers.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = random.below(total);
        for (place, (_, weight)) in self.numbers.iter().enumerate() {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return place,
            }
        }
        0
    }
}

/// The telephone number of a person: a mobile number whose last nine digits tell him.
#[must_use]
pub fn caller_number(n: u64) -> String {
    format!("13{:09}", n % 1_000_000_000)
}

/// Who has a telephone number, however it was normalized on its way (`+8613…`, `013…`).
#[must_use]
pub fn person_of(number: &[u8]) -> Option<u64> {
    let at = number.len().checked_sub(11)?;
    let digits = number[at..].strip_prefix(b"13")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(span: Span, speed: f64) -> f64 {
        let random = &mut Random::seeded(5);
        let draws = 40_000;
        (0..draws).map(|_| span.draw(random, speed).unwrap().as_secs_f64()).sum::<f64>() / f64::from(draws)
    }

    #[test]
    fn talks_and_patience_have_the_means_of_the_field_and_speed_divides_them() {
        let day = Day::default();
        assert!((mean_of(day.talk, 1.0) - 134.29).abs() < 3.0);
        assert!((mean_of(day.talk, 10.0) - 13.429).abs() < 0.3);
        assert!((mean_of(day.patience, 1.0) - 90.0).abs() < 2.0);
        assert!((mean_of(day.ring, 1.0) - 4.5).abs() < 0.1);
        let median = Span::LogLogistic { median: Duration::from_secs(60), shape: 1.2 };
        let random = &mut Random::seeded(1);
        let early = (0..1000).filter(|_| median.draw(random, 1.0) < Some(Duration::from_secs(60))).count();
        assert!((450..550).contains(&early), "{early}");
    }

    #[test]
    fn a_person_is_the_same_each_time_he_is_asked_for() {
        let day = Day { numbers: vec![("a".to_owned(), 3), ("b".to_owned(), 1)], ..Day::default() };
        assert_eq!(day.person(17), day.person(17));
        assert_ne!(day.person(17), day.person(18));
        let b = (0..4000).filter(|n| day.person(*n).number == 1).count();
        assert!((900..1100).contains(&b), "{b}");
    }

    #[test]
    fn numbers_tell_persons_through_normalization() {
        assert_eq!(person_of(caller_number(42).as_bytes()), Some(42));
        assert_eq!(person_of(b"+8613000000042"), Some(42));
        assert_eq!(person_of(b"013000000042"), Some(42));
        for other in [&b"anonymous"[..], b"", b"051284350000", b"13x00000042", b"12345"] {
            assert_eq!(person_of(other), None);
        }
    }
}
