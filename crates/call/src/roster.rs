//! Rosters: people outside who answer for a matter, and in which order they are rung (政策专员, 110 联动).
//!
//! ```text
//!   Roster ── people in their order ── on duty now ─▶ one after the other, or some at once ([`hunt`](crate::hunt))
//!     └─ liaison: another platform with which callers are exchanged both ways (双号互转), for a reason
//! ```
//!
//! Plain values. Never knows: calls, legs, who rings now.

use crate::plan::Outside;
use acd::HoursRef;
use base::Timestamp;
use std::time::Duration;

base::index!(RosterRef, "roster", "A roster, by its place in the plan.");
base::index!(PersonRef, "person", "Somebody on a roster, by his place in it.");
base::index!(ReasonRef, "reason", "Why callers are exchanged with a platform, by its place in the roster.");

/// People of one roster; a configuration with more is refused.
pub const PEOPLE_MAX: usize = 1_000;
/// Of them, whose phones may ring at once for one caller.
pub const AT_ONCE_MAX: u8 = 4;

/// People outside who answer for a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Key in configuration and records.
    pub name: String,
    /// Name on screens (企业政策专员).
    pub title: String,
    /// What agents dial for it on their phones, on the second line or as the target of a transfer; empty: nothing.
    pub extension: String,
    /// Who is on it, in the order in which they are rung.
    pub people: Vec<Person>,
    /// Whom the next caller's round begins with.
    pub begins: Begins,
    /// Phones that ring at once; at least 1, at most [`AT_ONCE_MAX`].
    pub at_once: u8,
    /// How long each rings.
    pub ring: Duration,
    /// What they see of the caller's number.
    pub shows: Shows,
    /// Their phones are told what is known of the caller's case.
    pub data: CaseWay,
    /// Another platform, and why callers are exchanged with it; `None`: specialists of ours.
    pub liaison: Option<Vec<Reason>>,
}

/// Somebody on a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name in records and on screens.
    pub name: String,
    /// His phone.
    pub phone: Outside,
    /// When he is on duty; `None`: always.
    pub hours: Option<HoursRef>,
}

/// Whom a round of calls begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// The first on duty.
    First,
    /// Whoever comes after the one who answered last, so that all get their share.
    AfterTheLast,
}

/// What somebody on a roster sees of the caller's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Nothing: a number of ours.
    Ours,
    /// A number of ours, and the caller's with its middle left out as the name (`138****5678`).
    Masked,
    /// The caller's.
    Caller,
}

/// How a phone is told what is known of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseWay {
    /// In `X-Case-…` headers of the INVITE.
    pub headers: bool,
    /// As the address of a page, in Call-Info (RFC 3261 section 20.9): `{id}` stands for the case's number, `{number}`
    /// for the caller's. Empty: not.
    pub url: String,
}

impl CaseWay {
    /// Whether anything is told at all.
    #[must_use]
    pub const fn tells(&self) -> bool {
        self.headers || !self.url.is_empty()
    }
}

/// Why callers are exchanged with another platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Key in configuration, records and the header.
    pub key: String,
    /// Name on screens.
    pub title: String,
}

impl Roster {
    /// Those on duty, in the order in which a caller's round rings them.
    #[must_use]
    pub fn on_duty(&self, plan: &acd::Plan, now: Timestamp, last: Option<PersonRef>) -> Vec<PersonRef> {
        let on_duty = |person: &Person| {
            let hours = person.hours.and_then(|hours| plan.hours.get(hours.index()));
            hours.is_none_or(|hours| hours.is_open(&plan.clock, now))
        };
        let from = match (self.begins, last) {
            (Begins::AfterTheLast, Some(last)) => last.index() + 1,
            _ => 0,
        };
        let from = if from < self.people.len() { from } else { 0 };
        let all = (from..self.people.len()).chain(0..from);
        all.filter(|at| self.people.get(*at).is_some_and(on_duty)).map(PersonRef::at).collect()
    }

    /// The reason of that key.
    #[must_use]
    pub fn reason(&self, key: &str) -> Option<ReasonRef> {
        self.liaison.as_ref()?.iter().position(|reason| reason.key == key).map(ReasonRef::at)
    }
}
