//! Agents and callers: states, wrap-up, skills, priorities, callbacks.

use super::{change, json_of, number_of, wrong};
use crate::Shared;
use crate::deed::{Deed, Wish};
use crate::problem::Problem;
use acd::Priority;
use acd::input::Reason;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use report::words;
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateBody {
    state: String,
    reason: Option<String>,
}

pub(super) async fn agent_state(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let StateBody { state, reason } = json_of(&body, r#"{"state": "not_ready", "reason": "meal"}"#)?;
        let wish = match (state.as_str(), reason.as_deref()) {
            ("sign_in", None) => Wish::SignIn,
            ("sign_out", None) => Wish::SignOut,
            ("ready", None) => Wish::Ready,
            ("forced", None) => Wish::NotReady(Reason::Forced),
            ("not_ready", reason) => Wish::NotReady(reason_of(reason.unwrap_or("busy"))?),
            _ => {
                return Err(wrong(
                    format!(
                        "no agent can be {state:?}{}",
                        if reason.is_some() { " for a reason" } else { "" }
                    ),
                    "state is sign_in, sign_out, ready, not_ready (with a reason) or forced",
                ));
            }
        };
        Ok(Deed::Agent(key, wish))
    })
    .await
}

/// Reasons that people may give; the others are the engine's.
const REASONS: [Reason; 8] = [
    Reason::Busy,
    Reason::Rest,
    Reason::Meal,
    Reason::Meeting,
    Reason::Coaching,
    Reason::Training,
    Reason::Study,
    Reason::Forced,
];

fn reason_of(word: &str) -> Result<Reason, Problem> {
    REASONS.into_iter().find(|reason| words::reason(*reason) == word).ok_or_else(|| {
        let all = REASONS.map(words::reason).join(", ");
        wrong(format!("{word:?} is no reason"), &format!("reason is one of {all}"))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrapUpBody {
    extend_s: Option<u32>,
    #[serde(default)]
    end: bool,
}

pub(super) async fn wrap_up(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || match json_of(&body, r#"{"extend_s": 30}"#)? {
        WrapUpBody { extend_s: Some(by), end: false } => {
            Ok(Deed::ExtendWrapUp(key, Duration::from_secs(by.into())))
        }
        WrapUpBody { extend_s: None, end: true } => Ok(Deed::EndWrapUp(key)),
        _ => {
            Err(wrong("a wrap-up is extended or ended", r#"write one of {"extend_s": 30} and {"end": true}"#))
        }
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    level: u8,
}

pub(super) async fn skill(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path((agent, group)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let SkillBody { level } = json_of(&body, r#"{"level": 5}"#)?;
        if !(1..=10).contains(&level) {
            return Err(wrong(format!("the level is {level}"), "a level is 1 to 10; 10 is best"));
        }
        Ok(Deed::Skill { agent, group, level: Some(level) })
    })
    .await
}

pub(super) async fn no_skill(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path((agent, group)): Path<(String, String)>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Skill { agent, group, level: None })).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriorityBody {
    priority: serde_json::Value,
}

pub(super) async fn prioritize(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(call): Path<u64>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let PriorityBody { priority } = json_of(&body, r#"{"priority": 5}"#)?;
        Ok(Deed::Prioritize(call, priority_of(&priority)?))
    })
    .await
}

fn priority_of(value: &serde_json::Value) -> Result<Priority, Problem> {
    match (value.as_str(), value.as_u64()) {
        (Some("emergency"), _) => Ok(Priority::EMERGENCY),
        (_, Some(number)) if number <= 9 => Ok(Priority(number as u8)),
        _ => Err(wrong(format!("the priority is {value}"), "priority is 0 to 9, or \"emergency\"")),
    }
}

pub(super) async fn call_back(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(call): Path<u64>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::CallBack(call))).await
}

pub(super) async fn cancel_callback(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(call): Path<u64>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::CancelCallback(call))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackBody {
    number: String,
    group: String,
    site: Option<String>,
    #[serde(default)]
    priority: serde_json::Value,
    #[serde(default)]
    after_s: u32,
}

pub(super) async fn call_back_number(
    State(centre): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let CallbackBody { number, group, site, priority, after_s } =
            json_of(&body, r#"{"number": "13800000000", "group": "general", "after_s": 600}"#)?;
        Ok(Deed::CallBackNumber {
            number: number_of(&number)?,
            group,
            site,
            priority: if priority.is_null() { Priority(0) } else { priority_of(&priority)? },
            after: Duration::from_secs(after_s.into()),
        })
    })
    .await
}
