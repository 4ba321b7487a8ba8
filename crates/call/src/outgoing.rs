//! Outgoing: the calls that agents make by themselves, to numbers outside and to each other (呼出).
//!
//! ```text
//!   his phone dials ─▶ may he? ─▶ acd Engage ─▶ Outgoing: number dialed, he hears it ring ──┐
//!                        └─ no: the reason in our refusal, and as a clip where there is one  │
//!   request ────────▶ may he? ─▶ acd Engage ─▶ Outgoing: his phone rings ─ he answers ─▶ ────┤
//!                                                                                            ▼
//!        Talking ◀─ answered: acd Takes (his group's wrap-up follows), his own leg is answered now
//!        the end ◀─ busy, refused, rang out, no port, he hangs up, he is lost: acd Release, no wrap-up
//! ```
//!
//! Whoever is called has the caller's place in the call, so that hold, consulting, transfer, supervision, recording and
//! what becomes of him when the agent is lost are those of any talk: he stands in the line of the agent's group then.
//! Agents who call each other talk alone: nobody is asked in, nobody is handed on, nothing is recorded, and no line
//! knows of it. Both are kept from callers meanwhile.
//!
//! What the other side sends before it answers (a carrier's announcement, its own ring-back) the agent hears; he is not
//! heard there.
//!
//! Never knows: which numbers may be dialed (the plan's), what a talk leads to.

use crate::call::{Call, DialOut, Place, Stage, Talk, Way, With};
use crate::cause;
use crate::dialing::Dial;
use crate::engine::{Engine, Out, Owner, Timer, session_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::ingress::Denied;
use crate::leg::{CALLER, Dialog, Leg, Role, Sound};
use crate::plan::Outside;
use crate::renegotiate::ALIGNMENTS;
use crate::request::Whom;
use crate::sdp::{self, Local};
use crate::waiting::looped;
use acd::{AgentRef, AgentState, GroupRef};
use base::{Private, Timestamp};
use media::session::{self, Audio, Codec, Hear, Parties};
use sip::leg::{Body, Command, Invited, LegRef, Origin, Target};
use sip::message::Cause;
use std::net::IpAddr;

/// A call that an agent makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Who.
    pub agent: AgentRef,
    /// The group as whose call it counts; `None` when he does no group's work, or calls a colleague.
    pub group: Option<GroupRef>,
    /// The agent whom he calls; `None`: a number outside.
    pub colleague: Option<AgentRef>,
}

/// Why an agent may not call somebody now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    cause: Cause,
    pub(crate) why: &'static str,
}

const fn refusal(cause: Cause, why: &'static str) -> Refusal {
    Refusal { cause, why }
}

pub(crate) const NO_AGENT: &str = "no such agent";
pub(crate) const AMONG_AGENTS: &str = "agents who call each other talk alone";
const NO_PORT: Refusal = refusal(cause::NO_RESOURCE, "there is no port left");

impl Engine {
    /// The agent whose phone dials somebody by itself, and whom: no code, and no second line of a talk.
    pub(crate) fn dials_out(&self, invite: &Invited) -> Option<(AgentRef, Whom)> {
        let Origin::Aor(aor) = invite.origin else { return None };
        let agent = self.agent_at(aor).filter(|_| !self.is_code(&invite.called))?;
        Some((agent, self.whom(&invite.called)?))
    }

    /// Who an agent would call, when nothing stands against it.
    fn may_call(&self, agent: AgentRef, whom: Whom) -> Result<(Outgoing, Private), Refusal> {
        match self.agent_state(agent).ok_or(refusal(cause::REJECTED, NO_AGENT))? {
            AgentState::SignedOut => return Err(refusal(cause::REJECTED, "the agent is not signed in")),
            AgentState::Offered(_) => {
                return Err(refusal(cause::BUSY, "a caller is offered to the agent: his phone rings"));
            }
            AgentState::Talking => return Err(refusal(cause::BUSY, "the agent talks")),
            AgentState::Ready | AgentState::NotReady(_) | AgentState::WrapUp { .. } => {}
        }
        if self.draining {
            return Err(refusal(cause::CONGESTION, "no new calls are begun"));
        }
        if self.live >= self.plan.calls_max {
            return Err(refusal(cause::CONGESTION, "there are as many calls as may be"));
        }
        let colleague = match whom {
            Whom::Number(number) => {
                self.outside_of(&number).map_err(|why| refusal(cause::REJECTED, why))?;
                let group = self.acd.group_of(agent);
                return Ok((Outgoing { agent, group, colleague: None }, number));
            }
            // Who is on it is rung for a caller, one after the other.
            Whom::Roster(..) => {
                return Err(refusal(cause::REJECTED, "a roster is asked for a caller, in his talk"));
            }
            Whom::Agent(colleague) => colleague,
            Whom::Group(group) => self
                .acd
                .idle_longest(group, agent)
                .ok_or(refusal(cause::NO_RESPONSE, "no agent of the group is ready"))?,
        };
        let plan =
            self.plan.acd.agents.get(colleague.index()).ok_or(refusal(cause::UNALLOCATED, NO_AGENT))?;
        if colleague == agent {
            return Err(refusal(cause::REJECTED, "an agent cannot be connected with himself"));
        }
        match self.agent_state(colleague) {
            None | Some(AgentState::SignedOut) => {
                return Err(refusal(cause::NO_RESPONSE, "the agent who is called is not signed in"));
            }
            Some(AgentState::Offered(_) | AgentState::Talking) => {
                return Err(refusal(cause::BUSY, "the agent who is called is busy"));
            }
            Some(AgentState::Ready | AgentState::NotReady(_) | AgentState::WrapUp { .. }) => {}
        }
        Ok((Outgoing { agent, group: None, colleague: Some(colleague) }, Private::new(plan.name.clone())))
    }

    /// An agent dials somebody on his phone.
    pub(crate) fn dial_out(
        &mut self,
        now: Timestamp,
        (agent, whom): (AgentRef, Whom),
        name: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) {
        let engaged = self.may_call(agent, whom).and_then(|called| {
            let engage = acd::Input::Engage { agent };
            self.ask(now, engage).map(|()| called).map_err(|why| refusal(cause::BUSY, why))
        });
        let (outgoing, number) = match engaged {
            Ok(called) => called,
            Err(why) => return self.refuse_dialed(now, (agent, why), name, invite, out),
        };
        let (address, call_id) = (self.address(invite.local), invite.call_id.clone());
        let call = self.begin_outgoing(now, outgoing, number, (address, invite.origin, call_id), out);
        let (leg, _) = match self.accept_invite(now, call, name, invite) {
            Ok(accepted) => accepted,
            Err(Denied { status, cause, retry_after }) => {
                out.legs.push(Command::Reject { leg: name, status, cause, retry_after, text: "" });
                let _ = self.ask(now, acd::Input::Release { agent });
                return self.end(now, call, Outcome::Outgoing, cause, Side::System, out);
            }
        };
        let (slot, audio) = (leg.slot, leg.audio().copied());
        self.legs.insert(name, Owner { call, role: Role::Agent });
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Outgoing(DialOut { leg, early: false });
        }
        if let Some(audio) = audio {
            self.join(call, slot, audio, out);
        }
        self.dial_called(now, call, out);
    }

    /// An agent may not call whom he dialed: his phone shows why, and he hears it where there is a clip for that.
    fn refuse_dialed(
        &mut self,
        now: Timestamp,
        (agent, Refusal { cause, why }): (AgentRef, Refusal),
        name: LegRef,
        invite: &Invited,
        out: &mut Out,
    ) {
        let number = Private::new(invite.called.clone());
        self.tell(now, Event::OutgoingRefused { agent, number: number.clone(), why }, out);
        let local = Local::new(self.random.bits() as u32, self.address(invite.local));
        let caller = Leg::new(name, CALLER, local, invite.nated);
        let way = Way::Denied { cause, why };
        let call = self.calls.insert(Call::new(caller, number.clone(), way, self.site_of(agent)));
        self.live += 1;
        self.legs.insert(name, Owner { call, role: Role::Caller });
        let (origin, call_id) = (invite.origin, invite.call_id.clone());
        let called =
            self.plan.acd.agents.get(agent.index()).map_or_else(String::new, |agent| agent.name.clone());
        self.tell(now, Event::Arrived { call, origin, caller: number, called, call_id, flow: None }, out);
        let limit = self.timers.schedule(now + self.plan.call_max, Timer::Limit(call));
        if let Some(this) = self.calls.get_mut(call) {
            this.limit = Some(limit);
        }
        let forbidden = cause == cause::REJECTED;
        if let Some(clip) = self.plan.codes.refused.filter(|_| forbidden && invite.offer.is_some())
            && self.open(now, call, invite.offer.as_deref(), out).is_ok()
        {
            return self.reply(call, Some(clip), out);
        }
        self.end(now, call, Outcome::Refused, cause, Side::System, out);
    }

    /// An agent wants to be connected with somebody: his phone rings first.
    ///
    /// # Errors
    /// Why he cannot be.
    pub(crate) fn dial_for(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        whom: Whom,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let (outgoing, number) = self.may_call(agent, whom).map_err(|refusal| refusal.why)?;
        let aor = self.plan.phones.get(agent.index()).ok_or(NO_AGENT)?.aor;
        let address =
            self.our_address().ok_or("no address is known yet at which the agent's phone would reach us")?;
        self.ask(now, acd::Input::Engage { agent })?;
        let from = (address, Origin::Aor(aor), String::new());
        let call = self.begin_outgoing(now, outgoing, number.clone(), from, out);
        let codecs = self.plan.audio.codecs.iter().copied();
        let codecs = crate::leg::Preference::of(codecs.filter(|&codec| codec != Codec::G722));
        let dial = Dial {
            to: Target::Aor(aor),
            caller: number,
            caller_name: outgoing.group.map_or_else(String::new, |group| self.title_of(group)),
            codecs,
            ring: self.plan.consult_ring,
            headers: Vec::new(),
            role: Role::Agent,
        };
        let Some(leg) = self.invite(now, call, dial, out) else {
            let _ = self.ask(now, acd::Input::Release { agent });
            self.end(now, call, Outcome::Outgoing, cause::NO_RESOURCE, Side::System, out);
            return Err(NO_PORT.why);
        };
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Outgoing(DialOut { leg, early: false });
        }
        Ok(())
    }

    /// A call in which nobody is yet.
    fn begin_outgoing(
        &mut self,
        now: Timestamp,
        outgoing: Outgoing,
        number: Private,
        (address, origin, call_id): (IpAddr, Origin, String),
        out: &mut Out,
    ) -> CallRef {
        let Outgoing { agent, group, colleague } = outgoing;
        let local = Local::new(self.random.bits() as u32, address);
        let mut caller = Leg::new(self.mint_leg(), CALLER, local, false);
        caller.dialog = Dialog::Planned;
        let call = Call::new(caller, number.clone(), Way::Outgoing(outgoing), self.site_of(agent));
        let call = self.calls.insert(Call { group, ..call });
        self.live += 1;
        let limit = self.timers.schedule(now + self.plan.call_max, Timer::Limit(call));
        if let Some(this) = self.calls.get_mut(call) {
            this.limit = Some(limit);
        }
        let called = self.shown_for(outgoing);
        self.tell(now, Event::Arrived { call, origin, caller: number, called, call_id, flow: None }, out);
        self.tell(now, Event::OutgoingBegun { call, agent, group, colleague }, out);
        call
    }

    /// The agent is there: whoever he calls is rung.
    fn dial_called(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        if let Err(cause) = self.invite_called(now, call, out) {
            self.end(now, call, Outcome::Outgoing, cause, Side::System, out);
        }
    }

    fn invite_called(&mut self, now: Timestamp, call: CallRef, out: &mut Out) -> Result<(), Cause> {
        let this = self.calls.get(call).ok_or(cause::NORMAL)?;
        let Way::Outgoing(outgoing) = this.way else { return Err(cause::NORMAL) };
        let codecs = this.agent_leg().map_or_else(|| self.clip_codecs(), |agent| self.codecs_beside(agent));
        let number = this.number.clone();
        let shown = self.shown_for(outgoing);
        let (to, ring) = match outgoing.colleague {
            Some(colleague) => {
                let aor = self.plan.phones.get(colleague.index()).ok_or(cause::UNALLOCATED)?.aor;
                self.ask(now, acd::Input::Engage { agent: colleague }).map_err(|_| cause::BUSY)?;
                (Target::Aor(aor), self.plan.consult_ring)
            }
            None => {
                let Outside { trunk, number, ring, .. } =
                    self.outside_of(&number).map_err(|_| cause::REJECTED)?;
                (Target::Trunk { trunk, number }, ring)
            }
        };
        let packet_time = self.plan.audio.packet_time;
        let Some(port) = self.ports.take(now) else {
            if let Some(colleague) = outgoing.colleague {
                let _ = self.ask(now, acd::Input::Release { agent: colleague });
            }
            return Err(cause::NO_RESOURCE);
        };
        let this = self.calls.get_mut(call).ok_or(cause::NORMAL)?;
        let leg = &mut this.caller;
        leg.dialog = Dialog::Early;
        leg.sound = Sound::Reserved(port);
        leg.asked = Some(codecs);
        let offer = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), packet_time);
        let leg = leg.leg;
        let headers = vec![("X-Call-Ref".into(), call.to_string())];
        let (caller, caller_name) = (Private::new(shown), String::new());
        out.legs.push(Command::Invite { leg, to, caller, caller_name, offer, ring, headers });
        self.legs.insert(leg, Owner { call, role: Role::Caller });
        self.tell(now, Event::OutgoingDialed { call }, out);
        Ok(())
    }

    /// Whoever is called says how it goes, before he answers.
    pub(crate) fn progressed(&mut self, leg: LegRef, status: u16, answer: Option<Body>, out: &mut Out) {
        let Some(&Owner { call, role }) = self.legs.get(&leg) else { return };
        let outgoing = matches!(self.calls.get(call).map(|this| &this.stage), Some(Stage::Outgoing(_)));
        if role != Role::Caller || !outgoing {
            return self.phone_rings(leg, answer);
        }
        match answer {
            Some(answer) => self.hears_called(call, leg, answer, out),
            None if status == 180 => self.hears_ringing(call, out),
            None => {}
        }
    }

    /// What is sent before the answer is heard by the agent, from its first SDP on.
    fn hears_called(&mut self, call: CallRef, leg: LegRef, answer: Body, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Stage::Outgoing(DialOut { early: false, .. }) = &this.stage else { return };
        let asked = this.caller.asked;
        // The 200 may bring another one, so our offer stays open.
        let agreed = self.accept_answer(call, leg, &answer);
        let Some(this) = self.calls.get_mut(call) else { return };
        this.caller.asked = asked;
        let Ok(audio) = agreed else { return };
        this.caller.early = Some(answer);
        if let Stage::Outgoing(dial) = &mut this.stage {
            dial.early = true;
        }
        self.join(call, CALLER, audio, out);
        self.agent_hears(call, Hear::Parties(Parties::one(CALLER)), out);
    }

    /// The phone of whoever is called rings: the agent hears the clip for that, or his phone makes the tone.
    fn hears_ringing(&mut self, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let Stage::Outgoing(DialOut { early: false, leg }) = &this.stage else { return };
        match self.plan.outside.as_ref().and_then(|outside| outside.ring_back) {
            Some(clip) => self.agent_hears(call, Hear::Loop(clip), out),
            None if !leg.is_answered() && leg.leg.is_ingress() => {
                out.legs.push(Command::Progress { leg: leg.leg, status: 180, answer: None });
            }
            None => {}
        }
    }

    /// The agent hears this while he waits; a phone that dialed is told that there is something to hear.
    fn agent_hears(&mut self, call: CallRef, hear: Hear, out: &mut Out) {
        let Some(Stage::Outgoing(DialOut { leg, .. })) = self.calls.get(call).map(|this| &this.stage) else {
            return;
        };
        let slot = leg.slot;
        if leg.hears == Hear::Nothing && leg.leg.is_ingress() && !leg.is_answered() {
            let answer = Some(leg.local.said().into());
            out.legs.push(Command::Progress { leg: leg.leg, status: 183, answer });
        }
        self.hear(call, slot, hear, out);
    }

    /// The agent whom we rang for his own call has picked up.
    pub(crate) fn calls_now(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        let (Stage::Outgoing(DialOut { leg, .. }), group) = (&this.stage, this.group) else { return };
        let slot = leg.slot;
        let Ok(audio) = agreed else {
            return self.end(now, call, Outcome::Outgoing, cause::INCOMPATIBLE, Side::System, out);
        };
        self.join(call, slot, audio, out);
        // His phone has been answered and makes no tone of its own.
        let ring_back = self.plan.outside.as_ref().and_then(|outside| outside.ring_back);
        self.agent_hears(call, looped(ring_back.or(group.and_then(|group| self.music(group)))), out);
        self.dial_called(now, call, out);
    }

    /// Whoever was called has picked up.
    pub(crate) fn called_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let (Stage::Outgoing(dial), Way::Outgoing(outgoing)) = (&mut this.stage, this.way) else { return };
        let early = dial.early;
        let Ok(audio) = agreed else {
            return self.end(now, call, Outcome::Outgoing, cause::INCOMPATIBLE, Side::System, out);
        };
        let leg = &mut dial.leg;
        let (name, slot, said) = (leg.leg, leg.slot, leg.local.said().into());
        if leg.dialog == Dialog::Early {
            leg.dialog = Dialog::Answered;
            if let (true, Sound::Open(audio)) = (std::mem::take(&mut leg.quiet), leg.sound) {
                // He need not have sent before; from now on he is expected to, and watched anew.
                out.media.push(session::Command::Update { session: session_of(call), party: slot, audio });
            }
            out.legs.push(Command::Answer { leg: name, body: said });
        }
        this.caller.quiet = false;
        if early {
            self.update(call, CALLER, audio, out);
        } else {
            self.join(call, CALLER, audio, out);
        }
        self.tell(now, Event::Answered { call }, out);
        let Some(this) = self.calls.get_mut(call) else { return };
        let Outgoing { agent, group, .. } = outgoing;
        let back = group.map(|group| Place { group, since: now, hops: 0, told: false });
        if let Stage::Outgoing(DialOut { leg, .. }) = std::mem::replace(&mut this.stage, Stage::Opening) {
            this.stage = Stage::Talking(Talk::of_two(With::Agent(agent), leg, ALIGNMENTS, back));
        }
        this.served = true;
        self.bridge(call, out);
        self.tell(now, Event::OutgoingConnected { call, agent, group }, out);
        if let Some(group) = group {
            let _ = self.ask(now, acd::Input::Takes { agent, group });
            self.begin_recording(now, call, agent, group, out);
        }
        self.align(now, call, Side::Agent, out);
    }

    /// Whoever was called was not reached: the agent's phone is told what that one's said.
    pub(crate) fn called_refused(
        &mut self,
        now: Timestamp,
        call: CallRef,
        (cause, status): (Cause, u16),
        by: Side,
        out: &mut Out,
    ) {
        if let Some(Stage::Outgoing(DialOut { leg, .. })) =
            self.calls.get_mut(call).map(|this| &mut this.stage)
            && leg.dialog == Dialog::Early
            && leg.leg.is_ingress()
        {
            let status = cause::passed_on(status, cause);
            out.legs.push(Command::Reject { leg: leg.leg, status, cause, retry_after: None, text: "" });
            leg.dialog = Dialog::Releasing;
        }
        self.end(now, call, Outcome::Outgoing, cause, by, out);
    }

    /// The agent who was called by a colleague is free again, when the call has come to him.
    pub(crate) fn release_colleague(&mut self, now: Timestamp, call: CallRef) {
        let Some(this) = self.calls.get(call) else { return };
        if let Way::Outgoing(Outgoing { colleague: Some(colleague), .. }) = this.way
            && this.caller.dialog != Dialog::Planned
        {
            if this.caller.is_up() {
                self.hang_up(now, colleague);
            }
            let _ = self.ask(now, acd::Input::Release { agent: colleague });
        }
    }

    /// Whether agents who called each other talk in it.
    pub(crate) fn is_among_agents(&self, call: CallRef) -> bool {
        let way = self.calls.get(call).map(|this| this.way);
        matches!(way, Some(Way::Outgoing(Outgoing { colleague: Some(_), .. })))
    }

    /// The number that whoever is called sees: that of the agent's group, or the usual one; colleagues see his own.
    fn shown_for(&self, outgoing: Outgoing) -> String {
        let Outgoing { agent, group, colleague } = outgoing;
        if colleague.is_some() {
            return self
                .plan
                .acd
                .agents
                .get(agent.index())
                .map_or_else(String::new, |agent| agent.name.clone());
        }
        let of_group = group.and_then(|group| self.plan.groups.get(group.index()));
        let of_group = of_group.and_then(|group| group.caller.clone());
        of_group.unwrap_or_else(|| {
            self.plan.outside.as_ref().map_or_else(String::new, |outside| outside.outbound.caller.clone())
        })
    }

    fn title_of(&self, group: GroupRef) -> String {
        self.plan.groups.get(group.index()).map_or_else(String::new, |group| group.title.clone())
    }

    fn site_of(&self, agent: AgentRef) -> acd::SiteRef {
        self.plan.acd.agents.get(agent.index()).map_or(acd::SiteRef(0), |agent| agent.site)
    }
}
