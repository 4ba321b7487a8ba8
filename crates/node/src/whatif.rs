//! `sujie whatif`: the same callers under two plans, side by side, with how sure one can be.
//!
//! ```text
//!   --replay day.journal --config changed.toml    journal.rs   a day that happened, another configuration
//!   --replay calls.csv --plan a --against b       log          callers of a log, two plans
//!   --plan a --against b                                       callers that are drawn, two plans
//!                  └─▶ Scenario, Scenario ─▶ sim::Run of each, seed by seed ─▶ sim::Comparison ─▶ table.rs, JSON
//! ```
//!
//! Both plans run through the simulator, the one that was in force as well: what happened is known, but what would
//! have happened is modelled, and a model is only fair beside itself.
//! Never knows: which plan is better.

mod journal;
mod table;

use crate::cli::WhatIf;
use crate::config::{Mistakes, SimPlan};
use crate::simulate::log;
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use sim::past::Day;
use sim::{Comparison, Outcome, Plan, Run};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

/// A mistake in a plan or configuration.
const USAGE: u8 = 2;

/// One side: a plan, and the past that is run through it.
#[derive(Clone, Debug)]
struct Scenario {
    /// The file it comes from, for headings.
    name: String,
    plan: Plan,
    past: Option<Day>,
    /// What was odd in it, or had to be assumed.
    remarks: Vec<String>,
}

/// Compares.
///
/// # Errors
/// When a file cannot be read or the flags do not fit together.
pub fn command(options: &WhatIf) -> Result<ExitCode> {
    let sides = match scenarios(options) {
        Ok(sides) => sides,
        // Mistakes in a file are not a fault of ours: they are shown whole.
        Err(error) => match error.downcast::<Mistakes>() {
            Ok(mistakes) => {
                eprint!("{mistakes}");
                return Ok(ExitCode::from(USAGE));
            }
            Err(error) => return Err(error),
        },
    };
    for remark in sides.0.remarks.iter().chain(&sides.1.remarks) {
        eprintln!("{remark}");
    }
    let runs = run(&sides, options);
    let names = |plan: &Plan| plan.acd.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
    let (base, changed) = (names(&sides.0.plan), names(&sides.1.plan));
    let thresholds = (sides.0.plan.threshold, sides.1.plan.threshold);
    let comparison = Comparison::of(&runs, (&base, &changed), thresholds);
    let titles = (sides.0.name.as_str(), sides.1.name.as_str());
    let limit = sides.0.plan.thresholds.get(sides.0.plan.threshold).copied().unwrap_or_default();
    if options.json {
        println!("{}", table::json(&comparison, titles, limit));
    } else {
        print!("{}", table::text(&comparison, titles, limit, options.intervals));
    }
    Ok(ExitCode::SUCCESS)
}

/// The two sides that the flags ask for.
fn scenarios(options: &WhatIf) -> Result<(Scenario, Scenario)> {
    match (&options.replay, &options.plan, &options.against, &options.config) {
        (Some(replay), None, None, Some(config)) if !log::is_log(replay) => {
            journal::scenarios(replay, options.run, config)
        }
        (Some(replay), Some(plan), Some(against), None) if log::is_log(replay) => {
            logged(plan, against, Some(replay))
        }
        (None, Some(plan), Some(against), None) => logged(plan, against, None),
        _ => bail!(
            "these flags do not say what is compared; write one of\n  \
             --replay DIR|FILE.journal --config changed.toml\n  \
             --replay calls.csv --plan base.toml --against changed.toml\n  \
             --plan base.toml --against changed.toml"
        ),
    }
}

/// Two plans; callers of the base plan's log, of the one that is named, or drawn by each.
fn logged(plan: &Path, against: &Path, replay: Option<&Path>) -> Result<(Scenario, Scenario)> {
    let (mut base, mut changed) = (SimPlan::load(plan)?, SimPlan::load(against)?);
    if let Some(replay) = replay {
        let Some(columns) = &mut base.log else {
            bail!(
                "{} does not say which columns of {} mean what; add [log] to it (deploy/plans/call-log.toml)",
                plan.display(),
                replay.display()
            );
        };
        columns.file = replay.to_path_buf();
    }
    let limit = |read: &SimPlan| read.plan.thresholds[read.plan.threshold];
    if limit(&base) != limit(&changed) {
        bail!(
            "the plans have different thresholds, so their service levels cannot be compared; write the same threshold"
        );
    }
    let past = log::past(&mut base)?;
    if past.is_some() {
        // The same people call: what is known of them does not depend on who answers.
        (changed.plan.from, changed.plan.to) = (base.plan.from, base.plan.to);
        for (name, callers) in changed.plan.acd.groups.iter().zip(&mut changed.plan.callers) {
            let Some(place) = base.plan.acd.groups.iter().position(|group| group.name == name.name) else {
                continue;
            };
            let fitted = &base.plan.callers[place];
            callers.talk = fitted.talk;
            callers.patience = fitted.patience;
            callers.short_share = fitted.short_share;
        }
    } else if base.plan.days() != changed.plan.days() {
        bail!("the plans have different numbers of days; write the same from and to in both");
    }
    let other = past.as_ref().map(|day| day_for(day, &base.plan, &changed.plan)).transpose()?;
    let side = |path: &Path, read: SimPlan, past| Scenario {
        name: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        plan: read.plan,
        past,
        remarks: if read.warnings.is_empty() { Vec::new() } else { vec![read.warnings.to_string()] },
    };
    let said = past.as_ref().map(happened);
    let mut base = side(plan, base, past);
    base.remarks.extend(said);
    Ok((base, side(against, changed, other)))
}

/// What happened, to hold the model's own figures for the same day (A) against.
fn happened(day: &Day) -> String {
    let happened = day.happened();
    format!(
        "as it happened: {} came into a line, {} were answered after {:.1} s on average, {} gave up",
        happened.came,
        happened.answered,
        happened.wait.as_secs_f64(),
        happened.gave_up
    )
}

/// A day in the words of another plan: groups and agents by name.
fn day_for(day: &Day, base: &Plan, changed: &Plan) -> Result<Day> {
    let (was, is) = (&base.acd, &changed.acd);
    for (place, group) in was.groups.iter().enumerate() {
        let called = day.callers.iter().any(|came| came.group.index() == place);
        if called && !is.groups.iter().any(|known| known.name == group.name) {
            bail!(
                "people called for group {}, which the changed side does not have; keep its key",
                group.name
            );
        }
    }
    let group = |group: acd::GroupRef| {
        let name = &was.groups.get(group.index())?.name;
        is.groups.iter().position(|known| known.name == *name).map(acd::GroupRef::at)
    };
    let agent = |agent: acd::AgentRef| {
        let name = &was.agents.get(agent.index())?.name;
        is.agents.iter().position(|known| known.name == *name).map(acd::AgentRef::at)
    };
    Ok(day.translated(group, agent))
}

/// Both sides, seed by seed.
fn run((base, changed): &(Scenario, Scenario), options: &WhatIf) -> Vec<(Outcome, Outcome)> {
    let bar = ProgressBar::new(u64::from(options.seeds) * 2);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let one = |side: &Scenario, seed: u64| {
        let outcome = match &side.past {
            Some(past) => Run::again(&side.plan, past, seed),
            None => Run::new(&side.plan, seed),
        };
        let outcome = outcome.finish(|_| ());
        bar.inc(1);
        outcome
    };
    let seeds = (0..u64::from(options.seeds)).map(|number| options.seed.wrapping_add(number));
    let runs = seeds.map(|seed| (one(base, seed), one(changed, seed))).collect();
    bar.finish_and_clear();
    runs
}
