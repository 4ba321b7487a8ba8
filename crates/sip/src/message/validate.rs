//! What a message must have before anybody acts upon it (RFC 3261 8.1.1, 8.2; RFC 4475 shows the ways to fail).

use super::{Message, Method, Name, Scheme, Start, Uri};

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

/// Headers that stand exactly once, each with what is said when it does not.
const ONCE: [(Name, &str, &str); 4] = [
    (Name::From, "Missing From", "More Than One From"),
    (Name::To, "Missing To", "More Than One To"),
    (Name::CallId, "Missing Call-ID", "More Than One Call-ID"),
    (Name::CSeq, "Missing CSeq", "More Than One CSeq"),
];

/// Checks a message.
///
/// # Errors
/// The first thing that is wrong.
pub fn validate(message: &Message<'_>) -> Result<(), Invalid> {
    if !message.version_ok() {
        return Err(Invalid { status: 505, reason: "Version Not Supported" });
    }
    if message.count(Name::Via) == 0 {
        return Err(bad("Missing Via"));
    }
    for (name, missing, twice) in ONCE {
        match message.count(name) {
            0 => return Err(bad(missing)),
            1 => {}
            _ => return Err(bad(twice)),
        }
    }
    message.via().ok_or(bad("Bad Via"))?;
    let cseq = message.cseq().ok_or(bad("Bad CSeq"))?;
    message.call_id().ok_or(bad("Bad Call-ID"))?;
    let from = message.from().ok_or(bad("Bad From"))?;
    let to = message.to().ok_or(bad("Bad To"))?;
    from.parsed().ok_or(bad("Bad URI in From"))?;
    to.parsed().ok_or(bad("Bad URI in To"))?;
    if message.count(Name::ContentLength) > 1 {
        return Err(bad("More Than One Content-Length"));
    }
    if message.header(Name::ContentLength).is_some() && message.content_length().is_none() {
        return Err(bad("Bad Content-Length"));
    }
    if message.truncated() {
        return Err(bad("Body Shorter Than Content-Length"));
    }
    // Careless senders leave the last line out; one that says there is no body has been heard to its end all the same.
    if !message.ended() && message.content_length() != Some(0) {
        return Err(bad("Message Ends Inside Its Head"));
    }
    if let Start::Request { method, uri } = message.start() {
        if cseq.method != method {
            return Err(bad("CSeq Method Does Not Match"));
        }
        if message.header(Name::MaxForwards).is_some() && message.max_forwards().is_none_or(|hops| hops > 255)
        {
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
    Ok(())
}
