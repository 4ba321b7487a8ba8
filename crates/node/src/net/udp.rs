//! The UDP sockets on which SIP is spoken: bound at start, read and written by the engine's thread in batches.

use super::mmsg::{self, Receiver, Sender};
use sip::endpoint::Path;
use sip::leg::Transport;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Largest SIP datagram we take; a longer one is cut by the kernel and refused by the framing.
const DATAGRAM_MAX: usize = 65_535;
/// Socket buffers: 8 MiB hold some 6,000 INVITEs, two seconds of three times the full load.
const BUFFER: i32 = 8 << 20;
/// Peers whose route we remember, for sockets that listen on all addresses.
const ROUTES_MAX: usize = 4_096;

/// One bound socket.
struct Listener {
    socket: UdpSocket,
    local: SocketAddr,
    sender: Sender,
}

/// All UDP sockets of the process.
pub struct UdpSockets {
    listeners: Vec<Listener>,
    receiver: Receiver,
    routes: HashMap<IpAddr, IpAddr>,
}

impl UdpSockets {
    /// Binds a socket per address.
    ///
    /// # Errors
    /// The address that could not be bound, and why.
    pub fn bind(addresses: &[SocketAddr]) -> Result<Self, (SocketAddr, io::Error)> {
        let mut listeners = Vec::new();
        for &address in addresses {
            let bound = || -> io::Result<Listener> {
                let domain = socket2::Domain::for_address(address);
                let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, None)?;
                if address.is_ipv6() {
                    socket.set_only_v6(true)?;
                }
                socket.set_nonblocking(true)?;
                socket.bind(&address.into())?;
                let socket: UdpSocket = socket.into();
                mmsg::buffers(socket.as_fd(), BUFFER);
                mmsg::stamp(socket.as_fd())?;
                Ok(Listener { local: socket.local_addr()?, socket, sender: Sender::default() })
            };
            listeners.push(bound().map_err(|error| (address, error))?);
        }
        Ok(Self { listeners, receiver: Receiver::new(DATAGRAM_MAX), routes: HashMap::new() })
    }

    /// The addresses that were bound, with the ports that the system chose where 0 was asked for.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|listener| listener.local).collect()
    }

    /// What to wait for, by position.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.listeners.iter().map(|listener| listener.socket.as_fd())
    }

    /// Takes one batch from socket `index` and hands each datagram over with its path. Returns how many, and
    /// how long the first of them has waited in the kernel.
    pub fn receive(
        &mut self,
        index: usize,
        mut handle: impl FnMut(&Path, &[u8]),
    ) -> io::Result<(usize, Option<Duration>)> {
        let listener = &self.listeners[index];
        let count = self.receiver.receive(listener.socket.as_fd())?;
        for i in 0..count {
            let Some((peer, bytes)) = self.receiver.datagram(i) else { continue };
            let mut local = listener.local;
            if local.ip().is_unspecified() {
                local.set_ip(route(&mut self.routes, peer));
            }
            handle(&Path { transport: Transport::Udp, local, peer, connection: None }, bytes);
        }
        Ok((
            count,
            (count > 0).then(|| self.receiver.stamped(0)).flatten().map(crate::clock::Clock::since_unix),
        ))
    }

    /// Queues a datagram: a range of the bytes that [`flush`](Self::flush) will be given.
    pub fn send(&mut self, path: &Path, range: std::ops::Range<usize>) {
        let fits = |listener: &&mut Listener| {
            listener.local == path.local
                || (listener.local.ip().is_unspecified()
                    && listener.local.port() == path.local.port()
                    && listener.local.is_ipv4() == path.peer.is_ipv4())
        };
        // A path that names no socket of ours (a plan changed) takes the first of the peer's family.
        let found = match self.listeners.iter().position(|l| l.local == path.local) {
            Some(index) => Some(&mut self.listeners[index]),
            None => self.listeners.iter_mut().find(fits),
        };
        if let Some(listener) = found {
            listener.sender.push(path.peer, range);
        } else if let Some(listener) =
            self.listeners.iter_mut().find(|l| l.local.is_ipv4() == path.peer.is_ipv4())
        {
            listener.sender.push(path.peer, range);
        }
    }

    /// Sends what is queued.
    pub fn flush(&mut self, bytes: &[u8], mut failed: impl FnMut(SocketAddr, &io::Error)) {
        for listener in &mut self.listeners {
            listener.sender.flush(listener.socket.as_fd(), bytes, &mut failed);
        }
    }
}

/// Our address towards a peer, as the routing table says; no packet is sent.
pub fn local_towards(peer: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let probe = UdpSocket::bind((any, 0))?;
    probe.connect(peer)?;
    Ok(probe.local_addr()?.ip())
}

fn route(routes: &mut HashMap<IpAddr, IpAddr>, peer: SocketAddr) -> IpAddr {
    if let Some(&local) = routes.get(&peer.ip()) {
        return local;
    }
    if routes.len() >= ROUTES_MAX {
        routes.clear();
    }
    let fallback: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let local = local_towards(peer).unwrap_or(fallback);
    routes.insert(peer.ip(), local);
    local
}
