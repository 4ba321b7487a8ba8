//! Every page, asked for over a real connection on loopback; the board's JSON as a golden file.

use acd::explain::{Obstacles, Waits, WhyCaller};
use acd::input::Reason;
use acd::{AgentState, Alert, GroupRef, Priority, SurgeMode};
use base::{Private, Timestamp};
use call::CallRef;
use call::Resolver;
use call::call::Supervision;
use call::show::StudioDo;
use report::board::Mean;
use report::studios::{StudioCaller, StudioCounts, StudioPlace};
use report::{Board, Formula, Report};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use web::board::{Live, LiveAlert, LiveCaller, LiveGroup};
use web::deed::{TalkDeed, Whom, Wish};
use web::{Answer, Deed, Refusal};

/// A centre that says what it was told to say.
#[derive(Default)]
struct Sample {
    board: Board,
    unready: Mutex<Vec<String>>,
    live: Live,
    token: Option<Private>,
    answer: Option<Result<Answer, Refusal>>,
    deeds: Mutex<Vec<(Deed, String)>>,
}

impl web::Centre for Sample {
    fn board(&self) -> Arc<Board> {
        Arc::new(self.board.clone())
    }

    fn unready(&self) -> Vec<String> {
        self.unready.lock().expect("nobody panics with it").clone()
    }

    fn metrics(&self) -> String {
        "# TYPE up gauge\nup 1\n".to_owned()
    }

    fn live(&self) -> Arc<Live> {
        Arc::new(self.live.clone())
    }

    fn unix_ms(&self) -> u64 {
        1_735_689_600_000
    }

    fn token(&self) -> Option<&Private> {
        self.token.as_ref()
    }

    fn act(&self, deed: Deed, operator: String) -> web::Acting {
        let answer = self.answer.clone();
        self.deeds.lock().expect("nobody panics with it").push((deed, operator));
        Box::pin(async move { answer.unwrap_or(Ok(Answer::Done)) })
    }
}

fn serve(centre: Arc<Sample>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            web::serve(listener, centre).await
        })
    });
    address
}

/// Status line, headers in small letters, body.
fn ask(address: SocketAddr, method: &str, path: &str) -> (u16, String, String) {
    send(address, method, path, "", "")
}

/// The same with more headers, each with its line's end, and a body.
fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let length = body.len();
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: centre\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_lowercase(), body.to_owned())
}

#[test]
fn probes_and_pages_answer_as_their_readers_expect() {
    let centre = Arc::new(Sample::default());
    let address = serve(Arc::clone(&centre));

    assert_eq!(ask(address, "GET", "/healthz").0, 200);
    let (status, _, body) = ask(address, "GET", "/readyz");
    assert_eq!((status, body.as_str()), (200, "{\"ready\":true}\n"));

    *centre.unready.lock().expect("nobody panics with it") = vec!["the disk is full".into()];
    let (status, head, body) = ask(address, "GET", "/readyz");
    assert_eq!(status, 503);
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let problem: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(problem["reasons"][0], "the disk is full");
    assert_eq!(ask(address, "GET", "/healthz").0, 200, "alive all the same");

    let (status, head, body) = ask(address, "GET", "/metrics");
    assert_eq!((status, body.as_str()), (200, "# TYPE up gauge\nup 1\n"));
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");

    let (status, _, body) = ask(address, "GET", "/");
    assert!(status == 200 && body.contains("/api/v1/board"), "{body}");
}

#[test]
fn what_is_not_there_is_a_problem_object() {
    let address = serve(Arc::default());
    for (method, path, status) in [("GET", "/nothing", 404), ("POST", "/metrics", 405), ("GET", "/%00", 404)]
    {
        let (got, head, body) = ask(address, method, path);
        assert_eq!(got, status, "{method} {path}");
        assert!(head.contains("application/problem+json"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
    // No HTTP at all: an answer of HTTP, or the end, and the next one is served.
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(b"INVITE sip:12345@centre SIP/2.0\r\n\r\n").expect("sent");
    let _ = stream.read_to_string(&mut String::new());
    assert_eq!(ask(address, "GET", "/healthz").0, 200);
}

#[test]
fn connections_beyond_the_bound_wait_and_are_served_when_one_ends() {
    let address = serve(Arc::default());
    let mut idle: Vec<TcpStream> =
        (0..256).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    let mut waiting = TcpStream::connect(address).expect("taken by the kernel");
    waiting.write_all(b"GET /healthz HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n").expect("sent");
    waiting.set_read_timeout(Some(Duration::from_millis(300))).expect("a socket");
    let early = waiting.read(&mut [0; 64]);
    assert!(early.is_err(), "no place yet, but {early:?}");
    idle.truncate(200);
    waiting.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Two groups, one at work: round figures that a reader can follow.
fn at_work() -> Board {
    let plan = report::Plan {
        groups: vec!["general".into(), "medical".into()],
        titles: vec!["民生".into(), "医保专区".into()],
        agents: vec!["8001".into()],
        agent_sites: vec![0],
        agent_groups: vec![vec![GroupRef::at(0), GroupRef::at(1)]],
        sites: vec!["city".into()],
        trunks: vec!["telecom".into(), "unicom".into()],
        studios: vec!["radio".into()],
        studio_titles: vec!["政风热线".into()],
        thresholds: vec![Duration::from_secs(30)],
        ..report::Plan::default()
    };
    let mut board = Report::new(plan).board(Timestamp::from_nanos(3_600_000_000_000));
    board.unix_ms = 1_735_689_600_000;
    (board.seq, board.calls, board.phones_bound) = (12_000, 7, 1);
    board.trunks[0].up = Some(true);
    board.agents[0].state = AgentState::NotReady(Reason::Meal);
    board.agents_by_state.signed_out = 0;
    board.agents_by_state.add(&AgentState::NotReady(Reason::Meal));
    let line = &mut board.groups[0].line;
    (line.waiting, line.longest_wait) = (2, Duration::from_millis(12_500));
    line.counters.offered = 100;
    line.counters.answered = 95;
    line.counters.abandoned_in_line = 2;
    line.counters.abandoned_ringing = 1;
    line.counters.waiting = 2;
    (line.counters.callback.kept, line.counters.callback.open, line.counters.callback.reached) = (5, 3, 2);
    (line.forecast.count, line.forecast.error) = (4, Duration::from_secs(30));
    line.counters.within[0].answered = 92;
    let served = line.counters.served(0);
    line.levels[0].ratios = Formula::ALL.map(|formula| formula.of(&served));
    line.wait = Mean { sum: Duration::from_secs(893), count: 95 };
    line.wait_buckets[0] = 60;
    line.wait_buckets[12] = 1;
    line.wait_quantiles = [4, 20, 45].map(Duration::from_secs);
    board.total = board.groups[0].line.clone();
    board.total.counters.arrived = 110;
    let caller = |number, place, since, on_air| StudioCaller {
        call: 6 + u64::from(number),
        number,
        caller: Private::new("+8613851234567".into()),
        note: Private::new(if number == 1 { "路灯不亮" } else { "噪声扰民" }.into()),
        screener: "8001".into(),
        sent: Timestamp::from_secs(3_300),
        place,
        since: Timestamp::from_secs(since),
        on_air,
    };
    let studio = &mut board.studios[0];
    (studio.open, studio.show) = (Some(Timestamp::from_secs(3_000)), 1);
    studio.callers = vec![
        caller(1, StudioPlace::AtConsole, 3_550, Some(Timestamp::from_secs(3_560))),
        caller(2, StudioPlace::Picked, 3_300, None),
    ];
    studio.counts = StudioCounts {
        shows: 1,
        screened: 3,
        picked: 2,
        taken: 1,
        aired: 1,
        gone: 1,
        ..StudioCounts::default()
    };
    studio.total = studio.counts;
    board
}

/// One caller waits; why was asked.
fn waiting() -> Live {
    let why = WhyCaller {
        group: GroupRef::at(0),
        position: 1,
        since: Timestamp::from_secs(3_587),
        waits: Waits::Open,
        stages_open: vec![0],
        next_stage: None,
        alone: None,
        agents: Obstacles { not_ready: 1, ..Obstacles::default() },
        refused_by: Vec::new(),
    };
    let at = Timestamp::from_secs(3_600);
    let general =
        LiveGroup { surging: true, expected: Some(Duration::from_secs(40)), why: Some((why.agents, at)) };
    let alert = Alert::RingNoAnswer { agent: acd::AgentRef::at(0), in_a_row: 2 };
    let alerts = vec![LiveAlert { at: Timestamp::from_secs(3_540), alert }];
    let caller = LiveCaller { call: 7, group: 0, since: why.since, why: Some((why, at)) };
    Live { groups: vec![general, LiveGroup::default()], longest: vec![caller], alerts, ..Live::default() }
}

#[test]
fn the_board_is_what_other_programs_were_promised() {
    let address = serve(Arc::new(Sample { board: at_work(), live: waiting(), ..Sample::default() }));
    let (status, head, body) = ask(address, "GET", "/api/v1/board");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json") && head.contains("cache-control: no-store"));
    let value: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let shown = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/board.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(golden, &shown).expect("written");
    }
    let wanted = std::fs::read_to_string(golden).expect("the golden file; UPDATE=1 writes it");
    assert_eq!(shown, wanted, "/api/v1/board has changed; UPDATE=1 rewrites the golden file");
}

const LI: &str = "X-Operator: 李\r\n";

#[test]
fn each_deed_is_understood_and_done_in_the_name_of_who_asked() {
    let centre = Arc::new(Sample::default());
    let address = serve(Arc::clone(&centre));
    let number = || Private::new("13800000000".to_owned());
    let key = |text: &str| text.to_owned();
    let studio = |what| Deed::Studio("radio".to_owned(), what);
    let black =
        r#"{"list": "black", "reason": "骚扰", "approver": "王主任", "expires_unix_ms": 1735776000000}"#;
    for (method, path, body, deed) in [
        (
            "POST",
            "/api/v1/agents/8001/state",
            r#"{"state": "sign_in"}"#,
            Deed::Agent(key("8001"), Wish::SignIn),
        ),
        (
            "POST",
            "/api/v1/agents/8001/state",
            r#"{"state": "not_ready", "reason": "meal"}"#,
            Deed::Agent(key("8001"), Wish::NotReady(Reason::Meal)),
        ),
        (
            "POST",
            "/api/v1/agents/8001/state",
            r#"{"state": "forced"}"#,
            Deed::Agent(key("8001"), Wish::NotReady(Reason::Forced)),
        ),
        (
            "POST",
            "/api/v1/agents/8001/wrap-up",
            r#"{"extend_s": 30}"#,
            Deed::ExtendWrapUp(key("8001"), Duration::from_secs(30)),
        ),
        ("POST", "/api/v1/agents/8001/wrap-up", r#"{"end": true}"#, Deed::EndWrapUp(key("8001"))),
        (
            "POST",
            "/api/v1/agents/8001/dial",
            r#"{"number": "13800000000"}"#,
            Deed::Dial(key("8001"), Whom::Number(number())),
        ),
        (
            "POST",
            "/api/v1/agents/8001/dial",
            r#"{"agent": "8002"}"#,
            Deed::Dial(key("8001"), Whom::Agent(key("8002"))),
        ),
        (
            "PUT",
            "/api/v1/agents/8001/skills/medical",
            r#"{"level": 7}"#,
            Deed::Skill { agent: key("8001"), group: key("medical"), level: Some(7) },
        ),
        (
            "DELETE",
            "/api/v1/agents/8001/skills/medical",
            "",
            Deed::Skill { agent: key("8001"), group: key("medical"), level: None },
        ),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "hold"}"#, Deed::Talk(key("8001"), TalkDeed::Hold)),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "consult", "agent": "8002"}"#,
            Deed::Talk(key("8001"), TalkDeed::Consult(Whom::Agent(key("8002")))),
        ),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "transfer"}"#,
            Deed::Talk(key("8001"), TalkDeed::Transfer),
        ),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "transfer", "number": "13800000000"}"#,
            Deed::Talk(key("8001"), TalkDeed::TransferTo(Whom::Number(number()))),
        ),
        (
            "POST",
            "/api/v1/agents/8001/supervise",
            r#"{"supervisor": "8009", "how": "whisper"}"#,
            Deed::Supervise { supervisor: key("8009"), agent: key("8001"), how: Some(Supervision::Whisper) },
        ),
        (
            "POST",
            "/api/v1/agents/8001/supervise",
            r#"{"supervisor": "8009", "how": "take_over"}"#,
            Deed::TakeOver { supervisor: key("8009"), agent: key("8001") },
        ),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "studio", "studio": "radio", "note": " 路灯不亮 "}"#,
            Deed::Screen {
                agent: key("8001"),
                studio: key("radio"),
                note: Private::new("路灯不亮".to_owned()),
            },
        ),
        ("POST", "/api/v1/studios/radio", r#"{"do": "open"}"#, studio(StudioDo::Open)),
        (
            "POST",
            "/api/v1/studios/radio",
            r#"{"do": "pick", "call": 7}"#,
            studio(StudioDo::Pick(CallRef::from_bits(7))),
        ),
        ("POST", "/api/v1/studios/radio", r#"{"do": "air"}"#, studio(StudioDo::Air)),
        ("POST", "/api/v1/studios/radio", r#"{"do": "off_air"}"#, studio(StudioDo::OffAir)),
        ("POST", "/api/v1/studios/radio", r#"{"do": "return"}"#, studio(StudioDo::Return)),
        (
            "POST",
            "/api/v1/studios/radio",
            r#"{"do": "back", "call": 7}"#,
            studio(StudioDo::Back(CallRef::from_bits(7))),
        ),
        ("POST", "/api/v1/studios/radio", r#"{"do": "close"}"#, studio(StudioDo::Close)),
        (
            "POST",
            "/api/v1/callers/7/priority",
            r#"{"priority": "emergency"}"#,
            Deed::Prioritize(7, Priority::EMERGENCY),
        ),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "survey"}"#,
            Deed::Talk(key("8001"), TalkDeed::Survey),
        ),
        (
            "POST",
            "/api/v1/agents/8001/disposition",
            r#"{"result": "answered", "by": "specialist"}"#,
            Deed::Dispose { agent: key("8001"), result: key("answered"), by: Resolver::Specialist },
        ),
        (
            "POST",
            "/api/v1/calls/1099511627777/disposition",
            r#"{"result": "case"}"#,
            Deed::DisposeRecord { call: 1 << 40 | 1, result: key("case"), by: Resolver::Agent },
        ),
        ("POST", "/api/v1/callers/7/callback", "", Deed::CallBack(7)),
        ("DELETE", "/api/v1/callers/7/callback", "", Deed::CancelCallback(7)),
        (
            "POST",
            "/api/v1/callbacks",
            r#"{"number": "13800000000", "group": "general", "after_s": 60}"#,
            Deed::CallBackNumber {
                number: number(),
                group: key("general"),
                site: None,
                priority: Priority(0),
                after: Duration::from_secs(60),
            },
        ),
        (
            "PUT",
            "/api/v1/groups/general/surge",
            r#"{"mode": "announce_only"}"#,
            Deed::Surge(key("general"), SurgeMode::AnnounceOnly),
        ),
        ("PUT", "/api/v1/sites/city/help", r#"{"on": true}"#, Deed::Help(key("city"), true)),
        (
            "PUT",
            "/api/v1/lists/13800000000",
            black,
            Deed::List {
                number: number(),
                black: true,
                reason: key("骚扰"),
                approver: key("王主任"),
                expires_unix_ms: 1_735_776_000_000,
            },
        ),
        ("DELETE", "/api/v1/lists/13800000000", "", Deed::Unlist(number())),
        ("PUT", "/api/v1/urgent/13800000000", "", Deed::Urgent(number(), true)),
        ("DELETE", "/api/v1/urgent/13800000000", "", Deed::Urgent(number(), false)),
        (
            "PUT",
            "/api/v1/numbers/firms/13800000000",
            "",
            Deed::Enlist { list: key("firms"), number: number(), on: true },
        ),
        (
            "DELETE",
            "/api/v1/numbers/firms/13800000000",
            "",
            Deed::Enlist { list: key("firms"), number: number(), on: false },
        ),
        (
            "PUT",
            "/api/v1/preferred/13800000000",
            r#"{"agent": "8001", "alone_s": 20}"#,
            Deed::Prefer(number(), key("8001"), Some(Duration::from_secs(20))),
        ),
        ("DELETE", "/api/v1/preferred/13800000000", "", Deed::PreferNobody(number())),
        ("POST", "/api/v1/plan?dry_run=true", "", Deed::Plan { text: None, dry_run: true }),
        ("POST", "/api/v1/plan", "[groups]", Deed::Plan { text: Some(key("[groups]")), dry_run: false }),
        ("POST", "/api/v1/plan/rollback", "", Deed::Rollback),
    ] {
        let (status, _, said) = send(address, method, path, LI, body);
        assert_eq!((status, said.as_str()), (200, "{\"done\":true}"), "{method} {path}");
        let done = centre.deeds.lock().expect("nobody panics with it").pop();
        assert_eq!(done, Some((deed, key("李"))), "{method} {path}");
    }
}

#[test]
fn a_studios_page_shows_who_is_held_and_who_is_at_the_console_to_who_may_see_it() {
    let token = Some(Private::new("a long and secret token".to_owned()));
    let centre = Arc::new(Sample { board: at_work(), token, ..Sample::default() });
    let address = serve(centre);
    assert_eq!(ask(address, "GET", "/api/v1/studios/radio").0, 401);
    let token = "Authorization: Bearer a long and secret token\r\n";
    let (status, _, said) = send(address, "GET", "/api/v1/studios/radio", token, "");
    let page: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(
        (status, &page["open"], &page["show"], &page["held"]),
        (200, &true.into(), &1.into(), &1.into())
    );
    let held = &page["held_callers"][0];
    assert_eq!((&held["number"], &held["note"]), (&2.into(), &"噪声扰民".into()));
    assert!(held["caller"].as_str().is_some_and(|number| number.contains('*')), "{held}");
    let console = &page["console"];
    assert_eq!((&console["number"], &console["screener"]), (&1.into(), &"8001".into()));
    assert_eq!(console["on_air_ms"], 40_000);
    assert!(!said.contains("13851234567"), "numbers are masked: {said}");
    let (_, _, board) = ask(address, "GET", "/api/v1/board");
    assert!(!board.contains("噪声扰民"), "what was written of a caller is not on the board");
    let (status, _, said) = send(address, "GET", "/api/v1/studios/tv", token, "");
    assert!(status == 404 && said.contains("there is no studio tv"), "{said}");
}

#[test]
fn what_is_asked_wrongly_is_answered_with_what_would_be_right() {
    let centre = Arc::new(Sample::default());
    let address = serve(Arc::clone(&centre));
    for (method, path, body, says) in [
        ("POST", "/api/v1/agents/8001/state", r#"{"state": "dead"}"#, "sign_in, sign_out, ready"),
        (
            "POST",
            "/api/v1/agents/8001/state",
            r#"{"state": "not_ready", "reason": "phone_lost"}"#,
            "busy, rest, meal",
        ),
        ("POST", "/api/v1/agents/8001/state", "ready", r#"{\"state\": \"not_ready\""#),
        ("PUT", "/api/v1/agents/8001/skills/medical", r#"{"level": 11}"#, "10 is best"),
        ("POST", "/api/v1/agents/8001/wrap-up", r#"{"end": true, "extend_s": 5}"#, "write one of"),
        ("POST", "/api/v1/agents/8001/wrap-up", "{}", "write one of"),
        ("POST", "/api/v1/agents/8001/dial", "{}", "name one"),
        ("POST", "/api/v1/agents/8001/dial", r#"{"number": "1", "agent": "8002"}"#, "several are named"),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "jump"}"#, "hold, retrieve, consult"),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "consult"}"#, "name one"),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "hold", "agent": "8002"}"#, "leave out"),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "consult", "agent": "8002", "group": "general"}"#,
            "several are named",
        ),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "transfer", "number": "me"}"#, "2 to 20 digits"),
        (
            "POST",
            "/api/v1/agents/8001/supervise",
            r#"{"supervisor": "8009", "how": "shout"}"#,
            "listen, whisper, barge",
        ),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "survey", "agent": "8002"}"#, "leave out"),
        (
            "POST",
            "/api/v1/agents/8001/disposition",
            r#"{"result": "case", "by": "me"}"#,
            "agent or specialist",
        ),
        ("POST", "/api/v1/agents/8001/disposition", r#"{"by": "agent"}"#, r#"{\"result\": \"answered\""#),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "studio"}"#, "no studio is named"),
        ("POST", "/api/v1/agents/8001/talk", r#"{"do": "hold", "note": "x"}"#, "studio and note are for"),
        (
            "POST",
            "/api/v1/agents/8001/talk",
            r#"{"do": "studio", "studio": "radio", "agent": "8002"}"#,
            "goes to nobody else",
        ),
        ("POST", "/api/v1/studios/radio", r#"{"do": "sing"}"#, "open, pick, air, off_air"),
        ("POST", "/api/v1/studios/radio", r#"{"do": "pick"}"#, "none is named"),
        ("POST", "/api/v1/studios/radio", r#"{"do": "air", "call": 7}"#, "leave out call"),
        ("POST", "/api/v1/callers/7/priority", r#"{"priority": 10}"#, "0 to 9"),
        ("PUT", "/api/v1/groups/general/surge", r#"{"mode": "yes"}"#, "announce_only"),
        (
            "PUT",
            "/api/v1/lists/13800000000",
            r#"{"list": "black", "reason": "x"}"#,
            "an approver and an expiry",
        ),
        (
            "PUT",
            "/api/v1/lists/13800000000",
            r#"{"list": "grey", "expires_unix_ms": 5}"#,
            "a moment that is still to come",
        ),
        ("PUT", "/api/v1/lists/me", r#"{"list": "grey"}"#, "2 to 20 digits"),
        ("POST", "/api/v1/plan?dry_run=perhaps", "", "?dry_run=true"),
    ] {
        let (status, _, said) = send(address, method, path, LI, body);
        assert!(status == 422 && said.contains(says), "{method} {path}: {status} {said}");
    }
    // Who does not say who he is changes nothing, and may ask.
    let (status, _, said) = send(address, "POST", "/api/v1/plan/rollback", "", "");
    assert!(status == 400 && said.contains("X-Operator"), "{status} {said}");
    assert!(centre.deeds.lock().expect("nobody panics with it").is_empty());
    assert_eq!(ask(address, "GET", "/api/v1/agents/8001/why").0, 200);
}

#[test]
fn with_a_token_only_who_has_it_changes_anything() {
    let token = Some(Private::new("a long and secret token".to_owned()));
    let centre = Arc::new(Sample { token, ..Sample::default() });
    let address = serve(Arc::clone(&centre));
    for headers in ["", "Authorization: Bearer a long and secret toke\r\n", "Authorization: Basic YTpi\r\n"] {
        let headers = format!("{LI}{headers}");
        let (status, _, said) = send(address, "PUT", "/api/v1/urgent/110", &headers, "");
        assert!(status == 401 && said.contains("http_token"), "{status} {said}");
        assert_eq!(
            send(address, "GET", "/api/v1/lists", &headers, "").0,
            401,
            "numbers are not for everybody"
        );
    }
    assert!(centre.deeds.lock().expect("nobody panics with it").is_empty());
    let headers = format!("{LI}Authorization: Bearer a long and secret token\r\n");
    assert_eq!(send(address, "PUT", "/api/v1/urgent/110", &headers, "").0, 200);
    assert_eq!(ask(address, "GET", "/api/v1/board").0, 200, "the board is for all");
}

#[test]
fn what_was_not_done_says_why() {
    for (refusal, status) in [
        (Refusal::Unknown("there is no agent 9".into()), 404),
        (Refusal::Wrong("the configuration has 1 mistakes".into(), vec!["centre.toml:3:1".into()]), 422),
        (Refusal::Cannot("he talks".into(), Vec::new()), 409),
        (Refusal::Full, 503),
        (Refusal::Late, 504),
        (Refusal::NotKept("disk".into()), 500),
    ] {
        let address = serve(Arc::new(Sample { answer: Some(Err(refusal)), ..Sample::default() }));
        let (got, head, body) = send(address, "POST", "/api/v1/plan", LI, "");
        assert_eq!(got, status, "{body}");
        assert!(head.contains("application/problem+json"), "{head}");
    }
}
