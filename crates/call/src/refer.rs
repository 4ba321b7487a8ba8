//! REFER: a phone asks to hand its caller over (RFC 3515), and what that means here.
//!
//! ```text
//!   Referred(to, replaces)  either line of an agent who consults over the other ─▶ 202, 200: caller ⇄ consulted
//!   Referred(to)  the agent's leg in a talk ─▶ whom: work number, roster, group's key, number outside
//!                     ├─ may be ──▶ 202, NOTIFY 200, the agent leaves: a blind transfer
//!                     └─ may not ─▶ 403, nobody there ─▶ 404; nothing changes
//!   anybody else's leg ─▶ 403                  what an agent is refused is an event, with the reason: it is audited
//! ```
//!
//! It is told that it went well as soon as the centre has the caller: from then on he is not the phone's business, and
//! he comes back into the line if nobody takes him.

use crate::engine::{Engine, Out, Owner};
use crate::event::Event;
use crate::leg::Role;
use crate::plan::{OutsideLine, is_number};
use crate::request::{Control, Whom};
use crate::roster::RosterRef;
use acd::{AgentRef, GroupRef};
use base::{Private, Timestamp};
use sip::leg::{Command, LegRef, Refer};

impl Engine {
    /// A phone wants its caller to be handed over.
    pub(crate) fn referred(&mut self, now: Timestamp, leg: LegRef, refer: &Refer, out: &mut Out) {
        // The answer stands before what it leads to: a BYE that overtakes it would end the subscription first.
        let told = out.legs.len();
        let done = match (self.who_refers(leg), self.whom(&refer.to), refer.replaces) {
            (None, ..) => Err((403, None)),
            // Both lines are of one talk: what they lead to becomes one, and the agent is out.
            (Some(agent), _, Some(other)) if self.are_lines_of(agent, leg, other) => {
                self.control(now, agent, Control::Transfer, out).map_err(|why| (403, Some((agent, why))))
            }
            (Some(agent), _, Some(_)) => Err((403, Some((agent, "he consults nobody over these lines")))),
            (Some(agent), None, _) => Err((404, Some((agent, "there is nobody of that number")))),
            (Some(agent), Some(whom), None) => self
                .control(now, agent, Control::TransferTo(whom), out)
                .map_err(|why| (403, Some((agent, why)))),
        };
        match done {
            Ok(()) => {
                let words = [Command::AcceptRefer { leg }, Command::ReferProgress { leg, status: 200 }];
                out.legs.splice(told..told, words);
            }
            Err((status, agent)) => {
                out.legs.push(Command::RefuseRefer { leg, status });
                if let Some((agent, why)) = agent {
                    let number = Private::new(refer.to.clone());
                    self.tell(now, Event::OutgoingRefused { agent, number, why }, out);
                }
            }
        }
    }

    /// The agent whose caller would be handed over.
    fn who_refers(&self, leg: LegRef) -> Option<AgentRef> {
        let Owner { call, role: Role::Agent | Role::Line } = self.legs.get(&leg)? else { return None };
        self.calls.get(*call)?.talk()?.with.agent()
    }

    /// Whether these are the two lines of an agent's phone in his talk.
    fn are_lines_of(&self, agent: AgentRef, one: LegRef, other: LegRef) -> bool {
        let talk = self.talk_of(agent).and_then(|call| self.calls.get(call)?.talk());
        talk.and_then(|talk| Some((talk.leg.leg, talk.line.as_ref()?.leg)))
            .is_some_and(|(first, second)| (one, other) == (first, second) || (other, one) == (first, second))
    }

    /// Whom a phone means: a work number, a roster's extension, a group's key, or a number outside.
    pub(crate) fn whom(&self, to: &str) -> Option<Whom> {
        let plan = &self.plan.acd;
        if let Some(at) = plan.agents.iter().position(|agent| agent.name == to) {
            return Some(Whom::Agent(AgentRef::at(at)));
        }
        let rosters = &self.plan.rosters;
        if let Some(at) = rosters.iter().position(|own| !own.extension.is_empty() && own.extension == to) {
            return Some(Whom::Roster(RosterRef::at(at), None));
        }
        if let Some(at) = plan.groups.iter().position(|group| group.name == to) {
            return Some(Whom::Group(GroupRef::at(at)));
        }
        let written = |outside: &OutsideLine| outside.numbers.normalize(to);
        let number = self.plan.outside.as_ref().map_or_else(|| to.to_owned(), written);
        is_number(to).then(|| Whom::Number(Private::new(number)))
    }
}
