//! Talks: what an agent does in his, and who supervises it.

use super::{change, json_of, number_of, words_of, wrong};
use crate::Shared;
use crate::deed::{Deed, TalkDeed, Whom};
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::Private;
use call::call::Supervision;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkBody {
    #[serde(rename = "do")]
    what: String,
    agent: Option<String>,
    group: Option<String>,
    number: Option<String>,
    studio: Option<String>,
    note: Option<String>,
}

pub(super) async fn talk(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let body: TalkBody = json_of(&body, r#"{"do": "consult", "agent": "8002"}"#)?;
        if body.what == "studio" {
            return screen(key, body);
        }
        if body.studio.is_some() || body.note.is_some() {
            return Err(wrong("studio and note are for \"do\": \"studio\"", DEEDS));
        }
        let what = body.what.clone();
        let whom = whom(body)?;
        let deed = match (what.as_str(), whom) {
            ("hold", None) => TalkDeed::Hold,
            ("retrieve", None) => TalkDeed::Retrieve,
            ("alternate", None) => TalkDeed::Alternate,
            ("conference", None) => TalkDeed::Conference,
            ("reconnect", None) => TalkDeed::Reconnect,
            ("transfer", None) => TalkDeed::Transfer,
            ("transfer", Some(whom)) => TalkDeed::TransferTo(whom),
            ("consult", Some(whom)) => TalkDeed::Consult(whom),
            ("consult", None) => return Err(wrong("nobody is named", WHOM)),
            ("hold" | "retrieve" | "alternate" | "conference" | "reconnect", Some(_)) => {
                return Err(wrong(
                    format!("{what} is for who is there"),
                    "leave out agent, group and number",
                ));
            }
            _ => return Err(wrong(format!("an agent cannot do {what:?} in a talk"), DEEDS)),
        };
        Ok(Deed::Talk(key, deed))
    })
    .await
}

const WHOM: &str = r#"name one: "agent": "8002", "group": "enterprise" or "number": "110""#;
const DEEDS: &str = "do is hold, retrieve, consult, alternate, conference, reconnect, transfer or studio";

/// The caller is held for a radio studio.
fn screen(agent: String, body: TalkBody) -> Result<Deed, Problem> {
    if body.agent.is_some() || body.group.is_some() || body.number.is_some() {
        return Err(wrong("a caller who is sent to a studio goes to nobody else", STUDIO));
    }
    let studio = body.studio.ok_or_else(|| wrong("no studio is named", STUDIO))?;
    let note = words_of("the note", &body.note.unwrap_or_default())?;
    Ok(Deed::Screen { agent, studio, note: Private::new(note) })
}

const STUDIO: &str = r#"send {"do": "studio", "studio": "radio", "note": "路灯不亮"}"#;

fn whom(body: TalkBody) -> Result<Option<Whom>, Problem> {
    match (body.agent, body.group, body.number) {
        (None, None, None) => Ok(None),
        (Some(agent), None, None) => Ok(Some(Whom::Agent(agent))),
        (None, Some(group), None) => Ok(Some(Whom::Group(group))),
        (None, None, Some(number)) => Ok(Some(Whom::Number(number_of(&number)?))),
        _ => Err(wrong("several are named", WHOM)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuperviseBody {
    supervisor: String,
    how: String,
}

pub(super) async fn supervise(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(agent): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let SuperviseBody { supervisor, how } = json_of(&body, r#"{"supervisor": "8009", "how": "listen"}"#)?;
        let how = match how.as_str() {
            "listen" => Some(Supervision::Listen),
            "whisper" => Some(Supervision::Whisper),
            "barge" => Some(Supervision::Barge),
            "leave" => None,
            "take_over" => return Ok(Deed::TakeOver { supervisor, agent }),
            _ => {
                return Err(wrong(
                    format!("nobody supervises by {how:?}"),
                    "how is listen, whisper, barge, take_over or leave",
                ));
            }
        };
        Ok(Deed::Supervise { supervisor, agent, how })
    })
    .await
}
