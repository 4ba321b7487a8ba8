//! Departures and other commands: what `call` wants done with its legs.

use crate::compose::{put, put_host, put_user, uri_parameter};
use crate::egress::{Call, Egress, Hop, Shown};
use crate::endpoint::{Endpoint, Out};
use crate::leg::{AorRef, Body, Command, Fact, LegRef, Origin, ReleasedBy, Target, Transport, TrunkRef};
use crate::legs::{Id, Leg, Next, State};
use crate::message::Cause;
use crate::plan::TrunkPlan;
use crate::resolve::{Found, Name, literal};
use crate::transaction::LegSlot;
use base::Timestamp;
use std::net::SocketAddr;
use std::time::Duration;

/// Q.850: the phone account has no phone.
const SUBSCRIBER_ABSENT: Cause = Cause(20);

/// A leg to be sent.
struct Wish {
    name: LegRef,
    caller: String,
    caller_name: String,
    offer: Body,
    ring: Duration,
    headers: Vec<(String, String)>,
}

impl Endpoint {
    /// Does what `call` says.
    pub(crate) fn obey(&mut self, now: Timestamp, command: Command, out: &mut Out) {
        match command {
            Command::Invite { leg, to, caller, caller_name, offer, ring, headers } => {
                let caller = caller.reveal().clone();
                let wish = Wish { name: leg, caller, caller_name, offer, ring, headers };
                match to {
                    Target::Aor(aor) => self.invite_phone(now, wish, aor, out),
                    Target::Trunk { trunk, number } => self.invite_trunk(now, wish, trunk, &number, out),
                }
            }
            Command::Progress { leg, status, answer } => {
                self.ingress(leg, |core, id, ingress| {
                    ingress.progress(id, core, now, status, answer, out);
                    Next::Stay
                });
            }
            Command::Answer { leg, body } => {
                self.ingress(leg, |core, id, ingress| ingress.answer(id, core, now, body, out));
            }
            Command::Reject { leg, status, cause, retry_after, text } => {
                self.ingress(leg, |core, id, ingress| {
                    ingress.reject(id, core, now, (status, cause, retry_after, text), out)
                });
            }
            Command::Release { leg, cause } => self.release(now, leg, cause, out),
            Command::Reoffer { leg, offer } => self.confirmed(leg, |core, id, confirmed| {
                confirmed.reoffer(id, core, now, offer, out);
            }),
            Command::Accept { leg, body } => self.confirmed(leg, |core, id, confirmed| {
                confirmed.accept(id, core, now, body, out);
            }),
            Command::Refuse { leg, status } => self.confirmed(leg, |core, id, confirmed| {
                confirmed.refuse(id, core, now, status, out);
            }),
            Command::AcceptRefer { leg } => self.confirmed(leg, |core, id, confirmed| {
                confirmed.accept_refer(id, core, now, out);
            }),
            Command::ReferProgress { leg, status } => self.confirmed(leg, |core, id, confirmed| {
                confirmed.refer_progress(id, core, now, status, out);
            }),
            Command::RefuseRefer { leg, status } => self.confirmed(leg, |core, _, confirmed| {
                confirmed.refuse_refer(core, now, status, out);
            }),
        }
    }

    fn ingress(
        &mut self,
        name: LegRef,
        act: impl FnOnce(&mut crate::core::Core, Id, &mut crate::ingress::Ingress) -> Next,
    ) {
        let Some(slot) = self.legs.slot(name) else { return };
        if let Some(Leg { id, state: State::Ingress(ingress), .. }) = self.legs.all.get_mut(slot) {
            let next = act(&mut self.core, *id, ingress);
            self.legs.follow(slot, next);
        }
    }

    fn confirmed(
        &mut self,
        name: LegRef,
        act: impl FnOnce(&mut crate::core::Core, Id, &mut crate::confirmed::Confirmed),
    ) {
        let Some(slot) = self.legs.slot(name) else { return };
        if let Some(Leg { id, state: State::Confirmed(confirmed), .. }) = self.legs.all.get_mut(slot) {
            act(&mut self.core, *id, confirmed);
        }
    }

    fn release(&mut self, now: Timestamp, name: LegRef, cause: Cause, out: &mut Out) {
        let Some(slot) = self.legs.slot(name) else { return };
        let Some(Leg { id, state, .. }) = self.legs.all.get_mut(slot) else { return };
        let core = &mut self.core;
        let next = match state {
            State::Ingress(ingress) => ingress.reject(*id, core, now, (cause.status(), cause, None, ""), out),
            State::Egress(egress) => egress.release(*id, core, now, cause, ReleasedBy::Us, out),
            State::Confirmed(confirmed) => {
                confirmed.release(*id, core, now, cause, (200, ReleasedBy::Us), out)
            }
            State::Ending(_) => Next::Stay,
        };
        self.legs.follow(slot, next);
    }

    /// Makes the leg; `None` when there is no room or the reference is taken.
    fn depart(&mut self, now: Timestamp, wish: Wish, of: Origin, to: Box<[u8]>, out: &mut Out) -> Option<Id> {
        // Twice the bound of arriving calls: each of them may need a second leg.
        if self.legs.all.len() >= self.core.plan.limits.legs.saturating_mul(2) {
            self.lost(wish.name, Cause::CONGESTION, 503, out);
            return None;
        }
        let core = &mut self.core;
        let guard = core.random.bits();
        let plan = match of {
            Origin::Trunk(trunk) => Some(core.plan.trunks[trunk.index()].clone()),
            Origin::Aor(_) => None,
        };
        let realm = core.plan.realm.clone();
        let carrier = plan.as_ref().filter(|plan| plan.register_as.is_some());
        let shown = Shown {
            caller: &wish.caller,
            name: &wish.caller_name,
            // A carrier that we registered with knows our numbers under its own name only.
            domain: carrier.map_or(&realm, |plan| &plan.host),
            trusted: plan.as_ref().is_some_and(|plan| plan.trusted),
            headers: &wish.headers,
        };
        let contact = carrier.and_then(|plan| plan.register_as.clone()).unwrap_or_default();
        let offer = wish.offer;
        let id = self.legs.depart(wish.name, guard, of, |id| {
            let call = Call::new(id, core, shown, to, contact.into(), offer);
            Egress::new(id, core, now, call, wish.ring)
        })?;
        self.core.counters.legs_opened += 1;
        Some(id)
    }

    fn lost(&mut self, leg: LegRef, cause: Cause, status: u16, out: &mut Out) {
        out.facts.push(Fact::Released { leg, cause, status, by: ReleasedBy::Timeout });
    }

    fn invite_phone(&mut self, now: Timestamp, wish: Wish, aor: AorRef, out: &mut Out) {
        let name = wish.name;
        let hops: Vec<Hop> = self
            .registration(aor)
            .iter()
            .map(|binding| Hop {
                uri: binding.uri.clone(),
                routes: binding.routes.clone(),
                path: binding.path,
                nated: binding.nated,
            })
            .collect();
        if hops.is_empty() {
            return self.lost(name, SUBSCRIBER_ABSENT, 480, out);
        }
        let mut to = b"<sip:".to_vec();
        put_user(&mut to, &self.core.plan.accounts[aor.index()].user);
        put(&mut to, &[b"@", self.core.plan.realm.as_bytes(), b">"]);
        let Some(id) = self.depart(now, wish, Origin::Aor(aor), to.into(), out) else { return };
        for mut hop in hops {
            // A phone is reached at its contact, unless that lies behind a NAT or on a stream: then at its source.
            let next = if hop.routes.is_empty() { &hop.uri } else { &hop.routes };
            let next = next.split(|&byte| byte == b'>').next().unwrap_or_default();
            let next = next.iter().position(|&byte| byte == b'<').map_or(next, |at| &next[at + 1..]);
            if !hop.nated
                && hop.path.transport == Transport::Udp
                && let Some(path) = self.core.way_to(now, next, &hop.path, out)
            {
                hop.path = path;
            }
            if let Some(Leg { state: State::Egress(egress), .. }) = self.legs.all.get_mut(id.slot) {
                egress.branch(id, &mut self.core, now, &hop, out);
            }
        }
    }

    fn invite_trunk(&mut self, now: Timestamp, wish: Wish, trunk: TrunkRef, number: &str, out: &mut Out) {
        let Some(plan) = self.core.plan.trunks.get(trunk.index()) else {
            return self.lost(wish.name, Cause::UNALLOCATED, 404, out);
        };
        let mut to = b"<".to_vec();
        to.extend_from_slice(&trunk_uri(plan, number));
        to.push(b'>');
        let name = name_of(plan);
        let Some(id) = self.depart(now, wish, Origin::Trunk(trunk), to.into(), out) else { return };
        match self.core.resolver.find(now, &name, out) {
            Found::Now(addresses) => self.address_known(now, id.slot, &addresses, out),
            Found::Nothing => self.address_known(now, id.slot, &[], out),
            Found::Later(lookup) => self.legs.wait(id.slot, lookup),
        }
    }

    /// A leg's trunk has an address now, or has none.
    pub(crate) fn address_known(
        &mut self,
        now: Timestamp,
        slot: LegSlot,
        addresses: &[(Transport, SocketAddr)],
        out: &mut Out,
    ) {
        let Some(Leg { id, state: State::Egress(egress), .. }) = self.legs.all.get_mut(slot) else { return };
        let next = egress.go(*id, &mut self.core, now, addresses, out);
        self.legs.follow(slot, next);
    }
}

/// The host of a trunk as a question to the resolver.
pub(crate) fn name_of(plan: &TrunkPlan) -> Name {
    Name { host: plan.host.as_str().into(), port: plan.port, transport: plan.transport }
}

/// A number's URI at a trunk.
pub(crate) fn trunk_uri(plan: &TrunkPlan, user: &str) -> Vec<u8> {
    let mut uri = b"sip:".to_vec();
    if !user.is_empty() {
        put_user(&mut uri, user);
        uri.push(b'@');
    }
    match literal(&plan.host) {
        Some(address) => put_host(&mut uri, address),
        None => uri.extend_from_slice(plan.host.as_bytes()),
    }
    if let Some(port) = plan.port {
        put(&mut uri, &[b":", port.to_string().as_bytes()]);
    }
    put(&mut uri, &[uri_parameter(plan.transport.unwrap_or(Transport::Udp))]);
    uri
}
