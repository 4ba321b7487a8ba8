//! Surge: a line with too many callers admits fewer, lets nobody wait twice, or hears announcements only.
//!
//! ```text
//!   Automatic   callers in the line ≥ begins_at ──▶ on ──▶ ≤ ends_at ──▶ off        (missed calls not counted)
//!   On, Off, AnnounceOnly                          as the supervisor says
//!
//!   while it lasts: admit_max in the line; the same party's second call takes the place of the first
//! ```
//!
//! Emergencies are always admitted. Told once at each change, at the end of the step that brings it.
//!
//! Never knows: what an announcement says, who called.

use crate::caller::NO_GROUP;
use crate::distributor::Distributor;
use crate::group::Group;
use crate::input::SurgeMode;
use crate::output::Alert;
use crate::{GroupRef, Output};

impl Group {
    /// Whether a surge is on.
    pub(crate) const fn is_surging(&self) -> bool {
        match self.surge {
            SurgeMode::Automatic => self.surging,
            SurgeMode::Off => false,
            SurgeMode::On | SurgeMode::AnnounceOnly => true,
        }
    }
}

impl Distributor {
    /// Whether a surge is on in a group.
    pub(crate) fn is_surging(&self, group: GroupRef) -> bool {
        self.groups[group.index()].is_surging()
    }

    /// Whether one more usual caller is admitted to a line of this length.
    pub(crate) fn admits(&self, group: GroupRef, waiting: usize, has_place: bool) -> bool {
        let group = &self.groups[group.index()];
        match group.surge {
            SurgeMode::AnnounceOnly => false,
            _ if !group.is_surging() => true,
            _ => has_place || waiting < group.plan.surge.admit_max,
        }
    }

    /// A line has changed its length: whether that begins or ends a surge is looked at when the step is over.
    pub(crate) fn watch_surge(&mut self, group: GroupRef) {
        let at = &self.groups[group.index()];
        let may_change = at.surging || at.plan.surge.begins_at.is_some();
        if may_change && !self.watched.contains(&group) {
            self.watched.push(group);
        }
    }

    /// A supervisor sets the mode.
    pub(crate) fn set_surge(
        &mut self,
        group: GroupRef,
        mode: SurgeMode,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let at = self.groups.get_mut(group.index()).ok_or(NO_GROUP)?;
        let before = at.is_surging();
        at.surge = mode;
        at.surging = at.surging && mode == SurgeMode::Automatic;
        let on = at.is_surging();
        if on != before {
            out.push(Output::Alert(Alert::Surge { group, on, mode }));
        }
        self.watch_surge(group);
        Ok(())
    }

    /// The end of a step: who has to go, then surges that it began or ended by itself, in order of the plan.
    pub(crate) fn end_step(&mut self, out: &mut Vec<Output>) {
        self.send_away(out);
        if self.watched.is_empty() {
            return;
        }
        self.watched.sort_unstable();
        for group in self.watched.drain(..) {
            let at = &mut self.groups[group.index()];
            let waiting = at.line.held();
            // A plan may have changed to one in which no surge begins by itself: then none goes on by itself.
            let on = at.plan.surge.begins_at.is_some_and(|begins_at| {
                if at.surging { waiting > at.plan.surge.ends_at } else { waiting >= begins_at }
            });
            if at.surge == SurgeMode::Automatic && at.surging != on {
                at.surging = on;
                out.push(Output::Alert(Alert::Surge { group, on, mode: SurgeMode::Automatic }));
            }
        }
    }
}
