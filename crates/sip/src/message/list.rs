//! White space, commas and numbers: the small change of header values.

use std::borrow::Cow;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without white space (folding included) at both ends.
#[must_use]
pub fn trim(mut value: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = value
        && is_space(*first)
    {
        value = rest;
    }
    trim_end(value)
}

pub(super) fn trim_end(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., last] = value
        && is_space(*last)
    {
        value = rest;
    }
    value
}

/// A value with each folding (CRLF and white space) replaced by one space; borrowed when there is none.
#[must_use]
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\n') {
        return Cow::Borrowed(value);
    }
    let mut whole = Vec::with_capacity(value.len());
    for line in value.split(|&byte| byte == b'\n') {
        let line = trim(line);
        if !whole.is_empty() && !line.is_empty() {
            whole.push(b' ');
        }
        whole.extend_from_slice(line);
    }
    Cow::Owned(whole)
}

/// A decimal number that fills the value and fits 32 bits; larger ones are `None`.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    let value = trim(value);
    if value.is_empty() || value.len() > 10 {
        return None;
    }
    value.iter().try_fold(0u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Splits at one byte outside quoted strings and angle brackets. Parts are trimmed; empty ones are left out.
#[derive(Clone, Debug)]
pub(super) struct Split<'a> {
    rest: Option<&'a [u8]>,
    at: u8,
}

impl<'a> Split<'a> {
    pub(super) fn new(value: &'a [u8], at: u8) -> Self {
        Self { rest: Some(value), at }
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.rest?;
            let part = match find_outside(rest, self.at) {
                Some(end) => {
                    self.rest = Some(&rest[end + 1..]);
                    &rest[..end]
                }
                None => {
                    self.rest = None;
                    rest
                }
            };
            let part = trim(part);
            if !part.is_empty() {
                return Some(part);
            }
        }
    }
}

/// Place of the first `wanted` that is neither in a quoted string nor in angle brackets.
pub(super) fn find_outside(value: &[u8], wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (place, &byte) in value.iter().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if byte == wanted && !angle {
            return Some(place);
        } else {
            match byte {
                b'"' => quoted = true,
                b'<' => angle = true,
                b'>' => angle = false,
                _ => {}
            }
        }
    }
    None
}

/// The values of a comma-separated header line (RFC 3261 7.3.1).
#[derive(Clone, Debug)]
pub struct Commas<'a>(Split<'a>);

impl<'a> Commas<'a> {
    /// Of one line's value.
    #[must_use]
    pub fn of(value: &'a [u8]) -> Self {
        Self(Split::new(value, b','))
    }
}

impl<'a> Iterator for Commas<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        let value = br#""Zhang, San" <sip:a,b@h>;tag=1 , <sip:c@h>,,"x\",y" <sip:d@h>"#;
        let parts: Vec<_> = Commas::of(value).collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[1], b"<sip:c@h>");
        assert_eq!(parts[2], br#""x\",y" <sip:d@h>"#);
    }

    #[test]
    fn numbers_are_whole_and_bounded() {
        assert_eq!(number(b" 70 "), Some(70));
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        for bad in [b"".as_slice(), b"-1", b"1a", b"4294967296", b"99999999999"] {
            assert_eq!(number(bad), None);
        }
    }

    #[test]
    fn folding_becomes_one_space() {
        assert_eq!(unfold(b"a\r\n  b\r\n\tc").as_ref(), b"a b c");
    }
}
