//! Flows: each kind of step, as a caller meets it.

mod day;

use acd::{Abilities, GroupRef, Hours, HoursRef, Priority};
use base::{Epoch, Private};
use call::Request;
use call::event::{Event, Outcome};
use call::flow::{Act, Exit, Flow, LanguageRef, ListRef, Menu, Queue, Step, StepRef};
use call::plan::{Language, List, Plan};
use call::spoken::{Grammar, Piece};
use day::centre::{ENTERPRISE, GENERAL, calling_back};
use day::{Day, plan};
use media::session::{ClipRef, Hear, Parties, Party};
use std::time::Duration;

const GREETING: ClipRef = ClipRef(0);
const NOTICE: ClipRef = ClipRef(1);
const MUSIC: Hear = Hear::Loop(ClipRef(2));
const TUNE: Hear = Hear::Loop(ClipRef(7));
const SORRY: ClipRef = ClipRef(3);
const S: fn(u64) -> Duration = Duration::from_secs;

fn step(act: Act) -> Step {
    Step { name: String::new(), act }
}

fn say(clip: ClipRef, then: u32) -> Step {
    step(Act::Say { clips: vec![clip], then: StepRef(then) })
}

fn queue(group: GroupRef) -> Step {
    step(Act::Queue(Queue::of(group)))
}

/// The centre, in which 12345 goes these steps.
fn with(mut plan: Plan, steps: Vec<Step>) -> Day {
    plan.flows[0].steps = steps;
    Day::with(plan)
}

fn menu() -> Menu {
    Menu {
        clips: vec![GREETING],
        keys: vec![('1', StepRef(1)), ('8', StepRef(2))],
        wait: S(5),
        music: Some(ClipRef(7)),
        tries: 2,
        on_timeout: StepRef(3),
        wrong: Some(SORRY),
        on_wrong: StepRef(3),
    }
}

/// Firms on 1, English on 8, everybody else after two tries.
fn menu_steps() -> Vec<Step> {
    vec![
        step(Act::Menu(menu())),
        queue(ENTERPRISE),
        step(Act::Speak { language: None, requires: Abilities(1), then: StepRef(3) }),
        queue(GENERAL),
    ]
}

#[test]
fn a_key_of_the_menu_is_taken_while_it_is_heard_and_after() {
    let mut day = with(plan(), menu_steps());
    day.caller_invites("c1", "12345");
    assert_eq!(day.hears("c1", 0), Hear::Once(GREETING));
    day.presses("c1", '1');
    assert_eq!(day.hears("c1", 0), TUNE, "the enterprise desk's music");
    day.caller_invites("c2", "12345");
    day.clip_ends("c2", GREETING);
    assert_eq!(day.hears("c2", 0), TUNE, "music while he thinks");
    day.wait(4);
    day.presses("c2", '1');
    day.wait(60);
    assert!(day.engine.describe(day.call("c2")).unwrap().starts_with("waiting: group#1"));
    day.reads_like("menu");
}

#[test]
fn whoever_presses_nothing_or_nonsense_comes_to_a_person() {
    let mut day = with(plan(), menu_steps());
    day.caller_invites("c1", "12345");
    day.clip_ends("c1", GREETING);
    day.wait(5);
    assert_eq!(day.hears("c1", 0), Hear::Once(GREETING), "once more");
    day.clip_ends("c1", GREETING);
    day.wait(5);
    assert_eq!(day.hears("c1", 0), MUSIC, "then he waits for a person");

    day.caller_invites("c2", "12345");
    day.presses("c2", '5');
    assert_eq!(day.hears("c2", 0), Hear::Once(SORRY), "no such key");
    day.clip_ends("c2", SORRY);
    assert_eq!(day.hears("c2", 0), Hear::Once(GREETING));
    day.presses("c2", '#');
    assert_eq!(day.hears("c2", 0), MUSIC);
    day.caller_hangs_up("c2");
    assert_eq!(day.outcome("c2"), Some(Outcome::AbandonedInLine));
}

#[test]
fn a_key_may_ask_for_an_agent_who_speaks_a_language() {
    let mut plan = plan();
    plan.acd.agents[0].abilities = Abilities(1);
    plan.flows[0].steps = menu_steps();
    let mut day = Day::with(plan);
    day.registers(0);
    day.registers(1);
    day.caller_invites("c1", "12345");
    day.presses("c1", '8');
    assert!(day.is_ringing(0) && !day.is_ringing(1));
    day.agent_answers(0);
    day.caller_invites("c2", "12345");
    day.presses("c2", '8');
    assert!(!day.is_ringing(1), "he speaks no English, and waits for nobody else");
}

#[test]
fn a_closed_desk_says_so_and_hangs_up() {
    let hours = Hours { name: "desk".into(), workdays: vec![(510, 1_080)], days_off: vec![(510, 1_080)] };
    let mut plan = plan();
    plan.acd.hours.push(hours);
    // Friday 2024-02-02, 13:00 in Beijing.
    plan.acd.clock.epoch = Epoch::from_unix_nanos(1_706_850_000 * 1_000_000_000);
    let steps = vec![
        step(Act::Hours { hours: HoursRef(0), open: StepRef(2), closed: StepRef(1) }),
        say(SORRY, 3),
        queue(GENERAL),
        step(Act::HangUp),
    ];
    let mut day = with(plan, steps);
    day.caller_invites("c1", "12345");
    assert_eq!(day.hears("c1", 0), MUSIC, "13:00");
    day.wait(5 * 3_600);
    day.caller_invites("c2", "12345");
    assert_eq!(day.hears("c2", 0), Hear::Once(SORRY), "18:00");
    day.clip_ends("c2", SORRY);
    assert_eq!(day.outcome("c2"), Some(Outcome::AbandonedBeforeLine));
}

fn list((name, title): (&str, &str)) -> List {
    List { name: name.into(), title: title.into() }
}

#[test]
fn an_agent_sees_on_which_lists_his_caller_is() {
    let mut plan = plan();
    plan.lists = [("vip", ""), ("firms", "重点企业"), ("open", "未结诉求")].map(list).to_vec();
    let mut day = Day::with(plan);
    day.registers(0);
    for at in 0..3 {
        let numbers = vec![Private::new("+86527100".to_owned())];
        day.request(Request::Enlist { list: ListRef(at), numbers, on: true });
    }
    day.caller_invites("c1@100", "12345");
    day.caller_hears_clips_out("c1@100");
    assert!(day.said("invite 8001 from +86527100 (民生 · 重点企业 · 未结诉求) [8 0 101]"));
    let headers = day.headers_of(day.rung(0));
    assert!(headers.contains(&("X-Caller-Lists".into(), "vip, firms, open".into())), "{headers:?}");
    day.agent_refuses(0, 486);
    day.caller_hangs_up("c1@100");
    day.registers(1);
    day.caller_invites("c2@200", "12345");
    day.caller_hears_clips_out("c2@200");
    assert_eq!(day.headers_of(day.rung(1)).len(), 1, "nobody's list");
}

#[test]
fn a_listed_number_takes_its_own_way_and_a_withheld_one_never() {
    let mut plan = plan();
    plan.lists = [("vip", ""), ("firms", "重点企业")].map(list).to_vec();
    let listed = Act::Listed { list: ListRef(1), listed: StepRef(1), others: StepRef(2) };
    let mut day = with(plan, vec![step(listed), queue(ENTERPRISE), queue(GENERAL)]);
    let firm = Private::new("+8652788001234".to_owned());
    let enlist = |list, on| Request::Enlist { list: ListRef(list), numbers: vec![firm.clone()], on };
    day.request(enlist(1, true));
    day.request(enlist(2, true));
    let refused = |event: &Event| matches!(event, Event::RequestRefused { why: "no such list", .. });
    assert!(day.events.iter().any(|stamped| refused(&stamped.event)), "there are two");
    day.caller_invites("c1@88001234", "12345");
    assert_eq!(day.hears("c1@88001234", 0), TUNE);
    day.caller_invites("c2@88001235", "12345");
    assert_eq!(day.hears("c2@88001235", 0), MUSIC);
    day.caller_invites("c3@nobody", "12345");
    assert_eq!(day.hears("c3@nobody", 0), MUSIC);
    day.request(enlist(1, false));
    day.caller_invites("c4@88001234", "12345");
    assert_eq!(day.hears("c4@88001234", 0), MUSIC, "no longer on the list");
}

/// Pieces as clips: piece 0 is clip 100, and so on.
fn speaking() -> Plan {
    let mut plan = plan();
    let language = |name: &str, grammar, clips, from| Language {
        name: name.into(),
        grammar,
        clips,
        pieces: Piece::ALL.iter().map(|piece| Some(ClipRef(from + piece.place() as u32))).collect(),
    };
    // In English the greeting is clip 8, the others are as they are.
    let english = (0..11).map(|at| ClipRef(if at == 0 { 8 } else { at })).collect();
    plan.languages =
        vec![language("zh", Grammar::Mandarin, vec![], 100), language("en", Grammar::English, english, 200)];
    plan
}

fn heard_out(day: &mut Day, name: &str) -> Vec<Piece> {
    let mut heard = Vec::new();
    while let Hear::Once(clip) = day.hears(name, 0) {
        heard.push(Piece::ALL[clip.index() % 100]);
        day.clip_ends(name, clip);
    }
    heard
}

#[test]
fn whoever_waits_is_told_his_place_and_comforted_and_hears_music_again() {
    let mut line = Queue::of(GENERAL);
    (line.comfort, line.comfort_every, line.place_every) = (vec![SORRY], S(20), S(30));
    let mut day = with(speaking(), vec![step(Act::Queue(line))]);
    day.record = false;
    for name in ["c1", "c2", "c3"] {
        day.caller_invites(name, "12345");
    }
    assert_eq!(day.hears("c3", 0), MUSIC);
    day.wait(20);
    assert_eq!(day.hears("c3", 0), Hear::Once(SORRY));
    day.clip_ends("c3", SORRY);
    assert_eq!(day.hears("c3", 0), MUSIC);
    day.wait(10);
    assert_eq!(heard_out(&mut day, "c3"), [Piece::Before, Piece::Pair, Piece::BeforeEnd]);
    assert_eq!(day.hears("c1", 0), Hear::Once(SORRY), "he still hears the message");
    day.clip_ends("c1", SORRY);
    day.wait(2);
    assert_eq!(heard_out(&mut day, "c1"), [Piece::Next], "it came after that");
    day.wait(8);
    day.clip_ends("c3", SORRY);
    day.wait(20);
    assert_eq!(heard_out(&mut day, "c3").len(), 4, "place, then message: both are due after a minute");
}

#[test]
fn a_language_is_kept_for_everything_that_is_said() {
    let mut line = Queue::of(GENERAL);
    line.place_every = S(30);
    let english = Act::Speak { language: Some(LanguageRef(1)), requires: Abilities::NONE, then: StepRef(1) };
    let mut day = with(speaking(), vec![step(english), say(GREETING, 2), step(Act::Queue(line))]);
    day.record = false;
    day.caller_invites("c1", "12345");
    assert_eq!(day.hears("c1", 0), Hear::Once(ClipRef(8)), "the English greeting");
    day.clip_ends("c1", ClipRef(8));
    assert_eq!(day.hears("c1", 0), MUSIC, "music is the same in all languages");
    day.wait(30);
    assert_eq!(day.hears("c1", 0), Hear::Once(ClipRef(200 + Piece::Next.place() as u32)));
}

#[test]
fn both_hear_whose_call_it_is_before_they_can_talk() {
    let mut plan = speaking();
    plan.flows[0].tells_agent = true;
    let mut day = Day::with(plan);
    day.record = false;
    day.registers(0);
    day.caller_invites("c1", "12345");
    day.clip_ends("c1", GREETING);
    day.clip_ends("c1", NOTICE);
    day.agent_answers(0);
    assert_eq!(day.hears("c1", 0), day.hears("c1", 1), "the same for both");
    let told = heard_out(&mut day, "c1");
    let digits = [Piece::Number(8), Piece::Number(0), Piece::Number(0), Piece::Unity];
    assert_eq!(told[0], Piece::Agent);
    assert_eq!(told[1..5], digits);
    assert_eq!(told[5..], [Piece::AgentEnd]);
    assert_eq!(day.hears("c1", 0), Hear::Parties(Parties::one(Party(1))));
    assert_eq!(day.hears("c1", 1), Hear::Parties(Parties::one(Party(0))));
}

#[test]
fn a_key_leads_out_of_the_line_and_into_another_one_on_the_same_clock() {
    let mut line = Queue::of(GENERAL);
    line.exit = Some(Exit { key: '0', to: StepRef(1) });
    let mut day = with(plan(), vec![step(Act::Queue(line)), say(SORRY, 2), queue(ENTERPRISE)]);
    day.registers(1);
    day.caller_invites("c1", "12345");
    assert!(day.is_ringing(1));
    day.wait(7);
    day.presses("c1", '5');
    assert!(day.is_ringing(1), "that is no way out");
    day.presses("c1", '0');
    assert!(!day.is_ringing(1), "nobody rings for him any more");
    assert_eq!(day.hears("c1", 0), Hear::Once(SORRY));
    day.clip_ends("c1", SORRY);
    assert_eq!(day.hears("c1", 0), TUNE);
    day.registers(0);
    day.wait(3);
    day.agent_answers(0);
    let waited = day.events.iter().find_map(|stamped| match stamped.event {
        Event::Connected { waited, .. } => Some(waited),
        _ => None,
    });
    assert_eq!(waited, Some(S(10)), "since he first stood in a line");
    day.reads_like("way_out");
}

#[test]
fn a_way_out_that_hangs_up_counts_as_gone_from_the_line() {
    let mut line = Queue::of(GENERAL);
    line.exit = Some(Exit { key: '0', to: StepRef(1) });
    let mut day = with(plan(), vec![step(Act::Queue(line)), say(SORRY, 9)]);
    day.caller_invites("c1", "12345");
    day.presses("c1", '0');
    day.clip_ends("c1", SORRY);
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedInLine));
}

#[test]
fn a_step_calls_back_from_the_menu_and_from_the_line() {
    let mut line = Queue::of(GENERAL);
    line.exit = Some(Exit { key: '9', to: StepRef(1) });
    let back = Act::CallBack { group: ENTERPRISE, otherwise: StepRef(2) };
    let steps = vec![
        step(Act::Menu(Menu { keys: vec![('1', StepRef(1)), ('2', StepRef(2))], ..menu() })),
        step(back),
        step(Act::Queue(line)),
        queue(GENERAL),
    ];
    let mut day = with(calling_back(), steps);
    day.caller_invites("c1@100", "12345");
    day.presses("c1@100", '1');
    assert_eq!(day.hears("c1@100", 0), Hear::Once(ClipRef(9)), "we will call you back");
    day.clip_ends("c1@100", ClipRef(9));
    assert_eq!(day.outcome("c1@100"), Some(Outcome::CalledBack));

    day.caller_invites("c2@200", "12345");
    day.presses("c2@200", '2');
    day.wait(10);
    day.presses("c2@200", '9');
    day.clip_ends("c2@200", ClipRef(9));
    assert_eq!(day.outcome("c2@200"), Some(Outcome::CalledBack));
    let groups: Vec<_> = day.engine.callbacks().map(|(_, callback)| callback.group).collect();
    assert_eq!(groups, [ENTERPRISE, GENERAL], "from the line it is that line's group");

    day.caller_invites("c3@nobody", "12345");
    day.presses("c3@nobody", '1');
    assert_eq!(day.hears("c3@nobody", 0), MUSIC, "whoever withholds his number waits");
    day.presses("c3@nobody", '9');
    assert_eq!(day.hears("c3@nobody", 0), MUSIC, "and waits on");
}

#[test]
fn a_flow_that_goes_round_lets_its_caller_go() {
    let speak = |then| Act::Speak { language: None, requires: Abilities::NONE, then: StepRef(then) };
    let mut day = with(plan(), vec![step(speak(1)), step(speak(0))]);
    day.caller_invites("c1", "12345");
    assert_eq!(day.outcome("c1"), Some(Outcome::Lost));
}

#[test]
fn a_menu_in_early_media_costs_nothing_until_a_person_answers() {
    let mut plan = plan();
    plan.flows[1].steps = vec![step(Act::Menu(menu())), queue(GENERAL), queue(GENERAL), step(Act::HangUp)];
    plan.flows[1].priority = Priority(0);
    let mut day = Day::with(plan);
    day.caller_invites("c1", "12346");
    day.clip_ends("c1", GREETING);
    day.wait(5);
    day.clip_ends("c1", GREETING);
    day.wait(5);
    assert_eq!(day.outcome("c1"), Some(Outcome::AbandonedBeforeLine));
    assert!(day.said("reject c1 480 cause=16"), "he never paid");
}

#[test]
fn a_plain_flow_is_a_greeting_and_a_line() {
    let flow = Flow::plain("hotline", vec![GREETING], Queue::of(GENERAL));
    assert_eq!(flow.steps.len(), 2);
    assert_eq!((flow.unreached(), flow.round()), (vec![], vec![]));
    assert_eq!(flow.groups().collect::<Vec<_>>(), [GENERAL]);
}
