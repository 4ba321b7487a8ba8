//! Fairness, measured from outside in random days of a centre in which every agent may take every caller.
//!
//! ```text
//!   joined   ── Y ─────────── X ──▶         X overtakes Y when X is offered while Y waits and rings nowhere
//!               ├── bound ──┤              and that only ever happens within the bound
//! ```
//!
//! - Nobody is overtaken by a caller who joined `head_start_max` or more after him; a grey-listed caller: nor by one
//!   who joined `head_start_max + grey_delay` or more after him.
//!   That bound is reached: no smaller one would hold.
//! - Everybody who stays on the phone is served in the end.
//! - A heavier group that is overloaded for ever starves nobody, and the light one keeps the part that it brings.
//! - An emergency gets the next agent who is free; a flood of them leaves nobody behind who came before it.
//! - Work-conserving: after no step does an agent wait beside a caller.
//! - Ties fall the same way on every run, and the way that is written.
//!
//! Every agent takes whom he is shown. One who refuses a caller takes others for the next seconds (`refusal.rs`); what
//! that does is for the scenarios.

use acd::plan::Order;
use acd::{
    Abilities, AgentPlan, AgentRef, AgentState, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input,
    Listing, OfferRef, Output, PartyRef, Plan, Priority, Selection, SiteRef, SkillLevel, Stage,
};
use base::{Handle, Random, Timestamp};
use std::time::Duration;

const GROUPS: u64 = 3;

/// Agents who can do everything; groups of different weight whose callers anybody may take.
fn one_pool(agents: u32, order: Order, selection: Selection) -> Plan {
    let group = |at: u64| GroupPlan {
        weight: (at * 9) as u8,
        wrap_up: Duration::from_secs(2),
        selection,
        timeline: vec![Stage::all(Duration::ZERO, GroupRef(0))],
        ring: Duration::from_secs(36_000),
        ..GroupPlan::named(format!("group{at}"))
    };
    let agent = |at: u32| AgentPlan {
        name: format!("{at}"),
        site: SiteRef(0),
        skills: vec![(GroupRef(0), SkillLevel(1 + (at % 3) as u8))],
        abilities: Abilities::NONE,
    };
    Plan {
        groups: (0..GROUPS).map(group).collect(),
        agents: (0..agents).map(agent).collect(),
        order,
        ..Plan::default()
    }
}

#[derive(Clone, Copy)]
struct Waiting {
    caller: CallerRef,
    since: Timestamp,
    grey: bool,
    /// Is in the line and rings nowhere.
    looks: bool,
}

/// A day as the outputs tell it.
struct Day {
    distributor: Distributor,
    order: Order,
    now: Timestamp,
    waiting: Vec<Waiting>,
    offers: Vec<OfferRef>,
    talking: Vec<AgentRef>,
    callers: u32,
    served: u64,
    overtaken: u64,
    /// The furthest that anybody was overtaken: how much later the other one had joined.
    furthest: Duration,
    said: Vec<Output>,
    told: Vec<Output>,
}

impl Day {
    fn open(plan: Plan) -> Self {
        let (order, agents) = (plan.order, plan.agents.len() as u32);
        let mut day = Self {
            distributor: Distributor::new(plan),
            order,
            now: Timestamp::START,
            waiting: Vec::new(),
            offers: Vec::new(),
            talking: Vec::new(),
            callers: 0,
            served: 0,
            overtaken: 0,
            furthest: Duration::ZERO,
            said: Vec::new(),
            told: Vec::new(),
        };
        for agent in (0..agents).map(AgentRef) {
            day.tell(Input::SignIn { agent });
            day.tell(Input::Ready { agent });
        }
        // Two parties are on the grey list for good.
        for party in [1, 2] {
            let listing = Some((Listing::Grey, Timestamp::NEVER));
            day.tell(Input::List { party: PartyRef::from_bits(party), listing });
        }
        day
    }

    fn enqueue(&mut self, group: GroupRef, priority: Priority, since: Timestamp, party: u64) -> CallerRef {
        self.callers += 1;
        let caller = CallerRef::from_parts(self.callers, 0);
        let grey = party <= 2;
        // What is due before he joins does not know him yet.
        self.waiting.push(Waiting { caller, since, grey, looks: false });
        let party = Some(PartyRef::from_bits(party));
        self.tell(Input::Enqueue(Enqueue {
            priority,
            since,
            party,
            ..Enqueue::new(caller, group, self.now)
        }));
        caller
    }

    fn tell(&mut self, input: Input) {
        let mut said = std::mem::take(&mut self.said);
        self.distributor.handle(self.now, input, &mut said);
        self.told.extend(&said);
        for output in said.drain(..) {
            match output {
                Output::Queued { caller, .. } => self.looks(caller, true),
                Output::Offer { offer, caller, .. } => {
                    self.offers.push(offer);
                    self.offered(caller);
                }
                Output::OfferEnded { offer, caller, .. } => {
                    self.offers.retain(|open| *open != offer);
                    self.looks(caller, true);
                }
                Output::Served { caller, agent, .. } => {
                    self.waiting.retain(|waiting| waiting.caller != caller);
                    self.talking.push(agent);
                    self.served += 1;
                }
                _ => {}
            }
        }
        self.said = said;
        self.nobody_waits_beside_an_agent();
    }

    fn looks(&mut self, caller: CallerRef, looks: bool) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.caller == caller) {
            waiting.looks = looks;
        }
    }

    /// The bound: who is offered joined no later after anybody who still waits than the order allows.
    fn offered(&mut self, caller: CallerRef) {
        let Some(at) = self.waiting.iter().position(|waiting| waiting.caller == caller) else { return };
        self.looks(caller, false);
        let first = self.waiting[at];
        for other in self.waiting.iter().filter(|other| other.looks && other.since < first.since) {
            let grey = if other.grey { self.order.grey_delay } else { Duration::ZERO };
            let bound = self.order.head_start_max + grey;
            let after = first.since.since(other.since);
            // On a tie whoever came to this line first is first, though the other's clock is older.
            let within = after < bound || (after == bound && caller < other.caller);
            assert!(within, "{caller} at {} overtakes {} by {after:?}", self.now, other.caller);
            self.overtaken += 1;
            if !other.grey {
                self.furthest = self.furthest.max(after);
            }
        }
    }

    fn waits(&self, caller: CallerRef) -> bool {
        self.waiting.iter().any(|waiting| waiting.caller == caller && waiting.looks)
    }

    fn nobody_waits_beside_an_agent(&self) {
        let ready = self.distributor.agents().any(|agent| agent.state == AgentState::Ready);
        let open = self.waiting.iter().any(|waiting| waiting.looks);
        assert!(!(ready && open), "at {} an agent waits beside a caller", self.now);
    }

    /// A caller has had enough.
    fn hang_up(&mut self, caller: CallerRef) {
        self.waiting.retain(|waiting| waiting.caller != caller);
        self.tell(Input::HangUp { caller });
    }

    /// Whoever rings is answered and whoever talks is done, as often as somebody waits.
    fn close(&mut self) {
        for _ in 0..=self.waiting.len() + 1 {
            for offer in std::mem::take(&mut self.offers) {
                self.tell(Input::Accept { offer });
            }
            for agent in std::mem::take(&mut self.talking) {
                self.tell(Input::Release { agent });
            }
            self.now += Duration::from_secs(3);
            self.tell(Input::Release { agent: AgentRef(u32::MAX) }); // nobody's: wrap-ups end
        }
    }

    /// Somebody joins, answers or is done; now and then somebody hangs up, or his case turns out to be another one.
    fn go_on(&mut self, random: &mut Random, joins: u64) {
        self.now += Duration::from_millis(100 * random.below(10));
        match random.below(10) {
            choice if choice < joins => {
                let priority = match random.below(6) {
                    0 => Priority(random.below(8) as u8),
                    1 => Priority::EMERGENCY,
                    _ => Priority(0),
                };
                let since = if random.below(8) == 0 { self.now - Duration::from_secs(30) } else { self.now };
                let (group, party) = (GroupRef(random.below(GROUPS) as u32), 1 + random.below(12));
                let caller = self.enqueue(group, priority, since, party);
                match random.below(10) {
                    0 if self.waits(caller) => {
                        self.tell(Input::Prioritize { caller, priority: Priority(random.below(8) as u8) });
                    }
                    1 if !self.waiting.is_empty() => {
                        let at = random.below(self.waiting.len().min(5) as u64) as usize;
                        self.hang_up(self.waiting[at].caller);
                    }
                    _ => {}
                }
            }
            choice if choice % 2 == 0 && !self.offers.is_empty() => {
                let offer = self.offers[random.below(self.offers.len() as u64) as usize];
                self.tell(Input::Accept { offer });
            }
            _ if !self.talking.is_empty() => {
                let at = random.below(self.talking.len() as u64) as usize;
                let agent = self.talking.swap_remove(at);
                self.tell(Input::Release { agent });
            }
            _ => {}
        }
    }
}

fn order(random: &mut Random) -> Order {
    Order {
        priority_worth: Duration::from_secs(random.below(20)),
        weight_worth: Duration::from_secs(random.below(4)),
        head_start_max: Duration::from_secs(random.below(90)),
        grey_delay: Duration::from_secs(random.below(60)),
    }
}

const SELECTIONS: [Selection; 5] = [
    Selection::LongestIdle,
    Selection::LeastOccupied,
    Selection::RoundRobin,
    Selection::FewestCalls,
    Selection::HighestLevel,
];

#[test]
fn nobody_is_overtaken_beyond_the_bound_and_no_agent_waits_beside_a_caller() {
    let (mut served, mut overtaken, mut at_the_bound) = (0, 0, 0);
    for seed in 0..60 {
        let mut random = Random::seeded(seed);
        let selection = SELECTIONS[random.below(5) as usize];
        let agents = 1 + random.below(6) as u32;
        let order = order(&mut random);
        let mut day = Day::open(one_pool(agents, order, selection));
        for step in 0..1_500 {
            // Waves: the line fills and empties again.
            day.go_on(&mut random, if step / 250 % 2 == 0 { 5 } else { 2 });
        }
        day.close();
        assert!(day.waiting.is_empty(), "seed {seed}: {} are left in the end", day.waiting.len());
        served += day.served;
        overtaken += day.overtaken;
        at_the_bound += u32::from(day.furthest * 10 > order.head_start_max * 9);
    }
    // Days in which nobody overtook anybody would prove nothing.
    assert!(served > 5_000 && overtaken > 5_000, "{served} served, {overtaken} times somebody overtook");
    assert!(at_the_bound >= 10, "only {at_the_bound} days came near the bound: it says too little");
}

#[test]
fn no_overloaded_group_of_more_weight_starves_another() {
    let order = Order::default();
    let mut plan = one_pool(4, order, Selection::LongestIdle);
    plan.groups[1].weight = u8::MAX; // so much that its callers have the longest head start there is
    plan.groups[1].line_max = 100_000;
    let mut day = Day::open(plan);
    let mut light = None;
    let mut later_heavy = 0;
    // One caller of the heavy group a second; four agents serve one every three seconds.
    for second in 0..4_000u64 {
        day.now = Timestamp::from_secs(second);
        day.enqueue(GroupRef(1), Priority(0), day.now, 9);
        if second == 1_000 {
            light = Some((day.enqueue(GroupRef(0), Priority(0), day.now, 10), day.now));
        }
        if second % 3 == 0 {
            let waits = |caller| day.waiting.iter().any(|waiting| waiting.caller == caller && waiting.looks);
            let (offer, talks) = (day.offers.first().copied(), day.talking.first().copied());
            if let Some(((caller, _), true)) = light.map(|light| (light, waits(light.0))) {
                later_heavy += u64::from(day.waiting.iter().any(|waiting| waiting.caller > caller));
            }
            if let Some(agent) = talks {
                day.talking.remove(0);
                day.tell(Input::Release { agent });
                day.tell(Input::Ready { agent });
            }
            if let Some(offer) = offer {
                day.tell(Input::Accept { offer });
            }
        }
    }
    let (caller, joined) = light.expect("he joined");
    let open: Vec<_> = day.waiting.iter().filter(|waiting| waiting.looks).collect();
    assert!(open.len() > 2_000, "the heavy group is overloaded all day: {}", open.len());
    // He is through although heavy callers keep coming; all who joined ten minutes after him came after him.
    assert!(later_heavy > 0, "others came after him while he waited");
    let left_behind = open.iter().all(|waiting| waiting.caller != caller);
    let reached = open.iter().map(|waiting| waiting.since).min().expect("somebody waits");
    assert_eq!(left_behind, reached >= joined + order.head_start_max, "served up to {reached}");
}

/// One agent after the other is freed and takes the next caller: `seconds` for each call.
fn next_call(day: &mut Day, seconds: u64) {
    if let Some(offer) = day.offers.first().copied() {
        day.tell(Input::Accept { offer });
    }
    day.now += Duration::from_secs(seconds);
    if !day.talking.is_empty() {
        let agent = day.talking.remove(0);
        day.tell(Input::Release { agent });
        day.tell(Input::Ready { agent });
    }
}

#[test]
fn a_light_group_keeps_the_part_that_it_brings() {
    let mut plan = one_pool(1, Order::default(), Selection::LongestIdle);
    plan.groups[1].weight = u8::MAX;
    plan.groups.iter_mut().for_each(|group| group.line_max = 100_000);
    let mut day = Day::open(plan);
    let mut light = Vec::new();
    // A call takes a minute; the heavy group brings four in that time, the light one brings one: a fifth of all.
    for _ in 0..600 {
        for _ in 0..4 {
            day.enqueue(GroupRef(1), Priority(9), day.now, 9);
        }
        light.push(day.enqueue(GroupRef(0), Priority(0), day.now, 10));
        next_call(&mut day, 60);
    }
    let waiting = light.iter().filter(|caller| day.waits(**caller)).count();
    let (served, all) = (light.len() - waiting, day.served as usize);
    assert!(served * 6 > all, "of {all} calls {served} were the light group's");
}

#[test]
fn an_emergency_gets_the_next_agent_and_a_flood_of_them_leaves_nobody_behind() {
    let mut plan = one_pool(1, Order::default(), Selection::LongestIdle);
    plan.groups.iter_mut().for_each(|group| group.line_max = 100_000);
    let mut day = Day::open(plan);
    // The line grows by a caller a minute, up to an hour's wait. What rings already is not interrupted.
    for _ in 0..60 {
        day.enqueue(GroupRef(0), Priority(0), day.now, 9);
        day.enqueue(GroupRef(1), Priority(9), day.now, 10);
        next_call(&mut day, 60);
    }
    let behind = day.waiting.iter().filter(|waiting| waiting.looks);
    let within_ten_minutes = behind.filter(|waiting| day.now.since(waiting.since) < Duration::from_secs(600));
    assert!(within_ten_minutes.count() >= 9, "some came lately");

    // Those who came ten minutes before an emergency are first; then it is, before all who came since.
    let before: Vec<_> = day.waiting.iter().map(|waiting| (waiting.caller, waiting.since)).collect();
    let (began, gas_leak) = (day.now, day.enqueue(GroupRef(2), Priority::EMERGENCY, day.now, 11));
    let mut flood = 0;
    while day.waits(gas_leak) {
        flood += 1;
        day.enqueue(GroupRef(2), Priority::EMERGENCY, day.now, 11);
        next_call(&mut day, 60);
    }
    let overtaken = before.iter().filter(|(caller, since)| {
        let late = began.since(*since) < Duration::from_secs(600);
        assert!(late || !day.waits(*caller), "{caller} came ten minutes before and waits still");
        late && day.waits(*caller)
    });
    assert!(overtaken.count() >= 9, "the emergency was before those who came lately");

    // All the world is an emergency now: whoever came before is served all the same.
    while before.iter().any(|(caller, _)| day.waits(*caller)) {
        flood += 1;
        assert!(flood < 400, "somebody from before the flood waits for ever");
        day.enqueue(GroupRef(2), Priority::EMERGENCY, day.now, 11);
        next_call(&mut day, 60);
    }
}

#[test]
fn ties_fall_the_same_way_on_every_run() {
    for selection in SELECTIONS {
        let run = || {
            let mut random = Random::seeded(5);
            let mut day = Day::open(one_pool(6, Order::default(), selection));
            (0..800).for_each(|_| day.go_on(&mut random, 3));
            day.told
        };
        assert_eq!(run(), run(), "{selection:?}");
    }
}

#[test]
fn agents_who_are_alike_are_chosen_by_level_and_then_by_the_plan() {
    for selection in SELECTIONS {
        let mut day = Day::open(one_pool(6, Order::default(), selection));
        for _ in 0..6 {
            day.enqueue(GroupRef(0), Priority(0), day.now, 5);
        }
        let chosen: Vec<u32> = day
            .told
            .iter()
            .filter_map(|said| if let Output::Offer { agent, .. } = said { Some(agent.0) } else { None })
            .collect();
        // Levels are 1, 2, 3, 1, 2, 3.
        assert_eq!(chosen, [2, 5, 1, 4, 0, 3], "{selection:?}");
    }
}
