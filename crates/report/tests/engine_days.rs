//! The report over the words of the real engine: on days on which anything happens, and its counters agree with what
//! the engine has in its hands.

#[path = "../../call/tests/day/mod.rs"]
mod day;

use acd::GroupRef;
use base::Timestamp;
use call::Request;
use call::event::{Event, Outcome};
use day::deeds::{calling_back_harshly, consulting_harshly, harsh, random_day};
use report::record::SegmentKind;
use report::{Out, Plan, Report, Segment};

#[test]
fn what_the_engine_tells_is_counted_without_a_contradiction() {
    let mut sum = report::callbacks::Callbacks::default();
    let (mut put_through, mut disposed) = (0, 0);
    let mut surveys = report::surveys::Surveys::default();
    let mut within = [0usize; 5];
    let days = [(harsh(), 1..=15), (calling_back_harshly(), 16..=60), (consulting_harshly(), 61..=120)];
    for (plan, seeds) in days {
        for seed in seeds {
            let mut day = random_day(&plan, seed, 500);
            let mut report = Report::new(Plan {
                groups: vec!["general".into(), "enterprise".into()],
                agents: vec!["8001".into(), "8002".into(), "8003".into()],
                dispositions: vec!["answered".into(), "case".into(), "nuisance".into()],
                online: vec![true, false, false],
                ..Plan::default()
            });
            let mut out = Out::default();
            let mut folded = 0;
            for last in [false, true] {
                if last {
                    day.request(Request::ReleaseAll);
                    day.wait(130);
                }
                for stamped in &day.events[folded..] {
                    report.fold(stamped, &mut out);
                    report.check().unwrap_or_else(|rule| panic!("seed {seed}, {stamped:?}: {rule}"));
                }
                folded = day.events.len();
                let counters = report.total().counters;
                let open = day.engine.callbacks().count() as u64;
                assert_eq!(counters.callback.open, open, "seed {seed}");
                assert_eq!(report.board(day.now).calls as usize, live(&day), "seed {seed}");
            }
            report.finish(&mut out);
            let board = report.board(Timestamp::from_secs(9_000));
            assert_eq!((board.calls, board.total.waiting, board.missed), (0, 0, 0), "seed {seed}");
            assert_eq!(board.strays, 0, "seed {seed}: every event fits");
            for record in &out.closed {
                let told = ended(&day, record.opened.id.0 & 0xffff_ffff);
                assert!(told.is_none_or(|told| told == record.outcome), "seed {seed}: {record:?} {told:?}");
                let ends = |kind: SegmentKind| record.segments.iter().filter(move |part| part.kind == kind);
                for (count, kind) in within.iter_mut().zip(WITHIN) {
                    *count += ends(kind).count();
                }
                // Hold, consult and conference lie within a talk of their agent.
                for part in WITHIN[..3].iter().flat_map(|kind| ends(*kind)) {
                    let around = |talk: &&Segment| {
                        talk.agent == part.agent && talk.from <= part.from && part.to <= talk.to
                    };
                    assert!(ends(SegmentKind::Talk).any(|talk| around(&talk)), "seed {seed}: {record:?}");
                }
            }
            let in_groups: u64 = (0..2)
                .filter_map(|at| report.group(GroupRef::at(at)))
                .map(|of| of.counters.callback.kept)
                .sum();
            let back = report.total().counters.callback;
            assert_eq!(back.kept, in_groups, "seed {seed}");
            assert_eq!(back.connected, back.reached, "seed {seed}: a talk ends its callback");
            sum.kept += back.kept;
            sum.missed += back.missed;
            sum.dialed += back.dialed;
            sum.put_off += back.put_off;
            for (to, from) in [
                (&mut sum.reached, back.reached),
                (&mut sum.called_again, back.called_again),
                (&mut sum.merged, back.merged),
                (&mut sum.given_up, back.given_up),
                (&mut sum.cancelled, back.cancelled),
            ] {
                *to += from;
            }
            put_through += report.total().counters.put_through;
            let counters = report.total().counters;
            assert_eq!(counters.surveys.total(), counters.talks, "seed {seed}: each talk has one result");
            assert_eq!(counters.disposals.total(), counters.talks + counters.callback.talks, "seed {seed}");
            surveys += &counters.surveys;
            let missing: u64 = report.board(day.now).agents.iter().map(|agent| agent.undisposed).sum();
            assert_eq!(missing, counters.disposals.none, "seed {seed}: each is some agent's");
            disposed += counters.disposals.given();
        }
    }
    // The days reach everything that a callback can come to, or the test tests nothing.
    let reached = [sum.kept, sum.missed, sum.dialed, sum.put_off, sum.reached, sum.called_again, sum.merged];
    assert!(reached.iter().all(|count| *count > 10), "{sum:?}");
    assert!(within.iter().all(|count| *count > 5), "{within:?} of {WITHIN:?}");
    assert!(surveys.ratings() > 5 && surveys.hung_up > 5 && surveys.not_offered > 100, "{surveys:?}");
    assert!(disposed > 50, "{disposed}");
    assert!(sum.given_up > 10 && sum.cancelled > 10 && put_through > 5, "{sum:?}, {put_through} put through");
}

/// What may lie within a talk, and two more.
const WITHIN: [SegmentKind; 5] = [
    SegmentKind::Hold,
    SegmentKind::Consult,
    SegmentKind::Conference,
    SegmentKind::Outside,
    SegmentKind::Talk,
];

/// Calls that have arrived and not ended, by what was told.
fn live(day: &day::Day) -> usize {
    let arrived = day.events.iter().filter(|stamped| matches!(stamped.event, Event::Arrived { .. }));
    let ended = day.events.iter().filter(|stamped| matches!(stamped.event, Event::Ended { .. }));
    arrived.count() - ended.count()
}

/// How the engine said that the call of a record ended; records are numbered as calls arrive.
fn ended(day: &day::Day, number: u64) -> Option<Outcome> {
    let arrived = day.events.iter().filter_map(|stamped| match stamped.event {
        Event::Arrived { call, .. } => Some(call),
        _ => None,
    });
    let call = arrived.clone().nth(usize::try_from(number).ok()?.checked_sub(1)?)?;
    day.events.iter().find_map(|stamped| match stamped.event {
        Event::Ended { call: ended, outcome, .. } if ended == call => Some(outcome),
        _ => None,
    })
}
