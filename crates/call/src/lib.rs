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
//! Reading order: [`plan`] → [`event`] → [`call`] (the drawing of a call's stages) and [`talk`] → [`engine`] → along the
//! path of a call: [`ingress`], [`flow`], [`steps`], [`waiting`], [`comfort`], [`spoken`], [`ringing`], [`talking`] with
//! `scene` (who hears whom), [`renegotiate`], [`release`]; in the talk: [`consult`], [`hunt`] (a [`roster`]'s people),
//! [`case`], [`second_line`], [`refer`], [`replace`], [`supervise`], [`handover`], seen by [`view`]; after it [`survey`],
//! [`disposition`]; on the radio: [`show`], [`studio`]; beside it [`outgoing`], [`pick`], [`callback`], [`calling`],
//! [`outside`], [`service_code`], [`phone`],
//! [`requests`]; under it [`leg`], [`dialing`], [`audio`], [`sdp`], [`ports`], [`cause`]; over it [`check`].

pub mod audio;
pub mod call;
pub mod callback;
pub mod calling;
pub mod case;
pub mod cause;
pub mod check;
pub mod comfort;
pub mod consult;
pub mod dialing;
pub mod disposition;
pub mod engine;
pub mod event;
pub mod flow;
pub mod handover;
pub mod hunt;
pub mod ingress;
pub mod leg;
pub mod outgoing;
pub mod outside;
pub mod party;
pub mod phone;
pub mod pick;
pub mod plan;
pub mod ports;
pub mod recording;
pub mod refer;
pub mod release;
pub mod renegotiate;
pub mod replace;
pub mod request;
pub mod requests;
pub mod ringing;
pub mod roster;
mod scene;
pub mod sdp;
pub mod second_line;
pub mod service_code;
pub mod show;
pub mod spoken;
pub mod steps;
pub mod studio;
pub mod supervise;
pub mod survey;
pub mod talk;
pub mod talking;
pub mod view;
pub mod waiting;

pub use callback::Callback;
pub use disposition::Resolver;
pub use engine::{Engine, Input, Out};
pub use event::{CallRef, Event};
pub use plan::Plan;
pub use request::{Request, RequestId, Whose};
