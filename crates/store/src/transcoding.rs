//! The index's part in making Opus of WAV: what waits for it, and what came of it.
//!
//! ```text
//!   to_transcode ─▶ the oldest WAV ─▶ its Opus file, whole ─▶ transcoded ─▶ the WAV removed ─▶ removed
//!        ▲                │ failed                               │ held or deleted meanwhile: the WAV stays
//!        └─ put_off ◀─────┘                                      └ a kill in between: superseded
//! ```
//!
//! The rows are the queue, so nothing waits in memory and a kill forgets nothing. What is held is left as it is: evidence
//! is not converted. Never knows: files, sound.

use crate::error::{ReadError, WriteError};
use crate::recordings::{Format, Recordings};
use crate::records::signed;
use report::{RecordId, UnixMs};
use rusqlite::{OptionalExtension, Row, params};

/// A whole WAV that is to become Opus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToTranscode {
    /// Of which recording.
    pub id: RecordId,
    /// Where, below the folder of recordings.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

const WAITS: &str = "transcode_at IS NOT NULL AND format = 'wav' AND state IN ('whole', 'recovered')
    AND held_at IS NULL AND deleted_at IS NULL AND file IS NOT NULL AND sha256 IS NOT NULL";

impl Recordings {
    /// The WAV that is to become Opus and has waited longest.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn to_transcode(&self, now: UnixMs) -> Result<Option<ToTranscode>, ReadError> {
        let mut row = self.records.connection.prepare_cached(&format!(
            "SELECT id, file, sha256 FROM recording
             WHERE {WAITS} AND transcode_at <= ?1 ORDER BY transcode_at LIMIT 1"
        ))?;
        let one = |row: &Row<'_>| {
            Ok(ToTranscode { id: RecordId(row.get(0)?), file: row.get(1)?, sha256: row.get(2)? })
        };
        Ok(row.query_row([signed(now.0)], one).optional()?)
    }

    /// How many whole WAVs are to become Opus.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn transcodings(&self) -> Result<u64, ReadError> {
        let count = format!("SELECT count(*) FROM recording WHERE {WAITS}");
        Ok(self.records.connection.prepare_cached(&count)?.query_row([], |row| row.get(0))?)
    }

    /// An Opus file, whole and on the disk, is the recording's file from now on; the WAV is superseded. False when the
    /// recording was held or deleted meanwhile: then the WAV is its file as before.
    ///
    /// # Errors
    /// It is not noted.
    pub fn transcoded(
        &mut self,
        of: &ToTranscode,
        file: &str,
        bytes: u64,
        sha256: &str,
    ) -> Result<bool, WriteError> {
        let done = format!(
            "UPDATE recording SET superseded = file, file = ?3, bytes = ?4, sha256 = ?5, format = ?6,
                 transcode_at = NULL
             WHERE id = ?1 AND file = ?2 AND {WAITS}"
        );
        let row = params![signed(of.id.0), of.file, file, signed(bytes), sha256, Format::Opus.key()];
        Ok(self.records.connection.execute(&done, row)? > 0)
    }

    /// It could not be made Opus: not before `until` again, or never. False when it was held or deleted meanwhile.
    ///
    /// # Errors
    /// It is not noted.
    pub fn put_off(&mut self, id: RecordId, until: Option<UnixMs>) -> Result<bool, WriteError> {
        let put_off = format!("UPDATE recording SET transcode_at = ?2 WHERE id = ?1 AND {WAITS}");
        let row = params![signed(id.0), until.map(|at| signed(at.0))];
        Ok(self.records.connection.execute(&put_off, row)? > 0)
    }

    /// WAVs in whose place Opus files have come and which may still be there.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn superseded(&self) -> Result<Vec<(RecordId, String)>, ReadError> {
        let superseded = "SELECT id, superseded FROM recording WHERE superseded IS NOT NULL";
        let mut rows = self.records.connection.prepare_cached(superseded)?;
        let all = rows.query_map([], |row| Ok((RecordId(row.get(0)?), row.get(1)?)))?;
        Ok(all.collect::<rusqlite::Result<_>>()?)
    }

    /// The superseded WAV of a recording is gone.
    ///
    /// # Errors
    /// It is not noted.
    pub fn removed(&mut self, id: RecordId) -> Result<(), WriteError> {
        let gone = "UPDATE recording SET superseded = NULL WHERE id = ?1";
        self.records.connection.execute(gone, [signed(id.0)])?;
        Ok(())
    }
}
