//! [`Register`]: what people have set and what must outlive a restart. Lists, urgent cases, callbacks that are open,
//! plans, and who did what.
//!
//! ```text
//!   deed done ──▶ Register ──▶ records.db: listed, enlisted, urgent, callback, plan, audit
//!                    └─▶ at the next start: what is in force, told to the engine before calls come in
//! ```
//!
//! It has a connection of its own: deeds are rare, and must be on the disk before they are answered. What has expired
//! is dropped when it is read. Numbers are whole here, because the engine must know them again; the file is for the
//! service's user only, as for records.
//!
//! Never knows: the engine, what a list does to a caller.

use crate::error::{OpenError, ReadError, WriteError};
use crate::records::{Records, signed};
use crate::writer::caller_hash;
use base::Private;
use report::UnixMs;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;

/// Audit rows at most; the oldest go first. At a deed a minute, two years.
const AUDIT_MAX: i64 = 1_000_000;
/// Plans that are kept; older ones go.
const PLANS_MAX: i64 = 200;

/// The connection.
#[derive(Debug)]
pub struct Register {
    pub(crate) records: Records,
}

impl Register {
    /// The connection, for what stands in a file of its own.
    pub(crate) const fn connection(&mut self) -> &mut Connection {
        &mut self.records.connection
    }
}

/// On which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Behind the others.
    Grey,
    /// Not at all.
    Black,
}

impl List {
    /// Its key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Black => "black",
        }
    }
}

/// A number on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Normalized.
    pub number: Private,
    /// On which.
    pub list: List,
    /// Why.
    pub reason: String,
    /// Who allowed it.
    pub approver: String,
    /// Who did it.
    pub operator: String,
    /// Since when.
    pub since: UnixMs,
    /// Until when.
    pub expires: UnixMs,
}

/// A number with an open urgent case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urgent {
    /// Normalized.
    pub number: Private,
    /// Since when.
    pub since: UnixMs,
}

/// A callback that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCallback {
    /// Its name in the engine of the run that wrote it.
    pub name: u64,
    /// Normalized.
    pub number: Private,
    /// Key of the group.
    pub group: String,
    /// Its priority.
    pub priority: u8,
    /// A missed call: nobody asked for it.
    pub missed: bool,
    /// The clock that it ranks by.
    pub since: UnixMs,
    /// Not before.
    pub due: UnixMs,
}

/// A plan that was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    /// Running number.
    pub version: u64,
    /// The version whose text this is: its own, or the one that was gone back to.
    pub origin: u64,
    /// Since when.
    pub at: UnixMs,
    /// Who.
    pub operator: String,
    /// The file.
    pub text: String,
}

/// Who did what, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: UnixMs,
    /// Who, as he said.
    pub operator: String,
    /// What.
    pub deed: String,
    /// What came of it.
    pub outcome: String,
}

impl Register {
    /// Opens the file of the records.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self { records: Records::open_with(path, crate::Durability::Power)? })
    }

    /// Puts a number on a list, instead of whatever it was on.
    ///
    /// # Errors
    /// It is not kept.
    pub fn list(&self, listed: &Listed) -> Result<(), WriteError> {
        let Listed { number, list, reason, approver, operator, since, expires } = listed;
        self.records.connection.execute(
            "INSERT OR REPLACE INTO listed (number, number_hash, list, reason, approver, operator, since, expires)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                number.reveal(),
                caller_hash(number.reveal()),
                list.key(),
                reason,
                approver,
                operator,
                signed(since.0),
                signed(expires.0)
            ],
        )?;
        Ok(())
    }

    /// Takes a number off its list; false when it is on none.
    ///
    /// # Errors
    /// It is still there.
    pub fn unlist(&self, number: &Private) -> Result<bool, WriteError> {
        Ok(self.records.connection.execute("DELETE FROM listed WHERE number = ?1", [number.reveal()])? > 0)
    }

    /// All that is in force at `now`; what has expired is dropped for good.
    ///
    /// # Errors
    /// The file cannot be read, or what has expired cannot be dropped.
    pub fn listed(&self, now: UnixMs) -> Result<Vec<Listed>, WriteError> {
        let connection = &self.records.connection;
        connection.execute("DELETE FROM listed WHERE expires <= ?1", [signed(now.0)])?;
        let mut rows = connection.prepare_cached(
            "SELECT number, list, reason, approver, operator, since, expires FROM listed ORDER BY since, number",
        )?;
        let listed = |row: &Row<'_>| {
            let list: String = row.get(1)?;
            Ok(Listed {
                number: Private::new(row.get(0)?),
                list: if list == "black" { List::Black } else { List::Grey },
                reason: row.get(2)?,
                approver: row.get(3)?,
                operator: row.get(4)?,
                since: UnixMs(row.get(5)?),
                expires: UnixMs(row.get(6)?),
            })
        };
        let all = rows.query_map([], listed)?.collect::<rusqlite::Result<_>>()?;
        Ok(all)
    }

    /// A number has an open urgent case, or no longer; false when nothing has changed.
    ///
    /// # Errors
    /// It is not kept.
    pub fn set_urgent(
        &self,
        number: &Private,
        at: UnixMs,
        operator: &str,
        open: bool,
    ) -> Result<bool, WriteError> {
        let connection = &self.records.connection;
        let changed = if open {
            connection.execute(
                "INSERT OR IGNORE INTO urgent (number, number_hash, operator, since) VALUES (?1, ?2, ?3, ?4)",
                params![number.reveal(), caller_hash(number.reveal()), operator, signed(at.0)],
            )?
        } else {
            connection.execute("DELETE FROM urgent WHERE number = ?1", [number.reveal()])?
        };
        Ok(changed > 0)
    }

    /// Whether a number has an open urgent case.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_urgent(&self, number: &Private) -> Result<bool, ReadError> {
        let mut row = self.records.connection.prepare_cached("SELECT 1 FROM urgent WHERE number = ?1")?;
        Ok(row.exists([number.reveal()])?)
    }

    /// All numbers with open urgent cases.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn urgent(&self) -> Result<Vec<Urgent>, ReadError> {
        let mut rows = self
            .records
            .connection
            .prepare_cached("SELECT number, since FROM urgent ORDER BY since, number")?;
        let urgent =
            |row: &Row<'_>| Ok(Urgent { number: Private::new(row.get(0)?), since: UnixMs(row.get(1)?) });
        let all = rows.query_map([], urgent)?.collect::<rusqlite::Result<_>>()?;
        Ok(all)
    }

    /// Keeps a callback, or what is new about it.
    ///
    /// # Errors
    /// It is not kept.
    pub fn keep_callback(&self, callback: &OpenCallback) -> Result<(), WriteError> {
        let OpenCallback { name, number, group, priority, missed, since, due } = callback;
        self.records.connection.execute(
            "INSERT OR REPLACE INTO callback (name, number, number_hash, line, priority, missed, since, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                name.cast_signed(),
                number.reveal(),
                caller_hash(number.reveal()),
                group,
                priority,
                missed,
                signed(since.0),
                signed(due.0)
            ],
        )?;
        Ok(())
    }

    /// A callback is over.
    ///
    /// # Errors
    /// It is still there.
    pub fn end_callback(&self, name: u64) -> Result<(), WriteError> {
        self.records.connection.execute("DELETE FROM callback WHERE name = ?1", [name.cast_signed()])?;
        Ok(())
    }

    /// Keeps what is new about callbacks (`Ok`) and forgets those that are over (`Err`), all or nothing.
    ///
    /// # Errors
    /// Nothing of it was written.
    pub fn note_callbacks(&mut self, changes: &[Result<OpenCallback, u64>]) -> Result<(), WriteError> {
        self.records.connection.execute_batch("BEGIN IMMEDIATE")?;
        let written = changes.iter().try_for_each(|change| match change {
            Ok(kept) => self.keep_callback(kept),
            Err(name) => self.end_callback(*name),
        });
        let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.records.connection.execute_batch(end)?;
        written
    }

    /// Takes out the callbacks that an earlier run left open: the next one keeps them under new names.
    ///
    /// # Errors
    /// They are still there.
    pub fn take_callbacks(&self) -> Result<Vec<OpenCallback>, WriteError> {
        let all = self.callbacks_kept()?;
        self.records.connection.execute("DELETE FROM callback", [])?;
        Ok(all)
    }

    /// The callbacks that are open, the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn callbacks(&self) -> Result<Vec<OpenCallback>, ReadError> {
        Ok(self.callbacks_kept()?)
    }

    fn callbacks_kept(&self) -> rusqlite::Result<Vec<OpenCallback>> {
        let connection = &self.records.connection;
        let mut rows = connection.prepare_cached(
            "SELECT name, number, line, priority, missed, since, due FROM callback ORDER BY since, name",
        )?;
        let callback = |row: &Row<'_>| {
            Ok(OpenCallback {
                name: row.get::<_, i64>(0)?.cast_unsigned(),
                number: Private::new(row.get(1)?),
                group: row.get(2)?,
                priority: row.get(3)?,
                missed: row.get(4)?,
                since: UnixMs(row.get(5)?),
                due: UnixMs(row.get(6)?),
            })
        };
        rows.query_map([], callback)?.collect()
    }

    /// A plan is in force; `origin` is the version that was gone back to, if it was. Returns the version that it has
    /// now; a text that is in force already keeps its own.
    ///
    /// # Errors
    /// It is not kept.
    pub fn keep_plan(
        &self,
        at: UnixMs,
        operator: &str,
        text: &str,
        origin: Option<u64>,
    ) -> Result<u64, WriteError> {
        let connection = &self.records.connection;
        let newest: Option<(i64, String)> = connection
            .query_row("SELECT version, text FROM plan ORDER BY version DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if let Some((version, known)) = newest
            && known == text
            && origin.is_none()
        {
            return Ok(version.unsigned_abs());
        }
        connection.execute(
            "INSERT INTO plan (origin, at, operator, text) VALUES (?1, ?2, ?3, ?4)",
            params![origin.map(signed), signed(at.0), operator, text],
        )?;
        let version = connection.last_insert_rowid();
        connection.execute("DELETE FROM plan WHERE version <= ?1", [version - PLANS_MAX])?;
        Ok(version.unsigned_abs())
    }

    /// The plans, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn plans(&self) -> Result<Vec<PlanVersion>, ReadError> {
        let mut rows = self.records.connection.prepare_cached(
            "SELECT version, coalesce(origin, version), at, operator, text FROM plan ORDER BY version DESC",
        )?;
        let plan = |row: &Row<'_>| {
            Ok(PlanVersion {
                version: row.get(0)?,
                origin: row.get(1)?,
                at: UnixMs(row.get(2)?),
                operator: row.get(3)?,
                text: row.get(4)?,
            })
        };
        let all = rows.query_map([], plan)?.collect::<rusqlite::Result<_>>()?;
        Ok(all)
    }

    /// The plan before the one in force: what going back goes back to.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn plan_before(&self) -> Result<Option<PlanVersion>, ReadError> {
        let plans = self.plans()?;
        let Some(now) = plans.first() else { return Ok(None) };
        let own = |plan: &&PlanVersion| plan.origin == plan.version;
        Ok(plans.iter().filter(own).find(|plan| plan.version < now.origin).cloned())
    }

    /// Notes who did what.
    ///
    /// # Errors
    /// It is not noted.
    pub fn audit(&self, row: &AuditRow) -> Result<(), WriteError> {
        let connection = &self.records.connection;
        connection.execute(
            "INSERT INTO audit (at, operator, deed, outcome) VALUES (?1, ?2, ?3, ?4)",
            params![signed(row.at.0), row.operator, row.deed, row.outcome],
        )?;
        connection
            .execute("DELETE FROM audit WHERE id <= ?1", [connection.last_insert_rowid() - AUDIT_MAX])?;
        Ok(())
    }

    /// The last deeds, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn deeds(&self, most: u32) -> Result<Vec<AuditRow>, ReadError> {
        let mut rows = self
            .records
            .connection
            .prepare_cached("SELECT at, operator, deed, outcome FROM audit ORDER BY id DESC LIMIT ?1")?;
        let deed = |row: &Row<'_>| {
            Ok(AuditRow {
                at: UnixMs(row.get(0)?),
                operator: row.get(1)?,
                deed: row.get(2)?,
                outcome: row.get(3)?,
            })
        };
        let all = rows.query_map([most], deed)?.collect::<rusqlite::Result<_>>()?;
        Ok(all)
    }
}
