//! Every page, asked for over a real connection on loopback; the board's JSON as a golden file.

use acd::input::Reason;
use acd::{AgentState, GroupRef};
use base::Timestamp;
use report::board::Mean;
use report::{Board, Formula, Report};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A centre that says what it was told to say.
#[derive(Default)]
struct Sample {
    board: Board,
    unready: Mutex<Vec<String>>,
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
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: centre\r\nConnection: close\r\n\r\n").expect("sent");
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
    line.counters.within[0].answered = 92;
    let served = line.counters.served(0);
    line.levels[0].ratios = Formula::ALL.map(|formula| formula.of(&served));
    line.wait = Mean { sum: Duration::from_secs(893), count: 95 };
    line.wait_buckets[0] = 60;
    line.wait_buckets[12] = 1;
    line.wait_quantiles = [4, 20, 45].map(Duration::from_secs);
    board.total = board.groups[0].line.clone();
    board.total.counters.arrived = 110;
    board
}

#[test]
fn the_board_is_what_other_programs_were_promised() {
    let address = serve(Arc::new(Sample { board: at_work(), unready: Mutex::default() }));
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
