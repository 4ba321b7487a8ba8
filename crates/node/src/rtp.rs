//! The media threads: sockets on one side, a [`media::desk::Desk`] on the other, the engine's rings between.
//!
//! ```text
//! engine ─▶ ring of Command ─▶ ┌────────────┐ ─▶ ring of Fact ─▶ engine
//! sockets (epoll) ────────────▶│ Desk, ports│ ─▶ sockets
//! clock ──────────────────────▶└────────────┘
//! ```
//!
//! A session lives on one thread, chosen by its number. Never decides anything.

mod ports;
mod worker;

pub use ports::Ports;
pub use worker::{Tap, Telemetry, Worker};
