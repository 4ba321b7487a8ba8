//! Whole WAVs become Opus: killed at any moment, refused by the disk, held or deleted meanwhile.

use super::Counts;
use super::file::{Recording, Whole, hash, part};
use super::ogg_opus;
use super::removal;
use super::transcoder::Transcoder;
use crate::clock::Clock;
use base::Timestamp;
use media::alaw;
use report::{RecordId, UnixMs};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use store::recordings::{Deed, Filed, Format, State};
use store::transcoding::ToTranscode;
use store::{Note, Recordings};

const WAV: &str = "2024-02-02/090000-6-1.wav";
const OPUS: &str = "2024-02-02/090000-6-1.opus";
const ID: RecordId = RecordId::new(6, 1);

/// A centre with one recording of three seconds that waits to become Opus.
struct Centre {
    folder: PathBuf,
    transcoder: Transcoder,
    /// What the WAV is.
    wav: Whole,
}

impl Centre {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sujie-transcoder-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let mut one = Recording::new(folder.join(WAV));
        let sound = |at: u64| (0..8_000).map(move |n| alaw::encode(((at * 8_000 + n) % 71 * 300) as i16));
        (0..6).for_each(|at| one.sound(at * 4_000, &sound(at).collect::<Vec<_>>()).expect("written"));
        let wav = one.finish(24_000).expect("whole");
        let mut recordings = Recordings::open(folder.join("index.db")).expect("an index");
        let begun = Note::Begun {
            id: ID,
            call: None,
            agent: "8001".into(),
            group: "general".into(),
            at: UnixMs(1),
            keep_until: Some(UnixMs(1_000)),
            format: Format::Opus,
        };
        let filed = Filed {
            id: ID,
            begun: UnixMs(1),
            state: State::Whole,
            file: WAV.into(),
            length_ms: 3_000,
            gap_ms: 0,
            bytes: wav.bytes,
            sha256: Some(wav.sha256.clone()),
            keep_until: None,
        };
        recordings.write(&[begun, Note::Filed(Box::new(filed))]).expect("noted");
        let counts = Arc::default();
        let transcoder = Transcoder {
            recordings,
            folder: folder.clone(),
            clock: Clock::start(),
            counts,
            count_at: Timestamp::START,
        };
        Self { folder, transcoder, wav }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn next(&mut self) -> bool {
        self.transcoder.next(&AtomicBool::new(false)).expect("the index can be used")
    }

    /// From its start, as after a kill, until nothing waits.
    fn start_again(self) -> Self {
        let recordings = Recordings::open(self.folder.join("index.db")).expect("the index");
        let stop = AtomicBool::new(false);
        let (clock, counts) = (Clock::start(), Arc::<Counts>::default());
        let folder = self.folder.clone();
        let ends = Transcoder {
            recordings,
            folder: folder.clone(),
            clock,
            counts: Arc::clone(&counts),
            count_at: Timestamp::START,
        };
        std::thread::scope(|threads| {
            let thread = threads.spawn(|| ends.run(&stop));
            let look = Recordings::open_to_read(folder.join("index.db")).expect("the index");
            let waits = || look.transcodings().expect("read") + look.superseded().expect("read").len() as u64;
            while waits() > 0 && !thread.is_finished() {
                std::thread::yield_now();
            }
            stop.store(true, Ordering::Relaxed);
            thread.thread().unpark();
        });
        let recordings = Recordings::open(self.folder.join("index.db")).expect("the index");
        Self {
            transcoder: Transcoder { recordings, folder, clock, counts, count_at: Timestamp::START },
            ..self
        }
    }

    /// The file that the index names is what the index says, and the whole talk.
    fn is_whole(&self, format: Format) {
        let one = self.transcoder.recordings.get(ID).expect("read").expect("there");
        let path = self.place(one.file.as_deref().expect("a file"));
        assert_eq!(one.format, format);
        assert_eq!(one.sha256.as_deref(), Some(&*hash(&path).expect("there")));
        assert_eq!(one.bytes, fs::metadata(&path).expect("there").len());
        if format == Format::Opus {
            assert_eq!(ogg_opus::samples(&path).expect("whole"), 24_000);
        }
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place("2024-02-02")).expect("the day");
        let mut all: Vec<_> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        all.sort();
        all
    }

    fn to_transcode(&self) -> ToTranscode {
        ToTranscode { id: ID, file: WAV.into(), sha256: self.wav.sha256.clone() }
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn deed() -> Deed {
    Deed { by: "wang".into(), why: "举报 17".into(), at: UnixMs(5) }
}

#[test]
fn a_whole_wav_becomes_opus_and_goes() {
    let mut centre = Centre::new("whole");
    assert!(centre.next() && !centre.next());
    centre.is_whole(Format::Opus);
    assert_eq!(centre.files(), ["090000-6-1.opus"]);
    let counts = &centre.transcoder.counts;
    assert_eq!((read(&counts.transcoded), read(&counts.to_transcode)), (1, 0));
    // Retention finds what is there now.
    let (gone, failed) =
        removal::expire(&mut centre.transcoder.recordings, &centre.folder, UnixMs(1_001), "sujie")
            .expect("read");
    assert_eq!((gone, failed.len(), centre.files().len()), (1, 0, 0));
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_recording() {
    let opus = {
        let mut made = Centre::new("made");
        assert!(made.next());
        fs::read(made.place(OPUS)).expect("made")
    };
    let first = |centre: &Centre| part(&centre.place(OPUS));
    // When it is killed, what lies there then, and what the index says.
    type Killed = (&'static str, fn(&mut Centre, &[u8], &Path), Format);
    let killed: [Killed; 4] = [
        (
            "writing",
            |_, opus, first| fs::write(first, &opus[..opus.len() / 2]).expect("written"),
            Format::Wav,
        ),
        ("before the last name", |_, opus, first| fs::write(first, opus).expect("written"), Format::Wav),
        (
            "before the index",
            |centre, opus, _| fs::write(centre.place(OPUS), opus).expect("written"),
            Format::Wav,
        ),
        (
            "before the WAV was removed",
            |centre, opus, _| {
                fs::write(centre.place(OPUS), opus).expect("written");
                let sum = hash(&centre.place(OPUS)).expect("there");
                let of = centre.to_transcode();
                let bytes = opus.len() as u64;
                assert!(centre.transcoder.recordings.transcoded(&of, OPUS, bytes, &sum).expect("noted"));
            },
            Format::Opus,
        ),
    ];
    for (at, (when, kill, is)) in killed.into_iter().enumerate() {
        let mut centre = Centre::new(&format!("killed-{at}"));
        let first = first(&centre);
        kill(&mut centre, &opus, &first);
        assert!(centre.place(WAV).exists(), "killed {when}");
        centre.is_whole(is);
        let centre = centre.start_again();
        centre.is_whole(Format::Opus);
        assert_eq!(centre.files(), ["090000-6-1.opus"], "killed {when}");
        assert_eq!(fs::read(centre.place(OPUS)).expect("there"), opus, "killed {when}");
    }
}

#[test]
fn a_wav_that_was_changed_is_evidence_of_that_and_stays() {
    let mut centre = Centre::new("changed");
    let mut bytes = fs::read(centre.place(WAV)).expect("there");
    bytes[100] ^= 1;
    fs::write(centre.place(WAV), &bytes).expect("written");
    assert!(centre.next() && !centre.next(), "tried once and never again");
    assert_eq!(centre.files(), ["090000-6-1.wav"]);
    assert_eq!(read(&centre.transcoder.counts.transcode_failures), 1);
    assert_eq!(centre.transcoder.recordings.transcodings().expect("read"), 0);
}

#[test]
fn a_disk_that_refuses_keeps_the_wav_and_is_asked_again() {
    let mut centre = Centre::new("refuses");
    // In the way of the file; a full disk refuses as well.
    let first = part(&centre.place(OPUS));
    fs::create_dir(&first).expect("a folder in the way");
    assert!(centre.next() && !centre.next(), "put off");
    centre.is_whole(Format::Wav);
    assert_eq!(read(&centre.transcoder.counts.transcode_failures), 1);
    assert_eq!(centre.transcoder.recordings.transcodings().expect("read"), 1, "it still waits");
    fs::remove_dir(&first).expect("the folder");
    let later = UnixMs(u64::MAX / 4);
    assert_eq!(
        centre.transcoder.recordings.to_transcode(later).expect("read").as_ref(),
        Some(&centre.to_transcode())
    );
}

#[test]
fn what_is_held_or_deleted_while_it_is_converted_is_not_touched() {
    let mut centre = Centre::new("held");
    assert!(centre.transcoder.recordings.hold(ID, &deed()).expect("held"));
    assert!(!centre.next(), "evidence is not converted");
    centre.is_whole(Format::Wav);
    assert!(centre.transcoder.recordings.release(ID).expect("released"));
    // All that there can be of it goes with it.
    fs::write(part(&centre.place(OPUS)), "half").expect("written");
    fs::write(centre.place(OPUS), "whole, and the index does not know yet").expect("written");
    removal::delete(&mut centre.transcoder.recordings, &centre.folder, ID, &deed()).expect("deleted");
    assert!(centre.files().is_empty());
    assert!(!centre.next());
    assert_eq!(read(&centre.transcoder.counts.transcode_failures), 0);
}

#[test]
fn the_end_of_the_process_does_not_wait_for_a_long_talk() {
    let mut centre = Centre::new("stopped");
    assert!(!centre.transcoder.next(&AtomicBool::new(true)).expect("the index can be used"));
    centre.is_whole(Format::Wav);
    assert_eq!(centre.files(), ["090000-6-1.wav"], "nothing half done is left");
}
