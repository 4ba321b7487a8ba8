//! One recording that is being written.
//!
//! ```text
//!   sound(from, …) ─▶ at its place; silence where something is missing ─▶ finish ─▶ header, fsync, SHA-256, last name
//! ```
//!
//! Each write says where: after a failed one the next goes on as if it had been silence, and the file is as long as the
//! talk in the end. Never knows: why something is missing.

use super::wav;
use anyhow::{Context, Result};
use media::alaw;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Silence is written in pieces of this size.
const PIECE: usize = 64 * 1024;
/// What is added to a name until the file is whole.
pub const PART: &str = "part";
/// Recordings are for the service's user and his group.
pub const MODE: u32 = 0o640;

/// A recording that is being written.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: Option<File>,
    /// Samples of each channel that are in the file.
    written: u64,
    /// Of those: silence that stands for sound.
    gap: u64,
}

/// A file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Samples of each channel.
    pub samples: u64,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Recording {
    /// A recording with this last name; nothing is made yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path, file: None, written: 0, gap: 0 }
    }

    /// Samples of silence that stand for sound.
    #[must_use]
    pub const fn gap(&self) -> u64 {
        self.gap
    }

    /// Writes sound that begins at a sample of the talk.
    ///
    /// # Errors
    /// It is not written; its place will be silent.
    pub fn sound(&mut self, from: u64, sound: &[u8]) -> io::Result<()> {
        self.silence_until(from)?;
        let at = wav::HEADER + self.written * wav::CHANNELS;
        self.open()?.write_all_at(sound, at)?;
        self.written += sound.len() as u64 / wav::CHANNELS;
        Ok(())
    }

    /// Makes it whole: as long as the talk was, with the right header, on the disk, under its last name.
    ///
    /// # Errors
    /// It is left under its first name; the next start completes it.
    pub fn finish(&mut self, length: u64) -> Result<Whole> {
        self.silence_until(length)?;
        self.open()?;
        drop(self.file.take());
        complete(&self.path)
    }

    fn silence_until(&mut self, until: u64) -> io::Result<()> {
        while self.written < until {
            let count = (until - self.written).min(PIECE as u64 / wav::CHANNELS);
            let at = wav::HEADER + self.written * wav::CHANNELS;
            let silence = [alaw::SILENCE; PIECE];
            self.open()?.write_all_at(&silence[..(count * wav::CHANNELS) as usize], at)?;
            (self.written, self.gap) = (self.written + count, self.gap + count);
        }
        Ok(())
    }

    /// The file, made when it is first needed, and again when that has failed.
    fn open(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = File::options();
            let file = options.write(true).create(true).truncate(false).mode(MODE).open(part(&self.path))?;
            file.write_all_at(&wav::header(0), 0)?;
            self.file = Some(file);
        }
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The name until the file is whole.
#[must_use]
pub fn part(path: &Path) -> PathBuf {
    path.with_added_extension(PART)
}

/// Makes a file whole that has all its sound: header, fsync, hash, last name.
///
/// # Errors
/// What the disk says; the file keeps its first name.
pub fn complete(path: &Path) -> Result<Whole> {
    let first = part(path);
    let file = File::options().read(true).write(true).open(&first);
    let file = file.with_context(|| format!("opening {}", first.display()))?;
    let samples = wav::samples(file.metadata()?.len());
    let bytes = wav::HEADER + samples * wav::CHANNELS;
    // A killed process can leave half a pair of samples, or half a header.
    file.set_len(bytes)?;
    file.write_all_at(&wav::header(samples), 0)?;
    file.sync_data().with_context(|| format!("writing {}", first.display()))?;
    let sha256 = hash(&first)?;
    fs::rename(&first, path).with_context(|| format!("renaming {}", first.display()))?;
    sync_folder(path)?;
    Ok(Whole { samples, bytes, sha256 })
}

/// The name of a file is on the disk, too.
///
/// # Errors
/// What the disk says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// What a file is that has its last name.
///
/// # Errors
/// It cannot be read.
pub fn whole(path: &Path) -> Result<Whole> {
    let bytes = fs::metadata(path).with_context(|| format!("reading {}", path.display()))?.len();
    Ok(Whole { samples: wav::samples(bytes), bytes, sha256: hash(path)? })
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// It cannot be read.
pub fn hash(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let (mut sum, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        sum.update(&piece[..count]);
    }
}
