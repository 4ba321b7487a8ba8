//! After the talk, with the real program: a caller's phone presses a key (RFC 4733), and what he said and what the agent
//! says came of it stand in the records, over a restart as well.

use nix::sys::signal::Signal;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;
use store::StoredCall;
use sujie_tests::sujie::{Plan, Sujie, password, program, wait_for};

const RATED: &str = r#"
[flows.rated.steps]
people = { queue = "general", after = "survey" }
survey = { survey = ["beep"], wait = "3s", tries = 5, wrong = "beep", thanks = "beep" }
[[entries]]
called = "12345"
flow = "rated"
"#;

const DISPOSITIONS: &str = r#"
[dispositions]
answered = { code = "1", zh = "在线解答", online = true }
case = { code = "2", zh = "转工单" }
"#;

fn centre() -> Sujie {
    Sujie::start(Plan { flow: RATED, tables: DISPOSITIONS, ..Plan::default() })
}

/// Where a caller's audio is: it says nothing but keys.
struct Keypad {
    socket: UdpSocket,
    peer: Option<SocketAddr>,
    sequence: u16,
}

impl Keypad {
    fn at(ip: IpAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).expect("a UDP port is free on loopback");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        Self { socket, peer: None, sequence: 0 }
    }

    fn port(&self) -> u16 {
        self.socket.local_addr().expect("a bound address").port()
    }

    /// Reads what came; whether anything did lately.
    fn hears(&mut self) -> bool {
        let mut packet = [0; 2_048];
        let heard = self.socket.recv_from(&mut packet);
        if let Ok((_, from)) = heard {
            self.peer = Some(from);
        }
        heard.is_ok()
    }

    /// A key of 100 ms as telephone-event: five packets, and its end three times (RFC 4733 section 2.5.1).
    fn presses(&mut self, digit: u8, stamp: u32) {
        let peer = self.peer.expect("the centre has been heard");
        for packet in 1..=8_u16 {
            let ends = packet > 5;
            let duration = 160 * packet.min(5);
            let mut out = vec![0x80, if packet == 1 { 0x80 | 101 } else { 101 }];
            out.extend_from_slice(&self.sequence.to_be_bytes());
            out.extend_from_slice(&stamp.to_be_bytes());
            out.extend_from_slice(&0x0C0F_FEE1_u32.to_be_bytes());
            out.extend_from_slice(&[digit, if ends { 0x80 | 10 } else { 10 }]);
            out.extend_from_slice(&duration.to_be_bytes());
            self.socket.send_to(&out, peer).expect("sent");
            self.sequence += 1;
        }
    }
}

/// A call that 8001 answers and ends; the caller's keypad, when the question is heard.
fn asked(centre: &Sujie, keypad: &mut Keypad) -> sujie_tests::sipp::Playing {
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_hangs_up").play();
    let caller = centre.caller("caller_is_released").key("media_port", keypad.port()).play();
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    centre.shows("/calls", 1);
    wait_for("the caller hears something", || keypad.hears());
    caller
}

fn last(centre: &Sujie, count: usize) -> StoredCall {
    centre.calls_over(count).remove(0)
}

#[test]
fn a_phone_rates_by_key_and_the_record_has_it_when_the_call_is_over() {
    let centre = centre();
    let mut keypad = Keypad::at(centre.carrier());
    let caller = asked(&centre, &mut keypad);
    let board = centre.board().to_string();
    keypad.presses(9, 8_000);
    keypad.presses(2, 16_000);
    caller.ends_well();
    assert!(board.contains(r#""rated":[0,0,0,0,0,0,0,0,0]"#), "nobody sees a key before the record: {board}");
    let call = last(&centre, 1);
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
    assert_eq!((call.survey.as_deref(), call.rating), (Some("rated"), Some(2)));
    centre.shows("/groups/0/surveys/rated/1", 1);
    centre.shows("/groups/0/surveys/satisfied/part", 1);
    wait_for("the metric says so", || {
        let (_, metrics) = centre.page("/metrics");
        metrics.contains(r#"sujie_surveys_rated_total{group="general",rating="2"} 1"#)
            && metrics.contains(r#"sujie_calls_undisposed{group="general"} 1"#)
    });
    let report = Command::new(program())
        .args(["report", "--database", "centre.db", "--list", "rated_satisfied", "--lang", "en"])
        .current_dir(centre.directory())
        .output()
        .expect("the program runs");
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(report.contains("✓ reconciles: 1 lines"), "{report}");
    assert_eq!(centre.close(1).len(), 1);
}

#[test]
fn what_came_of_a_call_is_said_by_request_by_phone_and_after_a_restart() {
    let mut centre = centre();
    let mut keypad = Keypad::at(centre.carrier());
    let nothing = centre.ask("POST", "/api/v1/agents/8001/disposition", r#"{"result": "case"}"#);
    assert_eq!(nothing.0, 409, "{}", nothing.1);
    let caller = asked(&centre, &mut keypad);
    let says = |centre: &Sujie, path: &str, body: &str| centre.ask("POST", path, body);
    let (status, told) = says(&centre, "/api/v1/agents/8001/disposition", r#"{"result": "solved"}"#);
    assert!(
        status == 404 && told["detail"].as_str().is_some_and(|it| it.contains("answered, case")),
        "{told}"
    );
    assert_eq!(says(&centre, "/api/v1/agents/8001/disposition", r#"{"result": "case"}"#).0, 200);
    keypad.presses(1, 8_000);
    caller.ends_well();
    let of = |call: &StoredCall| call.disposition.clone().map(|(result, by)| format!("{result} {by}"));
    wait_for("the record has it", || of(&last(&centre, 1)).as_deref() == Some("case agent"));

    // At his phone: on line, by a specialist.
    let dials = centre.scenario("agent_dials", centre.phone("8001")).account("8001", &password("8001"));
    dials.key("called", "*31*").play().ends_well();
    wait_for("the record has it", || of(&centre.calls()[0]).as_deref() == Some("answered specialist"));
    centre.shows("/groups/0/dispositions/undisposed", 0);
    centre.shows("/groups/0/dispositions/online_specialist/part", 1);
    let (_, deeds) = centre.ask("GET", "/api/v1/audit", "");
    let deeds = deeds.to_string();
    assert!(deeds.contains("agent 8001: disposition case, by agent"), "{deeds}");
    assert!(deeds.contains("disposition answered, by specialist, at his phone"), "{deeds}");

    // A restart forgets who talked last; the record is found by its number.
    let record = centre.calls()[0].id.0;
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    centre.start_again();
    assert_eq!(says(&centre, "/api/v1/agents/8001/disposition", r#"{"result": "case"}"#).0, 409);
    let path = format!("/api/v1/calls/{record}/disposition");
    assert_eq!(says(&centre, &path, r#"{"result": "answered"}"#).0, 200);
    assert_eq!(of(&centre.calls()[0]).as_deref(), Some("answered agent"));
    let (status, told) = says(&centre, "/api/v1/calls/99/disposition", r#"{"result": "answered"}"#);
    assert_eq!(status, 404, "{told}");
    let (status, told) = centre.ask("GET", "/api/v1/agents/8001/undisposed", "");
    assert_eq!((status, told["undisposed"].as_array().map(Vec::len)), (200, Some(0)), "{told}");
}

#[test]
fn talks_of_which_nothing_was_said_are_listed_and_a_caller_who_hangs_up_first_is_asked_nothing() {
    let centre = centre();
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").play().ends_well();
    agent.ends_well();
    let call = last(&centre, 1);
    assert_eq!((call.survey.as_deref(), call.rating), (Some("not_offered"), None));
    let (status, told) = centre.ask("GET", "/api/v1/agents/8001/undisposed", "");
    assert_eq!((status, told["undisposed"][0]["call"].as_u64()), (200, Some(call.id.0)), "{told}");
    let (status, told) = centre.ask("POST", "/api/v1/agents/8001/talk", r#"{"do": "survey"}"#);
    assert_eq!(status, 409, "{told}");
    assert_eq!(centre.close(1).len(), 1);
}
