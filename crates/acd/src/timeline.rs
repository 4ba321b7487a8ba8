//! The timeline of a waiting caller: more agents after a time, an end after the longest wait.
//!
//! ```text
//!   since ── own site, level 6 ──20 s── own site, all levels ──40 s── all sites ──60 s── + enterprise ──120 s── turned away
//!                                       Relaxed                       Relaxed            Overflowed             WaitedTooLong
//! ```
//!
//! All of it runs on the caller's original clock: one who comes back with an old clock passes the stages behind
//! him at once. A stage adds agents; place, clock and the line he stands in stay. Earlier stages are asked first,
//! so a caller leaves his own site only when nobody there is free.
//!
//! A stage may open sooner: at night, when the sites are one pool, or while the caller's site is helped by the
//! others. Both are looked at again for everybody who waits when they change. A caller who should get a certain
//! agent first asks for him alone, and begins with the stages that are due by then.
//!
//! Nobody is thrown out while he is ringing. A caller who is past his longest wait stays as long as he rings; when
//! that offer ends without a bridge he goes to the next ready agent, or is turned away in the same step when
//! there is none. Where a stage and the longest wait fall on one instant, the stage comes first. The longest wait
//! is for those on the phone; whoever will be called back has none.
//!
//! Never knows: which agents there are.

use crate::caller::{ALONE, Caller, Phase, Spot};
use crate::distributor::{Distributor, Due};
use crate::plan::Stage;
use crate::pool::Who;
use crate::{GroupPlan, Output};
use base::Timestamp;

/// What opens stages sooner, at this instant, for callers of one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sooner {
    pub(crate) night: bool,
    pub(crate) help: bool,
}

/// When a stage opens for a caller who waits since `since` and asks for one agent alone until `alone`.
pub(crate) fn opens(stage: &Stage, since: Timestamp, alone: Option<Timestamp>, sooner: Sooner) -> Timestamp {
    let at_once = (stage.at_night && sooner.night) || (stage.on_help && sooner.help);
    let at = if at_once { since } else { since + stage.after };
    alone.map_or(at, |alone| at.max(alone))
}

/// When he has waited as long as he may.
pub(crate) fn ends(plan: &GroupPlan, caller: &Caller) -> Option<Timestamp> {
    plan.wait_max
        .filter(|_| caller.phase == Phase::Present && caller.callback.is_none() && !caller.served)
        .map(|wait| caller.since + wait)
}

/// When he is to be told that he may be called back.
pub(crate) fn callback_offered(plan: &GroupPlan, caller: &Caller) -> Option<Timestamp> {
    plan.callback
        .offer_after
        .filter(|_| caller.phase == Phase::Present && caller.callback.is_none() && !caller.callback_offered)
        .map(|after| caller.since + after)
}

impl Distributor {
    /// A caller's timer: he goes on along his timeline, and whoever that brings in is asked at once.
    pub(crate) fn wait_on(&mut self, spot: Spot, out: &mut Vec<Output>) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        caller.timer = None;
        if let Phase::Paused { until } = caller.phase
            && until <= self.now
        {
            caller.phase = Phase::InTurn;
        }
        self.unlist_caller(spot);
        self.pass_stages(spot, out);
        if self.callers.get(spot).is_some_and(Caller::is_open) {
            self.settle(Some(spot), None, out);
        }
    }

    /// Brings a caller's timeline up to now and sets the timer for what comes next. He must not be listed.
    pub(crate) fn pass_stages(&mut self, spot: Spot, out: &mut Vec<Output>) {
        let Some(waiting) = self.callers.get(spot) else { return };
        let (caller, line, since) = (waiting.caller, waiting.group, waiting.since);
        let (site, requires, phase) = (waiting.site, waiting.requires, waiting.phase);
        let prefer = waiting.prefer.filter(|agent| self.agents[agent.index()].is_signed_in());
        let sooner = Sooner { night: self.night, help: self.helped.contains(&site) };
        let alone = prefer.map(|_| waiting.alone);

        let mut next: Option<Timestamp> = None;
        let mut sooner_of = |at: Timestamp| next = Some(next.map_or(at, |next| next.min(at)));
        let (mut opened, mut pools) = (waiting.opened, waiting.pools);
        if let Some(agent) = prefer {
            opened |= 1 << ALONE;
            pools[ALONE] = self.pool(Who::Agent(agent));
        } else {
            opened &= !(1 << ALONE);
        }
        let stages = self.groups[line.index()].plan.timeline.len();
        for (at, pool) in pools.iter_mut().enumerate().take(stages) {
            if opened >> at & 1 != 0 {
                continue;
            }
            let stage = self.groups[line.index()].plan.timeline[at];
            let due = opens(&stage, since, alone, sooner);
            if due > self.now {
                sooner_of(due);
                continue;
            }
            opened |= 1 << at;
            *pool = self.pool_of(line, at, site, requires);
            if stage.group != line {
                out.push(Output::Overflowed { caller, from: line, to: stage.group });
            } else if at > 0 {
                out.push(Output::Relaxed { caller, group: line, stage: at as u8 });
            }
        }

        let Some(waiting) = self.callers.get_mut(spot) else { return };
        (waiting.opened, waiting.pools, waiting.prefer) = (opened, pools, prefer);
        let plan = &self.groups[line.index()].plan;
        if let Some(at) = callback_offered(plan, waiting) {
            if at <= self.now {
                waiting.callback_offered = true;
                out.push(Output::CallbackOffered { caller });
            } else {
                sooner_of(at);
            }
        }
        let end = ends(plan, waiting);
        waiting.overdue = end.is_some_and(|end| end <= self.now);
        if let Some(end) = end.filter(|end| *end > self.now) {
            sooner_of(end);
        }
        if let Phase::Paused { until } = phase {
            sooner_of(until);
        }
        if let Some(timer) = waiting.timer.take() {
            self.timers.cancel(timer);
        }
        waiting.timer =
            next.filter(|at| *at < Timestamp::NEVER).map(|at| self.timers.schedule(at, Due::Stage(spot)));
    }

    /// Looks at everybody's timeline again, in order of service: night has begun or ended, a site is helped, the plan
    /// has changed.
    pub(crate) fn review(&mut self, out: &mut Vec<Output>) {
        let mut everybody: Vec<_> = self.callers.iter().map(|(_, caller)| caller.place).collect();
        everybody.sort_unstable();
        for place in &everybody {
            self.unlist_caller(place.spot);
            self.pass_stages(place.spot, out);
        }
        for place in &everybody {
            if self.callers.get(place.spot).is_some_and(|caller| caller.is_open() && !caller.listed) {
                self.settle(Some(place.spot), None, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GroupRef;
    use std::time::Duration;

    #[test]
    fn a_stage_opens_on_the_original_clock_sooner_at_night_and_later_for_whoever_wants_one_agent() {
        let at = Timestamp::from_secs;
        let stage =
            Stage { at_night: true, on_help: true, ..Stage::all(Duration::from_secs(40), GroupRef(0)) };
        let (day, night) = (Sooner { night: false, help: false }, Sooner { night: true, help: false });
        assert_eq!(opens(&stage, at(100), None, day), at(140));
        assert_eq!(opens(&stage, at(100), None, night), at(100));
        assert_eq!(opens(&stage, at(100), None, Sooner { help: true, ..day }), at(100));
        assert_eq!(opens(&stage, at(100), Some(at(120)), day), at(140));
        assert_eq!(opens(&stage, at(100), Some(at(120)), night), at(120));
        assert_eq!(opens(&stage, at(100), Some(Timestamp::NEVER), night), Timestamp::NEVER);
    }
}
