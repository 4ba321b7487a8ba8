//! Plays the people around a hotline: a carrier with its callers, and the agents with their softphones.
//!
//! ```text
//!                    ┌────────────── Town ──────────────┐
//!   datagrams ──────▶│ Carrier   one trunk, many callers│──▶ Outbox: datagrams, sightings
//!   tick(now) ──────▶│ Desk      N registered phones    │
//!                    │ Voices    20 ms of audio each    │
//!                    └──────────────▲───────────────────┘
//!                                  Day (who calls when, how patient, how long he talks)
//! ```
//!
//! Sans-I/O: no socket, clock or thread. The driver (demo, load harness, a test on a virtual wire) moves
//! datagrams between [`Local`] addresses and the engine and calls `tick` when `next_deadline` has come. The
//! same seed plays the same day.
//!
//! It speaks SIP on its own, with a scanner and templates of its own, so that it checks the engine's stack
//! instead of repeating its mistakes. It is made to be cheap (a call costs some microseconds beside the system
//! calls), not complete: it never unfolds headers and speaks UDP only.
//!
//! It must never know the engine's insides: what it sees is what a carrier and a phone see. The one thing it
//! cheats at is hearing: SIP does not tell a caller that a person has answered after the music, so the
//! [`Town`] passes that from the desk to the carrier.
//!
//! Reading order: [`outbox`] → [`day`] → [`carrier`] → [`desk`] → [`voice`] → [`town`]; beneath them
//! [`scan`], [`compose`], [`sdp`], [`digest`], [`flights`].

pub mod carrier;
pub mod compose;
pub mod day;
pub mod desk;
pub mod digest;
pub mod flights;
pub mod outbox;
pub mod scan;
pub mod sdp;
pub mod town;
pub mod voice;

pub use carrier::{CallRecord, Carrier, CarrierPlan, End};
pub use day::{Arrivals, Day, HangsUp, Person, Share, Span};
pub use desk::{AgentStats, Desk, DeskPlan, Phone};
pub use flights::Timers;
pub use outbox::{AgentNo, Directory, Local, Outbox, Sighting};
pub use town::Town;
pub use voice::{Heard, Sound};

#[cfg(test)]
mod tests;
