//! SIPp: scenarios with a real SIP program, each a process of its own.
//!
//! ```text
//!   sipp/caller_talks.xml ──keys filled in, parts put in──▶ a scenario file ──▶ sipp ──SIP over loopback──▶ centre
//!                                                                                └─▶ its exit code, its messages
//! ```
//!
//! Scenarios are SIPp's XML with two additions, so that each reads as a story and numbers can stand in attributes:
//! `{called}` is a key's value, and `{>ack cseq=2}` is the file `sipp/parts/ack.xml` with this value of its key.
//! SIPp's own words (`[call_id]`, `[last_Via:]` …) are as its manual says.

use crate::sujie::{REALM, Sujie, free_port, password};
use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A scenario lasts so long at most, in seconds.
const SECONDS_MAX: u32 = 40;
/// Parts within parts.
const DEPTH_MAX: u32 = 4;

/// A scenario that is about to be played.
#[must_use]
pub struct Scenario<'a> {
    centre: &'a Sujie,
    name: &'static str,
    at: SocketAddr,
    tcp: bool,
    user: String,
    password: String,
    keys: BTreeMap<String, String>,
}

/// A scenario that is being played.
#[must_use]
pub struct Playing {
    name: &'static str,
    child: Option<Child>,
    files: PathBuf,
    /// Where it is played.
    pub at: SocketAddr,
}

/// A phone whose agent is registered: where it is.
#[derive(Clone, Copy, Debug)]
pub struct Phone {
    agent: &'static str,
    at: SocketAddr,
}

impl Sujie {
    /// A scenario at this address, at a free port.
    pub fn scenario(&self, name: &'static str, ip: IpAddr) -> Scenario<'_> {
        let at = free_port(ip);
        Scenario {
            centre: self,
            name,
            at,
            tcp: false,
            user: String::new(),
            password: String::new(),
            keys: BTreeMap::new(),
        }
        .key("called", "12345")
        .key("talk", 500)
        .key("headers", "User-Agent: carrier")
        .key("ring", 200)
        .key("codecs", "8 0")
        .key("media_port", "[media_port]")
        .key("expires", 300)
        .key("realm", REALM)
        .key("contact_transport", "udp")
    }

    /// A call through the carrier.
    pub fn caller(&self, name: &'static str) -> Scenario<'_> {
        self.scenario(name, self.carrier())
    }

    /// What a number behind the carrier does with the next call.
    pub fn outside(&self, name: &'static str) -> Scenario<'_> {
        let mut scenario = self.scenario(name, self.carrier());
        scenario.at = SocketAddr::new(self.carrier(), 5060);
        scenario.key("user", "outside")
    }

    /// Whoever is called through the carrier's trunk, at whose port calls arrive.
    pub fn called(&self, name: &'static str) -> Scenario<'_> {
        let mut scenario = self.scenario(name, self.carrier());
        scenario.at.set_port(5_060);
        scenario.key("user", "carrier")
    }

    /// Registers an agent's phone; he is ready then.
    pub fn register(&self, agent: &'static str) -> Phone {
        self.register_for(agent, 300)
    }

    /// Registers an agent's phone, which wants its calls over this transport.
    pub fn register_with(&self, agent: &'static str, transport: &str) -> Phone {
        let scenario = self.scenario("register", self.phone(agent)).account(agent, &password(agent));
        self.registered(agent, scenario.key("contact_transport", transport))
    }

    /// Registers an agent's phone for so many seconds.
    pub fn register_for(&self, agent: &'static str, expires: u32) -> Phone {
        let scenario = self.scenario("register", self.phone(agent)).account(agent, &password(agent));
        self.registered(agent, scenario.key("expires", expires))
    }

    fn registered(&self, agent: &'static str, scenario: Scenario<'_>) -> Phone {
        let phone = Phone { agent, at: scenario.at };
        scenario.play().ends_well();
        self.shows_agent(agent, "ready", None);
        phone
    }

    /// What an agent's phone does with the next call.
    pub fn answerer(&self, phone: Phone, name: &'static str) -> Scenario<'_> {
        let mut scenario = self.scenario(name, phone.at.ip());
        scenario.at = phone.at;
        scenario.key("user", phone.agent)
    }
}

impl Scenario<'_> {
    /// Over TCP.
    pub const fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// A key's value.
    #[allow(clippy::needless_pass_by_value, reason = "numbers and words, written where they are used")]
    pub fn key(mut self, key: &str, value: impl ToString) -> Self {
        self.keys.insert(key.to_owned(), value.to_string());
        self
    }

    /// With this account.
    pub fn account(mut self, user: &str, password: &str) -> Self {
        (self.user, self.password) = (user.to_owned(), password.to_owned());
        self.key("user", user)
    }

    /// Begins; SIPp listens when this returns.
    ///
    /// # Panics
    /// When SIPp is missing or the scenario is wrong.
    pub fn play(self) -> Playing {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let files = self.centre.directory().join(format!("{number}-{}", self.name));
        let text = fill(&read(self.name), &self.keys, 0);
        let scenario = files.with_extension("xml");
        fs::write(&scenario, text).expect("a scenario is written");
        let mut command = Command::new("sipp");
        command.arg(self.centre.sip.to_string()).arg("-sf").arg(&scenario);
        let ip = self.at.ip().to_string();
        command.args(["-i", &ip, "-mi", &ip, "-p", &self.at.port().to_string()]);
        command.args(["-t", if self.tcp { "t1" } else { "u1" }, "-m", "1", "-l", "1", "-nostdin"]);
        command.args(["-timeout", &SECONDS_MAX.to_string(), "-timeout_error"]);
        command.arg("-trace_msg").arg("-message_file").arg(files.with_extension("messages"));
        command.arg("-trace_err").arg("-error_file").arg(files.with_extension("errors"));
        if !self.user.is_empty() {
            command.args(["-au", &self.user, "-ap", &self.password]);
        }
        // Without a screen SIPp would draw to its output.
        command.env("TERM", "dumb").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("sipp does not start ({error}); tests/run installs it"));
        let playing = Playing { name: self.name, child: Some(child), files, at: self.at };
        crate::sujie::wait_for("SIPp opens its port", || {
            is_bound(self.at, self.tcp) || playing.has_messages()
        });
        playing
    }
}

impl Playing {
    fn has_messages(&self) -> bool {
        fs::metadata(self.files.with_extension("messages")).is_ok_and(|file| file.len() > 0)
    }

    /// Waits for its end, which must be the one that the scenario tells. Gives all messages of it.
    ///
    /// # Panics
    /// When SIPp saw something else.
    pub fn ends_well(mut self) -> Messages {
        let mut child = self.child.take().expect("it is played once");
        let status = child.wait().expect("a child can be waited for");
        let messages = self.messages();
        let errors = fs::read_to_string(self.files.with_extension("errors")).unwrap_or_default();
        assert!(status.success(), "{} ended with {status}\n{errors}\n{}", self.name, messages.0);
        messages
    }

    /// What went to and fro so far.
    #[must_use]
    pub fn messages(&self) -> Messages {
        let bytes = fs::read(self.files.with_extension("messages")).unwrap_or_default();
        Messages(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
    }

    /// Waits until a message whose first line begins so has come or gone.
    ///
    /// # Panics
    /// When none does.
    pub fn reaches(&self, first_line: &str) {
        crate::sujie::wait_for(&format!("{} reaches {first_line}", self.name), || {
            let messages = self.messages();
            messages.count(first_line) > 0 || messages.sent(first_line) > 0
        });
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The messages of a scenario, as SIPp has written them down.
#[derive(Clone, Debug)]
pub struct Messages(pub String);

impl Messages {
    /// How many came whose first line begins so, repeated ones included.
    #[must_use]
    pub fn count(&self, first_line: &str) -> usize {
        self.all("received").filter(|message| message.starts_with(first_line)).count()
    }

    /// How many were sent whose first line begins so.
    #[must_use]
    pub fn sent(&self, first_line: &str) -> usize {
        self.all("sent").filter(|message| message.starts_with(first_line)).count()
    }

    /// The last one that came whose first line begins so.
    ///
    /// # Panics
    /// When none came.
    #[must_use]
    pub fn last(&self, first_line: &str) -> &str {
        self.all("received")
            .filter(|message| message.starts_with(first_line))
            .last()
            .unwrap_or_else(|| panic!("no {first_line} came:\n{}", self.0))
    }

    /// Each entry is "----- time\nUDP message received [n] bytes :\n\nMESSAGE\n".
    fn all<'a>(&'a self, which: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.split("-----------------------------------------------").filter_map(move |entry| {
            let (head, message) = entry.split_once(":\n\n")?;
            head.contains(&format!("message {which}")).then_some(message)
        })
    }
}

/// Whether a socket of the system is bound there, as `/proc/net` lists it. Binding one to find out would stand in
/// the way of the one that is to come.
fn is_bound(at: SocketAddr, tcp: bool) -> bool {
    let hex = |bytes: &[u8]| -> String {
        // 32-bit words, each in the machine's order.
        let word = |word: &[u8]| u32::from_ne_bytes(word.try_into().expect("four bytes"));
        bytes.chunks(4).map(|bytes| format!("{:08X}", word(bytes))).collect()
    };
    let (ip, six) = match at.ip() {
        IpAddr::V4(ip) => (hex(&ip.octets()), ""),
        IpAddr::V6(ip) => (hex(&ip.octets()), "6"),
    };
    let list = fs::read_to_string(format!("/proc/net/{}{six}", if tcp { "tcp" } else { "udp" }));
    let wanted = format!("{ip}:{:04X}", at.port());
    list.unwrap_or_default().lines().any(|line| line.split_whitespace().nth(1) == Some(wanted.as_str()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp")
}

fn read(name: &str) -> String {
    let path = folder().join(name).with_extension("xml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Puts in values and parts.
fn fill(text: &str, keys: &BTreeMap<String, String>, depth: u32) -> String {
    assert!(depth < DEPTH_MAX, "parts within parts without end");
    let mut filled = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let (inside, after) = after.split_once('}').unwrap_or_else(|| panic!("{{ without }}: {after}"));
        rest = after;
        match inside.strip_prefix('>') {
            Some(part) => {
                let mut words = part.split_whitespace();
                let name = words.next().expect("a part has a name");
                let mut keys = keys.clone();
                for word in words {
                    let (key, value) =
                        word.split_once('=').unwrap_or_else(|| panic!("{word} is not key=value"));
                    keys.insert(key.to_owned(), value.to_owned());
                }
                filled += &fill(&read(&format!("parts/{name}")), &keys, depth + 1);
            }
            None => {
                let value =
                    keys.get(inside).unwrap_or_else(|| panic!("the scenario needs a value for {inside}"));
                filled += value;
            }
        }
    }
    filled + rest
}
