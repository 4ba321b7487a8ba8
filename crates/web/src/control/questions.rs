//! Questions: why not now, and what is kept.

use super::{act, admit, refused, shown};
use crate::Shared;
use crate::deed::{Answer, Deed};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

pub(super) async fn why_caller(State(centre): State<Shared>, Path(call): Path<u64>) -> Response {
    act(&centre, Deed::WhyCaller(call), "").await
}

pub(super) async fn why_agent(State(centre): State<Shared>, Path(key): Path<String>) -> Response {
    act(&centre, Deed::WhyAgent(key), "").await
}

/// A talk shows a person's case: not for everybody who reaches the port.
pub(super) async fn view_talk(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Response {
    secret(&centre, &headers, Deed::ViewTalk(key)).await
}

pub(super) async fn lists(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Lists).await
}

pub(super) async fn lists_of(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    if let Err(problem) = admit(&centre, &headers) {
        return problem.into_response();
    }
    match centre.act(Deed::Lists, String::new()).await {
        Ok(Answer::Lists(mut listed, mut urgent)) => {
            listed.retain(|one| one.number == number);
            urgent.retain(|one| *one == number);
            shown(&centre, Answer::Lists(listed, urgent))
        }
        Ok(answer) => shown(&centre, answer),
        Err(refusal) => refused(refusal),
    }
}

pub(super) async fn callbacks(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Callbacks).await
}

pub(super) async fn history(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::PlanHistory).await
}

pub(super) async fn audit(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Audit).await
}

/// A question whose answer is not for everybody who reaches the port.
pub(super) async fn secret(centre: &Shared, headers: &HeaderMap, deed: Deed) -> Response {
    match admit(centre, headers) {
        Ok(()) => act(centre, deed, "").await,
        Err(problem) => problem.into_response(),
    }
}
