//! The engine's thread, the rings between threads, and the records that wait to be written.

use super::spans::{Buckets, Kind, Spans};
use super::{Register, Sample};
use crate::centre::RingGauge;
use crate::engine_loop::STEP_BOUNDS;
use metrics::{Counter, Gauge};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) struct Handles {
    lag: Gauge,
    overloaded: Gauge,
    events_lost: Counter,
    backlog: Gauge,
}

impl Handles {
    pub(super) fn new(to: &Register<'_>) -> Self {
        Self {
            lag: to.gauge(
                "sujie_engine_lag_seconds",
                "Longest that a datagram waited in the kernel in the last second.",
                &[],
            ),
            overloaded: to.gauge(
                "sujie_engine_overloaded",
                "1 while new calls are refused because the engine is behind.",
                &[],
            ),
            events_lost: to.counter(
                "sujie_engine_events_lost_total",
                "Events lost because the report stood still.",
                &[],
            ),
            backlog: to.gauge("sujie_records_waiting", "Call records that wait to be written.", &[]),
        }
    }

    pub(super) fn publish(&self, sample: &Sample<'_>, spans: &mut Spans) {
        self.backlog.set(sample.backlog as f64);
        let name = "sujie_engine_step_seconds";
        spans.begin(name, Kind::Histogram, "Time of one step of the engine: everything that had arrived.");
        let bounds = STEP_BOUNDS.map(Duration::from_nanos);
        let Some(engine) = sample.engine else {
            let nothing = [0; STEP_BOUNDS.len() + 1];
            spans.histogram(name, &[], &bounds, &Buckets { counts: &nothing, sum: Duration::ZERO });
            return;
        };
        spans.histogram(name, &[], &bounds, &Buckets { counts: &engine.steps, sum: engine.busy });
        self.lag.set(engine.lag.as_secs_f64());
        self.overloaded.set(f64::from(u8::from(engine.overloaded)));
        self.events_lost.absolute(engine.events_lost);
    }
}

/// The rings, by name: known when the centre has made them.
#[derive(Default)]
pub(super) struct Rings(BTreeMap<String, (Gauge, Counter)>);

impl Rings {
    pub(super) fn publish(&mut self, rings: &[RingGauge], to: &Register<'_>) {
        for ring in rings {
            let handles = self.0.entry(ring.name.clone()).or_insert_with(|| {
                let labels = [("ring", ring.name.as_str())];
                (
                    to.gauge(
                        "sujie_ring_depth",
                        "Values that wait in the ring between two threads.",
                        &labels,
                    ),
                    to.counter(
                        "sujie_ring_refused_total",
                        "Values that the ring refused because it was full.",
                        &labels,
                    ),
                )
            });
            let (depth, refused) = (ring.read)();
            handles.0.set(depth as f64);
            handles.1.absolute(refused);
        }
    }
}
