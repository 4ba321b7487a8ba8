//! The plan: what the configuration says about SIP, as plain values. Positions in the lists are the
//! references ([`TrunkRef`](crate::leg::TrunkRef), [`AorRef`](crate::leg::AorRef)).

use crate::digest::Algorithm;
use crate::leg::Transport;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Everything the endpoint is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Addresses on which the node listens, as (transport, address).
    pub listen: Vec<(Transport, SocketAddr)>,
    /// Host shown in Via, Contact and From instead of the local address, when one is configured.
    pub advertised: Option<IpAddr>,
    /// Realm of digest challenges and domain of our phone accounts.
    pub realm: String,
    /// Algorithms of our challenges, at least one, in the order of their lines. RFC 8760 2.3 wants the strongest
    /// first; a phone that looks at the first line only needs the one that it knows there.
    pub digests: Vec<Algorithm>,
    /// Carriers.
    pub trunks: Vec<TrunkPlan>,
    /// Phone accounts.
    pub accounts: Vec<Account>,
    /// Bounds.
    pub limits: Limits,
    /// Timers.
    pub timers: Timers,
    /// Names of headers of a trunk's INVITE that are handed on as they are.
    pub carries: Vec<String>,
    /// Product name in Server and User-Agent.
    pub product: String,
}

/// One carrier's trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkPlan {
    /// Name in logs and metrics.
    pub name: String,
    /// Requests from these networks belong to it (address, prefix length).
    pub networks: Vec<(IpAddr, u8)>,
    /// Where we send: host name or address; `port` `None` and a name means RFC 3263 (NAPTR/SRV/A).
    pub host: String,
    /// Port, when fixed.
    pub port: Option<u16>,
    /// Transport, when fixed.
    pub transport: Option<Transport>,
    /// Digest that the carrier must show us on INVITE.
    pub inbound_digest: Option<Secret>,
    /// Digest that we show the carrier.
    pub outbound_digest: Option<Secret>,
    /// Register with the carrier as this user (address of record user part).
    pub register_as: Option<String>,
    /// Wanted registration lifetime.
    pub register_expires: Duration,
    /// OPTIONS keep-alive interval; zero for none.
    pub options_every: Duration,
    /// Number rules.
    pub numbers: NumberRules,
    /// The carrier may see and assert identities (RFC 3325 trust).
    pub trusted: bool,
}

/// How numbers on a trunk are normalized.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NumberRules {
    /// Country code without `+` (`86`).
    pub country: String,
    /// Our area code without the trunk prefix (`527`): numbers without one belong here.
    pub area: String,
    /// Trunk (national) prefix (`0`).
    pub national_prefix: String,
    /// International prefix (`00`).
    pub international_prefix: String,
    /// Special numbers left as they are after an area code is taken off (`12345`, `110`).
    pub short: Vec<String>,
}

impl NumberRules {
    /// A number as somebody writes it becomes the caller's number that flows, lists and records know.
    #[must_use]
    pub fn normalize(&self, written: &str) -> String {
        crate::numbers::caller(written, self)
    }
}

/// User and password of a digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// User name.
    pub user: String,
    /// Password, in the clear because we must answer challenges with any algorithm.
    pub password: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({}, …)", self.user)
    }
}

/// One phone account (address of record `sip:user@realm`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// User part and digest user.
    pub user: String,
    /// Password.
    pub secret: Secret,
}

/// Bounds, each with what happens at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Legs at once; beyond: 503 with Retry-After.
    pub legs: usize,
    /// Transactions at once; beyond: 503 (requests), silence (others).
    pub transactions: usize,
    /// New INVITEs a second over all sources; beyond: 503.
    pub invites_per_second: u32,
    /// Requests a second from one source that is neither a trunk nor a registered phone; beyond: dropped.
    pub strangers_per_second: u32,
    /// Contacts per account; beyond: the oldest goes.
    pub contacts: usize,
    /// Failed digests from one source within a minute before it is dropped silently.
    pub failures: u32,
    /// For how long it is dropped.
    pub ban: Duration,
    /// Retry-After in our 503.
    pub retry_after: Duration,
}

/// Timers (RFC 3261 17.1.1.1 and table 4; RFC 4028).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timers {
    /// T1.
    pub t1: Duration,
    /// T2.
    pub t2: Duration,
    /// T4.
    pub t4: Duration,
    /// Session-Expires we ask for; zero for none.
    pub session_expires: Duration,
    /// Min-SE we accept.
    pub min_se: Duration,
    /// Shortest registration we grant (423 below).
    pub register_min: Duration,
    /// Longest registration we grant.
    pub register_max: Duration,
    /// OPTIONS to phones behind a NAT; zero for none.
    pub nat_keep_alive: Duration,
    /// How long a nonce is fresh.
    pub nonce: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            legs: 20_000,
            // A call over UDP leaves four transactions behind for 32 s (timers D, J, L, M): 3,000 calls a second.
            transactions: 400_000,
            invites_per_second: 3_000,
            strangers_per_second: 20,
            contacts: 5,
            failures: 10,
            ban: Duration::from_secs(600),
            retry_after: Duration::from_secs(5),
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            session_expires: Duration::from_secs(1800),
            min_se: Duration::from_secs(90),
            register_min: Duration::from_secs(30),
            register_max: Duration::from_secs(3600),
            nat_keep_alive: Duration::from_secs(25),
            nonce: Duration::from_secs(300),
        }
    }
}
