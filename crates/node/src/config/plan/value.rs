//! Values that only plan files have: numbers with a fraction, days, times of the day, and how spans scatter.

use crate::config::section::Section;
use crate::config::value::{Value, kind};
use sim::variate::Spread;
use std::time::Duration;
use toml::de::DeValue;

/// A time of the day, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub(super) struct Clock(pub(super) u32);

impl Value for Clock {
    const WANTED: &'static str = r#"a time of the day such as "08:30", or "24:00""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| format!("is {}, not a time in quotes", kind(value)))?;
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (minutes < 60 && hours * 60 + minutes <= 1_440).then_some(Self(hours * 60 + minutes))
        };
        read().ok_or_else(|| format!("{text:?} is not a time of the day"))
    }
}

/// Which days are worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Days {
    China,
    Plain,
}

impl Value for Days {
    const WANTED: &'static str =
        r#""china" (statutory days and make-up weekends) or "plain" (Monday to Friday)"#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str() {
            Some("china") => Ok(Self::China),
            Some("plain") => Ok(Self::Plain),
            _ => Err("is not a calendar".into()),
        }
    }
}

/// How a span scatters: the four kinds, with the keys that each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Constant,
    Exponential,
    Lognormal,
    LogLogistic,
}

impl Value for Kind {
    const WANTED: &'static str = r#""constant", "exponential", "lognormal" or "log_logistic""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str() {
            Some("constant") => Ok(Self::Constant),
            Some("exponential") => Ok(Self::Exponential),
            Some("lognormal") => Ok(Self::Lognormal),
            Some("log_logistic") => Ok(Self::LogLogistic),
            Some(other) => Err(format!("{other:?} is no way to scatter")),
            None => Err(format!("is {}, not a word in quotes", kind(value))),
        }
    }
}

/// A spread out of a table such as `{ kind = "lognormal", mean = "2m14s290ms", sigma = 0.9887 }`; `usual` when the key is
/// left out. What else belongs in the table is read by `more`.
pub(super) fn spread<'f, M>(
    outer: &mut Section<'f>,
    key: &'static str,
    usual: Spread,
    more: impl FnOnce(&mut Section<'f>) -> M,
) -> (Spread, Option<M>) {
    let Some(mut section) = outer.section(key) else { return (usual, None) };
    let more = more(&mut section);
    (inner(section, usual), Some(more))
}

fn inner(mut section: Section<'_>, usual: Spread) -> Spread {
    let (findings, place) = (section.findings(), section.place());
    let kind = section.or("kind", Kind::Exponential);
    let positive = |span: toml::Spanned<Duration>| {
        // One that is not there has been told already, and stands where its table does.
        if span.get_ref().is_zero() && span.span() != place {
            findings.wrong(
                span.span(),
                "a span that scatters around nothing",
                "write a mean or median above 0s",
            );
        }
        span.into_inner()
    };
    let spread = match kind.get_ref() {
        Kind::Constant => Spread::Constant(section.must("mean", "\"7s\"").into_inner()),
        Kind::Exponential => Spread::Exponential { mean: positive(section.must("mean", "\"90s\"")) },
        Kind::Lognormal => Spread::Lognormal {
            mean: positive(section.must("mean", "\"2m14s\"")),
            sigma: section.within("sigma", 0.5, 0.01..=4.0).into_inner(),
        },
        Kind::LogLogistic => Spread::LogLogistic {
            median: positive(section.must("median", "\"2m\"")),
            shape: section.within("shape", 1.5, 0.2..=20.0).into_inner(),
        },
    };
    section.close();
    if findings.any_wrong() { usual } else { spread }
}
