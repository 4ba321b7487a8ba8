//! The engine's thread: the one loop in which every decision is made.
//!
//! ```text
//!            ┌──────────────── one step ────────────────┐
//! UDP ──────▶│ sip::Endpoint ──facts──▶ call::Engine    │──▶ UDP (sendmmsg, once per step)
//! rings ────▶│       ▲                     │  │  │      │
//! deadlines ▶│       └────leg commands─────┘  │  │      │
//!            └───────────────────┼────────────┼──┼──────┘
//!            inputs ─▶ journal ◀──┘            │  │
//!                     media commands ring ◀───┘  └───▶ events ring (read by the report each 100 ms)
//! ```
//!
//! SIP runs on the engine's own thread: a hand-over between threads wakes a sleeper for 10 to 12 µs, some
//! twenty times a call, which is several times the work itself. When one core is not enough, further signalling threads take Call-IDs by shard and speak to this one by rings, as media
//! threads, streams, names and requests do now. Nothing here takes a lock or waits for anybody.

use crate::clock::Clock;
use crate::journal::Recorded;
use crate::net::dns::Answer;
use crate::net::doorbell::Doorbell;
use crate::net::outlet::Outlet;
use crate::net::streams::{Arrival, Departure};
use crate::net::udp::UdpSockets;
use base::{Handle, Ring, Timestamp};
use call::event::Stamped;
use call::{Input, Out, Request, RequestId};
use media::session::{Command as MediaCommand, Fact as MediaFact};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use sip::endpoint::{Endpoint, Lookup, Note, Out as SipOut};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Batches taken from one socket before the rings get their turn.
const BATCHES_PER_TURN: usize = 4;
/// Values taken from one ring per turn.
const PER_TURN: usize = 1_024;
/// A datagram that waited longer than this in the kernel says that we are behind: new calls get 503 until
/// the wait has halved. A fifth of T1, so that retransmissions have not begun.
const LAG_MAX: Duration = Duration::from_millis(100);
/// Rounds of sending within a step, when failures make SIP write again.
const SEND_ROUNDS: usize = 4;
/// How often counters go to the report.
const TELEMETRY_EVERY: Duration = Duration::from_secs(1);
/// Epoll token of the doorbell; sockets have their position.
const BELL: u64 = u64::MAX;

/// Upper bounds of the step-time histogram, in nanoseconds.
pub const STEP_BOUNDS: [u64; 10] =
    [2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000, 100_000_000];

/// What the engine's thread tells the report from time to time.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// SIP's counters.
    pub sip: sip::counters::Counters,
    /// Steps by duration: counts per bound of [`STEP_BOUNDS`], and above the last.
    pub steps: [u64; STEP_BOUNDS.len() + 1],
    /// Time spent in steps.
    pub busy: Duration,
    /// Longest that a datagram has waited in the kernel since the last telemetry.
    pub lag: Duration,
    /// New calls are being refused because we are behind.
    pub overloaded: bool,
    /// Events lost because the report stood still.
    pub events_lost: u64,
}

/// Threads that this one talks to.
pub struct Neighbors {
    /// Woken by everybody who gives us something.
    pub bell: Doorbell,
    /// To each media thread.
    pub media: Vec<Outlet<MediaCommand>>,
    /// From each media thread.
    pub media_facts: Vec<Ring<MediaFact>>,
    /// From streams.
    pub arrivals: Ring<Arrival>,
    /// To streams.
    pub departures: Outlet<Departure>,
    /// To the resolver.
    pub lookups: Outlet<Lookup>,
    /// From the resolver.
    pub answers: Ring<Answer>,
    /// From HTTP and the operator.
    pub requests: Ring<(RequestId, Request)>,
    /// To the report.
    pub events: Outlet<Stamped>,
    /// To the report.
    pub telemetry: Ring<Telemetry>,
    /// Calls in progress, for whoever waits for a graceful stop.
    pub calls: Arc<AtomicUsize>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
}

/// The loop's belongings.
pub struct EngineLoop {
    clock: Clock,
    udp: UdpSockets,
    endpoint: Endpoint,
    engine: Recorded,
    neighbors: Neighbors,
    sip_out: SipOut,
    out: Out,
    lag: Duration,
    overloaded: bool,
    steps: [u64; STEP_BOUNDS.len() + 1],
    busy: Duration,
    next_telemetry: Timestamp,
}

impl EngineLoop {
    /// A loop over bound sockets.
    pub fn new(
        clock: Clock,
        udp: UdpSockets,
        endpoint: Endpoint,
        engine: Recorded,
        neighbors: Neighbors,
    ) -> Self {
        Self {
            clock,
            udp,
            endpoint,
            engine,
            neighbors,
            sip_out: SipOut::default(),
            out: Out::default(),
            lag: Duration::ZERO,
            overloaded: false,
            steps: Default::default(),
            busy: Duration::ZERO,
            next_telemetry: Timestamp::START,
        }
    }

    /// Hears what an earlier run has left, before any call can come.
    pub fn remember(&mut self, requests: Vec<(RequestId, Request)>) {
        for (at, (id, request)) in requests.into_iter().enumerate() {
            self.input(Input::Request(id, request));
            if at % PER_TURN == PER_TURN - 1 {
                self.flush();
            }
        }
        self.flush();
    }

    /// Runs until the process stops.
    ///
    /// # Errors
    /// What the kernel says when waiting itself fails.
    pub fn run(mut self) -> io::Result<()> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(self.neighbors.bell.fd(), EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        for (index, fd) in self.udp.fds().enumerate() {
            epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
        }
        let mut ready = [EpollEvent::empty(); 16];
        while !self.neighbors.stop.load(Ordering::Relaxed) {
            let count = self.wait(&epoll, &mut ready)?;
            let woken = self.clock.now();
            for event in &ready[..count] {
                if event.data() != BELL {
                    self.read_socket(event.data() as usize);
                }
            }
            self.read_rings();
            self.fire_deadlines();
            self.flush();
            self.note_step(woken);
        }
        self.engine.finish();
        Ok(())
    }

    fn wait(&mut self, epoll: &Epoll, ready: &mut [EpollEvent]) -> io::Result<usize> {
        let now = self.clock.now();
        let (endpoint, engine) = (&self.endpoint, &self.engine);
        let due = [endpoint.next_deadline(), engine.next_deadline(), engine.flush_due()];
        let due =
            due.into_iter().chain([Some(self.next_telemetry)]).flatten().min().unwrap_or(Timestamp::NEVER);
        // Rounded up to the millisecond that epoll can wait: no deadline of SIP or a call is finer.
        let millis = due.since(now).as_nanos().div_ceil(1_000_000);
        self.neighbors.bell.arm();
        let behind = self.neighbors.waiting();
        let timeout = if behind { 0 } else { u16::try_from(millis).unwrap_or(1_000).min(1_000) };
        let count = match epoll.wait(ready, EpollTimeout::from(timeout)) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        self.neighbors.bell.quiet();
        if count == 0 {
            // Nothing waited for us: the lag is over.
            self.heed_lag(Duration::ZERO);
        }
        Ok(count)
    }

    fn read_socket(&mut self, index: usize) {
        for _ in 0..BATCHES_PER_TURN {
            let Self { clock, udp, endpoint, engine, sip_out, out, .. } = self;
            let taken = udp.receive(index, |path, bytes| {
                let now = clock.now();
                endpoint.receive(now, path, bytes, sip_out);
                settle(now, endpoint, engine, sip_out, out);
            });
            match taken {
                Ok((0, _)) => break,
                Ok((count, waited)) => {
                    self.heed_lag(waited.unwrap_or_default());
                    self.flush_datagrams();
                    if count < crate::net::mmsg::BATCH {
                        break;
                    }
                }
                // An ICMP error about an earlier datagram; the transaction's timer will tell.
                Err(error) => tracing::debug!(%error, "receiving failed"),
            }
        }
    }

    fn heed_lag(&mut self, waited: Duration) {
        self.lag = self.lag.max(waited);
        let limit = if self.overloaded { LAG_MAX / 2 } else { LAG_MAX };
        let overloaded = waited > limit || self.neighbors.behind();
        if overloaded != self.overloaded {
            self.overloaded = overloaded;
            self.endpoint.overloaded(overloaded);
        }
    }

    fn read_rings(&mut self) {
        for worker in 0..self.neighbors.media_facts.len() {
            for _ in 0..PER_TURN {
                let Some(fact) = self.neighbors.media_facts[worker].pop() else { break };
                self.input(Input::Media(fact));
            }
        }
        for _ in 0..PER_TURN {
            let Some(arrival) = self.neighbors.arrivals.pop() else { break };
            let now = self.clock.now();
            match arrival {
                Arrival::Open(path) => self.endpoint.connection(now, &path, true, &mut self.sip_out),
                Arrival::Bytes(path, bytes) => {
                    self.endpoint.receive(now, &path, &bytes, &mut self.sip_out);
                }
                Arrival::Closed(path) => self.endpoint.connection(now, &path, false, &mut self.sip_out),
                Arrival::Failed(peer) => self.endpoint.send_failed(now, peer, &mut self.sip_out),
            }
            settle(now, &mut self.endpoint, &mut self.engine, &mut self.sip_out, &mut self.out);
        }
        for _ in 0..PER_TURN {
            let Some(answer) = self.neighbors.answers.pop() else { break };
            let now = self.clock.now();
            self.endpoint.resolved(now, answer.id, &answer.found, &mut self.sip_out);
            settle(now, &mut self.endpoint, &mut self.engine, &mut self.sip_out, &mut self.out);
        }
        for _ in 0..PER_TURN {
            let Some((id, request)) = self.neighbors.requests.pop() else { break };
            if request == Request::Drain {
                self.endpoint.drain();
            }
            self.input(Input::Request(id, request));
        }
    }

    fn input(&mut self, input: Input) {
        let now = self.clock.now();
        self.engine.handle(now, input, &mut self.out);
        settle(now, &mut self.endpoint, &mut self.engine, &mut self.sip_out, &mut self.out);
    }

    fn fire_deadlines(&mut self) {
        let now = self.clock.now();
        if self.endpoint.next_deadline().is_some_and(|due| due <= now) {
            self.endpoint.tick(now, &mut self.sip_out);
        }
        self.engine.tick(now, &mut self.out);
        settle(now, &mut self.endpoint, &mut self.engine, &mut self.sip_out, &mut self.out);
    }

    /// Everything that the step produced goes out.
    fn flush(&mut self) {
        self.flush_datagrams();
        let workers = self.neighbors.media.len();
        for command in self.out.media.drain(..) {
            self.neighbors.media[command.session().index() as usize % workers].push(command);
        }
        self.neighbors.media.iter_mut().for_each(Outlet::flush);
        self.engine.flush(self.clock.now(), &self.out.events);
        self.out.events.drain(..).for_each(|event| self.neighbors.events.push(event));
        self.neighbors.events.flush();
        self.sip_out.lookups.drain(..).for_each(|lookup| self.neighbors.lookups.push(lookup));
        self.neighbors.lookups.flush();
        self.neighbors.departures.flush();
        self.neighbors.calls.store(self.engine.calls(), Ordering::Relaxed);
        for note in self.sip_out.notes.drain(..) {
            self.neighbors.tell(&note);
        }
        let now = self.clock.now();
        if now >= self.next_telemetry {
            self.next_telemetry = now + TELEMETRY_EVERY;
            // A full ring means that the report is behind; the next second brings newer figures anyway.
            let _ = self.neighbors.telemetry.push(Telemetry {
                sip: self.endpoint.counters().clone(),
                steps: self.steps,
                busy: self.busy,
                lag: std::mem::take(&mut self.lag),
                overloaded: self.overloaded,
                events_lost: self.neighbors.events.dropped(),
            });
        }
    }

    /// Sends what SIP wrote: datagrams in batches, streams through their ring. A send that fails may make SIP
    /// write again (the next contact, the next host), so this repeats a few times.
    fn flush_datagrams(&mut self) {
        for _ in 0..SEND_ROUNDS {
            if self.sip_out.sends.is_empty() {
                return;
            }
            let unreachable = self.send_once();
            for peer in unreachable {
                let now = self.clock.now();
                self.endpoint.send_failed(now, peer, &mut self.sip_out);
                settle(now, &mut self.endpoint, &mut self.engine, &mut self.sip_out, &mut self.out);
            }
        }
    }

    fn send_once(&mut self) -> Vec<SocketAddr> {
        for send in self.sip_out.sends.drain(..) {
            if send.path.transport == sip::leg::Transport::Udp {
                self.udp.send(&send.path, send.bytes);
            } else {
                let bytes = self.sip_out.bytes[send.bytes].into();
                self.neighbors.departures.push(Departure::Bytes(send.path, bytes));
            }
        }
        let mut unreachable = Vec::new();
        self.udp.flush(&self.sip_out.bytes, |peer, error| {
            // A full socket buffer is loss like any other: retransmission mends it (RFC 3261 17).
            if error.kind() != io::ErrorKind::WouldBlock {
                tracing::debug!(%peer, %error, "sending failed");
                unreachable.push(peer);
            }
        });
        self.sip_out.bytes.clear();
        unreachable
    }

    fn note_step(&mut self, woken: Timestamp) {
        let took = self.clock.now().since(woken);
        self.busy += took;
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = STEP_BOUNDS.iter().position(|bound| nanos <= *bound).unwrap_or(STEP_BOUNDS.len());
        self.steps[bucket] += 1;
    }
}

impl Neighbors {
    /// Something waits in a ring of ours, or in an outlet that could not be emptied.
    fn waiting(&self) -> bool {
        self.media_facts.iter().any(|ring| ring.depth() > 0)
            || self.arrivals.depth() > 0
            || self.answers.depth() > 0
            || self.requests.depth() > 0
    }

    /// A neighbor does not keep up: take on less.
    fn behind(&self) -> bool {
        self.media.iter().any(Outlet::behind) || self.events.behind() || self.departures.behind()
    }

    fn tell(&mut self, note: &Note) {
        match *note {
            Note::Close(connection) => {
                self.departures.push(Departure::Close(connection));
                self.departures.flush();
            }
            Note::Banned { peer, why } => tracing::warn!(%peer, why, "source is dropped silently for a time"),
            Note::AuthenticationFailed { peer } => tracing::info!(%peer, "authentication failed"),
            Note::Refused { peer, status, why } => tracing::debug!(%peer, status, why, "request refused"),
        }
    }
}

/// Passes facts to the engine and its commands back until both are quiet.
fn settle(now: Timestamp, endpoint: &mut Endpoint, engine: &mut Recorded, sip: &mut SipOut, out: &mut Out) {
    loop {
        for fact in sip.facts.drain(..) {
            engine.handle(now, Input::Sip(fact), out);
        }
        if out.legs.is_empty() {
            return;
        }
        for command in out.legs.drain(..) {
            endpoint.command(now, command, sip);
        }
    }
}
