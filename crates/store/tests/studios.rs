//! Shows and their callers in the records: what the report table of radio studios is made of, from a day of the real
//! engine; and files of a version that knew of none.

#[path = "../../call/tests/day/mod.rs"]
mod day;

use acd::AgentRef;
use base::Private;
use call::Request;
use call::show::StudioDo;
use day::Day;
use day::centre::{RADIO, on_the_radio};
use report::{Out, Plan, Report, UnixMs};
use rusqlite::Connection;
use std::time::Duration;
use store::{Backlog, Numbers, RecordingFilter, Recordings, Records, Register};

struct File(std::path::PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("sujie-studios-{name}-{}.db", std::process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

/// Three callers are sent to a show; the first is on air twice, the others go back to their line when it is over. In the
/// second show nobody calls.
fn two_shows() -> Day {
    let mut day = Day::with(on_the_radio());
    let asks = |day: &mut Day, what| day.request(Request::Studio(RADIO, what));
    day.registers(0);
    day.registers(3);
    asks(&mut day, StudioDo::Open);
    for name in ["c1", "c2", "c3"] {
        day.caller_invites(name, "960001");
        day.agent_answers(0);
        let note = Private::default();
        day.request(Request::Screen { agent: AgentRef(0), studio: RADIO, note });
        day.request(Request::Ready(AgentRef(0)));
    }
    day.wait(30);
    let pick = StudioDo::Pick(day.call("c1"));
    asks(&mut day, pick);
    day.agent_answers(3);
    asks(&mut day, StudioDo::Air);
    day.wait(60);
    asks(&mut day, StudioDo::Return);
    day.wait(10);
    asks(&mut day, pick);
    day.agent_answers(3);
    asks(&mut day, StudioDo::Air);
    day.wait(20);
    asks(&mut day, StudioDo::Close);
    day.wait(50);
    asks(&mut day, StudioDo::Open);
    day.wait(80);
    day.request(Request::ReleaseAll);
    day.wait(130);
    day
}

#[test]
fn a_period_tells_of_its_studios_what_the_board_did() {
    let file = File::new("period");
    let mut records = Records::open(&file.0).expect("opens");
    let mut register = Register::open(&file.0).expect("opens");
    let run = records.begin_run(UnixMs(1)).expect("begins");
    let plan = Plan {
        groups: vec!["general".into(), "enterprise".into()],
        agents: ["8001", "8002", "8003", "8004"].map(Into::into).into(),
        studios: vec!["radio".into()],
        run,
        ..Plan::default()
    };
    let studios = plan.studios.clone();
    let mut writer = records.writer(&plan, Numbers::Masked).expect("names");
    let (mut report, mut out, mut backlog) = (Report::new(plan), Out::default(), Backlog::default());
    let day = two_shows();
    for stamped in &day.events {
        report.fold(stamped, &mut out);
    }
    report.finish(&mut out);
    report.end_shows(day.now, &mut out);
    register.note_shows(run, &studios, &out.shows).expect("written");
    // Written twice they are there once.
    register.note_shows(run, &studios, &out.shows).expect("written");
    let closed = out.closed.clone();
    backlog.take(&mut out);
    backlog.flush(&mut writer).expect("written");

    let records = Records::open_to_read(&file.0).expect("opens beside the writer");
    let reading = records.reading().expect("begins");
    let rows = reading.studios(UnixMs(0), UnixMs(u64::MAX >> 1)).expect("reads");
    let [row] = &rows[..] else { panic!("one studio: {rows:?}") };
    let total = report.board(day.now).studios[0].total;
    assert_eq!((row.studio.as_str(), row.shows), ("radio", total.shows));
    assert_eq!((row.on_air, row.standby), (total.on_air, total.held));
    let count =
        |of: fn(&report::CallRecord) -> bool| closed.iter().filter(|record| of(record)).count() as u64;
    assert_eq!(row.received, count(|record| record.studio.is_some()));
    assert_eq!(row.aired, count(|record| record.on_air.is_some()));
    let seconds = Duration::from_secs;
    assert_eq!((row.shows, row.received, row.aired), (2, 3, 1), "{row:?}");
    // On air for 60 and 20 s; the first was held for 30 and 10 s, the others for the show's two minutes. The second show is
    // over with the process, 210 s later.
    assert_eq!((row.on_air, row.standby, row.open), (seconds(80), seconds(280), seconds(330)), "{row:?}");
    let file = Connection::open(&file.0).expect("opens");
    let over: Vec<u64> = file
        .prepare("SELECT ended_at - begun_at FROM show ORDER BY number")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .expect("reads");
    assert_eq!(over, [120_000, 210_000], "each show once, with its end");
    assert_eq!(reading.studios(UnixMs(9_000_000), UnixMs(10_000_000)).expect("reads"), []);
}

#[test]
fn a_file_of_a_version_without_studios_is_read_and_brought_up_to_date() {
    let file = File::new("old");
    let old = Connection::open(&file.0).expect("opens");
    for step in &store::schema::MIGRATIONS[..3] {
        old.execute_batch(step).expect("an earlier schema");
    }
    old.pragma_update(None, "user_version", 3).expect("set");
    old.pragma_update(None, "application_id", store::schema::APPLICATION_ID).expect("set");
    drop(old);
    let records = Records::open_to_read(&file.0).expect("opens");
    let reading = records.reading().expect("begins");
    assert_eq!(reading.studios(UnixMs(0), UnixMs(1)).expect("reads"), []);
    let of = |on_air| RecordingFilter { on_air, ..RecordingFilter::default() };
    let recordings = Recordings::open_to_read(&file.0).expect("opens");
    for on_air in [None, Some(true), Some(false)] {
        assert!(recordings.list(&of(on_air)).expect("reads").is_empty());
    }
    drop(reading);
    Records::open(&file.0).expect("is brought up to date");
    let records = Records::open_to_read(&file.0).expect("opens");
    let reading = records.reading().expect("begins");
    assert_eq!(reading.studios(UnixMs(0), UnixMs(1)).expect("reads"), []);
}
