//! A 2xx to an INVITE until its ACK: the leg itself resends it, because the server transaction does not
//! (RFC 3261 13.3.1.4, RFC 6026 7.1).
//!
//! ```text
//!   2xx ──▶ again after T1, 2·T1, … T2 (on streams too: a proxy further on may use UDP)
//!            ├──ACK──▶ done
//!            └──64·T1─▶ nobody is there: BYE
//! ```

use crate::core::{Core, Timer};
use crate::endpoint::{Out, Path};
use crate::transaction::LegSlot;
use base::{TimerRef, Timestamp};
use std::time::Duration;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unacknowledged {
    /// CSeq of the INVITE.
    pub(crate) seq: u32,
    bytes: Box<[u8]>,
    path: Path,
    interval: Duration,
    give_up: Timestamp,
    timer: TimerRef,
}

/// What its timer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Sent again.
    Waits,
    /// 64 × T1 are over.
    Over,
}

impl Unacknowledged {
    /// The 2xx has just been sent.
    pub(crate) fn start(
        core: &mut Core,
        now: Timestamp,
        slot: LegSlot,
        seq: u32,
        path: Path,
        bytes: &[u8],
    ) -> Self {
        let interval = core.plan.timers.t1;
        let timer = core.wheel.schedule(now + interval, Timer::Exchange(slot));
        Self { seq, bytes: bytes.into(), path, interval, give_up: now + interval * 64, timer }
    }

    /// Its timer has fired.
    pub(crate) fn due(&mut self, core: &mut Core, now: Timestamp, slot: LegSlot, out: &mut Out) -> Patience {
        if now >= self.give_up {
            return Patience::Over;
        }
        self.interval = (self.interval * 2).min(core.plan.timers.t2);
        let at = (now + self.interval).min(self.give_up);
        self.timer = core.wheel.schedule(at, Timer::Exchange(slot));
        let from = out.bytes.len();
        out.bytes.extend_from_slice(&self.bytes);
        core.send(&self.path, from, out);
        core.counters.retransmissions_out += 1;
        Patience::Waits
    }

    /// The ACK has come, or nobody waits for it any more.
    pub(crate) fn stop(&self, core: &mut Core) {
        core.wheel.cancel(self.timer);
    }
}
