//! Disposals: what came of each talk, as whoever talked in it said, and which talks nobody has said anything of.
//!
//! ```text
//!   call over ─▶ counted: its disposition, or none ─ said (again) later ─▶ moved from the one to the other
//!   Disposed ─▶ LastCalls: which record is that? ─▶ Out.disposed ─▶ store
//! ```
//!
//! Agents say it in their wrap-up, when the call's record is closed; so the last call of each agent is remembered until
//! he talks in another one, as the engine does. A call that several talked in has one disposition: the last one said.
//! It is counted where its talk is: for the group that answered first.
//!
//! Never knows: what a disposition is called.

use crate::books::Place;
use crate::record::{RecordId, UnixMs};
use acd::AgentRef;
use base::Table;
use call::Resolver;
use call::disposition::DISPOSITIONS_MAX;
use call::event::CallRef;
use call::plan::DispositionRef;

/// Dispositions that are counted one by one; further ones are counted with the last of these.
pub const RESULTS_MAX: usize = DISPOSITIONS_MAX;

/// A disposition as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Which; a place in the plan, or in the list of a table's dispositions.
    pub result: usize,
    /// It counts as answered on line (在线解答).
    pub online: bool,
    /// Who resolved it.
    pub by: Resolver,
}

/// Something that is to be kept of a call that is over or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposed {
    /// Whose record.
    pub call: RecordId,
    /// What.
    pub disposition: DispositionRef,
    /// Who resolved it.
    pub by: Resolver,
    /// Who said so.
    pub agent: AgentRef,
    /// When.
    pub at: UnixMs,
}

/// Talks that are over, by what was said of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disposals {
    /// By disposition; of each, resolved by an agent and by a specialist.
    pub results: [[u32; 2]; RESULTS_MAX],
    /// Of these, answered on line: by an agent, by a specialist.
    pub online: [u64; 2],
    /// Nothing was said.
    pub none: u64,
}

/// One thing to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisposalStep {
    /// A talk is over, and this was said of it.
    Over(Option<Given>),
    /// It was said after that, instead of what had been said.
    Later {
        /// Until now.
        was: Option<Given>,
        /// From now on.
        now: Given,
    },
}

const fn side(by: Resolver) -> usize {
    match by {
        Resolver::Agent => 0,
        Resolver::Specialist => 1,
    }
}

impl Disposals {
    pub(crate) fn take(&mut self, step: DisposalStep) {
        match step {
            DisposalStep::Over(said) => self.add(said),
            DisposalStep::Later { was, now } => {
                self.remove(was);
                self.add(Some(now));
            }
        }
    }

    fn add(&mut self, said: Option<Given>) {
        match said {
            None => self.none += 1,
            Some(Given { result, online, by }) => {
                self.results[result.min(RESULTS_MAX - 1)][side(by)] += 1;
                self.online[side(by)] += u64::from(online);
            }
        }
    }

    /// A window in which the talk did not end has nothing to give back.
    fn remove(&mut self, said: Option<Given>) {
        match said {
            None => self.none = self.none.saturating_sub(1),
            Some(Given { result, online, by }) => {
                let count = &mut self.results[result.min(RESULTS_MAX - 1)][side(by)];
                *count = count.saturating_sub(1);
                self.online[side(by)] = self.online[side(by)].saturating_sub(u64::from(online));
            }
        }
    }

    /// Something was said.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.results.iter().flatten().map(|count| u64::from(*count)).sum()
    }

    /// All talks that are over.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.given() + self.none
    }
}

/// The last call of each agent; as many are kept as there are agents.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastCalls {
    of: Vec<Option<CallRef>>,
    calls: Table<CallRef, Last>,
    /// Of each agent: talks that are over, that he answered for last, and of which nobody has said anything.
    missing: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    /// How many agents' last it is.
    agents: u32,
    record: RecordId,
    /// Where it was counted, once it was over, and who answered for it last.
    counted: Option<(Place, Option<AgentRef>)>,
    said: Option<Given>,
}

/// Of which record something was said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) record: RecordId,
    /// Where it is to be counted; `None`: when the call is over.
    pub(crate) place: Option<Place>,
    /// What had been said.
    pub(crate) was: Option<Given>,
}

impl LastCalls {
    pub(crate) fn new(agents: usize) -> Self {
        Self { of: vec![None; agents], calls: Table::default(), missing: vec![0; agents] }
    }

    /// An agent talks in a call, of which this has been said so far.
    pub(crate) fn talks(
        &mut self,
        agent: AgentRef,
        call: CallRef,
        (record, said): (RecordId, Option<Given>),
    ) {
        let Some(last) = self.of.get_mut(agent.index()).filter(|last| **last != Some(call)) else { return };
        if let Some(before) = last.replace(call)
            && let Some(known) = self.calls.get_mut(&before)
        {
            known.agents -= 1;
            if known.agents == 0 {
                self.calls.remove(&before);
            }
        }
        match self.calls.get_mut(&call) {
            Some(known) => known.agents += 1,
            None => {
                self.calls.insert(call, Last { agents: 1, record, counted: None, said });
            }
        }
    }

    /// A call is over and counted there; this has been said of it.
    pub(crate) fn over(&mut self, call: CallRef, counted: (Place, Option<AgentRef>), said: Option<Given>) {
        if let Some(known) = self.calls.get_mut(&call) {
            known.counted = Some(counted);
        }
        if let Some(missing) = self.missing_of(counted.1).filter(|_| said.is_none()) {
            *missing += 1;
        }
    }

    fn missing_of(&mut self, agent: Option<AgentRef>) -> Option<&mut u64> {
        self.missing.get_mut(agent?.index())
    }

    /// Talks that this agent answered for last and of which nobody has said anything.
    pub(crate) fn missing(&self, agent: AgentRef) -> u64 {
        self.missing.get(agent.index()).copied().unwrap_or(0)
    }

    /// Something is said of a call; `None` when it is nobody's last.
    pub(crate) fn disposed(&mut self, call: CallRef, now: Given) -> Option<Said> {
        let known = self.calls.get_mut(&call)?;
        let was = known.said.replace(now);
        let (record, counted) = (known.record, known.counted);
        if let (Some((_, agent)), None) = (counted, was)
            && let Some(missing) = self.missing_of(agent)
        {
            *missing = missing.saturating_sub(1);
        }
        Some(Said { record, place: counted.map(|(place, _)| place), was })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_calls_are_as_many_as_there_are_agents() {
        let mut last = LastCalls::new(2);
        let call = CallRef::from_bits;
        for number in 0..100 {
            last.talks(AgentRef(0), call(number), (RecordId(number), None));
            last.talks(AgentRef(1), call(number / 10), (RecordId(number / 10), None));
            last.talks(AgentRef(7), call(number), (RecordId(number), None));
        }
        assert_eq!(last.calls.len(), 2);
        let given = Given { result: 3, online: true, by: Resolver::Agent };
        assert!(last.disposed(call(98), given).is_none(), "nobody's last any more");
        assert!(last.disposed(call(99), given).is_some_and(|said| said.record == RecordId(99)));
        assert!(last.disposed(call(9), given).is_some());
    }

    #[test]
    fn what_is_said_again_moves_and_never_counts_twice() {
        let mut disposals = Disposals::default();
        let given = |result, online, by| Given { result, online, by };
        let (first, second) = (given(0, true, Resolver::Agent), given(99, false, Resolver::Specialist));
        disposals.take(DisposalStep::Over(None));
        disposals.take(DisposalStep::Over(Some(first)));
        assert_eq!((disposals.given(), disposals.none, disposals.online), (1, 1, [1, 0]));
        disposals.take(DisposalStep::Later { was: None, now: first });
        disposals.take(DisposalStep::Later { was: Some(first), now: second });
        assert_eq!((disposals.total(), disposals.none, disposals.online), (2, 0, [1, 0]));
        assert_eq!(disposals.results[RESULTS_MAX - 1], [0, 1], "beyond the last");
    }
}
