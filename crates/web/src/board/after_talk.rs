//! What follows talks, on the board: what callers said of them, and what came of them. Counted when a call is over, and
//! never by call: which caller pressed which key is in the records only.

use super::{ReportLine, Share};
use report::Ratio;
use report::surveys::RATINGS;
use serde::Serialize;

/// Answered calls that are over, by what their callers said of them. Which caller said what is in the records only.
#[derive(Serialize)]
pub struct Surveys {
    /// Rated, by key: the first is 1.
    pub rated: [u64; RATINGS],
    /// Pressed nothing.
    pub timeout: u64,
    /// Pressed wrong keys only.
    pub invalid: u64,
    /// Hung up while he was asked.
    pub hung_up: u64,
    /// Came to no survey.
    pub not_offered: u64,
    /// Rated, of all answered calls that are over.
    pub rate: Share,
    /// Rated as satisfied, of those who rated.
    pub satisfied: Share,
}

/// Talks that are over, by what agents said came of them.
#[derive(Serialize)]
pub struct Dispositions {
    /// By disposition, in the order of the configuration.
    pub results: Vec<Disposition>,
    /// Answered on line (在线解答) by agents, of those of which something was said.
    pub online_agent: Share,
    /// The same by specialists.
    pub online_specialist: Share,
    /// Nobody has said anything: those in wrap-up are among them, and what is entered later for a record is not known here.
    pub undisposed: u64,
}

/// One disposition.
#[derive(Serialize)]
pub struct Disposition {
    /// Its key.
    pub result: String,
    /// Resolved by agents.
    pub agent: u32,
    /// Resolved by specialists.
    pub specialist: u32,
}

impl Surveys {
    pub(super) fn of(line: &ReportLine) -> Self {
        let surveys = &line.counters.surveys;
        Self {
            rated: surveys.rated,
            timeout: surveys.timeout,
            invalid: surveys.invalid,
            hung_up: surveys.hung_up,
            not_offered: surveys.not_offered,
            rate: Share::of(Ratio { part: surveys.ratings(), whole: surveys.total() }),
            satisfied: Share::of(line.satisfied),
        }
    }
}

impl Dispositions {
    pub(super) fn of(line: &ReportLine, keys: &[String]) -> Self {
        let disposals = &line.counters.disposals;
        let online = |at: usize| Share::of(Ratio { part: disposals.online[at], whole: disposals.given() });
        let results = keys.iter().zip(disposals.results);
        Self {
            results: results
                .map(|(key, [agent, specialist])| Disposition { result: key.clone(), agent, specialist })
                .collect(),
            online_agent: online(0),
            online_specialist: online(1),
            undisposed: disposals.none,
        }
    }
}
