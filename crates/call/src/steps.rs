//! Steps: a call goes along its flow.
//!
//! ```text
//!   walk(step) ─▶ Hours, Listed, Speak: the next step, at once
//!              ├─ Say ────▶ Walking: clips ─ClipEnded─▶ walk(then)
//!              ├─ Menu ───▶ Choosing: clips, then music ─key─▶ walk(…) · nothing, or a wrong key: again, then its way
//!              ├─ Queue ──▶ Waiting (waiting.rs, comfort.rs) ─its key─▶ out of the line, walk(…)
//!              ├─ CallBack ▶ callback.rs; who cannot be called back: walk(otherwise)
//!              ├─ Survey ─▶ survey.rs; who has talked with nobody: walk(then)
//!              └─ HangUp ─▶ end
//! ```
//!
//! The wait clock starts at the first line (`AbandonedBeforeLine` until then). Whoever leaves a line by its key keeps
//! his clock, and counts as gone from it until he stands in another one.

use crate::call::{Place, Stage, Walk, Way};
use crate::callback::Wish;
use crate::cause;
use crate::engine::{Engine, Out, Timer, caller_of};
use crate::event::{CallRef, Event, Outcome, Side};
use crate::flow::{Act, Flow, LanguageRef, ListRef, Menu, StepRef};
use crate::leg::CALLER;
use crate::party::party;
use crate::plan::{Language, List};
use acd::Abilities;
use base::{TimerRef, Timestamp};
use media::session::{ClipRef, Hear, Party};
use std::collections::VecDeque;

/// How far a call has come in its flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The step at which it is.
    pub step: StepRef,
    /// In which language the caller hears what is said to him.
    pub language: LanguageRef,
    /// What an agent must be able to do, beside what the flow asks for.
    pub requires: Abilities,
    /// When he first entered a line.
    pub since: Option<Timestamp>,
    /// Clips that he is still to hear, in his language.
    pub speech: VecDeque<ClipRef>,
    /// He and his agent hear whose call it is now.
    pub telling: bool,
    /// When he is comforted next, and told his place.
    pub comfort: Option<Timestamp>,
    /// The same of his place.
    pub place: Option<Timestamp>,
    /// For these two, or for the wait of a menu or a survey.
    pub pause: Option<TimerRef>,
}

impl Engine {
    /// The flow of a call.
    pub(crate) fn flow(&self, call: CallRef) -> Option<&Flow> {
        match self.calls.get(call)?.way {
            Way::Flow(flow) => self.plan.flows.get(flow.index()),
            _ => None,
        }
    }

    /// What the step does at which a call is.
    pub(crate) fn act(&self, call: CallRef) -> Option<&Act> {
        let step = self.calls.get(call)?.course.step;
        Some(self.flow(call)?.act(step))
    }

    /// The language in which a caller hears what is said to him.
    pub(crate) fn language(&self, call: CallRef) -> Option<&Language> {
        self.plan.languages.get(self.calls.get(call)?.course.language.index())
    }

    /// Goes to a step, and on until one takes time.
    pub(crate) fn walk(&mut self, now: Timestamp, call: CallRef, mut step: StepRef, out: &mut Out) {
        self.rest(call);
        let most = self.flow(call).map_or(0, |flow| flow.steps.len());
        for _ in 0..=most {
            let Some(flow) = self.flow(call) else { return };
            let act = flow.act(step).clone();
            let Some(this) = self.calls.get_mut(call) else { return };
            this.course.step = step;
            step = match act {
                Act::Hours { hours, open, closed } => {
                    let hours = self.plan.acd.hours.get(hours.index());
                    // Hours that are not in the plan never close, as for a group.
                    if hours.is_none_or(|hours| hours.is_open(&self.plan.acd.clock, now)) {
                        open
                    } else {
                        closed
                    }
                }
                Act::Listed { list, listed, others } => {
                    if is_on(list, self.lists_bits(call)) {
                        listed
                    } else {
                        others
                    }
                }
                Act::Speak { language, requires, then } => {
                    this.course.requires.0 |= requires.0;
                    if let Some(language) = language.filter(|language| *language != this.course.language) {
                        this.course.language = language;
                        self.tell(now, Event::Speaks { call, language }, out);
                    }
                    then
                }
                Act::Say { clips, then } if clips.is_empty() => then,
                Act::Say { clips, .. } => {
                    this.stage = Stage::Walking(Walk::Hearing);
                    return self.say(call, &clips, out);
                }
                Act::Menu(menu) => return self.choose(now, call, menu.tries.max(1), None, out),
                Act::Queue(queue) => {
                    let since = *this.course.since.get_or_insert(now);
                    let place = Place { group: queue.group, since, hops: 0, told: false };
                    return self.enter_line(now, call, place, None, out);
                }
                Act::CallBack { group, otherwise } => {
                    let since = this.course.since.unwrap_or(now);
                    let (number, site) = (this.number.clone(), this.site);
                    let (priority, requires) = self.flow_of(call);
                    let wish =
                        Wish { number, group, site, priority, requires, since, after: now, missed: false };
                    if !self.draining && self.call_back(now, call, wish).is_ok() {
                        if let Some(this) = self.calls.get_mut(call) {
                            this.group = Some(group);
                        }
                        let confirm = self.callback_flow(group).and_then(|flow| flow.confirm);
                        return self.announce(now, call, Outcome::CalledBack, confirm, out);
                    }
                    otherwise
                }
                Act::Survey(survey) => {
                    if this.agent.is_some() {
                        return self.ask_to_rate(now, call, survey.tries.max(1), None, out);
                    }
                    survey.then
                }
                Act::HangUp => {
                    let outcome = self.calls.get(call).map_or(Outcome::Lost, left);
                    return self.end(now, call, outcome, cause::NORMAL, Side::System, out);
                }
            };
        }
        // Round and round: the configuration's check should have said so.
        self.end(now, call, Outcome::Lost, cause::TEMPORARY_FAILURE, Side::System, out);
    }

    /// The lists on which a caller's number is.
    pub(crate) fn lists_of(&self, call: CallRef) -> Vec<&List> {
        let bits = self.lists_bits(call);
        let lists = self.plan.lists.iter().enumerate();
        lists.filter(|(at, _)| is_on(ListRef::at(*at), bits)).map(|(_, list)| list).collect()
    }

    /// The same, one bit each.
    fn lists_bits(&self, call: CallRef) -> u64 {
        let party = self.calls.get(call).and_then(|this| party(this.number.reveal()));
        party.and_then(|party| self.listed.get(&party)).copied().unwrap_or_default()
    }

    /// A caller hears clips, one after the other.
    pub(crate) fn say(&mut self, call: CallRef, clips: &[ClipRef], out: &mut Out) {
        let Some((first, rest)) = clips.split_first() else { return };
        self.caller_hears(call, Hear::Once(*first), out);
        if let Some(this) = self.calls.get_mut(call) {
            let language = self.plan.languages.get(this.course.language.index());
            let spoken = |clip: &ClipRef| language.map_or(*clip, |language| language.clip(*clip));
            this.course.speech.extend(rest.iter().map(spoken));
        }
    }

    /// The menu of the step: what there is to choose, so many times at most.
    fn choose(&mut self, now: Timestamp, call: CallRef, left: u8, wrong: Option<ClipRef>, out: &mut Out) {
        let Some(menu) = self.menu(call) else { return };
        let clips: Vec<_> = wrong.into_iter().chain(menu.clips.iter().copied()).collect();
        self.rest(call);
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Walking(Walk::Choosing { left });
        }
        if clips.is_empty() {
            self.think(now, call, out);
        } else {
            self.say(call, &clips, out);
        }
    }

    fn menu(&self, call: CallRef) -> Option<&Menu> {
        match self.act(call)? {
            Act::Menu(menu) => Some(menu),
            _ => None,
        }
    }

    /// He has heard the menu and may think.
    fn think(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some((music, wait)) = self.menu(call).map(|menu| (menu.music, menu.wait)) else { return };
        self.caller_hears(call, crate::waiting::looped(music), out);
        self.pause(call, now + wait);
    }

    /// A digit came from a caller.
    pub(crate) fn key_pressed(&mut self, now: Timestamp, call: CallRef, digit: char, out: &mut Out) {
        let Some(this) = self.calls.get(call) else { return };
        match this.stage {
            Stage::Walking(Walk::Choosing { left }) => {
                let Some(menu) = self.menu(call) else { return };
                let chosen = menu.keys.iter().find(|(key, _)| *key == digit).map(|(_, to)| *to);
                match chosen {
                    Some(to) => {
                        let step = this.course.step;
                        self.tell(now, Event::Chose { call, step, key: digit }, out);
                        self.walk(now, call, to, out);
                    }
                    None if left > 1 => self.choose(now, call, left - 1, menu.wrong, out),
                    None => self.walk(now, call, menu.on_wrong, out),
                }
            }
            Stage::Walking(Walk::Asked { left }) => self.rated(now, call, digit, left, out),
            Stage::Waiting(_) | Stage::Ringing(..) => {
                let exit = self.queue(call).and_then(|queue| queue.exit);
                match exit.filter(|exit| exit.key == digit) {
                    Some(exit) => {
                        let step = this.course.step;
                        self.tell(now, Event::Chose { call, step, key: digit }, out);
                        self.leave_line(now, call, exit.to, out);
                    }
                    None => self.callback_key_pressed(now, call, digit),
                }
            }
            _ => {}
        }
    }

    /// A caller leaves a line by its key.
    fn leave_line(&mut self, now: Timestamp, call: CallRef, to: StepRef, out: &mut Out) {
        if let Some(Act::CallBack { .. }) = self.flow(call).map(|flow| flow.act(to)) {
            // He keeps his place. Who cannot be called back waits on.
            let _ = self.want_callback(now, call);
            return;
        }
        self.withdraw_all(now, call, out);
        if let Some(this) = self.calls.get_mut(call) {
            this.stage = Stage::Walking(Walk::Hearing);
        }
        let _ = self.ask(now, acd::Input::Leave { caller: caller_of(call) });
        self.walk(now, call, to, out);
    }

    /// The pause of a menu or of a comfort is over.
    pub(crate) fn pause_is_over(&mut self, now: Timestamp, call: CallRef, out: &mut Out) {
        let Some(this) = self.calls.get_mut(call) else { return };
        this.course.pause = None;
        match this.stage {
            Stage::Walking(Walk::Choosing { left }) if left > 1 => {
                self.choose(now, call, left - 1, None, out);
            }
            Stage::Walking(Walk::Choosing { .. }) => {
                if let Some(to) = self.menu(call).map(|menu| menu.on_timeout) {
                    self.walk(now, call, to, out);
                }
            }
            Stage::Walking(Walk::Asked { left }) => self.rated_nothing(now, call, left, out),
            Stage::Waiting(_) | Stage::Ringing(..) => self.comfort(now, call, out),
            Stage::Standby(_) => self.standby_is_due(now, call, out),
            _ => {}
        }
    }

    /// Wakes a call at a moment.
    pub(crate) fn pause(&mut self, call: CallRef, at: Timestamp) {
        self.rest(call);
        let timer = self.timers.schedule(at, Timer::Pause(call));
        if let Some(this) = self.calls.get_mut(call) {
            this.course.pause = Some(timer);
        }
    }

    /// Forgets what a call would have been woken for.
    pub(crate) fn rest(&mut self, call: CallRef) {
        if let Some(timer) = self.calls.get_mut(call).and_then(|this| this.course.pause.take()) {
            self.timers.cancel(timer);
        }
    }

    /// A clip was heard to its end.
    pub(crate) fn clip_ended(
        &mut self,
        now: Timestamp,
        call: CallRef,
        party: Party,
        clip: ClipRef,
        out: &mut Out,
    ) {
        let Some(this) = self.calls.get_mut(call) else { return };
        // The end of a clip that was replaced meanwhile says nothing.
        if party != CALLER || this.caller.hears != Hear::Once(clip) {
            return;
        }
        if let Some(next) = this.course.speech.pop_front() {
            return self.go_on(call, next, out);
        }
        match this.stage {
            Stage::Walking(Walk::Hearing) => {
                if let Some(&Act::Say { then, .. }) = self.act(call) {
                    self.walk(now, call, then, out);
                }
            }
            Stage::Walking(Walk::Choosing { .. }) => self.think(now, call, out),
            Stage::Walking(Walk::Asked { .. }) => self.think_of_rating(now, call, out),
            Stage::Walking(Walk::Thanked) => self.thanked(now, call, out),
            Stage::Waiting(_) | Stage::Ringing(..) => self.wait_to_music(call, out),
            Stage::Standby(_) => self.standby_music(call, out),
            Stage::Talking(_) if this.course.telling => {
                this.course.telling = false;
                self.bridge(call, out);
            }
            Stage::Announcing(outcome) => self.announced(now, call, outcome, out),
            Stage::Service => {
                let (outcome, cause) = match this.way {
                    Way::Denied { cause, .. } => (Outcome::Refused, cause),
                    _ => (Outcome::Service, cause::NORMAL),
                };
                self.end(now, call, outcome, cause, Side::System, out);
            }
            _ => {}
        }
    }
}

/// How a call counts that its flow ends: gone from the line that it left by its key, or before any.
pub(crate) const fn left(call: &crate::call::Call) -> Outcome {
    if call.course.since.is_some() { Outcome::AbandonedInLine } else { Outcome::AbandonedBeforeLine }
}

const fn is_on(list: ListRef, lists: u64) -> bool {
    matches!(lists.checked_shr(list.0), Some(lists) if lists & 1 != 0)
}
