//! Rows: what the tables need of a call and of an agent's day, as the records keep them.
//!
//! Words of the records come in as text and are read here once ([`Outcome`] and the ends of stretches); a word that
//! this version does not know is kept as unknown, counted so that the sums stay whole, and told in a note.

use crate::disposals::Given;
use crate::record::{RecordId, UnixMs};
use crate::surveys::Survey;
use crate::words;
use acd::OfferEnd;
use acd::Turned;
use base::Private;
use call::event::Outcome;

/// Number under which the records know a name: of a group, an agent, a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub i64);

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub id: RecordId,
    /// t0.
    pub arrived: UnixMs,
    /// t2: entered the first line.
    pub queued: Option<UnixMs>,
    /// It was over; `None` while it is in progress.
    pub ended: Option<UnixMs>,
    /// Caller's number as kept.
    pub caller: Private,
    /// Its hash; 0 when withheld.
    pub caller_hash: i64,
    /// What became of it.
    pub fate: Fate,
    /// Group that answered him, or in whose line he was last.
    pub group: Option<NameId>,
    /// First agent who talked with him.
    pub agent: Option<NameId>,
    /// Trunk that brought him; `None` for an agent's phone.
    pub trunk: Option<NameId>,
    /// Before the line, in milliseconds.
    pub greeted_ms: u64,
    /// In the line.
    pub waited_ms: u64,
    /// Of that, while a phone rang.
    pub rang_ms: u64,
    /// While at least one agent was with him.
    pub talked_ms: u64,
    /// Agent who answered for his talk last; `None` in records of earlier versions, too.
    pub last_agent: Option<NameId>,
    /// What came of the survey after it; `None` in records of earlier versions, too.
    pub survey: Option<Survey>,
    /// What came of it, as an agent said; a place in [`Setup::results`](super::Setup).
    pub disposed: Option<Given>,
    /// Keys by which he chose his way, and his language, for people: `choose:8 en`.
    pub way: String,
    /// More happened than the stretches tell.
    pub truncated: bool,
    /// Stretches, in the order in which they began.
    pub stretches: Vec<Stretch>,
    /// The same number called again soon after he had hung up; set by [`Again`](super::Again).
    pub redialled: bool,
    /// The same number had called within a day before; set by [`Again`](super::Again).
    pub repeat: bool,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// In progress.
    Open,
    /// Over.
    Over(Outcome),
    /// Over, in a way that this version does not know.
    Unknown,
}

impl Fate {
    /// From the word in the records; `None` while in progress.
    #[must_use]
    pub fn of(key: Option<&str>) -> Self {
        match key {
            None => Self::Open,
            Some(key) => words::outcome_of(key).map_or(Self::Unknown, Self::Over),
        }
    }
}

impl Call {
    /// An agent made it, to a number outside or to another agent: no caller's call.
    #[must_use]
    pub const fn is_made(&self) -> bool {
        matches!(self.fate, Fate::Over(Outcome::Outgoing | Outcome::Internal))
    }
}

/// A stretch of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// What it was.
    pub kind: Kind,
    /// For which group.
    pub group: Option<NameId>,
    /// With which agent.
    pub agent: Option<NameId>,
    /// Began.
    pub from: UnixMs,
    /// Ended.
    pub to: UnixMs,
    /// Line: wait on the original clock when it ended, in milliseconds.
    pub waited_ms: u64,
    /// How it ended.
    pub end: End,
}

impl Stretch {
    /// Its length.
    #[must_use]
    pub const fn millis(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// Whether both were going on at some moment.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.from.0 < other.to.0 && other.from.0 < self.to.0
    }
}

/// What a stretch was. Hold and consult lie within a talk: the agent is busy with the call all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Before the first line.
    Greeting,
    /// In a group's line.
    Line,
    /// An agent's phone rang.
    Ring,
    /// Caller and agent could talk.
    Talk,
    /// The caller was on hold.
    Hold,
    /// The agent asked somebody else meanwhile.
    Consult,
    /// More than two talked.
    Conference,
    /// With a number outside, and no agent.
    Outside,
    /// An agent called somebody, whose phone was rung.
    Dial,
    /// Held for a radio studio.
    Standby,
    /// Broadcast, within a talk.
    OnAir,
    /// Something that this version does not know; it adds nothing.
    Unknown,
}

impl Kind {
    /// From the word in the records.
    #[must_use]
    pub fn of(key: &str) -> Self {
        match key {
            "greeting" => Self::Greeting,
            "line" => Self::Line,
            "ring" => Self::Ring,
            "talk" => Self::Talk,
            "hold" => Self::Hold,
            "consult" => Self::Consult,
            "conference" => Self::Conference,
            "outside" => Self::Outside,
            "dial" => Self::Dial,
            "standby" => Self::Standby,
            "on_air" => Self::OnAir,
            _ => Self::Unknown,
        }
    }
}

/// How a stretch ended, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Line: an agent took him.
    Connected,
    /// Line: on to another group's line.
    MovedOn,
    /// Line: he hung up waiting.
    AbandonedInLine,
    /// Line: he hung up while a phone rang.
    AbandonedRinging,
    /// Line: turned away.
    TurnedAway(Turned),
    /// Line: he will be called back.
    CalledBack,
    /// Line: the same party's later call took the place.
    Joined,
    /// Line: lost to us.
    Lost,
    /// Ring: how the offer ended.
    Offer(OfferEnd),
    /// Something else, which decides no counter.
    Other,
    /// A line or ring that ended in a way that this version does not know.
    Unknown,
}

impl End {
    /// From the words in the records.
    #[must_use]
    pub fn of(kind: Kind, key: &str) -> Self {
        match kind {
            Kind::Line => match key {
                "connected" => Self::Connected,
                "moved_on" => Self::MovedOn,
                "called_back" => Self::CalledBack,
                "joined" => Self::Joined,
                "abandoned_in_line" => Self::AbandonedInLine,
                "abandoned_ringing" => Self::AbandonedRinging,
                "lost" => Self::Lost,
                _ => words::turned_of(key).map_or(Self::Unknown, Self::TurnedAway),
            },
            Kind::Ring => words::offer_end_of(key).map_or(Self::Unknown, Self::Offer),
            _ => Self::Other,
        }
    }
}

/// A stretch of an agent's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentTime {
    /// Who.
    pub agent: NameId,
    /// What.
    pub kind: TimeKind,
    /// Wrap-up: of the group for which he had talked.
    pub group: Option<NameId>,
    /// Wrap-up: after which call.
    pub call: Option<RecordId>,
    /// Began.
    pub from: UnixMs,
    /// Ended.
    pub to: UnixMs,
}

/// What an agent's stretch was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// From sign-in to sign-out.
    SignedIn,
    /// Not ready, for any reason.
    NotReady,
    /// Wrap-up.
    WrapUp,
    /// Something that this version does not know; it adds nothing.
    Unknown,
}

impl TimeKind {
    /// From the word in the records.
    #[must_use]
    pub fn of(key: &str) -> Self {
        match key {
            "signed_in" => Self::SignedIn,
            "not_ready" => Self::NotReady,
            "wrap_up" => Self::WrapUp,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_is_written_is_read_again() {
        for turned in words::TURNED {
            assert_eq!(End::of(Kind::Line, words::turned(turned)), End::TurnedAway(turned));
            let outcome = Outcome::TurnedAway(turned);
            assert_eq!(Fate::of(Some(words::outcome(outcome))), Fate::Over(outcome));
        }
        for (end, _) in crate::counters::Offers::default().ends() {
            assert_eq!(End::of(Kind::Ring, words::offer_end(end)), End::Offer(end));
        }
        assert_eq!(Fate::of(Some("answered")), Fate::Over(Outcome::Answered));
        assert_eq!(Fate::of(Some("teleported")), Fate::Unknown);
        assert_eq!(End::of(Kind::Line, "teleported"), End::Unknown);
        assert_eq!(Kind::of("hologram"), Kind::Unknown);
        assert_eq!(Fate::of(None), Fate::Open);
    }
}
