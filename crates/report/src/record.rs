//! Call records: what is left of a call when it is over, with a segment for each stretch of it.
//!
//! ```text
//!   t0 arrived ── greeting ── t2 queued ── line ───────────────┬── t4 connected ── talk ── t5 ── ended
//!                                            t3 offered ─ ring ┘
//! ```
//!
//! Segments may overlap: a caller keeps his place in the line while an agent's phone rings for him. Each
//! stay in a group's line is one `Line` segment, so the counters of a group can be counted again from the
//! segments alone. Wrap-up is the agent's, not the call's: the record is complete when caller and agent
//! have left, and wrap-up is an [`AgentSpan`](crate::agents::AgentSpan) that names the call.
//!
//! Times are whole milliseconds: the fold rounds down once, so records and counters cannot disagree.

use crate::asked::Asked;
use crate::surveys::Survey;
use acd::{AgentRef, GroupRef, OfferEnd, Turned};
use base::Private;
use call::event::{Outcome, Side};
use call::plan::{FlowRef, LanguageRef, StepRef, StudioRef};
use media::session::Report;
use sip::leg::Origin;
use sip::message::Cause;
use std::fmt;
use std::time::Duration;

/// Segments kept of one call; further ones are left out and [`CallRecord::truncated`] says so.
pub const SEGMENTS_MAX: usize = 64;
/// Of these, as many are kept free of ring segments, so that a phone that rings out for an hour does not
/// push out the lines and the talk.
pub const SEGMENTS_RESERVED: usize = 16;
/// Choices kept of one call; earlier ones are forgotten.
pub const CHOICES_MAX: usize = 8;
/// Audio reports kept of one call.
pub const LEGS_MAX: usize = 16;

/// Name of a record, unique over restarts: number of the run, then number of the call. Later calls of a run
/// have larger ids. Fits a signed 64-bit integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u64);

impl RecordId {
    /// Bits for the number of the call within its run.
    pub const NUMBER_BITS: u32 = 40;
    /// Largest number of a run; larger ones lose their high bits.
    pub const RUN_MAX: u64 = (1 << 23) - 1;

    /// Of the `number`th call of a run.
    #[must_use]
    pub const fn new(run: u64, number: u64) -> Self {
        Self((run & Self::RUN_MAX) << Self::NUMBER_BITS | number & ((1 << Self::NUMBER_BITS) - 1))
    }

    /// The run it belongs to.
    #[must_use]
    pub const fn run(self) -> u64 {
        self.0 >> Self::NUMBER_BITS
    }
}

/// Wall time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub u64);

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A call has begun: what is known at once, so that a record survives a process that dies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Name of the record to come.
    pub id: RecordId,
    /// t0.
    pub arrived: UnixMs,
    /// Where it came from.
    pub origin: Origin,
    /// Caller's number; empty when withheld.
    pub caller: Private,
    /// Called number.
    pub called: String,
    /// SIP Call-ID, to find it in a capture.
    pub call_id: String,
    /// Its way; `None` for a service code or a refused call.
    pub flow: Option<FlowRef>,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// What was known from the start.
    pub opened: Opened,
    /// t1: we answered.
    pub answered_at: Option<UnixMs>,
    /// t2: entered the first line.
    pub queued_at: Option<UnixMs>,
    /// t3: an agent's phone rang first.
    pub offered_at: Option<UnixMs>,
    /// t4: caller and first agent could talk.
    pub connected_at: Option<UnixMs>,
    /// t5: the last agent left.
    pub disconnected_at: Option<UnixMs>,
    /// The call was over.
    pub ended_at: UnixMs,
    /// The one counter in which it landed. A caller who talked with an agent is answered, however it ended.
    pub outcome: Outcome,
    /// Q.850 cause.
    pub cause: Cause,
    /// Who ended it.
    pub by: Side,
    /// Group in whose line he was answered, or else was last.
    pub group: Option<GroupRef>,
    /// First agent who talked with him.
    pub agent: Option<AgentRef>,
    /// Before the line: t2 − t0, or until he left.
    pub greeted: Duration,
    /// t4 − t2 on the original clock; for a caller who was not answered, from t2 until he left the line.
    pub waited: Duration,
    /// Of that wait, while an agent's phone rang; of a call that an agent made, while that of whoever he called did.
    pub rang: Duration,
    /// While at least one agent was with him.
    pub talked: Duration,
    /// How often an agent's phone was rung for him.
    pub offers: u32,
    /// How often he was moved on to another group's line.
    pub moves: u32,
    /// Another group's agents were asked to help while he waited.
    pub helped: bool,
    /// Stretches in the order in which they began, [`SEGMENTS_MAX`] at most.
    pub segments: Vec<Segment>,
    /// Agent who answered for his talk last.
    pub last_agent: Option<AgentRef>,
    /// Of a call whose outcome is answered: what came of the survey after it.
    pub survey: Option<Survey>,
    /// Keys by which he chose his way, the last [`CHOICES_MAX`].
    pub choices: Vec<Choice>,
    /// The language that he chose; `None`: that in which his flow begins.
    pub language: Option<LanguageRef>,
    /// He was sent to this radio studio, the last one if to several.
    pub studio: Option<StudioRef>,
    /// Held there: apart from talks and waits.
    pub standby: Duration,
    /// On air; `None` when he never was.
    pub on_air: Option<Duration>,
    /// More happened than `segments` (or `legs`) keeps.
    pub truncated: bool,
    /// Audio of each leg, in the order in which they ended.
    pub legs: Vec<LegAudio>,
    /// Specialists who were asked, and exchanges with other platforms; [`ASKED_MAX`](crate::asked::ASKED_MAX) at most.
    pub asked: Vec<Asked>,
    /// Number of its case in the case system; empty when none is known.
    pub case: String,
}

impl CallRecord {
    /// The record of a call that has just begun.
    pub(crate) fn of(opened: Opened) -> Self {
        let arrived = opened.arrived;
        Self {
            opened,
            answered_at: None,
            queued_at: None,
            offered_at: None,
            connected_at: None,
            disconnected_at: None,
            ended_at: arrived,
            outcome: Outcome::Lost,
            cause: Cause(0),
            by: Side::System,
            group: None,
            agent: None,
            greeted: Duration::ZERO,
            waited: Duration::ZERO,
            rang: Duration::ZERO,
            talked: Duration::ZERO,
            offers: 0,
            moves: 0,
            helped: false,
            // Greeting, line, ring, talk: the usual call.
            segments: Vec::with_capacity(4),
            last_agent: None,
            survey: None,
            choices: Vec::new(),
            language: None,
            studio: None,
            standby: Duration::ZERO,
            on_air: None,
            truncated: false,
            legs: Vec::with_capacity(2),
            asked: Vec::new(),
            case: String::new(),
        }
    }
}

/// A key by which a caller chose his way: in a menu, or out of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// At which step of his flow.
    pub step: StepRef,
    /// Which key.
    pub key: char,
}

/// One stretch of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it was.
    pub kind: SegmentKind,
    /// Whose line, or for which group the agent was rung or talked.
    pub group: Option<GroupRef>,
    /// The agent who was rung or talked.
    pub agent: Option<AgentRef>,
    /// Began.
    pub from: UnixMs,
    /// Ended.
    pub to: UnixMs,
    /// Line: how long he had waited on the original clock when it ended, other lines before it included.
    /// Zero for other kinds.
    pub waited: Duration,
    /// Why it ended.
    pub end: SegmentEnd,
}

/// What a stretch of a call was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Greeting, notice, menu: before the first line.
    Greeting,
    /// In a group's line.
    Line,
    /// An agent's phone rang.
    Ring,
    /// Caller and agent could talk.
    Talk,
    /// Within it: the caller was on hold.
    Hold,
    /// Within it: the agent asked somebody, or rang him.
    Consult,
    /// Within it: others talked, too.
    Conference,
    /// The caller talked with a number outside, without an agent.
    Outside,
    /// An agent called somebody, whose phone was rung.
    Dial,
    /// The caller was held for a radio studio, with nobody.
    Standby,
    /// Within a talk with a studio's console: it was broadcast.
    OnAir,
}

impl SegmentKind {
    /// Key in records.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Line => "line",
            Self::Ring => "ring",
            Self::Talk => "talk",
            Self::Hold => "hold",
            Self::Consult => "consult",
            Self::Conference => "conference",
            Self::Outside => "outside",
            Self::Dial => "dial",
            Self::Standby => "standby",
            Self::OnAir => "on_air",
        }
    }
}

/// Why a stretch of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentEnd {
    /// Greeting: he entered a line.
    Queued,
    /// Line: an agent took him.
    Connected,
    /// Line: he went on to another group's line.
    MovedOn,
    /// Line: turned away for good.
    TurnedAway(Turned),
    /// Line: he hung up waiting.
    AbandonedInLine,
    /// Line: he hung up while an agent's phone rang.
    AbandonedRinging,
    /// Line: he will be called back.
    CalledBack,
    /// Line: the same party's later call took the place.
    Joined,
    /// Line: lost to us.
    Lost,
    /// Ring: how the offer ended.
    Offer(OfferEnd),
    /// Greeting or talk: who ended it.
    By(Side),
}

impl SegmentEnd {
    /// Key in records.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Connected => "connected",
            Self::MovedOn => "moved_on",
            Self::TurnedAway(why) => crate::words::turned(why),
            Self::AbandonedInLine => "abandoned_in_line",
            Self::AbandonedRinging => "abandoned_ringing",
            Self::CalledBack => "called_back",
            Self::Joined => "joined",
            Self::Lost => "lost",
            Self::Offer(end) => crate::words::offer_end(end),
            Self::By(side) => crate::words::side(side),
        }
    }
}

/// What was measured of one leg's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegAudio {
    /// Whose leg.
    pub side: Side,
    /// Measurements.
    pub report: Report,
}
