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
//!
//! ```text
//!  packet ─▶ header ─▶ source (is it he?) ─▶ reception (loss, jitter) ─▶ keys (RFC 4733, tones)
//!                                                │
//!                 one listener, no mixing        │          two or more heard at once
//!            ┌───────────────────────────────────┴──────────────────────────┐
//!            ▼                                                              ▼
//!         sender (own SSRC, sequence, timestamp) ◀── mixer, 20 ms ◀── jitter buffer
//!            ▲
//!            └── clip, 20 ms (music, prompts, tones)
//! ```
//!
//! A recorded session keeps each packet's payload on its `tape`, too, whoever hears it.
//!
//! Reading order: [`session`] (the words) → [`desk`] (all sessions) → `room` (who hears whom) → `member`
//! (one party) → `header`, `source`, `reception`, `keys`, `inband`, `sender`, `control` (RTCP) → `beat`, `jitter`,
//! `mixer` (the 20 ms side) → `tape` (recordings) → [`clip`], [`resample`], [`tone`], [`alaw`], [`ulaw`], `wide`
//! (samples).

pub mod alaw;
mod beat;
pub mod clip;
mod control;
pub mod counters;
pub mod desk;
mod header;
mod inband;
mod jitter;
mod keys;
mod member;
mod mixer;
mod music;
mod reception;
pub mod resample;
mod room;
mod sender;
pub mod session;
mod source;
mod tape;
pub mod tone;
pub mod ulaw;
mod wide;

pub use clip::{Clip, Clips, PcmRefused};
pub use counters::Counters;
pub use desk::{Desk, Out, Packet, PortChange};
