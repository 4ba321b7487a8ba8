//! More than it can carry: the best rate is looked for, then three times as much is offered.

use super::{Options, Scene, Stage, every, plain_day, set_up};
use crate::engine::CentreOptions;
use crate::report::{Bar, Report};
use crate::rig::histogram;
use anyhow::Result;
use phones::day::{Arrivals, Span};
use phones::{End, Sighting, Sound};
use std::time::Duration;

/// So many that the agents are never what is short.
const AGENTS: usize = 2_000;
/// A rate counts as carried when at least this share of its calls completes.
const CARRIED: f64 = 0.999;

struct Tried {
    /// Calls completed in the window, a second.
    completed: f64,
    /// Share of those that were offered.
    share: f64,
    refused: u64,
    failed: u64,
    answer: hdrhistogram::Histogram<u64>,
    late: u64,
}

fn offer(options: &Options, rate: u64, seconds: f64) -> Result<Tried> {
    let calls = (rate as f64 * seconds) as u64;
    let talk = Span::Uniform(Duration::from_millis(100), Duration::from_millis(200));
    let scene = Scene {
        agents: AGENTS,
        day: plain_day(Arrivals::Spaced(every(rate)), calls, talk),
        callers_audio: 0,
        agents_audio: false,
        sound: Sound::Nothing,
        centre: CentreOptions::default(),
    };
    let Stage { engine: _engine, mut rig, opens } = set_up(options, &scene)?;
    // The first second is left out: a queue that has not filled yet says nothing.
    let (from, to) = (opens + Duration::from_secs(1), opens + Duration::from_secs_f64(seconds));
    let (mut window, mut completed, mut refused, mut failed) = (0u64, 0u64, 0u64, 0u64);
    let mut answer = histogram();
    rig.run(|_, now| now + Duration::from_millis(50) >= opens, |_| {})?;
    rig.lag.reset();
    let end = to + Duration::from_secs(40);
    rig.run(
        |town, now| now >= end || town.carrier.is_done(),
        |sighting| {
            let Sighting::CallEnded(record) = sighting else { return };
            match record.end {
                End::Talked(_) => {
                    completed += 1;
                    window += u64::from(record.ended >= from && record.ended < to);
                    if let Some(answered) = record.answered {
                        answer.saturating_record(answered.since(record.scheduled).as_micros() as u64);
                    }
                }
                End::Refused(503) => refused += 1,
                _ => failed += 1,
            }
        },
    )?;
    failed += rig.town.carrier.in_progress() as u64;
    Ok(Tried {
        completed: window as f64 / to.since(from).as_secs_f64(),
        share: completed as f64 / calls as f64,
        refused,
        failed,
        answer,
        late: rig.lag.value_at_quantile(0.99),
    })
}

/// Finds the best rate, then offers three times as much.
///
/// # Errors
/// When something cannot be run.
pub fn overload(options: &Options) -> Result<Report> {
    let mut report = Report::new("overload", format!("{AGENTS} agents, talk 0.1–0.2 s, no audio"));
    let mut best: Option<(u64, f64)> = None;
    let mut rate = 1_000;
    while rate <= 8_000 {
        let tried = offer(options, rate, options.span(6.0).as_secs_f64().max(3.0))?;
        report.notes.push(format!(
            "{rate}/s: {:.2} % completed, {} refused, {} failed, harness late by {:.1} ms (p99)",
            tried.share * 100.0,
            tried.refused,
            tried.failed,
            tried.late as f64 / 1000.0
        ));
        if tried.share < CARRIED {
            break;
        }
        best = Some((rate, tried.completed));
        rate += if rate < 2_000 { 250 } else { 500 };
    }
    let Some((best, completed)) = best else {
        report.figure("best sustained rate", 0.0, "calls/s", Some(Bar::Least(1.0)));
        return Ok(report);
    };
    report.figure("best sustained rate", best as f64, "calls/s", None);
    report.figure("completed at it", completed, "calls/s", None);
    let tried = offer(options, best * 3, options.span(15.0).as_secs_f64().max(5.0))?;
    report.figure("offered", (best * 3) as f64, "calls/s", None);
    report.figure("completed", tried.completed, "calls/s", None);
    report.figure("completed of the best", tried.completed * 100.0 / completed, "%", Some(Bar::Least(90.0)));
    report.figure("refused with 503", tried.refused as f64, "calls", None);
    report.figure("failed otherwise", tried.failed as f64, "calls", None);
    report.latency("INVITE → 200 of those accepted", &tried.answer);
    report.notes.push(format!("overloaded: harness late by {:.1} ms (p99)", tried.late as f64 / 1000.0));
    Ok(report)
}
