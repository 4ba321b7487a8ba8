//! Records on disk: one SQLite file, written in batches by one thread, read by any program.
//!
//! ```text
//!   report::Out ──▶ Backlog ──batch──▶ Writer ──one transaction──▶ records.db
//!                     ▲                  │ full, busy                  │
//!                     └── kept, retried ─┘                             └─▶ Records: summary, calls
//! ```
//!
//! **What is lost when.** A call is written when it begins and again when it is complete (once, when both
//! fall into one batch). The process killed: what came after the last batch; calls that were in progress are
//! closed as `lost` by [`Records::close_orphans`] at the next start. The power lost: with
//! [`Durability::Kill`] also the batches since the last checkpoint (16 MB of changed pages, some 20,000 calls), with
//! [`Durability::Power`] no batch. Neither damages the file.
//!
//! **What is dropped first**, when the disk stays full for long, [`Backlog`] says.
//!
//! ```no_run
//! use report::{Out, Plan, Report, UnixMs};
//! use store::{Backlog, Numbers, Records};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (names, now, events) = (Plan::default(), UnixMs(0), Vec::<call::event::Stamped>::new());
//! let mut records = Records::open("records.db")?;
//! let orphans = records.close_orphans(now)?;
//! let run = records.begin_run(now)?;
//! let plan = Plan { run, ..names };
//! let mut writer = records.writer(&plan, Numbers::Plain)?;
//! let (mut report, mut out, mut backlog) = (Report::new(plan), Out::default(), Backlog::default());
//! for stamped in &events {
//!     report.fold(stamped, &mut out);
//!     backlog.take(&mut out);
//!     // Once a second or so; what fails is kept and goes with the next flush.
//!     if let Err(error) = backlog.flush(&mut writer) {
//!         eprintln!("{error}");
//!     }
//! }
//! # let _ = orphans;
//! # Ok(())
//! # }
//! ```
//!
//! Never knows: HTTP, sockets, the arithmetic of service levels; the recount in [`summary`] is plain SQL over
//! the records, so that it can hold the counters of `report` to account.
//!
//! Reading order: [`schema`] → [`records`] → [`writer`] → [`backlog`] → [`summary`] → [`period`]; apart from them
//! [`journal`]: what the engine was told, to tell it again; [`register`]: what people have set; and [`recordings`]: the
//! index of recorded talks, with [`transcoding`], which of them are to become Opus; and [`shows`] of radio studios.

mod askings;
pub mod backlog;
pub mod calls;
pub mod dispositions;
mod enlisted;
pub mod error;
pub mod journal;
mod names;
pub mod period;
pub mod recordings;
pub mod records;
pub mod register;
pub mod schema;
pub mod shows;
pub mod summary;
pub mod transcoding;
pub mod writer;

pub use askings::Askings;
pub use backlog::Backlog;
pub use calls::{Filter, StoredCall};
pub use error::{OpenError, ReadError, WriteError};
pub use period::{Reading, Stopped};
pub use recordings::{Note, Recording, RecordingFilter, Recordings};
pub use records::{Durability, Records};
pub use register::Register;
pub use summary::Totals;
pub use writer::{Numbers, Writer, Written};
