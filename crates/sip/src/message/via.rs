//! Via (RFC 3261 20.42, RFC 3581).

use super::list::trim;
use super::params::Params;
use super::uri::{Host, host_and_port};
use crate::leg::Transport;
use std::net::IpAddr;

/// One Via value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// Transport; `None` for one that we do not speak.
    pub transport: Option<Transport>,
    /// Host of sent-by.
    pub host: Host<'a>,
    /// Port of sent-by.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one value; `None` when it is none.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        // SIP / 2.0 / UDP host:port;params, with white space allowed around the slashes (RFC 4475 3.1.1.1).
        let mut parts = value.splitn(3, |&byte| byte == b'/');
        let (name, version, rest) = (parts.next()?, parts.next()?, trim(parts.next()?));
        if !trim(name).eq_ignore_ascii_case(b"SIP") || trim(version) != b"2.0" {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))?;
        let (sent_by, params) = super::uri::cut(trim(&rest[end..]), b';');
        let (host, port) = host_and_port(trim(sent_by))?;
        Some(Self { transport: transport_of(&rest[..end]), host, port, params: Params::new(params) })
    }

    /// Branch.
    #[must_use]
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.value("branch").filter(|branch| !branch.is_empty())
    }

    /// The branch names a transaction as RFC 3261 17.2.3 wants (it begins with the cookie).
    #[must_use]
    pub fn has_cookie(&self) -> bool {
        self.branch().is_some_and(|branch| branch.len() > 7 && branch.starts_with(b"z9hG4bK"))
    }

    /// Asks for rport (RFC 3581).
    #[must_use]
    pub fn wants_rport(&self) -> bool {
        self.params.has("rport")
    }

    /// Filled-in rport.
    #[must_use]
    pub fn rport(&self) -> Option<u16> {
        u16::try_from(super::list::number(self.params.value("rport")?)?).ok()
    }

    /// Filled-in received.
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        Host(self.params.value("received")?).address()
    }
}

fn transport_of(name: &[u8]) -> Option<Transport> {
    let known = [
        ("UDP", Transport::Udp),
        ("TCP", Transport::Tcp),
        ("TLS", Transport::Tls),
        ("WS", Transport::Ws),
        ("WSS", Transport::Wss),
    ];
    known
        .iter()
        .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))
        .map(|(_, transport)| *transport)
}

/// A transport as Via and URI parameters write it.
#[must_use]
pub const fn transport_token(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Ws => "WS",
        Transport::Wss => "WSS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vias_with_white_space_and_v6() {
        let via = Via::parse(b"SIP  / 2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw;rport").unwrap();
        assert_eq!((via.transport, via.branch()), (Some(Transport::Udp), Some(b"390skdjuw".as_slice())));
        assert!(via.wants_rport() && !via.has_cookie());
        let six =
            Via::parse(b"SIP/2.0/TCP [2001:db8::9]:5090;received=[2001:db8::8];branch=z9hG4bKa").unwrap();
        assert_eq!((six.port, six.host.address()), (Some(5090), Some("2001:db8::9".parse().unwrap())));
        assert_eq!(Via::parse(b"SIP/2.0/SCTP host").unwrap().transport, None);
        for bad in [b"SIP/2.0/UDP".as_slice(), b"HTTP/1.1 x", b"SIP/2.0/UDP ;branch=1", b"SIP/7.0/UDP h"] {
            assert_eq!(Via::parse(bad), None);
        }
    }
}
