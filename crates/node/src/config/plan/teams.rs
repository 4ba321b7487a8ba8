//! Teams: agents of one place and work, their shifts and breaks, and how they pick up.

use super::find;
use super::value::{Clock, spread};
use crate::config::section::Section;
use crate::config::value::{Value, kind};
use acd::input::Reason;
use acd::{Abilities, AgentPlan, AgentRef, GroupRef, SiteRef, SkillLevel};
use sim::plan::{Desk, Pause, Shift, Site, Team};
use std::time::Duration;
use toml::de::DeValue;

/// Agents in one plan.
const AGENTS_MAX: usize = 20_000;

/// All who work.
pub(super) struct Staff {
    pub(super) agents: Vec<AgentPlan>,
    pub(super) shifts: Vec<Shift>,
    pub(super) teams: Vec<Team>,
}

/// What a break is for.
struct For(Reason);

impl Value for For {
    const WANTED: &'static str = r#""rest", "meal", "meeting", "coaching", "training", "study" or "busy""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        Ok(Self(match value.as_str() {
            Some("rest") => Reason::Rest,
            Some("meal") => Reason::Meal,
            Some("meeting") => Reason::Meeting,
            Some("coaching") => Reason::Coaching,
            Some("training") => Reason::Training,
            Some("study") => Reason::Study,
            Some("busy") => Reason::Busy,
            Some(other) => return Err(format!("{other:?} is not known")),
            None => return Err(format!("is {}, not a word in quotes", kind(value))),
        }))
    }
}

pub(super) fn read(top: &mut Section<'_>, groups: &[String], sites: &[(String, Site)]) -> Staff {
    let shifts: Vec<Shift> =
        top.keyed("shifts").into_iter().map(|(key, table)| shift(key.into_inner(), table)).collect();
    let mut staff = Staff { agents: Vec::new(), shifts, teams: Vec::new() };
    let findings = top.findings();
    let tables = top.keyed("teams");
    if tables.is_empty() {
        findings.wrong_file(
            "nobody answers: the plan has no team",
            "add [teams.city] with agents, skills and seats by shift",
        );
    }
    for (key, table) in tables {
        team(key.into_inner(), table, groups, sites, &mut staff);
    }
    staff
}

fn shift(name: String, mut section: Section<'_>) -> Shift {
    let from = section.must::<Clock>("from", "\"08:00\"").into_inner().0;
    let to = section.must::<Clock>("to", "\"16:00\"").into_inner().0;
    let to = if to <= from { to + 1_440 } else { to };
    let mut breaks = Vec::new();
    for mut pause in section.tables("breaks") {
        breaks.push(Pause {
            after: pause.must::<Duration>("after", "\"3h30m\"").into_inner(),
            length: pause.must::<Duration>("length", "\"30m\"").into_inner(),
            reason: pause.or("reason", For(Reason::Rest)).into_inner().0,
            waves: pause.within("waves", 1u32, 1..=100).into_inner(),
        });
        pause.close();
    }
    section.close();
    Shift { name, from, to, breaks }
}

fn team(
    name: String,
    mut section: Section<'_>,
    groups: &[String],
    sites: &[(String, Site)],
    staff: &mut Staff,
) {
    let findings = section.findings();
    let site_names: Vec<String> = sites.iter().map(|(name, _)| name.clone()).collect();
    let site = section.get::<String>("site").and_then(|site| find("site", &site, &site_names, findings));
    let site = SiteRef::at(site.unwrap_or(0));
    let count = section.must::<usize>("agents", "20");
    if staff.agents.len() + count.get_ref() > AGENTS_MAX {
        findings.wrong(count.span(), "too many agents", format!("a plan has at most {AGENTS_MAX}"));
        return;
    }
    let mut skills = Vec::new();
    let place = section.place();
    for (group, level) in section.pairs::<u8>("skills").unwrap_or_default() {
        if !(1..=10).contains(level.get_ref()) {
            findings.wrong(
                level.span(),
                format!("level {} does not exist", level.get_ref()),
                "write one from 1 to 10",
            );
        }
        if let Some(group) = find("group", &group, groups, findings) {
            skills.push((GroupRef::at(group), SkillLevel(*level.get_ref())));
        }
    }
    if skills.is_empty() {
        findings.wrong(place, format!("team {name} serves nobody"), "add skills = { general = 5 }");
    }
    let count = *count.get_ref();
    let workday = seats(&mut section, "workday", &name, count, &staff.shifts);
    let day_off = if section.has("day_off") {
        seats(&mut section, "day_off", &name, count, &staff.shifts)
    } else {
        workday.clone()
    };
    section.close();
    let first = staff.agents.len();
    let agent = |number: usize| AgentPlan {
        name: format!("{name}-{number:03}"),
        site,
        skills: skills.clone(),
        abilities: Abilities::NONE,
    };
    staff.agents.extend((1..=count).map(agent));
    let agents = (first..first + count).map(AgentRef::at).collect();
    staff.teams.push(Team { name, site, agents, workday, day_off });
}

/// Seats by shift: `{ day = 12, night = 2 }`; shifts that are not named have none.
fn seats(
    section: &mut Section<'_>,
    key: &'static str,
    team: &str,
    agents: usize,
    shifts: &[Shift],
) -> Vec<u32> {
    let findings = section.findings();
    let names: Vec<String> = shifts.iter().map(|shift| shift.name.clone()).collect();
    let mut seats = vec![0; shifts.len()];
    let mut last = section.place();
    for (name, count) in section.pairs::<u32>(key).unwrap_or_default() {
        last = count.span();
        if let Some(shift) = find("shift", &name, &names, findings) {
            seats[shift] = *count.get_ref();
        }
    }
    let sum: u32 = seats.iter().sum();
    if sum as usize > agents {
        findings.wrong(
            last,
            format!("team {team} has {sum} seats on one day and {agents} agents"),
            "fill fewer seats, or add agents: each works one shift a day",
        );
    }
    seats
}

pub(super) fn desk(top: &mut Section<'_>) -> Desk {
    let usual = Desk::default();
    let Some(mut section) = top.section("desk") else { return usual };
    let (answer, _) = spread(&mut section, "answer", usual.answer, |_| ());
    let desk = Desk {
        answer,
        ringing_calms: section.or("ringing_calms", usual.ringing_calms).into_inner(),
        lost_ringing: section.within("lost_ringing", 0.0, 0.0..=1.0).into_inner(),
        no_answer: section.within("no_answer", 0.0, 0.0..=0.9).into_inner(),
        decline: section.within("decline", 0.0, 0.0..=0.9).into_inner(),
        back_after: section.or("back_after", usual.back_after).into_inner(),
    };
    section.close();
    desk
}
