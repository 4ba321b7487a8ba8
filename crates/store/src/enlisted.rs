//! The register's part in lists of numbers that flows look into: what people have put on them, beside their files.
//!
//! ```text
//!   PUT, DELETE ─▶ enlist, delist ─▶ enlisted ─▶ at the next start, behind the numbers of the files
//! ```
//!
//! A list of the configuration is named by its key, so that its numbers outlive another order of the lists, and a list
//! that is left out for a while. Never knows: what a list is for, how many numbers the engine holds.

use crate::error::{ReadError, WriteError};
use crate::records::signed;
use crate::register::Register;
use crate::writer::caller_hash;
use base::Private;
use report::UnixMs;
use rusqlite::{Row, params};

impl Register {
    /// A number is on a list from now on. False when it was already.
    ///
    /// # Errors
    /// It is not kept.
    pub fn enlist(
        &self,
        list: &str,
        number: &Private,
        operator: &str,
        at: UnixMs,
    ) -> Result<bool, WriteError> {
        let added = self.records.connection.execute(
            "INSERT OR IGNORE INTO enlisted (list, number, number_hash, operator, since)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![list, number.reveal(), caller_hash(number.reveal()), operator, signed(at.0)],
        )?;
        Ok(added > 0)
    }

    /// A number is on a list no longer. False when nobody had put it there.
    ///
    /// # Errors
    /// It is still there.
    pub fn delist(&self, list: &str, number: &Private) -> Result<bool, WriteError> {
        let delete = "DELETE FROM enlisted WHERE list = ?1 AND number = ?2";
        Ok(self.records.connection.execute(delete, [list, number.reveal()])? > 0)
    }

    /// All that people have put on lists: the key of the list, and the number; list by list.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn enlisted(&self) -> Result<Vec<(String, Private)>, ReadError> {
        let all = "SELECT list, number FROM enlisted ORDER BY list, number";
        let mut rows = self.records.connection.prepare_cached(all)?;
        let one = |row: &Row<'_>| Ok((row.get(0)?, Private::new(row.get(1)?)));
        Ok(rows.query_map([], one)?.collect::<rusqlite::Result<_>>()?)
    }
}
