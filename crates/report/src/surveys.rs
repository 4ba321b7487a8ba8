//! Surveys: what answered callers said of the service, each once, and what is made of it.
//!
//! ```text
//!   Surveyed ─▶ record: rated(1…9) · timeout · invalid · hung_up        the last one said of a call
//!   answered and over, nothing said ─▶ not_offered
//! ```
//!
//! Every answered call that is over has exactly one of these, so that they add up to the talks. It is counted for the
//! group that answered the caller first, as his talk is, and for the agent who answered for the talk last.
//!
//! Never knows: the question that was asked.

use crate::service_level::Ratio;
use call::event::Verdict;
use std::fmt;

/// Keys that can rate: 1 to 9.
pub const RATINGS: usize = 9;

/// What came of an answered call's survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survey {
    /// The caller pressed this key, 1 to 9.
    Rated(u8),
    /// He pressed none.
    Timeout,
    /// He pressed wrong ones only.
    Invalid,
    /// The call ended while he was asked.
    HungUp,
    /// The call came to no survey: he had hung up first, or there is none.
    NotOffered,
}

impl Survey {
    /// From what the engine told.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Rated(rating) => Self::Rated(rating),
            Verdict::Timeout => Self::Timeout,
            Verdict::Invalid => Self::Invalid,
            Verdict::HungUp => Self::HungUp,
        }
    }

    /// Key in records, without the rating.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Rated(_) => "rated",
            Self::Timeout => "timeout",
            Self::Invalid => "invalid",
            Self::HungUp => "hung_up",
            Self::NotOffered => "not_offered",
        }
    }

    /// The rating.
    #[must_use]
    pub const fn rating(self) -> Option<u8> {
        match self {
            Self::Rated(rating) => Some(rating),
            _ => None,
        }
    }

    /// From the words in the records; `None` for none, or for one that this version does not know.
    #[must_use]
    pub fn read(key: &str, rating: Option<u8>) -> Option<Self> {
        match key {
            "rated" => rating.map(Self::Rated),
            "timeout" => Some(Self::Timeout),
            "invalid" => Some(Self::Invalid),
            "hung_up" => Some(Self::HungUp),
            "not_offered" => Some(Self::NotOffered),
            _ => None,
        }
    }
}

/// A set of ratings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratings(u16);

impl Ratings {
    /// Very satisfied and satisfied, where 1 is best.
    pub const SATISFIED: Self = Self(1 << 1 | 1 << 2);
    /// Not satisfied and not at all, of five.
    pub const LOW: Self = Self(1 << 4 | 1 << 5);

    /// Of these keys; what is no rating is left out.
    pub fn of(keys: impl IntoIterator<Item = u8>) -> Self {
        let rates = |key: &u8| (1..=RATINGS as u8).contains(key);
        Self(keys.into_iter().filter(rates).fold(0, |all, key| all | 1 << key))
    }

    /// Whether a rating is one of them.
    #[must_use]
    pub const fn contains(self, rating: u8) -> bool {
        rating <= RATINGS as u8 && self.0 >> rating & 1 != 0
    }
}

impl fmt::Display for Ratings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = (1..=RATINGS as u8).filter(|key| self.contains(*key)).map(|key| key.to_string());
        f.write_str(&keys.collect::<Vec<_>>().join("+"))
    }
}

/// Answered calls that are over, by what came of their survey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surveys {
    /// Rated, by key from 1 on.
    pub rated: [u64; RATINGS],
    /// No key.
    pub timeout: u64,
    /// Wrong keys only.
    pub invalid: u64,
    /// The call ended while it was asked.
    pub hung_up: u64,
    /// Came to no survey.
    pub not_offered: u64,
}

impl Surveys {
    pub(crate) fn take(&mut self, survey: Survey) {
        self.add(survey, 1);
    }

    /// Counts so many with the same result.
    pub fn add(&mut self, survey: Survey, count: u64) {
        let counter = match survey {
            Survey::Rated(rating) => self.rated.get_mut(usize::from(rating).wrapping_sub(1)),
            Survey::Timeout => Some(&mut self.timeout),
            Survey::Invalid => Some(&mut self.invalid),
            Survey::HungUp => Some(&mut self.hung_up),
            Survey::NotOffered => Some(&mut self.not_offered),
        };
        if let Some(counter) = counter {
            *counter += count;
        }
    }

    /// Rated, with whatever key.
    #[must_use]
    pub fn ratings(&self) -> u64 {
        self.rated.iter().sum()
    }

    /// Asked to rate.
    #[must_use]
    pub fn offered(&self) -> u64 {
        self.ratings() + self.timeout + self.invalid + self.hung_up
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.offered() + self.not_offered
    }

    /// Rated with one of these.
    #[must_use]
    pub fn among(&self, ratings: Ratings) -> u64 {
        (1..).zip(&self.rated).filter(|(key, _)| ratings.contains(*key)).map(|(_, count)| count).sum()
    }

    /// 满意率: of those who rated, rated with one of these.
    #[must_use]
    pub fn satisfaction(&self, satisfied: Ratings) -> Ratio {
        Ratio { part: self.among(satisfied), whole: self.ratings() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_told_apart_and_read_again() {
        let all = [Survey::Rated(9), Survey::Timeout, Survey::Invalid, Survey::HungUp, Survey::NotOffered];
        let mut surveys = Surveys::default();
        for survey in all.into_iter().chain([Survey::Rated(1), Survey::Rated(2), Survey::Rated(4)]) {
            assert_eq!(Survey::read(survey.key(), survey.rating()), Some(survey));
            surveys.take(survey);
        }
        assert_eq!((surveys.total(), surveys.offered(), surveys.ratings()), (8, 7, 4));
        assert_eq!(surveys.satisfaction(Ratings::SATISFIED), Ratio { part: 2, whole: 4 });
        assert_eq!(surveys.among(Ratings::LOW), 1);
        surveys.take(Survey::Rated(0));
        surveys.take(Survey::Rated(200));
        assert_eq!(surveys.ratings(), 4, "no rating");
        assert_eq!(Survey::read("adored", None), None);
    }

    #[test]
    fn ratings_are_sets_of_keys() {
        assert_eq!(Ratings::of([1, 2, 0, 17, 255]), Ratings::SATISFIED);
        assert_eq!(
            (Ratings::SATISFIED.to_string(), Ratings::of([]).to_string()),
            ("1+2".into(), String::new())
        );
        assert!(!Ratings::LOW.contains(3) && Ratings::LOW.contains(5) && !Ratings::LOW.contains(200));
    }
}
