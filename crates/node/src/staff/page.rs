//! Staffing as a page: one HTML file with a drawn picture, no script and nothing from elsewhere.

use super::{Plan, clock, model, span_text};
use crate::markup::escaped;
use std::fmt::Write;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 40.0;
const FOOT: f64 = 30.0;

const STYLE: &str = "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:2em auto;max-width:1000px;\
padding:0 1em;color:#222}svg{width:100%;height:auto}table{border-collapse:collapse}td,th{padding:2px 10px;\
text-align:right;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}small{color:#666}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}td,th{border-color:#444}svg text{fill:#ddd}}";

/// The whole page.
pub(super) fn html(plan: &Plan) -> String {
    let request = &plan.request;
    let day = &request.workday;
    let title = escaped(if request.title.is_empty() { "排班 Staffing" } else { &request.title });
    let apart = !request.sites.is_empty();
    let mut page = format!(
        "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1><p>{:.0} calls/day × {} · {}<br>目标 target: {}</p>",
        day.calls,
        span_text(day.handling),
        model(day.patience),
        day.goal.target
    );
    page += &picture(plan);
    let (pooled, separate) = plan.fte();
    let _ = write!(
        page,
        "<p>合并 pooled: <b>{:.1}</b> 坐席小时 agent-hours a workday, <b>{pooled:.1}</b> FTE",
        plan.workday.pooled_hours()
    );
    if apart {
        let hours = plan.workday.separate_hours();
        let saved = if hours > 0.0 { 100.0 * (1.0 - plan.workday.pooled_hours() / hours) } else { 0.0 };
        let _ = write!(
            page,
            "<br>分站 separate: <b>{hours:.1}</b> 坐席小时, <b>{separate:.1}</b> FTE<br>\
             合并节省 pooling saves <b>{saved:.1}%</b>"
        );
    }
    page += "</p><table><tr><th>时段<br>From<th>来电<br>Calls<th>话务量<br>Erlang<th>合并<br>Pooled";
    if apart {
        page += "<th>分站<br>Separate";
    }
    page += "<th>接通率<br>of offered<th>占用率<br>Occupancy</tr>";
    for (at, row) in plan.workday.rows.iter().enumerate() {
        let _ = write!(
            page,
            "<tr><td>{}<td>{:.1}<td>{:.2}<td>{}",
            clock(at),
            row.traffic.calls_per_hour() / 2.0,
            row.traffic.erlangs(),
            row.pooled.agents
        );
        if apart {
            let each: Vec<String> = row.separate.iter().map(|site| site.agents.to_string()).collect();
            let _ = write!(page, "<td>{} <small>({})</small>", row.separate_agents(), each.join(" + "));
        }
        let (sl1, occupancy) = (100.0 * row.pooled.sl1, 100.0 * row.pooled.occupancy);
        let _ = write!(page, "<td>{sl1:.1}%<td>{occupancy:.1}%</tr>");
    }
    page += "</table></body></html>\n";
    page
}

/// Agents over the day: bars for the pool, a line for separate sites.
fn picture(plan: &Plan) -> String {
    let rows = &plan.workday.rows;
    let apart = !plan.request.sites.is_empty();
    let most = rows.iter().map(|row| row.pooled.agents.max(row.separate_agents())).max().unwrap_or(1);
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
        .into_iter()
        .find(|step| most / step <= 6)
        .unwrap_or(5_000);
    let top = f64::from((most / step + 1) * step);
    let wide = (WIDTH - LEFT) / rows.len() as f64;
    let x = |at: usize| LEFT + wide * at as f64;
    let y = |agents: u32| (HEIGHT - FOOT) * (1.0 - f64::from(agents) / top);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"坐席 agents per half hour\" font-size=\"12\">"
    );
    for agents in (0..=most / step + 1).map(|line| line * step) {
        let height = y(agents);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#8884\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{agents}</text>",
            LEFT - 5.0,
            height + 4.0
        );
    }
    let mut outline = String::new();
    for (at, row) in rows.iter().enumerate() {
        let height = y(row.pooled.agents);
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{height:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#2b7a78\"><title>{} {}</title></rect>",
            x(at) + 1.0,
            wide - 2.0,
            HEIGHT - FOOT - height,
            clock(at),
            row.pooled.agents
        );
        let above = y(row.separate_agents());
        let _ = write!(outline, "{:.1},{above:.1} {:.1},{above:.1} ", x(at), x(at + 1));
        if at % 4 == 0 {
            let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x(at), HEIGHT - 12.0, clock(at));
        }
    }
    let _ = write!(svg, "<text x=\"{}\" y=\"14\" fill=\"#2b7a78\">■ 合并 pooled</text>", LEFT + 8.0);
    if apart {
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#d1495b\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"14\" fill=\"#d1495b\">— 分站 separate</text>",
            outline.trim_end(),
            LEFT + 130.0
        );
    }
    svg + "</svg>"
}
