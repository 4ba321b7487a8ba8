//! The door: who registers, who is asked again, who is refused and with which words, with a real SIP program.

use std::time::{Duration, Instant};
use sujie_tests::sipp::Messages;
use sujie_tests::sujie::{Plan, Sujie, password};

#[test]
fn wrong_passwords_are_answered_later_and_later_and_then_not_at_all() {
    let centre = Sujie::start(Plan { limits: "failures = 3\nban = \"1m\"", ..Plan::default() });
    let thief = centre.stranger(0);
    let attempt = |scenario| centre.scenario(scenario, thief).account("8001", "12345678").play();
    let refusals: Vec<(Messages, Duration)> = (0..2)
        .map(|_| {
            let begun = Instant::now();
            (attempt("register_wrong").ends_well(), begun.elapsed())
        })
        .collect();
    assert!(refusals[1].1 > refusals[0].1, "{:?} then {:?}", refusals[0].1, refusals[1].1);
    attempt("register_silence").ends_well();
    // From here on nothing of this address is read, not even the right password.
    centre.scenario("stranger_hears_nothing", thief).key("user", "8001").play().ends_well();
    let metrics = centre.page("/metrics").1;
    let failures: Vec<&str> =
        metrics.lines().filter(|line| line.contains("authentication_failures")).collect();
    assert!(failures.iter().any(|line| line.ends_with(" 3")), "{failures:?}");
    // Whoever sits elsewhere is not concerned.
    centre.register("8001");
    assert_eq!(centre.close(0), []);
}

#[test]
fn an_account_that_does_not_exist_is_answered_like_a_wrong_password() {
    let centre = Sujie::start(Plan::default());
    let answer = |stranger: u8, user: &str| {
        let scenario = centre.scenario("register_wrong", centre.stranger(stranger)).account(user, "12345678");
        let messages = scenario.play().ends_well();
        // What differs by its nature: who asked, and the nonce.
        let answer = messages.last("SIP/2.0 401").to_owned();
        let shape =
            answer.lines().map(|line| line.split(['=', ':', ' ']).next().unwrap_or_default().to_owned());
        (shape.collect::<Vec<_>>(), answer.matches("algorithm=").count())
    };
    assert_eq!(answer(0, "8001"), answer(1, "9999"));
    assert_eq!(centre.close(0), []);
}

#[test]
fn a_registration_that_expires_during_a_call_ends_the_work_and_not_the_call() {
    let centre = Sujie::start(Plan::default());
    let phone = centre.register_for("8001", 2);
    let agent = centre.answerer(phone, "agent_answers").play();
    let caller = centre.caller("caller_talks").key("talk", 4_000).play();
    centre.shows_agent("8001", "talking", None);
    centre.shows("/phones_bound", 0);
    centre.shows_agent("8001", "talking", None);
    caller.ends_well();
    agent.ends_well();
    centre.shows_agent("8001", "not_ready", Some("phone_lost"));
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"));
    assert!(call.talked >= Duration::from_secs(3), "{call:?}");
}

#[test]
fn options_say_what_is_spoken_here() {
    let centre = Sujie::start(Plan::default());
    centre.scenario("options", centre.carrier()).play().ends_well();
    assert_eq!(centre.close(0), []);
}

/// A call that is refused with this status; gives the answer.
fn refused(called: &str, headers: &str, status: u16, recorded: usize) -> String {
    let centre = Sujie::start(Plan::default());
    let caller = centre.caller("caller_is_refused").key("status", status);
    let messages = caller.key("called", called).key("headers", headers).play().ends_well();
    for call in centre.close(recorded) {
        assert_eq!(call.outcome.as_deref(), Some("refused"), "{call:?}");
    }
    messages.last(&format!("SIP/2.0 {status}")).to_owned()
}

#[test]
fn a_number_that_nobody_has_is_not_found() {
    refused("99999", "User-Agent: carrier", 404, 1);
}

#[test]
fn an_extension_that_we_do_not_have_is_named() {
    let answer = refused("12345", "Require: 100rel, teleport", 420, 0);
    assert!(answer.contains("Unsupported: teleport"), "{answer}");
}

#[test]
fn a_malformed_invite_is_told_what_is_wrong() {
    let centre = Sujie::start(Plan::default());
    for (line, says) in [
        ("From: <sip:somebody@else.example>;tag=2", "From"),
        ("To: <sip:somebody@else.example>", "To"),
        ("Max-Forwards: many", "Max-Forwards"),
        ("Contact: <sip:", "Contact"),
    ] {
        let scenario = centre.scenario("malformed_invite", centre.carrier()).key("line", line);
        let messages = scenario.play().ends_well();
        let answer = messages.last("SIP/2.0 400");
        let reason = answer.lines().next().unwrap_or_default();
        assert!(reason.contains(says), "{line}: {reason}");
    }
    assert_eq!(centre.close(0), []);
}

#[test]
fn a_stranger_may_not_call() {
    let centre = Sujie::start(Plan::default());
    let caller = centre.scenario("caller_is_refused", centre.stranger(0)).key("status", 403);
    caller.play().ends_well();
    assert_eq!(centre.close(0), []);
}

#[test]
fn a_scanner_hears_nothing() {
    let centre = Sujie::start(Plan::default());
    let scanner = centre.stranger(0);
    let scenario = centre.scenario("stranger_hears_nothing", scanner).key("user", "friendly-scanner");
    scenario.play().ends_well();
    centre.scenario("stranger_hears_nothing", scanner).key("user", "8001").play().ends_well();
    assert_eq!(centre.close(0), []);
}

#[test]
fn an_old_phone_is_asked_for_md5_first() {
    // SIPp stops at the first challenge, and its usual build cannot do SHA-256.
    let centre = Sujie::start(Plan::default());
    let messages = centre
        .scenario("register", centre.phone("8001"))
        .account("8001", &password("8001"))
        .play()
        .ends_well();
    let asked: Vec<&str> = messages.last("SIP/2.0 401").split("algorithm=").skip(1).collect();
    assert!(asked.len() == 2 && asked[0].starts_with("MD5"), "{asked:?}");
    centre.shows_agent("8001", "ready", None);
    assert_eq!(centre.close(0), []);
}
