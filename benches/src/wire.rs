//! Sockets for thousands of parties: few UDP sockets, many datagrams a system call, many addresses a socket.
//!
//! ```text
//! add_socket ─▶ Local    one address 127.0.0.1:p
//! add_many(n) ─▶ Local…  one socket on 0.0.0.0:p for n addresses 127.64.x.y:p; packet info tells which
//! add_sink ─▶ Local      an address at which nobody listens; what arrives there is dropped by the kernel
//!
//! wait(deadline) · receive(|local, from, bytes|) · send(outbox)
//! ```
//!
//! All of 127.0.0.0/8 is this machine, so that one socket can be the audio address of a thousand parties, each of
//! which the engine sees at an address of its own. IPv4 only.
//!
//! The one file of this package with `unsafe`: the calls take arrays of raw pointers. All pointers are made
//! anew for each call from buffers that outlive it.

#![allow(unsafe_code, reason = "recvmmsg, sendmmsg and ppoll have no safe form in std")]

use base::Timestamp;
use phones::{Directory, Local, Outbox};
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// Datagrams in one system call.
pub const BATCH: usize = 64;
/// Batches that are read from one socket before the others and the clock get their turn: enough to receive faster
/// than is sent, or a late harness would lose what it asked for.
const BATCHES: usize = 16;
/// Longest datagram that is read whole.
const SLOT: usize = 2048;
/// Room for one `in_pktinfo` control message.
const CONTROL: usize = 32;
/// Socket buffers: half a second of 100,000 packets a second, as the kernel counts them.
const BUFFER: i32 = 64 << 20;
/// First address of a socket with many.
const MANY: Ipv4Addr = Ipv4Addr::new(127, 64, 0, 0);

/// Engine time of the harness: since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A datagram to send.
struct Departure {
    source: Option<Ipv4Addr>,
    peer: SocketAddrV4,
    range: Range<usize>,
}

struct Socket {
    udp: UdpSocket,
    /// First local, and how many addresses (1 for a plain socket).
    first: u32,
    count: u32,
    /// Nobody reads from it.
    sink: bool,
    departures: Vec<Departure>,
}

/// The sockets of a harness.
#[derive(Default)]
pub struct Wire {
    sockets: Vec<Socket>,
    directory: Directory,
    /// Socket of each local.
    owners: Vec<usize>,
    inbox: Option<Box<Inbox>>,
    tally: Tally,
}

/// What has gone over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Datagrams sent.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Datagrams received.
    pub received: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams that the kernel would not take.
    pub refused: u64,
}

impl Tally {
    /// What was added since an earlier one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            sent: self.sent - earlier.sent,
            sent_bytes: self.sent_bytes - earlier.sent_bytes,
            received: self.received - earlier.received,
            received_bytes: self.received_bytes - earlier.received_bytes,
            refused: self.refused - earlier.refused,
        }
    }
}

impl Wire {
    /// Opens a socket on a port that the system chooses.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_socket(&mut self) -> io::Result<Local> {
        self.open(Ipv4Addr::LOCALHOST, 1, false)
    }

    /// Opens a socket at one address of this machine, on a port that the system chooses.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_socket_at(&mut self, ip: Ipv4Addr) -> io::Result<Local> {
        self.open(ip, 1, false)
    }

    /// Opens one socket for `count` addresses and returns the first; the others follow it.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_many(&mut self, count: u32) -> io::Result<Local> {
        self.open(Ipv4Addr::UNSPECIFIED, count, false)
    }

    /// Opens a socket that nobody reads.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_sink(&mut self) -> io::Result<Local> {
        self.open(Ipv4Addr::LOCALHOST, 1, true)
    }

    fn open(&mut self, ip: Ipv4Addr, count: u32, sink: bool) -> io::Result<Local> {
        let udp = UdpSocket::bind((ip, 0))?;
        udp.set_nonblocking(true)?;
        let port = udp.local_addr()?.port();
        let size = if sink { 0 } else { BUFFER };
        for (force, ask) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)]
        {
            if set_option(udp.as_raw_fd(), libc::SOL_SOCKET, force, size).is_err() {
                let _ = set_option(udp.as_raw_fd(), libc::SOL_SOCKET, ask, size);
            }
        }
        if count > 1 {
            set_option(udp.as_raw_fd(), libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        }
        let first = self.directory.len() as u32;
        for place in 0..count {
            let ip = if count > 1 { Ipv4Addr::from(u32::from(MANY) + place + 1) } else { ip };
            self.directory.add(SocketAddr::from((ip, port)));
            self.owners.push(self.sockets.len());
        }
        self.sockets.push(Socket { udp, first, count, sink, departures: Vec::new() });
        Ok(Local(first))
    }

    /// All addresses, for the players.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What has gone over the wire.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Sleeps until something can be received or `most` has passed.
    pub fn wait(&self, most: Duration) {
        let mut polls: Vec<libc::pollfd> = self
            .sockets
            .iter()
            .filter(|socket| !socket.sink)
            .map(|socket| libc::pollfd { fd: socket.udp.as_raw_fd(), events: libc::POLLIN, revents: 0 })
            .collect();
        let most = libc::timespec {
            tv_sec: libc::time_t::try_from(most.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(most.subsec_nanos() as i32),
        };
        // SAFETY: `polls` is an array of its length, `most` a timespec; both outlive the call. An interrupted or
        // refused wait is a short one.
        unsafe {
            libc::ppoll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, &raw const most, std::ptr::null())
        };
    }

    /// Takes what waits in each socket, up to [`BATCHES`] times [`BATCH`] datagrams; returns how many there were.
    ///
    /// # Errors
    /// What the system says.
    pub fn receive(&mut self, mut take: impl FnMut(Local, SocketAddr, &[u8])) -> io::Result<usize> {
        let mut inbox = self.inbox.take().unwrap_or_default();
        let mut total = 0;
        for socket in self.sockets.iter().filter(|socket| !socket.sink) {
            for _ in 0..BATCHES {
                let count = Self::receive_batch(socket, &mut inbox, &mut self.tally, &mut take)?;
                total += count;
                if count < BATCH {
                    break;
                }
            }
        }
        self.tally.received += total as u64;
        self.inbox = Some(inbox);
        Ok(total)
    }

    fn receive_batch(
        socket: &Socket,
        inbox: &mut Inbox,
        tally: &mut Tally,
        take: &mut impl FnMut(Local, SocketAddr, &[u8]),
    ) -> io::Result<usize> {
        let count = inbox.receive(socket.udp.as_raw_fd())?;
        for i in 0..count {
            let bytes = inbox.datagram(i);
            tally.received_bytes += bytes.len() as u64;
            let place = match inbox.destination(i) {
                Some(ip) if socket.count > 1 => u32::from(ip).wrapping_sub(u32::from(MANY) + 1),
                _ => 0,
            };
            if place < socket.count {
                take(Local(socket.first + place), inbox.peer(i), bytes);
            }
        }
        Ok(count)
    }

    /// Sends what the players have written.
    pub fn send(&mut self, out: &Outbox) {
        if out.datagrams().is_empty() {
            return;
        }
        for datagram in out.datagrams() {
            let SocketAddr::V4(peer) = datagram.peer else { continue };
            let socket = &mut self.sockets[self.owners[datagram.local.index()]];
            let source = (socket.count > 1)
                .then(|| Ipv4Addr::from(u32::from(MANY) + 1 + datagram.local.0 - socket.first));
            self.tally.sent += 1;
            self.tally.sent_bytes += datagram.range.len() as u64;
            socket.departures.push(Departure { source, peer, range: datagram.range.clone() });
        }
        for socket in &mut self.sockets {
            let mut done = 0;
            while done < socket.departures.len() {
                let end = (done + BATCH).min(socket.departures.len());
                let batch = &socket.departures[done..end];
                match send_batch(socket.udp.as_raw_fd(), out.bytes(), batch) {
                    Ok(sent) => done += sent.max(1),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // A port that has closed (ECONNREFUSED of an earlier datagram) or a full buffer: this one
                    // is lost, as on a wire.
                    Err(_) => {
                        self.tally.refused += 1;
                        done += 1;
                    }
                }
            }
            socket.departures.clear();
        }
    }
}

/// Readiness of many sockets: `epoll(7)`, level-triggered.
pub struct Poller(OwnedFd);

impl Poller {
    /// An empty one.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointer is passed; a non-negative result is a descriptor that is ours alone.
        unsafe {
            match libc::epoll_create1(libc::EPOLL_CLOEXEC) {
                fd if fd >= 0 => Ok(Self(OwnedFd::from_raw_fd(fd))),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }

    /// Watches a socket for what can be received; it is called `name`.
    ///
    /// # Errors
    /// What the system says.
    pub fn add(&self, socket: &UdpSocket, name: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: name };
        // SAFETY: `event` outlives the call.
        let done = unsafe {
            libc::epoll_ctl(self.0.as_raw_fd(), libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &raw mut event)
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Sleeps until some are ready; their names are put into `ready`.
    pub fn wait(&self, ready: &mut Vec<u64>) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 256];
        // SAFETY: `events` is an array of the length given. An interrupted wait gives none.
        let count =
            unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), events.len() as i32, -1) };
        ready.clear();
        ready.extend(events.iter().take(usize::try_from(count).unwrap_or(0)).map(|event| event.u64));
    }
}

/// Buffers of one receive call.
struct Inbox {
    bytes: Box<[u8]>,
    peers: Box<[libc::sockaddr_in; BATCH]>,
    control: Box<[[u64; CONTROL / 8]; BATCH]>,
    lengths: [usize; BATCH],
    destinations: [Option<Ipv4Addr>; BATCH],
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            bytes: vec![0; SLOT * BATCH].into_boxed_slice(),
            // SAFETY: sockaddr_in is plain data for which all zeroes is a valid value.
            peers: Box::new(unsafe { zeroed() }),
            control: Box::new([[0; CONTROL / 8]; BATCH]),
            lengths: [0; BATCH],
            destinations: [None; BATCH],
        }
    }
}

impl Inbox {
    fn receive(&mut self, socket: RawFd) -> io::Result<usize> {
        // SAFETY: iovec and mmsghdr are plain data for which all zeroes is a valid value.
        let mut vectors: [libc::iovec; BATCH] = unsafe { zeroed() };
        // SAFETY: as above.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for (i, chunk) in self.bytes.chunks_exact_mut(SLOT).enumerate() {
            vectors[i] = libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: SLOT };
            let header = &mut headers[i].msg_hdr;
            header.msg_name = (&raw mut self.peers[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
            header.msg_iov = &raw mut vectors[i];
            header.msg_iovlen = 1;
            header.msg_control = self.control[i].as_mut_ptr().cast();
            header.msg_controllen = CONTROL;
        }
        // SAFETY: every pointer in `headers` points into a buffer of `self` or a local array that lives past
        // the call, with its true length; BATCH is the length of `headers`.
        let taken = unsafe {
            libc::recvmmsg(
                socket,
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if taken < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                // Refused: an ICMP answer to something sent earlier; the engine may have closed a port.
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused => {
                    Ok(0)
                }
                _ => Err(error),
            };
        }
        let taken = taken as usize;
        for (i, header) in headers[..taken].iter().enumerate() {
            self.lengths[i] = header.msg_len as usize;
            self.destinations[i] = packet_info(&header.msg_hdr);
        }
        Ok(taken)
    }

    fn datagram(&self, i: usize) -> &[u8] {
        &self.bytes[i * SLOT..i * SLOT + self.lengths[i].min(SLOT)]
    }

    fn destination(&self, i: usize) -> Option<Ipv4Addr> {
        self.destinations[i]
    }

    fn peer(&self, i: usize) -> SocketAddr {
        let peer = &self.peers[i];
        let ip = Ipv4Addr::from(peer.sin_addr.s_addr.to_ne_bytes());
        SocketAddr::from((ip, u16::from_be(peer.sin_port)))
    }
}

/// To which of its addresses a datagram came (`ip(7)`, IP_PKTINFO).
fn packet_info(header: &libc::msghdr) -> Option<Ipv4Addr> {
    // SAFETY: the kernel filled msg_control and msg_controllen in the call just made; CMSG_FIRSTHDR only looks
    // inside them.
    let first = unsafe { libc::CMSG_FIRSTHDR(header) };
    if first.is_null() {
        return None;
    }
    // SAFETY: `first` points at a control header inside our buffer; IP_PKTINFO carries an in_pktinfo, which may
    // be unaligned and is only looked at when the header says that it is one.
    let (level, kind, info) = unsafe {
        let data = libc::CMSG_DATA(first).cast::<libc::in_pktinfo>();
        ((*first).cmsg_level, (*first).cmsg_type, data.read_unaligned())
    };
    (level == libc::IPPROTO_IP && kind == libc::IP_PKTINFO)
        .then(|| Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes()))
}

fn send_batch(socket: RawFd, bytes: &[u8], batch: &[Departure]) -> io::Result<usize> {
    // SAFETY: these are plain data for which all zeroes is a valid value.
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
    // SAFETY: as above.
    let mut vectors: [libc::iovec; BATCH] = unsafe { zeroed() };
    // SAFETY: as above.
    let mut peers: [libc::sockaddr_in; BATCH] = unsafe { zeroed() };
    let mut control = [[0u64; CONTROL / 8]; BATCH];
    for (i, departure) in batch.iter().take(BATCH).enumerate() {
        let part = &bytes[departure.range.clone()];
        vectors[i] = libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() };
        peers[i] = libc::sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: departure.peer.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(departure.peer.ip().octets()) },
            sin_zero: [0; 8],
        };
        let header = &mut headers[i].msg_hdr;
        header.msg_name = (&raw mut peers[i]).cast();
        header.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
        header.msg_iov = &raw mut vectors[i];
        header.msg_iovlen = 1;
        if let Some(source) = departure.source {
            header.msg_control = control[i].as_mut_ptr().cast();
            header.msg_controllen = CONTROL;
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(source.octets()) },
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            // SAFETY: the control buffer is zeroed, aligned for cmsghdr (u64) and longer than
            // CMSG_SPACE(in_pktinfo) = 32, so the first header and its data lie inside it.
            unsafe {
                let first = libc::CMSG_FIRSTHDR(header);
                (*first).cmsg_level = libc::IPPROTO_IP;
                (*first).cmsg_type = libc::IP_PKTINFO;
                (*first).cmsg_len = libc::CMSG_LEN(size_of::<libc::in_pktinfo>() as libc::c_uint) as usize;
                libc::CMSG_DATA(first).cast::<libc::in_pktinfo>().write_unaligned(info);
            }
        }
    }
    // SAFETY: every pointer in `headers` points into `bytes` (only read by sendmmsg) or a local array that
    // lives past the call; the count is at most the length of `headers`.
    let sent = unsafe {
        libc::sendmmsg(
            socket,
            headers.as_mut_ptr(),
            batch.len().min(BATCH) as libc::c_uint,
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(sent as usize) }
}

fn set_option(socket: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: the option value is an int whose address and size are given.
    let done = unsafe {
        libc::setsockopt(socket, level, name, (&raw const value).cast(), size_of::<i32>() as libc::socklen_t)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_addresses_of_one_socket_are_told_apart_both_ways() {
        let mut wire = Wire::default();
        let plain = wire.add_socket().unwrap();
        let first = wire.add_many(1_000).unwrap();
        let mut out = Outbox::default();
        let hub = wire.directory().address(plain);
        for place in 0..1_000u32 {
            let local = Local(first.0 + place);
            let there = wire.directory().address(local);
            out.send(local, hub, |w| w.extend_from_slice(&place.to_be_bytes()));
            out.send(plain, there, |w| w.extend_from_slice(&place.to_be_bytes()));
        }
        wire.send(&out);
        let (mut at_hub, mut at_party) = (0, 0);
        let directory = wire.directory().clone();
        while at_hub + at_party < 2_000 {
            wire.wait(Duration::from_secs(5));
            let count = wire
                .receive(|local, from, bytes| {
                    let place = u32::from_be_bytes(bytes.try_into().unwrap());
                    if local == plain {
                        assert_eq!(from, directory.address(Local(first.0 + place)));
                        at_hub += 1;
                    } else {
                        assert_eq!((local.0 - first.0, from), (place, hub));
                        at_party += 1;
                    }
                })
                .unwrap();
            assert!(count > 0, "lost: {at_hub} at the hub, {at_party} at the parties");
        }
        assert_eq!((at_hub, at_party, wire.tally().sent), (1_000, 1_000, 2_000));
    }
}
