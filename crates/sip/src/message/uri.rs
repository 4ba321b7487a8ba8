//! URIs (RFC 3261 19.1, RFC 3966 for `tel:`), borrowed.

use super::params::Params;
use std::net::IpAddr;

/// A scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Any other: 416 as a Request-URI.
    Other,
}

/// A host: name or address literal, brackets taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a>(pub &'a [u8]);

impl Host<'_> {
    /// The address, when it is a literal.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        std::str::from_utf8(self.0).ok()?.parse().ok()
    }

    /// Whether two are the same: names in any case, addresses by value. A name is never an address.
    #[must_use]
    pub fn same(self, other: Host<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0) || self.address().is_some_and(|ip| other.address() == Some(ip))
    }
}

/// A URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// Scheme.
    pub scheme: Scheme,
    /// User part (without password), or the number of a `tel:`; empty when there is none.
    pub user: &'a [u8],
    /// Host; empty for `tel:` and other schemes.
    pub host: Host<'a>,
    /// Port.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: Params<'a>,
    /// What stands behind `?`.
    pub headers: &'a [u8],
}

impl<'a> Uri<'a> {
    /// Reads a URI that fills the value; `None` when it cannot be one.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let colon = value.iter().position(|&byte| byte == b':')?;
        let (name, rest) = (&value[..colon], &value[colon + 1..]);
        if rest.is_empty() || value.iter().any(|&byte| byte <= b' ' || matches!(byte, b'<' | b'>' | 0x7F)) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"sip") {
            Self::parse_sip(Scheme::Sip, rest)
        } else if name.eq_ignore_ascii_case(b"sips") {
            Self::parse_sip(Scheme::Sips, rest)
        } else if name.eq_ignore_ascii_case(b"tel") {
            let (user, params) = cut(rest, b';');
            let digits = user.iter().all(|byte| byte.is_ascii_hexdigit() || b"+-.()*#".contains(byte));
            (digits && !user.is_empty()).then_some(Self {
                scheme: Scheme::Tel,
                user,
                host: Host(b""),
                port: None,
                params: Params::new(params),
                headers: b"",
            })
        } else if !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)) {
            Some(Self {
                scheme: Scheme::Other,
                user: b"",
                host: Host(b""),
                port: None,
                params: Params::default(),
                headers: b"",
            })
        } else {
            None
        }
    }

    fn parse_sip(scheme: Scheme, rest: &'a [u8]) -> Option<Self> {
        // The user part may hold `;` and `?` (RFC 3261 25.1 user-unreserved), so it is taken off first.
        let (user, rest) = match rest.iter().position(|&byte| byte == b'@') {
            Some(0) => return None,
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (&rest[..0], rest),
        };
        let user = cut(user, b':').0;
        let (rest, headers) = cut(rest, b'?');
        let (host_port, params) = cut(rest, b';');
        let (host, port) = host_and_port(host_port)?;
        Some(Self { scheme, user, host, port, params: Params::new(params), headers })
    }

    /// Values of a header that a request to this URI is to carry (RFC 3261 19.1.1), escapes undone. Of more than
    /// [`HEADERS_MAX`] headers the rest is not looked at.
    pub fn header(&self, name: &str) -> impl Iterator<Item = Vec<u8>> {
        self.headers.split(|&byte| byte == b'&').take(HEADERS_MAX).filter_map(move |header| {
            let (known, value) = cut(header, b'=');
            same_text(known, name.as_bytes()).then(|| unescaped(value).collect())
        })
    }

    /// Whether two URIs are equal (RFC 3261 19.1.4; the password, which we do not keep, apart).
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        // Letter by letter first: a parameter that stands twice would not find itself.
        if self == other {
            return true;
        }
        self.scheme == other.scheme
            && unescaped(self.user).eq(unescaped(other.user))
            && self.host.same(other.host)
            && self.port == other.port
            && self.same_params(other)
            && same_headers(self.headers, other.headers)
    }

    fn same_params(&self, other: &Self) -> bool {
        // These count when only one side has them; all others only when both do.
        const ALWAYS: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
        ALWAYS.iter().all(|name| self.params.has(name) == other.params.has(name))
            && self.params.iter().all(|(name, value)| {
                let there = other.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                there.is_none_or(|(_, there)| same_text(value.unwrap_or_default(), there.unwrap_or_default()))
            })
    }
}

/// Each header of one side is among those of the other, in any order.
fn same_headers(one: &[u8], other: &[u8]) -> bool {
    let all_in = |one: &[u8], other: &[u8]| {
        one.split(|&byte| byte == b'&').take(HEADERS_MAX).all(|header| {
            other.split(|&byte| byte == b'&').take(HEADERS_MAX).any(|there| same_text(header, there))
        })
    };
    one == other || (all_in(one, other) && all_in(other, one))
}

/// Headers of a URI that are looked at; a comparison costs their square.
const HEADERS_MAX: usize = 16;

/// Equal in any case, escapes undone.
fn same_text(one: &[u8], other: &[u8]) -> bool {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    unescaped(one).map(lower).eq(unescaped(other).map(lower))
}

/// Bytes with `%HH` decoded; a broken escape stays as it is.
fn unescaped(value: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *value.get(at)?;
        let hex = |place: usize| value.get(place).and_then(|b| (*b as char).to_digit(16));
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2))
        {
            at += 3;
            return Some((high * 16 + low) as u8);
        }
        at += 1;
        Some(byte)
    })
}

/// What stands before and behind the first `at`.
pub(super) fn cut(value: &[u8], at: u8) -> (&[u8], &[u8]) {
    match value.iter().position(|&byte| byte == at) {
        Some(place) => (&value[..place], &value[place + 1..]),
        None => (value, &value[value.len()..]),
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`; white space around the colon as Via allows it.
pub(super) fn host_and_port(value: &[u8]) -> Option<(Host<'_>, Option<u16>)> {
    let (host, rest) = if value.first() == Some(&b'[') {
        let end = value.iter().position(|&byte| byte == b']')?;
        let host = &value[1..end];
        host_literal_v6(host)?;
        (host, &value[end + 1..])
    } else {
        let end = value.iter().position(|&byte| byte == b':').unwrap_or(value.len());
        (super::list::trim(&value[..end]), &value[end..])
    };
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(byte) || *byte >= 0x80;
    if host.is_empty() || !host.iter().all(fits) {
        return None;
    }
    let rest = super::list::trim(rest);
    let port = match rest {
        [] => None,
        [b':', digits @ ..] => Some(u16::try_from(super::list::number(digits)?).ok()?),
        _ => return None,
    };
    Some((Host(host), port))
}

fn host_literal_v6(host: &[u8]) -> Option<()> {
    std::str::from_utf8(host).ok()?.parse::<std::net::Ipv6Addr>().ok().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uris_of_carriers_and_phones() {
        let uri = Uri::parse(b"sip:+8652712345;phone-context=+86:pw@[2001:db8::1]:5070;user=phone?Subject=x")
            .unwrap();
        assert_eq!(uri.user, b"+8652712345;phone-context=+86");
        assert_eq!(uri.host.address(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!((uri.port, uri.params.value("user")), (Some(5070), Some(b"phone".as_slice())));
        let tel = Uri::parse(b"tel:+86-527-12345;phone-context=example.com").unwrap();
        assert_eq!((tel.scheme, tel.user), (Scheme::Tel, b"+86-527-12345".as_slice()));
        assert_eq!(Uri::parse(b"urn:service:sos").unwrap().scheme, Scheme::Other);
        for bad in
            [b"sip:".as_slice(), b"sip:@h", b"nonsense", b"sip:a@h:port", b"sip:a b@h", b"sip:a@[::zz]"]
        {
            assert_eq!(Uri::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn headers_of_a_uri_are_unescaped() {
        let text = b"sip:8002@city.example?a=1&Repl%61ces=c%40h%3Bto-tag%3Dx%3Bfrom-tag%3Dy&REPLACES=%zz&b";
        let uri = Uri::parse(text).unwrap();
        let replaces: Vec<_> = uri.header("Replaces").collect();
        assert_eq!(replaces, [&b"c@h;to-tag=x;from-tag=y"[..], b"%zz"]);
        assert_eq!(uri.header("b").next(), Some(Vec::new()));
        assert_eq!(Uri::parse(b"sip:8002@city.example").unwrap().header("Replaces").next(), None);
    }

    /// The examples of RFC 3261 19.1.4.
    #[test]
    fn equality_of_rfc_3261() {
        let same = |a: &str, b: &str| {
            let (a, b) = (Uri::parse(a.as_bytes()).unwrap(), Uri::parse(b.as_bytes()).unwrap());
            assert_eq!(a.same(&b), b.same(&a), "equality has no direction");
            a.same(&b)
        };
        for (a, b) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("sip:a@[2001:db8:0::1]", "sip:a@[2001:DB8::1]"),
            ("sip:a@b;x=1;x=2", "sip:a@b;x=1;x=2"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("sip:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
