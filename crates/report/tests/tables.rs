//! Tables against a shift's questions: who is counted once, who is booked for what, and whether another limit counts
//! history again. And whole days, folded live and counted again from their records.

mod day;

use acd::OfferEnd;
use base::{Private, Timestamp};
use call::event::Outcome;
use report::callbacks::Callbacks;
use report::counters::{Counters, Limits};
use report::disposals::Given;
use report::record::SegmentKind;
use report::spread::histogram;
use report::tables::rows::Fate;
use report::tables::{
    Again, AgentTime, By, Call, Cell, Date, End, Every, Kind, NameId, Period, Setup, Slot, Stretch, Tables,
    TimeKind, Value, Who, Zone, figure,
};
use report::tally::Sums;
use report::{
    AgentSpan, CallRecord, Disposed, Formula, Out, Ratings, RecordId, Report, SpanKind, UnixMs, words,
};
use sip::leg::Origin;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

const GENERAL: NameId = NameId(1);
const ENTERPRISE: NameId = NameId(2);
const ANN: NameId = NameId(11);
const BEN: NameId = NameId(12);
const TELECOM: NameId = NameId(21);

/// 2024-02-02 at so many seconds after nine in China.
fn at(seconds: f64) -> UnixMs {
    let nine = Date::new(2024, 2, 2).expect("a day").at(Zone::CHINA, 9 * 60);
    UnixMs(nine.0.wrapping_add_signed((seconds * 1000.0) as i64))
}

fn limits(thresholds: &[u64], short: u64) -> Limits {
    Limits {
        thresholds: thresholds.iter().map(|ms| Duration::from_millis(*ms)).collect(),
        short_abandon: Duration::from_secs(short),
        long_talk: Duration::from_secs(600),
        satisfied: Ratings::SATISFIED,
        low: Ratings::LOW,
    }
}

fn setup(by: By, every: Option<Every>) -> Setup {
    let day = Date::new(2024, 2, 2).expect("a day");
    Setup {
        period: Period::days(day, 1, Zone::CHINA),
        zone: Zone::CHINA,
        every,
        by,
        limits: limits(&[15_000, 30_000], 5),
        sites: BTreeMap::from([(ANN, 0), (BEN, 1)]),
        results: vec!["answered".into(), "case".into()],
    }
}

/// A caller who came at a time and was, so far, only seen.
fn caller(number: u64, arrived: f64, hash: i64) -> Call {
    Call {
        id: RecordId(number),
        arrived: at(arrived),
        queued: Some(at(arrived + 5.0)),
        ended: Some(at(arrived + 5.0)),
        caller: Private::new(format!("+86138{number:08}")),
        caller_hash: hash,
        fate: Fate::Over(Outcome::Lost),
        group: Some(GENERAL),
        agent: None,
        trunk: Some(TELECOM),
        greeted_ms: 5000,
        waited_ms: 0,
        rang_ms: 0,
        talked_ms: 0,
        last_agent: None,
        survey: None,
        disposed: None,
        way: String::new(),
        truncated: false,
        stretches: Vec::new(),
        redialled: false,
        repeat: false,
    }
}

fn stretch(kind: Kind, group: NameId, agent: Option<NameId>, from: f64, to: f64, end: End) -> Stretch {
    let waited_ms = if kind == Kind::Line { ((to - from) * 1000.0).round() as u64 } else { 0 };
    Stretch { kind, group: Some(group), agent, from: at(from), to: at(to), waited_ms, end }
}

/// Waits so long, is answered and talks so long.
fn answered(number: u64, arrived: f64, waits: f64, agent: NameId, talks: f64) -> Call {
    let (came, met) = (arrived + 5.0, arrived + 5.0 + waits);
    let accepted = End::Offer(OfferEnd::Accepted);
    Call {
        ended: Some(at(met + talks)),
        fate: Fate::Over(Outcome::Answered),
        agent: Some(agent),
        waited_ms: (waits * 1000.0).round() as u64,
        rang_ms: 2000,
        talked_ms: (talks * 1000.0) as u64,
        stretches: vec![
            stretch(Kind::Line, GENERAL, None, came, met, End::Connected),
            stretch(Kind::Ring, GENERAL, Some(agent), met - 2.0, met, accepted),
            stretch(Kind::Talk, GENERAL, Some(agent), met, met + talks, End::Other),
        ],
        ..caller(number, arrived, number as i64)
    }
}

fn gave_up(number: u64, arrived: f64, waits: f64, hash: i64) -> Call {
    let came = arrived + 5.0;
    Call {
        ended: Some(at(came + waits)),
        fate: Fate::Over(Outcome::AbandonedInLine),
        waited_ms: (waits * 1000.0) as u64,
        stretches: vec![stretch(Kind::Line, GENERAL, None, came, came + waits, End::AbandonedInLine)],
        ..caller(number, arrived, hash)
    }
}

/// Ann takes him, hands him to enterprise's line, where Ben takes him.
fn transferred(number: u64, arrived: f64) -> Call {
    let mut call = answered(number, arrived, 10.0, ANN, 60.0);
    let left = arrived + 15.0 + 60.0;
    call.talked_ms = 160_000;
    call.ended = Some(at(left + 110.0));
    call.stretches.extend([
        stretch(Kind::Line, ENTERPRISE, None, left, left + 10.0, End::Connected),
        stretch(Kind::Ring, ENTERPRISE, Some(BEN), left + 7.0, left + 10.0, End::Offer(OfferEnd::Accepted)),
        stretch(Kind::Talk, ENTERPRISE, Some(BEN), left + 10.0, left + 110.0, End::Other),
    ]);
    call
}

fn table(setup: Setup, calls: &[Call], times: &[AgentTime]) -> Tables {
    let mut tables = Tables::new(setup);
    let mut again = Again::default();
    let mut done = |call: Call| {
        tables.call(&call).expect("fits");
        Ok::<(), Infallible>(())
    };
    for call in calls {
        again.push(call.clone(), &mut done).expect("never fails");
    }
    again.finish(&mut done).expect("never fails");
    for time in times {
        tables.agent_time(time).expect("fits");
    }
    tables.check().unwrap_or_else(|rule| panic!("{rule}"));
    tables
}

/// A figure of a row, as it is shown.
fn shown(tables: &Tables, slot: Slot, who: Who, key: &str) -> String {
    value(tables, slot, who, key).shown()
}

fn value(tables: &Tables, slot: Slot, who: Who, key: &str) -> Value {
    let figures = figure::all(&tables.setup().limits);
    let figure = figures.iter().find(|figure| figure.key == key).unwrap_or_else(|| panic!("{key}"));
    let cell = tables.cell(slot, who).cloned().unwrap_or_default();
    figure.value(&cell, tables.setup().by, who)
}

fn whole(tables: &Tables, who: Who, key: &str) -> String {
    shown(tables, Slot::Whole, who, key)
}

#[test]
fn a_transferred_call_counts_once_and_each_agent_is_booked_his_own_leg() {
    let calls = [transferred(1, 0.0)];
    let agents = table(setup(By::Agent, None), &calls, &[]);
    let (ann, ben) = (Who::Name(ANN), Who::Name(BEN));
    assert_eq!(whole(&agents, Who::All, "answered"), "1");
    assert_eq!(whole(&agents, Who::All, "transfers"), "1");
    assert_eq!(
        whole(&agents, Who::All, "talk_mean"),
        "160.00",
        "the caller's talk, without the line between"
    );
    assert_eq!(
        [ann, ben].map(|who| whole(&agents, who, "answered")),
        ["1", "0"],
        "Ann took him from the line"
    );
    assert_eq!([ann, ben].map(|who| whole(&agents, who, "handled")), ["1", "1"]);
    assert_eq!([ann, ben].map(|who| whole(&agents, who, "talk_time")), ["0:01:00", "0:01:40"]);
    assert_eq!([ann, ben].map(|who| whole(&agents, who, "talk_mean")), ["60.00", "100.00"]);
    assert_eq!(
        [ann, ben].map(|who| whole(&agents, who, "transfers")),
        ["1", "0"],
        "booked to who handed over"
    );

    let groups = table(setup(By::Group, None), &calls, &[]);
    let (general, enterprise) = (Who::Name(GENERAL), Who::Name(ENTERPRISE));
    assert_eq!(whole(&groups, Who::All, "offered"), "1", "the centre has one caller");
    assert_eq!(whole(&groups, enterprise, "transferred_in"), "1");
    assert_eq!(whole(&groups, general, "talk_time"), "0:01:00");
    assert_eq!(whole(&groups, enterprise, "talk_time"), "0:01:40");
    assert_eq!(whole(&groups, enterprise, "ring_mean"), "3.00", "the ring in its own line");
}

#[test]
fn a_helper_who_leaves_first_makes_a_three_way_call_and_no_transfer() {
    let mut call = answered(1, 0.0, 10.0, ANN, 300.0);
    call.stretches.push(stretch(Kind::Hold, GENERAL, Some(ANN), 60.0, 75.0, End::Other));
    call.stretches.push(stretch(Kind::Consult, GENERAL, Some(ANN), 60.0, 80.0, End::Other));
    call.stretches.push(stretch(Kind::Talk, GENERAL, Some(BEN), 80.0, 180.0, End::Other));
    call.stretches.push(stretch(Kind::Unknown, GENERAL, Some(BEN), 80.0, 180.0, End::Other));
    let agents = table(setup(By::Agent, None), &[call], &[]);
    assert_eq!(whole(&agents, Who::All, "three_way"), "1");
    assert_eq!(whole(&agents, Who::All, "transfers"), "0");
    assert_eq!(whole(&agents, Who::All, "answered"), "1");
    assert_eq!(whole(&agents, Who::Name(ANN), "hold_mean"), "15.00");
    assert_eq!(whole(&agents, Who::Name(ANN), "consult_mean"), "20.00");
    assert_eq!(whole(&agents, Who::Name(BEN), "hold_mean"), "–", "Ben held nobody");
    assert_eq!(whole(&agents, Who::Name(BEN), "talk_time"), "0:01:40");
}

#[test]
fn another_threshold_and_another_short_limit_count_history_again() {
    let calls = [
        answered(1, 0.0, 15.0, ANN, 60.0),
        answered(2, 100.0, 15.001, ANN, 600.0),
        answered(3, 800.0, 30.0, BEN, 600.001),
        gave_up(4, 900.0, 4.0, 4),
        gave_up(5, 910.0, 40.0, 5),
    ];
    let tables = table(setup(By::All, None), &calls, &[]);
    let of = |key| whole(&tables, Who::All, key);
    assert_eq!(of("answered_within_15s"), "1", "T is inclusive, to the millisecond");
    assert_eq!(of("answered_within_30s"), "3");
    assert_eq!([of("sl1_30s"), of("sl3_30s"), of("sl2_30s")], ["60.00%", "75.00%", "100.00%"]);
    assert_eq!([of("sl4_30s"), of("sl5_30s")], ["80.00%", "75.00%"]);
    assert_eq!(of("abandon_rate_short"), "20.00%");
    assert_eq!(of("long_talks"), "1", "600 s is not over ten minutes");
    let again = Setup { limits: limits(&[15_001], 3), ..setup(By::All, None) };
    let again = table(again, &calls, &[]);
    assert_eq!(whole(&again, Who::All, "answered_within_15001ms"), "2");
    assert_eq!(whole(&again, Who::All, "short_abandoned"), "0");
}

#[test]
fn whoever_calls_again_within_half_an_hour_redials() {
    let calls = [
        gave_up(1, 0.0, 40.0, 7),  // hangs up at 45 s
        gave_up(2, 10.0, 20.0, 8), // never again
        gave_up(3, 20.0, 20.0, 0), // withheld: nobody
        Call { caller_hash: 7, ..answered(4, 45.0 + 1800.0, 5.0, ANN, 10.0) },
        gave_up(5, 5000.0, 10.0, 9), // again, but too late
        Call { caller_hash: 9, ..answered(6, 5015.0 + 1800.1, 5.0, ANN, 10.0) },
    ];
    let tables = table(setup(By::All, None), &calls, &[]);
    let Value::Share(redial) = value(&tables, Slot::Whole, Who::All, "redial_rate") else {
        panic!("a share")
    };
    assert_eq!((redial.part, redial.whole), (1, 3), "the last moment counts; a withheld number is no base");
    let Value::Share(repeat) = value(&tables, Slot::Whole, Who::All, "repeat_rate") else {
        panic!("a share")
    };
    assert_eq!((repeat.part, repeat.whole), (2, 5));
}

#[test]
fn a_caller_belongs_to_the_interval_in_which_he_entered_the_line() {
    let midnight = 15.0 * 3600.0;
    let calls = [
        answered(1, 1797.0, 10.0, ANN, 60.0), // INVITE at 09:29:57, line at 09:30:02
        answered(2, midnight - 3.0, 10.0, ANN, 60.0), // line two seconds after midnight
    ];
    let tables = table(setup(By::All, Some(Every::Minutes30)), &calls, &[]);
    let (first, second) = (Slot::From(at(0.0)), Slot::From(at(1800.0)));
    let all = |slot, key| shown(&tables, slot, Who::All, key);
    assert_eq!([all(first, "arrived"), all(second, "arrived")], ["1", "0"]);
    assert_eq!([all(first, "offered"), all(second, "offered")], ["0", "1"]);
    assert_eq!(whole(&tables, Who::All, "arrived"), "2");
    assert_eq!(whole(&tables, Who::All, "offered"), "1", "the other one is tomorrow's");
}

#[test]
fn nobody_works_more_than_an_hour_in_an_hour() {
    let calls = [answered(1, 3500.0, 10.0, ANN, 400.0)];
    let time = |kind, from, to| AgentTime {
        agent: ANN,
        kind,
        group: Some(GENERAL),
        call: Some(RecordId(1)),
        from: at(from),
        to: at(to),
    };
    let times = [
        time(TimeKind::SignedIn, -7200.0, 7200.0),
        time(TimeKind::NotReady, 3000.0, 3400.0),
        time(TimeKind::WrapUp, 3915.0, 3965.0),
    ];
    let tables = table(setup(By::Agent, Some(Every::Hour)), &calls, &times);
    let ann = Who::Name(ANN);
    let nine = |key| shown(&tables, Slot::From(at(0.0)), ann, key);
    let ten = |key| shown(&tables, Slot::From(at(3600.0)), ann, key);
    assert_eq!([nine("signed_in_time"), ten("signed_in_time")], ["1:00:00", "1:00:00"]);
    assert_eq!([nine("talk_time"), ten("talk_time")], ["0:01:25", "0:05:15"], "cut at ten o'clock");
    assert_eq!(nine("occupancy"), "2.66%", "85 s of 3,200 s");
    assert_eq!(ten("utilisation"), "10.14%", "315 s of talk and 50 s of wrap-up");
    assert_eq!(ten("wrap_ups"), "1");
    let groups = table(setup(By::Group, None), &calls, &times);
    assert_eq!(whole(&groups, Who::Name(GENERAL), "wrap_up_mean"), "50.00");
    assert_eq!(whole(&groups, Who::Name(GENERAL), "occupancy"), "–", "a group has no hours of its own");
}

#[test]
fn a_call_in_progress_is_among_the_arrived_only() {
    let call = Call { fate: Fate::Open, queued: None, ended: None, ..caller(1, 0.0, 1) };
    let tables = table(setup(By::Trunk, None), &[call], &[]);
    assert_eq!(tables.open(), 1);
    assert_eq!(whole(&tables, Who::Name(TELECOM), "in_progress"), "1");
    assert_eq!(whole(&tables, Who::All, "offered"), "0");
}

#[test]
fn a_word_of_a_later_version_is_told_and_breaks_nothing() {
    let mut call = gave_up(1, 0.0, 10.0, 1);
    call.fate = Fate::of(Some("beamed_up"));
    call.stretches[0].end = End::of(Kind::Line, "beamed_up");
    let tables = table(setup(By::Group, None), &[call], &[]);
    assert_eq!(tables.total().more.unknown_ends, 1);
    assert_eq!(whole(&tables, Who::All, "lost"), "1");
    assert_eq!(whole(&tables, Who::Name(GENERAL), "lost"), "1");
}

#[test]
fn a_table_that_is_too_fine_is_refused() {
    let mut tables = Tables::new(Setup {
        period: Period::year(2024, Zone::CHINA).expect("a year"),
        ..setup(By::All, Some(Every::Minutes5))
    });
    let time = AgentTime {
        agent: ANN,
        kind: TimeKind::SignedIn,
        group: None,
        call: None,
        from: UnixMs(0),
        to: UnixMs(u64::MAX / 4),
    };
    let refused = tables.agent_time(&time).expect_err("105,408 intervals are too many");
    assert!(refused.to_string().contains("a shorter period or a longer interval"), "{refused}");
}

// ── Whole days ──────────────────────────────────────────────────────────────────────────────────────────────────

fn id(index: usize, kind: i64) -> NameId {
    NameId(kind + i64::try_from(index).expect("small"))
}

/// A row as the records would give it: words written and read again.
fn row(record: &CallRecord, said: &BTreeMap<RecordId, Given>) -> Call {
    let stretches = record.segments.iter().map(|segment| {
        let kind = Kind::of(segment.kind.key());
        assert_ne!((kind, segment.kind), (Kind::Unknown, SegmentKind::Line));
        Stretch {
            kind,
            group: segment.group.map(|group| id(group.index(), 0)),
            agent: segment.agent.map(|agent| id(agent.index(), 1000)),
            from: segment.from,
            to: segment.to,
            waited_ms: segment.waited.as_millis() as u64,
            end: End::of(kind, segment.end.key()),
        }
    });
    let ms = |span: Duration| span.as_millis() as u64;
    Call {
        id: record.opened.id,
        arrived: record.opened.arrived,
        queued: record.queued_at,
        ended: Some(record.ended_at),
        caller: record.opened.caller.clone(),
        caller_hash: record.opened.id.0.cast_signed() % 500,
        fate: Fate::of(Some(words::outcome(record.outcome))),
        group: record.group.map(|group| id(group.index(), 0)),
        agent: record.agent.map(|agent| id(agent.index(), 1000)),
        trunk: match record.opened.origin {
            Origin::Trunk(trunk) => Some(id(trunk.index(), 2000)),
            Origin::Aor(_) => None,
        },
        greeted_ms: ms(record.greeted),
        waited_ms: ms(record.waited),
        rang_ms: ms(record.rang),
        talked_ms: ms(record.talked),
        last_agent: record.last_agent.map(|agent| id(agent.index(), 1000)),
        survey: record.survey,
        disposed: said.get(&record.opened.id).copied(),
        way: String::new(),
        truncated: record.truncated,
        stretches: stretches.collect(),
        redialled: false,
        repeat: false,
    }
}

fn time(span: &AgentSpan) -> AgentTime {
    let (kind, call) = match span.kind {
        SpanKind::SignedIn => (TimeKind::SignedIn, None),
        SpanKind::NotReady(_) => (TimeKind::NotReady, None),
        SpanKind::WrapUp(call) => (TimeKind::WrapUp, call),
    };
    AgentTime { agent: id(span.agent.index(), 1000), kind, group: None, call, from: span.from, to: span.to }
}

/// So many that most are still in wrap-up after the call of which they say what came of it.
const AGENTS: usize = 400;

fn live_day(seed: u64, calls: u64) -> (Report, Vec<Call>, Vec<AgentTime>) {
    let mut report = Report::new(day::plan(AGENTS));
    let (mut out, mut last) = (Out::default(), Timestamp::START);
    for stamped in day::events(seed, calls, AGENTS) {
        report.fold(&stamped, &mut out);
        last = stamped.at;
    }
    report.tick(last + Duration::from_secs(3600), &mut out);
    report.finish(&mut out);
    let given = |disposed: &Disposed| {
        let result = disposed.disposition.index();
        (disposed.call, Given { result, online: day::ONLINE[result], by: disposed.by })
    };
    let said = out.disposed.iter().map(given).collect();
    let mut calls: Vec<Call> = out.closed.iter().map(|record| row(record, &said)).collect();
    calls.sort_by_key(|call| (call.arrived, call.id));
    (report, calls, out.agent_spans.iter().map(time).collect())
}

fn of_day(by: By, every: Option<Every>, report: &Report) -> Setup {
    let from = Zone::CHINA.date(report.wall(Timestamp::START)).at(Zone::CHINA, 0);
    Setup {
        period: Period { from, to: UnixMs(from.0 + 2 * 86_400_000) },
        limits: Limits::of(&day::plan(AGENTS)),
        sites: (0..AGENTS).map(|agent| (id(agent, 1000), (agent % 4) as u16)).collect(),
        ..setup(by, every)
    }
}

/// What only the live fold knows of.
fn without_help(counters: &Counters) -> Counters {
    Counters { help_asked: 0, help_given: 0, callback: Callbacks::default(), ..*counters }
}

#[test]
fn a_day_counted_again_from_its_records_is_the_live_day() {
    for seed in 1..=3 {
        let (report, calls, times) = live_day(seed, 3000);
        let groups = table(of_day(By::Group, Some(Every::Minutes15), &report), &calls, &times);
        let live = report.total();
        let total = groups.total();
        assert_eq!(
            without_help(total.counters()),
            Counters { ..without_help(&live.counters) },
            "seed {seed}"
        );
        // A wrap-up's ends are rounded to milliseconds in the records, its length is not on the board.
        let sums = Sums { wrapped_up: live.sums.wrapped_up, ..total.tally.sums };
        assert_eq!(sums, live.sums, "seed {seed}");
        let wrapped = [total.tally.sums.wrapped_up, live.sums.wrapped_up].map(|sum| sum.as_millis());
        assert!(wrapped[0].abs_diff(wrapped[1]) <= u128::from(live.counters.wrap_ups), "{wrapped:?}");
        assert_eq!(total.tally.wait_buckets, live.wait_buckets);
        for index in 0..day::GROUPS.len() {
            let live = report.group(acd::GroupRef::at(index)).expect("a group");
            let cell = groups.cell(Slot::Whole, Who::Name(id(index, 0))).expect("a row");
            // Wrap-ups were given without their group here.
            let counters = Counters { wrap_ups: live.counters.wrap_ups, ..*cell.counters() };
            assert_eq!(without_help(&counters), without_help(&live.counters), "seed {seed} group {index}");
        }
        let (after, said) = (live.counters.surveys, live.counters.disposals);
        assert_eq!(after.total(), live.counters.talks, "every talk is rated, or is not");
        assert_eq!(said.total(), live.counters.talks + live.counters.callback.talks);
        assert!(after.rated[..5].iter().all(|count| *count > 20), "{after:?}");
        assert!([after.timeout, after.invalid, after.hung_up, after.not_offered].iter().all(|it| *it > 20));
        assert!(said.none > 20 && said.online.iter().all(|count| *count > 20), "{said:?}");
        for by in [By::Agent, By::Site, By::Trunk, By::All] {
            let tables = table(of_day(by, None, &report), &calls, &times);
            let of_rows = |all: bool| {
                let rows = tables.cells().filter(|(_, who, _)| (*who == Who::All) == all);
                rows.fold(Counters::default(), |mut sum, (_, _, cell)| {
                    sum += cell.counters();
                    sum
                })
            };
            if by != By::All {
                let (all, rows) = (of_rows(true), of_rows(false));
                assert_eq!((rows.surveys, rows.disposals), (all.surveys, all.disposals), "{by:?}");
            }
            table(of_day(by, Some(Every::Hour), &report), &calls, &times);
        }
        let cell = |formula: Formula| formula.of(&total.counters().served(2)).share();
        assert!(cell(Formula::Sl1) <= cell(Formula::Sl3) && cell(Formula::Sl3) <= cell(Formula::Sl2));
    }
}

#[test]
fn quantiles_of_intervals_merge_into_the_quantiles_of_the_day() {
    let (report, calls, times) = live_day(4, 6000);
    let tables = table(of_day(By::All, Some(Every::Minutes15), &report), &calls, &times);
    let spread = |cell: &Cell| [cell.tally.spreads.wait.clone(), cell.tally.spreads.talk.clone()];
    let (mut merged, mut intervals) = ([histogram(), histogram()], 0);
    for (slot, _, cell) in tables.cells() {
        if slot != Slot::Whole {
            spread(cell).iter().zip(&mut merged).for_each(|(part, whole)| part.add_to(whole));
            intervals += 1;
        }
    }
    assert!(intervals >= 2, "{intervals}");
    for (spread, merged) in spread(tables.total()).iter().zip(&merged) {
        let mut whole = histogram();
        spread.add_to(&mut whole);
        assert_eq!(*merged, whole, "every quantile, not only those that are printed");
    }
}

#[test]
fn every_figure_is_the_sum_of_its_calls_shares() {
    let (report, calls, times) = live_day(5, 300);
    for by in [By::All, By::Group, By::Agent, By::Site, By::Trunk] {
        let setup = of_day(by, None, &report);
        let figures = figure::all(&setup.limits);
        let tables = table(setup.clone(), &calls, &times);
        // What calling again adds is known after the fold only.
        let mut told = Vec::new();
        let mut again = Again::default();
        let mut done = |call: Call| {
            told.push(call);
            Ok::<(), Infallible>(())
        };
        for call in &calls {
            again.push(call.clone(), &mut done).expect("never fails");
        }
        again.finish(&mut done).expect("never fails");
        let who = tables.cells().map(|(_, who, _)| who).next().expect("a row");
        for figure in figures.iter().filter(|figure| figure.applies(by, who)) {
            let whole = figure.value(tables.cell(Slot::Whole, who).expect("a cell"), by, who).share();
            let of_calls = told.iter().map(|call| figure.value(&setup.share_of(who, call), by, who).share());
            let of_times =
                times.iter().map(|time| figure.value(&setup.share_of_agent(who, time), by, who).share());
            assert_eq!(of_calls.chain(of_times).sum::<u64>(), whole, "{by:?} {who:?} {}", figure.key);
        }
    }
}

/// A call that Ann made: it rang for 12 s and she talked for a minute.
fn made(number: u64, arrived: f64, outcome: Outcome) -> Call {
    let group = (outcome == Outcome::Outgoing).then_some(GENERAL);
    let stretch = |kind, from: f64, to: f64| Stretch {
        group,
        ..stretch(kind, GENERAL, Some(ANN), from, to, End::Other)
    };
    Call {
        ended: Some(at(arrived + 72.0)),
        fate: Fate::Over(outcome),
        group,
        agent: Some(ANN),
        trunk: None,
        queued: None,
        rang_ms: 12_000,
        talked_ms: 60_000,
        stretches: vec![
            stretch(Kind::Dial, arrived, arrived + 12.0),
            stretch(Kind::Talk, arrived + 12.0, arrived + 72.0),
        ],
        ..caller(number, arrived, 0)
    }
}

#[test]
fn what_agents_call_by_themselves_stands_apart_and_counts_as_their_time() {
    let mut unreached = made(3, 200.0, Outcome::Outgoing);
    unreached.stretches.truncate(1);
    unreached.talked_ms = 0;
    let calls = [
        answered(1, 0.0, 5.0, BEN, 30.0),
        made(2, 100.0, Outcome::Outgoing),
        unreached,
        made(4, 300.0, Outcome::Internal),
    ];
    let shift = AgentTime {
        agent: ANN,
        kind: TimeKind::SignedIn,
        group: None,
        call: None,
        from: at(0.0),
        to: at(1_560.0),
    };
    for by in [By::All, By::Group, By::Agent] {
        let tables = table(setup(by, None), &calls, &[shift]);
        assert!(tables.check().is_ok(), "{by:?}: {:?}", tables.check());
        let who = match by {
            By::Group => Who::Name(GENERAL),
            By::Agent => Who::Name(ANN),
            _ => Who::All,
        };
        let of = |key: &str| whole(&tables, who, key);
        assert_eq!(
            (of("outgoing"), of("outgoing_reached"), of("outgoing_rate")),
            ("2".into(), "1".into(), "50.00%".into())
        );
        assert_eq!((of("outgoing_ring_mean"), of("outgoing_talk_mean")), ("12.00".into(), "60.00".into()));
        // Internal ones are time, too, and no group's.
        assert_eq!(of("outgoing_time"), if by == By::Group { "0:01:24" } else { "0:02:36" }, "{by:?}");
        let answered = u64::from(by != By::Agent).to_string();
        assert_eq!((of("answered"), of("handled")), (answered.clone(), answered), "{by:?}: never mixed");
    }
    let tables = table(setup(By::Agent, None), &calls, &[shift]);
    assert_eq!(whole(&tables, Who::Name(ANN), "occupancy"), "10.00%");
    assert_eq!(
        (whole(&tables, Who::All, "calls_out"), whole(&tables, Who::All, "internal")),
        ("2".into(), "1".into())
    );
}
