//! Flows: the steps of each, with everything in them that would strand a caller.
//!
//! ```text
//!   greeting + group ─▶ two steps
//!   steps ──names──▶ call::Flow ──▶ unreached steps · rounds without the caller's doing · menus without a way to a
//!                                   person · silence of more than three seconds
//! ```

use super::agents::abilities;
use super::callback::telephone_key;
use super::{Keys, or_first, prompts, rosters};
use crate::config::SILENCE_MAX;
use crate::config::mistake::Findings;
use crate::config::names::Names;
use crate::config::raw::{self, File, Way};
use crate::config::value::show_span;
use acd::{GroupRef, HoursRef};
use call::flow::{Act, Exit, Flow, LanguageRef, ListRef, Menu, Queue, Step, StepRef, Survey};
use media::session::ClipRef;
use std::time::Duration;
use toml::Spanned;

/// Steps of one flow.
const STEPS_MAX: usize = 200;

pub(super) fn flows(raw: &File, keys: &Keys<'_>, findings: &Findings) -> Vec<Flow> {
    raw.flows.iter().map(|flow| Builder { raw, keys, findings, flow }.build()).collect()
}

/// From a step's key to its place; a hang-up for one that is left out.
type To<'t> = &'t dyn Fn(&Option<Spanned<String>>) -> StepRef;

struct Builder<'r> {
    raw: &'r File,
    keys: &'r Keys<'r>,
    findings: &'r Findings,
    flow: &'r raw::Flow,
}

impl Builder<'_> {
    fn build(&self) -> Flow {
        let name = self.flow.key.get_ref();
        let mut flow = match &self.flow.way {
            Way::Plain { greeting, queue } => {
                if let (Some(exit), None) = (&queue.exit, &queue.exit_to) {
                    self.findings.wrong(
                        exit.span(),
                        format!("the way out of flow {name} leads nowhere"),
                        "write the flow as steps, or let the group's callback key be the way out",
                    );
                }
                if let Some(to) = &queue.exit_to {
                    let what = format!("flow {name} has no steps to lead out to");
                    self.findings.wrong(to.span(), what, "write the flow as steps");
                }
                if let Some(after) = &queue.after {
                    let what = format!("flow {name} has no steps to lead to after a talk");
                    self.findings.wrong(after.span(), what, "write the flow as steps");
                }
                let queue = Queue { exit: None, ..self.queue(queue, None) };
                Flow::plain(name, self.clips(greeting), queue)
            }
            Way::Steps(steps) => {
                let flow =
                    Flow { steps: self.steps(steps), ..Flow::plain(name, vec![], Queue::of(GroupRef(0))) };
                self.check(&flow, steps);
                flow
            }
        };
        flow.early_media = *self.flow.early_media.get_ref();
        flow.ring_back = self.clip(self.flow.ring_back.as_ref());
        prompts::not_silent(self.raw, self.keys, self.flow.ring_back.as_ref(), self.findings);
        flow.priority = self.flow.priority.get_ref().0;
        flow.requires = abilities(&self.flow.requires, self.keys);
        flow.language = self.language(self.flow.language.as_ref()).unwrap_or_default();
        flow.tells_agent = *self.flow.tell_agent.get_ref();
        flow.liaison = rosters::liaison(self.flow.liaison.as_ref(), self.raw, self.findings);
        flow
    }

    fn steps(&self, steps: &[raw::Step]) -> Vec<Step> {
        let names = Names::of("step", steps.iter().map(|step| &step.key), self.findings);
        // A step that is left out is a hang-up: one beyond the last.
        let to =
            |to: &Option<Spanned<String>>| StepRef::at(names.find_some(to.as_ref()).unwrap_or(steps.len()));
        if let Some(beyond) = steps.get(STEPS_MAX) {
            let what = format!("flow {} has {} steps", self.flow.key.get_ref(), steps.len());
            self.findings.wrong(beyond.key.span(), what, format!("write at most {STEPS_MAX}"));
        }
        let act = |step: &raw::Step| match &step.act {
            raw::Act::Say { clips, then } => {
                if clips.is_empty() {
                    let what = format!("step {} says nothing", step.key.get_ref());
                    self.findings.wrong(step.key.span(), what, "name clips, or remove the step");
                }
                Act::Say { clips: self.clips(clips), then: to(then) }
            }
            raw::Act::Menu(menu) => Act::Menu(self.menu(step.key.get_ref(), menu, &to)),
            raw::Act::Hours { hours, open, closed } => {
                let hours = HoursRef::at(or_first(self.keys.hours.find(hours)));
                Act::Hours { hours, open: to(open), closed: to(closed) }
            }
            raw::Act::List { list, listed, others } => {
                let list = ListRef::at(or_first(self.keys.lists.find(list)));
                Act::Listed { list, listed: to(listed), others: to(others) }
            }
            raw::Act::Speak { language, requires, then } => Act::Speak {
                language: self.language(language.as_ref()),
                requires: abilities(requires, self.keys),
                then: to(then),
            },
            raw::Act::Queue(queue) => Act::Queue(self.queue(queue, Some(&to))),
            raw::Act::Callback { group, otherwise } => {
                let at = or_first(self.keys.groups.find(group));
                if self.raw.groups.get(at).is_some_and(|group| group.callback.place.is_none()) {
                    self.findings.wrong(
                        group.span(),
                        format!("callers of group {} cannot be called back", group.get_ref()),
                        format!("add [groups.{}.callback] with trunk and caller", group.get_ref()),
                    );
                }
                Act::CallBack { group: GroupRef::at(at), otherwise: to(otherwise) }
            }
            raw::Act::HangUp => Act::HangUp,
            raw::Act::Survey(survey) => Act::Survey(self.survey(step.key.get_ref(), survey, &to)),
        };
        steps.iter().map(|step| Step { name: step.key.get_ref().clone(), act: act(step) }).collect()
    }

    fn menu(&self, name: &str, menu: &raw::Menu, to: To<'_>) -> Menu {
        if menu.timeout.is_none() {
            self.findings.wrong(
                menu.place.clone(),
                format!("menu {name} says nothing of callers who press no key"),
                "add timeout = \"step\", which leads to a person",
            );
        }
        if menu.clips.is_empty() {
            self.findings.wrong(
                menu.place.clone(),
                format!("menu {name} does not say what there is to choose"),
                "write menu = [\"clip\"]",
            );
        }
        if menu.keys.is_empty() {
            let what = format!("menu {name} has no key");
            self.findings.wrong(menu.place.clone(), what, "add keys = { 1 = \"step\" }");
        }
        if menu.music.is_none() && *menu.wait.get_ref() > SILENCE_MAX {
            self.findings.wrong(
                menu.wait.span(),
                format!("callers hear silence for {} in menu {name}", show_span(*menu.wait.get_ref())),
                "wait 3s at most, or add music = \"clip\"",
            );
        }
        prompts::not_silent(self.raw, self.keys, menu.music.as_ref(), self.findings);
        let key = |(key, step): &(Spanned<String>, Spanned<String>)| {
            Some((telephone_key(key, self.findings)?, to(&Some(step.clone()))))
        };
        Menu {
            clips: self.clips(&menu.clips),
            keys: menu.keys.iter().filter_map(key).collect(),
            wait: *menu.wait.get_ref(),
            music: self.clip(menu.music.as_ref()),
            tries: *menu.tries.get_ref(),
            on_timeout: to(&menu.timeout),
            wrong: self.clip(menu.wrong.as_ref()),
            on_wrong: if menu.on_wrong.is_some() { to(&menu.on_wrong) } else { to(&menu.timeout) },
        }
    }

    fn queue(&self, queue: &raw::Queue, to: Option<To<'_>>) -> Queue {
        let group = queue.group.get_ref();
        match (&queue.comfort[..], &queue.comfort_every) {
            ([], Some(every)) => self.findings.wrong(
                every.span(),
                format!("callers of group {group} would hear nothing so often"),
                "add comfort = [\"clip\"]",
            ),
            ([first, ..], None) => self.findings.wrong(
                first.span(),
                format!("nothing says how often callers of group {group} hear this"),
                "add comfort_every = \"30s\"",
            ),
            _ => {}
        }
        let exit = match (&queue.exit, &queue.exit_to, to) {
            (Some(key), Some(_), Some(to)) => {
                telephone_key(key, self.findings).map(|key| Exit { key, to: to(&queue.exit_to) })
            }
            (Some(one), None, Some(_)) => {
                let what = format!("the way out of group {group} leads nowhere");
                self.findings.wrong(one.span(), what, "add exit_to = \"step\"");
                None
            }
            (None, Some(one), Some(_)) => {
                let what = format!("the way out of group {group} has no key");
                self.findings.wrong(one.span(), what, "add exit = \"0\"");
                None
            }
            _ => None,
        };
        let every =
            |every: &Option<Spanned<Duration>>| every.as_ref().map_or(Duration::ZERO, |it| *it.get_ref());
        Queue {
            group: GroupRef::at(or_first(self.keys.groups.find(&queue.group))),
            comfort: self.clips(&queue.comfort),
            comfort_every: every(&queue.comfort_every),
            place_every: every(&queue.place_every),
            exit,
            after: to.and_then(|to| queue.after.is_some().then(|| to(&queue.after))),
        }
    }

    fn survey(&self, name: &str, survey: &raw::Survey, to: To<'_>) -> Survey {
        if survey.clips.is_empty() {
            self.findings.wrong(
                survey.place.clone(),
                format!("survey {name} does not say what to rate"),
                "write survey = [\"clip\"]",
            );
        }
        let keys: Vec<char> = survey.keys.get_ref().chars().collect();
        let twice = keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key));
        if keys.is_empty() || twice || !keys.iter().all(|key| ('1'..='9').contains(key)) {
            self.findings.wrong(
                survey.keys.span(),
                format!("keys of survey {name} are {:?}", survey.keys.get_ref()),
                "write the digits that rate, each once, from 1 to 9, such as \"12345\"",
            );
        }
        if survey.music.is_none() && *survey.wait.get_ref() > SILENCE_MAX {
            self.findings.wrong(
                survey.wait.span(),
                format!("callers hear silence for {} in survey {name}", show_span(*survey.wait.get_ref())),
                "wait 3s at most, or add music = \"clip\"",
            );
        }
        prompts::not_silent(self.raw, self.keys, survey.music.as_ref(), self.findings);
        Survey {
            clips: self.clips(&survey.clips),
            keys,
            wait: *survey.wait.get_ref(),
            music: self.clip(survey.music.as_ref()),
            tries: *survey.tries.get_ref(),
            wrong: self.clip(survey.wrong.as_ref()),
            thanks: self.clip(survey.thanks.as_ref()),
            then: to(&survey.then),
        }
    }

    /// Nobody who is through with his agent is in a line again unasked, or asked about a talk that he has not had.
    fn check_after(&self, flow: &Flow, steps: &[raw::Step]) {
        for step in flow.returns() {
            if let Some(raw::Act::Queue(queue)) = steps.get(step.index()).map(|step| &step.act)
                && let Some(after) = &queue.after
            {
                self.findings.wrong(
                    after.span(),
                    format!(
                        "after his talk a caller who presses no key would wait again, in flow {}",
                        flow.name
                    ),
                    "lead to a survey or a hang-up; a menu's key may lead on to a line",
                );
            }
        }
        for step in flow.asked_too_early() {
            if let Some(written) = steps.get(step.index()) {
                self.findings.odd(
                    written.key.span(),
                    format!(
                        "survey {} is passed over by callers who have talked with nobody yet",
                        written.key.get_ref()
                    ),
                    "lead to it by after = \"step\" of a queue",
                );
            }
        }
    }

    /// What would strand a caller.
    fn check(&self, flow: &Flow, steps: &[raw::Step]) {
        let name = |step: StepRef| steps.get(step.index()).map_or("(hangs up)", |step| step.key.get_ref());
        for step in flow.unreached() {
            if let Some(written) = steps.get(step.index()) {
                self.findings.odd(
                    written.key.span(),
                    format!("no call reaches step {} of flow {}", written.key.get_ref(), flow.name),
                    "lead to it from another step, or remove it; a call begins with the first step",
                );
            }
        }
        let round = flow.round();
        if let Some(first) = round.first().and_then(|step| steps.get(step.index())) {
            let way: Vec<&str> = round.iter().map(|step| name(*step)).collect();
            self.findings.wrong(
                first.key.span(),
                format!("calls go round in flow {} without a key pressed: {}", flow.name, way.join(", ")),
                "let one of these steps lead to a queue, a callback or a hang-up",
            );
            return;
        }
        self.check_after(flow, steps);
        for (at, written) in steps.iter().enumerate() {
            let (raw::Act::Menu(menu), Act::Menu(built)) = (&written.act, &flow.steps[at].act) else {
                continue;
            };
            if let Some(timeout) = &menu.timeout
                && !flow.leads_to_somebody(built.on_timeout)
            {
                self.findings.odd(
                    timeout.span(),
                    format!("who presses no key in menu {} never reaches a person", written.key.get_ref()),
                    "let timeout lead to a queue; GB/T 33358 wants a person to be reached without keys",
                );
            }
        }
    }

    fn clips(&self, clips: &[Spanned<String>]) -> Vec<ClipRef> {
        clips.iter().filter_map(|clip| self.clip(Some(clip))).collect()
    }

    fn clip(&self, clip: Option<&Spanned<String>>) -> Option<ClipRef> {
        self.keys.clips.find_some(clip).map(ClipRef::at)
    }

    fn language(&self, language: Option<&Spanned<String>>) -> Option<LanguageRef> {
        self.keys.languages.find_some(language).map(LanguageRef::at)
    }
}
