//! [`Desk`]: all sessions of one media thread, as one sans-I/O value.
//!
//! ```text
//!   command(now, …) ─▶ opens and closes ports (Out::ports), starts and stops players
//!   receive(now, port, peer, packet) ─▶ relay fast path: rewritten in place, sent in the same step
//!   tick(now) ─▶ players and mixers, every packet time; RTCP; silence
//! ```

use crate::session::{Command, Fact};
use base::Timestamp;
use std::net::SocketAddr;
use std::sync::Arc;

/// Clips as loaded: one list, shared by all desks, replaced whole.
pub type Clips = Arc<[Clip]>;

/// A clip converted at load for each codec that can play it: 8 kHz mono, A-law and µ-law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clip {
    /// Name in the configuration.
    pub name: String,
    /// A-law samples.
    pub pcma: Vec<u8>,
    /// µ-law samples.
    pub pcmu: Vec<u8>,
}

/// A port to open or close, RTP (even) — its RTCP neighbor goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChange {
    /// Bind it (kept open between calls by the rim; packets that wait in it are thrown away).
    Open {
        /// Port.
        port: u16,
        /// Where packets will go, so that the rim can connect the socket if it pays.
        remote: SocketAddr,
    },
    /// Nobody uses it any more.
    Close {
        /// Port.
        port: u16,
    },
}

/// One packet for the wire: `bytes` is a range of [`Out::bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// From this port of ours.
    pub port: u16,
    /// To here.
    pub peer: SocketAddr,
    /// Start in [`Out::bytes`].
    pub start: u32,
    /// Length.
    pub length: u16,
}

/// What a step produced. Reused; the reader clears it.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// For the engine.
    pub facts: Vec<Fact>,
    /// For the wire.
    pub packets: Vec<Packet>,
    /// Bytes of `packets`.
    pub bytes: Vec<u8>,
    /// For the rim.
    pub ports: Vec<PortChange>,
}

/// All sessions of one media thread.
#[derive(Debug)]
pub struct Desk {
    clips: Clips,
}

impl Desk {
    /// An empty desk; `seed` draws SSRCs, first sequence numbers and timestamps.
    #[must_use]
    pub fn new(clips: Clips, seed: u64) -> Self {
        let _ = seed;
        Self { clips }
    }

    /// Do something with a session.
    pub fn command(&mut self, now: Timestamp, command: Command, out: &mut Out) {
        let _ = (now, command, out, &self.clips);
    }

    /// A packet arrived on one of our ports (odd: RTCP).
    pub fn receive(&mut self, now: Timestamp, port: u16, peer: SocketAddr, packet: &[u8], out: &mut Out) {
        let _ = (now, port, peer, packet, out);
    }

    /// The rim could not open a port.
    pub fn port_failed(&mut self, now: Timestamp, port: u16, out: &mut Out) {
        let _ = (now, port, out);
    }

    /// Plays, mixes, reports: what is due at or before `now`.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        let _ = (now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }
}
