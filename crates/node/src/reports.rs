//! `sujie report`: figures of any past from the call records, in five formats, each open down to its calls.
//!
//! ```text
//!   options ─▶ Asked, Setup ─┐
//!   records ─▶ store::Reading ─ by arrival ─▶ report::tables (again ▶ Tables, a second one for charts, List)
//!   base.toml, centre.toml ──┘                    │
//!                                                 ▼
//!                         build ─▶ Document ─▶ markdown · html + chart · csv · xlsx · json
//! ```
//!
//! Nothing is computed here: the figures are `report`'s, the rows are `store`'s.

mod asked;
mod base;
mod build;
mod chart;
mod csv;
mod document;
mod html;
mod json;
mod list;
mod markdown;
pub mod options;
mod progress;
mod studios;
mod titles;
mod xlsx;

pub use base::{Base, EXAMPLE};

use anyhow::{Context, Result, anyhow};
use build::{Material, ROWS};
use document::Document;
use list::List;
use options::{Format, Options, Rows};
use progress::Progress;
use report::UnixMs;
use report::counters::Limits;
use report::tables::again::{REDIAL_MS, REPEAT_MS};
use report::tables::fold::{CELLS_MAX, TooFine};
use report::tables::{Again, AgentTime, By, Call, Every, Period, Setup, Tables};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use store::period::Reading;
use store::{Records, Stopped};
use titles::Titles;

/// Runs the command.
///
/// # Errors
/// What cannot be read, asked or written.
pub fn command(options: &Options) -> Result<ExitCode> {
    if options.base.as_deref() == Some(Path::new("example")) {
        print!("{EXAMPLE}");
        return Ok(ExitCode::SUCCESS);
    }
    if options.list.as_deref() == Some("help") {
        print!("{}", list::help(&report::tables::figure::all(&options.limits(None)?), options.lang));
        return Ok(ExitCode::SUCCESS);
    }
    let (document, reconciles) = make(options)?;
    write(&document, options)?;
    if !reconciles {
        eprintln!("sujie: {}", document.reconciles);
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the report, and says whether it reconciles.
fn make(options: &Options) -> Result<(Document, bool)> {
    let format = options.format()?;
    let base = options.base.as_deref().map(Base::load).transpose()?;
    let centre = options.centre()?;
    let limits = options.limits(centre.as_ref())?;
    let database =
        options.database.as_ref().context("--database FILE: name the file that a centre has written")?;
    let records = Records::open_to_read(database)?;
    let reading = records.reading()?;
    let extent = reading.extent()?;
    let asked = options.period(extent)?;
    let rows = options.by.clone().unwrap_or(Rows { by: By::All, key: None });
    let titles = Titles::new(reading.names()?, centre.as_ref(), &rows)?;
    let setup = |every: Option<Every>, by: By, limits: Limits| Setup {
        period: asked.period,
        zone: options.zone,
        every,
        by,
        limits,
        sites: titles.agent_sites.clone(),
        results: reading.results().to_vec(),
    };
    // A list is of the whole period: the interval is asked for with --from and --to.
    let every = options.interval.filter(|_| options.list.is_none());
    if every.is_some_and(|every| every.count(&asked.period) > CELLS_MAX as u64) {
        return Err(anyhow!(TooFine));
    }
    let mut tables = Tables::new(setup(every, rows.by, limits.clone()));
    let chart = (format == Format::Html && options.list.is_none())
        .then(|| options.interval.unwrap_or_else(|| interval(&asked.period, extent)));
    let mut fine = Tables::new(setup(chart, By::All, limits));
    let mut list = match &options.list {
        Some(wanted) => Some(List::new(wanted, options, &titles, tables.setup())?),
        None => None,
    };
    let mut told = |row: Row<'_>| -> Result<(), TooFine> {
        match row {
            Row::Call(call) => {
                tables.call(call)?;
                if chart.is_some() {
                    fine.call(call)?;
                }
                if let Some(list) = &mut list {
                    list.call(call, &titles);
                }
            }
            Row::Time(time) => {
                tables.agent_time(time)?;
                if let Some(list) = &mut list {
                    list.agent_time(time, &titles);
                }
            }
        }
        Ok(())
    };
    let unwatched = read(&reading, &asked.period, &mut told)?;
    if let Some(list) = list {
        return Ok(list.document(&tables, &titles, &asked.name));
    }
    let askings = reading.askings(asked.period.from, asked.period.to)?;
    let reconciles = tables.check().is_ok();
    let studios = reading.studios(asked.period.from, asked.period.to)?;
    let material = Material {
        options,
        asked: &asked,
        tables: &tables,
        fine: &fine,
        titles: &titles,
        base: base.as_ref(),
        askings: &askings,
        studios: &studios,
        unwatched,
    };
    let plain = matches!(format, Format::Csv | Format::Json);
    Ok((if plain { material.plain()? } else { material.document()? }, reconciles))
}

enum Row<'r> {
    Call(&'r Call),
    Time(&'r AgentTime),
}

/// Reads what a period needs: a day before it, for who had called before, and half an hour after it, for who called
/// again. Returns how many calls could not be watched.
fn read(
    reading: &Reading<'_>,
    period: &Period,
    told: &mut impl FnMut(Row<'_>) -> Result<(), TooFine>,
) -> Result<u64> {
    let from = UnixMs(period.from.0.saturating_sub(REPEAT_MS));
    let to = UnixMs(period.to.0 + REDIAL_MS);
    let mut progress = Progress::new("calls", reading.count(from, to)?);
    let mut again = Again::default();
    let mut done = |call: Call| told(Row::Call(&call));
    stopped(reading.each_call(from, to, |call| {
        progress.step();
        again.push(call, &mut done)
    }))?;
    again.finish(&mut done)?;
    drop(progress);
    stopped(reading.each_agent_time(period.from, period.to, |time| told(Row::Time(&time))))?;
    Ok(again.unwatched())
}

fn stopped(read: Result<(), Stopped<TooFine>>) -> Result<()> {
    read.map_err(|stopped| match stopped {
        Stopped::Read(error) => anyhow!(error),
        Stopped::Told(error) => anyhow!(error),
    })
}

/// An interval that makes a readable chart of a period, as far as there are calls in it.
fn interval(period: &Period, extent: Option<(UnixMs, UnixMs)>) -> Every {
    let (first, last) = extent.unwrap_or((period.from, period.to));
    let (from, to) = (period.from.max(first), period.to.min(UnixMs(last.0 + 1)));
    let hours = to.0.saturating_sub(from.0) / 3_600_000;
    match hours {
        0..4 => Every::Minutes5,
        4..12 => Every::Minutes15,
        12..50 => Every::Minutes30,
        50..200 => Every::Hour,
        200..9_600 => Every::Day,
        _ => Every::Month,
    }
}

fn write(document: &Document, options: &Options) -> Result<()> {
    let bytes = match options.format()? {
        Format::Md => markdown::write(document).into_bytes(),
        Format::Html => html::write(document).into_bytes(),
        Format::Json => json::write(document).into_bytes(),
        Format::Xlsx => xlsx::write(document)?,
        Format::Csv => {
            let sheet =
                document.sheets.iter().find(|sheet| sheet.key == ROWS).or_else(|| document.sheets.first());
            sheet.map(|sheet| csv::write(sheet, options.bom)).unwrap_or_default().into_bytes()
        }
    };
    match &options.output {
        Some(path) => {
            // Whole or not at all: nobody reads half a report.
            let beside = path.with_extension("part");
            std::fs::write(&beside, &bytes)
                .and_then(|()| std::fs::rename(&beside, path))
                .with_context(|| format!("{} cannot be written", path.display()))
        }
        None => {
            let mut out = std::io::stdout().lock();
            match out.write_all(&bytes).and_then(|()| out.flush()) {
                // Whoever reads may stop reading: `sujie report … | head`.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                other => other.context("standard output cannot be written"),
            }
        }
    }
}
