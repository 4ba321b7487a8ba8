//! Calls with a real SIP program at both ends: how they are answered, held, hung up, missed and given up.

use sujie_tests::sujie::{Plan, Sujie};

#[test]
fn a_caller_is_answered_and_hangs_up() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 1_500).play();
    centre.shows("/calls", 1);
    centre.shows_agent("8001", "talking", None);
    caller.ends_well();
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
    assert_eq!((call.agent.as_deref(), call.group.as_deref()), (Some("8001"), Some("general")));
    assert_eq!((call.called.as_str(), call.caller.reveal().as_str()), ("12345", "+8613851234567"));
    // The phone rang for 200 ms, and what is left of the caller's 1.5 s was talk.
    assert!((200..900).contains(&call.waited.as_millis()), "{call:?}");
    assert!((600..1_600).contains(&call.talked.as_millis()), "{call:?}");
    assert_eq!(call.cause, Some(16), "normal clearing: {call:?}");
}

#[test]
fn an_agent_hangs_up() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_hangs_up").key("talk", 800).play();
    let caller = centre.caller("caller_is_released").play();
    agent.ends_well();
    caller.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
    assert!((700..1_500).contains(&call.talked.as_millis()), "{call:?}");
    let last = call.segments.last().expect("a talk");
    assert_eq!(last.agent.as_deref(), Some("8001"), "{call:?}");
}

#[test]
fn a_caller_gives_up_in_the_line() {
    let centre = Sujie::start(Plan::default());
    let caller = centre.caller("caller_talks").key("talk", 1_200).play();
    centre.shows("/total/waiting", 1);
    caller.ends_well();
    centre.shows("/total/waiting", 0);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent), (Some("abandoned_in_line"), None));
    assert!((1_100..2_000).contains(&call.waited.as_millis()), "he waited until he hung up");
    assert_eq!(call.talked.as_millis(), 0);
}

#[test]
fn a_caller_gives_up_while_a_phone_rings() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_rings").play();
    let caller = centre.caller("caller_talks").key("talk", 3_000).play();
    centre.shows_agent("8001", "offered", None);
    caller.ends_well();
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("abandoned_ringing"));
    assert!((2_900..3_800).contains(&call.waited.as_millis()), "{call:?}");
}

#[test]
fn the_agent_lifts_in_the_moment_in_which_the_caller_hangs_up() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers_into_cancel").play();
    let caller = centre.caller("caller_talks").key("talk", 700).play();
    caller.ends_well();
    // His 200 crossed the CANCEL: he is acknowledged and released (RFC 3261 15), not left in a dead call.
    agent.ends_well();
    centre.shows_agent("8001", "ready", None);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.talked.as_millis()), (Some("abandoned_ringing"), 0));
}

#[test]
fn nobody_lifts_and_the_next_agent_is_asked() {
    let centre = Sujie::start(Plan { ring: "1s", ..Plan::default() });
    let (first, second) = (centre.register("8001"), centre.register("8002"));
    let silent = centre.answerer(first, "agent_rings").play();
    let agent = centre.answerer(second, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 2_500).play();
    silent.ends_well();
    centre.shows_agent("8001", "not_ready", Some("ring_no_answer"));
    centre.shows_agent("8002", "talking", None);
    caller.ends_well();
    agent.ends_well();
    centre.shows("/total/offers/rang_out", 1);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8002")));
    assert!((1_200..2_200).contains(&call.waited.as_millis()), "the clock went on: {call:?}");
}

/// A phone that refuses at once; the next agent takes the call.
fn refused_by_a_phone(status: u16, reason: &str, not_ready: &str) {
    let centre = Sujie::start(Plan::default());
    let (first, second) = (centre.register("8001"), centre.register("8002"));
    let refusing = centre.answerer(first, "agent_refuses").key("status", status).key("reason", reason).play();
    let agent = centre.answerer(second, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 1_000).play();
    refusing.ends_well();
    centre.shows_agent("8001", "not_ready", Some(not_ready));
    caller.ends_well();
    agent.ends_well();
    centre.shows("/total/offers/declined", 1);
    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8002")));
}

#[test]
fn a_busy_phone_is_passed_by() {
    refused_by_a_phone(486, "Busy Here", "declined");
}

#[test]
fn an_agent_declines_and_the_next_one_is_asked() {
    refused_by_a_phone(603, "Decline", "declined");
}

#[test]
fn a_200_is_sent_again_until_its_ack_comes() {
    let centre = Sujie::start(Plan::default());
    let caller = centre.caller("caller_acks_late").key("late", 1_700).key("talk", 700).play();
    let messages = caller.ends_well();
    // RFC 3261 13.3.1.4: at once, after T1 = 500 ms, after 2·T1 more; none after the ACK.
    assert_eq!(messages.count("SIP/2.0 200"), 3 + 1, "three to the INVITE, one to the BYE:\n{}", messages.0);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("abandoned_in_line"));
}

#[test]
fn a_call_whose_ack_never_comes_is_released() {
    let centre = Sujie::start(Plan { timers: "t1 = \"50ms\"\nt2 = \"200ms\"", ..Plan::default() });
    let messages = centre.caller("caller_never_acks").play().ends_well();
    assert!(messages.count("SIP/2.0 200") > 10, "{}", messages.0);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("lost"), "the centre ended it: {call:?}");
}

#[test]
fn an_agents_200_that_comes_again_is_acknowledged_again() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_loses_acks").play();
    let caller = centre.caller("caller_talks").key("talk", 3_000).play();
    caller.ends_well();
    let messages = agent.ends_well();
    assert!(messages.sent("SIP/2.0 200") > 2, "{}", messages.0);
    // RFC 3261 13.2.2.4: an ACK for each 200; the last 200 is the answer to BYE.
    assert_eq!(messages.count("ACK ") + 1, messages.sent("SIP/2.0 200"), "{}", messages.0);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn a_caller_holds_the_call_and_takes_it_back() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_holds").key("talk", 800).play();
    caller.ends_well();
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn a_caller_in_the_line_may_hold_too() {
    let centre = Sujie::start(Plan::default());
    centre.caller("caller_holds").key("talk", 300).play().ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("abandoned_in_line"));
}

#[test]
fn an_agent_holds_the_call_and_takes_it_back() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_holds").play();
    let caller = centre.caller("caller_talks").key("talk", 2_000).play();
    caller.ends_well();
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}

#[test]
fn a_phone_hands_its_caller_over_by_refer() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let other = centre.register("8002");
    let agent = centre.answerer(phone, "agent_refers").key("to", "8002").play();
    let second = centre.answerer(other, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 2_500).play();
    agent.ends_well();
    centre.shows_agent("8002", "talking", None);
    caller.ends_well();
    second.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
    let talks = call.segments.iter().filter(|segment| segment.kind == "talk");
    let talked: Vec<_> = talks.map(|segment| segment.agent.as_deref().unwrap_or_default()).collect();
    assert_eq!(talked, ["8001", "8002"], "{call:?}");
}

#[test]
fn no_caller_sends_his_agent_elsewhere_by_refer() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register("8001");
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_refers").key("status", 403).key("talk", 700).play();
    caller.ends_well();
    agent.ends_well();
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
}
