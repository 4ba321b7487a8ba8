//! Credentials: requests of ours that are challenged, or asked for a longer session timer, go out once more.
//!
//! ```text
//!   401, 407 ──the trunk's digest──▶ again, next CSeq, Authorization      (RFC 3261 22.2, RFC 8760)
//!   422 ──────Min-SE───────────────▶ again, next CSeq, Session-Expires    (RFC 4028 7.3)
//! ```

use crate::digest::Challenge;
use crate::endpoint::{Endpoint, Out};
use crate::legs::State;
use crate::message::{Name, SessionExpires};
use crate::received::Received;
use crate::transaction::{ClientRef, Owner};
use crate::written::Written;
use base::Timestamp;

/// How often one request is sent again for any of these reasons.
const TRIES: u8 = 3;

impl Endpoint {
    /// Sends the request again if that can help; then its owner hears nothing of this answer.
    pub(crate) fn challenged(
        &mut self,
        now: Timestamp,
        client: ClientRef,
        response: &Received<'_>,
        out: &mut Out,
    ) -> bool {
        let Some((owner, tries)) =
            self.core.transactions.clients.get(client).map(|client| (client.owner, client.challenges))
        else {
            return false;
        };
        // A trunk that challenges our OPTIONS is alive, which is all we asked.
        if tries >= TRIES || matches!(owner, Owner::Nobody | Owner::TrunkPing(_) | Owner::PhonePing(..)) {
            return false;
        }
        let slot = match owner {
            Owner::Branch(slot)
            | Owner::Reinvite(slot)
            | Owner::Update(slot)
            | Owner::Prack(slot)
            | Owner::Notify(slot) => Some(slot),
            Owner::Bye(slot) => slot,
            _ => None,
        };
        // Another request of the dialog may have gone out meanwhile (a NOTIFY beside a re-INVITE).
        let used = match slot.and_then(|slot| self.legs.all.get(slot)).map(|leg| &leg.state) {
            Some(State::Confirmed(confirmed)) => confirmed.dialog.local_seq,
            _ => 0,
        };
        let again = match response.status() {
            401 | 407 => self.with_credentials(now, client, used, response, out),
            422 => self.with_longer_session(now, client, used, response, out),
            _ => None,
        };
        let Some((new, seq)) = again else { return false };
        if let Some(leg) = slot.and_then(|slot| self.legs.all.get_mut(slot)) {
            match &mut leg.state {
                State::Egress(egress) => egress.replaced(client, new, seq),
                State::Confirmed(confirmed) => confirmed.replaced(client, new, seq),
                State::Ending(ending) => ending.replaced(client, new, seq),
                State::Ingress(_) => {}
            }
        }
        true
    }

    fn with_credentials(
        &mut self,
        now: Timestamp,
        client: ClientRef,
        used: u32,
        response: &Received<'_>,
        out: &mut Out,
    ) -> Option<(ClientRef, u32)> {
        let proxy = response.status() == 407;
        let (asks, answers) = if proxy {
            (Name::ProxyAuthenticate, "Proxy-Authorization")
        } else {
            (Name::WwwAuthenticate, "Authorization")
        };
        // RFC 8760 2.4: the topmost one that we can do.
        let challenge = response.message.headers(asks).find_map(Challenge::parse)?;
        let old = self.core.transactions.clients.get(client)?;
        let request = Written::new(&old.bytes);
        // Asked again although we answered: only a stale nonce makes a second answer worth while.
        if !request.value(answers).is_empty() && !challenge.stale {
            return None;
        }
        let secret = self.core.plan.trunks[old.trunk?.index()].outbound_digest.as_ref()?;
        let (method, uri) = request.start();
        let cnonce = format!("{:016x}", self.core.random.bits());
        let value = challenge.answer(&secret.user, &secret.password, method, uri, 1, &cnonce);
        self.core.again(now, client, used, &[(answers, &value)], out)
    }

    fn with_longer_session(
        &mut self,
        now: Timestamp,
        client: ClientRef,
        used: u32,
        response: &Received<'_>,
        out: &mut Out,
    ) -> Option<(ClientRef, u32)> {
        let least = response.value(Name::MinSe).and_then(SessionExpires::parse)?.seconds.to_string();
        let least = least.as_bytes();
        self.core.again(now, client, used, &[("Session-Expires", least), ("Min-SE", least)], out)
    }
}
