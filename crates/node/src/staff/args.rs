//! `sujie staff`: what can be asked for.

use crate::config::staffing::{TARGETS, percent, seconds, target};
use clap::{Args, Subcommand};
use report::staffing::Target;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  sujie staff --rate 690/h --aht 179s --patience 90s --target 80%/20s   one hour: how many agents
  sujie staff --rate 690/h --aht 179s --agents 38                       one hour: what 38 agents give
  sujie staff example > staff.toml                                      begin a plan of a day
  sujie staff --plan staff.toml --html staff.html                       the day, pooled against separate sites
  sujie staff --calls-per-day 6753 --aht 179s --patience 90s            the same without a file
  sujie staff erlang c --load 20 --agents 25                            single values, to check or be checked

Targets: 80%/20s (of all callers), sl2:80%/20s (of answered callers), asa:9s, abandon:3%.";

/// `sujie staff`.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Staff {
    /// Something else than a table.
    #[command(subcommand)]
    pub command: Option<StaffCommand>,
    /// Calls per hour (690/h), minute (11.5/m) or second (0.19/s)
    #[arg(long, value_name = "CALLS/TIME", value_parser = rate, conflicts_with_all = ["plan", "calls_per_day"], required_unless_present_any = ["plan", "calls_per_day"])]
    pub rate: Option<f64>,
    /// Calls of a day that falls as an assumed 12345 day does
    #[arg(long, value_name = "CALLS", value_parser = calls, conflicts_with = "plan")]
    pub calls_per_day: Option<f64>,
    /// Plan of a day: `sujie staff example` prints one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["aht", "patience", "target", "agents", "occupancy_max"])]
    pub plan: Option<PathBuf>,
    /// Mean handling time of a call: talk and wrap-up, such as 179s or 2m59s
    #[arg(long, value_name = "SPAN", value_parser = seconds, required_unless_present = "plan")]
    pub aht: Option<Duration>,
    /// Mean time after which callers hang up; left out, they never do (Erlang C)
    #[arg(long, value_name = "SPAN", value_parser = seconds)]
    pub patience: Option<Duration>,
    /// What has to be reached
    #[arg(long, value_name = "TARGET", default_value = "80%/20s", value_parser = wanted)]
    pub target: Target,
    /// Show what so many agents give
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub agents: Option<u32>,
    /// Agents may be busy for at most this share of their time
    #[arg(long, value_name = "PERCENT", default_value = "100%", value_parser = share)]
    pub occupancy_max: f64,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Write the day as a page with a picture
    #[arg(long, value_name = "FILE", conflicts_with = "rate")]
    pub html: Option<PathBuf>,
}

/// `sujie staff …`.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum StaffCommand {
    /// Print a complete commented plan of a day
    Example,
    /// Print single values of the Erlang formulas
    #[command(subcommand)]
    Erlang(Formula),
}

/// `sujie staff erlang …`.
#[derive(Clone, Copy, Debug, PartialEq, Subcommand)]
pub enum Formula {
    /// Erlang B: share of attempts that are blocked
    B {
        /// Traffic offered, in erlang
        #[arg(long, value_name = "ERLANG", value_parser = load)]
        load: f64,
        /// Trunks, ports or agents
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=10_000))]
        agents: u32,
    },
    /// Erlang C: callers wait for ever
    C(Queue),
    /// Erlang A: callers hang up when their patience ends
    A {
        /// The line.
        #[command(flatten)]
        queue: Queue,
        /// Mean patience
        #[arg(long, value_name = "SPAN", value_parser = seconds)]
        patience: Duration,
    },
}

/// A line.
#[derive(Args, Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// Traffic offered, in erlang
    #[arg(long, value_name = "ERLANG", value_parser = load, conflicts_with = "rate", required_unless_present = "rate")]
    pub load: Option<f64>,
    /// Calls per hour (690/h), minute or second
    #[arg(long, value_name = "CALLS/TIME", value_parser = rate)]
    pub rate: Option<f64>,
    /// Mean handling time
    #[arg(long, value_name = "SPAN", default_value = "180s", value_parser = seconds)]
    pub aht: Duration,
    /// Agents
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub agents: u32,
    /// Time of the service level
    #[arg(long, value_name = "SPAN", default_value = "20s", value_parser = seconds)]
    pub within: Duration,
}

/// Calls a second.
fn rate(text: &str) -> Result<f64, String> {
    let wrong =
        || format!("{text:?} is not a rate; write calls per hour, minute or second: 690/h, 11.5/m, 0.19/s");
    let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
    let calls: f64 = number.trim().parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "h" => 3600.0,
        "m" | "min" => 60.0,
        "s" => 1.0,
        _ => return Err(wrong()),
    };
    if (0.0..f64::INFINITY).contains(&calls) { Ok(calls / seconds) } else { Err(wrong()) }
}

fn calls(text: &str) -> Result<f64, String> {
    bounded(text, 10_000_000.0)
}

fn load(text: &str) -> Result<f64, String> {
    bounded(text, report::erlang::ERLANGS_MAX)
}

fn bounded(text: &str, most: f64) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=most).contains(number));
    number.ok_or_else(|| format!("write a number from 0 to {most}"))
}

fn wanted(text: &str) -> Result<Target, String> {
    target(text).map_err(|why| format!("{why}; write {TARGETS}"))
}

fn share(text: &str) -> Result<f64, String> {
    percent(text).filter(|share| *share > 0.0).ok_or_else(|| "write a share above 0%, such as 85%".to_owned())
}
