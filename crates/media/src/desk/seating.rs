//! Who sits where: joining, renegotiating, leaving, ports; and what follows for everybody in the session.
//!
//! ```text
//!   Join Update Hear Leave ─▶ member ─▶ rewire: who is relayed whose packets, who is played to,
//!                                              who is mixed for, whose audio a mix needs
//! ```
//!
//! Commands are rare and packets are not: all that a packet needs to know is worked out here.
//! Never knows: packets.

use super::{Desk, MEMBERS_MAX, Out, PortChange, Timer};
use crate::beat::BEATS;
use crate::control;
use crate::jitter::Jitter;
use crate::member::{Listeners, Member, MemberRef};
use crate::room::{self, Feed, NOBODY, Room, RoomRef, SEATS, Speakers};
use crate::session::{Audio, Codec, Fact, Hear, Parties, Party, SessionRef};
use base::Timestamp;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

impl Desk {
    pub(super) fn join(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        party: Party,
        audio: Audio,
        silence: Duration,
        out: &mut Out,
    ) {
        if let Some(who) = self.find(session, party) {
            // He sits there already: the sender's word counts.
            return self.update(now, who, audio, out);
        }
        if usize::from(party.0) >= SEATS || self.members.len() >= MEMBERS_MAX {
            self.counters.refused += 1;
            out.facts.push(Fact::PortFailed { session, party, port: audio.port });
            return;
        }
        let (rooms, next_beat) = (&mut self.rooms, &mut self.next_beat);
        let room = *self.sessions.or_insert_with(session, || {
            let beat = *next_beat;
            *next_beat = (beat + 1) % BEATS;
            rooms.insert(Room::new(session, beat))
        });
        let member = Member::new(now, (session, room, party), audio, silence, &mut self.random);
        let who = self.members.insert(member);
        if let Some(room) = self.rooms.get_mut(room) {
            room.seats[usize::from(party.0)] = who;
        }
        self.open_port(who, out);
        let first = control::next_report(now, true, &mut self.random);
        let timer = self.timers.schedule(first, (who, Timer::Report));
        if let Some(member) = self.members.get_mut(who) {
            member.report_timer = Some(timer);
        }
        self.watch_silence(who);
        self.rewire(now, room, out);
    }

    pub(super) fn update(&mut self, now: Timestamp, who: MemberRef, audio: Audio, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        let (room, before) = (member.room, member.audio.port);
        // Another family of addresses needs another socket.
        let family = member.audio.remote.is_ipv4() != audio.remote.is_ipv4();
        member.renegotiate(now, audio);
        if before != audio.port || family {
            if std::mem::take(&mut member.open) {
                self.ports[usize::from(before / 2)] = NOBODY;
                out.ports.push(PortChange::Close { port: before });
            }
            self.open_port(who, out);
        }
        self.watch_silence(who);
        self.rewire(now, room, out);
    }

    pub(super) fn hear(&mut self, now: Timestamp, who: MemberRef, hear: Hear, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        // A prompt that is asked for again begins again; anything else goes on as it is.
        if member.hear == hear && !matches!(hear, Hear::Once(_)) {
            return;
        }
        if let Hear::Once(clip) | Hear::Loop(clip) = hear {
            let clip = self.clips.get(clip.index());
            if clip.is_none_or(|clip| clip.samples(member.audio.codec).is_empty()) {
                self.counters.clips_unplayable += 1;
            }
        }
        let room = member.room;
        member.listen(hear);
        self.rewire(now, room, out);
    }

    pub(super) fn leave(&mut self, now: Timestamp, who: MemberRef, out: &mut Out) {
        self.count_loss(who);
        let Some(member) = self.members.get_mut(who) else { return };
        // Who has never sent a packet says no goodbye (RFC 3550 6.3.7).
        if member.sender.packets > 0 || member.control.sent > 0 {
            self.report(now, who, true, out);
        }
        let Some(member) = self.members.remove(who) else { return };
        for timer in [member.report_timer, member.silence_timer, member.key_timer].into_iter().flatten() {
            self.timers.cancel(timer);
        }
        let port = member.audio.port;
        if member.open {
            self.ports[usize::from(port / 2)] = NOBODY;
            out.ports.push(PortChange::Close { port });
        }
        let (session, party, report) = (member.session, member.party, member.report());
        out.facts.push(Fact::Left { session, party, port, report });

        let Some(room) = self.rooms.get_mut(member.room) else { return };
        room.seats[usize::from(party.0)] = NOBODY;
        let (beat, empty) = (room.beat, room.is_empty());
        if member.played_to {
            remove(&mut self.beats[beat].players, who);
        }
        self.rewire(now, member.room, out);
        self.beats[beat].rest();
        if empty {
            if let Some(tape) = self.rooms.get(member.room).and_then(|room| room.tape) {
                self.end_tape(now, tape, out);
            }
            self.rooms.remove(member.room);
            self.sessions.remove(&session);
        }
    }

    /// The rim could not open a port: its party stays, deaf and mute, until it leaves.
    pub(super) fn lose_port(&mut self, now: Timestamp, port: u16, out: &mut Out) {
        let who = std::mem::replace(&mut self.ports[usize::from(port / 2)], NOBODY);
        let Some(member) = self.members.get_mut(who) else { return };
        member.open = false;
        self.counters.ports_failed += 1;
        let (session, party, port) = (member.session, member.party, member.audio.port);
        out.facts.push(Fact::PortFailed { session, party, port });
        let room = member.room;
        self.rewire(now, room, out);
    }

    /// Gives him his port, unless it is odd, zero or somebody else's.
    fn open_port(&mut self, who: MemberRef, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        let port = member.audio.port;
        let place = &mut self.ports[usize::from(port / 2)];
        if port == 0 || port % 2 == 1 || *place != NOBODY {
            self.counters.refused += 1;
            let (session, party) = (member.session, member.party);
            out.facts.push(Fact::PortFailed { session, party, port });
            return;
        }
        *place = who;
        member.open = true;
        member.attended = false;
        let remote = match member.audio.remote {
            known if !member.audio.nated => known,
            SocketAddr::V4(_) => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            SocketAddr::V6(_) => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
        };
        out.ports.push(PortChange::Open { port, remote });
    }

    /// Works out anew who is relayed, played to and mixed in a session, after anything in it has changed.
    pub(super) fn rewire(&mut self, now: Timestamp, at: RoomRef, out: &mut Out) {
        let Some(&room) = self.rooms.get(at) else { return };
        let mut speakers = Speakers::default();
        for (party, who) in room.members() {
            let Some(member) = self.members.get(who) else { continue };
            if member.open && member.audio.receives {
                speakers.all = speakers.all.with(party);
                if member.audio.codec != Codec::G722 {
                    speakers.mixable = speakers.mixable.with(party);
                }
            }
        }
        let mut relayed = [Listeners::NONE; SEATS];
        let (mut sources, mut listeners) = (Parties::NONE, Parties::NONE);
        let beat = &mut self.beats[room.beat];
        for (party, who) in room.members() {
            let Some(member) = self.members.get_mut(who) else { continue };
            let feed = room::feed(member.hear, party, member.audio.codec, speakers);
            member.feed_from(feed);
            match feed {
                Feed::Relay(source) => relayed[usize::from(source.0)].push(who),
                Feed::Mix(mask) => {
                    sources = Parties(sources.0 | mask.0);
                    listeners = listeners.with(party);
                }
                Feed::Clip | Feed::Nothing => (),
            }
            let plays = feed == Feed::Clip;
            if plays && !member.played_to {
                beat.players.push(who);
            } else if !plays && member.played_to {
                remove(&mut beat.players, who);
            }
            member.played_to = plays;
        }
        for (party, who) in room.members() {
            let Some(member) = self.members.get_mut(who) else { continue };
            member.listeners = relayed[usize::from(party.0)];
            member.tape = room.tape;
            member.listen_for_tones();
            if !sources.contains(party) {
                member.jitter = None;
            } else if member.jitter.is_none() {
                member.jitter = Some(Box::new(Jitter::new()));
            }
            let heard = member.open && (member.jitter.is_some() || !member.listeners.as_slice().is_empty());
            if heard != member.attended {
                member.attended = heard;
                out.ports.push(PortChange::Attend { port: member.audio.port, heard });
            }
        }
        if let Some(tape) = room.tape.and_then(|tape| self.tapes.get_mut(tape)) {
            tape.seat(room.members().map(|(party, _)| party));
        }
        let mixed = room.listeners != Parties::NONE;
        if listeners != Parties::NONE && !mixed {
            beat.mixers.push(at);
        } else if listeners == Parties::NONE && mixed {
            remove(&mut beat.mixers, at);
        }
        if let Some(room) = self.rooms.get_mut(at) {
            (room.sources, room.listeners) = (sources, listeners);
        }
        if beat.players.is_empty() && beat.mixers.is_empty() {
            beat.rest();
        } else {
            beat.wake(now, room.beat);
        }
    }

    pub(super) fn find(&self, session: SessionRef, party: Party) -> Option<MemberRef> {
        let room = self.rooms.get(*self.sessions.get(&session)?)?;
        room.seats.get(usize::from(party.0)).copied().filter(|&who| who != NOBODY)
    }
}

fn remove<T: PartialEq + Copy>(list: &mut Vec<T>, item: T) {
    if let Some(place) = list.iter().position(|other| *other == item) {
        list.swap_remove(place);
    }
}
