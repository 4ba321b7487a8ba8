//! [`Journal`]: the inputs of a run again, from its files in order.
//!
//! ```text
//!   folder, files ─▶ parts of one run ─▶ blocks (each checked) ─▶ frames ─▶ Entry … Entry ─▶ Ending
//! ```
//!
//! Blocks are read one after the other into memory that is used again. A block that is not whole, with nothing
//! whole behind it, is the torn end of a killed process: reading ends there ([`Ending::Torn`]).

use super::bytes::{Cursor, unzigzag};
use super::fault::{Fault, ReadError};
use super::header::Header;
use super::input::{self, CHECKPOINT, END, GAP, TICK};
use super::name::Name;
use super::writer::{BLOCK_HEAD, BLOCK_MAGIC, block_sum};
use base::Timestamp;
use call::Input;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// A block beyond this is no block of ours.
const BLOCK_MAX: usize = 256 << 20;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the input; for notes, of the next one.
    pub seq: u64,
    /// When the engine took it.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
}

/// What a frame holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An input.
    Input(Input),
    /// A tick at which something was due.
    Tick,
    /// How many events there have been, and their sum.
    Checkpoint {
        /// Events so far.
        events: u64,
        /// Their sum.
        sum: u64,
    },
    /// So many inputs were not written, beginning with `seq`.
    Gap(u64),
    /// The engine has ended well.
    End,
}

/// How a journal ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the engine.
    Clean,
    /// After a whole block: the engine still runs, or was killed between two writes.
    Open,
    /// In the middle of a block: killed, or the power was cut.
    Torn {
        /// The file.
        path: PathBuf,
        /// Where its last whole block ends.
        offset: u64,
        /// Bytes cut off.
        bytes: u64,
    },
}

/// See the module's head.
pub struct Journal {
    header: Header,
    parts: VecDeque<PathBuf>,
    part: Part,
    /// Bytes of all files together, and of those read.
    size: u64,
    read: u64,
    block: Block,
    /// Number of the next input.
    seq: u64,
    last: Timestamp,
    ended: bool,
    ending: Option<Ending>,
}

/// An open file.
struct Part {
    path: PathBuf,
    from: Box<dyn Read>,
    /// Where the next block begins.
    offset: u64,
}

/// The block at hand.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Of the frames in `bytes`.
    at: usize,
    frames: u32,
    /// Where in the file.
    offset: u64,
}

impl Journal {
    /// Opens the newest run, or a certain one, of a folder or of some files.
    ///
    /// # Errors
    /// There is no such run, its start is missing, or a file cannot be read.
    pub fn open(paths: &[PathBuf], run: Option<u64>) -> Result<Self, ReadError> {
        let found = find(paths)?;
        let Some(newest) = found.last() else {
            return Err(ReadError::Nothing { path: paths.first().cloned().unwrap_or_default() });
        };
        let wanted = match run {
            None => newest,
            Some(run) => found.iter().rev().find(|(name, _)| name.run == run).ok_or_else(|| {
                let mut known: Vec<String> = found.iter().map(|(name, _)| name.run.to_string()).collect();
                known.dedup();
                ReadError::NoRun { run, known: known.join(", ") }
            })?,
        };
        let (start, run) = (wanted.0.start.clone(), wanted.0.run);
        let mut parts: VecDeque<PathBuf> = found
            .into_iter()
            .filter(|(name, _)| name.start == start && name.run == run)
            .map(|(_, path)| path)
            .collect();
        let size = parts.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|data| data.len()).sum();
        let first = parts.pop_front().unwrap_or_default();
        let (header, part) = open(&first)?;
        Self::over(header, part, parts, size)
    }

    /// A journal that lies in memory as one file.
    ///
    /// # Errors
    /// Its head is not right.
    pub fn of(bytes: Vec<u8>) -> Result<Self, ReadError> {
        let size = bytes.len() as u64;
        let path = PathBuf::from("(memory)");
        let mut from = std::io::Cursor::new(bytes);
        let (header, offset) = Header::read(&mut from, &path)?;
        Self::over(header, Part { path, from: Box::new(from), offset }, VecDeque::new(), size)
    }

    fn over(header: Header, part: Part, parts: VecDeque<PathBuf>, size: u64) -> Result<Self, ReadError> {
        if header.first > 0 {
            return Err(ReadError::NoStart { path: part.path, first: header.first });
        }
        Ok(Self {
            header,
            parts,
            part,
            size,
            read: 0,
            block: Block::default(),
            seq: 0,
            last: Timestamp::START,
            ended: false,
            ending: None,
        })
    }

    /// What the engine was made of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How it ended; `None` before all has been read.
    #[must_use]
    pub const fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Bytes read so far, and bytes in all.
    #[must_use]
    pub const fn progress(&self) -> (u64, u64) {
        (self.read, self.size)
    }

    /// Inputs read so far.
    #[must_use]
    pub const fn inputs(&self) -> u64 {
        self.seq
    }

    /// The next frame; `None` at the end, which [`ending`](Self::ending) describes then.
    ///
    /// # Errors
    /// Damage, or an input of a later version. What was read before stands.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ReadError> {
        while self.block.frames == 0 {
            if self.ending.is_some() || !self.next_block()? {
                return Ok(None);
            }
        }
        let at = self.block.at;
        let damaged = |fault| ReadError::Damaged {
            path: self.part.path.clone(),
            offset: self.block.offset + (BLOCK_HEAD + at) as u64,
            fault,
            good: self.seq,
            after: 0,
        };
        // The sum of the block was right, so these can be wrong only if the writer was.
        let mut frames = Cursor::new(&self.block.bytes[at..]);
        let head = u32::from_le_bytes(frames.array().map_err(damaged)?);
        let (tag, length) = (head as u8, (head >> 8) as usize);
        let mut from = Cursor::new(frames.bytes(length).map_err(damaged)?);
        let span = unzigzag(from.number().map_err(damaged)?);
        let at = Timestamp::from_nanos(self.last.as_nanos().wrapping_add_signed(span));
        let (what, inputs) = match tag {
            TICK => (What::Tick, 1),
            CHECKPOINT => {
                let events = from.number().map_err(damaged)?;
                (What::Checkpoint { events, sum: u64::from_le_bytes(from.array().map_err(damaged)?) }, 0)
            }
            GAP => {
                let lost = from.number().map_err(damaged)?;
                (What::Gap(lost), lost)
            }
            END => (What::End, 0),
            _ => match input::take(tag, &mut from).map_err(damaged)? {
                Some(input) => (What::Input(input), 1),
                None => {
                    return Err(ReadError::UnknownKind {
                        path: self.part.path.clone(),
                        offset: self.block.offset + (BLOCK_HEAD + self.block.at) as u64,
                        seq: self.seq,
                        tag,
                        engine: self.header.engine.clone(),
                    });
                }
            },
        };
        from.finish().map_err(damaged)?;
        let entry = Entry { seq: self.seq, at, what };
        self.last = at;
        self.ended = matches!(entry.what, What::End) || self.ended && inputs == 0;
        self.seq = self.seq.saturating_add(inputs);
        self.block.at += 4 + length;
        self.block.frames -= 1;
        if self.block.frames == 0 && self.block.at != self.block.bytes.len() {
            return Err(damaged_block(&self.part.path, self.block.offset, Fault::Count, self.seq, 0));
        }
        Ok(Some(entry))
    }

    /// Reads the next block; false at the end.
    fn next_block(&mut self) -> Result<bool, ReadError> {
        loop {
            let Part { path, from, offset } = &mut self.part;
            let failed = |source| ReadError::Unreadable { path: path.clone(), source };
            let mut head = [0; BLOCK_HEAD];
            let count = fill(from, &mut head).map_err(failed)?;
            if count == 0 {
                if self.next_part()? {
                    continue;
                }
                self.ending = Some(if self.ended { Ending::Clean } else { Ending::Open });
                return Ok(false);
            }
            let bytes = &mut self.block.bytes;
            bytes.clear();
            let parsed = Head::parse(&head[..count]);
            let fault = match &parsed {
                Err(fault) => *fault,
                Ok(parsed) => {
                    from.take(parsed.length as u64).read_to_end(bytes).map_err(failed)?;
                    if bytes.len() < parsed.length {
                        Fault::Short
                    } else if block_sum(&head, bytes) != parsed.sum {
                        Fault::Sum
                    } else if parsed.first != self.seq {
                        return Err(ReadError::Missing {
                            path: path.clone(),
                            first: parsed.first,
                            before: self.seq,
                        });
                    } else {
                        let size = (BLOCK_HEAD + bytes.len()) as u64;
                        (self.block.at, self.block.frames, self.block.offset) = (0, parsed.frames, *offset);
                        self.last = parsed.base;
                        *offset += size;
                        self.read += size;
                        return Ok(true);
                    }
                }
            };
            // Not whole. Is anything whole behind it, here or in a further file?
            let mut rest = head[..count].to_vec();
            rest.append(bytes);
            from.read_to_end(&mut rest).map_err(failed)?;
            let after = whole_behind(&rest);
            let (path, offset) = (path.clone(), *offset);
            if after > 0 || !self.parts.is_empty() {
                return Err(damaged_block(&path, offset, fault, self.seq, after));
            }
            self.ending = Some(Ending::Torn { path, offset, bytes: rest.len() as u64 });
            return Ok(false);
        }
    }

    fn next_part(&mut self) -> Result<bool, ReadError> {
        let Some(path) = self.parts.pop_front() else { return Ok(false) };
        let (header, part) = open(&path)?;
        if header.first != self.seq {
            return Err(ReadError::Missing { path, first: header.first, before: self.seq });
        }
        self.part = part;
        Ok(true)
    }
}

fn damaged_block(path: &Path, offset: u64, fault: Fault, good: u64, after: u64) -> ReadError {
    ReadError::Damaged { path: path.into(), offset, fault, good, after }
}

/// The head of a block.
struct Head {
    length: usize,
    sum: u64,
    first: u64,
    base: Timestamp,
    frames: u32,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut from = Cursor::new(bytes);
        if from.array()? != BLOCK_MAGIC {
            return Err(Fault::Block);
        }
        let head = Self {
            length: u32::from_le_bytes(from.array()?) as usize,
            sum: u64::from_le_bytes(from.array()?),
            first: u64::from_le_bytes(from.array()?),
            base: Timestamp::from_nanos(u64::from_le_bytes(from.array()?)),
            frames: u32::from_le_bytes(from.array()?),
        };
        from.bytes(4)?;
        if head.length > BLOCK_MAX { Err(Fault::Block) } else { Ok(head) }
    }
}

/// Frames in whole blocks somewhere in what is left of a file.
fn whole_behind(rest: &[u8]) -> u64 {
    let (mut at, mut frames) = (1, 0);
    while let Some(found) =
        rest.get(at..).and_then(|rest| rest.windows(4).position(|four| four == BLOCK_MAGIC))
    {
        at += found;
        let block = &rest[at..];
        let whole = Head::parse(block).ok().and_then(|head| {
            let body = block.get(BLOCK_HEAD..BLOCK_HEAD + head.length)?;
            (block_sum(&block[..BLOCK_HEAD], body) == head.sum).then_some(head)
        });
        match whole {
            Some(head) => {
                frames += u64::from(head.frames.saturating_sub(1));
                at += BLOCK_HEAD + head.length;
            }
            None => at += 1,
        }
    }
    frames
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match from.read(&mut bytes[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn open(path: &Path) -> Result<(Header, Part), ReadError> {
    let file = File::open(path).map_err(|source| ReadError::Unreadable { path: path.into(), source })?;
    let mut from = BufReader::with_capacity(1 << 18, file);
    let (header, offset) = Header::read(&mut from, path)?;
    Ok((header, Part { path: path.into(), from: Box::new(from), offset }))
}

/// The journals that some paths mean, in the order of their names; a file of any other name is taken by its head.
fn find(paths: &[PathBuf]) -> Result<Vec<(Name, PathBuf)>, ReadError> {
    let mut found = Vec::new();
    for path in paths {
        let failed = |source| ReadError::Unreadable { path: path.clone(), source };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            found.extend(Name::list(path).map_err(failed)?);
            continue;
        }
        let name = match Name::parse(path) {
            Some(name) => name,
            None => {
                let (header, _) = open(path)?;
                Name {
                    start: super::name::stamp(header.epoch.unix_millis(Timestamp::START) / 1000, 0),
                    run: header.run,
                    part: header.part,
                }
            }
        };
        found.push((name, path.clone()));
    }
    found.sort();
    found.dedup();
    Ok(found)
}
