//! Runs the text scenarios in `tests/scenarios/*.scn`: what happens at a hotline, and what the distributor says.
//!
//! ```text
//! # comment                                              free text, kept
//! group general ring=20s wrapup=30s overflow=enterprise@30s line=100 wait=120s needs_signed_in ring_no_answer=ready
//! agent alice general:2 enterprise:1 ready               skill levels after the colon; how he starts the day
//! 00:01.000 enqueue c1 general priority=5 ; leave c2     what happens, several at one instant apart by `;`
//!           > offer c1 alice line=general ring=20s       what the distributor says (written by the program)
//! 00:21.000 tick                                         a deadline that led to something (written by the program)
//! 01:00.000 end                                          run on till here
//! ```
//!
//! What happens: `sign_in A`, `sign_out A`, `ready A`, `not_ready A reason`, `phone_lost A`, `engage A`, `release A`,
//! `enqueue C G [priority=N] [since=T]`, `leave C`, `accept C A`, `decline C A [reason]`, and for the reader
//! `board G`, `where C`, `show A`. Defaults: ring=20s wrapup=30s line=1000.
//!
//! `UPDATE=1 cargo test -p acd --test scenarios` rewrites the program's lines; the review is in the diff. Every
//! scenario also runs through the naive twin, and every invariant is checked after every step.

use acd::input::Reason;
use acd::naive::Naive;
use acd::{
    AgentPlan, AgentRef, AgentState, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input, OfferEnd,
    OfferRef, Output, Plan, Priority, SiteRef, SkillLevel, Turned,
};
use base::{Handle, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

#[test]
fn every_scenario_happens_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = std::fs::read_dir(&folder).expect("tests/scenarios is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "scn"));
    files.sort();
    assert!(files.len() >= 30, "only {} scenarios in {}", files.len(), folder.display());

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
    /// Overflow by name, because a group may be named before its own line.
    stages: Vec<(usize, Duration, String)>,
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
            ["board", group] => return self.board(group),
            ["where", caller] => return self.show_caller(caller),
            ["show", agent] => return self.show_agent(agent),
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
            ["release", agent] => Input::Release { agent: self.agent_named(agent) },
            ["leave", caller] => Input::Leave { caller: self.caller_named(caller) },
            ["accept", caller, agent] => Input::Accept { offer: self.offer_of(caller, agent) },
            ["decline", caller, agent] => Input::Decline { offer: self.offer_of(caller, agent), then: None },
            ["decline", caller, agent, why] => {
                Input::Decline { offer: self.offer_of(caller, agent), then: Some(self.reason(why)) }
            }
            ["enqueue", caller, group, ref options @ ..] => {
                let mut request = Enqueue {
                    caller: self.caller_named(caller),
                    group: self.group_named(group),
                    priority: Priority(0),
                    since: self.now,
                };
                for option in options {
                    match option.split_once('=') {
                        Some(("priority", level)) => request.priority = Priority(self.number(level) as u8),
                        Some(("since", time)) => request.since = self.time(time),
                        _ => self.wrong(&format!("what is `{option}`?")),
                    }
                }
                Input::Enqueue(request)
            }
            _ => self.wrong(&format!("what is `{}`?", words.join(" "))),
        }
    }

    /// One step of both twins; what they say must be the same, and every invariant must hold.
    fn both(&mut self, input: Option<Input>, outputs: &mut Vec<Output>) {
        let (now, file) = (self.now, self.file.clone());
        let (fast, naive) = self.twins();
        let mut expected = Vec::new();
        if let Some(input) = input {
            fast.handle(now, input, outputs);
            naive.handle(now, input, &mut expected);
        } else {
            fast.tick(now, outputs);
            naive.tick(now, &mut expected);
        }
        assert_eq!(*outputs, expected, "{file} at {now}: {input:?} (left: fast, right: naive)");
        assert_eq!(fast.next_deadline(), naive.next_deadline(), "{file} at {now}: {input:?}");
        if let Err(broken) = fast.check() {
            panic!("{file} at {now}: {input:?}: {broken}");
        }
    }

    /// The twins, made when the plan is complete, with the agents as they start the day.
    fn twins(&mut self) -> &mut (Distributor, Naive) {
        if self.twins.is_none() {
            for (from, after, to) in std::mem::take(&mut self.stages) {
                let to = self.group_named(&to);
                self.plan.groups[from].overflow.push((after, to));
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
        let mut group = GroupPlan {
            name: words[0].to_owned(),
            ring: Duration::from_secs(20),
            wrap_up: Duration::from_secs(30),
            overflow: Vec::new(),
            line_max: 1_000,
            wait_max: None,
            needs_signed_in: false,
            ring_no_answer_not_ready: true,
        };
        for option in &words[1..] {
            match option.split_once('=').unwrap_or((option, "")) {
                ("ring", span) => group.ring = self.span(span),
                ("wrapup", span) => group.wrap_up = self.span(span),
                ("wait", span) => group.wait_max = Some(self.span(span)),
                ("line", count) => group.line_max = self.number(count) as usize,
                ("needs_signed_in", "") => group.needs_signed_in = true,
                ("ring_no_answer", "ready") => group.ring_no_answer_not_ready = false,
                ("overflow", stages) => {
                    for stage in stages.split(',') {
                        let Some((to, after)) = stage.split_once('@') else {
                            self.wrong("overflow=group@time")
                        };
                        self.stages.push((self.plan.groups.len(), self.span(after), to.to_owned()));
                    }
                }
                _ => self.wrong(&format!("what is `{option}`?")),
            }
        }
        self.plan.groups.push(group);
    }

    fn agent(&mut self, words: &[&str]) {
        let agent = AgentRef::at(self.plan.agents.len());
        let mut plan = AgentPlan { name: words[0].to_owned(), site: SiteRef(0), skills: Vec::new() };
        for word in &words[1..] {
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

    // ── What the distributor says ────────────────────────────────────────────────────────────────────────

    fn write(&mut self, outputs: &[Output]) {
        for output in outputs {
            if let Output::Offer { offer, caller, agent, .. } = *output {
                self.offers.insert((caller, agent), offer);
            }
            let said = self.said(output);
            let _ = writeln!(self.text, "          > {said}");
        }
    }

    fn said(&self, output: &Output) -> String {
        let group = |group: GroupRef| self.plan.groups[group.index()].name.as_str();
        let agent = |agent: AgentRef| self.plan.agents[agent.index()].name.as_str();
        let caller = |caller: CallerRef| self.callers[caller.index() as usize].as_str();
        match *output {
            Output::Queued { caller: who, group: line, position, expected } => {
                let expected =
                    expected.map(|wait| format!(" expected={}s", wait.as_secs_f64())).unwrap_or_default();
                format!("queued {} {} position={position}{expected}", caller(who), group(line))
            }
            Output::Offer { caller: who, agent: to, group: line, ring, .. } => {
                format!(
                    "offer {} {} line={} ring={}s",
                    caller(who),
                    agent(to),
                    group(line),
                    ring.as_secs_f64()
                )
            }
            Output::OfferEnded { caller: who, agent: to, end, .. } => {
                let end = match end {
                    OfferEnd::Accepted => "accepted",
                    OfferEnd::RangOut => "rang_out",
                    OfferEnd::Declined => "declined",
                    OfferEnd::CallerGone => "caller_gone",
                    OfferEnd::AgentGone => "agent_gone",
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
                };
                format!("turned_away {} {} {why}", caller(who), group(line))
            }
            Output::Agent { agent: who, state } => format!("agent {} {}", agent(who), self.state(state)),
            Output::Refused { why } => format!("refused: {why}"),
        }
    }

    fn state(&self, state: AgentState) -> String {
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

    fn board(&mut self, group: &str) {
        let reference = self.group_named(group);
        let view = self.twins().0.group(reference).expect("a group of the plan");
        let oldest = view.oldest.map(|oldest| format!(" oldest={oldest}")).unwrap_or_default();
        let expected =
            view.expected.map(|wait| format!(" expected={}s", wait.as_secs_f64())).unwrap_or_default();
        let _ = writeln!(
            self.text,
            "          > board {group} waiting={} ringing={}{oldest} signed_in={} ready={}{expected}",
            view.waiting, view.offered, view.signed_in, view.ready,
        );
    }

    fn show_caller(&mut self, caller: &str) {
        let reference = self.caller_named(caller);
        let shown = match self.twins().0.caller(reference) {
            None => "waits in no line".into(),
            Some(view) => {
                let line = &self.plan.groups[view.group.index()].name;
                let rings_at = view.rings_at.map(|agent| self.plan.agents[agent.index()].name.as_str());
                let rings_at = rings_at.map(|name| format!(" rings_at={name}")).unwrap_or_default();
                format!("{line} position={} since={}{rings_at}", view.position, view.since)
            }
        };
        let _ = writeln!(self.text, "          > where {caller} {shown}");
    }

    fn show_agent(&mut self, agent: &str) {
        let reference = self.agent_named(agent);
        let view = self.twins().0.agent(reference).expect("an agent of the plan");
        let (state, since) = (view.state, view.since);
        let _ = writeln!(self.text, "          > show {agent} {} since={since}", self.state(state));
    }

    // ── Words ────────────────────────────────────────────────────────────────────────────────────────────

    fn caller_named(&mut self, name: &str) -> CallerRef {
        let known = self.callers.iter().position(|caller| caller == name);
        let at = known.unwrap_or_else(|| {
            self.callers.push(name.to_owned());
            self.callers.len() - 1
        });
        CallerRef::from_parts(at as u32, 0)
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
        let parts = text.split_once(':').and_then(|(minutes, rest)| {
            let (seconds, millis) = rest.split_once('.')?;
            Some((minutes.parse::<u64>().ok()?, seconds.parse::<u64>().ok()?, millis.parse::<u64>().ok()?))
        });
        let Some((minutes, seconds, millis)) = parts else {
            self.wrong(&format!("`{text}` is no time mm:ss.mmm"))
        };
        Timestamp::from_millis((minutes * 60 + seconds) * 1_000 + millis)
    }

    fn wrong(&self, what: &str) -> ! {
        panic!("{} after {} lines: {what}", self.file, self.text.lines().count());
    }
}

const REASONS: [(&str, Reason); 11] = [
    ("signed_in", Reason::SignedIn),
    ("rest", Reason::Rest),
    ("meal", Reason::Meal),
    ("meeting", Reason::Meeting),
    ("coaching", Reason::Coaching),
    ("training", Reason::Training),
    ("busy", Reason::Busy),
    ("ring_no_answer", Reason::RingNoAnswer),
    ("declined", Reason::Declined),
    ("phone_lost", Reason::PhoneLost),
    ("forced", Reason::Forced),
];
