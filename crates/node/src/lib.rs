//! The process: configuration, sockets, threads, rings, metrics and the command line. It decides nothing.
//!
//! ```text
//! cli ─▶ config ─▶ centre ─┬─ engine_loop   SIP, calls, distribution: the one thread of decisions
//!                          ├─ rtp           audio
//!                          ├─ reporter      board, metrics, records, who waits and why
//!                          └─ rim           TCP, DNS, HTTP ─▶ deeds ─▶ requests, plans, register
//! demo: a centre, and beside it a carrier and phones that speak SIP and RTP to it
//! ```
//!
//! Reading order: [`cli`] → [`config`] → [`centre`] → [`engine_loop`] → [`net`] → [`rtp`] → [`reporter`] → [`rim`] →
//! [`deeds`] → [`plans`].

pub mod callbacks;
pub mod centre;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod deeds;
pub mod demo;
pub mod engine_loop;
pub mod live;
pub mod log;
pub mod metrics;
pub mod net;
pub mod plans;
pub mod priority;
pub mod prompts;
pub mod records;
pub mod reporter;
pub mod requests;
pub mod rim;
pub mod rtp;
pub mod serve;
