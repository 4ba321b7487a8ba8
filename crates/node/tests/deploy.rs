//! What `deploy/` asks for is what the program has: every metric name and label of every rule and panel against a
//! rendered `/metrics`, every query against promtool, the rules against their own tests.

use acd::{AgentState, GroupRef};
use base::Timestamp;
use node::centre::RingGauge;
use node::engine_loop::{self, STEP_BOUNDS};
use node::metrics::{Metrics, Sample};
use node::rtp;
use report::{Board, Report};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use web::board::{Live, LiveGroup};

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(deploy(file)).unwrap_or_else(|error| panic!("deploy/{file}: {error}"))
}

fn plan() -> report::Plan {
    report::Plan {
        groups: vec!["general".into(), "medical".into()],
        titles: vec!["民生".into(), "医保专区".into()],
        agents: vec!["8001".into(), "8002".into()],
        agent_sites: vec![0, 0],
        agent_groups: vec![vec![GroupRef::at(0)], vec![GroupRef::at(1)]],
        sites: vec!["city".into()],
        trunks: vec!["telecom".into(), "unicom".into()],
        thresholds: [15, 20, 30].map(Duration::from_secs).into(),
        ..report::Plan::default()
    }
}

/// A board on which something of everything has happened.
fn board() -> Board {
    let mut board = Report::new(plan()).board(Timestamp::from_nanos(60_000_000_000));
    board.trunks[0].up = Some(false);
    board.phones_bound = 2;
    board.agents_by_state.add(&AgentState::Talking);
    let line = &mut board.groups[0].line;
    (line.waiting, line.longest_wait) = (3, Duration::from_millis(12_500));
    line.counters.offered = 10;
    line.counters.answered = 6;
    line.counters.abandoned_in_line = 1;
    line.counters.within[2].answered = 5;
    (line.counters.callback.kept, line.counters.callback.open, line.counters.callback.reached) = (7, 5, 2);
    (line.forecast.count, line.forecast.error) = (4, Duration::from_secs(30));
    line.wait_buckets[0] = 4;
    line.wait_buckets[12] = 2;
    line.wait.sum = Duration::from_millis(1_420_500);
    line.wait.count = 6;
    board.total = line.clone();
    board
}

fn live() -> Live {
    let surging = LiveGroup { surging: true, expected: Some(Duration::from_secs(40)), why: None };
    Live { groups: vec![surging, LiveGroup::default()], ..Live::default() }
}

fn engine() -> engine_loop::Telemetry {
    let mut sip = sip::counters::Counters::default();
    sip.requests_in[0] = 10;
    sip.responses_in.insert((0, 486), 2);
    sip.responses_out.insert((0, 200), 6);
    sip.refused.insert("overloaded", 1);
    engine_loop::Telemetry {
        sip,
        steps: [1; STEP_BOUNDS.len() + 1],
        busy: Duration::from_millis(300),
        lag: Duration::from_millis(2),
        overloaded: false,
        events_lost: 0,
    }
}

fn rendered() -> String {
    let metrics = Metrics::new(&plan()).expect("metrics");
    let media: Vec<rtp::Telemetry> = (0..2)
        .map(|worker| rtp::Telemetry {
            worker,
            counters: media::Counters { received: 50, lost: 1, ..Default::default() },
            send_failures: 0,
        })
        .collect();
    let rings = [RingGauge { name: "events".into(), read: Box::new(|| (7, 1)) }];
    let (board, engine) = (board(), engine());
    let sample = Sample {
        board: &board,
        live: &live(),
        engine: Some(&engine),
        media: &media,
        rings: &rings,
        backlog: 4,
    };
    metrics.publish(&sample);
    metrics.publish(&sample);
    metrics.render()
}

/// Runs promtool, which `tests/run` installs; without it these tests must not pass.
fn promtool(arguments: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed (Debian: apt-get install prometheus; tests/run does it)");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("promtool reads");
    let done = child.wait_with_output().expect("promtool ends");
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(done.status.success(), "promtool {arguments:?}: {said}");
}

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    promtool(&["check", "metrics"], &rendered());
}

#[test]
fn promtool_accepts_the_rules_and_their_alerts_come_when_they_should() {
    promtool(&["check", "rules", deploy("prometheus/alerts.yml").to_str().expect("UTF-8")], "");
    promtool(&["test", "rules", deploy("prometheus/alerts.test.yml").to_str().expect("UTF-8")], "");
    let folder = std::env::temp_dir().join(format!("sujie-scrape-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    for file in ["alerts.yml", "scrape.yml"] {
        std::fs::copy(deploy(&format!("prometheus/{file}")), folder.join(file)).expect("copied");
    }
    promtool(&["check", "config", folder.join("scrape.yml").to_str().expect("UTF-8")], "");
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// Metric names with the labels of their series.
fn series(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name: String = line.chars().take_while(|c| *c != '{' && *c != ' ').collect();
        let labels = all.entry(name).or_default();
        if let Some((labeled, _)) = line.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            labels.extend(labeled.split(',').filter_map(|pair| pair.split('=').next()).map(str::to_owned));
        }
    }
    all
}

/// Each `sujie_…` name in a query with the labels that are asked of it in braces.
fn asked(query: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(at) = rest.find("sujie_") {
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let labels = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((selectors, _)) => selectors
                .split(", ")
                .filter_map(|selector| selector.split(['=', '!']).next())
                .map(|label| label.trim().to_owned())
                .collect(),
            None => Vec::new(),
        };
        found.push((name, labels));
    }
    found
}

/// All queries of the dashboard: panels and variables.
fn dashboard_queries() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&read("grafana/dashboard.json")).expect("JSON");
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        for target in panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default() {
            queries.push((title.to_owned(), target["expr"].as_str().expect("a query").to_owned()));
        }
    }
    queries
}

#[test]
fn every_rule_and_panel_asks_for_metrics_and_labels_that_there_are() {
    let have = series(&rendered());
    let mut queries = dashboard_queries();
    assert!(queries.len() > 40, "the dashboard has lost its queries");
    let dashboard: Value = serde_json::from_str(&read("grafana/dashboard.json")).expect("JSON");
    for variable in dashboard["templating"]["list"].as_array().expect("variables") {
        if let Some(query) = variable["definition"].as_str() {
            queries.push(("a variable".into(), query.to_owned()));
        }
    }
    queries.push(("alerts.yml".into(), read("prometheus/alerts.yml")));
    queries.push(("alerts.test.yml".into(), read("prometheus/alerts.test.yml")));
    queries.push(("README.md".into(), read("README.md")));
    // What Prometheus itself adds to each series.
    let added = ["instance", "job", "centre"];
    let mut wrong = Vec::new();
    for (place, query) in &queries {
        for (name, labels) in asked(query) {
            // A name that ends so is written about, not asked for: `sujie_centre_…`.
            if name.ends_with('_') {
                continue;
            }
            match have.get(&name) {
                None => wrong.push(format!("{place}: there is no metric {name}")),
                Some(has) => wrong.extend(
                    labels
                        .iter()
                        .filter(|label| !has.contains(*label) && !added.contains(&label.as_str()))
                        .map(|label| format!("{place}: {name} has no label {label}")),
                ),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_query_of_the_dashboard_is_promql() {
    let mut rules = String::from("groups:\n  - name: dashboard\n    rules:\n");
    for (at, (_, query)) in dashboard_queries().iter().enumerate() {
        let query = query
            .replace("$__rate_interval", "1m")
            .replace("$instance", "127.0.0.1:8080")
            .replace("$group", ".*");
        rules += &format!("      - record: dashboard:query:{at}\n        expr: {}\n", Value::from(query));
    }
    let file = std::env::temp_dir().join(format!("sujie-dashboard-{}.yml", std::process::id()));
    std::fs::write(&file, rules).expect("written");
    promtool(&["check", "rules", file.to_str().expect("UTF-8")], "");
    std::fs::remove_file(&file).expect("removed");
}

#[test]
fn panels_have_titles_in_both_languages_and_their_own_numbers() {
    let dashboard: Value = serde_json::from_str(&read("grafana/dashboard.json")).expect("JSON");
    let mut numbers = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        let chinese = title.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let english = title.chars().any(|c| c.is_ascii_alphabetic());
        assert!(chinese && english, "{title}");
        assert!(numbers.insert(panel["id"].as_u64()), "{title} has the number of another panel");
    }
}

/// The value of one series.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    let line = line.unwrap_or_else(|| panic!("no series {series} in\n{text}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn metrics_say_what_the_board_and_the_threads_have_counted() {
    let text = rendered();
    for (series, wanted) in [
        ("sujie_calls_offered_total{group=\"general\"}", 10.0),
        ("sujie_calls_offered_total{group=\"medical\"}", 0.0),
        ("sujie_centre_calls_answered_total", 6.0),
        ("sujie_calls_abandoned_total{group=\"general\",phase=\"line\"}", 1.0),
        ("sujie_calls_answered_within_seconds_total{group=\"general\",threshold=\"30\"}", 5.0),
        ("sujie_line_callers{group=\"general\"}", 3.0),
        ("sujie_line_oldest_seconds{group=\"general\"}", 12.5),
        ("sujie_call_wait_seconds_bucket{group=\"general\",le=\"5\"}", 4.0),
        ("sujie_call_wait_seconds_bucket{group=\"general\",le=\"600\"}", 4.0),
        ("sujie_call_wait_seconds_bucket{group=\"general\",le=\"+Inf\"}", 6.0),
        ("sujie_call_wait_seconds_sum{group=\"general\"}", 1420.5),
        ("sujie_centre_agents{state=\"talking\",reason=\"none\"}", 1.0),
        ("sujie_trunk_up{trunk=\"telecom\"}", 0.0),
        ("sujie_engine_step_seconds_count", 11.0),
        ("sujie_engine_step_seconds_sum", 0.3),
        ("sujie_ring_depth{ring=\"events\"}", 7.0),
        ("sujie_ring_refused_total{ring=\"events\"}", 1.0),
        ("sujie_line_callbacks{group=\"general\"}", 5.0),
        ("sujie_callbacks_ended_total{group=\"general\",outcome=\"reached\"}", 2.0),
        ("sujie_callbacks_kept_total{group=\"general\"}", 7.0),
        ("sujie_surge{group=\"general\"}", 1.0),
        ("sujie_expected_wait_seconds{group=\"general\"}", 40.0),
        ("sujie_expected_wait_error_seconds_sum{group=\"general\"}", 30.0),
        ("sujie_expected_wait_error_seconds_count{group=\"general\"}", 4.0),
        ("sujie_work_conserving_violations_total", 0.0),
        ("sujie_records_waiting", 4.0),
        ("sujie_sip_requests_total{method=\"INVITE\",direction=\"in\"}", 10.0),
        ("sujie_sip_responses_total{method=\"INVITE\",status=\"486\",direction=\"in\"}", 2.0),
        ("sujie_rtp_packets_total{kind=\"received\"}", 100.0),
        ("sujie_rtp_lost_total{heard=\"here\"}", 2.0),
    ] {
        assert!((value(&text, series) - wanted).abs() < 1e-9, "{series}: {}", value(&text, series));
    }
    assert!(value(&text, "sujie_trunk_up{trunk=\"unicom\"}").is_nan(), "never tried");
}

#[test]
fn a_counter_never_goes_back_even_where_its_source_does() {
    let metrics = Metrics::new(&plan()).expect("metrics");
    let series = "sujie_service_level_denominator_total{group=\"general\",formula=\"sl3\",threshold=\"30\"}";
    let mut told = Vec::new();
    for whole in [10, 11, 10, 12] {
        let mut board = board();
        // SL3 divides by OFF - SHORT: a short abandon takes one back.
        board.groups[0].line.levels[2].ratios[2].whole = whole;
        metrics.publish(&Sample {
            board: &board,
            live: &live(),
            engine: None,
            media: &[],
            rings: &[],
            backlog: 0,
        });
        told.push(value(&metrics.render(), series));
    }
    assert_eq!(told, [10.0, 11.0, 11.0, 12.0]);
}

#[test]
fn labels_are_keys_of_the_configuration_and_few() {
    let text = rendered();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
    // Two groups, two trunks; a group adds about 110 series, and nothing grows with calls, callers or agents.
    assert!(lines < 600, "{lines} series");
    for agent in ["8001", "8002"] {
        assert!(!text.contains(agent), "agents are not labels");
    }
}
