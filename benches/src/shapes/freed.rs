//! A full line with music, and agents who become free: how soon is the next caller offered, and is it his turn?

use super::{Options, Scene, Stage, plain_day, set_up};
use crate::engine::CentreOptions;
use crate::report::{Bar, Report};
use crate::rig::histogram;
use anyhow::Result;
use base::{Table, Timestamp};
use phones::day::{Arrivals, Span};
use phones::{Sighting, Sound};
use std::time::Duration;

const AGENTS: usize = 50;
const WAITING: u64 = 1_000;

/// Agent freed → next caller's INVITE at that agent, with 1,000 callers on music who talk into it.
///
/// # Errors
/// When something cannot be run.
pub fn freed(options: &Options) -> Result<Report> {
    let measured = (1_000.0 * options.scale) as u64;
    // 50 agents with 2 s of talk serve 25 callers a second; as many come in, so the line stays full.
    let talk = Span::Uniform(Duration::from_secs(1), Duration::from_secs(3));
    let filled = WAITING + AGENTS as u64;
    let arrivals = Arrivals::Filling {
        calls: filled + 150, // those who are served while the line fills
        gap: Duration::from_millis(5),
        then: Duration::from_millis(40),
    };
    let scene = Scene {
        agents: AGENTS,
        day: plain_day(arrivals, filled + 150 + measured, talk),
        callers_audio: (WAITING + 500) as u32,
        agents_audio: true,
        sound: Sound::Silence,
        centre: CentreOptions { music: true, ..CentreOptions::default() },
    };
    let mut report = Report::new(
        "freed",
        format!(
            "{WAITING} callers waiting with music and sending audio, {AGENTS} agents, talk 1–3 s, {measured} hand-overs"
        ),
    );
    let Stage { engine: _engine, mut rig, opens } = set_up(options, &scene)?;
    let full = opens + Duration::from_millis(5) * (filled + 150) as u32 + Duration::from_secs(1);
    let mut hung_up: Table<u64, Timestamp> = Table::default();
    let mut free: Vec<Option<Timestamp>> = vec![None; AGENTS];
    let (mut gap, mut waiting) = (histogram(), histogram());
    let (mut last, mut out_of_order, mut handed) = (None, 0u64, 0u64);
    let mut calls = 0i64; // offered to agents, and so no longer waiting
    let end = full + Duration::from_secs_f64(40.0 * options.scale + 20.0);
    let mut lowest = i64::MAX;
    let mut done = false;
    while !done {
        let began = rig.town.carrier.stats().offered as i64;
        let slice = rig.clock.now() + Duration::from_millis(20);
        rig.run(
            |_, now| now >= slice,
            |sighting| match *sighting {
                Sighting::HungUp { caller, at } => {
                    hung_up.insert(caller, at);
                }
                Sighting::Freed { agent, caller, at, .. } => {
                    // The engine can know from the first BYE on, whoever sent it.
                    let first = caller.and_then(|caller| hung_up.remove(&caller));
                    free[agent.index()] = Some(first.map_or(at, |first| first.min(at)));
                }
                Sighting::Offered { agent, caller: Some(n), at } => {
                    calls += 1;
                    out_of_order += u64::from(last.is_some_and(|last| n < last));
                    last = last.max(Some(n));
                    if let Some(freed) = free[agent.index()].take()
                        && freed >= full
                    {
                        handed += 1;
                        gap.saturating_record(at.since(freed).as_micros() as u64);
                    }
                }
                _ => {}
            },
        )?;
        let now = rig.clock.now();
        if now >= full && handed < measured {
            lowest = lowest.min(began - calls);
            waiting.saturating_record(u64::try_from(began - calls).unwrap_or(0));
        }
        done = handed >= measured || now >= end;
    }
    let stats = rig.town.carrier.stats();
    let heard = rig.town.carrier.heard();
    report.figure("waiting, lowest seen", lowest as f64, "callers", Some(Bar::Least(900.0)));
    report.figure("hand-overs", handed as f64, "", Some(Bar::Least(measured as f64)));
    let p99 = gap.value_at_quantile(0.99) as f64 / 1000.0;
    report.figure("agent freed → next caller's INVITE, p99", p99, "ms", Some(Bar::Most(5.0)));
    report.figure("served out of order", out_of_order as f64, "callers", Some(Bar::Most(0.0)));
    report.figure("double offers", rig.town.desk.total().double_offers as f64, "", Some(Bar::Most(0.0)));
    report.figure("failed calls", stats.failed as f64, "", Some(Bar::Most(0.0)));
    report.figure("music packets lost", heard.gaps as f64 * 100.0 / heard.packets.max(1) as f64, "%", None);
    report.latency("agent freed → next caller's INVITE", &gap);
    report.latency("harness late by", &rig.lag);
    report.notes.push("freed means: the agent's phone, or the caller's, has sent its BYE".to_owned());
    rig.close(|_| {})?;
    Ok(report)
}
