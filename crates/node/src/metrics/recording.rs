//! Recordings: what was written, what is missing, and whether the disk takes it.

use super::Register;
use crate::recording::Counts;
use metrics::{Counter, Gauge};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

pub(super) struct Handles {
    open: Gauge,
    failing: Gauge,
    ended: [Counter; 4],
    bytes: Counter,
    missing: Counter,
    dropped: Counter,
    failures: Counter,
    transcoded: Counter,
    transcode_failures: Counter,
    to_transcode: Gauge,
}

impl Handles {
    pub(super) fn new(to: &Register<'_>) -> Self {
        let counter = |name, help| to.counter(name, help, &[]);
        Self {
            open: to.gauge("sujie_recordings_open", "Recordings that are being written.", &[]),
            failing: to.gauge("sujie_recordings_failing", "1 while the disk does not take recordings.", &[]),
            ended: ["whole", "recovered", "failed", "expired"].map(|end| {
                let help = "Recordings that are over: whole, completed after a kill, without a whole file; and \
                            deleted because they were kept long enough.";
                to.counter("sujie_recordings_total", help, &[("end", end)])
            }),
            bytes: counter("sujie_recordings_bytes_total", "Bytes of sound written into recordings."),
            missing: counter(
                "sujie_recordings_missing_seconds_total",
                "Silence in recordings, whole seconds, that stands for sound which could not be written.",
            ),
            dropped: counter(
                "sujie_recordings_dropped_total",
                "Blocks of half a second that were dropped because the disk did not keep up.",
            ),
            failures: counter("sujie_recordings_failures_total", "Writes of recordings that failed."),
            transcoded: counter(
                "sujie_recordings_transcoded_total",
                "WAV files in whose place Opus files have come.",
            ),
            transcode_failures: counter(
                "sujie_recordings_transcode_failures_total",
                "Attempts to make Opus of a WAV file that failed; the WAV stays.",
            ),
            to_transcode: to.gauge(
                "sujie_recordings_to_transcode",
                "Whole WAV files that are to become Opus.",
                &[],
            ),
        }
    }

    pub(super) fn publish(&self, counts: &Counts) {
        let set = |counter: &Counter, value: &AtomicU64| counter.absolute(value.load(Relaxed));
        self.open.set(counts.open.load(Relaxed) as f64);
        self.failing.set(f64::from(u8::from(counts.failing.load(Relaxed))));
        for (counter, value) in
            self.ended.iter().zip([&counts.whole, &counts.recovered, &counts.failed, &counts.expired])
        {
            set(counter, value);
        }
        set(&self.bytes, &counts.bytes);
        self.missing.absolute(counts.gap_ms.load(Relaxed) / 1_000);
        set(&self.dropped, &counts.dropped);
        set(&self.failures, &counts.failures);
        set(&self.transcoded, &counts.transcoded);
        set(&self.transcode_failures, &counts.transcode_failures);
        self.to_transcode.set(counts.to_transcode.load(Relaxed) as f64);
    }
}
