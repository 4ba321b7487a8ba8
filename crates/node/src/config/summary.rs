//! A short picture of a centre, for whoever has just checked its file.

use super::Config;
use super::value::show_span;
use acd::{AgentPlan, GroupPlan, Stage};
use std::fmt;

/// Shows a [`Config`] in a dozen lines.
pub struct Summary<'c>(&'c Config);

impl<'c> Summary<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        Self(config)
    }

    fn overflow(&self, group: &GroupPlan) -> String {
        let groups = &self.0.call.acd.groups;
        let stage = |stage: &Stage| {
            let to = groups.get(stage.group.index()).map_or("?", |group| group.name.as_str());
            format!("{} {to}", show_span(stage.after))
        };
        group.timeline.iter().skip(1).map(stage).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { node, sip, call, report, .. } = self.0;
        let listen: Vec<String> =
            sip.listen.iter().map(|(transport, at)| format!("{transport:?} {at}").to_lowercase()).collect();
        writeln!(f, "SIP      {}", listen.join(", "))?;
        writeln!(f, "HTTP     {}", node.http)?;
        writeln!(f, "records  {} (written every {})", node.database.display(), show_span(node.record_flush))?;
        writeln!(
            f,
            "calls    at most {} at once, audio on ports {}-{}",
            call.calls_max,
            call.audio.ports.start(),
            call.audio.ports.end()
        )?;
        let trunks: Vec<&str> = sip.trunks.iter().map(|trunk| trunk.name.as_str()).collect();
        writeln!(f, "trunks   {}", if trunks.is_empty() { "none".to_owned() } else { trunks.join(", ") })?;
        writeln!(f, "agents   {} in {} sites\n", call.acd.agents.len(), report.sites.len().max(1))?;
        let overflows: Vec<String> = call.acd.groups.iter().map(|group| self.overflow(group)).collect();
        let wide = overflows.iter().map(String::len).max().unwrap_or(0).max("overflow".len());
        writeln!(
            f,
            "{:<16} {:>6} {:>6} {:>7} {:>8}  {:<wide$}  title",
            "group", "agents", "ring", "wrap-up", "wait max", "overflow"
        )?;
        for (at, (group, overflow)) in call.acd.groups.iter().zip(&overflows).enumerate() {
            let serves = |agent: &&AgentPlan| agent.skills.iter().any(|(of, _)| of.index() == at);
            writeln!(
                f,
                "{:<16} {:>6} {:>6} {:>7} {:>8}  {overflow:<wide$}  {}",
                group.name,
                call.acd.agents.iter().filter(serves).count(),
                show_span(group.ring),
                show_span(group.wrap_up),
                group.wait_max.map_or_else(|| "-".to_owned(), show_span),
                call.groups[at].title
            )?;
        }
        writeln!(f)?;
        for entry in &call.entries {
            let trunk = entry.trunk.and_then(|trunk| sip.trunks.get(trunk.index()));
            let flow = call.flows.get(entry.flow.index()).map_or("?", |flow| flow.name.as_str());
            let from = trunk.map_or("any trunk", |trunk| trunk.name.as_str());
            writeln!(f, "calls to {} from {from} take {flow}", entry.called)?;
        }
        Ok(())
    }
}
