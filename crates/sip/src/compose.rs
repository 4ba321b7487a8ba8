//! Composing: requests and responses written straight into the out-buffer.
//!
//! ```text
//!   Request ──▶ request line, Via, Max-Forwards, Route, From, To, Call-ID, CSeq, extra lines, body
//!   Reply   ──▶ status line, head (kept from the request), extra lines, body
//! ```
//!
//! Nothing is checked here: every text either came through the message layer or was made by us.
//! Never knows: transactions, dialogs, who asked.

use crate::leg::Transport;
use crate::message::Method;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

/// A request to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method<'a>,
    /// Request-URI.
    pub(crate) uri: &'a [u8],
    /// Route value; empty for none.
    pub(crate) routes: &'a [u8],
    /// From value with our tag.
    pub(crate) from: &'a [u8],
    /// To value.
    pub(crate) to: &'a [u8],
    pub(crate) call_id: &'a [u8],
    pub(crate) seq: u32,
    /// Whole further lines, each with its CRLF.
    pub(crate) extra: &'a [u8],
    /// Body and its type.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
}

/// A response to be written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    /// Says more than the standard phrase.
    pub(crate) reason: Option<&'a str>,
    /// Whole further lines, each with its CRLF.
    pub(crate) extra: &'a [u8],
    /// Body; always SDP.
    pub(crate) body: Option<&'a [u8]>,
}

/// SDP, the only body we send on calls.
pub(crate) const SDP: &str = "application/sdp";
/// What we understand.
pub(crate) const ALLOW: &[u8] =
    b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE\r\n";
/// The same without its name and line end.
pub(crate) const METHODS: &str = {
    let (_, value) = ALLOW.split_at("Allow: ".len());
    let (value, _) = value.split_at(value.len() - 2);
    match std::str::from_utf8(value) {
        Ok(value) => value,
        Err(_) => panic!("method names are ASCII"),
    }
};
/// Extensions we can do.
pub(crate) const SUPPORTED: &[u8] = b"Supported: 100rel, timer, path, replaces, norefersub\r\n";
/// Bodies we take.
pub(crate) const ACCEPT: &[u8] = b"Accept: application/sdp, application/dtmf-relay, application/dtmf\r\n";

/// Appends several texts.
pub(crate) fn put(to: &mut Vec<u8>, texts: &[&[u8]]) {
    for text in texts {
        to.extend_from_slice(text);
    }
}

/// Appends a number.
pub(crate) fn put_number(to: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    to.extend_from_slice(&digits[at..]);
}

/// Appends an address as a URI writes it: IPv6 in brackets.
pub(crate) fn put_host(to: &mut Vec<u8>, host: IpAddr) {
    // Writing to a Vec cannot fail.
    let _ = match host {
        IpAddr::V4(host) => write!(to, "{host}"),
        IpAddr::V6(host) => write!(to, "[{host}]"),
    };
}

/// Appends host and port.
pub(crate) fn put_address(to: &mut Vec<u8>, address: SocketAddr) {
    put_host(to, address.ip());
    to.push(b':');
    put_number(to, u64::from(address.port()));
}

/// The transport as a Via writes it.
pub(crate) const fn via_name(transport: Transport) -> &'static [u8] {
    match transport {
        Transport::Udp => b"UDP",
        Transport::Tcp => b"TCP",
        Transport::Tls => b"TLS",
        Transport::Ws => b"WS",
        Transport::Wss => b"WSS",
    }
}

/// The transport as a URI parameter writes it; UDP is the default and stays unsaid.
pub(crate) const fn uri_parameter(transport: Transport) -> &'static [u8] {
    match transport {
        Transport::Udp => b"",
        Transport::Tcp => b";transport=tcp",
        Transport::Tls => b";transport=tls",
        Transport::Ws | Transport::Wss => b";transport=ws",
    }
}

/// Writes a request; `branch` is whole.
pub(crate) fn request(
    to: &mut Vec<u8>,
    request: &Request<'_>,
    transport: Transport,
    sent_by: SocketAddr,
    branch: &[u8],
    product: &str,
) {
    let method = request.method.as_bytes();
    put(to, &[method, b" ", request.uri, b" SIP/2.0\r\nVia: SIP/2.0/", via_name(transport), b" "]);
    put_address(to, sent_by);
    // RFC 3581: we want the answer where the request came from, on every request.
    put(to, &[b";rport;branch=", branch, b"\r\nMax-Forwards: 70\r\n"]);
    if !request.routes.is_empty() {
        put(to, &[b"Route: ", request.routes, b"\r\n"]);
    }
    put(to, &[b"From: ", request.from, b"\r\nTo: ", request.to, b"\r\nCall-ID: ", request.call_id]);
    put(to, &[b"\r\nCSeq: "]);
    put_number(to, u64::from(request.seq));
    put(to, &[b" ", method, b"\r\n"]);
    if request.method != Method::Ack && request.method != Method::Cancel {
        put(to, &[b"User-Agent: ", product.as_bytes(), b"\r\n"]);
    }
    put(to, &[request.extra]);
    finish(to, request.body);
}

/// Writes a response after `head`.
pub(crate) fn response(to: &mut Vec<u8>, reply: &Reply<'_>, head: &[u8], product: &str) {
    put(to, &[b"SIP/2.0 "]);
    put_number(to, u64::from(reply.status));
    let phrase = reply.reason.unwrap_or_else(|| crate::message::reason(reply.status));
    put(to, &[b" ", phrase.as_bytes(), b"\r\n", head]);
    if reply.status > 100 {
        put(to, &[b"Server: ", product.as_bytes(), b"\r\n"]);
    }
    put(to, &[reply.extra]);
    finish(to, reply.body.map(|body| (SDP, body)));
}

/// Content-Type, Content-Length, empty line, body.
pub(crate) fn finish(to: &mut Vec<u8>, body: Option<(&str, &[u8])>) {
    let (kind, body) = body.unwrap_or(("", b""));
    if !kind.is_empty() {
        put(to, &[b"Content-Type: ", kind.as_bytes(), b"\r\n"]);
    }
    put(to, &[b"Content-Length: "]);
    put_number(to, body.len() as u64);
    put(to, &[b"\r\n\r\n", body]);
}

/// Appends a Reason header (RFC 3326) with a Q.850 cause.
pub(crate) fn put_reason(to: &mut Vec<u8>, cause: u8) {
    put(to, &[b"Reason: Q.850;cause="]);
    put_number(to, u64::from(cause));
    put(to, &[b"\r\n"]);
}

/// The same with a text that says it in words, unless that is empty.
pub(crate) fn put_reason_in_words(to: &mut Vec<u8>, cause: u8, text: &str) {
    if text.is_empty() {
        return put_reason(to, cause);
    }
    put(to, &[b"Reason: Q.850;cause="]);
    put_number(to, u64::from(cause));
    put(to, &[b";text="]);
    put_quoted(to, text);
    put(to, &[b"\r\n"]);
}

/// A text as it may stand between double quotes (RFC 3261 25.1); control characters are left out.
pub(crate) fn put_quoted(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            0..=31 | 127 => {}
            _ => to.push(byte),
        }
    }
    to.push(b'"');
}

/// The user part of a URI: what RFC 3261 25.1 does not allow there is escaped.
pub(crate) fn put_user(to: &mut Vec<u8>, user: &str) {
    for &byte in user.as_bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
        if plain {
            to.push(byte);
        } else {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_could_break_out_of_a_header_are_escaped() {
        let mut to = Vec::new();
        put_quoted(&mut to, "Li \"x\"\r\nVia: y\\");
        put_user(&mut to, "#31#1@2 3");
        put_number(&mut to, 0);
        put_address(&mut to, "[2001:db8::1]:5060".parse().unwrap());
        assert_eq!(
            String::from_utf8(to).unwrap(),
            "\"Li \\\"x\\\"Via: y\\\\\"%2331%231%402%2030[2001:db8::1]:5060"
        );
    }

    #[test]
    fn a_reason_says_in_words_what_it_is() {
        let mut to = Vec::new();
        put_reason_in_words(&mut to, 21, "no \"such\" call");
        put_reason_in_words(&mut to, 17, "");
        let wanted = "Reason: Q.850;cause=21;text=\"no \\\"such\\\" call\"\r\nReason: Q.850;cause=17\r\n";
        assert_eq!(String::from_utf8(to).unwrap(), wanted);
    }
}
