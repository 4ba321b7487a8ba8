//! Random deeds: whatever callers, phones, carriers, supervisors and the audio path do.

use super::centre::{
    ENTERPRISE, GENERAL, RADIO, calling_back, consulting, on_the_radio, plan, sdp, studio, surveying,
};
use super::{Day, Phone};
use acd::input::Reason;
use acd::plan::First;
use acd::{AgentRef, GroupRef, Priority, SiteRef, Stage};
use base::{Private, Random};
use call::CallRef;
use call::call::Supervision;
use call::plan::{DispositionRef, Outside, Plan, StudioPlan, Target};
use call::request::{Control, Whom};
use call::roster::{ReasonRef, RosterRef};
use call::show::StudioDo;
use call::{Input, Request, Resolver, Whose};
use media::session::{self, ClipRef, Hear, Keeps, Party};
use sip::leg::{AorRef, Fact, LegRef, Origin, ReleasedBy, TrunkRef};
use std::time::Duration;

/// A small, harsh centre: short lines, short waits, few ports, sends round in circles.
pub fn harsh() -> Plan {
    let mut plan = plan();
    for group in &mut plan.acd.groups {
        group.line_max = 2;
        group.wait_max = Some(Duration::from_secs(40));
        group.wrap_up = Duration::from_secs(5);
        group.ring = Duration::from_secs(8);
    }
    plan.acd.groups[0].timeline =
        vec![Stage::all(Duration::ZERO, GENERAL), Stage::all(Duration::from_secs(10), ENTERPRISE)];
    plan.acd.groups[1].needs_signed_in = true;
    plan.groups[0].on_full = Target::Group(ENTERPRISE);
    plan.groups[1].on_nobody = Target::Group(GENERAL);
    plan.groups[1].on_full = Target::Announce(ClipRef(3));
    plan.audio.ports = 20_000..=20_031;
    plan.calls_max = 12;
    plan.setup_max = Duration::from_secs(15);
    plan.call_max = Duration::from_secs(300);
    plan.groups.iter_mut().for_each(|group| group.record = true);
    // The hotline's callers rate their talks.
    plan.flows[0].steps = surveying().flows[0].steps.clone();
    plan
}

/// The same with a supervisor, and agents who consult, transfer and are supervised.
pub fn consulting_harshly() -> Plan {
    let (mut plan, with) = (calling_back_harshly(), consulting());
    plan.acd.agents = with.acd.agents;
    plan.phones = with.phones;
    plan.outside = with.outside;
    plan.rosters = with.rosters;
    plan.rosters[0].at_once = 2;
    plan.flows[1].liaison = Some(RosterRef(1));
    plan.audio.ports = 20_000..=20_063;
    plan
}

/// The same with a radio studio, which holds two, not for long, and whose console may be anybody's heir.
pub fn on_the_radio_harshly() -> Plan {
    let (mut plan, with) = (consulting_harshly(), on_the_radio());
    plan.acd.agents = with.acd.agents;
    plan.phones = with.phones;
    plan.studios = vec![StudioPlan {
        screeners: None,
        held_max: 2,
        held_for: Duration::from_secs(6),
        comfort_every: Duration::from_secs(2),
        ..studio()
    }];
    plan
}

/// What a studio's producer and its screeners do.
pub fn studio_deed(day: &mut Day, random: &mut Random) {
    let calls: Vec<_> = day.parties.iter().filter(|joined| joined.party == Party(0)).collect();
    let calls: Vec<_> = calls.iter().map(|joined| CallRef::from_bits(joined.session.bits())).collect();
    let call = pick(random, &calls);
    let asked = |what| Request::Studio(RADIO, what);
    let agent = AgentRef(random.below(4) as u32);
    day.request(match (random.below(20), call) {
        (0..=1, _) => asked(StudioDo::Open),
        (2, _) => asked(StudioDo::Close),
        (3..=6, _) => Request::Screen { agent, studio: RADIO, note: Private::new("噪声扰民".into()) },
        (7..=10, Some(call)) => asked(StudioDo::Pick(call)),
        (11..=12, _) => asked(StudioDo::Air),
        (13, _) => asked(StudioDo::OffAir),
        (14..=17, Some(call)) => asked(StudioDo::Back(call)),
        (18, _) => Request::Control(AgentRef(3), Control::TransferTo(Whom::Group(GENERAL))),
        _ => asked(StudioDo::Return),
    });
    if random.chance(0.3) {
        day.request(Request::SignIn(AgentRef(3)));
    }
    // Often the console picks up at once, and he goes on air.
    if random.chance(0.6)
        && let Some((_, leg)) = day.ringing().iter().copied().find(|(aor, _)| *aor == AorRef(3))
    {
        day.answers(leg, Some(sdp(6000, &[8], "")));
        if random.chance(0.5) {
            day.request(asked(StudioDo::Air));
        }
    }
}

/// The same, and it calls back: agents first in one group and callers first in the other, two phones ring at once,
/// who is turned away is called back or put through, and few numbers call again and again.
pub fn calling_back_harshly() -> Plan {
    let mut plan = harsh();
    let with = calling_back();
    for (at, group) in plan.acd.groups.iter_mut().enumerate() {
        group.line_max = 3;
        group.parallel = 2;
        group.surge.begins_at = Some(2);
        group.surge.admit_max = 3;
        group.surge.ends_at = 1;
        group.callback = acd::plan::CallbackPlan {
            offer_after: Some(Duration::from_secs(10)),
            first: if at == 0 { First::Agent } else { First::Caller },
            tries: 2,
            retry_after: Duration::from_secs(if at == 0 { 15 } else { 0 }),
            missed_after: Some(Duration::from_secs(20)),
        };
        plan.groups[at].callback.clone_from(&with.groups[at].callback);
    }
    let outside = Target::Number(Outside {
        trunk: TrunkRef(0),
        number: "110".into(),
        caller: String::new(),
        ring: Duration::from_secs(30),
    });
    plan.groups[0].on_wait_max.clone_from(&outside);
    plan.groups[1].on_full.clone_from(&outside);
    plan.groups[1].on_surge = outside;
    plan.groups[1].on_wait_max = Target::Callback { announce: Some(ClipRef(3)), missed: false };
    plan.groups[1].on_nobody = Target::Callback { announce: None, missed: true };
    plan.groups[0].on_surge = Target::Callback { announce: Some(ClipRef(3)), missed: false };
    plan
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[random.below(from.len() as u64) as usize])
}

fn body(random: &mut Random) -> Box<[u8]> {
    let codecs: &[u8] = pick(random, &[&[8u8, 0][..], &[0], &[9, 8], &[9], &[18], &[8]]).unwrap_or(&[8]);
    let extra = pick(random, &["", "", "", "a=sendonly\r\n", "a=inactive\r\n", "m=video 9 RTP/AVP 96\r\n"]);
    sdp(4000, codecs, extra.unwrap_or(""))
}

/// Keys, and what people ask of callbacks.
pub fn callback_deed(day: &mut Day, random: &mut Random) {
    let callers: Vec<_> = day.parties.iter().filter(|joined| joined.party == Party(0)).collect();
    let callers: Vec<_> = callers.iter().map(|joined| joined.session).collect();
    let asked: Vec<_> = day.engine.callbacks().map(|(from, _)| from).collect();
    match random.below(4) {
        0 | 1 => {
            if let Some(session) = pick(random, &callers) {
                day.step(Input::Media(session::Fact::Key { session, party: Party(0), digit: '1' }));
            }
        }
        2 => {
            let number = Private::new(format!("+86527{}", random.below(5)));
            let group = if random.chance(0.5) { GENERAL } else { ENTERPRISE };
            let after = day.now + Duration::from_secs(random.below(30));
            let (since, missed) = (None, random.chance(0.5));
            let (priority, site) = (Priority(0), SiteRef(0));
            day.request(Request::CallBackNumber { number, group, priority, site, since, after, missed });
        }
        _ => {
            if let Some(from) = pick(random, &asked) {
                day.request(Request::CancelCallback(from));
            } else if let Some(session) = pick(random, &callers) {
                day.request(Request::CallBack(CallRef::from_bits(session.bits())));
            }
        }
    }
}

/// Agents who call somebody, whoever they call, and calls that are picked.
pub fn outgoing_deed(day: &mut Day, random: &mut Random) {
    let agent = random.below(3) as u32;
    match random.below(10) {
        0..=3 => {
            let numbers = ["110", "13851234567", "8001", "8002", "8003", "enterprise", "0099", "*99", "*15"];
            let called = pick(random, &numbers).unwrap_or("110");
            day.phone_dials(&format!("o{}", random.bits()), agent, called);
        }
        4 => {
            let whom = match random.below(4) {
                0 => Whom::Agent(AgentRef(random.below(4) as u32)),
                1 => Whom::Group(GroupRef(random.below(3) as u32)),
                _ => Whom::Number(Private::new("110".into())),
            };
            day.request(Request::Dial { agent: AgentRef(agent), whom });
        }
        5..=6 => {
            let code = pick(random, &["*14", "*14", "*148001", "*148002", "*14999"]).unwrap_or("*14");
            let name = format!("g{}", random.bits());
            if random.chance(0.9) {
                day.phone_dials(&name, agent, code);
            } else {
                day.invites_from(&name, code, Some(body(random)), Origin::Aor(AorRef(agent)));
            }
        }
        7 => {
            if let Some((_, leg)) = pick(random, &day.ringing()) {
                let answer = random.chance(0.5).then(|| body(random));
                day.progresses(leg, if random.chance(0.5) { 180 } else { 183 }, answer);
            }
        }
        8 => day.request(Request::EndWrapUp(AgentRef(agent))),
        _ => {
            if let Some((_, leg)) = day.ringing().last().copied() {
                day.answers(leg, Some(sdp(6000, &[8], "")));
            }
        }
    }
}

/// What agents and supervisors do with talks.
pub fn talk_deed(day: &mut Day, random: &mut Random) {
    let agent = AgentRef(random.below(3) as u32);
    let whom = match random.below(5) {
        3 => Whom::Roster(RosterRef(random.below(3) as u32), None),
        4 => Whom::Roster(RosterRef(1), Some(ReasonRef(random.below(3) as u32))),
        0 => Whom::Agent(AgentRef(random.below(4) as u32)),
        1 => Whom::Group(GroupRef(random.below(3) as u32)),
        _ => Whom::Number(Private::new(if random.chance(0.9) { "110" } else { "0099" }.into())),
    };
    let how = pick(random, &[Supervision::Listen, Supervision::Whisper, Supervision::Barge]);
    let how = how.filter(|_| random.chance(0.8));
    let supervisor = AgentRef(if random.chance(0.9) { 2 } else { random.below(4) as u32 });
    day.request(match random.below(14) {
        0 => Request::Control(agent, Control::Hold),
        1 => Request::Control(agent, Control::Retrieve),
        2..=4 => Request::Control(agent, Control::Consult(whom)),
        5 => Request::Control(agent, Control::Alternate),
        6..=7 => Request::Control(agent, Control::Conference),
        8 => Request::Control(agent, Control::Reconnect),
        9 => Request::Control(agent, Control::Transfer),
        10 => Request::Control(agent, Control::TransferTo(whom)),
        11..=12 => Request::Supervise { supervisor, agent, how },
        _ => Request::TakeOver { supervisor, agent },
    });
    if random.chance(0.03) {
        day.request(Request::Control(agent, Control::Survey));
    }
    if random.chance(0.15) {
        let by = if random.chance(0.7) { Resolver::Agent } else { Resolver::Specialist };
        let disposition = DispositionRef(random.below(4) as u32);
        day.request(Request::Dispose { agent, disposition, by });
    }
    if random.chance(0.15) {
        let called = pick(
            random,
            &["8001", "8002", "*208001", "*218002", "*16", "general", "110", "0099", "8601", "8110"],
        )
        .unwrap_or("110");
        let name = format!("s{}", random.bits());
        day.phone_dials(&name, random.below(3) as u32, called);
    }
    if random.chance(0.1)
        && let (Some(leg), Some(other)) = (pick(random, &day.living_legs()), pick(random, &day.living_legs()))
    {
        let to = pick(random, &["8001", "8002", "8003", "enterprise", "110", "?", "8601"]).unwrap_or("110");
        day.refers(leg, to, random.chance(0.5).then_some(other));
    }
    if random.chance(0.05)
        && let Some(leg) = pick(random, &day.living_legs())
    {
        let name = format!("r{}", random.bits());
        day.phone_replaces(&name, random.below(3) as u32, leg);
    }
    // Often somebody picks up at once, and they go on.
    if random.chance(0.4)
        && let Some((_, leg)) = day.ringing().last().copied()
    {
        day.answers(leg, Some(sdp(6000, &[8], "")));
        if random.chance(0.5) {
            let next = [Control::Conference, Control::Alternate, Control::Transfer, Control::Reconnect];
            day.request(Request::Control(agent, next[random.below(4) as usize].clone()));
        }
    }
}

pub fn deed(day: &mut Day, random: &mut Random, made: &mut u32) {
    let legs = day.living_legs();
    let leg = pick(random, &legs);
    match random.below(24) {
        0..=3 => {
            *made += 1;
            let called = pick(random, &["12345", "12346", "960001", "960002", "999"]).unwrap_or("12345");
            let offer = (!random.chance(0.15)).then(|| body(random));
            let number = random.below(5);
            day.invites(&format!("c{made}@{number}"), called, offer);
        }
        4 => {
            *made += 1;
            let code = pick(random, &["*10", "*11", "*12", "*12", "*12", "*131", "*31", "*344*", "12345"])
                .unwrap_or("*12");
            day.phone_dials(&format!("p{made}"), random.below(3) as u32, code);
        }
        5..=7 => {
            if let Some((_, leg)) = pick(random, &day.ringing()) {
                let answer = (!random.chance(0.05)).then(|| body(random));
                day.answers(leg, answer);
            }
        }
        8 => {
            if let Some((_, leg)) = pick(random, &day.ringing()) {
                let status = pick(random, &[486, 603, 480, 408, 503, 0]).unwrap_or(486);
                day.leg_ends(
                    leg,
                    17,
                    status,
                    if status == 0 { ReleasedBy::Timeout } else { ReleasedBy::Peer },
                );
            }
        }
        9 => {
            // The 200 that crossed a CANCEL.
            if let Some((_, leg)) = pick(random, &day.phones(Phone::Gone)) {
                let (answer, peer) = (Some(body(random)), "10.0.0.8:5060".parse().unwrap());
                day.step(Input::Sip(Fact::Answered { leg, answer, peer, nated: false }));
            }
        }
        10..=12 => {
            if let Some(leg) = leg {
                let by = if random.chance(0.9) { ReleasedBy::Peer } else { ReleasedBy::Timeout };
                day.leg_ends(leg, 16, 200, by);
            }
        }
        13..=15 => {
            let clips: Vec<_> = day
                .parties
                .iter()
                .filter_map(|joined| match joined.hears {
                    Hear::Once(clip) => Some((joined.session, joined.party, clip)),
                    _ => None,
                })
                .collect();
            if let Some((session, party, clip)) = pick(random, &clips) {
                day.step(Input::Media(session::Fact::ClipEnded { session, party, clip }));
            }
        }
        16 => {
            if let Some(leg) = leg {
                let offer = (!random.chance(0.2)).then(|| body(random));
                day.offers(leg, offer);
            }
        }
        17 => {
            if let Some(leg) = leg {
                let answer = body(random);
                day.step(Input::Sip(if random.chance(0.5) {
                    Fact::Reanswered { leg, answer }
                } else {
                    Fact::ReofferRefused { leg, status: 488 }
                }));
            }
        }
        18 => {
            let ingress: Vec<LegRef> = legs.into_iter().filter(|leg| leg.is_ingress()).collect();
            if let Some(leg) = pick(random, &ingress) {
                let answer = random.chance(0.8).then(|| body(random));
                day.step(Input::Sip(Fact::Confirmed { leg, answer }));
            }
        }
        19 => {
            let aor = random.below(2) as u32;
            if random.chance(0.7) { day.registers(aor) } else { day.phone_is_lost(aor) }
        }
        20 => {
            let agent = AgentRef(random.below(2) as u32);
            let request = [
                Request::Ready(agent),
                Request::Ready(agent),
                Request::NotReady(agent, Reason::Rest),
                Request::SignIn(agent),
                Request::SignOut(agent),
            ];
            let at = random.below(request.len() as u64) as usize;
            day.request(request[at].clone());
            if at == 1 {
                day.request(Request::Recording(Whose::Agent(agent), Keeps::Silence));
            }
        }
        21 => {
            let parties: Vec<_> =
                day.parties.iter().map(|joined| (joined.session, joined.party, joined.audio.port)).collect();
            if let Some((session, party, port)) = pick(random, &parties) {
                day.step(Input::Media(match random.below(4) {
                    0 => session::Fact::PortFailed { session, party, port },
                    1 => session::Fact::Silent { session, party },
                    2 => session::Fact::Key { session, party: Party(0), digit: '1' },
                    _ => session::Fact::ClipEnded { session, party, clip: ClipRef(0) },
                }));
            }
        }
        22 => {
            day.held = !day.held;
            if !day.held {
                day.deliver();
            }
        }
        _ => day.wait_millis(random.below(9_000)),
    }
}

/// So many deeds of a seed, those about callbacks among them; the invariants are checked after each.
pub fn random_day(plan: &Plan, seed: u64, deeds: u32) -> Day {
    let mut day = Day::with(plan.clone());
    day.record = false;
    let mut random = Random::seeded(seed);
    let mut made = 0;
    for agent in 0..plan.phones.len() as u32 {
        day.registers(agent);
    }
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for _ in 0..deeds {
            deed(&mut day, &mut random, &mut made);
            if plan.outside.is_some() && random.chance(0.3) {
                talk_deed(&mut day, &mut random);
            }
            if plan.outside.is_some() && random.chance(0.25) {
                outgoing_deed(&mut day, &mut random);
            }
            if plan.groups[0].callback.is_some() && random.chance(0.2) {
                callback_deed(&mut day, &mut random);
            }
            if !plan.studios.is_empty() && random.chance(0.5) {
                studio_deed(&mut day, &mut random);
            }
        }
        day.deliver();
    }));
    assert!(run.is_ok(), "seed {seed}");
    day
}
