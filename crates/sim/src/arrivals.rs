//! Arrivals: who calls when, a day at a time (doubly stochastic).
//!
//! ```text
//!   calls of the span ─▶ days (kind, weekday, growth, events × a lognormal factor)
//!                          └─▶ half hours (profile × a gamma factor) ─▶ Poisson ─▶ moments, sites
//! ```
//!
//! A day is busier or quieter as a whole, and half an hour is again: both are known of real lines, and a plain
//! Poisson stream would make every staffing look better than it is. The factors of all days are drawn first and
//! scaled to the calls of the plan, so a seed moves calls between days and does not make a bigger year.

use crate::plan::{Plan, SLOTS};
use crate::variate::{gamma_factor, lognormal_factor, open_unit, poisson};
use acd::{GroupRef, SiteRef};
use base::calendar::DayKind;
use base::{Date, Random, Timestamp};
use std::time::Duration;

/// Half an hour.
pub const SLOT: Duration = Duration::from_secs(1_800);

/// A first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fresh {
    /// When the phone is answered by the greeting.
    pub at: Timestamp,
    /// For which group.
    pub group: GroupRef,
    /// Where it comes in.
    pub site: SiteRef,
}

/// The calls expected of each day and group, factors of the days included.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    /// Expected calls by day, then group.
    days: Vec<Vec<f64>>,
    /// Share of a group's calls by half hour: workday, day off.
    profiles: Vec<[[f64; SLOTS]; 2]>,
    sites: Vec<f64>,
    random: Random,
}

impl Arrivals {
    /// Draws the factors of all days.
    pub(crate) fn new(plan: &Plan, seed: u64) -> Self {
        let mut random = Random::seeded(seed ^ 0x41_72_72_69_76_61_6C);
        let shares: f64 = plan.callers.iter().map(|callers| callers.share).sum();
        let mut days = Vec::new();
        let factors = day_factors(plan, &mut random);
        for (day, factor) in plan.from.through(plan.to).zip(factors) {
            let usual = usual(plan, day) * factor;
            let of_group = |(index, callers): (usize, &crate::plan::Callers)| {
                let group = GroupRef::at(index);
                let concerns =
                    |event: &&crate::plan::Surge| event.groups.is_empty() || event.groups.contains(&group);
                let surge: f64 = plan.surges(day).filter(concerns).map(|event| event.factor).product();
                usual * surge * callers.share / shares.max(1e-12)
            };
            days.push(plan.callers.iter().enumerate().map(of_group).collect::<Vec<f64>>());
        }
        let sum: f64 = days.iter().flatten().sum();
        let scale = if sum > 0.0 { plan.load.calls / sum } else { 0.0 };
        days.iter_mut().flatten().for_each(|calls| *calls *= scale);
        let normalized = |profile: &[f64; SLOTS]| {
            let sum: f64 = profile.iter().sum();
            profile.map(|part| if sum > 0.0 { part / sum } else { 1.0 / SLOTS as f64 })
        };
        let profiles =
            plan.callers.iter().map(|callers| [normalized(&callers.workday), normalized(&callers.day_off)]);
        let site_sum: f64 = plan.sites.iter().map(|site| site.share).sum();
        Self {
            days,
            profiles: profiles.collect(),
            sites: plan.sites.iter().map(|site| site.share / site_sum.max(1e-12)).collect(),
            random,
        }
    }

    /// The first attempts of the plan's `number`th day, in order of time.
    pub(crate) fn of_day(&mut self, plan: &Plan, number: u32, into: &mut Vec<Fresh>) {
        into.clear();
        let Self { days, profiles, sites, random } = self;
        let Some(expected) = days.get(number as usize) else { return };
        let worked = plan.calendar.is_workday(plan.from.add_days(number as i32));
        let midnight = Timestamp::START + Duration::from_secs(86_400) * number;
        for (index, (calls, profile)) in expected.iter().zip(profiles.iter()).enumerate() {
            for (slot, part) in profile[usize::from(!worked)].iter().enumerate() {
                let mean = calls * part;
                if mean <= 0.0 {
                    continue;
                }
                let factor = gamma_factor((plan.load.dispersion - 1.0) / mean, random);
                let begins = midnight + SLOT * slot as u32;
                for _ in 0..poisson(mean * factor, random) {
                    let at = begins + Duration::from_nanos(random.below(SLOT.as_nanos() as u64));
                    into.push(Fresh { at, group: GroupRef::at(index), site: pick(sites, random) });
                }
            }
        }
        into.sort_unstable();
    }
}

/// The factor of each day. Days of one kind (the Mondays, the holidays, the days of events …) share the scatter out
/// evenly, in random order: a seed says which Mondays are busy, not how many. What a year's wait comes to depends on
/// its few worst days, and would else differ between seeds by more than it does between ways to run the centre.
fn day_factors(plan: &Plan, random: &mut Random) -> Vec<f64> {
    let kind = |day: Date| {
        let event = plan.surges(day).next().is_some();
        if event { (2, 0) } else { (u8::from(!plan.calendar.is_workday(day)), day.weekday().index()) }
    };
    let mut days: Vec<_> = plan.from.through(plan.to).map(kind).enumerate().collect();
    days.sort_by_key(|(number, kind)| (*kind, *number));
    let mut factors = vec![1.0; days.len()];
    for same in days.chunk_by(|one, other| one.1 == other.1) {
        let mut order: Vec<usize> = (0..same.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last as u64 + 1) as usize);
        }
        for ((number, _), stratum) in same.iter().zip(order) {
            let unit = (stratum as f64 + open_unit(random)) / same.len() as f64;
            factors[*number] = lognormal_factor(plan.load.day_cv, unit);
        }
    }
    factors
}

/// A day's calls beside those of others, before events and chance.
fn usual(plan: &Plan, day: Date) -> f64 {
    let load = &plan.load;
    let kind = match plan.calendar.kind(day) {
        DayKind::Workday => 1.0,
        // A Sunday that is worked is like a weekday, not like a Sunday.
        DayKind::MakeUp => return load.weekdays[2] * growth(plan, day),
        DayKind::Weekend => load.day_off,
        DayKind::Holiday => return load.holiday * growth(plan, day),
    };
    let back = (1..=3).all(|days| !plan.calendar.is_workday(day.add_days(-days)));
    let after = if kind >= 1.0 && back { load.after_holiday } else { 1.0 };
    load.weekdays[day.weekday().index()] * kind * after * growth(plan, day)
}

fn growth(plan: &Plan, day: Date) -> f64 {
    let months = f64::from(day.days() - plan.from.days()) / 30.4375;
    (1.0 + plan.load.growth).powf(months)
}

fn pick(shares: &[f64], random: &mut Random) -> SiteRef {
    let mut unit = open_unit(random);
    for (index, share) in shares.iter().enumerate() {
        unit -= share;
        if unit <= 0.0 {
            return SiteRef::at(index);
        }
    }
    SiteRef::at(shares.len().saturating_sub(1))
}
