//! The engine as a process of its own: a generated centre, `sujie serve --config`, and its end.

use crate::backlog;
use crate::machine::command_on;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Realm and domain of the accounts.
const REALM: &str = "sujie";

/// Its audio ports.
const AUDIO: RangeInclusive<u16> = 12_000..=29_999;
/// Seconds for which another program may keep some of them.
const PORTS_PATIENCE: u32 = 60;

/// Lines of its log that are shown at its end.
const LOG_SHOWN: usize = 10;

/// How the centre differs from the plainest one.
#[derive(Clone, Copy, Debug, Default)]
pub struct CentreOptions {
    /// Callers hear music while they wait.
    pub music: bool,
    /// Talks are recorded.
    pub record: bool,
    /// Earlier talks that it makes Opus of meanwhile.
    pub backlog: u32,
}

/// A running engine. It is ended when this is dropped.
pub struct Engine {
    child: Child,
    directory: PathBuf,
    /// Where it speaks SIP over UDP.
    pub sip: SocketAddr,
    /// Where it serves HTTP.
    pub http: SocketAddr,
}

impl Engine {
    /// Account of an agent.
    #[must_use]
    pub fn agent_user(place: usize) -> String {
        format!("{}", 8000 + place)
    }

    /// Domain of the accounts.
    pub const DOMAIN: &str = REALM;

    /// Password of an agent.
    #[must_use]
    pub fn agent_password(place: usize) -> String {
        format!("load-phone-{place}")
    }

    /// Starts it on processor 0 and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start; what it said is in the error.
    pub fn start(binary: &Path, options: &CentreOptions, agents: usize, trunk: SocketAddr) -> Result<Self> {
        audio_ports_are_free()?;
        let directory = std::env::temp_dir().join(format!("sujie-load-{}-{}", std::process::id(), unique()));
        std::fs::create_dir_all(&directory)?;
        let (sip, http) = (free_udp()?, free_tcp()?);
        let file = directory.join("centre.toml");
        backlog::lay(&directory, options.backlog)?;
        std::fs::write(&file, centre(options, agents, trunk, sip, http, &directory))?;
        let log = std::fs::File::create(directory.join("log"))?;
        let child = command_on(0, binary)
            .args(["serve", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting the engine")?;
        let mut engine = Self { child, directory, sip, http };
        engine.wait_until_ready()?;
        Ok(engine)
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the engine ended with {status}");
            }
            if get(self.http, "/readyz").is_ok_and(|status| status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the engine is not ready after 20 s; see {}", self.directory.display());
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // It logs warnings and worse only, beside what was asked of it: whatever is there belongs to the figures.
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        for line in log.lines().filter(|line| !line.contains(" INFO audit: ")).take(LOG_SHOWN) {
            eprintln!("the engine says: {line}");
        }
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// Status of a GET.
///
/// # Errors
/// When nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no HTTP answer")
}

/// Asks for a deed; the answer's status and body.
///
/// # Errors
/// When nobody answers.
pub fn post(address: SocketAddr, path: &str, body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nX-Operator: load\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no HTTP answer")?;
    Ok((status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())))
}

/// Sum over a metric's series, as `/metrics` shows them.
///
/// # Errors
/// When nobody answers.
pub fn metric(address: SocketAddr, name: &str) -> Result<f64> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let of_name = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
    };
    let values =
        answer.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(values.sum())
}

/// Another program on these ports, such as a centre or its tests, would make calls fail for want of audio.
fn audio_ports_are_free() -> Result<()> {
    let taken = || AUDIO.clone().find(|port| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, *port)).is_err());
    for _ in 0..PORTS_PATIENCE {
        if taken().is_none() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    match taken() {
        Some(port) => bail!("UDP port {port} is taken by another program; {AUDIO:?} must be free"),
        None => Ok(()),
    }
}

/// A port that was free a moment ago. The engine is told its ports in its configuration, so it cannot choose.
fn free_udp() -> Result<SocketAddr> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?)
}

fn free_tcp() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn unique() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.as_nanos())
}

/// The centre as text. One group, everybody in it; nothing that a figure would not need.
fn centre(
    options: &CentreOptions,
    agents: usize,
    trunk: SocketAddr,
    sip: SocketAddr,
    http: SocketAddr,
    directory: &Path,
) -> String {
    let (group_music, clip) = if options.music {
        ("music = \"music\"\n", "\n[clips.music]\nbuiltin = \"music\"\n")
    } else {
        ("", "")
    };
    let record = if options.record { "record = true\n" } else { "" };
    let mut text = format!(
        r#"[node]
http = "{http}"
directory = "{directory}"
database = "sujie.db"

[log]
level = "warn"

[sip]
listen = ["udp:{sip}"]
realm = "{REALM}"

[sip.limits] # one source is the whole load here
legs = 100000
transactions = 200000
invites_per_second = 1000000
strangers_per_second = 1000000

[audio]
ports = "{first}-{last}" # below those that the system gives to the harness; the engine keeps a file open for each
port_rest = "200ms"
silence_max = "0s" # most of these callers say nothing

[calls]
max = 4500

[groups.general]
title = "民生"
line_max = 100000
ring = "20s"
wrap_up = "0s"
{record}{group_music}
[trunks.carrier]
networks = ["{trunk_ip}"]
host = "{trunk_ip}"
port = {trunk_port}

[flows.general]
group = "general"

[[entries]]
trunk = "carrier"
called = "12345"
flow = "general"
{clip}"#,
        directory = directory.display(),
        first = AUDIO.start(),
        last = AUDIO.end(),
        trunk_ip = trunk.ip(),
        trunk_port = trunk.port(),
    );
    for place in 0..agents {
        let (user, password) = (Engine::agent_user(place), Engine::agent_password(place));
        text.push_str(&format!("\n[agents.{user}]\npassword = \"{password}\"\nskills = {{ general = 5 }}\n"));
    }
    text
}
