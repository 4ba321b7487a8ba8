//! SDP: any body as an offer and as an answer to ours, and what we answer read again.

use super::cost;
use call::sdp::{Local, Session, Terms, answer, negotiate, offer};
use media::session::Codec;
use std::net::IpAddr;
use std::time::Duration;

/// An answer may be this much longer than the offer.
const LONGER: usize = 1_024;

/// Plays one input.
///
/// # Panics
/// When something is wrong with what it does.
pub fn run(data: &[u8]) {
    let Ok(theirs) = cost::of(|| Session::parse(data)) else { return };
    for address in [IpAddr::from([10, 0, 0, 1]), "2001:db8::1".parse().expect("an address")] {
        for codecs in [&[Codec::Pcma, Codec::Pcmu, Codec::G722][..], &[Codec::G722], &[]] {
            let packet_time = Duration::from_millis(20);
            let terms = Terms { codecs, port: 20_000, address, packet_time, nated: false };
            let mut local = Local::new(7, address);
            if let Ok(agreed) = cost::of(|| negotiate::accept(&theirs, &terms)) {
                assert!(codecs.contains(&agreed.audio.codec));
            }
            let Ok(agreed) = cost::of(|| negotiate::answer(&theirs, &terms)) else { continue };
            assert!(codecs.contains(&agreed.audio.codec) && agreed.listed.contains(agreed.audio.codec));
            assert!(agreed.line < theirs.media.len());
            assert!(!agreed.audio.packet_time.is_zero());
            let said = cost::of(|| answer::write(&mut local, &theirs, &agreed));
            assert!(said.len() <= data.len() + LONGER, "{} bytes for {}", said.len(), data.len());
            let again = Session::parse(&said).expect("we can read what we say");
            assert_eq!(again.media.len(), theirs.media.len(), "as many streams as offered (RFC 3264 6)");
            for (line, media) in again.media.iter().enumerate() {
                assert_eq!(media.kind, theirs.media[line].kind);
                assert_eq!(media.port, if line == agreed.line { 20_000 } else { 0 }, "one stream is ours");
            }
            let before = local.version;
            let repeated = answer::write(&mut local, &theirs, &agreed);
            assert_eq!((repeated, local.version), (said, before), "what has not changed has its old version");
            offer::write(&mut local, 20_000, codecs, packet_time);
        }
    }
}
