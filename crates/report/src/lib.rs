//! Counting: events in; service level, intervals, histograms, call records and the live board out.
//!
//! ```text
//!   call::Event ──fold──▶ Report ──┬─ Out: calls opened, records closed, agents' spans ──▶ store
//!                           │      └─ board(now): an immutable picture ──▶ web, metrics, summary
//!                           ├─ live calls   clocks t0…t6 of calls in progress
//!                           ├─ tallies      per group and centre: counters, sums, spreads
//!                           ├─ intervals    the same per quarter of an hour, for a day
//!                           ├─ recent       what ended in the last minutes, and today
//!                           ├─ surveys      what callers said of their talks
//!                           ├─ disposals    what came of them, as agents say
//!                           └─ agents       time in each state
//!
//!   rows of the records ──▶ tables: figures of any past, by group, agent, site, trunk and interval
//! ```
//!
//! One owner, no clock: time is the stamp of each event. Nothing that is counted can be counted twice,
//! because every caller is in exactly one place and each step out of it has one counter
//! ([`counters::Counters`]); [`Report::check`] says so after each event of a test.
//!
//! ```
//! use base::{Private, Timestamp};
//! use call::event::{CallRef, Event, Stamped};
//! use report::{Out, Plan, Report};
//! use sip::leg::{Origin, TrunkRef};
//!
//! let mut report = Report::new(Plan { groups: vec!["general".into()], ..Plan::default() });
//! let mut out = Out::default();
//! let (call, group) = (CallRef::from_bits(1), acd::GroupRef::at(0));
//! let arrived = Event::Arrived {
//!     call,
//!     origin: Origin::Trunk(TrunkRef(0)),
//!     caller: Private::new("13851234567".into()),
//!     called: "12345".into(),
//!     call_id: "a84b4c76e66710".into(),
//!     flow: None,
//! };
//! let queued = Event::Queued { call, group, position: 1, expected: None };
//! for (seq, event) in (1..).zip([arrived, queued]) {
//!     report.fold(&Stamped { at: Timestamp::from_secs(seq), seq, event }, &mut out);
//!     report.check().expect("the counters keep their identity");
//! }
//! assert_eq!(out.opened.len(), 1); // to be written
//! let board = report.board(Timestamp::from_secs(9));
//! assert_eq!((board.total.waiting, board.groups[0].line.longest_wait.as_secs()), (1, 7));
//! ```
//!
//! Never knows: files, SQL, HTTP, SIP, the insides of the engine.
//!
//! Reading order: [`plan`] → [`counters`] → [`callbacks`] → [`outgoing`] → [`surveys`] → [`disposals`], [`studios`] →
//! [`service_level`] → [`record`] → [`fold`] → [`board`]; then
//! [`tables`], which count finished calls again. Beside them, without events: [`erlang`] → [`staffing`] → [`advice`].

pub mod advice;
pub mod agents;
pub mod asked;
pub mod board;
mod books;
pub mod callbacks;
mod callers;
pub mod counters;
pub mod disposals;
pub mod erlang;
pub mod fold;
pub mod interval;
mod live;
pub mod outgoing;
mod picture;
pub mod plan;
pub mod recent;
pub mod record;
pub mod service_level;
pub mod spread;
pub mod staffing;
pub mod studios;
mod sum;
pub mod surveys;
pub mod tables;
pub mod tally;
pub mod words;

pub use agents::{AgentSpan, SpanKind};
pub use board::Board;
pub use disposals::Disposed;
pub use fold::{Out, Report};
pub use plan::Plan;
pub use record::{CallRecord, Opened, RecordId, Segment, UnixMs};
pub use service_level::{Formula, Ratio};
pub use surveys::{Ratings, Survey};
