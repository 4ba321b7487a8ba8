//! Histograms and sums of spans, written as Prometheus reads them: they arrive counted by bucket, exactly.

use super::Labels;
use std::fmt::Write;
use std::time::Duration;

/// Text of histograms and summaries, put together afresh for each sample.
#[derive(Default)]
pub(super) struct Spans {
    text: String,
}

/// One series of a histogram.
pub(super) struct Buckets<'b> {
    /// Counts up to each bound, not cumulative, then the rest.
    pub(super) counts: &'b [u64],
    /// Sum of all.
    pub(super) sum: Duration,
}

impl Spans {
    /// Begins a metric.
    pub(super) fn begin(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        };
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Writes a series of a histogram: cumulative buckets, sum, count.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &Labels<'_>,
        bounds: &[Duration],
        series: &Buckets<'_>,
    ) {
        let mut below = 0;
        for (bound, count) in bounds.iter().zip(series.counts) {
            below += count;
            let le = bound.as_secs_f64().to_string();
            self.line(name, "_bucket", labels, Some(&le), below);
        }
        let count: u64 = series.counts.iter().sum();
        self.line(name, "_bucket", labels, Some("+Inf"), count);
        self.line(name, "_sum", labels, None, series.sum.as_secs_f64());
        self.line(name, "_count", labels, None, count);
    }

    /// Writes a series of a summary without quantiles: they cannot be added up over groups, sum and count can.
    pub(super) fn summary(&mut self, name: &str, labels: &Labels<'_>, sum: Duration, count: u64) {
        self.line(name, "_sum", labels, None, sum.as_secs_f64());
        self.line(name, "_count", labels, None, count);
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &Labels<'_>,
        le: Option<&str>,
        value: impl std::fmt::Display,
    ) {
        let le = le.map(|le| ("le", le));
        let mut open = '{';
        let _ = write!(self.text, "{name}{suffix}");
        for (key, value) in labels.iter().copied().chain(le) {
            let _ = write!(self.text, "{open}{key}=\"{}\"", escaped(value));
            open = ',';
        }
        let close = if open == ',' { "}" } else { "" };
        let _ = writeln!(self.text, "{close} {value}");
    }
}

/// Upper bounds of talks: 134 s is a usual mean, 600 s a long talk.
pub(super) const TALK_BOUNDS: [Duration; 11] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(90),
    Duration::from_secs(120),
    Duration::from_secs(180),
    Duration::from_secs(240),
    Duration::from_secs(300),
    Duration::from_secs(600),
    Duration::from_secs(1_200),
    Duration::from_secs(3_600),
];

/// The talks of one group, counted.
#[derive(Clone, Default)]
pub(super) struct Talks {
    counts: [u64; TALK_BOUNDS.len() + 1],
    sum: Duration,
}

impl Talks {
    /// Counts one.
    pub(super) fn take(&mut self, talked: Duration) {
        self.counts[TALK_BOUNDS.partition_point(|bound| *bound < talked)] += 1;
        self.sum = self.sum.saturating_add(talked);
    }

    /// As a series.
    pub(super) fn buckets(&self) -> Buckets<'_> {
        Buckets { counts: &self.counts, sum: self.sum }
    }
}

/// What kind of metric.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Histogram,
    Summary,
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_cumulative_and_ends_with_all() {
        let mut spans = Spans::default();
        spans.begin("wait_seconds", Kind::Histogram, "Wait.");
        let bounds = [Duration::from_millis(500), Duration::from_secs(5)];
        let series = Buckets { counts: &[1, 2, 3], sum: Duration::from_millis(61_500) };
        spans.histogram("wait_seconds", &[("group", "a\"b")], &bounds, &series);
        spans.begin("talk_seconds", Kind::Summary, "Talk.");
        spans.summary("talk_seconds", &[], Duration::from_secs(3), 2);
        assert_eq!(
            spans.finish(),
            r#"# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{group="a\"b",le="0.5"} 1
wait_seconds_bucket{group="a\"b",le="5"} 3
wait_seconds_bucket{group="a\"b",le="+Inf"} 6
wait_seconds_sum{group="a\"b"} 61.5
wait_seconds_count{group="a\"b"} 6
# HELP talk_seconds Talk.
# TYPE talk_seconds summary
talk_seconds_sum 3
talk_seconds_count 2
"#
        );
    }
}
