//! `sujie simulate --html`: one page with pictures, which needs nothing but a browser.
//!
//! ```text
//!   Series ─┬─ by half hour, over all days ─▶ mean and 10–90 % band ─▶ charts of the day
//!           └─ by day ──────────────────────▶ charts of the year
//! ```
//!
//! Never knows: scripts, fonts, other files. Every chart has its numbers in the table below it.

use super::Figures;
use super::chart::{Band, Chart, Unit};
use crate::config::SimPlan;
use crate::markup::escaped;
use report::service_level::Formula;
use sim::Outcome;
use sim::plan::SLOTS;
use sim::series::Slot;
use std::fmt::Write;

/// A curve of one figure.
type Figure = fn(&Slot) -> Option<f64>;

/// What is drawn: title, note, unit, colour, figure.
const DRAWN: [(&str, &str, Unit, &str, Figure); 4] = [
    ("Arrivals", "calls into a line, each half hour", Unit::Count, "var(--a)", |slot| {
        Some(f64::from(slot.offered))
    }),
    (
        "Wait",
        "mean seconds from the line to the first word, of those answered",
        Unit::Seconds,
        "var(--b)",
        Slot::wait,
    ),
    ("Service level", "answered within T, of offered (SL1)", Unit::Share, "var(--c)", Slot::level),
    ("Occupancy", "ringing, talk and wrap-up, of that and ready", Unit::Share, "var(--d)", Slot::occupancy),
];

pub(super) fn write(read: &SimPlan, outcome: &Outcome, figures: &[Figures], first: u32, days: u32) -> String {
    let plan = &read.plan;
    let from = plan.from.add_days(first as i32);
    let to = from.add_days(days as i32 - 1);
    let Figures { groups, sites, total } = &figures[0];
    let mut page = String::with_capacity(200_000);
    let title = escaped(&plan.title);
    let threshold = plan.thresholds[plan.threshold].as_secs();
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><header><p class=\"kind\">sujie simulate</p><h1>{title}</h1>\
         <p class=\"sub\">{from} to {to} · {} agents · {} sites · seed {} · {} events through the real distributor</p></header>",
        plan.acd.agents.len(),
        plan.sites.len(),
        outcome.seed,
        thousands(outcome.events),
    );
    let _ = write!(page, "<section class=\"tiles\">");
    let tiles = [
        ("Offered", thousands(total.counters.offered), "into a line".to_owned()),
        ("Answered", thousands(total.counters.answered), format!("{} of offered", total.connected())),
        ("SL1", total.levels[0].to_string(), format!("{}, T = {threshold} s", Formula::Sl1.printed())),
        ("SL2", total.levels[1].to_string(), format!("{}, T = {threshold} s", Formula::Sl2.printed())),
        ("Wait", format!("{:.2} s", total.wait), format!("{:.2} s of it ringing", total.ring)),
        (
            "Talk",
            format!("{:.2} s", total.talk),
            format!("{} over {} min", total.long, plan.long_talk.as_secs() / 60),
        ),
        ("Abandoned", total.abandoned().to_string(), format!("after {:.1} s", total.wait_abandoned)),
        (
            "Occupancy",
            total
                .time
                .and_then(|time| time.occupancy())
                .map_or_else(|| "–".into(), |share| format!("{:.1}%", share * 100.0)),
            format!("most at once: {} agents, {} waiting", outcome.agents_max, outcome.waiting_max),
        ),
    ];
    for (name, figure, note) in tiles {
        let _ =
            write!(page, "<div class=\"tile\"><span>{name}</span><b>{figure}</b><small>{note}</small></div>");
    }
    let _ = write!(
        page,
        "</section><h2>The mean day</h2><p class=\"sub\">Each half hour over {days} days: the line is the whole span's figure, the band holds eight days of ten.</p><section class=\"charts\">"
    );
    for (title, note, unit, colour, figure) in DRAWN {
        page += &day(outcome, first, days, unit, figure).draw(title, note, unit, colour);
    }
    page += "</section>";
    if days > 1 {
        let _ = write!(
            page,
            "<h2>Day by day</h2><p class=\"sub\">Pale columns are days off.</p><section class=\"charts wide\">"
        );
        let per_day: [(&str, &str, Unit, &str, Figure); 4] = [
            (DRAWN[0].0, "calls into a line, each day", DRAWN[0].2, DRAWN[0].3, DRAWN[0].4),
            DRAWN[1],
            DRAWN[2],
            DRAWN[3],
        ];
        for (title, note, unit, colour, figure) in per_day {
            page += &span(read, outcome, first, days, figure).draw(title, note, unit, colour);
        }
        page += "</section>";
    }
    page += "<h2>Groups and sites</h2><div class=\"scroll\"><table><thead><tr><th></th><th>Offered</th><th>Answered</th><th>Connected</th>";
    for formula in Formula::ALL {
        let _ = write!(
            page,
            "<th title=\"{0}\">{1}</th>",
            escaped(formula.printed()),
            formula.key().to_uppercase()
        );
    }
    page += "<th>Wait s</th><th>of it ring</th><th>p90 s</th><th>Abandoned</th><th>Talk s</th><th>Long</th><th>Wrap-up s</th><th>Occupancy</th></tr></thead><tbody>";
    for (row, class) in groups
        .iter()
        .map(|row| (row, ""))
        .chain(sites.iter().map(|row| (row, "site")))
        .chain([(total, "total")])
    {
        let _ = write!(
            page,
            "<tr class=\"{class}\"><th>{} <small>{}</small></th><td>{}</td><td>{}</td><td>{}</td>",
            escaped(&row.title),
            escaped(&row.key),
            thousands(row.counters.offered),
            thousands(row.counters.answered),
            row.connected(),
        );
        for level in row.levels {
            let _ = write!(page, "<td>{level}</td>");
        }
        let occupancy = row.time.and_then(|time| time.occupancy());
        let _ = write!(
            page,
            "<td>{:.2}</td><td>{:.2}</td><td>{:.1}</td><td>{}</td><td>{:.2}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            row.wait,
            row.ring,
            row.wait_p90,
            row.abandoned(),
            row.talk,
            row.long,
            if row.counters.wrap_ups == 0 { "–".into() } else { format!("{:.1}", row.wrap_up) },
            occupancy.map_or_else(|| "–".into(), |share| format!("{:.1}%", share * 100.0)),
        );
    }
    let formulas = Formula::ALL
        .map(|formula| format!("{} = {}", formula.key().to_uppercase(), escaped(formula.printed())));
    let _ = write!(
        page,
        "</tbody></table></div><p class=\"note\">{} · T = {threshold} s, inclusive. The wait runs from the line to the first word \
         (t4 − t2): ringing is in it, the greeting is not.</p></main></body></html>",
        formulas.join(" · ")
    );
    page.push('\n');
    page
}

/// A figure by half hour: its value over all days, and the band of single days.
fn day(outcome: &Outcome, first: u32, days: u32, unit: Unit, figure: Figure) -> Chart {
    let mut chart = Chart::default();
    for slot in 0..SLOTS {
        let mut whole = Slot::default();
        let mut single: Vec<f64> = Vec::new();
        for day in first..first + days {
            let of = outcome.series.total(day as usize * SLOTS + slot);
            whole.add(&of);
            single.extend(figure(&of));
        }
        single.sort_by(f64::total_cmp);
        let at =
            |share: f64| single.get(((single.len().max(1) - 1) as f64 * share).round() as usize).copied();
        // Counts are a mean day's; shares and means are the span's.
        let per = if unit == Unit::Count { f64::from(days) } else { 1.0 };
        let value = figure(&whole).map(|value| value / per);
        chart.labels.push(if slot % 6 == 0 { format!("{:02}", slot / 2) } else { String::new() });
        chart.points.push(value);
        chart.band.push(if days > 4 {
            at(0.1).zip(at(0.9)).map(|(low, high)| Band { low, high })
        } else {
            None
        });
    }
    chart
}

/// A figure by day.
fn span(read: &SimPlan, outcome: &Outcome, first: u32, days: u32, figure: Figure) -> Chart {
    let mut chart = Chart { wide: true, ..Chart::default() };
    let mut month = 0;
    for day in first..first + days {
        let date = read.plan.from.add_days(day as i32);
        let mut whole = Slot::default();
        (0..SLOTS).for_each(|slot| whole.add(&outcome.series.total(day as usize * SLOTS + slot)));
        let label = if days > 62 {
            if date.month() == month {
                String::new()
            } else {
                MONTHS[usize::from(date.month()) - 1].to_owned()
            }
        } else if (day - first).is_multiple_of(days.div_ceil(14)) {
            format!("{}-{}", date.month(), date.day())
        } else {
            String::new()
        };
        month = date.month();
        chart.labels.push(label);
        chart.points.push(figure(&whole));
        chart.band.push(None);
        if !read.plan.calendar.is_workday(date) {
            chart.pale.push((day - first) as usize);
        }
    }
    chart
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// Light and dark, screen and print.
pub(super) const STYLE: &str = "\
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#667085;--rule:#e4e7ec;--pale:#eef1f5;--a:#2f6fde;--b:#c2571a;--c:#16866b;--d:#7a4fc4}\
@media(prefers-color-scheme:dark){:root{--bg:#11151b;--card:#1a2029;--ink:#e6eaf0;--soft:#93a0b2;--rule:#2b3442;--pale:#222a35;--a:#6ea0ff;--b:#f0945a;--c:#4cc9a6;--d:#b190f0}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:1320px;margin:0 auto;padding:32px 24px 48px}.kind{margin:0;color:var(--soft);font-size:12px;letter-spacing:.08em;text-transform:uppercase}\
h1{margin:2px 0 4px;font-size:28px;line-height:1.2}h2{margin:36px 0 2px;font-size:19px}.sub{margin:0 0 14px;color:var(--soft)}\
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin-top:22px}\
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px;display:flex;flex-direction:column}\
.tile span{color:var(--soft);font-size:12px}.tile b{font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3;white-space:nowrap}.tile small{color:var(--soft);font-size:11.5px;line-height:1.35}\
.charts{display:grid;grid-template-columns:1fr 1fr;gap:14px}.charts.wide{grid-template-columns:1fr}@media(max-width:820px){.charts{grid-template-columns:1fr}}\
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px 6px}\
figcaption b{font-size:14px}figcaption span{display:block;color:var(--soft);font-size:12px}\
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}svg .grid{stroke:var(--rule);stroke-width:1}svg .pale{fill:var(--pale)}\
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px;margin-top:10px}\
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}th,td{padding:7px 6px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}\
thead th{color:var(--soft);font-weight:500;font-size:12px}tbody th{text-align:left;font-weight:500}tbody th small{color:var(--soft);font-weight:400;margin-left:4px}\
tbody th,thead th:first-child{padding-left:12px}tr.site th{padding-left:22px}tr.total>*{font-weight:650;border-bottom:0}.note{color:var(--soft);font-size:12.5px}.good{color:var(--c)}.bad{color:var(--b)}\
@media(max-width:620px){.tiles{grid-template-columns:1fr 1fr}}@media print{body{background:#fff}.charts{break-inside:avoid}}";
