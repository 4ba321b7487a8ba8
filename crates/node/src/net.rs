//! Sockets and names: everything of the network that is not a decision.
//!
//! ```text
//! datagrams ─▶ udp (mmsg) ─▶ engine thread          streams ─▶ streams (tokio) ─▶ ring ─▶ engine thread
//! lookups ◀── engine thread ─▶ ring ─▶ dns (tokio) ─▶ ring ─▶ engine thread
//! ```

pub mod dns;
pub mod doorbell;
pub mod mmsg;
pub mod outlet;
pub mod streams;
pub mod udp;
