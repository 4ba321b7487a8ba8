//! The one adapter to `rsip`: its structs out of our values, and low-rate requests written through them.
//!
//! ```text
//!   message::Uri ────────uri()──────────────────────▶ rsip::Uri       for whoever wants an owned struct
//!   compose::Request ─of()─▶ LowRate ──options(), register()──▶ rsip::Request ─▶ bytes ─▶ read back by `message`
//!     keep-alives of trunks and phones, REGISTER to carriers                               │ same      │ refused
//!                                                                                          ▼           ▼
//!                                                                                        sent     `compose` writes it
//! ```
//!
//! All else that we send belongs to calls; it is written by `compose`, without allocation.
//!
//! `rsip` 0.4 has not changed since 2022 and cannot read `tel:`, IPv6 literals, compact or folded headers, nor
//! Latin-1; it applies no Content-Length and breaks binary bodies when it prints them. Hence three rules. It
//! never sees a datagram first: what comes in here has passed [`message`](crate::message). No body passes through
//! its `Display`: these requests have none. And nothing that it wrote leaves unread: the wire layer must find in
//! the bytes exactly what was asked for, or the builder refuses and [`core`](crate::core) has the request written by `compose`.
//!
//! Never knows: datagrams, bodies, transactions.

use crate::compose;
use crate::leg::Transport;
use crate::message::{Host, Limits, Message, Method, Name, Scheme, Uri, transport_token, validate};
use rsip::headers::UntypedHeader as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A request outside a dialog that is sent every few seconds at most.
#[derive(Clone, Copy, Debug)]
pub struct LowRate<'a> {
    /// Request-URI.
    pub uri: &'a str,
    /// Transport of the Via.
    pub transport: Transport,
    /// Our address in the Via.
    pub sent_by: SocketAddr,
    /// Branch, cookie included.
    pub branch: &'a str,
    /// Value of From, tag included.
    pub from: &'a str,
    /// Value of To.
    pub to: &'a str,
    /// Call-ID.
    pub call_id: &'a str,
    /// Number of CSeq.
    pub seq: u32,
    /// Value of User-Agent.
    pub product: &'a str,
}

impl<'a> LowRate<'a> {
    /// The same request as our own composer takes it; `None` when a text is not UTF-8, which `rsip` cannot hold.
    /// Its further lines are left behind: the builder of the method writes its own.
    pub(crate) fn of(
        request: &compose::Request<'a>,
        transport: Transport,
        sent_by: SocketAddr,
        branch: &'a [u8],
        product: &'a str,
    ) -> Option<Self> {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        Some(Self {
            uri: text(request.uri)?,
            transport,
            sent_by,
            branch: text(branch)?,
            from: text(request.from)?,
            to: text(request.to)?,
            call_id: text(request.call_id)?,
            seq: request.seq,
            product,
        })
    }
}

/// Why a request is not written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A text holds a control character, which could break out of its header.
    ControlCharacter,
    /// `rsip` has no form for this Request-URI (`tel:` and other schemes).
    Scheme,
    /// What `rsip` wrote does not read as what was asked for.
    Misread,
}

/// OPTIONS: are you there, and what can you do (RFC 3261 11)?
///
/// # Errors
/// When a text cannot stand in a header or `rsip` cannot write it.
pub fn options(request: &LowRate<'_>) -> Result<Vec<u8>, Refused> {
    let accept = rsip::headers::Accept::new("application/sdp").into();
    let allow = rsip::headers::Allow::new(compose::METHODS).into();
    write(request, rsip::Method::Options, Method::Options, vec![accept, allow])
}

/// REGISTER: reach me at `contact` for so long (RFC 3261 10.2); zero takes the binding back.
///
/// # Errors
/// As [`options`].
pub fn register(request: &LowRate<'_>, contact: &str, expires: Duration) -> Result<Vec<u8>, Refused> {
    check(contact)?;
    let contact_header = rsip::headers::Contact::new(contact).into();
    let expires = expires.as_secs();
    let expires_header = rsip::headers::Expires::new(expires.to_string()).into();
    let extra = vec![contact_header, expires_header];
    let bytes = write(request, rsip::Method::Register, Method::Register, extra)?;
    let message = read(&bytes)?;
    let same = message.header(Name::Contact) == Some(contact.as_bytes())
        && message.expires().is_some_and(|read| u64::from(read) == expires);
    if same { Ok(bytes) } else { Err(Refused::Misread) }
}

/// A `sip` or `sips` URI as an `rsip` struct; `None` for other schemes, for bytes that are not UTF-8, and for
/// URIs with headers, which `rsip` cannot hold.
#[must_use]
pub fn uri(uri: &Uri<'_>) -> Option<rsip::Uri> {
    let scheme = match uri.scheme {
        Scheme::Sip => rsip::Scheme::Sip,
        Scheme::Sips => rsip::Scheme::Sips,
        Scheme::Tel | Scheme::Other => return None,
    };
    if !uri.headers.is_empty() {
        return None;
    }
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let user = text(uri.user)?;
    let params = uri.params.iter().map(|(name, value)| {
        // Its typed parameters check their values and print some of them otherwise; as `Other` all stay as they came.
        let value = value.map(|value| Some(text(value)?.into())).unwrap_or_default();
        Some(rsip::Param::Other(text(name)?.into(), value))
    });
    Some(rsip::Uri {
        scheme: Some(scheme),
        auth: (!user.is_empty()).then(|| rsip::Auth { user: user.into(), password: None }),
        host_with_port: rsip::HostWithPort { host: host(uri.host)?, port: uri.port.map(rsip::Port::from) },
        params: params.collect::<Option<_>>()?,
        headers: Vec::new(),
    })
}

/// An IPv6 address becomes a "domain" with its brackets, because `rsip` prints its own without them.
fn host(host: Host<'_>) -> Option<rsip::Host> {
    Some(match host.address() {
        Some(IpAddr::V6(address)) => rsip::Host::Domain(format!("[{address}]").into()),
        Some(address) => rsip::Host::IpAddr(address),
        None => rsip::Host::Domain(std::str::from_utf8(host.0).ok()?.into()),
    })
}

fn write(
    request: &LowRate<'_>,
    method: rsip::Method,
    wanted: Method<'_>,
    extra: Vec<rsip::Header>,
) -> Result<Vec<u8>, Refused> {
    let LowRate { uri: target, transport, sent_by, branch, from, to, call_id, seq, product } = *request;
    for text in [target, branch, from, to, call_id, product] {
        check(text)?;
    }
    let parsed = Uri::parse(target.as_bytes()).ok_or(Refused::Misread)?;
    let uri = uri(&parsed).ok_or(Refused::Scheme)?;
    // A socket address prints an IPv6 host in brackets, as a Via wants it; rport as in all our requests (RFC 3581).
    let via = format!("SIP/2.0/{} {sent_by};rport;branch={branch}", transport_token(transport));
    let mut headers = vec![
        rsip::headers::Via::new(via).into(),
        rsip::headers::MaxForwards::new("70").into(),
        rsip::headers::From::new(from).into(),
        rsip::headers::To::new(to).into(),
        rsip::headers::CallId::new(call_id).into(),
        rsip::headers::CSeq::new(format!("{seq} {method}")).into(),
        rsip::headers::UserAgent::new(product).into(),
    ];
    headers.extend(extra);
    headers.push(rsip::headers::ContentLength::new("0").into());
    let built =
        rsip::Request { method, uri, version: rsip::Version::V2, headers: headers.into(), body: Vec::new() };
    let bytes = built.to_string().into_bytes();
    let message = read(&bytes)?;
    let same = message.method() == Some(wanted)
        && message.request_uri() == Some(target.as_bytes())
        && message.via().and_then(|via| via.branch()) == Some(branch.as_bytes())
        && message.header(Name::From) == Some(from.as_bytes())
        && message.header(Name::To) == Some(to.as_bytes())
        && message.call_id() == Some(call_id.as_bytes())
        && message.cseq().is_some_and(|cseq| cseq.number == seq && cseq.method == wanted)
        && message.body().is_empty();
    if same { Ok(bytes) } else { Err(Refused::Misread) }
}

/// What the wire layer makes of it.
fn read(bytes: &[u8]) -> Result<Message<'_>, Refused> {
    let message = Message::parse(bytes, &Limits::DATAGRAM).map_err(|_| Refused::Misread)?;
    validate(&message).map_err(|_| Refused::Misread)?;
    Ok(message)
}

/// No control characters: `rsip` prints texts as they are, line ends included.
fn check(text: &str) -> Result<(), Refused> {
    if text.bytes().any(|byte| byte.is_ascii_control()) { Err(Refused::ControlCharacter) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping<'a>(uri: &'a str, sent_by: &str) -> LowRate<'a> {
        LowRate {
            uri,
            transport: Transport::Udp,
            sent_by: sent_by.parse().unwrap(),
            branch: "z9hG4bKk1",
            from: "<sip:12345@city.example>;tag=us",
            to: "<sip:carrier.example>",
            call_id: "ping-1",
            seq: 7,
            product: "Sujie",
        }
    }

    #[test]
    fn a_carrier_is_asked_for_a_sign_of_life() {
        let bytes = options(&ping("sip:carrier.example;transport=udp", "192.0.2.1:5060")).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("OPTIONS sip:carrier.example;transport=udp SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKk1\r\n"), "{text}");
        assert!(
            text.contains("CSeq: 7 OPTIONS\r\n") && text.ends_with("Content-Length: 0\r\n\r\n"),
            "{text}"
        );
    }

    #[test]
    fn a_carrier_that_speaks_ipv6_is_asked_too() {
        let bytes = options(&ping("sip:[2001:db8::9]:5070", "[2001:db8::1]:5060")).unwrap();
        let message = read(&bytes).unwrap();
        assert_eq!(message.request_uri(), Some(b"sip:[2001:db8::9]:5070".as_slice()));
        let via = message.via().unwrap();
        assert_eq!((via.host.address(), via.port), (Some("2001:db8::1".parse().unwrap()), Some(5060)));
    }

    #[test]
    fn a_binding_is_asked_for_and_taken_back() {
        for seconds in [300, 0] {
            let contact = "<sip:12345@192.0.2.1:5060>";
            let request = ping("sip:carrier.example", "192.0.2.1:5060");
            let bytes = register(&request, contact, Duration::from_secs(seconds)).unwrap();
            let message = read(&bytes).unwrap();
            assert_eq!(message.method(), Some(Method::Register));
            assert_eq!(message.expires(), Some(seconds as u32));
            assert_eq!(message.header(Name::Contact), Some(contact.as_bytes()));
        }
    }

    #[test]
    fn a_peer_cannot_tell_which_of_the_two_wrote() {
        for (transport, sent_by) in [
            (Transport::Udp, "192.0.2.1:5060"),
            (Transport::Tls, "[2001:db8::1]:5061"),
            (Transport::Wss, "192.0.2.1:443"),
        ] {
            let (branch, contact, sent_by) =
                ("z9hG4bKk1", "<sip:12345@192.0.2.1:5060>", sent_by.parse().unwrap());
            let keep_alive = [b"Accept: application/sdp\r\n", compose::ALLOW].concat();
            let binding = format!("Contact: {contact}\r\nExpires: 300\r\n");
            for (method, extra) in
                [(Method::Options, &keep_alive[..]), (Method::Register, binding.as_bytes())]
            {
                let request = compose::Request {
                    method,
                    uri: b"sip:carrier.example:5070",
                    routes: b"",
                    from: b"<sip:12345@city.example>;tag=us",
                    to: b"<sip:carrier.example>",
                    call_id: b"ping-1",
                    seq: 7,
                    extra,
                    body: None,
                };
                let mut ours = Vec::new();
                compose::request(&mut ours, &request, transport, sent_by, branch.as_bytes(), "Sujie");
                let low = LowRate::of(&request, transport, sent_by, branch.as_bytes(), "Sujie").unwrap();
                let theirs = match method {
                    Method::Options => options(&low),
                    _ => register(&low, contact, Duration::from_secs(300)),
                };
                assert_eq!(String::from_utf8(theirs.unwrap()).unwrap(), String::from_utf8(ours).unwrap(),);
            }
        }
        let latin = compose::Request {
            method: Method::Options,
            uri: b"sip:J\xF6rg@phone.example",
            routes: b"",
            from: b"<sip:a@b>;tag=1",
            to: b"<sip:c@d>",
            call_id: b"1",
            seq: 1,
            extra: b"",
            body: None,
        };
        let sent_by = "192.0.2.1:5060".parse().unwrap();
        assert!(LowRate::of(&latin, Transport::Udp, sent_by, b"z9hG4bK1", "Sujie").is_none());
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let here = "192.0.2.1:5060";
        assert_eq!(options(&ping("tel:+8652712345", here)), Err(Refused::Scheme));
        assert_eq!(options(&ping("nonsense", here)), Err(Refused::Misread));
        let split = LowRate { to: "<sip:a@b>\r\nX: y", ..ping("sip:a", here) };
        assert_eq!(options(&split), Err(Refused::ControlCharacter));
        let request = ping("sip:a", here);
        assert_eq!(register(&request, "<sip:a>\n", Duration::ZERO), Err(Refused::ControlCharacter));
        let unbalanced = LowRate { from: "\"a <sip:a@b>;tag=1", ..request };
        assert_eq!(options(&unbalanced), Err(Refused::Misread));
    }

    #[test]
    fn uris_pass_over_and_print_the_same() {
        for text in [
            "sip:12345@city.example",
            "sips:carrier.example:5061;transport=tcp;lr",
            "sip:+8652712345@[2001:db8::1]:5070;user=phone",
            "sip:192.0.2.1",
        ] {
            let ours = Uri::parse(text.as_bytes()).unwrap();
            assert_eq!(uri(&ours).map(|uri| uri.to_string()), Some(text.to_owned()));
        }
        for text in ["tel:+8613851234567", "urn:service:sos", "sip:a@b?Subject=x"] {
            assert_eq!(uri(&Uri::parse(text.as_bytes()).unwrap()), None, "{text}");
        }
    }
}
