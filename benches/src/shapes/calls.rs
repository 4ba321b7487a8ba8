//! Complete calls: INVITE to BYE on both legs, media session opened and closed, record written.
//!
//! ```text
//! probe: calls one by one, tapped ─▶ Trace       run: calls at a rate ─▶ engine's CPU
//!                                        └──────────▶ floor: the same datagrams at that rate ─▶ its CPU
//! ```

use super::{Options, Scene, Stage, every, plain_day, set_up};
use crate::engine::CentreOptions;
use crate::floor::{self, Trace};
use crate::machine::{cpu_time, memory};
use crate::report::{Bar, Report};
use crate::rig::histogram;
use anyhow::{Result, ensure};
use base::{Table, Timestamp};
use hdrhistogram::Histogram;
use phones::day::{Arrivals, Span};
use phones::{Sighting, Sound};
use std::collections::BTreeMap;
use std::time::Duration;

/// Agents for a rate: at 1,000 calls/s and 0.15 s of talk 150 of them talk at any moment.
const AGENTS: usize = 400;
/// Time for records to reach the disk after the last call, counted into the engine's CPU.
const SETTLE: Duration = Duration::from_millis(1500);

/// For how long the idle engine is watched.
const IDLE: Duration = Duration::from_secs(5);

fn scene(arrivals: Arrivals, calls: u64) -> Scene {
    let talk = Span::Uniform(Duration::from_millis(100), Duration::from_millis(200));
    Scene {
        agents: AGENTS,
        day: plain_day(arrivals, calls, talk),
        callers_audio: 0,
        agents_audio: false,
        sound: Sound::Nothing,
        centre: CentreOptions::default(),
    }
}

/// What one run gave.
pub struct Run {
    /// Calls made, and those of them that did not go as planned.
    pub calls: (u64, u64),
    /// How those that failed ended, and how many.
    pub ends: BTreeMap<String, u64>,
    /// The engine's CPU from before the first call until the records were written.
    pub cpu: Duration,
    /// Caller's scheduled INVITE → agent's INVITE seen, µs.
    pub offer: Histogram<u64>,
    /// Caller's scheduled INVITE → his 200, µs.
    pub answer: Histogram<u64>,
    /// How late the harness was, µs.
    pub lag: Histogram<u64>,
    /// CPU of the harness itself.
    pub harness: Duration,
    /// First call to last call over.
    pub wall: Duration,
    /// Messages that the harness had to send again.
    pub repeats: u64,
    /// INVITEs to agents who were not free.
    pub double_offers: u64,
    /// Resident memory after the run.
    pub memory: u64,
}

/// Runs a scene until all its calls are over, at most `grace` longer than the last is due.
///
/// # Errors
/// When the engine or the sockets fail.
pub fn run(options: &Options, scene: &Scene, grace: Duration) -> Result<Run> {
    let Stage { engine, mut rig, opens } = set_up(options, scene)?;
    let mut scheduled: Table<u64, Timestamp> = Table::default();
    let (mut offer, mut answer, mut ends) = (histogram(), histogram(), BTreeMap::new());
    let (mut at, day) = (opens, &scene.day);
    for n in 0..day.calls {
        at += day.person(n).gap;
        scheduled.insert(n, at);
    }
    let end = at + grace;
    rig.run(|_, now| now + Duration::from_millis(50) >= opens, |_| {})?;
    let (before, own) = (cpu_time(engine.pid())?, cpu_time(std::process::id())?);
    rig.lag.reset();
    rig.run(
        |town, now| town.carrier.is_done() || now >= end,
        |sighting| match sighting {
            Sighting::Offered { caller: Some(n), at, .. } => {
                if let Some(scheduled) = scheduled.remove(n) {
                    offer.saturating_record(at.since(scheduled).as_micros() as u64);
                }
            }
            Sighting::CallEnded(record) => {
                if !record.end.is_clean() {
                    *ends.entry(format!("{:?}", record.end)).or_default() += 1;
                }
                if let Some(answered) = record.answered {
                    answer.saturating_record(answered.since(record.scheduled).as_micros() as u64);
                }
            }
            _ => {}
        },
    )?;
    let wall = rig.clock.now().since(opens);
    rig.run_for(SETTLE, |_| {})?;
    let stats = rig.town.carrier.stats();
    let unfinished = rig.town.carrier.in_progress() as u64;
    Ok(Run {
        ends,
        calls: (day.calls, stats.failed + unfinished + rig.town.carrier.skipped()),
        cpu: cpu_time(engine.pid())?.saturating_sub(before),
        harness: cpu_time(std::process::id())?.saturating_sub(own),
        offer,
        answer,
        lag: rig.lag.clone(),
        wall,
        repeats: rig.town.carrier.repeats() + rig.town.desk.repeats(),
        double_offers: rig.town.desk.total().double_offers,
        memory: memory(engine.pid())?,
    })
}

/// Follows single calls through the engine and returns the trace of a usual one (median by datagrams), and how
/// much of a processor the engine takes when nobody calls, in per cent.
///
/// # Errors
/// When the engine or the sockets fail, or no call completes.
pub fn probe(options: &Options) -> Result<(Trace, f64)> {
    let gap = Duration::from_millis(500);
    let Stage { engine, mut rig, opens } = set_up(options, &scene(Arrivals::Spaced(gap), 9))?;
    let mut traces = Vec::new();
    rig.run(|_, now| now + gap / 2 >= opens, |_| {})?;
    for n in 0..9u32 {
        rig.tap();
        let end = opens + gap * (n + 1) + gap / 2;
        rig.run(|_, now| now >= end, |_| {})?;
        let tap = rig.tap();
        if n > 0 {
            traces.push(Trace::from_tap(&tap));
        }
    }
    ensure!(
        rig.town.carrier.stats().clean == 9,
        "single calls do not complete: {:?}",
        rig.town.carrier.stats()
    );
    traces.sort_by_key(Trace::datagrams);
    let (cpu, started) = (cpu_time(engine.pid())?, rig.clock.now());
    rig.run_for(IDLE, |_| {})?;
    let idle = share(cpu_time(engine.pid())?.saturating_sub(cpu), rig.clock.now().since(started));
    Ok((traces.swap_remove(traces.len() / 2), idle))
}

fn describe(report: &mut Report, label: &str, run: &Run) {
    let (calls, failed) = run.calls;
    report.figure(format!("{label}: calls"), calls as f64, "", None);
    report.figure(
        format!("{label}: failed"),
        failed as f64 * 100.0 / calls.max(1) as f64,
        "%",
        Some(Bar::Most(0.1)),
    );
    report.figure(format!("{label}: double offers"), run.double_offers as f64, "", Some(Bar::Most(0.0)));
    if !run.ends.is_empty() {
        report.notes.push(format!("{label}: failed calls ended as {:?}", run.ends));
    }
    if run.repeats > 0 {
        report.notes.push(format!("{label}: the harness repeated {} messages", run.repeats));
    }
}

fn share(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() * 100.0 / whole.as_secs_f64().max(1e-9)
}

/// CPU for 1,000 complete calls at three rates, beside the floor.
///
/// # Errors
/// When something cannot be run.
pub fn calls(options: &Options) -> Result<Report> {
    let (trace, idle) = probe(options)?;
    let (in_, out) = trace.datagrams();
    let mut report = Report::new(
        "calls",
        format!("complete calls, talk 0.1–0.2 s, {AGENTS} agents; {in_} datagrams in and {out} out for each"),
    );
    report.figure("engine's processor when nobody calls", idle, "%", None);
    for rate in [200u64, 500, 1000] {
        let calls = (rate as f64 * 20.0 * options.scale) as u64;
        let run = run(options, &scene(Arrivals::Spaced(every(rate)), calls), Duration::from_secs(10))?;
        let floor = floor::play(&options.floor, &trace, calls, every(rate))?;
        let label = format!("{rate}/s");
        let per = run.cpu.as_secs_f64() * 1000.0 / calls as f64;
        let floor_per = floor.cpu.as_secs_f64() * 1000.0 / floor.calls.1.max(1) as f64;
        report.figure(format!("{label}: CPU for 1,000 calls"), per, "s", Some(Bar::Most(0.49)));
        report.figure(format!("{label}: floor for 1,000 calls"), floor_per, "s", None);
        report.figure(format!("{label}: ratio to the floor"), per / floor_per, "×", Some(Bar::Most(4.0)));
        describe(&mut report, &label, &run);
        report.figure(format!("{label}: harness' own processor"), share(run.harness, run.wall), "%", None);
        report.latency(format!("{label}: INVITE → agent's INVITE"), &run.offer);
        report.latency(format!("{label}: INVITE → 200"), &run.answer);
        report.latency(format!("{label}: harness late by"), &run.lag);
        report.latency(format!("{label}: floor, INVITE → first answer"), &floor.first_answer);
        if floor.calls.0 != floor.calls.1 {
            report
                .notes
                .push(format!("{label}: the floor finished {} of {} calls", floor.calls.1, floor.calls.0));
        }
    }
    report.notes.push(
        "CPU is utime+stime of the engine's process from 50 ms before the first call to 1.5 s after the last, \
         records included"
            .to_owned(),
    );
    Ok(report)
}

/// 1,000 calls a second for a minute.
///
/// # Errors
/// When something cannot be run.
pub fn sustained(options: &Options) -> Result<Report> {
    let calls = (60_000.0 * options.scale) as u64;
    let mut report =
        Report::new("sustained", format!("1,000 calls/s, {calls} calls, {AGENTS} agents, talk 0.1–0.2 s"));
    let run = run(options, &scene(Arrivals::Spaced(every(1000)), calls), Duration::from_secs(10))?;
    describe(&mut report, "1000/s", &run);
    report.figure("CPU for 1,000 calls", run.cpu.as_secs_f64() * 1000.0 / calls as f64, "s", None);
    report.figure("engine's processor", share(run.cpu, run.wall), "%", None);
    report.figure("resident memory afterwards", run.memory as f64 / f64::from(1 << 20), "MiB", None);
    report.latency("INVITE → agent's INVITE", &run.offer);
    report.latency("INVITE → 200", &run.answer);
    report.latency("harness late by", &run.lag);
    Ok(report)
}

/// Caller's INVITE to agent's INVITE while agents are free, Poisson arrivals at 200 a second.
///
/// # Errors
/// When something cannot be run.
pub fn offer(options: &Options) -> Result<Report> {
    let calls = (6_000.0 * options.scale) as u64;
    let mut report = Report::new(
        "offer",
        format!("200 calls/s (Poisson), {calls} calls, {AGENTS} agents, one always free"),
    );
    let run = run(options, &scene(Arrivals::Poisson(every(200)), calls), Duration::from_secs(10))?;
    describe(&mut report, "200/s", &run);
    let p99 = run.offer.value_at_quantile(0.99) as f64 / 1000.0;
    report.figure("INVITE → agent's INVITE, p99", p99, "ms", Some(Bar::Most(2.0)));
    report.latency("INVITE → agent's INVITE", &run.offer);
    report.latency("harness late by", &run.lag);
    report.notes.push("from the scheduled moment of the caller's INVITE to the agent's INVITE read, both on the harness' clock".to_owned());
    Ok(report)
}
