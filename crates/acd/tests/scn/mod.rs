//! What the distributor says, as the scenarios write it. What a reader may ask for is in `reader.rs`.

mod reader;

use crate::Hotline;
use acd::input::Reason;
use acd::{
    AgentRef, AgentState, Alert, Answer, Because, CallbackEnd, CallerRef, GroupRef, OfferEnd, Output,
    Selection, Turned,
};
use base::Handle;
use std::fmt::Write as _;

impl Hotline {
    // ── What the distributor says ────────────────────────────────────────────────────────────────────────

    pub(crate) fn write(&mut self, outputs: &[Output]) {
        for output in outputs {
            self.know_offer(output);
            let said = self.said(output);
            let _ = writeln!(self.text, "          > {said}");
        }
    }

    /// The last offer of each caller to each agent is known by their names.
    fn know_offer(&mut self, output: &Output) {
        if let Output::Offer { offer, caller, agent, .. } = *output {
            self.offers.insert((caller, agent), offer);
        }
    }

    pub(crate) fn said(&self, output: &Output) -> String {
        let group = |group: GroupRef| self.plan.groups[group.index()].name.as_str();
        let agent = |agent: AgentRef| self.plan.agents[agent.index()].name.as_str();
        let caller = |caller: CallerRef| self.callers[caller.index() as usize].as_str();
        match *output {
            Output::Queued { caller: who, group: line, position, expected } => {
                let expected =
                    expected.map(|wait| format!(" expected={}s", wait.as_secs_f64())).unwrap_or_default();
                format!("queued {} {} position={position}{expected}", caller(who), group(line))
            }
            Output::Offer { caller: who, agent: to, group: line, ring, answer, because, .. } => {
                let by_phone = if answer == Answer::ByPhone { " answers=by_itself" } else { "" };
                let because = match because {
                    Because::Selected { stage, by, among, passed } => {
                        let by =
                            SELECTIONS.iter().find(|(_, known)| *known == by).map_or("?", |(name, _)| name);
                        let stage = stage.map_or("preferred".into(), |stage| format!("stage={stage}"));
                        format!("{by} of {among} {stage}{}", passed_over(passed))
                    }
                    Because::FirstInOrder { passed, .. } => format!("first_in_order{}", passed_over(passed)),
                };
                format!(
                    "offer {} {} line={} ring={}s{by_phone} because {because}",
                    caller(who),
                    agent(to),
                    group(line),
                    ring.as_secs_f64()
                )
            }
            Output::Relaxed { caller: who, group: line, stage } => {
                format!("relaxed {} {} stage={stage}", caller(who), group(line))
            }
            Output::Collapsed { caller: who, by } => format!("collapsed {} by={}", caller(who), caller(by)),
            Output::CallbackOffered { caller: who } => format!("callback_offered {}", caller(who)),
            Output::CallbackKept { caller: who, missed, after, .. } => {
                let missed = if missed { " missed" } else { "" };
                format!("callback_kept {}{missed} after={after}", caller(who))
            }
            Output::Dial { caller: who, attempt } => format!("dial {} attempt={attempt}", caller(who)),
            Output::CallbackEnded { caller: who, end, .. } => {
                let end = match end {
                    CallbackEnd::Reached => "reached",
                    CallbackEnd::CalledAgain => "called_again",
                    CallbackEnd::Merged => "merged",
                    CallbackEnd::GivenUp => "given_up",
                    CallbackEnd::Cancelled => "cancelled",
                };
                format!("callback_ended {} {end}", caller(who))
            }
            Output::Alert(Alert::RingNoAnswer { agent: who, in_a_row }) => {
                format!("alert ring_no_answer {} in_a_row={in_a_row}", agent(who))
            }
            Output::Alert(Alert::Surge { group: line, on, .. }) => {
                format!("alert surge {} {}", group(line), if on { "on" } else { "off" })
            }
            Output::OfferEnded { caller: who, agent: to, end, .. } => {
                let end = match end {
                    OfferEnd::Accepted => "accepted",
                    OfferEnd::RangOut => "rang_out",
                    OfferEnd::Declined => "declined",
                    OfferEnd::CallerGone => "caller_gone",
                    OfferEnd::AgentGone => "agent_gone",
                    OfferEnd::TakenElsewhere => "taken_elsewhere",
                };
                format!("ended {} {} {end}", caller(who), agent(to))
            }
            Output::Overflowed { caller: who, from, to } => {
                format!("overflowed {} {} to={}", caller(who), group(from), group(to))
            }
            Output::Served { caller: who, agent: by, since, .. } => {
                format!(
                    "served {} {} waited={}s",
                    caller(who),
                    agent(by),
                    self.now.since(since).as_secs_f64()
                )
            }
            Output::TurnedAway { caller: who, group: line, why } => {
                let why = match why {
                    Turned::LineFull => "line_full",
                    Turned::WaitedTooLong => "waited_too_long",
                    Turned::NobodySignedIn => "nobody_signed_in",
                    Turned::Closed => "closed",
                    Turned::Surge => "surge",
                    Turned::Blocked => "blocked",
                };
                format!("turned_away {} {} {why}", caller(who), group(line))
            }
            Output::Agent { agent: who, state } => format!("agent {} {}", agent(who), self.state(state)),
            Output::Refused { why } => format!("refused: {why}"),
        }
    }

    pub(crate) fn state(&self, state: AgentState) -> String {
        match state {
            AgentState::SignedOut => "signed_out".into(),
            AgentState::Ready => "ready".into(),
            AgentState::NotReady(reason) => {
                let (name, _) =
                    REASONS.iter().find(|(_, known)| *known == reason).expect("all reasons are named");
                format!("not_ready {name}")
            }
            AgentState::Offered(offer) => {
                let caller =
                    self.offers.iter().find(|(_, known)| **known == offer).map(|((caller, _), _)| *caller);
                let caller = caller.expect("an offer is told before the state that it leads to");
                format!("offered {}", self.callers[caller.index() as usize])
            }
            AgentState::Talking => "talking".into(),
            AgentState::WrapUp { until } => format!("wrap_up until={until}"),
        }
    }
}

fn passed_over(passed: u32) -> String {
    if passed == 0 { String::new() } else { format!(", {passed} passed over") }
}

pub(crate) const SELECTIONS: [(&str, Selection); 5] = [
    ("longest_idle", Selection::LongestIdle),
    ("least_occupied", Selection::LeastOccupied),
    ("round_robin", Selection::RoundRobin),
    ("fewest_calls", Selection::FewestCalls),
    ("highest_level", Selection::HighestLevel),
];

pub(crate) const REASONS: [(&str, Reason); 12] = [
    ("signed_in", Reason::SignedIn),
    ("rest", Reason::Rest),
    ("meal", Reason::Meal),
    ("meeting", Reason::Meeting),
    ("coaching", Reason::Coaching),
    ("training", Reason::Training),
    ("study", Reason::Study),
    ("busy", Reason::Busy),
    ("ring_no_answer", Reason::RingNoAnswer),
    ("declined", Reason::Declined),
    ("phone_lost", Reason::PhoneLost),
    ("forced", Reason::Forced),
];
