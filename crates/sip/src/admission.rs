//! Admission: who is let in before any state exists.
//!
//! ```text
//!   datagram ─▶ banned source? ──────────────▶ silence
//!            ─▶ scanner by name? ─▶ ban ─────▶ silence
//!            ─▶ stranger over his rate? ─────▶ silence
//!            ─▶ INVITE while draining, lagging,
//!               over rate, legs or transactions ▶ 503 with Retry-After, stateless
//!            ─▶ in
//!   wrong passwords ─▶ answers later and later ─▶ ban
//! ```
//!
//! Requests inside a dialog never pass here: what was accepted is completed.
//! Every table is bounded: a source that no longer fits is treated as the worst of those that do.
//! Never knows: messages, registrations, legs (their numbers are told).

use crate::plan::Limits;
use base::{Table, Timestamp};
use std::net::IpAddr;
use std::time::Duration;

/// Sources remembered in each table.
const SOURCES: usize = 8_192;
/// Window in which failed digests add up.
const MINUTE: Duration = Duration::from_secs(60);
/// The answer to the first wrong password waits this long; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest an answer waits.
const LONGEST_DELAY: Duration = Duration::from_secs(4);
/// Answers held back at once; beyond it wrong passwords get silence.
pub(crate) const HELD: usize = 1_024;

/// Names that scanners give themselves in User-Agent or From.
const SCANNERS: [&[u8]; 9] = [
    b"friendly-scanner",
    b"sipvicious",
    b"sipcli",
    b"sip-scan",
    b"sundayddr",
    b"iwar",
    b"pplsip",
    b"vaxsipuseragent",
    b"voipbuster",
];

/// Why a new call is refused before any state exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Graceful stop.
    Draining,
    /// The engine lags.
    Overloaded,
    /// Too many calls a second.
    Rate,
    /// Too many legs.
    Legs,
    /// Too many transactions.
    Transactions,
}

impl Full {
    /// In words.
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Overloaded => "engine overloaded",
            Self::Rate => "too many calls a second",
            Self::Legs => "too many calls",
            Self::Transactions => "too many transactions",
        }
    }
}

/// Failed digests of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// What becomes of a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The answer waits this long.
    Wait(Duration),
    /// One too many: the source is dropped from now on.
    Ban,
}

/// The door.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    pub(crate) draining: bool,
    pub(crate) overloaded: bool,
    /// Token bucket of new calls, in nanoseconds of credit.
    credit: u64,
    credited: Timestamp,
    banned: Table<IpAddr, Timestamp>,
    failures: Table<IpAddr, Failures>,
    /// Requests of strangers in the running second.
    strangers: Table<IpAddr, u32>,
    second: u64,
}

impl Admission {
    /// Everything empty; `seed` keys the tables.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            banned: Table::seeded(seed),
            failures: Table::seeded(seed ^ 1),
            strangers: Table::seeded(seed ^ 2),
            credit: u64::MAX / 2, // a full bucket at start; capped at the first call
            ..Self::default()
        }
    }

    /// Whether datagrams of this source are dropped unread.
    pub(crate) fn is_banned(&mut self, now: Timestamp, peer: IpAddr) -> bool {
        if self.banned.is_empty() {
            return false;
        }
        match self.banned.get(&peer) {
            Some(&until) if now < until => true,
            Some(_) => {
                self.banned.remove(&peer);
                false
            }
            None => false,
        }
    }

    /// Drops a source from now on. `false` when the table is full of living bans: then it only fails.
    pub(crate) fn ban(&mut self, now: Timestamp, peer: IpAddr, span: Duration) -> bool {
        if self.banned.len() >= SOURCES {
            self.banned.retain(|_, until| now < *until);
        }
        if self.banned.len() >= SOURCES {
            return false;
        }
        self.failures.remove(&peer);
        self.banned.insert(peer, now + span);
        true
    }

    /// How many sources are dropped at the moment (those that have served their time may still count).
    pub(crate) fn bans(&self) -> usize {
        self.banned.len()
    }

    /// Counts a request of somebody who is neither a trunk nor a registered phone.
    pub(crate) fn stranger(&mut self, now: Timestamp, peer: IpAddr, limits: &Limits) -> bool {
        let second = now.as_millis() / 1_000;
        if second != self.second {
            self.second = second;
            self.strangers.retain(|_, _| false);
        }
        if self.strangers.len() >= SOURCES && !self.strangers.contains(&peer) {
            return false;
        }
        let count = self.strangers.or_insert_with(peer, || 0);
        *count += 1;
        *count <= limits.strangers_per_second
    }

    /// Whether no call at all may begin, whatever its rate.
    pub(crate) fn closed(&self, limits: &Limits, legs: usize, transactions: usize) -> Result<(), Full> {
        if self.draining {
            return Err(Full::Draining);
        }
        if self.overloaded {
            return Err(Full::Overloaded);
        }
        if legs >= limits.legs {
            return Err(Full::Legs);
        }
        if transactions >= limits.transactions {
            return Err(Full::Transactions);
        }
        Ok(())
    }

    /// Whether one more call may begin. Takes a token when it may.
    pub(crate) fn call(
        &mut self,
        now: Timestamp,
        limits: &Limits,
        legs: usize,
        transactions: usize,
    ) -> Result<(), Full> {
        self.closed(limits, legs, transactions)?;
        // One call costs 1 s / rate of credit; at most half a second of calls may come at once.
        let price = 1_000_000_000 / u64::from(limits.invites_per_second.max(1));
        let most = (500_000_000_u64).max(price);
        let gained = now.as_nanos().saturating_sub(self.credited.as_nanos());
        self.credited = now;
        self.credit = self.credit.saturating_add(gained).min(most);
        if self.credit < price {
            return Err(Full::Rate);
        }
        self.credit -= price;
        Ok(())
    }

    /// A digest did not fit.
    pub(crate) fn wrong_password(&mut self, now: Timestamp, peer: IpAddr, limits: &Limits) -> Wrong {
        if self.failures.len() >= SOURCES && !self.failures.contains(&peer) {
            self.failures.retain(|_, failures| now.since(failures.since) < MINUTE);
            if self.failures.len() >= SOURCES {
                return Wrong::Wait(LONGEST_DELAY);
            }
        }
        let failures = self.failures.or_insert_with(peer, || Failures { since: now, count: 0 });
        if now.since(failures.since) >= MINUTE {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count += 1;
        if failures.count >= limits.failures.max(1) {
            return Wrong::Ban;
        }
        let doublings = (failures.count - 1).min(8);
        Wrong::Wait((FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY))
    }
}

/// Whether a name is one that scanners give themselves.
pub(crate) fn is_scanner(name: &[u8]) -> bool {
    SCANNERS.iter().any(|scanner| {
        name.len() >= scanner.len()
            && name.windows(scanner.len()).any(|window| window.eq_ignore_ascii_case(scanner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    #[test]
    fn a_burst_of_calls_takes_half_a_second_of_credit_and_then_the_rate() {
        let limits = Limits { invites_per_second: 10, ..Limits::default() };
        let mut door = Admission::new(1);
        let admitted = |door: &mut Admission, at: u64| {
            (0..20).filter(|_| door.call(Timestamp::from_millis(at), &limits, 0, 0).is_ok()).count()
        };
        assert_eq!(admitted(&mut door, 0), 5);
        assert_eq!(admitted(&mut door, 1_000), 5);
        assert_eq!(admitted(&mut door, 1_100), 1);
        assert_eq!(door.call(Timestamp::from_secs(9), &limits, limits.legs, 0), Err(Full::Legs));
    }

    #[test]
    fn wrong_passwords_wait_longer_each_time_and_end_in_a_ban() {
        let limits = Limits { failures: 4, ..Limits::default() };
        let (mut door, now) = (Admission::new(1), Timestamp::START);
        let millis = |ms| Wrong::Wait(Duration::from_millis(ms));
        let answers: Vec<_> = (0..4).map(|_| door.wrong_password(now, PEER, &limits)).collect();
        assert_eq!(answers, [millis(250), millis(500), millis(1000), Wrong::Ban]);
        assert!(door.ban(now, PEER, limits.ban));
        assert!(door.is_banned(now, PEER));
        assert!(!door.is_banned(now + limits.ban, PEER));
        assert_eq!(door.bans(), 0);
        assert_eq!(door.wrong_password(now + MINUTE, PEER, &limits), millis(250), "a new minute");
    }

    #[test]
    fn strangers_have_their_rate_and_no_more() {
        let limits = Limits { strangers_per_second: 2, ..Limits::default() };
        let mut door = Admission::new(1);
        let mut at = |ms| door.stranger(Timestamp::from_millis(ms), PEER, &limits);
        assert_eq!((at(0), at(1), at(2), at(1_000)), (true, true, false, true));
    }

    #[test]
    fn scanners_are_known_by_name() {
        assert!(is_scanner(b"Friendly-Scanner/1.0"));
        assert!(!is_scanner(b"Yealink SIP-T46"));
    }
}
