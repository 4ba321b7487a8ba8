//! Columns of a call log, so that any centre can run its own past.

use super::{beside, find};
use crate::config::section::Section;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Where the callers of a real log stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogColumns {
    /// The file.
    pub file: PathBuf,
    /// Column of the time at which the caller came into the line: `2024-07-02 09:15:30`, or seconds since 1970.
    pub arrived: String,
    /// Column of the group; `None`: all belong to the first.
    pub group: Option<String>,
    /// Column of the site; `None`: all belong to the first.
    pub site: Option<String>,
    /// Column of the seconds talked, when answered; empty or 0 when not.
    pub talk: String,
    /// Column of the seconds waited.
    pub waited: String,
    /// What the group column says ─▶ which group, as a place in the plan.
    pub groups: Vec<(String, usize)>,
    /// Talk, patience and wrap-up are fitted to the log; else the plan's are kept.
    pub fit: bool,
}

pub(super) fn read(top: &mut Section<'_>, folder: &Path, names: &[String]) -> Option<LogColumns> {
    let mut section = top.section("log")?;
    let findings = section.findings();
    let file = section.must::<String>("file", "\"calls.csv\"");
    let column = |section: &mut Section<'_>, key| section.get::<String>(key).map(Spanned::into_inner);
    let arrived = section.or("arrived", "arrived".to_owned()).into_inner();
    let (group, site) = (column(&mut section, "group"), column(&mut section, "site"));
    let talk = section.or("talk", "talk".to_owned()).into_inner();
    let waited = section.or("waited", "waited".to_owned()).into_inner();
    let mut groups: Vec<(String, usize)> =
        names.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
    for table in section.tables("names") {
        let mut table = table;
        let said = table.must::<String>("says", "\"民生\"").into_inner();
        let meant = table.must::<String>("means", "\"general\"");
        if let Some(place) = find("group", &meant, names, findings) {
            groups.push((said, place));
        }
        table.close();
    }
    let fit = section.or("fit", true).into_inner();
    section.close();
    let file = beside(folder, file.get_ref());
    Some(LogColumns { file, arrived, group, site, talk, waited, groups, fit })
}
