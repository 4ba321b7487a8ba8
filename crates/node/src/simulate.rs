//! `sujie simulate`: a plan's days in virtual time, as a table, JSON or a page with pictures.
//!
//! ```text
//!   plan.toml ─▶ SimPlan ─┬─▶ sim::Run (seed, seed + 1, …) ─▶ Outcome ─┬─ table.rs   for people
//!   calls.csv ─▶ past::Day┘                                            ├─ json.rs    for programs
//!                                                                      └─ page.rs    charts, one HTML file
//! ```
//!
//! Never knows: how a run is made; whether a figure is good.

mod chart;
mod figures;
mod json;
pub mod log;
mod page;
mod table;

pub use figures::{Figures, Row};

use crate::cli::Simulate;
use crate::config::SimPlan;
use anyhow::{Context, Result, bail};
use base::Date;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sim::past::Day;
use sim::{Outcome, Run};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A run and how long it took.
#[derive(Debug)]
pub struct Timed {
    /// What it came to.
    pub outcome: Outcome,
    /// On this machine.
    pub took: Duration,
}

/// Runs a plan.
///
/// # Errors
/// When the call log cannot be read, the days are not in the plan, or the page cannot be written.
pub fn command(options: &Simulate, mut read: SimPlan) -> Result<ExitCode> {
    if !read.warnings.is_empty() {
        eprint!("{}", read.warnings);
    }
    let past = log::past(&mut read)?;
    let (first, days) = days(options, &read)?;
    let seed = options.seed.unwrap_or(read.seed);
    let runs: Vec<Timed> = (0..u64::from(options.seeds))
        .map(|number| run(&read, past.as_ref(), seed.wrapping_add(number), first, days))
        .collect();
    let figures: Vec<Figures> = runs.iter().map(|run| Figures::of(&read, &run.outcome)).collect();
    if let Some(path) = &options.html {
        let page = page::write(&read, &runs[0].outcome, &figures, first, days);
        std::fs::write(path, page).with_context(|| format!("{} cannot be written", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    if options.json {
        println!("{}", json::write(&read, &runs, &figures, first, days));
    } else {
        print!("{}", table::write(&read, &runs, &figures, first, days));
    }
    Ok(ExitCode::SUCCESS)
}

/// First day and number of days that are asked for.
fn days(options: &Simulate, read: &SimPlan) -> Result<(u32, u32)> {
    let plan = &read.plan;
    let within = |day: Date, flag: &str| -> Result<Date> {
        if plan.from <= day && day <= plan.to {
            Ok(day)
        } else {
            bail!("{flag} {day} is not in the plan; write a day from {} to {}", plan.from, plan.to)
        }
    };
    let from = options.from.map_or(Ok(plan.from), |day| within(day, "--from"))?;
    let to = options.to.map_or(Ok(plan.to), |day| within(day, "--to"))?;
    if to < from {
        bail!("--to {to} lies before --from {from}");
    }
    if read.log.is_some() && (options.from.is_some() || options.to.is_some()) {
        bail!("--from and --to choose days of a plan; a call log is run as it is, so cut the log instead");
    }
    Ok((from.days() - plan.from.days(), to.days() - from.days() + 1))
}

/// One run, with its progress on a terminal.
pub(crate) fn run(read: &SimPlan, past: Option<&Day>, seed: u64, first: u32, days: u32) -> Timed {
    let bar = ProgressBar::new(u64::from(days));
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} days, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(format!("seed {seed}"));
    let began = Instant::now();
    let run = match past {
        Some(past) => Run::again(&read.plan, past, seed),
        None => Run::of_days(&read.plan, seed, first, days),
    };
    let outcome = run.finish(|day| bar.set_position(u64::from(day.saturating_sub(first))));
    let took = began.elapsed();
    bar.finish_and_clear();
    Timed { outcome, took }
}
