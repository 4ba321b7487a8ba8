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
//! ```
//! use acd::{AgentPlan, AgentRef, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input, Output, Plan};
//! use acd::{Priority, SiteRef, SkillLevel};
//! use base::Timestamp;
//! use std::time::Duration;
//!
//! let general = GroupPlan {
//!     name: "general".into(),
//!     ring: Duration::from_secs(20),
//!     wrap_up: Duration::from_secs(30),
//!     overflow: vec![],
//!     line_max: 1_000,
//!     wait_max: None,
//!     needs_signed_in: false,
//!     ring_no_answer_not_ready: true,
//! };
//! let skills = vec![(GroupRef(0), SkillLevel(5))];
//! let alice = AgentPlan { name: "8001".into(), site: SiteRef(0), skills };
//! let mut distributor = Distributor::new(Plan { groups: vec![general], agents: vec![alice] });
//!
//! // Whoever runs it stamps each input, gives it in, acts on what comes out, and comes back for the deadline.
//! let (now, caller, agent) = (Timestamp::from_secs(1), CallerRef::from_bits(1), AgentRef(0));
//! let mut out = Vec::new();
//! let enqueue = Enqueue { caller, group: GroupRef(0), priority: Priority(0), since: now };
//! for input in [Input::SignIn { agent }, Input::Ready { agent }, Input::Enqueue(enqueue)] {
//!     distributor.handle(now, input, &mut out);
//! }
//! let offer = out.iter().find_map(|said| match said {
//!     Output::Offer { offer, agent: AgentRef(0), .. } => Some(*offer), // ring his phone
//!     _ => None,
//! });
//! assert_eq!(distributor.next_deadline(), Some(now + Duration::from_secs(20))); // it rings out
//!
//! // He answers, the bridge stands: only now does the caller leave the line.
//! assert_eq!(distributor.group(GroupRef(0)).map(|group| group.waiting), Some(1));
//! out.clear();
//! distributor.handle(Timestamp::from_secs(4), Input::Accept { offer: offer.unwrap() }, &mut out);
//! assert!(matches!(out.last(), Some(Output::Served { since, .. }) if *since == now));
//! assert_eq!(distributor.group(GroupRef(0)).map(|group| group.waiting), Some(0));
//! ```
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
