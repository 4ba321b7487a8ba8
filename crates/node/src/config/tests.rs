//! Files as people write them: the sample, small right ones, and wrong ones with everything that is wrong in them.

use super::*;
use acd::{GroupRef, SkillLevel};
use call::plan::Target;
use std::time::Duration;

/// The least that is a centre.
const LEAST: &str = r#"
[groups.general]
[agents]
8001 = { password = "a long password", skills = { general = 5 } }
[trunks.telecom]
networks = ["192.0.2.0/24"]
host = "192.0.2.1"
[flows.hotline]
group = "general"
[[entries]]
called = "12345"
flow = "hotline"
"#;

/// The mistakes of the least centre with a change, one `line:column: what; remedy` each.
fn mistakes(change: impl Fn(&str) -> String) -> String {
    let text = change(LEAST);
    match Config::parse(&text, "centre.toml") {
        Ok(config) => panic!("nothing was found but {}", config.warnings),
        Err(found) => heads(&found),
    }
}

/// The lines of a report that begin with a place.
fn heads(found: &Mistakes) -> String {
    let shown = found.to_string();
    let lines: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("centre.toml:")).collect();
    lines.join("\n")
}

fn with(more: &str) -> impl Fn(&str) -> String {
    move |least| format!("{least}\n{more}")
}

fn instead(from: &str, to: &str) -> impl Fn(&str) -> String {
    move |least| {
        assert!(least.contains(from), "{from} is not in the least centre");
        least.replace(from, to)
    }
}

#[test]
fn the_sample_is_a_whole_12345_centre_without_a_single_remark() {
    let config = Config::parse(EXAMPLE, "centre.toml").expect("the sample is right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let groups: Vec<&str> = config.call.acd.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(
        groups,
        ["general", "enterprise", "talent", "liaison110", "assistance", "medical", "social", "housing"]
    );
    assert_eq!(config.call.groups[0].title, "民生");
    assert_eq!(config.call.groups[1].on_full, Target::Group(GroupRef::at(0)));
    assert_eq!(
        config.call.acd.groups[2].overflow,
        [(Duration::from_secs(15), GroupRef::at(1)), (Duration::from_secs(30), GroupRef::at(0))]
    );
    assert_eq!(config.call.acd.agents.len(), 12);
    assert_eq!(config.call.acd.agents[0].skills[0], (GroupRef::at(0), SkillLevel(8)));
    assert_eq!((config.report.sites.len(), config.sip.trunks.len()), (4, 2));
    assert_eq!(config.call.phones.len(), config.sip.accounts.len());
    assert!(config.sip.listen.iter().all(|(_, address)| address.ip().is_loopback()));
}

#[test]
fn the_least_centre_gets_the_values_that_the_sample_shows() {
    let config = Config::parse(LEAST, "etc/centre.toml").expect("right");
    let sample = Config::parse(EXAMPLE, "centre.toml").expect("right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    assert_eq!(config.node, sample.node);
    assert_eq!((&config.sip.limits, &config.sip.timers), (&sample.sip.limits, &sample.sip.timers));
    assert_eq!(config.sip.listen, sample.sip.listen);
    assert_eq!(config.call.audio, sample.call.audio);
    assert_eq!(config.report.thresholds, sample.report.thresholds);
    assert_eq!(config.report.sites.len(), 0);
}
