//! Audio with a real softphone: a caller waits, hears music, is put through, and both hear each other and nothing else.

use media::tone::Hertz;
use std::time::{Duration, Instant};
use sujie_tests::softphone::{Law, Softphone, Speaks, Voice, loudness, share_of_tone};
use sujie_tests::sujie::{Plan, Sujie, wait_for};

const CALLER: Hertz = Hertz(600);
const AGENT: Hertz = Hertz(1_000);

/// A caller of one codec waits a second for an agent whose phone speaks another.
fn both_hear_each_other(law: Law, speaks: Speaks) {
    // This baresip gives up when it is asked for a digest that it does not know, even beside one that it does.
    let centre = Sujie::start(Plan { digest: r#"["md5"]"#, ..Plan::default() });
    let voice = Voice::speak(centre.carrier(), law, CALLER);
    let caller = centre
        .caller("caller_is_released")
        .key("media_port", voice.at.port())
        .key("codecs", law.payload())
        .play();
    centre.shows("/total/waiting", 1);
    let waits = Instant::now();
    let heard_for = |from: Instant, seconds: usize| {
        wait_for("the caller hears enough", || {
            voice.heard().between(from, Instant::now()).len() >= seconds * 8_000
        });
    };
    heard_for(waits, 1);
    let waited = Instant::now();
    let mut phone = Softphone::start(&centre, "8001", speaks);
    centre.shows_agent("8001", "talking", None);
    // baresip begins, and the jitter buffers on both sides fill.
    let begins = Instant::now();
    wait_for("the caller hears the agent", || {
        share_of_tone(&voice.heard().between(begins, Instant::now()), AGENT) > 0.0
    });
    let talks = Instant::now() + Duration::from_millis(300);
    heard_for(talks, 3);
    let over = Instant::now();
    phone.quit();
    caller.ends_well();
    let heard = voice.heard();

    assert_eq!(heard.foreign, 0, "only the codec that was agreed on");
    let music = heard.between(waits, waited);
    assert!(loudness(&music) > 300.0, "music while he waits: {}", loudness(&music));
    assert!(share_of_tone(&music, AGENT) < 0.1);
    let talk = share_of_tone(&heard.between(talks, over), AGENT);
    assert!(talk > 0.8, "the agent, and no music under him: {talk}\n{}", phone.log());

    // Without the first moment, and the last one.
    let agent_heard = phone.heard();
    let middle = agent_heard.get(4_000..agent_heard.len().saturating_sub(4_000)).unwrap_or_default();
    assert!(middle.len() > 12_000, "{} samples at the agent\n{}", agent_heard.len(), phone.log());
    let talk = share_of_tone(middle, CALLER);
    assert!(talk > 0.8, "the caller, and nothing under him: {talk}\n{}", phone.log());

    let call = centre.close_after_one_call();
    assert_eq!((call.outcome.as_deref(), call.agent.as_deref()), (Some("answered"), Some("8001")));
    assert_eq!(call.legs, 2, "both legs were measured");
}

#[test]
fn a_caller_of_a_law_and_a_phone_over_udp() {
    both_hear_each_other(Law::A, Speaks { transport: "udp", codecs: "PCMA,PCMU", tone: AGENT });
}

#[test]
fn a_caller_of_mu_law_and_a_phone_over_tcp() {
    both_hear_each_other(Law::Mu, Speaks { transport: "tcp", codecs: "PCMA,PCMU", tone: AGENT });
}

#[test]
fn a_caller_of_a_law_and_a_phone_of_mu_law() {
    both_hear_each_other(Law::A, Speaks { transport: "udp", codecs: "PCMU", tone: AGENT });
}
