//! SIP: messages by method and status, what was refused or dropped and why, and how much there is now.

use super::Register;
use metrics::{Counter, Gauge};
use sip::counters::{Counters, METHODS};
use std::collections::BTreeMap;

/// Handles of series whose labels are known when they first occur.
#[derive(Default)]
pub(super) struct Handles {
    requests: BTreeMap<(usize, &'static str), Counter>,
    responses: BTreeMap<(u8, u16, &'static str), Counter>,
    refused: BTreeMap<&'static str, Counter>,
    fixed: Option<Fixed>,
}

struct Fixed {
    retransmissions: [Counter; 2],
    malformed: Counter,
    stray: Counter,
    failures: Counter,
    bans: Counter,
    legs_opened: Counter,
    legs: Gauge,
    transactions: Gauge,
    contacts: Gauge,
    banned: Gauge,
    held: Gauge,
}

impl Handles {
    pub(super) fn publish(&mut self, sip: &Counters, to: &Register<'_>) {
        for (direction, requests) in [("in", &sip.requests_in), ("out", &sip.requests_out)] {
            for (method, count) in requests.iter().enumerate() {
                let handle = self.requests.entry((method, direction)).or_insert_with(|| {
                    let labels = [("method", METHODS[method]), ("direction", direction)];
                    to.counter(
                        "sujie_sip_requests_total",
                        "SIP requests heard and sent, without repetitions.",
                        &labels,
                    )
                });
                handle.absolute(*count);
            }
        }
        for (direction, responses) in [("in", &sip.responses_in), ("out", &sip.responses_out)] {
            for ((method, status), count) in responses {
                let handle = self.responses.entry((*method, *status, direction)).or_insert_with(|| {
                    let name = METHODS.get(usize::from(*method)).copied().unwrap_or("other");
                    let status = status.to_string();
                    let labels = [("method", name), ("status", status.as_str()), ("direction", direction)];
                    to.counter(
                        "sujie_sip_responses_total",
                        "SIP responses heard and sent, without repetitions.",
                        &labels,
                    )
                });
                handle.absolute(*count);
            }
        }
        for (reason, count) in &sip.refused {
            let handle = self.refused.entry(reason).or_insert_with(|| {
                let help = "SIP requests refused or dropped before any state existed, by reason.";
                to.counter("sujie_sip_refused_total", help, &[("reason", reason)])
            });
            handle.absolute(*count);
        }
        self.fixed.get_or_insert_with(|| Fixed::new(to)).set(sip);
    }
}

impl Fixed {
    fn new(to: &Register<'_>) -> Self {
        let counter = |name, help| to.counter(name, help, &[]);
        let gauge = |name, help| to.gauge(name, help, &[]);
        let again = |direction| {
            let help = "SIP messages heard and sent again.";
            to.counter("sujie_sip_retransmissions_total", help, &[("direction", direction)])
        };
        Self {
            retransmissions: ["in", "out"].map(again),
            malformed: counter("sujie_sip_malformed_total", "SIP messages that could not be read."),
            stray: counter("sujie_sip_stray_total", "SIP responses and ACKs that belong to nothing."),
            failures: counter("sujie_sip_authentication_failures_total", "Wrong passwords shown to us."),
            bans: counter("sujie_sip_bans_total", "Sources that were banned for a time."),
            legs_opened: counter("sujie_sip_legs_opened_total", "Legs opened."),
            legs: gauge("sujie_sip_legs", "Legs now."),
            transactions: gauge("sujie_sip_transactions", "SIP transactions now."),
            contacts: gauge("sujie_sip_contacts_bound", "Registered contacts now."),
            banned: gauge("sujie_sip_sources_banned", "Sources that are dropped silently now."),
            held: gauge("sujie_sip_answers_held", "Answers held back now because of wrong passwords."),
        }
    }

    fn set(&self, sip: &Counters) {
        self.retransmissions[0].absolute(sip.retransmissions_in);
        self.retransmissions[1].absolute(sip.retransmissions_out);
        self.malformed.absolute(sip.malformed);
        self.stray.absolute(sip.stray);
        self.failures.absolute(sip.authentication_failures);
        self.bans.absolute(sip.banned);
        self.legs_opened.absolute(sip.legs_opened);
        self.legs.set(sip.legs as f64);
        self.transactions.set(sip.transactions as f64);
        self.contacts.set(sip.bound_contacts as f64);
        self.banned.set(sip.bans as f64);
        self.held.set(sip.held as f64);
    }
}
