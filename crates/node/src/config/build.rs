//! From what is written to what is meant: references resolved, plans built, everything checked that takes more than
//! one key to see.
//!
//! ```text
//!   raw::File ─▶ build ─┬─ build/groups   groups, overflow, where callers go who are turned away
//!                       ├─ build/agents   agents, skills, phones
//!                       ├─ build/ways     entries, service codes
//!                       ├─ build/flows    flows, step by step
//!                       ├─ build/rosters  specialists, other platforms
//!                       ├─ build/studios  radio studios
//!                       ├─ build/prompts  clips in all languages, pieces of numbers
//!                       ├─ build/wire     SIP, trunks, audio
//!                       └─ here           the process, counting
//! ```
//!
//! Nothing stops at a mistake: place 0 stands in for what could not be found, and the plans are thrown away when
//! anything was noted.

mod agents;
mod callback;
mod dispositions;
mod flows;
mod groups;
mod prompts;
mod rosters;
mod studios;
mod timeline;
mod times;
mod ways;
mod wire;

use super::mistake::Findings;
use super::names::Names;
use super::{Config, JournalPlan, Mistakes, NodePlan, RecordingPlan, Source, raw};
use acd::GroupRef;
use base::Private;
use call::plan::ListRef;
use call::roster::Roster;
use report::Ratings;
use report::plan::{RosterNames, THRESHOLDS_MAX};
use report::surveys::RATINGS;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;

/// A shorter token could be tried out.
const TOKEN_MIN: usize = 16;
/// Lists of numbers of one centre.
const LISTS_MAX: usize = 64;

/// Everything that others refer to by key.
struct Keys<'r> {
    clips: Names<'r>,
    sites: Names<'r>,
    abilities: Names<'r>,
    hours: Names<'r>,
    groups: Names<'r>,
    trunks: Names<'r>,
    flows: Names<'r>,
    lists: Names<'r>,
    languages: Names<'r>,
}

/// Builds all plans. `beside` is the folder of the file, in which prompts are looked for.
pub(super) fn build(raw: &raw::File, beside: &Path, findings: &Findings) -> Config {
    let keys = Keys {
        clips: Names::of("clip", raw.clips.iter().map(|clip| &clip.key), findings),
        sites: Names::of("site", raw.sites.iter(), findings),
        abilities: Names::of("ability", raw.abilities.iter(), findings),
        hours: Names::of("hours", raw.hours.iter().map(|hours| &hours.key), findings),
        groups: Names::of("group", raw.groups.iter().map(|group| &group.key), findings),
        trunks: Names::of("trunk", raw.trunks.iter().map(|trunk| &trunk.key), findings),
        flows: Names::of("flow", raw.flows.iter().map(|flow| &flow.key), findings),
        lists: Names::of("list", raw.lists.iter().map(|list| &list.key), findings),
        languages: Names::of("language", raw.prompts.languages.iter(), findings),
    };
    let (group_plans, group_flows) = groups::build(raw, &keys, findings);
    let (agent_plans, phones, accounts) = agents::build(raw, &keys, findings);
    let flows = flows::flows(raw, &keys, findings);
    let (clips, languages) = prompts::build(raw, beside, findings);
    let entries = ways::entries(raw, &keys, findings);
    let call = call::Plan {
        acd: acd::Plan {
            groups: group_plans,
            agents: agent_plans,
            hours: times::hours(raw, findings),
            night: times::night(raw, &keys),
            clock: times::clock(raw, findings),
            order: times::order(raw),
            breaks_max: raw.breaks_max.as_ref().map(|max| *max.get_ref()),
        },
        groups: group_flows,
        phones,
        flows,
        entries,
        languages,
        lists: raw.lists.iter().map(list).collect(),
        dispositions: dispositions::dispositions(raw, findings),
        audio: wire::audio(raw, findings),
        codes: ways::codes(raw, &keys, findings),
        anonymous: raw.calls.anonymous.get_ref().clone(),
        calls_max: *raw.calls.max.get_ref(),
        setup_max: *raw.calls.setup_max.get_ref(),
        call_max: *raw.calls.length_max.get_ref(),
        outside: callback::outside(raw, &keys, findings),
        rosters: rosters::rosters(raw, &keys, findings),
        consult_ring: *raw.calls.consult_ring.get_ref(),
        register_signs_in: *raw.calls.register_signs_in.get_ref(),
        studios: studios::build(raw, &keys, findings),
    };
    let mut config = Config {
        node: node(raw, findings),
        sip: wire::sip(raw, accounts, findings),
        report: counting(raw, &call, findings),
        call,
        recording: recording(raw, findings),
        clips,
        prompts: beside.join(raw.prompts.directory.get_ref()),
        lists: lists(raw, beside, findings),
        dispositions: dispositions::titles(raw),
        repeats: raw.lists.iter().enumerate().filter_map(repeat).collect(),
        source: Source::default(),
        warnings: Mistakes::of_file("", "", ""),
    };
    if let Some(outside) = &mut config.call.outside
        && let Some(trunk) = config.sip.trunks.get(outside.outbound.trunk.index())
    {
        outside.numbers.clone_from(&trunk.numbers);
    }
    times::check_head_starts(raw, findings);
    if let Some(beyond) = raw.abilities.get(agents::ABILITIES_MAX) {
        let what = format!("there are {} abilities", raw.abilities.len());
        findings.wrong(beyond.span(), what, format!("write at most {}", agents::ABILITIES_MAX));
    }
    unused(raw, &keys, findings);
    config
}

fn node(raw: &raw::File, findings: &Findings) -> NodePlan {
    let node = &raw.node;
    if node.database.get_ref().is_empty() {
        findings.wrong(node.database.span(), "database is empty", "write a file name, such as \"sujie.db\"");
    }
    check_http(node, findings);
    let directory = Path::new(node.directory.get_ref()).to_path_buf();
    NodePlan {
        http: *node.http.get_ref(),
        http_token: node.http_token.as_ref().map(|token| Private::new(token.get_ref().clone())),
        database: directory.join(node.database.get_ref()),
        record_flush: *node.record_flush.get_ref(),
        journal: journal(raw, &directory, findings),
        directory,
        media_threads: *node.media_threads.get_ref(),
        drain_grace: *node.drain_grace.get_ref(),
        log: raw.log,
    }
}

fn journal(raw: &raw::File, directory: &Path, findings: &Findings) -> Option<JournalPlan> {
    let raw::Journal { numbers, file_mb_max, total_mb_max, keep, utc_offset } = &raw.journal;
    if total_mb_max.get_ref() < file_mb_max.get_ref() {
        let what = format!("total_mb_max is less than file_mb_max, {}", file_mb_max.get_ref());
        findings.wrong(total_mb_max.span(), what, "make room for some files");
    }
    let folder = raw.node.journal.as_ref().filter(|folder| !folder.get_ref().is_empty())?;
    Some(JournalPlan {
        directory: directory.join(folder.get_ref()),
        pseudonyms: *numbers.get_ref() == raw::JournalNumbers::Pseudonyms,
        limits: store::journal::Limits {
            file_max: u64::from(*file_mb_max.get_ref()) << 20,
            total_max: u64::from(*total_mb_max.get_ref()) << 20,
            keep: *keep.get_ref(),
            east_s: utc_offset.get_ref().0,
        },
    })
}

fn recording(raw: &raw::File, findings: &Findings) -> RecordingPlan {
    let raw::Recording { folder, keep, format } = &raw.recording;
    if folder.get_ref().is_empty() {
        findings.wrong(folder.span(), "folder is empty", "write one for recordings, such as \"recordings\"");
    }
    for group in raw.groups.iter().filter(|group| !*group.record.get_ref()) {
        if let Some(keep) = &group.keep {
            let what = format!("group {} keeps recordings and makes none", group.key.get_ref());
            findings.odd(keep.span(), what, "add record = true, or remove keep");
        }
        if let Some(format) = &group.format {
            let what = format!("group {} has a format of recordings and makes none", group.key.get_ref());
            findings.odd(format.span(), what, "add record = true, or remove format");
        }
    }
    let any = raw.records();
    let until = |keep: Duration| Some(keep).filter(|keep| !keep.is_zero());
    let of_group =
        |group: &raw::Group| until(group.keep.as_ref().map_or(*keep.get_ref(), |own| *own.get_ref()));
    RecordingPlan {
        folder: Path::new(raw.node.directory.get_ref()).join(folder.get_ref()),
        keep: until(*keep.get_ref()),
        groups: raw.groups.iter().map(of_group).collect(),
        formats: raw.groups.iter().map(|group| *group.format.as_ref().unwrap_or(format).get_ref()).collect(),
        any,
    }
}

/// Whoever reaches HTTP may change the centre: from this machine, or with the token.
fn check_http(node: &raw::Node, findings: &Findings) {
    match &node.http_token {
        None if !node.http.get_ref().ip().is_loopback() => findings.wrong(
            node.http.span(),
            format!("HTTP listens on {} and anybody could change the centre", node.http.get_ref()),
            "listen on 127.0.0.1, or add http_token = \"…\", which changes must carry",
        ),
        Some(token) if token.get_ref().len() < TOKEN_MIN => findings.wrong(
            token.span(),
            "http_token is easy to guess",
            format!("use {TOKEN_MIN} characters or more, such as `openssl rand -hex 24` prints"),
        ),
        Some(token) if !token.get_ref().bytes().all(|byte| byte.is_ascii_graphic()) => findings.wrong(
            token.span(),
            "http_token has characters in it that no header can carry",
            "use ASCII letters, digits and signs",
        ),
        _ => {}
    }
}

fn counting(raw: &raw::File, call: &call::Plan, findings: &Findings) -> report::Plan {
    let written = &raw.report.thresholds;
    for (at, threshold) in written.iter().enumerate() {
        if *threshold.get_ref() == Duration::ZERO {
            findings.wrong(threshold.span(), "a threshold is 0s", "write one such as \"30s\"");
        }
        if written[..at].iter().any(|earlier| earlier.get_ref() == threshold.get_ref()) {
            findings.wrong(threshold.span(), "a threshold is written twice", "write each once");
        }
    }
    if let Some(beyond) = written.get(THRESHOLDS_MAX) {
        let what = format!("there are {} thresholds", written.len());
        findings.wrong(beyond.span(), what, format!("write at most {THRESHOLDS_MAX}"));
    }
    let (satisfied, low) = ratings(raw, findings);
    let sites: Vec<String> = raw.sites.iter().map(|site| site.get_ref().clone()).collect();
    report::Plan {
        groups: call.acd.groups.iter().map(|group| group.name.clone()).collect(),
        titles: call.groups.iter().map(|group| group.title.clone()).collect(),
        agents: call.acd.agents.iter().map(|agent| agent.name.clone()).collect(),
        agent_sites: call.acd.agents.iter().map(|agent| agent.site.index()).collect(),
        agent_groups: call.acd.agents.iter().map(groups_of).collect(),
        sites,
        trunks: raw.trunks.iter().map(|trunk| trunk.key.get_ref().clone()).collect(),
        flows: call.flows.iter().map(|flow| flow.name.clone()).collect(),
        rosters: call.rosters.iter().map(roster_names).collect(),
        steps: call.flows.iter().map(step_names).collect(),
        languages: call.languages.iter().map(|language| language.name.clone()).collect(),
        dispositions: call.dispositions.iter().map(|disposition| disposition.name.clone()).collect(),
        online: raw.dispositions.iter().map(|disposition| *disposition.online.get_ref()).collect(),
        satisfied,
        low,
        studios: call.studios.iter().map(|studio| studio.name.clone()).collect(),
        studio_titles: call.studios.iter().map(|studio| studio.title.clone()).collect(),
        thresholds: written.iter().map(|threshold| *threshold.get_ref()).collect(),
        short_abandon: *raw.report.short_abandon.get_ref(),
        long_talk: *raw.report.long_talk.get_ref(),
        target: *raw.report.target.get_ref(),
        ..report::Plan::default()
    }
}

fn roster_names(roster: &Roster) -> RosterNames {
    RosterNames {
        key: roster.name.clone(),
        title: roster.title.clone(),
        people: roster.people.iter().map(|person| person.name.clone()).collect(),
        liaison: roster.liaison.is_some(),
        reasons: roster.liaison.iter().flatten().map(|reason| reason.key.clone()).collect(),
    }
}

fn step_names(flow: &call::flow::Flow) -> Vec<String> {
    flow.steps.iter().map(|step| step.name.clone()).collect()
}

/// Which keys of a survey count as satisfied, and which as low.
fn ratings(raw: &raw::File, findings: &Findings) -> (Ratings, Ratings) {
    let raw::Report { satisfied, low, .. } = &raw.report;
    for key in satisfied.iter().chain(low) {
        if !(1..=RATINGS as u8).contains(key.get_ref()) {
            let what = format!("{} is no rating", key.get_ref());
            findings.wrong(key.span(), what, format!("write keys from 1 to {RATINGS}"));
        }
    }
    for key in low {
        if satisfied.iter().any(|other| other.get_ref() == key.get_ref()) {
            let what = format!("rating {} is satisfied and low", key.get_ref());
            findings.wrong(key.span(), what, "write it in one of them");
        }
    }
    let of = |keys: &[Spanned<u8>]| Ratings::of(keys.iter().map(|key| *key.get_ref()));
    (of(satisfied), of(low))
}

fn repeat((at, list): (usize, &raw::List)) -> Option<(ListRef, Duration)> {
    Some((ListRef::at(at), *list.called_within.as_ref()?.get_ref()))
}

fn list(list: &raw::List) -> call::plan::List {
    call::plan::List { name: list.key.get_ref().clone(), title: list.title.get_ref().clone() }
}

/// Lists that flows look into; a number's lists are the bits of a word.
fn lists(raw: &raw::File, beside: &Path, findings: &Findings) -> Vec<Option<PathBuf>> {
    if let Some(beyond) = raw.lists.get(LISTS_MAX) {
        let what = format!("there are {} lists", raw.lists.len());
        findings.wrong(beyond.key.span(), what, format!("write at most {LISTS_MAX}"));
    }
    raw.lists.iter().map(|list| list.file.as_ref().map(|file| beside.join(file.get_ref()))).collect()
}

fn groups_of(agent: &acd::AgentPlan) -> Vec<GroupRef> {
    agent.skills.iter().map(|(group, _)| *group).collect()
}

/// What nothing refers to is more often a slip than a plan.
fn unused(raw: &raw::File, keys: &Keys<'_>, findings: &Findings) {
    for (key, place) in keys.clips.unused() {
        findings.odd(place, format!("clip {key} is never heard"), "name it in a group or flow, or remove it");
    }
    for (key, place) in keys.lists.unused() {
        let shown =
            raw.lists.iter().any(|list| list.key.get_ref() == key && !list.title.get_ref().is_empty());
        if !shown {
            let remedy = "name it in a step, give it a title that agents see, or remove it";
            findings.odd(place, format!("no flow looks into list {key}"), remedy);
        }
    }
    for (key, place) in keys.flows.unused() {
        findings.odd(place, format!("no call takes flow {key}"), "name it in [[entries]], or remove it");
    }
    for (key, place) in keys.groups.unused() {
        findings.odd(
            place,
            format!("no caller reaches group {key}"),
            "name it in a flow, an overflow or an agent's skills, or remove it",
        );
    }
    for (key, place) in keys.abilities.unused() {
        findings.odd(place, format!("nobody has ability {key}"), "name it at an agent, or remove it");
    }
    for (key, place) in keys.hours.unused() {
        findings.odd(
            place,
            format!("nothing keeps hours {key}"),
            "name them in a group or as night in [calendar], or remove them",
        );
    }
    for (key, place) in keys.sites.unused() {
        findings.odd(place, format!("nobody sits in site {key}"), "name it at an agent, or remove it");
    }
}

/// The reference of what was found, place 0 for what was not: the plan is not used then.
fn or_first(found: Option<usize>) -> usize {
    found.unwrap_or(0)
}
