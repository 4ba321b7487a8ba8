//! Who came into question for an offer, and why it went to whom: asked of the engine right after the step that made
//! the offer, when whoever was not chosen still stands where he stood.
//!
//! ```text
//!   offered call#7 … because=longest_idle stage=0 among=3 passed=0
//!       chosen 8003: of 3 ready at stage 0 by longest_idle
//!       next   8007: stage 0, level 6, ready for 12.3 s
//! ```

use acd::Because;
use call::Engine;
use call::event::{Event, Stamped};
use report::words;

/// As many of those who were not chosen are named.
const NAMED: usize = 10;

/// Lines about an offer; none for another event.
pub(super) fn considered(engine: &Engine, plan: &report::Plan, stamped: &Stamped) -> Vec<String> {
    let Event::Offered { call, agent, group, because, .. } = stamped.event else { return Vec::new() };
    let name =
        |agent: acd::AgentRef| plan.agents.get(agent.index()).cloned().unwrap_or_else(|| agent.to_string());
    let line =
        |group: acd::GroupRef| plan.groups.get(group.index()).cloned().unwrap_or_else(|| group.to_string());
    let seconds = |since: base::Timestamp| stamped.at.since(since).as_secs_f64();
    let chosen = name(agent);
    match because {
        Because::Selected { stage, by, among, passed } => {
            let at =
                stage.map_or("as the agent he should get".to_owned(), |stage| format!("at stage {stage}"));
            let by = words::selection(by);
            let first =
                format!("chosen {chosen}: of {among} ready {at} by {by}, {passed} passed over (refused)");
            let others = engine.distributor().candidates(Engine::caller(call));
            let others = others.iter().take(NAMED).map(|other| {
                let stage = other.stage.map_or("preferred".to_owned(), |stage| format!("stage {stage}"));
                let refused = if other.refused { ", refused him" } else { "" };
                let (agent, level, idle) = (name(other.agent), other.level.0, seconds(other.idle));
                format!("next   {agent}: {stage}, level {level}, ready for {idle:.1} s{refused}")
            });
            std::iter::once(first).chain(others).collect()
        }
        Because::FirstInOrder { among, passed } => {
            let first = format!(
                "chosen for {chosen}: first of {} in {among} pools of his, {passed} passed over (refused)",
                line(group)
            );
            let others = engine.distributor().contenders(agent, NAMED);
            let others = others.iter().map(|other| {
                let refused = if other.refused { ", refused by him" } else { "" };
                let grey = if other.grey { ", grey list" } else { "" };
                format!(
                    "next   {}: {}, waits {:.1} s, head start {} s{grey}{refused}",
                    other.caller,
                    line(other.group),
                    seconds(other.since),
                    other.head_start.as_secs()
                )
            });
            std::iter::once(first).chain(others).collect()
        }
    }
}
