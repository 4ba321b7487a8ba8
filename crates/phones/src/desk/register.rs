//! A phone's registration: REGISTER, challenge, credentials, refresh (RFC 3261 10.2).

use super::{Deed, Desk, Sent};
use crate::compose::{Request, request};
use crate::digest::{Challenge, Use};
use crate::flights::{Curve, FlightRef};
use crate::outbox::{AgentNo, Outbox, Sighting};
use crate::scan::{Scan, number, parameter, uri, user};
use base::{TimerRef, Timestamp};
use std::time::Duration;

/// A refused or unanswered registration is tried again after this.
const RETRY: Duration = Duration::from_secs(5);

/// What a phone keeps of its registration.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    cseq: u32,
    challenge: Option<Challenge>,
    /// Uses of the challenge's nonce.
    uses: u32,
    /// The request in flight carried credentials made from the newest challenge: another 401 is a refusal,
    /// unless the nonce is new.
    proved: bool,
    flight: Option<FlightRef>,
    timer: Option<TimerRef>,
    bound: bool,
    leaving: bool,
}

impl Registration {
    pub(super) fn new(timer: TimerRef) -> Self {
        Self {
            cseq: 0,
            challenge: None,
            uses: 0,
            proved: false,
            flight: None,
            timer: Some(timer),
            bound: false,
            leaving: false,
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.bound
    }
}

impl Desk {
    /// All phones take their registration back.
    pub fn unregister_all(&mut self, now: Timestamp, out: &mut Outbox) {
        for place in 0..self.agents.len() {
            let registration = &mut self.agents[place].registration;
            registration.leaving = true;
            if let Some(timer) = registration.timer.take() {
                self.deeds.cancel(timer);
            }
            self.register(now, AgentNo::at(place), out);
        }
    }

    /// Nothing more is said or awaited for a registration.
    pub(super) fn drop_registration(&mut self, agent: AgentNo) {
        let registration = &mut self.agents[agent.index()].registration;
        registration.bound = false;
        self.flights.land(registration.flight.take());
        if let Some(timer) = registration.timer.take() {
            self.deeds.cancel(timer);
        }
    }

    pub(super) fn register(&mut self, now: Timestamp, agent: AgentNo, out: &mut Outbox) {
        let phone = &self.plan.phones[agent.index()];
        let registration = &mut self.agents[agent.index()].registration;
        registration.timer = None;
        registration.cseq += 1;
        let request_uri = format!("sip:{}", self.plan.domain);
        let via = self.places.text(phone.local);
        let expires = if registration.leaving { 0 } else { self.plan.expires.as_secs() };
        let mut extra =
            format!("Contact: <sip:{}@{via}>;expires={expires}\r\nUser-Agent: softphone\r\n", phone.user);
        registration.proved = false;
        if let Some(challenge) = &registration.challenge {
            registration.uses += 1;
            registration.proved = true;
            let value = challenge.credentials(&Use {
                user: &phone.user,
                password: &phone.password,
                method: "REGISTER",
                uri: &request_uri,
                count: registration.uses,
                cnonce: self.random.bits(),
            });
            extra.push_str("Authorization: ");
            extra.push_str(&value);
            extra.push_str("\r\n");
        }
        let aor = format!("<sip:{}@{}>", phone.user, self.plan.domain);
        let from = format!("{aor};tag=r{}", agent.0);
        let call_id = format!("register-{}-{:x}@{via}", agent.0, self.day.seed);
        out.send(phone.local, self.plan.engine, |w| {
            request(
                w,
                &Request {
                    method: "REGISTER",
                    uri: request_uri.as_bytes(),
                    via,
                    branch: format_args!("r{:x}.{}.{}", self.day.seed, agent.0, registration.cseq),
                    routes: b"",
                    from: from.as_bytes(),
                    to: aor.as_bytes(),
                    call_id: call_id.as_bytes(),
                    cseq: registration.cseq,
                    extra: &extra,
                    body: b"",
                },
            );
        });
        self.flights.land(registration.flight.take());
        registration.flight = self.flights.launch(now, Sent::Register(agent), Curve::Other, out);
    }

    pub(super) fn register_answered(
        &mut self,
        now: Timestamp,
        status: u16,
        message: &Scan<'_>,
        out: &mut Outbox,
    ) {
        let Some(&agent) = self.by_user.get(user(uri(message.from))) else { return };
        let registration = &mut self.agents[agent.index()].registration;
        if message.cseq != registration.cseq || registration.flight.is_none() || status < 200 {
            return;
        }
        self.flights.land(registration.flight.take());
        match status {
            200..300 => {
                let granted = parameter(message.contact, "expires").and_then(number).or(message.expires);
                let granted =
                    granted.map_or(self.plan.expires, |seconds| Duration::from_secs(seconds.into()));
                let was = std::mem::replace(&mut registration.bound, !registration.leaving);
                if registration.leaving {
                    return;
                }
                // Refresh with time to spare for a lost message or two.
                registration.timer =
                    Some(self.deeds.schedule(now + granted * 4 / 5, (agent, Deed::Register)));
                self.agents[agent.index()].stats.registrations += 1;
                if !was {
                    out.sight(Sighting::Registered { agent, at: now });
                }
            }
            401 | 407 => {
                let offered = Challenge::choose(message.challenges.as_slice(), self.plan.algorithm);
                let fresh = offered.is_some() && offered != registration.challenge;
                let stale = registration.proved && !fresh;
                let wrong = registration.proved && self.agents[agent.index()].registration.uses <= 1;
                let registration = &mut self.agents[agent.index()].registration;
                registration.challenge = offered;
                registration.uses = 0;
                // A new nonce after the first use of the old one means that the password was wrong.
                if stale || wrong || registration.challenge.is_none() {
                    registration.challenge = None;
                    self.register_failed(now, agent, status, out);
                } else {
                    self.register(now, agent, out);
                }
            }
            _ => self.register_failed(now, agent, status, out),
        }
    }

    pub(super) fn register_failed(&mut self, now: Timestamp, agent: AgentNo, status: u16, out: &mut Outbox) {
        let registration = &mut self.agents[agent.index()].registration;
        registration.bound = false;
        registration.flight = None;
        if registration.leaving {
            return;
        }
        registration.timer = Some(self.deeds.schedule(now + RETRY, (agent, Deed::Register)));
        out.sight(Sighting::RegisterFailed { agent, status });
    }
}
