//! The journal's files through their days: midnight, a file that is full, a folder that goes away, old ones.

use base::{Epoch, Timestamp};
use call::{Input, Request, RequestId};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use store::journal::{Chunk, Ending, Header, Journal, Limits, Numbers, ReadError, Recorder, What, Writer};

const HOUR: Duration = Duration::from_secs(3600);
/// Friday, 2 February 2024, 09:00 in China.
const MORNING: u64 = 1_706_835_600;

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sujie-journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn head(run: u64) -> Header {
    Header { run, epoch: Epoch::from_unix_nanos((MORNING + run) * 1_000_000_000), ..Header::default() }
}

/// A chunk of one input.
fn chunk(recorder: &mut Recorder, at: Timestamp) -> Chunk {
    let id = RequestId::from_bits(recorder.seq());
    recorder.input(at, &Input::Request(id, Request::Drain));
    recorder.take(Vec::new()).expect("one input")
}

/// The numbers of the inputs that are read, and how it ends.
fn read(paths: &[PathBuf]) -> (Vec<u64>, Result<Option<Ending>, ReadError>) {
    let mut journal = match Journal::open(paths, None) {
        Ok(journal) => journal,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut seen = Vec::new();
    loop {
        match journal.next_entry() {
            Ok(Some(entry)) if matches!(entry.what, What::Input(_)) => seen.push(entry.seq),
            Ok(Some(_)) => {}
            Ok(None) => return (seen, Ok(journal.ending().cloned())),
            Err(error) => return (seen, Err(error)),
        }
    }
}

/// A run of six hours' steps: 09:00 to 03:00 the next day in China, so one midnight.
fn long_run(folder: &Path, run: u64) {
    let mut writer = Writer::begin(folder, head(run), Limits::default()).expect("begins");
    let mut recorder = Recorder::new(Numbers::Plain);
    for step in 0..4 {
        writer.append(&chunk(&mut recorder, Timestamp::START + HOUR * 6 * step)).expect("written");
    }
    writer.append(&recorder.finish().expect("an end")).expect("written");
    writer.sync().expect("on the disk");
}

#[test]
fn a_new_file_begins_at_local_midnight_and_all_are_one_journal() {
    let folder = Folder::new("midnight");
    long_run(&folder.0, 1);
    assert_eq!(
        folder.files(),
        ["20240202T090001-r1-p0001.journal", "20240202T090001-r1-p0002.journal"],
        "the last of 09:00, 15:00, 21:00 and 03:00 is another day"
    );
    let (seen, ending) = read(std::slice::from_ref(&folder.0));
    assert_eq!((seen, ending.expect("whole")), (vec![0, 1, 2, 3], Some(Ending::Clean)));
    // Files in any order, under any name.
    let parts: Vec<PathBuf> = folder.files().iter().map(|name| folder.0.join(name)).collect();
    let renamed = folder.0.join("yesterday");
    fs::rename(&parts[0], &renamed).expect("renamed");
    fs::rename(&parts[1], folder.0.join("today")).expect("renamed");
    let (seen, ending) = read(&[folder.0.join("today"), renamed]);
    assert_eq!((seen, ending.expect("whole")), (vec![0, 1, 2, 3], Some(Ending::Clean)));
}

#[test]
fn a_file_that_is_full_is_followed_by_the_next_and_a_missing_one_is_named() {
    let folder = Folder::new("full");
    let limits = Limits { file_max: 300, ..Limits::default() };
    let mut writer = Writer::begin(&folder.0, head(1), limits).expect("begins");
    let mut recorder = Recorder::new(Numbers::Plain);
    for second in 0..12 {
        writer.append(&chunk(&mut recorder, Timestamp::from_secs(second))).expect("written");
    }
    let files = folder.files();
    assert!(files.len() > 2, "{files:?}");
    assert_eq!(read(std::slice::from_ref(&folder.0)).0, (0..12).collect::<Vec<_>>());
    let path = |place: usize| folder.0.join(&files[place]);
    fs::rename(path(1), folder.0.join("away")).expect("renamed");
    let (seen, ending) = read(std::slice::from_ref(&folder.0));
    assert!(
        matches!(ending, Err(ReadError::Missing { before, .. }) if before == seen.len() as u64),
        "{ending:?}"
    );
    let (_, ending) = read(&[path(2)]);
    assert!(ending.expect_err("no start").to_string().contains("from the engine's start"));
    // Torn in the middle of the run is damage: later files are there.
    fs::rename(folder.0.join("away"), path(1)).expect("renamed");
    let length = fs::metadata(path(1)).expect("there").len();
    File::options().write(true).open(path(1)).and_then(|file| file.set_len(length - 5)).expect("cut");
    let (_, ending) = read(std::slice::from_ref(&folder.0));
    assert!(matches!(ending, Err(ReadError::Damaged { .. })), "{ending:?}");
}

#[test]
fn what_cannot_be_written_is_written_when_it_can() {
    let folder = Folder::new("away");
    let limits = Limits { file_max: 1, ..Limits::default() };
    let mut writer = Writer::begin(&folder.0, head(1), limits).expect("begins");
    let mut recorder = Recorder::new(Numbers::Plain);
    writer.append(&chunk(&mut recorder, Timestamp::START)).expect("written");
    // The folder is not where it was: no next file can be made.
    let elsewhere = folder.0.with_extension("elsewhere");
    fs::rename(&folder.0, &elsewhere).expect("renamed");
    let waiting = chunk(&mut recorder, Timestamp::from_secs(1));
    let error = writer.append(&waiting).expect_err("nowhere").to_string();
    assert!(error.contains("p0003.journal cannot be written"), "{error}");
    fs::rename(&elsewhere, &folder.0).expect("renamed");
    writer.append(&waiting).expect("written now");
    assert_eq!(read(std::slice::from_ref(&folder.0)).0, [0, 1]);
}

#[test]
fn old_runs_go_and_the_run_at_hand_stays() {
    let folder = Folder::new("old");
    for run in 1..=3 {
        long_run(&folder.0, run);
    }
    // The first run is a year old, of the second only its first file.
    let old = SystemTime::now() - 24 * HOUR * 365;
    let files = folder.files();
    for name in [&files[0], &files[1], &files[2]] {
        let file = File::options().write(true).open(folder.0.join(name)).expect("opens");
        file.set_modified(old).expect("made old");
    }
    drop(Writer::begin(&folder.0, head(4), Limits::default()).expect("begins"));
    let runs: Vec<String> = folder.files().iter().map(|name| name[16..].to_owned()).collect();
    let part = |run, part| format!("r{run}-p000{part}.journal");
    assert_eq!(runs, [part(2, 1), part(2, 2), part(3, 1), part(3, 2), part(4, 1)], "the second run is whole");

    // No room for more than two files: the oldest go, whatever they are.
    let size: u64 =
        folder.files().iter().map(|name| fs::metadata(folder.0.join(name)).expect("there").len()).sum();
    let limits = Limits { total_max: size / 3, ..Limits::default() };
    drop(Writer::begin(&folder.0, head(5), limits).expect("begins"));
    let left = folder.files();
    assert!(left.len() < 4 && left.last().expect("the new one").ends_with("r5-p0001.journal"), "{left:?}");
}

#[test]
fn only_its_owner_and_his_group_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    long_run(&folder.0, 1);
    for name in folder.files() {
        let mode = fs::metadata(folder.0.join(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o007, 0, "{mode:o}");
    }
}
