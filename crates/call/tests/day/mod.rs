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

pub mod centre;
pub mod deeds;
mod lines;

pub use centre::{plan, sdp};
use lines::brief;

use acd::{AgentRef, AgentState};
use base::{Private, Timestamp};
use call::event::{Event, Outcome, Stamped};
use call::{CallRef, Engine, Input, Out, Plan, Request, RequestId};
use media::session::{self, ClipRef, Hear, Party, SessionRef};
use sip::leg::{AorLoss, AorRef, Command, Fact, Invited, LegRef, Origin, ReleasedBy, Transport, TrunkRef};
use sip::message::Cause;
use std::collections::VecDeque;
use std::time::Duration;

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
    /// Whose phone; [`OUTSIDE`] behind a trunk.
    pub aor: AorRef,
    /// What it is called: the agent's number, or the number dialed.
    pub name: String,
    pub headers: Vec<(String, String)>,
    pub state: Phone,
    pub offer: Box<[u8]>,
}

/// The account of a number that is dialed through a trunk.
pub const OUTSIDE: AorRef = AorRef(999);

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
    /// When he was last told what.
    pub since: Timestamp,
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

    /// A call that brings headers with it.
    pub fn invites_with(&mut self, name: &str, called: &str, carried: Vec<(String, Private)>) {
        let offer = Some(sdp(4000, &[8, 0], ""));
        self.invites_bringing(name, called, offer, Origin::Trunk(TrunkRef(0)), (None, carried));
    }

    pub fn phone_dials(&mut self, name: &str, aor: u32, called: &str) {
        let offer = Some(sdp(5000, &[8, 0], ""));
        self.invites_from(name, called, offer, Origin::Aor(AorRef(aor)));
    }

    pub fn invites_from(&mut self, name: &str, called: &str, offer: Option<Box<[u8]>>, origin: Origin) {
        self.invites_bringing(name, called, offer, origin, (None, Vec::new()));
    }

    /// A phone wants the place of another leg.
    pub fn phone_replaces(&mut self, name: &str, aor: u32, old: LegRef) {
        let offer = Some(sdp(5500, &[8, 0], ""));
        self.invites_bringing(name, "me", offer, Origin::Aor(AorRef(aor)), (Some(old), Vec::new()));
    }

    fn invites_bringing(
        &mut self,
        name: &str,
        called: &str,
        offer: Option<Box<[u8]>>,
        origin: Origin,
        (replaces, carried): (Option<LegRef>, Vec<(String, Private)>),
    ) {
        let leg = LegRef(LegRef::INGRESS | self.ingress.len() as u64);
        self.ingress.push((name.to_string(), true));
        let invite = Box::new(Invited {
            origin,
            called: called.into(),
            // `c7@3` is the seventh call, from number 3.
            caller: Private::new(match name.split('@').next_back() {
                Some("nobody") | None => String::new(),
                Some(number) => format!("+86527{number}"),
            }),
            caller_name: Private::default(),
            diverted_from: Private::default(),
            call_id: name.into(),
            offer,
            local: "192.0.2.1".parse().unwrap(),
            peer: "10.0.0.9:5060".parse().unwrap(),
            transport: Transport::Udp,
            nated: false,
            replaces,
            carried,
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
        self.deed(format_args!("{name} has heard {}", centre::clip(clip)));
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

    /// The phone on that leg says how it goes, perhaps with something to hear.
    pub fn progresses(&mut self, leg: LegRef, status: u16, answer: Option<Box<[u8]>>) {
        let what = answer.as_ref().map_or("nothing".into(), |sdp| brief(sdp));
        self.deed(format_args!("{} says {status} with {what}", self.leg_name(leg)));
        self.step(Input::Sip(Fact::Ringing { leg, status, answer }));
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

    /// A phone asks to hand its caller over.
    pub fn refers(&mut self, leg: LegRef, to: &str, replaces: Option<LegRef>) {
        self.deed(format_args!("{} refers to {to}", self.leg_name(leg)));
        let refer = sip::leg::Refer { to: to.into(), replaces, referred_by: Private::default() };
        self.step(Input::Sip(Fact::Referred { leg, refer: Box::new(refer) }));
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

    /// A caller presses a key.
    pub fn presses(&mut self, name: &str, digit: char) {
        self.deed(format_args!("{name} presses {digit}"));
        let session = SessionRef::from_bits(self.call(name).bits());
        self.step(Input::Media(session::Fact::Key { session, party: Party(0), digit }));
    }

    /// The leg on which a number outside was dialed last.
    pub fn dialed(&self) -> LegRef {
        self.egress.iter().rev().find(|rung| rung.aor == OUTSIDE).expect("a number that was dialed").leg
    }

    /// Whether a number outside is being rung.
    pub fn is_dialing(&self) -> bool {
        self.is_ringing(OUTSIDE.0)
    }

    pub fn outside_answers(&mut self) {
        self.answers(self.dialed(), Some(sdp(7000, &[8], "")));
    }

    pub fn headers_of(&self, leg: LegRef) -> &[(String, String)] {
        &self.egress.iter().find(|rung| rung.leg == leg).expect("a leg that we minted").headers
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

    /// Why the last request was refused; `None` when it was met.
    pub fn refusal(&self) -> Option<&'static str> {
        self.events.iter().rev().find_map(|stamped| match stamped.event {
            Event::RequestRefused { why, .. } => Some(Some(why)),
            Event::RequestDone { .. } => Some(None),
            _ => None,
        })?
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
                let back = self.calls.iter().filter(|(_, name)| name.starts_with("back")).count() + 1;
                let name = if call_id.is_empty() { format!("back{back}") } else { call_id.clone() };
                self.calls.push((*call, name));
            }
            if let Event::OutgoingBegun { call, .. } = &stamped.event
                && let Some((_, name)) = self.calls.iter_mut().find(|(known, _)| known == call)
                && name.starts_with("back")
            {
                "out".clone_into(name);
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
            Command::Invite { leg, to, offer, headers, .. } => {
                assert!(!leg.is_ingress() && self.egress.iter().all(|rung| rung.leg != *leg));
                let (aor, name) = match to {
                    sip::leg::Target::Aor(aor) => (*aor, format!("{}", 8001 + aor.0)),
                    sip::leg::Target::Trunk { number, .. } => (OUTSIDE, number.clone()),
                };
                let (offer, headers) = (offer.clone(), headers.clone());
                self.egress.push(Rung { leg: *leg, aor, name, headers, state: Phone::Ringing, offer });
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
                self.parties.push(Joined { session, party, audio, hears: Hear::Nothing, since: self.now });
            }
            session::Command::Update { session, party, audio } => {
                let joined = self.parties.iter_mut().find(|joined| same(joined, session, party));
                joined.expect("an update for a party").audio = audio;
            }
            session::Command::Hear { session, party, hear } => {
                let joined = self.parties.iter_mut().find(|joined| same(joined, session, party));
                let joined = joined.expect("something to hear for a party");
                (joined.hears, joined.since) = (hear, self.now);
            }
            session::Command::Record { session, .. } => {
                let parties = self.parties.iter().filter(|joined| joined.session == session).count();
                assert!(parties >= 2, "only a talk is recorded");
            }
            session::Command::Keep { .. } | session::Command::StopRecording { .. } => {}
            session::Command::Leave { session, party } => {
                let at = self.parties.iter().position(|joined| same(joined, session, party));
                let left = self.parties.remove(at.expect("a party that leaves"));
                let (port, report) = (left.audio.port, session::Report::default());
                self.owed.push_back(Input::Media(session::Fact::Left { session, party, port, report }));
            }
        }
    }
}
