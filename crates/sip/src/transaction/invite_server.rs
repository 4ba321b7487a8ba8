//! The INVITE server transaction: RFC 3261 figure 7, with the Accepted state of RFC 6026 (figure 1).
//!
//! ```text
//!                        ┌── INVITE again: last provisional again
//!                        ▼ │
//!   INVITE ─▶100──▶ Proceeding ──2xx──▶ Accepted ──L──▶ gone      INVITE again: swallowed,
//!                  (or Held)                                      the leg resends its 2xx until ACK
//!                        │ 300–699
//!                        ▼
//!                    Completed ──ACK──▶ Confirmed ──I──▶ gone     G: resend, min(interval × 2, T2)
//!                        └──────────────H──────────────▶ gone     INVITE again: resend
//!
//!   Held: a wrong password, whose refusal waits on purpose
//! ```

use super::Clock;
use base::Timestamp;
use std::time::Duration;

/// What exists in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteServer {
    /// No final response yet. It lasts as long as the leg rings.
    Proceeding,
    /// A wrong password waits for its refusal; nobody else will answer.
    Held {
        /// When it is refused.
        at: Timestamp,
    },
    /// A 2xx was sent; only swallows further copies of the INVITE until timer L.
    Accepted {
        /// Timer L.
        until: Timestamp,
    },
    /// A refusal was sent and is resent until its ACK arrives.
    Completed {
        /// Timer G; `NEVER` on streams.
        resend_at: Timestamp,
        /// How long timer G ran this time.
        interval: Duration,
        /// Timer H.
        give_up: Timestamp,
    },
    /// The ACK has arrived; swallows further ones until timer I.
    Confirmed {
        /// Timer I.
        until: Timestamp,
    },
    /// Over: to be removed.
    Gone,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteServerEvent {
    /// Its deadline has come.
    Deadline,
    /// The INVITE arrived again.
    Again,
    /// The leg sends a 2xx.
    Success,
    /// The leg sends 300–699.
    Failure,
    /// The ACK to our refusal arrived.
    Ack,
}

/// What its keeper shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteServerEffect {
    /// Nothing.
    Nothing,
    /// Send the last response again.
    Resend,
    /// Refuse it now.
    Refuse,
}

impl InviteServer {
    /// The table beside the drawing.
    pub(crate) fn on(
        &mut self,
        now: Timestamp,
        event: InviteServerEvent,
        clock: &Clock,
    ) -> InviteServerEffect {
        use InviteServerEffect as Do;
        use InviteServerEvent as On;
        let (next, effect) = match (*self, event) {
            (Self::Proceeding, On::Again) => (Self::Proceeding, Do::Resend),
            (Self::Proceeding, On::Success) => (Self::Accepted { until: now + clock.t1 * 64 }, Do::Nothing),
            (Self::Held { at }, On::Deadline) if now >= at => (Self::Proceeding, Do::Refuse),
            (state @ Self::Held { .. }, On::Again) => (state, Do::Resend),
            (Self::Proceeding | Self::Held { .. }, On::Failure) => {
                let resend_at = if clock.reliable { Timestamp::NEVER } else { now + clock.t1 };
                (Self::Completed { resend_at, interval: clock.t1, give_up: now + clock.t1 * 64 }, Do::Nothing)
            }
            (Self::Completed { give_up, .. }, On::Deadline) if now >= give_up => (Self::Gone, Do::Nothing),
            (Self::Completed { resend_at, interval, give_up }, On::Deadline) if now >= resend_at => {
                let interval = (interval * 2).min(clock.t2);
                (Self::Completed { resend_at: now + interval, interval, give_up }, Do::Resend)
            }
            (state @ Self::Completed { .. }, On::Again) => (state, Do::Resend),
            (Self::Completed { .. }, On::Ack) => {
                let next =
                    if clock.reliable { Self::Gone } else { Self::Confirmed { until: now + clock.t4 } };
                (next, Do::Nothing)
            }
            (Self::Accepted { until } | Self::Confirmed { until }, On::Deadline) if now >= until => {
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
            Self::Completed { resend_at, give_up, .. } => Some(resend_at.min(give_up)),
            Self::Accepted { until } | Self::Confirmed { until } => Some(until),
            Self::Held { at } => Some(at),
            Self::Proceeding | Self::Gone => None,
        }
    }
}
