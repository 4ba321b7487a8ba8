//! The town: carrier and desk together, so that a driver moves datagrams and nothing else.
//!
//! ```text
//! receive(local) ─▶ carrier or desk ─▶ Outbox
//!                          desk: "answered", "freed" ─▶ carrier: the caller hears a person, or nobody any more
//! ```

use crate::carrier::Carrier;
use crate::desk::Desk;
use crate::outbox::{Local, Outbox, Sighting};
use base::Timestamp;
use std::net::SocketAddr;

/// Everybody around the engine.
#[derive(Clone, Debug)]
pub struct Town {
    /// Callers.
    pub carrier: Carrier,
    /// Agents.
    pub desk: Desk,
}

impl Town {
    /// A datagram has come to a local address.
    pub fn receive(
        &mut self,
        now: Timestamp,
        local: Local,
        from: SocketAddr,
        bytes: &[u8],
        out: &mut Outbox,
    ) {
        let seen = out.sightings().len();
        if self.carrier.has(local) {
            self.carrier.receive(now, local, from, bytes, out);
        } else {
            self.desk.receive(now, local, from, bytes, out);
            self.tell(now, seen, out);
        }
    }

    /// Lets everybody do what is due.
    pub fn tick(&mut self, now: Timestamp, out: &mut Outbox) {
        self.carrier.tick(now, out);
        let seen = out.sightings().len();
        self.desk.tick(now, out);
        self.tell(now, seen, out);
    }

    /// When to tick.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [self.carrier.next_deadline(), self.desk.next_deadline()].into_iter().flatten().min()
    }

    /// What a caller would hear and SIP does not say.
    fn tell(&mut self, now: Timestamp, seen: usize, out: &Outbox) {
        for sighting in &out.sightings()[seen..] {
            match *sighting {
                Sighting::Answered { caller: Some(n), .. } => self.carrier.meets(now, n),
                Sighting::Freed { caller: Some(n), by, talked: true, .. } => self.carrier.left(now, n, by),
                Sighting::Freed { caller: Some(n), talked: false, .. } => self.carrier.left(now, n, None),
                _ => {}
            }
        }
    }
}
