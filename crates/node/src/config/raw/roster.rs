//! `[specialists.KEY]` and `[liaisons.KEY]`: people outside who answer for a matter.

use super::S;
use crate::config::section::Section;
use call::roster::{AT_ONCE_MAX, Begins, Shows};
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;

/// Either of them.
pub(in crate::config) struct Roster {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) place: Range<usize>,
    pub(in crate::config) title: Spanned<String>,
    pub(in crate::config) extension: Spanned<String>,
    pub(in crate::config) begins: Spanned<Begins>,
    pub(in crate::config) at_once: Spanned<u8>,
    pub(in crate::config) ring: Spanned<Duration>,
    pub(in crate::config) shows: Spanned<Shows>,
    pub(in crate::config) trunk: Option<Spanned<String>>,
    pub(in crate::config) caller: Option<Spanned<String>>,
    pub(in crate::config) headers: Spanned<bool>,
    pub(in crate::config) url: Spanned<String>,
    pub(in crate::config) people: Vec<Person>,
    /// Of liaisons: key and title of each.
    pub(in crate::config) reasons: Option<Vec<(Spanned<String>, Spanned<String>)>>,
}

/// Somebody on it.
pub(in crate::config) struct Person {
    pub(in crate::config) name: Spanned<String>,
    pub(in crate::config) number: Spanned<String>,
    pub(in crate::config) hours: Option<Spanned<String>>,
}

impl Roster {
    pub(super) fn specialists(key: Spanned<String>, s: Section<'_>) -> Self {
        Self::read(key, s, false)
    }

    pub(super) fn liaison(key: Spanned<String>, s: Section<'_>) -> Self {
        Self::read(key, s, true)
    }

    fn read(key: Spanned<String>, mut s: Section<'_>, liaison: bool) -> Self {
        let roster = Self {
            place: s.place(),
            title: s.or("title", key.get_ref().clone()),
            extension: s.or("extension", String::new()),
            begins: s.or("begins", Begins::First),
            at_once: s.within("at_once", 1, 1..=AT_ONCE_MAX),
            ring: s.within("ring", S(15), S(1)..=S(180)),
            shows: s.or("shows", if liaison { Shows::Caller } else { Shows::Ours }),
            trunk: s.get("trunk"),
            caller: s.get("caller"),
            headers: s.or("headers", liaison),
            url: s.or("url", String::new()),
            people: s.tables("people").into_iter().map(Person::read).collect(),
            reasons: liaison.then(|| s.pairs("reasons").unwrap_or_default()),
            key,
        };
        s.close();
        roster
    }
}

impl Person {
    fn read(mut s: Section<'_>) -> Self {
        let person = Self {
            name: s.must("name", "\"税务局 王敏\""),
            number: s.must("number", "\"+8652784360001\""),
            hours: s.get("hours"),
        };
        s.close();
        person
    }
}
