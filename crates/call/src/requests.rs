//! Requests: each is met or refused in the step in which it arrives, with its id.

use crate::engine::{Engine, Out};
use crate::event::Event;
use crate::request::{Request, RequestId};
use acd::AgentRef;
use base::Timestamp;

impl Engine {
    pub(crate) fn requested(&mut self, now: Timestamp, id: RequestId, request: Request, out: &mut Out) {
        let done = match request {
            Request::SignIn(agent) => self.ask_for(now, agent, acd::Input::SignIn { agent }),
            Request::SignOut(agent) => self.ask_for(now, agent, acd::Input::SignOut { agent }),
            Request::Ready(agent) => self.ask_for(now, agent, acd::Input::Ready { agent }),
            Request::NotReady(agent, reason) => {
                self.ask_for(now, agent, acd::Input::NotReady { agent, reason })
            }
            Request::Release(call) => {
                if self.release_on_request(now, call, out) {
                    Ok(())
                } else {
                    Err("no such call")
                }
            }
            Request::Drain => {
                self.draining = true;
                Ok(())
            }
            Request::ReleaseAll => {
                self.draining = true;
                let calls: Vec<_> = self.calls.iter().map(|(call, _)| call).collect();
                for call in calls {
                    self.release_on_request(now, call, out);
                }
                Ok(())
            }
        };
        let event = match done {
            Ok(()) => Event::RequestDone { id },
            Err(why) => Event::RequestRefused { id, why },
        };
        self.tell(now, event, out);
    }

    fn ask_for(&mut self, now: Timestamp, agent: AgentRef, question: acd::Input) -> Result<(), &'static str> {
        self.agent_state(agent).ok_or("no such agent")?;
        self.ask(now, question)
    }
}
