//! Reliable provisional responses (RFC 3262) as the side that sends them: one at a time, resent until PRACK.
//!
//! ```text
//!   183 (RSeq n) ──▶ again after T1, 2·T1, 4·T1 …
//!        ├──PRACK (RAck n)──▶ the next one, or the 2xx that waited
//!        └──64·T1───────────▶ the INVITE is refused (504)
//! ```

use crate::core::{Core, Timer};
use crate::endpoint::{Out, Path};
use crate::transaction::LegSlot;
use base::{TimerRef, Timestamp};
use std::time::Duration;

/// A provisional response that waits for its PRACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reliable {
    /// Its RSeq.
    pub(crate) rseq: u32,
    /// It carries SDP: no 2xx before its PRACK (RFC 3262 3).
    pub(crate) described: bool,
    bytes: Box<[u8]>,
    path: Path,
    interval: Duration,
    give_up: Timestamp,
    timer: TimerRef,
}

impl Reliable {
    /// It has just been sent.
    pub(crate) fn start(
        core: &mut Core,
        now: Timestamp,
        slot: LegSlot,
        rseq: u32,
        described: bool,
        path: Path,
        bytes: &[u8],
    ) -> Self {
        let interval = core.plan.timers.t1;
        let timer = core.wheel.schedule(now + interval, Timer::Reliable(slot));
        Self { rseq, described, bytes: bytes.into(), path, interval, give_up: now + interval * 64, timer }
    }

    /// Its timer has fired: sends it again; `false` when 64 × T1 are over.
    pub(crate) fn due(&mut self, core: &mut Core, now: Timestamp, slot: LegSlot, out: &mut Out) -> bool {
        if now >= self.give_up {
            return false;
        }
        self.interval *= 2;
        let at = (now + self.interval).min(self.give_up);
        self.timer = core.wheel.schedule(at, Timer::Reliable(slot));
        let from = out.bytes.len();
        out.bytes.extend_from_slice(&self.bytes);
        core.send(&self.path, from, out);
        core.counters.retransmissions_out += 1;
        true
    }

    /// The PRACK has come, or nobody waits for it any more.
    pub(crate) fn stop(&self, core: &mut Core) {
        core.wheel.cancel(self.timer);
    }
}
