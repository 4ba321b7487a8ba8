//! The journal of a running centre: what the engine is told, onto the disk, without ever holding it up.
//!
//! ```text
//!   engine's thread                              thread "journal"
//!   Recorded ─▶ Tap ─chunks, ring of 256──▶ Keeper ─▶ store::journal::Writer ─▶ files; synced once a second
//!               ▲  └── full: the chunk is dropped, counted, and the journal has a gap
//!               └───spent chunks, ring────────┘ full disk: the chunk waits and is tried again each second
//! ```
//!
//! What is lost when: the process killed, what came in the last [`AGE_MAX`] and what the keeper had not yet
//! written, together a tenth of a second at most; the power cut, up to a second. 256 chunks of 64 kB are some
//! seconds of a thousand calls a second, and hours of a quiet centre: so long may the disk stand still.

use crate::clock::Clock;
use base::{Ring, Timestamp};
use call::event::Stamped;
use call::{Engine, Input, Out};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use store::journal::recorder::CHUNK;
use store::journal::{Chunk, Numbers, Recorder, Writer};

/// A chunk is handed over at this age, full or not.
pub const AGE_MAX: Duration = Duration::from_millis(50);
/// Chunks between engine and keeper.
pub const CHUNKS: usize = 256;
/// How often the keeper looks at its ring.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often what is written is brought onto the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// After a write has failed, the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What has become of the inputs, for metrics. Written by both threads, read by the report.
#[derive(Debug, Default)]
pub struct Counts {
    /// Inputs that were written.
    pub written: AtomicU64,
    /// Inputs that were not, because the disk did not keep up: each is a gap in the journal.
    pub lost: AtomicU64,
    /// Bytes that were written.
    pub bytes: AtomicU64,
    /// The last write has failed.
    pub failing: AtomicBool,
}

/// The engine's end.
pub struct Tap {
    recorder: Recorder,
    chunks: Ring<Chunk>,
    spent: Ring<Vec<u8>>,
    counts: Arc<Counts>,
}

/// Both ends of a journal's rings.
#[must_use]
pub fn rings(numbers: Numbers, capacity: usize) -> (Tap, Ring<Chunk>, Ring<Vec<u8>>) {
    let (chunks, spent) = (Ring::bounded(capacity), Ring::bounded(capacity));
    let tap = Tap {
        recorder: Recorder::new(numbers),
        chunks: chunks.clone(),
        spent: spent.clone(),
        counts: Arc::default(),
    };
    (tap, chunks, spent)
}

impl Tap {
    /// What has become of the inputs.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    fn flush(&mut self, now: Timestamp, events: &[Stamped]) {
        self.recorder.events(events);
        let old = self.recorder.since().is_some_and(|since| now.since(since) >= AGE_MAX);
        if old || self.recorder.is_full() {
            let spare = self.spent.pop().unwrap_or_else(|| Vec::with_capacity(2 * CHUNK));
            let chunk = self.recorder.take(spare);
            self.hand_over(chunk);
        }
    }

    fn finish(&mut self) {
        let chunk = self.recorder.finish();
        self.hand_over(chunk);
    }

    fn hand_over(&mut self, chunk: Option<Chunk>) {
        if let Some(Err(chunk)) = chunk.map(|chunk| self.chunks.push(chunk)) {
            self.counts.lost.fetch_add(chunk.inputs - chunk.gap, Ordering::Relaxed);
            let _ = self.spent.push(self.recorder.lost(chunk));
        }
    }
}

/// The engine, and beside it the journal of what it is told, when there is one.
pub struct Recorded {
    engine: Engine,
    tap: Option<Tap>,
}

impl Recorded {
    /// An engine with or without a journal.
    #[must_use]
    pub fn new(engine: Engine, tap: Option<Tap>) -> Self {
        Self { engine, tap }
    }

    /// See [`Engine::handle`].
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Out) {
        if matches!(&input, Input::Request(_, request) if request.is_question()) {
            // The board asks all day long; of that only what fell due meanwhile belongs to the day.
            self.tick(now, out);
            return self.engine.handle(now, input, out);
        }
        if let Some(tap) = &mut self.tap {
            tap.recorder.input(now, &input);
        }
        self.engine.handle(now, input, out);
    }

    /// See [`Engine::tick`]. Nothing happens, and nothing is written, when nothing is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        if self.engine.next_deadline().is_none_or(|due| due > now) {
            return;
        }
        if let Some(tap) = &mut self.tap {
            tap.recorder.tick(now);
        }
        self.engine.tick(now, out);
    }

    /// See [`Engine::next_deadline`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.engine.next_deadline()
    }

    /// See [`Engine::calls`].
    #[must_use]
    pub fn calls(&self) -> usize {
        self.engine.calls()
    }

    /// When [`flush`](Self::flush) is wanted, though nothing else happens.
    #[must_use]
    pub fn flush_due(&self) -> Option<Timestamp> {
        self.tap.as_ref()?.recorder.since().map(|since| since + AGE_MAX)
    }

    /// After a step, with all events of it.
    pub fn flush(&mut self, now: Timestamp, events: &[Stamped]) {
        if let Some(tap) = &mut self.tap {
            tap.flush(now, events);
        }
    }

    /// The engine ends; all events have been told.
    pub fn finish(&mut self) {
        if let Some(tap) = &mut self.tap {
            tap.finish();
        }
    }
}

/// The writing end: the belongings of its thread.
pub struct Keeper {
    /// Where it writes.
    pub writer: Writer,
    /// What comes.
    pub chunks: Ring<Chunk>,
    /// Where spent chunks go.
    pub spent: Ring<Vec<u8>>,
    /// What has become of it.
    pub counts: Arc<Counts>,
    /// When to try again.
    pub clock: Clock,
}

impl Keeper {
    /// Writes until told to stop, then what is left.
    pub fn run(mut self, stop: &AtomicBool) {
        let (mut waiting, mut retry, mut sync) = (None, Timestamp::START, Timestamp::START);
        loop {
            let last = stop.load(Ordering::Relaxed);
            let now = self.clock.now();
            if waiting.is_none() || now >= retry || last {
                self.write(&mut waiting);
                if waiting.is_some() {
                    retry = now + RETRY_AFTER;
                }
            }
            if now >= sync || last {
                sync = now + SYNC_EVERY;
                if let Err(error) = self.writer.sync() {
                    self.failed(&error);
                }
            }
            if last {
                if let Some(chunk) = waiting {
                    let chunks = 1 + self.chunks.depth();
                    tracing::error!(from = chunk.first, chunks, "the journal ends before the engine did");
                }
                return;
            }
            thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Writes what has come, beginning with what could not be written before.
    fn write(&mut self, waiting: &mut Option<Chunk>) {
        while let Some(chunk) = waiting.take().or_else(|| self.chunks.pop()) {
            match self.writer.append(&chunk) {
                Ok(bytes) => {
                    self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
                    self.counts.written.fetch_add(chunk.inputs - chunk.gap, Ordering::Relaxed);
                    if self.counts.failing.swap(false, Ordering::Relaxed) {
                        tracing::info!("the journal is written again");
                    }
                    let _ = self.spent.push(chunk.bytes);
                }
                Err(error) => {
                    self.failed(&error);
                    *waiting = Some(chunk);
                    return;
                }
            }
        }
    }

    fn failed(&self, error: &store::journal::fault::WriteError) {
        if !self.counts.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "calls go on; what does not fit into memory will be a gap in the journal");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{Request, RequestId};
    use store::journal::{Journal, What, writer};

    fn request(number: u64) -> Input {
        Input::Request(RequestId::from_bits(number), Request::Drain)
    }

    #[test]
    fn a_disk_that_stands_still_costs_a_gap_and_no_step() {
        let config = crate::config::Config::parse(crate::config::EXAMPLE, "centre.toml").expect("right");
        let (tap, chunks, _spent) = rings(Numbers::Plain, 2);
        let counts = tap.counts();
        let mut engine = Recorded::new(Engine::new(config.call, 1), Some(tap));
        let (mut out, mut now, mut bytes) =
            (Out::default(), Timestamp::START, store::journal::Header::default().bytes());
        for number in 0..10 {
            engine.handle(now, request(number), &mut out);
            now += AGE_MAX;
            assert_eq!(engine.flush_due(), Some(now), "handed over at its age");
            engine.flush(now, &out.events);
            assert!(out.events.pop().is_some() && out.events.is_empty(), "each step is done in its time");
            if number == 6 {
                // The disk is there again.
                while let Some(chunk) = chunks.pop() {
                    bytes.extend(writer::block(&chunk));
                }
            }
        }
        engine.finish();
        while let Some(chunk) = chunks.pop() {
            bytes.extend(writer::block(&chunk));
        }
        assert_eq!(
            counts.lost.load(Ordering::Relaxed),
            6,
            "2 to 6, and one more when the ring was full again"
        );
        let mut journal = Journal::of(bytes).expect("a head");
        let (mut inputs, mut lost) = (Vec::new(), Vec::new());
        while let Some(entry) = journal.next_entry().expect("whole") {
            match entry.what {
                What::Input(_) => inputs.push(entry.seq),
                What::Gap(count) => lost.push((entry.seq, count)),
                _ => {}
            }
        }
        assert_eq!((inputs, lost), (vec![0, 1, 7, 8], vec![(2, 5)]));
    }

    #[test]
    fn a_tick_is_an_input_only_when_something_is_due() {
        let config = crate::config::Config::parse(crate::config::EXAMPLE, "centre.toml").expect("right");
        let (tap, ..) = rings(Numbers::Plain, 2);
        let mut engine = Recorded::new(Engine::new(config.call, 1), Some(tap));
        engine.tick(Timestamp::from_secs(9), &mut Out::default());
        assert_eq!(engine.tap.as_ref().expect("a tap").recorder.seq(), 0);
    }
}
