//! Agents: they sit down, write up, take their breaks when they are free, and go home when they are done.
//!
//! ```text
//!   sits down ─▶ ready ⇄ (ringing, talking) ─▶ writes up ─┬─ nothing due ─▶ ready
//!                                                         ├─ break due ───▶ away ─▶ ready
//!                                                         └─ shift over ──▶ leaves
//! ```

use super::{Happens, Run};
use crate::roster::Deed;
use crate::series::Spent;
use acd::input::Reason;
use acd::{AgentPlan, AgentRef, AgentState, GroupRef, Input};
use base::{TimerRef, Timestamp};
use std::time::Duration;

/// One agent.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    state: AgentState,
    since: Timestamp,
    /// Whose time his is.
    home: GroupRef,
    /// Whose call he took last.
    group: GroupRef,
    /// Ends his writing, his break, his absence.
    timer: Option<TimerRef>,
    /// As soon as he has written up.
    due: Option<Deed>,
}

/// The writing ends so long before the distributor would end it, so that a break that is due is not missed.
const BEFORE: Duration = Duration::from_millis(1);

impl Worker {
    pub(super) fn new(plan: &AgentPlan) -> Self {
        let home = plan.skills.first().map_or(GroupRef(0), |(group, _)| *group);
        Self {
            state: AgentState::SignedOut,
            since: Timestamp::START,
            home,
            group: home,
            timer: None,
            due: None,
        }
    }

    pub(super) const fn serves(&mut self, group: GroupRef) {
        self.group = group;
    }

    const fn spends(&self) -> Spent {
        match self.state {
            AgentState::SignedOut => Spent::Out,
            AgentState::NotReady(_) => Spent::Away,
            AgentState::Ready => Spent::Ready,
            AgentState::Offered(_) | AgentState::Talking | AgentState::WrapUp { .. } => Spent::Busy,
        }
    }
}

impl Run<'_> {
    /// Books the time in the present state.
    pub(super) fn account(&mut self, agent: AgentRef) {
        let Some(worker) = self.workers.get_mut(agent.index()) else { return };
        let from = std::mem::replace(&mut worker.since, self.now);
        self.series.spent(worker.spends(), worker.home, from, self.now);
    }

    /// The distributor says what an agent does now.
    pub(super) fn agent_is(&mut self, agent: AgentRef, state: AgentState) {
        let now = self.now;
        let Some(worker) = self.workers.get(agent.index()) else { return };
        if worker.state == state {
            return;
        }
        self.account(agent);
        let worker = &mut self.workers[agent.index()];
        let before = std::mem::replace(&mut worker.state, state);
        if let Some(timer) = worker.timer.take() {
            self.wheel.cancel(timer);
        }
        match (before, state) {
            (AgentState::SignedOut, _) => {
                self.signed_in += 1;
                self.agents_max = self.agents_max.max(self.signed_in);
            }
            (_, AgentState::SignedOut) => self.signed_in -= 1,
            _ => {}
        }
        let back = match state {
            AgentState::WrapUp { until } => {
                let callers = &self.plan.callers[worker.group.index().min(self.plan.callers.len() - 1)];
                let writes = now + callers.wrap_up.draw(&mut self.desks);
                let at = writes.min(until - BEFORE).max(now);
                worker.timer = Some(self.wheel.schedule(at, Happens::WroteUp(agent)));
                return;
            }
            AgentState::NotReady(Reason::RingNoAnswer | Reason::Declined) => self.plan.desk.back_after,
            AgentState::NotReady(reason) => match worker.due {
                Some(Deed::Break(due, length)) if due == reason => {
                    worker.due = None;
                    length
                }
                _ => return,
            },
            AgentState::SignedOut => {
                worker.due = None;
                return;
            }
            _ => return,
        };
        worker.timer = Some(self.wheel.schedule(now + back, Happens::Back(agent)));
    }

    pub(super) fn wrote_up(&mut self, agent: AgentRef) {
        let Some(worker) = self.workers.get_mut(agent.index()) else { return };
        worker.timer = None;
        match worker.due {
            Some(Deed::Leaves) => self.ask(Input::SignOut { agent }),
            Some(Deed::Break(reason, _)) => self.ask(Input::NotReady { agent, reason }),
            Some(Deed::NotReady(reason)) => {
                worker.due = None;
                self.ask(Input::NotReady { agent, reason });
            }
            _ => self.ask(Input::Ready { agent }),
        }
    }

    pub(super) fn back(&mut self, agent: AgentRef) {
        let Some(worker) = self.workers.get_mut(agent.index()) else { return };
        worker.timer = None;
        let leaves = worker.due == Some(Deed::Leaves);
        self.ask(if leaves { Input::SignOut { agent } } else { Input::Ready { agent } });
    }

    /// What an agent does by his own decision: at once when he is free, else when he has written up.
    pub(super) fn does(&mut self, agent: AgentRef, deed: Deed) {
        let Some(worker) = self.workers.get_mut(agent.index()) else { return };
        let busy = match worker.state {
            AgentState::Offered(_) | AgentState::WrapUp { .. } => true,
            // Without wrap-up there is no moment between two callers; the distributor keeps the wish.
            AgentState::Talking => {
                let group = self.plan.acd.groups.get(worker.group.index());
                group.is_some_and(|group| !group.wrap_up.is_zero())
            }
            _ => false,
        };
        match deed {
            Deed::SitsDown => {
                if worker.state != AgentState::SignedOut {
                    worker.due = None;
                    return;
                }
                self.ask(Input::SignIn { agent });
                self.ask(Input::Ready { agent });
            }
            Deed::SignsIn => self.ask(Input::SignIn { agent }),
            Deed::Ready => {
                worker.due = None;
                if matches!(worker.state, AgentState::NotReady(_)) {
                    self.ask(Input::Ready { agent });
                }
            }
            Deed::Break(reason, _) | Deed::NotReady(reason) => {
                if worker.state == AgentState::SignedOut || worker.due == Some(Deed::Leaves) {
                    return;
                }
                if busy || matches!(deed, Deed::Break(..)) {
                    worker.due = Some(deed);
                }
                if !busy {
                    self.ask(Input::NotReady { agent, reason });
                }
            }
            Deed::Leaves => {
                if busy {
                    worker.due = Some(deed);
                } else if worker.state != AgentState::SignedOut {
                    self.ask(Input::SignOut { agent });
                }
            }
        }
    }
}
