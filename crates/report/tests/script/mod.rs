//! Scripts: a hotline's day as text. Each line is an event; what the report says is printed under it.
//!
//! ```text
//!   groups general enterprise          agents alice:general bob:general,enterprise
//!   00:00.000 arrive c1
//!   00:04.000 queue c1 general
//!             > …what the program printed; `UPDATE=1 cargo test -p report` rewrites it
//! ```
//!
//! The invariants are checked after every event.

use acd::input::Reason;
use acd::{AgentRef, AgentState, CallbackEnd, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Epoch, Private, Timestamp};
use call::event::{CallRef, Event, Outcome, Side, Stamped, Verdict};
use call::plan::{DispositionRef, FlowRef, LanguageRef, StepRef};
use media::session;
use report::board::{AgentsByState, Line};
use report::counters::Counters;
use report::{AgentSpan, CallRecord, Formula, Out, Plan, Report, SpanKind, Survey, UnixMs, words};
use sip::leg::{LegRef, Origin, TrunkRef};
use sip::message::Cause;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// 2024-02-02 09:00:00 in Suqian, on a quarter of an hour.
pub(crate) const EPOCH_MS: u64 = 1_706_835_600_000;

/// Runs a script and compares it with itself.
pub(crate) fn run(path: &Path) {
    let text = std::fs::read_to_string(path).expect("the script is readable");
    let mut script = Script::default();
    let mut printed = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with(char::is_whitespace) && line.trim_start().starts_with('>') {
            continue;
        }
        printed.push_str(line);
        printed.push('\n');
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        let said = script.line(&words).unwrap_or_else(|what| {
            panic!("{}:{}: {what}: {line}", path.display(), number + 1);
        });
        for said in said.lines() {
            let _ = writeln!(printed, "          > {said}");
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &printed).expect("the script is writable");
    }
    similar(path, &text, &printed);
}

fn similar(path: &Path, expected: &str, printed: &str) {
    if std::env::var_os("UPDATE").is_some() || expected == printed {
        return;
    }
    let at = expected.lines().zip(printed.lines()).take_while(|(a, b)| a == b).count();
    panic!(
        "{}:{} differs (UPDATE=1 rewrites):\n  written: {}\n  printed: {}",
        path.display(),
        at + 1,
        expected.lines().nth(at).unwrap_or("–"),
        printed.lines().nth(at).unwrap_or("–")
    );
}

#[derive(Default)]
struct Script {
    plan: Plan,
    report: Option<Report>,
    out: Out,
    now: Timestamp,
    seq: u64,
}

impl Script {
    fn line(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["groups", groups @ ..] => {
                self.plan.groups = groups.iter().map(ToString::to_string).collect();
                self.plan.titles.clone_from(&self.plan.groups);
                Ok(String::new())
            }
            ["agents", agents @ ..] => self.plan_agents(agents),
            ["thresholds", seconds @ ..] => {
                self.plan.thresholds = seconds.iter().map(|text| span(text)).collect::<Result<_, _>>()?;
                Ok(String::new())
            }
            [at, rest @ ..] => {
                self.now = timestamp(at)?;
                self.step(rest)
            }
            [] => Ok(String::new()),
        }
    }

    fn plan_agents(&mut self, agents: &[&str]) -> Result<String, String> {
        self.plan.sites = vec!["city".into()];
        for agent in agents {
            let (name, groups) = agent.split_once(':').ok_or("agent:group,group")?;
            let groups = groups.split(',').map(|group| self.group(group)).collect::<Result<_, _>>()?;
            self.plan.agents.push(name.into());
            self.plan.agent_sites.push(0);
            self.plan.agent_groups.push(groups);
        }
        Ok(String::new())
    }

    fn report(&mut self) -> &mut Report {
        let plan = &mut self.plan;
        self.report.get_or_insert_with(|| {
            plan.trunks = vec!["telecom".into()];
            plan.flows = vec!["hotline".into()];
            plan.dispositions = vec!["answered".into(), "case".into()];
            plan.online = vec![true, false];
            plan.epoch = Epoch::from_unix_nanos(EPOCH_MS * 1_000_000);
            plan.run = 1;
            Report::new(plan.clone())
        })
    }

    fn step(&mut self, words: &[&str]) -> Result<String, String> {
        let now = self.now;
        match words {
            ["board"] => return Ok(self.draw_board()),
            ["counters"] => return Ok(self.draw_counters()),
            ["intervals"] => return Ok(self.draw_intervals()),
            ["tick"] => {
                let Self { out, .. } = self;
                let mut taken = std::mem::take(out);
                self.report().tick(now, &mut taken);
                self.out = taken;
            }
            _ => {
                let event = self.event(words)?;
                self.seq += 1;
                let stamped = Stamped { at: now, seq: self.seq, event };
                let mut out = std::mem::take(&mut self.out);
                self.report().fold(&stamped, &mut out);
                self.out = out;
            }
        }
        self.report().check()?;
        Ok(self.draw_out())
    }

    fn event(&self, words: &[&str]) -> Result<Event, String> {
        let call = |text: &str| number(text, 'c').map(CallRef::from_bits);
        let offer = |text: &str| number(text, 'o').map(OfferRef::from_bits);
        Ok(match words {
            ["arrive", c, rest @ ..] => Event::Arrived {
                call: call(c)?,
                origin: Origin::Trunk(TrunkRef(0)),
                caller: Private::new("+8613851234567".into()),
                called: "12345".into(),
                call_id: format!("{c}@carrier"),
                flow: rest.is_empty().then_some(FlowRef(0)),
            },
            ["answer", c] => Event::Answered { call: call(c)? },
            ["queue", c, group, rest @ ..] => {
                let expected = rest.first().map(|text| span(text)).transpose()?;
                Event::Queued { call: call(c)?, group: self.group(group)?, position: 1, expected }
            }
            ["offer", c, o, agent, group] => Event::Offered {
                call: call(c)?,
                offer: offer(o)?,
                agent: self.agent(agent)?,
                group: self.group(group)?,
                because: acd::Because::FirstInOrder { among: 1, passed: 0 },
            },
            ["offer_end", c, o, agent, end] => Event::OfferEnded {
                call: call(c)?,
                offer: offer(o)?,
                agent: self.agent(agent)?,
                end: offer_end(end)?,
                status: 0,
            },
            ["overflow", c, from, to] => {
                Event::Overflowed { call: call(c)?, from: self.group(from)?, to: self.group(to)? }
            }
            ["turn", c, group, why, to @ ..] => Event::TurnedAway {
                call: call(c)?,
                group: self.group(group)?,
                why: turned(why)?,
                to: to.last().map(|to| self.group(to)).transpose()?,
            },
            ["connect", c, agent, group, waited] => Event::Connected {
                call: call(c)?,
                agent: self.agent(agent)?,
                group: self.group(group)?,
                waited: span(waited)?,
            },
            ["disconnect", c, agent, by] => {
                Event::Disconnected { call: call(c)?, agent: self.agent(agent)?, by: side(by)? }
            }
            ["leg", c, of] => Event::LegEnded {
                call: call(c)?,
                leg: LegRef(1),
                side: side(of)?,
                report: session::Report { packets_received: 50, ..session::Report::default() },
            },
            ["end", c, outcome_, group, by] => Event::Ended {
                call: call(c)?,
                outcome: outcome(outcome_)?,
                group: if *group == "-" { None } else { Some(self.group(group)?) },
                cause: Cause(16),
                by: side(by)?,
            },
            ["keep", c, group, rest @ ..] => Event::CallbackKept {
                from: call(c)?,
                caller: Private::new("+8613851234567".into()),
                group: self.group(group)?,
                missed: rest.contains(&"missed"),
                after: self.now,
                attempt: u8::from(rest.contains(&"again")),
            },
            ["begin", c, of, group] => {
                Event::CallbackBegun { call: call(c)?, from: call(of)?, group: self.group(group)? }
            }
            ["dial", c, of, group] => Event::CallbackDialed {
                call: call(c)?,
                from: call(of)?,
                group: self.group(group)?,
                attempt: 1,
            },
            ["connect_back", c, of, agent, group, waited] => Event::CallbackConnected {
                call: call(c)?,
                from: call(of)?,
                agent: self.agent(agent)?,
                group: self.group(group)?,
                waited: span(waited)?,
            },
            ["end_callback", c, group, end] => {
                Event::CallbackEnded { from: call(c)?, group: self.group(group)?, end: callback_end(end)? }
            }
            ["calls_out", c, agent, group] => Event::OutgoingBegun {
                call: call(c)?,
                agent: self.agent(agent)?,
                group: if *group == "-" { None } else { Some(self.group(group)?) },
                colleague: None,
            },
            ["calls", c, agent, colleague] => Event::OutgoingBegun {
                call: call(c)?,
                agent: self.agent(agent)?,
                group: None,
                colleague: Some(self.agent(colleague)?),
            },
            ["dialed", c] => Event::OutgoingDialed { call: call(c)? },
            ["reached", c, agent] => {
                Event::OutgoingConnected { call: call(c)?, agent: self.agent(agent)?, group: None }
            }
            ["picked", c, agent] => Event::Picked { call: call(c)?, agent: self.agent(agent)? },
            ["put_through", c, group] => {
                Event::PutThrough { call: call(c)?, group: self.group(group)?, trunk: TrunkRef(0) }
            }
            ["alert", agent, in_a_row] => Event::Alert(acd::Alert::RingNoAnswer {
                agent: self.agent(agent)?,
                in_a_row: in_a_row.parse().map_err(|_| "how often")?,
            }),
            ["surveyed", c, agent, verdict] => Event::Surveyed {
                call: call(c)?,
                agent: self.agent(agent)?,
                verdict: match *verdict {
                    "timeout" => Verdict::Timeout,
                    "invalid" => Verdict::Invalid,
                    "hung_up" => Verdict::HungUp,
                    rating => Verdict::Rated(rating.parse().map_err(|_| "a verdict")?),
                },
            },
            ["disposed", c, agent, what, by] => Event::Disposed {
                call: call(c)?,
                agent: self.agent(agent)?,
                disposition: DispositionRef(if *what == "answered" { 0 } else { 1 }),
                by: words::resolver_of(by).ok_or("a resolver")?,
                phone: false,
            },
            ["chose", c, step, key] => Event::Chose {
                call: call(c)?,
                step: StepRef(step.parse().map_err(|_| "a step")?),
                key: key.chars().next().ok_or("a key")?,
            },
            ["speaks", c, language] => Event::Speaks {
                call: call(c)?,
                language: LanguageRef(language.parse().map_err(|_| "a language")?),
            },
            ["agent", agent, to] => Event::Agent { agent: self.agent(agent)?, state: state(to)? },
            ["trunk", up] => Event::Trunk { trunk: TrunkRef(0), up: *up == "up" },
            ["phone", index, contacts] => Event::PhoneBound {
                aor: sip::leg::AorRef(index.parse().map_err(|_| "index")?),
                contacts: contacts.parse().map_err(|_| "contacts")?,
            },
            _ => return Err("unknown event".into()),
        })
    }

    fn group(&self, key: &str) -> Result<GroupRef, String> {
        let at = self.plan.groups.iter().position(|known| known == key);
        at.map(GroupRef::at).ok_or_else(|| format!("no group {key}"))
    }

    fn agent(&self, key: &str) -> Result<AgentRef, String> {
        let at = self.plan.agents.iter().position(|known| known == key);
        at.map(AgentRef::at).ok_or_else(|| format!("no agent {key}"))
    }

    fn draw_out(&mut self) -> String {
        let mut text = String::new();
        for record in std::mem::take(&mut self.out.closed) {
            self.draw_record(&record, &mut text);
        }
        for said in std::mem::take(&mut self.out.disposed) {
            let (record, what) = (said.call.0 & 0xffff, &self.plan.dispositions[said.disposition.index()]);
            let (by, agent) = (words::resolver(said.by), &self.plan.agents[said.agent.index()]);
            let _ = writeln!(text, "disposed {record} {what} by {by}, says {agent} at {}", at(said.at));
        }
        for AgentSpan { agent, kind, from, to } in std::mem::take(&mut self.out.agent_spans) {
            let kind = match kind {
                SpanKind::SignedIn => "signed_in".into(),
                SpanKind::NotReady(reason) => format!("not_ready {}", words::reason(reason)),
                SpanKind::WrapUp(record) => format!("wrap_up after {:?}", record.map(|id| id.0 & 0xffff)),
            };
            let _ =
                writeln!(text, "span {} {kind} {}..{}", self.plan.agents[agent.index()], at(from), at(to));
        }
        self.out.clear();
        text
    }

    fn draw_record(&self, record: &CallRecord, text: &mut String) {
        let group = |group: Option<GroupRef>| {
            group
                .map_or("-", |group| self.plan.groups.get(group.index()).map_or("?", String::as_str))
                .to_owned()
        };
        let agent = |agent: Option<AgentRef>| {
            agent
                .map_or("-", |agent| self.plan.agents.get(agent.index()).map_or("?", String::as_str))
                .to_owned()
        };
        let _ = writeln!(
            text,
            "record {} {} {} group={} agent={} by={} greeted={:?} waited={:?} rang={:?} talked={:?} \
             offers={} moves={}{}",
            record.opened.id.0 & 0xffff,
            record.opened.caller,
            words::outcome(record.outcome),
            group(record.group),
            agent(record.agent),
            words::side(record.by),
            record.greeted,
            record.waited,
            record.rang,
            record.talked,
            record.offers,
            record.moves,
            if record.truncated { " truncated" } else { "" },
        );
        let moment = |moment: Option<UnixMs>| moment.map_or("-".to_owned(), at);
        let _ = writeln!(
            text,
            "  t0={} t1={} t2={} t3={} t4={} t5={} ended={} legs={}",
            at(record.opened.arrived),
            moment(record.answered_at),
            moment(record.queued_at),
            moment(record.offered_at),
            moment(record.connected_at),
            moment(record.disconnected_at),
            at(record.ended_at),
            record.legs.len(),
        );
        if let Some(survey) = record.survey.filter(|survey| *survey != Survey::NotOffered) {
            let last = agent(record.last_agent);
            let _ = writeln!(text, "  survey {} {:?} of {last}", survey.key(), survey.rating());
        }
        if !record.choices.is_empty() {
            let chose = record.choices.iter().map(|choice| format!("{}:{}", choice.step, choice.key));
            let chose = chose.collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "  chose {chose}, speaks {:?}", record.language);
        }
        for segment in &record.segments {
            let _ = writeln!(
                text,
                "  {:<8} {:<10} {:<6} {}..{} {}",
                segment.kind.key(),
                group(segment.group),
                agent(segment.agent),
                at(segment.from),
                at(segment.to),
                segment.end.key()
            );
        }
    }

    fn draw_counters(&mut self) -> String {
        let mut text = String::new();
        let keys = self.plan.groups.clone();
        let report = self.report();
        for (index, key) in keys.iter().enumerate() {
            let tally = report.group(GroupRef::at(index)).expect("a group of the plan");
            let _ = writeln!(text, "{}", format!("{key:<10} {}", counted(&tally.counters)).trim_end());
        }
        let _ = writeln!(text, "{:<10} {}", "centre", counted(&report.total().counters));
        text
    }

    fn draw_intervals(&mut self) -> String {
        let mut text = String::new();
        let start = EPOCH_MS;
        for interval in self.report().intervals().iter() {
            let minutes = (interval.quarter.unix_ms() - start) / 60_000;
            let _ = writeln!(text, "from {minutes:>3} min  {}", counted(&interval.total.counters));
        }
        text
    }

    fn draw_board(&mut self) -> String {
        let now = self.now;
        let board = self.report().board(now);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "board {} calls={} phones={} strays={} missed={}",
            at(UnixMs(board.unix_ms)),
            board.calls,
            board.phones_bound,
            board.strays,
            board.missed
        );
        for group in &board.groups {
            let _ = writeln!(text, "{:<10} {}", group.key, draw_line(&group.line));
            let _ = writeln!(text, "{:<10} agents: {}", "", draw_states(&group.agents));
        }
        let _ = writeln!(text, "{:<10} {}", "centre", draw_line(&board.total));
        let _ = writeln!(text, "{:<10} agents: {}", "", draw_states(&board.agents_by_state));
        let forecast = board.total.forecast;
        if forecast.count > 0 {
            let (error, expected, waited) = (forecast.error, forecast.expected, forecast.waited);
            let _ = writeln!(
                text,
                "  {} told {expected:?} in all, waited {waited:?}, wrong by {error:?}",
                forecast.count
            );
        }
        if board.alerts != report::board::Alerts::default() {
            let _ = writeln!(text, "  {:?}", board.alerts);
        }
        for levels in &board.total.levels {
            let _ = write!(text, "  T={:?}", levels.threshold);
            for formula in Formula::ALL {
                let ratio = levels.of(formula);
                let _ = write!(text, "  {} {ratio} ({}/{})", formula.key(), ratio.part, ratio.whole);
            }
            text.push('\n');
        }
        if board.total.counters.outgoing.made > 0 {
            let (talk, ring) = (board.total.talk_out, board.total.ring_out);
            let longest = board.total.longest_out;
            let _ = writeln!(text, "  calls out: talk {talk:?}, ring {ring:?}, longest {longest:?}");
        }
        for agent in board.agents.iter().filter(|agent| agent.times.outgoing > Duration::ZERO) {
            let _ = writeln!(
                text,
                "  {} made {}, in calls out {:?}",
                agent.key, agent.outgoing, agent.times.outgoing
            );
        }
        for agent in &board.agents {
            let _ = writeln!(
                text,
                "  {} @{} {} since {} answered={} occupancy={} utilization={}",
                agent.key,
                agent.site,
                words::state(&agent.state),
                agent.since,
                agent.answered,
                agent.times.occupancy(),
                agent.times.utilization()
            );
        }
        for trunk in &board.trunks {
            let _ = writeln!(text, "  trunk {} up={:?}", trunk.key, trunk.up);
        }
        text
    }
}

fn draw_line(line: &Line) -> String {
    let [half, nine, most] = line.wait_quantiles;
    format!(
        "waiting={} longest={:?} offered={} answered={} abandoned={} wait={:.3}s (line {:.3}s ring {:.3}s) \
         greeting={:.3}s talk={:.3}s wrap_up={:.3}s wait p50={half:?} p90={nine:?} p99={most:?} long={}",
        line.waiting,
        line.longest_wait,
        line.counters.offered,
        line.counters.answered,
        line.counters.abandoned(),
        line.wait.seconds(),
        line.wait_line.seconds(),
        line.wait_ring.seconds(),
        line.greeting.seconds(),
        line.talk.seconds(),
        line.wrap_up.seconds(),
        line.long_talks,
    )
}

fn draw_states(states: &AgentsByState) -> String {
    let mut text = format!(
        "signed_out={} ready={} offered={} talking={} wrap_up={}",
        states.signed_out, states.ready, states.offered, states.talking, states.wrap_up
    );
    for (reason, count) in states.reasons().filter(|(_, count)| *count > 0) {
        let _ = write!(text, " not_ready:{}={count}", words::reason(reason));
    }
    text
}

/// Counters that are not zero.
fn counted(counters: &Counters) -> String {
    let all = [
        ("arrived", counters.arrived),
        ("greeting", counters.greeting),
        ("abandoned_before_line", counters.abandoned_before_line),
        ("refused", counters.refused),
        ("service", counters.service),
        ("callbacks", counters.callbacks),
        ("lost_before_line", counters.lost_before_line),
        ("offered", counters.offered),
        ("overflowed_in", counters.overflowed_in),
        ("transferred_in", counters.transferred_in),
        ("answered", counters.answered),
        ("abandoned_in_line", counters.abandoned_in_line),
        ("abandoned_ringing", counters.abandoned_ringing),
        ("short", counters.short_abandoned),
        ("line_full", counters.turned_away.line_full),
        ("waited_too_long", counters.turned_away.waited_too_long),
        ("nobody_signed_in", counters.turned_away.nobody_signed_in),
        ("closed", counters.turned_away.closed),
        ("surge", counters.turned_away.surge),
        ("blocked", counters.turned_away.blocked),
        ("put_through", counters.put_through),
        ("rated", counters.surveys.ratings()),
        ("timeout", counters.surveys.timeout),
        ("invalid", counters.surveys.invalid),
        ("hung_up", counters.surveys.hung_up),
        ("not_asked", if counters.surveys.offered() > 0 { counters.surveys.not_offered } else { 0 }),
        ("disposed", counters.disposals.given()),
        ("online", counters.disposals.online.iter().sum()),
        ("undisposed", if counters.disposals.given() > 0 { counters.disposals.none } else { 0 }),
        ("overflowed_out", counters.overflowed_out),
        ("called_back", counters.called_back),
        ("joined", counters.joined),
        ("lost", counters.lost),
        ("waiting", counters.waiting),
        ("talks", counters.talks),
        ("long_talks", counters.long_talks),
        ("help_asked", counters.help_asked),
        ("help_given", counters.help_given),
        ("offers", counters.offers.made),
        ("rang_out", counters.offers.rang_out),
        ("declined", counters.offers.declined),
        ("caller_gone", counters.offers.caller_gone),
        ("kept", counters.callback.kept),
        ("missed", counters.callback.missed),
        ("open", counters.callback.open),
        ("dialed", counters.callback.dialed),
        ("put_off", counters.callback.put_off),
        ("reached", counters.callback.reached),
        ("called_again", counters.callback.called_again),
        ("merged", counters.callback.merged),
        ("given_up", counters.callback.given_up),
        ("cancelled", counters.callback.cancelled),
        ("talks_back", counters.callback.talks),
        ("outgoings", counters.outgoings),
        ("internal", counters.internal),
        ("made", counters.outgoing.made),
        ("reached_out", counters.outgoing.reached),
        ("unreached", counters.outgoing.unreached),
        ("open_out", counters.outgoing.open),
        ("talks_out", counters.outgoing.talks),
        ("picked", counters.picked),
    ];
    let mut text = String::new();
    for (key, count) in all.into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(text, "{key}={count} ");
    }
    for within in counters.within.iter().filter(|within| within.answered + within.abandoned > 0) {
        let _ = write!(text, "within={}+{} ", within.answered, within.abandoned);
    }
    text.trim_end().to_owned()
}

/// Wall time as script time.
fn at(moment: UnixMs) -> String {
    Timestamp::from_millis(moment.0 - EPOCH_MS).to_string()
}

fn number(text: &str, letter: char) -> Result<u64, String> {
    text.strip_prefix(letter).and_then(|digits| digits.parse().ok()).ok_or(format!("{letter}1, not {text}"))
}

/// `mm:ss.mmm` or `hh:mm:ss.mmm`.
fn timestamp(text: &str) -> Result<Timestamp, String> {
    let mut seconds = 0.0;
    for part in text.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().map_err(|_| format!("a time, not {text}"))?;
    }
    Ok(Timestamp::from_nanos((seconds * 1e6).round() as u64 * 1000))
}

fn span(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs_f64).map_err(|_| format!("seconds, not {text}"))
}

fn side(text: &str) -> Result<Side, String> {
    match text.trim_start_matches("by=") {
        "caller" => Ok(Side::Caller),
        "agent" => Ok(Side::Agent),
        "system" => Ok(Side::System),
        _ => Err(format!("caller, agent or system, not {text}")),
    }
}

fn turned(text: &str) -> Result<Turned, String> {
    let all = [Turned::LineFull, Turned::WaitedTooLong, Turned::NobodySignedIn, Turned::Closed];
    all.into_iter().find(|why| words::turned(*why) == text).ok_or(format!("no reason {text}"))
}

fn offer_end(text: &str) -> Result<OfferEnd, String> {
    let all = [
        OfferEnd::Accepted,
        OfferEnd::RangOut,
        OfferEnd::Declined,
        OfferEnd::CallerGone,
        OfferEnd::AgentGone,
        OfferEnd::TakenElsewhere,
    ];
    all.into_iter().find(|end| words::offer_end(*end) == text).ok_or(format!("no offer end {text}"))
}

fn callback_end(text: &str) -> Result<CallbackEnd, String> {
    let ends = report::callbacks::Callbacks::default().ends();
    let mut ends = ends.into_iter().map(|(end, _)| end);
    ends.find(|end| words::callback_end(*end) == text).ok_or(format!("no end {text}"))
}

fn outcome(text: &str) -> Result<Outcome, String> {
    let all = [
        Outcome::Answered,
        Outcome::AbandonedBeforeLine,
        Outcome::AbandonedInLine,
        Outcome::AbandonedRinging,
        Outcome::TurnedAway(Turned::LineFull),
        Outcome::TurnedAway(Turned::WaitedTooLong),
        Outcome::TurnedAway(Turned::NobodySignedIn),
        Outcome::Lost,
        Outcome::Refused,
        Outcome::Service,
        Outcome::TurnedAway(Turned::Closed),
        Outcome::CalledBack,
        Outcome::Joined,
        Outcome::Callback,
        Outcome::Outgoing,
        Outcome::Internal,
    ];
    all.into_iter().find(|of| words::outcome(*of) == text).ok_or(format!("no outcome {text}"))
}

fn state(text: &str) -> Result<AgentState, String> {
    if let Some(key) = text.strip_prefix("not_ready:") {
        let reason: Option<Reason> = words::REASONS.into_iter().find(|reason| words::reason(*reason) == key);
        return reason.map(AgentState::NotReady).ok_or(format!("no reason {key}"));
    }
    Ok(match text {
        "signed_out" => AgentState::SignedOut,
        "ready" => AgentState::Ready,
        "offered" => AgentState::Offered(OfferRef::from_bits(1)),
        "talking" => AgentState::Talking,
        "wrap_up" => AgentState::WrapUp { until: Timestamp::NEVER },
        _ => return Err(format!("no state {text}")),
    })
}
