//! The waiting side: joining a line, waiting along the timeline, going.
//!
//! Never knows: which agents are ready.

use super::{Caller, Due, Naive, Phase};
use crate::caller::{NO_GROUP, NOWHERE};
use crate::input::{Listing, SurgeMode};
use crate::line::rank;
use crate::pool::Who;
use crate::timeline::{Sooner, opens};
use crate::{
    AgentRef, CallbackEnd, CallerRef, Enqueue, GroupRef, OfferEnd, Output, Prefer, Priority, Turned,
};
use base::Timestamp;
use std::time::Duration;

impl Caller {
    /// Whether he is called back only because he hung up.
    pub(super) fn is_missed(&self) -> bool {
        self.phase != Phase::Present && self.callback.is_some_and(|callback| callback.missed)
    }

    /// Whether he looks for an agent.
    pub(super) fn is_open(&self) -> bool {
        self.offers.is_empty() && matches!(self.phase, Phase::Present | Phase::InTurn)
    }
}

impl Naive {
    pub(super) fn caller(&self, caller: CallerRef) -> Option<&Caller> {
        self.callers.iter().find(|waiting| waiting.caller == caller)
    }

    pub(super) fn caller_mut(&mut self, caller: CallerRef) -> Option<&mut Caller> {
        self.callers.iter_mut().find(|waiting| waiting.caller == caller)
    }

    pub(super) fn enqueue(&mut self, request: Enqueue, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let Enqueue { caller, group, .. } = request;
        if group.index() >= self.plan.groups.len() {
            return Err(NO_GROUP);
        }
        if self.caller(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        let mut request = Enqueue { since: request.since.min(self.now), ..request };
        let first = self.first_call(&request);
        if let Some(why) = self.turned_at_the_door(
            &request,
            first.and_then(|first| self.caller(first)).is_some_and(|first| !first.is_missed()),
        ) {
            out.push(Output::TurnedAway { caller, group, why });
            return Ok(());
        }
        let mut order = None;
        if let Some(first) = first {
            self.withdraw(first, OfferEnd::CallerGone, out);
            if let Some(gone) = self.take_out(first) {
                if gone.callback.is_some() {
                    let end = CallbackEnd::CalledAgain;
                    out.push(Output::CallbackEnded { caller: first, group: gone.group, end });
                } else {
                    out.push(Output::Collapsed { caller: first, by: caller });
                }
                if gone.callback.is_none_or(|callback| !callback.missed) {
                    request.since = request.since.min(gone.since);
                    order = Some(gone.order);
                }
            }
        }
        self.join(&request, order);
        let position = self.position(caller);
        let expected = self.lines[group.index()].estimate.expected(position, self.signed_in(group));
        let told = out.len();
        out.push(Output::Queued { caller, group, position, expected });
        self.pass_stages(caller, out);
        self.asked = true;
        self.settle(out);
        if self.caller(caller).is_some_and(|caller| !caller.offers.is_empty()) {
            out[told] = Output::Queued { caller, group, position, expected: Some(Duration::ZERO) };
        }
        Ok(())
    }

    fn turned_at_the_door(&self, request: &Enqueue, has_place: bool) -> Option<Turned> {
        let plan = &self.plan.groups[request.group.index()];
        let waiting = self.taking_room(request.group);
        let is_open =
            plan.hours.is_none_or(|hours| self.plan.hours[hours.index()].is_open(&self.plan.clock, self.now));
        let announces = self.lines[request.group.index()].surge == SurgeMode::AnnounceOnly;
        let crowded = self.is_surging(request.group) && !has_place && waiting >= plan.surge.admit_max;
        if self.lists.of(request.party, self.now) == Some(Listing::Black) {
            return Some(Turned::Blocked);
        }
        if !is_open {
            return Some(Turned::Closed);
        }
        if self.is_deserted(request.group, request.site) && self.preferred(request).is_none() {
            return Some(Turned::NobodySignedIn);
        }
        if request.served {
            return None;
        }
        if request.priority != Priority::EMERGENCY && (announces || crowded) {
            return Some(Turned::Surge);
        }
        let emergency = request.priority == Priority::EMERGENCY;
        let full = waiting >= plan.line_max && (!emergency || waiting >= 2 * plan.line_max);
        (full && !has_place).then_some(Turned::LineFull)
    }

    /// Whose place a party's new call takes: of a callback in this line, or a missed call in any; in a surge of his
    /// latest call in this line.
    fn first_call(&self, request: &Enqueue) -> Option<CallerRef> {
        let party = request.party?;
        if let Some(waiting) = self.callback_of(party)
            && (waiting.group == request.group || waiting.callback.is_some_and(|callback| callback.missed))
        {
            return Some(waiting.caller);
        }
        let (_, call) = self.latest_calls.iter().find(|(known, _)| *known == party)?;
        let first = self.caller(*call).filter(|first| first.group == request.group)?;
        self.is_surging(request.group).then_some(first.caller)
    }

    /// Puts a caller into his line, on the phone, with no stage open yet.
    pub(super) fn join(&mut self, request: &Enqueue, order: Option<u64>) {
        let Enqueue { caller, group, priority, since, site, requires, party, served, .. } = *request;
        let order = order.unwrap_or_else(|| self.next_order());
        let prefer = self.preferred(request);
        let mut joined = Caller {
            caller,
            group,
            since,
            rank: 0,
            order,
            phase: Phase::Present,
            overdue: false,
            opened: Vec::new(),
            prefer,
            offers: Vec::new(),
            priority,
            grey: self.lists.of(party, self.now) == Some(Listing::Grey),
            site,
            requires,
            party,
            callback_offered: false,
            served,
            callback: None,
        };
        joined.rank = self.rank_of(&joined);
        self.callers.push(joined);
        self.know_party(caller);
        self.length_changed(group);
    }

    pub(super) const fn next_order(&mut self) -> u64 {
        self.joined += 1;
        self.joined
    }

    pub(super) fn rank_of(&self, caller: &Caller) -> u64 {
        let weight = self.plan.groups[caller.group.index()].weight;
        let head_start = self.plan.order.head_start(caller.priority, weight);
        rank(&self.plan.order, caller.since, head_start, caller.grey)
    }

    /// The agent whom he should get, if he is there, and until when nobody else.
    fn preferred(&self, request: &Enqueue) -> Option<(AgentRef, Timestamp)> {
        let emergency = request.priority == Priority::EMERGENCY;
        let sticky =
            if emergency || request.served { None } else { self.plan.groups[request.group.index()].sticky };
        let last = request.party.and_then(|party| self.last_agents.of(party));
        // Who does nothing that the line ever asks for is nobody's last agent any more.
        let last = last.filter(|agent| {
            let plan = &self.plan.agents[agent.index()];
            let asked = self.plan.groups[request.group.index()].timeline.iter();
            let mut asked = asked.map(|stage| Who::of(stage, request.site, request.requires));
            asked.any(|who| who.level_of(*agent, plan).is_some())
        });
        let Prefer { agent, alone } = match (request.prefer, sticky, last) {
            (Some(prefer), ..) => prefer,
            (None, Some(span), Some(agent)) => Prefer { agent, alone: Some(span) },
            _ => return None,
        };
        let until = alone.map_or(Timestamp::NEVER, |span| self.now + span);
        (agent.index() < self.agents.len() && self.is_signed_in(agent)).then_some((agent, until))
    }

    fn position(&self, caller: CallerRef) -> u32 {
        let Some(group) = self.caller(caller).map(|caller| caller.group) else { return 0 };
        let before = self.in_line(group).into_iter().take_while(|other| *other != caller).count();
        before as u32 + 1
    }

    fn length_changed(&mut self, group: GroupRef) {
        let waiting = self.in_line(group).len();
        self.lines[group.index()].estimate.length(self.now, waiting);
    }

    pub(super) fn leave(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        self.caller(caller).ok_or(NOWHERE)?;
        self.withdraw(caller, OfferEnd::CallerGone, out);
        let gone = self.take_out(caller).ok_or(NOWHERE)?;
        if gone.phase == Phase::Present {
            self.lines[gone.group.index()].estimate.gave_up(self.now.since(gone.since));
        }
        if gone.callback.is_some() {
            out.push(Output::CallbackEnded { caller, group: gone.group, end: CallbackEnd::Cancelled });
        }
        Ok(())
    }

    pub(super) fn prioritize(&mut self, caller: CallerRef, priority: Priority) -> Result<(), &'static str> {
        let waiting = self.caller_mut(caller).ok_or(NOWHERE)?;
        waiting.priority = priority;
        let changed = waiting.clone();
        let rank = self.rank_of(&changed);
        self.caller_mut(caller).ok_or(NOWHERE)?.rank = rank;
        Ok(())
    }

    pub(super) fn turn_away(&mut self, caller: CallerRef, why: Turned, out: &mut Vec<Output>) {
        if let Some(gone) = self.take_out(caller) {
            out.push(Output::TurnedAway { caller, group: gone.group, why });
        }
    }

    /// Takes a caller out of his line and off the timers; whatever rings for him has ended before.
    pub(super) fn take_out(&mut self, caller: CallerRef) -> Option<Caller> {
        let at = self.callers.iter().position(|waiting| waiting.caller == caller)?;
        let gone = self.callers.remove(at);
        self.unset(Due::Stage(caller));
        self.latest_calls.retain(|(_, call)| *call != caller);
        self.length_changed(gone.group);
        Some(gone)
    }

    /// Keeps each party's latest call on the phone: called whenever somebody comes to the phone or leaves it.
    pub(super) fn know_party(&mut self, caller: CallerRef) {
        let Some(waiting) = self.caller(caller) else { return };
        let (party, phase) = (waiting.party, waiting.phase);
        let Some(party) = party else { return };
        if phase == Phase::Present {
            self.latest_calls.retain(|(known, _)| *known != party);
            self.latest_calls.push((party, caller));
        } else {
            self.latest_calls.retain(|(_, call)| *call != caller);
        }
    }

    // ── The timeline ─────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn wait_on(&mut self, caller: CallerRef, out: &mut Vec<Output>) {
        let now = self.now;
        let Some(waiting) = self.caller_mut(caller) else { return };
        if let Phase::Paused(until) = waiting.phase
            && until <= now
        {
            waiting.phase = Phase::InTurn;
        }
        self.pass_stages(caller, out);
        self.asked = true;
    }

    /// Everybody's timeline anew, in order of service.
    pub(super) fn review(&mut self, out: &mut Vec<Output>) {
        for caller in self.in_order(|_| true) {
            self.pass_stages(caller, out);
        }
        self.asked = true;
    }

    /// Brings a caller's timeline up to now and sets his timer anew.
    pub(super) fn pass_stages(&mut self, caller: CallerRef, out: &mut Vec<Output>) {
        let now = self.now;
        let Some(at) = self.callers.iter().position(|waiting| waiting.caller == caller) else { return };
        let prefer = self.callers[at].prefer.filter(|(agent, _)| self.is_signed_in(*agent));
        let help = self.helped.contains(&self.callers[at].site);
        let sooner = Sooner { night: self.night, help };
        let waiting = &mut self.callers[at];
        let plan = &self.plan.groups[waiting.group.index()];
        waiting.prefer = prefer;
        let mut ahead = Vec::new();
        for (number, stage) in plan.timeline.iter().enumerate() {
            if waiting.opened.contains(&number) {
                continue;
            }
            let due = opens(stage, waiting.since, prefer.map(|(_, until)| until), sooner);
            if due > now {
                ahead.push(due);
                continue;
            }
            waiting.opened.push(number);
            if stage.group != waiting.group {
                out.push(Output::Overflowed { caller, from: waiting.group, to: stage.group });
            } else if number > 0 {
                out.push(Output::Relaxed { caller, group: waiting.group, stage: number as u8 });
            }
        }
        waiting.opened.sort_unstable();
        let (present, called_back) = (waiting.phase == Phase::Present, waiting.callback.is_some());
        if let Some(after) = plan.callback.offer_after
            && present
            && !called_back
            && !waiting.callback_offered
        {
            let due = waiting.since + after;
            if due <= now {
                waiting.callback_offered = true;
                out.push(Output::CallbackOffered { caller });
            } else {
                ahead.push(due);
            }
        }
        let end = plan
            .wait_max
            .filter(|_| present && !called_back && !waiting.served)
            .map(|wait| waiting.since + wait);
        waiting.overdue = end.is_some_and(|end| end <= now);
        ahead.extend(end.filter(|end| *end > now));
        if let Phase::Paused(until) = waiting.phase {
            ahead.push(until);
        }
        self.unset(Due::Stage(caller));
        if let Some(next) = ahead.into_iter().min().filter(|next| *next < Timestamp::NEVER) {
            self.set(next, Due::Stage(caller));
        }
    }
}
