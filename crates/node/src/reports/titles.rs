//! Names: from the records' numbers to keys and titles, and the one row that a question may be about.

use super::asked::RosterTitles;
use super::options::{Lang, Rows};
use crate::config::nearest::nearest;
use crate::config::{Config, Titled};
use anyhow::{Result, bail};
use report::disposals::RESULTS_MAX;
use report::tables::{By, NameId, Setup, Who};
use std::collections::BTreeMap;
use store::period::Name;

/// Keys and titles of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Titles {
    /// Key and kind by number.
    names: BTreeMap<NameId, (String, String)>,
    /// Titles of groups by key.
    titles: BTreeMap<String, String>,
    /// Titles of rosters and reasons.
    pub(super) rosters: RosterTitles,
    /// Names of dispositions.
    dispositions: Vec<Titled>,
    /// Titles of radio studios by key.
    studios: BTreeMap<String, String>,
    /// Keys of sites.
    sites: Vec<String>,
    /// Site of each agent.
    pub(super) agent_sites: BTreeMap<NameId, u16>,
    /// Only this row.
    pub(super) only: Option<Who>,
}

impl Titles {
    /// From the records and, when it was named, the centre's configuration.
    ///
    /// # Errors
    /// Rows by site without a configuration; a row that does not exist.
    pub(super) fn new(names: Vec<Name>, centre: Option<&Config>, rows: &Rows) -> Result<Self> {
        let mut titles = Self::default();
        for name in names {
            titles.names.insert(name.id, (name.key, name.kind));
        }
        if let Some(config) = centre {
            let plan = &config.report;
            titles.titles = plan.groups.iter().cloned().zip(plan.titles.iter().cloned()).collect();
            titles.studios = plan.studios.iter().cloned().zip(plan.studio_titles.iter().cloned()).collect();
            titles.sites.clone_from(&plan.sites);
            for roster in &config.call.rosters {
                titles.rosters.rosters.insert(roster.name.clone(), roster.title.clone());
                for reason in roster.liaison.iter().flatten() {
                    let key = (roster.name.clone(), reason.key.clone());
                    titles.rosters.reasons.insert(key, reason.title.clone());
                }
            }
            titles.dispositions.clone_from(&config.dispositions);
            for (agent, site) in plan.agents.iter().zip(&plan.agent_sites) {
                if let Some(id) = titles.find("agent", agent)
                    && let Ok(site) = u16::try_from(*site)
                {
                    titles.agent_sites.insert(id, site);
                }
            }
        } else if rows.by == By::Site {
            bail!(
                "the records do not tell where agents sit; add --config centre.toml, whose agents have their site"
            );
        }
        if let Some(key) = &rows.key {
            titles.only = Some(titles.row(rows.by, key)?);
        }
        Ok(titles)
    }

    fn find(&self, kind: &str, key: &str) -> Option<NameId> {
        self.names.iter().find(|(_, (name, of))| of == kind && name == key).map(|(id, _)| *id)
    }

    fn row(&self, by: By, key: &str) -> Result<Who> {
        let kind = match by {
            By::Site => {
                if let Some(at) = self.sites.iter().position(|site| site == key) {
                    return Ok(Who::Site(u16::try_from(at)?));
                }
                "site"
            }
            By::Group => "group",
            By::Agent => "agent",
            By::Trunk => "trunk",
            By::All => "",
        };
        if let Some(id) = self.find(kind, key) {
            return Ok(Who::Name(id));
        }
        let known: Vec<&str> = match by {
            By::Site => self.sites.iter().map(String::as_str).collect(),
            _ => self.names.values().filter(|(_, of)| of == kind).map(|(name, _)| name.as_str()).collect(),
        };
        let meant = nearest(key, known.iter().copied())
            .map(|word| format!("; did you mean {word}?"))
            .unwrap_or_default();
        let some: Vec<&str> = known.iter().copied().take(12).collect();
        bail!("--by {kind}={key}: the records know no such {kind}{meant} (there are {})", some.join(", "))
    }

    /// Whether a row is asked for.
    #[must_use]
    pub(super) fn shows(&self, who: Who) -> bool {
        self.only.is_none_or(|only| only == who)
    }

    /// Key and title of a row.
    #[must_use]
    pub(super) fn of_row(&self, who: Who) -> Option<(&str, &str)> {
        match who {
            Who::Name(id) => {
                let (key, kind) = self.names.get(&id)?;
                let title = self.titles.get(key).filter(|_| kind == "group");
                Some((key, title.map_or(key.as_str(), String::as_str)))
            }
            Who::Site(site) => self.sites.get(usize::from(site)).map(|key| (key.as_str(), key.as_str())),
            Who::Nobody | Who::All => None,
        }
    }

    /// The same for people, with words for what has no name.
    #[must_use]
    pub(super) fn of(&self, who: Who, lang: Lang) -> (String, String) {
        match (self.of_row(who), who) {
            (Some((key, title)), _) => (key.to_owned(), title.to_owned()),
            (None, Who::All) => ("total".to_owned(), lang.label("合计", "total")),
            (None, _) => ("-".to_owned(), lang.label("无", "none")),
        }
    }

    /// Key and names of a disposition; without the centre's configuration its key is its name. What is too many to be
    /// counted by itself stands with the last.
    #[must_use]
    pub(super) fn disposition(&self, setup: &Setup, at: usize) -> (String, String, String) {
        let Some(key) = setup.results.get(at) else { return ("?".into(), "?".into(), "?".into()) };
        if at + 1 == RESULTS_MAX && setup.results.len() > RESULTS_MAX {
            return ("others".into(), "其他".into(), "others".into());
        }
        match self.dispositions.iter().find(|known| known.key == *key) {
            Some(known) => (key.clone(), known.zh.clone(), known.en.clone()),
            None => (key.clone(), key.clone(), key.clone()),
        }
    }

    /// Title of a radio studio; its key when the configuration is not known.
    #[must_use]
    pub(super) fn studio(&self, key: &str) -> String {
        self.studios.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// Key of a name, for lists.
    #[must_use]
    pub(super) fn key(&self, id: Option<NameId>) -> String {
        id.and_then(|id| self.names.get(&id)).map_or_else(|| "-".to_owned(), |(key, _)| key.clone())
    }
}
