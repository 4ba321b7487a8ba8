//! Calls that stay: music for those who wait, and memory for all.

use super::{Options, Scene, Stage, every, plain_day, set_up};
use crate::engine::CentreOptions;
use crate::machine::{cpu_time, memory};
use crate::report::{Bar, Report};
use anyhow::Result;
use phones::Sound;
use phones::day::{Arrivals, Span};
use std::time::Duration;

fn waiting(calls: u64, rate: u64, audio: bool) -> Scene {
    Scene {
        agents: 1, // one who talks for ever, so that the group is staffed and everybody else waits
        day: plain_day(Arrivals::Spaced(every(rate)), calls + 1, Span::Never),
        callers_audio: if audio { calls as u32 + 1 } else { 0 },
        agents_audio: false,
        sound: if audio { Sound::Silence } else { Sound::Nothing },
        centre: CentreOptions { music: audio, ..CentreOptions::default() },
    }
}

/// CPU of 1,000 who wait with music and send audio.
///
/// # Errors
/// When something cannot be run.
pub fn music(options: &Options) -> Result<Report> {
    const CALLS: u64 = 1_000;
    let span = options.span(20.0);
    let mut report = Report::new(
        "music",
        format!("{CALLS} callers wait with music and send audio, {:.0} s", span.as_secs_f64()),
    );
    let Stage { engine, mut rig, opens } = set_up(options, &waiting(CALLS, 200, true))?;
    let full = opens + every(200) * CALLS as u32 + Duration::from_secs(2);
    rig.run(|_, now| now >= full, |_| {})?;
    let (cpu, wire, heard) = (cpu_time(engine.pid())?, rig.wire.tally(), rig.town.carrier.heard());
    let started = rig.clock.now();
    rig.run_for(span, |_| {})?;
    let wall = rig.clock.now().since(started);
    let cpu = cpu_time(engine.pid())?.saturating_sub(cpu);
    let (tally, after) = (rig.wire.tally().since(&wire), rig.town.carrier.heard());
    let stats = rig.town.carrier.stats();
    let percent = cpu.as_secs_f64() * 100.0 / wall.as_secs_f64();
    report.figure("callers", rig.town.carrier.in_progress() as f64, "", Some(Bar::Least(CALLS as f64)));
    report.figure("processor", percent, "% of one", Some(Bar::Most(25.0)));
    report.figure("packets to callers", tally.received as f64 / wall.as_secs_f64(), "/s", None);
    report.figure("packets from callers", tally.sent as f64 / wall.as_secs_f64(), "/s", None);
    let packets = after.packets - heard.packets;
    let expected = CALLS as f64 * 50.0 * wall.as_secs_f64();
    report.figure(
        "music that came",
        packets as f64 * 100.0 / expected,
        "% of 50/s each",
        Some(Bar::Least(99.0)),
    );
    report.figure(
        "of it not silent",
        (after.loud - heard.loud) as f64 * 100.0 / packets.max(1) as f64,
        "%",
        None,
    );
    report.figure("gaps", (after.gaps - heard.gaps) as f64, "packets", None);
    report.figure("failed calls", stats.failed as f64, "", Some(Bar::Most(0.0)));
    report.latency("harness late by", &rig.lag);
    rig.close(|_| {})?;
    Ok(report)
}

/// Resident memory of calls in progress: bridged ones and waiting ones.
///
/// # Errors
/// When something cannot be run.
pub fn memory_held(options: &Options) -> Result<Report> {
    let (talking, held) = (1_000u64, 4_000u64);
    let mut report = Report::new("memory", format!("{talking} bridged calls; {held} waiting calls"));
    let bridged = Scene {
        agents: talking as usize,
        day: plain_day(Arrivals::Spaced(every(250)), talking, Span::Never),
        callers_audio: 0,
        agents_audio: false,
        sound: Sound::Nothing,
        centre: CentreOptions::default(),
    };
    for (label, scene, calls) in [("bridged", bridged, talking), ("waiting", waiting(held, 250, false), held)]
    {
        let Stage { engine, mut rig, opens } = set_up(options, &scene)?;
        let before = memory(engine.pid())?;
        let full = opens + every(250) * calls as u32 + Duration::from_secs(2);
        rig.run(|_, now| now >= full, |_| {})?;
        let per = memory(engine.pid())?.saturating_sub(before) as f64 / calls as f64 / 1000.0;
        let there = rig.town.carrier.in_progress() as f64;
        report.figure(format!("{label}: calls in progress"), there, "", Some(Bar::Least(calls as f64)));
        report.figure(format!("{label}: memory a call"), per, "kB", Some(Bar::Most(30.0)));
        report.figure(format!("{label}: idle engine"), before as f64 / 1e6, "MB", None);
        rig.close(|_| {})?;
        rig.run_for(Duration::from_secs(2), |_| {})?;
        report.figure(
            format!("{label}: after all have hung up"),
            memory(engine.pid())? as f64 / 1e6,
            "MB",
            None,
        );
    }
    report.notes.push(
        "resident set with the calls minus resident set with all phones registered and no call".to_owned(),
    );
    report
        .notes
        .push("the kernel's socket buffers are not in it; they hold nothing while no audio flows".to_owned());
    Ok(report)
}
