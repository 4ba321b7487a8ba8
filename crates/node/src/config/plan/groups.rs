//! Groups: who calls them, how they talk and wait, and who serves them after how long.

use super::find;
use super::town::Profile;
use super::value::spread;
use crate::config::section::Section;
use crate::config::value::{Value, kind};
use acd::plan::{Grade, NoAnswer};
use acd::{GroupPlan, GroupRef, Priority, Selection, SiteRef, Sites, SkillLevel, Stage};
use sim::plan::{Callers, SLOTS, Site, Targets};
use sim::variate::Spread;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

/// More groups than this would make more series than anybody can look at.
const GROUPS_MAX: usize = 200;

/// One group, read.
struct Group {
    name: String,
    title: String,
    plan: GroupPlan,
    callers: Callers,
    turned_to: Targets,
}

/// All groups.
pub(super) struct Groups(Vec<Group>);

impl Groups {
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|group| group.name.clone()).collect()
    }

    pub(super) fn titles(&self) -> Vec<String> {
        self.0.iter().map(|group| group.title.clone()).collect()
    }

    pub(super) fn into_parts(self) -> (Vec<GroupPlan>, Vec<Callers>, Vec<Targets>) {
        let mut parts = (Vec::new(), Vec::new(), Vec::new());
        for group in self.0 {
            parts.0.push(group.plan);
            parts.1.push(group.callers);
            parts.2.push(group.turned_to);
        }
        parts
    }
}

/// Whose agents: of the caller's own site, of all, or of one site by its key.
struct Whose(String);

impl Value for Whose {
    const WANTED: &'static str = r#""own", "all" or the key of a site"#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value
            .as_str()
            .map(|text| Self(text.to_owned()))
            .ok_or_else(|| format!("is {}, not a word", kind(value)))
    }
}

pub(super) fn read(top: &mut Section<'_>, profiles: &[Profile], sites: &[(String, Site)]) -> Groups {
    let tables = top.keyed("groups");
    let findings = top.findings();
    if tables.is_empty() {
        findings.wrong_file("the plan has no group", "add [groups.general] with share = 1");
    }
    if let Some((beyond, _)) = tables.get(GROUPS_MAX) {
        findings.wrong(beyond.span(), "too many groups", format!("a plan has at most {GROUPS_MAX}"));
    }
    let names: Vec<String> = tables.iter().map(|(key, _)| key.get_ref().clone()).collect();
    let site_names: Vec<String> = sites.iter().map(|(name, _)| name.clone()).collect();
    let tables = tables.into_iter().enumerate();
    Groups(
        tables
            .map(|(own, (key, table))| group(own, key.get_ref(), table, profiles, &names, &site_names))
            .collect(),
    )
}

fn group(
    own: usize,
    name: &str,
    mut section: Section<'_>,
    profiles: &[Profile],
    names: &[String],
    sites: &[String],
) -> Group {
    let findings = section.findings();
    let title = section.or("title", name.to_owned()).into_inner();
    let share = section.within("share", 1.0, 0.0..=1e9).into_inner();
    let (mut workday, mut day_off) = ([1.0; SLOTS], [1.0; SLOTS]);
    if let Some(profile) = section.get::<String>("profile") {
        let known: Vec<String> = profiles.iter().map(|(name, ..)| name.clone()).collect();
        if let Some(place) = find("profile", &profile, &known, findings) {
            (_, workday, day_off) = profiles[place].clone();
        }
    }
    let nothing = Spread::Constant(Duration::ZERO);
    let (talk, _) =
        spread(&mut section, "talk", Spread::Exponential { mean: Duration::from_secs(120) }, |_| ());
    let (short_talk, short_share) = spread(&mut section, "short_talk", nothing, |inner| {
        inner.within("share", 0.0, 0.0..=0.99).into_inner()
    });
    let (patience, _) =
        spread(&mut section, "patience", Spread::Exponential { mean: Duration::from_secs(90) }, |_| ());
    let (wrap_up, wrap_up_max) = spread(&mut section, "wrap_up", nothing, |inner| {
        inner.or("max", Duration::from_secs(180)).into_inner()
    });
    let turned_to = section.get::<String>("turned_to").and_then(|to| find("group", &to, names, findings));
    let wrap_up_max = wrap_up_max.unwrap_or_default();
    let plan = GroupPlan {
        timeline: timeline(own, &mut section, names, sites),
        selection: section.or("selection", Selection::LongestIdle).into_inner(),
        weight: section.or("weight", 0u8).into_inner(),
        ring: section
            .within("ring", Duration::from_secs(20), Duration::from_secs(1)..=Duration::from_secs(300))
            .into_inner(),
        parallel: section.within("parallel", 1u8, 1..=8).into_inner(),
        no_answer: vec![Grade { then: NoAnswer::NotReady, tell: false }],
        wrap_up: wrap_up_max,
        wrap_up_max,
        line_max: section.within("line_max", 1_000usize, 1..=1_000_000).into_inner(),
        wait_max: section.get::<Duration>("wait_max").map(Spanned::into_inner),
        needs_signed_in: section.or("needs_signed_in", false).into_inner(),
        ..GroupPlan::named(name)
    };
    let callers = Callers {
        share,
        workday,
        day_off,
        priority: Priority(section.or("priority", 0u8).into_inner()),
        talk,
        short_share: short_share.unwrap_or(0.0),
        short_talk,
        patience,
        wrap_up,
    };
    section.close();
    Group {
        name: name.to_owned(),
        title,
        plan,
        callers,
        turned_to: Targets::all(turned_to.map(GroupRef::at)),
    }
}

/// The first stage (`sites`, `level_min`), and those in `then`.
fn timeline(own: usize, section: &mut Section<'_>, names: &[String], sites: &[String]) -> Vec<Stage> {
    let findings = section.findings();
    let whose = |section: &mut Section<'_>| {
        let written = section.or("sites", Whose("all".into()));
        match written.get_ref().0.as_str() {
            "own" => Sites::Own,
            "all" => Sites::All,
            other => {
                let name = Spanned::new(written.span(), other.to_owned());
                find("site", &name, sites, findings).map_or(Sites::All, |site| Sites::Only(SiteRef::at(site)))
            }
        }
    };
    let first = Stage { sites: whose(section), ..Stage::all(Duration::ZERO, GroupRef::at(own)) };
    let mut stages = vec![first];
    for mut further in section.tables("then") {
        let after = further.must::<Duration>("after", "\"20s\"").into_inner();
        let group = match further.get::<String>("group") {
            Some(name) => find("group", &name, names, findings).unwrap_or(own),
            None => own,
        };
        stages.push(Stage {
            after,
            group: GroupRef::at(group),
            level_min: SkillLevel(further.within("level_min", 1u8, 1..=10).into_inner()),
            sites: whose(&mut further),
            waives: false,
            at_night: further.or("at_night", false).into_inner(),
            on_help: further.or("on_help", false).into_inner(),
        });
        further.close();
    }
    stages
}
