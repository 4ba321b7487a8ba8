//! The ways into the centre: entries by called number, and the codes that agents dial.

use super::{Keys, or_first};
use crate::config::mistake::Findings;
use crate::config::raw::{Entry, File};
use acd::SiteRef;
use call::plan::{Entry as EntryPlan, FlowRef, ServiceCodes};
use media::session::ClipRef;
use sip::leg::TrunkRef;
use toml::Spanned;

pub(super) fn entries(raw: &File, keys: &Keys<'_>, findings: &Findings) -> Vec<EntryPlan> {
    if raw.entries.is_empty() {
        findings.wrong_file(
            "there is no entry, so every call would be refused",
            "add [[entries]] with called = \"12345\" and flow = \"…\"",
        );
    }
    for (at, entry) in raw.entries.iter().enumerate() {
        let called = entry.called.get_ref();
        if called.chars().any(char::is_whitespace) {
            let what = format!("called {called:?} has blanks in it");
            findings.wrong(entry.called.span(), what, "write the digits only");
        }
        if let Some(first) = raw.entries[..at].iter().position(|earlier| covers(earlier, entry)) {
            findings.odd(
                entry.place.clone(),
                format!("no call takes this entry: entry {} above fits all of them first", first + 1),
                "put the narrower entry first, or remove this one",
            );
        }
    }
    raw.entries
        .iter()
        .map(|entry| EntryPlan {
            trunk: keys.trunks.find_some(entry.trunk.as_ref()).map(TrunkRef::at),
            called: entry.called.get_ref().clone(),
            flow: FlowRef::at(or_first(keys.flows.find(&entry.flow))),
            site: SiteRef::at(or_first(keys.sites.find_some(entry.site.as_ref()))),
        })
        .collect()
}

/// Whether every call that fits the later entry fits the earlier one.
fn covers(earlier: &Entry, later: &Entry) -> bool {
    let trunk = |entry: &Entry| entry.trunk.as_ref().map(|trunk| trunk.get_ref().clone());
    let same_trunk = earlier.trunk.is_none() || trunk(earlier) == trunk(later);
    let (first, second) = (earlier.called.get_ref().as_str(), later.called.get_ref().as_str());
    let numbers = match first.strip_suffix('*') {
        Some(prefix) => second.strip_suffix('*').unwrap_or(second).starts_with(prefix),
        None => first == second,
    };
    same_trunk && numbers && !first.is_empty() && !second.is_empty()
}

pub(super) fn codes(raw: &File, keys: &Keys<'_>, findings: &Findings) -> ServiceCodes {
    let codes = &raw.codes;
    let all = [
        ("sign_in", &codes.sign_in),
        ("sign_out", &codes.sign_out),
        ("ready", &codes.ready),
        ("not_ready", &codes.not_ready),
        ("listen", &codes.listen),
        ("whisper", &codes.whisper),
        ("barge", &codes.barge),
        ("disposition", &codes.disposition),
        ("wrap_up_end", &codes.wrap_up_end),
        ("pick", &codes.pick),
        ("studio", &codes.studio),
    ];
    for (at, (name, code)) in all.into_iter().enumerate() {
        let text = code.get_ref();
        if !text.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#') {
            findings.wrong(
                code.span(),
                format!("code {name} is {text:?}"),
                "write keys of a telephone, such as \"*10\", or \"\" for no such code",
            );
        }
        for (other, earlier) in &all[..at] {
            if !text.is_empty() && earlier.get_ref() == text {
                findings.wrong(
                    code.span(),
                    format!("{name} and {other} are both {text}"),
                    "give each its own",
                );
            }
        }
        if name != "disposition"
            && !raw.dispositions.is_empty()
            && begins_with(text, codes.disposition.get_ref())
        {
            findings.wrong(
                code.span(),
                format!("code {name} is {text}, which begins like those of dispositions"),
                "give it another one, or disposition in [codes]",
            );
        }
        let pick = codes.pick.get_ref();
        let digits = text.strip_prefix(pick.as_str()).filter(|digits| !pick.is_empty() && !digits.is_empty());
        if name != "pick" && digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit())) {
            findings.wrong(
                code.span(),
                format!("code {name} is {text}, which is {pick} with a work number"),
                "give it a code that does not begin like pick",
            );
        }
        if name != "not_ready" && is_reason_of(codes.not_ready.get_ref(), text) {
            findings.wrong(
                code.span(),
                format!(
                    "code {name} is {text}, which is {} with a reason's digit",
                    codes.not_ready.get_ref()
                ),
                "give it a code that does not begin like not_ready",
            );
        }
    }
    let clip = |clip: &Option<Spanned<String>>| keys.clips.find_some(clip.as_ref()).map(ClipRef::at);
    ServiceCodes {
        sign_in: codes.sign_in.get_ref().clone(),
        sign_out: codes.sign_out.get_ref().clone(),
        listen: codes.listen.get_ref().clone(),
        whisper: codes.whisper.get_ref().clone(),
        barge: codes.barge.get_ref().clone(),
        disposition: codes.disposition.get_ref().clone(),
        studio: codes.studio.get_ref().clone(),
        ready: codes.ready.get_ref().clone(),
        not_ready: codes.not_ready.get_ref().clone(),
        done: clip(&codes.done),
        refused: clip(&codes.refused),
        wrap_up_end: codes.wrap_up_end.get_ref().clone(),
        pick: codes.pick.get_ref().clone(),
    }
}

/// Whether a code begins with another one.
fn begins_with(code: &str, other: &str) -> bool {
    !other.is_empty() && code.starts_with(other)
}

/// Whether a code reads as "not ready" with the digit of a reason.
fn is_reason_of(not_ready: &str, code: &str) -> bool {
    let digit = code.strip_prefix(not_ready).filter(|_| !not_ready.is_empty());
    digit.is_some_and(|digit| digit.len() == 1 && digit.chars().all(|c| c.is_ascii_digit()))
}
