//! A virtual wire: endpoints and hand-written peers in virtual time, with delay, loss, duplication and
//! reordering from a seed.
//!
//! ```text
//!   Endpoint ──sends──▶ flight (time, order) ──▶ Endpoint.receive
//!   raw peer ──say────▶      │  lose, repeat, delay, split (streams)
//!                            └──▶ raw peer: heard
//! ```
//!
//! After each step every endpoint's `check()` runs. A wire that ends is asked for leaks by [`Wire::settle`].

#![allow(dead_code, unreachable_pub)] // each test file uses its own part

use base::{Random, Timestamp};
use sip::digest::Algorithm;
use sip::endpoint::{ConnectionRef, Endpoint, Note, Out, Path};
use sip::leg::{AorRef, Command, Fact, LegRef, Origin, Target, Transport};
use sip::plan::{Account, Limits, NumberRules, Plan, Secret, Timers, TrunkPlan};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// An address of the documentation networks.
pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// What the wire does to datagrams.
#[derive(Clone, Copy)]
pub struct Faults {
    pub loss: f64,
    pub repeat: f64,
    pub delay_min: Duration,
    pub delay_max: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            loss: 0.0,
            repeat: 0.0,
            delay_min: Duration::from_millis(5),
            delay_max: Duration::from_millis(5),
        }
    }
}

/// One endpoint on the wire.
pub struct Node {
    pub at: SocketAddr,
    pub sip: Endpoint,
    pub out: Out,
    /// Facts not yet read by the test.
    pub facts: Vec<Fact>,
    pub notes: Vec<Note>,
    pub lookups: Vec<sip::endpoint::Lookup>,
}

enum Flight {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    Stream { to: SocketAddr, path: Path, bytes: Vec<u8> },
    Opened { to: SocketAddr, path: Path },
}

/// Tells which datagrams are lost on purpose.
type Loser = Box<dyn FnMut(&str) -> bool>;

/// The wire.
pub struct Wire {
    pub now: Timestamp,
    pub nodes: Vec<Node>,
    pub faults: Faults,
    pub random: Random,
    /// Datagrams that arrived at addresses without an endpoint.
    pub heard: Vec<(Timestamp, SocketAddr, SocketAddr, String)>,
    /// First lines of everything sent, with times: for failure messages.
    pub ladder: Vec<String>,
    flight: BTreeMap<(Timestamp, u64), Flight>,
    order: u64,
    loser: Option<Loser>,
    streams: BTreeMap<(SocketAddr, SocketAddr), ConnectionRef>,
    connections: u64,
    stream_free: BTreeMap<(SocketAddr, SocketAddr), Timestamp>,
    next_leg: u64,
}

impl Wire {
    pub fn new(seed: u64) -> Self {
        Self {
            now: Timestamp::from_secs(1),
            nodes: Vec::new(),
            faults: Faults::default(),
            random: Random::seeded(seed),
            heard: Vec::new(),
            ladder: Vec::new(),
            flight: BTreeMap::new(),
            order: 0,
            loser: None,
            streams: BTreeMap::new(),
            connections: 0,
            stream_free: BTreeMap::new(),
            next_leg: 0,
        }
    }

    /// Puts an endpoint on the wire; returns its number.
    pub fn join(&mut self, plan: Plan) -> usize {
        let at = plan.listen[0].1;
        let seed = [self.random.bits(), self.random.bits(), self.random.bits(), self.random.bits()];
        self.nodes.push(Node {
            at,
            sip: Endpoint::new(plan, seed),
            out: Out::default(),
            facts: Vec::new(),
            notes: Vec::new(),
            lookups: Vec::new(),
        });
        let node = self.nodes.len() - 1;
        let now = self.now;
        self.step(node, |sip, out| sip.tick(now, out));
        node
    }

    /// Loses the datagrams that `loser` says.
    pub fn lose(&mut self, loser: impl FnMut(&str) -> bool + 'static) {
        self.loser = Some(Box::new(loser));
    }

    /// Loses the first `count` datagrams that contain all of `words`.
    pub fn lose_first(&mut self, count: usize, words: &'static [&'static str]) {
        let mut left = count;
        self.lose(move |text| {
            let hit = left > 0 && words.iter().all(|word| text.contains(word));
            left -= usize::from(hit);
            hit
        });
    }

    /// Lets an endpoint do something and takes what it says.
    pub fn step(&mut self, node: usize, act: impl FnOnce(&mut Endpoint, &mut Out)) {
        let mut out = std::mem::take(&mut self.nodes[node].out);
        act(&mut self.nodes[node].sip, &mut out);
        self.nodes[node].sip.check();
        for send in &out.sends {
            let bytes = out.bytes[send.bytes.clone()].to_vec();
            self.launch(send.path.transport, send.path.local, send.path.peer, &bytes);
        }
        self.nodes[node].facts.append(&mut out.facts);
        self.nodes[node].notes.append(&mut out.notes);
        self.nodes[node].lookups.append(&mut out.lookups);
        out.clear();
        self.nodes[node].out = out;
    }

    /// Gives a command.
    pub fn command(&mut self, node: usize, command: Command) {
        let now = self.now;
        self.step(node, |sip, out| sip.command(now, command, out));
    }

    fn launch(&mut self, transport: Transport, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lost = self.loser.as_mut().is_some_and(|loser| loser(&text));
        let line = text.lines().next().unwrap_or("");
        self.ladder.push(format!("{} {from} → {to}{} {line}", self.now, if lost { " ✗" } else { "" }));
        if transport != Transport::Udp {
            self.launch_stream(transport, from, to, bytes);
            return;
        }
        if lost || self.random.chance(self.faults.loss) {
            return;
        }
        let copies = 1 + u32::from(self.random.chance(self.faults.repeat));
        for _ in 0..copies {
            let at = self.now + self.delay();
            self.fly(at, Flight::Datagram { from, to, bytes: bytes.to_vec() });
        }
    }

    fn launch_stream(&mut self, transport: Transport, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let mut free = self.stream_free.get(&(from, to)).copied().unwrap_or(self.now).max(self.now);
        free += Duration::from_millis(2);
        if !self.streams.contains_key(&(from, to)) {
            for (local, peer) in [(from, to), (to, from)] {
                self.connections += 1;
                let connection = ConnectionRef::from_bits(self.connections);
                self.streams.insert((local, peer), connection);
                let path = Path { transport, local, peer, connection: Some(connection) };
                self.fly(free, Flight::Opened { to: local, path });
            }
            free += Duration::from_millis(2);
        }
        // A stream keeps the order and may be cut anywhere.
        let mut rest = bytes;
        while !rest.is_empty() {
            let cut = 1 + self.random.below(rest.len() as u64) as usize;
            let (piece, after) = rest.split_at(cut);
            rest = after;
            let connection = Some(self.streams[&(to, from)]);
            let path = Path { transport, local: to, peer: from, connection };
            free += Duration::from_micros(100);
            self.fly(free, Flight::Stream { to, path, bytes: piece.to_vec() });
        }
        self.stream_free.insert((from, to), free);
    }

    /// Ends the stream between two addresses; both sides notice now.
    pub fn hang_up_stream(&mut self, one: SocketAddr, other: SocketAddr) {
        for (local, peer) in [(one, other), (other, one)] {
            if let Some(connection) = self.streams.remove(&(local, peer)) {
                let path = Path { transport: Transport::Tcp, local, peer, connection: Some(connection) };
                let now = self.now;
                if let Some(node) = self.nodes.iter().position(|node| node.at == local) {
                    self.step(node, |sip, out| sip.connection(now, &path, false, out));
                }
            }
        }
    }

    fn delay(&mut self) -> Duration {
        let span = (self.faults.delay_max - self.faults.delay_min).as_nanos() as u64;
        self.faults.delay_min + Duration::from_nanos(self.random.below(span + 1))
    }

    fn fly(&mut self, at: Timestamp, flight: Flight) {
        self.order += 1;
        self.flight.insert((at, self.order), flight);
    }

    /// A hand-written peer sends a datagram. Lines are joined by CRLF.
    pub fn say(&mut self, from: SocketAddr, to: SocketAddr, text: &str) {
        self.launch(Transport::Udp, from, to, text.as_bytes());
    }

    /// Runs until `until`.
    pub fn run_until(&mut self, until: Timestamp) {
        loop {
            let flight = self.flight.first_key_value().map(|((at, _), _)| *at);
            let due =
                self.nodes.iter().enumerate().filter_map(|(n, node)| Some((node.sip.next_deadline()?, n)));
            let due = due.min();
            let flies = flight.is_some_and(|at| at <= until && due.is_none_or(|(due, _)| at <= due));
            if flies {
                let ((at, _), flight) = self.flight.pop_first().unwrap();
                self.now = self.now.max(at);
                self.land(flight);
            } else if let Some((at, node)) = due.filter(|(at, _)| *at <= until) {
                self.now = self.now.max(at);
                let now = self.now;
                self.step(node, |sip, out| sip.tick(now, out));
                let next = self.nodes[node].sip.next_deadline();
                assert!(next.is_none_or(|next| next > now), "tick left something due");
            } else {
                self.now = until;
                return;
            }
        }
    }

    /// Runs for a while.
    pub fn run(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Runs for some milliseconds.
    pub fn run_ms(&mut self, millis: u64) {
        self.run(Duration::from_millis(millis));
    }

    fn land(&mut self, flight: Flight) {
        let now = self.now;
        match flight {
            Flight::Datagram { from, to, bytes } => {
                let path = Path { transport: Transport::Udp, local: to, peer: from, connection: None };
                match self.nodes.iter().position(|node| node.at == to) {
                    Some(node) => self.step(node, |sip, out| sip.receive(now, &path, &bytes, out)),
                    None => {
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        self.heard.push((now, from, to, text));
                    }
                }
            }
            Flight::Stream { to, path, bytes } => match self.nodes.iter().position(|node| node.at == to) {
                Some(node) => self.step(node, |sip, out| sip.receive(now, &path, &bytes, out)),
                None => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.heard.push((now, path.peer, to, text));
                }
            },
            Flight::Opened { to, path } => {
                if let Some(node) = self.nodes.iter().position(|node| node.at == to) {
                    self.step(node, |sip, out| sip.connection(now, &path, true, out));
                }
            }
        }
    }

    /// Takes the facts an endpoint has told.
    pub fn facts(&mut self, node: usize) -> Vec<Fact> {
        std::mem::take(&mut self.nodes[node].facts)
    }

    /// Takes the datagrams a hand-written peer has heard.
    pub fn heard_at(&mut self, at: SocketAddr) -> Vec<String> {
        let (mine, others) = std::mem::take(&mut self.heard).into_iter().partition(|entry| entry.2 == at);
        self.heard = others;
        let mine: Vec<(Timestamp, SocketAddr, SocketAddr, String)> = mine;
        mine.into_iter().map(|entry| entry.3).collect()
    }

    /// A fresh reference for an egress leg.
    pub fn fresh_leg(&mut self) -> LegRef {
        self.next_leg += 1;
        LegRef(self.next_leg)
    }

    /// Runs 64 × T1 and a little: then nothing of a call may be left anywhere.
    pub fn settle(&mut self) {
        self.run(Duration::from_secs(45));
        for node in 0..self.nodes.len() {
            let counters = self.nodes[node].sip.counters();
            assert_eq!(
                (counters.legs, counters.transactions_of_calls()),
                (0, 0),
                "endpoint {node} leaks:\n{}\n{:#?}",
                self.ladder.join("\n"),
                self.nodes[node].sip
            );
        }
    }
}

/// A plan that listens on one address, over UDP and TCP.
pub fn plan(at: &str) -> Plan {
    Plan {
        listen: vec![(Transport::Udp, addr(at)), (Transport::Tcp, addr(at))],
        advertised: None,
        realm: "city.example".into(),
        digests: vec![Algorithm::Sha256, Algorithm::Md5],
        trunks: Vec::new(),
        accounts: Vec::new(),
        limits: Limits::default(),
        timers: Timers::default(),
        carries: Vec::new(),
        product: "Sujie".into(),
    }
}

/// A trunk to `host` that matches its address.
pub fn trunk(name: &str, host: &str) -> TrunkPlan {
    let at = addr(host);
    TrunkPlan {
        name: name.into(),
        networks: vec![(at.ip(), if at.is_ipv4() { 32 } else { 128 })],
        host: at.ip().to_string(),
        port: Some(at.port()),
        transport: Some(Transport::Udp),
        inbound_digest: None,
        outbound_digest: None,
        register_as: None,
        register_expires: Duration::from_secs(300),
        options_every: Duration::ZERO,
        numbers: NumberRules::default(),
        trusted: true,
    }
}

/// A phone account.
pub fn account(user: &str) -> Account {
    Account { user: user.into(), secret: Secret { user: user.into(), password: format!("{user}-secret") } }
}

/// A phone: an endpoint whose only trunk is the centre, with which it registers as `user`.
pub fn phone(at: &str, centre: &str, user: &str) -> Plan {
    let mut plan = plan(at);
    let mut trunk = trunk("centre", centre);
    trunk.register_as = Some(user.into());
    trunk.outbound_digest = Some(account(user).secret);
    plan.realm = "phone.example".into();
    plan.trunks.push(trunk);
    plan
}

/// An SDP-like body that tells who wrote it.
pub fn sdp(who: &str) -> Box<[u8]> {
    format!("v=0\r\no={who} 1 1 IN IP4 192.0.2.1\r\ns=-\r\n").into_bytes().into()
}

/// Invites a number over a trunk.
pub fn invite_trunk(leg: LegRef, number: &str, offer: Box<[u8]>) -> Command {
    Command::Invite {
        leg,
        to: Target::Trunk { trunk: sip::leg::TrunkRef(0), number: number.into() },
        caller: base::Private::new("13851234567".into()),
        caller_name: String::new(),
        offer,
        ring: Duration::from_secs(60),
        headers: Vec::new(),
    }
}

/// Invites a phone account.
pub fn invite_aor(leg: LegRef, aor: u32, offer: Box<[u8]>) -> Command {
    Command::Invite {
        leg,
        to: Target::Aor(AorRef(aor)),
        caller: base::Private::new("13851234567".into()),
        caller_name: "Li".into(),
        offer,
        ring: Duration::from_secs(20),
        headers: vec![("X-Call-Ref".into(), "call#7".into())],
    }
}

/// The leg of the first `Invited` among facts.
pub fn invited(facts: &[Fact]) -> Option<LegRef> {
    facts.iter().find_map(|fact| match fact {
        Fact::Invited { leg, .. } => Some(*leg),
        _ => None,
    })
}

/// Names of facts, in order: what a scenario compares.
pub fn names(facts: &[Fact]) -> Vec<String> {
    facts
        .iter()
        .map(|fact| match fact {
            Fact::Invited { invite, .. } => {
                let from = match invite.origin {
                    Origin::Trunk(_) => "trunk",
                    Origin::Aor(_) => "aor",
                };
                format!("invited {} from {from}", invite.called)
            }
            Fact::Confirmed { .. } => "confirmed".into(),
            Fact::Ringing { status, .. } => format!("ringing {status}"),
            Fact::Answered { .. } => "answered".into(),
            Fact::Offered { offer, .. } => {
                if offer.is_some() {
                    "offered".into()
                } else {
                    "offered late".into()
                }
            }
            Fact::Reanswered { .. } => "reanswered".into(),
            Fact::ReofferRefused { status, .. } => format!("reoffer refused {status}"),
            Fact::Key { digit, .. } => format!("key {digit}"),
            Fact::Referred { refer, .. } => {
                let how = if refer.replaces.is_some() { "attended" } else { "blind" };
                format!("referred {how} to {}", refer.to)
            }
            Fact::Released { status, by, .. } => format!("released {by:?} {status}"),
            Fact::AorBound { contacts, .. } => format!("bound {contacts}"),
            Fact::AorLost { why, .. } => format!("lost {why:?}"),
            Fact::TrunkUp { .. } => "trunk up".into(),
            Fact::TrunkDown { status, .. } => format!("trunk down {status}"),
        })
        .collect()
}
