//! Writing SIP: requests and responses from templates, into any byte buffer.
//!
//! ```text
//! Request { method, uri, branch, dialog, extra, body } ─▶ bytes
//! echo(request) ─▶ the rows that each response to it repeats ─▶ response(status, echo, extra, body) ─▶ bytes
//! ```

use crate::scan::Scan;
use std::fmt::{Arguments, Write as _};
use std::io::Write as _;

/// A request to write. Rows in `routes` and `extra` are complete, each with its line end.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Method name.
    pub method: &'a str,
    /// Request-URI.
    pub uri: &'a [u8],
    /// Our address, for Via.
    pub via: &'a str,
    /// Branch after the magic cookie (RFC 3261 8.1.1.7).
    pub branch: Arguments<'a>,
    /// Route rows.
    pub routes: &'a [u8],
    /// Value of From.
    pub from: &'a [u8],
    /// Value of To.
    pub to: &'a [u8],
    /// Value of Call-ID.
    pub call_id: &'a [u8],
    /// Sequence number.
    pub cseq: u32,
    /// Further rows; a Content-Type for a body that is no SDP.
    pub extra: &'a str,
    /// SDP, or nothing.
    pub body: &'a [u8],
}

/// Writes a request.
pub fn request(w: &mut Vec<u8>, r: &Request<'_>) {
    put(w, &[r.method.as_bytes(), b" ", r.uri, b" SIP/2.0\r\nVia: SIP/2.0/UDP ", r.via.as_bytes()]);
    form(w, format_args!(";branch=z9hG4bK{};rport\r\nMax-Forwards: 70\r\n", r.branch));
    put(w, &[r.routes, b"From: ", r.from, b"\r\nTo: ", r.to, b"\r\nCall-ID: ", r.call_id]);
    form(w, format_args!("\r\nCSeq: {} {}\r\n", r.cseq, r.method));
    end(w, r.extra, r.body);
}

/// Writes the rows that every response to a request repeats (RFC 3261 8.2.6.2). `tag` is added to To where it
/// has none.
pub fn echo(w: &mut Vec<u8>, request: &Scan<'_>, method: &str, tag: Arguments<'_>) {
    for via in request.vias.as_slice() {
        put(w, &[b"Via: ", via, b"\r\n"]);
    }
    for route in request.record_routes.as_slice() {
        put(w, &[b"Record-Route: ", route, b"\r\n"]);
    }
    put(w, &[b"From: ", request.from, b"\r\nTo: ", request.to]);
    if crate::scan::parameter(request.to, "tag").is_none() {
        form(w, format_args!(";tag={tag}"));
    }
    put(w, &[b"\r\nCall-ID: ", request.call_id]);
    form(w, format_args!("\r\nCSeq: {} {method}\r\n", request.cseq));
}

/// Writes a response around echoed rows.
pub fn response(w: &mut Vec<u8>, status: u16, echo: &[u8], extra: &str, body: &[u8]) {
    first_line(w, status);
    w.extend_from_slice(echo);
    end(w, extra, body);
}

/// Writes a response to a request at hand.
pub fn reply(
    w: &mut Vec<u8>,
    status: u16,
    request: &Scan<'_>,
    method: &str,
    tag: Arguments<'_>,
    extra: &str,
    body: &[u8],
) {
    first_line(w, status);
    echo(w, request, method, tag);
    end(w, extra, body);
}

/// The set of routes of a dialog as rows ready to write: Record-Route of a response reversed (RFC 3261
/// 12.1.2), of a request in order (12.1.1).
pub fn routes(record_routes: &[&[u8]], reversed: bool, w: &mut Vec<u8>) {
    w.clear();
    let mut row = |value: &[u8]| put(w, &[b"Route: ", value, b"\r\n"]);
    if reversed {
        record_routes.iter().rev().for_each(|value| row(value));
    } else {
        record_routes.iter().for_each(|value| row(value));
    }
}

fn first_line(w: &mut Vec<u8>, status: u16) {
    let phrase = match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        405 => "Method Not Allowed",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        603 => "Decline",
        _ => "Other",
    };
    form(w, format_args!("SIP/2.0 {status} {phrase}\r\n"));
}

fn end(w: &mut Vec<u8>, extra: &str, body: &[u8]) {
    w.extend_from_slice(extra.as_bytes());
    if !body.is_empty() && !extra.contains("Content-Type: ") {
        w.extend_from_slice(b"Content-Type: application/sdp\r\n");
    }
    form(w, format_args!("Content-Length: {}\r\n\r\n", body.len()));
    w.extend_from_slice(body);
}

fn put(w: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        w.extend_from_slice(part);
    }
}

fn form(w: &mut Vec<u8>, arguments: Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = w.write_fmt(arguments);
}

/// Writes into a cleared string and returns it: for the small pieces that are built again and again.
pub fn text<'a>(buffer: &'a mut String, arguments: Arguments<'_>) -> &'a str {
    buffer.clear();
    let _ = buffer.write_fmt(arguments);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Method, Start, scan};

    #[test]
    fn a_request_and_its_response_read_back() {
        let mut bytes = Vec::new();
        let sent = Request {
            method: "INVITE",
            uri: b"sip:12345@192.0.2.9",
            via: "192.0.2.1:5060",
            branch: format_args!("x{}", 1),
            routes: b"Route: <sip:p1;lr>\r\n",
            from: b"<sip:1@a>;tag=f",
            to: b"<sip:12345@b>",
            call_id: b"c1",
            cseq: 1,
            extra: "Contact: <sip:1@192.0.2.1>\r\n",
            body: b"v=0\r\n",
        };
        request(&mut bytes, &sent);
        let read = scan(&bytes).unwrap();
        assert_eq!(read.start, Start::Request { method: Method::Invite, uri: b"sip:12345@192.0.2.9" });
        assert_eq!((read.body, read.cseq), (&b"v=0\r\n"[..], 1));
        let mut answer = Vec::new();
        reply(&mut answer, 486, &read, "INVITE", format_args!("t{}", 2), "", b"");
        let read_back = scan(&answer).unwrap();
        assert_eq!(read_back.start, Start::Response { status: 486 });
        assert_eq!(read_back.vias.as_slice(), read.vias.as_slice());
        assert_eq!(read_back.to, b"<sip:12345@b>;tag=t2");
    }

    #[test]
    fn routes_of_a_response_are_reversed() {
        let mut rows = Vec::new();
        routes(&[b"<sip:a>", b"<sip:b>"], true, &mut rows);
        assert_eq!(rows, b"Route: <sip:b>\r\nRoute: <sip:a>\r\n");
        routes(&[b"<sip:a>", b"<sip:b>"], false, &mut rows);
        assert_eq!(rows, b"Route: <sip:a>\r\nRoute: <sip:b>\r\n");
    }
}
