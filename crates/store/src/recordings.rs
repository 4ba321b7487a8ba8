//! [`Recordings`]: the index of recorded talks. What was recorded, where it is, how long it is kept, who may not delete
//! it, and, when it is gone, who deleted it and why.
//!
//! ```text
//!   events ─▶ Note::Begun, Left, Aired ─┐              ┌─▶ list: by call, agent, caller, day, on air
//!   files  ─▶ Note::Filed ──────────────┴─▶ recording, recording_left, recording_air ┤
//!   people ─▶ hold, release, deleted ──────────────────┴─▶ what is to become Opus (`transcoding`)
//! ```
//!
//! A row outlives its file: it is the trace of a deletion, with the hash of what was deleted. Notes may come in any
//! order and twice. Never knows: files, sound.

use crate::error::{OpenError, ReadError, WriteError};
use crate::records::{Durability, Records, signed};
use crate::shows::has_table;
use crate::writer::caller_hash;
use base::Private;
use media::session::Keeps;
use report::{RecordId, UnixMs, words};
use rusqlite::{Row, TransactionBehavior, params};
use std::path::Path;

/// The connection.
#[derive(Debug)]
pub struct Recordings {
    pub(crate) records: Records,
}

/// What is to be noted; `id` is made like that of a record, of run and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A recording has begun.
    Begun {
        /// Which.
        id: RecordId,
        /// Of which call.
        call: Option<RecordId>,
        /// Key of the agent.
        agent: String,
        /// Key of the group.
        group: String,
        /// When.
        at: UnixMs,
        /// May go then; `None` never by itself.
        keep_until: Option<UnixMs>,
        /// What its file is to be in the end; it is written as WAV.
        format: Format,
    },
    /// Something was left out of it.
    Left {
        /// Of which.
        id: RecordId,
        /// Since when.
        from: UnixMs,
        /// Till when.
        to: UnixMs,
        /// What stands there.
        keeps: Keeps,
    },
    /// It was broadcast.
    Aired {
        /// Which.
        id: RecordId,
        /// Since when.
        from: UnixMs,
        /// Till when; `from` while it lasts.
        to: UnixMs,
    },
    /// Its file has this name from now on, or will have it.
    Named {
        /// Which.
        id: RecordId,
        /// When it began.
        at: UnixMs,
        /// Below the folder of recordings.
        file: String,
    },
    /// Its file is closed, or never came to be.
    Filed(Box<Filed>),
}

/// A recording's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Which recording.
    pub id: RecordId,
    /// When it began.
    pub begun: UnixMs,
    /// How it came out.
    pub state: State,
    /// Where, below the folder of recordings.
    pub file: String,
    /// Its length.
    pub length_ms: u64,
    /// Silence of that length in it stands for what could not be written.
    pub gap_ms: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal, when it is whole.
    pub sha256: Option<String>,
    /// Until when it is kept when nothing else is known of it.
    pub keep_until: Option<UnixMs>,
}

/// How a recording came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Open,
    /// Its file is whole.
    Whole,
    /// The process was killed: its file was completed at the next start.
    Recovered,
    /// Its file could not be made.
    Failed,
    /// The process was killed, and there is no file.
    Lost,
}

impl State {
    const ALL: [Self; 5] = [Self::Open, Self::Whole, Self::Recovered, Self::Failed, Self::Lost];

    /// Its key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Whole => "whole",
            Self::Recovered => "recovered",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }
}

/// What a recording's file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// WAV, two channels of G.711 A-law, as it is written.
    #[default]
    Wav,
    /// Opus in Ogg, made of that.
    Opus,
}

impl Format {
    /// Its key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Opus => "opus",
        }
    }
}

/// Who did something to a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: UnixMs,
}

/// A recording as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its id.
    pub id: RecordId,
    /// Of which call, if that is known.
    pub call: Option<RecordId>,
    /// The caller's number as it is kept.
    pub caller: Private,
    /// Key of the agent.
    pub agent: Option<String>,
    /// Key of the group.
    pub group: Option<String>,
    /// When it began.
    pub begun: UnixMs,
    /// How it came out.
    pub state: State,
    /// Where, below the folder of recordings.
    pub file: Option<String>,
    /// What that file is.
    pub format: Format,
    /// Its length.
    pub length_ms: u64,
    /// Of that: silence for what could not be written.
    pub gap_ms: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: Option<String>,
    /// May go then; `None` never by itself.
    pub keep_until: Option<UnixMs>,
    /// It must not be deleted.
    pub held: Option<Deed>,
    /// It was.
    pub deleted: Option<Deed>,
    /// What was left out: from, to, what stands there.
    pub left: Vec<(UnixMs, UnixMs, String)>,
    /// What was broadcast: from, to; the same moment twice while it lasts, and when its end is not known.
    pub air: Vec<(UnixMs, UnixMs)>,
}

/// Which recordings. What is `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Of this call.
    pub call: Option<RecordId>,
    /// With this agent, by key.
    pub agent: Option<String>,
    /// Of this group, by key.
    pub group: Option<String>,
    /// From this caller, by the whole number as it was recorded.
    pub caller: Option<Private>,
    /// Begun at or after.
    pub from: Option<UnixMs>,
    /// Begun before.
    pub to: Option<UnixMs>,
    /// Only those that are held, or only those that are not.
    pub held: Option<bool>,
    /// Only those whose file was deleted, or only those whose was not.
    pub deleted: Option<bool>,
    /// Only those of which something was broadcast, or only the others.
    pub on_air: Option<bool>,
    /// At most so many, newest first; 1,000 when `None`.
    pub limit: Option<u32>,
}

const BEGUN: &str = "
INSERT INTO recording (id, call_id, agent_id, group_id, begun_at, keep_until, transcode_at, state)
VALUES (?1, ?2, (SELECT id FROM name WHERE kind = 'agent' AND key = ?3),
        (SELECT id FROM name WHERE kind = 'group' AND key = ?4), ?5, ?6, ?7, 'open')
ON CONFLICT (id) DO UPDATE SET call_id = excluded.call_id, agent_id = excluded.agent_id,
    group_id = excluded.group_id, begun_at = excluded.begun_at, keep_until = excluded.keep_until,
    transcode_at = CASE WHEN format = 'wav' THEN excluded.transcode_at END";

/// A note that comes again does not bring a WAV back in whose place Opus has come.
const FILED: &str = "
INSERT INTO recording (id, begun_at, state, file, length_ms, gap_ms, bytes, sha256, keep_until)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, file = excluded.file, length_ms = excluded.length_ms,
    gap_ms = excluded.gap_ms, bytes = excluded.bytes, sha256 = excluded.sha256,
    keep_until = CASE WHEN group_id IS NULL THEN coalesce(keep_until, excluded.keep_until) ELSE keep_until END
WHERE format = 'wav'";

const NAMED: &str = "
INSERT INTO recording (id, begun_at, state, file) VALUES (?1, ?2, 'open', ?3)
ON CONFLICT (id) DO UPDATE SET file = excluded.file WHERE format = 'wav'";

const LEFT: &str = "
INSERT OR REPLACE INTO recording_left (recording_id, from_at, to_at, keeps) VALUES (?1, ?2, ?3, ?4)";

const LIST: &str = "
SELECT recording.id, recording.call_id, coalesce(call.caller, ''), agent.key, line.key, begun_at, state, file,
       length_ms, gap_ms, bytes, sha256, keep_until, held_by, held_why, held_at, deleted_by, deleted_why,
       deleted_at, {format}
FROM recording
LEFT JOIN call ON call.id = recording.call_id
LEFT JOIN name AS agent ON agent.id = recording.agent_id
LEFT JOIN name AS line ON line.id = recording.group_id
WHERE begun_at >= ?1 AND begun_at < ?2 AND (?3 IS NULL OR recording.call_id = ?3)
  AND (?4 IS NULL OR agent.key = ?4) AND (?5 IS NULL OR line.key = ?5)
  AND (?6 IS NULL OR (call.caller_hash = ?6 AND call.caller_hash <> 0))
  AND (?7 IS NULL OR (held_at IS NOT NULL) = ?7) AND (?8 IS NULL OR (deleted_at IS NOT NULL) = ?8)
  AND {one} {on_air}
ORDER BY recording.id DESC LIMIT ?10";

/// Which were broadcast, in [`LIST`]; a file of an earlier version that is only read knows of none.
const ON_AIR: &str = "
  AND (?11 IS NULL OR EXISTS (SELECT 1 FROM recording_air WHERE recording_id = recording.id) = ?11)";
const NO_AIR: &str = "AND (?11 IS NULL OR ?11 = 0)";

const AIRED: &str = "
INSERT OR REPLACE INTO recording_air (recording_id, from_at, to_at) VALUES (?1, ?2, ?3)";

/// As the index `recording_by_end` has them.
const EXPIRED: &str = "
SELECT keep_until, id FROM recording
WHERE deleted_at IS NULL AND held_at IS NULL AND keep_until < ?1 AND (keep_until, id) > (?2, ?3)
ORDER BY keep_until, id LIMIT ?4";

impl Recordings {
    /// Opens the file of the records.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self { records: Records::open_with(path, Durability::Power)? })
    }

    /// Opens it to be read only.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self { records: Records::open_to_read(path)? })
    }

    /// Writes notes in one transaction.
    ///
    /// # Errors
    /// None of them was written.
    pub fn write(&mut self, notes: &[Note]) -> Result<(), WriteError> {
        let connection = &mut self.records.connection;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut begun = transaction.prepare_cached(BEGUN)?;
            let mut filed = transaction.prepare_cached(FILED)?;
            let mut left = transaction.prepare_cached(LEFT)?;
            let mut aired = transaction.prepare_cached(AIRED)?;
            let mut named = transaction.prepare_cached(NAMED)?;
            for note in notes {
                match note {
                    Note::Begun { id, call, agent, group, at, keep_until, format } => {
                        let (call, keep) = (call.map(|call| signed(call.0)), until(*keep_until));
                        let opus = (*format == Format::Opus).then_some(signed(at.0));
                        begun.execute(params![signed(id.0), call, agent, group, signed(at.0), keep, opus])?;
                    }
                    Note::Left { id, from, to, keeps } => {
                        let what = words::keeps(*keeps);
                        left.execute(params![signed(id.0), signed(from.0), signed(to.0), what])?;
                    }
                    Note::Aired { id, from, to } => {
                        aired.execute(params![signed(id.0), signed(from.0), signed(to.0)])?;
                    }
                    Note::Named { id, at, file } => {
                        named.execute(params![signed(id.0), signed(at.0), file])?;
                    }
                    Note::Filed(file) => {
                        filed.execute(params![
                            signed(file.id.0),
                            signed(file.begun.0),
                            file.state.key(),
                            file.file,
                            signed(file.length_ms),
                            signed(file.gap_ms),
                            signed(file.bytes),
                            file.sha256,
                            until(file.keep_until),
                        ])?;
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Recordings of runs before this one that were never finished, and the names of their files.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unfinished(&self, run: u64) -> Result<Vec<(RecordId, UnixMs, String)>, ReadError> {
        let mut rows = self.records.connection.prepare_cached(
            "SELECT id, begun_at, file FROM recording
             WHERE state IN ('open', 'failed') AND file IS NOT NULL AND deleted_at IS NULL AND id < ?1",
        )?;
        let first = signed(RecordId::new(run, 0).0);
        let row = |row: &Row<'_>| Ok((RecordId(row.get(0)?), UnixMs(row.get(1)?), row.get(2)?));
        let all = rows.query_map([first], row)?.collect::<rusqlite::Result<_>>()?;
        Ok(all)
    }

    /// Recordings of runs before this one that still seem to run are lost, but for those of which there is a file that
    /// could not be completed: they have failed, and are unfinished at the next start, too. To be called when those
    /// whose file was found are noted. Returns how many are lost.
    ///
    /// # Errors
    /// None was noted.
    pub fn close_lost(&mut self, run: u64, failed: &[RecordId]) -> Result<usize, WriteError> {
        let connection = &mut self.records.connection;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in failed {
            let failed = "UPDATE recording SET state = 'failed' WHERE state = 'open' AND id = ?1";
            transaction.execute(failed, [signed(id.0)])?;
        }
        let first = signed(RecordId::new(run, 0).0);
        let lost =
            "UPDATE recording SET state = 'lost', transcode_at = NULL WHERE state = 'open' AND id < ?1";
        let count = transaction.execute(lost, [first])?;
        transaction.commit()?;
        Ok(count)
    }

    /// Recordings, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self, filter: &RecordingFilter) -> Result<Vec<Recording>, ReadError> {
        self.rows(filter, None)
    }

    /// One of them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, id: RecordId) -> Result<Option<Recording>, ReadError> {
        Ok(self.rows(&RecordingFilter::default(), Some(id))?.pop())
    }

    /// Those that are not kept any longer and neither held nor deleted: until when each was kept, and which it is. The
    /// longest ago first, from behind `after` on.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn expired(
        &self,
        now: UnixMs,
        after: (UnixMs, RecordId),
        most: u32,
    ) -> Result<Vec<(UnixMs, RecordId)>, ReadError> {
        let mut rows = self.records.connection.prepare_cached(EXPIRED)?;
        let (until, id) = after;
        let behind = params![signed(now.0), signed(until.0), signed(id.0), most];
        let found = rows.query_map(behind, |row| Ok((UnixMs(row.get(0)?), RecordId(row.get(1)?))))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// It must not be deleted from now on. False when there is no such recording, or its file is gone.
    ///
    /// # Errors
    /// It is not noted.
    pub fn hold(&mut self, id: RecordId, deed: &Deed) -> Result<bool, WriteError> {
        let hold = "UPDATE recording SET held_by = ?2, held_why = ?3, held_at = ?4
                    WHERE id = ?1 AND deleted_at IS NULL";
        let row = params![signed(id.0), deed.by, deed.why, signed(deed.at.0)];
        Ok(self.records.connection.execute(hold, row)? > 0)
    }

    /// It may be deleted again. False when it was not held.
    ///
    /// # Errors
    /// It is not noted.
    pub fn release(&mut self, id: RecordId) -> Result<bool, WriteError> {
        let release = "UPDATE recording SET held_by = NULL, held_why = NULL, held_at = NULL
                       WHERE id = ?1 AND held_at IS NOT NULL";
        Ok(self.records.connection.execute(release, [signed(id.0)])? > 0)
    }

    /// Deletes a recording: `remove` removes its file, and the row stays as the trace. All or nothing against a hold that
    /// somebody sets meanwhile. False when it is held, deleted already, still running, or unknown.
    ///
    /// # Errors
    /// What `remove` said, or that it is not noted; then it can be asked for again.
    pub fn delete<E: From<WriteError>>(
        &mut self,
        id: RecordId,
        deed: &Deed,
        remove: impl FnOnce() -> Result<(), E>,
    ) -> Result<bool, E> {
        let write = |error: rusqlite::Error| E::from(WriteError::from(error));
        let connection = &mut self.records.connection;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(write)?;
        let marked = transaction
            .execute(
                "UPDATE recording SET deleted_by = ?2, deleted_why = ?3, deleted_at = ?4, transcode_at = NULL
                 WHERE id = ?1 AND held_at IS NULL AND deleted_at IS NULL AND state <> 'open'",
                params![signed(id.0), deed.by, deed.why, signed(deed.at.0)],
            )
            .map_err(write)?;
        if marked == 0 {
            return Ok(false);
        }
        remove()?;
        transaction.commit().map_err(write)?;
        Ok(true)
    }

    fn rows(&self, filter: &RecordingFilter, id: Option<RecordId>) -> Result<Vec<Recording>, ReadError> {
        let knows_air = has_table(&self.records.connection, "recording_air")?;
        // A file of an earlier version that is only read knows of no Opus either.
        let (air, format) = if knows_air { (ON_AIR, "format") } else { (NO_AIR, "'wav'") };
        // Written apart, so that one recording is one step in the index.
        let one = if id.is_some() { "recording.id = ?9" } else { "?9 IS NULL" };
        let list = LIST.replace("{on_air}", air).replace("{format}", format).replace("{one}", one);
        let mut rows = self.records.connection.prepare_cached(&list)?;
        let mut left = self.records.connection.prepare_cached(
            "SELECT from_at, to_at, keeps FROM recording_left WHERE recording_id = ?1 ORDER BY from_at",
        )?;
        let hash = filter.caller.as_ref().map(|caller| caller_hash(caller.reveal()));
        let found = rows.query_map(
            params![
                signed(filter.from.unwrap_or(UnixMs(0)).0),
                signed(filter.to.unwrap_or(UnixMs(u64::MAX)).0),
                filter.call.map(|call| signed(call.0)),
                filter.agent,
                filter.group,
                hash,
                filter.held,
                filter.deleted,
                id.map(|id| signed(id.0)),
                filter.limit.unwrap_or(1_000),
                filter.on_air,
            ],
            recording,
        )?;
        let mut all = found.collect::<rusqlite::Result<Vec<_>>>()?;
        for row in &mut all {
            let spans = left.query_map([signed(row.id.0)], |span| {
                Ok((UnixMs(span.get(0)?), UnixMs(span.get(1)?), span.get(2)?))
            })?;
            row.left = spans.collect::<rusqlite::Result<_>>()?;
        }
        if knows_air {
            let mut air = self.records.connection.prepare_cached(
                "SELECT from_at, to_at FROM recording_air WHERE recording_id = ?1 ORDER BY from_at",
            )?;
            for row in &mut all {
                let span = |span: &Row<'_>| Ok((UnixMs(span.get(0)?), UnixMs(span.get(1)?)));
                row.air = air.query_map([signed(row.id.0)], span)?.collect::<rusqlite::Result<_>>()?;
            }
        }
        Ok(all)
    }
}

fn until(at: Option<UnixMs>) -> Option<i64> {
    at.map(|at| signed(at.0))
}

fn recording(row: &Row<'_>) -> rusqlite::Result<Recording> {
    let deed = |first: usize| -> rusqlite::Result<Option<Deed>> {
        let at: Option<u64> = row.get(first + 2)?;
        let words = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
        at.map(|at| Ok(Deed { by: words(first)?, why: words(first + 1)?, at: UnixMs(at) })).transpose()
    };
    let number = |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, Option<u64>>(at)?.unwrap_or(0));
    let (state, format): (String, String) = (row.get(6)?, row.get(19)?);
    Ok(Recording {
        id: RecordId(row.get(0)?),
        call: row.get::<_, Option<u64>>(1)?.map(RecordId),
        caller: Private::new(row.get(2)?),
        agent: row.get(3)?,
        group: row.get(4)?,
        begun: UnixMs(row.get(5)?),
        state: State::ALL.into_iter().find(|known| known.key() == state).unwrap_or(State::Lost),
        file: row.get(7)?,
        format: if format == Format::Opus.key() { Format::Opus } else { Format::Wav },
        length_ms: number(8)?,
        gap_ms: number(9)?,
        bytes: number(10)?,
        sha256: row.get(11)?,
        keep_until: row.get::<_, Option<u64>>(12)?.map(UnixMs),
        held: deed(13)?,
        deleted: deed(16)?,
        left: Vec::new(),
        air: Vec::new(),
    })
}
