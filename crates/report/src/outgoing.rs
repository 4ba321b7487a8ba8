//! Outgoing: the calls that agents make by themselves, and the identity of their counters.
//!
//! ```text
//!   made ─┬─ open                 his phone rings, or that of whoever he calls
//!         ├─ reached ─▶ talks     they talk, and then the talk is over
//!         └─ unreached            busy, refused, rang out, he hung up
//! ```
//!
//! They count beside the callers and never among them: nobody was offered, nobody answered. Such a call is counted where
//! and when it was made. Whoever loses his agent and stands in that one's line is a further stay of the line, as a caller
//! is who comes back. Calls between agents are calls of the centre, and no group's.
//!
//! Never knows: numbers, trunks.

use crate::agents::Agent;
use crate::books::{Books, Place};
use crate::callers::Callers;
use crate::counters::Step;
use crate::interval::Quarter;
use crate::live::{Live, Slot, whole};
use crate::record::{SegmentEnd, SegmentKind, UnixMs};
use acd::{AgentRef, GroupRef};
use base::Timestamp;
use call::event::{CallRef, Side};
use std::time::Duration;

/// Calls that agents made to numbers outside, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outgoings {
    /// Made.
    pub made: u64,
    /// Agent and called talk, or have talked.
    pub reached: u64,
    /// Over without that.
    pub unreached: u64,
    /// Neither yet.
    pub open: u64,
    /// Of the reached, whose call is over.
    pub talks: u64,
}

/// One thing to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingStep {
    /// An agent calls a number outside.
    Made,
    /// Somebody has answered there, whose phone had rung so long.
    Reached(Duration),
    /// The talk is over.
    Talked(Duration),
    /// The call is over, and nobody had answered.
    Unreached,
}

impl Outgoings {
    pub(crate) const fn take(&mut self, step: OutgoingStep) {
        match step {
            OutgoingStep::Made => {
                self.made += 1;
                self.open += 1;
            }
            OutgoingStep::Reached(_) => {
                self.open = self.open.saturating_sub(1);
                self.reached += 1;
            }
            OutgoingStep::Unreached => {
                self.open = self.open.saturating_sub(1);
                self.unreached += 1;
            }
            OutgoingStep::Talked(_) => self.talks += 1,
        }
    }

    /// The identities that hold at every instant.
    ///
    /// # Errors
    /// The one that does not, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let rules = [
            ("made = sum of where they are", self.made == self.reached + self.unreached + self.open),
            ("talks <= reached", self.talks <= self.reached),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((rule, _)) => Err(format!("{rule}: {self:?}")),
            None => Ok(()),
        }
    }
}

/// A call that an agent makes, in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Making {
    agent: AgentRef,
    colleague: Option<AgentRef>,
    group: Option<GroupRef>,
    /// When it was made.
    quarter: Quarter,
    dialed: Option<Timestamp>,
    reached: bool,
    /// The called one's phone rings; then the colleague's talk.
    segment: Slot,
}

impl Making {
    fn count(&self, step: OutgoingStep, books: &mut Books) {
        if self.colleague.is_some() {
            return;
        }
        let (quarter, first_quarter) = (self.quarter, self.quarter);
        match self.group {
            Some(group) => books.both(Place { group, quarter, first_quarter }, Step::Outgoing(step)),
            None => books.centre(quarter, Step::Outgoing(step)),
        }
    }
}

/// What happens to calls that agents make.
impl Callers {
    /// An agent calls somebody.
    pub(crate) fn outgoing_begun(
        &mut self,
        call: CallRef,
        (agent, group, colleague): (AgentRef, Option<GroupRef>, Option<AgentRef>),
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let quarter = Quarter::of(self.epoch, now);
        let Some(live) = self.known(call) else { return };
        if live.since.is_some() || live.callback.is_some() || live.outgoing.is_some() {
            return;
        }
        let (dialed, reached, segment) = (None, false, None);
        let making = Making { agent, colleague, group, quarter, dialed, reached, segment };
        live.outgoing = Some(making);
        live.record.group = group;
        live.record.agent = Some(agent);
        making.count(OutgoingStep::Made, books);
        if let Some(agent) = agents.get_mut(agent.index()) {
            agent.calls_out();
            agent.outgoing += 1;
        }
    }

    /// Whoever he calls is rung.
    pub(crate) fn outgoing_dialed(&mut self, call: CallRef, now: Timestamp, agents: &mut [Agent]) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        let Some(making) = live.outgoing.filter(|making| making.dialed.is_none()) else { return };
        let greeting = live.greeting.take();
        live.end(greeting, wall, SegmentEnd::By(Side::Agent));
        let segment = live.begin(SegmentKind::Dial, making.group, Some(making.agent), wall);
        live.outgoing = Some(Making { dialed: Some(now), segment, ..making });
        if let Some(agent) = making.colleague.and_then(|colleague| agents.get_mut(colleague.index())) {
            agent.calls_out();
        }
    }

    /// They can talk.
    pub(crate) fn outgoing_connected(
        &mut self,
        call: CallRef,
        now: Timestamp,
        books: &mut Books,
        agents: &mut [Agent],
    ) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        let Some(making) = live.outgoing.filter(|making| !making.reached) else { return };
        let Making { agent, colleague, group, .. } = making;
        live.end(making.segment, wall, SegmentEnd::Connected);
        let greeting = live.greeting.take();
        live.end(greeting, wall, SegmentEnd::Connected);
        live.record.rang = making.dialed.map(|dialed| whole(now.since(dialed))).unwrap_or_default();
        live.record.connected_at.get_or_insert(wall);
        live.talk(agent, group, now, wall);
        let colleagues =
            colleague.map(|colleague| live.begin(SegmentKind::Talk, None, Some(colleague), wall));
        live.outgoing = Some(Making { reached: true, segment: colleagues.flatten(), ..making });
        let (id, rang) = (live.record.opened.id, live.record.rang);
        making.count(OutgoingStep::Reached(rang), books);
        if let (Some(group), Some(agent)) = (group, agents.get_mut(agent.index())) {
            agent.last = Some((id, group));
        }
    }

    /// An agent took a call that was not offered to him.
    pub(crate) fn picked(&mut self, call: CallRef, books: &mut Books) {
        if let Some(stay) = self.known(call).and_then(|live| live.stay) {
            books.both(stay.place, Step::Picked);
        }
    }
}

impl Live {
    /// A call that an agent made is over.
    pub(crate) fn made(&mut self, now: Timestamp, wall: UnixMs, by: Side, books: &mut Books) {
        let Some(making) = self.outgoing else { return };
        self.end(making.segment, wall, SegmentEnd::By(by));
        let step = if making.reached {
            OutgoingStep::Talked(self.record.talked)
        } else {
            self.record.rang = making.dialed.map(|dialed| whole(now.since(dialed))).unwrap_or_default();
            OutgoingStep::Unreached
        };
        making.count(step, books);
    }
}
