//! [`Writer`]: chunks into files, a new file each day and at a size, old ones removed.
//!
//! ```text
//!   Chunk ──append──▶ …-p0001.journal ──day or size──▶ …-p0002.journal      sync: what is written is on the disk
//! ```
//!
//! A block is written whole or taken back: when the disk is full, the file is cut to where it was, and the same
//! chunk may be tried again. **What is removed:** runs that have ended, when their last file is older than
//! `keep`, and, when all journals together exceed `total_max`, the oldest files, those of the run at hand last.
//! A run is replayed from its start, so the files of the run at hand stay as long as there is room.

use super::fault::WriteError;
use super::header::Header;
use super::name::{Name, local_day, stamp};
use super::recorder::Chunk;
use super::sum::Sum;
use base::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What a block begins with.
pub(super) const BLOCK_MAGIC: [u8; 4] = *b"SJBK";
/// Before the frames: magic, length, sum, first, base, frames, zero.
pub(super) const BLOCK_HEAD: usize = 40;

/// Bounds of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A file beyond this size is followed by the next, in bytes.
    pub file_max: u64,
    /// All journals of the folder together, in bytes.
    pub total_max: u64,
    /// Ended runs are kept so long.
    pub keep: Duration,
    /// Seconds that local time is ahead of UTC: when a day ends.
    pub east_s: i32,
}

impl Default for Limits {
    /// 256 MB a file, 20 GB in all, 90 days, China.
    fn default() -> Self {
        Self {
            file_max: 256 << 20,
            total_max: 20 << 30,
            keep: Duration::from_secs(90 * 86_400),
            east_s: 8 * 3600,
        }
    }
}

/// See the module's head.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    header: Header,
    limits: Limits,
    name: Name,
    path: PathBuf,
    file: File,
    /// Length of what is whole.
    length: u64,
    /// The local day of the file's first block.
    day: u64,
    head: Vec<u8>,
}

impl Writer {
    /// Begins the journal of a run: its first file, with its head.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub fn begin(folder: &Path, header: Header, limits: Limits) -> Result<Self, WriteError> {
        let failed = |source| WriteError { path: folder.into(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let start = header.epoch.unix_millis(Timestamp::START) / 1000;
        let header = Header { part: 1, first: 0, ..header };
        let name = Name { start: stamp(start, limits.east_s), run: header.run, part: 1 };
        let (path, file, length) = create(folder, &name, &header)?;
        let day = local_day(start, limits.east_s);
        let writer =
            Self { folder: folder.into(), header, limits, name, path, file, length, day, head: Vec::new() };
        writer.remove_old();
        Ok(writer)
    }

    /// The file that is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a chunk as one block, into the next file when it is time for one.
    ///
    /// # Errors
    /// Nothing of it was written; the same chunk may be tried again.
    pub fn append(&mut self, chunk: &Chunk) -> Result<u64, WriteError> {
        let day = local_day(self.header.epoch.unix_millis(chunk.base) / 1000, self.limits.east_s);
        if day > self.day || self.length >= self.limits.file_max {
            self.next_part(chunk.first, day)?;
        }
        block_head(chunk, &mut self.head);
        let written = self.file.write_all(&self.head).and_then(|()| self.file.write_all(&chunk.bytes));
        if let Err(source) = written {
            // What part of it got through goes away again; a file can always be made shorter.
            let cut = self.file.set_len(self.length);
            let back = self.file.seek(SeekFrom::Start(self.length));
            let source = cut.err().or(back.err()).unwrap_or(source);
            return Err(WriteError { path: self.path.clone(), source });
        }
        let size = (self.head.len() + chunk.bytes.len()) as u64;
        self.length += size;
        Ok(size)
    }

    /// Returns when everything written is on the disk.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn sync(&self) -> Result<(), WriteError> {
        self.file.sync_data().map_err(|source| WriteError { path: self.path.clone(), source })
    }

    fn next_part(&mut self, first: u64, day: u64) -> Result<(), WriteError> {
        self.sync()?;
        let header = Header { part: self.header.part + 1, first, ..self.header.clone() };
        let name = Name { part: header.part, ..self.name.clone() };
        let (path, file, length) = create(&self.folder, &name, &header)?;
        (self.header, self.name, self.path, self.file) = (header, name, path, file);
        (self.length, self.day) = (length, day);
        self.remove_old();
        Ok(())
    }

    /// A file that cannot be removed stays; the next day tries again.
    fn remove_old(&self) {
        let Ok(files) = Name::list(&self.folder) else { return };
        let own = |name: &Name| (&name.start, name.run) == (&self.name.start, self.name.run);
        let facts = |path: &Path| {
            let data = fs::metadata(path).ok();
            let age = data.as_ref().and_then(|data| data.modified().ok());
            let age = age.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
            (age, data.map_or(0, |data| data.len()))
        };
        let mut files: Vec<_> = files
            .into_iter()
            .map(|(name, path)| {
                let (age, size) = facts(&path);
                (name, path, age, size)
            })
            .collect();
        let youngest = |run: &Name, files: &[(Name, PathBuf, Duration, u64)]| {
            files
                .iter()
                .filter(|(name, ..)| (&name.start, name.run) == (&run.start, run.run))
                .map(|file| file.2)
                .min()
        };
        let over: Vec<bool> = files
            .iter()
            .map(|(name, ..)| !own(name) && youngest(name, &files).is_some_and(|age| age > self.limits.keep))
            .collect();
        let mut over = over.into_iter();
        files.retain(|(_, path, ..)| !(over.next() == Some(true) && fs::remove_file(path).is_ok()));
        files.sort_by_key(|(name, ..)| (own(name), name.clone()));
        let mut total: u64 = files.iter().map(|file| file.3).sum();
        for (_, path, _, size) in &files {
            if total <= self.limits.total_max || *path == self.path {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= size;
            }
        }
    }
}

/// The head of a chunk's block.
fn block_head(chunk: &Chunk, head: &mut Vec<u8>) {
    head.clear();
    head.extend_from_slice(&BLOCK_MAGIC);
    head.extend_from_slice(&(chunk.bytes.len() as u32).to_le_bytes());
    head.extend_from_slice(&[0; 8]);
    head.extend_from_slice(&chunk.first.to_le_bytes());
    head.extend_from_slice(&chunk.base.as_nanos().to_le_bytes());
    head.extend_from_slice(&chunk.frames.to_le_bytes());
    head.extend_from_slice(&[0; 4]);
    let sum = block_sum(head, &chunk.bytes);
    head[8..16].copy_from_slice(&sum.to_le_bytes());
}

/// The sum of a block: its head without the sum, and its frames.
pub(super) fn block_sum(head: &[u8], frames: &[u8]) -> u64 {
    let mut sum = Sum::default();
    sum.add(&head[..8]);
    sum.add(&head[16..]);
    sum.add(frames);
    sum.value()
}

/// A chunk as a block, for journals that are kept in memory.
#[must_use]
pub fn block(chunk: &Chunk) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BLOCK_HEAD + chunk.bytes.len());
    block_head(chunk, &mut bytes);
    bytes.extend_from_slice(&chunk.bytes);
    bytes
}

fn create(folder: &Path, name: &Name, header: &Header) -> Result<(PathBuf, File, u64), WriteError> {
    let path = folder.join(name.to_string());
    let failed = |source| WriteError { path: path.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Callers' numbers: for the owner and his group.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut file = options.open(&path).map_err(failed)?;
    let bytes = header.bytes();
    if let Err(source) = file.write_all(&bytes) {
        let _ = fs::remove_file(&path);
        return Err(failed(source));
    }
    Ok((path, file, bytes.len() as u64))
}
