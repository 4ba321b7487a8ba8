//! Legs that are over for `call` while SIP still says goodbye.
//!
//! ```text
//!   Release ──ACK still missing──▶ Unacknowledged ──ACK, or 64·T1──▶ Bye
//!      └────────────────────────────────────────────────────────────▶ Bye ──answer, or timer F──▶ gone
//! ```
//!
//! The wait is RFC 3261 15: a callee must not send BYE before the ACK. While it says goodbye the leg still
//! answers the peer's own BYE with 200, so that crossing BYEs end well.

use crate::compose::put_reason;
use crate::core::{Core, Inside};
use crate::dialog::Dialog;
use crate::endpoint::Out;
use crate::leg::TrunkRef;
use crate::legs::Id;
use crate::message::{Cause, Method};
use crate::transaction::{ClientRef, LegSlot, Owner};
use crate::unacknowledged::{Patience, Unacknowledged};
use base::Timestamp;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) dialog: Dialog,
    cause: Cause,
    phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The ACK to our 2xx must come first.
    Unacknowledged(Unacknowledged),
    /// BYE is out.
    Bye(ClientRef),
}

impl Ending {
    /// Says goodbye as soon as it may.
    pub(crate) fn start(
        id: Id,
        mut dialog: Dialog,
        unacknowledged: Option<Unacknowledged>,
        cause: Cause,
        core: &mut Core,
        now: Timestamp,
        out: &mut Out,
    ) -> Self {
        let phase = match unacknowledged {
            Some(unacknowledged) => Phase::Unacknowledged(unacknowledged),
            None => Phase::Bye(bye(&mut dialog, Some(id.slot), id.trunk(), cause, core, now, out)),
        };
        Self { dialog, cause, phase }
    }

    pub(crate) fn timers(&self) -> usize {
        usize::from(matches!(self.phase, Phase::Unacknowledged(_)))
    }

    /// The ACK has come.
    pub(crate) fn acked(&mut self, id: Id, seq: u32, core: &mut Core, now: Timestamp, out: &mut Out) {
        if let Phase::Unacknowledged(unacknowledged) = &self.phase
            && unacknowledged.seq == seq
        {
            unacknowledged.stop(core);
            self.say_bye(id, core, now, out);
        }
    }

    /// The 2xx is due again.
    pub(crate) fn due(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        if let Phase::Unacknowledged(unacknowledged) = &mut self.phase
            && unacknowledged.due(core, now, id.slot, out) == Patience::Over
        {
            self.say_bye(id, core, now, out);
        }
    }

    fn say_bye(&mut self, id: Id, core: &mut Core, now: Timestamp, out: &mut Out) {
        self.phase = Phase::Bye(bye(&mut self.dialog, Some(id.slot), id.trunk(), self.cause, core, now, out));
    }

    /// The BYE goes out again with credentials.
    pub(crate) fn replaced(&mut self, old: ClientRef, new: ClientRef, seq: u32) {
        if self.phase == Phase::Bye(old) {
            self.phase = Phase::Bye(new);
            self.dialog.local_seq = seq;
        }
    }

    /// Nothing is waited for any more: the peer said BYE too.
    pub(crate) fn stop(&self, core: &mut Core) {
        match &self.phase {
            Phase::Unacknowledged(unacknowledged) => unacknowledged.stop(core),
            Phase::Bye(client) => core.disown(*client),
        }
    }
}

/// Sends a BYE.
pub(crate) fn bye(
    dialog: &mut Dialog,
    leg: Option<LegSlot>,
    trunk: Option<TrunkRef>,
    cause: Cause,
    core: &mut Core,
    now: Timestamp,
    out: &mut Out,
) -> ClientRef {
    let mut extra = Vec::with_capacity(32);
    put_reason(&mut extra, cause.0);
    let inside = Inside { method: Method::Bye, owner: Owner::Bye(leg), trunk, extra: &extra, body: None };
    core.request_inside(now, dialog, &inside, out)
}
