//! What a run found, as text for people and JSON for programs.

use crate::machine::Machine;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::fmt;

/// Results of one shape.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name of the shape.
    pub shape: &'static str,
    /// The load in words.
    pub load: String,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Latencies.
    pub latencies: Vec<Latency>,
    /// What a reader must know to judge the figures.
    pub notes: Vec<String>,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it must reach.
    pub bar: Option<Bar>,
}

/// What a figure must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// At most.
    Most(f64),
    /// At least.
    Least(f64),
}

impl Bar {
    fn met(self, value: f64) -> bool {
        match self {
            Self::Most(most) => value <= most,
            Self::Least(least) => value >= least,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most(most) => write!(f, "≤ {most}"),
            Self::Least(least) => write!(f, "≥ {least}"),
        }
    }
}

/// Percentiles in microseconds.
#[derive(Clone, Debug)]
pub struct Latency {
    /// Of what.
    pub what: String,
    /// How many.
    pub count: u64,
    /// p50, p90, p99, p99.9, max in µs.
    pub at: [u64; 5],
}

/// Names of [`Latency::at`].
pub const PERCENTILES: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

impl Latency {
    /// From a histogram of microseconds.
    #[must_use]
    pub fn of(what: impl Into<String>, histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile);
        Self {
            what: what.into(),
            count: histogram.len(),
            at: [at(0.5), at(0.9), at(0.99), at(0.999), histogram.max()],
        }
    }
}

impl Report {
    /// An empty one.
    #[must_use]
    pub fn new(shape: &'static str, load: impl Into<String>) -> Self {
        Self { shape, load: load.into(), figures: Vec::new(), latencies: Vec::new(), notes: Vec::new() }
    }

    /// Adds a figure.
    pub fn figure(&mut self, what: impl Into<String>, value: f64, unit: &'static str, bar: Option<Bar>) {
        self.figures.push(Figure { what: what.into(), value, unit, bar });
    }

    /// Adds percentiles.
    pub fn latency(&mut self, what: impl Into<String>, histogram: &Histogram<u64>) {
        self.latencies.push(Latency::of(what, histogram));
    }

    /// Whether every bar is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.figures.iter().all(|figure| figure.bar.is_none_or(|bar| bar.met(figure.value)))
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                json!({
                    "what": figure.what,
                    "value": figure.value,
                    "unit": figure.unit,
                    "bar": figure.bar.map(|bar| bar.to_string()),
                    "met": figure.bar.map(|bar| bar.met(figure.value)),
                })
            })
            .collect();
        let latencies: Vec<Value> = self
            .latencies
            .iter()
            .map(|latency| {
                let mut value = json!({ "what": latency.what, "count": latency.count, "unit": "us" });
                for (name, at) in PERCENTILES.iter().zip(latency.at) {
                    value[*name] = at.into();
                }
                value
            })
            .collect();
        json!({
            "shape": self.shape, "load": self.load, "met": self.is_met(),
            "figures": figures, "latencies": latencies, "notes": self.notes,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.shape, self.load)?;
        for figure in &self.figures {
            let verdict = figure.bar.map_or(String::new(), |bar| {
                format!("   bar {bar}: {}", if bar.met(figure.value) { "met" } else { "MISSED" })
            });
            writeln!(f, "  {:<58} {:>12} {}{verdict}", figure.what, number(figure.value), figure.unit)?;
        }
        for latency in &self.latencies {
            write!(f, "  {:<58} {:>12} ×", latency.what, latency.count)?;
            for (name, at) in PERCENTILES.iter().zip(latency.at) {
                write!(f, "  {name} {:.2} ms", at as f64 / 1000.0)?;
            }
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "  · {note}")?;
        }
        Ok(())
    }
}

/// Four digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 10.0 => format!("{value:.3}"),
        size if size < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The whole run for programs.
#[must_use]
pub fn json(machine: &Machine, reports: &[Report]) -> Value {
    json!({
        "machine": {
            "processor": machine.processor, "processors": machine.processors, "kernel": machine.kernel,
            "memory_gib": machine.memory_gib, "load_average": machine.load_average,
        },
        "reports": reports.iter().map(Report::json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_is_said_in_both_forms() {
        let mut report = Report::new("calls", "200 calls/s");
        report.figure("CPU", 0.5, "s", Some(Bar::Most(0.49)));
        let mut histogram = crate::rig::histogram();
        histogram.saturating_record(1500);
        report.latency("offer", &histogram);
        assert!(!report.is_met());
        let text = report.to_string();
        assert!(text.contains("bar ≤ 0.49: MISSED") && text.contains("p99 1.50 ms"), "{text}");
        let json = report.json();
        assert_eq!((&json["met"], &json["figures"][0]["met"]), (&false.into(), &false.into()));
        assert_eq!(json["latencies"][0]["p99.9"], 1500);
    }
}
