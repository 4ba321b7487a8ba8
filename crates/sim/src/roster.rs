//! The roster: which agents sit down today, and when they get up.
//!
//! ```text
//!   team's seats by shift ─▶ the next agents in turn ─▶ sign in … break … sign out
//! ```
//!
//! Seats go round the team, so work and nights are spread evenly; nobody is given a second shift that begins before
//! his first has ended. When there are fewer agents than seats, seats stay empty.

use crate::plan::Plan;
use acd::AgentRef;
use acd::input::Reason;
use base::{Random, Timestamp};
use std::time::Duration;

/// What an agent does by himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Signs in and is ready.
    SitsDown,
    /// Signs in, not ready yet.
    SignsIn,
    /// Is ready.
    Ready,
    /// Takes a break of this length as soon as he is free.
    Break(Reason, Duration),
    /// Is not ready until he says so.
    NotReady(Reason),
    /// Signs out.
    Leaves,
}

/// Whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    /// Per team: who is next.
    next: Vec<usize>,
    /// Per agent: when his last shift ends.
    until: Vec<Timestamp>,
}

/// Agents come up to so much early.
const EARLY: Duration = Duration::from_secs(120);
/// Rest between two shifts of one agent.
const REST: Duration = Duration::from_secs(8 * 3_600);

impl Roster {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { next: vec![0; plan.teams.len()], until: vec![Timestamp::START; plan.acd.agents.len()] }
    }

    /// What agents do because of shifts that begin on the plan's `number`th day, in no order.
    pub(crate) fn of_day(
        &mut self,
        plan: &Plan,
        number: u32,
        random: &mut Random,
        mut tell: impl FnMut(Timestamp, AgentRef, Deed),
    ) {
        let day = plan.from.add_days(number as i32);
        let midnight = Timestamp::START + Duration::from_secs(86_400) * number;
        let staff: f64 = plan.surges(day).map(|event| event.staff).fold(1.0, f64::max);
        let worked = plan.calendar.is_workday(day);
        for (team, members) in plan.teams.iter().enumerate() {
            let seats = if worked { &members.workday } else { &members.day_off };
            for (shift, seats) in plan.shifts.iter().zip(seats) {
                let from = midnight + Duration::from_secs(60 * u64::from(shift.from));
                let to = midnight + Duration::from_secs(60 * u64::from(shift.to));
                let seats = (f64::from(*seats) * staff).round() as usize;
                for seat in 0..seats.min(members.agents.len()) {
                    let Some(agent) = self.turn(team, &members.agents, from, to) else { break };
                    let early = Duration::from_nanos(random.below(EARLY.as_nanos() as u64));
                    let sits = if from >= Timestamp::START + EARLY { from - early } else { from };
                    tell(sits, agent, Deed::SitsDown);
                    for pause in &shift.breaks {
                        // Small teams must not all leave in the first wave.
                        let wave = (seat + team) as u32 % pause.waves.max(1);
                        let at = from + pause.after + pause.length * wave;
                        tell(at, agent, Deed::Break(pause.reason, pause.length));
                    }
                    tell(to, agent, Deed::Leaves);
                }
            }
        }
    }

    /// The next of the team who is free for this shift.
    fn turn(&mut self, team: usize, agents: &[AgentRef], from: Timestamp, to: Timestamp) -> Option<AgentRef> {
        for _ in 0..agents.len() {
            let agent = agents[self.next[team] % agents.len()];
            self.next[team] = (self.next[team] + 1) % agents.len();
            let until = &mut self.until[agent.index()];
            if *until == Timestamp::START || *until + REST <= from {
                *until = to;
                return Some(agent);
            }
        }
        // Everybody has worked lately: somebody who is at least gone home by then.
        let free = |agent: &&AgentRef| self.until[agent.index()] <= from;
        let agent = *agents.iter().filter(free).min_by_key(|agent| self.until[agent.index()])?;
        self.until[agent.index()] = to;
        Some(agent)
    }
}
