//! What the tests of the whole engine share: a centre on a virtual wire, the program among real phones, fuzz targets.
//!
//! ```text
//!   phones::Town ──datagrams──▶ wire::Wire ──delay, loss, copies──▶ centre::VirtualCentre
//!        ▲                         ▲  │                        sip ─ call ─ acd ─ media ─ report
//!        └──────── hotline::Hotline: one clock, one queue ─────────────┘
//!                          └─▶ ledger::Ledger: what both sides say, held against each other
//! ```
//!
//! ```text
//!   sipp::Scenario ──SIP──▶ sujie::Sujie: the program itself ◀──SIP, RTP── softphone::Softphone
//! ```
//!
//! Reading order: [`setup`] (what a centre and its day are like) → [`wire`] → [`centre`] (and its [`recording`]) → [`hotline`] (the loop
//! and the closing of the books) → [`ledger`] → [`seeds`]; apart from them [`fuzz`]; with
//! real sockets and clocks [`sujie`] → [`sipp`] → [`softphone`].

pub mod centre;
pub mod fuzz;
pub mod hotline;
pub mod ledger;
pub mod recording;
pub mod seeds;
pub mod setup;
pub mod sipp;
pub mod softphone;
pub mod sujie;
pub mod wire;

pub use hotline::Hotline;
pub use setup::Setup;
