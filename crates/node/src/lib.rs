//! The process: configuration, sockets, threads, rings, metrics and the command line. It decides nothing.
//!
//! ```text
//! cli ─▶ config ─▶ centre ─┬─ engine_loop   SIP, calls, distribution: the one thread of decisions
//!                          ├─ rtp           audio
//!                          ├─ journal       every input of the engine, to replay it
//!                          ├─ recording     talks to files, and their index
//!                          ├─ reporter      board, metrics, records, who waits and why
//!                          └─ rim           TCP, DNS, HTTP ─▶ deeds ─▶ requests, plans, register
//! demo: a centre, and beside it a carrier and phones that speak SIP and RTP to it
//! replay: the engine again, out of a journal
//! ```
//!
//! Reading order: [`cli`] → [`config`] → [`centre`] → [`engine_loop`] → [`journal`] → [`net`] → [`rtp`] → [`recording`] → [`reporter`] →
//! [`rim`] → [`deeds`] → [`plans`]; apart from them, without a running centre: [`replay`], [`reports`],
//! [`recordings`], [`staff`], [`simulate`], [`whatif`].

pub mod callbacks;
pub mod centre;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod deeds;
pub mod demo;
pub mod dialed;
pub mod engine_loop;
pub mod flow_draw;
pub mod journal;
pub mod lists;
pub mod live;
pub mod log;
pub(crate) mod markup;
pub mod metrics;
pub mod net;
pub mod plans;
pub mod priority;
pub mod prompts;
pub mod recording;
pub mod recordings;
pub mod records;
pub mod repeats;
pub mod replay;
pub mod reporter;
pub mod reports;
pub mod requests;
pub mod rim;
pub mod rtp;
pub mod serve;
pub mod shows;
pub mod simulate;
pub mod staff;
pub mod table;
pub(crate) mod talks;
pub mod whatif;
