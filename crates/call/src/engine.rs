//! [`Engine`]: the one owner of all calls.

use crate::event::{CallRef, Stamped};
use crate::plan::Plan;
use crate::request::{Request, RequestId};
use base::Timestamp;

/// What arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// SIP has seen something.
    Sip(sip::leg::Fact),
    /// The audio path has seen something.
    Media(media::session::Fact),
    /// Somebody asks for something.
    Request(RequestId, Request),
}

/// What a step produced. Reused; the reader clears it.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// For SIP, in order.
    pub legs: Vec<sip::leg::Command>,
    /// For the audio path, in order.
    pub media: Vec<media::session::Command>,
    /// For the report.
    pub events: Vec<Stamped>,
}

/// The engine.
#[derive(Clone, Debug)]
pub struct Engine {
    plan: Plan,
}

impl Engine {
    /// An engine without calls; `seed` draws SDP session ids and the like.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        let _ = seed;
        Self { plan }
    }

    /// Takes one input. Deadlines at or before `now` fire first.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Out) {
        let _ = (now, input, out, &self.plan);
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        let _ = (now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// Calls in progress.
    #[must_use]
    pub fn calls(&self) -> usize {
        0
    }

    /// Where a call is, in words, for operators.
    #[must_use]
    pub fn describe(&self, call: CallRef) -> Option<String> {
        let _ = call;
        None
    }
}
