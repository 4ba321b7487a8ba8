//! Many datagrams in one system call: `recvmmsg(2)` and `sendmmsg(2)` over one UDP socket.
//!
//! ```text
//! Receiver::receive(socket) ─▶ count ─▶ Receiver::datagram(i) ─▶ (peer, bytes)
//! Sender::push(peer, range) … ─▶ Sender::flush(socket, bytes)
//! ```
//!
//! `unsafe` because the two calls take arrays of raw pointers. All pointers are made
//! anew for each call from buffers that outlive it, so the structs themselves hold none and may move.

#![allow(unsafe_code, reason = "recvmmsg and sendmmsg have no safe form in std or tokio")]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// Datagrams taken or given in one call. Beyond 32 the gain is lost in noise.
pub const BATCH: usize = 32;
/// Room for the kernel's receive time stamp.
const CONTROL: usize = 64;

/// Receives up to [`BATCH`] datagrams at a time into its own buffers.
pub struct Receiver {
    slot: usize,
    bytes: Box<[u8]>,
    peers: Box<[libc::sockaddr_storage; BATCH]>,
    control: Box<[[u8; CONTROL]; BATCH]>,
    lengths: [usize; BATCH],
    stamps: [Option<Duration>; BATCH],
}

impl Receiver {
    /// A receiver for datagrams of up to `slot` bytes; longer ones are cut by the kernel.
    pub fn new(slot: usize) -> Self {
        Self {
            slot,
            bytes: vec![0; slot * BATCH].into_boxed_slice(),
            // SAFETY: sockaddr_storage is plain data for which all zeroes is a valid value.
            peers: Box::new(unsafe { zeroed() }),
            control: Box::new([[0; CONTROL]; BATCH]),
            lengths: [0; BATCH],
            stamps: [None; BATCH],
        }
    }

    /// Takes what waits in the socket, without blocking; 0 when nothing does.
    ///
    /// # Errors
    /// What the kernel says, except "would block" and "interrupted".
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        // SAFETY: iovec and mmsghdr are plain data for which all zeroes is a valid value.
        let mut vectors: [libc::iovec; BATCH] = unsafe { zeroed() };
        // SAFETY: as above.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for (i, chunk) in self.bytes.chunks_exact_mut(self.slot).enumerate() {
            vectors[i] = libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: self.slot };
            let header = &mut headers[i].msg_hdr;
            header.msg_name = (&raw mut self.peers[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut vectors[i];
            header.msg_iovlen = 1;
            header.msg_control = self.control[i].as_mut_ptr().cast();
            header.msg_controllen = CONTROL;
        }
        // SAFETY: every pointer in `headers` points into a buffer of `self` or a local array that lives past
        // the call, with its true length; BATCH is the length of `headers`.
        let taken = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if taken < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(error),
            };
        }
        let taken = taken as usize;
        for (i, header) in headers[..taken].iter().enumerate() {
            self.lengths[i] = header.msg_len as usize;
            self.stamps[i] = time_stamp(&header.msg_hdr);
        }
        Ok(taken)
    }

    /// The `i`-th datagram of the last receive. `None` for an address family we do not speak.
    pub fn datagram(&self, i: usize) -> Option<(SocketAddr, &[u8])> {
        let start = i * self.slot;
        Some((from_storage(&self.peers[i])?, &self.bytes[start..start + self.lengths[i].min(self.slot)]))
    }

    /// When the kernel took the `i`-th datagram of the last receive, as Unix time, if the socket was asked to
    /// stamp ([`stamp`]).
    pub fn stamped(&self, i: usize) -> Option<Duration> {
        self.stamps.get(i).copied().flatten()
    }
}

/// Asks the kernel to stamp arriving datagrams, so that the time they waited for us can be told.
///
/// # Errors
/// What the kernel says.
pub fn stamp(socket: BorrowedFd<'_>) -> io::Result<()> {
    set_option(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)
}

/// Asks for socket buffers of this size, past the system's limit where we may.
pub fn buffers(socket: BorrowedFd<'_>, bytes: i32) {
    for (force, ask) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)] {
        if set_option(socket, libc::SOL_SOCKET, force, bytes).is_err() {
            // Not permitted to pass the limit: take what the system gives.
            let _ = set_option(socket, libc::SOL_SOCKET, ask, bytes);
        }
    }
}

fn set_option(socket: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: the option value is an int whose address and size are given.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn time_stamp(header: &libc::msghdr) -> Option<Duration> {
    // SAFETY: the kernel filled msg_control and msg_controllen of this header in the call just made, and
    // CMSG_FIRSTHDR only looks inside them.
    let first = unsafe { libc::CMSG_FIRSTHDR(header) };
    if first.is_null() {
        return None;
    }
    // SAFETY: `first` points at a control header inside our buffer; SCM_TIMESTAMPNS carries a timespec,
    // which may be unaligned.
    let (level, kind, time) = unsafe {
        let data = libc::CMSG_DATA(first).cast::<libc::timespec>();
        ((*first).cmsg_level, (*first).cmsg_type, data.read_unaligned())
    };
    if level != libc::SOL_SOCKET || kind != libc::SCM_TIMESTAMPNS {
        return None;
    }
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// Sends datagrams, up to [`BATCH`] in one call.
#[derive(Default)]
pub struct Sender {
    queued: Vec<(SocketAddr, std::ops::Range<usize>)>,
}

impl Sender {
    /// Queues a datagram: a range of the bytes that [`flush`](Self::flush) will be given.
    pub fn push(&mut self, peer: SocketAddr, range: std::ops::Range<usize>) {
        self.queued.push((peer, range));
    }

    /// Sends what is queued, in order. Where the kernel refuses one (unreachable, buffer full), `failed` is
    /// told and the rest goes on.
    pub fn flush(
        &mut self,
        socket: BorrowedFd<'_>,
        bytes: &[u8],
        mut failed: impl FnMut(SocketAddr, &io::Error),
    ) {
        let mut done = 0;
        while done < self.queued.len() {
            let end = (done + BATCH).min(self.queued.len());
            match send_batch(socket, bytes, &self.queued[done..end]) {
                Ok(sent) => done += sent.max(1),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failed(self.queued[done].0, &error);
                    done += 1;
                }
            }
        }
        self.queued.clear();
    }
}

fn send_batch(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    queued: &[(SocketAddr, std::ops::Range<usize>)],
) -> io::Result<usize> {
    // SAFETY: these are plain data for which all zeroes is a valid value.
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
    // SAFETY: as above.
    let mut vectors: [libc::iovec; BATCH] = unsafe { zeroed() };
    // SAFETY: as above.
    let mut peers: [libc::sockaddr_storage; BATCH] = unsafe { zeroed() };
    for (i, (peer, range)) in queued.iter().take(BATCH).enumerate() {
        let part = &bytes[range.clone()];
        vectors[i] = libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() };
        let length = to_storage(*peer, &mut peers[i]);
        let header = &mut headers[i].msg_hdr;
        header.msg_name = (&raw mut peers[i]).cast();
        header.msg_namelen = length;
        header.msg_iov = &raw mut vectors[i];
        header.msg_iovlen = 1;
    }
    // SAFETY: every pointer in `headers` points into `bytes` (only read by sendmmsg) or a local array that
    // lives past the call; the count is at most the length of `headers`.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            queued.len().min(BATCH) as libc::c_uint,
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(sent as usize) }
}

fn to_storage(address: SocketAddr, storage: &mut libc::sockaddr_storage) -> libc::socklen_t {
    match address {
        SocketAddr::V4(v4) => {
            let raw = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            };
            // SAFETY: sockaddr_storage is larger than sockaddr_in and aligned for every address family.
            unsafe { (&raw mut *storage).cast::<libc::sockaddr_in>().write(raw) };
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(v6) => {
            let raw = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            };
            // SAFETY: as above.
            unsafe { (&raw mut *storage).cast::<libc::sockaddr_in6>().write(raw) };
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

fn from_storage(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in here.
            let raw = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(raw.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in6 here.
            let raw = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(raw.sin6_addr.s6_addr);
            Some(SocketAddr::new(IpAddr::V6(ip), u16::from_be(raw.sin6_port)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    fn exchange(any: &str) {
        let (a, b) = (UdpSocket::bind(any).unwrap(), UdpSocket::bind(any).unwrap());
        stamp(b.as_fd()).unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        let mut sender = Sender::default();
        for i in 0..70 {
            sender.push(b.local_addr().unwrap(), i..i + 100);
        }
        sender.flush(a.as_fd(), &bytes, |peer, error| panic!("{peer}: {error}"));
        let mut receiver = Receiver::new(2048);
        let mut seen = 0;
        while seen < 70 {
            let count = receiver.receive(b.as_fd()).unwrap();
            assert!(count > 0, "a datagram is missing after {seen}");
            assert!(receiver.stamped(0).is_some() && receiver.stamped(count - 1).is_some());
            for i in 0..count {
                let (peer, data) = receiver.datagram(i).unwrap();
                assert_eq!((peer, data), (a.local_addr().unwrap(), &bytes[seen..seen + 100]));
                seen += 1;
            }
        }
        assert_eq!(receiver.receive(b.as_fd()).unwrap(), 0);
    }

    #[test]
    fn seventy_datagrams_arrive_in_order_over_both_families() {
        exchange("127.0.0.1:0");
        exchange("[::1]:0");
    }
}
