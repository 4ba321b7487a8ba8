//! What one decision of the distributor costs, in a busy centre and in one twice as large.
//!
//! ```text
//!   cargo run --release -p sujie-benches --bin decisions [-- --json]
//! ```
//!
//! 2,000 agents of 10 groups each out of 40, 10,000 callers waiting; then 4,000 and 20,000. Whoever is served is replaced
//! by the next caller, so every line keeps its length. Each call of `handle` is timed by itself; the floor is
//! what timing nothing costs on the same machine in the same run, and is inside every figure. The two sizes take
//! turns, so that a slow spell of the machine falls on both. Allocations are counted.

#![allow(unsafe_code)] // counting allocations takes a global allocator, and that trait is unsafe

use acd::{
    Abilities, AgentPlan, AgentRef, CallerRef, Distributor, Enqueue, GroupPlan, GroupRef, Input, OfferRef,
    Output, Plan, SiteRef, SkillLevel, Stage,
};
use base::{Handle, Random, Timestamp};
use hdrhistogram::Histogram;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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

const GROUPS: u32 = 40;
const ROUNDS: usize = 12;
const DECISIONS: usize = 50_000;
const KINDS: [&str; 5] = ["enqueue", "ready", "accept", "release", "all four"];
const ALL: usize = 4;

fn main() {
    let json = std::env::args().any(|word| word == "--json");
    let mut floor = histogram();
    for _ in 0..500_000 {
        let began = Instant::now();
        record(&mut floor, began.elapsed());
    }
    let mut centres = [1, 2].map(Centre::open);
    for centre in &mut centres {
        (0..16 * DECISIONS).for_each(|_| centre.go_on());
        centre.times = KINDS.map(|_| histogram());
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..ROUNDS {
        for centre in &mut centres {
            (0..DECISIONS).for_each(|_| centre.go_on());
        }
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    if json {
        println!("{}", as_json(&centres, &floor, allocations));
    } else {
        show(&centres, &floor, allocations);
    }
}

fn show(centres: &[Centre; 2], floor: &Histogram<u64>, allocations: u64) {
    println!(
        "timing nothing: p50 {} ns, p99 {} ns; inside every figure",
        floor.value_at_quantile(0.5),
        floor.value_at_quantile(0.99)
    );
    println!(
        "{:<10} {:>8} {:>8}  {:>8} {:>8} {:>8} {:>9}  {:>9}",
        "decision", "agents", "waiting", "p50 ns", "p99 ns", "p99.9 ns", "count", "growth"
    );
    for (kind, name) in KINDS.iter().enumerate() {
        let medians = centres.each_ref().map(|centre| centre.times[kind].value_at_quantile(0.5));
        for (at, centre) in centres.iter().enumerate() {
            let times = &centre.times[kind];
            let growth = if at == 0 {
                String::new()
            } else {
                format!("{:+.0} %", (medians[1] as f64 / medians[0] as f64 - 1.0) * 100.0)
            };
            println!(
                "{name:<10} {:>8} {:>8}  {:>8} {:>8} {:>8} {:>9}  {growth:>9}",
                centre.agents,
                centre.waiting,
                times.value_at_quantile(0.5),
                times.value_at_quantile(0.99),
                times.value_at_quantile(0.999),
                times.len(),
            );
        }
    }
    println!("allocations in {} decisions: {allocations}", 2 * ROUNDS * DECISIONS);
}

fn as_json(centres: &[Centre; 2], floor: &Histogram<u64>, allocations: u64) -> serde_json::Value {
    let quantiles = |times: &Histogram<u64>| {
        let at = |quantile| times.value_at_quantile(quantile);
        serde_json::json!({ "p50_ns": at(0.5), "p99_ns": at(0.99), "p99_9_ns": at(0.999), "count": times.len() })
    };
    let sizes = centres.each_ref().map(|centre| {
        let kinds: serde_json::Map<_, _> = KINDS
            .iter()
            .zip(&centre.times)
            .map(|(name, times)| ((*name).to_owned(), quantiles(times)))
            .collect();
        serde_json::json!({ "agents": centre.agents, "waiting": centre.waiting, "decisions": kinds })
    });
    serde_json::json!({ "floor": quantiles(floor), "sizes": sizes, "allocations": allocations })
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 1_000_000_000, 3).expect("bounds that fit")
}

fn record(times: &mut Histogram<u64>, span: Duration) {
    times.saturating_record(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX).max(1));
}

/// A centre in which whoever is served is replaced by the next caller.
struct Centre {
    agents: u32,
    waiting: u32,
    distributor: Distributor,
    random: Random,
    out: Vec<Output>,
    offers: Vec<OfferRef>,
    talking: Vec<AgentRef>,
    wrapping_up: Vec<AgentRef>,
    callers: u32,
    served_for: GroupRef,
    now: Timestamp,
    times: [Histogram<u64>; KINDS.len()],
}

impl Centre {
    fn open(scale: u32) -> Self {
        let (agents, waiting) = (2_000 * scale, 10_000 * scale);
        let mut random = Random::seeded(12_345);
        let group = |at: u32| GroupPlan {
            wrap_up: Duration::from_secs(3_600), // ended by hand, so that "ready" is a decision of its own
            timeline: vec![
                Stage::all(Duration::ZERO, GroupRef(at)),
                Stage::all(Duration::from_secs(20), GroupRef((at + 1) % GROUPS)),
            ],
            line_max: waiting as usize,
            ring: Duration::from_secs(3_600),
            needs_signed_in: true,
            ..GroupPlan::named(format!("group{at}"))
        };
        let mut agent = |at| AgentPlan {
            name: format!("{at}"),
            site: SiteRef(0),
            skills: (0..10)
                .map(|_| {
                    (GroupRef(random.below(GROUPS.into()) as u32), SkillLevel(1 + random.below(10) as u8))
                })
                .collect(),
            abilities: Abilities::NONE,
        };
        let plan = Plan {
            groups: (0..GROUPS).map(group).collect(),
            agents: (0..agents).map(&mut agent).collect(),
            ..Plan::default()
        };
        let mut centre = Self {
            agents,
            waiting,
            distributor: Distributor::new(plan),
            random,
            out: Vec::with_capacity(1_000),
            offers: Vec::with_capacity(agents as usize),
            talking: Vec::with_capacity(agents as usize),
            wrapping_up: Vec::with_capacity(agents as usize),
            callers: 0,
            served_for: GroupRef(0),
            now: Timestamp::START,
            times: KINDS.map(|_| histogram()),
        };
        for agent in (0..agents).map(AgentRef) {
            centre.tell(1, Input::SignIn { agent });
            centre.tell(1, Input::Ready { agent });
        }
        for at in 0..agents + waiting {
            centre.now += Duration::from_millis(1);
            centre.enqueue(GroupRef(at % GROUPS));
        }
        centre
    }

    /// One decision, of whichever kind there is somebody for.
    fn go_on(&mut self) {
        self.now += Duration::from_millis(1);
        match self.random.below(3) {
            0 if !self.offers.is_empty() => {
                let offer = self.offers.swap_remove(self.random.below(self.offers.len() as u64) as usize);
                self.tell(2, Input::Accept { offer });
                self.enqueue(self.served_for);
            }
            1 if !self.talking.is_empty() => {
                let agent = self.talking.swap_remove(self.random.below(self.talking.len() as u64) as usize);
                self.tell(3, Input::Release { agent });
                self.wrapping_up.push(agent);
            }
            _ if !self.wrapping_up.is_empty() => {
                let at = self.random.below(self.wrapping_up.len() as u64) as usize;
                let agent = self.wrapping_up.swap_remove(at);
                self.tell(1, Input::Ready { agent });
            }
            _ => {}
        }
    }

    fn enqueue(&mut self, group: GroupRef) {
        self.callers += 1;
        let caller = CallerRef::from_parts(self.callers, 0);
        self.tell(0, Input::Enqueue(Enqueue::new(caller, group, self.now)));
    }

    fn tell(&mut self, kind: usize, input: Input) {
        self.out.clear();
        // What has fallen due is somebody else's decision: stages that open.
        self.distributor.tick(self.now, &mut self.out);
        let began = Instant::now();
        self.distributor.handle(self.now, input, &mut self.out);
        let took = began.elapsed();
        record(&mut self.times[kind], took);
        record(&mut self.times[ALL], took);
        for said in &self.out {
            match *said {
                Output::Offer { offer, .. } => self.offers.push(offer),
                Output::Served { agent, group, .. } => {
                    self.talking.push(agent);
                    self.served_for = group;
                }
                _ => {}
            }
        }
    }
}
