//! A busy centre in steady state: 2,000 agents of 10 groups each out of 40, 10,000 callers waiting, four sites,
//! all selections, parallel rings, further requirements. No decision allocates.

#![allow(unsafe_code)] // counting allocations takes a global allocator, and that trait is unsafe

use acd::{
    Abilities, AgentPlan, AgentRef, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input, Output,
    PartyRef, Plan, Priority, Selection, SiteRef, Sites, SkillLevel, Stage,
};
use base::{Handle, Random, Timestamp};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged; counting touches nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: `memory` came from `alloc` above, so from the system's allocator.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const AGENTS: u32 = 2_000;
const GROUPS: u64 = 40;
const WAITING: u32 = 10_000;
const SITES: u32 = 4;
const SELECTIONS: [Selection; 5] = [
    Selection::LongestIdle,
    Selection::LeastOccupied,
    Selection::RoundRobin,
    Selection::FewestCalls,
    Selection::HighestLevel,
];

#[test]
fn no_decision_allocates_in_steady_state() {
    let mut random = Random::seeded(12_345);
    let mut centre = Centre::open(&mut random);
    // Long enough that the rarest pool (one site, one further requirement) has been as long as it gets.
    for _ in 0..200_000 {
        centre.go_on(&mut random);
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let served = centre.served;
    for _ in 0..20_000 {
        centre.go_on(&mut random);
    }
    let allocated = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert!(centre.served - served > 3_000, "only {} calls were served", centre.served - served);
    assert_eq!(allocated, 0, "20,000 decisions in steady state allocated");
    centre.distributor.check().expect("every invariant holds");
}

/// A centre in which whoever is served is replaced by the next caller, and nobody runs out of anything.
struct Centre {
    distributor: Distributor,
    out: Vec<Output>,
    offers: Vec<acd::OfferRef>,
    talking: Vec<AgentRef>,
    callers: u32,
    served: u64,
    /// Whose caller was served last: the next one joins that line, so that every line keeps its length.
    served_for: GroupRef,
    now: Timestamp,
}

impl Centre {
    fn open(random: &mut Random) -> Self {
        let group = |at: u64| GroupPlan {
            wrap_up: Duration::from_millis(500),
            selection: SELECTIONS[at as usize % 5],
            parallel: 1 + u8::from(at.is_multiple_of(4)),
            weight: (at % 3) as u8,
            timeline: vec![
                Stage {
                    sites: Sites::Own,
                    level_min: SkillLevel(4),
                    ..Stage::all(Duration::ZERO, GroupRef(at as u32))
                },
                Stage::all(Duration::from_secs(10), GroupRef(at as u32)),
                Stage::all(Duration::from_secs(20), GroupRef(((at + 1) % GROUPS) as u32)),
            ],
            line_max: WAITING as usize,
            wait_max: Some(Duration::from_secs(3_600)),
            needs_signed_in: true,
            ..GroupPlan::named(format!("group{at}"))
        };
        let mut skill = || (GroupRef(random.below(GROUPS) as u32), SkillLevel(1 + random.below(10) as u8));
        let mut agent = |at: u32| AgentPlan {
            name: format!("{at}"),
            site: SiteRef(at % SITES),
            skills: (0..10).map(|_| skill()).collect(),
            abilities: Abilities(u64::from(at % 8)),
        };
        let plan = Plan {
            groups: (0..GROUPS).map(group).collect(),
            agents: (0..AGENTS).map(&mut agent).collect(),
            ..Plan::default()
        };
        let mut centre = Self {
            distributor: Distributor::new(plan),
            out: Vec::with_capacity(1_000),
            offers: Vec::with_capacity(AGENTS as usize),
            talking: Vec::with_capacity(AGENTS as usize),
            callers: 0,
            served: 0,
            served_for: GroupRef(0),
            now: Timestamp::START,
        };
        for agent in (0..AGENTS).map(AgentRef) {
            centre.tell(Input::SignIn { agent });
            centre.tell(Input::Ready { agent });
        }
        (0..AGENTS + WAITING).for_each(|at| centre.enqueue(GroupRef(at % GROUPS as u32)));
        centre
    }

    fn go_on(&mut self, random: &mut Random) {
        self.now += Duration::from_millis(1);
        match (self.offers.is_empty(), self.talking.is_empty(), random.below(2)) {
            (false, _, 0) | (false, true, _) => {
                let offer = self.offers.swap_remove(random.below(self.offers.len() as u64) as usize);
                if random.below(20) == 0 {
                    self.tell(Input::Decline { offer, then: None });
                } else {
                    self.tell(Input::Accept { offer });
                    self.enqueue(self.served_for);
                }
            }
            (_, false, _) => {
                let agent = self.talking.swap_remove(random.below(self.talking.len() as u64) as usize);
                self.tell(Input::Release { agent });
            }
            (true, true, _) => self.distributor.tick(self.now, &mut self.out),
        }
    }

    fn enqueue(&mut self, group: GroupRef) {
        self.callers += 1;
        let caller = CallerRef::from_parts(self.callers, 0);
        let request = Enqueue {
            site: SiteRef(self.callers % SITES),
            requires: Abilities(u64::from(self.callers.is_multiple_of(16))),
            priority: Priority((self.callers % 7 / 6) as u8),
            party: Some(PartyRef::from_parts(self.callers % 30_000, 0)),
            ..Enqueue::new(caller, group, self.now)
        };
        self.tell(Input::Enqueue(request));
    }

    fn tell(&mut self, input: Input) {
        self.out.clear();
        self.distributor.handle(self.now, input, &mut self.out);
        for at in 0..self.out.len() {
            match self.out[at] {
                Output::Offer { offer, .. } => self.offers.push(offer),
                Output::OfferEnded { offer, .. } => self.offers.retain(|open| *open != offer),
                Output::Served { agent, group, .. } => {
                    self.talking.push(agent);
                    self.served_for = group;
                    self.served += 1;
                }
                _ => {}
            }
        }
    }
}
