//! A day of the program itself, recorded, and run again with most of its agents sent home.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use store::journal::Journal;
use sujie_tests::sujie::program;

/// Standard output of `sujie`, which must succeed.
fn sujie(arguments: &[&str]) -> String {
    let said = Command::new(program()).args(arguments).output().expect("the program runs");
    assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("UTF-8")
}

/// A figure of the comparison: under the configuration that the day had, under the changed one.
fn figure(document: &Value, side: &str, name: &str) -> (f64, f64) {
    let sides = document["sides"].as_array().expect("sides");
    let found = sides.iter().find(|found| found["key"] == side).expect(side);
    let figure = &found["figures"][name];
    (figure["base"].as_f64().expect(name), figure["changed"].as_f64().expect(name))
}

#[test]
fn a_recorded_day_with_fewer_agents_is_answered_later_by_the_same_callers() {
    let folder = std::env::temp_dir().join(format!("sujie-whatif-{}", std::process::id()));
    let (journal, changed) = (folder.join("journal"), folder.join("changed.toml"));
    fs::create_dir_all(&folder).expect("made");
    let path = |path: &Path| path.display().to_string();
    let summary = sujie(&[
        "demo",
        "--seconds",
        "100",
        "--speed",
        "20",
        "--agents",
        "40",
        "--calls-per-second",
        "1",
        "--port",
        "0",
        "--http-port",
        "0",
        "--json",
        "--journal",
        &path(&journal),
    ]);
    let summary: Value = serde_json::from_str(&summary).expect("a summary");

    let header = Journal::open(std::slice::from_ref(&journal), None).expect("a journal").header().clone();
    let stays = |line: &&str| !matches!(line.split(' ').next().map(str::parse::<u32>), Some(Ok(8009..=8040)));
    let config: Vec<&str> = header.config.lines().filter(stays).collect();
    assert!(config.len() + 32 <= header.config.lines().count(), "agents have a line each");
    fs::write(&changed, config.join("\n")).expect("written");

    let told = sujie(&["whatif", "--replay", &path(&journal), "--config", &path(&changed), "--json"]);
    let told: Value = serde_json::from_str(&told).expect("a comparison");
    let (came, comes) = figure(&told, "total", "offered");
    assert!(came > 50.0 && (came - comes).abs() < 0.5, "the same callers on both sides: {came}, {comes}");
    assert_eq!(Some(came as u64), summary["total"]["offered"].as_u64(), "and as many as there were");
    let (was, would) = figure(&told, "total", "sl2");
    assert!(would < was - 0.2, "eight agents for forty: {was} answered in time, {would}");
    let (was, would) = figure(&told, "total", "wait_s");
    assert!(would > was, "{was} s, {would} s");
    fs::remove_dir_all(&folder).expect("removed");
}
