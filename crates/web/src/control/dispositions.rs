//! Dispositions (话后小结): what came of a call, said by its agent, or entered for its record later.

use super::{change, json_of, questions, wrong};
use crate::Shared;
use crate::deed::Deed;
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use call::Resolver;
use report::words;
use serde::Deserialize;

const EXAMPLE: &str = r#"{"result": "answered", "by": "agent"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    result: String,
    by: Option<String>,
}

/// Result, and who resolved it: the agent, unless it says otherwise.
fn read(body: &Bytes) -> Result<(String, Resolver), Problem> {
    let Body { result, by } = json_of(body, EXAMPLE)?;
    let by = by.as_deref().unwrap_or("agent");
    let resolver = words::resolver_of(by);
    let resolver = resolver.ok_or_else(|| wrong(format!("nobody is {by:?}"), "by is agent or specialist"))?;
    Ok((result, resolver))
}

pub(super) async fn of_agent(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(agent): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let (result, by) = read(&body)?;
        Ok(Deed::Dispose { agent, result, by })
    })
    .await
}

pub(super) async fn of_record(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(call): Path<u64>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let (result, by) = read(&body)?;
        Ok(Deed::DisposeRecord { call, result, by })
    })
    .await
}

pub(super) async fn missing(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(agent): Path<String>,
) -> Response {
    questions::secret(&centre, &headers, Deed::Undisposed(agent)).await
}
