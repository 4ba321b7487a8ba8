//! One party of a session: where he is, what he hears, what was measured of him.
//!
//! ```text
//!   his packets ─▶ source ─▶ reception ─▶ keys, jitter buffer, listeners
//!   to him      ◀─ sender ◀─ relay(packet of another) │ play(clip) │ mix(frames)
//! ```
//!
//! All of it is plain values, so that a session can be written out and taken up elsewhere.
//! Never knows: other parties (the desk brings their packets), sockets.

use crate::clip::{self, Clip};
use crate::control::Control;
use crate::counters::Counters;
use crate::desk::{Out, Packet};
use crate::header::Stamp;
use crate::inband::Inband;
use crate::jitter::Jitter;
use crate::keys::Keys;
use crate::mixer::{self, Frames, Translation, translation};
use crate::reception::{Reception, clock};
use crate::room::{Feed, NOBODY, RoomRef, SEATS};
use crate::sender::{Relayed, Sender};
use crate::session::{Audio, Codec, Hear, Parties, Party, Report, SessionRef};
use crate::source::Source;
use crate::tape::TapeRef;
use base::{Random, TimerRef, Timestamp};
use std::net::SocketAddr;
use std::time::Duration;

use crate::beat::TICK_SAMPLES;

base::handle!(MemberRef, "member", "A party's place in its desk.");

/// Longest packet time we send, in samples: 60 ms.
const FRAME_MAX: usize = 480;

/// One party.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its session's name outside.
    pub(crate) session: SessionRef,
    /// Its session.
    pub(crate) room: RoomRef,
    /// Its slot.
    pub(crate) party: Party,
    /// What was negotiated.
    pub(crate) audio: Audio,
    /// Whether its port is ours: nothing is sent or heard otherwise.
    pub(crate) open: bool,
    /// What it shall hear.
    pub(crate) hear: Hear,
    /// Where that comes from.
    pub(crate) feed: Feed,
    /// Who may speak as it.
    pub(crate) source: Source,
    /// What came from it.
    pub(crate) reception: Reception,
    /// The stream to it.
    pub(crate) sender: Sender,
    /// RTCP.
    pub(crate) control: Control,
    /// Its keys.
    pub(crate) keys: Keys,
    /// Its ear for keys in the audio, while they are wanted and no telephone-event was negotiated.
    pub(crate) inband: Option<Box<Inband>>,
    /// Who is relayed its packets.
    pub(crate) listeners: Listeners,
    /// Its audio for those who hear it in a mix.
    pub(crate) jitter: Option<Box<Jitter>>,
    /// The recording that keeps what it says.
    pub(crate) tape: Option<TapeRef>,
    /// When a packet last came (or was last not yet expected).
    pub(crate) heard: Timestamp,
    /// How long nothing may come; zero for ever.
    pub(crate) silence: Duration,
    /// Whether it was said already that nothing came.
    pub(crate) silence_told: bool,
    /// Packets from elsewhere.
    pub(crate) strangers: u64,
    /// Whether our SSRC was changed once because the other side had the same.
    pub(crate) collided: bool,
    /// Loss that is in the desk's counters already.
    pub(crate) lost_told: u64,
    /// Loss at the other side that is in the desk's counters already.
    pub(crate) lost_remote_told: u64,
    /// Next report.
    pub(crate) report_timer: Option<TimerRef>,
    /// Next look whether anything came.
    pub(crate) silence_timer: Option<TimerRef>,
    /// End of a key press that stopped without an end.
    pub(crate) key_timer: Option<TimerRef>,
    /// Whether its beat plays to it.
    pub(crate) played_to: bool,
    /// Whether the rim was told that somebody hears it.
    pub(crate) attended: bool,
    /// Samples a packet to it carries.
    frame: usize,
    /// Place in a clip that is heard once.
    position: usize,
    /// Samples that are due but do not fill a packet yet.
    owed: usize,
    /// Mixed samples that do not fill a packet yet; used only for packet times other than 20 ms.
    pending: Vec<u8>,
}

/// The parties who are relayed somebody's packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listeners {
    members: [MemberRef; SEATS],
    count: u8,
}

impl Listeners {
    pub(crate) const NONE: Self = Self { members: [NOBODY; SEATS], count: 0 };

    pub(crate) fn push(&mut self, member: MemberRef) {
        if let Some(place) = self.members.get_mut(usize::from(self.count)) {
            *place = member;
            self.count += 1;
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[MemberRef] {
        &self.members[..usize::from(self.count)]
    }
}

/// What a relayed payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Audio of a codec.
    Audio(Codec),
    /// A telephone-event.
    Event,
    /// Something that was not negotiated.
    Other,
}

impl Member {
    /// A party that has just joined.
    pub(crate) fn new(
        now: Timestamp,
        (session, room, party): (SessionRef, RoomRef, Party),
        audio: Audio,
        silence: Duration,
        random: &mut Random,
    ) -> Self {
        Self {
            session,
            room,
            party,
            audio,
            open: false,
            hear: Hear::Nothing,
            feed: Feed::Nothing,
            source: Source::new(audio.remote, audio.nated),
            reception: Reception::default(),
            sender: Sender::new(now, random),
            control: Control::new(random),
            keys: Keys::default(),
            inband: None,
            listeners: Listeners::NONE,
            jitter: None,
            tape: None,
            heard: now,
            silence,
            silence_told: false,
            strangers: 0,
            collided: false,
            lost_told: 0,
            lost_remote_told: 0,
            report_timer: None,
            silence_timer: None,
            key_timer: None,
            played_to: false,
            attended: false,
            frame: frame(audio.packet_time),
            position: 0,
            owed: 0,
            pending: Vec::new(),
        }
    }

    /// A renegotiation changed his audio.
    pub(crate) fn renegotiate(&mut self, now: Timestamp, audio: Audio) {
        let before = std::mem::replace(&mut self.audio, audio);
        self.source = self.source.renegotiated(audio.remote, audio.nated);
        self.frame = frame(audio.packet_time);
        if before.remote != audio.remote {
            self.collided = false;
        }
        if before.codec != audio.codec {
            self.jitter = None;
            self.pending.clear();
        }
        if before.sends != audio.sends {
            self.begin();
        }
        // Who has just agreed on something new gets the whole time again.
        (self.heard, self.silence_told) = (now, false);
    }

    /// What he hears changes.
    pub(crate) fn listen(&mut self, hear: Hear) {
        self.hear = hear;
        self.position = 0;
        if matches!(hear, Hear::Once(_) | Hear::Loop(_)) {
            self.begin();
        }
    }

    /// Where it comes from changes. A conference that somebody joins or leaves stays the same stream.
    pub(crate) fn feed_from(&mut self, feed: Feed) {
        let before = std::mem::replace(&mut self.feed, feed);
        if before != feed && !matches!((before, feed), (Feed::Mix(_), Feed::Mix(_))) {
            self.begin();
        }
    }

    /// Listens for keys in the audio as long as they are wanted: of who hears a clip, or nothing while one is made
    /// ready or he thinks. Who hears others talks.
    pub(crate) fn listen_for_tones(&mut self) {
        let heard = self.open && self.audio.receives && self.audio.codec != Codec::G722;
        let wanted = self.audio.events.is_none() && !matches!(self.hear, Hear::Parties(_));
        if !(heard && wanted) {
            self.inband = None;
        } else if self.inband.is_none() {
            self.inband = Some(Box::new(Inband::new()));
        }
    }

    /// Passes a packet of another party on.
    #[inline]
    pub(crate) fn relay(
        &mut self,
        now: Timestamp,
        from: Relayed,
        content: Content,
        payload: &[u8],
        out: &mut Out,
        counters: &mut Counters,
    ) {
        let Some(to) = self.destination() else { return };
        let (kind, translated) = match content {
            Content::Audio(codec) => (Some(self.audio.payload), translation(codec, self.audio.codec)),
            Content::Event => (self.audio.events, Translation::Same),
            Content::Other => (None, Translation::Same),
        };
        let Some(kind) = kind.filter(|_| !payload.is_empty()) else {
            return self.sender.swallow(from.ssrc, from.sequence);
        };
        if matches!(translated, Translation::Impossible) {
            counters.untranslatable += 1;
            return self.sender.swallow(from.ssrc, from.sequence);
        }
        // All our codecs have one octet for each tick of the RTP clock.
        let samples = if content == Content::Event { TICK_SAMPLES } else { payload.len() };
        let Some(stamp) = self.sender.relayed(now, from, samples as u32, payload.len()) else {
            counters.late += 1;
            return;
        };
        counters.relayed += 1;
        self.send(to, stamp, kind.0, out, |bytes| match translated {
            Translation::Table(table) => bytes.extend(payload.iter().map(|&code| table[usize::from(code)])),
            _ => bytes.extend_from_slice(payload),
        });
    }

    /// Plays this tick of his clip. True when a clip that is heard once has been heard.
    #[inline]
    pub(crate) fn play(
        &mut self,
        at: Timestamp,
        clips: &[Clip],
        out: &mut Out,
        counters: &mut Counters,
    ) -> bool {
        match self.hear {
            Hear::Loop(clip) => {
                let samples = clips.get(clip.index()).map_or(&[][..], |clip| clip.samples(self.audio.codec));
                self.play_looped(at, samples, out, counters);
                false
            }
            Hear::Once(clip) => {
                let Some(clip) = clips.get(clip.index()) else { return true };
                self.play_once(at, clip, out, counters)
            }
            Hear::Nothing | Hear::Parties(_) => false,
        }
    }

    /// Sends him what these parties said in this tick.
    pub(crate) fn mix(
        &mut self,
        at: Timestamp,
        frames: &Frames<'_>,
        parties: Parties,
        out: &mut Out,
        counters: &mut Counters,
    ) {
        let Some(to) = self.destination() else { return };
        let (codec, kind) = (self.audio.codec, self.audio.payload.0);
        if self.frame == TICK_SAMPLES && self.pending.is_empty() {
            let stamp = self.sender.clocked(at, TICK_SAMPLES as u32, TICK_SAMPLES);
            counters.mixed += 1;
            return self.send(to, stamp, kind, out, |bytes| mixer::mix(frames, parties, codec, bytes));
        }
        let mut pending = std::mem::take(&mut self.pending);
        mixer::mix(frames, parties, codec, &mut pending);
        let mut sent = 0;
        while pending.len() - sent >= self.frame {
            let stamp = self.sender.clocked(at, self.frame as u32, self.frame);
            let part = sent..sent + self.frame;
            sent = part.end;
            counters.mixed += 1;
            self.send(to, stamp, kind, out, |bytes| bytes.extend_from_slice(&pending[part]));
        }
        pending.drain(..sent);
        self.pending = pending;
    }

    /// Ticks that are left out: his time goes on.
    pub(crate) fn skip(&mut self, ticks: u64) {
        self.sender.skip((ticks as u32).wrapping_mul(TICK_SAMPLES as u32));
    }

    /// Where his audio goes, if anything may go there.
    #[inline]
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        if self.open && self.audio.sends { self.source.destination() } else { None }
    }

    /// From which of our ports, and where, his RTCP goes.
    pub(crate) fn control_path(&self) -> Option<(u16, SocketAddr)> {
        if !self.open {
            return None;
        }
        let to = self.source.destination()?;
        if self.audio.rtcp_mux {
            return Some((self.audio.port, to));
        }
        let port = self.audio.port + 1;
        // Behind a NAT the address in the SDP leads nowhere; the neighbor of the latched port may.
        match self.audio.rtcp.filter(|_| !self.audio.nated) {
            Some(rtcp) => Some((port, rtcp)),
            None => Some((port, SocketAddr::new(to.ip(), to.port().checked_add(1)?))),
        }
    }

    /// What was measured of him.
    pub(crate) fn report(&self) -> Report {
        Report {
            packets_received: self.reception.received(),
            packets_sent: self.sender.packets,
            lost: self.reception.lost(),
            lost_remote: self.control.lost_remote,
            jitter: self.reception.jitter_last(),
            jitter_max: self.reception.jitter_largest(),
            round_trip: self.control.round_trip,
            strangers: self.strangers,
        }
    }

    fn play_looped(&mut self, at: Timestamp, samples: &[u8], out: &mut Out, counters: &mut Counters) {
        let Some(to) = self.destination().filter(|_| !samples.is_empty()) else { return };
        self.owed += TICK_SAMPLES;
        while self.owed >= self.frame {
            let position = clock(at) + TICK_SAMPLES as u64 - self.owed as u64;
            let frame = self.frame;
            self.owed -= frame;
            counters.played += 1;
            let stamp = self.sender.clocked(at, frame as u32, frame);
            self.send(to, stamp, self.audio.payload.0, out, |bytes| {
                clip::append_looped(samples, position, frame, bytes);
            });
        }
    }

    fn play_once(&mut self, at: Timestamp, clip: &Clip, out: &mut Out, counters: &mut Counters) -> bool {
        if self.position >= clip.length() {
            return true;
        }
        let (samples, to) = (clip.samples(self.audio.codec), self.destination());
        self.owed += TICK_SAMPLES;
        while self.owed >= self.frame {
            let (position, frame) = (self.position, self.frame);
            self.owed -= frame;
            self.position += frame;
            // Without a way to him time goes by all the same: a flow must not hang on a held caller.
            let Some(to) = to.filter(|_| !samples.is_empty()) else { continue };
            counters.played += 1;
            let stamp = self.sender.clocked(at, frame as u32, frame);
            let silence = mixer::silence(self.audio.codec);
            self.send(to, stamp, self.audio.payload.0, out, |bytes| {
                clip::append_once(samples, position, frame, silence, bytes);
            });
        }
        false
    }

    /// Something new begins for the receiver.
    fn begin(&mut self) {
        self.sender.fresh();
        self.pending.clear();
        self.owed = 0;
    }

    #[inline]
    fn send(
        &self,
        to: SocketAddr,
        stamp: Stamp,
        kind: u8,
        out: &mut Out,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = out.bytes.len();
        out.bytes.extend_from_slice(&stamp.write(kind));
        payload(&mut out.bytes);
        let length = (out.bytes.len() - start) as u16;
        out.packets.push(Packet { port: self.audio.port, peer: to, start: start as u32, length });
    }
}

/// Samples a packet carries: whole tens of milliseconds, 10 to 60, 20 when nothing was said.
fn frame(packet_time: Duration) -> usize {
    let tens = (packet_time.as_millis() / 10).min(6) as usize;
    if tens == 0 { TICK_SAMPLES } else { (tens * 80).min(FRAME_MAX) }
}
