//! Phones: an agent's account is bound or lost, and what that makes of the agent.
//!
//! ```text
//!   AorBound(first) ─▶ signed out: sign in, ready · not ready because the phone was lost: ready
//!   AorLost ─▶ acd PhoneLost: not ready, an offer goes on to somebody else; a talk goes on
//!   … and bound again before the talk is over ─▶ ready after it, as if nothing had happened
//!   our BYE ─▶ for 4 s "busy" says nothing about the agent: his phone may still be hanging up
//! ```

use crate::engine::{Engine, Out};
use crate::event::Event;
use acd::input::Reason;
use acd::{AgentRef, AgentState};
use base::Timestamp;
use sip::leg::{AorLoss, AorRef};
use std::time::Duration;

/// How long after our BYE a busy phone may still be busy with the talk that this ends: 8·T1 (RFC 3261 section
/// 17.1.2.2), in which a lost BYE has been sent four times.
const HANGING_UP: Duration = Duration::from_secs(4);

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
        let Some(agent) = self.agent_at(aor) else { return };
        self.set_bound(agent, true);
        if !first || !self.plan.register_signs_in {
            return;
        }
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
            self.set_bound(agent, false);
            let _ = self.ask(now, acd::Input::PhoneLost { agent });
        }
    }

    /// The distributor says what an agent does now.
    pub(crate) fn agent_is(&mut self, now: Timestamp, agent: AgentRef, state: AgentState, out: &mut Out) {
        let before = self.agents.get_mut(agent.index()).map(|kept| std::mem::replace(kept, state));
        self.tell(now, Event::Agent { agent, state }, out);
        // His phone was lost while he talked, and came back before the talk was over: the loss is past.
        let lost = (before, state) == (Some(AgentState::Talking), AgentState::NotReady(Reason::PhoneLost));
        if lost && self.plan.register_signs_in && self.bound.get(agent.index()) == Some(&true) {
            let _ = self.ask(now, acd::Input::Ready { agent });
        }
    }

    /// Our BYE goes to an agent's phone.
    pub(crate) fn hang_up(&mut self, now: Timestamp, agent: AgentRef) {
        if let Some(at) = self.byes.get_mut(agent.index()) {
            *at = Some(now);
        }
    }

    /// Whether an agent's phone may not have heard our BYE yet, or its handset may still be off the hook.
    pub(crate) fn is_hanging_up(&self, now: Timestamp, agent: AgentRef) -> bool {
        self.byes.get(agent.index()).copied().flatten().is_some_and(|at| now.since(at) < HANGING_UP)
    }

    fn set_bound(&mut self, agent: AgentRef, bound: bool) {
        if let Some(kept) = self.bound.get_mut(agent.index()) {
            *kept = bound;
        }
    }
}
