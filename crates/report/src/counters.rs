//! Counters: one whole number for each thing that can happen to a caller, and the identity they keep.
//!
//! ```text
//!   arrived ─┬─ before the line: abandoned, refused, service code, lost      (not offered)
//!            └─▶ offered ─┬─ answered                       ┐
//!                         ├─ abandoned in line, or ringing  │
//!                         ├─ turned away (full, too long, nobody)
//!                         ├─ overflowed out to another line │  each offered caller is in exactly one
//!                         ├─ called back                    │
//!                         ├─ lost to the system             │
//!                         └─ still waiting                  ┘
//! ```
//!
//! The same struct serves a group, a quarter of an hour and the whole centre. **A group** counts stays in its
//! line: whoever is sent on from A to B is `overflowed_out` of A and `offered` and `overflowed_in` of B.
//! **The centre** counts callers: he is offered once, and moves between lines are counted in no column of
//! it. A caller who was answered and is then put in a line again (a transfer) is a further stay of that
//! group (`transferred_in`), and nothing new for the centre.
//!
//! Every change is a [`Step`], and [`Counters::take`] is the only place that counts.

use crate::callbacks::{CallbackStep, Callbacks};
use crate::disposals::{DisposalStep, Disposals};
use crate::outgoing::{OutgoingStep, Outgoings};
use crate::plan::{Plan, THRESHOLDS_MAX};
use crate::service_level::Served;
use crate::surveys::{Ratings, Survey, Surveys};
use acd::{OfferEnd, Turned};
use std::time::Duration;

/// Everything that is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls that arrived (centre only).
    pub arrived: u64,
    /// Of these, how many have reached a line (centre only).
    pub reached_line: u64,
    /// Hung up before any line: greeting, menu (centre only).
    pub abandoned_before_line: u64,
    /// Never admitted: unknown number, too many calls (centre only).
    pub refused: u64,
    /// Service codes: not hotline calls (centre only).
    pub service: u64,
    /// Calls that we made to call somebody back (centre only).
    pub callbacks: u64,
    /// Calls that agents made to numbers outside (centre only).
    pub outgoings: u64,
    /// Calls that agents made to each other (centre only).
    pub internal: u64,
    /// Lost to us before any line (centre only).
    pub lost_before_line: u64,
    /// Arrived and not yet in a line (centre only).
    pub greeting: u64,

    /// OFF: entered the line, or was turned away at its door.
    pub offered: u64,
    /// Of these, how many came from another group's line.
    pub overflowed_in: u64,
    /// Of these, how many had been answered before.
    pub transferred_in: u64,
    /// ANS: an agent talked with the caller; counted when it happens, once.
    pub answered: u64,
    /// AB_queue: hung up waiting.
    pub abandoned_in_line: u64,
    /// AB_ring: hung up while an agent's phone rang.
    pub abandoned_ringing: u64,
    /// SHORT: of both, who waited shorter than the limit.
    pub short_abandoned: u64,
    /// Turned away without anybody else to take him, by reason.
    pub turned_away: TurnedAway,
    /// Of these, who talked to a number outside instead.
    pub put_through: u64,
    /// OVF_OUT: sent on to another group's line.
    pub overflowed_out: u64,
    /// CB: left the line for a call back. What became of it is in `callback`.
    pub called_back: u64,
    /// The same party's later call took the place.
    pub joined: u64,
    /// SYS: lost to us while waiting.
    pub lost: u64,
    /// In the line now.
    pub waiting: u64,

    /// Per threshold, in the plan's order.
    pub within: [Within; THRESHOLDS_MAX],
    /// Callers whose talk has ended.
    pub talks: u64,
    /// Of these, longer than the limit.
    pub long_talks: u64,
    /// Agents' wrap-ups that have ended.
    pub wrap_ups: u64,
    /// Agents' phones rung, by how it ended.
    pub offers: Offers,
    /// Another group's agents were asked to help a caller of this line, who kept his place.
    pub help_asked: u64,
    /// This group's agents were asked to help a caller of another line.
    pub help_given: u64,
    /// Who is to be called back, missed calls included.
    pub callback: Callbacks,
    /// What callers said of their talks.
    pub surveys: Surveys,
    /// What came of talks, those of callbacks included.
    pub disposals: Disposals,
    /// Calls that agents made to numbers outside, by what became of them.
    pub outgoing: Outgoings,
    /// Callers whom an agent took who was not offered them (代接); they are among the answered.
    pub picked: u64,
}

/// Answered and abandoned after at most a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// W: answered.
    pub answered: u64,
    /// Abandoned, in line or ringing.
    pub abandoned: u64,
}

/// Turned away, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnedAway {
    /// The line was full.
    pub line_full: u64,
    /// He waited as long as the group allows.
    pub waited_too_long: u64,
    /// Nobody was signed in.
    pub nobody_signed_in: u64,
    /// Outside the group's hours.
    pub closed: u64,
    /// Too many callers, and a surge was on.
    pub surge: u64,
    /// On the black list.
    pub blocked: u64,
}

impl TurnedAway {
    /// For any reason.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.line_full
            + self.waited_too_long
            + self.nobody_signed_in
            + self.closed
            + self.surge
            + self.blocked
    }

    fn of(&mut self, why: Turned) -> &mut u64 {
        match why {
            Turned::LineFull => &mut self.line_full,
            Turned::WaitedTooLong => &mut self.waited_too_long,
            Turned::NobodySignedIn => &mut self.nobody_signed_in,
            Turned::Closed => &mut self.closed,
            Turned::Surge => &mut self.surge,
            Turned::Blocked => &mut self.blocked,
        }
    }
}

/// Offers of a call to an agent, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Begun.
    pub made: u64,
    /// Taken.
    pub accepted: u64,
    /// Rang out.
    pub rang_out: u64,
    /// Declined, busy, failed.
    pub declined: u64,
    /// The caller left.
    pub caller_gone: u64,
    /// The agent went away.
    pub agent_gone: u64,
    /// Another agent, rung at the same time, was faster.
    pub taken_elsewhere: u64,
}

impl Offers {
    /// All ends, with their keys.
    #[must_use]
    pub const fn ends(&self) -> [(OfferEnd, u64); 6] {
        [
            (OfferEnd::Accepted, self.accepted),
            (OfferEnd::RangOut, self.rang_out),
            (OfferEnd::Declined, self.declined),
            (OfferEnd::CallerGone, self.caller_gone),
            (OfferEnd::AgentGone, self.agent_gone),
            (OfferEnd::TakenElsewhere, self.taken_elsewhere),
        ]
    }

    pub(crate) fn ended(&mut self, end: OfferEnd) {
        *match end {
            OfferEnd::Accepted => &mut self.accepted,
            OfferEnd::RangOut => &mut self.rang_out,
            OfferEnd::Declined => &mut self.declined,
            OfferEnd::CallerGone => &mut self.caller_gone,
            OfferEnd::AgentGone => &mut self.agent_gone,
            OfferEnd::TakenElsewhere => &mut self.taken_elsewhere,
        } += 1;
    }
}

/// How a call left the stretch before the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Into a line.
    InLine,
    /// The caller hung up.
    Abandoned,
    /// Never admitted.
    Refused,
    /// A service code.
    Service,
    /// We called somebody back.
    Callback,
    /// An agent called a number outside.
    Outgoing,
    /// An agent called another one.
    Internal,
    /// Lost to us.
    Lost,
}

/// How a caller came into a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// For the first time.
    First,
    /// From another group's line.
    Overflowed,
    /// After he had been answered.
    Transferred,
}

/// What an answered caller has waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Before the line: greeting and notice.
    pub greeted: Duration,
    /// In the line, on the original clock.
    pub waited: Duration,
    /// Of that, while an agent's phone rang.
    pub rang: Duration,
    /// Of that, the ring of the agent who took him.
    pub last_ring: Duration,
}

/// How a caller left a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// An agent took him.
    Answered(Waits),
    /// He hung up after this wait.
    Abandoned {
        /// While an agent's phone rang.
        ringing: bool,
        /// On the original clock.
        waited: Duration,
    },
    /// Turned away for good.
    TurnedAway(Turned),
    /// Sent on to another group's line.
    Overflowed,
    /// He will be called back.
    CalledBack,
    /// The same party's later call took the place.
    Joined,
    /// Lost to us.
    Lost,
}

/// One thing to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A call arrived.
    Arrived,
    /// It left the stretch before the line.
    Before(Before),
    /// A caller came into the line.
    Came(Came),
    /// A caller left the line.
    Left(Left),
    /// An agent's phone is rung.
    Offered,
    /// An offer ended.
    OfferEnded(OfferEnd),
    /// Another group is asked to help.
    HelpAsked,
    /// Asked to help another group.
    HelpGiven,
    /// The talk of an answered caller is over.
    Talked(Duration),
    /// An agent's wrap-up after such a talk is over.
    WrappedUp(Duration),
    /// A caller who was turned away talks to a number outside.
    PutThrough,
    /// Something of a callback.
    Callback(CallbackStep),
    /// The talk of an answered caller is over, and this came of asking him about it.
    Surveyed(Survey),
    /// Something of what came of talks.
    Disposed(DisposalStep),
    /// Something of a call that an agent makes.
    Outgoing(OutgoingStep),
    /// An agent takes a caller who was not offered to him.
    Picked,
    /// A caller was answered who had been told a wait.
    Foretold {
        /// What he was told.
        expected: Duration,
        /// What it was.
        waited: Duration,
    },
}

/// The limits that counting needs, from the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Thresholds T.
    pub thresholds: Vec<Duration>,
    /// Shorter abandons are short.
    pub short_abandon: Duration,
    /// Longer talks are long.
    pub long_talk: Duration,
    /// Ratings that count as satisfied (满意率).
    pub satisfied: Ratings,
    /// Ratings that somebody should look at.
    pub low: Ratings,
}

impl Limits {
    /// From the plan; thresholds beyond [`THRESHOLDS_MAX`] are left out.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            thresholds: plan.thresholds.iter().copied().take(THRESHOLDS_MAX).collect(),
            short_abandon: plan.short_abandon,
            long_talk: plan.long_talk,
            satisfied: plan.satisfied,
            low: plan.low,
        }
    }
}

impl Counters {
    /// Counts one step.
    pub fn take(&mut self, step: Step, limits: &Limits) {
        match step {
            Step::Arrived => {
                self.arrived += 1;
                self.greeting += 1;
            }
            Step::Before(how) => {
                self.greeting = self.greeting.saturating_sub(1);
                *match how {
                    Before::InLine => &mut self.reached_line,
                    Before::Abandoned => &mut self.abandoned_before_line,
                    Before::Refused => &mut self.refused,
                    Before::Service => &mut self.service,
                    Before::Callback => &mut self.callbacks,
                    Before::Outgoing => &mut self.outgoings,
                    Before::Internal => &mut self.internal,
                    Before::Lost => &mut self.lost_before_line,
                } += 1;
            }
            Step::Came(how) => {
                self.offered += 1;
                self.waiting += 1;
                match how {
                    Came::First => {}
                    Came::Overflowed => self.overflowed_in += 1,
                    Came::Transferred => self.transferred_in += 1,
                }
            }
            Step::Left(how) => {
                self.waiting = self.waiting.saturating_sub(1);
                self.leave(how, limits);
            }
            Step::Offered => self.offers.made += 1,
            Step::OfferEnded(end) => self.offers.ended(end),
            Step::HelpAsked => self.help_asked += 1,
            Step::HelpGiven => self.help_given += 1,
            Step::Talked(talked) => {
                self.talks += 1;
                self.long_talks += u64::from(talked > limits.long_talk);
            }
            Step::WrappedUp(_) => self.wrap_ups += 1,
            Step::PutThrough => self.put_through += 1,
            Step::Callback(step) => self.callback.take(step),
            Step::Surveyed(survey) => self.surveys.take(survey),
            Step::Disposed(step) => self.disposals.take(step),
            Step::Outgoing(step) => self.outgoing.take(step),
            Step::Picked => self.picked += 1,
            Step::Foretold { .. } => {}
        }
    }

    fn leave(&mut self, how: Left, limits: &Limits) {
        match how {
            Left::Answered(Waits { waited, .. }) => {
                self.answered += 1;
                for (within, limit) in self.within.iter_mut().zip(&limits.thresholds) {
                    within.answered += u64::from(waited <= *limit);
                }
            }
            Left::Abandoned { ringing, waited } => {
                *if ringing { &mut self.abandoned_ringing } else { &mut self.abandoned_in_line } += 1;
                self.short_abandoned += u64::from(waited < limits.short_abandon);
                for (within, limit) in self.within.iter_mut().zip(&limits.thresholds) {
                    within.abandoned += u64::from(waited <= *limit);
                }
            }
            Left::TurnedAway(why) => *self.turned_away.of(why) += 1,
            Left::Overflowed => self.overflowed_out += 1,
            Left::CalledBack => self.called_back += 1,
            Left::Joined => self.joined += 1,
            Left::Lost => self.lost += 1,
        }
    }

    /// Abandoned in line or while ringing.
    #[must_use]
    pub const fn abandoned(&self) -> u64 {
        self.abandoned_in_line + self.abandoned_ringing
    }

    /// Offered callers that the other counters account for; equal to `offered` when nothing was lost track of.
    #[must_use]
    pub const fn accounted(&self) -> u64 {
        self.answered
            + self.abandoned()
            + self.turned_away.total()
            + self.overflowed_out
            + self.called_back
            + self.joined
            + self.lost
            + self.waiting
    }

    /// Arrived calls that the other counters account for; equal to `arrived`.
    #[must_use]
    pub const fn arrivals_accounted(&self) -> u64 {
        self.reached_line
            + self.abandoned_before_line
            + self.refused
            + self.service
            + self.callbacks
            + self.outgoings
            + self.internal
            + self.lost_before_line
            + self.greeting
    }

    /// The identities that hold at every instant, for a group, an interval and the centre alike.
    ///
    /// # Errors
    /// The identity that does not hold, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let mut rules = vec![
            ("offered = sum of where they are", self.offered == self.accounted()),
            ("arrived = sum of where they are", self.arrived == self.arrivals_accounted()),
            ("put through <= turned away", self.put_through <= self.turned_away.total()),
            ("short <= abandoned", self.short_abandoned <= self.abandoned()),
            ("long talks <= talks", self.long_talks <= self.talks),
            ("talks <= answered", self.talks <= self.answered),
            ("surveys <= talks", self.surveys.total() <= self.talks),
            ("disposals <= talks", self.disposals.total() <= self.talks + self.callback.talks),
            (
                "overflowed in + transferred in <= offered",
                self.overflowed_in + self.transferred_in <= self.offered,
            ),
        ];
        for within in &self.within {
            rules.push(("answered within T <= answered", within.answered <= self.answered));
            rules.push(("abandoned within T <= abandoned", within.abandoned <= self.abandoned()));
        }
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((rule, _)) => Err(format!("{rule}: {self:?}")),
            None => self.callback.check().and_then(|()| self.outgoing.check()),
        }
    }

    /// What the service-level formulas need, for the plan's `threshold`th T.
    #[must_use]
    pub fn served(&self, threshold: usize) -> Served {
        let within = self.within.get(threshold).copied().unwrap_or_default();
        Served {
            offered: self.offered,
            answered: self.answered,
            abandoned: self.abandoned(),
            short: self.short_abandoned,
            answered_within: within.answered,
            abandoned_within: within.abandoned,
        }
    }
}
