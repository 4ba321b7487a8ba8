//! [`Recorder`]: on the engine's thread. Writes each input into the chunk at hand and sums up the events.
//!
//! ```text
//!   input, tick ─▶ chunk ──take──▶ Chunk (a block's frames, a checkpoint at its end) ─▶ ring ─▶ Writer
//!   events ──────▶ sum ─────┘                        lost ◀── ring full: the next chunk begins with a gap
//! ```
//!
//! Nothing is copied but into the chunk's bytes, whose memory comes back from the writer; nothing waits, locks,
//! or touches a file. Whoever runs it takes the chunk when it is [`full`](Recorder::is_full) or
//! [`old`](Recorder::since), always between steps, when the events of all inputs so far have been told.

use super::bytes::{Pen, zigzag};
use super::numbers::Numbers;
use super::sum::Sum;
use super::{event, input};
use base::Timestamp;
use call::Input;
use call::event::Stamped;

/// A chunk of so many bytes is handed over.
pub const CHUNK: usize = 64 << 10;
/// The length of a frame has 24 bits; an input beyond that (a body of 16 MB) is lost, as if the ring were full.
const FRAME_MAX: usize = 1 << 24;

/// The frames of one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Number of the first input in it, lost ones that it notes included.
    pub first: u64,
    /// The stamp that the first frame's time counts from.
    pub base: Timestamp,
    /// How many frames.
    pub frames: u32,
    /// How many inputs, lost ones that it notes included: the next chunk begins so many later.
    pub inputs: u64,
    /// Of them lost ones.
    pub gap: u64,
    /// The frames.
    pub bytes: Vec<u8>,
}

/// See the module's head.
#[derive(Debug, Default)]
pub struct Recorder {
    numbers: Numbers,
    chunk: Chunk,
    /// Stamp of the last frame.
    last: Timestamp,
    /// Number of the next input.
    seq: u64,
    /// Inputs that were lost and have not been noted.
    gap: u64,
    events: u64,
    sum: Sum,
    scratch: Vec<u8>,
}

impl Recorder {
    /// A recorder at the engine's start.
    #[must_use]
    pub fn new(numbers: Numbers) -> Self {
        Self {
            numbers,
            chunk: Chunk { bytes: Vec::with_capacity(CHUNK * 2), ..Chunk::default() },
            ..Self::default()
        }
    }

    /// The engine is about to take this input.
    pub fn input(&mut self, now: Timestamp, input: &Input) {
        let numbers = self.numbers;
        self.frame(now, |bytes| input::put(input, &mut Pen { bytes, numbers: &numbers }));
        self.seq += 1;
        self.chunk.inputs += 1;
    }

    /// The engine is about to be ticked, and something is due.
    pub fn tick(&mut self, now: Timestamp) {
        self.frame(now, |_| input::TICK);
        self.seq += 1;
        self.chunk.inputs += 1;
    }

    /// What the engine has said since, in order.
    pub fn events(&mut self, events: &[Stamped]) {
        for stamped in events.iter().filter(|stamped| !stamped.event.is_answer()) {
            self.scratch.clear();
            event::put(stamped, &mut Pen { bytes: &mut self.scratch, numbers: &self.numbers });
            self.sum.add(&self.scratch);
            self.events += 1;
        }
    }

    /// Stamp of the chunk's first frame; `None` while it is empty.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        (self.chunk.frames > 0).then_some(self.chunk.base)
    }

    /// The chunk has its size.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.chunk.bytes.len() >= CHUNK
    }

    /// Takes the chunk with a checkpoint at its end, unless it is empty. The next one uses `spare`'s memory.
    pub fn take(&mut self, spare: Vec<u8>) -> Option<Chunk> {
        self.chunk_ends(spare, false)
    }

    /// The engine has ended well: its last chunk.
    pub fn finish(&mut self) -> Option<Chunk> {
        self.frame(self.last, |_| input::END);
        self.chunk_ends(Vec::new(), true)
    }

    fn chunk_ends(&mut self, mut spare: Vec<u8>, always: bool) -> Option<Chunk> {
        if self.chunk.frames == 0 && !always {
            return None;
        }
        let (events, sum) = (self.events, self.sum.value());
        let numbers = self.numbers;
        self.frame(self.last, |bytes| {
            Pen { bytes, numbers: &numbers }.number(events);
            bytes.extend_from_slice(&sum.to_le_bytes());
            input::CHECKPOINT
        });
        spare.clear();
        Some(std::mem::replace(&mut self.chunk, Chunk { bytes: spare, ..Chunk::default() }))
    }

    /// A chunk that could not be handed over: it is forgotten, and the next one says so. Returns its memory.
    pub fn lost(&mut self, chunk: Chunk) -> Vec<u8> {
        self.gap += chunk.inputs;
        chunk.bytes
    }

    /// Inputs so far.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// How many events, and their sum.
    #[must_use]
    pub fn told(&self) -> (u64, u64) {
        (self.events, self.sum.value())
    }

    /// Appends a frame; `put` writes its payload and gives its tag.
    fn frame(&mut self, now: Timestamp, put: impl FnOnce(&mut Vec<u8>) -> u8) {
        if self.chunk.frames == 0 {
            let lost = std::mem::take(&mut self.gap);
            (self.chunk.first, self.chunk.base, self.last) = (self.seq - lost, now, now);
            if lost > 0 {
                (self.chunk.inputs, self.chunk.gap) = (lost, lost);
                self.append(now, |bytes| {
                    Pen { bytes, numbers: &Numbers::Plain }.number(lost);
                    input::GAP
                });
            }
        }
        self.append(now, put);
    }

    fn append(&mut self, now: Timestamp, put: impl FnOnce(&mut Vec<u8>) -> u8) {
        let bytes = &mut self.chunk.bytes;
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        let span = now.as_nanos().wrapping_sub(self.last.as_nanos()).cast_signed();
        Pen { bytes, numbers: &Numbers::Plain }.number(zigzag(span));
        let mut tag = put(bytes);
        let mut length = bytes.len() - start - 4;
        if length >= FRAME_MAX {
            // Cut down to a gap of one, which has no payload but that.
            bytes.truncate(start + 4);
            let pen = &mut Pen { bytes, numbers: &Numbers::Plain };
            pen.number(zigzag(span));
            pen.number(1);
            (tag, length) = (input::GAP, bytes.len() - start - 4);
        }
        bytes[start..start + 4].copy_from_slice(&((length as u32) << 8 | u32::from(tag)).to_le_bytes());
        self.last = now;
        self.chunk.frames += 1;
    }
}
