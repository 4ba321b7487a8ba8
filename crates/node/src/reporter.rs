//! The report's thread: events in; board, metrics and records out.
//!
//! ```text
//! engine ─events, ring─▶ report::Report ─┬─ board ─▶ Status (HTTP, terminal)
//!                     │                  ├─ Live ─▶ Status; open callbacks, refused numbers, shows ─▶ Register
//!                     └─ answers ─▶ who waits for them (HTTP)
//! engine, media ─telemetry─▶ metrics     └─ records ─▶ store::Backlog ─▶ SQLite, every flush interval
//! ```
//!
//! It looks at its ring ten times a second instead of being woken per event: a board may be late by that,
//! and a thousand wake-ups a second are saved. While somebody waits for an answer it looks more often. A slow
//! disk delays records, never calls.

use crate::callbacks::Callbacks;
use crate::centre::RingGauge;
use crate::clock::Clock;
use crate::config::Config;
use crate::deeds::SharedRegister;
use crate::dialed::Dialed;
use crate::engine_loop;
use crate::journal::Counts;
use crate::live::Live;
use crate::metrics::{Metrics, Sample};
use crate::recording::notes::Notes;
use crate::repeats::Repeats;
use crate::requests::Requests;
use crate::shows::Shows;
use crate::{recording, rtp};
use acd::AgentRef;
use anyhow::{Context, Result};
use base::{Ring, Timestamp};
use call::Resolver;
use call::event::{Event, Stamped};
use call::plan::DispositionRef;
use parking_lot::{Mutex, RwLock};
use report::{Board, Out, Report, UnixMs, words};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use store::register::AuditRow;
use store::{Backlog, Numbers, Records, Register, Writer};
use web::board::Live as Picture;

/// How often the ring is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often while somebody waits for an answer.
const LOOK_OFTEN: Duration = Duration::from_millis(2);
/// How often the board is made anew.
const BOARD_EVERY: Duration = Duration::from_millis(500);
/// How often metrics are published.
const METRICS_EVERY: Duration = Duration::from_secs(1);
/// Records kept in memory while the disk is full or busy.
const BACKLOG_MAX: usize = 200_000;
/// After a write has failed, the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The engine's telemetry is older than this: its thread stands still.
const STALE: Duration = Duration::from_secs(5);
/// Audio reports of the last calls may come so long after the end.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What other threads may read: the newest board and whether all is well.
pub struct Status {
    board: RwLock<Arc<Board>>,
    live: RwLock<Arc<Picture>>,
    health: RwLock<Vec<String>>,
    metrics: Metrics,
}

impl Status {
    /// The newest board.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board.read())
    }

    /// Who waits, and why.
    pub fn live(&self) -> Arc<Picture> {
        Arc::clone(&self.live.read())
    }

    /// Why calls cannot be taken; empty when they can.
    pub fn unready(&self) -> Vec<String> {
        self.health.read().clone()
    }

    /// All metrics in Prometheus' text format.
    pub fn metrics(&self) -> String {
        self.metrics.render()
    }
}

/// The thread's belongings.
pub struct Reporter {
    clock: Clock,
    report: Report,
    out: Out,
    run: u64,
    writer: Option<Writer>,
    backlog: Backlog,
    flush_every: Duration,
    next_flush: Timestamp,
    next_board: Timestamp,
    next_metrics: Timestamp,
    failing: bool,
    events: Ring<Stamped>,
    engine: Ring<engine_loop::Telemetry>,
    media: Ring<rtp::Telemetry>,
    last_engine: Option<engine_loop::Telemetry>,
    heard_engine: Timestamp,
    last_media: Vec<rtp::Telemetry>,
    rings: Vec<RingGauge>,
    journal: Option<Arc<Counts>>,
    recordings: Option<(Notes, Arc<recording::Counts>)>,
    live: Live,
    callbacks: Callbacks,
    dialed: Dialed,
    repeats: Repeats,
    shows: Shows,
    register: SharedRegister,
    requests: Requests,
    status: Arc<Status>,
}

impl Reporter {
    /// Opens the database, closes what a killed run left open, begins a run.
    ///
    /// # Errors
    /// When the database cannot be opened or written, or metrics cannot be set up.
    pub fn open(
        config: &Config,
        clock: Clock,
        events: Ring<Stamped>,
        (engine, media): (Ring<engine_loop::Telemetry>, Ring<rtp::Telemetry>),
        rings: Vec<RingGauge>,
        requests: Requests,
    ) -> Result<Self> {
        let at = UnixMs(clock.epoch().unix_millis(clock.now()));
        if let Some(folder) = config.node.database.parent() {
            std::fs::create_dir_all(folder).with_context(|| {
                format!("the folder {} of the call records cannot be made", folder.display())
            })?;
        }
        let mut records = Records::open(&config.node.database)?;
        let orphans = records.close_orphans(at)?;
        if orphans > 0 {
            tracing::warn!(calls = orphans, "calls of a run that was killed are closed as lost");
        }
        let mut repeats = Repeats::new(&config.repeats);
        if let Some(within) = repeats.longest() {
            let since = UnixMs(at.0.saturating_sub(within.as_millis() as u64));
            for (number, last) in records.callers_since(since)? {
                repeats.called(&number, last);
            }
        }
        let run = records.begin_run(at)?;
        let register = Arc::new(Mutex::new(Register::open(&config.node.database)?));
        let plan = report::Plan { epoch: clock.epoch(), run, ..config.report.clone() };
        let writer = records.writer(&plan, Numbers::Plain)?;
        let report = Report::new(plan);
        let status = Arc::new(Status {
            board: RwLock::new(Arc::new(report.board(clock.now()))),
            live: RwLock::default(),
            health: RwLock::new(vec!["the engine has not spoken yet".into()]),
            metrics: Metrics::new(&config.report)?,
        });
        Ok(Self {
            clock,
            report,
            out: Out::default(),
            run,
            writer: Some(writer),
            backlog: Backlog::new(BACKLOG_MAX),
            flush_every: config.node.record_flush,
            next_flush: Timestamp::START,
            next_board: Timestamp::START,
            next_metrics: Timestamp::START,
            failing: false,
            events,
            engine,
            media,
            last_engine: None,
            heard_engine: Timestamp::START,
            last_media: Vec::new(),
            rings,
            journal: None,
            recordings: None,
            live: Live::new(config.call.acd.groups.len()),
            callbacks: Callbacks::new(&config.report.groups, clock),
            dialed: Dialed::new(&config.report.agents, clock),
            repeats,
            shows: Shows::new(run, &config.report.studios),
            register,
            requests,
            status,
        })
    }

    /// Number of this run.
    pub fn number(&self) -> u64 {
        self.run
    }

    /// Shows in metrics what becomes of the journal.
    pub fn watch_journal(&mut self, counts: Arc<Counts>) {
        self.journal = Some(counts);
    }

    /// Notes what is recorded, for the index, and shows in metrics what becomes of it.
    pub fn note_recordings(&mut self, notes: Notes, counts: Arc<recording::Counts>) {
        self.recordings = Some((notes, counts));
    }

    /// What other threads may read.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// What people have set, in the same file.
    pub fn register(&self) -> SharedRegister {
        Arc::clone(&self.register)
    }

    /// Runs until told to stop, then writes what is left.
    pub fn run(mut self, stop: &AtomicBool) {
        let waiting = self.requests.waiting();
        waiting.seen_here();
        while !stop.load(Ordering::Relaxed) {
            thread::park_timeout(if waiting.any() { LOOK_OFTEN } else { LOOK_EVERY });
            self.look();
        }
        thread::sleep(LAST_WORDS);
        self.take_events();
        self.report.finish(&mut self.out);
        self.report.end_shows(self.clock.now(), &mut self.out);
        self.shows.take(&mut self.out.shows);
        self.shows.write(Timestamp::NEVER, &self.register);
        self.backlog.take(&mut self.out);
        self.write();
        self.callbacks.write(self.clock.now(), &self.register);
        self.dialed.write(&self.register);
        self.publish_board();
        let at = UnixMs(self.clock.epoch().unix_millis(self.clock.now()));
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.finish(self.run, at)
        {
            tracing::error!(%error, "the end of the run could not be noted");
        }
    }

    fn look(&mut self) {
        self.take_events();
        let now = self.clock.now();
        self.report.tick(now, &mut self.out);
        for record in &self.out.closed {
            self.status.metrics.observe_record(record);
            self.repeats.closed(record);
        }
        self.repeats.tell(UnixMs(self.clock.epoch().unix_millis(now)), &self.requests);
        self.shows.take(&mut self.out.shows);
        self.shows.write(now, &self.register);
        self.backlog.take(&mut self.out);
        if now >= self.next_flush {
            self.next_flush = now + self.flush_every;
            self.write();
        }
        self.take_telemetry(now);
        self.callbacks.write(now, &self.register);
        self.dialed.write(&self.register);
        if now >= self.next_board {
            self.next_board = now + BOARD_EVERY;
            self.live.ask(now, &self.requests);
            self.publish_board();
        }
        if now >= self.next_metrics {
            self.next_metrics = now + METRICS_EVERY;
            self.publish_metrics(now);
        }
    }

    fn take_events(&mut self) {
        // Bounded by the ring's size, so that a flood of events cannot keep us here.
        for _ in 0..self.events.capacity() {
            let Some(event) = self.events.pop() else { break };
            self.report.fold(&event, &mut self.out);
            self.live.take(&event);
            self.callbacks.take(&event, &self.live);
            self.dialed.take(&event);
            if let Some((notes, _)) = &mut self.recordings {
                notes.take(&event, &self.report);
            }
            match event.event {
                Event::Alert(alert) => self.alert(alert),
                Event::Disposed { agent, disposition, by, phone: true, .. } => {
                    self.audit(agent, disposition, by);
                }
                _ => {}
            }
            if let Some(why) = self.requests.waiting().heard(&event.event) {
                tracing::debug!(why, "a request was refused");
            }
        }
        if let Some((notes, _)) = &mut self.recordings {
            notes.flush();
        }
    }

    /// A code that an agent dialed is noted like a request of his.
    fn audit(&self, agent: AgentRef, disposition: DispositionRef, by: Resolver) {
        let board = self.status.board();
        let agent = board.agents.get(agent.index()).map_or("?", |agent| agent.key.as_str());
        let result = board.dispositions.get(disposition.index()).map_or("?", String::as_str);
        let row = AuditRow {
            at: UnixMs(self.clock.epoch().unix_millis(self.clock.now())),
            operator: agent.to_owned(),
            deed: format!("agent {agent}: disposition {result}, by {}, at his phone", words::resolver(by)),
            outcome: "done".to_owned(),
        };
        tracing::info!(target: "audit", operator = row.operator, deed = row.deed, outcome = row.outcome, "deed");
        if let Err(error) = self.register.lock().audit(&row) {
            tracing::error!(%error, "a deed could not be noted in the records");
        }
    }

    /// What a supervisor should know is in the log with keys, too.
    fn alert(&self, alert: acd::Alert) {
        let board = self.status.board();
        match alert {
            acd::Alert::RingNoAnswer { agent, in_a_row } => {
                let agent = board.agents.get(agent.index()).map_or("?", |agent| agent.key.as_str());
                tracing::warn!(agent, in_a_row, "an agent does not answer his phone");
            }
            acd::Alert::Surge { group, on, mode } => {
                let group = board.groups.get(group.index()).map_or("?", |group| group.key.as_str());
                tracing::warn!(group, ?mode, "{}", if on { "a surge begins" } else { "a surge is over" });
            }
        }
    }

    fn write(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        if self.backlog.is_empty() {
            return;
        }
        match self.backlog.flush(writer) {
            Ok(_) if self.failing => {
                self.failing = false;
                tracing::info!("call records are written again");
            }
            Ok(_) => {}
            Err(error) => {
                self.next_flush = self.clock.now() + RETRY_AFTER;
                if !self.failing {
                    self.failing = true;
                    tracing::error!(%error, waiting = self.backlog.len(), "call records cannot be written; they wait in memory");
                }
            }
        }
    }

    fn take_telemetry(&mut self, now: Timestamp) {
        while let Some(telemetry) = self.engine.pop() {
            self.last_engine = Some(telemetry);
            self.heard_engine = now;
        }
        while let Some(telemetry) = self.media.pop() {
            match self.last_media.iter_mut().find(|known| known.worker == telemetry.worker) {
                Some(known) => *known = telemetry,
                None => self.last_media.push(telemetry),
            }
        }
    }

    fn publish_board(&mut self) {
        let board = Arc::new(self.report.board(self.clock.now()));
        *self.status.board.write() = board;
        *self.status.live.write() = Arc::new(self.live.picture());
    }

    fn publish_metrics(&mut self, now: Timestamp) {
        let (board, live) = (self.status.board(), self.status.live());
        self.status.metrics.publish(&Sample {
            board: &board,
            live: &live,
            engine: self.last_engine.as_ref(),
            media: &self.last_media,
            rings: &self.rings,
            backlog: self.backlog.len(),
        });
        if let Some(counts) = &self.journal {
            self.status.metrics.publish_journal(counts);
        }
        if let Some((_, counts)) = &self.recordings {
            self.status.metrics.publish_recordings(counts);
        }
        let mut unready = Vec::new();
        match &self.last_engine {
            _ if now.since(self.heard_engine) > STALE => {
                unready.push("the engine's thread stands still".to_owned());
            }
            None => unready.push("the engine has not spoken yet".into()),
            Some(engine) if engine.overloaded => {
                unready.push(format!("overloaded: datagrams wait {} ms", engine.lag.as_millis()));
            }
            Some(_) => {}
        }
        if self.failing {
            unready.push(format!("call records cannot be written; {} wait in memory", self.backlog.len()));
        }
        *self.status.health.write() = unready;
    }
}
