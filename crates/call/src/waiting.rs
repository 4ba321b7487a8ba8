//! Waiting: a caller in a group's line, and what becomes of him when the group turns him away.
//!
//! ```text
//!   enter_line ─▶ music ─▶ acd: Enqueue ─┬─ Queued, later Offer ─▶ ringing
//!        ▲                               └─ TurnedAway ─▶ Target::Group (original clock, four at most) ─┐
//!        └──────────────────────────────────────────────────────────────────────────────────────────────┤
//!                                                         Target::Announce ─▶ Announcing ─▶ end         │
//!                                                         Target::Busy ─▶ end (486, cause 17) ◀─ fifth ─┘
//! ```

use crate::call::{Place, Stage, Way};
use crate::cause;
use crate::engine::{Engine, Out, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::party::party;
use crate::plan::Target;
use acd::{GroupRef, Turned};
use base::Timestamp;
use media::session::{ClipRef, Hear};
use std::time::Duration;

/// How often in a row a caller may be sent on to another group.
const HOPS_MAX: u8 = 4;

impl Engine {
    /// Puts the caller into a group's line, to its music.
    pub(crate) fn enter_line(&mut self, now: Timestamp, call: CallRef, place: Place, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Way::Flow(flow) = this.way else { return };
        let flow = &self.plan.flows[flow.index()];
        let (ring_back, priority) = (flow.ring_back, flow.priority);
        let party = party(this.number.reveal());
        this.stage = Stage::Waiting(place);
        this.group = Some(place.group);
        let hear = looped(ring_back.or(self.music(place.group)));
        self.hear(call, Side::Caller, hear, out);
        let enqueue = acd::Enqueue {
            priority,
            since: place.since,
            party,
            ..acd::Enqueue::new(caller_of(call), place.group, now)
        };
        if self.ask(now, acd::Input::Enqueue(enqueue)).is_err() {
            // A group that is not in the plan: the configuration's check should have said so.
            self.end(now, call, Outcome::Lost, cause::TEMPORARY_FAILURE, Side::System, out);
        }
    }

    pub(crate) fn queued(
        &mut self,
        now: Timestamp,
        call: CallRef,
        group: GroupRef,
        position: u32,
        expected: Option<Duration>,
        out: &mut Out,
    ) {
        if let Some(Stage::Waiting(place)) = self.calls.get_mut(call).map(|this| &mut this.stage) {
            place.told = true;
        }
        self.tell(now, Event::Queued { call, group, position, expected }, out);
    }

    pub(crate) fn turned_away(
        &mut self,
        now: Timestamp,
        call: CallRef,
        group: GroupRef,
        why: Turned,
        out: &mut Out,
    ) {
        let Some(Stage::Waiting(place)) = self.calls.get(call).map(|this| &this.stage) else { return };
        let place = *place;
        let target = self.plan.groups.get(group.index()).map_or(Target::Busy, |group| match why {
            Turned::LineFull => group.on_full,
            Turned::WaitedTooLong => group.on_wait_max,
            Turned::NobodySignedIn => group.on_nobody,
            Turned::Closed => group.on_closed,
            Turned::Surge => group.on_surge,
            Turned::Blocked => Target::Busy,
        });
        let to = match target {
            Target::Group(to) if place.hops < HOPS_MAX => Some(to),
            _ => None,
        };
        self.tell(now, Event::TurnedAway { call, group, why, to }, out);
        if let Some(to) = to {
            let place = Place { group: to, hops: place.hops + 1, told: false, ..place };
            self.enter_line(now, call, place, out);
            return;
        }
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Announcing(why);
        }
        if let Target::Announce(clip) = target {
            self.hear(call, Side::Caller, Hear::Once(clip), out);
        } else {
            self.end(now, call, Outcome::TurnedAway(why), cause::BUSY, Side::System, out);
        }
    }

    /// A group's music.
    pub(crate) fn music(&self, group: GroupRef) -> Option<ClipRef> {
        self.plan.groups.get(group.index()).and_then(|group| group.music)
    }
}

/// A clip over and over, or silence.
pub(crate) fn looped(clip: Option<ClipRef>) -> Hear {
    clip.map_or(Hear::Nothing, Hear::Loop)
}
