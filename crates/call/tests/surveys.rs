//! After the talk: the caller rates the service, the agent says what came of it.

mod day;

use acd::{AgentRef, AgentState};
use call::event::{Event, Outcome, Side, Verdict};
use call::plan::DispositionRef;
use call::request::{Control, Whom};
use call::{Input, Request, Resolver};
use day::centre::{QUESTION, THANKS, survey, surveying};
use day::{Day, sdp};
use media::session::{ClipRef, Hear};
use sip::leg::{Fact, ReleasedBy};

const QUESTION_HEARD: Hear = Hear::Once(QUESTION);
const SORRY: Hear = Hear::Once(ClipRef(3));
const TUNE: Hear = Hear::Loop(ClipRef(7));

/// 8001 talks with c1; 8002 is not there.
fn talking() -> Day {
    let mut day = Day::with(surveying());
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.agent_answers(0);
    day.wait(30);
    day
}

/// He has hung up, and c1 hears the question.
fn asked() -> Day {
    let mut day = talking();
    day.agent_hangs_up(0);
    assert_eq!(day.hears("c1", 0), QUESTION_HEARD);
    day
}

impl Day {
    fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |event: &Event| match event {
            Event::Surveyed { verdict, .. } => Some(*verdict),
            _ => None,
        };
        self.events.iter().filter_map(|stamped| verdict(&stamped.event)).collect()
    }

    fn asks(&mut self, request: Request) -> Result<(), &'static str> {
        self.request(request);
        let answer = self.events.iter().rev().find_map(|stamped| match stamped.event {
            Event::RequestRefused { why, .. } => Some(Err(why)),
            Event::RequestDone { .. } => Some(Ok(())),
            _ => None,
        });
        answer.expect("every request has its answer")
    }

    fn surveys(&mut self) -> Result<(), &'static str> {
        self.asks(Request::Control(AgentRef(0), Control::Survey))
    }

    fn disposes(&mut self, agent: u32, what: u32, by: Resolver) -> Result<(), &'static str> {
        let (agent, disposition) = (AgentRef(agent), DispositionRef(what));
        self.asks(Request::Dispose { agent, disposition, by })
    }

    /// Who said what of whose call, and whether at his phone.
    fn disposed(&self) -> Vec<(u32, u32, Resolver, bool)> {
        let said = |event: &Event| match event {
            Event::Disposed { agent, disposition, by, phone, .. } => {
                Some((agent.0, disposition.0, *by, *phone))
            }
            _ => None,
        };
        self.events.iter().filter_map(|stamped| said(&stamped.event)).collect()
    }
}

#[test]
fn a_caller_rates_by_key_is_thanked_and_his_call_counts_as_answered() {
    let mut day = asked();
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "the agent has done with him");
    day.clip_ends("c1", QUESTION);
    assert_eq!(day.hears("c1", 0), TUNE, "music while he thinks");
    day.wait(4);
    day.presses("c1", '2');
    assert_eq!((day.hears("c1", 0), day.verdicts()), (Hear::Once(THANKS), vec![Verdict::Rated(2)]));
    day.presses("c1", '5');
    assert_eq!(day.verdicts(), [Verdict::Rated(2)], "one rating is one rating");
    day.clip_ends("c1", THANKS);
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("survey_rated");
}

#[test]
fn the_key_may_be_pressed_while_the_question_is_heard() {
    let mut day = asked();
    day.presses("c1", '5');
    assert_eq!((day.hears("c1", 0), day.verdicts()), (Hear::Once(THANKS), vec![Verdict::Rated(5)]));
}

#[test]
fn the_agents_next_caller_is_offered_while_the_survey_plays() {
    let mut day = asked();
    day.caller_invites("c2", "12345");
    day.caller_hears_clips_out("c2");
    assert!(!day.is_ringing(0), "he wraps up");
    day.clip_ends("c1", QUESTION);
    day.request(Request::Ready(AgentRef(0)));
    assert!(day.is_ringing(0), "c1 still thinks");
    day.agent_answers(0);
    day.presses("c1", '1');
    assert_eq!((day.agent(0), day.verdicts()), (AgentState::Talking, vec![Verdict::Rated(1)]));
    let surveyed = day.events.iter().rev().find(|stamped| matches!(stamped.event, Event::Surveyed { .. }));
    let of_c1 = |event: &Event| matches!(event, Event::Surveyed { call, agent: AgentRef(0), .. } if *call == day.call("c1"));
    assert!(surveyed.is_some_and(|stamped| of_c1(&stamped.event)), "c1's, not c2's");
    day.clip_ends("c1", THANKS);
    day.caller_hangs_up("c2");
    assert_eq!((day.outcome("c1"), day.outcome("c2")), (Some(Outcome::Answered), Some(Outcome::Answered)));
}

#[test]
fn who_presses_nothing_is_asked_twice_and_let_go() {
    let mut day = asked();
    day.clip_ends("c1", QUESTION);
    day.wait(5);
    assert_eq!((day.hears("c1", 0), day.verdicts()), (QUESTION_HEARD, vec![]), "once more");
    day.clip_ends("c1", QUESTION);
    day.wait(5);
    assert_eq!((day.verdicts(), day.outcome("c1")), (vec![Verdict::Timeout], Some(Outcome::Answered)));
}

#[test]
fn who_presses_wrong_keys_only_is_told_so_and_let_go() {
    let mut day = asked();
    day.presses("c1", '9');
    assert_eq!(day.hears("c1", 0), SORRY);
    day.clip_ends("c1", ClipRef(3));
    assert_eq!(day.hears("c1", 0), QUESTION_HEARD);
    day.presses("c1", '#');
    assert_eq!((day.verdicts(), day.outcome("c1")), (vec![Verdict::Invalid], Some(Outcome::Answered)));
}

#[test]
fn a_wrong_key_and_then_a_right_one_is_a_rating_and_a_wrong_one_and_then_none_is_none() {
    let mut day = asked();
    day.presses("c1", '0');
    day.presses("c1", '3');
    assert_eq!(day.verdicts(), [Verdict::Rated(3)]);
    let mut day = asked();
    day.presses("c1", '0');
    day.caller_hears_clips_out("c1");
    day.wait(5);
    assert_eq!(day.verdicts(), [Verdict::Timeout], "the last time decides");
}

#[test]
fn a_caller_may_hang_up_at_each_moment_and_is_answered_all_the_same() {
    // While the question is heard, while he thinks, while he is thanked; and what was counted then.
    type Moment = (fn(&mut Day), Verdict);
    let moments: [Moment; 4] = [
        (|_| {}, Verdict::HungUp),
        (|day| day.clip_ends("c1", QUESTION), Verdict::HungUp),
        (|day| day.presses("c1", '9'), Verdict::HungUp),
        (|day| day.presses("c1", '4'), Verdict::Rated(4)),
    ];
    for (moment, verdict) in moments {
        let mut day = asked();
        moment(&mut day);
        day.caller_hangs_up("c1");
        assert_eq!((day.verdicts(), day.outcome("c1")), (vec![verdict], Some(Outcome::Answered)));
        assert_eq!(day.engine.calls(), 0);
    }
    // In the talk: nobody asks him.
    let mut day = talking();
    day.caller_hangs_up("c1");
    assert_eq!((day.verdicts(), day.outcome("c1")), (vec![], Some(Outcome::Answered)));
}

#[test]
fn whatever_ends_the_call_while_it_is_asked_counts_as_hung_up() {
    let ends: [fn(&mut Day); 4] = [
        |day| day.request(Request::ReleaseAll),
        |day| day.falls_silent("c1", 0),
        |day| {
            let call = day.call("c1");
            day.request(Request::Release(call));
        },
        |day| day.leg_ends(day.leg_of("c1"), 38, 408, ReleasedBy::Timeout),
    ];
    for end in ends {
        let mut day = asked();
        end(&mut day);
        assert_eq!((day.verdicts(), day.outcome("c1")), (vec![Verdict::HungUp], Some(Outcome::Answered)));
    }
    // The longest call there may be.
    let mut plan = surveying();
    plan.call_max = std::time::Duration::from_secs(60);
    let mut day = Day::with(plan);
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.agent_answers(0);
    day.wait(59);
    day.agent_hangs_up(0);
    day.wait(1);
    assert_eq!((day.verdicts(), day.outcome("c1")), (vec![Verdict::HungUp], Some(Outcome::Answered)));
    // No new calls: this one is asked to its end.
    let mut day = talking();
    day.request(Request::Drain);
    day.agent_hangs_up(0);
    day.presses("c1", '1');
    assert_eq!(day.verdicts(), [Verdict::Rated(1)]);
}

#[test]
fn an_agent_may_push_his_caller_to_the_survey() {
    let mut day = talking();
    assert_eq!(day.surveys(), Ok(()));
    assert_eq!(day.hears("c1", 0), QUESTION_HEARD);
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    let left = day.events.iter().find_map(|stamped| match stamped.event {
        Event::Disconnected { by, .. } => Some(by),
        _ => None,
    });
    assert_eq!(left, Some(Side::Agent));
    assert_eq!(day.surveys(), Err("the agent talks with no caller"));
    day.presses("c1", '1');
    day.clip_ends("c1", THANKS);
    assert_eq!((day.verdicts(), day.outcome("c1")), (vec![Verdict::Rated(1)], Some(Outcome::Answered)));
    day.reads_like("survey_pushed");
}

#[test]
fn without_a_survey_the_request_is_refused_and_the_talk_goes_on() {
    let mut day = talking();
    day.wait(1);
    day.registers(2);
    day.caller_invites("c2", "960001");
    day.agent_answers(2);
    let refused = day.asks(Request::Control(AgentRef(2), Control::Survey));
    assert_eq!(refused, Err("nothing follows a talk in the caller's flow: its queue step has no after"));
    assert_eq!(day.agent(2), AgentState::Talking);
    day.agent_hangs_up(2);
    assert_eq!((day.verdicts(), day.outcome("c2")), (vec![], Some(Outcome::Answered)), "over, as ever");
    day.registers(1);
    day.request(Request::Control(AgentRef(0), Control::Consult(Whom::Agent(AgentRef(1)))));
    assert_eq!(day.surveys(), Err("somebody is consulted: reconnect first"));
}

#[test]
fn the_agent_who_had_the_caller_last_is_rated() {
    let mut day = talking();
    day.registers(1);
    day.request(Request::Control(AgentRef(0), Control::Consult(Whom::Agent(AgentRef(1)))));
    day.agent_answers(1);
    day.agent_hangs_up(0);
    assert_eq!(day.verdicts(), [], "8002 has him now");
    day.agent_hangs_up(1);
    day.presses("c1", '5');
    let rated = day.events.iter().find_map(|stamped| match stamped.event {
        Event::Surveyed { agent, .. } => Some(agent),
        _ => None,
    });
    assert_eq!(rated, Some(AgentRef(1)));
}

#[test]
fn a_specialist_outside_who_has_the_caller_last_leaves_him_to_the_survey_of_the_agent() {
    let mut day = talking();
    let whom = Whom::Number(base::Private::new("110".into()));
    day.request(Request::Control(AgentRef(0), Control::Consult(whom)));
    day.outside_answers();
    day.agent_hangs_up(0);
    assert_eq!(day.verdicts(), []);
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    day.presses("c1", '3');
    day.caller_hears_clips_out("c1");
    assert_eq!((day.verdicts(), day.engine.calls()), (vec![Verdict::Rated(3)], 0));
    assert_eq!(day.disposes(0, 0, Resolver::Specialist), Ok(()), "the agent says who resolved it");
}

#[test]
fn an_agent_who_is_lost_brings_the_caller_back_into_the_line_and_not_to_a_survey() {
    let mut day = talking();
    day.leg_ends(day.rung(0), 38, 408, ReleasedBy::Timeout);
    assert!(day.engine.describe(day.call("c1")).is_some_and(|it| it.starts_with("waiting")));
    // On hold he is not left to a survey either: somebody was to come back to him.
    let mut day = talking();
    day.request(Request::Control(AgentRef(0), Control::Hold));
    day.agent_hangs_up(0);
    assert!(day.engine.describe(day.call("c1")).is_some_and(|it| it.starts_with("waiting")));
    assert_eq!(day.verdicts(), []);
}

#[test]
fn supervisors_leave_with_the_agent() {
    let mut day = talking();
    day.registers(2);
    let how = Some(call::call::Supervision::Barge);
    day.request(Request::Supervise { supervisor: AgentRef(2), agent: AgentRef(0), how });
    day.agent_answers(2);
    day.agent_hangs_up(0);
    assert_eq!(day.hears("c1", 0), QUESTION_HEARD);
    assert_ne!(day.agent(2), AgentState::Talking);
    day.presses("c1", '1');
    day.caller_hears_clips_out("c1");
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn a_wide_caller_is_asked_for_what_clips_are_in() {
    let mut plan = surveying();
    plan.audio.codecs = vec![media::session::Codec::G722, media::session::Codec::Pcma];
    let mut day = Day::with(plan);
    day.registers(0);
    day.invites("c1", "12345", Some(sdp(4000, &[9, 8], "")));
    day.caller_hears_clips_out("c1");
    day.answers(day.rung(0), Some(sdp(6000, &[9], "")));
    let leg = day.leg_of("c1");
    let answers = |day: &mut Day, codec| {
        day.step(Input::Sip(Fact::Reanswered { leg, answer: sdp(4000, &[codec], "") }));
    };
    answers(&mut day, 9);
    let wide = |day: &Day| day.party("c1", 0).audio.codec == media::session::Codec::G722;
    assert!(wide(&day), "both have G.722 in the talk");
    day.agent_hangs_up(0);
    assert!(day.said("reoffer c1 [8 101] v3"), "no clip has it");
    assert_eq!(day.hears("c1", 0), QUESTION_HEARD);
    answers(&mut day, 8);
    assert!(!wide(&day));
    day.presses("c1", '2');
    assert_eq!(day.verdicts(), [Verdict::Rated(2)]);
}

#[test]
fn a_survey_before_any_talk_is_passed_over() {
    let mut plan = surveying();
    plan.flows[0].steps[0].act = survey(1);
    let mut day = Day::with(plan);
    day.caller_invites("c1", "12345");
    assert!(day.engine.describe(day.call("c1")).is_some_and(|it| it.starts_with("waiting")));
}

#[test]
fn an_agent_says_in_the_talk_or_after_it_what_came_of_it() {
    let mut day = Day::with(surveying());
    day.registers(0);
    assert_eq!(
        day.disposes(0, 0, Resolver::Agent),
        Err("the agent has talked with no caller since the start")
    );
    let mut day = talking();
    assert_eq!(day.disposes(0, 0, Resolver::Agent), Ok(()));
    assert_eq!(day.disposes(0, 9, Resolver::Agent), Err("no such disposition"));
    day.agent_hangs_up(0);
    day.caller_hangs_up("c1");
    assert_eq!(day.engine.calls(), 0);
    assert_eq!(day.disposes(0, 1, Resolver::Specialist), Ok(()), "of the call that is over");
    day.phone_dials("p1", 0, "*344*");
    day.phone_dials("p2", 0, "*31");
    assert_eq!(
        day.disposed(),
        [
            (0, 0, Resolver::Agent, false),
            (0, 1, Resolver::Specialist, false),
            (0, 2, Resolver::Specialist, true),
            (0, 0, Resolver::Agent, true)
        ]
    );
    let c1 = day.call("c1");
    assert!(day.events.iter().all(|stamped| match stamped.event {
        Event::Disposed { call, .. } => call == c1,
        _ => true,
    }));
    day.reads_like("dispositions");
}

#[test]
fn a_code_that_says_nothing_is_no_code_and_who_has_talked_with_nobody_hears_a_refusal() {
    let mut day = talking();
    day.registers(1);
    for code in ["*3", "*3*", "*39", "*31**", "*311"] {
        day.phone_dials(code, 1, code);
        assert!(day.said(&format!("reject {code} 403 cause=21")), "{code}");
    }
    day.phone_dials("p1", 1, "*31");
    assert_eq!(day.hears("p1", 0), Hear::Once(ClipRef(5)), "8002 has had no caller");
    assert_eq!(day.disposed(), []);
}

#[test]
fn keys_that_lead_on_are_told() {
    let mut day = Day::with({
        let mut plan = surveying();
        let exit = call::flow::Exit { key: '0', to: call::flow::StepRef(9) };
        if let call::flow::Act::Queue(queue) = &mut plan.flows[0].steps[1].act {
            queue.exit = Some(exit);
        }
        plan
    });
    day.caller_invites("c1", "12345");
    day.caller_hears_clips_out("c1");
    day.presses("c1", '7');
    day.presses("c1", '0');
    let chose: Vec<_> = day
        .events
        .iter()
        .filter_map(|stamped| match stamped.event {
            Event::Chose { step, key, .. } => Some((step.0, key)),
            _ => None,
        })
        .collect();
    assert_eq!(chose, [(1, '0')]);
}
