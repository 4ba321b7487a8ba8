//! Askings of a period: specialists who were asked and exchanges with other platforms, summed up as a report shows them.

use crate::error::ReadError;
use crate::period::Reading;
use crate::records::signed;
use report::UnixMs;
use rusqlite::{Row, params};

/// Askings of one roster, way and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Askings {
    /// Key of the roster.
    pub roster: String,
    /// Another platform, not our specialists.
    pub liaison: bool,
    /// `out`: from us, `in`: to us.
    pub way: String,
    /// Key of the reason; empty for none.
    pub reason: String,
    /// How many calls.
    pub calls: u64,
    /// How many askings.
    pub asked: u64,
    /// Phones that were rung.
    pub rung: u64,
    /// Somebody came.
    pub answered: u64,
    /// Of these, he had the caller without an agent.
    pub took_over: u64,
    /// Everybody was rung, nobody came.
    pub nobody: u64,
    /// Not wanted any more.
    pub called_off: u64,
    /// Of the answered, until somebody came, all together.
    pub wait_ms: u64,
    /// Of the answered, from then on, all together.
    pub talk_ms: u64,
}

const ASKINGS: &str = "
SELECT roster, liaison, way, reason, count(DISTINCT call_id), count(*), sum(rung), sum(ended = 'answered'),
       sum(ended = 'answered' AND took_over), sum(ended = 'nobody'), sum(ended = 'called_off'),
       sum(iif(ended = 'answered', answered_at - from_at, 0)),
       sum(iif(ended = 'answered', to_at - answered_at, 0))
FROM asked WHERE from_at >= ?1 AND from_at < ?2
GROUP BY roster, liaison, way, reason ORDER BY liaison, roster, way DESC, reason";

impl Reading<'_> {
    /// What was asked in a period, by the moment in which somebody was wanted.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn askings(&self, from: UnixMs, to: UnixMs) -> Result<Vec<Askings>, ReadError> {
        // A file of an earlier version, opened to be read, has no such table.
        let known: bool = self.connection().query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'asked'",
            [],
            |row| row.get(0),
        )?;
        if !known {
            return Ok(Vec::new());
        }
        let mut statement = self.connection().prepare(ASKINGS)?;
        let rows = statement.query_map(params![signed(from.0), signed(to.0)], askings)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn askings(row: &Row<'_>) -> rusqlite::Result<Askings> {
    Ok(Askings {
        roster: row.get(0)?,
        liaison: row.get(1)?,
        way: row.get(2)?,
        reason: row.get(3)?,
        calls: row.get(4)?,
        asked: row.get(5)?,
        rung: row.get(6)?,
        answered: row.get(7)?,
        took_over: row.get(8)?,
        nobody: row.get(9)?,
        called_off: row.get(10)?,
        wait_ms: row.get(11)?,
        talk_ms: row.get(12)?,
    })
}
