//! Time and order: the calendar, opening hours, and how much of a head start anybody may have.

use super::Keys;
use crate::config::mistake::Findings;
use crate::config::raw::{self, File, Hours as Written};
use crate::config::value::{DaySpan, Statutory, show_day_span, show_span};
use acd::plan::Order;
use acd::{Hours, HoursRef, WallClock};
use base::Epoch;
use base::calendar::{Calendar, Date};
use toml::Spanned;

/// Further hours would be a slip of a program that writes the file.
const HOURS_MAX: usize = 200;

/// The clock; its epoch is attached at the start.
pub(super) fn clock(raw: &File, findings: &Findings) -> WallClock {
    let written = &raw.calendar;
    let usual = match written.statutory.get_ref() {
        Statutory::China => Calendar::china(),
        Statutory::None => Calendar::plain(),
    };
    twice(&written.holidays, findings);
    twice(&written.workdays, findings);
    for day in &written.workdays {
        if written.holidays.iter().any(|other| other.get_ref() == day.get_ref()) {
            findings.wrong(
                day.span(),
                format!("{} is both a holiday and a workday", day.get_ref()),
                "write it in one of the lists",
            );
        }
    }
    let days = |list: &[Spanned<Date>]| list.iter().map(|day| *day.get_ref()).collect::<Vec<_>>();
    WallClock {
        epoch: Epoch::default(),
        offset: *written.time_zone.get_ref(),
        calendar: usual.with_holidays(days(&written.holidays)).with_workdays(days(&written.workdays)),
    }
}

fn twice(list: &[Spanned<Date>], findings: &Findings) {
    for (at, day) in list.iter().enumerate() {
        if list[..at].iter().any(|earlier| earlier.get_ref() == day.get_ref()) {
            findings.wrong(day.span(), format!("{} is written twice", day.get_ref()), "write each day once");
        }
    }
}

pub(super) fn night(raw: &File, keys: &Keys<'_>) -> Option<HoursRef> {
    keys.hours.find_some(raw.calendar.night.as_ref()).map(HoursRef::at)
}

pub(super) fn hours(raw: &File, findings: &Findings) -> Vec<Hours> {
    if let Some(beyond) = raw.hours.get(HOURS_MAX) {
        let what = format!("there are {} hours", raw.hours.len());
        findings.wrong(beyond.key.span(), what, format!("one centre has at most {HOURS_MAX}"));
    }
    raw.hours.iter().map(|written| one(written, findings)).collect()
}

fn one(written: &Written, findings: &Findings) -> Hours {
    let name = written.key.get_ref();
    if written.workdays.is_empty() && written.days_off.is_empty() {
        findings.wrong(
            written.key.span(),
            format!("hours {name} never open"),
            "add workdays = [\"08:30-12:00\", \"14:00-18:00\"], or days_off",
        );
    }
    let spans = |list: &[Spanned<DaySpan>]| {
        for (at, span) in list.iter().enumerate() {
            let DaySpan(from, to) = *span.get_ref();
            let meets = |earlier: &&Spanned<DaySpan>| from < earlier.get_ref().1 && earlier.get_ref().0 < to;
            if let Some(earlier) = list[..at].iter().find(meets) {
                let DaySpan(begins, ends) = *earlier.get_ref();
                findings.wrong(
                    span.span(),
                    format!("{} and {} overlap", show_day_span(begins, ends), show_day_span(from, to)),
                    "write one span, or end the first where the second begins",
                );
            }
        }
        list.iter().map(|span| (span.get_ref().0, span.get_ref().1)).collect::<Vec<_>>()
    };
    Hours { name: name.clone(), workdays: spans(&written.workdays), days_off: spans(&written.days_off) }
}

pub(super) fn order(raw: &File) -> Order {
    let written = &raw.order;
    Order {
        priority_worth: *written.priority_worth.get_ref(),
        weight_worth: *written.weight_worth.get_ref(),
        head_start_max: *written.head_start_max.get_ref(),
        grey_delay: *written.grey_delay.get_ref(),
    }
}

/// A priority or weight that the longest head start cuts off is worth less than it says: two flows that should differ
/// would not.
pub(super) fn check_head_starts(raw: &File, findings: &Findings) {
    let order = order(raw);
    let most = show_span(order.head_start_max);
    for group in &raw.groups {
        let worth = order.weight_worth.saturating_mul((*group.weight.get_ref()).into());
        if worth > order.head_start_max {
            findings.wrong(
                group.weight.span(),
                format!(
                    "weight {} of group {} is worth {}, but head_start_max in [order] is {most}",
                    group.weight.get_ref(),
                    group.key.get_ref(),
                    show_span(worth)
                ),
                "give it less weight, or raise head_start_max: by so much anybody may be overtaken",
            );
        }
    }
    for flow in &raw.flows {
        let priority = flow.priority.get_ref().0;
        let served =
            |group: &&raw::Group| flow.queues().any(|queue| queue.group.get_ref() == group.key.get_ref());
        let weight = raw.groups.iter().filter(served).map(|group| *group.weight.get_ref()).max().unwrap_or(0);
        let weighted = order.weight_worth.saturating_mul(weight.into());
        let worth = order.priority_worth.saturating_mul(priority.0.into()).saturating_add(weighted);
        if priority != acd::Priority::EMERGENCY && priority.0 > 0 && worth > order.head_start_max {
            let also = if weight > 0 { format!(" with weight {weight} of its group") } else { String::new() };
            findings.wrong(
                flow.priority.span(),
                format!(
                    "priority {} of flow {}{also} is worth {}, but head_start_max in [order] is {most}",
                    priority.0,
                    flow.key.get_ref(),
                    show_span(worth)
                ),
                "give it less, write \"emergency\", or raise head_start_max: by so much anybody may be overtaken",
            );
        }
    }
}
