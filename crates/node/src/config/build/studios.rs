//! Radio studios: the console's account, who sends callers there, what they hear.

use super::{Keys, or_first, prompts};
use crate::config::mistake::Findings;
use crate::config::names::Names;
use crate::config::raw::{File, Studio};
use acd::{AgentRef, GroupRef};
use call::plan::StudioPlan;
use media::session::ClipRef;

/// Studios of one centre.
const STUDIOS_MAX: usize = 16;

pub(super) fn build(raw: &File, keys: &Keys<'_>, findings: &Findings) -> Vec<StudioPlan> {
    if let Some(beyond) = raw.studios.get(STUDIOS_MAX) {
        let what = format!("there are {} studios", raw.studios.len());
        findings.wrong(beyond.key.span(), what, format!("one centre has at most {STUDIOS_MAX}"));
    }
    let agents = Names::of("agent", raw.agents.iter().map(|agent| &agent.key), findings);
    raw.studios.iter().map(|studio| plan(studio, raw, keys, &agents, findings)).collect()
}

fn plan(studio: &Studio, raw: &File, keys: &Keys<'_>, agents: &Names<'_>, findings: &Findings) -> StudioPlan {
    let key = studio.key.get_ref();
    check_console(studio, raw, findings);
    if !studio.comfort.is_empty() && studio.comfort_every.get_ref() >= studio.held_for.get_ref() {
        findings.odd(
            studio.comfort_every.span(),
            format!("nobody in studio {key} hears its comfort: he is held for less"),
            "write a shorter comfort_every, or hold for longer",
        );
    }
    prompts::not_silent(raw, keys, Some(&studio.music), findings);
    let clip = |clip| keys.clips.find(clip).map(ClipRef::at);
    StudioPlan {
        name: key.clone(),
        title: studio.title.get_ref().clone(),
        console: AgentRef::at(or_first(agents.find(&studio.console))),
        screeners: keys.groups.find_some(studio.screeners.as_ref()).map(GroupRef::at),
        music: clip(&studio.music).unwrap_or(ClipRef(0)),
        comfort: studio.comfort.iter().filter_map(clip).collect(),
        comfort_every: *studio.comfort_every.get_ref(),
        back: studio.back.as_ref().and_then(clip),
        held_max: *studio.held_max.get_ref(),
        held_for: *studio.held_for.get_ref(),
        ring: *studio.ring.get_ref(),
        auto_air: *studio.auto_air.get_ref(),
        record: *studio.record.get_ref(),
    }
}

/// A console belongs to one studio, and gets its callers from there only.
fn check_console(studio: &Studio, raw: &File, findings: &Findings) {
    let (key, console) = (studio.key.get_ref(), studio.console.get_ref());
    let earlier = raw.studios.iter().take_while(|other| other.key.span() != studio.key.span());
    for other in earlier.filter(|other| other.console.get_ref() == console && !console.is_empty()) {
        findings.wrong(
            studio.console.span(),
            format!("agent {console} is the console of studio {}, too", other.key.get_ref()),
            "give each studio an agent of its own",
        );
    }
    let agent = raw.agents.iter().find(|agent| agent.key.get_ref() == console);
    if let Some((group, _)) = agent.and_then(|agent| agent.skills.first()) {
        findings.odd(
            group.span(),
            format!(
                "agent {console}, the console of studio {key}, is rung for callers of {}",
                group.get_ref()
            ),
            "leave his skills out: he gets callers by being picked",
        );
    }
}
