//! Callers: how long they wait, talk, and whether they call again.
//!
//! ```text
//!   comes ─▶ greeting ─▶ line ⇄ ringing ─▶ talk ─▶ over ─▶ (calls again)
//!                          └─ no patience left ─▶ gone ─▶ (calls again)
//! ```
//!
//! What a caller will do is drawn when he comes, not when it matters, so the same callers meet any plan.

use super::{Happens, Run};
use crate::past::Fate;
use crate::series::millis;
use crate::variate::open_unit;
use acd::{Abilities, AgentRef, Because, CallerRef, GroupRef, OfferEnd, OfferRef, Priority, SiteRef, Turned};
use base::{Private, TimerRef, Timestamp};
use call::event::{CallRef, Event, Outcome, Side};
use report::counters::{Came, Left, Step, Waits};
use sip::leg::{Origin, TrunkRef};
use sip::message::Cause;
use std::time::Duration;

/// A caller who is here.
#[derive(Clone, Debug)]
pub(super) struct Live {
    group: GroupRef,
    site: SiteRef,
    priority: Priority,
    requires: Abilities,
    talk: Duration,
    /// What is left of it.
    patience: Duration,
    /// Calls again after this, when he gives up; when he is answered.
    redials: Option<Duration>,
    repeats: Option<Duration>,
    arrived: Timestamp,
    /// t2.
    since: Timestamp,
    /// Patience runs since.
    runs: Timestamp,
    /// Loses patience, or stops talking.
    timer: Option<TimerRef>,
    /// Phones that ring for him: one, or several at once where the group says so.
    rings: Vec<Ring>,
    /// Since when one rings.
    ringing: Timestamp,
    rang: Duration,
    last_ring: Duration,
    pub(super) told: bool,
    hops: u8,
    agent: Option<AgentRef>,
}

/// An agent's phone that rings for him.
#[derive(Clone, Copy, Debug)]
struct Ring {
    offer: OfferRef,
    from: Timestamp,
    /// Somebody picks up, declines, or the caller hangs up; `None`: nobody does.
    timer: Option<TimerRef>,
}

/// How often in a row a caller may be sent on to another group, as in `call`.
const HOPS_MAX: u8 = 4;

impl Run<'_> {
    /// The next caller of the day comes.
    pub(super) fn caller_comes(&mut self) {
        let place = self.next;
        self.next += 1;
        if let Some(past) = self.past {
            let Some(came) = past.callers.get(place).copied() else { return };
            let mut live = self.draw(came.group, came.site, false);
            (live.priority, live.requires) = (came.priority, came.requires);
            (live.redials, live.repeats) = (None, None);
            let Some(callers) = self.plan.callers.get(came.group.index()) else { return };
            match came.fate {
                Fate::Answered { waited, talked } => {
                    live.talk = talked;
                    live.patience = callers.patience.draw_beyond(waited, &mut self.town);
                }
                Fate::GaveUp { waited } => live.patience = waited,
                Fate::Cut { waited } => live.patience = callers.patience.draw_beyond(waited, &mut self.town),
            }
            self.arrives(live, true);
        } else if let Some(fresh) = self.fresh.get(place).copied() {
            let live = self.draw(fresh.group, fresh.site, false);
            self.arrives(live, false);
        }
    }

    pub(super) fn calls_again(&mut self, group: GroupRef, site: SiteRef, gave_up: bool) {
        *if gave_up { &mut self.redials } else { &mut self.repeats } += 1;
        // With numbers of their own: how many call again depends on the plan, and must not change who calls first.
        std::mem::swap(&mut self.town, &mut self.echoes);
        let live = self.draw(group, site, true);
        self.arrives(live, false);
        std::mem::swap(&mut self.town, &mut self.echoes);
    }

    /// A caller with all that he will do.
    fn draw(&mut self, group: GroupRef, site: SiteRef, again: bool) -> Live {
        let load = &self.plan.load;
        let callers = &self.plan.callers[group.index().min(self.plan.callers.len() - 1)];
        let town = &mut self.town;
        let place = group.index().min(self.strata.len() - 1);
        let unit = if again { open_unit(town) } else { self.strata[place].unit(town) };
        // The short talks are the lowest part of the units, so that they are stratified, too.
        let talk = if unit < callers.short_share {
            callers.short_talk.quantile(unit / callers.short_share)
        } else {
            let rest = (unit - callers.short_share) / (1.0 - callers.short_share).max(1e-12);
            callers.talk.quantile(rest)
        };
        let patience = callers.patience.draw(town);
        let later = |again: &crate::plan::Again, town: &mut base::Random| {
            (again.share > 0.0 && town.chance(again.share)).then(|| again.after.draw(town))
        };
        Live {
            group,
            site,
            priority: callers.priority,
            requires: Abilities::NONE,
            talk,
            patience,
            redials: later(&load.redial, town),
            repeats: later(&load.repeat, town),
            arrived: self.now,
            since: self.now,
            runs: self.now,
            timer: None,
            rings: Vec::new(),
            ringing: self.now,
            rang: Duration::ZERO,
            last_ring: Duration::ZERO,
            told: false,
            hops: 0,
            agent: None,
        }
    }

    /// t0 and t1.
    fn arrives(&mut self, live: Live, at_line: bool) {
        let load = &self.plan.load;
        let greeting = if at_line { Duration::ZERO } else { load.greeting };
        let trunk = TrunkRef(live.site.0);
        let call = self.calls.insert(live);
        self.tell(Event::Arrived {
            call,
            origin: Origin::Trunk(trunk),
            caller: Private::new(String::new()),
            called: String::new(),
            call_id: String::new(),
            flow: None,
        });
        self.tell(Event::Answered { call });
        if greeting.is_zero() {
            self.greeted(call);
        } else if load.greeting_lost > 0.0 && self.town.chance(load.greeting_lost) {
            let after = greeting.mul_f64(open_unit(&mut self.town));
            self.wheel.schedule(self.now + after, Happens::LeavesEarly(call));
        } else {
            self.wheel.schedule(self.now + greeting, Happens::Greeted(call));
        }
    }

    pub(super) fn leaves_early(&mut self, call: CallRef) {
        if self.calls.remove(call).is_some() {
            self.ended(call, Outcome::AbandonedBeforeLine, None, Side::Caller);
        }
    }

    /// t2: into the line.
    pub(super) fn greeted(&mut self, call: CallRef) {
        let now = self.now;
        let Some(live) = self.calls.get_mut(call) else { return };
        (live.since, live.runs) = (now, now);
        let (group, site, patience) = (live.group, live.site, live.patience);
        live.timer = Some(self.wheel.schedule(now + patience, Happens::GivesUp(call)));
        self.waiting += 1;
        self.waiting_max = self.waiting_max.max(self.waiting);
        self.series.slot(now, group).offered += 1;
        self.count_at(site, Step::Came(Came::First));
        self.enqueue(call);
    }

    fn enqueue(&mut self, call: CallRef) {
        let Some(live) = self.calls.get(call) else { return };
        let enqueue = acd::Enqueue {
            site: live.site,
            priority: live.priority,
            requires: live.requires,
            since: live.since,
            ..acd::Enqueue::new(CallerRef::from_bits(call.bits()), live.group, self.now)
        };
        self.ask(acd::Input::Enqueue(enqueue));
    }

    pub(super) fn offered(
        &mut self,
        call: CallRef,
        offer: OfferRef,
        agent: AgentRef,
        group: GroupRef,
        because: Because,
    ) {
        let now = self.now;
        let Some(live) = self.calls.get_mut(call) else { return };
        if !live.told {
            live.told = true;
            // Offered on arrival: in the line for no time at all, and counted in it.
            self.tell(Event::Queued { call, group, position: 1, expected: Some(Duration::ZERO) });
        }
        self.tell(Event::Offered { call, offer, agent, group, because });
        let desk = &self.plan.desk;
        let answer = desk.answer.draw(&mut self.desks);
        let luck =
            if desk.no_answer + desk.decline + desk.lost_ringing > 0.0 { self.desks.unit() } else { 1.0 };
        let what = if luck < desk.no_answer {
            None
        } else if luck < desk.no_answer + desk.decline {
            Some((answer, Happens::Declines(offer)))
        } else if luck < desk.no_answer + desk.decline + desk.lost_ringing {
            Some((answer.mul_f64(open_unit(&mut self.desks)), Happens::LostRinging(call)))
        } else {
            Some((answer, Happens::PicksUp(offer)))
        };
        let timer = what.map(|(after, what)| self.wheel.schedule(now + after, what));
        let Some(live) = self.calls.get_mut(call) else { return };
        if live.rings.is_empty() {
            live.ringing = now;
            if desk.ringing_calms {
                if let Some(timer) = live.timer.take() {
                    self.wheel.cancel(timer);
                }
                live.patience = live.patience.saturating_sub(now.since(live.runs));
            }
        }
        live.rings.push(Ring { offer, from: now, timer });
    }

    pub(super) fn picks_up(&mut self, offer: OfferRef) {
        self.ask(acd::Input::Accept { offer });
    }

    pub(super) fn declines(&mut self, offer: OfferRef) {
        self.ask(acd::Input::Decline { offer, then: Some(acd::input::Reason::Declined) });
    }

    /// An offer is over, however; whoever still waits loses patience again.
    pub(super) fn offer_ended(&mut self, call: CallRef, offer: OfferRef, end: OfferEnd) {
        let now = self.now;
        let Some(live) = self.calls.get_mut(call) else { return };
        let Some(place) = live.rings.iter().position(|ring| ring.offer == offer) else { return };
        let ring = live.rings.remove(place);
        if let Some(timer) = ring.timer {
            self.wheel.cancel(timer);
        }
        live.last_ring = now.since(ring.from);
        if live.rings.is_empty() {
            live.rang += now.since(live.ringing);
            if self.plan.desk.ringing_calms && end != OfferEnd::Accepted {
                live.runs = now;
                live.timer = Some(self.wheel.schedule(now + live.patience, Happens::GivesUp(call)));
            }
        }
    }

    /// t4.
    pub(super) fn connected(&mut self, call: CallRef, agent: AgentRef, group: GroupRef, since: Timestamp) {
        let now = self.now;
        let Some(live) = self.calls.get_mut(call) else { return };
        if let Some(timer) = live.timer.take() {
            self.wheel.cancel(timer);
        }
        live.agent = Some(agent);
        live.timer = Some(self.wheel.schedule(now + live.talk, Happens::TalkOver(call)));
        let waited = now.since(since);
        let waits = Waits {
            greeted: live.since.since(live.arrived),
            waited: whole(waited),
            rang: whole(live.rang),
            last_ring: whole(live.last_ring),
        };
        let (site, came) = (live.site, live.since);
        let talk = millis(live.talk);
        self.waiting -= 1;
        let within =
            self.plan.thresholds.get(self.plan.threshold).is_some_and(|limit| waits.waited <= *limit);
        let slot = self.series.slot(came, group);
        slot.answered += 1;
        slot.within += u32::from(within);
        slot.waited_ms += millis(waits.waited);
        slot.talked_ms += talk;
        self.count_at(site, Step::Left(Left::Answered(waits)));
        if let Some(worker) = self.workers.get_mut(agent.index()) {
            worker.serves(group);
        }
        self.tell(Event::Connected { call, agent, group, waited });
    }

    /// t5.
    pub(super) fn talk_over(&mut self, call: CallRef) {
        let Some(live) = self.calls.remove(call) else { return };
        let Some(agent) = live.agent else { return };
        self.count_at(live.site, Step::Talked(whole(live.talk)));
        self.tell(Event::Disconnected { call, agent, by: Side::Caller });
        self.ask(acd::Input::Release { agent });
        self.ended(call, Outcome::Answered, Some(live.group), Side::Caller);
        if let Some(after) = live.repeats {
            self.wheel.schedule(self.now + after, Happens::Again(live.group, live.site, false));
        }
    }

    /// He hangs up in the line, or while it rings.
    pub(super) fn gives_up(&mut self, call: CallRef) {
        let now = self.now;
        let Some(live) = self.calls.get(call) else { return };
        let (ringing, waited) = (!live.rings.is_empty(), whole(now.since(live.since)));
        let (group, site, since) = (live.group, live.site, live.since);
        let again = live.redials;
        if let Some(timer) = live.timer {
            self.wheel.cancel(timer);
        }
        self.ask(acd::Input::Leave { caller: CallerRef::from_bits(call.bits()) });
        if let Some(timer) = self.calls.remove(call).and_then(|live| live.timer) {
            self.wheel.cancel(timer);
        }
        self.waiting -= 1;
        self.series.slot(since, group).abandoned += 1;
        self.count_at(site, Step::Left(Left::Abandoned { ringing, waited }));
        let outcome = if ringing { Outcome::AbandonedRinging } else { Outcome::AbandonedInLine };
        self.ended(call, outcome, Some(group), Side::Caller);
        if let Some(after) = again {
            self.wheel.schedule(now + after, Happens::Again(group, site, true));
        }
    }

    /// Out of a line without an agent: to another group as the plan says, or gone.
    pub(super) fn turned_away(&mut self, call: CallRef, group: GroupRef, why: Turned) {
        let Some(live) = self.calls.get_mut(call) else { return };
        let target = self.plan.turned_to.get(group.index()).and_then(|targets| targets.of(why));
        let to = target.filter(|to| live.hops < HOPS_MAX && *to != group);
        self.tell(Event::TurnedAway { call, group, why, to });
        let Some(live) = self.calls.get_mut(call) else { return };
        if let Some(to) = to {
            live.hops += 1;
            live.group = to;
            live.told = false;
            self.enqueue(call);
            return;
        }
        let (site, timer) = (live.site, live.timer.take());
        if let Some(timer) = timer {
            self.wheel.cancel(timer);
        }
        self.calls.remove(call);
        self.waiting -= 1;
        self.count_at(site, Step::Left(Left::TurnedAway(why)));
        self.ended(call, Outcome::TurnedAway(why), Some(group), Side::System);
    }

    fn ended(&mut self, call: CallRef, outcome: Outcome, group: Option<GroupRef>, by: Side) {
        self.tell(Event::Ended { call, outcome, group, cause: Cause::NORMAL, by });
    }

    fn count_at(&mut self, site: SiteRef, step: Step) {
        if let Some(tally) = self.sites.get_mut(site.index()) {
            tally.take(step, &self.limits);
        }
    }
}

/// Whole milliseconds, as the report keeps them.
const fn whole(span: Duration) -> Duration {
    Duration::from_millis(span.as_millis() as u64)
}
