//! The centre in which the days play.

use acd::{Abilities, AgentPlan, GroupPlan, GroupRef, Priority, SiteRef, SkillLevel};
use call::Plan;
use call::flow::{Act, Queue, Step, StepRef, Survey};
use call::plan::{
    AgentPhone, AudioPlan, CallbackFlow, Disposition, Entry, Flow, FlowRef, GroupFlow, Outbound, Outside,
    OutsideLine, ServiceCodes, StudioPlan, StudioRef, Target,
};
use call::roster::{Begins, CaseWay, Person, Reason, Roster, Shows};
use media::session::{ClipRef, Codec};
use sip::leg::{AorRef, TrunkRef};
use sip::plan::NumberRules;
use std::time::Duration;

pub const GENERAL: GroupRef = GroupRef(0);
pub const ENTERPRISE: GroupRef = GroupRef(1);
/// What the clips are called.
pub const CLIPS: [&str; 16] = [
    "greeting",
    "notice",
    "music",
    "sorry",
    "done",
    "refused",
    "ring-back",
    "tune",
    "shall we call you back",
    "we will call you back",
    "you asked us to call you",
    "please rate",
    "thanks",
    "programme",
    "you are next",
    "back in line",
];

/// The question of a survey.
pub const QUESTION: ClipRef = ClipRef(11);
/// What is said after a rating.
pub const THANKS: ClipRef = ClipRef(12);

/// What a clip is called.
pub fn clip(clip: ClipRef) -> &'static str {
    CLIPS.get(clip.index()).copied().unwrap_or("a piece of speech")
}

/// A centre with two groups and two agents (8001 serves both, 8002 general), three numbers: 12345 greets and
/// notices, 12346 greets in early media with ring-back, 96000* goes straight to the enterprise desk.
pub fn plan() -> Plan {
    let group = |name: &str| GroupPlan { line_max: 100, ..GroupPlan::named(name) };
    let agent = |name: &str, groups: &[GroupRef]| AgentPlan {
        name: name.into(),
        site: SiteRef(0),
        skills: groups.iter().map(|&group| (group, SkillLevel(5))).collect(),
        abilities: Abilities::NONE,
    };
    let flow_of = |title: &str, music| GroupFlow {
        title: title.into(),
        music: Some(music),
        on_full: Target::Busy,
        on_wait_max: Target::Announce(ClipRef(3)),
        on_nobody: Target::Announce(ClipRef(3)),
        on_closed: Target::Announce(ClipRef(3)),
        on_surge: Target::Announce(ClipRef(3)),
        record: false,
        callback: None,
        caller: None,
    };
    let entry = |called: &str, flow| Entry {
        trunk: None,
        called: called.into(),
        flow: FlowRef(flow),
        site: SiteRef(0),
    };
    Plan {
        acd: acd::Plan {
            groups: vec![group("general"), group("enterprise")],
            agents: vec![agent("8001", &[GENERAL, ENTERPRISE]), agent("8002", &[GENERAL])],
            ..acd::Plan::default()
        },
        groups: vec![flow_of("民生", ClipRef(2)), flow_of("一企来办", ClipRef(7))],
        phones: vec![
            AgentPhone { aor: AorRef(0), supervisor: false },
            AgentPhone { aor: AorRef(1), supervisor: false },
        ],
        flows: vec![
            Flow::plain("hotline", vec![ClipRef(0), ClipRef(1)], Queue::of(GENERAL)),
            Flow {
                early_media: true,
                ring_back: Some(ClipRef(6)),
                ..Flow::plain("free", vec![ClipRef(0)], Queue::of(GENERAL))
            },
            Flow { priority: Priority(1), ..Flow::plain("enterprise", vec![], Queue::of(ENTERPRISE)) },
        ],
        entries: vec![entry("12345", 0), entry("12346", 1), entry("96000*", 2)],
        languages: Vec::new(),
        lists: Vec::new(),
        dispositions: dispositions(),
        audio: AudioPlan {
            advertised: None,
            ports: 20_000..=20_399,
            port_rest: Duration::from_secs(5),
            codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
            packet_time: Duration::from_millis(20),
            silence_max: Duration::from_secs(60),
        },
        codes: ServiceCodes {
            sign_in: "*10".into(),
            sign_out: "*11".into(),
            ready: "*12".into(),
            not_ready: "*13".into(),
            listen: "*20".into(),
            whisper: "*21".into(),
            barge: "*22".into(),
            disposition: "*3".into(),
            studio: "*16".into(),
            done: Some(ClipRef(4)),
            refused: Some(ClipRef(5)),
            wrap_up_end: "*15".into(),
            pick: "*14".into(),
        },
        anonymous: "anonymous".into(),
        calls_max: 50,
        setup_max: Duration::from_secs(120),
        call_max: Duration::from_secs(7200),
        outside: None,
        rosters: Vec::new(),
        consult_ring: Duration::from_secs(15),
        register_signs_in: true,
        studios: Vec::new(),
    }
}

/// 在线解答, 转工单, 骚扰.
fn dispositions() -> Vec<Disposition> {
    let of = |name: &str, code: &str| Disposition { name: name.into(), code: code.into() };
    vec![of("answered", "1"), of("case", "2"), of("nuisance", "44")]
}

/// What a caller is asked after his talk: 1 to 5, five seconds to music, twice, thanks, and then that step.
pub fn survey(then: u32) -> Act {
    Act::Survey(Survey {
        clips: vec![QUESTION],
        keys: vec!['1', '2', '3', '4', '5'],
        wait: Duration::from_secs(5),
        music: Some(ClipRef(7)),
        tries: 2,
        wrong: Some(ClipRef(3)),
        thanks: Some(THANKS),
        then: StepRef(then),
    })
}

/// The same centre, whose hotline asks each caller after his talk with an agent: greeting, line, survey.
pub fn surveying() -> Plan {
    let mut plan = consulting();
    let steps = &mut plan.flows[0].steps;
    if let Act::Queue(queue) = &mut steps[1].act {
        queue.after = Some(StepRef(2));
    }
    steps.push(Step { name: "survey".into(), act: survey(9) });
    plan
}

/// SDP as a plain phone writes it; `codecs` are payload types.
pub fn sdp(port: u16, codecs: &[u8], extra: &str) -> Box<[u8]> {
    let list: Vec<_> = codecs.iter().map(u8::to_string).collect();
    format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio {port} RTP/AVP {}\r\n{extra}",
        list.join(" ")
    )
    .into_bytes()
    .into()
}

/// The same centre with a third agent, the supervisor 8003, who serves the enterprise desk, too; agents may reach
/// numbers outside but those that begin with 00.
pub fn consulting() -> Plan {
    let mut plan = plan();
    plan.acd.agents.push(AgentPlan {
        name: "8003".into(),
        skills: vec![(ENTERPRISE, SkillLevel(5))],
        ..plan.acd.agents[1].clone()
    });
    plan.phones.push(AgentPhone { aor: AorRef(2), supervisor: true });
    for group in &mut plan.acd.groups {
        group.wrap_up = Duration::from_secs(10);
    }
    plan.outside = Some(OutsideLine {
        outbound: Outbound {
            trunk: TrunkRef(0),
            caller: "052712345".into(),
            strip: "+86527".into(),
            prefix: "0".into(),
            ring: Duration::from_secs(15),
        },
        allow: Vec::new(),
        refuse: vec!["00*".into()],
        ring_back: None,
        numbers: NumberRules::default(),
    });
    plan.rosters = vec![specialists(), police()];
    plan
}

/// Three specialists of departments, one after the other.
fn specialists() -> Roster {
    Roster {
        name: "policy".into(),
        title: "政策专员".into(),
        extension: "8601".into(),
        people: [("税务局", "084360001"), ("人社局", "084360002"), ("医保局", "084360003")]
            .map(person)
            .into(),
        begins: Begins::First,
        at_once: 1,
        ring: Duration::from_secs(15),
        shows: Shows::Masked,
        data: CaseWay::default(),
        liaison: None,
    }
}

/// The police, with whom callers are exchanged.
fn police() -> Roster {
    let reason = |key: &str, title: &str| Reason { key: key.into(), title: title.into() };
    Roster {
        name: "police".into(),
        title: "110".into(),
        extension: "8110".into(),
        people: [("指挥中心", "110"), ("值班室", "084360110")].map(person).into(),
        shows: Shows::Caller,
        data: CaseWay { headers: true, url: "https://cases.example/{id}".into() },
        liaison: Some(vec![reason("danger", "危险"), reason("dispute", "纠纷")]),
        ..specialists()
    }
}

fn person((name, number): (&str, &str)) -> Person {
    let (trunk, ring) = (TrunkRef(0), Duration::from_secs(15));
    let phone = Outside { trunk, number: number.into(), caller: "052712345".into(), ring };
    Person { name: name.into(), phone, hours: None }
}

/// The same centre, which calls back: by key 1 or after a minute, whoever hung up after ten.
pub fn calling_back() -> Plan {
    let mut plan = plan();
    for (group, flow) in plan.acd.groups.iter_mut().zip(&mut plan.groups) {
        group.callback = acd::plan::CallbackPlan {
            offer_after: Some(Duration::from_secs(60)),
            missed_after: Some(Duration::from_secs(600)),
            retry_after: Duration::from_secs(300),
            tries: 2,
            ..acd::plan::CallbackPlan::default()
        };
        flow.callback = Some(CallbackFlow {
            outbound: Outbound {
                trunk: TrunkRef(0),
                caller: "052712345".into(),
                strip: "+86527".into(),
                prefix: "0".into(),
                ring: Duration::from_secs(40),
            },
            at_once: 2,
            key: Some('1'),
            prompt: Some(ClipRef(8)),
            confirm: Some(ClipRef(9)),
            greeting: Some(ClipRef(10)),
            ring_back: Some(ClipRef(6)),
        });
    }
    plan
}

/// The radio studio.
pub const RADIO: StudioRef = StudioRef(0);

/// The consulting centre with a radio studio: its console 8004 does no group's work, agents of the enterprise desk send
/// callers there, three at once, each for five minutes.
pub fn on_the_radio() -> Plan {
    let mut plan = consulting();
    let console = AgentPlan { name: "8004".into(), skills: Vec::new(), ..plan.acd.agents[1].clone() };
    plan.acd.agents.push(console);
    plan.phones.push(AgentPhone { aor: AorRef(3), supervisor: false });
    plan.studios = vec![studio()];
    plan
}

/// Its studio.
pub fn studio() -> StudioPlan {
    StudioPlan {
        name: "radio".into(),
        title: "政风热线".into(),
        console: acd::AgentRef(3),
        screeners: Some(ENTERPRISE),
        music: ClipRef(13),
        comfort: vec![ClipRef(14)],
        comfort_every: Duration::from_secs(40),
        back: Some(ClipRef(15)),
        held_max: 3,
        held_for: Duration::from_secs(300),
        ring: Duration::from_secs(20),
        auto_air: false,
        record: true,
    }
}
