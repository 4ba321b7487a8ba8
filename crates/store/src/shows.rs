//! Shows of radio studios (政风热线): when each was on, and what happened in it; and the studios of a period, counted
//! again from shows and calls.
//!
//! ```text
//!   report::ShowRecord ─▶ Register::note_shows ─▶ show ┐
//!   call records (studio_id, standby_ms, on_air_ms) ───┴─ Reading::studios ─▶ a row for each studio
//! ```
//!
//! A show belongs to the period in which it began, a caller to that in which he arrived. A show whose process was killed
//! has no end. Never knows: what is broadcast.

use crate::error::{ReadError, WriteError};
use crate::period::Reading;
use crate::records::signed;
use crate::register::Register;
use report::UnixMs;
use report::studios::ShowRecord;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::time::Duration;

const NOTE: &str = "
INSERT OR REPLACE INTO show (run, studio, number, begun_at, ended_at, screened, picked, aired, gone, sent_back, on_air_ms,
    standby_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

const SHOWS: &str = "
SELECT studio, count(*), coalesce(sum(ended_at - begun_at), 0) FROM show
WHERE begun_at >= ?1 AND begun_at < ?2 GROUP BY studio";

const CALLERS: &str = "
SELECT name.key, count(*), count(on_air_ms), coalesce(sum(on_air_ms), 0), coalesce(sum(standby_ms), 0)
FROM call JOIN name ON name.id = call.studio_id
WHERE studio_id IS NOT NULL AND arrived_at >= ?1 AND arrived_at < ?2 GROUP BY name.key";

/// A studio in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudioRow {
    /// Its key.
    pub studio: String,
    /// Shows that began (期数).
    pub shows: u64,
    /// How long they were on, as far as their ends are known.
    pub open: Duration,
    /// Callers who were sent there (收到).
    pub received: u64,
    /// Of them, who were put on air (上线).
    pub aired: u64,
    /// Time on air (现场时长).
    pub on_air: Duration,
    /// Time held.
    pub standby: Duration,
}

impl Register {
    /// Notes shows that have begun or are over, in one transaction; keys are those of the studios in the plan's order.
    ///
    /// # Errors
    /// None of it was written.
    pub fn note_shows(&mut self, run: u64, keys: &[String], shows: &[ShowRecord]) -> Result<(), WriteError> {
        let connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for show in shows {
            let Some(key) = keys.get(show.studio.index()) else { continue };
            let counts = &show.counts;
            transaction.prepare_cached(NOTE)?.execute(params![
                signed(run),
                key,
                show.number,
                signed(show.begun.0),
                show.ended.map(|at| signed(at.0)),
                signed(counts.screened),
                signed(counts.picked),
                signed(counts.aired),
                signed(counts.gone),
                signed(counts.sent_back),
                millis(counts.on_air),
                millis(counts.held),
            ])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Reading<'_> {
    /// What happened in each studio in a period, by key. None in a file that no version with studios has opened to write.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn studios(&self, from: UnixMs, to: UnixMs) -> Result<Vec<StudioRow>, ReadError> {
        let connection = self.connection();
        if !has_table(connection, "show")? {
            return Ok(Vec::new());
        }
        let mut rows: Vec<StudioRow> = Vec::new();
        let mut row = |key: String, fill: &dyn Fn(&mut StudioRow)| {
            let at = rows.iter().position(|row| row.studio == key).unwrap_or_else(|| {
                rows.push(StudioRow { studio: key, ..StudioRow::default() });
                rows.len() - 1
            });
            fill(&mut rows[at]);
        };
        let period = params![signed(from.0), signed(to.0)];
        let mut shows = connection.prepare(SHOWS)?;
        let mut found = shows.query(period)?;
        while let Some(read) = found.next()? {
            let (count, open): (u64, u64) = (read.get(1)?, read.get(2)?);
            row(read.get(0)?, &|row| (row.shows, row.open) = (count, Duration::from_millis(open)));
        }
        let mut callers = connection.prepare(CALLERS)?;
        let mut found = callers.query(period)?;
        while let Some(read) = found.next()? {
            let (received, aired): (u64, u64) = (read.get(1)?, read.get(2)?);
            let (on_air, standby): (u64, u64) = (read.get(3)?, read.get(4)?);
            row(read.get(0)?, &|row| {
                (row.received, row.aired) = (received, aired);
                (row.on_air, row.standby) = (Duration::from_millis(on_air), Duration::from_millis(standby));
            });
        }
        rows.sort_by(|one, other| one.studio.cmp(&other.studio));
        Ok(rows)
    }
}

/// Whether a table is there: a file that is only read may be of an earlier version.
pub(crate) fn has_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let found: Option<i64> = connection.query_row(sql, [table], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
