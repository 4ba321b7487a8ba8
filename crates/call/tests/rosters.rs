//! Specialists and other platforms: who is rung, in which order, what they are told, and who keeps the caller.

mod day;

use acd::{AgentRef, AgentState};
use base::Private;
use call::Request;
use call::case::Case;
use call::event::{Event, Exchange, Outcome, Phase, RosterStep};
use call::request::{Control, Whom};
use call::roster::{Begins, PersonRef, ReasonRef, RosterRef};
use day::centre::consulting;
use day::{Day, sdp};
use media::session::{ClipRef, Hear, Parties, Party};
use sip::leg::ReleasedBy;

const TUNE: Hear = Hear::Loop(ClipRef(7));
const POLICY: RosterRef = RosterRef(0);
const POLICE: RosterRef = RosterRef(1);
const FIRST: PersonRef = PersonRef(0);
const SECOND: PersonRef = PersonRef(1);
const THIRD: PersonRef = PersonRef(2);

fn hears(parties: &[u8]) -> Hear {
    Hear::Parties(parties.iter().fold(Parties::NONE, |all, party| all.with(Party(*party))))
}

/// 8001 talks with c1, who came to the enterprise desk.
fn talking(plan: call::Plan) -> Day {
    let mut day = Day::with(plan);
    day.registers(0);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day
}

impl Day {
    fn does(&mut self, control: Control) {
        self.request(Request::Control(AgentRef(0), control));
    }

    fn asks(&mut self, roster: RosterRef) {
        self.does(Control::Consult(Whom::Roster(roster, None)));
    }

    fn sends(&mut self, reason: Option<u32>) {
        self.does(Control::TransferTo(Whom::Roster(POLICE, reason.map(ReasonRef))));
    }

    /// Whoever was dialed last does not take it.
    fn outside_refuses(&mut self, status: u16) {
        self.leg_ends(self.dialed(), 17, status, ReleasedBy::Peer);
    }

    /// What became of asking, step by step.
    fn steps(&self) -> Vec<RosterStep> {
        let step = |event: &Event| match event {
            Event::Roster { step, .. } => Some(*step),
            _ => None,
        };
        self.events.iter().filter_map(|stamped| step(&stamped.event)).collect()
    }

    fn phase(&self) -> Option<Phase> {
        self.events.iter().rev().find_map(|stamped| match stamped.event {
            Event::Phase { phase, .. } => Some(phase),
            _ => None,
        })
    }
}

#[test]
fn the_next_specialist_is_rung_after_fifteen_seconds_and_sees_a_masked_number() {
    let mut day = talking(consulting());
    day.asks(POLICY);
    assert!(day.said("invite 084360001 from 052712345 (+86***c1) [8 0 101]"));
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, TUNE), "nobody hears silence meanwhile");
    // SIP gives up on a phone that rings too long.
    day.wait(15);
    day.leg_ends(day.dialed(), 18, 408, ReleasedBy::Us);
    assert!(day.is_dialing());
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, TUNE));
    day.outside_answers();
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, hears(&[3])), "the second one is consulted");
    day.does(Control::Conference);
    assert_eq!(day.hears("c1", 0), hears(&[1, 3]));
    // The agent leaves; the specialist has the caller.
    day.does(Control::Transfer);
    assert_eq!(day.hears("c1", 0), hears(&[3]));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.wait(120);
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    use RosterStep::{Answered, Asked, Left, Rung, TookOver};
    let steps = [Asked, Rung(FIRST), Rung(SECOND), Answered(SECOND), TookOver(SECOND), Left(SECOND)];
    assert_eq!(day.steps(), steps);
    day.reads_like("specialist_second_answers");
}

#[test]
fn when_no_specialist_comes_the_agent_keeps_the_caller() {
    let mut day = talking(consulting());
    day.asks(POLICY);
    for _ in 0..3 {
        assert_eq!(day.phase(), Some(Phase::Consult));
        day.wait(5);
        day.outside_refuses(486);
    }
    assert!(!day.is_dialing());
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    assert_eq!((day.phase(), day.steps().last()), (Some(Phase::Talk), Some(&RosterStep::Nobody)));
    day.asks(POLICY);
    assert_eq!(day.refusal(), None, "and may ask again");
}

#[test]
fn the_agent_does_not_want_to_wait_any_longer() {
    let mut plan = consulting();
    plan.rosters[0].at_once = 2;
    let mut day = talking(plan);
    day.asks(POLICY);
    assert_eq!(day.ringing().len(), 2, "both phones ring at once");
    day.does(Control::Reconnect);
    assert!(!day.is_dialing());
    assert_eq!(day.hears("c1", 0), hears(&[1]));
    assert_eq!(day.steps().last(), Some(&RosterStep::CalledOff));
}

#[test]
fn of_those_who_ring_at_once_the_first_to_pick_up_is_asked() {
    let mut plan = consulting();
    plan.rosters[0].at_once = 2;
    let mut day = talking(plan);
    day.asks(POLICY);
    let (_, first) = day.ringing()[0];
    // The second is busy: the third rings beside the first.
    day.outside_refuses(486);
    assert_eq!(day.ringing().len(), 2);
    day.answers(first, Some(sdp(7000, &[8], "")));
    assert!(!day.is_dialing(), "the other stops ringing");
    assert_eq!(day.hears("c1", 1), hears(&[2]));
    assert!(day.steps().contains(&RosterStep::Answered(FIRST)));
    assert!(day.steps().contains(&RosterStep::Rung(THIRD)));
}

#[test]
fn whoever_is_off_duty_is_not_rung() {
    let mut plan = consulting();
    plan.acd.hours.push(acd::hours::Hours::default());
    let hours = acd::HoursRef::at(plan.acd.hours.len() - 1);
    plan.rosters[0].people[0].hours = Some(hours);
    plan.rosters[0].people[2].hours = Some(hours);
    let mut day = talking(plan.clone());
    day.asks(POLICY);
    assert_eq!(day.steps(), [RosterStep::Asked, RosterStep::Rung(SECOND)]);
    plan.rosters[0].people[1].hours = Some(hours);
    let mut night = talking(plan);
    night.asks(POLICY);
    assert_eq!(night.refusal(), Some("nobody of the roster is on duty"));
    assert_eq!(night.hears("c1", 0), hears(&[1]), "nothing has changed for the caller");
    night.asks(RosterRef(7));
    assert_eq!(night.refusal(), Some("no such roster"));
}

#[test]
fn everybody_of_a_rotating_roster_gets_his_share() {
    let mut plan = consulting();
    plan.rosters[0].begins = Begins::AfterTheLast;
    let mut day = talking(plan);
    for person in [FIRST, SECOND, THIRD, FIRST] {
        day.asks(POLICY);
        day.outside_answers();
        assert_eq!(day.steps().last(), Some(&RosterStep::Answered(person)));
        day.does(Control::Reconnect);
    }
}

#[test]
fn one_key_sends_the_caller_to_110_with_his_case() {
    let mut day = talking(consulting());
    let case = Case {
        id: "SQ-17".into(),
        place: Private::new("项王路".into()),
        text: Private::new("有人落水".into()),
        ..Case::default()
    };
    day.does(Control::Case(Box::new(case)));
    day.sends(Some(0));
    let told = day.headers_of(day.dialed()).to_vec();
    let header = |name: &str| told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((header("X-Case-Id"), header("X-Case-Reason")), (Some("SQ-17"), Some("danger")));
    assert_eq!(header("X-Case-Place"), Some("%E9%A1%B9%E7%8E%8B%E8%B7%AF"));
    assert_eq!(header("Call-Info"), Some("<https://cases.example/SQ-17>;purpose=info"));
    assert!(header("X-Case-Number").is_some());
    assert_eq!(day.agent(0), AgentState::Talking, "he stays until somebody is there");
    day.outside_answers();
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "and is out in that step");
    day.reads_like("one_key_to_110");
}

#[test]
fn when_110_does_not_take_the_caller_the_hotline_keeps_him() {
    let mut day = talking(consulting());
    day.sends(Some(1));
    day.outside_refuses(486);
    day.outside_refuses(503);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    assert_eq!(day.agent(0), AgentState::Talking);
    let nobody = day.events.iter().any(|stamped| {
        let reason = Some(ReasonRef(1));
        let (roster, exchange, step) = (POLICE, Exchange::Out, RosterStep::Nobody);
        stamped.event == Event::Roster { call: day.call("c1"), roster, exchange, reason, step }
    });
    assert!(nobody, "counted, with its reason");
}

#[test]
fn an_exchange_that_does_not_understand_the_data_gets_a_plain_call() {
    let mut day = talking(consulting());
    day.does(Control::Case(Box::new(Case { id: "SQ-17".into(), ..Case::default() })));
    day.sends(None);
    day.outside_refuses(420);
    let headers = day.headers_of(day.dialed());
    assert!(headers.iter().all(|(name, _)| !name.starts_with("X-Case")), "{headers:?}");
    assert_eq!(day.steps(), [RosterStep::Asked, RosterStep::Rung(FIRST), RosterStep::Rung(FIRST)]);
    day.outside_answers();
    assert_eq!(day.hears("c1", 0), hears(&[3]));
}

#[test]
fn a_caller_whose_agent_has_gone_is_rung_for_on_and_then_stands_in_front() {
    let mut day = talking(consulting());
    day.sends(None);
    day.agent_hangs_up(0);
    assert_eq!(day.hears("c1", 0), TUNE);
    day.outside_refuses(486);
    assert!(day.is_dialing(), "the second number is rung for him alone");
    day.wait(12);
    day.outside_refuses(486);
    assert_eq!(day.steps().last(), Some(&RosterStep::Nobody));
    assert!(day.is_ringing(0), "his agent's wrap-up is over: back to him, in front of the line");
}

#[test]
fn a_call_from_110_brings_its_case_and_is_counted_with_its_reason() {
    let mut plan = consulting();
    plan.flows[2].liaison = Some(POLICE);
    let mut day = Day::with(plan);
    day.registers(0);
    let carried =
        [("X-Case-Id", "JJ-9"), ("X-Case-Reason", "dispute"), ("X-Case-Text", "%E5%99%AA%E9%9F%B3")];
    let carried = carried.map(|(name, value)| (name.to_owned(), Private::new(value.to_owned())));
    day.invites_with("c1", "960001", carried.into());
    let told = day.headers_of(day.rung(0)).to_vec();
    assert!(
        told.contains(&("X-Case-Text".into(), "%E5%99%AA%E9%9F%B3".into())),
        "at the agent's phone: {told:?}"
    );
    let asked = day.events.iter().any(|stamped| {
        let reason = Some(ReasonRef(1));
        let (roster, exchange, step) = (POLICE, Exchange::In, RosterStep::Asked);
        stamped.event == Event::Roster { call: day.call("c1"), roster, exchange, reason, step }
    });
    assert!(asked);
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 0), hears(&[1]));
}

#[test]
fn an_extension_dialed_on_the_second_line_or_referred_to_rings_the_roster() {
    let mut day = talking(consulting());
    day.phone_dials("line", 0, "8601");
    day.outside_refuses(486);
    day.outside_answers();
    assert!(day.steps().contains(&RosterStep::Answered(SECOND)));
    let mut other = talking(consulting());
    other.refers(other.rung(0), "8110", None);
    assert!(other.is_dialing());
    other.agent_hangs_up(0);
    other.outside_answers();
    assert_eq!(other.hears("c1", 0), hears(&[2]));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let mut day = talking(consulting());
    day.sends(Some(9));
    assert_eq!(day.refusal(), Some("no such reason for an exchange"));
    day.does(Control::Case(Box::new(Case { id: "x".repeat(601), ..Case::default() })));
    assert_eq!(day.refusal(), Some("a field of the case is longer than 600 bytes"));
    day.asks(POLICY);
    day.sends(None);
    assert_eq!(day.refusal(), Some("somebody is consulted: transfer to him, or reconnect first"));
    day.asks(POLICY);
    assert_eq!(day.refusal(), Some("the phone of who is consulted still rings"));
}

#[test]
fn no_leg_that_dies_while_somebody_is_hunted_drops_the_caller() {
    for dies in ["agent", "agent lost", "caller", "guest", "answered guest"] {
        let mut day = talking(consulting());
        day.asks(POLICY);
        match dies {
            "agent" => day.agent_hangs_up(0),
            "agent lost" => day.leg_ends(day.rung(0), 41, 408, ReleasedBy::Timeout),
            "caller" => day.caller_hangs_up("c1"),
            "guest" => day.outside_refuses(503),
            _ => {
                day.outside_answers();
                day.leg_ends(day.dialed(), 41, 0, ReleasedBy::Timeout);
            }
        }
        day.engine.check().unwrap_or_else(|why| panic!("{dies}: {why}"));
        let gone = day.outcome("c1").is_some();
        assert_eq!(gone, dies == "caller", "{dies}");
        if !gone {
            day.caller_hangs_up("c1");
        }
        day.wait(60);
        assert_eq!((day.engine.calls(), day.agent(0)), (0, AgentState::Ready), "{dies}");
    }
}
