//! The whole table of an agent's states as a golden file: every state × every deed, refusals included.
//!
//! `UPDATE=1 cargo test -p acd --test agent_states` rewrites it; the review is in the diff.

use acd::OfferRef;
use acd::agent::{Deed, Refused, State, Then, WrapUp, step};
use acd::input::Reason;
use base::Timestamp;
use std::fmt::Write as _;
use std::time::Duration;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/agent_states.txt");

#[test]
fn every_state_answers_every_deed_as_the_golden_table_says() {
    let now = Timestamp::from_secs(600);
    let mut table = String::from(
        "# What each deed makes of an agent in each state at 10:00.000. Written by tests/agent_states.rs.\n",
    );
    for state in states() {
        let _ = write!(table, "\n{}\n", shown(state));
        for deed in deeds() {
            let next = match step(now, state, deed) {
                Ok(next) if next == state => "unchanged".into(),
                Ok(next) => shown(next),
                Err(why) => format!("refused: {why}"),
            };
            let _ = writeln!(table, "    {:<22} {next}", named(deed));
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(GOLDEN, &table).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden file is there; UPDATE=1 writes it");
    assert_eq!(table, golden, "the table has changed; UPDATE=1 rewrites {GOLDEN}");
}

#[test]
fn no_chain_of_deeds_leads_out_of_the_table_or_loses_an_offer() {
    // Whatever leaves `Offered` is either an acceptance or something after which another may be offered.
    let offered = states()[4];
    for deed in deeds() {
        match step(Timestamp::from_secs(600), offered, deed) {
            Ok(State::Offered { .. } | State::WrapUp { .. }) => {
                panic!("{} keeps or fakes an offer", named(deed))
            }
            Ok(State::Talking { .. }) => assert!(matches!(deed, Deed::Accept(_) | Deed::Engage)),
            Ok(_) | Err(_) => {}
        }
    }
}

fn states() -> Vec<State> {
    let (before, ahead) = (Timestamp::from_secs(590), Timestamp::from_secs(620));
    let thirty = WrapUp::For(Duration::from_secs(30));
    vec![
        State::SignedOut,
        State::NotReady(Reason::Meal),
        State::Pause { reason: Reason::RingNoAnswer, until: ahead },
        State::Ready { idle: before },
        State::Offered { offer: OfferRef::from_bits(7), idle: before },
        State::Talking { wrap_up: thirty, then: Then::Ready },
        State::Talking { wrap_up: WrapUp::For(Duration::ZERO), then: Then::Ready },
        State::Talking { wrap_up: thirty, then: Then::NotReady(Reason::Meal) },
        State::Talking { wrap_up: WrapUp::For(Duration::ZERO), then: Then::NotReady(Reason::Meal) },
        State::Talking { wrap_up: thirty, then: Then::PhoneLost },
        State::Talking { wrap_up: thirty, then: Then::SignedOut },
        State::Talking { wrap_up: WrapUp::Until(ahead), then: Then::Ready },
        State::Talking { wrap_up: WrapUp::Until(before), then: Then::Ready },
        State::WrapUp { until: ahead, then: None },
        State::WrapUp { until: ahead, then: Some(Reason::Meal) },
    ]
}

fn deeds() -> Vec<Deed> {
    vec![
        Deed::SignIn,
        Deed::SignOut,
        Deed::Ready,
        Deed::NotReady(Reason::Rest),
        Deed::PhoneLost,
        Deed::Engage,
        Deed::Takes(Duration::from_secs(20)),
        Deed::Release,
        Deed::Offer(OfferRef::from_bits(8)),
        Deed::Accept(Duration::from_secs(30)),
        Deed::Refuse(Refused::Ready),
        Deed::Refuse(Refused::NotReady(Reason::RingNoAnswer)),
        Deed::Refuse(Refused::Pause(Reason::RingNoAnswer, Timestamp::from_secs(630))),
        Deed::Withdraw,
        Deed::Extend(Timestamp::from_secs(660)),
        Deed::Over,
        Deed::Pick(Duration::from_secs(20)),
    ]
}

fn named(deed: Deed) -> String {
    match deed {
        Deed::SignIn => "sign in".into(),
        Deed::SignOut => "sign out".into(),
        Deed::Ready => "ready".into(),
        Deed::NotReady(reason) => format!("not ready: {reason:?}"),
        Deed::PhoneLost => "phone lost".into(),
        Deed::Engage => "engage".into(),
        Deed::Takes(_) => "takes a caller".into(),
        Deed::Release => "release".into(),
        Deed::Offer(offer) => offer.to_string(),
        Deed::Accept(_) => "accept".into(),
        Deed::Refuse(Refused::Ready) => "refuse".into(),
        Deed::Refuse(Refused::NotReady(reason)) => format!("refuse: {reason:?}"),
        Deed::Refuse(Refused::Pause(..)) => "refuse: pause".into(),
        Deed::Withdraw => "withdraw".into(),
        Deed::Extend(_) => "extend wrap-up".into(),
        Deed::Over => "deadline".into(),
        Deed::Pick(_) => "pick".into(),
    }
}

fn shown(state: State) -> String {
    match state {
        State::SignedOut => "signed out".into(),
        State::NotReady(reason) => format!("not ready: {reason:?}"),
        State::Pause { reason, until } => format!("not ready till {until}: {reason:?}"),
        State::Ready { idle } => format!("ready, idle since {idle}"),
        State::Offered { offer, idle } => format!("{offer}, idle since {idle}"),
        State::Talking { wrap_up, then } => {
            let wrap_up = match wrap_up {
                WrapUp::For(span) => format!("wrap-up {}s", span.as_secs()),
                WrapUp::Until(until) => format!("wrap-up till {until}"),
            };
            let then = match then {
                Then::Ready => "ready".into(),
                Then::NotReady(reason) => format!("not ready: {reason:?}"),
                Then::PhoneLost => "at once not ready: PhoneLost".into(),
                Then::SignedOut => "at once signed out".into(),
            };
            format!("talking, {wrap_up}, then {then}")
        }
        State::WrapUp { until, then: None } => format!("wrap-up till {until}, then ready"),
        State::WrapUp { until, then: Some(reason) } => {
            format!("wrap-up till {until}, then not ready: {reason:?}")
        }
    }
}
