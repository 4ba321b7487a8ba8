//! Release: how a call ends, whoever ends it, and how its last facts are awaited.
//!
//! ```text
//!   end ─▶ 1. agent's leg   ringing: CANCEL · talking: Disconnected, Leave, BYE, acd Release (wrap-up)
//!          2. acd HangUp    when he hung up in a line · Leave when he left it otherwise
//!             acd Unreached when we were dialing him for a callback
//!          3. caller's leg  Leave; BYE, or a refusal when he was never answered
//!          4. what acd said about it (OfferEnded, Agent …), then Ended, exactly once
//!   Ending ─▶ Left ─▶ LegEnded, port free · Released ─▶ reference dead · nothing awaited ─▶ forgotten
//! ```
//!
//! What ends without the caller's doing before an agent talked with him is `Lost`; once he was connected it
//! is `Answered`, whatever went wrong later, so that every caller lands in one counter.
//!
//! A leg that is lost while others are in the call ends its own part only: an agent's leads the caller to a guest or
//! back into the line ([`handover`](crate::handover)).

use crate::call::{Call, Departed, DialOut, Forward, Guest, Stage, Talk, Walk, Way, With};
use crate::cause;
use crate::engine::{Decided, Engine, Out, Timer, caller_of, session_of};
use crate::event::{CallRef, Event, Outcome, Side, Verdict};
use crate::ingress::Denied;
use crate::leg::{Dialog, Leg, Role, Sound};
use crate::ports::Ports;
use crate::show::Exit;
use crate::steps::left;
use base::Timestamp;
use media::session::{self, Party, Report};
use sip::leg::{Command, LegRef, ReleasedBy};
use sip::message::Cause;
use std::time::Duration;

/// How long an ended call waits for its last facts. SIP gives up on a BYE after 32 s (RFC 3261 timer F), so
/// only a fault of ours can make this fire; then its legs and ports are taken back.
const ENDING_MAX: Duration = Duration::from_secs(120);

impl Engine {
    /// Ends a call. Nothing happens when it is ending already.
    pub(crate) fn end(
        &mut self,
        now: Timestamp,
        call: CallRef,
        outcome: Outcome,
        cause: Cause,
        by: Side,
        out: &mut Out,
    ) {
        self.withdraw_all(now, call, out);
        let Some(this) = self.calls.get_mut(call) else { return };
        // Who has talked with an agent counts by that, whatever becomes of him in a further line.
        let outcome = match this.way {
            Way::Outgoing(outgoing) if outgoing.colleague.is_some() => Outcome::Internal,
            Way::Outgoing(_) => Outcome::Outgoing,
            _ if !this.served => outcome,
            Way::Callback(_) => Outcome::Callback,
            _ => Outcome::Answered,
        };
        let text = match this.way {
            Way::Denied { why, .. } => why,
            _ => "",
        };
        match std::mem::replace(&mut this.stage, Stage::Ending) {
            Stage::Ending => return,
            Stage::Walking(Walk::Asked { .. }) => self.tell_verdict(now, call, Verdict::HungUp, out),
            Stage::Talking(talk) => self.part(now, call, talk, cause, by, out),
            Stage::Calling(calling) => {
                self.not_reached(now, call);
                if let Some(talk) = calling.companion {
                    self.let_agent_go(now, call, talk.with, talk.leg, cause, out);
                }
            }
            Stage::Forwarding(forward) => self.let_agent_go(now, call, forward.with, forward.leg, cause, out),
            Stage::Outgoing(DialOut { leg, .. }) => {
                if let Some(Way::Outgoing(outgoing)) = self.calls.get(call).map(|this| this.way) {
                    self.let_agent_go(now, call, With::Agent(outgoing.agent), leg, cause, out);
                }
            }
            Stage::Waiting(_) => {
                let gone = caller_of(call);
                // Refused when he is out of the line already.
                let _ = match this.way {
                    Way::Callback(_) if !this.served => self.leave_callback(now, call, by),
                    // The caller's own doing: a missed call, where the group calls those back.
                    _ if by == Side::Caller && !this.served => {
                        self.ask(now, acd::Input::HangUp { caller: gone })
                    }
                    _ => self.ask(now, acd::Input::Leave { caller: gone }),
                };
            }
            _ => {}
        }
        self.release_colleague(now, call);
        self.leave_studio(now, call, Exit::Ended, out);
        if let Some(this) = self.calls.get_mut(call) {
            close(&mut this.caller, (call, cause, text), &mut self.ports, now, out);
        }
        self.over(now, call, outcome, cause, by);
    }

    /// Ends a talk: everybody but the caller leaves it.
    fn part(&mut self, now: Timestamp, call: CallRef, talk: Talk, cause: Cause, by: Side, out: &mut Out) {
        for guest in self.leave_talk(now, call, talk, by, cause, out) {
            if let (With::Agent(agent), true) = (guest.with, guest.met) {
                self.tell(now, Event::Disconnected { call, agent, by }, out);
            }
            self.let_guest_go(now, call, guest, cause, out);
        }
    }

    /// Whoever answers for a talk is out of it: his recording, his lines and his part in the call end. Gives those whom
    /// he had asked in.
    pub(crate) fn leave_talk(
        &mut self,
        now: Timestamp,
        call: CallRef,
        talk: Talk,
        by: Side,
        cause: Cause,
        out: &mut Out,
    ) -> Vec<Guest> {
        let Talk { with, leg, line, guests, .. } = talk;
        // Before the recording ends: the mark is in it.
        self.set_on_air(now, call, false, out);
        self.end_recording(now, call, out);
        match with {
            With::Agent(agent) => self.tell(now, Event::Disconnected { call, agent, by }, out),
            With::Outside(..) => self.roster_left(now, call, with, out),
        }
        self.let_agent_go(now, call, with, leg, cause, out);
        if let Some(line) = line {
            self.depart(now, call, line, Side::Agent, cause, out);
        }
        guests
    }

    /// Ends the leg in the agent's place, and the agent's part in the call: his wrap-up begins.
    pub(crate) fn let_agent_go(
        &mut self,
        now: Timestamp,
        call: CallRef,
        with: With,
        leg: Leg,
        cause: Cause,
        out: &mut Out,
    ) {
        let bye = leg.is_up();
        self.depart(now, call, leg, Side::Agent, cause, out);
        if let With::Agent(agent) = with {
            if bye {
                self.hang_up(now, agent);
            }
            let _ = self.ask(now, acd::Input::Release { agent });
        }
    }

    /// Ends a guest's part in the call.
    pub(crate) fn let_guest_go(
        &mut self,
        now: Timestamp,
        call: CallRef,
        guest: Guest,
        cause: Cause,
        out: &mut Out,
    ) {
        let bye = guest.leg.is_up();
        self.depart(now, call, guest.leg, Side::Guest, cause, out);
        if let With::Agent(agent) = guest.with {
            if bye {
                self.hang_up(now, agent);
            }
            if guest.engaged {
                let _ = self.ask(now, acd::Input::Release { agent });
            }
        }
    }

    /// A leg is out of the call: it is told to end, and its last facts are awaited.
    pub(crate) fn depart(
        &mut self,
        now: Timestamp,
        call: CallRef,
        mut leg: Leg,
        side: Side,
        cause: Cause,
        out: &mut Out,
    ) {
        close(&mut leg, (call, cause, ""), &mut self.ports, now, out);
        if leg.is_done() {
            return;
        }
        if let Some(owner) = self.legs.get_mut(&leg.leg) {
            owner.role = Role::Departed;
        }
        if let Some(this) = self.calls.get_mut(call) {
            this.departed.push(Departed { leg, side });
        }
    }

    /// Refuses a call that was never admitted.
    pub(crate) fn deny(&mut self, now: Timestamp, call: CallRef, denied: &Denied, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        this.stage = Stage::Ending;
        this.caller.dialog = Dialog::Releasing;
        let &Denied { status, cause, retry_after } = denied;
        out.legs.push(Command::Reject { leg: this.caller.leg, status, cause, retry_after, text: "" });
        if let Some(port) = this.caller.sound.port() {
            this.caller.sound = Sound::Closed;
            self.ports.give_back(now, port);
        }
        self.over(now, call, Outcome::Refused, cause, Side::System);
    }

    /// Books the end; it is told in its turn.
    fn over(&mut self, now: Timestamp, call: CallRef, outcome: Outcome, cause: Cause, by: Side) {
        let Some(this) = self.calls.get_mut(call) else { return };
        for timer in [this.setup.take(), this.limit.take(), this.course.pause.take()].into_iter().flatten() {
            self.timers.cancel(timer);
        }
        this.limit = Some(self.timers.schedule(now + ENDING_MAX, Timer::Limit(call)));
        self.live -= 1;
        self.decided.push_back(Decided::Ended { call, outcome, cause, by });
    }

    pub(crate) fn tell_ended(
        &mut self,
        now: Timestamp,
        call: CallRef,
        outcome: Outcome,
        cause: Cause,
        by: Side,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        this.told = true;
        let group = this.group;
        self.tell(now, Event::Ended { call, outcome, group, cause, by }, out);
        self.forget_if_done(call);
    }

    /// A leg is over.
    pub(crate) fn released(
        &mut self,
        now: Timestamp,
        leg: LegRef,
        cause: Cause,
        status: u16,
        by: ReleasedBy,
        out: &mut Out,
    ) {
        let Some(owner) = self.legs.remove(&leg) else { return };
        let call = owner.call;
        let Some(this) = self.calls.get_mut(call) else { return };
        let peer = by == ReleasedBy::Peer;
        match owner.role {
            Role::Withdrawn(agent) => {
                this.withdrawn -= 1;
                if let Some(legs) = self.winding.get_mut(agent.index()) {
                    *legs -= 1;
                }
            }
            Role::Caller => {
                this.caller.dialog = Dialog::Over;
                let outcome = outcome(this, peer);
                let then = match &mut this.way {
                    Way::Service { then, .. } => then.take(),
                    _ => None,
                };
                let by = if peer { Side::Caller } else { Side::System };
                if matches!(self.calls.get(call).map(|this| &this.stage), Some(Stage::Outgoing(_))) {
                    self.called_refused(now, call, (cause, status), by, out);
                } else {
                    self.end(now, call, outcome, cause, by, out);
                }
                if let Some(then) = then {
                    // His phone is free only now: a call offered to it before would have met a busy line.
                    let _ = self.ask(now, then);
                }
            }
            Role::Departed => {
                if let Some(leg) = this.leg_mut(leg) {
                    leg.dialog = Dialog::Over;
                }
            }
            Role::Agent => {
                if let Some(leg) = this.leg_mut(leg) {
                    leg.dialog = Dialog::Over;
                }
                match this.stage {
                    Stage::Ringing(..) => self.declined(now, call, leg, status, out),
                    Stage::Talking(_) => self.agent_left(now, call, cause, peer, out),
                    Stage::Calling(_) | Stage::Outgoing(_) => {
                        let outcome = outcome(this, false);
                        let by = if peer { Side::Agent } else { Side::System };
                        self.end(now, call, outcome, cause, by, out);
                    }
                    Stage::Forwarding(_) => self.not_put_through(now, call, status, out),
                    _ => {}
                }
            }
            Role::Guest => {
                if let Some(leg) = this.leg_mut(leg) {
                    leg.dialog = Dialog::Over;
                }
                self.ring_on(now, call, leg, status, out);
                self.guest_left(now, call, leg, cause, out);
            }
            Role::Line => {
                if let Some(leg) = this.leg_mut(leg) {
                    leg.dialog = Dialog::Over;
                }
                self.line_left(now, call, cause, out);
            }
        }
        self.forget_if_done(call);
    }

    /// A party has left the session: its measurements, and its port is free.
    pub(crate) fn left(
        &mut self,
        now: Timestamp,
        call: CallRef,
        party: Party,
        port: u16,
        report: Report,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Some(side) = this.side_of(party) else { return };
        let Some(leg) = this.in_slot(party).filter(|leg| leg.sound == Sound::Closing(port)) else { return };
        leg.sound = Sound::Closed;
        let leg = leg.leg;
        self.ports.give_back(now, port);
        self.tell(now, Event::LegEnded { call, leg, side, report }, out);
        self.forget_if_done(call);
    }

    /// A port could not be opened: another program has it. Without audio there is no call for a caller, and nobody
    /// for him at the other end.
    pub(crate) fn port_failed(
        &mut self,
        now: Timestamp,
        call: CallRef,
        party: Party,
        port: u16,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let Some(leg) = this.in_slot(party).filter(|leg| leg.sound.port() == Some(port)) else { return };
        let name = leg.leg;
        // Its `Left`, if it comes, has nothing to tell.
        if let Sound::Open(_) = std::mem::replace(&mut leg.sound, Sound::Closed) {
            out.media.push(leave(call, party));
        }
        self.ports.set_aside(now, port);
        self.lose(now, call, name, cause::NO_RESOURCE, out);
        self.forget_if_done(call);
    }

    /// Nothing came from a party for too long. Cause 41, temporary failure: the network's fault more likely
    /// than the caller's, and calling again is worth while.
    pub(crate) fn silent(&mut self, now: Timestamp, call: CallRef, party: Party, out: &mut Out) {
        let Some(leg) = self.calls.get_mut(call).and_then(|this| this.in_slot(party)) else { return };
        // Before the 200, and while he holds, he need not send.
        let expected = leg.is_answered() && leg.audio().is_some_and(|audio| audio.receives);
        leg.quiet = !expected;
        let name = leg.leg;
        if expected {
            self.lose(now, call, name, cause::TEMPORARY_FAILURE, out);
        }
    }

    /// A party is lost to us: the call goes on for the others as far as it can.
    fn lose(&mut self, now: Timestamp, call: CallRef, leg: LegRef, cause: Cause, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        match self.legs.get(&leg).map(|owner| owner.role) {
            Some(Role::Agent) if this.talk().is_some() => self.agent_left(now, call, cause, false, out),
            Some(Role::Agent) if matches!(this.stage, Stage::Forwarding(_)) => {
                self.not_put_through(now, call, 0, out);
            }
            Some(Role::Guest) => {
                self.ring_on(now, call, leg, 0, out);
                self.guest_left(now, call, leg, cause, out);
            }
            Some(Role::Line) => self.line_left(now, call, cause, out),
            Some(Role::Departed | Role::Withdrawn(_)) => {}
            _ => {
                let outcome = outcome(this, false);
                self.end(now, call, outcome, cause, Side::System, out);
            }
        }
    }

    /// The call lasted as long as it may; or it has ended and its last facts never came.
    pub(crate) fn limit_is_over(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        this.limit = None;
        if !this.is_ending() {
            let outcome = outcome(this, false);
            self.end(now, call, outcome, cause::TIMER, Side::System, out);
            return;
        }
        for port in this.legs().filter_map(|leg| leg.sound.port()) {
            self.ports.give_back(now, port);
        }
        let winding = &mut self.winding;
        self.legs.retain(|_, owner| {
            if let (true, Role::Withdrawn(agent)) = (owner.call == call, owner.role)
                && let Some(legs) = winding.get_mut(agent.index())
            {
                *legs -= 1;
            }
            owner.call != call
        });
        self.calls.remove(call);
    }

    fn forget_if_done(&mut self, call: CallRef) {
        if let Some(this) = self.calls.get_mut(call) {
            this.departed.retain(|departed| !departed.leg.is_done());
        }
        if self.calls.get(call).is_some_and(Call::is_done)
            && let Some(call) = self.calls.remove(call)
            && let Some(timer) = call.limit
        {
            self.timers.cancel(timer);
        }
    }

    /// Ends a call on request.
    pub(crate) fn release_on_request(&mut self, now: Timestamp, call: CallRef, out: &mut Out) -> bool {
        match self.calls.get(call) {
            Some(this) if !this.is_ending() => {
                let outcome = outcome(this, false);
                self.end(now, call, outcome, cause::NORMAL, Side::System, out);
                true
            }
            _ => false,
        }
    }
}

/// The counter in which a call lands when it ends where it is: by the caller's doing, or not.
pub(crate) fn outcome(call: &Call, caller: bool) -> Outcome {
    let turned_away = match &call.stage {
        Stage::Talking(Talk { with, .. }) | Stage::Forwarding(Forward { with, .. }) => with.turned_away(),
        _ => None,
    };
    match (&call.stage, caller) {
        _ if matches!(call.way, Way::Callback(_)) => Outcome::Callback,
        _ if matches!(call.way, Way::Outgoing(_)) => Outcome::Outgoing,
        _ if matches!(call.way, Way::Denied { .. }) => Outcome::Refused,
        _ if turned_away.is_some() => turned_away.map_or(Outcome::Lost, Outcome::TurnedAway),
        (Stage::Announcing(outcome), _) => *outcome,
        (Stage::Talking(_), _) => Outcome::Answered,
        _ if matches!(call.way, Way::Service { .. }) => Outcome::Service,
        (_, false) => Outcome::Lost,
        (Stage::Waiting(_), true) => Outcome::AbandonedInLine,
        (Stage::Ringing(..), true) => Outcome::AbandonedRinging,
        (_, true) => left(call),
    }
}

/// Tells a leg to end and its audio to leave.
fn close(
    leg: &mut Leg,
    (call, cause, text): (CallRef, Cause, &'static str),
    ports: &mut Ports,
    now: Timestamp,
    out: &mut Out,
) {
    if leg.is_up() {
        let name = leg.leg;
        out.legs.push(if leg.dialog == Dialog::Early && name.is_ingress() {
            Command::Reject { leg: name, status: cause::status(cause), cause, retry_after: None, text }
        } else {
            Command::Release { leg: name, cause }
        });
        leg.dialog = Dialog::Releasing;
    } else if leg.dialog == Dialog::Planned {
        leg.dialog = Dialog::Over;
    }
    match leg.sound {
        Sound::Open(audio) => {
            leg.sound = Sound::Closing(audio.port);
            out.media.push(leave(call, leg.slot));
        }
        Sound::Reserved(port) => {
            leg.sound = Sound::Closed;
            ports.give_back(now, port);
        }
        Sound::Closing(_) | Sound::Closed => {}
    }
}

const fn leave(call: CallRef, party: Party) -> session::Command {
    session::Command::Leave { session: session_of(call), party }
}
