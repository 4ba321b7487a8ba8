//! The ledger: what the engine says and what the people around it saw, caller by caller, held against each other.
//!
//! ```text
//!   engine's events ────▶ per call: offers, agent, outcome        ┐
//!                   ────▶ per agent: whom he is offered or talks  ├─▶ at once: one offer an agent, FIFO
//!   phones' sightings ──▶ per caller: who answered, how it ended  ┘   at the end: close()
//! ```
//!
//! On a good wire both sides must agree to the last caller; the only difference allowed is an answer that
//! crossed a withdrawal on the wire, and each of those is found by its time. On a bad one, what the engine says
//! must still be backed by what a phone did.

use acd::input::Reason;
use acd::{AgentRef, AgentState, GroupRef, OfferEnd};
use base::Timestamp;
use call::CallRef;
use call::event::{Event, Outcome, Stamped};
use phones::day::person_of;
use phones::{AgentNo, CallRecord, End, HangsUp, Sighting, Town};
use report::Report;
use sip::leg::{AorLoss, AorRef};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One caller, as both sides tell it.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The engine's calls of his: one, or none when he never got through.
    pub calls: Vec<CallRef>,
    /// His agent and since when, by the engine.
    pub connected: Vec<(AgentRef, Timestamp)>,
    /// Agents who were rung for him, when, and how it ended.
    pub offers: Vec<Rung>,
    /// What became of him, by the engine.
    pub outcomes: Vec<Outcome>,
    /// Agents who lifted the receiver for him, by their phones.
    pub answers: Vec<(AgentNo, Timestamp)>,
    /// What became of him, by the carrier.
    pub record: Option<CallRecord>,
    /// His group and his place by the original clock.
    place: Option<(GroupRef, Timestamp, u64)>,
    /// An agent has been rung for him.
    rung: bool,
}

/// An offer.
#[derive(Clone, Copy, Debug)]
pub struct Rung {
    /// Whom.
    pub agent: AgentRef,
    /// When.
    pub at: Timestamp,
    /// How and when it ended.
    pub end: Option<(OfferEnd, Timestamp, u16)>,
}

/// Sums over all callers, counted here on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls that arrived.
    pub arrived: u64,
    /// Talked with an agent.
    pub answered: u64,
    /// Hung up in the greeting.
    pub abandoned_before_line: u64,
    /// Hung up in the line.
    pub abandoned_in_line: u64,
    /// Hung up while a phone rang.
    pub abandoned_ringing: u64,
    /// Turned away.
    pub turned_away: u64,
    /// Lost to the system.
    pub lost: u64,
    /// Refused.
    pub refused: u64,
    /// Agents' phones rung.
    pub offers: u64,
}

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    callers: BTreeMap<u64, Caller>,
    persons: BTreeMap<CallRef, u64>,
    /// Whom each agent is offered or talks with.
    agents: BTreeMap<AgentRef, CallRef>,
    /// Callers in each line for whom nobody has been rung yet, by original clock.
    fresh: BTreeMap<GroupRef, BTreeSet<(Timestamp, u64)>>,
    queued: u64,
    sums: Sums,
    /// Phone accounts lost, by reason.
    pub lost_phones: Vec<(AorRef, AorLoss)>,
    /// What the trunk was said to be, in order.
    pub trunk: Vec<bool>,
    /// Offers that found a phone busy and that the engine never made.
    pub strange_offers: Vec<(AgentNo, Timestamp)>,
    /// Agents who are not ready by the engine's doing.
    pub not_ready: BTreeSet<AgentRef>,
    /// Every event as text, when asked for.
    pub told: Option<Vec<String>>,
}

impl Ledger {
    /// What the engine says.
    ///
    /// # Panics
    /// When it gives an agent a second caller, a later caller an agent first, or ends a call twice.
    pub fn event(&mut self, stamped: &Stamped) {
        let at = stamped.at;
        if let Some(told) = &mut self.told {
            told.push(format!("{at} {:?}", stamped.event));
        }
        match &stamped.event {
            Event::Arrived { call, caller, .. } => {
                let person = person_of(caller.reveal().as_bytes()).expect("callers show their numbers");
                self.persons.insert(*call, person);
                let caller = self.callers.entry(person).or_default();
                caller.calls.push(*call);
                assert_eq!(caller.calls.len(), 1, "person {person} arrives twice");
                self.sums.arrived += 1;
            }
            Event::Queued { call, group, .. } => self.queue(*call, *group, at),
            Event::Offered { call, agent, group, .. } => {
                self.sums.offers += 1;
                let before = self.agents.insert(*agent, *call);
                assert_eq!(before, None, "{agent} is offered {call} at {at}");
                self.hold_order(*call, *agent, *group, at);
                self.caller(*call).offers.push(Rung { agent: *agent, at, end: None });
            }
            Event::OfferEnded { call, agent, end, status, .. } => {
                if *end != OfferEnd::Accepted {
                    assert_eq!(self.agents.remove(agent), Some(*call), "{agent} was not offered {call}");
                }
                let rung = self.caller(*call).offers.iter_mut().rev().find(|rung| rung.agent == *agent);
                let rung = rung.expect("an offer ends that began");
                assert!(rung.end.is_none(), "an offer ends twice at {at}");
                rung.end = Some((*end, at, *status));
            }
            Event::TurnedAway { call, .. } => self.leave(*call),
            Event::Connected { call, agent, .. } => {
                assert_eq!(self.agents.get(agent), Some(call), "{agent} talks with somebody else");
                self.caller(*call).connected.push((*agent, at));
            }
            Event::Disconnected { call, agent, .. } => {
                assert_eq!(self.agents.remove(agent), Some(*call), "{agent} did not talk with {call}");
            }
            Event::Ended { call, outcome, .. } => self.end(*call, *outcome),
            Event::Agent { agent, state } => {
                let ours = [Reason::Declined, Reason::RingNoAnswer, Reason::PhoneLost];
                if ours.into_iter().any(|reason| *state == AgentState::NotReady(reason)) {
                    self.not_ready.insert(*agent);
                } else {
                    self.not_ready.remove(agent);
                }
            }
            Event::PhoneLost { aor, why } => self.lost_phones.push((*aor, *why)),
            Event::Trunk { up, .. } => self.trunk.push(*up),
            // What concerns no caller, or what this centre does not do.
            _ => {}
        }
    }

    /// What a phone or the carrier saw.
    pub fn sighting(&mut self, sighting: &Sighting) {
        match sighting {
            Sighting::Answered { agent, caller: Some(person), at } => {
                self.callers.entry(*person).or_default().answers.push((*agent, *at));
            }
            Sighting::DoubleOffer { agent, caller, at } => {
                // The engine never offers two at once (held above); a copy that comes late may look like it.
                let offered = caller.and_then(|person| self.callers.get(&person));
                if !offered.is_some_and(|caller| caller.offers.iter().any(|rung| rung.agent.0 == agent.0)) {
                    self.strange_offers.push((*agent, *at));
                }
            }
            Sighting::CallEnded(record) => {
                let kept = &mut self.callers.entry(record.n).or_default().record;
                assert!(kept.is_none(), "person {} hangs up twice", record.n);
                *kept = Some(*record);
            }
            _ => {}
        }
    }

    /// All callers, by their number in the day.
    pub fn callers(&self) -> impl Iterator<Item = (u64, &Caller)> {
        self.callers.iter().map(|(person, caller)| (*person, caller))
    }

    /// One caller.
    ///
    /// # Panics
    /// When there is none of this number.
    #[must_use]
    pub fn person(&self, person: u64) -> &Caller {
        &self.callers[&person]
    }

    /// What was counted here.
    #[must_use]
    pub fn sums(&self) -> Sums {
        self.sums
    }

    /// Closes the books after the day: every caller once, in the report as here.
    ///
    /// `delay` is the time of a good wire; `None` for a bad one.
    ///
    /// # Panics
    /// When the books do not agree.
    pub fn close(&self, town: &Town, report: &Report, delay: Option<Duration>) {
        self.close_with_report(report);
        assert!(self.agents.is_empty(), "agents are still with callers: {:?}", self.agents);
        assert!(self.fresh.values().all(BTreeSet::is_empty), "callers are still in line: {:?}", self.fresh);
        assert_eq!(self.strange_offers, [], "a phone is rung for a caller whom nobody offered to it");
        let carrier = town.carrier.stats();
        let records = self.callers.values().filter(|caller| caller.record.is_some()).count() as u64;
        assert_eq!(records, carrier.offered, "each caller has hung up once");
        for (person, caller) in &self.callers {
            let why = || format!("person {person}: {caller:#?}");
            assert!(caller.record.is_some(), "called without calling: {}", why());
            assert_eq!(caller.calls.len(), caller.outcomes.len(), "{}", why());
            // What the engine says is backed by what a phone did, however bad the wire.
            for (agent, at) in &caller.connected {
                let backed = caller.answers.iter().any(|(phone, when)| phone.0 == agent.0 && when <= at);
                assert!(backed, "{agent} never lifted the receiver: {}", why());
            }
            let answered = caller.outcomes == [Outcome::Answered];
            assert_eq!(answered, !caller.connected.is_empty(), "{}", why());
            if let (Some(delay), Some(record)) = (delay, &caller.record) {
                caller.agrees(record, delay).unwrap_or_else(|what| panic!("{what}: {}", why()));
            }
        }
        if delay.is_some() {
            let desk = town.desk.total();
            assert_eq!(desk.unconfirmed, 0);
            assert_eq!(desk.offers + desk.double_offers, self.reached(), "each offer rang one phone");
            let crossed = self.crossed(delay.unwrap_or_default());
            assert!(desk.double_offers <= crossed, "{desk:?}, {crossed} crossings");
        }
    }

    /// Offers that a phone must have seen: all but those that ended where they began, without a phone or a port.
    fn reached(&self) -> u64 {
        let at_once = |rung: &&Rung| rung.end.is_some_and(|(_, at, _)| at == rung.at);
        let missed = self.callers.values().flat_map(|caller| &caller.offers).filter(at_once).count();
        self.sums.offers - missed as u64
    }

    /// Offers after which the phone may still have been busy when the next caller was offered to it: its answer
    /// crossed the withdrawal, or the withdrawal had to wait for its first answer (RFC 3261 9.1).
    fn crossed(&self, delay: Duration) -> u64 {
        let crossed = |caller: &Caller| {
            let young = |rung: &&Rung| {
                let gone = rung.end.filter(|(end, ..)| *end != OfferEnd::Accepted);
                gone.is_some_and(|(_, at, _)| at.since(rung.at) <= 2 * delay)
            };
            caller.answers.len() - caller.connected.len() + caller.offers.iter().filter(young).count()
        };
        self.callers.values().map(|caller| crossed(caller) as u64).sum()
    }

    fn close_with_report(&self, report: &Report) {
        let counters = report.total().counters;
        let told = Sums {
            arrived: counters.arrived,
            answered: counters.answered,
            abandoned_before_line: counters.abandoned_before_line,
            abandoned_in_line: counters.abandoned_in_line,
            abandoned_ringing: counters.abandoned_ringing,
            turned_away: counters.turned_away.total(),
            lost: counters.lost + counters.lost_before_line,
            refused: counters.refused,
            offers: counters.offers.made,
        };
        assert_eq!(told, self.sums, "the report counts as we do");
        let Sums { arrived, offers: _, .. } = told;
        let everybody = told.answered
            + told.abandoned_before_line
            + told.abandoned_in_line
            + told.abandoned_ringing
            + told.turned_away
            + told.lost
            + told.refused;
        assert_eq!(arrived, everybody, "each caller is counted once");
        assert_eq!(counters.offered, counters.accounted());
    }

    fn caller(&mut self, call: CallRef) -> &mut Caller {
        let person = self.persons.get(&call).expect("a call that has arrived");
        self.callers.get_mut(person).expect("a caller who has arrived")
    }

    fn queue(&mut self, call: CallRef, group: GroupRef, at: Timestamp) {
        self.queued += 1;
        let queued = self.queued;
        let caller = self.caller(call);
        // Who moves on keeps his clock.
        let (_, since, order) = caller.place.unwrap_or((group, at, queued));
        caller.place = Some((group, since, order));
        if !caller.rung {
            self.fresh.entry(group).or_default().insert((since, order));
        }
    }

    /// First come, first rung, within a line: nobody who came earlier and was never rung may wait still.
    fn hold_order(&mut self, call: CallRef, agent: AgentRef, group: GroupRef, at: Timestamp) {
        let caller = self.caller(call);
        let first = !std::mem::replace(&mut caller.rung, true);
        let Some((line, since, order)) = caller.place.filter(|_| first) else { return };
        let fresh = self.fresh.entry(line).or_default();
        if let Some(earliest) = fresh.first() {
            assert!(
                since <= earliest.0,
                "{agent} ({group}) gets {call} of {since} before {} at {at}",
                earliest.0
            );
        }
        fresh.remove(&(since, order));
    }

    fn leave(&mut self, call: CallRef) {
        if let Some((line, since, order)) = self.caller(call).place {
            self.fresh.entry(line).or_default().remove(&(since, order));
        }
    }

    fn end(&mut self, call: CallRef, outcome: Outcome) {
        self.leave(call);
        let caller = self.caller(call);
        caller.outcomes.push(outcome);
        assert_eq!(caller.outcomes.len(), 1, "{call} ends twice");
        *match outcome {
            Outcome::Answered => &mut self.sums.answered,
            Outcome::AbandonedBeforeLine => &mut self.sums.abandoned_before_line,
            Outcome::AbandonedInLine => &mut self.sums.abandoned_in_line,
            Outcome::AbandonedRinging => &mut self.sums.abandoned_ringing,
            Outcome::TurnedAway(_) => &mut self.sums.turned_away,
            Outcome::Lost => &mut self.sums.lost,
            Outcome::Refused => &mut self.sums.refused,
            Outcome::Service => panic!("no caller dials a service code"),
            Outcome::CalledBack | Outcome::Joined | Outcome::Callback => panic!("nobody is called back here"),
            Outcome::Outgoing | Outcome::Internal => panic!("no agent calls anybody here"),
        } += 1;
    }
}

impl Caller {
    /// Whether both sides tell the same on a wire that loses, doubles and reorders nothing.
    fn agrees(&self, record: &CallRecord, delay: Duration) -> Result<(), &'static str> {
        let ensure = |holds: bool, what| if holds { Ok(()) } else { Err(what) };
        let outcome = self.outcomes.first().copied();
        match record.end {
            End::Talked(_) => ensure(outcome == Some(Outcome::Answered), "talked, and not answered")?,
            End::GaveUp | End::Canceled => {
                let abandoned = matches!(
                    outcome,
                    Some(
                        Outcome::AbandonedBeforeLine
                            | Outcome::AbandonedInLine
                            | Outcome::AbandonedRinging
                            | Outcome::TurnedAway(_)
                    )
                );
                ensure(abandoned, "gave up, and did not abandon")?;
            }
            End::Refused(503) => {
                ensure(matches!(outcome, None | Some(Outcome::Refused)), "refused, and served")?;
            }
            End::Refused(_) => {
                let turned = matches!(outcome, Some(Outcome::Refused | Outcome::TurnedAway(_)));
                ensure(turned, "refused, and not turned away")?;
            }
            End::HungUpOn => {
                let ours = matches!(outcome, Some(Outcome::TurnedAway(_) | Outcome::Lost));
                ensure(ours, "hung up on without a reason")?;
            }
            End::NoAnswer => ensure(false, "not answered on a good wire")?,
            End::Vanished => {}
        }
        let talked = matches!(record.end, End::Talked(HangsUp::Caller | HangsUp::Agent) | End::Vanished);
        ensure(outcome != Some(Outcome::Answered) || talked, "answered, and did not talk")?;
        for (phone, at) in &self.answers {
            let heard = *at + delay + delay;
            let connected = self.connected.iter().any(|(agent, when)| agent.0 == phone.0 && when <= &heard);
            // The answer was on its way when the offer was withdrawn.
            let crossed = self.offers.iter().any(|rung| {
                rung.agent.0 == phone.0
                    && matches!(rung.end, Some((end, when, _)) if end != OfferEnd::Accepted && when <= heard)
                    && rung.at <= *at
            });
            ensure(connected || crossed, "a receiver was lifted and nobody was there")?;
        }
        Ok(())
    }
}
