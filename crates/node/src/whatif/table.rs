//! The two sides, as tables and as JSON.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use serde_json::{Map, Value, json};
use sim::Comparison;
use sim::compare::{Measure, Pair};
use std::fmt::Write;
use std::time::Duration;

/// Of an [`Interval`](sim::compare::Interval), in its order.
const OF_INTERVAL: [Measure; 4] = [Measure::Sl1, Measure::Wait, Measure::Abandoned, Measure::Occupancy];

pub(super) fn text(comparison: &Comparison, names: (&str, &str), limit: Duration, intervals: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "A = {}\nB = {}\n{} seeds, the same callers on both sides; T = {} s",
        names.0,
        names.1,
        comparison.seeds,
        limit.as_secs_f64()
    );
    let mut table = plain(&["", "", "A", "B", "B − A", "± 95 %", ""]);
    for side in &comparison.sides {
        for (place, (measure, pair)) in Measure::ALL.iter().zip(&side.pairs).enumerate() {
            let name = if place == 0 { side.name.clone() } else { String::new() };
            table.add_row(row(name, label(*measure).to_owned(), *measure, pair));
        }
    }
    let _ = writeln!(text, "{table}");
    if intervals {
        let mut table = plain(&["from", "", "A", "B", "B − A", "± 95 %", ""]);
        for interval in comparison.intervals.iter().filter(|interval| interval.pairs[0].difference.is_some())
        {
            let from = format!("{:02}:{:02}", interval.slot / 2, interval.slot % 2 * 30);
            for (place, (measure, pair)) in OF_INTERVAL.iter().zip(&interval.pairs).enumerate() {
                let from = if place == 0 { from.clone() } else { String::new() };
                table.add_row(row(from, label(*measure).to_owned(), *measure, pair));
            }
        }
        let _ = writeln!(text, "Half hours of the mean day\n{table}");
    }
    let _ = writeln!(
        text,
        "SL1 = W / OFF, SL2 = W / ANS, W answered within T; differences of shares are in points (百分点). better, worse: beyond the interval; ~: chance explains it."
    );
    text
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header(header);
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

const fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::Offered => "offered",
        Measure::Sl1 => "SL1",
        Measure::Sl2 => "SL2",
        Measure::Wait => "wait s",
        Measure::WaitP90 => "wait p90 s",
        Measure::Abandoned => "abandoned",
        Measure::Occupancy => "occupancy",
    }
}

fn row(name: String, what: String, measure: Measure, pair: &Pair) -> [String; 7] {
    let value = |value: Option<f64>| match value {
        None => "–".to_owned(),
        Some(value) if measure.is_share() => format!("{:.2}%", value * 100.0),
        Some(value) if measure == Measure::Offered => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    };
    let apart = |value: Option<f64>, sign: bool| match value {
        None => "–".to_owned(),
        Some(value) => {
            let value = if measure.is_share() { value * 100.0 } else { value };
            let digits = if measure == Measure::Offered { 0 } else { 2 };
            if sign { format!("{value:+.digits$}") } else { format!("{value:.digits$}") }
        }
    };
    let verdict = match (measure.more_is_better(), pair.difference) {
        (Some(more), Some(difference)) if pair.is_sure() => {
            if (difference > 0.0) == more {
                "better"
            } else {
                "worse"
            }
        }
        (_, Some(difference)) if pair.within.is_some() && !pair.is_sure() && difference != 0.0 => "~",
        _ => "",
    };
    [
        name,
        what,
        value(pair.base),
        value(pair.changed),
        apart(pair.difference, true),
        apart(pair.within, false),
        verdict.to_owned(),
    ]
}

pub(super) fn json(comparison: &Comparison, names: (&str, &str), limit: Duration) -> String {
    let pair = |pair: &Pair| {
        json!({
            "base": pair.base,
            "changed": pair.changed,
            "difference": pair.difference,
            "within_95": pair.within,
            "sure": pair.is_sure(),
        })
    };
    let side = |side: &sim::compare::Side| {
        let figures = Measure::ALL.iter().zip(&side.pairs);
        let figures: Map<String, Value> =
            figures.map(|(measure, figure)| (measure.key().to_owned(), pair(figure))).collect();
        json!({ "key": side.name, "figures": figures })
    };
    let interval = |interval: &sim::compare::Interval| {
        let figures = OF_INTERVAL.iter().zip(&interval.pairs);
        let figures: Map<String, Value> =
            figures.map(|(measure, figure)| (measure.key().to_owned(), pair(figure))).collect();
        json!({ "from": format!("{:02}:{:02}", interval.slot / 2, interval.slot % 2 * 30), "figures": figures })
    };
    let document = json!({
        "base": names.0,
        "changed": names.1,
        "seeds": comparison.seeds,
        "threshold_s": limit.as_secs_f64(),
        "sides": comparison.sides.iter().map(side).collect::<Vec<_>>(),
        "half_hours": comparison.intervals.iter().map(interval).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
