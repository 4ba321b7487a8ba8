//! Calls that are picked (代接), and wrap-ups that end by a code.

mod day;

use acd::input::Reason;
use acd::{AgentRef, AgentState, OfferEnd};
use call::Request;
use call::event::{Event, Outcome};
use day::Day;
use day::centre::{calling_back, consulting};
use media::session::{ClipRef, Hear, Parties, Party};
use sip::leg::ReleasedBy;

const REFUSED: Hear = Hear::Once(ClipRef(5));

fn hears(party: u8) -> Hear {
    Hear::Parties(Parties::one(Party(party)))
}

/// c1's call rings at 8002; 8001, of the same group, is not ready.
fn ringing() -> Day {
    let mut day = Day::with(consulting());
    (0..3).for_each(|agent| day.registers(agent));
    day.request(Request::NotReady(AgentRef(0), Reason::Busy));
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(1));
    day
}

fn ends(day: &Day) -> Vec<OfferEnd> {
    let end = |event: &Event| match event {
        Event::OfferEnded { end, .. } => Some(*end),
        _ => None,
    };
    day.events.iter().filter_map(|stamped| end(&stamped.event)).collect()
}

#[test]
fn a_call_that_rings_at_a_colleague_is_picked() {
    let mut day = ringing();
    day.wait(5);
    day.phone_dials("p1", 0, "*14");
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(1), hears(0)));
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Talking, AgentState::Ready));
    assert!(!day.is_ringing(1), "his phone stops");
    assert_eq!(ends(&day), [OfferEnd::TakenElsewhere], "nobody is blamed");
    day.wait(30);
    day.caller_hangs_up("c1");
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.wait(10);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Busy), "as he was");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("picked");
}

#[test]
fn the_call_at_that_colleague_is_picked_by_his_work_number() {
    let mut day = ringing();
    day.phone_dials("p1", 0, "*148003");
    assert_eq!(day.hears("p1", 0), REFUSED, "nothing rings there");
    day.caller_hears_clips_out("p1");
    day.phone_dials("p2", 0, "*148002");
    assert_eq!(day.hears("c1", 0), hears(1));
    assert_eq!(day.agent(0), AgentState::Talking);
}

#[test]
fn the_head_of_the_line_is_picked_when_nothing_rings() {
    let mut day = ringing();
    day.agent_answers(1);
    day.caller_invites("c2", "12345");
    day.caller_hears_clips_out("c2");
    assert!(day.ringing().is_empty());
    day.phone_dials("p1", 0, "*14");
    assert_eq!((day.hears("c2", 0), day.hears("c2", 1)), (hears(1), hears(0)));
}

#[test]
fn who_does_not_do_the_work_or_talks_picks_nothing() {
    let mut day = ringing();
    // 8003 serves the other desk only.
    day.phone_dials("p1", 2, "*14");
    assert_eq!(day.hears("p1", 0), REFUSED);
    day.caller_hears_clips_out("p1");
    assert!(day.is_ringing(1) && day.agent(2) == AgentState::Ready);
    day.agent_answers(1);
    day.caller_invites("c2", "12345");
    day.caller_hears_clips_out("c2");
    day.phone_dials("p2", 1, "*14");
    assert_eq!(day.hears("p2", 0), REFUSED, "he talks");
}

#[test]
fn two_reach_for_one_call_and_one_has_it() {
    let mut day = ringing();
    day.request(Request::SignOut(AgentRef(2)));
    day.held = true;
    day.phone_dials("p1", 0, "*148002");
    day.phone_dials("p2", 1, "*148002");
    day.deliver();
    assert_eq!(day.agent(0), AgentState::Talking);
    assert_eq!(day.hears("p2", 0), REFUSED);
}

#[test]
fn a_colleague_who_picked_up_in_the_same_moment_is_hung_up_on() {
    let mut day = ringing();
    day.held = true;
    let rung = day.rung(1);
    day.phone_dials("p1", 0, "*14");
    day.answers(rung, Some(day::sdp(6000, &[8], "")));
    day.deliver();
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Talking, AgentState::Ready));
    assert_eq!(day.hears("c1", 0), hears(1));
}

#[test]
fn the_phone_that_picked_vanishes_and_the_caller_is_in_front_of_the_line() {
    let mut day = ringing();
    day.phone_dials("p1", 0, "*14");
    day.leg_ends(day.leg_of("p1"), 41, 408, ReleasedBy::Timeout);
    assert_eq!(day.outcome("c1"), None);
    assert!(day.is_ringing(1));
    // No offer of SDP, or one that cannot be used: nothing has changed.
    let mut day = ringing();
    let phone = sip::leg::Origin::Aor(sip::leg::AorRef(0));
    day.invites_from("p1", "*14", None, phone);
    day.invites_from("p2", "*14", Some(day::sdp(5000, &[18], "")), phone);
    assert!(day.is_ringing(1) && day.agent(0) == AgentState::NotReady(Reason::Busy));
    assert!(day.said("reject p2 488 cause=88"));
}

#[test]
fn a_caller_in_early_media_is_answered_when_his_call_is_picked() {
    let mut day = Day::with(consulting());
    day.registers(1);
    day.registers(0);
    day.request(Request::NotReady(AgentRef(0), Reason::Busy));
    day.caller_invites("c1", "12346");
    day.caller_hears_clips_out("c1");
    day.phone_dials("p1", 0, "*14");
    assert!(day.said("200 c1 [8 101]") || day.said("200 c1 [8]"));
    assert_eq!(day.hears("c1", 0), hears(1));
}

#[test]
fn who_is_called_back_is_not_picked() {
    let mut day = Day::with(calling_back());
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.presses("c1", '1');
    day.caller_hears_clips_out("c1");
    day.registers(0);
    day.request(Request::NotReady(AgentRef(0), Reason::Busy));
    assert!(day.is_ringing(1));
    day.phone_dials("p1", 0, "*148002");
    assert_eq!(day.hears("p1", 0), REFUSED);
}

#[test]
fn a_wrap_up_ends_by_its_code_and_nothing_else_does() {
    let mut day = Day::with(consulting());
    day.registers(0);
    day.phone_dials("p0", 0, "*15");
    assert_eq!(day.hears("p0", 0), REFUSED, "he is in none");
    day.caller_hears_clips_out("p0");
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    // He goes to lunch after it: ending the wrap-up does not take that back.
    day.request(Request::NotReady(AgentRef(0), Reason::Meal));
    day.agent_hangs_up(0);
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.phone_dials("p1", 0, "*15");
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "his phone is not free yet");
    day.caller_hears_clips_out("p1");
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Meal));
    day.request(Request::EndWrapUp(AgentRef(0)));
    assert!(day.events.iter().any(|stamped| matches!(
        stamped.event,
        Event::RequestRefused { why: "the agent is not in wrap-up", .. }
    )));
}
