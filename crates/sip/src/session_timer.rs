//! Session timers (RFC 4028): both sides agree how long a session may live without a sign of life, and who
//! gives that sign.
//!
//! ```text
//!   INVITE  Session-Expires: 1800;refresher=…  ──▶  2xx  Session-Expires: 1800;refresher=…
//!
//!   we refresh:   ├────── half ──────▶ UPDATE or re-INVITE ─▶ again
//!   peer refreshes: ├──────────── expires − min(32 s, expires / 3) ────────▶ BYE
//! ```
//!
//! Never knows: how a refresh is sent, what a BYE looks like.

use crate::compose::{put, put_number};
use base::Timestamp;
use std::time::Duration;

/// Who has to send the refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresher {
    /// We do.
    Us,
    /// The peer does.
    Peer,
}

/// An agreed session timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    /// The interval.
    pub(crate) expires: Duration,
    /// Who refreshes.
    pub(crate) refresher: Refresher,
    /// When the session was last seen alive: start of the interval.
    pub(crate) since: Timestamp,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a refresh.
    Refresh,
    /// Give up: BYE.
    Expire,
}

/// A Session-Expires header as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The delta-seconds.
    pub(crate) expires: Duration,
    /// `refresher=uac` or `uas`, when given.
    pub(crate) uac_refreshes: Option<bool>,
}

impl SessionTimer {
    /// The next thing due and its time.
    pub(crate) fn next(&self) -> (Timestamp, Due) {
        match self.refresher {
            // RFC 4028 7.2: "recommended that the refresh is sent when half the interval has elapsed".
            Refresher::Us => (self.since + self.expires / 2, Due::Refresh),
            // RFC 4028 10: BYE a little before the end, min(32 s, a third of the interval).
            Refresher::Peer => (self.expiry(), Due::Expire),
        }
    }

    /// When the session is given up if no refresh succeeds.
    pub(crate) fn expiry(&self) -> Timestamp {
        self.since + (self.expires - Duration::from_secs(32).min(self.expires / 3))
    }

    /// As the side that answers (table 2 of RFC 4028): what goes into our 2xx. `None`: no timer.
    ///
    /// `wanted` is what our plan asks for (zero: none), `peer_can` whether the request said `Supported: timer`.
    pub(crate) fn answer(
        asked: Option<Asked>,
        peer_can: bool,
        wanted: Duration,
        min_se: Duration,
        now: Timestamp,
    ) -> Option<Self> {
        let expires = match asked {
            // The answering side may shorten, never below what it would accept itself.
            Some(asked) if wanted.is_zero() => asked.expires,
            Some(asked) => asked.expires.min(wanted.max(min_se)),
            None if wanted.is_zero() => return None,
            None => wanted.max(min_se),
        };
        let refresher = match asked.and_then(|asked| asked.uac_refreshes) {
            Some(true) if peer_can => Refresher::Peer,
            Some(_) => Refresher::Us,
            // Nobody was named: who can refresh and asked for it does, else we do.
            None if peer_can && asked.is_some() => Refresher::Peer,
            None => Refresher::Us,
        };
        Some(Self { expires, refresher, since: now })
    }

    /// Appends the Session-Expires of our answer (RFC 4028 9).
    pub(crate) fn put_answer(&self, to: &mut Vec<u8>, peer_can: bool) {
        put(to, &[b"Session-Expires: "]);
        put_number(to, self.expires.as_secs());
        let refresher: &[u8] = if self.refresher == Refresher::Peer { b"uac" } else { b"uas" };
        put(to, &[b";refresher=", refresher, b"\r\n"]);
        if peer_can && self.refresher == Refresher::Peer {
            put(to, &[b"Require: timer\r\n"]);
        }
    }

    /// Appends the headers of a request that keeps this session alive (RFC 4028 7.4): the refresher stays.
    pub(crate) fn put_request(&self, to: &mut Vec<u8>, min_se: Duration) {
        put(to, &[b"Session-Expires: "]);
        put_number(to, self.expires.as_secs());
        let refresher: &[u8] = if self.refresher == Refresher::Us { b"uac" } else { b"uas" };
        put(to, &[b";refresher=", refresher, b"\r\nMin-SE: "]);
        put_number(to, min_se.as_secs());
        put(to, &[b"\r\n"]);
    }

    /// As the side that asked: what the 2xx settled.
    pub(crate) fn settled(granted: Option<Asked>, now: Timestamp) -> Option<Self> {
        let granted = granted?;
        // A 2xx must name the refresher (RFC 4028 9); a peer that forgets leaves the work to us.
        let refresher = if granted.uac_refreshes == Some(false) { Refresher::Peer } else { Refresher::Us };
        Some(Self { expires: granted.expires.max(Duration::from_secs(1)), refresher, since: now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_secs(90);
    const WANTED: Duration = Duration::from_secs(1800);

    fn asked(secs: u64, uac_refreshes: Option<bool>) -> Option<Asked> {
        Some(Asked { expires: Duration::from_secs(secs), uac_refreshes })
    }

    #[test]
    fn the_caller_refreshes_when_it_can_and_nobody_was_named() {
        let timer = SessionTimer::answer(asked(3600, None), true, WANTED, MIN, Timestamp::START).unwrap();
        assert_eq!((timer.expires, timer.refresher), (WANTED, Refresher::Peer));
        assert_eq!(timer.next(), (Timestamp::from_secs(1800 - 32), Due::Expire));
    }

    #[test]
    fn we_refresh_for_a_caller_without_session_timers() {
        let timer = SessionTimer::answer(None, false, WANTED, MIN, Timestamp::START).unwrap();
        assert_eq!(timer.next(), (Timestamp::from_secs(900), Due::Refresh));
        assert_eq!(SessionTimer::answer(None, true, Duration::ZERO, MIN, Timestamp::START), None);
    }

    #[test]
    fn short_intervals_end_a_third_early() {
        let timer = SessionTimer::settled(asked(90, Some(false)), Timestamp::START).unwrap();
        assert_eq!(timer.next(), (Timestamp::from_secs(60), Due::Expire));
        assert_eq!(SessionTimer::settled(None, Timestamp::START), None);
    }
}
