//! Nuisance: parties on the grey or the black list, unless an urgent case of theirs is open.
//!
//! ```text
//!   List(party, listing, until) ─▶ ┌───────┐ ─▶ of(party, now): Grey ranks later, Black is turned away
//!   Urgent(party, open)         ─▶ │ Lists │      nobody while an urgent case is open, or after `until`
//!                                  └───────┘
//! ```
//!
//! Who put somebody on a list, why, who approved it, and that it outlives a restart is the business of whoever
//! keeps it; what is told here is what is in force.
//!
//! Never knows: numbers, reasons, people.

use crate::PartyRef;
use crate::distributor::Distributor;
use crate::input::Listing;
use base::{Table, Timestamp};

/// Parties on lists at once, and parties with urgent cases at once; a further one is refused.
pub const LISTED_MAX: usize = 100_000;

/// What is in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    listed: Table<PartyRef, (Listing, Timestamp)>,
    urgent: Table<PartyRef, ()>,
}

impl Lists {
    /// What applies to a party now.
    pub(crate) fn of(&self, party: Option<PartyRef>, now: Timestamp) -> Option<Listing> {
        let party = party?;
        let (listing, until) = *self.listed.get(&party)?;
        (until > now && !self.urgent.contains(&party)).then_some(listing)
    }

    pub(crate) fn list(
        &mut self,
        now: Timestamp,
        party: PartyRef,
        listing: Option<(Listing, Timestamp)>,
    ) -> Result<(), &'static str> {
        let Some(listing) = listing else {
            return self.listed.remove(&party).map(|_| ()).ok_or("the party is on no list");
        };
        if self.listed.len() >= LISTED_MAX && !self.listed.contains(&party) {
            self.listed.retain(|_, (_, until)| *until > now);
            if self.listed.len() >= LISTED_MAX {
                return Err("the lists are full");
            }
        }
        self.listed.insert(party, listing);
        Ok(())
    }

    pub(crate) fn urgent(&mut self, party: PartyRef, open: bool) -> Result<(), &'static str> {
        if !open {
            return self.urgent.remove(&party).ok_or("the party has no urgent case");
        }
        if self.urgent.len() >= LISTED_MAX && !self.urgent.contains(&party) {
            return Err("there are too many urgent cases");
        }
        self.urgent.insert(party, ());
        Ok(())
    }
}

impl Distributor {
    pub(crate) fn is_blocked(&self, party: Option<PartyRef>) -> bool {
        self.lists.of(party, self.now) == Some(Listing::Black)
    }

    pub(crate) fn is_grey(&self, party: Option<PartyRef>) -> bool {
        self.lists.of(party, self.now) == Some(Listing::Grey)
    }
}
