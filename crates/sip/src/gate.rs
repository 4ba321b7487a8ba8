//! The gate: digest challenges and what their answers are worth, for REGISTER and INVITE alike.
//!
//! ```text
//!   request ──no credentials, foreign nonce──▶ Ask                 401, a line per algorithm (RFC 8760)
//!           ──right password, old nonce──────▶ Ask, stale=true     401
//!           ──right password, fresh nonce────▶ Good
//!           ──wrong password, unknown user───▶ Wrong               401, but later and later, then silence
//! ```
//!
//! A user that does not exist is checked against a password that nobody has, so that neither answer nor time
//! tells him from a wrong password.

use crate::digest::{Algorithm, Answer};
use crate::message::Name;
use crate::nonce::{Nonces, Worth};
use crate::plan::Secret;
use crate::received::Received;
use base::Timestamp;

/// What credentials are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It is him.
    Good,
    /// Ask (again).
    Ask {
        /// Only the nonce was too old.
        stale: bool,
    },
    /// It is not him.
    Wrong,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    realm: String,
    digests: Vec<Algorithm>,
    nonces: Nonces,
    nobody: Secret,
}

impl Gate {
    pub(crate) fn new(realm: &str, digests: &[Algorithm], nonces: Nonces, secret: u64) -> Self {
        let nobody = Secret { user: String::new(), password: format!("{secret:016x}") };
        Self { realm: realm.to_owned(), digests: digests.to_vec(), nonces, nobody }
    }

    /// What a request's credentials are worth for the owner of `secret`.
    pub(crate) fn prove(&mut self, now: Timestamp, request: &Received<'_>, secret: Option<&Secret>) -> Proof {
        let lines = request
            .message
            .headers(Name::Authorization)
            .chain(request.message.headers(Name::ProxyAuthorization));
        let answer = lines.filter_map(Answer::parse).find(|answer| answer.realm == self.realm.as_bytes());
        let Some(answer) = answer else { return Proof::Ask { stale: false } };
        // We offer qop, so RFC 7616 3.4 demands it back; without a count a replay could not be told.
        let Some(count) = answer.count() else { return Proof::Ask { stale: false } };
        let known = secret.filter(|secret| secret.user.as_bytes() == answer.user);
        let right = answer.verify(&known.unwrap_or(&self.nobody).password, request.method().as_bytes());
        if !right || known.is_none() {
            // A foreign nonce cannot tell a wrong password from an answer to somebody else's challenge.
            return match self.nonces.worth(now, answer.nonce, count) {
                Worth::Foreign => Proof::Ask { stale: false },
                Worth::Fresh | Worth::Stale => Proof::Wrong,
            };
        }
        match self.nonces.spend(now, answer.nonce, count) {
            Worth::Fresh => Proof::Good,
            Worth::Stale | Worth::Foreign => Proof::Ask { stale: true },
        }
    }

    /// Challenge lines, in the order of the plan.
    pub(crate) fn challenge(&mut self, now: Timestamp, stale: bool) -> Vec<u8> {
        let (nonce, realm) = (self.nonces.mint(now), &self.realm);
        let stale = if stale { ", stale=true" } else { "" };
        let mut lines = String::with_capacity(320);
        for algorithm in &self.digests {
            let algorithm = algorithm.token();
            lines.push_str(&format!(
                "WWW-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\", \
                 algorithm={algorithm}{stale}\r\n"
            ));
        }
        lines.into_bytes()
    }
}
