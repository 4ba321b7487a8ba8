//! Waiting: a caller in a group's line, and what becomes of him when the group turns him away.
//!
//! ```text
//!   enter_line ─▶ music ─▶ acd: Enqueue ─┬─ Queued, later Offer ─▶ ringing
//!        ▲                               └─ TurnedAway ─▶ Target::Group (original clock, four at most) ─┐
//!        └──────────────────────────────────────────────────────────────────────────────────────────────┤
//!                                                         Target::Announce ─▶ Announcing ─▶ end         │
//!                                                         Target::Callback ─▶ callback.rs, Announcing   │
//!                                                         Target::Number ─▶ outside.rs                  │
//!                                                         Target::Busy ─▶ end (486, cause 17) ◀─ fifth ─┘
//! ```

use crate::call::{Place, Stage};
use crate::cause;
use crate::engine::{Engine, Out, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::party::party;
use crate::plan::Target;
use acd::{GroupRef, Prefer, Turned};
use base::Timestamp;
use media::session::{ClipRef, Hear};
use std::time::Duration;

/// How often in a row a caller may be sent on to another group.
const HOPS_MAX: u8 = 4;

impl Engine {
    /// Puts the caller into a group's line, to its music.
    pub(crate) fn enter_line(
        &mut self,
        now: Timestamp,
        call: CallRef,
        place: Place,
        named: Option<Prefer>,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let served = this.served;
        let (party, site) = (party(this.number.reveal()), this.site);
        let prefer = named.or_else(|| party.and_then(|party| self.preferred.get(&party)).copied());
        this.stage = Stage::Waiting(place);
        this.group = Some(place.group);
        self.wait_to_music(call, out);
        if place.hops == 0 {
            self.comfort_later(now, call);
        }
        let (priority, requires) = self.flow_of(call);
        let enqueue = acd::Enqueue {
            priority,
            since: place.since,
            site,
            requires,
            party,
            prefer,
            served,
            ..acd::Enqueue::new(caller_of(call), place.group, now)
        };
        if self.ask(now, acd::Input::Enqueue(enqueue)).is_err() {
            // A group that is not in the plan: the configuration's check should have said so.
            self.end(now, call, Outcome::Lost, cause::TEMPORARY_FAILURE, Side::System, out);
        }
    }

    /// Whoever waits hears his flow's ring-back, or his group's music.
    pub(crate) fn wait_to_music(&mut self, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let ring_back = self.flow(call).and_then(|flow| flow.ring_back);
        let hear = looped(ring_back.or(this.group.and_then(|group| self.music(group))));
        self.caller_hears(call, hear, out);
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
        if self.callbacks.contains(&call) {
            return self.turned_away_again(now, call, group, why, out);
        }
        let Some(Stage::Waiting(place)) = self.calls.get(call).map(|this| &this.stage) else { return };
        let place = *place;
        let target = self.target(group, why);
        let to = match target {
            Target::Group(to) if place.hops < HOPS_MAX => Some(to),
            Target::Callback { announce, missed } => {
                if self.keep_turned_away(now, call, &place, missed) {
                    if missed {
                        self.tell(now, Event::TurnedAway { call, group, why, to: None }, out);
                    }
                    let outcome = if missed { Outcome::TurnedAway(why) } else { Outcome::CalledBack };
                    return self.announce(now, call, outcome, announce, out);
                }
                None
            }
            _ => None,
        };
        self.tell(now, Event::TurnedAway { call, group, why, to }, out);
        if let Some(to) = to {
            let place = Place { group: to, hops: place.hops + 1, told: false, ..place };
            self.enter_line(now, call, place, None, out);
            return;
        }
        match target {
            Target::Announce(clip) => self.announce(now, call, Outcome::TurnedAway(why), Some(clip), out),
            Target::Number(outside) => self.forward(now, call, why, outside, out),
            _ => self.announce(now, call, Outcome::TurnedAway(why), None, out),
        }
    }

    /// What a group's plan says of a caller whom it turns away.
    pub(crate) fn target(&self, group: GroupRef, why: Turned) -> Target {
        self.plan.groups.get(group.index()).map_or(Target::Busy, |group| match why {
            Turned::LineFull => group.on_full.clone(),
            Turned::WaitedTooLong => group.on_wait_max.clone(),
            Turned::NobodySignedIn => group.on_nobody.clone(),
            Turned::Closed => group.on_closed.clone(),
            Turned::Surge => group.on_surge.clone(),
            Turned::Blocked => Target::Busy,
        })
    }

    /// A caller who is out of the line hears what becomes of him; without a clip he is released at once.
    pub(crate) fn announce(
        &mut self,
        now: Timestamp,
        call: CallRef,
        outcome: Outcome,
        clip: Option<ClipRef>,
        out: &mut Out,
    ) {
        self.rest(call);
        let Some(this) = self.calls.get_mut(call) else { return };
        this.stage = Stage::Announcing(outcome);
        match clip {
            Some(clip) => self.caller_hears(call, Hear::Once(clip), out),
            None => self.announced(now, call, outcome, out),
        }
    }

    /// He has heard it, and is released.
    pub(crate) fn announced(&mut self, now: Timestamp, call: CallRef, outcome: Outcome, out: &mut Out) {
        let busy = matches!(outcome, Outcome::TurnedAway(_));
        let cause = if busy { cause::BUSY } else { cause::NORMAL };
        self.end(now, call, outcome, cause, Side::System, out);
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
