//! Radio studios: what their producers see and ask for.

use super::{admit, change, json_of, wrong};
use crate::Shared;
use crate::deed::Deed;
use crate::problem::Problem;
use crate::studio::Page;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use call::CallRef;
use call::show::StudioDo;
use serde::Deserialize;

/// Who is held and who is at the console. As fresh as the board: half a second old at most.
pub(super) async fn look(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Response {
    if let Err(problem) = admit(&centre, &headers) {
        return problem.into_response();
    }
    let board = centre.board();
    match board.studios.iter().find(|studio| studio.key == key) {
        Some(studio) => {
            ([(header::CACHE_CONTROL, "no-store")], Json(Page::of(studio, &board))).into_response()
        }
        None => Problem::new(
            StatusCode::NOT_FOUND,
            &format!("there is no studio {key}; keys are those of the configuration"),
        )
        .into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StudioBody {
    #[serde(rename = "do")]
    what: String,
    call: Option<u64>,
}

pub(super) async fn ask(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let StudioBody { what, call } = json_of(&body, r#"{"do": "pick", "call": 7}"#)?;
        let call = call.map(CallRef::from_bits);
        let what = match (what.as_str(), call) {
            ("open", None) => StudioDo::Open,
            ("close", None) => StudioDo::Close,
            ("pick", Some(call)) => StudioDo::Pick(call),
            ("back", Some(call)) => StudioDo::Back(call),
            ("air", None) => StudioDo::Air,
            ("off_air", None) => StudioDo::OffAir,
            ("return", None) => StudioDo::Return,
            ("pick" | "back", None) => {
                let remedy = r#"add "call": with the number that GET of the same page shows"#;
                return Err(wrong(format!("{what} is for a held caller, and none is named"), remedy));
            }
            ("open" | "close" | "air" | "off_air" | "return", Some(_)) => {
                return Err(wrong(format!("{what} names no call"), "leave out call"));
            }
            _ => {
                return Err(wrong(
                    format!("a studio cannot do {what:?}"),
                    "do is open, pick, air, off_air, return, back or close",
                ));
            }
        };
        Ok(Deed::Studio(key, what))
    })
    .await
}
