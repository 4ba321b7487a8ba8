//! The words between the engine and the audio path: sessions, parties, commands and facts.
//!
//! ```text
//! Join ─▶ party (port, remote, codec) ─▶ Hear (clip, or other parties) ─▶ … ─▶ Leave
//! Update ─▶ after a renegotiation        facts: ClipEnded, Key, Silent, Left(report)
//! Record ─▶ Keep (speech, silence, tone) ─▶ StopRecording          what is kept: Taped
//! ```
//!
//! The sender of commands mints sessions and chooses ports; a party is a slot of its session.

use base::Timestamp;
use std::net::SocketAddr;
use std::time::Duration;

base::handle!(SessionRef, "session", "The audio of one call.");
base::handle!(RecordingRef, "recording", "A recording; minted by whoever has it begun.");
base::index!(ClipRef, "clip", "A prompt or music, by its place in the list that was loaded.");

/// A party: its slot in the session, 0 to 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(pub u8);

/// A set of parties of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parties(pub u8);

impl Parties {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// One party.
    #[must_use]
    pub const fn one(party: Party) -> Self {
        Self(1 << (party.0 & 7))
    }

    /// With a further party.
    #[must_use]
    pub const fn with(self, party: Party) -> Self {
        Self(self.0 | 1 << (party.0 & 7))
    }

    /// Without a party.
    #[must_use]
    pub const fn without(self, party: Party) -> Self {
        Self(self.0 & !(1 << (party.0 & 7)))
    }

    /// With others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether a party is in it.
    #[must_use]
    pub const fn contains(self, party: Party) -> bool {
        self.0 & (1 << (party.0 & 7)) != 0
    }
}

/// RTP payload type number, 0 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(pub u8);

/// An audio codec that the path can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// G.722, 16 kHz sampled, RTP clock 8 kHz (RFC 3551 4.5.2): passed through only.
    G722,
}

/// How packets are protected on the wire; a value of each party, so that browsers need no second kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// RTP/AVP.
    Avp,
}

/// What was negotiated for one party's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Our port (RTP; RTCP is on the next one unless multiplexed).
    pub port: u16,
    /// Where his audio goes; RTCP to the next port unless `rtcp` says otherwise.
    pub remote: SocketAddr,
    /// Where his RTCP goes (RFC 3605), when it is not the port after `remote`.
    pub rtcp: Option<SocketAddr>,
    /// RTP and RTCP share the port (RFC 5761).
    pub rtcp_mux: bool,
    /// Codec both ways.
    pub codec: Codec,
    /// Its payload type in packets to him and from him.
    pub payload: PayloadType,
    /// telephone-event payload type (RFC 4733), when negotiated.
    pub events: Option<PayloadType>,
    /// Packet time we send.
    pub packet_time: Duration,
    /// We may send to him (his direction includes recv).
    pub sends: bool,
    /// He may send to us.
    pub receives: bool,
    /// Behind a NAT: latch once onto the source of his first packet.
    pub nated: bool,
    /// Protection.
    pub profile: Profile,
}

/// What a party hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hear {
    /// Nothing is sent.
    Nothing,
    /// A clip from its start, once; [`Fact::ClipEnded`] follows.
    Once(ClipRef),
    /// A clip over and over; all who hear the same one share one player.
    Loop(ClipRef),
    /// These parties, mixed when more than one.
    Parties(Parties),
}

/// What is kept of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeps {
    /// All of it.
    #[default]
    Speech,
    /// Nothing: the recording is silent meanwhile.
    Silence,
    /// Nothing: a tone of 1 kHz stands in its place, so that a listener hears that something was left out.
    Tone,
}

/// What the audio path shall do. Commands for sessions or parties that are gone are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A party joins a session (the first one opens it).
    Join {
        /// Minted by the sender.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// What was negotiated.
        audio: Audio,
        /// No packet for this long while we expect them: [`Fact::Silent`], once; zero for never.
        silence: Duration,
    },
    /// A renegotiation changed his audio; sequence, timestamps and SSRC go on.
    Update {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// New values.
        audio: Audio,
    },
    /// What he hears from now on. Sequence, timestamps and SSRC go on, with a marker at a talk spurt.
    Hear {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// What.
        hear: Hear,
    },
    /// A party leaves; [`Fact::Left`] follows. The last one closes the session, which ends its recording.
    Leave {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
    },
    /// From now on what the parties of a session say is kept, in two channels. A recording of another name that runs
    /// in the session ends; one of the same name goes on with these parties.
    Record {
        /// Session; one without parties has nothing to record.
        session: SessionRef,
        /// Name.
        recording: RecordingRef,
        /// Who is on the first channel.
        left: Parties,
        /// Who is on the second channel, added up; who is on both is on the first. Parties who are not in the session
        /// yet are recorded when they have joined.
        right: Parties,
    },
    /// Another thing is kept from now on: of what is said, not of what comes in. Speech is kept again 100 ms later, for
    /// what is still on its way.
    Keep {
        /// Session.
        session: SessionRef,
        /// Which recording; another one than the one that runs is left alone.
        recording: RecordingRef,
        /// What.
        keeps: Keeps,
    },
    /// A recording ends.
    StopRecording {
        /// Session.
        session: SessionRef,
        /// Which; another one than the one that runs is left alone.
        recording: RecordingRef,
    },
}

impl Command {
    /// The session that it is about.
    #[must_use]
    pub const fn session(&self) -> SessionRef {
        match *self {
            Self::Join { session, .. }
            | Self::Update { session, .. }
            | Self::Hear { session, .. }
            | Self::Leave { session, .. }
            | Self::Record { session, .. }
            | Self::Keep { session, .. }
            | Self::StopRecording { session, .. } => session,
        }
    }
}

/// What is kept of a recording, in order: `Begun`, `Sound` without gaps, `Ended`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taped {
    /// It begins.
    Begun {
        /// Which.
        recording: RecordingRef,
        /// When.
        at: Timestamp,
    },
    /// A block of it.
    Sound {
        /// Which.
        recording: RecordingRef,
        /// Samples of each channel before it.
        from: u64,
        /// G.711 A-law, 8 kHz, first and second channel in turns.
        sound: Vec<u8>,
    },
    /// It has ended.
    Ended {
        /// Which.
        recording: RecordingRef,
        /// Samples of each channel.
        length: u64,
    },
}

/// What was measured of one party's audio (RFC 3550 6.4), for the call record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Packets from him.
    pub packets_received: u64,
    /// Packets to him.
    pub packets_sent: u64,
    /// Packets of his that never came.
    pub lost: u64,
    /// Packets of ours that he says never came.
    pub lost_remote: u64,
    /// Interarrival jitter of his packets, last value.
    pub jitter: Duration,
    /// Largest jitter seen.
    pub jitter_max: Duration,
    /// Round trip from RTCP, last value; zero when never known.
    pub round_trip: Duration,
    /// Packets from elsewhere than the negotiated or latched address, not counted above.
    pub strangers: u64,
}

/// What the audio path has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A clip that was to be heard once has ended.
    ClipEnded {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// Which.
        clip: ClipRef,
    },
    /// A digit (RFC 4733, or tones of ITU-T Q.23 where no telephone-event was negotiated and he hears no party),
    /// once per key press.
    Key {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// Nothing came from him for as long as `Join` allowed.
    Silent {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
    },
    /// The port could not be opened; nothing is sent or heard.
    PortFailed {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// Which.
        port: u16,
    },
    /// A party has left; this is what was measured, and its port is free again.
    Left {
        /// Session.
        session: SessionRef,
        /// Slot.
        party: Party,
        /// Its port.
        port: u16,
        /// Measurements.
        report: Report,
    },
}
