//! Inputs: one line for each kind, with its tag and its values in the order in which they are written.
//!
//! **A new variant** of `call::Request` (or of a fact) is one line in its table below, with the next free tag;
//! until it is there, this file does not compile. A value of a type that was not written before gets its line in
//! `words.rs` (`words!` for an enumeration, `record!` for a struct, `index!` and `handle!` for references). Then
//! add it at the end of `input` in `tests.rs` (and raise `KINDS`), run the tests with `UPDATE=1` once, and read the
//! diff of `tests/golden/journal-inputs.txt`: only new lines may appear in it. (`journal-format-1.hex` holds the
//! kinds of the first version and does not change at all.)
//!
//! **A changed variant** gets a new tag and keeps the line of its old tag as a hand-written arm that fills in
//! what the old program meant. A tag is never used again.
//!
//! Tags: 0x01–0x0F notes of the recorder, 0x10–0x3F SIP, 0x40–0x5F audio, 0x60–0xFF requests.

use super::bytes::{Cursor, Pen, Word};
use super::fault::Fault;
use super::words::{put_carried, take_carried};
use call::{Input, Request, RequestId};
use sip::leg::{Fact, Invited};

/// A tick at which something was due.
pub(super) const TICK: u8 = 0x01;
/// Events so far, and their sum.
pub(super) const CHECKPOINT: u8 = 0x02;
/// Inputs that were not written.
pub(super) const GAP: u8 = 0x03;
/// The engine has ended well.
pub(super) const END: u8 = 0x04;
/// `Invited` of a call that takes the place of another: 0x10 and the leg.
const INVITED_INSTEAD: u8 = 0x1E;
/// `Invited` of a call that brings headers with it: 0x10, the leg whose place it takes, if any, and they.
const INVITED_CARRYING: u8 = 0x1F;

/// A type whose variants have tags.
trait Tagged: Sized {
    /// Writes the values; the tag is returned.
    fn put(&self, pen: &mut Pen<'_>) -> u8;
    /// Reads the values; `None` for a tag of something else.
    fn take(tag: u8, from: &mut Cursor<'_>) -> Result<Option<Self>, Fault>;
}

macro_rules! tagged {
    ($type:ty { $($tag:literal => $variant:ident $(($($place:ident),+))? $({$($field:ident),+})?,)+ }) => {
        impl Tagged for $type {
            fn put(&self, pen: &mut Pen<'_>) -> u8 {
                match self {
                    $(Self::$variant $(($($place),+))? $({ $($field),+ })? => {
                        $($($place.put(pen);)+)?
                        $($($field.put(pen);)+)?
                        $tag
                    })+
                }
            }
            fn take(tag: u8, from: &mut Cursor<'_>) -> Result<Option<Self>, Fault> {
                Ok(Some(match tag {
                    $($tag => {
                        $($(let $place = Word::take(from)?;)+)?
                        $($(let $field = Word::take(from)?;)+)?
                        Self::$variant $(($($place),+))? $({ $($field),+ })?
                    })+
                    _ => return Ok(None),
                }))
            }
        }
    };
}

tagged!(Fact {
    0x10 => Invited { leg, invite },
    0x11 => Confirmed { leg, answer },
    0x12 => Ringing { leg, status, answer },
    0x13 => Answered { leg, answer, peer, nated },
    0x14 => Offered { leg, offer },
    0x15 => Reanswered { leg, answer },
    0x16 => ReofferRefused { leg, status },
    0x17 => Key { leg, digit },
    0x18 => Released { leg, cause, status, by },
    0x19 => AorBound { aor, contacts, first },
    0x1A => AorLost { aor, why },
    0x1B => TrunkUp { trunk },
    0x1C => TrunkDown { trunk, status },
    0x1D => Referred { leg, refer },
});

tagged!(media::session::Fact {
    0x40 => ClipEnded { session, party, clip },
    0x41 => Key { session, party, digit },
    0x42 => Silent { session, party },
    0x43 => PortFailed { session, party, port },
    0x44 => Left { session, party, port, report },
});

tagged!(Request {
    0x60 => SignIn(agent),
    0x61 => SignOut(agent),
    0x62 => Ready(agent),
    0x63 => NotReady(agent, reason),
    0x64 => Release(call),
    0x65 => Drain,
    0x66 => ReleaseAll,
    0x67 => ExtendWrapUp(agent, by),
    0x68 => Skill(agent, group, level),
    0x69 => Prioritize(call, priority),
    0x6A => CallBack(call),
    0x6B => CallBackNumber { number, group, priority, site, since, after, missed },
    0x6C => CancelCallback(call),
    0x6D => Prefer { number, agent },
    0x6E => Surge(group, mode),
    0x6F => Help(site, on),
    0x70 => List { number, listing },
    0x71 => Urgent { number, open },
    0x72 => ChangePlan(plan),
    0x73 => Preview(plan),
    0x74 => WhyCaller(call),
    0x75 => WhyAgent(agent),
    0x76 => Control(agent, control),
    0x77 => Supervise { supervisor, agent, how },
    0x78 => TakeOver { supervisor, agent },
    0x79 => Recording(whose, keeps),
    0x7A => Enlist { list, numbers, on },
    0x8E => ViewTalk(agent),
    0x80 => Dispose { agent, disposition, by },
    0x84 => Dial { agent, whom },
    0x85 => EndWrapUp(agent),
    0x88 => Screen { agent, studio, note },
    0x89 => Studio(studio, what),
});

/// Writes the values of an input; the tag is returned.
pub(super) fn put(input: &Input, pen: &mut Pen<'_>) -> u8 {
    match input {
        Input::Sip(Fact::Invited { leg, invite }) if !invite.carried.is_empty() => {
            leg.put(pen);
            invite.put(pen);
            invite.replaces.put(pen);
            put_carried(&invite.carried, pen);
            INVITED_CARRYING
        }
        Input::Sip(Fact::Invited { leg, invite }) if invite.replaces.is_some() => {
            leg.put(pen);
            invite.put(pen);
            invite.replaces.put(pen);
            INVITED_INSTEAD
        }
        Input::Sip(fact) => Tagged::put(fact, pen),
        Input::Media(fact) => Tagged::put(fact, pen),
        Input::Request(id, request) => {
            id.put(pen);
            Tagged::put(request, pen)
        }
    }
}

/// Reads the values of an input; `None` for a tag that is not known. Everything must be read.
pub(super) fn take(tag: u8, from: &mut Cursor<'_>) -> Result<Option<Input>, Fault> {
    let input = match tag {
        INVITED_INSTEAD => {
            let leg = Word::take(from)?;
            let mut invite: Box<Invited> = Word::take(from)?;
            invite.replaces = Word::take(from)?;
            Some(Input::Sip(Fact::Invited { leg, invite }))
        }
        INVITED_CARRYING => {
            let leg = Word::take(from)?;
            let mut invite: Box<Invited> = Word::take(from)?;
            invite.replaces = Word::take(from)?;
            invite.carried = take_carried(from)?;
            Some(Input::Sip(Fact::Invited { leg, invite }))
        }
        0x10..=0x3F => Tagged::take(tag, from)?.map(Input::Sip),
        0x40..=0x5F => Tagged::take(tag, from)?.map(Input::Media),
        0x60..=0xFF => {
            let id = RequestId::take(from)?;
            Tagged::take(tag, from)?.map(|request| Input::Request(id, request))
        }
        _ => None,
    };
    if input.is_some() {
        from.finish()?;
    }
    Ok(input)
}
