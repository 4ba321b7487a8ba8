//! Talking: the bridge between a caller and whoever is with him.
//!
//! ```text
//!   acd Served ─▶ (200 to a caller in early media) ─▶ (work number to both) ─▶ Hear both ways ─▶ event Connected
//!   whatever changes who is there, or who listens ─▶ bridge: the scene anew, said where it differs
//! ```

use crate::call::{Calling, Stage, Talk, Way, With};
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Side};
use crate::renegotiate::ALIGNMENTS;
use crate::scene::scene;
use crate::waiting::looped;
use acd::{AgentRef, GroupRef};
use base::Timestamp;
use media::session::Hear;

impl Engine {
    /// The distributor has let the caller out of the line: caller and agent can talk.
    pub(crate) fn connect(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        group: GroupRef,
        since: Timestamp,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let way = if this.served { None } else { Some(this.way) };
        match std::mem::replace(&mut this.stage, Stage::Opening) {
            // The others have been withdrawn by now.
            Stage::Ringing(place, mut rings) => match rings.pop() {
                Some(ring) if ring.agent == agent && rings.is_empty() => {
                    let with = With::Agent(agent);
                    this.stage = Stage::Talking(Talk::of_two(with, ring.leg, ALIGNMENTS, Some(place)));
                }
                other => {
                    rings.extend(other);
                    this.stage = Stage::Ringing(place, rings);
                    return;
                }
            },
            Stage::Calling(Calling { companion: Some(talk), .. }) => this.stage = Stage::Talking(talk),
            // He has reached for it, and is on the phone.
            Stage::Waiting(place) => match self.picked.take() {
                Some(picked) if (picked.call, picked.agent) == (call, agent) => {
                    let with = With::Agent(agent);
                    this.stage = Stage::Talking(Talk::of_two(with, picked.leg, ALIGNMENTS, Some(place)));
                }
                other => {
                    self.picked = other;
                    this.stage = Stage::Waiting(place);
                    return;
                }
            },
            other => {
                this.stage = other;
                return;
            }
        }
        this.served = true;
        self.answers_for(call, agent);
        self.met(agent, call);
        self.rest(call);
        self.pick_up(call, out);
        if !self.tell_agent(call, agent, out) {
            self.bridge(call, out);
        }
        let waited = now.since(since);
        let event = match way {
            Some(Way::Callback(from)) => Event::CallbackConnected { call, from, agent, group, waited },
            _ => Event::Connected { call, agent, group, waited },
        };
        self.tell(now, event, out);
        self.begin_recording(now, call, agent, group, out);
        self.align(now, call, Side::Agent, out);
    }

    /// Lets each party of a talk hear whom it should.
    pub(crate) fn bridge(&mut self, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Stage::Talking(talk) = &this.stage else { return };
        if this.course.telling {
            return;
        }
        let music = self.hold_music(this.group);
        let mut heard = scene(this, talk, music);
        // In the order of the slots: the same step says the same words whoever came first.
        heard.sort_unstable_by_key(|(slot, _)| *slot);
        for (slot, hear) in heard {
            self.hear(call, slot, hear, out);
        }
        self.record_others(call, out);
    }

    /// What somebody hears who is on hold, or alone.
    pub(crate) fn hold_music(&self, group: Option<GroupRef>) -> Hear {
        looped(group.and_then(|group| self.music(group)))
    }
}
