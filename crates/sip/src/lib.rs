//! SIP as a sans-I/O core: datagrams in, leg facts out; leg commands in, datagrams out (RFC 3261).

pub mod digest;
pub mod endpoint;
pub mod leg;
pub mod message;
pub mod plan;
