//! A supervisor's day over HTTP, against the running program: who waits and why, agents, lists, plans, restarts.

use nix::sys::signal::Signal;
use sujie_tests::sujie::{Plan, Sujie, wait_for};

/// The call that waits longest, as the board shows it.
fn longest(centre: &Sujie) -> u64 {
    wait_for("the board shows who waits", || centre.board()["longest_waiting"][0]["call"].is_u64());
    centre.board()["longest_waiting"][0]["call"].as_u64().expect("a call")
}

#[test]
fn a_supervisor_sees_why_a_caller_waits_and_an_agent_is_idle() {
    let centre = Sujie::start(Plan { node: "drain_grace = \"1s\"", ..Plan::default() });
    let caller = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    let call = longest(&centre);
    let (status, why) = centre.ask("GET", &format!("/api/v1/callers/{call}/why"), "");
    assert_eq!(status, 200, "{why}");
    assert_eq!((&why["position"], &why["agents"]["signed_out"]), (&1.into(), &2.into()), "{why:#}");
    assert!(why["en"].as_str().is_some_and(|text| text.ends_with("2 signed out.")), "{why:#}");
    assert!(why["zh"].as_str().is_some_and(|text| text.contains("2人未签入")), "{why:#}");

    // An agent signs in at the desk; he is asked for nobody until he is ready.
    assert_eq!(centre.ask("POST", "/api/v1/agents/8001/state", r#"{"state": "sign_in"}"#).0, 200);
    centre.shows_agent("8001", "not_ready", Some("signed_in"));
    let state = r#"{"state": "not_ready", "reason": "meal"}"#;
    assert_eq!(centre.ask("POST", "/api/v1/agents/8001/state", state).0, 200);
    centre.shows_agent("8001", "not_ready", Some("meal"));
    let (_, why) = centre.ask("GET", "/api/v1/agents/8001/why", "");
    assert_eq!((&why["reason"], &why["callers_for_him"]), (&"meal".into(), &1.into()), "{why:#}");
    wait_for("the board says why", || centre.board()["groups"][0]["why_not"]["not_ready"] == 1);

    // What is not so is said so.
    assert_eq!(centre.ask("POST", "/api/v1/agents/8009/state", r#"{"state": "ready"}"#).0, 404);
    let (status, said) = centre.ask("POST", "/api/v1/agents/8002/wrap-up", r#"{"extend_s": 30}"#);
    assert_eq!(status, 409, "{said}");
    assert_eq!(centre.ask("GET", "/api/v1/callers/999/why", "").0, 404);
    assert_eq!(centre.ask("PUT", "/api/v1/groups/general/surge", r#"{"mode": "on"}"#).0, 200);
    wait_for("the surge is on the board", || centre.board()["groups"][0]["surging"] == true);

    let (_, audit) = centre.ask("GET", "/api/v1/audit", "");
    let deeds = audit["deeds"].as_array().expect("deeds");
    assert_eq!(deeds.len(), 5, "{audit:#}");
    assert!(deeds.iter().all(|deed| deed["operator"] == "li"), "{audit:#}");
    assert!(deeds[0]["deed"] == "group general: surge On" && deeds[0]["outcome"] == "done", "{audit:#}");
    assert!(deeds[1]["outcome"].as_str().is_some_and(|said| said.starts_with("refused: ")), "{audit:#}");
    assert!(centre.log().contains("surge On"), "{}", centre.log());

    centre.signal(Signal::SIGTERM);
    caller.ends_well();
}

#[test]
fn lists_and_plans_outlive_the_process() {
    let mut centre = Sujie::start(Plan::default());
    let black = |seconds: u32| {
        format!(r#"{{"list": "black", "reason": "骚扰", "approver": "王", "expires_in_s": {seconds}}}"#)
    };
    let listed = |centre: &Sujie| -> Vec<String> {
        let (_, lists) = centre.ask("GET", "/api/v1/lists", "");
        let numbers = lists["listed"].as_array().expect("a list").iter();
        numbers.map(|one| one["number"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(centre.ask("PUT", "/api/v1/lists/13851234567", &black(3_600)).0, 200);
    assert_eq!(centre.ask("PUT", "/api/v1/lists/13851230000", &black(1)).0, 200);
    assert_eq!(centre.ask("PUT", "/api/v1/urgent/13851239999", "").0, 200);
    // Nobody with an urgent case is put on the black list, however his number is written.
    let (status, said) = centre.ask("PUT", "/api/v1/lists/+8613851239999", &black(3_600));
    assert!(status == 409 && said["detail"].as_str().is_some_and(|said| said.contains("urgent")), "{said}");
    wait_for("the second one expires", || listed(&centre) == ["+8613851234567"]);

    // The caller on the list is turned away; with an urgent case he is not.
    centre.caller("caller_is_released").play().ends_well();
    assert_eq!(centre.calls_over(1)[0].outcome.as_deref(), Some("blocked"));
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    centre.start_again();
    assert_eq!(listed(&centre), ["+8613851234567"]);
    centre.caller("caller_is_released").play().ends_well();
    assert_eq!(centre.calls_over(2)[1].outcome.as_deref(), Some("blocked"), "from the first call on");
    assert_eq!(centre.ask("PUT", "/api/v1/urgent/13851234567", "").0, 200);
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    centre.caller("caller_talks").play().ends_well();
    agent.ends_well();
    assert_eq!(centre.ask("DELETE", "/api/v1/lists/13851234567", "").0, 200);
    assert_eq!(centre.ask("DELETE", "/api/v1/lists/13851234567", "").0, 404);
    let (_, history) = centre.ask("GET", "/api/v1/plan/history", "");
    assert_eq!(
        history["plans"].as_array().map(Vec::len),
        Some(1),
        "the same file is the same plan: {history:#}"
    );
    drop(centre.calls_over(3));
}

#[test]
fn who_is_to_be_called_back_is_not_forgotten() {
    let mut centre = Sujie::start(Plan::default());
    let callback = r#"{"number": "13851234567", "group": "general", "after_s": 3600}"#;
    let (status, said) = centre.ask("POST", "/api/v1/callbacks", callback);
    assert_eq!(status, 409, "this group calls nobody back: {said}");
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    let section = "[groups.general.callback]\ncaller = \"12345\"\n[flows.main]";
    centre.write(&centre.written().replace("[flows.main]", section));
    centre.start_again();
    assert_eq!(centre.ask("POST", "/api/v1/callbacks", callback).0, 200);
    let kept = |centre: &Sujie| centre.ask("GET", "/api/v1/callbacks", "").1["callbacks"].clone();
    wait_for("it is kept", || kept(&centre).as_array().is_some_and(|kept| kept.len() == 1));
    let due = kept(&centre)[0]["not_before_unix_ms"].as_u64().expect("when");
    for (signal, well) in [(Signal::SIGKILL, false), (Signal::SIGTERM, true)] {
        centre.signal(signal);
        assert_eq!(centre.ends().success(), well);
        centre.start_again();
        wait_for("it is kept again", || kept(&centre).as_array().is_some_and(|kept| kept.len() == 1));
    }
    let again = &kept(&centre)[0];
    assert_eq!((&again["number"], &again["missed"]), (&"+8613851234567".into(), &false.into()), "{again:#}");
    assert!(again["not_before_unix_ms"].as_u64().expect("when").abs_diff(due) < 50, "{again:#}");
    centre.shows("/groups/0/callbacks_waiting", 1);
    let path = format!("/api/v1/callers/{}/callback", again["call"]);
    assert_eq!(centre.ask("DELETE", &path, "").0, 200);
    centre.shows("/groups/0/callbacks_waiting", 0);
    wait_for("it is over", || kept(&centre).as_array().is_some_and(Vec::is_empty));
    assert_eq!(centre.close(0), []);
}

#[test]
fn a_changed_plan_is_tried_applied_and_taken_back() {
    let mut centre = Sujie::start(Plan { node: "drain_grace = \"1s\"", ..Plan::default() });
    let caller = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    assert_eq!(centre.ask("POST", "/api/v1/agents/8002/state", r#"{"state": "sign_in"}"#).0, 200);
    let first = centre.written();
    // Only the best may be asked, and 8002 is not.
    let strict = first.replace("music = \"music\"\n", "music = \"music\"\ntimeline = [{ level_min = 9 }]\n");

    let (status, tried) = centre.ask("POST", "/api/v1/plan?dry_run=true", &strict);
    assert_eq!(status, 200, "{tried:#}");
    assert_eq!(
        (&tried["applied"], &tried["changed"]["groups"][0]),
        (&false.into(), &"general".into()),
        "{tried:#}"
    );
    let affected = &tried["callers"][0];
    assert_eq!((&affected["agents_before"], &affected["agents_after"]), (&1.into(), &0.into()), "{tried:#}");

    let (status, applied) = centre.ask("POST", "/api/v1/plan", &strict);
    assert!(status == 200 && applied["version"] == 2, "{applied:#}");
    let call = longest(&centre);
    let (_, why) = centre.ask("GET", &format!("/api/v1/callers/{call}/why"), "");
    assert_eq!(why["agents"]["not_asked_yet"], 1, "{why:#}");

    // A mistake has its line; what needs a restart is named; neither changes anything.
    let (status, said) = centre.ask("POST", "/api/v1/plan", &strict.replace("level_min", "levl_min"));
    assert!(
        status == 422
            && said["reasons"][0].as_str().is_some_and(|said| said.contains("did you mean level_min?")),
        "{said:#}"
    );
    let (status, said) = centre.ask("POST", "/api/v1/plan", &first.replace("max = 20\n", "max = 19\n"));
    assert!(status == 409 && said["reasons"][0] == "[calls] cannot change while the centre runs", "{said:#}");

    let (status, back) = centre.ask("POST", "/api/v1/plan/rollback", "");
    assert!(status == 200 && back["version"] == 3, "{back:#}");
    let (_, why) = centre.ask("GET", &format!("/api/v1/callers/{call}/why"), "");
    assert_eq!(why["agents"]["not_asked_yet"], 0, "{why:#}");
    assert_eq!(centre.ask("POST", "/api/v1/plan/rollback", "").0, 409, "there is none before the first");

    // The file, read again at a signal.
    centre.write(&strict);
    centre.signal(Signal::SIGHUP);
    wait_for("the file is in force", || {
        centre.ask("GET", "/api/v1/plan/history", "").1["plans"][0]["operator"] == "SIGHUP"
    });
    let (_, history) = centre.ask("GET", "/api/v1/plan/history", "");
    let text = history["plans"][0]["text"].as_str().expect("the file");
    assert!(text.contains("level_min = 9") && !text.contains("secret-of-8001"), "{text}");
    centre.signal(Signal::SIGTERM);
    caller.ends_well();
    assert!(centre.ends().success(), "{}", centre.log());
}

#[test]
fn with_a_token_the_centre_is_changed_by_who_has_it() {
    let centre = Sujie::start(Plan { node: "http_token = \"0123456789abcdef\"", ..Plan::default() });
    let state = r#"{"state": "sign_in"}"#;
    assert_eq!(centre.ask("POST", "/api/v1/agents/8001/state", state).0, 401);
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(centre.ask_with("POST", "/api/v1/agents/8001/state", token, state).0, 200);
    centre.shows_agent("8001", "not_ready", Some("signed_in"));
    assert_eq!(centre.close(0), []);
}
