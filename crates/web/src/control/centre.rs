//! The centre: surges, help among sites, lists, open cases, plans.

use super::{change, json_of, number_of, words_of, wrong};
use crate::Shared;
use crate::deed::Deed;
use acd::SurgeMode;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurgeBody {
    mode: String,
}

pub(super) async fn surge(
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

pub(super) async fn help(
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

pub(super) async fn list(
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

pub(super) async fn unlist(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Unlist(number_of(&number)?))).await
}

pub(super) async fn urgent(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Urgent(number_of(&number)?, true))).await
}

pub(super) async fn not_urgent(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Urgent(number_of(&number)?, false))).await
}

pub(super) async fn enlist(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path((list, number)): Path<(String, String)>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Enlist { list, number: number_of(&number)?, on: true })).await
}

pub(super) async fn delist(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path((list, number)): Path<(String, String)>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::Enlist { list, number: number_of(&number)?, on: false })).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreferBody {
    agent: String,
    alone_s: Option<u32>,
}

pub(super) async fn prefer(
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

pub(super) async fn prefer_nobody(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    change(&centre, &headers, || Ok(Deed::PreferNobody(number_of(&number)?))).await
}

pub(super) async fn change_plan(
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

pub(super) async fn rollback(State(centre): State<Shared>, headers: HeaderMap) -> Response {
    change(&centre, &headers, || Ok(Deed::Rollback)).await
}
