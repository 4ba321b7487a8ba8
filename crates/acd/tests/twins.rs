//! Random days of small centres through the fast distributor and its slow twin: the same outputs in the same
//! order, the same deadlines, and every invariant after every step.
//!
//! A failure prints the seed. `SUJIE_SEED=n cargo test -p acd --test twins` runs that seed alone;
//! `SUJIE_NIGHTLY=1` runs ten million operations, `SUJIE_OPERATIONS=n` as many as that.

use acd::exercise::{Exercise, Step};
use acd::naive::Naive;
use acd::{
    AgentState, Alert, Answer, Because, CallbackEnd, CallerRef, Distributor, Input, OfferEnd, Output, Turned,
};
use base::Timestamp;
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
        // A run in which some rule never came into play would prove nothing about it.
        for happened in EVERYTHING {
            let times = seen.get(happened).copied().unwrap_or(0);
            assert!(times >= 3, "{happened} happened {times} times only: {seen:#?}");
        }
    }
    if std::env::var_os("SUJIE_SHOW").is_some() {
        println!("{seen:#?}");
    }
}

#[test]
fn a_clock_that_jumps_to_the_end_of_time_or_back_stops_nothing() {
    let mut exercise = Exercise::seeded(7);
    let mut fast = Distributor::new(exercise.plan());
    let mut outputs = Vec::new();
    for step in 0..5_000u64 {
        let (now, next) = exercise.next(fast.next_deadline());
        let now = if step > 2_000 && step % 3 == 0 { Timestamp::NEVER } else { now };
        outputs.clear();
        match next {
            Step::Input(input) => fast.handle(now, input, &mut outputs),
            Step::Change(plan) => drop(fast.change_plan(now, *plan, &mut outputs)),
        }
        fast.check().expect("every invariant holds");
        exercise.learn(&outputs);
    }
    assert!(fast.group(acd::GroupRef(0)).is_some_and(|group| group.waiting <= 14));
}

#[test]
fn a_plan_that_changes_while_callers_wait_does_what_its_preview_showed() {
    for seed in 0..40 {
        let mut exercise = Exercise::seeded(seed);
        let mut fast = Distributor::new(exercise.plan());
        let mut outputs = Vec::new();
        for _ in 0..OPERATIONS_A_DAY {
            let (now, next) = exercise.next(fast.next_deadline());
            outputs.clear();
            match next {
                Step::Input(input) => fast.handle(now, input, &mut outputs),
                Step::Change(plan) => {
                    fast.tick(now, &mut outputs);
                    let preview = fast.preview(now, &plan);
                    let told = outputs.len();
                    let changed = fast.change_plan(now, *plan, &mut outputs);
                    assert_eq!(preview.as_ref().map(|_| ()).map_err(|why| *why), changed, "seed {seed}");
                    if let Ok(preview) = preview {
                        assert_eq!(preview.outputs, outputs[told..], "seed {seed}");
                    }
                }
            }
            exercise.learn(&outputs);
        }
    }
}

fn one_day(seed: u64, seen: &mut BTreeMap<&'static str, u64>) {
    let mut exercise = Exercise::seeded(seed);
    let plan = exercise.plan();
    let mut fast = Distributor::new(plan.clone());
    let mut naive = Naive::new(plan);
    let (mut outputs, mut expected) = (Vec::new(), Vec::new());
    let mut ledger = Ledger::default();
    for step in 0..OPERATIONS_A_DAY {
        let (now, next) = exercise.next(fast.next_deadline());
        outputs.clear();
        expected.clear();
        match &next {
            Step::Input(input) => {
                fast.handle(now, *input, &mut outputs);
                naive.handle(now, *input, &mut expected);
            }
            Step::Change(plan) => {
                let done = fast.change_plan(now, (**plan).clone(), &mut outputs);
                assert_eq!(done, naive.change_plan(now, (**plan).clone(), &mut expected), "seed {seed}");
                *seen.entry(if done.is_ok() { "plan changed" } else { "plan refused" }).or_insert(0) += 1;
            }
        }
        let at = || format!("SUJIE_SEED={seed}, step {step} at {now}: {next:?}");
        assert_eq!(outputs, expected, "{} (left: fast, right: naive)", at());
        assert_eq!(fast.next_deadline(), naive.next_deadline(), "{} led to {outputs:?}", at());
        if let Err(broken) = fast.check() {
            panic!("{} led to {outputs:?}: {broken}", at());
        }
        ledger.book(&next, &outputs);
        ledger.balance(&fast, &at);
        let agents = [step, step / 7].map(|number| acd::AgentRef((number % 10) as u32));
        for whom in [None, Some(agents[1])] {
            assert_eq!(fast.pick_for(agents[0], whom), naive.pick_for(agents[0], whom), "{}", at());
        }
        if let Step::Input(Input::Pick { .. }) = next
            && outputs.iter().any(|output| matches!(output, Output::Served { .. }))
        {
            let rang = outputs.iter().any(|output| matches!(output, Output::OfferEnded { .. }));
            *seen.entry(if rang { "picked while it rang" } else { "picked" }).or_insert(0) += 1;
        }
        outputs.iter().flat_map(kinds).for_each(|kind| *seen.entry(kind).or_insert(0) += 1);
        exercise.learn(&outputs);
    }
}

/// What the outputs alone say about every caller: queued once, gone once.
#[derive(Default)]
struct Ledger {
    waiting: Vec<CallerRef>,
    joined: u64,
    gone: u64,
}

impl Ledger {
    fn book(&mut self, step: &Step, outputs: &[Output]) {
        // A caller who goes by himself is gone without a word, unless he was or will be called back.
        if let Step::Input(Input::Leave { caller } | Input::HangUp { caller }) = step {
            let told = |output: &Output| match output {
                Output::CallbackKept { caller: who, .. }
                | Output::CallbackEnded { caller: who, .. }
                | Output::TurnedAway { caller: who, .. } => who == caller,
                Output::Refused { .. } => true,
                _ => false,
            };
            if !outputs.iter().any(told) {
                self.leave(*caller);
            }
        }
        for output in outputs {
            match output {
                Output::Queued { caller, .. } => {
                    assert!(!self.waiting.contains(caller), "{caller} is queued twice");
                    self.join(*caller);
                }
                Output::CallbackKept { caller, .. } if !self.waiting.contains(caller) => self.join(*caller),
                Output::Served { caller, .. }
                | Output::TurnedAway { caller, .. }
                | Output::Collapsed { caller, .. }
                | Output::CallbackEnded { caller, .. } => self.leave(*caller),
                _ => {}
            }
        }
    }

    fn join(&mut self, caller: CallerRef) {
        self.waiting.push(caller);
        self.joined += 1;
    }

    /// Who is turned away at the door never was in a line, and who is gone is not gone again.
    fn leave(&mut self, caller: CallerRef) {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| *waiting != caller);
        self.gone += (before - self.waiting.len()) as u64;
    }

    /// joined = gone + still in a line, at every instant.
    fn balance(&self, fast: &Distributor, at: &dyn Fn() -> String) {
        let groups = (0..).map_while(|at| fast.group(acd::GroupRef(at)));
        let waiting: usize = groups.map(|group| group.waiting + group.callbacks).sum();
        assert_eq!(waiting, self.waiting.len(), "{}", at());
        assert_eq!(self.joined, self.gone + waiting as u64, "{}", at());
    }
}

fn kinds(output: &Output) -> Vec<&'static str> {
    match *output {
        Output::Queued { expected: None, .. } => vec!["queued, wait unknown"],
        Output::Queued { expected: Some(_), .. } => vec!["queued, wait told"],
        Output::Offer { answer, because, .. } => {
            let answer = if answer == Answer::ByPhone { "offer, by phone" } else { "offer, by agent" };
            let because = match because {
                Because::Selected { stage: None, .. } => "offer to the preferred agent",
                Because::Selected { passed: 1.., .. } => "offer past who refused",
                Because::Selected { stage: Some(1..), .. } => "offer at a later stage",
                Because::Selected { .. } => "offer at the first stage",
                Because::FirstInOrder { passed: 1.., .. } => "agent passed whom he refused",
                Because::FirstInOrder { .. } => "agent took the first",
            };
            vec![answer, because]
        }
        Output::OfferEnded { end, .. } => vec![match end {
            OfferEnd::Accepted => "accepted",
            OfferEnd::RangOut => "rang out",
            OfferEnd::Declined => "declined",
            OfferEnd::CallerGone => "caller gone",
            OfferEnd::AgentGone => "agent gone",
            OfferEnd::TakenElsewhere => "taken elsewhere",
        }],
        Output::Overflowed { .. } => vec!["overflowed"],
        Output::Relaxed { .. } => vec!["relaxed"],
        Output::Served { .. } => vec!["served"],
        Output::TurnedAway { why, .. } => vec![match why {
            Turned::LineFull => "line full",
            Turned::WaitedTooLong => "waited too long",
            Turned::NobodySignedIn => "nobody signed in",
            Turned::Closed => "closed",
            Turned::Surge => "not admitted in a surge",
            Turned::Blocked => "blocked",
        }],
        Output::Collapsed { .. } => vec!["collapsed"],
        Output::CallbackOffered { .. } => vec!["callback offered"],
        Output::CallbackKept { missed: false, .. } => vec!["callback kept"],
        Output::CallbackKept { missed: true, .. } => vec!["missed call kept"],
        Output::Dial { attempt: 1, .. } => vec!["dial"],
        Output::Dial { .. } => vec!["dial again"],
        Output::CallbackEnded { end, .. } => vec![match end {
            CallbackEnd::Reached => "callback reached",
            CallbackEnd::CalledAgain => "callback called again",
            CallbackEnd::Merged => "callback merged",
            CallbackEnd::GivenUp => "callback given up",
            CallbackEnd::Cancelled => "callback cancelled",
        }],
        Output::Agent { state: AgentState::WrapUp { .. }, .. } => vec!["wrap-up"],
        Output::Agent { .. } => vec!["agent"],
        Output::Alert(Alert::RingNoAnswer { .. }) => vec!["alert: no answer"],
        Output::Alert(Alert::Surge { on: true, .. }) => vec!["alert: surge"],
        Output::Alert(Alert::Surge { on: false, .. }) => vec!["alert: surge over"],
        Output::Refused { why } => vec!["refused", why],
    }
}

const EVERYTHING: [&str; 71] = [
    "queued, wait unknown",
    "queued, wait told",
    "offer, by agent",
    "offer, by phone",
    "offer to the preferred agent",
    "offer past who refused",
    "offer at the first stage",
    "offer at a later stage",
    "agent took the first",
    "agent passed whom he refused",
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
    "not admitted in a surge",
    "blocked",
    "collapsed",
    "callback offered",
    "callback kept",
    "missed call kept",
    "dial",
    "dial again",
    "callback reached",
    "callback called again",
    "callback merged",
    "callback given up",
    "callback cancelled",
    "wrap-up",
    "agent",
    "alert: no answer",
    "alert: surge",
    "alert: surge over",
    "plan changed",
    "plan refused",
    "refused",
    "the agent is not signed in",
    "the agent is signed in already",
    "the agent is ready already",
    "a caller is offered to the agent",
    "the agent talks",
    "the agent does not talk",
    "the agent is not in wrap-up",
    "the wrap-up is as long as the group allows",
    "as many agents are on a break as may be at once",
    "there is no such agent",
    "there is no such group",
    "the caller waits in a line already",
    "the caller waits in no line",
    "the caller is called back already",
    "the caller is not on the phone",
    "the caller is not being dialed",
    "the offer is over",
    "the party is on the black list",
    "the line is full",
    "a level is 1 to 10",
    "the site is helped already",
    "the party is on no list",
    "the party has no urgent case",
    "picked",
    "picked while it rang",
    "the agent does not do the work of that caller's group",
    "the agent cannot do what that caller needs",
];
