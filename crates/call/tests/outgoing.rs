//! Agents who call by themselves: numbers outside, and each other. Whoever is called has the caller's place in the call;
//! whatever phone vanishes when, nobody who has talked with an agent is dropped, and agents are free afterwards.

mod day;

use acd::input::Reason;
use acd::{AgentRef, AgentState};
use base::Private;
use call::Request;
use call::event::{Event, Outcome};
use call::request::{Control, Whom};
use day::centre::{ENTERPRISE, consulting};
use day::{Day, OUTSIDE, Phone, sdp};
use media::session::{ClipRef, Hear, Parties, Party};
use sip::leg::{LegRef, ReleasedBy};

const REFUSED: Hear = Hear::Once(ClipRef(5));
const RING_BACK: Hear = Hear::Loop(ClipRef(6));
const MUSIC: Hear = Hear::Loop(ClipRef(2));

fn hears(party: u8) -> Hear {
    Hear::Parties(Parties::one(Party(party)))
}

/// 8001, 8002 and 8003 are at work and ready.
fn at_work() -> Day {
    with(|_| {})
}

fn with(change: impl FnOnce(&mut call::Plan)) -> Day {
    let mut plan = consulting();
    change(&mut plan);
    let mut day = Day::with(plan);
    (0..3).for_each(|agent| day.registers(agent));
    day
}

/// 8001 has dialed 110 on his phone.
fn dialing(mut day: Day) -> Day {
    day.phone_dials("p1", 0, "110");
    day
}

/// He talks with whoever answered there.
fn talking() -> Day {
    let mut day = dialing(at_work());
    day.wait(3);
    day.outside_answers();
    day
}

impl Day {
    fn dials(&mut self, agent: u32, whom: Whom) -> Option<&'static str> {
        self.request(Request::Dial { agent: AgentRef(agent), whom });
        self.refusal()
    }

    fn does(&mut self, control: Control) -> Option<&'static str> {
        self.request(Request::Control(AgentRef(0), control));
        self.refusal()
    }

    /// Why an agent's dialing was refused last.
    fn why_not(&self) -> Option<&'static str> {
        self.events.iter().rev().find_map(|stamped| match stamped.event {
            Event::OutgoingRefused { why, .. } => Some(why),
            _ => None,
        })
    }

    fn cause(&self, name: &str) -> Option<u8> {
        let call = self.call(name);
        self.events.iter().find_map(|stamped| match stamped.event {
            Event::Ended { call: ended, cause, .. } if ended == call => Some(cause.0),
            _ => None,
        })
    }

    /// Everybody is free and nothing is left behind.
    fn is_over(&mut self) {
        self.wait(60);
        assert_eq!(self.engine.calls(), 0);
        assert!(self.living_legs().is_empty(), "{:?}", self.living_legs());
        for agent in 0..3 {
            let state = self.agent(agent);
            assert!(
                !matches!(state, AgentState::Talking | AgentState::Offered(_) | AgentState::WrapUp { .. }),
                "{agent} {state:?}"
            );
        }
    }
}

fn number(digits: &str) -> Whom {
    Whom::Number(Private::new(digits.into()))
}

fn wraps_up(state: AgentState) -> bool {
    matches!(state, AgentState::WrapUp { .. })
}

#[test]
fn an_agent_dials_a_number_outside_and_talks() {
    let mut day = dialing(at_work());
    assert_eq!(day.agent(0), AgentState::Talking, "he is kept from callers");
    day.progresses(day.dialed(), 180, None);
    day.wait(4);
    day.outside_answers();
    assert_eq!((day.hears("p1", 0), day.hears("p1", 1)), (hears(1), hears(0)));
    day.wait(60);
    day.agent_hangs_up_own("p1");
    assert!(wraps_up(day.agent(0)), "his group's wrap-up follows");
    day.wait(10);
    assert_eq!((day.agent(0), day.outcome("p1")), (AgentState::Ready, Some(Outcome::Outgoing)));
    day.is_over();
    day.reads_like("dials_out");
}

#[test]
fn whoever_is_called_hangs_up_and_the_agent_is_released() {
    let mut day = talking();
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert!(wraps_up(day.agent(0)));
    assert!(day.said("release p1 cause=16"));
    day.is_over();
}

#[test]
fn his_groups_number_is_shown() {
    let mut day = with(|plan| {
        plan.groups[0].caller = Some("05279999".into());
        // He does the enterprise desk's work best, the other one by the way.
        plan.acd.agents[0].skills[0].1 = acd::SkillLevel(3);
    });
    day.phone_dials("p1", 0, "110");
    assert!(day.said("invite 110 from 052712345 () [8 0 101]"), "enterprise has none of its own");
    day.phone_dials("p2", 1, "110");
    assert!(day.said("invite 110 from 05279999 () [8 0 101]"));
}

#[test]
fn he_gets_no_caller_while_he_dials_and_the_next_one_after_his_wrap_up() {
    let mut day = talking();
    day.caller_invites("c1", "960001");
    assert!(!day.is_ringing(0) && day.is_ringing(2), "the other one of the desk is rung");
    day.agent_refuses(2, 603);
    day.wait(5);
    day.agent_hangs_up_own("p1");
    assert!(!day.is_ringing(0));
    day.wait(10);
    assert!(day.is_ringing(0), "his wrap-up is over");
}

#[test]
fn an_announcement_before_the_answer_is_heard() {
    let mut day = dialing(with(|plan| plan.outside.as_mut().unwrap().ring_back = Some(ClipRef(6))));
    assert_eq!(day.hears("p1", 1), Hear::Nothing);
    day.progresses(day.dialed(), 180, None);
    assert_eq!(day.hears("p1", 1), RING_BACK);
    day.progresses(day.dialed(), 183, Some(sdp(7000, &[8], "")));
    assert_eq!((day.hears("p1", 1), day.hears("p1", 0)), (hears(0), Hear::Nothing), "he is not heard there");
    // The number is not in service: so it was said, and so it is released.
    day.leg_ends(day.dialed(), 1, 404, ReleasedBy::Peer);
    assert!(day.said("reject p1 404 cause=1"));
    assert_eq!((day.agent(0), day.cause("p1")), (AgentState::Ready, Some(1)));
    day.is_over();
    day.reads_like("dials_out_early_media");
}

#[test]
fn early_media_becomes_the_talk() {
    let mut day = dialing(at_work());
    day.progresses(day.dialed(), 183, Some(sdp(7000, &[8], "")));
    day.outside_answers();
    assert_eq!((day.hears("p1", 0), day.hears("p1", 1)), (hears(1), hears(0)));
    assert_eq!(day.phones(Phone::Talking).len(), 1);
}

#[test]
fn how_it_ended_there_is_what_his_phone_is_told() {
    for (cause, status, told) in [
        (17, 486, 486),
        (21, 603, 603),
        (19, 480, 480),
        (21, 403, 403),
        (21, 407, 403),
        (19, 487, 480),
        (102, 408, 480),
        (41, 500, 500),
        (38, 0, 503),
    ] {
        let mut day = dialing(at_work());
        day.leg_ends(day.dialed(), cause, status, ReleasedBy::Peer);
        assert!(day.said(&format!("reject p1 {told} cause={cause}")), "{status}");
        assert_eq!(
            (day.agent(0), day.cause("p1")),
            (AgentState::Ready, Some(cause)),
            "no wrap-up for nothing"
        );
        day.is_over();
    }
}

#[test]
fn numbers_that_may_not_be_dialed_are_refused_with_the_reason_and_a_clip_that_says_so() {
    let mut day = at_work();
    day.phone_dials("p1", 0, "0099");
    assert_eq!(day.why_not(), Some("that number may not be dialed"));
    assert_eq!(day.hears("p1", 0), REFUSED);
    assert_eq!(day.agent(0), AgentState::Ready, "he is where he was");
    day.caller_hears_clips_out("p1");
    assert!(day.said("reject p1 403 cause=21 (that number may not be dialed)"));
    assert_eq!(day.outcome("p1"), Some(Outcome::Refused));
    day.is_over();
    day.reads_like("dials_what_he_may_not");

    // Without a clip the refusal stands alone; letters are no number.
    let mut day = with(|plan| plan.codes.refused = None);
    day.phone_dials("p1", 0, "0099");
    assert!(day.said("reject p1 403 cause=21 (that number may not be dialed)"));
    day.phone_dials("p2", 0, "alice");
    assert!(day.said("reject p2 403 cause=21"));
    let mut day = with(|plan| plan.outside = None);
    day.phone_dials("p1", 0, "110");
    assert_eq!(day.why_not(), Some("no way to numbers outside is configured"));
}

#[test]
fn no_way_of_writing_a_number_leads_around_the_rules() {
    let mut day = with(|plan| {
        let outside = plan.outside.as_mut().unwrap();
        outside.numbers = sip::plan::NumberRules {
            country: "86".into(),
            area: "527".into(),
            national_prefix: "0".into(),
            international_prefix: "00".into(),
            short: vec!["110".into()],
        };
        (outside.outbound.strip, outside.outbound.prefix) = ("+86".into(), "0".into());
        (outside.allow, outside.refuse) = (vec!["+86*".into(), "1*".into()], vec!["+86190*".into()]);
        plan.codes.refused = None;
    });
    for dialed in ["19012345678", "019012345678", "+8619012345678", "008619012345678"] {
        day.phone_dials("p1", 0, dialed);
        assert_eq!(day.why_not(), Some("that number may not be dialed"), "{dialed}");
        assert_eq!(day.agent(0), AgentState::Ready);
    }
    day.phone_dials("p1", 0, "0044201234567");
    assert_eq!(day.agent(0), AgentState::Ready, "abroad");
    for (agent, dialed, told) in
        [(0, "13851234567", "013851234567"), (1, "84391234", "052784391234"), (2, "110", "110")]
    {
        day.phone_dials(&format!("o{agent}"), agent, dialed);
        assert!(day.said(&format!("invite {told} from 052712345 () [8 0 101]")), "{dialed}");
    }
}

#[test]
fn who_is_offered_a_call_talks_or_is_not_at_work_calls_nobody() {
    let mut day = at_work();
    day.caller_invites("c1", "960001");
    day.phone_dials("p1", 0, "110");
    assert_eq!(day.why_not(), Some("a caller is offered to the agent: his phone rings"));
    assert!(day.said("reject p1 486 cause=17 (a caller is offered to the agent: his phone rings)"));
    assert!(day.is_ringing(0), "the caller is offered to him still");
    day.phone_dials("p2", 1, "110");
    day.phone_dials("p3", 1, "111");
    assert_eq!(day.why_not(), Some("the agent talks"));
    day.request(Request::SignOut(AgentRef(2)));
    day.phone_dials("p4", 2, "110");
    assert_eq!(day.why_not(), Some("the agent is not signed in"));
}

#[test]
fn no_more_calls_than_may_be() {
    let mut day = with(|plan| plan.calls_max = 1);
    day.phone_dials("p1", 0, "110");
    day.phone_dials("p2", 1, "110");
    assert_eq!(day.why_not(), Some("there are as many calls as may be"));
    day.request(Request::Drain);
    day.agent_hangs_up_own("p1");
    assert_eq!(day.dials(0, number("110")), Some("no new calls are begun"));
}

#[test]
fn who_was_not_ready_is_not_ready_after_it_and_wrap_up_goes_on_when_nobody_answered() {
    let mut day = at_work();
    day.request(Request::NotReady(AgentRef(0), Reason::Rest));
    let mut day = dialing(day);
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    assert_eq!(day.agent(0), AgentState::NotReady(Reason::Rest));
    day.is_over();

    let mut day = at_work();
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.agent_hangs_up(0);
    day.wait(4);
    let mut day = dialing(day);
    day.wait(2);
    day.agent_hangs_up_own("p1");
    assert!(wraps_up(day.agent(0)), "what is left of it");
    day.wait(4);
    assert_eq!(day.agent(0), AgentState::Ready);
}

#[test]
fn on_request_his_phone_rings_first_and_then_the_number() {
    let mut day = at_work();
    // Nobody has called yet: no address is known at which we could be reached.
    assert!(day.dials(0, number("110")).is_some_and(|why| why.contains("no address")));
    day.caller_invites("c0", "999");
    assert_eq!(day.dials(0, number("110")), None);
    assert!(day.is_ringing(0) && !day.is_dialing());
    assert_eq!(day.dials(0, number("111")), Some("the agent talks"));
    day.wait(3);
    day.agent_answers(0);
    assert!(day.is_dialing());
    assert_eq!(day.hears("out", 1), MUSIC, "his group's, where there is no ring-back");
    day.wait(5);
    day.outside_answers();
    assert_eq!((day.hears("out", 0), day.hears("out", 1)), (hears(1), hears(0)));
    day.agent_hangs_up(0);
    assert_eq!(day.outcome("out"), Some(Outcome::Outgoing));
    day.is_over();
    day.reads_like("dials_out_on_request");
}

#[test]
fn on_request_a_phone_that_is_not_picked_up_ends_it() {
    for (status, by) in [(486, ReleasedBy::Peer), (487, ReleasedBy::Timeout), (408, ReleasedBy::Timeout)] {
        let mut day = at_work();
        day.caller_invites("c0", "999");
        day.dials(0, number("110"));
        day.leg_ends(day.rung(0), 17, status, by);
        assert_eq!((day.agent(0), day.outcome("out")), (AgentState::Ready, Some(Outcome::Outgoing)));
        assert!(day.phones(Phone::Talking).is_empty() && !day.is_dialing());
        day.is_over();
    }
}

#[test]
fn agents_call_each_other_by_work_number_and_nobody_rings_them_meanwhile() {
    let mut day = at_work();
    day.phone_dials("p1", 0, "8002");
    assert!(day.is_ringing(1));
    assert_eq!(day.agent(1), AgentState::Talking);
    day.agent_answers(1);
    assert_eq!((day.hears("p1", 0), day.hears("p1", 1)), (hears(1), hears(0)));
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    assert!(day.ringing().is_empty(), "both talk");
    day.agent_hangs_up(1);
    assert!(day.is_ringing(1) || day.is_ringing(0), "free at once: no wrap-up between agents");
    assert_eq!(day.outcome("p1"), Some(Outcome::Internal));
    day.reads_like("agents_call_each_other");
}

#[test]
fn a_colleague_who_is_busy_or_away_is_not_rung() {
    let mut day = talking();
    day.phone_dials("p2", 1, "8001");
    assert_eq!(day.why_not(), Some("the agent who is called is busy"));
    day.request(Request::SignOut(AgentRef(2)));
    day.phone_dials("p3", 1, "8003");
    assert!(day.said("reject p3 480 cause=20 (the agent who is called is not signed in)"));
    day.phone_dials("p4", 1, "8002");
    assert_eq!(day.why_not(), Some("an agent cannot be connected with himself"));
    // A group's key calls whoever of it is idle longest.
    day.request(Request::SignIn(AgentRef(2)));
    day.request(Request::Ready(AgentRef(2)));
    day.phone_dials("p5", 1, "enterprise");
    assert!(day.is_ringing(2));
}

#[test]
fn agents_who_talk_with_each_other_ask_nobody_in_and_hand_nobody_on() {
    let mut day = at_work();
    day.phone_dials("p1", 0, "8002");
    day.agent_answers(1);
    let alone = Some("agents who call each other talk alone");
    assert_eq!(day.does(Control::Consult(Whom::Agent(AgentRef(2)))), alone);
    assert_eq!(day.does(Control::TransferTo(Whom::Group(ENTERPRISE))), alone);
    day.request(Request::Supervise {
        supervisor: AgentRef(2),
        agent: AgentRef(0),
        how: Some(call::call::Supervision::Listen),
    });
    assert_eq!(day.refusal(), alone);
    assert_eq!(day.does(Control::Hold), None);
    // The caller's phone vanishes while the other is on hold: he is free, and in no line.
    day.leg_ends(day.leg_of("p1"), 41, 408, ReleasedBy::Timeout);
    assert_eq!(day.outcome("p1"), Some(Outcome::Internal));
    day.is_over();
}

#[test]
fn hold_consult_conference_and_transfer_are_those_of_any_talk() {
    let mut day = talking();
    assert_eq!(day.does(Control::Hold), None);
    assert_eq!(day.hears("p1", 0), MUSIC);
    assert_eq!(day.does(Control::Retrieve), None);
    assert_eq!(day.does(Control::Consult(Whom::Agent(AgentRef(2)))), None);
    day.agent_answers(2);
    assert_eq!(day.does(Control::Conference), None);
    assert_eq!(day.hears("p1", 0), Hear::Parties(Parties::one(Party(1)).with(Party(2))));
    assert_eq!(day.does(Control::Transfer), None);
    assert!(wraps_up(day.agent(0)) && day.agent(2) == AgentState::Talking);
    day.agent_hangs_up(2);
    assert_eq!(day.outcome("p1"), Some(Outcome::Outgoing), "an inbound call it never was");
    day.is_over();
}

#[test]
fn his_talk_is_recorded_where_his_group_records_and_a_supervisor_may_listen() {
    let mut day = with(|plan| plan.groups[0].record = true);
    day.phone_dials("p1", 1, "110");
    day.outside_answers();
    assert!(day.events.iter().any(|stamped| matches!(stamped.event, Event::RecordingBegun { .. })));
    day.request(Request::Supervise {
        supervisor: AgentRef(2),
        agent: AgentRef(1),
        how: Some(call::call::Supervision::Listen),
    });
    day.agent_answers(2);
    assert_eq!(day.hears("p1", 2), Hear::Parties(Parties::one(Party(0)).with(Party(1))));
}

#[test]
fn whoever_was_called_is_never_dropped_when_the_agents_phone_vanishes() {
    let mut day = talking();
    day.leg_ends(day.leg_of("p1"), 41, 408, ReleasedBy::Timeout);
    assert_eq!(day.outcome("p1"), None);
    assert!(day.is_ringing(1), "a colleague of his group is rung");
    day.agent_answers(1);
    assert_eq!((day.hears("p1", 0), day.hears("p1", 2)), (hears(2), hears(0)));
    day.agent_hangs_up(1);
    assert_eq!(day.outcome("p1"), Some(Outcome::Outgoing));
    day.is_over();
    day.reads_like("agent_lost_who_called");
}

#[test]
fn a_phone_that_vanishes_at_any_step_leaves_everybody_free() {
    let steps: [fn(&mut Day); 5] = [
        |day| day.phone_dials("p1", 0, "110"),
        |day| {
            day.phone_dials("p1", 0, "110");
            day.progresses(day.dialed(), 183, Some(sdp(7000, &[8], "")));
        },
        |day| {
            day.caller_invites("c0", "999");
            day.dials(0, number("110"));
        },
        |day| {
            day.caller_invites("c0", "999");
            day.dials(0, number("110"));
            day.agent_answers(0);
        },
        |day| day.phone_dials("p1", 0, "8002"),
    ];
    for (at, step) in steps.iter().enumerate() {
        // Its registration is lost: the call goes on, he is not ready after it.
        let mut day = at_work();
        step(&mut day);
        day.phone_is_lost(0);
        let legs = day.living_legs();
        day.leg_ends(legs[0], 16, 200, ReleasedBy::Peer);
        assert_eq!(day.agent(0), AgentState::NotReady(Reason::PhoneLost), "step {at}");
        day.is_over();

        // Each leg by itself fails.
        let legs = legs.len();
        for lost in 0..legs {
            let mut day = at_work();
            step(&mut day);
            let leg = day.living_legs()[lost];
            day.leg_ends(leg, 41, 408, ReleasedBy::Timeout);
            assert_eq!(
                (day.agent(0), day.agent(1)),
                (AgentState::Ready, AgentState::Ready),
                "step {at}, leg {lost}"
            );
            day.is_over();
        }
    }
}

#[test]
fn the_number_may_ring_so_long_and_no_longer() {
    let mut day = dialing(at_work());
    let invited = day.said("invite 110 from 052712345 () [8 0 101]");
    assert!(invited, "with the ring limit of [outside]");
    day.leg_ends(day.dialed(), 19, 487, ReleasedBy::Timeout);
    assert!(day.said("reject p1 480 cause=19"));
    day.is_over();
}

#[test]
fn an_answer_that_cannot_be_used_and_a_port_that_is_not_there_end_it() {
    let mut day = dialing(at_work());
    day.answers(day.dialed(), Some(sdp(7000, &[18], "")));
    assert_eq!(day.cause("p1"), Some(88));
    assert!(day.said("reject p1 488 cause=88"));
    day.is_over();

    // One port: the agent's.
    let mut day = dialing(with(|plan| plan.audio.ports = 20_000..=20_001));
    assert_eq!(day.cause("p1"), Some(47));
    assert_eq!(day.agent(0), AgentState::Ready);
    day.is_over();
    let mut day = at_work();
    day.invites_from("p1", "110", None, sip::leg::Origin::Aor(sip::leg::AorRef(0)));
    assert_eq!(
        (day.cause("p1"), day.agent(0)),
        (Some(88), AgentState::Ready),
        "who offers late hears nothing"
    );
    day.is_over();
}

#[test]
fn he_hangs_up_before_anybody_answers() {
    let mut day = dialing(at_work());
    day.agent_hangs_up_own("p1");
    assert!(day.phones(Phone::Ringing).is_empty(), "the number is called off");
    assert_eq!(day.agent(0), AgentState::Ready);
    assert_eq!(day.dialed(), LegRef(day.dialed().0));
    assert!(!day.is_ringing(OUTSIDE.0));
    day.is_over();
}

impl Day {
    /// The agent hangs up the phone with which he has dialed.
    fn agent_hangs_up_own(&mut self, name: &str) {
        self.caller_hangs_up(name);
    }
}
