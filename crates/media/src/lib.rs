//! The audio path: relays, plays, hears, mixes and records the audio of the sessions it is told about.
//!
//! ```text
//!   call ──Command──▶ ┌──────┐ ──Fact──▶ call
//!   RTP, RTCP ──────▶ │ Desk │ ──packets──▶ sockets
//!   tick(now) ──────▶ └──────┘
//! ```
//!
//! A session is a small mixer: parties, and for each party whom he hears. Two parties who hear each other
//! with the same codec are its cheapest case and are relayed packet by packet.
//! Never knows: SIP, SDP, calls, disks, sockets, clocks.

pub mod desk;
pub mod session;
