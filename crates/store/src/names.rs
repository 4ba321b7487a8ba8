//! Names: the numbers under which records know groups, agents, trunks, flows and studios.
//!
//! A key gets its number when it is seen first and keeps it for ever, so a configuration may reorder, add and
//! remove without touching old records.

use report::Plan;
use report::plan::RosterNames;
use report::record::Choice;
use rusqlite::{Connection, OptionalExtension, params};

/// From positions in the plan to numbers in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    groups: Vec<i64>,
    agents: Vec<i64>,
    trunks: Vec<i64>,
    flows: Vec<i64>,
    /// These are written as they are: people come and go.
    pub(crate) rosters: Vec<RosterNames>,
    /// Keys, and whether they count as answered on line.
    dispositions: Vec<(String, bool)>,
    /// Of each flow.
    steps: Vec<Vec<String>>,
    languages: Vec<String>,
    studios: Vec<i64>,
}

impl Names {
    /// Looks up every name of the plan; new ones are added.
    pub(crate) fn of(plan: &Plan, connection: &mut Connection) -> rusqlite::Result<Self> {
        let transaction = connection.transaction()?;
        let names = Self {
            groups: ids(&transaction, "group", &plan.groups)?,
            agents: ids(&transaction, "agent", &plan.agents)?,
            trunks: ids(&transaction, "trunk", &plan.trunks)?,
            flows: ids(&transaction, "flow", &plan.flows)?,
            rosters: plan.rosters.clone(),
            dispositions: plan.dispositions.iter().cloned().zip(plan.online.iter().copied()).collect(),
            steps: plan.steps.clone(),
            languages: plan.languages.clone(),
            studios: ids(&transaction, "studio", &plan.studios)?,
        };
        transaction.commit()?;
        Ok(names)
    }

    /// `None` for nobody, and for a position that the plan does not know.
    pub(crate) fn group(&self, group: Option<acd::GroupRef>) -> Option<i64> {
        self.groups.get(group?.index()).copied()
    }

    pub(crate) fn agent(&self, agent: Option<acd::AgentRef>) -> Option<i64> {
        self.agents.get(agent?.index()).copied()
    }

    pub(crate) fn trunk(&self, trunk: sip::leg::TrunkRef) -> Option<i64> {
        self.trunks.get(trunk.index()).copied()
    }

    pub(crate) fn flow(&self, flow: Option<call::plan::FlowRef>) -> Option<i64> {
        self.flows.get(flow?.index()).copied()
    }

    pub(crate) fn disposition(&self, disposition: call::plan::DispositionRef) -> Option<(&str, bool)> {
        self.dispositions.get(disposition.index()).map(|(key, online)| (key.as_str(), *online))
    }

    pub(crate) fn language(&self, language: Option<call::plan::LanguageRef>) -> Option<&str> {
        self.languages.get(language?.index()).map(String::as_str)
    }

    /// `choose:8 desk:0`; `None` for nothing.
    pub(crate) fn choices(&self, flow: Option<call::plan::FlowRef>, choices: &[Choice]) -> Option<String> {
        let steps = flow.and_then(|flow| self.steps.get(flow.index()));
        let step = |choice: &Choice| steps.and_then(|steps| steps.get(choice.step.index()));
        let shown = choices.iter().map(|choice| match step(choice) {
            Some(step) => format!("{step}:{}", choice.key),
            None => format!("{}:{}", choice.step, choice.key),
        });
        (!choices.is_empty()).then(|| shown.collect::<Vec<_>>().join(" "))
    }

    pub(crate) fn studio(&self, studio: Option<call::plan::StudioRef>) -> Option<i64> {
        self.studios.get(studio?.index()).copied()
    }
}

fn ids(connection: &Connection, kind: &str, keys: &[String]) -> rusqlite::Result<Vec<i64>> {
    let mut find = connection.prepare("SELECT id FROM name WHERE kind = ?1 AND key = ?2")?;
    let mut add = connection.prepare("INSERT INTO name (kind, key) VALUES (?1, ?2)")?;
    keys.iter()
        .map(|key| match find.query_row(params![kind, key], |row| row.get(0)).optional()? {
            Some(id) => Ok(id),
            None => add.insert(params![kind, key]),
        })
        .collect()
}
