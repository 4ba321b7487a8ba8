//! How calls are set up with a real SIP program: early media, reliable answers, TCP, IPv6.

use sujie_tests::sujie::{Plan, Sujie};

/// The flow greets and plays music before it answers.
const EARLY: &str = "early_media = true\ngreeting = [\"beep\"]";

#[test]
fn a_caller_gives_up_in_early_media_and_pays_nothing() {
    let centre = Sujie::start(Plan { flow: EARLY, ..Plan::default() });
    let messages = centre.caller("caller_cancels").key("talk", 1_000).play().ends_well();
    assert_eq!(messages.count("SIP/2.0 200"), 1, "to the CANCEL only:\n{}", messages.0);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("abandoned_in_line"), "{call:?}");
}

#[test]
fn a_caller_gives_up_in_early_media_while_a_phone_rings() {
    let centre = Sujie::start(Plan { flow: EARLY, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_rings").play();
    let caller = centre.caller("caller_cancels").key("talk", 4_000).play();
    centre.shows_agent("8001", "offered", None);
    caller.ends_well();
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("abandoned_ringing"), "{call:?}");
}

#[test]
fn a_cancel_that_crosses_the_200_changes_nothing() {
    let centre = Sujie::start(Plan { flow: EARLY, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_cancels_too_late").play();
    caller.ends_well();
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
}

#[test]
fn reliable_provisional_answers_are_acknowledged() {
    let centre = Sujie::start(Plan { flow: EARLY, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").key("ring", 1_000).play();
    let caller = centre.caller("caller_pracks").key("headers", "Require: 100rel").key("talk", 800).play();
    let messages = caller.ends_well();
    assert_eq!(messages.count("SIP/2.0 183"), 1, "sent once, since PRACK came:\n{}", messages.0);
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn a_carrier_speaks_tcp() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 1_000).tcp().play();
    caller.ends_well();
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn a_phone_speaks_tcp() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register_with("8001", "tcp");
    let agent = centre.answerer(phone, "agent_answers").tcp().play();
    let caller = centre.caller("caller_talks").key("talk", 1_500).play();
    caller.ends_well();
    let messages = agent.ends_well();
    assert!(messages.last("INVITE ").contains("SIP/2.0/TCP"), "{}", messages.0);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
}

#[test]
fn everybody_speaks_ipv6() {
    let centre = Sujie::start(Plan { ipv6: true, ..Plan::default() });
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 1_000).play();
    let messages = caller.ends_well();
    assert!(messages.last("SIP/2.0 200").contains("CSeq: 2 BYE"), "{}", messages.0);
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
}
