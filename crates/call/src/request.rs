//! Requests: what people ask of the engine through HTTP or keys. Each is answered by exactly one event with the same
//! id: [`Event::RequestDone`](crate::Event), [`Event::RequestRefused`](crate::Event), or, for a question,
//! [`Event::Explained`](crate::Event), [`Event::Previewed`](crate::Event) or [`Event::Unanswered`](crate::Event).

use crate::call::Supervision;
use crate::case::Case;
use crate::disposition::{DispositionRef, Resolver};
use crate::flow::ListRef;
use crate::roster::{ReasonRef, RosterRef};
use crate::show::{StudioDo, StudioRef};
use acd::input::Reason;
use acd::{AgentRef, GroupRef, Listing, Prefer, Priority, SiteRef, SkillLevel, SurgeMode};
use base::{Private, Timestamp};
use media::session::Keeps;
use std::time::Duration;

base::handle!(RequestId, "request", "One request; minted by whoever asks.");

/// Whom an agent asks or hands a caller to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// An agent.
    Agent(AgentRef),
    /// The agent of a group who is idle longest; for a transfer, its line.
    Group(GroupRef),
    /// A number outside, normalized.
    Number(Private),
    /// Somebody of a roster who is on duty; of another platform's with the reason, where one is given.
    Roster(RosterRef, Option<ReasonRef>),
}

/// What an agent does with his talk (services of ECMA-269).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The caller hears music (保持).
    Hold,
    /// He is back (取回).
    Retrieve,
    /// He is put on hold, and somebody is asked (咨询).
    Consult(Whom),
    /// Caller and consulted change places (切换).
    Alternate,
    /// All three talk (三方).
    Conference,
    /// The consulted leaves, the caller is back.
    Reconnect,
    /// The agent leaves; the consulted has the caller (询问转).
    Transfer,
    /// The agent leaves at once (盲转); for a roster as soon as somebody is there (一键转接).
    TransferTo(Whom),
    /// What is known of the caller's case, to go with him.
    Case(Box<Case>),
    /// The agent leaves, and the caller rates the service: to the step after the talk (满意度评价).
    Survey,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Sign an agent in.
    SignIn(AgentRef),
    /// Sign an agent out.
    SignOut(AgentRef),
    /// Make him ready.
    Ready(AgentRef),
    /// Make him not ready; a supervisor does so with [`Reason::Forced`].
    NotReady(AgentRef, Reason),
    /// His wrap-up lasts longer.
    ExtendWrapUp(AgentRef, Duration),
    /// He does a group's work so well from now on; `None`: no longer.
    Skill(AgentRef, GroupRef, Option<SkillLevel>),

    /// An agent does something with his talk.
    Control(AgentRef, Control),
    /// A supervisor takes part in an agent's talk; `None`: no longer.
    Supervise {
        /// Who.
        supervisor: AgentRef,
        /// In whose talk.
        agent: AgentRef,
        /// How.
        how: Option<Supervision>,
    },
    /// A supervisor who takes part has the caller from now on.
    TakeOver {
        /// Who.
        supervisor: AgentRef,
        /// From whom.
        agent: AgentRef,
    },
    /// An agent sends his caller to a radio studio.
    Screen {
        /// Who.
        agent: AgentRef,
        /// Where.
        studio: StudioRef,
        /// What the studio should know of the caller; at most [`NOTE_MAX`](crate::show::NOTE_MAX) characters.
        note: Private,
    },
    /// Something is asked of a studio.
    Studio(StudioRef, StudioDo),
    /// End a call.
    Release(crate::CallRef),
    /// Another priority for a caller in a line.
    Prioritize(crate::CallRef, Priority),
    /// A caller in a line is called back instead of waiting on the phone.
    CallBack(crate::CallRef),
    /// Call a number back that is not in a line.
    CallBackNumber {
        /// Normalized.
        number: Private,
        /// For which group.
        group: GroupRef,
        /// Its priority.
        priority: Priority,
        /// The site whose agents are asked first.
        site: SiteRef,
        /// The clock by which he ranks, when he has one: of a callback that is added again after a restart. `None`:
        /// now, or when it is due if that is later.
        since: Option<Timestamp>,
        /// Not before.
        after: Timestamp,
        /// A missed call (漏话): nobody asked for it, and it is over when he calls again.
        missed: bool,
    },
    /// A callback is not wanted any more; named by the call from which it came.
    CancelCallback(crate::CallRef),

    /// The agent of a number's open case: it gets him when it calls, and nobody else for so long. `None`: no longer.
    Prefer {
        /// Normalized.
        number: Private,
        /// Whom.
        agent: Option<Prefer>,
    },

    /// Another thing is kept of a talk that is recorded.
    Recording(Whose, Keeps),

    /// A group's surge mode.
    Surge(GroupRef, SurgeMode),
    /// A site is helped by the others, or no longer.
    Help(SiteRef, bool),
    /// A number on the grey or the black list until then; `None`: on none.
    List {
        /// Normalized.
        number: Private,
        /// On which, till when.
        listing: Option<(Listing, Timestamp)>,
    },
    /// A number has an open urgent case, or no longer: no list applies meanwhile.
    Urgent {
        /// Normalized.
        number: Private,
        /// Has, or no longer.
        open: bool,
    },

    /// Numbers on one of the lists that flows look into, or no longer.
    Enlist {
        /// Which list.
        list: ListRef,
        /// Normalized.
        numbers: Vec<Private>,
        /// On it, or no longer.
        on: bool,
    },

    /// A changed plan for groups and agents, in force from now on.
    ChangePlan(Box<acd::Plan>),
    /// What that would do.
    Preview(Box<acd::Plan>),
    /// Why a caller is not with an agent.
    WhyCaller(crate::CallRef),
    /// Why an agent has no caller.
    WhyAgent(AgentRef),
    /// Who is in an agent's talk, and what is known of the caller's case.
    ViewTalk(AgentRef),

    /// An agent says what came of the call in which he talks, or talked last (话后小结).
    Dispose {
        /// Who.
        agent: AgentRef,
        /// What.
        disposition: DispositionRef,
        /// Who resolved it.
        by: Resolver,
    },

    /// An agent calls somebody: his phone is rung first.
    Dial {
        /// Who.
        agent: AgentRef,
        /// Whom; of a group, the agent who is idle longest.
        whom: Whom,
    },
    /// An agent's wrap-up is over.
    EndWrapUp(AgentRef),

    /// No new calls from now on; running ones go on.
    Drain,
    /// End all calls: the process stops and its grace is over.
    ReleaseAll,
}

/// Whose talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A call's.
    Call(crate::CallRef),
    /// The one in which an agent is.
    Agent(AgentRef),
}

impl Request {
    /// Whether it only asks: it changes nothing, and its answer is no event of the day.
    #[must_use]
    pub const fn is_question(&self) -> bool {
        matches!(self, Self::Preview(_) | Self::WhyCaller(_) | Self::WhyAgent(_) | Self::ViewTalk(_))
    }
}
