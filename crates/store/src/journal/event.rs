//! Events as bytes, for the running sum only: they are never read again, because a replay makes them anew.
//!
//! A new variant of `call::Event` is one line in the table; until it is there, this file does not compile. An
//! event's bytes may change between versions only together with the engine's behaviour: a checkpoint of an
//! older engine is then reported as a difference, which is what it is.

use super::bytes::{Pen, Word};
use super::words::{
    put_outcome, put_roster_step, put_state, put_step, put_studio_step, put_verdict, put_with,
};
use acd::{Alert, Because};
use call::event::{Event, Stamped};

macro_rules! told {
    ($event:ident, $pen:ident, { $($tag:literal => $variant:ident { $($field:ident $(by $how:ident)?),+ },)+ }) => {
        match $event {
            $(Event::$variant { $($field),+ } => {
                $pen.byte($tag);
                $(told!(@put $field, $pen $(, $how)?);)+
            })+
            Event::Alert(alert) => {
                $pen.byte(ALERT);
                put_alert(alert, $pen);
            }
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
        3 => Offered { call, offer, agent, group, because by put_because },
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
        17 => Relaxed { call, group, stage },
        18 => CallbackOffered { call },
        19 => CallbackKept { from, caller, group, missed, after, attempt },
        20 => CallbackBegun { call, from, group },
        21 => CallbackDialed { call, from, group, attempt },
        22 => CallbackConnected { call, from, agent, group, waited },
        23 => CallbackEnded { from, group, end },
        24 => PutThrough { call, group, trunk },
        25 => PlanChanged { agents, groups },
        26 => Explained { id, why by put_debug },
        27 => Previewed { id, preview by put_debug },
        34 => Unanswered { id, why by put_text },
        29 => Phase { call, agent, phase },
        30 => Guest { call, leg, with by put_with, step by put_step },
        31 => RecordingBegun { call, recording, agent, group },
        32 => RecordingKeeps { call, recording, keeps },
        33 => RecordingEnded { call, recording },
        58 => Roster { call, roster, exchange, reason, step by put_roster_step },
        59 => Case { call, id },
        40 => Surveyed { call, agent, verdict by put_verdict },
        41 => Disposed { call, agent, disposition, by, phone },
        42 => Chose { call, step, key },
        43 => Speaks { call, language },
        45 => OutgoingBegun { call, agent, group, colleague },
        46 => OutgoingDialed { call },
        47 => OutgoingConnected { call, agent, group },
        48 => OutgoingRefused { agent, number, why by put_text },
        49 => Picked { call, agent },
        50 => Show { studio, show, open },
        51 => Screened { call, studio, number, agent, note },
        52 => Studio { call, studio, step by put_studio_step },
        53 => OnAir { call, studio, recording, on },
    });
}

const ALERT: u8 = 28;

fn put_alert(alert: &Alert, pen: &mut Pen<'_>) {
    match alert {
        Alert::RingNoAnswer { agent, in_a_row } => {
            pen.byte(0);
            agent.put(pen);
            in_a_row.put(pen);
        }
        Alert::Surge { group, on, mode } => {
            pen.byte(1);
            group.put(pen);
            on.put(pen);
            mode.put(pen);
        }
    }
}

fn put_because(because: &Because, pen: &mut Pen<'_>) {
    match because {
        Because::Selected { stage, by, among, passed } => {
            pen.byte(0);
            stage.put(pen);
            by.put(pen);
            among.put(pen);
            passed.put(pen);
        }
        Because::FirstInOrder { among, passed } => {
            pen.byte(1);
            among.put(pen);
            passed.put(pen);
        }
    }
}

/// Answers to questions, which decide nothing: their text tells them apart.
fn put_debug(answer: &impl std::fmt::Debug, pen: &mut Pen<'_>) {
    pen.text(&format!("{answer:?}"));
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of the table above")]
fn put_text(text: &&'static str, pen: &mut Pen<'_>) {
    pen.text(text);
}
