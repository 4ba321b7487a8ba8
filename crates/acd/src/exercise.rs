//! [`Exercise`]: random days of a small centre, from one seed, for anything that takes inputs and gives outputs.
//!
//! ```text
//!   Exercise::seeded(n) ─▶ plan()          a small centre in which everything happens often
//!   next(deadline)      ─▶ (now, Input)    mostly what makes sense now, sometimes what does not
//!   learn(outputs)      ◀─ what it led to: whom it may accept, decline, hang up next
//! ```
//!
//! It drives the fast distributor and its twin in the tests, and serves fuzzing and simulation alike. Instants are
//! coarse on purpose, so that deadlines, hang-ups and answers fall on the same one.
//!
//! Never knows: what the right answer is.

use crate::input::Reason;
use crate::{
    AgentPlan, AgentRef, AgentState, CallerRef, Enqueue, GroupPlan, GroupRef, Input, OfferRef, Output, Plan,
    Priority, SiteRef, SkillLevel,
};
use base::{Handle, Random, Timestamp};
use std::time::Duration;

/// A source of random inputs that follows what they lead to.
#[derive(Clone, Debug)]
pub struct Exercise {
    random: Random,
    now: Timestamp,
    groups: u64,
    states: Vec<AgentState>,
    waiting: Vec<CallerRef>,
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
            groups: 0,
            states: Vec::new(),
            waiting: Vec::new(),
            offers: Vec::new(),
            over: OfferRef::from_bits(u64::MAX),
            callers: 0,
        }
    }

    /// A small centre: 1 to 5 groups with short lines and stages, 1 to 9 agents with some of the skills.
    pub fn plan(&mut self) -> Plan {
        self.groups = 1 + self.random.below(5);
        let groups = (0..self.groups).map(|at| self.group(at)).collect();
        let agents: Vec<AgentPlan> = (0..=self.random.below(9)).map(|at| self.agent(at)).collect();
        self.states = vec![AgentState::SignedOut; agents.len()];
        Plan { groups, agents }
    }

    /// The next input and its instant. Sometimes that is the next deadline exactly, sometimes far behind it.
    pub fn next(&mut self, deadline: Option<Timestamp>) -> (Timestamp, Input) {
        self.now = match (self.random.below(8), deadline) {
            (0..=2, _) => self.now,
            (3, Some(deadline)) => self.now.max(deadline),
            (4, _) => self.now + Duration::from_millis(250 * self.random.below(80)),
            _ => self.now + Duration::from_millis(250 * self.random.below(8)),
        };
        (self.now, self.input())
    }

    /// What the last input led to.
    pub fn learn(&mut self, outputs: &[Output]) {
        for output in outputs {
            match *output {
                Output::Queued { caller, .. } => self.waiting.push(caller),
                Output::Served { caller, .. } | Output::TurnedAway { caller, .. } => {
                    self.waiting.retain(|waiting| *waiting != caller);
                }
                Output::Offer { offer, .. } => self.offers.push(offer),
                Output::OfferEnded { offer, .. } => {
                    self.offers.retain(|open| *open != offer);
                    self.over = offer;
                }
                Output::Agent { agent, state } => self.states[agent.index()] = state,
                Output::Overflowed { .. } | Output::Refused { .. } => {}
            }
        }
    }

    fn input(&mut self) -> Input {
        match self.random.below(20) {
            0..=6 => self.enqueue(),
            7..=8 => self.leave(),
            9..=13 => self.answer(),
            14..=17 => self.go_on(),
            _ => self.anything(),
        }
    }

    fn enqueue(&mut self) -> Input {
        self.callers += 1;
        let mut caller = CallerRef::from_parts(self.callers, 0);
        if self.random.below(40) == 0 && !self.waiting.is_empty() {
            caller = self.waiting[self.random.below(self.waiting.len() as u64) as usize]; // a second time
        }
        let group = GroupRef(self.random.below(self.groups) as u32);
        let priority =
            if self.random.below(4) == 0 { Priority(self.random.below(4) as u8) } else { Priority(0) };
        let since = match self.random.below(6) {
            0 => self.now - Duration::from_secs(self.random.below(60)),
            1 => self.now + Duration::from_secs(self.random.below(3)),
            _ => self.now,
        };
        Input::Enqueue(Enqueue { caller, group, priority, since })
    }

    fn leave(&mut self) -> Input {
        if self.waiting.is_empty() {
            return Input::Leave { caller: CallerRef::from_bits(self.random.bits()) };
        }
        let at = self.random.below(self.waiting.len() as u64) as usize;
        Input::Leave { caller: self.waiting.swap_remove(at) }
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

    /// What an agent in his state would do next.
    fn go_on(&mut self) -> Input {
        let agent = AgentRef(self.random.below(self.states.len() as u64) as u32);
        match self.states[agent.index()] {
            AgentState::SignedOut => Input::SignIn { agent },
            AgentState::NotReady(_) | AgentState::WrapUp { .. } => Input::Ready { agent },
            AgentState::Talking => Input::Release { agent },
            AgentState::Ready | AgentState::Offered(_) => self.anything(),
        }
    }

    /// Any agent input to any agent, sometimes to one who does not exist.
    fn anything(&mut self) -> Input {
        let agent = AgentRef(self.random.below(self.states.len() as u64 + 1) as u32);
        match self.random.below(16) {
            0 => Input::SignOut { agent },
            1 => Input::SignIn { agent },
            2..=5 => Input::Ready { agent },
            6..=8 => Input::NotReady { agent, reason: self.reason() },
            9..=10 => Input::PhoneLost { agent },
            11..=12 => Input::Engage { agent },
            13 => Input::Enqueue(Enqueue {
                caller: CallerRef::from_parts(u32::MAX, 0),
                group: GroupRef(self.groups as u32),
                priority: Priority(255),
                since: Timestamp::NEVER,
            }),
            _ => Input::Release { agent },
        }
    }

    fn reason(&mut self) -> Reason {
        let reasons = [Reason::Rest, Reason::Meal, Reason::Busy, Reason::Declined, Reason::Forced];
        reasons[self.random.below(reasons.len() as u64) as usize]
    }

    fn group(&mut self, at: u64) -> GroupPlan {
        let random = &mut self.random;
        let mut seconds = |most: u64| Duration::from_secs(random.below(most));
        let overflow = vec![
            (seconds(12), GroupRef((at + 1) as u32)), // the last group's points nowhere
            (seconds(12), GroupRef(0)),
            (seconds(12), GroupRef(2)),
        ];
        let (ring, wrap_up, wait) = (seconds(8), seconds(5), seconds(25));
        GroupPlan {
            name: format!("group{at}"),
            ring,
            wrap_up,
            overflow: overflow.into_iter().take(random.below(4) as usize).collect(),
            line_max: 2 + random.below(12) as usize,
            wait_max: (random.below(3) > 0).then_some(wait),
            needs_signed_in: random.below(2) == 0,
            ring_no_answer_not_ready: random.below(2) == 0,
        }
    }

    fn agent(&mut self, at: u64) -> AgentPlan {
        let count = 1 + self.random.below(3);
        let mut skill = || {
            let group = GroupRef(self.random.below(self.groups + 1) as u32); // one too many
            (group, SkillLevel(1 + self.random.below(10) as u8))
        };
        let skills = (0..count).map(|_| skill()).collect();
        AgentPlan { name: format!("agent{at}"), site: SiteRef(0), skills }
    }
}
