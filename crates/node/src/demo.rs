//! `sujie demo`: a busy hotline on one machine, with no phone at hand.
//!
//! ```text
//!   hotline ─TOML─▶ Config ─▶ Centre (the engine, as in `serve`) ◀═══ SIP and RTP over UDP ═══▶ street
//!      └──────────Day, accounts──────────────────────────────────────────────────────────────────┘
//!   Centre::board ─▶ screen (live)          records in SQLite ─recount─▶ summary ◀─ board, carrier
//! ```
//!
//! Carrier and agents are [`phones`]: they speak real SIP and RTP over sockets and never call into the engine.
//! Time is the hotline's: `--speed` divides every human span (talks, patience, ringing, wrap-up, the service
//! level's thresholds), and what is shown is what was measured, multiplied by it again.
//!
//! Ctrl-C ends it cleanly: the callers hang up, the phones leave, the summary is printed.
//!
//! Reading order: `hotline` (who is there) → `street` (sockets) → `screen` → `summary`.

mod hotline;
mod screen;
mod street;
mod summary;

pub use summary::Summary;

use crate::centre::Centre;
use crate::cli::Demo;
use crate::config::Config;
use crate::serve::Signals;
use anyhow::{Context, Result, anyhow};
use hotline::Hotline;
use report::counters::Limits;
use screen::{Moment, Screen};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use street::Street;

/// How often the board is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// After the doors have closed, callers may finish for so long on the hotline's clock; then they hang up.
const FINISH_MAX: Duration = Duration::from_secs(240);
/// The board is at most so old (the reporter makes it twice a second, and looks ten times).
const BOARD_MAX: Duration = Duration::from_secs(1);
/// Time for the last records to reach the disk.
const SETTLE_MAX: Duration = Duration::from_secs(5);

/// Plays the demonstration and prints its summary. The exit code is 1 when the summary does not reconcile to
/// the call records.
///
/// # Errors
/// When the engine cannot be started.
pub fn command(options: &Demo) -> Result<ExitCode> {
    let summary = run(options)?;
    if options.json {
        println!("{:#}", summary.json());
    } else {
        println!("{summary}");
    }
    Ok(if summary.reconciles() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays the demonstration.
///
/// # Errors
/// When the engine cannot be started or its records cannot be read.
pub fn run(options: &Demo) -> Result<Summary> {
    let signals = Signals::listen()?;
    let hotline = Hotline::new(options);
    let scratch = Scratch::new()?;
    // The centre of the demo lives in its own folder; a path that was given is one of the person's.
    let database = options.database.clone().unwrap_or_else(|| scratch.0.join("calls.db"));
    let database = std::path::absolute(database)?;
    let street = Street::open(&hotline)?;
    let config = configure(options, &hotline, &street, &scratch.0, &database)?;
    let limits = Limits::of(&config.report);
    let centre = Centre::start(config)?;

    let mut screen = Screen::open(options, &hotline, &centre, &database);
    let playing = street.play(&hotline, centre.sip_address())?;
    let closes = Duration::from_secs(options.seconds.into());
    let started = Instant::now();
    let scaled = |span: Duration| span.mul_f64(options.speed);
    while !playing.is_over() && signals.count() == 0 && !centre.broken() {
        let clock = scaled(started.elapsed());
        if clock >= closes {
            playing.close();
        }
        if clock >= closes + FINISH_MAX {
            break;
        }
        screen.show(&Moment { clock: clock.min(closes), board: &centre.board(), street: &playing.seen() });
        std::thread::sleep(LOOK_EVERY);
    }
    let interrupted = signals.count() > 0;
    let hotline_time = scaled(started.elapsed()).min(closes);
    let seen = playing.end()?;
    drop(screen);

    // The last events are folded within one look of the reporter; wait for the picture of an empty house.
    let settling = Instant::now();
    while centre.calls() > 0 && settling.elapsed() < SETTLE_MAX {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(BOARD_MAX);
    let board = centre.board();
    centre.stop(Duration::ZERO, || false);

    let records = store::Records::open_to_read(&database)?;
    let (run, _) = *records.runs()?.first().context("the engine has noted no run in its records")?;
    let totals = records.summary(run, &limits)?;
    Ok(Summary::new(options, &hotline, hotline_time, interrupted, &board, &totals, &seen)
        .kept_in(options.database.as_deref()))
}

/// Finds ports, writes the centre's configuration as text and reads it as any other.
fn configure(
    options: &Demo,
    hotline: &Hotline,
    street: &Street,
    scratch: &Path,
    database: &Path,
) -> Result<Config> {
    let sip = SocketAddr::from((Ipv4Addr::LOCALHOST, sip_port(options.port)?));
    let http = SocketAddr::from((Ipv4Addr::LOCALHOST, http_port(options.http_port)?));
    let journal = options.journal.as_ref().map(std::path::absolute).transpose()?;
    let record = options.record.as_ref().map(std::path::absolute).transpose()?;
    let text = hotline.configuration(
        sip,
        http,
        street.trunk(),
        &audio_ports(),
        scratch,
        database,
        journal.as_deref(),
        record.as_deref().map(|folder| (folder, &*options.format)),
    );
    Config::parse(&text, "demo.toml")
        .map_err(|mistakes| anyhow!("the demo's own configuration is wrong:\n{mistakes}"))
}

/// The wanted port, or any free one when somebody else has it: a demonstration should not fail for that.
fn sip_port(wanted: u16) -> Result<u16> {
    let free = |port| {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        let port = udp.local_addr().ok()?.port();
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
    };
    free(wanted).or_else(|| (0..20).find_map(|_| free(0))).context("no UDP port is free on 127.0.0.1")
}

fn http_port(wanted: u16) -> Result<u16> {
    let free = |port| Some(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?.local_addr().ok()?.port());
    free(wanted).or_else(|| free(0)).context("no TCP port is free on 127.0.0.1")
}

/// Ports for audio, below those that the system hands out. A centre or another demonstration that runs here has
/// taken the first ones of its range; then the other range is ours.
fn audio_ports() -> RangeInclusive<u16> {
    let (usual, other) = (20_000..=32_767, 10_000..=19_999);
    let free = |port| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    if usual.clone().take(16).all(free) { usual } else { other }
}

/// A directory of our own that goes away with us.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let base = std::env::temp_dir();
        for number in 0..1000 {
            let path = base.join(format!("sujie-demo-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("making {}", path.display())),
            }
        }
        Err(anyhow!("{} is full of old demonstrations; remove sujie-demo-*", base.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
