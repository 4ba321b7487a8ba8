//! What goes wrong on the path of a call, and into which counter it leads.

mod day;

use acd::input::Reason;
use acd::{AgentRef, AgentState, Turned};
use call::event::{Event, Outcome};
use call::plan::Target;
use call::{Input, Request};
use day::centre::{ENTERPRISE, GENERAL};
use day::{Day, plan, sdp};
use media::session::{self, ClipRef, Hear, Parties, Party, SessionRef};
use sip::leg::{Fact, ReleasedBy};
use std::time::Duration;

/// A day with one agent ready and a caller whose phone-ringing has begun.
fn ringing() -> Day {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "960001");
    assert!(day.is_ringing(0));
    day
}

/// A day on which they talk.
fn talking() -> Day {
    let mut day = ringing();
    day.wait(4);
    day.agent_answers(0);
    day
}

// ---- the caller hangs up --------------------------------------------------------------------------------

#[test]
fn who_hangs_up_during_the_greeting_was_never_in_the_line() {
    let mut day = Day::new();
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.wait(2);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedBeforeLine));
    assert_eq!(day.agent(0), AgentState::Ready);
}

#[test]
fn who_cancels_during_an_early_greeting_gets_nothing_more_from_us() {
    let mut day = Day::new();
    day.caller_invites("c1", "12346");
    day.leg_ends(day.leg_of("c1"), 16, 487, ReleasedBy::Peer);
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedBeforeLine));
    assert!(!day.said("reject c1 480 cause=16") && !day.said("release c1 cause=16"));
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn who_hangs_up_in_the_line_abandoned_in_line() {
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    day.wait(60);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedInLine));
    day.registers(0);
    assert!(!day.is_ringing(0), "nobody is left to be offered");
    day.reads_like("abandoned_in_line");
}

#[test]
fn who_hangs_up_while_a_phone_rings_stops_the_ringing() {
    let mut day = ringing();
    day.wait(5);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedRinging));
    assert_eq!(day.agent(0), AgentState::Ready);
    day.reads_like("abandoned_ringing");
}

#[test]
fn an_agent_who_answers_a_call_that_was_withdrawn_is_released_and_not_counted() {
    let mut day = ringing();
    day.held = true;
    day.caller_hangs_up("c1");
    let late = day.phones(day::Phone::Gone)[0].1;
    // The 200 crossed our CANCEL.
    day.answers(late, Some(sdp(6000, &[8], "")));
    day.deliver();
    assert!(!day.events.iter().any(|stamped| matches!(stamped.event, Event::Connected { .. })));
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedRinging));
    assert_eq!(day.engine.calls(), 0);
    day.reads_like("answered_after_withdrawal");
}

#[test]
fn a_caller_who_hangs_up_in_the_second_of_the_answer_was_answered() {
    let mut day = ringing();
    day.held = true;
    day.agent_answers(0);
    day.caller_hangs_up("c1");
    day.deliver();
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn a_caller_whose_ack_never_comes_is_lost_not_abandoned() {
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    day.leg_ends(day.leg_of("c1"), 102, 0, ReleasedBy::Timeout);
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
}

// ---- the agent's phone ----------------------------------------------------------------------------------

#[test]
fn a_phone_that_rings_out_hands_the_caller_to_the_next_agent() {
    let mut day = Day::new();
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(0) && !day.is_ringing(1));
    day.wait(20);
    assert!(!day.is_ringing(0) && day.is_ringing(1));
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::RingNoAnswer));
    day.agent_answers(1);
    assert!(day.said("connected c1 8002 waited=20s"), "his original clock");
    day.reads_like("rings_out");
}

#[test]
fn a_refusal_makes_of_the_agent_what_it_says_of_him() {
    for (status, reason) in [
        (486, Reason::Declined),
        (603, Reason::Declined),
        (480, Reason::PhoneLost),
        (404, Reason::PhoneLost),
        (408, Reason::PhoneLost),
        (503, Reason::PhoneLost),
    ] {
        let mut day = ringing();
        day.agent_refuses(0, status);
        assert_eq!(day.agent(0), AgentState::NotReady(reason), "{status}");
        assert!(day.said(&format!("offer ended c1 8001 Declined {status}")));
        assert_eq!(day.hears("c1", 0), Hear::Loop(ClipRef(7)), "he keeps his place, to music");
        day.request(Request::Ready(AgentRef(0)));
        // The distributor does not show him the same caller at once again.
        assert!(!day.is_ringing(0), "{status}");
        day.wait(6);
        assert!(day.is_ringing(0), "{status}: he is offered the caller again in the end");
    }
}

#[test]
fn a_phone_that_is_lost_and_found_during_a_talk_takes_the_next_call() {
    let mut day = talking();
    day.phone_is_lost(0);
    assert_eq!(day.agent(0), AgentState::Talking);
    day.registers(0);
    day.caller_hangs_up("c1");
    assert_eq!(day.agent(0), AgentState::Ready);

    let mut day = talking();
    day.phone_is_lost(0);
    day.caller_hangs_up("c1");
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost), "nobody can be rung there");
    day.registers(0);
    assert_eq!(day.agent(0), AgentState::Ready);
}

#[test]
fn an_agent_who_picks_up_for_a_caller_just_gone_stays_ready_when_the_next_one_finds_him_busy() {
    let mut day = ringing();
    day.caller_invites("c2", "960001");
    day.held = true;
    day.caller_hangs_up("c1");
    assert!(day.is_ringing(0), "the next caller rings in the same step");
    // His 200 to the first and his 486 to the second cross our CANCEL.
    day.agent_refuses(0, 486);
    assert_eq!(day.outcome("c2"), None, "keeps his place");
    assert_eq!(day.agent(0), AgentState::Ready);
    day.deliver();
    // Busy without such a crossing is a person who is busy.
    day.caller_invites("c3", "960001");
    day.agent_refuses(0, 486);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Declined));
}

#[test]
fn an_agent_whose_phone_has_not_heard_our_bye_stays_ready_when_the_next_caller_finds_it_busy() {
    let mut plan = plan();
    plan.acd.groups[ENTERPRISE.index()].wrap_up = Duration::ZERO;
    // Who hangs up, how long after that the phone says that it is busy, and what that makes of the agent.
    for (by_agent, millis, state) in [
        (false, 20, AgentState::Ready),
        (false, 3_999, AgentState::Ready),
        (false, 4_000, AgentState::NotReady(Reason::Declined)),
        (true, 20, AgentState::NotReady(Reason::Declined)),
    ] {
        let mut day = Day::with(plan.clone());
        day.registers(0);
        day.caller_invites("c1", "960001");
        day.agent_answers(0);
        day.caller_invites("c2", "960001");
        day.wait(30);
        day.held = true;
        if by_agent {
            day.agent_hangs_up(0);
        } else {
            day.caller_hangs_up("c1");
        }
        assert!(day.is_ringing(0), "without wrap-up the next caller is offered in the same step");
        day.wait_millis(millis);
        day.agent_refuses(0, 486);
        assert_eq!(day.agent(0), state, "{millis} ms after the agent ({by_agent}) or the caller hung up");
        assert_eq!(day.outcome("c2"), None, "he keeps his place");
        day.deliver();
        day.wait(6);
        assert_eq!(day.is_ringing(0), state == AgentState::Ready, "{millis} ms: offered again, if ready");
    }
}

#[test]
fn an_invite_that_nobody_takes_is_a_lost_phone() {
    let mut day = ringing();
    day.leg_ends(day.rung(0), 18, 0, ReleasedBy::Timeout);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost));
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn an_answer_that_cannot_be_used_releases_the_phone_and_keeps_the_caller() {
    for answer in [None, Some(sdp(6000, &[18], "")), Some(sdp(0, &[8], "")), Some(b"hello".as_slice().into())]
    {
        let mut day = ringing();
        day.answers(day.rung(0), answer);
        assert!(day.said("release 8001 cause=88"));
        assert!(day.said("offer ended c1 8001 Declined 488"));
        assert_eq!(day.agent(0), AgentState::Ready, "for other callers");
        assert!(!day.is_ringing(0));
        assert_eq!(day.outcome("c1"), None);
    }
}

#[test]
fn a_registration_that_expires_while_ringing_moves_the_caller_on() {
    let mut day = Day::new();
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.phone_is_lost(0);
    assert!(!day.is_ringing(0) && day.is_ringing(1));
    assert!(day.said("offer ended c1 8001 AgentGone 0"));
    day.reads_like("phone_lost_while_ringing");
}

#[test]
fn a_registration_that_expires_during_a_talk_ends_nothing() {
    let mut day = talking();
    day.phone_is_lost(0);
    assert_eq!(day.outcome("c1"), None);
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    day.wait(60);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost));
}

#[test]
fn either_side_ends_a_talk_and_the_other_is_released() {
    let mut day = talking();
    day.wait(60);
    day.agent_hangs_up(0);
    assert!(day.said("release c1 cause=16") && day.said("ended c1 Answered cause=16 by=Agent"));
    let mut day = talking();
    day.wait(60);
    day.caller_hangs_up("c1");
    assert!(day.said("release 8001 cause=16") && day.said("ended c1 Answered cause=16 by=Caller"));
}

#[test]
fn both_hang_up_at_once_and_it_is_told_once() {
    let mut day = talking();
    day.held = true;
    day.agent_hangs_up(0);
    let leg = day.leg_of("c1");
    day.step(Input::Sip(Fact::Released {
        leg,
        cause: sip::message::Cause(16),
        status: 200,
        by: ReleasedBy::Peer,
    }));
    day.deliver();
    let ended = |event: &Event| matches!(event, Event::Ended { .. });
    assert_eq!(day.events.iter().filter(|stamped| ended(&stamped.event)).count(), 1);
    assert_eq!(day.engine.calls(), 0);
}

// ---- turned away ----------------------------------------------------------------------------------------

#[test]
fn a_full_line_is_busy() {
    let mut plan = plan();
    plan.acd.groups[1].line_max = 1;
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    day.caller_invites("c2", "960001");
    assert_eq!(day.outcome("c2"), Some(Outcome::TurnedAway(Turned::LineFull)));
    assert!(day.said("release c2 cause=17"));
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn a_full_line_is_busy_before_the_answer_too() {
    let mut plan = plan();
    plan.acd.groups[0].line_max = 1;
    let mut day = Day::with(plan);
    for name in ["c1", "c2"] {
        day.caller_invites(name, "12346");
        day.caller_hears_clips_out(name);
    }
    assert!(day.said("reject c2 486 cause=17"));
}

#[test]
fn who_has_waited_too_long_hears_why_and_is_released() {
    let mut plan = plan();
    plan.acd.groups[1].wait_max = Some(Duration::from_secs(300));
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    day.wait(300);
    assert_eq!(day.hears("c1", 0), Hear::Once(ClipRef(3)));
    day.wait(8);
    day.caller_hears_clips_out("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::TurnedAway(Turned::WaitedTooLong)));
    day.reads_like("waited_too_long");
}

#[test]
fn who_hangs_up_during_the_announcement_was_turned_away_all_the_same() {
    let mut plan = plan();
    plan.acd.groups[1].needs_signed_in = true;
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    assert_eq!(day.hears("c1", 0), Hear::Once(ClipRef(3)));
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::TurnedAway(Turned::NobodySignedIn)));
}

#[test]
fn another_group_takes_him_with_his_original_clock() {
    let mut plan = plan();
    plan.acd.groups[1].wait_max = Some(Duration::from_secs(30));
    plan.groups[1].on_wait_max = Target::Group(GENERAL);
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    day.wait(30);
    assert_eq!(day.hears("c1", 0), Hear::Loop(ClipRef(2)), "the other group's music");
    day.wait(12);
    day.registers(1);
    day.agent_answers(1);
    assert!(day.said("connected c1 8002 waited=42s"));
    day.reads_like("sent_to_another_group");
}

#[test]
fn groups_that_send_him_round_in_circles_end_busy() {
    let mut plan = plan();
    for (group, to) in [(0, ENTERPRISE), (1, GENERAL)] {
        plan.acd.groups[group].needs_signed_in = true;
        plan.groups[group].on_nobody = Target::Group(to);
    }
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    assert_eq!(day.outcome("c1"), Some(Outcome::TurnedAway(Turned::NobodySignedIn)));
    let hops =
        day.events.iter().filter(|stamped| matches!(stamped.event, Event::TurnedAway { to: Some(_), .. }));
    assert_eq!(hops.count(), 4);
}

#[test]
fn a_target_that_does_not_exist_loses_the_caller_and_breaks_nothing() {
    let mut plan = plan();
    plan.acd.groups[1].needs_signed_in = true;
    plan.groups[1].on_nobody = Target::Group(acd::GroupRef(99));
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
}

// ---- not admitted ---------------------------------------------------------------------------------------

#[test]
fn a_number_that_nobody_serves_is_unknown() {
    let mut day = Day::new();
    day.caller_invites("c1", "12399");
    assert!(day.said("reject c1 404 cause=1") && day.said("arrived c1 12399 no flow"));
    assert_eq!(day.outcome("c1"), Some(Outcome::Refused));
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn one_call_too_many_is_refused_with_retry_after() {
    let mut plan = plan();
    plan.calls_max = 1;
    let mut day = Day::with(plan);
    day.caller_invites("c1", "12345");
    day.caller_invites("c2", "12345");
    assert!(day.said("reject c2 503 cause=42 retry 10s"));
    day.phone_dials("p1", 0, "*10");
    assert_eq!(
        day.hears("p1", 0),
        Hear::Once(ClipRef(4)),
        "agents can sign in when there is no room for callers"
    );
    day.caller_hangs_up("c1");
    day.caller_hangs_up("p1");
    day.caller_invites("c3", "12345");
    assert_eq!(day.outcome("c3"), None);
}

#[test]
fn without_a_port_a_call_is_refused_until_one_has_rested() {
    let mut plan = plan();
    plan.audio.ports = 20_000..=20_001;
    let mut day = Day::with(plan);
    day.caller_invites("c1", "12345");
    day.caller_invites("c2", "12345");
    assert!(day.said("reject c2 503 cause=47 retry 10s"));
    day.caller_hangs_up("c1");
    day.wait(4);
    day.caller_invites("c3", "12345");
    assert_eq!(day.outcome("c3"), Some(Outcome::Refused));
    day.wait(1);
    day.caller_invites("c4", "12345");
    assert_eq!(day.outcome("c4"), None);
}

#[test]
fn without_a_port_for_the_agents_side_the_caller_is_lost_and_the_agent_free() {
    let mut plan = plan();
    plan.audio.ports = 20_000..=20_001;
    let mut day = Day::with(plan);
    day.registers(0);
    day.caller_invites("c1", "960001");
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
    assert_eq!(day.agent(0), AgentState::Ready);
    day.reads_like("no_port_for_the_agent");
}

#[test]
fn an_offer_that_cannot_be_met_is_refused() {
    let browser = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 8\r\n\
                   c=IN IP4 0.0.0.0\r\na=fingerprint:sha-256 00\r\n";
    for (offer, status) in [
        (sdp(4000, &[18, 4], ""), 488),
        (browser.as_bytes().into(), 488),
        (b"v=0\r\n".as_slice().into(), 488),
        (b"not sdp".as_slice().into(), 400),
        (Box::default(), 400),
    ] {
        let mut day = Day::new();
        day.invites("c1", "12345", Some(offer));
        assert!(day.said(&format!("reject c1 {status} cause=88")), "{status}");
        assert_eq!(day.outcome("c1"), Some(Outcome::Refused));
        assert_eq!(day.engine.calls(), 0);
    }
}

#[test]
fn draining_refuses_new_calls_and_lets_running_ones_end() {
    let mut day = talking();
    day.request(Request::Drain);
    day.caller_invites("c2", "12345");
    assert!(day.said("reject c2 503 cause=42 retry 10s"));
    assert_eq!(day.outcome("c1"), None);
    day.caller_hangs_up("c1");
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn when_the_grace_is_over_all_calls_are_released() {
    let mut day = talking();
    day.caller_invites("c2", "12345");
    day.request(Request::ReleaseAll);
    assert_eq!([day.outcome("c1"), day.outcome("c2")], [Some(Outcome::Answered), Some(Outcome::Lost)]);
    assert_eq!(day.engine.calls(), 0);
}

// ---- audio ----------------------------------------------------------------------------------------------

#[test]
fn a_caller_who_falls_silent_in_his_talk_is_released() {
    let mut day = talking();
    day.falls_silent("c1", 0);
    assert!(day.said("ended c1 Answered cause=41 by=System"));
    assert!(day.said("release c1 cause=41") && day.said("release 8001 cause=41"));
}

#[test]
fn a_caller_whose_agent_falls_silent_waits_for_another_one() {
    let mut day = talking();
    day.falls_silent("c1", 1);
    assert!(day.said("release 8001 cause=41") && day.said("queued c1 enterprise 1"));
    assert_eq!(day.outcome("c1"), None);
    assert_eq!(day.hears("c1", 0), Hear::Loop(ClipRef(7)));
}

#[test]
fn silence_in_early_media_and_on_hold_is_nothing_special() {
    let mut day = Day::new();
    day.caller_invites("c1", "12346");
    day.caller_hears_clips_out("c1");
    day.falls_silent("c1", 0);
    assert_eq!(day.outcome("c1"), None);
    day.registers(0);
    day.agent_answers(0);
    assert!(day.said("update c1/caller Pcma sr"), "he is watched from the answer on");
    day.falls_silent("c1", 0);
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    let mut day = talking();
    day.offers(day.leg_of("c1"), Some(sdp(4000, &[8], "a=inactive\r\n")));
    day.falls_silent("c1", 0);
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn a_caller_who_falls_silent_in_the_line_is_lost() {
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    day.falls_silent("c1", 0);
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
}

#[test]
fn a_port_that_cannot_be_opened_loses_the_caller_and_is_left_alone() {
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    let port = day.party("c1", 0).audio.port;
    day.port_fails("c1", 0);
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
    assert_eq!(day.engine.calls(), 0);
    day.wait(60);
    for turn in 0..400 {
        let name = format!("t{turn}");
        day.caller_invites(&name, "960001");
        if day.outcome(&name).is_none() {
            assert_ne!(day.party(&name, 0).audio.port, port);
            day.caller_hangs_up(&name);
        }
    }
    day.wait(600);
}

#[test]
fn a_port_of_the_agents_side_that_fails_costs_the_caller_his_agent_and_not_his_place() {
    let mut day = talking();
    day.port_fails("c1", 1);
    assert!(day.said("release 8001 cause=47") && day.said("queued c1 enterprise 1"));
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
}

// ---- limits ---------------------------------------------------------------------------------------------

#[test]
fn the_longest_call_is_released() {
    let mut day = talking();
    day.wait(7200);
    assert!(day.said("ended c1 Answered cause=102 by=System"));
    let mut day = Day::new();
    day.caller_invites("c1", "960001");
    day.wait(7200);
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
}

#[test]
fn a_call_whose_last_facts_never_come_is_forgotten_with_its_ports() {
    let mut day = talking();
    day.held = true;
    day.caller_hangs_up("c1");
    day.owed.clear();
    assert_eq!(day.engine.calls(), 1);
    day.wait(120);
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn requests_are_answered_with_their_id() {
    let mut day = talking();
    let call = day.call("c1");
    day.request(Request::Release(call));
    assert!(day.said("done request#1") && day.said("ended c1 Answered cause=16 by=System"));
    day.request(Request::Release(call));
    assert!(day.said("refused request#2 no such call"));
    day.request(Request::SignIn(AgentRef(99)));
    assert!(day.said("refused request#3 no such agent"));
    day.request(Request::Ready(AgentRef(1)));
    assert!(day.events.iter().any(|stamped| matches!(stamped.event, Event::RequestRefused { .. })));
    assert!(day.engine.describe(call).is_none());
}

#[test]
fn facts_about_what_never_was_change_nothing() {
    let mut day = talking();
    let before = day.events.len();
    let nobody = sip::leg::LegRef(777);
    let session = SessionRef::from_bits(0xFFFF_FFFF_0000_0001);
    let party = Party(0);
    day.step(Input::Sip(Fact::Answered {
        leg: nobody,
        answer: None,
        peer: "1.2.3.4:5".parse().unwrap(),
        nated: false,
    }));
    day.step(Input::Sip(Fact::Confirmed { leg: nobody, answer: None }));
    day.step(Input::Sip(Fact::Reanswered { leg: nobody, answer: Box::default() }));
    day.step(Input::Sip(Fact::ReofferRefused { leg: nobody, status: 488 }));
    day.step(Input::Sip(Fact::Key { leg: nobody, digit: '1' }));
    day.step(Input::Media(session::Fact::ClipEnded { session, party, clip: ClipRef(0) }));
    day.step(Input::Media(session::Fact::Silent { session, party }));
    day.step(Input::Media(session::Fact::PortFailed { session, party, port: 20_000 }));
    day.step(Input::Media(session::Fact::Left { session, party, port: 20_000, report: Default::default() }));
    let session = SessionRef::from_bits(day.call("c1").bits());
    day.step(Input::Media(session::Fact::Left { session, party, port: 20_000, report: Default::default() }));
    day.step(Input::Media(session::Fact::ClipEnded { session, party, clip: ClipRef(0) }));
    assert_eq!(day.events.len(), before);
    assert_eq!(day.hears("c1", 0), Hear::Parties(Parties::one(Party(1))));
}

#[test]
fn a_question_without_an_answer_leaves_no_trace_in_the_day() {
    let numbers = |asks: bool| {
        let mut day = talking();
        if asks {
            day.request(Request::WhyCaller(day.call("c1")));
            day.request(Request::WhyAgent(AgentRef(99)));
            let bad = acd::Plan { groups: Vec::new(), ..acd::Plan::default() };
            day.request(Request::Preview(Box::new(bad)));
            let unanswered = |event: &Event| matches!(event, Event::Unanswered { .. });
            assert_eq!(day.events.iter().filter(|stamped| unanswered(&stamped.event)).count(), 3);
        }
        day.caller_hangs_up("c1");
        let told = day.events.iter().filter(|stamped| !stamped.event.is_answer());
        told.map(|stamped| stamped.seq).collect::<Vec<_>>()
    };
    assert_eq!(numbers(true), numbers(false), "or a replay, which is not asked, would tell another day");
}
