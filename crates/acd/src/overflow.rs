//! The timeline of a waiting caller: further groups after a time, an end after the longest wait.
//!
//! ```text
//!   since ──10 s──▶ + enterprise's agents ──30 s──▶ + assistance's agents ──120 s──▶ turned away
//!                   Overflowed                      Overflowed                      WaitedTooLong
//! ```
//!
//! All of it runs on the caller's original clock: one who comes back with an old clock passes the stages behind
//! him at once. A stage adds a group; place, clock and the line he stands in stay. Among the groups that may
//! serve him none is preferred: the longest idle agent of all is chosen.
//!
//! Nobody is thrown out while he is ringing. A caller who is past his longest wait stays as long as he rings; when
//! that offer ends without a bridge he goes to the next ready agent, or is turned away in the same step when
//! there is none. Where a stage and the longest wait fall on one instant, the stage comes first.
//!
//! Never knows: which agents there are.

use crate::caller::Spot;
use crate::distributor::{Distributor, Due};
use crate::{GroupPlan, GroupRef, Output};
use base::Timestamp;

/// How many of a group's stages are behind a caller who waits since `since`.
pub(crate) fn stages_passed(plan: &GroupPlan, since: Timestamp, now: Timestamp) -> usize {
    plan.overflow.iter().take_while(|(after, _)| since + *after <= now).count()
}

/// Whether he has waited as long as he may.
pub(crate) fn is_overdue(plan: &GroupPlan, since: Timestamp, now: Timestamp) -> bool {
    plan.wait_max.is_some_and(|wait| since + wait <= now)
}

/// What comes next on his timeline: a stage, or the longest wait unless that is behind him.
pub(crate) fn next_stage(
    plan: &GroupPlan,
    since: Timestamp,
    stages: usize,
    overdue: bool,
) -> Option<Timestamp> {
    let stage = plan.overflow.get(stages).map(|(after, _)| since + *after);
    let end = plan.wait_max.filter(|_| !overdue).map(|wait| since + wait);
    [stage, end].into_iter().flatten().min()
}

impl Distributor {
    /// The group that stage adds to those who may serve a line; stage 0 is the line's own group.
    pub(crate) fn serves(&self, line: GroupRef, stage: usize) -> GroupRef {
        let overflow = &self.groups[line.index()].plan.overflow;
        stage.checked_sub(1).and_then(|at| overflow.get(at)).map_or(line, |(_, group)| *group)
    }

    /// A caller's timer: he goes on along his timeline, and whoever that brings in is asked at once.
    pub(crate) fn wait_on(&mut self, spot: Spot, out: &mut Vec<Output>) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        caller.timer = None;
        let ringing = caller.offer.is_some();
        if !ringing {
            self.unlist_caller(spot);
        }
        self.pass_stages(spot, out);
        if !ringing {
            self.settle(Some(spot), None, out);
        }
    }

    /// Brings a caller's timeline up to now and sets the timer for what comes next.
    pub(crate) fn pass_stages(&mut self, spot: Spot, out: &mut Vec<Output>) {
        let Some(waiting) = self.callers.get_mut(spot) else { return };
        let (caller, from) = (waiting.caller, waiting.group);
        let (plan, since) = (&self.groups[from.index()].plan, waiting.place.since);
        let behind = std::mem::replace(&mut waiting.stages, stages_passed(plan, since, self.now));
        waiting.overdue = is_overdue(plan, since, self.now);
        for (_, to) in &plan.overflow[behind..waiting.stages] {
            out.push(Output::Overflowed { caller, from, to: *to });
        }
        let next = next_stage(plan, since, waiting.stages, waiting.overdue);
        waiting.timer = next.map(|at| self.timers.schedule(at, Due::Stage(spot)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_timeline_runs_on_the_original_clock() {
        let after = Duration::from_secs;
        let plan = GroupPlan {
            name: "general".into(),
            ring: after(20),
            wrap_up: after(30),
            overflow: vec![(after(10), GroupRef(1)), (after(30), GroupRef(2))],
            line_max: 10,
            wait_max: Some(after(20)),
            needs_signed_in: false,
            ring_no_answer_not_ready: true,
        };
        let (since, at) = (Timestamp::from_secs(100), Timestamp::from_secs);
        assert_eq!([109, 110, 129, 130].map(|now| stages_passed(&plan, since, at(now))), [0, 1, 1, 2]);
        assert_eq!([119, 120].map(|now| is_overdue(&plan, since, at(now))), [false, true]);
        assert_eq!(next_stage(&plan, since, 0, false), Some(at(110)));
        assert_eq!(next_stage(&plan, since, 1, false), Some(at(120)));
        assert_eq!(next_stage(&plan, since, 1, true), Some(at(130)));
        assert_eq!(next_stage(&plan, since, 2, true), None);
    }
}
