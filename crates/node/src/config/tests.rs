//! Files as people write them: the sample, small right ones, and wrong ones with everything that is wrong in them.

use super::*;
use acd::{AgentRef, GroupRef, SkillLevel, Stage};
use call::plan::Target;
use media::session::Codec;
use std::time::Duration;

/// The least that is a centre.
const LEAST: &str = r#"
[groups.general]
[agents]
8001 = { password = "a long password", skills = { general = 5 } }
[trunks.telecom]
networks = ["192.0.2.0/24"]
host = "192.0.2.1"
[flows.hotline]
group = "general"
[[entries]]
called = "12345"
flow = "hotline"
"#;

/// The mistakes of the least centre with a change, one `line:column: what; remedy` each.
fn mistakes(change: impl Fn(&str) -> String) -> String {
    let text = change(LEAST);
    match Config::parse(&text, "centre.toml") {
        Ok(config) => panic!("nothing was found but {}", config.warnings),
        Err(found) => {
            let found = heads(&found);
            let wrong: Vec<&str> = found.lines().filter(|line| !line.contains(": warning: ")).collect();
            wrong.join("\n")
        }
    }
}

/// The lines of a report that begin with a place.
fn heads(found: &Mistakes) -> String {
    let shown = found.to_string();
    let placed = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let lines: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("centre.toml:")).filter(placed).collect();
    lines.join("\n")
}

fn with(more: &str) -> impl Fn(&str) -> String {
    move |least| format!("{least}\n{more}")
}

fn instead(from: &str, to: &str) -> impl Fn(&str) -> String {
    move |least| {
        assert!(least.contains(from), "{from} is not in the least centre");
        least.replace(from, to)
    }
}

#[test]
fn the_sample_is_a_whole_12345_centre_without_a_single_remark() {
    let config = Config::parse(EXAMPLE, "centre.toml").expect("the sample is right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let groups: Vec<&str> = config.call.acd.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(
        groups,
        ["general", "enterprise", "talent", "liaison110", "assistance", "medical", "social", "housing"]
    );
    assert_eq!(config.call.groups[0].title, "民生");
    assert_eq!(config.call.groups[1].on_full, Target::Group(GroupRef::at(0)));
    assert_eq!(
        config.call.acd.groups[2].timeline[1..],
        [
            Stage::all(Duration::from_secs(15), GroupRef::at(1)),
            Stage::all(Duration::from_secs(30), GroupRef::at(0))
        ]
    );
    assert_eq!(config.call.acd.agents.len(), 13);
    assert_eq!(config.call.acd.agents[0].skills[0], (GroupRef::at(0), SkillLevel(8)));
    assert_eq!((config.report.sites.len(), config.sip.trunks.len()), (4, 2));
    assert_eq!(config.call.phones.len(), config.sip.accounts.len());
    assert!(config.sip.listen.iter().all(|(_, address)| address.ip().is_loopback()));
}

#[test]
fn the_least_centre_gets_the_values_that_the_sample_shows() {
    let config = Config::parse(LEAST, "etc/centre.toml").expect("right");
    let sample = Config::parse(EXAMPLE, "centre.toml").expect("right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    // The one thing that the sample asks for and the least centre does not.
    assert_eq!(config.node.journal, None);
    let asked =
        Config::parse(&format!("[node]\njournal = \"journal\"\n{LEAST}"), "centre.toml").expect("right");
    assert_eq!(asked.node, sample.node);
    assert_eq!((&config.sip.limits, &config.sip.timers), (&sample.sip.limits, &sample.sip.timers));
    assert_eq!(config.sip.listen, sample.sip.listen);
    assert_eq!(config.call.audio, sample.call.audio);
    let kept = |config: &Config| (config.recording.folder.clone(), config.recording.keep);
    assert_eq!(kept(&config), kept(&sample));
    assert_eq!(config.report.thresholds, sample.report.thresholds);
    assert_eq!(config.report.sites.len(), 0);
}

#[test]
fn recordings_are_asked_for_by_group() {
    let asked = |group: &str, more: &str| {
        let text = LEAST.replace("[groups.general]", &format!("[groups.general]\n{group}"));
        Config::parse(&format!("{text}{more}"), "centre.toml").expect("right")
    };
    assert!(!asked("", "").recording.any);
    let g711 = [Codec::Pcma, Codec::Pcmu];
    let day = Duration::from_secs(86_400);
    for (keep, kept) in [("", Some(day * 730)), ("keep = \"10d\"", Some(day * 10)), ("keep = \"0s\"", None)] {
        let config = asked(&format!("record = true\n{keep}"), "");
        assert!(config.recording.any && config.call.groups[0].record && config.warnings.is_empty());
        assert_eq!(config.recording.groups, [kept], "{keep}");
    }
    let formats = |group: &str, all: &str| asked(&format!("record = true\n{group}"), all).recording.formats;
    let opus = "[recording]\nformat = \"opus\"\n";
    assert_eq!(formats("", ""), [Format::Wav]);
    assert_eq!([formats("", opus), formats("format = \"opus\"", "")], [[Format::Opus], [Format::Opus]]);
    assert_eq!(formats("format = \"wav\"", opus), [Format::Wav], "its own goes first");
    let said = |config: Config| config.warnings.to_string();
    let idle = said(asked("format = \"opus\"", ""));
    assert!(idle.contains("has a format of recordings and makes none"), "{idle}");
    let idle = said(asked("keep = \"1d\"", ""));
    assert!(idle.contains("keeps recordings and makes none"), "{idle}");
    // What cannot be recorded is not spoken where anything is recorded, and nobody needs to know that.
    let codecs = |config: Config| config.call.audio.codecs;
    assert_eq!(codecs(asked("record = true", "")), g711);
    assert_eq!(codecs(asked("", "")), [Codec::Pcma, Codec::Pcmu, Codec::G722]);
    let text = format!("{LEAST}\n[audio]\ncodecs = [\"g722\"]\n")
        .replace("[groups.general]", "[groups.general]\nrecord = true");
    let wrong = Config::parse(&text, "centre.toml").expect_err("nothing is left to speak").to_string();
    assert!(wrong.contains("talks in G.722 cannot be recorded"), "{wrong}");
}

#[test]
fn a_radio_studio_has_a_console_of_its_own_and_what_its_callers_hear() {
    let studio = |console: &str, more: &str| {
        let text = format!(
            "[agents.8950]\npassword = \"a long password\"\n[clips]\nsong = {{ builtin = \"music\" }}\n\
             [studios.radio]\nconsole = \"{console}\"\nmusic = \"song\"\n{more}\n"
        );
        LEAST.replace("[trunks.telecom]", &format!("{text}[trunks.telecom]"))
    };
    let config = Config::parse(&studio("8950", ""), "centre.toml").expect("right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let [radio] = &config.call.studios[..] else { panic!("one studio") };
    assert_eq!(
        (radio.console, radio.held_max, radio.held_for),
        (AgentRef::at(1), 8, Duration::from_secs(1_800))
    );
    assert_eq!((config.report.studios.len(), config.recording.any), (1, false));
    let config = Config::parse(&studio("8950", "record = true"), "centre.toml").expect("right");
    assert!(config.recording.any && !config.call.audio.codecs.contains(&Codec::G722));
    let works = studio("8001", "").replace("[agents.8950]", "[agents.8950]\nskills = { general = 1 }");
    let odd = Config::parse(&works, "centre.toml").expect("right").warnings.to_string();
    assert!(odd.contains("agent 8001, the console of studio radio, is rung for callers of general"), "{odd}");
    assert!(mistakes(|_| studio("8001", "")).contains("agent 8950 serves no group"), "only a console may");
    let said = |text: String| mistakes(|_| text.clone());
    assert!(said(studio("8951", "")).contains("there is no agent 8951; did you mean 8950?"));
    assert!(said(studio("8950", "held_max = 0")).contains("held_max is 0; write one from 1 to 1000"));
    let twice = studio("8950", "[studios.tv]\nconsole = \"8950\"\nmusic = \"song\"");
    assert!(said(twice).contains("agent 8950 is the console of studio radio, too"));
    let missing = said(LEAST.to_owned() + "[studios.radio]\nscreeners = \"genral\"");
    assert!(missing.contains("has no console") && missing.contains("has no music"), "{missing}");
    assert!(missing.contains("there is no group genral"), "{missing}");
}

#[test]
fn a_slip_of_the_keyboard_is_answered_with_the_word_that_was_meant() {
    assert_eq!(
        mistakes(with("[groups.medical]\nrign = \"20s\"")),
        "15:1: unknown key rign in [groups.medical]; did you mean ring?"
    );
    assert_eq!(
        mistakes(instead("flow = \"hotline\"", "flow = \"hotlin\"")),
        "12:8: there is no flow hotlin; did you mean hotline?"
    );
}

#[test]
fn ring_longer_than_the_longest_wait_is_a_mistake() {
    let found = mistakes(instead("[groups.general]", "[groups.general]\nring = \"2m\"\nwait_max = \"90s\""));
    assert_eq!(
        found,
        "3:8: ring of 2m is longer than wait_max of 1m30s in group general; ring for less, or let callers wait longer"
    );
}

#[test]
fn callers_who_are_turned_away_must_not_go_round_but_groups_may_help_each_other() {
    let circle = r#"
[groups.a]
on_full = { group = "b" }
[groups.b]
on_wait_max = { group = "c" }
[groups.c]
on_nobody = { group = "a" }
"#;
    let found = mistakes(with(circle));
    assert!(
        found.contains("16:21: callers who are turned away go round: a → b → c → a; end the way"),
        "{found}"
    );
    assert_eq!(found.lines().count(), 1, "{found}");
    let help = r#"
[groups.a]
overflow = [{ after = "10s", to = "general" }]
[groups.b]
overflow = [{ after = "10s", to = "a" }]
"#;
    let text =
        LEAST.replace("[groups.general]", "[groups.general]\noverflow = [{ after = \"10s\", to = \"a\" }]");
    Config::parse(&format!("{text}{help}"), "centre.toml").expect("mutual help is no circle");
}

#[test]
fn a_way_of_more_moves_than_the_engine_follows_is_a_mistake() {
    let mut chain = String::new();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "general")] {
        chain += &format!("[groups.{from}]\non_full = {{ group = \"{to}\" }}\n");
    }
    let found = mistakes(with(&chain));
    assert_eq!(
        found,
        "14:9: callers turned away by a may be moved 5 times; the engine moves a caller 4 times and then refuses him; \
         shorten the way"
    );
}

#[test]
fn ports_must_come_in_pairs_and_hold_all_calls() {
    let found = mistakes(with("[audio]\nports = \"20001-20200\"\n[calls]\nmax = 100"));
    assert_eq!(
        found,
        "15:9: ports 20001-20200 do not begin with an even port and end with an odd one; each RTP port is even and has \
         its RTCP port above it: write \"20000-20201\"\n\
         15:9: ports 20001-20200 hold 50 calls, but max in [calls] is 100; widen the range to \"20001-20400\", or set \
         max in [calls] to 50 (4 ports a call)"
    );
}

#[test]
fn a_demo_of_thousands_of_agents_is_read_in_a_moment_and_keeps_its_order() {
    let mut text = LEAST.to_owned();
    text += "[sip]\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\n[agents]\n";
    let text =
        text.replace("[agents]\n8001 = { password = \"a long password\", skills = { general = 5 } }\n", "");
    let mut agents = String::new();
    for number in (1..=5_000).rev() {
        agents += &format!("a{number} = {{ password = \"a long password\", skills = {{ general = 5 }} }}\n");
    }
    let config = Config::parse(&(text + &agents), "demo").expect("right");
    assert_eq!(config.call.acd.agents.len(), 5_000);
    assert_eq!(config.call.acd.agents[0].name, "a5000");
    assert_eq!(config.sip.accounts[4_999].user, "a1");
    assert_eq!(config.sip.listen.len(), 2);
}

#[test]
fn what_is_allowed_but_odd_is_a_warning() {
    let more = r#"
[clips]
music = { builtin = "music" }
[groups.empty]
[agents.8002]
password = "8002"
skills = { general = 1 }
[[entries]]
called = "123*"
flow = "hotline"
[[entries]]
called = "1234"
flow = "hotline"
"#;
    let config = Config::parse(&format!("{LEAST}{more}"), "centre.toml").expect("allowed");
    assert_eq!(config.warnings.count(), 0, "none keeps the centre from starting");
    assert_eq!(
        heads(&config.warnings),
        "15:1: warning: clip music is never heard; name it in a group or flow, or remove it\n\
         16:9: warning: no agent serves group empty and no other group helps it; add empty to the skills of agents, or an \
         overflow to the group\n\
         16:9: warning: no caller reaches group empty; name it in a flow, an overflow or an agent's skills, or remove it\n\
         18:12: warning: password of agent 8002 is easy to guess; use 8 characters or more, and not the phone's number\n\
         23:1: warning: no call takes this entry: entry 2 above fits all of them first; put the narrower entry first, or \
         remove this one"
    );
}

#[test]
fn old_phones_may_be_asked_for_md5_first() {
    use sip::digest::Algorithm;
    let digests =
        |more: &str| Config::parse(&format!("{LEAST}{more}"), "centre.toml").expect("right").sip.digests;
    assert_eq!(digests(""), [Algorithm::Sha256, Algorithm::Md5]);
    assert_eq!(digests("[sip]\ndigest = [\"md5\"]"), [Algorithm::Md5]);
    assert_eq!(
        mistakes(with("[sip]\ndigest = [\"md5\", \"MD5\"]")),
        "15:18: a digest is written twice; write each once, the preferred one first"
    );
    assert_eq!(
        mistakes(with("[sip]\ndigest = [\"md4\", \"md5\"]")),
        "15:11: digest \"md4\" is not a digest that phones are asked for; write \"sha256\" or \"md5\""
    );
}

#[test]
fn a_journal_is_asked_for_with_bounds_that_make_sense() {
    let text = format!(
        "[node]\njournal = \"j\"\n[journal]\nnumbers = \"pseudonyms\"\nutc_offset = \"-03:30\"\nkeep = \"7d\"\n{LEAST}"
    );
    let journal = Config::parse(&text, "centre.toml").expect("right").node.journal.expect("asked for");
    assert!(journal.pseudonyms && journal.directory.ends_with("j"));
    assert_eq!((journal.limits.east_s, journal.limits.keep), (-12_600, Duration::from_secs(604_800)));
    assert_eq!(
        mistakes(with("[journal]\ntotal_mb_max = 10\nnumbers = \"hidden\"\nutc_offset = \"Beijing\"")),
        "15:16: total_mb_max is less than file_mb_max, 256; make room for some files\n\
         16:11: numbers \"hidden\" is not a way to write numbers; write \"plain\" (as they are) or \"pseudonyms\" \
         (other digits, the same for the same number)\n\
         17:14: utc_offset \"Beijing\" is not an offset from UTC; write hours and minutes ahead of UTC, such as \
         \"+08:00\""
    );
}

#[test]
fn a_timeline_says_who_may_be_asked_after_how_long() {
    let more = r#"
timeline = [
    { sites = "own", level_min = 4 },
    { after = "20s", sites = "city", waives = true },
    { after = "40s", at_night = true, on_help = true },
    { after = "1m", group = "medical" },
]
selection = "round_robin"
parallel = 3
no_answer = [{ then = "skip" }, { then = "30s" }, { then = "not_ready", tell = true }]
hours = "desk"
on_closed = { group = "medical" }
[groups.general.surge]
begins_at = 50
[groups.medical]
[sites]
city = {}
east = {}
[hours.desk]
workdays = ["08:30-12:00", "14:00-18:00"]
[hours.night]
workdays = ["22:00-08:00"]
[calendar]
night = "night"
statutory = "none"
workdays = ["2026-11-28"]
"#;
    let agents = "8001 = { site = \"city\", password = \"a long password\", skills = { general = 5, medical = 5 } }\n\
                  8002 = { site = \"east\", password = \"a long password\", skills = { general = 5 } }";
    let text = LEAST
        .replace("8001 = { password = \"a long password\", skills = { general = 5 } }", agents)
        .replace("[groups.general]", &format!("[groups.general]{more}"));
    let config = Config::parse(&text, "centre.toml").expect("right");
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let acd = &config.call.acd;
    let general = &acd.groups[0];
    let own =
        Stage { level_min: SkillLevel(4), sites: acd::Sites::Own, ..Stage::all(Duration::ZERO, GroupRef(0)) };
    assert_eq!(general.timeline[0], own);
    assert!(general.timeline[1].waives && general.timeline[1].sites == acd::Sites::Only(acd::SiteRef(0)));
    assert!(general.timeline[2].at_night && general.timeline[2].on_help);
    assert_eq!(general.timeline[3], Stage::all(Duration::from_secs(60), GroupRef(1)));
    assert_eq!(
        (general.parallel, general.selection, general.no_answer.len()),
        (3, acd::Selection::RoundRobin, 3)
    );
    assert_eq!(
        (general.surge.ends_at, general.surge.admit_max),
        (25, 200),
        "half of it, and no fewer than ever"
    );
    assert_eq!(general.hours.map(acd::HoursRef::index), Some(0));
    assert_eq!(acd.night.map(acd::HoursRef::index), Some(1));
    assert_eq!(acd.hours[1].workdays, [(1_320, 1_920)], "over midnight");
    let saturday = "2026-11-28".parse().expect("a day");
    assert!(acd.clock.calendar.is_workday(saturday), "a make-up day of our own");
    assert_eq!(config.call.groups[0].on_closed, Target::Group(GroupRef(1)));
}

#[test]
fn who_may_change_the_centre_is_asked_when_others_reach_it() {
    let found = mistakes(with("[node]\nhttp = \"0.0.0.0:8080\""));
    assert_eq!(
        found,
        "15:8: HTTP listens on 0.0.0.0:8080 and anybody could change the centre; listen on 127.0.0.1, or add http_token \
         = \"…\", which changes must carry"
    );
    let token = "[node]\nhttp = \"0.0.0.0:8080\"\nhttp_token = \"0123456789abcdef\"";
    let config = Config::parse(&format!("{LEAST}\n{token}"), "centre.toml").expect("right");
    assert!(config.node.http_token.is_some());
}

#[test]
fn agents_call_by_themselves_as_the_file_says() {
    let text = with(
        "[outside]\ncaller = \"12345\"\nring_back = \"tone\"\n[clips.tone]\nbuiltin = \"ring_back\"\n\
         [codes]\npick = \"*9\"\n[trunks.telecom.numbers]\ncountry = \"86\"\nnational_prefix = \"0\"",
    );
    let text = instead("[groups.general]", "[groups.general]\ncaller = \"052712345\"")(&text(LEAST));
    let call = Config::parse(&text, "centre.toml").expect("right").call;
    assert_eq!(call.groups[0].caller.as_deref(), Some("052712345"));
    assert_eq!((call.codes.pick.as_str(), call.codes.wrap_up_end.as_str()), ("*9", "*15"));
    let outside = call.outside.expect("a way out");
    assert!(outside.ring_back.is_some());
    assert_eq!(outside.numbers.normalize("013851234567"), "+8613851234567", "as its trunk writes numbers");

    let text = instead("[groups.general]", "[groups.general]\ncaller = \"hotline\"");
    assert!(
        mistakes(text)
            .contains("caller of group general is \"hotline\"; write the digits of a number of ours")
    );
    let text = with("[codes]\npick = \"*1\"\nsign_in = \"*10\"");
    assert!(
        mistakes(text).contains("code sign_in is *10, which is *1 with a work number; give it a code that")
    );
    let text = with("[codes]\nwrap_up_end = \"*12\"");
    assert!(mistakes(text).contains("wrap_up_end and ready are both *12; give each its own"));
    let text = with("[outside]\ncaller = \"12345\"\nring_back = \"tone\"");
    assert!(mistakes(text).contains("there is no clip tone"));
}
