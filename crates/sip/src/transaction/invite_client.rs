//! The INVITE client transaction: RFC 3261 figure 5, with the Accepted state of RFC 6026 (figure 2).
//!
//! ```text
//!               ┌── A: resend, interval × 2 (unreliable only)
//!               ▼ │
//!   start ─▶ Calling ──1xx──▶ Proceeding ◀─┐ 1xx
//!            │ │  │              │ │ └─────┘
//!   B, error │ │  └─2xx─┐  ┌─2xx─┘ │ 300–699: ACK
//!            │ │        ▼  ▼       ▼
//!            │ │     Accepted   Completed ◀── 300–699: ACK again
//!            │ │        │ M        │ D (zero on streams)
//!            ▼ └────────┼──────────┼──▶ (300–699 from Calling goes to Completed too)
//!            └──────▶ gone ◀──────┘
//! ```
//!
//! Never knows: bytes, legs, which timer wheel wakes it.

use super::Clock;
use base::Timestamp;
use std::time::Duration;

/// What exists in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteClient {
    /// Nothing has been heard.
    Calling {
        /// Timer A; `NEVER` on streams.
        resend_at: Timestamp,
        /// How long timer A ran this time.
        interval: Duration,
        /// Timer B.
        give_up: Timestamp,
    },
    /// A provisional response was heard; how long it may ring is the leg's business.
    Proceeding,
    /// A 2xx was heard; further ones (retransmitted or of other forks) still come here until timer M.
    Accepted {
        /// Timer M.
        until: Timestamp,
    },
    /// A refusal was heard and acknowledged; it is acknowledged again until timer D.
    Completed {
        /// Timer D.
        until: Timestamp,
    },
    /// Over: to be removed.
    Gone,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteClientEvent {
    /// Its deadline has come.
    Deadline,
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 300–699.
    Failure,
    /// The request could not be sent.
    TransportError,
}

/// What its keeper shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteClientEffect {
    /// Nothing.
    Nothing,
    /// Send the INVITE again.
    Resend,
    /// Tell the leg about the response.
    Pass,
    /// Acknowledge, and tell the leg.
    AckAndPass,
    /// Acknowledge again; the leg knows.
    Ack,
    /// Tell the leg that nobody answered (it counts as a 408).
    TimedOut,
    /// Tell the leg that nothing can be sent there (it counts as a 503, RFC 3261 8.1.3.1).
    Failed,
}

impl InviteClient {
    /// The INVITE has just been sent.
    pub(crate) fn start(now: Timestamp, clock: &Clock) -> Self {
        Self::Calling {
            resend_at: if clock.reliable { Timestamp::NEVER } else { now + clock.t1 },
            interval: clock.t1,
            give_up: now + clock.t1 * 64,
        }
    }

    /// The table beside the drawing.
    pub(crate) fn on(
        &mut self,
        now: Timestamp,
        event: InviteClientEvent,
        clock: &Clock,
    ) -> InviteClientEffect {
        use InviteClientEffect as Do;
        use InviteClientEvent as On;
        let (next, effect) = match (*self, event) {
            (Self::Calling { give_up, .. }, On::Deadline) if now >= give_up => (Self::Gone, Do::TimedOut),
            (Self::Calling { resend_at, interval, give_up }, On::Deadline) if now >= resend_at => {
                // Timer A doubles without a ceiling (17.1.1.2), unlike timer E.
                let interval = interval * 2;
                (Self::Calling { resend_at: now + interval, interval, give_up }, Do::Resend)
            }
            (Self::Calling { .. } | Self::Proceeding, On::Provisional) => (Self::Proceeding, Do::Pass),
            (Self::Calling { .. } | Self::Proceeding, On::Success) => {
                (Self::Accepted { until: now + clock.t1 * 64 }, Do::Pass)
            }
            (Self::Calling { .. } | Self::Proceeding, On::Failure) => {
                // Timer D: at least 32 s on unreliable transports, zero on streams.
                let next = if clock.reliable {
                    Self::Gone
                } else {
                    Self::Completed { until: now + (clock.t1 * 64).max(Duration::from_secs(32)) }
                };
                (next, Do::AckAndPass)
            }
            (Self::Calling { .. } | Self::Proceeding, On::TransportError) => (Self::Gone, Do::Failed),
            (state @ Self::Accepted { .. }, On::Success) => (state, Do::Pass),
            (state @ Self::Completed { .. }, On::Failure) => (state, Do::Ack),
            (Self::Accepted { until } | Self::Completed { until }, On::Deadline) if now >= until => {
                (Self::Gone, Do::Nothing)
            }
            (state, _) => (state, Do::Nothing),
        };
        *self = next;
        effect
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match *self {
            Self::Calling { resend_at, give_up, .. } => Some(resend_at.min(give_up)),
            Self::Accepted { until } | Self::Completed { until } => Some(until),
            Self::Proceeding | Self::Gone => None,
        }
    }
}
