//! Reading one table of the file: each key once, every slip noted with its place.
//!
//! ```text
//!   toml text ─▶ DeTable (values with their bytes) ─▶ Section ── or / must / list / keyed … ─▶ raw structs
//!                                                        └─ close: what nobody asked for is unknown
//! ```
//!
//! serde's derive stops at the first mistake; whoever sets up a centre wants them all. So values are taken one by
//! one out of the spanned tree. A value that is missing or wrong is noted here and a stand-in is given instead,
//! which keeps the rest of the check going; nothing is built when anything was noted.
//! Never knows: what the keys mean.

use super::mistake::Findings;
use super::nearest::nearest;
use super::value::Value;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Most tables of one kind (agents); a file with more was not meant for one centre.
const KEYED_MAX: usize = 10_000;

/// One table.
pub(super) struct Section<'f> {
    /// Name as the user knows it (`[groups.general]`).
    name: String,
    /// Its header or opening brace.
    place: Range<usize>,
    /// What is in it, in order of appearance.
    entries: Vec<(&'f Spanned<DeString<'f>>, &'f Spanned<DeValue<'f>>)>,
    /// Keys that were asked for.
    known: Vec<&'static str>,
    /// Keys of earlier versions, about which enough has been said.
    gone: Vec<&'static str>,
    findings: &'f Findings,
}

impl<'f> Section<'f> {
    pub(super) fn new(
        name: impl Into<String>,
        place: Range<usize>,
        table: &'f DeTable<'f>,
        findings: &'f Findings,
    ) -> Self {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        Self { name: name.into(), place, entries, known: Vec::new(), gone: Vec::new(), findings }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// Where findings go.
    pub(super) fn findings(&self) -> &'f Findings {
        self.findings
    }

    fn find(&mut self, key: &'static str) -> Option<&'f Spanned<DeValue<'f>>> {
        self.known.push(key);
        self.entries.iter().find(|(written, _)| written.get_ref() == key).map(|(_, value)| *value)
    }

    /// A key about which enough has been said.
    pub(super) fn know(&mut self, key: &'static str) {
        self.gone.push(key);
    }

    /// Whether the key is there at all, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(written, _)| written.get_ref() == key)
    }

    /// A value that may be left out.
    pub(super) fn get<T: Value>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.find(key)?;
        self.read(key, value)
    }

    /// A value of a key that has gone: asked for without being known, so that no message proposes it.
    pub(super) fn take<T: Value>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.get(key);
        self.known.retain(|known| *known != key);
        self.gone.push(key);
        value
    }

    fn read<T: Value>(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<T>> {
        match T::read(value.get_ref()) {
            Ok(read) => Some(Spanned::new(value.span(), read)),
            Err(why) => {
                self.findings.wrong(value.span(), format!("{key} {why}"), format!("write {}", T::WANTED));
                None
            }
        }
    }

    /// A value with a default; its place is then the table's.
    pub(super) fn or<T: Value>(&mut self, key: &'static str, default: T) -> Spanned<T> {
        self.get(key).unwrap_or_else(|| Spanned::new(self.place(), default))
    }

    /// A value with a default, between bounds.
    pub(super) fn within<T: Value + PartialOrd>(
        &mut self,
        key: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Spanned<T> {
        self.get_within(key, bounds).unwrap_or_else(|| Spanned::new(self.place(), default))
    }

    /// A value that may be left out, between bounds.
    pub(super) fn get_within<T: Value + PartialOrd>(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<T>,
    ) -> Option<Spanned<T>> {
        let value = self.get::<T>(key)?;
        if !bounds.contains(value.get_ref()) {
            self.findings.wrong(
                value.span(),
                format!("{key} is {}", value.get_ref().show()),
                format!("write one from {} to {}", bounds.start().show(), bounds.end().show()),
            );
        }
        Some(value)
    }

    /// A value that must be there; `example` shows how. Empty stands in for one that is not.
    pub(super) fn must<T: Value + Default>(&mut self, key: &'static str, example: &str) -> Spanned<T> {
        match self.find(key) {
            Some(value) => self.read(key, value).unwrap_or_else(|| Spanned::new(value.span(), T::default())),
            None => {
                self.findings.wrong(
                    self.place(),
                    format!("{} has no {key}", self.name),
                    format!("add {key} = {example}"),
                );
                Spanned::new(self.place(), T::default())
            }
        }
    }

    /// The text of a key that may be either a word or a table; `None` when it is anything but a string.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.find(key)?;
        value.get_ref().as_str().map(|text| Spanned::new(value.span(), text.to_owned()))
    }

    /// A list of values; `None` when it is left out.
    pub(super) fn list<T: Value>(&mut self, key: &'static str) -> Option<Vec<Spanned<T>>> {
        let value = self.find(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.findings.wrong(
                value.span(),
                format!("{key} is not a list"),
                format!("write [{}], or several of them separated by commas", T::WANTED),
            );
            return Some(Vec::new());
        };
        Some(items.iter().filter_map(|item| self.read(key, item)).collect())
    }

    /// A table; `None` when it is left out.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Self> {
        let name = match self.name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(outer) => format!("[{outer}.{key}]"),
            None => format!("[{key}]"),
        };
        let key_place = self.key_place(key);
        let value = self.find(key)?;
        self.table(name, key_place, value)
    }

    /// A table that reads as an empty one when it is left out.
    pub(super) fn section_or_empty(&mut self, key: &'static str) -> Self {
        let (place, findings) = (self.place(), self.findings);
        self.section(key).unwrap_or_else(|| Self {
            name: format!("[{key}]"),
            place,
            entries: Vec::new(),
            known: Vec::new(),
            gone: Vec::new(),
            findings,
        })
    }

    /// The tables of a kind by their keys, in order of appearance: `[groups.general]`, `[groups.enterprise]` …
    pub(super) fn keyed(&mut self, kind: &'static str) -> Vec<(Spanned<String>, Self)> {
        let Some(outer) = self.section(kind) else { return Vec::new() };
        if outer.entries.len() > KEYED_MAX {
            self.findings.wrong(
                outer.place(),
                format!("there are {} {kind}", outer.entries.len()),
                format!("one centre has at most {KEYED_MAX}"),
            );
            return Vec::new();
        }
        let mut tables = Vec::new();
        for (key, value) in &outer.entries {
            if !is_key(key.get_ref()) {
                self.findings.wrong(
                    key.span(),
                    format!("{:?} cannot be a key of {kind}", key.get_ref()),
                    "use letters, digits, - and _, at most 64 of them; titles may be Chinese, keys are for programs",
                );
            }
            let name = format!("[{kind}.{}]", key.get_ref());
            if let Some(section) = self.table(name, key.span(), value) {
                tables.push((Spanned::new(key.span(), key.get_ref().to_string()), section));
            }
        }
        tables
    }

    /// The tables of a list, `[[entries]]` or `[{ … }, { … }]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.findings.wrong(
                value.span(),
                format!("{key} is not a list of tables"),
                format!("write [[{key}]], or {key} = [{{ … }}]"),
            );
            return Vec::new();
        };
        let table = |item: &'f Spanned<DeValue<'f>>| self.table(key.to_owned(), item.span(), item);
        items.iter().filter_map(table).collect()
    }

    /// What each key of the table says, for tables whose keys are names: `{ general = 8, medical = 5 }`; `None` when
    /// there is nothing in it. What is wrong in it has been noted and is left out.
    pub(super) fn pairs<T: Value>(
        &mut self,
        key: &'static str,
    ) -> Option<Vec<(Spanned<String>, Spanned<T>)>> {
        let inner = self.section(key).filter(|inner| !inner.entries.is_empty())?;
        let pairs = inner.entries.iter().filter_map(|(name, value)| {
            let read = self.read(name.get_ref(), value)?;
            Some((Spanned::new(name.span(), name.get_ref().to_string()), read))
        });
        Some(pairs.collect())
    }

    fn table(&self, name: String, place: Range<usize>, value: &'f Spanned<DeValue<'f>>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(name, place, table, self.findings)),
            other => {
                self.findings.wrong(
                    value.span(),
                    format!("{name} is {}", super::value::kind(other)),
                    "write a table: a [header] with keys below it, or { key = value }",
                );
                None
            }
        }
    }

    /// Where a key stands; the table when it is left out.
    pub(super) fn key_place(&self, key: &str) -> Range<usize> {
        let found = self.entries.iter().find(|(written, _)| written.get_ref() == key);
        found.map_or_else(|| self.place(), |(written, _)| written.span())
    }

    /// Everything has been asked for: what is left is unknown.
    pub(super) fn close(self) {
        for (key, _) in &self.entries {
            let written = key.get_ref().as_ref();
            if self.known.contains(&written) || self.gone.contains(&written) {
                continue;
            }
            let remedy = match nearest(written, self.known.iter().copied()) {
                Some(word) => format!("did you mean {word}?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            let place = if self.name.is_empty() { String::new() } else { format!(" in {}", self.name) };
            self.findings.wrong(key.span(), format!("unknown key {written}{place}"), remedy);
        }
    }
}

/// Keys become metric labels, SIP users and words in records, so they are kept plain.
fn is_key(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
