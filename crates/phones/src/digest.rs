//! Digest credentials (RFC 7616, RFC 8760) as a phone answers a challenge.
//!
//! Written from the RFC on the bare hash functions, and not shared with the engine: see the manifest.

use crate::scan;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// A challenge as far as a phone needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    qop: bool,
}

/// Hash functions of RFC 8760 that a phone speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, what most phones still use.
    Md5,
    /// SHA-256.
    Sha256,
}

/// What credentials are for.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// Account name.
    pub user: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Method of the request.
    pub method: &'a str,
    /// Its Request-URI.
    pub uri: &'a str,
    /// How often the nonce was used, this use included.
    pub count: u32,
    /// Client nonce.
    pub cnonce: u64,
}

impl Challenge {
    /// The first challenge of the rows that uses `wanted`, else the first that can be met at all (RFC 8760
    /// 2.4 leaves the choice among those offered to the client).
    #[must_use]
    pub fn choose(rows: &[&[u8]], wanted: Algorithm) -> Option<Self> {
        let mut fallback = None;
        for challenge in rows.iter().filter_map(|row| Self::read(row)) {
            if challenge.algorithm == wanted {
                return Some(challenge);
            }
            fallback = fallback.or(Some(challenge));
        }
        fallback
    }

    fn read(row: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(row).ok()?;
        let (scheme, rest) = text.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let algorithm = match field(rest, "algorithm") {
            None => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            Some(_) => return None,
        };
        Some(Self {
            realm: field(rest, "realm")?.to_owned(),
            nonce: field(rest, "nonce")?.to_owned(),
            opaque: field(rest, "opaque").map(str::to_owned),
            algorithm,
            qop: field(rest, "qop").is_some_and(|list| list.split(',').any(|q| q.trim() == "auth")),
        })
    }

    /// The value of an Authorization header.
    #[must_use]
    pub fn credentials(&self, of: &Use<'_>) -> String {
        let Self { realm, nonce, .. } = self;
        let Use { user, password, method, uri, count, cnonce } = *of;
        let secret = self.hash(&format!("{user}:{realm}:{password}"));
        let request = self.hash(&format!("{method}:{uri}"));
        let proof = if self.qop {
            self.hash(&format!("{secret}:{nonce}:{count:08x}:{cnonce:016x}:auth:{request}"))
        } else {
            self.hash(&format!("{secret}:{nonce}:{request}")) // RFC 2069, still allowed by RFC 3261 22.4
        };
        let name = match self.algorithm {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        };
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{proof}\", algorithm={name}"
        );
        if self.qop {
            let _ = write!(value, ", qop=auth, nc={count:08x}, cnonce=\"{cnonce:016x}\"");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(value, ", opaque=\"{opaque}\"");
        }
        value
    }

    fn hash(&self, text: &str) -> String {
        match self.algorithm {
            Algorithm::Md5 => hex(&Md5::digest(text.as_bytes())),
            Algorithm::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A field of a comma-separated list with quoted values.
fn field<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = list;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = quoted.split_once('"')?;
                (value, next)
            }
            None => after.find(',').map_or((after, ""), |at| after.split_at(at)),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim());
        }
        rest = next.trim_start().strip_prefix(',').unwrap_or(next);
    }
}

/// Whether a status asks for credentials, and in which header they go.
#[must_use]
pub fn credentials_header(scan: &scan::Scan<'_>) -> Option<&'static str> {
    match scan.start {
        scan::Start::Response { status: 401 } => Some("Authorization"),
        scan::Start::Response { status: 407 } => Some("Proxy-Authorization"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_follow_the_rfc() {
        let row =
            b"Digest realm=\"sujie, hall\", qop=\"auth,auth-int\", nonce=\"n1\", opaque=\"o\", algorithm=MD5";
        let challenge = Challenge::choose(&[row], Algorithm::Sha256).unwrap();
        assert_eq!(challenge.realm, "sujie, hall");
        let of = Use {
            user: "8001",
            password: "secret",
            method: "REGISTER",
            uri: "sip:sujie",
            count: 10,
            cnonce: 255,
        };
        let value = challenge.credentials(&of);
        let secret = challenge.hash("8001:sujie, hall:secret");
        let request = challenge.hash("REGISTER:sip:sujie");
        let proof = challenge.hash(&format!("{secret}:n1:0000000a:00000000000000ff:auth:{request}"));
        assert!(value.contains(&format!("response=\"{proof}\"")), "{value}");
        assert!(
            value.ends_with("qop=auth, nc=0000000a, cnonce=\"00000000000000ff\", opaque=\"o\""),
            "{value}"
        );
    }

    #[test]
    fn hashes_are_the_published_ones() {
        let mut challenge = Challenge::choose(&[b"Digest realm=\"r\", nonce=\"n\""], Algorithm::Md5).unwrap();
        // RFC 7616 3.9.1: A1 and A2 of the example.
        assert_eq!(
            challenge.hash("Mufasa:http-auth@example.org:Circle of Life"),
            "3d78807defe7de2157e2b0b6573a855f"
        );
        challenge.algorithm = Algorithm::Sha256;
        assert_eq!(
            challenge.hash("GET:/dir/index.html"),
            "9a3fdae9a622fe8de177c24fa9c070f2b181ec85e15dcbdc32e10c82ad450b04"
        );
    }

    #[test]
    fn the_wanted_algorithm_wins_and_unknown_ones_are_passed_over() {
        let rows: [&[u8]; 3] = [
            b"Digest realm=\"r\", nonce=\"a\", algorithm=SHA-512-256",
            b"Digest realm=\"r\", nonce=\"b\", algorithm=MD5",
            b"Digest realm=\"r\", nonce=\"c\", algorithm=SHA-256",
        ];
        assert_eq!(Challenge::choose(&rows, Algorithm::Sha256).unwrap().nonce, "c");
        assert_eq!(Challenge::choose(&rows[..2], Algorithm::Sha256).unwrap().nonce, "b");
        assert_eq!(Challenge::choose(&rows[..1], Algorithm::Sha256), None);
        assert_eq!(
            Challenge::choose(&[b"Basic realm=\"r\"", b"Digest", b"Digest realm=\"r"], Algorithm::Md5),
            None
        );
    }
}
