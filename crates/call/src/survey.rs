//! Survey: a caller rates the service after his talk (满意度评价).
//!
//! ```text
//!   the agent hangs up first, or asks for it ─▶ Disconnected, his wrap-up ─▶ walk(what follows the queue step)
//!   walk(Survey) ─▶ Asked: question ─▶ thinks ─┬─ a key of the scale ─▶ Rated ─▶ thanks ─▶ walk(then)
//!                                              ├─ another key, or none ─▶ asked again, `tries` times in all
//!                                              └─ … the last time ─▶ Invalid, Timeout ─▶ walk(then)
//!   whatever ends the call while he is asked ─▶ HungUp, then Ended
//! ```
//!
//! Each survey tells exactly one `Surveyed`. The agent is out of the call before the question is heard: his next caller
//! need not wait for it, and no key of it ever comes near him.
//!
//! Never knows: which ratings are good ones.

use crate::call::{Call, Stage, Walk};
use crate::cause;
use crate::engine::{Engine, Out};
use crate::event::{CallRef, Event, Side, Verdict};
use crate::flow::{Act, StepRef, Survey};
use crate::show::Exit;
use acd::AgentRef;
use base::Timestamp;
use media::session::{ClipRef, Hear};
use sip::message::Cause;

const NO_SURVEY: &str = "nothing follows a talk in the caller's flow: its queue step has no after";
const CONSULTED: &str = "somebody is consulted: reconnect first";

impl Engine {
    /// An agent answers for a caller's talk from now on.
    pub(crate) fn answers_for(&mut self, call: CallRef, agent: AgentRef) {
        if let Some(this) = self.calls.get_mut(call) {
            this.agent = Some(agent);
        }
    }

    /// Where a caller goes after his talk with an agent.
    pub(crate) fn after_talk(&self, call: CallRef) -> Option<StepRef> {
        self.calls.get(call)?.agent?;
        match self.act(call)? {
            Act::Queue(queue) => queue.after,
            _ => None,
        }
    }

    /// The agent leaves his caller to what follows the talk.
    ///
    /// # Errors
    /// Nothing follows it, or somebody is consulted.
    pub(crate) fn leave_to_survey(
        &mut self,
        now: Timestamp,
        call: CallRef,
        out: &mut Out,
    ) -> Result<(), &'static str> {
        self.after_talk(call).ok_or(NO_SURVEY)?;
        if self.talk(call).is_some_and(|talk| talk.consulted().is_some()) {
            return Err(CONSULTED);
        }
        self.go_on_after_talk(now, call, cause::NORMAL, out);
        Ok(())
    }

    /// Whoever was with the caller is out; he goes on along his flow.
    pub(crate) fn go_on_after_talk(&mut self, now: Timestamp, call: CallRef, cause: Cause, out: &mut Out) {
        let Some(after) = self.after_talk(call) else { return };
        let Some(talk) = self.calls.get_mut(call).and_then(Call::take_talk) else { return };
        for guest in self.leave_talk(now, call, talk, Side::Agent, cause, out) {
            self.dismiss(now, call, guest, cause::NORMAL, out);
        }
        self.leave_studio(now, call, Exit::Ended, out);
        self.narrow_caller(call, out);
        self.walk(now, call, after, out);
    }

    /// The question of the step, so many times at most.
    pub(crate) fn ask_to_rate(
        &mut self,
        now: Timestamp,
        call: CallRef,
        left: u8,
        wrong: Option<ClipRef>,
        out: &mut Out,
    ) {
        let Some(survey) = self.survey(call) else { return };
        let clips: Vec<_> = wrong.into_iter().chain(survey.clips.iter().copied()).collect();
        self.rest(call);
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Walking(Walk::Asked { left });
        }
        if clips.is_empty() {
            self.think_of_rating(now, call, out);
        } else {
            self.say(call, &clips, out);
        }
    }

    fn survey(&self, call: CallRef) -> Option<&Survey> {
        match self.act(call)? {
            Act::Survey(survey) => Some(survey),
            _ => None,
        }
    }

    /// He has heard the question and may think.
    pub(crate) fn think_of_rating(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some((music, wait)) = self.survey(call).map(|survey| (survey.music, survey.wait)) else { return };
        self.caller_hears(call, crate::waiting::looped(music), out);
        self.pause(call, now + wait);
    }

    /// He has pressed a key.
    pub(crate) fn rated(&mut self, now: Timestamp, call: CallRef, digit: char, left: u8, out: &mut Out) {
        let Some(survey) = self.survey(call) else { return };
        let rating = digit.to_digit(10).filter(|_| survey.keys.contains(&digit));
        let (wrong, thanks) = (survey.wrong, survey.thanks);
        match rating.and_then(|rating| u8::try_from(rating).ok()) {
            Some(rating) => {
                self.tell_verdict(now, call, Verdict::Rated(rating), out);
                self.rest(call);
                let Some(clip) = thanks else { return self.thanked(now, call, out) };
                if let Some(this) = self.calls.get_mut(call) {
                    this.stage = Stage::Walking(Walk::Thanked);
                }
                self.caller_hears(call, Hear::Once(clip), out);
            }
            None if left > 1 => self.ask_to_rate(now, call, left - 1, wrong, out),
            None => self.not_rated(now, call, Verdict::Invalid, out),
        }
    }

    /// His time to think is over.
    pub(crate) fn rated_nothing(&mut self, now: Timestamp, call: CallRef, left: u8, out: &mut Out) {
        if left > 1 {
            self.ask_to_rate(now, call, left - 1, None, out);
        } else {
            self.not_rated(now, call, Verdict::Timeout, out);
        }
    }

    fn not_rated(&mut self, now: Timestamp, call: CallRef, verdict: Verdict, out: &mut Out) {
        self.tell_verdict(now, call, verdict, out);
        self.thanked(now, call, out);
    }

    /// The survey is over: on along the flow.
    pub(crate) fn thanked(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        if let Some(then) = self.survey(call).map(|survey| survey.then) {
            if let Some(this) = self.calls.get_mut(call) {
                this.stage = Stage::Walking(Walk::Hearing);
            }
            self.walk(now, call, then, out);
        }
    }

    /// Says what came of a survey.
    pub(crate) fn tell_verdict(&mut self, now: Timestamp, call: CallRef, verdict: Verdict, out: &mut Out) {
        let Some(agent) = self.calls.get(call).and_then(|this| this.agent) else { return };
        self.tell(now, Event::Surveyed { call, agent, verdict }, out);
    }
}
