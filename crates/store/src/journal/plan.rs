//! A changed plan for groups and agents, which is an input like any other: how each of its values is written.
//!
//! A new field is written behind the others of its struct, and a plan with it gets a new tag in `input.rs`; an old
//! tag then reads the old list of fields and fills in what the old program meant.

use super::bytes::{Cursor, Pen, Word};
use super::fault::Fault;
use super::words::{index, record, words};
use acd::input::SurgeMode;
use acd::plan::{CallbackPlan, First, Grade, NoAnswer, Order, SurgePlan};
use acd::{
    Abilities, AgentPlan, GroupPlan, Hours, HoursRef, Listing, Plan, Prefer, Priority, Selection, SiteRef,
    Sites, SkillLevel, Stage, WallClock,
};
use base::{Calendar, Date, Epoch, Offset};

index!(SiteRef, HoursRef);

words!(Selection, "selection", {
    0 => LongestIdle, 1 => LeastOccupied, 2 => RoundRobin, 3 => FewestCalls, 4 => HighestLevel,
});
words!(First, "who is on the phone first", { 0 => Agent, 1 => Caller });
words!(SurgeMode, "surge mode", { 0 => Automatic, 1 => Off, 2 => On, 3 => AnnounceOnly });
words!(Listing, "list", { 0 => Grey, 1 => Black });

record!(Plan { groups, agents, hours, night, clock, order, breaks_max });
record!(Order { priority_worth, weight_worth, head_start_max, grey_delay });
record!(GroupPlan {
    name,
    timeline,
    selection,
    weight,
    ring,
    parallel,
    auto_answer,
    no_answer,
    wrap_up,
    wrap_up_max,
    line_max,
    wait_max,
    needs_signed_in,
    hours,
    surge,
    callback,
    sticky,
});
record!(Stage { after, group, level_min, sites, waives, at_night, on_help });
record!(Grade { then, tell });
record!(SurgePlan { begins_at, ends_at, admit_max });
record!(CallbackPlan { offer_after, first, tries, retry_after, missed_after });
record!(AgentPlan { name, site, skills, abilities });
record!(Hours { name, workdays, days_off });
record!(WallClock { epoch, offset, calendar });
record!(Prefer { agent, alone });

/// Types around one number.
macro_rules! around {
    ($($type:ident($inner:ty)),+) => { $(
        impl Word for $type {
            fn put(&self, pen: &mut Pen<'_>) {
                self.0.put(pen);
            }
            fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
                <$inner>::take(from).map(Self)
            }
        }
    )+ };
}
around!(SkillLevel(u8), Priority(u8), Abilities(u64));

impl Word for Box<Plan> {
    fn put(&self, pen: &mut Pen<'_>) {
        Plan::put(self, pen);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        Plan::take(from).map(Self::new)
    }
}

impl Word for usize {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(*self as u64);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.small("number")
    }
}

impl Word for Sites {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Own => pen.byte(0),
            Self::All => pen.byte(1),
            Self::Only(site) => {
                pen.byte(2);
                site.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => Ok(Self::Own),
            1 => Ok(Self::All),
            2 => SiteRef::take(from).map(Self::Only),
            other => Err(Fault::Unknown { what: "sites", value: other.into() }),
        }
    }
}

impl Word for NoAnswer {
    fn put(&self, pen: &mut Pen<'_>) {
        match self {
            Self::Skip => pen.byte(0),
            Self::NotReady => pen.byte(1),
            Self::CoolDown(span) => {
                pen.byte(2);
                span.put(pen);
            }
        }
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => Ok(Self::Skip),
            1 => Ok(Self::NotReady),
            2 => Word::take(from).map(Self::CoolDown),
            other => Err(Fault::Unknown { what: "what a ring-no-answer leads to", value: other.into() }),
        }
    }
}

impl Word for Epoch {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(self.as_unix_nanos());
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        from.number().map(Self::from_unix_nanos)
    }
}

/// Minutes east of UTC, moved up by a day so that they are never negative.
impl Word for Offset {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number((i64::from(self.minutes()) + 1_440).unsigned_abs());
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        let value = from.number()?;
        let minutes = i64::try_from(value).ok().and_then(|value| i16::try_from(value - 1_440).ok());
        minutes.and_then(Self::from_minutes).ok_or(Fault::Unknown { what: "time zone", value })
    }
}

/// Days since 1970.
impl Word for Date {
    fn put(&self, pen: &mut Pen<'_>) {
        pen.number(self.days().into());
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        u32::take(from).map(Self::from_days)
    }
}

impl Word for Calendar {
    fn put(&self, pen: &mut Pen<'_>) {
        self.holidays().to_vec().put(pen);
        self.workdays().to_vec().put(pen);
    }
    fn take(from: &mut Cursor<'_>) -> Result<Self, Fault> {
        let (holidays, workdays) = (Vec::<Date>::take(from)?, Vec::<Date>::take(from)?);
        Ok(Self::plain().with_holidays(holidays).with_workdays(workdays))
    }
}
