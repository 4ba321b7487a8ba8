//! Parameters behind a value: `;name=value;flag;name="quoted"`.

use super::list::{Split, trim};

/// Parameters looked at; more are ignored, so that a line of semicolons costs no more than its length.
const PARAMS_MAX: usize = 64;

/// A parameter list, still on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// Around what follows a value, with or without the first semicolon.
    #[must_use]
    pub const fn new(raw: &'a [u8]) -> Self {
        Self(raw)
    }

    /// As they stand.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// Name and value of each; a flag has no value. Quotes are taken off, escapes in them stay.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        Split::new(self.0, b';').take(PARAMS_MAX).map(|part| match part.iter().position(|&b| b == b'=') {
            Some(equals) => (trim(&part[..equals]), Some(unquote(trim(&part[equals + 1..])))),
            None => (part, None),
        })
    }

    /// The value of a parameter; `Some(None)` for a flag.
    #[must_use]
    pub fn find(self, name: &str) -> Option<Option<&'a [u8]>> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The value of a parameter that has one.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a [u8]> {
        self.find(name).flatten()
    }

    /// Whether it is there, with or without a value.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.find(name).is_some()
    }
}

pub(super) fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}
