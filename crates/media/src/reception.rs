//! What was received from one party: extended sequence, loss and jitter (RFC 3550 6.4.1, A.1, A.3, A.8).
//!
//! ```text
//!   packet ─▶ Next │ Old │ Restarted ─▶ forwarded         Jump ─▶ dropped until a second one agrees
//! ```
//!
//! Departs from A.1 in one thing: no probation. The first packet counts, because the address rule has
//! already said whose it is, and a call must not begin with a lost packet.
//! Never knows: addresses, payloads.

use base::Timestamp;
use std::time::Duration;

/// A gap that is still loss and not a restart (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3000;
/// How late a packet may be and still be a late one (RFC 3550 A.1).
const MAX_MISORDER: u16 = 100;
/// A change of transit time beyond this (2 s in samples) is a new timestamp base, not jitter.
const TRANSIT_LEAP: u32 = 16_000;

/// The RTP clock of every codec we carry, in nanoseconds a tick (8 kHz, G.722 too: RFC 3551 4.5.2).
pub(crate) const CLOCK_NANOS: u64 = 125_000;

/// A moment on the 8 kHz clock.
#[inline]
pub(crate) fn clock(at: Timestamp) -> u64 {
    at.as_nanos() / CLOCK_NANOS
}

/// What a packet is to the stream it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// In order, perhaps after a gap.
    Next,
    /// Late or twice.
    Old,
    /// The first of a new source or of a new numbering.
    Restarted,
    /// Far off: dropped unless the next one continues it.
    Jump,
}

/// What was received from one party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reception {
    ssrc: Option<u32>,
    highest: u16,
    cycles: u32,
    first: u32,
    /// The sequence number that would confirm a jump.
    jumped_to: Option<u16>,
    received: u64,
    transit: Option<u32>,
    /// Jitter times 16, in samples (RFC 3550 A.8).
    jitter: u32,
    jitter_max: u32,
    expected_before: u64,
    received_before: u64,
    /// Sums of the sources that came before this one.
    lost_earlier: u64,
    received_earlier: u64,
}

impl Reception {
    /// Counts a packet. `timed` says that its timestamp tells when it was sampled (an event's does not).
    #[inline]
    pub(crate) fn packet(
        &mut self,
        now: Timestamp,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        timed: bool,
    ) -> Arrival {
        let arrival = if self.ssrc == Some(ssrc) { self.place(sequence) } else { Arrival::Restarted };
        match arrival {
            Arrival::Jump => return arrival,
            Arrival::Restarted => self.restart(ssrc, sequence),
            Arrival::Next | Arrival::Old => (),
        }
        self.received += 1;
        if timed {
            self.jitter(clock(now) as u32, timestamp);
        }
        arrival
    }

    /// Packets that came, all sources.
    pub(crate) fn received(&self) -> u64 {
        self.received_earlier + self.received
    }

    /// Packets that never came, all sources (duplicates can hide some, as RFC 3550 A.3 knows).
    pub(crate) fn lost(&self) -> u64 {
        self.lost_earlier + self.expected().saturating_sub(self.received)
    }

    /// Last interarrival jitter.
    pub(crate) fn jitter_last(&self) -> Duration {
        jitter_span(self.jitter)
    }

    /// Largest interarrival jitter.
    pub(crate) fn jitter_largest(&self) -> Duration {
        jitter_span(self.jitter_max)
    }

    /// Interarrival jitter in samples.
    pub(crate) fn jitter_samples(&self) -> u32 {
        self.jitter >> 4
    }

    /// The source heard now.
    pub(crate) fn ssrc(&self) -> Option<u32> {
        self.ssrc
    }

    /// Extended highest sequence number of the source heard now.
    pub(crate) fn extended(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.highest))
    }

    /// Packets of the source heard now that never came, as a report block says it.
    pub(crate) fn lost_of_source(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// Fraction lost since the last call, in 1/256 (RFC 3550 A.3).
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let expected = self.expected();
        let span = expected - self.expected_before.min(expected);
        let came = self.received - self.received_before.min(self.received);
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost = span.saturating_sub(came);
        (lost << 8).checked_div(span).map_or(0, |fraction| fraction.min(255) as u8)
    }

    fn expected(&self) -> u64 {
        if self.ssrc.is_none() { 0 } else { u64::from(self.extended().wrapping_sub(self.first)) + 1 }
    }

    fn place(&mut self, sequence: u16) -> Arrival {
        let step = sequence.wrapping_sub(self.highest);
        if step == 0 {
            Arrival::Old
        } else if step < MAX_DROPOUT {
            if sequence < self.highest {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.highest = sequence;
            self.jumped_to = None;
            Arrival::Next
        } else if step > u16::MAX - MAX_MISORDER {
            Arrival::Old
        } else if self.jumped_to == Some(sequence) {
            Arrival::Restarted
        } else {
            self.jumped_to = Some(sequence.wrapping_add(1));
            Arrival::Jump
        }
    }

    fn restart(&mut self, ssrc: u32, sequence: u16) {
        self.lost_earlier += self.expected().saturating_sub(self.received);
        self.received_earlier += self.received;
        self.ssrc = Some(ssrc);
        self.highest = sequence;
        self.cycles = 0;
        self.first = u32::from(sequence);
        self.jumped_to = None;
        (self.received, self.expected_before, self.received_before) = (0, 0, 0);
        self.transit = None;
    }

    fn jitter(&mut self, arrived: u32, timestamp: u32) {
        let transit = arrived.wrapping_sub(timestamp);
        let Some(before) = self.transit.replace(transit) else { return };
        let change = transit.wrapping_sub(before).cast_signed().unsigned_abs();
        if change < TRANSIT_LEAP {
            self.jitter = self.jitter + change - ((self.jitter + 8) >> 4);
            self.jitter_max = self.jitter_max.max(self.jitter);
        }
    }
}

fn jitter_span(scaled: u32) -> Duration {
    Duration::from_nanos(u64::from(scaled) * CLOCK_NANOS / 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn loss_is_counted_across_the_wrap_of_the_sequence_number() {
        let mut heard = Reception::default();
        assert_eq!(heard.packet(at(0), 9, 65_534, 0, true), Arrival::Restarted);
        assert_eq!(heard.packet(at(20), 9, 65_535, 160, true), Arrival::Next);
        assert_eq!(heard.packet(at(80), 9, 2, 640, true), Arrival::Next, "0 and 1 are missing");
        assert_eq!((heard.received(), heard.lost(), heard.extended()), (3, 2, 65_538));
        assert_eq!(heard.fraction_lost(), (2 * 256 / 5) as u8);
        assert_eq!(heard.packet(at(81), 9, 1, 480, true), Arrival::Old);
        assert_eq!(heard.lost(), 1, "one came late");
        assert_eq!(heard.fraction_lost(), 0);
    }

    #[test]
    fn a_new_source_starts_over_and_its_predecessor_is_not_forgotten() {
        let mut heard = Reception::default();
        heard.packet(at(0), 1, 10, 0, true);
        heard.packet(at(40), 1, 12, 320, true);
        assert_eq!(heard.packet(at(60), 2, 7, 99_000, true), Arrival::Restarted);
        assert_eq!((heard.received(), heard.lost(), heard.lost_of_source()), (3, 1, 0));
    }

    #[test]
    fn a_jump_needs_a_second_packet_to_be_believed() {
        let mut heard = Reception::default();
        heard.packet(at(0), 1, 10, 0, true);
        assert_eq!(heard.packet(at(20), 1, 30_000, 160, true), Arrival::Jump);
        assert_eq!(heard.packet(at(20), 1, 11, 160, true), Arrival::Next, "a stray one is forgotten");
        assert_eq!(heard.packet(at(40), 1, 40_000, 320, true), Arrival::Jump);
        assert_eq!(heard.packet(at(60), 1, 40_001, 480, true), Arrival::Restarted);
        assert_eq!(heard.lost(), 0);
    }

    #[test]
    fn jitter_follows_the_recommendation_and_ignores_a_new_timestamp_base() {
        let mut heard = Reception::default();
        // Every other packet 10 ms late: |D| is 80 samples each time, so J tends to 80 (10 ms).
        for n in 0..500u64 {
            let late = if n % 2 == 1 { 10 } else { 0 };
            heard.packet(at(n * 20 + late), 1, n as u16, n as u32 * 160, true);
        }
        let jitter = heard.jitter_last();
        assert!((Duration::from_micros(9_500)..=Duration::from_millis(10)).contains(&jitter), "{jitter:?}");
        heard.packet(at(10_000), 1, 500, 3_000_000_000, true);
        assert_eq!(heard.jitter_last(), jitter);
    }
}
