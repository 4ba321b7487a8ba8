//! A made-up day: calls that go every way a call can go, as the events that the engine would tell.
//!
//! Not a simulation of agents: each call draws its own way from the seed, so that every way occurs and the
//! events of many calls interleave. What the counters must say is counted again from the records.

use acd::input::Reason;
use acd::{AgentRef, AgentState, GroupRef, OfferEnd, OfferRef, Turned};
use base::{Epoch, Private, Random, Timestamp};
use call::Resolver;
use call::event::{CallRef, Event, Outcome, Side, Stamped, Verdict};
use call::plan::{DispositionRef, FlowRef};
use report::Plan;
use sip::leg::{LegRef, Origin, TrunkRef};
use sip::message::Cause;
use std::time::Duration;

pub(crate) const GROUPS: [&str; 5] = ["general", "enterprise", "talent", "liaison110", "assistance"];
const TURNED: [Turned; 3] = [Turned::LineFull, Turned::WaitedTooLong, Turned::NobodySignedIn];

/// Which of its dispositions count as answered on line.
pub(crate) const ONLINE: [bool; 3] = [true, false, false];

/// The centre of the day.
pub(crate) fn plan(agents: usize) -> Plan {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    Plan {
        groups: names(&GROUPS),
        titles: names(&["民生", "一企来办", "尚贤", "110联动", "社会救助"]),
        agents: (0..agents).map(|number| format!("{}", 8001 + number)).collect(),
        agent_sites: (0..agents).map(|number| number % 4).collect(),
        agent_groups: (0..agents)
            .map(|number| vec![GroupRef::at(number % GROUPS.len()), GroupRef::at(0)])
            .collect(),
        sites: names(&["city", "shuyang", "siyang", "sihong"]),
        trunks: names(&["telecom"]),
        flows: names(&["hotline"]),
        dispositions: names(&["answered", "case", "nuisance"]),
        online: ONLINE.into(),
        epoch: Epoch::from_unix_nanos(1_706_835_600_000_000_000),
        run: 1,
        ..Plan::default()
    }
}

/// One day's events, in order.
pub(crate) fn events(seed: u64, calls: u64, agents: usize) -> Vec<Stamped> {
    let mut random = Random::seeded(seed);
    let mut timed = Vec::new();
    let mut at = Timestamp::from_secs(1);
    for number in 0..calls {
        at += Duration::from_micros(random.below(600_000));
        Way { random: &mut random, at, call: CallRef::from_bits(number), agents, timed: &mut timed }.go();
    }
    timed.sort_by_key(|(at, _)| *at);
    (1..).zip(timed).map(|(seq, (at, event))| Stamped { at, seq, event }).collect()
}

struct Way<'a> {
    random: &'a mut Random,
    at: Timestamp,
    call: CallRef,
    agents: usize,
    timed: &'a mut Vec<(Timestamp, Event)>,
}

impl Way<'_> {
    fn say(&mut self, event: Event) {
        self.timed.push((self.at, event));
    }

    fn pass(&mut self, at_most: Duration) {
        self.at += Duration::from_nanos(self.random.below(at_most.as_nanos() as u64 + 1));
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    fn group(&mut self) -> GroupRef {
        GroupRef::at(self.random.below(GROUPS.len() as u64) as usize)
    }

    fn end(&mut self, outcome: Outcome, group: Option<GroupRef>, by: Side) {
        let call = self.call;
        self.say(Event::Ended { call, outcome, group, cause: Cause(16), by });
        if self.percent(90) {
            self.pass(Duration::from_millis(300));
            self.leg(Side::Caller);
        }
    }

    fn leg(&mut self, side: Side) {
        let report = media::session::Report {
            packets_received: self.random.below(9000),
            packets_sent: self.random.below(9000),
            jitter: Duration::from_micros(self.random.below(9000)),
            ..media::session::Report::default()
        };
        self.say(Event::LegEnded { call: self.call, leg: LegRef(self.call.bits()), side, report });
    }

    fn go(mut self) {
        let call = self.call;
        let caller = Private::new(format!("+86138{:08}", self.random.below(100_000_000)));
        let call_id = format!("{:016x}@carrier", self.random.bits());
        let known = !self.percent(3);
        self.say(Event::Arrived {
            call,
            origin: Origin::Trunk(TrunkRef(0)),
            caller,
            called: "12345".into(),
            call_id,
            flow: known.then_some(FlowRef(0)),
        });
        if !known {
            let outcome = if self.percent(50) { Outcome::Refused } else { Outcome::Service };
            return self.end(outcome, None, Side::System);
        }
        self.say(Event::Answered { call });
        self.pass(Duration::from_secs(6));
        match self.random.below(100) {
            0..3 => return self.end(Outcome::AbandonedBeforeLine, None, Side::Caller),
            3 => return self.end(Outcome::Lost, None, Side::System),
            _ => {}
        }
        let since = self.at;
        let mut group = self.group();
        for _ in 0..4 {
            if !self.percent(12) {
                break;
            }
            let at_the_door = self.percent(50);
            if !at_the_door {
                self.say(Event::Queued { call, group, position: 3, expected: None });
                self.pass(Duration::from_secs(30));
            }
            let next = GroupRef::at((group.index() + 1) % GROUPS.len());
            let why = TURNED[self.random.below(3) as usize];
            self.say(Event::TurnedAway { call, group, why, to: Some(next) });
            group = next;
        }
        self.say(Event::Queued { call, group, position: 1, expected: Some(Duration::from_secs(20)) });
        self.pass(Duration::from_secs(20));
        self.wait(group, since);
    }

    /// He is called back, and perhaps reached by a call of ours.
    fn call_back(&mut self, group: GroupRef, missed: bool) {
        let from = self.call;
        let kept = |attempt, after| {
            let caller = Private::new("+8613851234567".into());
            Event::CallbackKept { from, caller, group, missed, after, attempt }
        };
        self.say(kept(0, self.at));
        self.end(Outcome::CalledBack, Some(group), Side::System);
        for attempt in 1..3 {
            self.pass(Duration::from_secs(1200));
            // Calls of ours are numbered from a million on.
            let call = CallRef::from_bits(1_000_000 + from.bits() * 4 + u64::from(attempt));
            let agent = AgentRef::at(self.random.below(self.agents as u64) as usize);
            self.call = call;
            let (caller, called) = (Private::new("+8613851234567".into()), "12345".into());
            let origin = Origin::Trunk(TrunkRef(0));
            self.say(Event::Arrived { call, origin, caller, called, call_id: String::new(), flow: None });
            self.say(Event::CallbackBegun { call, from, group });
            let offer = OfferRef::from_bits(call.bits() << 8);
            let because = acd::Because::FirstInOrder { among: 1, passed: 0 };
            self.say(Event::Offered { call, offer, agent, group, because });
            self.pass(Duration::from_secs(9));
            self.say(Event::OfferEnded { call, offer, agent, end: OfferEnd::Accepted, status: 200 });
            self.say(Event::CallbackDialed { call, from, group, attempt });
            self.pass(Duration::from_secs(30));
            if self.percent(60) {
                self.say(Event::Answered { call });
                self.say(Event::CallbackConnected {
                    call,
                    from,
                    agent,
                    group,
                    waited: Duration::from_secs(9),
                });
                self.say(Event::CallbackEnded { from, group, end: acd::CallbackEnd::Reached });
                self.pass(Duration::from_secs(200));
                self.say(Event::Disconnected { call, agent, by: Side::Agent });
                return self.end(Outcome::Callback, Some(group), Side::Agent);
            }
            let given_up = attempt == 2;
            if !given_up {
                self.say(kept(attempt, self.at));
            }
            self.end(Outcome::Callback, Some(group), Side::System);
            if given_up {
                self.say(Event::CallbackEnded { from, group, end: acd::CallbackEnd::GivenUp });
            }
        }
    }

    fn wait(&mut self, group: GroupRef, since: Timestamp) {
        let call = self.call;
        if self.percent(5) {
            return self.end(Outcome::AbandonedInLine, Some(group), Side::Caller);
        }
        if self.percent(3) {
            let why = TURNED[self.random.below(3) as usize];
            self.say(Event::TurnedAway { call, group, why, to: None });
            self.pass(Duration::from_secs(4));
            return self.end(Outcome::TurnedAway(why), Some(group), Side::System);
        }
        if self.percent(1) {
            return self.end(Outcome::Lost, Some(group), Side::System);
        }
        if self.percent(4) {
            return self.call_back(group, false);
        }
        if self.percent(2) {
            return self.end(Outcome::Joined, Some(group), Side::System);
        }
        if self.percent(5) {
            let to = GroupRef::at((group.index() + 1) % GROUPS.len());
            self.say(Event::Overflowed { call, from: group, to });
        }
        for round in 0.. {
            let agent = AgentRef::at(self.random.below(self.agents as u64) as usize);
            let offer = OfferRef::from_bits(call.bits() << 8 | round);
            self.say(Event::Offered {
                call,
                offer,
                agent,
                group,
                because: acd::Because::FirstInOrder { among: 1, passed: 0 },
            });
            self.say(Event::Agent { agent, state: AgentState::Offered(offer) });
            self.pass(Duration::from_secs(12));
            if self.percent(2) {
                self.say(Event::OfferEnded { call, offer, agent, end: OfferEnd::CallerGone, status: 487 });
                return self.end(Outcome::AbandonedRinging, Some(group), Side::Caller);
            }
            if self.percent(8) {
                self.say(Event::OfferEnded { call, offer, agent, end: OfferEnd::RangOut, status: 408 });
                self.say(Event::Agent { agent, state: AgentState::NotReady(Reason::RingNoAnswer) });
                continue;
            }
            self.say(Event::OfferEnded { call, offer, agent, end: OfferEnd::Accepted, status: 200 });
            let waited = self.at.since(since);
            self.say(Event::Connected { call, agent, group, waited });
            return self.talk(agent, group);
        }
    }

    /// Agents of a made-up day talk with several callers at once, so that some are nobody's last any more.
    fn dispose(&mut self, agent: AgentRef) {
        let disposition = DispositionRef(self.random.below(3) as u32);
        let by = if self.percent(80) { Resolver::Agent } else { Resolver::Specialist };
        self.say(Event::Disposed { call: self.call, agent, disposition, by, phone: false });
    }

    fn talk(&mut self, agent: AgentRef, group: GroupRef) {
        let call = self.call;
        self.say(Event::Agent { agent, state: AgentState::Talking });
        let longest = if self.percent(2) { 1500 } else { 250 };
        self.pass(Duration::from_secs(longest));
        let by = if self.percent(60) { Side::Caller } else { Side::Agent };
        self.say(Event::Disconnected { call, agent, by });
        self.say(Event::Agent { agent, state: AgentState::WrapUp { until: Timestamp::NEVER } });
        self.leg(Side::Agent);
        if self.percent(20) {
            self.dispose(agent);
        }
        if by == Side::Agent && self.percent(80) {
            self.pass(Duration::from_secs(12));
            let verdict = match self.random.below(20) {
                0..2 => Verdict::Timeout,
                2 => Verdict::Invalid,
                3..5 => Verdict::HungUp,
                _ => Verdict::Rated(1 + self.random.below(5) as u8),
            };
            self.say(Event::Surveyed { call, agent, verdict });
        }
        self.end(Outcome::Answered, Some(group), by);
        self.pass(Duration::from_secs(45));
        while self.percent(60) {
            self.dispose(agent);
        }
        self.say(Event::Agent { agent, state: AgentState::Ready });
    }
}
