//! Events as bytes, for the running sum only: they are never read again, because a replay makes them anew.
//!
//! A new variant of `call::Event` is one line in the table; until it is there, this file does not compile. An
//! event's bytes may change between versions only together with the engine's behaviour: a checkpoint of an
//! older engine is then reported as a difference, which is what it is.

use super::bytes::{Pen, Word};
use super::words::{put_outcome, put_state};
use call::event::{Event, Stamped};

macro_rules! told {
    ($event:ident, $pen:ident, { $($tag:literal => $variant:ident { $($field:ident $(by $how:ident)?),+ },)+ }) => {
        match $event {
            $(Event::$variant { $($field),+ } => {
                $pen.byte($tag);
                $(told!(@put $field, $pen $(, $how)?);)+
            })+
        }
    };
    (@put $field:ident, $pen:ident) => { $field.put($pen) };
    (@put $field:ident, $pen:ident, $how:ident) => { $how($field, $pen) };
}

/// Writes an event with its stamp and number.
pub(super) fn put(stamped: &Stamped, pen: &mut Pen<'_>) {
    let Stamped { at, seq, event } = stamped;
    at.put(pen);
    seq.put(pen);
    told!(event, pen, {
        0 => Arrived { call, origin, caller, called, call_id, flow },
        1 => Answered { call },
        2 => Queued { call, group, position, expected },
        3 => Offered { call, offer, agent, group },
        4 => OfferEnded { call, offer, agent, end, status },
        5 => Overflowed { call, from, to },
        6 => TurnedAway { call, group, why, to },
        7 => Connected { call, agent, group, waited },
        8 => Disconnected { call, agent, by },
        9 => LegEnded { call, leg, side, report },
        10 => Ended { call, outcome by put_outcome, group, cause, by },
        11 => Agent { agent, state by put_state },
        12 => PhoneBound { aor, contacts },
        13 => PhoneLost { aor, why },
        14 => Trunk { trunk, up },
        15 => RequestDone { id },
        16 => RequestRefused { id, why by put_text },
    });
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table above")]
fn put_text(text: &&'static str, pen: &mut Pen<'_>) {
    pen.text(text);
}
