//! The folder of prompts: which files should be there, what each says, and whether somebody recorded it.
//!
//! ```text
//!   configuration, catalogue ─▶ Wanted (language, name, words, file) ─▶ recorded · synthesized · missing
//!                                                                          └─ its sum stands in synthesized.txt
//! ```
//!
//! A file counts as synthesized as long as it is what was written here, byte for byte; whoever puts a recording in its
//! place need not tell anybody. Never knows: how speech is made.

use super::catalogue;
use crate::config::{ClipOrigin, Config};
use call::spoken::Piece;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// What was written here, with its sum.
const NOTES: &str = "synthesized.txt";

/// A file that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `zh`.
    pub language: String,
    /// `welcome`, `pieces/pair`.
    pub name: String,
    /// What it says; `None` when nobody has said so.
    pub words: Option<String>,
}

/// Whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody put it there.
    Recorded,
    /// It was written here.
    Synthesized,
    /// It is not there.
    Missing,
}

impl State {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Recorded => "录音 recorded",
            Self::Synthesized => "合成 synthesized",
            Self::Missing => "缺失 missing",
        }
    }
}

/// What a centre needs: its prompts in all languages, and the pieces of numbers.
#[must_use]
pub fn of_centre(config: &Config) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for language in config.call.languages.iter().map(|language| &language.name) {
        let mut names = Vec::new();
        for source in &config.clips {
            let ClipOrigin::Prompt { prompt, say, .. } = &source.origin else { continue };
            if names.contains(&prompt) {
                continue;
            }
            names.push(prompt);
            let own = say.iter().find(|(of, _)| of == language).map(|(_, words)| words.clone());
            let words = own.or_else(|| catalogue::words(prompt, language).map(str::to_owned));
            wanted.push(Wanted { language: language.clone(), name: prompt.clone(), words });
        }
        wanted.extend(pieces(language));
    }
    wanted
}

/// The usual set.
#[must_use]
pub fn usual() -> Vec<Wanted> {
    let language = |language: &str| {
        let prompt = |usual: &catalogue::Usual| Wanted {
            language: language.to_owned(),
            name: usual.name.to_owned(),
            words: catalogue::words(usual.name, language).map(str::to_owned),
        };
        let prompts: Vec<_> = catalogue::USUAL.iter().map(prompt).collect();
        prompts.into_iter().chain(pieces(language)).collect::<Vec<_>>()
    };
    ["zh", "en"].into_iter().flat_map(language).collect()
}

fn pieces(language: &str) -> Vec<Wanted> {
    let Some(grammar) = catalogue::grammar(language) else { return Vec::new() };
    let pieces = Piece::ALL.iter().filter_map(|piece| catalogue::piece(grammar, *piece));
    let wanted = |(name, words): (String, &str)| Wanted {
        language: language.to_owned(),
        name: format!("pieces/{name}"),
        words: Some(words.to_owned()),
    };
    pieces.map(wanted).collect()
}

/// A folder of prompts.
pub struct Shelf {
    folder: PathBuf,
    /// Sum of each file that was written here, by its path in the folder.
    written: BTreeMap<String, u64>,
}

impl Shelf {
    /// Opens a folder, which need not be there.
    ///
    /// # Errors
    /// Its notes cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let notes = match std::fs::read_to_string(folder.join(NOTES)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            notes => notes?,
        };
        let note = |line: &str| {
            let (sum, path) = line.split_once(' ')?;
            Some((path.to_owned(), u64::from_str_radix(sum, 16).ok()?))
        };
        Ok(Self { folder: folder.to_owned(), written: notes.lines().filter_map(note).collect() })
    }

    /// Where a file is, or should be.
    #[must_use]
    pub fn file(&self, wanted: &Wanted) -> PathBuf {
        self.folder.join(path(wanted))
    }

    /// Whether it is there.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn state(&self, wanted: &Wanted) -> io::Result<State> {
        match std::fs::read(self.file(wanted)) {
            Ok(bytes) if self.written.get(&path(wanted)) == Some(&sum(&bytes)) => Ok(State::Synthesized),
            Ok(_) => Ok(State::Recorded),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::Missing),
            Err(error) => Err(error),
        }
    }

    /// Puts a synthesized file into its place and notes that it is one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, wanted: &Wanted, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(wanted);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // The note first: a file without one would pass for a recording.
        self.written.insert(path(wanted), sum(bytes));
        let mut notes =
            String::from("# Files that sujie has synthesized; a recording in the place of one is kept.\n");
        for (path, sum) in &self.written {
            let _ = writeln!(notes, "{sum:016x} {path}");
        }
        std::fs::write(self.folder.join(NOTES), notes)?;
        std::fs::write(file, bytes)
    }
}

fn path(wanted: &Wanted) -> String {
    format!("{}/{}.wav", wanted.language, wanted.name)
}

/// FNV-1a: tells whether a file is what was written, and guards against nobody.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_in_the_place_of_a_synthesized_file_is_seen() {
        let folder = std::env::temp_dir().join(format!("sujie-shelf-{}", std::process::id()));
        let wanted = Wanted { language: "zh".into(), name: "welcome".into(), words: None };
        let mut shelf = Shelf::open(&folder).expect("an empty one");
        assert_eq!(shelf.state(&wanted).expect("read"), State::Missing);
        shelf.put(&wanted, b"synthesized").expect("written");
        let again = Shelf::open(&folder).expect("its notes");
        assert_eq!(again.state(&wanted).expect("read"), State::Synthesized);
        std::fs::write(again.file(&wanted), b"recorded").expect("written");
        assert_eq!(again.state(&wanted).expect("read"), State::Recorded);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn the_usual_set_says_everything_in_both_languages() {
        let usual = usual();
        assert!(usual.iter().all(|wanted| wanted.words.is_some()));
        let of = |language: &str| usual.iter().filter(|wanted| wanted.language == language).count();
        assert!(of("zh") > 40 && of("en") > 60, "{} and {}", of("zh"), of("en"));
    }
}
