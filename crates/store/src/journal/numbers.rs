//! [`Numbers`]: how persons' numbers and names stand in a journal.
//!
//! ```text
//!   Plain       +8613851234567 ──▶ +8613851234567
//!   Pseudonyms  +8613851234567 ──▶ +4097716020851     digits for digits, always the same within the run
//! ```
//!
//! A pseudonym is made by turning the digits around with a key (a Feistel network over the two halves, as FF1 of
//! NIST SP 800-38G builds one, with a keyed hash between): as many digits, and two numbers never become one, so
//! whatever the engine does with "the same caller" it does again in a replay. The key is drawn at the start of
//! the process and never written: with the process it is gone, and nobody can turn a number back or try all
//! numbers. Beginnings of numbers lose their meaning with the rest; a rule that goes by area codes decides
//! differently in such a replay.
//!
//! Not covered: called numbers, Call-IDs, addresses, the SDP bodies of trunks and phones.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};

/// How numbers are written.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As they are.
    #[default]
    Plain,
    /// As pseudonyms under this key.
    Pseudonyms([u64; 2]),
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Plain { "Plain" } else { "Pseudonyms" })
    }
}

/// Rounds; eight and more are sound for halves of any length.
const ROUNDS: u64 = 10;
/// Two halves of so many digits fit 64 bits each.
const DIGITS_MAX: usize = 36;

impl Numbers {
    /// Whether pseudonyms are written.
    #[must_use]
    pub const fn are_pseudonyms(&self) -> bool {
        matches!(self, Self::Pseudonyms(_))
    }

    /// A number or name as it is written.
    #[must_use]
    pub fn written<'n>(&self, text: &'n str) -> Cow<'n, str> {
        let Self::Pseudonyms(key) = self else { return Cow::Borrowed(text) };
        let (digits, other) = text.bytes().fold((0, 0), |(digits, other), byte| match byte {
            b'0'..=b'9' => (digits + 1, other),
            b'+' | b'*' | b'#' | b'-' => (digits, other),
            _ => (digits, other + 1),
        });
        Cow::Owned(if other == 0 && digits <= DIGITS_MAX {
            number(*key, text, digits)
        } else {
            name(*key, text)
        })
    }
}

/// Other digits in the places of the digits.
fn number(key: [u64; 2], text: &str, digits: usize) -> String {
    let (mut left, mut right) = (0u64, 0u64);
    let half = digits / 2;
    for (place, digit) in text.bytes().filter(u8::is_ascii_digit).enumerate() {
        let side = if place < half { &mut left } else { &mut right };
        *side = *side * 10 + u64::from(digit - b'0');
    }
    let (lefts, rights) = (10u64.pow(half as u32), 10u64.pow((digits - half) as u32));
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            left = (left + mix(key, round, digits, right) % lefts) % lefts;
        } else {
            right = (right + mix(key, round, digits, left) % rights) % rights;
        }
    }
    let turned = format!("{left:0half$}{right:0rest$}", rest = digits - half);
    // A half without digits prints one.
    let mut turned = turned.bytes().skip(turned.len() - digits);
    let place = |c: char| if c.is_ascii_digit() { turned.next().map_or(c, char::from) } else { c };
    text.chars().map(place).collect()
}

/// As many letters.
fn name(key: [u64; 2], text: &str) -> String {
    let hash = text.bytes().fold(0, |hash, byte| mix(key, hash, 0, byte.into()));
    (0u64..)
        .zip(text.chars())
        .map(|(place, _)| char::from(b'a' + (mix(key, hash, 1, place) % 26) as u8))
        .collect()
}

fn mix(key: [u64; 2], round: u64, length: usize, value: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    for word in [key[0], round << 8 | length as u64, value, key[1]] {
        hasher.write_u64(word);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_pseudonym_is_as_long_and_no_two_numbers_share_one() {
        let numbers = Numbers::Pseudonyms([1, 2]);
        let written = numbers.written("+8613851234567");
        assert_eq!((written.len(), &written[..1]), (14, "+"));
        assert_ne!(written, "+8613851234567");
        assert_eq!(numbers.written("+8613851234567"), written, "the same caller is the same caller");
        assert_ne!(Numbers::Pseudonyms([1, 3]).written("+8613851234567"), written);
        for length in [1, 2, 3, 4] {
            let all = 10u32.pow(length as u32);
            let seen: BTreeSet<String> =
                (0..all).map(|n| numbers.written(&format!("{n:0length$}")).into_owned()).collect();
            assert_eq!(seen.len(), all as usize, "{length} digits");
            assert!(
                seen.iter()
                    .all(|number| number.len() == length && number.bytes().all(|b| b.is_ascii_digit()))
            );
        }
    }

    #[test]
    fn withheld_stays_withheld_and_names_lose_their_letters() {
        let numbers = Numbers::Pseudonyms([1, 2]);
        assert_eq!(numbers.written(""), "");
        assert_eq!(numbers.written("张伟").chars().count(), 2);
        assert!(!numbers.written("alice").contains("alice"));
        assert_eq!(numbers.written(&"9".repeat(60)).len(), 60);
        assert_eq!(Numbers::Plain.written("110"), "110");
        assert_eq!(format!("{numbers:?}"), "Pseudonyms", "the key is shown to nobody");
    }
}
