//! Random flows, random callers, virtual time: nobody hears silence for more than three seconds at any point, every
//! call comes to an end, and nothing goes round for ever.

mod day;

use acd::{Abilities, HoursRef};
use base::{Random, Timestamp};
use call::event::{Event, Outcome, Verdict};
use call::flow::{Act, Exit, Flow, LanguageRef, ListRef, Menu, Queue, Step, StepRef, Survey};
use call::plan::{Language, List, Plan, Target};
use call::spoken::{Grammar, Piece};
use day::centre::{ENTERPRISE, GENERAL, calling_back};
use day::{Day, Phone};
use media::session::{self, ClipRef, Hear, Party};
use sip::leg::{LegRef, ReleasedBy};
use std::time::Duration;

/// What the engine promises every caller.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(250);

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn random_survey(random: &mut Random, to: impl Fn(&mut Random) -> StepRef) -> Act {
    let music = random.chance(0.5).then_some(ClipRef(2));
    let longest = if music.is_some() { 12 } else { 4 };
    Act::Survey(Survey {
        clips: vec![ClipRef(1 + random.below(2) as u32)],
        keys: vec!['1', '2'],
        wait: s(random.below(longest)),
        music,
        tries: random.below(4) as u8,
        wrong: random.chance(0.5).then_some(ClipRef(3)),
        thanks: random.chance(0.5).then_some(ClipRef(1)),
        then: to(random),
    })
}

/// Often the talks of a flow are followed by a survey, and that by anything.
fn survey_after(random: &mut Random, steps: &mut Vec<Step>) {
    let (at, count) = (StepRef::at(steps.len()), steps.len() as u64);
    for step in &mut *steps {
        if let Act::Queue(queue) = &mut step.act {
            queue.after = Some(at);
        }
    }
    let to = |random: &mut Random| StepRef(random.below(count * 2) as u32);
    steps.push(Step { name: "survey".into(), act: random_survey(random, to) });
}

fn random_act(random: &mut Random, steps: u64) -> Act {
    let group = if random.chance(0.5) { GENERAL } else { ENTERPRISE };
    let clips = |random: &mut Random| {
        let count = random.below(3) as usize;
        [ClipRef(0), ClipRef(1), ClipRef(3)][..count].to_vec()
    };
    // One beyond the last is a hang-up, too.
    let to = |random: &mut Random| StepRef(random.below(steps + 1) as u32);
    match random.below(10) {
        0 | 1 => Act::Say { clips: clips(random), then: to(random) },
        2 | 3 => {
            let music = random.chance(0.5).then_some(ClipRef(2));
            let longest = if music.is_some() { 12 } else { 4 };
            Act::Menu(Menu {
                clips: vec![ClipRef(1 + random.below(2) as u32)],
                keys: ['1', '2', '*'].map(|key| (key, to(random))).to_vec(),
                wait: s(random.below(longest)),
                music,
                tries: random.below(4) as u8,
                on_timeout: to(random),
                wrong: random.chance(0.5).then_some(ClipRef(3)),
                on_wrong: to(random),
            })
        }
        4 => Act::Hours { hours: HoursRef(random.below(2) as u32), open: to(random), closed: to(random) },
        5 => Act::Listed { list: ListRef(0), listed: to(random), others: to(random) },
        6 => Act::Speak {
            language: random.chance(0.7).then_some(LanguageRef(random.below(2) as u32)),
            requires: Abilities(random.below(2)),
            then: to(random),
        },
        7 => Act::CallBack { group, otherwise: to(random) },
        8 => random_survey(random, to),
        _ => Act::Queue(Queue {
            group,
            comfort: clips(random),
            comfort_every: s(random.below(3) * 7),
            place_every: s(random.below(3) * 9),
            exit: random.chance(0.6).then(|| Exit { key: '0', to: to(random) }),
            after: random.chance(0.7).then(|| to(random)),
        }),
    }
}

/// A flow as a configuration would let through.
fn random_flow(random: &mut Random) -> Flow {
    loop {
        let count = 1 + random.below(9);
        let step =
            |at: u64, random: &mut Random| Step { name: at.to_string(), act: random_act(random, count) };
        let mut steps: Vec<Step> = (0..count).map(|at| step(at, random)).collect();
        if random.chance(0.6) {
            survey_after(random, &mut steps);
        }
        let flow = Flow {
            early_media: random.chance(0.3),
            ring_back: random.chance(0.2).then_some(ClipRef(6)),
            tells_agent: random.chance(0.5),
            steps,
            ..Flow::plain("random", vec![], Queue::of(GENERAL))
        };
        if flow.round().is_empty() && flow.returns().is_empty() {
            return flow;
        }
    }
}

fn centre(random: &mut Random) -> Plan {
    let mut plan = calling_back();
    plan.lists = vec![List { name: "firms".into(), title: "一企".into() }];
    plan.acd.hours = vec![acd::Hours { name: "never".into(), ..acd::Hours::default() }];
    let language = |name: &str, grammar| Language {
        name: name.into(),
        grammar,
        clips: vec![],
        pieces: Piece::ALL.iter().map(|piece| Some(ClipRef(100 + piece.place() as u32))).collect(),
    };
    plan.languages = vec![language("zh", Grammar::Mandarin), language("en", Grammar::English)];
    for group in &mut plan.acd.groups {
        group.wait_max = Some(s(45));
        group.line_max = 3;
        group.wrap_up = s(3);
        group.ring = s(6);
    }
    plan.groups[0].on_full = Target::Group(ENTERPRISE);
    plan.flows[0] = random_flow(random);
    plan
}

/// Clips end after their time.
fn play(day: &mut Day) {
    let lasts = |clip: ClipRef| Duration::from_millis(600 + u64::from(clip.0 % 7) * 700);
    loop {
        let ended = day.parties.iter().find_map(|joined| match joined.hears {
            Hear::Once(clip) if joined.party == Party(0) && day.now.since(joined.since) >= lasts(clip) => {
                Some((joined.session, joined.party, clip))
            }
            _ => None,
        });
        let Some((session, party, clip)) = ended else { return };
        day.step(call::Input::Media(session::Fact::ClipEnded { session, party, clip }));
        // Heard to its end, whatever the engine makes of it.
        if let Some(joined) = day.parties.iter_mut().find(|joined| {
            (joined.session, joined.party, joined.hears) == (session, party, Hear::Once(clip))
                && joined.since < day.now
        }) {
            (joined.hears, joined.since) = (Hear::Nothing, day.now);
        }
    }
}

/// How long callers have heard nothing at most.
fn silence(day: &Day) -> Duration {
    let callers =
        day.parties.iter().filter(|joined| joined.party == Party(0) && joined.hears == Hear::Nothing);
    callers.map(|joined| day.now.since(joined.since)).max().unwrap_or_default()
}

/// What was met in all days, so that the test tests something.
#[derive(Debug, Default)]
struct Met {
    calls: usize,
    connected: usize,
    queued: usize,
    called_back: usize,
    ended: usize,
    /// Rated, timeout, invalid, hung up.
    surveyed: [usize; 4],
}

fn random_day(seed: u64, met: &mut Met) {
    let mut random = Random::seeded(seed);
    let mut day = Day::with(centre(&mut random));
    day.record = false;
    for agent in 0..random.below(3) as u32 {
        day.registers(agent);
    }
    let mut keys = 60;
    let mut names: Vec<String> = Vec::new();
    while day.now < Timestamp::START + s(600) {
        // New callers in the first five minutes.
        if day.now < Timestamp::START + s(300) && random.chance(0.02) {
            let number = if random.chance(0.2) { "nobody".into() } else { (70 + names.len()).to_string() };
            names.push(format!("c{}@{number}", names.len()));
            day.caller_invites(&names[names.len() - 1], "12345");
        }
        if keys > 0 && !names.is_empty() && random.chance(0.08) {
            keys -= 1;
            let name = names[random.below(names.len() as u64) as usize].clone();
            if day.outcome(&name).is_none() {
                day.presses(&name, ['0', '1', '2', '*', '9'][random.below(5) as usize]);
            }
        }
        if random.chance(0.02) && !names.is_empty() && seed.is_multiple_of(2) {
            let name = names[random.below(names.len() as u64) as usize].clone();
            day.caller_hangs_up(&name);
        }
        let phones =
            |day: &Day, state| -> Vec<LegRef> { day.phones(state).into_iter().map(|it| it.1).collect() };
        for leg in phones(&day, Phone::Ringing) {
            if random.chance(0.05) {
                day.answers(leg, Some(day::sdp(6000, &[8], "")));
            }
        }
        for leg in phones(&day, Phone::Talking) {
            if random.chance(0.03) {
                day.leg_ends(leg, 16, 200, ReleasedBy::Peer);
            }
        }
        day.wait_millis(LOOK.as_millis() as u64);
        play(&mut day);
        let silent = silence(&day);
        assert!(
            silent <= SILENCE_MAX,
            "seed {seed}: silence for {silent:?} at {}: {:#?}",
            day.now,
            names.iter().map(|name| day.engine.describe(day.call(name))).collect::<Vec<_>>()
        );
    }
    for stamped in &day.events {
        match stamped.event {
            Event::Arrived { flow: Some(_), .. } => met.calls += 1,
            Event::Connected { .. } => met.connected += 1,
            Event::Queued { .. } => met.queued += 1,
            Event::CallbackKept { attempt: 0, .. } => met.called_back += 1,
            Event::Surveyed { verdict, .. } => {
                met.surveyed[match verdict {
                    Verdict::Rated(_) => 0,
                    Verdict::Timeout => 1,
                    Verdict::Invalid => 2,
                    Verdict::HungUp => 3,
                }] += 1;
            }
            _ => {}
        }
    }
    counted_once(&day);
    // Nobody has come for five minutes, no line is longer than 45 s, keys are spent: all are somewhere.
    for name in &names {
        let state = day.engine.describe(day.call(name));
        assert!(day.outcome(name).is_some(), "seed {seed}: {name} is still there: {state:?}");
        met.ended += 1;
    }
}

/// Whoever never stood in a line counts as gone before it, whoever did never does, and each call ends once.
fn counted_once(day: &Day) {
    let mut in_line: Vec<call::CallRef> = Vec::new();
    let mut ended: Vec<call::CallRef> = Vec::new();
    for stamped in &day.events {
        match &stamped.event {
            Event::Queued { call, .. } | Event::TurnedAway { call, .. } => in_line.push(*call),
            Event::CallbackKept { from, .. } => in_line.push(*from),
            Event::Ended { call, outcome, .. } => {
                assert!(!ended.contains(call), "{call} ended twice");
                ended.push(*call);
                match outcome {
                    Outcome::AbandonedBeforeLine => {
                        assert!(!in_line.contains(call), "{call} stood in a line");
                    }
                    Outcome::Callback
                    | Outcome::Outgoing
                    | Outcome::Internal
                    | Outcome::Refused
                    | Outcome::Service => {}
                    other => assert!(in_line.contains(call), "{call} is {other:?} and stood in no line"),
                }
            }
            _ => {}
        }
    }
}

#[test]
fn nobody_hears_silence_for_more_than_three_seconds_and_every_call_ends() {
    let mut met = Met::default();
    for seed in 1..=500 {
        random_day(seed, &mut met);
    }
    assert!(met.calls > 2_000 && met.ended == met.calls, "{met:?}");
    assert!(met.queued > 1_000 && met.connected > 150 && met.called_back > 100, "{met:?}");
    assert!(met.surveyed[..3].iter().all(|count| *count > 2), "{met:?}");
}

#[test]
fn the_test_would_hear_silence() {
    let mut plan = calling_back();
    plan.groups[0].music = None;
    let mut day = Day::with(plan);
    day.caller_invites("c1", "12345");
    for _ in 0..60 {
        day.wait_millis(250);
        play(&mut day);
    }
    assert!(silence(&day) > SILENCE_MAX, "a line without music");
}
