//! Tables: from finished call records to figures, for any past, any threshold and any limit.
//!
//! ```text
//!   Call, AgentTime   rows of the records, in the order of arrival
//!        │
//!        ▼
//!   again    holds a call back until it is known whether its number called again
//!        │
//!        ▼
//!   parts    what the call adds: to whom, when, which step of the counters
//!        │
//!        ▼
//!   fold     Tables: one Cell a row (group, agent, site, trunk, all) and interval
//!        │
//!        ▼
//!   figure   each Cell's figures with their formula ──▶ annual (R2, R14 with change)
//! ```
//!
//! The steps are those of [`Counters`](crate::counters::Counters), so a table keeps the same identity as the live
//! board and is held to it row by row. A list of the calls behind a figure is made by the same fold, one call at a
//! time ([`fold::Setup::share_of`]): list and figure cannot disagree.
//!
//! **Where a call belongs.** A caller belongs to the interval in which he entered the line; in the row of all
//! callers and of a trunk that is his first line, in a group's row each stay in its line. His arrival, and a call
//! that never reached a line, belong to the interval of the INVITE. An agent's time is cut at the borders of
//! intervals, so that no agent works more than an hour in an hour. A wrap-up is counted where it ends.
//!
//! Never knows: files, SQL, formats of output, the clock; the zone of local time is a value.
//!
//! Reading order: [`period`] → [`rows`] → [`again`] → [`cell`] → [`parts`] → [`fold`] → [`figure`] (and its catalogue) → [`change`] →
//! [`annual`].

pub mod again;
pub mod annual;
mod catalogue;
pub mod cell;
pub mod change;
mod civil;
pub mod figure;
pub mod fold;
pub mod parts;
pub mod period;
pub mod rows;

pub use again::Again;
pub use cell::Cell;
pub use change::Change;
pub use figure::{Figure, Value};
pub use fold::{By, Setup, Slot, Tables, Who};
pub use period::{Date, Every, Period, Zone};
pub use rows::{AgentTime, Call, End, Kind, NameId, Stretch, TimeKind};
