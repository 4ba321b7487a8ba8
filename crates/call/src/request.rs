//! Requests: what people ask of the engine through HTTP or keys. Each is answered by exactly one event,
//! [`Event::RequestDone`](crate::Event) or [`Event::RequestRefused`](crate::Event), with the same id.

use acd::AgentRef;
use acd::input::Reason;

base::handle!(RequestId, "request", "One request; minted by whoever asks.");

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Sign an agent in.
    SignIn(AgentRef),
    /// Sign an agent out.
    SignOut(AgentRef),
    /// Make him ready.
    Ready(AgentRef),
    /// Make him not ready.
    NotReady(AgentRef, Reason),
    /// End a call.
    Release(crate::CallRef),
    /// No new calls from now on; running ones go on.
    Drain,
    /// End all calls: the process stops and its grace is over.
    ReleaseAll,
}
