//! Callers and callbacks of the slow distributor.

use super::{Caller, Due, NO_GROUP, NOWHERE, Naive};
use crate::agent::State;
use crate::callback::Callback;
use crate::caller::Phase;
use crate::input::CallBack;
use crate::timeline::opens;
use crate::{
    AgentRef, CallbackEnd, CallerRef, Enqueue, GroupRef, Listing, OfferEnd, Output, Prefer, Priority,
    SurgeMode, Turned,
};
use base::Timestamp;
use std::time::Duration;

impl Naive {
    pub(super) fn enqueue(&mut self, request: Enqueue, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Enqueue { caller, group, .. } = request;
        let Some(plan) = self.plan.groups.get(group.index()).cloned() else { return Err(NO_GROUP) };
        if self.caller(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        let mut request = Enqueue { since: request.since.min(self.now), ..request };
        let first = self.first_call(&request);
        let holds_place = first.as_ref().is_some_and(|first| first.group == group);
        let waiting = self.line(group).len();
        let hours = plan.hours.map(|hours| &self.plan.hours[hours.index()]);
        let (mode, _) = self.surges[group.index()];
        let admitted = match mode {
            SurgeMode::AnnounceOnly => false,
            _ if !self.is_surging(group) => true,
            _ => holds_place || waiting < plan.surge.admit_max,
        };
        let why = if self.is(request.party, Listing::Black) {
            Some(Turned::Blocked)
        } else if hours.is_some_and(|hours| !hours.is_open(&self.plan.clock, self.now)) {
            Some(Turned::Closed)
        } else if self.is_deserted(group, request.site) {
            Some(Turned::NobodySignedIn)
        } else if request.priority != Priority::EMERGENCY && !admitted {
            Some(Turned::Surge)
        } else if waiting >= plan.line_max && !holds_place {
            Some(Turned::LineFull)
        } else {
            None
        };
        if let Some(why) = why {
            out.push(Output::TurnedAway { caller, group, why });
            return Ok(());
        }

        let mut order = None;
        if let Some(first) = first {
            self.withdraw(first.caller, OfferEnd::CallerGone, out);
            self.take_out(first.caller);
            if first.callback.is_some() {
                let end = CallbackEnd::CalledAgain;
                out.push(Output::CallbackEnded { caller: first.caller, group: first.group, end });
            } else {
                out.push(Output::Collapsed { caller: first.caller, by: caller });
            }
            if !first.callback.is_some_and(|callback| callback.missed) {
                request.since = request.since.min(first.since);
                order = Some(first.order);
            }
        }
        self.join(&request, order);
        let position = self.line(group).iter().position(|waiting| *waiting == caller);
        let position = position.map_or(0, |before| before as u32 + 1);
        let expected = self.expected(group, position);
        out.push(Output::Queued { caller, group, position, expected });
        self.pass_stages(caller, out);
        Ok(())
    }

    /// The call or callback of the same party that this call takes over.
    fn first_call(&self, request: &Enqueue) -> Option<Caller> {
        let party = request.party?;
        let of_party = |caller: &&Caller| caller.party == Some(party);
        let callback = self.callers.iter().filter(of_party).find(|caller| caller.phase != Phase::Present);
        let latest = || self.latest.get(&party).and_then(|caller| self.caller(*caller));
        let call = self.is_surging(request.group).then(latest).flatten();
        let first = callback.or(call)?;
        let missed = first.callback.is_some_and(|callback| callback.missed);
        (first.group == request.group || missed).then(|| first.clone())
    }

    fn expected(&self, group: GroupRef, position: u32) -> Option<Duration> {
        let has_skill = |(at, agent): &(usize, &super::Agent)| {
            agent.state != State::SignedOut
                && self.plan.agents[*at].skills.iter().any(|(skill, _)| *skill == group)
        };
        let there = self.agents.iter().enumerate().filter(has_skill).count();
        self.estimates[group.index()].expected(position, there as u32)
    }

    pub(super) fn join(&mut self, request: &Enqueue, order: Option<u64>) {
        let Enqueue { caller, group, priority, since, site, requires, party, prefer } = *request;
        let order = order.unwrap_or_else(|| self.next_order());
        let last = || {
            let alone = self.plan.groups[group.index()].sticky?;
            let agent = self.last_agents.of(party?)?;
            Some(Prefer { agent, alone: Some(alone) })
        };
        let there = |prefer: &Prefer| {
            self.agents.get(prefer.agent.index()).is_some_and(|agent| agent.state != State::SignedOut)
        };
        let prefer = prefer.or_else(last).filter(there);
        let prefer = prefer
            .map(|Prefer { agent, alone }| (agent, alone.map_or(Timestamp::NEVER, |span| self.now + span)));
        let grey = self.is(party, Listing::Grey);
        if let Some(party) = party {
            self.latest.insert(party, caller);
        }
        self.callers.push(Caller {
            caller,
            group,
            priority,
            grey,
            since,
            order,
            site,
            requires,
            party,
            prefer,
            alone: None,
            opened: Vec::new(),
            phase: Phase::Present,
            callback: None,
            callback_offered: false,
            overdue: false,
            offers: Vec::new(),
        });
        let waiting = self.line(group).len();
        self.estimates[group.index()].length(self.now, waiting);
    }

    fn next_order(&mut self) -> u64 {
        self.joined += 1;
        self.joined
    }

    pub(super) fn leave(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        self.caller(caller).ok_or(NOWHERE)?;
        self.withdraw(caller, OfferEnd::CallerGone, out);
        if let Some(gone) = self.take_out(caller) {
            if gone.phase == Phase::Present {
                self.estimates[gone.group.index()].gave_up(self.now.since(gone.since));
            }
            if gone.callback.is_some() {
                let end = CallbackEnd::Cancelled;
                out.push(Output::CallbackEnded { caller, group: gone.group, end });
            }
        }
        Ok(())
    }

    pub(super) fn turn_away(&mut self, caller: CallerRef, why: Turned, out: &mut Vec<Output>) {
        if let Some(gone) = self.take_out(caller) {
            out.push(Output::TurnedAway { caller, group: gone.group, why });
        }
    }

    pub(super) fn take_out(&mut self, caller: CallerRef) -> Option<Caller> {
        let at = self.callers.iter().position(|waiting| waiting.caller == caller)?;
        self.unset(Due::Stage(caller));
        let gone = self.callers.remove(at);
        self.hung_up(&gone);
        let waiting = self.line(gone.group).len();
        self.estimates[gone.group.index()].length(self.now, waiting);
        Some(gone)
    }

    pub(super) fn pass_stages(&mut self, caller: CallerRef, out: &mut Vec<Output>) {
        let Some(mut waiting) = self.caller(caller).cloned() else { return };
        let (now, line) = (self.now, waiting.group);
        let plan = self.plan.groups[line.index()].clone();
        let there = |(agent, _): &(AgentRef, Timestamp)| self.agents[agent.index()].state != State::SignedOut;
        waiting.prefer = waiting.prefer.filter(there);
        let sooner = self.sooner(waiting.site);
        if let Some((agent, _)) = waiting.prefer
            && waiting.alone.is_none()
        {
            waiting.alone = Some(agent);
        }
        let mut next = Vec::new();
        for (at, stage) in plan.timeline.iter().enumerate() {
            if waiting.opened.contains(&at) {
                continue;
            }
            let due = opens(stage, waiting.since, waiting.prefer.map(|(_, until)| until), sooner);
            if due > now {
                next.push(due);
                continue;
            }
            waiting.opened.push(at);
            if stage.group != line {
                out.push(Output::Overflowed { caller, from: line, to: stage.group });
            } else if at > 0 {
                out.push(Output::Relaxed { caller, group: line, stage: at as u8 });
            }
        }
        let on_phone = waiting.phase == Phase::Present && waiting.callback.is_none();
        if let Some(after) = plan.callback.offer_after
            && on_phone
            && !waiting.callback_offered
        {
            if waiting.since + after <= now {
                waiting.callback_offered = true;
                out.push(Output::CallbackOffered { caller });
            } else {
                next.push(waiting.since + after);
            }
        }
        let end = plan.wait_max.filter(|_| on_phone).map(|wait| waiting.since + wait);
        waiting.overdue = end.is_some_and(|end| end <= now);
        next.extend(end.filter(|end| *end > now));
        if let Phase::Paused { until } = waiting.phase {
            next.push(until);
        }
        self.unset(Due::Stage(caller));
        if let Some(at) = next.into_iter().min().filter(|at| *at < Timestamp::NEVER) {
            self.timers.push((at, Due::Stage(caller)));
        }
        if let Some(kept) = self.caller_mut(caller) {
            *kept = waiting;
        }
    }

    // ── Callbacks ────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn dial(&mut self, caller: CallerRef, phase: Phase, out: &mut Vec<Output>) {
        let Some(waiting) = self.caller_mut(caller) else { return };
        waiting.phase = phase;
        let attempt = waiting.callback.map_or(0, |callback| callback.attempts).saturating_add(1);
        out.push(Output::Dial { caller, attempt });
    }

    /// He is not on the phone any more.
    fn hung_up(&mut self, caller: &Caller) {
        if let Some(party) = caller.party
            && self.latest.get(&party) == Some(&caller.caller)
        {
            self.latest.remove(&party);
        }
    }

    fn has_callback(&self, waiting: &Caller) -> bool {
        let same = |other: &&Caller| other.party == waiting.party && other.phase != Phase::Present;
        waiting.party.is_some() && self.callers.iter().any(|other| same(&other))
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
        if self.has_callback(&waiting) {
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
        let missed = self.plan.groups[waiting.group.index()].callback.missed_after;
        let known = self.has_callback(&waiting);
        let missed = missed.filter(|_| waiting.party.is_some() && !known && waiting.callback.is_none());
        let Some(after) = missed else { return self.leave(caller, out) };
        self.withdraw(caller, OfferEnd::CallerGone, out);
        self.estimates[waiting.group.index()].gave_up(self.now.since(waiting.since));
        let (until, order) = (self.now + after, self.next_order());
        if let Some(waiting) = self.caller_mut(caller) {
            (waiting.since, waiting.order) = (until, order);
            waiting.opened.clear();
            waiting.alone = None;
        }
        let callback = Callback { missed: true, attempts: 0 };
        self.become_callback(caller, callback, Phase::Paused { until }, out);
        Ok(())
    }

    pub(super) fn call_back(&mut self, request: CallBack, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let CallBack { enqueue, after, missed } = request;
        let (caller, group) = (enqueue.caller, enqueue.group);
        let plan = self.plan.groups.get(group.index()).ok_or(NO_GROUP)?;
        if self.caller(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        if self.is(enqueue.party, Listing::Black) {
            return Err("the party is on the black list");
        }
        let same = |waiting: &&Caller| enqueue.party.is_some() && waiting.party == enqueue.party;
        let called_back = self.callers.iter().filter(same).any(|waiting| waiting.phase != Phase::Present);
        let calling = enqueue.party.is_some_and(|party| self.latest.contains_key(&party));
        let end = if called_back {
            Some(CallbackEnd::Merged)
        } else if missed && calling {
            Some(CallbackEnd::CalledAgain)
        } else {
            None
        };
        if let Some(end) = end {
            out.push(Output::CallbackEnded { caller, group, end });
            return Ok(());
        }
        if self.line(group).len() >= plan.line_max {
            return Err("the line is full");
        }
        self.join(&enqueue, None);
        let phase = if after > self.now { Phase::Paused { until: after } } else { Phase::InTurn };
        self.become_callback(caller, Callback { missed, attempts: 0 }, phase, out);
        Ok(())
    }

    pub(super) fn reached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        match self.caller(caller).ok_or(NOWHERE)?.phase {
            Phase::WithAgent(agent) => self.served(caller, agent, out),
            Phase::Dialing => {
                if let Some(waiting) = self.caller_mut(caller) {
                    waiting.phase = Phase::Present;
                    if let Some(party) = waiting.party {
                        self.latest.insert(party, caller);
                    }
                }
                self.pass_stages(caller, out);
            }
            _ => return Err("the caller is not being dialed"),
        }
        Ok(())
    }

    pub(super) fn unreached(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let waiting = self.caller(caller).ok_or(NOWHERE)?.clone();
        let (Phase::Dialing | Phase::WithAgent(_), Some(callback)) = (waiting.phase, waiting.callback) else {
            return Err("the caller is not being dialed");
        };
        let plan = self.plan.groups[waiting.group.index()].callback;
        let callback = Callback { attempts: callback.attempts.saturating_add(1), ..callback };
        if callback.attempts >= plan.tries {
            self.take_out(caller);
            out.push(Output::CallbackEnded { caller, group: waiting.group, end: CallbackEnd::GivenUp });
            return Ok(());
        }
        let until = self.now + plan.retry_after;
        let phase = if until > self.now { Phase::Paused { until } } else { Phase::InTurn };
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
        let (group, gone) = (waiting.group, waiting.clone());
        self.hung_up(&gone);
        let after = if let Phase::Paused { until } = phase { until } else { now };
        out.push(Output::CallbackKept { caller, group, missed: callback.missed, after });
        self.pass_stages(caller, out);
    }
}
