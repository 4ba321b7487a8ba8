//! The automatic call distributor: which agent gets which waiting caller, and when to try something else.
//!
//! ```text
//!   enqueue ─▶ WaitingLine ──select──▶ Offer ──accept──▶ talking ──release──▶ wrap-up ──▶ ready
//!                  │   ▲                 │                                                  │
//!                  │   └─keeps his place─┴─ decline, ring-out, phone lost                   │
//!                  └──▶ overflow, line full, waited too long: Output::TurnedAway            │
//!                        ▲──────────── a freed agent takes the next caller in the same step ┘
//! ```
//!
//! One owner holds every caller, agent and line, so an agent can never be offered two callers. Nothing polls.
//! Never knows: SIP, media, legs, numbers, files, clocks.
//!
//! Reading order: [`plan`], [`input`], [`output`] are what it is told and what it says; [`distributor`] is the loop
//! and [`agent`] the table of an agent's states; then `caller`, `line`, `overflow` (the waiting side), `offer`,
//! [`refusal`] (the ringing), `group`, `select` (who gets whom); [`board`] is what a reader may see. [`check`] states
//! the invariants, [`naive`] is the same distributor written slowly and obviously, [`exercise`] drives both.

pub mod agent;
pub mod board;
mod caller;
pub mod check;
pub mod distributor;
mod estimate;
pub mod exercise;
mod group;
pub mod input;
mod line;
pub mod naive;
mod offer;
pub mod output;
mod overflow;
pub mod plan;
mod ranked;
pub mod refusal;
mod select;

pub use board::{AgentView, CallerView, GroupView};
pub use distributor::Distributor;
pub use input::{Enqueue, Input};
pub use output::{AgentState, OfferEnd, Output, Turned};
pub use plan::{AgentPlan, GroupPlan, Plan};

base::index!(GroupRef, "group", "A skill group, by its place in the plan.");
base::index!(AgentRef, "agent", "An agent, by his place in the plan.");
base::index!(SiteRef, "site", "A site, by its place in the plan.");
base::handle!(CallerRef, "caller", "A caller, minted by whoever enqueues him.");
base::handle!(OfferRef, "offer", "One call shown to one agent.");

/// How well an agent does a group's work: 1 to 10, 10 best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SkillLevel(pub u8);

/// A caller's priority: higher is served first; 0 is the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);
