//! Blocks in, files and notes out: what is missing is silent, what is killed is completed, what is old goes.

use super::file::{self, Recording};
use super::index::Index;
use super::recorder::Recorder;
use super::{Counts, recovery, removal, wav};
use crate::clock::Clock;
use crate::net::outlet::Outlet;
use crate::rtp::Tap;
use base::{Handle, Offset, Ring};
use media::alaw;
use media::session::{RecordingRef, Taped};
use report::{RecordId, UnixMs};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::recordings::{Filed, State};
use store::{Note, Recordings};

const KEEP: Option<Duration> = Some(Duration::from_secs(60));

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sujie-recorder-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn recording(number: u32) -> RecordingRef {
    RecordingRef::from_parts(number, 0)
}

fn sound(number: u32, from: u64, sample: u8) -> Taped {
    Taped::Sound { recording: recording(number), from, sound: vec![sample; 8_000] }
}

/// Everything in a ring is written as run 7 would.
fn write(folder: &Path, clock: Clock, taped: &Ring<Taped>) -> (Vec<Note>, Arc<Counts>) {
    let (notes, counts) = (Ring::bounded(100), Arc::<Counts>::default());
    let recorder = Recorder {
        folder: folder.to_path_buf(),
        run: 7,
        clock,
        offset: Offset::CHINA,
        taped: taped.clone(),
        notes: Outlet::new(notes.clone(), None),
        counts: Arc::clone(&counts),
    };
    recorder.run(&AtomicBool::new(true));
    (std::iter::from_fn(|| notes.pop()).collect(), counts)
}

fn filed(notes: &[Note]) -> Vec<&Filed> {
    let filed = |note: &'_ Note| matches!(note, Note::Filed(_));
    notes
        .iter()
        .filter(|note| filed(note))
        .map(|note| match note {
            Note::Filed(filed) => &**filed,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_full_ring_costs_sound_and_never_its_time() {
    let folder = folder("full");
    let taped = Ring::bounded(4);
    let counts = Arc::<Counts>::default();
    let mut tap = Tap { outlet: Outlet::new(taped.clone(), None), counts: Arc::clone(&counts) };
    let at = Clock::start().now();
    tap.push(Taped::Begun { recording: recording(1), at });
    for block in 0..6 {
        tap.push(sound(1, block * 4_000, 1));
    }
    // Where it ends is not lost with the sound.
    tap.push(Taped::Ended { recording: recording(1), length: 24_000 });
    assert_eq!(counts.dropped.load(Ordering::Relaxed), 3);
    let later = Ring::bounded(100);
    while tap.outlet.behind() || taped.depth() > 0 {
        while let Some(one) = taped.pop() {
            later.push(one).expect("room");
        }
        tap.outlet.flush();
    }
    let (notes, counts) = write(&folder, Clock::start(), &later);
    let [filed] = filed(&notes)[..] else { panic!("{notes:?}") };
    assert_eq!((filed.state, filed.length_ms, filed.gap_ms), (State::Whole, 3_000, 1_500));
    assert_eq!(counts.gap_ms.load(Ordering::Relaxed), 1_500);
    let path = folder.join(&filed.file);
    let bytes = fs::read(&path).expect("written");
    assert_eq!(bytes.len() as u64, wav::HEADER + 48_000);
    assert!(bytes[58..58 + 24_000].iter().all(|&sample| sample == 1));
    assert!(
        bytes[58 + 24_000..].iter().all(|&sample| sample == alaw::SILENCE),
        "silence stands for the rest"
    );
    assert_eq!(Some(file::hash(&path).expect("hashed")), filed.sha256);
}

#[test]
fn a_disk_that_refuses_for_good_fails_the_one_recording() {
    let folder = folder("refuses");
    let taped = Ring::bounded(100);
    let clock = Clock::start();
    let at = clock.now();
    for number in [1, 2] {
        taped.push(Taped::Begun { recording: recording(number), at }).expect("room");
        taped.push(sound(number, 0, 1)).expect("room");
    }
    // In the way of the second one only.
    let day = Offset::CHINA.local(clock.epoch().unix_millis(at)).date.to_string();
    fs::create_dir_all(folder.join(&day)).expect("a day");
    let second = Offset::CHINA.local(clock.epoch().unix_millis(at)).second;
    let name = |number| {
        format!("{day}/{:02}{:02}{:02}-7-{number}.wav.part", second / 3_600, second / 60 % 60, second % 60)
    };
    fs::create_dir(folder.join(name(2))).expect("a folder in the way");
    for number in [1, 2] {
        taped.push(Taped::Ended { recording: recording(number), length: 4_000 }).expect("room");
    }
    let (notes, counts) = write(&folder, clock, &taped);
    let states: Vec<_> = filed(&notes).iter().map(|filed| (filed.id, filed.state)).collect();
    assert_eq!(states, [(RecordId::new(7, 1), State::Whole), (RecordId::new(7, 2), State::Failed)]);
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!((read(&counts.whole), read(&counts.failed)), (1, 1));
    assert!(read(&counts.failures) >= 2 && counts.failing.load(Ordering::Relaxed));
}

#[test]
fn what_a_killed_run_left_is_completed_wherever_it_was_killed() {
    let folder = folder("killed");
    let database = folder.join("index.db");
    let mut index = Recordings::open(&database).expect("an index");
    let write = |name: &str, blocks: u64| {
        let mut one = Recording::new(folder.join(name));
        (0..blocks).for_each(|block| one.sound(block * 4_000, &[1; 8_000]).expect("written"));
        one
    };
    // In the middle; with half a pair at its end; before its header was whole; between last name and index; running now.
    drop(write("2024-02-02/093012-6-1.wav", 3));
    drop(write("2024-02-02/093013-6-2.wav", 1));
    let part = folder.join("2024-02-02/093013-6-2.wav.part");
    fs::OpenOptions::new().write(true).open(&part).expect("there").set_len(8_057).expect("cut");
    fs::write(folder.join("2024-02-02/093014-6-3.wav.part"), b"RIFF").expect("written");
    write("2024-02-02/093015-6-4.wav", 2).finish(8_000).expect("whole");
    drop(write("2024-02-02/093016-7-5.wav", 1));
    // A disk of its own has such folders, and people make others.
    for other in ["lost+found", "copies", "old"] {
        fs::create_dir(folder.join(other)).expect("a folder");
    }
    // Only the index knows the old ones; only the folder knows the second.
    let named = |number: u64, second: u64| Note::Named {
        id: RecordId::new(6, number),
        at: UnixMs(1_706_837_400_000 + second * 1_000),
        file: format!("2024-02-02/0930{second}-6-{number}.wav"),
    };
    index.write(&[named(1, 12), named(3, 14), named(4, 15), named(9, 19)]).expect("noted");
    // This one can never be completed: a folder bears its last name.
    fs::create_dir(folder.join("2024-02-02/093018-6-8.wav")).expect("a folder in the way");
    fs::write(folder.join("2024-02-02/093018-6-8.wav.part"), b"RIFF").expect("written");
    let recovery::Recovery { completed: found, failed } =
        recovery::recover(&mut index, &folder, 7, Offset::CHINA, KEEP).expect("recovered");
    assert_eq!(failed, [RecordId::new(6, 8)]);
    let lengths: Vec<_> = found.iter().map(|filed| (filed.id, filed.length_ms)).collect();
    let id = |number| RecordId::new(6, number);
    assert_eq!(lengths, [(id(1), 1_500), (id(2), 499), (id(3), 0), (id(4), 1_000)]);
    assert_eq!(found[1].begun, UnixMs(1_706_837_413_000), "09:30:13 in China");
    assert_eq!(found[1].keep_until, Some(UnixMs(1_706_837_473_000)));
    for filed in &found {
        let path = folder.join(&filed.file);
        assert_eq!(Some(file::hash(&path).expect("there")), filed.sha256);
        assert!(!file::part(&path).exists());
    }
    assert!(folder.join("2024-02-02/093016-7-5.wav.part").exists(), "what runs now is left alone");
    let notes: Vec<_> = found.into_iter().map(|filed| Note::Filed(Box::new(filed))).collect();
    index.write(&notes).expect("noted");
    assert_eq!(index.close_lost(7, &failed).expect("noted"), 1, "number 9 has no file");
    let known = index.get(id(2)).expect("read").expect("noted");
    assert_eq!(known.keep_until, Some(UnixMs(1_706_837_473_000)), "not for ever");
    // What stood in the way is gone a week later, when the folder is not looked at any more.
    fs::remove_dir(folder.join("2024-02-02/093018-6-8.wav")).expect("the folder");
    for day in 7..10 {
        fs::create_dir(folder.join(format!("2024-02-{day:02}"))).expect("a day");
    }
    let again = recovery::recover(&mut index, &folder, 7, Offset::CHINA, KEEP).expect("again");
    assert_eq!(again.completed.iter().map(|filed| filed.id).collect::<Vec<_>>(), [id(8)]);
    assert!(again.failed.is_empty());
}

#[test]
fn retention_deletes_what_is_old_and_touches_nothing_else() {
    let folder = folder("old");
    let mut index = Recordings::open(folder.join("index.db")).expect("an index");
    let mut notes = Vec::new();
    for number in 0..450 {
        let name = format!("2024-02-02/090000-6-{number}.wav");
        let whole = Recording::new(folder.join(&name)).finish(8).expect("whole");
        let keep_until = (number != 7).then_some(UnixMs(1_000 + u64::from(number == 8)));
        notes.push(Note::Filed(Box::new(Filed {
            id: RecordId::new(6, number),
            begun: UnixMs(1),
            state: State::Whole,
            // An index that somebody wrote to names a file elsewhere.
            file: if number == 9 { "../other.wav".into() } else { name },
            length_ms: 1,
            gap_ms: 0,
            bytes: whole.bytes,
            sha256: Some(whole.sha256),
            keep_until,
        })));
    }
    index.write(&notes).expect("noted");
    let (gone, failed) = removal::expire(&mut index, &folder, UnixMs(1_001), "sujie").expect("looked at");
    assert_eq!((gone, failed.len()), (447, 1), "{failed:?}");
    assert!(failed[0].contains("not below the folder"), "{failed:?}");
    let left: Vec<_> = fs::read_dir(folder.join("2024-02-02")).expect("there").flatten().collect();
    assert_eq!(left.len(), 3, "for ever, not yet, elsewhere");
}

/// A recording of run 6 that was kept long enough; its file is gone already.
fn kept(number: u64, file: String) -> Note {
    Note::Filed(Box::new(Filed {
        id: RecordId::new(6, number),
        begun: UnixMs(1),
        state: State::Whole,
        file,
        length_ms: 1,
        gap_ms: 0,
        bytes: 60,
        sha256: None,
        keep_until: Some(UnixMs(1_000)),
    }))
}

#[test]
fn what_cannot_be_deleted_keeps_none_of_the_others() {
    let folder = folder("stuck");
    let mut index = Recordings::open(folder.join("index.db")).expect("an index");
    // More than a round of them before the others, and more than one behind.
    let elsewhere = |number| if (210..240).contains(&number) { "" } else { "../" };
    let notes = (0..450).map(|number| kept(number, format!("{}{number}.wav", elsewhere(number))));
    index.write(&notes.collect::<Vec<_>>()).expect("noted");
    let (gone, mut failed) = removal::expire(&mut index, &folder, UnixMs(1_001), "sujie").expect("looked at");
    assert_eq!((gone, failed.len()), (30, 420));
    failed.sort();
    failed.dedup();
    assert_eq!(failed.len(), 420, "each is tried once");
}

#[test]
fn a_running_index_deletes_round_by_round_all_that_is_old() {
    let folder = folder("rounds");
    let recordings = Recordings::open(folder.join("index.db")).expect("an index");
    let (notes, counts, stop) =
        (Ring::bounded(1_000), Arc::<Counts>::default(), Arc::<AtomicBool>::default());
    (0..450).for_each(|number| notes.push(kept(number, format!("{number}.wav"))).expect("room"));
    let index = Index {
        recordings,
        folder: folder.clone(),
        run: 7,
        clock: Clock::start(),
        offset: Offset::CHINA,
        keep: KEEP,
        notes,
        counts: Arc::clone(&counts),
    };
    let told = Arc::clone(&stop);
    let thread = std::thread::spawn(move || index.run(&told));
    while counts.expired.load(Ordering::Relaxed) < 450 && !thread.is_finished() {
        thread.thread().unpark();
        std::thread::yield_now();
    }
    stop.store(true, Ordering::Relaxed);
    thread.thread().unpark();
    thread.join().expect("it ends when it is told to");
    assert_eq!(counts.expired.load(Ordering::Relaxed), 450);
}
