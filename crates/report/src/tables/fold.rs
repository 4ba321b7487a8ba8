//! [`Tables`]: rows of the records in, a [`Cell`] for each row and interval out.

use super::cell::{Cell, Part};
use super::parts::{When, of_agent, of_call};
use super::period::{Every, Period, Zone};
use super::rows::{AgentTime, Call, Fate, NameId};
use crate::counters::Limits;
use crate::record::UnixMs;
use std::collections::BTreeMap;

/// Cells of one table; a finer question is refused. With their spreads they take 8 kB each on a busy line, so that
/// the finest table stays at half a gigabyte: a year of hours by five groups fits.
pub const CELLS_MAX: usize = 60_000;

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// All callers.
    #[default]
    All,
    /// Groups.
    Group,
    /// Agents.
    Agent,
    /// Sites of agents.
    Site,
    /// Trunks.
    Trunk,
}

impl By {
    /// Whether the rows are people, or places of people: callers do not wait in them.
    #[must_use]
    pub const fn of_agents(self) -> bool {
        matches!(self, Self::Agent | Self::Site)
    }
}

/// Whose row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A group, an agent or a trunk.
    Name(NameId),
    /// A site, by its place in the list of sites.
    Site(u16),
    /// What belongs to none: no trunk (an agent's phone called), an agent without a site, a name that is lost.
    Nobody,
    /// All callers.
    All,
}

/// Which interval: the one that begins then, or the whole period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// An interval.
    From(UnixMs),
    /// The period.
    Whole,
}

/// The question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Which stretch of the past.
    pub period: Period,
    /// Local time.
    pub zone: Zone,
    /// How finely; the whole period only when `None`.
    pub every: Option<Every>,
    /// By what.
    pub by: By,
    /// Thresholds and limits.
    pub limits: Limits,
    /// Site of each agent, as a place in the list of sites.
    pub sites: BTreeMap<NameId, u16>,
    /// Keys of dispositions; what stands beyond [`RESULTS_MAX`](crate::disposals::RESULTS_MAX) is counted with the last.
    pub results: Vec<String>,
}

impl Setup {
    /// The row of an agent, or of his site.
    pub(super) fn row_of(&self, by: By, agent: Option<NameId>) -> Who {
        match (by, agent) {
            (_, None) => Who::Nobody,
            (By::Site, Some(agent)) => self.sites.get(&agent).map_or(Who::Nobody, |site| Who::Site(*site)),
            (_, Some(agent)) => Who::Name(agent),
        }
    }

    /// What a call adds to one row over the whole period. The fold of a single call: a figure of the table is the
    /// sum of its shares.
    #[must_use]
    pub fn share_of(&self, who: Who, call: &Call) -> Cell {
        self.share(who, |by, emit| of_call(call, by, self, emit))
    }

    /// What a stretch of an agent's day adds to one row.
    #[must_use]
    pub fn share_of_agent(&self, who: Who, time: &AgentTime) -> Cell {
        self.share(who, |by, emit| of_agent(time, by, self, emit))
    }

    fn share(&self, who: Who, tell: impl FnOnce(By, &mut dyn FnMut(Who, When, Part))) -> Cell {
        let mut cell = Cell::default();
        let by = if who == Who::All { By::All } else { self.by };
        tell(by, &mut |whose, when, part| {
            if whose == who
                && let Some(part) = within(when, &self.period, part)
            {
                cell.take(part, &self.limits);
            }
        });
        cell
    }
}

/// The part as far as it lies in a stretch of time.
fn within(when: When, period: &Period, part: Part) -> Option<Part> {
    match (when, part) {
        (When::At(at), part) => period.holds(at).then_some(part),
        (When::Between(from, to), Part::Did(doing, _)) => {
            let ms = to.0.min(period.to.0).saturating_sub(from.0.max(period.from.0));
            (ms > 0).then_some(Part::Did(doing, ms))
        }
        (When::Between(from, _), part) => period.holds(from).then_some(part),
    }
}

/// More cells than [`CELLS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFine;

impl std::fmt::Display for TooFine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the table would have more than {CELLS_MAX} rows; ask for a shorter period or a longer interval"
        )
    }
}

impl std::error::Error for TooFine {}

/// A table in the making.
#[derive(Clone, Debug)]
pub struct Tables {
    setup: Setup,
    cells: BTreeMap<(Slot, Who), Cell>,
    /// Calls of the period that are in progress.
    open: u64,
    /// Calls of the period whose stretches are not all kept.
    truncated: u64,
}

impl Tables {
    /// An empty table; the row of all callers is there from the start.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let cells = BTreeMap::from([((Slot::Whole, Who::All), Cell::default())]);
        Self { setup, cells, open: 0, truncated: 0 }
    }

    /// The question.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Adds a call. Calls outside the period may be given: what of them lies inside counts.
    ///
    /// # Errors
    /// The table is too fine.
    pub fn call(&mut self, call: &Call) -> Result<(), TooFine> {
        if self.setup.period.holds(call.queued.unwrap_or(call.arrived)) {
            self.open += u64::from(call.fate == Fate::Open);
            self.truncated += u64::from(call.truncated);
        }
        self.fold(|by, setup, emit| of_call(call, by, setup, emit))
    }

    /// Adds a stretch of an agent's day.
    ///
    /// # Errors
    /// The table is too fine.
    pub fn agent_time(&mut self, time: &AgentTime) -> Result<(), TooFine> {
        self.fold(|by, setup, emit| of_agent(time, by, setup, emit))
    }

    fn fold(&mut self, tell: impl Fn(By, &Setup, &mut dyn FnMut(Who, When, Part))) -> Result<(), TooFine> {
        let Self { setup, cells, .. } = self;
        let mut full = false;
        let mut add = |who: Who, when: When, part: Part| {
            let Some(whole) = within(when, &setup.period, part) else { return };
            full |= !take(cells, (Slot::Whole, who), whole, &setup.limits);
            let Some(every) = setup.every else { return };
            let (mut from, to) = match when {
                When::At(at) => (at, at),
                When::Between(from, to) => (from.max(setup.period.from), to.min(setup.period.to)),
            };
            loop {
                let interval = every.around(from, setup.zone);
                if let Some(part) = within(when, &clipped(&interval, &setup.period), part) {
                    full |= !take(cells, (Slot::From(interval.from), who), part, &setup.limits);
                }
                from = interval.to;
                if from >= to || full {
                    break;
                }
            }
        };
        tell(By::All, setup, &mut add);
        if setup.by != By::All {
            tell(setup.by, setup, &mut add);
        }
        if full { Err(TooFine) } else { Ok(()) }
    }

    /// All cells: intervals in order, the whole period last; in each the rows in order, all callers last.
    pub fn cells(&self) -> impl Iterator<Item = (Slot, Who, &Cell)> {
        self.cells.iter().map(|((slot, who), cell)| (*slot, *who, cell))
    }

    /// One cell.
    #[must_use]
    pub fn cell(&self, slot: Slot, who: Who) -> Option<&Cell> {
        self.cells.get(&(slot, who))
    }

    /// All callers of the period.
    #[must_use]
    pub fn total(&self) -> &Cell {
        &self.cells[&(Slot::Whole, Who::All)]
    }

    /// Calls of the period that are in progress: they are among the arrived only.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.open
    }

    /// Calls of the period whose stretches are not all kept: groups and agents may miss some of them.
    #[must_use]
    pub const fn truncated(&self) -> u64 {
        self.truncated
    }

    /// The identity of a row's counters.
    ///
    /// # Errors
    /// The one that does not hold.
    pub fn check_row(&self, who: Who, cell: &Cell) -> Result<(), String> {
        cell.check(self.setup.by.of_agents() && who != Who::All)
    }

    /// The identity of every cell, and the sums between them: intervals add up to the period, agents to the answered.
    ///
    /// # Errors
    /// The one that does not hold, with its row.
    pub fn check(&self) -> Result<u64, String> {
        let mut offered = BTreeMap::<Who, (u64, u64)>::new();
        for (slot, who, cell) in self.cells() {
            self.check_row(who, cell).map_err(|rule| format!("{slot:?} {who:?}: {rule}"))?;
            let sums = offered.entry(who).or_default();
            match slot {
                Slot::From(_) => sums.0 += cell.counters().offered,
                Slot::Whole => sums.1 += cell.counters().offered,
            }
        }
        if self.setup.every.is_some()
            && let Some((who, sums)) = offered.iter().find(|(_, (parts, whole))| parts != whole)
        {
            return Err(format!("{who:?}: intervals add up to {} offered, the period to {}", sums.0, sums.1));
        }
        if self.setup.by.of_agents() || self.setup.by == By::Trunk {
            let answered = |all: bool| {
                let rows =
                    self.cells().filter(|(slot, who, _)| *slot == Slot::Whole && (*who == Who::All) == all);
                rows.map(|(_, _, cell)| cell.counters().answered).sum::<u64>()
            };
            if answered(true) != answered(false) {
                return Err(format!(
                    "rows add up to {} answered, all callers to {}",
                    answered(false),
                    answered(true)
                ));
            }
        }
        Ok(self.cells.len() as u64)
    }
}

fn take(cells: &mut BTreeMap<(Slot, Who), Cell>, key: (Slot, Who), part: Part, limits: &Limits) -> bool {
    if let Some(cell) = cells.get_mut(&key) {
        cell.take(part, limits);
        return true;
    }
    if cells.len() >= CELLS_MAX {
        return false;
    }
    cells.entry(key).or_default().take(part, limits);
    true
}

/// The interval as far as it lies in the period.
const fn clipped(interval: &Period, period: &Period) -> Period {
    Period {
        from: if interval.from.0 < period.from.0 { period.from } else { interval.from },
        to: if interval.to.0 > period.to.0 { period.to } else { interval.to },
    }
}
