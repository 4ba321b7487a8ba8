//! Mixing: what a three-way conference costs a media desk, beside relaying its packets. One thread, no sockets.
//!
//! ```text
//!   cargo run --release -p sujie-benches --bin mixing [-- CONFERENCES]        (usually 200)
//!
//!   conferences of three ─▶ Desk ─▶ each hears the two others, mixed        ÷  packets that come in
//!   talks of two, as many parties ─▶ Desk ─▶ each hears the other, relayed  ÷  packets that come in
//! ```
//!
//! The same packets come in at the same moments of virtual time, G.711 A-law, 20 ms, and as many go out: each party gets
//! fifty a second either way. The kinds take turns, so that a slow spell of the machine falls on all; medians of
//! [`ROUNDS`] rounds. What making the packets and reading the out-buffer costs is measured with a desk that knows
//! nobody, and taken off. The exit code is 1 when a conference of three costs the desk more than [`BAR`] times the relay
//! of its packets.
//!
//! Beside that, and judged by nothing: the same with what the kernel takes for a packet that passes, whoever hears it, one
//! sent and one received by a connected UDP socket on loopback. That is what a machine has to spend in all; it says little
//! about the mixer, because the kernel's part is many times the desk's.

use base::{Handle, Timestamp};
use media::session::{Audio, Codec, Command, Hear, Parties, Party, PayloadType, Profile, SessionRef};
use media::{Desk, Out, alaw};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use sujie_benches::machine::Machine;

/// What a conference may cost the desk, in relays of the same packets.
const BAR: f64 = 3.0;
/// Measured so often.
const ROUNDS: usize = 15;
/// Virtual time of a round, in packets of each party: two seconds.
const PACKETS: u64 = 100;

/// Who hears whom: a mask for each party of a session.
struct Kind {
    name: &'static str,
    hears: &'static [u8],
}

const KINDS: [Kind; 4] = [
    Kind { name: "two, relayed", hears: &[0b10, 0b01] },
    Kind { name: "three, mixed", hears: &[0b110, 0b101, 0b011] },
    // A supervisor hears three and is heard by the agent alone; the others hear a mix without him.
    Kind { name: "three, a supervisor whispers", hears: &[0b0110, 0b1101, 0b0011, 0b0111] },
    // The usual whisper: caller, agent, supervisor; the caller's side stays a relay.
    Kind { name: "two, a supervisor whispers", hears: &[0b010, 0b101, 0b011] },
];

fn main() -> ExitCode {
    let word = std::env::args().nth(1).unwrap_or_else(|| "200".into());
    let Some(conferences) = word.parse::<usize>().ok().filter(|count| (1..=2_500).contains(count)) else {
        eprintln!("{word:?} is no number of conferences: 1 to 2500, as `mixing 200`");
        return ExitCode::from(2);
    };
    let machine = Machine::read();
    println!(
        "{} x {}, Linux {}, load average {}; {} parties, a desk, one thread, {ROUNDS} rounds of {PACKETS} packets each",
        machine.processors,
        machine.processor,
        machine.kernel,
        machine.load_average,
        conferences * 3
    );
    let mut halls: Vec<Hall> = KINDS.iter().map(|kind| Hall::open(kind, conferences * 3)).collect();
    let mut nobody = Hall::open(&KINDS[0], conferences * 3);
    nobody.desk = Desk::new([].into(), 1);
    let (mut costs, mut empty) = (vec![Vec::new(); KINDS.len()], Vec::new());
    for hall in &mut halls {
        hall.round();
    }
    for _ in 0..ROUNDS {
        empty.push(nobody.round());
        for (hall, costs) in halls.iter_mut().zip(&mut costs) {
            costs.push(hall.round());
        }
    }
    let empty = median(&mut empty);
    let costs: Vec<f64> = costs.iter_mut().map(|costs| median(costs) - empty).collect();
    let mut wires: Vec<f64> = (0..ROUNDS).filter_map(|_| wire().ok()).collect();
    if wires.is_empty() {
        eprintln!("no UDP socket on 127.0.0.1: what the kernel takes for a packet cannot be measured here");
        return ExitCode::from(2);
    }
    let wire = median(&mut wires);
    println!(
        "{:<30} {:>12} {:>10} {:>16} {:>14}",
        "session", "ns a packet", "x relay", "x, with sockets", "us a s of it"
    );
    let with = |cost: f64| (cost + wire) / (costs[0] + wire);
    for (kind, cost) in KINDS.iter().zip(&costs) {
        let second = cost * 50.0 * kind.hears.len() as f64 / 1_000.0;
        let ratio = cost / costs[0];
        println!("{:<30} {cost:>12.0} {ratio:>10.2} {:>16.2} {second:>14.1}", kind.name, with(*cost));
    }
    let ratio = costs[1] / costs[0];
    println!("three, mixed: {ratio:.2} x the relay of its packets, the desk alone (bar: {BAR})");
    println!("with sockets, {wire:.0} ns a packet in the kernel: {:.2} x (no bar)", with(costs[1]));
    for hall in &halls {
        hall.assert_sent();
    }
    if ratio <= BAR { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A desk full of sessions of one kind, and who speaks there.
struct Hall {
    desk: Desk,
    out: Out,
    now: Timestamp,
    speakers: Vec<Speaker>,
    came: u64,
    sent: u64,
}

/// A party, and its next packet.
struct Speaker {
    port: u16,
    peer: SocketAddr,
    packet: Vec<u8>,
}

impl Hall {
    /// Whole sessions of a kind, until that many parties sit in them.
    fn open(kind: &Kind, parties: usize) -> Self {
        let (mut desk, mut out) = (Desk::new([].into(), 1), Out::default());
        let now = Timestamp::from_millis(1_000);
        let each = kind.hears.len();
        let speakers = (0..parties / each * each)
            .map(|number| {
                let session = SessionRef::from_parts((number / each) as u32, 0);
                let speaker = Speaker::new(number);
                let party = Party((number % each) as u8);
                let silence = Duration::ZERO;
                desk.command(
                    now,
                    Command::Join { session, party, audio: speaker.audio(), silence },
                    &mut out,
                );
                let hear = Hear::Parties(Parties(kind.hears[number % each]));
                desk.command(now, Command::Hear { session, party, hear }, &mut out);
                speaker
            })
            .collect();
        Self { desk, out, now, speakers, came: 0, sent: 0 }
    }

    /// Two seconds of virtual time; nanoseconds of real time for a packet that came.
    fn round(&mut self) -> f64 {
        let begun = Instant::now();
        let per_millisecond = self.speakers.len().div_ceil(20);
        for _ in 0..PACKETS {
            // Packets come spread over the 20 ms, as they do.
            for some in self.speakers.chunks_mut(per_millisecond) {
                for speaker in some {
                    let (port, peer) = (speaker.port, speaker.peer);
                    self.desk.receive(self.now, port, peer, speaker.next(), &mut self.out);
                }
                self.now += Duration::from_millis(1);
                self.desk.tick(self.now, &mut self.out);
                let sent = self.out.packets.iter().filter(|packet| packet.port % 2 == 0);
                self.sent += std::hint::black_box(sent.count()) as u64;
                self.out.clear();
            }
        }
        let came = PACKETS * self.speakers.len() as u64;
        self.came += came;
        begun.elapsed().as_nanos() as f64 / came as f64
    }

    /// A figure counts only when as many packets went out as came in (but for the first of each party).
    fn assert_sent(&self) {
        let missing = self.came.saturating_sub(self.sent);
        assert!(missing <= 2 * self.speakers.len() as u64, "{missing} of {} packets not sent", self.came);
    }
}

impl Speaker {
    fn new(number: usize) -> Self {
        let peer = SocketAddr::from(([10, 1, (number / 250) as u8, (number % 250) as u8], 4_000));
        let mut packet = vec![0x80, 8, 0, 0, 0, 0, 0, 0];
        packet.extend((number as u32 + 1).to_be_bytes());
        // A voice is anything but silence: tones of many heights, so that sums are not always the same.
        let hertz = 200.0 + (number * 37 % 700) as f64;
        packet.extend((0..160).map(|n| {
            let angle = f64::from(n) * hertz / 8_000.0 * std::f64::consts::TAU;
            alaw::encode((angle.sin() * 9_000.0) as i16)
        }));
        Self { port: 10_000 + number as u16 * 2, peer, packet }
    }

    fn audio(&self) -> Audio {
        Audio {
            port: self.port,
            remote: self.peer,
            rtcp: None,
            rtcp_mux: false,
            codec: Codec::Pcma,
            payload: PayloadType(8),
            events: Some(PayloadType(101)),
            packet_time: Duration::from_millis(20),
            sends: true,
            receives: true,
            nated: false,
            profile: Profile::Avp,
        }
    }

    /// The packet, with the next numbers.
    fn next(&mut self) -> &[u8] {
        let sequence = u16::from_be_bytes([self.packet[2], self.packet[3]]).wrapping_add(1);
        let timestamp = self.packet[4..8].iter().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte));
        self.packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        self.packet[4..8].copy_from_slice(&timestamp.wrapping_add(160).to_be_bytes());
        &self.packet
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds that the kernel takes to send a datagram of 172 bytes and to receive one.
fn wire() -> std::io::Result<f64> {
    const TIMES: u32 = 5_000;
    let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    one.connect(other.local_addr()?)?;
    let (packet, mut room) = ([0x80; 172], [0; 1_500]);
    let begun = Instant::now();
    for _ in 0..TIMES {
        one.send(&packet)?;
        std::hint::black_box(other.recv_from(&mut room)?);
    }
    Ok(begun.elapsed().as_nanos() as f64 / f64::from(TIMES))
}
