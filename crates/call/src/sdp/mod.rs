//! SDP for audio: what a body says, what we say back, and what both together mean for the audio path.
//!
//! ```text
//!   peer's offer ──parse──▶ Session ──negotiate::answer──▶ Agreed ──answer::write──▶ our answer
//!   our offer    ──offer::write──▶ … peer's answer ──parse──▶ Session ──negotiate::accept──▶ Agreed
//!                                                   Agreed.audio ──▶ media::session
//! ```
//!
//! The parser is linear in the body, borrows from it and bounds everything ([`BYTES_MAX`], [`LINES_MAX`],
//! [`FORMATS_MAX`]); it is as tolerant as RFC 8866 section 5 lets it be, because carriers' session border
//! controllers are not. What cannot be used is refused with a [`Refusal`] that knows its SIP status.
//!
//! Never knows: calls, legs, ports' owners, RTP packets.

pub mod answer;
pub mod negotiate;
pub mod offer;
pub mod parse;
mod write;

pub use negotiate::{Agreed, Terms};
pub use parse::{Format, Media, ParseError, Session};

use media::session::Codec;
use std::net::IpAddr;

/// Longest body that is read.
pub const BYTES_MAX: usize = 8 * 1024;
/// Most media descriptions (`m=`) of a body.
pub const LINES_MAX: usize = 32;
/// Most formats of one media description.
pub const FORMATS_MAX: usize = 64;

/// Which way audio flows, seen from whoever wrote the body (RFC 3264 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways; also when nothing is said.
    #[default]
    SendRecv,
    /// The writer only sends: a hold, usually.
    SendOnly,
    /// The writer only listens.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// From whether the writer sends and listens.
    #[must_use]
    pub const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer listens.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same stream seen from the other side: what an answer says (RFC 3264 section 6.1).
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// The attribute's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// A set of codecs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codecs(u8);

impl Codecs {
    /// With a further codec.
    #[must_use]
    pub const fn with(self, codec: Codec) -> Self {
        Self(self.0 | Self::bit(codec))
    }

    /// Whether a codec is in it.
    #[must_use]
    pub const fn contains(self, codec: Codec) -> bool {
        self.0 & Self::bit(codec) != 0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn bit(codec: Codec) -> u8 {
        match codec {
            Codec::Pcma => 1,
            Codec::Pcmu => 2,
            Codec::G722 => 4,
        }
    }
}

/// Our side of one leg's session description: what the `o=` and `c=` lines of everything we say there share.
///
/// RFC 3264 section 5: the version goes up by one whenever the description changes, and only then. So the
/// last body is kept, and a body that says the same is sent with the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Session id of the `o=` line; 31 bits, because some peers read no more.
    pub id: u32,
    /// Session version of what was said last.
    pub version: u32,
    /// Our address.
    pub address: IpAddr,
    /// What was said last; empty before the first word.
    said: Box<[u8]>,
}

impl Local {
    /// A leg about which nothing has been said yet.
    #[must_use]
    pub fn new(id: u32, address: IpAddr) -> Self {
        Self { id: id & 0x7FFF_FFFF, version: 1, address, said: Box::default() }
    }

    /// What was said last: the 200 repeats what the 183 said.
    #[must_use]
    pub fn said(&self) -> &[u8] {
        &self.said
    }

    /// Writes a description; the version moves when it differs from the last one.
    pub fn say(&mut self, write: impl Fn(&Self, &mut Vec<u8>)) -> Box<[u8]> {
        let mut body = Vec::with_capacity(320);
        write(self, &mut body);
        if !self.said.is_empty() && *self.said != *body {
            self.version = self.version.wrapping_add(1);
            body.clear();
            write(self, &mut body);
        }
        self.said = body.into_boxed_slice();
        self.said.clone()
    }
}

/// Why a description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not SDP.
    Malformed(ParseError),
    /// No audio stream over plain RTP is in it (browsers, mandatory SRTP, video only, T.38).
    NoUsableAudio,
    /// Audio is there, but no codec of ours.
    NoCommonCodec,
    /// The stream has no address, a host name instead of one, or one of another family than ours.
    Address,
}

impl Refusal {
    /// The SIP status that says so: 400 for what cannot be read, 488 for what cannot be met
    /// (RFC 3261 sections 21.4.1 and 21.4.26).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NoUsableAudio | Self::NoCommonCodec | Self::Address => 488,
        }
    }
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "unreadable SDP: {error}"),
            Self::NoUsableAudio => f.write_str("no audio over plain RTP offered"),
            Self::NoCommonCodec => f.write_str("no codec in common (A-law, mu-law or G.722)"),
            Self::Address => f.write_str("no usable connection address"),
        }
    }
}
