//! The plan: a town that calls and a centre that answers, as plain values.
//!
//! ```text
//!   plan file, call log, journal ──▶ Plan ──▶ Run
//!
//!   town    load, profiles, events; groups with their callers' talk and patience
//!   centre  `acd::Plan` (the real one), teams with their shifts, how agents pick up and write
//! ```
//!
//! Never knows: files, TOML, CSV.

use crate::variate::Spread;
use acd::input::Reason;
use acd::{AgentRef, GroupRef, Priority, SiteRef, Turned};
use base::{Calendar, Date, Offset};
use std::time::Duration;

/// Half hours in a day: the grain of profiles and pictures.
pub const SLOTS: usize = 48;

/// Everything that a run is made of, beside its seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// For headings.
    pub title: String,
    /// First day.
    pub from: Date,
    /// Last day, inclusive.
    pub to: Date,
    /// Local time.
    pub offset: Offset,
    /// Workdays, days off and holidays.
    pub calendar: Calendar,
    /// Who calls when.
    pub load: Load,
    /// Callers of each group; same order as `acd.groups`.
    pub callers: Vec<Callers>,
    /// Where calls come in.
    pub sites: Vec<Site>,
    /// The distributor's own plan. `clock` is set by the run.
    pub acd: acd::Plan,
    /// Where callers go whom a group turns away. Same order as `acd.groups`.
    pub turned_to: Vec<Targets>,
    /// Times of work.
    pub shifts: Vec<Shift>,
    /// Who works when.
    pub teams: Vec<Team>,
    /// How agents behave.
    pub desk: Desk,
    /// Service-level thresholds T.
    pub thresholds: Vec<Duration>,
    /// Which of them is the centre's own (30 s).
    pub threshold: usize,
    /// An abandoned wait shorter than this is short.
    pub short_abandon: Duration,
    /// A talk longer than this is long.
    pub long_talk: Duration,
}

/// Where a caller goes whom a group turns away, by reason: to another group, or he is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The line is full.
    pub line_full: Option<GroupRef>,
    /// He has waited as long as the group allows.
    pub waited_too_long: Option<GroupRef>,
    /// Nobody is signed in.
    pub nobody_signed_in: Option<GroupRef>,
    /// Outside the group's hours.
    pub closed: Option<GroupRef>,
    /// A surge is on.
    pub surge: Option<GroupRef>,
}

impl Targets {
    /// The same for every reason.
    #[must_use]
    pub const fn all(to: Option<GroupRef>) -> Self {
        Self { line_full: to, waited_too_long: to, nobody_signed_in: to, closed: to, surge: to }
    }

    /// For one reason.
    #[must_use]
    pub const fn of(&self, why: Turned) -> Option<GroupRef> {
        match why {
            Turned::LineFull => self.line_full,
            Turned::WaitedTooLong => self.waited_too_long,
            Turned::NobodySignedIn => self.nobody_signed_in,
            Turned::Closed => self.closed,
            Turned::Surge => self.surge,
            Turned::Blocked => None,
        }
    }
}

/// How many call, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// First attempts from the first day to the last: expected, and held against what the factors of the days would
    /// make of them. Redials and repeats come on top.
    pub calls: f64,
    /// Scatter of whole days around what is expected (coefficient of variation).
    pub day_cv: f64,
    /// Variance ÷ mean of the calls of half an hour; 1 is Poisson.
    pub dispersion: f64,
    /// Factor by weekday, from Monday.
    pub weekdays: [f64; 7],
    /// Factor of a Saturday or Sunday that is not worked, on top of its weekday's.
    pub day_off: f64,
    /// Factor of a statutory day off.
    pub holiday: f64,
    /// Factor of the first workday after a break of three days or more.
    pub after_holiday: f64,
    /// Growth a month: 0.02 is 2 %.
    pub growth: f64,
    /// Storms and the like.
    pub events: Vec<Surge>,
    /// What a caller hears before the line.
    pub greeting: Duration,
    /// Share of callers who hang up during it.
    pub greeting_lost: f64,
    /// Callers who gave up and call again.
    pub redial: Again,
    /// Callers who were answered and call again.
    pub repeat: Again,
}

/// Calling again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Again {
    /// How many do.
    pub share: f64,
    /// After how long.
    pub after: Spread,
}

impl Again {
    /// Nobody.
    pub const NEVER: Self = Self { share: 0.0, after: Spread::Constant(Duration::ZERO) };
}

/// Days on which more people call.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// Key.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day, inclusive.
    pub to: Date,
    /// So many times the usual calls.
    pub factor: f64,
    /// So many times the usual seats, as far as there are agents.
    pub staff: f64,
    /// Only of these groups; empty: of all.
    pub groups: Vec<GroupRef>,
}

/// Callers of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Callers {
    /// Part of all calls; parts are relative to each other.
    pub share: f64,
    /// Calls by half hour of a workday; relative to each other.
    pub workday: [f64; SLOTS],
    /// The same of a day off.
    pub day_off: [f64; SLOTS],
    /// Their priority.
    pub priority: Priority,
    /// Talk.
    pub talk: Spread,
    /// So many talks are very short (wrong numbers, chasers) …
    pub short_share: f64,
    /// … and last so long.
    pub short_talk: Spread,
    /// How long they wait in the line.
    pub patience: Spread,
    /// The agent's writing after the talk.
    pub wrap_up: Spread,
}

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Key.
    pub name: String,
    /// On screens.
    pub title: String,
    /// Part of all calls that comes in here.
    pub share: f64,
}

/// Times of work.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Key.
    pub name: String,
    /// From, minutes of the day.
    pub from: u32,
    /// To, minutes of the same count: beyond 1,440 when it ends on the next day.
    pub to: u32,
    /// Breaks, staggered among those who work the shift.
    pub breaks: Vec<Pause>,
}

/// A break in a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pause {
    /// So long after the shift's beginning, for the first who takes it.
    pub after: Duration,
    /// How long.
    pub length: Duration,
    /// What for.
    pub reason: Reason,
    /// In so many waves, one after the other.
    pub waves: u32,
}

/// Agents who do the same work in the same place.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Key.
    pub name: String,
    /// Where.
    pub site: SiteRef,
    /// Who, as places in `acd.agents`.
    pub agents: Vec<AgentRef>,
    /// Seats by shift on a workday; same order as `shifts`.
    pub workday: Vec<u32>,
    /// The same on a day off.
    pub day_off: Vec<u32>,
}

/// How agents behave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Desk {
    /// From the offer until the caller hears the agent: the phone rings, and somebody picks up.
    pub answer: Spread,
    /// Callers do not lose patience while it rings.
    pub ringing_calms: bool,
    /// Share of offers during which the caller hangs up all the same.
    pub lost_ringing: f64,
    /// Share of offers that nobody answers.
    pub no_answer: f64,
    /// Share of offers that are declined.
    pub decline: f64,
    /// When an agent who did not answer is ready again.
    pub back_after: Duration,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            answer: Spread::Constant(Duration::ZERO),
            ringing_calms: true,
            lost_ringing: 0.0,
            no_answer: 0.0,
            decline: 0.0,
            back_after: Duration::from_secs(120),
        }
    }
}

impl Plan {
    /// How many days.
    #[must_use]
    pub const fn days(&self) -> u32 {
        (self.to.days() + 1).saturating_sub(self.from.days())
    }

    /// The surges of a day that concern a group, or seats when `None`.
    pub(crate) fn surges(&self, day: Date) -> impl Iterator<Item = &Surge> {
        self.load.events.iter().filter(move |event| event.from <= day && day <= event.to)
    }

    /// The plan as counting wants it.
    #[must_use]
    pub fn counting(&self) -> report::Plan {
        report::Plan {
            groups: self.acd.groups.iter().map(|group| group.name.clone()).collect(),
            titles: self.acd.groups.iter().map(|group| group.name.clone()).collect(),
            agents: self.acd.agents.iter().map(|agent| agent.name.clone()).collect(),
            agent_sites: self.acd.agents.iter().map(|agent| agent.site.index()).collect(),
            agent_groups: self
                .acd
                .agents
                .iter()
                .map(|agent| agent.skills.iter().map(|(group, _)| *group).collect())
                .collect(),
            sites: self.sites.iter().map(|site| site.name.clone()).collect(),
            thresholds: self.thresholds.clone(),
            short_abandon: self.short_abandon,
            long_talk: self.long_talk,
            epoch: self.epoch(),
            ..report::Plan::default()
        }
    }

    /// Wall clock at the beginning of the first day.
    #[must_use]
    pub fn epoch(&self) -> base::Epoch {
        let first = base::LocalTime { date: self.from, second: 0 };
        base::Epoch::from_unix_nanos(self.offset.unix_millis(first).saturating_mul(1_000_000))
    }
}
