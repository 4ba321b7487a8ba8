//! Small typed values of single headers.

use super::list::{Split, number, trim};
use super::method::Method;
use super::params::{Params, unquote};
use super::uri::cut;

/// CSeq (RFC 3261 20.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// Below 2^31.
    pub number: u32,
    /// Method.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// Reads a value.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (seq, method) = split_space(value)?;
        let seq = number(seq).filter(|number| *number < 1 << 31)?;
        Some(Self { number: seq, method: Method::parse(method)? })
    }
}

/// RAck (RFC 3262 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// RSeq of the provisional response.
    pub rseq: u32,
    /// CSeq of the request it answered.
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    /// Reads a value.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (rseq, cseq) = split_space(value)?;
        Some(Self { rseq: number(rseq)?, cseq: CSeq::parse(cseq)? })
    }
}

fn split_space(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let value = trim(value);
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))?;
    Some((&value[..end], trim(&value[end..])))
}

/// Who refreshes a session (RFC 4028 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// Session-Expires (RFC 4028 4); also Min-SE, which has no refresher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds.
    pub seconds: u32,
    /// Who refreshes, when said.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Reads a value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (seconds, params) = cut(value, b';');
        let refresher = match Params::new(params).value("refresher") {
            Some(side) if side.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            _ => None,
        };
        Some(Self { seconds: number(seconds)?, refresher })
    }
}

/// One value of Reason (RFC 3326).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonValue<'a> {
    /// `SIP` or `Q.850`.
    pub protocol: &'a [u8],
    /// Cause.
    pub cause: u16,
    /// Text.
    pub text: &'a [u8],
}

impl<'a> ReasonValue<'a> {
    /// Reads a value; one without a cause is `None`.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (protocol, params) = cut(value, b';');
        let params = Params::new(params);
        Some(Self {
            protocol: trim(protocol),
            cause: u16::try_from(number(params.value("cause")?)?).ok()?,
            text: params.value("text").unwrap_or_default(),
        })
    }
}

/// A challenge or credentials: scheme, then `name=value` with commas (RFC 3261 20.7, 20.44).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthParams<'a> {
    /// `Digest`.
    pub scheme: &'a [u8],
    raw: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// Reads one header line; such lines are never split at commas.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (scheme, raw) = split_space(value)?;
        Some(Self { scheme, raw })
    }

    /// It is a Digest.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case(b"Digest")
    }

    /// A parameter's value, quotes taken off.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        Split::new(self.raw, b',').take(32).find_map(|part| {
            let (known, value) = cut(part, b'=');
            trim(known).eq_ignore_ascii_case(name.as_bytes()).then(|| unquote(trim(value)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_once_and_right() {
        assert_eq!(CSeq::parse(b"0009\r\n  INVITE"), Some(CSeq { number: 9, method: Method::Invite }));
        assert_eq!(CSeq::parse(b"2147483648 INVITE"), None);
        assert_eq!(CSeq::parse(b"INVITE 1"), None);
        let rack = RAck::parse(b"776656 1 INVITE").unwrap();
        assert_eq!((rack.rseq, rack.cseq.number), (776_656, 1));
        let timer = SessionExpires::parse(b"1800 ; refresher=UAS").unwrap();
        assert_eq!((timer.seconds, timer.refresher), (1800, Some(Refresher::Uas)));
        let reason = ReasonValue::parse(br#"Q.850 ;cause=16 ;text="Terminated""#).unwrap();
        assert_eq!((reason.protocol, reason.cause), (b"Q.850".as_slice(), 16));
        let auth = AuthParams::parse(br#"Digest realm="a, b", nonce=x,qop="auth""#).unwrap();
        assert_eq!(
            (auth.get("realm"), auth.get("QOP")),
            (Some(b"a, b".as_slice()), Some(b"auth".as_slice()))
        );
    }
}
