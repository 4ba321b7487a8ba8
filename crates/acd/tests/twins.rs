//! Random days of small centres through the fast distributor and its slow twin: the same outputs in the same
//! order, the same deadlines, and every invariant after every step.
//!
//! A failure prints the seed. `SUJIE_SEED=n cargo test -p acd --test twins` runs that seed alone;
//! `SUJIE_OPERATIONS=10000000` runs a long night.

use acd::exercise::Exercise;
use acd::naive::Naive;
use acd::{AgentState, CallerRef, Distributor, Input, OfferEnd, Output};
use base::Timestamp;
use std::collections::BTreeMap;

const OPERATIONS_A_DAY: u64 = 1_000;

#[test]
fn the_fast_distributor_does_what_its_obvious_twin_does() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let days = number("SUJIE_OPERATIONS").unwrap_or(200_000) / OPERATIONS_A_DAY;
    let seeds = number("SUJIE_SEED").map_or(0..days, |seed| seed..seed + 1);
    let mut seen = BTreeMap::new();
    for seed in seeds.clone() {
        one_day(seed, &mut seen);
    }
    if seeds.end - seeds.start >= 100 {
        // A run in which some rule never came into play would prove nothing about it.
        for happened in EVERYTHING {
            let times = seen.get(happened).copied().unwrap_or(0);
            assert!(times >= 50, "{happened} happened {times} times only: {seen:#?}");
        }
    }
}

#[test]
fn a_clock_that_jumps_to_the_end_of_time_or_back_stops_nothing() {
    let mut exercise = Exercise::seeded(7);
    let mut fast = Distributor::new(exercise.plan());
    let mut outputs = Vec::new();
    for step in 0..5_000u64 {
        let (now, input) = exercise.next(fast.next_deadline());
        let now = if step > 2_000 && step % 3 == 0 { Timestamp::NEVER } else { now };
        outputs.clear();
        fast.handle(now, input, &mut outputs);
        fast.check().expect("every invariant holds");
        exercise.learn(&outputs);
    }
    assert!(fast.group(acd::GroupRef(0)).is_some_and(|group| group.waiting <= 14));
}

fn one_day(seed: u64, seen: &mut BTreeMap<&'static str, u64>) {
    let mut exercise = Exercise::seeded(seed);
    let plan = exercise.plan();
    let mut fast = Distributor::new(plan.clone());
    let mut naive = Naive::new(plan);
    let (mut outputs, mut expected) = (Vec::new(), Vec::new());
    let mut ledger = Ledger::default();
    for step in 0..OPERATIONS_A_DAY {
        let (now, input) = exercise.next(fast.next_deadline());
        outputs.clear();
        expected.clear();
        fast.handle(now, input, &mut outputs);
        naive.handle(now, input, &mut expected);
        assert_eq!(
            outputs, expected,
            "seed {seed} step {step} at {now}: {input:?} (left: fast, right: naive)"
        );
        assert_eq!(
            fast.next_deadline(),
            naive.next_deadline(),
            "seed {seed} step {step} at {now}: {input:?}"
        );
        if let Err(broken) = fast.check() {
            panic!("seed {seed} step {step} at {now}: {input:?} led to {outputs:?}: {broken}");
        }
        ledger.book(input, &outputs);
        ledger.balance(&fast, now, seed);
        outputs.iter().for_each(|output| *seen.entry(kind(output)).or_insert(0) += 1);
        exercise.learn(&outputs);
    }
}

/// What the outputs alone say about every caller: queued once, gone once.
#[derive(Default)]
struct Ledger {
    waiting: Vec<CallerRef>,
    queued: u64,
    served: u64,
    turned_away: u64,
    left: u64,
}

impl Ledger {
    fn book(&mut self, input: Input, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Queued { caller, .. } => {
                    assert!(!self.waiting.contains(caller), "{caller} is queued twice");
                    self.waiting.push(*caller);
                    self.queued += 1;
                }
                Output::Served { caller, .. } => self.served += self.gone(*caller),
                Output::TurnedAway { caller, .. } => self.turned_away += self.gone(*caller),
                _ => {}
            }
        }
        if let Input::Leave { caller } = input {
            self.left += self.gone(caller);
        }
    }

    /// 1 if he was waiting: who is turned away at the door never was, and who is gone is not gone again.
    fn gone(&mut self, caller: CallerRef) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| *waiting != caller);
        (before - self.waiting.len()) as u64
    }

    /// queued = served + turned away + left + still waiting, at every instant.
    fn balance(&self, fast: &Distributor, now: Timestamp, seed: u64) {
        let groups = (0..).map_while(|at| fast.group(acd::GroupRef(at)));
        let waiting: usize = groups.map(|group| group.waiting).sum();
        assert_eq!(waiting, self.waiting.len(), "seed {seed} at {now}");
        let gone = self.served + self.turned_away + self.left;
        assert_eq!(self.queued, gone + waiting as u64, "seed {seed} at {now}");
    }
}

fn kind(output: &Output) -> &'static str {
    match output {
        Output::Queued { expected: None, .. } => "queued, wait unknown",
        Output::Queued { expected: Some(_), .. } => "queued, wait told",
        Output::Offer { .. } => "offer",
        Output::OfferEnded { end: OfferEnd::Accepted, .. } => "accepted",
        Output::OfferEnded { end: OfferEnd::RangOut, .. } => "rang out",
        Output::OfferEnded { end: OfferEnd::Declined, .. } => "declined",
        Output::OfferEnded { end: OfferEnd::CallerGone, .. } => "caller gone",
        Output::OfferEnded { end: OfferEnd::AgentGone, .. } => "agent gone",
        Output::Overflowed { .. } => "overflowed",
        Output::Served { .. } => "served",
        Output::TurnedAway { why: acd::Turned::LineFull, .. } => "line full",
        Output::TurnedAway { why: acd::Turned::WaitedTooLong, .. } => "waited too long",
        Output::TurnedAway { why: acd::Turned::NobodySignedIn, .. } => "nobody signed in",
        Output::Agent { state: AgentState::WrapUp { .. }, .. } => "wrap-up",
        Output::Agent { .. } => "agent",
        Output::Refused { .. } => "refused",
    }
}

const EVERYTHING: [&str; 16] = [
    "queued, wait unknown",
    "queued, wait told",
    "offer",
    "accepted",
    "rang out",
    "declined",
    "caller gone",
    "agent gone",
    "overflowed",
    "served",
    "line full",
    "waited too long",
    "nobody signed in",
    "wrap-up",
    "agent",
    "refused",
];
