//! Responses: what they do to the client transaction they belong to, and what its owner is told.
//!
//! ```text
//!   response ──branch, CSeq──▶ Client ──┬──▶ nothing (again, late, stray)
//!                                       ├──▶ ACK by itself (refusals; 2xx heard before)
//!                                       ├──▶ CANCEL, if one waited for this provisional response
//!                                       └──▶ Heard { owner, client } ──▶ leg, trunk, registrar
//! ```
//!
//! Never knows: what an owner makes of it.

use crate::compose::{self, Request};
use crate::core::{Core, Errand};
use crate::dialog::Dialog;
use crate::endpoint::Out;
use crate::message::Method;
use crate::received::Received;
use crate::transaction::invite_client::{InviteClient, InviteClientEffect, InviteClientEvent};
use crate::transaction::plain_client::{PlainClientEffect, PlainClientEvent};
use crate::transaction::{Cancel, ClientMachine, ClientRef, Clock, Owner, write_branch};
use crate::written::Written;
use base::Timestamp;

/// A response that means something to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) client: ClientRef,
    pub(crate) owner: Owner,
}

impl Core {
    /// A response arrived.
    pub(crate) fn response(
        &mut self,
        now: Timestamp,
        response: &Received<'_>,
        out: &mut Out,
    ) -> Option<Heard> {
        let found = self.transactions.client_of(response.branch());
        let Some(name) = found else {
            self.counters.stray += 1;
            return None;
        };
        let method = response.method();
        let status = response.status();
        self.counters.response_in(method, status);
        let client = self.transactions.clients.get_mut(name)?;
        let clock = Clock::of(&self.plan.timers, client.path.transport);
        let owner = client.owner;
        let ClientMachine::Invite { state, cancel, acknowledged } = &mut client.machine else {
            if Written::new(&client.bytes).start().0 != method.as_bytes() {
                return None;
            }
            let ClientMachine::Plain(state) = &mut client.machine else { return None };
            let event = if status < 200 { PlainClientEvent::Provisional } else { PlainClientEvent::Final };
            let effect = state.on(now, event, &clock);
            // The owner reads the request once more (a challenge), so the transaction is settled afterwards.
            return match effect {
                PlainClientEffect::Pass => Some(Heard { client: name, owner }),
                _ => {
                    self.settle_client(name);
                    None
                }
            };
        };
        if method == Method::Cancel {
            if let Cancel::Sent { resend_at, .. } = cancel
                && status >= 200
            {
                *resend_at = Timestamp::NEVER;
            }
            self.settle_client(name);
            return None;
        }
        if method != Method::Invite {
            return None;
        }
        let event = match status {
            ..200 => InviteClientEvent::Provisional,
            200..300 => InviteClientEvent::Success,
            _ => InviteClientEvent::Failure,
        };
        let effect = state.on(now, event, &clock);
        let wanted = match cancel {
            Cancel::Wanted { cause } if *state == InviteClient::Proceeding => Some(*cause),
            _ => None,
        };
        let acknowledged = *acknowledged;
        if let Some(cause) = wanted {
            self.send_cancel(now, name, cause, out);
        }
        let heard = match effect {
            InviteClientEffect::Pass if event == InviteClientEvent::Success => {
                if acknowledged == Some(self.hash(response.tag_of_to())) {
                    // The 2xx again: our ACK was lost (RFC 3261 13.2.2.4).
                    self.counters.retransmissions_in += 1;
                    self.resend_client(name, out);
                    None
                } else {
                    Some(Heard { client: name, owner })
                }
            }
            InviteClientEffect::Pass => Some(Heard { client: name, owner }),
            InviteClientEffect::AckAndPass => {
                self.ack_refusal(name, response, out);
                Some(Heard { client: name, owner })
            }
            InviteClientEffect::Ack => {
                self.counters.retransmissions_in += 1;
                self.ack_refusal(name, response, out);
                None
            }
            _ => None,
        };
        if heard.is_none() {
            self.settle_client(name);
        }
        heard
    }

    fn resend_client(&mut self, name: ClientRef, out: &mut Out) {
        let Some(client) = self.transactions.clients.get(name) else { return };
        let (path, from) = (client.path, out.bytes.len());
        out.bytes.extend_from_slice(&client.bytes);
        self.send(&path, from, out);
        self.counters.retransmissions_out += 1;
    }

    /// ACK to a refusal: it belongs to the transaction and goes where the INVITE went.
    fn ack_refusal(&mut self, name: ClientRef, response: &Received<'_>, out: &mut Out) {
        let Some(client) = self.transactions.clients.get(name) else { return };
        let (path, from) = (client.path, out.bytes.len());
        Written::new(&client.bytes).ack(response.to(), &mut out.bytes);
        self.send(&path, from, out);
        self.counters.request_out(Method::Ack);
    }

    /// ACK to a 2xx: it belongs to the dialog, and its copy stays with the transaction for 2xx that come again.
    pub(crate) fn ack(&mut self, name: ClientRef, dialog: &Dialog, seq: u32, out: &mut Out) {
        let Some(client) = self.transactions.clients.get(name) else { return };
        let mut branch = Vec::with_capacity(40);
        write_branch(&mut branch, name, client.guard.wrapping_add(1));
        // RFC 3261 22.1: the ACK carries the credentials of its INVITE.
        let mut extra = Vec::new();
        if client.challenges > 0 {
            let invite = Written::new(&client.bytes);
            invite.copy("Authorization", &mut extra);
            invite.copy("Proxy-Authorization", &mut extra);
        }
        let from = out.bytes.len();
        let path = dialog.path;
        let (uri, routes) = dialog.way();
        let request = Request {
            method: Method::Ack,
            uri,
            routes: &routes,
            from: dialog.local(),
            to: dialog.remote(),
            call_id: dialog.call_id(),
            seq,
            extra: &extra,
            body: None,
        };
        let sent_by = self.shown(path.transport, path.local, path.peer.ip());
        compose::request(&mut out.bytes, &request, path.transport, sent_by, &branch, &self.plan.product);
        self.send(&path, from, out);
        self.counters.request_out(Method::Ack);
        let tag = self.hash(dialog.remote_tag());
        if let Some(client) = self.transactions.clients.get_mut(name)
            && let ClientMachine::Invite { acknowledged, .. } = &mut client.machine
            && acknowledged.is_none()
        {
            *acknowledged = Some(tag);
            client.bytes = out.bytes[from..].into();
            client.path = path;
        }
    }

    /// Calls a branch off, as soon as the standard allows it (RFC 3261 9.1).
    pub(crate) fn cancel(&mut self, now: Timestamp, name: ClientRef, cause: u8, out: &mut Out) {
        let Some(client) = self.transactions.clients.get_mut(name) else { return };
        let ClientMachine::Invite { state, cancel, .. } = &mut client.machine else { return };
        match (&state, &cancel) {
            (InviteClient::Calling { .. }, Cancel::None) => *cancel = Cancel::Wanted { cause },
            (InviteClient::Proceeding, Cancel::None) => self.send_cancel(now, name, cause, out),
            _ => {}
        }
    }

    fn send_cancel(&mut self, now: Timestamp, name: ClientRef, cause: u8, out: &mut Out) {
        let Some(client) = self.transactions.clients.get_mut(name) else { return };
        let clock = Clock::of(&self.plan.timers, client.path.transport);
        let (path, from) = (client.path, out.bytes.len());
        Written::new(&client.bytes).cancel(cause, &mut out.bytes);
        if let ClientMachine::Invite { cancel, .. } = &mut client.machine {
            *cancel = Cancel::Sent {
                bytes: out.bytes[from..].into(),
                resend_at: if clock.reliable { Timestamp::NEVER } else { now + clock.t1 },
                interval: clock.t1,
                give_up: now + clock.t1 * 64,
            };
        }
        self.send(&path, from, out);
        self.counters.request_out(Method::Cancel);
        self.settle_client(name);
    }

    /// Sends a request once more in a new transaction, with other or further lines and a CSeq above `used`. Returns
    /// it and its CSeq.
    pub(crate) fn again(
        &mut self,
        now: Timestamp,
        name: ClientRef,
        used: u32,
        extra: &[(&str, &[u8])],
        out: &mut Out,
    ) -> Option<(ClientRef, u32)> {
        let client = self.transactions.clients.get(name)?;
        let bytes = client.bytes.clone();
        let errand = Errand { owner: client.owner, path: client.path, trunk: client.trunk };
        let challenges = client.challenges + 1;
        let invite = matches!(client.machine, ClientMachine::Invite { .. });
        let written = Written::new(&bytes);
        let seq = written.seq().max(used).wrapping_add(1);
        let again = self.open_client(now, invite, errand, challenges, out, |core, branch, to| {
            written.again(branch, seq, extra, to);
            core.counters.request_out(Method::parse(written.start().0).unwrap_or(Method::Invite));
        });
        Some((again, seq))
    }

    /// A keyed hash of foreign text.
    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        use std::hash::Hasher as _;
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u64(self.key[0]);
        hasher.write(text);
        hasher.finish()
    }
}
