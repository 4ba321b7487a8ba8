//! Random days of small centres through the fast distributor and its slow twin: the same outputs in the same
//! order, the same deadlines, and every invariant after every step.
//!
//! A failure prints the seed. `SUJIE_SEED=n cargo test -p acd --test twins` runs that seed alone; 200,000 operations
//! otherwise, 10,000,000 with `SUJIE_NIGHTLY=1`, or as many as `SUJIE_OPERATIONS` says.

use acd::exercise::{Exercise, Step};
use acd::naive::{Naive, decided};
use acd::{AgentState, Alert, CallbackEnd, Distributor, OfferEnd, Output, Turned};
use std::collections::BTreeMap;

const OPERATIONS_A_DAY: u64 = 1_000;

#[test]
fn the_fast_distributor_does_what_its_obvious_twin_does() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let usual = if std::env::var_os("SUJIE_NIGHTLY").is_some() { 10_000_000 } else { 200_000 };
    let days = number("SUJIE_OPERATIONS").unwrap_or(usual) / OPERATIONS_A_DAY;
    let seeds = number("SUJIE_SEED").map_or(0..days, |seed| seed..seed + 1);
    let mut seen = BTreeMap::new();
    for seed in seeds.clone() {
        one_day(seed, &mut seen);
    }
    if seeds.end - seeds.start >= 100 {
        let missing: Vec<_> = EVERYTHING.iter().filter(|kind| !seen.contains_key(*kind)).collect();
        assert!(missing.is_empty(), "never happened in {} days: {missing:?}; seen {seen:?}", seeds.end);
    }
}

fn one_day(seed: u64, seen: &mut BTreeMap<&'static str, u64>) {
    let mut exercise = Exercise::seeded(seed);
    let plan = exercise.plan();
    let (mut fast, mut naive) = (Distributor::new(plan.clone()), Naive::new(plan));
    let (mut said, mut expected) = (Vec::new(), Vec::new());
    for operation in 0..OPERATIONS_A_DAY {
        let (now, step) = exercise.next(fast.next_deadline());
        let what = match &step {
            Step::Input(input) => format!("{input:?}"),
            Step::Change(_) => "the plan changes".into(),
        };
        let here = || format!("SUJIE_SEED={seed}, operation {operation} at {now}: {what}");
        said.clear();
        expected.clear();
        match step {
            Step::Input(input) => {
                fast.handle(now, input, &mut said);
                naive.handle(now, input, &mut expected);
            }
            Step::Change(plan) => {
                let done = fast.change_plan(now, (*plan).clone(), &mut said);
                assert_eq!(done, naive.change_plan(now, *plan, &mut expected), "{}", here());
            }
        }
        let plain: Vec<Output> = said.iter().map(decided).collect();
        assert_eq!(plain, expected, "{} (left: fast, right: naive)", here());
        assert_eq!(fast.next_deadline(), naive.next_deadline(), "{} (left: fast, right: naive)", here());
        if let Err(broken) = fast.check() {
            panic!("{}: {broken}", here());
        }
        exercise.learn(&said);
        for output in &said {
            *seen.entry(kind(output)).or_default() += 1;
        }
    }
}

fn kind(output: &Output) -> &'static str {
    match output {
        Output::Queued { .. } => "queued",
        Output::Offer { .. } => "offer",
        Output::OfferEnded { end, .. } => match end {
            OfferEnd::Accepted => "accepted",
            OfferEnd::RangOut => "rang out",
            OfferEnd::Declined => "declined",
            OfferEnd::CallerGone => "caller gone",
            OfferEnd::AgentGone => "agent gone",
            OfferEnd::TakenElsewhere => "taken elsewhere",
        },
        Output::Overflowed { .. } => "overflowed",
        Output::Relaxed { .. } => "relaxed",
        Output::Served { .. } => "served",
        Output::TurnedAway { why, .. } => match why {
            Turned::LineFull => "line full",
            Turned::WaitedTooLong => "waited too long",
            Turned::NobodySignedIn => "nobody signed in",
            Turned::Closed => "closed",
            Turned::Surge => "surge",
            Turned::Blocked => "blocked",
        },
        Output::Collapsed { .. } => "collapsed",
        Output::CallbackOffered { .. } => "callback offered",
        Output::CallbackKept { missed: false, .. } => "callback kept",
        Output::CallbackKept { missed: true, .. } => "missed call kept",
        Output::Dial { .. } => "dial",
        Output::CallbackEnded { end, .. } => match end {
            CallbackEnd::Reached => "reached",
            CallbackEnd::CalledAgain => "called again",
            CallbackEnd::Merged => "merged",
            CallbackEnd::GivenUp => "given up",
            CallbackEnd::Cancelled => "cancelled",
        },
        Output::Agent { state, .. } => match state {
            AgentState::SignedOut => "agent signed out",
            AgentState::Ready => "agent ready",
            AgentState::NotReady(_) => "agent not ready",
            AgentState::Offered(_) => "agent offered",
            AgentState::Talking => "agent talking",
            AgentState::WrapUp { .. } => "agent in wrap-up",
        },
        Output::Alert(Alert::RingNoAnswer { .. }) => "alert: ring no answer",
        Output::Alert(Alert::Surge { on: true, .. }) => "alert: surge on",
        Output::Alert(Alert::Surge { on: false, .. }) => "alert: surge off",
        Output::Refused { why } => why,
    }
}

const EVERYTHING: [&str; 56] = [
    "queued",
    "offer",
    "accepted",
    "rang out",
    "declined",
    "caller gone",
    "agent gone",
    "taken elsewhere",
    "overflowed",
    "relaxed",
    "served",
    "line full",
    "waited too long",
    "nobody signed in",
    "closed",
    "surge",
    "blocked",
    "collapsed",
    "callback offered",
    "callback kept",
    "missed call kept",
    "dial",
    "reached",
    "called again",
    "merged",
    "given up",
    "cancelled",
    "agent signed out",
    "agent ready",
    "agent not ready",
    "agent offered",
    "agent talking",
    "agent in wrap-up",
    "alert: ring no answer",
    "alert: surge on",
    "alert: surge off",
    "there is no such agent",
    "there is no such group",
    "the agent is not signed in",
    "the agent is signed in already",
    "the agent is ready already",
    "the agent talks",
    "the agent does not talk",
    "the agent is not in wrap-up",
    "as many agents are on a break as may be at once",
    "the wrap-up is as long as the group allows",
    "a level is 1 to 10",
    "the caller waits in a line already",
    "the caller waits in no line",
    "the caller is not on the phone",
    "the caller is called back already",
    "the party is on the black list",
    "the party is on no list",
    "the party has no urgent case",
    "the site is helped already",
    "the offer is over",
];
