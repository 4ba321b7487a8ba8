//! [`Engine`]: the one owner of all calls.
//!
//! ```text
//!   handle(now, input)
//!     1. what is due fires first: own timers, then the distributor's
//!     2. the input changes its call; questions to the distributor are asked at once …
//!     3. … and what it decides is carried out in order, until nothing is left   (settle)
//! ```
//!
//! Who does what: [`ingress`](crate::ingress) admits, [`steps`](crate::steps) goes along its flow,
//! [`waiting`](crate::waiting) keeps in line, [`ringing`](crate::ringing) rings,
//! [`talking`](crate::talking) bridges, [`renegotiate`](crate::renegotiate) changes the audio,
//! [`recording`](crate::recording) keeps, [`release`](crate::release) ends. Each is a part of this one `impl`; this file holds the state and hands
//! out the work.
//!
//! References cost no look-up where they can be shared: session, caller and call carry the same 64 bits; only
//! legs are found through a table, because SIP mints those that arrive.

use crate::call::{Call, Talk};
use crate::callback::Callback;
use crate::cause;
use crate::event::{CallRef, Event, Outcome, Side, Stamped};
use crate::leg::{CALLER, Role};
use crate::pick::Picked;
use crate::plan::Plan;
use crate::ports::Ports;
use crate::recording::Running;
use crate::request::{Request, RequestId};
use crate::ringing::Shown;
use crate::roster::PersonRef;
use crate::show::Show;
use acd::{AgentRef, AgentState, CallerRef, Distributor, OfferRef, PartyRef, Prefer};
use base::{Arena, Random, Table, Timestamp, Wheel};
use media::session::{self, SessionRef};
use sip::leg::{Fact, LegRef};
use sip::message::Cause;
use std::collections::VecDeque;
use std::net::IpAddr;

/// What arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// SIP has seen something.
    Sip(sip::leg::Fact),
    /// The audio path has seen something.
    Media(media::session::Fact),
    /// Somebody asks for something.
    Request(RequestId, Request),
}

/// What a step produced. Reused; the reader clears it.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// For SIP, in order.
    pub legs: Vec<sip::leg::Command>,
    /// For the audio path, in order.
    pub media: Vec<media::session::Command>,
    /// For the report.
    pub events: Vec<Stamped>,
}

/// The engine.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) plan: Plan,
    pub(crate) acd: Distributor,
    pub(crate) calls: Arena<CallRef, Call>,
    pub(crate) legs: Table<LegRef, Owner>,
    pub(crate) ports: Ports,
    pub(crate) timers: Wheel<Timer>,
    pub(crate) random: Random,
    /// What each agent does, as the distributor last said.
    pub(crate) agents: Vec<AgentState>,
    /// Whether each agent's phone account is bound.
    pub(crate) bound: Vec<bool>,
    /// Legs of each agent whose offers are over and whose end is awaited.
    pub(crate) winding: Vec<u32>,
    /// When our last BYE went to each agent's phone.
    pub(crate) byes: Vec<Option<Timestamp>>,
    /// Who is to be called back, by the call from which that came. Each stands in a line of the distributor, so
    /// that the lines' lengths bound it.
    pub(crate) callbacks: Table<CallRef, Callback>,
    /// Offers that ring for a callback, and the call that we make for it.
    pub(crate) rung: Table<OfferRef, CallRef>,
    /// Per group: callers who were dialed first and have no agent yet.
    pub(crate) dialed_first: Vec<u32>,
    /// Those who are to be dialed first when there is a place for them.
    pub(crate) to_dial: VecDeque<CallRef>,
    /// Such a place has become free in this step.
    pub(crate) place_freed: bool,
    /// Recordings that run.
    pub(crate) recordings: Table<CallRef, Running>,
    pub(crate) recordings_minted: u32,
    /// The call in which each agent talks, or talked last.
    pub(crate) last: Vec<Option<CallRef>>,
    /// Callbacks that came from no call are named by this.
    pub(crate) callbacks_minted: u32,
    /// The agent whom a party should get, because of an open case; bounded
    /// ([`PREFERRED_MAX`](crate::requests::PREFERRED_MAX)).
    pub(crate) preferred: Table<PartyRef, Prefer>,
    /// On which lists a party's number is, one bit each; bounded ([`LISTED_MAX`](crate::requests::LISTED_MAX)).
    pub(crate) listed: Table<PartyRef, u64>,
    /// Who of each roster picked up last.
    pub(crate) answered_last: Vec<Option<PersonRef>>,
    /// The address on which a caller's signalling arrived last, or before any that of a phone: what our SDP shows in a
    /// call that we make.
    pub(crate) here: Option<IpAddr>,
    /// What is on in each radio studio.
    pub(crate) shows: Vec<Show>,
    /// Calls that are not ending.
    pub(crate) live: usize,
    /// No new calls.
    pub(crate) draining: bool,
    /// A call that is picked in this step; empty between steps.
    pub(crate) picked: Option<Picked>,
    /// Decided and not yet carried out; empty between steps.
    pub(crate) decided: VecDeque<Decided>,
    /// What the distributor said to one question; empty between questions.
    said: Vec<acd::Output>,
    seq: u64,
    legs_minted: u64,
}

/// Whose leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) call: CallRef,
    pub(crate) role: Role,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Answer a call that is still in early media.
    Setup(CallRef),
    /// The pause of a menu or a survey is over, or it is time to comfort a caller.
    Pause(CallRef),
    /// End a call that lasts too long, or forget one whose last facts never came.
    Limit(CallRef),
}

/// What has been decided in this step and is carried out in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    /// By the distributor.
    Acd(acd::Output),
    /// A call has ended; told after what the distributor said about its end.
    Ended { call: CallRef, outcome: Outcome, cause: Cause, by: Side },
}

impl Engine {
    /// An engine without calls; `seed` draws SDP session ids and the like.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        Self {
            acd: Distributor::new(plan.acd.clone()),
            calls: Arena::default(),
            legs: Table::seeded(random.bits()),
            callbacks: Table::default(),
            rung: Table::default(),
            dialed_first: vec![0; plan.acd.groups.len()],
            to_dial: VecDeque::new(),
            place_freed: false,
            recordings: Table::default(),
            recordings_minted: 0,
            callbacks_minted: 0,
            preferred: Table::default(),
            listed: Table::default(),
            answered_last: vec![None; plan.rosters.len()],
            here: None,
            ports: Ports::new(&plan.audio.ports, plan.audio.port_rest),
            timers: Wheel::default(),
            random,
            agents: vec![AgentState::SignedOut; plan.acd.agents.len()],
            bound: vec![false; plan.acd.agents.len()],
            byes: vec![None; plan.acd.agents.len()],
            last: vec![None; plan.acd.agents.len()],
            winding: vec![0; plan.acd.agents.len()],
            shows: vec![Show::default(); plan.studios.len()],
            live: 0,
            draining: false,
            picked: None,
            decided: VecDeque::new(),
            said: Vec::new(),
            seq: 0,
            legs_minted: 0,
            plan,
        }
    }

    /// Takes one input. Deadlines at or before `now` fire first.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Out) {
        self.fire(now, out);
        match input {
            Input::Sip(fact) => self.heard_sip(now, fact, out),
            Input::Media(fact) => self.heard_media(now, fact, out),
            Input::Request(id, request) => self.requested(now, id, request, out),
        }
        self.settle(now, out);
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out) {
        self.fire(now, out);
    }

    /// When [`tick`](Self::tick) is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [self.timers.next_deadline(), self.acd.next_deadline()].into_iter().flatten().min()
    }

    /// Calls in progress, those included whose last audio report is still to come.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// The distributor, to be asked what it sees: between two steps, at no cost to the next one.
    #[must_use]
    pub const fn distributor(&self) -> &Distributor {
        &self.acd
    }

    /// The caller of a call, as the distributor knows him.
    #[must_use]
    pub const fn caller(call: CallRef) -> CallerRef {
        caller_of(call)
    }

    /// Where a call is, in words, for operators.
    #[must_use]
    pub fn describe(&self, call: CallRef) -> Option<String> {
        self.calls.get(call).map(ToString::to_string)
    }

    fn fire(&mut self, now: Timestamp, out: &mut Out) {
        while let Some((_, timer)) = self.timers.pop_due(now) {
            match timer {
                Timer::Setup(call) => self.setup_is_over(call, out),
                Timer::Pause(call) => self.pause_is_over(now, call, out),
                Timer::Limit(call) => self.limit_is_over(now, call, out),
            }
            self.settle(now, out);
        }
        if self.acd.next_deadline().is_some_and(|at| at <= now) {
            self.acd.tick(now, &mut self.said);
            self.decided.extend(self.said.drain(..).map(Decided::Acd));
            self.settle(now, out);
        }
    }

    fn heard_sip(&mut self, now: Timestamp, fact: Fact, out: &mut Out) {
        match fact {
            Fact::Invited { leg, invite } => self.invited(now, leg, *invite, out),
            Fact::Confirmed { leg, answer } => self.confirmed(now, leg, answer.as_deref(), out),
            Fact::Ringing { leg, status, answer } => self.progressed(leg, status, answer, out),
            Fact::Answered { leg, answer, nated, .. } => {
                self.answered(now, leg, answer.as_deref(), nated, out);
            }
            Fact::Offered { leg, offer } => self.offered(now, leg, offer.as_deref(), out),
            Fact::Reanswered { leg, answer } => self.reanswered(now, leg, &answer, out),
            Fact::ReofferRefused { leg, .. } => self.reoffer_refused(now, leg, out),
            Fact::Key { leg, digit } => {
                if let Some(Owner { call, role: Role::Caller }) = self.legs.get(&leg).copied() {
                    self.key_pressed(now, call, digit, out);
                }
            }
            Fact::Referred { leg, refer } => self.referred(now, leg, &refer, out),
            Fact::Released { leg, cause, status, by } => self.released(now, leg, cause, status, by, out),
            Fact::AorBound { aor, contacts, first } => self.phone_bound(now, aor, contacts, first, out),
            Fact::AorLost { aor, why } => self.phone_lost(now, aor, why, out),
            Fact::TrunkUp { trunk } => self.tell(now, Event::Trunk { trunk, up: true }, out),
            Fact::TrunkDown { trunk, .. } => self.tell(now, Event::Trunk { trunk, up: false }, out),
        }
    }

    fn heard_media(&mut self, now: Timestamp, fact: session::Fact, out: &mut Out) {
        match fact {
            session::Fact::ClipEnded { session, party, clip } => {
                self.clip_ended(now, call_of(session), party, clip, out);
            }
            session::Fact::Key { session, party, digit } => {
                if party == CALLER {
                    self.key_pressed(now, call_of(session), digit, out);
                }
            }
            session::Fact::Silent { session, party } => self.silent(now, call_of(session), party, out),
            session::Fact::PortFailed { session, party, port } => {
                self.port_failed(now, call_of(session), party, port, out);
            }
            session::Fact::Left { session, party, port, report } => {
                self.left(now, call_of(session), party, port, report, out);
            }
        }
    }

    /// Asks the distributor; what it decides is carried out in its turn.
    ///
    /// # Errors
    /// Its reason for refusing the question.
    pub(crate) fn ask(&mut self, now: Timestamp, question: acd::Input) -> Result<(), &'static str> {
        self.decide(|acd, said| {
            acd.handle(now, question, said);
            Ok(())
        })
    }

    /// Lets the distributor decide; what it says is carried out in its turn.
    pub(crate) fn decide(
        &mut self,
        question: impl FnOnce(&mut Distributor, &mut Vec<acd::Output>) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let mut refused = question(&mut self.acd, &mut self.said);
        for output in self.said.drain(..) {
            match output {
                acd::Output::Refused { why } => refused = Err(why),
                output => self.decided.push_back(Decided::Acd(output)),
            }
        }
        refused
    }

    /// Carries out what was decided, in order. Handlers add to the line and never call this, so one decision
    /// that causes a thousand others costs a thousand turns of this loop and no stack.
    fn settle(&mut self, now: Timestamp, out: &mut Out) {
        use acd::Output as Say;
        loop {
            let Some(decided) = self.decided.pop_front() else {
                if self.dial_next(now, out) {
                    continue;
                }
                break;
            };
            let output = match decided {
                Decided::Acd(output) => output,
                Decided::Ended { call, outcome, cause, by } => {
                    self.tell_ended(now, call, outcome, cause, by, out);
                    continue;
                }
            };
            match output {
                Say::Queued { caller, group, position, expected } => {
                    self.queued(now, caller_call(caller), group, position, expected, out);
                }
                Say::Offer { offer, caller, agent, group, ring, answer, because } => {
                    let shown = Shown { offer, agent, group, ring, answer, because };
                    self.shown(now, caller, shown, out);
                }
                Say::OfferEnded { offer, caller, agent, end } => {
                    self.offer_ended(now, caller_call(caller), offer, agent, end, out);
                }
                // Who will be called back goes along his timeline, too; it moves no call.
                Say::Overflowed { caller, .. } | Say::Relaxed { caller, .. }
                    if self.callbacks.contains(&caller_call(caller)) => {}
                Say::Overflowed { caller, from, to } => {
                    self.tell(now, Event::Overflowed { call: caller_call(caller), from, to }, out);
                }
                Say::Served { caller, agent, group, since } => {
                    let call = self.call_for(caller);
                    self.connect(now, call, agent, group, since, out);
                }
                Say::TurnedAway { caller, group, why } => {
                    self.turned_away(now, caller_call(caller), group, why, out);
                }
                Say::Agent { agent, state } => self.agent_is(now, agent, state, out),
                Say::Relaxed { caller, group, stage } => {
                    self.tell(now, Event::Relaxed { call: caller_call(caller), group, stage }, out);
                }
                Say::Alert(alert) => self.tell(now, Event::Alert(alert), out),
                Say::Collapsed { caller, .. } => {
                    let by = Side::System;
                    self.end(now, caller_call(caller), Outcome::Joined, cause::NORMAL, by, out);
                }
                Say::CallbackOffered { caller } => self.callback_offered(now, caller_call(caller), out),
                Say::CallbackKept { caller, group, missed, after } => {
                    self.callback_kept(now, caller_call(caller), group, missed, after, out);
                }
                Say::Dial { caller, attempt } => self.dial(now, caller_call(caller), attempt, out),
                Say::CallbackEnded { caller, group, end } => {
                    self.callback_ended(now, caller_call(caller), group, end, out);
                }
                Say::Refused { .. } => {}
            }
        }
    }

    /// Says what is now true.
    pub(crate) fn tell(&mut self, at: Timestamp, event: Event, out: &mut Out) {
        out.events.push(Stamped { at, seq: self.seq, event });
        self.seq += 1;
    }

    /// Answers a question. That is no event of the day: it takes no number (it has that of the last event), so that a
    /// day on which nobody asks is the same day.
    pub(crate) fn answer(&self, at: Timestamp, event: Event, out: &mut Out) {
        out.events.push(Stamped { at, seq: self.seq.saturating_sub(1), event });
    }

    /// A fresh name for a leg that leaves us.
    pub(crate) const fn mint_leg(&mut self) -> LegRef {
        self.legs_minted += 1;
        LegRef(self.legs_minted & !LegRef::INGRESS)
    }

    /// The talk of a call.
    pub(crate) fn talk(&self, call: CallRef) -> Option<&Talk> {
        self.calls.get(call)?.talk()
    }

    /// The same, to change.
    pub(crate) fn talk_mut(&mut self, call: CallRef) -> Option<&mut Talk> {
        self.calls.get_mut(call)?.talk_mut()
    }

    /// What an agent does, if there is such an agent.
    pub(crate) fn agent_state(&self, agent: AgentRef) -> Option<AgentState> {
        self.agents.get(agent.index()).copied()
    }
}

pub(crate) const fn session_of(call: CallRef) -> SessionRef {
    SessionRef::from_bits(call.bits())
}

pub(crate) const fn caller_of(call: CallRef) -> CallerRef {
    CallerRef::from_bits(call.bits())
}

const fn call_of(session: SessionRef) -> CallRef {
    CallRef::from_bits(session.bits())
}

pub(crate) const fn caller_call(caller: CallerRef) -> CallRef {
    CallRef::from_bits(caller.bits())
}
