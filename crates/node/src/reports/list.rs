//! Opening a figure: the calls (and agents' wrap-ups and sessions) that make it, each with its share.
//!
//! ```text
//!   --list answered_within_30s --by group=general --day 2024-02-02
//!        figure                     row                period
//! ```
//!
//! A share is made by the same fold that makes the table, from one call alone. The list adds its shares up and holds
//! them against the table's figure: the last line says whether they are the same.

use super::document::{Column, Document, Item, Sheet};
use super::options::{Lang, Options};
use super::titles::Titles;
use crate::config::nearest::nearest;
use anyhow::{Context, Result};
use call::Resolver;
use report::disposals::Given;
use report::tables::rows::Fate;
use report::tables::{AgentTime, Call, Figure, Setup, Tables, TimeKind, Value, Who, figure};
use report::{Survey, words};

/// Lines that are kept; further calls are added up and not shown.
pub(super) const LINES_MAX: usize = 100_000;

/// A list in the making.
pub(super) struct List {
    figure: Figure,
    who: Who,
    setup: Setup,
    lang: Lang,
    rows: Vec<Vec<Item>>,
    found: u64,
    sum: u64,
}

impl List {
    /// For a figure and a row.
    ///
    /// # Errors
    /// There is no such figure, or not of such a row.
    pub(super) fn new(wanted: &str, options: &Options, titles: &Titles, setup: &Setup) -> Result<Self> {
        let figures = figure::all(&setup.limits);
        let who = titles.only.unwrap_or(Who::All);
        let found = figures.iter().find(|figure| figure.key == wanted).cloned().with_context(|| {
            let keys: Vec<&str> = figures.iter().map(|figure| figure.key.as_str()).collect();
            let meant = nearest(wanted, keys.iter().copied()).map(|word| format!("; did you mean {word}?"));
            format!(
                "--list {wanted}: there is no such figure{}\nThere are, for these thresholds:\n{}",
                meant.unwrap_or_default(),
                help(&figures, options.lang)
            )
        })?;
        if !found.applies(setup.by, who) {
            let having = figures
                .iter()
                .filter(|figure| figure.applies(setup.by, who))
                .map(|figure| figure.key.as_str());
            anyhow::bail!(
                "--list {wanted}: this row has no such figure; it has {}",
                having.collect::<Vec<_>>().join(", ")
            );
        }
        let setup = setup.clone();
        Ok(Self { figure: found, who, setup, lang: options.lang, rows: Vec::new(), found: 0, sum: 0 })
    }

    /// Looks at a call.
    pub(super) fn call(&mut self, call: &Call, titles: &Titles) {
        let share = self.value(&self.setup.share_of(self.who, call));
        if !share.belongs() {
            return;
        }
        let seconds = |ms: u64| Item::Value(Value::Mean { sum_ms: ms, count: 1 });
        let (zone, results) = (self.setup.zone, self.setup.results.clone());
        let fate = match call.fate {
            Fate::Open => "in progress",
            Fate::Over(outcome) => words::outcome(outcome),
            Fate::Unknown => "?",
        };
        self.add(share, || {
            vec![
                zone.exactly(call.arrived).into(),
                call.queued.map_or_else(String::new, |at| zone.exactly(at)).into(),
                call.id.0.to_string().into(),
                call.caller.reveal().as_str().into(),
                titles.key(call.group).into(),
                titles.key(call.agent).into(),
                fate.into(),
                call.survey.map_or_else(String::new, rated).into(),
                call.disposed.map_or_else(String::new, |given| said(&results, given)).into(),
                call.way.as_str().into(),
                seconds(call.waited_ms),
                seconds(call.rang_ms),
                seconds(call.talked_ms),
            ]
        });
    }

    /// Looks at a stretch of an agent's day.
    pub(super) fn agent_time(&mut self, time: &AgentTime, titles: &Titles) {
        let share = self.value(&self.setup.share_of_agent(self.who, time));
        if !share.belongs() {
            return;
        }
        let zone = self.setup.zone;
        let what = match time.kind {
            TimeKind::SignedIn => "signed_in",
            TimeKind::NotReady => "not_ready",
            TimeKind::WrapUp => "wrap_up",
            TimeKind::Unknown => "?",
        };
        self.add(share, || {
            vec![
                zone.exactly(time.from).into(),
                zone.exactly(time.to).into(),
                time.call.map_or_else(String::new, |call| call.0.to_string()).into(),
                "".into(),
                titles.key(time.group).into(),
                titles.key(Some(time.agent)).into(),
                what.into(),
                "".into(),
                "".into(),
                "".into(),
                Item::Value(Value::None),
                Item::Value(Value::None),
                Item::Value(Value::None),
            ]
        });
    }

    fn value(&self, cell: &report::tables::Cell) -> Value {
        self.figure.value(cell, self.setup.by, self.who)
    }

    fn add(&mut self, share: Value, row: impl FnOnce() -> Vec<Item>) {
        self.found += 1;
        self.sum += share.share();
        if self.rows.len() < LINES_MAX {
            let mut row = row();
            row.push(Item::Value(match share {
                Value::Mean { sum_ms, .. } => Value::Mean { sum_ms, count: 1 },
                Value::Quantile { .. } => Value::Count(1),
                other => Value::Count(other.share()),
            }));
            self.rows.push(row);
        }
    }

    /// The list as a document, held against the table. False when they differ.
    pub(super) fn document(self, tables: &Tables, titles: &Titles, period: &str) -> (Document, bool) {
        let cell = tables.cell(report::tables::Slot::Whole, self.who).cloned().unwrap_or_default();
        let value = self.value(&cell);
        let agrees = value.share() == self.sum;
        let (key, title) = titles.of(self.who, self.lang);
        let row = if key == title { key } else { format!("{key} {title}") };
        let lang = self.lang;
        let name = lang.label(&self.figure.zh, &self.figure.en);
        let unit = if matches!(value, Value::Mean { .. } | Value::Span(_)) { " ms" } else { "" };
        let mut notes = vec![format!("{} ({}): {}", name, self.figure.key, self.figure.formula)];
        if self.found > self.rows.len() as u64 {
            notes.push(format!("{} of {} are shown; all are added up.", self.rows.len(), self.found));
        }
        let zone = self.setup.zone;
        let setup = &self.setup.period;
        let sign = if agrees { "✓ reconciles" } else { "✗ DOES NOT RECONCILE" };
        let document = Document {
            title: format!("{name} · {row} · {period}"),
            head: vec![
                (
                    lang.label("时段", "Period"),
                    format!("{} – {} {zone}", zone.shown(setup.from), zone.shown(setup.to)),
                ),
                (
                    lang.label("数值", "Value"),
                    format!("{} {}", value.shown(), value.made_of()).trim().to_owned(),
                ),
            ],
            reconciles: format!(
                "{sign}: {} lines, together {}{unit}; the table says {}{unit}",
                self.found,
                self.sum,
                value.share()
            ),
            notes,
            sheets: vec![Sheet {
                key: "calls".to_owned(),
                title: lang.label("明细", "Calls"),
                columns: vec![
                    Column::text("arrived", lang, "来话（或起）", "Arrived (or from)"),
                    Column::text("queued", lang, "入队（或止）", "Entered line (or to)"),
                    Column::text("call", lang, "话单", "Call"),
                    Column::text("caller", lang, "主叫", "Caller"),
                    Column::text("group", lang, "技能组", "Group"),
                    Column::text("agent", lang, "接听员", "Agent"),
                    Column::text("outcome", lang, "结果", "Outcome"),
                    Column::text("survey", lang, "评价", "Survey"),
                    Column::text("disposition", lang, "处理结果", "Disposition"),
                    Column::text("way", lang, "按键与语言", "Keys, language"),
                    Column::number("waited", lang, "等待秒", "Wait s"),
                    Column::number("rang", lang, "振铃秒", "Ring s"),
                    Column::number("talked", lang, "通话秒", "Talk s"),
                    Column::number("share", lang, "计入", "Share"),
                ],
                rows: self.rows,
                remark: String::new(),
            }],
            ..Document::default()
        };
        (document, agrees)
    }
}

/// What came of asking a caller: the rating, or why there is none.
fn rated(survey: Survey) -> String {
    survey.rating().map_or_else(|| survey.key().to_owned(), |rating| rating.to_string())
}

/// `answered` of an agent, `answered*` of a specialist, as it is dialed.
fn said(results: &[String], given: Given) -> String {
    let result = results.get(given.result).map_or("?", String::as_str);
    format!("{result}{}", if given.by == Resolver::Specialist { "*" } else { "" })
}

/// All figures with their names and formulas.
pub(super) fn help(figures: &[Figure], lang: Lang) -> String {
    let widest = figures.iter().map(|figure| figure.key.len()).max().unwrap_or(0);
    let lines = figures.iter().map(|figure| {
        format!("  {:<widest$}  {}: {}\n", figure.key, lang.label(&figure.zh, &figure.en), figure.formula)
    });
    lines.collect()
}
