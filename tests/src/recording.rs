//! A recording: the journal of a virtual day, kept in memory, beside the events themselves.

use base::Timestamp;
use call::event::Stamped;
use call::{Engine, Input, Out, Plan};
use store::journal::{Header, Journal, Numbers, Recorder, Replay, writer};

/// A checkpoint at least each so many events.
const EVENTS_EACH: usize = 100;

/// See the module's head.
pub struct Recording {
    recorder: Recorder,
    bytes: Vec<u8>,
    plan: Plan,
    seed: u64,
    /// Events up to the last checkpoint.
    kept: usize,
    /// Every event of the day.
    pub events: Vec<Stamped>,
}

impl Recording {
    pub(crate) fn begin(plan: Plan, seed: u64, numbers: Numbers) -> Self {
        let bytes = Header { seed, ..Header::default() }.bytes();
        Self { recorder: Recorder::new(numbers), bytes, plan, seed, kept: 0, events: Vec::new() }
    }

    pub(crate) fn told(&mut self, events: &[Stamped]) {
        self.recorder.events(events);
        self.events.extend_from_slice(events);
        if self.events.len() >= self.kept + EVENTS_EACH {
            self.kept = self.events.len();
            self.keep();
        }
    }

    fn keep(&mut self) {
        self.bytes.extend(self.recorder.take(Vec::new()).iter().flat_map(writer::block));
    }

    /// The journal as a file would have it.
    #[must_use]
    pub fn bytes(&mut self) -> Vec<u8> {
        self.keep();
        let end = self.recorder.finish();
        [&self.bytes[..], &end.iter().flat_map(writer::block).collect::<Vec<u8>>()].concat()
    }

    /// The journal, and an engine that has not begun.
    ///
    /// # Panics
    /// When the journal has no head.
    #[must_use]
    pub fn replay(&mut self) -> (Journal, Replay) {
        let journal = Journal::of(self.bytes()).expect("a head");
        (journal, Replay::new(self.plan.clone(), self.seed))
    }
}

/// Gives an input to an engine, and to its recording.
pub(crate) fn handle(
    engine: &mut Engine,
    recording: Option<&mut Recording>,
    now: Timestamp,
    input: Input,
    out: &mut Out,
) {
    if let Some(recording) = recording {
        recording.recorder.input(now, &input);
    }
    engine.handle(now, input, out);
}

/// Ticks an engine at a time at which something is due.
pub(crate) fn tick(engine: &mut Engine, recording: Option<&mut Recording>, now: Timestamp, out: &mut Out) {
    if let Some(recording) = recording {
        recording.recorder.tick(now);
    }
    engine.tick(now, out);
}
