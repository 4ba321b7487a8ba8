//! Requests: each is met or refused in the step in which it arrives, with its id.

use crate::call::Way;
use crate::callback::Wish;
use crate::engine::{Engine, Out, caller_call, caller_of};
use crate::event::{CallRef, Event, Why};
use crate::flow::ListRef;
use crate::party::party;
use crate::request::{Request, RequestId};
use acd::{Abilities, AgentRef, Prefer};
use base::{Private, Timestamp};

/// Numbers with an agent of their own (open cases) at once; a further one is refused.
pub const PREFERRED_MAX: usize = 100_000;

/// Numbers on lists that flows look into; a further one is refused.
pub const LISTED_MAX: usize = 500_000;

impl Engine {
    pub(crate) fn requested(&mut self, now: Timestamp, id: RequestId, request: Request, out: &mut Out) {
        let question = request.is_question();
        let done = match request {
            Request::SignIn(agent) => self.ask_for(now, agent, acd::Input::SignIn { agent }),
            Request::SignOut(agent) => self.ask_for(now, agent, acd::Input::SignOut { agent }),
            Request::Ready(agent) => self.ask_for(now, agent, acd::Input::Ready { agent }),
            Request::NotReady(agent, reason) => {
                self.ask_for(now, agent, acd::Input::NotReady { agent, reason })
            }
            Request::ExtendWrapUp(agent, by) => {
                self.ask_for(now, agent, acd::Input::ExtendWrapUp { agent, by })
            }
            Request::Skill(agent, group, level) => {
                self.ask_for(now, agent, acd::Input::Skill { agent, group, level })
            }
            Request::Prioritize(call, priority) => {
                let caller = caller_of(self.callback_behind(call).unwrap_or(call));
                let asked = self.ask(now, acd::Input::Prioritize { caller, priority });
                if asked.is_ok()
                    && let Some(callback) = self.callbacks.get_mut(&caller_call(caller))
                {
                    callback.priority = priority;
                }
                asked
            }
            Request::CallBack(call) => self.want_callback(now, call),
            Request::CallBackNumber { number, group, priority, site, since, after, missed } => {
                let since = since.unwrap_or(now.max(after));
                let requires = Abilities::NONE;
                let wish = Wish { number, group, site, priority, requires, since, after, missed };
                self.call_back_number(now, wish)
            }
            Request::CancelCallback(from) => self.cancel_callback(now, from, out),
            Request::Prefer { number, agent } => self.prefer(&number, agent),
            Request::Recording(whose, keeps) => self.keep(now, whose, keeps, out),
            Request::Surge(group, mode) => self.ask(now, acd::Input::Surge { group, mode }),
            Request::Help(site, on) => self.ask(now, acd::Input::Help { site, on }),
            Request::List { number, listing } => match party(number.reveal()) {
                Some(party) => self.ask(now, acd::Input::List { party, listing }),
                None => Err(NO_NUMBER),
            },
            Request::Urgent { number, open } => match party(number.reveal()) {
                Some(party) => self.ask(now, acd::Input::Urgent { party, open }),
                None => Err(NO_NUMBER),
            },
            Request::Enlist { list, numbers, on } => self.enlist(list, &numbers, on),
            Request::ChangePlan(plan) => self.change_plan(now, *plan, out),
            Request::Preview(plan) => match self.acd.preview(now, &plan) {
                Ok(preview) => {
                    return self.answer(now, Event::Previewed { id, preview: Box::new(preview) }, out);
                }
                Err(why) => Err(why),
            },
            Request::Control(agent, control) => self.control(now, agent, control, out),
            Request::Dispose { agent, disposition, by } => {
                self.dispose(now, agent, disposition, by, false, out)
            }
            Request::Supervise { supervisor, agent, how } => self.supervise(now, supervisor, agent, how, out),
            Request::Screen { agent, studio, note } => self.screen(now, agent, studio, note, out),
            Request::Studio(studio, what) => self.studio(now, studio, what, out),
            Request::TakeOver { supervisor, agent } => self.take_over(now, supervisor, agent, out),
            Request::WhyCaller(call) => {
                match self.acd.why_caller(caller_of(self.callback_behind(call).unwrap_or(call))) {
                    Some(why) => {
                        return self.answer(
                            now,
                            Event::Explained { id, why: Box::new(Why::Caller(why)) },
                            out,
                        );
                    }
                    None => Err("the call waits in no line"),
                }
            }
            Request::WhyAgent(agent) => match self.acd.why_agent(agent) {
                Some(why) => {
                    return self.answer(now, Event::Explained { id, why: Box::new(Why::Agent(why)) }, out);
                }
                None => Err("no such agent"),
            },
            Request::ViewTalk(agent) => match self.view_talk(agent) {
                Ok(view) => {
                    let why = Box::new(Why::Talk(view));
                    return self.answer(now, Event::Explained { id, why }, out);
                }
                Err(why) => Err(why),
            },
            Request::Dial { agent, whom } => self.dial_for(now, agent, whom, out),
            Request::EndWrapUp(agent) => self.ask_for(now, agent, acd::Input::EndWrapUp { agent }),
            Request::Release(call) => {
                if self.release_on_request(now, call, out) {
                    Ok(())
                } else {
                    Err("no such call")
                }
            }
            Request::Drain => {
                self.draining = true;
                self.park_all(now);
                Ok(())
            }
            Request::ReleaseAll => {
                self.draining = true;
                self.park_all(now);
                let calls: Vec<_> = self.calls.iter().map(|(call, _)| call).collect();
                for call in calls {
                    self.release_on_request(now, call, out);
                }
                Ok(())
            }
        };
        let event = match done {
            Ok(()) => Event::RequestDone { id },
            Err(why) if question => return self.answer(now, Event::Unanswered { id, why }, out),
            Err(why) => Event::RequestRefused { id, why },
        };
        self.tell(now, event, out);
    }

    /// A changed plan; agents and groups that it adds have no phones and no music until a restart.
    fn change_plan(&mut self, now: Timestamp, plan: acd::Plan, out: &mut Out) -> Result<(), &'static str> {
        if plan.agents.len() != self.agents.len() || plan.groups.len() != self.plan.groups.len() {
            return Err("to add or remove groups or agents needs a restart");
        }
        let kept = plan.clone();
        self.decide(|acd, said| acd.change_plan(now, plan, said))?;
        self.plan.acd = kept;
        let (agents, groups) = (self.agents.len() as u32, self.plan.groups.len() as u32);
        self.tell(now, Event::PlanChanged { agents, groups }, out);
        Ok(())
    }

    fn call_back_number(&mut self, now: Timestamp, wish: Wish) -> Result<(), &'static str> {
        if self.draining {
            return Err("no new calls are begun");
        }
        let from = self.mint_callback();
        self.call_back(now, from, wish)
    }

    /// The callback for which we make a call.
    fn callback_behind(&self, call: CallRef) -> Option<CallRef> {
        match self.calls.get(call)?.way {
            Way::Callback(from) => Some(from),
            _ => None,
        }
    }

    fn prefer(&mut self, number: &Private, agent: Option<Prefer>) -> Result<(), &'static str> {
        let party = party(number.reveal()).ok_or(NO_NUMBER)?;
        let Some(prefer) = agent else {
            return self.preferred.remove(&party).map(|_| ()).ok_or("no agent is preferred for the number");
        };
        self.agent_state(prefer.agent).ok_or("no such agent")?;
        if self.preferred.len() >= PREFERRED_MAX && !self.preferred.contains(&party) {
            return Err("as many numbers have an agent of their own as may be");
        }
        self.preferred.insert(party, prefer);
        Ok(())
    }

    fn enlist(&mut self, list: ListRef, numbers: &[Private], on: bool) -> Result<(), &'static str> {
        let bit = 1_u64.checked_shl(list.0).filter(|_| list.index() < self.plan.lists.len());
        let bit = bit.ok_or("no such list")?;
        for number in numbers {
            let party = party(number.reveal()).ok_or(NO_NUMBER)?;
            let before = self.listed.get(&party).copied().unwrap_or_default();
            let after = if on { before | bit } else { before & !bit };
            if after == 0 {
                self.listed.remove(&party);
            } else if before != 0 || self.listed.len() < LISTED_MAX {
                self.listed.insert(party, after);
            } else {
                return Err("as many numbers are on lists as may be");
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, now: Timestamp, agent: AgentRef, question: acd::Input) -> Result<(), &'static str> {
        self.agent_state(agent).ok_or("no such agent")?;
        self.ask(now, question)
    }
}

const NO_NUMBER: &str = "the number is empty";
