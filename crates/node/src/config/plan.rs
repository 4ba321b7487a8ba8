//! Plan files of the simulator: a town that calls and a centre that answers, as TOML.
//!
//! ```text
//!   plan.toml ─▶ Section ─┬─ town.rs    arrivals, events, profiles, sites         ┐
//!                         ├─ groups.rs  callers of a group, and how it is served  ├─▶ sim::Plan
//!                         ├─ teams.rs   shifts, teams, agents                     ┘
//!                         └─ log.rs     columns of a call log
//! ```
//!
//! Read and checked like a centre's configuration: every mistake with its place and what would be right. The sample
//! (`deploy/plans/year-2024.toml`) shows every key. Never knows: how a plan is run.

mod groups;
mod log;
mod teams;
mod town;
mod value;

pub use log::LogColumns;

use super::mistake::{Findings, Mistakes};
use super::section::Section;
use super::text::Text;
use base::{Calendar, Date, Offset};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest span that is run at once.
const DAYS_MAX: u32 = 1_500;

/// A plan file, read.
#[derive(Clone, Debug)]
pub struct SimPlan {
    /// The plan.
    pub plan: sim::Plan,
    /// Titles of groups on screens; same order.
    pub titles: Vec<String>,
    /// The seed that is used when none is given.
    pub seed: u64,
    /// Callers come from this log instead of being drawn.
    pub log: Option<LogColumns>,
    /// What is allowed but odd.
    pub warnings: Mistakes,
}

impl SimPlan {
    /// Reads a file.
    ///
    /// # Errors
    /// Every mistake in it, or that it cannot be read.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Mistakes::of_file(
                &file,
                format!("the plan cannot be read: {error}"),
                "give the path of a plan file in UTF-8; deploy/plans/year-2024.toml is one to begin with",
            )
        })?;
        Self::parse(&text, &file)
    }

    /// Reads a text. `file` names it in messages, and a call log is looked for beside it.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Mistakes> {
        let findings = Findings::default();
        let (document, errors) = toml::de::DeTable::parse_recoverable(text);
        for error in errors {
            let place = error.span().unwrap_or(text.len()..text.len());
            findings.wrong(place, error.message(), super::syntax_remedy(error.message()));
        }
        let folder = Path::new(file).parent().map(Path::to_path_buf).unwrap_or_default();
        let top = Section::new("", 0..0, document.get_ref(), &findings);
        let built = read(top, &folder, &findings);
        let wrong = findings.any_wrong();
        let mistakes = findings.close(Text::new(file, text));
        if wrong { Err(mistakes) } else { Ok(Self { warnings: mistakes, ..built }) }
    }
}

fn read(mut top: Section<'_>, folder: &Path, findings: &Findings) -> SimPlan {
    let title = top.or("title", "plan".to_owned()).into_inner();
    let seed = u64::from(top.or("seed", 12345u32).into_inner());
    let from = top.must::<Date>("from", "\"2024-01-01\"");
    let to = top.must::<Date>("to", "\"2024-12-31\"");
    if *to.get_ref() > Date::FIRST && to.get_ref() < from.get_ref() {
        findings.wrong(to.span(), "to lies before from", "write a last day that is the first or later");
    } else if *from.get_ref() > Date::FIRST && to.get_ref().days() - from.get_ref().days() >= DAYS_MAX {
        findings.wrong(
            to.span(),
            "the plan is longer than four years",
            format!("end within {DAYS_MAX} days"),
        );
    }
    let calendar = top.or("calendar", value::Days::China);
    let calendar = match calendar.get_ref() {
        value::Days::China => Calendar::china(),
        value::Days::Plain => Calendar::plain(),
    };
    let thresholds = top.list::<Duration>("thresholds").map_or_else(
        || vec![Duration::from_secs(15), Duration::from_secs(20), Duration::from_secs(30)],
        |list| list.into_iter().map(toml::Spanned::into_inner).collect(),
    );
    let own = top.or("threshold", Duration::from_secs(30));
    let threshold = thresholds.iter().position(|limit| limit == own.get_ref()).unwrap_or_else(|| {
        findings.wrong(
            own.span(),
            "threshold is none of thresholds",
            "write one of them; it is the service level that charts show",
        );
        0
    });
    let short_abandon = top.or("short_abandon", Duration::from_secs(5)).into_inner();
    let long_talk = top.or("long_talk", Duration::from_secs(600)).into_inner();

    let sites = town::sites(&mut top);
    let profiles = town::profiles(&mut top);
    let groups = groups::read(&mut top, &profiles, &sites);
    let load = town::load(&mut top, &groups.names());
    let staff = teams::read(&mut top, &groups.names(), &sites);
    let desk = teams::desk(&mut top);
    let (hours, night) = town::night(&mut top);
    let log = log::read(&mut top, folder, &groups.names());
    top.close();

    let titles = groups.titles();
    let (plans, callers, turned_to) = groups.into_parts();
    let plan = sim::Plan {
        title,
        from: *from.get_ref(),
        to: *to.get_ref(),
        offset: Offset::CHINA,
        calendar,
        load,
        callers,
        sites: sites.into_iter().map(|(_, site)| site).collect(),
        acd: acd::Plan { groups: plans, agents: staff.agents, hours, night, ..acd::Plan::default() },
        turned_to,
        shifts: staff.shifts,
        teams: staff.teams,
        desk,
        thresholds,
        threshold,
        short_abandon,
        long_talk,
    };
    SimPlan { plan, titles, seed, log, warnings: Mistakes::of_file("", "", "") }
}

/// The place of a name in a list of keys; a name that is not there is noted, with the nearest one.
fn find(kind: &str, name: &toml::Spanned<String>, known: &[String], findings: &Findings) -> Option<usize> {
    let place = known.iter().position(|key| key == name.get_ref());
    if place.is_none() {
        let remedy = match super::nearest::nearest(name.get_ref(), known.iter().map(String::as_str)) {
            Some(word) => format!("did you mean {word}?"),
            None if known.is_empty() => format!("the plan has no {kind}"),
            None => format!("known: {}", known.join(", ")),
        };
        findings.wrong(name.span(), format!("there is no {kind} {}", name.get_ref()), remedy);
    }
    place
}

/// A path beside the plan file.
fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}
