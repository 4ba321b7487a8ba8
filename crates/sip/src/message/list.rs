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
        // Empty parts are stepped over byte by byte: a line of nothing but commas costs no more than its length.
        let rest = self.rest?;
        let Some(begin) = rest.iter().position(|&byte| byte != self.at && !is_space(byte)) else {
            self.rest = None;
            return None;
        };
        let rest = &rest[begin..];
        let end = find_outside(rest, self.at);
        self.rest = end.map(|end| &rest[end + 1..]);
        Some(trim_end(end.map_or(rest, |end| &rest[..end])))
    }
}

/// Place of the first `wanted` that is neither in a quoted string nor in angle brackets. What is not closed reaches
/// to the end.
pub(super) fn find_outside(value: &[u8], wanted: u8) -> Option<usize> {
    // Sixteen bytes at a time while there is little to find, which is so in every honest value; then byte by byte,
    // because a search that finds something at every second byte costs ten times as much.
    let (mut at, mut found) = (0, 0);
    loop {
        if found < 8 {
            at += memchr::memchr3(wanted, b'"', b'<', value.get(at..)?)?;
            found += 1;
        }
        match *value.get(at)? {
            byte if byte == wanted => return Some(at),
            b'"' => at = quoted_end(value, at)?,
            b'<' => at = angle_end(value, at)?,
            _ => at += 1,
        }
    }
}

/// Behind the quoted string that opens at `at`. Byte by byte: quoted strings are short, and one that is all
/// escapes costs no more than its length.
fn quoted_end(value: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match value.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2, // an escaped character closes nothing
            _ => at += 1,
        }
    }
}

/// Behind the angle brackets that open at `at`; they may hold quoted strings.
fn angle_end(value: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match value.get(at)? {
            b'>' => return Some(at + 1),
            b'"' => at = quoted_end(value, at)?,
            _ => at += 1,
        }
    }
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

    /// The obvious version of [`find_outside`].
    fn find_plainly(value: &[u8], wanted: u8) -> Option<usize> {
        let (mut quoted, mut escaped, mut angle) = (false, false, false);
        for (place, &byte) in value.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                byte if byte == wanted && !angle => return Some(place),
                b'<' => angle = true,
                b'>' => angle = false,
                _ => {}
            }
        }
        None
    }

    #[test]
    fn the_fast_search_finds_what_the_obvious_one_finds() {
        let mut random = base::Random::seeded(7);
        for _ in 0..50_000 {
            let length = random.below(40);
            let value: Vec<u8> = (0..length).map(|_| b"\"<>,;\\a "[random.below(8) as usize]).collect();
            for wanted in [b',', b';', b'<'] {
                let text = String::from_utf8_lossy(&value);
                assert_eq!(find_outside(&value, wanted), find_plainly(&value, wanted), "{text}");
            }
        }
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
