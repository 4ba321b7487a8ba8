//! The non-INVITE server transaction: RFC 3261 figure 8, without its Proceeding state (RFC 4320 4.1 forbids
//! provisional responses that do not help), and with a state for answers that are held back on purpose.
//!
//! ```text
//!   request ──▶ Trying ──200–699──▶ Completed ──J──▶ gone      request again: last response again
//!                 │ └──wrong password──▶ Held ──its time──▶ Completed      request again: swallowed
//!                 └──no answer within 64 × T1──▶ gone
//! ```

use super::Clock;
use base::Timestamp;

/// What exists in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainServer {
    /// Waits for the leg's answer; nobody waits longer than the client does.
    Trying {
        /// The client has given up by then.
        until: Timestamp,
    },
    /// The answer is ready, but a wrong password waits for it.
    Held {
        /// When it goes out.
        at: Timestamp,
    },
    /// Answered; the answer is repeated until timer J.
    Completed {
        /// Timer J.
        until: Timestamp,
    },
    /// Over: to be removed.
    Gone,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainServerEvent {
    /// Its deadline has come.
    Deadline,
    /// The request arrived again.
    Again,
    /// The answer goes out now.
    Answer,
    /// The answer is ready and goes out then.
    Hold(Timestamp),
}

/// What its keeper shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainServerEffect {
    /// Nothing.
    Nothing,
    /// Send the last response (again).
    Send,
}

impl PlainServer {
    /// The request has just arrived.
    pub(crate) fn start(now: Timestamp, clock: &Clock) -> Self {
        Self::Trying { until: now + clock.t1 * 64 }
    }

    /// The table beside the drawing.
    pub(crate) fn on(&mut self, now: Timestamp, event: PlainServerEvent, clock: &Clock) -> PlainServerEffect {
        use PlainServerEffect as Do;
        use PlainServerEvent as On;
        // Timer J: zero on streams, where nothing is repeated.
        let completed =
            if clock.reliable { Self::Gone } else { Self::Completed { until: now + clock.t1 * 64 } };
        let (next, effect) = match (*self, event) {
            (Self::Trying { .. }, On::Answer) => (completed, Do::Nothing),
            (Self::Trying { .. }, On::Hold(at)) => (Self::Held { at }, Do::Nothing),
            (Self::Held { at }, On::Deadline) if now >= at => (completed, Do::Send),
            (state @ Self::Completed { .. }, On::Again) => (state, Do::Send),
            (Self::Completed { until } | Self::Trying { until }, On::Deadline) if now >= until => {
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
            Self::Trying { until } | Self::Completed { until } => Some(until),
            Self::Held { at } => Some(at),
            Self::Gone => None,
        }
    }
}
