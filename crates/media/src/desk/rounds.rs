//! What time brings: ticks of 20 ms for clips and mixes, reports, silence, ends of keys.
//!
//! ```text
//!   timer ─▶ report │ silence │ key            beat ─▶ play to each ─▶ mix for each session
//! ```
//!
//! Never knows: where the time comes from.

use super::{Desk, Out, Packet, Timer};
use crate::beat::TICK;
use crate::control;
use crate::jitter::Jitter;
use crate::member::MemberRef;
use crate::mixer::Frames;
use crate::room::{Feed, Room, SEATS};
use crate::session::{Fact, Hear};
use base::Timestamp;
use std::time::Duration;

impl Desk {
    /// The beat whose tick is due first, if one is.
    pub(super) fn due_beat(&self, now: Timestamp) -> Option<usize> {
        let (number, beat) = self.beats.iter().enumerate().min_by_key(|(_, beat)| beat.next)?;
        (beat.next <= now && beat.next != Timestamp::NEVER).then_some(number)
    }

    /// One tick of one beat.
    pub(super) fn beat(&mut self, now: Timestamp, number: usize, out: &mut Out) {
        let overdue = self.beats[number].overdue(now);
        if overdue > 0 {
            self.skip(number, overdue);
        }
        let at = self.beats[number].next;
        self.beats[number].next = at + TICK;
        let mut place = 0;
        while let Some(&who) = self.beats[number].players.get(place) {
            place += 1;
            let Some(member) = self.members.get_mut(who) else { continue };
            if member.play(at, &self.clips, out, &mut self.counters) {
                if let Hear::Once(clip) = member.hear {
                    let (session, party) = (member.session, member.party);
                    out.facts.push(Fact::ClipEnded { session, party, clip });
                }
                member.listen(Hear::Nothing);
                member.feed_from(Feed::Nothing);
                member.played_to = false;
                place -= 1;
                self.beats[number].players.swap_remove(place);
            }
        }
        for place in 0..self.beats[number].mixers.len() {
            let Some(&room) = self.rooms.get(self.beats[number].mixers[place]) else { continue };
            self.mix(at, &room, out);
        }
        self.beats[number].rest();
    }

    /// One tick of one session that is mixed.
    fn mix(&mut self, at: Timestamp, room: &Room, out: &mut Out) {
        // The buffers leave their members meanwhile: listeners are written to while the others are read from.
        let mut buffers: [Option<Box<Jitter>>; SEATS] = Default::default();
        for (party, who) in room.among(room.sources) {
            let buffer = self.members.get_mut(who).and_then(|member| member.jitter.take());
            buffers[usize::from(party.0)] = buffer;
        }
        let mut frames: Frames<'_> = [None; SEATS];
        for (frame, buffer) in frames.iter_mut().zip(&mut buffers) {
            *frame = buffer.as_mut().and_then(|buffer| buffer.pull());
        }
        for (_, who) in room.among(room.listeners) {
            let Some(member) = self.members.get_mut(who) else { continue };
            let Feed::Mix(mask) = member.feed else { continue };
            member.mix(at, &frames, mask, out, &mut self.counters);
        }
        for (party, who) in room.among(room.sources) {
            if let Some(member) = self.members.get_mut(who) {
                member.jitter = buffers[usize::from(party.0)].take();
            }
        }
    }

    /// Leaves out ticks that nobody can hear in time any more.
    fn skip(&mut self, number: usize, ticks: u64) {
        self.counters.ticks_skipped += ticks;
        let beat = &mut self.beats[number];
        beat.next = Timestamp::from_nanos(beat.next.as_nanos() + ticks * TICK.as_nanos() as u64);
        for &who in &beat.players {
            if let Some(member) = self.members.get_mut(who) {
                member.skip(ticks);
            }
        }
        for &room in &beat.mixers {
            let Some(room) = self.rooms.get(room) else { continue };
            for (_, who) in room.among(room.listeners) {
                if let Some(member) = self.members.get_mut(who) {
                    member.skip(ticks);
                }
            }
        }
    }

    pub(super) fn timer(&mut self, now: Timestamp, who: MemberRef, timer: Timer, out: &mut Out) {
        match timer {
            Timer::Report => {
                self.count_loss(who);
                self.report(now, who, false, out);
                let next = control::next_report(now, false, &mut self.random);
                let timer = self.timers.schedule(next, (who, Timer::Report));
                if let Some(member) = self.members.get_mut(who) {
                    member.report_timer = Some(timer);
                }
            }
            Timer::Silence => self.silence(now, who, out),
            Timer::Tape(tape) => self.blocks(now, tape, out),
            Timer::Key => {
                let Some(member) = self.members.get_mut(who) else { return };
                member.key_timer = None;
                let pressed = member.keys.expire(now);
                self.keys_pressed(who, pressed, out);
            }
        }
    }

    /// Keeps one timer for silence as long as packets are expected of him.
    pub(super) fn watch_silence(&mut self, who: MemberRef) {
        let Some(member) = self.members.get_mut(who) else { return };
        let watched = member.audio.receives && member.silence > Duration::ZERO && !member.silence_told;
        if watched && member.silence_timer.is_none() {
            let due = member.heard + member.silence;
            member.silence_timer = Some(self.timers.schedule(due, (who, Timer::Silence)));
        } else if !watched && let Some(timer) = member.silence_timer.take() {
            self.timers.cancel(timer);
        }
    }

    /// Whether anything came is looked at when it should have, not at each packet.
    fn silence(&mut self, now: Timestamp, who: MemberRef, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        member.silence_timer = None;
        if member.heard + member.silence <= now {
            member.silence_told = true;
            out.facts.push(Fact::Silent { session: member.session, party: member.party });
        }
        self.watch_silence(who);
    }

    /// Sends him a report; `goodbye` ends our stream to him.
    pub(super) fn report(&mut self, now: Timestamp, who: MemberRef, goodbye: bool, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        let Some((port, peer)) = member.control_path() else { return };
        let start = out.bytes.len();
        member.control.write(now, &member.sender, &mut member.reception, goodbye, &mut out.bytes);
        let length = (out.bytes.len() - start) as u16;
        out.packets.push(Packet { port, peer, start: start as u32, length });
        self.counters.reports_sent += 1;
    }

    /// Brings what one party lost, and his jitter, into the sums.
    pub(super) fn count_loss(&mut self, who: MemberRef) {
        let Some(member) = self.members.get_mut(who) else { return };
        let lost = member.reception.lost();
        // Late packets can take a loss back; the sum only grows.
        self.counters.lost += lost.saturating_sub(member.lost_told);
        member.lost_told = member.lost_told.max(lost);
        if member.reception.ssrc().is_some() {
            self.counters.jitter_sum += member.reception.jitter_last();
            self.counters.jitter_values += 1;
        }
    }
}
