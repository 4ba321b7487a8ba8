//! A hotline's day in virtual time: the engine with its real distributor, and a small stand-in for SIP and
//! audio that answers commands with the facts they cause. Every step runs the engine's `check`.
//!
//! ```text
//!   verbs (caller_invites, agent_answers …) ─▶ Engine ─▶ commands, events ─▶ lines of text ─▶ days/*.txt
//!                                                 ▲             │
//!                                                 └── Released, Confirmed, Left: at once, or when `deliver`ed
//! ```
//!
//! A day's lines are compared with `tests/days/<name>.txt`; `UPDATE=1` writes the file, to be read in the diff.
//! In them a deed stands with its time, a command is indented by `>`, an event by `=`.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use acd::{AgentPlan, AgentRef, AgentState, GroupPlan, GroupRef, Priority, SiteRef, SkillLevel};
use base::{Private, Timestamp};
use call::event::{Event, Outcome, Stamped};
use call::plan::{AgentPhone, AudioPlan, Entry, Flow, FlowRef, GroupFlow, ServiceCodes, Target};
use call::{CallRef, Engine, Input, Out, Plan, Request, RequestId};
use media::session::{self, ClipRef, Codec, Hear, Party, SessionRef};
use sip::leg::{AorLoss, AorRef, Command, Fact, Invited, LegRef, Origin, ReleasedBy, Transport, TrunkRef};
use sip::message::Cause;
use std::collections::VecDeque;
use std::time::Duration;

pub const GENERAL: GroupRef = GroupRef(0);
pub const ENTERPRISE: GroupRef = GroupRef(1);
const CLIPS: [&str; 8] = ["greeting", "notice", "music", "sorry", "done", "refused", "ring-back", "tune"];

/// A centre with two groups and two agents (8001 serves both, 8002 general), three numbers: 12345 greets and
/// notices, 12346 greets in early media with ring-back, 96000* goes straight to the enterprise desk.
pub fn plan() -> Plan {
    let group = |name: &str, overflow| GroupPlan {
        name: name.into(),
        ring: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        overflow,
        line_max: 100,
        wait_max: None,
        needs_signed_in: false,
        ring_no_answer_not_ready: true,
    };
    let agent = |name: &str, groups: &[GroupRef]| AgentPlan {
        name: name.into(),
        site: SiteRef(0),
        skills: groups.iter().map(|&group| (group, SkillLevel(5))).collect(),
    };
    let flow_of = |title: &str, music| GroupFlow {
        title: title.into(),
        music: Some(music),
        on_full: Target::Busy,
        on_wait_max: Target::Announce(ClipRef(3)),
        on_nobody: Target::Announce(ClipRef(3)),
    };
    let entry = |called: &str, flow| Entry { trunk: None, called: called.into(), flow: FlowRef(flow) };
    Plan {
        acd: acd::Plan {
            groups: vec![group("general", vec![]), group("enterprise", vec![])],
            agents: vec![agent("8001", &[GENERAL, ENTERPRISE]), agent("8002", &[GENERAL])],
        },
        groups: vec![flow_of("民生", ClipRef(2)), flow_of("一企来办", ClipRef(7))],
        phones: vec![AgentPhone { aor: AorRef(0) }, AgentPhone { aor: AorRef(1) }],
        flows: vec![
            Flow {
                name: "hotline".into(),
                early_media: false,
                greeting: vec![ClipRef(0), ClipRef(1)],
                ring_back: None,
                group: GENERAL,
                priority: Priority(0),
            },
            Flow {
                name: "free".into(),
                early_media: true,
                greeting: vec![ClipRef(0)],
                ring_back: Some(ClipRef(6)),
                group: GENERAL,
                priority: Priority(0),
            },
            Flow {
                name: "enterprise".into(),
                early_media: false,
                greeting: vec![],
                ring_back: None,
                group: ENTERPRISE,
                priority: Priority(1),
            },
        ],
        entries: vec![entry("12345", 0), entry("12346", 1), entry("96000*", 2)],
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
            done: Some(ClipRef(4)),
            refused: Some(ClipRef(5)),
        },
        anonymous: "anonymous".into(),
        calls_max: 50,
        setup_max: Duration::from_secs(120),
        call_max: Duration::from_secs(7200),
        register_signs_in: true,
    }
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

pub struct Day {
    pub engine: Engine,
    pub now: Timestamp,
    pub events: Vec<Stamped>,
    /// Facts that SIP and audio owe; delivered after each step unless `held`.
    pub owed: VecDeque<Input>,
    /// Keep facts back until `deliver`.
    pub held: bool,
    /// Record lines (off in long random runs).
    pub record: bool,
    lines: Vec<String>,
    out: Out,
    ingress: Vec<(String, bool)>,
    egress: Vec<Rung>,
    calls: Vec<(CallRef, String)>,
    pub parties: Vec<Joined>,
    requests: u64,
}

/// An egress leg.
pub struct Rung {
    pub leg: LegRef,
    pub aor: AorRef,
    pub state: Phone,
    pub offer: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    Ringing,
    Talking,
    Gone,
}

/// A party of a session.
pub struct Joined {
    pub session: SessionRef,
    pub party: Party,
    pub audio: session::Audio,
    pub hears: Hear,
}

impl Day {
    pub fn new() -> Self {
        Self::with(plan())
    }

    pub fn with(plan: Plan) -> Self {
        Self {
            engine: Engine::new(plan, 7),
            now: Timestamp::START,
            events: Vec::new(),
            owed: VecDeque::new(),
            held: false,
            record: true,
            lines: Vec::new(),
            out: Out::default(),
            ingress: Vec::new(),
            egress: Vec::new(),
            calls: Vec::new(),
            parties: Vec::new(),
            requests: 0,
        }
    }

    // ---- time -------------------------------------------------------------------------------------------

    /// Lets time pass; the engine is called at each of its deadlines.
    pub fn wait(&mut self, secs: u64) {
        self.wait_millis(secs * 1000);
    }

    pub fn wait_millis(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.engine.next_deadline().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.engine.tick(self.now, &mut self.out);
            if !self.out.legs.is_empty() || !self.out.events.is_empty() {
                self.deed("time passes");
            }
            self.read();
            self.pay();
        }
        self.now = until;
    }

    // ---- callers ----------------------------------------------------------------------------------------

    pub fn caller_invites(&mut self, name: &str, called: &str) {
        self.invites(name, called, Some(sdp(4000, &[8, 0], "")));
    }

    pub fn invites(&mut self, name: &str, called: &str, offer: Option<Box<[u8]>>) {
        self.invites_from(name, called, offer, Origin::Trunk(TrunkRef(0)));
    }

    pub fn phone_dials(&mut self, name: &str, aor: u32, called: &str) {
        self.invites_from(name, called, Some(sdp(5000, &[8, 0], "")), Origin::Aor(AorRef(aor)));
    }

    fn invites_from(&mut self, name: &str, called: &str, offer: Option<Box<[u8]>>, origin: Origin) {
        let leg = LegRef(LegRef::INGRESS | self.ingress.len() as u64);
        self.ingress.push((name.to_string(), true));
        let invite = Box::new(Invited {
            origin,
            called: called.into(),
            caller: Private::new(if name == "nobody" { String::new() } else { format!("+86527{name}") }),
            caller_name: Private::default(),
            diverted_from: Private::default(),
            call_id: name.into(),
            offer,
            local: "192.0.2.1".parse().unwrap(),
            peer: "10.0.0.9:5060".parse().unwrap(),
            transport: Transport::Udp,
            nated: false,
        });
        let late = if invite.offer.is_some() { "" } else { " without an offer" };
        self.deed(format_args!("{name} calls {called}{late}"));
        self.step(Input::Sip(Fact::Invited { leg, invite }));
    }

    pub fn caller_hangs_up(&mut self, name: &str) {
        let leg = self.leg_of(name);
        self.leg_ends(leg, 16, 200, ReleasedBy::Peer);
    }

    pub fn leg_ends(&mut self, leg: LegRef, cause: u8, status: u16, by: ReleasedBy) {
        if self.bury(leg) {
            self.deed(format_args!("{} is released: {status} by {by:?}", self.leg_name(leg)));
            self.step(Input::Sip(Fact::Released { leg, cause: Cause(cause), status, by }));
        }
    }

    pub fn leg_of(&self, name: &str) -> LegRef {
        let at = self.ingress.iter().rposition(|(known, _)| known == name).expect("a caller of that name");
        LegRef(LegRef::INGRESS | at as u64)
    }

    /// The clip that the caller hears now ends, and the next, until he hears no single clip any more.
    pub fn caller_hears_clips_out(&mut self, name: &str) {
        while let Some(Hear::Once(clip)) = self.find_party(name, 0).map(|joined| joined.hears) {
            self.clip_ends(name, clip);
        }
    }

    pub fn clip_ends(&mut self, name: &str, clip: ClipRef) {
        let session = SessionRef::from_bits(self.call(name).bits());
        self.deed(format_args!("{name} has heard {}", CLIPS[clip.index()]));
        self.step(Input::Media(session::Fact::ClipEnded { session, party: Party(0), clip }));
    }

    pub fn offers(&mut self, leg: LegRef, offer: Option<Box<[u8]>>) {
        let what = offer.as_ref().map_or("nothing".into(), |sdp| brief(sdp));
        self.deed(format_args!("{} offers {what}", self.leg_name(leg)));
        self.step(Input::Sip(Fact::Offered { leg, offer }));
    }

    // ---- agents -----------------------------------------------------------------------------------------

    pub fn registers(&mut self, aor: u32) {
        self.deed(format_args!("{} registers", 8001 + aor));
        self.step(Input::Sip(Fact::AorBound { aor: AorRef(aor), contacts: 1, first: true }));
    }

    pub fn phone_is_lost(&mut self, aor: u32) {
        self.deed(format_args!("{}'s registration expires", 8001 + aor));
        self.step(Input::Sip(Fact::AorLost { aor: AorRef(aor), why: AorLoss::Expired }));
    }

    /// The leg on which this account was rung last.
    pub fn rung(&self, aor: u32) -> LegRef {
        self.egress.iter().rev().find(|rung| rung.aor == AorRef(aor)).expect("a phone that was rung").leg
    }

    pub fn is_ringing(&self, aor: u32) -> bool {
        self.egress.iter().any(|rung| rung.aor == AorRef(aor) && rung.state == Phone::Ringing)
    }

    /// Phones that ring now.
    pub fn ringing(&self) -> Vec<(AorRef, LegRef)> {
        self.phones(Phone::Ringing)
    }

    pub fn phones(&self, state: Phone) -> Vec<(AorRef, LegRef)> {
        self.egress.iter().filter(|rung| rung.state == state).map(|rung| (rung.aor, rung.leg)).collect()
    }

    pub fn offer_to(&self, aor: u32) -> String {
        let leg = self.rung(aor);
        let rung = self.egress.iter().find(|rung| rung.leg == leg).unwrap();
        String::from_utf8(rung.offer.to_vec()).unwrap()
    }

    pub fn agent_answers(&mut self, aor: u32) {
        self.answers(self.rung(aor), Some(sdp(6000, &[8], "")));
    }

    pub fn answers(&mut self, leg: LegRef, answer: Option<Box<[u8]>>) {
        if let Some(rung) = self.egress.iter_mut().find(|rung| rung.leg == leg) {
            rung.state = Phone::Talking;
        }
        self.deed(format_args!("{} answers", self.leg_name(leg)));
        let peer = "10.0.0.8:5060".parse().unwrap();
        self.step(Input::Sip(Fact::Answered { leg, answer, peer, nated: false }));
    }

    pub fn agent_refuses(&mut self, aor: u32, status: u16) {
        self.leg_ends(self.rung(aor), 17, status, ReleasedBy::Peer);
    }

    pub fn agent_hangs_up(&mut self, aor: u32) {
        self.leg_ends(self.rung(aor), 16, 200, ReleasedBy::Peer);
    }

    pub fn agent(&self, agent: u32) -> AgentState {
        self.events
            .iter()
            .rev()
            .find_map(|stamped| match stamped.event {
                Event::Agent { agent: who, state } if who == AgentRef(agent) => Some(state),
                _ => None,
            })
            .unwrap_or(AgentState::SignedOut)
    }

    pub fn request(&mut self, request: Request) {
        self.requests += 1;
        self.deed(format_args!("request: {request:?}"));
        self.step(Input::Request(RequestId::from_bits(self.requests), request));
    }

    /// A party sends no audio any more.
    pub fn falls_silent(&mut self, name: &str, party: u8) {
        self.deed(format_args!("nothing comes from {name}'s party {party}"));
        let session = SessionRef::from_bits(self.call(name).bits());
        self.step(Input::Media(session::Fact::Silent { session, party: Party(party) }));
    }

    /// The audio path could not open a party's port.
    pub fn port_fails(&mut self, name: &str, party: u8) {
        let port = self.party(name, party).audio.port;
        self.deed(format_args!("the port of {name}'s party {party} cannot be opened"));
        let session = SessionRef::from_bits(self.call(name).bits());
        self.step(Input::Media(session::Fact::PortFailed { session, party: Party(party), port }));
    }

    // ---- what is seen -----------------------------------------------------------------------------------

    pub fn call(&self, name: &str) -> CallRef {
        self.calls.iter().rev().find(|(_, known)| known == name).expect("a call of that name").0
    }

    pub fn hears(&self, name: &str, party: u8) -> Hear {
        self.party(name, party).hears
    }

    pub fn party(&self, name: &str, party: u8) -> &Joined {
        self.find_party(name, party).expect("a party that has joined")
    }

    fn find_party(&self, name: &str, party: u8) -> Option<&Joined> {
        let session = SessionRef::from_bits(self.call(name).bits());
        self.parties.iter().find(|joined| joined.session == session && joined.party == Party(party))
    }

    /// Whose calls are in progress.
    pub fn living_legs(&self) -> Vec<LegRef> {
        let ingress = self.ingress.iter().enumerate().filter(|(_, (_, alive))| *alive);
        let ingress = ingress.map(|(at, _)| LegRef(LegRef::INGRESS | at as u64));
        let egress = self.egress.iter().filter(|rung| rung.state != Phone::Gone).map(|rung| rung.leg);
        ingress.chain(egress).collect()
    }

    /// The outcome of a call, once it has ended.
    pub fn outcome(&self, name: &str) -> Option<Outcome> {
        let call = self.call(name);
        self.events.iter().find_map(|stamped| match stamped.event {
            Event::Ended { call: ended, outcome, .. } if ended == call => Some(outcome),
            _ => None,
        })
    }

    /// Compares everything said so far with the day's file.
    #[track_caller]
    pub fn reads_like(&self, name: &str) {
        let path = format!("{}/tests/days/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let said = self.lines.join("\n") + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &said).expect("the day's file");
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(said == wanted, "{path} differs; UPDATE=1 rewrites it. Said:\n{said}");
    }

    /// Everything said so far, to look for a line.
    pub fn said(&self, line: &str) -> bool {
        self.lines.iter().any(|said| said.trim_start().trim_start_matches(['>', '=', ' ']) == line)
    }

    fn deed(&mut self, deed: impl std::fmt::Display) {
        if self.record {
            self.lines.push(format!("{} {deed}", self.now));
        }
    }

    // ---- the stand-in -----------------------------------------------------------------------------------

    pub fn step(&mut self, input: Input) {
        self.engine.handle(self.now, input, &mut self.out);
        self.read();
        self.pay();
    }

    /// Delivers what was held back.
    pub fn deliver(&mut self) {
        self.deed("what was under way arrives");
        self.held = false;
        self.pay();
    }

    fn pay(&mut self) {
        while !self.held
            && let Some(input) = self.owed.pop_front()
        {
            self.engine.handle(self.now, input, &mut self.out);
            self.read();
        }
    }

    fn read(&mut self) {
        if let Err(why) = self.engine.check() {
            panic!("{} {why}\n{}", self.now, self.lines.join("\n"));
        }
        let out = std::mem::take(&mut self.out);
        for stamped in &out.events {
            if let Event::Arrived { call, call_id, .. } = &stamped.event {
                self.calls.push((*call, call_id.clone()));
            }
        }
        for command in &out.legs {
            self.obey_leg(command);
            let line = self.leg_line(command);
            self.say(line);
        }
        for command in &out.media {
            let line = self.media_line(command);
            self.say(line);
            self.obey_media(command);
        }
        for stamped in &out.events {
            let line = self.event_line(&stamped.event);
            self.say(line);
        }
        self.events.extend(out.events);
    }

    fn say(&mut self, line: String) {
        if self.record {
            self.lines.push(line);
        }
    }

    fn obey_leg(&mut self, command: &Command) {
        match command {
            Command::Invite { leg, to: sip::leg::Target::Aor(aor), offer, .. } => {
                assert!(!leg.is_ingress() && self.egress.iter().all(|rung| rung.leg != *leg));
                let rung = Rung { leg: *leg, aor: *aor, state: Phone::Ringing, offer: offer.clone() };
                self.egress.push(rung);
            }
            Command::Answer { leg, .. } => {
                self.owed.push_back(Input::Sip(Fact::Confirmed { leg: *leg, answer: None }));
            }
            Command::Reject { leg, cause, .. } | Command::Release { leg, cause } if self.bury(*leg) => {
                let by = ReleasedBy::Us;
                let fact = Fact::Released { leg: *leg, cause: *cause, status: 487, by };
                self.owed.push_back(Input::Sip(fact));
            }
            _ => {}
        }
    }

    /// The leg is over for its peer; false when it was before.
    fn bury(&mut self, leg: LegRef) -> bool {
        if leg.is_ingress() {
            let at = (leg.0 & !LegRef::INGRESS) as usize;
            std::mem::replace(&mut self.ingress[at].1, false)
        } else {
            let rung = self.egress.iter_mut().find(|rung| rung.leg == leg).expect("a leg that we minted");
            std::mem::replace(&mut rung.state, Phone::Gone) != Phone::Gone
        }
    }

    fn obey_media(&mut self, command: &session::Command) {
        let same = |joined: &Joined, session, party| joined.session == session && joined.party == party;
        match *command {
            session::Command::Join { session, party, audio, .. } => {
                assert!(!self.parties.iter().any(|joined| same(joined, session, party)), "joins twice");
                assert!(!self.parties.iter().any(|joined| joined.audio.port == audio.port), "port in use");
                self.parties.push(Joined { session, party, audio, hears: Hear::Nothing });
            }
            session::Command::Update { session, party, audio } => {
                let joined = self.parties.iter_mut().find(|joined| same(joined, session, party));
                joined.expect("an update for a party").audio = audio;
            }
            session::Command::Hear { session, party, hear } => {
                let joined = self.parties.iter_mut().find(|joined| same(joined, session, party));
                joined.expect("something to hear for a party").hears = hear;
            }
            session::Command::Leave { session, party } => {
                let at = self.parties.iter().position(|joined| same(joined, session, party));
                let left = self.parties.remove(at.expect("a party that leaves"));
                let (port, report) = (left.audio.port, session::Report::default());
                self.owed.push_back(Input::Media(session::Fact::Left { session, party, port, report }));
            }
        }
    }

    // ---- lines ------------------------------------------------------------------------------------------

    fn name(&self, call: CallRef) -> &str {
        self.calls.iter().rev().find(|(known, _)| *known == call).map_or("?", |(_, name)| name)
    }

    fn leg_name(&self, leg: LegRef) -> String {
        if leg.is_ingress() {
            return self.ingress[(leg.0 & !LegRef::INGRESS) as usize].0.clone();
        }
        let rung = self.egress.iter().find(|rung| rung.leg == leg).expect("a leg that we minted");
        format!("{}", 8001 + rung.aor.0)
    }

    fn leg_line(&self, command: &Command) -> String {
        match command {
            Command::Invite { leg, caller, caller_name, offer, .. } => format!(
                "          > invite {} from {} ({caller_name}) {}",
                self.leg_name(*leg),
                caller.reveal(),
                brief(offer)
            ),
            Command::Progress { leg, status, answer } => {
                format!(
                    "          > {status} {} {}",
                    self.leg_name(*leg),
                    answer.as_ref().map_or(String::new(), |sdp| brief(sdp))
                )
            }
            Command::Answer { leg, body } => {
                format!("          > 200 {} {}", self.leg_name(*leg), brief(body))
            }
            Command::Reject { leg, status, cause, retry_after } => {
                let retry = retry_after.map_or(String::new(), |after| format!(" retry {after:?}"));
                format!("          > reject {} {status} cause={}{retry}", self.leg_name(*leg), cause.0)
            }
            Command::Release { leg, cause } => {
                format!("          > release {} cause={}", self.leg_name(*leg), cause.0)
            }
            Command::Reoffer { leg, offer } => {
                format!("          > reoffer {} {}", self.leg_name(*leg), brief(offer))
            }
            Command::Accept { leg, body } => {
                format!("          > accept {} {}", self.leg_name(*leg), brief(body))
            }
            Command::Refuse { leg, status } => format!("          > refuse {} {status}", self.leg_name(*leg)),
        }
    }

    fn party_name(&self, session: SessionRef, party: Party) -> String {
        let side = if party == Party(0) { "caller" } else { "agent" };
        format!("{}/{side}", self.name(CallRef::from_bits(session.bits())))
    }

    fn media_line(&self, command: &session::Command) -> String {
        match *command {
            session::Command::Join { session, party, audio, .. } => {
                format!("          > join {} {:?}", self.party_name(session, party), audio.codec)
            }
            session::Command::Update { session, party, audio } => {
                let ways = (if audio.sends { "s" } else { "-" }, if audio.receives { "r" } else { "-" });
                format!(
                    "          > update {} {:?} {}{}",
                    self.party_name(session, party),
                    audio.codec,
                    ways.0,
                    ways.1
                )
            }
            session::Command::Hear { session, party, hear } => {
                let clip = |clip: ClipRef| CLIPS[clip.index()];
                let what = match hear {
                    Hear::Nothing => "nothing".into(),
                    Hear::Once(which) => format!("once {}", clip(which)),
                    Hear::Loop(which) => format!("loop {}", clip(which)),
                    Hear::Parties(parties) if parties.contains(Party(0)) => "caller".into(),
                    Hear::Parties(_) => "agent".into(),
                };
                format!("          > hear {} {what}", self.party_name(session, party))
            }
            session::Command::Leave { session, party } => {
                format!("          > leave {}", self.party_name(session, party))
            }
        }
    }

    fn event_line(&self, event: &Event) -> String {
        let who = |agent: AgentRef| 8001 + agent.0;
        let group = |group: GroupRef| ["general", "enterprise"].get(group.index()).copied().unwrap_or("?");
        match event {
            Event::Arrived { call, called, flow, .. } => {
                let flow = flow.map_or("no flow".into(), |flow| flow.to_string());
                format!("          = arrived {} {called} {flow}", self.name(*call))
            }
            Event::Answered { call } => format!("          = answered {}", self.name(*call)),
            Event::Queued { call, group: g, position, .. } => {
                format!("          = queued {} {} {position}", self.name(*call), group(*g))
            }
            Event::Offered { call, agent, .. } => {
                format!("          = offered {} {}", self.name(*call), who(*agent))
            }
            Event::OfferEnded { call, agent, end, status, .. } => {
                format!("          = offer ended {} {} {end:?} {status}", self.name(*call), who(*agent))
            }
            Event::Overflowed { call, from, to } => {
                format!("          = overflowed {} {}>{}", self.name(*call), group(*from), group(*to))
            }
            Event::TurnedAway { call, group: g, why, to } => {
                let to = to.map_or("nowhere", group);
                format!("          = turned away {} {} {why:?} to {to}", self.name(*call), group(*g))
            }
            Event::Connected { call, agent, waited, .. } => {
                format!("          = connected {} {} waited={waited:?}", self.name(*call), who(*agent))
            }
            Event::Disconnected { call, agent, by } => {
                format!("          = disconnected {} {} by={by:?}", self.name(*call), who(*agent))
            }
            Event::LegEnded { call, side, .. } => {
                format!("          = leg ended {} {side:?}", self.name(*call))
            }
            Event::Ended { call, outcome, cause, by, .. } => {
                format!("          = ended {} {outcome:?} cause={} by={by:?}", self.name(*call), cause.0)
            }
            Event::Agent { agent, state } => {
                let state = match state {
                    AgentState::Offered(_) => "offered".into(),
                    AgentState::NotReady(reason) => format!("not ready {reason:?}"),
                    AgentState::WrapUp { until } => format!("wrap-up until {until}"),
                    AgentState::SignedOut => "signed out".into(),
                    AgentState::Ready => "ready".into(),
                    AgentState::Talking => "talking".into(),
                };
                format!("          = agent {} {state}", who(*agent))
            }
            Event::PhoneBound { aor, contacts } => {
                format!("          = phone bound {} {contacts}", 8001 + aor.0)
            }
            Event::PhoneLost { aor, why } => format!("          = phone lost {} {why:?}", 8001 + aor.0),
            Event::Trunk { trunk, up } => format!("          = {trunk} {}", if *up { "up" } else { "down" }),
            Event::RequestDone { id } => format!("          = done {id}"),
            Event::RequestRefused { id, why } => format!("          = refused {id} {why}"),
        }
    }
}

/// An SDP in a few words: payload types, direction unless both ways, version unless the first.
fn brief(sdp: &[u8]) -> String {
    let text = String::from_utf8_lossy(sdp);
    let (mut words, mut edition) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let mut parts = media.split(' ');
            let (kind, port) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let formats: Vec<_> = parts.skip(1).collect();
            if port == "0" {
                words.push_str(&format!("{kind}:refused "));
            } else {
                words.push_str(&format!("[{}] ", formats.join(" ")));
            }
        }
        if let Some(direction) =
            ["sendonly", "recvonly", "inactive"].iter().find(|way| line == format!("a={way}"))
        {
            words.push_str(&format!("{direction} "));
        }
        if let Some(version) = line.strip_prefix("o=").and_then(|line| line.split(' ').nth(2))
            && version != "1"
        {
            edition = format!("v{version}");
        }
    }
    words.push_str(&edition);
    words.trim_end().to_string()
}
