//! Callers: from joining a line to the bridge, the hang-up or being turned away.
//!
//! ```text
//!   Enqueue ─▶ blocked, closed, nobody there, surge, full? ─▶ Queued ─▶ offered or open ─┬─ Accept ─▶ Served
//!                  └─ yes ─▶ TurnedAway                          │                       ├─ Leave  ─▶ (withdrawn)
//!                                                                ▼                       └─ limit  ─▶ TurnedAway
//!                                       WantsCallback, a missed call: he stands on without a phone (callback.rs)
//! ```
//!
//! `Queued` is told once, at joining, even when the offer follows in the same step. A full line counts those who
//! are ringing and those who asked to be called back: they still stand in it. Missed calls gave their place up. An
//! emergency finds room in a line of twice its length. The reasons to be turned away at the door are looked at in
//! the order drawn, so each caller has one.
//!
//! A party (whoever has one number) is known again: a callback that he waits for is joined with his new call,
//! which takes its place and clock; in a surge his second call takes the place of the first.
//!
//! Never knows: who calls, from where, what he hears.

use crate::callback::Callback;
use crate::distributor::Distributor;
use crate::line::{Place, rank};
use crate::plan::STAGES_MAX;
use crate::pool::{PoolRef, Who};
use crate::{
    Abilities, AgentRef, CallbackEnd, CallerRef, Enqueue, GroupRef, OfferEnd, OfferRef, Output, PartyRef,
    Prefer, Priority, SiteRef, Turned,
};
use base::table::Minted;
use base::{Arena, Table, TimerRef, Timestamp};
use std::time::Duration;

base::handle!(Spot, "spot", "Where a caller's record is kept.");

/// Stage of the pool that is the agent whom the caller should get.
pub(crate) const ALONE: usize = STAGES_MAX;

/// What a caller in a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// On the phone.
    Present,
    /// Will be called back, and it is his turn when an agent is free.
    InTurn,
    /// Will be called back, but not yet.
    Paused {
        /// Not before.
        until: Timestamp,
    },
    /// Is being dialed; nobody is rung.
    Dialing,
    /// Is being dialed while an agent waits with him.
    WithAgent(AgentRef),
}

/// One caller in a line. He is touched again when whatever was near in memory has long left the caches, so his
/// record lies by cache lines: the first two are all that the bridge looks at, the third is for finding an agent.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Caller {
    /// The last offer in which he is ringing; the others hang on it.
    pub(crate) offer: Option<OfferRef>,
    pub(crate) caller: CallerRef,
    pub(crate) place: Place,
    /// The agent he should get.
    pub(crate) prefer: Option<AgentRef>,
    /// Whether he stands in the `open` index of the pools that may serve him.
    pub(crate) listed: bool,
    /// He waited as long as he may; he stays only while he is ringing.
    pub(crate) overdue: bool,
    pub(crate) grey: bool,
    /// He was told that he may be called back.
    pub(crate) callback_offered: bool,
    /// He was with an agent already.
    pub(crate) served: bool,
    pub(crate) callback: Option<Callback>,
    pub(crate) priority: Priority,

    /// His original clock.
    pub(crate) since: Timestamp,
    pub(crate) phase: Phase,
    /// The next thing on his timeline.
    pub(crate) timer: Option<TimerRef>,
    pub(crate) party: Option<PartyRef>,
    /// Whose line.
    pub(crate) group: GroupRef,
    pub(crate) site: SiteRef,

    /// The pools of opened stages.
    pub(crate) pools: [PoolRef; STAGES_MAX + 1],
    /// Which stages of his timeline have opened, one bit each; [`ALONE`] is his preferred agent.
    pub(crate) opened: u16,
    pub(crate) requires: Abilities,
    /// Until when nobody but the agent he should get is asked ([`Timestamp::NEVER`]: never).
    pub(crate) alone: Timestamp,
}

/// Three cache lines, the generation in his slot included.
const _: () = assert!(size_of::<Caller>() + 8 <= 3 * 64);

impl Caller {
    /// Whether he looks for an agent: on the phone or in turn, and not ringing.
    pub(crate) const fn is_open(&self) -> bool {
        self.offer.is_none() && matches!(self.phase, Phase::Present | Phase::InTurn)
    }

    /// Whether he is away and called back only because he hung up.
    pub(crate) fn is_missed(&self) -> bool {
        self.phase != Phase::Present && self.callback.is_some_and(|callback| callback.missed)
    }

    /// The pools he is open to, in the order in which they are asked.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (usize, PoolRef)> + use<> {
        let (opened, pools) = (self.opened, self.pools);
        std::iter::once(ALONE)
            .chain(0..STAGES_MAX)
            .filter(move |stage| opened >> stage & 1 != 0)
            .map(move |stage| (stage, pools[stage]))
    }
}

/// What is left of a caller who was taken out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone {
    pub(crate) caller: CallerRef,
    pub(crate) group: GroupRef,
    pub(crate) since: Timestamp,
    pub(crate) order: u64,
    pub(crate) party: Option<PartyRef>,
    pub(crate) phase: Phase,
    pub(crate) callback: Option<Callback>,
}

/// All callers, by the sender's reference and by spot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers {
    spots: Table<CallerRef, Spot, Minted>,
    kept: Arena<Spot, Caller>,
    /// How many ever joined.
    joined: u64,
    /// Parties on the phone: their latest call.
    pub(crate) present: Table<PartyRef, Spot, Minted>,
    /// Parties who will be called back.
    pub(crate) callbacks: Table<PartyRef, Spot, Minted>,
}

impl Callers {
    pub(crate) fn spot(&self, caller: CallerRef) -> Option<Spot> {
        self.spots.get(&caller).copied()
    }

    pub(crate) fn get(&self, spot: Spot) -> Option<&Caller> {
        self.kept.get(spot)
    }

    pub(crate) fn get_mut(&mut self, spot: Spot) -> Option<&mut Caller> {
        self.kept.get_mut(spot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Spot, &Caller)> {
        self.kept.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The next number in the order of joining.
    pub(crate) const fn next_order(&mut self) -> u64 {
        self.joined += 1;
        self.joined
    }

    /// Keeps the lists of parties in step with a caller's phase.
    pub(crate) fn know_party(&mut self, spot: Spot) {
        let Some(caller) = self.kept.get(spot) else { return };
        let Some(party) = caller.party else { return };
        let present = caller.phase == Phase::Present;
        let list = if present { &mut self.present } else { &mut self.callbacks };
        list.insert(party, spot);
        let other = if present { &mut self.callbacks } else { &mut self.present };
        if other.get(&party) == Some(&spot) {
            other.remove(&party);
        }
    }

    fn forget_party(&mut self, party: PartyRef, spot: Spot) {
        for list in [&mut self.present, &mut self.callbacks] {
            if list.get(&party) == Some(&spot) {
                list.remove(&party);
            }
        }
    }
}

impl Distributor {
    /// A caller joins a line, or is turned away at its door.
    pub(crate) fn enqueue(
        &mut self,
        mut request: Enqueue,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Enqueue { caller, group, .. } = request;
        if group.index() >= self.groups.len() {
            return Err(NO_GROUP);
        }
        if self.callers.spot(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        request.since = request.since.min(self.now); // nobody has waited less than nothing
        let second = self.second_call(&request);
        // A missed call leaves no place.
        let has_place =
            second.and_then(|first| self.callers.get(first)).is_some_and(|first| !first.is_missed());
        if let Some(why) = self.turned_at_the_door(&request, has_place) {
            out.push(Output::TurnedAway { caller, group, why });
            return Ok(());
        }

        let mut order = None;
        if let Some(first) = second {
            order = Some(self.give_way(first, &mut request, out));
        }
        let spot = self.join(&request, order);
        let Some(joined) = self.callers.get(spot) else { return Ok(()) };
        let position = self.groups[group.index()].line.position(&joined.place);
        let told = out.len();
        out.push(Output::Queued { caller, group, position, expected: self.expected(group, position) });
        self.pass_stages(spot, out);
        self.settle(Some(spot), None, out);
        // Whoever is offered in this step does not wait for anybody.
        if self.callers.get(spot).is_some_and(|caller| caller.offer.is_some()) {
            out[told] = Output::Queued { caller, group, position, expected: Some(Duration::ZERO) };
        }
        Ok(())
    }

    /// Why a caller is turned away at the door, if he is. Whoever takes over a place needs no room.
    fn turned_at_the_door(&self, request: &Enqueue, has_place: bool) -> Option<Turned> {
        let door = &self.groups[request.group.index()];
        let waiting = door.line.held();
        if self.is_blocked(request.party) {
            Some(Turned::Blocked)
        } else if !self.is_open(request.group) {
            Some(Turned::Closed)
        } else if self.is_deserted(request.group, request.site) && self.preferred(request).is_none() {
            Some(Turned::NobodySignedIn)
        } else if request.served {
            None
        } else if request.priority != Priority::EMERGENCY && !self.admits(request.group, waiting, has_place) {
            Some(Turned::Surge)
        } else if waiting >= door.plan.room(request.priority) && !has_place {
            Some(Turned::LineFull)
        } else {
            None
        }
    }

    /// The place that a party holds in this line and that his new call takes: a callback's, or in a surge that of
    /// his first call.
    fn second_call(&self, request: &Enqueue) -> Option<Spot> {
        let party = request.party?;
        let at = |spot: &Spot| self.callers.get(*spot);
        let here = |spot: &Spot| at(spot).is_some_and(|first| first.group == request.group);
        // A missed call holds no place: it was given up. It is over wherever he calls again.
        let missed = |spot: &Spot| at(spot).is_some_and(Caller::is_missed);
        let callback = self.callers.callbacks.get(&party).copied();
        let call = self.callers.present.get(&party).copied();
        callback
            .filter(|spot| here(spot) || missed(spot))
            .or_else(|| call.filter(|spot| here(spot) && self.is_surging(request.group)))
    }

    /// Takes the first call of a party out; the new one gets its clock and its order.
    fn give_way(&mut self, first: Spot, request: &mut Enqueue, out: &mut Vec<Output>) -> u64 {
        let freed = self.withdraw(first, OfferEnd::CallerGone, out);
        let Some(gone) = self.take_out(first) else { return self.callers.next_order() };
        self.freed.extend(freed);
        let missed = match gone.callback {
            Some(callback) => {
                let end = CallbackEnd::CalledAgain;
                out.push(Output::CallbackEnded { caller: gone.caller, group: gone.group, end });
                callback.missed
            }
            None => {
                out.push(Output::Collapsed { caller: gone.caller, by: request.caller });
                false
            }
        };
        if missed {
            return self.callers.next_order();
        }
        request.since = request.since.min(gone.since);
        gone.order
    }

    /// Puts a caller into his line, on the phone, nowhere listed, without a timer.
    pub(crate) fn join(&mut self, request: &Enqueue, order: Option<u64>) -> Spot {
        let Enqueue { caller, group, priority, since, site, requires, party, served, .. } = *request;
        let order = order.unwrap_or_else(|| self.callers.next_order());
        let grey = self.is_grey(party);
        let head_start = self.order.head_start(priority, self.groups[group.index()].plan.weight);
        let rank = rank(&self.order, since, head_start, grey);
        let prefer = self.preferred(request);
        let alone = prefer.and_then(|prefer| prefer.alone).map_or(Timestamp::NEVER, |span| self.now + span);
        let spot = self.callers.kept.insert_with(|spot| Caller {
            caller,
            group,
            place: Place { rank, order, spot },
            since,
            phase: Phase::Present,
            overdue: false,
            listed: false,
            opened: 0,
            pools: [PoolRef(0); STAGES_MAX + 1],
            offer: None,
            timer: None,
            priority,
            grey,
            site,
            requires,
            party,
            prefer: prefer.map(|prefer| prefer.agent),
            alone,
            callback_offered: false,
            served,
            callback: None,
        });
        self.callers.spots.insert(caller, spot);
        if let Some(kept) = self.callers.get(spot) {
            let place = kept.place;
            let line = &mut self.groups[group.index()].line;
            line.join(place);
            let waiting = line.len();
            self.groups[group.index()].estimate.length(self.now, waiting);
        }
        if party.is_some() {
            self.callers.know_party(spot);
        }
        self.watch_surge(group);
        spot
    }

    /// The agent whom he should get: the one asked for, or the last one where the group keeps to that and he still
    /// does what this caller needs.
    fn preferred(&self, request: &Enqueue) -> Option<Prefer> {
        let last = || {
            // An emergency waits for nobody; who was handed on does not go back to whoever handed him on.
            let usual = request.priority != Priority::EMERGENCY && !request.served;
            let alone = self.groups[request.group.index()].plan.sticky.filter(|_| usual)?;
            let agent = self.last_agents.of(request.party?)?;
            let does = |who: Who| who.level_of(agent, &self.agents[agent.index()].plan).is_some();
            let mut stages = self.groups[request.group.index()].plan.timeline.iter();
            let able = stages.any(|stage| does(Who::of(stage, request.site, request.requires)));
            able.then_some(Prefer { agent, alone: Some(alone) })
        };
        let prefer = request.prefer.or_else(last)?;
        let there = self.agents.get(prefer.agent.index())?.is_signed_in();
        there.then_some(prefer)
    }

    /// A caller is gone; the agents at whom he was ringing keep their idle time and take the next ones.
    pub(crate) fn leave(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let freed = self.withdraw(spot, OfferEnd::CallerGone, out);
        if let Some(gone) = self.take_out(spot) {
            if let Some(group) = self.groups.get_mut(gone.group.index())
                && gone.phase == Phase::Present
            {
                group.estimate.gave_up(self.now.since(gone.since));
            }
            if gone.callback.is_some() {
                let end = CallbackEnd::Cancelled;
                out.push(Output::CallbackEnded { caller, group: gone.group, end });
            }
        }
        self.settle(None, freed, out);
        Ok(())
    }

    /// Another priority: his clock stays, his place follows.
    pub(crate) fn prioritize(&mut self, caller: CallerRef, priority: Priority) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or(NOWHERE)?;
        let listed = self.callers.get(spot).is_some_and(|caller| caller.listed);
        self.unlist_caller(spot);
        if let Some(caller) = self.callers.get_mut(spot) {
            caller.priority = priority;
            let group = &mut self.groups[caller.group.index()];
            group.line.leave(&caller.place);
            let head_start = self.order.head_start(priority, group.plan.weight);
            caller.place.rank = rank(&self.order, caller.since, head_start, caller.grey);
            group.line.join(caller.place);
        }
        if listed {
            self.list_caller(spot);
        }
        Ok(())
    }

    /// A limit takes a caller out of the line.
    pub(crate) fn turn_away(&mut self, spot: Spot, why: Turned, out: &mut Vec<Output>) {
        if let Some(Gone { caller, group, .. }) = self.take_out(spot) {
            out.push(Output::TurnedAway { caller, group, why });
        }
    }

    /// Takes a caller out of line, index, timers and store.
    pub(crate) fn take_out(&mut self, spot: Spot) -> Option<Gone> {
        self.unlist_caller(spot);
        let gone = self.callers.get(spot)?;
        let missed = gone.is_missed();
        let &Caller { caller, group, place, since, phase, timer, party, callback, .. } = gone;
        self.callers.kept.forget(spot);
        self.callers.spots.remove(&caller);
        if let Some(party) = party {
            self.callers.forget_party(party, spot);
        }
        if let Some(timer) = timer {
            self.timers.cancel(timer);
        }
        let at = &mut self.groups[group.index()];
        at.line.leave(&place);
        at.line.callbacks -= usize::from(phase != Phase::Present);
        at.line.missed -= usize::from(missed);
        let waiting = at.line.len();
        at.estimate.length(self.now, waiting);
        self.watch_surge(group);
        Some(Gone { caller, group, since, order: place.order, party, phase, callback })
    }

    /// Puts a caller where the agents of the pools that may serve him look.
    pub(crate) fn list_caller(&mut self, spot: Spot) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        if caller.is_open() && !std::mem::replace(&mut caller.listed, true) {
            let place = caller.place;
            for (_, pool) in caller.asked() {
                insert_once(&mut self.pools.all[pool.index()].open, place);
            }
        }
    }

    /// Takes him out of there.
    pub(crate) fn unlist_caller(&mut self, spot: Spot) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        if std::mem::replace(&mut caller.listed, false) {
            let place = caller.place;
            for (_, pool) in caller.asked() {
                self.pools.all[pool.index()].open.remove(&place);
            }
        }
    }

    /// The expected wait in a position of a group's line.
    pub(crate) fn expected(&self, group: GroupRef, position: u32) -> Option<Duration> {
        let group = &self.groups[group.index()];
        group.estimate.expected(position, group.signed_in)
    }
}

/// Two stages may say the same: a pool is entered once.
fn insert_once(open: &mut crate::ranked::Ranked<Place>, place: Place) {
    if !open.contains(&place) {
        open.insert(place);
    }
}

pub(crate) const NO_GROUP: &str = "there is no such group";
pub(crate) const NOWHERE: &str = "the caller waits in no line";
