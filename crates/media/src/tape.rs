//! The tape of a recorded session: what each side says, on one time line, until a block of it is handed on.
//!
//! ```text
//!   packets of party 0 ─▶ where was it said? ─▶ left  ┐
//!   packets of the others ─▶ (RTP timestamp)  ─▶ right ├─▶ blocks of half a second, two channels, A-law
//!   pause, mask ───────────────────────────────────────┘      (what is not to be kept is laid over here)
//! ```
//!
//! Time is that of the desk since the recording began, so the channels can never shift against each other. A source's
//! first packet says where its timestamps lie on it; they lie anew when they leave it by more than
//! [`LATE`] or [`EARLY`] (a restart, a hold during which they stood still, a clock that drifts). What never came is
//! silence: loss, DTX, telephone-events. A block waits [`HOLD`] for packets that are late.
//!
//! G.711 A-law is kept as it came, byte for byte. Only a side on which several people can talk is decoded and added up.
//! Never knows: files, formats, who is recorded.

use crate::room::SEATS;
use crate::session::{Codec, Keeps, Parties, Party, RecordingRef};
use crate::{alaw, ulaw};
use base::TimerRef;

base::handle!(TapeRef, "tape", "A recording's place in its desk.");

/// Samples of a block: half a second. It is what a killed process loses of each recording, beside [`HOLD`].
pub(crate) const BLOCK: usize = 4_000;
/// How long a block waits for late packets: 400 ms, of which 100 are due to ports that are read in batches.
const HOLD: i64 = 3_200;
/// A packet that lies so far back on its source's time line (250 ms) says that the line is wrong.
const LATE: i64 = 2_000;
/// One that lies so far ahead (100 ms), too.
const EARLY: i64 = 800;
/// Samples that a side can hold: two seconds, so that a desk which comes late loses nothing.
const ROOM: usize = 16_384;
/// Samples that are added up at once.
const PIECE: usize = 32;
/// Stretches that are not kept and not yet handed on; further ones become part of the last.
const SPANS_MAX: usize = 16;
/// Peak of the tone that is heard instead of what is masked.
const MASK_PEAK: f64 = 4_000.0;

/// A recording that runs.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    /// Its name outside.
    pub(crate) recording: RecordingRef,
    /// Who is on the first channel.
    pub(crate) left: Parties,
    /// Who is on the second channel.
    pub(crate) right: Parties,
    /// Whether several people can talk on a side.
    crowded: [bool; 2],
    /// Its next look for blocks.
    pub(crate) timer: Option<TimerRef>,
    /// When it began, on the 8 kHz clock.
    begun: u64,
    /// Samples handed on.
    emitted: i64,
    sides: [Box<[u8]>; 2],
    speakers: [Speaker; SEATS],
    keeps: Keeps,
    /// Since when.
    since: i64,
    /// Stretches that are over and not yet handed on: from, to, what is heard instead.
    spans: Vec<(i64, i64, Keeps)>,
}

/// Where a party's timestamps lie on the tape.
#[derive(Clone, Copy, Debug, Default)]
struct Speaker {
    known: bool,
    timestamp: u32,
    position: i64,
    /// Behind the last sample that was kept of him.
    edge: i64,
}

impl Tape {
    /// A tape that begins at this moment of the 8 kHz clock.
    pub(crate) fn new(recording: RecordingRef, clock: u64, left: Parties, right: Parties) -> Self {
        let side = || vec![alaw::SILENCE; ROOM].into_boxed_slice();
        Self {
            recording,
            left,
            right,
            crowded: [false; 2],
            timer: None,
            begun: clock,
            emitted: 0,
            sides: [side(), side()],
            speakers: [Speaker::default(); SEATS],
            keeps: Keeps::Speech,
            since: 0,
            spans: Vec::new(),
        }
    }

    /// Who is in the session now.
    pub(crate) fn seat(&mut self, parties: impl Iterator<Item = Party>) {
        let mut count = [0; 2];
        for party in parties {
            if self.left.contains(party) {
                count[0] += 1;
            } else if self.right.contains(party) {
                count[1] += 1;
            }
        }
        self.crowded = count.map(|count| count > 1);
    }

    /// Keeps a packet that came at `clock`. False when its codec cannot be kept.
    #[inline]
    pub(crate) fn put(
        &mut self,
        clock: u64,
        party: Party,
        codec: Codec,
        timestamp: u32,
        restarted: bool,
        payload: &[u8],
    ) -> bool {
        let side = match party {
            party if self.left.contains(party) => 0,
            party if self.right.contains(party) => 1,
            _ => return true,
        };
        let law = match codec {
            Codec::Pcma => None,
            Codec::Pcmu => Some(&ulaw::TO_ALAW),
            Codec::G722 => return false,
        };
        let now = self.position(clock);
        let Some(speaker) = self.speakers.get_mut(usize::from(party.0)) else { return true };
        let ahead = i64::from(timestamp.wrapping_sub(speaker.timestamp).cast_signed());
        let mut at = speaker.position + ahead;
        if !speaker.known || restarted || at < now - LATE || at > now + EARLY {
            // What has just come was said in the time before.
            at = now - payload.len() as i64;
            *speaker = Speaker { known: true, timestamp, position: at, ..*speaker };
        } else if ahead > 0 {
            (speaker.timestamp, speaker.position) = (timestamp, at);
        }
        let crowded = self.crowded[side];
        // Added up once: what comes twice or late is left out where somebody else may be underneath.
        let from = self.emitted.max(if crowded { speaker.edge } else { i64::MIN });
        let end = (at + payload.len() as i64).min(self.emitted + ROOM as i64);
        speaker.edge = speaker.edge.max(end);
        let Some(payload) = payload.get(usize::try_from(from - at).unwrap_or(0)..) else { return true };
        let at = at.max(from);
        let payload = &payload[..payload.len().min(usize::try_from(end - at).unwrap_or(0))];
        let start = at as usize % ROOM;
        let first = payload.len().min(ROOM - start);
        let (before, after) = payload.split_at(first);
        for (place, payload) in [(start, before), (0, after)] {
            let kept = &mut self.sides[side][place..place + payload.len()];
            match law {
                None if !crowded => kept.copy_from_slice(payload),
                Some(law) if !crowded => {
                    kept.iter_mut().zip(payload).for_each(|(kept, &code)| *kept = law[usize::from(code)]);
                }
                law => {
                    // In pieces: looking up and encoding are each quick in a loop of their own.
                    for (kept, payload) in kept.chunks_mut(PIECE).zip(payload.chunks(PIECE)) {
                        let mut sums = [0; PIECE];
                        for ((sum, &kept), &code) in sums.iter_mut().zip(&*kept).zip(payload) {
                            let code = law.map_or(code, |law| law[usize::from(code)]);
                            *sum = alaw::decode(kept).saturating_add(alaw::decode(code));
                        }
                        kept.iter_mut().zip(sums).for_each(|(kept, sum)| *kept = alaw::encode(sum));
                    }
                }
            }
        }
        true
    }

    /// What is kept from this moment on.
    pub(crate) fn keep(&mut self, clock: u64, keeps: Keeps) {
        let now = self.position(clock);
        if keeps == self.keeps {
            return;
        }
        if self.keeps != Keeps::Speech {
            let full = self.spans.len() >= SPANS_MAX;
            // Rather too much is left out than too little: what was said in its last moments lies up to a network's
            // delay later on the tape.
            let to = if keeps == Keeps::Speech { now + EARLY } else { now };
            match self.spans.last_mut() {
                Some((_, end, _)) if full => *end = to,
                _ => self.spans.push((self.since, to, self.keeps)),
            }
        }
        (self.keeps, self.since) = (keeps, now);
    }

    /// The next block, when it is due: where it begins, and its samples, left and right in turns.
    pub(crate) fn block(&mut self, clock: u64) -> Option<(u64, Vec<u8>)> {
        let due = self.emitted + BLOCK as i64 + HOLD <= self.position(clock);
        due.then(|| self.take(BLOCK))
    }

    /// What is left when the recording ends, and how long it was.
    pub(crate) fn rest(&mut self, clock: u64) -> (Vec<(u64, Vec<u8>)>, u64) {
        let length = self.position(clock).max(self.emitted);
        let mut blocks = Vec::new();
        while self.emitted < length {
            blocks.push(self.take(BLOCK.min((length - self.emitted) as usize)));
        }
        (blocks, length as u64)
    }

    fn take(&mut self, count: usize) -> (u64, Vec<u8>) {
        let from = self.emitted;
        let end = from + count as i64;
        let mut sound = Vec::with_capacity(count * 2);
        let mut at = from as usize % ROOM;
        let mut left = count;
        while left > 0 {
            let part = left.min(ROOM - at);
            let [first, second] = &mut self.sides;
            let (first, second) = (&mut first[at..at + part], &mut second[at..at + part]);
            sound.extend(first.iter().zip(second.iter()).flat_map(|(&left, &right)| [left, right]));
            first.fill(alaw::SILENCE);
            second.fill(alaw::SILENCE);
            (at, left) = ((at + part) % ROOM, left - part);
        }
        let running = (self.keeps != Keeps::Speech).then_some((self.since, i64::MAX, self.keeps));
        for (begun, over, keeps) in self.spans.iter().copied().chain(running) {
            let (begun, over) = (begun.clamp(from, end), over.clamp(from, end));
            let hidden = &mut sound[(begun - from) as usize * 2..(over - from) as usize * 2];
            match keeps {
                Keeps::Tone => {
                    let wave = mask();
                    hidden.chunks_exact_mut(2).zip(begun..).for_each(|(both, at)| {
                        both.fill(wave[at as usize % wave.len()]);
                    });
                }
                Keeps::Speech | Keeps::Silence => hidden.fill(alaw::SILENCE),
            }
        }
        self.spans.retain(|&(_, over, _)| over > end);
        self.emitted = end;
        (from as u64, sound)
    }

    fn position(&self, clock: u64) -> i64 {
        clock.wrapping_sub(self.begun).cast_signed()
    }
}

/// One wave of the tone of 1 kHz that is heard instead of what is masked.
fn mask() -> [u8; 8] {
    std::array::from_fn(|n| {
        let phase = std::f64::consts::TAU * n as f64 / 8.0;
        alaw::encode((phase.sin() * MASK_PEAK) as i16)
    })
}
