//! The name of a recording's file, below the folder of recordings.
//!
//! ```text
//!   2024-02-02/093012-7-41.wav     the day / the time, the number of the run, the number within the run
//!                        .opus     the same talk, made of that
//! ```
//!
//! It says what is needed of a file of which the index never heard. Never knows: what is in it.

use super::file::part;
use anyhow::Result;
use base::{Date, LocalTime, Offset};
use report::{RecordId, UnixMs};
use std::path::{Component, Path, PathBuf};

/// What a name ends with when the file is WAV.
const WAV: &str = "wav";
/// And when it is Opus.
const OPUS: &str = "opus";

/// The name of a recording that begins now.
#[must_use]
pub fn of(begun: LocalTime, run: u64, number: u64) -> String {
    let (hour, minute, second) = (begun.hour(), begun.minute(), begun.second % 60);
    format!("{}/{hour:02}{minute:02}{second:02}-{run}-{number}.wav", begun.date)
}

/// The place of the Opus file that is made of a WAV, beside it.
#[must_use]
pub fn opus(wav: &Path) -> PathBuf {
    wav.with_extension(OPUS)
}

/// Wherever anything of a recording may be, by the place of its file: WAV and Opus, each also while it is made.
#[must_use]
pub fn anything(path: &Path) -> [PathBuf; 4] {
    let (wav, opus) = (path.with_extension(WAV), path.with_extension(OPUS));
    [part(&wav), part(&opus), wav, opus]
}

/// What a name says; `None` when it is no recording's.
#[must_use]
pub fn read(name: &str, offset: Offset) -> Option<(RecordId, UnixMs)> {
    let (day, rest) = name.strip_suffix(".wav")?.split_once('/')?;
    let mut parts = rest.split('-');
    let (clock, run, number) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let clock: u32 = clock.parse().ok()?;
    let second = clock / 10_000 * 3_600 + clock / 100 % 100 * 60 + clock % 100;
    let date: Date = day.parse().ok()?;
    let begun = UnixMs(offset.unix_millis(LocalTime { date, second }));
    (parts.next().is_none() && second < 86_400).then(|| (RecordId::new(run, number), begun))
}

/// Where the file is that the index names so.
///
/// # Errors
/// It is not below the folder. The index is a file that others can write to: nothing elsewhere is ever touched.
pub fn place(folder: &Path, name: &str) -> Result<PathBuf> {
    anyhow::ensure!(
        Path::new(name).components().all(|part| matches!(part, Component::Normal(_))),
        "{name} is not below the folder of recordings"
    );
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_was_made_of() {
        let begun = LocalTime { date: "2024-02-02".parse().expect("a date"), second: 34_212 };
        let name = of(begun, 7, 41);
        assert_eq!(name, "2024-02-02/093012-7-41.wav");
        let (id, at) = read(&name, Offset::CHINA).expect("its own");
        assert_eq!((id, Offset::CHINA.local(at.0)), (RecordId::new(7, 41), begun));
        for other in
            ["2024-02-02/093012-7-41.mp3", "2024-02-02/093012-7-41-2.wav", "093012-7-41.wav", "a/b.wav"]
        {
            assert_eq!(read(other, Offset::CHINA), None, "{other}");
        }
    }

    #[test]
    fn an_opus_file_is_beside_its_wav() {
        let wav = Path::new("/recordings/2024-02-02/093012-7-41.wav");
        assert_eq!(opus(wav), Path::new("/recordings/2024-02-02/093012-7-41.opus"));
        let ends = ["wav.part", "opus.part", "wav", "opus"];
        let all = ends.map(|end| PathBuf::from(format!("/recordings/2024-02-02/093012-7-41.{end}")));
        assert_eq!([anything(wav), anything(&opus(wav))], [all.clone(), all]);
    }

    #[test]
    fn nothing_outside_the_folder_has_a_place() {
        let folder = Path::new("/recordings");
        assert_eq!(place(folder, "a/b.wav").expect("below"), Path::new("/recordings/a/b.wav"));
        for name in ["../b.wav", "/b.wav", "a/../../b.wav"] {
            assert!(place(folder, name).is_err(), "{name}");
        }
    }
}
