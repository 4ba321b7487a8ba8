//! The list of calls, as a supervisor or a test asks for it.

use crate::error::ReadError;
use crate::records::{Records, signed};
use crate::writer::caller_hash;
use base::Private;
use report::{RecordId, UnixMs};
use rusqlite::{Row, params};
use std::time::Duration;

/// Which calls. What is `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this caller, by the whole number as it was recorded.
    pub caller: Option<Private>,
    /// Arrived at or after.
    pub from: Option<UnixMs>,
    /// Arrived before.
    pub to: Option<UnixMs>,
    /// With this outcome (a key of [`report::words::outcome`]).
    pub outcome: Option<String>,
    /// At most so many, newest first; 1,000 when `None`.
    pub limit: Option<u32>,
}

/// A call as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCall {
    /// Its id.
    pub id: RecordId,
    /// Began.
    pub arrived_at: UnixMs,
    /// Ended; `None` while in progress.
    pub ended_at: Option<UnixMs>,
    /// Caller's number as kept.
    pub caller: Private,
    /// Called number.
    pub called: String,
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// Key of the outcome; `None` while in progress.
    pub outcome: Option<String>,
    /// Q.850 cause.
    pub cause: Option<u8>,
    /// Key of the group.
    pub group: Option<String>,
    /// Key of the agent.
    pub agent: Option<String>,
    /// Wait.
    pub waited: Duration,
    /// Talk.
    pub talked: Duration,
    /// Its segments.
    pub segments: Vec<StoredSegment>,
    /// Legs whose audio was measured.
    pub legs: u32,
    /// Key of what came of the survey after an answered call.
    pub survey: Option<String>,
    /// The rating, 1 to 9.
    pub rating: Option<u8>,
    /// What came of the call, as an agent said: key of the disposition, and of who resolved it.
    pub disposition: Option<(String, String)>,
    /// Keys by which the caller chose his way: `choose:8`.
    pub choices: Option<String>,
    /// The language that he chose.
    pub language: Option<String>,
}

/// A stretch of a call as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSegment {
    /// Key of what it was.
    pub kind: String,
    /// Key of the group.
    pub group: Option<String>,
    /// Key of the agent.
    pub agent: Option<String>,
    /// Began.
    pub from_at: UnixMs,
    /// Ended.
    pub to_at: UnixMs,
    /// Key of why it ended.
    pub ended: String,
}

const CALLS: &str = "
SELECT call.id, arrived_at, ended_at, caller, called, sip_call_id, outcome, cause, line.key, agent.key,
       waited_ms, talked_ms, (SELECT count(*) FROM leg WHERE leg.call_id = call.id),
       survey, rating, result, resolver, choices, language
FROM call
LEFT JOIN disposition ON disposition.call_id = call.id
LEFT JOIN name AS line ON line.id = call.group_id
LEFT JOIN name AS agent ON agent.id = call.agent_id
WHERE {who} arrived_at >= ?2 AND arrived_at < ?3 AND (?4 IS NULL OR outcome = ?4)
ORDER BY call.id DESC LIMIT ?5";
/// Put for `{who}`: the second term tells SQLite that the index over known numbers serves.
const OF_CALLER: &str = "caller_hash = ?1 AND caller_hash <> 0 AND";
const OF_ANYBODY: &str = "?1 IS NULL AND";

const CALLERS: &str = "
SELECT caller, max(ended_at) AS last FROM call
WHERE arrived_at >= ?1 AND caller_hash <> 0 AND flow_id IS NOT NULL AND ended_at IS NOT NULL
GROUP BY caller ORDER BY last";

const SEGMENTS: &str = "
SELECT segment.kind, line.key, agent.key, from_at, to_at, ended
FROM segment
LEFT JOIN name AS line ON line.id = segment.group_id
LEFT JOIN name AS agent ON agent.id = segment.agent_id
WHERE call_id = ?1 ORDER BY number";

impl Records {
    /// The calls that fit, newest first, with their segments.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn calls(&self, filter: &Filter) -> Result<Vec<StoredCall>, ReadError> {
        let hash = filter.caller.as_ref().map(|caller| caller_hash(caller.reveal()));
        let from = filter.from.map_or(0, |from| signed(from.0));
        let to = filter.to.map_or(i64::MAX, |to| signed(to.0));
        let who = if hash.is_some() { OF_CALLER } else { OF_ANYBODY };
        let mut statement = self.connection.prepare_cached(&CALLS.replace("{who}", who))?;
        let mut segments = self.connection.prepare_cached(SEGMENTS)?;
        let limit = filter.limit.unwrap_or(1000);
        let calls = statement.query_map(params![hash, from, to, filter.outcome, limit], call)?;
        calls
            .map(|call| {
                let mut call = call?;
                call.segments =
                    segments.query_map([signed(call.id.0)], segment)?.collect::<rusqlite::Result<_>>()?;
                Ok(call)
            })
            .collect()
    }
}

impl Records {
    /// Who has called since then, with a number and to be served, and when his last call ended; in that order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn callers_since(&self, from: UnixMs) -> Result<Vec<(Private, UnixMs)>, ReadError> {
        let mut statement = self.connection.prepare(CALLERS)?;
        let row = |row: &Row<'_>| Ok((Private::new(row.get(0)?), UnixMs(row.get(1)?)));
        let callers = statement.query_map([signed(from.0)], row)?;
        Ok(callers.collect::<rusqlite::Result<_>>()?)
    }
}

fn call(row: &Row<'_>) -> rusqlite::Result<StoredCall> {
    let span = |column: usize| -> rusqlite::Result<Duration> {
        Ok(Duration::from_millis(row.get::<_, Option<u64>>(column)?.unwrap_or(0)))
    };
    Ok(StoredCall {
        id: RecordId(row.get(0)?),
        arrived_at: UnixMs(row.get(1)?),
        ended_at: row.get::<_, Option<u64>>(2)?.map(UnixMs),
        caller: Private::new(row.get(3)?),
        called: row.get(4)?,
        sip_call_id: row.get(5)?,
        outcome: row.get(6)?,
        cause: row.get(7)?,
        group: row.get(8)?,
        agent: row.get(9)?,
        waited: span(10)?,
        talked: span(11)?,
        segments: Vec::new(),
        legs: row.get(12)?,
        survey: row.get(13)?,
        rating: row.get(14)?,
        disposition: row.get::<_, Option<String>>(15)?.zip(row.get(16)?),
        choices: row.get(17)?,
        language: row.get(18)?,
    })
}

fn segment(row: &Row<'_>) -> rusqlite::Result<StoredSegment> {
    Ok(StoredSegment {
        kind: row.get(0)?,
        group: row.get(1)?,
        agent: row.get(2)?,
        from_at: UnixMs(row.get(3)?),
        to_at: UnixMs(row.get(4)?),
        ended: row.get(5)?,
    })
}
