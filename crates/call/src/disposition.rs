//! Dispositions: what came of a call, as whoever talked in it says (话后小结, 处理结果).
//!
//! ```text
//!   request: result, resolver ─┐
//!   *31, *31* at his phone ────┴▶ of the call in which he talks, or talked last ─▶ Disposed
//! ```
//!
//! The engine keeps for each agent which call that is, and nothing else: a disposition changes no call. Said again it
//! stands instead of the one before. After a restart nobody has talked yet; records of earlier calls are completed
//! where they are kept.
//!
//! Never knows: what a disposition means, which calls have none.

use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event};
use acd::AgentRef;
use base::Timestamp;

/// Dispositions of one centre.
pub const DISPOSITIONS_MAX: usize = 16;

base::index!(DispositionRef, "disposition", "A disposition, by its place in the plan.");

/// Something that may come of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// Key in configuration and records (`answered`).
    pub name: String,
    /// Digits of its code, dialed after [`ServiceCodes::disposition`](crate::plan::ServiceCodes); empty: by no code.
    pub code: String,
}

/// Who has resolved what the caller wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolver {
    /// An agent of the hotline (接听员).
    Agent,
    /// A policy specialist who was asked (政策专员).
    Specialist,
}

/// Behind the code: a specialist resolved it.
const BY_SPECIALIST: char = '*';

impl Engine {
    /// An agent talks in a call: it is the one of which he speaks.
    pub(crate) fn met(&mut self, agent: AgentRef, call: CallRef) {
        if let Some(last) = self.last.get_mut(agent.index()) {
            *last = Some(call);
        }
    }

    /// An agent says what came of his call.
    ///
    /// # Errors
    /// Why it cannot be said.
    pub(crate) fn dispose(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        disposition: DispositionRef,
        by: Resolver,
        phone: bool,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        let last = self.last.get(agent.index()).ok_or("no such agent")?;
        let call = last.ok_or("the agent has talked with no caller since the start")?;
        if disposition.index() >= self.plan.dispositions.len() {
            return Err("no such disposition");
        }
        self.tell(now, Event::Disposed { call, agent, disposition, by, phone }, out);
        Ok(())
    }

    /// What a number says when it is a disposition's code: `*31`, `*31*`.
    pub(crate) fn disposition_code(&self, called: &str) -> Option<(DispositionRef, Resolver)> {
        let prefix = self.plan.codes.disposition.as_str();
        let code = called.strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
        let (code, by) = match code.strip_suffix(BY_SPECIALIST) {
            Some(code) => (code, Resolver::Specialist),
            None => (code, Resolver::Agent),
        };
        let is = |disposition: &Disposition| !code.is_empty() && disposition.code == code;
        self.plan.dispositions.iter().position(is).map(|at| (DispositionRef::at(at), by))
    }
}
