//! Callbacks: a caller who need not stay on the phone. His place and his clock stay in the line.
//!
//! ```text
//!   Present ──WantsCallback──▶ InTurn ─┬─ agent first:  offered ─ Accept ─▶ WithAgent ─ Reached ─▶ Served
//!      │                        ▲      └─ caller first: Dial ─▶ Dialing ─── Reached ─▶ Present ─▶ offered …
//!      │ HangUp, where          │                          │
//!      │ missed calls count     │ pause over               │ Unreached
//!      └──────────────────▶ Paused ◀───────────────────────┴─ as often tried as allowed ─▶ GivenUp
//!   CallBack (nobody in the line) ─▶ Paused or InTurn
//! ```
//!
//! - A party has one callback at most: a further one is merged with it.
//! - Who calls again by himself while he waits for a callback of the same line is joined with it: his new call has
//!   its place and clock (`caller.rs`). A missed call is over as soon as he calls again, in whichever
//!   line, or gets through with a call that he had made before.
//! - A missed call was given up, so it holds no place: its clock begins when it is due, it overtakes whoever is
//!   present by its head start only (an emergency that was cut off is called back first), and a line is no fuller
//!   for it. As many are kept as the line is long; one more is an abandoned call.
//!
//! Never knows: numbers, how somebody is dialed.

use crate::caller::{NO_GROUP, NOWHERE, Phase, Spot};
use crate::distributor::Distributor;
use crate::input::CallBack;
use crate::line::rank;
use crate::{AgentRef, CallbackEnd, CallerRef, OfferEnd, Output, PartyRef};

/// What a callback is, beside a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    /// Nobody asked for it.
    pub(crate) missed: bool,
    /// Attempts to reach him so far.
    pub(crate) attempts: u8,
}

impl Distributor {
    /// A caller in the line wants to be called back.
    pub(crate) fn wants_callback(
        &mut self,
        caller: CallerRef,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let Some(waiting) = self.callers.get(spot) else { return Err(NOWHERE) };
        if waiting.phase != Phase::Present {
            return Err("the caller is called back already");
        }
        let (group, party) = (waiting.group, waiting.party);
        let freed = self.withdraw(spot, OfferEnd::CallerGone, out);
        if party.is_some_and(|party| self.callers.callbacks.contains(&party)) {
            self.take_out(spot);
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::Merged });
            self.settle(None, freed, out);
            return Ok(());
        }
        self.unlist_caller(spot);
        let callback = self
            .callers
            .get(spot)
            .and_then(|waiting| waiting.callback)
            .unwrap_or(Callback { missed: false, attempts: 0 });
        self.become_callback(spot, callback, Phase::InTurn, out);
        self.settle(Some(spot), freed, out);
        Ok(())
    }

    /// A caller hung up: gone, or a missed call.
    pub(crate) fn hang_up(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let Some(waiting) = self.callers.get(spot) else { return Err(NOWHERE) };
        let Phase::Present = waiting.phase else { return Err("the caller is not on the phone") };
        let plan = &self.groups[waiting.group.index()].plan;
        let known = waiting.party.is_some_and(|party| self.callers.callbacks.contains(&party));
        let room = self.groups[waiting.group.index()].line.missed < plan.line_max;
        let missed = plan
            .callback
            .missed_after
            .filter(|_| waiting.party.is_some() && !known && waiting.callback.is_none() && room);
        let Some(after) = missed else { return self.leave(caller, out) };

        let (group, wait) = (waiting.group, self.now.since(waiting.since));
        let freed = self.withdraw(spot, OfferEnd::CallerGone, out);
        self.unlist_caller(spot);
        self.groups[group.index()].estimate.gave_up(wait);
        let until = self.now + after;
        let order = self.callers.next_order();
        let (rules, weight) = (self.order, self.groups[group.index()].plan.weight);
        if let Some(waiting) = self.callers.get_mut(spot) {
            let line = &mut self.groups[group.index()].line;
            line.leave(&waiting.place);
            waiting.since = until;
            waiting.opened = 0; // his timeline begins anew with his clock
            waiting.place.order = order;
            let head_start = rules.head_start(waiting.priority, weight);
            waiting.place.rank = rank(&rules, until, head_start, waiting.grey);
            line.join(waiting.place);
        }
        let callback = Callback { missed: true, attempts: 0 };
        self.become_callback(spot, callback, Phase::Paused { until }, out);
        self.settle(None, freed, out);
        Ok(())
    }

    /// Somebody who is in no line is to be called back.
    pub(crate) fn call_back(&mut self, request: CallBack, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let CallBack { enqueue, after, missed } = request;
        let (caller, group) = (enqueue.caller, enqueue.group);
        let line = self.groups.get(group.index()).ok_or(NO_GROUP)?;
        if self.callers.spot(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        if self.is_blocked(enqueue.party) {
            return Err("the party is on the black list");
        }
        let end = match enqueue.party {
            Some(party) if self.callers.callbacks.contains(&party) => Some(CallbackEnd::Merged),
            Some(party) if missed && self.callers.present.contains(&party) => Some(CallbackEnd::CalledAgain),
            _ => None,
        };
        if let Some(end) = end {
            out.push(Output::CallbackEnded { caller, group, end });
            return Ok(());
        }
        let taken = if missed { line.line.missed } else { line.line.held() };
        if taken >= line.plan.line_max {
            return Err("the line is full");
        }
        let spot = self.join(&enqueue, None);
        let phase = if after > self.now { Phase::Paused { until: after } } else { Phase::InTurn };
        self.become_callback(spot, Callback { missed, attempts: 0 }, phase, out);
        self.settle(Some(spot), None, out);
        Ok(())
    }

    /// The caller of a callback is on the phone.
    pub(crate) fn reached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        match self.callers.get(spot).map(|waiting| waiting.phase) {
            Some(Phase::WithAgent(agent)) => {
                self.served(spot, agent, out);
                self.settle(None, None, out);
            }
            Some(Phase::Dialing) => {
                if let Some(waiting) = self.callers.get_mut(spot) {
                    let line = &mut self.groups[waiting.group.index()].line;
                    line.callbacks -= 1;
                    line.missed -= usize::from(waiting.is_missed());
                    waiting.phase = Phase::Present;
                    let group = waiting.group;
                    self.watch_surge(group);
                }
                self.callers.know_party(spot);
                self.pass_stages(spot, out);
                self.settle(Some(spot), None, out);
            }
            _ => return Err(NOT_DIALED),
        }
        Ok(())
    }

    /// He could not be reached: later again, unless he was tried as often as the group allows.
    pub(crate) fn unreached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let Some(waiting) = self.callers.get_mut(spot) else { return Err(NOWHERE) };
        let (Phase::Dialing | Phase::WithAgent(_), Some(mut callback)) = (waiting.phase, waiting.callback)
        else {
            return Err(NOT_DIALED);
        };
        let group = waiting.group;
        let plan = self.groups[group.index()].plan.callback;
        callback.attempts = callback.attempts.saturating_add(1);
        if callback.attempts >= plan.tries {
            self.take_out(spot);
            out.push(Output::CallbackEnded { caller, group, end: CallbackEnd::GivenUp });
            return Ok(());
        }
        let until = self.now + plan.retry_after;
        let phase = if until > self.now { Phase::Paused { until } } else { Phase::InTurn };
        self.become_callback(spot, callback, phase, out);
        self.settle(Some(spot), None, out);
        Ok(())
    }

    /// He stands in the line without a phone from now on.
    fn become_callback(&mut self, spot: Spot, callback: Callback, phase: Phase, out: &mut Vec<Output>) {
        let now = self.now;
        let Some(waiting) = self.callers.get_mut(spot) else { return };
        let was_present = waiting.phase == Phase::Present;
        waiting.callback = Some(callback);
        waiting.phase = phase;
        let (caller, group) = (waiting.caller, waiting.group);
        let missed = was_present && waiting.is_missed();
        self.groups[group.index()].line.callbacks += usize::from(was_present);
        self.groups[group.index()].line.missed += usize::from(missed);
        self.watch_surge(group);
        self.callers.know_party(spot);
        let after = if let Phase::Paused { until } = phase { until } else { now };
        out.push(Output::CallbackKept { caller, group, missed: callback.missed, after });
        self.pass_stages(spot, out);
    }
}

/// A party talks with an agent: a missed call of his is over, unless he is being dialed for it right now.
pub(crate) fn got_through(acd: &mut Distributor, party: PartyRef, out: &mut Vec<Output>) {
    let Some(spot) = acd.callers.callbacks.get(&party).copied() else { return };
    let is_over = acd.callers.get(spot).is_some_and(|waiting| {
        let missed = waiting.callback.is_some_and(|callback| callback.missed);
        missed && matches!(waiting.phase, Phase::InTurn | Phase::Paused { .. })
    });
    if is_over {
        let freed = acd.withdraw(spot, OfferEnd::CallerGone, out);
        acd.freed.extend(freed);
        if let Some(gone) = acd.take_out(spot) {
            let end = CallbackEnd::CalledAgain;
            out.push(Output::CallbackEnded { caller: gone.caller, group: gone.group, end });
        }
    }
}

/// Dials a caller before he is offered.
pub(crate) fn dial(acd: &mut Distributor, spot: Spot, out: &mut Vec<Output>) {
    begin(acd, spot, Phase::Dialing, out);
}

/// Dials a caller while an agent waits with him.
pub(crate) fn dial_with(acd: &mut Distributor, spot: Spot, agent: AgentRef, out: &mut Vec<Output>) {
    begin(acd, spot, Phase::WithAgent(agent), out);
}

fn begin(acd: &mut Distributor, spot: Spot, phase: Phase, out: &mut Vec<Output>) {
    let Some(waiting) = acd.callers.get_mut(spot) else { return };
    waiting.phase = phase;
    let attempt = waiting.callback.map_or(0, |callback| callback.attempts).saturating_add(1);
    out.push(Output::Dial { caller: waiting.caller, attempt });
}

const NOT_DIALED: &str = "the caller is not being dialed";
