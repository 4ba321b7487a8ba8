//! The registrar.

use crate::binding::Bindings;
use std::net::SocketAddr;
use crate::leg::AorRef;
use crate::plan::Account;
use base::Table;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Registrar {
    pub(crate) accounts: Vec<Kept>,
    by_user: Table<Box<[u8]>, AorRef>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Kept { pub(crate) bindings: Bindings }

impl Registrar {
    pub(crate) fn is_source(&self, _: SocketAddr) -> bool { false }
    pub(crate) fn new(accounts: &[Account], seed: u64) -> Self {
        let mut by_user = Table::seeded(seed);
        for (at, account) in accounts.iter().enumerate() {
            by_user.insert(account.user.as_bytes().into(), AorRef::at(at));
        }
        Self { accounts: vec![Kept::default(); accounts.len()], by_user }
    }

    /// The account of a user.
    pub(crate) fn find(&self, user: &[u8]) -> Option<AorRef> {
        self.by_user.get(user).copied()
    }
}
