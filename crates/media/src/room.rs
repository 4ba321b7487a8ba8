//! One session: who sits in it, and what follows from who wants to hear whom.
//!
//! ```text
//!   Hear::Parties(mask) ∩ those who speak, without himself ─▶ nobody   Feed::Nothing
//!                                                             one      Feed::Relay   packet by packet
//!                                                             more     Feed::Mix     20 ms by 20 ms
//! ```
//!
//! Whisper, listening in and consultation are masks and nothing else: the supervisor who whispers is in the
//! agent's mask and not in the caller's. A recording takes what each says, whoever hears it.
//! Never knows: packets, addresses.

use crate::member::MemberRef;
use crate::session::{Codec, Hear, Parties, Party, SessionRef};
use crate::tape::TapeRef;

base::handle!(RoomRef, "room", "A session's place in its desk.");

/// Parties a session can have.
pub(crate) const SEATS: usize = 8;
/// The handle of nobody.
pub(crate) const NOBODY: MemberRef = MemberRef::from_bits(u64::MAX);

/// One session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Its name outside.
    pub(crate) session: SessionRef,
    /// Its parties by slot.
    pub(crate) seats: [MemberRef; SEATS],
    /// The beat that serves it.
    pub(crate) beat: usize,
    /// Parties that are mixed for.
    pub(crate) listeners: Parties,
    /// Parties whose audio is buffered because somebody's mix needs it.
    pub(crate) sources: Parties,
    /// Its recording, while one runs.
    pub(crate) tape: Option<TapeRef>,
}

impl Room {
    pub(crate) fn new(session: SessionRef, beat: usize) -> Self {
        let nobody = Parties::NONE;
        Self { session, seats: [NOBODY; SEATS], beat, listeners: nobody, sources: nobody, tape: None }
    }

    /// The occupied seats.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Party, MemberRef)> + use<> {
        seats(self.seats)
    }

    /// Those of some parties, without a look at the other seats.
    pub(crate) fn among(&self, parties: Parties) -> impl Iterator<Item = (Party, MemberRef)> {
        let mut left = parties.0;
        std::iter::from_fn(move || {
            let party = Party(left.trailing_zeros() as u8);
            left &= left.checked_sub(1)?;
            self.seats.get(usize::from(party.0)).map(|&who| (party, who))
        })
    }

    /// Whether nobody is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.seats == [NOBODY; SEATS]
    }
}

fn seats(seats: [MemberRef; SEATS]) -> impl Iterator<Item = (Party, MemberRef)> {
    seats.into_iter().enumerate().filter(|&(_, who)| who != NOBODY).map(|(at, who)| (Party(at as u8), who))
}

/// Where what a party hears comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Feed {
    /// Nowhere: nothing is sent.
    #[default]
    Nothing,
    /// A clip, by the beat.
    Clip,
    /// One party, packet by packet.
    Relay(Party),
    /// Several parties, by the beat.
    Mix(Parties),
}

/// Who speaks in a session, as far as mixing cares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Speakers {
    /// Those who may send to us.
    pub(crate) all: Parties,
    /// Those of them whose codec can be mixed.
    pub(crate) mixable: Parties,
}

/// Where what a party hears comes from. Who is on hold is not mixed: a conference of which only two are
/// left talking costs a relay.
pub(crate) fn feed(hear: Hear, listener: Party, codec: Codec, speakers: Speakers) -> Feed {
    let Hear::Parties(wanted) = hear else {
        return if hear == Hear::Nothing { Feed::Nothing } else { Feed::Clip };
    };
    let heard = Parties(wanted.0 & speakers.all.0 & !Parties::one(listener).0);
    if let Some(party) = only(heard) {
        return Feed::Relay(party);
    }
    // A codec that is only passed through cannot be part of a mix, on either side.
    let mixed = if codec == Codec::G722 { Parties::NONE } else { Parties(heard.0 & speakers.mixable.0) };
    match only(mixed) {
        Some(party) => Feed::Relay(party),
        None if mixed == Parties::NONE => Feed::Nothing,
        None => Feed::Mix(mixed),
    }
}

/// The party of a set of one.
fn only(parties: Parties) -> Option<Party> {
    (parties.0.count_ones() == 1).then(|| Party(parties.0.trailing_zeros() as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Speakers = Speakers { all: Parties(0b1111), mixable: Parties(0b0111) };

    fn of(mask: u8, listener: u8) -> Feed {
        feed(Hear::Parties(Parties(mask)), Party(listener), Codec::Pcma, ALL)
    }

    #[test]
    fn one_is_relayed_two_are_mixed_and_nobody_hears_himself() {
        assert_eq!(of(0b0010, 0), Feed::Relay(Party(1)));
        assert_eq!(of(0b0011, 0), Feed::Relay(Party(1)));
        assert_eq!(of(0b0111, 0), Feed::Mix(Parties(0b110)));
        assert_eq!(of(0b0001, 0), Feed::Nothing);
        assert_eq!(of(0b1001_0000, 0), Feed::Nothing, "not in the session");
    }

    #[test]
    fn a_codec_that_cannot_be_mixed_is_left_out() {
        assert_eq!(of(0b1110, 0), Feed::Mix(Parties(0b110)));
        assert_eq!(of(0b1010, 0), Feed::Relay(Party(1)));
        assert_eq!(of(0b1000, 0), Feed::Relay(Party(3)), "alone he is passed through, if codecs agree");
        let everybody = Hear::Parties(Parties(0b111));
        assert_eq!(feed(everybody, Party(3), Codec::G722, ALL), Feed::Nothing);
    }
}
