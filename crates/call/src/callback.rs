//! Callbacks: who is to be called back, and the calls that we make for it.
//!
//! ```text
//!   key, request, HangUp of a missed call, Target::Callback, CallBackNumber
//!        └▶ acd CallbackKept ─▶ Callback in the table ─▶ (who asked hears that it was taken, and is released)
//!
//!   agent first:   acd Offer ─▶ a call of ours, Ringing ─ Accept ─▶ acd Dial ─▶ Calling, the agent hears ring-back
//!   caller first:  acd Dial ──▶ a call of ours, Calling
//!                     Calling ─┬─ answered ─▶ acd Reached ─▶ Talking, or Waiting for an agent like any caller
//!                              └─ refused, rang out, no port, agent gone ─▶ acd Unreached: later again, or given up
//!
//!   he calls again by himself ─▶ acd CallbackEnded(CalledAgain) ─▶ the call of ours is released
//! ```
//!
//! The distributor knows a callback by the reference of the call from which it came. That call is over long before;
//! the calls that are made for it are calls of their own. A callback is plain values, so that whoever runs the engine
//! can write the list ([`Engine::callbacks`]) and add it again after a restart
//! ([`Request::CallBackNumber`](crate::Request::CallBackNumber)).
//!
//! When no new calls may begin, callbacks are *parked*: out of the distributor's lines and still in the list.
//!
//! Never knows: how a number is looked up, who keeps the list.

use crate::call::{Call, Calling, Place, Stage, Talk, Way, With};
use crate::cause;
use crate::engine::{Engine, Out, Owner, Timer, caller_call, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::leg::{Dialog, Leg, Role, Sound};
use crate::party::party;
use crate::plan::{CallbackFlow, Outbound};
use crate::renegotiate::ALIGNMENTS;
use crate::ringing::Shown;
use crate::sdp::{self, Local};
use crate::waiting::looped;
use acd::{
    Abilities, AgentRef, CallBack, CallbackEnd, CallerRef, GroupRef, OfferRef, Priority, SiteRef, Turned,
};
use base::{Handle, Private, Timestamp};
use media::session::Hear;
use sip::leg::{Command, LegRef, Origin, Target};
use std::net::IpAddr;

/// Somebody who is to be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// His number, normalized.
    pub number: Private,
    /// In whose line he stands.
    pub group: GroupRef,
    /// The site where his call came in.
    pub site: SiteRef,
    /// His priority.
    pub priority: Priority,
    /// What an agent must be able to do beside the group's work.
    pub requires: Abilities,
    /// The clock by which he ranks.
    pub since: Timestamp,
    /// Not before.
    pub after: Timestamp,
    /// Nobody asked for it.
    pub missed: bool,
    /// Attempts to reach him so far.
    pub attempts: u8,
    /// The call that we make for it now.
    pub(crate) call: Option<CallRef>,
    /// He was dialed first, and waits for an agent on the phone.
    pub(crate) reached: bool,
    /// The distributor has said that it keeps it.
    pub(crate) kept: bool,
    /// Not in the distributor's lines, because no new calls may begin.
    pub(crate) parked: bool,
    /// An agent who took it and could not be connected to anything.
    pub(crate) stranded: Option<AgentRef>,
}

/// What somebody who is not in a line is called back by.
pub(crate) struct Wish {
    pub(crate) number: Private,
    pub(crate) group: GroupRef,
    pub(crate) site: SiteRef,
    pub(crate) priority: Priority,
    pub(crate) requires: Abilities,
    pub(crate) since: Timestamp,
    pub(crate) after: Timestamp,
    pub(crate) missed: bool,
}

/// Asking for it, keeping it, ending it.
impl Engine {
    /// Who is to be called back, by the call from which it came, in that order.
    pub fn callbacks(&self) -> impl Iterator<Item = (CallRef, &Callback)> {
        self.callbacks.sorted().into_iter().map(|(from, callback)| (*from, callback))
    }

    /// A digit came from a caller.
    pub(crate) fn key_pressed(&mut self, now: Timestamp, call: CallRef, digit: char) {
        let Some(this) = self.calls.get(call) else { return };
        let key = this.group.and_then(|group| self.callback_flow(group)).and_then(|flow| flow.key);
        if key == Some(digit) {
            // Who cannot be called back waits on, to the music.
            let _ = self.want_callback(now, call);
        }
    }

    /// A caller in a line shall be called back instead of waiting.
    pub(crate) fn want_callback(&mut self, now: Timestamp, call: CallRef) -> Result<(), &'static str> {
        let this = self.calls.get(call).ok_or("no such call")?;
        if !matches!(this.stage, Stage::Waiting(_) | Stage::Ringing(..)) || this.is_planned() {
            return Err("the call waits in no line");
        }
        if this.number.reveal().is_empty() {
            return Err("the caller's number is withheld");
        }
        if !this.group.is_some_and(|group| self.callback_flow(group).is_some()) {
            return Err(NO_FLOW);
        }
        let caller = match this.way {
            Way::Callback(from) => caller_of(from),
            _ => caller_of(call),
        };
        self.ask(now, acd::Input::WantsCallback { caller })
    }

    /// The distributor asks whether a caller who has waited long wants to be called back.
    pub(crate) fn callback_offered(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        let (Stage::Waiting(_) | Stage::Ringing(..), Some(group)) = (&this.stage, this.group) else { return };
        let prompt = self.callback_flow(group).filter(|flow| flow.key.is_some()).and_then(|flow| flow.prompt);
        let Some(prompt) = prompt.filter(|_| !this.number.reveal().is_empty()) else { return };
        self.hear(call, Side::Caller, Hear::Once(prompt), out);
        self.tell(now, Event::CallbackOffered { call }, out);
    }

    /// A caller who was turned away is called back; false when he cannot be.
    pub(crate) fn keep_turned_away(
        &mut self,
        now: Timestamp,
        call: CallRef,
        place: &Place,
        missed: bool,
    ) -> bool {
        let Some(this) = self.calls.get(call) else { return false };
        let (priority, requires) = self.flow_of(this);
        let pause = self.plan.acd.groups.get(place.group.index()).and_then(|plan| plan.callback.missed_after);
        let after = if missed { now + pause.unwrap_or_default() } else { now };
        let wish = Wish {
            number: this.number.clone(),
            group: place.group,
            site: this.site,
            priority,
            requires,
            since: if missed { after } else { place.since },
            after,
            missed,
        };
        !self.draining && self.call_back(now, call, wish).is_ok()
    }

    /// Somebody who is in no line is to be called back; `from` names it.
    pub(crate) fn call_back(
        &mut self,
        now: Timestamp,
        from: CallRef,
        wish: Wish,
    ) -> Result<(), &'static str> {
        let Wish { number, group, site, priority, requires, since, after, missed } = wish;
        let Some(party) = party(number.reveal()) else { return Err("the number is empty") };
        self.callback_flow(group).ok_or(NO_FLOW)?;
        let callback = Callback {
            number,
            group,
            site,
            priority,
            requires,
            since,
            after,
            missed,
            attempts: 0,
            call: None,
            reached: false,
            kept: false,
            parked: false,
            stranded: None,
        };
        self.callbacks.insert(from, callback);
        let enqueue = acd::Enqueue {
            priority,
            since,
            site,
            requires,
            party: Some(party),
            prefer: self.preferred.get(&party).copied(),
            ..acd::Enqueue::new(caller_of(from), group, now)
        };
        let asked = self.ask(now, acd::Input::CallBack(CallBack { enqueue, after, missed }));
        if asked.is_err() {
            self.callbacks.remove(&from);
        }
        asked
    }

    /// A name for a callback that came from no call. Calls are numbered from 0, so these never meet.
    pub(crate) fn mint_callback(&mut self) -> CallRef {
        self.callbacks_minted = self.callbacks_minted.wrapping_add(1);
        CallRef::from_parts(u32::MAX, self.callbacks_minted)
    }

    /// A callback is not wanted any more.
    pub(crate) fn cancel_callback(
        &mut self,
        now: Timestamp,
        from: CallRef,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let callback = self.callbacks.get(&from).ok_or("no such callback")?;
        if callback.parked {
            let group = callback.group;
            self.callbacks.remove(&from);
            self.tell(now, Event::CallbackEnded { from, group, end: CallbackEnd::Cancelled }, out);
            return Ok(());
        }
        self.ask(now, acd::Input::Leave { caller: caller_of(from) })
    }

    /// The distributor keeps a callback: a new one, or one whose caller was not reached.
    pub(crate) fn callback_kept(
        &mut self,
        now: Timestamp,
        from: CallRef,
        group: GroupRef,
        missed: bool,
        after: Timestamp,
        out: &mut Out,
    ) {
        if !self.callbacks.contains(&from) {
            let Some(callback) = self.callback_of(from, group, missed) else {
                let _ = self.ask(now, acd::Input::Leave { caller: caller_of(from) });
                return;
            };
            self.callbacks.insert(from, callback);
        }
        let since = self.acd.caller(caller_of(from)).map(|view| view.since);
        let Some(callback) = self.callbacks.get_mut(&from) else { return };
        callback.kept = true;
        callback.reached = false;
        callback.after = after;
        callback.since = since.unwrap_or(callback.since);
        let (caller, attempt, ours) = (callback.number.clone(), callback.attempts, callback.call.take());
        self.tell(now, Event::CallbackKept { from, caller, group, missed, after, attempt }, out);
        if self.callback_flow(group).is_none() {
            // Nobody could dial him: the configuration's check should have said so.
            let _ = self.ask(now, acd::Input::Leave { caller: caller_of(from) });
        } else if self.draining {
            self.park(now, from);
        }
        self.goodbye(now, ours.unwrap_or(from), group, out);
    }

    /// Whoever asked to be called back hears that it was taken, and is released.
    fn goodbye(&mut self, now: Timestamp, call: CallRef, group: GroupRef, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        if !matches!(this.stage, Stage::Waiting(_)) || this.is_planned() {
            return;
        }
        let ours = matches!(this.way, Way::Callback(_));
        let outcome = if ours { Outcome::Callback } else { Outcome::CalledBack };
        let clip = self.callback_flow(group).and_then(|flow| flow.confirm);
        self.announce(now, call, outcome, clip, out);
    }

    /// The distributor says that a callback is over.
    pub(crate) fn callback_ended(
        &mut self,
        now: Timestamp,
        from: CallRef,
        group: GroupRef,
        end: CallbackEnd,
        out: &mut Out,
    ) {
        let known = self.callbacks.get(&from);
        if known.is_some_and(|callback| callback.parked) {
            return;
        }
        let (kept, ours) = known.map_or((false, None), |callback| (callback.kept, callback.call));
        if !kept {
            // Another one for the same party was there already: it is told like any other, and over at once.
            let this = known.cloned().or_else(|| self.callback_of(from, group, false));
            let (caller, missed) = this.map(|this| (this.number, this.missed)).unwrap_or_default();
            let event = Event::CallbackKept { from, caller, group, missed, after: now, attempt: 0 };
            self.tell(now, event, out);
        }
        self.callbacks.remove(&from);
        self.tell(now, Event::CallbackEnded { from, group, end }, out);
        match ours {
            Some(call) => {
                let talks = self.calls.get(call).is_some_and(|this| matches!(this.stage, Stage::Talking(_)));
                if !talks {
                    self.end(now, call, Outcome::Callback, cause::NORMAL, Side::System, out);
                }
            }
            None if !kept => self.goodbye(now, from, group, out),
            None => {}
        }
    }

    /// A caller who was dialed first is turned away while he waits for an agent.
    pub(crate) fn turned_away_again(
        &mut self,
        now: Timestamp,
        from: CallRef,
        group: GroupRef,
        why: Turned,
        out: &mut Out,
    ) {
        let Some(callback) = self.callbacks.remove(&from) else { return };
        self.tell(now, Event::CallbackEnded { from, group, end: CallbackEnd::GivenUp }, out);
        if let Some(call) = callback.call {
            let clip = match self.target(group, why) {
                crate::plan::Target::Announce(clip) => Some(clip),
                _ => None,
            };
            self.announce(now, call, Outcome::Callback, clip, out);
        }
    }

    /// What is known of a call that becomes a callback.
    fn callback_of(&self, from: CallRef, group: GroupRef, missed: bool) -> Option<Callback> {
        let this = self.calls.get(from).filter(|this| !this.number.reveal().is_empty())?;
        let (priority, requires) = self.flow_of(this);
        Some(Callback {
            number: this.number.clone(),
            group,
            site: this.site,
            priority,
            requires,
            since: Timestamp::START,
            after: Timestamp::START,
            missed,
            attempts: 0,
            call: None,
            reached: false,
            kept: false,
            parked: false,
            stranded: None,
        })
    }

    fn flow_of(&self, call: &Call) -> (Priority, Abilities) {
        match call.way {
            Way::Flow(flow) => self.plan.flows.get(flow.index()).map(|flow| (flow.priority, flow.requires)),
            _ => None,
        }
        .unwrap_or_default()
    }

    fn callback_flow(&self, group: GroupRef) -> Option<&CallbackFlow> {
        self.plan.groups.get(group.index()).and_then(|group| group.callback.as_ref())
    }

    /// No new calls: callbacks that are not under way leave the distributor's lines and stay in the list.
    pub(crate) fn park_all(&mut self, now: Timestamp) {
        let idle: Vec<_> = self
            .callbacks
            .sorted()
            .into_iter()
            .filter(|(_, callback)| callback.call.is_none() && !callback.parked)
            .map(|(from, _)| *from)
            .collect();
        for from in idle {
            self.park(now, from);
        }
    }

    fn park(&mut self, now: Timestamp, from: CallRef) {
        if let Some(callback) = self.callbacks.get_mut(&from) {
            callback.parked = true;
            let _ = self.ask(now, acd::Input::Leave { caller: caller_of(from) });
        }
    }
}

/// The calls that we make.
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
        shown: &Shown,
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
        let (trunk, shown) = {
            let Outbound { trunk, caller, .. } = &self.callback_flow(group)?.outbound;
            (*trunk, caller.clone())
        };
        let address = self.our_address()?;
        let place = Place { group, since: callback.since, hops: 0, told: true };
        let leg = self.mint_leg();
        let mut caller = Leg::new(leg, Local::new(self.random.bits() as u32, address), false);
        caller.dialog = Dialog::Planned;
        let call = self.calls.insert(Call {
            caller,
            number: number.clone(),
            way: Way::Callback(from),
            site,
            group: Some(group),
            stage: Stage::Waiting(place),
            setup: None,
            limit: None,
            withdrawn: 0,
            told: false,
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
    fn our_address(&self) -> Option<IpAddr> {
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
        let Some(call) = callback.call.or_else(|| self.begin_callback(now, from, out)) else {
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
        let companion = companion.map(|ring| Talk {
            with: With::Agent(ring.agent),
            leg: ring.leg,
            alignments: ALIGNMENTS,
        });
        let accompanied = companion.is_some();
        this.stage = Stage::Calling(Calling { place, companion, early: None });
        if accompanied {
            let ring_back = self.callback_flow(group).and_then(|flow| flow.ring_back);
            self.hear(call, Side::Agent, looped(ring_back.or(self.music(group))), out);
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
        leg: LegRef,
        answer: Option<&[u8]>,
        nated: bool,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        let (Stage::Calling(calling), Way::Callback(from)) = (&mut this.stage, this.way) else { return };
        if this.caller.dialog != Dialog::Early {
            return;
        }
        this.caller.dialog = Dialog::Confirmed;
        this.caller.nated = nated;
        let (place, accompanied, early) = (calling.place, calling.companion.is_some(), calling.early.take());
        let agreed = answer
            .or(early.as_deref())
            .ok_or(sdp::Refusal::NoUsableAudio)
            .and_then(|answer| self.accept_answer(call, leg, answer));
        let Ok(audio) = agreed else {
            self.end(now, call, Outcome::Callback, cause::INCOMPATIBLE, Side::System, out);
            return;
        };
        self.join(call, Side::Caller, audio, out);
        self.tell(now, Event::Answered { call }, out);
        if !accompanied {
            if let Some(this) = self.calls.get_mut(call) {
                this.stage = Stage::Waiting(place);
            }
            if let Some(callback) = self.callbacks.get_mut(&from) {
                callback.reached = true;
            }
            match self.callback_flow(place.group).and_then(|flow| flow.greeting) {
                Some(greeting) => self.hear(call, Side::Caller, Hear::Once(greeting), out),
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
        Some(from)
    }
}

const NO_FLOW: &str = "the group calls nobody back";
