//! Runs the text scenarios in `tests/scenarios/*.scn`: what happens at a hotline, and what the distributor says.
//!
//! ```text
//! # comment                                              free text, kept
//! order priority=60s weight=10s max=600s grey=300s       what head starts are worth (these are the defaults)
//! breaks max=2                                           agents on a break at once
//! clock 2024-02-04T08:00                                 local time at 00:00.000, China's calendar
//! hours desk workdays=08:30-12:00 days_off=              opening hours; `night desk` makes them the night
//! group general ring=20s wrapup=30s overflow=enterprise@30s line=100 wait=120s needs_signed_in …
//!   stage=general@20s:level4:own:night:help:waives       a stage of the timeline (the first: `@0s`); or site=east
//!   select=highest_level weight=3 parallel=2 auto_answer no_answer=skip,30s!,not_ready! (`!`: tell) sticky=20s
//!   hours=desk surge=80/20/40 (begins, ends, admits) callback=60s/agent/3/600s (offer after, first, tries, retry)
//!   missed=60s wrapup_max=60s
//! agent alice site=1 can=english general:2 enterprise:1 ready    levels after the colon; how he starts the day
//! 00:01.000 enqueue c1 general priority=5 ; leave c2     what happens, several at one instant apart by `;`
//!           > offer c1 alice line=general ring=20s       what the distributor says (written by the program)
//! 00:21.000 tick                                         a deadline that led to something (written by the program)
//! 01:00.000 end                                          run on till here
//! ```
//!
//! What happens: `sign_in A`, `sign_out A`, `ready A`, `not_ready A reason`, `phone_lost A`, `engage A`, `release A`,
//! `pick A C`, `end_wrap_up A`, `extend A 10s`, `skill A G 7|none`, `enqueue C G [priority=N|emergency] [since=T] [site=N] [party=N] [needs=…]
//! [prefer=A[@20s]] [served]`, `takes A G`, `leave C`, `hang_up C`, `prioritize C N`, `accept C A`, `decline C A [reason]`,
//! `wants_callback C`, `call_back C G party=N [after=30s] [missed]`, `reached C`, `unreached C`, `surge G mode`,
//! `help SITE on|off`, `list PARTY grey|black T`, `unlist PARTY`, `urgent PARTY on|off`, `change group …` or `change
//! agent …` (a whole new line; an agent may be new), `change without NAME`, `preview …` (as `change`), and for the
//! reader those of `scn/reader.rs`. Sites and parties are numbers or names. Defaults: ring=20s wrapup=30s line=1000.
//!
//! `UPDATE=1 cargo test -p acd --test scenarios` rewrites the program's lines; the review is in the diff. Every
//! scenario also runs through the naive twin, and every invariant is checked after every step.

use acd::input::Reason;
use acd::naive::Naive;
use acd::plan::{First, Grade, NoAnswer, SurgePlan};
use acd::{
    Abilities, AgentPlan, AgentRef, CallBack, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Hours,
    HoursRef, Input, Listing, OfferRef, Output, PartyRef, Plan, Prefer, Priority, Selection, SiteRef, Sites,
    SkillLevel, Stage, SurgeMode,
};
use base::{Handle, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

mod scn;
use scn::{REASONS, SELECTIONS};

#[test]
fn every_scenario_happens_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = std::fs::read_dir(&folder).expect("tests/scenarios is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "scn"));
    files.sort();
    assert!(files.len() >= 120, "only {} scenarios in {}", files.len(), folder.display());

    let mut wrong = String::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let written = std::fs::read_to_string(&file).expect("a scenario can be read");
        let happened = Hotline::run(&name, &written);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &happened).expect("a scenario can be written");
        } else if happened != written {
            let first = happened.lines().zip(written.lines()).position(|(is, was)| is != was);
            let at = first.unwrap_or_else(|| happened.lines().count().min(written.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
            let _ = writeln!(
                wrong,
                "{name}:{}\n  written:  {}\n  happened: {}",
                at + 1,
                line(&written),
                line(&happened)
            );
        }
    }
    assert!(wrong.is_empty(), "not as written (UPDATE=1 rewrites):\n{wrong}");
}

/// One scenario as it runs.
struct Hotline {
    file: String,
    plan: Plan,
    /// Stages by name, because a group may be named before its own line: of which group, the stage, whose agents.
    stages: Vec<(usize, Stage, String)>,
    abilities: Vec<String>,
    sites: Vec<String>,
    parties: Vec<String>,
    opened: Vec<Input>,
    twins: Option<(Distributor, Naive)>,
    callers: Vec<String>,
    /// The last offer of each caller to each agent, over or not.
    offers: BTreeMap<(CallerRef, AgentRef), OfferRef>,
    now: Timestamp,
    text: String,
}

impl Hotline {
    fn run(file: &str, written: &str) -> String {
        let mut hotline = Self {
            file: file.to_owned(),
            plan: Plan::default(),
            stages: Vec::new(),
            abilities: Vec::new(),
            sites: Vec::new(),
            parties: Vec::new(),
            opened: Vec::new(),
            twins: None,
            callers: Vec::new(),
            offers: BTreeMap::new(),
            now: Timestamp::START,
            text: String::new(),
        };
        for line in written.lines() {
            let ours = line.trim_start().starts_with('>') || line.ends_with(" tick");
            if !ours {
                hotline.line(line);
            }
        }
        hotline.text
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.split_first() {
            Some((&"group", words)) => self.group(words),
            Some((&"agent", words)) => self.agent(words),
            Some((&"order" | &"breaks" | &"clock" | &"hours" | &"night", _)) => self.centre(&words),
            Some((time, words)) if time.starts_with(|c: char| c.is_ascii_digit()) => {
                let time = self.time(time);
                self.run_until(time);
                let _ = writeln!(self.text, "{line}");
                for words in words.split(|word| *word == ";") {
                    self.happens(words);
                }
                return;
            }
            Some((word, _)) if !word.starts_with('#') => self.wrong(&format!("what is `{word}`?")),
            _ => {}
        }
        let _ = writeln!(self.text, "{line}");
    }

    /// Fires every deadline at its own instant, and writes down those that led to something.
    fn run_until(&mut self, time: Timestamp) {
        if time < self.now {
            self.wrong(&format!("{time} is before {}", self.now));
        }
        while let Some(due) = self.twins().0.next_deadline().filter(|due| *due < time) {
            let due = due.max(self.now);
            self.now = due;
            let mut outputs = Vec::new();
            self.both(None, &mut outputs);
            if !outputs.is_empty() {
                let _ = writeln!(self.text, "{due} tick");
                self.write(&outputs);
            }
        }
        self.now = time;
    }

    fn happens(&mut self, words: &[&str]) {
        let mut outputs = Vec::new();
        match *words {
            ["end"] => self.both(None, &mut outputs),
            ["change", ref words @ ..] => {
                let plan = self.changed(words);
                self.change(&plan, &mut outputs);
            }
            ["preview", ref words @ ..] => return self.preview(words),
            _ if self.reads(words) => return,
            _ => {
                let input = self.input(words);
                self.both(Some(input), &mut outputs);
            }
        }
        self.write(&outputs);
    }

    fn input(&mut self, words: &[&str]) -> Input {
        match *words {
            ["sign_in", agent] => Input::SignIn { agent: self.agent_named(agent) },
            ["sign_out", agent] => Input::SignOut { agent: self.agent_named(agent) },
            ["ready", agent] => Input::Ready { agent: self.agent_named(agent) },
            ["not_ready", agent, why] => {
                Input::NotReady { agent: self.agent_named(agent), reason: self.reason(why) }
            }
            ["phone_lost", agent] => Input::PhoneLost { agent: self.agent_named(agent) },
            ["engage", agent] => Input::Engage { agent: self.agent_named(agent) },
            ["takes", agent, group] => {
                Input::Takes { agent: self.agent_named(agent), group: self.group_named(group) }
            }
            ["pick", agent, caller] => {
                Input::Pick { agent: self.agent_named(agent), caller: self.caller_named(caller) }
            }
            ["end_wrap_up", agent] => Input::EndWrapUp { agent: self.agent_named(agent) },
            ["release", agent] => Input::Release { agent: self.agent_named(agent) },
            ["extend", agent, by] => {
                Input::ExtendWrapUp { agent: self.agent_named(agent), by: self.span(by) }
            }
            ["skill", agent, group, level] => Input::Skill {
                agent: self.agent_named(agent),
                group: self.group_named(group),
                level: (level != "none").then(|| SkillLevel(self.number(level) as u8)),
            },
            ["leave", caller] => Input::Leave { caller: self.caller_named(caller) },
            ["hang_up", caller] => Input::HangUp { caller: self.caller_named(caller) },
            ["prioritize", caller, priority] => {
                Input::Prioritize { caller: self.caller_named(caller), priority: self.priority(priority) }
            }
            ["wants_callback", caller] => Input::WantsCallback { caller: self.caller_named(caller) },
            ["reached", caller] => Input::Reached { caller: self.caller_named(caller) },
            ["unreached", caller] => Input::Unreached { caller: self.caller_named(caller) },
            ["call_back", caller, group, ref options @ ..] => {
                let missed = options.contains(&"missed");
                let after = options.iter().find_map(|option| option.strip_prefix("after="));
                let after = self.now + after.map_or(Duration::ZERO, |after| self.span(after));
                let rest: Vec<_> =
                    options.iter().filter(|o| **o != "missed" && !o.starts_with("after=")).collect();
                let enqueue = self.request(caller, group, rest.into_iter().copied());
                Input::CallBack(CallBack { enqueue, after, missed })
            }
            ["surge", group, mode] => {
                let modes = [
                    ("automatic", SurgeMode::Automatic),
                    ("off", SurgeMode::Off),
                    ("on", SurgeMode::On),
                    ("announce_only", SurgeMode::AnnounceOnly),
                ];
                let Some((_, mode)) = modes.into_iter().find(|(name, _)| *name == mode) else {
                    self.wrong(&format!("what mode is `{mode}`?"))
                };
                Input::Surge { group: self.group_named(group), mode }
            }
            ["help", site, on] => Input::Help { site: self.site(site), on: on == "on" },
            ["list", party, list, until] => {
                let list = if list == "grey" { Listing::Grey } else { Listing::Black };
                Input::List { party: self.party(party), listing: Some((list, self.time(until))) }
            }
            ["unlist", party] => Input::List { party: self.party(party), listing: None },
            ["urgent", party, open] => Input::Urgent { party: self.party(party), open: open == "on" },
            ["accept", caller, agent] => Input::Accept { offer: self.offer_of(caller, agent) },
            ["decline", caller, agent] => Input::Decline { offer: self.offer_of(caller, agent), then: None },
            ["decline", caller, agent, why] => {
                Input::Decline { offer: self.offer_of(caller, agent), then: Some(self.reason(why)) }
            }
            ["enqueue", caller, group, ref options @ ..] => {
                Input::Enqueue(self.request(caller, group, options.iter().copied()))
            }
            _ => self.wrong(&format!("what is `{}`?", words.join(" "))),
        }
    }

    fn request<'o>(&mut self, caller: &str, group: &str, options: impl Iterator<Item = &'o str>) -> Enqueue {
        let mut request = Enqueue::new(self.caller_named(caller), self.group_named(group), self.now);
        for option in options {
            match option.split_once('=') {
                Some(("priority", level)) => request.priority = self.priority(level),
                Some(("since", time)) => request.since = self.time(time),
                Some(("site", site)) => request.site = self.site(site),
                Some(("party", party)) => request.party = Some(self.party(party)),
                Some(("needs", abilities)) => request.requires = self.abilities(abilities),
                Some(("prefer", whom)) => {
                    let (agent, alone) = whom.split_once('@').map_or((whom, None), |(a, t)| (a, Some(t)));
                    let alone = alone.map(|alone| self.span(alone));
                    request.prefer = Some(Prefer { agent: self.agent_named(agent), alone });
                }
                None if option == "served" => request.served = true,
                _ => self.wrong(&format!("what is `{option}`?")),
            }
        }
        request
    }

    fn change(&mut self, plan: &Plan, outputs: &mut Vec<Output>) {
        let (now, file) = (self.now, self.file.clone());
        let opened = std::mem::take(&mut self.opened);
        let (fast, naive) = self.twins();
        let mut expected = Vec::new();
        let done = fast.change_plan(now, plan.clone(), outputs);
        assert_eq!(done, naive.change_plan(now, plan.clone(), &mut expected), "{file} at {now}");
        assert_eq!(*outputs, expected, "{file} at {now}: the plan changes (left: fast, right: naive)");
        fast.check().unwrap_or_else(|broken| panic!("{file} at {now}: {broken}"));
        match done {
            Ok(()) => {
                self.plan = plan.clone();
                // Whoever is new begins his day.
                opened.into_iter().for_each(|input| self.both(Some(input), outputs));
            }
            Err(why) => outputs.push(Output::Refused { why }),
        }
    }

    /// The plan with one group or agent as a line says it now, or without one.
    fn changed(&mut self, words: &[&str]) -> Plan {
        self.twins();
        self.opened.clear();
        let before = self.plan.clone();
        match *words {
            ["group", name, ..] => {
                let own = self.group_named(name).index();
                self.group(&words[1..]);
                let group = self.plan.groups.pop().expect("just read");
                self.plan = before.clone();
                let stages = std::mem::take(&mut self.stages);
                let timeline = self.timeline(own, stages.iter().map(|(_, stage, to)| (stage, to)));
                self.plan.groups[own] = GroupPlan { timeline, ..group };
            }
            ["agent", name, ..] => {
                let known = self.plan.agents.iter().position(|agent| agent.name == name);
                self.agent(&words[1..]);
                if let Some(known) = known {
                    self.plan.agents[known] = self.plan.agents.pop().expect("just read");
                }
            }
            ["without", name] => {
                self.plan.groups.retain(|group| group.name != name);
                self.plan.agents.retain(|agent| agent.name != name);
            }
            _ => self.wrong(&format!("what is `{}` in a plan?", words.join(" "))),
        }
        std::mem::replace(&mut self.plan, before)
    }

    fn timeline<'s>(&self, own: usize, stages: impl Iterator<Item = (&'s Stage, &'s String)>) -> Vec<Stage> {
        let mut timeline: Vec<Stage> =
            stages.map(|(stage, to)| Stage { group: self.group_named(to), ..*stage }).collect();
        if timeline.iter().all(|stage| stage.after > Duration::ZERO) {
            timeline.insert(0, Stage::all(Duration::ZERO, GroupRef::at(own)));
        }
        timeline
    }

    /// One step of both twins; what they say must be the same, and every invariant must hold.
    fn both(&mut self, input: Option<Input>, outputs: &mut Vec<Output>) {
        let (now, file, told) = (self.now, self.file.clone(), outputs.len());
        let (fast, naive) = self.twins();
        let mut expected = Vec::new();
        if let Some(input) = input {
            fast.handle(now, input, outputs);
            naive.handle(now, input, &mut expected);
        } else {
            fast.tick(now, outputs);
            naive.tick(now, &mut expected);
        }
        assert_eq!(outputs[told..], expected, "{file} at {now}: {input:?} (left: fast, right: naive)");
        assert_eq!(fast.next_deadline(), naive.next_deadline(), "{file} at {now}: {input:?}");
        if let Err(broken) = fast.check() {
            panic!("{file} at {now}: {input:?}: {broken}");
        }
    }

    /// The twins, made when the plan is complete, with the agents as they start the day.
    fn twins(&mut self) -> &mut (Distributor, Naive) {
        if self.twins.is_none() {
            let stages = std::mem::take(&mut self.stages);
            for own in 0..self.plan.groups.len() {
                let of_own =
                    stages.iter().filter(|(from, ..)| *from == own).map(|(_, stage, to)| (stage, to));
                self.plan.groups[own].timeline = self.timeline(own, of_own);
            }
            let (mut fast, mut naive) = (Distributor::new(self.plan.clone()), Naive::new(self.plan.clone()));
            for input in &self.opened {
                fast.handle(Timestamp::START, *input, &mut Vec::new());
                naive.handle(Timestamp::START, *input, &mut Vec::new());
            }
            self.twins = Some((fast, naive));
        }
        self.twins.as_mut().expect("just made")
    }

    // ── The plan ─────────────────────────────────────────────────────────────────────────────────────────

    fn group(&mut self, words: &[&str]) {
        let mut group = GroupPlan { ..GroupPlan::named(words[0]) };
        for option in &words[1..] {
            match option.split_once('=').unwrap_or((option, "")) {
                ("ring", span) => group.ring = self.span(span),
                ("wrapup", span) => group.wrap_up = self.span(span),
                ("wait", span) => group.wait_max = Some(self.span(span)),
                ("line", count) => group.line_max = self.number(count) as usize,
                ("needs_signed_in", "") => group.needs_signed_in = true,
                ("ring_no_answer", "ready") => {
                    group.no_answer = vec![Grade { then: NoAnswer::Skip, tell: false }];
                }
                ("overflow", stages) => {
                    for stage in stages.split(',') {
                        let Some((to, after)) = stage.split_once('@') else {
                            self.wrong("overflow=group@time")
                        };
                        let stage = Stage::all(self.span(after), GroupRef(0));
                        self.stages.push((self.plan.groups.len(), stage, to.to_owned()));
                    }
                }
                ("stage", stage) => self.stage(stage),
                ("select", by) => group.selection = self.selection(by),
                ("weight", points) => group.weight = self.number(points) as u8,
                ("parallel", count) => group.parallel = self.number(count) as u8,
                ("auto_answer", "") => group.auto_answer = true,
                ("wrapup_max", span) => group.wrap_up_max = self.span(span),
                ("sticky", span) => group.sticky = Some(self.span(span)),
                ("hours", name) => group.hours = Some(self.hours_named(name)),
                ("missed", span) => group.callback.missed_after = Some(self.span(span)),
                ("no_answer", grades) => {
                    group.no_answer = grades.split(',').map(|grade| self.grade(grade)).collect();
                }
                ("surge", counts) => {
                    let counts: Vec<_> = counts.split('/').map(|count| self.number(count) as usize).collect();
                    let [begins_at, ends_at, admit_max] = counts[..] else {
                        self.wrong("surge=begins/ends/admits")
                    };
                    group.surge = SurgePlan { begins_at: Some(begins_at), ends_at, admit_max };
                }
                ("callback", words) => {
                    let words: Vec<_> = words.split('/').collect();
                    let [offer, first, tries, retry] = words[..] else {
                        self.wrong("callback=60s/agent/3/600s")
                    };
                    group.callback.offer_after = (offer != "-").then(|| self.span(offer));
                    group.callback.first = if first == "caller" { First::Caller } else { First::Agent };
                    group.callback.tries = self.number(tries) as u8;
                    group.callback.retry_after = self.span(retry);
                }
                _ => self.wrong(&format!("what is `{option}`?")),
            }
        }
        self.plan.groups.push(group);
    }

    /// `general@20s:level4:own:night:help:waives`
    fn stage(&mut self, words: &str) {
        let (to, rest) = words.split_once('@').unwrap_or_else(|| self.wrong("stage=group@time:…"));
        let mut rest = rest.split(':');
        let mut stage = Stage::all(self.span(rest.next().unwrap_or_default()), GroupRef(0));
        for word in rest {
            match word {
                "own" => stage.sites = Sites::Own,
                "night" => stage.at_night = true,
                "help" => stage.on_help = true,
                "waives" => stage.waives = true,
                _ => match (word.strip_prefix("level"), word.strip_prefix("site=")) {
                    (Some(level), _) => stage.level_min = SkillLevel(self.number(level) as u8),
                    (_, Some(site)) => stage.sites = Sites::Only(self.site(site)),
                    _ => self.wrong(&format!("what is `{word}` of a stage?")),
                },
            }
        }
        self.stages.push((self.plan.groups.len(), stage, to.to_owned()));
    }

    fn centre(&mut self, words: &[&str]) {
        let value = |name: &str| {
            words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        };
        let span = |name: &str| value(name).map(|span| self.span(&span));
        match words[0] {
            "order" => {
                let order = &mut self.plan.order.clone();
                order.priority_worth = span("priority").unwrap_or(order.priority_worth);
                order.weight_worth = span("weight").unwrap_or(order.weight_worth);
                order.head_start_max = span("max").unwrap_or(order.head_start_max);
                order.grey_delay = span("grey").unwrap_or(order.grey_delay);
                self.plan.order = *order;
            }
            "breaks" => self.plan.breaks_max = value("max").map(|most| self.number(&most) as u32),
            "night" => self.plan.night = Some(self.hours_named(words[1])),
            "clock" => {
                let (date, time) = words[1].split_once('T').expect("clock date and time");
                let date: base::Date = date.parse().expect("a date");
                let second = u32::try_from(self.minute(time)).expect("a minute") * 60;
                let clock = &mut self.plan.clock;
                let millis = clock.offset.unix_millis(base::LocalTime { date, second });
                clock.epoch = base::Epoch::from_unix_nanos(millis * 1_000_000);
                clock.calendar = base::Calendar::china();
            }
            _ => {
                let spans = |name: &str| {
                    let spans = value(name).unwrap_or_default();
                    let spans = spans.split(',').filter_map(|span| span.split_once('-'));
                    let minutes = spans.map(|(from, to)| (self.minute(from) as u16, self.minute(to) as u16));
                    minutes.map(|(from, to)| (from, if to < from { to + 1_440 } else { to })).collect()
                };
                let (workdays, days_off) = (spans("workdays"), spans("days_off"));
                self.plan.hours.push(Hours { name: words[1].to_owned(), workdays, days_off });
            }
        }
    }

    fn minute(&self, text: &str) -> u64 {
        let (hour, minute) = text.split_once(':').unwrap_or_else(|| self.wrong("a time of the day is hh:mm"));
        self.number(hour) * 60 + self.number(minute)
    }

    fn grade(&self, word: &str) -> Grade {
        let (then, tell) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
        let then = match then {
            "skip" => NoAnswer::Skip,
            "not_ready" => NoAnswer::NotReady,
            span => NoAnswer::CoolDown(self.span(span)),
        };
        Grade { then, tell }
    }

    fn selection(&self, word: &str) -> Selection {
        let known = SELECTIONS.iter().find(|(name, _)| *name == word);
        known.map_or_else(|| self.wrong(&format!("what selection is `{word}`?")), |(_, by)| *by)
    }

    fn hours_named(&self, name: &str) -> HoursRef {
        let at = self.plan.hours.iter().position(|hours| hours.name == name);
        at.map_or_else(|| self.wrong(&format!("there are no hours {name}")), HoursRef::at)
    }

    fn priority(&self, word: &str) -> Priority {
        if word == "emergency" { Priority::EMERGENCY } else { Priority(self.number(word) as u8) }
    }

    /// A party by its number, or by a name that the scenario gives it.
    fn party(&mut self, word: &str) -> PartyRef {
        let number = word.parse().unwrap_or_else(|_| 1_000 + place_of(word, &mut self.parties) as u64);
        PartyRef::from_bits(number)
    }

    /// A site by its number, or by name; those are counted from 1, and 0 is the one of whoever has none.
    fn site(&mut self, word: &str) -> SiteRef {
        SiteRef(word.parse().unwrap_or_else(|_| 1 + place_of(word, &mut self.sites) as u32))
    }

    fn abilities(&mut self, words: &str) -> Abilities {
        let mut set = 0;
        for word in words.split('+') {
            set |= 1 << place_of(word, &mut self.abilities);
        }
        Abilities(set)
    }

    fn agent(&mut self, words: &[&str]) {
        let agent = AgentRef::at(self.plan.agents.len());
        let name = words[0].to_owned();
        let mut plan = AgentPlan { name, site: SiteRef(0), skills: Vec::new(), abilities: Abilities::NONE };
        for word in &words[1..] {
            match word.split_once('=') {
                Some(("site", site)) => {
                    plan.site = self.site(site);
                    continue;
                }
                Some(("can", abilities)) => {
                    plan.abilities = self.abilities(abilities);
                    continue;
                }
                _ => {}
            }
            match word.split_once(':') {
                Some((group, level)) => {
                    plan.skills.push((self.group_named(group), SkillLevel(self.number(level) as u8)));
                }
                None if *word == "signed_in" => self.opened.push(Input::SignIn { agent }),
                None if *word == "ready" => {
                    self.opened.extend([Input::SignIn { agent }, Input::Ready { agent }]);
                }
                None => self.wrong(&format!("what is `{word}`?")),
            }
        }
        self.plan.agents.push(plan);
    }

    // ── Words ────────────────────────────────────────────────────────────────────────────────────────────

    fn caller_named(&mut self, name: &str) -> CallerRef {
        CallerRef::from_parts(place_of(name, &mut self.callers) as u32, 0)
    }

    /// A group of the plan; `nowhere` is one that is not in it.
    fn group_named(&self, name: &str) -> GroupRef {
        match self.plan.groups.iter().position(|group| group.name == name) {
            Some(at) => GroupRef::at(at),
            None if name == "nowhere" => GroupRef(u32::MAX),
            None => self.wrong(&format!("there is no group {name}")),
        }
    }

    /// An agent of the plan; `nobody` is one who is not in it.
    fn agent_named(&self, name: &str) -> AgentRef {
        match self.plan.agents.iter().position(|agent| agent.name == name) {
            Some(at) => AgentRef::at(at),
            None if name == "nobody" => AgentRef(u32::MAX),
            None => self.wrong(&format!("there is no agent {name}")),
        }
    }

    /// The last offer of a caller to an agent, over or not; one that never was when there was none.
    fn offer_of(&mut self, caller: &str, agent: &str) -> OfferRef {
        let pair = (self.caller_named(caller), self.agent_named(agent));
        self.offers.get(&pair).copied().unwrap_or(OfferRef::from_bits(u64::MAX))
    }

    fn reason(&self, word: &str) -> Reason {
        let known = REASONS.iter().find(|(name, _)| *name == word);
        known.map_or_else(|| self.wrong(&format!("what reason is `{word}`?")), |(_, reason)| *reason)
    }

    fn span(&self, text: &str) -> Duration {
        let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
        seconds
            .map_or_else(|| self.wrong(&format!("`{text}` is no time such as 30s")), Duration::from_secs_f64)
    }

    fn number(&self, text: &str) -> u64 {
        text.parse().unwrap_or_else(|_| self.wrong(&format!("`{text}` is no number")))
    }

    fn time(&self, text: &str) -> Timestamp {
        let parts = text.rsplit_once(':').and_then(|(rest, seconds)| {
            let (hours, minutes) = rest.split_once(':').unwrap_or(("0", rest));
            let (seconds, millis) = seconds.split_once('.')?;
            let minutes = hours.parse::<u64>().ok()? * 60 + minutes.parse::<u64>().ok()?;
            Some((minutes, seconds.parse::<u64>().ok()?, millis.parse::<u64>().ok()?))
        });
        let Some((minutes, seconds, millis)) = parts else {
            self.wrong(&format!("`{text}` is no time [hh:]mm:ss.mmm"))
        };
        Timestamp::from_millis((minutes * 60 + seconds) * 1_000 + millis)
    }

    fn wrong(&self, what: &str) -> ! {
        panic!("{} after {} lines: {what}", self.file, self.text.lines().count());
    }
}

/// Where a name stands in a list, at its end if it is new.
fn place_of(name: &str, names: &mut Vec<String>) -> usize {
    let known = names.iter().position(|known| known == name);
    known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
