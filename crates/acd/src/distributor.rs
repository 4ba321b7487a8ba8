//! [`Distributor`]: the one owner of callers, agents and lines.

use crate::{Input, Output, Plan};
use base::Timestamp;

/// The distributor.
#[derive(Clone, Debug)]
pub struct Distributor {
    plan: Plan,
}

impl Distributor {
    /// A distributor in which everybody is signed out.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan }
    }

    /// Takes one input; what follows is appended to `out`. Deadlines at or before `now` fire first.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        let _ = (now, input, out, &self.plan);
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let _ = (now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }
}
