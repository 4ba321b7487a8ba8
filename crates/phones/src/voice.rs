//! Audio of many parties: 20 ms of A-law each, and what they hear.
//!
//! ```text
//! start(local, remote) ─▶ one of 20 slots ── each millisecond one slot is sent ─▶ datagrams
//! receive(local, rtp)  ─▶ Heard: packets, gaps, loud ones, those that are the other side's tone bit for bit
//! ```
//!
//! Twenty slots instead of a timer a party: 2,000 parties cost a vector walk a millisecond. A party keeps its
//! slot, so its packets leave 20 ms apart. Each party has a [`Local`] of its own.

use crate::outbox::{Local, Outbox};
use base::Timestamp;
use std::net::SocketAddr;
use std::time::Duration;

/// Samples (and bytes) in 20 ms of G.711.
pub const SAMPLES: usize = 160;
const SLOTS: u64 = 20;
const SLOT: Duration = Duration::from_millis(1);
/// A driver that comes later than this skips what it missed instead of sending a burst.
const LATE_MAX: Duration = Duration::from_millis(60);

/// What a party says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Nothing at all.
    Nothing,
    /// Silence, packet by packet.
    Silence,
    /// A tone of `50 · k` hertz: a whole number of waves fits a packet, so all its packets are alike.
    Tone(u8),
}

impl Sound {
    /// The payload of its packets.
    #[must_use]
    pub fn payload(self) -> Option<[u8; SAMPLES]> {
        match self {
            Self::Nothing => None,
            Self::Silence => Some([0xD5; SAMPLES]),
            Self::Tone(k) => Some(std::array::from_fn(|i| {
                let phase = std::f64::consts::TAU * f64::from(k) * i as f64 / SAMPLES as f64;
                a_law((phase.sin() * 8_000.0) as i16)
            })),
        }
    }
}

/// What a party has heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Packets he sent.
    pub sent: u64,
    /// Packets that came.
    pub packets: u64,
    /// Packets that a jump of the sequence says are missing.
    pub gaps: u64,
    /// Packets that are not silent.
    pub loud: u64,
    /// Packets that carry the other side's tone unchanged.
    pub other: u64,
    /// Times that the stream changed its SSRC: a receiver's jitter buffer starts anew.
    pub resyncs: u64,
    /// Packets from another address than the negotiated one.
    pub strangers: u64,
}

impl Heard {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.packets += other.packets;
        self.gaps += other.gaps;
        self.loud += other.loud;
        self.other += other.other;
        self.resyncs += other.resyncs;
        self.strangers += other.strangers;
    }
}

#[derive(Clone, Debug)]
struct Voice {
    remote: SocketAddr,
    speaks: bool,
    payload: u8,
    sequence: u16,
    ssrc: u32,
    /// SSRC and next sequence number expected from the other side.
    expected: Option<(u32, u16)>,
    heard: Heard,
}

/// The audio of one player's parties, whose locals are `first..first + count`.
#[derive(Clone, Debug)]
pub struct Voices {
    first: u32,
    voices: Vec<Option<Voice>>,
    slots: Vec<Vec<u32>>,
    next: Timestamp,
    says: Option<[u8; SAMPLES]>,
    hears: Option<[u8; SAMPLES]>,
    speaking: usize,
    total: Heard,
}

impl Voices {
    /// Nobody talks yet.
    #[must_use]
    pub fn new(first: Local, count: u32, says: Sound, hears: Sound) -> Self {
        Self {
            first: first.0,
            voices: vec![None; count as usize],
            slots: vec![Vec::new(); SLOTS as usize],
            next: Timestamp::START,
            says: says.payload(),
            hears: hears.payload(),
            speaking: 0,
            total: Heard::default(),
        }
    }

    /// Whether a local is one of these parties.
    #[must_use]
    pub fn has(&self, local: Local) -> bool {
        local.0.checked_sub(self.first).is_some_and(|place| (place as usize) < self.voices.len())
    }

    fn voice(&mut self, local: Local) -> Option<&mut Voice> {
        let place = local.0.checked_sub(self.first)? as usize;
        self.voices.get_mut(place)?.as_mut()
    }

    /// Where a party's packets go, while it talks.
    #[must_use]
    pub fn remote(&self, local: Local) -> Option<SocketAddr> {
        let place = local.0.checked_sub(self.first)? as usize;
        self.voices.get(place)?.as_ref().map(|voice| voice.remote)
    }

    /// A party talks with `remote` from now on, or somewhere else than before. `speaks` is false on hold.
    pub fn start(&mut self, now: Timestamp, local: Local, remote: SocketAddr, payload: u8, speaks: bool) {
        if let Some(voice) = self.voice(local) {
            (voice.remote, voice.payload, voice.speaks) = (remote, payload, speaks);
            return;
        }
        if !self.has(local) {
            return;
        }
        let place = local.0 - self.first;
        self.voices[place as usize] = Some(Voice {
            remote,
            speaks,
            payload,
            sequence: 1,
            ssrc: 0x5EED_0000 ^ local.0,
            expected: None,
            heard: Heard::default(),
        });
        if self.speaking == 0 {
            self.next = now;
        }
        self.speaking += 1;
        self.slots[(u64::from(place) % SLOTS) as usize].push(local.0);
    }

    /// A party has hung up; what it heard. `None` when it did not talk.
    pub fn stop(&mut self, local: Local) -> Option<Heard> {
        let place = local.0.checked_sub(self.first)?;
        let voice = self.voices.get_mut(place as usize)?.take()?;
        let slot = &mut self.slots[(u64::from(place) % SLOTS) as usize];
        if let Some(at) = slot.iter().position(|&other| other == local.0) {
            slot.swap_remove(at);
        }
        self.speaking -= 1;
        self.total.add(&voice.heard);
        Some(voice.heard)
    }

    /// A packet has come to a party.
    pub fn receive(&mut self, local: Local, from: SocketAddr, packet: &[u8]) {
        let hears = self.hears;
        let Some(voice) = self.voice(local) else { return };
        // RFC 3550 5.1; RTCP shares no port here, so anything else is not for us.
        let [b0, _, s0, s1, _, _, _, _, i0, i1, i2, i3, payload @ ..] = packet else { return };
        if b0 >> 6 != 2 {
            return;
        }
        let (sequence, ssrc) = (u16::from_be_bytes([*s0, *s1]), u32::from_be_bytes([*i0, *i1, *i2, *i3]));
        let heard = &mut voice.heard;
        heard.packets += 1;
        heard.strangers += u64::from(from != voice.remote);
        let jump = match voice.expected {
            Some((known, next)) if known == ssrc => sequence.wrapping_sub(next),
            other => {
                heard.resyncs += u64::from(other.is_some());
                0
            }
        };
        // Late or doubled ones are neither gap nor progress.
        if jump < 0x8000 {
            heard.gaps += u64::from(jump);
            voice.expected = Some((ssrc, sequence.wrapping_add(1)));
        }
        // A-law magnitude is in the low seven bits with alternate bits inverted; eight samples tell enough.
        heard.loud += u64::from(payload.iter().take(8).any(|&b| (b ^ 0xD5) & 0x7F > 0x20));
        heard.other += u64::from(hears.is_some_and(|tone| tone[..] == *payload));
    }

    /// Sends what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.speaking == 0 {
            return;
        }
        if now.since(self.next) > LATE_MAX {
            self.next = now;
        }
        while self.next <= now {
            let slot = (self.next.as_millis() % SLOTS) as usize;
            self.next += SLOT;
            let Some(says) = &self.says else { continue };
            for &local in &self.slots[slot] {
                let Some(voice) = &mut self.voices[(local - self.first) as usize] else { continue };
                if !voice.speaks {
                    continue;
                }
                let sequence = voice.sequence.to_be_bytes();
                let time = (u32::from(voice.sequence) * SAMPLES as u32).to_be_bytes();
                out.send(Local(local), voice.remote, |w| {
                    w.extend_from_slice(&[0x80, voice.payload, sequence[0], sequence[1]]);
                    w.extend_from_slice(&time);
                    w.extend_from_slice(&voice.ssrc.to_be_bytes());
                    w.extend_from_slice(says);
                });
                voice.sequence = voice.sequence.wrapping_add(1);
                voice.heard.sent += 1;
            }
        }
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        (self.speaking > 0 && self.says.is_some()).then_some(self.next)
    }

    /// What all have heard, those who still talk included.
    #[must_use]
    pub fn total(&self) -> Heard {
        let mut total = self.total;
        for voice in self.voices.iter().flatten() {
            total.add(&voice.heard);
        }
        total
    }
}

/// A-law of a sample (G.711 table 1a).
fn a_law(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample) } else { (0, !sample) };
    let magnitude = magnitude >> 4;
    let code = if magnitude < 32 {
        magnitude
    } else {
        let segment = 12 - magnitude.leading_zeros() as i16;
        segment << 4 | (magnitude >> (segment - 1) & 0x0F)
    };
    (sign | code as u8) ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Local = Local(10);

    fn pair() -> (Voices, Voices, SocketAddr) {
        let callers = Voices::new(HERE, 4, Sound::Tone(8), Sound::Tone(20));
        let agents = Voices::new(HERE, 4, Sound::Tone(20), Sound::Tone(8));
        (callers, agents, "192.0.2.1:4000".parse().unwrap())
    }

    #[test]
    fn a_second_of_talk_is_fifty_packets_each_heard_as_the_others_tone() {
        let (mut caller, mut agent, remote) = pair();
        caller.start(Timestamp::START, HERE, remote, 8, true);
        agent.start(Timestamp::START, HERE, remote, 8, true);
        let mut out = Outbox::default();
        for ms in 0..1000 {
            assert!(caller.next_deadline() <= Some(Timestamp::from_millis(ms)));
            caller.tick(Timestamp::from_millis(ms), &mut out);
        }
        assert_eq!(out.datagrams().len(), 50);
        for datagram in out.datagrams() {
            agent.receive(HERE, remote, &out.bytes()[datagram.range.clone()]);
        }
        let heard = agent.stop(HERE).unwrap();
        let expected = Heard { packets: 50, loud: 50, other: 50, ..Heard::default() };
        assert_eq!(heard, expected);
        assert_eq!(agent.next_deadline(), None);
        assert_eq!(agent.stop(HERE), None);
    }

    #[test]
    fn gaps_strangers_and_new_streams_are_counted_and_noise_is_not() {
        let (_, mut agent, remote) = pair();
        agent.start(Timestamp::START, HERE, remote, 8, true);
        let packet = |sequence: u16, ssrc: u8| {
            let mut bytes = vec![0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, ssrc];
            bytes[2..4].copy_from_slice(&sequence.to_be_bytes());
            bytes.extend_from_slice(&Sound::Silence.payload().unwrap());
            bytes
        };
        let stranger: SocketAddr = "192.0.2.7:1".parse().unwrap();
        for (from, bytes) in [
            (remote, packet(65_535, 1)),
            (remote, packet(2, 1)), // 0 and 1 are missing
            (remote, packet(1, 1)), // late
            (stranger, packet(2, 1)),
            (remote, packet(900, 2)),
            (remote, b"\x80".to_vec()),
            (remote, vec![0; 172]),
        ] {
            agent.receive(HERE, from, &bytes);
        }
        agent.receive(Local(3), remote, &packet(1, 1));
        let heard = agent.total();
        assert_eq!((heard.packets, heard.gaps, heard.strangers, heard.resyncs), (5, 2, 1, 1));
        assert_eq!((heard.loud, heard.other), (0, 0));
    }

    #[test]
    fn a_law_has_the_values_of_the_recommendation() {
        // Table 1a/G.711: smallest and largest codes with even bits inverted.
        assert_eq!((a_law(0), a_law(-1), a_law(i16::MAX), a_law(i16::MIN)), (0xD5, 0x55, 0xAA, 0x2A));
    }
}
