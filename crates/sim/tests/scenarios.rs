//! A hotline's days, run: same seed same day, counters that keep their identity, agents who go home, the past again.

mod town;

use acd::{GroupRef, SiteRef};
use base::Timestamp;
use report::service_level::Formula;
use sim::compare::Measure;
use sim::past::{Came, Day, Fate};
use sim::plan::{Again, Pause, Surge};
use sim::variate::Spread;
use sim::{Comparison, Plan, Run};
use std::time::Duration;

/// A fortnight with all that a plan can say.
fn busy() -> Plan {
    let mut plan = town::steady(2_400, 14, Duration::from_secs(134), Duration::from_secs(90), 14);
    plan.load.day_cv = 0.09;
    plan.load.dispersion = 1.6;
    plan.load.greeting = Duration::from_secs(6);
    plan.load.greeting_lost = 0.02;
    plan.load.redial = Again { share: 0.35, after: Spread::Exponential { mean: Duration::from_secs(300) } };
    plan.load.repeat = Again { share: 0.05, after: Spread::Exponential { mean: Duration::from_secs(3_600) } };
    plan.load.events = vec![Surge {
        name: "storm".into(),
        from: plan.from.add_days(3),
        to: plan.from.add_days(4),
        factor: 1.6,
        staff: 1.0,
        groups: Vec::new(),
    }];
    let callers = &mut plan.callers[0];
    callers.talk = Spread::Lognormal { mean: Duration::from_secs(134), sigma: 0.9887 };
    callers.wrap_up = Spread::Exponential { mean: Duration::from_secs(30) };
    callers.workday = std::array::from_fn(|slot| if (16..36).contains(&slot) { 5.0 } else { 1.0 });
    callers.short_share = 0.1;
    callers.short_talk = Spread::Exponential { mean: Duration::from_secs(8) };
    plan.acd.groups[0].wrap_up = Duration::from_secs(180);
    plan.acd.groups[0].wrap_up_max = Duration::from_secs(180);
    plan.desk.answer = Spread::Lognormal { mean: Duration::from_secs(7), sigma: 0.3 };
    plan.desk.no_answer = 0.02;
    plan.desk.decline = 0.01;
    plan.desk.lost_ringing = 0.01;
    plan.shifts[0].from = 8 * 60;
    plan.shifts[0].to = 18 * 60;
    plan.shifts[0].breaks = vec![Pause {
        after: Duration::from_secs(4 * 3_600),
        length: Duration::from_secs(1_800),
        reason: acd::input::Reason::Meal,
        waves: 3,
    }];
    plan.shifts.push(sim::plan::Shift {
        name: "night".into(),
        from: 18 * 60,
        to: 32 * 60,
        breaks: Vec::new(),
    });
    plan.teams[0].workday = vec![9, 4];
    plan.teams[0].day_off = vec![8, 4];
    plan
}

#[test]
fn a_seed_gives_the_same_fortnight_again_and_another_seed_another_one() {
    let plan = busy();
    let run = |seed| {
        let outcome = Run::new(&plan, seed).finish(|_| ());
        outcome.report.check().expect("the counters keep their identity");
        outcome
    };
    let (first, again, other) = (run(1), run(1), run(2));
    assert_eq!((first.digest, first.events), (again.digest, again.events));
    assert_eq!(first.series, again.series);
    assert_ne!(first.digest, other.digest);
}

#[test]
fn every_caller_is_counted_once_in_the_report_the_sites_and_the_half_hours() {
    let plan = busy();
    let outcome = Run::new(&plan, 3).finish(|_| ());
    let total = outcome.report.total();
    let counters = &total.counters;
    assert_eq!((counters.waiting, counters.greeting), (0, 0), "all have left");
    assert_eq!(counters.offered, counters.accounted());
    assert!(counters.abandoned_ringing > 0 && counters.abandoned_before_line > 0, "{counters:?}");
    assert!(counters.offers.rang_out > 0 && counters.offers.declined > 0, "{:?}", counters.offers);
    assert!(outcome.redials > 0 && outcome.repeats > 0);
    let slots = outcome.series.of_group(GroupRef(0));
    assert_eq!(u64::from(slots.offered), counters.offered);
    assert_eq!(u64::from(slots.answered), counters.answered);
    assert_eq!(u64::from(slots.within), counters.served(2).answered_within);
    assert_eq!(u64::from(slots.abandoned), counters.abandoned());
    assert_eq!(u128::from(slots.waited_ms), total.sums.waited.as_millis());
    let sites: u64 = outcome.sites.iter().map(|site| site.counters.answered).sum();
    assert_eq!(sites, counters.answered);
    assert_eq!(outcome.sites[0].sums.talked, total.sums.talked);
    // The report's own count of agents' time, and that of the half hours.
    let board = outcome.report.board(Timestamp::NEVER);
    let counted: Duration = board.agents.iter().map(|agent| agent.times.talking).sum();
    assert!(counted <= outcome.time.busy && !counted.is_zero());
}

#[test]
fn agents_take_their_breaks_finish_their_writing_and_go_home() {
    let plan = busy();
    let outcome = Run::new(&plan, 4).finish(|_| ());
    // 14 days, 9 or 8 at a break of half an hour; a few are away because they did not answer.
    let away = outcome.time.away.as_secs_f64() / 3_600.0;
    assert!((55.0..120.0).contains(&away), "{away} hours away");
    // At four in the morning only the night's seats are taken.
    let night = outcome.series.total(3 * 48 + 8);
    let seats = (night.busy_ms + night.ready_ms + night.away_ms) as f64 / 1.8e6;
    assert!((seats - 4.0).abs() < 0.01, "{seats} seats");
    assert!(outcome.agents_max >= 9);
}

#[test]
fn a_storm_brings_more_calls_on_its_days_and_the_plan_keeps_its_total() {
    let mut plan = busy();
    plan.load.day_cv = 0.0;
    (plan.load.redial, plan.load.repeat) = (Again::NEVER, Again::NEVER);
    let outcome = Run::new(&plan, 5).finish(|_| ());
    let day = |day: usize| (0..48).map(|slot| outcome.series.total(day * 48 + slot).offered).sum::<u32>();
    let storm = f64::from(day(3)) / f64::from(day(2));
    assert!((1.4..1.8).contains(&storm), "{storm}");
    let all: u32 = (0..14).map(day).sum();
    // Two of a hundred hang up during the greeting.
    assert!((f64::from(all) / (2_400.0 * 14.0 * 0.98) - 1.0).abs() < 0.02, "{all}");
}

#[test]
fn some_days_of_a_plan_are_those_of_the_whole() {
    let plan = busy();
    let part = Run::of_days(&plan, 6, 3, 2).finish(|_| ());
    let first = part.series.total(3 * 48 + 20).offered;
    assert!(first > 0, "the storm's days were asked for");
    assert_eq!(part.series.total(20).offered, 0, "and no others");
}

/// 400 callers, one every 20 s; every tenth gave up after 25 s, the others waited 5 s and talked two minutes.
fn past() -> Day {
    let came = |number: u64| Came {
        at: Timestamp::from_secs(9 * 3_600 + number * 20),
        group: GroupRef(0),
        site: SiteRef(0),
        priority: acd::Priority(0),
        requires: acd::Abilities::NONE,
        fate: if number % 10 == 9 {
            Fate::GaveUp { waited: Duration::from_secs(25) }
        } else {
            Fate::Answered { waited: Duration::from_secs(5), talked: Duration::from_secs(120) }
        },
    };
    Day { callers: (0..400).map(came).collect(), ..Day::default() }
}

#[test]
fn a_past_day_keeps_its_callers_and_their_talk_under_any_plan() {
    let day = past();
    let plan = town::steady(0, 1, Duration::from_secs(120), Duration::from_secs(300), 30);
    let outcome = Run::again(&plan, &day, 1).finish(|_| ());
    let total = outcome.report.total();
    assert_eq!((total.counters.offered, total.counters.answered), (400, 400), "thirty agents lose nobody");
    // 360 talks of 120 s are known, 40 are invented.
    let talked = total.sums.talked.as_secs();
    assert!((360 * 120..360 * 120 + 40 * 600).contains(&talked), "{talked}");
}

#[test]
fn what_if_one_more_agent_is_told_with_how_sure_it_is() {
    let day = past();
    let few = town::steady(0, 1, Duration::from_secs(120), Duration::from_secs(60), 6);
    let more = town::steady(0, 1, Duration::from_secs(120), Duration::from_secs(60), 8);
    let runs: Vec<_> = (0..5)
        .map(|seed| {
            (Run::again(&few, &day, seed).finish(|_| ()), Run::again(&more, &day, seed).finish(|_| ()))
        })
        .collect();
    let names = vec!["general".to_owned()];
    let comparison = Comparison::of(&runs, (&names, &names), (2, 2));
    let total = comparison.sides.last().expect("the centre");
    let of = |measure: Measure| {
        let place = Measure::ALL.iter().position(|known| *known == measure).expect("known");
        total.pairs[place]
    };
    assert_eq!(of(Measure::Offered).difference, Some(0.0), "the same callers");
    assert!(of(Measure::Sl1).difference > Some(0.0) && of(Measure::Sl1).is_sure(), "{:?}", of(Measure::Sl1));
    assert!(of(Measure::Abandoned).difference < Some(0.0) && of(Measure::Abandoned).is_sure());
    assert!(of(Measure::Occupancy).difference < Some(0.0));
    assert_eq!(comparison.intervals.len(), 48);
    assert!(comparison.intervals[18].pairs[0].difference > Some(0.0), "at nine in the morning");
    assert_eq!(comparison.intervals[2].pairs[0].base, None, "at one nobody called");
}

#[test]
fn a_day_gathered_from_its_own_events_is_the_day_that_was() {
    // The events of a run, gathered and run again without a change, come to nearly the same figures.
    let plan = busy();
    let mut gather = sim::past::Gather::default();
    let first = Run::of_days(&plan, 8, 2, 1).watched(|stamped| gather.take(stamped)).finish(|_| ());
    let day = gather.finish(Timestamp::from_secs(14 * 86_400));
    assert_eq!(day.callers.len() as u64, first.report.total().counters.offered);
    assert!(!day.deeds.is_empty() && !day.answers.is_empty() && !day.wrap_ups.is_empty());
    let gave_up = day.callers.iter().filter(|came| matches!(came.fate, Fate::GaveUp { .. })).count() as u64;
    assert_eq!(gave_up, first.report.total().counters.abandoned());
    let mut again = plan.clone();
    again.callers[0].patience = day.patience(GroupRef(0)).expect("some gave up");
    again.callers[0].wrap_up = day.wrap_up().expect("agents wrote");
    again.desk.answer = day.answer().expect("agents picked up");
    let second = Run::again(&again, &day, 9).finish(|_| ());
    let level = |outcome: &sim::Outcome| {
        Formula::Sl1.of(&outcome.report.total().counters.served(2)).share().expect("somebody called")
    };
    let (was, is) = (level(&first), level(&second));
    assert!((was - is).abs() < 0.04, "SL1 was {was:.4}, again {is:.4}");
}
