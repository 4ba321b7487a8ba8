//! The lines that offers and answers share.

use super::{Direction, Local};
use media::session::{Codec, PayloadType};
use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

/// `v=` to `t=`. Writing into memory cannot fail, so the results are dropped.
pub(super) fn head(local: &Local, to: &mut Vec<u8>) {
    let (id, version, family, address) = (local.id, local.version, family(local.address), local.address);
    let _ = write!(
        to,
        "v=0\r\no=- {id} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
    );
}

/// One audio stream of ours.
pub(super) struct Stream<'a> {
    pub(super) port: u16,
    pub(super) protocol: &'a str,
    pub(super) codecs: &'a [(Codec, PayloadType)],
    pub(super) events: Option<PayloadType>,
    pub(super) packet_time: Duration,
    pub(super) direction: Direction,
    pub(super) rtcp_mux: bool,
}

pub(super) fn stream(stream: &Stream<'_>, to: &mut Vec<u8>) {
    let _ = write!(to, "m=audio {} {}", stream.port, stream.protocol);
    for (_, payload) in stream.codecs {
        let _ = write!(to, " {}", payload.0);
    }
    if let Some(events) = stream.events {
        let _ = write!(to, " {}", events.0);
    }
    to.extend_from_slice(b"\r\n");
    for (codec, payload) in stream.codecs {
        let _ = write!(to, "a=rtpmap:{} {}/8000\r\n", payload.0, name(*codec));
    }
    if let Some(PayloadType(events)) = stream.events {
        // RFC 4733 section 2.4.1: the DTMF events.
        let _ = write!(to, "a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-15\r\n");
    }
    let _ = write!(to, "a=ptime:{}\r\na={}\r\n", stream.packet_time.as_millis(), stream.direction.name());
    if stream.rtcp_mux {
        to.extend_from_slice(b"a=rtcp-mux\r\n");
    }
}

const fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    }
}

/// Static payload type (RFC 3551 section 6).
pub(super) const fn payload(codec: Codec) -> PayloadType {
    PayloadType(match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
    })
}

const fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcma => "PCMA",
        Codec::Pcmu => "PCMU",
        Codec::G722 => "G722",
    }
}
