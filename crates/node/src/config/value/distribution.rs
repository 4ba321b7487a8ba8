//! Values of distribution: who is chosen, who is called first, what a ring-no-answer leads to, days and their hours.

use super::{Value, kind, span, string};
use acd::plan::{First, NoAnswer};
use acd::{Priority, Selection};
use base::calendar::{Date, Offset};
use toml::de::DeValue;

words!(
    Selection,
    r#""longest_idle", "least_occupied", "round_robin", "fewest_calls" or "highest_level""#,
    "a way to choose among ready agents",
    {
        "longest_idle" => Self::LongestIdle, "least_occupied" => Self::LeastOccupied,
        "round_robin" => Self::RoundRobin, "fewest_calls" => Self::FewestCalls,
        "highest_level" => Self::HighestLevel,
    }
);
words!(First, r#""agent" or "caller""#, "whom to call first", {
    "agent" => Self::Agent, "caller" => Self::Caller,
});

/// Whose statutory days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Statutory {
    /// The State Council's notices.
    China,
    /// Nobody's: Monday to Friday.
    None,
}
words!(Statutory, r#""china" or "none""#, "a calendar that is known here", {
    "china" => Self::China, "none" => Self::None,
});

/// What an agent becomes whose phone rang out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct AtTheEnd(pub(in crate::config) NoAnswer);

impl Default for AtTheEnd {
    fn default() -> Self {
        Self(NoAnswer::NotReady)
    }
}

impl Value for AtTheEnd {
    const WANTED: &'static str =
        r#""skip" (stays ready), "not_ready", or a span such as "30s" for which he is not ready"#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match string(value)? {
            "skip" => Ok(Self(NoAnswer::Skip)),
            "not_ready" => Ok(Self(NoAnswer::NotReady)),
            text => span(text).map(|span| Self(NoAnswer::CoolDown(span))),
        }
    }
}

/// A caller's priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct CallerPriority(pub(in crate::config) Priority);

impl Value for CallerPriority {
    const WANTED: &'static str = r#"a whole number from 0 to 9, or "emergency""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            return match text {
                "emergency" => Ok(Self(Priority::EMERGENCY)),
                other => Err(format!("is {other:?}")),
            };
        }
        let number = value.as_integer().ok_or_else(|| format!("is {}, not a number", kind(value)))?;
        match u8::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if number <= 9 => Ok(Self(Priority(number))),
            _ => Err(format!("is {number}")),
        }
    }
}

/// From and to, in minutes of the day; one that ends after midnight ends beyond 1,440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct DaySpan(pub(in crate::config) u16, pub(in crate::config) u16);

/// Minutes of a day.
const DAY: u16 = 1_440;

impl Value for DaySpan {
    const WANTED: &'static str =
        r#"a part of the day, such as "08:30-12:00", "22:00-08:00" or "00:00-24:00""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        let bad = || format!("{text:?} is not a part of the day");
        let (from, to) = text.split_once('-').ok_or_else(bad)?;
        let (from, to) = (minute(from.trim()).ok_or_else(bad)?, minute(to.trim()).ok_or_else(bad)?);
        if from == to || from == DAY {
            return Err(format!("{text:?} is no time at all"));
        }
        Ok(Self(from, if to < from { to + DAY } else { to }))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<u16>().ok()).flatten();
    let (hour, minute) = (two(hour)?, two(minute)?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY).then_some(at)
}

/// A part of the day as it is written in the file.
pub(in crate::config) fn show_day_span(from: u16, to: u16) -> String {
    let to = if to > DAY { to - DAY } else { to };
    format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

impl Value for Date {
    const WANTED: &'static str = r#"a day such as "2026-02-17""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        text.parse().map_err(|_| format!("{text:?} is not a day"))
    }
}

impl Value for Offset {
    const WANTED: &'static str = r#"the distance from UTC, such as "+08:00""#;

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = string(value)?;
        text.parse().map_err(|_| format!("{text:?} is not a time zone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read<T: Value>(text: &str) -> Result<T, String> {
        T::read(DeValue::parse(text).expect("TOML").get_ref())
    }

    #[test]
    fn parts_of_the_day_may_run_over_midnight() {
        for (text, from, to) in
            [("08:30-12:00", 510, 720), ("22:00-08:00", 1_320, 1_920), ("00:00-24:00", 0, 1_440)]
        {
            assert_eq!(read(&format!("{text:?}")), Ok(DaySpan(from, to)));
            assert_eq!(show_day_span(from, to), text);
        }
        for text in ["8:30-12:00", "08:30", "08:60-12:00", "08:00-25:00", "12:00-12:00", "24:00-08:00"] {
            assert!(read::<DaySpan>(&format!("{text:?}")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_priority_is_a_number_or_the_emergency_lane() {
        assert_eq!(read("9"), Ok(CallerPriority(Priority(9))));
        assert_eq!(read("\"emergency\""), Ok(CallerPriority(Priority::EMERGENCY)));
        assert_eq!(read::<CallerPriority>("10"), Err("is 10".into()));
        assert_eq!(read::<CallerPriority>("\"high\""), Err("is \"high\"".into()));
        assert_eq!(read("\"30s\""), Ok(AtTheEnd(NoAnswer::CoolDown(Duration::from_secs(30)))));
    }
}
