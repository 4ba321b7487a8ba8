//! Removal: a recording's file goes, its row stays as the trace: who, when, why, and the hash of what was deleted.

use super::name;
use anyhow::{Context, Result};
use report::{RecordId, UnixMs};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use store::Recordings;
use store::recordings::Deed;

/// Files that one round of retention deletes at most, so that notes need not wait for all of them.
const ROUND: u32 = 200;

/// Deletes a recording.
///
/// # Errors
/// Why not: it is unknown, running, held, or deleted already; or the disk refuses.
pub fn delete(recordings: &mut Recordings, folder: &Path, id: RecordId, deed: &Deed) -> Result<()> {
    let known = recordings.get(id)?.with_context(|| format!("there is no recording {}", id.0))?;
    let remove = || -> Result<()> {
        let Some(name) = &known.file else { return Ok(()) };
        let path = name::place(folder, name)?;
        for path in name::anything(&path) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("deleting {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    };
    if recordings.delete(id, deed, remove)? {
        return Ok(());
    }
    let known = recordings.get(id)?.unwrap_or(known);
    match (known.held, known.deleted) {
        (Some(hold), _) => anyhow::bail!("recording {} is held by {}: {}", id.0, hold.by, hold.why),
        (_, Some(deed)) => anyhow::bail!("recording {} was deleted by {}: {}", id.0, deed.by, deed.why),
        _ => anyhow::bail!("recording {} still runs", id.0),
    }
}

/// What has been kept long enough and is not held, from the oldest on, each once: one that cannot be deleted keeps none
/// of the others.
pub struct Expiry {
    deed: Deed,
    /// The last one that was looked at.
    passed: (UnixMs, RecordId),
    /// How many were deleted.
    pub gone: u64,
}

impl Expiry {
    /// What has been kept long enough now.
    #[must_use]
    pub fn new(now: UnixMs, by: &str) -> Self {
        let deed = Deed { by: by.to_owned(), why: "kept long enough".into(), at: now };
        Self { deed, passed: Default::default(), gone: 0 }
    }

    /// Deletes the next of them and says what could not be deleted. `None` when there are no more.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn round(&mut self, recordings: &mut Recordings, folder: &Path) -> Result<Option<Vec<String>>> {
        let due = recordings.expired(self.deed.at, self.passed, ROUND)?;
        let Some(&last) = due.last() else { return Ok(None) };
        self.passed = last;
        let mut failed = Vec::new();
        for (_, id) in due {
            match delete(recordings, folder, id, &self.deed) {
                Ok(()) => self.gone += 1,
                Err(error) => failed.push(format!("{error:#}")),
            }
        }
        Ok(Some(failed))
    }
}

/// Deletes all that has been kept long enough and is not held. Returns how many, and what could not be deleted.
///
/// # Errors
/// The index cannot be read.
pub fn expire(
    recordings: &mut Recordings,
    folder: &Path,
    now: UnixMs,
    by: &str,
) -> Result<(u64, Vec<String>)> {
    let (mut expiry, mut failed) = (Expiry::new(now, by), Vec::new());
    while let Some(more) = expiry.round(recordings, folder)? {
        failed.extend(more);
    }
    Ok((expiry.gone, failed))
}
