//! Radio studios as JSON: a line of the board for each, and the page of one for its producer.
//!
//! The board tells how many are there; who they are, with what the screener wrote, is on the studio's own page, which
//! asks for the token. Numbers are masked on both.

use base::Timestamp;
use report::Board;
use report::studios::{StudioBoard, StudioCaller, StudioCounts, StudioPlace};
use serde::Serialize;
use std::time::Duration;

/// One studio on the board.
#[derive(Serialize)]
pub struct Studio {
    /// Key.
    pub key: String,
    /// Name on screens.
    pub title: String,
    /// A show is on.
    pub open: bool,
    /// How long it has been on; `null` while none is.
    pub open_ms: Option<u64>,
    /// Number of the show, or of the last one, since the start; 0 before the first.
    pub show: u32,
    /// Callers who are held.
    pub held: usize,
    /// A caller is at the console.
    pub at_console: bool,
    /// He is on air.
    pub on_air: bool,
    /// Of this show, or of the last one.
    pub this_show: Counts,
    /// Since the start.
    pub total: Counts,
}

/// What happened in a show, or in a studio.
#[derive(Serialize)]
#[allow(missing_docs, reason = "as in `report::studios::StudioCounts`")]
pub struct Counts {
    pub shows: u64,
    pub screened: u64,
    pub picked: u64,
    pub taken: u64,
    pub aired: u64,
    pub gone_while_held: u64,
    pub sent_back: u64,
    pub on_air_ms: u64,
    pub held_ms: u64,
}

/// A studio's own page.
#[derive(Serialize)]
pub struct Page {
    /// As on the board.
    #[serde(flatten)]
    pub studio: Studio,
    /// Callers who are held, in the order in which they were sent.
    pub held_callers: Vec<Caller>,
    /// Who is at the console.
    pub console: Option<Caller>,
}

/// A caller in a studio.
#[derive(Serialize)]
pub struct Caller {
    /// His call: `{"do": "pick", "call": …}`.
    pub call: u64,
    /// His number in the show.
    pub number: u32,
    /// His telephone number, masked.
    pub caller: String,
    /// What the screener wrote.
    pub note: String,
    /// Who sent him.
    pub screener: String,
    /// How long ago that was.
    pub sent_ago_ms: u64,
    /// Since when: he is held, or at the console.
    pub since_ms: u64,
    /// The console is being rung with him.
    pub ringing: bool,
    /// How long he has been on air this time; `null` while he is not.
    pub on_air_ms: Option<u64>,
}

impl Studio {
    pub(crate) fn of(studio: &StudioBoard, board: &Board) -> Self {
        let console = studio.at_console();
        Self {
            key: studio.key.clone(),
            title: studio.title.clone(),
            open: studio.open.is_some(),
            open_ms: studio.open.map(|since| ago(board, since)),
            show: studio.show,
            held: studio.held().count(),
            at_console: console.is_some(),
            on_air: console.is_some_and(|caller| caller.on_air.is_some()),
            this_show: Counts::of(&studio.counts),
            total: Counts::of(&studio.total),
        }
    }
}

impl Counts {
    fn of(counts: &StudioCounts) -> Self {
        Self {
            shows: counts.shows,
            screened: counts.screened,
            picked: counts.picked,
            taken: counts.taken,
            aired: counts.aired,
            gone_while_held: counts.gone,
            sent_back: counts.sent_back,
            on_air_ms: ms(counts.on_air),
            held_ms: ms(counts.held),
        }
    }
}

impl Page {
    pub(crate) fn of(studio: &StudioBoard, board: &Board) -> Self {
        Self {
            held_callers: studio.held().map(|caller| Caller::of(caller, board)).collect(),
            console: studio.at_console().map(|caller| Caller::of(caller, board)),
            studio: Studio::of(studio, board),
        }
    }
}

impl Caller {
    fn of(caller: &StudioCaller, board: &Board) -> Self {
        Self {
            call: caller.call,
            number: caller.number,
            caller: caller.caller.to_string(),
            note: caller.note.reveal().clone(),
            screener: caller.screener.clone(),
            sent_ago_ms: ago(board, caller.sent),
            since_ms: ago(board, caller.since),
            ringing: caller.place == StudioPlace::Picked,
            on_air_ms: caller.on_air.map(|since| ago(board, since)),
        }
    }
}

fn ago(board: &Board, since: Timestamp) -> u64 {
    ms(board.taken_at.since(since))
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
