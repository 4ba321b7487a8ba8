//! Consulting: what an agent does in his talk (the services of ECMA-269, chapter 17, by their names).
//!
//! ```text
//!                 hold                        consult ─▶ his phone rings, the agent hears music
//!   caller ⇄ agent ⇄ (caller on hold)   │        │ answers
//!                 retrieve              ▼        ▼
//!                     caller on hold, agent ⇄ guest ──alternate──▶ guest on hold, agent ⇄ caller ──▶ …
//!                                          │ conference: all three    │
//!                                          ├ reconnect: the guest leaves, the caller is back
//!                                          └ transfer: the agent leaves, caller ⇄ guest
//!   transfer to (blind): the agent leaves at once; the caller waits for whoever it is, and for anybody after that
//! ```
//!
//! Each is a request that is met or refused at once; nothing here waits for a phone. Who is consulted may be an agent,
//! the agent of a group who is idle longest, or a number outside.

use crate::call::{Because, Call, Guest, Part, Place, Talk, With};
use crate::cause;
use crate::dialing::Dial;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, GuestStep, Side};
use crate::leg::Role;
use crate::outgoing::AMONG_AGENTS;
use crate::plan::Outside;
use crate::request::{Control, Whom};
use crate::roster::{ReasonRef, RosterRef};
use crate::sdp;
use acd::{AgentRef, AgentState, Prefer};
use base::{Private, Timestamp};
use media::session::Audio;
use sip::leg::{LegRef, Target};
use std::time::Duration;

/// Consulted and supervisors of one talk.
pub(crate) const GUESTS_MAX: usize = 4;
/// How long a caller who is handed to an agent waits for him alone.
const NAMED_FOR: Duration = Duration::from_secs(30);

pub(crate) const NO_TALK: &str = "the agent talks with no caller";
const NOBODY_CONSULTED: &str = "nobody is consulted";
const SOMEBODY_CONSULTED: &str = "somebody is consulted: transfer to him, or reconnect first";
const STILL_RINGS: &str = "the phone of who is consulted still rings";
const FULL: &str = "as many are in the talk as may be";
const NOBODY_READY: &str = "no agent of the group is ready";
const NO_AGENT: &str = "no such agent";
const NO_GROUP: &str = "no such group";
const HIMSELF: &str = "an agent cannot be connected with himself";
const NO_OUTSIDE: &str = "no way to numbers outside is configured";

impl Engine {
    /// An agent does something with his talk.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(crate) fn control(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        control: Control,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        self.agent_state(agent).ok_or(NO_AGENT)?;
        let call = self.talk_of(agent).ok_or(NO_TALK)?;
        match control {
            Control::Hold => self.change(now, call, out, |talk| {
                if talk.held {
                    return Err("the caller is on hold already");
                }
                talk.held = true;
                Ok(())
            }),
            Control::Retrieve => self.change(now, call, out, |talk| {
                if !talk.held {
                    return Err("the caller is not on hold");
                }
                talk.held = false;
                set_consulted_held(talk, true);
                Ok(())
            }),
            Control::Alternate => self.change(now, call, out, |talk| {
                answered(talk)?;
                talk.held = !talk.held;
                let held = !talk.held;
                set_consulted_held(talk, held);
                Ok(())
            }),
            Control::Conference => {
                let talk = self.talk_mut(call).ok_or(NO_TALK)?;
                answered(talk)?;
                talk.held = false;
                set_consulted_held(talk, false);
                // All talk over the agent's first line.
                if let Some(line) = talk.line.take() {
                    self.depart(now, call, line, Side::Agent, cause::NORMAL, out);
                }
                self.rearranged(now, call, out);
                Ok(())
            }
            Control::Reconnect => {
                if self.call_off(now, call, out) {
                    return Ok(());
                }
                let talk = self.talk(call).ok_or(NO_TALK)?;
                let guest = talk.asked().or(talk.consulted()).ok_or(NOBODY_CONSULTED)?.leg.leg;
                self.guest_left(now, call, guest, cause::NORMAL, out);
                Ok(())
            }
            Control::Transfer => {
                let talk = self.talk(call).ok_or(NO_TALK)?;
                talk.consulted().ok_or(NOBODY_CONSULTED)?;
                self.hand_over(now, call, cause::NORMAL, out);
                Ok(())
            }
            Control::Consult(whom) => self.consult(now, call, agent, whom, out),
            Control::TransferTo(Whom::Roster(roster, reason)) => {
                if self.talk(call).and_then(Talk::consulted).is_some() {
                    return Err(SOMEBODY_CONSULTED);
                }
                self.consult_roster(now, call, (roster, reason), true, out)
            }
            Control::TransferTo(whom) => self.transfer_to(now, call, agent, whom, out),
            Control::Case(case) => {
                case.fits()?;
                self.keep_case(now, call, *case, out);
                Ok(())
            }
            Control::Survey => self.leave_to_survey(now, call, out),
        }
    }

    /// The call in which an agent talks with a caller.
    pub(crate) fn talk_of(&self, agent: AgentRef) -> Option<CallRef> {
        if self.agent_state(agent) != Some(AgentState::Talking) {
            return None;
        }
        let his = |talk: &Talk| talk.with == With::Agent(agent);
        self.calls.iter().find(|(_, this)| this.talk().is_some_and(his)).map(|(call, _)| call)
    }

    /// Changes who hears whom.
    fn change(
        &mut self,
        now: Timestamp,
        call: CallRef,
        out: &mut Out,
        change: impl FnOnce(&mut Talk) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let talk = self.talk_mut(call).ok_or(NO_TALK)?;
        change(talk)?;
        self.rearranged(now, call, out);
        Ok(())
    }

    /// Who is there, or who hears whom, has changed.
    pub(crate) fn rearranged(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        self.bridge(call, out);
        self.tell_phase(now, call, out);
        let group = self.calls.get(call).and_then(|this| this.group);
        while let Some(agent) = self.talk_mut(call).and_then(Talk::meets) {
            if let Some(group) = group {
                self.tell_met(now, call, agent, group, out);
            }
        }
        self.align(now, call, Side::Agent, out);
    }

    /// The caller is put on hold and somebody is rung.
    fn consult(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        whom: Whom,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let talk = self.talk(call).ok_or(NO_TALK)?;
        if talk.guests.iter().any(|guest| guest.is_consulted() && !guest.leg.is_answered()) {
            return Err(STILL_RINGS);
        }
        if let Whom::Roster(roster, reason) = whom {
            return self.consult_roster(now, call, (roster, reason), false, out);
        }
        self.ask_in(now, call, agent, whom, Part::Consulted { held: false }, out)?;
        self.asks(now, call, out);
        Ok(())
    }

    /// Somebody of a roster is rung while the caller is on hold.
    fn consult_roster(
        &mut self,
        now: Timestamp,
        call: CallRef,
        roster: (RosterRef, Option<ReasonRef>),
        hands_over: bool,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        if self.talk(call).is_some_and(|talk| talk.guests.len() >= GUESTS_MAX) {
            return Err(FULL);
        }
        self.hunt(now, call, roster, hands_over, out)?;
        self.asks(now, call, out);
        Ok(())
    }

    /// The agent waits for whoever was just rung; everybody else is on hold.
    fn asks(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        if let Some(talk) = self.talk_mut(call) {
            talk.held = true;
            for guest in &mut talk.guests {
                let there = guest.leg.is_answered();
                if let Part::Consulted { held } = &mut guest.part {
                    *held = there;
                }
            }
        }
        self.rearranged(now, call, out);
    }

    /// Rings somebody for a talk.
    pub(crate) fn ask_in(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        whom: Whom,
        part: Part,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let talk = self.talk(call).ok_or(NO_TALK)?;
        if self.is_among_agents(call) {
            return Err(AMONG_AGENTS);
        }
        if talk.guests.len() >= GUESTS_MAX {
            return Err(FULL);
        }
        let whom = match whom {
            Whom::Group(group) => {
                let plan = &self.plan.acd;
                if group.index() >= plan.groups.len() {
                    return Err(NO_GROUP);
                }
                Whom::Agent(self.acd.idle_longest(group, agent).ok_or(NOBODY_READY)?)
            }
            Whom::Roster(roster, reason) => return self.hunt(now, call, (roster, reason), false, out),
            whom => whom,
        };
        let codecs = self.mixed_codecs();
        let ring = self.plan.consult_ring;
        let (with, dial, engaged) = match whom {
            Whom::Agent(asked) => {
                let state = self.agent_state(asked).ok_or(NO_AGENT)?;
                if asked == agent {
                    return Err(HIMSELF);
                }
                let aor = self.plan.phones.get(asked.index()).ok_or(NO_AGENT)?.aor;
                // A supervisor need not be signed in to listen; whoever is may not be with a caller.
                let supervises = matches!(part, Part::Supervisor(_));
                let engaged = !(supervises && state == AgentState::SignedOut);
                if engaged {
                    if matches!(state, AgentState::Offered(_) | AgentState::Talking) {
                        return Err("the agent who is asked is busy");
                    }
                    self.ask(now, acd::Input::Engage { agent: asked })?;
                }
                let dial = Dial {
                    to: Target::Aor(aor),
                    caller: self.shown_number(call),
                    caller_name: self.agent_name(agent),
                    codecs,
                    ring,
                    headers: Vec::new(),
                    role: Role::Guest,
                };
                (With::Agent(asked), dial, engaged)
            }
            Whom::Number(number) => {
                let to = self.outside_of(&number)?;
                let dial = Dial {
                    to: Target::Trunk { trunk: to.trunk, number: to.number },
                    caller: Private::new(to.caller),
                    caller_name: String::new(),
                    codecs,
                    ring: to.ring,
                    headers: Vec::new(),
                    role: Role::Guest,
                };
                (With::Outside(to.trunk, Because::Asked), dial, false)
            }
            Whom::Group(_) | Whom::Roster(..) => return Err(NO_GROUP),
        };
        let Some(leg) = self.invite(now, call, dial, out) else {
            if let (With::Agent(agent), true) = (with, engaged) {
                let _ = self.ask(now, acd::Input::Release { agent });
            }
            return Err("there is no port left");
        };
        let name = leg.leg;
        if let Some(talk) = self.talk_mut(call) {
            talk.guests.push(Guest { with, part, leg, engaged, met: false });
        }
        self.tell(now, Event::Guest { call, leg: name, with, step: GuestStep::Rung(part) }, out);
        Ok(())
    }

    /// Who was asked into the talk has picked up.
    pub(crate) fn guest_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        leg: LegRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(talk) = self.talk(call) else { return };
        let Some(guest) = talk.guests.iter().find(|guest| guest.leg.leg == leg) else { return };
        let (with, slot) = (guest.with, guest.leg.slot);
        let Ok(audio) = agreed else {
            self.ring_on(now, call, leg, 0, out);
            return self.guest_left(now, call, leg, cause::INCOMPATIBLE, out);
        };
        self.join(call, slot, audio, out);
        self.tell(now, Event::Guest { call, leg, with, step: GuestStep::Answered }, out);
        let hands_over = self.roster_answered(now, call, with, out);
        self.answer_line(call, out);
        self.rearranged(now, call, out);
        if hands_over {
            self.hand_over(now, call, cause::NORMAL, out);
        }
    }

    /// The agent leaves his caller to somebody whom he has not spoken with.
    fn transfer_to(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        whom: Whom,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        if self.is_among_agents(call) {
            return Err(AMONG_AGENTS);
        }
        let this = self.calls.get(call).ok_or(NO_TALK)?;
        let talk = this.talk().ok_or(NO_TALK)?;
        if talk.consulted().is_some() {
            return Err(SOMEBODY_CONSULTED);
        }
        let back = talk.back.ok_or(NO_TALK)?;
        let (place, prefer, outside) = match whom {
            Whom::Agent(to) => {
                match self.agent_state(to).ok_or(NO_AGENT)? {
                    _ if to == agent => return Err(HIMSELF),
                    AgentState::SignedOut => return Err("the agent is not signed in"),
                    _ => {}
                }
                (back, Some(Prefer { agent: to, alone: Some(NAMED_FOR) }), None)
            }
            Whom::Group(group) => {
                if group.index() >= self.plan.acd.groups.len() {
                    return Err(NO_GROUP);
                }
                (Place { group, ..back }, None, None)
            }
            Whom::Number(number) => (back, None, Some(self.outside_of(&number)?)),
            Whom::Roster(..) => return Err(NO_GROUP),
        };
        let talk = self.calls.get_mut(call).and_then(Call::take_talk).ok_or(NO_TALK)?;
        for guest in self.leave_talk(now, call, talk, Side::Agent, cause::NORMAL, out) {
            self.dismiss(now, call, guest, cause::NORMAL, out);
        }
        match outside {
            Some(to) => {
                let with = With::Outside(to.trunk, Because::Asked);
                if !self.put_to(now, call, with, to, Some(back), out) {
                    self.back_in_line(now, call, back, out);
                }
            }
            None => self.line_up(now, call, place, prefer, out),
        }
        Ok(())
    }

    /// How a number outside is dialed.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn outside_of(&self, number: &Private) -> Result<Outside, &'static str> {
        let line = self.plan.outside.as_ref().ok_or(NO_OUTSIDE)?;
        line.allows(number.reveal())?;
        Ok(Outside {
            trunk: line.outbound.trunk,
            // Only a number in full is written the trunk's way; 110 is 110.
            number: match number.reveal().starts_with('+') {
                true => line.outbound.dialed(number.reveal()),
                false => number.reveal().clone(),
            },
            caller: line.outbound.caller.clone(),
            ring: line.outbound.ring,
        })
    }

    /// An agent's key, for phones that show names.
    fn agent_name(&self, agent: AgentRef) -> String {
        self.plan.acd.agents.get(agent.index()).map_or_else(String::new, |agent| agent.name.clone())
    }
}

/// Somebody who is consulted has answered.
fn answered(talk: &Talk) -> Result<(), &'static str> {
    match talk.consulted() {
        None => Err(NOBODY_CONSULTED),
        Some(_) if talk.guests.iter().any(|guest| guest.is_consulted() && guest.leg.is_answered()) => Ok(()),
        Some(_) => Err(STILL_RINGS),
    }
}

fn set_consulted_held(talk: &mut Talk, on_hold: bool) {
    for guest in &mut talk.guests {
        if let Part::Consulted { held } = &mut guest.part {
            *held = on_hold;
        }
    }
}
