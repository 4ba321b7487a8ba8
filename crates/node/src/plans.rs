//! Plans: the configuration in force, changed while callers wait, tried first, taken back.
//!
//! ```text
//!   file or body ─Config─▶ mistakes? ─▶ 422 with each
//!                    └─▶ what needs a restart? ─▶ 409 with each (a trial shows it)
//!                    └─▶ Preview ─▶ who is affected ─▶ ChangePlan ─▶ kept as a version
//! ```
//!
//! Groups' and agents' distribution changes live: timelines, limits, skills, hours, order. Everything that has a
//! socket, an account, a clip or a list of its own elsewhere needs a restart, and a plan with any of that is refused
//! whole: half a plan is nobody's plan. Skills that were moved by hand are the plan's again.
//!
//! Never knows: HTTP, what the distributor makes of it.

use crate::config::{Config, Severity};
use crate::deeds::{Deeds, late, plan_answer};
use crate::requests::Answered;
use call::Request;
use std::path::Path;
use web::deed::PlanAnswer;
use web::{Answer, Refusal};

/// Takes a plan from a text or from the file, and applies it unless it is a trial.
pub(crate) async fn change(
    deeds: &Deeds,
    text: Option<String>,
    dry_run: bool,
    operator: &str,
) -> Result<Answer, Refusal> {
    let mut running = deeds.plan.lock().await;
    let file = running.config.source.file.clone();
    let config = read(file, text).await?;
    apply(deeds, &mut running.config, config, None, dry_run, operator).await
}

/// Goes back to the plan before the one in force.
pub(crate) async fn roll_back(deeds: &Deeds, operator: &str) -> Result<Answer, Refusal> {
    let mut running = deeds.plan.lock().await;
    let Some(before) = deeds.keep(|register| Ok(register.plan_before()?)).await? else {
        return Err(Refusal::Cannot("there is no plan before the one in force".into(), Vec::new()));
    };
    // History keeps no passwords. What has them is the same as ever, or the plan before could not be gone back to.
    let file = running.config.source.file.clone();
    let now = read(file.clone(), Some(running.config.source.text.clone())).await?;
    let mut config = read(file, Some(before.text)).await?;
    if needs_restart(&now, &config).is_empty() {
        config.sip = running.config.sip.clone();
        config.node = running.config.node.clone();
    }
    apply(deeds, &mut running.config, config, Some(before.version), false, operator).await
}

async fn read(file: String, text: Option<String>) -> Result<Config, Refusal> {
    let read = move || match text {
        Some(text) => Config::parse(&text, &file),
        None => Config::load(Path::new(&file)),
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(config)) => Ok(config),
        Ok(Err(mistakes)) => Err(Refusal::Wrong(
            match mistakes.count() {
                1 => "the configuration has a mistake".to_owned(),
                count => format!("the configuration has {count} mistakes"),
            },
            mistakes.heads(Severity::Mistake),
        )),
        Err(error) => Err(Refusal::NotKept(error.to_string())),
    }
}

async fn apply(
    deeds: &Deeds,
    running: &mut Config,
    mut config: Config,
    origin: Option<u64>,
    dry_run: bool,
    operator: &str,
) -> Result<Answer, Refusal> {
    config.call.acd.clock.epoch = deeds.clock.epoch();
    let restart = needs_restart(running, &config);
    if !restart.is_empty() && !dry_run {
        return Err(Refusal::Cannot(
            "some of it can change at a restart only; nothing was changed".into(),
            restart,
        ));
    }
    let plan = config.call.acd.clone();
    let same_lists = plan.groups.len() == running.call.acd.groups.len()
        && plan.agents.len() == running.call.acd.agents.len();
    let preview = if same_lists {
        match deeds.requests.answer(Request::Preview(Box::new(plan.clone()))).await {
            Ok(Answered::Preview(preview)) => *preview,
            Ok(Answered::Refused(why)) => return Err(Refusal::Cannot(why.to_owned(), restart)),
            Ok(_) => return Err(Refusal::Late),
            Err(unanswered) => return Err(late(unanswered)),
        }
    } else {
        acd::change::Preview::default()
    };
    let mut answer = PlanAnswer {
        version: None,
        preview,
        restart,
        warnings: config.warnings.heads(Severity::Warning),
        groups: plan.groups.iter().map(|group| group.name.clone()).collect(),
        agents: plan.agents.iter().map(|agent| agent.name.clone()).collect(),
    };
    if dry_run {
        return Ok(plan_answer(answer));
    }
    deeds.ask(Request::ChangePlan(Box::new(plan))).await?;
    let (at, operator, text) = (deeds.unix_ms(), operator.to_owned(), config.source.text.clone());
    *running = config;
    let version = deeds.keep(move |register| Ok(register.keep_plan(at, &operator, &text, origin)?)).await?;
    answer.version = Some(version);
    Ok(plan_answer(answer))
}

/// What of a changed configuration cannot change live, each by its name in the file.
#[must_use]
pub fn needs_restart(old: &Config, new: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |differs: bool, what: &str| {
        if differs {
            found.push(format!("{what} cannot change while the centre runs"));
        }
    };
    note(old.node != new.node, "[node] or [log]");
    note(old.recording != new.recording, "[recording], or what a group keeps of its recordings");
    let sip = |config: &Config| {
        let sip = &config.sip;
        let listen = sip.listen.clone();
        (
            listen,
            sip.advertised,
            sip.realm.clone(),
            sip.digests.clone(),
            sip.limits.clone(),
            sip.timers.clone(),
        )
    };
    note(sip(old) != sip(new) || old.sip.product != new.sip.product, "[sip]");
    note(old.report.sites != new.report.sites, "[sites]");
    note(old.report.thresholds != new.report.thresholds, "[report] thresholds");
    let counted = |config: &Config| {
        let report = &config.report;
        (report.short_abandon, report.long_talk, report.target, report.satisfied, report.low)
    };
    note(counted(old) != counted(new), "[report]");
    note(old.clips != new.clips || old.call.languages != new.call.languages, "[clips] or [prompts]");
    let numbers = |config: &Config| (config.lists.clone(), config.repeats.clone(), config.call.lists.clone());
    note(numbers(old) != numbers(new), "[lists]");
    note(old.call.audio != new.call.audio, "[audio]");
    note(old.call.codes != new.call.codes, "[codes]");
    let said = |config: &Config| {
        (config.call.dispositions.clone(), config.dispositions.clone(), config.report.online.clone())
    };
    note(said(old) != said(new), "[dispositions]");
    note(old.call.entries != new.call.entries, "[[entries]]");
    let calls = |config: &Config| {
        let call = &config.call;
        let bounds = (call.calls_max, call.setup_max, call.call_max, call.register_signs_in);
        (call.anonymous.clone(), bounds, call.consult_ring)
    };
    note(calls(old) != calls(new), "[calls]");
    note(old.call.outside != new.call.outside, "[outside]");
    note(old.call.rosters != new.call.rosters, "[specialists] or [liaisons]");
    note(old.call.studios != new.call.studios, "[studios]");
    lists(
        &mut found,
        "trunks",
        old.sip.trunks.iter().map(|trunk| (&trunk.name, trunk)),
        new.sip.trunks.iter().map(|trunk| (&trunk.name, trunk)),
        "its connection",
    );
    lists(
        &mut found,
        "flows",
        old.call.flows.iter().map(|flow| (&flow.name, flow)),
        new.call.flows.iter().map(|flow| (&flow.name, flow)),
        "the way of its calls",
    );
    let groups = |config: &Config| -> Vec<_> {
        let names = config.call.acd.groups.iter().map(|group| group.name.clone());
        names.zip(config.call.groups.iter().cloned()).collect()
    };
    let (before, after) = (groups(old), groups(new));
    lists(
        &mut found,
        "groups",
        before.iter().map(|(name, flow)| (name, flow)),
        after.iter().map(|(name, flow)| (name, flow)),
        "its title, music, recording, trunk or targets (on_…)",
    );
    let agents = |config: &Config| -> Vec<_> {
        let names = config.call.acd.agents.iter().map(|agent| agent.name.clone());
        let phones = config.sip.accounts.iter().cloned().zip(config.call.phones.iter().cloned());
        names.zip(phones).collect()
    };
    let (before, after) = (agents(old), agents(new));
    lists(
        &mut found,
        "agents",
        before.iter().map(|(name, account)| (name, account)),
        after.iter().map(|(name, account)| (name, account)),
        "his phone or password, or that he supervises,",
    );
    found
}

/// Named things in a list: new, gone, moved, or different.
fn lists<'l, T: PartialEq + 'l>(
    found: &mut Vec<String>,
    kind: &str,
    old: impl Iterator<Item = (&'l String, T)>,
    new: impl Iterator<Item = (&'l String, T)>,
    what: &str,
) {
    let (old, new): (Vec<_>, Vec<_>) = (old.collect(), new.collect());
    let known: std::collections::BTreeMap<_, _> =
        old.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut kept = Vec::new();
    for (name, value) in &new {
        match known.get(name) {
            None => found.push(format!("{kind}.{name} is new: it needs a restart")),
            Some(&at) => {
                kept.push(at);
                if old[at].1 != *value {
                    found.push(format!("{kind}.{name}: {what} cannot change while the centre runs"));
                }
            }
        }
    }
    for (at, (name, _)) in old.iter().enumerate() {
        if !kept.contains(&at) {
            found.push(format!("{kind}.{name} is gone: it needs a restart"));
        }
    }
    if !kept.is_sorted() {
        found.push(format!("{kind} stand in another order: that needs a restart"));
    }
}

/// A configuration without its secrets: for people who look what was changed.
#[must_use]
pub fn blotted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = ["password", "http_token"].iter().filter_map(|key| secret(rest, key)).min() {
            let end = rest[at..].find(['"', '\'']).map_or(rest.len(), |end| at + end);
            out.push_str(&rest[..at]);
            out.push('…');
            rest = &rest[end..];
            // Past the closing quote, so that the same secret is not found again.
            let after = rest.len().min(1);
            out.push_str(&rest[..after]);
            rest = &rest[after..];
        }
        out.push_str(rest);
    }
    out
}

/// Where the value of a key begins, behind its quote.
fn secret(text: &str, key: &str) -> Option<usize> {
    let at = text.find(key)? + key.len();
    let value = text[at..].trim_start().strip_prefix('=')?.trim_start();
    let quoted = value.strip_prefix(['"', '\''])?;
    Some(text.len() - quoted.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;

    fn changed(from: &str, to: &str) -> Vec<String> {
        assert!(EXAMPLE.contains(from), "{from}");
        let old = Config::parse(EXAMPLE, "centre.toml").expect("right");
        let new = Config::parse(&EXAMPLE.replacen(from, to, 1), "centre.toml").expect("right");
        needs_restart(&old, &new)
    }

    #[test]
    fn distribution_changes_live() {
        assert_eq!(
            changed("{ after = \"20s\", sites = \"city\" }", "{ after = \"10s\", sites = \"city\" }"),
            [""; 0]
        );
        assert_eq!(changed("skills = { general = 8, enterprise = 5 }", "skills = { general = 9 }"), [""; 0]);
        assert_eq!(changed("workdays = [\"08:30-12:00\"", "workdays = [\"08:00-12:00\""), [""; 0]);
        assert_eq!(changed("head_start_max = \"10m\"", "head_start_max = \"20m\""), [""; 0]);
    }

    #[test]
    fn what_needs_a_restart_is_named() {
        assert_eq!(
            changed("change-me-8001", "changed-8001"),
            [
                "agents.8001: his phone or password, or that he supervises, cannot change while the centre runs"
            ]
        );
        assert_eq!(
            changed(", supervisor = true", ""),
            [
                "agents.8001: his phone or password, or that he supervises, cannot change while the centre runs"
            ]
        );
        assert_eq!(
            changed("title = \"民生\"", "title = \"民声\""),
            [
                "groups.general: its title, music, recording, trunk or targets (on_…) cannot change while the centre runs"
            ]
        );
        assert_eq!(
            changed("8302 = {", "8303 = {"),
            ["agents.8303 is new: it needs a restart", "agents.8302 is gone: it needs a restart"]
        );
        assert_eq!(changed("max = 1000 ", "max = 900 "), ["[calls] cannot change while the centre runs"]);
        assert_eq!(
            changed("held_max = 8 ", "held_max = 9 "),
            ["[studios] cannot change while the centre runs"]
        );
    }

    #[test]
    fn secrets_are_blotted_out() {
        let text = "[node]\nhttp_token = \"abc\"\n8001 = { password = \"one\", site = \"a\" }\nb = { password='two' }\n";
        assert_eq!(
            blotted(text),
            "[node]\nhttp_token = \"…\"\n8001 = { password = \"…\", site = \"a\" }\nb = { password='…' }\n"
        );
        assert!(!blotted(EXAMPLE).contains("change-me-8001"));
    }
}
