//! A running centre: all threads and all rings are made here, and nowhere else.
//!
//! ```text
//!             ┌───────────┐ commands (one ring a media thread) ┌─────────┐
//!  UDP ◀────▶ │  engine   │ ─────────────────────────────────▶ │ media 0…│ ◀────▶ RTP, RTCP
//!             │  (1)      │ ◀───────────────────────────────── │         │
//!             └─┬───────▲─┘ facts                              └────┬────┘
//!        events │       │ arrivals, answers, requests               │ telemetry
//!               ▼       │                                           ▼
//!             ┌───────┐ │    ┌─────────────────────┐      ┌────────────────┐
//!             │ report│ └─── │ rim (tokio, 1)      │      │ report (1)     │
//!             │       │ ───▶ │ TCP, DNS, HTTP      │      │ (same thread)  │
//!             └───┬───┘board └─────────────────────┘      └────────────────┘
//!                 └──▶ SQLite
//! ```
//!
//! Where a group records, media threads hand what is said to the thread "recorder", which writes files, and "recordings"
//! keeps their index ([`recording`]); "transcoder" makes Opus of finished files when nobody else wants the CPU. With `[node] journal` the engine's inputs also go, in chunks, to the thread "journal", which writes them.
//!
//! Sizes. A call is some 20 engine inputs and 12 events; at 1,000 calls a second the report, which looks each
//! 100 ms, finds 1,200 events: 65,536 is five seconds of that. A media thread takes 4 to 6 commands a call and
//! looks at once: 16,384 is three seconds. What does not fit waits in the producer ([`Outlet`]) while the
//! engine refuses new calls.

use crate::clock::Clock;
use crate::config::Config;
use crate::deeds::{Counter, Deeds};
use crate::engine_loop::{EngineLoop, Neighbors};
use crate::journal::{self, Keeper, Recorded};
use crate::net::doorbell::Doorbell;
use crate::net::outlet::Outlet;
use crate::net::streams::StreamRings;
use crate::net::udp::UdpSockets;
use crate::priority::{self, Role};
use crate::recording;
use crate::reporter::{Reporter, Status};
use crate::requests::Requests;
use crate::rim::Rim;
use crate::rtp::{Ports, Worker};
use anyhow::{Context, Result};
use base::Ring;
use call::Request;
use media::desk::Desk;
use report::Board;
use sip::leg::Transport;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use store::journal::{Header, Numbers, Writer};

const EVENTS: usize = 65_536;
const COMMANDS: usize = 16_384;
const FACTS: usize = 16_384;
const ARRIVALS: usize = 4_096;
const LOOKUPS: usize = 256;
const REQUESTS: usize = 1_024;
const TELEMETRY: usize = 16;
/// Time for the last BYEs when calls are cut off.
const RELEASE_MAX: Duration = Duration::from_secs(2);

/// A running centre. Dropping it ends it at once; [`Centre::stop`] ends it gracefully.
pub struct Centre {
    sip: Vec<(Transport, SocketAddr)>,
    http: Option<SocketAddr>,
    database: PathBuf,
    status: Arc<Status>,
    counter: Counter,
    requests: Requests,
    calls: Arc<AtomicUsize>,
    /// Ends the threads that carry calls, then the report, so that the last events are written.
    stop: Arc<AtomicBool>,
    stop_report: Arc<AtomicBool>,
    bells: Vec<Doorbell>,
    workers: Vec<JoinHandle<()>>,
    reporter: Option<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
    /// The recorder; then the index of recordings, to which the report's last notes go, and the transcoder.
    recording: Vec<(Arc<AtomicBool>, JoinHandle<()>)>,
    rim: Option<Rim>,
}

/// The configuration in force.
pub struct RunningPlan {
    /// As it is written, with the addresses that were asked for.
    pub config: Config,
}

impl Centre {
    /// Binds everything, opens the database, starts the threads.
    ///
    /// # Errors
    /// What could not be had (an address, the database, a clip), and what to do about it.
    pub fn start(mut config: Config) -> Result<Self> {
        raise_file_limit();
        let clock = Clock::start();
        config.call.acd.clock.epoch = clock.epoch();
        let written = config.clone();
        let (udp, tcp) = bind(&mut config)?;
        let sip: Vec<_> = config.sip.listen.clone();
        let clips = crate::prompts::load(&config.clips)?;
        for line in crate::prompts::wanting(&config.clips) {
            tracing::warn!("{line}");
        }
        let seed = secret()?;

        let (stop, stop_report) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let calls = Arc::<AtomicUsize>::default();
        let engine_bell = Doorbell::new().context("no file descriptor left for a doorbell")?;
        let rim_bell = Doorbell::new()?;
        let events = Ring::bounded(EVENTS);
        let requests = Requests::new(Ring::bounded(REQUESTS), engine_bell.clone());
        let streams = StreamRings {
            arrivals: Ring::bounded(ARRIVALS),
            engine: engine_bell.clone(),
            departures: Ring::bounded(ARRIVALS),
            dispatcher: rim_bell.clone(),
        };
        let (lookups, answers) = (Ring::bounded(LOOKUPS), Ring::bounded(LOOKUPS));
        let (engine_telemetry, media_telemetry) = (Ring::bounded(TELEMETRY), Ring::bounded(TELEMETRY));

        let mut bells = vec![engine_bell.clone(), rim_bell.clone()];
        let mut workers = Vec::new();
        let (mut media, mut media_facts) = (Vec::new(), Vec::new());
        let mut rings = Vec::new();
        let recorded = config.recording.any.then(recording::Rings::new);
        let ports = Arc::new(Ports::new(&config.call.audio.ports));
        let threads = config.node.media_threads.max(1);
        for number in 0..threads {
            let (commands, facts) = (Ring::bounded(COMMANDS), Ring::bounded(FACTS));
            let bell = Doorbell::new()?;
            media.push(Outlet::new(commands.clone(), Some(bell.clone())));
            media_facts.push(facts.clone());
            rings.push(gauge(format!("media_commands_{number}"), &commands));
            rings.push(gauge(format!("media_facts_{number}"), &facts));
            let worker = Worker {
                number,
                clock,
                desk: Desk::new(Arc::clone(&clips), seed[3] ^ number as u64),
                ports: Arc::clone(&ports),
                keeps_ports: threads == 1,
                commands,
                bell: bell.clone(),
                facts: Outlet::new(facts, Some(engine_bell.clone())),
                taped: recorded.as_ref().map(recording::Rings::tap),
                telemetry: media_telemetry.clone(),
                stop: Arc::clone(&stop),
            };
            bells.push(bell);
            workers.push(spawn(&format!("media-{number}"), Role::Media, move || worker.run())?);
        }
        if let Some(recorded) = &recorded {
            rings.push(gauge("recordings".into(), &recorded.taped));
        }
        rings.push(gauge("events".into(), &events));
        rings.push(gauge("stream_arrivals".into(), &streams.arrivals));
        rings.push(gauge("stream_departures".into(), &streams.departures));
        rings.push(gauge("lookups".into(), &lookups));
        rings.push(gauge("answers".into(), &answers));
        rings.push(gauge("requests".into(), requests.ring()));

        let neighbors = Neighbors {
            bell: engine_bell.clone(),
            media,
            media_facts,
            arrivals: streams.arrivals.clone(),
            departures: Outlet::new(streams.departures.clone(), Some(rim_bell.clone())),
            lookups: Outlet::new(lookups.clone(), Some(rim_bell)),
            answers: answers.clone(),
            requests: requests.ring().clone(),
            events: Outlet::new(events.clone(), None),
            telemetry: engine_telemetry.clone(),
            calls: Arc::clone(&calls),
            stop: Arc::clone(&stop),
        };

        let (tap, journal) = match &config.node.journal {
            Some(plan) => {
                let numbers = if plan.pseudonyms { Numbers::Pseudonyms(key()?) } else { Numbers::Plain };
                let (tap, chunks, spent) = journal::rings(numbers, journal::CHUNKS);
                rings.push(gauge("journal".into(), &chunks));
                (Some(tap), Some((plan, chunks, spent)))
            }
            None => (None, None),
        };

        let telemetry = (engine_telemetry, media_telemetry);
        let mut reporter = Reporter::open(&config, clock, events, telemetry, rings, requests.clone())?;
        let register = reporter.register();
        let groups: Vec<String> = config.call.acd.groups.iter().map(|group| group.name.clone()).collect();
        let remembered = {
            let register = register.lock();
            let at = report::UnixMs(clock.epoch().unix_millis(clock.now()));
            register.keep_plan(at, "start", &written.source.text, None)?;
            let lists = crate::lists::requests(&config, register.enlisted()?)?;
            let remembered = crate::deeds::remembered(&register, clock, &groups, &requests)?;
            let lists = lists.into_iter().map(|request| (requests.mint(), request));
            remembered.into_iter().chain(lists).collect::<Vec<_>>()
        };
        let status = reporter.status();
        let keeper = match (&tap, journal) {
            (Some(tap), Some((plan, chunks, spent))) => {
                let head = head(&config, clock, reporter.number(), seed[2], plan.pseudonyms);
                let writer = Writer::begin(&plan.directory, head, plan.limits)?;
                reporter.watch_journal(tap.counts());
                let (stop, counts) = (Arc::clone(&stop_report), tap.counts());
                let keeper = Keeper { writer, chunks, spent, counts, clock };
                Some(spawn("journal", Role::Report, move || {
                    keeper.run(&stop);
                    Ok(())
                })?)
            }
            _ => None,
        };
        let (stop_recorder, stop_index) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let mut recording = Vec::new();
        if let Some(rings) = recorded {
            let (recorder, index, transcoder) = rings.readers(&config, clock, reporter.number())?;
            let notes = rings.notes(&config, clock, reporter.number());
            reporter.note_recordings(notes, Arc::clone(&rings.counts));
            let of = |run: Run| run;
            for (name, role, stop, run) in [
                ("recorder", Role::Report, &stop_recorder, of(Box::new(|stop| recorder.run(stop)))),
                ("recordings", Role::Report, &stop_index, of(Box::new(|stop| index.run(stop)))),
                ("transcoder", Role::Background, &stop_index, of(Box::new(|stop| transcoder.run(stop)))),
            ] {
                let told = Arc::clone(stop);
                let thread = spawn(name, role, move || {
                    run(&told);
                    Ok(())
                })?;
                recording.push((Arc::clone(stop), thread));
            }
        }
        let reporting = Arc::clone(&stop_report);
        let reporter = spawn("report", Role::Report, move || {
            reporter.run(&reporting);
            Ok(())
        })?;

        let endpoint = sip::endpoint::Endpoint::new(config.sip.clone(), seed);
        let engine = call::Engine::new(config.call.clone(), seed[2]);
        let engine = Recorded::new(engine, tap);
        let mut engine_loop = EngineLoop::new(clock, udp, endpoint, engine, neighbors);
        engine_loop.remember(remembered);
        workers.push(spawn("engine", Role::Engine, move || engine_loop.run())?);

        let counter = Counter(Arc::new(Deeds {
            status: Arc::clone(&status),
            requests: requests.clone(),
            clock,
            token: config.node.http_token.clone(),
            numbers: config.sip.trunks.first().map(|trunk| trunk.numbers.clone()).unwrap_or_default(),
            database: config.node.database.clone(),
            register,
            plan: tokio::sync::Mutex::new(RunningPlan { config: written }),
            groups,
            agents: config.call.acd.agents.iter().map(|agent| agent.name.clone()).collect(),
            rosters: config.report.rosters.clone(),
            sites: config.report.sites.clone(),
            lists: config.call.lists.iter().map(|list| list.name.clone()).collect(),
            dispositions: config
                .report
                .dispositions
                .iter()
                .cloned()
                .zip(config.report.online.clone())
                .collect(),
            repeats: config.repeats.iter().map(|(list, _)| *list).collect(),
            studios: config.report.studios.clone(),
        }));
        let rim = Rim::start(&config, tcp, streams, lookups, answers, &engine_bell, counter.clone())?;
        Ok(Self {
            sip,
            http: rim.http(),
            database: config.node.database,
            status,
            counter,
            requests,
            calls,
            stop,
            stop_report,
            bells,
            workers,
            reporter: Some(reporter),
            keeper,
            recording,
            rim: Some(rim),
        })
    }

    /// The first UDP address on which SIP is spoken.
    #[must_use]
    pub fn sip_address(&self) -> SocketAddr {
        let udp = self.sip.iter().find(|(transport, _)| *transport == Transport::Udp);
        udp.or(self.sip.first()).map_or(SocketAddr::from(([127, 0, 0, 1], 5060)), |(_, address)| *address)
    }

    /// Where HTTP is served, if it is.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// The newest board.
    #[must_use]
    pub fn board(&self) -> Arc<Board> {
        self.status.board()
    }

    /// The file with the call records.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// The way in for requests.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Calls in progress.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Reads the configuration again and applies it, as `POST /api/v1/plan` does. What came of it is logged.
    pub fn reload(&self) {
        let deed = web::Deed::Plan { text: None, dry_run: false };
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "the configuration cannot be read again"),
        };
        match runtime.block_on(self.counter.0.act(deed, "SIGHUP".into())) {
            Ok(web::Answer::Plan(plan)) => {
                tracing::info!(
                    version = plan.version,
                    callers = plan.preview.callers.len(),
                    "the plan has changed"
                );
            }
            Ok(_) => {}
            Err(web::Refusal::Wrong(what, reasons) | web::Refusal::Cannot(what, reasons)) => {
                tracing::error!("the plan is as before: {what}");
                reasons.iter().for_each(|reason| tracing::error!("{reason}"));
            }
            Err(refusal) => tracing::error!(?refusal, "the plan is as before"),
        }
    }

    /// A thread of the centre has ended by itself: it cannot go on.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.workers.iter().any(JoinHandle::is_finished)
    }

    /// Takes no new calls, waits for the running ones up to `grace` (or until `hurry` says so), then ends.
    /// Returns how many calls were cut off.
    pub fn stop(self, grace: Duration, hurry: impl Fn() -> bool) -> usize {
        let _ = self.requests.ask(Request::Drain);
        self.wait_for_calls(grace, &hurry);
        let cut_off = self.calls();
        if cut_off > 0 {
            // Tell both sides of each (BYE) and keep the record whole, rather than fall silent.
            let _ = self.requests.ask(Request::ReleaseAll);
            self.wait_for_calls(RELEASE_MAX, &|| false);
        }
        // The last BYEs get their answers, the last audio reports their way to the record.
        std::thread::sleep(Duration::from_millis(200));
        cut_off
    }

    fn wait_for_calls(&self, most: Duration, hurry: &impl Fn() -> bool) {
        let started = Instant::now();
        while self.calls() > 0 && started.elapsed() < most && !self.broken() && !hurry() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for bell in &self.bells {
            bell.wake();
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
        let mut recording = self.recording.drain(..);
        end(recording.next());
        self.stop_report.store(true, Ordering::Relaxed);
        for thread in [self.reporter.take(), self.keeper.take()].into_iter().flatten() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        recording.for_each(|thread| end(Some(thread)));
        self.rim.take();
    }
}

/// What a thread does until it is told to stop.
type Run = Box<dyn FnOnce(&AtomicBool) + Send>;

/// Tells a thread to stop, and waits for it.
fn end(thread: Option<(Arc<AtomicBool>, JoinHandle<()>)>) {
    if let Some((stop, thread)) = thread {
        stop.store(true, Ordering::Relaxed);
        thread.thread().unpark();
        let _ = thread.join();
    }
}

/// The head of the journal: what the engine is made of.
fn head(config: &Config, clock: Clock, run: u64, seed: u64, pseudonyms: bool) -> Header {
    Header {
        engine: env!("CARGO_PKG_VERSION").into(),
        epoch: clock.epoch(),
        run,
        seed,
        plan: Header::fingerprint(&config.call),
        pseudonyms,
        file: config.source.file.clone(),
        config: config.source.text.clone(),
        ..Header::default()
    }
}

/// A key for pseudonyms, from the system; nobody keeps it.
fn key() -> Result<[u64; 2]> {
    secret().map(|[first, second, ..]| [first, second])
}

/// A ring as metrics see it: name, depth, refusals.
pub struct RingGauge {
    /// Name in the metric's label.
    pub name: String,
    /// Values that wait, and refusals since the start.
    pub read: Box<dyn Fn() -> (usize, u64) + Send>,
}

fn gauge<T: Send + 'static>(name: String, ring: &Ring<T>) -> RingGauge {
    let ring = ring.clone();
    RingGauge { name, read: Box::new(move || (ring.depth(), ring.refused())) }
}

fn spawn(
    name: &str,
    role: Role,
    run: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<JoinHandle<()>> {
    let named = name.to_owned();
    let body = move || {
        priority::set(role);
        if let Err(error) = run() {
            tracing::error!(thread = named, %error, "a thread has ended; the process cannot go on");
        }
    };
    Builder::new()
        .name(format!("sujie-{name}"))
        .spawn(body)
        .with_context(|| format!("starting thread {name}"))
}

/// Binds SIP's sockets and writes the ports that the system chose (for port 0) back into the plan.
fn bind(config: &mut Config) -> Result<(UdpSockets, Vec<TcpListener>)> {
    let of = |wanted: Transport, listen: &[(Transport, SocketAddr)]| -> Vec<SocketAddr> {
        listen.iter().filter(|(transport, _)| *transport == wanted).map(|(_, address)| *address).collect()
    };
    let remedy = "is another program using it, or is it not an address of this machine? See [sip] listen";
    let udp = UdpSockets::bind(&of(Transport::Udp, &config.sip.listen))
        .map_err(|(address, error)| anyhow::anyhow!("UDP {address} cannot be bound: {error}; {remedy}"))?;
    let bound = udp.addresses();
    let mut tcp = Vec::new();
    for mut address in of(Transport::Tcp, &config.sip.listen) {
        // Port 0 asks for "the same as UDP": SIP expects both on one port.
        if address.port() == 0 {
            let same = bound.iter().find(|udp| udp.ip() == address.ip());
            address.set_port(same.map_or(0, SocketAddr::port));
        }
        let listener =
            TcpListener::bind(address).with_context(|| format!("TCP {address} cannot be bound; {remedy}"))?;
        listener.set_nonblocking(true)?;
        tcp.push(listener);
    }
    let mut listen: Vec<_> = bound.into_iter().map(|address| (Transport::Udp, address)).collect();
    for listener in &tcp {
        listen.push((Transport::Tcp, listener.local_addr()?));
    }
    config.sip.listen = listen;
    Ok((udp, tcp))
}

/// Each call in progress holds four sockets, so the usual 1,024 files are few: take what the system allows.
fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_err()
    {
        tracing::warn!(soft, hard, "the file limit could not be raised; calls at once are bounded by it");
    }
}

/// Secret numbers for tags, nonces and tables, from the system.
fn secret() -> Result<[u64; 4]> {
    use std::io::Read;
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("reading /dev/urandom for secret numbers")?;
    let mut seed = [0; 4];
    for (number, chunk) in seed.iter_mut().zip(bytes.chunks_exact(8)) {
        *number = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
    }
    Ok(seed)
}
