//! What a reader may ask for: the board, and why not now.
//!
//! ```text
//! board G · where C · show A · why C · why_agent A · candidates C · contenders A · picks A [B] · preview group … (see `change`)
//! ```

use crate::Hotline;
use acd::AgentRef;
use acd::explain::Waits;
use base::{Handle, Timestamp};
use std::fmt::{Display, Write as _};

impl Hotline {
    /// Whether the words are a reader's; then he has seen it.
    pub(crate) fn reads(&mut self, words: &[&str]) -> bool {
        let seen = match *words {
            ["board", group] => self.board(group),
            ["where", caller] => self.place_in_line(caller),
            ["show", agent] => self.show(agent),
            ["why", caller] => self.why(caller),
            ["why_agent", agent] => self.why_agent(agent),
            ["candidates", caller] => self.candidates(caller),
            ["contenders", agent] => self.contenders(agent),
            ["picks", agent] => self.picks(agent, None),
            ["picks", agent, at] => self.picks(agent, Some(at)),
            _ => return false,
        };
        let _ = writeln!(self.text, "          > {} {} {seen}", words[0], words[1]);
        true
    }

    fn board(&mut self, group: &str) -> String {
        let reference = self.group_named(group);
        let view = self.twins().0.group(reference).expect("a group of the plan");
        let oldest = some("oldest", view.oldest);
        let callbacks = some("callbacks", Some(view.callbacks).filter(|count| *count > 0));
        let surge = if view.surging { " surge" } else { "" };
        let expected = some("expected", view.expected.map(|wait| format!("{}s", wait.as_secs_f64())));
        format!(
            "waiting={} ringing={}{oldest}{callbacks}{surge} signed_in={} ready={}{expected}",
            view.waiting, view.offered, view.signed_in, view.ready
        )
    }

    fn place_in_line(&mut self, caller: &str) -> String {
        let reference = self.caller_named(caller);
        let Some(view) = self.twins().0.caller(reference) else { return "waits in no line".into() };
        let line = &self.plan.groups[view.group.index()].name;
        let rings_at = some("rings_at", view.rings_at.map(|agent| self.agent_name(agent)));
        format!("{line} position={} since={}{rings_at}", view.position, view.since)
    }

    fn show(&mut self, agent: &str) -> String {
        let reference = self.agent_named(agent);
        let view = self.twins().0.agent(reference).expect("an agent of the plan");
        let (state, since) = (view.state, view.since);
        format!("{} since={since}", self.state(state))
    }

    fn why(&mut self, caller: &str) -> String {
        let reference = self.caller_named(caller);
        let Some(why) = self.twins().0.why_caller(reference) else { return "waits in no line".into() };
        let waits = match why.waits {
            Waits::Open => "open".into(),
            Waits::Ringing(at) => format!("rings_at={at}"),
            Waits::InTurn => "callback_in_turn".into(),
            Waits::Paused(until) => format!("callback_paused until={until}"),
            Waits::Dialing => "dialing".into(),
        };
        let alone = why.alone.map(|(agent, until)| {
            let until = if until == Timestamp::NEVER { String::new() } else { format!("@{until}") };
            format!("{}{until}", self.agent_name(agent))
        });
        let of = why.agents;
        let counts = [
            ("signed_out", of.signed_out),
            ("not_yet", of.not_yet),
            ("lack_abilities", of.lack_abilities),
            ("not_ready", of.not_ready),
            ("ringing", of.ringing),
            ("talking", of.talking),
            ("wrap_up", of.wrap_up),
            ("refused_just_now", of.cooling),
            ("ready", of.ready),
        ];
        let counts = counts.map(|(name, count)| some(name, Some(count).filter(|count| *count > 0))).concat();
        let ends = some("wrap_up_ends", of.wrap_up_ends);
        let next = some("next_stage", why.next_stage.map(|(stage, at)| format!("{stage}@{at}")));
        let refused: String =
            why.refused_by.iter().map(|agent| some("refused_by", Some(self.agent_name(*agent)))).collect();
        format!("position={} {waits}{}{counts}{ends}{next}{refused}", why.position, some("only", alone))
    }

    fn why_agent(&mut self, agent: &str) -> String {
        let reference = self.agent_named(agent);
        let why = self.twins().0.why_agent(reference).expect("an agent of the plan");
        format!(
            "{}{} waiting_for_him={} not_yet={} ringing_elsewhere={} refused={}",
            self.state(why.state),
            some("until", why.until),
            why.waiting_for_him,
            why.not_yet,
            why.ringing_elsewhere,
            why.refused.len()
        )
    }

    fn candidates(&mut self, caller: &str) -> String {
        let reference = self.caller_named(caller);
        let found = self.twins().0.candidates(reference);
        listed(found.iter().map(|candidate| {
            let stage = candidate.stage.map_or_else(|| "preferred".into(), |stage| format!("stage {stage}"));
            let refused = if candidate.refused { ", refused" } else { "" };
            let (level, idle) = (candidate.level.0, candidate.idle);
            format!(
                "{} ({stage}, level {level}, idle since {idle}{refused})",
                self.agent_name(candidate.agent)
            )
        }))
    }

    fn contenders(&mut self, agent: &str) -> String {
        let reference = self.agent_named(agent);
        let found = self.twins().0.contenders(reference, 10);
        listed(found.iter().map(|contender| {
            let name = &self.callers[contender.caller.index() as usize];
            let grey = if contender.grey { ", grey" } else { "" };
            let refused = if contender.refused { ", refused" } else { "" };
            let head_start = contender.head_start.as_secs_f64();
            format!("{name} (since {}, head start {head_start}s{grey}{refused})", contender.since)
        }))
    }

    /// Whom an agent gets who picks a call, anywhere or at another agent; both twins say the same.
    fn picks(&mut self, agent: &str, at: Option<&str>) -> String {
        let agent = self.agent_named(agent);
        let at = at.map(|at| self.agent_named(at));
        let (fast, naive) = self.twins();
        let picked = fast.pick_for(agent, at);
        assert_eq!(picked, naive.pick_for(agent, at));
        match picked {
            Ok(caller) => self.callers[caller.index() as usize].clone(),
            Err(why) => why.into(),
        }
    }

    pub(crate) fn preview(&mut self, words: &[&str]) {
        let plan = self.changed(words);
        let now = self.now;
        let preview = match self.twins().0.preview(now, &plan) {
            Ok(preview) => preview,
            Err(why) => {
                let _ = writeln!(self.text, "          > refused: {why}");
                return;
            }
        };
        for affected in &preview.callers {
            let name = self.callers[affected.caller.index() as usize].clone();
            let after = affected.position_after.map_or("turned_away".into(), |at| at.to_string());
            let _ = writeln!(
                self.text,
                "          > would change {name} agents={}->{} position={}->{after}",
                affected.agents_before, affected.agents_after, affected.position_before
            );
        }
        for output in &preview.outputs {
            self.know_offer(output);
            let said = self.said(output);
            let _ = writeln!(self.text, "          > would say {said}");
        }
    }

    fn agent_name(&self, agent: AgentRef) -> &str {
        &self.plan.agents[agent.index()].name
    }
}

fn some<T: Display>(name: &str, value: Option<T>) -> String {
    value.map(|value| format!(" {name}={value}")).unwrap_or_default()
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
