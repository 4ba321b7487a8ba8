//! Reading SIP: one pass over a datagram that notes where the few headers lie that a user agent needs.
//!
//! Nothing is copied and nothing is checked beyond what the players rely on. Headers are not unfolded, and a
//! message with more than [`LIST_MAX`] Via or Record-Route rows loses the rest: enough for an engine that is
//! one hop away.

use std::net::SocketAddr;

/// Rows of a repeated header that are kept.
pub const LIST_MAX: usize = 6;

/// SIP methods that a player treats in some way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// RFC 3261 13.
    Invite,
    /// RFC 3261 17.1.1.3.
    Ack,
    /// RFC 3261 15.
    Bye,
    /// RFC 3261 9.
    Cancel,
    /// RFC 3261 11.
    Options,
    /// RFC 3261 10.
    Register,
    /// RFC 3311.
    Update,
    /// RFC 6086.
    Info,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Notify,
    /// Any other.
    Other,
}

impl Method {
    fn of(name: &[u8]) -> Self {
        match name {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"OPTIONS" => Self::Options,
            b"REGISTER" => Self::Register,
            b"UPDATE" => Self::Update,
            b"INFO" => Self::Info,
            b"REFER" => Self::Refer,
            b"NOTIFY" => Self::Notify,
            _ => Self::Other,
        }
    }
}

/// The first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// A request.
    Request {
        /// What it asks.
        method: Method,
        /// Of whom.
        uri: &'a [u8],
    },
    /// A response.
    Response {
        /// Its code.
        status: u16,
    },
}

/// The rows of a header that may come more than once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows<'a> {
    rows: [&'a [u8]; LIST_MAX],
    len: usize,
}

impl<'a> Rows<'a> {
    fn push(&mut self, row: &'a [u8]) {
        if let Some(place) = self.rows.get_mut(self.len) {
            *place = row;
            self.len += 1;
        }
    }

    /// The rows in order.
    #[must_use]
    pub fn as_slice(&self) -> &[&'a [u8]] {
        &self.rows[..self.len]
    }
}

/// A message and where its parts lie. Missing headers are empty.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// First line.
    pub start: Start<'a>,
    /// Via rows, topmost first.
    pub vias: Rows<'a>,
    /// Record-Route rows.
    pub record_routes: Rows<'a>,
    /// WWW-Authenticate or Proxy-Authenticate rows.
    pub challenges: Rows<'a>,
    /// From.
    pub from: &'a [u8],
    /// To.
    pub to: &'a [u8],
    /// Call-ID.
    pub call_id: &'a [u8],
    /// Number of CSeq.
    pub cseq: u32,
    /// Method of CSeq.
    pub cseq_method: Method,
    /// Contact, the whole row.
    pub contact: &'a [u8],
    /// Expires in seconds.
    pub expires: Option<u32>,
    /// Retry-After in seconds.
    pub retry_after: Option<u32>,
    /// RSeq of a reliable provisional response (RFC 3262).
    pub rseq: Option<u32>,
    /// Subscription-State of a NOTIFY.
    pub subscription_state: &'a [u8],
    /// The body, as long as Content-Length says where it says so.
    pub body: &'a [u8],
}

/// Reads a datagram; `None` when it is not SIP (a keep-alive, RTP, noise) or lacks what every message needs.
#[must_use]
pub fn scan(datagram: &[u8]) -> Option<Scan<'_>> {
    let (first, mut rest) = line(datagram)?;
    let start = start_line(first)?;
    let mut scan = Scan {
        start,
        vias: Rows::default(),
        record_routes: Rows::default(),
        challenges: Rows::default(),
        from: b"",
        to: b"",
        call_id: b"",
        cseq: 0,
        cseq_method: Method::Other,
        contact: b"",
        expires: None,
        retry_after: None,
        rseq: None,
        subscription_state: b"",
        body: b"",
    };
    let mut length = None;
    loop {
        let (row, after) = line(rest)?;
        rest = after;
        if row.is_empty() {
            break;
        }
        let colon = row.iter().position(|&b| b == b':')?;
        let (name, value) = (row[..colon].trim_ascii(), row[colon + 1..].trim_ascii());
        let is = |long: &[u8], short: &[u8]| {
            name.eq_ignore_ascii_case(long) || (!short.is_empty() && name.eq_ignore_ascii_case(short))
        };
        // By the first letter, so that most rows are compared once or not at all.
        match name.first()?.to_ascii_lowercase() {
            b'v' if is(b"Via", b"v") => scan.vias.push(value),
            b'f' if is(b"From", b"f") => scan.from = value,
            b't' if is(b"To", b"t") => scan.to = value,
            b'i' if is(b"i", b"") => scan.call_id = value,
            b'm' if is(b"m", b"") => scan.contact = value,
            b'l' if is(b"l", b"") => length = number(value),
            b'c' if is(b"Call-ID", b"") => scan.call_id = value,
            b'c' if is(b"CSeq", b"") => {
                scan.cseq = number(value)?;
                scan.cseq_method = Method::of(value.rsplit(u8::is_ascii_whitespace).next()?);
            }
            b'c' if is(b"Contact", b"") => scan.contact = value,
            b'c' if is(b"Content-Length", b"") => length = number(value),
            b'r' if is(b"Record-Route", b"") => scan.record_routes.push(value),
            b'r' if is(b"Retry-After", b"") => scan.retry_after = number(value),
            b'r' if is(b"RSeq", b"") => scan.rseq = number(value),
            b's' if is(b"Subscription-State", b"") => scan.subscription_state = value,
            b'w' if is(b"WWW-Authenticate", b"") => scan.challenges.push(value),
            b'p' if is(b"Proxy-Authenticate", b"") => scan.challenges.push(value),
            b'e' if is(b"Expires", b"") => scan.expires = number(value),
            _ => {}
        }
    }
    if scan.call_id.is_empty() || scan.from.is_empty() || scan.to.is_empty() {
        return None;
    }
    let length = length.map_or(rest.len(), |length| rest.len().min(length as usize));
    scan.body = &rest[..length];
    Some(scan)
}

/// A row without its line end, and what follows it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&b| b == b'\n')?;
    let row = &bytes[..end];
    Some((row.strip_suffix(b"\r").unwrap_or(row), &bytes[end + 1..]))
}

fn start_line(line: &[u8]) -> Option<Start<'_>> {
    if let Some(rest) = line.strip_prefix(b"SIP/2.0 ") {
        let status = u16::try_from(number(rest.get(..3)?)?).ok()?;
        return (100..700).contains(&status).then_some(Start::Response { status });
    }
    let mut words = line.split(|&b| b == b' ');
    let (method, uri) = (words.next()?, words.next()?);
    (words.next()? == b"SIP/2.0").then(|| Start::Request { method: Method::of(method), uri })
}

/// The decimal number at the start of `text`.
#[must_use]
pub fn number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}

/// The URI of a name-addr or addr-spec (RFC 3261 20.10): what stands in angle brackets, or all up to the
/// first semicolon.
#[must_use]
pub fn uri(value: &[u8]) -> &[u8] {
    // A display name may be a quoted string with anything in it; skip it.
    let mut quoted = false;
    let mut previous = 0;
    for (i, &b) in value.iter().enumerate() {
        match b {
            b'"' if previous != b'\\' => quoted = !quoted,
            b'<' if !quoted => {
                let rest = &value[i + 1..];
                let end = rest.iter().position(|&b| b == b'>').unwrap_or(rest.len());
                return &rest[..end];
            }
            _ => {}
        }
        previous = b;
    }
    let end = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    value[..end].trim_ascii()
}

/// The user part of a SIP URI, or the number of a tel URI; empty when there is none.
#[must_use]
pub fn user(uri: &[u8]) -> &[u8] {
    let Some(colon) = uri.iter().position(|&b| b == b':') else { return b"" };
    let rest = &uri[colon + 1..];
    if uri[..colon].eq_ignore_ascii_case(b"tel") {
        return &rest[..rest.iter().position(|&b| b == b';').unwrap_or(rest.len())];
    }
    let Some(at) = rest.iter().position(|&b| b == b'@') else { return b"" };
    let user = &rest[..at];
    &user[..user.iter().position(|&b| b == b';' || b == b':').unwrap_or(user.len())]
}

/// The address of a SIP URI whose host is an IP literal.
#[must_use]
pub fn address(uri: &[u8]) -> Option<SocketAddr> {
    let rest = &uri[uri.iter().position(|&b| b == b':')? + 1..];
    let host = rest.iter().position(|&b| b == b'@').map_or(rest, |at| &rest[at + 1..]);
    let end = host.iter().position(|&b| b == b';' || b == b'?' || b == b'>').unwrap_or(host.len());
    let text = std::str::from_utf8(&host[..end]).ok()?;
    text.parse().ok().or_else(|| {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        Some(SocketAddr::new(bare.parse().ok()?, 5060))
    })
}

/// A parameter of a header row, outside angle brackets and quotes: `tag` of From, `branch` of Via.
#[must_use]
pub fn parameter<'a>(value: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let after = value.iter().rposition(|&b| b == b'>').map_or(0, |at| at + 1);
    value[after..].split(|&b| b == b';').find_map(|part| {
        let part = part.trim_ascii();
        let (key, value) = match part.iter().position(|&b| b == b'=') {
            Some(at) => (&part[..at], &part[at + 1..]),
            None => (part, &b""[..]),
        };
        key.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &[u8] = b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP b\r\n\
        From: \"a <b>\" <sip:1@x>;tag=f\r\nt: <sip:2@[2001:db8::1]:5070>;tag=t1\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n\
        Contact: <sip:9@127.0.0.1:5080;transport=udp>\r\nRetry-After: 3 (busy)\r\nContent-Length: 4\r\n\r\nv=0\nrest";

    #[test]
    fn finds_what_a_user_agent_needs() {
        let scan = scan(OK).unwrap();
        assert_eq!(scan.start, Start::Response { status: 200 });
        assert_eq!(scan.vias.as_slice().len(), 2);
        assert_eq!((scan.cseq, scan.cseq_method), (7, Method::Invite));
        assert_eq!(uri(scan.from), b"sip:1@x");
        assert_eq!(parameter(scan.from, "tag"), Some(&b"f"[..]));
        assert_eq!(parameter(scan.vias.as_slice()[0], "branch"), Some(&b"z9hG4bK1"[..]));
        assert_eq!(address(uri(scan.to)), Some("[2001:db8::1]:5070".parse().unwrap()));
        assert_eq!(address(uri(scan.contact)), Some("127.0.0.1:5080".parse().unwrap()));
        assert_eq!(user(uri(scan.contact)), b"9");
        assert_eq!(user(b"tel:+8613;x=1"), b"+8613");
        assert_eq!(scan.retry_after, Some(3));
        assert_eq!(scan.body, b"v=0\n");
    }

    #[test]
    fn what_is_not_sip_is_nothing() {
        for bytes in [
            &b""[..],
            b"\r\n\r\n",
            b"INVITE\r\n\r\n",
            b"SIP/2.0 20\r\n\r\n",
            b"\x80\x08\0\0",
            b"A b SIP/2.0\n\n",
        ] {
            assert!(scan(bytes).is_none(), "{bytes:?}");
        }
        for cut in 0..OK.len() - 8 {
            assert!(scan(&OK[..cut]).is_none(), "cut at {cut}");
        }
    }
}
