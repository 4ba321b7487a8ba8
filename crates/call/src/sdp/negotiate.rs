//! What an offer and our terms make of each other (RFC 3264).
//!
//! ```text
//!   answer(their offer, our terms)   our order of preference decides among what they list
//!   accept(their answer, our terms)  their order decides: they have chosen
//! ```

use super::parse::{Connection, Encoding};
use super::{Codecs, Direction, Media, Refusal, Session};
use media::session::{Audio, Codec, PayloadType, Profile};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What we bring to a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Codecs in order of preference.
    pub codecs: &'a [Codec],
    /// Our port.
    pub port: u16,
    /// Our address; the peer's must be of its family.
    pub address: IpAddr,
    /// Packet time that we send unless the peer asks for another.
    pub packet_time: Duration,
    /// The peer sits behind a NAT.
    pub nated: bool,
}

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// For the audio path.
    pub audio: Audio,
    /// Which `m=` line carries it.
    pub line: usize,
    /// All codecs of ours that the peer listed.
    pub listed: Codecs,
}

/// What their offer and our terms agree on; feed it to [`answer::write`](super::answer::write).
///
/// # Errors
/// Says why nothing can be agreed.
pub fn answer(offer: &Session<'_>, terms: &Terms<'_>) -> Result<Agreed, Refusal> {
    agree(offer, terms, |media| {
        terms.codecs.iter().find_map(|&codec| Some((codec, payload_of(media, codec)?)))
    })
}

/// What their answer to our offer means.
///
/// # Errors
/// Says why it cannot be used: the stream was refused, or the answer names no codec that was offered.
pub fn accept(answer: &Session<'_>, terms: &Terms<'_>) -> Result<Agreed, Refusal> {
    agree(answer, terms, |media| {
        media.formats.iter().find_map(|format| {
            let codec = codec_of(format.encoding).filter(|codec| terms.codecs.contains(codec))?;
            Some((codec, PayloadType(format.payload)))
        })
    })
}

fn agree(
    theirs: &Session<'_>,
    terms: &Terms<'_>,
    choose: impl Fn(&Media<'_>) -> Option<(Codec, PayloadType)>,
) -> Result<Agreed, Refusal> {
    // The first stream that fits; a second audio stream (best-effort SRTP beside plain RTP) is refused.
    let mut usable = theirs.media.iter().enumerate().filter(|(_, media)| is_plain_audio(media)).peekable();
    if usable.peek().is_none() {
        return Err(Refusal::NoUsableAudio);
    }
    let (line, media, (codec, payload)) =
        usable.find_map(|(line, media)| Some((line, media, choose(media)?))).ok_or(Refusal::NoCommonCodec)?;

    let Connection::At(address) = theirs.connection_of(media) else {
        return Err(Refusal::Address);
    };
    if address.is_ipv4() != terms.address.is_ipv4() || address.is_multicast() {
        return Err(Refusal::Address);
    }
    let mut direction = theirs.direction_of(media);
    if address.is_unspecified() {
        // The hold of RFC 2543 (RFC 3264 section 8.4): they hear nothing.
        direction = Direction::of(direction.sends(), false);
    }
    let ours = direction.reversed();
    let packet_time = packet_time(media, terms.packet_time);
    let audio = Audio {
        port: terms.port,
        remote: SocketAddr::new(address, media.port),
        rtcp: media
            .rtcp
            .filter(|_| !media.rtcp_mux)
            .map(|(port, at)| SocketAddr::new(at.unwrap_or(address), port)),
        rtcp_mux: media.rtcp_mux,
        codec,
        payload,
        events: media
            .formats
            .iter()
            .find(|format| format.encoding == Encoding::Event)
            .map(|format| PayloadType(format.payload)),
        packet_time,
        sends: ours.sends(),
        receives: ours.receives(),
        nated: terms.nated,
        profile: Profile::Avp,
    };
    let listed = media
        .formats
        .iter()
        .filter_map(|format| codec_of(format.encoding))
        .fold(Codecs::default(), Codecs::with);
    Ok(Agreed { audio, line, listed })
}

/// Plain RTP. AVPF (RFC 4585) differs by feedback that nobody is obliged to send, so it is taken too;
/// SAVP and SAVPF demand keys that we do not have.
fn is_plain_audio(media: &Media<'_>) -> bool {
    media.kind == "audio" && media.port != 0 && matches!(media.protocol, "RTP/AVP" | "RTP/AVPF")
}

fn payload_of(media: &Media<'_>, codec: Codec) -> Option<PayloadType> {
    media
        .formats
        .iter()
        .find(|format| codec_of(format.encoding) == Some(codec))
        .map(|format| PayloadType(format.payload))
}

const fn codec_of(encoding: Encoding) -> Option<Codec> {
    match encoding {
        Encoding::Pcma => Some(Codec::Pcma),
        Encoding::Pcmu => Some(Codec::Pcmu),
        Encoding::G722 => Some(Codec::G722),
        Encoding::Event | Encoding::Other => None,
    }
}

/// What they want to receive, within what they can; whole steps of 10 ms from 10 to 60.
fn packet_time(media: &Media<'_>, ours: Duration) -> Duration {
    let wanted = media.packet_time.unwrap_or(ours).min(media.packet_time_max.unwrap_or(Duration::MAX));
    let steps = (wanted.as_millis() / 10).clamp(1, 6) as u64;
    Duration::from_millis(steps * 10)
}
