//! The wire layer: SIP messages as they stand in the datagram, borrowed, bounded and indexed.
//!
//! ```text
//!   bytes ──frame──▶ one message ──parse──▶ Message (spans, no copy) ──validated──▶ Keys: fit to act upon
//!                                              │
//!                                              ├─ header(Name), headers(Name), values(Name)   raw, split by comma
//!                                              └─ via(), from(), to(), cseq(), contacts() …   typed, borrowed
//! ```
//!
//! Parsing finds lines and names and nothing else, in one pass and without allocating: most messages are routed by
//! four or five values, and those are read when asked for. Whatever stands in a value may be any bytes (RFC 3261
//! 7.3.1 says UTF-8; old phones send Latin-1), so values are byte slices. A typed value is parsed once and cannot
//! be wrong afterwards.
//!
//! Never knows: transactions, dialogs, what a body means, sockets.

mod cause;
mod event;
pub mod frame;
mod limits;
mod list;
mod method;
mod name;
mod name_addr;
mod params;
mod replaces;
mod status;
mod uri;
mod validate;
mod values;
mod via;

pub use cause::Cause;
pub use event::Event;
pub use limits::Limits;
pub use list::{Commas, trim, unfold};
pub use method::Method;
pub use name::Name;
pub use name_addr::NameAddr;
pub use params::Params;
pub use replaces::Replaces;
pub use status::reason;
pub use uri::{Host, Scheme, Uri};
pub use validate::{Invalid, Keys, validate, validated};
pub use values::{AuthParams, CSeq, RAck, ReasonValue, Refresher, SessionExpires};
pub use via::{Via, transport_token};

/// Headers that a message may have; the span table has this many places.
pub const HEADERS_MAX: usize = 128;

/// Values of one header that are looked at. No list that means something is longer: hops end at 255 (Max-Forwards),
/// and what a line of commas costs is bounded.
pub const VALUES_MAX: usize = 256;

/// First line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// A request.
    Request {
        /// Method.
        method: Method<'a>,
        /// Request-URI, unparsed.
        uri: &'a [u8],
    },
    /// A response.
    Response {
        /// 100 to 699.
        status: u16,
        /// Reason phrase; any bytes.
        reason: &'a [u8],
    },
}

/// Why bytes are not a SIP message, in words fit for a 400's reason phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// One header row. Offsets fit 16 bits because [`LARGEST`] does, which halves what parsing must clear.
#[derive(Clone, Copy, Debug)]
struct Span {
    name: Name,
    name_start: u16,
    name_end: u16,
    start: u16,
    end: u16,
}

/// The largest message: what a datagram can hold, and all that RFC 3261 18.1.1 asks for.
const LARGEST: usize = u16::MAX as usize;

/// A message, borrowed from the bytes it came in.
#[derive(Clone)]
pub struct Message<'a> {
    raw: &'a [u8],
    start: Start<'a>,
    spans: [Span; HEADERS_MAX],
    count: usize,
    body: &'a [u8],
    /// SIP version was 2.0; other versions parse, so that 505 can be answered.
    version_ok: bool,
    /// The datagram had fewer bytes than Content-Length says.
    truncated: bool,
    /// The empty line behind the headers was there.
    ended: bool,
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("start", &self.start).field("headers", &self.count).finish()
    }
}

impl<'a> Message<'a> {
    /// Finds the lines of a message that fills `bytes`: a datagram, or what the stream framing cut out.
    ///
    /// # Errors
    /// When a bound is passed or the first line or a header line cannot be told.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Malformed> {
        if bytes.len() > limits.message.min(LARGEST) {
            return Err(Malformed("Message Too Large"));
        }
        // CRLFs before the first line are keep-alives (RFC 3261 7.5).
        let lead = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let raw = &bytes[lead..];
        let mut lines = Lines { raw, at: 0, torn: false };
        let (line_start, line_end) = lines.next_line().ok_or(Malformed("Empty Message"))?;
        if line_end - line_start > limits.field {
            return Err(Malformed("Start Line Too Long"));
        }
        let (start, version_ok) = parse_start(&raw[line_start..line_end])?;
        let empty = Span { name: Name::Other, name_start: 0, name_end: 0, start: 0, end: 0 };
        let mut message = Self {
            raw,
            start,
            spans: [empty; HEADERS_MAX],
            count: 0,
            body: &[],
            version_ok,
            truncated: false,
            ended: false,
        };
        message.ended = message.index_headers(&mut lines, limits)?;
        if lines.torn {
            return Err(Malformed("Bare Carriage Return"));
        }
        message.take_body(if message.ended { &raw[lines.at..] } else { &[] });
        Ok(message)
    }

    /// Returns whether the empty line before the body was there.
    fn index_headers(&mut self, lines: &mut Lines<'a>, limits: &Limits) -> Result<bool, Malformed> {
        let raw = self.raw;
        while let Some((start, end)) = lines.next_line() {
            if start == end {
                return Ok(true);
            }
            let line = &raw[start..end];
            if line[0] == b' ' || line[0] == b'\t' {
                // A folded line continues the value before it (RFC 3261 7.3.1).
                if self.count == 0 {
                    return Err(Malformed("First Header Line Is Folded"));
                }
                let span = &mut self.spans[self.count - 1];
                span.end = end as u16;
                if usize::from(span.end - span.start) > limits.field {
                    return Err(Malformed("Header Field Too Long"));
                }
                continue;
            }
            if line.len() > limits.field {
                return Err(Malformed("Header Field Too Long"));
            }
            if self.count == HEADERS_MAX.min(limits.headers) {
                return Err(Malformed("Too Many Headers"));
            }
            let colon = memchr::memchr(b':', line).ok_or(Malformed("Header Line Without Colon"))?;
            // White space may stand before the colon (RFC 4475 3.1.1.1), not before the name.
            let name = list::trim_end(&line[..colon]);
            let known = Name::of(name);
            // A name that we know is a token.
            if known == Name::Other && (name.is_empty() || !name.iter().all(|&byte| method::is_token(byte))) {
                return Err(Malformed("Bad Header Name"));
            }
            self.spans[self.count] = Span {
                name: known,
                name_start: start as u16,
                name_end: (start + name.len()) as u16,
                start: (start + colon + 1) as u16,
                end: end as u16,
            };
            self.count += 1;
        }
        Ok(false)
    }

    fn take_body(&mut self, rest: &'a [u8]) {
        match self.content_length() {
            Some(length) if length <= rest.len() => self.body = &rest[..length],
            Some(_) => {
                self.body = rest;
                self.truncated = true;
            }
            None => self.body = rest,
        }
    }

    /// All bytes, from the first line on.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// First line.
    #[must_use]
    pub fn start(&self) -> Start<'a> {
        self.start
    }

    /// The method of a request; of a response that of its CSeq.
    #[must_use]
    pub fn method(&self) -> Option<Method<'a>> {
        match self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => self.cseq().map(|cseq| cseq.method),
        }
    }

    /// Status of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Response { status, .. } => Some(status),
            Start::Request { .. } => None,
        }
    }

    /// Request-URI of a request, unparsed.
    #[must_use]
    pub fn request_uri(&self) -> Option<&'a [u8]> {
        match self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// Whether it is a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The version was `SIP/2.0`.
    #[must_use]
    pub fn version_ok(&self) -> bool {
        self.version_ok
    }

    /// The body has fewer bytes than Content-Length says.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The empty line behind the headers was there. Without it the datagram may have been cut anywhere.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Body, cut to Content-Length (RFC 3261 18.3).
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Every header in order: known name, name as written, raw value (trimmed, still folded).
    pub fn all(&self) -> impl Iterator<Item = (Name, &'a [u8], &'a [u8])> {
        let raw = self.raw;
        self.spans[..self.count].iter().map(move |span| {
            let name = &raw[usize::from(span.name_start)..usize::from(span.name_end)];
            (span.name, name, list::trim(&raw[usize::from(span.start)..usize::from(span.end)]))
        })
    }

    /// Raw values of each line of a header, in order.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &'a [u8]> + '_ {
        let raw = self.raw;
        self.spans[..self.count]
            .iter()
            .filter(move |span| span.name == name)
            .map(move |span| list::trim(&raw[usize::from(span.start)..usize::from(span.end)]))
    }

    /// Raw value of the first line of a header.
    #[must_use]
    pub fn header(&self, name: Name) -> Option<&'a [u8]> {
        self.headers(name).next()
    }

    /// How many lines a header has.
    #[must_use]
    pub fn count(&self, name: Name) -> usize {
        self.spans[..self.count].iter().filter(|span| span.name == name).count()
    }

    /// Values of a header that is a list: all its lines, split at commas outside quotes and angle brackets. At most
    /// [`VALUES_MAX`].
    pub fn values(&self, name: Name) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.headers(name).flat_map(Commas::of).take(VALUES_MAX)
    }

    /// Value of a header that we have no name for; case does not matter.
    #[must_use]
    pub fn other(&self, wanted: &str) -> Option<&'a [u8]> {
        self.all()
            .find(|(_, name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
            .map(|(_, _, value)| value)
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> Option<&'a [u8]> {
        self.header(Name::CallId).filter(|value| !value.is_empty())
    }

    /// CSeq.
    #[must_use]
    pub fn cseq(&self) -> Option<CSeq<'a>> {
        CSeq::parse(self.header(Name::CSeq)?)
    }

    /// Topmost Via.
    #[must_use]
    pub fn via(&self) -> Option<Via<'a>> {
        Via::parse(self.values(Name::Via).next()?)
    }

    /// From.
    #[must_use]
    pub fn from(&self) -> Option<NameAddr<'a>> {
        NameAddr::parse(self.header(Name::From)?)
    }

    /// To.
    #[must_use]
    pub fn to(&self) -> Option<NameAddr<'a>> {
        NameAddr::parse(self.header(Name::To)?)
    }

    /// Tag of From.
    #[must_use]
    pub fn from_tag(&self) -> Option<&'a [u8]> {
        self.from()?.tag()
    }

    /// Tag of To.
    #[must_use]
    pub fn to_tag(&self) -> Option<&'a [u8]> {
        self.to()?.tag()
    }

    /// Max-Forwards.
    #[must_use]
    pub fn max_forwards(&self) -> Option<u32> {
        list::number(self.header(Name::MaxForwards)?)
    }

    /// Content-Length, when it is a number.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        list::number(self.header(Name::ContentLength)?).map(|number| number as usize)
    }

    /// Expires, in seconds.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        list::number(self.header(Name::Expires)?)
    }

    /// Contacts; `None` in the list is one that cannot be read.
    pub fn contacts(&self) -> impl Iterator<Item = Option<NameAddr<'a>>> + '_ {
        self.values(Name::Contact).map(NameAddr::parse)
    }

    /// Whether a list of tokens (Supported, Require, Allow…) has one.
    #[must_use]
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// Lines of a head, ended by CRLF or a bare LF.
struct Lines<'a> {
    raw: &'a [u8],
    at: usize,
    /// A CR stood alone inside a line. Some read it as the end of a line and some do not, and what they would
    /// disagree about may be copied into an answer: such a head is refused.
    torn: bool,
}

impl Lines<'_> {
    /// Start and end (without the line's end) of the next line; `None` behind the last.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        if self.at >= self.raw.len() {
            return None;
        }
        let start = self.at;
        let rest = &self.raw[start..];
        let length = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let ending = match rest.get(length..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r', _, ..]) => {
                self.torn = true;
                1
            }
            Some([_, ..]) => 1,
            _ => 0,
        };
        self.at = start + length + ending;
        Some((start, start + length))
    }
}

fn parse_start(line: &[u8]) -> Result<(Start<'_>, bool), Malformed> {
    if let Some(rest) = strip_version(line) {
        // SIP/2.0 SP 3DIGIT SP reason
        let (version_ok, rest) = rest;
        let digits = rest.get(..3).ok_or(Malformed("Bad Status Line"))?;
        let status = list::number(digits).ok_or(Malformed("Bad Status Code"))?;
        if !(100..700).contains(&status) || rest.get(3).is_some_and(|&byte| byte != b' ') {
            return Err(Malformed("Bad Status Code"));
        }
        let reason = rest.get(4..).unwrap_or_default();
        return Ok((Start::Response { status: status as u16, reason }, version_ok));
    }
    let space = line.iter().position(|&byte| byte == b' ').ok_or(Malformed("Bad Request Line"))?;
    let method = Method::parse(&line[..space]).ok_or(Malformed("Bad Method"))?;
    let rest = &line[space + 1..];
    // The version stands behind the last space; trailing white space is tolerated (RFC 4475 3.1.2.9 lets us).
    let rest = list::trim_end(rest);
    let space =
        rest.iter().rposition(|&byte| byte == b' ').ok_or(Malformed("Request Line Without Version"))?;
    let (uri, version) = (&rest[..space], &rest[space + 1..]);
    if !version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/")) {
        return Err(Malformed("Request Line Without Version"));
    }
    if uri.is_empty() || uri.iter().any(|&byte| byte <= b' ' || byte == 0x7F) {
        return Err(Malformed("White Space in Request-URI"));
    }
    Ok((Start::Request { method, uri }, version.eq_ignore_ascii_case(b"SIP/2.0")))
}

fn strip_version(line: &[u8]) -> Option<(bool, &[u8])> {
    if !line.get(..4)?.eq_ignore_ascii_case(b"SIP/") {
        return None;
    }
    let space = line.iter().position(|&byte| byte == b' ')?;
    Some((line[..space].eq_ignore_ascii_case(b"SIP/2.0"), &line[space + 1..]))
}
