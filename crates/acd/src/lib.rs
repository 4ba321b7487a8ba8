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
//! use acd::{Abilities, AgentPlan, AgentRef, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input};
//! use acd::{Output, Plan, SiteRef, SkillLevel};
//! use base::Timestamp;
//! use std::time::Duration;
//!
//! let general = GroupPlan { ring: Duration::from_secs(20), ..GroupPlan::named("general") };
//! let skills = vec![(GroupRef(0), SkillLevel(5))];
//! let alice = AgentPlan { name: "8001".into(), site: SiteRef(0), skills, abilities: Abilities::NONE };
//! let mut distributor = Distributor::new(Plan { groups: vec![general], agents: vec![alice], ..Plan::default() });
//!
//! // Whoever runs it stamps each input, gives it in, acts on what comes out, and comes back for the deadline.
//! let (now, caller, agent) = (Timestamp::from_secs(1), CallerRef::from_bits(1), AgentRef(0));
//! let mut out = Vec::new();
//! let enqueue = Enqueue::new(caller, GroupRef(0), now);
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
//! and [`agent`] the table of an agent's states; then `caller`, `line`, `timeline` (the waiting side), `pool`, `select`
//! (who gets whom), `offer`, [`refusal`] (the ringing), `callback`, `surge`, [`nuisance`], [`hours`]; [`change`] is a
//! plan that changes while callers wait; [`board`] is what a reader may see and [`explain`] says why not now.
//! [`check`] states the invariants, [`naive`] is the same distributor written slowly and obviously, [`exercise`]
//! drives both.

pub mod agent;
pub mod board;
mod callback;
mod caller;
pub mod change;
pub mod check;
pub mod distributor;
mod estimate;
pub mod exercise;
pub mod explain;
mod group;
pub mod hours;
pub mod input;
mod last_agent;
mod line;
pub mod naive;
pub mod nuisance;
mod occupancy;
mod offer;
pub mod output;
mod pick;
pub mod plan;
mod pool;
mod ranked;
pub mod refusal;
mod select;
mod surge;
mod timeline;

pub use board::{AgentView, CallerView, GroupView};
pub use distributor::Distributor;
pub use hours::{Hours, HoursRef, WallClock};
pub use input::{CallBack, Enqueue, Input, Listing, Prefer, SurgeMode};
pub use output::{AgentState, Alert, Answer, Because, CallbackEnd, OfferEnd, Output, Turned};
pub use plan::{AgentPlan, GroupPlan, Plan, Selection, Sites, Stage};

base::index!(GroupRef, "group", "A skill group, by its place in the plan.");
base::index!(AgentRef, "agent", "An agent, by his place in the plan.");
base::index!(SiteRef, "site", "A site, by its place in the plan.");
base::handle!(CallerRef, "caller", "A caller, minted by whoever enqueues him.");
base::handle!(OfferRef, "offer", "One call shown to one agent.");
base::handle!(
    PartyRef,
    "party",
    "Whoever has one number, to know him again; made from it by whoever enqueues."
);

/// How well an agent does a group's work: 1 to 10, 10 best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SkillLevel(pub u8);

/// A caller's priority: each point is a head start ([`plan::Order`]); 0 is the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

impl Priority {
    /// The emergency lane: the longest head start there is, and never turned away in a surge.
    pub const EMERGENCY: Self = Self(u8::MAX);
}

/// What somebody can do beside a group's work, or must be able to do: languages, dialects, certificates. A set of up
/// to 64, numbered by the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Abilities(pub u64);

impl Abilities {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether all of `others` are among these.
    #[must_use]
    pub const fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}
