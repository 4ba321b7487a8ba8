//! Bindings: which contacts an address of record has now (the location service of RFC 3261 10).
//!
//! ```text
//!   REGISTER, checked ──Change──▶ Account's bindings ──▶ before → after: AorBound, AorLost
//!                     expiry ───▶        │
//!          stream closed, silent ──▶     └──▶ contacts by q, for forking
//! ```
//!
//! A phone that sends `+sip.instance` is one phone however often its address changes (RFC 5626 4.2): its new
//! contact replaces its old one. At the limit the contact that was refreshed longest ago goes.
//!
//! Never knows: digests, messages, timers.

use crate::endpoint::Path;
use base::Timestamp;

/// One contact of an address of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Names it among all bindings there ever were.
    pub id: u64,
    /// Its URI, as the phone wrote it.
    pub uri: Box<[u8]>,
    /// `+sip.instance` (RFC 5626), when sent.
    pub instance: Option<Box<[u8]>>,
    /// Preference, 0–1000.
    pub q: u16,
    /// Hash of the Call-ID that made it.
    pub call_id: u64,
    /// CSeq that made it.
    pub seq: u32,
    /// When it was last refreshed.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Where its REGISTER came from.
    pub path: Path,
    /// Its Path header (RFC 3327): a route set; empty when none.
    pub routes: Box<[u8]>,
    /// The contact differs from where the REGISTER came from: reached at its source only.
    pub nated: bool,
    /// Keep-alives in a row that were not answered.
    pub missed: u8,
}

/// One contact of a REGISTER, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The binding as it shall be; `until` at or before `since` removes it.
    pub(crate) binding: Binding,
}

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutOfOrder {
    /// Same Call-ID, CSeq not higher (RFC 3261 10.3 step 7).
    OldSequence,
}

/// The contacts of one address of record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bindings {
    all: Vec<Binding>,
}

impl Bindings {
    /// The contacts, best q first, younger first among equals.
    pub(crate) fn all(&self) -> &[Binding] {
        &self.all
    }

    /// When the next one ends.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.all.iter().map(|binding| binding.until).min()
    }

    /// Applies a REGISTER, all or nothing. `limit` is the most contacts kept.
    pub(crate) fn apply(&mut self, changes: Vec<Change>, limit: usize) -> Result<(), OutOfOrder> {
        for Change { binding } in &changes {
            if let Some(old) = self.all.iter().find(|old| same(old, binding))
                && old.call_id == binding.call_id
                && binding.seq <= old.seq
            {
                return Err(OutOfOrder::OldSequence);
            }
        }
        for Change { mut binding } in changes {
            let old = self.all.iter().position(|old| same(old, &binding)).map(|at| self.all.remove(at));
            if binding.until <= binding.since {
                continue;
            }
            if let Some(old) = old {
                binding.id = old.id;
            }
            if self.all.len() >= limit.max(1) {
                let oldest = (0..self.all.len()).min_by_key(|&at| (self.all[at].since, self.all[at].id));
                self.all.remove(oldest.unwrap_or(0));
            }
            self.all.push(binding);
        }
        self.all.sort_by_key(|binding| (std::cmp::Reverse(binding.q), std::cmp::Reverse(binding.since)));
        Ok(())
    }

    /// `Contact: *` with `Expires: 0`: removes all that this REGISTER may remove (RFC 3261 10.3 step 6).
    pub(crate) fn clear(&mut self, call_id: u64, seq: u32) -> Result<(), OutOfOrder> {
        if self.all.iter().any(|binding| binding.call_id == call_id && seq <= binding.seq) {
            return Err(OutOfOrder::OldSequence);
        }
        self.all.clear();
        Ok(())
    }

    /// Removes what `gone` says.
    pub(crate) fn remove(&mut self, gone: impl Fn(&Binding) -> bool) {
        self.all.retain(|binding| !gone(binding));
    }

    /// One contact, to change.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Binding> {
        self.all.iter_mut().find(|binding| binding.id == id)
    }
}

/// Whether two bindings are the same phone: by instance when both say one, else by URI.
fn same(old: &Binding, new: &Binding) -> bool {
    match (&old.instance, &new.instance) {
        (Some(old), Some(new)) => old == new,
        _ => old.uri.eq_ignore_ascii_case(&new.uri),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leg::Transport;

    fn binding(uri: &str, call_id: u64, seq: u32, since: u64) -> Binding {
        Binding {
            id: since,
            uri: uri.as_bytes().into(),
            instance: None,
            q: 1000,
            call_id,
            seq,
            since: Timestamp::from_secs(since),
            until: Timestamp::from_secs(since + 60),
            path: Path {
                transport: Transport::Udp,
                local: "192.0.2.1:5060".parse().unwrap(),
                peer: "192.0.2.7:5060".parse().unwrap(),
                connection: None,
            },
            routes: Box::default(),
            nated: false,
            missed: 0,
        }
    }

    fn apply(bindings: &mut Bindings, binding: Binding) -> Result<(), OutOfOrder> {
        bindings.apply(vec![Change { binding }], 2)
    }

    #[test]
    fn the_contact_refreshed_longest_ago_makes_room() {
        let mut bindings = Bindings::default();
        for (at, uri) in ["sip:a@192.0.2.7", "sip:b@192.0.2.7", "sip:c@192.0.2.7"].into_iter().enumerate() {
            apply(&mut bindings, binding(uri, at as u64, 1, at as u64)).unwrap();
        }
        let uris: Vec<_> = bindings.all().iter().map(|b| &*b.uri).collect();
        assert_eq!(uris, [&b"sip:c@192.0.2.7"[..], b"sip:b@192.0.2.7"]);
    }

    #[test]
    fn an_old_register_changes_nothing() {
        let mut bindings = Bindings::default();
        apply(&mut bindings, binding("sip:a@192.0.2.7", 9, 5, 1)).unwrap();
        assert_eq!(apply(&mut bindings, binding("sip:a@192.0.2.7", 9, 5, 2)), Err(OutOfOrder::OldSequence));
        assert_eq!(bindings.clear(9, 4), Err(OutOfOrder::OldSequence));
        assert_eq!(apply(&mut bindings, binding("sip:a@192.0.2.7", 8, 1, 3)), Ok(()), "restarted phone");
        assert_eq!(bindings.clear(8, 2), Ok(()));
        assert!(bindings.all().is_empty());
    }

    #[test]
    fn a_phone_with_a_new_address_replaces_itself() {
        let mut bindings = Bindings::default();
        let mut phone = binding("sip:a@192.0.2.7:1000", 1, 1, 1);
        phone.instance = Some(b"<urn:uuid:1>"[..].into());
        apply(&mut bindings, phone.clone()).unwrap();
        (phone.uri, phone.call_id) = (b"sip:a@192.0.2.7:2000"[..].into(), 2);
        apply(&mut bindings, phone).unwrap();
        assert_eq!(bindings.all().len(), 1);
        bindings.remove(|binding| binding.until <= Timestamp::from_secs(61));
        assert!(bindings.all().is_empty());
    }
}
