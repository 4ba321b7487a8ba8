//! [`Backlog`]: what waits to be written, bounded, kept while the disk is full or busy.
//!
//! ```text
//!   report::Out ──take──▶ Backlog ──flush──▶ Writer      written: forgotten
//!                            ▲                  │        failed: kept, tried again with the next batch
//!                            └──────────────────┘
//! ```
//!
//! **At the limit** the oldest are dropped and counted, the least valuable kind first: beginnings of calls
//! (the completed record carries all that they do), then stretches of agents' days, then what agents said came of
//! calls, then completed calls.
//! A centre of 200 agents fills the default limit with complete calls in days, a load test in minutes.

use crate::error::WriteError;
use crate::writer::{Writer, Written};
use report::{AgentSpan, CallRecord, Disposed, Opened, Out};

/// Rows of each kind in one transaction at most, so that a long backlog does not become one long write.
const BATCH_MAX: usize = 4096;

/// How many were dropped at the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Beginnings of calls; nothing is lost unless the process is killed too.
    pub opened: u64,
    /// Stretches of agents' days.
    pub agent_spans: u64,
    /// Completed calls: the records no longer tell the whole truth.
    pub closed: u64,
    /// What agents said came of calls.
    pub disposed: u64,
}

/// What waits to be written.
#[derive(Debug)]
pub struct Backlog {
    opened: Vec<Opened>,
    closed: Vec<CallRecord>,
    agent_spans: Vec<AgentSpan>,
    disposed: Vec<Disposed>,
    limit: usize,
    dropped: Dropped,
}

impl Default for Backlog {
    /// 100,000 items: some 100 MB.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Backlog {
    /// An empty backlog that keeps at most `limit` items of all kinds together.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        let dropped = Dropped { opened: 0, agent_spans: 0, closed: 0, disposed: 0 };
        Self {
            opened: Vec::new(),
            closed: Vec::new(),
            agent_spans: Vec::new(),
            disposed: Vec::new(),
            limit,
            dropped,
        }
    }

    /// Takes over what the report gave out; `out` is empty afterwards.
    pub fn take(&mut self, out: &mut Out) {
        self.opened.append(&mut out.opened);
        self.closed.append(&mut out.closed);
        self.agent_spans.append(&mut out.agent_spans);
        self.disposed.append(&mut out.disposed);
        let mut excess = self.len().saturating_sub(self.limit);
        drop_oldest(&mut self.opened, &mut excess, &mut self.dropped.opened);
        drop_oldest(&mut self.agent_spans, &mut excess, &mut self.dropped.agent_spans);
        drop_oldest(&mut self.disposed, &mut excess, &mut self.dropped.disposed);
        drop_oldest(&mut self.closed, &mut excess, &mut self.dropped.closed);
    }

    /// Writes everything that waits. On failure what was not written is kept.
    ///
    /// # Errors
    /// Why the first part that failed was not written.
    pub fn flush(&mut self, writer: &mut Writer) -> Result<Written, WriteError> {
        let mut written = Written::default();
        while !self.is_empty() {
            let opened = self.opened.len().min(BATCH_MAX);
            let closed = self.closed.len().min(BATCH_MAX);
            let spans = self.agent_spans.len().min(BATCH_MAX);
            let disposed = self.disposed.len().min(BATCH_MAX);
            // Completed calls of a later part find their beginning in the file; it is completed in place.
            let part =
                writer.write(&self.opened[..opened], &self.closed[..closed], &self.agent_spans[..spans])?;
            self.opened.drain(..opened);
            self.closed.drain(..closed);
            self.agent_spans.drain(..spans);
            written.opened += part.opened;
            written.closed += part.closed;
            written.agent_spans += part.agent_spans;
            if disposed > 0 {
                writer.dispose(&self.disposed[..disposed])?;
                self.disposed.drain(..disposed);
            }
        }
        Ok(written)
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.opened.len() + self.closed.len() + self.agent_spans.len() + self.disposed.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many were dropped since the start.
    #[must_use]
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }
}

fn drop_oldest<T>(items: &mut Vec<T>, excess: &mut usize, dropped: &mut u64) {
    let count = items.len().min(*excess);
    items.drain(..count);
    *excess -= count;
    *dropped += count as u64;
}
