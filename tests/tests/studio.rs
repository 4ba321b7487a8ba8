//! A live radio show (政风热线) with real softphones: a caller is screened, hears the programme, is put through to the mixing
//! desk's phone, and what was on air is marked in the recording, counted, and in the report.

use media::tone::Hertz;
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};
use sujie_tests::softphone::{Law, Softphone, Speaks, Voice, loudness, share_of_tone, share_with_tone};
use sujie_tests::sujie::{Plan, Sujie, program, wait_for};

const CALLER: Hertz = Hertz(600);
const SCREENER: Hertz = Hertz(1_000);
const CONSOLE: Hertz = Hertz(1_400);

const STUDIO: &str = r#"
[studios.radio]
title = "政风热线"
console = "8950"
screeners = "general"
music = "music"
record = true
"#;

fn speaks(tone: Hertz) -> Speaks {
    Speaks { transport: "udp", codecs: "PCMA,PCMU", tone }
}

fn studio(centre: &Sujie, body: &str) -> (u16, Value) {
    centre.ask("POST", "/api/v1/studios/radio", body)
}

/// What is asked of the studio is done.
fn does(centre: &Sujie, body: &str) {
    let (status, said) = studio(centre, body);
    assert_eq!(status, 200, "{body}: {said}");
}

/// The studio's page, when it is so.
fn page(centre: &Sujie, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let look = || centre.ask("GET", "/api/v1/studios/radio", "").1;
    wait_for(what, || is_so(&look()));
    look()
}

/// What the caller hears for a second, once it begins like this.
fn hears(voice: &Voice, what: &str, begins: impl Fn(&[i16]) -> bool) -> Vec<i16> {
    let asked = Instant::now();
    wait_for(what, || {
        let heard = voice.heard().between(asked, Instant::now());
        heard.len() >= 1_600 && begins(&heard[heard.len() - 1_600..])
    });
    let from = Instant::now();
    wait_for("he hears it for a second", || voice.heard().between(from, Instant::now()).len() >= 8_000);
    voice.heard().between(from, Instant::now())
}

/// Neither of those who could talk with him, and no silence.
fn is_programme(heard: &[i16]) -> bool {
    let nobody = [SCREENER, CONSOLE].iter().all(|tone| share_with_tone(heard, *tone) < 0.1);
    nobody && loudness(heard) > 200.0
}

fn sujie(arguments: &[&str]) -> String {
    let output = Command::new(program()).args(arguments).output().expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_caller_is_screened_held_and_put_on_air_and_the_recording_says_so() {
    let agents = vec![("8001", 9), ("8950", 0)];
    let centre = Sujie::start(Plan { digest: r#"["md5"]"#, agents, tables: STUDIO, ..Plan::default() });
    let voice = Voice::speak(centre.carrier(), Law::A, CALLER);
    let mut screener = Softphone::start(&centre, "8001", speaks(SCREENER));
    let mut console = Softphone::start(&centre, "8950", speaks(CONSOLE));
    centre.shows_agent("8950", "ready", None);
    let caller = centre
        .caller("caller_is_released")
        .key("media_port", voice.at.port())
        .key("codecs", Law::A.payload())
        .play();
    centre.shows_agent("8001", "talking", None);
    hears(&voice, "he hears the screener", |heard| share_with_tone(heard, SCREENER) > 0.9);

    let screen = r#"{"do": "studio", "studio": "radio", "note": "路灯不亮"}"#;
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", screen);
    assert!(status == 409 && said["detail"].as_str().is_some_and(|why| why.contains("open it")), "{said}");
    does(&centre, r#"{"do": "open"}"#);
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", screen);
    assert_eq!(status, 200, "{said}");
    let heard = hears(&voice, "he hears the programme", is_programme);
    assert!(is_programme(&heard), "held, and no silence");
    let shown = page(&centre, "he is held", |page| page["held"] == 1);
    let held = &shown["held_callers"][0];
    assert_eq!((&held["note"], &held["screener"]), (&"路灯不亮".into(), &"8001".into()), "{shown}");
    assert!(held["caller"].as_str().is_some_and(|number| number.contains('*')), "{shown}");

    let pick = format!(r#"{{"do": "pick", "call": {}}}"#, held["call"]);
    does(&centre, &pick);
    let heard = hears(&voice, "he hears the console", |heard| share_of_tone(heard, CONSOLE) > 0.9);
    assert!(share_of_tone(&heard, CONSOLE) > 0.8, "the console and nobody else");
    assert_eq!(studio(&centre, &pick).0, 409, "he is at the console already");
    does(&centre, r#"{"do": "air"}"#);
    page(&centre, "he is on air", |page| page["on_air"] == true);
    let on_air = Instant::now();
    wait_for("he is on air for a while", || on_air.elapsed() > Duration::from_millis(1_500));
    let (_, metrics) = centre.page("/metrics");
    assert!(metrics.contains("sujie_studio_on_air{studio=\"radio\"}"), "{metrics}");
    does(&centre, r#"{"do": "return"}"#);
    let heard = hears(&voice, "he hears the programme again", is_programme);
    assert!(is_programme(&heard));

    // Once more, till the console hangs up on him on air.
    does(&centre, &pick);
    hears(&voice, "he hears the console", |heard| share_of_tone(heard, CONSOLE) > 0.9);
    does(&centre, r#"{"do": "air"}"#);
    hears(&voice, "he is on air", |heard| share_of_tone(heard, CONSOLE) > 0.9);
    console.quit();
    caller.ends_well();
    screener.quit();
    assert!(share_with_tone(&console.heard(), CALLER) > 0.2, "the console heard him");
    assert!(share_with_tone(&screener.heard(), CONSOLE) < 0.05, "the screener was out of it");

    let aired = || {
        let (status, body) = centre.ask("GET", "/api/v1/recordings?on_air=true", "");
        assert_eq!(status, 200, "{body}");
        body["recordings"].as_array().expect("recordings").clone()
    };
    // Files and marks come from two threads.
    wait_for("both recordings are whole, and off air", || {
        let rows = aired();
        let whole = |row: &Value| row["state"] == "whole" && row["on_air_spans"][0]["to_ms"].is_u64();
        rows.len() == 2 && rows.iter().all(whole)
    });
    for row in aired() {
        assert_eq!((&row["agent"], &row["on_air"]), (&"8950".into(), &true.into()), "{row}");
        let spans = row["on_air_spans"].as_array().expect("spans");
        let [span] = &spans[..] else { panic!("one span: {row}") };
        let (from, to) = (span["from_ms"].as_u64().expect("from"), span["to_ms"].as_u64().expect("to"));
        let length = row["length_ms"].as_u64().expect("a length");
        assert!(from < to && to - from >= 900 && to <= length + 200, "{row}");
    }
    does(&centre, r#"{"do": "close"}"#);
    assert_eq!(centre.calls_over(1).len(), 1);

    let database = centre.directory().join("centre.db");
    let database = database.to_str().expect("a path of letters");
    let listed = sujie(&["recordings", "list", "--database", database, "--on-air", "--json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    let counted = || {
        let report = sujie(&["report", "--database", database, "--format", "json"]);
        let report: Value = serde_json::from_str(&report).expect("JSON");
        report["tables"]["studios"]["rows"][0].clone()
    };
    wait_for("the call is in the records", || counted()["received"] == 1);
    let row = counted();
    assert_eq!((&row["shows"], &row["aired"]), (&1.into(), &1.into()), "{row}");
    let (_, audit) = centre.ask("GET", "/api/v1/audit", "");
    let deeds = audit["deeds"].to_string();
    for deed in ["sends his caller to studio radio", "studio radio: on air", "studio radio: the show is over"]
    {
        assert!(deeds.contains(deed), "{deeds}");
    }
    assert!(!deeds.contains("路灯不亮"), "what was written of him is not in the audit: {deeds}");

    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
    let kinds: Vec<_> = call.segments.iter().map(|segment| segment.kind.as_str()).collect();
    for (kind, count) in [("standby", 2), ("on_air", 2), ("talk", 3)] {
        assert_eq!(kinds.iter().filter(|known| **known == kind).count(), count, "{kinds:?}");
    }
}
