//! Trunks: whose address a request comes from, and whether the carrier is there.
//!
//! ```text
//!   OPTIONS every n s ──answered──▶ up      (two in a row after a failure)
//!                     ──silence, 503, twice──▶ down
//!   REGISTER ──200──▶ up, again at ½–⅘ of the granted time
//!            ──423──▶ again with the carrier's least time
//!            ──else─▶ down, again after 5, 10, 20 … 600 s ± a quarter, or Retry-After
//! ```
//!
//! Both requests are written by `rsip` through [`rsip_values`](crate::rsip_values), or by our own composer where it
//! cannot. A trunk with both must have both. Calls are sent to a trunk that is down, too: whether to is not ours to say.
//! Never knows: calls, numbers.

use crate::compose::{Request, put, put_number};
use crate::core::{Errand, Timer};
use crate::departure::{name_of, trunk_uri};
use crate::endpoint::{Endpoint, Out, Path};
use crate::leg::{Fact, TrunkRef};
use crate::message::{Method, Name, Uri};
use crate::plan::TrunkPlan;
use crate::received::Received;
use crate::registrar::Ping;
use crate::resolve::Found;
use crate::rsip_values;
use crate::transaction::{Owner, write_hex};
use base::{TimerRef, Timestamp};
use std::net::IpAddr;
use std::time::Duration;

/// A doubtful trunk is asked again after this long, if its plan does not say sooner.
const DOUBT: Duration = Duration::from_secs(5);
/// First and longest pause after a failed registration.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Answers in a row that change our mind.
const ROW: u8 = 2;

/// What is known about one carrier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carrier {
    ping: Option<TimerRef>,
    register: Option<TimerRef>,
    /// Whether OPTIONS are answered, once that is known.
    answers: Option<bool>,
    /// Answers in a row that say otherwise.
    doubts: u8,
    /// Whether we are registered, once that is known.
    registered: Option<bool>,
    failures: u32,
    call_id: Vec<u8>,
    seq: u32,
    /// The lifetime that the carrier wants at least (423).
    least: Duration,
    /// What was told.
    up: Option<bool>,
}

/// All carriers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trunks {
    all: Vec<Carrier>,
}

impl Trunks {
    /// How many timers should be running.
    pub(crate) fn timers(&self) -> usize {
        self.all
            .iter()
            .map(|carrier| usize::from(carrier.ping.is_some()) + usize::from(carrier.register.is_some()))
            .sum()
    }
}

impl Carrier {
    /// Hears one more answer (or silence) to OPTIONS.
    fn hear(&mut self, answered: bool) {
        match self.answers {
            None if answered => (self.answers, self.doubts) = (Some(true), 0),
            Some(known) if known == answered => self.doubts = 0,
            _ => {
                self.doubts += 1;
                if self.doubts >= ROW {
                    (self.answers, self.doubts) = (Some(answered), 0);
                }
            }
        }
    }

    /// Up, down, or not known yet.
    fn verdict(&self, plan: &TrunkPlan) -> Option<bool> {
        let pings = !plan.options_every.is_zero();
        let registers = plan.register_as.is_some();
        match (pings.then_some(self.answers), registers.then_some(self.registered)) {
            (Some(Some(false)), _) | (_, Some(Some(false))) => Some(false),
            (Some(None), _) | (_, Some(None)) | (None, None) => None,
            _ => Some(true),
        }
    }
}

impl Endpoint {
    /// Sets the trunks' first timers, spread a little so that they do not all speak at once.
    pub(crate) fn start_trunks(&mut self) {
        for (at, plan) in self.core.plan.trunks.iter().enumerate() {
            let first = Timestamp::START + Duration::from_millis(10) * at as u32;
            let mut carrier = Carrier::default();
            if !plan.options_every.is_zero() {
                carrier.ping = Some(self.core.wheel.schedule(first, Timer::TrunkPing(TrunkRef::at(at))));
            }
            if plan.register_as.is_some() {
                write_hex(&mut carrier.call_id, self.core.random.bits());
                carrier.register =
                    Some(self.core.wheel.schedule(first, Timer::TrunkRegister(TrunkRef::at(at))));
            }
            self.trunks.all.push(carrier);
        }
    }

    /// Where a trunk is reached now.
    fn trunk_path(&mut self, now: Timestamp, trunk: TrunkRef, out: &mut Out) -> Option<Path> {
        let name = name_of(&self.core.plan.trunks[trunk.index()]);
        match self.core.resolver.find(now, &name, out) {
            Found::Now(addresses) => {
                let (transport, address) = *addresses.first()?;
                Some(self.core.path_to(transport, address))
            }
            Found::Later(_) | Found::Nothing => None,
        }
    }

    /// Tells a change.
    fn trunk_judged(&mut self, trunk: TrunkRef, status: u16, out: &mut Out) {
        let carrier = &mut self.trunks.all[trunk.index()];
        let Some(verdict) = carrier.verdict(&self.core.plan.trunks[trunk.index()]) else { return };
        if carrier.up.replace(verdict) != Some(verdict) {
            out.facts.push(if verdict { Fact::TrunkUp { trunk } } else { Fact::TrunkDown { trunk, status } });
        }
    }

    // ── OPTIONS ─────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn trunk_ping_due(&mut self, now: Timestamp, trunk: TrunkRef, out: &mut Out) {
        let every = self.core.plan.trunks[trunk.index()].options_every;
        self.next_ping(now, trunk, every);
        match self.trunk_path(now, trunk, out) {
            Some(path) => {
                let uri = trunk_uri(&self.core.plan.trunks[trunk.index()], "");
                let to = [b"<", &uri[..], b">"].concat();
                let domain = self.core.plan.realm.clone();
                let ping = Ping { uri: &uri, to: &to, domain: &domain };
                self.ping(now, &ping, Owner::TrunkPing(trunk), path, out);
            }
            // Its name is not known (yet): that is no answer either, but the resolver may just be asked.
            None => self.trunk_heard(now, trunk, 503, out),
        }
    }

    fn next_ping(&mut self, now: Timestamp, trunk: TrunkRef, after: Duration) {
        let carrier = &mut self.trunks.all[trunk.index()];
        if let Some(timer) = carrier.ping.take() {
            self.core.wheel.cancel(timer);
        }
        carrier.ping = Some(self.core.wheel.schedule(now + after, Timer::TrunkPing(trunk)));
    }

    /// OPTIONS was answered, or not (408, 503). Any other answer shows a living carrier.
    pub(crate) fn trunk_heard(&mut self, now: Timestamp, trunk: TrunkRef, status: u16, out: &mut Out) {
        let every = self.core.plan.trunks[trunk.index()].options_every;
        let carrier = &mut self.trunks.all[trunk.index()];
        carrier.hear(status != 408 && status != 503);
        if carrier.doubts > 0 || carrier.answers.is_none() {
            self.next_ping(now, trunk, DOUBT.min(every));
        }
        self.trunk_judged(trunk, status, out);
    }

    // ── REGISTER ────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn trunk_register_due(&mut self, now: Timestamp, trunk: TrunkRef, out: &mut Out) {
        self.trunks.all[trunk.index()].register = None;
        let Some(path) = self.trunk_path(now, trunk, out) else {
            return self.trunk_register_failed(now, trunk, 503, None, out);
        };
        let plan = &self.core.plan.trunks[trunk.index()];
        let carrier = &mut self.trunks.all[trunk.index()];
        carrier.seq += 1;
        let user = plan.register_as.clone().unwrap_or_default();
        let (registrar, aor) = (trunk_uri(plan, ""), trunk_uri(plan, &user));
        let to = [b"<", &aor[..], b">"].concat();
        let mut from = to.clone();
        put(&mut from, &[b";tag="]);
        write_hex(&mut from, self.core.random.bits());
        let expires = plan.register_expires.max(carrier.least);
        let mut contact = Vec::with_capacity(64);
        self.core.put_contact_value(&mut contact, &path, &user);
        let mut extra = Vec::with_capacity(128);
        put(&mut extra, &[b"Contact: ", &contact, b"\r\nExpires: "]);
        put_number(&mut extra, expires.as_secs());
        put(&mut extra, &[b"\r\n"]);
        let (call_id, seq) = (carrier.call_id.clone(), carrier.seq);
        let request = Request {
            method: Method::Register,
            uri: &registrar,
            routes: b"",
            from: &from,
            to: &to,
            call_id: &call_id,
            seq,
            extra: &extra,
            body: None,
        };
        let errand = Errand { owner: Owner::TrunkRegister(trunk), path, trunk: Some(trunk) };
        let contact = String::from_utf8_lossy(&contact);
        self.core.low_rate_request(now, &request, errand, out, |low| {
            rsip_values::register(low, &contact, expires)
        });
    }

    fn next_register(&mut self, now: Timestamp, trunk: TrunkRef, after: Duration) {
        let carrier = &mut self.trunks.all[trunk.index()];
        if let Some(timer) = carrier.register.take() {
            self.core.wheel.cancel(timer);
        }
        carrier.register = Some(self.core.wheel.schedule(now + after, Timer::TrunkRegister(trunk)));
    }

    /// The carrier answered our REGISTER.
    pub(crate) fn trunk_registered(
        &mut self,
        now: Timestamp,
        trunk: TrunkRef,
        response: &Received<'_>,
        out: &mut Out,
    ) {
        let plan = &self.core.plan.trunks[trunk.index()];
        let carrier = &mut self.trunks.all[trunk.index()];
        // A challenge has raised the CSeq.
        carrier.seq = carrier.seq.max(response.seq());
        let seconds = |value: Option<&[u8]>| {
            let secs: u64 = std::str::from_utf8(value?).ok()?.trim().parse().ok()?;
            Some(Duration::from_secs(secs))
        };
        match response.status() {
            200..300 => {
                let user = plan.register_as.as_deref().unwrap_or_default();
                let mine =
                    response.message.contacts().flatten().find(|contact| {
                        Uri::parse(contact.uri).is_some_and(|uri| uri.user == user.as_bytes())
                    });
                let granted = seconds(mine.and_then(|contact| contact.params.value("expires")))
                    .or_else(|| seconds(response.value(Name::Expires)))
                    .unwrap_or(plan.register_expires)
                    .max(Duration::from_secs(2));
                (carrier.registered, carrier.failures) = (Some(true), 0);
                // Somewhere between ½ and ⅘, so that a thousand of us do not come back at once.
                let permille = 500 + self.core.random.below(301) as u32;
                self.next_register(now, trunk, granted * permille / 1000);
                self.trunk_judged(trunk, response.status(), out);
            }
            423 if carrier.least < Duration::from_secs(86_400) => {
                let least = seconds(response.value(Name::MinExpires)).unwrap_or(carrier.least * 2);
                carrier.least =
                    least.clamp(carrier.least + Duration::from_secs(1), Duration::from_secs(86_400));
                self.next_register(now, trunk, Duration::ZERO);
            }
            status => {
                let after = seconds(response.value(Name::RetryAfter));
                self.trunk_register_failed(now, trunk, status, after, out);
            }
        }
    }

    /// The registration failed: again later, and later each time.
    pub(crate) fn trunk_register_failed(
        &mut self,
        now: Timestamp,
        trunk: TrunkRef,
        status: u16,
        after: Option<Duration>,
        out: &mut Out,
    ) {
        let carrier = &mut self.trunks.all[trunk.index()];
        carrier.registered = Some(false);
        let pause = (FIRST_PAUSE * (1 << carrier.failures.min(10))).min(LONGEST_PAUSE);
        carrier.failures += 1;
        let permille = 750 + self.core.random.below(501) as u32;
        let pause = (pause * permille / 1000).max(after.unwrap_or_default().min(LONGEST_PAUSE));
        self.next_register(now, trunk, pause);
        self.trunk_judged(trunk, status, out);
    }
}

/// The trunk that an address belongs to: the first whose networks hold it.
pub(crate) fn of_address(trunks: &[TrunkPlan], address: IpAddr) -> Option<TrunkRef> {
    trunks
        .iter()
        .position(|trunk| trunk.networks.iter().any(|&(network, length)| holds(network, length, address)))
        .map(TrunkRef::at)
}

/// Whether a network (address, prefix length) holds an address.
fn holds(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(length.min(32));
            let cut = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
            cut(network.to_bits()) == cut(address.to_bits())
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(length.min(128));
            let cut = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
            cut(network.to_bits()) == cut(address.to_bits())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Carrier, holds};

    #[test]
    fn networks_hold_their_addresses() {
        let in_it = |network: &str, length, address: &str| {
            holds(network.parse().unwrap(), length, address.parse().unwrap())
        };
        assert!(in_it("192.0.2.0", 24, "192.0.2.200") && !in_it("192.0.2.0", 25, "192.0.2.200"));
        assert!(in_it("0.0.0.0", 0, "203.0.113.1") && !in_it("0.0.0.0", 0, "::1"));
        assert!(in_it("2001:db8::", 32, "2001:db8:9::1") && in_it("192.0.2.1", 32, "::ffff:192.0.2.1"));
    }

    #[test]
    fn one_lost_answer_does_not_take_a_trunk_down() {
        let mut carrier = Carrier::default();
        let mut after = |answered| {
            carrier.hear(answered);
            carrier.answers
        };
        assert_eq!([after(true), after(false), after(true)], [Some(true); 3]);
        assert_eq!([after(false), after(false)], [Some(true), Some(false)]);
        assert_eq!([after(true), after(true)], [Some(false), Some(true)]);
    }
}
