//! [`Exercise`]: random days of a small centre, from one seed, for anything that takes inputs and gives outputs.
//!
//! ```text
//!   Exercise::seeded(n) ─▶ plan()          a small centre in which everything happens often
//!   next(deadline)      ─▶ (now, Step)     mostly what makes sense now, sometimes what does not
//!   learn(outputs)      ◀─ what it led to: whom it may accept, decline, hang up, dial next
//! ```
//!
//! It drives the fast distributor and its twin in the tests, and serves fuzzing and simulation alike. Instants are
//! coarse on purpose, so that deadlines, hang-ups and answers fall on the same one. A day that has no plan change
//! in it comes out when [`next_input`](Exercise::next_input) is asked instead.
//!
//! Never knows: what the right answer is.

mod centre;

use crate::input::Reason;
use crate::{
    Abilities, AgentRef, AgentState, CallBack, CallerRef, Enqueue, GroupRef, Input, Listing, OfferRef,
    Output, PartyRef, Plan, Prefer, Priority, SiteRef, SkillLevel, SurgeMode,
};
use base::{Handle, Random, Timestamp};
use std::time::Duration;

/// Callers share so few numbers that somebody calls twice all the time.
const PARTIES: u64 = 12;

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An input.
    Input(Input),
    /// The plan changes.
    Change(Box<Plan>),
}

/// A source of random steps that follows what they lead to.
#[derive(Clone, Debug)]
pub struct Exercise {
    random: Random,
    now: Timestamp,
    plan: Plan,
    states: Vec<AgentState>,
    waiting: Vec<CallerRef>,
    /// Callers of callbacks who are being dialed.
    dialed: Vec<CallerRef>,
    offers: Vec<OfferRef>,
    /// The last offer that ended: to be accepted or declined once more.
    over: OfferRef,
    callers: u32,
}

impl Exercise {
    /// The exercise of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: Random::seeded(seed),
            now: Timestamp::START,
            plan: Plan::default(),
            states: Vec::new(),
            waiting: Vec::new(),
            dialed: Vec::new(),
            offers: Vec::new(),
            over: OfferRef::from_bits(u64::MAX),
            callers: 0,
        }
    }

    /// A small centre: 1 to 5 groups with short lines and stages, 1 to 9 agents with some of the skills.
    pub fn plan(&mut self) -> Plan {
        self.plan = centre::plan(&mut self.random);
        self.states = vec![AgentState::SignedOut; self.plan.agents.len()];
        self.plan.clone()
    }

    /// The next step and its instant. Sometimes that is the next deadline exactly, sometimes far behind it.
    pub fn next(&mut self, deadline: Option<Timestamp>) -> (Timestamp, Step) {
        if self.random.below(150) == 0 {
            self.pass_time(deadline);
            if self.random.below(8) == 0 {
                let mut plan = self.plan.clone(); // one that cannot follow: somebody is missing
                plan.agents.pop();
                return (self.now, Step::Change(Box::new(plan)));
            }
            self.plan = centre::changed(&self.plan, &mut self.random);
            self.states.resize(self.plan.agents.len(), AgentState::SignedOut);
            return (self.now, Step::Change(Box::new(self.plan.clone())));
        }
        let (now, input) = self.next_input(deadline);
        (now, Step::Input(input))
    }

    /// The next input and its instant.
    pub fn next_input(&mut self, deadline: Option<Timestamp>) -> (Timestamp, Input) {
        self.pass_time(deadline);
        (self.now, self.input())
    }

    fn pass_time(&mut self, deadline: Option<Timestamp>) {
        self.now = match (self.random.below(8), deadline) {
            (0..=2, _) => self.now,
            // The night may be far away; nobody waits for it on purpose.
            (3, Some(deadline)) if deadline.since(self.now) < Duration::from_secs(600) => {
                self.now.max(deadline)
            }
            (4, _) => self.now + Duration::from_millis(250 * self.random.below(80)),
            _ => self.now + Duration::from_millis(250 * self.random.below(8)),
        };
    }

    /// What the last step led to.
    pub fn learn(&mut self, outputs: &[Output]) {
        for output in outputs {
            match *output {
                Output::Queued { caller, .. } => self.waiting.push(caller),
                Output::CallbackKept { caller, .. } if !self.waiting.contains(&caller) => {
                    self.waiting.push(caller);
                }
                Output::Served { caller, .. }
                | Output::TurnedAway { caller, .. }
                | Output::Collapsed { caller, .. }
                | Output::CallbackEnded { caller, .. } => {
                    self.waiting.retain(|waiting| *waiting != caller);
                    self.dialed.retain(|dialed| *dialed != caller);
                }
                Output::Dial { caller, .. } => self.dialed.push(caller),
                Output::Offer { offer, .. } => self.offers.push(offer),
                Output::OfferEnded { offer, .. } => {
                    self.offers.retain(|open| *open != offer);
                    self.over = offer;
                }
                Output::Agent { agent, state } => self.states[agent.index()] = state,
                _ => {}
            }
        }
    }

    fn input(&mut self) -> Input {
        match self.random.below(50) {
            0..=12 => Input::Enqueue(self.caller()),
            13..=15 => self.leave(),
            16..=25 => self.answer(),
            26..=33 => self.go_on(),
            34..=35 => self.callback(),
            36..=38 => self.dial(),
            39..=42 => self.govern(),
            43 => self.pick(),
            _ => self.anything(),
        }
    }

    fn caller(&mut self) -> Enqueue {
        self.callers += 1;
        let mut caller = CallerRef::from_parts(self.callers, 0);
        if self.random.below(40) == 0 && !self.waiting.is_empty() {
            caller = self.any_waiting(); // a second time
        }
        let group = GroupRef(self.random.below(self.plan.groups.len() as u64) as u32);
        let priority = match self.random.below(12) {
            0..=2 => Priority(self.random.below(4) as u8),
            3 => Priority::EMERGENCY,
            _ => Priority(0),
        };
        let since = match self.random.below(6) {
            0 => self.now - Duration::from_secs(self.random.below(60)),
            1 => self.now + Duration::from_secs(self.random.below(3)),
            _ => self.now,
        };
        let prefer = (self.random.below(8) == 0).then(|| Prefer {
            agent: self.any_agent(),
            alone: (self.random.below(3) > 0).then(|| Duration::from_secs(self.random.below(12))),
        });
        Enqueue {
            caller,
            group,
            priority,
            since,
            site: SiteRef(self.random.below(4) as u32), // one too many
            requires: if self.random.below(6) == 0 {
                Abilities(self.random.below(4))
            } else {
                Abilities::NONE
            },
            party: (self.random.below(3) > 0).then(|| self.party()),
            prefer,
            served: self.random.below(12) == 0,
        }
    }

    fn leave(&mut self) -> Input {
        let caller = if self.waiting.is_empty() || self.random.below(30) == 0 {
            CallerRef::from_bits(self.random.bits())
        } else {
            self.any_waiting()
        };
        match self.random.below(4) {
            0 => {
                self.waiting.retain(|waiting| *waiting != caller);
                Input::Leave { caller }
            }
            _ => Input::HangUp { caller },
        }
    }

    fn answer(&mut self) -> Input {
        let offer = match self.offers.len() as u64 {
            0 => self.over,
            _ if self.random.below(30) == 0 => self.over,
            open => self.offers[self.random.below(open) as usize],
        };
        match self.random.below(10) {
            0..=5 => Input::Accept { offer },
            6..=8 => Input::Decline { offer, then: None },
            _ => Input::Decline { offer, then: Some(self.reason()) },
        }
    }

    fn callback(&mut self) -> Input {
        if self.random.below(2) == 0 && !self.waiting.is_empty() {
            return Input::WantsCallback { caller: self.any_waiting() };
        }
        let after = self.now + Duration::from_secs(self.random.below(6));
        Input::CallBack(CallBack { enqueue: self.caller(), after, missed: self.random.below(2) == 0 })
    }

    fn dial(&mut self) -> Input {
        let caller = match self.dialed.len() as u64 {
            0 if self.random.below(4) > 0 || self.waiting.is_empty() => return self.leave(),
            0 => self.any_waiting(), // whom nobody dialed
            open => self.dialed.swap_remove(self.random.below(open) as usize),
        };
        if self.random.below(2) == 0 { Input::Reached { caller } } else { Input::Unreached { caller } }
    }

    /// Somebody reaches for a call; mostly one that there is.
    fn pick(&mut self) -> Input {
        let agent = self.any_agent();
        if self.waiting.is_empty() || self.random.below(20) == 0 {
            return Input::EndWrapUp { agent };
        }
        Input::Pick { agent, caller: self.any_waiting() }
    }

    /// What a supervisor does.
    fn govern(&mut self) -> Input {
        let group = GroupRef(self.random.below(self.plan.groups.len() as u64 + 1) as u32);
        match self.random.below(9) {
            0 => {
                let modes = [SurgeMode::Automatic, SurgeMode::Off, SurgeMode::On, SurgeMode::AnnounceOnly];
                // Mostly back to automatic, or nobody would ever come in.
                let mode = if self.random.below(2) == 0 { 0 } else { self.random.below(4) as usize };
                Input::Surge { group, mode: modes[mode] }
            }
            1 => Input::Help { site: SiteRef(self.random.below(3) as u32), on: self.random.below(2) == 0 },
            2 | 3 => {
                let listing = if self.random.below(2) == 0 { Listing::Grey } else { Listing::Black };
                let until = self.now + Duration::from_secs(self.random.below(30));
                let listing = (self.random.below(3) > 0).then_some((listing, until));
                Input::List { party: self.party(), listing }
            }
            4 => Input::Urgent { party: self.party(), open: self.random.below(2) == 0 },
            5 if !self.waiting.is_empty() => Input::Prioritize {
                caller: self.any_waiting(),
                priority: Priority(self.random.below(6) as u8),
            },
            6 => {
                let by = Duration::from_secs(self.random.below(6));
                Input::ExtendWrapUp { agent: self.any_agent(), by }
            }
            _ => {
                let level = (self.random.below(3) > 0).then(|| SkillLevel(self.random.below(12) as u8));
                Input::Skill { agent: self.any_agent(), group, level }
            }
        }
    }

    /// What an agent in his state would do next.
    fn go_on(&mut self) -> Input {
        let agent = AgentRef(self.random.below(self.states.len() as u64) as u32);
        let state = self.states[agent.index()];
        match state {
            AgentState::SignedOut => Input::SignIn { agent },
            AgentState::WrapUp { .. } if self.random.below(6) == 0 => Input::EndWrapUp { agent },
            AgentState::WrapUp { .. } if self.random.below(3) == 0 => {
                Input::ExtendWrapUp { agent, by: Duration::from_secs(self.random.below(12)) }
            }
            AgentState::NotReady(_) | AgentState::WrapUp { .. } => Input::Ready { agent },
            AgentState::Talking => Input::Release { agent },
            AgentState::Ready | AgentState::Offered(_) => self.anything(),
        }
    }

    /// Any agent input to any agent, sometimes to one who does not exist.
    fn anything(&mut self) -> Input {
        let agent = self.any_agent();
        match self.random.below(16) {
            0 => Input::SignOut { agent },
            1 => Input::SignIn { agent },
            2..=5 => Input::Ready { agent },
            6..=8 => Input::NotReady { agent, reason: self.reason() },
            9..=10 => Input::PhoneLost { agent },
            11 => Input::Engage { agent },
            12 => {
                let group = GroupRef(self.random.below(self.plan.groups.len() as u64 + 1) as u32);
                Input::Takes { agent, group }
            }
            13 => Input::Enqueue(Enqueue {
                priority: Priority(254),
                since: Timestamp::NEVER,
                ..Enqueue::new(CallerRef::from_parts(u32::MAX, 0), GroupRef(u32::MAX), self.now)
            }),
            _ => Input::Release { agent },
        }
    }

    /// One of the agents, sometimes one too many.
    fn any_agent(&mut self) -> AgentRef {
        AgentRef(self.random.below(self.states.len() as u64 + 1) as u32)
    }

    fn any_waiting(&mut self) -> CallerRef {
        self.waiting[self.random.below(self.waiting.len() as u64) as usize]
    }

    fn party(&mut self) -> PartyRef {
        PartyRef::from_bits(self.random.below(PARTIES))
    }

    fn reason(&mut self) -> Reason {
        let reasons = [Reason::Rest, Reason::Meal, Reason::Study, Reason::Declined, Reason::Forced];
        reasons[self.random.below(reasons.len() as u64) as usize]
    }
}
