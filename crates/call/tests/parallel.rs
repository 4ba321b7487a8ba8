//! Several phones ring for one caller, phones that answer by themselves, and who gets whom.

mod day;

use acd::input::Reason;
use acd::{Abilities, AgentRef, AgentState, Prefer, SiteRef, Sites, Stage, SurgeMode};
use base::Private;
use call::event::{Event, Outcome};
use call::{Plan, Request};
use day::centre::{GENERAL, calling_back};
use day::{Day, Phone, plan, sdp};
use std::time::Duration;

fn two_at_once() -> Plan {
    let mut plan = plan();
    plan.acd.groups[GENERAL.index()].parallel = 2;
    plan
}

/// Both agents' phones ring for c1.
fn ringing() -> Day {
    let mut day = Day::with(two_at_once());
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(0) && day.is_ringing(1));
    day
}

#[test]
fn the_first_who_answers_has_the_caller_and_the_other_phone_stops_in_that_step() {
    let mut day = ringing();
    day.wait(4);
    day.agent_answers(1);
    assert!(!day.is_ringing(0));
    assert!(day.said("offer ended c1 8001 TakenElsewhere 0") && day.said("connected c1 8002 waited=4s"));
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Ready, AgentState::Talking));
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("two_ring_at_once");
}

#[test]
fn a_phone_that_refuses_leaves_the_other_ringing() {
    let mut day = ringing();
    day.agent_refuses(0, 486);
    assert!(day.is_ringing(1) && day.outcome("c1").is_none());
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Declined));
    day.agent_answers(1);
    assert_eq!(day.agent(1), AgentState::Talking);

    let mut day = ringing();
    day.agent_refuses(1, 486);
    day.agent_refuses(0, 486);
    assert_eq!(day.outcome("c1"), None, "he waits on when nobody is left");
    day.request(Request::Ready(AgentRef(1)));
    day.wait(6);
    assert!(day.is_ringing(1));
}

#[test]
fn an_answer_that_cannot_be_used_leaves_the_other_ringing() {
    let mut day = ringing();
    day.answers(day.rung(0), Some(sdp(6000, &[18], "")));
    assert!(day.said("release 8001 cause=88") && day.is_ringing(1));
    assert_eq!(day.agent(0), AgentState::Ready);
}

#[test]
fn both_pick_up_at_once_and_one_of_them_has_the_caller() {
    let mut day = ringing();
    let second = day.rung(1);
    day.held = true;
    day.agent_answers(0);
    day.answers(second, Some(sdp(6002, &[8], "")));
    day.held = false;
    day.deliver();
    let connected = |event: &Event| matches!(event, Event::Connected { .. });
    assert_eq!(day.events.iter().filter(|stamped| connected(&stamped.event)).count(), 1);
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Talking, AgentState::Ready));
}

#[test]
fn a_caller_who_hangs_up_stops_both() {
    let mut day = ringing();
    day.caller_hangs_up("c1");
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedRinging));
    assert_eq!((day.agent(0), day.agent(1)), (AgentState::Ready, AgentState::Ready));
    assert!(day.phones(Phone::Ringing).is_empty() && day.engine.calls() == 0);
}

#[test]
fn a_phone_that_is_lost_leaves_the_other_ringing() {
    let mut day = ringing();
    day.phone_is_lost(0);
    assert!(!day.is_ringing(0) && day.is_ringing(1));
}

#[test]
fn both_ring_out() {
    let mut day = ringing();
    day.wait(20);
    assert!(day.phones(Phone::Ringing).is_empty());
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::RingNoAnswer));
    assert_eq!(day.agent(1), AgentState::NotReady(Reason::RingNoAnswer));
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn without_a_port_for_the_second_phone_the_first_rings() {
    let mut plan = two_at_once();
    plan.audio.ports = 20_000..=20_003;
    let mut day = Day::with(plan);
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(0) && !day.is_ringing(1));
    assert_eq!((day.agent(1), day.outcome("c1")), (AgentState::Ready, None));
    day.agent_answers(0);
    assert_eq!(day.agent(0), AgentState::Talking);
}

#[test]
fn a_phone_is_asked_to_answer_by_itself_in_the_words_of_both_customs() {
    let mut plan = plan();
    plan.acd.groups[GENERAL.index()].auto_answer = true;
    let mut day = Day::with(plan);
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    let headers = day.headers_of(day.rung(0));
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("Call-Info"), Some("<sip:auto-answer.invalid>;answer-after=0"));
    assert_eq!(value("Alert-Info"), Some("<http://auto-answer.invalid>;info=alert-autoanswer;delay=0"));
    // Elsewhere the agent picks up.
    day.caller_invites("c2", "960001");
    day.agent_answers(0);
    day.caller_hangs_up("c1");
    day.request(Request::Ready(AgentRef(0)));
    assert!(day.headers_of(day.rung(0)).iter().all(|(name, _)| name == "X-Call-Ref"));
}

// ---- who gets whom --------------------------------------------------------------------------------------

#[test]
fn the_agent_of_an_open_case_gets_his_caller() {
    let mut day = Day::new();
    day.registers(0);
    day.registers(1);
    let (number, agent) = (Private::new("+86527100".into()), AgentRef(1));
    let prefer = Prefer { agent, alone: Some(Duration::from_secs(30)) };
    day.request(Request::Prefer { number: number.clone(), agent: Some(prefer) });
    day.caller_invites("c1@100", "12345");
    day.caller_hears_clips_out("c1@100");
    assert!(day.is_ringing(1) && !day.is_ringing(0), "8001 has been idle longer");
    day.caller_hangs_up("c1@100");
    day.request(Request::Prefer { number: number.clone(), agent: None });
    day.caller_invites("c2@100", "12345");
    day.caller_hears_clips_out("c2@100");
    assert!(day.is_ringing(0));
    day.request(Request::Prefer { number, agent: None });
    assert!(day.said("refused request#3 no agent is preferred for the number"));
}

#[test]
fn an_entry_says_whose_site_a_call_is_and_a_flow_what_an_agent_must_be_able_to_do() {
    let mut plan = plan();
    plan.acd.agents[1].site = SiteRef(1);
    let own = Stage { sites: Sites::Own, ..Stage::all(Duration::ZERO, GENERAL) };
    plan.acd.groups[GENERAL.index()].timeline = vec![own, Stage::all(Duration::from_secs(20), GENERAL)];
    plan.entries[0].site = SiteRef(1);
    let mut day = Day::with(plan.clone());
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(1) && !day.is_ringing(0), "the county's own agent");

    plan.acd.groups[GENERAL.index()].timeline.clear();
    plan.acd.agents[1].abilities = Abilities(0b10);
    plan.flows[0].requires = Abilities(0b10);
    let mut day = Day::with(plan);
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.is_ringing(1) && !day.is_ringing(0), "who speaks the dialect");
}

#[test]
fn in_a_surge_the_second_call_of_a_party_has_the_place_of_the_first() {
    let mut plan = calling_back();
    plan.acd.groups[GENERAL.index()].surge.admit_max = 10;
    let mut day = Day::with(plan);
    day.request(Request::Surge(GENERAL, SurgeMode::On));
    day.caller_invites("c1@100", "12345");
    day.caller_hears_clips_out("c1@100");
    day.wait(50);
    day.caller_invites("c2@100", "12345");
    day.caller_hears_clips_out("c2@100");
    assert_eq!((day.outcome("c1@100"), day.outcome("c2@100")), (Some(Outcome::Joined), None));
    assert_eq!(day.engine.callbacks().count(), 0);
    day.registers(0);
    day.agent_answers(0);
    assert!(day.said("connected c2@100 8001 waited=50s"), "the clock of the first");
}
