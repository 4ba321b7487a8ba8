//! Comfort: what a caller hears in the line beside its music.
//!
//! ```text
//!   enter_line ─▶ the moments of the next message and the next word about his place ─▶ pause
//!   pause over ─▶ place (您前面还有三位，预计等待约两分钟) and message, in this order ─▶ music again
//!   bridge stands ─▶ whose call it is now (工号8001为您服务), to both ─▶ they can talk
//! ```
//!
//! A place is told as the distributor has it at that moment, with the wait that it expects for it; without an
//! expectation only the place is told, and nothing at all when a piece is missing.

use crate::call::Stage;
use crate::engine::{Engine, Out, caller_of};
use crate::event::CallRef;
use crate::flow::{Act, Queue};
use crate::leg::CALLER;
use crate::spoken;
use acd::AgentRef;
use base::Timestamp;
use media::session::{ClipRef, Hear};
use std::time::Duration;

/// What is due this soon while a clip is heard waits for its end.
pub(crate) const CLIP_FIRST: Duration = Duration::from_secs(2);

impl Engine {
    /// A caller has come into a line: when he is comforted.
    pub(crate) fn comfort_later(&mut self, now: Timestamp, call: CallRef) {
        let Some((comfort_every, place_every)) =
            self.queue(call).map(|queue| (queue.comfort_every, queue.place_every))
        else {
            return;
        };
        let Some(this) = self.calls.get_mut(call) else { return };
        let after = |every: Duration| (every > Duration::ZERO).then(|| now + every);
        this.course.comfort = after(comfort_every);
        this.course.place = after(place_every);
        self.comfort_next(call);
    }

    fn comfort_next(&mut self, call: CallRef) {
        let Some(this) = self.calls.get(call) else { return };
        if let Some(at) = this.course.comfort.into_iter().chain(this.course.place).min() {
            self.pause(call, at);
        }
    }

    /// He is due to hear something.
    pub(crate) fn comfort(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        if matches!(this.caller.hears, Hear::Once(_)) {
            return self.pause(call, now + CLIP_FIRST);
        }
        let Some(queue) = self.queue(call) else { return };
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let (place, comfort) = (due(this.course.place), due(this.course.comfort));
        let (place_every, comfort_every) = (queue.place_every, queue.comfort_every);
        let mut clips = if place { self.place_of(call) } else { Vec::new() };
        if comfort {
            clips.extend_from_slice(&queue.comfort);
        }
        let Some(this) = self.calls.get_mut(call) else { return };
        if place {
            this.course.place = Some(now + place_every);
        }
        if comfort {
            this.course.comfort = Some(now + comfort_every);
        }
        self.say(call, &clips, out);
        self.comfort_next(call);
    }

    /// What there is to say about a caller's place.
    fn place_of(&self, call: CallRef) -> Vec<ClipRef> {
        let (Some(language), Some(caller)) = (self.language(call), self.acd.caller(caller_of(call))) else {
            return Vec::new();
        };
        let mut pieces = spoken::place(language.grammar, caller.position.saturating_sub(1));
        pieces.extend(
            caller.expected.into_iter().flat_map(|expected| spoken::wait(language.grammar, expected)),
        );
        language.say(&pieces)
    }

    /// Tells caller and agent whose call it is now; false when there is nothing to tell.
    pub(crate) fn tell_agent(&mut self, call: CallRef, agent: AgentRef, out: &mut Out) -> bool {
        if !self.flow(call).is_some_and(|flow| flow.tells_agent) {
            return false;
        }
        let (Some(language), Some(plan)) = (self.language(call), self.plan.acd.agents.get(agent.index()))
        else {
            return false;
        };
        let clips = language.say(&spoken::agent(language.grammar, &plan.name));
        let Some(first) = clips.first().copied() else { return false };
        self.say(call, &clips, out);
        self.agent_hears_as_is(call, Hear::Once(first), out);
        if let Some(this) = self.calls.get_mut(call) {
            this.course.telling = true;
        }
        true
    }

    /// The next clip of what is being said.
    pub(crate) fn go_on(&mut self, call: CallRef, clip: ClipRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let (rest, telling) = (std::mem::take(&mut this.course.speech), this.course.telling);
        self.hear_as_is(call, CALLER, Hear::Once(clip), out);
        if telling {
            self.agent_hears_as_is(call, Hear::Once(clip), out);
        }
        if let Some(this) = self.calls.get_mut(call) {
            this.course.speech = rest;
        }
    }

    /// The agent hears what his caller hears.
    fn agent_hears_as_is(&mut self, call: CallRef, hear: Hear, out: &mut Out) {
        let slot = self.calls.get(call).and_then(|this| this.agent_leg()).map(|leg| leg.slot);
        if let Some(slot) = slot {
            self.hear_as_is(call, slot, hear, out);
        }
    }

    /// The place to wait at which a caller is.
    pub(crate) fn queue(&self, call: CallRef) -> Option<&Queue> {
        let stage = &self.calls.get(call)?.stage;
        match self.act(call)? {
            Act::Queue(queue) if matches!(stage, Stage::Waiting(_) | Stage::Ringing(..)) => Some(queue),
            _ => None,
        }
    }
}
