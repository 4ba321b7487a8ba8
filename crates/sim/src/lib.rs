//! Simulation: the same distributor and the same statistics in virtual time, from one seed.
//!
//! ```text
//!   Plan ──┐                 ┌─▶ acd::Distributor ─▶ events ─▶ report::Report ─┐
//!          ├─▶ Run (seed) ───┤                                                 ├─▶ Outcome ─▶ compare
//!   past ──┘                 └─◀─ callers' patience, agents' talk ◀────────────┘
//! ```
//!
//! A plan says who calls (doubly stochastic), how long they talk and wait, who works when; a past day says who called
//! and is run again under another plan. Never knows: files, the real clock, threads, how a plan is written.
//!
//! Reading order: [`plan`] → [`variate`] → [`arrivals`], [`roster`], [`past`] → [`run`] → [`outcome`], [`series`] →
//! [`compare`].

pub mod arrivals;
pub mod compare;
pub mod outcome;
pub mod past;
pub mod plan;
pub mod roster;
pub mod run;
pub mod series;
pub mod variate;

pub use compare::Comparison;
pub use outcome::Outcome;
pub use plan::Plan;
pub use run::Run;
