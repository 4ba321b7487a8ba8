//! Groups: their line, its limits, and where callers go who are turned away.
//!
//! Two kinds of "to another group" exist. *A timeline* (`timeline`) asks other agents to help while the caller keeps
//! his place, so two groups may well help each other. *Turned away* (`on_full`, `on_wait_max`, …) moves the caller to
//! the other line for good, so going round in a circle there would never serve him: it is a mistake.

use super::{Keys, callback, prompts, timeline};
use crate::config::mistake::Findings;
use crate::config::raw::{File, Group, Target};
use crate::config::value::show_span;
use acd::plan::{Grade, NoAnswer, SurgePlan};
use acd::{GroupPlan, HoursRef};
use call::plan::GroupFlow;
use media::session::ClipRef;
use std::time::Duration;
use toml::Spanned;

/// More groups than this would make more metric series than anybody can look at.
const GROUPS_MAX: usize = 200;
/// Moves from line to line that the engine follows (`call::plan::Target`).
const MOVES_MAX: usize = 4;
/// Grades of a ring-no-answer; the last one stays, so that nobody needs more.
const GRADES_MAX: usize = 8;
/// Longest wrap-up with extensions, unless the group says otherwise.
const WRAP_UP_MAX: Duration = Duration::from_secs(300);

pub(super) fn build(raw: &File, keys: &Keys<'_>, findings: &Findings) -> (Vec<GroupPlan>, Vec<GroupFlow>) {
    if raw.groups.is_empty() {
        findings.wrong_file("there is no group", "add [groups.general] with title = \"民生\"");
    }
    if let Some(beyond) = raw.groups.get(GROUPS_MAX) {
        let what = format!("there are {} groups", raw.groups.len());
        findings.wrong(beyond.key.span(), what, format!("one centre has at most {GROUPS_MAX}"));
    }
    let plans = raw.groups.iter().map(|group| plan(group, raw, keys, findings)).collect();
    let flows = raw.groups.iter().map(|group| flow(group, raw, keys, findings)).collect();
    check_moves(&raw.groups, keys, findings);
    check_served(raw, findings);
    (plans, flows)
}

fn plan(group: &Group, raw: &File, keys: &Keys<'_>, findings: &Findings) -> GroupPlan {
    check_spans(group, findings);
    let name = group.key.get_ref();
    let wrap_up = *group.wrap_up.get_ref();
    let wrap_up_max = group.wrap_up_max.as_ref().map(|most| *most.get_ref());
    GroupPlan {
        timeline: timeline::build(group, raw, keys, findings),
        selection: *group.selection.get_ref(),
        weight: *group.weight.get_ref(),
        ring: *group.ring.get_ref(),
        parallel: *group.parallel.get_ref(),
        auto_answer: *group.auto_answer.get_ref(),
        no_answer: no_answer(group, findings),
        wrap_up,
        wrap_up_max: wrap_up_max.unwrap_or_else(|| WRAP_UP_MAX.max(wrap_up)),
        line_max: *group.line_max.get_ref(),
        wait_max: group.wait_max.as_ref().map(|wait| *wait.get_ref()),
        needs_signed_in: *group.needs_signed_in.get_ref(),
        hours: keys.hours.find_some(group.hours.as_ref()).map(HoursRef::at),
        surge: surge(group, findings),
        callback: callback::plan(group),
        sticky: group.sticky.as_ref().map(|span| *span.get_ref()),
        name: name.clone(),
    }
}

/// Spans that contradict each other.
fn check_spans(group: &Group, findings: &Findings) {
    let name = group.key.get_ref();
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
    if let Some(most) = &group.wrap_up_max
        && most.get_ref() < group.wrap_up.get_ref()
    {
        findings.wrong(
            most.span(),
            format!(
                "wrap_up_max of {} is shorter than wrap_up of {} in group {name}",
                show_span(*most.get_ref()),
                show_span(*group.wrap_up.get_ref())
            ),
            "wrap_up_max is the usual wrap-up with all extensions: write a longer one",
        );
    }
    let too_late = [("sticky", &group.sticky), ("offer_after", &group.callback.offer_after)];
    for (key, span) in too_late {
        if let (Some(span), Some(wait)) = (span, &group.wait_max)
            && span.get_ref() >= wait.get_ref()
        {
            findings.wrong(
                span.span(),
                format!(
                    "{key} of {} is not before wait_max of {} in group {name}",
                    show_span(*span.get_ref()),
                    show_span(*wait.get_ref())
                ),
                "write a shorter one, or let callers wait longer",
            );
        }
    }
}

fn no_answer(group: &Group, findings: &Findings) -> Vec<Grade> {
    let Some(written) = &group.no_answer else {
        return vec![Grade { then: NoAnswer::NotReady, tell: false }];
    };
    if let Some(beyond) = written.get(GRADES_MAX) {
        let what = format!("no_answer of group {} has {} grades", group.key.get_ref(), written.len());
        findings.wrong(beyond.then.span(), what, format!("write at most {GRADES_MAX}; the last one stays"));
    }
    written.iter().map(|grade| Grade { then: grade.then.get_ref().0, tell: *grade.tell.get_ref() }).collect()
}

fn surge(group: &Group, findings: &Findings) -> SurgePlan {
    let name = group.key.get_ref();
    let line_max = *group.line_max.get_ref();
    let value = |written: &Option<Spanned<usize>>| written.as_ref().map(|written| *written.get_ref());
    let surge = &group.surge;
    let begins_at = value(&surge.begins_at);
    // Half of what began it, so that it does not come and go.
    let ends_at = value(&surge.ends_at).unwrap_or(begins_at.unwrap_or(0) / 2);
    let admit_max = value(&surge.admit_max).unwrap_or(line_max);
    if let (Some(begins), Some(ends)) = (&surge.begins_at, &surge.ends_at)
        && ends.get_ref() >= begins.get_ref()
    {
        findings.wrong(
            ends.span(),
            format!("surge of group {name} ends at {}, but begins at {}", ends.get_ref(), begins.get_ref()),
            "let it end with fewer callers than it begins with, or it comes and goes with each",
        );
    }
    if let Some(begins) = &surge.begins_at
        && *begins.get_ref() > line_max
    {
        findings.wrong(
            begins.span(),
            format!("surge of group {name} never begins: its line holds {line_max}"),
            "begin with fewer, or raise line_max",
        );
    }
    if let Some(admit) = &surge.admit_max
        && *admit.get_ref() > line_max
    {
        findings.wrong(
            admit.span(),
            format!("a surge would admit {} to group {name}, whose line holds {line_max}", admit.get_ref()),
            "admit fewer in a surge than line_max",
        );
    }
    SurgePlan { begins_at, ends_at, admit_max }
}

fn flow(group: &Group, raw: &File, keys: &Keys<'_>, findings: &Findings) -> GroupFlow {
    let target = |written: &Target| callback::target(written, group, raw, keys, findings);
    prompts::not_silent(raw, keys, group.music.as_ref(), findings);
    GroupFlow {
        title: group.title.get_ref().clone(),
        // Nobody waits in silence because a key was left out.
        music: match &group.music {
            Some(_) => keys.clips.find_some(group.music.as_ref()).map(ClipRef::at),
            None => prompts::usual_music(raw),
        },
        on_full: target(&group.on_full),
        on_wait_max: target(&group.on_wait_max),
        on_nobody: target(&group.on_nobody),
        on_closed: target(&group.on_closed),
        on_surge: target(&group.on_surge),
        record: *group.record.get_ref(),
        callback: callback::flow(group, raw, keys, findings),
        caller: callback::caller(group, raw, findings),
    }
}

/// Follows every way on which callers who are turned away can be moved on; a way that comes back, or is longer than
/// the engine follows, is noted where it begins.
fn check_moves(groups: &[Group], keys: &Keys<'_>, findings: &Findings) {
    let moves: Vec<Vec<(usize, &Spanned<String>)>> = groups
        .iter()
        .map(|group| {
            group
                .targets()
                .into_iter()
                .filter_map(|target| match target {
                    Target::Group(to) => keys.groups.known(to).map(|at| (at, to)),
                    _ => None,
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
        let helped = group.timeline.iter().flatten().any(|stage| stage.group.is_some());
        if !served && !helped && group.overflow.is_empty() && !*group.needs_signed_in.get_ref() {
            findings.odd(
                group.key.span(),
                format!("no agent serves group {name} and no other group helps it"),
                format!("add {name} to the skills of agents, or an overflow to the group"),
            );
        }
    }
}
