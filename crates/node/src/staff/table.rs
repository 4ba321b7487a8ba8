//! Staffing in the terminal: aligned tables with bars.

use super::{Plan, clock, model, span_text};
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use report::erlang::Traffic;
use report::staffing::{Goal, Staffed, level};
use std::time::Duration;

/// Columns of the longest bar.
const BAR: f64 = 24.0;
/// Rows above and below the answer.
const AROUND: u32 = 3;

/// One hour.
pub(super) struct Hour {
    pub(super) traffic: Traffic,
    pub(super) patience: Option<Duration>,
    pub(super) goal: Goal,
    pub(super) needed: Option<Staffed>,
    pub(super) agents: Option<u32>,
}

/// Levels around the answer, and around the agents asked for.
pub(super) fn hour(shown: &Hour) -> String {
    let Hour { traffic, patience, goal, needed, agents } = shown;
    let within = goal.target.within();
    let mut text = format!(
        "{:.1} calls/h × {} = {:.2} Erl · {}\n目标 target: {}\n",
        traffic.calls_per_hour(),
        span_text(traffic.handling()),
        traffic.erlangs(),
        model(*patience),
        goal.target
    );
    let mut table = empty(&[
        "坐席\nAgents".to_owned(),
        format!("{}接通率\nof offered", span_text(within)),
        format!("{}接通率\nof answered", span_text(within)),
        "放弃\nAbandoned".to_owned(),
        "平均等待\nWait".to_owned(),
        "占用率\nOccupancy".to_owned(),
        String::new(),
    ]);
    let centres = [needed.map(|needed| needed.agents), *agents];
    let mut rows: Vec<u32> = centres
        .into_iter()
        .flatten()
        .flat_map(|centre| centre.saturating_sub(AROUND)..=centre + AROUND)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    for count in rows {
        let mark = match (needed.map(|needed| needed.agents) == Some(count), *agents == Some(count)) {
            (true, _) => " ◀ 需要 needed",
            (_, true) => " ◀ 现有 there",
            _ => "",
        };
        match level(*traffic, *patience, count, within) {
            Some(level) => table.add_row([
                count.to_string(),
                percent(level.sl1),
                percent(level.sl2),
                percent(level.abandoned),
                format!("{:.1} s", level.asa.as_secs_f64()),
                percent(level.occupancy),
                format!("{}{mark}", bar(level.sl1)),
            ]),
            None => table.add_row([
                count.to_string(),
                "–".into(),
                "–".into(),
                "–".into(),
                "∞".into(),
                "100%".into(),
                format!("排队无限增长 the line only grows{mark}"),
            ]),
        };
    }
    text += &lines(&mut table, 6);
    text += &match needed {
        Some(needed) => format!("需要坐席 agents needed: {}\n", needed.agents),
        None => "目标无法达到 no number of agents reaches the target; ask for less\n".to_owned(),
    };
    text
}

/// The half hours of the workday, and what they come to.
pub(super) fn day(plan: &Plan) -> String {
    let request = &plan.request;
    let day = &request.workday;
    let apart = !request.sites.is_empty();
    let mut text = String::new();
    if !request.title.is_empty() {
        text += &format!("{}\n", request.title);
    }
    text += &format!(
        "{:.0} calls/day × {} · {}\n目标 target: {}\n",
        day.calls,
        span_text(day.handling),
        model(day.patience),
        day.goal.target
    );
    let within = span_text(day.goal.target.within());
    let mut header = vec![
        "时段\nFrom".to_owned(),
        "来电\nCalls".to_owned(),
        "话务量\nErlang".to_owned(),
        "合并坐席\nPooled".to_owned(),
    ];
    if apart {
        header.push("分站坐席\nSeparate".to_owned());
        header.push(format!("各站\n{}", request.sites.join(" ")));
    }
    header.extend([format!("{within}接通率\nof offered"), "占用率\nOccupancy".to_owned(), String::new()]);
    let mut table = empty(&header);
    let most = plan.workday.rows.iter().map(|row| row.pooled.agents.max(row.separate_agents())).max();
    let most = f64::from(most.unwrap_or(1).max(1));
    for (at, row) in plan.workday.rows.iter().enumerate() {
        let mut cells = vec![
            clock(at),
            format!("{:.1}", row.traffic.calls_per_hour() / 2.0),
            format!("{:.2}", row.traffic.erlangs()),
            row.pooled.agents.to_string(),
        ];
        let pooled = f64::from(row.pooled.agents) / most;
        let mut picture = bar(pooled);
        if apart {
            let separate = row.separate_agents();
            let each: Vec<String> = row.separate.iter().map(|site| site.agents.to_string()).collect();
            cells.extend([separate.to_string(), each.join(" ")]);
            let more = (f64::from(separate) / most * BAR).round() - (pooled * BAR).ceil();
            picture += &"░".repeat(more.max(0.0) as usize);
        }
        cells.extend([percent(row.pooled.sl1), percent(row.pooled.occupancy), picture]);
        table.add_row(cells);
    }
    let last = header.len() - 1;
    text += &lines(&mut table, last);
    text += &totals(plan);
    text
}

fn totals(plan: &Plan) -> String {
    let apart = !plan.request.sites.is_empty();
    let saved = |pooled: f64, separate: f64| {
        if separate > 0.0 { 100.0 * (1.0 - pooled / separate) } else { 0.0 }
    };
    let mut text = String::new();
    for (name, table) in [("工作日 workday", Some(&plan.workday)), ("休息日 day off", plan.day_off.as_ref())]
    {
        let Some(table) = table else { continue };
        let (pooled, separate) = (table.pooled_hours(), table.separate_hours());
        text += &format!("{name}: 合并 pooled {pooled:.1} 坐席小时 agent-hours");
        if apart {
            text += &format!(
                ", 分站 separate {separate:.1}, 合并节省 pooling saves {:.1}%",
                saved(pooled, separate)
            );
        }
        text.push('\n');
    }
    let year = plan.request.year;
    let (pooled, separate) = plan.fte();
    text += &format!("全职坐席 FTE: 合并 pooled {pooled:.1}");
    if apart {
        text += &format!(", 分站 separate {separate:.1}");
    }
    text += &format!(
        " ({} workdays, {} days off, {} paid hours a year, {:.0}% shrinkage)\n",
        year.workdays,
        year.days_off,
        year.paid_hours,
        100.0 * year.shrinkage
    );
    text
}

fn empty(header: &[String]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header(header);
    table
}

/// All columns but the last to the right; ends with a line break and no blanks at the ends of lines.
fn lines(table: &mut Table, last: usize) -> String {
    for column in table.column_iter_mut().take(last) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A bar in eighths of a column.
fn bar(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * BAR * 8.0).round() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{part}", "█".repeat(eighths / 8))
}
