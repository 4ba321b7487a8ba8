//! Counters: what the endpoint has done so far, as plain integers for metrics.
//!
//! Totals only grow; `legs`, `transactions`, `bound_…`, `bans` and `held` say how many there are now.

use crate::message::Method;
use std::collections::BTreeMap;

/// Methods told apart; all unknown ones are one.
pub const METHODS: [&str; 15] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "PRACK",
    "UPDATE",
    "INFO",
    "REFER",
    "MESSAGE",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "other",
];

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests heard, by place in [`METHODS`].
    pub requests_in: [u64; METHODS.len()],
    /// Requests sent (not resent).
    pub requests_out: [u64; METHODS.len()],
    /// Responses heard, by place of the method and status.
    pub responses_in: BTreeMap<(u8, u16), u64>,
    /// Responses sent (not resent).
    pub responses_out: BTreeMap<(u8, u16), u64>,
    /// Messages that peers sent again.
    pub retransmissions_in: u64,
    /// Messages that we sent again.
    pub retransmissions_out: u64,
    /// What could not be read.
    pub malformed: u64,
    /// Responses and ACKs that belong to nothing.
    pub stray: u64,
    /// Refused or dropped before any state existed, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Wrong passwords.
    pub authentication_failures: u64,
    /// Sources banned so far.
    pub banned: u64,
    /// Legs so far.
    pub legs_opened: u64,
    /// Legs now.
    pub legs: usize,
    /// Transactions now.
    pub transactions: usize,
    /// Those of them that keep trunks and phones alive.
    pub transactions_of_keeping: usize,
    /// Accounts that have a contact now.
    pub bound_accounts: usize,
    /// Contacts now.
    pub bound_contacts: usize,
    /// Sources that are dropped silently now.
    pub bans: usize,
    /// Answers held back now because of wrong passwords.
    pub held: usize,
}

impl Counters {
    /// Transactions now that are not mere keep-alives: none is left when no call is.
    #[must_use]
    pub fn transactions_of_calls(&self) -> usize {
        self.transactions.saturating_sub(self.transactions_of_keeping)
    }

    pub(crate) fn request_in(&mut self, method: Method<'_>) {
        self.requests_in[usize::from(place(method))] += 1;
    }

    pub(crate) fn request_out(&mut self, method: Method<'_>) {
        self.requests_out[usize::from(place(method))] += 1;
    }

    pub(crate) fn response_in(&mut self, method: Method<'_>, status: u16) {
        *self.responses_in.entry((place(method), status)).or_default() += 1;
    }

    pub(crate) fn response_out(&mut self, method: Method<'_>, status: u16) {
        *self.responses_out.entry((place(method), status)).or_default() += 1;
    }

    pub(crate) fn refuse(&mut self, why: &'static str) {
        *self.refused.entry(why).or_default() += 1;
    }
}

fn place(method: Method<'_>) -> u8 {
    let name = method.as_bytes();
    METHODS.iter().position(|known| known.as_bytes() == name).unwrap_or(METHODS.len() - 1) as u8
}
