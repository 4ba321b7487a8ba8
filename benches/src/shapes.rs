//! The shapes: one file for each row of numbers that the engine must reach.
//!
//! | shape | what it asks |
//! |---|---|
//! | [`calls`] | CPU for 1,000 complete calls at 200, 500 and 1,000 a second, beside the floor |
//! | [`sustained`](calls::sustained) | 1,000 calls a second for a minute, hardly any failing |
//! | [`offer`](calls::offer) | agent free: caller's INVITE in → agent's INVITE out |
//! | [`freed`] | 1,000 wait with music: agent freed → next caller's INVITE, all in order |
//! | [`relay`] | CPU for a relayed packet, beside two bare relays |
//! | [`record`] | CPU of recorded talks, beside the same unrecorded |
//! | [`music`](held::music) | CPU of 1,000 who wait with music and talk into it |
//! | [`memory`](held::memory) | resident memory of a call in progress |
//! | [`overload`] | three times the best rate is offered |

pub mod calls;
pub mod freed;
pub mod held;
pub mod overload;
pub mod record;
pub mod relay;

use crate::engine::{CentreOptions, Engine};
use crate::rig::{Rig, audio};
use crate::wire::{Clock, Wire};
use anyhow::{Result, ensure};
use base::Timestamp;
use phones::day::{Arrivals, Day, Share, Span};
use phones::digest::Algorithm;
use phones::{Carrier, CarrierPlan, Desk, DeskPlan, Phone, Sound, Timers, Town};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What all shapes are told on the command line.
#[derive(Clone, Debug)]
pub struct Options {
    /// The release binary.
    pub binary: PathBuf,
    /// The floor program.
    pub floor: PathBuf,
    /// Multiplies every duration; below 1 for a quick look.
    pub scale: f64,
}

impl Options {
    /// A duration of a shape, scaled.
    #[must_use]
    pub fn span(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.scale)
    }
}

/// What is put up for a shape.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Agents with phones.
    pub agents: usize,
    /// When callers call, how long they talk, …
    pub day: Day,
    /// Callers have audio of their own.
    pub callers_audio: u32,
    /// Agents have audio of their own.
    pub agents_audio: bool,
    /// What callers and agents say.
    pub sound: Sound,
    /// How the centre is configured.
    pub centre: CentreOptions,
}

/// A day on which everybody behaves alike: no patience to lose, phones answered at once.
#[must_use]
pub fn plain_day(arrivals: Arrivals, calls: u64, talk: Span) -> Day {
    Day {
        arrivals,
        calls,
        talk,
        patience: Span::Never,
        ring: Span::Fixed(Duration::ZERO),
        agent_hangs_up: Share(500),
        ..Day::default()
    }
}

/// Distance of calls at a rate.
#[must_use]
pub fn every(rate: u64) -> Duration {
    Duration::from_nanos(1_000_000_000 / rate)
}

/// Where the carrier is.
const TRUNK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// All phones are registered by then, or the shape cannot be run.
const REGISTER_MAX: Duration = Duration::from_secs(60);
/// Between the last registration and the first call.
const LEAD: Duration = Duration::from_millis(500);

/// An engine and a rig with all phones registered; callers begin when the day is opened.
pub struct Stage {
    /// The process under test.
    pub engine: Engine,
    /// Players and sockets.
    pub rig: Rig,
    /// When the first caller calls.
    pub opens: Timestamp,
}

/// Starts the engine, registers the phones, and leaves the callers to be let in by [`Rig::run`].
///
/// # Errors
/// When the engine does not start or the phones do not get in.
pub fn set_up(options: &Options, scene: &Scene) -> Result<Stage> {
    let mut wire = Wire::default();
    // An address of its own: the engine knows its trunks by their addresses, and phones are not trunks.
    let trunk = wire.add_socket_at(TRUNK)?;
    let desk = wire.add_socket()?;
    let sink = wire.add_sink()?;
    let callers = audio(&mut wire, scene.callers_audio)?;
    let agents = audio(&mut wire, if scene.agents_audio { scene.agents as u32 } else { 0 })?;
    let engine =
        Engine::start(&options.binary, &scene.centre, scene.agents, wire.directory().address(trunk))?;
    let clock = Clock::start();
    let day = Arc::new(scene.day.clone());
    let places = Arc::new(wire.directory().clone());
    let register_gap = Duration::from_micros(500);
    let phones = (0..scene.agents).map(|place| Phone {
        user: Engine::agent_user(place),
        password: Engine::agent_password(place),
        local: desk,
    });
    let (says, hears) = (scene.sound, scene.sound);
    let town = Town {
        carrier: Carrier::new(
            CarrierPlan {
                local: trunk,
                engine: engine.sip,
                audio: callers,
                sink,
                says,
                hears,
                calls_max: 100_000,
                timers: Timers::default(),
                opens: Timestamp::NEVER,
            },
            day.clone(),
            places.clone(),
        ),
        desk: Desk::new(
            DeskPlan {
                phones: phones.collect(),
                engine: engine.sip,
                domain: Engine::DOMAIN.to_owned(),
                algorithm: Algorithm::Sha256,
                expires: Duration::from_secs(3600),
                register_gap,
                audio: agents,
                sink,
                says,
                hears,
                timers: Timers::default(),
                declines: Share::NONE,
                busy: Share::NONE,
                ring_outs: Share::NONE,
                late_answers: Share::NONE,
            },
            day,
            places,
            clock.now(),
        ),
    };
    let mut rig = Rig::new(clock, wire, town);
    let late = clock.now() + REGISTER_MAX;
    rig.run(|town, now| town.desk.registered() == scene.agents || now >= late, |_| {})?;
    let registered = rig.town.desk.registered();
    ensure!(registered == scene.agents, "only {registered} of {} phones got registered", scene.agents);
    let opens = clock.now() + LEAD;
    rig.town.carrier.open(opens);
    Ok(Stage { engine, rig, opens })
}
