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

use crate::call::{Call, Stage, Talk, Way, With};
use crate::cause;
use crate::engine::{Decided, Engine, Out, Timer, caller_of, session_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::ingress::Denied;
use crate::leg::{self, Dialog, Role, Sound};
use crate::steps::left;
use base::Timestamp;
use media::session::{self, Report};
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
        match std::mem::replace(&mut this.stage, Stage::Ending(None)) {
            Stage::Ending(leg) => {
                this.stage = Stage::Ending(leg);
                return;
            }
            Stage::Talking(talk) => {
                if let With::Agent(agent) = talk.with {
                    self.tell(now, Event::Disconnected { call, agent, by }, out);
                }
                self.part(now, call, talk, cause, out);
            }
            Stage::Calling(calling) => {
                self.not_reached(now, call);
                if let Some(talk) = calling.companion {
                    self.part(now, call, talk, cause, out);
                }
            }
            Stage::Forwarding(forward) => {
                this.stage = Stage::Ending(Some(forward.leg));
                self.close(now, call, Side::Agent, cause, out);
            }
            Stage::Waiting(_) => {
                let gone = caller_of(call);
                // Refused when he is out of the line already.
                let _ = match this.way {
                    Way::Callback(_) => self.leave_callback(now, call, by),
                    // The caller's own doing: a missed call, where the group calls those back.
                    _ if by == Side::Caller => self.ask(now, acd::Input::HangUp { caller: gone }),
                    _ => self.ask(now, acd::Input::Leave { caller: gone }),
                };
            }
            _ => {}
        }
        self.close(now, call, Side::Caller, cause, out);
        self.over(now, call, outcome, cause, by);
    }

    /// Ends the leg in the agent's slot of a call that ends, and the agent's part in it.
    fn part(&mut self, now: Timestamp, call: CallRef, talk: Talk, cause: Cause, out: &mut Out) {
        let bye = talk.leg.is_up();
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Ending(Some(talk.leg));
        }
        self.close(now, call, Side::Agent, cause, out);
        if let With::Agent(agent) = talk.with {
            if bye {
                self.hang_up(now, agent);
            }
            let _ = self.ask(now, acd::Input::Release { agent });
        }
    }

    /// Refuses a call that was never admitted.
    pub(crate) fn deny(&mut self, now: Timestamp, call: CallRef, denied: &Denied, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        this.stage = Stage::Ending(None);
        this.caller.dialog = Dialog::Releasing;
        let &Denied { status, cause, retry_after } = denied;
        out.legs.push(Command::Reject { leg: this.caller.leg, status, cause, retry_after });
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

    /// Tells a leg to end and its audio to leave.
    fn close(&mut self, now: Timestamp, call: CallRef, side: Side, cause: Cause, out: &mut Out) {
        let Some(leg) = self.leg_mut(call, side) else { return };
        if leg.is_up() {
            let name = leg.leg;
            out.legs.push(if leg.dialog == Dialog::Early && name.is_ingress() {
                Command::Reject { leg: name, status: cause::status(cause), cause, retry_after: None }
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
                out.media.push(leave(call, side));
            }
            Sound::Reserved(port) => {
                leg.sound = Sound::Closed;
                self.ports.give_back(now, port);
            }
            Sound::Closing(_) | Sound::Closed => {}
        }
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
                self.end(now, call, outcome, cause, by, out);
                if let Some(then) = then {
                    // His phone is free only now: a call offered to it before would have met a busy line.
                    let _ = self.ask(now, then);
                }
            }
            Role::Agent => {
                if let Some(leg) = this.leg_mut(leg) {
                    leg.dialog = Dialog::Over;
                }
                let outcome = outcome(this, false);
                match this.stage {
                    Stage::Ringing(..) => self.declined(now, call, leg, status, out),
                    Stage::Talking(_) | Stage::Calling(_) => {
                        let by = if peer { Side::Agent } else { Side::System };
                        self.end(now, call, outcome, cause, by, out);
                    }
                    Stage::Forwarding(_) => {
                        self.end(now, call, outcome, cause::BUSY, Side::System, out);
                    }
                    _ => {}
                }
            }
        }
        self.forget_if_done(call);
    }

    /// A party has left the session: its measurements, and its port is free.
    pub(crate) fn left(
        &mut self,
        now: Timestamp,
        call: CallRef,
        side: Side,
        port: u16,
        report: Report,
        out: &mut Out,
    ) {
        let Some(leg) = self.leg_mut(call, side) else { return };
        if leg.sound != Sound::Closing(port) {
            return;
        }
        leg.sound = Sound::Closed;
        let leg = leg.leg;
        self.ports.give_back(now, port);
        self.tell(now, Event::LegEnded { call, leg, side, report }, out);
        self.forget_if_done(call);
    }

    /// A port could not be opened: another program has it. No audio, no call.
    pub(crate) fn port_failed(
        &mut self,
        now: Timestamp,
        call: CallRef,
        side: Side,
        port: u16,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        let outcome = outcome(this, false);
        let Some(leg) = self.leg_mut(call, side).filter(|leg| leg.sound.port() == Some(port)) else { return };
        // Its `Left`, if it comes, has nothing to tell.
        if let Sound::Open(_) = std::mem::replace(&mut leg.sound, Sound::Closed) {
            out.media.push(leave(call, side));
        }
        self.ports.set_aside(now, port);
        self.end(now, call, outcome, cause::NO_RESOURCE, Side::System, out);
        self.forget_if_done(call);
    }

    /// Nothing came from a party for too long. Cause 41, temporary failure: the network's fault more likely
    /// than the caller's, and calling again is worth while.
    pub(crate) fn silent(&mut self, now: Timestamp, call: CallRef, side: Side, out: &mut Out) {
        let Some(leg) = self.leg_mut(call, side) else { return };
        // Before the 200, and while he holds, he need not send.
        let expected = leg.is_answered() && leg.audio().is_some_and(|audio| audio.receives);
        leg.quiet = !expected;
        if let (true, Some(this)) = (expected, self.calls.get(call)) {
            let outcome = outcome(this, false);
            self.end(now, call, outcome, cause::TEMPORARY_FAILURE, Side::System, out);
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
        let ports = [this.caller.sound.port(), this.agent_leg().and_then(|leg| leg.sound.port())];
        for port in ports.into_iter().flatten() {
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
    match (&call.stage, caller) {
        _ if matches!(call.way, Way::Callback(_)) => Outcome::Callback,
        (Stage::Talking(Talk { with: With::Outside(why), .. }), _) => Outcome::TurnedAway(*why),
        (Stage::Forwarding(forward), _) => Outcome::TurnedAway(forward.why),
        (Stage::Talking(_), _) => Outcome::Answered,
        (Stage::Announcing(outcome), _) => *outcome,
        _ if matches!(call.way, Way::Service { .. }) => Outcome::Service,
        (_, false) => Outcome::Lost,
        (Stage::Waiting(_), true) => Outcome::AbandonedInLine,
        (Stage::Ringing(..), true) => Outcome::AbandonedRinging,
        (_, true) => left(call),
    }
}

const fn leave(call: CallRef, side: Side) -> session::Command {
    session::Command::Leave { session: session_of(call), party: leg::party(side) }
}
