//! Relayed audio: CPU of the engine for a packet, beside two bare relays that do nothing else.
//!
//! ```text
//! caller k ══ 50 packets/s ══▶ engine ══▶ agent      and back; a packet is one received and one sent
//! party 2k ══ same voices ═══▶ floor  ══▶ party 2k+1    shared: one socket · epoll: a socket each
//! ```

use super::{Options, Scene, Stage, every, plain_day, set_up};
use crate::engine::{CentreOptions, metric};
use crate::floor::Floor;
use crate::machine::cpu_time;
use crate::report::{Bar, Report};
use crate::wire::{Clock, Wire};
use anyhow::Result;
use phones::day::{Arrivals, Span};
use phones::voice::Voices;
use phones::{Local, Outbox, Sound};
use std::time::Duration;

/// Recordings are written to the end within this.
const CLOSING_MAX: Duration = Duration::from_secs(60);

/// CPU of a program for each packet it relayed, in µs, and what share of the packets came through.
pub(super) struct Cost {
    pub(super) micros: f64,
    pub(super) through: f64,
    pub(super) processor: f64,
    /// Share of the packets that the parties should have sent: below 100 % the harness was too slow.
    pub(super) offered: f64,
    /// CPU from the end of the measurement until the last call was over and written.
    pub(super) closing: Duration,
    /// Blocks of recordings that were dropped, and writes that failed.
    pub(super) missed: f64,
    /// Earlier talks that were made Opus during the measurement.
    pub(super) made: f64,
}

/// CPU for a packet at 250, 500 and 1,000 bridged calls.
///
/// # Errors
/// When something cannot be run.
pub fn relay(options: &Options) -> Result<Report> {
    let span = options.span(10.0);
    let mut report = Report::new(
        "relay",
        format!("A-law both ways, 50 packets/s a party, {:.0} s each", span.as_secs_f64()),
    );
    for calls in [250u32, 500, 1000] {
        let shared = bare(options, "relay-shared", calls, span)?;
        let epoll = bare(options, "relay-epoll", calls, span)?;
        let engine = engine(options, calls, span, CentreOptions::default())?;
        let floor = shared.micros.min(epoll.micros);
        let label = format!("{calls} calls");
        report.figure(format!("{label}: engine, CPU for a packet"), engine.micros, "µs", None);
        report.figure(format!("{label}: bare relay, one socket"), shared.micros, "µs", None);
        report.figure(format!("{label}: bare relay, epoll and a socket each"), epoll.micros, "µs", None);
        report.figure(
            format!("{label}: ratio to the cheaper"),
            engine.micros / floor,
            "×",
            Some(Bar::Most(1.5)),
        );
        report.figure(
            format!("{label}: ratio to the relay with a socket each"),
            engine.micros / epoll.micros,
            "×",
            None,
        );
        report.figure(
            format!("{label}: engine's processor"),
            engine.processor,
            "% of one",
            Some(Bar::Most(100.0)),
        );
        report.figure(
            format!("{label}: packets that came through"),
            engine.through,
            "%",
            Some(Bar::Least(99.9)),
        );
        let offered = engine.offered.min(shared.offered).min(epoll.offered);
        report.figure(
            format!("{label}: packets offered, least of the three"),
            offered,
            "% of 50/s each",
            Some(Bar::Least(99.0)),
        );
        if shared.through < 99.9 || epoll.through < 99.9 {
            report.notes.push(format!(
                "{label}: through the bare relays came {:.2} % (one socket) and {:.2} % (epoll)",
                shared.through, epoll.through
            ));
        }
    }
    Ok(report)
}

pub(super) fn engine(options: &Options, calls: u32, span: Duration, centre: CentreOptions) -> Result<Cost> {
    let scene = Scene {
        agents: calls as usize,
        day: plain_day(Arrivals::Spaced(every(200)), calls.into(), Span::Never),
        callers_audio: calls,
        agents_audio: true,
        sound: Sound::Tone(8),
        centre,
    };
    let Stage { engine, mut rig, opens } = set_up(options, &scene)?;
    let full = opens + every(200) * calls + Duration::from_secs(2);
    rig.run(|_, now| now >= full, |_| {})?;
    let (cpu, heard) = (cpu_time(engine.pid())?, (rig.town.carrier.heard(), rig.town.desk.heard()));
    let made = metric(engine.http, "sujie_recordings_transcoded_total")?;
    let started = rig.clock.now();
    rig.run_for(span, |_| {})?;
    let wall = rig.clock.now().since(started);
    let cpu = cpu_time(engine.pid())?.saturating_sub(cpu);
    let after = (rig.town.carrier.heard(), rig.town.desk.heard());
    let came = after.0.other + after.1.other - heard.0.other - heard.1.other;
    let sent = after.0.sent + after.1.sent - heard.0.sent - heard.1.sent;
    let made = metric(engine.http, "sujie_recordings_transcoded_total")? - made;
    let before = cpu_time(engine.pid())?;
    rig.close(|_| {})?;
    let began = rig.clock.now();
    while metric(engine.http, "sujie_recordings_open")? > 0.0 && rig.clock.now().since(began) < CLOSING_MAX {
        std::thread::sleep(Duration::from_millis(50));
    }
    let closing = cpu_time(engine.pid())?.saturating_sub(before);
    let missed = metric(engine.http, "sujie_recordings_dropped_total")?
        + metric(engine.http, "sujie_recordings_failures_total")?;
    Ok(Cost { closing, missed, made, ..cost(cpu, wall, 2 * calls, sent, came) })
}

fn bare(options: &Options, mode: &str, calls: u32, span: Duration) -> Result<Cost> {
    let parties = 2 * calls;
    let floor = Floor::start(&options.floor, &[mode, &parties.to_string()])?;
    let (clock, mut wire) = (Clock::start(), Wire::default());
    let first = wire.add_many(parties)?;
    let mut voices = Voices::new(first, parties, Sound::Tone(8), Sound::Tone(8));
    for party in 0..parties {
        let to = floor.addresses[party as usize % floor.addresses.len()];
        voices.start(clock.now(), Local(first.0 + party), to, 8, true);
    }
    let mut out = Outbox::default();
    let mut drive = |voices: &mut Voices, wire: &mut Wire, span: Duration| -> Result<()> {
        let end = clock.now() + span;
        while clock.now() < end {
            voices.tick(clock.now(), &mut out);
            wire.send(&out);
            out.clear();
            if wire.receive(|local, from, bytes| voices.receive(local, from, bytes))? == 0 {
                let now = clock.now();
                wire.wait(voices.next_deadline().map_or(Duration::ZERO, |due| due.since(now)));
            }
        }
        Ok(())
    };
    drive(&mut voices, &mut wire, Duration::from_secs(1))?;
    let (cpu, heard, started) = (floor.cpu()?, voices.total(), clock.now());
    drive(&mut voices, &mut wire, span)?;
    let (cpu, after, wall) = (floor.cpu()?.saturating_sub(cpu), voices.total(), clock.now().since(started));
    Ok(cost(cpu, wall, parties, after.sent - heard.sent, after.other - heard.other))
}

fn cost(cpu: Duration, wall: Duration, parties: u32, sent: u64, came: u64) -> Cost {
    Cost {
        micros: cpu.as_secs_f64() * 1e6 / came.max(1) as f64,
        through: came as f64 * 100.0 / sent.max(1) as f64,
        offered: sent as f64 * 100.0 / (f64::from(parties) * 50.0 * wall.as_secs_f64()),
        processor: cpu.as_secs_f64() * 100.0 / wall.as_secs_f64(),
        closing: Duration::ZERO,
        missed: 0.0,
        made: 0.0,
    }
}
