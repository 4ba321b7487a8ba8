//! Handing over: what becomes of a caller when whoever was with him is not any more. He is never dropped.
//!
//! ```text
//!   agent leaves ─┬─ somebody consulted is there ───────▶ he has the caller now
//!                 ├─ his phone still rings ─────────────▶ Forwarding: music, then he has the caller
//!                 ├─ nobody, and the agent hung up ─────▶ the step after the talk (survey.rs), or the call ends
//!                 └─ nobody, and the agent was lost, or the caller was on hold ─▶ back into the line
//!                    (others who are there stay; whoever still rings is called off)
//!   from a studio, its show on ─▶ held for it again, wherever "back into the line" stands above
//!   guest leaves ─▶ agent and caller talk on, out of hold unless somebody else is asked
//! ```
//!
//! *Back into the line* is its head: he keeps his original clock, and neither a full line nor a surge turns him away.

use crate::call::{Because, Call, Forward, Guest, Part, Place, Stage, Talk, With};
use crate::cause;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, GuestStep, Phase, RosterStep, Side};
use crate::hunt::Hunt;
use crate::leg::Role;
use crate::release::outcome;
use crate::renegotiate::ALIGNMENTS;
use crate::show::Exit;
use acd::{AgentRef, GroupRef, Prefer};
use base::Timestamp;
use sip::leg::LegRef;
use sip::message::Cause;
use std::time::Duration;

impl Engine {
    /// Whoever was with the caller is gone: by himself, or lost.
    pub(crate) fn agent_left(
        &mut self,
        now: Timestamp,
        call: CallRef,
        cause: Cause,
        by_himself: bool,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        let Some(talk) = this.talk() else { return };
        let listens = talk.leg.audio().is_none_or(|audio| audio.sends);
        let waits = talk.held || !listens || !by_himself;
        if talk.consulted().is_none() && !waits && self.after_talk(call).is_some() {
            return self.go_on_after_talk(now, call, cause, out);
        }
        if talk.consulted().is_none() && (!waits || talk.back.is_none()) {
            let outcome = outcome(this, false);
            let by = if by_himself { Side::Agent } else { Side::System };
            return self.end(now, call, outcome, cause, by, out);
        }
        self.hand_over(now, call, cause, out);
    }

    /// The caller goes on without whoever was with him: to the consulted, or back into the line.
    pub(crate) fn hand_over(&mut self, now: Timestamp, call: CallRef, cause: Cause, out: &mut Out) {
        let Some(mut talk) = self.calls.get_mut(call).and_then(Call::take_talk) else { return };
        let back = talk.back;
        let mut hunt = talk.hunt.take();
        let guests = self.leave_talk(now, call, talk, Side::Agent, cause, out);
        let (mut consulted, mut others): (Vec<_>, Vec<_>) = guests.into_iter().partition(Guest::is_consulted);
        // Whoever is on the phone rather than one who is still rung.
        let at = consulted.iter().position(|guest| guest.leg.is_answered()).unwrap_or(0);
        let heir = (!consulted.is_empty()).then(|| consulted.remove(at));
        let (mut stay, ring): (Vec<_>, Vec<_>) =
            consulted.into_iter().partition(|guest| guest.leg.is_answered());
        for guest in &mut stay {
            guest.part = Part::Consulted { held: false };
        }
        if let Some(hunt) = &mut hunt {
            // One rings on for the caller alone; the others of the roster are rung again after him.
            let people = ring.iter().filter_map(|guest| guest.with.on_roster());
            hunt.left.splice(0..0, people);
        }
        others.extend(ring);
        for guest in others {
            self.dismiss(now, call, guest, cause::NORMAL, out);
        }
        match (heir, back) {
            (Some(guest), _) => self.inherit(now, call, (guest, hunt), stay, back, out),
            (None, Some(back)) => self.back_in_line(now, call, back, out),
            (None, None) => self.end_after_all(now, call, out),
        }
    }

    /// A guest has the caller now, or will have him as soon as he picks up.
    fn inherit(
        &mut self,
        now: Timestamp,
        call: CallRef,
        (guest, hunt): (Guest, Option<Hunt>),
        stay: Vec<Guest>,
        back: Option<Place>,
        out: &mut Out,
    ) {
        let Guest { with, leg, met, .. } = guest;
        let Some(this) = self.calls.get_mut(call) else { return };
        if let Some(owner) = self.legs.get_mut(&leg.leg) {
            owner.role = Role::Agent;
        }
        let (name, group) = (leg.leg, this.group);
        if !leg.is_answered() {
            this.stage = Stage::Forwarding(Forward { with, back, leg, hunt });
            return self.wait_to_music(call, out);
        }
        if let Some(hunt) = hunt {
            self.tell_roster(now, call, hunt.roster, hunt.reason, RosterStep::CalledOff, out);
        }
        let Some(this) = self.calls.get_mut(call) else { return };
        let talk = Talk::of_two(with, leg, ALIGNMENTS, back);
        this.stage = Stage::Talking(Talk { guests: stay, ..talk });
        self.bridge(call, out);
        self.tell(now, Event::Guest { call, leg: name, with, step: GuestStep::TookOver }, out);
        if let With::Outside(_, Because::OnRoster(roster, person)) = with {
            self.tell_roster(now, call, roster, None, RosterStep::TookOver(person), out);
        }
        self.has_visitor(now, call, with, out);
        if let (With::Agent(agent), Some(group)) = (with, group) {
            self.takes(now, call, agent, group, met, out);
        }
        self.rearranged(now, call, out);
    }

    /// An agent who was not offered the caller has him now: he talks with him, and the group's wrap-up will follow.
    pub(crate) fn takes(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        group: GroupRef,
        met: bool,
        out: &mut Out,
    ) {
        // A studio's console does no group's work, and nothing is left to do for it when a caller is gone.
        if !self.is_at_console(call) {
            let _ = self.ask(now, acd::Input::Takes { agent, group });
        }
        self.answers_for(call, agent);
        if !met {
            self.tell_met(now, call, agent, group, out);
        }
        self.begin_recording(now, call, agent, group, out);
    }

    /// An agent who was not in the line's way to the caller talks with him now.
    pub(crate) fn tell_met(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agent: AgentRef,
        group: GroupRef,
        out: &mut Out,
    ) {
        self.met(agent, call);
        self.tell(now, Event::Connected { call, agent, group, waited: Duration::ZERO }, out);
    }

    /// The caller stands in a line again, in front; who is in a radio studio whose show is on is held for it.
    pub(crate) fn back_in_line(&mut self, now: Timestamp, call: CallRef, back: Place, out: &mut Out) {
        if !self.back_to_studio(now, call, back, out) {
            self.line_up(now, call, back, None, out);
        }
    }

    /// The caller stands in a line, and an agent may be named who should get him.
    pub(crate) fn line_up(
        &mut self,
        now: Timestamp,
        call: CallRef,
        place: Place,
        prefer: Option<Prefer>,
        out: &mut Out,
    ) {
        self.leave_studio(now, call, Exit::HandedOn, out);
        self.enter_line(now, call, Place { hops: 0, told: false, ..place }, prefer, out);
    }

    /// Nobody is with him, and there is no line that he came from.
    fn end_after_all(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let outcome = outcome(this, false);
        self.end(now, call, outcome, cause::NORMAL, Side::System, out);
    }

    /// A guest is gone, whoever ended it: agent and caller talk on.
    pub(crate) fn guest_left(
        &mut self,
        now: Timestamp,
        call: CallRef,
        leg: LegRef,
        cause: Cause,
        out: &mut Out,
    ) {
        let Some(talk) = self.talk_mut(call) else { return };
        let Some(at) = talk.guests.iter().position(|guest| guest.leg.leg == leg) else { return };
        let guest = talk.guests.remove(at);
        let mut line = None;
        if guest.is_consulted() && talk.asked().is_none() {
            talk.held = false;
        }
        if talk.consulted().is_none() {
            line = talk.line.take();
        }
        self.dismiss(now, call, guest, cause, out);
        if let Some(line) = line {
            self.depart(now, call, line, Side::Agent, cause, out);
        }
        self.rearranged(now, call, out);
    }

    /// A guest's part is over.
    pub(crate) fn dismiss(
        &mut self,
        now: Timestamp,
        call: CallRef,
        guest: Guest,
        cause: Cause,
        out: &mut Out,
    ) {
        let (leg, with, met) = (guest.leg.leg, guest.with, guest.met);
        self.tell(now, Event::Guest { call, leg, with, step: GuestStep::Left }, out);
        if guest.leg.audio().is_some() {
            self.roster_left(now, call, with, out);
        }
        if let (With::Agent(agent), true) = (with, met) {
            self.tell(now, Event::Disconnected { call, agent, by: Side::Guest }, out);
        }
        self.let_guest_go(now, call, guest, cause, out);
    }

    /// Says what the agent does now, when that has changed.
    pub(crate) fn tell_phase(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(talk) = self.talk_mut(call) else { return };
        let With::Agent(agent) = talk.with else { return };
        let phase = Phase::of(talk);
        if talk.phase != phase {
            talk.phase = phase;
            self.tell(now, Event::Phase { call, agent, phase }, out);
        }
    }
}
