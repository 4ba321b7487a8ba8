//! A hotline's day on a good network: everybody is counted once, and carrier, phones and report agree to the last
//! caller.

use base::Timestamp;
use phones::{Arrivals, Day, End, Share, Span};
use std::time::Duration;
use sujie_tests::{Hotline, Setup, seeds};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_calm_quarter_of_an_hour() {
    seeds::each(1, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            arrivals: Arrivals::Poisson(3 * SECOND),
            calls: 300,
            talk: Day::default().talk,
            patience: Day::default().patience,
            ring: Day::default().ring,
            ..quiet.day.clone()
        };
        let hotline =
            Hotline::play(Setup { agents: 60, wrap_up: 15 * SECOND, ring: 20 * SECOND, day, ..quiet });
        let counters = hotline.centre.report.total().counters;
        assert_eq!((counters.arrived, counters.turned_away.total(), counters.lost), (300, 0, 0));
        assert!(counters.answered > 250, "{counters:?}");
        assert!(counters.within[2].answered > 250, "most are answered within 30 s: {counters:?}");
        assert_eq!(hotline.centre.sip.counters().retransmissions_in, 0);
        assert!(hotline.town.desk.total().registrations >= 60 * 3, "phones have refreshed what expires");
    });
}

#[test]
fn a_busy_morning_with_twenty_calls_a_second() {
    seeds::each(1, |seed| {
        let quiet = Setup::quiet(seed);
        let day = Day {
            arrivals: Arrivals::Poisson(SECOND / 2),
            calls: 1_200,
            speed: 10.0,
            talk: Day::default().talk,
            patience: Day::default().patience,
            ring: Day::default().ring,
            ..quiet.day.clone()
        };
        let hotline = Hotline::play(Setup { agents: 200, wrap_up: SECOND, day, ..quiet });
        let counters = hotline.centre.report.total().counters;
        assert_eq!(counters.arrived, 1_200);
        assert!(
            counters.answered > 700 && counters.abandoned() > 20,
            "it is too much for them: {counters:?}"
        );
        assert_eq!((counters.lost, counters.refused), (0, 0));
    });
}

#[test]
fn phones_decline_are_busy_ring_out_and_answer_too_late() {
    seeds::each(6, |seed| {
        let quiet = Setup::quiet(seed);
        let day =
            Day { agent_hangs_up: Share(500), crossing: Share(50), ack_lost: Share(50), ..quiet.day.clone() };
        let hotline = Hotline::play(Setup {
            declines: Share(100),
            busy: Share(100),
            ring_outs: Share(100),
            late_answers: Share(500),
            ring: 3 * SECOND,
            returns: 5 * SECOND,
            day,
            ..quiet
        });
        let counters = hotline.centre.report.total().counters;
        assert!(counters.offers.declined > 10 && counters.offers.rang_out > 0, "{counters:?}");
        assert!(counters.answered > 50, "{counters:?}");
    });
}

#[test]
fn the_same_seed_plays_the_same_day() {
    let told = |seed: u64| {
        let quiet = Setup::quiet(seed);
        let mut hotline =
            Hotline::open(Setup { agents: 5, day: Day { calls: 25, ..quiet.day.clone() }, ..quiet });
        hotline.ledger.told = Some(Vec::new());
        hotline.run_day();
        hotline.close();
        std::mem::take(&mut hotline.ledger.told).unwrap_or_default()
    };
    let first = told(3);
    assert!(first.len() > 200, "{}", first.len());
    assert_eq!(first, told(3));
    assert_ne!(first, told(4));
}

#[test]
fn everybody_hears_the_other_and_the_music_before() {
    let quiet = Setup::quiet(5);
    let day = Day {
        arrivals: Arrivals::Spaced(SECOND / 5),
        calls: 6,
        talk: Span::Fixed(4 * SECOND),
        patience: Span::Never,
        ring: Span::Fixed(SECOND),
        numbers: vec![("12345".to_owned(), 1)],
        ..quiet.day.clone()
    };
    let setup = Setup {
        agents: 3,
        audio: true,
        music: true,
        callers_max: 8,
        silence_max: 10 * SECOND,
        wrap_up: Duration::ZERO,
        day,
        ..quiet
    };
    let hotline = Hotline::play(setup);
    assert_eq!(hotline.centre.report.total().counters.answered, 6);
    let (callers, agents) = (hotline.town.carrier.heard(), hotline.town.desk.heard());
    for (person, caller) in hotline.ledger.callers() {
        let heard = caller.record.as_ref().expect("he has hung up").heard;
        assert!(heard.other >= 180, "person {person} hears 4 s of his agent: {heard:?}");
        assert!(heard.packets > heard.other + 50, "and something before: {heard:?}");
    }
    assert!(agents.other >= 6 * 180, "{agents:?}");
    // Music, then a person: one stream for the ear, without a gap.
    assert_eq!((callers.gaps, callers.resyncs, callers.strangers), (0, 0, 0), "{callers:?}");
    assert_eq!((agents.gaps, agents.resyncs, agents.strangers), (0, 0, 0), "{agents:?}");
}

#[test]
fn who_has_waited_longest_is_served_first_when_one_agent_has_thirty_callers() {
    let quiet = Setup::quiet(11);
    let day = Day {
        arrivals: Arrivals::Filling { calls: 30, gap: SECOND / 10, then: SECOND },
        calls: 30,
        numbers: vec![("12345".to_owned(), 1)],
        talk: Span::Fixed(2 * SECOND),
        patience: Span::Never,
        ring: Span::Fixed(SECOND / 2),
        ..quiet.day.clone()
    };
    let hotline = Hotline::play(Setup { agents: 1, wrap_up: SECOND, day, ..quiet });
    let mut order: Vec<(Timestamp, u64)> = hotline
        .ledger
        .callers()
        .map(|(person, caller)| (caller.connected.first().expect("all are served").1, person))
        .collect();
    order.sort_unstable();
    assert_eq!(order.iter().map(|(_, person)| *person).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    // Nobody polls: the next offer is made in the step in which the wrap-up ends.
    let offered = hotline.ledger.callers().flat_map(|(_, caller)| &caller.offers).map(|rung| rung.at);
    let mut offered: Vec<Timestamp> = offered.collect();
    offered.sort_unstable();
    // ring 500 ms, answer and talk, BYE, wrap-up 1 s; two crossings of the wire.
    assert!(offered.windows(2).skip(1).all(|pair| pair[1].since(pair[0]) <= Duration::from_millis(3_530)));
    assert!(
        hotline
            .ledger
            .callers()
            .all(|(_, caller)| matches!(caller.record, Some(record) if matches!(record.end, End::Talked(_))))
    );
}
