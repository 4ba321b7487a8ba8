//! RFC 3263: from a host name to addresses, best first. Answers go back to the engine as an input.
//!
//! ```text
//! port given ────────────────▶ A, AAAA
//! none: NAPTR ─▶ SRV ─▶ A, AAAA;  no NAPTR: SRV of UDP and TCP;  no SRV: A, AAAA on 5060
//! ```

use super::doorbell::Doorbell;
use base::Ring;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use sip::endpoint::Lookup;
use sip::leg::Transport;
use std::net::SocketAddr;

/// Addresses handed on for one name.
const FOUND_MAX: usize = 16;

/// What was found.
#[derive(Debug)]
pub struct Answer {
    /// Of the question.
    pub id: u64,
    /// Best first; empty when nothing was found.
    pub found: Vec<(Transport, SocketAddr)>,
}

/// Where answers go.
#[derive(Clone)]
pub struct Answers {
    /// The ring.
    pub ring: Ring<Answer>,
    /// The engine's bell.
    pub engine: Doorbell,
}

impl Answers {
    /// Hands an answer to the engine.
    pub fn give(&self, id: u64, found: Vec<(Transport, SocketAddr)>) {
        if self.ring.push(Answer { id, found }).is_err() {
            tracing::warn!("a name's answer was dropped: the engine is behind");
        }
        self.engine.ring();
    }
}

/// Answers one question.
pub async fn look_up(resolver: &TokioResolver, lookup: Lookup, answers: &Answers) {
    let found = find(resolver, &lookup).await;
    if found.is_empty() {
        tracing::warn!(host = %lookup.host, "no address found; is the name right, and is DNS reachable?");
    }
    answers.give(lookup.id, found);
}

async fn find(resolver: &TokioResolver, lookup: &Lookup) -> Vec<(Transport, SocketAddr)> {
    let mut found = Vec::new();
    if let Some(port) = lookup.port {
        let transport = lookup.transport.unwrap_or(Transport::Udp);
        addresses(resolver, &lookup.host, port, transport, &mut found).await;
        return found;
    }
    for (transport, name) in services(resolver, lookup).await {
        for (host, port) in targets(resolver, &name).await {
            addresses(resolver, &host, port, transport, &mut found).await;
        }
    }
    if found.is_empty() {
        let transport = lookup.transport.unwrap_or(Transport::Udp);
        let port = if transport == Transport::Tls { 5061 } else { 5060 };
        addresses(resolver, &lookup.host, port, transport, &mut found).await;
    }
    found
}

/// SRV names to ask, in order: what NAPTR says, else the usual ones (RFC 3263 4.1).
async fn services(resolver: &TokioResolver, lookup: &Lookup) -> Vec<(Transport, String)> {
    let wanted = |transport| lookup.transport.is_none_or(|only| only == transport);
    let mut named = Vec::new();
    if let Ok(answer) = resolver.lookup(lookup.host.clone(), RecordType::NAPTR).await {
        for record in answer.answers() {
            let RData::NAPTR(naptr) = &record.data else { continue };
            let transport = match naptr.services.to_ascii_uppercase().as_slice() {
                b"SIP+D2U" => Transport::Udp,
                b"SIP+D2T" => Transport::Tcp,
                b"SIPS+D2T" => Transport::Tls,
                _ => continue,
            };
            if wanted(transport) {
                named.push((naptr.order, naptr.preference, transport, naptr.replacement.to_utf8()));
            }
        }
        named.sort_by_key(|entry| (entry.0, entry.1));
    }
    if !named.is_empty() {
        return named.into_iter().map(|(_, _, transport, name)| (transport, name)).collect();
    }
    [(Transport::Udp, "_sip._udp"), (Transport::Tcp, "_sip._tcp")]
        .into_iter()
        .filter(|(transport, _)| wanted(*transport))
        .map(|(transport, service)| (transport, format!("{service}.{}.", lookup.host.trim_end_matches('.'))))
        .collect()
}

/// Hosts and ports of a service, by priority and then weight (RFC 2782; heavier first, without the draw).
async fn targets(resolver: &TokioResolver, name: &str) -> Vec<(String, u16)> {
    let Ok(answer) = resolver.srv_lookup(name.to_owned()).await else { return Vec::new() };
    let mut entries: Vec<_> = answer
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => Some((srv.priority, u16::MAX - srv.weight, srv.target.to_utf8(), srv.port)),
            _ => None,
        })
        .collect();
    entries.sort();
    entries.into_iter().map(|(_, _, host, port)| (host, port)).collect()
}

async fn addresses(
    resolver: &TokioResolver,
    host: &str,
    port: u16,
    transport: Transport,
    found: &mut Vec<(Transport, SocketAddr)>,
) {
    if let Ok(answer) = resolver.lookup_ip(host.to_owned()).await {
        found.extend(answer.iter().map(|ip| (transport, SocketAddr::new(ip, port))));
        found.truncate(FOUND_MAX);
    }
}
