//! The expected wait of a line: how fast it moves, how many stand before, and how many of those give up.
//!
//! ```text
//!   wait(position p) = Σ k=0..p−1  1 / (r + k·θ)
//!                      r  pace of the line: callers served a second while somebody waited
//!                      θ  rate at which a waiting caller gives up: hang-ups ÷ time waited by all
//! ```
//!
//! That is the mean wait of Erlang-A for a caller who finds all agents busy and p − 1 before him, with the line's
//! own measured pace in place of n·μ: so agents who serve several groups count as far as they really serve this
//! one. Before four services in a row were seen the pace is agents signed in ÷ mean handling time. All means
//! forget slowly and are kept in whole nanoseconds; the sum uses division and addition only, which round alike
//! on every machine.
//!
//! Never knows: who waits.

use base::Timestamp;
use std::time::Duration;

/// How slowly the means forget.
const WEIGHT: i128 = 16;
/// Paces seen before they are believed.
const PACES_MIN: i128 = 4;
/// Hang-ups counted before the older half is forgotten.
const GIVEN_UP_MAX: u64 = 64;

/// What is known of one line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Estimate {
    handling: Mean,
    pace: Mean,
    /// Since when the next service is awaited by somebody.
    awaited: Option<Timestamp>,
    given_up: u64,
    waited: u128,
}

/// A mean that is plain over the first [`WEIGHT`] values and then moves by a [`WEIGHT`]th of each new one.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    nanos: i128,
    count: i128,
}

impl Mean {
    fn add(&mut self, span: Duration) {
        self.count = (self.count + 1).min(WEIGHT);
        self.nanos += (span.as_nanos() as i128 - self.nanos) / self.count;
    }

    fn seconds(&self) -> f64 {
        self.nanos.max(0) as f64 / 1e9
    }
}

impl Estimate {
    /// One more call was handled: talk and wrap-up.
    pub(crate) fn handled(&mut self, span: Duration) {
        self.handling.add(span);
    }

    /// The line's length has changed by somebody joining or leaving without service.
    pub(crate) fn length(&mut self, now: Timestamp, waiting: usize) {
        if waiting == 0 {
            self.awaited = None;
        } else if self.awaited.is_none() {
            self.awaited = Some(now);
        }
    }

    /// A caller was served after this wait; so many are left.
    pub(crate) fn served(&mut self, now: Timestamp, wait: Duration, waiting: usize) {
        if let Some(since) = self.awaited {
            self.pace.add(now.since(since));
        }
        self.awaited = (waiting > 0).then_some(now);
        self.waited += wait.as_nanos();
    }

    /// A caller hung up after this wait.
    pub(crate) fn gave_up(&mut self, wait: Duration) {
        self.waited += wait.as_nanos();
        self.given_up += 1;
        if self.given_up >= GIVEN_UP_MAX {
            self.given_up /= 2;
            self.waited /= 2;
        }
    }

    /// How long the caller in `position` may expect to wait; `None` when nothing is known yet or nobody is there.
    pub(crate) fn expected(&self, position: u32, agents: u32) -> Option<Duration> {
        if agents == 0 || self.handling.count == 0 {
            return None;
        }
        let each = if self.pace.count >= PACES_MIN {
            self.pace.seconds()
        } else {
            self.handling.seconds() / f64::from(agents)
        };
        let rate = 1.0 / each.max(1e-6);
        let waited = self.waited as f64 / 1e9;
        let gives_up = if waited > 0.0 { self.given_up as f64 / waited } else { 0.0 };
        let seconds = if gives_up > 0.0 {
            sum(position, |before| 1.0 / (rate + before * gives_up))
        } else {
            f64::from(position) / rate
        };
        Some(Duration::from_millis((seconds.min(1e9) * 1e3) as u64))
    }
}

/// The sum of `term(k)` for k in 0..count of a smooth, falling term: one by one at first, then in blocks that grow,
/// each by its middle. Off by less than 1 %.
fn sum(count: u32, term: impl Fn(f64) -> f64) -> f64 {
    let (mut total, mut at, mut block) = (0.0, 0, 1);
    while at < count {
        block = block.min(count - at);
        total += f64::from(block) * term(f64::from(at) + f64::from(block - 1) / 2.0);
        at += block;
        block = 1 + at / 4;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_wait_grows_with_the_position_and_shrinks_with_the_agents() {
        let mut line = Estimate::default();
        assert_eq!(line.expected(1, 5), None);
        line.handled(s(100));
        line.handled(s(140));
        assert_eq!(line.expected(10, 5), Some(s(240)));
        assert_eq!(line.expected(1, 0), None);
    }

    #[test]
    fn the_measured_pace_of_the_line_is_believed_once_it_is_seen() {
        let mut line = Estimate::default();
        line.handled(s(120));
        line.length(Timestamp::from_secs(0), 9);
        for service in 1..=6 {
            line.served(Timestamp::from_secs(20 * service), s(30), 9);
        }
        // Ten agents are signed in, but most of their work is elsewhere: this line moves every 20 s.
        assert_eq!(line.expected(3, 10), Some(s(60)));
        // Nobody waits for a while: that is no slow service.
        line.length(Timestamp::from_secs(130), 0);
        line.length(Timestamp::from_secs(900), 1);
        line.served(Timestamp::from_secs(920), s(20), 0);
        assert_eq!(line.expected(3, 10), Some(s(60)));
    }

    #[test]
    fn whoever_stands_before_may_give_up() {
        let mut line = Estimate::default();
        line.handled(s(100));
        let patient = line.expected(50, 1);
        (0..10).for_each(|_| line.gave_up(s(90)));
        // Erlang-A: Σ 1/(0.01 + k/90) for k = 0..49 is 443.6 s; the blocks come within 1 % of it.
        let wait = line.expected(50, 1).expect("is known").as_secs_f64();
        let exact: f64 = (0..50).map(|k| 1.0 / (0.01 + f64::from(k) / 90.0)).sum();
        assert!((wait / exact - 1.0).abs() < 0.01, "{wait} instead of {exact}");
        assert_eq!(patient, Some(s(5_000)));
    }
}
