//! The fold: one event after the other, into counters, records and the board.

use crate::agents::AgentSpan;
use crate::board::Board;
use crate::plan::Plan;
use crate::record::{CallRecord, Opened};
use base::Timestamp;
use call::event::Stamped;

/// What a step produced for the store. Reused; the reader clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Out {
    /// Calls that have begun.
    pub opened: Vec<Opened>,
    /// Calls that are over, complete.
    pub closed: Vec<CallRecord>,
    /// Sessions, breaks and wrap-ups of agents that are over.
    pub agent_spans: Vec<AgentSpan>,
}

impl Out {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.opened.clear();
        self.closed.clear();
        self.agent_spans.clear();
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty() && self.agent_spans.is_empty()
    }
}

/// The report.
#[derive(Clone, Debug)]
pub struct Report {
    plan: Plan,
}

impl Report {
    /// A report that has seen nothing.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan }
    }

    /// Takes one event; what is to be written is appended to `out`.
    pub fn fold(&mut self, stamped: &Stamped, out: &mut Out) {
        let _ = (stamped, out, &self.plan);
    }

    /// Completes records whose last audio report is overdue. Wanted about once a second while no event comes.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        let _ = (now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// Completes every record of a call that is over without waiting for audio reports: at the end.
    pub fn finish(&mut self, now: Timestamp, out: &mut Out) {
        let _ = (now, out);
    }

    /// The centre at this moment.
    #[must_use]
    pub fn board(&self, now: Timestamp) -> Board {
        Board { taken_at: now, ..Board::default() }
    }

    /// The invariants.
    ///
    /// # Errors
    /// The one that does not hold.
    pub fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
