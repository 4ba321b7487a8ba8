//! What a message must have before anybody acts upon it (RFC 3261 8.1.1, 8.2; RFC 4475 shows the ways to fail).
//!
//! ```text
//!   Message ──one pass over its lines──▶ Heads ──counted, read, compared──▶ Keys: what routes it, read once
//! ```

use super::list::{number, trim};
use super::{CSeq, Message, Method, Name, NameAddr, Scheme, Start, Uri, Via};

/// The values that route a message, as validation has read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys<'a> {
    /// Topmost Via.
    pub via: Via<'a>,
    /// From.
    pub from: NameAddr<'a>,
    /// To.
    pub to: NameAddr<'a>,
    /// Call-ID.
    pub call_id: &'a [u8],
    /// CSeq.
    pub cseq: CSeq<'a>,
}

/// A message that parses but cannot be acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What a request is answered with; responses and ACKs are dropped instead.
    pub status: u16,
    /// What is wrong, fit for a reason phrase.
    pub reason: &'static str,
}

const fn bad(reason: &'static str) -> Invalid {
    Invalid { status: 400, reason }
}

/// The lines of one header.
#[derive(Clone, Copy, Default)]
struct Head<'a> {
    count: usize,
    first: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// The value of a header that stands exactly once.
    fn once(self, missing: &'static str, twice: &'static str) -> Result<&'a [u8], Invalid> {
        match (self.count, self.first) {
            (1, Some(value)) => Ok(value),
            (_, None) => Err(bad(missing)),
            _ => Err(bad(twice)),
        }
    }
}

/// The headers that every message is judged by.
#[derive(Default)]
struct Heads<'a> {
    via: Head<'a>,
    from: Head<'a>,
    to: Head<'a>,
    call_id: Head<'a>,
    cseq: Head<'a>,
    length: Head<'a>,
    hops: Head<'a>,
}

impl<'a> Heads<'a> {
    fn of(message: &Message<'a>) -> Self {
        let mut heads = Self::default();
        for span in &message.spans[..message.count] {
            let head = match span.name {
                Name::Via => &mut heads.via,
                Name::From => &mut heads.from,
                Name::To => &mut heads.to,
                Name::CallId => &mut heads.call_id,
                Name::CSeq => &mut heads.cseq,
                Name::ContentLength => &mut heads.length,
                Name::MaxForwards => &mut heads.hops,
                _ => continue,
            };
            head.count += 1;
            if head.first.is_none() {
                head.first = Some(trim(&message.raw[usize::from(span.start)..usize::from(span.end)]));
            }
        }
        heads
    }
}

/// Checks a message.
///
/// # Errors
/// The first thing that is wrong.
pub fn validate(message: &Message<'_>) -> Result<(), Invalid> {
    validated(message).map(|_| ())
}

/// Checks a message and keeps what it read for that.
///
/// # Errors
/// As [`validate`].
pub fn validated<'a>(message: &Message<'a>) -> Result<Keys<'a>, Invalid> {
    if !message.version_ok() {
        return Err(Invalid { status: 505, reason: "Version Not Supported" });
    }
    let heads = Heads::of(message);
    if heads.via.count == 0 {
        return Err(bad("Missing Via"));
    }
    let from = heads.from.once("Missing From", "More Than One From")?;
    let to = heads.to.once("Missing To", "More Than One To")?;
    let call_id = heads.call_id.once("Missing Call-ID", "More Than One Call-ID")?;
    let cseq = heads.cseq.once("Missing CSeq", "More Than One CSeq")?;
    // A first Via line without any value leaves the next one topmost.
    let via = message.via().ok_or(bad("Bad Via"))?;
    let cseq = CSeq::parse(cseq).ok_or(bad("Bad CSeq"))?;
    if call_id.is_empty() {
        return Err(bad("Bad Call-ID"));
    }
    let from = NameAddr::parse(from).ok_or(bad("Bad From"))?;
    let to = NameAddr::parse(to).ok_or(bad("Bad To"))?;
    from.parsed().ok_or(bad("Bad URI in From"))?;
    to.parsed().ok_or(bad("Bad URI in To"))?;
    if heads.length.count > 1 {
        return Err(bad("More Than One Content-Length"));
    }
    let length = heads.length.first.map(number);
    if length == Some(None) {
        return Err(bad("Bad Content-Length"));
    }
    if message.truncated() {
        return Err(bad("Body Shorter Than Content-Length"));
    }
    // Careless senders leave the last line out; one that says there is no body has been heard to its end all the same.
    if !message.ended() && length != Some(Some(0)) {
        return Err(bad("Message Ends Inside Its Head"));
    }
    if let Start::Request { method, uri } = message.start() {
        if cseq.method != method {
            return Err(bad("CSeq Method Does Not Match"));
        }
        if heads.hops.first.is_some_and(|hops| number(hops).is_none_or(|hops| hops > 255)) {
            return Err(bad("Bad Max-Forwards"));
        }
        match Uri::parse(uri) {
            None => return Err(bad("Bad Request-URI")),
            Some(Uri { scheme: Scheme::Other, .. }) => {
                return Err(Invalid { status: 416, reason: "Unsupported URI Scheme" });
            }
            Some(_) => {}
        }
        // A dialog's first request must name where it comes back to (RFC 3261 8.1.1.8).
        if method == Method::Invite && message.contacts().next().flatten().is_none() {
            return Err(bad("Missing Contact"));
        }
    }
    Ok(Keys { via, from, to, call_id, cseq })
}
