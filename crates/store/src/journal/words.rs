//! Words of the engine's vocabulary: how each value that an input or event carries is written.
//!
//! Numbers given here are part of the format and never change; a new variant takes the next one.

use super::bytes::{Cursor, Pen, Word};
use super::fault::Fault;
use acd::input::Reason;
use acd::{AgentRef, AgentState, CallbackEnd, GroupRef, OfferEnd, OfferRef, Turned};
use base::Handle;
use call::event::{CallRef, Outcome, Side};
use call::plan::{FlowRef, ListRef};
use call::request::RequestId;
use media::session::{ClipRef, Party, Report, SessionRef};
use sip::leg::{AorLoss, AorRef, Invited, LegRef, Origin, ReleasedBy, Transport, TrunkRef};
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
index!(AgentRef, AorRef, ClipRef, FlowRef, GroupRef, ListRef, TrunkRef);

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
handle!(CallRef, OfferRef, RequestId, SessionRef);

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
words!(Side, "side", { 0 => Caller, 1 => Agent, 2 => System });
words!(OfferEnd, "end of an offer", { 0 => Accepted, 1 => RangOut, 2 => Declined, 3 => CallerGone, 4 => AgentGone, 5 => TakenElsewhere });
words!(Turned, "reason to turn away", { 0 => LineFull, 1 => WaitedTooLong, 2 => NobodySignedIn, 3 => Closed, 4 => Surge, 5 => Blocked });
words!(CallbackEnd, "end of a callback", { 0 => Reached, 1 => CalledAgain, 2 => Merged, 3 => GivenUp, 4 => Cancelled });
words!(Reason, "reason", {
    0 => SignedIn, 1 => Rest, 2 => Meal, 3 => Meeting, 4 => Coaching, 5 => Training, 6 => Busy,
    7 => RingNoAnswer, 8 => Declined, 9 => PhoneLost, 10 => Forced, 11 => Study,
});

/// Plain records: field after field.
macro_rules! record {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                let Self { $($field),+ } = self;
                $($field.put(pen);)+
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                $(let $field = Word::take(from)?;)+
                Ok(Self { $($field),+ })
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
});
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

impl Word for Box<Invited> {
    fn put(&self, pen: &mut Pen<'_>) {
        Invited::put(self, pen);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Invited::take(from).map(Self::new)
    }
}

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
    }
}

pub(super) use {index, record, words};
