//! Who may speak as a party: the address rule of symmetric RTP (RFC 4961), narrow enough that nobody can
//! talk into a call by guessing a port.
//!
//! ```text
//!   not behind a NAT   negotiated IP only. Port: the first one seen stays, but the negotiated port itself
//!                      always wins it back (a stray packet of the gateway's last call must not deafen this
//!                      one). We send where the SDP said.
//!   behind a NAT       the source of the first valid packet of his payload type, once per negotiation; we
//!                      send there. Until then we send where the SDP said, which may open his NAT.
//! ```
//!
//! All others are strangers. Never knows: what is in the packets.

use std::net::{IpAddr, SocketAddr};

/// Who may speak as one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    negotiated: SocketAddr,
    nated: bool,
    seen: Option<SocketAddr>,
}

impl Source {
    /// After a negotiation: nobody has been seen yet.
    pub(crate) fn new(negotiated: SocketAddr, nated: bool) -> Self {
        Self { negotiated, nated, seen: None }
    }

    /// After a renegotiation: the latch stays unless what was negotiated has changed.
    pub(crate) fn renegotiated(self, negotiated: SocketAddr, nated: bool) -> Self {
        if self.negotiated == negotiated && self.nated == nated { self } else { Self::new(negotiated, nated) }
    }

    /// Whether an RTP packet from `peer` is his; `plausible` says that it is valid and of his payload type,
    /// which is what it takes to be latched onto.
    #[inline]
    pub(crate) fn admits(&mut self, peer: SocketAddr, plausible: bool) -> bool {
        self.seen == Some(peer) || (plausible && self.latches(peer))
    }

    /// Whether an RTCP packet from `peer` is his: any port of his address, or where his RTCP is at home.
    pub(crate) fn admits_control(&self, peer: SocketAddr, rtcp: Option<SocketAddr>) -> bool {
        let home = if self.nated { self.seen } else { Some(self.negotiated) };
        home.is_some_and(|home| same_host(home.ip(), peer.ip())) || rtcp == Some(peer)
    }

    /// Where his audio goes; nothing goes to port 0 or to nobody's address (RFC 3264 5.1, old-style hold).
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        let to = if self.nated { self.seen.unwrap_or(self.negotiated) } else { self.negotiated };
        (to.port() != 0 && !to.ip().is_unspecified()).then_some(to)
    }

    fn latches(&mut self, peer: SocketAddr) -> bool {
        let his = if self.nated {
            self.seen.is_none()
        } else {
            same_host(self.negotiated.ip(), peer.ip())
                && (self.seen.is_none() || peer.port() == self.negotiated.port())
        };
        if his {
            self.seen = Some(peer);
        }
        his
    }
}

/// The same host, whether or not a dual-stack socket shows IPv4 as IPv6.
fn same_host(one: IpAddr, other: IpAddr) -> bool {
    one == other || one.to_canonical() == other.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().expect("address")
    }

    #[test]
    fn without_nat_only_the_negotiated_address_speaks_and_its_negotiated_port_wins() {
        let mut source = Source::new(at("10.0.0.1:4000"), false);
        assert!(!source.admits(at("10.0.0.2:4000"), true), "another host");
        assert!(!source.admits(at("10.0.0.1:4002"), false), "implausible packets never latch");
        assert!(source.admits(at("10.0.0.1:4002"), true), "first port seen");
        assert!(!source.admits(at("10.0.0.1:4004"), true), "a second port");
        assert!(source.admits(at("10.0.0.1:4000"), true), "the negotiated port");
        assert!(!source.admits(at("10.0.0.1:4002"), true), "which has taken over");
        assert!(source.admits(at("[::ffff:10.0.0.1]:4000"), true), "as a dual-stack socket shows it");
        assert_eq!(source.destination(), Some(at("10.0.0.1:4000")));
    }

    #[test]
    fn behind_a_nat_the_first_valid_packet_decides_once_per_negotiation() {
        let mut source = Source::new(at("192.168.1.5:4000"), true);
        assert_eq!(source.destination(), Some(at("192.168.1.5:4000")));
        assert!(!source.admits_control(at("198.51.100.7:1001"), None), "RTCP never latches");
        assert!(!source.admits(at("198.51.100.7:1000"), false));
        assert!(source.admits(at("198.51.100.7:1000"), true));
        assert!(!source.admits(at("203.0.113.9:1000"), true));
        assert_eq!(source.destination(), Some(at("198.51.100.7:1000")));
        assert!(source.admits_control(at("198.51.100.7:1001"), None));
        let same = source.renegotiated(at("192.168.1.5:4000"), true);
        assert_eq!(same.destination(), Some(at("198.51.100.7:1000")));
        let mut moved = source.renegotiated(at("192.168.1.5:4010"), true);
        assert!(moved.admits(at("203.0.113.9:1000"), true));
    }

    #[test]
    fn nothing_goes_to_nobody() {
        assert_eq!(Source::new(at("0.0.0.0:4000"), false).destination(), None);
        assert_eq!(Source::new(at("10.0.0.1:0"), false).destination(), None);
    }
}
