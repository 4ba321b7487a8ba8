//! Live calls: the clocks and the half-written record of a call in progress.
//!
//! ```text
//!   stay    in a group's line, at most one at a time
//!   rings   agents' phones that ring for him; their union is `rang`
//!   talks   agents who are with him; their union is `talked`
//! ```
//!
//! Knows no counters: it keeps what has to be remembered between two events.

use crate::asked::Askings;
use crate::books::Place;
use crate::disposals::Given;
use crate::outgoing::Making;
use crate::record::{
    CallRecord, LEGS_MAX, LegAudio, SEGMENTS_MAX, SEGMENTS_RESERVED, Segment, SegmentEnd, SegmentKind, UnixMs,
};
use acd::{AgentRef, GroupRef, OfferRef};
use base::Timestamp;
use call::event::Side;
use std::time::Duration;

/// Where a segment lies in the record; `None` when there was no room for it.
pub(crate) type Slot = Option<u8>;

#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) record: CallRecord,
    /// t0.
    pub(crate) arrived: Timestamp,
    pub(crate) greeting: Slot,
    /// t2: the original clock. `None` before any line.
    pub(crate) since: Option<Timestamp>,
    pub(crate) stay: Option<Stay>,
    pub(crate) rings: Vec<Ring>,
    /// Union of the rings that are over.
    rang: Duration,
    ringing_since: Timestamp,
    /// How long the last ring took that an agent accepted.
    pub(crate) last_ring: Duration,
    /// The centre has counted what became of him.
    pub(crate) settled: bool,
    /// Where his answer was counted, and where his talk will be.
    pub(crate) answered: Option<Place>,
    /// Where he was turned away for good.
    pub(crate) turned_away: Option<Place>,
    /// What an agent has said came of it.
    pub(crate) said: Option<Given>,
    /// What he was told to expect in the line he is in, and when.
    pub(crate) foretold: Option<(Duration, Timestamp)>,
    /// A call of ours: where its callback is counted.
    pub(crate) callback: Option<Place>,
    /// A call that an agent makes.
    pub(crate) outgoing: Option<Making>,
    /// Where its talk is counted, once it has led to one.
    pub(crate) reached: Option<Place>,
    pub(crate) talks: Vec<Talk>,
    talking_since: Timestamp,
    /// With a number outside, and no agent.
    outside: Slot,
    /// Held for a radio studio, and since when.
    standby: Option<(Slot, Timestamp)>,
    /// On air, and since when.
    pub(crate) on_air: Option<(Slot, Timestamp)>,
    /// Agents whose legs are counted though they have not talked with the caller yet.
    heard: Vec<AgentRef>,
    /// Legs that had audio with us and whose measurements have not come.
    legs_open: u32,
    /// Whom its agents ask, and who sent it.
    pub(crate) askings: Askings,
    pub(crate) ended: bool,
}

/// A stay in a group's line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) place: Place,
    /// The centre counts what becomes of this stay.
    pub(crate) for_centre: bool,
    /// The original clock, by which the line is ordered.
    pub(crate) since: Timestamp,
    pub(crate) segment: Slot,
}

/// An agent's phone rings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    pub(crate) offer: OfferRef,
    pub(crate) agent: AgentRef,
    pub(crate) place: Place,
    from: Timestamp,
    segment: Slot,
}

/// An agent talks with the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    pub(crate) agent: AgentRef,
    segment: Slot,
    /// Hold, consult or conference within it.
    within: Slot,
}

impl Live {
    pub(crate) fn new(arrived: Timestamp, record: CallRecord) -> Self {
        let from = record.opened.arrived;
        let mut live = Self {
            record,
            arrived,
            greeting: None,
            since: None,
            stay: None,
            rings: Vec::new(),
            rang: Duration::ZERO,
            ringing_since: arrived,
            last_ring: Duration::ZERO,
            settled: false,
            answered: None,
            turned_away: None,
            said: None,
            foretold: None,
            callback: None,
            outgoing: None,
            reached: None,
            talks: Vec::new(),
            talking_since: arrived,
            outside: None,
            standby: None,
            on_air: None,
            heard: Vec::new(),
            legs_open: 0,
            ended: false,
            askings: Askings::default(),
        };
        live.greeting = live.begin(SegmentKind::Greeting, None, None, from);
        live
    }

    /// Begins a segment, when there is room.
    pub(crate) fn begin(
        &mut self,
        kind: SegmentKind,
        group: Option<GroupRef>,
        agent: Option<AgentRef>,
        from: UnixMs,
    ) -> Slot {
        // What may happen without end leaves room for what decides.
        let room = match kind {
            SegmentKind::Greeting | SegmentKind::Line | SegmentKind::Talk => SEGMENTS_MAX,
            _ => SEGMENTS_MAX - SEGMENTS_RESERVED,
        };
        let segments = &mut self.record.segments;
        if segments.len() >= room {
            self.record.truncated = true;
            return None;
        }
        let (waited, end) = (Duration::ZERO, SegmentEnd::By(Side::System));
        segments.push(Segment { kind, group, agent, from, to: from, waited, end });
        Some((segments.len() - 1) as u8)
    }

    /// Ends a segment.
    pub(crate) fn end(&mut self, slot: Slot, to: UnixMs, end: SegmentEnd) {
        if let Some(segment) = slot.and_then(|slot| self.record.segments.get_mut(usize::from(slot))) {
            segment.to = to;
            segment.end = end;
        }
    }

    /// Ends a stay in a line.
    pub(crate) fn end_line(&mut self, slot: Slot, to: UnixMs, waited: Duration, end: SegmentEnd) {
        self.end(slot, to, end);
        if let Some(segment) = slot.and_then(|slot| self.record.segments.get_mut(usize::from(slot))) {
            segment.waited = waited;
        }
    }

    /// An agent's phone begins to ring.
    pub(crate) fn ring(
        &mut self,
        offer: OfferRef,
        agent: AgentRef,
        place: Place,
        now: Timestamp,
        wall: UnixMs,
    ) {
        if self.rings.is_empty() {
            self.ringing_since = now;
        }
        let segment = self.begin(SegmentKind::Ring, Some(place.group), Some(agent), wall);
        self.rings.push(Ring { offer, agent, place, from: now, segment });
    }

    /// A ring is over; returns it.
    pub(crate) fn ring_ended(&mut self, at: usize, now: Timestamp, wall: UnixMs, end: acd::OfferEnd) -> Ring {
        let ring = self.rings.remove(at);
        self.end(ring.segment, wall, SegmentEnd::Offer(end));
        if end == acd::OfferEnd::Accepted {
            self.last_ring = whole(now.since(ring.from));
        }
        if self.rings.is_empty() {
            self.rang += whole(now.since(self.ringing_since));
        }
        ring
    }

    /// How long phones have rung for him so far.
    pub(crate) fn rang(&self, now: Timestamp) -> Duration {
        let running =
            if self.rings.is_empty() { Duration::ZERO } else { whole(now.since(self.ringing_since)) };
        self.rang + running
    }

    /// An agent is with him.
    pub(crate) fn talk(&mut self, agent: AgentRef, group: Option<GroupRef>, now: Timestamp, wall: UnixMs) {
        if self.talks.is_empty() {
            self.talking_since = now;
        }
        let segment = self.begin(SegmentKind::Talk, group, Some(agent), wall);
        self.talks.push(Talk { agent, segment, within: None });
        match self.heard.iter().position(|heard| *heard == agent) {
            Some(at) => {
                self.heard.swap_remove(at);
            }
            None => self.legs_open += 1,
        }
        self.no_longer_outside(wall);
    }

    /// What an agent does in his talk has changed.
    pub(crate) fn phase(&mut self, agent: AgentRef, kind: Option<SegmentKind>, wall: UnixMs) {
        let Some(at) = self.talks.iter().position(|talk| talk.agent == agent) else { return };
        let Talk { segment, within, .. } = self.talks[at];
        self.end(within, wall, SegmentEnd::By(Side::Agent));
        let group = segment.and_then(|slot| self.record.segments.get(usize::from(slot))?.group);
        let begun = kind.and_then(|kind| self.begin(kind, group, Some(agent), wall));
        self.talks[at].within = begun;
    }

    /// Somebody who was asked into the talk has picked up: his leg has audio.
    pub(crate) fn guest_answered(&mut self, agent: Option<AgentRef>) {
        self.legs_open += 1;
        if let Some(agent) = agent.filter(|_| self.heard.len() < LEGS_MAX) {
            self.heard.push(agent);
        }
    }

    /// A number outside has the caller.
    pub(crate) fn goes_outside(&mut self, group: Option<GroupRef>, wall: UnixMs) {
        self.no_longer_outside(wall);
        self.outside = self.begin(SegmentKind::Outside, group, None, wall);
    }

    /// The caller is out of what was outside.
    pub(crate) fn no_longer_outside(&mut self, wall: UnixMs) {
        let outside = self.outside.take();
        self.end(outside, wall, SegmentEnd::By(Side::Guest));
    }

    /// He is held for a radio studio; told again while he is, it is the same hold.
    pub(crate) fn stands_by(&mut self, now: Timestamp, wall: UnixMs) {
        if self.standby.is_none() {
            self.no_longer_outside(wall);
            let group = self.record.group;
            self.standby = Some((self.begin(SegmentKind::Standby, group, None, wall), now));
        }
    }

    /// He is not any more.
    pub(crate) fn no_longer_stands_by(&mut self, by: Side, now: Timestamp, wall: UnixMs) {
        if let Some((segment, since)) = self.standby.take() {
            self.end(segment, wall, SegmentEnd::By(by));
            self.record.standby += whole(now.since(since));
        }
    }

    /// An agent is no longer with him.
    pub(crate) fn talk_ended(&mut self, at: usize, now: Timestamp, wall: UnixMs, by: Side) {
        let talk = self.talks.remove(at);
        self.end(talk.within, wall, SegmentEnd::By(by));
        self.end(talk.segment, wall, SegmentEnd::By(by));
        self.record.disconnected_at = Some(wall);
        if self.talks.is_empty() {
            self.record.talked += whole(now.since(self.talking_since));
        }
    }

    /// We answered him: his leg has audio from now on.
    pub(crate) fn answered(&mut self, wall: UnixMs) {
        if self.record.answered_at.is_none() {
            self.record.answered_at = Some(wall);
            self.legs_open += 1;
        }
    }

    /// A leg's measurements have come.
    pub(crate) fn leg_ended(&mut self, audio: LegAudio) {
        if self.record.legs.len() < LEGS_MAX {
            self.record.legs.push(audio);
        } else {
            self.record.truncated = true;
        }
        // A phone that was rung and never answered may report too, before anybody talks; it was not awaited.
        if audio.side == Side::Caller || self.record.agent.is_some() {
            self.legs_open = self.legs_open.saturating_sub(1);
        }
    }

    /// Nothing more is awaited.
    pub(crate) fn complete(&self) -> bool {
        self.ended && self.legs_open == 0
    }
}

/// Whole milliseconds, and a year at most: what records keep, so that sums over both agree.
pub(crate) fn whole(span: Duration) -> Duration {
    const YEAR_MS: u64 = 366 * 86_400_000;
    Duration::from_millis(crate::spread::millis(span).min(YEAR_MS))
}
