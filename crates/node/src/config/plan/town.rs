//! The town: sites, profiles of the day, the load and its events, the night.

use super::find;
use super::value::{Clock, spread};
use crate::config::section::Section;
use acd::{GroupRef, Hours, HoursRef};
use base::Date;
use sim::plan::{Again, Load, SLOTS, Site, Surge};
use sim::variate::Spread;
use std::time::Duration;
use toml::Spanned;

/// A profile: calls by half hour, on workdays and on days off.
pub(super) type Profile = (String, [f64; SLOTS], [f64; SLOTS]);

pub(super) fn sites(top: &mut Section<'_>) -> Vec<(String, Site)> {
    let mut sites = Vec::new();
    for (key, mut section) in top.keyed("sites") {
        let name = key.into_inner();
        let title = section.or("title", name.clone()).into_inner();
        let share = section.within("share", 1.0, 0.0..=1e9).into_inner();
        section.close();
        sites.push((name.clone(), Site { name, title, share }));
    }
    if sites.is_empty() {
        let name = "city".to_owned();
        sites.push((name.clone(), Site { name: name.clone(), title: name, share: 1.0 }));
    }
    sites
}

pub(super) fn profiles(top: &mut Section<'_>) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for (key, mut section) in top.keyed("profiles") {
        let workday = parts(&mut section, "workday");
        let day_off = if section.has("day_off") { parts(&mut section, "day_off") } else { workday };
        section.close();
        profiles.push((key.into_inner(), workday, day_off));
    }
    profiles
}

/// 24 hours or 48 half hours.
fn parts(section: &mut Section<'_>, key: &'static str) -> [f64; SLOTS] {
    let mut slots = [1.0; SLOTS];
    let (place, findings) = (section.place(), section.findings());
    let list = section.list::<f64>(key).unwrap_or_default();
    for part in &list {
        if *part.get_ref() < 0.0 {
            findings.wrong(part.span(), "fewer than no calls", "write 0 or more");
        }
    }
    match list.len() {
        24 | SLOTS => {
            let of = |slot: usize| list[slot * list.len() / SLOTS].get_ref();
            slots = std::array::from_fn(|slot| *of(slot));
        }
        count => findings.wrong(
            list.first().map_or(place, Spanned::span),
            format!("{key} has {count} parts"),
            "write 24 numbers, one an hour, or 48, one each half hour",
        ),
    }
    slots
}

pub(super) fn load(top: &mut Section<'_>, groups: &[String]) -> Load {
    let events = events(top, groups);
    let mut section = top.section_or_empty("arrivals");
    let calls = section.within("calls", 0.0, 0.0..=1e9).into_inner();
    let weekdays = section.section("weekdays").map_or([1.0; 7], |mut days| {
        const KEYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let factors = KEYS.map(|key| days.within(key, 1.0, 0.0..=100.0).into_inner());
        days.close();
        factors
    });
    let day_off = section.within("day_off", 1.0, 0.0..=100.0).into_inner();
    let load = Load {
        calls,
        day_cv: section.within("day_cv", 0.0, 0.0..=2.0).into_inner(),
        dispersion: section.within("dispersion", 1.0, 1.0..=100.0).into_inner(),
        weekdays,
        day_off,
        holiday: section.within("holiday", day_off, 0.0..=100.0).into_inner(),
        after_holiday: section.within("after_holiday", 1.0, 0.0..=100.0).into_inner(),
        growth: section.within("growth", 0.0, -0.5..=1.0).into_inner(),
        events,
        greeting: section
            .within("greeting", Duration::ZERO, Duration::ZERO..=Duration::from_secs(600))
            .into_inner(),
        greeting_lost: section.within("greeting_lost", 0.0, 0.0..=1.0).into_inner(),
        redial: again(&mut section, "redial"),
        repeat: again(&mut section, "repeat"),
    };
    section.close();
    load
}

fn again(section: &mut Section<'_>, key: &'static str) -> Again {
    let usual = Spread::Exponential { mean: Duration::from_secs(300) };
    let (after, share) =
        spread(section, key, usual, |inner| inner.within("share", 0.0, 0.0..=0.95).into_inner());
    share.map_or(Again::NEVER, |share| Again { share, after })
}

fn events(top: &mut Section<'_>, groups: &[String]) -> Vec<Surge> {
    let mut events = Vec::new();
    for (key, mut section) in top.keyed("events") {
        let findings = section.findings();
        let from = section.must::<Date>("from", "\"2024-07-02\"");
        let to = section.must::<Date>("to", "\"2024-07-06\"");
        if to.get_ref() < from.get_ref() {
            findings.wrong(
                to.span(),
                "the event ends before it begins",
                "write a last day that is the first or later",
            );
        }
        let factor = section.within("factor", 1.0, 0.0..=100.0).into_inner();
        let staff = section.within("staff", 1.0, 0.0..=10.0).into_inner();
        let names = section.list::<String>("groups").unwrap_or_default();
        let of = |name: &Spanned<String>| find("group", name, groups, findings).map(GroupRef::at);
        let groups = names.iter().filter_map(of).collect();
        section.close();
        events.push(Surge {
            name: key.into_inner(),
            from: from.into_inner(),
            to: to.into_inner(),
            factor,
            staff,
            groups,
        });
    }
    events
}

/// The night: stages marked `at_night` open at once while it lasts.
pub(super) fn night(top: &mut Section<'_>) -> (Vec<Hours>, Option<HoursRef>) {
    let Some(mut section) = top.section("night") else { return (Vec::new(), None) };
    let from = section.must::<Clock>("from", "\"22:00\"").into_inner().0;
    let to = section.must::<Clock>("to", "\"08:00\"").into_inner().0;
    section.close();
    let to = if to <= from { to + 1_440 } else { to };
    let spans = vec![(from as u16, to as u16)];
    let hours = Hours { name: "night".into(), workdays: spans.clone(), days_off: spans };
    (vec![hours], Some(HoursRef(0)))
}
