//! What must be true of a desk after every step; run by tests and simulations.

use super::Desk;
use crate::beat::BEATS;
use crate::room::{Feed, NOBODY};
use crate::session::{Hear, Parties};
use base::Timestamp;

impl Desk {
    /// States the invariants.
    ///
    /// # Errors
    ///
    /// The first one that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        self.check_ports()?;
        self.check_rooms()?;
        for (number, beat) in self.beats.iter().enumerate() {
            let served = !beat.players.is_empty() || !beat.mixers.is_empty();
            ensure(served == (beat.next != Timestamp::NEVER), || {
                format!("beat {number} ticks without anybody to serve, or the other way round")
            })?;
        }
        Ok(())
    }

    fn check_ports(&self) -> Result<(), String> {
        for (place, &who) in self.ports.iter().enumerate().filter(|&(_, &who)| who != NOBODY) {
            let member = self.members.get(who).ok_or_else(|| format!("port {} is a ghost's", place * 2))?;
            ensure(member.open && usize::from(member.audio.port) == place * 2, || {
                format!(
                    "port {} belongs to {} {:?}, who does not have it",
                    place * 2,
                    member.session,
                    member.party
                )
            })?;
        }
        let open = self.members.iter().filter(|(_, member)| member.open).count();
        let held = self.ports.iter().filter(|&&who| who != NOBODY).count();
        ensure(open == held, || format!("{open} parties have a port and {held} ports have a party"))
    }

    fn check_rooms(&self) -> Result<(), String> {
        let (mut seated, mut taped) = (0, 0);
        ensure(self.sessions.len() == self.rooms.len(), || "a session without a room".to_owned())?;
        for (at, room) in self.rooms.iter() {
            let name = room.session;
            ensure(self.sessions.get(&name) == Some(&at), || {
                format!("{name} is not where it is looked for")
            })?;
            ensure(!room.is_empty(), || format!("{name} is empty"))?;
            ensure(room.beat < BEATS, || format!("{name} has no beat"))?;
            taped += usize::from(room.tape.is_some());
            ensure(room.tape.is_none_or(|tape| self.tapes.get(tape).is_some()), || {
                format!("{name} has the tape of another")
            })?;
            let beat = &self.beats[room.beat];
            let mut listeners = Parties::NONE;
            for (party, who) in room.members() {
                seated += 1;
                let member = self.members.get(who).ok_or_else(|| format!("{name} seats a ghost"))?;
                ensure(member.party == party && member.room == at, || {
                    format!("{name}: {party:?} sits elsewhere")
                })?;
                let played = beat.players.iter().filter(|&&other| other == who).count();
                ensure(played == usize::from(member.feed == Feed::Clip), || {
                    format!("{name}: {party:?} is played to {played} times")
                })?;
                ensure(
                    (member.feed == Feed::Clip) == matches!(member.hear, Hear::Once(_) | Hear::Loop(_)),
                    || format!("{name}: {party:?} hears {:?} from {:?}", member.hear, member.feed),
                )?;
                ensure(member.jitter.is_some() == room.sources.contains(party), || {
                    format!("{name}: {party:?} is buffered for nobody, or not for somebody")
                })?;
                ensure(member.tape == room.tape, || format!("{name}: {party:?} is on another tape"))?;
                if let Feed::Mix(_) = member.feed {
                    listeners = listeners.with(party);
                }
                for (other, listener) in room.members() {
                    let listener_feed = self.members.get(listener).map(|member| member.feed);
                    let relayed = member.listeners.as_slice().contains(&listener);
                    ensure(relayed == (listener_feed == Some(Feed::Relay(party))), || {
                        format!("{name}: {other:?} is not relayed what {party:?} says, or against his will")
                    })?;
                }
            }
            ensure(listeners == room.listeners, || {
                format!("{name} mixes for others than those who want it")
            })?;
            let mixed = beat.mixers.iter().filter(|&&other| other == at).count();
            ensure(mixed == usize::from(listeners != Parties::NONE), || {
                format!("{name} is mixed {mixed} times")
            })?;
        }
        ensure(taped == self.tapes.len(), || "a tape without a session".to_owned())?;
        ensure(seated == self.members.len(), || "somebody sits nowhere".to_owned())
    }
}

fn ensure(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}
