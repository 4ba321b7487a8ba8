//! Control: from an HTTP request to a [`Deed`], and from what came of it to JSON.
//!
//! Whoever changes something says who he is (`X-Operator`): for the audit, and because a browser sends no such header
//! to another site unasked, so that no page can make a supervisor's browser change the centre. With a token
//! configured, changes must carry it, too.

mod centre;
mod dispositions;
mod people;
mod questions;
mod recordings;
mod studios;
mod talks;

use crate::Shared;
use crate::deed::{Answer, Deed, Refusal};
use crate::problem::Problem;
use crate::{plan, why};
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use base::Private;
use centre::{
    change_plan, delist, enlist, help, list, not_urgent, prefer, prefer_nobody, rollback, surge, unlist,
    urgent,
};
use people::{
    agent_state, call_back, call_back_number, cancel_callback, no_skill, prioritize, skill, wrap_up,
};
use questions::{audit, callbacks, history, lists, lists_of, view_talk, why_agent, why_caller};
use serde::de::DeserializeOwned;
use serde_json::json;
use talks::{dial, supervise, talk};

/// A configuration of ten thousand agents has some 1.5 MB.
const BODY_MAX: usize = 8 << 20;
/// Longest name of an operator, and longest reason.
const WORDS_MAX: usize = 200;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/callers/{call}/why", get(why_caller))
        .route("/api/v1/callers/{call}/priority", post(prioritize))
        .route("/api/v1/callers/{call}/callback", post(call_back).delete(cancel_callback))
        .route("/api/v1/callbacks", get(callbacks).post(call_back_number))
        .route("/api/v1/agents/{key}/why", get(why_agent))
        .route("/api/v1/agents/{key}/state", post(agent_state))
        .route("/api/v1/agents/{key}/wrap-up", post(wrap_up))
        .route("/api/v1/agents/{key}/talk", get(view_talk).post(talk))
        .route("/api/v1/agents/{key}/dial", post(dial))
        .route("/api/v1/agents/{key}/supervise", post(supervise))
        .route("/api/v1/agents/{key}/skills/{group}", put(skill).delete(no_skill))
        .route("/api/v1/agents/{key}/recording", post(recordings::of_agent))
        .route("/api/v1/callers/{call}/recording", post(recordings::of_caller))
        .route("/api/v1/agents/{key}/disposition", post(dispositions::of_agent))
        .route("/api/v1/agents/{key}/undisposed", get(dispositions::missing))
        .route("/api/v1/calls/{call}/disposition", post(dispositions::of_record))
        .route("/api/v1/recordings", get(recordings::list))
        .route("/api/v1/recordings/{recording}/hold", put(recordings::hold).delete(recordings::release))
        .route("/api/v1/studios/{key}", get(studios::look).post(studios::ask))
        .route("/api/v1/groups/{key}/surge", put(surge))
        .route("/api/v1/sites/{key}/help", put(help))
        .route("/api/v1/lists", get(lists))
        .route("/api/v1/lists/{number}", get(lists_of).put(list).delete(unlist))
        .route("/api/v1/urgent/{number}", put(urgent).delete(not_urgent))
        .route("/api/v1/numbers/{list}/{number}", put(enlist).delete(delist))
        .route("/api/v1/preferred/{number}", put(prefer).delete(prefer_nobody))
        .route("/api/v1/plan", post(change_plan))
        .route("/api/v1/plan/rollback", post(rollback))
        .route("/api/v1/plan/history", get(history))
        .route("/api/v1/audit", get(audit))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

/// A change: admitted, named, understood, done.
async fn change(
    centre: &Shared,
    headers: &HeaderMap,
    deed: impl FnOnce() -> Result<Deed, Problem>,
) -> Response {
    let understood =
        admit(centre, headers).and_then(|()| operator(headers)).and_then(|who| Ok((deed()?, who)));
    match understood {
        Ok((deed, who)) => act(centre, deed, &who).await,
        Err(problem) => problem.into_response(),
    }
}

async fn act(centre: &Shared, deed: Deed, who: &str) -> Response {
    match centre.act(deed, who.to_owned()).await {
        Ok(answer) => shown(centre, answer),
        Err(refusal) => refused(refusal),
    }
}

fn shown(centre: &Shared, answer: Answer) -> Response {
    let board = centre.board();
    let body = match answer {
        Answer::Done => json!({ "done": true }),
        Answer::WhyCaller(why, now) => why::caller(&why, now, &board),
        Answer::WhyAgent(why, now) => why::agent(&why, now),
        Answer::Talk(talk) => json!(talk),
        Answer::Lists(listed, urgent) => json!({ "listed": listed, "urgent": urgent }),
        Answer::Callbacks(rows) => json!({ "callbacks": rows }),
        Answer::Undisposed(rows) => json!({ "undisposed": rows }),
        Answer::Recordings(rows) => json!({ "recordings": rows }),
        Answer::Plan(plan) => plan::shown(&plan),
        Answer::History(plans) => json!({ "plans": plans }),
        Answer::Audit(rows) => json!({ "deeds": rows }),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn refused(refusal: Refusal) -> Response {
    let problem = match refusal {
        Refusal::Unknown(what) => Problem::new(StatusCode::NOT_FOUND, &what),
        Refusal::Wrong(what, reasons) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &what).because(reasons)
        }
        Refusal::Cannot(what, reasons) => Problem::new(StatusCode::CONFLICT, &what).because(reasons),
        Refusal::Full => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests wait; try again in a moment")
        }
        Refusal::Late => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "the engine has not answered within 2 s; it may still do what was asked: look before asking again",
        ),
        Refusal::NotKept(why) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("it cannot be kept over a restart: {why}"),
        ),
    };
    problem.into_response()
}

/// Whether a request carries the token, if there is one.
fn admit(centre: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = centre.token() else { return Ok(()) };
    let given = headers.get(header::AUTHORIZATION).map(axum::http::HeaderValue::as_bytes);
    let given = given.and_then(|given| given.strip_prefix(b"Bearer ")).unwrap_or_default();
    if same(given, token.reveal().as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNAUTHORIZED,
        "send the header Authorization: Bearer …, with http_token of [node] in the configuration",
    ))
}

/// Whether two texts are one, in a time that does not tell how much of them is.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let differs = wanted.iter().enumerate().fold(given.len() ^ wanted.len(), |differs, (at, byte)| {
        differs | usize::from(given.get(at).copied().unwrap_or(0) ^ byte)
    });
    std::hint::black_box(differs) == 0
}

fn operator(headers: &HeaderMap) -> Result<String, Problem> {
    let given = headers.get("x-operator").map(|given| String::from_utf8_lossy(given.as_bytes()).into_owned());
    match given.map(|given| given.trim().to_owned()).filter(|given| !given.is_empty()) {
        Some(who) => words_of("X-Operator", &who),
        None => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "send the header X-Operator with your name: who changes something is noted",
        )),
    }
}

fn words_of(what: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > WORDS_MAX || text.chars().any(char::is_control) {
        let remedy = format!("at most {WORDS_MAX} characters, none of them a control character");
        return Err(wrong(format!("{what} is too long or no plain text"), &remedy));
    }
    Ok(text.trim().to_owned())
}

fn number_of(text: &str) -> Result<Private, Problem> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if (2..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Private::new(text.to_owned()));
    }
    Err(wrong("that is not a telephone number", "write 2 to 20 digits, with a leading + or without"))
}

fn json_of<T: DeserializeOwned>(body: &Bytes, example: &str) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| wrong(format!("the body is not as expected: {error}"), &format!("send {example}")))
}

fn wrong(what: impl AsRef<str>, remedy: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what.as_ref()).because(vec![remedy.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        assert!(same(b"secret", b"secret"));
        for given in [&b""[..], b"secre", b"secrets", b"Secret"] {
            assert!(!same(given, b"secret"));
        }
    }
}
