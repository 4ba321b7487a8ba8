//! `sujie records summary`: the last run's records added up by SQL, without the engine.

use anyhow::{Context, Result};
use report::counters::Limits;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use store::Records;
use store::summary::Recount;

/// Prints the totals of the newest run.
///
/// # Errors
/// When the database cannot be read or holds no run.
pub fn summary(database: &Path, json: bool) -> Result<ExitCode> {
    let records = Records::open_to_read(database)?;
    let (run, calls) = *records
        .runs()?
        .last()
        .with_context(|| format!("{} holds no run of a centre yet", database.display()))?;
    let totals = records.summary(run, &Limits::of(&report::Plan::default()))?;
    let rows = std::iter::once(("total", &totals.total))
        .chain(totals.groups.iter().map(|(key, recount)| (key.as_str(), recount)));
    if json {
        let groups: serde_json::Map<_, _> =
            rows.map(|(key, recount)| (key.to_owned(), row(recount))).collect();
        println!(
            "{:#}",
            json!({ "run": run, "calls": calls, "in_progress": totals.in_progress, "groups": groups })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: run {run}, {calls} calls, {} in progress", database.display(), totals.in_progress);
    println!("{:<14}{:>9}{:>9}{:>11}{:>10}", "group", "offered", "answered", "abandoned", "mean wait");
    for (key, recount) in rows {
        let counters = &recount.counters;
        println!(
            "{key:<14}{:>9}{:>9}{:>11}{:>9.1}s",
            counters.offered,
            counters.answered,
            counters.abandoned_in_line + counters.abandoned_ringing,
            mean_wait(recount)
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn row(recount: &Recount) -> serde_json::Value {
    let counters = &recount.counters;
    json!({
        "offered": counters.offered,
        "answered": counters.answered,
        "abandoned": counters.abandoned_in_line + counters.abandoned_ringing,
        "wait_mean_s": mean_wait(recount),
    })
}

fn mean_wait(recount: &Recount) -> f64 {
    match recount.counters.answered {
        0 => 0.0,
        answered => recount.sums.waited.as_secs_f64() / answered as f64,
    }
}
