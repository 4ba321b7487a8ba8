//! Service codes: what agents dial on their phones until there is a desk.
//!
//! ```text
//!   *10 sign in · *11 sign out · *13[digit] not ready ─▶ done at once ─▶ a clip says so, or why not
//!   *3 and the code of a disposition ─▶ done at once, of the last call (disposition.rs)
//!   *20, *21, *22 and a work number ─▶ into that agent's talk (supervise.rs)
//!   *14, or *14 and a work number ─▶ a colleague's call (pick.rs)
//!   *16 on a second line ─▶ the caller of the first is held for the studio whose show is on (studio.rs) ─▶ the clip
//!   *12 ready, *15 wrap-up is over ─▶ the clip ─▶ phone free again ─▶ done: the next caller must not meet a busy phone
//! ```

use crate::call::{Stage, Supervision, Way};
use crate::cause;
use crate::disposition::{DispositionRef, Resolver};
use crate::engine::{Engine, Out};
use crate::event::CallRef;
use crate::ingress::Denied;
use crate::plan::ServiceCodes;
use acd::input::Reason;
use acd::{AgentRef, AgentState};
use base::{Private, Timestamp};
use media::session::{ClipRef, Hear};
use sip::leg::AorRef;

/// What a code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    SignIn,
    SignOut,
    Ready,
    NotReady(Reason),
    Dispose(DispositionRef, Resolver),
    WrapUpEnd,
    /// One that could be met was taken before (`pick.rs`).
    Pick,
    Studio,
}

impl Engine {
    /// Takes a code that was dialed on an agent's phone.
    ///
    /// # Errors
    /// 403 for a number that is no code, a phone that is no agent's, or a code that cannot be met when there
    /// is no clip to say so.
    pub(crate) fn service_code(
        &mut self,
        now: Timestamp,
        aor: AorRef,
        called: &str,
        out: &mut Out,
    ) -> Result<Way, Denied> {
        let (Some(agent), Some(code)) = (self.agent_at(aor), self.code(called)) else {
            return Err(Denied::with(cause::REJECTED));
        };
        let mut then = None;
        let done = match code {
            Code::SignIn => self.ask(now, acd::Input::SignIn { agent }).is_ok(),
            Code::SignOut => self.ask(now, acd::Input::SignOut { agent }).is_ok(),
            Code::NotReady(reason) => self.ask(now, acd::Input::NotReady { agent, reason }).is_ok(),
            Code::Dispose(disposition, by) => self.dispose(now, agent, disposition, by, true, out).is_ok(),
            Code::Pick => false,
            Code::WrapUpEnd => {
                then = Some(acd::Input::EndWrapUp { agent });
                matches!(self.agent_state(agent), Some(AgentState::WrapUp { .. }))
            }
            Code::Studio => self
                .studio_for(agent)
                .is_some_and(|studio| self.screen(now, agent, studio, Private::default(), out).is_ok()),
            Code::Ready => {
                then = Some(acd::Input::Ready { agent });
                self.agent_state(agent).is_some_and(|state| state != AgentState::SignedOut)
            }
        };
        let codes = &self.plan.codes;
        match (done, codes.refused) {
            (true, _) => Ok(Way::Service { reply: codes.done, then }),
            (false, Some(clip)) => Ok(Way::Service { reply: Some(clip), then: None }),
            (false, None) => Err(Denied::with(cause::REJECTED)),
        }
    }

    /// Lets the phone hear what became of its code. Without a clip it is released as soon as it has
    /// acknowledged our 200.
    pub(crate) fn reply(&mut self, call: CallRef, clip: Option<ClipRef>, out: &mut Out) {
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Service;
        }
        if let Some(clip) = clip {
            self.caller_hears(call, Hear::Once(clip), out);
        }
    }

    /// Whether a number is one of them.
    pub(crate) fn is_code(&self, called: &str) -> bool {
        self.code(called).is_some()
    }

    fn code(&self, called: &str) -> Option<Code> {
        let disposed = || self.disposition_code(called).map(|(what, by)| Code::Dispose(what, by));
        Code::of(&self.plan.codes, called).or_else(disposed)
    }

    /// How a code wants whose talk to be supervised.
    pub(crate) fn supervision_code(&self, called: &str) -> Option<(Supervision, AgentRef)> {
        let codes = &self.plan.codes;
        let ways = [
            (&codes.listen, Supervision::Listen),
            (&codes.whisper, Supervision::Whisper),
            (&codes.barge, Supervision::Barge),
        ];
        ways.into_iter().filter(|(code, _)| !code.is_empty()).find_map(|(code, how)| {
            let whom = called.strip_prefix(code.as_str())?;
            let agents = &self.plan.acd.agents;
            agents.iter().position(|agent| agent.name == whom).map(|at| (how, AgentRef::at(at)))
        })
    }

    /// Where a call is picked: at whom, by work number, or (empty) anywhere; `None` for another code.
    pub(crate) fn pick_code<'a>(&self, called: &'a str) -> Option<&'a str> {
        let codes = &self.plan.codes;
        called.strip_prefix(codes.pick.as_str()).filter(|_| Code::of(codes, called) == Some(Code::Pick))
    }

    /// Whose phone an account is.
    pub(crate) fn agent_at(&self, aor: AorRef) -> Option<AgentRef> {
        self.plan.phones.iter().position(|phone| phone.aor == aor).map(AgentRef::at)
    }
}

impl Code {
    fn of(codes: &ServiceCodes, called: &str) -> Option<Self> {
        let is = |code: &str| !code.is_empty() && called == code;
        if is(&codes.sign_in) {
            return Some(Self::SignIn);
        }
        if is(&codes.sign_out) {
            return Some(Self::SignOut);
        }
        if is(&codes.ready) {
            return Some(Self::Ready);
        }
        if is(&codes.wrap_up_end) {
            return Some(Self::WrapUpEnd);
        }
        let at = called.strip_prefix(codes.pick.as_str()).filter(|_| !codes.pick.is_empty());
        if at.is_some_and(|at| at.bytes().all(|digit| digit.is_ascii_digit())) {
            return Some(Self::Pick);
        }
        if is(&codes.studio) {
            return Some(Self::Studio);
        }
        if codes.not_ready.is_empty() {
            return None;
        }
        Some(Self::NotReady(match called.strip_prefix(codes.not_ready.as_str())? {
            "" => Reason::Busy,
            "1" => Reason::Rest,
            "2" => Reason::Meal,
            "3" => Reason::Meeting,
            "4" => Reason::Coaching,
            "5" => Reason::Training,
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_the_plan_writes_them() {
        let codes = ServiceCodes {
            sign_in: "*10".into(),
            sign_out: "*11".into(),
            ready: "*12".into(),
            not_ready: "*13".into(),
            listen: "*20".into(),
            whisper: "*21".into(),
            barge: "*22".into(),
            disposition: "*3".into(),
            studio: "*16".into(),
            done: None,
            refused: None,
            wrap_up_end: "*15".into(),
            pick: "*14".into(),
        };
        let table = [
            ("*10", Some(Code::SignIn)),
            ("*11", Some(Code::SignOut)),
            ("*12", Some(Code::Ready)),
            ("*13", Some(Code::NotReady(Reason::Busy))),
            ("*132", Some(Code::NotReady(Reason::Meal))),
            ("*16", Some(Code::Studio)),
            ("*139", None),
            ("*1312", None),
            ("*1", None),
            ("*14", Some(Code::Pick)),
            ("*148002", Some(Code::Pick)),
            ("*14*8002", None),
            ("*15", Some(Code::WrapUpEnd)),
            ("*151", None),
            ("", None),
            ("12345", None),
        ];
        for (called, code) in table {
            assert_eq!(Code::of(&codes, called), code, "{called}");
        }
    }

    #[test]
    fn a_centre_without_codes_offers_none() {
        let none = ServiceCodes {
            sign_in: String::new(),
            sign_out: String::new(),
            ready: String::new(),
            not_ready: String::new(),
            listen: String::new(),
            whisper: String::new(),
            barge: String::new(),
            disposition: String::new(),
            studio: String::new(),
            done: None,
            refused: None,
            wrap_up_end: String::new(),
            pick: String::new(),
        };
        assert_eq!(Code::of(&none, ""), None);
        assert_eq!(Code::of(&none, "1"), None);
    }
}
