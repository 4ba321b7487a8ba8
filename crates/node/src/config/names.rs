//! The keys of one kind (groups, clips, …): from a written key to its place in the plan, or a finding.

use super::mistake::Findings;
use super::nearest::nearest;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The keys of one kind.
pub(super) struct Names<'r> {
    kind: &'static str,
    places: BTreeMap<&'r str, usize>,
    /// Where each stands in the file, and whether anything refers to it.
    keys: Vec<(&'r Spanned<String>, Cell<bool>)>,
    findings: &'r Findings,
}

impl<'r> Names<'r> {
    /// `kind` in the singular, for messages.
    pub(super) fn of(
        kind: &'static str,
        keys: impl Iterator<Item = &'r Spanned<String>>,
        findings: &'r Findings,
    ) -> Self {
        let keys: Vec<_> = keys.map(|key| (key, Cell::new(false))).collect();
        let places = keys.iter().enumerate().map(|(at, (key, _))| (key.get_ref().as_str(), at)).collect();
        Self { kind, places, keys, findings }
    }

    /// The place of a key in the plan. An unknown one is noted, except for the empty stand-in of a key whose
    /// absence has been noted already.
    pub(super) fn find(&self, wanted: &Spanned<String>) -> Option<usize> {
        let name = wanted.get_ref().as_str();
        if let Some(&at) = self.places.get(name) {
            self.keys[at].1.set(true);
            return Some(at);
        }
        let (kind, table) = (self.kind, self.table());
        if !name.is_empty() {
            let remedy = match nearest(name, self.places.keys().copied()) {
                Some(word) => format!("did you mean {word}?"),
                None if kind == "language" => {
                    format!("name it in [prompts] languages, or use {}", self.some())
                }
                None if self.places.is_empty() => format!("add [{table}.{name}]"),
                None => format!("add [{table}.{name}], or use one of {}", self.some()),
            };
            self.findings.wrong(wanted.span(), format!("there is no {kind} {name}"), remedy);
        }
        None
    }

    /// The table of the file in which they are.
    fn table(&self) -> String {
        match self.kind {
            "ability" => "abilities".into(),
            "step" => "flows.….steps".into(),
            "hours" => "hours".into(),
            kind => format!("{kind}s"),
        }
    }

    /// The place of a key, without a word about one that is unknown.
    pub(super) fn known(&self, wanted: &Spanned<String>) -> Option<usize> {
        self.places.get(wanted.get_ref().as_str()).copied()
    }

    /// The place of a key that may be left out.
    pub(super) fn find_some(&self, wanted: Option<&Spanned<String>>) -> Option<usize> {
        wanted.and_then(|wanted| self.find(wanted))
    }

    /// Those that nothing has referred to.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.keys.iter().filter(|(_, used)| !used.get()).map(|(key, _)| (key.get_ref().as_str(), key.span()))
    }

    /// The first few keys, for a message.
    fn some(&self) -> String {
        let first: Vec<&str> = self.keys.iter().take(8).map(|(key, _)| key.get_ref().as_str()).collect();
        let more = if self.keys.len() > first.len() { ", …" } else { "" };
        format!("{}{more}", first.join(", "))
    }
}
