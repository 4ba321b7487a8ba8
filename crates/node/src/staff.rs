//! `sujie staff`: how many agents a target takes.
//!
//! ```text
//!   --rate …            ─▶ one hour:  agents around the answer        ─┐
//!   --plan, --calls-per-day ─▶ Request ─▶ Day::staff ─▶ 48 half hours ─┼─▶ table (terminal), --json, --html
//!   erlang b | c | a    ─▶ single values                              ─┘
//! ```
//!
//! The arithmetic is [`report::staffing`] and [`report::erlang`]; here it is asked for and shown.

pub mod args;
mod page;
mod table;

use crate::config::staffing;
use anyhow::{Context, Result};
use args::{Formula, Queue, Staff, StaffCommand};
use report::erlang::{self, Traffic};
use report::staffing::{Day, Goal, Profile, Table, Year, agents_needed, level};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Days to be staffed.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the day is called; may be empty.
    pub title: String,
    /// Names of the sites, in the order of their shares.
    pub sites: Vec<String>,
    /// A workday.
    pub workday: Day,
    /// Another day; `None` when all are workdays.
    pub day_off: Option<Day>,
    /// The year that they make.
    pub year: Year,
}

/// Days with their agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What was asked for.
    pub request: Request,
    /// The workday.
    pub workday: Table,
    /// The other day.
    pub day_off: Option<Table>,
}

impl Plan {
    /// Staffs what was asked for.
    ///
    /// # Errors
    /// When a half hour's traffic is out of bounds or the target out of reach.
    pub fn of(request: Request) -> Result<Self> {
        let workday = request.workday.staff()?;
        let day_off = request.day_off.as_ref().map(Day::staff).transpose()?;
        Ok(Self { request, workday, day_off })
    }

    /// Full-time agents, pooled and separate.
    #[must_use]
    pub fn fte(&self) -> (f64, f64) {
        let off = self.day_off.as_ref().unwrap_or(&self.workday);
        let year = self.request.year;
        (
            year.fte(self.workday.pooled_hours(), off.pooled_hours()),
            year.fte(self.workday.separate_hours(), off.separate_hours()),
        )
    }

    /// As the terminal shows it.
    #[must_use]
    pub fn text(&self) -> String {
        table::day(self)
    }

    /// As a page with a picture.
    #[must_use]
    pub fn html(&self) -> String {
        page::html(self)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let (pooled, separate) = self.fte();
        let apart = !self.request.sites.is_empty();
        json!({
            "title": self.request.title,
            "target": self.request.workday.goal.target.to_string(),
            "sites": self.request.sites,
            "workday": self.table_json(&self.workday),
            "day_off": self.day_off.as_ref().map(|table| self.table_json(table)),
            "workdays": self.request.year.workdays,
            "days_off": self.request.year.days_off,
            "fte_pooled": round(pooled, 1),
            "fte_separate": apart.then(|| round(separate, 1)),
        })
    }

    fn table_json(&self, table: &Table) -> Value {
        let rows = table.rows.iter().enumerate().map(|(at, row)| {
            let separate: Vec<u32> = row.separate.iter().map(|site| site.agents).collect();
            let mut value = staffed_json(&row.pooled);
            value["start"] = clock(at).into();
            value["calls"] = round(row.traffic.calls_per_hour() / 2.0, 2).into();
            value["erlangs"] = round(row.traffic.erlangs(), 3).into();
            value["agents_separate"] = separate.into();
            value
        });
        json!({
            "calls": round(table.calls(), 2),
            "agent_hours_pooled": table.pooled_hours(),
            "agent_hours_separate": (!self.request.sites.is_empty()).then(|| table.separate_hours()),
            "half_hours": rows.collect::<Vec<_>>(),
        })
    }
}

/// Does what was asked for. Exit code 2 for a plan with mistakes in it.
///
/// # Errors
/// When the target is out of reach, the load out of bounds, or the page cannot be written.
pub fn command(options: &Staff) -> Result<ExitCode> {
    match &options.command {
        Some(StaffCommand::Example) => print!("{}", staffing::EXAMPLE),
        Some(StaffCommand::Erlang(formula)) => print!("{}", erlang_text(formula)?),
        None => return tables(options),
    }
    Ok(ExitCode::SUCCESS)
}

fn tables(options: &Staff) -> Result<ExitCode> {
    let request = match (&options.plan, options.calls_per_day) {
        (Some(path), _) => match staffing::load(path) {
            Ok(request) => request,
            Err(mistakes) => {
                eprint!("{mistakes}");
                return Ok(ExitCode::from(2));
            }
        },
        (None, Some(calls)) => invented(options, calls),
        (None, None) => return hour(options),
    };
    let plan = Plan::of(request)?;
    if let Some(path) = &options.html {
        std::fs::write(path, plan.html()).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if options.json {
        println!("{:#}", plan.json());
    } else {
        print!("{}", plan.text());
    }
    Ok(ExitCode::SUCCESS)
}

fn goal(options: &Staff) -> Goal {
    Goal { target: options.target, occupancy_max: options.occupancy_max, agents_min: 1 }
}

fn invented(options: &Staff, calls: f64) -> Request {
    let workday = Day {
        calls,
        profile: Profile::hotline(),
        handling: options.aht.unwrap_or_default(),
        patience: options.patience,
        goal: goal(options),
        sites: Vec::new(),
    };
    let year = Year { workdays: 365, days_off: 0, paid_hours: 1_750.0, shrinkage: 0.30 };
    Request { title: String::new(), sites: Vec::new(), workday, day_off: None, year }
}

fn hour(options: &Staff) -> Result<ExitCode> {
    let (rate, handling) = (options.rate.unwrap_or_default(), options.aht.unwrap_or_default());
    let traffic = Traffic::per_second(rate, handling)?;
    let goal = goal(options);
    let needed = agents_needed(traffic, options.patience, &goal);
    let within = goal.target.within();
    let now = options.agents.and_then(|agents| level(traffic, options.patience, agents, within));
    if options.json {
        println!(
            "{:#}",
            json!({
                "erlangs": round(traffic.erlangs(), 3),
                "model": model(options.patience),
                "target": goal.target.to_string(),
                "within_s": within.as_secs_f64(),
                "needed": needed.as_ref().map(staffed_json),
                "now": now.as_ref().map(staffed_json),
            })
        );
    } else {
        let shown = table::Hour { traffic, patience: options.patience, goal, needed, agents: options.agents };
        print!("{}", table::hour(&shown));
    }
    Ok(if needed.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn staffed_json(level: &report::staffing::Staffed) -> Value {
    json!({
        "agents": level.agents,
        "sl1": round(level.sl1, 6),
        "sl2": round(level.sl2, 6),
        "abandoned": round(level.abandoned, 6),
        "asa_s": round(level.asa.as_secs_f64(), 3),
        "occupancy": round(level.occupancy, 6),
    })
}

fn erlang_text(formula: &Formula) -> Result<String> {
    let traffic = |queue: &Queue| {
        let rate = queue.rate.or_else(|| Some(queue.load? / queue.aht.as_secs_f64()));
        Traffic::per_second(rate.unwrap_or_default(), queue.aht)
    };
    Ok(match formula {
        Formula::B { load, agents } => format!("blocked    阻塞率      {:.10}\n", erlang::b(*load, *agents)),
        Formula::C(queue) => {
            let found = erlang::c(traffic(queue)?, queue.agents)
                .context("the load is not less than the agents: the line would grow without end")?;
            format!(
                "waiting    等待概率    {:.10}\nasa        平均等待    {:.6} s\n\
                 sl         服务水平    {:.10}  (within {})\noccupancy  占用率      {:.10}\n",
                found.waiting,
                found.asa.as_secs_f64(),
                found.within(queue.within),
                span_text(queue.within),
                found.occupancy
            )
        }
        Formula::A { queue, patience } => {
            let found = erlang::a(traffic(queue)?, *patience, queue.agents);
            let within = found.within(queue.within);
            format!(
                "waiting    等待概率    {:.10}\nabandoned  放弃率      {:.10}\n\
                 sl1        来电口径    {:.10}  (within {t})\nsl2        接通口径    {:.10}  (within {t})\n\
                 asa        平均等待    {:.6} s\nwait_all   全部等待    {:.6} s\nline       平均排队    {:.6}\n\
                 occupancy  占用率      {:.10}\n",
                found.waiting,
                found.abandoned,
                within.sl1(),
                within.sl2(),
                found.wait_answered.as_secs_f64(),
                found.wait_all.as_secs_f64(),
                found.line,
                found.occupancy,
                t = span_text(queue.within),
            )
        }
    })
}

/// A span as people write it: `20s`, `2m59.29s`.
fn span_text(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 120.0 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", span.as_secs() / 60, round(seconds % 60.0, 3))
    }
}

fn model(patience: Option<Duration>) -> String {
    match patience {
        Some(patience) => format!("Erlang A, 耐心 patience {}", span_text(patience)),
        None => "Erlang C, nobody hangs up".to_owned(),
    }
}

/// Start of a half hour.
fn clock(at: usize) -> String {
    format!("{:02}:{:02}", at / 2, at % 2 * 30)
}

fn round(number: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (number * scale).round() / scale
}
