//! A staffing plan: one TOML file in, the days to be staffed out; or every mistake in it, with its place.
//!
//! Read by the same means as a centre's file. `deploy/staff.toml` shows every key with its meaning.
//! Never knows: how agents are counted out, how the table looks.

use super::mistake::Findings;
use super::section::Section;
use super::text::Text;
use super::value::span;
use super::{Mistakes, syntax_remedy};
use crate::staff::Request;
use base::{Calendar, Date};
use report::erlang::HANDLING_MAX;
use report::staffing::{Day, Goal, Profile, Target, Year};
use std::path::Path;
use std::time::Duration;
use toml::Spanned;

/// The complete commented sample.
pub const EXAMPLE: &str = include_str!("../../../../deploy/staff.toml");

/// Most calls of a day.
const CALLS_MAX: f64 = 10_000_000.0;

/// Reads a file.
///
/// # Errors
/// Every mistake in it, or that it cannot be read.
pub fn load(path: &Path) -> Result<Request, Mistakes> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Mistakes::of_file(
            &file,
            format!("the staffing plan cannot be read: {error}"),
            "give the path of a TOML file in UTF-8; `sujie staff example` prints one to begin with",
        )
    })?;
    parse(&text, &file)
}

/// Reads a text. `file` names it in messages.
///
/// # Errors
/// Every mistake in it.
pub fn parse(text: &str, file: &str) -> Result<Request, Mistakes> {
    let findings = Findings::default();
    let (document, errors) = toml::de::DeTable::parse_recoverable(text);
    for error in errors {
        let place = error.span().unwrap_or(text.len()..text.len());
        findings.wrong(place, error.message(), syntax_remedy(error.message()));
    }
    let root = Section::new("", 0..0, document.get_ref(), &findings);
    let request = read(root, &findings);
    let wrong = findings.any_wrong();
    let mistakes = findings.close(Text::new(file, text));
    if wrong { Err(mistakes) } else { Ok(request) }
}

fn read(mut s: Section<'_>, findings: &Findings) -> Request {
    let title = s.or("title", String::new()).into_inner();
    let calls = s.must::<f64>("calls_workday", "6753");
    let day_off = s.get_within::<f64>("calls_day_off", 0.0..=CALLS_MAX).map(Spanned::into_inner);
    if !(0.0..=CALLS_MAX).contains(calls.get_ref()) {
        findings.wrong(calls.span(), "calls_workday is out of range", "write one from 0 to 10000000");
    }
    let handling = s.must::<Duration>("handling", "\"2m59s\", talk and wrap-up together");
    if *handling.get_ref() > HANDLING_MAX {
        findings.wrong(handling.span(), "handling is longer than a day", "write the mean of one call");
    }
    let patience = s
        .get_within::<Duration>("patience", Duration::from_secs(1)..=Duration::from_secs(86_400))
        .map(Spanned::into_inner);
    let goal = Goal {
        target: s.must::<Target>("target", "\"80%/20s\"").into_inner(),
        occupancy_max: s.within("occupancy_max", 1.0, 0.05..=1.0).into_inner(),
        agents_min: s.within("agents_min", 1, 1..=1_000).into_inner(),
    };
    let profile = profile(&mut s, findings);
    let year = year(&mut s, findings);
    let sites = sites(&mut s, findings);
    s.close();
    let (names, shares) = sites.into_iter().unzip();
    let workday = Day {
        calls: calls.into_inner(),
        profile,
        handling: handling.into_inner(),
        patience,
        goal,
        sites: shares,
    };
    let day_off = day_off.map(|calls| Day { calls, ..workday.clone() });
    Request { title, sites: names, workday, day_off, year }
}

/// What can be written for a target: follows "write …".
pub const TARGETS: &str = "80%/20s (of all callers), sl2:80%/20s (of answered callers), asa:9s or abandon:3%";

/// A target from its text, or what is wrong with it.
///
/// # Errors
/// When it is none.
pub fn target(text: &str) -> Result<Target, String> {
    let bad = || format!("is {text:?}, which is no target");
    let share = |text: &str| percent(text).ok_or_else(bad);
    let level = |text: &str| {
        let (part, within) = text.split_once('/').ok_or_else(bad)?;
        Ok::<_, String>((share(part)?, seconds(within).map_err(|_| bad())?))
    };
    match text.trim().split_once(':') {
        None => level(text).map(|(part, within)| Target::Sl1(part, within)),
        Some(("sl1", rest)) => level(rest).map(|(part, within)| Target::Sl1(part, within)),
        Some(("sl2", rest)) => level(rest).map(|(part, within)| Target::Sl2(part, within)),
        Some(("asa", rest)) => seconds(rest).map(Target::Asa).map_err(|_| bad()),
        Some(("abandon", rest)) => share(rest).map(Target::Abandoned),
        Some(_) => Err(bad()),
    }
}

/// `80%` or `93.73%` as a share; `None` for anything else, and outside 0 to 100 %.
#[must_use]
pub fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

/// `1m30s` or `134.29s`.
///
/// # Errors
/// What is wrong with it.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.trim().strip_suffix('s').filter(|number| number.contains('.'));
    match number.and_then(|number| number.parse().ok()) {
        Some(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| format!("{text:?} is not a span")),
        None => span(text),
    }
}

/// Why a list is no profile.
pub const PROFILES: &str = "write \"hotline\", or 24, 48 or 96 weights of the parts of a day, not all 0";

fn profile(s: &mut Section<'_>, findings: &Findings) -> Profile {
    if !s.has("profile") {
        return Profile::hotline();
    }
    if let Some(name) = s.text("profile") {
        if name.get_ref() != "hotline" {
            findings.wrong(name.span(), format!("there is no profile {:?}", name.get_ref()), PROFILES);
        }
        return Profile::hotline();
    }
    let list = s.list::<f64>("profile").unwrap_or_default();
    let weights: Vec<f64> = list.iter().map(|weight| *weight.get_ref()).collect();
    Profile::new(&weights).unwrap_or_else(|| {
        let place = match (list.first(), list.last()) {
            (Some(first), Some(last)) => first.span().start..last.span().end,
            _ => s.place(),
        };
        findings.wrong(place, format!("profile has {} weights that are no day", weights.len()), PROFILES);
        Profile::hotline()
    })
}

fn year(s: &mut Section<'_>, findings: &Findings) -> Year {
    let year = s.within::<u16>("year", 2024, 1970..=9998);
    let days = |s: &mut Section<'_>, key: &'static str| -> Vec<Date> {
        let written = s.list::<String>(key).unwrap_or_default();
        let read = |text: Spanned<String>| match text.get_ref().parse::<Date>() {
            Ok(day) => Some(day),
            Err(why) => {
                findings.wrong(text.span(), format!("{:?} is no day", text.get_ref()), why.to_string());
                None
            }
        };
        written.into_iter().filter_map(read).collect()
    };
    let (holidays, workdays) = (days(s, "holidays"), days(s, "workdays"));
    let year = *year.get_ref();
    let workdays = Calendar::china().with_holidays(holidays).with_workdays(workdays).workdays_in(year);
    let length = Date::new(year, 1, 1).zip(Date::new(year + 1, 1, 1));
    let length = length.map_or(365, |(first, next)| next.days() - first.days());
    Year {
        workdays,
        days_off: length - workdays,
        paid_hours: s.within("paid_hours", 1_750.0, 1.0..=8_784.0).into_inner(),
        shrinkage: s.within("shrinkage", 0.30, 0.0..=0.95).into_inner(),
    }
}

fn sites(s: &mut Section<'_>, findings: &Findings) -> Vec<(String, f64)> {
    let place = s.place();
    let pairs = s.pairs::<f64>("sites").unwrap_or_default();
    let sites: Vec<_> =
        pairs.into_iter().map(|(name, share)| (name.into_inner(), share.into_inner())).collect();
    let sum: f64 = sites.iter().map(|(_, share)| share).sum();
    let wrong = !sites.is_empty()
        && ((sum - 1.0).abs() > 1e-6 || sites.len() > 100 || sites.iter().any(|(_, share)| *share < 0.0));
    if wrong {
        findings.wrong(
            place,
            format!("the shares of [sites] come to {sum}"),
            "write the share of the calls that arrives at each, which are 1 together",
        );
    }
    sites
}
