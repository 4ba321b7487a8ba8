//! Specialists who were asked, and exchanges of callers with other platforms: a series for each that occurs.

use super::Register;
use metrics::Counter;
use report::board::AskedLine;
use report::words;
use std::collections::BTreeMap;

/// By roster, way and reason.
#[derive(Default)]
pub(super) struct Handles(BTreeMap<(String, &'static str, String), Series>);

struct Series {
    ended: [Counter; 3],
    waited: Counter,
    talked: Counter,
}

impl Handles {
    pub(super) fn publish(&mut self, lines: &[AskedLine], to: &Register<'_>) {
        for AskedLine { roster, exchange, reason, counts } in lines {
            let way = words::exchange(*exchange);
            let series = self.0.entry((roster.clone(), way, reason.clone())).or_insert_with(|| {
                let labels = [("roster", roster.as_str()), ("way", way), ("reason", reason.as_str())];
                Series::new(to, &labels)
            });
            for (counter, count) in
                series.ended.iter().zip([counts.answered, counts.nobody, counts.called_off])
            {
                counter.absolute(count);
            }
            series.waited.absolute(counts.waited.as_secs());
            series.talked.absolute(counts.talked.as_secs());
        }
    }
}

impl Series {
    fn new(to: &Register<'_>, labels: &super::Labels<'_>) -> Self {
        let ended = |end| {
            let labels: Vec<_> = labels.iter().copied().chain([("end", end)]).collect();
            to.counter(
                "sujie_asked_total",
                "Specialists who were asked and exchanges of callers with other platforms, by how they ended.",
                &labels,
            )
        };
        Self {
            ended: ["answered", "nobody", "called_off"].map(ended),
            waited: to.counter(
                "sujie_asked_wait_seconds_total",
                "Time until somebody of a roster answered, of those who did.",
                labels,
            ),
            talked: to.counter(
                "sujie_asked_talk_seconds_total",
                "Time that those who answered were in the call.",
                labels,
            ),
        }
    }
}
