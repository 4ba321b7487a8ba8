//! Calling: the calls that we make for a callback.
//!
//! ```text
//!   agent first    acd Offer ─▶ begin, Ringing ─ Accept ─▶ acd Dial ─▶ Calling, the agent hears ring-back
//!   caller first   acd Dial ──▶ begin, Calling
//!
//!   Calling ─┬─ answered, an agent waits ─▶ acd Reached ─▶ Served ─▶ Talking
//!            ├─ answered, none does ──────▶ acd Reached ─▶ Waiting for one, like any caller
//!            └─ refused, rang out, no port, an answer that cannot be used, agent gone ─▶ acd Unreached
//! ```
//!
//! Such a call begins with the first agent who is asked, or with the dialing, and ends with the last phone that
//! rings for it: nothing waits without anybody on a phone.
//!
//! The distributor wants everybody dialed for whom an agent is free, and one agent is free for many. So callers who are
//! dialed first take turns: as many at once as the group says, the next when one of them has his agent or was not
//! reached. They keep their places in the line meanwhile.
//!
//! Never knows: when somebody's turn is, how often he is tried.

use crate::call::{Call, Calling, Place, Stage, Talk, Way, With};
use crate::cause;
use crate::engine::{Engine, Out, Owner, Timer, caller_call, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{CALLER, Dialog, Leg, Role, Sound};
use crate::plan::Outbound;
use crate::renegotiate::ALIGNMENTS;
use crate::ringing::Shown;
use crate::sdp::{self, Local};
use crate::steps::Course;
use crate::waiting::looped;
use acd::{AgentRef, CallerRef, GroupRef, OfferRef};
use base::{Private, Timestamp};
use media::session::{Audio, Hear};
use sip::leg::{Command, Origin, Target};
use std::net::IpAddr;

impl Engine {
    /// The call in which a callback's caller is, or the caller's own.
    pub(crate) fn call_for(&self, caller: CallerRef) -> CallRef {
        let name = caller_call(caller);
        self.callbacks.get(&name).and_then(|callback| callback.call).unwrap_or(name)
    }

    /// The call to show to an agent for a callback; it begins with the first who is asked.
    pub(crate) fn call_to_show(
        &mut self,
        now: Timestamp,
        from: CallRef,
        shown: Shown,
        out: &mut Out,
    ) -> Option<CallRef> {
        // One that was offered to several agents, the first of whom could not be rung, is over for the others, too.
        let callback = self.callbacks.get(&from).filter(|this| !this.parked && this.stranded.is_none())?;
        let call = callback.call.or_else(|| self.begin_callback(now, from, out));
        if call.is_none() {
            self.cannot_show(now, from, shown.offer, shown.agent);
        }
        call
    }

    /// An agent is asked to take a callback and his phone cannot be rung. Declining would ask the next one in this
    /// very step, and so on without end: so it counts as an attempt.
    pub(crate) fn cannot_show(&mut self, now: Timestamp, from: CallRef, offer: OfferRef, agent: AgentRef) {
        if self.ask(now, acd::Input::Accept { offer }).is_ok()
            && let Some(callback) = self.callbacks.get_mut(&from)
        {
            callback.stranded = Some(agent);
            callback.call = None;
        }
    }

    /// A call of ours for a callback, in which nobody is yet.
    fn begin_callback(&mut self, now: Timestamp, from: CallRef, out: &mut Out) -> Option<CallRef> {
        let callback = self.callbacks.get(&from)?;
        let (group, site, number) = (callback.group, callback.site, callback.number.clone());
        let course = Course { language: callback.language, ..Course::default() };
        let (trunk, shown) = {
            let Outbound { trunk, caller, .. } = &self.callback_flow(group)?.outbound;
            (*trunk, caller.clone())
        };
        let address = self.our_address()?;
        let place = Place { group, since: callback.since, hops: 0, told: true };
        let leg = self.mint_leg();
        let local = Local::new(self.random.bits() as u32, address);
        let mut caller = Leg::new(leg, CALLER, local, false);
        caller.dialog = Dialog::Planned;
        let call = self.calls.insert(Call {
            group: Some(group),
            stage: Stage::Waiting(place),
            course,
            ..Call::new(caller, number.clone(), Way::Callback(from), site)
        });
        self.live += 1;
        let limit = self.timers.schedule(now + self.plan.call_max, Timer::Limit(call));
        if let Some(this) = self.calls.get_mut(call) {
            this.limit = Some(limit);
        }
        if let Some(callback) = self.callbacks.get_mut(&from) {
            callback.call = Some(call);
        }
        let (origin, call_id) = (Origin::Trunk(trunk), String::new());
        self.tell(
            now,
            Event::Arrived { call, origin, caller: number, called: shown, call_id, flow: None },
            out,
        );
        self.tell(now, Event::CallbackBegun { call, from, group }, out);
        Some(call)
    }

    /// The address in our SDP when nobody has called yet.
    pub(crate) fn our_address(&self) -> Option<IpAddr> {
        self.plan.audio.advertised.or(self.here)
    }

    /// The distributor wants a callback's caller dialed: his agent is there, or he comes first.
    pub(crate) fn dial(&mut self, now: Timestamp, from: CallRef, attempt: u8, out: &mut Out) {
        let Some(callback) = self.callbacks.get_mut(&from).filter(|callback| !callback.parked) else {
            return;
        };
        callback.attempts = attempt;
        let group = callback.group;
        if let Some(agent) = callback.stranded.take() {
            let _ = self.ask(now, acd::Input::Unreached { caller: caller_of(from) });
            let _ = self.ask(now, acd::Input::Release { agent });
            return;
        }
        let call = match callback.call {
            Some(call) => Some(call),
            None => {
                let at_once = self.callback_flow(group).map_or(1, |flow| flow.at_once.max(1));
                let held = self.dialed_first.get_mut(group.index()).filter(|held| **held < at_once);
                let Some(callback) = self.callbacks.get_mut(&from) else { return };
                let Some(held) = held else {
                    callback.queued = Some(attempt);
                    self.to_dial.push_back(from);
                    return;
                };
                *held += 1;
                callback.holds = true;
                self.begin_callback(now, from, out)
            }
        };
        let Some(call) = call else {
            self.free_place(from);
            let _ = self.ask(now, acd::Input::Unreached { caller: caller_of(from) });
            return;
        };
        let Some(this) = self.calls.get_mut(call) else { return };
        let (place, companion) = match std::mem::replace(&mut this.stage, Stage::Opening) {
            Stage::Waiting(place) => (place, None),
            // The one who took him; the others have been withdrawn.
            Stage::Ringing(place, mut rings) => (place, rings.pop()),
            other => {
                this.stage = other;
                return;
            }
        };
        let companion =
            companion.map(|ring| Talk::of_two(With::Agent(ring.agent), ring.leg, ALIGNMENTS, Some(place)));
        let accompanied = companion.as_ref().map(|talk| talk.leg.slot);
        this.stage = Stage::Calling(Calling { place, companion });
        if let Some(slot) = accompanied {
            let ring_back = self.callback_flow(group).and_then(|flow| flow.ring_back);
            self.hear(call, slot, looped(ring_back.or(self.music(group))), out);
        }
        self.tell(now, Event::CallbackDialed { call, from, group, attempt }, out);
        if self.invite_caller(now, call, group, out).is_none() {
            self.end(now, call, Outcome::Callback, cause::NO_RESOURCE, Side::System, out);
        }
    }

    /// Sends the INVITE to a callback's caller.
    fn invite_caller(&mut self, now: Timestamp, call: CallRef, group: GroupRef, out: &mut Out) -> Option<()> {
        let Outbound { trunk, caller, ring, .. } = self.callback_flow(group)?.outbound.clone();
        let this = self.calls.get(call)?;
        let number = self.callback_flow(group)?.outbound.dialed(this.number.reveal());
        let codecs = match this.agent_leg() {
            Some(agent) => self.codecs_beside(agent),
            None => self.clip_codecs(),
        };
        let packet_time = self.plan.audio.packet_time;
        let port = self.ports.take(now)?;
        let this = self.calls.get_mut(call)?;
        let leg = &mut this.caller;
        leg.dialog = Dialog::Early;
        leg.sound = Sound::Reserved(port);
        leg.asked = Some(codecs);
        let offer = sdp::offer::write(&mut leg.local, port, codecs.as_slice(), packet_time);
        let leg = leg.leg;
        out.legs.push(Command::Invite {
            leg,
            to: Target::Trunk { trunk, number },
            caller: Private::new(caller),
            caller_name: String::new(),
            offer,
            ring,
            headers: vec![("X-Call-Ref".into(), call.to_string())],
        });
        self.legs.insert(leg, Owner { call, role: Role::Caller });
        Some(())
    }

    /// A callback's caller has picked up.
    pub(crate) fn caller_answered(
        &mut self,
        now: Timestamp,
        call: CallRef,
        agreed: Result<Audio, sdp::Refusal>,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get(call) else { return };
        let (Stage::Calling(calling), Way::Callback(from)) = (&this.stage, this.way) else { return };
        let (place, accompanied) = (calling.place, calling.companion.is_some());
        let Ok(audio) = agreed else {
            self.end(now, call, Outcome::Callback, cause::INCOMPATIBLE, Side::System, out);
            return;
        };
        self.join(call, CALLER, audio, out);
        self.tell(now, Event::Answered { call }, out);
        if !accompanied {
            if let Some(this) = self.calls.get_mut(call) {
                this.stage = Stage::Waiting(place);
            }
            if let Some(callback) = self.callbacks.get_mut(&from) {
                callback.reached = true;
            }
            match self.callback_flow(place.group).and_then(|flow| flow.greeting) {
                Some(greeting) => self.caller_hears(call, Hear::Once(greeting), out),
                None => self.wait_to_music(call, out),
            }
        }
        if self.ask(now, acd::Input::Reached { caller: caller_of(from) }).is_err() {
            self.end(now, call, Outcome::Callback, cause::NORMAL, Side::System, out);
        }
    }

    /// A call of ours ends while its caller is being dialed.
    pub(crate) fn not_reached(&mut self, now: Timestamp, call: CallRef) {
        if let Some(from) = self.let_go(call) {
            let _ = self.ask(now, acd::Input::Unreached { caller: caller_of(from) });
        }
    }

    /// A call of ours ends while nobody is dialed: with its caller in the line, or before anybody is on the phone.
    ///
    /// # Errors
    /// The distributor's.
    pub(crate) fn leave_callback(
        &mut self,
        now: Timestamp,
        call: CallRef,
        by: Side,
    ) -> Result<(), &'static str> {
        let Some(from) = self.let_go(call) else { return Ok(()) };
        let caller = caller_of(from);
        let draining = self.draining;
        let Some(callback) = self.callbacks.get_mut(&from) else { return Ok(()) };
        if callback.reached && by == Side::Caller {
            return self.ask(now, acd::Input::HangUp { caller });
        }
        callback.parked = draining && !callback.reached;
        self.ask(now, acd::Input::Leave { caller })
    }

    /// The last phone that rang for a callback does no longer: its call is over, and the distributor goes on.
    pub(crate) fn nobody_rings(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        if this.is_planned() && matches!(this.stage, Stage::Waiting(_)) {
            self.let_go(call);
            self.end(now, call, Outcome::Callback, cause::NORMAL, Side::System, out);
        }
    }

    /// Parts a call of ours from its callback, which then goes on without it.
    fn let_go(&mut self, call: CallRef) -> Option<CallRef> {
        let Way::Callback(from) = self.calls.get(call)?.way else { return None };
        let callback = self.callbacks.get_mut(&from).filter(|callback| callback.call == Some(call))?;
        callback.call = None;
        self.free_place(from);
        Some(from)
    }

    /// One who was dialed first has his agent, or is not dialed any more: the next one may be.
    pub(crate) fn free_place(&mut self, from: CallRef) {
        if let Some(callback) = self.callbacks.get_mut(&from)
            && std::mem::take(&mut callback.holds)
            && let Some(held) = self.dialed_first.get_mut(callback.group.index())
        {
            *held -= 1;
            self.place_freed = true;
        }
    }

    /// Dials the next one for whom there is a place now; false when there is none.
    pub(crate) fn dial_next(&mut self, now: Timestamp, out: &mut Out) -> bool {
        if !std::mem::take(&mut self.place_freed) {
            return false;
        }
        let mut to_dial = std::mem::take(&mut self.to_dial);
        // Who was called off meanwhile only stands in this list.
        to_dial.retain(|from| self.callbacks.get(from).is_some_and(|callback| callback.queued.is_some()));
        let next = to_dial.iter().position(|from| {
            self.callbacks.get(from).is_some_and(|callback| {
                let at_once = self.callback_flow(callback.group).map_or(1, |flow| flow.at_once.max(1));
                self.dialed_first.get(callback.group.index()).is_some_and(|held| *held < at_once)
            })
        });
        let next = next.and_then(|at| to_dial.remove(at));
        self.to_dial = to_dial;
        let Some(callback) = next.and_then(|from| self.callbacks.get_mut(&from)) else { return false };
        if let (Some(from), Some(attempt)) = (next, callback.queued.take()) {
            self.place_freed = true;
            self.dial(now, from, attempt, out);
        }
        true
    }
}
