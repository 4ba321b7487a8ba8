//! Configuration: one TOML file in, plain plans for the cores out; or every mistake in it, with its place.
//!
//! ```text
//!   centre.toml ─toml─▶ values with their bytes ─section─▶ raw structs ─build─▶ Config { node, sip, call, report, clips }
//!                             └────────────┴── findings ─────────┴──▶ Mistakes (file:line:column: what; remedy)
//! ```
//!
//! Groups, agents, trunks, clips and flows are tables with a key (`[groups.general]`); everything else refers to them
//! by that key. A plan's lists are in order of appearance in the file, and a reference is a place in its list, so the
//! same file always gives the same references. The sample (`deploy/centre.toml`, `sujie config example`) shows every
//! key with its meaning.
//!
//! Reading order: `raw` (what can be written), `build` (what becomes of it), `section` and `value` (how it is read),
//! `mistake` and `text` (how it is said). Never knows: sockets, threads, samples of audio.

mod build;
mod mistake;
mod names;
pub(crate) mod nearest;
pub mod plan;
mod raw;
mod secret;
mod section;
pub mod staffing;
mod summary;
mod text;
mod value;

pub use mistake::{Mistake, Mistakes, Severity};
pub use plan::SimPlan;
pub use summary::Summary;

use base::Private;
use call::plan::ListRef;
use mistake::Findings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::recordings::Format;
use text::Text;

/// The complete commented sample of a 12345 centre, as `sujie config example` prints it.
pub const EXAMPLE: &str = include_str!("../../../deploy/centre.toml");

/// Nobody hears silence for longer.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(3);

/// Everything that a centre is started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The process.
    pub node: NodePlan,
    /// SIP.
    pub sip: sip::plan::Plan,
    /// Calls, groups, agents, audio.
    pub call: call::Plan,
    /// Counting. `epoch` and `run` are filled in at the start.
    pub report: report::Plan,
    /// Recordings.
    pub recording: RecordingPlan,
    /// Where each clip comes from; positions are the [`ClipRef`](media::session::ClipRef)s.
    pub clips: Vec<ClipSource>,
    /// The folder of the prompts.
    pub prompts: PathBuf,
    /// The file of each list of numbers, when it has one; in the order of `call.lists`.
    pub lists: Vec<Option<PathBuf>>,
    /// Names of dispositions for people, in the order of `call.dispositions`.
    pub dispositions: Vec<Titled>,
    /// Lists of those who have called within so long.
    pub repeats: Vec<(ListRef, Duration)>,
    /// What it was read from: to be read again, and for the head of a journal.
    pub source: Source,
    /// What is allowed but odd; empty for a file that nobody needs to look at again.
    pub warnings: Mistakes,
}

/// A key with its names for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titled {
    /// Key.
    pub key: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The text of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as it was given.
    pub file: String,
    /// Its text, with something else in the place of each password: it stands in files that are handed out.
    pub text: String,
}

/// The journal of the engine's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPlan {
    /// Where its files live.
    pub directory: PathBuf,
    /// Write persons' numbers as pseudonyms.
    pub pseudonyms: bool,
    /// Bounds of the files.
    pub limits: store::journal::Limits,
}

/// Recordings of talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingPlan {
    /// Where files live.
    pub folder: PathBuf,
    /// How long they are kept, unless their group says otherwise; `None` for ever.
    pub keep: Option<Duration>,
    /// The same for each group.
    pub groups: Vec<Option<Duration>>,
    /// What each group's files are in the end.
    pub formats: Vec<Format>,
    /// Whether any group records.
    pub any: bool,
}

/// The process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePlan {
    /// Where HTTP is served (metrics, health, board).
    pub http: SocketAddr,
    /// What a request that changes something must carry; `None`: nothing.
    pub http_token: Option<Private>,
    /// File of the call records.
    pub database: PathBuf,
    /// Records are written at least this often: what a power cut may take.
    pub record_flush: Duration,
    /// Where written files live.
    pub directory: PathBuf,
    /// The journal, if one is written.
    pub journal: Option<JournalPlan>,
    /// Threads that carry audio.
    pub media_threads: usize,
    /// At a graceful stop, how long running calls may go on.
    pub drain_grace: Duration,
    /// The log.
    pub log: LogPlan,
}

/// The log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPlan {
    /// Least severe level that is written; the environment variable `SUJIE_LOG` overrides it.
    pub level: LogLevel,
    /// How a line looks.
    pub format: LogFormat,
    /// Show persons' numbers as `138******67`.
    pub mask_numbers: bool,
}

impl Default for LogPlan {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text, mask_numbers: true }
    }
}

/// How severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Somebody should look.
    Warn,
    /// What happens.
    Info,
    /// Why it happens.
    Debug,
    /// Each step.
    Trace,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// One clip and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSource {
    /// Its key.
    pub name: String,
    /// Where from.
    pub origin: ClipOrigin,
}

/// Where a clip comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipOrigin {
    /// Computed at load.
    Builtin {
        /// Which.
        kind: Builtin,
        /// Repeated or cut to this length; `None` as long as it is.
        length: Option<Duration>,
    },
    /// A WAV file.
    File(PathBuf),
    /// A prompt that may be recorded or synthesized.
    Prompt {
        /// Its name.
        prompt: String,
        /// Where its file may be: in the caller's language, or else in the usual one.
        files: Vec<PathBuf>,
        /// What it says, by language, when the configuration says so.
        say: Vec<(String, String)>,
        /// What is heard while there is none of them.
        instead: Builtin,
        /// Of that, its length.
        length: Option<Duration>,
    },
    /// A piece of numbers.
    Piece {
        /// Of which language.
        language: String,
        /// Where its file may be.
        file: PathBuf,
    },
}

/// Clips that need no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// A short tone of confirmation.
    Beep,
    /// Called party busy (E.180).
    Busy,
    /// Network busy (E.180).
    Congestion,
    /// Half a minute of calm music, to be looped.
    Music,
    /// A called telephone rings (E.180).
    RingBack,
    /// Nothing to hear.
    Silence,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Every mistake in it, or that it cannot be read.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            Mistakes::of_file(
                &file,
                format!("the configuration cannot be read: {error}"),
                "give the path of a centre's TOML file; `sujie config example` prints one to begin with",
            )
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line =
                error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            Mistakes::of_file(&file, format!("line {line} is not UTF-8"), "save the file as UTF-8 (not GBK)")
        })?;
        Self::parse(&text, &file)
    }

    /// Reads a text. `file` names it in messages, and prompts are looked for beside it.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Mistakes> {
        let findings = Findings::default();
        let (document, errors) = toml::de::DeTable::parse_recoverable(text);
        for error in errors {
            let place = error.span().unwrap_or(text.len()..text.len());
            findings.wrong(place, error.message(), syntax_remedy(error.message()));
        }
        let raw = raw::File::read(&document, &findings);
        let built = build::build(&raw, Path::new(file).parent().unwrap_or(Path::new("")), &findings);
        let wrong = findings.any_wrong();
        let mistakes = findings.close(Text::new(file, text));
        if wrong {
            return Err(mistakes);
        }
        let source = Source { file: file.to_owned(), text: secret::removed(text, &document) };
        Ok(Self { warnings: mistakes, source, ..built })
    }

    /// A short picture of the centre, for people.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary::of(self)
    }
}

/// A span as the file writes it (`1h30m`); `None` when it is none.
#[must_use]
pub fn span(text: &str) -> Option<Duration> {
    value::span(text).ok()
}

fn syntax_remedy(message: &str) -> &'static str {
    if message.contains("duplicate key") {
        "each key is written once in a table, each group, agent, trunk, clip or flow once in the file"
    } else {
        "TOML has `key = value` lines below a [header]; strings are in \"quotes\""
    }
}

#[cfg(test)]
mod tests;
