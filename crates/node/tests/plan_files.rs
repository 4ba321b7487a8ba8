//! Plan files and call logs: the ones that we ship are right, and what is wrong is told with its place.

use node::config::SimPlan;
use node::simulate::{Figures, log};
use sim::Run;
use sim::past::Fate;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn plan(path: &str) -> SimPlan {
    SimPlan::load(&at(path)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn every_mistake_of_a_plan_has_its_line_and_its_remedy() {
    let text = std::fs::read_to_string(at("tests/plans/bad.toml")).expect("the bad plan");
    let told = SimPlan::parse(&text, "bad.toml").expect_err("nothing is right in it").to_string();
    let golden = at("tests/plans/bad.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &told).expect("the golden file can be written");
    }
    assert_eq!(told, std::fs::read_to_string(golden).unwrap_or_default(), "UPDATE=1 writes it anew");
}

#[test]
fn the_year_has_the_centre_that_was_published() {
    let read = plan("../../deploy/plans/year-2024.toml");
    assert!(read.warnings.is_empty(), "{}", read.warnings);
    let plan = &read.plan;
    assert_eq!(plan.acd.agents.len(), 193);
    assert_eq!(plan.days(), 366);
    let keys: Vec<&str> = plan.acd.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(keys, ["general", "enterprise", "talent", "liaison110", "assistance", "zones"]);
    let shares: Vec<f64> = plan.sites.iter().map(|site| site.share).collect();
    assert_eq!(shares, [0.4, 0.2, 0.2, 0.2]);
    assert_eq!(plan.calendar.workdays_in(2024), 251);
}

#[test]
fn a_call_log_becomes_a_day_that_can_be_run_again() {
    let mut read = plan("../../deploy/plans/call-log.toml");
    let columns = read.log.clone().expect("the plan names a log");
    let calls = std::fs::read(at("tests/plans/calls.csv")).expect("the log");
    let day = log::import(&mut read, &columns, calls.as_slice()).expect("the log is right");
    assert_eq!(day.callers.len(), 7);
    assert_eq!(
        (read.plan.from.to_string(), read.plan.to.to_string()),
        ("2024-07-01".into(), "2024-07-02".into())
    );
    assert_eq!(day.callers[0].at.to_string(), "09:00:00.000");
    let gave_up: Vec<_> =
        day.callers.iter().filter(|came| matches!(came.fate, Fate::GaveUp { .. })).collect();
    assert_eq!(gave_up.len(), 2);
    assert_eq!(gave_up[0].fate, Fate::GaveUp { waited: Duration::from_secs(41) });
    // One gave up at a time written in seconds since 1970: 09:01:40 in China.
    assert_eq!(gave_up[1].at.to_string(), "09:01:40.000");
    let outcome = Run::again(&read.plan, &day, 1).finish(|_| ());
    let figures = Figures::of(&read, &outcome);
    assert_eq!(figures.total.counters.offered, 7);
    assert_eq!(figures.groups[1].counters.offered, 2, "enterprise, by the name it has in the log");
}

#[test]
fn a_bad_line_of_a_call_log_is_told_with_its_place() {
    let read = plan("../../deploy/plans/call-log.toml");
    let columns = read.log.clone().expect("the plan names a log");
    let head = "进线时间,技能组,等待秒,通话秒\n2024-07-01 09:00:00,民生,6,120\n";
    for (line, says) in [
        (
            "2024-07-01 25:00:00,民生,6,120",
            "calls.csv:3: 进线时间 is \"2024-07-01 25:00:00\", which is no time",
        ),
        ("2024-07-01 09:00:00,民心,6,120", "calls.csv:3: 技能组 is \"民心\", which is no group of the plan"),
        ("2024-07-01 09:00:00,民生,six,120", "calls.csv:3: 等待秒 is \"six\", which is no number of seconds"),
        ("2024-07-01 09:00:00,民生,6,-1", "calls.csv:3: 通话秒 is \"-1\", which is no number of seconds"),
    ] {
        let text = format!("{head}{line}\n");
        let told = log::import(&mut read.clone(), &columns, text.as_bytes()).expect_err(line).to_string();
        assert!(told.contains(says), "{line}: {told}");
    }
    let told =
        log::import(&mut read.clone(), &columns, "time,group\n".as_bytes()).expect_err("columns").to_string();
    assert!(told.contains("there is no column 进线时间; the columns are time, group"), "{told}");
    let none = log::import(&mut read.clone(), &columns, "进线时间,技能组,等待秒,通话秒\n".as_bytes());
    assert!(none.expect_err("empty").to_string().contains("has no calls"));
}

/// What is published of 2024, each within 1 % of its value.
const PUBLISHED: [(&str, f64); 8] = [
    ("offered", 2_160_831.0),
    ("answered", 2_085_192.0),
    ("connected %", 96.50),
    ("SL1 %", 93.73),
    ("SL2 %", 97.13),
    ("wait s", 9.41),
    ("talk s", 134.29),
    ("over 10 min %", 2.23),
];

fn measured(read: &SimPlan, outcome: &sim::Outcome) -> [f64; 8] {
    let total = Figures::of(read, outcome).total;
    let percent = |ratio: report::Ratio| 100.0 * ratio.share().unwrap_or_default();
    [
        total.counters.offered as f64,
        total.counters.answered as f64,
        percent(total.connected()),
        percent(total.levels[0]),
        percent(total.levels[1]),
        total.wait,
        total.talk,
        percent(total.long),
    ]
}

/// Three seeds of the whole year: a minute in release, several in debug, so only when `SUJIE_NIGHTLY` is set.
#[test]
fn the_year_2024_comes_out_as_published_for_three_seeds() {
    if std::env::var_os("SUJIE_NIGHTLY").is_none() {
        return;
    }
    let read = plan("../../deploy/plans/year-2024.toml");
    for seed in 1..=3 {
        let outcome = Run::new(&read.plan, seed).finish(|_| ());
        outcome.report.check().expect("the counters keep their identity");
        for ((name, published), value) in PUBLISHED.iter().zip(measured(&read, &outcome)) {
            println!("seed {seed}: {name} {value:.3} for {published}");
            assert!((value / published - 1.0).abs() < 0.01, "seed {seed}: {name} {value:.3} for {published}");
        }
    }
}

/// A fortnight of it, in every run: near the year's figures, and the same again.
#[test]
fn a_fortnight_of_the_year_is_near_its_figures() {
    let read = plan("../../deploy/plans/year-2024.toml");
    let run = || Run::of_days(&read.plan, 2024, 70, 14).finish(|_| ());
    let (outcome, again) = (run(), run());
    assert_eq!(outcome.digest, again.digest);
    outcome.report.check().expect("the counters keep their identity");
    let measured = measured(&read, &outcome);
    for ((name, published), value) in PUBLISHED.iter().zip(measured).skip(2) {
        let tolerance = if *name == "wait s" { 0.15 } else { 0.05 };
        assert!((value / published - 1.0).abs() < tolerance, "{name} {value:.3} for {published}");
    }
}
