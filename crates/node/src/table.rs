//! The statistics of groups and centre: as a table for people, as JSON for programs.
//!
//! Times may be those of a hotline whose clock goes faster: they are shown multiplied by its speed.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use report::board::Line;
use report::{Formula, Ratio};
use serde_json::{Map, Value, json};

/// Groups, then the centre, a row each.
pub fn lines<'l>(rows: impl Iterator<Item = (String, &'l Line)>, speed: f64) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    // One block of rows: no line under each.
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header([
        "组\nGroup",
        "来电\nOffered",
        "接通\nAnswered",
        "30秒内\nWithin 30 s",
        "放弃\nAbandoned",
        "转走\nTurned away",
        "30秒接通率\nof offered",
        "30秒接通率\nof answered",
        "平均等待\nWait",
        "平均通话\nTalk",
    ]);
    for (name, line) in rows {
        let c = &line.counters;
        let levels = line.levels.last().copied().unwrap_or_default();
        let percent = |formula| match share(levels.of(formula)) {
            Some(part) => format!("{:.2}%", part * 100.0),
            None => "–".to_owned(),
        };
        table.add_row([
            name,
            c.offered.to_string(),
            c.answered.to_string(),
            c.within[2].answered.to_string(),
            c.abandoned().to_string(),
            (c.turned_away.total() + c.overflowed_out + c.lost).to_string(),
            percent(Formula::Sl1),
            percent(Formula::Sl2),
            format!("{:.1} s", line.wait.seconds() * speed),
            format!("{:.1} s", line.talk.seconds() * speed),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// All counters of a line, and its times in seconds.
#[must_use]
pub fn json(line: &Line, speed: f64) -> Value {
    let seconds = |measured: f64| (measured * speed * 1000.0).round() / 1000.0;
    let c = &line.counters;
    let mut value = json!({
        "arrived": c.arrived,
        "reached_line": c.reached_line,
        "abandoned_before_line": c.abandoned_before_line,
        "refused": c.refused,
        "service": c.service,
        "lost_before_line": c.lost_before_line,
        "offered": c.offered,
        "overflowed_in": c.overflowed_in,
        "transferred_in": c.transferred_in,
        "answered": c.answered,
        "abandoned": c.abandoned(),
        "abandoned_in_line": c.abandoned_in_line,
        "abandoned_ringing": c.abandoned_ringing,
        "short_abandoned": c.short_abandoned,
        "turned_away": c.turned_away.total(),
        "turned_away_line_full": c.turned_away.line_full,
        "turned_away_waited_too_long": c.turned_away.waited_too_long,
        "turned_away_nobody_signed_in": c.turned_away.nobody_signed_in,
        "overflowed_out": c.overflowed_out,
        "called_back": c.called_back,
        "lost": c.lost,
        "waiting": c.waiting,
        "talks": c.talks,
        "long_talks": c.long_talks,
        "wait_mean_s": seconds(line.wait.seconds()),
        "wait_abandoned_mean_s": seconds(line.wait_abandoned.seconds()),
        "talk_mean_s": seconds(line.talk.seconds()),
        "wrap_up_mean_s": seconds(line.wrap_up.seconds()),
    });
    for (within, name) in c.within.iter().zip(["15s", "20s", "30s"]) {
        value[format!("answered_within_{name}")] = within.answered.into();
        value[format!("abandoned_within_{name}")] = within.abandoned.into();
    }
    if let Some(levels) = line.levels.last() {
        value["service_level_30s"] = Formula::ALL
            .iter()
            .map(|formula| (formula.key().to_owned(), share(levels.of(*formula)).into()))
            .collect::<Map<String, Value>>()
            .into();
    }
    value
}

fn share(ratio: Ratio) -> Option<f64> {
    (ratio.whole > 0).then(|| (ratio.part as f64 * 10_000.0 / ratio.whole as f64).round() / 10_000.0)
}
