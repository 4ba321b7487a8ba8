//! `"Display" <uri>;params`, as in From, To, Contact, Route and their like.

use super::list::{find_outside, trim};
use super::params::{Params, unquote};
use super::uri::Uri;

/// An address with its display name and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// Display name, quotes taken off; empty when there is none.
    pub name: &'a [u8],
    /// The URI as it stands; `*` for a Contact that removes all.
    pub uri: &'a [u8],
    /// Header parameters.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one value; `None` when brackets or quotes do not close or there is nothing.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        if let Some(open) = find_outside(value, b'<') {
            let close = open + value[open..].iter().position(|&byte| byte == b'>')?;
            let uri = trim(&value[open + 1..close]);
            let rest = trim(&value[close + 1..]);
            let params = match rest {
                [] => rest,
                [b';', params @ ..] => params,
                _ => return None,
            };
            let name = trim(&value[..open]);
            let quotes = name.first() == Some(&b'"');
            if uri.is_empty() || (quotes && (name.len() < 2 || name.last() != Some(&b'"'))) {
                return None;
            }
            return Some(Self { name: unquote(name), uri, params: Params::new(params) });
        }
        // Without brackets, parameters are the header's, not the URI's (RFC 3261 20.10).
        let (uri, params) = super::uri::cut(value, b';');
        let uri = trim(uri);
        if uri.is_empty() || uri.iter().any(|&byte| byte <= b' ' || matches!(byte, b'"' | b'>')) {
            return None;
        }
        Some(Self { name: b"", uri, params: Params::new(params) })
    }

    /// The URI, read.
    #[must_use]
    pub fn parsed(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }

    /// A Contact that stands for all.
    #[must_use]
    pub fn is_star(&self) -> bool {
        self.uri == b"*"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_of_all_kinds() {
        let quoted = NameAddr::parse(br#""A <b> \" c" <sip:a@h;x=1>;tag=9;y="a;b""#).unwrap();
        assert_eq!((quoted.name, quoted.uri), (br#"A <b> \" c"#.as_slice(), b"sip:a@h;x=1".as_slice()));
        assert_eq!(
            (quoted.tag(), quoted.params.value("y")),
            (Some(b"9".as_slice()), Some(b"a;b".as_slice()))
        );
        let latin = NameAddr::parse(b"J\xF6rg M <sip:j@h>").unwrap();
        assert_eq!(latin.name, b"J\xF6rg M");
        let bare = NameAddr::parse(b"sip:a@h;tag=7").unwrap();
        assert_eq!((bare.uri, bare.tag()), (b"sip:a@h".as_slice(), Some(b"7".as_slice())));
        for bad in [b"".as_slice(), b"<sip:a@h", b"\"a <sip:a@h>", b"<>", b"<sip:a@h> x", b"sip:a b@h"] {
            assert_eq!(NameAddr::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}
