//! The reader: a body becomes a [`Session`] that borrows from it.
//!
//! ```text
//!   bytes ─ lines ─┬─ before the first m= ─▶ session level (connection, direction)
//!                  └─ after an m= ─────────▶ that media description; RTP formats with their rtpmap
//! ```
//!
//! One pass. Lines may end in CRLF or LF; unknown types and attributes are passed over (RFC 8866 section 5);
//! a missing `s=`, `t=` or `o=` is forgiven, because gateways leave them out. A name in `s=` or `u=` that is
//! not UTF-8 is none of our business. What decides about audio (`m=`, `c=`) must be right.

use super::{BYTES_MAX, Direction, FORMATS_MAX, LINES_MAX};
use std::net::IpAddr;
use std::time::Duration;

/// A whole description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// Session-level address; streams without their own use it.
    pub connection: Connection,
    /// Session-level direction; streams without their own use it.
    pub direction: Option<Direction>,
    /// The streams, in order: an answer must have as many (RFC 3264 section 6).
    pub media: Vec<Media<'a>>,
}

/// What a `c=` line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Nothing was said.
    #[default]
    Missing,
    /// An address; unspecified (0.0.0.0 or ::) is the hold of RFC 2543.
    At(IpAddr),
    /// A host name or another network: allowed, but not looked up by us.
    Foreign,
}

/// One media description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media<'a> {
    /// `audio`, `video`, `image`, …
    pub kind: &'a str,
    /// Port; 0 for a stream that is refused or gone.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `udptl`, …
    pub protocol: &'a str,
    /// The format list as written, to be echoed when the stream is refused.
    pub formats_text: &'a str,
    /// RTP payload types with what is known of them, in the writer's order; empty unless over RTP.
    pub formats: Vec<Format>,
    /// Its own address.
    pub connection: Connection,
    /// Its own direction.
    pub direction: Option<Direction>,
    /// Packet time the writer wants to receive.
    pub packet_time: Option<Duration>,
    /// Longest packet time the writer can receive.
    pub packet_time_max: Option<Duration>,
    /// RFC 3605: where its RTCP goes, when not one above.
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// RFC 5761.
    pub rtcp_mux: bool,
}

/// One RTP payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its number, 0 to 127.
    pub payload: u8,
    /// What it is, by rtpmap or, without one, by RFC 3551's static table.
    pub encoding: Encoding,
}

/// What a payload type means, as far as we care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
    /// G.722 (RTP clock 8000, RFC 3551 section 4.5.2).
    G722,
    /// telephone-event at 8000 Hz (RFC 4733).
    Event,
    /// Something else.
    Other,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Longer than [`BYTES_MAX`].
    TooLong,
    /// Does not begin with `v=0`.
    Version,
    /// A line is not `x=…`.
    Line,
    /// More than [`LINES_MAX`] streams.
    TooManyMedia,
    /// An `m=` line lacks a part or has a wrong port.
    MediaLine,
    /// More than [`FORMATS_MAX`] formats in one stream.
    TooManyFormats,
    /// A payload type is not a number up to 127.
    PayloadType,
    /// A `c=` line lacks a part or has a wrong address.
    ConnectionLine,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than 8 kB",
            Self::Version => "does not begin with v=0",
            Self::Line => "a line is not type=value",
            Self::TooManyMedia => "more than 32 media descriptions",
            Self::MediaLine => "bad m= line",
            Self::TooManyFormats => "more than 64 formats in a media description",
            Self::PayloadType => "payload type is not a number from 0 to 127",
            Self::ConnectionLine => "bad c= line",
        })
    }
}

impl std::error::Error for ParseError {}

impl<'a> Session<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        if body.len() > BYTES_MAX {
            return Err(ParseError::TooLong);
        }
        let mut session = Self { connection: Connection::Missing, direction: None, media: Vec::new() };
        let mut first = true;
        for line in body.split(|&byte| byte == b'\n') {
            // Stray white space at a line's end is common and harmless, and so are empty lines.
            let line = line.trim_ascii_end();
            if line.is_empty() {
                continue;
            }
            if first {
                if line != b"v=0" {
                    return Err(ParseError::Version);
                }
                first = false;
                continue;
            }
            let &[kind, b'=', ref value @ ..] = line else {
                return Err(ParseError::Line);
            };
            match kind {
                b'm' => session.open(text(value).ok_or(ParseError::MediaLine)?)?,
                b'c' => {
                    let connection = connection(text(value).ok_or(ParseError::ConnectionLine)?)?;
                    match session.media.last_mut() {
                        // The first of several (multicast layers) counts.
                        Some(media) if media.connection == Connection::Missing => {
                            media.connection = connection;
                        }
                        Some(_) => {}
                        None => session.connection = connection,
                    }
                }
                b'a' => {
                    if let Some(value) = text(value) {
                        session.attribute(value);
                    }
                }
                _ => {}
            }
        }
        if first { Err(ParseError::Version) } else { Ok(session) }
    }

    /// Where a stream's audio goes.
    #[must_use]
    pub fn connection_of(&self, media: &Media<'_>) -> Connection {
        if media.connection == Connection::Missing { self.connection } else { media.connection }
    }

    /// A stream's direction, seen from the writer.
    #[must_use]
    pub fn direction_of(&self, media: &Media<'_>) -> Direction {
        media.direction.or(self.direction).unwrap_or_default()
    }

    /// `m=<media> <port>[/<count>] <proto> <fmt> …` (RFC 8866 section 5.14).
    fn open(&mut self, value: &'a str) -> Result<(), ParseError> {
        if self.media.len() == LINES_MAX {
            return Err(ParseError::TooManyMedia);
        }
        let mut parts = value.splitn(4, ' ');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(ParseError::MediaLine);
        let (kind, port, protocol, formats_text) = (part()?, part()?, part()?, part()?.trim());
        let port = port.split('/').next().and_then(number::<u16>).ok_or(ParseError::MediaLine)?;
        if formats_text.is_empty() {
            return Err(ParseError::MediaLine);
        }
        let mut media = Media { kind, port, protocol, formats_text, ..Media::default() };
        if media.is_rtp() {
            for format in formats_text.split_ascii_whitespace() {
                if media.formats.len() == FORMATS_MAX {
                    return Err(ParseError::TooManyFormats);
                }
                let payload = number::<u8>(format).filter(|&n| n < 128).ok_or(ParseError::PayloadType)?;
                media.formats.push(Format { payload, encoding: Encoding::of_static(payload) });
            }
        }
        self.media.push(media);
        Ok(())
    }

    /// An attribute that cannot be read is passed over as if it were unknown.
    fn attribute(&mut self, text: &str) {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        let direction = match name {
            "sendrecv" => Some(Direction::SendRecv),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        };
        let Some(media) = self.media.last_mut() else {
            self.direction = direction.or(self.direction);
            return;
        };
        if direction.is_some() {
            media.direction = direction;
            return;
        }
        match name {
            "rtpmap" => media.map(value),
            "ptime" => media.packet_time = milliseconds(value),
            "maxptime" => media.packet_time_max = milliseconds(value),
            "rtcp-mux" => media.rtcp_mux = true,
            "rtcp" => {
                let mut parts = value.split(' ');
                if let Some(port) = parts.next().and_then(number::<u16>).filter(|&port| port != 0) {
                    media.rtcp = Some((port, parts.nth(2).and_then(|address| address.parse().ok())));
                }
            }
            _ => {}
        }
    }
}

impl Media<'_> {
    /// Whether its formats are RTP payload types.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        self.protocol.contains("RTP/")
    }

    /// `rtpmap:<payload> <name>/<clock>[/<channels>]` (RFC 8866 section 6.6).
    fn map(&mut self, value: &str) {
        let Some((payload, encoding)) = value.split_once(' ') else { return };
        let Some(payload) = number::<u8>(payload) else { return };
        let mut parts = encoding.trim().split('/');
        let (name, clock, channels) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        let encoding = match (name, clock, channels.unwrap_or("1")) {
            (name, Some("8000"), "1") if name.eq_ignore_ascii_case("PCMA") => Encoding::Pcma,
            (name, Some("8000"), "1") if name.eq_ignore_ascii_case("PCMU") => Encoding::Pcmu,
            // Some gateways write the sampling rate, against RFC 3551 section 4.5.2.
            (name, Some("8000" | "16000"), "1") if name.eq_ignore_ascii_case("G722") => Encoding::G722,
            (name, Some("8000"), "1") if name.eq_ignore_ascii_case("telephone-event") => Encoding::Event,
            _ => Encoding::Other,
        };
        // At most 64 formats and 8 kB of lines: the search is bounded.
        if let Some(format) = self.formats.iter_mut().find(|format| format.payload == payload) {
            format.encoding = encoding;
        }
    }
}

impl Encoding {
    /// RFC 3551 section 6.
    const fn of_static(payload: u8) -> Self {
        match payload {
            0 => Self::Pcmu,
            8 => Self::Pcma,
            9 => Self::G722,
            _ => Self::Other,
        }
    }
}

/// `c=<nettype> <addrtype> <address>[/ttl[/count]]` (RFC 8866 section 5.7).
fn connection(value: &str) -> Result<Connection, ParseError> {
    let mut parts = value.split_ascii_whitespace();
    let (Some(net), Some(kind), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(ParseError::ConnectionLine);
    };
    let address = address.split('/').next().unwrap_or("");
    if !net.eq_ignore_ascii_case("IN") {
        return Ok(Connection::Foreign);
    }
    match (kind, address.parse::<IpAddr>()) {
        ("IP4", Ok(IpAddr::V4(ip))) => Ok(Connection::At(ip.into())),
        ("IP6", Ok(IpAddr::V6(ip))) => Ok(Connection::At(ip.into())),
        (_, Ok(_)) => Err(ParseError::ConnectionLine),
        (_, Err(_)) if looks_like_a_name(address) => Ok(Connection::Foreign),
        (_, Err(_)) => Err(ParseError::ConnectionLine),
    }
}

fn looks_like_a_name(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
}

fn text(value: &[u8]) -> Option<&str> {
    // A NUL or another control character inside a line we read would end up in our answer.
    std::str::from_utf8(value).ok().filter(|text| !text.bytes().any(|byte| byte.is_ascii_control()))
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    // `parse` alone would also take "+5".
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Whole milliseconds; fractions (`ptime:0.125`) are cut off.
fn milliseconds(text: &str) -> Option<Duration> {
    let whole = text.trim().split('.').next()?;
    number::<u16>(whole).filter(|&ms| ms > 0).map(|ms| Duration::from_millis(ms.into()))
}
