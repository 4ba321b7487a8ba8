//! Notes: what events say about recordings, for the index. Runs on the report's thread, which knows the record of each
//! call; it never touches the index itself.

use super::id;
use crate::clock::Clock;
use crate::config::RecordingPlan;
use crate::net::outlet::Outlet;
use base::Timestamp;
use call::event::{Event, Stamped};
use media::session::{Keeps, RecordingRef};
use report::{Report, UnixMs};
use std::collections::BTreeMap;
use store::Note;

/// From events to notes.
pub struct Notes {
    clock: Clock,
    run: u64,
    /// Keys in the order of the plan.
    groups: Vec<String>,
    agents: Vec<String>,
    /// What is kept of each group, for how long, and as what.
    kept: RecordingPlan,
    /// What is left out now, and since when. As many as recordings that run.
    left: BTreeMap<RecordingRef, (Timestamp, Keeps)>,
    /// On air since; as many.
    air: BTreeMap<RecordingRef, Timestamp>,
    notes: Outlet<Note>,
}

impl Notes {
    /// Notes of this run.
    #[must_use]
    pub fn new(
        clock: Clock,
        run: u64,
        plan: &report::Plan,
        kept: RecordingPlan,
        notes: Outlet<Note>,
    ) -> Self {
        let (groups, agents) = (plan.groups.clone(), plan.agents.clone());
        Self { clock, run, groups, agents, kept, left: BTreeMap::new(), air: BTreeMap::new(), notes }
    }

    /// Takes an event that the report has taken.
    pub fn take(&mut self, stamped: &Stamped, report: &Report) {
        let at = stamped.at;
        match stamped.event {
            Event::RecordingBegun { call, recording, agent, group } => {
                let begun = self.wall(at);
                let keep = self.kept.groups.get(group.index()).copied().flatten();
                let key = |keys: &[String], at: usize| keys.get(at).cloned().unwrap_or_default();
                self.notes.push(Note::Begun {
                    id: id(self.run, recording),
                    call: report.record_of(call),
                    agent: key(&self.agents, agent.index()),
                    group: key(&self.groups, group.index()),
                    at: begun,
                    keep_until: keep.map(|keep| UnixMs(begun.0.saturating_add(keep.as_millis() as u64))),
                    format: self.kept.formats.get(group.index()).copied().unwrap_or_default(),
                });
            }
            Event::RecordingKeeps { recording, keeps, .. } => {
                self.note_left(recording, at);
                if keeps != Keeps::Speech {
                    self.left.insert(recording, (at, keeps));
                }
            }
            Event::OnAir { recording: Some(recording), on, .. } => {
                // Noted at its beginning, too: the flag outlives a process that is killed.
                let from = if on { at } else { self.air.remove(&recording).unwrap_or(at) };
                if on {
                    self.air.insert(recording, from);
                }
                let (from, to) = (self.wall(from), self.wall(at));
                self.notes.push(Note::Aired { id: id(self.run, recording), from, to });
            }
            Event::RecordingEnded { recording, .. } => self.note_left(recording, at),
            _ => {}
        }
    }

    /// Hands on what waits. Once in a while.
    pub fn flush(&mut self) {
        self.notes.flush();
    }

    fn note_left(&mut self, recording: RecordingRef, to: Timestamp) {
        if let Some((from, keeps)) = self.left.remove(&recording) {
            let (from, to) = (self.wall(from), self.wall(to));
            self.notes.push(Note::Left { id: id(self.run, recording), from, to, keeps });
        }
    }

    fn wall(&self, at: Timestamp) -> UnixMs {
        UnixMs(self.clock.epoch().unix_millis(at))
    }
}
