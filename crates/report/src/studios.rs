//! Radio studios (政风热线): shows, who is held, who is at the console, how long people were on air.
//!
//! ```text
//!   Show ───────────────▶ a show begins, ends ─▶ ShowRecord for the store, twice: begun, over
//!   Screened ─▶ held ─▶ AtConsole ⇄ on air        its caller's record: studio, time held, time on air
//!                ▲          │
//!                └── Held ──┘    Left ─▶ gone, sent back, handed on
//! ```
//!
//! A caller counts in the show in which he was sent there. Time held is apart from every talk and every line: nobody is
//! with him, and he was answered. Bounded by what the studios hold.

use crate::callers::Callers;
use crate::live::whole;
use crate::plan::Plan;
use crate::record::{SegmentEnd, SegmentKind, UnixMs};
use acd::AgentRef;
use base::{Private, Timestamp};
use call::event::{CallRef, Side};
use call::show::{Exit, StudioRef, StudioStep};
use std::time::Duration;

/// Callers of one studio who are followed; further ones are counted, not shown.
const CALLERS_MAX: usize = 1_000;

/// What happened in a studio, or in one show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StudioCounts {
    /// Shows begun (期数).
    pub shows: u64,
    /// Callers sent there (收到).
    pub screened: u64,
    /// How often the console was rung.
    pub picked: u64,
    /// How often it had a caller.
    pub taken: u64,
    /// Callers put on air, each once (上线).
    pub aired: u64,
    /// Of the callers, who hung up while they were held.
    pub gone: u64,
    /// Of the callers, who went back into their line: sent back, held too long, show over.
    pub sent_back: u64,
    /// Time on air of those who are off it again (现场时长).
    pub on_air: Duration,
    /// Time held, of those who are not any more.
    pub held: Duration,
}

/// A show, for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowRecord {
    /// Which studio.
    pub studio: StudioRef,
    /// Which show of the run.
    pub number: u32,
    /// When it began.
    pub begun: UnixMs,
    /// When it was over; `None` while it is on.
    pub ended: Option<UnixMs>,
    /// What happened in it.
    pub counts: StudioCounts,
}

/// A studio at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudioBoard {
    /// Key.
    pub key: String,
    /// Name on screens.
    pub title: String,
    /// Since when a show is on.
    pub open: Option<Timestamp>,
    /// Its number, or the last one's; 0 before the first.
    pub show: u32,
    /// Callers there, in the order in which they were sent.
    pub callers: Vec<StudioCaller>,
    /// What happened in this show, or in the last one.
    pub counts: StudioCounts,
    /// What happened since the start.
    pub total: StudioCounts,
}

impl StudioBoard {
    /// Held callers, those included with whom the console is rung.
    pub fn held(&self) -> impl Iterator<Item = &StudioCaller> {
        self.callers.iter().filter(|caller| caller.place != StudioPlace::AtConsole)
    }

    /// Who is at the console.
    #[must_use]
    pub fn at_console(&self) -> Option<&StudioCaller> {
        self.callers.iter().find(|caller| caller.place == StudioPlace::AtConsole)
    }
}

/// A caller in a studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudioCaller {
    /// His call.
    pub call: u64,
    /// His number in the show.
    pub number: u32,
    /// His telephone number; it is shown masked.
    pub caller: Private,
    /// What the screener wrote.
    pub note: Private,
    /// Key of who sent him.
    pub screener: String,
    /// When he was sent there.
    pub sent: Timestamp,
    /// Where he is …
    pub place: StudioPlace,
    /// … and since when: held since, or at the console since.
    pub since: Timestamp,
    /// On air since.
    pub on_air: Option<Timestamp>,
}

/// Where a caller is in a studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudioPlace {
    /// Held.
    Held,
    /// Held, and the console is rung with him.
    Picked,
    /// At the console.
    AtConsole,
}

/// All studios.
#[derive(Clone, Debug)]
pub(crate) struct Studios(Vec<Studio>);

#[derive(Clone, Debug, Default)]
struct Studio {
    key: String,
    title: String,
    open: Option<Timestamp>,
    show: u32,
    callers: Vec<Caller>,
    counts: StudioCounts,
    total: StudioCounts,
}

#[derive(Clone, Debug)]
struct Caller {
    shown: StudioCaller,
    name: CallRef,
    aired: bool,
}

impl Studio {
    fn count(&mut self, count: impl Fn(&mut StudioCounts)) {
        count(&mut self.counts);
        count(&mut self.total);
    }

    fn caller(&mut self, call: CallRef) -> Option<&mut Caller> {
        self.callers.iter_mut().find(|caller| caller.name == call)
    }
}

impl Studios {
    pub(crate) fn new(plan: &Plan) -> Self {
        let studio = |(at, key): (usize, &String)| Studio {
            key: key.clone(),
            title: plan.studio_titles.get(at).cloned().unwrap_or_default(),
            ..Studio::default()
        };
        Self(plan.studios.iter().enumerate().map(studio).collect())
    }

    /// A show begins, or is over.
    pub(crate) fn show(
        &mut self,
        studio: StudioRef,
        show: u32,
        open: bool,
        now: Timestamp,
        wall: impl Fn(Timestamp) -> UnixMs,
    ) -> Option<ShowRecord> {
        let known = self.0.get_mut(studio.index())?;
        let begun = if open {
            known.counts = StudioCounts::default();
            (known.open, known.show) = (Some(now), show);
            known.count(|counts| counts.shows += 1);
            now
        } else {
            known.open.take()?
        };
        let (begun, ended) = (wall(begun), (!open).then(|| wall(now)));
        Some(ShowRecord { studio, number: show, begun, ended, counts: known.counts })
    }

    /// Shows that are on, as if they were over now: at the end of the process.
    pub(crate) fn close(&mut self, now: UnixMs, wall: impl Fn(Timestamp) -> UnixMs) -> Vec<ShowRecord> {
        let close = |(at, known): (usize, &mut Studio)| {
            let begun = wall(known.open.take()?);
            let (studio, ended) = (StudioRef::at(at), Some(now.max(begun)));
            Some(ShowRecord { studio, number: known.show, begun, ended, counts: known.counts })
        };
        self.0.iter_mut().enumerate().filter_map(close).collect()
    }

    /// A caller was sent to a studio.
    pub(crate) fn screened(&mut self, studio: StudioRef, shown: StudioCaller, name: CallRef) {
        let Some(known) = self.0.get_mut(studio.index()) else { return };
        known.count(|counts| counts.screened += 1);
        if known.callers.len() < CALLERS_MAX {
            known.callers.push(Caller { shown, name, aired: false });
        }
    }

    /// Something happens to a caller in it.
    pub(crate) fn step(&mut self, studio: StudioRef, call: CallRef, step: StudioStep, now: Timestamp) {
        let Some(known) = self.0.get_mut(studio.index()) else { return };
        let Some(caller) = known.caller(call) else { return };
        let was_held = caller.shown.place != StudioPlace::AtConsole;
        let span = whole(now.since(caller.shown.since));
        match step {
            StudioStep::Picked => {
                caller.shown.place = StudioPlace::Picked;
                known.count(|counts| counts.picked += 1);
            }
            StudioStep::AtConsole => {
                (caller.shown.place, caller.shown.since) = (StudioPlace::AtConsole, now);
                known.count(|counts| {
                    counts.taken += 1;
                    counts.held += span;
                });
            }
            StudioStep::Held => {
                // Who was picked in vain has been held all the time.
                if !was_held {
                    caller.shown.since = now;
                }
                caller.shown.place = StudioPlace::Held;
            }
            StudioStep::Left(exit) => {
                known.callers.retain(|caller| caller.name != call);
                known.count(|counts| {
                    if was_held {
                        counts.held += span;
                    }
                    match exit {
                        Exit::Ended => counts.gone += u64::from(was_held),
                        Exit::SentBack | Exit::TooLong | Exit::Closed => counts.sent_back += 1,
                        Exit::HandedOn => {}
                    }
                });
            }
        }
    }

    /// He is on air, or not any more.
    pub(crate) fn on_air(&mut self, studio: StudioRef, call: CallRef, on: bool, now: Timestamp) {
        let Some(known) = self.0.get_mut(studio.index()) else { return };
        let Some(caller) = known.caller(call) else { return };
        if on {
            caller.shown.on_air = Some(now);
            let first = !std::mem::replace(&mut caller.aired, true);
            known.count(|counts| counts.aired += u64::from(first));
        } else if let Some(since) = caller.shown.on_air.take() {
            known.count(|counts| counts.on_air += whole(now.since(since)));
        }
    }

    /// The picture for the board.
    pub(crate) fn picture(&self) -> Vec<StudioBoard> {
        let picture = |studio: &Studio| StudioBoard {
            key: studio.key.clone(),
            title: studio.title.clone(),
            open: studio.open,
            show: studio.show,
            callers: studio.callers.iter().map(|caller| caller.shown.clone()).collect(),
            counts: studio.counts,
            total: studio.total,
        };
        self.0.iter().map(picture).collect()
    }
}

/// What a caller's record says of it.
impl Callers {
    /// He was sent to a studio, and is held. Gives his telephone number.
    pub(crate) fn screened(&mut self, call: CallRef, studio: StudioRef, now: Timestamp) -> Private {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return Private::default() };
        live.record.studio = Some(studio);
        live.stands_by(now, wall);
        live.record.opened.caller.clone()
    }

    /// Something happens to him there.
    pub(crate) fn in_studio(&mut self, call: CallRef, step: StudioStep, now: Timestamp) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        match step {
            StudioStep::Picked => {}
            StudioStep::Held => live.stands_by(now, wall),
            StudioStep::AtConsole => live.no_longer_stands_by(Side::Agent, now, wall),
            StudioStep::Left(exit) => {
                let by = if exit == Exit::Ended { Side::Caller } else { Side::System };
                live.no_longer_stands_by(by, now, wall);
            }
        }
    }

    /// He is on air with the console, or not any more.
    pub(crate) fn on_air(&mut self, call: CallRef, on: bool, now: Timestamp) {
        let wall = self.wall(now);
        let Some(live) = self.known(call) else { return };
        if on {
            let agent: Option<AgentRef> = live.talks.last().map(|talk| talk.agent);
            let segment = live.begin(SegmentKind::OnAir, live.record.group, agent, wall);
            live.on_air = Some((segment, now));
            live.record.on_air.get_or_insert(Duration::ZERO);
        } else if let Some((segment, since)) = live.on_air.take() {
            live.end(segment, wall, SegmentEnd::By(Side::System));
            *live.record.on_air.get_or_insert(Duration::ZERO) += whole(now.since(since));
        }
    }
}
