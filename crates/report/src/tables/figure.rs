//! Figures: what is printed of a cell, each under one key, with its name in two languages and its formula.
//!
//! A figure is kept as the whole numbers that it is made of ([`Value`]) and rounded when it is shown, once. A
//! threshold is part of the key: `sl2_30s` and `sl2_15s` are two figures.

pub use super::catalogue::all;
use super::cell::Cell;
use super::change::{Exact, shown};
use super::fold::{By, Who};
use crate::service_level::{Formula, Ratio};
use crate::spread::{Sparse, histogram};
use crate::surveys::Ratings;
use crate::tally::Spreads;
use std::time::Duration;

/// What is shown together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// What became of callers.
    Calls,
    /// Service levels.
    Service,
    /// Waits.
    Waits,
    /// Talks and wrap-ups.
    Talks,
    /// Agents.
    Agents,
    /// What callers said of talks, and what came of them.
    After,
    /// Calls that agents made.
    Outgoing,
}

impl Topic {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Calls, Self::Service, Self::Waits, Self::Talks, Self::Agents, Self::Outgoing, Self::After];

    /// Title: Chinese, English.
    #[must_use]
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Calls => ("话务量", "Calls"),
            Self::Service => ("服务水平", "Service level"),
            Self::Waits => ("等待", "Waits"),
            Self::Talks => ("通话", "Talks"),
            Self::Agents => ("接听员", "Agents"),
            Self::After => ("评价与处理结果", "Ratings and dispositions"),
            Self::Outgoing => ("呼出", "Outgoing"),
        }
    }
}

/// Which rows have the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// All callers and trunks: what happens before any line.
    Arrivals,
    /// Rows in which callers wait: all, groups, trunks.
    Lines,
    /// Groups only (and nothing in the row of all callers).
    Groups,
    /// All callers, agents, sites.
    Agents,
    /// Every row but trunks.
    People,
    /// Every row.
    All,
}

/// How a figure is made of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Count(fn(&Cell) -> u64),
    Share(fn(&Cell) -> (u64, u64)),
    /// Sum of milliseconds and the count to divide it by.
    Mean(fn(&Cell) -> (u64, u64)),
    Span(fn(&Cell) -> u64),
    Quantile(fn(&Spreads<Sparse>) -> &Sparse, u32),
    Level(Formula, usize),
    AnsweredWithin(usize),
    AbandonedWithin(usize),
    /// Rated with one of these.
    Rated(Ratings),
    /// Of those who rated, with one of these.
    Satisfaction(Ratings),
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its key, in files and on the command line.
    pub key: String,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// How it is made.
    pub formula: String,
    /// What it is shown with.
    pub topic: Topic,
    pub(super) rows: Rows,
    pub(super) of: Of,
}

/// A figure's value, as the whole numbers that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The row has no such figure.
    None,
    /// So many.
    Count(u64),
    /// A share; without one while its base is zero.
    Share(Ratio),
    /// A mean of spans; none of nothing.
    Mean {
        /// Sum of milliseconds.
        sum_ms: u64,
        /// How many.
        count: u64,
    },
    /// A time in milliseconds.
    Span(u64),
    /// At most so many milliseconds was that part of so many.
    Quantile {
        /// Milliseconds.
        ms: u64,
        /// Of how many.
        count: u64,
    },
}

impl Value {
    /// The value as a fraction (of one, of seconds); `None` where there is none.
    #[must_use]
    pub const fn exact(self) -> Option<Exact> {
        let (part, whole) = match self {
            Self::Count(count) => (count, 1),
            Self::Share(Ratio { part, whole }) => (part, whole),
            Self::Mean { sum_ms, count } => (sum_ms, count.saturating_mul(1000)),
            Self::Span(ms) => (ms, 1000),
            Self::Quantile { ms, count } if count > 0 => (ms, 1000),
            Self::None | Self::Quantile { .. } => return None,
        };
        if whole == 0 { None } else { Some(Exact { part: part as i128, whole: whole as i128 }) }
    }

    /// For people: `2085192`, `93.73%`, `9.41`, `7:05:30`; `–` where there is none.
    #[must_use]
    pub fn shown(self) -> String {
        match (self, self.exact()) {
            (_, None) => "–".to_owned(),
            (Self::Count(count), _) => count.to_string(),
            (Self::Share(ratio), _) => ratio.to_string(),
            (Self::Span(ms), _) => {
                let seconds = (ms + 500) / 1000;
                format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
            }
            (_, Some(exact)) => shown(exact.rounded()),
        }
    }

    /// The whole numbers that a share or a mean is made of: `2025347/2160831`, `19621657 ms/2085192`.
    #[must_use]
    pub fn made_of(self) -> String {
        match self {
            Self::Share(Ratio { part, whole }) => format!("{part}/{whole}"),
            Self::Mean { sum_ms, count } => format!("{sum_ms} ms/{count}"),
            Self::Span(ms) => format!("{ms} ms"),
            Self::Quantile { count, .. } => format!("n={count}"),
            Self::None | Self::Count(_) => String::new(),
        }
    }

    /// What a single call adds to the figure: the number that a list adds up, in counts or milliseconds. A share's is
    /// its numerator.
    #[must_use]
    pub const fn share(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Count(number) | Self::Span(number) | Self::Quantile { count: number, .. } => number,
            Self::Share(ratio) => ratio.part,
            Self::Mean { sum_ms, .. } => sum_ms,
        }
    }

    /// Whether a call with this value is one of those that the figure is made of: in the numerator of a share, among
    /// the spans of a mean.
    #[must_use]
    pub const fn belongs(self) -> bool {
        match self {
            Self::Mean { count, .. } => count > 0,
            _ => self.share() > 0,
        }
    }
}

impl Figure {
    /// What a cell says.
    #[must_use]
    pub fn value(&self, cell: &Cell, by: By, who: Who) -> Value {
        if !self.applies(by, who) {
            return Value::None;
        }
        let counters = cell.counters();
        match self.of {
            Of::Count(count) => Value::Count(count(cell)),
            Of::Share(share) => {
                let (part, whole) = share(cell);
                Value::Share(Ratio { part, whole })
            }
            Of::Mean(mean) => {
                let (sum_ms, count) = mean(cell);
                Value::Mean { sum_ms, count }
            }
            Of::Span(span) => Value::Span(span(cell)),
            Of::Quantile(spread, per_mille) => {
                let mut whole = histogram();
                spread(&cell.tally.spreads).add_to(&mut whole);
                let ms = whole.value_at_quantile(f64::from(per_mille) / 1000.0);
                Value::Quantile { ms, count: whole.len() }
            }
            Of::Level(formula, threshold) => Value::Share(formula.of(&counters.served(threshold))),
            Of::AnsweredWithin(threshold) => Value::Count(counters.served(threshold).answered_within),
            Of::AbandonedWithin(threshold) => Value::Count(counters.served(threshold).abandoned_within),
            Of::Rated(ratings) => Value::Count(counters.surveys.among(ratings)),
            Of::Satisfaction(ratings) => Value::Share(counters.surveys.satisfaction(ratings)),
        }
    }

    /// Whether a row has this figure.
    #[must_use]
    pub fn applies(&self, by: By, who: Who) -> bool {
        let by = if who == Who::All { By::All } else { by };
        match self.rows {
            Rows::Arrivals => matches!(by, By::All | By::Trunk),
            Rows::Lines => matches!(by, By::All | By::Trunk | By::Group),
            Rows::Groups => by == By::Group,
            Rows::Agents => matches!(by, By::All | By::Agent | By::Site),
            Rows::People => by != By::Trunk,
            Rows::All => true,
        }
    }
}

/// A threshold as it is written in keys: `30s`, `1500ms`.
#[must_use]
pub fn key_of(threshold: Duration) -> String {
    let ms = threshold.as_millis();
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

/// A span for people, Chinese and English: `10分钟`, `10 min`; `90秒`, `90 s`.
#[must_use]
pub fn span_of(span: Duration) -> (String, String) {
    match span.as_millis() {
        ms if ms.is_multiple_of(60_000) => (format!("{}分钟", ms / 60_000), format!("{} min", ms / 60_000)),
        ms if ms.is_multiple_of(1000) => (format!("{}秒", ms / 1000), format!("{} s", ms / 1000)),
        ms => (format!("{ms}毫秒"), format!("{ms} ms")),
    }
}
