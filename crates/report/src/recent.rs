//! Recent: what ended in the last minutes, and today.
//!
//! ```text
//!   step ──▶ the minute in which it happens, kept for an hour ──▶ the last 5, 15, 30, 60 minutes
//!        └─▶ today, from local midnight on                    ──▶ today
//! ```
//!
//! [`Intervals`](crate::interval) keep a caller where he came into the line, so that a past quarter adds up. Here it
//! is the other way: a caller belongs to the minute in which his wait **ended**, a talk and a wrap-up to that in
//! which they ended. So nothing open is in a window, nobody is missing from its means because he still talks, and no
//! level exceeds 100 %. Whoever waits now is seen in the line, not here.
//!
//! A window holds the minute that is running and as many whole ones before it as it is called after. Minutes are those
//! of the wall clock; those in which nothing happened are not kept.

use crate::counters::{Limits, Step};
use crate::record::UnixMs;
use crate::spread::{Dense, Sparse};
use crate::tally::Tally;
use base::calendar::{Date, LocalTime, Offset};
use std::collections::VecDeque;

/// The windows, in minutes; today is one more.
pub const WINDOWS: [u32; 4] = [5, 15, 30, 60];
/// The longest of them.
const MINUTES_MAX: u64 = 60;
const MINUTE_MS: u64 = 60_000;

/// How far back a window goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// So many whole minutes, and the running one.
    Minutes(u32),
    /// Local midnight.
    Today,
}

/// Whose window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of the group kept at this place.
    Group(usize),
    /// Of the whole centre.
    Centre,
}

/// What happened over one stretch. Of the spreads it has that which a window shows.
#[derive(Clone, Debug)]
struct Page<S> {
    groups: Vec<Tally<S, ()>>,
    total: Tally<S, ()>,
}

impl<S: Default + Clone> Page<S> {
    fn new(places: usize) -> Self {
        Self { groups: vec![Tally::default(); places], total: Tally::default() }
    }

    fn of(&self, whose: Whose) -> &Tally<S, ()> {
        match whose {
            Whose::Group(slot) => &self.groups[slot],
            Whose::Centre => &self.total,
        }
    }

    fn of_mut(&mut self, whose: Whose) -> &mut Tally<S, ()> {
        match whose {
            Whose::Group(slot) => &mut self.groups[slot],
            Whose::Centre => &mut self.total,
        }
    }
}

/// The last hour by minutes, and today.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    places: usize,
    offset: Offset,
    /// The minute that steps are counted in, since 1970.
    minute: u64,
    /// Oldest first; only minutes in which something happened.
    minutes: VecDeque<(u64, Page<Sparse>)>,
    day: Option<Date>,
    today: Page<Dense>,
}

impl Recent {
    pub(crate) fn new(places: usize, offset: Offset) -> Self {
        let today = Page::new(places);
        Self { places, offset, minute: 0, minutes: VecDeque::new(), day: None, today }
    }

    /// What comes happens at this moment.
    pub(crate) fn turn(&mut self, now: UnixMs) {
        let minute = now.0 / MINUTE_MS;
        if minute == self.minute {
            return;
        }
        self.minute = minute;
        while self.minutes.front().is_some_and(|(first, _)| first + MINUTES_MAX < minute) {
            self.minutes.pop_front();
        }
        let day = Some(self.offset.local(now.0).date);
        if day != self.day {
            self.day = day;
            self.today = Page::new(self.places);
        }
    }

    /// Counts one step.
    pub(crate) fn take(&mut self, whose: Whose, step: Step, limits: &Limits) {
        if self.minutes.back().is_none_or(|(last, _)| *last != self.minute) {
            self.minutes.push_back((self.minute, Page::new(self.places)));
        }
        if let Some((_, page)) = self.minutes.back_mut() {
            page.of_mut(whose).take(step, limits);
        }
        self.today.of_mut(whose).take(step, limits);
    }

    /// Each window as it is at `now`: how far back it goes, since when, and what ended in it. The tally is only lent,
    /// because the windows grow out of each other.
    pub(crate) fn draw<T>(
        &self,
        whose: Whose,
        now: UnixMs,
        mut draw: impl FnMut(Reach, UnixMs, &Tally<Dense, ()>) -> T,
    ) -> Vec<T> {
        let minute = now.0 / MINUTE_MS;
        let mut newest_first = self.minutes.iter().rev().peekable();
        let mut sum = Tally::<Dense, ()>::default();
        let mut windows = Vec::with_capacity(WINDOWS.len() + 1);
        for reach in WINDOWS {
            let first = minute.saturating_sub(u64::from(reach));
            while let Some((_, page)) = newest_first.next_if(|(at, _)| *at >= first) {
                sum += page.of(whose);
            }
            windows.push(draw(Reach::Minutes(reach), UnixMs(first * MINUTE_MS), &sum));
        }
        let date = self.offset.local(now.0).date;
        let midnight = UnixMs(self.offset.unix_millis(LocalTime { date, second: 0 }));
        windows.push(if self.day == Some(date) {
            draw(Reach::Today, midnight, self.today.of(whose))
        } else {
            draw(Reach::Today, midnight, &Tally::default())
        });
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::{Came, Left, Waits};
    use crate::plan::Plan;
    use std::time::Duration;

    /// 2024-01-23 08:00 in China.
    const EIGHT: u64 = 1_705_968_000_000;

    fn answered(waited_s: u64) -> Step {
        Step::Left(Left::Answered(Waits { waited: Duration::from_secs(waited_s), ..Waits::default() }))
    }

    fn counts(recent: &Recent, whose: Whose, at: u64) -> Vec<u64> {
        recent.draw(whose, UnixMs(at), |_, _, tally| tally.counters.answered)
    }

    #[test]
    fn a_caller_leaves_one_window_after_the_other() {
        let limits = Limits::of(&Plan::default());
        let mut recent = Recent::new(1, Offset::CHINA);
        recent.turn(UnixMs(EIGHT));
        recent.take(Whose::Centre, answered(3), &limits);
        let after = |minutes: u64| counts(&recent, Whose::Centre, EIGHT + minutes * MINUTE_MS);
        assert_eq!(after(0), [1, 1, 1, 1, 1]);
        assert_eq!(after(5), [1, 1, 1, 1, 1]);
        assert_eq!(after(6), [0, 1, 1, 1, 1]);
        assert_eq!(after(16), [0, 0, 1, 1, 1]);
        assert_eq!(after(61), [0, 0, 0, 0, 1]);
        assert_eq!(after(16 * 60 - 1), [0, 0, 0, 0, 1], "still today");
        assert_eq!(after(16 * 60), [0, 0, 0, 0, 0], "midnight, though nothing has happened since");
    }

    #[test]
    fn the_hour_is_bounded_and_today_begins_at_local_midnight() {
        let limits = Limits::of(&Plan::default());
        let mut recent = Recent::new(2, Offset::CHINA);
        for minute in 0..24 * 60 {
            recent.turn(UnixMs(EIGHT + minute * MINUTE_MS));
            recent.take(Whose::Group(1), answered(minute % 40), &limits);
        }
        assert_eq!(recent.minutes.len(), 61);
        let last = EIGHT + (24 * 60 - 1) * MINUTE_MS;
        assert_eq!(counts(&recent, Whose::Group(1), last), [6, 16, 31, 61, 8 * 60]);
        assert_eq!(counts(&recent, Whose::Group(0), last), [0; 5]);
        let since = recent.draw(Whose::Centre, UnixMs(last), |reach, since, _| (reach, since));
        assert_eq!(since[1], (Reach::Minutes(15), UnixMs(last - 15 * MINUTE_MS)));
        assert_eq!(since[4], (Reach::Today, UnixMs(EIGHT + 16 * 3_600_000)));
    }

    #[test]
    fn quantiles_of_a_window_are_those_of_its_callers() {
        let limits = Limits::of(&Plan::default());
        let mut recent = Recent::new(1, Offset::CHINA);
        for minute in 0..10 {
            recent.turn(UnixMs(EIGHT + minute * MINUTE_MS));
            recent.take(Whose::Centre, Step::Came(Came::First), &limits);
            recent.take(Whose::Centre, answered(minute), &limits);
        }
        let now = UnixMs(EIGHT + 9 * MINUTE_MS);
        let medians =
            recent.draw(Whose::Centre, now, |_, _, tally| tally.spreads.wait.quantile(0.5).as_millis() / 100);
        assert_eq!(medians[..2], [60, 40], "of 4 to 9 s, and of 0 to 9 s");
    }
}
