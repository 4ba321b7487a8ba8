//! Specialists and other platforms with real SIP programs behind the carrier: what they are told, who comes, who keeps
//! the caller, and what is left of it in the records.

use report::UnixMs;
use serde_json::json;
use std::process::Command;
use store::{Askings, Records};
use sujie_tests::sujie::{Plan, Sujie, program, wait_for};

const TABLES: &str = r#"
[outside]
caller = "12345"
[specialists.tax]
title = "税务专员"
people = [{ name = "王敏", number = "+8652784360001" }]
shows = "masked"
[liaisons.police]
title = "110"
extension = "8110"
url = "https://cases.example/{id}"
people = [{ name = "指挥中心", number = "110" }, { name = "值班室", number = "+8652784360110" }]
reasons = { danger = "危险", dispute = "纠纷" }
"#;

fn askings(centre: &Sujie) -> Vec<Askings> {
    let records = Records::open_to_read(centre.directory().join("centre.db")).expect("records");
    let reading = records.reading().expect("a reading");
    reading.askings(UnixMs(0), UnixMs(i64::MAX as u64)).expect("askings")
}

fn talk(centre: &Sujie, body: &str) {
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", body);
    assert_eq!(status, 200, "{body}: {said}");
}

#[test]
fn one_key_sends_a_caller_to_110_with_his_case_and_the_second_desk_takes_him() {
    let centre = Sujie::start(Plan { tables: TABLES, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 6_000).play();
    centre.shows_agent("8001", "talking", None);

    let busy = centre.outside("agent_refuses").key("status", 486).key("reason", "Busy Here").play();
    let body = r#"{"do": "transfer", "liaison": "police", "reason": "danger",
                   "case": {"id": "SQ-17", "place": "项王路", "text": "有人落水"}}"#;
    talk(&centre, body);
    let told = busy.ends_well().0;
    for line in ["INVITE sip:110@", "X-Case-Id: SQ-17", "X-Case-Reason: danger", "X-Case-Text: %E6%9C%89"] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
    assert!(told.contains("Call-Info: <https://cases.example/SQ-17>;purpose=info"), "{told}");
    let (status, view) = centre.ask("GET", "/api/v1/agents/8001/talk", "");
    assert_eq!(
        (status, &view["phase"], &view["wanted"]),
        (200, &json!("consult"), &json!("police")),
        "{view}"
    );
    assert_eq!(view["case"]["place"], "项王路");

    // He is rung now; the agent is out as soon as he answers.
    let second = centre.outside("agent_answers").play();
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    caller.ends_well();
    second.ends_well();
    let calls = centre.calls_over(1);
    assert_eq!(calls[0].outcome.as_deref(), Some("answered"));
    let [asked] = &askings(&centre)[..] else { panic!("one asking") };
    assert_eq!((asked.way.as_str(), asked.reason.as_str(), asked.liaison), ("out", "danger", true));
    assert_eq!((asked.answered, asked.took_over, asked.rung), (1, 1, 2), "{asked:?}");
    wait_for("the board has it", || centre.board()["asked"][0]["answered"] == 1);
    let series = r#"sujie_asked_total{roster="police",way="out",reason="danger",end="answered"} 1"#;
    wait_for("and the metrics", || centre.page("/metrics").1.contains(series));

    let database = centre.directory().join("centre.db");
    let report = Command::new(program()).arg("report").arg("--database").arg(&database).output();
    let report = String::from_utf8(report.expect("a report").stdout).expect("text");
    assert!(report.contains("双号互转"), "{report}");
    drop(centre.close(1));
}

#[test]
fn a_call_from_110_brings_its_case_to_the_agents_phone_and_screen() {
    let tables = TABLES;
    let centre = Sujie::start(Plan { tables, flow: "liaison = \"police\"", ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let headers = "X-Case-Id: JJ-9\nX-Case-Reason: dispute\nX-Case-Text: %E5%99%AA%E9%9F%B3";
    let caller = centre.caller("caller_talks").key("headers", headers).key("talk", 2_500).play();
    centre.shows_agent("8001", "talking", None);
    let (_, view) = centre.ask("GET", "/api/v1/agents/8001/talk", "");
    assert_eq!((&view["case"]["id"], &view["case"]["text"]), (&json!("JJ-9"), &json!("噪音")), "{view}");
    caller.ends_well();
    let told = agent.ends_well().0;
    assert!(told.contains("X-Case-Id: JJ-9") && told.contains("X-Case-Text: %E5%99%AA%E9%9F%B3"), "{told}");
    drop(centre.calls_over(1));
    let [asked] = &askings(&centre)[..] else { panic!("one exchange") };
    assert_eq!((asked.way.as_str(), asked.reason.as_str(), asked.answered), ("in", "dispute", 1));
    drop(centre.close(1));
}

#[test]
fn a_specialist_who_does_not_come_leaves_the_caller_with_his_agent() {
    let centre = Sujie::start(Plan { tables: TABLES, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 3_000).play();
    centre.shows_agent("8001", "talking", None);
    let away = centre.outside("agent_refuses").key("status", 480).key("reason", "Away").play();
    talk(&centre, r#"{"do": "consult", "specialists": "tax"}"#);
    let told = away.ends_well().0;
    assert!(told.contains("\"+86********67\"") || told.contains("+86*"), "the number is masked: {told}");
    assert!(!told.contains("13851234567"), "and nowhere whole: {told}");
    wait_for("the agent has his caller back", || {
        let (_, view) = centre.ask("GET", "/api/v1/agents/8001/talk", "");
        view["phase"] == "talk" && view["guests"].as_array().is_some_and(Vec::is_empty)
    });
    caller.ends_well();
    agent.ends_well();
    drop(centre.calls_over(1));
    let [asked] = &askings(&centre)[..] else { panic!("one asking") };
    assert_eq!((asked.nobody, asked.liaison), (1, false), "{asked:?}");
    let (status, said) =
        centre.ask("POST", "/api/v1/agents/8001/talk", r#"{"do": "consult", "specialists": "law"}"#);
    assert_eq!(status, 404, "{said}");
    drop(centre.close(1));
}
