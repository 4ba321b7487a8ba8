//! Callbacks: who is called back, how he is reached, and what goes wrong on the way. At each step nobody is stuck: the
//! agent is free again, and the callback is where it was.

mod day;

use acd::input::Reason;
use acd::plan::First;
use acd::{AgentRef, AgentState, CallbackEnd, Priority, SiteRef};
use base::{Private, Timestamp};
use call::event::{CallRef, Event, Outcome};
use call::plan::{Language, LanguageRef};
use call::spoken::Grammar;
use call::{Input, Plan, Request};
use day::centre::{ENTERPRISE, calling_back};
use day::{Day, Phone, sdp};
use media::session::{ClipRef, Hear};
use sip::leg::{Fact, ReleasedBy};
use std::time::Duration;

const MUSIC: Hear = Hear::Loop(ClipRef(7));
const PROMPT: Hear = Hear::Once(ClipRef(8));
const CONFIRMED: Hear = Hear::Once(ClipRef(9));
const YOU_ASKED: Hear = Hear::Once(ClipRef(10));
const RING_BACK: Hear = Hear::Loop(ClipRef(6));

fn callers_first() -> Plan {
    let mut plan = calling_back();
    plan.acd.groups[ENTERPRISE.index()].callback.first = First::Caller;
    plan
}

/// A caller to the enterprise desk, where nobody is; he asks to be called back after ten seconds.
fn asked(plan: Plan) -> Day {
    let mut day = Day::with(plan);
    day.caller_invites("c1@100", "960001");
    day.wait(10);
    day.presses("c1@100", '1');
    day.caller_hears_clips_out("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::CalledBack));
    assert_eq!(day.engine.calls(), 0);
    day.wait(10);
    day
}

/// 8001 has taken the callback, and the caller's phone rings.
fn dialing() -> Day {
    let mut day = asked(calling_back());
    day.registers(0);
    day.agent_answers(0);
    assert!(day.is_dialing());
    day
}

/// The attempt has failed: 8001 is free again and the callback is put off.
#[track_caller]
fn put_off(day: &Day, attempts: u8) {
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "{:?}", day.agent(0));
    assert_eq!(day.engine.callbacks().map(|(_, back)| back.attempts).collect::<Vec<_>>(), [attempts]);
    assert!(day.phones(Phone::Ringing).is_empty() && day.phones(Phone::Talking).is_empty());
    assert_eq!(day.engine.calls(), 0);
}

fn end_of(day: &Day) -> Option<CallbackEnd> {
    day.events.iter().rev().find_map(|stamped| match stamped.event {
        Event::CallbackEnded { end, .. } => Some(end),
        _ => None,
    })
}

// ---- asked for and kept ---------------------------------------------------------------------------------

#[test]
fn who_asks_by_key_keeps_his_place_and_is_called_back_when_an_agent_has_picked_up() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@100", "960001");
    day.wait(60);
    assert_eq!(day.hears("c1@100", 0), PROMPT, "he has waited a minute");
    day.clip_ends("c1@100", ClipRef(8));
    assert_eq!(day.hears("c1@100", 0), MUSIC);
    day.presses("c1@100", '2');
    assert_eq!(day.hears("c1@100", 0), MUSIC, "another key says nothing");
    day.presses("c1@100", '1');
    assert_eq!(day.hears("c1@100", 0), CONFIRMED);
    day.caller_hears_clips_out("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::CalledBack));
    day.wait(30);

    day.registers(0);
    assert!(day.is_ringing(0) && !day.is_dialing(), "the agent first");
    day.wait(5);
    day.agent_answers(0);
    assert!(day.is_dialing());
    assert_eq!(day.hears("back1", 1), RING_BACK);
    day.wait(8);
    day.outside_answers();
    assert!(day.said("callback connected back1 8001 waited=103s"), "on his original clock");
    assert_eq!(end_of(&day), Some(CallbackEnd::Reached));
    day.wait(90);
    day.agent_hangs_up(0);
    assert_eq!(day.outcome("back1"), Some(Outcome::Callback), "not a second answered call");
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    assert_eq!(day.engine.calls(), 0);
    day.reads_like("called_back_agent_first");
}

#[test]
fn where_the_caller_is_dialed_first_he_waits_for_his_agent_like_any_caller() {
    let mut day = asked(callers_first());
    day.registers(0);
    assert!(day.is_dialing() && !day.is_ringing(0));
    day.wait(6);
    day.outside_answers();
    assert_eq!(day.hears("back1", 0), YOU_ASKED);
    assert!(day.is_ringing(0), "in the step in which he picked up");
    day.clip_ends("back1", ClipRef(10));
    assert_eq!(day.hears("back1", 0), MUSIC);
    day.wait(4);
    day.agent_answers(0);
    assert!(day.said("callback connected back1 8001 waited=30s"));
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert_eq!(day.outcome("back1"), Some(Outcome::Callback));
    day.reads_like("called_back_caller_first");
}

#[test]
fn who_hangs_up_in_the_line_was_abandoned_and_is_called_back_as_a_missed_call() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@100", "960001");
    day.wait(20);
    day.caller_hangs_up("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::AbandonedInLine));
    let (_, back) = day.engine.callbacks().next().expect("a missed call");
    assert!(back.missed && back.after == Timestamp::from_secs(620) && back.number.reveal() == "+86527100");
    day.registers(0);
    assert!(!day.is_ringing(0), "most call again by themselves");
    day.wait(600);
    assert!(day.is_ringing(0));
    day.agent_answers(0);
    day.outside_answers();
    assert_eq!(end_of(&day), Some(CallbackEnd::Reached));
    day.reads_like("missed_call");
}

#[test]
fn who_hangs_up_while_a_phone_rings_is_a_missed_call_too() {
    let mut day = Day::with(calling_back());
    day.registers(0);
    day.caller_invites("c1@100", "960001");
    day.wait(5);
    day.caller_hangs_up("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::AbandonedRinging));
    assert_eq!((day.agent(0), day.engine.callbacks().count()), (AgentState::Ready, 1));
}

#[test]
fn a_leg_that_is_lost_is_no_missed_call() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@100", "960001");
    day.wait(5);
    day.leg_ends(day.leg_of("c1@100"), 102, 0, ReleasedBy::Timeout);
    assert_eq!((day.outcome("c1@100"), day.engine.callbacks().count()), (Some(Outcome::Lost), 0));
}

#[test]
fn the_key_may_come_by_info_and_a_request_does_the_same() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@100", "960001");
    let leg = day.leg_of("c1@100");
    day.step(Input::Sip(Fact::Key { leg, digit: '1' }));
    assert_eq!(day.hears("c1@100", 0), CONFIRMED);
    // Pressed again, or come twice by both ways: he is out of the line already.
    day.presses("c1@100", '1');
    day.caller_hangs_up("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::CalledBack), "whoever hangs up now was taken down");

    day.caller_invites("c2@200", "960001");
    day.request(Request::CallBack(day.call("c2@200")));
    day.caller_hears_clips_out("c2@200");
    assert_eq!(day.outcome("c2@200"), Some(Outcome::CalledBack));
    assert_eq!(day.engine.callbacks().count(), 2);
    day.request(Request::CallBack(day.call("c2@200")));
    assert!(day.said("refused request#2 no such call"));
}

#[test]
fn a_caller_who_withholds_his_number_waits_on() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@nobody", "960001");
    day.wait(61);
    assert_eq!(day.hears("c1@nobody", 0), MUSIC, "he is not asked");
    day.presses("c1@nobody", '1');
    assert_eq!((day.hears("c1@nobody", 0), day.outcome("c1@nobody")), (MUSIC, None));
    day.request(Request::CallBack(day.call("c1@nobody")));
    assert!(day.said("refused request#1 the caller's number is withheld"));
    day.caller_hangs_up("c1@nobody");
    assert_eq!(day.engine.callbacks().count(), 0);
}

#[test]
fn a_group_that_cannot_dial_keeps_nobody() {
    let mut plan = calling_back();
    plan.groups[ENTERPRISE.index()].callback = None;
    let mut day = Day::with(plan);
    day.caller_invites("c1@100", "960001");
    day.request(Request::CallBack(day.call("c1@100")));
    assert!(day.said("refused request#1 the group calls nobody back"));
    day.caller_hangs_up("c1@100");
    assert_eq!(end_of(&day), Some(CallbackEnd::Cancelled), "the missed call is dropped, and told");
    assert_eq!(day.engine.callbacks().count(), 0);
}

// ---- he is not reached ----------------------------------------------------------------------------------

#[test]
fn a_caller_who_does_not_pick_up_is_tried_again_and_given_up_in_the_end() {
    let mut day = dialing();
    day.wait(40);
    day.leg_ends(day.dialed(), 19, 408, ReleasedBy::Us);
    assert!(day.said("release 8001 cause=19"));
    put_off(&day, 1);
    day.wait(299);
    assert!(!day.is_ringing(0), "not before the pause is over");
    day.wait(1);
    assert!(day.is_ringing(0));
    day.agent_answers(0);
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    assert_eq!((end_of(&day), day.engine.callbacks().count()), (Some(CallbackEnd::GivenUp), 0));
    assert_eq!(day.engine.calls(), 0);
    day.reads_like("called_back_in_vain");
}

#[test]
fn a_trunk_that_does_not_answer_puts_it_off() {
    for status in [0, 408, 503] {
        let mut day = dialing();
        day.leg_ends(day.dialed(), 38, status, ReleasedBy::Timeout);
        put_off(&day, 1);
    }
}

#[test]
fn an_answer_that_cannot_be_used_puts_it_off() {
    for answer in [None, Some(sdp(7000, &[18], "")), Some(b"hello".as_slice().into())] {
        let mut day = dialing();
        day.answers(day.dialed(), answer);
        put_off(&day, 1);
    }
}

#[test]
fn a_200_without_sdp_stands_by_the_answer_in_the_183() {
    let mut day = dialing();
    let leg = day.dialed();
    let answer = Some(sdp(7000, &[8], ""));
    day.step(Input::Sip(Fact::Ringing { leg, status: 183, answer }));
    assert_eq!(day.hears("back1", 1), RING_BACK, "what the network plays is not passed on");
    day.answers(leg, None);
    assert!(day.said("callback connected back1 8001 waited=20s"));
}

#[test]
fn where_he_was_dialed_first_and_does_not_pick_up_no_agent_has_noticed() {
    let mut day = asked(callers_first());
    day.registers(0);
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    assert_eq!(day.agent(0), AgentState::Ready);
    assert_eq!(day.engine.callbacks().map(|(_, back)| back.attempts).collect::<Vec<_>>(), [1]);
    day.wait(300);
    assert!(day.is_dialing());
}

#[test]
fn who_hangs_up_after_he_was_called_back_and_before_an_agent_had_him_is_let_go() {
    let mut day = asked(callers_first());
    day.registers(0);
    day.outside_answers();
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert_eq!((end_of(&day), day.outcome("back1")), (Some(CallbackEnd::Cancelled), Some(Outcome::Callback)));
    assert_eq!((day.agent(0), day.engine.calls()), (AgentState::Ready, 0));
}

#[test]
fn who_is_reached_where_the_last_agent_has_gone_home_hears_the_announcement() {
    let mut plan = callers_first();
    plan.acd.groups[ENTERPRISE.index()].needs_signed_in = true;
    let mut day = Day::with(plan);
    day.registers(0);
    day.request(Request::NotReady(AgentRef(0), Reason::Meal));
    day.caller_invites("c1@100", "960001");
    day.presses("c1@100", '1');
    day.caller_hears_clips_out("c1@100");
    day.request(Request::Ready(AgentRef(0)));
    day.outside_answers();
    day.request(Request::SignOut(AgentRef(0)));
    assert_eq!(day.hears("back1", 0), Hear::Once(ClipRef(3)));
    assert_eq!((end_of(&day), day.engine.callbacks().count()), (Some(CallbackEnd::GivenUp), 0));
    day.caller_hears_clips_out("back1");
    assert_eq!((day.outcome("back1"), day.engine.calls()), (Some(Outcome::Callback), 0));
}

// ---- the agent ------------------------------------------------------------------------------------------

#[test]
fn an_agent_who_hangs_up_while_his_caller_is_dialed_puts_it_off() {
    let mut day = dialing();
    day.agent_hangs_up(0);
    assert!(day.said("release 0100 cause=16"), "the caller's phone stops ringing");
    put_off(&day, 1);
}

#[test]
fn an_agent_whose_phone_is_lost_while_his_caller_is_dialed_goes_on() {
    let mut day = dialing();
    day.phone_is_lost(0);
    day.outside_answers();
    assert_eq!(end_of(&day), Some(CallbackEnd::Reached));
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost));
}

#[test]
fn an_agent_who_falls_silent_while_his_caller_is_dialed_is_released() {
    let mut day = dialing();
    day.falls_silent("back1", 1);
    put_off(&day, 1);
    let mut day = dialing();
    day.port_fails("back1", 1);
    put_off(&day, 1);
}

#[test]
fn a_phone_that_does_not_answer_hands_the_callback_to_the_next_agent_in_a_call_of_its_own() {
    let mut plan = calling_back();
    plan.acd.agents[1].skills.push((ENTERPRISE, acd::SkillLevel(5)));
    let mut day = asked(plan);
    day.registers(0);
    day.registers(1);
    day.wait(20);
    assert!(!day.is_ringing(0) && day.is_ringing(1));
    assert_eq!(day.outcome("back1"), Some(Outcome::Callback));
    day.agent_refuses(1, 486);
    assert_eq!(day.outcome("back2"), Some(Outcome::Callback));
    assert_eq!(
        day.engine.callbacks().map(|(_, back)| back.attempts).collect::<Vec<_>>(),
        [0],
        "nobody dialed"
    );
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn a_registration_that_expires_while_a_callback_rings_leaves_it_in_the_line() {
    let mut day = asked(calling_back());
    day.registers(0);
    day.phone_is_lost(0);
    assert_eq!((day.agent(0), day.engine.calls()), (AgentState::NotReady(Reason::PhoneLost), 0));
    day.registers(0);
    day.wait(6);
    assert!(day.is_ringing(0), "and it is offered again");
}

#[test]
fn several_agents_may_ring_for_a_callback_and_one_has_it() {
    let mut plan = calling_back();
    plan.acd.agents[1].skills.push((ENTERPRISE, acd::SkillLevel(5)));
    plan.acd.groups[ENTERPRISE.index()].parallel = 2;
    let mut day = Day::with(plan);
    day.registers(0);
    day.registers(1);
    for agent in [0, 1] {
        day.request(Request::NotReady(AgentRef(agent), Reason::Meal));
    }
    day.caller_invites("c1@100", "960001");
    day.presses("c1@100", '1');
    day.caller_hears_clips_out("c1@100");
    day.request(Request::Ready(AgentRef(0)));
    day.agent_refuses(0, 488);
    day.request(Request::Ready(AgentRef(1)));
    day.wait(6);
    assert!(day.is_ringing(1));
    day.agent_answers(1);
    day.outside_answers();
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Ready, AgentState::Talking));
}

// ---- no port --------------------------------------------------------------------------------------------

#[test]
fn without_a_port_nobody_is_stuck() {
    // One port: the caller's rests when the agent is to be rung. Two: when the caller is to be dialed.
    for (ports, dialed) in [(20_000..=20_001, false), (20_000..=20_003, true)] {
        let mut plan = calling_back();
        plan.audio.ports = ports;
        plan.audio.port_rest = Duration::from_secs(30);
        let mut day = asked(plan);
        day.registers(0);
        if dialed {
            day.agent_answers(0);
        }
        put_off(&day, 1);
        assert!(!day.events.iter().any(|stamped| matches!(stamped.event, Event::Connected { .. })));
        day.wait(300);
        assert!(day.is_ringing(0), "with ports again");
    }
}

// ---- he calls again -------------------------------------------------------------------------------------

#[test]
fn who_calls_again_while_he_is_being_dialed_has_his_place_and_the_agent_is_free() {
    let mut day = dialing();
    day.caller_invites("c2@100", "960001");
    assert!(day.said("release 0100 cause=16") && day.said("release 8001 cause=16"));
    assert_eq!(end_of(&day), Some(CallbackEnd::CalledAgain));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.request(Request::Ready(AgentRef(0)));
    day.agent_answers(0);
    assert!(day.said("connected c2@100 8001 waited=20s"), "the clock of his first call");
    day.reads_like("calls_again_while_dialed");
}

#[test]
fn who_calls_again_while_an_agent_rings_for_him_is_offered_himself() {
    let mut day = asked(calling_back());
    day.registers(0);
    assert!(day.is_ringing(0));
    day.caller_invites("c2@100", "960001");
    assert_eq!(
        (end_of(&day), day.outcome("back1")),
        (Some(CallbackEnd::CalledAgain), Some(Outcome::Callback))
    );
    assert!(day.is_ringing(0));
    day.agent_answers(0);
    assert!(day.said("connected c2@100 8001 waited=20s"));
}

#[test]
fn a_200_that_crosses_our_cancel_is_answered_by_a_bye() {
    let mut day = dialing();
    let leg = day.dialed();
    day.held = true;
    day.caller_invites("c2@100", "960001");
    let (answer, peer) = (Some(sdp(7000, &[8], "")), "10.0.0.8:5060".parse().unwrap());
    day.step(Input::Sip(Fact::Answered { leg, answer, peer, nated: false }));
    assert!(!day.events.iter().any(|stamped| matches!(stamped.event, Event::CallbackConnected { .. })));
    day.held = false;
    day.deliver();
    assert_eq!(day.outcome("back1"), Some(Outcome::Callback));
    assert_eq!(day.engine.calls(), 1, "the new one");
}

// ---- requests -------------------------------------------------------------------------------------------

fn number(number: &str, after: Timestamp) -> Request {
    Request::CallBackNumber {
        number: Private::new(number.into()),
        group: ENTERPRISE,
        priority: Priority(0),
        site: SiteRef(0),
        since: None,
        after,
        missed: false,
    }
}

#[test]
fn a_number_may_be_called_back_that_never_called() {
    let mut day = Day::with(calling_back());
    // A call has told us our address.
    day.caller_invites("c0@nobody", "960001");
    day.caller_hangs_up("c0@nobody");
    day.registers(0);
    day.request(number("+86527300", Timestamp::from_secs(60)));
    assert!(!day.is_ringing(0));
    day.request(number("+86527300", Timestamp::from_secs(90)));
    assert_eq!(end_of(&day), Some(CallbackEnd::Merged), "one for that number is there");
    day.request(number("", Timestamp::START));
    assert!(day.said("refused request#3 the number is empty"));
    assert_eq!(day.engine.callbacks().count(), 1);
    day.wait(60);
    day.agent_answers(0);
    day.outside_answers();
    assert_eq!(end_of(&day), Some(CallbackEnd::Reached));
    assert!(day.said("release 8001 cause=16") || day.agent(0) == AgentState::Talking);
}

#[test]
fn before_anybody_has_called_our_address_must_be_configured() {
    let mut day = Day::with(calling_back());
    day.registers(0);
    day.request(number("+86527300", Timestamp::START));
    put_off(&day, 1);
    let mut plan = calling_back();
    plan.audio.advertised = Some("192.0.2.7".parse().unwrap());
    let mut day = Day::with(plan);
    day.registers(0);
    day.request(number("+86527300", Timestamp::START));
    assert!(day.is_ringing(0));
}

#[test]
fn a_callback_that_is_not_wanted_any_more_stops_wherever_it_is() {
    let from = |day: &Day| day.engine.callbacks().next().expect("a callback").0;
    let mut waiting = asked(calling_back());
    waiting.request(Request::CancelCallback(from(&waiting)));
    let mut ringing = asked(calling_back());
    ringing.registers(0);
    ringing.request(Request::CancelCallback(from(&ringing)));
    assert_eq!(ringing.agent(0), AgentState::Ready);
    let mut dialed = dialing();
    dialed.request(Request::CancelCallback(from(&dialed)));
    assert!(matches!(dialed.agent(0), AgentState::WrapUp { .. }));
    for mut day in [waiting, ringing, dialed] {
        assert_eq!((end_of(&day), day.engine.calls()), (Some(CallbackEnd::Cancelled), 0));
        day.request(Request::CancelCallback(CallRef::from_bits(0)));
        assert!(day.said("refused request#2 no such callback"));
    }
}

#[test]
fn a_supervisor_who_ends_our_call_ends_the_callback_while_nobody_is_dialed_and_puts_it_off_otherwise() {
    let mut day = asked(calling_back());
    day.registers(0);
    day.request(Request::Release(day.call("back1")));
    assert_eq!((end_of(&day), day.agent(0)), (Some(CallbackEnd::Cancelled), AgentState::Ready));
    let mut day = dialing();
    day.request(Request::Release(day.call("back1")));
    put_off(&day, 1);
}

// ---- the process stops ----------------------------------------------------------------------------------

#[test]
fn when_no_new_calls_may_begin_callbacks_rest_in_the_list() {
    let mut day = asked(calling_back());
    day.request(Request::Drain);
    day.registers(0);
    assert!(!day.is_ringing(0), "a call of ours is a new call");
    assert_eq!((day.engine.callbacks().count(), end_of(&day)), (1, None));
    day.request(number("+86527300", Timestamp::START));
    assert!(day.said("refused request#2 no new calls are begun"));

    // What is under way goes on; what fails then rests, too.
    let mut day = dialing();
    day.request(Request::Drain);
    assert!(day.is_dialing());
    day.request(Request::ReleaseAll);
    assert_eq!(day.engine.calls(), 0);
    let (_, back) = day.engine.callbacks().next().expect("still to be called back");
    assert_eq!((back.attempts, back.number.reveal().as_str()), (1, "+86527100"));
    assert_eq!(end_of(&day), None);
}

#[test]
fn the_list_can_be_added_again_after_a_restart_with_the_original_clocks() {
    let mut day = Day::with(calling_back());
    day.caller_invites("c1@100", "960001");
    day.wait(10);
    day.caller_invites("c2@200", "960001");
    day.presses("c2@200", '1');
    day.presses("c1@100", '1');
    day.request(Request::Drain);
    let list: Vec<_> = day.engine.callbacks().map(|(_, back)| back.clone()).collect();
    assert_eq!(list.len(), 2);

    let mut plan = calling_back();
    plan.audio.advertised = Some("192.0.2.7".parse().unwrap());
    let mut next = Day::with(plan);
    next.wait(100);
    for back in list.into_iter().rev() {
        let call::Callback { number, group, site, priority, since, after, missed, .. } = back;
        let since = Some(since);
        next.request(Request::CallBackNumber { number, group, priority, site, since, after, missed });
    }
    next.registers(0);
    next.agent_answers(0);
    assert!(next.is_dialing());
    assert!(next.said("invite 0100 from 052712345 () [8 0 101]"), "who waited longest comes first");
}

#[test]
fn one_free_agent_does_not_have_the_whole_line_dialed() {
    let mut day = Day::with(callers_first());
    for caller in 1..=5 {
        let name = format!("c{caller}@{caller}00");
        day.caller_invites(&name, "960001");
        day.presses(&name, '1');
        day.caller_hears_clips_out(&name);
    }
    day.registers(0);
    assert_eq!(day.phones(Phone::Ringing).len(), 2, "two at once");
    let second = day.dialed();
    day.leg_ends(second, 17, 486, ReleasedBy::Peer);
    assert_eq!(day.phones(Phone::Ringing).len(), 2, "the third follows the second, who was busy");
    let third = day.dialed();
    assert_ne!(third, second);
    day.outside_answers();
    day.agent_answers(0);
    assert_eq!(day.agent(0), AgentState::Talking);
    assert_eq!(day.phones(Phone::Ringing).len(), 2, "the fourth follows the third, who has his agent");
    // Called off before he was dialed: nothing is left of him.
    let fifth = day.call("c5@500");
    day.request(Request::CancelCallback(fifth));
    for (_, leg) in day.phones(Phone::Ringing) {
        day.leg_ends(leg, 17, 486, ReleasedBy::Peer);
    }
    assert!(day.phones(Phone::Ringing).is_empty());
    assert_eq!(day.engine.callbacks().count(), 3, "the first, the second and the fourth, put off");
}

#[test]
fn who_is_called_back_is_greeted_in_the_language_that_he_had_chosen() {
    let mut plan = callers_first();
    let language = |name: &str, greeting| Language {
        name: name.into(),
        grammar: Grammar::English,
        clips: (0..=10).map(|clip| ClipRef(if clip == 10 { greeting } else { clip })).collect(),
        pieces: Vec::new(),
    };
    plan.languages = vec![language("zh", 10), language("en", 3)];
    // The enterprise desk's flow begins in the second one, as if he had pressed its key.
    plan.flows[2].language = LanguageRef(1);
    let mut day = Day::with(plan);
    day.caller_invites("c1", "960001");
    day.presses("c1", '1');
    day.caller_hears_clips_out("c1");
    day.registers(0);
    day.outside_answers();
    assert_eq!(day.hears("back1", 0), Hear::Once(ClipRef(3)), "the greeting in his language");
}
