//! Callers who are called back, and where callers go who are turned away: all that dials out.

use super::{Keys, or_first};
use crate::config::mistake::Findings;
use crate::config::raw::{File, Group, Target};
use acd::GroupRef;
use acd::plan::CallbackPlan;
use call::plan::{CallbackFlow, Outbound, Outside, OutsideLine};
use media::session::ClipRef;
use sip::leg::TrunkRef;
use std::ops::Range;
use toml::Spanned;

/// When, and how often.
pub(super) fn plan(group: &Group) -> CallbackPlan {
    let callback = &group.callback;
    CallbackPlan {
        offer_after: callback.offer_after.as_ref().map(|span| *span.get_ref()),
        first: *callback.first.get_ref(),
        tries: *callback.tries.get_ref(),
        retry_after: *callback.retry_after.get_ref(),
        missed_after: callback.missed_after.as_ref().map(|span| *span.get_ref()),
    }
}

/// How they are dialed, and what everybody hears.
pub(super) fn flow(group: &Group, raw: &File, keys: &Keys<'_>, findings: &Findings) -> Option<CallbackFlow> {
    let callback = &group.callback;
    let place = callback.place.clone()?;
    let name = group.key.get_ref();
    let trunk =
        trunk(callback.trunk.as_ref(), &place, &format!("callback of group {name}"), raw, keys, findings);
    let (usual_strip, usual_prefix) = usual_writing(raw, trunk);
    if callback.caller.is_none() {
        findings.wrong(
            place.clone(),
            format!("callback of group {name} has no caller"),
            "add caller = \"12345\": the number of ours that is shown",
        );
    }
    if let (Some(after), None) = (&callback.offer_after, &callback.prompt) {
        findings.wrong(
            after.span(),
            format!("nobody in the line of group {name} hears that he may be called back"),
            "add prompt = \"…\", a clip that says so and names the key",
        );
    }
    let key = callback.key.as_ref().and_then(|key| telephone_key(key, findings));
    if let (Some(prompt), None) = (&callback.prompt, &callback.key) {
        findings.wrong(
            prompt.span(),
            format!("callers of group {name} are asked, and have no key to say yes with"),
            "add key = \"1\"",
        );
    }
    let clip = |clip: &Option<Spanned<String>>| keys.clips.find_some(clip.as_ref()).map(ClipRef::at);
    Some(CallbackFlow {
        outbound: Outbound {
            trunk,
            caller: text(&callback.caller, String::new()),
            strip: text(&callback.strip, usual_strip),
            prefix: text(&callback.prefix, usual_prefix),
            ring: *callback.ring.get_ref(),
        },
        at_once: *callback.at_once.get_ref(),
        key,
        prompt: clip(&callback.prompt),
        confirm: clip(&callback.confirm),
        greeting: clip(&callback.greeting),
        ring_back: clip(&callback.ring_back),
    })
}

/// How agents reach numbers outside.
pub(super) fn outside(raw: &File, keys: &Keys<'_>, findings: &Findings) -> Option<OutsideLine> {
    let outside = raw.outside.as_ref()?;
    let trunk = trunk(outside.trunk.as_ref(), &outside.place, "[outside]", raw, keys, findings);
    let (usual_strip, usual_prefix) = usual_writing(raw, trunk);
    let patterns = |written: &[Spanned<String>]| {
        let right = |text: &str| {
            let digits = text.strip_suffix('*').unwrap_or(text);
            let digits = digits.strip_prefix('+').unwrap_or(digits);
            !text.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        };
        for pattern in written.iter().filter(|pattern| !right(pattern.get_ref())) {
            findings.wrong(
                pattern.span(),
                format!("{:?} is no number and no beginning of one", pattern.get_ref()),
                "write digits, such as \"110\", or the beginning with a star, such as \"+8613*\"",
            );
        }
        written.iter().map(|pattern| pattern.get_ref().clone()).collect()
    };
    Some(OutsideLine {
        outbound: Outbound {
            trunk,
            caller: outside.caller.get_ref().clone(),
            strip: text(&outside.strip, usual_strip),
            prefix: text(&outside.prefix, usual_prefix),
            ring: *outside.ring.get_ref(),
        },
        allow: patterns(&outside.allow),
        refuse: patterns(&outside.refuse),
        // Those of its trunk, which is built elsewhere.
        numbers: sip::plan::NumberRules::default(),
        ring_back: keys.clips.find_some(outside.ring_back.as_ref()).map(ClipRef::at),
    })
}

/// The number that a group's agents show when they call by themselves.
pub(super) fn caller(group: &Group, raw: &File, findings: &Findings) -> Option<String> {
    let written = group.caller.as_ref()?;
    let (name, number) = (group.key.get_ref(), written.get_ref());
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        findings.wrong(
            written.span(),
            format!("caller of group {name} is {number:?}"),
            "write the digits of a number of ours, such as \"052712345\"",
        );
    }
    if raw.outside.is_none() {
        findings.odd(
            written.span(),
            format!("caller of group {name} is never shown: agents cannot call numbers outside"),
            "add [outside] with trunk and caller, or remove this",
        );
    }
    Some(number.clone())
}

/// What is taken off a normalized number and put before it, as the trunk writes numbers.
pub(super) fn usual_writing(raw: &File, trunk: TrunkRef) -> (String, String) {
    let numbers = raw.trunks.get(trunk.index()).map(|trunk| &trunk.numbers);
    let country = numbers.map_or("", |numbers| numbers.country.get_ref());
    let strip = if country.is_empty() { String::new() } else { format!("+{country}") };
    (strip, numbers.map(|numbers| numbers.national_prefix.get_ref().clone()).unwrap_or_default())
}

fn text(written: &Option<Spanned<String>>, usual: String) -> String {
    written.as_ref().map_or(usual, |text| text.get_ref().clone())
}

/// A key of a telephone.
pub(super) fn telephone_key(key: &Spanned<String>, findings: &Findings) -> Option<char> {
    let mut chars = key.get_ref().chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) if one.is_ascii_digit() || one == '*' || one == '#' => Some(one),
        _ => {
            let what = format!("key is {:?}", key.get_ref());
            findings.wrong(key.span(), what, "write one key of a telephone, such as \"1\" or \"#\"");
            None
        }
    }
}

/// The trunk over which something is dialed; with one trunk only it need not be named.
pub(super) fn trunk(
    written: Option<&Spanned<String>>,
    place: &Range<usize>,
    what: &str,
    raw: &File,
    keys: &Keys<'_>,
    findings: &Findings,
) -> TrunkRef {
    if let Some(written) = written {
        return TrunkRef::at(or_first(keys.trunks.find(written)));
    }
    if raw.trunks.len() != 1 {
        let remedy =
            if raw.trunks.is_empty() { "add [trunks.…]" } else { "add trunk = \"…\": there are several" };
        findings.wrong(place.clone(), format!("{what} has no trunk to dial out over"), remedy);
    }
    TrunkRef::at(0)
}

/// What becomes of a caller who is turned away.
pub(super) fn target(
    written: &Target,
    group: &Group,
    raw: &File,
    keys: &Keys<'_>,
    findings: &Findings,
) -> call::plan::Target {
    let name = group.key.get_ref();
    match written {
        Target::Busy => call::plan::Target::Busy,
        Target::Group(to) => call::plan::Target::Group(GroupRef::at(or_first(keys.groups.find(to)))),
        Target::Announce(clip) => call::plan::Target::Announce(ClipRef::at(or_first(keys.clips.find(clip)))),
        Target::Callback(place, announce, missed) => {
            if group.callback.place.is_none() {
                findings.wrong(
                    place.clone(),
                    format!("callers of group {name} cannot be called back"),
                    format!("add [groups.{name}.callback] with trunk and caller"),
                );
            }
            let announce = keys.clips.find_some(announce.as_ref()).map(ClipRef::at);
            call::plan::Target::Callback { announce, missed: *missed }
        }
        Target::Number(outside) => {
            let number = outside.number.get_ref();
            if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c)) {
                findings.wrong(
                    outside.number.span(),
                    format!("number {number:?} cannot be dialed"),
                    "write its digits as the trunk wants them",
                );
            }
            let what = format!("a number outside for group {name}");
            call::plan::Target::Number(Outside {
                trunk: trunk(outside.trunk.as_ref(), &outside.number.span(), &what, raw, keys, findings),
                number: number.clone(),
                caller: outside.caller.get_ref().clone(),
                ring: *outside.ring.get_ref(),
            })
        }
    }
}
