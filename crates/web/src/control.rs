//! Control: from an HTTP request to a [`Deed`], and from what came of it to JSON.
//!
//! Whoever changes something says who he is (`X-Operator`): for the audit, and because a browser sends no such header
//! to another site unasked, so that no page can make a supervisor's browser change the centre. With a token
//! configured, changes must carry it, too.

use crate::Shared;
use crate::deed::{Answer, Deed, Refusal, Wish};
use crate::problem::Problem;
use crate::{plan, why};
use acd::input::Reason;
use acd::{Priority, SurgeMode};
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use base::Private;
use report::words;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

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
        .route("/api/v1/agents/{key}/skills/{group}", put(skill).delete(no_skill))
        .route("/api/v1/groups/{key}/surge", put(surge))
        .route("/api/v1/sites/{key}/help", put(help))
        .route("/api/v1/lists", get(lists))
        .route("/api/v1/lists/{number}", get(lists_of).put(list).delete(unlist))
        .route("/api/v1/urgent/{number}", put(urgent).delete(not_urgent))
        .route("/api/v1/preferred/{number}", put(prefer).delete(prefer_nobody))
        .route("/api/v1/plan", post(change_plan))
        .route("/api/v1/plan/rollback", post(rollback))
        .route("/api/v1/plan/history", get(history))
        .route("/api/v1/audit", get(audit))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

// ── Questions ────────────────────────────────────────────────────────────────────────────────────────────────

async fn why_caller(State(centre): State<Shared>, Path(call): Path<u64>) -> Response {
    act(&centre, Deed::WhyCaller(call), "").await
}

async fn why_agent(State(centre): State<Shared>, Path(key): Path<String>) -> Response {
    act(&centre, Deed::WhyAgent(key), "").await
}

async fn lists(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Lists).await
}

async fn lists_of(State(centre): State<Shared>, headers: HeaderMap, Path(number): Path<String>) -> Response {
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

async fn callbacks(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Callbacks).await
}

async fn history(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::PlanHistory).await
}

async fn audit(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    secret(&centre, &headers, Deed::Audit).await
}

/// A question whose answer is not for everybody who reaches the port.
async fn secret(centre: &Shared, headers: &HeaderMap, deed: Deed) -> Response {
    match admit(centre, headers) {
        Ok(()) => act(centre, deed, "").await,
        Err(problem) => problem.into_response(),
    }
}

// ── Agents ───────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateBody {
    state: String,
    reason: Option<String>,
}

async fn agent_state(
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
    extend_s: u32,
}

async fn wrap_up(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let WrapUpBody { extend_s } = json_of(&body, r#"{"extend_s": 30}"#)?;
        Ok(Deed::ExtendWrapUp(key, Duration::from_secs(extend_s.into())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    level: u8,
}

async fn skill(
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

async fn no_skill(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path((agent, group)): Path<(String, String)>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Skill { agent, group, level: None })).await
}

// ── Callers ──────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriorityBody {
    priority: serde_json::Value,
}

async fn prioritize(
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

async fn call_back(State(centre): State<Shared>, headers: HeaderMap, Path(call): Path<u64>) -> Response {
    change(&centre, &headers, || Ok(Deed::CallBack(call))).await
}

async fn cancel_callback(
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

async fn call_back_number(State(centre): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
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

// ── The centre ───────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurgeBody {
    mode: String,
}

async fn surge(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let SurgeBody { mode } = json_of(&body, r#"{"mode": "on"}"#)?;
        let mode = match mode.as_str() {
            "automatic" => SurgeMode::Automatic,
            "off" => SurgeMode::Off,
            "on" => SurgeMode::On,
            "announce_only" => SurgeMode::AnnounceOnly,
            _ => {
                return Err(wrong(
                    format!("the mode is {mode:?}"),
                    "mode is automatic, off, on or announce_only",
                ));
            }
        };
        Ok(Deed::Surge(key, mode))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpBody {
    on: bool,
}

async fn help(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let HelpBody { on } = json_of(&body, r#"{"on": true}"#)?;
        Ok(Deed::Help(key, on))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListBody {
    list: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    approver: String,
    expires_in_s: Option<u32>,
    expires_unix_ms: Option<u64>,
}

/// A grey list without an expiry ends after so long.
const GREY_USUALLY: Duration = Duration::from_secs(30 * 86_400);
/// Nothing on a list lasts longer: then somebody has to look again.
const LISTED_LONGEST: Duration = Duration::from_secs(366 * 86_400);

async fn list(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let example = r#"{"list": "black", "reason": "骚扰", "approver": "王主任", "expires_in_s": 604800}"#;
        let ListBody { list, reason, approver, expires_in_s, expires_unix_ms } = json_of(&body, example)?;
        let black = match list.as_str() {
            "black" => true,
            "grey" => false,
            _ => return Err(wrong(format!("the list is {list:?}"), "list is grey or black")),
        };
        let now = centre.unix_ms();
        let expires = expires_unix_ms
            .or_else(|| expires_in_s.map(|seconds| now.saturating_add(u64::from(seconds) * 1_000)));
        if black && (reason.trim().is_empty() || approver.trim().is_empty() || expires.is_none()) {
            return Err(wrong(
                "the black list asks for a reason, an approver and an expiry",
                &format!("write {example}"),
            ));
        }
        let expires_unix_ms = expires.unwrap_or_else(|| now.saturating_add(GREY_USUALLY.as_millis() as u64));
        if expires_unix_ms <= now {
            return Err(wrong("the expiry is over", "give a moment that is still to come"));
        }
        if expires_unix_ms - now > LISTED_LONGEST.as_millis() as u64 {
            return Err(wrong("the expiry is more than a year away", "a year is the longest"));
        }
        let (reason, approver) = (words_of("reason", &reason)?, words_of("approver", &approver)?);
        Ok(Deed::List { number: number_of(&number)?, black, reason, approver, expires_unix_ms })
    })
    .await
}

async fn unlist(State(centre): State<Shared>, headers: HeaderMap, Path(number): Path<String>) -> Response {
    change(&centre, &headers, || Ok(Deed::Unlist(number_of(&number)?))).await
}

async fn urgent(State(centre): State<Shared>, headers: HeaderMap, Path(number): Path<String>) -> Response {
    change(&centre, &headers, || Ok(Deed::Urgent(number_of(&number)?, true))).await
}

async fn not_urgent(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Urgent(number_of(&number)?, false))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreferBody {
    agent: String,
    alone_s: Option<u32>,
}

async fn prefer(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let PreferBody { agent, alone_s } = json_of(&body, r#"{"agent": "8001", "alone_s": 20}"#)?;
        let alone = alone_s.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(Deed::Prefer(number_of(&number)?, agent, alone))
    })
    .await
}

async fn prefer_nobody(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::PreferNobody(number_of(&number)?))).await
}

async fn change_plan(
    State(centre): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let dry_run = match query.as_deref().unwrap_or_default() {
            "" | "dry_run=false" => false,
            "dry_run=true" => true,
            other => return Err(wrong(format!("the query is {other:?}"), "write ?dry_run=true, or nothing")),
        };
        let text = String::from_utf8(body.to_vec())
            .map_err(|_| wrong("the body is not UTF-8", "send a centre's TOML file as UTF-8"))?;
        let text = (!text.trim().is_empty()).then_some(text);
        Ok(Deed::Plan { text, dry_run })
    })
    .await
}

async fn rollback(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    change(&centre, &headers, || Ok(Deed::Rollback)).await
}

// ── All of them ──────────────────────────────────────────────────────────────────────────────────────────────

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
        Answer::Lists(listed, urgent) => json!({ "listed": listed, "urgent": urgent }),
        Answer::Callbacks(rows) => json!({ "callbacks": rows }),
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
