//! `[groups.KEY]`: a group's line, whom its callers may get after how long, and what becomes of the others.

use super::{LONG, S};
use crate::config::section::Section;
use crate::config::value::AtTheEnd;
use acd::Selection;
use acd::plan::{CallbackPlan, First, PARALLEL_MAX};
use std::ops::Range;
use std::time::Duration;
use store::recordings::Format;
use toml::Spanned;

/// `[groups.KEY]`.
pub(in crate::config) struct Group {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) title: Spanned<String>,
    pub(in crate::config) timeline: Option<Vec<Stage>>,
    /// Where `timeline` or `overflow` is written, for what is wrong with all of it.
    pub(in crate::config) timeline_place: Range<usize>,
    pub(in crate::config) overflow: Vec<Overflow>,
    pub(in crate::config) selection: Spanned<Selection>,
    pub(in crate::config) weight: Spanned<u8>,
    pub(in crate::config) ring: Spanned<Duration>,
    pub(in crate::config) parallel: Spanned<u8>,
    pub(in crate::config) auto_answer: Spanned<bool>,
    pub(in crate::config) no_answer: Option<Vec<Grade>>,
    pub(in crate::config) wrap_up: Spanned<Duration>,
    pub(in crate::config) wrap_up_max: Option<Spanned<Duration>>,
    pub(in crate::config) line_max: Spanned<usize>,
    pub(in crate::config) wait_max: Option<Spanned<Duration>>,
    pub(in crate::config) needs_signed_in: Spanned<bool>,
    pub(in crate::config) hours: Option<Spanned<String>>,
    pub(in crate::config) sticky: Option<Spanned<Duration>>,
    pub(in crate::config) surge: Surge,
    pub(in crate::config) callback: Callback,
    pub(in crate::config) caller: Option<Spanned<String>>,
    pub(in crate::config) record: Spanned<bool>,
    pub(in crate::config) keep: Option<Spanned<Duration>>,
    pub(in crate::config) format: Option<Spanned<Format>>,
    pub(in crate::config) music: Option<Spanned<String>>,
    pub(in crate::config) on_full: Target,
    pub(in crate::config) on_wait_max: Target,
    pub(in crate::config) on_nobody: Target,
    pub(in crate::config) on_closed: Target,
    pub(in crate::config) on_surge: Target,
}

/// One stage of a group's timeline.
pub(in crate::config) struct Stage {
    pub(in crate::config) place: Range<usize>,
    pub(in crate::config) after: Spanned<Duration>,
    /// The group's own agents, when left out.
    pub(in crate::config) group: Option<Spanned<String>>,
    pub(in crate::config) level_min: Spanned<u8>,
    pub(in crate::config) sites: Option<Spanned<String>>,
    pub(in crate::config) waives: Spanned<bool>,
    pub(in crate::config) at_night: Spanned<bool>,
    pub(in crate::config) on_help: Spanned<bool>,
}

/// One stage of a group's overflow, the short form of a timeline.
pub(in crate::config) struct Overflow {
    pub(in crate::config) after: Spanned<Duration>,
    pub(in crate::config) to: Spanned<String>,
}

/// What one ring-no-answer leads to.
pub(in crate::config) struct Grade {
    pub(in crate::config) then: Spanned<AtTheEnd>,
    pub(in crate::config) tell: Spanned<bool>,
}

/// `[groups.KEY.surge]`.
pub(in crate::config) struct Surge {
    pub(in crate::config) begins_at: Option<Spanned<usize>>,
    pub(in crate::config) ends_at: Option<Spanned<usize>>,
    pub(in crate::config) admit_max: Option<Spanned<usize>>,
}

/// `[groups.KEY.callback]`.
pub(in crate::config) struct Callback {
    /// Where the section is; `None` when it is left out.
    pub(in crate::config) place: Option<Range<usize>>,
    pub(in crate::config) offer_after: Option<Spanned<Duration>>,
    pub(in crate::config) first: Spanned<First>,
    pub(in crate::config) tries: Spanned<u8>,
    pub(in crate::config) at_once: Spanned<u32>,
    pub(in crate::config) retry_after: Spanned<Duration>,
    pub(in crate::config) missed_after: Option<Spanned<Duration>>,
    pub(in crate::config) trunk: Option<Spanned<String>>,
    pub(in crate::config) caller: Option<Spanned<String>>,
    pub(in crate::config) strip: Option<Spanned<String>>,
    pub(in crate::config) prefix: Option<Spanned<String>>,
    pub(in crate::config) ring: Spanned<Duration>,
    pub(in crate::config) key: Option<Spanned<String>>,
    pub(in crate::config) prompt: Option<Spanned<String>>,
    pub(in crate::config) confirm: Option<Spanned<String>>,
    pub(in crate::config) greeting: Option<Spanned<String>>,
    pub(in crate::config) ring_back: Option<Spanned<String>>,
}

/// What becomes of a caller who is turned away.
#[derive(Debug)]
pub(in crate::config) enum Target {
    Busy,
    Group(Spanned<String>),
    Announce(Spanned<String>),
    Callback(Range<usize>, Option<Spanned<String>>, bool),
    Number(Outside),
}

/// A number outside.
#[derive(Debug)]
pub(in crate::config) struct Outside {
    pub(in crate::config) number: Spanned<String>,
    pub(in crate::config) trunk: Option<Spanned<String>>,
    pub(in crate::config) caller: Spanned<String>,
    pub(in crate::config) ring: Spanned<Duration>,
}

impl Group {
    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        refuse_old_keys(&mut s);
        let written = if s.has("timeline") { "timeline" } else { "overflow" };
        let timeline_place = s.key_place(written);
        if s.has("timeline") && s.has("overflow") {
            s.findings().wrong(
                s.key_place("overflow"),
                format!("group {} has both a timeline and an overflow", key.get_ref()),
                "write all of it as timeline; overflow is its short form",
            );
        }
        if s.has("on_closed") && !s.has("hours") {
            s.findings().odd(
                s.key_place("on_closed"),
                format!("on_closed of group {} is never used, because it is always open", key.get_ref()),
                "add hours = \"…\", or remove on_closed",
            );
        }
        let group = Self {
            title: s.or("title", key.get_ref().clone()),
            timeline: s.has("timeline").then(|| s.tables("timeline").into_iter().map(Stage::read).collect()),
            timeline_place,
            overflow: s.tables("overflow").into_iter().map(Overflow::read).collect(),
            selection: s.or("selection", Selection::LongestIdle),
            weight: s.within("weight", 0, 0..=100),
            ring: s.within("ring", S(20), S(1)..=S(300)),
            parallel: s.within("parallel", 1, 1..=PARALLEL_MAX),
            auto_answer: s.or("auto_answer", false),
            no_answer: s
                .has("no_answer")
                .then(|| s.tables("no_answer").into_iter().map(Grade::read).collect()),
            wrap_up: s.within("wrap_up", S(0), S(0)..=S(3_600)),
            wrap_up_max: s.get_within("wrap_up_max", S(0)..=S(3_600)),
            line_max: s.within("line_max", 200, 0..=100_000),
            wait_max: s.get_within("wait_max", S(1)..=S(86_400)),
            needs_signed_in: s.or("needs_signed_in", false),
            hours: s.get("hours"),
            sticky: s.get_within("sticky", S(1)..=S(3_600)),
            surge: Surge::read(s.section_or_empty("surge")),
            callback: {
                let place = s.has("callback").then(|| s.key_place("callback"));
                Callback::read(place, s.section_or_empty("callback"))
            },
            caller: s.get("caller"),
            record: s.or("record", false),
            keep: s.get_within("keep", S(0)..=LONG * 100),
            format: s.get("format"),
            music: s.get("music"),
            on_full: Target::read(&mut s, "on_full"),
            on_wait_max: Target::read(&mut s, "on_wait_max"),
            on_nobody: Target::read(&mut s, "on_nobody"),
            on_closed: Target::read(&mut s, "on_closed"),
            on_surge: Target::read(&mut s, "on_surge"),
            key,
        };
        s.close();
        group
    }

    /// All ways out for callers who are turned away.
    pub(in crate::config) fn targets(&self) -> [&Target; 5] {
        [&self.on_full, &self.on_wait_max, &self.on_nobody, &self.on_closed, &self.on_surge]
    }
}

/// A key of earlier versions says what it is called now, and is known no longer.
fn refuse_old_keys(s: &mut Section<'_>) {
    if let Some(old) = s.take::<bool>("ring_no_answer_not_ready") {
        let then = if *old.get_ref() { "not_ready" } else { "skip" };
        s.findings().wrong(
            s.key_place("ring_no_answer_not_ready"),
            "ring_no_answer_not_ready is written as no_answer now",
            format!("write no_answer = [{{ then = \"{then}\" }}]"),
        );
    }
}

impl Stage {
    fn read(mut s: Section<'_>) -> Self {
        let stage = Self {
            place: s.place(),
            after: s.within("after", S(0), S(0)..=S(86_400)),
            group: s.get("group"),
            level_min: s.within("level_min", 1, 1..=10),
            sites: s.get("sites"),
            waives: s.or("waives", false),
            at_night: s.or("at_night", false),
            on_help: s.or("on_help", false),
        };
        s.close();
        stage
    }
}

impl Overflow {
    fn read(mut s: Section<'_>) -> Self {
        let overflow =
            Self { after: s.must("after", "\"20s\""), to: s.must("to", "\"the other group's key\"") };
        s.close();
        overflow
    }
}

impl Grade {
    fn read(mut s: Section<'_>) -> Self {
        let grade = Self { then: s.must("then", "\"not_ready\""), tell: s.or("tell", false) };
        s.close();
        grade
    }
}

impl Surge {
    fn read(mut s: Section<'_>) -> Self {
        let surge = Self {
            begins_at: s.get_within("begins_at", 1..=100_000),
            ends_at: s.get_within("ends_at", 0..=100_000),
            admit_max: s.get_within("admit_max", 0..=100_000),
        };
        s.close();
        surge
    }
}

impl Callback {
    fn read(place: Option<Range<usize>>, mut s: Section<'_>) -> Self {
        let usual = CallbackPlan::default();
        let callback = Self {
            place,
            offer_after: s.get_within("offer_after", S(0)..=S(3_600)),
            first: s.or("first", usual.first),
            at_once: s.within("at_once", 2, 1..=1_000),
            tries: s.within("tries", usual.tries, 1..=10),
            retry_after: s.within("retry_after", usual.retry_after, S(10)..=S(86_400)),
            missed_after: s.get_within("missed_after", S(0)..=LONG),
            trunk: s.get("trunk"),
            caller: s.get("caller"),
            strip: s.get("strip"),
            prefix: s.get("prefix"),
            ring: s.within("ring", S(30), S(5)..=S(120)),
            key: s.get("key"),
            prompt: s.get("prompt"),
            confirm: s.get("confirm"),
            greeting: s.get("greeting"),
            ring_back: s.get("ring_back"),
        };
        s.close();
        callback
    }
}

const TARGETS: &str =
    "write \"busy\", { group = \"…\" }, { announce = \"…\" }, { callback = true } or { number = \"…\" }";

impl Target {
    fn read(s: &mut Section<'_>, key: &'static str) -> Self {
        if let Some(text) = s.text(key) {
            if text.get_ref() != "busy" {
                s.findings().wrong(text.span(), format!("{key} is {:?}", text.get_ref()), TARGETS);
            }
            return Self::Busy;
        }
        let Some(mut inner) = s.section(key) else { return Self::Busy };
        let target = Self::of_table(&mut inner, key);
        inner.close();
        target
    }

    fn of_table(s: &mut Section<'_>, key: &'static str) -> Self {
        let place = s.place();
        let (group, announce, number) = (s.get("group"), s.get("announce"), s.get("number"));
        let callback: Option<Spanned<bool>> = s.get("callback");
        let is_callback = callback.is_some_and(|callback| *callback.get_ref());
        // An announcement goes before a callback.
        let named = [group.is_some(), announce.is_some() && !is_callback, number.is_some(), is_callback];
        match named.iter().filter(|named| **named).count() {
            1 => {}
            0 => s.findings().wrong(place.clone(), format!("{key} names no target"), TARGETS),
            2 if group.is_some() && announce.is_some() => {
                s.findings().wrong(
                    place.clone(),
                    format!("{key} names both a group and an announcement"),
                    TARGETS,
                );
            }
            _ => s.findings().wrong(place.clone(), format!("{key} names several targets"), TARGETS),
        }
        match (group, number, announce) {
            (Some(group), ..) => Self::Group(group),
            (None, Some(number), _) => Self::Number(Outside {
                number,
                trunk: s.get("trunk"),
                caller: s.or("caller", String::new()),
                ring: s.within("ring", S(30), S(5)..=S(120)),
            }),
            (None, None, announce) if is_callback => {
                Self::Callback(place, announce, *s.or("missed", false).get_ref())
            }
            (None, None, Some(clip)) => Self::Announce(clip),
            (None, None, None) => Self::Busy,
        }
    }
}
