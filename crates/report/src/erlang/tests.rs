//! The published vectors, the chain itself as the slow twin, and what must always hold.

use super::*;
use base::Random;

fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(s)
}

fn traffic(per_hour: f64, handling_s: f64) -> Traffic {
    Traffic::per_hour(per_hour, seconds(handling_s)).expect("within bounds")
}

const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn blocking_and_waiting_have_their_published_values() {
    assert_eq!(format!("{:.10}", b(20.0, 25)), "0.0502217779");
    let c = |load: f64, n| c(Traffic::per_second(load, Duration::from_secs(1)).unwrap(), n).unwrap().waiting;
    assert_eq!(format!("{:.10}", c(20.0, 25)), "0.2091028266");
    assert_eq!(format!("{:.10}", c(8.855, 12)), "0.2443403145");
}

#[test]
fn the_staffing_table_of_a_hotline_comes_out_of_erlang_c() {
    let mut table = String::new();
    for (per_hour, aht, agents) in [
        (237.4, 134.29, 12),
        (237.4, 134.29, 13),
        (237.4, 179.29, 15),
        (237.4, 179.29, 16),
        (237.4, 179.29, 17),
        (690.0, 179.29, 39),
        (690.0, 179.29, 40),
        (690.0, 179.29, 41),
        (660.0, 164.29, 36),
    ] {
        let c = c(traffic(per_hour, aht), agents).unwrap();
        let (asa, sl30) = (c.asa.as_secs_f64(), 100.0 * c.within(Duration::from_secs(30)));
        table += &format!("{agents}: {asa:.2} s {sl30:.1}% {:.0}%\n", 100.0 * c.occupancy);
    }
    // 39 agents: 84.249990 %.
    assert_eq!(
        table,
        "12: 10.44 s 87.9% 74%\n13: 4.64 s 94.3% 68%\n\
         15: 16.54 s 82.8% 79%\n16: 7.98 s 90.8% 74%\n17: 3.94 s 95.2% 70%\n\
         39: 13.23 s 84.2% 88%\n40: 8.33 s 89.8% 86%\n41: 5.35 s 93.5% 84%\n\
         36: 6.16 s 92.5% 84%\n"
    );
}

#[test]
fn one_staffing_level_gives_both_published_thirty_second_rates() {
    let row = |per_hour, aht, patience: f64, agents, t| {
        let a = a(traffic(per_hour, aht), seconds(patience), agents);
        let within = a.within(Duration::from_secs(t));
        format!(
            "{:.2}% / {:.2}% / {:.2}% / {:.2} s / {:.0}%",
            100.0 * a.abandoned,
            100.0 * within.sl1(),
            100.0 * within.sl2(),
            a.wait_answered.as_secs_f64(),
            100.0 * a.occupancy
        )
    };
    assert_eq!(row(150.0, 164.29, 90.0, 10, 30), "3.40% / 93.71% / 97.01% / 2.46 s / 66%");
    assert_eq!(row(660.0, 164.29, 90.0, 34, 30), "3.36% / 94.83% / 98.12% / 2.73 s / 86%");
    // With ring and greeting inside the 30 s, and the clock of the national standard.
    assert!(row(147.0, 164.29, 66.0, 10, 23).starts_with("3.50% / 93.70% / 97.11%"));
    let a = a(traffic(150.0, 164.29), PATIENCE, 10).within(Duration::from_secs(15));
    assert_eq!(format!("{:.1}% {:.1}%", 100.0 * a.sl1(), 100.0 * a.sl2()), "90.9% 94.1%");
}

/// The chain, state by state: the obvious way, slow, and only for what a number can hold.
struct Chain {
    waiting: f64,
    abandoned: f64,
    occupancy: f64,
    answered_within: f64,
}

/// Everything from the stationary probabilities; the waits by uniformization: in each of many short steps the
/// caller with k before him is served, moves up, or leaves.
fn chain(traffic: Traffic, patience: f64, agents: u32, t: f64) -> Chain {
    let (lambda, mu, theta) =
        (traffic.calls_per_second(), traffic.handling().as_secs_f64().recip(), patience.recip());
    let n = agents as usize;
    let death = |k: usize| k.min(n) as f64 * mu + k.saturating_sub(n) as f64 * theta;
    // Logarithms, so that no load overflows; far beyond the last state that matters.
    let mut logs = vec![0.0_f64];
    let mut best = 0.0_f64;
    for k in 1.. {
        let next = logs[k - 1] + lambda.ln() - death(k).ln();
        logs.push(next);
        best = best.max(next);
        if k > n && next < best - 60.0 {
            break;
        }
    }
    let mut p: Vec<f64> = logs.iter().map(|log| (log - best).exp()).collect();
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
    let line: f64 = p.iter().enumerate().map(|(k, p)| k.saturating_sub(n) as f64 * p).sum();
    let busy: f64 = p.iter().enumerate().map(|(k, p)| k.min(n) as f64 * p).sum();
    // served[j]: the caller with j others before him in the line. Backwards over Poisson steps.
    let deepest = p.len() - n;
    let total = n as f64 * mu + deepest as f64 * theta;
    let steps_mean = total * t;
    let steps = (steps_mean + 12.0 * steps_mean.sqrt() + 40.0) as usize;
    let mut poisson = -steps_mean;
    let mut within = vec![0.0; deepest];
    let mut served = vec![0.0; deepest];
    for step in 0..=steps {
        let weight = poisson.exp();
        poisson += steps_mean.ln() - ((step + 1) as f64).ln();
        for j in 0..deepest {
            within[j] += weight * served[j];
        }
        let before = served.clone();
        for (j, served) in served.iter_mut().enumerate() {
            let up = n as f64 * mu + j as f64 * theta; // someone is served or leaves before him
            let ahead = if j == 0 { 1.0 } else { before[j - 1] };
            *served = (up * ahead + (total - up - theta) * before[j]) / total;
        }
    }
    let at_once: f64 = p[..n].iter().sum();
    let later: f64 = p[n..].iter().zip(&within).map(|(p, within)| p * within).sum();
    Chain {
        waiting: 1.0 - at_once,
        abandoned: theta * line / lambda,
        occupancy: busy / n as f64,
        answered_within: at_once + later,
    }
}

fn agrees(traffic: Traffic, patience: f64, agents: u32, t: f64) {
    let (fast, slow) = (a(traffic, seconds(patience), agents), chain(traffic, patience, agents, t));
    let within = fast.within(seconds(t));
    for (what, fast, slow) in [
        ("waiting", fast.waiting, slow.waiting),
        ("abandoned", fast.abandoned, slow.abandoned),
        ("occupancy", fast.occupancy, slow.occupancy),
        ("answered within", within.answered, slow.answered_within),
    ] {
        let load = traffic.erlangs();
        assert!(
            (fast - slow).abs() < 1e-9,
            "{what}: {fast} and {slow} at {load} E, {agents} agents, patience {patience} s, T {t} s"
        );
    }
}

#[test]
fn the_formula_agrees_with_the_chain_summed_state_by_state() {
    let mut random = Random::seeded(33);
    for _ in 0..60 {
        let agents = 1 + random.below(120) as u32;
        let load = f64::from(agents) * (0.2 + random.below(280) as f64 / 100.0);
        let handling = 20.0 + random.below(400) as f64;
        let patience = 5.0 + random.below(600) as f64;
        let t = 1.0 + random.below(90) as f64;
        agrees(Traffic::per_second(load / handling, seconds(handling)).unwrap(), patience, agents, t);
    }
}

#[test]
fn it_agrees_at_three_thousand_erlang_under_and_over_full_load() {
    for (load, agents) in [(3000.0, 3000), (3000.0, 2700), (2800.0, 3000), (3000.0, 1), (1.0, 3000)] {
        agrees(Traffic::per_second(load / 179.29, seconds(179.29)).unwrap(), 90.0, agents, 4.0);
    }
}

#[test]
fn endless_patience_is_erlang_c_and_none_is_erlang_b() {
    let traffic = traffic(690.0, 179.29);
    let (patient, c) = (a(traffic, PATIENCE_MAX, 39), c(traffic, 39).unwrap());
    let within = patient.within(Duration::from_secs(30)).sl1();
    assert!((patient.waiting - c.waiting).abs() < 1e-3);
    assert!((within - c.within(Duration::from_secs(30))).abs() < 1e-3);
    let hasty = a(traffic, Duration::ZERO, 39);
    assert!((hasty.abandoned - b(traffic.erlangs(), 39)).abs() < 1e-4);
}

#[test]
fn more_agents_serve_better_and_more_calls_worse() {
    let mut random = Random::seeded(7);
    let t = Duration::from_secs(20);
    for _ in 0..400 {
        let agents = 1 + random.below(400) as u32;
        let handling = seconds(10.0 + random.below(900) as f64);
        let load = f64::from(agents) * (random.below(250) as f64 / 100.0);
        let patience = seconds(2.0 + random.below(900) as f64);
        let few = Traffic::per_second(load / handling.as_secs_f64(), handling).unwrap();
        let (one, more) = (a(few, patience, agents), a(few, patience, agents + 1));
        let slack = 1e-12;
        assert!(more.within(t).sl1() >= one.within(t).sl1() - slack, "SL1 {few:?} {agents}");
        assert!(more.within(t).sl2() >= one.within(t).sl2() - slack, "SL2 {few:?} {agents}");
        assert!(more.abandoned <= one.abandoned + slack);
        assert!(more.wait_answered <= one.wait_answered + Duration::from_nanos(10));
        assert!(more.occupancy <= one.occupancy + slack);
        let busier = a(few.times(1.01).unwrap(), patience, agents);
        assert!(busier.within(t).sl1() <= one.within(t).sl1() + slack);
        assert!(busier.abandoned >= one.abandoned - slack);
        let within = one.within(t);
        assert!(within.sl1() <= within.sl2() && within.sl1() <= within.sl4() && within.sl4() <= 1.0 + slack);
        assert!(within.abandoned <= one.abandoned + slack);
    }
}

#[test]
fn extremes_give_numbers() {
    let spans = [0, 1, 90_000, 86_400_000].map(Duration::from_millis);
    for load in [0.0, 1e-300, 1e-9, 1.0, 50.0, 4_999.0] {
        for handling in spans {
            let traffic = match handling {
                Duration::ZERO => Traffic::per_second(load, handling),
                _ => Traffic::per_second(load / handling.as_secs_f64(), handling),
            };
            for patience in spans.into_iter().chain([Duration::MAX]) {
                for agents in [0, 1, 2, 60, 5_000, u32::MAX] {
                    let a = a(traffic.unwrap(), patience, agents);
                    for t in spans.into_iter().chain([Duration::MAX]) {
                        let within = a.within(t);
                        for share in
                            [a.waiting, a.abandoned, a.occupancy, within.sl1(), within.sl2(), within.sl4()]
                        {
                            assert!(
                                (0.0..=1.0 + 1e-9).contains(&share),
                                "{load} {handling:?} {patience:?} {agents} {t:?}: {a:?} {within:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn traffic_out_of_bounds_says_what_would_be_right() {
    let says = |per_hour, s| Traffic::per_hour(per_hour, Duration::from_secs(s)).unwrap_err().to_string();
    assert!(says(f64::NAN, 60).contains("0 or more"));
    assert!(says(-1.0, 60).contains("0 or more"));
    assert!(says(1.0, 90_000).contains("a day at most"));
    assert!(says(3_600_000.0, 179).contains("179000 erlang"));
    assert_eq!(c(traffic(690.0, 179.29), 34), None);
}
