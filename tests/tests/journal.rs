//! A day that was recorded is the same day again: on the virtual wire event for event and figure for figure, and
//! with the program itself after it was killed and after the disk was full.

use base::Timestamp;
use nix::sys::signal::Signal;
use phones::{Day, Share};
use report::{Out, Report};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use store::journal::{Ending, Numbers, What};
use sujie_tests::sujie::{Plan, Sujie, program, wait_for};
use sujie_tests::{Hotline, Setup, seeds};

const SECOND: Duration = Duration::from_secs(1);

/// A day on which much goes wrong: phones decline, are busy, ring out and answer late.
fn day(seed: u64, numbers: Numbers) -> Hotline {
    let quiet = Setup::quiet(seed);
    let day =
        Day { agent_hangs_up: Share(500), crossing: Share(50), ack_lost: Share(50), ..quiet.day.clone() };
    Hotline::play(Setup {
        declines: Share(100),
        busy: Share(100),
        ring_outs: Share(100),
        late_answers: Share(500),
        ring: 3 * SECOND,
        returns: 5 * SECOND,
        recorded: Some(numbers),
        comforted: true,
        day,
        ..quiet
    })
}

#[test]
fn a_recorded_day_is_replayed_to_the_same_events_and_the_same_statistics() {
    seeds::each(3, |seed| {
        let mut hotline = day(seed, Numbers::Plain);
        let recording = hotline.centre.recording.as_mut().expect("it was recorded");
        let (mut journal, mut replay) = recording.replay();
        let (mut report, mut out) = (Report::new(hotline.setup.report()), Out::default());
        let mut events = Vec::new();
        while let Some(entry) = journal.next_entry().expect("whole") {
            for stamped in replay.step(entry) {
                report.fold(stamped, &mut out);
                events.push(stamped.clone());
            }
        }
        assert_eq!(journal.ending(), Some(&Ending::Clean));
        assert_eq!((replay.difference(), replay.lost()), (None, 0));
        assert!(replay.checked() > 3 && replay.inputs() > 1_000, "{} inputs", replay.inputs());
        assert!(events == recording.events, "the sums agree and the events do not");
        assert_eq!(report.board(hotline.now), hotline.centre.report.board(hotline.now));
    });
}

#[test]
fn pseudonyms_replay_as_exactly_as_the_numbers_themselves() {
    let mut hotline = day(1, Numbers::Pseudonyms([11, 12]));
    let recording = hotline.centre.recording.as_mut().expect("it was recorded");
    let (mut journal, mut replay) = recording.replay();
    while let Some(entry) = journal.next_entry().expect("whole") {
        replay.step(entry);
    }
    assert_eq!((replay.difference(), replay.told().0), (None, recording.events.len() as u64));
}

#[test]
fn one_input_too_few_is_found_at_the_next_checkpoint() {
    let mut hotline = day(2, Numbers::Plain);
    let recording = hotline.centre.recording.as_mut().expect("it was recorded");
    let (mut journal, mut replay) = recording.replay();
    let (mut skipped, mut checkpoint) = (None, None);
    while let Some(entry) = journal.next_entry().expect("whole") {
        let invited = matches!(&entry.what, What::Input(call::Input::Sip(sip::leg::Fact::Invited { .. })));
        if entry.seq > 700 && invited && skipped.is_none() {
            skipped = Some(entry.seq);
            continue;
        }
        if skipped.is_some() && checkpoint.is_none() && matches!(entry.what, What::Checkpoint { .. }) {
            checkpoint = Some(entry.seq);
        }
        replay.step(entry);
    }
    let difference = replay.difference().expect("it differs");
    assert_eq!(Some(difference.before), checkpoint);
    assert!(difference.after < skipped.expect("one was skipped"), "{difference}");
}

/// The journal of a centre in its folder.
fn journals(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder.join("journal")).expect("a folder").flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Exit code, standard output and standard error of `sujie replay`.
fn replayed(arguments: &[&Path]) -> (Option<i32>, String, String) {
    let said = Command::new(program()).arg("replay").args(arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (said.status.code(), text(said.stdout), text(said.stderr))
}

#[test]
fn a_killed_centre_leaves_a_journal_that_replays_and_begins_another() {
    let mut centre = Sujie::start(Plan { node: "journal = \"journal\"", ..Plan::default() });
    let before = fs::metadata(&journals(centre.directory())[0]).expect("a file").len();
    let _phone = centre.register("8001");
    wait_for("the phone is in the journal", || {
        fs::metadata(&journals(centre.directory())[0]).expect("a file").len() > before
    });
    centre.signal(Signal::SIGKILL);
    assert!(!centre.ends().success());
    // A power cut may leave half a block.
    let path = journals(centre.directory()).remove(0);
    let torn = centre.directory().join("torn");
    fs::write(&torn, [fs::read(&path).expect("read"), b"SJBK\x40\0\0\0half".to_vec()].concat())
        .expect("written");
    for (file, remark) in [(&path, "not ended well"), (&torn, "12 bytes after byte")] {
        let (code, shown, said) = replayed(&[file]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(remark) && said.contains("the same events at all"), "{said}");
        assert!(shown.contains("民生 general"), "{shown}");
    }
    let text = fs::read(&path).expect("read");
    assert!(!String::from_utf8_lossy(&text).contains("secret-of-8001"), "passwords stay out of it");

    centre.start_again();
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success());
    assert_eq!(journals(centre.directory()).len(), 2, "each run has its own");
    let folder = centre.directory().join("journal");
    let (code, _, said) = replayed(&[&folder]);
    assert_eq!(code, Some(0), "the newest run: {said}");
    assert!(!said.contains("not ended well"), "{said}");
    let (code, _, said) = replayed(&[&folder, Path::new("--run"), Path::new("77")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no run 77 here; there are 1, 2"), "{said}");
}

#[test]
fn a_full_disk_ends_the_journal_at_a_whole_block_and_calls_go_on() {
    let folder = std::env::temp_dir().join(format!("sujie-journal-full-{}", std::process::id()));
    let script = format!(
        "trap '' XFSZ; ulimit -f 640; exec {} demo --seconds 160 --speed 20 --agents 90 --calls-per-second 6 --port 0 --http-port 0 \
         --json --journal {}",
        program().display(),
        folder.display()
    );
    let said = Command::new("sh").args(["-c", &script]).output().expect("the program runs");
    let summary: serde_json::Value = serde_json::from_slice(&said.stdout).expect("a summary");
    // 320 kB are the empty database, its log and some hundred inputs; the calls of all 8 s were taken.
    assert!(summary["total"]["answered"].as_u64() > Some(50), "{summary}");
    let (code, shown, remarks) = replayed(&[&folder]);
    assert_eq!(code, Some(0), "{remarks}");
    assert!(remarks.contains("the same events at all") && remarks.contains("not ended well"), "{remarks}");
    assert!(!remarks.contains("torn"), "what did not fit was taken back: {remarks}");
    let inputs =
        shown.lines().last().and_then(|line| line.split(' ').next()).and_then(|n| n.parse::<u64>().ok());
    assert!(inputs > Some(100), "{shown}");
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn time_in_a_replay_is_the_engines_own() {
    let mut hotline = day(3, Numbers::Plain);
    let recording = hotline.centre.recording.as_mut().expect("it was recorded");
    let (mut journal, mut replay) = recording.replay();
    let mut last = Timestamp::START;
    while let Some(entry) = journal.next_entry().expect("whole") {
        assert!(entry.at >= last, "stamps never go back");
        last = entry.at;
        replay.step(entry);
    }
    assert_eq!(replay.now(), last);
}
