//! The carrier: one trunk address from which all callers of the day call.
//!
//! ```text
//!            arrival            100/180/183          200              agent answers (Town)
//!   (nobody) ───────▶ Calling ─────────────▶ Calling ────▶ Connected ─────────────────────▶ Connected, talking
//!                       │ patience ends                      │ patience ends                   │ talk ends (he hangs up)
//!                       ▼                                    ▼                                 ▼ or BYE from the engine
//!                   Canceling ──── 487 ──▶ over            Leaving ──── 200 to BYE ──▶ over
//! ```
//!
//! The Call-ID names the call's slot, so no table of Call-IDs is needed, and a request about a call that is
//! over can be told from one about a call that never was. Bounds: [`CarrierPlan::calls_max`] calls at once; an
//! arrival beyond it is not made and counted in [`Carrier::skipped`].

mod call;
mod dialog;

use crate::compose::reply;
use crate::day::{Day, HangsUp, Person};
use crate::flights::{Flights, Timers};
use crate::outbox::{Directory, Local, Outbox};
use crate::scan::{Method, Scan, Start, scan};
use crate::voice::{Heard, Sound, Voices};
use base::{Arena, Table, Timestamp, Wheel};
use call::{Call, Deed};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

base::handle!(LineRef, "line", "A caller's call at the carrier.");

/// What a carrier needs to know.
#[derive(Clone, Debug)]
pub struct CarrierPlan {
    /// The trunk's address.
    pub local: Local,
    /// Where INVITEs go.
    pub engine: SocketAddr,
    /// Addresses of the callers' audio: the first and how many. With none, all callers show `sink`.
    pub audio: (Local, u32),
    /// Where audio goes that nobody listens to.
    pub sink: Local,
    /// What callers say.
    pub says: Sound,
    /// What the agents say, to know it when it is heard.
    pub hears: Sound,
    /// Calls at once.
    pub calls_max: usize,
    /// RFC 3261 timers.
    pub timers: Timers,
    /// When the first caller calls.
    pub opens: Timestamp,
}

/// How a call ended, as the caller saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After a talk with an agent, by one of the two.
    Talked(HangsUp),
    /// He lost patience after the call was answered, waiting.
    GaveUp,
    /// He lost patience before it was answered: CANCEL and 487.
    Canceled,
    /// A final answer other than 2xx.
    Refused(u16),
    /// The engine hung up on somebody who had not talked with an agent.
    HungUpOn,
    /// No final answer to INVITE, CANCEL or BYE in 64·T1, or an agent left and the engine did not follow.
    NoAnswer,
    /// He vanished, as the plan said.
    Vanished,
}

impl End {
    /// Whether the call went as its plan said.
    #[must_use]
    pub fn is_clean(self) -> bool {
        !matches!(self, Self::Refused(_) | Self::HungUpOn | Self::NoAnswer)
    }
}

/// A call of the day, as the carrier saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Who.
    pub n: u64,
    /// Which number, by its place in the day's list.
    pub number: usize,
    /// When he was to call. Latencies count from here, so a late generator cannot hide a slow engine.
    pub scheduled: Timestamp,
    /// When the INVITE left.
    pub invited: Timestamp,
    /// First 100.
    pub trying: Option<Timestamp>,
    /// First other provisional answer.
    pub ringing: Option<Timestamp>,
    /// 200.
    pub answered: Option<Timestamp>,
    /// An agent answered.
    pub met: Option<Timestamp>,
    /// Over.
    pub ended: Timestamp,
    /// How.
    pub end: End,
    /// What he heard.
    pub heard: Heard,
}

/// Sums over all calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CarrierStats {
    /// INVITEs sent, retransmissions not counted.
    pub offered: u64,
    /// Calls that ended clean ([`End::is_clean`]).
    pub clean: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Of these: refused with 503.
    pub unavailable: u64,
    /// Calls in which an agent was met.
    pub met: u64,
    /// Messages that fit no call of ours.
    pub strays: u64,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Carrier {
    plan: CarrierPlan,
    day: Arc<Day>,
    places: Arc<Directory>,
    calls: Arena<LineRef, Call>,
    persons: Table<u64, LineRef>,
    /// Calls of those who vanished: whatever still comes for them stays without an answer.
    gone: Table<u64, ()>,
    flights: Flights<LineRef>,
    deeds: Wheel<(LineRef, Deed)>,
    voices: Voices,
    free_audio: Vec<Local>,
    next: Option<Person>,
    next_at: Timestamp,
    stats: CarrierStats,
    skipped: u64,
    closed: bool,
    lost: Vec<LineRef>,
    text: String,
}

impl Carrier {
    /// A carrier that has not opened yet.
    #[must_use]
    pub fn new(plan: CarrierPlan, day: Arc<Day>, places: Arc<Directory>) -> Self {
        let first = (day.calls > 0).then(|| day.person(0));
        let (audio, count) = plan.audio;
        Self {
            voices: Voices::new(audio, count, plan.says, plan.hears),
            free_audio: (0..count).rev().map(|place| Local(audio.0 + place)).collect(),
            flights: Flights::new(plan.timers),
            next_at: plan.opens + first.map_or(Duration::ZERO, |person| person.gap),
            next: first,
            plan,
            day,
            places,
            calls: Arena::default(),
            persons: Table::default(),
            gone: Table::default(),
            deeds: Wheel::default(),
            stats: CarrierStats::default(),
            skipped: 0,
            closed: false,
            lost: Vec::new(),
            text: String::new(),
        }
    }

    /// Sets the moment from which callers call, before the first one has.
    pub fn open(&mut self, at: Timestamp) {
        if let Some(first) = self.next.filter(|person| person.n == 0) {
            self.next_at = at + first.gap;
        }
    }

    /// Nobody calls any more; calls in progress go on.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether all calls of the day have been made and are over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.calls.is_empty() && (self.closed || self.next.is_none())
    }

    /// Calls in progress.
    #[must_use]
    pub fn in_progress(&self) -> usize {
        self.calls.len()
    }

    /// Sums.
    #[must_use]
    pub fn stats(&self) -> CarrierStats {
        self.stats
    }

    /// Arrivals that were not made because [`CarrierPlan::calls_max`] calls were in progress.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Messages sent again.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.flights.repeats()
    }

    /// What all callers heard.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.voices.total()
    }

    /// Where a person's audio comes from and goes to, while he has some: for a driver that speaks for him.
    #[must_use]
    pub fn spoken(&self, n: u64) -> Option<(Local, SocketAddr)> {
        let local = self.calls.get(*self.persons.get(&n)?)?.audio?;
        Some((local, self.voices.remote(local)?))
    }

    /// Whether a local belongs to the carrier.
    #[must_use]
    pub fn has(&self, local: Local) -> bool {
        local == self.plan.local || self.voices.has(local)
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
        if local != self.plan.local {
            return self.voices.receive(local, from, bytes);
        }
        let Some(message) = scan(bytes) else { return };
        match message.start {
            Start::Response { status } => self.response(now, status, &message, out),
            Start::Request { method, .. } => self.request(now, method, from, &message, out),
        }
    }

    /// Lets callers call, lose patience and hang up, and repeats what was not answered.
    pub fn tick(&mut self, now: Timestamp, out: &mut Outbox) {
        self.voices.tick(now, out);
        while let Some((_, (line, deed))) = self.deeds.pop_due(now) {
            self.deed(now, line, deed, out);
        }
        let mut lost = std::mem::take(&mut self.lost);
        self.flights.tick(now, out, &mut lost);
        for line in lost.drain(..) {
            self.end(now, line, End::NoAnswer, out);
        }
        self.lost = lost;
        while !self.closed && self.next_at <= now {
            let Some(person) = self.next else { break };
            let scheduled = self.next_at;
            let following = person.n + 1;
            self.next = (following < self.day.calls).then(|| self.day.person(following));
            self.next_at += self.next.map_or(Duration::ZERO, |next| next.gap);
            if self.calls.len() < self.plan.calls_max {
                self.invite(now, scheduled, person, out);
            } else {
                self.skipped += 1;
            }
        }
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let arrival = (self.next.is_some() && !self.closed).then_some(self.next_at);
        [arrival, self.deeds.next_deadline(), self.flights.next_deadline(), self.voices.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn line_of(&self, call_id: &[u8]) -> Option<LineRef> {
        let text = std::str::from_utf8(call_id).ok()?;
        let (name, _) = text.split_once('@')?;
        let mut parts = name.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let (bits, seed) = (parts.next()??, parts.next()??);
        (seed == self.day.seed).then_some(LineRef::from_bits(bits))
    }

    fn request(
        &mut self,
        now: Timestamp,
        method: Method,
        from: SocketAddr,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let line = self.line_of(message.call_id);
        if let Some(line) = line
            && self.calls.get(line).is_some()
        {
            return self.in_dialog(now, line, method, from, message, out);
        }
        if line.is_some_and(|line| self.gone.contains(&line.bits())) {
            return;
        }
        let (status, name) = match method {
            Method::Ack => return,
            Method::Options => (200, "OPTIONS"),
            // The call is over and this repeats what was answered before: our 200 may have been lost.
            Method::Bye => (if line.is_some() { 200 } else { 481 }, "BYE"),
            Method::Invite => (if line.is_some() { 481 } else { 480 }, "INVITE"),
            Method::Update => (481, "UPDATE"),
            Method::Info => (481, "INFO"),
            Method::Cancel => (481, "CANCEL"),
            Method::Refer => (603, "REFER"),
            Method::Notify => (481, "NOTIFY"),
            Method::Register => (405, "REGISTER"),
            Method::Other => return,
        };
        self.stats.strays += u64::from(method != Method::Options && line.is_none());
        out.send(self.plan.local, from, |w| {
            reply(
                w,
                status,
                message,
                name,
                format_args!("carrier"),
                "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\n",
                b"",
            );
        });
    }
}
