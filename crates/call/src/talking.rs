//! Talking: the bridge between caller and agent, and who hears what on it.
//!
//! ```text
//!   acd Served ─▶ (200 to a caller in early media) ─▶ (work number to both) ─▶ Hear both ways ─▶ event Connected
//!   a party that no longer listens (hold) ─▶ the other hears the group's music until it listens again
//! ```

use crate::call::{Calling, Stage, Talk, Way, With};
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Side};
use crate::leg::{self, Leg};
use crate::renegotiate::ALIGNMENTS;
use crate::waiting::looped;
use acd::{AgentRef, GroupRef};
use base::Timestamp;
use media::session::{Hear, Parties};

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
        let way = this.way;
        match std::mem::replace(&mut this.stage, Stage::Opening) {
            // The others have been withdrawn by now.
            Stage::Ringing(place, mut rings) => match rings.pop() {
                Some(ring) if ring.agent == agent && rings.is_empty() => {
                    let with = With::Agent(agent);
                    this.stage = Stage::Talking(Talk { with, leg: ring.leg, alignments: ALIGNMENTS });
                }
                other => {
                    rings.extend(other);
                    this.stage = Stage::Ringing(place, rings);
                    return;
                }
            },
            Stage::Calling(Calling { companion: Some(talk), .. }) => this.stage = Stage::Talking(talk),
            other => {
                this.stage = other;
                return;
            }
        }
        self.rest(call);
        self.pick_up(call, out);
        if !self.tell_agent(call, agent, out) {
            self.bridge(call, out);
        }
        let waited = now.since(since);
        let event = match way {
            Way::Callback(from) => Event::CallbackConnected { call, from, agent, group, waited },
            _ => Event::Connected { call, agent, group, waited },
        };
        self.tell(now, event, out);
        self.align(now, call, Side::Agent, out);
    }

    /// Lets each party of a talk hear the other, or music while the other does not listen.
    pub(crate) fn bridge(&mut self, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Stage::Talking(talk) = &this.stage else { return };
        if this.course.telling {
            return;
        }
        let music = looped(this.group.and_then(|group| self.music(group)));
        let hears = |other: &Leg, side| match other.audio() {
            // Who has put the call on hold does not listen (RFC 3264 section 8.4).
            Some(audio) if !audio.sends => music,
            _ => Hear::Parties(Parties::one(leg::party(side))),
        };
        let (caller, agent) = (hears(&talk.leg, Side::Agent), hears(&this.caller, Side::Caller));
        self.hear(call, Side::Caller, caller, out);
        self.hear(call, Side::Agent, agent, out);
    }
}
