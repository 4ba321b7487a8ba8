//! The run: a town and a centre in virtual time, through the real distributor and the real report.
//!
//! ```text
//!   arrivals, roster ─▶ ┌───────┐ Input   ┌────────────────┐ Output          ┌────────┐ Event   ┌────────────────┐
//!   or a past day       │ wheel │────────▶│acd::Distributor│────────────────▶│ events │────────▶│ report::Report │
//!                       └───────┘         └────────────────┘                 └────────┘         └────────────────┘
//!                           ▲   callers lose patience, agents pick up, talk, write   │
//!                           └────────────────────────────────────────────────────────┘
//! ```
//!
//! Time jumps from one thing to the next; a year takes seconds. The events are those that `call` makes of the same
//! outputs, in the same order, so the figures are those that the live engine would print. Nothing here decides who
//! gets whom, and nothing here counts what the report counts.
//!
//! Clocks: t0 is the greeting's begin, t2 the line, t4 the first word; `waited` is t4 − t2 and holds the ringing, as
//! in the report. Bounds: callers by the lines' lengths and the arrivals of the plan; timers by callers and agents.
//!
//! Never knows: files, clocks, threads.

mod agents;
mod callers;
mod tell;

use crate::arrivals::{Arrivals, Fresh};
use crate::outcome::{AgentTime, Outcome};
use crate::past::Day;
use crate::plan::Plan;
use crate::roster::{Deed, Roster};
use crate::series::Series;
use crate::variate::Strata;
use acd::{AgentRef, Distributor, GroupRef, OfferRef, SiteRef, WallClock};
use agents::Worker;
use base::{Arena, Random, Timestamp, Wheel};
use call::event::{CallRef, Stamped};
use callers::Live;
use report::counters::Limits;
use report::spread::Dense;
use report::tally::Tally;
use report::{Out, Report};
use std::time::Duration;

/// Somebody who sees every event.
type Watch<'p> = Box<dyn FnMut(&Stamped) + 'p>;

/// A run in progress.
pub struct Run<'p> {
    watch: Option<Watch<'p>>,
    plan: &'p Plan,
    past: Option<&'p Day>,
    seed: u64,
    now: Timestamp,
    /// Next day to be prepared, and the one after the last.
    day: u32,
    days: u32,

    acd: Distributor,
    said: Vec<acd::Output>,
    turn: usize,
    wheel: Wheel<Happens>,
    calls: Arena<CallRef, Live>,
    workers: Vec<Worker>,

    arrivals: Arrivals,
    fresh: Vec<Fresh>,
    /// The next of `fresh`, or of the past day's callers.
    next: usize,
    /// The next of the past day's deeds.
    next_deed: usize,
    roster: Roster,

    /// Callers' talk and patience: drawn as they come, so that two plans meet the same callers.
    town: Random,
    strata: Vec<Strata>,
    /// The same of those who call again.
    echoes: Random,
    /// What agents do.
    desks: Random,

    report: Report,
    out: Out,
    seq: u64,
    digest: u64,
    limits: Limits,
    sites: Vec<Tally<Dense>>,
    series: Series,
    redials: u64,
    repeats: u64,
    waiting: u64,
    waiting_max: u64,
    signed_in: u64,
    agents_max: u64,
}

/// What happens at a moment of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    /// The greeting is over.
    Greeted(CallRef),
    /// A caller hangs up before the line.
    LeavesEarly(CallRef),
    /// A caller has no patience left.
    GivesUp(CallRef),
    /// The agent's phone is picked up.
    PicksUp(OfferRef),
    /// The agent declines.
    Declines(OfferRef),
    /// The caller hangs up while it rings.
    LostRinging(CallRef),
    /// Caller and agent have said all.
    TalkOver(CallRef),
    /// The agent has written all.
    WroteUp(AgentRef),
    /// The agent comes back.
    Back(AgentRef),
    /// By his own decision.
    Does(AgentRef, Deed),
    /// Somebody calls again.
    Again(GroupRef, SiteRef, bool),
}

/// How long callers may still be served after the last day.
const AFTER: Duration = Duration::from_secs(4 * 3_600);
/// Closed records are dropped when so many are there: nobody writes them.
const RECORDS: usize = 64;

impl<'p> Run<'p> {
    /// A run of the plan's days.
    #[must_use]
    pub fn new(plan: &'p Plan, seed: u64) -> Self {
        Self::build(plan, None, seed, 0, plan.days())
    }

    /// A run of some days of the plan: `first` counts from 0. The year around them stays as it is: the same seed gives
    /// these days the same factors as in a run of all.
    #[must_use]
    pub fn of_days(plan: &'p Plan, seed: u64, first: u32, days: u32) -> Self {
        let last = first.saturating_add(days).min(plan.days());
        Self::build(plan, None, seed, first.min(last), last)
    }

    /// A day that happened, run again. Rosters of the plan are used when it does not know what the agents did.
    #[must_use]
    pub fn again(plan: &'p Plan, past: &'p Day, seed: u64) -> Self {
        Self::build(plan, Some(past), seed, 0, plan.days())
    }

    fn build(plan: &'p Plan, past: Option<&'p Day>, seed: u64, first: u32, days: u32) -> Self {
        let mut wired = plan.acd.clone();
        wired.clock = WallClock { epoch: plan.epoch(), offset: plan.offset, calendar: plan.calendar.clone() };
        let counting = plan.counting();
        let groups = plan.acd.groups.len();
        Self {
            watch: None,
            past,
            seed,
            now: Timestamp::START + Duration::from_secs(86_400) * first,
            day: first,
            days,
            acd: Distributor::new(wired),
            said: Vec::new(),
            turn: 0,
            wheel: Wheel::default(),
            calls: Arena::default(),
            workers: plan.acd.agents.iter().map(Worker::new).collect(),
            arrivals: Arrivals::new(plan, seed),
            fresh: Vec::new(),
            next: 0,
            next_deed: 0,
            roster: Roster::new(plan),
            town: Random::seeded(seed ^ 0x54_6F_77_6E),
            strata: vec![Strata::default(); groups],
            echoes: Random::seeded(seed ^ 0x45_63_68_6F),
            desks: Random::seeded(seed ^ 0x44_65_73_6B),
            limits: Limits::of(&counting),
            report: Report::new(counting),
            out: Out::default(),
            seq: 0,
            digest: seed,
            sites: vec![Tally::default(); plan.sites.len().max(1)],
            series: Series::new(groups),
            redials: 0,
            repeats: 0,
            waiting: 0,
            waiting_max: 0,
            signed_in: 0,
            agents_max: 0,
            plan,
        }
    }

    /// Shows every event to somebody else, too: a journal, a [`Gather`](crate::past::Gather).
    #[must_use]
    pub fn watched(mut self, watch: impl FnMut(&Stamped) + 'p) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Runs to the end, telling each day that begins.
    #[must_use]
    pub fn finish(mut self, mut day_begins: impl FnMut(u32)) -> Outcome {
        let known = self.past.is_some_and(|past| !past.deeds.is_empty());
        while self.day < self.days && !known {
            day_begins(self.day);
            self.prepare();
            let until = Timestamp::START + Duration::from_secs(86_400) * self.day;
            self.run_until(until);
        }
        if let Some(past) = self.past {
            // To the last moment, and not to the midnight after it: nobody knows who sat there then.
            self.run_until(past.end() + Duration::from_nanos(1));
        }
        self.run_out();
        self.close()
    }

    /// The invariants of what it drives.
    ///
    /// # Errors
    /// The one that does not hold.
    pub fn check(&self) -> Result<(), String> {
        self.report.check()
    }

    /// Prepares the next day: callers, shifts.
    fn prepare(&mut self) {
        if self.past.is_none() {
            self.arrivals.of_day(self.plan, self.day, &mut self.fresh);
            self.next = 0;
        }
        if self.past.is_none_or(|past| past.deeds.is_empty()) {
            let Self { roster, wheel, desks, plan, .. } = self;
            roster.of_day(plan, self.day, desks, |at, agent, deed| {
                wheel.schedule(at, Happens::Does(agent, deed));
            });
        }
        self.day += 1;
    }

    /// Runs all that happens before a moment.
    fn run_until(&mut self, until: Timestamp) {
        loop {
            let due = self.acd.next_deadline().unwrap_or(Timestamp::NEVER);
            let timer = self.wheel.next_deadline().unwrap_or(Timestamp::NEVER);
            let comes = self.next_caller().unwrap_or(Timestamp::NEVER);
            let deed = self.next_deed().unwrap_or(Timestamp::NEVER);
            let at = due.min(timer).min(comes).min(deed);
            if at >= until {
                break;
            }
            self.now = self.now.max(at);
            if at == due {
                self.acd.tick(self.now, &mut self.said);
                self.settle();
            } else if at == timer {
                if let Some((_, happens)) = self.wheel.pop_due(at) {
                    self.happens(happens);
                }
            } else if at == deed {
                if let Some((_, agent, deed)) = self.past.and_then(|past| past.deeds.get(self.next_deed)) {
                    self.next_deed += 1;
                    self.does(*agent, *deed);
                }
            } else {
                self.caller_comes();
            }
        }
        self.now = self.now.max(until);
    }

    /// Runs until nobody is in a line or talking any more.
    fn run_out(&mut self) {
        let latest = self.now + AFTER;
        while !self.calls.is_empty() && self.now < latest {
            self.run_until(self.now + Duration::from_secs(60));
        }
    }

    fn next_caller(&self) -> Option<Timestamp> {
        match self.past {
            Some(past) => past.callers.get(self.next).map(|came| came.at),
            None => self.fresh.get(self.next).map(|fresh| fresh.at),
        }
    }

    fn next_deed(&self) -> Option<Timestamp> {
        self.past?.deeds.get(self.next_deed).map(|deed| deed.0)
    }

    fn happens(&mut self, happens: Happens) {
        match happens {
            Happens::Greeted(call) => self.greeted(call),
            Happens::LeavesEarly(call) => self.leaves_early(call),
            Happens::GivesUp(call) | Happens::LostRinging(call) => self.gives_up(call),
            Happens::PicksUp(offer) => self.picks_up(offer),
            Happens::Declines(offer) => self.declines(offer),
            Happens::TalkOver(call) => self.talk_over(call),
            Happens::WroteUp(agent) => self.wrote_up(agent),
            Happens::Back(agent) => self.back(agent),
            Happens::Does(agent, deed) => self.does(agent, deed),
            Happens::Again(group, site, gave_up) => self.calls_again(group, site, gave_up),
        }
    }

    /// Asks the distributor, and carries out what it decides.
    fn ask(&mut self, question: acd::Input) {
        self.acd.handle(self.now, question, &mut self.said);
        self.settle();
    }

    fn close(mut self) -> Outcome {
        for index in 0..self.workers.len() {
            self.account(AgentRef::at(index));
        }
        self.report.finish(&mut self.out);
        let mut outcome = Outcome {
            seed: self.seed,
            report: self.report,
            sites: self.sites,
            series: self.series,
            events: self.seq,
            digest: self.digest,
            redials: self.redials,
            repeats: self.repeats,
            waiting_max: self.waiting_max,
            agents_max: self.agents_max,
            time: AgentTime::default(),
        };
        outcome.time = outcome.time_of(None);
        outcome
    }
}
