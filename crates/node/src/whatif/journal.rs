//! A recorded day as both sides of a comparison: the configuration it had, and a changed one.
//!
//! ```text
//!   journal ─▶ Replay (the engine again) ─▶ events ─▶ sim::past::Gather ─▶ Day
//!              header's configuration ─▶ base plan          changed.toml ─▶ changed plan
//! ```
//!
//! Talk, patience, pick-up and wrap-up of both plans are fitted to the day. A configuration that was changed while the
//! day ran counts as it was at the start.

use super::{Scenario, day_for};
use crate::config::Config;
use acd::{AgentRef, GroupRef};
use anyhow::{Result, bail};
use base::{LocalTime, Offset, Timestamp};
use call::plan::Target;
use sim::past::{Day, Gather};
use sim::plan::{Callers, Desk, Load, SLOTS, Site, Targets};
use sim::roster::Deed;
use sim::variate::Spread;
use std::path::Path;
use std::time::Duration;
use store::journal::{Journal, Replay};

pub(super) fn scenarios(journal: &Path, run: Option<u64>, changed: &Path) -> Result<(Scenario, Scenario)> {
    let paths = [journal.to_path_buf()];
    let mut read = Journal::open(&paths, run)?;
    let header = read.header().clone();
    let had = crate::replay::configuration(&header)?;
    let has = Config::load(changed)?;
    let mut gather = Gather::new(&had.call.entries, &had.call.flows);
    let mut replay = Replay::new(had.call.clone(), header.seed);
    let mut remarks = Vec::new();
    loop {
        match read.next_entry() {
            Ok(Some(entry)) => replay.step(entry).iter().for_each(|stamped| gather.take(stamped)),
            Ok(None) => break,
            Err(error) => {
                remarks.push(format!("warning: the journal is read up to a fault: {error}"));
                break;
            }
        }
    }
    let day = gather.finish(replay.now());
    if day.callers.is_empty() {
        bail!("nobody came into a line in {}, so there is nothing to try again", journal.display());
    }
    // The simulator's days begin at midnight; the engine's clock at its start.
    let offset = Offset::CHINA;
    let start = header.epoch.unix_millis(Timestamp::START);
    let from = offset.local(start).date;
    let midnight = offset.unix_millis(LocalTime { date: from, second: 0 });
    let day = day.later(Duration::from_millis(start - midnight));
    let to = offset.local(midnight + day.end().as_millis()).date;

    let base = plan(&had, &day, from, to);
    let other = plan(&has, &day, from, to);
    let mut past = day_for(&day, &base, &other)?;
    remarks.push(super::happened(&day));
    remarks.extend(newcomers(&mut past, &base, &other));
    let name = changed.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok((
        Scenario { name: format!("as it was ({})", header.file), plan: base, past: Some(day), remarks },
        Scenario { name, plan: other, past: Some(past), remarks: Vec::new() },
    ))
}

/// Agents whom the day does not know work from the first sign-in to the last sign-out.
fn newcomers(past: &mut Day, base: &sim::Plan, changed: &sim::Plan) -> Option<String> {
    let is_new = |name: &String| !base.acd.agents.iter().any(|agent| agent.name == *name);
    let names = changed.acd.agents.iter().enumerate().filter(|(_, agent)| is_new(&agent.name));
    let new: Vec<AgentRef> = names.map(|(place, _)| AgentRef::at(place)).collect();
    let (first, last) = (past.deeds.first()?.0, past.deeds.last()?.0);
    if new.is_empty() {
        return None;
    }
    past.deeds.extend(new.iter().map(|agent| (first, *agent, Deed::SitsDown)));
    past.deeds.extend(new.iter().map(|agent| (last, *agent, Deed::Leaves)));
    past.deeds.sort_by_key(|deed| deed.0);
    Some(format!(
        "note: {} agents are new; they are taken to work from the first sign-in to the last sign-out",
        new.len()
    ))
}

/// A centre's configuration as a plan, with people as they were on the day.
fn plan(config: &Config, day: &Day, from: base::Date, to: base::Date) -> sim::Plan {
    let usual = Spread::Exponential { mean: Duration::from_secs(120) };
    let wrap_up = day.wrap_up().unwrap_or(Spread::Constant(Duration::ZERO));
    let groups = &config.call.acd.groups;
    let callers = |place: usize| Callers {
        share: 1.0,
        workday: [1.0; SLOTS],
        day_off: [1.0; SLOTS],
        priority: acd::Priority(0),
        talk: day.talk(GroupRef::at(place)).unwrap_or(usual),
        short_share: 0.0,
        short_talk: Spread::Constant(Duration::ZERO),
        // Nobody gave up: nobody is known to.
        patience: day.patience(GroupRef::at(place)).unwrap_or(Spread::Constant(Duration::from_secs(3_600))),
        wrap_up,
    };
    let to_group = |target: &Target| match target {
        Target::Group(group) => Some(*group),
        _ => None,
    };
    let targets = config.call.groups.iter().map(|group| Targets {
        line_full: to_group(&group.on_full),
        waited_too_long: to_group(&group.on_wait_max),
        nobody_signed_in: to_group(&group.on_nobody),
        closed: to_group(&group.on_closed),
        surge: to_group(&group.on_surge),
    });
    let thresholds = config.report.thresholds.clone();
    // The board's own is the last.
    let threshold = thresholds.len().saturating_sub(1);
    let site = |name: &String| Site { name: name.clone(), title: name.clone(), share: 1.0 };
    sim::Plan {
        title: "a recorded day".into(),
        from,
        to,
        offset: Offset::CHINA,
        calendar: config.call.acd.clock.calendar.clone(),
        load: Load {
            calls: 0.0,
            day_cv: 0.0,
            dispersion: 1.0,
            weekdays: [1.0; 7],
            day_off: 1.0,
            holiday: 1.0,
            after_holiday: 1.0,
            growth: 0.0,
            events: Vec::new(),
            greeting: Duration::ZERO,
            greeting_lost: 0.0,
            redial: sim::plan::Again::NEVER,
            repeat: sim::plan::Again::NEVER,
        },
        callers: (0..groups.len()).map(callers).collect(),
        sites: config.report.sites.iter().map(site).collect(),
        acd: config.call.acd.clone(),
        turned_to: targets.collect(),
        shifts: Vec::new(),
        teams: Vec::new(),
        desk: Desk { answer: day.answer().unwrap_or(Spread::Constant(Duration::ZERO)), ..Desk::default() },
        thresholds,
        threshold,
        short_abandon: config.report.short_abandon,
        long_talk: config.report.long_talk,
    }
}
