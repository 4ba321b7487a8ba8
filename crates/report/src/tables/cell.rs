//! Cells: everything that is counted of one row in one interval.
//!
//! ```text
//!   Tally<Sparse>  steps of callers: counters, sums, spreads     the same as on the live board
//!   More           what only segments tell: transfers, three-way, hold, calling again
//!   Time           what agents did, cut at the borders of intervals
//! ```

use crate::counters::{Counters, Limits, Offers, Step};
use crate::spread::Sparse;
use crate::tally::Tally;

/// One row in one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Steps of callers.
    pub tally: Tally<Sparse>,
    /// What only segments tell.
    pub more: More,
    /// What agents did.
    pub time: Time,
}

/// Counts and sums (milliseconds) that the counters do not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// Calls in which the agents of this row talked; each call once.
    pub handled: u64,
    /// Another agent took over.
    pub transfers: u64,
    /// Calls in which two agents talked with the caller at once.
    pub three_way: u64,
    /// Calls that were held.
    pub held: u64,
    /// How long.
    pub held_ms: u64,
    /// Calls in which the agent asked somebody else.
    pub consulted: u64,
    /// How long.
    pub consulted_ms: u64,
    /// Abandoned calls with a number.
    pub could_redial: u64,
    /// Of these, how many numbers called again soon.
    pub redialled: u64,
    /// Offered calls with a number.
    pub could_repeat: u64,
    /// Of these, how many numbers had called within a day before.
    pub repeats: u64,
    /// Ends of calls and stays that this version does not know; they are among `lost`.
    pub unknown_ends: u64,
    /// Ends of offers that this version does not know.
    pub unknown_offers: u64,
}

/// What agents did, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// From sign-in to sign-out.
    pub signed_in: u64,
    /// Not ready.
    pub not_ready: u64,
    /// Their phones rang.
    pub ring: u64,
    /// They talked, hold and consult included.
    pub talk: u64,
    /// Wrap-up.
    pub wrap_up: u64,
    /// In calls that they made, from dialing on.
    pub outgoing: u64,
}

impl Time {
    /// With a call or its wrap-up.
    #[must_use]
    pub const fn busy(&self) -> u64 {
        self.talk + self.outgoing + self.wrap_up
    }

    /// Signed in and not on a break.
    #[must_use]
    pub const fn available(&self) -> u64 {
        self.signed_in.saturating_sub(self.not_ready)
    }
}

/// One thing to add to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A step of a caller.
    Step(Step),
    /// The agents of this row talked in the call.
    Handled,
    /// Another agent took over.
    Transfer,
    /// Two agents at once.
    ThreeWay,
    /// Held for so many milliseconds in all.
    Held(u64),
    /// Asked somebody else for so many milliseconds in all.
    Consulted(u64),
    /// Hung up, with a number; whether it called again soon.
    HungUp(bool),
    /// Offered, with a number; whether it had called within a day before.
    Came(bool),
    /// An end that this version does not know.
    UnknownEnd,
    /// An end of an offer that this version does not know.
    UnknownOffer,
    /// An agent did this for so many milliseconds.
    Did(Doing, u64),
}

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Signed in.
    SignedIn,
    /// Not ready.
    NotReady,
    /// His phone rings.
    Ring,
    /// Talks.
    Talk,
    /// Wrap-up.
    WrapUp,
    /// Calls somebody.
    Outgoing,
}

impl Cell {
    /// Adds one thing.
    pub fn take(&mut self, part: Part, limits: &Limits) {
        let more = &mut self.more;
        match part {
            Part::Step(step) => self.tally.take(step, limits),
            Part::Handled => more.handled += 1,
            Part::Transfer => more.transfers += 1,
            Part::ThreeWay => more.three_way += 1,
            Part::Held(ms) => {
                more.held += 1;
                more.held_ms += ms;
            }
            Part::Consulted(ms) => {
                more.consulted += 1;
                more.consulted_ms += ms;
            }
            Part::HungUp(again) => {
                more.could_redial += 1;
                more.redialled += u64::from(again);
            }
            Part::Came(before) => {
                more.could_repeat += 1;
                more.repeats += u64::from(before);
            }
            Part::UnknownEnd => more.unknown_ends += 1,
            Part::UnknownOffer => more.unknown_offers += 1,
            Part::Did(doing, ms) => {
                *match doing {
                    Doing::SignedIn => &mut self.time.signed_in,
                    Doing::NotReady => &mut self.time.not_ready,
                    Doing::Ring => &mut self.time.ring,
                    Doing::Talk => &mut self.time.talk,
                    Doing::WrapUp => &mut self.time.wrap_up,
                    Doing::Outgoing => &mut self.time.outgoing,
                } += ms;
            }
        }
    }

    /// What happened to callers.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.tally.counters
    }

    /// The identities of a row. The callers of agents and sites are those whom they answered from a line, so that
    /// what holds for a line need not hold for them: `of_agents` says which rules apply.
    ///
    /// # Errors
    /// The one that does not hold, with its figures.
    pub fn check(&self, of_agents: bool) -> Result<(), String> {
        let (counters, more) = (self.counters(), &self.more);
        let ends = offers_ended(&counters.offers) + more.unknown_offers;
        if counters.offers.made != ends {
            return Err(format!("offers made = sum of their ends: {} and {ends}", counters.offers.made));
        }
        if !of_agents {
            return counters.check();
        }
        let rules = [
            ("offered = answered", counters.offered == counters.answered),
            ("answered <= handled", counters.answered <= more.handled),
            ("handled = talks", counters.talks == more.handled),
            ("long talks <= talks", counters.long_talks <= counters.talks),
            (
                "answered within T <= answered",
                counters.within.iter().all(|within| within.answered <= counters.answered),
            ),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((rule, _)) => Err(format!("{rule}: {counters:?}, {more:?}")),
            None => Ok(()),
        }
    }
}

fn offers_ended(offers: &Offers) -> u64 {
    offers.ends().into_iter().map(|(_, count)| count).sum()
}
