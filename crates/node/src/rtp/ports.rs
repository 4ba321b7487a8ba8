//! RTP and RTCP sockets: a socket per port, opened when first used and kept, because binding and closing two
//! sockets a leg costs more system time than the whole signalling of a call.
//!
//! A port that cannot be bound is told to the desk, which tells the engine, which takes it out of use. Packets
//! that arrive while nobody uses a port are read and thrown away, so a new call never hears an old one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// Socket buffers: 64 KiB hold a third of a second of G.711, far more than a late wake-up needs.
const BUFFER: usize = 64 * 1024;

/// All media sockets of the process, shared by its media threads.
pub struct Ports {
    first: u16,
    sockets: Vec<[OnceLock<Option<UdpSocket>>; 2]>,
}

impl Ports {
    /// A table for a range of ports; nothing is opened yet.
    #[must_use]
    pub fn new(range: &std::ops::RangeInclusive<u16>) -> Self {
        // One more than the range: the RTCP neighbor of the last even port.
        let count = usize::from(*range.end() - *range.start()) + 2;
        Self { first: *range.start(), sockets: (0..count).map(|_| Default::default()).collect() }
    }

    /// The socket of a port for peers of one address family, opened when it was not yet.
    pub fn open(&self, port: u16, v4: bool) -> Option<&UdpSocket> {
        self.slot(port, v4)?.get_or_init(|| bind(port, v4).ok()).as_ref()
    }

    /// The socket of a port, if it has been opened.
    pub fn get(&self, port: u16, v4: bool) -> Option<&UdpSocket> {
        self.slot(port, v4)?.get()?.as_ref()
    }

    fn slot(&self, port: u16, v4: bool) -> Option<&OnceLock<Option<UdpSocket>>> {
        let pair = self.sockets.get(usize::from(port.checked_sub(self.first)?))?;
        Some(&pair[usize::from(!v4)])
    }
}

fn bind(port: u16, v4: bool) -> io::Result<UdpSocket> {
    let any: IpAddr = if v4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let address = SocketAddr::new(any, port);
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::DGRAM, None)?;
    if !v4 {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    // DSCP EF (RFC 3246), so that switches which look at it let audio go first; a refusal does no harm.
    if v4 {
        let _ = socket.set_tos_v4(0xB8);
    } else {
        let _ = socket.set_tclass_v6(0xB8);
    }
    socket.bind(&address.into())?;
    let socket: UdpSocket = socket.into();
    crate::net::mmsg::stamp(socket.as_fd())?;
    Ok(socket)
}
