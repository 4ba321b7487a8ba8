//! One RTP stream towards one party, continuous whatever he hears: music, a bridge, a mix, music again.
//!
//! ```text
//!   clip, mix ──clocked──▶ timestamp counts samples              ┐
//!   relay ────relayed────▶ the other side's numbers plus offsets ├─▶ one SSRC, no step back, no hole
//!   change of content ───▶ offsets drawn anew at its first packet┘    marker at the begin (RFC 3551 4.1)
//! ```
//!
//! A relay keeps the other side's loss, order and pauses visible: receivers know best what to do with them.
//! Never knows: addresses, payload types, payloads.

use crate::header::Stamp;
use crate::reception::clock;
use base::{Random, Timestamp};

/// A source whose timestamps leap further than this (2 s in samples) beyond the time that has passed has
/// a new base: the receiver must not be made to wait for it.
const LEAP: i32 = 16_000;
/// How far a timestamp may lie behind: an event's stays at its begin while it lasts (RFC 4733 2.2).
const BEHIND: i32 = 8 * 8_000;
/// A step in sequence numbers beyond this is a restart (RFC 3550 A.1, MAX_DROPOUT).
const STEP_MAX: u16 = 3_000;
/// How late a relayed packet may be and still be passed on.
const WINDOW: u16 = 64;

/// One stream to one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sender {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// When `timestamp` was sent.
    at: Timestamp,
    /// How much audio the last packet carried.
    samples: u32,
    run: Run,
    marker: bool,
    /// Packets sent.
    pub(crate) packets: u64,
    /// Payload octets sent, modulo 2³² (RFC 3550 6.4.1).
    pub(crate) octets: u32,
}

/// Where the numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// Something new begins with the next packet.
    Fresh,
    /// We count.
    Clocked,
    /// The other side counts.
    Relayed(Anchor),
}

/// How a relayed source's numbers become ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    ssrc: u32,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// Highest sequence number of the source that was passed on or swallowed.
    highest: u16,
    /// How far back a late packet still maps to a number of its own.
    window: u16,
}

impl Sender {
    /// A stream that has sent nothing; numbers are drawn at random (RFC 3550 5.1).
    pub(crate) fn new(now: Timestamp, random: &mut Random) -> Self {
        let bits = random.bits();
        Self {
            ssrc: random.bits() as u32,
            sequence: (bits >> 32) as u16,
            timestamp: bits as u32,
            at: now,
            samples: 0,
            run: Run::Fresh,
            marker: true,
            packets: 0,
            octets: 0,
        }
    }

    /// Our SSRC towards him.
    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Another SSRC, because he has chosen ours (RFC 3550 8.2).
    pub(crate) fn change_ssrc(&mut self, random: &mut Random) {
        self.ssrc = random.bits() as u32;
        self.fresh();
    }

    /// Something new begins: a marker, and new offsets at the next packet.
    pub(crate) fn fresh(&mut self) {
        self.run = Run::Fresh;
        self.marker = true;
    }

    /// The RTP timestamp that belongs to `now`, for a sender report.
    pub(crate) fn timestamp_at(&self, now: Timestamp) -> u32 {
        self.timestamp.wrapping_add(self.passed(now))
    }

    /// Time goes by without a packet in a stream that we count ourselves.
    pub(crate) fn skip(&mut self, samples: u32) {
        if self.run == Run::Clocked {
            self.timestamp = self.timestamp.wrapping_add(samples);
        }
    }

    /// The numbers of the next packet of a stream that we count ourselves.
    #[inline]
    pub(crate) fn clocked(&mut self, at: Timestamp, samples: u32, octets: usize) -> Stamp {
        self.timestamp = if self.run == Run::Clocked {
            self.timestamp.wrapping_add(self.samples)
        } else {
            self.run = Run::Clocked;
            self.next_timestamp(at)
        };
        self.sequence = self.sequence.wrapping_add(1);
        (self.at, self.samples) = (at, samples);
        self.stamp(self.sequence, self.timestamp, false, octets)
    }

    /// The numbers of a relayed packet; `None` when it is too late to have one.
    #[inline]
    pub(crate) fn relayed(
        &mut self,
        now: Timestamp,
        from: Relayed,
        samples: u32,
        octets: usize,
    ) -> Option<Stamp> {
        if let Run::Relayed(anchor) = &mut self.run
            && anchor.ssrc == from.ssrc
            && !from.restarted
        {
            let step = from.sequence.wrapping_sub(anchor.highest);
            let timestamp = from.timestamp.wrapping_add(anchor.timestamp_offset);
            let sequence = from.sequence.wrapping_add(anchor.sequence_offset);
            if step == 0 || step > u16::MAX - WINDOW {
                // Late, or twice: its own old number, if it had one.
                return (step.wrapping_neg() <= anchor.window)
                    .then(|| self.stamp(sequence, timestamp, from.marker, octets));
            }
            let ahead = timestamp.wrapping_sub(self.timestamp).cast_signed();
            let passed = clock(now).saturating_sub(clock(self.at)).min(i32::MAX as u64 / 2) as i32;
            if step <= STEP_MAX && ahead >= -BEHIND && ahead <= passed + LEAP {
                anchor.highest = from.sequence;
                anchor.window = anchor.window.saturating_add(step).min(WINDOW);
                self.sequence = sequence;
                // An event keeps its timestamp (RFC 4733 2.2): time still counts from its begin.
                if ahead > 0 {
                    (self.timestamp, self.at, self.samples) = (timestamp, now, samples);
                }
                return Some(self.stamp(sequence, timestamp, from.marker, octets));
            }
        }
        Some(self.anchored(now, from, samples, octets))
    }

    /// A packet of the relayed source that is not passed on: its number is given to the next one, so that
    /// the receiver does not see a loss.
    pub(crate) fn swallow(&mut self, ssrc: u32, sequence: u16) {
        if let Run::Relayed(anchor) = &mut self.run
            && anchor.ssrc == ssrc
            && (1..=STEP_MAX).contains(&sequence.wrapping_sub(anchor.highest))
        {
            anchor.highest = sequence;
            anchor.sequence_offset = anchor.sequence_offset.wrapping_sub(1);
            // What is older would now map to numbers that are taken.
            anchor.window = 0;
        }
    }

    /// The first packet of a relay follows what was sent before, without a hole in the numbers.
    #[cold]
    fn anchored(&mut self, now: Timestamp, from: Relayed, samples: u32, octets: usize) -> Stamp {
        let timestamp = self.next_timestamp(now);
        self.sequence = self.sequence.wrapping_add(1);
        self.run = Run::Relayed(Anchor {
            ssrc: from.ssrc,
            sequence_offset: self.sequence.wrapping_sub(from.sequence),
            timestamp_offset: timestamp.wrapping_sub(from.timestamp),
            highest: from.sequence,
            window: 0,
        });
        (self.timestamp, self.at, self.samples) = (timestamp, now, samples);
        self.stamp(self.sequence, timestamp, true, octets)
    }

    fn next_timestamp(&self, now: Timestamp) -> u32 {
        self.timestamp.wrapping_add(self.samples.max(self.passed(now)))
    }

    fn passed(&self, now: Timestamp) -> u32 {
        clock(now).saturating_sub(clock(self.at)) as u32
    }

    #[inline]
    fn stamp(&mut self, sequence: u16, timestamp: u32, marker: bool, octets: usize) -> Stamp {
        self.packets += 1;
        self.octets = self.octets.wrapping_add(octets as u32);
        Stamp { marker: marker | std::mem::take(&mut self.marker), sequence, timestamp, ssrc: self.ssrc }
    }
}

/// The numbers of a packet that is to be relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relayed {
    /// Its source.
    pub(crate) ssrc: u32,
    /// Its sequence number.
    pub(crate) sequence: u16,
    /// Its timestamp.
    pub(crate) timestamp: u32,
    /// Its marker.
    pub(crate) marker: bool,
    /// Its numbers start over.
    pub(crate) restarted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn sender() -> Sender {
        Sender::new(at(0), &mut Random::seeded(1))
    }

    fn from(sequence: u16, timestamp: u32) -> Relayed {
        Relayed { ssrc: 5, sequence, timestamp, marker: false, restarted: false }
    }

    #[test]
    fn music_then_bridge_then_music_is_one_stream() {
        let mut sender = sender();
        let first = sender.clocked(at(20), 160, 160);
        let second = sender.clocked(at(40), 160, 160);
        assert!(first.marker && !second.marker);
        sender.fresh();
        let third = sender.relayed(at(100), from(900, 7), 160, 160).expect("first of the bridge");
        let fourth = sender.relayed(at(120), from(901, 167), 160, 160).expect("second");
        sender.fresh();
        let fifth = sender.clocked(at(130), 160, 160);
        let all = [first, second, third, fourth, fifth];
        for (before, after) in all.iter().zip(&all[1..]) {
            assert_eq!(after.sequence, before.sequence.wrapping_add(1));
            assert_eq!(after.ssrc, before.ssrc);
        }
        let steps: Vec<u32> =
            all.iter().zip(&all[1..]).map(|(a, b)| b.timestamp.wrapping_sub(a.timestamp)).collect();
        assert_eq!(steps, [160, 480, 160, 160], "time that passed, and never less than what was sent");
        assert_eq!(all.map(|s| s.marker), [true, false, true, false, true]);
    }

    #[test]
    fn loss_and_order_of_the_other_side_stay_visible() {
        let mut sender = sender();
        let a = sender.relayed(at(0), from(10, 0), 160, 160).expect("10");
        let c = sender.relayed(at(60), from(13, 480), 160, 160).expect("13");
        let b = sender.relayed(at(61), from(12, 320), 160, 160).expect("12, late");
        assert_eq!(c.sequence.wrapping_sub(a.sequence), 3);
        assert_eq!((b.sequence.wrapping_sub(a.sequence), b.timestamp.wrapping_sub(a.timestamp)), (2, 320));
        let late = sender.relayed(at(62), from(9, 0), 160, 160);
        assert_eq!(late, None, "before the bridge: its number belongs to somebody else");
    }

    #[test]
    fn a_swallowed_packet_leaves_no_hole() {
        let mut sender = sender();
        let a = sender.relayed(at(0), from(10, 0), 160, 160).expect("10");
        sender.swallow(5, 11);
        let b = sender.relayed(at(40), from(12, 320), 160, 160).expect("12");
        assert_eq!(b.sequence.wrapping_sub(a.sequence), 1);
        assert_eq!(sender.relayed(at(41), from(10, 0), 160, 160), None);
    }

    #[test]
    fn a_leap_of_the_source_does_not_reach_the_receiver() {
        let mut sender = sender();
        let a = sender.relayed(at(0), from(10, 0), 160, 160).expect("10");
        let b = sender.relayed(at(20), from(11, 2_000_000_000), 160, 160).expect("11");
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), 160);
        assert!(b.marker);
        // A pause in speech is no leap: the timestamp follows the time that has passed.
        let c = sender.relayed(at(10_020), from(12, 2_000_080_000), 160, 160).expect("12");
        assert_eq!(c.timestamp.wrapping_sub(b.timestamp), 80_000);
    }
}
