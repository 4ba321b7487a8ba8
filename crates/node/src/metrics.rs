//! Metrics: what Prometheus reads, set once a second from the board and the threads' counters.
//!
//! ```text
//!   Board ───────────┐
//!   engine telemetry ┼─▶ Sample ─publish─▶ handles (counters, gauges) ─┐
//!   media telemetry ─┤                  └▶ spans (histograms, sums) ───┴─render─▶ text ─▶ web /metrics
//!   rings, backlog ──┘                      ▲
//!   closed records ────────observe_record───┘ (talks)
//! ```
//!
//! Nothing on a call's way touches a metric: all numbers are counted where they arise and set here as they are.
//! `Counter::absolute` never goes back, so a counter stays monotone even where its source may take one back (the
//! denominator of SL3 loses each short abandon). Histograms arrive counted by bucket, and the recorder takes only
//! single samples (an engine makes a hundred thousand steps a second), so [`spans`] writes them beside it, exactly.
//!
//! Labels are keys of the configuration and words of [`report::words`]: never a number, an address or a call. A group
//! counts stays in its line; `sujie_centre_…` counts callers and agents once, whatever lines and groups they were in.
//! Never knows: HTTP.

mod after_talk;
mod asked;
mod centre;
mod engine;
mod journal;
mod outgoing;
mod recording;
mod rtp;
mod sip;
mod spans;
mod studio;

use crate::centre::RingGauge;
use crate::journal::Counts;
use crate::{engine_loop, rtp as audio};
use ::metrics::{Counter, Gauge, Key, Label, Metadata, Recorder, Unit};
use anyhow::Result;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::Mutex;
use report::{Board, CallRecord};
use spans::{Spans, Talks};
use web::board::Live;

/// What is published at one moment.
pub struct Sample<'s> {
    /// The centre.
    pub board: &'s Board,
    /// Who waits, and why.
    pub live: &'s Live,
    /// The engine's thread, once it has spoken.
    pub engine: Option<&'s engine_loop::Telemetry>,
    /// The media threads that have spoken.
    pub media: &'s [audio::Telemetry],
    /// The rings between threads.
    pub rings: &'s [RingGauge],
    /// Call records that wait to be written.
    pub backlog: usize,
}

/// All metrics of one centre. Several may live in one process: nothing is global.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    centre: centre::Handles,
    engine: engine::Handles,
    journal: journal::Handles,
    recording: recording::Handles,
    rtp: rtp::Handles,
    studio: studio::Handles,
    /// Touched by the report's thread, and by whoever reads; both rarely.
    late: Mutex<Late>,
}

/// What is known only when it occurs.
#[derive(Default)]
struct Late {
    sip: sip::Handles,
    asked: asked::Handles,
    rings: engine::Rings,
    talks: Vec<Talks>,
    spans: String,
}

impl Metrics {
    /// All metrics of a centre, at zero.
    ///
    /// # Errors
    /// None today; a recorder with more settings would have some.
    pub fn new(plan: &report::Plan) -> Result<Self> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let register = Register(&recorder);
        let late = Late { talks: vec![Talks::default(); plan.groups.len()], ..Late::default() };
        Ok(Self {
            handle: recorder.handle(),
            centre: centre::Handles::new(&register, plan),
            engine: engine::Handles::new(&register),
            journal: journal::Handles::new(&register),
            recording: recording::Handles::new(&register),
            rtp: rtp::Handles::new(&register),
            studio: studio::Handles::new(&register, plan),
            late: Mutex::new(late),
            recorder,
        })
    }

    /// Takes the talk of a call that is over.
    pub fn observe_record(&self, record: &CallRecord) {
        if let (Some(group), Some(_)) = (record.group, record.connected_at)
            && let Some(talks) = self.late.lock().talks.get_mut(group.index())
        {
            talks.take(record.talked);
        }
    }

    /// Sets every metric to what a sample says.
    pub fn publish(&self, sample: &Sample<'_>) {
        let register = Register(&self.recorder);
        let mut spans = Spans::default();
        let mut late = self.late.lock();
        self.centre.publish(sample.board, sample.live, &late.talks, &mut spans);
        self.engine.publish(sample, &mut spans);
        self.rtp.publish(sample.media, &mut spans);
        late.asked.publish(&sample.board.asked, &register);
        self.studio.publish(sample.board);
        late.rings.publish(sample.rings, &register);
        if let Some(engine) = sample.engine {
            late.sip.publish(&engine.sip, &register);
        }
        late.spans = spans.finish();
    }

    /// Sets the metrics of the journal.
    pub fn publish_journal(&self, counts: &Counts) {
        self.journal.publish(counts);
    }

    /// Sets the metrics of recordings.
    pub fn publish_recordings(&self, counts: &crate::recording::Counts) {
        self.recording.publish(counts);
    }

    /// Everything in Prometheus' text format (version 0.0.4).
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.handle.render();
        text.push_str(&self.late.lock().spans);
        text
    }
}

/// Where handles come from: each with its help text, once per set of labels.
struct Register<'r>(&'r PrometheusRecorder);

/// Labels of one series.
type Labels<'l> = [(&'static str, &'l str)];

impl Register<'_> {
    fn counter(&self, name: &'static str, help: &'static str, labels: &Labels<'_>) -> Counter {
        self.0.describe_counter(name.into(), unit(name), help.into());
        self.0.register_counter(&key(name, labels), &METADATA)
    }

    fn gauge(&self, name: &'static str, help: &'static str, labels: &Labels<'_>) -> Gauge {
        self.0.describe_gauge(name.into(), unit(name), help.into());
        self.0.register_gauge(&key(name, labels), &METADATA)
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), ::metrics::Level::INFO, None);

fn key(name: &'static str, labels: &Labels<'_>) -> Key {
    let labels: Vec<Label> =
        labels.iter().map(|(key, value)| Label::new(*key, (*value).to_owned())).collect();
    Key::from_parts(name, labels)
}

/// The unit is the last word of a name before `_total`, as Prometheus' conventions have it.
fn unit(name: &str) -> Option<Unit> {
    let stem = name.strip_suffix("_total").unwrap_or(name);
    let seconds = stem.ends_with("_seconds") && !stem.ends_with("within_seconds");
    Some(if seconds { Unit::Seconds } else { Unit::Count })
}
