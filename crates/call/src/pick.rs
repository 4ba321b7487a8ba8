//! Picking: an agent dials a code, and the call that rings at a colleague is his (代接).
//!
//! ```text
//!   *14 ─────────▶ of the calls that ring, the first that he may take; or of those that wait ┐
//!   *14 8002 ────▶ the one that rings at 8002                                                ┴▶ 200, acd Pick
//!        ─▶ the other phones stop ─▶ acd Served ─▶ his phone's leg is the agent's of that call ─▶ Talking
//!   nothing there that he may take ─▶ refused, as any code
//! ```
//!
//! His phone has dialed in: nobody rings him. Never knows: which call that is, who may (the distributor's).

use crate::cause;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event};
use crate::ingress::Denied;
use crate::leg::{Dialog, Leg, Role};
use acd::{AgentRef, CallerRef};
use base::Timestamp;
use sip::leg::{Command, Invited, LegRef, Origin};

/// A picked call's leg between the distributor's question and its answer, in one step.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    pub(crate) call: CallRef,
    pub(crate) agent: AgentRef,
    pub(crate) leg: Leg,
}

impl Engine {
    /// The agent whose phone picks a call, and whose call that is.
    pub(crate) fn picks_by_phone(&self, invite: &Invited) -> Option<(AgentRef, CallerRef)> {
        let Origin::Aor(aor) = invite.origin else { return None };
        let agent = self.agent_at(aor)?;
        let at = match self.pick_code(&invite.called)? {
            "" => None,
            whom => {
                let agents = &self.plan.acd.agents;
                Some(AgentRef::at(agents.iter().position(|agent| agent.name == whom)?))
            }
        };
        Some((agent, self.acd.pick_for(agent, at).ok()?))
    }

    /// An agent picks a call.
    pub(crate) fn pick(
        &mut self,
        now: Timestamp,
        (agent, caller): (AgentRef, CallerRef),
        name: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) {
        let call = self.call_for(caller);
        let (mut leg, body) = match self.accept_invite(now, call, name, invite) {
            Ok(accepted) => accepted,
            Err(Denied { status, cause, retry_after }) => {
                return out.legs.push(Command::Reject { leg: name, status, cause, retry_after, text: "" });
            }
        };
        let (slot, audio) = (leg.slot, leg.audio().copied());
        if self.ask(now, acd::Input::Pick { agent, caller }).is_err() {
            // It was asked whether he may: the configuration of groups has changed in this very step.
            if let Some(port) = leg.sound.port() {
                self.ports.give_back(now, port);
            }
            let (status, cause) = (cause::status(cause::REJECTED), cause::REJECTED);
            return out.legs.push(Command::Reject { leg: name, status, cause, retry_after: None, text: "" });
        }
        leg.dialog = Dialog::Answered;
        out.legs.push(Command::Answer { leg: name, body });
        self.legs.insert(name, Owner { call, role: Role::Agent });
        if let Some(audio) = audio {
            self.join(call, slot, audio, out);
        }
        self.picked = Some(Picked { call, agent, leg });
        self.tell(now, Event::Picked { call, agent }, out);
    }
}
