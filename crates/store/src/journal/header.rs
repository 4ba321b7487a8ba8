//! [`Header`]: the head of each file: what the engine was made of, and where in the run the file begins.
//!
//! It holds the whole configuration, so that a file can be replayed on a machine that has nothing else.

use super::bytes::{Cursor, Pen, Word};
use super::fault::{Fault, ReadError};
use super::numbers::Numbers;
use super::sum::Sum;
use base::Epoch;
use std::io::Read;
use std::path::Path;

/// What the file begins with.
pub const MAGIC: [u8; 8] = *b"SUJIE\x1aJ\n";
/// Version of head and blocks.
pub const VERSION: u16 = 1;
/// Before the head: magic, version, length, sum.
const FIXED: usize = 24;
/// A configuration of so many bytes was not meant for one centre.
const LENGTH_MAX: usize = 64 << 20;

/// The head of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Version of the program.
    pub engine: String,
    /// Wall clock at the engine's start.
    pub epoch: Epoch,
    /// Number of the run, as call records have it.
    pub run: u64,
    /// What the engine draws its random numbers from.
    pub seed: u64,
    /// Sum over the plan that was built from the configuration, to see that a replay builds the same one.
    pub plan: u64,
    /// Persons' numbers are pseudonyms.
    pub pseudonyms: bool,
    /// Which file of the run, from 1.
    pub part: u32,
    /// Number of its first input.
    pub first: u64,
    /// The name of the configuration's file, for messages.
    pub file: String,
    /// The configuration without its passwords.
    pub config: String,
}

impl Header {
    /// The sum over a plan.
    #[must_use]
    pub fn fingerprint(plan: &call::Plan) -> u64 {
        Sum::of(format!("{plan:?}").as_bytes())
    }

    /// As bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.config.len() + 128);
        let pen = &mut Pen { bytes: &mut body, numbers: &Numbers::Plain };
        let Self { engine, epoch, run, seed, plan, pseudonyms, part, first, file, config } = self;
        engine.put(pen);
        for number in [epoch.as_unix_nanos(), *run, *seed, *plan] {
            number.put(pen);
        }
        pseudonyms.put(pen);
        part.put(pen);
        first.put(pen);
        file.put(pen);
        config.put(pen);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&Sum::of(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Reads the head of a file; what follows is left to be read.
    ///
    /// # Errors
    /// It is not a journal, of a later format, or damaged.
    pub fn read(from: &mut impl Read, path: &Path) -> Result<(Self, u64), ReadError> {
        let fault = |fault| ReadError::Head { path: path.into(), fault };
        let mut fixed = Vec::new();
        let failed = |source| ReadError::Unreadable { path: path.into(), source };
        from.take(FIXED as u64).read_to_end(&mut fixed).map_err(failed)?;
        let mut cursor = Cursor::new(&fixed);
        if cursor.array().ok() != Some(MAGIC) {
            return Err(ReadError::Foreign { path: path.into() });
        }
        let version = u16::from_le_bytes(cursor.array().map_err(fault)?);
        if version > VERSION {
            return Err(ReadError::Newer { path: path.into(), found: version, known: VERSION });
        }
        cursor.bytes(2).map_err(fault)?;
        let length = u32::from_le_bytes(cursor.array().map_err(fault)?) as usize;
        let sum = u64::from_le_bytes(cursor.array().map_err(fault)?);
        if length > LENGTH_MAX {
            return Err(fault(Fault::Short));
        }
        let mut body = Vec::new();
        from.take(length as u64).read_to_end(&mut body).map_err(failed)?;
        if body.len() < length {
            return Err(fault(Fault::Short));
        }
        if Sum::of(&body) != sum {
            return Err(fault(Fault::Sum));
        }
        Self::parse(&body).map(|header| (header, (FIXED + length) as u64)).map_err(fault)
    }

    fn parse(body: &[u8]) -> Result<Self, Fault> {
        let from = &mut Cursor::new(body);
        let header = Self {
            engine: Word::take(from)?,
            epoch: Epoch::from_unix_nanos(Word::take(from)?),
            run: Word::take(from)?,
            seed: Word::take(from)?,
            plan: Word::take(from)?,
            pseudonyms: Word::take(from)?,
            part: Word::take(from)?,
            first: Word::take(from)?,
            file: Word::take(from)?,
            config: Word::take(from)?,
        };
        from.finish()?;
        Ok(header)
    }
}
