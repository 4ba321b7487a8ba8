//! Callbacks: who is to be called back.
//!
//! ```text
//!   key, request, HangUp of a missed call, Target::Callback, CallBackNumber
//!        └▶ acd CallbackKept ─▶ Callback in the table ─▶ (who asked hears that it was taken, and is released)
//!
//!   acd Offer or Dial ─▶ a call of ours (calling.rs) ─┬─ Reached ─▶ talk, acd CallbackEnded(Reached)
//!                                                     └─ Unreached ─▶ acd CallbackKept again, or GivenUp
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

use crate::call::{Place, Stage, Way};
use crate::cause;
use crate::engine::{Engine, Out, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::flow::LanguageRef;
use crate::party::party;
use crate::plan::CallbackFlow;
use acd::{Abilities, AgentRef, CallBack, CallbackEnd, GroupRef, Priority, SiteRef, Turned};
use base::{Handle, Private, Timestamp};
use media::session::Hear;

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
    /// In which language he was spoken to; the usual one when he never was.
    pub(crate) language: LanguageRef,
    /// The call that we make for it now.
    pub(crate) call: Option<CallRef>,
    /// He was dialed first, and waits for an agent on the phone.
    pub(crate) reached: bool,
    /// He holds one of the places in which callers are dialed first ([`CallbackFlow::at_once`]).
    pub(crate) holds: bool,
    /// He waits for such a place, to be dialed for this attempt.
    pub(crate) queued: Option<u8>,
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

impl Engine {
    /// Who is to be called back, by the call from which it came, in that order.
    pub fn callbacks(&self) -> impl Iterator<Item = (CallRef, &Callback)> {
        self.callbacks.sorted().into_iter().map(|(from, callback)| (*from, callback))
    }

    /// A digit that is no way out came from a caller in a line.
    pub(crate) fn callback_key_pressed(&mut self, now: Timestamp, call: CallRef, digit: char) {
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
        if this.group.is_none_or(|group| self.callback_flow(group).is_none()) {
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
        self.caller_hears(call, Hear::Once(prompt), out);
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
        let (priority, requires) = self.flow_of(call);
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
            language: self.calls.get(from).map(|this| this.course.language).unwrap_or_default(),
            call: None,
            reached: false,
            holds: false,
            queued: None,
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
        self.free_place(from);
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
        self.free_place(from);
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
        self.free_place(from);
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
        let (priority, requires) = self.flow_of(from);
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
            language: self.calls.get(from).map(|this| this.course.language).unwrap_or_default(),
            call: None,
            reached: false,
            holds: false,
            queued: None,
            kept: false,
            parked: false,
            stranded: None,
        })
    }

    /// The priority of a call, and what its agent must be able to do.
    pub(crate) fn flow_of(&self, call: CallRef) -> (Priority, Abilities) {
        let (Some(flow), Some(this)) = (self.flow(call), self.calls.get(call)) else {
            return Default::default();
        };
        (flow.priority, Abilities(flow.requires.0 | this.course.requires.0))
    }

    pub(crate) fn callback_flow(&self, group: GroupRef) -> Option<&CallbackFlow> {
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
            callback.queued = None;
            let _ = self.ask(now, acd::Input::Leave { caller: caller_of(from) });
        }
    }
}

const NO_FLOW: &str = "the group calls nobody back";
