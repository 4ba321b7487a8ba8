//! Audio with a real softphone: a caller waits, hears music, is put through, and both hear each other and nothing else.

use media::tone::Hertz;
use std::time::{Duration, Instant};
use sujie_tests::softphone::{Law, Softphone, Speaks, Voice, is_tone, loudness};
use sujie_tests::sujie::{Plan, Sujie};

const CALLER: Hertz = Hertz(600);
const AGENT: Hertz = Hertz(1_000);

/// A caller of one codec waits a second for an agent whose phone speaks another.
fn both_hear_each_other(law: Law, speaks: Speaks) {
    // This baresip gives up when it is asked for a digest that it does not know, even beside one that it does.
    let centre = Sujie::start(Plan { digest: r#"["md5"]"#, ..Plan::default() });
    let voice = Voice::speak(centre.carrier(), law, CALLER);
    let caller = centre
        .caller("caller_talks")
        .key("media_port", voice.at.port())
        .key("codecs", law.payload())
        .key("talk", 6_500)
        .play();
    centre.shows("/total/waiting", 1);
    let waits = Instant::now();
    std::thread::sleep(Duration::from_millis(1_200));
    let waited = Instant::now();
    let phone = Softphone::start(&centre, "8001", speaks);
    centre.shows_agent("8001", "talking", None);
    // The jitter buffers on both sides fill.
    let talks = Instant::now() + Duration::from_millis(700);
    caller.ends_well();
    let over = Instant::now() - Duration::from_millis(300);
    let heard = voice.stop();

    assert_eq!(heard.foreign, 0, "only the codec that was agreed on");
    let music = heard.between(waits + Duration::from_millis(200), waited);
    assert!(music.len() > 6_000 && loudness(&music) > 300.0, "music while he waits: {}", loudness(&music));
    let talk = heard.between(talks, over);
    assert!(talk.len() > 12_000, "{} samples of talk\n{}", talk.len(), phone.log());
    assert!(is_tone(&talk, AGENT), "the agent, and no music under him: {}", loudness(&talk));

    let agent_heard = phone.heard();
    // Without the first moment, and the last one, in which the caller was gone already.
    let middle = agent_heard.get(8_000..agent_heard.len().saturating_sub(4_000)).unwrap_or_default();
    assert!(middle.len() > 12_000, "{} samples at the agent\n{}", agent_heard.len(), phone.log());
    assert!(is_tone(middle, CALLER), "the caller, and nothing under him: {}", loudness(middle));

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
