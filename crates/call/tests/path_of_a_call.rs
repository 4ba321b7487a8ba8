//! The path of a call, when nothing goes wrong; and what agents do with their phones.

mod day;

use acd::AgentState;
use acd::input::Reason;
use call::event::Outcome;
use call::{Input, Request};
use day::{Day, plan, sdp};
use media::session::{ClipRef, Codec, Hear, Parties, Party};
use sip::leg::Fact;

#[test]
fn a_caller_is_greeted_served_at_once_and_hangs_up() {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.wait(3);
    day.caller_hears_clips_out("c1");
    day.wait(6);
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 0), Hear::Parties(Parties::one(Party(1))));
    assert_eq!(day.hears("c1", 1), Hear::Parties(Parties::one(Party(0))));
    day.wait(90);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    assert_eq!(day.engine.calls(), 0);
    day.wait(30);
    day.reads_like("served_at_once");
}

#[test]
fn a_caller_waits_to_music_until_an_agent_is_free() {
    let mut day = Day::new();
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.agent_answers(1);
    day.caller_invites("c2", "12345");
    day.caller_hears_clips_out("c2");
    assert_eq!(day.hears("c2", 0), Hear::Loop(ClipRef(2)));
    day.wait(40);
    day.agent_hangs_up(1);
    day.wait(10);
    day.request(Request::Ready(acd::AgentRef(1)));
    day.agent_answers(1);
    assert!(day.said("connected c2 8002 waited=50s"));
    day.reads_like("waits_to_music");
}

#[test]
fn the_caller_of_a_free_number_pays_from_the_agents_answer_on() {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "12346");
    day.caller_hears_clips_out("c1");
    assert_eq!(day.hears("c1", 0), Hear::Loop(ClipRef(6)), "ring-back");
    assert!(!day.said("200 c1 [8]"), "not answered while it rings");
    day.agent_answers(0);
    assert!(day.said("200 c1 [8]"));
    day.agent_hangs_up(0);
    day.reads_like("early_media");
}

#[test]
fn early_media_is_answered_at_the_latest_when_the_carrier_would_cut_it() {
    let mut day = Day::new();
    day.caller_invites("c1", "12346");
    day.caller_hears_clips_out("c1");
    day.wait(119);
    assert!(!day.said("200 c1 [8]"));
    day.wait(1);
    assert!(day.said("200 c1 [8]"));
    day.registers(0);
    day.agent_answers(0);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    day.reads_like("early_media_answered_while_waiting");
}

#[test]
fn an_invite_without_sdp_is_answered_with_our_offer() {
    let mut day = Day::new();
    day.held = true;
    day.registers(0);
    day.invites("c1", "12345", None);
    day.owed.clear();
    day.held = false;
    let leg = day.leg_of("c1");
    day.step(Input::Sip(Fact::Confirmed { leg, answer: Some(sdp(4000, &[0], "")) }));
    assert_eq!(day.party("c1", 0).audio.codec, Codec::Pcmu);
    day.caller_hears_clips_out("c1");
    day.agent_answers(0);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    day.reads_like("late_offer");
}

#[test]
fn a_late_offer_whose_answer_is_missing_or_useless_is_lost() {
    for answer in [None, Some(sdp(4000, &[18], "")), Some(b"v=1".as_slice().into())] {
        let mut day = Day::new();
        day.held = true;
        day.invites("c1", "12345", None);
        day.owed.clear();
        day.held = false;
        let leg = day.leg_of("c1");
        day.step(Input::Sip(Fact::Confirmed { leg, answer }));
        assert!(day.said("release c1 cause=88"));
        assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
        assert_eq!(day.engine.calls(), 0);
    }
}

#[test]
fn the_agents_phone_is_offered_first_what_the_caller_has() {
    let mut day = Day::new();
    day.registers(0);
    for (codecs, offered) in [
        (&[8u8, 0][..], "RTP/AVP 8 0 101"),
        (&[0], "RTP/AVP 0 8 101"),
        // G.722 only where the caller has it, and after A-law, because that is the plan's order.
        (&[9, 8], "RTP/AVP 8 0 9 101"),
        (&[9], "RTP/AVP 9 8 0 101"),
    ] {
        day.invites("c1", "960001", Some(sdp(4000, codecs, "")));
        assert!(day.offer_to(0).contains(offered), "{codecs:?}: {}", day.offer_to(0));
        day.caller_hangs_up("c1");
    }
}

#[test]
fn agents_see_the_number_unless_it_is_withheld() {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "960001");
    assert!(day.said("invite 8001 from +86527c1 (一企来办) [8 0 101]"));
    day.caller_hangs_up("c1");
    day.caller_invites("nobody", "960001");
    assert!(day.said("invite 8001 from anonymous (一企来办) [8 0 101]"));
}

#[test]
fn agents_sign_in_by_registering_and_are_away_when_the_registration_is() {
    let mut day = Day::new();
    day.registers(0);
    assert_eq!(day.agent(0), AgentState::Ready);
    day.phone_is_lost(0);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost));
    day.registers(0);
    assert_eq!(day.agent(0), AgentState::Ready);
    day.request(Request::NotReady(acd::AgentRef(0), Reason::Meal));
    day.registers(0);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Meal), "who is at lunch stays at lunch");
}

#[test]
fn agents_sign_in_by_codes_where_registering_does_not() {
    let mut plan = plan();
    plan.register_signs_in = false;
    let mut day = Day::with(plan);
    day.registers(0);
    assert_eq!(day.agent(0), AgentState::SignedOut);
    day.phone_dials("p1", 0, "*12");
    assert_eq!(day.hears("p1", 0), Hear::Once(ClipRef(5)), "refused: he is signed out");
    day.caller_hears_clips_out("p1");
    day.phone_dials("p2", 0, "*10");
    day.caller_hears_clips_out("p2");
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::SignedIn));
    day.phone_dials("p3", 0, "*12");
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::SignedIn), "his phone still hears the clip");
    day.caller_hears_clips_out("p3");
    assert_eq!(day.agent(0), AgentState::Ready);
    day.phone_dials("p4", 0, "*132");
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Meal));
    day.caller_hangs_up("p4");
    day.phone_dials("p5", 0, "*11");
    day.caller_hears_clips_out("p5");
    assert_eq!(day.agent(0), AgentState::SignedOut);
    assert_eq!(day.outcome("p5"), Some(Outcome::Service));
    day.reads_like("service_codes");
}

#[test]
fn codes_without_clips_are_answered_and_released_or_refused() {
    let mut plan = plan();
    plan.codes.done = None;
    plan.codes.refused = None;
    plan.register_signs_in = false;
    let mut day = Day::with(plan);
    day.phone_dials("p1", 0, "*12");
    assert!(day.said("reject p1 403 cause=21"));
    day.phone_dials("p2", 0, "*10");
    assert!(day.said("release p2 cause=16"));
    assert_eq!(day.outcome("p2"), Some(Outcome::Service));
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn a_phone_may_dial_codes_only_where_no_way_out_is_configured() {
    let mut day = Day::new();
    day.registers(0);
    day.phone_dials("p1", 0, "12345");
    day.caller_hears_clips_out("p1");
    assert!(day.said("reject p1 403 cause=21 (no way to numbers outside is configured)"));
    day.phone_dials("p2", 7, "*10");
    assert!(day.said("reject p2 403 cause=21"), "a phone that is no agent's");
    assert_eq!(day.outcome("p2"), Some(Outcome::Refused));
}

#[test]
fn a_ready_agent_is_offered_the_next_caller_only_when_his_phone_is_free() {
    let mut day = Day::new();
    day.registers(0);
    day.phone_dials("p1", 0, "*13");
    day.caller_hears_clips_out("p1");
    day.caller_invites("c1", "960001");
    day.phone_dials("p2", 0, "*12");
    assert!(!day.is_ringing(0));
    day.caller_hears_clips_out("p2");
    assert!(day.is_ringing(0));
}

#[test]
fn an_answer_in_a_reliable_183_holds_for_a_200_without_one() {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "960001");
    let leg = day.rung(0);
    day.step(Input::Sip(Fact::Ringing { leg, status: 180, answer: None }));
    day.step(Input::Sip(Fact::Ringing { leg, status: 183, answer: Some(sdp(6002, &[8], "")) }));
    assert_eq!(day.hears("c1", 0), Hear::Loop(ClipRef(7)), "what the phone plays is not passed on");
    day.answers(leg, None);
    assert_eq!(day.party("c1", 1).audio.remote.port(), 6002);
}

#[test]
fn our_sdp_shows_the_advertised_address_or_that_of_the_signalling() {
    for (advertised, shown) in [
        (Some("203.0.113.1"), "c=IN IP4 203.0.113.1"),
        (None, "c=IN IP4 192.0.2.1"),
        // The caller's leg runs over IPv4, so this one is for the phones only.
        (Some("2001:db8::1"), "c=IN IP6 2001:db8::1"),
    ] {
        let mut plan = plan();
        plan.audio.advertised = advertised.map(|address| address.parse().unwrap());
        let mut day = Day::with(plan);
        day.registers(0);
        day.caller_invites("c1", "960001");
        assert!(day.offer_to(0).contains(shown), "{}", day.offer_to(0));
        assert!(day.said("200 c1 [8]"));
    }
}
