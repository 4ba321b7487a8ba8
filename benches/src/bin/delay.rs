//! Delay: how long audio is under way through the engine, beside a program that does nothing but pass it on.
//!
//! ```text
//!   cargo build --release -p node -p sujie-benches
//!   cargo run --release -p sujie-benches --bin delay [-- --binary PATH] [--scale F] [--first]
//!
//!   relay:  caller ═ packet that says when it was sent ═▶ engine ═▶ agent, both ways, 1, 100 and 500 calls
//!   floor:  party  ═ the same ═▶ bare forwarder, a socket each ═▶ party
//!   mixer:  one of three is loud for 20 ms ═▶ engine, conference ═▶ the first loud packet at the two others
//!   desk:   the same in virtual time, with phases and jitter that are known, to tell the buffer's depth apart
//! ```
//!
//! Engine and floor take turns within the same run, [`RUNS`] times each; the figures are medians of their percentiles. The
//! harness is in every figure, too: it sends and receives on a processor of its own, which is why the floor's figures are
//! what a program without any work gets. On a machine where others work, too, `--first` lets all three go before them
//! (SCHED_FIFO), as if they were alone there. The exit code is 1 when a bar is missed: p99 of a relayed packet [`RELAY_BAR`], of
//! a mixed one [`MIXER_BAR`], one packet time more.

use anyhow::{Context, Result, bail, ensure};
use base::{Handle, Random, Timestamp};
use hdrhistogram::Histogram;
use media::session::{Audio, Codec, Command, Hear, Parties, Party, PayloadType, Profile, SessionRef};
use media::{Desk, Out, alaw};
use phones::day::{Arrivals, Span};
use phones::{AgentNo, Local, Sighting, Sound};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use sujie_benches::engine::{CentreOptions, Engine, post};
use sujie_benches::floor::Floor;
use sujie_benches::machine::{Machine, alone, before_others, beside, stay_on};
use sujie_benches::rig::histogram;
use sujie_benches::shapes::{Options, Scene, Stage, every, plain_day, set_up};
use sujie_benches::timed::{Says, Timed};
use sujie_benches::wire::{Clock, Wire};

/// p99 of a relayed packet.
const RELAY_BAR: Duration = Duration::from_millis(2);
/// p99 of a mixed one: it waits for the tick, which is up to a packet time away.
const MIXER_BAR: Duration = Duration::from_millis(22);
/// Engine and floor each so often.
const RUNS: usize = 3;
/// Bridged calls.
const CALLS: [u32; 3] = [1, 100, 500];
/// Conferences of three.
const CONFERENCES: [u32; 3] = [1, 20, 60];
/// Share of packets or marks that must arrive.
const ARRIVE: f64 = 0.999;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("delay: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let (options, first) = arguments()?;
    let _alone = alone()?;
    let machine = Machine::read();
    stay_on(1)?;
    if first {
        before_others(std::process::id())?;
    }
    println!(
        "{} × {}, Linux {}, load average {} at the start; engine and floor on processor 0, harness on 1, {RUNS} runs of \
         {:.0} s each, medians{}",
        machine.processors,
        machine.processor,
        machine.kernel,
        machine.load_average,
        options.span(5.0).as_secs_f64(),
        if first { ", before others" } else { "" }
    );
    println!("{:<44} {:>9} {:>9} {:>9} {:>9} {:>10}", "ms", "p50", "p90", "p99", "max", "arrived");
    let mut met = true;
    for calls in CALLS {
        met &= relayed(&options, first, calls).with_context(|| format!("{calls} calls"))?;
    }
    for conferences in CONFERENCES {
        met &= mixed(&options, first, conferences).with_context(|| format!("{conferences} conferences"))?;
    }
    for jitter in [0, 1, 5, 20] {
        met &= alone_in_virtual_time(jitter);
    }
    println!(
        "bars: relay, p99 ≤ {} ms; mixer, p99 ≤ {} ms: {}",
        RELAY_BAR.as_millis(),
        MIXER_BAR.as_millis(),
        if met { "met" } else { "MISSED" }
    );
    Ok(met)
}

/// What to run, and whether before everybody else.
fn arguments() -> Result<(Options, bool)> {
    let mut first = false;
    let mut options = Options { binary: beside("sujie")?, floor: beside("floor")?, scale: 1.0 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--binary" => options.binary = words.next().context("--binary needs a path")?.into(),
            "--scale" => options.scale = words.next().context("--scale needs a number")?.parse()?,
            "--first" => first = true,
            other => bail!("{other:?} is none of: delay [--binary PATH] [--scale F] [--first]"),
        }
    }
    for program in [&options.binary, &options.floor] {
        ensure!(
            program.exists(),
            "{} is missing; build it with: cargo build --release -p node -p sujie-benches",
            program.display()
        );
    }
    Ok((options, first))
}

/// What some runs showed.
#[derive(Default)]
struct Seen {
    runs: Vec<Histogram<u64>>,
    sent: u64,
    arrived: u64,
    astray: u64,
}

impl Seen {
    fn add(&mut self, timed: &mut Timed) {
        self.runs.push(timed.ways.clone());
        self.sent += timed.count.sent;
        self.arrived += timed.count.arrived;
        self.astray += timed.count.astray;
        timed.forget();
    }

    /// The median of the runs at a quantile, in ms.
    fn at(&self, quantile: f64) -> f64 {
        let mut values: Vec<u64> = self.runs.iter().map(|run| run.value_at_quantile(quantile)).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0) as f64 / 1_000.0
    }

    /// Prints a row; whether the bar is met, and nearly everything arrived where it should.
    fn row(&self, what: &str, bar: Option<Duration>) -> bool {
        let share = self.arrived as f64 / self.sent.max(1) as f64;
        let (p99, max) = (self.at(0.99), self.at(1.0));
        print!("{what:<44} {:>9.3} {:>9.3} {p99:>9.3} {max:>9.3}", self.at(0.5), self.at(0.9));
        print!(" {:>8.2} %", share * 100.0);
        if self.astray > 0 {
            print!("  {} where they should not", self.astray);
        }
        let met = bar.is_none_or(|bar| {
            p99 <= bar.as_secs_f64() * 1_000.0 && share >= ARRIVE && self.astray == 0 && self.sent > 0
        });
        println!("{}", if met { "" } else { "  MISSED" });
        met
    }
}

/// A floor program with as many parties, who send stamps.
struct Bare {
    _floor: Floor,
    clock: Clock,
    wire: Wire,
    timed: Timed,
}

impl Bare {
    fn start(options: &Options, parties: u32) -> Result<Self> {
        let floor = Floor::start(&options.floor, &["relay-epoll", &parties.to_string()])?;
        let (clock, mut wire) = (Clock::start(), Wire::default());
        let first = wire.add_many(parties)?;
        let to = |party: u32| floor.addresses[party as usize % floor.addresses.len()];
        let parties: Vec<_> = (0..parties).map(|party| (Local(first.0 + party), to(party))).collect();
        let timed = Timed::new(Says::Stamps, clock.now(), &parties);
        Ok(Self { _floor: floor, clock, wire, timed })
    }

    fn drive(&mut self, span: Duration) -> Result<()> {
        self.timed.resume(self.clock.now());
        self.timed.drive(&self.clock, &mut self.wire, None, span)
    }
}

/// Engine and floor by turns; the packets of the first moments, in which streams begin, do not count.
fn by_turns(options: &Options, stage: &mut Stage, timed: &mut Timed, parties: u32) -> Result<[Seen; 2]> {
    // Five milliseconds more: no turn ends in the moment in which a packet is due.
    let (settle, span) = (options.span(2.0) + Duration::from_millis(5), options.span(5.0));
    let mut bare = Bare::start(options, parties + parties % 2)?;
    let (mut seen, mut floor) = (Seen::default(), Seen::default());
    for _ in 0..RUNS {
        for (span, counts) in [(settle, false), (span, true)] {
            bare.drive(span)?;
            if counts { floor.add(&mut bare.timed) } else { bare.timed.forget() }
        }
        timed.resume(stage.rig.clock.now());
        for (span, counts) in [(settle, false), (span, true)] {
            timed.drive(&stage.rig.clock, &mut stage.rig.wire, Some(&mut stage.rig.town), span)?;
            if counts { seen.add(timed) } else { timed.forget() }
        }
    }
    Ok([seen, floor])
}

/// Bridged calls, both ways.
fn relayed(options: &Options, first: bool, calls: u32) -> Result<bool> {
    let scene = scene(calls, calls as usize);
    let mut stage = set_up(options, &scene)?;
    if first {
        before_others(stage.engine.pid())?;
    }
    let full = stage.opens + every(200) * calls + Duration::from_secs(2);
    stage.rig.run(|_, now| now >= full, |_| {})?;
    let town = &stage.rig.town;
    let callers = (0..calls.into()).filter_map(|n| town.carrier.spoken(n));
    let agents = (0..calls).filter_map(|place| town.desk.spoken(AgentNo(place)));
    let parties: Vec<_> = callers.chain(agents).collect();
    ensure!(parties.len() == 2 * calls as usize, "only {} of {} parties talk", parties.len(), 2 * calls);
    let mut timed = Timed::new(Says::Stamps, stage.rig.clock.now(), &parties);
    let [seen, floor] = by_turns(options, &mut stage, &mut timed, 2 * calls)?;
    floor.row(&format!("{calls} calls, bare forwarder"), None);
    let met = seen.row(&format!("{calls} calls, relayed"), Some(RELAY_BAR));
    stage.rig.close(|_| {})?;
    Ok(met)
}

/// Conferences of a caller, his agent, and one whom the agent has asked in.
fn mixed(options: &Options, first: bool, conferences: u32) -> Result<bool> {
    let scene = scene(conferences, 2 * conferences as usize);
    let mut stage = set_up(options, &scene)?;
    if first {
        before_others(stage.engine.pid())?;
    }
    let full = stage.opens + every(200) * conferences + Duration::from_secs(2);
    let mut talks: Vec<(u64, AgentNo)> = Vec::new();
    let meet = |talks: &mut Vec<(u64, AgentNo)>, sighting: &Sighting| {
        if let Sighting::Answered { agent, caller: Some(caller), .. } = *sighting {
            talks.push((caller, agent));
        }
    };
    stage.rig.run(|_, now| now >= full, |sighting| meet(&mut talks, sighting))?;
    ensure!(talks.len() == conferences as usize, "only {} of {conferences} talk", talks.len());
    let idle = (0..2 * conferences).map(AgentNo).filter(|agent| talks.iter().all(|(_, busy)| busy != agent));
    let asked: Vec<AgentNo> = idle.collect();
    let mut parties = Vec::new();
    for (&(caller, agent), &guest) in talks.iter().zip(&asked) {
        confer(&mut stage, agent, guest)?;
        let town = &stage.rig.town;
        let three = [town.carrier.spoken(caller), town.desk.spoken(agent), town.desk.spoken(guest)];
        parties.extend(three.into_iter().flatten());
    }
    ensure!(parties.len() == 3 * conferences as usize, "only {} parties talk", parties.len());
    let mut timed = Timed::new(Says::Marks { room: 3 }, stage.rig.clock.now(), &parties);
    let [seen, floor] = by_turns(options, &mut stage, &mut timed, 3 * conferences)?;
    floor.row(&format!("{conferences} conferences' parties, bare forwarder"), None);
    let met = seen.row(&format!("{conferences} conferences, mixed"), Some(MIXER_BAR));
    stage.rig.close(|_| {})?;
    Ok(met)
}

/// The agent asks another one, and then has all three talk.
fn confer(stage: &mut Stage, agent: AgentNo, guest: AgentNo) -> Result<()> {
    let [agent, guest] = [agent, guest].map(|agent| Engine::agent_user(agent.index()));
    let path = format!("/api/v1/agents/{agent}/talk");
    let (status, said) =
        post(stage.engine.http, &path, &format!(r#"{{"do": "consult", "agent": "{guest}"}}"#))?;
    ensure!(status == 200, "{agent} cannot ask {guest}: {status} {said}");
    let mut last = String::new();
    for _ in 0..50 {
        stage.rig.run_for(Duration::from_millis(20), |_| {})?;
        let (status, said) = post(stage.engine.http, &path, r#"{"do": "conference"}"#)?;
        if status == 200 {
            return Ok(());
        }
        last = said;
    }
    bail!("{agent} and {guest} do not come together: {last}")
}

/// Callers and agents who have audio and leave it to us.
fn scene(calls: u32, agents: usize) -> Scene {
    Scene {
        agents,
        day: plain_day(Arrivals::Spaced(every(200)), calls.into(), Span::Never),
        callers_audio: calls,
        agents_audio: true,
        sound: Sound::Nothing,
        centre: CentreOptions::default(),
    }
}

/// The same marks at a desk in virtual time, at every phase that packets can have to its ticks, with up to `jitter`
/// milliseconds that the network takes longer: the whole delay, and what of it the jitter buffer holds back beyond the
/// next tick.
fn alone_in_virtual_time(jitter: u64) -> bool {
    const STEP: Duration = Duration::from_micros(500);
    let (mut whole, mut depth) = (histogram(), histogram());
    for phase in 0..40 {
        let mut desk = Conference::new();
        desk.run(STEP * phase, Duration::from_millis(jitter), &mut whole, &mut depth);
    }
    let row = |what: String, ways: Histogram<u64>, bar| {
        let count = ways.len();
        Seen { runs: vec![ways], sent: count, arrived: count, astray: 0 }.row(&what, bar)
    };
    // What the buffer is there for is held back on purpose, and has no bar.
    let bar = (jitter == 0).then_some(MIXER_BAR);
    let met = row(format!("desk alone, jitter up to {jitter} ms"), whole, bar);
    row("… of it held back beyond the next tick".to_owned(), depth, None);
    met
}

/// One conference of three at a desk.
struct Conference {
    desk: Desk,
    out: Out,
    random: Random,
}

impl Conference {
    fn new() -> Self {
        let (mut desk, mut out) = (Desk::new([].into(), 1), Out::default());
        let (session, now) = (SessionRef::from_parts(0, 0), Timestamp::from_millis(1_000));
        for party in 0..3u8 {
            let audio = Audio {
                port: port(party),
                remote: peer(party),
                rtcp: None,
                rtcp_mux: false,
                codec: Codec::Pcma,
                payload: PayloadType(8),
                events: None,
                packet_time: Duration::from_millis(20),
                sends: true,
                receives: true,
                nated: false,
                profile: Profile::Avp,
            };
            let (party, silence) = (Party(party), Duration::ZERO);
            desk.command(now, Command::Join { session, party, audio, silence }, &mut out);
            let hear = Hear::Parties(Parties(0b111).without(party));
            desk.command(now, Command::Hear { session, party, hear }, &mut out);
        }
        out.clear();
        Self { desk, out, random: Random::seeded(20) }
    }

    /// A minute, in which the first party is loud every half second.
    fn run(
        &mut self,
        phase: Duration,
        jitter: Duration,
        whole: &mut Histogram<u64>,
        depth: &mut Histogram<u64>,
    ) {
        let begun = Timestamp::from_millis(2_000) + phase;
        let mut arrivals: Vec<(Timestamp, u8, u32)> = Vec::new();
        for number in 0..3_000u32 {
            for party in 0..3u8 {
                let late = self.random.below(jitter.as_nanos() as u64 + 1);
                let at = begun + Duration::from_millis(20) * number + Duration::from_nanos(late);
                arrivals.push((at, party, number));
            }
        }
        arrivals.sort();
        let (mut mark, mut tick) = (None, None);
        for (at, party, number) in arrivals {
            while let Some(due) = self.desk.next_deadline().filter(|&due| due <= at) {
                self.desk.tick(due, &mut self.out);
                for packet in self.out.packets.iter().filter(|packet| packet.port == port(1)) {
                    let loud =
                        self.out.packet(packet).iter().skip(12).any(|&code| alaw::decode(code).abs() > 1_000);
                    // The first mark only finds out how much jitter there is.
                    if let (Some((sent, number)), true) = (mark, loud) {
                        if number > 100 {
                            whole.saturating_record(due.since(sent).as_micros() as u64);
                            let next = tick.take().unwrap_or(due);
                            depth.saturating_record(due.since(next).as_micros() as u64);
                        }
                        mark = None;
                    }
                    if mark.is_some() && tick.is_none() {
                        tick = Some(due);
                    }
                }
                self.out.clear();
            }
            let loud = party == 0 && number % 25 == 0;
            let packet = rtp(party, number, if loud { 0xAA } else { alaw::SILENCE });
            self.desk.receive(at, port(party), peer(party), &packet, &mut self.out);
            self.out.clear();
            if loud {
                (mark, tick) = (Some((at, number)), None);
            }
        }
    }
}

fn port(party: u8) -> u16 {
    20_000 + 2 * u16::from(party)
}

fn peer(party: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, party + 1], 4_000))
}

fn rtp(party: u8, number: u32, code: u8) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend((number as u16).to_be_bytes());
    packet.extend((number * 160).to_be_bytes());
    packet.extend(u32::from(party + 1).to_be_bytes());
    packet.resize(12 + 160, code);
    packet
}
