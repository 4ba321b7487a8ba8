//! RTP and RTCP: any packet, or any run of packets, into a desk with a bridge, a conference and somebody on music.
//!
//! An input is one packet; when it begins with 0xFF it is many, each after a byte that says which port, from whom
//! and after how long, and a byte with its length.

use super::cost;
use base::{Handle, Timestamp};
use media::session::{
    Audio, ClipRef, Codec, Command, Hear, Parties, Party, PayloadType, Profile, RecordingRef, SessionRef,
};
use media::{Clip, Clips, Desk, Out, tone};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

/// Packets that one packet may cause: relayed, mixed, and what is due in the time that passes.
const CAUSED: usize = 4;

static CLIPS: LazyLock<Clips> = LazyLock::new(|| {
    [Clip::from_pcm("music", &tone::hold_music()[..8_000], 8_000, 1).expect("a clip")].into()
});

thread_local! {
    // Building a desk costs more than most inputs; sessions are closed and opened anew for each, and checked to
    // be gone, so that an input fails or not whatever came before it.
    static DESK: RefCell<(Desk, u32)> = RefCell::new((Desk::new(CLIPS.clone(), 1), 0));
}

/// Plays one input.
///
/// # Panics
/// When something is wrong with what it does.
pub fn run(data: &[u8]) {
    DESK.with_borrow_mut(|(desk, played)| {
        *played += 1;
        let now = Timestamp::from_secs(u64::from(*played) * 10);
        let mut round = Round { desk, out: Out::default(), now, generation: *played };
        round.open();
        match data {
            [0xFF, packets @ ..] => round.many(packets),
            packet => {
                for kind in 0..=u8::MAX {
                    // All ports and sources, without the pauses.
                    if kind & 0xC0 == 0 {
                        round.packet(kind, packet);
                    }
                }
            }
        }
        round.pass(Duration::from_millis(200));
        if *played % 16 == 0 {
            round.desk.check().expect("the invariants of audio hold");
        }
        round.close();
    });
}

struct Round<'a> {
    desk: &'a mut Desk,
    out: Out,
    now: Timestamp,
    generation: u32,
}

/// Session, slot, codec, behind a NAT, and whom he hears.
const PARTIES: [(u32, u8, Codec, bool); 7] = [
    (0, 0, Codec::Pcma, false),
    (0, 1, Codec::Pcma, true),
    (1, 0, Codec::Pcmu, false),
    (1, 1, Codec::Pcma, false),
    (1, 2, Codec::Pcma, false),
    (2, 0, Codec::Pcmu, false),
    (3, 0, Codec::G722, false),
];

impl Round<'_> {
    fn session(&self, index: u32) -> SessionRef {
        SessionRef::from_parts(index, self.generation)
    }

    fn open(&mut self) {
        for (at, &(index, party, codec, nated)) in PARTIES.iter().enumerate() {
            let payload = match codec {
                Codec::Pcmu => 0,
                Codec::Pcma => 8,
                Codec::G722 => 9,
            };
            let audio = Audio {
                port: port(at),
                remote: peer(at),
                rtcp: None,
                rtcp_mux: at == 2,
                codec,
                payload: PayloadType(payload),
                events: Some(PayloadType(101)),
                packet_time: Duration::from_millis(20),
                sends: true,
                receives: true,
                nated,
                profile: Profile::Avp,
            };
            let (session, party) = (self.session(index), Party(party));
            let silence = Duration::from_secs(3);
            self.desk.command(self.now, Command::Join { session, party, audio, silence }, &mut self.out);
            let all = (0..3)
                .filter(|other| *other != party.0)
                .fold(Parties::NONE, |all, other| all.with(Party(other)));
            let hear = match index {
                0 => Hear::Parties(Parties::one(Party(1 - party.0))),
                1 => Hear::Parties(all),
                2 => Hear::Loop(ClipRef(0)),
                _ => Hear::Once(ClipRef(9)),
            };
            self.desk.command(self.now, Command::Hear { session, party, hear }, &mut self.out);
        }
        for index in [0, 1, 3] {
            let (session, recording) =
                (self.session(index), RecordingRef::from_parts(index, self.generation));
            let (left, right) = (Parties::one(Party(0)), Parties(0xFE));
            let record = Command::Record { session, recording, left, right };
            self.desk.command(self.now, record, &mut self.out);
        }
        self.out.clear();
    }

    fn many(&mut self, mut rest: &[u8]) {
        while let [kind, length, after @ ..] = rest {
            let (packet, after) = after.split_at(usize::from(*length).min(after.len()));
            rest = after;
            self.pass(Duration::from_millis(u64::from(kind >> 6) * 15));
            self.packet(*kind, packet);
        }
    }

    /// Bits 0–2: whose port; 3: RTCP; 4: from a stranger; 5: from the next port.
    fn packet(&mut self, kind: u8, packet: &[u8]) {
        let at = usize::from(kind & 7);
        let from = if kind & 16 == 0 { peer(at) } else { SocketAddr::from(([198, 51, 100, 7], 4_000)) };
        let from = SocketAddr::new(from.ip(), from.port() + u16::from(kind >> 5 & 1));
        let (desk, out, now) = (&mut *self.desk, &mut self.out, self.now);
        let port = port(at) + u16::from(kind >> 3 & 1);
        cost::of(|| desk.receive(now, port, from, packet, out));
        assert!(out.packets.len() <= CAUSED, "{} packets for one", out.packets.len());
        assert!(
            out.bytes.len() <= CAUSED * (packet.len() + 256),
            "{} bytes for {}",
            out.bytes.len(),
            packet.len()
        );
        self.out.clear();
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.desk.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            let (desk, out, now) = (&mut *self.desk, &mut self.out, self.now);
            cost::of(|| desk.tick(now, out));
            // Each party gets a packet of audio, a report and a key at most.
            assert!(
                self.out.packets.len() <= PARTIES.len() * 3,
                "{} packets in a tick",
                self.out.packets.len()
            );
            self.out.clear();
        }
        self.now = end;
    }

    fn close(&mut self) {
        for &(index, party, ..) in &PARTIES {
            let (session, party) = (self.session(index), Party(party));
            self.desk.command(self.now, Command::Leave { session, party }, &mut self.out);
        }
        let counters = self.desk.counters();
        assert_eq!((counters.sessions, counters.parties), (0, 0), "somebody stays");
        assert_eq!(self.desk.next_deadline(), None, "something is due for nobody");
    }
}

fn port(at: usize) -> u16 {
    20_000 + 2 * at as u16
}

fn peer(at: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1 + at as u8], 4_000))
}
