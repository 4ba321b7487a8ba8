//! Words of the engine's vocabulary: how each value that an input or event carries is written.
//!
//! Numbers given here are part of the format and never change; a new variant takes the next one.

use super::bytes::{Cursor, Pen, Word};
use super::fault::Fault;
use acd::input::Reason;
use acd::{AgentRef, AgentState, CallbackEnd, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Handle, Private};
use call::Resolver;
use call::call::{Because, Part, Supervision, With};
use call::case::{self, Case};
use call::event::{CallRef, Exchange, GuestStep, Outcome, Phase, RosterStep, Side, Verdict};
use call::plan::{DispositionRef, FlowRef, LanguageRef, ListRef, StepRef};
use call::request::{Control, RequestId, Whom, Whose};
use call::roster::{PersonRef, ReasonRef, RosterRef};
use call::show::{Exit, StudioDo, StudioRef, StudioStep};
use media::session::{ClipRef, Keeps, Party, RecordingRef, Report, SessionRef};
use sip::leg::{AorLoss, AorRef, Invited, LegRef, Origin, Refer, ReleasedBy, Transport, TrunkRef};
use sip::message::Cause;

/// Positions in the plan.
macro_rules! index {
    ($($type:ident),+) => { $(
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                pen.number(self.0.into());
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                u32::take(from).map(Self)
            }
        }
    )+ };
}
index!(AgentRef, AorRef, ClipRef, DispositionRef, FlowRef, GroupRef, LanguageRef, ListRef);
index!(PersonRef, ReasonRef, RosterRef, StepRef, StudioRef, TrunkRef);

/// Generational handles: slot and generation by themselves, because both are small.
macro_rules! handle {
    ($($type:ident),+) => { $(
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                pen.number(self.index().into());
                pen.number(self.generation().into());
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                Ok(Self::from_parts(u32::take(from)?, u32::take(from)?))
            }
        }
    )+ };
}
handle!(CallRef, OfferRef, RecordingRef, RequestId, SessionRef);

/// Enumerations without values.
macro_rules! words {
    ($type:ty, $what:literal, { $($number:literal => $variant:ident),+ $(,)? }) => {
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                pen.byte(match self { $(Self::$variant => $number,)+ });
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                match from.byte()? {
                    $($number => Ok(Self::$variant),)+
                    other => Err(Fault::Unknown { what: $what, value: other.into() }),
                }
            }
        }
    };
}
words!(Transport, "transport", { 0 => Udp, 1 => Tcp, 2 => Tls, 3 => Ws, 4 => Wss });
words!(ReleasedBy, "side that released", { 0 => Peer, 1 => Us, 2 => Timeout });
words!(AorLoss, "loss of a phone", { 0 => Expired, 1 => Unregistered, 2 => Unreachable });
words!(Side, "side", { 0 => Caller, 1 => Agent, 2 => System, 3 => Guest });
words!(Exchange, "exchange with another platform", { 0 => Out, 1 => In });
words!(Phase, "phase of a talk", { 0 => Talk, 1 => Hold, 2 => Consult, 3 => Conference });
words!(Keeps, "what a recording keeps", { 0 => Speech, 1 => Silence, 2 => Tone });
words!(Resolver, "who resolved a call", { 0 => Agent, 1 => Specialist });
words!(Supervision, "supervision", { 0 => Listen, 1 => Whisper, 2 => Barge });
words!(OfferEnd, "end of an offer", { 0 => Accepted, 1 => RangOut, 2 => Declined, 3 => CallerGone, 4 => AgentGone, 5 => TakenElsewhere });
words!(Turned, "reason to turn away", { 0 => LineFull, 1 => WaitedTooLong, 2 => NobodySignedIn, 3 => Closed, 4 => Surge, 5 => Blocked });
words!(CallbackEnd, "end of a callback", { 0 => Reached, 1 => CalledAgain, 2 => Merged, 3 => GivenUp, 4 => Cancelled });
words!(Exit, "way out of a studio", { 0 => Ended, 1 => SentBack, 2 => TooLong, 3 => Closed, 4 => HandedOn });
words!(Reason, "reason", {
    0 => SignedIn, 1 => Rest, 2 => Meal, 3 => Meeting, 4 => Coaching, 5 => Training, 6 => Busy,
    7 => RingNoAnswer, 8 => Declined, 9 => PhoneLost, 10 => Forced, 11 => Study,
});

/// Plain records: field after field. What came to a record later stands in a kind of input of its own.
macro_rules! record {
    ($type:ident { $($field:ident),+ $(,)? } $(without { $($later:ident: $none:expr),+ })?) => {
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                let Self { $($field),+ $($(, $later: _)+)? } = self;
                $($field.put(pen);)+
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                $(let $field = Word::take(from)?;)+
                Ok(Self { $($field),+ $($(, $later: $none)+)? })
            }
        }
    };
}
record!(Invited {
    origin,
    called,
    caller,
    caller_name,
    diverted_from,
    call_id,
    offer,
    local,
    peer,
    transport,
    nated,
} without { replaces: None, carried: Vec::new() });
record!(Refer { to, replaces, referred_by });
record!(Report {
    packets_received,
    packets_sent,
    lost,
    lost_remote,
    jitter,
    jitter_max,
    round_trip,
    strangers,
});

/// What stands in a box is written like what does not.
macro_rules! boxed {
    ($($type:ident),+) => { $(
        impl Word for Box<$type> {
            fn put(&self, pen: &mut Pen<'_>) {
                $type::put(self, pen);
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                $type::take(from).map(Self::new)
            }
        }
    )+ };
}
record!(Case { id, place, text, url, reason });
boxed!(Invited, Refer, Case);

/// Who minted it is the lowest bit here, so that the number stays small.
impl Word for LegRef {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(self.0.rotate_left(1));
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.number().map(|number| Self(number.rotate_right(1)))
    }
}

impl Word for Cause {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.byte(self.0);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.byte().map(Self)
    }
}

impl Word for Party {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.byte(self.0);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.byte().map(Self)
    }
}

impl Word for Origin {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Trunk(trunk) => {
                pen.byte(0);
                trunk.put(pen);
            }
            Self::Aor(aor) => {
                pen.byte(1);
                aor.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => TrunkRef::take(from).map(Self::Trunk),
            1 => AorRef::take(from).map(Self::Aor),
            other => Err(Fault::Unknown { what: "origin", value: other.into() }),
        }
    }
}

impl Word for Whose {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Call(call) => {
                pen.byte(0);
                call.put(pen);
            }
            Self::Agent(agent) => {
                pen.byte(1);
                agent.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => CallRef::take(from).map(Self::Call),
            1 => AgentRef::take(from).map(Self::Agent),
            other => Err(Fault::Unknown { what: "whose talk", value: other.into() }),
        }
    }
}

impl Word for Whom {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Agent(agent) => {
                pen.byte(0);
                agent.put(pen);
            }
            Self::Group(group) => {
                pen.byte(1);
                group.put(pen);
            }
            Self::Number(number) => {
                pen.byte(2);
                number.put(pen);
            }
            Self::Roster(roster, reason) => {
                pen.byte(3);
                roster.put(pen);
                reason.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => Word::take(from).map(Self::Agent),
            1 => Word::take(from).map(Self::Group),
            2 => Word::take(from).map(Self::Number),
            3 => Ok(Self::Roster(Word::take(from)?, Word::take(from)?)),
            other => Err(Fault::Unknown { what: "whom", value: other.into() }),
        }
    }
}

impl Word for Control {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Hold => pen.byte(0),
            Self::Retrieve => pen.byte(1),
            Self::Consult(whom) => {
                pen.byte(2);
                whom.put(pen);
            }
            Self::Alternate => pen.byte(3),
            Self::Conference => pen.byte(4),
            Self::Reconnect => pen.byte(5),
            Self::Transfer => pen.byte(6),
            Self::TransferTo(whom) => {
                pen.byte(7);
                whom.put(pen);
            }
            Self::Case(case) => {
                pen.byte(8);
                case.put(pen);
            }
            Self::Survey => pen.byte(0x80),
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok(match from.byte()? {
            0 => Self::Hold,
            1 => Self::Retrieve,
            2 => Self::Consult(Word::take(from)?),
            3 => Self::Alternate,
            4 => Self::Conference,
            5 => Self::Reconnect,
            6 => Self::Transfer,
            7 => Self::TransferTo(Word::take(from)?),
            8 => Self::Case(Word::take(from)?),
            0x80 => Self::Survey,
            other => return Err(Fault::Unknown { what: "deed in a talk", value: other.into() }),
        })
    }
}

impl Word for StudioDo {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Open => pen.byte(0),
            Self::Close => pen.byte(1),
            Self::Pick(call) => {
                pen.byte(2);
                call.put(pen);
            }
            Self::Air => pen.byte(3),
            Self::OffAir => pen.byte(4),
            Self::Return => pen.byte(5),
            Self::Back(call) => {
                pen.byte(6);
                call.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok(match from.byte()? {
            0 => Self::Open,
            1 => Self::Close,
            2 => Self::Pick(Word::take(from)?),
            3 => Self::Air,
            4 => Self::OffAir,
            5 => Self::Return,
            6 => Self::Back(Word::take(from)?),
            other => return Err(Fault::Unknown { what: "deed in a studio", value: other.into() }),
        })
    }
}

/// In events only.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table of events")]
pub(super) fn put_studio_step(step: &StudioStep, pen: &mut Pen<'_>) {
    match step {
        StudioStep::Picked => pen.byte(0),
        StudioStep::AtConsole => pen.byte(1),
        StudioStep::Held => pen.byte(2),
        StudioStep::Left(exit) => {
            pen.byte(3);
            exit.put(pen);
        }
    }
}

/// In events only.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table of events")]
pub(super) fn put_with(with: &With, pen: &mut Pen<'_>) {
    match with {
        With::Agent(agent) => {
            pen.byte(0);
            agent.put(pen);
        }
        With::Outside(trunk, Because::Asked) => {
            pen.byte(1);
            trunk.put(pen);
        }
        With::Outside(trunk, Because::TurnedAway(why)) => {
            pen.byte(2);
            trunk.put(pen);
            why.put(pen);
        }
        With::Outside(trunk, Because::OnRoster(roster, person)) => {
            pen.byte(3);
            trunk.put(pen);
            roster.put(pen);
            person.put(pen);
        }
    }
}

/// In events only.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table of events")]
pub(super) fn put_step(step: &GuestStep, pen: &mut Pen<'_>) {
    match step {
        GuestStep::Rung(Part::Consulted { held }) => {
            pen.byte(0);
            held.put(pen);
        }
        GuestStep::Rung(Part::Supervisor(how)) => {
            pen.byte(1);
            how.put(pen);
        }
        GuestStep::Answered => pen.byte(2),
        GuestStep::Supervises(how) => {
            pen.byte(3);
            how.put(pen);
        }
        GuestStep::TookOver => pen.byte(4),
        GuestStep::Left => pen.byte(5),
        GuestStep::SecondLine => pen.byte(6),
        GuestStep::OtherPhone => pen.byte(7),
    }
}

/// In events only.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table of events")]
pub(super) fn put_roster_step(step: &RosterStep, pen: &mut Pen<'_>) {
    let (kind, person) = match step {
        RosterStep::Asked => (0, None),
        RosterStep::Rung(person) => (1, Some(person)),
        RosterStep::Answered(person) => (2, Some(person)),
        RosterStep::TookOver(person) => (3, Some(person)),
        RosterStep::Left(person) => (4, Some(person)),
        RosterStep::Nobody => (5, None),
        RosterStep::CalledOff => (6, None),
    };
    pen.byte(kind);
    person.copied().put(pen);
}

/// Headers that were handed on. What they say of a person is written as his number is; the case's number and the
/// reason decide what becomes of the call, and stay.
pub(super) fn put_carried(carried: &[(String, Private)], pen: &mut Pen<'_>) {
    (carried.len() as u64).put(pen);
    for (name, value) in carried {
        let plain = case::PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(name));
        name.put(pen);
        plain.put(pen);
        if plain {
            value.reveal().put(pen);
        } else {
            value.put(pen);
        }
    }
}

/// The same, read.
pub(super) fn take_carried(from: &mut Cursor<'_>) -> Result<Vec<(String, Private)>, Fault> {
    let mut carried = Vec::new();
    for _ in 0..u64::take(from)? {
        let name = String::take(from)?;
        let value = if bool::take(from)? { Private::new(Word::take(from)?) } else { Word::take(from)? };
        carried.push((name, value));
    }
    Ok(carried)
}

/// In events only.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table of events")]
pub(super) fn put_verdict(verdict: &Verdict, pen: &mut Pen<'_>) {
    match verdict {
        Verdict::Rated(rating) => {
            pen.byte(0);
            pen.byte(*rating);
        }
        Verdict::Timeout => pen.byte(1),
        Verdict::Invalid => pen.byte(2),
        Verdict::HungUp => pen.byte(3),
    }
}

/// In events only.
pub(super) fn put_state(state: &AgentState, pen: &mut Pen<'_>) {
    match state {
        AgentState::SignedOut => pen.byte(0),
        AgentState::Ready => pen.byte(1),
        AgentState::NotReady(reason) => {
            pen.byte(2);
            reason.put(pen);
        }
        AgentState::Offered(offer) => {
            pen.byte(3);
            offer.put(pen);
        }
        AgentState::Talking => pen.byte(4),
        AgentState::WrapUp { until } => {
            pen.byte(5);
            until.put(pen);
        }
    }
}

/// In events only.
pub(super) fn put_outcome(outcome: &Outcome, pen: &mut Pen<'_>) {
    match outcome {
        Outcome::Answered => pen.byte(0),
        Outcome::AbandonedBeforeLine => pen.byte(1),
        Outcome::AbandonedInLine => pen.byte(2),
        Outcome::AbandonedRinging => pen.byte(3),
        Outcome::TurnedAway(why) => {
            pen.byte(4);
            why.put(pen);
        }
        Outcome::Lost => pen.byte(5),
        Outcome::Refused => pen.byte(6),
        Outcome::Service => pen.byte(7),
        Outcome::CalledBack => pen.byte(8),
        Outcome::Joined => pen.byte(9),
        Outcome::Callback => pen.byte(10),
        Outcome::Outgoing => pen.byte(11),
        Outcome::Internal => pen.byte(12),
    }
}

pub(super) use {index, record, words};
