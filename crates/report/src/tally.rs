//! Tallies: counters, sums and spreads of one group, or of the whole centre, over some time.

use crate::callbacks::CallbackStep;
use crate::counters::{Counters, Left, Limits, Step};
use crate::outgoing::OutgoingStep;
use crate::spread::{Record, WAIT_BOUNDS};
use std::time::Duration;

/// Counters, sums and spreads; `S` is dense since the start and sparse per quarter of an hour. Where only the wait of
/// answered callers is asked for, `R` is `()` and the other spreads are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally<S, R = S> {
    /// What happened how often.
    pub counters: Counters,
    /// How long it took in all.
    pub sums: Sums,
    /// Waits of answered callers, exactly: up to each of [`WAIT_BOUNDS`], then the rest.
    pub wait_buckets: [u64; WAIT_BOUNDS.len() + 1],
    /// How well waits were foretold.
    pub forecast: Forecast,
    /// How long it took each time.
    pub spreads: Spreads<S, R>,
}

/// Sums of whole milliseconds; the counts they belong to are in [`Counters`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of answered callers: greeting, before the line.
    pub greeted: Duration,
    /// Of answered callers: in the line.
    pub waited: Duration,
    /// Of answered callers: of that, while a phone rang.
    pub rang: Duration,
    /// Of callers who hung up: in the line.
    pub waited_abandoned: Duration,
    /// Talks.
    pub talked: Duration,
    /// Wrap-ups.
    pub wrapped_up: Duration,
    /// Talks of callbacks; their count is [`Callbacks::talks`](crate::callbacks::Callbacks).
    pub talked_back: Duration,
    /// Of calls that agents made: while the phone of whoever they reached rang.
    pub rang_out: Duration,
    /// Talks of these; their count is [`Outgoings::talks`](crate::outgoing::Outgoings).
    pub talked_out: Duration,
    /// The longest of them: no sum.
    pub longest_out: Duration,
}

/// How well waits were foretold, over answered callers who had been told one when they came into the line. Sums, so
/// that figures can be added up; the mean error is `error / count`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Callers.
    pub count: u64,
    /// Sum of what they were told.
    pub expected: Duration,
    /// Sum of what it was.
    pub waited: Duration,
    /// Sum of the differences, each without its sign.
    pub error: Duration,
}

/// Spreads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spreads<S, R = S> {
    /// Wait of answered callers.
    pub wait: S,
    /// Wait of callers who hung up.
    pub wait_abandoned: R,
    /// Ring of the agent who answered.
    pub ring: R,
    /// Talk.
    pub talk: R,
    /// Wrap-up.
    pub wrap_up: R,
    /// Talk of calls that agents made.
    pub talk_out: R,
}

impl<S: Record, R: Record> Tally<S, R> {
    /// Counts one step.
    pub fn take(&mut self, step: Step, limits: &Limits) {
        self.counters.take(step, limits);
        let Self { sums, spreads, wait_buckets, forecast, .. } = self;
        match step {
            Step::Left(Left::Answered(waits)) => {
                add(&mut sums.greeted, waits.greeted);
                add(&mut sums.waited, waits.waited);
                add(&mut sums.rang, waits.rang);
                spreads.wait.record(waits.waited);
                spreads.ring.record(waits.last_ring);
                wait_buckets[WAIT_BOUNDS.partition_point(|bound| *bound < waits.waited)] += 1;
            }
            Step::Left(Left::Abandoned { waited, .. }) => {
                add(&mut sums.waited_abandoned, waited);
                spreads.wait_abandoned.record(waited);
            }
            Step::Talked(talked) => {
                add(&mut sums.talked, talked);
                spreads.talk.record(talked);
            }
            Step::WrappedUp(span) => {
                add(&mut sums.wrapped_up, span);
                spreads.wrap_up.record(span);
            }
            Step::Callback(CallbackStep::Talked(talked)) => add(&mut sums.talked_back, talked),
            Step::Outgoing(OutgoingStep::Reached(rang)) => add(&mut sums.rang_out, rang),
            Step::Outgoing(OutgoingStep::Talked(talked)) => {
                add(&mut sums.talked_out, talked);
                sums.longest_out = sums.longest_out.max(talked);
                spreads.talk_out.record(talked);
            }
            Step::Foretold { expected, waited } => {
                forecast.count += 1;
                add(&mut forecast.expected, expected);
                add(&mut forecast.waited, waited);
                add(&mut forecast.error, expected.abs_diff(waited));
            }
            _ => {}
        }
    }
}

fn add(sum: &mut Duration, span: Duration) {
    *sum = sum.saturating_add(span);
}
