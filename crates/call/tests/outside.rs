//! Callers who are turned away and go on: to a number outside, or to be called back.

mod day;

use acd::{AgentState, Hours, HoursRef, Turned};
use call::Plan;
use call::event::{Event, Outcome};
use call::plan::{Outside, Target};
use day::centre::{ENTERPRISE, calling_back};
use day::{Day, Phone, sdp};
use media::session::{ClipRef, Hear};
use sip::leg::{ReleasedBy, TrunkRef};
use std::time::Duration;

/// The enterprise desk is closed, and says what becomes of its callers then.
fn closed(target: Target) -> Plan {
    let mut plan = calling_back();
    plan.acd.hours = vec![never()];
    plan.acd.groups[ENTERPRISE.index()].hours = Some(HoursRef(0));
    plan.groups[ENTERPRISE.index()].on_closed = target;
    plan
}

fn never() -> Hours {
    Hours::default()
}

fn put_through_to() -> Target {
    Target::Number(Outside {
        trunk: TrunkRef(0),
        number: "110".into(),
        caller: "052712345".into(),
        ring: Duration::from_secs(30),
    })
}

const CLOSED: Option<Outcome> = Some(Outcome::TurnedAway(Turned::Closed));

#[test]
fn a_caller_is_put_through_and_was_turned_away_all_the_same() {
    let mut day = Day::with(closed(put_through_to()));
    day.registers(0);
    day.caller_invites("c1@100", "960001");
    assert!(day.is_dialing() && day.said("invite 110 from 052712345 () [8 0 101]"));
    assert_eq!(day.hears("c1@100", 0), Hear::Loop(ClipRef(7)), "music meanwhile");
    day.wait(7);
    day.outside_answers();
    assert!(day.said("put through c1@100 trunk#0"));
    assert_eq!(day.agent(0), AgentState::Ready, "no agent has to do with it");
    day.wait(60);
    day.caller_hangs_up("c1@100");
    assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
    assert!(!day.events.iter().any(|stamped| matches!(stamped.event, Event::Disconnected { .. })));
    day.reads_like("put_through");
}

#[test]
fn whoever_hangs_up_outside_ends_the_call() {
    let mut day = Day::with(closed(put_through_to()));
    day.caller_invites("c1@100", "960001");
    day.outside_answers();
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert!(day.said("release c1@100 cause=16"));
    assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
}

#[test]
fn where_nobody_answers_outside_the_caller_hears_busy() {
    for status in [486, 408, 503, 0] {
        let mut day = Day::with(closed(put_through_to()));
        day.caller_invites("c1@100", "960001");
        day.leg_ends(day.dialed(), 17, status, ReleasedBy::Peer);
        assert!(day.said("release c1@100 cause=17"), "{status}");
        assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
    }
    let mut day = Day::with(closed(put_through_to()));
    day.caller_invites("c1@100", "960001");
    day.answers(day.dialed(), Some(sdp(7000, &[18], "")));
    assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
}

#[test]
fn who_hangs_up_while_the_number_outside_rings_stops_it() {
    let mut day = Day::with(closed(put_through_to()));
    day.caller_invites("c1@100", "960001");
    day.caller_hangs_up("c1@100");
    assert!(day.phones(Phone::Ringing).is_empty());
    assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
    assert_eq!(day.engine.callbacks().count(), 0, "he was out of the line");
}

#[test]
fn without_a_port_for_the_number_outside_it_is_busy() {
    let mut plan = closed(put_through_to());
    plan.audio.ports = 20_000..=20_001;
    let mut day = Day::with(plan);
    day.caller_invites("c1@100", "960001");
    assert_eq!((day.outcome("c1@100"), day.engine.calls()), (CLOSED, 0));
}

#[test]
fn a_caller_in_early_media_is_answered_when_he_is_put_through() {
    let mut plan = calling_back();
    plan.acd.groups[0].wait_max = Some(Duration::from_secs(30));
    plan.groups[0].on_wait_max = put_through_to();
    let mut day = Day::with(plan);
    day.caller_invites("c1@100", "12346");
    day.caller_hears_clips_out("c1@100");
    day.wait(30);
    assert!(day.is_dialing() && !day.said("200 c1@100 [8]"));
    day.outside_answers();
    assert!(day.said("200 c1@100 [8]"));
}

#[test]
fn who_is_turned_away_may_be_called_back_and_keeps_his_clock() {
    let target = Target::Callback { announce: Some(ClipRef(3)), missed: false };
    let mut day = Day::with(closed(target.clone()));
    day.caller_invites("c1@100", "960001");
    assert_eq!(day.hears("c1@100", 0), Hear::Once(ClipRef(3)));
    day.caller_hears_clips_out("c1@100");
    assert_eq!(day.outcome("c1@100"), Some(Outcome::CalledBack));
    assert!(!day.events.iter().any(|stamped| matches!(stamped.event, Event::TurnedAway { .. })));
    day.wait(100);
    day.registers(0);
    day.agent_answers(0);
    day.outside_answers();
    assert!(day.said("callback connected back1 8001 waited=100s"));
    day.reads_like("closed_and_called_back");

    // Whose number is withheld cannot be.
    let mut day = Day::with(closed(target));
    day.caller_invites("c1@nobody", "960001");
    assert_eq!((day.outcome("c1@nobody"), day.engine.callbacks().count()), (CLOSED, 0));
}

#[test]
fn who_is_turned_away_may_be_a_missed_call() {
    let mut day = Day::with(closed(Target::Callback { announce: None, missed: true }));
    day.caller_invites("c1@100", "960001");
    assert_eq!(day.outcome("c1@100"), CLOSED);
    let (_, back) = day.engine.callbacks().next().expect("a missed call");
    assert!(back.missed);
}
