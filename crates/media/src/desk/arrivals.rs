//! Packets that arrive: whose they are, what they tell, and to whom they go on.
//!
//! ```text
//!   port ─▶ party ─▶ header ─▶ is it he? ─▶ may he? ─▶ count ─▶ keys, jitter buffer ─▶ each listener
//!     └ nobody's       └ malformed  └ stranger   └ unexpected          (what drops out is counted)
//! ```
//!
//! The two halves of the fast path are [`Member`](crate::member::Member)'s: reception of the one, relay to
//! the other. Never knows: sockets, calls.

use super::{Desk, Out, Timer};
use crate::control;
use crate::header::{Header, PACKET_MAX};
use crate::keys::Pressed;
use crate::member::{Content, Listeners, MemberRef};
use crate::mixer;
use crate::reception::{Arrival, clock};
use crate::sender::Relayed;
use crate::session::Fact;
use base::Timestamp;
use std::net::SocketAddr;

impl Desk {
    /// A packet on one of our ports: RTP, or RTCP on the odd one or shared.
    pub(super) fn packet(
        &mut self,
        now: Timestamp,
        port: u16,
        peer: SocketAddr,
        packet: &[u8],
        out: &mut Out,
    ) {
        let who = self.ports[usize::from(port / 2)];
        let Some(member) = self.members.get_mut(who) else {
            self.counters.unclaimed += 1;
            return;
        };
        if packet.len() > PACKET_MAX {
            self.counters.malformed += 1;
            return;
        }
        // RFC 5761 4: payload types 64 to 95 are RTCP on a shared port.
        let muxed = member.audio.rtcp_mux && packet.get(1).is_some_and(|kind| (192..=223).contains(kind));
        if port % 2 == 1 || muxed {
            return self.receive_control(now, who, peer, packet);
        }
        let Some(header) = Header::read(packet) else {
            self.counters.malformed += 1;
            return;
        };
        let content = if header.payload == member.audio.payload.0 {
            Content::Audio(member.audio.codec)
        } else if member.audio.events.is_some_and(|events| events.0 == header.payload) {
            Content::Event
        } else {
            Content::Other
        };
        if !member.source.admits(peer, content != Content::Other) {
            member.strangers += 1;
            self.counters.strangers += 1;
            return;
        }
        if content == Content::Other && (64..96).contains(&header.payload) {
            self.counters.malformed += 1;
            return;
        }
        if !member.audio.receives {
            self.counters.unexpected += 1;
            return;
        }
        if header.ssrc == member.sender.ssrc() {
            return self.collision(now, who, out);
        }
        let timed = matches!(content, Content::Audio(_));
        let arrival = member.reception.packet(now, header.ssrc, header.sequence, header.timestamp, timed);
        if arrival == Arrival::Jump {
            self.counters.unexpected += 1;
            return;
        }
        self.counters.received += 1;
        member.heard = now;
        let payload = &packet[header.start..header.end];
        let restarted = arrival == Arrival::Restarted;
        let mut pressed = Pressed::default();
        if restarted && member.reception.received() > 1 {
            self.counters.restarts += 1;
            pressed = member.keys.restart(now);
            if let Some(jitter) = &mut member.jitter {
                jitter.restart();
            }
            if let Some(inband) = &mut member.inband {
                inband.restart();
            }
        }
        match content {
            Content::Audio(codec) => {
                if let (Some(jitter), Some(decoder)) = (&mut member.jitter, mixer::decoder(codec))
                    && !jitter.put(header.timestamp, payload, decoder, member.reception.jitter_samples())
                {
                    self.counters.late += 1;
                }
                if let (Some(inband), Some(table)) = (&mut member.inband, mixer::decoding(codec)) {
                    let (session, party) = (member.session, member.party);
                    inband.hear(header.timestamp, payload, table, |digit| {
                        if member.keys.admit(now) {
                            self.counters.keys += 1;
                            out.facts.push(Fact::Key { session, party, digit });
                        } else {
                            self.counters.keys_flooded += 1;
                        }
                    });
                }
                if let Some(tape) = member.tape.and_then(|tape| self.tapes.get_mut(tape)) {
                    let (at, party) = (clock(now), member.party);
                    let kept = tape.put(at, party, codec, header.timestamp, restarted, payload);
                    self.counters.recorded += u64::from(kept);
                    self.counters.unrecordable += u64::from(!kept);
                }
            }
            Content::Event => {
                let more = member.keys.packet(now, header.timestamp, header.marker, payload);
                self.keys_pressed(who, pressed, out);
                self.keys_pressed(who, more, out);
                pressed = Pressed::default();
            }
            Content::Other => self.counters.unexpected += 1,
        }
        if pressed != Pressed::default() {
            self.keys_pressed(who, pressed, out);
        }
        let from = Relayed {
            ssrc: header.ssrc,
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            restarted,
        };
        let listeners = self.members.get(who).map_or(Listeners::NONE, |member| member.listeners);
        for &listener in listeners.as_slice() {
            if let Some(listener) = self.members.get_mut(listener) {
                listener.relay(now, from, content, payload, out, &mut self.counters);
            }
        }
    }

    /// RTCP. It never decides whose address is believed: only RTP does.
    fn receive_control(&mut self, now: Timestamp, who: MemberRef, peer: SocketAddr, packet: &[u8]) {
        let Some(member) = self.members.get_mut(who) else { return };
        if !member.source.admits_control(peer, member.audio.rtcp) {
            member.strangers += 1;
            self.counters.strangers += 1;
            return;
        }
        let ssrc = member.sender.ssrc();
        match member.control.read(now, packet, ssrc) {
            Ok(()) => self.counters.reports_received += 1,
            Err(control::Malformed) => self.counters.malformed += 1,
        }
        let lost = member.control.lost_remote;
        self.counters.lost_remote += lost - member.lost_remote_told;
        member.lost_remote_told = lost;
    }

    /// Tells the keys, and sets the timer for one that is held down.
    pub(super) fn keys_pressed(&mut self, who: MemberRef, pressed: Pressed, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        let (session, party) = (member.session, member.party);
        for digit in pressed.keys.into_iter().flatten() {
            self.counters.keys += 1;
            out.facts.push(Fact::Key { session, party, digit });
        }
        self.counters.keys_flooded += u64::from(pressed.flooded);
        if let Some(deadline) = member.keys.deadline()
            && member.key_timer.is_none()
        {
            member.key_timer = Some(self.timers.schedule(deadline, (who, Timer::Key)));
        }
    }

    /// He has chosen our SSRC (RFC 3550 8.2): we take another one, once; after that it is a loop of our own
    /// packets, and changing again would not end it.
    #[cold]
    fn collision(&mut self, now: Timestamp, who: MemberRef, out: &mut Out) {
        let Some(member) = self.members.get_mut(who) else { return };
        if std::mem::replace(&mut member.collided, true) {
            self.counters.looped += 1;
            return;
        }
        self.counters.collisions += 1;
        self.report(now, who, true, out);
        if let Some(member) = self.members.get_mut(who) {
            member.sender.change_ssrc(&mut self.random);
        }
    }
}
