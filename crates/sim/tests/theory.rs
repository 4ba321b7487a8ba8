//! The simulator against Erlang's formulas: a line that they describe exactly must give their figures.

mod town;

use report::service_level::Formula;
use sim::Run;
use std::time::Duration;

/// Erlang-A (Palm): calls an hour, handling, patience, agents; then what the formula says in per cent and seconds.
const VECTORS: [(u32, u64, u64, usize, f64, f64, f64, f64); 2] =
    [(150, 164_290, 90, 10, 3.40, 93.71, 97.01, 2.46), (660, 164_290, 90, 34, 3.36, 94.83, 98.12, 2.73)];

/// Tolerance: abandonment and wait within 6 % of their value (a line remembers its busy hours, so the sample of a few
/// hundred thousand calls is worth far fewer), service levels within 0.4 points.
#[test]
fn a_line_of_poisson_callers_gives_the_figures_of_erlang_a() {
    for (calls, talk, patience, agents, lost, sl1, sl2, wait) in VECTORS {
        let days = 120_000 / (calls * 24);
        let plan = town::steady(
            calls * 24,
            days,
            Duration::from_millis(talk),
            Duration::from_secs(patience),
            agents,
        );
        let outcome = Run::new(&plan, 7).finish(|_| ());
        outcome.report.check().expect("the counters keep their identity");
        let total = outcome.report.total();
        let served = total.counters.served(2);
        let percent = |formula: Formula| formula.of(&served).share().expect("somebody called") * 100.0;
        let waited = total.sums.waited.as_secs_f64() / total.counters.answered as f64;
        let gone = total.counters.abandoned() as f64 / total.counters.offered as f64 * 100.0;
        let told = format!(
            "{calls}/h: abandoned {gone:.2} for {lost}, SL1 {:.2} for {sl1}, SL2 {:.2} for {sl2}, wait {waited:.2} for {wait}",
            percent(Formula::Sl1),
            percent(Formula::Sl2)
        );
        println!("{told}");
        assert!((gone / lost - 1.0).abs() < 0.06, "{told}");
        assert!((percent(Formula::Sl1) - sl1).abs() < 0.4, "{told}");
        assert!((percent(Formula::Sl2) - sl2).abs() < 0.4, "{told}");
        assert!((waited / wait - 1.0).abs() < 0.06, "{told}");
    }
}
