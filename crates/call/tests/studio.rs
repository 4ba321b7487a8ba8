//! The live radio studio (政风热线): callers are screened, held, picked and put on air; whoever's leg fails at whichever
//! step, the caller is held again or in front of his line, and on air only while he is at the console.

mod day;

use acd::{AgentRef, AgentState};
use base::Private;
use call::call::Supervision;
use call::event::{Event, Outcome};
use call::flow::{Act, Step, StepRef};
use call::plan::Plan;
use call::request::{Control, Whom};
use call::show::{Exit, NOTE_MAX, StudioDo, StudioStep};
use call::{CallRef, Request};
use day::Day;
use day::centre::{ENTERPRISE, GENERAL, QUESTION, RADIO, on_the_radio, survey};
use media::session::{ClipRef, Hear, Keeps, Parties, Party};
use sip::leg::ReleasedBy;

/// What held callers hear.
const PROGRAMME: Hear = Hear::Loop(ClipRef(13));
/// The enterprise desk's music.
const TUNE: Hear = Hear::Loop(ClipRef(7));
const TOLD: Hear = Hear::Once(ClipRef(15));
/// The account of the console, 8004.
const CONSOLE: u32 = 3;

fn hears(party: u8) -> Hear {
    Hear::Parties(Parties::one(Party(party)))
}

/// 8001 talks with c1, who came to the enterprise desk; the console is signed in and a show is on.
fn show_of(plan: Plan) -> Day {
    let mut day = Day::with(plan);
    day.registers(0);
    day.registers(CONSOLE);
    day.asks(StudioDo::Open);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day
}

fn show() -> Day {
    show_of(on_the_radio())
}

/// c1 is held.
fn held() -> Day {
    let mut day = show();
    day.screens(0, "路灯不亮");
    assert_eq!(day.refusal(), None);
    day
}

/// c1 is at the console.
fn at_console() -> Day {
    let mut day = held();
    day.picks("c1");
    day.wait(2);
    day.agent_answers(CONSOLE);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(1), hears(0)));
    day
}

impl Day {
    fn asks(&mut self, what: StudioDo) {
        self.request(Request::Studio(RADIO, what));
    }

    fn screens(&mut self, agent: u32, note: &str) {
        let (agent, note) = (AgentRef(agent), Private::new(note.into()));
        self.request(Request::Screen { agent, studio: RADIO, note });
    }

    fn picks(&mut self, name: &str) {
        let call = self.call(name);
        self.asks(StudioDo::Pick(call));
    }

    /// One more caller at the enterprise desk, whom 8001 answers, once he is free, and sends to the studio.
    fn holds_another(&mut self, name: &str) {
        self.wait(11);
        self.caller_invites(name, "960001");
        self.agent_answers(0);
        self.screens(0, "");
    }

    /// What has happened to a caller in the studio.
    fn steps(&self, name: &str) -> Vec<StudioStep> {
        let of: CallRef = self.call(name);
        let step = |event: &Event| match event {
            Event::Studio { call, step, .. } if *call == of => Some(*step),
            _ => None,
        };
        self.events.iter().filter_map(|stamped| step(&stamped.event)).collect()
    }

    /// When somebody went on and off air, in seconds of the day, and whether it is recorded.
    fn air(&self) -> Vec<(u64, bool, bool)> {
        let air = |stamped: &call::event::Stamped| match stamped.event {
            Event::OnAir { on, recording, .. } => {
                Some((stamped.at.as_millis() / 1000, on, recording.is_some()))
            }
            _ => None,
        };
        self.events.iter().filter_map(air).collect()
    }

    /// He is at the head of the enterprise desk's line, though others came before.
    fn stands_first(&self, name: &str) {
        let caller = self.engine.distributor().caller(call::Engine::caller(self.call(name)));
        let caller = caller.expect("he stands in a line");
        assert_eq!((caller.group, caller.position), (ENTERPRISE, 1));
    }
}

#[test]
fn a_whole_show() {
    let mut day = Day::with(on_the_radio());
    day.registers(0);
    day.registers(CONSOLE);
    day.asks(StudioDo::Open);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.wait(20);
    day.screens(0, "路灯不亮");
    assert_eq!(day.hears("c1", 0), PROGRAMME, "no moment of silence");
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "the screener has done with him");
    day.holds_another("c2");
    day.wait(30);
    assert_eq!(day.hears("c1", 0), Hear::Once(ClipRef(14)), "he is comforted");
    day.caller_hears_clips_out("c1");
    assert_eq!(day.hears("c1", 0), PROGRAMME);

    day.picks("c1");
    assert!(day.is_ringing(CONSOLE) && day.hears("c1", 0) == PROGRAMME, "held while it rings");
    day.wait(3);
    day.agent_answers(CONSOLE);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(1), hears(0)));
    day.wait(5);
    day.asks(StudioDo::Air);
    day.wait(90);
    day.asks(StudioDo::OffAir);
    day.asks(StudioDo::Return);
    assert_eq!(day.hears("c1", 0), PROGRAMME);
    assert_eq!(day.agent(CONSOLE), AgentState::Ready, "the console has no wrap-up: the next one at once");

    day.picks("c2");
    day.agent_answers(CONSOLE);
    day.asks(StudioDo::Air);
    day.wait(60);
    day.agent_hangs_up(CONSOLE);
    assert_eq!(day.outcome("c2"), Some(Outcome::Answered), "the console hangs up: a talk has ended");
    let call = day.call("c1");
    day.asks(StudioDo::Back(call));
    assert!(day.is_ringing(0), "8001 is ready, and he is the first in the line");
    day.agent_answers(0);
    day.asks(StudioDo::Close);
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    let left = StudioStep::Left(Exit::SentBack);
    assert_eq!(day.steps("c1"), [StudioStep::Picked, StudioStep::AtConsole, StudioStep::Held, left]);
    day.reads_like("radio_show");
}

#[test]
fn who_hangs_up_while_he_is_held_was_answered_and_is_out_of_the_studio() {
    for name in ["c1", "c2"] {
        let mut day = held();
        if name == "c2" {
            day.holds_another("c2");
            day.picks("c2");
            assert!(day.is_ringing(CONSOLE));
        }
        day.caller_hangs_up(name);
        assert_eq!(day.outcome(name), Some(Outcome::Answered));
        assert_eq!(day.steps(name).last(), Some(&StudioStep::Left(Exit::Ended)));
        assert!(!day.is_ringing(CONSOLE));
        assert_eq!(day.agent(CONSOLE), AgentState::Ready);
    }
}

#[test]
fn a_console_that_does_not_answer_leaves_the_caller_held_where_he_was() {
    for status in [486, 603, 480, 408, 503] {
        let mut day = held();
        day.picks("c1");
        day.agent_refuses(CONSOLE, status);
        assert_eq!(day.hears("c1", 0), PROGRAMME, "{status}");
        assert_eq!(day.steps("c1"), [StudioStep::Picked, StudioStep::Held]);
        assert_eq!(day.agent(CONSOLE), AgentState::Ready, "{status}: he may be picked again");
        day.picks("c1");
        day.agent_answers(CONSOLE);
        assert_eq!(day.hears("c1", 0), hears(1), "{status}");
    }
}

#[test]
fn a_console_whose_answer_cannot_be_used_leaves_him_held() {
    let mut day = held();
    day.picks("c1");
    day.answers(day.rung(CONSOLE), Some(day::sdp(6000, &[18], "")));
    assert_eq!(day.hears("c1", 0), PROGRAMME);
    assert_eq!(day.agent(CONSOLE), AgentState::Ready);
}

#[test]
fn a_console_that_is_lost_on_air_leaves_him_held_and_off_air() {
    for how in ["silent", "port", "released", "on hold"] {
        let mut day = at_console();
        day.asks(StudioDo::Air);
        day.wait(10);
        match how {
            "silent" => day.falls_silent("c1", 1),
            "port" => day.port_fails("c1", 1),
            "released" => day.leg_ends(day.rung(CONSOLE), 41, 408, ReleasedBy::Timeout),
            _ => {
                day.request(Request::Control(AgentRef(CONSOLE), Control::Hold));
                day.agent_hangs_up(CONSOLE);
            }
        }
        assert_eq!(day.hears("c1", 0), PROGRAMME, "{how}");
        assert_eq!(day.outcome("c1"), None, "{how}");
        let air: Vec<_> = day.air().iter().map(|(_, on, recorded)| (*on, *recorded)).collect();
        assert_eq!(air, [(true, true), (false, true)], "{how}");
        day.picks("c1");
        day.agent_answers(CONSOLE);
        assert!(matches!(day.hears("c1", 0), Hear::Parties(_)), "{how}: the next pick reaches it");
    }
}

#[test]
fn a_caller_who_hangs_up_on_air_is_off_air_and_his_talk_has_ended() {
    let mut day = at_console();
    day.asks(StudioDo::Air);
    day.wait(25);
    day.caller_hangs_up("c1");
    assert_eq!(day.air(), [(2, true, true), (27, false, true)]);
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    assert_eq!((day.agent(CONSOLE), day.engine.calls()), (AgentState::Ready, 0));
    day.wait(11);
    day.asks(StudioDo::Air);
    assert_eq!(day.refusal(), Some("nobody is at the console"));
}

#[test]
fn a_screener_whose_phone_dies_has_not_sent_his_caller_anywhere() {
    let mut day = show();
    day.leg_ends(day.rung(0), 41, 408, ReleasedBy::Timeout);
    day.stands_first("c1");
    day.screens(0, "");
    assert_eq!(day.refusal(), Some("the agent talks with no caller"));
}

#[test]
fn the_console_takes_one_caller_at_a_time() {
    let mut day = held();
    day.holds_another("c2");
    day.picks("c1");
    day.picks("c2");
    assert_eq!(day.refusal(), Some("the console is busy"), "while it rings");
    day.agent_answers(CONSOLE);
    day.picks("c2");
    assert_eq!(day.refusal(), Some("the console is busy"), "while it talks");
    day.picks("c1");
    assert_eq!(day.refusal(), Some("that caller is not held for the studio"));
    assert_eq!(day.hears("c2", 0), PROGRAMME);
    day.asks(StudioDo::Return);
    day.picks("c2");
    assert!(day.is_ringing(CONSOLE));
}

#[test]
fn a_console_that_is_not_there_is_not_rung() {
    let mut day = held();
    day.phone_dials("p", CONSOLE, "*11");
    day.picks("c1");
    assert_eq!(day.refusal(), Some("the console is not signed in"));
    assert_eq!(day.hears("c1", 0), PROGRAMME);
}

#[test]
fn a_studio_holds_so_many_and_takes_no_more() {
    let mut day = held();
    day.holds_another("c2");
    day.holds_another("c3");
    day.holds_another("c4");
    assert_eq!(day.refusal(), Some("as many callers are held for the studio as may be"));
    assert_eq!(day.hears("c4", 0), hears(1), "he talks on with who would have sent him");
    // One is at the console: there is room for the next, and the returned one is not turned away.
    day.picks("c1");
    day.agent_answers(CONSOLE);
    day.screens(0, "");
    assert_eq!(day.refusal(), None);
    day.asks(StudioDo::Return);
    assert_eq!((day.refusal(), day.hears("c1", 0)), (None, PROGRAMME));
}

#[test]
fn who_is_held_too_long_is_told_and_goes_to_the_head_of_his_line() {
    let mut day = held();
    day.wait(20);
    // Others have come meanwhile, and nobody is free.
    day.caller_invites("busy", "960001");
    day.agent_answers(0);
    day.caller_invites("later", "960001");
    day.wait(278);
    assert!(matches!(day.hears("c1", 0), Hear::Loop(_) | Hear::Once(_)));
    day.caller_hears_clips_out("c1");
    day.wait(3);
    assert_eq!(day.hears("c1", 0), TOLD);
    assert_eq!(day.steps("c1"), [StudioStep::Left(Exit::TooLong)]);
    day.stands_first("c1");
    day.caller_hears_clips_out("c1");
    assert_eq!(day.hears("c1", 0), TUNE, "his line's music");
    day.agent_hangs_up(0);
    day.wait(11);
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 0), hears(1), "he, and not who came later");
    assert_eq!(day.outcome("later"), None);
}

#[test]
fn who_is_sent_to_a_ringing_console_past_his_time_goes_back_when_it_does_not_answer() {
    let mut day = held();
    day.wait(295);
    day.picks("c1");
    day.wait(10);
    assert!(day.is_ringing(CONSOLE), "a pick is not broken off");
    day.agent_refuses(CONSOLE, 480);
    day.wait(1);
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::TooLong)));
}

#[test]
fn who_has_been_at_the_console_is_held_as_long_as_somebody_new() {
    let mut day = at_console();
    day.wait(280);
    day.asks(StudioDo::Return);
    day.wait(200);
    day.caller_hears_clips_out("c1");
    assert_eq!(day.hears("c1", 0), PROGRAMME);
    day.wait(101);
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::TooLong)));
}

#[test]
fn a_show_that_is_over_sends_all_who_are_held_to_the_heads_of_their_lines() {
    let mut day = held();
    day.holds_another("c2");
    day.holds_another("c3");
    day.picks("c2");
    day.agent_answers(CONSOLE);
    day.asks(StudioDo::Air);
    day.holds_another("c4");
    day.wait(11);
    day.caller_invites("later", "960001");
    day.agent_answers(0);
    day.asks(StudioDo::Close);
    for name in ["c1", "c3", "c4"] {
        assert_eq!(day.hears(name, 0), TOLD, "{name}");
        assert_eq!(day.steps(name).last(), Some(&StudioStep::Left(Exit::Closed)), "{name}");
    }
    day.stands_first("c1");
    assert_eq!(day.hears("c2", 0), hears(1), "who is at the console talks on");
    assert_eq!(day.air().last().map(|(_, on, _)| *on), Some(false), "off air");
    day.asks(StudioDo::Air);
    assert_eq!(day.refusal(), Some("no show is on in that studio: open it first"));
    day.asks(StudioDo::Close);
    assert_eq!(day.refusal(), Some("no show is on in that studio: open it first"));
    // Nothing is left of the show to which a lost console could return him.
    day.falls_silent("c2", 1);
    assert_eq!(day.steps("c2").last(), Some(&StudioStep::Left(Exit::Closed)));
    assert_eq!(day.hears("c2", 0), TOLD);
}

#[test]
fn a_show_that_is_over_while_the_console_rings_calls_it_off() {
    let mut day = held();
    day.picks("c1");
    day.asks(StudioDo::Close);
    assert!(!day.is_ringing(CONSOLE));
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::Closed)));
    assert_eq!(day.hears("c1", 0), TOLD);
    assert_eq!(day.agent(CONSOLE), AgentState::Ready);
}

#[test]
fn nobody_is_sent_to_a_closed_studio_or_by_who_may_not() {
    let mut day = Day::with(on_the_radio());
    for aor in [0, 1, CONSOLE] {
        day.registers(aor);
    }
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.screens(0, "");
    assert_eq!(day.refusal(), Some("no show is on in that studio: open it first"));
    day.asks(StudioDo::Open);
    day.asks(StudioDo::Open);
    assert_eq!(day.refusal(), Some("a show is on in that studio already"));
    day.caller_invites("c2", "12345");
    day.caller_hears_clips_out("c2");
    day.agent_answers(1);
    day.screens(1, "");
    assert_eq!(day.refusal(), Some("the agent is not in the group that sends callers to the studio"));
    day.screens(0, &"长".repeat(NOTE_MAX + 1));
    assert_eq!(day.refusal(), Some("the note is too long"));
    day.request(Request::Control(AgentRef(0), Control::Consult(Whom::Agent(AgentRef(CONSOLE)))));
    day.screens(0, "");
    assert_eq!(day.refusal(), Some("somebody is consulted: reconnect first"));
    day.request(Request::Control(AgentRef(0), Control::Reconnect));
    day.screens(0, &"长".repeat(NOTE_MAX));
    assert_eq!(day.refusal(), None);
    day.screens(4, "");
    assert_eq!(day.refusal(), Some("no such agent"));
    let studio = call::plan::StudioRef(1);
    day.request(Request::Studio(studio, StudioDo::Open));
    assert_eq!(day.refusal(), Some("no such studio"));
}

#[test]
fn a_screener_may_send_his_caller_by_a_code_on_his_second_line() {
    let mut day = show();
    day.phone_dials("code", 0, "*16");
    assert_eq!(day.hears("c1", 0), PROGRAMME);
    assert_eq!(day.hears("code", 0), Hear::Once(ClipRef(4)), "done");
    day.caller_hears_clips_out("code");
    assert_eq!(day.outcome("code"), Some(Outcome::Service));
    day.phone_dials("again", 0, "*16");
    assert_eq!(day.hears("again", 0), Hear::Once(ClipRef(5)), "he has no caller any more");
}

#[test]
fn a_supervisor_leaves_with_the_screener_and_may_listen_to_the_console() {
    let mut day = show();
    day.registers(2);
    let listen = Some(Supervision::Listen);
    let supervise =
        |agent| Request::Supervise { supervisor: AgentRef(2), agent: AgentRef(agent), how: listen };
    day.request(supervise(0));
    day.agent_answers(2);
    day.screens(0, "");
    assert_eq!(day.agent(2), AgentState::Ready);
    day.picks("c1");
    day.agent_answers(CONSOLE);
    day.request(supervise(CONSOLE));
    day.agent_answers(2);
    // He takes the caller over: out of the studio, off air.
    day.asks(StudioDo::Air);
    day.request(Request::TakeOver { supervisor: AgentRef(2), agent: AgentRef(CONSOLE) });
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::HandedOn)));
    assert_eq!(day.air().last().map(|(_, on, _)| *on), Some(false));
    assert_eq!(day.agent(CONSOLE), AgentState::Ready);
}

#[test]
fn a_department_is_asked_in_at_the_console_and_has_the_caller_when_that_leaves() {
    let mut day = at_console();
    day.registers(1);
    day.asks(StudioDo::Air);
    day.request(Request::Control(AgentRef(CONSOLE), Control::Consult(Whom::Agent(AgentRef(1)))));
    day.asks(StudioDo::Return);
    assert_eq!(day.refusal(), Some("somebody is consulted: reconnect first"));
    day.agent_answers(1);
    day.request(Request::Control(AgentRef(CONSOLE), Control::Conference));
    assert_eq!(day.air().len(), 1, "all of them are on air");
    day.agent_hangs_up(CONSOLE);
    assert_eq!(day.hears("c1", 0), hears(2));
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::HandedOn)));
    assert_eq!(day.air().last().map(|(_, on, _)| *on), Some(false));
}

#[test]
fn who_was_handed_on_to_a_phone_that_does_not_answer_is_held_again() {
    let mut day = at_console();
    let number = Whom::Number(Private::new("+8652784360000".into()));
    day.request(Request::Control(AgentRef(CONSOLE), Control::TransferTo(number)));
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    assert_eq!(day.hears("c1", 0), PROGRAMME);
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Held));
    day.picks("c1");
    day.agent_answers(CONSOLE);
    day.request(Request::Control(AgentRef(CONSOLE), Control::TransferTo(Whom::Group(GENERAL))));
    assert_eq!(day.steps("c1").last(), Some(&StudioStep::Left(Exit::HandedOn)));
}

#[test]
fn on_air_a_recording_may_be_paused_and_the_mark_goes_on() {
    let mut day = at_console();
    day.asks(StudioDo::Air);
    day.asks(StudioDo::Air);
    assert_eq!(day.refusal(), Some("he is on air already"));
    let console = call::Whose::Agent(AgentRef(CONSOLE));
    day.request(Request::Recording(console, Keeps::Silence));
    assert_eq!(day.refusal(), None);
    day.request(Request::Recording(console, Keeps::Speech));
    assert_eq!(day.air().len(), 1, "he is on air all the time");
    day.asks(StudioDo::OffAir);
    day.asks(StudioDo::OffAir);
    assert_eq!(day.refusal(), Some("he is not on air"));
}

#[test]
fn a_studio_that_does_not_record_marks_nothing_and_one_may_go_on_air_by_itself() {
    let mut plan = on_the_radio();
    (plan.studios[0].record, plan.studios[0].auto_air) = (false, true);
    let mut day = show_of(plan);
    day.screens(0, "");
    day.picks("c1");
    day.agent_answers(CONSOLE);
    assert_eq!(day.air(), [(0, true, false)]);
    day.caller_hangs_up("c1");
    assert_eq!(day.air(), [(0, true, false), (0, false, false)]);
}

#[test]
fn the_next_show_counts_its_callers_from_one() {
    let mut day = held();
    day.asks(StudioDo::Close);
    day.wait(11);
    day.agent_answers(0);
    day.asks(StudioDo::Open);
    day.screens(0, "");
    let screened: Vec<_> = day
        .events
        .iter()
        .filter_map(|stamped| match stamped.event {
            Event::Screened { number, .. } => Some(number),
            _ => None,
        })
        .collect();
    assert_eq!(screened, [1, 1]);
    assert!(day.said("show 2 begins"));
}

#[test]
fn a_held_call_is_ended_on_request_and_with_the_process() {
    let mut day = held();
    let call = day.call("c1");
    day.request(Request::Release(call));
    assert_eq!(day.outcome("c1"), Some(Outcome::Answered));
    let mut day = at_console();
    day.asks(StudioDo::Air);
    day.request(Request::ReleaseAll);
    day.wait(130);
    assert_eq!(day.engine.calls(), 0);
    assert_eq!(day.air().len(), 2);
}

#[test]
fn who_was_on_air_is_out_of_the_studio_while_he_is_asked_to_rate_his_talk() {
    let mut plan = on_the_radio();
    let steps = &mut plan.flows[2].steps;
    if let Act::Queue(queue) = &mut steps[0].act {
        queue.after = Some(StepRef(1));
    }
    steps.push(Step { name: "survey".into(), act: survey(9) });
    let mut day = show_of(plan);
    day.screens(0, "路灯不亮");
    day.picks("c1");
    day.agent_answers(CONSOLE);
    day.asks(StudioDo::Air);
    day.agent_hangs_up(CONSOLE);
    assert_eq!(day.hears("c1", 0), Hear::Once(QUESTION));
    day.asks(StudioDo::Close);
    assert_eq!(
        (day.refusal(), day.hears("c1", 0)),
        (None, Hear::Once(QUESTION)),
        "the show's end is nothing to him"
    );
    day.presses("c1", '1');
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
}
