//! Supervision: a supervisor listens to an agent's talk, whispers to him, joins, or takes the caller over.
//!
//! ```text
//!   supervise(listen | whisper | barge) ─▶ his phone rings ─▶ he hears the talk     again: another way
//!   *20 8001 at his phone ─▶ 200: the same from the other end      who rings whom is all that differs
//!   take over ─▶ the agent leaves, caller ⇄ supervisor
//!   leave, or he hangs up, or the talk ends ─▶ his leg ends; the others notice nothing
//! ```
//!
//! Who may do so is in the plan, and each is an event. Never knows: why somebody is supervised.

use crate::call::{Guest, Part, Supervision, Talk, With};
use crate::cause;
use crate::consult::GUESTS_MAX;
use crate::engine::{Engine, Out, Owner};
use crate::event::{CallRef, Event, GuestStep, Side};
use crate::ingress::Denied;
use crate::leg::{Dialog, Role};
use crate::outgoing::AMONG_AGENTS;
use crate::renegotiate::ALIGNMENTS;
use crate::request::Whom;
use acd::{AgentRef, AgentState};
use base::Timestamp;
use sip::leg::{Command, Invited, LegRef, Origin};

const NOT_A_SUPERVISOR: &str = "that agent is no supervisor";
const NOT_THERE: &str = "he does not supervise that talk";

impl Engine {
    /// A supervisor takes part in an agent's talk, takes part otherwise, or (`None`) no longer.
    ///
    /// # Errors
    /// Why he cannot.
    pub(crate) fn supervise(
        &mut self,
        now: Timestamp,
        supervisor: AgentRef,
        agent: AgentRef,
        how: Option<Supervision>,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let call = self.supervised(supervisor, agent)?;
        let there = self.guest_of(call, supervisor);
        match (how, there) {
            (None, None) => Err(NOT_THERE),
            (None, Some(leg)) => {
                self.guest_left(now, call, leg, cause::NORMAL, out);
                Ok(())
            }
            (Some(how), None) => {
                if agent == supervisor {
                    return Err("nobody supervises himself");
                }
                self.ask_in(now, call, agent, Whom::Agent(supervisor), Part::Supervisor(how), out)
            }
            (Some(how), Some(leg)) => {
                let talk = self.talk_mut(call);
                let guest = talk.and_then(|talk| talk.guests.iter_mut().find(|guest| guest.leg.leg == leg));
                let Some(guest) = guest else { return Err(NOT_THERE) };
                guest.part = Part::Supervisor(how);
                let with = guest.with;
                self.tell(now, Event::Guest { call, leg, with, step: GuestStep::Supervises(how) }, out);
                self.rearranged(now, call, out);
                Ok(())
            }
        }
    }

    /// A phone that dials into an agent's talk: whose, into which, how.
    pub(crate) fn supervises_by_phone(&self, invite: &Invited) -> Option<(AgentRef, AgentRef, Supervision)> {
        let Origin::Aor(aor) = invite.origin else { return None };
        let (how, agent) = self.supervision_code(&invite.called)?;
        Some((self.agent_at(aor)?, agent, how))
    }

    /// A supervisor dials into an agent's talk.
    pub(crate) fn dial_in(
        &mut self,
        now: Timestamp,
        whom: (AgentRef, AgentRef, Supervision),
        leg: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) {
        if let Err(Denied { status, cause, retry_after }) = self.open_supervision(now, whom, leg, invite, out)
        {
            out.legs.push(Command::Reject { leg, status, cause, retry_after, text: "" });
        }
    }

    fn open_supervision(
        &mut self,
        now: Timestamp,
        (supervisor, agent, how): (AgentRef, AgentRef, Supervision),
        name: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) -> Result<(), Denied> {
        let call = self.supervised(supervisor, agent).map_err(|_| Denied::with(cause::REJECTED))?;
        let busy = || Denied::with(cause::BUSY);
        let full = self.talk(call).is_none_or(|talk| talk.guests.len() >= GUESTS_MAX);
        if full || supervisor == agent || self.guest_of(call, supervisor).is_some() {
            return Err(busy());
        }
        let engaged = self.agent_state(supervisor) != Some(AgentState::SignedOut);
        if engaged {
            self.ask(now, acd::Input::Engage { agent: supervisor }).map_err(|_| busy())?;
        }
        let (mut leg, body) = match self.accept_invite(now, call, name, invite) {
            Ok(accepted) => accepted,
            Err(denied) => {
                if engaged {
                    let _ = self.ask(now, acd::Input::Release { agent: supervisor });
                }
                return Err(denied);
            }
        };
        let Some(audio) = leg.audio().copied() else { return Ok(()) };
        leg.dialog = Dialog::Answered;
        out.legs.push(Command::Answer { leg: name, body });
        self.legs.insert(name, Owner { call, role: Role::Guest });
        self.join(call, leg.slot, audio, out);
        let (with, part) = (With::Agent(supervisor), Part::Supervisor(how));
        if let Some(talk) = self.talk_mut(call) {
            talk.guests.push(Guest { with, part, leg, engaged, met: false });
        }
        for step in [GuestStep::Rung(part), GuestStep::Answered] {
            self.tell(now, Event::Guest { call, leg: name, with, step }, out);
        }
        self.rearranged(now, call, out);
        Ok(())
    }

    /// A supervisor who is in a talk has the caller from now on; the agent is out.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn take_over(
        &mut self,
        now: Timestamp,
        supervisor: AgentRef,
        agent: AgentRef,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let call = self.supervised(supervisor, agent)?;
        let leg = self.guest_of(call, supervisor).ok_or(NOT_THERE)?;
        let this = self.calls.get_mut(call).ok_or(NOT_THERE)?;
        let group = this.group;
        let talk = this.talk_mut().ok_or(NOT_THERE)?;
        let at = talk.guests.iter().position(|guest| guest.leg.leg == leg).ok_or(NOT_THERE)?;
        let guest = &talk.guests[at];
        if !guest.leg.is_answered() {
            return Err("his phone still rings");
        }
        if !guest.engaged {
            return Err("he is not signed in");
        }
        let Guest { with, leg: his, met, .. } = talk.guests.remove(at);
        let back = talk.back;
        let mut left = std::mem::replace(talk, Talk::of_two(with, his, ALIGNMENTS, back));
        talk.guests = std::mem::take(&mut left.guests);
        talk.hunt = left.hunt.take();
        if let Some(owner) = self.legs.get_mut(&leg) {
            owner.role = Role::Agent;
        }
        self.leave_talk(now, call, left, Side::Guest, cause::NORMAL, out);
        self.tell(now, Event::Guest { call, leg, with, step: GuestStep::TookOver }, out);
        self.has_visitor(now, call, with, out);
        if let Some(group) = group {
            self.takes(now, call, supervisor, group, met, out);
        }
        self.rearranged(now, call, out);
        Ok(())
    }

    /// The agent's talk, when the other may supervise.
    fn supervised(&self, supervisor: AgentRef, agent: AgentRef) -> Result<CallRef, &'static str> {
        let phone = self.plan.phones.get(supervisor.index()).ok_or("no such supervisor")?;
        if !phone.supervisor {
            return Err(NOT_A_SUPERVISOR);
        }
        self.agent_state(agent).ok_or("no such agent")?;
        let call = self.talk_of(agent).ok_or("the agent talks with no caller")?;
        if self.is_among_agents(call) { Err(AMONG_AGENTS) } else { Ok(call) }
    }

    fn guest_of(&self, call: CallRef, supervisor: AgentRef) -> Option<LegRef> {
        let guests = self.calls.get(call)?.guests();
        let his = |guest: &&Guest| guest.with == With::Agent(supervisor) && !guest.is_consulted();
        guests.iter().find(his).map(|guest| guest.leg.leg)
    }
}
