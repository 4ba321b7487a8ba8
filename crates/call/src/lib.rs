//! Runs each call: its legs, its flow, its bridge, its SDP and ports, and its request for an agent.
//!
//! ```text
//!   sip facts ───▶ ┌────────┐ ───leg commands──▶ sip
//!   media facts ─▶ │ Engine │ ───media commands▶ media
//!   requests ────▶ │        │ ───events────────▶ report
//!   tick(now) ───▶ └───┬────┘
//!                      └── plain calls ── acd::Distributor (same step)
//! ```
//!
//! Never knows: SIP syntax, RTP packets, JSON, files, sockets, clocks.
//!
//! Reading order: [`plan`] → [`event`] → [`engine`].

pub mod engine;
pub mod event;
pub mod plan;
pub mod request;

pub use engine::{Engine, Input, Out};
pub use event::{CallRef, Event};
pub use plan::Plan;
pub use request::{Request, RequestId};
