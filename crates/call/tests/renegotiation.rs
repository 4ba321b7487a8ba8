//! Hold, resume and codec changes from either side.

mod day;

use call::event::Outcome;
use call::plan::Plan;
use call::{Event, Input};
use day::{Day, plan, sdp};
use media::session::{ClipRef, Codec, Hear, Parties, Party};
use sip::leg::Fact;

const HEARS_CALLER: Hear = Hear::Parties(Parties::one(Party(0)));
const HEARS_AGENT: Hear = Hear::Parties(Parties::one(Party(1)));
const MUSIC: Hear = Hear::Loop(ClipRef(7));

fn talking_with(plan: Plan, caller: &[u8], agent: &[u8]) -> Day {
    let mut day = Day::with(plan);
    day.registers(0);
    day.invites("c1", "960001", Some(sdp(4000, caller, "")));
    day.answers(day.rung(0), Some(sdp(6000, agent, "")));
    day
}

fn talking() -> Day {
    talking_with(plan(), &[8, 0], &[8])
}

#[test]
fn an_agent_who_holds_lets_the_caller_hear_music() {
    let mut day = talking();
    let leg = day.rung(0);
    day.offers(leg, Some(sdp(6000, &[8, 0], "a=sendonly\r\n")));
    assert!(day.said("accept 8001 [8] recvonly v2"));
    assert_eq!(day.hears("c1", 0), MUSIC);
    assert_eq!(day.hears("c1", 1), HEARS_CALLER);
    day.offers(leg, Some(sdp(6000, &[8, 0], "a=sendrecv\r\n")));
    assert_eq!(day.hears("c1", 0), HEARS_AGENT);
    day.reads_like("hold_and_resume");
}

#[test]
fn a_caller_who_holds_the_old_way_lets_the_agent_hear_music() {
    let mut day = talking();
    let held = String::from_utf8(sdp(4000, &[8], "").to_vec())
        .unwrap()
        .replace("c=IN IP4 10.0.0.9", "c=IN IP4 0.0.0.0");
    day.offers(day.leg_of("c1"), Some(held.into_bytes().into()));
    assert_eq!(day.hears("c1", 1), MUSIC);
    assert!(!day.party("c1", 0).audio.sends);
    day.offers(day.leg_of("c1"), Some(sdp(4000, &[8], "")));
    assert_eq!(day.hears("c1", 1), HEARS_CALLER);
}

#[test]
fn both_hold_and_one_after_the_other_comes_back() {
    let mut day = talking();
    let (caller, agent) = (day.leg_of("c1"), day.rung(0));
    day.offers(caller, Some(sdp(4000, &[8], "a=inactive\r\n")));
    day.offers(agent, Some(sdp(6000, &[8], "a=sendonly\r\n")));
    assert_eq!([day.hears("c1", 0), day.hears("c1", 1)], [MUSIC, MUSIC]);
    day.offers(caller, Some(sdp(4000, &[8], "")));
    assert_eq!([day.hears("c1", 0), day.hears("c1", 1)], [MUSIC, HEARS_CALLER]);
    day.offers(agent, Some(sdp(6000, &[8], "")));
    assert_eq!([day.hears("c1", 0), day.hears("c1", 1)], [HEARS_AGENT, HEARS_CALLER]);
}

#[test]
fn a_caller_who_holds_in_the_line_keeps_his_place() {
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    day.offers(day.leg_of("c1"), Some(sdp(4000, &[8], "a=sendonly\r\n")));
    assert_eq!(day.hears("c1", 0), MUSIC);
    day.registers(0);
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 1), MUSIC, "until he comes back");
    day.offers(day.leg_of("c1"), Some(sdp(4000, &[8], "")));
    assert_eq!(day.hears("c1", 1), HEARS_CALLER);
}

#[test]
fn a_moved_address_and_another_law_are_taken_over() {
    let mut day = talking();
    day.offers(day.leg_of("c1"), Some(sdp(4444, &[0], "")));
    let audio = day.party("c1", 0).audio;
    assert_eq!((audio.remote.port(), audio.codec), (4444, Codec::Pcmu));
    assert!(!day.said("reoffer 8001 [0 101]"), "A-law and mu-law need no agreement");
}

#[test]
fn what_cannot_be_met_is_refused_and_the_talk_goes_on() {
    let mut day = talking();
    for offer in [sdp(4000, &[18], ""), sdp(0, &[8], ""), b"?".as_slice().into()] {
        day.offers(day.leg_of("c1"), Some(offer));
    }
    assert!(day.said("refuse c1 488"));
    assert_eq!(day.hears("c1", 1), HEARS_CALLER);
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn a_reinvite_without_sdp_gets_our_offer_and_glare_is_refused() {
    let mut day = talking();
    let leg = day.rung(0);
    day.offers(leg, None);
    assert!(day.said("accept 8001 [8 0 9 101] v2"));
    day.offers(leg, Some(sdp(6000, &[8], "")));
    assert!(day.said("refuse 8001 491"));
    day.step(Input::Sip(Fact::Reanswered { leg, answer: sdp(6006, &[0], "") }));
    assert_eq!(day.party("c1", 1).audio.remote.port(), 6006);
    day.offers(leg, Some(sdp(6000, &[8], "")));
    assert_eq!(day.party("c1", 1).audio.remote.port(), 6000);
}

#[test]
fn an_offer_on_a_leg_that_is_over_is_refused() {
    let mut day = talking();
    let leg = day.rung(0);
    day.agent_hangs_up(0);
    day.offers(leg, Some(sdp(6000, &[8], "")));
    assert!(day.said("refuse 8001 488"));
}

#[test]
fn g722_passes_when_both_sides_have_it() {
    let mut day = talking_with(plan(), &[9], &[9, 8]);
    assert_eq!([day.party("c1", 0).audio.codec, day.party("c1", 1).audio.codec], [Codec::G722, Codec::G722]);
    day.caller_hangs_up("c1");
}

#[test]
fn a_centre_that_prefers_g722_plays_music_in_a_law_and_talks_in_g722() {
    let mut plan = plan();
    plan.audio.codecs = vec![Codec::G722, Codec::Pcma];
    let mut day = talking_with(plan, &[9, 8], &[9]);
    assert!(day.said("200 c1 [8]") && day.said("invite 8001 from +86527c1 (一企来办) [9 8 101]"));
    let leg = day.leg_of("c1");
    assert!(day.said("reoffer c1 [9 101] v2"));
    day.step(Input::Sip(Fact::Reanswered { leg, answer: sdp(4000, &[9], "") }));
    assert_eq!(day.party("c1", 0).audio.codec, Codec::G722);
    day.caller_hangs_up("c1");
    day.reads_like("talks_in_g722");
}

#[test]
fn a_g722_caller_is_brought_to_the_agents_codec() {
    let mut day = talking_with(plan(), &[9], &[8]);
    let leg = day.leg_of("c1");
    assert!(day.said("reoffer c1 [8 101] v2"));
    day.step(Input::Sip(Fact::Reanswered { leg, answer: sdp(4000, &[8], "") }));
    assert_eq!(day.party("c1", 0).audio.codec, Codec::Pcma);
}

#[test]
fn sides_that_share_no_codec_are_asked_once_each_and_then_released() {
    let mut day = talking_with(plan(), &[9], &[8]);
    let (caller, agent) = (day.leg_of("c1"), day.rung(0));
    day.step(Input::Sip(Fact::ReofferRefused { leg: caller, status: 488 }));
    assert!(day.said("reoffer 8001 [9 101] v2"));
    day.step(Input::Sip(Fact::ReofferRefused { leg: agent, status: 488 }));
    assert!(day.said("ended c1 Answered cause=65 by=System"));
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    assert!(day.events.iter().any(|stamped| matches!(stamped.event, Event::Disconnected { .. })));
}

#[test]
fn nobody_is_asked_for_another_codec_before_his_ack() {
    let mut day = Day::new();
    day.registers(0);
    day.held = true;
    day.invites("c1", "960001", Some(sdp(4000, &[9, 8], "")));
    day.answers(day.rung(0), Some(sdp(6000, &[9], "")));
    assert!(!day.said("reoffer c1 [9 101] v2"));
    day.deliver();
    assert!(day.said("reoffer c1 [9 101] v2"));
}
