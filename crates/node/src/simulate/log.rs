//! A call log (CSV) becomes a day that can be run again.
//!
//! ```text
//!   calls.csv ──columns of the plan──▶ past::Day ──fit──▶ talk, patience of each group in the plan
//! ```
//!
//! A caller without talk seconds gave up after the seconds he waited; one with talk seconds was answered after them.
//! Bad lines stop the import with file, line, what is wrong and what would be right.

use crate::config::SimPlan;
use crate::config::plan::LogColumns;
use acd::{GroupRef, Priority, SiteRef};
use anyhow::{Context, Result, anyhow, bail};
use base::{Date, LocalTime, Offset, Timestamp};
use sim::past::{Came, Day, Fate};
use std::path::Path;
use std::time::Duration;

/// Lines of one log; about ten years of a big hotline.
const LINES_MAX: u64 = 25_000_000;

/// The past of a plan that names a call log; `None` for one that draws its callers. The plan then spans the log's days
/// and, where it says so, what the log tells of talk and patience.
///
/// # Errors
/// When the log cannot be read, with its line.
pub fn past(read: &mut SimPlan) -> Result<Option<Day>> {
    let Some(columns) = read.log.clone() else { return Ok(None) };
    let file = std::fs::File::open(&columns.file)
        .with_context(|| format!("the call log {} cannot be read", columns.file.display()))?;
    let day = import(read, &columns, file)?;
    Ok(Some(day))
}

/// Reads a log. The plan's span and what it fits are set from it.
///
/// # Errors
/// The first bad line.
pub fn import(read: &mut SimPlan, columns: &LogColumns, log: impl std::io::Read) -> Result<Day> {
    let file = &columns.file;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(log);
    let header = reader.headers().with_context(|| format!("{}:1 is no header", file.display()))?.clone();
    let find = |name: &str| {
        // A byte-order mark of a spreadsheet is not part of the first column's name.
        let found = header.iter().position(|column| column.trim_start_matches('\u{feff}').trim() == name);
        found.ok_or_else(|| {
            anyhow!(
                "{}:1: there is no column {name}; the columns are {}, so write one of them in [log]",
                file.display(),
                header.iter().collect::<Vec<_>>().join(", ")
            )
        })
    };
    let arrived = find(&columns.arrived)?;
    let (talk, waited) = (find(&columns.talk)?, find(&columns.waited)?);
    let group = columns.group.as_deref().map(find).transpose()?;
    let site = columns.site.as_deref().map(find).transpose()?;

    let mut callers: Vec<(u64, Came)> = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut record);
        let line = record.position().map_or_else(|| reader.position().line(), csv::Position::line);
        if !more.with_context(|| format!("{}:{line} cannot be read", file.display()))? {
            break;
        }
        if callers.len() as u64 >= LINES_MAX {
            bail!("{}:{line}: more than {LINES_MAX} calls; cut the log", file.display());
        }
        let cell = |column: usize| record.get(column).unwrap_or("").trim();
        let wrong = |column: usize, why: &str, right: &str| {
            anyhow!(
                "{}:{line}: {} is {:?}, which {why}; write {right}",
                file.display(),
                header.get(column).unwrap_or(""),
                cell(column)
            )
        };
        let at = moment(read, cell(arrived))
            .ok_or_else(|| wrong(arrived, "is no time", "2024-07-02 09:15:30, or seconds since 1970"))?;
        let seconds = |column: usize| {
            let text = cell(column);
            let read = if text.is_empty() { Some(0.0) } else { text.parse::<f64>().ok() };
            read.filter(|secs| (0.0..=86_400.0 * 7.0).contains(secs)).map(Duration::from_secs_f64).ok_or_else(
                || wrong(column, "is no number of seconds", "seconds such as 12 or 12.5, or nothing"),
            )
        };
        let (talked, waited) = (seconds(talk)?, seconds(waited)?);
        let group = match group {
            None => 0,
            Some(column) => {
                let said = columns.groups.iter().find(|(name, _)| name == cell(column));
                said.map(|(_, place)| *place).ok_or_else(|| {
                    wrong(
                        column,
                        "is no group of the plan",
                        "add it to [log] names = [{ says = …, means = … }]",
                    )
                })?
            }
        };
        let site = match site {
            None => 0,
            Some(column) => {
                let known = |site: &sim::plan::Site| site.name == cell(column) || site.title == cell(column);
                read.plan
                    .sites
                    .iter()
                    .position(known)
                    .ok_or_else(|| wrong(column, "is no site of the plan", "the key or title of one"))?
            }
        };
        let fate = if talked.is_zero() { Fate::GaveUp { waited } } else { Fate::Answered { waited, talked } };
        let priority = read.plan.callers.get(group).map_or(Priority(0), |callers| callers.priority);
        let came = Came {
            at: Timestamp::START,
            group: GroupRef::at(group),
            site: SiteRef::at(site),
            priority,
            requires: acd::Abilities::NONE,
            fate,
        };
        callers.push((at, came));
    }
    settle(read, columns, callers)
}

/// Puts the callers in order and the plan around them.
fn settle(read: &mut SimPlan, columns: &LogColumns, mut callers: Vec<(u64, Came)>) -> Result<Day> {
    callers.sort_by_key(|(at, _)| *at);
    let (Some((first, _)), Some((last, _))) = (callers.first(), callers.last()) else {
        bail!("{} has no calls", columns.file.display());
    };
    let plan = &mut read.plan;
    plan.from = plan.offset.local(*first).date;
    plan.to = plan.offset.local(*last).date;
    if plan.days() > 1_500 {
        bail!("{} spans more than four years, {} to {}", columns.file.display(), plan.from, plan.to);
    }
    let midnight = plan.offset.unix_millis(LocalTime { date: plan.from, second: 0 });
    let moved =
        callers.into_iter().map(|(at, came)| Came { at: Timestamp::from_millis(at - midnight), ..came });
    let day = Day { callers: moved.collect(), ..Day::default() };
    if columns.fit {
        for (place, callers) in plan.callers.iter_mut().enumerate() {
            let group = GroupRef::at(place);
            if let Some(talk) = day.talk(group) {
                callers.talk = talk;
                callers.short_share = 0.0;
            }
            if let Some(patience) = day.patience(group) {
                callers.patience = patience;
            }
        }
    }
    Ok(day)
}

/// Unix milliseconds of a cell.
fn moment(read: &SimPlan, text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (0.0..1e11).contains(&seconds).then_some((seconds * 1_000.0) as u64);
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let date: Date = date.replace('/', "-").parse().ok()?;
    // A time of UTC, or the centre's own.
    let (time, offset) = match time.trim().strip_suffix('Z') {
        Some(time) => (time, Offset::UTC),
        None => (time.trim(), read.plan.offset),
    };
    let mut parts = time.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    if hours > 23 || minutes > 59 || !(0.0..61.0).contains(&seconds) || parts.next().is_some() {
        return None;
    }
    let midnight = offset.unix_millis(LocalTime { date, second: 0 });
    Some(midnight + u64::from(hours * 3_600 + minutes * 60) * 1_000 + (seconds * 1_000.0) as u64)
}

/// Whether a file is a call log by its name.
#[must_use]
pub fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("csv"))
}
