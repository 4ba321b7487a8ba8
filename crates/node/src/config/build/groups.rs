//! Groups: their line, their overflow, and where callers go who are turned away.
//!
//! Two kinds of "to another group" exist. *Overflow* asks other agents to help while the caller keeps his place, so
//! two groups may well help each other. *Turned away* (`on_full`, `on_wait_max`, `on_nobody`) moves the caller to
//! the other line for good, so going round in a circle there would never serve him: it is a mistake.

use super::{Keys, or_first};
use crate::config::mistake::Findings;
use crate::config::raw::{File, Group, Target};
use crate::config::value::show_span;
use acd::plan::{Grade, NoAnswer};
use acd::{GroupPlan, GroupRef, Stage};
use call::plan::GroupFlow;
use media::session::ClipRef;
use toml::Spanned;

/// More groups than this would make more metric series than anybody can look at.
const GROUPS_MAX: usize = 200;
/// Moves from line to line that the engine follows (`call::plan::Target`).
const MOVES_MAX: usize = 4;

pub(super) fn build(raw: &File, keys: &Keys<'_>, findings: &Findings) -> (Vec<GroupPlan>, Vec<GroupFlow>) {
    if raw.groups.is_empty() {
        findings.wrong_file("there is no group", "add [groups.general] with title = \"民生\"");
    }
    if let Some(beyond) = raw.groups.get(GROUPS_MAX) {
        let what = format!("there are {} groups", raw.groups.len());
        findings.wrong(beyond.key.span(), what, format!("one centre has at most {GROUPS_MAX}"));
    }
    let plans = raw.groups.iter().map(|group| plan(group, keys, findings)).collect();
    let flows = raw.groups.iter().map(|group| flow(group, keys)).collect();
    check_moves(&raw.groups, keys, findings);
    check_served(raw, findings);
    (plans, flows)
}

fn plan(group: &Group, keys: &Keys<'_>, findings: &Findings) -> GroupPlan {
    let name = group.key.get_ref();
    let mut overflow: Vec<(std::time::Duration, GroupRef)> = Vec::new();
    if let Some(wait) = &group.wait_max
        && group.ring.get_ref() > wait.get_ref()
    {
        findings.wrong(
            group.ring.span(),
            format!(
                "ring of {} is longer than wait_max of {} in group {name}",
                show_span(*group.ring.get_ref()),
                show_span(*wait.get_ref())
            ),
            "ring for less, or let callers wait longer",
        );
    }
    for stage in &group.overflow {
        if stage.to.get_ref() == name {
            findings.wrong(
                stage.to.span(),
                format!("group {name} overflows into itself"),
                "name another group, or remove the stage",
            );
        }
        let Some(to) = keys.groups.find(&stage.to) else { continue };
        if overflow.iter().any(|(_, earlier)| earlier.index() == to) {
            findings.wrong(
                stage.to.span(),
                format!("group {name} overflows into {} twice", stage.to.get_ref()),
                "name each group once, with the earlier time",
            );
        }
        if let Some(wait) = &group.wait_max
            && stage.after.get_ref() >= wait.get_ref()
        {
            findings.wrong(
                stage.after.span(),
                format!(
                    "overflow after {} never happens, because wait_max of group {name} is {}",
                    show_span(*stage.after.get_ref()),
                    show_span(*wait.get_ref())
                ),
                "overflow earlier, or let callers wait longer",
            );
        }
        overflow.push((*stage.after.get_ref(), GroupRef::at(to)));
    }
    GroupPlan {
        timeline: timeline(keys.groups.known(&group.key), &overflow),
        ring: *group.ring.get_ref(),
        wrap_up: *group.wrap_up.get_ref(),
        line_max: *group.line_max.get_ref(),
        wait_max: group.wait_max.as_ref().map(|wait| *wait.get_ref()),
        needs_signed_in: *group.needs_signed_in.get_ref(),
        no_answer: no_answer(*group.ring_no_answer_not_ready.get_ref()),
        ..GroupPlan::named(name)
    }
}

/// The group's own agents, then those who help.
fn timeline(own: Option<usize>, overflow: &[(std::time::Duration, GroupRef)]) -> Vec<Stage> {
    let own = own.map(|own| Stage::all(std::time::Duration::ZERO, GroupRef::at(own)));
    own.into_iter().chain(overflow.iter().map(|(after, to)| Stage::all(*after, *to))).collect()
}

fn no_answer(not_ready: bool) -> Vec<Grade> {
    let then = if not_ready { NoAnswer::NotReady } else { NoAnswer::Skip };
    vec![Grade { then, tell: false }]
}

fn flow(group: &Group, keys: &Keys<'_>) -> GroupFlow {
    let target = |target: &Target| match target {
        Target::Busy => call::plan::Target::Busy,
        Target::Group(to) => call::plan::Target::Group(GroupRef::at(or_first(keys.groups.find(to)))),
        Target::Announce(clip) => call::plan::Target::Announce(ClipRef::at(or_first(keys.clips.find(clip)))),
    };
    GroupFlow {
        title: group.title.get_ref().clone(),
        music: keys.clips.find_some(group.music.as_ref()).map(ClipRef::at),
        on_full: target(&group.on_full),
        on_wait_max: target(&group.on_wait_max),
        on_nobody: target(&group.on_nobody),
        on_closed: call::plan::Target::Busy,
        on_surge: call::plan::Target::Busy,
        callback: None,
    }
}

/// Follows every way on which callers who are turned away can be moved on; a way that comes back, or is longer than
/// the engine follows, is noted where it begins.
fn check_moves(groups: &[Group], keys: &Keys<'_>, findings: &Findings) {
    let moves: Vec<Vec<(usize, &Spanned<String>)>> = groups
        .iter()
        .map(|group| {
            [&group.on_full, &group.on_wait_max, &group.on_nobody]
                .into_iter()
                .filter_map(|target| match target {
                    Target::Group(to) => keys.groups.known(to).map(|at| (at, to)),
                    Target::Busy | Target::Announce(_) => None,
                })
                .collect()
        })
        .collect();
    for (begin, ways) in moves.iter().enumerate() {
        for &(next, place) in ways {
            // Each circle once, where its first group leads into it.
            if let Some(way) = circle(&moves, begin, next).filter(|way| way.iter().all(|at| *at >= begin)) {
                let name = |at: &usize| groups[*at].key.get_ref().as_str();
                let way: Vec<&str> = way.iter().map(name).collect();
                findings.wrong(
                    place.span(),
                    format!("callers who are turned away go round: {}", way.join(" → ")),
                    "end the way with \"busy\" or an announcement",
                );
            }
        }
        let longest = longest(&moves, begin, 0);
        if (MOVES_MAX + 1..=groups.len()).contains(&longest) {
            findings.wrong(
                groups[begin].key.span(),
                format!(
                    "callers turned away by {} may be moved {longest} times",
                    groups[begin].key.get_ref()
                ),
                format!("the engine moves a caller {MOVES_MAX} times and then refuses him; shorten the way"),
            );
        }
    }
}

/// The shortest way from `begin` over `next` back to `begin`.
fn circle(moves: &[Vec<(usize, &Spanned<String>)>], begin: usize, next: usize) -> Option<Vec<usize>> {
    let mut ways = vec![vec![begin, next]];
    let mut seen = vec![false; moves.len()];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let at = *way.last()?;
            if at == begin {
                return Some(way);
            }
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            for &(to, _) in &moves[at] {
                longer.push([way.as_slice(), &[to]].concat());
            }
        }
        ways = longer;
    }
    None
}

/// Length of the longest way from a group, or more than there are groups when it goes round.
fn longest(moves: &[Vec<(usize, &Spanned<String>)>], from: usize, depth: usize) -> usize {
    if depth > MOVES_MAX + 1 {
        // Deep enough to be a mistake in any case; circles end here too and are told from ways by `circle`.
        return 0;
    }
    moves[from].iter().map(|&(to, _)| 1 + longest(moves, to, depth + 1)).max().unwrap_or(0)
}

/// A group that no agent serves and that nobody helps keeps its callers waiting for nobody.
fn check_served(raw: &File, findings: &Findings) {
    for group in &raw.groups {
        let name = group.key.get_ref();
        let served = raw.agents.iter().any(|agent| agent.skills.iter().any(|(of, _)| of.get_ref() == name));
        if !served && group.overflow.is_empty() && !*group.needs_signed_in.get_ref() {
            findings.odd(
                group.key.span(),
                format!("no agent serves group {name} and no other group helps it"),
                format!("add {name} to the skills of agents, or an overflow to the group"),
            );
        }
    }
}
