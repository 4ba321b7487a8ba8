//! [`Endpoint`]: the whole of SIP as one sans-I/O value.
//!
//! ```text
//!   node::net ──receive(path, bytes)──▶ ┌──────────┐ ──facts──▶ call::Engine
//!   node::net ──connection(…)─────────▶ │ Endpoint │ ──sends──▶ node::net
//!   call ───────command(…)────────────▶ │          │ ──lookups▶ node::dns ──resolved(…)──┐
//!   clock ──────tick(now)─────────────▶ └──────────┘ ◀────────────────────────────────────┘
//! ```
//!
//! Never knows: sockets, clocks, what a body means, agents.

use crate::leg::{Command, Fact, Transport};
use crate::plan::Plan;
use base::Timestamp;
use std::net::SocketAddr;

base::handle!(ConnectionRef, "connection", "A stream connection; minted by whoever accepts or opens it.");

/// Where a message came from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// Transport.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The stream it runs over; `None` on UDP, or when a new connection must be opened to `peer`.
    pub connection: Option<ConnectionRef>,
}

/// One thing for the wire: `bytes` is a range of [`Out::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Where to.
    pub path: Path,
    /// Range in [`Out::bytes`].
    pub bytes: std::ops::Range<usize>,
}

/// A name to look up (RFC 3263); the answer comes back by [`Endpoint::resolved`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Names the question in the answer.
    pub id: u64,
    /// Host name.
    pub host: String,
    /// Port, when given: then only A/AAAA are asked.
    pub port: Option<u16>,
    /// Transport, when given.
    pub transport: Option<Transport>,
}

/// Something worth a log line or a counter that is not a leg's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A source is dropped silently from now on.
    Banned {
        /// Who.
        peer: std::net::IpAddr,
        /// Why, in words.
        why: &'static str,
    },
    /// A request was refused before any state existed (status 503, 400, 403, 404…).
    Refused {
        /// Who.
        peer: SocketAddr,
        /// What was answered; 0 for silence.
        status: u16,
        /// Why, in words.
        why: &'static str,
    },
    /// A digest failed.
    AuthenticationFailed {
        /// Who.
        peer: SocketAddr,
    },
    /// A connection is not wanted any more.
    Close(ConnectionRef),
}

/// What a step produced. Reused between steps; the reader clears it.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// For `call`.
    pub facts: Vec<Fact>,
    /// For the wire, in order.
    pub sends: Vec<Send>,
    /// The bytes that `sends` point into.
    pub bytes: Vec<u8>,
    /// For the resolver.
    pub lookups: Vec<Lookup>,
    /// For log and metrics.
    pub notes: Vec<Note>,
}

impl Out {
    /// Empties everything, keeping the room.
    pub fn clear(&mut self) {
        self.facts.clear();
        self.sends.clear();
        self.bytes.clear();
        self.lookups.clear();
        self.notes.clear();
    }
}

/// The SIP side of the engine.
#[derive(Debug)]
pub struct Endpoint {
    plan: Plan,
}

impl Endpoint {
    /// An endpoint for a plan; `seed` keys tags, branches, nonces and tables (secret: from the system).
    #[must_use]
    pub fn new(plan: Plan, seed: [u64; 4]) -> Self {
        let _ = seed;
        Self { plan }
    }

    /// Bytes arrived: one datagram on UDP, any piece of the stream on a connection.
    pub fn receive(&mut self, now: Timestamp, path: &Path, bytes: &[u8], out: &mut Out) {
        let _ = (now, path, bytes, out, &self.plan);
    }

    /// A stream was accepted or opened (`open`), or ended.
    pub fn connection(&mut self, now: Timestamp, path: &Path, open: bool, out: &mut Out) {
        let _ = (now, path, open, out);
    }

    /// A send could not be done (connection refused, unreachable): RFC 3261 8.1.3.1.
    pub fn send_failed(&mut self, now: Timestamp, peer: SocketAddr, out: &mut Out) {
        let _ = (now, peer, out);
    }

    /// A lookup was answered; empty when nothing was found. Best first.
    pub fn resolved(&mut self, now: Timestamp, id: u64, found: &[(Transport, SocketAddr)], out: &mut Out) {
        let _ = (now, id, found, out);
    }

    /// Do something with a leg.
    pub fn command(&mut self, now: Timestamp, command: Command, out: &mut Out) {
        let _ = (now, command, out);
    }

    /// Fires what is due at or before `now`.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        let _ = (now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// No new calls from now on (503), registrations and running calls go on: graceful stop.
    pub fn drain(&mut self) {}

    /// Engine lag seen by the node; above the limit new INVITEs get 503.
    pub fn overloaded(&mut self, yes: bool) {
        let _ = yes;
    }
}
