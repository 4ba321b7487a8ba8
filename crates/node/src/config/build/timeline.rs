//! Timelines: which agents a group's callers may get, and after how long which further ones.
//!
//! ```text
//!   timeline = [{…}, {…}]  ──────────────────────────┐
//!   overflow = [{ after, to }]  ─own agents first──▶ Vec<Stage>, in order of time, each of which adds somebody
//! ```
//!
//! A stage that adds nobody is a slip: it comes too late, an earlier one asks the same agents already, or nobody
//! does the work so well.

use super::Keys;
use crate::config::mistake::Findings;
use crate::config::raw::{File, Group, Stage as Written};
use crate::config::value::show_span;
use acd::plan::STAGES_MAX;
use acd::{GroupRef, SiteRef, Sites, SkillLevel, Stage};
use std::time::Duration;
use toml::Spanned;

pub(super) fn build(group: &Group, raw: &File, keys: &Keys<'_>, findings: &Findings) -> Vec<Stage> {
    let Some(written) = &group.timeline else { return overflow(group, keys, findings) };
    let name = group.key.get_ref();
    if written.is_empty() {
        findings.wrong(
            group.timeline_place.clone(),
            format!("the timeline of group {name} has no stage"),
            "remove it for the group's own agents, or write stages",
        );
    }
    let mut stages: Vec<(Stage, &Written)> =
        written.iter().filter_map(|stage| Some((stage_of(stage, group, keys, findings)?, stage))).collect();
    stages.sort_by_key(|(stage, _)| stage.after);
    if let Some((first, written)) = stages.first().filter(|(first, _)| first.after > Duration::ZERO) {
        findings.wrong(
            written.after.span(),
            format!("callers of group {name} would wait for nobody for {}", show_span(first.after)),
            "the first stage has after = \"0s\", or no after at all",
        );
    }
    if let Some((_, beyond)) = stages.get(STAGES_MAX) {
        let what = format!("the timeline of group {name} has {} stages", stages.len());
        findings.wrong(beyond.place.clone(), what, format!("write at most {STAGES_MAX}"));
    }
    for (at, (stage, written)) in stages.iter().enumerate() {
        too_late(&written.after, stage.after, "this stage", group, findings);
        if let Some(before) = stages[..at].iter().position(|(earlier, _)| covers(earlier, stage)) {
            findings.wrong(
                written.place.clone(),
                format!(
                    "this stage adds nobody: stage {} of group {name} asks all of them already",
                    before + 1
                ),
                "ask further groups, lower levels or other sites, or remove it",
            );
        }
        nobody_so_good(written, stage, raw, keys, findings);
        without_effect(written, raw, findings);
    }
    stages.into_iter().map(|(stage, _)| stage).collect()
}

fn stage_of(written: &Written, group: &Group, keys: &Keys<'_>, findings: &Findings) -> Option<Stage> {
    let asked = match &written.group {
        Some(key) => keys.groups.find(key)?,
        None => keys.groups.known(&group.key)?,
    };
    Some(Stage {
        after: *written.after.get_ref(),
        group: GroupRef::at(asked),
        level_min: SkillLevel(*written.level_min.get_ref()),
        sites: sites(written.sites.as_ref(), keys, findings),
        waives: *written.waives.get_ref(),
        at_night: *written.at_night.get_ref(),
        on_help: *written.on_help.get_ref(),
    })
}

fn sites(written: Option<&Spanned<String>>, keys: &Keys<'_>, findings: &Findings) -> Sites {
    match written.map(|written| (written, written.get_ref().as_str())) {
        None | Some((_, "all")) => Sites::All,
        Some((_, "own")) => Sites::Own,
        Some((written, "")) => {
            findings.wrong(written.span(), "sites is empty", "write \"own\", \"all\" or a site's key");
            Sites::All
        }
        Some((written, _)) => keys.sites.find(written).map_or(Sites::All, |at| Sites::Only(SiteRef::at(at))),
    }
}

/// Whether an earlier stage asks everybody whom a later one asks, at any hour.
fn covers(earlier: &Stage, later: &Stage) -> bool {
    let sooner = earlier.after == Duration::ZERO;
    earlier.group == later.group
        && earlier.level_min <= later.level_min
        && (earlier.sites == Sites::All || earlier.sites == later.sites)
        && (earlier.waives || !later.waives)
        && (sooner || earlier.at_night || !later.at_night)
        && (sooner || earlier.on_help || !later.on_help)
}

fn too_late(place: &Spanned<Duration>, after: Duration, what: &str, group: &Group, findings: &Findings) {
    if let Some(wait) = &group.wait_max
        && after >= *wait.get_ref()
    {
        findings.wrong(
            place.span(),
            format!(
                "{what} after {} never happens, because wait_max of group {} is {}",
                show_span(after),
                group.key.get_ref(),
                show_span(*wait.get_ref())
            ),
            format!(
                "{} earlier, or let callers wait longer",
                if what == "overflow" { what } else { "open it" }
            ),
        );
    }
}

/// A level or a site at which nobody does that work.
fn nobody_so_good(written: &Written, stage: &Stage, raw: &File, keys: &Keys<'_>, findings: &Findings) {
    let Some(group) = raw.groups.get(stage.group.index()) else { return };
    let name = group.key.get_ref();
    let there = |agent: &&crate::config::raw::Agent| match stage.sites {
        Sites::Only(site) => {
            agent.site.as_ref().and_then(|key| keys.sites.known(key)).unwrap_or(0) == site.index()
        }
        Sites::Own | Sites::All => true,
    };
    let levels = raw.agents.iter().filter(there).flat_map(|agent| &agent.skills);
    let best = levels.filter(|(of, _)| of.get_ref() == name).map(|(_, level)| *level.get_ref()).max();
    match (best, &written.sites) {
        (Some(best), _) if best < stage.level_min.0 => findings.wrong(
            written.level_min.span(),
            format!("nobody there does {name} at level {} or better", stage.level_min.0),
            format!("the best has {best}; ask for that or less"),
        ),
        (None, Some(site)) if matches!(stage.sites, Sites::Only(_)) => findings.wrong(
            site.span(),
            format!("nobody in site {} serves group {name}", site.get_ref()),
            format!("name another site, or add {name} to the skills of agents there"),
        ),
        _ => {}
    }
}

fn without_effect(written: &Written, raw: &File, findings: &Findings) {
    if *written.at_night.get_ref() && raw.calendar.night.is_none() {
        findings.odd(
            written.at_night.span(),
            "at_night has no effect, because there is no night",
            "add night = \"…\" to [calendar]: the hours that are night",
        );
    }
    if *written.on_help.get_ref() && raw.sites.len() < 2 {
        findings.odd(
            written.on_help.span(),
            "on_help has no effect, because there is one site only",
            "remove it, or add the other sites",
        );
    }
}

/// The group's own agents, then those who help.
fn overflow(group: &Group, keys: &Keys<'_>, findings: &Findings) -> Vec<Stage> {
    let name = group.key.get_ref();
    let own = keys.groups.known(&group.key).map(|own| Stage::all(Duration::ZERO, GroupRef::at(own)));
    let mut stages: Vec<Stage> = own.into_iter().collect();
    for written in &group.overflow {
        if written.to.get_ref() == name {
            findings.wrong(
                written.to.span(),
                format!("group {name} overflows into itself"),
                "name another group, or remove the stage",
            );
            continue;
        }
        let Some(to) = keys.groups.find(&written.to) else { continue };
        if stages.iter().any(|earlier| earlier.group.index() == to) {
            findings.wrong(
                written.to.span(),
                format!("group {name} overflows into {} twice", written.to.get_ref()),
                "name each group once, with the earlier time",
            );
        }
        too_late(&written.after, *written.after.get_ref(), "overflow", group, findings);
        stages.push(Stage::all(*written.after.get_ref(), GroupRef::at(to)));
    }
    if stages.len() > STAGES_MAX {
        findings.wrong(
            group.timeline_place.clone(),
            format!("group {name} overflows into {} others", stages.len() - 1),
            format!("a caller has at most {STAGES_MAX} stages, his own group's included"),
        );
    }
    stages
}
