//! [`Records`]: the file, opened and brought up to date; runs, and what a killed run left behind.

use crate::error::{OpenError, ReadError, WriteError};
use crate::names::Names;
use crate::schema::{APPLICATION_ID, MIGRATIONS};
use crate::writer::{Numbers, Writer};
use report::{Plan, RecordId, UnixMs};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a batch waits for another program that holds the file (a backup, a query that writes).
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// Q.850 cause of calls that a killed process left behind: 41, temporary failure.
const ORPHAN_CAUSE: u8 = 41;

/// What a written batch survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The process being killed (`synchronous=NORMAL`): a batch is in the operating system's hands.
    #[default]
    Kill,
    /// The machine losing power (`synchronous=FULL`): a batch is on the disk, at one flush per batch.
    Power,
}

/// The call records.
#[derive(Debug)]
pub struct Records {
    pub(crate) connection: Connection,
    path: PathBuf,
}

impl Records {
    /// Opens the file, makes it when it is missing, and brings it up to date.
    ///
    /// # Errors
    /// What stands in the way, and what to do about it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, Durability::default())
    }

    /// The same, saying what a batch must survive.
    ///
    /// # Errors
    /// What stands in the way, and what to do about it.
    pub fn open_with(path: impl AsRef<Path>, durability: Durability) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let fail = |source| OpenError::of(path.clone(), source);
        let mut connection = Connection::open(&path).map_err(fail)?;
        connection.busy_timeout(BUSY_WAIT).map_err(fail)?;
        let known = MIGRATIONS.len() as i64;
        // The first read is what finds out whether this is a database at all.
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fail)?;
        if found > known {
            return Err(OpenError::Newer { path, found, known });
        }
        refuse_foreign(&connection, &path)?;
        let synchronous = match durability {
            Durability::Kill => "NORMAL",
            Durability::Power => "FULL",
        };
        // A checkpoint every 4,000 pages (16 MB) writes pages that many batches changed once: 2 µs a call less
        // than the usual 1,000. The limit gives back what a backlog took.
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
                 PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
            ))
            .map_err(fail)?;
        migrate(&mut connection, found).map_err(fail)?;
        Ok(Self { connection, path })
    }

    /// Opens the file for reading beside a writer, as web and tools do.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let fail = |source| OpenError::of(path.clone(), source);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(fail)?;
        connection.busy_timeout(BUSY_WAIT).map_err(fail)?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fail)?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(OpenError::Newer { path, found, known });
        }
        Ok(Self { connection, path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the calls that killed runs left in progress: outcome `lost`, ended when it was found out. Their
    /// lines are not known any more, so they count as lost before a line. Returns how many. To be called
    /// once, before [`begin_run`](Self::begin_run).
    ///
    /// # Errors
    /// Nothing was closed.
    pub fn close_orphans(&mut self, at: UnixMs) -> Result<usize, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut closed = 0;
        {
            let mut runs = transaction.prepare("SELECT id FROM run WHERE ended_at IS NULL")?;
            let runs: Vec<u64> = runs.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            for run in runs {
                closed += close_in_progress(&transaction, run, at)?;
            }
        }
        transaction
            .execute("UPDATE run SET ended_at = ?1, killed = 1 WHERE ended_at IS NULL", [signed(at.0)])?;
        transaction.commit()?;
        Ok(closed)
    }

    /// Begins a run; its number goes into [`Plan::run`] and makes record ids unique over restarts.
    ///
    /// # Errors
    /// The run is not noted.
    pub fn begin_run(&mut self, at: UnixMs) -> Result<u64, WriteError> {
        self.connection.execute("INSERT INTO run (started_at) VALUES (?1)", [signed(at.0)])?;
        Ok(self.connection.last_insert_rowid().unsigned_abs())
    }

    /// Ends a run, when all its records are written. Calls that are still in progress in them never will be
    /// completed and are closed as by [`close_orphans`](Self::close_orphans). Returns how many.
    ///
    /// # Errors
    /// It is not noted: the next start will take the run for killed.
    pub fn end_run(&mut self, run: u64, at: UnixMs) -> Result<usize, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let closed = close_in_progress(&transaction, run, at)?;
        transaction.execute("UPDATE run SET ended_at = ?2 WHERE id = ?1", [signed(run), signed(at.0)])?;
        transaction.commit()?;
        Ok(closed)
    }

    /// Makes a writer for the names of a plan.
    ///
    /// # Errors
    /// The names cannot be written.
    pub fn writer(mut self, plan: &Plan, numbers: Numbers) -> Result<Writer, WriteError> {
        let names = Names::of(plan, &mut self.connection)?;
        Ok(Writer::new(self, names, numbers))
    }

    /// Lets the file grow to so many pages of 4 kB at most; beyond that a batch finds no room
    /// ([`WriteError::Full`]). A quota for centres that share a disk.
    ///
    /// # Errors
    /// It is not set.
    pub fn limit_pages(&self, pages: u64) -> Result<(), WriteError> {
        Ok(self.connection.pragma_update(None, "max_page_count", pages)?)
    }

    /// How many calls are kept, of all runs.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self) -> Result<u64, ReadError> {
        Ok(self.connection.query_row("SELECT count(*) FROM call", [], |row| row.get(0))?)
    }
}

/// Closes the calls of a run that are in progress, as lost.
fn close_in_progress(connection: &Connection, run: u64, at: UnixMs) -> rusqlite::Result<usize> {
    let (first, last) = ids_of(run);
    connection.execute(
        "UPDATE call SET outcome = 'lost', ended_at = max(?1, arrived_at), cause = ?2,
                ended_by = 'system', offers = 0, moves = 0, helped = 0, truncated = 0,
                greeted_ms = 0, waited_ms = 0, rang_ms = 0, talked_ms = 0
         WHERE id BETWEEN ?3 AND ?4 AND outcome IS NULL",
        params![signed(at.0), ORPHAN_CAUSE, first, last],
    )
}

/// A file with tables and without our mark belongs to somebody else.
fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |source| OpenError::of(path.to_path_buf(), source);
    let mark: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(fail)?;
    if mark == APPLICATION_ID {
        return Ok(());
    }
    let tables: Option<String> = connection
        .query_row("SELECT group_concat(name, ', ') FROM sqlite_schema WHERE type = 'table'", [], |row| {
            row.get(0)
        })
        .map_err(fail)?;
    match tables {
        Some(tables) => Err(OpenError::Foreign { path: path.to_path_buf(), tables }),
        None => Ok(()),
    }
}

/// Applies what is missing, each migration with its number in one transaction.
fn migrate(connection: &mut Connection, found: i64) -> rusqlite::Result<()> {
    for (number, migration) in (1..).zip(MIGRATIONS) {
        if number > found {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(migration)?;
            transaction.execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
            ))?;
            transaction.commit()?;
        }
    }
    Ok(())
}

/// First and last record id of a run.
pub(crate) const fn ids_of(run: u64) -> (i64, i64) {
    let first = RecordId::new(run, 0).0;
    (first as i64, (first | ((1 << RecordId::NUMBER_BITS) - 1)) as i64)
}

/// SQLite's integers are signed; what does not fit (no real value) is cut to the largest.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
