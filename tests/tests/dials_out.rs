//! Agents who call by themselves with real softphones: both sides hear each other, the record has it apart from the
//! callers, and what may not be dialed is refused in words and noted.

use media::tone::Hertz;
use std::time::Instant;
use sujie_tests::softphone::{Law, Softphone, Speaks, Voice, share_of_tone, share_with_tone};
use sujie_tests::sujie::{Plan, Sujie, wait_for};

const CALLED: Hertz = Hertz(600);
const FIRST: Hertz = Hertz(1_000);
const SECOND: Hertz = Hertz(1_400);

const OUTSIDE: &str = r#"
[outside]
caller = "12345"
refuse = ["+1*"]
"#;

fn centre() -> Sujie {
    let (digest, tables) = (r#"["md5"]"#, OUTSIDE);
    Sujie::start(Plan { digest, tables, group: r#"caller = "052799999""#, ..Plan::default() })
}

fn speaks(tone: Hertz) -> Speaks {
    Speaks { transport: "udp", codecs: "PCMA,PCMU", tone }
}

/// The called one hears this tone and hardly anything else, for a second.
fn hears(voice: &Voice, tone: Hertz) {
    let asked = Instant::now();
    wait_for("the called one hears the agent", || {
        let heard = voice.heard().between(asked, Instant::now());
        heard.len() >= 8_000 && share_of_tone(&heard[heard.len() - 8_000..], tone) > 0.8
    });
}

#[test]
fn an_agent_dials_a_number_and_both_hear_each_other() {
    let centre = centre();
    let voice = Voice::speak(centre.carrier(), Law::A, CALLED);
    let called = centre
        .called("agent_answers")
        .key("media_port", voice.at.port())
        .key("codecs", Law::A.payload())
        .play();
    let mut phone = Softphone::start(&centre, "8001", speaks(FIRST));
    phone.dial("13851234567");
    centre.shows("/total/outgoing/reached", 1);
    centre.shows_agent("8001", "talking", None);
    hears(&voice, FIRST);
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", r#"{"do": "hold"}"#);
    assert_eq!(status, 200, "{said}");
    let (status, said) = centre.ask("POST", "/api/v1/agents/8001/talk", r#"{"do": "retrieve"}"#);
    assert_eq!(status, 200, "{said}");
    hears(&voice, FIRST);
    phone.hang_up();
    let messages = called.ends_well();
    assert!(messages.0.contains("INVITE sip:013851234567@"), "{}", messages.0);
    assert!(messages.0.contains("052799999"), "his group's number is shown:\n{}", messages.0);
    centre.shows_agent("8001", "ready", None);
    phone.quit();
    let heard = phone.heard();
    assert!(share_with_tone(&heard, CALLED) > 0.3, "the agent heard whom he called\n{}", phone.log());
    assert!(share_with_tone(&heard, FIRST) < 0.05, "and not himself");

    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("outgoing"), Some("8001")));
    assert_eq!((call.group.as_deref(), call.caller.reveal().as_str()), (Some("general"), "+8613851234567"));
    assert!(call.talked.as_millis() > 1_000, "{:?}", call.talked);
    assert_eq!(call.legs, 2, "both legs were measured");
}

#[test]
fn a_busy_number_and_one_that_may_not_be_dialed_leave_the_agent_ready() {
    let centre = centre();
    let mut phone = Softphone::start(&centre, "8001", speaks(FIRST));
    let called = centre.called("agent_refuses").key("status", 486).key("reason", "Busy Here").play();
    phone.dial("13851234567");
    drop(called.ends_well());
    centre.shows("/total/outgoing/unreached", 1);
    phone.dial("0013851234567");
    wait_for("it is refused in words", || phone.log().contains("that number may not be dialed"));
    assert!(phone.log().contains("486 Busy Here"), "{}", phone.log());
    centre.shows_agent("8001", "ready", None);
    let refused = "refused: that number may not be dialed";
    wait_for("it stands in the audit", || {
        let (_, audit) = centre.ask("GET", "/api/v1/audit", "");
        let mut deeds = audit["deeds"].as_array().expect("deeds").iter();
        deeds.any(|one| one["operator"] == "8001" && one["outcome"] == refused)
    });
    phone.quit();
    let calls = centre.calls_over(2);
    let outcomes: Vec<_> = calls.iter().map(|call| call.outcome.clone().unwrap_or_default()).collect();
    assert_eq!(outcomes, ["outgoing", "refused"]);
    assert_eq!(calls[0].cause, Some(17));
    drop(centre.close(2));
}

#[test]
fn on_request_an_agents_phone_rings_first_and_then_his_colleagues() {
    let centre = centre();
    let mut first = Softphone::start(&centre, "8001", speaks(FIRST));
    let mut second = Softphone::start(&centre, "8002", speaks(SECOND));
    // The address at which we are reached is known from a call; a code will do.
    first.dial("*15");
    let body = r#"{"agent": "8002"}"#;
    wait_for("he is connected", || centre.ask("POST", "/api/v1/agents/8001/dial", body).0 == 200);
    centre.shows_agent("8002", "talking", None);
    let begun = Instant::now();
    wait_for("they talk a while", || begun.elapsed().as_secs() >= 3);
    second.quit();
    centre.shows_agent("8001", "ready", None);
    first.quit();
    assert!(share_with_tone(&first.heard(), SECOND) > 0.3, "{}", first.log());
    assert!(share_with_tone(&second.heard(), FIRST) > 0.3, "{}", second.log());
    let calls = centre.calls_over(2);
    assert_eq!(calls[1].outcome.as_deref(), Some("internal"));
    assert_eq!(calls[1].agent.as_deref(), Some("8001"));
    drop(centre.close(2));
}

#[test]
fn a_call_that_rings_at_an_empty_desk_is_picked_by_a_colleague() {
    let centre = centre();
    let voice = Voice::speak(centre.carrier(), Law::A, CALLED);
    let rings = centre.answerer(centre.register("8001"), "agent_rings").play();
    let caller = centre
        .caller("caller_is_released")
        .key("media_port", voice.at.port())
        .key("codecs", Law::A.payload())
        .play();
    centre.shows_agent("8001", "offered", None);
    let mut colleague = Softphone::start(&centre, "8002", speaks(SECOND));
    colleague.dial("*148001");
    centre.shows_agent("8002", "talking", None);
    centre.shows_agent("8001", "ready", None);
    hears(&voice, SECOND);
    drop(rings.ends_well());
    colleague.quit();
    caller.ends_well();
    assert!(share_with_tone(&colleague.heard(), CALLED) > 0.3, "{}", colleague.log());
    centre.shows("/total/picked", 1);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8002")));
}
