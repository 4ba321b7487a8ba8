//! Recordings: which talks are kept, from when to when, and who may leave something out.

mod day;

use acd::AgentRef;
use base::Handle;
use call::call::Supervision;
use call::event::{CallRef, Event};
use call::request::{Control, Whom};
use call::{Plan, Request, Whose};
use day::centre::{ENTERPRISE, GENERAL, consulting};
use day::{Day, plan};
use media::session::Keeps;

fn recording_plan() -> Plan {
    let mut plan = plan();
    plan.groups[ENTERPRISE.index()].record = true;
    plan
}

/// A caller to the enterprise desk talks with 8001.
fn talking() -> Day {
    let mut day = Day::with(recording_plan());
    day.registers(0);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day
}

fn told(day: &Day) -> Vec<String> {
    let of = |event: &Event| match event {
        Event::RecordingBegun { agent, group, .. } => Some(format!("begun {agent} {group}")),
        Event::RecordingKeeps { keeps, .. } => Some(format!("{keeps:?}")),
        Event::RecordingEnded { .. } => Some("ended".into()),
        Event::Connected { .. } => Some("connected".into()),
        Event::Disconnected { .. } => Some("disconnected".into()),
        Event::RequestRefused { why, .. } => Some((*why).into()),
        _ => None,
    };
    day.events.iter().filter_map(|stamped| of(&stamped.event)).collect()
}

#[test]
fn a_talk_is_recorded_from_the_bridge_to_its_end() {
    let mut day = talking();
    day.wait(60);
    day.caller_hangs_up("c1");
    let group = ENTERPRISE;
    let begun = format!("begun {} {group}", AgentRef(0));
    assert_eq!(told(&day), ["connected", begun.as_str(), "ended", "disconnected"]);
    day.reads_like("recorded");
}

#[test]
fn a_group_that_does_not_record_is_not_recorded() {
    let mut day = Day::with(recording_plan());
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.agent_answers(0);
    day.request(Request::Recording(Whose::Call(day.call("c1")), Keeps::Silence));
    day.agent_hangs_up(0);
    assert_eq!(told(&day), ["connected", "nothing is recorded there now", "disconnected"]);
    assert_ne!(GENERAL, ENTERPRISE);
}

#[test]
fn agent_and_supervisor_pause_mask_and_resume() {
    let mut day = talking();
    day.request(Request::Recording(Whose::Agent(AgentRef(0)), Keeps::Silence));
    // Asked for twice: done, and told once.
    day.request(Request::Recording(Whose::Call(day.call("c1")), Keeps::Silence));
    day.request(Request::Recording(Whose::Call(day.call("c1")), Keeps::Tone));
    day.request(Request::Recording(Whose::Agent(AgentRef(0)), Keeps::Speech));
    day.agent_hangs_up(0);
    day.request(Request::Recording(Whose::Agent(AgentRef(0)), Keeps::Silence));
    assert_eq!(
        told(&day)[2..],
        ["Silence", "Tone", "Speech", "ended", "disconnected", "nothing is recorded there now"]
    );
}

#[test]
fn who_does_not_exist_is_named() {
    let mut day = talking();
    day.request(Request::Recording(Whose::Agent(AgentRef(77)), Keeps::Silence));
    day.request(Request::Recording(Whose::Agent(AgentRef(1)), Keeps::Silence));
    day.request(Request::Recording(Whose::Call(CallRef::from_parts(99, 3)), Keeps::Silence));
    assert_eq!(
        told(&day)[2..],
        ["no such agent", "nothing is recorded there now", "nothing is recorded there now"]
    );
}

#[test]
fn whoever_is_asked_into_a_talk_is_recorded_and_who_only_listens_is_not() {
    let mut plan = consulting();
    plan.groups[ENTERPRISE.index()].record = true;
    let mut day = Day::with(plan);
    day.registers(0);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.registers(1);
    day.registers(2);
    let (agent, supervisor) = (AgentRef(0), AgentRef(2));
    day.request(Request::Supervise { supervisor, agent, how: Some(Supervision::Listen) });
    day.agent_answers(2);
    day.request(Request::Control(agent, Control::Consult(Whom::Agent(AgentRef(1)))));
    day.agent_answers(1);
    day.request(Request::Supervise { supervisor, agent, how: Some(Supervision::Barge) });
    day.request(Request::Control(agent, Control::Transfer));
    day.caller_hangs_up("c1");
    let kept: Vec<_> =
        told(&day).into_iter().filter(|line| line.starts_with("begun") || line == "ended").collect();
    let begun = |agent| format!("begun {} {ENTERPRISE}", AgentRef(agent));
    assert_eq!(
        kept,
        [begun(0), "ended".into(), begun(1), "ended".into()],
        "one each: who talks answers for it"
    );
    day.reads_like("recorded_consult");
}
