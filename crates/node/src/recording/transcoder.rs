//! The transcoder's thread: makes Opus of whole WAVs, one at a time, the one that has waited longest first.
//!
//! ```text
//!   index ─▶ ….wav ─▶ ….opus.part ─fsync, read back, hashed─▶ ….opus ─▶ index ─▶ ….wav removed ─▶ index
//!              1           2                                     3         4           5
//! ```
//!
//! Killed at 1 to 3, the index still says WAV: it is made again, into the same bytes. Killed at 4 or 5, the index says
//! Opus and that the WAV is superseded: it is removed at the next start. So at every moment the file that the index
//! names is whole. A WAV that cannot be made Opus stays what it is: tried again in a while when the disk refused, never
//! when it is not what it was when it became whole.
//!
//! It runs at the lowest priority and holds nothing up. Never knows: calls, who talks.

use super::file::{MODE, hash, part, sync_folder};
use super::{Counts, name, ogg_opus};
use crate::clock::Clock;
use anyhow::{Context, Result, anyhow};
use base::Timestamp;
use report::UnixMs;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Recordings;
use store::transcoding::ToTranscode;

/// How often the index is looked into when nothing waits, or cannot be.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When a WAV is tried again that could not be read, or whose Opus file could not be written.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// The thread's belongings.
pub struct Transcoder {
    /// Its connection.
    pub recordings: Recordings,
    /// Where files are.
    pub folder: PathBuf,
    /// The clock.
    pub clock: Clock,
    /// What has become of them.
    pub counts: Arc<Counts>,
    /// When those that wait are counted again.
    pub count_at: Timestamp,
}

/// Why there is no Opus file.
enum Why {
    /// The process ends.
    Stopped,
    /// The disk refuses, or the file cannot be read now.
    Refused(anyhow::Error),
    /// The WAV is not what the index says.
    Changed(anyhow::Error),
}

impl From<anyhow::Error> for Why {
    fn from(error: anyhow::Error) -> Self {
        Self::Refused(error)
    }
}

impl From<std::io::Error> for Why {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// An Opus file that is whole.
struct Made {
    bytes: u64,
    sha256: String,
}

impl Transcoder {
    /// Runs until told to stop.
    pub fn run(mut self, stop: &AtomicBool) {
        if let Err(error) = self.remove_superseded() {
            tracing::error!("WAV files in whose place Opus has come were not looked for: {error:#}");
        }
        let mut failing = false;
        while !stop.load(Ordering::Relaxed) {
            match self.next(stop) {
                Ok(true) => failing = false,
                Ok(false) => {
                    failing = false;
                    std::thread::park_timeout(LOOK_EVERY);
                }
                Err(error) => {
                    if !failing {
                        tracing::error!("no Opus is made of recordings now; WAV files stay: {error:#}");
                    }
                    failing = true;
                    std::thread::park_timeout(LOOK_EVERY);
                }
            }
        }
    }

    /// Takes the next one; false when there is none.
    ///
    /// # Errors
    /// The index cannot be read or written: what was made is made again.
    pub fn next(&mut self, stop: &AtomicBool) -> Result<bool> {
        let (at, now) = (self.clock.now(), UnixMs(self.clock.epoch().unix_millis(self.clock.now())));
        let next = self.recordings.to_transcode(now)?;
        // A hundred thousand that wait are not counted for each of them.
        if next.is_none() || at >= self.count_at {
            self.count_at = at + LOOK_EVERY;
            self.counts.to_transcode.store(self.recordings.transcodings()?, Ordering::Relaxed);
        }
        let Some(of) = next else { return Ok(false) };
        let again = match self.make(&of, stop) {
            Ok(made) => {
                self.take_over(&of, &made)?;
                return Ok(true);
            }
            Err(Why::Stopped) => return Ok(false),
            Err(Why::Refused(error)) => (error, Some(UnixMs(now.0 + AGAIN_AFTER.as_millis() as u64))),
            Err(Why::Changed(error)) => (error, None),
        };
        let (error, until) = again;
        // Deleted meanwhile is no failure.
        if self.recordings.put_off(of.id, until)? {
            Counts::add(&self.counts.transcode_failures, 1);
            let (id, error, again) = (of.id.0, format!("{error:#}"), until.is_some());
            tracing::error!(
                id,
                file = of.file,
                error,
                again,
                "a recording could not be made Opus; its WAV stays"
            );
        }
        Ok(true)
    }

    /// The Opus file of a WAV, whole and on the disk.
    fn make(&self, of: &ToTranscode, stop: &AtomicBool) -> Result<Made, Why> {
        let wav = name::place(&self.folder, &of.file).map_err(Why::Changed)?;
        let opus = name::opus(&wav);
        let first = part(&opus);
        let made = self.write(of, &wav, &first, stop).and_then(|made| {
            fs::rename(&first, &opus).with_context(|| format!("renaming {}", first.display()))?;
            sync_folder(&opus)?;
            Ok(made)
        });
        if made.is_err() {
            let _ = fs::remove_file(&first);
        }
        made
    }

    fn write(&self, of: &ToTranscode, wav: &Path, first: &Path, stop: &AtomicBool) -> Result<Made, Why> {
        let source = File::open(wav).with_context(|| format!("opening {}", wav.display()))?;
        let mut options = File::options();
        let target = options.write(true).create(true).truncate(true).mode(MODE).open(first);
        let mut target = BufWriter::new(target.with_context(|| format!("opening {}", first.display()))?);
        let go_on = || !stop.load(Ordering::Relaxed);
        // A file of its own run and number has a number of its own as a stream.
        let serial = of.id.0 as u32;
        let source = ogg_opus::transcode(&mut BufReader::new(source), &mut target, serial, go_on)?
            .ok_or(Why::Stopped)?;
        let target = target.into_inner().map_err(|error| anyhow!(error.into_error()))?;
        target.sync_data().with_context(|| format!("writing {}", first.display()))?;
        if source.sha256 != of.sha256 {
            let (is, was) = (source.sha256, &of.sha256);
            return Err(Why::Changed(anyhow!("SHA-256 is {is}, was {was}: the file was changed")));
        }
        let kept = ogg_opus::samples(first)?;
        if kept != source.samples {
            return Err(anyhow!("{kept} samples of {} came out", source.samples).into());
        }
        Ok(Made { bytes: fs::metadata(first)?.len(), sha256: hash(first)? })
    }

    /// The Opus file takes the WAV's place, unless the recording was held or deleted meanwhile.
    fn take_over(&mut self, of: &ToTranscode, made: &Made) -> Result<()> {
        let file = name::opus(Path::new(&of.file));
        let file = file.to_str().context("a name is text")?;
        if self.recordings.transcoded(of, file, made.bytes, &made.sha256)? {
            Counts::add(&self.counts.transcoded, 1);
            return self.remove_superseded();
        }
        fs::remove_file(self.folder.join(file)).or_else(gone)?;
        Ok(())
    }

    fn remove_superseded(&mut self) -> Result<()> {
        for (id, file) in self.recordings.superseded()? {
            let wav = name::place(&self.folder, &file)?;
            fs::remove_file(&wav).or_else(gone).with_context(|| format!("deleting {}", wav.display()))?;
            self.recordings.removed(id)?;
        }
        Ok(())
    }
}

/// What is gone need not be removed.
fn gone(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
