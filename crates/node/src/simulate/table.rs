//! The table at the end of `sujie simulate`.

use super::{Figures, Row, Timed};
use crate::config::SimPlan;
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use report::service_level::Formula;
use sim::outcome::AgentTime;
use std::fmt::Write;

pub(super) fn write(read: &SimPlan, runs: &[Timed], figures: &[Figures], first: u32, days: u32) -> String {
    let plan = &read.plan;
    let mut text = String::new();
    let from = plan.from.add_days(first as i32);
    let to = from.add_days(days as i32 - 1);
    let _ = writeln!(
        text,
        "{}: {from} to {to}, {} agents, seed {}",
        plan.title,
        plan.acd.agents.len(),
        runs[0].outcome.seed
    );
    let threshold = plan.thresholds[plan.threshold].as_secs();
    let Figures { groups, sites, total } = &figures[0];
    let _ = writeln!(text, "{}", rows(groups, sites, total));
    let _ = writeln!(
        text,
        "T = {threshold} s; W: answered within T, on the clock from the line to the first word (t4 - t2), ringing in, greeting out"
    );
    let formulas =
        Formula::ALL.map(|formula| format!("{} = {}", formula.key().to_uppercase(), formula.printed()));
    let _ = writeln!(text, "{}", formulas.join("   "));
    if read.plan.thresholds.len() > 1 {
        let mut line = String::from("Other T:");
        for (place, limit) in plan.thresholds.iter().enumerate().filter(|(place, _)| *place != plan.threshold)
        {
            let served = total.counters.served(place);
            let level = |formula: Formula| formula.of(&served);
            let _ = write!(
                line,
                "   {} s: SL1 {} SL2 {}",
                limit.as_secs(),
                level(Formula::Sl1),
                level(Formula::Sl2)
            );
        }
        let _ = writeln!(text, "{line}");
    }
    let outcome = &runs[0].outcome;
    let _ = writeln!(
        text,
        "Redials {}, repeat calls {}, most waiting at once {}, most agents at once {}, occupancy {}, utilisation {}",
        outcome.redials,
        outcome.repeats,
        outcome.waiting_max,
        outcome.agents_max,
        percent(outcome.time.occupancy()),
        percent(outcome.time.utilisation()),
    );
    let _ = writeln!(text, "\n{}", seeds(runs, figures));
    text
}

fn rows(groups: &[Row], sites: &[Row], total: &Row) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header([
        "",
        "OFF",
        "ANS",
        "connected",
        "SL1",
        "SL2",
        "SL3",
        "SL4",
        "SL5",
        "wait s",
        "of it ring",
        "p90 s",
        "abandoned",
        "after s",
        "talk s",
        ">10 min",
        "wrap-up s",
        "occupancy",
    ]);
    for row in groups.iter().chain(sites).chain([total]) {
        let name = if row.title == row.key { row.key.clone() } else { format!("{} {}", row.key, row.title) };
        let mut cells = vec![
            name,
            row.counters.offered.to_string(),
            row.counters.answered.to_string(),
            row.connected().to_string(),
        ];
        cells.extend(row.levels.iter().map(ToString::to_string));
        cells.extend([
            format!("{:.2}", row.wait),
            format!("{:.2}", row.ring),
            format!("{:.1}", row.wait_p90),
            row.abandoned().to_string(),
            format!("{:.1}", row.wait_abandoned),
            format!("{:.2}", row.talk),
            row.long.to_string(),
            if row.counters.wrap_ups == 0 { "-".into() } else { format!("{:.1}", row.wrap_up) },
            row.time.as_ref().map_or_else(|| "-".into(), |time| percent(AgentTime::occupancy(time))),
        ]);
        table.add_row(cells);
    }
    for column in 1..18 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_padding((0, 1));
        }
    }
    table
}

/// One line a seed, so that one can see how far chance goes.
fn seeds(runs: &[Timed], figures: &[Figures]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header([
        "seed",
        "OFF",
        "ANS",
        "connected",
        "SL1",
        "SL2",
        "wait s",
        "talk s",
        ">10 min",
        "events",
        "took",
        "digest",
    ]);
    for (run, Figures { total, .. }) in runs.iter().zip(figures) {
        table.add_row([
            run.outcome.seed.to_string(),
            total.counters.offered.to_string(),
            total.counters.answered.to_string(),
            total.connected().to_string(),
            total.levels[0].to_string(),
            total.levels[1].to_string(),
            format!("{:.2}", total.wait),
            format!("{:.2}", total.talk),
            total.long.to_string(),
            run.outcome.events.to_string(),
            format!("{:.1} s", run.took.as_secs_f64()),
            format!("{:016x}", run.outcome.digest),
        ]);
    }
    table
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{:.1}%", share * 100.0))
}
