//! A hotline's audio in virtual time: telephones that speak in tones, a desk between them, and a wire that
//! can lose, repeat and delay.
//!
//! ```text
//!   Phone (one tone each) ──20 ms packets──▶ Wire ─▶ Desk ─▶ Phone::heard, by address
//! ```
#![allow(dead_code, unreachable_pub)] // each scenario file is a crate that uses its part of it

use base::{Handle, Random, Timestamp};
use media::session::{
    Audio, Codec, Command, Fact, Hear, Parties, Party, PayloadType, Profile, Report, SessionRef, Taped,
};
use media::tone::{self, Amplitude, Hertz};
use media::{Clip, Clips, Desk, Out, alaw, ulaw};
use std::net::SocketAddr;
use std::time::Duration;

pub const EVENTS: PayloadType = PayloadType(101);

/// A telephone: what it says is its tone, what it hears is kept.
pub struct Phone {
    pub session: SessionRef,
    pub party: Party,
    /// Our port for it.
    pub port: u16,
    pub address: SocketAddr,
    pub codec: Codec,
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    /// It speaks with this tone; none: it sends nothing.
    pub tone: Option<Hertz>,
    /// Milliseconds after the whole 20 at which it sends.
    pub phase: u64,
    phase_samples: u64,
    pub heard: Vec<Heard>,
    pub control: Vec<Vec<u8>>,
}

/// An RTP packet that reached a telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub at: Timestamp,
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

/// Desk, telephones and time.
pub struct Hotline {
    pub desk: Desk,
    pub now: Timestamp,
    pub phones: Vec<Phone>,
    pub facts: Vec<Fact>,
    pub taped: Vec<Taped>,
    pub ports_open: Vec<u16>,
    /// Probability that a packet towards the desk is lost, and that it comes twice.
    pub loss: f64,
    pub duplication: f64,
    /// Largest delay of a packet towards the desk; beyond 20 ms packets overtake each other.
    pub delay: Duration,
    random: Random,
    steps: u64,
    on_the_way: Vec<(Timestamp, usize, Vec<u8>)>,
    out: Out,
}

/// A session's name as `call` would mint it.
pub fn session(number: u32) -> SessionRef {
    SessionRef::from_parts(number, 1)
}

/// What is usually negotiated.
pub fn audio(port: u16, remote: SocketAddr, codec: Codec) -> Audio {
    let payload = match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
    };
    Audio {
        port,
        remote,
        rtcp: None,
        rtcp_mux: false,
        codec,
        payload: PayloadType(payload),
        events: Some(EVENTS),
        packet_time: Duration::from_millis(20),
        sends: true,
        receives: true,
        nated: false,
        profile: Profile::Avp,
    }
}

/// A clip of one tone.
pub fn tone_clip(name: &str, hertz: u32, span: Duration) -> Clip {
    Clip::from_pcm(name, &tone::sine(Hertz(hertz), span, Amplitude::TONE), 8_000, 1).expect("audio")
}

impl Hotline {
    pub fn new(clips: Vec<Clip>) -> Self {
        let clips: Clips = clips.into();
        Self {
            desk: Desk::new(clips, 12_345),
            now: Timestamp::from_millis(1_003),
            phones: Vec::new(),
            facts: Vec::new(),
            taped: Vec::new(),
            ports_open: Vec::new(),
            loss: 0.0,
            duplication: 0.0,
            delay: Duration::ZERO,
            random: Random::seeded(2),
            steps: 0,
            on_the_way: Vec::new(),
            out: Out::default(),
        }
    }

    /// A telephone joins a session; returns its number.
    pub fn join(&mut self, number: u32, party: u8, codec: Codec, tone: Option<u32>) -> usize {
        self.join_with(number, party, codec, tone, |_| ())
    }

    pub fn join_with(
        &mut self,
        number: u32,
        party: u8,
        codec: Codec,
        tone: Option<u32>,
        change: impl FnOnce(&mut Audio),
    ) -> usize {
        let index = self.phones.len();
        let port = 10_000 + index as u16 * 2;
        let address = SocketAddr::from(([10, 0, (index / 200) as u8, (index % 200) as u8 + 1], 4_000));
        let mut audio = audio(port, address, codec);
        change(&mut audio);
        let (session, party) = (session(number), Party(party));
        self.phones.push(Phone {
            session,
            party,
            port,
            address,
            codec,
            ssrc: 0x1000 + index as u32,
            sequence: (index as u16).wrapping_mul(7_919),
            timestamp: (index as u32).wrapping_mul(2_654_435_761),
            tone: tone.map(Hertz),
            phase: (index as u64 * 7) % 20,
            phase_samples: 0,
            heard: Vec::new(),
            control: Vec::new(),
        });
        self.command(Command::Join { session, party, audio, silence: Duration::from_secs(30) });
        index
    }

    pub fn audio(&self, phone: usize) -> Audio {
        audio(self.phones[phone].port, self.phones[phone].address, self.phones[phone].codec)
    }

    pub fn update(&mut self, phone: usize, change: impl FnOnce(&mut Audio)) {
        let mut audio = self.audio(phone);
        change(&mut audio);
        let (session, party) = (self.phones[phone].session, self.phones[phone].party);
        self.command(Command::Update { session, party, audio });
    }

    pub fn hear(&mut self, phone: usize, hear: Hear) {
        let (session, party) = (self.phones[phone].session, self.phones[phone].party);
        self.command(Command::Hear { session, party, hear });
    }

    /// He hears these slots.
    pub fn hear_parties(&mut self, phone: usize, parties: &[u8]) {
        let mask = parties.iter().fold(Parties::NONE, |mask, &party| mask.with(Party(party)));
        self.hear(phone, Hear::Parties(mask));
    }

    pub fn leave(&mut self, phone: usize) -> Report {
        let (session, party) = (self.phones[phone].session, self.phones[phone].party);
        self.phones[phone].tone = None;
        self.command(Command::Leave { session, party });
        match self.facts.last() {
            Some(Fact::Left { report, .. }) => *report,
            other => panic!("he should have left, but: {other:?}"),
        }
    }

    pub fn command(&mut self, command: Command) {
        self.desk.command(self.now, command, &mut self.out);
        self.check();
        self.deliver();
    }

    /// Puts bytes on the wire to a telephone's port of ours, from whom you like.
    pub fn inject(&mut self, port: u16, from: SocketAddr, bytes: &[u8]) {
        self.desk.receive(self.now, port, from, bytes, &mut self.out);
        self.deliver();
    }

    /// An RTP packet of a telephone, from its own address.
    pub fn say(&mut self, phone: usize, payload_type: u8, marker: bool, payload: &[u8]) {
        let bytes = self.phones[phone].packet(payload_type, marker, payload);
        self.inject(self.phones[phone].port, self.phones[phone].address, &bytes);
    }

    pub fn port_failed(&mut self, port: u16) {
        self.desk.port_failed(self.now, port, &mut self.out);
        self.deliver();
    }

    /// Lets time pass, one millisecond at a time: telephones speak, the desk ticks when it asked to.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now += Duration::from_millis(1);
            let now = self.now;
            for index in 0..self.phones.len() {
                if self.phones[index].tone.is_none() || now.as_millis() % 20 != self.phones[index].phase {
                    continue;
                }
                let packet = self.phones[index].speak();
                for _ in 0..1 + u32::from(self.random.chance(self.duplication)) {
                    if !self.random.chance(self.loss) {
                        let late = self.random.below(self.delay.as_millis() as u64 + 1);
                        self.on_the_way.push((now + Duration::from_millis(late), index, packet.clone()));
                    }
                }
            }
            let (due, later) = self.on_the_way.drain(..).partition(|(at, ..)| *at <= now);
            self.on_the_way = later;
            let due: Vec<(Timestamp, usize, Vec<u8>)> = due;
            for (_, index, packet) in due {
                self.inject(self.phones[index].port, self.phones[index].address, &packet);
            }
            if self.desk.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.desk.tick(now, &mut self.out);
                self.check();
                assert!(self.desk.next_deadline().is_none_or(|deadline| deadline > now), "all due is done");
                self.deliver();
            }
        }
    }

    /// Forgets what has been heard so far.
    pub fn hush(&mut self) {
        self.phones.iter_mut().for_each(|phone| phone.heard.clear());
    }

    pub fn keys(&self, phone: usize) -> String {
        let phone = &self.phones[phone];
        self.facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Key { session, party, digit } if (*session, *party) == (phone.session, phone.party) => {
                    Some(*digit)
                }
                _ => None,
            })
            .collect()
    }

    /// After every step; with many telephones, which makes it slow, after every 64th.
    fn check(&mut self) {
        self.steps += 1;
        if self.phones.len() < 20 || self.steps.is_multiple_of(64) {
            self.desk.check().expect("invariants");
        }
    }

    fn deliver(&mut self) {
        for packet in &self.out.packets {
            let bytes = self.out.packet(packet);
            let Some(phone) = self.phones.iter_mut().find(|phone| phone.address.ip() == packet.peer.ip())
            else {
                continue;
            };
            if packet.port % 2 == 1 || (192..=223).contains(&bytes[1]) {
                phone.control.push(bytes.to_vec());
            } else {
                assert_eq!(packet.port, phone.port, "each is sent to from his own port");
                phone.heard.push(Heard::read(self.now, bytes));
            }
        }
        for change in &self.out.ports {
            match *change {
                media::PortChange::Open { port, .. } => self.ports_open.push(port),
                media::PortChange::Close { port } => self.ports_open.retain(|&open| open != port),
                media::PortChange::Attend { .. } => {}
            }
        }
        self.facts.append(&mut self.out.facts);
        self.taped.append(&mut self.out.taped);
        self.out.clear();
    }
}

impl Phone {
    /// The next 20 ms of its tone.
    fn speak(&mut self) -> Vec<u8> {
        let hertz = f64::from(self.tone.expect("it speaks").0);
        let from = self.phase_samples;
        self.phase_samples += 160;
        let payload: Vec<u8> = (from..from + 160)
            .map(|n| (n as f64 * hertz / 8_000.0 * std::f64::consts::TAU).sin() * 6_000.0)
            .map(|sample| match self.codec {
                Codec::Pcma | Codec::G722 => alaw::encode(sample as i16),
                Codec::Pcmu => ulaw::encode(sample as i16),
            })
            .collect();
        let kind = match self.codec {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
        };
        let packet = self.packet(kind, from == 0, &payload);
        self.timestamp = self.timestamp.wrapping_add(160);
        packet
    }

    /// A packet with the next sequence number and the current timestamp.
    pub fn packet(&mut self, payload_type: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, payload_type | u8::from(marker) << 7];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        bytes
    }

    /// What came to its ear, laid out by timestamp; holes are silence.
    pub fn ear(&self) -> Vec<i16> {
        let mut pcm: Vec<i16> = Vec::new();
        let Some(first) = self.heard.first() else { return pcm };
        for heard in &self.heard {
            let at = heard.timestamp.wrapping_sub(first.timestamp) as usize;
            assert!(at < 8_000 * 3_600, "a timestamp an hour away");
            pcm.resize(pcm.len().max(at + heard.payload.len()), 0);
            for (sample, &code) in pcm[at..].iter_mut().zip(&heard.payload) {
                *sample = match self.codec {
                    Codec::Pcma | Codec::G722 => alaw::decode(code),
                    Codec::Pcmu => ulaw::decode(code),
                };
            }
        }
        pcm
    }

    /// Which of the tones of the hotline's day it hears now (over the last 200 ms), in ascending order.
    pub fn hears(&self, tones: &[u32]) -> Vec<u32> {
        let ear = self.ear();
        let last = &ear[ear.len().saturating_sub(1_600)..];
        tones.iter().copied().filter(|&hertz| tone::level(last, Hertz(hertz)) > 1_500.0).collect()
    }

    /// Nothing in the numbers of what it heard shows that we changed what we send: one source, sequence
    /// numbers without a hole, timestamps that advance with time.
    pub fn assert_continuous(&self) {
        for pair in self.heard.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert_eq!(after.ssrc, before.ssrc, "at {}", after.at);
            assert_eq!(after.sequence, before.sequence.wrapping_add(1), "at {}", after.at);
            let samples = after.timestamp.wrapping_sub(before.timestamp);
            let passed = after.at.since(before.at).as_millis() as u32 * 8;
            assert!(samples >= before.payload.len() as u32, "overlap at {}: {samples}", after.at);
            assert!(samples.abs_diff(passed) <= 320, "at {}: {samples} samples in {passed}", after.at);
        }
    }

    /// Longest time between two packets.
    pub fn longest_gap(&self) -> Duration {
        self.heard.windows(2).map(|pair| pair[1].at.since(pair[0].at)).max().unwrap_or_default()
    }
}

impl Heard {
    fn read(at: Timestamp, bytes: &[u8]) -> Self {
        assert!(bytes.len() >= 12 && bytes[0] == 0x80, "an RTP packet");
        Self {
            at,
            marker: bytes[1] & 0x80 != 0,
            payload_type: bytes[1] & 0x7F,
            sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
            timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
            payload: bytes[12..].to_vec(),
        }
    }
}
