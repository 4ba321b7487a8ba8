//! What a changed plan does for whom, as JSON.

use crate::deed::PlanAnswer;
use acd::Output;
use report::words;
use serde_json::{Value, json};

/// Callers that are listed one by one; more are counted only.
const LISTED_MAX: usize = 200;

pub(crate) fn shown(answer: &PlanAnswer) -> Value {
    let PlanAnswer { version, preview, restart, warnings, groups, agents } = answer;
    let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
    let callers: Vec<Value> = preview
        .callers
        .iter()
        .take(LISTED_MAX)
        .map(|caller| {
            json!({
                "call": caller.caller.bits(),
                "group": name(groups, caller.group.index()),
                "agents_before": caller.agents_before,
                "agents_after": caller.agents_after,
                "position_before": caller.position_before,
                "position_after": caller.position_after,
            })
        })
        .collect();
    let turned_away: Vec<Value> = preview
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::TurnedAway { caller, group, why } => Some(json!({
                "call": caller.bits(),
                "group": name(groups, group.index()),
                "why": words::turned(*why),
            })),
            _ => None,
        })
        .take(LISTED_MAX)
        .collect();
    let offers = preview.outputs.iter().filter(|output| matches!(output, Output::Offer { .. })).count();
    json!({
        "applied": version.is_some(),
        "version": version,
        "changed": {
            "groups": preview.groups.iter().map(|group| name(groups, group.index())).collect::<Vec<_>>(),
            "agents": preview.agents.iter().map(|agent| name(agents, agent.index())).collect::<Vec<_>>(),
        },
        "callers_affected": preview.callers.len(),
        "callers": callers,
        "turned_away": turned_away,
        "offers_at_once": offers,
        "needs_restart": restart,
        "warnings": warnings,
    })
}
