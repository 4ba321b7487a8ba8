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
use crate::table;
use report::Board;
use report::board::Line;
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
                let mut value = table::json(line, self.speed);
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
            "total": table::json(&self.total, self.speed),
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

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} on the hotline's clock{}; all times are the hotline's: measured, times {}",
            minutes(self.hotline_time),
            if self.interrupted { " (ended early)" } else { "" },
            self.speed
        )?;
        let groups = self.groups.iter().map(|(key, title, line)| (format!("{title} {key}"), line));
        let table = table::lines(groups.chain([("合计 total".to_owned(), &self.total)]), self.speed);
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
