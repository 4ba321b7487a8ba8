//! Fuzz: bytes from anywhere into everything that reads bytes, and random deeds into everything that obeys.
//!
//! ```text
//!   corpus/<target>/* ──▶ replayed, then mutated by seed ──▶ target(bytes) ──▶ no panic, bounded output,
//!                                                                  │            invariants, nothing left
//!                                                                  └─ cost::of(one step) ≤ a millisecond
//! ```
//!
//! Not guided by coverage: the corpus is (real messages, real packets), and a mutation keeps most of it. What
//! fails is written to the temporary directory with its seed, and named; a fixed failure goes into the corpus.
//!
//! Reading order: [`corpus`], [`mutate`], [`cost`], [`runner`]; the targets [`message`], [`sdp`], [`rtp`],
//! [`inputs`], [`distributor`].

pub mod corpus;
pub mod cost;
pub mod distributor;
pub mod inputs;
pub mod message;
pub mod mutate;
pub mod rtp;
pub mod runner;
pub mod sdp;
