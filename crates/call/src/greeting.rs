//! Greeting: the flow's clips in order, then the line. The wait clock starts after the last
//! (`AbandonedBeforeLine` until then).

use crate::call::{Place, Stage, Way};
use crate::cause;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Outcome, Side};
use crate::leg::CALLER;
use base::Timestamp;
use media::session::{ClipRef, Hear, Party};

impl Engine {
    /// Plays the clip at this place of the greeting; after the last, the caller joins the line.
    pub(crate) fn greet(&mut self, now: Timestamp, call: CallRef, at: usize, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Way::Flow(flow) = this.way else { return };
        let flow = &self.plan.flows[flow.index()];
        if let Some(&clip) = flow.greeting.get(at) {
            this.stage = Stage::Greeting(at);
            self.caller_hears(call, Hear::Once(clip), out);
        } else {
            let place = Place { group: flow.group, since: now, hops: 0, told: false };
            self.enter_line(now, call, place, None, out);
        }
    }

    /// A clip was heard to its end.
    pub(crate) fn clip_ended(
        &mut self,
        now: Timestamp,
        call: CallRef,
        party: Party,
        clip: ClipRef,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        // The end of a clip that was replaced meanwhile says nothing.
        if party != CALLER || this.caller.hears != Hear::Once(clip) {
            return;
        }
        match this.stage {
            Stage::Greeting(at) => self.greet(now, call, at + 1, out),
            Stage::Waiting(_) | Stage::Ringing(..) => self.wait_to_music(call, out),
            Stage::Announcing(outcome) => {
                let busy = matches!(outcome, Outcome::TurnedAway(_));
                let cause = if busy { cause::BUSY } else { cause::NORMAL };
                self.end(now, call, outcome, cause, Side::System, out);
            }
            Stage::Service => self.end(now, call, Outcome::Service, cause::NORMAL, Side::System, out),
            _ => {}
        }
    }
}
