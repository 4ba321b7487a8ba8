//! Deeds: what people ask of the centre over HTTP, in the configuration's keys; and what comes of it.
//!
//! ```text
//!   request ─control─▶ Deed ─Centre::act─▶ Answer  ─▶ JSON
//!                                     └──▶ Refusal ─▶ problem object
//! ```
//!
//! Never knows: places in the plan, request ids, who answers.

use crate::talk::TalkRow;
use acd::change::Preview;
use acd::explain::{WhyAgent, WhyCaller};
use acd::input::Reason;
use acd::{Priority, SurgeMode};
use base::{Private, Timestamp};
use call::Resolver;
use call::call::Supervision;
use call::case::Case;
use call::show::StudioDo;
use std::time::Duration;

/// What is asked. Groups, agents and sites by key, calls by the number that the board shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Why a caller is not with an agent.
    WhyCaller(u64),
    /// Why an agent has no caller.
    WhyAgent(String),
    /// Who is in an agent's talk, and what is known of the caller's case.
    ViewTalk(String),

    /// Another state for an agent.
    Agent(String, Wish),
    /// A longer wrap-up.
    ExtendWrapUp(String, Duration),
    /// No wrap-up any more; what he asked for in it comes now.
    EndWrapUp(String),
    /// An agent calls somebody: his phone is rung first.
    Dial(String, Whom),
    /// An agent does a group's work so well, or no longer.
    Skill {
        /// Who.
        agent: String,
        /// Which work.
        group: String,
        /// How well; `None`: not.
        level: Option<u8>,
    },

    /// An agent does something with his talk.
    Talk(String, TalkDeed),
    /// A supervisor takes part in an agent's talk, or (`None`) no longer.
    Supervise {
        /// Who.
        supervisor: String,
        /// In whose talk.
        agent: String,
        /// How.
        how: Option<Supervision>,
    },
    /// A supervisor who takes part has the caller from now on.
    TakeOver {
        /// Who.
        supervisor: String,
        /// From whom.
        agent: String,
    },

    /// An agent sends his caller to a radio studio.
    Screen {
        /// Who.
        agent: String,
        /// Where.
        studio: String,
        /// What the studio should know of the caller.
        note: Private,
    },
    /// Something is asked of a studio.
    Studio(String, StudioDo),

    /// Another priority for a caller.
    Prioritize(u64, Priority),
    /// A caller in a line is called back.
    CallBack(u64),
    /// A callback is not wanted any more.
    CancelCallback(u64),
    /// A number is called back.
    CallBackNumber {
        /// As written.
        number: Private,
        /// For which group.
        group: String,
        /// Where it belongs; the first one when left out.
        site: Option<String>,
        /// Its priority.
        priority: Priority,
        /// Not sooner than in so long.
        after: Duration,
    },

    /// Callbacks that are open.
    Callbacks,

    /// A group's surge mode.
    Surge(String, SurgeMode),
    /// A site is helped, or no longer.
    Help(String, bool),

    /// What is on the lists.
    Lists,
    /// A number on a list.
    List {
        /// As written.
        number: Private,
        /// On the black one; else on the grey one.
        black: bool,
        /// Why.
        reason: String,
        /// Who allowed it.
        approver: String,
        /// Till when, in milliseconds since 1970.
        expires_unix_ms: u64,
    },
    /// A number on no list.
    Unlist(Private),
    /// A number has an open urgent case, or no longer.
    Urgent(Private, bool),

    /// A number on one of the lists that flows look into, or no longer; the numbers of a list's file are on it again at
    /// the next start.
    Enlist {
        /// Which list.
        list: String,
        /// As written.
        number: Private,
        /// On it, or no longer.
        on: bool,
    },

    /// The agent of a number's open case: it gets him when it calls, and nobody else for so long (`None`: nobody else
    /// at all).
    Prefer(Private, String, Option<Duration>),
    /// A number has no such agent any more.
    PreferNobody(Private),

    /// An agent says what came of the call in which he talks, or talked last.
    Dispose {
        /// Who.
        agent: String,
        /// What.
        result: String,
        /// Who resolved it.
        by: Resolver,
    },
    /// What came of a call that is over is entered, by the number of its record.
    DisposeRecord {
        /// Its record.
        call: u64,
        /// What.
        result: String,
        /// Who resolved it.
        by: Resolver,
    },
    /// Talks of an agent of the last hour of which nobody has said what came of them.
    Undisposed(String),

    /// Another thing is kept of a talk that is recorded.
    Recording(Talk, Taping),
    /// What was recorded.
    Recordings(RecordingQuery),
    /// A recording must not be deleted, because of this; `None`: no longer.
    Hold(u64, Option<String>),

    /// A changed plan.
    Plan {
        /// The configuration; `None`: the file that the centre was started with, read again.
        text: Option<String>,
        /// Only show what would change.
        dry_run: bool,
    },
    /// The plan before the one in force.
    Rollback,
    /// All plans that were in force.
    PlanHistory,
    /// The last deeds.
    Audit,
}

impl Deed {
    /// Whether it changes something.
    #[must_use]
    pub const fn changes(&self) -> bool {
        !matches!(
            self,
            Self::WhyCaller(_)
                | Self::WhyAgent(_)
                | Self::ViewTalk(_)
                | Self::Lists
                | Self::Callbacks
                | Self::Recordings(_)
                | Self::Undisposed(_)
                | Self::PlanHistory
                | Self::Audit
                | Self::Plan { dry_run: true, .. }
        )
    }
}

/// Whom an agent asks, or hands his caller to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// An agent.
    Agent(String),
    /// A group: its agent who is idle longest, or for a transfer its line.
    Group(String),
    /// A number outside, as written.
    Number(Private),
    /// Specialists, or another platform and why.
    Roster(String, Option<String>),
}

/// What an agent does with his talk (`call::request::Control`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as there")]
pub enum TalkDeed {
    Hold,
    Retrieve,
    Consult(Whom),
    Alternate,
    Conference,
    Reconnect,
    Transfer,
    TransferTo(Whom),
    Case(Case),
    /// The case first, then this.
    WithCase(Case, Box<TalkDeed>),
    Survey,
}

/// Whose talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Talk {
    /// The one in which an agent is.
    OfAgent(String),
    /// A caller's.
    OfCaller(u64),
}

/// What is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taping {
    /// All.
    Resume,
    /// Nothing.
    Pause,
    /// Nothing: a tone stands in its place.
    Mask,
}

/// Which recordings; what is `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the query's own words")]
pub struct RecordingQuery {
    pub call: Option<u64>,
    pub agent: Option<String>,
    pub group: Option<String>,
    /// As written.
    pub number: Option<Private>,
    pub from_unix_ms: Option<u64>,
    pub to_unix_ms: Option<u64>,
    pub held: Option<bool>,
    pub on_air: Option<bool>,
}

/// What an agent shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Sign in.
    SignIn,
    /// Sign out.
    SignOut,
    /// Be ready.
    Ready,
    /// Be not ready.
    NotReady(Reason),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so now.
    Done,
    /// Why a caller is not with an agent, at this moment.
    WhyCaller(Box<WhyCaller>, Timestamp),
    /// Why an agent has no caller, at this moment.
    WhyAgent(Box<WhyAgent>, Timestamp),
    /// An agent's talk, at this moment.
    Talk(Box<TalkRow>),
    /// Numbers on lists, and numbers with urgent cases.
    Lists(Vec<ListedNumber>, Vec<String>),
    /// Callbacks that are open, the oldest first.
    Callbacks(Vec<CallbackRow>),
    /// Talks without a disposition, newest first.
    Undisposed(Vec<UndisposedRow>),
    /// Recordings, newest first, as JSON.
    Recordings(Vec<serde_json::Value>),
    /// What a plan does, or would do.
    Plan(Box<PlanAnswer>),
    /// Plans, newest first.
    History(Vec<PlanRow>),
    /// Deeds, newest first.
    Audit(Vec<AuditRow>),
}

/// A number on a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the JSON's own words")]
pub struct ListedNumber {
    pub number: String,
    pub list: &'static str,
    pub reason: String,
    pub approver: String,
    pub operator: String,
    pub since_unix_ms: u64,
    pub expires_unix_ms: u64,
}

/// A callback that is open.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the JSON's own words")]
pub struct CallbackRow {
    /// The call from which it came: `DELETE /api/v1/callers/{call}/callback` takes it back.
    pub call: u64,
    pub number: String,
    pub group: String,
    pub missed: bool,
    pub since_unix_ms: u64,
    pub not_before_unix_ms: u64,
}

/// A talk of which nobody has said what came of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the JSON's own words")]
pub struct UndisposedRow {
    /// Its record: `POST /api/v1/calls/{call}/disposition` says it.
    pub call: u64,
    pub arrived_unix_ms: u64,
    pub ended_unix_ms: u64,
    pub number: String,
    pub group: Option<String>,
    pub talked_ms: u64,
}

/// What a plan does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanAnswer {
    /// It is in force, as this version.
    pub version: Option<u64>,
    /// For whom it changes what; of a plan that is in force: as it was when it came into force.
    pub preview: Preview,
    /// What in it needs a restart; a plan with any of it is not applied.
    pub restart: Vec<String>,
    /// What is allowed in the file but odd.
    pub warnings: Vec<String>,
    /// Keys of the groups and agents of the changed plan.
    pub groups: Vec<String>,
    /// The same of agents.
    pub agents: Vec<String>,
}

/// A plan that was in force.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the JSON's own words")]
pub struct PlanRow {
    pub version: u64,
    /// The version whose text it is.
    pub origin: u64,
    pub since_unix_ms: u64,
    pub operator: String,
    /// The configuration, passwords blotted out.
    pub text: String,
}

/// A deed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the JSON's own words")]
pub struct AuditRow {
    pub unix_ms: u64,
    pub operator: String,
    pub deed: String,
    pub outcome: String,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such agent, group, site or call.
    Unknown(String),
    /// What is asked cannot be understood; each with what would be right.
    Wrong(String, Vec<String>),
    /// It cannot be now.
    Cannot(String, Vec<String>),
    /// Too many requests wait.
    Full,
    /// The engine has not answered in time; whether it will is open.
    Late,
    /// It was done, or would have been, and cannot be kept over a restart.
    NotKept(String),
}
