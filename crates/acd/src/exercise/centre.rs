//! Small random centres, in which every setting of a plan matters often.

use crate::hours::{Hours, HoursRef, WallClock};
use crate::plan::{CallbackPlan, First, Grade, NoAnswer, Order, SurgePlan};
use crate::{Abilities, AgentPlan, GroupPlan, GroupRef, Plan, Selection, SiteRef, Sites, SkillLevel, Stage};
use base::{Epoch, Random};
use std::time::Duration;

/// 1 to 5 groups, 1 to 9 agents at three sites.
pub(super) fn plan(random: &mut Random) -> Plan {
    let groups = 1 + random.below(5);
    Plan {
        groups: (0..groups).map(|at| group(at, groups, random)).collect(),
        agents: (0..=random.below(9)).map(|at| agent(at, groups, random)).collect(),
        hours: hours(random),
        night: (random.below(2) == 0).then_some(HoursRef(0)),
        // A minute before midnight, so that the night begins or ends on most days.
        clock: WallClock { epoch: Epoch::from_unix_nanos(57_540_000_000_000), ..WallClock::default() },
        order: order(random),
        breaks_max: (random.below(2) == 0).then(|| random.below(3) as u32),
    }
}

/// The same centre with other settings, and perhaps one agent more.
pub(super) fn changed(old: &Plan, random: &mut Random) -> Plan {
    let mut plan = old.clone();
    let groups = plan.groups.len() as u64;
    let at = random.below(groups);
    plan.groups[at as usize] = group(at, groups, random);
    if random.below(3) == 0 && plan.agents.len() < 12 {
        let next = plan.agents.len() as u64;
        plan.agents.push(agent(next, groups, random));
    }
    if random.below(3) == 0 {
        plan.order = order(random);
        plan.hours = hours(random);
        plan.breaks_max = (random.below(2) == 0).then(|| random.below(3) as u32);
    }
    if random.below(2) == 0 {
        let at = random.below(plan.agents.len() as u64);
        plan.agents[at as usize] = agent(at, groups, random);
    }
    plan
}

fn order(random: &mut Random) -> Order {
    let mut seconds = |most: u64| Duration::from_secs(random.below(most));
    Order {
        priority_worth: seconds(8),
        weight_worth: seconds(4),
        head_start_max: seconds(20),
        grey_delay: seconds(15),
    }
}

fn hours(random: &mut Random) -> Vec<Hours> {
    let all_day = (0, 1_440);
    let from = 1_437 + random.below(4) as u16;
    let night = Hours { name: "night".into(), workdays: vec![(from, 1_445)], days_off: vec![(0, 3)] };
    let desk = Hours { name: "desk".into(), workdays: vec![(2, 1_439)], days_off: vec![all_day] };
    vec![night, desk]
}

fn group(at: u64, groups: u64, random: &mut Random) -> GroupPlan {
    let seconds = |most: u64, random: &mut Random| Duration::from_secs(random.below(most));
    let some = |one_in: u64, most: u64, random: &mut Random| {
        (random.below(one_in) == 0).then(|| Duration::from_secs(random.below(most)))
    };
    let stages = if random.below(4) == 0 { 0 } else { 1 + random.below(4) };
    let timeline = (0..stages).map(|stage| Stage {
        level_min: SkillLevel(if random.below(2) == 0 { 1 } else { 1 + random.below(8) as u8 }),
        sites: match random.below(4) {
            0 => Sites::Own,
            1 => Sites::Only(SiteRef(random.below(3) as u32)),
            _ => Sites::All,
        },
        waives: random.below(4) == 0,
        at_night: random.below(4) == 0,
        on_help: random.below(3) == 0,
        ..Stage::all(
            if stage == 0 { Duration::ZERO } else { Duration::from_secs(random.below(12)) },
            // The last of several points nowhere sometimes.
            if stage == 0 { GroupRef(at as u32) } else { GroupRef(random.below(groups + 1) as u32) },
        )
    });
    let selections = [
        Selection::LongestIdle,
        Selection::LeastOccupied,
        Selection::RoundRobin,
        Selection::FewestCalls,
        Selection::HighestLevel,
    ];
    GroupPlan {
        timeline: timeline.collect(),
        selection: selections[random.below(5) as usize],
        weight: random.below(4) as u8,
        ring: seconds(8, random),
        parallel: if random.below(3) == 0 { 1 + random.below(4) as u8 } else { 1 },
        auto_answer: random.below(4) == 0,
        no_answer: (0..random.below(4))
            .map(|_| Grade {
                then: match random.below(3) {
                    0 => NoAnswer::Skip,
                    1 => NoAnswer::CoolDown(Duration::from_secs(random.below(8))),
                    _ => NoAnswer::NotReady,
                },
                tell: random.below(2) == 0,
            })
            .collect(),
        wrap_up: seconds(5, random),
        wrap_up_max: seconds(12, random),
        line_max: 2 + random.below(12) as usize,
        wait_max: if random.below(3) > 0 { Some(seconds(25, random)) } else { None },
        needs_signed_in: random.below(2) == 0,
        hours: (random.below(4) == 0).then_some(HoursRef(1)),
        surge: SurgePlan {
            begins_at: (random.below(2) == 0).then(|| 1 + random.below(6) as usize),
            ends_at: random.below(4) as usize,
            admit_max: random.below(8) as usize,
        },
        callback: CallbackPlan {
            offer_after: some(2, 10, random),
            first: if random.below(2) == 0 { First::Agent } else { First::Caller },
            tries: random.below(4) as u8,
            retry_after: seconds(6, random),
            missed_after: some(2, 6, random),
        },
        sticky: some(3, 8, random),
        ..GroupPlan::named(format!("group{at}"))
    }
}

fn agent(at: u64, groups: u64, random: &mut Random) -> AgentPlan {
    let count = 1 + random.below(3);
    let skill = |random: &mut Random| {
        let group = GroupRef(random.below(groups + 1) as u32); // one too many
        (group, SkillLevel(1 + random.below(10) as u8))
    };
    let skills = (0..count).map(|_| skill(random)).collect();
    AgentPlan {
        name: format!("agent{at}"),
        site: SiteRef(random.below(3) as u32),
        skills,
        abilities: Abilities(random.below(4)),
    }
}
