//! Who was asked: specialists, and exchanges of callers with other platforms (双号互转), each from the wish to the end.
//!
//! ```text
//!   Event::Roster Asked ─▶ rung, rung … ─▶ answered ─▶ left      ends as answered
//!                                  │  └─ everybody was rung ─▶ nobody
//!                                  └─ not wanted any more, or the call ended ─▶ called off
//!   a call of another platform: asked with its INVITE, answered when an agent has the caller
//! ```
//!
//! An asking is counted when it is over, under its roster, way and reason; a call's record keeps each of them.

use crate::record::UnixMs;
use call::event::{Exchange, RosterStep};
use call::roster::{PersonRef, ReasonRef, RosterRef};
use std::collections::BTreeMap;
use std::time::Duration;

/// Askings kept of one call; further ones are counted, and not in its record.
pub const ASKED_MAX: usize = 16;

/// One asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whom.
    pub roster: RosterRef,
    /// Which way the caller went.
    pub exchange: Exchange,
    /// Why.
    pub reason: Option<ReasonRef>,
    /// Phones that were rung.
    pub rung: u32,
    /// Who picked up; as long as nobody did, who was rung last.
    pub person: Option<PersonRef>,
    /// Wanted.
    pub from: UnixMs,
    /// Picked up; of a call to us, when an agent had the caller.
    pub answered: Option<UnixMs>,
    /// Over.
    pub to: UnixMs,
    /// He had the caller without an agent.
    pub took_over: bool,
    /// How.
    pub end: AskedEnd,
}

/// How an asking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AskedEnd {
    /// It goes on.
    Open,
    /// Somebody came.
    Answered,
    /// Everybody was rung, nobody came.
    Nobody,
    /// It was not wanted any more.
    CalledOff,
}

impl AskedEnd {
    /// Key in records.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Nobody => "nobody",
            Self::CalledOff => "called_off",
        }
    }
}

/// Under what an asking is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedKey {
    /// Whom.
    pub roster: RosterRef,
    /// Which way.
    pub exchange: Exchange,
    /// Why.
    pub reason: Option<ReasonRef>,
}

/// Askings that are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedCounts {
    /// Somebody came.
    pub answered: u64,
    /// Of these, he had the caller without an agent.
    pub took_over: u64,
    /// Nobody came.
    pub nobody: u64,
    /// Not wanted any more.
    pub called_off: u64,
    /// Of the answered, until somebody came.
    pub waited: Duration,
    /// Of the answered, from then on.
    pub talked: Duration,
}

impl AskedCounts {
    /// All that are over.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.answered + self.nobody + self.called_off
    }
}

/// What was asked since the start.
pub type AskedBook = BTreeMap<AskedKey, AskedCounts>;

/// The askings of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Askings {
    /// Those that go on: one by an agent, one from another platform, and who of a roster is still in the talk.
    open: Vec<Asked>,
}

impl Askings {
    /// A step of one; those that are over come out.
    pub(crate) fn step(
        &mut self,
        key: AskedKey,
        step: RosterStep,
        wall: UnixMs,
        over: &mut impl FnMut(Asked),
    ) {
        let AskedKey { roster, exchange, reason } = key;
        match step {
            RosterStep::Asked => {
                if self.open.len() < ASKED_MAX {
                    self.open.push(Asked {
                        roster,
                        exchange,
                        reason,
                        rung: 0,
                        person: None,
                        from: wall,
                        answered: None,
                        to: wall,
                        took_over: false,
                        end: AskedEnd::Open,
                    });
                }
            }
            RosterStep::Rung(person) => {
                if let Some(asked) = self.wanted(roster) {
                    asked.rung += 1;
                    asked.person = Some(person);
                }
            }
            RosterStep::Answered(person) => {
                if let Some(asked) = self.wanted(roster) {
                    asked.person = Some(person);
                    asked.answered = Some(wall);
                }
            }
            RosterStep::TookOver(person) => {
                if let Some(asked) = self.there(roster, person).and_then(|at| self.open.get_mut(at)) {
                    asked.took_over = true;
                }
            }
            RosterStep::Left(person) => {
                if let Some(at) = self.there(roster, person) {
                    over(ended(self.open.remove(at), AskedEnd::Answered, wall));
                }
            }
            RosterStep::Nobody | RosterStep::CalledOff => {
                let end = if step == RosterStep::Nobody { AskedEnd::Nobody } else { AskedEnd::CalledOff };
                let wanted = |asked: &Asked| asked.roster == roster && asked.is_wanted();
                if let Some(at) = self.open.iter().position(wanted) {
                    over(ended(self.open.remove(at), end, wall));
                }
            }
        }
    }

    /// An agent has the caller whom another platform sent.
    pub(crate) fn connected(&mut self, wall: UnixMs) {
        for asked in self.open.iter_mut().filter(|asked| asked.exchange == Exchange::In) {
            asked.answered.get_or_insert(wall);
        }
    }

    /// The call is over.
    pub(crate) fn close(&mut self, wall: UnixMs, over: &mut impl FnMut(Asked)) {
        for asked in self.open.drain(..) {
            let end = match (asked.answered, asked.exchange) {
                (Some(_), _) => AskedEnd::Answered,
                (None, Exchange::In) => AskedEnd::Nobody,
                (None, Exchange::Out) => AskedEnd::CalledOff,
            };
            over(ended(asked, end, wall));
        }
    }

    fn wanted(&mut self, roster: RosterRef) -> Option<&mut Asked> {
        self.open.iter_mut().find(|asked| asked.roster == roster && asked.is_wanted())
    }

    fn there(&self, roster: RosterRef, person: PersonRef) -> Option<usize> {
        self.open.iter().position(|asked| {
            asked.roster == roster && asked.person == Some(person) && asked.answered.is_some()
        })
    }
}

impl Asked {
    /// Our agents wait for somebody.
    fn is_wanted(&self) -> bool {
        self.answered.is_none() && self.exchange == Exchange::Out
    }

    /// Under what it is counted.
    #[must_use]
    pub const fn key(&self) -> AskedKey {
        AskedKey { roster: self.roster, exchange: self.exchange, reason: self.reason }
    }

    /// Counts it.
    pub(crate) fn count(&self, book: &mut AskedBook) {
        let counts = book.entry(self.key()).or_default();
        let span = |from: UnixMs, to: UnixMs| Duration::from_millis(to.0.saturating_sub(from.0));
        match (self.end, self.answered) {
            (AskedEnd::Answered, Some(answered)) => {
                counts.answered += 1;
                counts.took_over += u64::from(self.took_over);
                counts.waited += span(self.from, answered);
                counts.talked += span(answered, self.to);
            }
            (AskedEnd::Nobody, _) => counts.nobody += 1,
            _ => counts.called_off += 1,
        }
    }
}

const fn ended(asked: Asked, end: AskedEnd, to: UnixMs) -> Asked {
    Asked { end, to, ..asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: AskedKey = AskedKey { roster: RosterRef(0), exchange: Exchange::Out, reason: None };

    fn day(steps: &[(u64, AskedKey, RosterStep)], connected: Option<u64>, end: u64) -> Vec<Asked> {
        let (mut askings, mut over) = (Askings::default(), Vec::new());
        for (at, key, step) in steps {
            askings.step(*key, *step, UnixMs(*at), &mut |asked| over.push(asked));
        }
        if let Some(at) = connected {
            askings.connected(UnixMs(at));
        }
        askings.close(UnixMs(end), &mut |asked| over.push(asked));
        over
    }

    #[test]
    fn the_second_specialist_answers_and_his_time_is_his() {
        let (first, second) = (PersonRef(0), PersonRef(1));
        let steps = [
            (0, OUT, RosterStep::Asked),
            (0, OUT, RosterStep::Rung(first)),
            (15_000, OUT, RosterStep::Rung(second)),
            (20_000, OUT, RosterStep::Answered(second)),
            (80_000, OUT, RosterStep::Left(second)),
        ];
        let over = day(&steps, None, 90_000);
        let mut book = AskedBook::new();
        over.iter().for_each(|asked| asked.count(&mut book));
        assert_eq!((over[0].rung, over[0].person, over[0].end), (2, Some(second), AskedEnd::Answered));
        assert_eq!(book[&OUT].waited, Duration::from_secs(20));
        assert_eq!(book[&OUT].talked, Duration::from_secs(60), "apart from the agent's");
    }

    #[test]
    fn nobody_and_not_wanted_are_told_apart() {
        let asked = (0, OUT, RosterStep::Asked);
        assert_eq!(day(&[asked, (9, OUT, RosterStep::Nobody)], None, 90)[0].end, AskedEnd::Nobody);
        assert_eq!(day(&[asked, (9, OUT, RosterStep::CalledOff)], None, 90)[0].end, AskedEnd::CalledOff);
        assert_eq!(day(&[asked], None, 90)[0].end, AskedEnd::CalledOff, "the caller hung up");
    }

    #[test]
    fn a_call_of_another_platform_is_answered_by_an_agent_or_by_nobody() {
        let from = AskedKey { exchange: Exchange::In, ..OUT };
        let asked = (0, from, RosterStep::Asked);
        assert_eq!(day(&[asked], Some(5), 90)[0].end, AskedEnd::Answered);
        assert_eq!(day(&[asked], None, 90)[0].end, AskedEnd::Nobody);
    }
}
