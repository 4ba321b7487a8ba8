//! One media thread.

use super::Ports;
use crate::clock::Clock;
use crate::net::doorbell::Doorbell;
use crate::net::outlet::Outlet;
use base::{Ring, Timestamp};
use media::Counters;
use media::desk::{Desk, Out, PortChange};
use media::session::{Command, Fact};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sockets looked at per wait.
const EVENTS: usize = 512;
/// Packets taken from one socket per wait: a peer who floods his port waits for the others.
const PACKETS_PER_TURN: usize = 8;
/// Largest RTP packet (an Ethernet frame); longer ones are cut, and then refused as malformed.
const PACKET_MAX: usize = 1_500;
/// Commands taken per turn, so that audio never waits for a burst of calls.
const COMMANDS_PER_TURN: usize = 256;
/// How often counters go to the report.
const TELEMETRY_EVERY: Duration = Duration::from_secs(1);
/// Epoll token of the doorbell; ports are 0 to 65,535 with the family in bit 16.
const BELL: u64 = u64::MAX;
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
    /// To the report.
    pub telemetry: Ring<Telemetry>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
}

struct State {
    epoll: Epoll,
    /// Whether a socket is registered here: by port, then family.
    registered: Vec<[bool; 2]>,
    /// Family of the peer for whom a port is open.
    family: Vec<bool>,
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
                self.desk.command(self.clock.now(), command, &mut out);
                self.change_ports(&mut state, &mut out);
            }
            let now = self.clock.now();
            if self.desk.next_deadline().is_some_and(|due| due <= now) {
                self.desk.tick(now, &mut out);
            }
            self.change_ports(&mut state, &mut out);
            self.send(&mut state, &mut out);
            out.facts.drain(..).for_each(|fact| self.facts.push(fact));
            self.facts.flush();
            self.report(&mut state, now);
        }
        Ok(())
    }

    fn wait(&self, state: &State, ready: &mut [EpollEvent]) -> io::Result<usize> {
        let now = self.clock.now();
        let due = self.desk.next_deadline().unwrap_or(Timestamp::NEVER).min(state.next_telemetry);
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
        for _ in 0..PACKETS_PER_TURN {
            // An error here is a peer's ICMP refusal or an empty socket: neither is ours to act on.
            let Ok((length, peer)) = socket.recv_from(buffer) else { break };
            self.desk.receive(self.clock.now(), port, peer, &buffer[..length], out);
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
                PortChange::Close { port } if !self.keeps_ports => self.forget(state, port),
                PortChange::Close { .. } => {}
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
        for port in [port, port.saturating_add(1)] {
            let Some(socket) = self.ports.open(port, v4) else { return false };
            let registered = &mut state.registered[usize::from(port)][usize::from(!v4)];
            if *registered {
                continue;
            }
            empty(socket);
            let token = u64::from(port) | if v4 { 0 } else { V6 };
            *registered =
                state.epoll.add(socket.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token)).is_ok();
            if !*registered {
                return false;
            }
        }
        state.family[usize::from(port)] = v4;
        true
    }

    fn forget(&self, state: &mut State, port: u16) {
        let v4 = state.family[usize::from(port)];
        for port in [port, port.saturating_add(1)] {
            let registered = &mut state.registered[usize::from(port)][usize::from(!v4)];
            if std::mem::take(registered) {
                if let Some(socket) = self.ports.get(port, v4) {
                    let _ = state.epoll.delete(socket.as_fd());
                }
            }
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
