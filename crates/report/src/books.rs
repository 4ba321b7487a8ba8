//! Books: every place that a step is counted in, and the checks across them.
//!
//! ```text
//!   step of a caller ──┬─▶ his group, since the start      ┐
//!                      ├─▶ his group, in his quarter       │ always
//!                      ├─▶ his group, this minute, today   ┘
//!                      ├─▶ the centre, since the start     ┐
//!                      ├─▶ the centre, in his quarter      │ unless it is a move between lines,
//!                      └─▶ the centre, this minute, today  ┘ or he has been counted there
//! ```

use crate::counters::{Counters, Limits, Step};
use crate::interval::{Intervals, Quarter};
use crate::plan::Plan;
use crate::recent::{Recent, Whose};
use crate::record::UnixMs;
use crate::spread::Dense;
use crate::tally::Tally;
use acd::GroupRef;

/// Where the steps of one stay in a line are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) group: GroupRef,
    /// When he came into this line.
    pub(crate) quarter: Quarter,
    /// When he came into his first line.
    pub(crate) first_quarter: Quarter,
}

/// All tallies.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    limits: Limits,
    /// In the plan's order; a last one for groups that the plan does not know.
    pub(crate) groups: Vec<Tally<Dense>>,
    pub(crate) total: Tally<Dense>,
    pub(crate) intervals: Intervals,
    pub(crate) recent: Recent,
}

impl Books {
    pub(crate) fn new(plan: &Plan) -> Self {
        let places = plan.groups.len() + 1;
        Self {
            limits: Limits::of(plan),
            groups: vec![Tally::default(); places],
            total: Tally::default(),
            intervals: Intervals::new(places),
            recent: Recent::new(places, plan.offset),
        }
    }

    /// What is counted from here on happens at this moment.
    pub(crate) fn turn(&mut self, now: UnixMs) {
        self.recent.turn(now);
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where a group is kept: the last place for one that the plan does not know.
    pub(crate) fn slot(&self, group: GroupRef) -> usize {
        group.index().min(self.groups.len() - 1)
    }

    /// Counts for the group.
    pub(crate) fn group(&mut self, place: Place, step: Step) {
        let slot = self.slot(place.group);
        self.groups[slot].take(step, &self.limits);
        self.recent.take(Whose::Group(slot), step, &self.limits);
        if let Some(interval) = self.intervals.open(place.quarter) {
            interval.groups[slot].take(step, &self.limits);
        }
    }

    /// Counts for the centre.
    pub(crate) fn centre(&mut self, quarter: Quarter, step: Step) {
        self.total.take(step, &self.limits);
        self.recent.take(Whose::Centre, step, &self.limits);
        if let Some(interval) = self.intervals.open(quarter) {
            interval.total.take(step, &self.limits);
        }
    }

    /// Counts for the group and for the centre.
    pub(crate) fn both(&mut self, place: Place, step: Step) {
        self.group(place, step);
        self.centre(place.first_quarter, step);
    }

    /// Identities of each tally and between them.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (slot, tally) in self.groups.iter().enumerate() {
            tally.counters.check().map_err(|rule| format!("group#{slot}: {rule}"))?;
        }
        self.total.counters.check().map_err(|rule| format!("centre: {rule}"))?;
        across(&self.total.counters, self.groups.iter().map(|tally| &tally.counters))?;
        for interval in self.intervals.iter() {
            let quarter = interval.quarter.0;
            for (slot, tally) in interval.groups.iter().enumerate() {
                tally.counters.check().map_err(|rule| format!("quarter {quarter} group#{slot}: {rule}"))?;
            }
            interval.total.counters.check().map_err(|rule| format!("quarter {quarter}: {rule}"))?;
        }
        Ok(())
    }
}

/// The centre is the sum of the groups, moves and transfers taken out. Holds since the start only: in a quarter a
/// caller who moves on may belong to two of them.
fn across<'a>(total: &Counters, groups: impl Iterator<Item = &'a Counters>) -> Result<(), String> {
    let mut sum = Counters::default();
    for group in groups {
        sum.offered += group.offered - group.overflowed_in - group.transferred_in;
        sum.overflowed_in += group.overflowed_in;
        sum.overflowed_out += group.overflowed_out;
        sum.transferred_in += group.transferred_in;
        sum.talks += group.talks;
        sum.offers.made += group.offers.made;
        sum.waiting += group.waiting;
        sum.answered += group.answered;
        sum.put_through += group.put_through;
        sum.surveys += &group.surveys;
        sum.disposals += &group.disposals;
        sum.callback.kept += group.callback.kept;
        sum.callback.open += group.callback.open;
        sum.callback.reached += group.callback.reached;
        sum.callback.talks += group.callback.talks;
        sum.outgoing.made += group.outgoing.made;
        sum.outgoing.reached += group.outgoing.reached;
        sum.outgoing.talks += group.outgoing.talks;
        sum.picked += group.picked;
    }
    let rules = [
        ("sum of offered in groups", sum.offered == total.offered),
        ("overflowed out = overflowed in", sum.overflowed_out == sum.overflowed_in),
        ("sum of talks in groups", sum.talks == total.talks),
        ("sum of offers in groups", sum.offers.made == total.offers.made),
        ("answered in groups >= answered", sum.answered >= total.answered),
        ("answered in groups <= answered + transferred", sum.answered <= total.answered + sum.transferred_in),
        ("sum of surveys in groups", sum.surveys == total.surveys),
        ("sum of disposals in groups", sum.disposals == total.disposals),
        ("sum of put through in groups", sum.put_through == total.put_through),
        ("sum of callbacks in groups", sum.callback.kept == total.callback.kept),
        ("sum of open callbacks in groups", sum.callback.open == total.callback.open),
        ("sum of reached callbacks in groups", sum.callback.reached == total.callback.reached),
        ("sum of callbacks' talks in groups", sum.callback.talks == total.callback.talks),
        // An agent who does no group's work calls for none.
        ("outgoing in groups <= outgoing", sum.outgoing.made <= total.outgoing.made),
        ("reached outside in groups <= reached", sum.outgoing.reached <= total.outgoing.reached),
        ("sum of picked in groups", sum.picked == total.picked),
        ("waiting in groups >= waiting", sum.waiting >= total.waiting),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((rule, _)) => Err(format!("{rule}: groups {sum:?}, centre {total:?}")),
        None => Ok(()),
    }
}
