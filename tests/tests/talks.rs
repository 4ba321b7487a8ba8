//! Hold, consult, three-way, transfer and supervision with real softphones: each party has a tone of its own, and
//! whoever hears another one than he should is found out.

use media::tone::Hertz;
use std::time::{Duration, Instant};
use sujie_tests::sipp::Playing;
use sujie_tests::softphone::{
    Law, Softphone, Speaks, Voice, longest_without, share_of_tone, share_with_tone,
};
use sujie_tests::sujie::{Plan, Sujie, wait_for};

const CALLER: Hertz = Hertz(600);
const FIRST: Hertz = Hertz(1_000);
const SECOND: Hertz = Hertz(1_400);
const SUPERVISOR: Hertz = Hertz(1_800);

const OUTSIDE: &str = r#"
[outside]
caller = "12345"
refuse = ["+86190*"]
"#;

fn centre() -> Sujie {
    let agents = vec![("8001", 9), ("8002", 5), ("8009", 1)];
    let (digest, supervisors, tables) = (r#"["md5"]"#, vec!["8009"], OUTSIDE);
    Sujie::start(Plan { digest, agents, supervisors, tables, ..Plan::default() })
}

fn speaks(tone: Hertz) -> Speaks {
    Speaks { transport: "udp", codecs: "PCMA,PCMU", tone }
}

/// What the caller hears from now on for a while, once `begins` is so.
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

fn with(tone: Hertz) -> impl Fn(&[i16]) -> bool {
    move |heard| share_with_tone(heard, tone) > 0.9
}

/// The caller, who has this voice, when 8001 talks with him.
fn talking(centre: &Sujie, voice: &Voice) -> Playing {
    let caller = centre
        .caller("caller_is_released")
        .key("media_port", voice.at.port())
        .key("codecs", Law::A.payload())
        .play();
    centre.shows_agent("8001", "talking", None);
    caller
}

fn talk(centre: &Sujie, body: &str) {
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", body);
    assert_eq!(status, 200, "{body}: {said}");
}

#[test]
fn consult_three_way_and_transfer_are_heard_by_whom_they_should() {
    let centre = centre();
    let voice = Voice::speak(centre.carrier(), Law::A, CALLER);
    let mut first = Softphone::start(&centre, "8001", speaks(FIRST));
    let caller = talking(&centre, &voice);
    let heard = hears(&voice, "the caller hears his agent", with(FIRST));
    assert!(share_of_tone(&heard, FIRST) > 0.8, "his agent and nobody else");

    talk(&centre, r#"{"do": "hold"}"#);
    let heard = hears(&voice, "the caller hears music", |heard| share_with_tone(heard, FIRST) < 0.1);
    assert!(share_with_tone(&heard, FIRST) < 0.1);
    talk(&centre, r#"{"do": "retrieve"}"#);

    let mut second = Softphone::start(&centre, "8002", speaks(SECOND));
    talk(&centre, r#"{"do": "consult", "agent": "8002"}"#);
    let heard = hears(&voice, "the caller hears music", |heard| share_with_tone(heard, FIRST) < 0.1);
    assert!(share_with_tone(&heard, FIRST) < 0.1 && share_with_tone(&heard, SECOND) < 0.1, "only music");
    wait_for("8002 has picked up", || {
        centre.ask("POST", "/api/v1/agents/8001/talk", r#"{"do": "conference"}"#).0 == 200
    });
    let together = Instant::now();
    let heard = hears(&voice, "the caller hears both", |heard| with(FIRST)(heard) && with(SECOND)(heard));
    assert!(share_with_tone(&heard, FIRST) > 0.8 && share_with_tone(&heard, SECOND) > 0.8);
    // No phone hears itself, and no party is changed for those who go on talking.
    talk(&centre, r#"{"do": "transfer"}"#);
    let heard = hears(&voice, "the caller hears the second", |heard| share_of_tone(heard, SECOND) > 0.9);
    assert!(share_of_tone(&heard, SECOND) > 0.8, "the second alone");
    let across = voice.heard().between(together + Duration::from_millis(500), Instant::now());
    let gap = longest_without(&across, SECOND);
    assert!(gap <= Duration::from_millis(40), "{gap:?} without who stays, across the change");

    second.quit();
    caller.ends_well();
    first.quit();
    let heard = second.heard();
    assert!(share_with_tone(&heard, FIRST) > 0.2, "the first asked, and conferred");
    assert!(share_with_tone(&heard, CALLER) > 0.2, "the caller, when he came in");
    assert!(share_with_tone(&heard, SECOND) < 0.05, "nobody hears himself");

    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
    assert_eq!(call.legs, 3, "three legs were measured");
}

#[test]
fn a_supervisor_is_heard_by_nobody_by_the_agent_or_by_all() {
    let centre = centre();
    let voice = Voice::speak(centre.carrier(), Law::A, CALLER);
    let mut agent = Softphone::start(&centre, "8001", speaks(FIRST));
    let caller = talking(&centre, &voice);
    hears(&voice, "the caller hears his agent", with(FIRST));
    let mut supervisor = Softphone::start(&centre, "8009", speaks(SUPERVISOR));
    let supervises = |how: &str| {
        let body = format!(r#"{{"supervisor": "8009", "how": "{how}"}}"#);
        centre.ask("POST", "/api/v1/agents/8001/supervise", &body)
    };
    let (status, said) =
        centre.ask("POST", "/api/v1/agents/8001/supervise", r#"{"supervisor": "8002", "how": "listen"}"#);
    assert!(
        status == 409 && said["detail"].as_str().is_some_and(|why| why.contains("no supervisor")),
        "{said}"
    );
    assert_eq!(supervises("listen").0, 200);
    centre.shows_agent("8009", "talking", None);
    let heard = hears(&voice, "the caller hears his agent", with(FIRST));
    assert!(share_of_tone(&heard, FIRST) > 0.8, "he does not notice");
    assert_eq!(supervises("whisper").0, 200);
    let heard = hears(&voice, "the caller hears his agent", with(FIRST));
    assert!(share_with_tone(&heard, SUPERVISOR) < 0.1, "only the agent hears it");
    wait_for("he barges in", || supervises("barge").0 == 200);
    let heard = hears(&voice, "the caller hears both", with(SUPERVISOR));
    assert!(share_with_tone(&heard, FIRST) > 0.8);
    assert_eq!(supervises("take_over").0, 200);
    let heard =
        hears(&voice, "the caller hears the supervisor", |heard| share_of_tone(heard, SUPERVISOR) > 0.9);
    assert!(share_of_tone(&heard, SUPERVISOR) > 0.8);

    supervisor.quit();
    caller.ends_well();
    agent.quit();
    assert!(share_with_tone(&agent.heard(), SUPERVISOR) > 0.1, "he was whispered to");
    let listened = supervisor.heard();
    assert!(share_with_tone(&listened, FIRST) > 0.2 && share_with_tone(&listened, CALLER) > 0.5);
    let (_, audit) = centre.ask("GET", "/api/v1/audit", "");
    let deeds: Vec<_> =
        audit["deeds"].as_array().expect("deeds").iter().map(|one| one["deed"].clone()).collect();
    assert!(deeds.contains(&"8009 in the talk of 8001: listen".into()), "{deeds:?}");
    drop(centre.close_after_one_call());
}
