//! Advice on the board: what the agents there give if it goes on like this, and how many the target takes.
//!
//! Computed when the board is asked for, from what the last half hour counted; nothing acts on it by itself. Never
//! knows: where the figures come from, who could be called in.

use crate::board::ms;
use report::advice::{Measured, advise};
use report::staffing::{Goal, Target};
use serde::Serialize;

/// By Erlang A.
#[derive(Serialize)]
pub struct Advice {
    /// What is to be reached.
    pub target: String,
    /// Why nothing can be said; `null` when it can.
    pub not_enough: Option<String>,
    /// Over how long was counted.
    pub over_ms: u64,
    /// Agents ready or handling calls.
    pub agents: u32,
    /// Of all callers, the share that they answer within the target's time (20 s for a target without one).
    pub expected_share: Option<f64>,
    /// The mean wait that they give.
    pub expected_wait_ms: Option<u64>,
    /// The share of callers who abandon.
    pub expected_abandoned: Option<f64>,
    /// Whether that is enough.
    pub met: Option<bool>,
    /// Fewest agents for the target.
    pub agents_needed: Option<u32>,
    /// The same if calls come faster by one standard error.
    pub agents_needed_if_busier: Option<u32>,
}

impl Advice {
    pub(crate) fn of(recent: &Measured, target: Target) -> Self {
        let advice = advise(recent, &Goal::of(target));
        let share = |share: f64| (share * 10_000.0).round() / 10_000.0;
        let said = advice.as_ref().ok();
        Self {
            target: target.to_string(),
            not_enough: advice.as_ref().err().map(ToString::to_string),
            over_ms: ms(recent.over),
            agents: recent.agents,
            expected_share: said.map(|said| share(said.now.sl1)),
            expected_wait_ms: said.map(|said| ms(said.now.asa)),
            expected_abandoned: said.map(|said| share(said.now.abandoned)),
            met: said.map(|said| said.met),
            agents_needed: said.and_then(|said| said.needed).map(|needed| needed.agents),
            agents_needed_if_busier: said.and_then(|said| said.needed_if_busier).map(|needed| needed.agents),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn five_agents_are_missing_on_a_busy_morning() {
        let recent = Measured {
            over: Duration::from_secs(900),
            arrivals: 172,
            handled: 160,
            handling: Duration::from_secs(160 * 179),
            abandoned: 9,
            waited: Duration::from_secs(810),
            agents: 30,
        };
        let advice = Advice::of(&recent, Target::default());
        assert_eq!((advice.expected_share, advice.met), (Some(0.597), Some(false)));
        assert_eq!((advice.agents, advice.agents_needed), (30, Some(35)));
        assert!(advice.agents_needed_if_busier > advice.agents_needed);
        let quiet = Advice::of(&Measured { arrivals: 3, ..recent }, Target::default());
        assert_eq!(quiet.not_enough.as_deref(), Some("3 arrivals of 20"));
        assert_eq!((quiet.agents_needed, quiet.expected_share), (None, None));
    }
}
