//! The non-INVITE client transaction: RFC 3261 figure 6.
//!
//! ```text
//!             ┌── E: resend, min(interval × 2, T2)   ┌── E: resend, T2
//!             ▼ │                                    ▼ │
//!   start ─▶ Trying ────────────1xx──────────▶ Proceeding ◀─┐ 1xx
//!             │ │                                │ │ └──────┘
//!    F, error │ └──200–699──▶ Completed ◀─200–699┘ │ F, error
//!             │                   │ K (zero on streams)
//!             └──────▶ gone ◀─────┴────────────────┘
//! ```

use super::Clock;
use base::Timestamp;
use std::time::Duration;

/// What exists in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainClient {
    /// No final response yet.
    Trying {
        /// Timer E; `NEVER` on streams.
        resend_at: Timestamp,
        /// How long timer E ran this time.
        interval: Duration,
        /// Timer F.
        give_up: Timestamp,
        /// A provisional response was heard: resend every T2 only.
        proceeding: bool,
    },
    /// A final response was heard; its retransmissions are swallowed until timer K.
    Completed {
        /// Timer K.
        until: Timestamp,
    },
    /// Over: to be removed.
    Gone,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainClientEvent {
    /// Its deadline has come.
    Deadline,
    /// 1xx.
    Provisional,
    /// 200–699.
    Final,
    /// The request could not be sent.
    TransportError,
}

/// What its keeper shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainClientEffect {
    /// Nothing.
    Nothing,
    /// Send the request again.
    Resend,
    /// Tell the owner about the final response.
    Pass,
    /// Tell the owner that nobody answered (it counts as a 408).
    TimedOut,
    /// Tell the owner that nothing can be sent there (it counts as a 503).
    Failed,
}

impl PlainClient {
    /// The request has just been sent.
    pub(crate) fn start(now: Timestamp, clock: &Clock) -> Self {
        Self::Trying {
            resend_at: if clock.reliable { Timestamp::NEVER } else { now + clock.t1 },
            interval: clock.t1,
            give_up: now + clock.t1 * 64,
            proceeding: false,
        }
    }

    /// The table beside the drawing.
    pub(crate) fn on(&mut self, now: Timestamp, event: PlainClientEvent, clock: &Clock) -> PlainClientEffect {
        use PlainClientEffect as Do;
        use PlainClientEvent as On;
        let (next, effect) = match (*self, event) {
            (Self::Trying { give_up, .. }, On::Deadline) if now >= give_up => (Self::Gone, Do::TimedOut),
            (Self::Trying { resend_at, interval, give_up, proceeding }, On::Deadline) if now >= resend_at => {
                let interval = if proceeding { clock.t2 } else { (interval * 2).min(clock.t2) };
                (Self::Trying { resend_at: now + interval, interval, give_up, proceeding }, Do::Resend)
            }
            (Self::Trying { resend_at, interval, give_up, .. }, On::Provisional) => {
                (Self::Trying { resend_at, interval, give_up, proceeding: true }, Do::Nothing)
            }
            (Self::Trying { .. }, On::Final) => {
                let next =
                    if clock.reliable { Self::Gone } else { Self::Completed { until: now + clock.t4 } };
                (next, Do::Pass)
            }
            (Self::Trying { .. }, On::TransportError) => (Self::Gone, Do::Failed),
            (Self::Completed { until }, On::Deadline) if now >= until => (Self::Gone, Do::Nothing),
            (state, _) => (state, Do::Nothing),
        };
        *self = next;
        effect
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match *self {
            Self::Trying { resend_at, give_up, .. } => Some(resend_at.min(give_up)),
            Self::Completed { until } => Some(until),
            Self::Gone => None,
        }
    }
}
