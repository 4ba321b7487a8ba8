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
use call::case::Case;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkBody {
    #[serde(rename = "do")]
    what: String,
    agent: Option<String>,
    group: Option<String>,
    number: Option<String>,
    specialists: Option<String>,
    liaison: Option<String>,
    reason: Option<String>,
    case: Option<CaseBody>,
    studio: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseBody {
    #[serde(default)]
    id: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
}

impl From<CaseBody> for Case {
    fn from(CaseBody { id, place, text, url }: CaseBody) -> Self {
        Self { id, place: Private::new(place), text: Private::new(text), url, reason: String::new() }
    }
}

pub(super) async fn talk(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let mut body: TalkBody = json_of(&body, r#"{"do": "consult", "agent": "8002"}"#)?;
        if body.what == "studio" {
            return screen(key, body);
        }
        if body.studio.is_some() || body.note.is_some() {
            return Err(wrong("studio and note are for \"do\": \"studio\"", DEEDS));
        }
        let what = body.what.clone();
        let case = body.case.take().map(Case::from);
        let whom = whom(body)?;
        let deed = match (what.as_str(), whom) {
            ("hold", None) => TalkDeed::Hold,
            ("retrieve", None) => TalkDeed::Retrieve,
            ("alternate", None) => TalkDeed::Alternate,
            ("conference", None) => TalkDeed::Conference,
            ("reconnect", None) => TalkDeed::Reconnect,
            ("transfer", None) => TalkDeed::Transfer,
            ("survey", None) => TalkDeed::Survey,
            ("transfer", Some(whom)) => TalkDeed::TransferTo(whom),
            ("consult", Some(whom)) => TalkDeed::Consult(whom),
            ("case", None) => match case {
                Some(case) => return Ok(Deed::Talk(key, TalkDeed::Case(case))),
                None => return Err(wrong("nothing is said of the case", CASE)),
            },
            ("consult", None) => return Err(wrong("nobody is named", WHOM)),
            ("hold" | "retrieve" | "alternate" | "conference" | "reconnect" | "survey" | "case", Some(_)) => {
                return Err(wrong(
                    format!("{what} is for who is there"),
                    "leave out agent, group, number, specialists and liaison",
                ));
            }
            _ => return Err(wrong(format!("an agent cannot do {what:?} in a talk"), DEEDS)),
        };
        Ok(match case {
            Some(case) => Deed::Talk(key, TalkDeed::WithCase(case, deed.into())),
            None => Deed::Talk(key, deed),
        })
    })
    .await
}

const WHOM: &str = r#"name one: "agent": "8002", "group": "enterprise", "number": "110", "specialists": "tax" or "liaison": "police""#;
const CASE: &str = r#"write "case": {"id": "SQ-17", "place": "…", "text": "…", "url": "https://…"}"#;
const DEEDS: &str =
    "do is hold, retrieve, consult, alternate, conference, reconnect, transfer, survey, case or studio";

/// The caller is held for a radio studio.
fn screen(agent: String, body: TalkBody) -> Result<Deed, Problem> {
    let (studio, note, case) = (body.studio.clone(), body.note.clone(), body.case.is_some());
    if case || whom(body)?.is_some() {
        return Err(wrong("a caller who is sent to a studio goes to nobody else", STUDIO));
    }
    let studio = studio.ok_or_else(|| wrong("no studio is named", STUDIO))?;
    let note = words_of("the note", &note.unwrap_or_default())?;
    Ok(Deed::Screen { agent, studio, note: Private::new(note) })
}

const STUDIO: &str = r#"send {"do": "studio", "studio": "radio", "note": "路灯不亮"}"#;

fn whom(body: TalkBody) -> Result<Option<Whom>, Problem> {
    let TalkBody { agent, group, number, specialists, liaison, reason, .. } = body;
    if reason.is_some() && liaison.is_none() {
        return Err(wrong("a reason is for another platform", WHOM));
    }
    let named = [
        agent.map(|key| Ok(Whom::Agent(key))),
        group.map(|key| Ok(Whom::Group(key))),
        number.map(|number| number_of(&number).map(Whom::Number)),
        specialists.map(|key| Ok(Whom::Roster(key, None))),
        liaison.map(|key| Ok(Whom::Roster(key, reason))),
    ];
    let mut named = named.into_iter().flatten();
    match (named.next(), named.next()) {
        (whom, None) => whom.transpose(),
        _ => Err(wrong("several are named", WHOM)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DialBody {
    agent: Option<String>,
    group: Option<String>,
    number: Option<String>,
}

pub(super) async fn dial(
    State(centre): State<Shared>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    change(&centre, &headers, || {
        let DialBody { agent, group, number } = json_of(&body, r#"{"number": "13800000000"}"#)?;
        let whom = whom(TalkBody { agent, group, number, ..TalkBody::default() })?;
        Ok(Deed::Dial(key, whom.ok_or_else(|| wrong("nobody is named", WHOM))?))
    })
    .await
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
