//! Next hops of trunks (RFC 3263): a name becomes an ordered list of addresses, asked for outside, kept here.
//!
//! ```text
//!   find(host) ──▶ literal or fresh in cache ──▶ addresses
//!             └──▶ unknown or stale ──Lookup──▶ resolver … resolved(id, found) ──▶ who waits is told
//! ```
//!
//! A stale answer is used while the new one is fetched: a broken resolver must not stop a working trunk.
//! Every lookup must be answered, with nothing if need be: until then its name is not asked for again.
//! Never knows: DNS, sockets, why somebody wants the address.

use crate::endpoint::{Lookup, Out};
use crate::leg::Transport;
use base::{Table, Timestamp};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long an answer counts as fresh.
const FRESH: Duration = Duration::from_secs(60);
/// How long a failed lookup is not repeated.
const RETRY: Duration = Duration::from_secs(5);
/// Names remembered; beyond it new names are asked for again each time.
const NAMES: usize = 1024;
/// Addresses kept for a name.
const ADDRESSES: usize = 8;

/// What is asked: host, fixed port, fixed transport.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub(crate) host: Box<str>,
    pub(crate) port: Option<u16>,
    pub(crate) transport: Option<Transport>,
}

/// What the cache says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Best first; never empty.
    Now(Vec<(Transport, SocketAddr)>),
    /// Asked for under this id; [`Resolver::resolved`] follows.
    Later(u64),
    /// Asked a moment ago, nothing was found.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    found: Vec<(Transport, SocketAddr)>,
    fresh_until: Timestamp,
    asked: Option<u64>,
}

/// The cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    entries: Table<Name, Entry>,
    asked: Table<u64, Name>,
    next: u64,
}

impl Resolver {
    /// Where requests for a host go.
    pub(crate) fn find(&mut self, now: Timestamp, name: &Name, out: &mut Out) -> Found {
        if let Some(address) = literal(&name.host) {
            // RFC 3263 4.1 and 4.2: a numeric address is used as it is, UDP and the default port unless fixed.
            let transport = name.transport.unwrap_or(Transport::Udp);
            let port = name.port.unwrap_or(default_port(transport));
            return Found::Now(vec![(transport, SocketAddr::new(address, port))]);
        }
        if let Some(entry) = self.entries.get(name) {
            if now < entry.fresh_until || entry.asked.is_some() {
                return match (entry.found.is_empty(), entry.asked) {
                    (false, _) => Found::Now(entry.found.clone()),
                    (true, Some(id)) => Found::Later(id),
                    (true, None) => Found::Nothing,
                };
            }
        } else if self.entries.len() >= NAMES {
            self.entries.retain(|_, entry| entry.asked.is_some() || now < entry.fresh_until);
            if self.entries.len() >= NAMES {
                return Found::Nothing;
            }
        }
        self.next += 1;
        let id = self.next;
        out.lookups.push(Lookup {
            id,
            host: name.host.to_string(),
            port: name.port,
            transport: name.transport,
        });
        self.asked.insert(id, name.clone());
        let entry = self.entries.or_insert_with(name.clone(), || Entry {
            found: Vec::new(),
            fresh_until: now,
            asked: None,
        });
        entry.asked = Some(id);
        if entry.found.is_empty() { Found::Later(id) } else { Found::Now(entry.found.clone()) }
    }

    /// The answer to a lookup. An empty one keeps what was known before.
    pub(crate) fn resolved(
        &mut self,
        now: Timestamp,
        id: u64,
        found: &[(Transport, SocketAddr)],
    ) -> Vec<(Transport, SocketAddr)> {
        let Some(name) = self.asked.remove(&id) else { return Vec::new() };
        let Some(entry) = self.entries.get_mut(&name) else { return Vec::new() };
        entry.asked = None;
        if found.is_empty() {
            entry.fresh_until = now + RETRY;
        } else {
            entry.found = found.iter().copied().take(ADDRESSES).collect();
            entry.fresh_until = now + FRESH;
        }
        entry.found.clone()
    }
}

/// A host that is an address already, IPv6 with or without brackets.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// RFC 3261 19.1.2, RFC 7118.
pub(crate) const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(host: &str) -> Name {
        Name { host: host.into(), port: None, transport: None }
    }

    #[test]
    fn a_broken_resolver_does_not_stop_a_working_trunk() {
        let (mut resolver, mut out) = (Resolver::default(), Out::default());
        let (t0, found) = (Timestamp::START, [(Transport::Udp, "192.0.2.1:5060".parse().unwrap())]);
        assert_eq!(resolver.find(t0, &name("carrier.example"), &mut out), Found::Later(1));
        assert_eq!(resolver.find(t0, &name("carrier.example"), &mut out), Found::Later(1));
        assert_eq!(out.lookups.len(), 1);
        assert_eq!(resolver.resolved(t0, 1, &found), found);
        let later = t0 + FRESH;
        assert_eq!(resolver.find(later, &name("carrier.example"), &mut out), Found::Now(found.to_vec()));
        assert_eq!(out.lookups.len(), 2, "stale: asked again, used meanwhile");
        assert_eq!(resolver.resolved(later, 2, &[]), found);
        assert_eq!(resolver.find(later, &name("carrier.example"), &mut out), Found::Now(found.to_vec()));
    }

    #[test]
    fn literals_are_never_asked_for() {
        let (mut resolver, mut out) = (Resolver::default(), Out::default());
        let six = Name { host: "[2001:db8::1]".into(), port: Some(5080), transport: Some(Transport::Tcp) };
        let wanted = vec![(Transport::Tcp, "[2001:db8::1]:5080".parse().unwrap())];
        assert_eq!(resolver.find(Timestamp::START, &six, &mut out), Found::Now(wanted));
        assert!(out.lookups.is_empty());
    }
}
