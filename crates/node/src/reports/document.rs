//! A report before it has a format: head lines, sheets of items, charts, notes. Every format draws the same one.

use super::options::Lang;
use report::tables::{Change, Value};

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// Title.
    pub(super) title: String,
    /// Name and value of what it is about: period, limits, file.
    pub(super) head: Vec<(String, String)>,
    /// Figures to be seen first: label, value, remark.
    pub(super) tiles: Vec<(String, String, String)>,
    /// Charts.
    pub(super) charts: Vec<Chart>,
    /// Tables.
    pub(super) sheets: Vec<Sheet>,
    /// Whether every row reconciles, in words.
    pub(super) reconciles: String,
    /// What a reader must know.
    pub(super) notes: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Key, for programs.
    pub(super) key: String,
    /// Title.
    pub(super) title: String,
    /// Columns.
    pub(super) columns: Vec<Column>,
    /// Rows of items, one for each column.
    pub(super) rows: Vec<Vec<Item>>,
    /// What was left out of it, in words; empty for nothing.
    pub(super) remark: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Key, for programs.
    pub(super) key: String,
    /// Label.
    pub(super) label: String,
    /// How its figures are made; empty for names.
    pub(super) formula: String,
    /// Numbers stand to the right.
    pub(super) number: bool,
}

impl Column {
    /// Of text.
    pub(super) fn text(key: &str, lang: Lang, zh: &str, en: &str) -> Self {
        Self { key: key.to_owned(), label: lang.label(zh, en), formula: String::new(), number: false }
    }

    /// Of numbers.
    pub(super) fn number(key: &str, lang: Lang, zh: &str, en: &str) -> Self {
        Self { number: true, ..Self::text(key, lang, zh, en) }
    }
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Words.
    Text(String),
    /// A figure.
    Value(Value),
    /// A change.
    Change(Change),
}

impl Item {
    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Value(value) => value.shown(),
            Self::Change(change) => change.to_string(),
        }
    }
}

impl From<&str> for Item {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Item {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A chart over the intervals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// Title.
    pub(super) title: String,
    /// Names of the intervals, in order.
    pub(super) names: Vec<String>,
    /// What is drawn.
    pub(super) series: Vec<Series>,
    /// Bars on one another, or lines.
    pub(super) bars: bool,
    /// Written behind numbers of the axis.
    pub(super) unit: &'static str,
}

/// One of the things that a chart draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    /// Name.
    pub(super) name: String,
    /// Hundredths at each interval; `None` is a gap.
    pub(super) values: Vec<Option<i64>>,
}
