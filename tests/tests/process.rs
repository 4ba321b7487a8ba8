//! The program as a process: killed and started again, stopped gracefully, without room on the disk, and what it
//! shows over HTTP and on its way out.

use nix::sys::signal::Signal;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use sujie_tests::sujie::{Plan, Sujie, program, wait_for};

#[test]
fn a_killed_centre_comes_back_with_its_records_and_closes_what_it_was_doing() {
    let mut centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").key("talk", 800).play().ends_well();
    agent.ends_well();
    drop(centre.calls_over(1));
    // One call is put through, another waits, when the power of the process goes.
    let agent = centre.answerer(phone, "agent_answers").play();
    let talking = centre.caller("caller_is_released").play();
    centre.shows_agent("8001", "talking", None);
    let waiting = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    wait_for("both calls are written, at most the flush interval late", || centre.calls().len() == 3);
    centre.signal(Signal::SIGKILL);
    assert!(!centre.ends().success());
    drop((agent, talking, waiting));

    centre.start_again();
    let calls = centre.calls_over(3);
    assert_eq!(calls[0].outcome.as_deref(), Some("answered"), "what was over stays as it was: {calls:#?}");
    assert_eq!(calls[0].agent.as_deref(), Some("8001"));
    for call in &calls[1..] {
        // Q.850 41: temporary failure.
        assert_eq!((call.outcome.as_deref(), call.cause), (Some("lost"), Some(41)), "{call:?}");
    }
    // And it works: a new run with its own numbers.
    let phone = centre.register("8002");
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").play().ends_well();
    agent.ends_well();
    let calls = centre.calls_over(4);
    assert_eq!(calls[3].agent.as_deref(), Some("8002"));
    assert!(calls.windows(2).all(|pair| pair[0].id < pair[1].id), "ids go on over the restart: {calls:#?}");
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success());
}

#[test]
fn a_stop_lets_running_calls_end_and_takes_no_new_ones() {
    let mut centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 3_000).play();
    centre.shows_agent("8001", "talking", None);
    centre.signal(Signal::SIGTERM);
    wait_for("it stops", || centre.log().contains("stopping"));
    let late = centre.caller("caller_is_refused").key("status", 503).play();
    let messages = late.ends_well();
    assert!(messages.last("SIP/2.0 503").contains("Retry-After: "), "{}", messages.0);
    caller.ends_well();
    agent.ends_well();
    let status = centre.ends();
    assert!(status.success(), "{status}:\n{}", centre.log());
    let calls = centre.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(calls[0].outcome.as_deref(), Some("answered"));
    assert!(calls[0].talked >= Duration::from_secs(2), "he talked to the end: {:?}", calls[0]);
}

#[test]
fn the_grace_of_a_stop_has_an_end() {
    let mut centre = Sujie::start(Plan { node: "drain_grace = \"1s\"", ..Plan::default() });
    let caller = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    centre.signal(Signal::SIGTERM);
    // He is told with a BYE, not left in silence.
    caller.ends_well();
    assert!(centre.ends().success(), "{}", centre.log());
    let calls = centre.calls();
    assert_eq!((calls.len(), calls[0].outcome.as_deref()), (1, Some("lost")), "{calls:#?}");
}

#[test]
fn a_full_disk_costs_records_their_time_and_no_call() {
    let centre = Sujie::start(Plan { file_blocks_max: Some(320), ..Plan::default() });
    let phone = centre.register("8001");
    let mut calls = 0;
    // The log of the database grows until its file may not.
    wait_for("the disk is full", || {
        calls += 1;
        let agent = centre.answerer(phone, "agent_answers").key("ring", 0).play();
        centre.caller("caller_talks").key("talk", 50).play().ends_well();
        agent.ends_well();
        let (status, body) = centre.page("/readyz");
        assert!(status == 200 || body.contains("call records cannot be written"), "{status} {body}");
        status == 503
    });
    let (_, body) = centre.page("/readyz");
    assert!(body.contains("wait in memory"), "{body}");
    // Calls go on.
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").play().ends_well();
    agent.ends_well();
    centre.shows("/total/answered", calls + 1);
    let (_, metrics) = centre.page("/metrics");
    assert!(
        metrics.lines().any(|line| line.starts_with("sujie_records_waiting ") && !line.ends_with(" 0")),
        "{metrics}"
    );
}

#[test]
fn prometheus_reads_the_metrics() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").play().ends_well();
    agent.ends_well();
    centre.shows("/total/answered", 1);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("promtool does not start ({error}); tests/run installs it"));
    let (status, metrics) = centre.page("/metrics");
    assert_eq!(status, 200);
    promtool.stdin.take().expect("its input").write_all(metrics.as_bytes()).expect("it reads");
    let said = promtool.wait_with_output().expect("it ends");
    let words = [said.stdout, said.stderr].concat();
    assert!(said.status.success() && words.is_empty(), "{}", String::from_utf8_lossy(&words));
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn http_listens_where_it_was_told_and_nowhere_else() {
    let centre = Sujie::start(Plan::default());
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{}/fd", centre.pid()))
        .expect("its files")
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok()?.to_str().map(str::to_owned))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut listening = 0;
    for list in ["tcp", "tcp6"] {
        for line in
            fs::read_to_string(format!("/proc/net/{list}")).expect("the system's list").lines().skip(1)
        {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // State 0A is LISTEN; the tenth field is the inode.
            if fields[3] != "0A" || !sockets.iter().any(|inode| inode == fields[9]) {
                continue;
            }
            listening += 1;
            // 127.0.0.0/8 in the machine's order ends in 7F; the port follows.
            let (address, _) = fields[1].split_once(':').expect("address:port");
            assert!(list == "tcp" && address.ends_with("7F"), "{line}");
        }
    }
    assert_eq!(listening, 2, "SIP over TCP, and HTTP");
    assert_eq!(centre.close(0), []);
}

/// Runs the program to its end: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let said = Command::new(program()).args(arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (said.status.code(), text(said.stdout), text(said.stderr))
}

#[test]
fn exit_codes_tell_mistakes_from_failures() {
    let (code, example, _) = run(&["config", "example"]);
    assert_eq!(code, Some(0));
    let folder = std::env::temp_dir().join(format!("sujie-check-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a directory");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("a file is written");
        path.display().to_string()
    };
    let right = write("right.toml", &example);
    let (code, shown, said) = run(&["check", "--config", &right]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!shown.is_empty(), "a picture of the centre");

    let wrong = write("wrong.toml", &example.replace("[calls]\nmax =", "[calls]\nmxa ="));
    for command in ["check", "serve"] {
        let (code, _, said) = run(&[command, "--config", &wrong]);
        assert_eq!(code, Some(2), "{command}: {said}");
        assert!(said.contains("wrong.toml:") && said.contains("did you mean max?"), "{command}: {said}");
    }
    let missing = folder.join("missing.toml").display().to_string();
    let (code, _, said) = run(&["check", "--config", &missing]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("missing.toml"), "{said}");
    assert_eq!(run(&["dance"]).0, Some(2));
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn a_port_that_is_taken_is_a_failure_with_its_address() {
    let centre = Sujie::start(Plan::default());
    let config = centre.directory().join("centre.toml").display().to_string();
    let (code, _, said) = run(&["serve", "--config", &config]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&centre.sip.to_string()) || said.contains(&centre.http.to_string()), "{said}");
    assert_eq!(centre.close(0), []);
}
