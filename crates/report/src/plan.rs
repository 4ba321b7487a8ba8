//! The plan: names and settings of the centre, as far as counting needs them.
//!
//! Positions are the references that events carry ([`acd::GroupRef`], [`acd::AgentRef`] and so on). A reference
//! beyond its list is counted in the totals and shown without a name; it never stops the fold.

use crate::staffing::Target;
use crate::surveys::Ratings;
use acd::GroupRef;
use base::Epoch;
use base::calendar::Offset;
use call::roster::{PersonRef, ReasonRef};
use std::time::Duration;

/// How many service-level thresholds are kept at once; further ones are left out.
pub const THRESHOLDS_MAX: usize = 8;

/// What is counted, under which names, by which limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Keys of the groups (`general`).
    pub groups: Vec<String>,
    /// Their names on screens (民生); same order.
    pub titles: Vec<String>,
    /// Keys of the agents (work number, `8001`).
    pub agents: Vec<String>,
    /// Index into `sites` for each agent.
    pub agent_sites: Vec<usize>,
    /// Groups that each agent serves, so that a group's line on the board shows its agents.
    pub agent_groups: Vec<Vec<GroupRef>>,
    /// Keys of the sites.
    pub sites: Vec<String>,
    /// Keys of the trunks.
    pub trunks: Vec<String>,
    /// Keys of the flows.
    pub flows: Vec<String>,
    /// Specialists and other platforms.
    pub rosters: Vec<RosterNames>,
    /// Of each flow, the keys of its steps.
    pub steps: Vec<Vec<String>>,
    /// Keys of the languages.
    pub languages: Vec<String>,
    /// Keys of what agents may say came of a call.
    pub dispositions: Vec<String>,
    /// Which of these count as answered on line (在线解答); same order.
    pub online: Vec<bool>,
    /// Keys of the radio studios.
    pub studios: Vec<String>,
    /// Their names on screens; same order.
    pub studio_titles: Vec<String>,
    /// Service-level thresholds T, inclusive; the first [`THRESHOLDS_MAX`] count.
    pub thresholds: Vec<Duration>,
    /// An abandoned wait shorter than this is also counted as short.
    pub short_abandon: Duration,
    /// A talk longer than this is a long one (超10分钟).
    pub long_talk: Duration,
    /// Ratings that count as satisfied.
    pub satisfied: Ratings,
    /// Ratings that somebody should look at.
    pub low: Ratings,
    /// Wall clock at the start, for the times in records and the quarters of intervals.
    pub epoch: Epoch,
    /// Local time, in which today begins.
    pub offset: Offset,
    /// What [`advice`](crate::advice) is given for.
    pub target: Target,
    /// Number of this run of the process, so that record ids stay unique over restarts; `store` gives it.
    pub run: u64,
}

/// The names of a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterNames {
    /// Key.
    pub key: String,
    /// Name on screens.
    pub title: String,
    /// Of those who are on it.
    pub people: Vec<String>,
    /// Another platform, not our specialists.
    pub liaison: bool,
    /// Keys of the reasons for exchanges with it.
    pub reasons: Vec<String>,
}

impl RosterNames {
    /// The name of somebody on it; empty for nobody.
    #[must_use]
    pub fn person(&self, person: Option<PersonRef>) -> &str {
        person.and_then(|person| self.people.get(person.index())).map_or("", String::as_str)
    }

    /// The key of a reason; empty for none.
    #[must_use]
    pub fn reason(&self, reason: Option<ReasonRef>) -> &str {
        reason.and_then(|reason| self.reasons.get(reason.index())).map_or("", String::as_str)
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            titles: Vec::new(),
            agents: Vec::new(),
            agent_sites: Vec::new(),
            agent_groups: Vec::new(),
            sites: Vec::new(),
            trunks: Vec::new(),
            flows: Vec::new(),
            rosters: Vec::new(),
            steps: Vec::new(),
            languages: Vec::new(),
            dispositions: Vec::new(),
            online: Vec::new(),
            studios: Vec::new(),
            studio_titles: Vec::new(),
            thresholds: vec![Duration::from_secs(15), Duration::from_secs(20), Duration::from_secs(30)],
            short_abandon: Duration::from_secs(5),
            long_talk: Duration::from_secs(600),
            satisfied: Ratings::SATISFIED,
            low: Ratings::LOW,
            epoch: Epoch::default(),
            offset: Offset::CHINA,
            target: Target::default(),
            run: 0,
        }
    }
}
