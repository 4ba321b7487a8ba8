//! One media thread.
//!
//! ```text
//! heard ports    epoll ─▶ one packet a socket a turn ─▶ Desk ─▶ sent in the same turn; a turn each millisecond
//! unheard ports  ten times a second ─▶ recvmmsg ─▶ Desk, with the kernel's time stamp of each packet
//! ```
//!
//! Callers who wait hear music and send us audio that nobody hears, 50 packets a second each. To be woken for
//! each would cost more than the music; read in batches, with the moment each came, they are counted all the
//! same, and their keys come a tenth of a second later. Before a command changes who hears whom, what has
//! come so far is read, so that nobody is ever sent a burst of old audio.

use super::Ports;
use crate::clock::Clock;
use crate::net::doorbell::Doorbell;
use crate::net::mmsg::{BATCH, Receiver};
use crate::net::outlet::Outlet;
use crate::recording::Counts;
use base::{Ring, Timestamp};
use media::Counters;
use media::desk::{Desk, Out, PortChange};
use media::session::{Command, Fact, Taped};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sockets looked at per wait.
const EVENTS: usize = 512;
/// Largest RTP packet (an Ethernet frame); longer ones are cut, and then refused as malformed.
const PACKET_MAX: usize = 1_500;
/// With so many packets in a turn there is a stream of them: a short pause gathers the next ones, because being
/// woken for each costs as much as passing it on. It is all the delay that we add on purpose.
const BUSY: usize = 4;
const PAUSE: Duration = Duration::from_millis(1);
/// How often unheard ports are read.
const UNHEARD_EVERY: Duration = Duration::from_millis(100);
/// Commands taken per turn, so that audio never waits for a burst of calls.
const COMMANDS_PER_TURN: usize = 256;
/// How often counters go to the report.
const TELEMETRY_EVERY: Duration = Duration::from_secs(1);
/// Epoll token of the doorbell; ports are 0 to 65,535 with the family in bit 16.
const BELL: u64 = u64::MAX;
/// Not in the list of unheard ports.
const NOWHERE: u32 = u32::MAX;
/// Family bit in a token.
const V6: u64 = 1 << 16;

/// What a media thread tells the report from time to time.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Which thread.
    pub worker: usize,
    /// Its desk's counters.
    pub counters: Counters,
    /// Packets that the kernel refused to send.
    pub send_failures: u64,
}

/// A media thread's belongings.
pub struct Worker {
    /// Which thread.
    pub number: usize,
    /// The clock.
    pub clock: Clock,
    /// Its sessions.
    pub desk: Desk,
    /// The process's media sockets.
    pub ports: Arc<Ports>,
    /// Sockets stay registered between calls: only possible when no other thread may take the port over.
    pub keeps_ports: bool,
    /// From the engine.
    pub commands: Ring<Command>,
    /// Rung by the engine.
    pub bell: Doorbell,
    /// To the engine.
    pub facts: Outlet<Fact>,
    /// To the recorder; `None` when nothing is recorded.
    pub taped: Option<Tap>,
    /// To the report.
    pub telemetry: Ring<Telemetry>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
}

/// The way to the recorder. Sound that finds its ring full is dropped and counted; what says where a recording begins and
/// ends waits here, and sound behind it is dropped meanwhile, so that the order stays.
pub struct Tap {
    /// The ring.
    pub outlet: Outlet<Taped>,
    /// What is dropped.
    pub counts: Arc<Counts>,
}

impl Tap {
    /// Hands it on, or drops it.
    pub fn push(&mut self, taped: Taped) {
        if matches!(taped, Taped::Sound { .. }) && !self.outlet.has_room() {
            return Counts::add(&self.counts.dropped, 1);
        }
        self.outlet.push(taped);
    }
}

struct State {
    epoll: Epoll,
    /// Whether a socket is registered here: by port, then family.
    registered: Vec<[bool; 2]>,
    /// Family of the peer for whom a port is open.
    family: Vec<bool>,
    /// Open RTP ports that nobody hears, and where each stands in that list.
    unheard: Vec<u16>,
    place: Vec<u32>,
    batch: Receiver,
    next_unheard: Timestamp,
    send_failures: u64,
    next_telemetry: Timestamp,
}

impl Worker {
    /// Runs until the process stops.
    ///
    /// # Errors
    /// What the kernel says when it has no epoll descriptor left.
    pub fn run(mut self) -> io::Result<()> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(self.bell.fd(), EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        let mut state = State {
            epoll,
            registered: vec![[false; 2]; 1 << 16],
            family: vec![true; 1 << 16],
            unheard: Vec::new(),
            place: vec![NOWHERE; 1 << 16],
            batch: Receiver::new(PACKET_MAX),
            next_unheard: Timestamp::START,
            send_failures: 0,
            next_telemetry: Timestamp::START,
        };
        let mut out = Out::default();
        let mut ready = [EpollEvent::empty(); EVENTS];
        let mut buffer = [0; PACKET_MAX];
        while !self.stop.load(Ordering::Relaxed) {
            let count = self.wait(&state, &mut ready)?;
            for event in &ready[..count] {
                if event.data() != BELL {
                    self.read(event.data(), &mut buffer, &mut out);
                }
            }
            self.send(&mut state, &mut out);
            for _ in 0..COMMANDS_PER_TURN {
                let Some(command) = self.commands.pop() else { break };
                self.read_before(&mut state, &command, &mut out);
                self.desk.command(self.clock.now(), command, &mut out);
                self.change_ports(&mut state, &mut out);
            }
            let now = self.clock.now();
            if now >= state.next_unheard {
                state.next_unheard = now + UNHEARD_EVERY;
                self.read_unheard(&mut state, &mut out);
            }
            if self.desk.next_deadline().is_some_and(|due| due <= now) {
                self.desk.tick(now, &mut out);
            }
            self.change_ports(&mut state, &mut out);
            self.send(&mut state, &mut out);
            out.facts.drain(..).for_each(|fact| self.facts.push(fact));
            self.facts.flush();
            if let Some(tap) = &mut self.taped {
                out.taped.drain(..).for_each(|taped| tap.push(taped));
                tap.outlet.flush();
            }
            self.report(&mut state, now);
            if count >= BUSY {
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn wait(&self, state: &State, ready: &mut [EpollEvent]) -> io::Result<usize> {
        let now = self.clock.now();
        let unheard = if state.unheard.is_empty() { Timestamp::NEVER } else { state.next_unheard };
        let due =
            self.desk.next_deadline().unwrap_or(Timestamp::NEVER).min(state.next_telemetry).min(unheard);
        // Rounded up to the millisecond that epoll can wait: rounding down would spin through the last one.
        let millis = due.since(now).as_nanos().div_ceil(1_000_000);
        let mut timeout = u16::try_from(millis).unwrap_or(1_000).min(1_000);
        self.bell.arm();
        if self.commands.depth() > 0 {
            timeout = 0;
        }
        let count = match state.epoll.wait(ready, EpollTimeout::from(timeout)) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        self.bell.quiet();
        Ok(count)
    }

    fn read(&mut self, token: u64, buffer: &mut [u8], out: &mut Out) {
        let port = (token & 0xFFFF) as u16;
        let ports = Arc::clone(&self.ports);
        let Some(socket) = ports.get(port, token & V6 == 0) else { return };
        // One packet: epoll says again when there is more, and a peer who floods his port waits for the others.
        // An error is a peer's ICMP refusal: not ours to act on.
        if let Ok((length, peer)) = socket.recv_from(buffer) {
            self.desk.receive(self.clock.now(), port, peer, &buffer[..length], out);
        }
    }

    fn read_unheard(&mut self, state: &mut State, out: &mut Out) {
        for at in 0..state.unheard.len() {
            self.read_batch(state, state.unheard[at], out);
        }
    }

    /// Reads what has come to the unheard ports of the session that a command is about.
    fn read_before(&mut self, state: &mut State, command: &Command, out: &mut Out) {
        if state.unheard.is_empty() {
            return;
        }
        let ports: Vec<u16> = self.desk.ports(command.session()).collect();
        for port in ports {
            if state.place[usize::from(port)] != NOWHERE {
                self.read_batch(state, port, out);
            }
        }
    }

    fn read_batch(&mut self, state: &mut State, port: u16, out: &mut Out) {
        let ports = Arc::clone(&self.ports);
        let Some(socket) = ports.get(port, state.family[usize::from(port)]) else { return };
        let now = self.clock.now();
        // More than a batch in a tenth of a second is a flood: the kernel drops what does not fit its buffer.
        let Ok(count) = state.batch.receive(socket.as_fd()) else { return };
        for i in 0..count.min(BATCH) {
            let Some((peer, packet)) = state.batch.datagram(i) else { continue };
            let came = state.batch.stamped(i).map_or(now, |stamp| now - Clock::since_unix(stamp));
            self.desk.receive(came, port, peer, packet, out);
        }
    }

    fn send(&self, state: &mut State, out: &mut Out) {
        for packet in out.packets.drain(..) {
            let start = packet.start as usize;
            let bytes = &out.bytes[start..start + usize::from(packet.length)];
            let sent = self
                .ports
                .get(packet.port, packet.peer.is_ipv4())
                .map(|socket| socket.send_to(bytes, packet.peer));
            if !matches!(sent, Some(Ok(_))) {
                state.send_failures += 1;
            }
        }
        out.bytes.clear();
    }

    fn change_ports(&mut self, state: &mut State, out: &mut Out) {
        let mut failed = Vec::new();
        for change in out.ports.drain(..) {
            match change {
                PortChange::Open { port, remote } => {
                    if !self.open(state, port, remote) {
                        failed.push(port);
                    }
                }
                PortChange::Attend { port, heard } => self.attend(state, port, heard),
                PortChange::Close { port } => self.close(state, port),
            }
        }
        for port in failed {
            tracing::warn!(port, "RTP port cannot be opened; is another program using it?");
            self.desk.port_failed(self.clock.now(), port, out);
        }
    }

    /// Opens a port and its RTCP neighbor, and empties them of what came for an earlier call.
    fn open(&self, state: &mut State, port: u16, remote: SocketAddr) -> bool {
        let v4 = remote.is_ipv4();
        let control = port.saturating_add(1);
        let (Some(audio), Some(reports)) = (self.ports.open(port, v4), self.ports.open(control, v4)) else {
            return false;
        };
        empty(audio);
        state.family[usize::from(port)] = v4;
        state.family[usize::from(control)] = v4;
        self.list(state, port);
        // RTCP is rare: its socket stays with epoll from call to call where no other thread may use it.
        if state.registered[usize::from(control)][usize::from(!v4)] {
            return true;
        }
        empty(reports);
        self.register(state, control)
    }

    fn attend(&self, state: &mut State, port: u16, heard: bool) {
        if heard {
            self.unlist(state, port);
            self.register(state, port);
        } else {
            self.forget(state, port);
            self.list(state, port);
        }
    }

    fn close(&self, state: &mut State, port: u16) {
        self.unlist(state, port);
        self.forget(state, port);
        if !self.keeps_ports {
            self.forget(state, port.saturating_add(1));
        }
    }

    fn list(&self, state: &mut State, port: u16) {
        if state.place[usize::from(port)] == NOWHERE {
            state.place[usize::from(port)] = state.unheard.len() as u32;
            state.unheard.push(port);
        }
    }

    fn unlist(&self, state: &mut State, port: u16) {
        let place = std::mem::replace(&mut state.place[usize::from(port)], NOWHERE);
        if place != NOWHERE {
            state.unheard.swap_remove(place as usize);
            if let Some(&moved) = state.unheard.get(place as usize) {
                state.place[usize::from(moved)] = place;
            }
        }
    }

    fn register(&self, state: &mut State, port: u16) -> bool {
        let v4 = state.family[usize::from(port)];
        let token = u64::from(port) | if v4 { 0 } else { V6 };
        let registered = &mut state.registered[usize::from(port)][usize::from(!v4)];
        if !*registered && let Some(socket) = self.ports.get(port, v4) {
            *registered =
                state.epoll.add(socket.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token)).is_ok();
        }
        *registered
    }

    fn forget(&self, state: &mut State, port: u16) {
        let v4 = state.family[usize::from(port)];
        let registered = &mut state.registered[usize::from(port)][usize::from(!v4)];
        if std::mem::take(registered)
            && let Some(socket) = self.ports.get(port, v4)
        {
            let _ = state.epoll.delete(socket.as_fd());
        }
    }

    fn report(&self, state: &mut State, now: Timestamp) {
        if now < state.next_telemetry {
            return;
        }
        state.next_telemetry = now + TELEMETRY_EVERY;
        // A full ring means that the report is behind; the next second brings newer figures anyway.
        let _ = self.telemetry.push(Telemetry {
            worker: self.number,
            counters: self.desk.counters(),
            send_failures: state.send_failures,
        });
    }
}

fn empty(socket: &UdpSocket) {
    let mut buffer = [0; 64];
    while socket.recv_from(&mut buffer).is_ok() {}
}
