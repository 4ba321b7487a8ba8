//! HTTP: what the centre shows to probes, Prometheus and programs, and what people ask of it. Snapshots out, deeds in;
//! nothing here decides anything.
//!
//! ```text
//!   GET /               links, for people               GET /metrics        Prometheus' text format
//!   GET /healthz        the process answers             GET /api/v1/board   the centre at this moment, JSON
//!   GET /readyz         calls can be taken, or why not
//!   everything else below /api/v1 is a deed: `control` has the list
//! ```
//!
//! Figures are read through [`Centre`], which gives what was published last; only a deed waits for the engine, and not
//! for long. What goes wrong is said as a problem object (RFC 9457). Connections are bounded ([`serve`]).
//! Never knows: SIP, RTP, the engine's state, where its figures come from.
//!
//! Reading order: here → [`board`] (the JSON) → [`deed`] → `control`, `why`, `plan` → `problem`, `door`.

pub mod advice;
pub mod board;
mod control;
pub mod deed;
mod door;
mod plan;
mod problem;
pub mod studio;
pub mod talk;
mod why;

pub use deed::{Answer, Deed, Refusal};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base::Private;
use problem::Problem;
use report::Board;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What comes of a deed, in a while.
pub type Acting = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send>>;

/// Where the figures come from, and who does what is asked. Figures come at once, as they were published last.
pub trait Centre: Send + Sync + 'static {
    /// The newest board.
    fn board(&self) -> Arc<Board>;

    /// Why calls cannot be taken; empty when they can.
    fn unready(&self) -> Vec<String>;

    /// All metrics in Prometheus' text format.
    fn metrics(&self) -> String;

    /// What the board shows beside it: callers who wait, and why.
    fn live(&self) -> Arc<board::Live>;

    /// Milliseconds since 1970.
    fn unix_ms(&self) -> u64;

    /// What a change must carry; `None`: nothing.
    fn token(&self) -> Option<&Private>;

    /// Does something, or answers a question that the engine must be asked.
    fn act(&self, deed: Deed, operator: String) -> Acting;
}

/// What the routes share.
pub type Shared = Arc<dyn Centre>;

/// The routes.
pub fn router(centre: Shared) -> Router {
    Router::new()
        .route("/", get(|| async { Html(include_str!("index.html")) }))
        .route("/healthz", get(|| async { fresh("text/plain; charset=utf-8", "ok\n") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/v1/board", get(board))
        .merge(control::routes())
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "no such page; / lists them all") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this page is asked with another method; / lists them all",
            )
        })
        .with_state(centre)
}

/// Serves the routes until the listener fails for good, at most 256 connections at once.
///
/// # Errors
/// When the listener cannot be used at all.
pub async fn serve(listener: tokio::net::TcpListener, centre: Shared) -> std::io::Result<()> {
    axum::serve(door::Door::new(listener), router(centre)).await
}

async fn ready(State(centre): State<Shared>) -> Response {
    let reasons = centre.unready();
    if reasons.is_empty() {
        return fresh("application/json", "{\"ready\":true}\n");
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "calls cannot be taken").because(reasons).into_response()
}

async fn metrics(State(centre): State<Shared>) -> Response {
    fresh("text/plain; version=0.0.4; charset=utf-8", centre.metrics())
}

async fn board(State(centre): State<Shared>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(board::Snapshot::of(&centre.board(), &centre.live())))
        .into_response()
}

/// A page that is out of date as soon as it is sent.
fn fresh(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response()
}
