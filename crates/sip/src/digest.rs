//! Digest access authentication (RFC 8760, RFC 7616): MD5 and SHA-256, qop `auth`.
//!
//! ```text
//! server: Challenge ──▶ WWW-Authenticate      Answer::parse(Authorization) ──verify(password)──▶ yes or no
//! client: Challenge::parse(header) ──answer(user, password, method, uri)──▶ Authorization
//! ```
//!
//! Whether a nonce is ours and fresh is the registrar's business. Never knows: users, sockets.

use crate::message::AuthParams;
use md5::{Digest as _, Md5};
use sha2::Sha256;
use std::fmt::Write as _;

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// What old phones and most carriers know.
    Md5,
    /// RFC 8760's stronger one.
    Sha256,
    /// MD5 over a secret that is made anew for each nonce. We never offer it, some carriers ask for it.
    Md5Sess,
    /// The same with SHA-256.
    Sha256Sess,
}

impl Algorithm {
    /// As the header writes it.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256Sess => "SHA-256-sess",
        }
    }

    /// From the header; a missing one is MD5 (RFC 7616 3.3).
    #[must_use]
    pub fn of(token: Option<&[u8]>) -> Option<Self> {
        let Some(token) = token else { return Some(Self::Md5) };
        [Self::Md5, Self::Sha256, Self::Md5Sess, Self::Sha256Sess]
            .into_iter()
            .find(|known| known.token().as_bytes().eq_ignore_ascii_case(token))
    }

    fn hash(self, parts: &[&[u8]]) -> String {
        let mut text = Vec::with_capacity(128);
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                text.push(b':');
            }
            text.extend_from_slice(part);
        }
        match self {
            Self::Md5 | Self::Md5Sess => hex(&Md5::digest(&text)),
            Self::Sha256 | Self::Sha256Sess => hex(&Sha256::digest(&text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a server asks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// Realm.
    pub realm: &'a [u8],
    /// Nonce.
    pub nonce: &'a [u8],
    /// Given back unchanged.
    pub opaque: Option<&'a [u8]>,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// The server offers qop `auth`.
    pub qop_auth: bool,
    /// Our last nonce was only too old.
    pub stale: bool,
}

impl<'a> Challenge<'a> {
    /// Reads a WWW- or Proxy-Authenticate line; `None` for a scheme or algorithm that we do not speak.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let params = AuthParams::parse(value).filter(AuthParams::is_digest)?;
        let offers_auth =
            |qop: &[u8]| qop.split(|&b| b == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(b"auth"));
        Some(Self {
            realm: params.get("realm")?,
            nonce: params.get("nonce")?,
            opaque: params.get("opaque"),
            algorithm: Algorithm::of(params.get("algorithm"))?,
            qop_auth: params.get("qop").is_some_and(offers_auth),
            stale: params.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true")),
        })
    }

    /// The value of an Authorization or Proxy-Authorization header; `count` is how often this nonce was used,
    /// this time included (written as eight hexadecimal digits, RFC 7616 3.4).
    #[must_use]
    pub fn answer(
        &self,
        user: &str,
        password: &str,
        method: &[u8],
        uri: &[u8],
        count: u32,
        cnonce: &str,
    ) -> Vec<u8> {
        let count = format!("{count:08x}");
        let qop = self.qop_auth.then_some((count.as_bytes(), cnonce.as_bytes()));
        let response =
            response(self.algorithm, user.as_bytes(), self.realm, password, self.nonce, qop, method, uri);
        let mut value = Vec::with_capacity(320);
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| value.extend_from_slice(part));
        put(&[b"Digest username=\"", user.as_bytes(), b"\", realm=\"", self.realm]);
        put(&[b"\", nonce=\"", self.nonce, b"\", uri=\"", uri, b"\", response=\"", response.as_bytes()]);
        put(&[b"\", algorithm=", self.algorithm.token().as_bytes()]);
        if let Some((count, cnonce)) = qop {
            put(&[b", qop=auth, nc=", count, b", cnonce=\"", cnonce, b"\""]);
        }
        if let Some(opaque) = self.opaque {
            put(&[b", opaque=\"", opaque, b"\""]);
        }
        value
    }
}

/// What a client shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// User.
    pub user: &'a [u8],
    /// Realm it believes to be in.
    pub realm: &'a [u8],
    /// Nonce.
    pub nonce: &'a [u8],
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Nonce count as written and cnonce; `None` without qop (RFC 2069 clients).
    pub qop: Option<(&'a [u8], &'a [u8])>,
    uri: &'a [u8],
    response: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Reads an Authorization or Proxy-Authorization line; `None` when something is missing.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let params = AuthParams::parse(value).filter(AuthParams::is_digest)?;
        let qop = match params.get("qop") {
            Some(qop) if qop.eq_ignore_ascii_case(b"auth") => {
                Some((params.get("nc")?, params.get("cnonce")?))
            }
            Some(_) => return None,
            None => None,
        };
        Some(Self {
            user: params.get("username")?,
            realm: params.get("realm")?,
            nonce: params.get("nonce")?,
            algorithm: Algorithm::of(params.get("algorithm"))?,
            qop,
            uri: params.get("uri")?,
            response: params.get("response")?,
        })
    }

    /// The nonce count as a number; `None` without qop or when it is none.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        u32::from_str_radix(std::str::from_utf8(self.qop?.0).ok()?, 16).ok()
    }

    /// Whether it was made with this password, for this method.
    #[must_use]
    pub fn verify(&self, password: &str, method: &[u8]) -> bool {
        let wanted =
            response(self.algorithm, self.user, self.realm, password, self.nonce, self.qop, method, self.uri);
        same(wanted.as_bytes(), self.response)
    }
}

#[allow(clippy::too_many_arguments, reason = "the inputs of RFC 7616 3.4.1, each of them")]
fn response(
    algorithm: Algorithm,
    user: &[u8],
    realm: &[u8],
    password: &str,
    nonce: &[u8],
    qop: Option<(&[u8], &[u8])>,
    method: &[u8],
    uri: &[u8],
) -> String {
    let mut who = algorithm.hash(&[user, realm, password.as_bytes()]);
    if matches!(algorithm, Algorithm::Md5Sess | Algorithm::Sha256Sess) {
        // RFC 7616 3.4.2. Without qop there is no cnonce, and such a session cannot be.
        let cnonce = qop.map_or(&b""[..], |(_, cnonce)| cnonce);
        who = algorithm.hash(&[who.as_bytes(), nonce, cnonce]);
    }
    let what = algorithm.hash(&[method, uri]);
    match qop {
        Some((count, cnonce)) => {
            algorithm.hash(&[who.as_bytes(), nonce, count, cnonce, b"auth", what.as_bytes()])
        }
        None => algorithm.hash(&[who.as_bytes(), nonce, what.as_bytes()]),
    }
}

/// Compares in a time that does not tell where the first difference is.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b.to_ascii_lowercase())) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616 3.9.1.
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let challenge = |algorithm| Challenge {
            realm: b"http-auth@example.org",
            nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            opaque: None,
            algorithm,
            qop_auth: true,
            stale: false,
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, wanted) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let value = challenge(algorithm).answer(
                "Mufasa",
                "Circle of Life",
                b"GET",
                b"/dir/index.html",
                1,
                cnonce,
            );
            let answer = Answer::parse(&value).unwrap();
            assert_eq!(answer.response, wanted.as_bytes());
            assert_eq!(answer.count(), Some(1));
            assert!(answer.verify("Circle of Life", b"GET"));
            assert!(!answer.verify("Circle of life", b"GET"));
        }
    }

    /// RFC 7616 3.4.2, step by step.
    #[test]
    fn a_session_secret_is_made_of_the_nonce() {
        for (name, hash) in [("MD5-sess", Algorithm::Md5), ("sha-256-SESS", Algorithm::Sha256)] {
            let header = format!("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm={name}");
            let challenge = Challenge::parse(header.as_bytes()).unwrap();
            let value = challenge.answer("u", "p", b"REGISTER", b"sip:r", 1, "c");
            let answer = Answer::parse(&value).unwrap();
            let secret = hash.hash(&[hash.hash(&[b"u", b"r", b"p"]).as_bytes(), b"n", b"c"]);
            let what = hash.hash(&[b"REGISTER", b"sip:r"]);
            let wanted = hash.hash(&[secret.as_bytes(), b"n", b"00000001", b"c", b"auth", what.as_bytes()]);
            assert_eq!(answer.response, wanted.as_bytes());
            assert!(answer.verify("p", b"REGISTER") && !answer.verify("q", b"REGISTER"));
        }
    }

    #[test]
    fn the_tenth_use_of_a_nonce_counts_in_hexadecimal() {
        let challenge = Challenge::parse(br#"Digest realm="r", nonce="n", qop="auth,auth-int""#).unwrap();
        let value = challenge.answer("u", "p", b"REGISTER", b"sip:r", 10, "c");
        assert!(String::from_utf8(value).unwrap().contains("nc=0000000a"));
    }
}
