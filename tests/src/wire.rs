//! The wire: carries datagrams between addresses in virtual time, and does to them what networks do.
//!
//! ```text
//!   launch(now, from, to, bytes) ─┬─ an outage, a loss ─▶ gone
//!                                 └─ 1 or 2 copies, each delay + a share of jitter ─▶ flights by (time, order)
//!   next() ─▶ when the next one lands          land() ─▶ it
//! ```
//!
//! Reordering is jitter: a later datagram with less of it overtakes. What is drawn depends on the seed alone.
//! The last first lines are kept, so that a failure shows what was said before it.
//!
//! Never knows: what a datagram means, but for telling audio, calls and keep-alives apart in its log.

use base::{Random, Timestamp};
use phones::Share;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// First lines kept for failure messages.
const LOG: usize = 200;
/// Bytes kept of each.
const SHOWN: usize = 56;

/// What happens to each datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Never arrive.
    pub loss: Share,
    /// Arrive twice.
    pub repeat: Share,
    /// On the way at least this long.
    pub delay: Duration,
    /// And up to this much longer, each its own.
    pub jitter: Duration,
}

impl Faults {
    /// A good network: 5 ms, nothing lost, nothing overtaken.
    pub const NONE: Self = Self {
        loss: Share::NONE,
        repeat: Share::NONE,
        delay: Duration::from_millis(5),
        jitter: Duration::ZERO,
    };

    /// Whether nothing is lost, doubled or overtaken, so that both sides must agree to the last caller.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.loss == Share::NONE && self.repeat == Share::NONE && self.jitter.is_zero()
    }
}

/// What an outage swallows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swallows {
    /// Everything.
    All,
    /// REGISTER requests only: the phone still hears and speaks.
    Registrations,
}

/// A host that cannot be reached, nor reach anybody, for a time.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// Whose.
    pub host: IpAddr,
    /// From then.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// What is swallowed.
    pub what: Swallows,
}

/// A datagram on its way.
#[derive(Debug)]
pub struct Flight {
    /// When it lands.
    pub at: Timestamp,
    order: u64,
    /// From where.
    pub from: SocketAddr,
    /// To where.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Flight {}

impl PartialOrd for Flight {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Flight {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// How many datagrams met which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Launched.
    pub launched: u64,
    /// Lost by chance or outage.
    pub lost: u64,
    /// Sent twice.
    pub repeated: u64,
}

/// See the module's head.
#[derive(Debug)]
pub struct Wire {
    /// What happens to datagrams from now on.
    pub faults: Faults,
    /// Hosts that are away for a time.
    pub outages: Vec<Outage>,
    /// What has happened.
    pub fates: Fates,
    /// When a datagram of a call was last launched: registrations and keep-alives do not count.
    pub last_of_calls: Timestamp,
    random: Random,
    flights: BinaryHeap<Reverse<Flight>>,
    order: u64,
    spare: Vec<Vec<u8>>,
    log: VecDeque<Said>,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    at: Timestamp,
    from: SocketAddr,
    to: SocketAddr,
    lost: bool,
    text: [u8; SHOWN],
}

impl Wire {
    /// A wire on which nothing is under way.
    #[must_use]
    pub fn new(faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            outages: Vec::new(),
            fates: Fates::default(),
            last_of_calls: Timestamp::START,
            random: Random::seeded(seed ^ 0x17AE_0000),
            flights: BinaryHeap::new(),
            order: 0,
            spare: Vec::new(),
            log: VecDeque::with_capacity(LOG),
        }
    }

    /// Takes a host off the wire for a time.
    pub fn cut(&mut self, host: IpAddr, from: Timestamp, until: Timestamp) {
        self.outages.push(Outage { host, from, until, what: Swallows::All });
    }

    /// Sends a datagram on its way.
    pub fn launch(&mut self, now: Timestamp, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.fates.launched += 1;
        let kind = Kind::of(bytes);
        if kind == Kind::Call {
            self.last_of_calls = now;
        }
        let lost = self.faults.loss.draws(&mut self.random) || self.is_out(now, from, to, bytes);
        if kind != Kind::Audio {
            self.note(now, from, to, bytes, lost);
        }
        if lost {
            self.fates.lost += 1;
            return;
        }
        let repeated = self.faults.repeat.draws(&mut self.random);
        self.fates.repeated += u64::from(repeated);
        for _ in 0..=u8::from(repeated) {
            let jitter = self.random.below(self.faults.jitter.as_nanos() as u64 + 1);
            let at = now + self.faults.delay + Duration::from_nanos(jitter);
            let mut copy = self.spare.pop().unwrap_or_default();
            copy.extend_from_slice(bytes);
            self.order += 1;
            self.flights.push(Reverse(Flight { at, order: self.order, from, to, bytes: copy }));
        }
    }

    /// When the next datagram lands.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.flights.peek().map(|Reverse(flight)| flight.at)
    }

    /// Takes the datagram that lands next.
    pub fn land(&mut self) -> Option<Flight> {
        self.flights.pop().map(|Reverse(flight)| flight)
    }

    /// Takes back the memory of one that has landed.
    pub fn recycle(&mut self, mut landed: Flight) {
        landed.bytes.clear();
        self.spare.push(landed.bytes);
    }

    fn is_out(&self, now: Timestamp, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> bool {
        self.outages.iter().any(|outage| {
            (outage.host == from.ip() || outage.host == to.ip())
                && outage.from <= now
                && now < outage.until
                && match outage.what {
                    Swallows::All => true,
                    Swallows::Registrations => bytes.starts_with(b"REGISTER"),
                }
        })
    }

    fn note(&mut self, at: Timestamp, from: SocketAddr, to: SocketAddr, bytes: &[u8], lost: bool) {
        let mut text = [b' '; SHOWN];
        let line = bytes.iter().position(|&byte| byte == b'\r').unwrap_or(bytes.len()).min(SHOWN);
        text[..line].copy_from_slice(&bytes[..line]);
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        self.log.push_back(Said { at, from, to, lost, text });
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for said in &self.log {
            let mark = if said.lost { '×' } else { '→' };
            let text = String::from_utf8_lossy(&said.text);
            writeln!(f, "{} {} {mark} {} {}", said.at, said.from, said.to, text.trim_end())?;
        }
        Ok(())
    }
}

/// What a datagram is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Audio,
    Keeping,
    Call,
}

impl Kind {
    fn of(bytes: &[u8]) -> Self {
        if bytes.first().is_some_and(|first| first >> 6 == 2) {
            return Self::Audio;
        }
        let keeps = |text: &[u8]| text.starts_with(b"REGISTER") || text.starts_with(b"OPTIONS");
        if keeps(bytes) {
            return Self::Keeping;
        }
        if bytes.starts_with(b"SIP/2.0") {
            // The method of the answered request stands in CSeq, behind its number.
            let cseq = bytes.windows(7).position(|window| window == b"\nCSeq: ");
            let method = cseq.map(|at| bytes[at + 7..].trim_ascii_start()).and_then(|value| {
                let space = value.iter().position(|&byte| byte == b' ')?;
                Some(&value[space + 1..])
            });
            if method.is_some_and(keeps) {
                return Self::Keeping;
            }
        }
        Self::Call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "10.0.0.1:5060";

    fn played(faults: Faults, seed: u64) -> (Vec<(u64, u8)>, Fates) {
        let mut wire = Wire::new(faults, seed);
        let here = HERE.parse().unwrap();
        for number in 0..100u8 {
            wire.launch(Timestamp::from_millis(u64::from(number)), here, here, &[number]);
        }
        let mut landed = Vec::new();
        while let Some(flight) = wire.land() {
            landed.push((flight.at.as_millis(), flight.bytes[0]));
            wire.recycle(flight);
        }
        (landed, wire.fates)
    }

    #[test]
    fn a_good_wire_delivers_each_once_in_order_after_its_delay() {
        let (landed, fates) = played(Faults::NONE, 1);
        assert_eq!(landed, (0..100).map(|number| (u64::from(number) + 5, number)).collect::<Vec<_>>());
        assert_eq!(fates, Fates { launched: 100, lost: 0, repeated: 0 });
    }

    #[test]
    fn a_bad_wire_loses_repeats_and_reorders_the_same_way_for_the_same_seed() {
        let faults = Faults {
            loss: Share(200),
            repeat: Share(200),
            jitter: Duration::from_millis(50),
            ..Faults::NONE
        };
        let (landed, fates) = played(faults, 7);
        assert_eq!((&landed, fates), (&played(faults, 7).0, played(faults, 7).1));
        assert_ne!(landed, played(faults, 8).0);
        assert!(fates.lost > 5 && fates.repeated > 5, "{fates:?}");
        assert!(landed.windows(2).any(|pair| pair[0].1 > pair[1].1), "nothing was overtaken");
        assert_eq!(landed.len() as u64, fates.launched - fates.lost + fates.repeated);
    }

    #[test]
    fn an_outage_swallows_both_ways_until_it_is_over() {
        let mut wire = Wire::new(Faults::NONE, 1);
        let (here, there) = (HERE.parse().unwrap(), "10.0.0.2:5060".parse().unwrap());
        wire.cut(IpAddr::from([10, 0, 0, 2]), Timestamp::from_secs(1), Timestamp::from_secs(2));
        for (from, to) in [(here, there), (there, here), (here, here)] {
            wire.launch(Timestamp::from_millis(1_500), from, to, b"BYE sip:x SIP/2.0\r\n");
        }
        wire.launch(Timestamp::from_secs(2), here, there, b"REGISTER sip:x SIP/2.0\r\n");
        assert_eq!((wire.fates.lost, wire.flights.len()), (2, 2));
        assert_eq!(wire.last_of_calls, Timestamp::from_millis(1_500), "a REGISTER is not of a call");
        let log = wire.to_string();
        assert!(log.contains("00:01.500 10.0.0.1:5060 × 10.0.0.2:5060 BYE sip:x SIP/2.0"), "{log}");
        assert_eq!(Kind::of(b"SIP/2.0 200 OK\r\nVia: x\r\nCSeq: 12 OPTIONS\r\n"), Kind::Keeping);
        assert_eq!(Kind::of(b"SIP/2.0 200 OK\r\nCSeq: 2 BYE\r\n"), Kind::Call);
    }
}
