//! The journal: every input of the engine, in order, as it was taken; and the engine again out of it.
//!
//! ```text
//!  engine's thread             writer's thread              any time later, on any machine
//!  Input ──Recorder──Chunk──ring──▶ Writer ──▶ 20240202T083000-r7-p0001.journal ─┐
//!  events ──┘ checkpoint                       20240203T000000-r7-p0002.journal ─┴▶ Journal ─▶ Replay ─▶ events
//! ```
//!
//! **What makes a replay exact.** The engine is a function of its plan, its seed and its inputs with their
//! stamps. A deadline fires when the engine is next called at or after it, and what follows bears the stamp of
//! that call, not of the deadline: so a tick that finds something due is an input as well and is journalled; one
//! that finds nothing changes nothing and is not. The plan is rebuilt from the configuration's text, which stands
//! in the head of each file together with the seed.
//!
//! **How it is known to be exact.** The recorder keeps a running sum over all events and writes it down with each
//! chunk; [`Replay`] keeps the same sum and names the first chunk where the two part.
//!
//! **A file.** A head ([`header`]), then blocks, each whole or not there:
//!
//! ```text
//!   "SUJIE\x1aJ\n"  version u16, 0 u16, length u32, sum u64, head
//!   "SJBK"  length u32, sum u64, first seq u64, base time u64, frames u32, 0 u32; frames …
//!   frame   tag u8, length u24; time since the frame before, zigzag varint, nanoseconds; payload
//! ```
//!
//! Numbers are little-endian. The frames of one run are numbered on without a gap over blocks and files, notes
//! (checkpoint, gap, end) not counted; a gap that the recorder knows of is a frame of its own. A last block that
//! is not whole is what a killed process or a power cut leaves: it is cut off. Damage before the last block is an
//! error that says file, place, and how much can be replayed before it.
//!
//! **Versions.** The version in the head is that of head and blocks. What an input looks like hangs on its tag
//! alone (`input.rs`): the payload of a tag never changes; a variant that changes gets a new tag, and the old
//! one is still read. So every later program reads every earlier journal, and an earlier one says which tag it
//! does not know.
//!
//! **Persons.** Callers' numbers and names are in it as they arrived, or as pseudonyms ([`numbers`]) in a journal
//! that is to be handed out. Passwords are taken out of the configuration's text before it comes here.
//!
//! Reading order: `input` (what is written, one line for each kind) → [`recorder`] → [`writer`] → [`reader`] →
//! [`replay`]; under them `bytes`, `words`, [`sum`], [`header`], [`numbers`], [`name`], `event`, [`line`].

mod bytes;
mod event;
pub mod fault;
pub mod header;
mod input;
pub mod line;
pub mod name;
pub mod numbers;
mod plan;
pub mod reader;
pub mod recorder;
pub mod replay;
pub mod sum;
mod words;
pub mod writer;

pub use fault::{Fault, ReadError};
pub use header::Header;
pub use line::Names;
pub use numbers::Numbers;
pub use reader::{Ending, Entry, Journal, What};
pub use recorder::{Chunk, Recorder};
pub use replay::{Difference, Replay};
pub use sum::Sum;
pub use writer::{Limits, Writer};

#[cfg(test)]
mod tests;
