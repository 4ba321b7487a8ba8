//! Dispositions that are entered later, and talks that have none yet.
//!
//! ```text
//!   agent, in the talk or after it ─▶ engine ─▶ report ─▶ Writer::dispose      the usual way
//!   somebody, days later ─▶ the record's id ─▶ Register::dispose ─▶ the same row
//! ```
//!
//! A record's id stays what it is over restarts; the engine's name of a call does not. So what is said of an older call
//! is said of its record.

use crate::error::{ReadError, WriteError};
use crate::records::{Records, signed};
use crate::register::Register;
use crate::writer::DISPOSE;
use base::Private;
use call::Resolver;
use report::{RecordId, UnixMs, words};
use rusqlite::{OptionalExtension, params};

/// How long a call may have lasted that ended in the time asked about. Longer ones are not found.
const CALL_MAX_MS: u64 = 12 * 3_600_000;
/// Talks without a disposition that are shown at once.
const SHOWN_MAX: u32 = 500;

/// A disposition that somebody enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// Of which record.
    pub call: RecordId,
    /// Key of the disposition.
    pub result: String,
    /// It counts as answered on line.
    pub online: bool,
    /// Who resolved it.
    pub by: Resolver,
    /// Who says so.
    pub operator: String,
    /// When.
    pub at: UnixMs,
}

/// What came of entering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is the call's disposition now.
    Done,
    /// There is no such record.
    NoCall,
    /// The call is in progress: its agent can say it.
    InProgress,
    /// No agent talked in it.
    NoTalk,
}

/// A talk of which nobody has said what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undisposed {
    /// Its record.
    pub call: RecordId,
    /// Arrived.
    pub arrived: UnixMs,
    /// Over.
    pub ended: UnixMs,
    /// Caller's number as kept.
    pub caller: Private,
    /// Key of the group.
    pub group: Option<String>,
    /// How long they talked.
    pub talked_ms: u64,
}

const UNDISPOSED: &str = "
SELECT call.id, arrived_at, ended_at, caller, line.key, coalesce(talked_ms, 0)
FROM call INDEXED BY call_by_arrival
JOIN name AS agent ON agent.id = call.last_agent_id AND agent.kind = 'agent' AND agent.key = ?1
LEFT JOIN name AS line ON line.id = call.group_id
WHERE arrived_at >= ?2 AND ended_at >= ?3
  AND NOT EXISTS (SELECT 1 FROM disposition WHERE disposition.call_id = call.id)
ORDER BY ended_at DESC LIMIT ?4";

impl Register {
    /// Enters what came of a call that is over, instead of whatever was said before.
    ///
    /// # Errors
    /// It is not kept.
    pub fn dispose(&self, late: &Late) -> Result<Entered, WriteError> {
        let connection = &self.records.connection;
        let found = connection
            .query_row(
                "SELECT outcome IS NOT NULL, connected_at IS NOT NULL FROM call WHERE id = ?1",
                [signed(late.call.0)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        match found {
            None => return Ok(Entered::NoCall),
            Some((false, _)) => return Ok(Entered::InProgress),
            Some((true, false)) => return Ok(Entered::NoTalk),
            Some((true, true)) => {}
        }
        let Late { call, result, online, by, operator, at } = late;
        let (by, nobody) = (words::resolver(*by), None::<i64>);
        connection
            .execute(DISPOSE, params![signed(call.0), result, online, by, nobody, operator, signed(at.0)])?;
        Ok(Entered::Done)
    }

    /// Talks that an agent answered for last, that were over at or after `since`, and of which nobody has said what came
    /// of them; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn undisposed(&self, agent: &str, since: UnixMs) -> Result<Vec<Undisposed>, ReadError> {
        self.records.undisposed(agent, since)
    }
}

impl Records {
    fn undisposed(&self, agent: &str, since: UnixMs) -> Result<Vec<Undisposed>, ReadError> {
        let mut statement = self.connection.prepare_cached(UNDISPOSED)?;
        let arrived = since.0.saturating_sub(CALL_MAX_MS);
        let rows =
            statement.query_map(params![agent, signed(arrived), signed(since.0), SHOWN_MAX], |row| {
                Ok(Undisposed {
                    call: RecordId(row.get(0)?),
                    arrived: UnixMs(row.get(1)?),
                    ended: UnixMs(row.get(2)?),
                    caller: Private::new(row.get(3)?),
                    group: row.get(4)?,
                    talked_ms: row.get(5)?,
                })
            })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
