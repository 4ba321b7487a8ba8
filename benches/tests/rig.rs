//! The rig and the floor on real sockets, without an engine: callers ring the phones directly.

use base::Timestamp;
use phones::day::{Arrivals, Share, Span};
use phones::digest::Algorithm;
use phones::{Carrier, CarrierPlan, Desk, DeskPlan, HangsUp, Phone, Sighting, Sound, Timers, Town};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sujie_benches::floor::{Trace, play};
use sujie_benches::machine::cpu_time;
use sujie_benches::rig::{Rig, audio};
use sujie_benches::shapes::{every, plain_day};
use sujie_benches::wire::{Clock, Wire};

const AGENTS: usize = 2_000;

fn town(calls: u64, rate: u64, with_audio: bool) -> Rig {
    let mut wire = Wire::default();
    let (trunk, desk) = (wire.add_socket().unwrap(), wire.add_socket().unwrap());
    let sink = wire.add_sink().unwrap();
    let voices = if with_audio { 64 } else { 0 };
    let callers = audio(&mut wire, voices).unwrap();
    let agents = audio(&mut wire, if with_audio { AGENTS as u32 } else { 0 }).unwrap();
    let clock = Clock::start();
    let talk = Span::Fixed(Duration::from_millis(100));
    let numbers = (0..AGENTS).map(|agent| (format!("{agent}"), 1)).collect();
    let day = plain_day(Arrivals::Spaced(every(rate)), calls, talk);
    let day = Arc::new(phones::Day { numbers, ..day });
    let places = Arc::new(wire.directory().clone());
    let never = Timestamp::from_secs(1_000_000);
    let sound = Sound::Tone(8);
    let town = Town {
        carrier: Carrier::new(
            CarrierPlan {
                local: trunk,
                engine: places.address(desk),
                audio: callers,
                sink,
                says: sound,
                hears: sound,
                calls_max: 10_000,
                timers: Timers::default(),
                opens: clock.now(),
            },
            day.clone(),
            places.clone(),
        ),
        desk: Desk::new(
            DeskPlan {
                phones: (0..AGENTS)
                    .map(|agent| Phone { user: agent.to_string(), password: String::new(), local: desk })
                    .collect(),
                engine: places.address(sink),
                domain: "sujie".to_owned(),
                algorithm: Algorithm::Md5,
                expires: Duration::from_secs(3600),
                register_gap: Duration::ZERO,
                audio: agents,
                sink,
                says: sound,
                hears: sound,
                timers: Timers::default(),
                declines: Share::NONE,
                busy: Share::NONE,
                ring_outs: Share::NONE,
                late_answers: Share::NONE,
            },
            day,
            places,
            never,
        ),
    };
    Rig::new(clock, wire, town)
}

#[test]
fn calls_complete_over_loopback_with_audio_and_the_tap_shows_them() {
    let mut rig = town(20, 50, true);
    rig.tap();
    let mut ends = Vec::new();
    let end = rig.clock.now() + Duration::from_secs(20);
    let see = |sighting: &Sighting| {
        if let Sighting::CallEnded(record) = sighting {
            ends.push(*record);
        }
    };
    rig.run(|town, now| town.carrier.is_done() || now > end, see).unwrap();
    // Two callers may have chosen the same phone, as the seed has it; they see a busy phone.
    let doubles = rig.town.desk.total().double_offers;
    assert_eq!((ends.len() as u64, rig.town.carrier.stats().clean), (20, 20 - doubles));
    assert!(doubles < 3);
    let by = |who| ends.iter().filter(|record| record.end == phones::End::Talked(who)).count();
    assert!(by(HangsUp::Caller) > 0 && by(HangsUp::Agent) > 0);
    // 100 ms are five packets, and the tone is known when it is heard.
    assert!(ends.iter().any(|record| record.heard.other >= 3), "{:?}", ends[0].heard);
    assert!(rig.tap().len() > 20 * 12);
}

/// Not a test of a bound but its measurement: `cargo test --release -p sujie-benches -- --nocapture generator`.
#[test]
fn the_generator_completes_calls_at_a_rate_and_says_what_it_costs() {
    let calls = 1_000;
    let mut rig = town(calls, 500, false);
    let end = rig.clock.now() + Duration::from_secs(30);
    let before = cpu_time(std::process::id()).unwrap();
    rig.run(|town, now| town.carrier.is_done() || now > end, |_| {}).unwrap();
    let cpu = cpu_time(std::process::id()).unwrap() - before;
    println!("{} µs CPU for a two-leg call, both ends and the wire", cpu.as_micros() / u128::from(calls));
    let stats = rig.town.carrier.stats();
    assert_eq!(stats.clean + rig.town.desk.total().double_offers, calls, "{stats:?}");
}

#[test]
fn the_floor_answers_as_asked() {
    let at = Timestamp::from_millis;
    let tap = [
        (at(0), true, 700),
        (at(0), false, 300),
        (at(0), false, 900),
        (at(0), true, 400),
        (at(1), true, 800),
        (at(1), false, 500),
        (at(50), true, 400),
        (at(50), false, 350),
    ];
    let program = Path::new(env!("CARGO_BIN_EXE_floor"));
    let played = play(program, &Trace::from_tap(&tap), 200, every(400)).unwrap();
    assert_eq!(played.calls, (200, 200));
    assert_eq!(played.first_answer.len(), 200);
}
