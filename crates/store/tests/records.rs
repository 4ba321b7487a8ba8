//! The file through its bad days: killed, full, damaged, held by somebody else; and a day that reconciles.

#[path = "../../report/tests/day/mod.rs"]
mod day;

use base::{Private, Timestamp};
use report::counters::Limits;
use report::{Out, Report, UnixMs};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Backlog, Durability, Filter, Numbers, OpenError, Records, WriteError, Writer};

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sujie-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("records.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const AT: UnixMs = UnixMs(1_706_835_600_000);

#[test]
fn whoever_has_called_is_found_with_the_end_of_his_last_call() {
    let folder = Folder::new("callers");
    let (mut report, mut writer, run) = begin(&folder.file());
    let events = day::events(7, 300, 40);
    let (mut out, _) = play(&mut report, &mut writer, &events);
    let mut backlog = Backlog::default();
    report.finish(&mut out);
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("is written");
    writer.finish(run, AT).expect("ends");
    let records = Records::open_to_read(folder.file()).expect("opens");
    let callers = records.callers_since(UnixMs(0)).expect("is read");
    assert!(callers.len() > 10 && callers.is_sorted_by_key(|(_, last)| last.0), "{}", callers.len());
    let (one, last) = &callers[callers.len() / 2];
    let calls = records.calls(&Filter { caller: Some(one.clone()), ..Filter::default() }).expect("is read");
    assert_eq!(calls.iter().filter_map(|call| call.ended_at).max(), Some(*last));
    assert_eq!(records.callers_since(UnixMs(u64::MAX >> 1)).expect("is read"), []);
}

/// A report and a writer at the beginning of a run.
fn begin(path: &Path) -> (Report, Writer, u64) {
    let mut records = Records::open(path).expect("opens");
    let run = records.begin_run(AT).expect("begins");
    let plan = report::Plan { run, ..day::plan(40) };
    let writer = records.writer(&plan, Numbers::Plain).expect("names are written");
    (Report::new(plan), writer, run)
}

fn limits() -> Limits {
    Limits::of(&day::plan(40))
}

/// Folds events and writes a batch each simulated second; the last second is left in the backlog.
fn play(report: &mut Report, writer: &mut Writer, events: &[call::event::Stamped]) -> (Out, usize) {
    let (mut out, mut backlog) = (Out::default(), Backlog::default());
    let (mut next, mut batches) = (Timestamp::from_secs(1), 0);
    for stamped in events {
        if stamped.at >= next {
            backlog.take(&mut out);
            backlog.flush(writer).expect("is written");
            batches += 1;
            next = stamped.at + Duration::from_secs(1);
        }
        report.fold(stamped, &mut out);
    }
    (out, batches)
}

#[test]
fn ten_thousand_calls_reconcile_with_the_board() {
    let folder = Folder::new("reconcile");
    let (mut report, mut writer, run) = begin(&folder.file());
    let events = day::events(11, 10_000, 40);
    let (mut out, batches) = play(&mut report, &mut writer, &events);
    assert!(batches > 1000, "batches, not one big one");
    report.finish(&mut out);
    let mut backlog = Backlog::default();
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("the rest is written");
    assert!(backlog.is_empty());

    let totals = writer.records().summary(run, &limits()).expect("reads");
    let board = report.board(events.last().expect("a day").at);
    assert_eq!(totals.differences(&board), Vec::<String>::new());
    // Calls that we made to call somebody back are beside those that came.
    assert_eq!(totals.total.counters.arrived - totals.total.counters.callbacks, 10_000);
    assert_eq!(totals.total.sums.rang, report.total().sums.rang);
    assert_eq!(totals.total.sums.greeted, report.total().sums.greeted);
    totals.total.counters.check().expect("the identity holds in the records");
    for (group, recount) in &totals.groups {
        recount.counters.check().unwrap_or_else(|rule| panic!("{group}: {rule}"));
    }
    assert!(totals.total.counters.answered > 7000, "{totals:?}");
    assert!(totals.total.counters.surveys.ratings() > 1000, "{totals:?}");

    // Another T and another short limit count history again, boundary included.
    let records = writer.records();
    let calls = records.calls(&Filter { limit: Some(20_000), ..Filter::default() }).expect("reads");
    assert_eq!(calls.len() as u64, totals.total.counters.arrived);
    let some =
        calls.iter().find(|call| call.outcome.as_deref() == Some("answered")).expect("an answered call");
    let exact = Limits {
        thresholds: vec![some.waited, some.waited - Duration::from_millis(1)],
        short_abandon: Duration::from_secs(10),
        ..limits()
    };
    let again = records.summary(run, &exact).expect("reads").total.counters;
    let within = |limit: Duration| {
        calls
            .iter()
            .filter(|call| call.outcome.as_deref() == Some("answered") && call.waited <= limit)
            .count() as u64
    };
    assert_eq!(again.within[0].answered, within(exact.thresholds[0]));
    assert_eq!(again.within[1].answered, within(exact.thresholds[1]));
    assert!(again.within[0].answered > again.within[1].answered);
    assert!(again.short_abandoned > totals.total.counters.short_abandoned);
    let share = |formula: report::Formula| formula.of(&again.served(0)).share();
    assert!(share(report::Formula::Sl1) < share(report::Formula::Sl3));
    assert!(share(report::Formula::Sl3) < share(report::Formula::Sl2));

    // People read the view: names and times in words.
    let connection = Connection::open(folder.file()).expect("opens");
    let answered: u64 = connection
        .query_row(
            "SELECT count(*) FROM call_log WHERE outcome = 'answered' AND \"group\" IS NOT NULL AND agent >= '8001'",
            [],
            |row| row.get(0),
        )
        .expect("the view reads");
    assert_eq!(answered, totals.total.counters.answered);

    // A changed line shows: the recount is a check, not an echo.
    let first = calls.iter().find(|call| call.outcome.as_deref() == Some("lost")).expect("a lost call");
    connection
        .execute("UPDATE call SET outcome = 'refused', queued_at = NULL WHERE id = ?1", [first.id.0])
        .expect("is changed");
    assert!(!records.summary(run, &limits()).expect("reads").differences(&board).is_empty());
}

#[test]
fn a_killed_process_loses_the_last_batch_and_its_calls_in_progress_are_closed() {
    let folder = Folder::new("killed");
    let (mut report, mut writer, run) = begin(&folder.file());
    let events = day::events(3, 800, 40);
    play(&mut report, &mut writer, &events[..events.len() / 2]);
    let totals = writer.records().summary(run, &limits()).expect("reads");
    assert!(totals.in_progress > 5, "calls are in progress: {totals:?}");
    let written = totals.total.counters.arrived;

    // The files as a kill at this moment leaves them: the log is not folded in, nothing is closed.
    let copy = Folder::new("killed-copy");
    for suffix in ["", "-wal", "-shm"] {
        let from = format!("{}{suffix}", folder.file().display());
        std::fs::copy(&from, format!("{}{suffix}", copy.file().display())).expect("copies");
    }
    let mut records = Records::open(copy.file()).expect("opens after a kill");
    assert_eq!(records.count().expect("reads"), written, "every batch that was told as written is there");
    let closed = records.close_orphans(UnixMs(AT.0 + 3_600_000)).expect("closes");
    assert_eq!(closed as u64, totals.in_progress);
    assert_eq!(records.close_orphans(AT).expect("closes"), 0, "once");
    let again = records.summary(run, &limits()).expect("reads");
    assert_eq!(again.in_progress, 0);
    let before = totals.total.counters;
    assert_eq!(again.total.counters.lost_before_line, before.lost_before_line + totals.in_progress);
    again.total.counters.check().expect("the identity holds after a kill");
    let lost = Filter { outcome: Some("lost".into()), limit: Some(10_000), ..Filter::default() };
    let orphans = records.calls(&lost).expect("reads").into_iter().filter(|call| call.cause == Some(41));
    for orphan in orphans {
        assert_eq!(orphan.ended_at, Some(UnixMs(AT.0 + 3_600_000)), "{orphan:?}");
    }

    // The next run has ids of its own, though its calls are numbered from one again.
    let next = records.begin_run(UnixMs(AT.0 + 3_600_001)).expect("begins");
    assert_eq!(next, run + 1);
    let plan = report::Plan { run: next, ..day::plan(40) };
    let mut writer = records.writer(&plan, Numbers::Plain).expect("names");
    let mut report = Report::new(plan);
    play(&mut report, &mut writer, &day::events(4, 100, 40));
    assert!(writer.records().count().expect("reads") > written + 90);
    writer.finish(next, AT).expect("ends");
    let mut records = Records::open(copy.file()).expect("opens");
    assert_eq!(records.close_orphans(AT).expect("closes"), 0, "an ended run has none to look for");
    assert_eq!(records.runs().expect("reads")[1], (run, written));
}

#[test]
fn a_full_disk_keeps_the_batch_until_there_is_room() {
    let folder = Folder::new("full");
    let (mut report, mut writer, run) = begin(&folder.file());
    let (mut out, mut backlog) = (Out::default(), Backlog::default());
    for stamped in &day::events(5, 2000, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    let pages: u64 = Connection::open(folder.file())
        .and_then(|connection| connection.query_row("PRAGMA page_count", [], |row| row.get(0)))
        .expect("reads");
    writer.records().limit_pages(pages + 20).expect("is set");
    let calls = out.closed.len();
    backlog.take(&mut out);
    let waiting = backlog.len();
    let error = backlog.flush(&mut writer).expect_err("the disk is full");
    assert!(matches!(error, WriteError::Full(_)) && error.passes(), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(backlog.len(), waiting, "nothing was dropped");
    assert_eq!(writer.records().count().expect("reads"), 0, "and nothing was half written");
    assert!(backlog.flush(&mut writer).is_err(), "still full");

    writer.records().limit_pages(1 << 30).expect("is set");
    let written = backlog.flush(&mut writer).expect("there is room again");
    assert_eq!((written.closed, written.opened), (calls, 0), "each call is written once");
    let totals = writer.records().summary(run, &limits()).expect("reads");
    assert_eq!(totals.differences(&report.board(Timestamp::START)), Vec::<String>::new());
}

#[test]
fn the_backlog_drops_the_least_valuable_first_and_counts_it() {
    let mut report = Report::new(day::plan(40));
    let mut out = Out::default();
    for stamped in &day::events(6, 300, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    let spans = out.agent_spans.len();
    let calls = out.closed.len();
    assert!(spans > 50 && calls >= 300 && out.opened.len() == calls);
    let newest = out.closed.last().cloned();

    let said = out.disposed.len();
    let mut backlog = Backlog::new(calls + spans + said);
    backlog.take(&mut out.clone());
    assert_eq!((backlog.dropped().opened, backlog.dropped().agent_spans), (calls as u64, 0));
    let mut backlog = Backlog::new(200);
    backlog.take(&mut out);
    let dropped = backlog.dropped();
    assert_eq!(
        (dropped.opened, dropped.agent_spans, dropped.disposed, dropped.closed),
        (calls as u64, spans as u64, said as u64, calls as u64 - 200)
    );
    assert_eq!(backlog.len(), 200);

    // What is left is the newest, and is written.
    let folder = Folder::new("backlog");
    let (_, mut writer, _) = begin(&folder.file());
    assert_eq!(backlog.flush(&mut writer).expect("is written").closed, 200);
    assert_eq!(newest.map(|record| record.opened.id.run()), Some(1));
    assert_eq!(writer.records().count().expect("reads"), 200);
}

#[test]
fn a_graceful_end_leaves_no_call_in_progress() {
    let folder = Folder::new("end");
    let (mut report, mut writer, run) = begin(&folder.file());
    let events = day::events(13, 300, 40);
    play(&mut report, &mut writer, &events[..events.len() / 2]);
    let before = writer.records().summary(run, &limits()).expect("reads");
    assert!(before.in_progress > 0);
    let records = writer.finish(run, AT).expect("ends");
    let after = records.summary(run, &limits()).expect("reads");
    assert_eq!(after.in_progress, 0);
    let lost = after.total.counters.lost_before_line - before.total.counters.lost_before_line;
    assert_eq!(lost, before.in_progress);
}

#[test]
fn a_batch_written_twice_is_there_once() {
    let folder = Folder::new("twice");
    let (mut report, mut writer, run) = begin(&folder.file());
    let mut out = Out::default();
    for stamped in &day::events(7, 200, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    // Begun in one batch, completed in the next; then all of it again.
    writer.write(&out.opened, &[], &[]).expect("is written");
    writer.write(&[], &out.closed, &[]).expect("is written");
    let once = writer.records().summary(run, &limits()).expect("reads");
    writer.write(&out.opened, &out.closed, &[]).expect("is written");
    writer.write(&out.opened, &[], &[]).expect("is written");
    assert_eq!(writer.records().summary(run, &limits()).expect("reads"), once);
    assert_eq!(once.differences(&report.board(Timestamp::START)), Vec::<String>::new());
}

#[test]
fn a_caller_is_found_again_by_his_number_masked_or_plain() {
    for numbers in [Numbers::Plain, Numbers::Masked] {
        let folder = Folder::new("caller");
        let mut records = Records::open_with(folder.file(), Durability::Power).expect("opens");
        let run = records.begin_run(AT).expect("begins");
        let plan = report::Plan { run, ..day::plan(40) };
        let mut writer = records.writer(&plan, numbers).expect("names");
        let mut report = Report::new(plan);
        let mut out = Out::default();
        for stamped in &day::events(8, 50, 40) {
            report.fold(stamped, &mut out);
        }
        report.finish(&mut out);
        writer.write(&[], &out.closed, &out.agent_spans).expect("is written");
        let wanted = &out.closed[20].opened;
        let reader = Records::open_to_read(folder.file()).expect("opens beside the writer");
        let found = reader
            .calls(&Filter { caller: Some(wanted.caller.clone()), ..Filter::default() })
            .expect("reads");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, wanted.id);
        let plain = found[0].caller.reveal() == wanted.caller.reveal();
        assert_eq!(plain, numbers == Numbers::Plain);
        assert_eq!(found[0].segments.len(), out.closed[20].segments.len());
        let nobody = Filter { caller: Some(Private::new("110".into())), ..Filter::default() };
        assert!(reader.calls(&nobody).expect("reads").is_empty());
        let early = Filter { to: Some(found[0].arrived_at), ..Filter::default() };
        assert!(
            reader.calls(&early).expect("reads").iter().all(|call| call.arrived_at < found[0].arrived_at)
        );
    }
}

#[test]
fn names_stay_right_when_the_configuration_is_reordered() {
    let folder = Folder::new("names");
    let (mut report, mut writer, run) = begin(&folder.file());
    let mut out = Out::default();
    for stamped in &day::events(9, 200, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    writer.write(&[], &out.closed, &[]).expect("is written");
    let before = writer.records().summary(run, &limits()).expect("reads");
    let records = writer.finish(run, AT).expect("ends");

    let mut plan = day::plan(40);
    plan.groups.reverse();
    plan.groups.insert(0, "night".into());
    let writer = records.writer(&plan, Numbers::Plain).expect("names");
    assert_eq!(writer.records().summary(run, &limits()).expect("reads"), before);
}

#[test]
fn a_damaged_foreign_newer_or_unreachable_file_is_told_with_a_remedy() {
    let folder = Folder::new("bad");
    let path = folder.file();

    std::fs::write(&path, "centre = \"suqian\"\n".repeat(1000)).expect("writes");
    let error = Records::open(&path).expect_err("not a database");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("move it away"), "{error}");
    std::fs::remove_file(&path).expect("removes");

    Connection::open(&path)
        .and_then(|other| other.execute_batch("CREATE TABLE songs (title)"))
        .expect("makes");
    let error = Records::open(&path).expect_err("somebody else's");
    assert!(matches!(&error, OpenError::Foreign { tables, .. } if tables == "songs"), "{error}");
    std::fs::remove_file(&path).expect("removes");

    drop(Records::open(&path).expect("makes a new one"));
    Connection::open(&path).and_then(|later| later.pragma_update(None, "user_version", 99)).expect("sets");
    for opened in [Records::open(&path), Records::open_to_read(&path)] {
        let error = opened.expect_err("from the future");
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    }

    let error = Records::open(folder.0.join("no/such/folder.db")).expect_err("no folder");
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("does the folder exist"), "{error}");
}

#[test]
fn damage_inside_the_file_is_told_when_it_is_met() {
    let folder = Folder::new("inside");
    let (mut report, mut writer, run) = begin(&folder.file());
    play(&mut report, &mut writer, &day::events(10, 400, 40));
    drop(writer.finish(run, AT).expect("ends"));
    let mut bytes = std::fs::read(folder.file()).expect("reads");
    let half = bytes.len() / 2;
    bytes[half..].fill(0x5a);
    std::fs::write(folder.file(), bytes).expect("writes");

    let read = Records::open(folder.file()).map(|records| records.summary(run, &limits()));
    match read {
        Err(OpenError::Damaged { .. }) => {}
        Ok(summary) => {
            let error = summary.expect_err("half of it is gone");
            assert!(error.to_string().contains("cannot be read"), "{error}");
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_file_held_by_another_program_is_busy_and_nothing_is_lost() {
    let folder = Folder::new("busy");
    let (mut report, mut writer, _) = begin(&folder.file());
    let (mut out, mut backlog) = (Out::default(), Backlog::default());
    for stamped in &day::events(12, 20, 40) {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    let calls = out.closed.len();
    backlog.take(&mut out);
    let other = Connection::open(folder.file()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("holds");
    let error = backlog.flush(&mut writer).expect_err("held");
    assert!(matches!(error, WriteError::Busy(_)) && error.passes(), "{error}");
    other.execute_batch("ROLLBACK").expect("lets go");
    assert_eq!(backlog.flush(&mut writer).expect("is written").closed, calls);
}

/// A call that 8001 of the made-up day answered and its caller rated, in a file with its writer.
fn one_rated_call(path: &std::path::Path) -> (Report, Writer, Out) {
    use call::event::{CallRef, Event, Outcome, Side, Stamped, Verdict};
    let (mut report, writer, _) = begin(path);
    let (call, agent, group) = (CallRef::from_bits(7), acd::AgentRef(0), acd::GroupRef(0));
    let caller = base::Private::new("+8613851234567".into());
    let arrived = Event::Arrived {
        call,
        origin: sip::leg::Origin::Trunk(sip::leg::TrunkRef(0)),
        caller,
        called: "12345".into(),
        call_id: "a@carrier".into(),
        flow: Some(call::plan::FlowRef(0)),
    };
    let by = Side::Agent;
    let events = [
        arrived,
        Event::Answered { call },
        Event::Chose { call, step: call::plan::StepRef(1), key: '8' },
        Event::Queued { call, group, position: 1, expected: None },
        Event::Connected { call, agent, group, waited: Duration::from_secs(3) },
        Event::Disconnected { call, agent, by },
        Event::Surveyed { call, agent, verdict: Verdict::Rated(5) },
        Event::Ended {
            call,
            outcome: Outcome::Answered,
            group: Some(group),
            cause: sip::message::Cause(16),
            by,
        },
    ];
    let mut out = Out::default();
    for (seq, event) in (1..).zip(events) {
        report.fold(&Stamped { at: Timestamp::from_secs(seq), seq, event }, &mut out);
    }
    (report, writer, out)
}

#[test]
fn what_is_said_after_the_record_is_closed_and_after_a_restart_is_kept_and_the_last_word_stands() {
    use call::event::{CallRef, Event, Stamped};
    use call::{Resolver, plan::DispositionRef};
    use store::Register;
    use store::dispositions::{Entered, Late};
    let folder = Folder::new("dispositions");
    let (mut report, mut writer, mut out) = one_rated_call(&folder.file());
    let mut backlog = Backlog::default();
    report.finish(&mut out);
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("is written");
    let kept = |writer: &Writer| writer.records().calls(&Filter::default()).expect("reads").remove(0);
    let call = kept(&writer);
    assert_eq!(
        (call.survey.as_deref(), call.rating, call.disposition.clone()),
        (Some("rated"), Some(5), None)
    );
    assert_eq!(call.choices.as_deref(), Some("step#1:8"), "a step that the plan does not name");
    let register = Register::open(folder.file()).expect("opens");
    let undisposed = |since: u64| register.undisposed("8001", UnixMs(since)).expect("reads");
    let waiting = undisposed(call.arrived_at.0);
    assert_eq!(waiting.iter().map(|row| row.call).collect::<Vec<_>>(), [call.id]);
    assert_eq!(undisposed(call.ended_at.expect("over").0 + 1), [], "it was over before that");
    assert_eq!(register.undisposed("8002", UnixMs(0)).expect("reads"), [], "not his");

    for (seq, what, by) in [(20, 1, Resolver::Agent), (21, 0, Resolver::Specialist)] {
        let (call, agent, disposition) = (CallRef::from_bits(7), acd::AgentRef(0), DispositionRef(what));
        let event = Event::Disposed { call, agent, disposition, by, phone: false };
        report.fold(&Stamped { at: Timestamp::from_secs(seq), seq, event }, &mut out);
    }
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("is written");
    assert_eq!(kept(&writer).disposition, Some(("answered".into(), "specialist".into())));
    assert_eq!(undisposed(0), []);

    let late = |id, at| Late {
        call: id,
        result: "case".into(),
        online: false,
        by: Resolver::Agent,
        operator: "李班长".into(),
        at: UnixMs(at),
    };
    let soon = call.arrived_at.0 + 3_600_000;
    assert_eq!(register.dispose(&late(call.id, soon)).expect("kept"), Entered::Done);
    assert_eq!(kept(&writer).disposition, Some(("case".into(), "agent".into())));
    assert_eq!(register.dispose(&late(report::RecordId(99), soon)).expect("read"), Entered::NoCall);
    // A batch that was late itself does not undo what somebody has entered since.
    writer
        .dispose(&[report::Disposed {
            call: call.id,
            disposition: DispositionRef(2),
            by: Resolver::Agent,
            agent: acd::AgentRef(0),
            at: UnixMs(soon - 1),
        }])
        .expect("written");
    assert_eq!(kept(&writer).disposition, Some(("case".into(), "agent".into())));
}
