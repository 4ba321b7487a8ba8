//! The report over the words of the real engine: on days on which anything happens, and its counters agree with what
//! the engine has in its hands.

#[path = "../../call/tests/day/mod.rs"]
mod day;

use acd::GroupRef;
use base::Timestamp;
use call::Request;
use call::event::{Event, Outcome};
use day::deeds::{calling_back_harshly, consulting_harshly, harsh, on_the_radio_harshly, random_day};
use report::record::SegmentKind;
use report::{CallRecord, Out, Plan, Report, Segment};
use std::time::Duration;

#[test]
fn what_the_engine_tells_is_counted_without_a_contradiction() {
    let mut sum = report::callbacks::Callbacks::default();
    let (mut put_through, mut disposed) = (0, 0);
    let mut surveys = report::surveys::Surveys::default();
    let mut within = [0usize; 7];
    let mut studios = [0; 5];
    let days = [
        (harsh(), 1..=15),
        (calling_back_harshly(), 16..=60),
        (consulting_harshly(), 61..=120),
        (on_the_radio_harshly(), 121..=180),
    ];
    for (plan, seeds) in days {
        for seed in seeds {
            let mut day = random_day(&plan, seed, 500);
            let mut report = Report::new(Plan {
                groups: vec!["general".into(), "enterprise".into()],
                agents: vec!["8001".into(), "8002".into(), "8003".into(), "8004".into()],
                dispositions: vec!["answered".into(), "case".into(), "nuisance".into()],
                online: vec![true, false, false],
                studios: vec!["radio".into()],
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
                // Hold, consult, conference and time on air lie within a talk of their agent.
                for part in WITHIN[..4].iter().flat_map(|kind| ends(*kind)) {
                    let around = |talk: &&Segment| {
                        talk.agent == part.agent && talk.from <= part.from && part.to <= talk.to
                    };
                    assert!(ends(SegmentKind::Talk).any(|talk| around(&talk)), "seed {seed}: {record:?}");
                }
            }
            let [studio] = &board.studios[..] else { panic!("one studio") };
            let of_show = studio.total;
            assert!(studio.callers.is_empty(), "seed {seed}: nobody is left in the studio");
            // The records tell of the studio what the board does; a caller may be sent there again.
            let told = |of: fn(&CallRecord) -> Duration| out.closed.iter().map(of).sum::<Duration>();
            assert_eq!(told(|record| record.standby), of_show.held, "seed {seed}");
            assert_eq!(told(|record| record.on_air.unwrap_or_default()), of_show.on_air, "seed {seed}");
            let sent = out.closed.iter().filter(|record| record.studio.is_some()).count() as u64;
            let aired = out.closed.iter().filter(|record| record.on_air.is_some()).count() as u64;
            assert!(sent <= of_show.screened && aired <= of_show.aired, "seed {seed}");
            assert_eq!(sent > 0, of_show.screened > 0, "seed {seed}");
            assert_eq!(aired > 0, of_show.aired > 0, "seed {seed}");
            let begun = out.shows.iter().filter(|show| show.ended.is_none()).count() as u64;
            assert_eq!(begun, of_show.shows, "seed {seed}");
            for (to, from) in studios.iter_mut().zip([
                of_show.shows,
                of_show.screened,
                of_show.aired,
                of_show.gone,
                of_show.sent_back,
            ]) {
                *to += from;
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
    assert!(studios.iter().all(|count| *count > 5), "{studios:?}");
    assert!(sum.given_up > 10 && sum.cancelled > 10 && put_through > 5, "{sum:?}, {put_through} put through");
}

/// What may lie within a talk, and three more.
const WITHIN: [SegmentKind; 7] = [
    SegmentKind::Hold,
    SegmentKind::Consult,
    SegmentKind::Conference,
    SegmentKind::OnAir,
    SegmentKind::Outside,
    SegmentKind::Standby,
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
