//! The annual tables: telephone service (R2) and service team (part of R14), each figure with its change against a
//! frozen base.
//!
//! The base is what was published: whole numbers, and rates and seconds with two decimals. What this period says is
//! exact and rounded once.

use super::cell::Cell;
use super::change::{Change, Exact, Impossible, shown};
use super::figure::{Value, span_of};
use crate::service_level::{Formula, Ratio};
use std::time::Duration;

/// Published figures of the base period; `None` where nothing was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelephoneBase {
    /// Calls answered by a person.
    pub answered: Option<i64>,
    /// Rate of the answered (SL2), in hundredths of a per cent.
    pub rate_of_answered: Option<i64>,
    /// Rate of the offered (SL1), in hundredths of a per cent.
    pub rate_of_offered: Option<i64>,
    /// Mean wait, in hundredths of a second.
    pub wait_mean: Option<i64>,
    /// Mean talk, in hundredths of a second.
    pub talk_mean: Option<i64>,
    /// Share of long talks, in hundredths of a per cent.
    pub long_share: Option<i64>,
}

/// A line of an annual table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Key.
    pub key: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// The figure, as it is printed.
    pub value: String,
    /// Of the base, as it was printed; empty when there is none.
    pub base: String,
    /// Change.
    pub change: Change,
    /// How it is made, with its whole numbers.
    pub formula: String,
}

/// R2: the telephone table. `threshold` is the place of T in the cell's limits, `t` its name.
///
/// # Errors
/// A change that cannot be.
pub fn telephone(
    cell: &Cell,
    threshold: usize,
    t: &str,
    long: Duration,
    base: &TelephoneBase,
) -> Result<Vec<Line>, Impossible> {
    let counters = cell.counters();
    let (long_zh, long) = span_of(long);
    let served = counters.served(threshold);
    let mean = |sum: Duration, count| Value::Mean { sum_ms: sum.as_millis() as u64, count };
    let level = |formula: Formula| Value::Share(formula.of(&served));
    let lines = [
        (
            "answered",
            "人工接听话务量".to_owned(),
            "Answered by a person".to_owned(),
            Value::Count(counters.answered),
            base.answered,
            "ANS".to_owned(),
        ),
        (
            "rate_of_answered",
            format!("{t}人工接通率（接听基数）"),
            format!("{t} answer rate, of answered"),
            level(Formula::Sl2),
            base.rate_of_answered,
            format!("SL2 = {}", Formula::Sl2),
        ),
        (
            "rate_of_offered",
            format!("{t}人工接通率（请求基数）"),
            format!("{t} answer rate, of offered"),
            level(Formula::Sl1),
            base.rate_of_offered,
            format!("SL1 = {}", Formula::Sl1),
        ),
        (
            "wait_mean",
            "平均等待时长（秒）".to_owned(),
            "Mean wait (s)".to_owned(),
            mean(cell.tally.sums.waited, counters.answered),
            base.wait_mean,
            "sum of (t4 - t2) / ANS".to_owned(),
        ),
        (
            "talk_mean",
            "平均通话时长（秒）".to_owned(),
            "Mean talk (s)".to_owned(),
            mean(cell.tally.sums.talked, counters.talks),
            base.talk_mean,
            "sum of talk / ANS".to_owned(),
        ),
        (
            "long_share",
            format!("话务通话时长超{long_zh}占比"),
            format!("Share of talks over {long}"),
            Value::Share(Ratio { part: counters.long_talks, whole: counters.talks }),
            base.long_share,
            format!("talks > {long} / ANS"),
        ),
    ];
    lines
        .into_iter()
        .map(|(key, zh, en, value, base, formula)| {
            let change = changed(&format!("telephone.{key}"), value, base)?;
            let formula = match value.made_of() {
                made_of if made_of.is_empty() => formula,
                made_of => format!("{formula} = {made_of}"),
            };
            let base = base.map_or_else(String::new, |base| match value {
                Value::Count(_) => base.to_string(),
                Value::Share(_) => format!("{}%", shown(base)),
                _ => shown(base),
            });
            Ok(Line { key: key.to_owned(), zh, en, value: value.shown(), base, change, formula })
        })
        .collect()
}

/// Counts and means change in per cent, rates in points.
fn changed(cell: &str, value: Value, base: Option<i64>) -> Result<Change, Impossible> {
    let (Some(current), Some(base)) = (value.exact(), base) else { return Ok(Change::NotApplicable) };
    match value {
        Value::Count(_) => Change::percent(cell, current, Exact::whole(base)),
        Value::Share(_) => Ok(Change::points(current, Exact { part: base.into(), whole: 10_000 })),
        _ => Change::percent(cell, current, Exact::hundredths(base)),
    }
}

/// One item of the service team, as the organisation tells it: this period and the base, of the city's own platform
/// and of the whole city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamItem {
    /// Key.
    pub key: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// City's own (市本级).
    pub city: Option<i64>,
    /// Whole city (全市).
    pub all: Option<i64>,
    /// City's own, base.
    pub base_city: Option<i64>,
    /// Whole city, base.
    pub base_all: Option<i64>,
}

/// What the team table needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Items, in the order in which they are printed.
    pub items: Vec<TeamItem>,
    /// Key of the item that is the numerator of seats per 100,000 residents (the people on the phones).
    pub on_phones: String,
    /// Residents.
    pub population: Option<i64>,
    /// Residents, base.
    pub base_population: Option<i64>,
}

/// A line of the team table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamLine {
    /// Key.
    pub key: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// City's own, and its change; empty when it was not told.
    pub city: (String, Change),
    /// Whole city, and its change.
    pub all: (String, Change),
    /// How it is made.
    pub formula: String,
}

/// Part of R14: the service team, with seats per 100,000 residents.
///
/// # Errors
/// A change that cannot be.
pub fn team(team: &Team) -> Result<Vec<TeamLine>, Impossible> {
    let one = |cell: String, current: Option<i64>, base: Option<i64>| {
        let Some(current) = current else { return Ok((String::new(), Change::NotApplicable)) };
        if current < 0 {
            // No base makes a negative number right.
            let figures = format!("{current} against {}", base.unwrap_or(0));
            return Err(Impossible { cell, figures });
        }
        let change = match base {
            Some(base) => Change::percent(&cell, Exact::whole(current), Exact::whole(base))?,
            None => Change::NotApplicable,
        };
        Ok((current.to_string(), change))
    };
    let mut lines = Vec::new();
    for item in &team.items {
        lines.push(TeamLine {
            key: item.key.clone(),
            zh: item.zh.clone(),
            en: item.en.clone(),
            city: one(format!("team.{}.city", item.key), item.city, item.base_city)?,
            all: one(format!("team.{}.all", item.key), item.all, item.base_all)?,
            formula: String::new(),
        });
    }
    if let Some(item) = team.items.iter().find(|item| item.key == team.on_phones)
        && let (Some(seats), Some(population)) = (item.all, team.population.filter(|people| *people > 0))
    {
        let density = |seats: i64, population: i64| Exact {
            part: i128::from(seats) * 100_000,
            whole: i128::from(population),
        };
        let current = density(seats, population);
        let base = item.base_all.zip(team.base_population.filter(|people| *people > 0));
        let change = match base {
            Some((seats, people)) => Change::percent("team.seats_per_100k", current, density(seats, people))?,
            None => Change::NotApplicable,
        };
        lines.push(TeamLine {
            key: "seats_per_100k".to_owned(),
            zh: "每十万人座席数".to_owned(),
            en: "Seats per 100,000 residents".to_owned(),
            city: (String::new(), Change::NotApplicable),
            all: (shown(current.rounded()), change),
            formula: format!("{} / (residents / 100000) = {seats}/({population}/100000)", item.key),
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Within;

    /// One city's published year.
    fn year() -> Cell {
        let mut cell = Cell::default();
        let counters = &mut cell.tally.counters;
        counters.offered = 2_160_831;
        counters.answered = 2_085_192;
        counters.abandoned_in_line = 75_639;
        counters.talks = 2_085_192;
        counters.long_talks = 46_500;
        counters.within[0] = Within { answered: 2_025_347, abandoned: 60_000 };
        cell.tally.sums.waited = Duration::from_millis(19_621_657_000);
        cell.tally.sums.talked = Duration::from_millis(280_020_434_000);
        cell
    }

    const BASE: TelephoneBase = TelephoneBase {
        answered: Some(1_470_205),
        rate_of_answered: Some(9525),
        rate_of_offered: None,
        wait_mean: Some(1285),
        talk_mean: Some(15_437),
        long_share: Some(135),
    };

    #[test]
    fn the_printed_telephone_table_comes_out() {
        let lines = telephone(&year(), 0, "30s", Duration::from_secs(600), &BASE).expect("possible");
        let printed: Vec<_> =
            lines.iter().map(|line| (line.value.as_str(), line.change.to_string())).collect();
        let wanted = [
            ("2085192", "↑41.83%"),
            ("97.13%", "↑1.88 个百分点"),
            ("93.73%", "n/a"),
            ("9.41", "↓26.77%"),
            ("134.29", "↓13.01%"),
            ("2.23%", "↑0.88 个百分点"),
        ];
        assert_eq!(printed, wanted.map(|(value, change)| (value, change.to_owned())));
        assert_eq!(lines[2].formula, "SL1 = W / OFF = 2025347/2160831");
    }

    #[test]
    fn seats_are_the_people_on_the_phones() {
        let item = |key: &str, all, base_all| TeamItem {
            key: key.to_owned(),
            all: Some(all),
            base_all: Some(base_all),
            ..TeamItem::default()
        };
        let mut told = Team {
            items: vec![item("first_line", 245, 235), item("on_phones", 193, 193), item("talent", 24, 0)],
            on_phones: "on_phones".to_owned(),
            population: Some(4_977_500),
            base_population: None,
        };
        let lines = team(&told).expect("possible");
        let printed: Vec<_> = lines.iter().map(|line| format!("{} {}", line.all.0, line.all.1)).collect();
        assert_eq!(printed, ["245 ↑4.26%", "193 0.00%", "24 n/a", "3.88 n/a"]);
        told.items[0].all = Some(-12);
        assert_eq!(team(&told).expect_err("is refused").cell, "team.first_line.all");
    }
}
