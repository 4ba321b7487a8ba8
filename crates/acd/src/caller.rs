//! Callers: from joining a line to the bridge, the hang-up or being turned away.
//!
//! ```text
//!   Enqueue ─▶ room? somebody there? ─▶ Queued ─▶ offered or open ─┬─ Accept ─▶ Served
//!                  └─ no ─▶ TurnedAway                             ├─ Leave  ─▶ (offer withdrawn)
//!                                                                  └─ limit  ─▶ TurnedAway
//! ```
//!
//! `Queued` is told once, at joining, even when the offer follows in the same step. A full line counts those who
//! are ringing: they still stand in it. A caller whom nobody signed in could serve is turned away rather than
//! counted against a full line.
//!
//! Never knows: who calls, from where, what he hears.

use crate::distributor::Distributor;
use crate::line::Place;
use crate::{CallerRef, Enqueue, GroupRef, OfferRef, Output, Turned};
use base::{Arena, Table, TimerRef};
use std::cmp::Reverse;
use std::time::Duration;

base::handle!(Spot, "spot", "Where a caller's record is kept.");

/// One caller in a line.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) caller: CallerRef,
    /// Whose line.
    pub(crate) group: GroupRef,
    pub(crate) place: Place,
    /// How many overflow stages are behind him.
    pub(crate) stages: usize,
    /// He waited as long as he may; he stays only while he is ringing.
    pub(crate) overdue: bool,
    /// The offer in which he is ringing.
    pub(crate) offer: Option<OfferRef>,
    /// Whether he stands in the `open` index of the groups that may serve him.
    pub(crate) listed: bool,
    /// His next stage or his longest wait.
    pub(crate) timer: Option<TimerRef>,
}

/// All callers, by the sender's reference and by spot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers {
    spots: Table<CallerRef, Spot>,
    kept: Arena<Spot, Caller>,
    /// How many ever joined.
    joined: u64,
}

impl Callers {
    pub(crate) fn spot(&self, caller: CallerRef) -> Option<Spot> {
        self.spots.get(&caller).copied()
    }

    pub(crate) fn get(&self, spot: Spot) -> Option<&Caller> {
        self.kept.get(spot)
    }

    pub(crate) fn get_mut(&mut self, spot: Spot) -> Option<&mut Caller> {
        self.kept.get_mut(spot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Spot, &Caller)> {
        self.kept.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    fn join(&mut self, request: &Enqueue) -> Spot {
        self.joined += 1;
        let order = self.joined;
        let spot = self.kept.insert_with(|spot| Caller {
            caller: request.caller,
            group: request.group,
            place: Place { priority: Reverse(request.priority), since: request.since, order, spot },
            stages: 0,
            overdue: false,
            offer: None,
            listed: false,
            timer: None,
        });
        self.spots.insert(request.caller, spot);
        spot
    }

    fn leave(&mut self, spot: Spot) -> Option<Caller> {
        let caller = self.kept.remove(spot)?;
        self.spots.remove(&caller.caller);
        Some(caller)
    }
}

impl Distributor {
    /// A caller joins a line, or is turned away at its door.
    pub(crate) fn enqueue(
        &mut self,
        mut request: Enqueue,
        out: &mut Vec<Output>,
    ) -> Result<(), &'static str> {
        let Enqueue { caller, group, .. } = request;
        let Some(door) = self.groups.get(group.index()) else { return Err("there is no such group") };
        if self.callers.spot(caller).is_some() {
            return Err("the caller waits in a line already");
        }
        let full = door.line.len() >= door.plan.line_max;
        if door.is_deserted() || full {
            let why = if door.is_deserted() { Turned::NobodySignedIn } else { Turned::LineFull };
            out.push(Output::TurnedAway { caller, group, why });
            return Ok(());
        }

        request.since = request.since.min(self.now); // nobody has waited less than nothing
        let spot = self.callers.join(&request);
        let Some(joined) = self.callers.get(spot) else { return Ok(()) };
        let place = joined.place;
        let line = &mut self.groups[group.index()].line;
        line.join(place);
        let position = line.position(&place);

        let told = out.len();
        out.push(Output::Queued { caller, group, position, expected: self.expected(group, position) });
        self.pass_stages(spot, out);
        self.settle(Some(spot), None, out);
        // Whoever is offered in this step does not wait for anybody.
        if self.callers.get(spot).is_some_and(|caller| caller.offer.is_some()) {
            out[told] = Output::Queued { caller, group, position, expected: Some(Duration::ZERO) };
        }
        Ok(())
    }

    /// A caller is gone; the agent at whom he was ringing keeps his idle time and takes the next one.
    pub(crate) fn leave(&mut self, caller: CallerRef, out: &mut Vec<Output>) -> Result<(), &'static str> {
        let spot = self.callers.spot(caller).ok_or("the caller waits in no line")?;
        let freed = self.withdraw(spot, out);
        self.take_out(spot);
        self.settle(None, freed, out);
        Ok(())
    }

    /// A limit takes a caller out of the line.
    pub(crate) fn turn_away(&mut self, spot: Spot, why: Turned, out: &mut Vec<Output>) {
        if let Some(Caller { caller, group, .. }) = self.take_out(spot) {
            out.push(Output::TurnedAway { caller, group, why });
        }
    }

    /// Takes a caller out of line, index, timers and store.
    pub(crate) fn take_out(&mut self, spot: Spot) -> Option<Caller> {
        self.unlist_caller(spot);
        let caller = self.callers.leave(spot)?;
        if let Some(timer) = caller.timer {
            self.timers.cancel(timer);
        }
        self.groups[caller.group.index()].line.leave(&caller.place);
        Some(caller)
    }

    /// Puts a caller where the agents of the groups that may serve him look.
    pub(crate) fn list_caller(&mut self, spot: Spot) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        if !std::mem::replace(&mut caller.listed, true) {
            let (place, group, stages) = (caller.place, caller.group, caller.stages);
            for stage in 0..=stages {
                let serves = self.serves(group, stage);
                self.groups[serves.index()].open.insert(place);
            }
        }
    }

    /// Takes him out of there.
    pub(crate) fn unlist_caller(&mut self, spot: Spot) {
        let Some(caller) = self.callers.get_mut(spot) else { return };
        if std::mem::replace(&mut caller.listed, false) {
            let (place, group, stages) = (caller.place, caller.group, caller.stages);
            for stage in 0..=stages {
                let serves = self.serves(group, stage);
                self.groups[serves.index()].open.remove(&place);
            }
        }
    }

    /// The expected wait in a position of a group's line.
    pub(crate) fn expected(&self, group: GroupRef, position: u32) -> Option<Duration> {
        let group = &self.groups[group.index()];
        group.handling.expected(position, group.signed_in)
    }
}
