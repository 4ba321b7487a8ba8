//! The desk: the agents' softphones, registered with digest, one call at a time.
//!
//! ```text
//!   REGISTER ─▶ 401 ─▶ REGISTER with credentials ─▶ 200 ─▶ … refreshed before it expires
//!
//!   Free ──INVITE──▶ Ringing ──ring time──▶ Answered ──ACK──▶ Talking ──talk ends: BYE, or BYE from the engine──▶ Free
//!                      ├── CANCEL: 487 ──▶ Free        (or, by plan, a 200 that crosses it)
//!                      └── declines: 603 or 486 ──▶ Free
//! ```
//!
//! An agent is free again from the moment in which he hangs up or is hung up on; what still waits for its ACK or
//! its 200 is kept aside. A second INVITE while he is not free is the engine's mistake: it is refused with 486
//! and told as [`Sighting::DoubleOffer`].

mod asking;
mod offer;
mod register;

use crate::compose::reply;
use crate::day::{Day, Share};
use crate::digest::Algorithm;
use crate::flights::{Flights, Timers};
use crate::outbox::{AgentNo, Directory, Local, Outbox, Sighting};
use crate::scan::{Method, Start, scan, user};
use crate::voice::{Heard, Sound, Voices};
use base::{Random, Table, Timestamp, Wheel};
use offer::Talk;
use register::Registration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A softphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Address of its signalling; many phones may share one.
    pub local: Local,
}

/// What a desk needs to know.
#[derive(Clone, Debug)]
pub struct DeskPlan {
    /// The agents' phones.
    pub phones: Vec<Phone>,
    /// Where they register.
    pub engine: SocketAddr,
    /// Domain of their accounts.
    pub domain: String,
    /// Hash they prefer.
    pub algorithm: Algorithm,
    /// For how long they register.
    pub expires: Duration,
    /// Pause between the first registrations of two phones.
    pub register_gap: Duration,
    /// Address of the first agent's audio and how many follow it, one each; with none all show `sink`.
    pub audio: (Local, u32),
    /// Where audio goes that nobody listens to.
    pub sink: Local,
    /// What agents say.
    pub says: Sound,
    /// What the callers say, to know it when it is heard.
    pub hears: Sound,
    /// RFC 3261 timers.
    pub timers: Timers,
    /// Offers that are declined with 603.
    pub declines: Share,
    /// Offers that find the phone busy with something else: 486.
    pub busy: Share,
    /// Offers that nobody answers.
    pub ring_outs: Share,
    /// Withdrawn offers whose answer crosses the CANCEL.
    pub late_answers: Share,
}

/// What one agent has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentStats {
    /// INVITEs that rang.
    pub offers: u64,
    /// Of these: answered.
    pub answered: u64,
    /// Declined or busy.
    pub declined: u64,
    /// Withdrawn by the engine while ringing.
    pub withdrawn: u64,
    /// INVITEs that came while he was not free.
    pub double_offers: u64,
    /// Answers that were never confirmed by an ACK.
    pub unconfirmed: u64,
    /// Registrations that stood, refreshes included.
    pub registrations: u64,
}

impl AgentStats {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.offers += other.offers;
        self.answered += other.answered;
        self.declined += other.declined;
        self.withdrawn += other.withdrawn;
        self.double_offers += other.double_offers;
        self.unconfirmed += other.unconfirmed;
        self.registrations += other.registrations;
    }
}

/// What a flight was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Register(AgentNo),
    /// A final answer or BYE of the talk with this serial number.
    Talk(AgentNo, u64),
    /// What an agent asked for in a call: nothing depends on its answer.
    Asked,
}

/// What an agent or his phone does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Register,
    Answer,
    HangUp,
}

#[derive(Clone, Debug)]
struct Agent {
    registration: Registration,
    talk: Option<Box<Talk>>,
    /// Over for the agent, but an ACK or the answer to a BYE is still to come. At most [`KEPT_MAX`].
    kept: Vec<Talk>,
    /// Call-ID of the last call that is quite over, for requests that are repeated.
    last: Vec<u8>,
    /// His phone has vanished.
    gone: bool,
    stats: AgentStats,
}

/// Ended talks kept aside for one agent; the oldest is forgotten when another comes.
const KEPT_MAX: usize = 4;

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Desk {
    plan: DeskPlan,
    day: Arc<Day>,
    places: Arc<Directory>,
    agents: Vec<Agent>,
    by_user: Table<Vec<u8>, AgentNo>,
    flights: Flights<Sent>,
    deeds: Wheel<(AgentNo, Deed)>,
    voices: Voices,
    random: Random,
    talks: u64,
    lost: Vec<Sent>,
}

impl Desk {
    /// A desk whose phones begin to register at `opens`.
    #[must_use]
    pub fn new(plan: DeskPlan, day: Arc<Day>, places: Arc<Directory>, opens: Timestamp) -> Self {
        let mut by_user = Table::default();
        let mut deeds = Wheel::default();
        let mut at = opens;
        let agents = (0..plan.phones.len()).map(|place| {
            let agent = AgentNo::at(place);
            by_user.insert(plan.phones[place].user.clone().into_bytes(), agent);
            let timer = deeds.schedule(at, (agent, Deed::Register));
            at += plan.register_gap;
            let registration = Registration::new(timer);
            Agent {
                registration,
                talk: None,
                kept: Vec::new(),
                last: Vec::new(),
                gone: false,
                stats: AgentStats::default(),
            }
        });
        Self {
            agents: agents.collect(),
            by_user,
            deeds,
            voices: Voices::new(plan.audio.0, plan.audio.1, plan.says, plan.hears),
            flights: Flights::new(plan.timers),
            random: Random::seeded(day.seed ^ 0xDE5C),
            plan,
            day,
            places,
            talks: 0,
            lost: Vec::new(),
        }
    }

    /// How many phones are registered.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.agents.iter().filter(|agent| agent.registration.is_bound()).count()
    }

    /// How many agents are in a call or ringing.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.agents.iter().filter(|agent| agent.talk.is_some()).count()
    }

    /// What an agent has done.
    #[must_use]
    pub fn stats(&self, agent: AgentNo) -> AgentStats {
        self.agents.get(agent.index()).map(|agent| agent.stats).unwrap_or_default()
    }

    /// What all agents have done.
    #[must_use]
    pub fn total(&self) -> AgentStats {
        let mut total = AgentStats::default();
        for agent in &self.agents {
            total.add(&agent.stats);
        }
        total
    }

    /// What all agents heard.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.voices.total()
    }

    /// Where an agent's audio comes from and goes to, while he has some: for a driver that speaks for him.
    #[must_use]
    pub fn spoken(&self, agent: AgentNo) -> Option<(Local, SocketAddr)> {
        let local = self.audio(agent)?;
        Some((local, self.voices.remote(local)?))
    }

    /// Messages sent again.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.flights.repeats()
    }

    /// Whether a local belongs to the desk.
    #[must_use]
    pub fn has(&self, local: Local) -> bool {
        self.voices.has(local) || self.plan.phones.iter().any(|phone| phone.local == local)
    }

    /// An agent's phone loses its power in the middle of whatever it does: from now on it says and hears nothing,
    /// and nobody is told.
    pub fn vanish(&mut self, agent: AgentNo) {
        let Some(state) = self.agents.get_mut(agent.index()) else { return };
        state.gone = true;
        let talk = state.talk.take().map(|talk| *talk);
        let kept = std::mem::take(&mut state.kept);
        for talk in talk.into_iter().chain(kept) {
            self.close(agent, talk);
        }
        self.drop_registration(agent);
    }

    /// A datagram has come.
    pub fn receive(
        &mut self,
        now: Timestamp,
        local: Local,
        from: SocketAddr,
        bytes: &[u8],
        out: &mut Outbox,
    ) {
        if self.voices.has(local) {
            return self.voices.receive(local, from, bytes);
        }
        let Some(message) = scan(bytes) else { return };
        let (method, uri) = match message.start {
            Start::Response { status } => return self.response(now, status, &message, out),
            Start::Request { method, uri } => (method, uri),
        };
        let Some(&agent) = self.by_user.get(user(uri)) else {
            let status = if method == Method::Options { 200 } else { 404 };
            return refuse(local, from, status, method, &message, out);
        };
        if self.agents[agent.index()].gone {
            return;
        }
        match method {
            Method::Invite => self.invited(now, agent, from, &message, out),
            Method::Ack => self.confirmed(now, agent, &message),
            Method::Cancel => self.canceled(now, agent, from, &message, out),
            Method::Bye => self.hung_up_on(now, agent, from, &message, out),
            Method::Update => self.updated(now, agent, from, &message, out),
            Method::Notify => self.notified(agent, from, &message, out),
            Method::Options | Method::Info => refuse(local, from, 200, method, &message, out),
            Method::Register | Method::Refer | Method::Other => {
                refuse(local, from, 405, method, &message, out);
            }
        }
    }

    /// Lets agents answer and hang up, phones register, and repeats what was not answered.
    pub fn tick(&mut self, now: Timestamp, out: &mut Outbox) {
        self.voices.tick(now, out);
        while let Some((_, (agent, deed))) = self.deeds.pop_due(now) {
            match deed {
                Deed::Register => self.register(now, agent, out),
                Deed::Answer => self.answer(now, agent, out),
                Deed::HangUp => self.hang_up(now, agent, out),
            }
        }
        let mut lost = std::mem::take(&mut self.lost);
        self.flights.tick(now, out, &mut lost);
        for sent in lost.drain(..) {
            match sent {
                Sent::Register(agent) => self.register_failed(now, agent, 0, out),
                Sent::Talk(agent, serial) => self.unanswered(now, agent, serial, out),
                Sent::Asked => {}
            }
        }
        self.lost = lost;
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [self.deeds.next_deadline(), self.flights.next_deadline(), self.voices.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn response(&mut self, now: Timestamp, status: u16, message: &crate::scan::Scan<'_>, out: &mut Outbox) {
        match message.cseq_method {
            Method::Register => self.register_answered(now, status, message, out),
            Method::Bye if status >= 200 => {
                // RFC 3261 15.1.1: whatever the answer, the talk is over.
                let Some(&agent) = self.by_user.get(user(crate::scan::uri(message.from))) else { return };
                self.forget(agent, message.call_id);
            }
            Method::Invite | Method::Info | Method::Refer => {
                let Some(&agent) = self.by_user.get(user(crate::scan::uri(message.from))) else { return };
                self.asked(now, agent, status, message, out);
            }
            _ => {}
        }
    }

    fn sight_freed(
        &mut self,
        now: Timestamp,
        agent: AgentNo,
        talk: &Talk,
        by: Option<crate::HangsUp>,
        out: &mut Outbox,
    ) {
        let talked = talk.answered;
        out.sight(Sighting::Freed { agent, caller: talk.caller, at: now, talked, by });
    }
}

fn refuse(
    local: Local,
    from: SocketAddr,
    status: u16,
    method: Method,
    message: &crate::scan::Scan<'_>,
    out: &mut Outbox,
) {
    let name = match method {
        Method::Invite => "INVITE",
        Method::Bye => "BYE",
        Method::Cancel => "CANCEL",
        Method::Options => "OPTIONS",
        Method::Update => "UPDATE",
        Method::Info => "INFO",
        Method::Register => "REGISTER",
        Method::Refer => "REFER",
        Method::Notify => "NOTIFY",
        Method::Ack | Method::Other => return,
    };
    let allow = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY\r\n";
    out.send(local, from, |w| reply(w, status, message, name, format_args!("desk"), allow, b""));
}
