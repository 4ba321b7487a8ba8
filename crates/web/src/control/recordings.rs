//! Recordings: what is left out of the talk that is on, which there are, which may not be deleted.

use super::{act, admit, change, json_of, number_of, words_of, wrong};
use crate::Shared;
use crate::deed::{Deed, RecordingQuery, Talk, Taping};
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TapingBody {
    state: String,
}

fn taping(body: &Bytes) -> Result<Taping, Problem> {
    let TapingBody { state } = json_of(body, r#"{"state": "pause"}"#)?;
    match state.as_str() {
        "resume" => Ok(Taping::Resume),
        "pause" => Ok(Taping::Pause),
        "mask" => Ok(Taping::Mask),
        _ => Err(wrong(
            format!("a recording cannot be {state:?}"),
            "state is pause (silence), mask (a tone) or resume",
        )),
    }
}

pub(super) async fn of_agent(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Recording(Talk::OfAgent(key), taping(&body)?))).await
}

pub(super) async fn of_caller(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(call): Path<u64>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Recording(Talk::OfCaller(call), taping(&body)?))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryText {
    call: Option<u64>,
    agent: Option<String>,
    group: Option<String>,
    number: Option<String>,
    from_unix_ms: Option<u64>,
    to_unix_ms: Option<u64>,
    held: Option<bool>,
    on_air: Option<bool>,
}

pub(super) async fn list(
    State(centre): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<QueryText>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let understood = admit(&centre, &headers).and_then(|()| {
        let Query(QueryText { call, agent, group, number, from_unix_ms, to_unix_ms, held, on_air }) =
            query.map_err(|error| {
                let remedy = "ask with call, agent, group, number, from_unix_ms, to_unix_ms, held or on_air";
                wrong(error.body_text(), remedy)
            })?;
        let number = number.as_deref().map(number_of).transpose()?;
        Ok(RecordingQuery { call, agent, group, number, from_unix_ms, to_unix_ms, held, on_air })
    });
    match understood {
        Ok(query) => act(&centre, Deed::Recordings(query), "").await,
        Err(problem) => problem.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldBody {
    reason: String,
}

pub(super) async fn hold(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(recording): Path<u64>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let HoldBody { reason } = json_of(&body, r#"{"reason": "举报 2024-17"}"#)?;
        let reason = words_of("the reason", &reason)?;
        if reason.is_empty() {
            return Err(wrong("the reason is empty", "write for which case it is held"));
        }
        Ok(Deed::Hold(recording, Some(reason)))
    })
    .await
}

pub(super) async fn release(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(recording): Path<u64>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Hold(recording, None))).await
}
