//! SIP as a sans-I/O core: datagrams in, leg facts out; leg commands in, datagrams out (RFC 3261).
//!
//! ```text
//!   bytes ──message──▶ endpoint ──┬─▶ transaction  who waits for which answer
//!                                 ├─▶ ingress, egress, confirmed, referral, ending   one leg's life
//!                                 ├─▶ registrar    where phones are
//!                                 ├─▶ trunk        whether carriers are there
//!                                 └─▶ admission    who is let in at all
//! ```
//!
//! Reading order: [`leg`] (what the engine sees) → [`plan`] → [`endpoint`] → `legs` → `ingress`, `egress`,
//! `confirmed`, `referral`, `ending` → `dialog` → `core`, `hearing` → `transaction` → `registrar`, `binding`, `trunk`.

mod admission;
mod arrival;
pub mod binding;
mod body;
mod compose;
mod confirmed;
mod core;
pub mod counters;
mod credentials;
mod departure;
mod dialog;
pub mod digest;
mod egress;
mod ending;
pub mod endpoint;
mod fork;
mod gate;
mod hearing;
mod ingress;
pub mod leg;
mod legs;
pub mod message;
mod nonce;
mod numbers;
mod pace;
mod peer;
pub mod plan;
mod received;
mod referral;
mod refusal;
mod registrar;
mod reliable;
mod resolve;
mod route;
pub mod rsip_values;
mod session_timer;
mod streams;
mod transaction;
mod trunk;
mod unacknowledged;
mod written;
