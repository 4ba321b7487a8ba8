//! Nonces of digest challenges (RFC 7616 3.3, 5.4): made without state, spent with a little.
//!
//! ```text
//!   nonce = hex(minted at, ms) hex(keyed hash of it and a serial number) hex(serial)
//!
//!   spend(nonce, nc) ──▶ Fresh     first use, or a higher nonce count than ever
//!                   ├──▶ Stale     ours, but too old or its count was used before: challenge, stale=true
//!                   └──▶ Foreign   not ours: challenge
//! ```
//!
//! A challenge costs no memory; only a nonce that came back with the right password does, and those are
//! bounded: when the table is full of living ones, further nonces count as stale.

use crate::transaction::{read_hex, write_hex};
use base::{Table, Timestamp};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Nonces remembered with their counts: one for each phone that spoke within the nonce's lifetime.
const SPENT: usize = 65_536;

/// What a nonce is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// Good.
    Fresh,
    /// Ours, but old or used.
    Stale,
    /// Not ours.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spent {
    minted: Timestamp,
    count: u32,
}

/// Mints and spends nonces.
#[derive(Clone, Debug)]
pub(crate) struct Nonces {
    key: [u64; 2],
    serial: u64,
    lifetime: Duration,
    spent: Table<u64, Spent>,
}

impl Nonces {
    /// `key` must be secret.
    pub(crate) fn new(key: [u64; 2], lifetime: Duration) -> Self {
        Self { key, serial: 0, lifetime, spent: Table::seeded(key[0] ^ key[1]) }
    }

    /// A new nonce.
    pub(crate) fn mint(&mut self, now: Timestamp) -> String {
        self.serial += 1;
        let (minted, serial) = (now.as_millis(), self.serial);
        let mut text = Vec::with_capacity(64);
        write_hex(&mut text, minted);
        write_hex(&mut text, self.seal(minted, serial));
        write_hex(&mut text, serial);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// What a nonce is worth, without spending it.
    pub(crate) fn worth(&self, now: Timestamp, nonce: &[u8], count: u32) -> Worth {
        let Some((minted, serial)) = self.open(nonce) else { return Worth::Foreign };
        if now.since(minted) >= self.lifetime || minted > now {
            return Worth::Stale;
        }
        match self.spent.get(&serial) {
            Some(spent) if count <= spent.count => Worth::Stale,
            _ => Worth::Fresh,
        }
    }

    /// Uses a fresh nonce with its count, once the password has proved right.
    pub(crate) fn spend(&mut self, now: Timestamp, nonce: &[u8], count: u32) -> Worth {
        let worth = self.worth(now, nonce, count);
        let (Worth::Fresh, Some((minted, serial))) = (worth, self.open(nonce)) else { return worth };
        if self.spent.len() >= SPENT && !self.spent.contains(&serial) {
            let lifetime = self.lifetime;
            self.spent.retain(|_, spent| now.since(spent.minted) < lifetime);
            if self.spent.len() >= SPENT {
                return Worth::Stale;
            }
        }
        self.spent.insert(serial, Spent { minted, count });
        Worth::Fresh
    }

    fn open(&self, nonce: &[u8]) -> Option<(Timestamp, u64)> {
        if nonce.len() != 48 {
            return None;
        }
        let (minted, seal, serial) =
            (read_hex(&nonce[..16])?, read_hex(&nonce[16..32])?, read_hex(&nonce[32..])?);
        (self.seal(minted, serial) == seal).then(|| (Timestamp::from_millis(minted), serial))
    }

    fn seal(&self, minted: u64, serial: u64) -> u64 {
        let mut hash = Sha256::new();
        for word in [self.key[0], self.key[1], minted, serial] {
            hash.update(word.to_be_bytes());
        }
        let digest = hash.finalize();
        digest.iter().take(8).fold(0, |bits, &byte| bits << 8 | u64::from(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_per_count_and_for_its_lifetime() {
        let mut nonces = Nonces::new([1, 2], Duration::from_secs(60));
        let (t0, later) = (Timestamp::from_secs(5), Timestamp::from_secs(65));
        let nonce = nonces.mint(t0);
        assert_eq!(nonces.spend(t0, nonce.as_bytes(), 1), Worth::Fresh);
        assert_eq!(nonces.spend(t0, nonce.as_bytes(), 1), Worth::Stale, "replayed");
        assert_eq!(nonces.spend(t0, nonce.as_bytes(), 3), Worth::Fresh);
        assert_eq!(nonces.spend(t0, nonce.as_bytes(), 2), Worth::Stale, "overtaken");
        assert_eq!(nonces.spend(later, nonce.as_bytes(), 9), Worth::Stale, "aged");
        let mut forged = nonce.into_bytes();
        forged[0] = b'f';
        assert_eq!(nonces.worth(t0, &forged, 9), Worth::Foreign);
        assert_eq!(nonces.worth(t0, b"nonsense", 1), Worth::Foreign);
    }
}
