//! What happens in a talk: hold, consult, three-way, transfer, supervision. Whoever leaves, the caller is with somebody,
//! or in front of the line again.

mod day;

use acd::{AgentRef, AgentState};
use base::Private;
use call::Request;
use call::call::Supervision::{Barge, Listen, Whisper};
use call::event::{Event, Outcome, Phase};
use call::request::{Control, Whom};
use day::centre::{ENTERPRISE, GENERAL, consulting};
use day::{Day, OUTSIDE, Phone, sdp};
use media::session::{ClipRef, Hear, Parties, Party};
use sip::leg::{LegRef, ReleasedBy};

const TUNE: Hear = Hear::Loop(ClipRef(7));

fn hears(parties: &[u8]) -> Hear {
    Hear::Parties(parties.iter().fold(Parties::NONE, |all, party| all.with(Party(*party))))
}

/// 8001 talks with c1, who came to the enterprise desk; 8002 and the supervisor 8003 are ready.
fn talking() -> Day {
    let mut day = Day::with(consulting());
    day.registers(0);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.registers(1);
    day.registers(2);
    day
}

impl Day {
    fn does(&mut self, control: Control) {
        self.request(Request::Control(AgentRef(0), control));
    }

    fn consults(&mut self, whom: Whom) {
        self.does(Control::Consult(whom));
    }

    fn supervises(&mut self, how: Option<call::call::Supervision>) {
        let (supervisor, agent) = (AgentRef(2), AgentRef(0));
        self.request(Request::Supervise { supervisor, agent, how });
    }

    /// Why an agent was refused somebody whom his phone asked for; that is what the audit has.
    fn denied(&self) -> Option<&'static str> {
        self.events.iter().rev().find_map(|stamped| match stamped.event {
            Event::OutgoingRefused { why, .. } => Some(why),
            _ => None,
        })
    }

    fn phases(&self) -> Vec<Phase> {
        let phase = |event: &Event| match event {
            Event::Phase { phase, .. } => Some(*phase),
            _ => None,
        };
        self.events.iter().filter_map(|stamped| phase(&stamped.event)).collect()
    }
}

fn number(digits: &str) -> Whom {
    Whom::Number(Private::new(digits.into()))
}

#[test]
fn hold_and_retrieve() {
    let mut day = talking();
    day.does(Control::Hold);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, TUNE));
    day.does(Control::Hold);
    assert_eq!(day.refusal(), Some("the caller is on hold already"));
    day.wait(20);
    day.does(Control::Retrieve);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    assert_eq!(day.phases(), [Phase::Hold, Phase::Talk]);
    day.does(Control::Retrieve);
    assert_eq!(day.refusal(), Some("the caller is not on hold"));
    day.reads_like("hold_on_request");
}

#[test]
fn consult_and_back_and_forth_and_three_way_and_transfer() {
    let mut day = talking();
    day.consults(Whom::Agent(AgentRef(1)));
    assert!(day.is_ringing(1));
    assert_eq!(day.agent(1), AgentState::Talking, "nobody offers him a caller meanwhile");
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, TUNE), "while his phone rings");
    day.wait(3);
    day.agent_answers(1);
    assert_eq!(day.hears("c1", 0), TUNE);
    assert_eq!((day.hears("c1", 1), day.hears("c1", 2)), (hears(&[2]), hears(&[1])));
    day.does(Control::Alternate);
    assert_eq!(
        (day.hears("c1", 0), day.hears("c1", 1), day.hears("c1", 2)),
        (hears(&[1]), hears(&[0]), TUNE)
    );
    day.does(Control::Alternate);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (TUNE, hears(&[2])));
    day.does(Control::Conference);
    assert_eq!(day.hears("c1", 0), hears(&[1, 2]));
    assert_eq!((day.hears("c1", 1), day.hears("c1", 2)), (hears(&[0, 2]), hears(&[0, 1])));
    day.wait(60);
    day.does(Control::Transfer);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }), "the first agent has done with it");
    assert_eq!(day.agent(1), AgentState::Talking);
    day.wait(30);
    day.caller_hangs_up("c1");
    assert!(matches!(day.agent(1), AgentState::WrapUp { .. }), "his wrap-up, because he had the caller");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("consult_three_way_transfer");
}

#[test]
fn a_specialist_outside_is_consulted_and_has_the_caller_when_the_agent_hangs_up() {
    let mut day = talking();
    day.consults(number("+8652784360000"));
    assert!(
        day.said("invite 084360000 from 052712345 () [8 0 101]"),
        "our number is shown, not the caller's"
    );
    day.outside_answers();
    day.agent_hangs_up(0);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("specialist_takes_over");
}

#[test]
fn who_is_consulted_and_does_not_answer_leaves_agent_and_caller_as_they_were() {
    for status in [486, 603, 408, 480] {
        let mut day = talking();
        day.consults(Whom::Agent(AgentRef(1)));
        day.agent_refuses(1, status);
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])), "{status}");
        assert_eq!(day.agent(1), AgentState::Ready, "no wrap-up after nothing: {status}");
        assert_eq!(day.phases(), [Phase::Consult, Phase::Talk], "{status}");
    }
}

#[test]
fn reconnect_sends_the_consulted_away() {
    for answered in [false, true] {
        let mut day = talking();
        day.consults(Whom::Group(ENTERPRISE));
        assert!(day.is_ringing(2), "the desk's agent who is idle longest, and not the one who asks");
        if answered {
            day.agent_answers(2);
        }
        day.does(Control::Reconnect);
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
        assert_eq!(day.agent(2), AgentState::Ready);
        day.does(Control::Reconnect);
        assert_eq!(day.refusal(), Some("nobody is consulted"));
    }
}

#[test]
fn an_agent_who_transfers_while_the_phone_rings_leaves_the_caller_to_whoever_picks_up() {
    let mut day = talking();
    day.consults(Whom::Agent(AgentRef(1)));
    day.does(Control::Transfer);
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    assert_eq!(day.hears("c1", 0), TUNE);
    day.wait(5);
    day.agent_answers(1);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    day.caller_hangs_up("c1");
    assert!(matches!(day.agent(1), AgentState::WrapUp { .. }));
    day.reads_like("transfer_while_it_rings");
}

#[test]
fn a_transfer_that_nobody_answers_brings_the_caller_in_front_of_the_line() {
    let mut day = talking();
    day.phone_is_lost(2);
    day.wait(1);
    day.caller_invites("c2", "960002");
    day.does(Control::TransferTo(number("110")));
    assert!(day.said("invite 110 from 052712345 () [8 0 101]"));
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    let mut places = day.events.iter().filter_map(|stamped| match stamped.event {
        Event::Queued { call, position, .. } => Some((call, position)),
        _ => None,
    });
    assert_eq!(places.next_back(), Some((day.call("c1"), 1)), "before c2, who came later");
    assert_eq!(day.outcome("c1"), None);
    day.reads_like("transfer_in_vain");
}

#[test]
fn a_blind_transfer_to_an_agent_rings_him_and_then_anybody() {
    let mut day = talking();
    day.does(Control::TransferTo(Whom::Agent(AgentRef(2))));
    assert!(day.is_ringing(2) && !day.is_ringing(1));
    day.agent_refuses(2, 486);
    day.wait(31);
    assert!(day.is_ringing(0), "the desk's only other agent, after his wrap-up");
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 0), hears(&[1]));
}

#[test]
fn a_blind_transfer_to_a_group_keeps_the_clock_and_is_not_given_back() {
    let mut day = talking();
    day.wait(120);
    day.does(Control::TransferTo(Whom::Group(GENERAL)));
    assert!(day.said("queued c1 general 1") && day.is_ringing(1));
    day.agent_answers(1);
    assert!(day.said("connected c1 8002 waited=120s"));
}

#[test]
fn a_phone_hands_its_caller_over_by_refer() {
    let mut day = talking();
    day.refers(day.rung(0), "8003", None);
    assert!(day.said("accept transfer 8001") && day.is_ringing(2));
    day.agent_answers(2);
    assert_eq!(day.hears("c1", 0), hears(&[2]));
    day.reads_like("refer_blind");
    for (to, invites) in [
        ("general", "invite 8002 from +86527c1 (民生) [8 0 101]"),
        ("110", "invite 110 from 052712345 () [8 0 101]"),
    ] {
        let mut day = talking();
        day.refers(day.rung(0), to, None);
        assert!(day.said(invites), "{to}");
    }
}

#[test]
fn a_refer_that_may_not_be_is_refused_and_changes_nothing() {
    for (to, status) in [("0012125550100", 403), ("8001", 403), ("nobody", 404), ("", 404)] {
        let mut day = talking();
        day.refers(day.rung(0), to, None);
        assert!(day.said(&format!("refuse transfer 8001 {status}")), "{to}");
        assert!(day.denied().is_some(), "and stands in the audit: {to}");
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    }
    let mut day = talking();
    day.refers(day.leg_of("c1"), "8002", None);
    assert!(day.said("refuse transfer c1 403"), "a caller hands nobody over");
    day.consults(Whom::Agent(AgentRef(1)));
    day.agent_answers(1);
    day.refers(day.rung(1), "8003", None);
    assert!(day.said("refuse transfer 8002 403"), "nor does who is consulted");
}

/// 8001 has put his caller on hold at the phone and dials on its second line.
fn dialing(called: &str) -> Day {
    let mut day = talking();
    day.offers(day.rung(0), Some(sdp(6000, &[8], "a=sendonly\r\n")));
    assert_eq!(day.hears("c1", 0), TUNE);
    day.phone_dials("second", 0, called);
    day
}

#[test]
fn an_agent_consults_by_dialing_on_his_phone_and_joins_both_by_refer() {
    for swapped in [false, true] {
        let mut day = dialing("8002");
        assert!(day.said("183 second [8]"), "it rings, and he hears music");
        assert_eq!((day.hears("c1", 0), day.hears("c1", 3)), (TUNE, TUNE));
        day.wait(4);
        day.agent_answers(1);
        assert!(day.said("200 second [8]"));
        assert_eq!((day.hears("c1", 2), day.hears("c1", 3)), (hears(&[3]), hears(&[2])));
        assert_eq!(day.hears("c1", 0), TUNE, "the caller hears nothing of it");
        let (first, second) = (day.rung(0), day.leg_of("second"));
        let (asks, replaces) = if swapped { (second, first) } else { (first, second) };
        day.refers(asks, "8002", Some(replaces));
        assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
        assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
        day.caller_hangs_up("c1");
        assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
        if !swapped {
            day.reads_like("second_line");
        }
    }
}

#[test]
fn whichever_line_is_hung_up_the_caller_is_with_somebody() {
    // The second one: back to the caller, as soon as the phone takes him off hold.
    let mut day = dialing("110");
    day.outside_answers();
    let second = day.leg_of("second");
    day.leg_ends(second, 16, 200, ReleasedBy::Peer);
    assert!(!day.phones(Phone::Talking).iter().any(|(aor, _)| *aor == OUTSIDE));
    day.offers(day.rung(0), Some(sdp(6000, &[8], "")));
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    // Whoever was dialed: the second line ends, too.
    let mut day = dialing("110");
    day.outside_answers();
    day.leg_ends(day.dialed(), 16, 200, ReleasedBy::Peer);
    assert!(day.said("release second cause=16"));
    assert_eq!(day.outcome("c1"), None);
    // The first one: the caller goes to whoever was dialed.
    let mut day = dialing("110");
    day.outside_answers();
    day.agent_hangs_up(0);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    // Nobody answers there: 480 on the line, and nothing has changed.
    let mut day = dialing("110");
    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
    assert!(day.said("reject second 486 cause=17"), "the phone hears busy");
    assert_eq!(day.outcome("c1"), None);
}

#[test]
fn what_cannot_be_dialed_on_the_second_line_is_refused_there() {
    for (called, said, why) in [
        (
            "0012125550100",
            "reject second 403 cause=21 (that number may not be dialed)",
            Some("that number may not be dialed"),
        ),
        (
            "8001",
            "reject second 403 cause=21 (an agent cannot be connected with himself)",
            Some("an agent cannot be connected with himself"),
        ),
        ("nobody", "reject second 404 cause=1", None),
    ] {
        let day = dialing(called);
        assert!(day.said(said), "{called}");
        assert_eq!((day.hears("c1", 0), day.denied()), (TUNE, why), "{called}");
    }
    let mut day = dialing("8002");
    day.phone_dials("third", 0, "8003");
    assert!(day.said("reject third 486 cause=17"));
    day.caller_hangs_up("c1");
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn an_agent_who_hangs_up_on_a_caller_on_hold_has_not_got_rid_of_him() {
    let mut day = talking();
    day.does(Control::Hold);
    day.agent_hangs_up(0);
    assert!(day.is_ringing(2), "{:?}", day.outcome("c1"));
    // Held at the phone it is the same.
    let mut day = talking();
    day.offers(day.rung(0), Some(sdp(6000, &[8], "a=sendonly\r\n")));
    day.agent_hangs_up(0);
    assert!(day.is_ringing(2));
}

#[test]
fn a_supervisor_listens_whispers_barges_in_and_takes_over() {
    let mut day = talking();
    day.supervises(Some(Listen));
    day.agent_answers(2);
    assert_eq!(day.hears("c1", 2), hears(&[0, 1]));
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])), "nobody notices");
    day.supervises(Some(Whisper));
    assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0, 2])));
    day.supervises(Some(Barge));
    assert_eq!(day.hears("c1", 0), hears(&[1, 2]));
    assert_eq!((day.hears("c1", 1), day.hears("c1", 2)), (hears(&[0, 2]), hears(&[0, 1])));
    day.request(Request::TakeOver { supervisor: AgentRef(2), agent: AgentRef(0) });
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    day.caller_hangs_up("c1");
    assert!(matches!(day.agent(2), AgentState::WrapUp { .. }));
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("supervision");
}

#[test]
fn a_supervisor_dials_into_a_talk_at_his_phone() {
    let mut day = talking();
    day.phone_dials("s", 2, "*218001");
    assert!(day.said("200 s [8]"), "answered at once");
    assert_eq!((day.hears("c1", 2), day.hears("c1", 1)), (hears(&[0, 1]), hears(&[0, 2])));
    assert_eq!(day.hears("c1", 0), hears(&[1]), "the caller does not hear him");
    assert_eq!(day.agent(2), AgentState::Talking, "no caller is offered to him meanwhile");
    day.supervises(Some(Barge));
    assert_eq!(day.hears("c1", 0), hears(&[1, 2]));
    let leg = day.leg_of("s");
    day.leg_ends(leg, 16, 200, ReleasedBy::Peer);
    assert_eq!((day.hears("c1", 0), day.agent(2)), (hears(&[1]), AgentState::Ready));
    day.reads_like("supervisor_dials_in");
    // Who may not, and where there is nothing to hear.
    for (who, code) in [(1, "*208001"), (2, "*208002"), (2, "*208003"), (2, "*20")] {
        day.phone_dials("other", who, code);
        assert!(day.said("reject other 403 cause=21"), "{who} {code}");
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
    }
    day.caller_hangs_up("c1");
    assert_eq!(day.engine.calls(), 0);
}

#[test]
fn a_supervisor_who_leaves_is_not_missed() {
    for how in [Listen, Whisper, Barge] {
        let mut day = talking();
        day.supervises(Some(how));
        day.agent_answers(2);
        if how == Listen {
            day.supervises(None);
        } else {
            day.agent_hangs_up(2);
        }
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])));
        assert_eq!(day.agent(2), AgentState::Ready);
    }
}

#[test]
fn a_supervisor_hears_the_consult_too_and_the_caller_on_hold_does_not() {
    let mut day = talking();
    day.consults(Whom::Agent(AgentRef(1)));
    day.agent_answers(1);
    day.supervises(Some(Listen));
    day.agent_answers(2);
    assert_eq!(day.hears("c1", 3), hears(&[1, 2]));
    assert_eq!(day.hears("c1", 0), TUNE);
    // The same over the phone's second line, and there the agent is whispered to.
    let mut day = dialing("8002");
    day.agent_answers(1);
    day.supervises(Some(Listen));
    day.agent_answers(2);
    assert_eq!((day.hears("c1", 4), day.hears("c1", 0)), (hears(&[0, 2, 3]), TUNE));
    day.supervises(Some(Whisper));
    assert_eq!((day.hears("c1", 3), day.hears("c1", 2)), (hears(&[2, 4]), hears(&[3])));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let mut day = talking();
    let agent = |at| Whom::Agent(AgentRef(at));
    for (control, why) in [
        (Control::Alternate, "nobody is consulted"),
        (Control::Conference, "nobody is consulted"),
        (Control::Transfer, "nobody is consulted"),
        (Control::Reconnect, "nobody is consulted"),
        (Control::Consult(agent(0)), "an agent cannot be connected with himself"),
        (Control::TransferTo(agent(0)), "an agent cannot be connected with himself"),
        (Control::Consult(agent(9)), "no such agent"),
        (Control::TransferTo(agent(9)), "no such agent"),
        (Control::Consult(Whom::Group(acd::GroupRef(7))), "no such group"),
        (Control::TransferTo(Whom::Group(acd::GroupRef(7))), "no such group"),
        (Control::Consult(number("0012125550100")), "that number may not be dialed"),
        (Control::TransferTo(number("0012125550100")), "that number may not be dialed"),
        (Control::Consult(number("sip:x@y")), "that is no number: digits, with a + before them or without"),
        (Control::Consult(number("")), "that is no number: digits, with a + before them or without"),
    ] {
        day.does(control.clone());
        assert_eq!(day.refusal(), Some(why), "{control:?}");
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])), "{control:?}");
    }
    day.consults(agent(1));
    for (control, why) in [
        (Control::Conference, "the phone of who is consulted still rings"),
        (Control::Alternate, "the phone of who is consulted still rings"),
        (Control::Consult(agent(2)), "the phone of who is consulted still rings"),
        (Control::TransferTo(agent(2)), "somebody is consulted: transfer to him, or reconnect first"),
    ] {
        day.does(control.clone());
        assert_eq!(day.refusal(), Some(why), "{control:?}");
    }
    day.does(Control::Reconnect);
    day.request(Request::Control(AgentRef(1), Control::Hold));
    assert_eq!(day.refusal(), Some("the agent talks with no caller"));
    let (supervisor, agent) = (AgentRef(1), AgentRef(0));
    day.request(Request::Supervise { supervisor, agent, how: Some(Listen) });
    assert_eq!(day.refusal(), Some("that agent is no supervisor"));
    day.request(Request::TakeOver { supervisor: AgentRef(2), agent });
    assert_eq!(day.refusal(), Some("he does not supervise that talk"));
    let nowhere = call::Plan { outside: None, ..consulting() };
    let mut day = Day::with(nowhere);
    day.registers(0);
    day.caller_invites("c1", "960001");
    day.agent_answers(0);
    day.consults(number("110"));
    assert_eq!(day.refusal(), Some("no way to numbers outside is configured"));
}

#[test]
fn no_more_are_in_a_talk_than_may_be() {
    let mut day = talking();
    for _ in 0..4 {
        day.consults(number("110"));
        assert_eq!(day.refusal(), None);
        day.outside_answers();
        day.does(Control::Conference);
    }
    assert_eq!(day.hears("c1", 0), hears(&[1, 2, 3, 4, 5]));
    day.consults(number("110"));
    assert_eq!(day.refusal(), Some("as many are in the talk as may be"));
    day.caller_hangs_up("c1");
    assert_eq!(day.engine.calls(), 0);
}

/// 8001, 8002 and c1 talk together.
fn conferring() -> Day {
    let mut day = talking();
    day.consults(Whom::Agent(AgentRef(1)));
    day.agent_answers(1);
    day.does(Control::Conference);
    assert_eq!(day.hears("c1", 0), hears(&[1, 2]));
    day
}

#[test]
fn whoever_is_asked_out_of_a_conference_and_leaves_brings_the_caller_back() {
    for answers in [false, true] {
        let mut day = conferring();
        day.consults(number("110"));
        assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (TUNE, TUNE));
        if answers {
            day.outside_answers();
            assert_eq!(day.hears("c1", 1), hears(&[3]));
        }
        // Reconnect is about who is asked now, not about who was asked first.
        day.does(Control::Reconnect);
        assert_eq!((day.hears("c1", 0), day.hears("c1", 1)), (hears(&[1]), hears(&[0])), "{answers}");
        day.does(Control::Conference);
        assert_eq!(day.hears("c1", 0), hears(&[1, 2]), "8002 was on hold, and is still there");
        // The same when that one hangs up.
        day.consults(number("110"));
        day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
        assert_eq!(day.hears("c1", 0), hears(&[1]));
    }
}

#[test]
fn nobody_is_asked_while_another_phone_still_rings() {
    let mut day = conferring();
    day.consults(number("110"));
    day.consults(Whom::Agent(AgentRef(2)));
    assert_eq!(day.refusal(), Some("the phone of who is consulted still rings"));
}

#[test]
fn who_picks_up_after_the_conference_was_called_is_counted_as_with_the_caller() {
    let mut day = conferring();
    day.consults(Whom::Agent(AgentRef(2)));
    day.does(Control::Conference);
    let connected = |day: &Day| {
        let with = |event: &Event| matches!(event, Event::Connected { agent, .. } if *agent == AgentRef(2));
        day.events.iter().any(|stamped| with(&stamped.event))
    };
    assert!(!connected(&day), "his phone still rings");
    day.agent_answers(2);
    assert_eq!(day.hears("c1", 0), hears(&[1, 2, 3]));
    assert!(connected(&day));
}

#[test]
fn an_agent_who_leaves_a_conference_leaves_the_others_in_it() {
    let mut day = conferring();
    day.consults(number("110"));
    day.outside_answers();
    day.does(Control::Conference);
    day.agent_hangs_up(0);
    assert_eq!(day.hears("c1", 0), hears(&[2, 3]));
    assert_eq!((day.hears("c1", 2), day.hears("c1", 3)), (hears(&[0, 3]), hears(&[0, 2])));
    day.agent_hangs_up(1);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 3)), (hears(&[3]), hears(&[0])));
    day.caller_hangs_up("c1");
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
}

#[test]
fn a_third_party_makes_a_wide_band_call_narrow() {
    let mut day = Day::with(consulting());
    day.registers(0);
    day.invites("c1", "960001", Some(sdp(4000, &[9, 8], "")));
    day.answers(day.rung(0), Some(sdp(6000, &[9], "")));
    assert!(day.said("reoffer c1 [9 101] v2"));
    day.step(call::Input::Sip(sip::leg::Fact::Reanswered {
        leg: day.leg_of("c1"),
        answer: sdp(4000, &[9], ""),
    }));
    day.registers(1);
    day.consults(Whom::Agent(AgentRef(1)));
    assert!(day.said("reoffer 8001 [8 0 101] v2"), "what cannot be mixed is not spoken in a conference");
}

/// Each way in which a leg may end.
const ENDS: [(u16, ReleasedBy); 2] = [(200, ReleasedBy::Peer), (408, ReleasedBy::Timeout)];

type Step = fn(&mut Day);

/// What is done to a talk before somebody's leg ends.
fn steps() -> Vec<(&'static str, Step)> {
    vec![
        ("talk", |_| {}),
        ("hold", |day| day.does(Control::Hold)),
        ("consult, rings", |day| day.consults(Whom::Agent(AgentRef(1)))),
        ("consult", |day| {
            day.consults(Whom::Agent(AgentRef(1)));
            day.agent_answers(1);
        }),
        ("consult outside, rings", |day| day.consults(number("110"))),
        ("consult outside", |day| {
            day.consults(number("110"));
            day.outside_answers();
        }),
        ("alternate", |day| {
            day.consults(Whom::Agent(AgentRef(1)));
            day.agent_answers(1);
            day.does(Control::Alternate);
        }),
        ("three-way", |day| {
            day.consults(Whom::Agent(AgentRef(1)));
            day.agent_answers(1);
            day.does(Control::Conference);
        }),
        ("transfer, rings", |day| {
            day.consults(Whom::Agent(AgentRef(1)));
            day.does(Control::Transfer);
        }),
        ("transfer", |day| {
            day.consults(Whom::Agent(AgentRef(1)));
            day.agent_answers(1);
            day.does(Control::Transfer);
        }),
        ("blind transfer outside", |day| day.does(Control::TransferTo(number("110")))),
        ("blind transfer to an agent", |day| day.does(Control::TransferTo(Whom::Agent(AgentRef(1))))),
        ("blind transfer to a group", |day| day.does(Control::TransferTo(Whom::Group(GENERAL)))),
        ("second line, rings", |day| {
            day.offers(day.rung(0), Some(sdp(6000, &[8], "a=sendonly\r\n")));
            day.phone_dials("second", 0, "8002");
        }),
        ("second line", |day| {
            day.offers(day.rung(0), Some(sdp(6000, &[8], "a=sendonly\r\n")));
            day.phone_dials("second", 0, "8002");
            day.agent_answers(1);
        }),
        ("listen", |day| {
            day.supervises(Some(Listen));
            day.agent_answers(2);
        }),
        ("barge", |day| {
            day.supervises(Some(Barge));
            day.agent_answers(2);
        }),
        ("taken over", |day| {
            day.supervises(Some(Listen));
            day.agent_answers(2);
            day.request(Request::TakeOver { supervisor: AgentRef(2), agent: AgentRef(0) });
        }),
    ]
}

#[test]
fn no_leg_that_dies_in_any_step_drops_the_caller() {
    let mut seen = 0;
    for (name, step) in steps() {
        let prepared = || {
            let mut day = talking();
            day.wait(10);
            step(&mut day);
            day
        };
        let day = prepared();
        let caller = day.leg_of("c1");
        let others: Vec<LegRef> = day.living_legs().into_iter().filter(|leg| *leg != caller).collect();
        for leg in others {
            for (status, by) in ENDS {
                let mut day = prepared();
                let with_agent_alone = by == ReleasedBy::Peer && day.phones(Phone::Talking).len() == 1;
                let alone = with_agent_alone
                    && day.phones(Phone::Talking)[0].1 == leg
                    && day.phones(Phone::Ringing).is_empty()
                    && day.hears("c1", 0) != TUNE;
                day.leg_ends(leg, 16, status, by);
                if alone {
                    assert_eq!(day.outcome("c1"), Some(Outcome::Answered), "{name}: the last one hung up");
                    continue;
                }
                let which = format!("{name}: {leg:?} {status}");
                // A talk of two ends when one of them hangs up, whoever listens.
                if matches!(name, "listen" | "barge" | "taken over") && day.outcome("c1").is_some() {
                    assert!(by == ReleasedBy::Peer, "{which}");
                    continue;
                }
                assert_eq!(day.outcome("c1"), None, "{which}");
                assert_ne!(day.hears("c1", 0), Hear::Nothing, "{which}: silence");
                seen += 1;
                // Whoever is asked serves him in the end.
                if day.is_dialing() {
                    day.leg_ends(day.dialed(), 17, 486, ReleasedBy::Peer);
                }
                // Held at the phone, he comes back when the phone says so.
                let first = day.rung(0);
                if name.starts_with("second line") && day.living_legs().contains(&first) {
                    day.offers(first, Some(sdp(6000, &[8], "")));
                }
                // Till a wrap-up is over, or the time of who was named.
                for _ in 0..40 {
                    if day.ringing().is_empty() && !matches!(day.hears("c1", 0), Hear::Parties(_)) {
                        day.wait(1);
                    }
                }
                while let Some((aor, leg)) = day.ringing().first().copied() {
                    assert_ne!(aor, OUTSIDE, "{which}");
                    day.answers(leg, Some(sdp(6000, &[8], "")));
                }
                assert!(matches!(day.hears("c1", 0), Hear::Parties(_)), "{which}");
                day.caller_hangs_up("c1");
                day.wait(130);
                assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0), "{which}");
            }
        }
    }
    assert!(seen > 25, "{seen} cases");
}

#[test]
fn when_the_caller_hangs_up_everybody_is_free_in_any_step() {
    for (name, step) in steps() {
        let mut day = talking();
        step(&mut day);
        day.caller_hangs_up("c1");
        day.wait(130);
        assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0), "{name}");
        for agent in 0..3 {
            assert_eq!(day.agent(agent), AgentState::Ready, "{name}: {}", 8001 + agent);
        }
    }
}

#[test]
fn an_agent_goes_on_talking_at_another_phone_of_his_account() {
    let mut day = talking();
    day.does(Control::Hold);
    day.phone_replaces("hall", 0, day.rung(0));
    assert!(day.said("200 hall [8]"));
    let old = day.rung(0);
    assert!(!day.living_legs().contains(&old), "the first phone is released");
    assert_eq!((day.agent(0), day.hears("c1", 0)), (AgentState::Talking, TUNE), "nothing else has changed");
    day.does(Control::Retrieve);
    assert_eq!((day.hears("c1", 0), day.hears("c1", 2)), (hears(&[2]), hears(&[0])));
    day.wait(30);
    day.leg_ends(day.leg_of("hall"), 16, 200, ReleasedBy::Peer);
    assert!(matches!(day.agent(0), AgentState::WrapUp { .. }));
    assert_eq!((day.outcome("c1"), day.engine.calls()), (Some(Outcome::Answered), 0));
    day.reads_like("other_phone");
}

#[test]
fn nobody_takes_a_place_that_there_is_not() {
    let mut day = talking();
    day.phone_replaces("thief", 0, day.leg_of("c1"));
    assert!(day.said("reject thief 403 cause=21"), "a caller's phone is the carrier's");
    day.phone_replaces("late", 0, LegRef(4_711));
    assert_eq!(day.hears("c1", 0), hears(&[1]));
    assert_eq!(day.agent(0), AgentState::Talking);
}
