//! Recordings of the real program: what caller and agent say, in the file, on its channel, at its time; with pauses, kills
//! and a disk that refuses.

use media::alaw;
use media::tone::{Hertz, level};
use nix::sys::signal::Signal;
use report::{RecordId, UnixMs};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use store::recordings::{Filed, Format, State};
use store::{Note, Recordings};
use sujie_tests::sipp::Playing;
use sujie_tests::softphone::{Law, Softphone, Speaks, Voice, loudness, share_of_tone, share_with_tone};
use sujie_tests::sujie::{Plan, Sujie, program, wait_for, wait_patiently};

const CALLER: Hertz = Hertz(600);
const AGENT: Hertz = Hertz(1_000);

fn recording() -> Plan {
    Plan { digest: r#"["md5"]"#, group: "record = true", ..Plan::default() }
}

/// A caller and an agent who talk, each in his tone; the caller is let go by the agent.
struct Talk {
    voice: Voice,
    caller: Playing,
    phone: Softphone,
}

impl Talk {
    fn begin(centre: &Sujie) -> Self {
        let voice = Voice::speak(centre.carrier(), Law::Mu, CALLER);
        let caller = centre
            .caller("caller_is_released")
            .key("media_port", voice.at.port())
            // He would rather speak G.722 (payload type 9), which cannot be recorded.
            .key("codecs", format!("9 {}", Law::Mu.payload()))
            .play();
        centre.shows("/total/waiting", 1);
        let begins = Instant::now();
        let speaks = Speaks { transport: "udp", codecs: "PCMA,PCMU", tone: AGENT };
        let phone = Softphone::start(centre, "8001", speaks);
        centre.shows_agent("8001", "talking", None);
        wait_for("the caller hears the agent", || {
            share_of_tone(&voice.heard().between(begins, Instant::now()), AGENT) > 0.0
        });
        Self { voice, caller, phone }
    }

    /// So much is said.
    fn go_on(&self, span: Duration) {
        let from = Instant::now();
        wait_for("they talk", || {
            self.voice.heard().between(from, Instant::now()).len() as u128 >= span.as_millis() * 8
        });
    }

    fn end(mut self) {
        self.phone.quit();
        self.caller.ends_well();
    }
}

fn recordings(centre: &Sujie) -> Vec<Value> {
    let (status, body) = centre.ask("GET", "/api/v1/recordings", "");
    assert_eq!(status, 200, "{body}");
    body["recordings"].as_array().expect("recordings").clone()
}

/// Waits until the newest recording has come out so.
fn comes_out(centre: &Sujie, state: &str) -> Value {
    wait_for("the recording is closed", || {
        recordings(centre).first().is_some_and(|one| one["state"] == state)
    });
    recordings(centre).swap_remove(0)
}

fn file(centre: &Sujie, one: &Value) -> PathBuf {
    centre.directory().join("recordings").join(one["file"].as_str().expect("a file"))
}

/// The channels of a file, whose header must be right.
fn channels(path: &Path) -> [Vec<i16>; 2] {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!((word(4) + 8, word(54) + 58), (bytes.len(), bytes.len()), "lengths in the header");
    assert_eq!((bytes[20], bytes[22], word(24)), (6, 2, 8_000), "A-law, two channels, 8 kHz");
    let channel = |n: usize| bytes[58..].iter().skip(n).step_by(2).map(|&code| alaw::decode(code)).collect();
    [channel(0), channel(1)]
}

fn sujie(centre: &Sujie, words: &[&str]) -> (bool, String) {
    let mut command = Command::new(program());
    command.arg("recordings").args(words).arg("-d").arg(centre.directory().join("centre.db"));
    let said = command.output().expect("sujie runs");
    let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    (said.status.success(), text)
}

#[test]
fn each_side_is_on_its_channel_and_a_pause_is_silent() {
    let centre = Sujie::start(recording());
    let talk = Talk::begin(&centre);
    talk.go_on(Duration::from_secs(2));
    let state = |state: &str| {
        let body = format!("{{\"state\": \"{state}\"}}");
        let (status, said) = centre.ask("POST", "/api/v1/agents/8001/recording", &body);
        assert_eq!(status, 200, "{said}");
    };
    state("pause");
    talk.go_on(Duration::from_secs(2));
    state("resume");
    talk.go_on(Duration::from_secs(2));
    talk.end();

    let one = comes_out(&centre, "whole");
    assert_eq!(
        (&one["agent"], &one["group"], &one["missing_ms"]),
        (&"8001".into(), &"general".into(), &0.into())
    );
    let calls = centre.calls_over(1);
    assert_eq!(one["call"].as_u64(), Some(calls[0].id.0), "it belongs to the record of the call");
    let path = file(&centre, &one);
    let [left, right] = channels(&path);
    assert_eq!(one["length_ms"].as_u64(), Some(left.len() as u64 / 8));
    let unix = |value: &Value| value.as_u64().expect("a time");
    let begun = unix(&one["begun_unix_ms"]);
    let pause = &one["left_out"][0];
    let (from, to) = (unix(&pause["from_unix_ms"]) - begun, unix(&pause["to_unix_ms"]) - begun);
    assert_eq!(pause["instead"], "silence");
    // The engine's clock and the media thread's step differ by what a ring takes.
    let at = |millis: u64| (millis * 8) as usize;
    for (name, channel, own, other) in [("caller", &left, CALLER, AGENT), ("agent", &right, AGENT, CALLER)] {
        let quiet = &channel[at(from + 40)..at(to - 40)];
        assert!(loudness(quiet) < 10.0, "nothing of the {name} in the pause: {}", loudness(quiet));
        for said in [&channel[at(500)..at(from - 40)], &channel[at(to + 140)..channel.len() - 4_000]] {
            assert!(share_of_tone(said, own) > 0.8, "the {name} is heard: {}", share_of_tone(said, own));
            assert!(share_of_tone(said, other) < 0.05, "and nobody else with him");
        }
    }

    // Held, it is not deleted; released, it is, and its trace stays.
    let id = one["recording"].as_u64().expect("a number").to_string();
    let (status, _) = centre.ask("PUT", &format!("/api/v1/recordings/{id}/hold"), r#"{"reason": "举报 17"}"#);
    assert_eq!(status, 200);
    let words = ["delete", &id, "--by", "wang", "--why", "test"];
    let (done, said) = sujie(&centre, &words);
    assert!(!done && said.contains("held by li: 举报 17"), "{said}");
    assert!(sujie(&centre, &["verify"]).1.starts_with("1 as they were, 0 not"));
    assert!(sujie(&centre, &["release", &id, "--by", "wang", "--why", "closed"]).0);
    let (done, said) = sujie(&centre, &words);
    assert!(done && !path.exists(), "{said}");
    let (_, listed) = sujie(&centre, &["list", "--deleted", "--json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((&listed[0]["deleted"]["by"], &listed[0]["sha256"]), (&"wang".into(), &one["sha256"]));
    let (_, table) = sujie(&centre, &["list"]);
    assert!(table.contains("已删除 deleted") && table.contains("8001"), "{table}");
    let (_, audit) = centre.ask("GET", "/api/v1/audit", "");
    for deed in ["recording of agent 8001: Pause", "held, 举报 17", "deleted: test"] {
        assert!(audit.to_string().contains(deed), "{deed}: {audit:#}");
    }
    drop(centre.close_after_one_call());
}

#[test]
fn a_killed_centre_keeps_what_was_said() {
    let mut centre = Sujie::start(recording());
    let talk = Talk::begin(&centre);
    talk.go_on(Duration::from_secs(3));
    wait_for("it is in the index", || recordings(&centre).len() == 1);
    centre.signal(Signal::SIGKILL);
    assert!(!centre.ends().success());
    drop(talk);

    centre.start_again();
    let one = comes_out(&centre, "recovered");
    let [left, right] = channels(&file(&centre, &one));
    // Half a second of a block, and 400 ms for late packets, were not written yet.
    assert!(left.len() > 12_000, "{} samples", left.len());
    for (channel, own) in [(&left, CALLER), (&right, AGENT)] {
        let share = share_of_tone(&channel[4_000..], own);
        assert!(share > 0.7, "{share}");
    }
    assert!(sujie(&centre, &["verify"]).1.starts_with("1 as they were, 0 not"));
    let (_, metrics) = centre.page("/metrics");
    assert!(metrics.contains("sujie_recordings_total{end=\"recovered\"} 1"), "{metrics}");
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success());
}

/// The channels of an Opus file as the players' own library decodes it, at 8 kHz; by what is heard, and by nothing of ours.
fn decoded(path: &Path) -> [Vec<i16>; 2] {
    let wav = path.with_extension("decoded");
    let said = Command::new("opusdec").args(["--rate", "8000", "--force-wav"]).arg(path).arg(&wav).output();
    let said = said.expect("opusdec is there (opus-tools)");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let bytes = fs::read(&wav).expect("decoded");
    fs::remove_file(&wav).expect("not a recording");
    let data = bytes.windows(4).position(|word| word == b"data").expect("sound") + 8;
    let word = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"));
    assert_eq!((word(22), word(24), word(34)), (2, 8_000, 16), "two channels, 8 kHz, 16 bits");
    let sample = |pair: &[u8], at: usize| i16::from_le_bytes([pair[at], pair[at + 1]]);
    let channel = |at: usize| bytes[data..].chunks_exact(4).map(|pair| sample(pair, at)).collect();
    [channel(0), channel(2)]
}

#[test]
fn a_recorded_talk_ends_as_opus_with_each_side_on_its_channel() {
    let tables = "[recording]\nformat = \"opus\"\n";
    let centre = Sujie::start(Plan { tables, ..recording() });
    let talk = Talk::begin(&centre);
    talk.go_on(Duration::from_secs(3));
    talk.end();
    comes_out(&centre, "whole");
    let is_opus = || recordings(&centre)[0]["file"].as_str().is_some_and(|file| file.ends_with(".opus"));
    wait_patiently("it is made Opus", is_opus);
    let one = recordings(&centre).swap_remove(0);
    assert_eq!(one["format"], "opus in ogg, 8 kHz, 2 channels");
    let path = file(&centre, &one);
    assert_eq!(one["bytes"].as_u64(), Some(fs::metadata(&path).expect("there").len()));
    wait_for("its WAV is gone", || !path.with_extension("wav").exists());
    let [left, right] = decoded(&path);
    let (wanted, is) = (one["length_ms"].as_u64().expect("a length"), left.len() as u64 / 8);
    assert!(wanted > 3_000 && is.abs_diff(wanted) <= 20, "{is} ms of {wanted}");
    for (name, channel, own, other) in [("caller", &left, CALLER, AGENT), ("agent", &right, AGENT, CALLER)] {
        let said = &channel[4_000..channel.len() - 4_000];
        assert!(share_with_tone(said, own) > 0.8, "the {name} is heard: {}", share_with_tone(said, own));
        let (own, other) = (level(said, own), level(said, other));
        assert!(other * 100.0 < own, "and nobody else, by 40 dB: {other} beside {own}");
    }
    assert!(sujie(&centre, &["verify"]).1.starts_with("1 as they were, 0 not"));
    for line in ["sujie_recordings_transcoded_total 1\n", "sujie_recordings_transcode_failures_total 0\n"] {
        wait_for(line, || centre.page("/metrics").1.contains(line));
    }
    let id = one["recording"].as_u64().expect("a number").to_string();
    assert!(sujie(&centre, &["delete", &id, "--by", "wang", "--why", "test"]).0);
    assert!(!path.exists());
    drop(centre.close_after_one_call());
}

/// A quarter of an hour that waits to become Opus, as a centre leaves it that was stopped: its number.
fn long_talk(directory: &Path) -> RecordId {
    let (id, file, samples) = (RecordId::new(1, 900), "2024-02-02/093012-1-900.wav", 8_000 * 900_u32);
    let path = directory.join("recordings").join(file);
    fs::create_dir_all(path.parent().expect("a day")).expect("a day");
    let (data, word) = (samples * 2, |value: u32| value.to_le_bytes());
    let header = [
        &b"RIFF"[..],
        &word(data + 50),
        b"WAVEfmt ",
        &word(18),
        &[6, 0, 2, 0],
        &word(8_000),
        &word(16_000),
        &[2, 0, 8, 0, 0, 0],
        b"fact",
        &word(4),
        &word(samples),
        b"data",
        &word(data),
    ];
    let tone = |at: u32, turn: f64| alaw::encode(((f64::from(at) * turn).sin() * 9_000.0) as i16);
    let sound = (0..samples).flat_map(|at| [tone(at, 0.345), tone(at, 0.785)]);
    let bytes: Vec<u8> = header.concat().into_iter().chain(sound).collect();
    fs::write(&path, &bytes).expect("written");
    let sum = Command::new("sha256sum").arg(&path).output().expect("sha256sum is there").stdout;
    let sum = String::from_utf8_lossy(&sum[..64]).into_owned();
    let mut index = Recordings::open(directory.join("centre.db")).expect("the index");
    let begun = Note::Begun {
        id,
        call: None,
        agent: "8001".into(),
        group: "general".into(),
        at: UnixMs(1_706_837_412_000),
        keep_until: None,
        format: Format::Opus,
    };
    let filed = Filed {
        id,
        begun: UnixMs(1_706_837_412_000),
        state: State::Whole,
        file: file.into(),
        length_ms: 900_000,
        gap_ms: 0,
        bytes: bytes.len() as u64,
        sha256: Some(sum),
        keep_until: None,
    };
    index.write(&[begun, Note::Filed(Box::new(filed))]).expect("noted");
    id
}

#[test]
fn a_centre_killed_while_it_makes_opus_keeps_the_talk_and_makes_it_again() {
    let mut centre = Sujie::start(recording());
    long_talk(centre.directory());
    let wav = centre.directory().join("recordings/2024-02-02/093012-1-900.wav");
    let opus = wav.with_extension("opus");
    let first = wav.with_extension("opus.part");
    // It looks every two seconds, and then writes for about one when nobody else wants the CPU.
    wait_patiently("it is being made", || fs::metadata(&first).is_ok_and(|file| file.len() > 50_000));
    centre.signal(Signal::SIGKILL);
    assert!(!centre.ends().success());
    assert!(first.exists() && wav.exists() && !opus.exists(), "killed in the middle");
    assert!(sujie(&centre, &["verify"]).1.starts_with("1 as they were, 0 not"), "the WAV is what it was");

    centre.start_again();
    wait_patiently("it is made again", || opus.exists() && !wav.exists());
    assert!(!first.exists());
    assert!(sujie(&centre, &["verify"]).1.starts_with("1 as they were, 0 not"));
    let [left, right] = decoded(&opus);
    assert!((left.len() / 8).abs_diff(900_000) <= 20 && left.len() == right.len());
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success());
}

#[test]
fn a_disk_that_refuses_costs_the_recording_and_no_call() {
    let centre = Sujie::start(recording());
    // Where the folder should be there is a file now: no day's folder can be made, as on a disk that is full.
    let folder = centre.directory().join("recordings");
    fs::remove_dir(&folder).expect("empty yet");
    fs::write(&folder, "").expect("a file");
    let talk = Talk::begin(&centre);
    talk.go_on(Duration::from_secs(2));
    let failing = || centre.page("/metrics").1.contains("\nsujie_recordings_failing 1\n");
    wait_for("the refusal is shown", failing);
    assert!(centre.log().contains("a recording cannot be written; calls go on"), "{}", centre.log());
    // Room again in the middle of the talk: what follows is kept, at its time.
    fs::remove_file(&folder).expect("the file");
    fs::create_dir(&folder).expect("the folder");
    wait_for("recordings are written again", || !failing());
    talk.go_on(Duration::from_secs(2));
    talk.end();
    let one = comes_out(&centre, "whole");
    let missing = one["missing_ms"].as_u64().expect("a span");
    assert!(missing >= 1_000, "{one:#}");
    let [left, _] = channels(&file(&centre, &one));
    assert!(loudness(&left[..missing as usize * 8 - 400]) < 10.0, "silence stands for it");
    assert!(share_of_tone(&left[missing as usize * 8 + 800..left.len() - 4_000], CALLER) > 0.7);
    let call = centre.close_after_one_call();
    assert_eq!(call.outcome.as_deref(), Some("answered"), "the call itself knows nothing of it");
}
