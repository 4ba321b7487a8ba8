//! `sujie replay`: a run of the engine again, out of its journal, and the statistics that come of it.
//!
//! ```text
//!   journal ─▶ head ─config─▶ plans ─▶ Engine ◀── inputs ── journal
//!                                        └─ events ─┬─▶ sum, held against the checkpoints
//!                                                   ├─▶ Report ─▶ table, or JSON
//!                                                   └─▶ lines (--events)
//! ```
//!
//! What it prints on standard output is the statistics; how it went, and how fast, goes to standard error, so
//! that two replays can be compared with `diff`.

mod considered;

use crate::cli::Replay as Options;
use crate::config::Config;
use crate::replay::considered::considered;
use crate::table;
use anyhow::{Context, Result, bail};
use base::{Epoch, Timestamp};
use report::{Board, Out, Report};
use serde_json::{Map, json};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use store::journal::{Ending, Entry, Header, Journal, Names, ReadError, Replay, What};

/// Inputs between two looks at the clock for the progress bar.
const LOOK_EVERY: u64 = 1 << 16;
/// How often the bar moves.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How long the bar is.
const BAR: usize = 32;

/// Replays and prints. The exit code is 1 when an event differs, or the journal is not whole.
///
/// # Errors
/// The journal or its configuration cannot be read at all, or the lines cannot be written.
pub fn command(options: &Options) -> Result<ExitCode> {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    match run(options) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.downcast_ref().is_some_and(broken) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    let mut journal = Journal::open(&options.journal, options.run)?;
    let header = journal.header().clone();
    let config = configuration(&header)?;
    let until = options.until.as_deref().map(|text| moment(text, header.epoch)).transpose()?;
    let plan = report::Plan { epoch: header.epoch, run: header.run, ..config.report.clone() };
    let mut lines = match &options.events {
        Some(path) if path.as_os_str() == "-" => Some(Box::new(stdout().lock()) as Box<dyn Write>),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
            Some(Box::new(BufWriter::new(file)) as Box<dyn Write>)
        }
        None => None,
    };
    let same_plan = Header::fingerprint(&config.call) == header.plan;
    let (mut replay, mut report) = (Replay::new(config.call, header.seed), Report::new(plan.clone()));
    let (mut out, mut bar) = (Out::default(), Bar::new());
    let started = Instant::now();
    let mut fault = None;
    loop {
        let entry = match journal.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error) => {
                fault = Some(error);
                break;
            }
        };
        if until.is_some_and(|until| entry.at > until) || options.at.is_some_and(|at| entry.seq > at) {
            break;
        }
        let shown = (options.at == Some(entry.seq) && is_input(&entry)).then(|| described(&entry));
        let events = replay.step(entry);
        for stamped in events {
            report.fold(stamped, &mut out);
            if let Some(lines) = &mut lines {
                writeln!(lines, "{}", Names(&plan).line(stamped))?;
            }
        }
        out.clear();
        if let Some(shown) = shown {
            writeln!(stdout(), "{shown}")?;
            let events = events.to_vec();
            for stamped in &events {
                writeln!(stdout(), "  {}", Names(&plan).line(stamped))?;
                for line in considered(replay.engine(), &plan, stamped) {
                    writeln!(stdout(), "      {line}")?;
                }
            }
        }
        if replay.inputs().is_multiple_of(LOOK_EVERY) {
            bar.show(&journal, replay.inputs(), started);
        }
    }
    let took = started.elapsed();
    bar.clear();
    if let Some(mut lines) = lines {
        lines.flush()?;
    }
    let outcome = Outcome { header, same_plan, replay, ending: journal.ending().cloned(), fault, took };
    let board = report.board(outcome.replay.now());
    if options.json {
        writeln!(stdout(), "{:#}", outcome.json(&board))?;
    } else {
        writeln!(stdout(), "{}", outcome.statistics(&board))?;
    }
    for remark in outcome.remarks() {
        eprintln!("{remark}");
    }
    Ok(if outcome.is_exact() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the engine of a journal was built from: the configuration in its head, on the clock of its start.
///
/// # Errors
/// When this program does not take that configuration.
pub fn configuration(header: &Header) -> Result<Config> {
    let mut config = Config::parse(&header.config, &header.file).map_err(|mistakes| {
        anyhow::anyhow!(
            "the configuration in the journal, of sujie {}, is not right for this program:\n{mistakes}",
            header.engine
        )
    })?;
    config.call.acd.clock.epoch = header.epoch;
    Ok(config)
}

const fn is_input(entry: &Entry) -> bool {
    matches!(entry.what, What::Input(_) | What::Tick)
}

/// An input for people; numbers are masked by their type.
fn described(entry: &Entry) -> String {
    let what = match &entry.what {
        What::Input(input) => format!("{input:?}"),
        other => format!("{other:?}"),
    };
    format!("input {} at {}: {what}", entry.seq, entry.at)
}

/// How a replay went.
struct Outcome {
    header: Header,
    same_plan: bool,
    replay: Replay,
    ending: Option<Ending>,
    fault: Option<ReadError>,
    took: Duration,
}

impl Outcome {
    fn is_exact(&self) -> bool {
        self.fault.is_none() && self.replay.difference().is_none() && self.replay.lost() == 0
    }

    fn inputs_per_second(&self) -> f64 {
        self.replay.inputs() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Everything that does not depend on the machine.
    fn statistics(&self, board: &Board) -> String {
        let (events, sum) = self.replay.told();
        let groups = board.groups.iter().map(|group| (format!("{} {}", group.title, group.key), &group.line));
        let table = table::lines(groups.chain([("合计 total".to_owned(), &board.total)]), 1.0);
        format!(
            "run {} of sujie {}, {} long\n{table}\n{} inputs, {events} events, sum {sum:016x}",
            self.header.run,
            self.header.engine,
            self.replay.now(),
            self.replay.inputs(),
        )
    }

    fn json(&self, board: &Board) -> serde_json::Value {
        let (events, sum) = self.replay.told();
        let groups: Map<_, _> =
            board.groups.iter().map(|group| (group.key.clone(), table::json(&group.line, 1.0))).collect();
        json!({
            "run": self.header.run,
            "engine": self.header.engine,
            "span_s": self.replay.now().as_nanos() as f64 / 1e9,
            "exact": self.is_exact(),
            "inputs": self.replay.inputs(),
            "inputs_lost": self.replay.lost(),
            "events": events,
            "sum": format!("{sum:016x}"),
            "checkpoints": self.replay.checked(),
            "difference": self.replay.difference().map(ToString::to_string),
            "fault": self.fault.as_ref().map(ToString::to_string),
            "torn": matches!(self.ending, Some(Ending::Torn { .. })),
            "clean_end": self.ending == Some(Ending::Clean),
            "took_s": self.took.as_secs_f64(),
            "inputs_per_second": self.inputs_per_second().round(),
            "total": table::json(&board.total, 1.0),
            "groups": groups,
        })
    }

    /// How it went, in sentences.
    fn remarks(&self) -> Vec<String> {
        let mut said = vec![format!(
            "{} inputs in {:.2} s: {:.0} a second",
            self.replay.inputs(),
            self.took.as_secs_f64(),
            self.inputs_per_second()
        )];
        if !self.same_plan {
            said.push(format!(
                "this program builds another plan from the configuration than sujie {} did; \
                 the events may differ for that alone",
                self.header.engine
            ));
        }
        match &self.ending {
            Some(Ending::Torn { path, offset, bytes }) => said.push(format!(
                "{} is torn: {bytes} bytes after byte {offset} are no whole block and were left out",
                path.display()
            )),
            Some(Ending::Open) => said.push("the engine has not ended well, or still runs".into()),
            Some(Ending::Clean) | None => {}
        }
        if self.replay.lost() > 0 {
            said.push(format!(
                "{} inputs were not written: from the first gap on the figures are near, not exact",
                self.replay.lost()
            ));
        }
        said.extend(self.fault.as_ref().map(ToString::to_string));
        said.push(match self.replay.difference() {
            Some(difference) => format!("NOT the same: {difference}"),
            None if self.replay.checked() == 0 => "no checkpoint was reached: nothing is proven".into(),
            None => format!("the same events at all {} checkpoints", self.replay.checked()),
        });
        said
    }
}

/// When to stop: a span since the start, or a moment with its offset from UTC.
fn moment(text: &str, epoch: Epoch) -> Result<Timestamp> {
    if let Some(span) = crate::config::span(text) {
        return Ok(Timestamp::START + span);
    }
    let Some(unix) = unix_seconds(text) else {
        bail!("--until {text:?} is no time; write a span (1h30m) or a moment (2024-02-02T08:30:00+08:00)");
    };
    let start = epoch.as_unix_nanos();
    Ok(Timestamp::from_nanos(unix.saturating_mul(1_000_000_000).saturating_sub(start)))
}

/// Seconds since 1970 of `2024-02-02T08:30:00+08:00` (or `Z`).
fn unix_seconds(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once('T')?;
    let mut date = date.split('-').map(str::parse::<u64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    if date.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) || year < 1970 {
        return None;
    }
    let (clock, east) = if let Some(clock) = rest.strip_suffix('Z') {
        (clock, 0)
    } else {
        let at = rest.rfind(['+', '-'])?;
        let (hours, minutes) = rest[at + 1..].split_once(':')?;
        let east = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
        (&rest[..at], if rest[at..].starts_with('-') { -east } else { east })
    };
    let mut clock = clock.split(':').map(str::parse::<u64>);
    let (hour, minute) = (clock.next()?.ok()?, clock.next()?.ok()?);
    let second = clock.next().unwrap_or(Ok(0)).ok()?;
    // Days before the year, then of its months (H. Hinnant, `days_from_civil`).
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = (year / 400) * 146_097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + of_year;
    let local = days.checked_sub(719_468)? * 86_400 + hour * 3600 + minute * 60 + second;
    local.checked_add_signed(-east)
}

/// A line on the terminal that says how far it is.
struct Bar {
    shown: Option<Instant>,
    wanted: bool,
}

impl Bar {
    fn new() -> Self {
        Self { shown: None, wanted: stderr().is_terminal() }
    }

    fn show(&mut self, journal: &Journal, inputs: u64, started: Instant) {
        if !self.wanted || self.shown.is_some_and(|shown| shown.elapsed() < SHOW_EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let (read, size) = journal.progress();
        let part = read as f64 / size.max(1) as f64;
        let full = ((part * BAR as f64) as usize).min(BAR);
        let (full, rest) = ("█".repeat(full), "░".repeat(BAR - full));
        let rate = inputs as f64 / started.elapsed().as_secs_f64().max(1e-9) / 1e6;
        eprint!("\r{full}{rest} {:3.0} %  {inputs} inputs, {rate:.2} million a second ", part * 100.0);
        let _ = stderr().flush();
    }

    fn clear(&self) {
        if self.shown.is_some() {
            eprint!("\r{:width$}\r", "", width = BAR + 60);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_span_or_a_moment() {
        let epoch = Epoch::from_unix_nanos(1_709_224_205_000_000_000);
        assert_eq!(moment("1h30m", epoch).expect("a span"), Timestamp::from_secs(5_400));
        for text in ["2024-03-01T00:30:06+08:00", "2024-02-29T16:30:06Z", "2024-02-29T13:00:06-03:30"] {
            assert_eq!(moment(text, epoch).expect(text), Timestamp::from_secs(1), "{text}");
        }
        for text in ["soon", "2024-13-01T00:00:00Z", "2024-01-01", "2024-01-01T10:00"] {
            let said = moment(text, epoch).expect_err(text).to_string();
            assert!(said.contains("write a span"), "{said}");
        }
    }
}
