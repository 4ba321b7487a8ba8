//! Callbacks: who is to be called back, the calls that we make for it, and the identity of their counters.
//!
//! ```text
//!   kept ─┬─ still open                          a call of ours: begun ─▶ rings, dialed ─▶ talk
//!         ├─ reached                             it counts in no line: he was counted when he called
//!         ├─ called again by himself, merged
//!         └─ given up, cancelled
//! ```
//!
//! A callback is counted where and when it was kept, as a caller is where he came into the line; so the identity
//! holds per group, per quarter and for the centre.
//!
//! Never knows: numbers, trunks.

use crate::agents::Agent;
use crate::books::{Books, Place};
use crate::callers::{Callers, end_ring};
use crate::counters::{Left, Step};
use crate::fold::CALLS_MAX;
use crate::interval::Quarter;
use crate::live::whole;
use crate::record::SegmentEnd;
use acd::{AgentRef, CallbackEnd, GroupRef, OfferEnd};
use base::Timestamp;
use call::event::CallRef;
use std::time::Duration;

/// Callbacks by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Callbacks {
    /// Somebody is to be called back.
    pub kept: u64,
    /// Of these, missed calls (漏话).
    pub missed: u64,
    /// Still to be called back.
    pub open: u64,
    /// Over: caller and agent talked.
    pub reached: u64,
    /// Over: the caller called again by himself.
    pub called_again: u64,
    /// Over at once: one for the same party was there already.
    pub merged: u64,
    /// Over: as often tried as the group allows.
    pub given_up: u64,
    /// Over: taken back.
    pub cancelled: u64,

    /// How often a number was dialed.
    pub dialed: u64,
    /// How often one had to be put off after that.
    pub put_off: u64,
    /// How often caller and agent talked.
    pub connected: u64,
    /// Such talks that have ended.
    pub talks: u64,
}

/// One thing to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackStep {
    /// Somebody is to be called back.
    Kept {
        /// A missed call.
        missed: bool,
    },
    /// A number is dialed.
    Dialed,
    /// It was not reached, and is tried later.
    PutOff,
    /// Caller and agent talk.
    Connected,
    /// Their talk is over.
    Talked(Duration),
    /// It is over.
    Ended(CallbackEnd),
}

impl Callbacks {
    pub(crate) fn take(&mut self, step: CallbackStep) {
        match step {
            CallbackStep::Kept { missed } => {
                self.kept += 1;
                self.open += 1;
                self.missed += u64::from(missed);
            }
            CallbackStep::Dialed => self.dialed += 1,
            CallbackStep::PutOff => self.put_off += 1,
            CallbackStep::Connected => self.connected += 1,
            CallbackStep::Talked(_) => self.talks += 1,
            CallbackStep::Ended(end) => {
                self.open = self.open.saturating_sub(1);
                *match end {
                    CallbackEnd::Reached => &mut self.reached,
                    CallbackEnd::CalledAgain => &mut self.called_again,
                    CallbackEnd::Merged => &mut self.merged,
                    CallbackEnd::GivenUp => &mut self.given_up,
                    CallbackEnd::Cancelled => &mut self.cancelled,
                } += 1;
            }
        }
    }

    /// All ends, with their counts.
    #[must_use]
    pub const fn ends(&self) -> [(CallbackEnd, u64); 5] {
        [
            (CallbackEnd::Reached, self.reached),
            (CallbackEnd::CalledAgain, self.called_again),
            (CallbackEnd::Merged, self.merged),
            (CallbackEnd::GivenUp, self.given_up),
            (CallbackEnd::Cancelled, self.cancelled),
        ]
    }

    /// Those that the other counters account for; equal to `kept`.
    #[must_use]
    pub const fn accounted(&self) -> u64 {
        self.reached + self.called_again + self.merged + self.given_up + self.cancelled + self.open
    }

    /// The identities that hold at every instant.
    ///
    /// # Errors
    /// The one that does not, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let rules = [
            ("kept = sum of where they are", self.kept == self.accounted()),
            ("missed <= kept", self.missed <= self.kept),
            ("talks <= connected", self.talks <= self.connected),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((rule, _)) => Err(format!("{rule}: {self:?}")),
            None => Ok(()),
        }
    }
}

/// What happens to callbacks. An event of one that is not known is a stray.
impl Callers {
    /// Somebody is to be called back, or still is.
    pub(crate) fn callback_kept(
        &mut self,
        from: CallRef,
        group: GroupRef,
        missed: bool,
        now: Timestamp,
        books: &mut Books,
    ) {
        if let Some(place) = self.callbacks.get(&from).copied() {
            return books.both(place, Step::Callback(CallbackStep::PutOff));
        }
        if self.callbacks.len() >= CALLS_MAX {
            self.strays += 1;
            return;
        }
        // Who asked for it is out of the line; a missed call is counted by its end.
        if !missed && let Some(live) = self.live.get(&from).filter(|live| !live.ended) {
            if live.stay.is_none() && live.since.is_none() {
                self.enter(from, group, now, books);
            }
            self.leave(from, Left::CalledBack, SegmentEnd::CalledBack, now, books);
        }
        let quarter = Quarter::of(self.epoch, now);
        let place = Place { group, quarter, first_quarter: quarter };
        self.callbacks.insert(from, place);
        books.both(place, Step::Callback(CallbackStep::Kept { missed }));
    }

    /// A callback is over.
    pub(crate) fn callback_ended(&mut self, from: CallRef, end: CallbackEnd, books: &mut Books) {
        match self.callbacks.remove(&from) {
            Some(place) => books.both(place, Step::Callback(CallbackStep::Ended(end))),
            None => self.strays += 1,
        }
    }

    /// A call of ours begins.
    pub(crate) fn callback_begun(&mut self, call: CallRef, from: CallRef, group: GroupRef, now: Timestamp) {
        let quarter = Quarter::of(self.epoch, now);
        let place = self.callbacks.get(&from).copied();
        let place = place.unwrap_or(Place { group, quarter, first_quarter: quarter });
        if let Some(live) = self.known(call)
            && live.since.is_none()
            && live.callback.is_none()
        {
            live.callback = Some(place);
            live.record.group = Some(group);
        }
    }

    /// Its caller is dialed.
    pub(crate) fn callback_dialed(&mut self, call: CallRef, books: &mut Books) {
        if let Some(place) = self.known(call).and_then(|live| live.callback) {
            books.both(place, Step::Callback(CallbackStep::Dialed));
        }
    }

    /// Its caller and an agent can talk.
    pub(crate) fn callback_connected(
        &mut self,
        call: CallRef,
        (agent, group): (AgentRef, GroupRef),
        waited: Duration,
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        let Some(place) = live.callback else { return };
        if let Some(at) = live.rings.iter().position(|ring| ring.agent == agent) {
            end_ring(live, at, OfferEnd::Accepted, (now, wall), books, agents);
        }
        let greeting = live.greeting.take();
        live.end(greeting, wall, SegmentEnd::Connected);
        live.record.waited = whole(waited);
        live.record.connected_at.get_or_insert(wall);
        live.record.agent.get_or_insert(agent);
        live.record.last_agent = Some(agent);
        live.talk(agent, Some(group), now, wall);
        let (id, said) = (live.record.opened.id, live.said);
        self.last.talks(agent, call, (id, said));
        let Some(live) = self.live.get_mut(&call) else { return };
        if live.reached.is_none() {
            live.reached = Some(place);
            books.both(place, Step::Callback(CallbackStep::Connected));
        }
        if let Some(agent) = agents.get_mut(agent.index()) {
            agent.answered += 1;
            agent.last = Some((id, group));
        }
    }

    /// A caller who was turned away, or handed over, talks to a number outside.
    pub(crate) fn put_through(&mut self, call: CallRef, group: GroupRef, now: Timestamp, books: &mut Books) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        live.goes_outside(Some(group), wall);
        if live.record.agent.is_some() {
            live.guest_answered(None);
        }
        if let Some(place) = live.turned_away.take() {
            books.both(place, Step::PutThrough);
        }
    }
}
