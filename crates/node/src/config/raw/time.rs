//! When, and who first: `[calendar]`, `[hours.KEY]`, `[order]`.

use super::{LONG, S};
use crate::config::section::Section;
use crate::config::value::{DaySpan, Statutory};
use base::calendar::{Date, Offset};
use std::time::Duration;
use toml::Spanned;

/// `[calendar]`: what a workday is here, and when it is night.
pub(in crate::config) struct Calendar {
    pub(in crate::config) time_zone: Spanned<Offset>,
    pub(in crate::config) statutory: Spanned<Statutory>,
    pub(in crate::config) holidays: Vec<Spanned<Date>>,
    pub(in crate::config) workdays: Vec<Spanned<Date>>,
    pub(in crate::config) night: Option<Spanned<String>>,
}

/// `[hours.KEY]`: when something is open.
pub(in crate::config) struct Hours {
    pub(in crate::config) key: Spanned<String>,
    pub(in crate::config) workdays: Vec<Spanned<DaySpan>>,
    pub(in crate::config) days_off: Vec<Spanned<DaySpan>>,
}

/// `[order]`: who is served first among all callers.
pub(in crate::config) struct Order {
    pub(in crate::config) priority_worth: Spanned<Duration>,
    pub(in crate::config) weight_worth: Spanned<Duration>,
    pub(in crate::config) head_start_max: Spanned<Duration>,
    pub(in crate::config) grey_delay: Spanned<Duration>,
}

impl Calendar {
    pub(super) fn read(mut s: Section<'_>) -> Self {
        let calendar = Self {
            time_zone: s.or("time_zone", Offset::CHINA),
            statutory: s.or("statutory", Statutory::China),
            holidays: s.list("holidays").unwrap_or_default(),
            workdays: s.list("workdays").unwrap_or_default(),
            night: s.get("night"),
        };
        s.close();
        calendar
    }
}

impl Hours {
    pub(super) fn read(key: Spanned<String>, mut s: Section<'_>) -> Self {
        let hours = Self {
            key,
            workdays: s.list("workdays").unwrap_or_default(),
            days_off: s.list("days_off").unwrap_or_default(),
        };
        s.close();
        hours
    }
}

impl Order {
    pub(super) fn read(mut s: Section<'_>) -> Self {
        let usual = acd::plan::Order::default();
        let order = Self {
            priority_worth: s.within("priority_worth", usual.priority_worth, S(0)..=S(3_600)),
            weight_worth: s.within("weight_worth", usual.weight_worth, S(0)..=S(3_600)),
            // The longest that anybody can be overtaken for, so an hour is the end of patience.
            head_start_max: s.within("head_start_max", usual.head_start_max, S(0)..=S(3_600)),
            grey_delay: s.within("grey_delay", usual.grey_delay, S(0)..=LONG),
        };
        s.close();
        order
    }
}
