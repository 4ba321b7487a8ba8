//! Flows and prompts of the real program: a call on a list takes its own way, by HTTP and from a file, and is replayed;
//! prompts are synthesized, recorded over, listed and checked.

use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use sujie_tests::sujie::{Plan, Sujie, program};

/// A number that is listed hears a tone and is let go; others wait for people.
const BY_LIST: &str = r#"
[lists.firms]
title = "重点企业"
[flows.by_list.steps]
firm = { list = "firms", listed = "sorry", others = "people" }
sorry = { say = ["beep"] }
people = { queue = "general" }
[[entries]]
called = "12345"
flow = "by_list"
"#;

fn sujie(arguments: &[&str], folder: &Path) -> Output {
    Command::new(program()).args(arguments).current_dir(folder).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_listed_number_takes_its_own_way_by_http_from_a_file_and_in_a_replay() {
    let node = "journal = \"journal\"\ndrain_grace = \"1s\"";
    let mut centre = Sujie::start(Plan { flow: BY_LIST, node, ..Plan::default() });
    // The caller of the scenario, as an operator writes him.
    assert_eq!(centre.ask("PUT", "/api/v1/numbers/firms/13851234567", "").0, 200);
    let (status, told) = centre.ask("PUT", "/api/v1/numbers/firm/13851234567", "");
    assert_eq!(status, 404, "{told}");
    centre.caller("caller_is_released").play().ends_well();
    let outcome = |centre: &Sujie, call: usize| centre.calls_over(call)[call - 1].outcome.clone();
    assert_eq!(outcome(&centre, 1).as_deref(), Some("abandoned_before_line"), "his flow ended, not he");

    assert_eq!(centre.ask("DELETE", "/api/v1/numbers/firms/13851234567", "").0, 200);
    let waits = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    assert_eq!(centre.ask("POST", "/api/v1/agents/8001/state", r#"{"state": "sign_in"}"#).0, 200);
    centre.signal(Signal::SIGTERM);
    waits.ends_well();
    assert!(centre.ends().success(), "{}", centre.log());
    let replayed = sujie(&["replay", "journal"], centre.directory());
    assert!(replayed.status.success(), "{}", said(&replayed));

    // After a restart the list has its file's numbers, too.
    fs::write(centre.directory().join("firms.txt"), "# 企业\n138 5123 4567  # 某公司\n").expect("a list");
    centre.write(&centre.written().replace("title = \"重点企业\"", "file = \"firms.txt\""));
    centre.start_again();
    centre.caller("caller_is_released").play().ends_well();
    let calls = centre.calls_over(3);
    assert_eq!(calls[2].outcome.as_deref(), Some("abandoned_before_line"));
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    let replayed = sujie(&["replay", "journal"], centre.directory());
    assert!(replayed.status.success(), "a replay needs no file: {}", said(&replayed));
}

/// A folder of the test's own, with a synthesizer that says everything in one tone.
fn studio() -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("sujie-studio-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let pcm: Vec<u8> = (0..4_000).flat_map(|n: i32| (((n % 16) - 8) as i16 * 1_000).to_le_bytes()).collect();
    let mut wave = b"RIFF".to_vec();
    wave.extend((36 + pcm.len() as u32).to_le_bytes());
    wave.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    wave.extend((pcm.len() as u32).to_le_bytes());
    wave.extend(pcm);
    fs::write(folder.join("tone.wav"), wave).expect("a tone");
    let tts = folder.join("tts");
    fs::write(&tts, format!("#!/bin/sh\ncp {}/tone.wav \"$1\"\n", folder.display())).expect("a synthesizer");
    fs::set_permissions(&tts, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let with = format!("{} {{file}} {{language}} {{text}}", tts.display());
    (folder, with)
}

#[test]
fn prompts_are_synthesized_recorded_over_listed_and_checked() {
    let (folder, with) = studio();
    fs::write(folder.join("centre.toml"), said(&sujie(&["config", "example"], &folder))).expect("the sample");
    let check = || said(&sujie(&["check", "--config", "centre.toml"], &folder));
    let before = check();
    assert!(
        before.contains("clip welcome: there is no prompts/zh/welcome.wav; callers hear a tone"),
        "{before}"
    );
    assert!(before.contains("numbers in zh: 25 of 25 pieces are missing"), "{before}");

    let build = |more: &[&str]| {
        let arguments = [&["prompts", "build", "--config", "centre.toml", "--with", &with], more].concat();
        let done = sujie(&arguments, &folder);
        assert!(done.status.success(), "{}", said(&done));
        said(&done)
    };
    assert!(build(&[]).contains("92 synthesized, 0 kept"), "{}", build(&[]));
    assert!(!check().contains("missing") && !check().contains("there is no"), "{}", check());

    // A recording takes the place of a synthesized file, and stays.
    fs::copy(folder.join("tone.wav"), folder.join("prompts/zh/welcome.wav")).expect("recorded");
    assert!(build(&["--renew"]).contains("91 synthesized, 1 kept"));
    let list = said(&sujie(&["prompts", "list", "--config", "centre.toml"], &folder));
    assert!(list.contains("1 recorded, 91 synthesized, 0 missing"), "{list}");
    let welcome = list.lines().find(|line| line.starts_with("zh   welcome ")).unwrap_or_default();
    assert!(welcome.contains("recorded") && welcome.contains("您好"), "{list}");

    // Without its own file a language falls back to the usual one; half of the numbers are not said at all.
    fs::remove_file(folder.join("prompts/en/welcome.wav")).expect("removed");
    fs::remove_file(folder.join("prompts/zh/pieces/pair.wav")).expect("removed");
    let after = check();
    assert!(
        after.contains("there is no prompts/en/welcome.wav; callers hear prompts/zh/welcome.wav"),
        "{after}"
    );
    assert!(after.contains("numbers in zh: 1 of 25 pieces are missing"), "{after}");

    // The usual synthesizer, which distributions package.
    let spoken = sujie(&["prompts", "build", "--out", "spoken"], &folder);
    assert!(said(&spoken).contains(" synthesized, 0 kept"), "{}", said(&spoken));
    let long = |name: &str| fs::metadata(folder.join("spoken").join(name)).expect("a prompt").len() > 4_000;
    assert!(long("zh/welcome.wav") && long("en/welcome.wav") && long("zh/pieces/wait.wav"));

    let silent = sujie(&["prompts", "build", "--out", "p", "--with", "no-such-tts {text} {file}"], &folder);
    assert_eq!(silent.status.code(), Some(1));
    assert!(said(&silent).contains("apt install espeak-ng"), "{}", said(&silent));
    let drawn = said(&sujie(&["flow", "draw", "--config", "centre.toml", "--flow", "nobody"], &folder));
    assert!(drawn.contains("there is no flow nobody; there are hotline, enterprise"), "{drawn}");
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn who_calls_again_within_the_days_of_a_list_is_on_it_even_after_a_restart() {
    let flow = r#"
[lists.repeat]
title = "重复来电"
called_within = "7d"
[flows.again.steps]
again = { list = "repeat", listed = "people", others = "sorry" }
sorry = { say = ["beep"] }
people = { queue = "general" }
[[entries]]
called = "12345"
flow = "again"
"#;
    let node = "journal = \"journal\"\ndrain_grace = \"1s\"";
    let mut centre = Sujie::start(Plan { flow, node, ..Plan::default() });
    centre.caller("caller_is_released").play().ends_well();
    assert_eq!(centre.calls_over(1)[0].outcome.as_deref(), Some("abandoned_before_line"), "his first call");
    for run in 2..4 {
        let again = centre.caller("caller_is_released").play();
        centre.shows("/total/waiting", 1);
        centre.signal(Signal::SIGTERM);
        again.ends_well();
        assert!(centre.ends().success(), "{}", centre.log());
        let replayed = sujie(&["replay", "journal"], centre.directory());
        assert!(replayed.status.success(), "{}", said(&replayed));
        if run == 2 {
            centre.start_again();
        }
    }
}

#[test]
fn a_number_that_the_case_system_puts_on_a_list_stays_there_over_a_kill_until_it_is_deleted() {
    let flow = format!("{BY_LIST}[lists.repeat]\ncalled_within = \"7d\"\n");
    let flow: &'static str = Box::leak(flow.into_boxed_str());
    let mut centre = Sujie::start(Plan { flow, node: "drain_grace = \"1s\"", ..Plan::default() });
    let number = "/api/v1/numbers/firms/13851234567";
    assert_eq!(centre.ask("PUT", number, "").0, 200);
    assert_eq!(centre.ask("PUT", number, "").0, 200, "said twice is still so");
    let (status, told) = centre.ask("PUT", "/api/v1/numbers/repeat/13851234567", "");
    assert!(status == 409 && told.to_string().contains("whoever has called lately"), "{told}");
    centre.signal(Signal::SIGKILL);
    assert!(!centre.ends().success());
    centre.start_again();
    centre.caller("caller_is_released").play().ends_well();
    let outcome = centre.calls_over(1)[0].outcome.clone();
    assert_eq!(
        outcome.as_deref(),
        Some("abandoned_before_line"),
        "from the first call on his flow ends, not he"
    );

    assert_eq!(centre.ask("DELETE", number, "").0, 200);
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    centre.start_again();
    let waits = centre.caller("caller_is_released").play();
    centre.shows("/total/waiting", 1);
    // The list is left out of the configuration for a day: what was put on it waits for it.
    assert_eq!(centre.ask("PUT", number, "").0, 200);
    centre.signal(Signal::SIGTERM);
    waits.ends_well();
    assert!(centre.ends().success(), "{}", centre.log());
    let with = centre.written();
    let without =
        with.replace("[lists.firms]", "[lists.other]").replace("list = \"firms\"", "list = \"other\"");
    centre.write(&without);
    centre.start_again();
    assert!(centre.log().contains("a list that the configuration no longer has"), "{}", centre.log());
    assert_eq!(centre.ask("DELETE", number, "").0, 404);
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    centre.write(&with);
    centre.start_again();
    centre.caller("caller_is_released").play().ends_well();
    let calls = centre.calls_over(3);
    assert_eq!(calls[2].outcome.as_deref(), Some("abandoned_before_line"));
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
}

#[test]
fn full_lists_refuse_a_further_number_and_the_next_start_is_none_the_worse() {
    let flow =
        format!("{BY_LIST}[lists.open_case]\n").replace("title = \"重点企业\"", "file = \"firms.txt\"");
    let flow: &'static str = Box::leak(flow.into_boxed_str());
    let mut centre = Sujie::start(Plan { flow: BY_LIST, ..Plan::default() });
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    let most = 500_000;
    let numbers: String = (0..most).map(|n| format!("138{n:08}\n")).collect();
    fs::write(centre.directory().join("firms.txt"), numbers).expect("a list");
    centre.write(&centre.written().replace(BY_LIST, flow));
    centre.start_again();
    let put = |centre: &Sujie, list: &str, number: &str| {
        centre.ask("PUT", &format!("/api/v1/numbers/{list}/{number}"), "")
    };
    let (status, told) = put(&centre, "open_case", "13900000001");
    assert!(status == 409 && told.to_string().contains("as many numbers are on lists as may be"), "{told}");
    assert_eq!(put(&centre, "open_case", "13800000001").0, 200, "who is on one already can be on another");
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
    // What was refused was not kept either: with it there would be one too many.
    centre.start_again();
    centre.signal(Signal::SIGTERM);
    assert!(centre.ends().success(), "{}", centre.log());
}
