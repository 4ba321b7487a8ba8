//! Callers who need not stay on the phone.
//!
//! Never knows: which agents are ready.

use super::{Caller, Naive, Phase};
use crate::callback::Callback;
use crate::caller::{NO_GROUP, NOWHERE};
use crate::input::{CallBack, Listing};
use crate::{CallbackEnd, CallerRef, OfferEnd, Output, PartyRef};

const NOT_DIALED: &str = "the caller is not being dialed";

impl Naive {
    /// The callback that a party waits for.
    pub(super) fn callback_of(&self, party: PartyRef) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.party == Some(party) && caller.phase != Phase::Present)
    }

    pub(super) fn wants_callback(
        &mut self,
        caller: CallerRef,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let waiting = self.caller(caller).ok_or(NOWHERE)?.clone();
        if waiting.phase != Phase::Present {
            return Err("the caller is called back already");
        }
        self.withdraw(caller, OfferEnd::CallerGone, out);
        if waiting.party.is_some_and(|party| self.callback_of(party).is_some()) {
            self.take_out(caller);
            out.push(Output::CallbackEnded { caller, group: waiting.group, end: CallbackEnd::Merged });
            return Ok(());
        }
        let callback = waiting.callback.unwrap_or(Callback { missed: false, attempts: 0 });
        self.become_callback(caller, callback, Phase::InTurn, out);
        Ok(())
    }

    pub(super) fn hang_up(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let waiting = self.caller(caller).ok_or(NOWHERE)?.clone();
        if waiting.phase != Phase::Present {
            return Err("the caller is not on the phone");
        }
        let missed_after = self.plan.groups[waiting.group.index()].callback.missed_after;
        let (Some(after), Some(party), None) = (missed_after, waiting.party, waiting.callback) else {
            return self.leave(caller, out);
        };
        let kept = self.missed(waiting.group);
        if self.callback_of(party).is_some() || kept >= self.plan.groups[waiting.group.index()].line_max {
            return self.leave(caller, out);
        }
        self.withdraw(caller, OfferEnd::CallerGone, out);
        let wait = self.now.since(waiting.since);
        self.lines[waiting.group.index()].estimate.gave_up(wait);
        // He gave his place up: his clock begins when he is due to be called.
        let (until, order) = (self.now + after, self.next_order());
        let rank = self.rank_of(&Caller { since: until, ..waiting });
        let waiting = self.caller_mut(caller).ok_or(NOWHERE)?;
        (waiting.since, waiting.order, waiting.rank) = (until, order, rank);
        waiting.opened.clear();
        let callback = Callback { missed: true, attempts: 0 };
        self.become_callback(caller, callback, Phase::Paused(until), out);
        self.asked = false; // he looks for nobody now
        Ok(())
    }

    pub(super) fn call_back(&mut self, request: CallBack, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let CallBack { enqueue, after, missed } = request;
        let (caller, group, party) = (enqueue.caller, enqueue.group, enqueue.party);
        let plan = self.plan.groups.get(group.index()).ok_or(NO_GROUP)?;
        if self.caller(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        if self.lists.of(party, self.now) == Some(Listing::Black) {
            return Err("the party is on the black list");
        }
        if party.is_some_and(|party| self.callback_of(party).is_some()) {
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::Merged });
            return Ok(());
        }
        let is_there = |party: PartyRef| self.latest_calls.iter().any(|(known, _)| *known == party);
        if missed && party.is_some_and(is_there) {
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::CalledAgain });
            return Ok(());
        }
        let taken = if missed { self.missed(group) } else { self.taking_room(group) };
        if taken >= plan.line_max {
            return Err("the line is full");
        }
        self.join(&enqueue, None);
        let phase = if after > self.now { Phase::Paused(after) } else { Phase::InTurn };
        self.become_callback(caller, Callback { missed, attempts: 0 }, phase, out);
        Ok(())
    }

    pub(super) fn reached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        match self.caller(caller).ok_or(NOWHERE)?.phase {
            Phase::WithAgent(agent) => self.served(caller, agent, out),
            Phase::Dialing => {
                self.caller_mut(caller).ok_or(NOWHERE)?.phase = Phase::Present;
                self.know_party(caller);
                self.pass_stages(caller, out);
                self.asked = true;
            }
            _ => return Err(NOT_DIALED),
        }
        Ok(())
    }

    pub(super) fn unreached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let waiting = self.caller(caller).ok_or(NOWHERE)?;
        let (Phase::Dialing | Phase::WithAgent(_), Some(callback)) = (waiting.phase, waiting.callback) else {
            return Err(NOT_DIALED);
        };
        let group = waiting.group;
        let plan = self.plan.groups[group.index()].callback;
        let callback = Callback { attempts: callback.attempts.saturating_add(1), ..callback };
        if callback.attempts >= plan.tries {
            self.take_out(caller);
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::GivenUp });
            return Ok(());
        }
        let until = self.now + plan.retry_after;
        let phase = if until > self.now { Phase::Paused(until) } else { Phase::InTurn };
        self.become_callback(caller, callback, phase, out);
        Ok(())
    }

    fn become_callback(
        &mut self,
        caller: CallerRef,
        callback: Callback,
        phase: Phase,
        out: &mut Vec<Output>,
    ) {
        let now = self.now;
        let Some(waiting) = self.caller_mut(caller) else { return };
        (waiting.callback, waiting.phase) = (Some(callback), phase);
        let group = waiting.group;
        let after = if let Phase::Paused(until) = phase { until } else { now };
        self.know_party(caller);
        out.push(Output::CallbackKept { caller, group, missed: callback.missed, after });
        self.pass_stages(caller, out);
        self.asked = true;
    }

    /// A missed call is over when its party talks with an agent, unless he is being dialed for it right now.
    pub(super) fn got_through(&mut self, party: PartyRef, out: &mut Vec<Output>) {
        let Some(waiting) = self.callback_of(party) else { return };
        let missed = waiting.callback.is_some_and(|callback| callback.missed);
        let is_dialed = matches!(waiting.phase, Phase::Dialing | Phase::WithAgent(_));
        let (caller, group) = (waiting.caller, waiting.group);
        if missed && !is_dialed {
            self.withdraw(caller, OfferEnd::CallerGone, out);
            self.take_out(caller);
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::CalledAgain });
        }
    }

    /// Dials a caller: before he is offered, or while an agent waits with him.
    pub(super) fn dial(&mut self, caller: CallerRef, phase: Phase, out: &mut Vec<Output>) {
        let Some(waiting) = self.caller_mut(caller) else { return };
        waiting.phase = phase;
        let before = waiting.callback.map_or(0, |callback| callback.attempts);
        out.push(Output::Dial { caller, attempt: before.saturating_add(1) });
    }
}
