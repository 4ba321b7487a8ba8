//! [`Replay`]: an engine that is given a journal's inputs, and held to what the journal says came of them.
//!
//! ```text
//!   Entry ─▶ Replay ─┬─ input, tick ─▶ Engine ─▶ events, summed up, read by whoever replays
//!                    ├─ checkpoint ──▶ same number, same sum?  Difference, the first one, is kept
//!                    └─ gap ─────────▶ from here on it is another day: noted, nothing is compared any more
//! ```

use super::bytes::Pen;
use super::event;
use super::numbers::Numbers;
use super::reader::{Entry, What};
use super::sum::Sum;
use base::Timestamp;
use call::event::Stamped;
use call::{Engine, Out, Plan};

/// Where a replay first came to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Inputs up to the last checkpoint that agreed.
    pub after: u64,
    /// Inputs up to the one that did not.
    pub before: u64,
    /// Events that the engine told.
    pub told: u64,
    /// Events of the replay.
    pub replayed: u64,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { after, before, told, replayed } = self;
        write!(f, "the events differ first between inputs {after} and {before}")?;
        if told == replayed { Ok(()) } else { write!(f, ": {told} were told, {replayed} replayed") }
    }
}

/// See the module's head.
pub struct Replay {
    engine: Engine,
    out: Out,
    scratch: Vec<u8>,
    sum: Sum,
    events: u64,
    inputs: u64,
    checked: u64,
    /// Inputs up to the last checkpoint that agreed.
    agreed: u64,
    lost: u64,
    difference: Option<Difference>,
    now: Timestamp,
}

impl Replay {
    /// An engine at its start.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self {
            engine: Engine::new(plan, seed),
            out: Out::default(),
            scratch: Vec::new(),
            sum: Sum::default(),
            events: 0,
            inputs: 0,
            checked: 0,
            agreed: 0,
            lost: 0,
            difference: None,
            now: Timestamp::START,
        }
    }

    /// Takes one frame; returns the events that came of it.
    pub fn step(&mut self, entry: Entry) -> &[Stamped] {
        self.out.events.clear();
        // What the engine would do to the world is not done again.
        self.out.legs.clear();
        self.out.media.clear();
        self.now = self.now.max(entry.at);
        match entry.what {
            What::Input(input) => {
                self.inputs += 1;
                self.engine.handle(entry.at, input, &mut self.out);
            }
            What::Tick => {
                self.inputs += 1;
                self.engine.tick(entry.at, &mut self.out);
            }
            What::Checkpoint { events, sum } => self.compare(entry.seq, events, sum),
            What::Gap(lost) => self.lost += lost,
            What::End => {}
        }
        for stamped in self.out.events.iter().filter(|stamped| !stamped.event.is_answer()) {
            self.scratch.clear();
            event::put(stamped, &mut Pen { bytes: &mut self.scratch, numbers: &Numbers::Plain });
            self.sum.add(&self.scratch);
            self.events += 1;
        }
        &self.out.events
    }

    fn compare(&mut self, seq: u64, events: u64, sum: u64) {
        if self.lost > 0 || self.difference.is_some() {
            return;
        }
        self.checked += 1;
        if (events, sum) == (self.events, self.sum.value()) {
            self.agreed = seq;
        } else {
            self.difference =
                Some(Difference { after: self.agreed, before: seq, told: events, replayed: self.events });
        }
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The latest stamp.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Inputs and ticks taken.
    #[must_use]
    pub const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// How many events, and their sum.
    #[must_use]
    pub fn told(&self) -> (u64, u64) {
        (self.events, self.sum.value())
    }

    /// Checkpoints that were compared.
    #[must_use]
    pub const fn checked(&self) -> u64 {
        self.checked
    }

    /// Inputs that the journal has lost so far: from the first of them on nothing is compared.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// The first difference.
    #[must_use]
    pub const fn difference(&self) -> Option<&Difference> {
        self.difference.as_ref()
    }
}
