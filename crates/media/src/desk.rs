//! [`Desk`]: all sessions of one media thread, as one sans-I/O value.
//!
//! ```text
//!   command(now, …) ─▶ opens and closes ports (Out::ports), starts and stops players
//!   receive(now, port, peer, packet) ─▶ relay fast path: rewritten in place, sent in the same step
//!   tick(now) ─▶ players and mixers, every packet time; RTCP; silence
//! ```
//!
//! ```text
//!   desk/seating.rs   commands: who sits where, and what follows for relaying, playing and mixing
//!   desk/arrivals.rs  packets
//!   desk/rounds.rs    time: ticks, reports, silence
//!   desk/taping.rs    recordings: begin, keep, end, blocks
//!   desk/check.rs     what must always be true
//! ```
//!
//! A packet finds its party through a table indexed by port, and through him those who hear him: two look-ups,
//! a header of twelve bytes and a copy. Nothing is allocated once the buffers of [`Out`] have grown.
//!
//! Bounds: a port each, so at most 32,767 parties with audio, eight in a session, and 65,536 with
//! and without a port; a party beyond is refused with [`Fact::PortFailed`]. Packets are looked at up to
//! 1,500 bytes. A jitter buffer holds a quarter of a second. A session has one recording at a time, 32 kB.

mod arrivals;
mod check;
mod rounds;
mod seating;
mod taping;

use crate::beat::{BEATS, Beat};
use crate::counters::Counters;
use crate::member::{Member, MemberRef};
use crate::room::{NOBODY, Room, RoomRef};
use crate::session::{Command, Fact, SessionRef, Taped};
use crate::tape::{Tape, TapeRef};
use base::{Arena, Random, Table, Timestamp, Wheel};
use std::net::SocketAddr;

pub use crate::clip::{Clip, Clips};

/// Parties a desk keeps.
const MEMBERS_MAX: usize = 65_536;
/// Even ports there are.
const PORTS: usize = 32_768;

/// A port to open or close, RTP (even) — its RTCP neighbor goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChange {
    /// Bind it (kept open between calls by the rim; packets that wait in it are thrown away).
    Open {
        /// Port.
        port: u16,
        /// Where packets will go, so that the rim can connect the socket if it pays. For a party behind a
        /// NAT, whose address only his packets will show, unspecified (`0.0.0.0:0`, `[::]:0`): the family
        /// is right all the same.
        remote: SocketAddr,
    },
    /// Whether somebody hears what comes to the RTP port (a new one: nobody yet). What nobody hears may be read
    /// late and in batches, as long as each packet is handed over with the moment it came; before a command
    /// changes who hears whom, it is read ([`Desk::ports`]).
    Attend {
        /// Port.
        port: u16,
        /// Somebody does.
        heard: bool,
    },
    /// Nobody uses it any more. Packets of the same step (a goodbye) still go out first.
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
    /// For whoever writes recordings.
    pub taped: Vec<Taped>,
}

impl Out {
    /// The bytes of one of `packets`.
    #[must_use]
    pub fn packet(&self, packet: &Packet) -> &[u8] {
        let start = packet.start as usize;
        self.bytes.get(start..start + usize::from(packet.length)).unwrap_or_default()
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.facts.clear();
        self.packets.clear();
        self.bytes.clear();
        self.ports.clear();
        self.taped.clear();
    }
}

/// All sessions of one media thread.
///
/// The loop around it: commands and packets in, `tick` when `next_deadline` says so, and after each step
/// ports opened, packets sent, ports closed, facts and recorded blocks handed on, in this order.
///
/// ```
/// use base::{Handle, Timestamp};
/// use media::session::{Audio, ClipRef, Codec, Command, Hear, Party, PayloadType, Profile, SessionRef};
/// use media::{Clip, Desk, Out, tone};
/// use std::time::Duration;
///
/// let music = Clip::from_pcm("music", &tone::hold_music(), 8_000, 1).expect("audio");
/// let (mut desk, mut out) = (Desk::new([music].into(), 1), Out::default());
/// let audio = Audio {
///     port: 20_000,
///     remote: "192.0.2.1:4000".parse().expect("address"),
///     rtcp: None,
///     rtcp_mux: false,
///     codec: Codec::Pcma,
///     payload: PayloadType(8),
///     events: Some(PayloadType(101)),
///     packet_time: Duration::from_millis(20),
///     sends: true,
///     receives: true,
///     nated: false,
///     profile: Profile::Avp,
/// };
/// let (session, party) = (SessionRef::from_parts(0, 0), Party(0));
/// let now = Timestamp::from_millis(1_001);
/// desk.command(now, Command::Join { session, party, audio, silence: Duration::from_secs(30) }, &mut out);
/// desk.command(now, Command::Hear { session, party, hear: Hear::Loop(ClipRef(0)) }, &mut out);
/// assert_eq!(out.ports.len(), 1);
/// out.clear();
///
/// while let Some(due) = desk.next_deadline().filter(|&due| due <= Timestamp::from_millis(1_100)) {
///     desk.tick(due, &mut out);
///     for packet in &out.packets {
///         assert_eq!((packet.port, out.packet(packet).len()), (20_000, 12 + 160));
///     }
///     out.clear();
/// }
/// assert_eq!(desk.counters().played, 5);
/// ```
#[derive(Debug)]
pub struct Desk {
    clips: Clips,
    random: Random,
    sessions: Table<SessionRef, RoomRef>,
    rooms: Arena<RoomRef, Room>,
    members: Arena<MemberRef, Member>,
    tapes: Arena<TapeRef, Tape>,
    /// Who has a port, by half its number.
    ports: Vec<MemberRef>,
    beats: [Beat; BEATS],
    /// The beat of the next session.
    next_beat: usize,
    timers: Wheel<(MemberRef, Timer)>,
    counters: Counters,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Report,
    Silence,
    Key,
    /// A recording's next block; nobody's in particular.
    Tape(TapeRef),
}

impl Desk {
    /// An empty desk; `seed` draws SSRCs, first sequence numbers and timestamps.
    #[must_use]
    pub fn new(clips: Clips, seed: u64) -> Self {
        Self {
            clips,
            random: Random::seeded(seed),
            sessions: Table::seeded(seed),
            rooms: Arena::default(),
            members: Arena::default(),
            tapes: Arena::default(),
            ports: vec![NOBODY; PORTS],
            beats: std::array::from_fn(|_| Beat::new()),
            next_beat: 0,
            timers: Wheel::default(),
            counters: Counters::default(),
        }
    }

    /// Another list of clips. Who hears a clip hears from now on what has its number in the new list.
    pub fn replace_clips(&mut self, clips: Clips) {
        self.clips = clips;
    }

    /// What has been done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            sessions: self.rooms.len() as u64,
            parties: self.members.len() as u64,
            recordings: self.tapes.len() as u64,
            ..self.counters
        }
    }

    /// Do something with a session.
    pub fn command(&mut self, now: Timestamp, command: Command, out: &mut Out) {
        match command {
            Command::Join { session, party, audio, silence } => {
                self.join(now, session, party, audio, silence, out);
            }
            Command::Update { session, party, audio } => {
                if let Some(who) = self.find(session, party) {
                    self.update(now, who, audio, out);
                }
            }
            Command::Hear { session, party, hear } => {
                if let Some(who) = self.find(session, party) {
                    self.hear(now, who, hear, out);
                }
            }
            Command::Leave { session, party } => {
                if let Some(who) = self.find(session, party) {
                    self.leave(now, who, out);
                }
            }
            Command::Record { session, recording, left, right } => {
                self.record(now, session, recording, (left, right), out);
            }
            Command::Keep { session, recording, keeps } => self.keep(now, session, recording, keeps),
            Command::StopRecording { session, recording } => {
                self.stop_recording(now, session, recording, out);
            }
        }
    }

    /// A packet arrived on one of our ports (odd: RTCP).
    pub fn receive(&mut self, now: Timestamp, port: u16, peer: SocketAddr, packet: &[u8], out: &mut Out) {
        self.packet(now, port, peer, packet, out);
    }

    /// The rim could not open a port.
    pub fn port_failed(&mut self, now: Timestamp, port: u16, out: &mut Out) {
        self.lose_port(now, port, out);
    }

    /// Plays, mixes, reports: what is due at or before `now`.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        while let Some((_, (who, timer))) = self.timers.pop_due(now) {
            self.timer(now, who, timer, out);
        }
        while let Some(beat) = self.due_beat(now) {
            self.beat(now, beat, out);
        }
    }

    /// The RTP ports of a session's parties.
    pub fn ports(&self, session: SessionRef) -> impl Iterator<Item = u16> + '_ {
        let room = self.sessions.get(&session).and_then(|&room| self.rooms.get(room));
        let members = room.into_iter().flat_map(Room::members);
        members
            .filter_map(|(_, who)| self.members.get(who))
            .filter(|member| member.open)
            .map(|m| m.audio.port)
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let beat = self.beats.iter().map(|beat| beat.next).min().filter(|&next| next != Timestamp::NEVER);
        [beat, self.timers.next_deadline()].into_iter().flatten().min()
    }
}
