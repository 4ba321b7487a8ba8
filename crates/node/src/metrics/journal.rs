//! The journal: what was written, what was lost, and whether the disk takes it.

use super::Register;
use crate::journal::Counts;
use metrics::{Counter, Gauge};
use std::sync::atomic::Ordering::Relaxed;

pub(super) struct Handles {
    written: Counter,
    lost: Counter,
    bytes: Counter,
    failing: Gauge,
}

impl Handles {
    pub(super) fn new(to: &Register<'_>) -> Self {
        Self {
            written: to.counter(
                "sujie_journal_inputs_total",
                "Inputs of the engine that were written into the journal.",
                &[],
            ),
            lost: to.counter(
                "sujie_journal_inputs_lost_total",
                "Inputs that were not, because the disk did not keep up: the journal has a gap.",
                &[],
            ),
            bytes: to.counter("sujie_journal_bytes_total", "Bytes written into the journal.", &[]),
            failing: to.gauge(
                "sujie_journal_failing",
                "1 while the journal cannot be written and waits in memory.",
                &[],
            ),
        }
    }

    pub(super) fn publish(&self, counts: &Counts) {
        self.written.absolute(counts.written.load(Relaxed));
        self.lost.absolute(counts.lost.load(Relaxed));
        self.bytes.absolute(counts.bytes.load(Relaxed));
        self.failing.set(f64::from(u8::from(counts.failing.load(Relaxed))));
    }
}
