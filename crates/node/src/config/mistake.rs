//! Mistakes in a configuration: all of them at once, each with its place, what is wrong and what would be right.
//!
//! ```text
//!   centre.toml:42:9: ring of 6m is longer than wait_max of 5m; ring for less, or wait longer
//!      42 | ring = "6m"
//!         |        ^^^^
//! ```
//!
//! Whoever reads or checks a part of the file notes into [`Findings`] and goes on; [`Findings::close`] puts them in
//! order of place. Never knows: what a group or a trunk is.

use super::text::Text;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The centre cannot start with it.
    Mistake,
    /// The centre starts; somebody should look.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// How bad.
    pub severity: Severity,
    /// Where, as bytes of the text; `None` when it concerns the whole file.
    pub place: Option<Range<usize>>,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

/// What was found so far. Shared by all readers of one file, which note through a plain reference.
#[derive(Debug, Default)]
pub(super) struct Findings(RefCell<Vec<Mistake>>);

impl Findings {
    /// Notes something that keeps the centre from starting.
    pub(super) fn wrong(&self, place: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Mistake, Some(place), what.into(), remedy.into());
    }

    /// Notes something that somebody should look at.
    pub(super) fn odd(&self, place: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Warning, Some(place), what.into(), remedy.into());
    }

    /// Notes something about the whole file that keeps the centre from starting.
    pub(super) fn wrong_file(&self, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Mistake, None, what.into(), remedy.into());
    }

    fn note(&self, severity: Severity, place: Option<Range<usize>>, what: String, remedy: String) {
        self.0.borrow_mut().push(Mistake { severity, place, what, remedy });
    }

    /// Whether any keeps the centre from starting.
    pub(super) fn any_wrong(&self) -> bool {
        self.0.borrow().iter().any(|found| found.severity == Severity::Mistake)
    }

    /// All of them, in order of place.
    pub(super) fn close(self, text: Text) -> Mistakes {
        let mut found = self.0.into_inner();
        found.sort_by_key(|mistake| mistake.place.as_ref().map(|place| place.start));
        found.dedup();
        Mistakes { text, found }
    }
}

/// All findings in one file, in order of place. Shown, it is what `sujie check` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    text: Text,
    found: Vec<Mistake>,
}

impl Mistakes {
    /// One that concerns the file as such: it cannot be read.
    #[must_use]
    pub fn of_file(file: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let findings = Findings::default();
        findings.wrong_file(what, remedy);
        findings.close(Text::new(file, ""))
    }

    /// How many keep the centre from starting.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.iter().filter(|found| found.severity == Severity::Mistake).count()
    }

    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Each of that severity in one line: place, what is wrong, what would be right.
    #[must_use]
    pub fn heads(&self, severity: Severity) -> Vec<String> {
        let head = |Mistake { place, what, remedy, .. }: &Mistake| match place {
            Some(place) => format!("{}: {what}; {remedy}", self.text.position(place.start)),
            None => format!("{}: {what}; {remedy}", self.text.file()),
        };
        self.found.iter().filter(|found| found.severity == severity).map(head).collect()
    }

    /// Each, in order of place.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.found.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Mistake { severity, place, what, remedy } in &self.found {
            let kind = if *severity == Severity::Warning { "warning: " } else { "" };
            match place {
                Some(place) => {
                    writeln!(f, "{}: {kind}{what}; {remedy}", self.text.position(place.start))?;
                    self.text.show(f, place)?;
                }
                None => writeln!(f, "{}: {kind}{what}; {remedy}", self.text.file())?,
            }
        }
        match self.count() {
            0 => Ok(()),
            1 => writeln!(f, "{}: 1 mistake", self.text.file()),
            count => writeln!(f, "{}: {count} mistakes", self.text.file()),
        }
    }
}

impl std::error::Error for Mistakes {}
