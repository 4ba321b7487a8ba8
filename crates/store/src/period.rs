//! The records of a period, read row by row: what the tables are made of, whatever the size of the file.
//!
//! ```text
//!   Reading ─┬─ names         id, kind, key: small, at once
//!            ├─ each_call     by arrival, with its segments   ┐ one row in memory at a time
//!            └─ each_agent_time  sessions, breaks, wrap-ups   ┘
//! ```
//!
//! A [`Reading`] sees the file as it was when it began, though a centre goes on writing: calls and agents' times
//! belong together.

use crate::error::ReadError;
use crate::records::{Records, signed};
use base::Private;
use report::disposals::Given;
use report::tables::rows::Fate;
use report::tables::{AgentTime, Call, End, Kind, NameId, Stretch, TimeKind};
use report::{RecordId, Survey, UnixMs, words};
use rusqlite::{Connection, Row, Statement, Transaction, params};

/// The records at one moment.
#[derive(Debug)]
pub struct Reading<'r> {
    file: Transaction<'r>,
    /// Whether it tells what followed the talks; a file of an earlier version does not.
    after_talk: bool,
    /// Keys of dispositions, the most frequent first.
    results: Vec<String>,
}

/// What stopped a reading.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The file cannot be read.
    Read(ReadError),
    /// Whoever was told did not want more.
    Told(E),
}

impl<E> From<rusqlite::Error> for Stopped<E> {
    fn from(source: rusqlite::Error) -> Self {
        Self::Read(source.into())
    }
}

/// A name in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its number.
    pub id: NameId,
    /// Of what: `group`, `agent`, `trunk`, `flow`, `studio`.
    pub kind: String,
    /// Its key.
    pub key: String,
}

const CALLS: &str = "
SELECT id, arrived_at, queued_at, ended_at, caller, caller_hash, outcome, group_id, call.agent_id, trunk_id,
       greeted_ms, waited_ms, rang_ms, talked_ms, truncated, {after_talk}
FROM call INDEXED BY call_by_arrival {disposition} WHERE arrived_at >= ?1 AND arrived_at < ?2
ORDER BY arrived_at, id";
/// Put for `{after_talk}`, `{disposition}`: in a file that knows of it, and in one that does not.
const AFTER_TALK: (&str, &str) = (
    "last_agent_id, survey, rating, choices, language, result, online, resolver",
    "LEFT JOIN disposition ON disposition.call_id = call.id",
);
const NOTHING_AFTER_TALK: (&str, &str) = ("NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", "");

const SEGMENTS: &str = "
SELECT kind, group_id, agent_id, from_at, to_at, waited_ms, ended FROM segment WHERE call_id = ?1 ORDER BY number";

/// A wrap-up belongs to the group for which the agent talked last in that call.
const TIMES: &str = "
SELECT agent_id, kind, call_id, from_at, to_at,
       CASE kind WHEN 'wrap_up' THEN coalesce(
           (SELECT group_id FROM segment WHERE segment.call_id = agent_state.call_id AND kind = 'talk'
                AND segment.agent_id = agent_state.agent_id ORDER BY number DESC LIMIT 1),
           (SELECT group_id FROM call WHERE call.id = agent_state.call_id)) END
FROM agent_state WHERE from_at < ?2 AND to_at > ?1 ORDER BY from_at, id";

impl Records {
    /// Begins a reading.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reading(&self) -> Result<Reading<'_>, ReadError> {
        let file = self.connection.unchecked_transaction()?;
        let known = "SELECT count(*) FROM pragma_table_info('call') WHERE name = 'survey'";
        let after_talk = file.query_row(known, [], |row| row.get::<_, u32>(0))? > 0;
        let results = if after_talk { results(&file)? } else { Vec::new() };
        Ok(Reading { file, after_talk, results })
    }
}

impl Reading<'_> {
    /// The connection, for what stands in a file of its own.
    pub(crate) fn connection(&self) -> &Connection {
        &self.file
    }

    /// All names.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn names(&self) -> Result<Vec<Name>, ReadError> {
        let mut statement = self.file.prepare("SELECT id, kind, key FROM name ORDER BY id")?;
        let names = statement
            .query_map([], |row| Ok(Name { id: NameId(row.get(0)?), kind: row.get(1)?, key: row.get(2)? }))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Keys of dispositions, the most frequent first; the places that calls name.
    #[must_use]
    pub fn results(&self) -> &[String] {
        &self.results
    }

    /// When the first and the last call arrived; `None` while there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn extent(&self) -> Result<Option<(UnixMs, UnixMs)>, ReadError> {
        // Two questions, so that each is one step in the index.
        let one = |sql: &str| self.file.query_row(sql, [], |row| row.get::<_, Option<u64>>(0));
        let first = one("SELECT min(arrived_at) FROM call")?;
        let last = one("SELECT max(arrived_at) FROM call")?;
        Ok(first.zip(last).map(|(first, last)| (UnixMs(first), UnixMs(last))))
    }

    /// How many calls arrived in a period.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self, from: UnixMs, to: UnixMs) -> Result<u64, ReadError> {
        let sql = "SELECT count(*) FROM call WHERE arrived_at >= ?1 AND arrived_at < ?2";
        Ok(self.file.query_row(sql, params![signed(from.0), signed(to.0)], |row| row.get(0))?)
    }

    /// Tells every call that arrived in a period, by arrival.
    ///
    /// # Errors
    /// The file cannot be read, or `tell` stopped it.
    pub fn each_call<E>(
        &self,
        from: UnixMs,
        to: UnixMs,
        mut tell: impl FnMut(Call) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let (columns, join) = if self.after_talk { AFTER_TALK } else { NOTHING_AFTER_TALK };
        let sql = CALLS.replace("{after_talk}", columns).replace("{disposition}", join);
        let mut calls = self.file.prepare(&sql)?;
        let mut segments = self.file.prepare(SEGMENTS)?;
        let mut rows = calls.query(params![signed(from.0), signed(to.0)])?;
        while let Some(row) = rows.next()? {
            let mut call = call(row, &self.results)?;
            stretches(&mut segments, &mut call)?;
            tell(call).map_err(Stopped::Told)?;
        }
        Ok(())
    }

    /// Tells every stretch of an agent's day that touches a period, by beginning. A session that is not over has not
    /// been written yet.
    ///
    /// # Errors
    /// The file cannot be read, or `tell` stopped it.
    pub fn each_agent_time<E>(
        &self,
        from: UnixMs,
        to: UnixMs,
        mut tell: impl FnMut(AgentTime) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let mut times = self.file.prepare(TIMES)?;
        let mut rows = times.query(params![signed(from.0), signed(to.0)])?;
        while let Some(row) = rows.next()? {
            tell(agent_time(row)?).map_err(Stopped::Told)?;
        }
        Ok(())
    }
}

fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<NameId>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(NameId))
}

/// A word of the records, without a copy.
fn word<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

/// Keys of dispositions, the most frequent first.
fn results(file: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut all =
        file.prepare("SELECT result FROM disposition GROUP BY result ORDER BY count(*) DESC, result")?;
    all.query_map([], |row| row.get(0))?.collect()
}

/// What came of it, as an agent said.
fn disposed(row: &Row<'_>, results: &[String]) -> rusqlite::Result<Option<Given>> {
    let (result, by) = (word(row, 20)?, word(row, 22)?.and_then(words::resolver_of));
    let result = result.and_then(|result| results.iter().position(|known| known == result));
    let online = row.get::<_, Option<bool>>(21)?.unwrap_or(false);
    Ok(result.zip(by).map(|(result, by)| Given { result, online, by }))
}

fn survey(row: &Row<'_>) -> rusqlite::Result<Option<Survey>> {
    let rating = row.get(17)?;
    Ok(word(row, 16)?.and_then(|key| Survey::read(key, rating)))
}

/// Keys and language: `choose:8 en`.
fn way(row: &Row<'_>) -> rusqlite::Result<String> {
    let parts = [word(row, 18)?, word(row, 19)?];
    Ok(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn call(row: &Row<'_>, results: &[String]) -> rusqlite::Result<Call> {
    let at = |column: usize| -> rusqlite::Result<Option<UnixMs>> {
        Ok(row.get::<_, Option<u64>>(column)?.map(UnixMs))
    };
    let ms = |column: usize| -> rusqlite::Result<u64> { Ok(row.get::<_, Option<u64>>(column)?.unwrap_or(0)) };
    Ok(Call {
        id: RecordId(row.get(0)?),
        arrived: UnixMs(row.get(1)?),
        queued: at(2)?,
        ended: at(3)?,
        caller: Private::new(row.get(4)?),
        caller_hash: row.get(5)?,
        fate: Fate::of(word(row, 6)?),
        group: name(row, 7)?,
        agent: name(row, 8)?,
        trunk: name(row, 9)?,
        greeted_ms: ms(10)?,
        waited_ms: ms(11)?,
        rang_ms: ms(12)?,
        talked_ms: ms(13)?,
        truncated: row.get::<_, Option<bool>>(14)?.unwrap_or(false),
        last_agent: name(row, 15)?,
        survey: survey(row)?,
        disposed: disposed(row, results)?,
        way: way(row)?,
        stretches: Vec::new(),
        redialled: false,
        repeat: false,
    })
}

fn stretches(statement: &mut Statement<'_>, call: &mut Call) -> rusqlite::Result<()> {
    let mut rows = statement.query([signed(call.id.0)])?;
    while let Some(row) = rows.next()? {
        let kind = Kind::of(word(row, 0)?.unwrap_or_default());
        call.stretches.push(Stretch {
            kind,
            group: name(row, 1)?,
            agent: name(row, 2)?,
            from: UnixMs(row.get(3)?),
            to: UnixMs(row.get(4)?),
            waited_ms: row.get::<_, Option<u64>>(5)?.unwrap_or(0),
            end: End::of(kind, word(row, 6)?.unwrap_or_default()),
        });
    }
    Ok(())
}

fn agent_time(row: &Row<'_>) -> rusqlite::Result<AgentTime> {
    Ok(AgentTime {
        agent: NameId(row.get(0)?),
        kind: TimeKind::of(word(row, 1)?.unwrap_or_default()),
        call: row.get::<_, Option<u64>>(2)?.map(RecordId),
        from: UnixMs(row.get(3)?),
        to: UnixMs(row.get(4)?),
        group: name(row, 5)?,
    })
}
