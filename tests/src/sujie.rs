//! The real program: `sujie serve` as a process of its own, on loopback addresses of its own.
//!
//! ```text
//!   Plan ──centre.toml──▶ sujie serve ◀──SIP, RTP── phones, carrier (other processes)
//!                            │  └─▶ centre.db ──▶ calls()        what was recorded
//!                            └─▶ HTTP ──────────▶ board(), page() what is shown
//! ```
//!
//! Each centre has a network of its own in 127.0.0.0/8 and ports that the system chose, so that any number of them
//! run side by side: the centre is 127.a.b.1, the carrier .2, phones .10 and on, strangers .200 and on. With IPv6
//! all are ::1. [`Sujie::close`] stops it, and holds what every test holds: it ends well and its counters add up.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::{Filter, Records, StoredCall};

/// How long anything may take that takes a moment.
pub const SOON: Duration = Duration::from_secs(10);
/// How often something is looked at that must become true.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Ports for audio of one centre.
const AUDIO_PORTS: u16 = 80;
/// Domain of the phones' accounts.
pub const REALM: &str = "test.example";

/// A centre as a test wants it; lines are TOML.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Over IPv6.
    pub ipv6: bool,
    /// Work numbers and skill levels, 0 for no skill; passwords are [`password`].
    pub agents: Vec<(&'static str, u8)>,
    /// How long a phone rings.
    pub ring: &'static str,
    /// More lines of the flow.
    pub flow: &'static str,
    /// More lines of the group.
    pub group: &'static str,
    /// More lines of `[node]`.
    pub node: &'static str,
    /// Work numbers of those who supervise.
    pub supervisors: Vec<&'static str>,
    /// More tables.
    pub tables: &'static str,
    /// The digests that phones are asked for.
    pub digest: &'static str,
    /// Lines of `[sip.timers]`.
    pub timers: &'static str,
    /// Lines of `[sip.limits]`.
    pub limits: &'static str,
    /// 1 kB blocks to which the process may make a file grow.
    pub file_blocks_max: Option<u32>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            ipv6: false,
            agents: vec![("8001", 9), ("8002", 5)],
            ring: "20s",
            flow: "",
            group: "",
            node: "",
            supervisors: Vec::new(),
            tables: "",
            // SIPp looks at the first challenge only, and its usual build cannot do SHA-256.
            digest: r#"["md5", "sha256"]"#,
            timers: "",
            limits: "",
            file_blocks_max: None,
        }
    }
}

/// The password of an agent's phone.
#[must_use]
pub fn password(agent: &str) -> String {
    format!("secret-of-{agent}")
}

/// A running centre.
pub struct Sujie {
    plan: Plan,
    child: Child,
    directory: PathBuf,
    network: u32,
    /// First port of audio.
    audio: u16,
    /// Where SIP is spoken, over UDP and TCP.
    pub sip: SocketAddr,
    /// Where HTTP is.
    pub http: SocketAddr,
}

impl Sujie {
    /// Starts a centre and waits until it takes calls.
    ///
    /// # Panics
    /// When the program is missing or does not come up.
    #[must_use]
    pub fn start(plan: Plan) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Neighbors in the same process differ in the last byte, processes in the other one.
        let network = (std::process::id() % 199 + 16) << 8 | NEXT.fetch_add(1, Ordering::Relaxed) & 0xFF;
        let directory = std::env::temp_dir().join(format!("sujie-{}-{network:x}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory for the centre");
        let ip = address(plan.ipv6, network, 1);
        let sip = free_port(ip);
        let http = SocketAddr::new(address(false, network, 1), free_port(address(false, network, 1)).port());
        let mut started =
            Self { child: idle(), plan, directory, network, audio: free_range(network), sip, http };
        let text = started.configuration();
        fs::write(started.directory.join("centre.toml"), text).expect("centre.toml is written");
        started.run();
        started
    }

    /// Starts the program again after it has ended.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        self.run();
    }

    fn run(&mut self) {
        let log = File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let mut command = match self.plan.file_blocks_max {
            // A file that would grow beyond the limit gives an error, not the signal SIGXFSZ.
            Some(blocks) => {
                let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", blocks * 2);
                let mut shell = Command::new("sh");
                shell.args(["-c", &script]).arg(program()).env("SUJIE_LOG", "warn");
                shell
            }
            None => Command::new(program()),
        };
        command.args(["serve", "--config"]).arg(self.directory.join("centre.toml"));
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        self.child = command.spawn().expect("the program starts");
        let begun = Instant::now();
        loop {
            if self.try_page("/readyz").is_some_and(|(status, _)| status == 200) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                panic!("sujie has ended with {status} instead of coming up:\n{}", self.log());
            }
            assert!(begun.elapsed() < SOON, "sujie does not come up:\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn configuration(&self) -> String {
        let Plan { ring, flow, group, node, digest, timers, limits, tables, .. } = &self.plan;
        let (at, http, carrier) = (self.sip, self.http, self.carrier());
        let directory = self.directory.display();
        let (first, last) = (self.audio, self.audio + AUDIO_PORTS - 1);
        let mut text = format!(
            r#"
[node]
http = "{http}"
directory = "{directory}"
database = "centre.db"
{node}
[sip]
listen = ["udp:{at}", "tcp:{at}"]
realm = "{REALM}"
digest = {digest}
[sip.timers]
register_min = "1s"
{timers}
[sip.limits]
{limits}
[numbers]
country = "86"
area = "527"
national_prefix = "0"
international_prefix = "00"
short = ["12345"]
[trunks.carrier]
networks = ["{carrier}"]
host = "{carrier}"
port = 5060
transport = "udp"
options_every = "0s"
[audio]
ports = "{first}-{last}"
[clips]
music = {{ builtin = "music" }}
beep = {{ builtin = "beep" }}
[calls]
max = 20
register_signs_in = true
[sites]
city = {{ title = "市本级" }}
[groups.general]
title = "民生"
ring = "{ring}"
wrap_up = "0s"
music = "music"
{group}
[flows.main]
group = "general"
{flow}
[[entries]]
called = "12345"
flow = "main"
{tables}
[agents]
"#
        );
        for (agent, level) in &self.plan.agents {
            let password = password(agent);
            let supervisor = self.plan.supervisors.contains(agent);
            let skills = if *level > 0 { format!("general = {level}") } else { String::new() };
            let line = format!(
                r#"{{ site = "city", password = "{password}", skills = {{ {skills} }}, supervisor = {supervisor} }}"#
            );
            writeln!(text, "{agent} = {line}").expect("text");
        }
        text
    }

    /// Address of the carrier: the only one whose calls are taken.
    #[must_use]
    pub fn carrier(&self) -> IpAddr {
        address(self.plan.ipv6, self.network, 2)
    }

    /// Address of an agent's phone.
    ///
    /// # Panics
    /// When there is no such agent.
    #[must_use]
    pub fn phone(&self, agent: &str) -> IpAddr {
        let place = self.plan.agents.iter().position(|(key, _)| *key == agent).expect("an agent of the plan");
        address(self.plan.ipv6, self.network, 10 + u8::try_from(place).expect("few agents"))
    }

    /// Address of somebody whom nobody knows.
    #[must_use]
    pub fn stranger(&self, number: u8) -> IpAddr {
        address(self.plan.ipv6, self.network, 200 + number)
    }

    /// Where the centre and those who play with it write.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.join("centre.log")
    }

    /// What the program has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// A page: status and body.
    ///
    /// # Panics
    /// When nobody answers.
    #[must_use]
    pub fn page(&self, path: &str) -> (u16, String) {
        self.try_page(path).unwrap_or_else(|| panic!("no answer to GET {path}:\n{}", self.log()))
    }

    /// A request that changes something, in the name of a supervisor, with more headers, each with its line's end;
    /// status and body.
    ///
    /// # Panics
    /// When nobody answers.
    #[must_use]
    pub fn ask_with(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect_timeout(&self.http, SOON).expect("HTTP is served");
        stream.set_read_timeout(Some(SOON)).expect("a socket");
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nX-Operator: li\r\n{headers}Content-Length: {}\r\n\r\n",
            self.http,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {body}")))
    }

    /// The same without further headers.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.ask_with(method, path, "", body)
    }

    /// The configuration as it is written.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn written(&self) -> String {
        fs::read_to_string(self.directory.join("centre.toml")).expect("centre.toml is there")
    }

    /// Writes the configuration anew.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, text: &str) {
        fs::write(self.directory.join("centre.toml"), text).expect("centre.toml is written");
    }

    fn try_page(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.http, SOON).ok()?;
        stream.set_read_timeout(Some(SOON)).ok()?;
        // HTTP/1.0: the body ends with the connection, whole and in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.http).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// The board at this moment.
    ///
    /// # Panics
    /// When it is no JSON.
    #[must_use]
    pub fn board(&self) -> Value {
        let (status, body) = self.page("/api/v1/board");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("the board is JSON")
    }

    /// Waits until a number on the board has a value. The path is a JSON pointer: `/total/waiting`.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn shows(&self, pointer: &str, value: impl Into<Value>) {
        let value = value.into();
        let begun = Instant::now();
        loop {
            let board = self.board();
            let found =
                board.pointer(pointer).unwrap_or_else(|| panic!("the board has no {pointer}: {board:#}"));
            if *found == value {
                return;
            }
            assert!(begun.elapsed() < SOON, "{pointer} is {found}, not {value}\n{board:#}\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until an agent is in a state; for one who is not ready, with this reason.
    ///
    /// # Panics
    /// When he does not come into it, or there is no such agent.
    pub fn shows_agent(&self, agent: &str, state: &str, reason: Option<&str>) {
        let board = self.board();
        let agents = board["agents"].as_array().expect("agents");
        let place = agents.iter().position(|one| one["key"] == agent).expect("an agent of the board");
        self.shows(&format!("/agents/{place}/state"), state);
        if let Some(reason) = reason {
            self.shows(&format!("/agents/{place}/reason"), reason);
        }
    }

    /// The calls that are recorded so far, oldest first.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn calls(&self) -> Vec<StoredCall> {
        let records = Records::open_to_read(self.directory.join("centre.db")).expect("records can be read");
        let mut calls = records.calls(&Filter::default()).expect("calls can be read");
        calls.reverse();
        calls
    }

    /// Waits until so many calls are recorded and all of them are over.
    ///
    /// # Panics
    /// When it does not come to that.
    #[must_use]
    pub fn calls_over(&self, count: usize) -> Vec<StoredCall> {
        let begun = Instant::now();
        loop {
            let calls = self.calls();
            if calls.len() == count && calls.iter().all(|call| call.ended_at.is_some()) {
                return calls;
            }
            assert!(begun.elapsed() < SOON, "not {count} calls that are over: {calls:#?}\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Sends the process a signal.
    ///
    /// # Panics
    /// When it is gone.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        kill(pid, signal).expect("the process is there");
    }

    /// Waits until the process has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub fn ends(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status;
            }
            assert!(begun.elapsed() < SOON * 2, "sujie does not end:\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The one call of the day, when it is over, and the centre closed.
    ///
    /// # Panics
    /// When there is more or less than one, or the centre does not end well.
    #[must_use]
    pub fn close_after_one_call(self) -> StoredCall {
        self.close(1).remove(0)
    }

    /// Waits for the records of so many calls, holds the counters against them, and stops the centre.
    ///
    /// # Panics
    /// When the counters do not add up, or the process does not end well.
    #[must_use]
    pub fn close(mut self, count: usize) -> Vec<StoredCall> {
        let calls = self.calls_over(count);
        self.shows("/calls", 0);
        self.reconcile(&calls);
        self.signal(Signal::SIGTERM);
        let status = self.ends();
        assert!(status.success(), "sujie has ended with {status}:\n{}", self.log());
        let log = self.log();
        assert!(!log.contains("panicked at"), "{log}");
        drop(fs::remove_dir_all(&self.directory));
        calls
    }

    /// Every call once: the board's counters are those of the records.
    fn reconcile(&self, calls: &[StoredCall]) {
        let of = |outcome: &str| calls.iter().filter(|call| call.outcome.as_deref() == Some(outcome)).count();
        self.shows("/arrivals/arrived", calls.len());
        for (pointer, outcome) in [
            ("/total/answered", "answered"),
            ("/total/abandoned_in_line", "abandoned_in_line"),
            ("/total/abandoned_ringing", "abandoned_ringing"),
            ("/arrivals/abandoned", "abandoned_before_line"),
            ("/arrivals/refused", "refused"),
            ("/arrivals/service", "service"),
        ] {
            self.shows(pointer, of(outcome));
        }
        let board = self.board();
        let number = |pointer: &str| board.pointer(pointer).and_then(Value::as_u64).expect("a number");
        assert_eq!(number("/total/lost") + number("/arrivals/lost"), of("lost") as u64, "{board:#}");
        let ended = ["answered", "abandoned", "overflowed_out", "called_back", "lost", "waiting"];
        let ended: u64 = ended.iter().map(|key| number(&format!("/total/{key}"))).sum();
        assert_eq!(number("/total/offered"), ended, "what was offered has ended once: {board:#}");
    }
}

impl Drop for Sujie {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until something is so.
///
/// # Panics
/// With `what`, when it does not become so.
pub fn wait_for(what: &str, is_so: impl FnMut() -> bool) {
    wait_within(SOON, what, is_so);
}

/// Waits until something is so that is done only when nobody else wants the CPU.
///
/// # Panics
/// With `what`, when it does not become so.
pub fn wait_patiently(what: &str, is_so: impl FnMut() -> bool) {
    wait_within(SOON * 12, what, is_so);
}

fn wait_within(most: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < most, "{what}: not within {most:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A port that is free on this address for UDP and TCP.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port(ip: IpAddr) -> SocketAddr {
    for _ in 0..100 {
        let socket = UdpSocket::bind((ip, 0)).expect("a UDP port is free on loopback");
        let address = socket.local_addr().expect("a bound address");
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free on {ip}")
}

/// Ports for audio, which the program opens on all addresses; above those that the system gives to others, and away
/// from those that demos and load runs on the same machine take.
fn free_range(wish: u32) -> u16 {
    const FIRST: u16 = 61_000;
    const SLOTS: u16 = (u16::MAX - FIRST) / AUDIO_PORTS;
    let wish = u16::try_from(wish % u32::from(SLOTS)).expect("a slot");
    (0..SLOTS)
        .map(|step| FIRST + (wish + step) % SLOTS * AUDIO_PORTS)
        .find(|first| (*first..first + AUDIO_PORTS).all(|port| UdpSocket::bind(("0.0.0.0", port)).is_ok()))
        .expect("ports are free")
}

/// The program: `SUJIE_BIN`, or the release build beside this test's own.
///
/// # Panics
/// When it is missing.
#[must_use]
pub fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own program");
    let path = std::env::var_os("SUJIE_BIN").map_or_else(
        // target/debug/deps/test-1234 ─▶ target/release/sujie
        || own.ancestors().nth(3).expect("a target directory").join("release/sujie"),
        PathBuf::from,
    );
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --release --bin sujie`, or name the program in SUJIE_BIN",
        path.display()
    );
    path
}

fn address(ipv6: bool, network: u32, host: u8) -> IpAddr {
    if ipv6 {
        return Ipv6Addr::LOCALHOST.into();
    }
    let [_, _, a, b] = network.to_be_bytes();
    Ipv4Addr::new(127, a, b, host).into()
}

/// A child that has ended, until there is a real one.
fn idle() -> Child {
    Command::new("true").spawn().expect("`true` runs")
}
