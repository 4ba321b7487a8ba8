//! [`Leg`]: one party's side of a call as the engine keeps it: its dialog, its audio and its SDP.
//!
//! ```text
//!   dialog   (Planned ─▶) Early ─▶ Answered ─▶ Confirmed ─▶ Releasing ─▶ Over        (Fact::Released: to Over from any)
//!   sound    Closed ─▶ Reserved(port) ─▶ Open(audio) ─▶ Closing(port) ─▶ Closed        (Fact::Left)
//! ```
//!
//! A leg is done when its dialog is over and its sound is closed; only then is its port free. Its slot names it in the
//! call's session: the caller's is the first, whoever comes takes the lowest that is free.

use crate::sdp::{Agreed, Codecs, Local, Terms};
use acd::AgentRef;
use media::session::{Audio, Codec, Hear, Party};
use sip::leg::LegRef;
use std::time::Duration;

/// The caller's slot in the session of his call.
pub const CALLER: Party = Party(0);
/// Slots in a session.
pub const SLOTS: u8 = 8;

/// Whose leg it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The caller's.
    Caller,
    /// That of the agent who is rung or talks, or of the number outside in his place.
    Agent,
    /// That of somebody who was asked into the talk.
    Guest,
    /// The agent's second, over which he consults.
    Line,
    /// Its part in the call is over; only its end is awaited.
    Departed,
    /// That of this agent, whose offer is over; only its end is awaited.
    Withdrawn(AgentRef),
}

/// How far the signalling of a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// A leg of ours for which no INVITE has gone out yet: a caller who is called back, and an agent comes first.
    Planned,
    /// Not answered.
    Early,
    /// Our 2xx is sent; its ACK is awaited, and until then no re-INVITE may follow it (RFC 3261 section 14.1).
    Answered,
    /// The ACK is sent or received.
    Confirmed,
    /// We told it to end; its `Released` is awaited.
    Releasing,
    /// It has ended.
    Over,
}

/// How far the audio of a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// No port.
    Closed,
    /// A port stands in our SDP, nothing is negotiated.
    Reserved(u16),
    /// In the session.
    Open(Audio),
    /// Told to leave; its measurements are awaited.
    Closing(u16),
}

impl Sound {
    /// The port that it holds.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Closed => None,
            Self::Reserved(port) | Self::Closing(port) => Some(*port),
            Self::Open(audio) => Some(audio.port),
        }
    }
}

/// Up to three codecs in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    list: [Codec; 3],
    count: u8,
}

impl Preference {
    /// In the order given; what comes twice or a fourth time is dropped.
    pub fn of(codecs: impl IntoIterator<Item = Codec>) -> Self {
        let mut preference = Self { list: [Codec::Pcma; 3], count: 0 };
        for codec in codecs {
            let count = usize::from(preference.count);
            if count < 3 && !preference.list[..count].contains(&codec) {
                preference.list[count] = codec;
                preference.count += 1;
            }
        }
        preference
    }

    /// The codecs.
    #[must_use]
    pub fn as_slice(&self) -> &[Codec] {
        &self.list[..usize::from(self.count)]
    }
}

/// One party's side of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Its name towards SIP.
    pub leg: LegRef,
    /// Its place in the session.
    pub slot: Party,
    /// Signalling.
    pub dialog: Dialog,
    /// Audio.
    pub sound: Sound,
    /// What it was last told to hear.
    pub hears: Hear,
    /// Our side of its SDP.
    pub local: Local,
    /// Codecs of ours that the peer listed when he was last asked.
    pub listed: Codecs,
    /// An offer of ours that waits for its answer, and the codecs in it.
    pub asked: Option<Preference>,
    /// The answer in its 18x, which a 200 without SDP stands by (RFC 6337 section 2.2).
    pub early: Option<Box<[u8]>>,
    /// The peer sits behind a NAT.
    pub nated: bool,
    /// He was silent while he need not have sent anything.
    pub quiet: bool,
}

impl Leg {
    /// A leg that has just begun.
    #[must_use]
    pub fn new(leg: LegRef, slot: Party, local: Local, nated: bool) -> Self {
        Self {
            leg,
            slot,
            dialog: Dialog::Early,
            sound: Sound::Closed,
            hears: Hear::Nothing,
            local,
            listed: Codecs::default(),
            asked: None,
            early: None,
            nated,
            quiet: false,
        }
    }

    /// Nothing more will be heard of it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.dialog == Dialog::Over && self.sound == Sound::Closed
    }

    /// Its signalling can still be told something.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.dialog, Dialog::Early | Dialog::Answered | Dialog::Confirmed)
    }

    /// A 2xx has been sent or received.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(self.dialog, Dialog::Answered | Dialog::Confirmed)
    }

    /// What was negotiated, while it is in the session.
    #[must_use]
    pub const fn audio(&self) -> Option<&Audio> {
        match &self.sound {
            Sound::Open(audio) => Some(audio),
            _ => None,
        }
    }

    /// What we bring to a negotiation on this leg.
    #[must_use]
    pub fn terms<'a>(&self, port: u16, codecs: &'a [Codec], packet_time: Duration) -> Terms<'a> {
        Terms { codecs, port, address: self.local.address, packet_time, nated: self.nated }
    }

    /// Keeps what was agreed. The caller of this tells the audio path (`Join` or `Update`).
    pub fn keep(&mut self, agreed: &Agreed) -> Audio {
        self.listed = agreed.listed;
        self.asked = None;
        self.sound = Sound::Open(agreed.audio);
        agreed.audio
    }
}
