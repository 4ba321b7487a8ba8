//! A real softphone (baresip) at an agent's desk, and the voice of a caller: who hears what.
//!
//! ```text
//!   Voice: a tone ──RTP──▶ centre ──RTP──▶ baresip ──▶ what the agent heard, as baresip decoded it (WAV)
//!   Voice: what the caller heard ◀──RTP── centre ◀──RTP── baresip ◀── a tone (WAV)
//! ```
//!
//! baresip runs without sound hardware: its microphone is a file, its module `sndfile` writes down what it decodes.
//! It answers by itself, and dials when it is told to (module `ctrl_tcp`). The caller's signalling is SIPp's; his audio is a [`Voice`], whose port his SDP names.

use crate::sujie::{REALM, Sujie, free_port, password};
use media::tone::{Amplitude, Hertz, level};
use media::{alaw, ulaw};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How loud all tones here are.
const AMPLITUDE: Amplitude = Amplitude(8_000);
/// Samples a second.
const RATE: u32 = 8_000;
/// Samples of 20 ms.
const FRAME: usize = 160;

/// What baresip speaks.
#[derive(Clone, Copy, Debug)]
pub struct Speaks {
    /// Transport to the centre.
    pub transport: &'static str,
    /// Its codecs in order, of those that its module g711 has.
    pub codecs: &'static str,
    /// The tone of its microphone.
    pub tone: Hertz,
}

/// A running baresip whose agent is signed in.
pub struct Softphone {
    child: Child,
    directory: PathBuf,
    /// Where it takes commands.
    commands: SocketAddr,
}

impl Softphone {
    /// Starts one for an agent and waits until he is signed in.
    ///
    /// # Panics
    /// When baresip is missing or does not register.
    #[must_use]
    pub fn start(centre: &Sujie, agent: &str, speaks: Speaks) -> Self {
        let Speaks { transport, codecs, tone } = speaks;
        let directory = centre.directory().join(format!("baresip-{agent}"));
        fs::create_dir_all(&directory).expect("a directory for baresip");
        let (shown, modules) = (directory.display(), modules().display().to_string());
        // baresip's audio leaves from whatever address the system likes, which on loopback is this one; audio from
        // another address than the SDP's would be a stranger's.
        let at = free_port(Ipv4Addr::LOCALHOST.into());
        let commands = free_port(Ipv4Addr::LOCALHOST.into());
        let microphone = directory.join("microphone.wav");
        write_wav(&microphone, tone);
        let config = format!(
            "module_path {modules}\nsip_listen {at}\nnet_interface {ip}\nrtp_ports 7000-7100\n\
             audio_player aubridge,nobody\naudio_alert aubridge,nobody\naudio_source aufile,{microphone}\n\
             ausrc_srate {RATE}\nauplay_srate {RATE}\nsnd_path {shown}\n\
             module g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
             module_app account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen {commands}\n",
            ip = at.ip(),
            microphone = microphone.display()
        );
        let account = format!(
            "<sip:{agent}@{REALM}>;auth_pass={};outbound=\"sip:{};transport={transport}\";answermode=auto;\
             audio_codecs={codecs};regint=60\n",
            password(agent),
            centre.sip
        );
        for (name, text) in [("config", &config), ("accounts", &account), ("contacts", &String::new())] {
            fs::write(directory.join(name), text).expect("baresip's files are written");
        }
        let log = fs::File::create(directory.join("log")).expect("a log file");
        let child = Command::new("baresip")
            .args(["-s", "-v", "-f"])
            .arg(&directory)
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("a second handle"))
            .stdout(log)
            .spawn()
            .unwrap_or_else(|error| panic!("baresip does not start ({error}); tests/run installs it"));
        let phone = Self { child, directory, commands };
        crate::sujie::wait_for("baresip registers", || {
            let board = centre.board();
            let agents = board["agents"].as_array().expect("agents");
            agents.iter().any(|one| one["key"] == agent && one["state"] != "signed_out")
        });
        phone
    }

    /// The agent dials.
    ///
    /// # Panics
    /// When baresip takes no commands.
    pub fn dial(&self, number: &str) {
        self.command(&format!(r#"{{"command":"dial","params":"{number}"}}"#));
    }

    /// The agent hangs up.
    ///
    /// # Panics
    /// When baresip takes no commands.
    pub fn hang_up(&self) {
        self.command(r#"{"command":"hangup"}"#);
    }

    /// A command as a netstring.
    fn command(&self, json: &str) {
        let mut socket = TcpStream::connect(self.commands).expect("baresip takes commands");
        write!(socket, "{}:{json},", json.len()).expect("baresip hears a command");
        // Whatever it says shows that it was heard.
        assert!(socket.read(&mut [0; 512]).is_ok_and(|heard| heard > 0), "baresip is silent: {}", self.log());
    }

    /// The agent goes home: hangs up and signs off.
    ///
    /// # Panics
    /// When he does not.
    pub fn quit(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("baresip is there");
        crate::sujie::wait_for("baresip ends", || self.child.try_wait().is_ok_and(|status| status.is_some()));
    }

    /// What it says about itself.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// What was heard in its last call, which is over.
    ///
    /// # Panics
    /// When nothing was written down.
    #[must_use]
    pub fn heard(&self) -> Vec<i16> {
        let mut samples = Vec::new();
        crate::sujie::wait_for("baresip writes down what it heard", || {
            let entries = fs::read_dir(&self.directory).expect("baresip's directory");
            let files = entries.flatten().map(|entry| entry.path());
            let heard = files.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).max();
            samples = heard.map(|path| read_wav(&path)).unwrap_or_default();
            !samples.is_empty()
        });
        samples
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Which of G.711's laws a voice speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// PCMA, payload type 8.
    A,
    /// PCMU, payload type 0.
    Mu,
}

impl Law {
    /// RTP payload type (RFC 3551 table 4).
    #[must_use]
    pub const fn payload(self) -> u8 {
        match self {
            Self::A => 8,
            Self::Mu => 0,
        }
    }

    fn encode(self, sample: i16) -> u8 {
        match self {
            Self::A => alaw::encode(sample),
            Self::Mu => ulaw::encode(sample),
        }
    }

    fn decode(self, code: u8) -> i16 {
        match self {
            Self::A => alaw::decode(code),
            Self::Mu => ulaw::decode(code),
        }
    }
}

/// What a caller heard, as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    frames: Vec<(Instant, Vec<i16>)>,
    /// Packets of another payload type than his own.
    pub foreign: usize,
}

impl Heard {
    /// What came in a span of time.
    #[must_use]
    pub fn between(&self, from: Instant, to: Instant) -> Vec<i16> {
        let frames = self.frames.iter().filter(|(at, _)| (from..to).contains(at));
        frames.flat_map(|(_, samples)| samples.iter().copied()).collect()
    }
}

/// A caller's voice: says a tone, 20 ms a packet, to wherever audio comes from, and keeps what comes.
pub struct Voice {
    /// Where it listens: for the caller's SDP.
    pub at: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    stop: Arc<AtomicBool>,
}

impl Voice {
    /// Begins.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn speak(ip: IpAddr, law: Law, tone: Hertz) -> Self {
        let socket = UdpSocket::bind((ip, 0)).expect("a UDP port is free on loopback");
        let at = socket.local_addr().expect("a bound address");
        socket.set_read_timeout(Some(Duration::from_millis(2))).expect("a timeout");
        let (heard, stop) = (Arc::<Mutex<Heard>>::default(), Arc::<AtomicBool>::default());
        let (hears, stopped) = (Arc::clone(&heard), Arc::clone(&stop));
        std::thread::spawn(move || talk(&socket, law, tone, &hears, &stopped));
        Self { at, heard, stop }
    }

    /// What was heard so far.
    ///
    /// # Panics
    /// When the voice's thread did.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.lock().expect("a voice does not panic").clone()
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn talk(socket: &UdpSocket, law: Law, tone: Hertz, heard: &Mutex<Heard>, stop: &AtomicBool) {
    // One second of whole waves, said again and again.
    let says: Vec<u8> = wave(tone, 1).into_iter().map(|sample| law.encode(sample)).collect();
    let mut peer = None;
    let (mut sequence, mut next) = (0_u16, Instant::now());
    let mut packet = [0; 2_048];
    while !stop.load(Ordering::Relaxed) {
        match socket.recv_from(&mut packet) {
            Ok((length, from)) if length > 12 && packet[0] >> 6 == 2 => {
                peer = Some(from);
                let mut heard = heard.lock().expect("nobody panics with it");
                // RTCP has a socket of its own; what is not his codec is counted and not heard.
                if packet[1] & 0x7F == law.payload() {
                    let samples = packet[12..length].iter().map(|&code| law.decode(code)).collect();
                    heard.frames.push((Instant::now(), samples));
                } else {
                    heard.foreign += 1;
                }
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("the voice's socket: {error}"),
        }
        let now = Instant::now();
        if now < next {
            continue;
        }
        next += Duration::from_millis(20);
        let Some(peer) = peer else { continue };
        let from = usize::from(sequence) * FRAME % says.len();
        let mut out = vec![0x80, law.payload()];
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&(u32::from(sequence) * FRAME as u32).to_be_bytes());
        out.extend_from_slice(&0x0C0F_FEE0_u32.to_be_bytes());
        out.extend_from_slice(&says[from..from + FRAME]);
        // A closed port at the other side is its business.
        drop(socket.send_to(&out, peer));
        sequence = sequence.wrapping_add(1);
    }
}

/// How much of what was heard is this tone, as loud as all tones here are said, and hardly anything else: a share
/// of its tenths of a second. Packets that come too late on a busy machine cost some of them.
#[must_use]
pub fn share_of_tone(samples: &[i16], tone: Hertz) -> f64 {
    let said = f64::from(AMPLITUDE.0);
    let is_it = |tenth: &&[i16]| {
        let other = (loudness(tenth) - said / 2_f64.sqrt()).abs();
        level(tenth, tone) > said * 0.8 && other < said * 0.1
    };
    let tenths = samples.chunks_exact(RATE as usize / 10);
    tenths.clone().filter(is_it).count() as f64 / tenths.len().max(1) as f64
}

/// In how much of what was heard this tone is, whatever else is: a share of its tenths of a second.
#[must_use]
pub fn share_with_tone(samples: &[i16], tone: Hertz) -> f64 {
    let there = |tenth: &&[i16]| level(tenth, tone) > f64::from(AMPLITUDE.0) * 0.7;
    let tenths = samples.chunks_exact(RATE as usize / 10);
    tenths.clone().filter(there).count() as f64 / tenths.len().max(1) as f64
}

/// The longest stretch without this tone.
#[must_use]
pub fn longest_without(samples: &[i16], tone: Hertz) -> Duration {
    let there = samples.chunks_exact(FRAME).map(|frame| level(frame, tone) > f64::from(AMPLITUDE.0) * 0.4);
    let (mut longest, mut now) = (0, 0);
    for there in there {
        now = if there { 0 } else { now + 1 };
        longest = longest.max(now);
    }
    Duration::from_millis(20) * longest
}

/// Root of the mean square.
#[must_use]
pub fn loudness(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

fn wave(tone: Hertz, seconds: u32) -> Vec<i16> {
    let step = std::f64::consts::TAU * f64::from(tone.0) / f64::from(RATE);
    (0..RATE * seconds)
        .map(|n| ((f64::from(n) * step).sin() * f64::from(AMPLITUDE.0)).round() as i16)
        .collect()
}

/// Half a minute of a tone as a WAV file, 16 bits, mono.
fn write_wav(path: &Path, tone: Hertz) {
    let samples = wave(tone, 30);
    let length = samples.len() as u32 * 2;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend_from_slice(&(36 + length).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&RATE.to_le_bytes());
    bytes.extend_from_slice(&(RATE * 2).to_le_bytes());
    bytes.extend_from_slice(b"\x02\0\x10\0data");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    fs::write(path, bytes).expect("a WAV file is written");
}

/// The samples of a WAV file as libsndfile writes it: 44 bytes of head, 16 bits, mono.
fn read_wav(path: &Path) -> Vec<i16> {
    let bytes = fs::read(path).unwrap_or_default();
    bytes
        .get(44..)
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// Where the system keeps baresip's modules.
fn modules() -> PathBuf {
    let places = [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/local/lib/baresip/modules",
    ];
    let found = places.iter().map(PathBuf::from).find(|place| place.join("sndfile.so").exists());
    found.expect("baresip's modules, sndfile.so among them; tests/run installs baresip-core")
}
