//! The centre in virtual time: SIP, engine, audio and report, wired as the process wires them.
//!
//! ```text
//!             ┌──────────────── one step ────────────────┐
//! datagrams ─▶│ sip::Endpoint ──facts──▶ call::Engine    │──▶ wire
//! deadlines ─▶│       ▲                     │  │  │      │
//!             │       └────leg commands─────┘  │  │      │
//!             └────────────────────────────────┼──┼──────┘
//!                 media::Desk ◀── ring, lag ───┘  └──▶ report::Report, Ledger
//!                     └───────── ring, lag ──▶ engine
//! ```
//!
//! It follows `node::engine_loop`: facts and leg commands go back and forth until both are quiet; audio lives
//! behind rings and hears of things a little later; the report reads every event.

use crate::ledger::Ledger;
use crate::recording::{self, Recording};
use crate::setup::Setup;
use crate::wire::Wire;
use base::{Random, Timestamp};
use call::{Engine, Input, Request, RequestId};
use media::PortChange;
use media::session::{Command as MediaCommand, Fact as MediaFact};
use report::Report;
use sip::endpoint::{Endpoint, Path};
use sip::leg::Transport;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

/// See the module's head.
pub struct VirtualCentre {
    /// SIP.
    pub sip: Endpoint,
    /// Calls and distribution.
    pub engine: Engine,
    /// The journal of its inputs, when one is kept.
    pub recording: Option<Recording>,
    /// Audio.
    pub desk: media::Desk,
    /// Counting.
    pub report: Report,
    /// Records opened and closed so far.
    pub records: (u64, u64),
    at: SocketAddr,
    lag: Duration,
    commands: VecDeque<(Timestamp, MediaCommand)>,
    facts: VecDeque<(Timestamp, MediaFact)>,
    /// Ports that are open.
    open: BTreeSet<u16>,
    requests: u64,
    sip_out: sip::endpoint::Out,
    out: call::Out,
    desk_out: media::Out,
    report_out: report::Out,
}

impl VirtualCentre {
    /// A centre in which nothing has happened.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut random = Random::seeded(setup.seed ^ 0xCE17);
        let keys = std::array::from_fn(|_| random.bits());
        let seed = random.bits();
        Self {
            sip: Endpoint::new(setup.sip(), keys),
            engine: Engine::new(setup.call(), seed),
            recording: setup.recorded.map(|numbers| Recording::begin(setup.call(), seed, numbers)),
            desk: media::Desk::new(setup.clips().into(), random.bits()),
            report: Report::new(setup.report()),
            records: (0, 0),
            at: setup.engine(),
            lag: setup.media_lag,
            commands: VecDeque::new(),
            facts: VecDeque::new(),
            open: BTreeSet::new(),
            requests: 0,
            sip_out: sip::endpoint::Out::default(),
            out: call::Out::default(),
            desk_out: media::Out::default(),
            report_out: report::Out::default(),
        }
    }

    /// A datagram has come. Says whether it was signalling.
    pub fn receive(&mut self, now: Timestamp, to: SocketAddr, from: SocketAddr, bytes: &[u8]) -> bool {
        if to == self.at {
            let path = Path { transport: Transport::Udp, local: to, peer: from, connection: None };
            self.sip.receive(now, &path, bytes, &mut self.sip_out);
            self.settle(now);
            return true;
        }
        if self.open.contains(&(to.port() & !1)) {
            self.desk.receive(now, to.port(), from, bytes, &mut self.desk_out);
            self.hear(now);
        }
        false
    }

    /// Somebody asks for something.
    pub fn request(&mut self, now: Timestamp, request: Request) {
        self.requests += 1;
        if request == Request::Drain {
            self.sip.drain();
        }
        let input = Input::Request(RequestId::from_bits(self.requests), request);
        recording::handle(&mut self.engine, self.recording.as_mut(), now, input, &mut self.out);
        self.settle(now);
    }

    /// Fires what is due. Says whether more than audio was.
    ///
    /// # Panics
    /// When something is still due afterwards: it would be due for ever.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let mut more = false;
        while self.commands.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, command)) = self.commands.pop_front() {
                self.desk.command(now, command, &mut self.desk_out);
            }
        }
        if is_due(self.desk.next_deadline(), now) {
            self.desk.tick(now, &mut self.desk_out);
        }
        self.hear(now);
        while self.facts.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, fact)) = self.facts.pop_front() {
                let Self { engine, recording, out, .. } = self;
                recording::handle(engine, recording.as_mut(), now, Input::Media(fact), out);
                self.settle(now);
                more = true;
            }
        }
        if is_due(self.sip.next_deadline(), now) {
            self.sip.tick(now, &mut self.sip_out);
            more = true;
        }
        if is_due(self.engine.next_deadline(), now) {
            recording::tick(&mut self.engine, self.recording.as_mut(), now, &mut self.out);
            more = true;
        }
        self.settle(now);
        if is_due(self.report.next_deadline(), now) {
            self.report.tick(now, &mut self.report_out);
            more = true;
        }
        assert!(!is_due(self.next_deadline(), now), "something stays due at {now}: {}", self.deadlines());
        more
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let commands = self.commands.front().map(|(at, _)| *at);
        let facts = self.facts.front().map(|(at, _)| *at);
        [
            commands,
            facts,
            self.sip.next_deadline(),
            self.engine.next_deadline(),
            self.desk.next_deadline(),
            self.report.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn deadlines(&self) -> String {
        format!(
            "sip {:?}, engine {:?}, desk {:?}, report {:?}",
            self.sip.next_deadline(),
            self.engine.next_deadline(),
            self.desk.next_deadline(),
            self.report.next_deadline()
        )
    }

    /// Passes facts to the engine and its commands back until both are quiet.
    fn settle(&mut self, now: Timestamp) {
        loop {
            for fact in self.sip_out.facts.drain(..) {
                let Self { engine, recording, out, .. } = self;
                recording::handle(engine, recording.as_mut(), now, Input::Sip(fact), out);
            }
            if self.out.legs.is_empty() {
                break;
            }
            for command in self.out.legs.drain(..) {
                self.sip.command(now, command, &mut self.sip_out);
            }
        }
        let at = now + self.lag;
        self.commands.extend(self.out.media.drain(..).map(|command| (at, command)));
    }

    /// Opens and closes ports as the rim does; what audio has seen goes into the ring.
    fn hear(&mut self, now: Timestamp) {
        for change in self.desk_out.ports.drain(..) {
            match change {
                PortChange::Open { port, .. } => self.open.insert(port),
                PortChange::Close { port } => self.open.remove(&port),
                PortChange::Attend { .. } => true,
            };
        }
        let at = now + self.lag;
        self.facts.extend(self.desk_out.facts.drain(..).map(|fact| (at, fact)));
    }

    /// Everything that the step produced goes out.
    pub fn flush(&mut self, now: Timestamp, wire: &mut Wire, sink: SocketAddr, ledger: &mut Ledger) {
        for send in self.sip_out.sends.drain(..) {
            wire.launch(now, send.path.local, send.path.peer, &self.sip_out.bytes[send.bytes]);
        }
        self.sip_out.clear();
        for packet in &self.desk_out.packets {
            // Audio that nobody listens to is most of all datagrams.
            if packet.peer.ip() != sink.ip() {
                let from = SocketAddr::new(self.at.ip(), packet.port);
                wire.launch(now, from, packet.peer, self.desk_out.packet(packet));
            }
        }
        self.desk_out.clear();
        if let Some(recording) = &mut self.recording {
            recording.told(&self.out.events);
        }
        for event in self.out.events.drain(..) {
            self.report.fold(&event, &mut self.report_out);
            ledger.event(&event);
        }
        self.records.0 += self.report_out.opened.len() as u64;
        self.records.1 += self.report_out.closed.len() as u64;
        self.report_out.clear();
    }

    /// Every invariant of signalling, engine, distributor and report.
    ///
    /// # Panics
    /// When one does not hold.
    pub fn check(&self) {
        self.sip.check();
        self.engine.check().expect("the engine's invariants hold");
        self.report.check().expect("the counters add up");
    }

    /// The invariants of audio: slower than the others.
    ///
    /// # Panics
    /// When one does not hold.
    pub fn check_audio(&self) {
        self.desk.check().expect("the invariants of audio hold");
    }

    /// Nothing of any call is left anywhere.
    ///
    /// # Panics
    /// When something is.
    pub fn check_empty(&self, now: Timestamp) {
        let sip = self.sip.counters();
        assert_eq!(
            (sip.legs, sip.transactions_of_calls()),
            (0, 0),
            "legs and transactions are left: {:#?}",
            self.sip
        );
        assert_eq!(self.engine.calls(), 0, "calls are left: {:#?}", self.engine);
        let audio = self.desk.counters();
        assert_eq!((audio.sessions, audio.parties), (0, 0), "audio is left");
        assert!(self.open.is_empty(), "ports are open: {:?}", self.open);
        assert!(self.commands.is_empty() && self.facts.is_empty(), "the rings are not empty");
        let counters = self.report.total().counters;
        assert_eq!((counters.waiting, counters.greeting), (0, 0), "callers are left: {counters:?}");
        let board = self.report.board(now);
        assert_eq!((board.calls, board.strays, board.missed), (0, 0, 0));
        assert_eq!(self.records.0, self.records.1, "each record that was opened is closed");
    }
}

fn is_due(deadline: Option<Timestamp>, now: Timestamp) -> bool {
    deadline.is_some_and(|at| at <= now)
}
