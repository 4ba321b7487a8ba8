//! [`LastAgents`]: which agent served a party last, for groups that keep callers with their agents.
//!
//! Bounded by forgetting the older half: two tables, the young one fills up and then becomes the old one.
//!
//! Never knows: numbers, whether that agent is there.

use crate::{AgentRef, PartyRef};
use base::Table;

/// Which agent served a party last: the last [`REMEMBERED`] parties at least.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastAgents {
    young: Table<PartyRef, AgentRef>,
    old: Table<PartyRef, AgentRef>,
}

/// Parties whose last agent is remembered at least; twice as many at most.
const REMEMBERED: usize = 50_000;

impl LastAgents {
    pub(crate) fn of(&self, party: PartyRef) -> Option<AgentRef> {
        self.young.get(&party).or_else(|| self.old.get(&party)).copied()
    }

    pub(crate) fn remember(&mut self, party: PartyRef, agent: AgentRef) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(party, agent);
    }
}
