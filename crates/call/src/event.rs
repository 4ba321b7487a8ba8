//! Events: what is now true, for anyone. The report is a fold over them, so they carry all that counts.
//!
//! Clocks of `domain.md` 2.1 by event:
//! t0 [`Event::Arrived`] · t1 [`Event::Answered`] · t2 [`Event::Queued`] · t3 first [`Event::Offered`] ·
//! t4 [`Event::Connected`] · t5 [`Event::Disconnected`] · t6 [`Event::Agent`] out of wrap-up.

use crate::call::{Guest, Part, Supervision, Talk, With};
use crate::disposition::{DispositionRef, Resolver};
use crate::flow::{LanguageRef, StepRef};
use crate::plan::FlowRef;
use crate::request::RequestId;
use crate::roster::{PersonRef, ReasonRef, RosterRef};
use crate::show::{StudioRef, StudioStep};
use crate::view::TalkView;
use acd::{AgentRef, AgentState, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Private, Timestamp};
use media::session::{Keeps, RecordingRef, Report};
use sip::leg::{AorLoss, AorRef, LegRef, Origin, TrunkRef};
use sip::message::Cause;
use std::time::Duration;

base::handle!(CallRef, "call", "One call, from the first INVITE to the last BYE.");

/// Which party of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who called.
    Caller,
    /// The agent who was rung.
    Agent,
    /// Somebody who was asked into the talk.
    Guest,
    /// The engine itself.
    System,
}

/// What an agent does in his talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// He talks with the caller.
    Talk,
    /// The caller is on hold.
    Hold,
    /// He asks somebody else, or that one's phone rings.
    Consult,
    /// All of them talk.
    Conference,
}

impl Phase {
    /// From who is there.
    #[must_use]
    pub fn of(talk: &Talk) -> Self {
        let here = |guest: &Guest| guest.part == Part::Consulted { held: false } && guest.leg.is_answered();
        let apart = talk.held || talk.line.is_some();
        if !apart && talk.guests.iter().any(here) {
            Self::Conference
        } else if apart && talk.consulted().is_some() {
            Self::Consult
        } else if talk.held {
            Self::Hold
        } else {
            Self::Talk
        }
    }
}

/// What a guest of a talk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestStep {
    /// His phone is rung.
    Rung(Part),
    /// He has picked up.
    Answered,
    /// The agent himself, over a second line of his phone.
    SecondLine,
    /// The same person, who talks on over another phone of his account; that one's leg.
    OtherPhone,
    /// He supervises otherwise.
    Supervises(Supervision),
    /// He has the caller now; whoever had him is out.
    TookOver,
    /// He is out, or was never reached.
    Left,
}

/// Which way a caller was exchanged with another platform (双号互转).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// From us to them; asking a specialist is this, too.
    Out,
    /// From them to us.
    In,
}

/// What becomes of asking a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterStep {
    /// Somebody is wanted; of an exchange to us: the call has come.
    Asked,
    /// His phone is rung.
    Rung(PersonRef),
    /// He has picked up.
    Answered(PersonRef),
    /// He has the caller now, and no agent is left in the talk who answers for it.
    TookOver(PersonRef),
    /// He is out again.
    Left(PersonRef),
    /// Everybody was rung, and nobody came: who had the caller keeps him.
    Nobody,
    /// Nobody is wanted any more.
    CalledOff,
}

/// What came of asking a caller to rate the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// He pressed this key, 1 to 9.
    Rated(u8),
    /// He pressed none, the last time.
    Timeout,
    /// He pressed one that rates nothing, the last time.
    Invalid,
    /// The call ended meanwhile.
    HungUp,
}

/// How far a call had come when it ended; decides which counter it lands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// An agent talked with the caller.
    Answered,
    /// The caller hung up before he was in a line (greeting, menu), or his flow ended there (a closed desk): not
    /// offered. Who ended the call tells them apart.
    AbandonedBeforeLine,
    /// The caller hung up waiting.
    AbandonedInLine,
    /// The caller hung up while an agent's phone rang.
    AbandonedRinging,
    /// Turned away by the group (full, too long, nobody there) without anybody else to take him.
    TurnedAway(Turned),
    /// Lost to us: no port, no audio, process died, a leg failed.
    Lost,
    /// Never admitted (unknown number, too many calls): not offered.
    Refused,
    /// A service code; not a hotline call.
    Service,
    /// The caller left the line to be called back. A missed call is not this: it was abandoned.
    CalledBack,
    /// The same party called again, and that call has his place.
    Joined,
    /// A call that we made to somebody who was to be called back: not offered.
    Callback,
    /// A call that an agent made by himself to a number outside: not offered.
    Outgoing,
    /// A call that an agent made to another one: not offered.
    Internal,
}

/// What has happened. `at` and a running number are added by [`Stamped`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// t0: an INVITE was admitted.
    Arrived {
        /// The call.
        call: CallRef,
        /// From where.
        origin: Origin,
        /// Normalized caller.
        caller: Private,
        /// Normalized called number.
        called: String,
        /// SIP Call-ID, to find it in a capture.
        call_id: String,
        /// Its way; `None` for a service code or a refused call.
        flow: Option<FlowRef>,
    },
    /// t1: we answered (200, or 183 when the flow greets early).
    Answered {
        /// The call.
        call: CallRef,
    },
    /// t2: in a group's line. Said again for each further group that a target sends him to.
    Queued {
        /// The call.
        call: CallRef,
        /// The group.
        group: GroupRef,
        /// Place.
        position: u32,
        /// Expected wait, when one can be told.
        expected: Option<Duration>,
    },
    /// t3 when first: an agent's phone is being rung.
    Offered {
        /// The call.
        call: CallRef,
        /// The offer.
        offer: OfferRef,
        /// Whom.
        agent: AgentRef,
        /// For which group.
        group: GroupRef,
        /// Why this one.
        because: acd::Because,
    },
    /// An offer is over.
    OfferEnded {
        /// The call.
        call: CallRef,
        /// The offer.
        offer: OfferRef,
        /// Whom.
        agent: AgentRef,
        /// How.
        end: OfferEnd,
        /// SIP status that decided it, 0 when none.
        status: u16,
    },
    /// A further group helps; the caller keeps his place.
    Overflowed {
        /// The call.
        call: CallRef,
        /// His line.
        from: GroupRef,
        /// Who helps.
        to: GroupRef,
    },
    /// Out of the group's line without an agent.
    TurnedAway {
        /// The call.
        call: CallRef,
        /// The group.
        group: GroupRef,
        /// Why.
        why: Turned,
        /// Where he goes now, when it is another group.
        to: Option<GroupRef>,
    },
    /// t4: caller and agent can talk. Said again for each agent who comes into the talk or has it handed to him.
    Connected {
        /// The call.
        call: CallRef,
        /// By whom.
        agent: AgentRef,
        /// In whose line he waited.
        group: GroupRef,
        /// t4 − t2 on the original clock; zero for who comes from elsewhere than the line.
        waited: Duration,
    },
    /// t5: caller and agent no longer talk.
    Disconnected {
        /// The call.
        call: CallRef,
        /// Who left.
        agent: AgentRef,
        /// Who ended it.
        by: Side,
    },
    /// One leg of the call is over; audio measurements of it.
    LegEnded {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// Whose.
        side: Side,
        /// Measurements.
        report: Report,
    },
    /// The call is over. Exactly one ends each `Arrived`; `LegEnded` may still follow it.
    Ended {
        /// The call.
        call: CallRef,
        /// How far it had come.
        outcome: Outcome,
        /// Group in whose line it was last, if any.
        group: Option<GroupRef>,
        /// Q.850.
        cause: Cause,
        /// Who ended it.
        by: Side,
    },
    /// An agent's state.
    Agent {
        /// Who.
        agent: AgentRef,
        /// To what.
        state: AgentState,
    },
    /// An agent's phone account is bound.
    PhoneBound {
        /// Which.
        aor: AorRef,
        /// How many contacts.
        contacts: u8,
    },
    /// An agent's phone account is lost.
    PhoneLost {
        /// Which.
        aor: AorRef,
        /// Why.
        why: AorLoss,
    },
    /// A trunk's state.
    Trunk {
        /// Which.
        trunk: TrunkRef,
        /// Reachable.
        up: bool,
    },
    /// More agents of the caller's own group may serve him now.
    Relaxed {
        /// The call.
        call: CallRef,
        /// Whose line.
        group: GroupRef,
        /// Which stage of its timeline opened.
        stage: u8,
    },
    /// He is asked whether he wants to be called back, and hears the prompt.
    CallbackOffered {
        /// The call.
        call: CallRef,
    },
    /// Somebody is to be called back: the first time with `attempt` 0, and again after each attempt that failed.
    /// Who asked for it is out of the line; a missed call (漏话) was counted as abandoned.
    CallbackKept {
        /// The callback: the call from which it came, or a name of its own.
        from: CallRef,
        /// Whom; normalized.
        caller: Private,
        /// In whose line he stands.
        group: GroupRef,
        /// Nobody asked for it.
        missed: bool,
        /// Not before.
        after: Timestamp,
        /// Attempts so far.
        attempt: u8,
    },
    /// A call of ours for a callback has begun; follows its `Arrived`. It is never offered or answered in the sense
    /// of a line, and ends as [`Outcome::Callback`].
    CallbackBegun {
        /// The call.
        call: CallRef,
        /// Which callback.
        from: CallRef,
        /// In whose line it stands.
        group: GroupRef,
    },
    /// The caller of a callback is being dialed.
    CallbackDialed {
        /// The call.
        call: CallRef,
        /// Which callback.
        from: CallRef,
        /// In whose line it stands.
        group: GroupRef,
        /// Which attempt, from 1.
        attempt: u8,
    },
    /// The caller of a callback and an agent can talk; `Disconnected` follows.
    CallbackConnected {
        /// The call.
        call: CallRef,
        /// Which callback.
        from: CallRef,
        /// With whom.
        agent: AgentRef,
        /// In whose line it stood.
        group: GroupRef,
        /// Since his original clock.
        waited: Duration,
    },
    /// A callback is over. Exactly one ends each that was kept.
    CallbackEnded {
        /// Which.
        from: CallRef,
        /// In whose line it stood.
        group: GroupRef,
        /// How.
        end: acd::CallbackEnd,
    },
    /// A caller who was turned away talks to a number outside.
    PutThrough {
        /// The call.
        call: CallRef,
        /// The group that turned him away.
        group: GroupRef,
        /// Through which trunk.
        trunk: TrunkRef,
    },
    /// What an agent does in his talk has changed.
    Phase {
        /// The call.
        call: CallRef,
        /// Who.
        agent: AgentRef,
        /// To what.
        phase: Phase,
    },
    /// Somebody was asked into a talk: an agent, a number outside, a supervisor.
    Guest {
        /// The call.
        call: CallRef,
        /// His leg.
        leg: LegRef,
        /// Who.
        with: With,
        /// What he does.
        step: GuestStep,
    },
    /// Somebody of a roster is asked: a specialist, or another platform. Of an exchange to us `Asked` is told only.
    Roster {
        /// The call.
        call: CallRef,
        /// Which.
        roster: RosterRef,
        /// Which way.
        exchange: Exchange,
        /// Why, where it is another platform's.
        reason: Option<ReasonRef>,
        /// What.
        step: RosterStep,
    },
    /// A caller's case is known, or known better.
    Case {
        /// The call.
        call: CallRef,
        /// Its number in the case system; empty when it has none yet.
        id: String,
    },
    /// What caller and agent say is recorded from now on.
    RecordingBegun {
        /// The call.
        call: CallRef,
        /// The recording.
        recording: RecordingRef,
        /// Who talks with the caller.
        agent: AgentRef,
        /// For which group.
        group: GroupRef,
    },
    /// Another thing is kept in it from now on.
    RecordingKeeps {
        /// The call.
        call: CallRef,
        /// The recording.
        recording: RecordingRef,
        /// What.
        keeps: Keeps,
    },
    /// A recording is over.
    RecordingEnded {
        /// The call.
        call: CallRef,
        /// The recording.
        recording: RecordingRef,
    },
    /// A caller was asked to rate the service; told once for each survey, however it ended. An answered call that ends
    /// without it came to none.
    Surveyed {
        /// The call.
        call: CallRef,
        /// Who answered for the talk that he rates.
        agent: AgentRef,
        /// What came of it.
        verdict: Verdict,
    },
    /// An agent has said what came of a call (话后小结); the last one said of a call stands. It may come after `Ended`.
    Disposed {
        /// The call: the one in which he talks, or talked last.
        call: CallRef,
        /// Who.
        agent: AgentRef,
        /// What.
        disposition: DispositionRef,
        /// Who resolved it.
        by: Resolver,
        /// By a code at his phone, and not by a request.
        phone: bool,
    },
    /// A caller has pressed a key that leads on: in a menu, or out of a line.
    Chose {
        /// The call.
        call: CallRef,
        /// Where.
        step: StepRef,
        /// Which.
        key: char,
    },
    /// A caller hears another language from now on.
    Speaks {
        /// The call.
        call: CallRef,
        /// Which.
        language: LanguageRef,
    },
    /// An agent calls somebody by himself; follows the call's `Arrived`, in which whoever he calls is the caller. It is
    /// never offered or answered in the sense of a line, and ends as [`Outcome::Outgoing`] or
    /// [`Outcome::Internal`].
    OutgoingBegun {
        /// The call.
        call: CallRef,
        /// Who.
        agent: AgentRef,
        /// As whose group's call it counts; `None` between agents.
        group: Option<GroupRef>,
        /// The agent whom he calls; `None`: a number outside.
        colleague: Option<AgentRef>,
    },
    /// Whoever he calls is being rung: the agent himself is on the phone.
    OutgoingDialed {
        /// The call.
        call: CallRef,
    },
    /// They can talk; `Disconnected` follows.
    OutgoingConnected {
        /// The call.
        call: CallRef,
        /// The agent who called.
        agent: AgentRef,
        /// As whose group's call it counts.
        group: Option<GroupRef>,
    },
    /// An agent dialed somebody, or wanted to hand his caller to somebody, whom he may not reach now.
    OutgoingRefused {
        /// Who.
        agent: AgentRef,
        /// As dialed.
        number: Private,
        /// In words.
        why: &'static str,
    },
    /// An agent took a call that was not offered to him (代接); its `Connected` follows.
    Picked {
        /// The call.
        call: CallRef,
        /// Who.
        agent: AgentRef,
    },
    /// A studio's show (期) begins, or is over.
    Show {
        /// Which studio.
        studio: StudioRef,
        /// Which show, counted since the start.
        show: u32,
        /// It begins.
        open: bool,
    },
    /// An agent has sent his caller to a studio; he is held for it from now on. `Disconnected` of the agent came before.
    Screened {
        /// The call.
        call: CallRef,
        /// Which studio.
        studio: StudioRef,
        /// The caller's number in the show.
        number: u32,
        /// Who has sent him.
        agent: AgentRef,
        /// What that one has written about him.
        note: Private,
    },
    /// Something happens to a caller in a studio. Exactly one `Left` ends each `Screened`.
    Studio {
        /// The call.
        call: CallRef,
        /// Which studio.
        studio: StudioRef,
        /// What.
        step: StudioStep,
    },
    /// A caller at a studio's console is on air, or not any more. Exactly one of the second kind ends each of the first.
    OnAir {
        /// The call.
        call: CallRef,
        /// Which studio.
        studio: StudioRef,
        /// The recording in which it is said; `None` when none runs.
        recording: Option<RecordingRef>,
        /// On air.
        on: bool,
    },
    /// A supervisor should know.
    Alert(acd::Alert),
    /// The plan for groups and agents has changed.
    PlanChanged {
        /// Agents that it has now.
        agents: u32,
        /// Groups that it has now.
        groups: u32,
    },
    /// A question is answered.
    Explained {
        /// Which.
        id: RequestId,
        /// Why.
        why: Box<Why>,
    },
    /// What a changed plan would do.
    Previewed {
        /// Which request.
        id: RequestId,
        /// What.
        preview: Box<acd::change::Preview>,
    },
    /// A question has no answer: there is no such caller, agent or plan.
    Unanswered {
        /// Which.
        id: RequestId,
        /// Why, in words.
        why: &'static str,
    },
    /// A request was met.
    RequestDone {
        /// Which.
        id: RequestId,
    },
    /// A request cannot be met.
    RequestRefused {
        /// Which.
        id: RequestId,
        /// Why, in words.
        why: &'static str,
    },
}

/// An explanation of the distributor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Of a caller.
    Caller(acd::explain::WhyCaller),
    /// Of an agent.
    Agent(acd::explain::WhyAgent),
    /// Of a talk: who is in it.
    Talk(TalkView),
}

impl Event {
    /// Whether it answers a question: no event of the day, and without a number of its own.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Explained { .. } | Self::Previewed { .. } | Self::Unanswered { .. })
    }
}

/// An event with its place in the one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When.
    pub at: Timestamp,
    /// Running number, without gaps.
    pub seq: u64,
    /// What.
    pub event: Event,
}
