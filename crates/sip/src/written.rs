//! Our own requests, read back: what ACK, CANCEL and a repeated request take from the request they belong to.
//!
//! ```text
//!   stored INVITE ──┬──▶ CANCEL            same branch, same CSeq number (RFC 3261 9.1)
//!                   ├──▶ ACK to a refusal  same branch, the response's To (RFC 3261 17.1.1.3)
//!                   └──▶ again             new branch, next CSeq, credentials (22.2) or a longer timer (422, 423)
//! ```
//!
//! We wrote these bytes ([`crate::compose`]), so lines are where we put them and nothing is folded: this is not
//! a parser, and it never sees what a peer sent.

use crate::compose::{put, put_number};

/// A request of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Written<'a> {
    /// Around the bytes that were sent.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 2);
        Self { head: &bytes[..end], body: bytes.get(end + 2..).unwrap_or_default() }
    }

    fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        self.head
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r\n").unwrap_or(line))
    }

    /// The value of the first header of this name, as we write it.
    pub(crate) fn value(self, name: &str) -> &'a [u8] {
        self.lines().find_map(|line| value_of(line, name)).unwrap_or_default()
    }

    /// Method and Request-URI.
    pub(crate) fn start(self) -> (&'a [u8], &'a [u8]) {
        let mut words = self.lines().next().unwrap_or_default().split(|&byte| byte == b' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// CSeq number.
    pub(crate) fn seq(self) -> u32 {
        let digits = self.value("CSeq").split(|&byte| byte == b' ').next().unwrap_or_default();
        digits
            .iter()
            .fold(0, |seq: u32, digit| seq.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0'))))
    }

    /// Appends whole lines of this name.
    pub(crate) fn copy(self, name: &str, to: &mut Vec<u8>) {
        for line in self.lines().filter(|line| value_of(line, name).is_some()) {
            put(to, &[line, b"\r\n"]);
        }
    }

    /// Appends the CANCEL of this INVITE.
    pub(crate) fn cancel(self, cause: u8, to: &mut Vec<u8>) {
        self.same_branch(b"CANCEL", self.value("To"), to);
        crate::compose::put_reason(to, cause);
        put(to, &[b"Content-Length: 0\r\n\r\n"]);
    }

    /// Appends the ACK of this INVITE's refusal; `peer` is the To of the response.
    pub(crate) fn ack(self, peer: &[u8], to: &mut Vec<u8>) {
        self.same_branch(b"ACK", peer, to);
        put(to, &[b"Content-Length: 0\r\n\r\n"]);
    }

    fn same_branch(self, method: &[u8], peer: &[u8], to: &mut Vec<u8>) {
        put(to, &[method, b" ", self.start().1, b" SIP/2.0\r\nVia: ", self.value("Via")]);
        put(to, &[b"\r\nMax-Forwards: 70\r\n"]);
        self.copy("Route", to);
        put(to, &[b"From: ", self.value("From"), b"\r\nTo: ", peer, b"\r\nCall-ID: ", self.value("Call-ID")]);
        put(to, &[b"\r\nCSeq: "]);
        put_number(to, u64::from(self.seq()));
        put(to, &[b" ", method, b"\r\n"]);
    }

    /// Appends this request once more: another branch, another CSeq, and `extra` lines in the place of all
    /// lines that have one of their names.
    pub(crate) fn again(self, branch: &[u8], seq: u32, extra: &[(&str, &[u8])], to: &mut Vec<u8>) {
        for line in self.lines() {
            if let Some(via) = value_of(line, "Via") {
                let mark = b"branch=";
                let at = via.windows(mark.len()).position(|word| word == mark).map_or(via.len(), |at| at + 7);
                put(to, &[b"Via: ", &via[..at], branch, b"\r\n"]);
            } else if value_of(line, "CSeq").is_some() {
                put(to, &[b"CSeq: "]);
                put_number(to, u64::from(seq));
                put(to, &[b" ", self.start().0, b"\r\n"]);
            } else if value_of(line, "Content-Length").is_some() {
                for (name, value) in extra {
                    put(to, &[name.as_bytes(), b": ", value, b"\r\n"]);
                }
                put(to, &[line, b"\r\n"]);
            } else if !extra.iter().any(|(name, _)| value_of(line, name).is_some()) {
                put(to, &[line, b"\r\n"]);
            }
        }
        put(to, &[b"\r\n", self.body]);
    }
}

fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    line.strip_prefix(name.as_bytes())?.strip_prefix(b": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:1001@192.0.2.7 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKold\r\n\
        Max-Forwards: 70\r\n\
        From: <sip:a@b>;tag=us\r\nTo: <sip:1001@b>\r\nCall-ID: x\r\nCSeq: 41 INVITE\r\n\
        Authorization: Digest old\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0";

    #[test]
    fn a_request_is_repeated_with_credentials() {
        let mut again = Vec::new();
        Written::new(INVITE).again(b"z9hG4bKnew", 42, &[("Authorization", b"Digest new")], &mut again);
        let text = String::from_utf8(again).unwrap();
        assert!(text.contains("rport;branch=z9hG4bKnew\r\n"), "{text}");
        assert!(
            text.contains("CSeq: 42 INVITE\r\n") && text.ends_with("Content-Length: 3\r\n\r\nv=0"),
            "{text}"
        );
        assert!(text.contains("Authorization: Digest new\r\n") && !text.contains("old"), "{text}");
    }

    #[test]
    fn cancel_and_ack_share_the_branch() {
        let mut text = Vec::new();
        Written::new(INVITE).cancel(16, &mut text);
        Written::new(INVITE).ack(b"<sip:1001@b>;tag=them", &mut text);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("branch=z9hG4bKold").count(), 2);
        assert!(text.contains("CSeq: 41 CANCEL") && text.contains("CSeq: 41 ACK"), "{text}");
        assert!(text.contains("To: <sip:1001@b>;tag=them"), "{text}");
    }
}
