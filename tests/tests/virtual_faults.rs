//! Days on which things go wrong: the network, the phones, the trunk, the callers' patience, the load.
//!
//! Whatever happens, every caller is counted once, nobody is offered two callers, and when all have fallen silent
//! nothing is left of any call.

use acd::OfferEnd;
use base::Timestamp;
use call::Request;
use call::event::Outcome;
use phones::{AgentNo, Arrivals, Day, End, Share, Span};
use sip::leg::AorLoss;
use sip::plan::Limits;
use std::time::Duration;
use sujie_tests::setup::GENERAL;
use sujie_tests::wire::{Faults, Outage, Swallows};
use sujie_tests::{Hotline, Setup, seeds};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// Everybody calls 12345.
fn general() -> Vec<(String, u32)> {
    vec![("12345".to_owned(), 1)]
}

/// A day of all kinds of callers and agents on a network like this.
fn a_day_on(seed: u64, faults: Faults) -> Hotline {
    let quiet = Setup::quiet(seed);
    let day = Day {
        calls: 60,
        agent_hangs_up: Share(500),
        ack_lost: Share(50),
        crossing: Share(30),
        ..quiet.day.clone()
    };
    let setup = Setup {
        faults,
        declines: Share(50),
        ring_outs: Share(50),
        late_answers: Share(300),
        returns: 10 * SECOND,
        register_expires: 60 * SECOND,
        media_lag: 3 * MS,
        day,
        ..quiet
    };
    Hotline::play(setup)
}

#[test]
fn a_network_that_loses_one_in_twenty() {
    seeds::each(12, |seed| {
        let hotline = a_day_on(seed, Faults { loss: Share(50), ..Faults::NONE });
        assert!(hotline.wire.fates.lost > 20, "{:?}", hotline.wire.fates);
        let counters = hotline.centre.report.total().counters;
        assert!(counters.answered > 30, "retransmission mends most of it: {counters:?}");
    });
}

#[test]
fn a_network_that_loses_one_in_five() {
    seeds::each(12, |seed| {
        let hotline = a_day_on(seed, Faults { loss: Share(200), ..Faults::NONE });
        assert!(hotline.centre.sip.counters().retransmissions_out > 50);
        let counters = hotline.centre.report.total().counters;
        assert!(counters.answered > 20, "{counters:?}");
    });
}

#[test]
fn a_network_that_delivers_twice() {
    seeds::each(8, |seed| {
        let hotline = a_day_on(seed, Faults { repeat: Share(300), ..Faults::NONE });
        assert!(hotline.centre.sip.counters().retransmissions_in > 20);
        assert_eq!(hotline.centre.report.total().counters.lost, 0);
    });
}

#[test]
fn a_network_that_delivers_late_and_out_of_order() {
    seeds::each(12, |seed| {
        let hotline = a_day_on(seed, Faults { jitter: 200 * MS, ..Faults::NONE });
        let counters = hotline.centre.report.total().counters;
        assert!(counters.answered > 30, "{counters:?}");
    });
}

#[test]
fn a_network_that_does_all_of_it() {
    seeds::each(16, |seed| {
        let faults = Faults { loss: Share(100), repeat: Share(150), delay: 20 * MS, jitter: 400 * MS };
        let hotline = a_day_on(seed, faults);
        assert!(hotline.centre.report.total().counters.answered > 10);
    });
}

/// Who calls, at which millisecond he gives up: before, in and after each step of his call.
#[test]
fn a_caller_hangs_up_at_every_step() {
    let mut seen = Vec::new();
    // Greeting until 410, phone rings from about 415, answered at 1020; one way takes 5 ms.
    let steps = (0..60).step_by(3).chain((390..440).step_by(1)).chain((990..1_060).step_by(1));
    for patience in steps {
        let alone = Setup::one_call(patience);
        let day = Day { patience: Span::Fixed(patience as u32 * MS), ..alone.day.clone() };
        let hotline = Hotline::play(Setup { day, ..alone });
        seen.extend(hotline.ledger.person(0).outcomes.first().copied());
    }
    for outcome in [Outcome::AbandonedBeforeLine, Outcome::AbandonedRinging, Outcome::Answered] {
        assert!(seen.contains(&outcome), "nobody was {outcome:?}");
    }
}

#[test]
fn a_caller_hangs_up_in_line_and_the_next_one_is_not_kept_waiting_for_him() {
    for patience in (1_500..2_500).step_by(20) {
        let alone = Setup::one_call(patience);
        let day = Day {
            calls: 3,
            arrivals: Arrivals::Spaced(50 * MS),
            patience: Span::Fixed(patience as u32 * MS),
            talk: Span::Fixed(SECOND),
            ..alone.day.clone()
        };
        let hotline = Hotline::play(Setup { wrap_up: 200 * MS, day, ..alone });
        let counters = hotline.centre.report.total().counters;
        assert_eq!(counters.answered + counters.abandoned(), 3);
        assert!(counters.answered >= 1, "{counters:?}");
    }
}

/// The answer and the hang-up cross at every distance, on a wire that loses some of both.
#[test]
fn a_hang_up_crosses_the_answer() {
    seeds::each(100, |seed| {
        let alone = Setup::one_call(seed);
        let day = Day {
            calls: 4,
            arrivals: Arrivals::Spaced(2 * SECOND),
            patience: Span::Uniform(1_000 * MS, 1_040 * MS),
            crossing: Share(300),
            ack_lost: Share(200),
            ..alone.day.clone()
        };
        let faults = Faults { loss: Share(100), jitter: 20 * MS, ..Faults::NONE };
        Hotline::play(Setup { agents: 2, late_answers: Share(500), faults, day, ..alone });
    });
}

#[test]
fn a_storm_of_phones_that_nobody_answers() {
    seeds::each(3, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day { calls: 40, arrivals: Arrivals::Spaced(SECOND / 2), ..quiet.day.clone() };
        let hotline = Hotline::play(Setup { ring_outs: Share(900), ring: 2 * SECOND, day, ..quiet });
        let counters = hotline.centre.report.total().counters;
        // Who lets it ring is not ready from then on, so the storm ends with the agents.
        assert!((1..=12).contains(&counters.offers.rang_out), "{counters:?}");
        assert_eq!(counters.answered + counters.abandoned() + counters.abandoned_before_line, 40);
    });
}

#[test]
fn phones_vanish_while_they_ring() {
    seeds::each(3, |seed| {
        let quiet = Setup::quiet(seed);
        let day =
            Day { calls: 40, ring: Span::Fixed(3 * SECOND), patience: Span::Never, ..quiet.day.clone() };
        let mut hotline = Hotline::open(Setup { agents: 8, register_expires: 60 * SECOND, day, ..quiet });
        // Each phone is gone a second after it first rings, but for the last two.
        let mut gone = [false; 6];
        while gone.contains(&false) {
            hotline.run(SECOND);
            assert!(hotline.town.carrier.in_progress() > 0 || hotline.now < Timestamp::from_secs(30));
            for (agent, gone) in gone.iter_mut().enumerate() {
                let agent = AgentNo::at(agent);
                if !*gone && hotline.town.desk.stats(agent).offers > 0 {
                    hotline.town.desk.vanish(agent);
                    *gone = true;
                }
            }
        }
        hotline.run_day();
        hotline.close();
        let counters = hotline.centre.report.total().counters;
        assert_eq!(counters.answered, 40, "callers keep their place and get somebody else: {counters:?}");
        assert!(counters.offers.rang_out + counters.offers.agent_gone >= 6, "{counters:?}");
        let expired = hotline.ledger.lost_phones.iter().filter(|(_, why)| *why == AorLoss::Expired).count();
        assert!(expired >= 6, "{:?}", hotline.ledger.lost_phones);
    });
}

#[test]
fn phones_vanish_while_they_talk_and_their_callers_stand_in_front_of_the_line_again() {
    seeds::each(2, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            calls: 6,
            arrivals: Arrivals::Spaced(SECOND),
            talk: Span::Never,
            patience: Span::Never,
            ring: Span::Fixed(SECOND),
            agent_hangs_up: Share::NONE,
            numbers: general(),
            ..quiet.day.clone()
        };
        let setup = Setup {
            agents: 6,
            audio: true,
            callers_max: 8,
            silence_max: 5 * SECOND,
            register_expires: 60 * SECOND,
            day,
            ..quiet
        };
        let mut hotline = Hotline::open(setup);
        hotline.run(12 * SECOND);
        assert_eq!(hotline.centre.report.total().counters.answered, 6);
        for agent in 0..6 {
            hotline.town.desk.vanish(AgentNo(agent));
        }
        // Silence after five seconds, then BYE until 64·T1 is over. The callers are still there.
        hotline.run(45 * SECOND);
        let general = hotline.centre.report.group(GENERAL).expect("a group").counters;
        assert_eq!((hotline.centre.engine.calls(), general.waiting, general.transferred_in), (6, 6, 6));
        assert_eq!(hotline.centre.report.total().counters.waiting, 0, "each was counted once");
        hotline.request(Request::ReleaseAll);
        hotline.run(45 * SECOND);
        assert_eq!(hotline.centre.engine.calls(), 0);
        hotline.town.carrier.close();
        hotline.fall_silent();
        hotline.centre.check_empty(hotline.now);
        for (_, caller) in hotline.ledger.callers() {
            assert_eq!(caller.outcomes, [Outcome::Answered]);
            assert!(caller.record.is_some_and(|record| record.end != End::NoAnswer), "{caller:#?}");
        }
    });
}

#[test]
fn callers_who_vanish_are_missed_by_the_session_timer() {
    seeds::each(2, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            calls: 10,
            arrivals: Arrivals::Spaced(SECOND),
            talk: Span::Fixed(4 * SECOND),
            patience: Span::Never,
            vanishing: Share::ALL,
            agent_hangs_up: Share::NONE,
            ..quiet.day.clone()
        };
        let mut hotline = Hotline::open(Setup { session_expires: 90 * SECOND, day, ..quiet });
        hotline.run_day();
        hotline.run(200 * SECOND);
        assert_eq!(hotline.centre.engine.calls(), 0, "the refresh has found nobody");
        hotline.close();
        assert_eq!(hotline.centre.report.total().counters.answered, 10);
    });
}

#[test]
fn registrations_expire_during_calls_and_the_talks_go_on() {
    seeds::each(3, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            calls: 20,
            arrivals: Arrivals::Spaced(SECOND / 4),
            talk: Span::Fixed(120 * SECOND),
            patience: Span::Never,
            numbers: general(),
            ..quiet.day.clone()
        };
        let setup = Setup { agents: 12, register_expires: 60 * SECOND, day, ..quiet };
        let mut hotline = Hotline::open(setup);
        hotline.run(15 * SECOND);
        let answered = hotline.centre.report.total().counters.answered;
        assert_eq!(answered, 12, "everybody talks");
        for agent in 0..12 {
            let host = hotline.setup.phone_host(agent);
            let from = hotline.now;
            let until = from + 100 * SECOND;
            hotline.wire.outages.push(Outage { host, from, until, what: Swallows::Registrations });
        }
        hotline.run(70 * SECOND);
        assert_eq!(hotline.ledger.lost_phones.len(), 12, "{:?}", hotline.ledger.lost_phones);
        assert_eq!(hotline.centre.report.total().counters.talks, 0, "nobody was cut off");
        hotline.run_day();
        hotline.close();
        let counters = hotline.centre.report.total().counters;
        assert_eq!((counters.answered, counters.lost), (20, 0), "and the rest is served when they are back");
    });
}

#[test]
fn the_trunk_goes_away_and_comes_back() {
    seeds::each(3, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day { calls: 120, arrivals: Arrivals::Poisson(2 * SECOND), ..quiet.day.clone() };
        let mut hotline = Hotline::open(Setup { options_every: 10 * SECOND, day, ..quiet });
        hotline.run(60 * SECOND);
        let trunk = hotline.setup.trunk_host();
        hotline.wire.cut(trunk, hotline.now, hotline.now + 90 * SECOND);
        hotline.run_day();
        hotline.run(30 * SECOND);
        hotline.close();
        assert_eq!(hotline.ledger.trunk, [true, false, true], "up, down, up");
        let counters = hotline.centre.report.total().counters;
        assert!(counters.answered > 40, "{counters:?}");
        let nobody = hotline.ledger.callers().filter(|(_, caller)| caller.calls.is_empty()).count();
        assert!(nobody > 5, "callers who never got through: {nobody}");
    });
}

#[test]
fn ten_times_the_load_gets_503_and_nothing_leaks() {
    seeds::each(2, |seed| {
        let quiet = Setup::quiet(seed);
        let limits = Limits { legs: 60, invites_per_second: 40, ..Limits::default() };
        let day = Day { calls: 1_000, arrivals: Arrivals::Poisson(5 * MS), ..quiet.day.clone() };
        let hotline = Hotline::play(Setup { calls_max: 30, limits, day, ..quiet });
        let carrier = hotline.town.carrier.stats();
        let counters = hotline.centre.report.total().counters;
        assert_eq!(carrier.offered, 1_000);
        assert!(carrier.unavailable > 500, "{carrier:?}");
        assert_eq!(carrier.failed, carrier.unavailable, "and no other failure");
        let refused = hotline
            .ledger
            .callers()
            .filter(|(_, caller)| caller.record.is_some_and(|record| record.end == End::Refused(503)));
        assert_eq!(refused.count() as u64, carrier.unavailable);
        assert_eq!(counters.arrived - counters.refused, 1_000 - carrier.unavailable, "the rest is served");
        assert!(counters.answered > 10, "what was accepted is completed: {counters:?}");
    });
}

#[test]
fn no_port_is_left_for_the_last_callers() {
    seeds::each(2, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day { calls: 60, arrivals: Arrivals::Spaced(100 * MS), ..quiet.day.clone() };
        let hotline = Hotline::play(Setup { ports: 20_000..=20_023, day, ..quiet });
        let counters = hotline.centre.report.total().counters;
        // A caller whose agent gets no port is lost; the engine, the line and the agents are not.
        assert!(counters.refused > 5 && counters.answered >= 3, "{counters:?}");
        let gone = |end: Option<(OfferEnd, Timestamp, u16)>| matches!(end, Some((OfferEnd::AgentGone, ..)));
        assert!(!hotline.ledger.callers().any(|(_, caller)| caller.offers.iter().any(|rung| gone(rung.end))));
    });
}

#[test]
fn lines_are_full_and_waits_are_too_long() {
    seeds::each(3, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            calls: 150,
            arrivals: Arrivals::Poisson(SECOND / 4),
            patience: Span::Uniform(2 * SECOND, 40 * SECOND),
            ..quiet.day.clone()
        };
        let hotline = Hotline::play(Setup { line_max: 10, wait_max: Some(15 * SECOND), day, ..quiet });
        let turned = hotline.centre.report.total().counters.turned_away;
        assert!(turned.line_full + turned.waited_too_long > 5, "{turned:?}");
    });
}

#[test]
fn a_drain_in_the_middle_completes_what_it_has() {
    seeds::each(2, |seed| {
        let mut hotline = Hotline::open(Setup::quiet(seed));
        hotline.run(60 * SECOND);
        let before = hotline.centre.report.total().counters.arrived;
        hotline.request(call::Request::Drain);
        hotline.run_day();
        hotline.close();
        let counters = hotline.centre.report.total().counters;
        assert_eq!((counters.arrived, counters.lost), (before, 0), "nobody is let in, nobody is cut off");
    });
}

#[test]
fn a_stop_releases_everybody_at_once() {
    seeds::each(3, |seed| {
        let mut hotline = Hotline::open(Setup::quiet(seed));
        hotline.run(40 * SECOND);
        hotline.request(call::Request::Drain);
        hotline.request(call::Request::ReleaseAll);
        hotline.run(2 * SECOND);
        assert_eq!(hotline.centre.engine.calls(), 0);
        hotline.town.carrier.close();
        hotline.fall_silent();
        hotline.centre.check_empty(hotline.now);
    });
}
