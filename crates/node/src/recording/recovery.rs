//! Recovery: files that a killed run left unfinished are completed, and keep what was written of them.
//!
//! ```text
//!   the index says: not finished ─┐
//!   the newest days' folders ─────┴▶ ….wav.part ─▶ length from its size, header, hash ─▶ ….wav ─▶ Note::Filed
//! ```
//!
//! The folders are looked at for files of which the index never heard; only the newest, because there are years of
//! others. Files of the run that is on are left alone; they are told by its number in their names.

use super::file::{self, PART};
use super::wav;
use anyhow::{Context, Result};
use base::{Date, LocalTime, Offset};
use report::{RecordId, UnixMs};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::Recordings;
use store::recordings::{Filed, State};

/// Days whose folders are looked at.
const DAYS: usize = 3;

/// Completes what runs before this one left. What cannot be completed is said, and tried again at the next start.
///
/// # Errors
/// The index or the folder cannot be read.
pub fn recover(
    recordings: &Recordings,
    folder: &Path,
    run: u64,
    offset: Offset,
    keep: Option<Duration>,
) -> Result<Vec<Filed>> {
    let mut found: BTreeMap<PathBuf, (RecordId, UnixMs)> = BTreeMap::new();
    for day in list(folder)?.iter().rev().filter(|day| day.is_dir()).take(DAYS) {
        for first in list(day)?.iter().filter(|path| path.extension().is_some_and(|last| last == PART)) {
            let path = first.with_extension("");
            if let Some(named) = read_name(folder, &path, offset).filter(|(id, _)| id.run() != run) {
                found.insert(path, named);
            }
        }
    }
    for (id, begun, name) in recordings.unfinished(run)? {
        found.insert(folder.join(name), (id, begun));
    }
    let mut filed = Vec::new();
    for (path, (id, begun)) in found {
        let completed = match (file::part(&path).exists(), path.exists()) {
            (true, _) => file::complete(&path),
            // Killed between its last name and the index.
            (false, true) => file::whole(&path),
            (false, false) => continue,
        };
        match completed {
            Ok(whole) => filed.push(Filed {
                id,
                begun,
                state: State::Recovered,
                file: path.strip_prefix(folder).ok().map(|name| name.display().to_string()),
                length_ms: whole.samples * 1_000 / wav::RATE,
                gap_ms: 0,
                bytes: whole.bytes,
                sha256: whole.sha256,
                keep_until: keep.map(|keep| UnixMs(begun.0 + keep.as_millis() as u64)),
            }),
            Err(error) => {
                let (error, path) = (format!("{error:#}"), path.display());
                tracing::error!(error, %path, "an unfinished recording cannot be completed");
            }
        }
    }
    Ok(filed)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A file's name, `2024-02-02/093012-7-41.wav`.
fn read_name(folder: &Path, path: &Path, offset: Offset) -> Option<(RecordId, UnixMs)> {
    let name = path.strip_prefix(folder).ok()?.to_str()?;
    let (day, rest) = name.strip_suffix(".wav")?.split_once('/')?;
    let mut parts = rest.split('-');
    let (clock, run, number) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let clock: u32 = clock.parse().ok()?;
    let second = clock / 10_000 * 3_600 + clock / 100 % 100 * 60 + clock % 100;
    let date: Date = day.parse().ok()?;
    let begun = UnixMs(offset.unix_millis(LocalTime { date, second }));
    (parts.next().is_none() && second < 86_400).then(|| (RecordId::new(run, number), begun))
}
