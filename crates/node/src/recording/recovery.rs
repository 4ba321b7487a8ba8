//! Recovery: files that a killed run left unfinished are completed, and keep what was written of them.
//!
//! ```text
//!   the newest days' folders ─Note::Named─▶ index ─ not finished ─▶ ….wav.part
//!                    Note::Filed ◀─ ….wav ◀─ length from its size, header, hash ─┘
//! ```
//!
//! The folders are looked at for files of which the index never heard; only the newest, because there are years of
//! others. Files of the run that is on are left alone; they are told by its number in their names.

use super::file::{self, PART, Whole};
use super::{name, wav};
use anyhow::{Context, Result};
use base::{Date, Offset};
use report::{RecordId, UnixMs};
use std::fs;
use std::path::Path;
use std::time::Duration;
use store::recordings::{Filed, State};
use store::{Note, Recordings};

/// Days whose folders are looked at.
const DAYS: usize = 3;

/// What became of what killed runs left.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Files that are whole now.
    pub completed: Vec<Filed>,
    /// Recordings whose file could not be completed.
    pub failed: Vec<RecordId>,
}

/// Completes what runs before this one left. What cannot be completed is said, and tried again at the next start.
///
/// # Errors
/// The index or the folder cannot be read, or what was found in the folder cannot be noted.
pub fn recover(
    recordings: &mut Recordings,
    folder: &Path,
    run: u64,
    offset: Offset,
    keep: Option<Duration>,
) -> Result<Recovery> {
    // Noted first: a file that is whole already, and of which the index does not know, nobody would find again.
    recordings.write(&parts(folder, run, offset)?)?;
    let mut recovery = Recovery::default();
    for (id, begun, name) in recordings.unfinished(run)? {
        match completed(folder, &name) {
            Ok(Some(whole)) => recovery.completed.push(Filed {
                id,
                begun,
                state: State::Recovered,
                file: name,
                length_ms: wav::millis(whole.samples),
                gap_ms: 0,
                bytes: whole.bytes,
                sha256: Some(whole.sha256),
                keep_until: keep.map(|keep| UnixMs(begun.0 + keep.as_millis() as u64)),
            }),
            Ok(None) => {}
            Err(error) => {
                let (error, path) = (format!("{error:#}"), folder.join(name));
                tracing::error!(error, path = %path.display(), "an unfinished recording cannot be completed");
                recovery.failed.push(id);
            }
        }
    }
    Ok(recovery)
}

/// The unfinished files of the newest days, of runs before this one.
fn parts(folder: &Path, run: u64, offset: Offset) -> Result<Vec<Note>> {
    let mut found = Vec::new();
    // Whatever else lies there (lost+found, a note) is not ours to read.
    let days = list(folder)?.into_iter().filter(|day| day.parse::<Date>().is_ok()).rev();
    for day in days.filter(|day| folder.join(day).is_dir()).take(DAYS) {
        for file in list(&folder.join(&day))? {
            let Some((file, PART)) = file.rsplit_once('.') else { continue };
            let file = format!("{day}/{file}");
            if let Some((id, at)) = name::read(&file, offset).filter(|(id, _)| id.run() != run) {
                found.push(Note::Named { id, at, file });
            }
        }
    }
    Ok(found)
}

/// The file of an unfinished recording, made whole; `None` when there is none.
fn completed(folder: &Path, name: &str) -> Result<Option<Whole>> {
    let path = name::place(folder, name)?;
    if file::part(&path).exists() {
        return file::complete(&path).map(Some);
    }
    // Killed between its last name and the index.
    path.exists().then(|| file::whole(&path)).transpose()
}

/// The names in a folder, sorted; those that are no text are not ours.
fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()?;
    let mut names: Vec<_> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    Ok(names)
}
