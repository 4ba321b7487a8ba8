//! What can be wrong with a journal, said with file, place and remedy.

use std::path::PathBuf;

/// Why some bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Fewer bytes than were promised.
    #[error("it ends in the middle of a value")]
    Short,
    /// More bytes than the value needs.
    #[error("{0} bytes too many")]
    Rest(usize),
    /// A number that fits nowhere.
    #[error("a number of more than 64 bits")]
    Number,
    /// Not UTF-8.
    #[error("a text that is not UTF-8")]
    Text,
    /// A value that means nothing here.
    #[error("{value} is no {what} known here")]
    Unknown {
        /// Of what kind.
        what: &'static str,
        /// Which.
        value: u64,
    },
    /// The bytes are not those that were written.
    #[error("the check sum does not fit")]
    Sum,
    /// No block begins where one should.
    #[error("no block begins here")]
    Block,
    /// The count at the head of the block is not that of its frames.
    #[error("the block does not hold as many frames as it says")]
    Count,
}

/// A journal cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system does not give it.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is none.
    #[error(
        "{path} holds no journal; `[node] journal` of the centre's configuration says where it is written"
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// Something else.
    #[error("{path} is not a journal")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Its head was written by a later program.
    #[error("{path} was written in format {found}, this program reads up to {known}; use the later program")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u16,
        /// Ours.
        known: u16,
    },
    /// Its head is damaged: without it nothing can be replayed.
    #[error("the head of {path} is damaged ({fault}); another file of the same run has the same head")]
    Head {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: Fault,
    },
    /// The part with the engine's start is missing.
    #[error(
        "{path} goes on from input {first}: the files before it are missing, and a replay needs them from the \
         engine's start"
    )]
    NoStart {
        /// The first file that there is.
        path: PathBuf,
        /// Its first input.
        first: u64,
    },
    /// A part in between is missing.
    #[error("{path} goes on from input {first}, but {before} inputs are known before it: a file is missing")]
    Missing {
        /// The file after the gap.
        path: PathBuf,
        /// Its first input.
        first: u64,
        /// Inputs before.
        before: u64,
    },
    /// No such run.
    #[error("there is no run {run} here; there are {known}")]
    NoRun {
        /// Wanted.
        run: u64,
        /// Those that there are.
        known: String,
    },
    /// Damage.
    #[error(
        "{path} is damaged at byte {offset} ({fault}): the {good} inputs before it can be replayed, \
         {after} later ones cannot"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// How.
        fault: Fault,
        /// Inputs before it, over all files.
        good: u64,
        /// Whole inputs found behind it in this file.
        after: u64,
    },
    /// A kind of input that this program does not know.
    #[error(
        "{path}, byte {offset}: input {seq} is of kind {tag:#04x}, which this program does not know; it was \
         written by sujie {engine}, use that or a later one. The {seq} inputs before it can be replayed"
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// Its number.
        seq: u64,
        /// Its tag.
        tag: u8,
        /// Who wrote it.
        engine: String,
    },
}

/// The journal cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the journal {path} cannot be written: {source}; is there room, and may this user write there?")]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}
