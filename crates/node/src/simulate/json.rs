//! `sujie simulate --json`: the same figures for programs. Shares are given with both their numbers.

use super::{Figures, Row, Timed};
use crate::config::SimPlan;
use report::service_level::{Formula, Ratio};
use serde_json::{Map, Value, json};
use sim::Outcome;
use sim::plan::SLOTS;
use sim::series::Slot;

pub(super) fn write(read: &SimPlan, runs: &[Timed], figures: &[Figures], first: u32, days: u32) -> String {
    let plan = &read.plan;
    let from = plan.from.add_days(first as i32);
    let runs = runs.iter().zip(figures).map(|(run, figures)| {
        let outcome = &run.outcome;
        json!({
            "seed": outcome.seed,
            "digest": format!("{:016x}", outcome.digest),
            "events": outcome.events,
            "took_s": run.took.as_secs_f64(),
            "redials": outcome.redials,
            "repeats": outcome.repeats,
            "waiting_max": outcome.waiting_max,
            "agents_max": outcome.agents_max,
            "total": row(&figures.total),
            "groups": figures.groups.iter().map(row).collect::<Vec<_>>(),
            "sites": figures.sites.iter().map(row).collect::<Vec<_>>(),
            "half_hours": half_hours(outcome, first, days),
        })
    });
    let document = json!({
        "title": plan.title,
        "from": from.to_string(),
        "to": from.add_days(days as i32 - 1).to_string(),
        "agents": plan.acd.agents.len(),
        "threshold_s": plan.thresholds[plan.threshold].as_secs_f64(),
        "formulas": Formula::ALL.iter().map(|formula| (formula.key().to_owned(), formula.printed().into())).collect::<Map<_, Value>>(),
        "runs": runs.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn ratio(ratio: Ratio) -> Value {
    json!({ "part": ratio.part, "whole": ratio.whole, "share": ratio.share() })
}

fn row(row: &Row) -> Value {
    let levels = Formula::ALL.iter().zip(&row.levels);
    json!({
        "key": row.key,
        "title": row.title,
        "offered": row.counters.offered,
        "answered": row.counters.answered,
        "abandoned": row.counters.abandoned(),
        "abandoned_in_line": row.counters.abandoned_in_line,
        "abandoned_ringing": row.counters.abandoned_ringing,
        "turned_away": row.counters.turned_away.total(),
        "connected": ratio(row.connected()),
        "service_level": levels.map(|(formula, level)| (formula.key().to_owned(), ratio(*level))).collect::<Map<_, _>>(),
        "wait_s": row.wait,
        "wait_ring_s": row.ring,
        "wait_p90_s": row.wait_p90,
        "wait_abandoned_s": row.wait_abandoned,
        "talk_s": row.talk,
        "long_talks": ratio(row.long),
        "wrap_up_s": row.wrap_up,
        "occupancy": row.time.and_then(|time| time.occupancy()),
        "utilisation": row.time.and_then(|time| time.utilisation()),
    })
}

/// The mean day: half hour by half hour, over all days of the run.
fn half_hours(outcome: &Outcome, first: u32, days: u32) -> Vec<Value> {
    let of_day = |slot: usize| {
        let mut sum = Slot::default();
        for day in first..first + days {
            sum.add(&outcome.series.total(day as usize * SLOTS + slot));
        }
        json!({
            "from": format!("{:02}:{:02}", slot / 2, slot % 2 * 30),
            "offered": sum.offered,
            "answered": sum.answered,
            "within": sum.within,
            "abandoned": sum.abandoned,
            "wait_s": sum.wait(),
            "occupancy": sum.occupancy(),
            "agents": (sum.busy_ms + sum.ready_ms + sum.away_ms) as f64 / (1.8e6 * f64::from(days)),
        })
    };
    (0..SLOTS).map(of_day).collect()
}
