//! Metrics of what follows talks: what callers say of them, and what comes of them. Which caller said what is in the
//! records only.

use super::Register;
use metrics::{Counter, Gauge};
use report::board::Line;
use report::surveys::RATINGS;

/// One group's series.
pub(super) struct AfterTalk {
    /// Timeout, invalid, hung up, not offered.
    results: [Counter; 4],
    ratings: Vec<Counter>,
    /// By disposition; resolved by an agent, by a specialist.
    disposed: Vec<[Gauge; 2]>,
    undisposed: Gauge,
}

impl AfterTalk {
    pub(super) fn new(to: &Register<'_>, group: &str, plan: &report::Plan) -> Self {
        let result = |result| {
            let help = "Answered calls that are over and have no rating, by why.";
            to.counter("sujie_surveys_unrated_total", help, &[("group", group), ("result", result)])
        };
        let rating = |rating: usize| {
            let rating = rating.to_string();
            let help = "Ratings of answered calls that are over, by key.";
            to.counter("sujie_surveys_rated_total", help, &[("group", group), ("rating", &rating)])
        };
        let disposed = |key: &String| {
            ["agent", "specialist"].map(|by| {
                let labels = [("group", group), ("result", key.as_str()), ("by", by)];
                let help = "Talks that are over, by disposition and who resolved it; one said again moves.";
                to.gauge("sujie_calls_disposed", help, &labels)
            })
        };
        Self {
            results: ["timeout", "invalid", "hung_up", "not_offered"].map(result),
            ratings: (1..=RATINGS).map(rating).collect(),
            disposed: plan.dispositions.iter().map(disposed).collect(),
            undisposed: to.gauge(
                "sujie_calls_undisposed",
                "Talks that are over and had no disposition from an agent; those in wrap-up are among them.",
                &[("group", group)],
            ),
        }
    }

    pub(super) fn set(&self, line: &Line) {
        let (surveys, disposals) = (&line.counters.surveys, &line.counters.disposals);
        let results = [surveys.timeout, surveys.invalid, surveys.hung_up, surveys.not_offered];
        for (handle, count) in self.results.iter().zip(results) {
            handle.absolute(count);
        }
        for (handle, count) in self.ratings.iter().zip(surveys.rated) {
            handle.absolute(count);
        }
        for (handles, counts) in self.disposed.iter().zip(disposals.results) {
            for (handle, count) in handles.iter().zip(counts) {
                handle.set(f64::from(count));
            }
        }
        self.undisposed.set(disposals.none as f64);
    }
}
