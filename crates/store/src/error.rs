//! Errors: one enum per operation, variants by who can do something about it.

use rusqlite::ErrorCode;
use std::path::PathBuf;

/// The records cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is missing, or not ours to write.
    #[error(
        "cannot open the call records {path}: {source}; does the folder exist, and may this user write there?"
    )]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is something else, or damaged.
    #[error(
        "{path} is not a database of call records, or it is damaged ({source}); move it away together with \
         {path}-wal and {path}-shm and start again (a new file is made), then save what can be read with \
         `sqlite3 {path} .recover`"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A database of some other program.
    #[error("{path} is a database of another program ({tables}); name another file for the call records")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Tables found in it.
        tables: String,
    },
    /// Written by a later version of this program.
    #[error(
        "{path} was written by a later version (schema {found}, this one knows {known}); use that version, or \
         name another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process holds it.
    #[error("{path} is held by another process; is this centre running already?")]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// It could not be brought up to date.
    #[error("cannot prepare {path}: {source}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl OpenError {
    pub(crate) fn of(path: PathBuf, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                Self::Unreachable { path, source }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Held { path },
            _ => Self::Failed { path, source },
        }
    }
}

/// A batch was not written; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No room on the disk (or in the quota).
    #[error("no room for call records: {0}; free some space, what waits is written then")]
    Full(rusqlite::Error),
    /// Another connection held the file too long.
    #[error("the call records are held by another program: {0}")]
    Busy(rusqlite::Error),
    /// The disk failed, or the file is damaged.
    #[error(
        "the call records cannot be written: {0}; check the disk, `sqlite3 FILE 'PRAGMA integrity_check'`"
    )]
    Disk(rusqlite::Error),
    /// Anything else: a fault of ours.
    #[error("the call records refused a batch: {0}")]
    Refused(rusqlite::Error),
}

impl WriteError {
    /// Whether the same batch may go through later. The others will fail again until somebody acts.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Busy(_))
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(source),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(source),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen,
            ) => Self::Disk(source),
            _ => Self::Refused(source),
        }
    }
}

/// The records cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the call records cannot be read: {0}")]
pub struct ReadError(#[from] rusqlite::Error);
