//! What goes over the wire: SIP's addresses, trunks and limits, audio's ports and codecs.

use crate::config::mistake::Findings;
use crate::config::raw::{Credentials, File, Numbers, Trunk};
use crate::config::value::show_span;
use call::plan::AudioPlan;
use media::session::Codec;
use sip::leg::Transport;
use sip::plan::{Account, Limits, NumberRules, Plan, Secret, Timers, TrunkPlan};
use std::net::IpAddr;
use std::time::Duration;
use toml::Spanned;

/// Ports that a call takes: two legs, RTP and RTCP each.
const PORTS_A_CALL: usize = 4;
/// Trunks are metric labels and are looked through for each stranger.
const TRUNKS_MAX: usize = 64;

pub(super) fn sip(raw: &File, accounts: Vec<Account>, findings: &Findings) -> Plan {
    check_addresses(raw, findings);
    check_digests(raw, findings);
    check_limits(raw, findings);
    check_timers(raw, findings);
    if let Some(beyond) = raw.trunks.get(TRUNKS_MAX) {
        let what = format!("there are {} trunks", raw.trunks.len());
        findings.wrong(beyond.key.span(), what, format!("one centre has at most {TRUNKS_MAX}"));
    }
    let (sip, limits, timers) = (&raw.sip, &raw.sip.limits, &raw.sip.timers);
    Plan {
        listen: sip.listen.iter().map(|listen| (listen.get_ref().0, listen.get_ref().1)).collect(),
        advertised: sip.advertised.as_ref().map(|address| *address.get_ref()),
        realm: sip.realm.get_ref().clone(),
        digests: sip.digest.iter().map(|digest| *digest.get_ref()).collect(),
        trunks: raw
            .trunks
            .iter()
            .enumerate()
            .map(|(at, trunk)| self::trunk(at, trunk, raw, findings))
            .collect(),
        accounts,
        limits: Limits {
            legs: *limits.legs.get_ref(),
            transactions: *limits.transactions.get_ref(),
            invites_per_second: *limits.invites_per_second.get_ref(),
            strangers_per_second: *limits.strangers_per_second.get_ref(),
            contacts: *limits.contacts.get_ref(),
            failures: *limits.failures.get_ref(),
            ban: *limits.ban.get_ref(),
            retry_after: *limits.retry_after.get_ref(),
        },
        timers: Timers {
            t1: *timers.t1.get_ref(),
            t2: *timers.t2.get_ref(),
            t4: *timers.t4.get_ref(),
            session_expires: *timers.session_expires.get_ref(),
            min_se: *timers.min_se.get_ref(),
            register_min: *timers.register_min.get_ref(),
            register_max: *timers.register_max.get_ref(),
            nat_keep_alive: *timers.nat_keep_alive.get_ref(),
            nonce: *timers.nonce.get_ref(),
        },
        // Another platform's calls bring what is known of their cases.
        carries: match raw.liaisons.is_empty() {
            true => Vec::new(),
            false => call::case::HEADERS.map(Into::into).into(),
        },
        product: sip.product.get_ref().clone(),
    }
}

fn check_digests(raw: &File, findings: &Findings) {
    let digests = &raw.sip.digest;
    if digests.is_empty() {
        findings
            .wrong_file("phones are asked for no digest", "write digest = [\"sha256\", \"md5\"] in [sip]");
    }
    for (at, digest) in digests.iter().enumerate() {
        if digests[..at].iter().any(|earlier| earlier.get_ref() == digest.get_ref()) {
            findings.wrong(
                digest.span(),
                "a digest is written twice",
                "write each once, the preferred one first",
            );
        }
    }
}

fn check_addresses(raw: &File, findings: &Findings) {
    let listen = &raw.sip.listen;
    if listen.is_empty() {
        findings.wrong_file("SIP listens nowhere", "write listen = [\"udp:0.0.0.0:5060\"] in [sip]");
    }
    for (at, here) in listen.iter().enumerate() {
        let (transport, address) = (here.get_ref().0, here.get_ref().1);
        // Port 0 lets the system choose, each time anew.
        if address.port() != 0 && listen[..at].iter().any(|earlier| earlier.get_ref() == here.get_ref()) {
            findings.wrong(here.span(), "SIP listens there twice", "write each address once");
        }
        let ports = &raw.audio.ports.get_ref().0;
        if transport == Transport::Udp && ports.contains(&address.port()) {
            findings.wrong(
                here.span(),
                format!(
                    "port {} is in the range of audio, {}-{}",
                    address.port(),
                    ports.start(),
                    ports.end()
                ),
                "move SIP or [audio] ports",
            );
        }
    }
    for (name, advertised) in [("sip", &raw.sip.advertised), ("audio", &raw.audio.advertised)] {
        if let Some(address) = advertised
            && (address.get_ref().is_unspecified() || address.get_ref().is_multicast())
        {
            findings.wrong(
                address.span(),
                format!("advertised of {name} is {}, which nobody can send to", address.get_ref()),
                "write the address by which carriers and phones reach this machine, or remove the key",
            );
        }
    }
    if raw.sip.realm.get_ref().is_empty() || raw.sip.realm.get_ref().contains(['"', '\\']) {
        findings.wrong(
            raw.sip.realm.span(),
            "realm is empty or has quotes in it",
            "write a domain, such as \"12345.example\"",
        );
    }
}

fn check_limits(raw: &File, findings: &Findings) {
    let (legs, calls) = (&raw.sip.limits.legs, raw.calls.max.get_ref());
    if *legs.get_ref() < calls * 2 {
        // Whichever was written is the one to look at.
        let place = if legs.span().is_empty() { raw.calls.max.span() } else { legs.span() };
        findings.wrong(
            place,
            format!("{} legs do not hold {calls} calls of two legs each", legs.get_ref()),
            format!(
                "set legs in [sip.limits] to {} or more, or max in [calls] to {}",
                calls * 2,
                legs.get_ref() / 2
            ),
        );
    }
}

fn check_timers(raw: &File, findings: &Findings) {
    let timers = &raw.sip.timers;
    let longer = |what: &str, long: &Spanned<Duration>, other: &str, short: &Spanned<Duration>| {
        if long.get_ref() < short.get_ref() {
            // Of a written value and a default it is the written one that is looked at: it stands below the header.
            let place = if long.span().start >= short.span().start { long.span() } else { short.span() };
            findings.wrong(
                place,
                format!(
                    "{what} of {} is shorter than {other} of {}",
                    show_span(*long.get_ref()),
                    show_span(*short.get_ref())
                ),
                format!("set {what} to {} or more, or {other} to less", show_span(*short.get_ref())),
            );
        }
    };
    longer("t2", &timers.t2, "t1", &timers.t1);
    longer("register_max", &timers.register_max, "register_min", &timers.register_min);
    if !timers.session_expires.get_ref().is_zero() {
        longer("session_expires", &timers.session_expires, "min_se", &timers.min_se);
    }
}

fn trunk(at: usize, trunk: &Trunk, raw: &File, findings: &Findings) -> TrunkPlan {
    let name = trunk.key.get_ref();
    if trunk.networks.is_empty() && trunk.inbound.is_none() {
        findings.wrong(
            trunk.key.span(),
            format!("nothing tells which calls come from trunk {name}"),
            "add networks = [\"192.0.2.0/24\"], or inbound = { user = \"…\", password = \"…\" }",
        );
    }
    for network in &trunk.networks {
        let (address, length) = (network.get_ref().0, network.get_ref().1);
        let same = raw.trunks[..at]
            .iter()
            .find(|other| other.networks.iter().any(|theirs| theirs.get_ref() == network.get_ref()));
        if let Some(other) = same {
            findings.wrong(
                network.span(),
                format!("{address}/{length} belongs to trunk {} already", other.key.get_ref()),
                "give each network to one trunk",
            );
        }
        if length == 0 && trunk.inbound.is_none() {
            findings.odd(
                network.span(),
                format!("trunk {name} takes calls from everybody"),
                "name the carrier's networks, or ask for a password with inbound",
            );
        }
    }
    if trunk.host.get_ref().contains(char::is_whitespace) || trunk.host.get_ref().contains("sip:") {
        findings.wrong(
            trunk.host.span(),
            format!("host of trunk {name} is {:?}", trunk.host.get_ref()),
            "write a name or an address alone, such as \"sbc.carrier.example\"",
        );
    } else if let Some((host, port)) = trunk.host.get_ref().rsplit_once(':')
        && trunk.host.get_ref().parse::<IpAddr>().is_err()
    {
        findings.wrong(
            trunk.host.span(),
            format!("host of trunk {name} has a port in it"),
            format!("write host = {host:?} and port = {port}"),
        );
    }
    TrunkPlan {
        name: name.clone(),
        networks: trunk.networks.iter().map(|network| (network.get_ref().0, network.get_ref().1)).collect(),
        host: trunk.host.get_ref().clone(),
        port: trunk.port.as_ref().map(|port| *port.get_ref()),
        transport: trunk.transport.as_ref().map(|transport| *transport.get_ref()),
        inbound_digest: trunk.inbound.as_ref().map(|shown| secret(shown, findings)),
        outbound_digest: trunk.outbound.as_ref().map(|shown| secret(shown, findings)),
        register_as: trunk.register_as.as_ref().map(|user| user.get_ref().clone()),
        register_expires: *trunk.register_expires.get_ref(),
        options_every: *trunk.options_every.get_ref(),
        numbers: numbers(&trunk.numbers, findings),
        trusted: *trunk.trusted.get_ref(),
    }
}

fn secret(shown: &Credentials, findings: &Findings) -> Secret {
    for (what, value) in [("user", &shown.user), ("password", &shown.password)] {
        // One that is missing altogether has been noted at the table itself.
        if value.get_ref().is_empty() && value.span() != shown.place {
            findings.wrong(value.span(), format!("{what} is empty"), "write the one agreed with the carrier");
        }
    }
    Secret { user: shown.user.get_ref().clone(), password: shown.password.get_ref().clone() }
}

fn numbers(written: &Numbers, findings: &Findings) -> NumberRules {
    let all = [
        ("country", &written.country),
        ("area", &written.area),
        ("national_prefix", &written.national_prefix),
        ("international_prefix", &written.international_prefix),
    ];
    let digits = |what: &str, value: &Spanned<String>| {
        if !value.get_ref().chars().all(|c| c.is_ascii_digit()) {
            findings.wrong(
                value.span(),
                format!("{what} is {:?}", value.get_ref()),
                "write digits only: the country code without +, the area code without its leading 0",
            );
        }
    };
    all.iter().for_each(|(what, value)| digits(what, value));
    written.short.iter().for_each(|value| digits("a short number", value));
    let (area, prefix) = (written.area.get_ref(), written.national_prefix.get_ref());
    if !area.is_empty() && !prefix.is_empty() && area.starts_with(prefix.as_str()) {
        findings.wrong(
            written.area.span(),
            format!("area {area} begins with the national prefix {prefix}"),
            format!("write it without: \"{}\"", area.trim_start_matches(prefix.as_str())),
        );
    }
    NumberRules {
        country: written.country.get_ref().clone(),
        area: area.clone(),
        national_prefix: prefix.clone(),
        international_prefix: written.international_prefix.get_ref().clone(),
        short: written.short.iter().map(|short| short.get_ref().clone()).collect(),
    }
}

pub(super) fn audio(raw: &File, findings: &Findings) -> AudioPlan {
    let audio = &raw.audio;
    let ports = audio.ports.get_ref().0.clone();
    check_ports(raw, findings);
    // What is recorded is A-law or µ-law. Where any group or studio records, G.722 is spoken nowhere, because a caller can come from
    // every group into that one; a hotline's trunk is G.711 anyway.
    let records = raw.records();
    let spoken = |codec: Codec| codec != Codec::G722 || !records;
    if let [only] = &audio.codecs[..]
        && !spoken(*only.get_ref())
    {
        findings.wrong(
            only.span(),
            "groups or studios record, and talks in G.722 cannot be recorded",
            "write codecs = [\"pcma\", \"pcmu\"]",
        );
    }
    if audio.codecs.is_empty() {
        findings.wrong_file("audio has no codec", "write codecs = [\"pcma\", \"pcmu\"] in [audio]");
    }
    for (at, codec) in audio.codecs.iter().enumerate() {
        if audio.codecs[..at].iter().any(|earlier| earlier.get_ref() == codec.get_ref()) {
            findings.wrong(
                codec.span(),
                "a codec is written twice",
                "write each once, the preferred one first",
            );
        }
    }
    if !audio.packet_time.get_ref().as_millis().is_multiple_of(10) {
        findings.wrong(audio.packet_time.span(), "packet_time is no multiple of 10ms", "write \"20ms\"");
    }
    let advertised = audio.advertised.as_ref().or(raw.sip.advertised.as_ref());
    AudioPlan {
        advertised: advertised.map(|address| *address.get_ref()),
        ports,
        port_rest: *audio.port_rest.get_ref(),
        codecs: audio.codecs.iter().map(|codec| *codec.get_ref()).filter(|codec| spoken(*codec)).collect(),
        packet_time: *audio.packet_time.get_ref(),
        silence_max: *audio.silence_max.get_ref(),
    }
}

/// RTP on even ports with RTCP on the odd one above (RFC 3550 11), enough of them for all calls.
fn check_ports(raw: &File, findings: &Findings) {
    let (place, ports) = (raw.audio.ports.span(), &raw.audio.ports.get_ref().0);
    let (first, last) = (*ports.start(), *ports.end());
    if first < 1_024 {
        findings.wrong(place.clone(), format!("ports begin at {first}"), "begin at 1024 or above");
    }
    if !first.is_multiple_of(2) || last.is_multiple_of(2) {
        let even = first - first % 2;
        findings.wrong(
            place.clone(),
            format!("ports {first}-{last} do not begin with an even port and end with an odd one"),
            format!("each RTP port is even and has its RTCP port above it: write \"{even}-{}\"", last | 1),
        );
    }
    let calls = *raw.calls.max.get_ref();
    let held = ports.len() / PORTS_A_CALL;
    if held < calls {
        let place = if place.is_empty() { raw.calls.max.span() } else { place };
        let wanted = usize::from(first) + calls * PORTS_A_CALL - 1;
        let range = if wanted <= usize::from(u16::MAX) {
            format!("widen the range to \"{first}-{wanted}\", or ")
        } else {
            String::new()
        };
        findings.wrong(
            place,
            format!("ports {first}-{last} hold {held} calls, but max in [calls] is {calls}"),
            format!("{range}set max in [calls] to {held} ({PORTS_A_CALL} ports a call)"),
        );
    }
}
