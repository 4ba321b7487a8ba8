//! The load harness: a carrier and a hall of agents play against the release binary in a process of its own.
//!
//! ```text
//!   processor 1                                   processor 0
//!   load: Town ─▶ Rig ─▶ Wire ═══ UDP, loopback ═══▶ sujie serve      (and then, with the same pattern)
//!                                               ═══▶ floor            the cheapest program that answers
//!   /proc/<pid>/stat, status ◀────────────────────── CPU and memory, as the system counts them
//! ```
//!
//! Open loop: when calls arrive is fixed in advance and latencies count from that moment, so neither a slow
//! engine nor a slow harness can hide by asking less. See `README.md` for shapes and how to rerun.
//!
//! Beside it `replay`: what an input of a journal costs, on an [`invented`] day or a recorded one.
//!
//! And `delay`: how long audio is under way, of parties whose packets are [`timed`].
//!
//! Reading order: [`wire`] → [`rig`] → [`machine`] → [`engine`] → [`floor`] → [`report`] → [`shapes`].

pub mod backlog;
pub mod engine;
pub mod floor;
pub mod invented;
pub mod machine;
pub mod report;
pub mod rig;
pub mod shapes;
pub mod timed;
pub mod wire;
