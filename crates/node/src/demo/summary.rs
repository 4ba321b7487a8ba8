//! The summary: what the board says, held against the call records and against what the phones saw.
//!
//! ```text
//!   board ─────────────┐
//!   records, recounted ┼─▶ differences: none (reconciles), or each in words
//!   carrier and phones ┘
//! ```

use super::hotline::{FREE, Hotline};
use super::screen::minutes;
use super::street::Progress;
use crate::cli::Demo;
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use report::board::Line;
use report::{Board, Formula};
use serde_json::{Map, Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::Totals;

/// What the demonstration came to.
#[derive(Clone, Debug)]
pub struct Summary {
    speed: f64,
    hotline_time: Duration,
    interrupted: bool,
    groups: Vec<(String, String, Line)>,
    total: Line,
    street: Progress,
    differences: Vec<String>,
    database: Option<PathBuf>,
}

impl Summary {
    pub(super) fn new(
        options: &Demo,
        hotline: &Hotline,
        hotline_time: Duration,
        interrupted: bool,
        board: &Board,
        records: &Totals,
        street: &Progress,
    ) -> Self {
        let mut differences = records.differences(board);
        differences.extend(seen_differently(board, street, hotline.agents.len()));
        let groups =
            board.groups.iter().map(|group| (group.key.clone(), group.title.clone(), group.line.clone()));
        Self {
            speed: options.speed,
            hotline_time,
            interrupted,
            groups: groups.collect(),
            total: board.total.clone(),
            street: *street,
            differences,
            database: None,
        }
    }

    pub(super) fn kept_in(self, database: Option<&Path>) -> Self {
        Self { database: database.map(Path::to_path_buf), ..self }
    }

    /// Board, records and phones agree.
    #[must_use]
    pub fn reconciles(&self) -> bool {
        self.differences.is_empty()
    }

    /// For programs. Seconds are of the hotline's clock: measured, times speed.
    #[must_use]
    pub fn json(&self) -> Value {
        let groups: Map<String, Value> = self
            .groups
            .iter()
            .map(|(key, title, line)| {
                let mut value = self.line(line);
                value["title"] = title.as_str().into();
                (key.clone(), value)
            })
            .collect();
        let street = &self.street;
        json!({
            "reconciles": self.reconciles(),
            "differences": self.differences,
            "speed": self.speed,
            "seconds": "of the hotline's clock: measured, times speed",
            "hotline_s": self.hotline_time.as_secs_f64(),
            "interrupted": self.interrupted,
            "total": self.line(&self.total),
            "groups": groups,
            "phones": {
                "calls_made": street.carrier.offered,
                "calls_met_by_agents": street.carrier.met,
                "calls_failed": street.carrier.failed,
                "double_offers": street.agents.double_offers,
                "rtp_packets_heard": street.caller_heard.packets + street.agent_heard.packets,
                "rtp_packets_missed": street.caller_heard.gaps + street.agent_heard.gaps,
            },
        })
    }

    fn line(&self, line: &Line) -> Value {
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
            "wait_mean_s": self.seconds(line.wait.seconds()),
            "wait_abandoned_mean_s": self.seconds(line.wait_abandoned.seconds()),
            "talk_mean_s": self.seconds(line.talk.seconds()),
            "wrap_up_mean_s": self.seconds(line.wrap_up.seconds()),
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

    /// Measured to the hotline's clock, to milliseconds.
    fn seconds(&self, measured: f64) -> f64 {
        (measured * self.speed * 1000.0).round() / 1000.0
    }
}

/// What carrier and phones saw differently from the board. Agents played by the audience are left out.
fn seen_differently(board: &Board, street: &Progress, played: usize) -> Vec<String> {
    let mut found = Vec::new();
    let counters = &board.total.counters;
    let by_audience: u64 = board
        .agents
        .iter()
        .skip(played)
        .filter(|agent| FREE.contains(&agent.key.as_str()))
        .map(|agent| agent.answered)
        .sum();
    let arrived = counters.arrived - counters.service;
    // A 503 may have been sent before a call existed.
    let (made, unavailable) = (street.carrier.offered, street.carrier.unavailable);
    if !(made - unavailable..=made).contains(&arrived) {
        found.push(format!("the carrier made {made} calls and {arrived} arrived"));
    }
    let answered = counters.answered - by_audience.min(counters.answered);
    if answered != street.carrier.met {
        found.push(format!("{} callers met an agent and {answered} were answered", street.carrier.met));
    }
    if street.agents.double_offers > 0 {
        found.push(format!("agents were offered a second call {} times", street.agents.double_offers));
    }
    if let Err(rule) = counters.check() {
        found.push(rule);
    }
    found
}

fn share(ratio: report::Ratio) -> Option<f64> {
    (ratio.whole > 0).then(|| (ratio.part as f64 * 10_000.0 / ratio.whole as f64).round() / 10_000.0)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} on the hotline's clock{}; all times are the hotline's: measured, times {}",
            minutes(self.hotline_time),
            if self.interrupted { " (ended early)" } else { "" },
            self.speed
        )?;
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
        let groups = self.groups.iter().map(|(key, title, line)| (format!("{title} {key}"), line));
        for (name, line) in groups.chain([("合计 total".to_owned(), &self.total)]) {
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
                format!("{:.1} s", line.wait.seconds() * self.speed),
                format!("{:.1} s", line.talk.seconds() * self.speed),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        let street = &self.street;
        writeln!(
            f,
            "{} calls arrived, {} hung up before the line; the phones heard {} RTP packets and missed {}.",
            self.total.counters.arrived,
            self.total.counters.abandoned_before_line,
            street.caller_heard.packets + street.agent_heard.packets,
            street.caller_heard.gaps + street.agent_heard.gaps
        )?;
        if let Some(database) = &self.database {
            writeln!(f, "Call records: {}", database.display())?;
        }
        if self.reconciles() {
            return write!(f, "Board, call records and phones: reconciles.");
        }
        writeln!(f, "Board, call records and phones do NOT reconcile:")?;
        for (place, difference) in self.differences.iter().enumerate() {
            write!(f, "{}  {difference}", if place > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use report::board::Mean;

    fn summary(change: impl FnOnce(&mut Board, &mut Progress)) -> Summary {
        let Command::Demo(options) = Cli::parse_from(["sujie", "demo"]).command else { panic!("demo") };
        let hotline = Hotline::new(&options);
        let mut board = Board::default();
        let counters = &mut board.total.counters;
        (counters.arrived, counters.reached_line, counters.offered, counters.answered) = (2, 2, 2, 2);
        board.total.wait = Mean { sum: Duration::from_secs(1), count: 2 };
        let mut totals = Totals::default();
        totals.total.counters = board.total.counters;
        totals.total.sums.waited = Duration::from_secs(1);
        let mut street = Progress::default();
        (street.carrier.offered, street.carrier.met) = (2, 2);
        change(&mut board, &mut street);
        Summary::new(&options, &hotline, Duration::from_secs(900), false, &board, &totals, &street)
    }

    #[test]
    fn agreeing_figures_reconcile_and_times_are_the_hotlines() {
        let summary = summary(|_, _| {});
        assert!(summary.reconciles(), "{:?}", summary.differences);
        let json = summary.json();
        assert_eq!((&json["total"]["answered"], &json["total"]["wait_mean_s"]), (&2.into(), &5.0.into()));
        assert!(summary.to_string().ends_with("reconciles."), "{summary}");
    }

    #[test]
    fn each_difference_is_said() {
        let records = summary(|board, _| board.total.counters.abandoned_in_line = 1);
        assert!(
            records.differences.iter().any(|line| line.contains("abandoned in line")),
            "{:?}",
            records.differences
        );
        let carrier = summary(|_, street| street.carrier.offered = 3);
        assert_eq!(carrier.differences, ["the carrier made 3 calls and 2 arrived"]);
        let double = summary(|_, street| street.agents.double_offers = 1);
        assert!(!double.reconciles() && double.to_string().contains("second call 1 times"));
    }
}
