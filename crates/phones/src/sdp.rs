//! The little SDP that a G.711 phone says and understands (RFC 8866, RFC 3264).

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Which way audio may flow, as its writer sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// He sends only: we are on hold.
    SendOnly,
    /// He hears only.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// What a peer's SDP says about audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where he wants it.
    pub address: SocketAddr,
    /// First payload type of his list, which in an answer is the one agreed on.
    pub payload: u8,
    /// Which way.
    pub direction: Direction,
}

/// Writes an offer (or a first answer): A-law, µ-law and telephone events at `address`.
pub fn write(w: &mut Vec<u8>, address: SocketAddr, version: u32, direction: Direction) {
    write_with(w, address, version, direction, None);
}

/// Writes an answer that takes `payload` (0 or 8) out of an offer.
pub fn write_answer(w: &mut Vec<u8>, address: SocketAddr, version: u32, offer: &Peer) {
    let direction = match offer.direction {
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        other => other,
    };
    write_with(w, address, version, direction, Some(offer.payload));
}

fn write_with(w: &mut Vec<u8>, address: SocketAddr, version: u32, direction: Direction, only: Option<u8>) {
    let family = if address.is_ipv4() { "IP4" } else { "IP6" };
    let (ip, port) = (address.ip(), address.port());
    let (list, maps) = match only {
        Some(0) => ("0 101", "a=rtpmap:0 PCMU/8000\r\n"),
        Some(_) => ("8 101", "a=rtpmap:8 PCMA/8000\r\n"),
        None => ("8 0 101", "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"),
    };
    let direction = match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    };
    // Writing to a vector cannot fail.
    let _ = write!(
        w,
        "v=0\r\no=- {version} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {list}\r\n{maps}a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
         a=ptime:20\r\na={direction}\r\n"
    );
}

/// Reads the first audio section; `None` when there is none that can be used (port 0, a host name).
#[must_use]
pub fn read(body: &[u8]) -> Option<Peer> {
    let text = std::str::from_utf8(body).ok()?;
    let (mut ip, mut audio, mut direction) = (None, None, Direction::SendRecv);
    for line in text.lines() {
        let Some((kind, value)) = line.split_once('=') else { continue };
        match kind {
            "m" if audio.is_some() => break,
            "m" if value.starts_with("audio ") => {
                let mut words = value.split(' ');
                let port: u16 = words.nth(1)?.parse().ok()?;
                let payload: u8 = words.nth(1)?.parse().ok()?;
                audio = Some((port, payload));
            }
            "c" => {
                let host = value.rsplit(' ').next()?.split('/').next()?;
                ip = host.parse::<IpAddr>().ok();
            }
            "a" => {
                direction = match value {
                    "sendonly" => Direction::SendOnly,
                    "recvonly" => Direction::RecvOnly,
                    "inactive" => Direction::Inactive,
                    _ => direction,
                };
            }
            _ => {}
        }
    }
    let (port, payload) = audio?;
    (port != 0).then_some(Peer { address: SocketAddr::new(ip?, port), payload, direction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for address in ["192.0.2.1:4000", "[2001:db8::1]:4000"] {
            let address: SocketAddr = address.parse().unwrap();
            let mut body = Vec::new();
            write(&mut body, address, 1, Direction::SendOnly);
            let offer = read(&body).unwrap();
            assert_eq!(offer, Peer { address, payload: 8, direction: Direction::SendOnly });
            body.clear();
            write_answer(&mut body, address, 1, &Peer { payload: 0, ..offer });
            assert_eq!(read(&body), Some(Peer { address, payload: 0, direction: Direction::RecvOnly }));
        }
    }

    #[test]
    fn no_audio_is_nothing() {
        for text in [
            "",
            "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 8\r\n",
            "m=audio 1 RTP/AVP 8\r\n",
            "m=audio x",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(&[0xff, 0xfe]), None);
    }
}
