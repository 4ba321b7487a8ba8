//! Our offers: one audio stream over plain RTP with the codecs we want, in order.

use super::{Direction, Local, write};
use media::session::{Codec, PayloadType};
use std::time::Duration;

/// The payload type that we give telephone-event in our offers: 101, which every phone expects.
pub const EVENTS: PayloadType = PayloadType(101);

/// Writes an offer and remembers it as what was said last.
///
/// RTCP multiplexing is not offered: phones that know it are browsers, and those need more than it.
pub fn write(local: &mut Local, port: u16, codecs: &[Codec], packet_time: Duration) -> Box<[u8]> {
    let mut numbered = [(Codec::Pcma, PayloadType(8)); 3];
    let count = codecs.len().min(numbered.len());
    for (to, &codec) in numbered.iter_mut().zip(codecs) {
        *to = (codec, write::payload(codec));
    }
    let stream = write::Stream {
        port,
        protocol: "RTP/AVP",
        codecs: &numbered[..count],
        events: Some(EVENTS),
        packet_time,
        direction: Direction::SendRecv,
        rtcp_mux: false,
    };
    local.say(|local, to| {
        write::head(local, to);
        write::stream(&stream, to);
    })
}
