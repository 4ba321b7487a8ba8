//! The expected wait: position in the line × mean handling time ÷ agents signed in with the skill.
//!
//! Handling is talk and wrap-up of a call of this line, whoever took it. The mean is plain over the first
//! [`WEIGHT`] calls and then moves by a [`WEIGHT`]th of each new one, in whole nanoseconds, so a replay tells
//! the same wait. It is a first estimate: agents who serve several groups count in full in each.
//!
//! Never knows: who waits.

use std::time::Duration;

/// How slowly the mean forgets.
const WEIGHT: i128 = 16;

/// The mean handling time of one line's calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handling {
    mean: i128,
    calls: i128,
}

impl Handling {
    /// One more call was handled.
    pub(crate) fn add(&mut self, span: Duration) {
        self.calls = (self.calls + 1).min(WEIGHT);
        self.mean += (span.as_nanos() as i128 - self.mean) / self.calls;
    }

    /// How long the caller in `position` may expect to wait; `None` when no call was handled yet or no agent
    /// is there.
    pub(crate) fn expected(&self, position: u32, agents: u32) -> Option<Duration> {
        if self.calls == 0 || agents == 0 {
            return None;
        }
        let wait = self.mean.max(0) * i128::from(position) / i128::from(agents);
        Some(Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_the_position_and_shrinks_with_the_agents() {
        let mut handling = Handling::default();
        assert_eq!(handling.expected(1, 5), None);
        handling.add(Duration::from_secs(100));
        handling.add(Duration::from_secs(140));
        assert_eq!(handling.expected(10, 5), Some(Duration::from_secs(240)));
        assert_eq!(handling.expected(1, 0), None);
    }

    #[test]
    fn the_mean_follows_a_change_without_jumping_at_one_long_call() {
        let mut handling = Handling::default();
        (0..100).for_each(|_| handling.add(Duration::from_secs(120)));
        handling.add(Duration::from_secs(1_720));
        assert_eq!(handling.expected(1, 1), Some(Duration::from_secs(220)));
    }
}
