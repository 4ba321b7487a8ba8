//! The RTP header (RFC 3550 5.1), read and written in place: twelve bytes, no allocation.
//!
//! ```text
//!   datagram ─▶ Header::read ─▶ fields + where the payload lies        Stamp::write ─▶ twelve bytes
//! ```
//!
//! Never knows: who sent it, what the payload means.

/// Length of the fixed header.
pub(crate) const LENGTH: usize = 12;

/// Longest packet that the desk looks at: an Ethernet frame's worth.
pub(crate) const PACKET_MAX: usize = 1500;

/// What a received header said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Begin of a talk spurt (RFC 3551 4.1) or of an event (RFC 4733 2.2).
    pub(crate) marker: bool,
    /// Payload type number.
    pub(crate) payload: u8,
    /// Sequence number.
    pub(crate) sequence: u16,
    /// Sampling instant of the first sample.
    pub(crate) timestamp: u32,
    /// Synchronization source.
    pub(crate) ssrc: u32,
    /// First byte of the payload in the packet.
    pub(crate) start: usize,
    /// End of the payload, padding taken off.
    pub(crate) end: usize,
}

impl Header {
    /// Reads and validates: version, CSRC list, extension and padding must fit (RFC 3550 A.1).
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; LENGTH] = packet.first_chunk()?;
        let first = fixed[0];
        if first >> 6 != 2 {
            return None;
        }
        let (mut start, mut end) = (LENGTH, packet.len());
        if first & 0x3F != 0 {
            // The rare ones: padding, extension, contributing sources.
            start += usize::from(first & 0x0F) * 4;
            if first & 0x10 != 0 {
                let length = packet.get(start + 2..start + 4)?;
                start += 4 + usize::from(u16::from_be_bytes([length[0], length[1]])) * 4;
            }
            if first & 0x20 != 0 {
                let padding = usize::from(*packet.last()?);
                if padding == 0 {
                    return None;
                }
                end = end.checked_sub(padding)?;
            }
            if start > end {
                return None;
            }
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload: fixed[1] & 0x7F,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            start,
            end,
        })
    }
}

/// What a header that we send says; the payload type comes from the party it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Begin of a talk spurt.
    pub(crate) marker: bool,
    /// Sequence number.
    pub(crate) sequence: u16,
    /// Sampling instant of the first sample.
    pub(crate) timestamp: u32,
    /// Our synchronization source towards this party.
    pub(crate) ssrc: u32,
}

impl Stamp {
    /// The twelve bytes.
    #[inline]
    pub(crate) fn write(self, payload: u8) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0] = 0x80;
        bytes[1] = payload & 0x7F | u8::from(self.marker) << 7;
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;
    use webrtc_util::marshal::Unmarshal;

    #[test]
    fn a_written_header_reads_back() {
        let stamp = Stamp { marker: true, sequence: 65535, timestamp: 0xDEAD_BEEF, ssrc: 7 };
        let header = Header::read(&stamp.write(8)).expect("valid");
        assert_eq!(
            header,
            Header {
                marker: true,
                payload: 8,
                sequence: 65535,
                timestamp: 0xDEAD_BEEF,
                ssrc: 7,
                start: 12,
                end: 12
            }
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = Stamp { marker: false, sequence: 1, timestamp: 2, ssrc: 3 }.write(0);
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut packet = good.to_vec();
            change(&mut packet);
            Header::read(&packet)
        };
        assert!(with(&|_| ()).is_some());
        assert!(with(&|p| p.truncate(11)).is_none(), "short");
        assert!(with(&|p| p[0] = 0x40).is_none(), "version 1");
        assert!(with(&|p| p[0] |= 3).is_none(), "three contributing sources that are not there");
        assert!(with(&|p| p[0] |= 0x10).is_none(), "an extension that is not there");
        assert!(
            with(&|p| {
                p[0] |= 0x10;
                p.extend([0, 0, 0, 9, 1, 2, 3, 4]);
            })
            .is_none(),
            "an extension longer than the packet"
        );
        assert!(
            with(&|p| {
                p[0] |= 0x20;
                p.extend([1, 2, 0]);
            })
            .is_none(),
            "padding of zero"
        );
        assert!(
            with(&|p| {
                p[0] |= 0x20;
                p.extend([1, 2, 200]);
            })
            .is_none(),
            "padding longer than the packet"
        );
    }

    #[test]
    fn agrees_with_the_rtp_crate_on_whatever_both_accept() {
        let mut random = Random::seeded(3550);
        let mut both = 0;
        for _ in 0..200_000 {
            let mut packet: Vec<u8> = (0..12 + random.below(80)).map(|_| random.bits() as u8).collect();
            packet[0] = 0x80 | (random.bits() as u8 & 0x3F & random.bits() as u8);
            if packet[0] & 0x10 != 0 && packet.len() > 80 {
                let at = 12 + usize::from(packet[0] & 0x0F) * 4;
                packet[at..at + 4].copy_from_slice(&[0x12, 0x34, 0, random.below(4) as u8]);
            }
            let ours = Header::read(&packet);
            let theirs = rtp::packet::Packet::unmarshal(&mut &packet[..]);
            let (Some(ours), Ok(theirs)) = (ours, theirs) else { continue };
            both += 1;
            let header = &theirs.header;
            assert_eq!(
                (ours.marker, ours.payload, ours.sequence, ours.timestamp, ours.ssrc),
                (header.marker, header.payload_type, header.sequence_number, header.timestamp, header.ssrc)
            );
            assert_eq!(&packet[ours.start..ours.end], &theirs.payload[..], "{packet:02x?}");
        }
        assert!(both > 50_000, "only {both} packets were compared");
    }
}
