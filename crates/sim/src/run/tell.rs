//! Telling: each output of the distributor becomes the event that `call` makes of it, for the report.

use super::{RECORDS, Run};
use acd::Output as Say;
use call::event::{CallRef, Event, Stamped};

impl Run<'_> {
    /// Says what is now true.
    pub(super) fn tell(&mut self, event: Event) {
        self.seq += 1;
        let stamped = Stamped { at: self.now, seq: self.seq, event };
        self.digest = mixed(self.digest, stamped.at.as_nanos() ^ digit(&stamped.event));
        if let Some(watch) = &mut self.watch {
            watch(&stamped);
        }
        self.report.fold(&stamped, &mut self.out);
        if self.out.closed.len() >= RECORDS || self.out.opened.len() >= RECORDS {
            self.out.clear();
        }
    }

    /// Carries out what the distributor decided, in order. What that leads to is decided and carried out after it.
    pub(super) fn settle(&mut self) {
        while let Some(output) = self.said.get(self.turn).copied() {
            self.turn += 1;
            self.decided(output);
        }
        self.said.clear();
        self.turn = 0;
    }

    fn decided(&mut self, output: Say) {
        match output {
            Say::Queued { caller, group, position, expected } => {
                let call = CallRef::from_bits(caller.bits());
                if let Some(live) = self.calls.get_mut(call) {
                    live.told = true;
                }
                self.tell(Event::Queued { call, group, position, expected });
            }
            Say::Offer { offer, caller, agent, group, because, .. } => {
                let call = CallRef::from_bits(caller.bits());
                self.offered(call, offer, agent, group, because);
            }
            Say::OfferEnded { offer, caller, agent, end } => {
                let call = CallRef::from_bits(caller.bits());
                self.offer_ended(call, offer, end);
                self.tell(Event::OfferEnded { call, offer, agent, end, status: 0 });
            }
            Say::Served { caller, agent, group, since } => {
                self.connected(CallRef::from_bits(caller.bits()), agent, group, since);
            }
            Say::TurnedAway { caller, group, why } => {
                self.turned_away(CallRef::from_bits(caller.bits()), group, why);
            }
            Say::Overflowed { caller, from, to } => {
                self.tell(Event::Overflowed { call: CallRef::from_bits(caller.bits()), from, to });
            }
            Say::Relaxed { caller, group, stage } => {
                self.tell(Event::Relaxed { call: CallRef::from_bits(caller.bits()), group, stage });
            }
            Say::Agent { agent, state } => {
                self.agent_is(agent, state);
                self.tell(Event::Agent { agent, state });
            }
            Say::Alert(alert) => self.tell(Event::Alert(alert)),
            // No plan here offers callbacks or joins callers.
            Say::Collapsed { .. }
            | Say::CallbackOffered { .. }
            | Say::CallbackKept { .. }
            | Say::Dial { .. }
            | Say::CallbackEnded { .. }
            | Say::Refused { .. } => {}
        }
    }
}

const fn mixed(digest: u64, value: u64) -> u64 {
    (digest.rotate_left(5) ^ value).wrapping_mul(0x517C_C1B7_2722_0A95)
}

/// Who and what, as a number.
const fn digit(event: &Event) -> u64 {
    match event {
        Event::Arrived { call, .. } => call.bits() ^ 1 << 56,
        Event::Answered { call } => call.bits() ^ 2 << 56,
        Event::Queued { call, .. } => call.bits() ^ 3 << 56,
        Event::Offered { call, agent, .. } => call.bits() ^ 4 << 56 ^ (agent.0 as u64) << 32,
        Event::OfferEnded { call, agent, .. } => call.bits() ^ 5 << 56 ^ (agent.0 as u64) << 32,
        Event::Connected { call, agent, .. } => call.bits() ^ 6 << 56 ^ (agent.0 as u64) << 32,
        Event::Disconnected { call, .. } => call.bits() ^ 7 << 56,
        Event::Ended { call, .. } => call.bits() ^ 8 << 56,
        Event::Agent { agent, .. } => agent.0 as u64 ^ 9 << 56,
        Event::TurnedAway { call, .. } => call.bits() ^ 10 << 56,
        _ => 11 << 56,
    }
}
