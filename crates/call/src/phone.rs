//! Phones: an agent's account is bound or lost, and what that makes of the agent.
//!
//! ```text
//!   AorBound(first) ─▶ signed out: sign in, ready · not ready because the phone was lost: ready
//!   AorLost ─▶ acd PhoneLost: not ready, an offer goes on to somebody else; a talk goes on
//! ```

use crate::engine::{Engine, Out};
use crate::event::Event;
use acd::AgentState;
use acd::input::Reason;
use base::Timestamp;
use sip::leg::{AorLoss, AorRef};

impl Engine {
    pub(crate) fn phone_bound(
        &mut self,
        now: Timestamp,
        aor: AorRef,
        contacts: u8,
        first: bool,
        out: &mut Out,
    ) {
        self.tell(now, Event::PhoneBound { aor, contacts }, out);
        let Some(agent) = self.agent_at(aor).filter(|_| first && self.plan.register_signs_in) else { return };
        match self.agent_state(agent) {
            Some(AgentState::SignedOut) => {
                let _ = self.ask(now, acd::Input::SignIn { agent });
                let _ = self.ask(now, acd::Input::Ready { agent });
            }
            // Only what the loss of the phone took is given back: who is at lunch stays at lunch.
            Some(AgentState::NotReady(Reason::PhoneLost | Reason::SignedIn)) => {
                let _ = self.ask(now, acd::Input::Ready { agent });
            }
            _ => {}
        }
    }

    pub(crate) fn phone_lost(&mut self, now: Timestamp, aor: AorRef, why: AorLoss, out: &mut Out) {
        self.tell(now, Event::PhoneLost { aor, why }, out);
        if let Some(agent) = self.agent_at(aor) {
            let _ = self.ask(now, acd::Input::PhoneLost { agent });
        }
    }
}
