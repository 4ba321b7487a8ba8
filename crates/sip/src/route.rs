//! Ways: where answers go, where requests inside a dialog go, and which lines an answer repeats.
//!
//! ```text
//!   request ──Via, source──▶ back(…)      path of the answer   (RFC 3261 18.2.2, RFC 3581)
//!           ──Via…CSeq─────▶ head(…)      lines of the answer  (RFC 3261 8.2.6.2)
//!           ──branch───────▶ key(…)       its transaction      (RFC 3261 17.2.3)
//!   INVITE, 2xx ───────────▶ Dialog       route set, target, next hop (RFC 3261 12.1)
//! ```

use crate::compose::{put, put_host, put_number};
use crate::core::Core;
use crate::dialog::{Dialog, Texts};
use crate::endpoint::{Out, Path};
use crate::leg::Transport;
use crate::message::{Message, Name, Uri, Via};
use crate::received::Received;
use crate::resolve::{Found, Name as HostName, default_port};
use base::Timestamp;
use std::hash::Hasher as _;
use std::net::{IpAddr, SocketAddr};

/// Where the answer to a request goes. `maddr` is not followed: it would let a datagram aim our answers.
pub(crate) fn back(via: &Via<'_>, path: &Path) -> Path {
    let mut back = *path;
    if path.transport == Transport::Udp && !via.wants_rport() {
        back.peer.set_port(via.port.unwrap_or(5060));
    }
    back
}

/// The lines that every answer to a request repeats. `tag` is added to a To that has none.
pub(crate) fn head(
    request: &Message<'_>,
    via: &Via<'_>,
    path: &Path,
    tag: &[u8],
    routes: bool,
    to: &mut Vec<u8>,
) {
    let mut first = true;
    for line in request.headers(Name::Via) {
        put(to, &[b"Via: "]);
        if first {
            put_via(via, line, path, to);
            first = false;
        } else {
            put(to, &[line]);
        }
        put(to, &[b"\r\n"]);
    }
    if routes {
        for line in request.headers(Name::RecordRoute) {
            put(to, &[b"Record-Route: ", line, b"\r\n"]);
        }
    }
    let value = |name| request.header(name).unwrap_or_default();
    put(to, &[b"From: ", value(Name::From), b"\r\nTo: ", value(Name::To)]);
    if request.to_tag().is_none() && !tag.is_empty() {
        put(to, &[b";tag=", tag]);
    }
    put(to, &[b"\r\nCall-ID: ", value(Name::CallId), b"\r\nCSeq: ", value(Name::CSeq), b"\r\n"]);
}

/// The topmost Via with what we saw (RFC 3261 18.2.1, RFC 3581 4).
fn put_via(via: &Via<'_>, line: &[u8], path: &Path, to: &mut Vec<u8>) {
    let top = crate::message::Commas::of(line).next().unwrap_or(line);
    let rest = &line[(top.as_ptr() as usize - line.as_ptr() as usize + top.len()).min(line.len())..];
    if via.wants_rport() && via.rport().is_none() {
        // `rport` stands without a value: the port goes behind it.
        let mark = b";rport";
        let at = top
            .windows(mark.len())
            .position(|word| word.eq_ignore_ascii_case(mark))
            .map_or(top.len(), |at| at + mark.len());
        put(to, &[&top[..at]]);
        let plain = top.get(at).is_none_or(|&byte| byte != b'=');
        if plain && at < top.len() || top.ends_with(mark) {
            put(to, &[b"="]);
            put_number(to, u64::from(path.peer.port()));
        }
        put(to, &[&top[at..]]);
    } else {
        put(to, &[top]);
    }
    if (via.wants_rport() || via.host.address() != Some(path.peer.ip())) && via.received().is_none() {
        put(to, &[b";received="]);
        match path.peer.ip() {
            // RFC 3261 25.1: `received` takes a bare IPv6 address.
            IpAddr::V6(six) => put(to, &[six.to_string().as_bytes()]),
            four @ IpAddr::V4(_) => put_host(to, four),
        }
    }
    put(to, &[rest]);
}

impl Core {
    /// The key of a request's server transaction. An ACK and a CANCEL share that of their INVITE.
    pub(crate) fn key_of(&self, request: &Received<'_>, invite: bool) -> u128 {
        let mut halves = [self.key[0], self.key[1]].map(|key| {
            let mut hasher = std::hash::DefaultHasher::new();
            hasher.write_u64(key);
            hasher
        });
        let via = request.via();
        let method: &[u8] = if invite { b"INVITE" } else { request.method().as_bytes() };
        for hasher in &mut halves {
            let mut put = |text: &[u8]| {
                hasher.write(text);
                hasher.write_u8(0xff);
            };
            put(method);
            put(via.host.0);
            put(&via.port.unwrap_or(0).to_be_bytes());
            put(request.branch());
            if !request.has_cookie() {
                // RFC 3261 17.2.3 for RFC 2543 peers; the To tag is left out, since an ACK has one.
                put(request.call_id());
                put(request.tag_of_from());
                put(&request.seq().to_be_bytes());
            }
        }
        u128::from(halves[0].finish()) << 64 | u128::from(halves[1].finish())
    }

    /// Call-ID, From tag and CSeq of an initial INVITE (RFC 3261 8.2.2.2).
    pub(crate) fn merge_key(&self, request: &Received<'_>) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u64(self.key[1]);
        for text in [request.call_id(), request.tag_of_from()] {
            hasher.write(text);
            hasher.write_u8(0xff);
        }
        hasher.write_u32(request.seq());
        hasher.finish()
    }

    /// The dialog that our answer to this INVITE begins (RFC 3261 12.1.1).
    pub(crate) fn dialog_of_request(
        &mut self,
        now: Timestamp,
        request: &Received<'_>,
        tag: &[u8],
        path: &Path,
        nated: bool,
        out: &mut Out,
    ) -> Dialog {
        let mut local = Vec::with_capacity(request.to().len() + tag.len() + 5);
        put(&mut local, &[request.to(), b";tag=", tag]);
        let texts = Texts {
            call_id: request.call_id(),
            local: &local,
            remote: request.from(),
            remote_tag: request.tag_of_from(),
            target: request.contact_uri().unwrap_or_default(),
        };
        let mut dialog = Dialog::new(&texts, request.message.values(Name::RecordRoute), *path);
        dialog.remote_seq = Some(request.seq());
        dialog.pinned = nated || path.transport != Transport::Udp && dialog.routes().is_empty();
        self.follow(now, &mut dialog, out);
        dialog
    }

    /// The dialog that this response to our INVITE began (RFC 3261 12.1.2).
    pub(crate) fn dialog_of_response(
        &mut self,
        now: Timestamp,
        response: &Received<'_>,
        path: &Path,
        nated: bool,
        out: &mut Out,
    ) -> Dialog {
        let mut routes: Vec<&[u8]> = response.message.values(Name::RecordRoute).collect();
        routes.reverse();
        let texts = Texts {
            call_id: response.call_id(),
            local: response.from(),
            remote: response.to(),
            remote_tag: response.tag_of_to(),
            // A 2xx without Contact breaks RFC 3261 12.1.1; its To is the best guess.
            target: response
                .contact_uri()
                .or_else(|| response.message.to().map(|to| to.uri))
                .unwrap_or_default(),
        };
        let mut dialog = Dialog::new(&texts, routes.into_iter(), *path);
        dialog.ours = true;
        dialog.pinned = nated || path.transport != Transport::Udp && dialog.routes().is_empty();
        self.follow(now, &mut dialog, out);
        dialog
    }

    /// Works out where requests of a dialog go. A name that is not known yet is asked for, and meanwhile the
    /// peer's own address serves.
    pub(crate) fn follow(&mut self, now: Timestamp, dialog: &mut Dialog, out: &mut Out) {
        if dialog.pinned {
            return;
        }
        if let Some(path) = self.way_to(now, dialog.next_hop(), &dialog.path, out) {
            dialog.path = path;
        }
    }

    /// Where requests to a URI go, if that is known; `base` is a path in the same direction.
    pub(crate) fn way_to(&mut self, now: Timestamp, uri: &[u8], base: &Path, out: &mut Out) -> Option<Path> {
        let uri = Uri::parse(uri)?;
        let transport = match uri.params.value("transport") {
            Some(name) if name.eq_ignore_ascii_case(b"udp") => Transport::Udp,
            Some(name) if name.eq_ignore_ascii_case(b"tcp") => Transport::Tcp,
            Some(name) if name.eq_ignore_ascii_case(b"tls") => Transport::Tls,
            Some(name) if name.eq_ignore_ascii_case(b"ws") => base.transport,
            Some(_) => return None,
            None => base.transport,
        };
        let found = match uri.host.address() {
            Some(host) => (transport, SocketAddr::new(host, uri.port.unwrap_or(default_port(transport)))),
            None => {
                let host = std::str::from_utf8(uri.host.0).ok()?.into();
                let name = HostName { host, port: uri.port, transport: Some(transport) };
                match self.resolver.find(now, &name, out) {
                    Found::Now(found) => *found.first()?,
                    Found::Later(_) | Found::Nothing => return None,
                }
            }
        };
        if (found.0, found.1) == (base.transport, base.peer) {
            return Some(*base);
        }
        let mut path = self.path_to(found.0, found.1);
        if found.0 == base.transport && base.local.is_ipv4() == found.1.is_ipv4() {
            path.local = base.local;
        }
        Some(path)
    }
}

/// Whether a phone sits behind a NAT: it names another address than the one it speaks from.
pub(crate) fn is_nated(request: &Message<'_>, path: &Path) -> bool {
    let source = path.peer.ip();
    let differs = |address: Option<IpAddr>| address.is_some_and(|address| address != source);
    let via = request.via().and_then(|via| via.host.address());
    let contact = contact_uri(request).and_then(Uri::parse).and_then(|uri| uri.host.address());
    // Behind a proxy (several Vias) the first Via is the proxy's, and the contact is found through it.
    let direct = request.values(Name::Via).nth(1).is_none();
    differs(via) || direct && request.header(Name::RecordRoute).is_none() && differs(contact)
}

/// Whether a carrier's contact can only be a slip of its inside: a private address seen from a public one.
pub(crate) fn is_inside(request: &Message<'_>, path: &Path) -> bool {
    let private = |address: IpAddr| match address {
        IpAddr::V4(four) => four.is_private() || four.is_loopback(),
        IpAddr::V6(six) => six.is_unique_local() || six.is_loopback(),
    };
    let contact = contact_uri(request).and_then(Uri::parse).and_then(|uri| uri.host.address());
    contact.is_some_and(private) && !private(path.peer.ip())
}

fn contact_uri<'a>(request: &Message<'a>) -> Option<&'a [u8]> {
    request.contacts().next().flatten().map(|contact| contact.uri)
}
