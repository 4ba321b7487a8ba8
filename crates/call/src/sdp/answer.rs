//! Our answers: the stream that was agreed, and every other one refused in its place.

use super::{Agreed, Direction, Local, Session, write};
use std::io::Write;

/// Writes the answer to `offer` and remembers it as what was said last.
///
/// RFC 3264 section 6: as many `m=` lines as the offer, in its order, each with its media and protocol; port
/// 0 refuses a stream.
pub fn write(local: &mut Local, offer: &Session<'_>, agreed: &Agreed) -> Box<[u8]> {
    let audio = agreed.audio;
    local.say(|local, to| {
        write::head(local, to);
        for (at, media) in offer.media.iter().enumerate() {
            if at == agreed.line {
                let stream = write::Stream {
                    port: audio.port,
                    protocol: media.protocol,
                    codecs: &[(audio.codec, audio.payload)],
                    events: audio.events,
                    packet_time: audio.packet_time,
                    direction: Direction::of(audio.sends, audio.receives),
                    rtcp_mux: audio.rtcp_mux,
                };
                write::stream(&stream, to);
            } else {
                let first = media.formats_text.split_ascii_whitespace().next().unwrap_or("0");
                let _ = write!(to, "m={} 0 {} {first}\r\n", media.kind, media.protocol);
            }
        }
    })
}
