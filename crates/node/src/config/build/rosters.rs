//! Rosters: specialists and other platforms, with the numbers of those who are on them.
//!
//! A number here is one that somebody has written down on purpose: `[outside]`'s rules for what agents dial do not
//! apply, its trunk and its way of writing do.

use super::{Keys, callback};
use crate::config::mistake::Findings;
use crate::config::raw::{self, File};
use acd::HoursRef;
use call::plan::{Outbound, Outside, is_number};
use call::roster::{CaseWay, PEOPLE_MAX, Person, Reason, Roster};
use toml::Spanned;

pub(super) fn rosters(raw: &File, keys: &Keys<'_>, findings: &Findings) -> Vec<Roster> {
    let all = || raw.specialists.iter().chain(&raw.liaisons);
    for (at, roster) in all().enumerate() {
        let key = roster.key.get_ref();
        if all().take(at).any(|earlier| earlier.key.get_ref() == key) {
            let what = format!("{key} is a roster of specialists and a liaison");
            findings.wrong(roster.key.span(), what, "give each its own key");
        }
        check_extension(raw, roster, all().take(at), findings);
    }
    all().map(|roster| build(raw, roster, keys, findings)).collect()
}

fn build(raw: &File, roster: &raw::Roster, keys: &Keys<'_>, findings: &Findings) -> Roster {
    let key = roster.key.get_ref();
    let outside = raw.outside.as_ref();
    let trunk = roster.trunk.as_ref().or(outside.and_then(|outside| outside.trunk.as_ref()));
    let trunk = callback::trunk(trunk, &roster.place, key, raw, keys, findings);
    let usual = outside.map(|outside| outside.caller.get_ref().clone()).unwrap_or_default();
    let caller = roster.caller.as_ref().map_or(usual, |caller| caller.get_ref().clone());
    if caller.is_empty() {
        let what = format!("{key} has no number of ours to show");
        findings.wrong(roster.place.clone(), what, "add caller = \"12345\", or [outside] with one");
    }
    let (strip, prefix) = callback::usual_writing(raw, trunk);
    let outbound = Outbound { trunk, caller: caller.clone(), strip, prefix, ring: *roster.ring.get_ref() };
    if roster.people.is_empty() {
        let what = format!("nobody is on {key}");
        let remedy = "add people = [{ name = \"…\", number = \"…\" }]";
        findings.wrong(roster.place.clone(), what, remedy);
    }
    if roster.people.len() > PEOPLE_MAX {
        let what = format!("{} are on {key}", roster.people.len());
        findings.wrong(roster.place.clone(), what, format!("write at most {PEOPLE_MAX}"));
    }
    let url = roster.url.get_ref();
    if !url.is_empty() && (!url.starts_with("http") || url.contains(['<', '>', ' ', '"'])) {
        let what = format!("{url:?} is no address of a page");
        findings.wrong(roster.url.span(), what, "write one such as \"https://cases.example/{id}\"");
    }
    let person = |person: &raw::Person| {
        let number = person.number.get_ref();
        if !number.is_empty() && !is_number(number) {
            let what = format!("number {number:?} cannot be dialed");
            findings.wrong(
                person.number.span(),
                what,
                "write digits, with + and the country, or short: \"110\"",
            );
        }
        let dialed = if number.starts_with('+') { outbound.dialed(number) } else { number.clone() };
        Person {
            name: person.name.get_ref().clone(),
            phone: Outside { trunk, number: dialed, caller: caller.clone(), ring: outbound.ring },
            hours: keys.hours.find_some(person.hours.as_ref()).map(HoursRef::at),
        }
    };
    let reason = |(key, title): &(Spanned<String>, Spanned<String>)| Reason {
        key: key.get_ref().clone(),
        title: title.get_ref().clone(),
    };
    Roster {
        name: key.clone(),
        title: roster.title.get_ref().clone(),
        extension: roster.extension.get_ref().clone(),
        people: roster.people.iter().map(person).collect(),
        begins: *roster.begins.get_ref(),
        at_once: *roster.at_once.get_ref(),
        ring: outbound.ring,
        shows: *roster.shows.get_ref(),
        data: CaseWay { headers: *roster.headers.get_ref(), url: url.clone() },
        liaison: roster.reasons.as_ref().map(|reasons| reasons.iter().map(reason).collect()),
    }
}

/// An extension is dialed where work numbers and service codes are: it must be none of them.
fn check_extension<'r>(
    raw: &File,
    roster: &raw::Roster,
    mut earlier: impl Iterator<Item = &'r raw::Roster>,
    findings: &Findings,
) {
    let extension = roster.extension.get_ref();
    if extension.is_empty() {
        return;
    }
    let taken = if raw.agents.iter().any(|agent| agent.key.get_ref() == extension) {
        Some("an agent's work number")
    } else if earlier.any(|other| other.extension.get_ref() == extension) {
        Some("another roster's extension")
    } else {
        None
    };
    if let Some(taken) = taken {
        let what = format!("extension {extension} is {taken}, too");
        findings.wrong(roster.extension.span(), what, "give it a number of its own");
    }
    if !is_number(extension) {
        let what = format!("extension {extension:?} cannot be dialed");
        findings.wrong(roster.extension.span(), what, "write digits, such as \"8601\"");
    }
}

/// The platform that sends a flow its calls.
pub(super) fn liaison(
    written: Option<&Spanned<String>>,
    raw: &File,
    findings: &Findings,
) -> Option<call::roster::RosterRef> {
    let written = written?;
    let all = raw.specialists.iter().chain(&raw.liaisons);
    let mut all = all;
    let at = all.position(|roster| roster.reasons.is_some() && roster.key.get_ref() == written.get_ref());
    if at.is_none() {
        let what = format!("there is no liaison {}", written.get_ref());
        findings.wrong(written.span(), what, format!("add [liaisons.{}]", written.get_ref()));
    }
    at.map(call::roster::RosterRef::at)
}
