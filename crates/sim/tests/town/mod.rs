//! A small town for tests: one group, one site, agents around the clock.

use acd::{Abilities, AgentPlan, AgentRef, GroupPlan, GroupRef, Priority, SiteRef, SkillLevel};
use base::{Calendar, Offset};
use sim::Plan;
use sim::plan::{Again, Callers, Desk, Load, SLOTS, Shift, Site, Targets, Team};
use sim::variate::Spread;
use std::time::Duration;

/// `calls` a day for `days`, talk exponential of `talk`, patience exponential of `patience`, `agents` always there.
pub(crate) fn steady(calls: u32, days: u32, talk: Duration, patience: Duration, agents: usize) -> Plan {
    let from = "2024-03-04".parse().expect("a date");
    let group = GroupPlan { wrap_up: Duration::ZERO, line_max: 100_000, ..GroupPlan::named("general") };
    let agent = |number: usize| AgentPlan {
        name: format!("{}", 8001 + number),
        site: SiteRef(0),
        skills: vec![(GroupRef(0), SkillLevel(5))],
        abilities: Abilities::NONE,
    };
    Plan {
        title: "steady".into(),
        from,
        to: from.add_days(days as i32 - 1),
        offset: Offset::CHINA,
        calendar: Calendar::plain(),
        load: Load {
            calls: f64::from(calls) * f64::from(days),
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
            redial: Again::NEVER,
            repeat: Again::NEVER,
        },
        callers: vec![Callers {
            share: 1.0,
            workday: [1.0; SLOTS],
            day_off: [1.0; SLOTS],
            priority: Priority(0),
            talk: Spread::Exponential { mean: talk },
            short_share: 0.0,
            short_talk: Spread::Constant(Duration::ZERO),
            patience: Spread::Exponential { mean: patience },
            wrap_up: Spread::Constant(Duration::ZERO),
        }],
        sites: vec![Site { name: "city".into(), title: "City".into(), share: 1.0 }],
        acd: acd::Plan {
            groups: vec![group],
            agents: (0..agents).map(agent).collect(),
            ..acd::Plan::default()
        },
        turned_to: vec![Targets::default()],
        // One shift over the whole span: nobody goes home.
        shifts: vec![Shift { name: "all".into(), from: 0, to: 1_440 * days, breaks: Vec::new() }],
        teams: vec![Team {
            name: "all".into(),
            site: SiteRef(0),
            agents: (0..agents).map(AgentRef::at).collect(),
            workday: vec![agents as u32],
            day_off: vec![agents as u32],
        }],
        desk: Desk::default(),
        thresholds: vec![Duration::from_secs(15), Duration::from_secs(20), Duration::from_secs(30)],
        threshold: 2,
        short_abandon: Duration::from_secs(5),
        long_talk: Duration::from_secs(600),
    }
}
