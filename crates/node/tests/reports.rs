//! `sujie report` on a small hand-made day, from the database to the page: what a supervisor gets is a golden file,
//! reviewed in the diff. `UPDATE=1 cargo test -p node --test reports` rewrites them.

use acd::input::Reason;
use acd::{AgentRef, GroupRef, OfferEnd, Turned};
use base::Private;
use call::Resolver;
use call::event::{Outcome, Side};
use call::plan::{DispositionRef, FlowRef, LanguageRef, StepRef, StudioRef};
use clap::Parser;
use node::cli::{Cli, Command};
use report::record::{Choice, Segment, SegmentEnd, SegmentKind};
use report::studios::{ShowRecord, StudioCounts};
use report::{AgentSpan, CallRecord, Disposed, Opened, Plan, RecordId, SpanKind, Survey, UnixMs};
use sip::leg::{Origin, TrunkRef};
use sip::message::Cause;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use store::{Numbers, Records};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report");
const CENTRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/centre.toml");
/// 2024-02-02 00:00 in China.
const MIDNIGHT: u64 = 1_706_803_200_000;

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sujie-report-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Runs the command; returns its exit code and what it wrote.
    fn report(&self, flags: &str) -> anyhow::Result<(ExitCode, Vec<u8>)> {
        let output = self.path("out.md");
        let _ = std::fs::remove_file(&output);
        let line = format!("sujie report --database {} --output {output} {flags}", self.path("day.db"));
        let words = line.split_whitespace().map(|word| word.replace('~', " "));
        let Command::Report(options) = Cli::try_parse_from(words)?.command else { panic!("a report") };
        let code = node::reports::command(&options)?;
        Ok((code, std::fs::read(output)?))
    }

    fn text(&self, flags: &str) -> String {
        let (code, bytes) = self.report(flags).unwrap_or_else(|error| panic!("{flags}: {error:#}"));
        assert_eq!(code, ExitCode::SUCCESS, "{flags}");
        String::from_utf8(bytes).expect("text")
    }

    fn refused(&self, flags: &str) -> String {
        format!("{:#}", self.report(flags).expect_err(flags))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compare(shown: &str, file: &str) {
    let path = Path::new(GOLDEN).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(GOLDEN).expect("a folder");
        std::fs::write(&path, shown).expect("written");
    }
    let wanted = std::fs::read_to_string(&path).expect("the golden file; UPDATE=1 writes it");
    assert!(shown == wanted, "{file} is no longer what is said; UPDATE=1 rewrites it. Now:\n{shown}");
}

// ── The day ─────────────────────────────────────────────────────────────────────────────────────────────────────

const GENERAL: GroupRef = GroupRef::at(0);
const ENTERPRISE: GroupRef = GroupRef::at(1);

fn agent(number: usize) -> AgentRef {
    AgentRef::at(number - 8001)
}

/// So many seconds after a time of the day.
fn at(hour: u64, minute: u64, seconds: f64) -> UnixMs {
    UnixMs(MIDNIGHT + (hour * 60 + minute) * 60_000 + (seconds * 1000.0).round() as u64)
}

fn later(from: UnixMs, seconds: f64) -> UnixMs {
    UnixMs(from.0 + (seconds * 1000.0).round() as u64)
}

fn secs(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1000.0).round() as u64)
}

struct Day {
    calls: Vec<CallRecord>,
    spans: Vec<AgentSpan>,
}

impl Day {
    /// A call that arrives, hears six seconds of greeting and then, unless more is told, is lost.
    fn call(&mut self, arrived: UnixMs, caller: &str) -> &mut CallRecord {
        let id = RecordId::new(1, self.calls.len() as u64 + 1);
        let queued = later(arrived, 6.0);
        self.calls.push(CallRecord {
            opened: Opened {
                id,
                arrived,
                origin: Origin::Trunk(TrunkRef(0)),
                caller: Private::new(caller.to_owned()),
                called: "12345".to_owned(),
                call_id: format!("{}@carrier", id.0),
                flow: Some(FlowRef(0)),
            },
            answered_at: Some(arrived),
            queued_at: Some(queued),
            offered_at: None,
            connected_at: None,
            disconnected_at: None,
            ended_at: queued,
            outcome: Outcome::Lost,
            cause: Cause(16),
            by: Side::Caller,
            group: Some(GENERAL),
            agent: None,
            greeted: secs(6.0),
            waited: Duration::ZERO,
            rang: Duration::ZERO,
            talked: Duration::ZERO,
            offers: 0,
            moves: 0,
            helped: false,
            segments: vec![segment(SegmentKind::Greeting, None, None, arrived, queued, SegmentEnd::Queued)],
            last_agent: None,
            survey: None,
            choices: Vec::new(),
            language: None,
            studio: None,
            standby: Duration::ZERO,
            on_air: None,
            truncated: false,
            asked: Vec::new(),
            case: String::new(),
            legs: Vec::new(),
        });
        self.calls.last_mut().expect("just made")
    }

    fn span(&mut self, number: usize, kind: SpanKind, from: UnixMs, to: UnixMs) {
        self.spans.push(AgentSpan { agent: agent(number), kind, from, to });
    }

    fn wrap_up(&mut self, number: usize, seconds: f64) {
        let call = self.calls.last().expect("after a call");
        let (id, from) = (call.opened.id, call.ended_at);
        self.span(number, SpanKind::WrapUp(Some(id)), from, later(from, seconds));
    }
}

fn segment(
    kind: SegmentKind,
    group: Option<GroupRef>,
    agent: Option<AgentRef>,
    from: UnixMs,
    to: UnixMs,
    end: SegmentEnd,
) -> Segment {
    let waited =
        if kind == SegmentKind::Line { Duration::from_millis(to.0 - from.0) } else { Duration::ZERO };
    Segment { kind, group, agent, from, to, waited, end }
}

/// In a group's line for so long, the last seconds of it with a ringing phone, then a talk.
fn served(call: &mut CallRecord, group: GroupRef, waits: f64, rings: f64, number: usize, talks: f64) {
    let came = call.ended_at;
    let met = later(came, waits);
    let left = later(met, talks);
    let agent = Some(agent(number));
    let ring = UnixMs(met.0 - secs(rings).as_millis() as u64);
    call.segments.extend([
        segment(SegmentKind::Line, Some(group), None, came, met, SegmentEnd::Connected),
        segment(SegmentKind::Ring, Some(group), agent, ring, met, SegmentEnd::Offer(OfferEnd::Accepted)),
        segment(SegmentKind::Talk, Some(group), agent, met, left, SegmentEnd::By(Side::Caller)),
    ]);
    call.offers += 1;
    if call.outcome != Outcome::Answered {
        call.outcome = Outcome::Answered;
        (call.group, call.agent) = (Some(group), agent);
        (call.waited, call.rang) = (secs(waits), secs(rings));
        (call.offered_at, call.connected_at) = (Some(ring), Some(met));
    }
    call.talked += secs(talks);
    (call.disconnected_at, call.ended_at) = (Some(left), left);
    (call.last_agent, call.survey) = (agent, Some(Survey::NotOffered));
}

fn gave_up(call: &mut CallRecord, group: GroupRef, waits: f64) {
    let came = call.ended_at;
    call.ended_at = later(came, waits);
    (call.outcome, call.group, call.waited) = (Outcome::AbandonedInLine, Some(group), secs(waits));
    call.segments.push(segment(
        SegmentKind::Line,
        Some(group),
        None,
        came,
        call.ended_at,
        SegmentEnd::AbandonedInLine,
    ));
}

fn day() -> Day {
    let mut day = Day { calls: Vec::new(), spans: Vec::new() };
    // The night before: the same number calls again the next morning.
    served(day.call(UnixMs(at(0, 0, 0.0).0 - 3_600_000), "+8613800000005"), GENERAL, 4.0, 4.0, 8001, 30.0);

    served(day.call(at(9, 0, 0.0), "+8613800000001"), GENERAL, 14.0, 4.0, 8001, 120.0);
    day.wrap_up(8001, 45.0);
    // Exactly T, and a talk over ten minutes.
    served(day.call(at(9, 10, 0.0), "+8613800000002"), GENERAL, 30.0, 3.0, 8002, 700.0);
    day.wrap_up(8002, 60.0);
    // Gives up after 40 s and calls again; the second time he is answered a millisecond after T.
    gave_up(day.call(at(9, 12, 0.0), "+8613800000003"), GENERAL, 40.0);
    gave_up(day.call(at(9, 13, 0.0), ""), ENTERPRISE, 3.0);
    served(day.call(at(9, 20, 0.0), "+8613800000003"), ENTERPRISE, 30.001, 5.0, 8002, 90.0);
    // Answered for general, handed to enterprise's line, answered there: one call.
    let call = day.call(at(9, 40, 0.0), "+8613800000004");
    served(call, GENERAL, 8.0, 2.0, 8001, 60.0);
    served(call, ENTERPRISE, 10.0, 6.0, 8003, 100.0);
    day.wrap_up(8003, 30.0);
    // A third party helps for a while.
    let call = day.call(at(9, 50, 0.0), "+8613800000005");
    served(call, GENERAL, 5.0, 5.0, 8001, 300.0);
    let (from, to) = (at(9, 52, 0.0), at(9, 53, 40.0));
    let helps =
        segment(SegmentKind::Talk, Some(GENERAL), Some(agent(8002)), from, to, SegmentEnd::By(Side::Agent));
    call.segments.push(helps);
    // Gives up while a phone rings; the one before rang out.
    let call = day.call(at(10, 5, 0.0), "+8613800000006");
    let came = call.ended_at;
    gave_up(call, GENERAL, 22.0);
    call.outcome = Outcome::AbandonedRinging;
    call.segments.last_mut().expect("his line").end = SegmentEnd::AbandonedRinging;
    for (number, from, to, end) in
        [(8001, 0.0, 20.0, OfferEnd::RangOut), (8003, 20.0, 22.0, OfferEnd::CallerGone)]
    {
        let (from, to) = (later(came, from), later(came, to));
        let end = SegmentEnd::Offer(end);
        call.segments.push(segment(SegmentKind::Ring, Some(GENERAL), Some(agent(number)), from, to, end));
    }
    (call.offers, call.rang) = (2, secs(22.0));
    // General is full, and so is enterprise.
    let call = day.call(at(10, 10, 0.0), "+8613800000007");
    let came = call.ended_at;
    call.ended_at = later(came, 12.0);
    (call.outcome, call.group, call.moves) = (Outcome::TurnedAway(Turned::LineFull), Some(ENTERPRISE), 1);
    call.waited = secs(12.0);
    call.segments.push(segment(
        SegmentKind::Line,
        Some(GENERAL),
        None,
        came,
        call.ended_at,
        SegmentEnd::MovedOn,
    ));
    call.segments.push(segment(
        SegmentKind::Line,
        Some(ENTERPRISE),
        None,
        call.ended_at,
        call.ended_at,
        SegmentEnd::TurnedAway(Turned::LineFull),
    ));
    // Two that never reach a line.
    for (minute, outcome) in [(20, Outcome::AbandonedBeforeLine), (21, Outcome::Refused)] {
        let call = day.call(at(10, minute, 0.0), "+8613800000008");
        (call.outcome, call.queued_at, call.group) = (outcome, None, None);
    }
    // The INVITE is today's, the line tomorrow's.
    served(day.call(at(23, 59, 58.0), "+8613800000009"), GENERAL, 5.0, 2.0, 8003, 40.0);

    // What they said of it: very satisfied, nothing, not at all, and the one who was handed on of who had him last.
    for (call, survey) in [(1, 1), (5, 5), (6, 2), (7, 4)] {
        day.calls[call].survey = Some(Survey::Rated(survey));
    }
    day.calls[2].survey = Some(Survey::Timeout);
    day.calls[5].choices = [('8', 1), ('0', 2)].map(|(key, step)| Choice { key, step: StepRef(step) }).into();
    day.calls[5].language = Some(LanguageRef(1));

    day.span(8001, SpanKind::SignedIn, at(8, 0, 0.0), at(12, 0, 0.0));
    day.span(8002, SpanKind::SignedIn, at(9, 0, 0.0), at(11, 0, 0.0));
    day.span(8003, SpanKind::SignedIn, at(9, 30, 0.0), at(11, 30, 0.0));
    day.span(8001, SpanKind::NotReady(Reason::Rest), at(11, 0, 0.0), at(11, 30, 0.0));
    day
}

fn written(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut records = Records::open(folder.path("day.db")).expect("opens");
    let run = records.begin_run(UnixMs(MIDNIGHT)).expect("begins");
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let plan = Plan {
        groups: names(&["general", "enterprise"]),
        agents: names(&["8001", "8002", "8003"]),
        trunks: names(&["telecom"]),
        flows: names(&["hotline"]),
        steps: vec![names(&["welcome", "choose", "desk"])],
        languages: names(&["zh", "en"]),
        dispositions: names(&["answered", "case", "nuisance"]),
        online: vec![true, false, false],
        run,
        ..Plan::default()
    };
    let mut writer = records.writer(&plan, Numbers::Plain).expect("names");
    let day = day();
    writer.write(&[], &day.calls, &day.spans).expect("is written");
    // What came of it; the fifth was said twice, the last two were never said.
    let said = [(1, 0, 8001), (2, 1, 8002), (5, 0, 8002), (5, 2, 8002), (6, 0, 8003), (7, 0, 8001)];
    let disposed = said.into_iter().enumerate().map(|(second, (call, what, number))| Disposed {
        call: day.calls[call].opened.id,
        disposition: DispositionRef(what),
        by: if call == 6 { Resolver::Specialist } else { Resolver::Agent },
        agent: agent(number),
        at: at(11, 0, second as f64),
    });
    writer.dispose(&disposed.collect::<Vec<_>>()).expect("is written");
    // One is still going on.
    let open = Opened { id: RecordId::new(run, 99), arrived: at(10, 30, 0.0), ..day.calls[0].opened.clone() };
    writer.write(&[open], &[], &[]).expect("is written");
    folder
}

// ── What is asked of it ─────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_supervisor_reads_the_morning_by_group_and_half_hour() {
    let folder = written("morning");
    let flags = format!(
        "--day 2024-02-02 --by group --interval 30m --threshold 15s,30s --format md --config {CENTRE}"
    );
    compare(&folder.text(&flags), "day.md");
}

#[test]
fn a_spreadsheet_and_a_program_read_the_same_day() {
    let folder = written("formats");
    let day = "--day 2024-02-02 --threshold 15s,30s";
    compare(&folder.text(&format!("{day} --by agent --format csv --lang en")), "day.csv");
    compare(&folder.text(&format!("{day} --by trunk --interval 1h --format json --lang en")), "day.json");
    let excel = folder.text(&format!("{day} --format csv --bom"));
    assert!(excel.starts_with('\u{feff}') && excel.contains("\r\n"), "{excel}");

    let page = folder.text(&format!("{day} --by site --format html --config {CENTRE}"));
    assert_eq!(page.matches("<svg").count(), 3, "arrivals, waits, service level");
    assert!(
        !page.contains("http://") && !page.contains("https://") && !page.contains("<script"),
        "needs no network"
    );
    for tag in ["table", "div", "figure", "svg", "tr", "section"] {
        let (open, close) =
            (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
        assert_eq!(open, close, "<{tag}>");
    }
    let (_, book) = folder.report(&format!("{day} --by group --format xlsx")).expect("a workbook");
    assert!(book.starts_with(b"PK"), "a zip file");
}

#[test]
fn who_was_not_satisfied_and_what_was_not_said_are_found_call_by_call() {
    let folder = written("after");
    compare(&folder.text("--day 2024-02-02 --list rated_low --lang en"), "rated_low.md");
    let undisposed = folder.text("--day 2024-02-02 --by agent=8003 --list undisposed --lang en");
    assert!(undisposed.contains("✓ reconciles: 0 lines, together 0"), "{undisposed}");
    // He came before midnight and entered the line after it.
    let undisposed = folder.text("--day 2024-02-03 --by agent=8003 --list undisposed --lang en");
    assert!(undisposed.contains("✓ reconciles: 1 lines, together 1"), "{undisposed}");
    // Four of five are satisfied when a city says that 4 is; nobody else is.
    let strict = folder.text("--day 2024-02-02 --satisfied 1,2,4 --lang en");
    let satisfaction = strict.lines().find(|line| line.starts_with("| satisfaction")).unwrap_or_default();
    assert!(
        satisfaction.contains("75.00%") && satisfaction.contains("rated 1+2+4 / rated"),
        "{satisfaction}"
    );
    let said = folder.refused("--day 2024-02-02 --satisfied 0");
    assert!(said.contains("write keys from 1 to 9"), "{said}");
}

#[test]
fn every_figure_of_every_row_opens_to_calls_that_add_up_to_it() {
    let folder = written("lists");
    compare(
        &folder.text("--day 2024-02-02 --by group=general --list answered_within_30s --format md"),
        "list.md",
    );
    let figures = report::tables::figure::all(&report::counters::Limits::of(&Plan::default()));
    for row in ["", "--by group=enterprise", "--by agent=8001", "--by trunk=telecom"] {
        for figure in &figures {
            let flags = format!("--day 2024-02-02 {row} --list {} --format csv", figure.key);
            match folder.report(&flags) {
                // A list that does not add up to its figure ends with a failure.
                Ok((code, _)) => assert_eq!(code, ExitCode::SUCCESS, "{flags}"),
                Err(error) => {
                    assert!(error.to_string().contains("this row has no such figure"), "{flags}: {error:#}");
                }
            }
        }
    }
    let csv = folder.text("--day 2024-02-02 --list redial_rate --format csv --lang en");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("+8613800000003"), "{csv}");
}

#[test]
fn another_limit_counts_the_same_day_again() {
    let folder = written("limits");
    let of = |flags: &str, key: &str| {
        let text = folder.text(&format!("--day 2024-02-02 --format json {flags}"));
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["tables"]["rows"]["rows"][0][key].clone()
    };
    assert_eq!(of("", "answered_within_30s"), 4);
    assert_eq!(of("--threshold 29999ms", "answered_within_29999ms"), 3);
    assert_eq!(of("--threshold 30001ms", "answered_within_30001ms"), 5);
    assert_eq!(of("", "short_abandoned"), 1);
    assert_eq!(of("--short 3s", "short_abandoned"), 0, "three seconds are not shorter than three seconds");
    assert_eq!(of("--long 90s", "long_talks"), 4);
}

#[test]
fn shifts_months_and_years_are_periods_of_local_time() {
    let folder = written("periods");
    let answered = |flags: &str| {
        let json: serde_json::Value =
            serde_json::from_str(&folder.text(&format!("{flags} --format json"))).expect("JSON");
        json["tables"]["rows"]["rows"][0]["answered"].as_u64().expect("a number")
    };
    assert_eq!(answered("--day 2024-02-02 --shift day"), 5);
    assert_eq!(answered("--day 2024-02-02 --shift swing"), 0);
    assert_eq!(answered("--day 2024-02-01 --shift late --shifts late=22:00-06:00"), 1);
    assert_eq!(answered("--day 2024-02-03"), 1, "who came to the line after midnight");
    assert_eq!(answered("--month 2024-02"), 7);
    assert_eq!(answered("--year 2024"), 7);
    assert_eq!(answered(""), 7, "all that the file holds");
    assert_eq!(answered("--from 2024-02-02~09:30 --to 2024-02-02~09:45"), 1);
    assert_eq!(answered("--day 2024-02-01 --zone +00:00"), 1, "other places have other days");
}

#[test]
fn a_base_table_gives_changes_and_is_frozen() {
    let folder = written("base");
    let base = |text: &str| {
        let path = folder.path("base.toml");
        std::fs::write(&path, text).expect("is written");
        path
    };
    let path = base(
        "version = \"2023.2\"\nperiod = \"2023\"\n[telephone]\nanswered = 4\nrate_of_answered = 50.25\n\
         wait_mean = 0\n[team]\npopulation = 4977500\nfirst_line = { all = 245, base_all = 235 }\n\
         on_phones = { city = 40, all = 193 }\n",
    );
    let text = folder.text(&format!("--year 2024 --base {path} --format md --lang zh"));
    let telephone = text.split("## ").nth(1).expect("the telephone table");
    let team = text.split("## ").nth(2).expect("the team table");
    compare(&format!("{telephone}{team}"), "annual.md");
    assert!(text.contains("2023, version 2023.2, fingerprint "), "{text}");

    let path = base("version = \"1\"\nperiod = \"2023\"\n[team]\non_phones = { all = -5, base_all = 4 }\n");
    let said = folder.refused(&format!("--year 2024 --base {path}"));
    assert!(said.contains("team.on_phones.all: -5 against 4; nothing falls by more than 100 %"), "{said}");
    let path = base("version = \"1\"\nperiod = \"2023\"\n[telephone]\nanswered = 4\n");
    let said = folder.refused(&format!("--month 2024-02 --base {path}"));
    assert!(said.contains("compare a year with a year"), "{said}");
}

#[test]
fn a_wrong_question_is_told_what_would_be_right() {
    let folder = written("wrong");
    for (flags, says) in [
        ("--list answered_within_31s", "did you mean answered_within_30s?"),
        ("--by agent=8001 --list offered", "this row has no such figure; it has answered,"),
        ("--by group=generl", "did you mean general?"),
        ("--by site", "add --config centre.toml"),
        ("--by queue", "write group, agent, site or trunk"),
        ("--interval 2h", "write one of 5m, 15m, 30m, 1h, 1d, 1w, 1mo, 1y"),
        ("--day 2024-02-30", "there is no such day"),
        ("--day 2024-02-02 --shift late", "there are day, swing, night"),
        ("--day 2024-02-02 --month 2024-02", "cannot be used with"),
        ("--from 2024-02-02 --to 2024-02-02", "not after its beginning"),
        ("--threshold 30", "30s, 1500ms or 10m"),
        ("--year 2024 --interval 5m --by agent --from 2024-01-01", "cannot be used with"),
        ("--interval 5m --year 2024", "a shorter period or a longer interval"),
        ("--format pdf", "possible values: md, html, csv, xlsx, json"),
        ("--output report.pdf --format md --output x", "cannot be used multiple times"),
    ] {
        let said = folder.refused(flags);
        assert!(said.contains(says), "{flags}: {said}");
    }
}

#[test]
fn a_radio_studio_has_a_table_of_its_shows_and_of_who_was_on_air() {
    let folder = written("studio");
    let none = folder.text("--day 2024-02-02 --format json");
    assert!(!none.contains("\"studios\""), "a centre without one has no such table");
    let mut records = Records::open(folder.path("day.db")).expect("opens");
    let run = records.begin_run(at(12, 0, 0.0)).expect("begins");
    let keys = vec!["radio".to_owned()];
    let plan = Plan { studios: keys.clone(), run, ..Plan::default() };
    let mut writer = records.writer(&plan, Numbers::Plain).expect("names");
    let mut day = Day { calls: Vec::new(), spans: Vec::new() };
    for (minute, on_air) in [(5, Some(90.0)), (10, Some(30.5)), (15, None)] {
        let call = day.call(at(14, minute, 0.0), "+8613800000010");
        call.opened.id = RecordId::new(run, minute);
        served(call, GENERAL, 5.0, 2.0, 8001, 200.0);
        (call.studio, call.standby) = (Some(StudioRef(0)), secs(60.0));
        call.on_air = on_air.map(secs);
    }
    writer.write(&[], &day.calls, &[]).expect("is written");
    let show = |number, hour, ended| ShowRecord {
        studio: StudioRef(0),
        number,
        begun: at(hour, 0, 0.0),
        ended,
        counts: StudioCounts::default(),
    };
    let shows = [show(1, 14, Some(at(15, 0, 0.0))), show(2, 20, None)];
    let mut register = store::Register::open(folder.path("day.db")).expect("opens");
    register.note_shows(run, &keys, &shows).expect("is written");

    let text = folder.text(&format!("--day 2024-02-02 --format md --config {CENTRE}"));
    let table = text.split("## ").find(|sheet| sheet.starts_with("政风热线")).expect("the table");
    compare(table, "studio.md");
    let json: serde_json::Value =
        serde_json::from_str(&folder.text("--day 2024-02-02 --format json")).expect("JSON");
    let row = &json["tables"]["studios"]["rows"][0];
    assert_eq!((&row["shows"], &row["received"], &row["aired"]), (&2.into(), &3.into(), &2.into()), "{row}");
    let before = folder.text("--day 2024-02-01 --format json");
    assert!(!before.contains("\"studios\""), "{before}");
}
