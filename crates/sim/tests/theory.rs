//! The simulator against Erlang's formulas: a line that they describe exactly must give their figures.

mod town;

use report::erlang::{self, Traffic};
use report::service_level::Formula;
use sim::Run;
use std::time::Duration;

/// Erlang-A (Palm): calls an hour, agents; handling 164.29 s, patience 90 s.
const LINES: [(u32, u32); 3] = [(150, 10), (660, 34), (20, 2)];
const HANDLING: Duration = Duration::from_millis(164_290);
const PATIENCE: Duration = Duration::from_secs(90);
const T: Duration = Duration::from_secs(30);

/// What a run says, and by how much it may differ: a line remembers its busy hours, so 120,000 calls are worth far
/// fewer. Abandonment and wait within 7 % of their value and service levels within 0.5 points; with a million calls
/// (`SUJIE_NIGHTLY=1`) within 3 % and 0.2 points, and more lines.
#[test]
fn a_line_of_poisson_callers_gives_the_figures_of_erlang_a() {
    let nightly = std::env::var_os("SUJIE_NIGHTLY").is_some();
    let (lines, total, part, points) =
        if nightly { (&LINES[..], 1_000_000, 0.03, 0.2) } else { (&LINES[..1], 120_000, 0.07, 0.5) };
    for (calls, agents) in lines.iter().copied() {
        let days = (total / (calls * 24)).max(1);
        let plan = town::steady(calls * 24, days, HANDLING, PATIENCE, agents as usize);
        let outcome = Run::new(&plan, 7).finish(|_| ());
        outcome.report.check().expect("the counters keep their identity");
        let total = outcome.report.total();
        let served = total.counters.served(2);
        let percent = |formula: Formula| formula.of(&served).share().expect("somebody called") * 100.0;
        let wait = total.sums.waited.as_secs_f64() / total.counters.answered as f64;
        let lost = total.counters.abandoned() as f64 / total.counters.offered as f64;
        let (sl1, sl2) = (percent(Formula::Sl1), percent(Formula::Sl2));

        let traffic = Traffic::per_hour(f64::from(calls), HANDLING).expect("a load");
        let theory = erlang::a(traffic, PATIENCE, agents);
        let within = theory.within(T);
        let told = format!(
            "{calls} calls/h, {agents} agents: abandoned {lost:.4} for {:.4}, SL1 {sl1:.2} for {:.2}, SL2 {sl2:.2} for {:.2}, wait {wait:.2} for {:.2}",
            theory.abandoned,
            100.0 * within.sl1(),
            100.0 * within.sl2(),
            theory.wait_answered.as_secs_f64(),
        );
        println!("{told}");
        assert!((lost / theory.abandoned - 1.0).abs() < part, "{told}");
        assert!((sl1 - 100.0 * within.sl1()).abs() < points, "{told}");
        assert!((sl2 - 100.0 * within.sl2()).abs() < points, "{told}");
        assert!((wait / theory.wait_answered.as_secs_f64() - 1.0).abs() < part, "{told}");
    }
}
