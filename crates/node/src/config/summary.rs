//! A short picture of a centre, for whoever has just checked its file.

use super::Config;
use super::value::{show_day_span, show_span};
use acd::plan::Order;
use acd::{AgentPlan, GroupPlan, GroupRef, Selection, Sites, Stage};
use std::fmt;

/// Shows a [`Config`] in a few dozen lines.
pub struct Summary<'c>(&'c Config);

impl<'c> Summary<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        Self(config)
    }

    /// Whom a group's callers may get: `0s own site, level 4+ → 20s city → 40s + enterprise`.
    fn timeline(&self, own: GroupRef, group: &GroupPlan) -> String {
        let mut text = String::new();
        for (at, stage) in group.timeline.iter().enumerate() {
            let again = at > 0 && group.timeline[at - 1].after == stage.after;
            text += match (at, again) {
                (0, _) => "",
                (_, true) => " + ",
                (_, false) => " → ",
            };
            if !again {
                text += &show_span(stage.after);
                text.push(' ');
            }
            text += &self.stage(own, stage);
        }
        text
    }

    fn stage(&self, own: GroupRef, stage: &Stage) -> String {
        let Config { call, report, .. } = self.0;
        let site = match stage.sites {
            Sites::Own => Some("own site"),
            Sites::Only(site) => report.sites.get(site.index()).map(String::as_str),
            Sites::All => None,
        };
        let mut text = match (stage.group == own, site) {
            (true, site) => site.unwrap_or("all sites").to_owned(),
            (false, site) => {
                let name = call.acd.groups.get(stage.group.index()).map_or("?", |group| &group.name);
                site.map_or_else(|| name.to_owned(), |site| format!("{name} in {site}"))
            }
        };
        if stage.level_min.0 > 1 {
            text += &format!(", level {}+", stage.level_min.0);
        }
        if stage.waives {
            text += ", whatever he asks for";
        }
        match (stage.at_night, stage.on_help) {
            (true, true) => text += " (at night and on help at once)",
            (true, false) => text += " (at night at once)",
            (false, true) => text += " (on help at once)",
            (false, false) => {}
        }
        text
    }

    /// What else is unusual in a group.
    fn also(&self, group: &GroupPlan) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(hours) = group.hours.and_then(|hours| self.0.call.acd.hours.get(hours.index())) {
            parts.push(format!("open: {}", hours.name));
        }
        if group.selection != Selection::LongestIdle {
            parts.push(selection(group.selection).into());
        }
        if group.weight > 0 {
            parts.push(format!("weight {}", group.weight));
        }
        if group.parallel > 1 {
            parts.push(format!("rings {} at once", group.parallel));
        }
        if group.auto_answer {
            parts.push("answers by itself".into());
        }
        if let Some(sticky) = group.sticky {
            parts.push(format!("last agent for {}", show_span(sticky)));
        }
        if let Some(begins) = group.surge.begins_at {
            let surge = group.surge;
            parts.push(format!("surge from {begins} to {}, admits {}", surge.ends_at, surge.admit_max));
        }
        if let Some(after) = group.callback.offer_after {
            parts.push(format!("callback after {}", show_span(after)));
        }
        if let Some(after) = group.callback.missed_after {
            parts.push(format!("missed calls after {}", show_span(after)));
        }
        parts.join(" · ")
    }

    fn groups(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = &self.0.call;
        writeln!(
            f,
            "{:<16} {:>6} {:>6} {:>7} {:>8} {:>8}  title",
            "group", "agents", "ring", "wrap-up", "line max", "wait max"
        )?;
        for (at, group) in call.acd.groups.iter().enumerate() {
            let serves = |agent: &&AgentPlan| agent.skills.iter().any(|(of, _)| of.index() == at);
            writeln!(
                f,
                "{:<16} {:>6} {:>6} {:>7} {:>8} {:>8}  {}",
                group.name,
                call.acd.agents.iter().filter(serves).count(),
                show_span(group.ring),
                show_span(group.wrap_up),
                group.line_max,
                group.wait_max.map_or_else(|| "-".to_owned(), show_span),
                call.groups[at].title
            )?;
            writeln!(f, "    {}", self.timeline(GroupRef::at(at), group))?;
            let also = self.also(group);
            if !also.is_empty() {
                writeln!(f, "    {also}")?;
            }
        }
        writeln!(f)
    }

    /// Who is asked beside agents, and where callers are held for a show.
    fn helpers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = &self.0.call;
        for roster in &call.rosters {
            let what = if roster.liaison.is_some() { "liaison" } else { "specialists" };
            let at_once =
                if roster.at_once > 1 { format!(", {} at once", roster.at_once) } else { String::new() };
            let extension = match roster.extension.as_str() {
                "" => String::new(),
                extension => format!(" ({extension})"),
            };
            writeln!(
                f,
                "{what} {}{extension}: {} people, each rings {}{at_once}  {}",
                roster.name,
                roster.people.len(),
                show_span(roster.ring),
                roster.title
            )?;
        }
        for studio in &call.studios {
            let console =
                call.acd.agents.get(studio.console.index()).map_or("?", |agent| agent.name.as_str());
            writeln!(
                f,
                "studio {}: console {console}, holds {} for {}  {}",
                studio.name,
                studio.held_max,
                show_span(studio.held_for),
                studio.title
            )?;
        }
        if call.rosters.is_empty() && call.studios.is_empty() { Ok(()) } else { writeln!(f) }
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let acd = &self.0.call.acd;
        for (at, hours) in acd.hours.iter().enumerate() {
            let spans = |spans: &[(u16, u16)]| match spans {
                [] => "closed".to_owned(),
                spans => {
                    spans.iter().map(|(from, to)| show_day_span(*from, *to)).collect::<Vec<_>>().join(", ")
                }
            };
            let night = if acd.night.is_some_and(|night| night.index() == at) { " (the night)" } else { "" };
            writeln!(
                f,
                "hours {}{night}: workdays {}; days off {}",
                hours.name,
                spans(&hours.workdays),
                spans(&hours.days_off)
            )?;
        }
        let Order { head_start_max, grey_delay, .. } = acd.order;
        writeln!(
            f,
            "nobody is overtaken by a caller who joined {} or more after him ({} if he is grey-listed)",
            show_span(head_start_max),
            show_span(head_start_max + grey_delay)
        )?;
        if let Some(most) = acd.breaks_max {
            writeln!(f, "at most {most} agents on a break at once")?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { node, sip, call, report, .. } = self.0;
        let listen: Vec<String> =
            sip.listen.iter().map(|(transport, at)| format!("{transport:?} {at}").to_lowercase()).collect();
        writeln!(f, "SIP      {}", listen.join(", "))?;
        let token = if node.http_token.is_some() { " (changes need the token)" } else { "" };
        writeln!(f, "HTTP     {}{token}", node.http)?;
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
        self.groups(f)?;
        self.helpers(f)?;
        self.times(f)?;
        for entry in &call.entries {
            let trunk = entry.trunk.and_then(|trunk| sip.trunks.get(trunk.index()));
            let flow = call.flows.get(entry.flow.index()).map_or("?", |flow| flow.name.as_str());
            let from = trunk.map_or("any trunk", |trunk| trunk.name.as_str());
            writeln!(f, "calls to {} from {from} take {flow}", entry.called)?;
        }
        Ok(())
    }
}

fn selection(by: Selection) -> &'static str {
    match by {
        Selection::LongestIdle => "longest idle first",
        Selection::LeastOccupied => "least occupied first",
        Selection::RoundRobin => "in turn",
        Selection::FewestCalls => "fewest calls first",
        Selection::HighestLevel => "best first",
    }
}
