//! Advice on the board: what the agents there give if it goes on like this, and how many the target takes.
//!
//! Computed when the board is asked for, from what the last quarters counted; nothing acts on it by itself. Never
//! knows: where the figures come from, who could be called in.

use crate::board::ms;
use report::advice::{Measured, advise};
use report::staffing::{Goal, Target};
use serde::Serialize;
use std::time::Duration;

const SHARE: f64 = 0.8;
const WITHIN: Duration = Duration::from_secs(20);

/// By Erlang A.
#[derive(Serialize)]
pub struct Advice {
    /// What is to be reached.
    pub target: &'static str,
    /// Why nothing can be said; `null` when it can.
    pub not_enough: Option<String>,
    /// Over how long was counted.
    pub over_ms: u64,
    /// Agents ready or handling calls.
    pub agents: u32,
    /// Of all callers, the share that they answer within the target's time.
    pub expected_share: Option<f64>,
    /// Whether that is enough.
    pub met: Option<bool>,
    /// Fewest agents for the target.
    pub agents_needed: Option<u32>,
    /// The same if calls come faster by one standard error.
    pub agents_needed_if_busier: Option<u32>,
}

impl Advice {
    pub(crate) fn of(recent: &Measured) -> Self {
        let advice = advise(recent, &Goal::of(Target::Sl1(SHARE, WITHIN)));
        let said = advice.as_ref().ok();
        Self {
            target: "80% of offered within 20 s",
            not_enough: advice.as_ref().err().map(ToString::to_string),
            over_ms: ms(recent.over),
            agents: recent.agents,
            expected_share: said.map(|said| (said.now.sl1 * 10_000.0).round() / 10_000.0),
            met: said.map(|said| said.met),
            agents_needed: said.and_then(|said| said.needed).map(|needed| needed.agents),
            agents_needed_if_busier: said.and_then(|said| said.needed_if_busier).map(|needed| needed.agents),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let advice = Advice::of(&recent);
        assert_eq!((advice.expected_share, advice.met), (Some(0.597), Some(false)));
        assert_eq!((advice.agents, advice.agents_needed), (30, Some(35)));
        assert!(advice.agents_needed_if_busier > advice.agents_needed);
        let quiet = Advice::of(&Measured { arrivals: 3, ..recent });
        assert_eq!(quiet.not_enough.as_deref(), Some("3 arrivals of 20"));
        assert_eq!((quiet.agents_needed, quiet.expected_share), (None, None));
    }
}
