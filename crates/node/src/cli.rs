//! The command line: what a person can ask of `sujie`. Parsing only; `main` dispatches.

use crate::reports::options;
use base::{Date, Offset};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Sujie (速接): the call-centre engine of a public hotline.
///
/// Takes a carrier's SIP trunk and the agents' softphones, puts every caller in a skill group's line, offers the
/// right caller to the right agent, carries the audio, and counts.
#[derive(Debug, Parser)]
#[command(name = "sujie", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sujie demo                                  a busy quarter of an hour, with no phone at hand
  sujie config example > centre.toml          begin a centre of your own
  sujie check --config centre.toml            every mistake with its line; exit code 2 if there is one
  sujie serve --config centre.toml            run it; Ctrl-C or SIGTERM ends it gracefully
  sujie replay journal                        play a recorded day again: the same events, the same statistics
  sujie recordings list --database sujie.db   recorded talks: verify, hold, delete with a trace
  sujie report --database sujie.db            figures of any period, with formulas, down to the call list";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a busy hotline on this machine: engine, carrier and phones over real SIP and RTP.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// Run a centre.
    ///
    /// The first SIGTERM or SIGINT (Ctrl-C) refuses new calls and waits for the running ones; a second one ends at
    /// once.
    Serve(FromConfig),
    /// Check a configuration: every mistake with file, line and remedy.
    ///
    /// Exit code 0 and a short picture of the centre when it is right, 2 when there is a mistake.
    Check(FromConfig),
    /// Help with the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at the ways of calls.
    #[command(subcommand)]
    Flow(FlowCommand),
    /// What callers hear: which prompts there are, and synthesizing those that are missing.
    #[command(subcommand)]
    Prompts(PromptsCommand),
    /// Run a plan's days in virtual time: who calls, who works, what comes of it. A year takes seconds.
    #[command(after_help = SIMULATE_EXAMPLES)]
    Simulate(Simulate),
    /// The same callers under two plans, side by side: a recorded day under a changed configuration, a call log or
    /// drawn callers under two plans.
    #[command(name = "whatif", after_help = WHATIF_EXAMPLES)]
    WhatIf(WhatIf),
    /// Look at call records.
    #[command(subcommand)]
    Records(RecordsCommand),
    /// Recorded talks: list, verify, hold, release, delete, expire.
    #[command(subcommand, after_help = RECORDINGS_EXAMPLES)]
    Recordings(RecordingsCommand),
    /// Tables of a year, month, day or shift, from the call records
    #[command(after_help = options::EXAMPLES)]
    Report(Box<options::Options>),
    /// How many agents a target takes: for one hour, or for each half hour of a day.
    ///
    /// With --patience by Erlang A (callers hang up when it ends), without by Erlang C (nobody ever does).
    Staff(crate::staff::args::Staff),
    /// Run the engine again over a journal: the same events, the same statistics.
    ///
    /// Exit code 0 when every event was the same, 1 when one differs, or when the journal has a gap or damage.
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
}

const DEMO_EXAMPLES: &str = "\
Examples:
  sujie demo --speed 10                       ten times as fast
  sujie demo --agents 5                       too few agents: watch the line grow
  sujie demo --seconds 30 --record talks      hear a talk: caller on the left, agent on the right; as --format opus, too
  sujie demo --seconds 60 --speed 5 --json    one minute, summary as JSON on standard output

While it runs, a softphone on this machine can register as a free agent and take calls; the first lines say how.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  sujie demo --journal day && sujie replay day       record a quarter of an hour, play it again
  sujie replay journal --run 7 --json                a certain run of a centre, for programs
  sujie replay journal --events events.txt           what happened, a line for each event
  sujie replay journal --until 2024-02-02T08:30:00+08:00
  sujie replay journal --at 4711                     what input 4711 was, and what came of it";

/// `sujie replay`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The folder that a centre writes, or files of one run
    #[arg(required = true, value_name = "FILE|DIR")]
    pub journal: Vec<PathBuf>,
    /// Which run, when there are several (default: the newest)
    #[arg(long, value_name = "NUMBER")]
    pub run: Option<u64>,
    /// Print the statistics as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Write a line for each event into this file (-: standard output)
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Stop there: a span since the engine's start (1h30m), or a moment (2024-02-02T08:30:00+08:00)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Stop after this input, and show it with the events that came of it
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u64>,
}

/// `sujie demo`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct Demo {
    /// New calls a second on the hotline's clock, at the busiest moment
    #[arg(long, value_name = "RATE", default_value_t = 1.0, value_parser = rate)]
    pub calls_per_second: f64,
    /// Agents at work
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub agents: u32,
    /// Length of the play on the hotline's clock
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// How many seconds of the hotline pass in one of ours
    #[arg(long, value_name = "TIMES", default_value_t = 10.0, value_parser = speed)]
    pub speed: f64,
    /// Print the summary as JSON on standard output, and no live board
    #[arg(long)]
    pub json: bool,
    /// SIP port on loopback (0: any free one)
    #[arg(long, value_name = "PORT", default_value_t = 5060)]
    pub port: u16,
    /// HTTP port on loopback: /metrics, /api/v1/board (0: any free one)
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub http_port: u16,
    /// Seed of the day: the same seed plays the same callers
    #[arg(long, value_name = "NUMBER", default_value_t = 12345)]
    pub seed: u64,
    /// Keep the call records in this file (default: a new file in the temporary directory)
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Write the journal of the engine's inputs into this folder, for `sujie replay`
    #[arg(long, value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// Record every talk into this folder: two channels, a WAV file each
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// What each of these files becomes when it is finished: wav, or opus (those of the last seconds stay wav)
    #[arg(long, value_name = "FORMAT", default_value = "wav", value_parser = ["wav", "opus"], requires = "record")]
    pub format: String,
}

const SIMULATE_EXAMPLES: &str = "\
Examples:
  sujie simulate --plan deploy/plans/year-2024.toml --seeds 3
  sujie simulate --plan plan.toml --from 2024-07-01 --to 2024-07-14 --html july.html
  sujie simulate --plan plan.toml --json | jq '.runs[0].total.service_level.sl1'

The same plan and seed give the same events; the digest tells.";

/// `sujie simulate`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct Simulate {
    /// The plan file; deploy/plans/year-2024.toml shows every key
    #[arg(long, short, value_name = "FILE")]
    pub plan: PathBuf,
    /// Seed of the first run (default: the plan's)
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Runs, each with the next seed
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub seeds: u32,
    /// First day (default: the plan's)
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<Date>,
    /// Last day, inclusive (default: the plan's)
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub to: Option<Date>,
    /// Print JSON on standard output instead of tables
    #[arg(long)]
    pub json: bool,
    /// Write a page with pictures of the first run: arrivals, waits, service level, occupancy
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

const WHATIF_EXAMPLES: &str = "\
Examples:
  sujie whatif --replay /var/lib/sujie/journal --config changed.toml
  sujie whatif --replay calls.csv --plan today.toml --against tomorrow.toml
  sujie whatif --plan today.toml --against tomorrow.toml --seeds 10 --intervals

What did not happen is drawn (patience of those who were answered, talk of those who gave up), so several seeds are
run; both sides meet the same callers.";

/// `sujie whatif`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// A journal's folder or file, or a call log (.csv)
    #[arg(long, value_name = "DIR|FILE")]
    pub replay: Option<PathBuf>,
    /// Which run of the journal, when there are several (default: the newest)
    #[arg(long, value_name = "NUMBER")]
    pub run: Option<u64>,
    /// The changed configuration of the centre, for a journal
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "against"])]
    pub config: Option<PathBuf>,
    /// The plan as it is
    #[arg(long, value_name = "FILE", requires = "against")]
    pub plan: Option<PathBuf>,
    /// The plan as it could be
    #[arg(long, value_name = "FILE", requires = "plan")]
    pub against: Option<PathBuf>,
    /// Seed of the first run
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Runs of each side
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub seeds: u32,
    /// Half hours of the mean day, too
    #[arg(long)]
    pub intervals: bool,
    /// Print JSON on standard output instead of tables
    #[arg(long)]
    pub json: bool,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("{text:?} is not a day; write one such as 2024-07-02"))
}

/// A command that works on one configuration file.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct FromConfig {
    /// The centre's TOML file; `sujie config example` prints one to begin with
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
}

/// `sujie config …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print a complete commented sample of a 12345 centre: five desks, three zones, four sites
    Example,
}

/// `sujie flow …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum FlowCommand {
    /// Draw flows: Mermaid text, or an SVG picture
    Draw {
        /// The configuration
        #[command(flatten)]
        from: FromConfig,
        /// Only this flow
        #[arg(long, value_name = "NAME")]
        flow: Option<String>,
        /// SVG instead of Mermaid
        #[arg(long)]
        svg: bool,
    },
}

/// `sujie prompts …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum PromptsCommand {
    /// Show every prompt in every language: recorded, synthesized or missing
    List(FromConfig),
    /// Synthesize the prompts that have no file: the usual set, and what the configuration says
    #[command(after_help = PROMPTS_EXAMPLES)]
    Build(BuildPrompts),
}

const PROMPTS_EXAMPLES: &str = "\
Examples:
  sujie prompts build --config centre.toml          what the centre needs, into its folder of prompts
  sujie prompts build --out prompts                 the usual set in Mandarin and English
  sujie prompts build --out prompts --renew         synthesized files again; recorded ones stay
  sujie prompts build --out prompts --with 'tts --lang {language} --out {file} {text}'

A file that somebody recorded is never written over. Default synthesizer: espeak-ng (apt install espeak-ng).";

/// `sujie prompts build`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct BuildPrompts {
    /// The centre's TOML file: its folder, languages and prompts
    #[arg(long, short, value_name = "FILE", required_unless_present = "out")]
    pub config: Option<PathBuf>,
    /// Folder of the prompts (default: the configuration's)
    #[arg(long, short, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Synthesize again what was synthesized before
    #[arg(long)]
    pub renew: bool,
    /// Another synthesizer: a command with {text}, {language} and {file}
    #[arg(long, value_name = "COMMAND")]
    pub with: Option<String>,
}

/// `sujie records …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RecordsCommand {
    /// Add the records up: per group and in total, the counters that must reconcile
    Summary {
        /// The database that a centre has written
        #[arg(long, short, value_name = "FILE")]
        database: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

const RECORDINGS_EXAMPLES: &str = "\
Examples:
  sujie recordings list -d sujie.db --agent 8001 --day 2024-02-02
  sujie recordings verify -d sujie.db                every file against its SHA-256; exit code 1 when one differs
  sujie recordings hold 7696581394473 -d sujie.db --by 王芳 --why 举报2024-17
  sujie recordings delete 7696581394473 -d sujie.db --by 王芳 --why 当事人申请";

/// `sujie recordings …`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RecordingsCommand {
    /// Which there are, newest first
    List(ListRecordings),
    /// Whether files are what they were: each against its SHA-256
    Verify {
        /// Where.
        #[command(flatten)]
        place: RecordingPlace,
        /// Only these (default: all)
        #[arg(value_name = "RECORDING")]
        id: Vec<u64>,
    },
    /// It must not be deleted (举报, 复议)
    Hold {
        /// Where.
        #[command(flatten)]
        place: RecordingPlace,
        /// Which, by whom, why.
        #[command(flatten)]
        which: Which,
    },
    /// It may be deleted again when it was kept long enough
    Release {
        /// Where.
        #[command(flatten)]
        place: RecordingPlace,
        /// Which, by whom, why.
        #[command(flatten)]
        which: Which,
    },
    /// Delete it; who, when, why and its hash stay
    Delete {
        /// Where.
        #[command(flatten)]
        place: RecordingPlace,
        /// Which, by whom, why.
        #[command(flatten)]
        which: Which,
    },
    /// Delete now what was kept long enough, as a running centre does each hour
    Expire {
        /// Where.
        #[command(flatten)]
        place: RecordingPlace,
        /// Who does it
        #[arg(long, value_name = "NAME", default_value = "sujie")]
        by: String,
    },
}

/// Where recordings are.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RecordingPlace {
    /// The database that a centre writes
    #[arg(long, short, value_name = "FILE")]
    pub database: PathBuf,
    /// The folder that the section recording of the configuration names (default: recordings, beside the database)
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

impl RecordingPlace {
    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| self.database.with_file_name("recordings"))
    }
}

/// A recording, and who does what to it.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// Its number, as `list` shows it
    #[arg(value_name = "RECORDING")]
    pub id: u64,
    /// Who does it
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub by: String,
    /// Why
    #[arg(long, value_name = "REASON", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub why: String,
}

/// `sujie recordings list`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ListRecordings {
    /// The database that a centre writes
    #[arg(long, short, value_name = "FILE")]
    pub database: PathBuf,
    /// Of this call (its number in the call records)
    #[arg(long, value_name = "NUMBER")]
    pub call: Option<u64>,
    /// With this agent, by key
    #[arg(long, value_name = "KEY")]
    pub agent: Option<String>,
    /// Of this group, by key
    #[arg(long, value_name = "KEY")]
    pub group: Option<String>,
    /// From this caller, as the call records have him (+8613800000000)
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// Begun on this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub day: Option<Date>,
    /// Time zone of days and times
    #[arg(long, value_name = "OFFSET", default_value = "+08:00", allow_hyphen_values = true)]
    pub zone: Offset,
    /// Only those of which something was on air in a radio studio
    #[arg(long)]
    pub on_air: bool,
    /// Only those that are held
    #[arg(long)]
    pub held: bool,
    /// Only those that were deleted: the traces
    #[arg(long)]
    pub deleted: bool,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub limit: u32,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    between(text, 0.001, 5_000.0)
}

fn speed(text: &str) -> Result<f64, String> {
    between(text, 0.1, 1_000.0)
}

fn between(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number; write one such as 2.5"))?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("write one from {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command)
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_command_takes_its_flags() {
        let Ok(Command::Demo(demo)) =
            parsed("sujie demo --calls-per-second 2.5 --agents 40 --seconds 60 --speed 5 --json")
        else {
            panic!("demo is a command")
        };
        assert_eq!((demo.calls_per_second, demo.agents, demo.seconds), (2.5, 40, 60));
        assert_eq!((demo.speed, demo.json, demo.port), (5.0, true, 5060));
        let Ok(Command::Check(check)) = parsed("sujie check --config centre.toml") else {
            panic!("check is a command")
        };
        assert_eq!(check.config, PathBuf::from("centre.toml"));
        let Ok(Command::Simulate(simulate)) =
            parsed("sujie simulate --plan year.toml --seeds 3 --from 2024-07-01 --html year.html")
        else {
            panic!("simulate is a command")
        };
        assert_eq!((simulate.seeds, simulate.seed, simulate.json), (3, None, false));
        assert_eq!(simulate.from.map(|day| day.to_string()), Some("2024-07-01".into()));
        let Ok(Command::WhatIf(what_if)) = parsed("sujie whatif --replay journal --config changed.toml")
        else {
            panic!("whatif is a command")
        };
        assert_eq!((what_if.seeds, what_if.intervals), (5, false));
        let Ok(Command::Flow(FlowCommand::Draw { flow, svg, .. })) =
            parsed("sujie flow draw --config c.toml --flow hotline --svg")
        else {
            panic!("flow draw is a command")
        };
        assert_eq!((flow.as_deref(), svg), (Some("hotline"), true));
        let Ok(Command::Prompts(PromptsCommand::Build(build))) =
            parsed("sujie prompts build --out p --renew")
        else {
            panic!("prompts build is a command")
        };
        assert_eq!((build.out, build.config, build.renew), (Some("p".into()), None, true));
        assert!(matches!(parsed("sujie config example"), Ok(Command::Config(ConfigCommand::Example))));
        assert!(matches!(parsed("sujie records summary --database d.db"), Ok(Command::Records(_))));
        let Ok(Command::Replay(replay)) = parsed("sujie replay a b --run 7 --until 1h --at 5 --json") else {
            panic!("replay is a command")
        };
        assert_eq!((replay.journal.len(), replay.run, replay.at, replay.json), (2, Some(7), Some(5), true));
        let Ok(Command::Recordings(RecordingsCommand::Hold { place, which })) =
            parsed("sujie recordings hold 7 -d /srv/sujie.db --by wang --why case")
        else {
            panic!("recordings is a command")
        };
        assert_eq!((which.id, which.why.as_str(), place.folder()), (7, "case", "/srv/recordings".into()));
        let Ok(Command::Report(report)) =
            parsed("sujie report -d d.db --day 2024-02-02 --by group=general --zone -03:30")
        else {
            panic!("report is a command")
        };
        assert_eq!(report.threshold.len(), 3);
        assert_eq!(report.zone.to_string(), "UTC-03:30");
    }

    #[test]
    fn a_wrong_flag_says_what_would_be_right() {
        for (line, says) in [
            ("sujie demo --calls-per-second fast", "write one such as 2.5"),
            ("sujie demo --calls-per-second 0", "write one from 0.001 to 5000"),
            ("sujie demo --agents 0", "1..=5000"),
            ("sujie demo --speed nan", "write one from 0.1 to 1000"),
            ("sujie serve", "--config <FILE>"),
            ("sujie prompts build", "--config <FILE>"),
            ("sujie simulate --plan p.toml --from july", "write one such as 2024-07-02"),
            ("sujie simulate --plan p.toml --seeds 0", "1..=1000"),
            ("sujie whatif --plan p.toml", "--against <FILE>"),
            ("sujie recordings delete 7 -d d.db --by wang", "--why <REASON>"),
            ("sujie recordings list -d d.db --day friday", "write one such as 2024-07-02"),
        ] {
            let said = parsed(line).expect_err(line).to_string();
            assert!(said.contains(says), "{line}: {said}");
        }
    }
}
