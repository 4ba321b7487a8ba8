//! RTCP of one party (RFC 3550 6): what we tell him about his stream and he tells us about ours.
//!
//! ```text
//!   compound packet ─▶ read: validity (A.2) ─▶ SR: remember when; report block on us: loss, round trip
//!   every 2.5 to 7.5 s ─▶ write: SR or RR, SDES CNAME;  at the end also BYE
//! ```
//!
//! Types and encoding are the `rtcp` crate's; framing is checked here first, so that it only sees whole
//! packets. NTP times count from an hour before the engine's start, not from 1900: RFC 3550 4 allows it,
//! and the core has no wall clock.
//! Never knows: RTP packets, addresses, sessions.

use crate::reception::Reception;
use crate::sender::Sender;
use base::{Random, Timestamp};
use rtcp::goodbye::Goodbye;
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem};
use std::time::Duration;
use webrtc_util::marshal::{Marshal, Unmarshal};

/// Mean time between reports (RFC 3550 6.2: five seconds at least).
const INTERVAL: Duration = Duration::from_secs(5);
/// A round trip beyond this is nonsense, by error or on purpose.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(60);
/// Why we say goodbye. Its three letters, like the 17 of a CNAME, make the packet end on 32 bits: where it
/// does not, the `rtcp` crate pads by fewer than four octets, which RFC 3550 6.4.1 forbids.
const GOODBYE: &str = "end";
/// Cumulative loss as a report can say it (24 bits, signed).
const LOSS_MAX: u64 = 0x7F_FFFF;

/// State of RTCP towards one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    /// CNAME: random for each party (RFC 7022 4.2, short-term), so it says nothing about anybody.
    name: u64,
    /// Middle of the NTP time of his last sender report, and when it came.
    last_report: Option<(u32, Timestamp)>,
    /// Packets sent when we last reported: more now means we are a sender (RFC 3550 6.4).
    packets_told: u64,
    /// Round trip, last value; zero when never known.
    pub(crate) round_trip: Duration,
    /// Packets of ours that he says never came.
    pub(crate) lost_remote: u64,
    /// Compound packets sent.
    pub(crate) sent: u64,
}

/// Why a packet is no RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Control {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            name: random.bits(),
            last_report: None,
            packets_told: 0,
            round_trip: Duration::ZERO,
            lost_remote: 0,
            sent: 0,
        }
    }

    /// Reads a compound packet about our stream `ssrc`. Nothing is believed unless all of it is whole.
    pub(crate) fn read(&mut self, now: Timestamp, packet: &[u8], ssrc: u32) -> Result<(), Malformed> {
        let mut rest = packet;
        let mut kinds = Vec::with_capacity(4);
        while !rest.is_empty() {
            let (part, following) = split(rest, packet.len() == rest.len())?;
            kinds.push(part);
            rest = following;
        }
        if kinds.is_empty() {
            return Err(Malformed);
        }
        for part in kinds {
            self.part(now, part, ssrc)?;
        }
        Ok(())
    }

    /// Appends a report to `bytes`: SR when we have sent since the last one, RR otherwise, then SDES, and
    /// BYE when he is leaving us or we him.
    pub(crate) fn write(
        &mut self,
        now: Timestamp,
        sender: &Sender,
        reception: &mut Reception,
        goodbye: bool,
        bytes: &mut Vec<u8>,
    ) {
        let ssrc = sender.ssrc();
        let reports: Vec<_> = self.block(now, reception).into_iter().collect();
        if sender.packets > self.packets_told {
            append(
                bytes,
                &SenderReport {
                    ssrc,
                    ntp_time: ntp(now),
                    rtp_time: sender.timestamp_at(now),
                    packet_count: sender.packets as u32,
                    octet_count: sender.octets,
                    reports,
                    ..SenderReport::default()
                },
            );
        } else {
            append(bytes, &ReceiverReport { ssrc, reports, ..ReceiverReport::default() });
        }
        self.packets_told = sender.packets;
        append(
            bytes,
            &SourceDescription {
                chunks: vec![SourceDescriptionChunk {
                    source: ssrc,
                    items: vec![SourceDescriptionItem {
                        sdes_type: SdesType::SdesCname,
                        text: format!("s{:016x}", self.name).into(),
                    }],
                }],
            },
        );
        if goodbye {
            append(bytes, &Goodbye { sources: vec![ssrc], reason: GOODBYE.into() });
        }
        self.sent += 1;
    }

    fn part(&mut self, now: Timestamp, part: Part<'_>, ssrc: u32) -> Result<(), Malformed> {
        match part.kind {
            200 => {
                let report = SenderReport::unmarshal(&mut &*part.bytes).map_err(|_| Malformed)?;
                self.last_report = Some((middle(report.ntp_time), now));
                self.blocks(now, &report.reports, ssrc);
            }
            201 => {
                let report = ReceiverReport::unmarshal(&mut &*part.bytes).map_err(|_| Malformed)?;
                self.blocks(now, &report.reports, ssrc);
            }
            // SDES, APP, feedback, extended reports: nobody here asks for them. BYE: the session's end is
            // the signalling's word, not RTCP's.
            _ => (),
        }
        Ok(())
    }

    fn blocks(&mut self, now: Timestamp, blocks: &[ReceptionReport], ssrc: u32) {
        for block in blocks.iter().filter(|block| block.ssrc == ssrc) {
            // 24 bits, signed: duplicates can make it negative.
            if block.total_lost < 1 << 23 {
                self.lost_remote = self.lost_remote.max(u64::from(block.total_lost));
            }
            if block.last_sender_report == 0 {
                continue;
            }
            let span = middle(ntp(now)).wrapping_sub(block.last_sender_report).wrapping_sub(block.delay);
            let round_trip = Duration::from_nanos((u64::from(span) * 1_000_000_000) >> 16);
            if round_trip < ROUND_TRIP_MAX {
                self.round_trip = round_trip;
            }
        }
    }

    fn block(&self, now: Timestamp, reception: &mut Reception) -> Option<ReceptionReport> {
        let ssrc = reception.ssrc()?;
        let (last_sender_report, delay) = self.last_report.map_or((0, 0), |(middle, at)| {
            let delay = (now.since(at).as_nanos() << 16) / 1_000_000_000;
            (middle, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        Some(ReceptionReport {
            ssrc,
            fraction_lost: reception.fraction_lost(),
            total_lost: reception.lost_of_source().min(LOSS_MAX) as u32,
            last_sequence_number: reception.extended(),
            jitter: reception.jitter_samples(),
            last_sender_report,
            delay,
        })
    }
}

/// When the next report is due: half to one and a half intervals, so that a thousand sessions that began
/// together do not report together (RFC 3550 6.2); the first one earlier.
pub(crate) fn next_report(now: Timestamp, first: bool, random: &mut Random) -> Timestamp {
    let mean = if first { INTERVAL / 2 } else { INTERVAL };
    now + mean / 2 + Duration::from_nanos(random.below(mean.as_nanos() as u64))
}

/// One packet of a compound one.
#[derive(Clone, Copy)]
struct Part<'a> {
    kind: u8,
    bytes: &'a [u8],
}

/// Takes one packet off, as RFC 3550 A.2 validates: version 2, SR or RR first, no padding but in the last
/// one, lengths that add up.
fn split(rest: &[u8], first: bool) -> Result<(Part<'_>, &[u8]), Malformed> {
    let &[flags, kind, high, low] = rest.first_chunk().ok_or(Malformed)?;
    let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
    if flags >> 6 != 2 || length > rest.len() || (first && !matches!(kind, 200 | 201)) {
        return Err(Malformed);
    }
    let (bytes, following) = rest.split_at(length);
    if flags & 0x20 == 0 {
        return Ok((Part { kind, bytes }, following));
    }
    let padding = usize::from(*bytes.last().ok_or(Malformed)?);
    if !following.is_empty() || padding == 0 || padding + 4 > length {
        return Err(Malformed);
    }
    Ok((Part { kind, bytes: &bytes[..length - padding] }, following))
}

fn append(bytes: &mut Vec<u8>, packet: &impl Marshal) {
    let start = bytes.len();
    bytes.resize(start + packet.marshal_size(), 0);
    let written = packet.marshal_to(&mut bytes[start..]).unwrap_or(0);
    bytes.truncate(start + written);
}

/// NTP format of a moment: seconds and their fraction.
fn ntp(at: Timestamp) -> u64 {
    let nanos = at.as_nanos();
    let (seconds, rest) = (nanos / 1_000_000_000 + 3_600, nanos % 1_000_000_000);
    (seconds << 32) | ((rest << 32) / 1_000_000_000)
}

/// The middle 32 bits, in 1/65536 s.
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Two sides that report to each other.
    struct Side {
        control: Control,
        sender: Sender,
        heard: Reception,
    }

    impl Side {
        fn new(seed: u64) -> Self {
            let mut random = Random::seeded(seed);
            Self {
                control: Control::new(&mut random),
                sender: Sender::new(at(0), &mut random),
                heard: Reception::default(),
            }
        }

        fn report(&mut self, now: u64, goodbye: bool) -> Vec<u8> {
            let mut bytes = Vec::new();
            self.control.write(at(now), &self.sender, &mut self.heard, goodbye, &mut bytes);
            bytes
        }
    }

    #[test]
    fn two_sides_learn_round_trip_and_loss_from_each_other() {
        let (mut ours, mut theirs) = (Side::new(1), Side::new(2));
        for n in 0..10u64 {
            let stamp = ours.sender.clocked(at(n * 20), 160, 160);
            if n != 4 {
                theirs.heard.packet(at(n * 20 + 30), stamp.ssrc, stamp.sequence, stamp.timestamp, true);
            }
        }
        let report = ours.report(1_000, false);
        assert_eq!(report[1], 200, "we have sent: a sender report");
        theirs.control.read(at(1_030), &report, theirs.sender.ssrc()).expect("whole");
        let answer = theirs.report(2_030, true);
        assert_eq!(answer[1], 201, "they have not: a receiver report");
        ours.control.read(at(2_070), &answer, ours.sender.ssrc()).expect("whole");
        assert_eq!(ours.control.lost_remote, 1);
        let error = ours.control.round_trip.abs_diff(Duration::from_millis(70));
        assert!(error < Duration::from_micros(50), "{:?}", ours.control.round_trip);
        assert_eq!(theirs.control.round_trip, Duration::ZERO, "they have sent no sender report");
    }

    #[test]
    fn what_is_not_whole_is_not_believed() {
        let mut side = Side::new(1);
        side.sender.clocked(at(0), 160, 160);
        let good = side.report(1_000, true);
        let mut fails = |bytes: &[u8]| side.control.read(at(2_000), bytes, 1) == Err(Malformed);
        assert!(!fails(&good));
        assert!(fails(&[]));
        for cut in 1..good.len() {
            let boundary = [28, good.len() - 12].contains(&cut);
            assert_eq!(fails(&good[..cut]), !boundary, "cut at {cut}");
        }
        assert!(fails(&good[28..]), "begins with SDES");
        let mut version = good.clone();
        version[28] = 0x41;
        assert!(fails(&version), "version 1 in the second packet");
        let mut padded = good.clone();
        padded[0] |= 0x20;
        assert!(fails(&padded), "padding that is not in the last packet");
    }

    #[test]
    fn no_bytes_break_it() {
        let mut side = Side::new(1);
        side.sender.clocked(at(0), 160, 160);
        side.heard.packet(at(0), 3, 4, 5, true);
        let good = side.report(1_000, true);
        let mut random = Random::seeded(3_550);
        for _ in 0..300_000 {
            let mut bytes = good.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.bits() as u8;
            }
            bytes.truncate((random.below(20) * 8) as usize + 4);
            let _ = side.control.read(at(2_000), &bytes, 1);
        }
    }

    #[test]
    fn reports_are_spread() {
        let mut random = Random::seeded(1);
        for _ in 0..1_000 {
            let next = next_report(at(0), false, &mut random);
            assert!((2_500..7_500).contains(&next.as_millis()));
        }
    }
}
