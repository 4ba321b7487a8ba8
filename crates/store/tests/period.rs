//! A day written in batches and read again as a stream: the tables of the records say what the live board says.

#[path = "../../report/tests/day/mod.rs"]
mod day;

use base::Timestamp;
use report::callbacks::Callbacks;
use report::counters::{Counters, Limits};
use report::tables::{Again, By, Period, Setup, Slot, Tables, Who, Zone};
use report::{Out, Report, UnixMs};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use store::{Backlog, Numbers, Records, Stopped};

struct File(std::path::PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

#[test]
fn a_day_is_read_as_a_stream_and_counts_what_the_board_counted() {
    let file = File(std::env::temp_dir().join(format!("sujie-period-{}.db", std::process::id())));
    let mut records = Records::open(&file.0).expect("opens");
    let run = records.begin_run(UnixMs(1)).expect("begins");
    let plan = report::Plan { run, ..day::plan(40) };
    let mut writer = records.writer(&plan, Numbers::Masked).expect("names");
    let (mut report, mut out, mut backlog) = (Report::new(plan), Out::default(), Backlog::default());
    let (mut last, mut arrived) = (Timestamp::START, 0);
    for (number, stamped) in day::events(21, 4000, 40).iter().enumerate() {
        report.fold(stamped, &mut out);
        last = stamped.at;
        arrived += u64::from(matches!(stamped.event, call::Event::Arrived { .. }));
        if number % 500 == 0 {
            backlog.take(&mut out);
            backlog.flush(&mut writer).expect("is written");
        }
    }
    report.tick(last + Duration::from_secs(3600), &mut out);
    report.finish(&mut out);
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("is written");

    let records = Records::open_to_read(&file.0).expect("opens beside the writer");
    let reading = records.reading().expect("begins");
    let names = reading.names().expect("reads");
    let general = names.iter().find(|name| name.key == "general").expect("a group");
    let (first, end) = reading.extent().expect("reads").expect("has calls");
    let period = Period { from: first, to: UnixMs(end.0 + 3_600_000) };
    assert_eq!(reading.count(period.from, period.to).expect("reads"), arrived);

    let mut tables = Tables::new(Setup {
        period,
        zone: Zone::CHINA,
        every: None,
        by: By::Group,
        limits: Limits::of(&day::plan(40)),
        sites: BTreeMap::new(),
        results: reading.results().to_vec(),
    });
    let (mut again, mut told, mut before) = (Again::default(), 0, UnixMs(0));
    let mut done = |call| {
        tables.call(&call).expect("fits");
        Ok::<(), Infallible>(())
    };
    reading
        .each_call(period.from, period.to, |call| {
            assert!(call.arrived >= before, "by arrival");
            before = call.arrived;
            told += 1;
            again.push(call, &mut done)
        })
        .unwrap_or_else(|stopped| panic!("{stopped:?}"));
    again.finish(&mut done).expect("never fails");
    assert_eq!(told, arrived);
    reading
        .each_agent_time(period.from, period.to, |time| {
            tables.agent_time(&time).expect("fits");
            Ok::<(), Infallible>(())
        })
        .unwrap_or_else(|stopped| panic!("{stopped:?}"));

    tables.check().expect("every row keeps the identity");
    // What only the live fold knows of.
    let told = |counters: &Counters| Counters {
        help_asked: 0,
        help_given: 0,
        callback: Callbacks::default(),
        ..*counters
    };
    // In the file they stand by frequency, in the plan by their own order.
    let ordered = |counters: &Counters| {
        let mut counters = told(counters);
        let by_place = counters.disposals.results;
        let place = |key: &String| reading.results().iter().position(|known| known == key);
        for (at, key) in day::plan(40).dispositions.iter().enumerate() {
            counters.disposals.results[at] = by_place[place(key).expect("each was given")];
        }
        counters
    };
    assert_eq!(ordered(tables.total().counters()), told(&report.total().counters));
    assert!(tables.total().counters().disposals.given() > 50, "{:?}", tables.total().counters().disposals);
    let row = tables.cell(Slot::Whole, Who::Name(general.id)).expect("a row");
    let group = report.group(acd::GroupRef::at(0)).expect("a group");
    assert_eq!(
        ordered(row.counters()),
        told(&group.counters),
        "wrap-ups belong to the group of the talk before them"
    );

    // Whoever is told may stop the reading.
    let mut seen = 0;
    let stopped = reading.each_call(period.from, period.to, |_| {
        seen += 1;
        if seen == 10 { Err("enough") } else { Ok(()) }
    });
    assert!(matches!(stopped, Err(Stopped::Told("enough"))) && seen == 10);
}

#[test]
fn a_file_of_an_earlier_version_is_read_without_what_it_does_not_know() {
    let file = File(std::env::temp_dir().join(format!("sujie-earlier-{}.db", std::process::id())));
    let mut records = Records::open(&file.0).expect("opens");
    let run = records.begin_run(UnixMs(1)).expect("begins");
    let plan = report::Plan { run, ..day::plan(40) };
    let mut writer = records.writer(&plan, Numbers::Masked).expect("names");
    let (mut report, mut out, mut backlog) = (Report::new(plan), Out::default(), Backlog::default());
    for stamped in &day::events(3, 200, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("is written");
    drop(writer);
    rusqlite::Connection::open(&file.0)
        .and_then(|file| {
            file.execute_batch(
                "DROP VIEW call_log; DROP TABLE disposition; ALTER TABLE call DROP COLUMN last_agent_id;
                 ALTER TABLE call DROP COLUMN survey; ALTER TABLE call DROP COLUMN rating;
                 ALTER TABLE call DROP COLUMN choices; ALTER TABLE call DROP COLUMN language;
                 PRAGMA user_version = 3;",
            )
        })
        .expect("as it was");
    let records = Records::open_to_read(&file.0).expect("opens");
    let reading = records.reading().expect("begins");
    assert_eq!(reading.results(), Vec::<String>::new());
    let (mut calls, mut after) = (0, 0);
    reading
        .each_call(UnixMs(0), UnixMs(u64::MAX >> 1), |call| {
            calls += 1;
            after += u64::from(call.survey.is_some() || call.disposed.is_some() || call.last_agent.is_some());
            Ok::<(), Infallible>(())
        })
        .unwrap_or_else(|stopped| panic!("{stopped:?}"));
    assert!(calls >= 200 && after == 0, "{calls} calls, {after} of them with what followed the talk");
}
